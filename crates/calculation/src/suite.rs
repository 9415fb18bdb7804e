//! The contract suite: what every implementation of calc/1 must do with every request.

use kernel::{Points, Yen};

use crate::{CalculationModule, Origin, Outcome, ProblemCode, Request, Response, VISITS_MAX};

/// Proves the laws of the contract on one request; returns what is broken, nothing when all hold.
pub fn broken_laws(module: &dyn CalculationModule, request: &Request) -> Vec<String> {
    let first = match module.calculate(request) {
        Ok(response) => response,
        Err(problem) => return vec![format!("refused: {problem}")],
    };
    let mut broken = Vec::new();
    same_again(module, request, &first, &mut broken);
    order_of_arrays(module, request, &first, &mut broken);
    sums(request, &first, &mut broken);
    reasons(request, &first, &mut broken);
    money(&first, &mut broken);
    contradictions(module, request, &mut broken);
    broken
}

fn bytes(response: &Response) -> Vec<u8> {
    serde_json::to_vec(response).unwrap_or_default()
}

fn expect_same(
    module: &dyn CalculationModule,
    request: &Request,
    first: &Response,
    what: &str,
    broken: &mut Vec<String>,
) {
    match module.calculate(request) {
        Ok(again) if bytes(&again) == bytes(first) => {}
        Ok(_) => broken.push(format!("{what}: another answer")),
        Err(problem) => broken.push(format!("{what}: {problem}")),
    }
}

/// The same request gives the same bytes, also after the month was asked without one of its visits.
fn same_again(module: &dyn CalculationModule, request: &Request, first: &Response, broken: &mut Vec<String>) {
    expect_same(module, request, first, "same request", broken);
    let mut shorter = request.clone();
    let removed = shorter.visits.pop().map(|visit| visit.id);
    shorter.collected.retain(|row| Some(&row.visit_id) != removed.as_ref());
    if let Err(problem) = module.calculate(&shorter) {
        broken.push(format!("without the last visit: {problem}"));
    }
    expect_same(module, request, first, "visit left out and added again", broken);
}

/// The order of arrays means nothing; time, id and order number do.
fn order_of_arrays(module: &dyn CalculationModule, request: &Request, first: &Response, broken: &mut Vec<String>) {
    let mut turned = request.clone();
    turned.coverages.reverse();
    turned.subsidies.reverse();
    turned.sets.reverse();
    turned.diagnoses.reverse();
    turned.limits.reverse();
    turned.history.lines.reverse();
    turned.collected.reverse();
    turned.visits.reverse();
    for visit in &mut turned.visits {
        visit.orders.reverse();
        visit.facts.reverse();
    }
    expect_same(module, &turned, first, "arrays turned round", broken);
}

/// Exactly one result per visit and order; Σ lines = points of the visit.
fn sums(request: &Request, response: &Response, broken: &mut Vec<String>) {
    if request.visits.len() != response.visits.len() {
        broken.push(format!("{} visits asked, {} answered", request.visits.len(), response.visits.len()));
    }
    for visit in &request.visits {
        let Some(result) = response.visits.iter().find(|result| result.visit_id == visit.id) else {
            broken.push(format!("visit {}: no result", visit.id));
            continue;
        };
        let sum: Points = result.lines.iter().map(|line| line.points.times(i64::from(line.times))).sum();
        if sum != result.points {
            broken.push(format!("visit {}: lines {sum}, points {}", visit.id, result.points));
        }
        for order in &visit.orders {
            let count = result.orders.iter().filter(|row| row.order_id == order.id).count();
            if count != 1 {
                broken.push(format!("visit {}: order {} has {count} results", visit.id, order.id));
            }
        }
        if result.orders.len() != visit.orders.len() {
            broken.push(format!("visit {}: results of orders that nobody made", visit.id));
        }
    }
}

/// Every outcome but a plain acceptance, and every derived line, says why; what waits says for what.
fn reasons(request: &Request, response: &Response, broken: &mut Vec<String>) {
    for visit in &response.visits {
        for order in &visit.orders {
            if order.outcome != Outcome::Accepted && order.reasons.is_empty() {
                broken.push(format!("visit {}: order {} has no reason", visit.visit_id, order.order_id));
            }
            if order.outcome == Outcome::NeedsConfirmation && order.conditions.is_empty() {
                broken.push(format!("visit {}: order {} waits for nothing", visit.visit_id, order.order_id));
            }
            for id in &order.line_ids {
                if !visit.lines.iter().any(|line| line.id == *id) {
                    broken.push(format!("visit {}: order {} names line {id}", visit.visit_id, order.order_id));
                }
            }
        }
        for line in &visit.lines {
            if line.reasons.is_empty() && line.origin == Origin::Derived {
                broken.push(format!("visit {}: line {} has no reason", visit.visit_id, line.id));
            }
            if !request.sets.iter().any(|set| set.id == line.set_id) {
                broken.push(format!("visit {}: line {} has an unknown set", visit.visit_id, line.id));
            }
        }
    }
}

/// Payers share the cost exactly; no charge is negative; due − collected = difference.
fn money(response: &Response, broken: &mut Vec<String>) {
    for visit in &response.visits {
        let Some(charge) = &visit.charge else { continue };
        if charge.due_yen < Yen::ZERO || charge.selection_fee_yen < Yen::ZERO {
            broken.push(format!("visit {}: negative charge", visit.visit_id));
        }
        if charge.due_yen - charge.collected_yen != charge.difference_yen {
            broken.push(format!("visit {}: due, collected and difference disagree", visit.visit_id));
        }
    }
    let due: Yen = response.visits.iter().filter_map(|visit| visit.charge.as_ref()).map(|row| row.due_yen).sum();
    let collected: Yen =
        response.visits.iter().filter_map(|visit| visit.charge.as_ref()).map(|row| row.collected_yen).sum();
    let difference: Yen =
        response.visits.iter().filter_map(|visit| visit.charge.as_ref()).map(|row| row.difference_yen).sum();
    if due - collected != difference {
        broken.push("month: due, collected and difference disagree".into());
    }
    for month in &response.month_charge {
        if month.patient_yen < Yen::ZERO || month.insurer_yen < Yen::ZERO {
            broken.push("month: negative share".into());
        }
    }
}

/// Requests that contradict themselves are refused with the right code.
fn contradictions(module: &dyn CalculationModule, request: &Request, broken: &mut Vec<String>) {
    let mut expect = |what: &str, request: &Request, code: ProblemCode| match module.calculate(request) {
        Err(problem) if problem.code == code => {}
        Err(problem) => broken.push(format!("{what}: {problem}")),
        Ok(_) => broken.push(format!("{what}: was answered")),
    };
    let Some(visit) = request.visits.first() else { return };
    let mut doubled = request.clone();
    doubled.visits.push(visit.clone());
    expect("visit twice", &doubled, ProblemCode::DuplicateId);
    let mut outside = request.clone();
    if let Some(first) = outside.visits.first_mut() {
        first.date = request.month.last_day().plus_days(1);
    }
    expect("visit of another month", &outside, ProblemCode::DateOutsideMonth);
    let mut unknown = request.clone();
    if let Some(first) = unknown.visits.first_mut() {
        first.set_id = "no-such-set".into();
    }
    expect("unknown set", &unknown, ProblemCode::ReferenceUnknown);
    let mut large = request.clone();
    large.visits = vec![visit.clone(); VISITS_MAX + 1];
    expect("too many visits", &large, ProblemCode::TooLarge);
    let mut release = request.clone();
    release.master_release = Some("no-such-release".into());
    expect("unknown release", &release, ProblemCode::RulesetUnsupported);
}
