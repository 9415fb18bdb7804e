//! Rule of a local programme (地方単独公費) as the request carries it.
//!
//! A caller that has the 地単公費マスター makes it from the row; the calculation itself never reads that master.
//! Item numbers are those of the item list of 2024 (地単公費マスタ項目説明資料 2024-03-29).

use std::fmt;
use std::str::FromStr;

use kernel::{CommentCode, ServiceDate, Yen, completed_years};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a local programme leaves to the patient (地方単独公費).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LocalRule {
    /// Name of the programme (item 2, else 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The patient's part.
    pub share: LocalShare,
    /// Cap of the month on the patient's part (items 70 and 71; the book of items 88–91).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_cap_yen: Option<Yen>,
    /// The cap stands for a limit that grows (item 71): above this cost it rises by 1 % of the cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_grows_above_yen: Option<Yen>,
    /// What the programme pays in a month at most (items 54, 70 and 71); the rest stays with the patient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_payment_max_yen: Option<Yen>,
    /// How the clinic is paid (item 36).
    #[serde(default)]
    pub method: LocalMethod,
    /// 公費適用優先順位 among local programmes (item 93); lower pays first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
    /// Pays before these national laws (国公費マスター 地単公費優先: 79, 53, 66, 51, 25, 12); any other law keeps its
    /// legal order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before_laws: Vec<String>,
    /// Ages it pays for (items 13–16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ages: Option<AgeBand>,
    /// Law number of a subsidy the patient must hold as well (item 25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_law: Option<String>,
    /// Review bodies that take its claims (items 37–39); `None` = both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<LocalTargets>,
    /// The patient's total of the month goes on when the insurance changes in it (item 47).
    #[serde(default, skip_serializing_if = "is_false")]
    pub keeps_total_across_insurance: bool,
    /// 特記事項 to write on the receipt (item 96).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub special_notes: Vec<String>,
    /// Comment to write on the receipt (item 98).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<CommentCode>,
    /// Fields of the row whose code or column no official list states: the rule is unverified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub presumed: Vec<String>,
}

fn is_false(value: &bool) -> bool {
    !*value
}

impl LocalRule {
    /// A rule with a share and nothing else.
    pub const fn of(share: LocalShare) -> Self {
        Self {
            name: None,
            share,
            monthly_cap_yen: None,
            cap_grows_above_yen: None,
            monthly_payment_max_yen: None,
            method: LocalMethod::Receipt,
            priority: None,
            before_laws: Vec::new(),
            ages: None,
            requires_law: None,
            claimed_at: None,
            keeps_total_across_insurance: false,
            special_notes: Vec::new(),
            comments: Vec::new(),
            presumed: Vec::new(),
        }
    }
}

/// How a local programme cuts the patient's part.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", tag = "kind")]
pub enum LocalShare {
    /// Nothing is left to the patient.
    Nothing,
    /// At most a percentage of the cost.
    #[serde(rename_all = "camelCase")]
    PercentOfCost {
        /// Percent of the cost.
        percent: u8,
    },
    /// A percentage of what the payers before left.
    #[serde(rename_all = "camelCase")]
    PercentOfCopay {
        /// Percent of that.
        percent: u8,
    },
    /// What the payers before left, up to the cap.
    RemainingCopay,
    /// The programme pays a percentage of the cost, the patient the rest.
    #[serde(rename_all = "camelCase")]
    LessPercentOfCost {
        /// Percent of the cost.
        percent: u8,
    },
    /// The programme pays at most an amount per visit, the patient the rest.
    #[serde(rename_all = "camelCase")]
    PaysPerVisitMax {
        /// Yen per visit.
        yen: Yen,
        /// Visits of the month it pays for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_visits_per_month: Option<u8>,
    },
    /// The programme pays at most an amount per day, the patient the rest.
    #[serde(rename_all = "camelCase")]
    PaysPerDayMax {
        /// Yen per day.
        yen: Yen,
        /// Days of the month it pays for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_days_per_month: Option<u8>,
    },
    /// At most an amount per visit.
    #[serde(rename_all = "camelCase")]
    PerVisitMax {
        /// Yen per visit.
        yen: Yen,
        /// Visits of the month that are charged; later ones are free.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_visits_per_month: Option<u8>,
        /// And at most this percentage of the visit's cost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        percent: Option<u8>,
    },
    /// At most an amount per day, however often the patient comes.
    #[serde(rename_all = "camelCase")]
    PerDayMax {
        /// Yen per day.
        yen: Yen,
        /// Days of the month that are charged; later ones are free.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_days_per_month: Option<u8>,
        /// And at most this percentage of the day's cost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        percent: Option<u8>,
    },
    /// An amount on visits with 初診 only.
    #[serde(rename_all = "camelCase")]
    FirstVisitFixed {
        /// Yen.
        yen: Yen,
    },
}

/// How a local programme pays (地単公費マスター item 36).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LocalMethod {
    /// 現物給付 on the receipt.
    #[default]
    Receipt,
    /// 現物給付 on a list form (連記式): not on the receipt.
    List,
    /// 償還払い: the patient pays and applies.
    Refund,
}

/// Review bodies that take the claims of a local programme (items 37–39).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LocalTargets {
    /// 社会保険診療報酬支払基金.
    pub payment_fund: bool,
    /// 国民健康保険団体連合会.
    pub kokuhoren: bool,
}

/// Ages a programme pays for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AgeBand {
    /// From this age on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<AgeBound>,
    /// Under this age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<AgeBound>,
}

impl AgeBand {
    /// True when a person of this birth is inside on a day.
    pub fn contains(&self, birth: ServiceDate, on: ServiceDate) -> bool {
        self.from.is_none_or(|bound| bound.is_reached(birth, on))
            && self.under.is_none_or(|bound| !bound.is_reached(birth, on))
    }
}

/// An age and the day that counts for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AgeBound {
    /// Completed years.
    pub years: u8,
    /// Reference day (年齢基準).
    pub day: AgeDay,
}

/// Which day lets a bound of age begin to hold (年齢基準: items 13 and 15).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AgeDay {
    /// 誕生日.
    Birthday,
    /// 誕生日の前日: the law's day of reaching an age.
    DayBefore,
    /// The first day of the birthday's month.
    MonthStart,
    /// The day after the last of the birthday's month.
    MonthEnd,
    /// The 1 April that begins the fiscal year in which the age is reached.
    FiscalYearStart,
    /// The 1 April after the fiscal year in which the age is reached (年齢計算ニ関スル法律: the day before).
    FiscalYearEnd,
}

impl AgeBound {
    /// True from the reference day on.
    pub fn is_reached(&self, birth: ServiceDate, on: ServiceDate) -> bool {
        let reached = kernel::reached_on(birth, u32::from(self.years));
        let birthday = reached.plus_days(1);
        match self.day {
            AgeDay::Birthday => completed_years(birth, on) >= u32::from(self.years),
            AgeDay::DayBefore => reached <= on,
            AgeDay::MonthStart => birthday.month_of().first_day() <= on,
            AgeDay::MonthEnd => birthday.month_of().last_day() < on,
            AgeDay::FiscalYearStart => fiscal_year(reached) <= fiscal_year(on),
            AgeDay::FiscalYearEnd => fiscal_year(reached) < fiscal_year(on),
        }
    }
}

/// Year in which the fiscal year of a day began (1 April).
fn fiscal_year(day: ServiceDate) -> i32 {
    day.month_of().plus_months(-3).year()
}

/// Names a row of the 地単公費マスター beside the payer number: prefecture, municipality, 事業内区分.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProgrammeKey {
    /// 都道府県コード, 1–47.
    pub prefecture: u16,
    /// 市区町村コード; empty = the prefecture's own.
    pub municipality: String,
    /// 事業内区分コード.
    pub division: String,
}

/// The text names no programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgrammeKeyError(pub String);

impl fmt::Display for ProgrammeKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no programme key: prefecture-municipality-division, for example 13-999-1", self.0)
    }
}

impl std::error::Error for ProgrammeKeyError {}

impl FromStr for ProgrammeKey {
    type Err = ProgrammeKeyError;

    fn from_str(text: &str) -> Result<Self, ProgrammeKeyError> {
        let parts: Vec<&str> = text.split('-').collect();
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let key = match parts.as_slice() {
            [prefecture, municipality, division] if digits(municipality) && digits(division) => {
                let prefecture = prefecture.parse().ok().filter(|number| (1..=47).contains(number));
                let (municipality, division) = ((*municipality).to_owned(), (*division).to_owned());
                prefecture.map(|prefecture| Self { prefecture, municipality, division })
            }
            _ => None,
        };
        key.ok_or_else(|| ProgrammeKeyError(text.to_owned()))
    }
}

impl fmt::Display for ProgrammeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{}-{}", self.prefecture, self.municipality, self.division)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::birthday(AgeDay::Birthday, "2026-10-14")]
    #[case::the_law_s_day(AgeDay::DayBefore, "2026-10-13")]
    #[case::month_start(AgeDay::MonthStart, "2026-10-01")]
    #[case::month_end(AgeDay::MonthEnd, "2026-11-01")]
    #[case::fiscal_year_start(AgeDay::FiscalYearStart, "2026-04-01")]
    #[case::fiscal_year_end(AgeDay::FiscalYearEnd, "2027-04-01")]
    fn first_day_of_an_age(#[case] day: AgeDay, #[case] first: &str) {
        let birth: ServiceDate = "2020-10-14".parse().unwrap();
        let first: ServiceDate = first.parse().unwrap();
        let bound = AgeBound { years: 6, day };
        assert!(bound.is_reached(birth, first));
        assert!(!bound.is_reached(birth, first.minus_days(1)));
        let band = AgeBand { from: None, under: Some(bound) };
        assert!(band.contains(birth, first.minus_days(1)) && !band.contains(birth, first));
    }

    #[rstest]
    #[case::born_on_1_april("2020-04-01", "2026-04-01")]
    #[case::born_on_2_april("2020-04-02", "2027-04-01")]
    fn preschool_ends_with_the_fiscal_year(#[case] birth: &str, #[case] first: &str) {
        let bound = AgeBound { years: 6, day: AgeDay::FiscalYearEnd };
        let (birth, first): (ServiceDate, ServiceDate) = (birth.parse().unwrap(), first.parse().unwrap());
        assert_eq!(first, kernel::first_day_after_preschool(birth));
        assert!(bound.is_reached(birth, first) && !bound.is_reached(birth, first.minus_days(1)));
    }

    #[test]
    fn keys_are_read_and_written() {
        let key: ProgrammeKey = "13-999-1".parse().unwrap();
        assert_eq!((key.prefecture, key.to_string().as_str()), (13, "13-999-1"));
        assert!("48-999-1".parse::<ProgrammeKey>().is_err() && "13-999".parse::<ProgrammeKey>().is_err());
        assert!("13--1".parse::<ProgrammeKey>().is_ok());
    }
}
