//! HR 返戻理由.

use kernel::ClaimMonth;

use crate::spec::record;
use crate::table::{LineClass, ReturnKind};
use crate::value::{Dated, Text};

record! {
    /// Return reason (返戻理由レコード) of a returned file. Lengths of fields 7 to 14 are generous.
    Hr "HR" "返戻理由" 14 {
        2 month: Option<Dated<ClaimMonth>> = { "処理年月" Month 6 Variable Always };
        3 kind: Option<ReturnKind> = { "返戻区分" Digits 1 Fixed Always (in RETURN_KIND) };
        4 class: Option<LineClass> = { "診療識別" Digits 2 Variable Conditional };
        5 code: Text = { "返戻事由コード" Ascii 5 Variable Conditional : "L and four digits, or four digits." };
        6 reason: Text = { "返戻理由" Kanji 1000 Variable Conditional };
        7 supplement: Text = { "補足事項" Either 1000 Variable Conditional };
        8 correction: Text = { "補正情報" Digits 1 Variable Conditional };
        9 adjustment_month: Option<Dated<ClaimMonth>> = { "増減点連絡書年月" Month 6 Variable Conditional };
        10 search_number: Text = { "検索番号" Digits 30 Variable Conditional };
        11 other_search_number: Text = { "複数レセプト検索番号" Ascii 30 Variable Conditional };
        12 = { times 3; "予備" Either 100 Variable Optional };
    }
}
