//! Bands of age and the ratios they stand for (負担割合).
//!
//! Source: 健康保険法 第74条・第110条, 高齢者の医療の確保に関する法律 第50条・第67条; 年齢計算ニ関スル法律.

use kernel::{BurdenRate, ClaimMonth, ServiceDate, completed_years, first_day_after_preschool, reached_on};

use super::month::Band;

/// The band by age alone. 未就学 ends on 31 March on or after reaching 6; 70 begins with the month after
/// reaching 70 (born on the 1st: the birthday's month); 75 begins on the birthday.
pub fn band(birth: ServiceDate, on: ServiceDate) -> Band {
    if on < first_day_after_preschool(birth) {
        Band::Preschool
    } else if completed_years(birth, on) >= 75 {
        Band::LateElderly
    } else if on >= reached_on(birth, 70).month_of().plus_months(1).first_day() {
        Band::Elderly70
    } else {
        Band::General
    }
}

/// The ratio a band stands for; 後期 needs the certificate.
pub fn standard_ratio(band: Band, has_working_income: bool, late_elderly: Option<BurdenRate>) -> Option<BurdenRate> {
    let percent = |percent| BurdenRate::from_percent(percent);
    match band {
        Band::Preschool => percent(20),
        Band::General => percent(30),
        Band::Elderly70 => percent(if has_working_income { 30 } else { 20 }),
        Band::LateElderly => late_elderly.or_else(|| has_working_income.then(|| percent(30)).flatten()),
    }
}

/// 75歳到達時特例: the month holds the 75th birthday, and that is not the 1st.
pub fn has_half_limits(birth: ServiceDate, month: ClaimMonth) -> bool {
    let birthday = reached_on(birth, 75).plus_days(1);
    birthday.month_of() == month && birthday.day() != 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn day(text: &str) -> ServiceDate {
        text.parse().unwrap()
    }

    #[rstest]
    #[case::school("2020-04-01", "2026-03-31", Band::Preschool)]
    #[case::school("2020-04-01", "2026-04-01", Band::General)]
    #[case::school("2020-04-02", "2027-03-31", Band::Preschool)]
    #[case::seventy("1956-09-02", "2026-09-30", Band::General)]
    #[case::seventy("1956-09-02", "2026-10-01", Band::Elderly70)]
    #[case::seventy_born_on_the_first("1956-09-01", "2026-08-31", Band::General)]
    #[case::seventy_born_on_the_first("1956-09-01", "2026-09-01", Band::Elderly70)]
    #[case::seventy_five("1951-09-15", "2026-09-14", Band::Elderly70)]
    #[case::seventy_five("1951-09-15", "2026-09-15", Band::LateElderly)]
    fn bands(#[case] birth: &str, #[case] on: &str, #[case] expected: Band) {
        assert_eq!(band(day(birth), day(on)), expected);
    }

    #[rstest]
    #[case("1951-09-15", "2026-09", true)]
    #[case("1951-09-01", "2026-09", false)]
    #[case("1951-09-15", "2026-08", false)]
    #[case::leap_day_turns_75_on_1_march("1952-02-29", "2027-03", false)]
    fn half_limits(#[case] birth: &str, #[case] month: &str, #[case] expected: bool) {
        assert_eq!(has_half_limits(day(birth), month.parse().unwrap()), expected);
    }
}
