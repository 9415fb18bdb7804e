//! Visits: reception, orders of an EMR, what the desk edits, what is to be paid.

use billing::clinic::Visit;
use billing::push::{self, PushedVisit, Surroundings};
use calculation::{Response, VisitResult};
use kernel::{Finding, ItemCode, ServiceDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::orders::{self, Delivery, NewOrder, OrderVersion};
use store::payers::{coverages, sets, subsidies};
use store::settlements;
use store::visits::{self, DESK, NewVisit, VisitState};
use store::{PatientId, VisitId, diagnoses, patients};

use crate::month::{self, Month};
use crate::patients::by_number;
use crate::{FieldError, Problem, ProblemCode, Work};

/// A visit as answered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VisitView {
    /// Id.
    pub visit_id: VisitId,
    /// 患者番号.
    pub patient_number: String,
    /// 診療日.
    pub date: ServiceDate,
    /// The sender's id.
    pub source_visit_id: String,
    /// State at the desk.
    pub state: String,
    /// Step of the state: give it back to change the state.
    pub step: i32,
    /// Why it is on hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Revision of the content that holds; 0 = the desk's own.
    pub revision: i32,
    /// Edit of the desk on top of it.
    pub edit: i32,
    /// The content; none = nothing was ordered yet, or it is cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Visit>,
    /// Version of the month's result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_version: Option<i32>,
    /// What the calculation answered: outcome of each order, lines with their reasons, charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<VisitResult>,
    /// The result waits for the national module or for an official edition.
    pub is_provisional: bool,
    /// What stops it, or what a person must know.
    pub findings: Vec<Finding>,
    /// Version of the settlement; 0 = not settled.
    pub settlement_version: i32,
}

/// What became of a push.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Delivered {
    /// It now holds.
    Current,
    /// It is kept, but a higher revision was there before it.
    Late,
    /// It was on record.
    Repeated,
}

impl From<Delivery> for Delivered {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Current => Self::Current,
            Delivery::Late => Self::Late,
            Delivery::Repeated => Self::Repeated,
        }
    }
}

/// The answer to a push.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PushAnswer {
    /// What became of it.
    pub delivery: Delivered,
    /// The visit as it now stands.
    pub visit: VisitView,
}

/// What masters know of an act: its section letter and number on a day.
pub type Section<'a> = &'a dyn Fn(ItemCode, ServiceDate) -> Option<(u8, u16)>;

/// Takes what an EMR pushes: the visit if it is new, its content in its revision, its diagnoses; and computes the
/// month.
///
/// # Errors
/// `invalid` with every wrong field, `not-found` for the patient, `revision-reuse`, `visit-locked` when the desk has
/// settled it.
pub fn push(
    work: &mut Work<'_, '_>,
    source: &str,
    pushed: &PushedVisit,
    section: Section<'_>,
) -> Result<PushAnswer, Problem> {
    let patient = by_number(work.tx, &pushed.patient_number)?;
    let known = visits::find_by_source(work.tx, source, &pushed.source_visit_id)?;
    let visit = match known {
        Some(visit) => visit,
        None => received(work, source, pushed, patient.id)?,
    };
    if (visit.patient_id, visit.date) != (patient.id, pushed.visit_date) {
        return Err(Problem::new(ProblemCode::VisitDuplicate)
            .detail("この sourceVisitId は別の患者または診療日で登録されています。取り消して送り直してください"));
    }
    let content = content(work, pushed, &visit, section)?;
    let delivery = deliver(work, source, &visit, pushed.revision, Some(&content))?;
    if delivery == Delivery::Current {
        record_diagnoses(work, patient.id, pushed)?;
    }
    let month = if delivery == Delivery::Current {
        month::recompute(work, patient.id, visit.date.month_of())?
    } else {
        stored_month(work, &visit)?
    };
    let visit = view(work, &visit, &patient.number, &month)?;
    Ok(PushAnswer { delivery: delivery.into(), visit })
}

/// A visit that an EMR pushes for the first time: the one the desk received that day without content, or a new one.
fn received(
    work: &mut Work<'_, '_>,
    source: &str,
    pushed: &PushedVisit,
    patient: PatientId,
) -> Result<NewVisit, Problem> {
    let day = pushed.visit_date;
    let of_day = visits::between(work.tx, Some(&[patient]), day, day)?;
    for visit in of_day.into_iter().filter(|visit| visit.source == DESK) {
        let is_empty = orders::current(work.tx, &[visit.id])?.is_empty();
        let state = visits::current_state(work.tx, visit.id)?.map(|(_, state)| state);
        if is_empty && state != Some(VisitState::Cancelled) {
            visits::name_further(work.tx, visit.id, source, &pushed.source_visit_id, &work.stamp)?;
            return Ok(visit);
        }
    }
    let id = VisitId::new();
    let new = NewVisit {
        id,
        patient_id: patient,
        reference: id.to_string(),
        date: day,
        source: source.to_owned(),
        source_visit_id: pushed.source_visit_id.clone(),
    };
    let (visit, _) = visits::record(work.tx, &new, VisitState::AwaitingPayment, &work.stamp)?;
    Ok(visit)
}

fn content(
    work: &mut Work<'_, '_>,
    pushed: &PushedVisit,
    visit: &NewVisit,
    section: Section<'_>,
) -> Result<Visit, Problem> {
    let set_id = match &pushed.coverage_set_number {
        Some(number) => number.clone(),
        None => usual_set(work, visit)?,
    };
    let around = Surroundings {
        reference: visit.reference.clone(),
        set_id,
        is_known_patient: visits::has_earlier(work.tx, visit.patient_id, visit.date)?,
        section: &|code| section(code, pushed.visit_date),
    };
    push::visit(pushed, &around).map_err(|wrong| {
        let mut problem = Problem::new(ProblemCode::Invalid);
        problem.errors = wrong
            .into_iter()
            .map(|(pointer, code, message)| FieldError { pointer, code: code.to_owned(), message })
            .collect();
        problem
    })
}

/// The payer set of the patient's last visit when all its payers hold on the day, else the first that does.
/// None holds: an empty one, which puts the visit on hold.
pub(crate) fn usual_set(work: &mut Work<'_, '_>, visit: &NewVisit) -> Result<String, Problem> {
    let patient = visit.patient_id;
    let coverages = coverages::held_on(work.tx, patient, visit.date)?;
    let subsidies = subsidies::current(work.tx, &[patient])?;
    let holds = |set: &calculation::PayerSet| {
        let has_coverage =
            set.coverage_id.as_ref().is_none_or(|id| coverages.iter().any(|coverage| coverage.reference == *id));
        let has_subsidies = set.subsidy_ids.iter().all(|id| {
            subsidies.iter().any(|subsidy| {
                let held = &subsidy.value;
                subsidy.reference == *id
                    && held.valid_from <= visit.date
                    && held.valid_to.is_none_or(|last| visit.date <= last)
            })
        });
        has_coverage && has_subsidies
    };
    let sets = sets::current(work.tx, &[patient])?;
    let usable: Vec<_> = sets.into_iter().map(|set| set.value).filter(holds).collect();
    let last = orders::last_set(work.tx, patient, visit.date)?;
    let chosen = usable.iter().find(|set| Some(&set.id) == last.as_ref()).or(usable.first());
    Ok(chosen.map(|set| set.id.clone()).unwrap_or_default())
}

/// Records the content; a settled visit is not touched by an EMR.
fn deliver(
    work: &mut Work<'_, '_>,
    source: &str,
    visit: &NewVisit,
    revision: i32,
    content: Option<&Visit>,
) -> Result<Delivery, Problem> {
    let version = OrderVersion { revision, edit: 0 };
    let before = orders::current(work.tx, &[visit.id])?.pop();
    let is_newer = before.as_ref().is_none_or(|order| order.version < version);
    if is_newer && settlements::current(work.tx, &[visit.id])?.pop().is_some() {
        return Err(Problem::new(ProblemCode::VisitLocked)
            .detail("窓口で会計済みです。訂正は医事課へ連絡してください")
            .with("visitId", visit.id.to_string()));
    }
    let order = NewOrder { visit_id: visit.id, version, source: source.to_owned(), content: content.cloned() };
    let delivery = orders::deliver(work.tx, &order, &work.stamp)?;
    let action = if content.is_some() { "order.received" } else { "order.cancelled" };
    work.audit_change(
        action,
        Some(visit.patient_id),
        Some(visit.id.to_string()),
        before.map(|order| json!({ "revision": order.version.revision, "edit": order.version.edit })),
        Some(json!({ "revision": revision, "delivery": Delivered::from(delivery) })),
    );
    if delivery == Delivery::Current {
        let kind = if content.is_some() { "visit.received" } else { "visit.cancelled" };
        work.tell(kind, visit.id.to_string(), json!({ "revision": revision }));
        await_payment(work, visit, content.is_some())?;
    }
    Ok(delivery)
}

/// Content came: the examination is over. It was taken back: the visit is cancelled.
fn await_payment(work: &mut Work<'_, '_>, visit: &NewVisit, has_content: bool) -> Result<(), Problem> {
    let Some((step, state)) = visits::current_state(work.tx, visit.id)? else { return Ok(()) };
    let target = if has_content { VisitState::AwaitingPayment } else { VisitState::Cancelled };
    let is_settled = settlements::current(work.tx, &[visit.id])?.pop().is_some();
    if state != target && !is_settled && !(state == VisitState::OnHold && has_content) {
        visits::move_to(work.tx, visit.id, step, target, &work.stamp)?;
    }
    Ok(())
}

fn record_diagnoses(work: &mut Work<'_, '_>, patient: PatientId, pushed: &PushedVisit) -> Result<(), Problem> {
    if pushed.diagnoses.is_empty() {
        return Ok(());
    }
    let held = diagnoses::current(work.tx, &[patient])?;
    for pushed in &pushed.diagnoses {
        let new = pushed.to_diagnosis();
        let before = held.iter().find(|fact| fact.reference == new.id);
        if before.is_some_and(|fact| fact.value == new) {
            continue;
        }
        let base = match before {
            Some(fact) => fact.version,
            None => diagnoses::newest_version(work.tx, patient, &new.id)?,
        };
        diagnoses::record(work.tx, patient, &new.id, base, &new, &work.stamp)?;
        work.audit_change("diagnosis.recorded", Some(patient), Some(new.id.clone()), None, None);
    }
    Ok(())
}

/// Takes an EMR's visit back (取消).
///
/// # Errors
/// `not-found`, `visit-locked` when the desk has settled it, `revision-reuse`.
pub fn cancel(work: &mut Work<'_, '_>, source: &str, visit: VisitId, revision: i32) -> Result<PushAnswer, Problem> {
    let visit = find(work, visit)?;
    let delivery = deliver(work, source, &visit, revision, None)?;
    let month = month::recompute(work, visit.patient_id, visit.date.month_of())?;
    let number = number_of(work, visit.patient_id)?;
    let visit = view(work, &visit, &number, &month)?;
    Ok(PushAnswer { delivery: delivery.into(), visit })
}

/// What the desk makes of a visit's content, on top of what it saw; none = cancelled.
///
/// # Errors
/// `not-found`, `version-conflict`, `reason-missing` when the visit is settled.
pub fn edit(
    work: &mut Work<'_, '_>,
    visit: VisitId,
    base: OrderVersion,
    content: Option<&Visit>,
    reason: &str,
) -> Result<VisitView, Problem> {
    let visit = find(work, visit)?;
    let is_settled = settlements::current(work.tx, &[visit.id])?.pop().is_some();
    if is_settled {
        work.stamp = work.because(reason)?;
    }
    let content = content.map(|content| Visit { id: visit.reference.clone(), date: visit.date, ..content.clone() });
    let version = orders::edit(work.tx, visit.id, base, content.as_ref(), &work.stamp)?;
    work.audit_change(
        if is_settled { "visit.corrected" } else { "visit.edited" },
        Some(visit.patient_id),
        Some(visit.id.to_string()),
        Some(json!({ "revision": base.revision, "edit": base.edit })),
        Some(json!({ "revision": version.revision, "edit": version.edit, "isCancelled": content.is_none() })),
    );
    await_payment(work, &visit, content.is_some())?;
    let month = month::recompute(work, visit.patient_id, visit.date.month_of())?;
    let number = number_of(work, visit.patient_id)?;
    view(work, &visit, &number, &month)
}

/// A check-in (受付).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CheckIn {
    /// 患者番号.
    pub patient_number: String,
    /// 診療日; absent = today.
    #[serde(default)]
    pub date: Option<ServiceDate>,
    /// Booked for later (予約) instead of waiting.
    #[serde(default)]
    pub is_booking: bool,
    /// A further visit of the day is meant (同日再診).
    #[serde(default)]
    pub is_second_visit: bool,
}

/// Receives a patient (受付).
///
/// # Errors
/// `not-found` for the patient, `visit-duplicate` for one who is on the day's list unless a second visit is meant.
pub fn check_in(work: &mut Work<'_, '_>, new: &CheckIn) -> Result<VisitView, Problem> {
    let patient = by_number(work.tx, &new.patient_number)?;
    let date = new.date.unwrap_or(work.today);
    if !new.is_second_visit {
        for visit in visits::between(work.tx, Some(&[patient.id]), date, date)? {
            if visits::current_state(work.tx, visit.id)?.is_some_and(|(_, state)| state != VisitState::Cancelled) {
                return Err(Problem::new(ProblemCode::VisitDuplicate)
                    .detail("本日すでに受付済みです。同日再診なら isSecondVisit を指定してください")
                    .with("visitId", visit.id.to_string()));
            }
        }
    }
    let id = VisitId::new();
    let visit = NewVisit {
        id,
        patient_id: patient.id,
        reference: id.to_string(),
        date,
        source: DESK.to_owned(),
        source_visit_id: id.to_string(),
    };
    let state = if new.is_booking { VisitState::Booked } else { VisitState::Waiting };
    visits::record(work.tx, &visit, state, &work.stamp)?;
    work.audit("reception.created", Some(patient.id), Some(id.to_string()));
    work.tell("reception.created", id.to_string(), json!({ "patientNumber": patient.number, "state": state.as_str() }));
    let month = stored_month(work, &visit)?;
    view(work, &visit, &patient.number, &month)
}

/// Moves a visit along the reception list.
///
/// # Errors
/// `not-found`, `version-conflict`, `state-conflict` for states that only money or an order brings.
pub fn move_to(work: &mut Work<'_, '_>, visit: VisitId, step: i32, state: VisitState) -> Result<VisitView, Problem> {
    let visit = find(work, visit)?;
    let (_, before) = visits::current_state(work.tx, visit.id)?.ok_or(ProblemCode::NotFound)?;
    let is_early = |state: VisitState| matches!(state, VisitState::Booked | VisitState::Waiting | VisitState::InExam);
    let may_go = is_early(before) && (is_early(state) || state == VisitState::Cancelled);
    if !may_go {
        let detail = format!("{} から {} には移せません", before.as_str(), state.as_str());
        return Err(Problem::new(ProblemCode::StateConflict).detail(detail));
    }
    visits::move_to(work.tx, visit.id, step, state, &work.stamp)?;
    let (before, after) = (json!({ "state": before.as_str() }), json!({ "state": state.as_str() }));
    let subject = Some(visit.id.to_string());
    work.audit_change("reception.moved", Some(visit.patient_id), subject, Some(before), Some(after.clone()));
    work.tell("reception.updated", visit.id.to_string(), after);
    let number = number_of(work, visit.patient_id)?;
    let month = stored_month(work, &visit)?;
    view(work, &visit, &number, &month)
}

/// A visit as it stands.
///
/// # Errors
/// `not-found`.
pub fn read(work: &mut Work<'_, '_>, visit: VisitId) -> Result<VisitView, Problem> {
    let visit = find(work, visit)?;
    work.audit("visit.read", Some(visit.patient_id), Some(visit.id.to_string()));
    let number = number_of(work, visit.patient_id)?;
    let month = stored_month(work, &visit)?;
    view(work, &visit, &number, &month)
}

/// Points and charge of a push, stored nowhere (仮計算).
///
/// # Errors
/// As [`push`].
pub fn simulate(
    work: &mut Work<'_, '_>,
    pushed: &PushedVisit,
    section: Section<'_>,
) -> Result<(Option<Response>, Vec<Finding>), Problem> {
    let patient = by_number(work.tx, &pushed.patient_number)?;
    work.audit("visit.simulated", Some(patient.id), None);
    let id = VisitId::new();
    let visit = NewVisit {
        id,
        patient_id: patient.id,
        reference: id.to_string(),
        date: pushed.visit_date,
        source: "simulation".to_owned(),
        source_visit_id: id.to_string(),
    };
    let content = content(work, pushed, &visit, section)?;
    let month = visit.date.month_of();
    let mut documents = store::document::read_patients(work.tx, &[patient.id], month)?;
    if let Some(document) = documents.first_mut() {
        document.visits.push(content);
    }
    let (_, institution) = store::tenants::institution(work.tx)?;
    let clinic = billing::clinic::Clinic { institution, patients: documents };
    let encounters = billing::encounter::requests(&clinic, month);
    match encounters.requests.first() {
        Some(request) => Ok((Some(work.calculate(&request.request)?), encounters.findings)),
        None => Ok((None, encounters.findings)),
    }
}

/// The visit with an id.
///
/// # Errors
/// `not-found`.
pub fn find(work: &mut Work<'_, '_>, visit: VisitId) -> Result<NewVisit, Problem> {
    visits::find(work.tx, visit)?.ok_or_else(|| ProblemCode::NotFound.into())
}

/// 患者番号 of the patient of a visit.
///
/// # Errors
/// `not-found`.
pub fn patient_number(work: &mut Work<'_, '_>, visit: VisitId) -> Result<String, Problem> {
    let patient = find(work, visit)?.patient_id;
    number_of(work, patient)
}

fn number_of(work: &mut Work<'_, '_>, patient: PatientId) -> Result<String, Problem> {
    let found = patients::find(work.tx, &[patient])?.pop();
    Ok(found.ok_or(ProblemCode::NotFound)?.number)
}

/// The month as it was last computed.
pub(crate) fn stored_month(work: &mut Work<'_, '_>, visit: &NewVisit) -> Result<Month, Problem> {
    let stored = store::results::current(work.tx, &[visit.patient_id], visit.date.month_of())?.pop();
    let findings = stored.as_ref().map(|stored| stored.response.findings.clone()).unwrap_or_default();
    Ok(Month { result: stored.map(|stored| (stored.version, stored.response)), findings })
}

fn view(work: &mut Work<'_, '_>, visit: &NewVisit, number: &str, month: &Month) -> Result<VisitView, Problem> {
    let (step, state) = visits::current_state(work.tx, visit.id)?.ok_or(ProblemCode::NotFound)?;
    let order = orders::current(work.tx, &[visit.id])?.pop();
    let version = order.as_ref().map(|order| order.version).unwrap_or_default();
    let is_cancelled = order.as_ref().is_some_and(|order| order.is_cancelled);
    let settled = settlements::current(work.tx, &[visit.id])?.pop();
    Ok(VisitView {
        visit_id: visit.id,
        patient_number: number.to_owned(),
        date: visit.date,
        source_visit_id: visit.source_visit_id.clone(),
        state: state.as_str().to_owned(),
        step,
        reason: visits::current_reason(work.tx, visit.id)?,
        revision: version.revision,
        edit: version.edit,
        content: order.and_then(|order| order.content).filter(|_| !is_cancelled),
        result_version: month.result.as_ref().map(|(version, _)| *version),
        result: month.visit(visit).cloned(),
        is_provisional: month.result.as_ref().is_some_and(|(_, response)| response.provisional),
        findings: month.findings.clone(),
        settlement_version: settled.map_or(0, |settled| settled.version),
    })
}
