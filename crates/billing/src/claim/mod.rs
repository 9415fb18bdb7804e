//! Claims (レセプト) of a month: results of the calculation to the two claim files.
//!
//! Source: 記録条件仕様(医科用); 診療報酬請求書等の記載要領等について. Pure: writing the files is the caller's.

mod calculate;
mod check;
mod diagnosis;
mod file;
mod header;
mod lines;
mod name;
mod receipt;
mod summary;

use std::collections::HashMap;

use calculation::Response;
use kernel::{ClaimMonth, Finding, ReviewBody};
use masters::Masters;

use crate::clinic::{Clinic, Patient};
use crate::code;

pub use calculate::{Calculated, calculate};
pub use lines::{DAY_COUNT_MAX, PAIRED_COMMENT_CHARACTERS_MAX, PAIRED_COMMENTS_MAX};
pub use receipt::Claim;
pub use summary::{
    FileSummary, FindingCounts, HeldReceipt, MastersUsed, OtherPayerTotals, OtherPayers, Summary, TypeTotals,
    WindowTotals,
};

/// Everything the claims of a month are made of.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The clinic document.
    pub clinic: &'a Clinic,
    /// Month of claiming (請求年月), usually the month after the month of care.
    pub claim_month: ClaimMonth,
    /// Results, at most one per patient and month of care (those of earlier months make late claims, 月遅れ), the
    /// patients without result, and what was found before.
    pub calculated: &'a Calculated,
    /// Names and flags of codes.
    pub masters: &'a Masters,
    /// Leave out receipts with a *stop* finding instead of refusing their whole file.
    pub hold: bool,
}

/// The calculated month of one patient.
#[derive(Clone, PartialEq, Debug)]
pub struct PatientResult {
    /// The patient.
    pub patient_id: String,
    /// The result.
    pub response: Response,
}

/// The claims of a month.
#[derive(Clone, PartialEq, Debug)]
pub struct Claims {
    /// 社保 (支払基金), then 国保 (国保連).
    pub files: [BodyFile; 2],
    /// Every receipt of the month in file order, held ones too.
    pub claims: Vec<Claim>,
    /// What a person must know, sorted.
    pub findings: Vec<Finding>,
    /// Counts and totals.
    pub summary: Summary,
}

/// The file of one review body.
#[derive(Clone, PartialEq, Debug)]
pub struct BodyFile {
    /// 審査支払機関.
    pub body: ReviewBody,
    /// Whether the file may go out.
    pub state: FileState,
    /// RECEIPTC.UKE, Shift_JIS; empty unless ready.
    pub bytes: Vec<u8>,
}

/// Whether a file may go out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FileState {
    /// It may.
    Ready,
    /// There is nothing to claim.
    Empty,
    /// A *stop* finding refuses it.
    Refused,
}

/// Makes the claims of a month. Same input, same receipts, in whatever order patients and results come.
pub fn build(input: &Input<'_>) -> Claims {
    let patients: HashMap<&str, &Patient> =
        input.clinic.patients.iter().map(|patient| (patient.id.as_str(), patient)).collect();
    let mut findings = input.calculated.findings.clone();
    let mut claims = Vec::new();
    for result in in_order(&input.calculated.results) {
        match patients.get(result.patient_id.as_str()) {
            Some(patient) => claims.extend(receipt::claims(input, patient, &result.response, &mut findings)),
            None => findings.push(Finding::stop(
                code::RESULT_MISSING,
                format!("patients/{}", result.patient_id),
                "the result belongs to no patient of the document",
            )),
        }
    }
    claims.retain(|claim| claim.claim_month.is_none_or(|month| month == input.claim_month));
    // A *stop* finding that belongs to no receipt: nobody knows which file it touches.
    let is_all_refused = !input.hold && (!input.calculated.refused.is_empty() || findings.iter().any(Finding::is_stop));
    claims.sort_by(|a, b| a.order().cmp(&b.order()));
    receipt::make_keys_unique(&mut claims);
    let bodies = [ReviewBody::PaymentFund, ReviewBody::Kokuhoren];
    let files = bodies.map(|body| file::write(input, body, &mut claims, is_all_refused, &mut findings));
    findings.extend(claims.iter().flat_map(|claim| claim.findings.iter().cloned()));
    summary::derived_basis(&input.calculated.results, &mut findings);
    findings.sort();
    findings.dedup();
    let summary = summary::summary(input, &files, &claims, &findings);
    Claims { files, claims, findings, summary }
}

fn in_order(results: &[PatientResult]) -> Vec<&PatientResult> {
    let mut ordered: Vec<&PatientResult> = results.iter().collect();
    ordered.sort_by(|a, b| (&a.patient_id, a.response.month).cmp(&(&b.patient_id, b.response.month)));
    ordered
}
