//! One row of a file: its fields in one piece of memory.

use super::layout::Layout;

/// A row as text fields. Field numbers begin at 1, as 項番 do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    text: Box<str>,
    ends: Box<[u16]>,
}

impl Record {
    /// From fields; `None` when they are longer than a record may be (65,535 bytes).
    pub fn new<'a>(fields: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut text = String::new();
        let mut ends = Vec::new();
        for field in fields {
            text.push_str(field);
            ends.push(u16::try_from(text.len()).ok()?);
        }
        Some(Self { text: text.into_boxed_str(), ends: ends.into_boxed_slice() })
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Field by its number from 1; empty when there is none.
    pub fn get(&self, number: usize) -> &str {
        let place = |index: usize| self.ends.get(index).copied().map(usize::from);
        let start = number.checked_sub(2).map_or(Some(0), place);
        match (start, number.checked_sub(1).and_then(place)) {
            (Some(start), Some(end)) => self.text.get(start..end).unwrap_or_default(),
            _ => "",
        }
    }

    /// All fields.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        (1..=self.len()).map(|number| self.get(number))
    }

    /// The record with some fields replaced.
    #[must_use]
    pub fn with(&self, changes: &[(usize, &str)]) -> Self {
        let changed = |number: usize| changes.iter().rev().find(|(at, _)| *at == number).map(|(_, text)| *text);
        Self::new((1..=self.len()).map(|number| changed(number).unwrap_or_else(|| self.get(number))))
            .unwrap_or_else(|| self.clone())
    }

    /// A row of a difference file laid over this one: fields that are not empty replace (変更区分 5).
    #[must_use]
    pub fn overlaid(&self, change: &Self) -> Self {
        let fields = (1..=self.len()).map(|number| match change.get(number) {
            "" => self.get(number),
            text => text,
        });
        Self::new(fields).unwrap_or_else(|| self.clone())
    }

    /// Field as an unsigned number; 0 when it is empty or none.
    pub fn number(&self, field: usize) -> u32 {
        self.get(field).parse().unwrap_or_default()
    }

    /// Field as a small number.
    pub fn small<T: TryFrom<u32> + Default>(&self, field: usize) -> T {
        T::try_from(self.number(field)).unwrap_or_default()
    }

    /// First byte of the field; `0` when it is empty.
    pub fn letter(&self, field: usize) -> u8 {
        self.get(field).bytes().next().unwrap_or(b'0')
    }

    /// Amount with at most two decimals as hundredths.
    pub fn hundredths(&self, field: usize) -> i64 {
        hundredths(self.get(field)).unwrap_or_default()
    }

    /// Two characters of an age bound; `00` when the field is empty.
    pub fn age(&self, field: usize) -> [u8; 2] {
        match self.get(field).as_bytes() {
            [first, second] => [*first, *second],
            [only] => [b'0', *only],
            _ => *b"00",
        }
    }

    /// The fields that name the row in its layout, joined.
    pub fn key(&self, layout: &Layout) -> String {
        let mut key = String::new();
        for number in layout.key {
            key.push_str(self.get(*number));
            key.push('/');
        }
        key
    }
}

/// `12.5` → 1250. At most two decimals, no sign.
pub fn hundredths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 13 || part.len() > 2 || !is_digits(whole) || !is_digits(part) {
        return None;
    }
    let scaled: i64 = format!("{part:0<2}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(scaled)
}
