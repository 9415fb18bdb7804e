//! The requests of a month through a calculation module.

use calculation::CalculationModule;
use kernel::Finding;

use super::PatientResult;
use crate::code;
use crate::encounter::Encounters;

/// The calculated month of a clinic.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Calculated {
    /// One result per request that was answered.
    pub results: Vec<PatientResult>,
    /// Patients stopped by their document or refused by the module, by id.
    pub refused: Vec<String>,
    /// Findings of the document, and one for each refusal.
    pub findings: Vec<Finding>,
}

/// Calculates every request. What the module refuses becomes a *stop* finding of the patient.
pub fn calculate(module: &impl CalculationModule, encounters: Encounters) -> Calculated {
    let mut calculated = Calculated { results: Vec::new(), refused: encounters.refused, findings: encounters.findings };
    for patient in encounters.requests {
        match module.calculate(&patient.request) {
            Ok(response) => calculated.results.push(PatientResult { patient_id: patient.patient_id, response }),
            Err(problem) => {
                let place = format!("patients/{}", patient.patient_id);
                calculated.findings.push(Finding::stop(code::CALCULATION_REFUSED, place, problem.to_string()));
                calculated.refused.push(patient.patient_id);
            }
        }
    }
    calculated.refused.sort();
    calculated
}
