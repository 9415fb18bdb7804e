//! SJ 症状詳記.

use crate::spec::record;
use crate::table::NarrativeClass;
use crate::value::Text;

/// Characters of one SJ text (2400 bytes of full-width characters).
pub const NARRATIVE_CHARACTERS_MAX: usize = 1200;

record! {
    /// Narrative record (症状詳記レコード).
    Sj "SJ" "症状詳記" 3 {
        2 class: Option<NarrativeClass> = { "症状詳記区分" Digits 2 Variable Conditional (in NARRATIVE_CLASS) : "None on further records of the same class." };
        3 text: Text = { "症状詳記データ" Kanji 2400 Variable Always : "1200 characters." };
    }
}

impl Sj {
    /// A narrative of any length: each paragraph and each 1,200 characters begin a record, the class stands on
    /// the first.
    pub fn split(class: NarrativeClass, text: &str) -> Vec<Self> {
        let wide: Vec<String> = text.lines().map(crate::shift_jis::widen).collect();
        let mut records = Vec::new();
        for paragraph in wide.iter().filter(|paragraph| !paragraph.is_empty()) {
            let characters: Vec<char> = paragraph.chars().collect();
            for part in characters.chunks(NARRATIVE_CHARACTERS_MAX) {
                let class = Some(class).filter(|_| records.is_empty());
                records.push(Self { class, text: part.iter().collect::<String>().into() });
            }
        }
        records
    }
}
