//! Comment pairs inside SI, IY and TO records.

use kernel::CommentCode;

use super::{Cell, Text, Value};
use crate::cells::Cells;
use crate::encoder::{Encoder, FieldError};
use crate::spec::Group;

/// A comment inside a line: its code (コメントコード) and its text (文字データ).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Comment {
    /// コメントコード; absent only in malformed foreign files.
    pub code: Option<CommentCode>,
    /// 文字データ, in the form of the code's pattern (see [`crate::comment`]).
    pub text: Text,
}

impl Comment {
    /// A comment of a code with its text.
    pub fn new(code: CommentCode, text: impl Into<Text>) -> Self {
        Self { code: Some(code), text: text.into() }
    }
}

impl Value for Vec<Comment> {
    #[inline]
    fn read(cells: &mut Cells<'_>, group: &Group) -> Self {
        let mut comments = Self::new();
        // Nearly every line has no comment: the six cells are taken at once.
        if cells.skip_empty(6) {
            return comments;
        }
        for _ in 0..group.repeat {
            let code = cells.next_cell();
            let text = cells.next_cell();
            if code.is_empty() && text.is_empty() {
                continue;
            }
            let parsed = CommentCode::parse(code);
            if parsed.is_none() {
                cells.mark_unread();
            }
            comments.push(Comment { code: parsed, text: Text::from_shift_jis(text) });
        }
        comments
    }

    #[inline]
    fn write(&self, group: &Group, out: &mut Encoder) {
        let (Some(code), Some(text)) = (group.columns.first(), group.columns.get(1)) else { return };
        let mut slots = group.repeat;
        for comment in self {
            if slots == 0 {
                out.refuse(text, FieldError::TooMany { received: self.len(), allowed: usize::from(group.repeat) });
                return;
            }
            slots -= 1;
            match comment.code {
                Some(value) => value.print(code, out),
                None => {
                    out.empty(code);
                    out.refuse(code, FieldError::Required);
                }
            }
            comment.text.write_cell(text, out);
        }
        out.skip(slots * 2);
    }
}
