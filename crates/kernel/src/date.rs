//! Days and months of care.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use crate::text::text_value;

/// Why a text is no date or month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{received:?} is not {expected}")]
pub struct DateError {
    /// The text as received.
    pub received: String,
    /// What is allowed.
    pub expected: &'static str,
}

/// A calendar day: the day of service (診療日), a birthday, the end of a certificate.
/// Bounds: 1868-01-01 to 9999-12-31.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceDate(NaiveDate);

const DAY_EXPECTED: &str = "a day YYYY-MM-DD or YYYYMMDD";
const MONTH_EXPECTED: &str = "a month YYYY-MM or YYYYMM";

impl ServiceDate {
    /// The day, or `None` when the calendar has no such day or it lies outside the bounds.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1868..=9999).contains(&year) {
            return None;
        }
        NaiveDate::from_ymd_opt(year, month, day).map(Self)
    }

    /// From the number `YYYYMMDD`.
    pub fn from_yyyymmdd(number: u32) -> Option<Self> {
        let year = i32::try_from(number / 10_000).ok()?;
        Self::from_ymd(year, number / 100 % 100, number % 100)
    }

    /// The number `YYYYMMDD`, as masters and claim files write it.
    pub fn yyyymmdd(self) -> u32 {
        self.month_of().yyyymm() * 100 + self.0.day()
    }

    /// Days of 1868-01-01 and later from a chrono date.
    pub fn from_naive(date: NaiveDate) -> Option<Self> {
        Self::from_ymd(date.year(), date.month(), date.day())
    }

    /// The chrono date.
    pub const fn naive(self) -> NaiveDate {
        self.0
    }

    /// Year, western.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// Month 1 to 12.
    pub fn month(self) -> u32 {
        self.0.month()
    }

    /// Day of the month, 1 to 31.
    pub fn day(self) -> u32 {
        self.0.day()
    }

    /// Day of the week.
    pub fn weekday(self) -> Weekday {
        self.0.weekday()
    }

    /// The month this day belongs to (診療年月).
    pub fn month_of(self) -> ClaimMonth {
        ClaimMonth { year: self.0.year(), month: self.0.month() }
    }

    /// The day `days` later; stays at the last day of the calendar.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        self.0.checked_add_days(Days::new(u64::from(days))).map_or(self, Self)
    }

    /// The day `days` earlier; stays at the first day of the calendar.
    #[must_use]
    pub fn minus_days(self, days: u32) -> Self {
        self.0.checked_sub_days(Days::new(u64::from(days))).map_or(self, Self)
    }

    /// Days from `earlier` to this day; negative when `earlier` is later.
    pub fn days_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).num_days()
    }

    /// The Sunday that begins this day's week (週 = Sunday to Saturday; 留意事項 第1章第1部通則).
    #[must_use]
    pub fn week_start(self) -> Self {
        self.minus_days(self.0.weekday().num_days_from_sunday())
    }
}

impl FromStr for ServiceDate {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let compact: String = match text.as_bytes() {
            [_, _, _, _, b'-', _, _, b'-', _, _] => text.split('-').collect(),
            _ => text.to_owned(),
        };
        let is_eight_digits = compact.len() == 8 && compact.bytes().all(|b| b.is_ascii_digit());
        let date = if is_eight_digits { compact.parse().ok().and_then(Self::from_yyyymmdd) } else { None };
        date.ok_or_else(|| DateError { received: text.to_owned(), expected: DAY_EXPECTED })
    }
}

impl fmt::Display for ServiceDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl fmt::Debug for ServiceDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

text_value!(ServiceDate, r"^\d{4}-\d{2}-\d{2}$", "calendar day YYYY-MM-DD");

/// A calendar month (診療年月, 請求年月).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimMonth {
    year: i32,
    month: u32,
}

impl ClaimMonth {
    /// The month, or `None` outside 1868-01 to 9999-12.
    pub fn new(year: i32, month: u32) -> Option<Self> {
        ServiceDate::from_ymd(year, month, 1).map(|_| Self { year, month })
    }

    /// Year, western.
    pub const fn year(self) -> i32 {
        self.year
    }

    /// Month 1 to 12.
    pub const fn month(self) -> u32 {
        self.month
    }

    /// The number `YYYYMM`.
    pub fn yyyymm(self) -> u32 {
        self.year.unsigned_abs() * 100 + self.month
    }

    /// From the number `YYYYMM`.
    pub fn from_yyyymm(number: u32) -> Option<Self> {
        Self::new(i32::try_from(number / 100).ok()?, number % 100)
    }

    /// The month `months` later (negative: earlier); stays where it is at the ends of the calendar.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        let index = self.index() + months;
        let month = u32::try_from(index.rem_euclid(12)).unwrap_or_default() + 1;
        Self::new(index.div_euclid(12), month).unwrap_or(self)
    }

    /// Whole months from `earlier` to this month.
    pub fn months_since(self, earlier: Self) -> i32 {
        self.index() - earlier.index()
    }

    fn index(self) -> i32 {
        self.year * 12 + i32::try_from(self.month).unwrap_or_default() - 1
    }

    /// The 1st of the month.
    pub fn first_day(self) -> ServiceDate {
        ServiceDate(NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default())
    }

    /// The last day of the month.
    pub fn last_day(self) -> ServiceDate {
        self.plus_months(1).first_day().minus_days(1)
    }

    /// The day of this month with the given number, if there is one.
    pub fn day(self, day: u32) -> Option<ServiceDate> {
        ServiceDate::from_ymd(self.year, self.month, day)
    }
}

impl FromStr for ClaimMonth {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let compact: String = match text.as_bytes() {
            [_, _, _, _, b'-', _, _] => text.split('-').collect(),
            _ => text.to_owned(),
        };
        let is_six_digits = compact.len() == 6 && compact.bytes().all(|b| b.is_ascii_digit());
        let month = if is_six_digits { compact.parse().ok().and_then(Self::from_yyyymm) } else { None };
        month.ok_or_else(|| DateError { received: text.to_owned(), expected: MONTH_EXPECTED })
    }
}

impl fmt::Display for ClaimMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for ClaimMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

text_value!(ClaimMonth, r"^\d{4}-\d{2}$", "calendar month YYYY-MM");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn months_step_over_the_year() {
        let month: ClaimMonth = "2026-01".parse().unwrap();
        assert_eq!(month.plus_months(-1).to_string(), "2025-12");
        assert_eq!(month.plus_months(13).to_string(), "2027-02");
        assert_eq!(month.last_day().to_string(), "2026-01-31");
    }

    #[test]
    fn impossible_days_are_refused() {
        for text in ["2026-02-30", "20260230", "2026-2-3", "１９９９0101", "", "2026-13-01"] {
            assert!(text.parse::<ServiceDate>().is_err(), "{text}");
        }
    }

    #[test]
    fn week_starts_on_sunday() {
        let friday: ServiceDate = "2026-10-02".parse().unwrap();
        assert_eq!(friday.week_start().to_string(), "2026-09-27");
    }

    proptest! {
        #[test]
        fn date_number_round_trips(days in 0u32..80_000) {
            let date = ServiceDate::from_ymd(1868, 1, 1).unwrap().plus_days(days);
            prop_assert_eq!(ServiceDate::from_yyyymmdd(date.yyyymmdd()), Some(date));
            prop_assert_eq!(date.to_string().parse(), Ok(date));
        }

        #[test]
        fn any_text_is_read_without_panic(text in ".*") {
            let _ = text.parse::<ServiceDate>();
            let _ = text.parse::<ClaimMonth>();
        }
    }
}
