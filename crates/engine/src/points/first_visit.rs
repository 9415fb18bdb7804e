//! Rules bound to the day of 初診: one month after it, its month, and (Ⅱ) after (Ⅰ) of 生活習慣病管理料.

use calculation::{Cause, Outcome};
use kernel::{ItemCode, ServiceDate};

use super::block::{LIFESTYLE_I, LIFESTYLE_II};
use super::context::{is_closed, same_day_next_month};
use super::rules::{self, Rule};
use super::select::{Selection, place, sections};
use super::work::{Used, Why, Work};

/// Fees that cannot be charged on the day of 初診 or within a month of it (each named so in its 注): 特定疾患療養管理料;
/// てんかん指導料, 難病外来指導管理料, 皮膚科特定疾患指導管理料, 耳鼻咽喉科特定疾患指導管理料 (B001の6–8, 21);
/// 在宅患者連携指導料.
const NOT_WITHIN_ONE_MONTH: Selection = Selection::of_places(&[
    place(b'B', 0, 0, 0),
    place(b'B', 1, 0, 6),
    place(b'B', 1, 0, 7),
    place(b'B', 1, 0, 8),
    place(b'B', 1, 0, 21),
    place(b'C', 10, 0, 0),
]);

/// Fees that cannot be charged in the month of 初診 (each named so in its 注): 小児科療養指導料, 小児悪性腫瘍患者指導管理料,
/// 婦人科特定疾患治療管理料, 一般不妊治療管理料, 生殖補助医療管理料 (B001の5, 18, 30, 32, 33).
const NOT_IN_THE_MONTH: Selection = Selection::of_places(&[
    place(b'B', 1, 0, 5),
    place(b'B', 1, 0, 18),
    place(b'B', 1, 0, 30),
    place(b'B', 1, 0, 32),
    place(b'B', 1, 0, 33),
]);

/// Fees that cannot be charged on the day of 初診: 訪問診療料 (C001, C001-2); 地域包括診療料 and (令和6) 認知症地域包括診療料.
pub const NOT_ON_THE_FIRST_DAY: Selection = Selection {
    sections: &[sections(b'C', 1, 1)],
    ..Selection::of_places(&[place(b'B', 1, 2, 12), place(b'B', 1, 2, 15)])
};

/// 通院・在宅精神療法 of less than 30 minutes, and 心身医学療法 of 再診: not on the day of 初診 (I002注2, I004).
const ONLY_ON_LATER_DAYS: Selection = Selection::of_codes(&[
    180_067_310,
    180_068_310,
    180_069_050,
    180_069_650,
    180_070_510,
    180_070_910,
    180_071_110,
    180_071_410,
    180_761_810,
    180_020_010,
]);

/// 通院・在宅精神療法 of 60 minutes on the day of 初診, and 心身医学療法 of 初診: on no other day.
const ONLY_ON_THE_FIRST_DAY: Selection =
    Selection::of_codes(&[180_067_110, 180_068_010, 180_070_310, 180_070_610, 180_020_610]);

/// Rules bound to the day of 初診: within one month, in its month; and (Ⅱ) after (Ⅰ).
pub fn check(work: &mut Work<'_>) {
    for (index, act) in work.live_acts() {
        let Some(on) = work.entries.get(index).map(|entry| work.date_of(entry)) else { continue };
        let code = act.validity.code;
        let is_second_kind = LIFESTYLE_II.contains(&code);
        if NOT_WITHIN_ONE_MONTH.has(act) {
            check_one_month(work, index, on);
        } else if NOT_IN_THE_MONTH.has(act) {
            check_month(work, index, on, &rules::INITIAL_MONTH);
        } else if is_second_kind || LIFESTYLE_I.contains(&code) {
            check_lifestyle(work, index, on, is_second_kind);
        } else if ONLY_ON_LATER_DAYS.has(act) && last_initial(work, on) == Some(on) {
            work.end(index, Outcome::Rejected, Why { cause: first_visit(on), ..Why::rule(&rules::LATER_DAYS_ONLY) });
        } else if ONLY_ON_THE_FIRST_DAY.has(act) && last_initial(work, on) != Some(on) {
            work.end(index, Outcome::Rejected, Why::rule(&rules::FIRST_DAY_ONLY));
        } else if NOT_ON_THE_FIRST_DAY.has(act) && last_initial(work, on) == Some(on) {
            let is_home_visit = act.section_letter == b'C';
            let rule = if is_home_visit { &rules::HOME_VISIT_INITIAL } else { &rules::COMPREHENSIVE_INITIAL };
            work.end(index, Outcome::Rejected, Why { cause: first_visit(on), ..Why::rule(rule) });
        }
    }
}

fn check_one_month(work: &mut Work<'_>, index: usize, on: ServiceDate) {
    let first = last_initial(work, on).filter(|first| on < one_month_after(work, *first));
    if let Some(first) = first {
        work.end(index, Outcome::Rejected, Why { cause: first_visit(first), ..Why::rule(&rules::ONE_MONTH) });
    }
}

/// Ends an entry in the month of 初診; false when there was none.
fn check_month(work: &mut Work<'_>, index: usize, on: ServiceDate, rule: &'static Rule) -> bool {
    let first = last_initial(work, on).filter(|first| first.month_of() == on.month_of());
    if let Some(first) = first {
        work.end(index, Outcome::Rejected, Why { cause: first_visit(first), ..Why::rule(rule) });
    }
    first.is_some()
}

fn check_lifestyle(work: &mut Work<'_>, index: usize, on: ServiceDate, is_second_kind: bool) {
    if !check_month(work, index, on, &rules::LIFESTYLE_INITIAL_MONTH) && is_second_kind {
        reject_after_lifestyle_i(work, index, on);
    }
}

/// 初診料 as a cause.
fn first_visit(date: ServiceDate) -> Option<Cause> {
    let code = ItemCode::Act(kernel::ActCode::from_number(111_000_110)?);
    Some(Cause::Item { date, code })
}

/// The newest day of 初診 up to a day, of this month or the history.
fn last_initial(work: &Work<'_>, on: ServiceDate) -> Option<ServiceDate> {
    let in_month = work.entries.iter().filter_map(|entry| {
        let is_initial = entry.live_act().is_some_and(|act| act.day_rule == 2 && act.day_rule_sub == 1);
        is_initial.then(|| work.date_of(entry))
    });
    let history = &work.request.history;
    let in_history = history
        .lines
        .iter()
        .filter(|line| {
            line.code
                .act()
                .and_then(|code| work.masters.act(code, line.date))
                .is_some_and(|act| act.day_rule == 2 && act.day_rule_sub == 1)
        })
        .map(|line| line.date);
    in_month.chain(in_history).chain(history.last_initial_on).filter(|date| *date <= on).max()
}

/// The first day on which a fee bound to "one month after 初診" may be charged: the same day of the next
/// month; the open day before it when that day is closed; the last day of the next month when there is no
/// such day (B000 留意事項).
fn one_month_after(work: &Work<'_>, first: ServiceDate) -> ServiceDate {
    let next = first.month_of().plus_months(1);
    let Some(mut day) = next.day(first.day()) else { return next.last_day() };
    while is_closed(&work.request.institution, day) && day > first {
        day = day.minus_days(1);
    }
    day.min(same_day_next_month(first))
}

/// (Ⅱ) cannot be charged within six months counted from the month in which (Ⅰ) was charged.
fn reject_after_lifestyle_i(work: &mut Work<'_>, index: usize, on: ServiceDate) {
    let same_month = LIFESTYLE_I
        .iter()
        .flat_map(|code| work.with_code(*code))
        .find(|(_, other)| other.is_live() && work.date_of(other).month_of() == on.month_of())
        .map(|(other, _)| other);
    if let Some(other) = same_month {
        let why = Why { cause: work.cause(other), ..Why::rule(&rules::LIFESTYLE_SIX_MONTHS) };
        work.end(index, Outcome::Rejected, why);
        return;
    }
    let earliest = on.month_of().plus_months(-5);
    let line =
        work.request.history.lines.iter().find(|line| {
            LIFESTYLE_I.contains(&line.code.number()) && line.date.month_of() >= earliest && line.date < on
        });
    if let Some(line) = line.copied() {
        let cause = Cause::History { date: line.date, code: line.code };
        work.used.push(Used { date: line.date, code: line.code, rule: &rules::LIFESTYLE_SIX_MONTHS });
        work.end(index, Outcome::Rejected, Why::caused(&rules::LIFESTYLE_SIX_MONTHS, cause));
    }
}
