//! GO 診療報酬請求書.

use kernel::Points;

use crate::spec::record;
use crate::table::Volume;

record! {
    /// File total (診療報酬請求書レコード): last line of a claim file. The writer makes it.
    Go "GO" "診療報酬請求書" 4 {
        2 count: Option<u32> = { "総件数" Digits 6 Variable Always or "L1574" : "HO records plus KO records of the file." };
        3 points: Option<Points> = { "総合計点数" Digits 10 Variable Always or "L1575" : "Σ over receipts of HO 合計点数, of the first KO without HO." };
        4 volume: Option<Volume> = { "マルチボリューム識別情報" Digits 2 Fixed Always : "99 in the last volume." };
    }
}
