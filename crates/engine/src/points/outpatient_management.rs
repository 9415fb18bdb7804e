//! 外来管理加算 (A001 注8).

use calculation::{Outcome, VisitFact};

use super::basic::{self, OUTPATIENT_MANAGEMENT};
use super::rules;
use super::work::{Entry, Why, Work};

/// 外来管理加算: only beside 再診料 in person, and on a day without any act that blocks it (項番56 = 1).
pub fn decide(work: &mut Work<'_>) {
    for visit in 0..work.visits.len() {
        let ordered = work
            .live_in_visit(visit)
            .find(|(_, act)| act.validity.code == OUTPATIENT_MANAGEMENT)
            .map(|(index, _)| index);
        let is_explained = work.visits.get(visit).is_some_and(|current| current.has(VisitFact::ExplanationDone));
        if ordered.is_none() && !is_explained {
            continue;
        }
        let why = why_blocked(work, visit);
        match (ordered, why) {
            (Some(index), Some(why)) => work.end(index, Outcome::Rejected, why),
            (None, None) => {
                work.derive(visit, OUTPATIENT_MANAGEMENT, &rules::OUTPATIENT_MANAGEMENT);
            }
            _ => {}
        }
    }
}

fn why_blocked(work: &Work<'_>, visit: usize) -> Option<Why> {
    let current = work.visits.get(visit)?;
    let has_revisit = current
        .basic
        .and_then(|basic| work.entries.get(basic))
        .and_then(Entry::live_act)
        .is_some_and(|act| basic::allows_outpatient_management(act.validity.code));
    if !has_revisit {
        return Some(Why::rule(&rules::OUTPATIENT_MANAGEMENT_NO_REVISIT));
    }
    let same_day = work.visits.iter().enumerate().filter(|(_, other)| other.date() == current.date());
    let (blocker, _) = same_day
        .flat_map(|(other, _)| work.live_in_visit(other))
        .find(|(_, act)| act.outpatient_management == 1 && !basic::is_basic_fee(act.validity.code))?;
    Some(Why { cause: work.cause(blocker), ..Why::rule(&rules::OUTPATIENT_MANAGEMENT_BLOCKED) })
}
