//! HO 保険者.

use kernel::{Points, Yen};

use crate::spec::record;
use crate::table::{OnDuty, Reduction};
use crate::value::{Text, Word};

record! {
    /// Insurer record (保険者レコード). Absent in 公費単独 receipts.
    Ho "HO" "保険者" 15 {
        2 insurer: Word<8> = { "保険者番号" Ascii 8 Fixed Always or "L2167" : "Right-justified: 国保 numbers have two leading spaces in the file, none here." };
        3 symbol: Text = { "被保険者資格に係る記号" Either 38 Variable Conditional };
        4 number: Text = { "被保険者資格に係る番号" Either 38 Variable Always or "L2162" };
        5 days: Option<u16> = { "診療実日数" Digits 2 Variable Always };
        6 points: Option<Points> = { "合計点数" Digits 8 Variable Always : "Σ 点数×回数 of the lines 医保 pays." };
        7 = { "予備" Digits 1 Variable Empty };
        8 meals: Option<u16> = { "食事療養・生活療養 回数" Digits 2 Variable Conditional };
        9 meals_amount: Option<Yen> = { "食事療養・生活療養 合計金額" Digits 8 Variable Conditional : "yen." };
        10 on_duty: Option<OnDuty> = { "職務上の事由" Digits 1 Variable Conditional (in ON_DUTY) };
        11 certificate: Word<3> = { "証明書番号" Digits 3 Variable Conditional };
        12 charge: Option<Yen> = { "負担金額 医療保険" Digits 9 Variable Conditional or "L4516" : "yen; only when 高額療養費 was paid in kind or the payer asks." };
        13 reduction: Option<Reduction> = { "一部負担金減免区分" Digits 1 Variable Conditional (in REDUCTION) };
        14 reduction_percent: Option<u16> = { "減額割合" Digits 3 Variable Conditional };
        15 reduction_amount: Option<Yen> = { "減額金額" Digits 6 Variable Conditional : "yen." };
    }
}
