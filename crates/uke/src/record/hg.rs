//! HG 返戻合計.

use kernel::Points;

use crate::spec::record;
use crate::table::Volume;

record! {
    /// File total of a returned file, like GO.
    Hg "HG" "返戻合計" 4 {
        2 count: Option<u32> = { "総件数" Digits 6 Variable Always };
        3 points: Option<Points> = { "総合計点数" Digits 10 Variable Always };
        4 volume: Option<Volume> = { "マルチボリューム識別情報" Digits 2 Fixed Always };
    }
}
