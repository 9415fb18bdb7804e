//! Groups of which only the main act is charged: injections of a day, lipids, operations in one field.

use calculation::Outcome;
use masters::row::ActRow;

use super::rules;
use super::select::{Selection, place};
use super::work::{Entry, Why, Work};

/// Applies the rules.
pub fn keep(work: &mut Work<'_>) {
    keep_main_injection(work);
    keep_two_lipids(work);
    keep_main_operation(work);
}

/// G001, G004, G005, G006 of one day: only the main one. The higher stays; at equal points the earlier.
fn keep_main_injection(work: &mut Work<'_>) {
    const GROUP: Selection = Selection {
        codes: &[],
        sections: &[],
        places: &[place(b'G', 1, 0, 0), place(b'G', 4, 0, 0), place(b'G', 5, 0, 0), place(b'G', 6, 0, 0)],
        except: &[],
    };
    let members: Vec<_> = work
        .live_acts()
        .into_iter()
        .filter(|(_, act)| GROUP.has(act) && matches!(act.record_role, 1 | 3 | 5) && act.notice_role == 1)
        .collect();
    for (loser, loser_act) in &members {
        let winner = members.iter().find(|(other, other_act)| {
            let is_same_day = work.entries.get(*other).map(|entry| work.date_of(entry))
                == work.entries.get(*loser).map(|entry| work.date_of(entry));
            is_same_day && is_higher((*other, other_act), (*loser, loser_act))
        });
        if let Some((winner, _)) = winner {
            let why = Why { cause: work.cause(*winner), ..Why::rule(&rules::MAIN_INJECTION) };
            work.end(*loser, Outcome::Rejected, why);
        }
    }
}

/// More points, or as many and earlier.
fn is_higher(a: (usize, &ActRow), b: (usize, &ActRow)) -> bool {
    (a.1.points_e2, std::cmp::Reverse(a.0)) > (b.1.points_e2, std::cmp::Reverse(b.0))
}

/// HDL, 総, LDL コレステロール of one occasion: the two main ones (D007 留意事項).
fn keep_two_lipids(work: &mut Work<'_>) {
    const LIPIDS: [u32; 3] = [160_022_410, 160_023_410, 160_167_250];
    for visit in 0..work.visits.len() {
        let mut members: Vec<_> =
            work.live_in_visit(visit).filter(|(_, act)| LIPIDS.contains(&act.validity.code)).collect();
        if members.len() < 3 {
            continue;
        }
        members.sort_by_key(|(index, act)| (-act.points_e2, *index));
        for (index, _) in members.split_off(2) {
            work.end(index, Outcome::Rejected, Why::rule(&rules::LIPIDS));
        }
    }
}

/// Operations of one day in the same field: only the main one, unless a person says that an exception of
/// K 通則14 holds.
fn keep_main_operation(work: &mut Work<'_>) {
    let members: Vec<_> = work
        .live_acts()
        .into_iter()
        .filter(|(_, act)| act.section_letter == b'K' && matches!(act.record_role, 1 | 3 | 5) && act.notice_role == 1)
        .collect();
    for (loser, loser_act) in &members {
        let winner = members.iter().find(|(other, other_act)| {
            let (Some(a), Some(b)) = (work.entries.get(*other), work.entries.get(*loser)) else { return false };
            let site = |entry: &Entry<'_>| work.order_of(entry).map(|order| (order.site.clone(), order.side));
            let is_higher = is_higher((*other, other_act), (*loser, loser_act));
            is_higher && a.is_live() && work.date_of(a) == work.date_of(b) && site(a) == site(b)
        });
        if let Some((winner, _)) = winner {
            let why = Why { cause: work.cause(*winner), ..Why::rule(&rules::SAME_FIELD) };
            work.end_or_ask(*loser, Outcome::Included, true, why);
        }
    }
}
