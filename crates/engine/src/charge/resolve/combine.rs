//! Who pays the lines of a set on a day.

use calculation::{Coverage, LocalMethod, OtherPayer, PayerKind, PayerSet, Request, Subsidy, Visit};
use kernel::{Finding, ServiceDate};

use crate::charge::rules::LOCAL_CONDITIONS;
use crate::charge::tables::{LimitKind, Programme, insurer_law, legal_rank, programme};

/// The payers of a set on a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Combination {
    pub(super) kind: PayerKind,
    /// Coverage of the claim.
    pub(super) coverage: Option<usize>,
    /// Insurance pays (not with 公費優先).
    pub(super) is_insurance_used: bool,
    /// Subsidies that pay, any order.
    pub(super) subsidies: Vec<usize>,
}

impl Combination {
    fn other(kind: PayerKind) -> Self {
        Self { kind, coverage: None, is_insurance_used: false, subsidies: Vec::new() }
    }
}

pub(super) fn holds(from: ServiceDate, to: Option<ServiceDate>, on: ServiceDate) -> bool {
    from <= on && to.is_none_or(|to| on <= to)
}

/// The national programme of a subsidy; `None` = local.
pub(in crate::charge) fn programme_of(subsidy: &Subsidy) -> Option<&'static Programme> {
    programme(subsidy.payer_number.law(), subsidy.payer_number.as_str().get(4..7))
}

pub(super) fn combine(request: &Request, visit: &Visit, set: &PayerSet, findings: &mut Vec<Finding>) -> Combination {
    match set.other {
        Some(OtherPayer::Private) => return Combination::other(PayerKind::Private),
        Some(OtherPayer::WorkAccident) => return Combination::other(PayerKind::WorkAccident),
        Some(OtherPayer::TrafficAccident) => return Combination::other(PayerKind::TrafficAccident),
        None if set.coverage_id.is_none() && set.subsidy_ids.is_empty() => {
            return Combination::other(PayerKind::Private);
        }
        None => {}
    }
    let coverage = match &set.coverage_id {
        None => None,
        Some(id) => match valid_coverage(request, visit, id, findings) {
            Some(coverage) => Some(coverage),
            None => return Combination::other(PayerKind::Uncovered),
        },
    };
    let mut subsidies: Vec<usize> =
        set.subsidy_ids.iter().filter_map(|id| valid_subsidy(request, visit, id, findings)).collect();
    let of = |position: &usize| request.subsidies.get(*position).and_then(programme_of);
    if coverage.is_none() && !subsidies.iter().any(|position| of(position).is_some()) {
        let message = format!("payer set {:?}: no insurance and no national subsidy holds on {}", set.id, visit.date);
        findings.push(Finding::stop("payer-missing", format!("visits/{}", visit.id), message));
        return Combination::other(PayerKind::Uncovered);
    }
    // 公費優先: it pays the whole line alone.
    let is_first = |position: &&usize| of(position).is_some_and(|programme| programme.limit == LimitKind::SubsidyFirst);
    let first = subsidies.iter().filter(is_first).min_by_key(|position| rank(request, **position)).copied();
    if let Some(first) = first {
        subsidies = vec![first];
    }
    Combination {
        kind: if coverage.is_some() { PayerKind::Insurance } else { PayerKind::SubsidyOnly },
        coverage,
        is_insurance_used: coverage.is_some() && first.is_none(),
        subsidies,
    }
}

pub(super) fn rank(request: &Request, subsidy: usize) -> usize {
    request.subsidies.get(subsidy).map_or(usize::MAX, |subsidy| legal_rank(subsidy.payer_number.law()))
}

fn valid_coverage(request: &Request, visit: &Visit, id: &str, findings: &mut Vec<Finding>) -> Option<usize> {
    let place = || format!("visits/{}", visit.id);
    let Some(position) = request.coverages.iter().position(|coverage| coverage.id == id) else {
        findings.push(Finding::stop("coverage-unknown", place(), format!("coverage {id:?} is not in the request")));
        return None;
    };
    let is_valid = |coverage: &&Coverage| holds(coverage.valid_from, coverage.valid_to, visit.date);
    if let Some(coverage) = request.coverages.get(position).filter(|coverage| !is_valid(coverage)) {
        let until = coverage.valid_to.map_or_else(String::new, |to| format!(" to {to}"));
        let message = format!(
            "coverage {id:?} holds from {}{until}, not on {}: charged in full",
            coverage.valid_from, visit.date
        );
        let code = if visit.date < coverage.valid_from { "coverage-not-begun" } else { "coverage-ended" };
        findings.push(Finding::stop(code, place(), message));
        return None;
    }
    let coverage = request.coverages.get(position)?;
    if insurer_law(&coverage.insurer_number).is_none() {
        let message =
            format!("insurer {} has no known law number (法別番号): charged in full", coverage.insurer_number);
        findings.push(Finding::stop("insurer-law-unknown", format!("coverages/{id}"), message));
        return None;
    }
    Some(position)
}

fn valid_subsidy(request: &Request, visit: &Visit, id: &str, findings: &mut Vec<Finding>) -> Option<usize> {
    let place = || format!("visits/{}", visit.id);
    let Some(position) = request.subsidies.iter().position(|subsidy| subsidy.id == id) else {
        findings.push(Finding::stop("subsidy-unknown", place(), format!("subsidy {id:?} is not in the request")));
        return None;
    };
    let subsidy = request.subsidies.get(position)?;
    if !holds(subsidy.valid_from, subsidy.valid_to, visit.date) {
        let until = subsidy.valid_to.map_or_else(String::new, |to| format!(" to {to}"));
        let message = format!(
            "subsidy {id:?} (law {}) holds from {}{until}, not on {}: not used",
            subsidy.payer_number.law(),
            subsidy.valid_from,
            visit.date
        );
        let code = if visit.date < subsidy.valid_from { "subsidy-not-begun" } else { "subsidy-ended" };
        findings.push(Finding::confirm(code, place(), message));
        return None;
    }
    (is_paid_in_kind(subsidy) && meets_conditions(request, visit, subsidy, findings)).then_some(position)
}

/// A local programme pays for the ages of its rule, and beside the subsidy it requires.
fn meets_conditions(request: &Request, visit: &Visit, subsidy: &Subsidy, findings: &mut Vec<Finding>) -> bool {
    let Some(rule) = subsidy.local_rule.as_ref().filter(|_| programme_of(subsidy).is_none()) else { return true };
    let mut miss = |code: &'static str, message: String| {
        let finding = Finding::confirm(code, format!("visits/{}", visit.id), message);
        findings.push(finding.with_basis(LOCAL_CONDITIONS.basis));
    };
    let number = &subsidy.payer_number;
    let is_of_age = rule.ages.is_none_or(|ages| ages.contains(request.patient.birth_date, visit.date));
    if !is_of_age {
        miss("local-age-outside", format!("{number} does not pay at the patient's age on {}: not used", visit.date));
    }
    let has = |law: &str| {
        let is_held = |s: &&Subsidy| s.payer_number.law() == law && holds(s.valid_from, s.valid_to, visit.date);
        request.subsidies.iter().any(|other| is_held(&other))
    };
    let required = rule.requires_law.as_deref().filter(|law| !has(law));
    if let Some(law) = required {
        miss("local-subsidy-required", format!("{number} needs a subsidy of law {law} on {}: not used", visit.date));
    }
    is_of_age && required.is_none()
}

/// Refund programmes (償還払い) never stand between the patient and the window.
fn is_paid_in_kind(subsidy: &Subsidy) -> bool {
    let is_refund = subsidy.local_rule.as_ref().is_some_and(|rule| rule.method == LocalMethod::Refund);
    match programme_of(subsidy) {
        Some(programme) => programme.is_in_kind,
        None => !is_refund,
    }
}
