//! Balances (過不足): what each event moves between what is due and what was collected.
//!
//! An event is applied to the document as it was known, the months of its patients are computed again, and the
//! difference is shown as 追加請求 and 返金 of the visits. Nothing that was receipted is rewritten.

use std::collections::{BTreeMap, BTreeSet};

use calculation::{AdjustmentKind, CalculationModule};
use kernel::{ClaimMonth, Finding, Yen};
use masters::Masters;
use serde::Serialize;

use crate::claim::{PatientResult, calculate};
use crate::clinic::{Clinic, Event, in_order};
use crate::encounter;

/// Due and collected of one visit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// Due with everything known.
    pub due_yen: Yen,
    /// Collected so far.
    pub collected_yen: Yen,
    /// 追加請求 positive, 返金 negative; 0 for a visit that was not collected yet.
    pub adjustment_yen: Yen,
}

impl Balance {
    /// What the patient still owes; negative when money is to be paid back.
    pub fn open_yen(&self) -> Yen {
        self.due_yen - self.collected_yen
    }
}

/// One visit that an event moved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    /// The patient.
    pub patient_id: String,
    /// The visit.
    pub visit_id: String,
    /// Before the event; `None` for a visit that it brought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Balance>,
    /// With the facts of the event.
    pub recomputed: Balance,
    /// With its money as well.
    pub after: Balance,
}

/// What one event moved.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventBalances {
    /// The event.
    pub event_id: String,
    /// Visits whose balance it changed, or that it left open, by patient and id.
    pub moved: Vec<Moved>,
    /// What stopped a patient's month at some step.
    pub findings: Vec<Finding>,
}

/// A visit of a patient.
pub type VisitKey = (String, String);

/// Applies the events to the opening document in order of time and compares the balances around each of them.
pub fn around_events(
    module: &impl CalculationModule,
    masters: &Masters,
    opening: &Clinic,
    events: &[Event],
) -> Vec<EventBalances> {
    let mut clinic = opening.clone();
    in_order(events)
        .into_iter()
        .map(|event| {
            let mut findings = Vec::new();
            let mut known = touched(&clinic, event);
            let before = balances(module, masters, &known, &mut findings);
            // Records speak of the whole clinic, not only of the patients whose facts move.
            let facts = Event { records: Vec::new(), ..event.clone() };
            let changes = Event { payments: Vec::new(), ..facts.clone() };
            let money = Event { changes: Vec::new(), ..facts };
            known.apply(&changes, &mut findings);
            known.keep_visits_until(event.moment());
            let recomputed = balances(module, masters, &known, &mut findings);
            known.apply(&money, &mut findings);
            let after = balances(module, masters, &known, &mut findings);
            clinic.apply(event, &mut findings);
            findings.sort();
            findings.dedup();
            EventBalances { event_id: event.id.clone(), moved: moved(&before, &recomputed, &after), findings }
        })
        .collect()
}

/// The patients of an event as they were known when it happened.
fn touched(clinic: &Clinic, event: &Event) -> Clinic {
    let ids = event.patients();
    let patients = clinic.patients.iter().filter(|patient| ids.contains(&patient.id.as_str()));
    let mut known = Clinic { institution: clinic.institution.clone(), patients: patients.cloned().collect() };
    known.keep_visits_until(event.moment());
    known
}

fn moved(
    before: &BTreeMap<VisitKey, Balance>,
    recomputed: &BTreeMap<VisitKey, Balance>,
    after: &BTreeMap<VisitKey, Balance>,
) -> Vec<Moved> {
    let keys: BTreeSet<&VisitKey> = before.keys().chain(recomputed.keys()).chain(after.keys()).collect();
    let of = |key: &VisitKey| {
        let balance = |step: &BTreeMap<VisitKey, Balance>| step.get(key).copied();
        let (before, recomputed) = (balance(before), balance(recomputed).unwrap_or_default());
        let after = balance(after).unwrap_or_default();
        let is_moved = before != Some(recomputed) || recomputed != after || !after.open_yen().is_zero();
        let (patient_id, visit_id) = key.clone();
        is_moved.then_some(Moved { patient_id, visit_id, before, recomputed, after })
    };
    keys.into_iter().filter_map(of).collect()
}

/// The balance of every visit of a document, month by month; *stop* findings of months that could not be computed.
pub fn balances(
    module: &impl CalculationModule,
    masters: &Masters,
    clinic: &Clinic,
    findings: &mut Vec<Finding>,
) -> BTreeMap<VisitKey, Balance> {
    let visits = clinic.patients.iter().flat_map(|patient| &patient.visits);
    let months: BTreeSet<ClaimMonth> = visits.map(|visit| visit.date.month_of()).collect();
    let mut balances = BTreeMap::new();
    for month in months {
        let calculated = calculate(module, encounter::requests(clinic, month).with_programmes(masters));
        let is_real = |finding: &Finding| finding.is_stop() && finding.code != crate::code::MONTH_EMPTY;
        findings.extend(calculated.findings.into_iter().filter(is_real));
        calculated.results.iter().for_each(|result| of_patient(result, &mut balances));
    }
    balances
}

fn of_patient(result: &PatientResult, balances: &mut BTreeMap<VisitKey, Balance>) {
    let key = |visit: &str| (result.patient_id.clone(), visit.to_owned());
    for visit in &result.response.visits {
        let Some(charge) = &visit.charge else { continue };
        let balance = Balance { due_yen: charge.due_yen, collected_yen: charge.collected_yen, ..Balance::default() };
        balances.insert(key(&visit.visit_id), balance);
    }
    for adjustment in result.response.month_charge.iter().flat_map(|month| &month.adjustments) {
        let signed = match adjustment.kind {
            AdjustmentKind::Additional => adjustment.yen,
            AdjustmentKind::Refund => -adjustment.yen,
        };
        // A cancelled visit has no charge any more: all that was collected for it is paid back.
        let cancelled = Balance { collected_yen: -signed, ..Balance::default() };
        balances.entry(key(&adjustment.visit_id)).or_insert(cancelled).adjustment_yen = signed;
    }
}
