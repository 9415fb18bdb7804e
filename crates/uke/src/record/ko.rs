//! KO 公費.

use kernel::{Points, Yen};

use crate::spec::record;
use crate::value::Word;

record! {
    /// Public expense record (公費レコード): 第1公費 to 第4公費 in order.
    Ko "KO" "公費" 12 {
        2 payer: Word<8> = { "公費負担者番号" Ascii 8 Fixed Always or "L2187" };
        3 recipient: Word<7> = { "公費受給者番号" Digits 7 Fixed Conditional : "Filled with zeros; none for 医療観察法 (30)." };
        4 is_voluntary: bool = { "任意給付区分" Digits 1 Variable Conditional (in VOLUNTARY) };
        5 days: Option<u16> = { "診療実日数" Digits 2 Variable Always };
        6 points: Option<Points> = { "合計点数" Digits 8 Variable Always : "Σ 点数×回数 of the lines this 公費 pays." };
        7 charge: Option<Yen> = { "負担金額 公費" Digits 8 Variable Conditional or "L4510" : "yen; 0 is a value." };
        8 insurance_charge_outpatient: Option<Yen> = { "公費給付対象外来一部負担金" Digits 6 Variable Conditional : "yen." };
        9 insurance_charge_inpatient: Option<Yen> = { "公費給付対象入院一部負担金" Digits 6 Variable Conditional : "yen." };
        10 = { "予備" Digits 1 Variable Empty };
        11 meals: Option<u16> = { "食事療養・生活療養 回数" Digits 2 Variable Conditional };
        12 meals_amount: Option<Yen> = { "食事療養・生活療養 合計金額" Digits 8 Variable Conditional : "yen." };
    }
}
