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

/// Bytes of a text held without an allocation: 15 full-width characters, most names and numbers.
const INLINE_BYTES: usize = 30;

#[derive(Clone)]
enum Form {
    Unicode(String),
    Short { length: u8, bytes: [u8; INLINE_BYTES] },
    Long(Box<[u8]>),
}

impl Default for Form {
    fn default() -> Self {
        Self::Unicode(String::new())
    }
}

impl Text {
    /// Bytes of a file, kept as they are.
    #[inline]
    pub fn from_shift_jis(text: &[u8]) -> Self {
        if text.is_empty() {
            return Self::default();
        }
        let mut bytes = [0; INLINE_BYTES];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(slot), Ok(length)) => {
                slot.copy_from_slice(text);
                Self(Form::Short { length, bytes })
            }
            _ => Self(Form::Long(Box::from(text))),
        }
    }

    /// The bytes of a text that was read; `None` for one made here.
    #[inline]
    fn shift_jis(&self) -> Option<&[u8]> {
        match &self.0 {
            Form::Unicode(_) => None,
            Form::Short { length, bytes } => bytes.get(..usize::from(*length)),
            Form::Long(bytes) => Some(bytes),
        }
    }

    /// True when absent.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Form::Unicode(text) => text.is_empty(),
            Form::Short { length, .. } => *length == 0,
            Form::Long(bytes) => bytes.is_empty(),
        }
    }

    /// The text for a person; bytes that are no Shift_JIS appear as U+FFFD.
    pub fn decode(&self) -> Cow<'_, str> {
        match &self.0 {
            Form::Unicode(text) => Cow::Borrowed(text),
            _ => crate::shift_jis::decode(self.shift_jis().unwrap_or_default()),
        }
    }

    #[inline]
    pub(crate) fn write_cell(&self, column: &Column, out: &mut Encoder) {
        match &self.0 {
            Form::Unicode(text) => out.text(column, text),
            _ => out.shift_jis(column, self.shift_jis().unwrap_or_default()),
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        match (self.shift_jis(), other.shift_jis()) {
            (Some(a), Some(b)) => a == b,
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
