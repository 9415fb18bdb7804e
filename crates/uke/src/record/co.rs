//! CO コメント.

use kernel::CommentCode;

use crate::spec::record;
use crate::table::LineClass;
use crate::value::{Burden, Text};

/// Characters of one CO text (76 bytes of full-width characters).
pub const COMMENT_CHARACTERS_MAX: usize = 38;

record! {
    /// Comment record (コメントレコード).
    Co "CO" "コメント" 5 {
        2 class: Option<LineClass> = { "診療識別" Digits 2 Variable Conditional (in LINE_CLASS) : "When the comment heads a group; 01 and 99 for the whole receipt." };
        3 burden: Option<Burden> = { "負担区分" Payers 1 Fixed Always : "別表21." };
        4 code: Option<CommentCode> = { "コメントコード" Comment 9 Fixed Always };
        5 text: Text = { "文字データ" Kanji 76 Variable Conditional : "In the form of the code's pattern; 38 characters, longer text goes on in further records." };
    }
}

impl Co {
    /// A comment of any length as one or several records: code and 負担区分 are repeated, 診療識別 stands on
    /// the first only, except 01 and 99, which every record carries.
    ///
    /// Half-width characters count as the full-width ones they become.
    pub fn split(class: Option<LineClass>, burden: Burden, code: CommentCode, text: &str) -> Vec<Self> {
        let wide = crate::shift_jis::widen(text);
        let characters: Vec<char> = wide.chars().collect();
        let mut parts: Vec<String> =
            characters.chunks(COMMENT_CHARACTERS_MAX).map(|part| part.iter().collect()).collect();
        if parts.is_empty() {
            parts.push(String::new());
        }
        parts
            .into_iter()
            .enumerate()
            .map(|(order, part)| Self {
                class: class.filter(|class| order == 0 || class.is_whole_receipt()),
                burden: Some(burden),
                code: Some(code),
                text: part.into(),
            })
            .collect()
    }
}
