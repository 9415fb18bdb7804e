//! Lines as bytes: writes cells, and notes everything a review body would refuse.

use std::fmt;

use kernel::Finding;

use crate::inspect::code_of;
use crate::shift_jis;
use crate::spec::{Column, Mode, RecordSpec, Width};
use crate::table::Code;
use crate::value::Days;

/// Why a field must not be written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FieldError {
    /// The field is required and empty.
    #[error("is required and empty")]
    Required,
    /// The field must be left empty by an institution.
    #[error("must be left empty")]
    MustBeEmpty,
    /// More bytes than the field has.
    #[error("has {received} bytes, allowed are {allowed}")]
    TooLong {
        /// Bytes of the value.
        received: usize,
        /// Bytes of the field.
        allowed: u16,
    },
    /// Not the exact length of a fixed field.
    #[error("has {received} bytes, exactly {allowed} are required")]
    NotFixed {
        /// Bytes of the value.
        received: usize,
        /// Bytes of the field.
        allowed: u16,
    },
    /// The value is not of the field's form.
    #[error("is not {allowed}")]
    Form {
        /// The form.
        allowed: &'static str,
    },
    /// A character the claim file cannot carry (outside JIS X 0201 and JIS X 0208).
    #[error("has {character:?} (U+{code:04X}) at character {position}, which JIS X 0208 does not have", code = u32::from(*character))]
    Character {
        /// The character.
        character: char,
        /// Which character of the text, from 1.
        position: usize,
    },
    /// Bytes that are no allowed character.
    #[error("has bytes outside JIS X 0208 at byte {position}")]
    Bytes {
        /// Which byte of the text, from 1.
        position: usize,
    },
    /// An era date (和暦) where a western one is required since the claim month 2020-05.
    #[error("is an era date (和暦), required is a western one")]
    EraDate,
    /// A code its table does not list.
    #[error("{received} is not a code of {table}")]
    Unlisted {
        /// The code.
        received: u64,
        /// The table.
        table: &'static str,
    },
    /// More values than the field can hold.
    #[error("has {received} values, allowed are {allowed}")]
    TooMany {
        /// Values given.
        received: usize,
        /// Values allowed.
        allowed: usize,
    },
}

/// Where in a file something is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Place {
    /// Receipt in file order, from 1; 0 outside receipts.
    pub receipt: u32,
    /// Line of the file, from 1; 0 when no line is meant.
    pub line: u64,
    /// Column, the record id being 1; 0 when the whole record is meant.
    pub field: u8,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (name, number) in
            [("receipt", u64::from(self.receipt)), ("line", self.line), ("field", u64::from(self.field))]
        {
            if number != 0 {
                write!(f, "{separator}{name} {number}")?;
                separator = ", ";
            }
        }
        if separator.is_empty() { f.write_str("file") } else { Ok(()) }
    }
}

/// A field the writer refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place}: {record} {column} {error}")]
pub struct Refusal {
    /// Where.
    pub place: Place,
    /// レコード識別情報.
    pub record: &'static str,
    /// 項目名.
    pub column: &'static str,
    /// Official error code, or our own where the known list has none.
    pub code: &'static str,
    /// Why.
    pub error: FieldError,
}

impl From<Refusal> for Finding {
    fn from(refusal: Refusal) -> Self {
        let message = format!("{} {} {}", refusal.record, refusal.column, refusal.error);
        Self::stop(refusal.code, refusal.place.to_string(), message)
    }
}

/// Lines being written.
pub(crate) struct Encoder {
    pub(crate) bytes: Vec<u8>,
    pub(crate) place: Place,
    pub(crate) refusals: Vec<Refusal>,
    record: &'static str,
}

/// One more than the day columns, so that any row of empty columns is cut from it.
const COMMAS: [u8; 32] = [b','; 32];
const DIGITS_MAX: usize = 20;

impl Encoder {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            place: Place { receipt: 0, line: 0, field: 0 },
            refusals: Vec::new(),
            record: "",
        }
    }

    /// Begins a record on the next line.
    #[inline]
    pub(crate) fn begin(&mut self, spec: &'static RecordSpec) {
        self.place.line += 1;
        self.place.field = 1;
        self.record = spec.id;
        if let [a, b] = spec.id.as_bytes() {
            self.bytes.extend_from_slice(&[*a, *b]);
        }
    }

    /// Ends the record with its full number of columns.
    #[inline]
    pub(crate) fn end(&mut self, columns: u8) {
        self.seek(columns.saturating_add(1));
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// Leaves the columns before `first` empty.
    #[inline]
    pub(crate) fn seek(&mut self, first: u8) {
        let missing = first.saturating_sub(1).saturating_sub(self.place.field);
        self.skip(missing);
    }

    /// Leaves the next columns empty.
    #[inline]
    pub(crate) fn skip(&mut self, columns: u8) {
        self.push_commas(usize::from(columns));
        self.place.field = self.place.field.saturating_add(columns);
    }

    /// A whole line as it is.
    pub(crate) fn raw_line(&mut self, line: &[u8]) {
        self.place.line += 1;
        self.place.field = 0;
        self.bytes.extend_from_slice(line);
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// Notes why the cell last written must not go out.
    #[cold]
    pub(crate) fn refuse(&mut self, column: &Column, error: FieldError) {
        let code = code_of(column, &error);
        self.refusals.push(Refusal { place: self.place, record: self.record, column: column.name, code, error });
    }

    #[inline]
    fn open(&mut self, column: &Column) {
        self.bytes.push(b',');
        self.place.field = self.place.field.saturating_add(1);
        if column.need.is_empty() {
            self.refuse(column, FieldError::MustBeEmpty);
        }
    }

    /// An empty cell.
    #[inline]
    pub(crate) fn empty(&mut self, column: &Column) {
        self.bytes.push(b',');
        self.place.field = self.place.field.saturating_add(1);
        if column.need == crate::spec::Need::Always {
            self.refuse(column, FieldError::Required);
        }
    }

    #[inline]
    fn check_length(&mut self, column: &Column, received: usize) {
        let is_right = match column.width {
            Width::Fixed => received == usize::from(column.bytes),
            Width::Variable => received <= usize::from(column.bytes),
        };
        if !is_right {
            let allowed = column.bytes;
            self.refuse(
                column,
                match column.width {
                    Width::Fixed => FieldError::NotFixed { received, allowed },
                    Width::Variable => FieldError::TooLong { received, allowed },
                },
            );
        }
    }

    /// Appends a number without leading zeros; gives its length.
    #[inline]
    fn push_number(&mut self, number: u64) -> usize {
        match number {
            0..10 => self.push_fixed::<1>(number),
            10..100 => self.push_fixed::<2>(number),
            100..1_000 => self.push_fixed::<3>(number),
            1_000..10_000 => self.push_fixed::<4>(number),
            _ => self.push_any(number, 0),
        }
    }

    /// Appends a number with at least `width` digits; gives its length.
    #[inline(always)]
    fn push_padded(&mut self, number: u64, width: usize) -> usize {
        match width {
            1 if number < 10 => self.push_fixed::<1>(number),
            2 if number < 100 => self.push_fixed::<2>(number),
            3 if number < 1_000 => self.push_fixed::<3>(number),
            4 if number < 10_000 => self.push_fixed::<4>(number),
            6 if number < 1_000_000 => self.push_fixed::<6>(number),
            7 if number < 10_000_000 => self.push_fixed::<7>(number),
            8 if number < 100_000_000 => self.push_fixed::<8>(number),
            9 if number < 1_000_000_000 => self.push_nine(number),
            _ => self.push_any(number, width),
        }
    }

    /// Appends exactly `N` digits, at most eight.
    #[inline]
    fn push_fixed<const N: usize>(&mut self, number: u64) -> usize {
        let digits = eight_digits(number);
        if let Some(last) = digits.last_chunk::<N>() {
            self.bytes.extend_from_slice(last);
        }
        N
    }

    #[inline]
    fn push_nine(&mut self, number: u64) -> usize {
        let [a, b, c, d, e, f, g, h] = eight_digits(number % 100_000_000);
        let first = b'0' + u8::try_from(number / 100_000_000).unwrap_or_default();
        self.bytes.extend_from_slice(&[first, a, b, c, d, e, f, g, h]);
        9
    }

    #[inline(never)]
    fn push_any(&mut self, number: u64, width: usize) -> usize {
        let mut digits = [b'0'; DIGITS_MAX];
        let mut rest = number;
        let mut length = 0;
        for slot in digits.iter_mut().rev() {
            if rest == 0 && length >= width.max(1) {
                break;
            }
            *slot = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
            length += 1;
        }
        self.bytes.extend_from_slice(digits.get(DIGITS_MAX - length..).unwrap_or_default());
        length
    }

    /// A number without leading zeros.
    #[inline]
    pub(crate) fn number(&mut self, column: &Column, number: u64) {
        self.open(column);
        let length = self.push_number(number);
        self.check_length(column, length);
    }

    /// A number, with a minus where the field allows one.
    #[inline]
    pub(crate) fn signed(&mut self, column: &Column, number: i64) {
        self.open(column);
        if number < 0 {
            self.bytes.push(b'-');
        }
        let length = self.push_number(number.unsigned_abs()) + usize::from(number < 0);
        self.check_length(column, length);
        if number < 0 && column.mode != Mode::Signed {
            self.refuse(column, FieldError::Form { allowed: column.mode.name() });
        }
    }

    /// A number of fixed width with leading zeros.
    #[inline]
    pub(crate) fn fixed(&mut self, column: &Column, number: u64, width: usize) {
        self.open(column);
        let length = self.push_padded(number, width);
        self.check_length(column, length);
        self.check_listed(column, number);
    }

    #[inline]
    fn check_listed(&mut self, column: &Column, number: u64) {
        if let Some(table) = column.table {
            let label = u16::try_from(number).ok().and_then(|number| table.label(number));
            if label.is_none() {
                self.refuse(column, FieldError::Unlisted { received: number, table: table.name });
            }
        }
    }

    /// An optional code.
    pub(crate) fn code<T: Code>(&mut self, column: &Column, code: Option<T>) {
        match code {
            None => self.empty(column),
            Some(code) => self.fixed(column, u64::from(code.number()), T::WIDTH),
        }
    }

    /// Codes run together.
    #[inline]
    pub(crate) fn codes<T: Code>(&mut self, column: &Column, codes: &[T]) {
        if codes.is_empty() {
            return self.empty(column);
        }
        self.open(column);
        let mut length = 0;
        for code in codes {
            length += self.push_padded(u64::from(code.number()), T::WIDTH);
            self.check_listed(column, u64::from(code.number()));
        }
        self.check_length(column, length);
    }

    /// Bytes whose form the caller vouches for or refuses.
    pub(crate) fn unchecked(&mut self, cell: &[u8]) {
        self.bytes.push(b',');
        self.place.field = self.place.field.saturating_add(1);
        self.bytes.extend_from_slice(cell);
    }

    /// Half-width characters.
    #[inline]
    pub(crate) fn checked(&mut self, column: &Column, cell: &[u8]) {
        self.open(column);
        self.bytes.extend_from_slice(cell);
        self.check_length(column, cell.len());
        let is_right = match column.mode {
            Mode::Digits => cell.iter().all(u8::is_ascii_digit),
            Mode::Ascii => cell.iter().all(|byte| is_ascii_text(*byte)),
            _ => true,
        };
        if !is_right {
            self.refuse(column, FieldError::Form { allowed: column.mode.name() });
        }
    }

    /// Half-width characters, filled from the left to the fixed width.
    pub(crate) fn filled(&mut self, column: &Column, cell: &[u8], fill: u8) {
        let mut filled = vec![fill; usize::from(column.bytes).saturating_sub(cell.len())];
        filled.extend_from_slice(cell);
        self.checked(column, &filled);
    }

    /// A text made here: encoded, widened where the field asks for full width.
    #[inline]
    pub(crate) fn text(&mut self, column: &Column, text: &str) {
        let is_narrow = match column.mode {
            Mode::Kanji => false,
            Mode::Either => shift_jis::is_narrow(text),
            _ => true,
        };
        if text.is_empty() {
            return self.empty(column);
        }
        if is_narrow {
            self.checked(column, text.as_bytes());
            if column.mode == Mode::Either && !text.bytes().all(is_ascii_text) {
                self.refuse(column, FieldError::Form { allowed: column.mode.name() });
            }
            return;
        }
        self.open(column);
        let start = self.bytes.len();
        let unwritable = shift_jis::encode_wide(text, &mut self.bytes);
        self.check_length(column, self.bytes.len() - start);
        if let Some(shift_jis::Unwritable { character, position }) = unwritable {
            self.refuse(column, FieldError::Character { character, position });
        }
    }

    /// A text that was read: its bytes again.
    pub(crate) fn shift_jis(&mut self, column: &Column, bytes: &[u8]) {
        if bytes.is_empty() {
            return self.empty(column);
        }
        self.open(column);
        self.bytes.extend_from_slice(bytes);
        self.check_length(column, bytes.len());
        if let Some(error) = text_error(column.mode, bytes) {
            self.refuse(column, error);
        }
    }

    /// The 31 day columns.
    #[inline]
    pub(crate) fn days(&mut self, column: &Column, days: &Days) {
        let mut written = 0;
        for (day, value) in days.iter() {
            self.push_commas(usize::try_from(day - written).unwrap_or_default());
            written = day;
            let length = self.push_number(u64::from(value));
            if length > usize::from(column.bytes) || column.table.is_some() {
                let before = self.place.field;
                self.place.field = before.saturating_add(u8::try_from(day).unwrap_or_default());
                self.check_length(column, length);
                self.check_listed(column, u64::from(value));
                self.place.field = before;
            }
        }
        self.push_commas(usize::try_from(31 - written).unwrap_or_default());
        self.place.field = self.place.field.saturating_add(31);
    }

    /// A row of commas: a copy of known size, cut to length, is faster than one of unknown size.
    #[inline]
    fn push_commas(&mut self, count: usize) {
        let length = self.bytes.len() + count;
        for _ in 0..count.div_ceil(COMMAS.len()) {
            self.bytes.extend_from_slice(&COMMAS);
        }
        self.bytes.truncate(length);
    }
}

/// The last eight decimal digits of a number as characters, all at once: halves, quarters and eighths of the
/// number are split in the lanes of one word.
#[inline]
fn eight_digits(number: u64) -> [u8; 8] {
    let halves = (number / 10_000 % 10_000) | ((number % 10_000) << 32);
    let hundreds = ((halves * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let quarters = ((halves - hundreds * 100) << 16) + hundreds;
    let tens = ((quarters * 103) >> 10) & 0x000f_000f_000f_000f;
    let digits = ((quarters - tens * 10) << 8) + tens;
    (digits + 0x3030_3030_3030_3030).to_le_bytes()
}

/// Half-width characters a field may hold: no comma, no quote, no control character.
pub(crate) const fn is_ascii_text(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e) && byte != b',' && byte != b'"'
}

/// What is wrong with the bytes of a text field, if anything.
pub(crate) fn text_error(mode: Mode, bytes: &[u8]) -> Option<FieldError> {
    let form = FieldError::Form { allowed: mode.name() };
    match mode {
        Mode::Kanji => match shift_jis::widths(bytes) {
            Err(position) => Some(FieldError::Bytes { position }),
            Ok(widths) => widths.has_narrow.then_some(form),
        },
        Mode::Either => match shift_jis::widths(bytes) {
            Err(position) => Some(FieldError::Bytes { position }),
            Ok(widths) => {
                let is_bad =
                    widths.has_narrow && (widths.has_wide || bytes.iter().any(|byte| matches!(byte, b',' | b'"')));
                is_bad.then_some(form)
            }
        },
        Mode::Digits => (!bytes.iter().all(u8::is_ascii_digit)).then_some(form),
        _ => (!bytes.iter().all(|byte| is_ascii_text(*byte))).then_some(form),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn digits_are_those_of_the_number(number in prop_oneof![0..1_000_u64, 0..1_000_000_000_u64, any::<u64>()]) {
            prop_assert_eq!(
                String::from_utf8(eight_digits(number).to_vec()).unwrap(),
                format!("{:08}", number % 100_000_000)
            );
            for width in 0..=9 {
                let mut out = Encoder::with_capacity(16);
                let length = if width == 0 { out.push_number(number) } else { out.push_padded(number, width) };
                prop_assert_eq!(length, out.bytes.len());
                prop_assert_eq!(String::from_utf8(out.bytes).unwrap(), format!("{number:0width$}"));
            }
        }
    }
}
