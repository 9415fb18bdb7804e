//! The clock of the service.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::ServiceDate;

/// Japan Standard Time is nine hours ahead of UTC, all year.
const JAPAN_AHEAD_H: i64 = 9;

/// Where instants come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// An instant that stands still, for tests.
    Fixed(DateTime<Utc>),
}

impl Clock {
    /// Now.
    pub fn now(self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Fixed(instant) => instant,
        }
    }
}

/// The calendar day in Japan of an instant; none outside the years the program knows.
pub fn japanese_day(at: DateTime<Utc>) -> Option<ServiceDate> {
    ServiceDate::from_naive((at + TimeDelta::hours(JAPAN_AHEAD_H)).date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_japan_begins_at_fifteen_hours_utc() {
        let day = |text: &str| japanese_day(text.parse().unwrap()).unwrap().yyyymmdd();
        assert_eq!(day("2026-10-05T14:59:59Z"), 20_261_005);
        assert_eq!(day("2026-10-05T15:00:00Z"), 20_261_006);
    }
}
