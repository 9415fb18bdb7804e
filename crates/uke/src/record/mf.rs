//! MF 窓口負担額.

use crate::spec::record;
use crate::table::CounterCharge;

record! {
    /// Counter charge record (窓口負担額レコード), since care of 2021-09: one for each receipt.
    Mf "MF" "窓口負担額" 33 {
        2 class: Option<CounterCharge> = { "窓口負担額区分" Digits 2 Fixed Always (in COUNTER_CHARGE) };
        3 = { times 31; "予備" Digits 9 Variable Empty };
    }
}
