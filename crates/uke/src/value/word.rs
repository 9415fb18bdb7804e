//! Short half-width words: payer numbers, institution codes.

use std::fmt;
use std::str::FromStr;

use kernel::{FacilityCode, InsurerNumber, RecipientNumber, SubsidyPayerNumber};

use super::Value;
use crate::cells::Cells;
use crate::encoder::Encoder;
use crate::spec::{Group, Mode, Width};

/// Up to `N` half-width characters, held inline; empty = absent. Check digits are verified by the check and
/// the writer, not here, so that a foreign file can be read.
///
/// In a fixed field the writer fills from the left: digits with zeros, others with spaces
/// (`138057` → `··138057`); the reader takes the spaces off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word<const N: usize> {
    bytes: [u8; N],
    length: u8,
}

/// The text is longer than the field or has a character that is not half-width.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{received:?} is not {allowed} half-width characters or fewer")]
pub struct WordError {
    /// The text as received.
    pub received: String,
    /// Most characters.
    pub allowed: usize,
}

impl<const N: usize> Word<N> {
    /// The characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// True when absent.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    #[inline]
    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    #[inline]
    fn from_bytes(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; N];
        let is_word = text.iter().all(|byte| (0x20..0x7f).contains(byte));
        bytes.get_mut(..text.len()).filter(|_| is_word)?.copy_from_slice(text);
        u8::try_from(text.len()).ok().map(|length| Self { bytes, length })
    }
}

impl<const N: usize> Default for Word<N> {
    fn default() -> Self {
        Self { bytes: [0; N], length: 0 }
    }
}

impl<const N: usize> FromStr for Word<N> {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        Self::from_bytes(text.as_bytes()).ok_or_else(|| WordError { received: text.to_owned(), allowed: N })
    }
}

impl<const N: usize> fmt::Display for Word<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Word<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// 保険者番号: 6 or 8 digits.
impl From<&InsurerNumber> for Word<8> {
    fn from(number: &InsurerNumber) -> Self {
        Self::from_bytes(number.as_str().as_bytes()).unwrap_or_default()
    }
}

/// 公費負担者番号: 8 digits.
impl From<&SubsidyPayerNumber> for Word<8> {
    fn from(number: &SubsidyPayerNumber) -> Self {
        Self::from_bytes(number.as_str().as_bytes()).unwrap_or_default()
    }
}

/// The seven digits of 医療機関コード.
impl From<&FacilityCode> for Word<7> {
    fn from(code: &FacilityCode) -> Self {
        Self::from_bytes(code.local_code().as_bytes()).unwrap_or_default()
    }
}

/// 公費受給者番号: up to 7 digits; longer numbers of local programmes do not fit a claim file.
impl TryFrom<&RecipientNumber> for Word<7> {
    type Error = WordError;

    fn try_from(number: &RecipientNumber) -> Result<Self, WordError> {
        number.as_str().parse()
    }
}

impl<const N: usize> Value for Word<N> {
    #[inline]
    fn read(cells: &mut Cells<'_>, _: &Group) -> Self {
        let mut cell = cells.next_cell();
        if cell.len() == N {
            cell = cell.trim_ascii_start();
        }
        Self::from_bytes(cell).unwrap_or_else(|| {
            cells.mark_unread();
            Self::default()
        })
    }

    #[inline]
    fn write(&self, group: &Group, out: &mut Encoder) {
        for column in group.columns {
            let word = self.as_bytes();
            if word.is_empty() {
                out.empty(column);
            } else if word.len() >= usize::from(column.bytes) || column.width == Width::Variable {
                out.checked(column, word);
            } else {
                let fill = if column.mode == Mode::Digits { b'0' } else { b' ' };
                out.filled(column, word, fill);
            }
        }
    }
}
