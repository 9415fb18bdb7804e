//! Fee points (点数算定) of one patient's month.
//!
//! The pipeline: context → basic fees → orders → additions → medicines → exclusions → limits → tests by
//! number → judgement and monthly fees → degression → lines. The whole month is computed at once, in the
//! order of date, start, visit id and order number, so the order of entry does not matter.

mod accept;
mod addition;
mod basic;
mod block;
mod context;
mod exclusion;
mod first_visit;
mod index;
mod laboratory;
mod limit;
mod line;
mod main_only;
mod medication;
mod outpatient_management;
mod prescription;
pub mod rules;
mod select;
mod standard;
mod work;

use calculation::{
    Basis, Cause, OrderKind, OrderResult, Outcome, Request, TimeClass, UsedHistory, VisitKind, VisitResult, Word,
};
use kernel::{Finding, Points, Yen};
use masters::Masters;

use crate::charge::VisitFacts;

pub use index::Index;
pub use line::Stepped;
use work::{Charged, Work};

/// The month in points.
pub struct MonthPoints {
    /// Visits with outcomes and lines; charges are still absent.
    pub visits: Vec<VisitResult>,
    /// What the charge must know of each visit.
    pub facts: Vec<VisitFacts>,
    /// Findings.
    pub findings: Vec<Finding>,
    /// History that mattered.
    pub used_history: Vec<UsedHistory>,
    /// Whether every value came from an official file.
    pub basis: Basis,
}

/// Computes the points of a month. The request must be sorted ([`Request::sort`]).
pub fn compute(masters: &Masters, index: &Index, request: &Request) -> MonthPoints {
    let mut findings = Vec::new();
    let visits = context::resolve(request, &mut findings);
    let mut work = Work::new(masters, index, request, visits, findings);
    run(&mut work);
    finish(work)
}

fn run(work: &mut Work<'_>) {
    report_unknown_departments(work);
    basic::derive(work);
    accept::accept(work);
    accept::attach_late(work);
    medication::dispense(work);
    first_visit::check(work);
    block::apply(work);
    prescription::check(work);
    main_only::keep(work);
    exclusion::apply(work);
    limit::apply(work);
    exclusion::drop_orphans(work);
    outpatient_management::decide(work);
    addition::derive(work);
    laboratory::bundle(work);
    laboratory::derive_rapid(work);
    laboratory::derive_judgements(work);
    laboratory::derive_degressions(work);
    medication::include_medicines(work);
    medication::follow_procedures(work);
    addition::derive_with_basic_fee(work);
}

fn report_unknown_departments(work: &mut Work<'_>) {
    for visit in 0..work.visits.len() {
        if addition::is_known_department(work, visit) {
            continue;
        }
        let Some(source) = work.request.visits.get(visit) else { continue };
        let message = "the department is not among the institution's";
        work.findings.push(Finding::confirm("department-unknown", format!("visits/{}", source.id), message));
    }
}

fn finish(mut work: Work<'_>) -> MonthPoints {
    let mut visits = Vec::with_capacity(work.visits.len());
    let mut facts = Vec::with_capacity(work.visits.len());
    for visit in 0..work.visits.len() {
        let lines = line::build(&mut work, visit);
        if let Some(result) = visit_result(&work, visit, lines) {
            facts.push(visit_facts(&work, visit, &result));
            visits.push(result);
        }
    }
    let basis = basis(&work);
    let used_history = used_history(&work);
    MonthPoints { visits, facts, findings: work.findings, used_history, basis }
}

fn visit_facts(work: &Work<'_>, visit: usize, result: &VisitResult) -> VisitFacts {
    let is_first_visit = work.live_in_visit(visit).any(|(_, act)| act.day_rule == 2 && act.day_rule_sub == 1);
    let fees = work.doses.iter().filter(|dose| dose.visit == visit).map(|dose| medication::selection_fee(work, dose));
    VisitFacts {
        visit_id: result.visit_id.clone(),
        is_counted_day: result.is_counted_day,
        is_first_visit,
        selection_fee: Yen::new(fees.sum()),
    }
}

fn visit_result(work: &Work<'_>, visit: usize, lines: line::VisitLines) -> Option<VisitResult> {
    let current = work.visits.get(visit)?;
    let is_counted_day = work.live_in_visit(visit).any(|(_, act)| act.day_rule == 2);
    let points: Points = lines.lines.iter().map(|line| line.points.times(i64::from(line.times))).sum();
    let orders = current
        .visit
        .orders
        .iter()
        .enumerate()
        .map(|(position, order)| order_result(work, visit, position, &order.id, &lines))
        .collect();
    Some(VisitResult {
        visit_id: current.visit.id.clone(),
        date: current.date(),
        kind: if current.kind == VisitKind::Auto { VisitKind::None } else { current.kind },
        time_class: if current.time == TimeClass::Auto { TimeClass::Regular } else { current.time },
        is_counted_day,
        orders,
        lines: lines.lines,
        points,
        charge: None,
    })
}

fn order_result(
    work: &Work<'_>,
    visit: usize,
    position: usize,
    order_id: &str,
    lines: &line::VisitLines,
) -> OrderResult {
    let found = work.in_visit(visit).find(|(_, entry)| entry.order == Some(position));
    if let Some((index, entry)) = found {
        let line_ids =
            lines.of_entries.iter().filter(|(recorded, _)| *recorded == index).map(|(_, id)| id.clone()).collect();
        let reasons = if entry.why.is_empty() { Vec::new() } else { line::reasons(work, entry) };
        return OrderResult {
            order_id: order_id.to_owned(),
            outcome: entry.outcome,
            line_ids,
            reasons,
            conditions: entry.conditions.clone(),
        };
    }
    let refused = work.refused.iter().find(|refused| refused.visit == visit && refused.order == position);
    let (outcome, reasons) = match refused {
        Some(refused) => (refused.outcome, vec![line::reason(&refused.why, Vec::new())]),
        // An ordered fee that a derived one of another order already stands for.
        None => {
            let why = work::Why::rule(&rules::DERIVED_ORDERED);
            (Outcome::Rejected, vec![line::reason(&why, Vec::new())])
        }
    };
    let is_plain_self_pay = work
        .request
        .visits
        .get(visit)
        .and_then(|visit| visit.orders.get(position))
        .is_some_and(|order| order.kind == OrderKind::SelfPay);
    let reasons = if is_plain_self_pay && outcome == Outcome::Accepted { Vec::new() } else { reasons };
    OrderResult { order_id: order_id.to_owned(), outcome, line_ids: Vec::new(), reasons, conditions: Vec::new() }
}

/// Derived as soon as one charged row is.
fn basis(work: &Work<'_>) -> Basis {
    let is_derived = work.entries.iter().filter(|entry| entry.is_live()).any(|entry| {
        let validity = match entry.charged {
            Charged::Act(row) => row.validity,
            Charged::Drug(row) => row.validity,
            Charged::Material(row) => row.validity,
            Charged::Comment(row) => row.validity,
        };
        matches!(validity.basis, 1 | 2)
    });
    if is_derived { Basis::Derived } else { Basis::Official }
}

fn used_history(work: &Work<'_>) -> Vec<UsedHistory> {
    let mut used: Vec<UsedHistory> = work
        .used
        .iter()
        .map(|used| UsedHistory { date: used.date, code: used.code, rule: Word::Borrowed(used.rule.id) })
        .collect();
    let causes = work.entries.iter().flat_map(|entry| &entry.why).filter_map(|why| match &why.cause {
        Some(Cause::History { date, code }) => {
            Some(UsedHistory { date: *date, code: *code, rule: Word::Borrowed(why.rule.id) })
        }
        _ => None,
    });
    used.extend(causes);
    used.sort();
    used.dedup();
    used
}
