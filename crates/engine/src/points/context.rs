//! Kind and time class of every visit.
//!
//! Source: A000, A001 of 別表第一 with 留意事項 (初診の起算, 同一日複数科, 時間外・休日・深夜, 夜間・早朝等).

use calculation::{Department, Institution, Request, TimeClass, Visit, VisitFact, VisitKind};
use chrono::{Datelike, Weekday};
use kernel::{Finding, ServiceDate, is_national_holiday, is_year_end};

use super::work::VisitWork;

/// Minutes after midnight that divide the day.
const SIX: u16 = 6 * 60;
const EIGHT: u16 = 8 * 60;
const NOON: u16 = 12 * 60;
const EIGHTEEN: u16 = 18 * 60;
const TWENTY_TWO: u16 = 22 * 60;

/// Decides kind and time class of every visit; `request.visits` must be in order of time.
pub fn resolve<'a>(request: &'a Request, findings: &mut Vec<Finding>) -> Vec<VisitWork<'a>> {
    let mut works: Vec<VisitWork<'a>> = Vec::with_capacity(request.visits.len());
    for visit in &request.visits {
        let kind = resolve_kind(request, visit, &works, findings);
        let time = resolve_time(&request.institution, visit, findings);
        let first_department = request.institution.departments.first().map_or("", |department| &department.code);
        works.push(VisitWork {
            visit,
            kind,
            time,
            department: visit.department_code.as_deref().unwrap_or(first_department),
            is_pediatric_fee: false,
            basic: None,
        });
    }
    works
}

/// The department of a visit among the institution's.
pub fn department<'a>(institution: &'a Institution, code: &str) -> Option<&'a Department> {
    institution.departments.iter().find(|department| department.code == code)
}

fn resolve_kind(request: &Request, visit: &Visit, earlier: &[VisitWork<'_>], findings: &mut Vec<Finding>) -> VisitKind {
    let has = |fact| visit.facts.contains(&fact);
    let kind = match visit.kind {
        VisitKind::Auto => decide_kind(request, visit, earlier, findings),
        given => given,
    };
    let is_second_department = is_second_department(visit, earlier);
    match kind {
        _ if has(VisitFact::HealthCheckSameDay) => VisitKind::None,
        VisitKind::Initial if has(VisitFact::OngoingTreatment) && !is_second_department => VisitKind::Revisit,
        VisitKind::InitialOnline if has(VisitFact::OngoingTreatment) && !is_second_department => {
            VisitKind::RevisitOnline
        }
        kind => kind,
    }
}

/// A visit of the same day in another department for another disease.
pub fn is_second_department(visit: &Visit, earlier: &[VisitWork<'_>]) -> bool {
    visit.facts.contains(&VisitFact::OtherDisease)
        && earlier.iter().any(|work| {
            work.date() == visit.date
                && visit.department_code.as_deref().is_some_and(|department| department != work.department)
                && !matches!(work.kind, VisitKind::None)
        })
}

/// 初診 when there was no visit before, or treatment was stopped and a month has passed since; 再診
/// otherwise. A month without a visit and without a word about it is told to a person.
fn decide_kind(request: &Request, visit: &Visit, earlier: &[VisitWork<'_>], findings: &mut Vec<Finding>) -> VisitKind {
    let history = &request.history;
    let last_line = history.lines.iter().map(|line| line.date).max();
    let last = earlier
        .last()
        .map(VisitWork::date)
        .into_iter()
        .chain(history.last_visit_on)
        .chain(history.last_initial_on)
        .chain(last_line)
        .filter(|date| *date <= visit.date)
        .max();
    let Some(last) = last else { return VisitKind::Initial };
    let has_month_passed = visit.date >= same_day_next_month(last);
    if has_month_passed && visit.facts.contains(&VisitFact::TreatmentStopped) {
        return VisitKind::Initial;
    }
    if has_month_passed && !has_ongoing_disease(request, visit.date, last) {
        let place = format!("visits/{}", visit.id);
        let message = format!("last visit {last}: 再診 is assumed; say treatmentStopped for 初診");
        findings.push(Finding::confirm("kind-decided", place, message).with_basis("A000 留意事項"));
    }
    VisitKind::Revisit
}

fn has_ongoing_disease(request: &Request, on: ServiceDate, last: ServiceDate) -> bool {
    request
        .diagnoses
        .iter()
        .any(|disease| disease.started_on <= last && disease.ended_on.is_none_or(|ended| ended >= on))
}

/// The day after the period "1 month": 10 February → 10 March; 31 January → 1 March (留意事項 初診料:
/// "2月10日～3月9日" is one month).
pub fn same_day_next_month(date: ServiceDate) -> ServiceDate {
    let next = date.month_of().plus_months(1);
    next.day(date.day()).unwrap_or_else(|| next.plus_months(1).first_day())
}

fn resolve_time(institution: &Institution, visit: &Visit, findings: &mut Vec<Finding>) -> TimeClass {
    if visit.time_class != TimeClass::Auto {
        return visit.time_class;
    }
    let Some(start) = visit.started_at else {
        let place = format!("visits/{}", visit.id);
        findings.push(Finding::note("time-unknown", place, "no start time: 時間内 is assumed"));
        return TimeClass::Regular;
    };
    classify(institution, visit.date, start.minutes())
}

/// True on Sundays, national holidays, 29–31 December and 1–3 January.
pub fn is_holiday(date: ServiceDate) -> bool {
    date.weekday() == Weekday::Sun || is_national_holiday(date) || is_year_end(date)
}

/// 深夜, 休日, 時間外 outside the posted hours; 夜間・早朝等 inside them; else 時間内.
fn classify(institution: &Institution, date: ServiceDate, minutes: u16) -> TimeClass {
    let is_late_night = !(SIX..TWENTY_TWO).contains(&minutes);
    let is_saturday_afternoon = date.weekday() == Weekday::Sat && minutes >= NOON;
    let is_early_or_evening = !(EIGHT..EIGHTEEN).contains(&minutes) || is_saturday_afternoon;
    let hours = hours_of(institution, date);
    let is_open = hours.iter().any(|(from, to)| (*from..*to).contains(&minutes));
    match (is_open, is_late_night, is_holiday(date)) {
        (true, false, false) if !is_early_or_evening => TimeClass::Regular,
        (true, _, _) => TimeClass::NightEarlyInHours,
        (false, true, _) => TimeClass::LateNight,
        (false, _, true) => TimeClass::Holiday,
        _ if hours.is_empty() || is_early_or_evening => TimeClass::AfterHours,
        _ => TimeClass::Regular,
    }
}

/// True when nobody is there that day: a holiday, a day the clinic named, or a weekday without posted hours.
pub fn is_closed(institution: &Institution, date: ServiceDate) -> bool {
    let has_hours = !institution.opening_hours.is_empty();
    is_holiday(date)
        || institution.closed_dates.contains(&date)
        || (has_hours && hours_of(institution, date).is_empty())
}

/// Posted hours of a day; none when closed. Hours are closed on national holidays.
fn hours_of(institution: &Institution, date: ServiceDate) -> Vec<(u16, u16)> {
    if institution.closed_dates.contains(&date) || is_national_holiday(date) {
        return Vec::new();
    }
    let weekday = date.naive().weekday().num_days_from_sunday();
    let valid = institution
        .opening_hours
        .iter()
        .filter(|hours| u32::from(hours.weekday) == weekday && hours.valid_from.is_none_or(|from| from <= date));
    let newest = valid.clone().map(|hours| hours.valid_from).max().flatten();
    valid.filter(|hours| hours.valid_from == newest).map(|hours| (hours.from.minutes(), hours.to.minutes())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use calculation::{OpeningHours, TimeOfDay};
    use rstest::rstest;

    fn clinic() -> Institution {
        let time = |hour, minute| TimeOfDay::new(hour, minute).unwrap();
        let hours = |weekday, from, to| OpeningHours { weekday, from, to, valid_from: None };
        let mut opening_hours = Vec::new();
        for weekday in [1, 2, 3, 5] {
            opening_hours.push(hours(weekday, time(9, 0), time(12, 30)));
            opening_hours.push(hours(weekday, time(15, 0), time(19, 0)));
        }
        opening_hours.push(hours(6, time(9, 0), time(13, 30)));
        Institution {
            code: "1319999015".parse().unwrap(),
            kind: Default::default(),
            beds: 0,
            departments: Vec::new(),
            standards: Vec::new(),
            opening_hours,
            closed_dates: Vec::new(),
            facts: Vec::new(),
        }
    }

    #[rstest]
    #[case("2026-10-02", 9 * 60 + 10, TimeClass::Regular)]
    #[case("2026-10-02", 18 * 60 + 20, TimeClass::NightEarlyInHours)]
    #[case("2026-10-03", 12 * 60 + 10, TimeClass::NightEarlyInHours)]
    #[case("2026-10-03", 14 * 60, TimeClass::AfterHours)]
    #[case("2026-10-04", 10 * 60 + 40, TimeClass::Holiday)]
    #[case("2026-10-04", 23 * 60, TimeClass::LateNight)]
    #[case("2026-10-01", 10 * 60, TimeClass::AfterHours)]
    #[case("2026-10-02", 13 * 60, TimeClass::Regular)]
    #[case("2026-10-02", 19 * 60 + 30, TimeClass::AfterHours)]
    #[case("2026-10-12", 10 * 60, TimeClass::Holiday)]
    #[case("2026-12-30", 10 * 60, TimeClass::NightEarlyInHours)]
    fn time_classes(#[case] date: &str, #[case] minutes: u16, #[case] class: TimeClass) {
        assert_eq!(classify(&clinic(), date.parse().unwrap(), minutes), class);
    }

    #[rstest]
    #[case("2024-02-10", "2024-03-10")]
    #[case("2024-01-31", "2024-03-01")]
    #[case("2024-06-10", "2024-07-10")]
    fn one_month(#[case] from: &str, #[case] after: &str) {
        let date: ServiceDate = from.parse().unwrap();
        assert_eq!(same_day_next_month(date).to_string(), after);
    }
}
