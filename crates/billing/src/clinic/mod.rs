//! The clinic document: an institution with its patients and visits, as files and pages carry it.
//!
//! Types of the contract calc/1 are used wherever they are the same. Unknown fields are refused.

mod event;
mod institution;
mod patient;
mod personal;
mod visit;

use std::collections::HashMap;

use kernel::Finding;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use event::in_order;
pub use event::{Change, EligibilityAnswer, Event, Moment, Payment, Record};
pub use institution::Institution;
pub use patient::{Coverage, Diagnosis, Narrative, Patient, ReceiptComment, ReceiptNote, Reclaim};
pub use personal::Personal;
pub use visit::{Visit, VisitStatus};

/// Patients of one document at most.
pub const PATIENTS_MAX: usize = 100_000;

/// A clinic (one institution) with its patients.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Clinic {
    /// The institution.
    pub institution: Institution,
    /// The patients, in any order.
    #[serde(default)]
    pub patients: Vec<Patient>,
}

/// Visits of one patient in a file of their own.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PatientVisits {
    /// The patient.
    pub patient_id: String,
    /// The visits.
    pub visits: Vec<Visit>,
}

impl Clinic {
    /// The document of several files: `clinic.json`, one file per patient, further files with visits.
    ///
    /// Visits of a patient nobody carries are reported (`reference-unknown`) and left out.
    pub fn merge(mut self, patients: Vec<Patient>, visits: Vec<PatientVisits>) -> (Self, Vec<Finding>) {
        self.patients.extend(patients);
        let mut findings = Vec::new();
        let mut by_id: HashMap<String, &mut Patient> =
            self.patients.iter_mut().map(|patient| (patient.id.clone(), patient)).collect();
        for file in visits {
            match by_id.get_mut(&file.patient_id) {
                Some(patient) => patient.visits.extend(file.visits),
                None => findings.push(Finding::stop(
                    crate::code::REFERENCE_UNKNOWN,
                    format!("patients/{}", file.patient_id),
                    format!("{} visits name a patient that no file carries", file.visits.len()),
                )),
            }
        }
        drop(by_id);
        (self, findings)
    }
}

/// JSON Schema of the clinic document, as `schemas/clinic.schema.json` holds it.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Clinic)
}

/// JSON Schema of an event, as `schemas/clinic-event.schema.json` holds it.
pub fn event_schema() -> schemars::Schema {
    schemars::schema_for!(Event)
}
