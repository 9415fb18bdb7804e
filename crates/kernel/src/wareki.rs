//! Japanese era dates (和暦), as comment texts, returned files and forms still write them.

use std::fmt;

use crate::{ClaimMonth, ServiceDate};

/// Era (元号) with the digit of 年号区分.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Era {
    /// 1 明治, from 1868-01-25.
    Meiji,
    /// 2 大正, from 1912-07-30.
    Taisho,
    /// 3 昭和, from 1926-12-25.
    Showa,
    /// 4 平成, from 1989-01-08.
    Heisei,
    /// 5 令和, from 2019-05-01.
    Reiwa,
}

/// Newest first: digit, name, first day as YYYYMMDD, western year before year 1.
const ERAS: [(Era, u32, &str, u32, i32); 5] = [
    (Era::Reiwa, 5, "令和", 20_190_501, 2018),
    (Era::Heisei, 4, "平成", 19_890_108, 1988),
    (Era::Showa, 3, "昭和", 19_261_225, 1925),
    (Era::Taisho, 2, "大正", 19_120_730, 1911),
    (Era::Meiji, 1, "明治", 18_680_125, 1867),
];

impl Era {
    fn row(self) -> (u32, &'static str, i32) {
        ERAS.iter().find(|row| row.0 == self).map_or((5, "令和", 2018), |row| (row.1, row.2, row.4))
    }

    /// The digit of 年号区分, 1 to 5.
    pub fn digit(self) -> u32 {
        self.row().0
    }

    /// The era's name, 令和.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The era of a digit 1 to 5.
    pub fn from_digit(digit: u32) -> Option<Self> {
        ERAS.iter().find(|row| row.1 == digit).map(|row| row.0)
    }
}

/// A day in era years.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wareki {
    /// The era.
    pub era: Era,
    /// Year of the era, from 1.
    pub year: u32,
    /// Month.
    pub month: u32,
    /// Day.
    pub day: u32,
}

impl Wareki {
    /// The era date of a day; `None` before 明治.
    pub fn of(date: ServiceDate) -> Option<Self> {
        let number = date.yyyymmdd();
        let row = ERAS.iter().find(|row| row.3 <= number)?;
        let year = u32::try_from(date.year() - row.4).ok()?;
        Some(Self { era: row.0, year, month: date.month(), day: date.day() })
    }

    /// The day, if the calendar has it.
    pub fn to_date(self) -> Option<ServiceDate> {
        let year = self.era.row().2 + i32::try_from(self.year).ok()?;
        ServiceDate::from_ymd(year, self.month, self.day)
    }

    /// Reads `GYYMMDD` (7 digits).
    pub fn from_gyymmdd(text: &str) -> Option<Self> {
        if text.len() != 7 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number: u32 = text.parse().ok()?;
        let era = Era::from_digit(number / 1_000_000)?;
        let date = Self { era, year: number / 10_000 % 100, month: number / 100 % 100, day: number % 100 };
        date.to_date().map(|_| date)
    }

    /// `GYYMMDD`, as comment patterns 50 and 80 record it.
    pub fn gyymmdd(self) -> String {
        format!("{}{:02}{:02}{:02}", self.era.digit(), self.year, self.month, self.day)
    }

    /// Reads a month `GYYMM` (5 digits), as result files write it.
    pub fn month_from_gyymm(text: &str) -> Option<ClaimMonth> {
        let first = Self::from_gyymmdd(&format!("{text}01"))?;
        first.to_date().map(ServiceDate::month_of)
    }
}

impl fmt::Display for Wareki {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}年{}月{}日", self.era.name(), self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2019-04-30", "4310430")]
    #[case("2019-05-01", "5010501")]
    #[case("2026-10-05", "5081005")]
    #[case("1989-01-07", "3640107")]
    #[case("1926-12-25", "3011225")]
    #[case("1912-07-29", "1450729")]
    fn eras_change_on_their_first_day(#[case] day: &str, #[case] wareki: &str) {
        let day: ServiceDate = day.parse().unwrap();
        assert_eq!(Wareki::of(day).unwrap().gyymmdd(), wareki);
        assert_eq!(Wareki::from_gyymmdd(wareki).unwrap().to_date(), Some(day));
    }

    #[test]
    fn month_of_a_result_file() {
        assert_eq!(Wareki::month_from_gyymm("50810").unwrap().to_string(), "2026-10");
        assert_eq!(Wareki::month_from_gyymm("50813"), None);
    }
}
