//! Clinic documents into the database, and a month back out of it: the calculation gets the same request.

use std::collections::{BTreeMap, HashMap};

use billing::clinic::{Clinic, Patient, Visit, VisitStatus};
use billing::encounter::{self, PatientRequest, history};
use kernel::{ClaimMonth, Yen};

use crate::facts::{Fact, NewFact, PATIENTS_PER_READ};
use crate::orders::{self, OrderVersion};
use crate::patients::{self, NewPatient, Profile};
use crate::payers::{coverages, limits, sets, specific_diseases, subsidies};
use crate::payments::{self, Allocation, Method, NewPayment};
use crate::settlements::{self, Amounts, NewSettlement};
use crate::visits::{self, DESK, NewVisit, VisitState};
use crate::{
    EntryId, PatientId, PaymentId, Stamp, StoreError, TenantTx, VisitId, diagnoses, receipt_notes, results, tenants,
};

/// Earlier months a calculation hears of: the longest reach of a fee's limit.
const HISTORY_MONTHS: i32 = 36;

/// What was loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Loaded {
    /// Patients.
    pub patients: usize,
    /// Visits, cancelled ones too.
    pub visits: usize,
}

/// Loads a clinic into the tenant of this transaction, which must be registered.
///
/// # Errors
/// `Duplicate` when a patient is there already, `Conflict` when an institution is recorded already.
pub fn load(tx: &mut TenantTx<'_>, clinic: &Clinic, stamp: &Stamp) -> Result<Loaded, StoreError> {
    tenants::record_institution(tx, 0, &clinic.institution, stamp)?;
    load_patients(tx, &clinic.patients, stamp)
}

/// Loads patients with everything the document has of them.
///
/// What a visit of the document was paid becomes a settlement of that amount and a payment in cash.
///
/// # Errors
/// `Duplicate` when a patient is there already.
pub fn load_patients(tx: &mut TenantTx<'_>, documents: &[Patient], stamp: &Stamp) -> Result<Loaded, StoreError> {
    let known: Vec<(PatientId, &Patient)> = documents.iter().map(|patient| (PatientId::new(), patient)).collect();
    let anchors: Vec<_> = known.iter().map(|(id, patient)| (anchor(*id, patient), profile(patient))).collect();
    patients::insert(tx, &anchors, stamp)?;
    load_payers(tx, &known, stamp)?;
    diagnoses::insert(tx, &facts(&known, |patient| &patient.diagnoses, |_, fact| fact.id.clone()), stamp)?;
    let note_ref = |place: usize, note: &billing::clinic::ReceiptNote| format!("{}-{}", note.month, place + 1);
    receipt_notes::insert(tx, &facts(&known, |patient| &patient.receipt_notes, note_ref), stamp)?;
    let mut loaded = Loaded { patients: known.len(), visits: 0 };
    for (id, patient) in known {
        patients::record_history(tx, id, 0, &patient.history, stamp)?;
        for visit in &patient.visits {
            load_visit(tx, id, visit, stamp)?;
            loaded.visits += 1;
        }
    }
    Ok(loaded)
}

fn load_payers(tx: &mut TenantTx<'_>, known: &[(PatientId, &Patient)], stamp: &Stamp) -> Result<(), StoreError> {
    coverages::insert(tx, &facts(known, |patient| &patient.coverages, |_, fact| fact.id.clone()), stamp)?;
    subsidies::insert(tx, &facts(known, |patient| &patient.subsidies, |_, fact| fact.id.clone()), stamp)?;
    limits::insert(tx, &facts(known, |patient| &patient.limits, |place, _| format!("L{:03}", place + 1)), stamp)?;
    let diseases = facts(known, |patient| &patient.specific_diseases, |place, _| format!("D{:03}", place + 1));
    specific_diseases::insert(tx, &diseases, stamp)?;
    sets::insert(tx, &facts(known, |patient| &patient.sets, |_, fact| fact.id.clone()), stamp)
}

/// Facts of all patients, named by their own id or their place.
fn facts<T: Clone>(
    known: &[(PatientId, &Patient)],
    of: impl Fn(&Patient) -> &Vec<T>,
    reference: impl Fn(usize, &T) -> String,
) -> Vec<NewFact<T>> {
    let fact = |patient_id: PatientId, place: usize, value: &T| NewFact {
        patient_id,
        reference: reference(place, value),
        value: value.clone(),
    };
    let mut all = Vec::new();
    for (id, patient) in known {
        all.extend(of(patient).iter().enumerate().map(|(place, value)| fact(*id, place, value)));
    }
    all
}

fn anchor(id: PatientId, patient: &Patient) -> NewPatient {
    NewPatient { id, reference: patient.id.clone(), number: patient.number.clone() }
}

fn profile(patient: &Patient) -> Profile {
    Profile {
        name: patient.name.clone(),
        kana: patient.kana.clone(),
        birth_date: patient.birth_date,
        sex: patient.sex,
        address: patient.address.clone(),
        phone: patient.phone.clone(),
        allergies: patient.allergies.clone(),
        declines_statement: patient.declines_statement,
        facts: patient.facts.clone(),
    }
}

fn load_visit(tx: &mut TenantTx<'_>, patient: PatientId, visit: &Visit, stamp: &Stamp) -> Result<(), StoreError> {
    let id = VisitId::new();
    let new = NewVisit {
        id,
        patient_id: patient,
        reference: visit.id.clone(),
        date: visit.date,
        source: DESK.to_owned(),
        source_visit_id: id.to_string(),
    };
    let state = match (visit.status, visit.collected_yen) {
        (VisitStatus::Cancelled, _) => VisitState::Cancelled,
        (VisitStatus::Active, None) => VisitState::AwaitingPayment,
        (VisitStatus::Active, Some(_)) => VisitState::Paid,
    };
    visits::record(tx, &new, state, stamp)?;
    let base = orders::edit(tx, id, OrderVersion::default(), Some(visit), stamp)?;
    if visit.status == VisitStatus::Cancelled {
        orders::edit(tx, id, base, None, stamp)?;
    }
    match visit.collected_yen {
        Some(yen) => load_payment(tx, &new, yen, stamp),
        None => Ok(()),
    }
}

fn load_payment(tx: &mut TenantTx<'_>, visit: &NewVisit, yen: Yen, stamp: &Stamp) -> Result<(), StoreError> {
    let settlement = NewSettlement {
        visit_id: visit.id,
        patient_id: visit.patient_id,
        month: visit.date.month_of(),
        result_version: None,
        amounts: Amounts { window: yen, ..Amounts::default() },
        entry_id: EntryId::new(),
        settled_on: visit.date,
    };
    settlements::record(tx, 0, &settlement, stamp)?;
    if yen.is_zero() {
        return Ok(());
    }
    let payment = NewPayment {
        id: PaymentId::new(),
        entry_id: EntryId::new(),
        patient_id: visit.patient_id,
        method: Method::Cash,
        paid_on: visit.date,
        allocations: vec![Allocation { visit_id: Some(visit.id), yen }],
        terminal_reference: None,
    };
    payments::record(tx, &payment, stamp)
}

/// The clinic of a month: the institution, and every patient with a visit in the month.
///
/// # Errors
/// `NotFound` without an institution, `Content` for a row that is not of its form.
pub fn clinic(tx: &mut TenantTx<'_>, month: ClaimMonth) -> Result<Clinic, StoreError> {
    let visits = visits::between(tx, None, month.first_day(), month.last_day())?;
    let mut ids: Vec<PatientId> = visits.iter().map(|visit| visit.patient_id).collect();
    ids.sort();
    ids.dedup();
    let (_, institution) = tenants::institution(tx)?;
    let mut patients = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(PATIENTS_PER_READ) {
        patients.extend(read_patients(tx, chunk, month)?);
    }
    patients.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Clinic { institution, patients })
}

/// The calculation's request of one patient's month; none when no visit is to be charged or a finding stops it.
///
/// # Errors
/// As [`clinic`].
pub fn request(
    tx: &mut TenantTx<'_>,
    patient: PatientId,
    month: ClaimMonth,
) -> Result<(Option<PatientRequest>, Vec<kernel::Finding>), StoreError> {
    let (_, institution) = tenants::institution(tx)?;
    let patients = read_patients(tx, &[patient], month)?;
    let encounters = encounter::requests(&Clinic { institution, patients }, month);
    Ok((encounters.requests.into_iter().next(), encounters.findings))
}

/// Patients as documents with the visits of a month, in one read per table.
///
/// # Errors
/// `Bound` above the patients of one read, `Content` for a row that is not of its form.
pub fn read_patients(tx: &mut TenantTx<'_>, ids: &[PatientId], month: ClaimMonth) -> Result<Vec<Patient>, StoreError> {
    let mut coverages = grouped(coverages::current(tx, ids)?);
    let mut subsidies = grouped(subsidies::current(tx, ids)?);
    let mut limits = grouped(limits::current(tx, ids)?);
    let mut diseases = grouped(specific_diseases::current(tx, ids)?);
    let mut sets = grouped(sets::current(tx, ids)?);
    let mut diagnoses = grouped(diagnoses::current(tx, ids)?);
    let mut notes = grouped(receipt_notes::current(tx, ids)?);
    let mut histories: HashMap<_, _> = patients::histories(tx, ids)?.into_iter().collect();
    for (patient, earlier) in results::histories(tx, ids, month, HISTORY_MONTHS)? {
        let imported = histories.remove(&patient).unwrap_or_default();
        histories.insert(patient, history::join(&imported, &earlier));
    }
    let mut visits = read_visits(tx, ids, month)?;
    let documents = patients::find(tx, ids)?.into_iter().map(|patient| Patient {
        id: patient.reference,
        number: patient.number,
        name: patient.profile.name,
        kana: patient.profile.kana,
        birth_date: patient.profile.birth_date,
        sex: patient.profile.sex,
        address: patient.profile.address,
        phone: patient.profile.phone,
        allergies: patient.profile.allergies,
        declines_statement: patient.profile.declines_statement,
        facts: patient.profile.facts,
        coverages: coverages.remove(&patient.id).unwrap_or_default(),
        subsidies: subsidies.remove(&patient.id).unwrap_or_default(),
        limits: limits.remove(&patient.id).unwrap_or_default(),
        specific_diseases: diseases.remove(&patient.id).unwrap_or_default(),
        sets: sets.remove(&patient.id).unwrap_or_default(),
        diagnoses: diagnoses.remove(&patient.id).unwrap_or_default(),
        history: histories.remove(&patient.id).unwrap_or_default(),
        visits: visits.remove(&patient.id).unwrap_or_default(),
        receipt_notes: notes.remove(&patient.id).unwrap_or_default(),
    });
    Ok(documents.collect())
}

fn grouped<T>(facts: Vec<Fact<T>>) -> HashMap<PatientId, Vec<T>> {
    let mut by_patient: HashMap<PatientId, Vec<T>> = HashMap::new();
    for fact in facts {
        by_patient.entry(fact.patient_id).or_default().push(fact.value);
    }
    by_patient
}

fn read_visits(
    tx: &mut TenantTx<'_>,
    ids: &[PatientId],
    month: ClaimMonth,
) -> Result<HashMap<PatientId, Vec<Visit>>, StoreError> {
    let visits = visits::between(tx, Some(ids), month.first_day(), month.last_day())?;
    let mut by_patient: HashMap<PatientId, Vec<Visit>> = HashMap::new();
    for chunk in visits.chunks(orders::VISITS_PER_READ) {
        let visit_ids: Vec<VisitId> = chunk.iter().map(|visit| visit.id).collect();
        let paid: HashMap<VisitId, Yen> = payments::collected(tx, &visit_ids)?.into_iter().collect();
        let settled: Vec<VisitId> =
            settlements::current(tx, &visit_ids)?.into_iter().map(|settlement| settlement.visit_id).collect();
        let mut orders: BTreeMap<VisitId, orders::Order> =
            orders::current(tx, &visit_ids)?.into_iter().map(|order| (order.visit_id, order)).collect();
        for visit in chunk {
            let order = orders.remove(&visit.id);
            let is_cancelled = order.as_ref().is_some_and(|order| order.is_cancelled);
            let Some(content) = order.and_then(|order| order.content) else { continue };
            let paid = paid.get(&visit.id).copied();
            let is_settled = settled.binary_search(&visit.id).is_ok();
            by_patient.entry(visit.patient_id).or_default().push(Visit {
                id: visit.reference.clone(),
                date: visit.date,
                status: if is_cancelled { VisitStatus::Cancelled } else { VisitStatus::Active },
                collected_yen: paid.or(is_settled.then_some(Yen::ZERO)),
                ..content
            });
        }
    }
    Ok(by_patient)
}
