//! JD 受診日等.

use crate::spec::record;
use crate::table::PayerKind;
use crate::value::Days;

record! {
    /// Visit days record (受診日等レコード), since care of 2021-09: one for each payer.
    Jd "JD" "受診日等" 33 {
        2 payer: Option<PayerKind> = { "負担者種別" Digits 1 Fixed Always (in PAYER_KIND) or "L2140" };
        3 days: Days = { times 31; "日の情報" Digits 1 Variable Conditional (in VISIT_DAY) : "Each day, 別表30: 1 counts as 実日数, 2 does not." };
    }
}
