//! Numbers, amounts, codes and lists of codes in cells.

use kernel::{Points, Prefecture, Quantity, ReviewBody, Sex, Yen};
use rust_decimal::Decimal;

use super::{Cell, Value};
use crate::cells::Cells;
use crate::encoder::{Encoder, FieldError};
use crate::spec::{Column, Group, Need, Width};
use crate::table::Code;

/// Longest row of digits read as a number; ten times the next digit still fits into 64 bits.
const DIGITS_MAX: usize = 18;

/// A row of digits as a number; `None` for anything else.
#[inline]
pub(crate) fn digits(cell: &[u8]) -> Option<u64> {
    if cell.is_empty() || cell.len() > DIGITS_MAX {
        return None;
    }
    let mut number = 0_u64;
    for byte in cell {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    Some(number)
}

/// Largest amount held: two digits more than the longest field, so that ten times an amount is far from the
/// bounds of 64 bits.
const AMOUNT_MAX: i64 = 999_999_999_999;

fn signed(cell: &[u8]) -> Option<i64> {
    amount(cell).filter(|amount| (-AMOUNT_MAX..=AMOUNT_MAX).contains(amount))
}

fn amount(cell: &[u8]) -> Option<i64> {
    match cell {
        [b'-', rest @ ..] => digits(rest).and_then(|number| i64::try_from(number).ok()).map(|number| -number),
        _ => digits(cell).and_then(|number| i64::try_from(number).ok()),
    }
}

macro_rules! unsigned {
    ($($type:ident),*) => { $(
        impl Cell for $type {
            #[inline]
            fn parse(cell: &[u8]) -> Option<Self> {
                digits(cell).and_then(|number| Self::try_from(number).ok())
            }

            #[inline]
            fn print(&self, column: &Column, out: &mut Encoder) {
                match column.width {
                    Width::Fixed => out.fixed(column, u64::from(*self), usize::from(column.bytes)),
                    Width::Variable => out.number(column, u64::from(*self)),
                }
            }
        }
    )* };
}

unsigned!(u16, u32);

macro_rules! amount {
    ($($type:ident),*) => { $(
        impl Cell for $type {
            #[inline]
            fn parse(cell: &[u8]) -> Option<Self> {
                signed(cell).map(Self::new)
            }

            #[inline]
            fn print(&self, column: &Column, out: &mut Encoder) {
                out.signed(column, self.get());
            }
        }
    )* };
}

amount!(Points, Yen);

impl<T: Code> Cell for T {
    #[inline]
    fn parse(cell: &[u8]) -> Option<Self> {
        let is_whole = cell.len() == T::WIDTH;
        digits(cell).filter(|_| is_whole).and_then(|number| u32::try_from(number).ok()).and_then(T::of)
    }

    #[inline]
    fn print(&self, column: &Column, out: &mut Encoder) {
        out.fixed(column, u64::from(self.number()), T::WIDTH);
    }
}

/// Codes run together in one cell (特記事項, 修飾語コード …).
impl<T: Code> Value for Vec<T> {
    #[inline]
    fn read(cells: &mut Cells<'_>, _: &Group) -> Self {
        let cell = cells.next_cell();
        if cell.is_empty() {
            return Self::new();
        }
        let codes: Self = cell.chunks(T::WIDTH).filter_map(T::parse).collect();
        if codes.len() * T::WIDTH != cell.len() {
            cells.mark_unread();
        }
        codes
    }

    #[inline]
    fn write(&self, group: &Group, out: &mut Encoder) {
        if let Some(column) = group.columns.first() {
            out.codes(column, self);
        }
    }
}

/// A flag: `1` or `01` when set, empty when not.
impl Value for bool {
    #[inline]
    fn read(cells: &mut Cells<'_>, _: &Group) -> Self {
        let cell = cells.next_cell();
        let is_set = matches!(cell, b"1" | b"01");
        if !is_set && !cell.is_empty() {
            cells.mark_unread();
        }
        is_set
    }

    #[inline]
    fn write(&self, group: &Group, out: &mut Encoder) {
        for column in group.columns {
            if *self {
                out.fixed(column, 1, usize::from(column.bytes));
            } else {
                out.empty(column);
            }
        }
    }
}

/// Reads up to five digits, a point and up to five digits.
pub(crate) fn decimal(cell: &[u8]) -> Option<Decimal> {
    let (whole, fraction) = match cell.iter().position(|byte| *byte == b'.') {
        None => (cell, &[][..]),
        Some(at) => (cell.get(..at)?, cell.get(at + 1..).filter(|fraction| !fraction.is_empty())?),
    };
    let scale = u32::try_from(fraction.len()).ok()?;
    let whole = i64::try_from(digits(whole)?).ok()?;
    if fraction.is_empty() {
        return Some(Decimal::from(whole));
    }
    let part = i64::try_from(digits(fraction)?).ok()?;
    let shifted = whole.checked_mul(10_i64.checked_pow(scale)?)?;
    Decimal::try_new(shifted.checked_add(part)?, scale).ok()
}

/// Prints a decimal within the digits its column allows.
fn print_decimal(value: Decimal, column: &Column, out: &mut Encoder) {
    let value = value.normalize();
    let (_, fraction) = column.mode.decimal().unwrap_or((0, 0));
    let is_fitting = usize::try_from(value.scale()).is_ok_and(|scale| scale <= fraction);
    match u64::try_from(value.mantissa()) {
        Ok(mantissa) if value.scale() == 0 => out.number(column, mantissa),
        Ok(_) if is_fitting => out.checked(column, value.to_string().as_bytes()),
        _ => {
            out.checked(column, value.to_string().as_bytes());
            out.refuse(column, FieldError::Form { allowed: column.mode.name() });
        }
    }
}

impl Cell for Quantity {
    fn parse(cell: &[u8]) -> Option<Self> {
        decimal(cell).and_then(|value| Self::try_from(value).ok())
    }

    fn print(&self, column: &Column, out: &mut Encoder) {
        print_decimal(self.get(), column, out);
    }
}

impl Cell for Decimal {
    fn parse(cell: &[u8]) -> Option<Self> {
        decimal(cell)
    }

    fn print(&self, column: &Column, out: &mut Encoder) {
        print_decimal(*self, column, out);
    }
}

impl Cell for ReviewBody {
    fn parse(cell: &[u8]) -> Option<Self> {
        match cell {
            b"1" => Some(Self::PaymentFund),
            b"2" => Some(Self::Kokuhoren),
            _ => None,
        }
    }

    fn print(&self, column: &Column, out: &mut Encoder) {
        out.checked(column, self.code().as_bytes());
    }
}

impl Cell for Sex {
    fn parse(cell: &[u8]) -> Option<Self> {
        match cell {
            b"1" => Some(Self::Male),
            b"2" => Some(Self::Female),
            _ => None,
        }
    }

    fn print(&self, column: &Column, out: &mut Encoder) {
        out.checked(column, self.code().as_bytes());
    }
}

impl Cell for Prefecture {
    fn parse(cell: &[u8]) -> Option<Self> {
        std::str::from_utf8(cell).ok()?.parse().ok()
    }

    fn print(&self, column: &Column, out: &mut Encoder) {
        out.checked(column, self.to_string().as_bytes());
    }
}

/// A value for a column institutions leave empty (予備).
impl Need {
    /// True when a value in the column is wrong in a file an institution sends.
    pub(crate) const fn is_empty(self) -> bool {
        matches!(self, Self::Empty)
    }
}
