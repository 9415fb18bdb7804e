//! Texts: Unicode when made here, Shift_JIS bytes when read.

use std::borrow::Cow;
use std::fmt;

use super::Value;
use crate::cells::Cells;
use crate::encoder::Encoder;
use crate::spec::{Column, Group};

/// A text of a claim file; empty = absent.
///
/// A text made here is Unicode and is encoded by the writer, which widens half-width characters where the
/// field asks for full width. A text that was read keeps its Shift_JIS bytes, so nothing is lost, and is
/// decoded when looked at. `Debug` hides the text: it may be a patient's name.
#[derive(Clone, Default)]
pub struct Text(Form);

#[derive(Clone)]
enum Form {
    Unicode(String),
    ShiftJis(Box<[u8]>),
}

impl Default for Form {
    fn default() -> Self {
        Self::Unicode(String::new())
    }
}

impl Text {
    /// Bytes of a file, kept as they are.
    #[inline]
    pub fn from_shift_jis(bytes: &[u8]) -> Self {
        if bytes.is_empty() { Self::default() } else { Self(Form::ShiftJis(Box::from(bytes))) }
    }

    /// True when absent.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Form::Unicode(text) => text.is_empty(),
            Form::ShiftJis(bytes) => bytes.is_empty(),
        }
    }

    /// The text for a person; bytes that are no Shift_JIS appear as U+FFFD.
    pub fn decode(&self) -> Cow<'_, str> {
        match &self.0 {
            Form::Unicode(text) => Cow::Borrowed(text),
            Form::ShiftJis(bytes) => crate::shift_jis::decode(bytes),
        }
    }

    #[inline]
    pub(crate) fn write_cell(&self, column: &Column, out: &mut Encoder) {
        match &self.0 {
            Form::Unicode(text) => out.text(column, text),
            Form::ShiftJis(bytes) => out.shift_jis(column, bytes),
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::ShiftJis(a), Form::ShiftJis(b)) => a == b,
            _ => self.decode() == other.decode(),
        }
    }
}

impl Eq for Text {}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Form::Unicode(text.to_owned()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Form::Unicode(text))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Text()" } else { "Text(***)" })
    }
}

impl Value for Text {
    #[inline]
    fn read(cells: &mut Cells<'_>, _: &Group) -> Self {
        Self::from_shift_jis(cells.next_cell())
    }

    #[inline]
    fn write(&self, group: &Group, out: &mut Encoder) {
        for column in group.columns {
            self.write_cell(column, out);
        }
    }
}
