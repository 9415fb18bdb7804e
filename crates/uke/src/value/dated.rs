//! Days and months in their two written forms.

use kernel::{ClaimMonth, Era, ServiceDate, Wareki};

use super::{Cell, digits};
use crate::encoder::{Encoder, FieldError};
use crate::spec::Column;

/// A day or month as a claim file writes it: western since the claim month 2020-05, era (和暦) before.
///
/// Both are read, by length; only the western form is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dated<T> {
    /// `YYYYMM`, `YYYYMMDD`.
    Western(T),
    /// 和暦 `GYYMM`, `GYYMMDD`.
    Era(T),
}

impl<T: Copy> Dated<T> {
    /// The day or month itself.
    pub const fn get(self) -> T {
        match self {
            Self::Western(value) | Self::Era(value) => value,
        }
    }

    /// True for the old form.
    pub const fn is_era(self) -> bool {
        matches!(self, Self::Era(_))
    }
}

impl<T> From<T> for Dated<T> {
    fn from(value: T) -> Self {
        Self::Western(value)
    }
}

/// `GYYMMDD` as a day.
fn era_day(number: u64) -> Option<ServiceDate> {
    let part = |value: u64| u32::try_from(value).ok();
    let wareki = Wareki {
        era: Era::from_digit(part(number / 1_000_000)?)?,
        year: part(number / 10_000 % 100)?,
        month: part(number / 100 % 100)?,
        day: part(number % 100)?,
    };
    wareki.to_date()
}

impl Cell for Dated<ClaimMonth> {
    fn parse(cell: &[u8]) -> Option<Self> {
        let number = digits(cell)?;
        match cell.len() {
            6 => ClaimMonth::from_yyyymm(u32::try_from(number).ok()?).map(Self::Western),
            5 => era_day(number * 100 + 1).map(|day| Self::Era(day.month_of())),
            _ => None,
        }
    }

    fn print(&self, column: &Column, out: &mut Encoder) {
        match self {
            Self::Western(month) => out.fixed(column, u64::from(month.yyyymm()), 6),
            Self::Era(month) => {
                let text = Wareki::of(month.first_day()).map(Wareki::gyymmdd).unwrap_or_default();
                out.unchecked(text.as_bytes().get(..5).unwrap_or_default());
                out.refuse(column, FieldError::EraDate);
            }
        }
    }
}

impl Cell for Dated<ServiceDate> {
    fn parse(cell: &[u8]) -> Option<Self> {
        let number = digits(cell)?;
        match cell.len() {
            8 => ServiceDate::from_yyyymmdd(u32::try_from(number).ok()?).map(Self::Western),
            7 => era_day(number).map(Self::Era),
            _ => None,
        }
    }

    fn print(&self, column: &Column, out: &mut Encoder) {
        match self {
            Self::Western(day) => out.fixed(column, u64::from(day.yyyymmdd()), 8),
            Self::Era(day) => {
                let text = Wareki::of(*day).map(Wareki::gyymmdd).unwrap_or_default();
                out.unchecked(text.as_bytes());
                out.refuse(column, FieldError::EraDate);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_by_length() {
        let month: ClaimMonth = "2019-01".parse().unwrap();
        assert_eq!(Dated::parse(b"43101"), Some(Dated::Era(month)));
        assert_eq!(Dated::parse(b"201901"), Some(Dated::Western(month)));
        let day: ServiceDate = "1932-02-08".parse().unwrap();
        assert_eq!(Dated::parse(b"3070208"), Some(Dated::Era(day)));
        assert_eq!(Dated::parse(b"19320208"), Some(Dated::Western(day)));
        assert_eq!(Dated::<ServiceDate>::parse(b"20230229"), None);
        assert_eq!(Dated::<ServiceDate>::parse(b"9320208"), None);
        assert_eq!(Dated::<ClaimMonth>::parse(b"2019-1"), None);
    }
}
