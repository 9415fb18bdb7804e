//! Prescriptions to a pharmacy (処方箋): one fee a visit, and what may be added to it.
//!
//! Source: F400 of 別表第一 with 注4, 6, 7 and 留意事項; F100 注5 for medicines dispensed in house.

use calculation::{Dispensing, Outcome};

use super::basic::is_prescription_fee;
use super::rules;
use super::work::{Entry, Why, Work};

/// 一般名処方加算1・2, 特定疾患処方管理加算, 向精神薬調整連携加算 of 処方箋料.
const NEEDS_PRESCRIPTION: [u32; 4] = [120_004_270, 120_003_570, 120_005_710, 120_004_570];
/// 特定疾患処方管理加算 of 処方料 and 処方箋料.
const SPECIFIC_DISEASE: [u32; 2] = [120_005_610, 120_005_710];
/// Days that 特定疾患処方管理加算 needs.
const SPECIFIC_DISEASE_DAYS: u16 = 28;

/// Applies the rules of prescriptions to every visit.
pub fn check(work: &mut Work<'_>) {
    for visit in 0..work.visits.len() {
        keep_one(work, visit);
        drop_without_fee(work, visit);
        check_days(work, visit);
        check_kinds(work, visit);
    }
}

fn of_visit(work: &Work<'_>, visit: usize, wanted: impl Fn(u32) -> bool) -> Vec<usize> {
    work.live_in_visit(visit).filter(|(_, act)| wanted(act.validity.code)).map(|(index, _)| index).collect()
}

/// One 処方箋料 for a visit, whatever the number of sheets: the first one.
fn keep_one(work: &mut Work<'_>, visit: usize) {
    let fees = of_visit(work, visit, is_prescription_fee);
    let Some((first, others)) = fees.split_first() else { return };
    for other in others {
        let cause = work.cause(*first);
        work.end(*other, Outcome::Rejected, Why { cause, ..Why::rule(&rules::PRESCRIPTION_ONCE) });
    }
}

/// Additions of 処方箋料 fall with it: contained when it is contained, else rejected.
fn drop_without_fee(work: &mut Work<'_>, visit: usize) {
    if !of_visit(work, visit, is_prescription_fee).is_empty() {
        return;
    }
    for index in of_visit(work, visit, |code| NEEDS_PRESCRIPTION.contains(&code)) {
        work.end(index, Outcome::Rejected, Why::rule(&rules::PRESCRIPTION_BASE));
    }
}

/// 一般名処方加算1 needs two kinds or more on the prescription (F400 留意事項(12)), as far as they are known.
fn check_kinds(work: &mut Work<'_>, visit: usize) {
    const GENERIC_NAMES_1: u32 = 120_004_270;
    let Some(source) = work.request.visits.get(visit) else { return };
    let outside = source.orders.iter().filter(|order| order.dispensing == Some(Dispensing::Outside));
    let mut kinds: Vec<_> = outside.filter_map(|order| order.code).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.len() != 1 {
        return;
    }
    for index in of_visit(work, visit, |code| code == GENERIC_NAMES_1) {
        work.end(index, Outcome::Rejected, Why::rule(&rules::GENERIC_NAME_KINDS));
    }
}

/// 特定疾患処方管理加算: 28 days or more, as far as the days are known.
fn check_days(work: &mut Work<'_>, visit: usize) {
    let Some(source) = work.request.visits.get(visit) else { return };
    let ordered = source.orders.iter().filter_map(|order| order.days).max();
    let Some(days) = source.prescription_days.max(ordered) else { return };
    if days >= SPECIFIC_DISEASE_DAYS {
        return;
    }
    for index in of_visit(work, visit, |code| SPECIFIC_DISEASE.contains(&code)) {
        if work.entries.get(index).is_some_and(Entry::is_live) {
            work.end(index, Outcome::Rejected, Why::detail(&rules::PRESCRIPTION_DAYS, format!("{days}日分")));
        }
    }
}
