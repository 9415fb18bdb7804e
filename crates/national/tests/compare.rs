//! What two answers are compared by.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use calculation::{CalculationModule, Outcome, Response};
use kernel::{Finding, Points, Yen};
use national::module::{Difference, DifferenceKind, compare};
use support::{engine, request};

fn answer() -> Response {
    engine().calculate(&request()).unwrap()
}

fn kinds(differences: &[Difference]) -> Vec<DifferenceKind> {
    differences.iter().map(|difference| difference.kind).collect()
}

#[test]
fn who_computed_and_in_which_words_is_no_difference() {
    let ours = answer();
    let mut theirs = ours.clone();
    theirs.result_id = "other".to_owned();
    theirs.engine.name = "ccm".into();
    theirs.provisional = !theirs.provisional;
    for line in theirs.visits.iter_mut().flat_map(|visit| &mut visit.lines) {
        line.id = format!("X{}", line.id);
        line.reasons.clear();
    }
    theirs.visits[0].lines.reverse();
    theirs.visits.reverse();
    assert_eq!(compare(&ours, &theirs), []);
}

type Change = fn(&mut Response);

#[test]
fn each_kind_is_found_and_nothing_else() {
    let cases: [(Change, DifferenceKind); 11] = [
        (|response| drop(response.visits.pop()), DifferenceKind::Visit),
        (|response| response.visits[0].is_counted_day ^= true, DifferenceKind::Decision),
        (|response| response.visits[0].orders[0].outcome = Outcome::Rejected, DifferenceKind::Order),
        (|response| drop(response.visits[0].lines.pop()), DifferenceKind::Line),
        (|response| response.visits[0].lines[0].times += 1, DifferenceKind::Line),
        (|response| response.visits[0].points = Points::new(1), DifferenceKind::Points),
        (|response| response.visits[0].charge.as_mut().unwrap().tax_yen = Yen::new(1), DifferenceKind::Charge),
        (|response| response.month_charge[0].insurer_yen = Yen::new(1), DifferenceKind::Month),
        (|response| response.claims[0].days += 1, DifferenceKind::Claim),
        (|response| response.claims.clear(), DifferenceKind::Claim),
        (|response| response.findings.push(Finding::stop("code-x", "month", "")), DifferenceKind::Finding),
    ];
    let ours = answer();
    for (change, kind) in cases {
        let mut theirs = ours.clone();
        change(&mut theirs);
        let differences = compare(&ours, &theirs);
        assert!(!differences.is_empty() && kinds(&differences).iter().all(|found| *found == kind), "{differences:?}");
        assert_eq!(compare(&theirs, &ours).len(), differences.len());
    }
}

#[test]
fn a_lost_line_names_its_rules_and_what_each_side_says() {
    let ours = answer();
    let mut theirs = ours.clone();
    let lost = theirs.visits[0].lines.pop().unwrap();
    let differences = compare(&ours, &theirs);
    let [difference] = differences.as_slice() else { panic!("{differences:?}") };
    assert_eq!(difference.visit_id.as_deref(), Some(ours.visits[0].visit_id.as_str()));
    assert!(difference.subject.contains(&lost.items[0].code.to_string()), "{difference:?}");
    assert!(difference.embedded.as_deref().is_some_and(|said| said.starts_with(&lost.points.to_string())));
    assert_eq!(difference.module, None);
    let rules: Vec<&str> = lost.reasons.iter().map(|reason| reason.rule.as_ref()).collect();
    assert!(difference.rules.iter().all(|rule| rules.contains(&rule.as_str())), "{difference:?}");
}
