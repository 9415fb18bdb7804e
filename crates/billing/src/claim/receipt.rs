//! One レセプト: a hint of the calculation, the patient's document and the charged lines, as `uke` records.

use std::cmp::Ordering;

use calculation::{ClaimHint, OrderResult, Outcome, Response, SetClass};
use kernel::{ClaimMonth, Finding, Points, ReviewBody, Severity};
use uke::Burden;

use super::{Input, check, diagnosis, header, lines};
use crate::clinic::{Coverage, Patient, ReceiptNote};
use crate::code;

/// A レセプト with what a person must know of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Claim {
    /// Stable key, RE field 21: カルテ番号, month of care, payer number.
    pub key: String,
    /// The patient.
    pub patient_id: String,
    /// カルテ番号.
    pub patient_number: String,
    /// Month of care.
    pub month: ClaimMonth,
    /// Where it goes.
    pub body: ReviewBody,
    /// The coverage; `None` for 公費単独.
    pub coverage_id: Option<String>,
    /// The receipt.
    pub receipt: uke::Receipt,
    /// Month of claiming, when notes of the patient's month name one for this receipt or another.
    pub claim_month: Option<ClaimMonth>,
    /// Why a clerk holds it back.
    pub held: Option<String>,
    /// What a person must know.
    pub findings: Vec<Finding>,
}

impl Claim {
    /// True when a finding stops it.
    pub fn is_stopped(&self) -> bool {
        self.findings.iter().any(Finding::is_stop)
    }

    /// True when it is not in its file although the file goes out.
    pub(super) fn is_left_out(&self, hold: bool) -> bool {
        self.held.is_some() || (hold && self.is_stopped())
    }

    /// Where findings of the receipt are.
    pub(super) fn place(&self) -> String {
        format!("patients/{}/receipts/{}", self.patient_id, self.key)
    }

    /// Σ points of the receipt.
    pub fn points(&self) -> Points {
        self.receipt.total_points().unwrap_or_default()
    }

    /// Order in the file: month of care, カルテ番号 (shorter first, so that numbers count), key.
    pub(super) fn order(&self) -> impl Ord + '_ {
        (self.month, self.patient_number.len(), &self.patient_number, &self.key, &self.coverage_id)
    }
}

/// Two coverages of one insurer (本人 and 家族 in one month) give one key; the later ones get a number.
pub(super) fn make_keys_unique(claims: &mut [Claim]) {
    let mut last = String::new();
    let mut serial = 1;
    for claim in claims {
        serial = if claim.key == last { serial + 1 } else { 1 };
        last.clone_from(&claim.key);
        if serial > 1 {
            claim.key = format!("{}-{serial}", claim.key);
            claim.receipt.re.claim_information = claim.key.as_str().into();
        }
    }
}

/// One receipt with everything it is made of.
pub(super) struct Source<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) patient: &'a Patient,
    pub(super) response: &'a Response,
    pub(super) hint: &'a ClaimHint,
    pub(super) coverage: Option<&'a Coverage>,
    /// 負担区分 of each payer set of the receipt.
    pub(super) sets: Vec<(&'a str, Burden)>,
    pub(super) notes: Vec<&'a ReceiptNote>,
    pub(super) key: String,
    pub(super) place: String,
}

/// The receipts of one patient's month.
pub(super) fn claims(
    input: &Input<'_>,
    patient: &Patient,
    response: &Response,
    findings: &mut Vec<Finding>,
) -> Vec<Claim> {
    let place = format!("patients/{}", patient.id);
    let month_findings = month_findings(patient, response, &place);
    let mut claims: Vec<Claim> =
        response.claims.iter().map(|hint| claim(&source(input, patient, response, hint, &place))).collect();
    claims.sort_by(|a, b| by_start(patient, a, b));
    let lost = check::lost_lines(patient, response, &place);
    if claims.is_empty() {
        findings.extend(month_findings);
        findings.extend(lost);
    } else {
        for claim in &mut claims {
            claim.findings.extend(month_findings.iter().chain(&lost).cloned());
        }
    }
    claims
}

fn by_start(patient: &Patient, a: &Claim, b: &Claim) -> Ordering {
    let start = |claim: &Claim| {
        let coverage = patient.coverages.iter().find(|c| claim.coverage_id.as_ref() == Some(&c.id));
        coverage.map(|coverage| (coverage.valid_from, coverage.id.clone()))
    };
    start(a).cmp(&start(b)).then_with(|| a.key.cmp(&b.key))
}

/// What the calculation found, and what became of orders that are not charged.
fn month_findings(patient: &Patient, response: &Response, place: &str) -> Vec<Finding> {
    let within = |finding: &Finding| {
        let mut finding = finding.clone();
        if !finding.place.starts_with("patients/") {
            finding.place =
                if finding.place.is_empty() { place.to_owned() } else { format!("{place}/{}", finding.place) };
        }
        finding
    };
    let mut findings: Vec<Finding> = response.findings.iter().map(within).collect();
    for visit in &response.visits {
        for order in &visit.orders {
            let number =
                patient.visits.iter().find(|v| v.id == visit.visit_id).and_then(|document| {
                    document.orders.iter().find(|o| o.id == order.order_id).map(|o| o.no.to_string())
                });
            let number = number.unwrap_or_else(|| order.order_id.clone());
            let place = format!("{place}/visits/{}/orders/{number}", visit.visit_id);
            findings.extend(order_finding(order, place));
        }
    }
    findings
}

fn order_finding(order: &OrderResult, place: String) -> Option<Finding> {
    let code = match order.outcome {
        Outcome::NeedsConfirmation => code::ORDER_WAITS,
        Outcome::Rejected => code::ORDER_REJECTED,
        Outcome::Accepted | Outcome::Replaced | Outcome::Included => return None,
    };
    let questions = order.conditions.iter().map(|condition| condition.question.as_str());
    let reasons = order.reasons.iter().map(|reason| reason.text.as_ref());
    let text: Vec<&str> = questions.chain(reasons).filter(|text| !text.is_empty()).collect();
    let basis = order.reasons.first().map(|reason| reason.basis.clone());
    let message = if text.is_empty() { "not charged".to_owned() } else { format!("not charged: {}", text.join("; ")) };
    Some(Finding { basis, ..Finding::new(Severity::Confirm, code, place, message) })
}

fn source<'a>(
    input: &'a Input<'a>,
    patient: &'a Patient,
    response: &'a Response,
    hint: &'a ClaimHint,
    place: &str,
) -> Source<'a> {
    let coverage = hint.coverage_id.as_ref().and_then(|id| patient.coverages.iter().find(|c| c.id == *id));
    let subsidy = || {
        let first = hint.subsidies.first()?;
        patient.subsidies.iter().find(|s| s.id == first.subsidy_id).map(|s| s.payer_number.as_str())
    };
    let payer = coverage.map(|coverage| coverage.insurer_number.as_str()).or_else(subsidy).unwrap_or("0");
    let letter = |set: &SetClass| set.burden_class.chars().next().and_then(Burden::from_letter);
    let is_mine = |note: &&ReceiptNote| {
        note.month == response.month && (note.coverage_id.is_none() || note.coverage_id == hint.coverage_id)
    };
    let key = format!("{}-{}-{payer}", patient.number, response.month.yyyymm());
    Source {
        input,
        patient,
        response,
        hint,
        coverage,
        sets: hint.sets.iter().filter_map(|set| letter(set).map(|letter| (set.set_id.as_str(), letter))).collect(),
        notes: patient.receipt_notes.iter().filter(is_mine).collect(),
        place: format!("{place}/receipts/{key}"),
        key,
    }
}

fn claim(source: &Source<'_>) -> Claim {
    let mut findings = Vec::new();
    let mut receipt = uke::Receipt {
        re: header::re(source, &mut findings),
        ho: header::ho(source, &mut findings),
        ko: header::ko(source, &mut findings),
        sy: diagnosis::records(source, &mut findings),
        lines: lines::records(source, &mut findings),
        ..uke::Receipt::default()
    };
    header::days_and_charge(source, &mut receipt);
    header::additions(source, &mut receipt, &mut findings);
    check::identities(source, &receipt, &mut findings);
    let held = source.notes.iter().find_map(|note| note.hold.clone());
    if let Some(reason) = &held {
        findings.push(Finding::note(code::RECEIPT_HELD, source.place.as_str(), format!("held back: {reason}")));
    }
    Claim {
        key: source.key.clone(),
        patient_id: source.patient.id.clone(),
        patient_number: source.patient.number.clone(),
        month: source.response.month,
        body: source.hint.submit_to,
        coverage_id: source.hint.coverage_id.clone(),
        receipt,
        claim_month: claim_month(source),
        held,
        findings,
    }
}

/// A receipt without a month of its own goes out in the month after care, although another one of the same patient
/// and month is late.
fn claim_month(source: &Source<'_>) -> Option<ClaimMonth> {
    let month = source.response.month;
    let of_month = || source.patient.receipt_notes.iter().filter(|note| note.month == month);
    let own = source.notes.iter().find_map(|note| note.claim_in);
    own.or_else(|| of_month().any(|note| note.claim_in.is_some()).then(|| month.plus_months(1)))
}
