//! GR 包括評価対象外理由.

use crate::spec::record;
use crate::table::FeeReason;
use crate::value::Text;

record! {
    /// Reason for the medical fee table in a DPC hospital (包括評価対象外理由レコード); inpatient only.
    Gr "GR" "包括評価対象外理由" 3 {
        2 reason: Option<FeeReason> = { "医科点数表算定理由" Digits 2 Fixed Always (in FEE_REASON) };
        3 dpc: Text = { "DPCコード" Ascii 14 Variable Conditional };
    }
}
