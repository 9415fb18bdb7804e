//! Limits of times: 算定回数テーブル (05) and 上限回数 (項番36, 37).
//!
//! Months are calendar months; n月 = n calendar months back including this one; 週 = Sunday to Saturday
//! (留意事項 第1章第1部 通則).

use calculation::{Cause, Outcome};
use kernel::{ItemCode, ServiceDate};
use masters::row::{ActRow, LimitRow};
use rust_decimal::prelude::ToPrimitive;

use super::rules;
use super::select::{Selection, place};
use super::work::{Entry, Used, Why, Work, is_exception_claimed};

/// The first day of a limit's window on a day; `None` for units that are no span of time (per organ, per
/// operation …) and need a person.
fn window_start(unit: u16, on: ServiceDate) -> Option<ServiceDate> {
    let months_back = |months: i32| Some(on.month_of().plus_months(1 - months).first_day());
    match unit {
        // 日, 一連, 初診時
        121 | 141 | 159 => Some(on),
        138 => Some(on.week_start()),
        142 => Some(on.week_start().minus_days(7)),
        131 => months_back(1),
        143 => months_back(2),
        144 => months_back(3),
        145 => months_back(4),
        146 => months_back(6),
        147 => months_back(12),
        161 => months_back(24),
        148 => months_back(60),
        162 => {
            let start_year = if on.month() >= 4 { on.year() } else { on.year() - 1 };
            ServiceDate::from_ymd(start_year, 4, 1)
        }
        // 患者当り, 初回, 妊娠中
        53 | 135 | 149 => ServiceDate::from_ymd(1868, 1, 1),
        _ => None,
    }
}

/// 算定単位 一連: several parts of one day are one series unless a person says otherwise.
const SERIES: u16 = 141;

/// An addition of the whole imaging part (E 通則).
fn is_general_of_imaging(act: &ActRow) -> bool {
    act.section_letter == b'E' && act.section_number == 0
}

/// Acts that share one limit: every form of the fee counts (each named so in its 注).
const FAMILIES: &[Selection] = &[
    // 特定疾患療養管理料: in person and by 情報通信機器.
    Selection::of_places(&[place(b'B', 0, 0, 0)]),
    // 生活習慣病管理料(Ⅰ) by main disease; (Ⅱ) in person and by 情報通信機器.
    Selection::of_codes(&[113_041_710, 113_041_810, 113_041_910]),
    Selection::of_codes(&[113_707_110, 113_707_210]),
    // 在宅患者訪問診療料: 同一建物居住者以外 and 同一建物居住者.
    Selection::of_places(&[place(b'C', 1, 0, 0)]),
    // 血糖自己測定器加算 by number of measurements.
    Selection::of_places(&[place(b'C', 150, 0, 0)]),
    // 骨塩定量検査 of any kind.
    Selection::of_places(&[place(b'D', 217, 0, 0)]),
    // 通院・在宅精神療法 of any length.
    Selection::of_places(&[place(b'I', 2, 0, 0)]),
];

/// A limit by the words of the notice, where the table at hand is of an older edition.
struct OwnLimit {
    acts: Selection,
    from: u32,
    to: u32,
    months: i32,
    count: u32,
}

const OWN_LIMITS: &[OwnLimit] = &[
    // D217 注 (令和8年告示第69号): 1年に1回; once in 4 months only in the first year of a treatment.
    OwnLimit {
        acts: Selection::of_places(&[place(b'D', 217, 0, 0)]),
        from: 20_260_601,
        to: 99_999_999,
        months: 12,
        count: 1,
    },
];

fn apply_own_limits(work: &mut Work<'_>, index: usize, act: &ActRow, on: ServiceDate) {
    for own in OWN_LIMITS {
        let is_due = own.acts.has(act) && (own.from..=own.to).contains(&on.yyyymmdd());
        if !is_due || act.notice_role != 1 || !work.entries.get(index).is_some_and(Entry::is_live) {
            continue;
        }
        let start = on.month_of().plus_months(1 - own.months).first_day();
        let (used, cause) = count_before(work, index, act, start, on);
        if used >= own.count {
            let why = Why { cause, ..Why::rule(&rules::LIMIT_OWN) };
            work.end_or_ask(index, Outcome::Rejected, true, why);
        }
    }
}

/// Applies the limits to every live act, in order of time.
pub fn apply(work: &mut Work<'_>) {
    for (index, act) in work.live_acts() {
        apply_to(work, index, act);
    }
}

fn apply_to(work: &mut Work<'_>, index: usize, act: &ActRow) {
    let masters = work.masters;
    let Some(code) = kernel::ActCode::from_number(act.validity.code) else { return };
    let Some(on) = work.entries.get(index).map(|entry| work.date_of(entry)) else { return };
    apply_own_limits(work, index, act, on);
    let mut has_row = false;
    for row in masters.limits(code, on) {
        let is_of_series = row.unit == SERIES;
        if is_of_series && is_general_of_imaging(act) {
            // 電子画像管理加算: once for each series, and another part of the body is another series.
            has_row = true;
            continue;
        }
        let Some(start) = window_start(row.unit, on) else { continue };
        has_row = true;
        apply_row(work, index, act, (start, on), row);
    }
    if !has_row && act.max_count > 0 {
        apply_max_count(work, index, act, on);
    }
}

/// What one entry counts against a limit: units of rehabilitation by quantity, anything else by times.
fn weight(entry: &Entry<'_>, act: &ActRow) -> u32 {
    if is_counted_in_units(act) {
        return entry.quantity.and_then(|quantity| quantity.get().ceil().to_u32()).unwrap_or(1);
    }
    u32::from(entry.times)
}

fn is_counted_in_units(act: &ActRow) -> bool {
    const UNIT_OF_REHABILITATION: u16 = 28;
    act.step_calc == 1 && act.unit_code == UNIT_OF_REHABILITATION
}

fn apply_row(work: &mut Work<'_>, index: usize, act: &ActRow, (start, on): (ServiceDate, ServiceDate), row: &LimitRow) {
    if !work.entries.get(index).is_some_and(Entry::is_live) {
        return;
    }
    let (used, cause) = count_before(work, index, act, start, on);
    let Some(entry) = work.entries.get(index) else { return };
    let (allowed, wanted) = (u32::from(row.count), weight(entry, act));
    if used + wanted <= allowed {
        return;
    }
    let why = Why { cause, table: Some("05"), ..Why::rule(&rules::LIMIT_TABLE) };
    let left = allowed.saturating_sub(used);
    let has_exception = row.has_exception == 1 || row.unit == SERIES || act.validity.section_changed == 1;
    // Units beyond the day's bound are not charged, those within it are, whoever asks for more.
    let is_capped = !has_exception || (is_counted_in_units(act) && !is_exception_claimed(work, entry));
    if left > 0 && is_capped {
        cap(work, index, act, left, why);
    } else {
        work.end_or_ask(index, Outcome::Rejected, has_exception, why);
    }
}

/// What was charged before this entry inside the window, by it or its family, and the last of it.
fn count_before(
    work: &mut Work<'_>,
    index: usize,
    act: &ActRow,
    start: ServiceDate,
    on: ServiceDate,
) -> (u32, Option<Cause>) {
    let masters = work.masters;
    let code = act.validity.code;
    let family = FAMILIES.iter().find(|family| family.has(act));
    let is_same = |other: &ActRow| {
        other.validity.code == code
            || family.is_some_and(|family| family.has(other) && other.notice_role == act.notice_role)
    };
    let mut used = 0;
    let mut cause = None;
    for line in &work.request.history.lines {
        let is_counted = (start..=on).contains(&line.date)
            && (line.code.number() == code
                || line.code.act().and_then(|code| masters.act(code, line.date)).is_some_and(is_same));
        if is_counted {
            used += u32::from(line.times);
            cause = Some(Cause::History { date: line.date, code: line.code });
            work.used.push(Used { date: line.date, code: line.code, rule: &rules::LIMIT_TABLE });
        }
    }
    let mut last = None;
    let earlier: Box<dyn Iterator<Item = (usize, &Entry<'_>)>> = match family {
        Some(_) => Box::new(work.entries.iter().enumerate().take(index)),
        None => Box::new(work.with_code(code)),
    };
    for (other, entry) in earlier {
        let is_counted = other < index && entry.live_act().is_some_and(is_same);
        if is_counted && (start..=on).contains(&work.date_of(entry)) {
            used += weight(entry, act);
            last = Some(other);
        }
    }
    if let Some(last) = last {
        cause = work.cause(last);
    }
    (used, cause)
}

/// Some of the ordered times, or units, remain.
fn cap(work: &mut Work<'_>, index: usize, act: &ActRow, left: u32, why: Why) {
    if let Some(entry) = work.entries.get_mut(index) {
        let left = u16::try_from(left).unwrap_or(u16::MAX);
        if is_counted_in_units(act) {
            entry.quantity = Some(left.into());
        } else {
            entry.times = left;
        }
        entry.outcome = Outcome::Replaced;
        entry.why.push(why);
    }
}

/// 項番36 per claim (month); 項番37 = 1 caps, 0 asks.
fn apply_max_count(work: &mut Work<'_>, index: usize, act: &ActRow, on: ServiceDate) {
    let start = on.month_of().first_day();
    let (used, cause) = count_before(work, index, act, start, on);
    let Some(entry) = work.entries.get(index) else { return };
    let allowed = u32::from(act.max_count);
    let wanted = u32::from(entry.times);
    if used + wanted <= allowed {
        return;
    }
    let why = Why { cause, ..Why::rule(&rules::LIMIT_MASTER) };
    let left = allowed.saturating_sub(used);
    if left > 0 {
        cap(work, index, act, left, why);
    } else {
        work.end_or_ask(index, Outcome::Rejected, act.max_count_error == 0, why);
    }
}

/// True when the code is a comment-free act of this month or the history within months back.
pub fn is_charged_since(work: &Work<'_>, codes: &[u32], start: ServiceDate, on: ServiceDate) -> bool {
    let in_month = codes.iter().any(|code| {
        work.with_code(*code).any(|(_, entry)| entry.is_live() && (start..=on).contains(&work.date_of(entry)))
    });
    in_month
        || work.request.history.lines.iter().any(|line| {
            matches!(line.code, ItemCode::Act(_))
                && codes.contains(&line.code.number())
                && (start..=on).contains(&line.date)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::day(121, "2026-10-15")]
    #[case::week(138, "2026-10-11")]
    #[case::month(131, "2026-10-01")]
    #[case::three_months(144, "2026-08-01")]
    #[case::six_months(146, "2026-05-01")]
    #[case::year(147, "2025-11-01")]
    #[case::fiscal_year(162, "2026-04-01")]
    fn windows_count_calendar_months_including_this_one(#[case] unit: u16, #[case] start: &str) {
        let on: ServiceDate = "2026-10-15".parse().unwrap();
        assert_eq!(window_start(unit, on).unwrap().to_string(), start);
    }

    #[test]
    fn units_that_are_no_span_of_time_are_left_to_people() {
        assert_eq!(window_start(107, "2026-10-15".parse().unwrap()), None);
    }
}
