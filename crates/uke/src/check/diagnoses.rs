//! SY: diagnoses.

use kernel::DiagnosisCode;

use super::{FileFacts, Findings, KnownCodes, month_of};
use crate::kind::Section;
use crate::model::Receipt;
use crate::record::Sy;
use crate::value::Dated;

pub(super) fn check(receipt: &Receipt, facts: FileFacts<'_>, findings: &mut Findings<'_>) {
    if receipt.sy.is_empty() {
        findings.stop("L4222", (Section::Header, 0, 0), "the receipt has no diagnosis");
        return;
    }
    let month = month_of(receipt);
    for (index, sy) in receipt.sy.iter().enumerate() {
        check_name(sy, index, findings);
        if let (Some(start), Some(month)) = (sy.start.map(Dated::get), month) {
            if start.month_of() > month {
                findings.stop(
                    "diagnosis-start",
                    (Section::Diagnoses, index, 3),
                    "診療開始日 is after the month of care",
                );
            }
            if let Some(codes) = facts.codes {
                check_codes(sy, index, month.last_day(), codes, findings);
            }
        }
    }
    if !receipt.sy.iter().any(|sy| sy.is_main) {
        findings.confirm("main-diagnosis-missing", (Section::Diagnoses, 0, 7), "no diagnosis is marked as 主傷病");
    }
}

fn check_name(sy: &Sy, index: usize, findings: &mut Findings<'_>) {
    let is_uncoded = sy.code == Some(DiagnosisCode::UNCODED);
    let place = (Section::Diagnoses, index, 6);
    if is_uncoded && sy.name.is_empty() {
        findings.stop("diagnosis-name-missing", place, "傷病名称 of an uncoded diagnosis is missing");
    } else if !is_uncoded && sy.code.is_some() && !sy.name.is_empty() {
        findings.confirm("diagnosis-name-surplus", place, "傷病名称 is for uncoded diagnoses only");
    }
    if is_uncoded && !sy.modifiers.is_empty() {
        let place = (Section::Diagnoses, index, 5);
        findings.confirm("diagnosis-modifier", place, "修飾語コード of an uncoded diagnosis");
    }
}

fn check_codes(sy: &Sy, index: usize, day: kernel::ServiceDate, codes: &dyn KnownCodes, findings: &mut Findings<'_>) {
    if let Some(code) = sy.code.filter(|code| !codes.has_diagnosis(*code, day)) {
        findings.add("L3204", (Section::Diagnoses, index, 2), format!("傷病名コード {code} is not in the master"));
    }
    for code in sy.modifiers.iter().filter(|code| !codes.has_modifier(**code, day)) {
        let place = (Section::Diagnoses, index, 5);
        findings.stop("modifier-unknown", place, format!("修飾語コード {code} is not in the master"));
    }
}
