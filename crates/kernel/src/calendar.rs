//! National holidays (国民の祝日) and the year-end days that count as 休日.
//!
//! Source: 国民の祝日に関する法律 as in force since 2022; 留意事項 A000 (休日 = Sunday, national holiday,
//! 2–3 January and 29–31 December).

use std::ops::RangeInclusive;

use chrono::{Datelike, Weekday};

use crate::ServiceDate;

/// Years for which the holiday rules hold as written here (the years of the Olympic exceptions are before).
pub const HOLIDAY_YEARS: RangeInclusive<i32> = 2022..=2099;

/// Fixed days of the law.
const FIXED: [(u32, u32); 10] = [(1, 1), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23)];

/// Happy-Monday days: month and which Monday.
const MONDAYS: [(u32, u32); 4] = [(1, 2), (7, 3), (9, 3), (10, 2)];

/// True on a national holiday, a substitute holiday (振替休日) or a day between two holidays (国民の休日).
pub fn is_national_holiday(date: ServiceDate) -> bool {
    is_named_holiday(date) || is_substitute(date) || is_between(date)
}

/// True on 29–31 December and 1–3 January.
pub fn is_year_end(date: ServiceDate) -> bool {
    matches!((date.month(), date.day()), (12, 29..=31) | (1, 1..=3))
}

fn is_named_holiday(date: ServiceDate) -> bool {
    let month_day = (date.month(), date.day());
    let is_monday = date.weekday() == Weekday::Mon;
    let nth = (date.day() - 1) / 7 + 1;
    FIXED.contains(&month_day)
        || (is_monday && MONDAYS.contains(&(date.month(), nth)))
        || (date.month() == 3 && date.day() == equinox_day(date.year(), 20_843_100))
        || (date.month() == 9 && date.day() == equinox_day(date.year(), 23_248_800))
}

/// Day of the equinox in 1980–2099, from the mean solar year in millionths of a day.
fn equinox_day(year: i32, base_millionths: i32) -> u32 {
    let years = year - 1980;
    let day = (base_millionths + 242_194 * years) / 1_000_000 - years / 4;
    u32::try_from(day).unwrap_or_default()
}

/// The first day after a Sunday holiday that is not itself a named holiday.
fn is_substitute(date: ServiceDate) -> bool {
    if is_named_holiday(date) {
        return false;
    }
    let mut earlier = date.minus_days(1);
    while is_named_holiday(earlier) {
        if earlier.naive().weekday() == Weekday::Sun {
            return true;
        }
        earlier = earlier.minus_days(1);
    }
    false
}

fn is_between(date: ServiceDate) -> bool {
    is_named_holiday(date.minus_days(1)) && is_named_holiday(date.plus_days(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 内閣府「国民の祝日」 2024, 2026 and the days around them.
    #[test]
    fn holidays_of_2024_and_2026() {
        let expected = [
            "2024-01-01",
            "2024-01-08",
            "2024-02-11",
            "2024-02-12",
            "2024-02-23",
            "2024-03-20",
            "2024-04-29",
            "2024-05-03",
            "2024-05-04",
            "2024-05-05",
            "2024-05-06",
            "2024-07-15",
            "2024-08-11",
            "2024-08-12",
            "2024-09-16",
            "2024-09-22",
            "2024-09-23",
            "2024-10-14",
            "2024-11-03",
            "2024-11-04",
            "2024-11-23",
            "2026-01-01",
            "2026-01-12",
            "2026-02-11",
            "2026-02-23",
            "2026-03-20",
            "2026-04-29",
            "2026-05-03",
            "2026-05-04",
            "2026-05-05",
            "2026-05-06",
            "2026-07-20",
            "2026-08-11",
            "2026-09-21",
            "2026-09-22",
            "2026-09-23",
            "2026-10-12",
            "2026-11-03",
            "2026-11-23",
        ];
        let mut found = Vec::new();
        for year in [2024, 2026] {
            let mut date = ServiceDate::from_ymd(year, 1, 1).unwrap();
            while date.year() == year {
                if is_national_holiday(date) {
                    found.push(date.to_string());
                }
                date = date.plus_days(1);
            }
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn year_end_days() {
        let day = |text: &str| text.parse::<ServiceDate>().unwrap();
        assert!(is_year_end(day("2026-12-29")) && is_year_end(day("2027-01-03")));
        assert!(!is_year_end(day("2026-12-28")) && !is_year_end(day("2027-01-04")));
    }
}
