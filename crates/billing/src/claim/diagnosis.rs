//! SY 傷病名.
//!
//! Source: 記録条件仕様(医科用) SY; 記載要領 別紙1 II 第3 (27)–(29).

use kernel::{DiagnosisCode, Finding};
use uke::Sy;
use uke::table::Outcome;

use super::header;
use super::receipt::Source;
use crate::clinic::Diagnosis;
use crate::code;

/// The diagnoses under treatment while the receipt's insurance holds: 主傷病 first, then by start, code, id.
pub(super) fn records(source: &Source<'_>, findings: &mut Vec<Finding>) -> Vec<Sy> {
    let (first, last) = header::span(source);
    let mut diagnoses: Vec<&Diagnosis> = source
        .patient
        .diagnoses
        .iter()
        .filter(|diagnosis| diagnosis.other_payer.is_none() && diagnosis.is_active(first, last))
        .collect();
    diagnoses.sort_by(|a, b| (!a.is_main, a.started_on, a.code, &a.id).cmp(&(!b.is_main, b.started_on, b.code, &b.id)));
    let place = source.place.as_str();
    let mains = diagnoses.iter().filter(|diagnosis| diagnosis.is_main).count();
    if diagnoses.is_empty() {
        let message = "no diagnosis is under treatment in the month (L4222)";
        findings.push(Finding::stop(code::DIAGNOSIS_MISSING, place, message));
    } else if mains != 1 {
        let message = format!("{mains} diagnoses are 主傷病, one is asked for");
        findings.push(Finding::confirm(code::MAIN_DIAGNOSIS, place, message).with_basis("記載要領 別紙1 II 第3 (27)"));
    }
    for diagnosis in &diagnoses {
        unknown(source, diagnosis, findings);
    }
    diagnoses.into_iter().map(|diagnosis| record(diagnosis, last)).collect()
}

fn record(diagnosis: &Diagnosis, last: kernel::ServiceDate) -> Sy {
    // An outcome after the month of care is written as 1, 継続.
    let outcome = diagnosis.outcome.filter(|_| diagnosis.ended_on.is_some_and(|end| end <= last));
    Sy {
        code: Some(diagnosis.code),
        start: Some(diagnosis.started_on.into()),
        outcome: Some(outcome.map_or(Outcome::CONTINUES, |outcome| Outcome::new(u16::from(outcome)))),
        modifiers: diagnosis.modifiers.clone(),
        name: diagnosis.text.as_deref().unwrap_or_default().into(),
        is_main: diagnosis.is_main,
        note: diagnosis.comment.as_deref().unwrap_or_default().into(),
    }
}

/// Codes that the masters do not have on the last day of the month (L3204), and those not claimable.
fn unknown(source: &Source<'_>, diagnosis: &Diagnosis, findings: &mut Vec<Finding>) {
    if diagnosis.code == DiagnosisCode::UNCODED {
        return;
    }
    let day = source.response.month.last_day();
    let mut confirm = |message: String| {
        let place = format!("{}/diagnoses/{}", source.place, diagnosis.id);
        findings.push(Finding::confirm(code::DIAGNOSIS_UNKNOWN, place, message));
    };
    match source.input.masters.diagnosis(diagnosis.code, day) {
        None => confirm(format!("diagnosis {} is not in the masters on {day} (L3204)", diagnosis.code)),
        Some(row) if row.not_claimable == 1 => {
            confirm(format!("diagnosis {} is marked not claimable (保険請求外区分)", diagnosis.code));
        }
        Some(row) if row.needs_modifier == 1 && diagnosis.modifiers.is_empty() => {
            confirm(format!("diagnosis {} must not stand without modifier (単独使用禁止区分)", diagnosis.code));
        }
        Some(_) => {}
    }
    for modifier in &diagnosis.modifiers {
        if source.input.masters.modifier(*modifier, day).is_none() {
            confirm(format!("modifier {modifier} is not in the masters on {day}"));
        }
    }
}
