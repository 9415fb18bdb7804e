//! A patient's month: computed whole, whenever a fact of it changes.
//!
//! Visits that wait for payment get their amount or are put on hold with the reason; settled visits whose amount
//! changed get a new version of their settlement, and the difference goes to the patient's account.

use ::calculation::{Outcome, Response, VisitResult};
use kernel::{ClaimMonth, Finding, ServiceDate, Yen};
use serde_json::json;
use store::settlements::{self, Amounts, NewSettlement};
use store::visits::{self, NewVisit, VisitState};
use store::{EntryId, PatientId, VisitId, document};

use crate::{Problem, ProblemCode, Work, calculation};

/// Characters kept of a reason for 保留.
const REASON_MAX: usize = 400;
/// Reason of a settlement that a recomputation changed.
const RECOMPUTED: &str = "再計算による差額";

/// Months computed at once when an older fact changes.
const MONTHS_AT_ONCE: usize = 3;
/// Job: compute all months of a patient again, from one on.
pub const RECOMPUTE_MONTHS: &str = "months.recompute";

/// A computed month.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Month {
    /// Version of the result and the result; none when something stops it or nothing is to be charged.
    pub result: Option<(i32, Response)>,
    /// What stops it, or what a person must know.
    pub findings: Vec<Finding>,
}

impl Month {
    /// What the calculation answered for a visit.
    pub fn visit(&self, visit: &NewVisit) -> Option<&VisitResult> {
        let (_, response) = self.result.as_ref()?;
        response.visits.iter().find(|result| result.visit_id == visit.reference)
    }
}

/// Computes a patient's month and brings visits and settlements in line with it.
///
/// # Errors
/// When the database cannot be asked or the calculation module is out of reach. What the facts lack is no error
/// but puts the visits on hold.
pub fn recompute(work: &mut Work<'_, '_>, patient: PatientId, month: ClaimMonth) -> Result<Month, Problem> {
    let computed = compute(work, patient, month)?;
    if let Some((version, response)) = &computed.result {
        work.tell(
            "month.calculated",
            patient.to_string(),
            json!({ "month": month, "version": version,
            "provisional": response.provisional }),
        );
    }
    for visit in visits::between(work.tx, Some(&[patient]), month.first_day(), month.last_day())? {
        place(work, &visit, &computed)?;
    }
    Ok(computed)
}

/// Computes the months again that a fact touches: those with visits from the month of a day on. Answers the visits
/// of the months that were computed at once; older ones follow by a job.
///
/// # Errors
/// As [`recompute`].
pub fn recompute_since(
    work: &mut Work<'_, '_>,
    patient: PatientId,
    since: Option<ServiceDate>,
) -> Result<Vec<VisitId>, Problem> {
    let months = visits::months_since(work.tx, patient, since)?;
    let (older, newest) = months.split_at(months.len().saturating_sub(MONTHS_AT_ONCE));
    if let Some(first) = older.first() {
        // What they charge is the history of the newer ones, so the job computes all of them in order.
        let payload = json!({ "patientId": patient, "from": first });
        work.later(RECOMPUTE_MONTHS, patient.to_string(), payload);
    }
    let mut touched = Vec::new();
    for month in newest {
        recompute(work, patient, *month)?;
        let visits = visits::between(work.tx, Some(&[patient]), month.first_day(), month.last_day())?;
        touched.extend(visits.into_iter().map(|visit| visit.id));
    }
    Ok(touched)
}

fn compute(work: &mut Work<'_, '_>, patient: PatientId, month: ClaimMonth) -> Result<Month, Problem> {
    let (request, mut findings) = document::request(work.tx, patient, month)?;
    let Some(request) = request else { return Ok(Month { result: None, findings }) };
    match work.calculate(&request.request) {
        Ok(response) => {
            let version = calculation::record(work, patient, &request.request, &response)?;
            findings.extend(response.findings.iter().cloned());
            Ok(Month { result: Some((version, response)), findings })
        }
        Err(problem) if problem.code == ProblemCode::CalculationRefused => {
            let message = problem.detail.clone().unwrap_or_default();
            findings.push(Finding::stop(billing::code::CALCULATION_REFUSED, "month", message));
            Ok(Month { result: None, findings })
        }
        Err(problem) => Err(problem),
    }
}

/// Brings one visit in line with the computed month.
fn place(work: &mut Work<'_, '_>, visit: &NewVisit, month: &Month) -> Result<(), Problem> {
    let Some((step, state)) = visits::current_state(work.tx, visit.id)? else { return Ok(()) };
    let settled = settlements::current(work.tx, &[visit.id])?.pop();
    if let Some(settled) = settled {
        return adjust(work, visit, month, &settled);
    }
    if !matches!(state, VisitState::AwaitingPayment | VisitState::OnHold) {
        return Ok(());
    }
    let hold = hold_reason(visit, month);
    let target = if hold.is_some() { VisitState::OnHold } else { VisitState::AwaitingPayment };
    let held_for = visits::current_reason(work.tx, visit.id)?;
    if state == target && hold == held_for {
        return Ok(());
    }
    let stamp = hold.as_deref().map_or_else(|| work.stamp.clone(), |reason| work.stamp.because(reason));
    visits::move_to(work.tx, visit.id, step, target, &stamp)?;
    let kind = if hold.is_some() { "visit.held" } else { "visit.ready" };
    let due = month.visit(visit).and_then(|result| result.charge.as_ref()).map(|charge| charge.due_yen);
    work.tell(kind, visit.id.to_string(), json!({ "state": target.as_str(), "reason": hold, "dueYen": due }));
    Ok(())
}

/// Why a visit cannot be settled yet: the first thing that stops it, with who can mend it.
pub(crate) fn hold_reason(visit: &NewVisit, month: &Month) -> Option<String> {
    let reference = visit.reference.as_str();
    let is_about = |finding: &&Finding| finding.is_stop() && is_of_visit(&finding.place, reference);
    let stop = month.findings.iter().find(is_about).map(|finding| format!("{}: {}", finding.code, finding.message));
    let waiting = || {
        let result = month.visit(visit)?;
        let order = result
            .orders
            .iter()
            .find(|order| matches!(order.outcome, Outcome::NeedsConfirmation | Outcome::Rejected))?;
        let text = order.reasons.first().map_or("", |reason| reason.text.as_ref());
        let code = if order.outcome == Outcome::Rejected { "order-rejected" } else { "order-waits" };
        Some(format!("{code}: {} {text}", order.order_id))
    };
    let missing = || month.visit(visit).is_none().then(|| "not-calculated: 算定の対象がありません".to_owned());
    stop.or_else(waiting).or_else(missing).map(|reason| reason.chars().take(REASON_MAX).collect())
}

/// True unless the place names another visit.
fn is_of_visit(place: &str, reference: &str) -> bool {
    match place.split("visits/").nth(1) {
        None => true,
        Some(rest) => rest.split('/').next() == Some(reference) || rest.is_empty(),
    }
}

/// The amounts of a visit.
pub(crate) fn amounts(result: &VisitResult) -> Amounts {
    result.charge.as_ref().map_or_else(Amounts::default, |charge| Amounts {
        window: charge.window_yen,
        selection_fee: charge.selection_fee_yen,
        self_pay: charge.self_pay_yen,
        tax: charge.tax_yen,
    })
}

/// A settled visit whose amount changed: a new version of its settlement; the difference is 追加請求 or 返金.
fn adjust(
    work: &mut Work<'_, '_>,
    visit: &NewVisit,
    month: &Month,
    settled: &settlements::Settlement,
) -> Result<(), Problem> {
    // While something stops the month, what was settled stays as it is.
    let Some((version, _)) = &month.result else { return cancel(work, visit, month, settled) };
    let amounts = month.visit(visit).map(amounts).unwrap_or_default();
    if amounts == settled.amounts {
        return Ok(());
    }
    resettle(work, visit, settled, Some(*version), amounts)
}

/// A settled visit of a month in which nothing is left to be charged costs nothing.
fn cancel(
    work: &mut Work<'_, '_>,
    visit: &NewVisit,
    month: &Month,
    settled: &settlements::Settlement,
) -> Result<(), Problem> {
    let is_empty = month
        .findings
        .iter()
        .filter(|finding| finding.is_stop())
        .all(|finding| finding.code == billing::code::MONTH_EMPTY);
    if !is_empty || settled.amounts == Amounts::default() {
        return Ok(());
    }
    resettle(work, visit, settled, settled.result_version, Amounts::default())
}

fn resettle(
    work: &mut Work<'_, '_>,
    visit: &NewVisit,
    settled: &settlements::Settlement,
    result_version: Option<i32>,
    amounts: Amounts,
) -> Result<(), Problem> {
    let new = NewSettlement {
        visit_id: visit.id,
        patient_id: visit.patient_id,
        month: visit.date.month_of(),
        result_version,
        amounts,
        entry_id: EntryId::new(),
        settled_on: work.today,
    };
    let stamp = work.stamp.because(work.stamp.reason().unwrap_or(RECOMPUTED));
    settlements::record(work.tx, settled.version, &new, &stamp)?;
    let difference = amounts.due() - settled.amounts.due();
    tell_adjusted(work, visit.id, difference);
    work.audit_change(
        "settlement.adjusted",
        Some(visit.patient_id),
        Some(visit.id.to_string()),
        Some(json!({ "dueYen": settled.amounts.due() })),
        Some(json!({ "dueYen": amounts.due() })),
    );
    Ok(())
}

fn tell_adjusted(work: &mut Work<'_, '_>, visit: VisitId, difference: Yen) {
    let kind = if difference < Yen::ZERO { "refund" } else { "additional" };
    work.tell("visit.adjusted", visit.to_string(), json!({ "differenceYen": difference, "kind": kind }));
}
