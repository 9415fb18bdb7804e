//! Checks of a document before it is calculated.

use std::collections::HashMap;
use std::hash::Hash;

use calculation::{DIAGNOSES_MAX, HISTORY_MAX, ORDERS_MAX, PayerSet, SUBSIDIES_PER_SET_MAX, VISITS_MAX};
use kernel::{ClaimMonth, DiagnosisCode, Finding, ServiceDate};

use super::order;
use crate::clinic::{Clinic, Coverage, Diagnosis, PATIENTS_MAX, Patient, Visit};
use crate::code;

/// Half-width characters of a カルテ番号. Source: 記録条件仕様(医科用) RE 14.
const CHART_NUMBER_MAX: usize = 20;
/// Half-width characters of 記号 and 番号 each. Source: 記録条件仕様(医科用) HO 3, 4.
const SYMBOL_BYTES_MAX: usize = 38;
/// Half-width characters of a telephone number. Source: 記録条件仕様(医科用) IR 10.
const PHONE_MAX: usize = 15;
/// Full-width characters of the institution's name. Source: 記録条件仕様(医科用) IR 7.
const INSTITUTION_NAME_MAX: usize = 20;
/// Digits of a 検索番号. Source: 記録条件仕様(医科用) RE 19.
const SEARCH_NUMBER_MAX: usize = 30;

/// What concerns the whole document.
pub(super) fn clinic(clinic: &Clinic, patients: &[&Patient]) -> Vec<Finding> {
    let mut findings = institution(clinic);
    if patients.len() > PATIENTS_MAX {
        findings.push(bound("patients", "patients", patients.len(), PATIENTS_MAX));
    }
    for id in doubles(patients.iter().map(|patient| patient.id.as_str())) {
        let message = "another patient has this id; ids are unique";
        findings.push(Finding::stop(code::PATIENT_DUPLICATE, format!("patients/{id}"), message));
    }
    for number in doubles(patients.iter().map(|patient| patient.number.as_str())) {
        for patient in patients.iter().filter(|patient| patient.number == number) {
            let message = format!("カルテ番号 {number} is given to several patients; numbers are unique");
            findings.push(Finding::stop(code::PATIENT_DUPLICATE, format!("patients/{}", patient.id), message));
        }
    }
    findings
}

fn institution(clinic: &Clinic) -> Vec<Finding> {
    let mut findings = Vec::new();
    let institution = &clinic.institution;
    let mut stop = |message: String| findings.push(Finding::stop(code::INSTITUTION_FORM, "institution", message));
    if institution.code.fee_table() != "1" {
        stop(format!("点数表 of {} is {}, a 医科 claim needs 1", institution.code, institution.code.fee_table()));
    }
    let length = institution.name.chars().count();
    if length == 0 || length > INSTITUTION_NAME_MAX {
        stop(format!("医療機関名称 has {length} characters, allowed are 1 to {INSTITUTION_NAME_MAX}"));
    }
    let phone = institution.phone.as_str();
    if phone.len() > PHONE_MAX || !phone.bytes().all(|byte| byte.is_ascii_digit() || b"()-+".contains(&byte)) {
        stop(format!("電話番号 {phone:?} is not up to {PHONE_MAX} digits, brackets and hyphens"));
    }
    if institution.departments.is_empty() {
        stop("no department (標榜科) is given; the first is the default of a visit".to_owned());
    }
    findings
}

/// What concerns one patient.
pub(super) fn patient(patient: &Patient, month: ClaimMonth, visits: &[&Visit]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let place = format!("patients/{}", patient.id);
    numbers(patient, &place, &mut findings);
    ids(patient, &place, &mut findings);
    sets(patient, &place, &mut findings);
    diagnoses(patient, month, &place, &mut findings);
    bounds(patient, visits, &place, &mut findings);
    for visit in &patient.visits {
        if visit.is_active() && visit.date.month_of() != month {
            let message = format!("the visit of {} is not in {month}; it is left out", visit.date);
            findings.push(Finding::note(code::VISIT_OUTSIDE_MONTH, visit_place(&place, visit), message));
        }
    }
    for visit in visits {
        check_visit(patient, visit, &place, &mut findings);
    }
    for (day, start) in doubled_visits(visits) {
        let start = start.map_or_else(|| "without start".to_owned(), |time| format!("at {time}"));
        let message = format!("several visits of {day} {start} in one department; a second one needs its own start");
        findings.push(Finding::stop(code::VISIT_DUPLICATE, format!("{place}/visits"), message));
    }
    findings
}

fn visit_place(patient: &str, visit: &Visit) -> String {
    format!("{patient}/visits/{}", visit.id)
}

fn bound(place: &str, what: &str, received: usize, allowed: usize) -> Finding {
    Finding::stop(code::BOUND_EXCEEDED, place, format!("{received} {what}, allowed are {allowed}"))
}

fn bounds(patient: &Patient, visits: &[&Visit], place: &str, findings: &mut Vec<Finding>) {
    let mut check = |place: &str, what: &str, received: usize, allowed: usize| {
        if received > allowed {
            findings.push(bound(place, what, received, allowed));
        }
    };
    check(place, "visits in the month", visits.len(), VISITS_MAX);
    check(place, "history lines", patient.history.lines.len(), HISTORY_MAX);
    for visit in visits {
        check(&visit_place(place, visit), "orders", visit.orders.len(), ORDERS_MAX);
    }
    for set in &patient.sets {
        check(&format!("{place}/sets/{}", set.id), "subsidies", set.subsidy_ids.len(), SUBSIDIES_PER_SET_MAX);
    }
}

/// Values that occur more than once, each once.
fn doubles<T: Copy + Eq + Hash + Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut doubles: Vec<T> = counts.into_iter().filter(|(_, count)| *count > 1).map(|(value, _)| value).collect();
    doubles.sort_unstable();
    doubles
}

fn doubled_visits(visits: &[&Visit]) -> Vec<(ServiceDate, Option<calculation::TimeOfDay>)> {
    let key = |visit: &&Visit| (visit.date, visit.department_code.clone(), visit.started_at);
    let mut keys: Vec<_> = visits.iter().map(key).collect();
    keys.sort();
    let mut doubled: Vec<_> =
        keys.iter().zip(keys.iter().skip(1)).filter(|(a, b)| a == b).map(|(a, _)| (a.0, a.2)).collect();
    doubled.dedup();
    doubled
}

fn ids(patient: &Patient, place: &str, findings: &mut Vec<Finding>) {
    let mut check = |what: &str, ids: Vec<&str>| {
        for id in doubles(ids.into_iter()) {
            let message = "this id is given twice; ids are unique";
            findings.push(Finding::stop(code::ID_DUPLICATE, format!("{place}/{what}/{id}"), message));
        }
    };
    check("coverages", patient.coverages.iter().map(|c| c.id.as_str()).collect());
    check("subsidies", patient.subsidies.iter().map(|s| s.id.as_str()).collect());
    check("sets", patient.sets.iter().map(|s| s.id.as_str()).collect());
    check("diagnoses", patient.diagnoses.iter().map(|d| d.id.as_str()).collect());
    check("visits", patient.visits.iter().map(|v| v.id.as_str()).collect());
    for visit in &patient.visits {
        check(&format!("visits/{}/orders", visit.id), visit.orders.iter().map(|o| o.id.as_str()).collect());
    }
}

fn numbers(patient: &Patient, place: &str, findings: &mut Vec<Finding>) {
    let mut wrong = |place: String, message: String| findings.push(Finding::stop(code::NUMBER_FORM, place, message));
    let number = patient.number.as_str();
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if number.is_empty() || number.len() > CHART_NUMBER_MAX || !is_word(number) {
        wrong(
            place.to_owned(),
            format!("カルテ番号 {number:?} is not 1 to {CHART_NUMBER_MAX} letters, digits, hyphens"),
        );
    }
    for coverage in &patient.coverages {
        let place = format!("{place}/coverages/{}", coverage.id);
        coverage_numbers(coverage, |message| wrong(place.clone(), message));
    }
    for note in &patient.receipt_notes {
        let Some(reclaim) = &note.reclaim else { continue };
        let search = reclaim.search_number.as_str();
        if search.is_empty() || search.len() > SEARCH_NUMBER_MAX || !search.bytes().all(|b| b.is_ascii_digit()) {
            wrong(format!("{place}/receiptNotes"), format!("検索番号 is not 1 to {SEARCH_NUMBER_MAX} digits"));
        }
    }
    subsidy_numbers(patient, place, findings);
}

fn coverage_numbers(coverage: &Coverage, mut wrong: impl FnMut(String)) {
    for (name, text) in [("記号", &coverage.symbol), ("番号", &coverage.number)] {
        // A full-width character has two bytes; mixed text is widened by the writer.
        let bytes = text.as_ref().map_or(0, |text| text.as_str().chars().count() * 2);
        if bytes > SYMBOL_BYTES_MAX {
            wrong(format!("{name} has {} characters, allowed are {}", bytes / 2, SYMBOL_BYTES_MAX / 2));
        }
    }
    if let Some(branch) = coverage.branch.as_deref()
        && (branch.len() != 2 || !branch.bytes().all(|byte| byte.is_ascii_digit()))
    {
        wrong(format!("枝番 {branch:?} is not two digits"));
    }
    if let Some(certificate) = coverage.certificate_number.as_deref()
        && (!(1..=3).contains(&certificate.len()) || !certificate.bytes().all(|byte| byte.is_ascii_digit()))
    {
        wrong(format!("証明書番号 {certificate:?} is not 1 to 3 digits"));
    }
}

fn subsidy_numbers(patient: &Patient, place: &str, findings: &mut Vec<Finding>) {
    for subsidy in &patient.subsidies {
        let place = format!("{place}/subsidies/{}", subsidy.id);
        let is_local = subsidy.payer_number.is_local();
        if is_local && !subsidy.payer_number.has_valid_check_digit() {
            let message = "the check digit of the 公費負担者番号 does not fit; some local programmes have such numbers";
            findings.push(Finding::note(code::NUMBER_FORM, place.as_str(), message));
        }
        let Some(recipient) = &subsidy.recipient_number else { continue };
        if !is_local && !recipient.has_valid_check_digit() {
            let message = "公費受給者番号 of a national programme is not 7 digits with a check digit";
            findings.push(Finding::confirm(code::NUMBER_FORM, place, message));
        }
    }
}

fn sets(patient: &Patient, place: &str, findings: &mut Vec<Finding>) {
    for set in &patient.sets {
        let place = format!("{place}/sets/{}", set.id);
        let mut unknown = |kind: &str, id: &str| {
            let message = format!("{kind} {id:?} is not one of the patient's");
            findings.push(Finding::stop(code::REFERENCE_UNKNOWN, place.as_str(), message));
        };
        if let Some(id) = &set.coverage_id
            && !patient.coverages.iter().any(|coverage| coverage.id == *id)
        {
            unknown("coverage", id);
        }
        for id in &set.subsidy_ids {
            if !patient.subsidies.iter().any(|subsidy| subsidy.id == *id) {
                unknown("subsidy", id);
            }
        }
    }
}

fn diagnoses(patient: &Patient, month: ClaimMonth, place: &str, findings: &mut Vec<Finding>) {
    let active = patient.diagnoses.iter().filter(|d| d.is_active(month.first_day(), month.last_day())).count();
    if active > DIAGNOSES_MAX {
        findings.push(bound(place, "diagnoses in the month", active, DIAGNOSES_MAX));
    }
    for diagnosis in &patient.diagnoses {
        for message in diagnosis_errors(diagnosis) {
            let place = format!("{place}/diagnoses/{}", diagnosis.id);
            findings.push(Finding::stop(code::DIAGNOSIS_FORM, place, message));
        }
    }
}

fn diagnosis_errors(diagnosis: &Diagnosis) -> Vec<String> {
    let mut errors = Vec::new();
    let is_uncoded = diagnosis.code == DiagnosisCode::UNCODED;
    let has_text = diagnosis.text.as_ref().is_some_and(|text| !text.trim().is_empty());
    if is_uncoded != has_text {
        errors.push("text is required for the uncoded diagnosis 0000999 and for no other".to_owned());
    }
    if is_uncoded && !diagnosis.modifiers.is_empty() {
        errors.push("an uncoded diagnosis has no modifiers; they are part of its text".to_owned());
    }
    if diagnosis.ended_on.is_some_and(|end| end < diagnosis.started_on) {
        errors.push(format!("it ends before it begins on {}", diagnosis.started_on));
    }
    if diagnosis.outcome.is_some_and(|outcome| !(1..=4).contains(&outcome)) {
        errors.push("転帰区分 is not 1 to 4 (別表18)".to_owned());
    }
    if diagnosis.outcome.is_some_and(|outcome| outcome >= 2) != diagnosis.ended_on.is_some() {
        errors.push("an outcome 2 to 4 and its day (endedOn) go together".to_owned());
    }
    errors
}

fn check_visit(patient: &Patient, visit: &Visit, place: &str, findings: &mut Vec<Finding>) {
    let place = visit_place(place, visit);
    if visit.date < patient.birth_date {
        let message = format!("the visit of {} is before birth", visit.date);
        findings.push(Finding::stop(code::VISIT_BEFORE_BIRTH, place.as_str(), message));
    }
    check_set(patient, visit.date, &visit.set_id, &place, findings);
    for order in &visit.orders {
        let place = format!("{place}/orders/{}", order.no);
        if let Some(set_id) = &order.set_id {
            check_set(patient, visit.date, set_id, &place, findings);
        }
        order::check(order, &place, findings);
    }
}

fn check_set(patient: &Patient, day: ServiceDate, set_id: &str, place: &str, findings: &mut Vec<Finding>) {
    match patient.sets.iter().find(|set| set.id == set_id) {
        Some(set) => payers_hold(patient, day, set, place, findings),
        None => findings.push(Finding::stop(
            code::REFERENCE_UNKNOWN,
            place,
            format!("payer set {set_id:?} is not one of the patient's"),
        )),
    }
}

fn payers_hold(patient: &Patient, day: ServiceDate, set: &PayerSet, place: &str, findings: &mut Vec<Finding>) {
    if let Some(id) = &set.coverage_id
        && patient.coverages.iter().any(|coverage| coverage.id == *id && !coverage.holds_on(day))
    {
        let message = format!("insurance {id:?} does not hold on {day}; choose a payer set that does");
        findings.push(Finding::stop(code::COVERAGE_NOT_VALID, place, message));
    }
    for subsidy in patient.subsidies.iter().filter(|subsidy| set.subsidy_ids.contains(&subsidy.id)) {
        if day < subsidy.valid_from || subsidy.valid_to.is_some_and(|last| last < day) {
            let message = format!("subsidy {:?} does not hold on {day}; choose a payer set that does", subsidy.id);
            findings.push(Finding::stop(code::SUBSIDY_NOT_VALID, place, message));
        }
    }
}
