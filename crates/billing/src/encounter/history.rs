//! What a calculated month adds to the history of later months.

use std::collections::BTreeMap;

use calculation::{History, HistoryLine, Response, VisitKind};
use kernel::{ItemCode, ServiceDate};

/// Times of each code on each day.
type Times = BTreeMap<(ServiceDate, ItemCode), u16>;

/// Charged items of a month, its last 初診 and visit, and whether its limit was reached.
pub fn of_month(response: &Response) -> History {
    let mut history = History::default();
    let mut times = Times::new();
    for visit in &response.visits {
        history.last_visit_on = history.last_visit_on.max(Some(visit.date));
        if matches!(visit.kind, VisitKind::Initial | VisitKind::InitialOnline) {
            history.last_initial_on = history.last_initial_on.max(Some(visit.date));
        }
        for line in &visit.lines {
            for item in &line.items {
                add(&mut times, visit.date, item.code, line.times);
            }
        }
    }
    history.lines = lines(times);
    if response.month_charge.iter().any(|charge| charge.limit.as_ref().is_some_and(|limit| limit.reached)) {
        history.limit_reached_months.push(response.month);
    }
    history
}

/// Two histories as one. What both hold of a day counts once: a month taken over from another system and
/// computed again is one month.
pub fn join(history: &History, other: &History) -> History {
    let mut times = by_day(history);
    for (key, count) in by_day(other) {
        let held = times.entry(key).or_default();
        *held = count.max(*held);
    }
    let mut limit_reached_months = [history.limit_reached_months.as_slice(), &other.limit_reached_months].concat();
    limit_reached_months.sort();
    limit_reached_months.dedup();
    History {
        lines: lines(times),
        last_initial_on: history.last_initial_on.max(other.last_initial_on),
        last_visit_on: history.last_visit_on.max(other.last_visit_on),
        limit_reached_months,
    }
}

fn by_day(history: &History) -> Times {
    let mut times = Times::new();
    for line in &history.lines {
        add(&mut times, line.date, line.code, line.times);
    }
    times
}

fn add(times: &mut Times, date: ServiceDate, code: ItemCode, count: u16) {
    let held = times.entry((date, code)).or_default();
    *held = held.saturating_add(count);
}

fn lines(times: Times) -> Vec<HistoryLine> {
    times.into_iter().map(|((date, code), times)| HistoryLine { date, code, times }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(lines: &[(&str, u16)]) -> History {
        let lines = lines
            .iter()
            .map(|(date, times)| HistoryLine {
                date: date.parse().unwrap(),
                code: "112007410".parse().unwrap(),
                times: *times,
            })
            .collect();
        History { lines, ..History::default() }
    }

    #[test]
    fn what_both_hold_counts_once_and_what_one_holds_twice_counts_twice() {
        let imported = history(&[("2026-09-01", 1), ("2026-09-01", 1), ("2026-09-02", 1)]);
        let computed = history(&[("2026-09-02", 1), ("2026-09-03", 1)]);
        let joined = join(&imported, &computed);
        assert_eq!(joined, history(&[("2026-09-01", 2), ("2026-09-02", 1), ("2026-09-03", 1)]));
        assert_eq!(join(&computed, &imported), joined);
    }
}
