//! The cells of one line, from left to right.

use crate::value::Days;

/// A cursor over the cells of a record after its id. A line may be shorter than its record: missing cells
/// are empty.
pub(crate) struct Cells<'a> {
    /// What is left of the line; `None` when the last cell is taken.
    rest: Option<&'a [u8]>,
    /// Number of the next column.
    column: u8,
    has_unread: bool,
}

impl<'a> Cells<'a> {
    /// The cells after the record id of a line without its line end.
    #[inline]
    pub(crate) fn after_id(line: &'a [u8]) -> Self {
        let mut cells = Self { rest: Some(line), column: 1, has_unread: false };
        cells.next_cell();
        cells
    }

    /// The next cell; empty after the end of the line.
    #[inline]
    pub(crate) fn next_cell(&mut self) -> &'a [u8] {
        self.column = self.column.saturating_add(1);
        let Some(rest) = self.rest else { return &[] };
        match rest.iter().position(|byte| *byte == b',') {
            Some(at) => {
                self.rest = rest.get(at + 1..);
                rest.get(..at).unwrap_or_default()
            }
            None => {
                self.rest = None;
                rest
            }
        }
    }

    /// Goes on to a column, over reserves.
    #[inline]
    pub(crate) fn seek(&mut self, column: u8) {
        let missing = column.saturating_sub(self.column);
        if missing > 0 && !self.skip_empty(missing) {
            while self.column < column {
                self.next_cell();
            }
        }
    }

    /// Takes some cells at once if all are empty.
    #[inline]
    pub(crate) fn skip_empty(&mut self, count: u8) -> bool {
        let Some(rest) = self.rest else { return false };
        let (cells, after) = match rest.split_at_checked(usize::from(count)) {
            Some((cells, after)) => (cells, Some(after)),
            None if rest.len() + 1 == usize::from(count) => (rest, None),
            None => return false,
        };
        let is_empty = cells.iter().all(|byte| *byte == b',');
        if is_empty {
            self.rest = after;
            self.column = self.column.saturating_add(count);
        }
        is_empty
    }

    /// Reads the 31 day columns.
    #[inline]
    pub(crate) fn read_days(&mut self, days: &mut Days) {
        const LAST: u32 = 31;
        self.column = self.column.saturating_add(31);
        let Some(mut rest) = self.rest else { return };
        let mut day = 1;
        // Commas left when every day from here on is empty.
        let mut commas = 30_usize;
        while day <= LAST {
            // Most days are empty: all that are left, or eight at once.
            if rest.len() == commas && rest.iter().all(|byte| *byte == b',') {
                self.rest = None;
                return;
            }
            if let Some(tail) = rest.strip_prefix(b",,,,,,,,")
                && day + 8 <= LAST
            {
                rest = tail;
                day += 8;
                commas = commas.saturating_sub(8);
                continue;
            }
            let mut value = 0_u16;
            loop {
                let Some((byte, tail)) = rest.split_first() else {
                    days.set(day, value);
                    self.rest = None;
                    return;
                };
                rest = tail;
                let digit = byte.wrapping_sub(b'0');
                if digit <= 9 && value < 1000 {
                    value = value * 10 + u16::from(digit);
                } else if *byte == b',' {
                    break;
                } else {
                    self.has_unread = true;
                }
            }
            if value != 0 {
                days.set(day, value);
            }
            day += 1;
            commas = commas.saturating_sub(1);
        }
        self.rest = Some(rest);
    }

    /// Marks that a cell could not be held by its type.
    #[inline]
    pub(crate) fn mark_unread(&mut self) {
        self.has_unread = true;
    }

    /// The record ends here: whatever follows its last column is not read.
    #[inline]
    pub(crate) fn finish(&mut self, columns: u8) {
        self.seek(columns.saturating_add(1));
        if self.rest.is_some() {
            self.has_unread = true;
        }
    }

    /// True when something of the line is not in the record that was read.
    pub(crate) const fn has_unread(&self) -> bool {
        self.has_unread
    }
}
