//! Encounters of a month to calculation requests: one per patient.
//!
//! Acts are taken as they were ordered, ungrouped and without 診療識別; the calculation derives both.
//! Everything that contradicts itself is reported; a patient with a *stop* finding gets no request.

mod check;
pub mod history;
mod order;

use std::collections::{BTreeMap, BTreeSet};

use calculation::{Collected, Options, PatientFact, Request};
use kernel::{ClaimMonth, Finding};
use sha2::{Digest, Sha256};

use crate::clinic::{Clinic, Institution, Patient, ReceiptNote, Visit};

pub use order::{DAYS_PER_ORDER_MAX, TIMES_MAX};

/// The requests of a month.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Encounters {
    /// One request per patient with visits, by patient id.
    pub requests: Vec<PatientRequest>,
    /// Patients with visits whose document stops them, by id.
    pub refused: Vec<String>,
    /// What a person must know, sorted.
    pub findings: Vec<Finding>,
}

/// The request of one patient's month.
#[derive(Clone, PartialEq, Debug)]
pub struct PatientRequest {
    /// The patient.
    pub patient_id: String,
    /// The request.
    pub request: Request,
}

/// Makes the requests of a month. The order of patients, visits and orders in the document does not matter.
pub fn requests(clinic: &Clinic, month: ClaimMonth) -> Encounters {
    let mut patients: Vec<&Patient> = clinic.patients.iter().collect();
    patients.sort_by(|a, b| a.id.cmp(&b.id));
    let mut encounters = Encounters { findings: check::clinic(clinic, &patients), ..Encounters::default() };
    let is_whole_refused = encounters.findings.iter().any(Finding::is_stop);
    for patient in patients {
        let visits = visits_of(patient, month);
        let findings = check::patient(patient, month, &visits);
        let is_refused = is_whole_refused || findings.iter().any(Finding::is_stop);
        encounters.findings.extend(findings);
        if visits.is_empty() && cancelled_visits(patient, month).next().is_none() {
            continue;
        }
        if is_refused {
            encounters.refused.push(patient.id.clone());
        } else {
            let request = request(&clinic.institution, patient, month, &visits);
            encounters.requests.push(PatientRequest { patient_id: patient.id.clone(), request });
        }
    }
    if encounters.requests.is_empty() && encounters.refused.is_empty() {
        encounters.findings.push(Finding::stop(crate::code::MONTH_EMPTY, "patients", format!("no visit in {month}")));
    }
    encounters.findings.sort();
    encounters.findings.dedup();
    encounters
}

/// The requests of a month with those of earlier months that are claimed with it (月遅れ, 再請求): months of care whose
/// receipt notes name `month + 1` as their month of claiming.
pub fn requests_with_late(clinic: &Clinic, month: ClaimMonth) -> Encounters {
    let mut encounters = requests(clinic, month);
    let claim_month = month.plus_months(1);
    let mut late: BTreeMap<ClaimMonth, Vec<Patient>> = BTreeMap::new();
    for patient in &clinic.patients {
        let is_late = |note: &&ReceiptNote| note.claim_in == Some(claim_month) && note.month != month;
        let months: BTreeSet<ClaimMonth> =
            patient.receipt_notes.iter().filter(is_late).map(|note| note.month).collect();
        for month in months {
            late.entry(month).or_default().push(patient.clone());
        }
    }
    for (month, patients) in late {
        let institution = clinic.institution.clone();
        let earlier = requests(&Clinic { institution, patients }, month);
        encounters.requests.extend(earlier.requests);
        encounters.refused.extend(earlier.refused);
        encounters.findings.extend(earlier.findings.into_iter().filter(|f| f.code != crate::code::VISIT_OUTSIDE_MONTH));
    }
    encounters.refused.sort();
    encounters.refused.dedup();
    encounters.findings.sort();
    encounters.findings.dedup();
    encounters
}

/// The visits of a month that are not cancelled, in the order of time.
fn visits_of(patient: &Patient, month: ClaimMonth) -> Vec<&Visit> {
    let mut visits: Vec<&Visit> =
        patient.visits.iter().filter(|visit| visit.is_active() && visit.date.month_of() == month).collect();
    visits.sort_by(|a, b| (a.date, a.started_at, &a.id).cmp(&(b.date, b.started_at, &b.id)));
    visits
}

/// Cancelled visits of a month for which the patient paid: the money is paid back.
fn cancelled_visits(patient: &Patient, month: ClaimMonth) -> impl Iterator<Item = &Visit> {
    let of_month = patient.visits.iter().filter(move |visit| !visit.is_active() && visit.date.month_of() == month);
    of_month.filter(|visit| visit.collected_yen.is_some())
}

fn request(institution: &Institution, patient: &Patient, month: ClaimMonth, visits: &[&Visit]) -> Request {
    let mut request = Request {
        request_id: request_id(institution, patient, month),
        month,
        revision: 1,
        master_release: None,
        institution: institution.for_calculation(),
        patient: calculation::Patient {
            reference: patient.id.clone(),
            birth_date: patient.birth_date,
            sex: patient.sex,
            facts: patient.facts.iter().filter(|fact| holds_in(fact, month)).cloned().collect(),
        },
        coverages: patient.coverages.iter().map(crate::clinic::Coverage::for_calculation).collect(),
        subsidies: patient.subsidies.clone(),
        limits: patient.limits.clone(),
        specific_diseases: patient.specific_diseases.clone(),
        sets: patient.sets.clone(),
        diagnoses: diagnoses(patient, month),
        visits: visits.iter().map(|visit| visit.for_calculation()).collect(),
        history: patient.history.clone(),
        collected: visits.iter().copied().chain(cancelled_visits(patient, month)).filter_map(collected).collect(),
        options: Options { claim_switches: institution.switches(month), ..Options::default() },
    };
    request.sort();
    request
}

fn holds_in(fact: &PatientFact, month: ClaimMonth) -> bool {
    fact.from <= month.last_day() && fact.to.is_none_or(|last| month.first_day() <= last)
}

fn diagnoses(patient: &Patient, month: ClaimMonth) -> Vec<calculation::Diagnosis> {
    let active = patient.diagnoses.iter().filter(|d| d.is_active(month.first_day(), month.last_day()));
    active.map(crate::clinic::Diagnosis::for_calculation).collect()
}

fn collected(visit: &Visit) -> Option<Collected> {
    visit.collected_yen.map(|yen| Collected {
        visit_id: visit.id.clone(),
        yen,
        result_id: None,
        is_cancelled: !visit.is_active(),
    })
}

/// A UUID made of the institution, the patient and the month: the same month has the same id in any process.
/// Source: RFC 9562 section 5.8 (version 8, custom).
fn request_id(institution: &Institution, patient: &Patient, month: ClaimMonth) -> String {
    let name = format!("calc/1\n{}\n{}\n{month}", institution.code, patient.id);
    let digest = Sha256::digest(name.as_bytes());
    let mut hex = String::with_capacity(32);
    for (place, byte) in digest.iter().take(16).enumerate() {
        let byte = match place {
            6 => (byte & 0x0f) | 0x80,
            8 => (byte & 0x3f) | 0x80,
            _ => *byte,
        };
        hex.push_str(&format!("{byte:02x}"));
    }
    for place in [20, 16, 12, 8] {
        hex.insert(place, '-');
    }
    hex
}
