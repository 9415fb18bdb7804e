//! Age as the fee schedule counts it.
//!
//! Source: 年齢計算ニ関スル法律 (an age is reached at the end of the day before the birthday); master
//! fields 41, 42 and 100–111 (マスターファイル仕様説明書, 年齢コード).

use std::fmt;
use std::str::FromStr;

use crate::ServiceDate;

/// Completed years on a day (満年齢): the birthday itself is the first day of the new age. Someone born
/// on 29 February turns a year older on 1 March of a common year. Before birth: 0.
pub fn completed_years(birth: ServiceDate, on: ServiceDate) -> u32 {
    let mut years = on.year() - birth.year();
    if (on.month(), on.day()) < (birth.month(), birth.day()) {
        years -= 1;
    }
    u32::try_from(years).unwrap_or(0)
}

/// The birthday that completes `years`: 1 March for 29 February in a common year.
fn birthday(birth: ServiceDate, years: u32) -> ServiceDate {
    let year = birth.year() + i32::try_from(years).unwrap_or_default();
    ServiceDate::from_ymd(year, birth.month(), birth.day())
        .or_else(|| ServiceDate::from_ymd(year, 3, 1))
        .unwrap_or(birth)
}

/// The day on which an age is *reached* by law: the day before the birthday.
pub fn reached_on(birth: ServiceDate, years: u32) -> ServiceDate {
    birthday(birth, years).minus_days(1)
}

/// The 1 April with which 未就学 ends: the day after the 31 March on or after the day on which the child
/// reaches 6. Born 2020-04-01: 2026-04-01; born 2020-04-02: 2027-04-01.
pub fn first_day_after_preschool(birth: ServiceDate) -> ServiceDate {
    let reached = reached_on(birth, 6);
    let is_before_april = reached.month() <= 3;
    let year = if is_before_april { reached.year() } else { reached.year() + 1 };
    ServiceDate::from_ymd(year, 4, 1).unwrap_or(reached)
}

/// An age bound of the masters (下限年齢, 上限年齢): `00` none, `AA` 28 days, `AE` 90 days, `B3 B6 BF BK`
/// the 1st of the month after reaching 3, 6, 15, 20, `MG` school entry, else whole years.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AgeLimit {
    /// `00`: no bound.
    None,
    /// `01`–`99`: completed years.
    Years(u8),
    /// `AA`, `AE`: days after birth.
    Days(u8),
    /// `B3`, `B6`, `BF`, `BK`: the 1st of the month after reaching the age.
    MonthAfterReaching(u8),
    /// `MG`: the 1 April of school entry.
    SchoolEntry,
}

/// The text is no age code of the masters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an age code: 00-99, AA, AE, B3, B6, BF, BK, MG")]
pub struct AgeLimitError(pub String);

impl AgeLimit {
    /// The first day on which the bound is passed; `None` without a bound.
    pub fn first_day(self, birth: ServiceDate) -> Option<ServiceDate> {
        match self {
            Self::None => None,
            Self::Years(years) => Some(birthday(birth, u32::from(years))),
            Self::Days(days) => Some(birth.plus_days(u32::from(days))),
            Self::MonthAfterReaching(years) => {
                Some(reached_on(birth, u32::from(years)).month_of().plus_months(1).first_day())
            }
            Self::SchoolEntry => Some(first_day_after_preschool(birth)),
        }
    }

    /// True when a person's age on a day is at or above this lower bound.
    pub fn is_reached(self, birth: ServiceDate, on: ServiceDate) -> bool {
        self.first_day(birth).is_none_or(|first| on >= first)
    }

    /// True when a person's age on a day is below this upper bound.
    pub fn is_below(self, birth: ServiceDate, on: ServiceDate) -> bool {
        self.first_day(birth).is_none_or(|first| on < first)
    }
}

impl FromStr for AgeLimit {
    type Err = AgeLimitError;

    fn from_str(text: &str) -> Result<Self, AgeLimitError> {
        let limit = match text {
            "" | "0" | "00" => Self::None,
            "AA" => Self::Days(28),
            "AE" => Self::Days(90),
            "B3" => Self::MonthAfterReaching(3),
            "B6" => Self::MonthAfterReaching(6),
            "BF" => Self::MonthAfterReaching(15),
            "BK" => Self::MonthAfterReaching(20),
            "MG" => Self::SchoolEntry,
            _ => match text.parse::<u8>() {
                Ok(years) if years < 100 && text.bytes().all(|b| b.is_ascii_digit()) => Self::Years(years),
                _ => return Err(AgeLimitError(text.to_owned())),
            },
        };
        Ok(limit)
    }
}

impl fmt::Display for AgeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("00"),
            Self::Years(years) => write!(f, "{years:02}"),
            Self::Days(28) => f.write_str("AA"),
            Self::Days(_) => f.write_str("AE"),
            Self::MonthAfterReaching(3) => f.write_str("B3"),
            Self::MonthAfterReaching(6) => f.write_str("B6"),
            Self::MonthAfterReaching(15) => f.write_str("BF"),
            Self::MonthAfterReaching(_) => f.write_str("BK"),
            Self::SchoolEntry => f.write_str("MG"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn day(text: &str) -> ServiceDate {
        text.parse().unwrap()
    }

    #[rstest]
    #[case("2018-07-10", "2024-07-09", 5)]
    #[case("2018-07-10", "2024-07-10", 6)]
    #[case("2020-02-29", "2023-02-28", 2)]
    #[case("2020-02-29", "2023-03-01", 3)]
    #[case("2020-02-29", "2024-02-29", 4)]
    fn the_birthday_is_the_first_day_of_the_age(#[case] birth: &str, #[case] on: &str, #[case] years: u32) {
        assert_eq!(completed_years(day(birth), day(on)), years);
    }

    #[rstest]
    #[case("2020-04-01", "2026-04-01")]
    #[case("2020-04-02", "2027-04-01")]
    #[case("2020-03-31", "2026-04-01")]
    #[case("2020-12-01", "2027-04-01")]
    fn school_entry(#[case] birth: &str, #[case] first: &str) {
        assert_eq!(first_day_after_preschool(day(birth)), day(first));
    }

    #[test]
    fn b6_runs_to_the_end_of_the_month_of_the_sixth_birthday() {
        let limit: AgeLimit = "B6".parse().unwrap();
        assert!(limit.is_below(day("2020-10-15"), day("2026-10-31")));
        assert!(!limit.is_below(day("2020-10-15"), day("2026-11-01")));
        // Born on the 1st: the age is reached in the month before.
        assert!(!limit.is_below(day("2020-10-01"), day("2026-10-01")));
    }

    #[test]
    fn age_codes_round_trip() {
        for code in ["00", "03", "99", "AA", "AE", "B3", "B6", "BF", "BK", "MG"] {
            assert_eq!(code.parse::<AgeLimit>().unwrap().to_string(), code);
        }
        assert!("A1".parse::<AgeLimit>().is_err());
        assert!("+3".parse::<AgeLimit>().is_err());
    }
}
