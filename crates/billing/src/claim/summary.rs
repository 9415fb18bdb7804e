//! Counts and totals of a month's claims, for a person and for other programs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use calculation::{Basis, OtherPayer};
use kernel::{ClaimMonth, FacilityCode, Finding, Points, ReviewBody, ServiceDate, Severity, Yen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BodyFile, Claim, FileState, Input, PatientResult};
use crate::clinic::Patient;
use crate::code;

/// Counts and totals of a month's claims.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// 医療機関コード, ten digits.
    pub institution: FacilityCode,
    /// A fictional clinic: nothing of it may be sent.
    pub is_demo: bool,
    /// 請求年月.
    pub claim_month: ClaimMonth,
    /// 社保, then 国保.
    pub files: Vec<FileSummary>,
    /// Receipts that are in no file although the month has them.
    pub held: Vec<HeldReceipt>,
    /// What the patients owe and paid (窓口).
    pub window: WindowTotals,
    /// Lines that never enter a claim file.
    pub other_payers: OtherPayers,
    /// Findings by severity.
    pub findings: FindingCounts,
    /// Masters used.
    pub masters: Vec<MastersUsed>,
    /// Who computed: name and version.
    pub engines: BTreeSet<String>,
}

impl Summary {
    /// Counts the findings again, when a later check found more.
    pub fn count(&mut self, findings: &[Finding]) {
        self.findings = counts(findings);
    }
}

/// One claim file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileSummary {
    /// 審査支払機関.
    pub body: ReviewBody,
    /// Whether it may go out.
    pub state: FileState,
    /// Receipts in it.
    pub receipts: usize,
    /// HO and KO records in it (GO 総件数).
    pub payer_records: usize,
    /// GO 総合計点数.
    pub points: Points,
    /// By レセプト種別.
    pub by_type: BTreeMap<String, TypeTotals>,
}

/// Receipts of one レセプト種別.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TypeTotals {
    /// Receipts.
    pub receipts: usize,
    /// Their points.
    pub points: Points,
}

/// A receipt left out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldReceipt {
    /// The patient.
    pub patient_id: String,
    /// Key of the receipt; absent when the whole month of the patient stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Where it would go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<ReviewBody>,
    /// Its points.
    pub points: Points,
    /// Codes of the findings that stop it, or the clerk's reason.
    pub reasons: Vec<String>,
}

/// What the patients owe and paid (窓口).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WindowTotals {
    /// Due.
    pub due_yen: Yen,
    /// Collected.
    pub collected_yen: Yen,
    /// Due − collected.
    pub difference_yen: Yen,
    /// Part of what is due: 自費 and special fees (選定療養), with tax.
    pub outside_insurance_yen: Yen,
}

/// Lines outside health insurance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OtherPayers {
    /// 自費.
    pub private: OtherPayerTotals,
    /// 労災.
    pub work_accident: OtherPayerTotals,
    /// 自賠責.
    pub traffic_accident: OtherPayerTotals,
}

/// Lines of one payer outside health insurance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OtherPayerTotals {
    /// Visits with such a payer set.
    pub visits: usize,
    /// Lines.
    pub lines: usize,
    /// Their points.
    pub points: Points,
}

/// Findings by severity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingCounts {
    /// 停止.
    pub stop: usize,
    /// 要確認.
    pub confirm: usize,
    /// 注意.
    pub note: usize,
}

/// A release of the masters that computed something.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MastersUsed {
    /// First day of service.
    pub from: ServiceDate,
    /// Rule set.
    pub ruleset: String,
    /// Release.
    pub release: String,
    /// Official files, or values derived from the notices.
    pub basis: Basis,
}

pub(super) fn summary(input: &Input<'_>, files: &[BodyFile], claims: &[Claim], findings: &[Finding]) -> Summary {
    let institution = &input.clinic.institution;
    Summary {
        institution: institution.code.clone(),
        is_demo: institution.is_demo,
        claim_month: input.claim_month,
        files: files.iter().map(|file| file_summary(input, file, claims)).collect(),
        held: held(input, claims),
        window: window(&input.calculated.results),
        other_payers: other_payers(input),
        findings: counts(findings),
        masters: masters_used(&input.calculated.results),
        engines: input
            .calculated
            .results
            .iter()
            .map(|r| format!("{} {}", r.response.engine.name, r.response.engine.version))
            .collect(),
    }
}

fn file_summary(input: &Input<'_>, file: &BodyFile, claims: &[Claim]) -> FileSummary {
    let mut summary = FileSummary {
        body: file.body,
        state: file.state,
        receipts: 0,
        payer_records: 0,
        points: Points::ZERO,
        by_type: BTreeMap::new(),
    };
    for claim in claims.iter().filter(|claim| claim.body == file.body && !claim.is_left_out(input.hold)) {
        let receipt = &claim.receipt;
        let kind = receipt.re.kind.map(|kind| kind.to_string()).unwrap_or_default();
        let totals = summary.by_type.entry(kind).or_default();
        totals.receipts += 1;
        totals.points += claim.points();
        summary.receipts += 1;
        summary.payer_records += usize::from(receipt.ho.is_some()) + receipt.ko.len();
        summary.points += claim.points();
    }
    summary
}

fn held(input: &Input<'_>, claims: &[Claim]) -> Vec<HeldReceipt> {
    let stops = |findings: &mut dyn Iterator<Item = &Finding>| -> Vec<String> {
        let codes: BTreeSet<String> = findings.filter(|f| f.is_stop()).map(|f| f.code.to_string()).collect();
        codes.into_iter().collect()
    };
    let mut refused: Vec<&String> = input.calculated.refused.iter().collect();
    refused.sort();
    let whole = refused.into_iter().map(|patient_id| {
        let place = format!("patients/{patient_id}");
        let within = |finding: &&Finding| {
            finding.place == place || finding.place.strip_prefix(&place).is_some_and(|rest| rest.starts_with('/'))
        };
        HeldReceipt {
            patient_id: patient_id.clone(),
            key: None,
            body: None,
            points: Points::ZERO,
            reasons: stops(&mut input.calculated.findings.iter().filter(within)),
        }
    });
    let single = claims.iter().filter(|claim| claim.is_left_out(input.hold)).map(|claim| HeldReceipt {
        patient_id: claim.patient_id.clone(),
        key: Some(claim.key.clone()),
        body: Some(claim.body),
        points: claim.points(),
        reasons: claim.held.iter().cloned().chain(stops(&mut claim.findings.iter())).collect(),
    });
    whole.chain(single).collect()
}

fn window(results: &[PatientResult]) -> WindowTotals {
    let charges = || results.iter().flat_map(|r| &r.response.visits).filter_map(|visit| visit.charge.as_ref());
    // Cancelled visits have no charge any more, but what was collected for them stands in the month.
    let months = || results.iter().flat_map(|r| &r.response.month_charge);
    WindowTotals {
        due_yen: months().map(|month| month.due_yen).sum(),
        collected_yen: months().map(|month| month.collected_yen).sum(),
        difference_yen: months().map(|month| month.due_yen - month.collected_yen).sum(),
        outside_insurance_yen: charges()
            .map(|charge| charge.self_pay_yen + charge.tax_yen + charge.selection_fee_yen)
            .sum(),
    }
}

fn other_payers(input: &Input<'_>) -> OtherPayers {
    let mut totals = OtherPayers::default();
    let patients: HashMap<&str, &Patient> = input.clinic.patients.iter().map(|p| (p.id.as_str(), p)).collect();
    for result in &input.calculated.results {
        let Some(patient) = patients.get(result.patient_id.as_str()) else { continue };
        let other = |set_id: &str| -> Option<OtherPayer> {
            let set = patient.sets.iter().find(|set| set.id == set_id)?;
            let is_private = set.coverage_id.is_none() && set.subsidy_ids.is_empty();
            set.other.or(is_private.then_some(OtherPayer::Private))
        };
        for visit in &result.response.visits {
            let of_visit = patient.visits.iter().find(|document| document.id == visit.visit_id);
            let mut payers: BTreeSet<OtherPayer> =
                of_visit.and_then(|document| other(&document.set_id)).into_iter().collect();
            for line in &visit.lines {
                let Some(payer) = other(&line.set_id) else { continue };
                let sums = totals.of(payer);
                sums.lines += 1;
                sums.points += line.points.times(i64::from(line.times));
                payers.insert(payer);
            }
            for payer in payers {
                totals.of(payer).visits += 1;
            }
        }
    }
    totals
}

impl OtherPayers {
    const fn of(&mut self, payer: OtherPayer) -> &mut OtherPayerTotals {
        match payer {
            OtherPayer::Private => &mut self.private,
            OtherPayer::WorkAccident => &mut self.work_accident,
            OtherPayer::TrafficAccident => &mut self.traffic_accident,
        }
    }
}

fn counts(findings: &[Finding]) -> FindingCounts {
    let of = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
    FindingCounts { stop: of(Severity::Stop), confirm: of(Severity::Confirm), note: of(Severity::Note) }
}

fn masters_used(results: &[PatientResult]) -> Vec<MastersUsed> {
    let rulesets = results.iter().flat_map(|result| &result.response.engine.rulesets);
    // One derived value makes the use of a release derived.
    let mut used: BTreeMap<(ServiceDate, String, String), Basis> = BTreeMap::new();
    for ruleset in rulesets {
        let key = (ruleset.from, ruleset.ruleset_id.to_string(), ruleset.master_release.clone());
        let basis = used.entry(key).or_insert(ruleset.basis);
        *basis = (*basis).max(ruleset.basis);
    }
    used.into_iter().map(|((from, ruleset, release), basis)| MastersUsed { from, ruleset, release, basis }).collect()
}

/// One note when any result rests on derived values.
pub(super) fn derived_basis(results: &[PatientResult], findings: &mut Vec<Finding>) {
    let used = masters_used(results);
    if let Some(masters) = used.iter().find(|masters| masters.basis == Basis::Derived) {
        let message = format!(
            "release {} has values derived from the notices from {} on: for trial use, claims need the official masters",
            masters.release, masters.from
        );
        findings.push(Finding::note(code::BASIS_DERIVED, "masters", message));
    }
}
