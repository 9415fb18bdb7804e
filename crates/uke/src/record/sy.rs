//! SY 傷病名.

use kernel::{DiagnosisCode, ModifierCode, ServiceDate};

use crate::spec::record;
use crate::table::Outcome;
use crate::value::{Dated, Text};

record! {
    /// Diagnosis record (傷病名レコード).
    Sy "SY" "傷病名" 8 {
        2 code: Option<DiagnosisCode> = { "傷病名コード" Digits 7 Fixed Always or "L2257" : "0000999: uncoded, the name is in field 6." };
        3 start: Option<Dated<ServiceDate>> = { "診療開始日" Day 8 Fixed Always };
        4 outcome: Option<Outcome> = { "転帰区分" Digits 1 Fixed Always (in OUTCOME) };
        5 modifiers: Vec<ModifierCode> = { "修飾語コード" Ascii 80 Variable Conditional : "Prefixes, then suffixes, in display order; up to 20." };
        6 name: Text = { "傷病名称" Kanji 40 Variable Conditional : "Uncoded only." };
        7 is_main: bool = { "主傷病" Digits 2 Variable Conditional (in MAIN_DIAGNOSIS) or "L3220" };
        8 note: Text = { "補足コメント" Kanji 40 Variable Optional };
    }
}
