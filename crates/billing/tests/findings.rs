//! Every finding of the crate, each from a document or a result that deserves it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use billing::claim::{Claims, FileState, PatientResult};
use billing::clinic::{Clinic, PatientVisits, Personal, ReceiptNote, Reclaim};
use billing::{code, encounter};
use calculation::{OrderResult, Outcome, Reason, Response, Word};
use kernel::{Finding, Points, ReviewBody, Severity};
use rstest::rstest;
use support::{claims, claims_with, masters, month, patient, small_clinic};

fn found<'a>(findings: &'a [Finding], code: &str) -> Vec<(Severity, &'a str)> {
    findings.iter().filter(|f| f.code == code).map(|f| (f.severity, f.place.as_str())).collect()
}

/// Changes the document and says which finding must be there and where.
#[rstest]
#[case::same_id(|c: &mut Clinic| { let p = c.patients[0].clone(); c.patients.push(p); }, code::PATIENT_DUPLICATE, "patients/P2")]
#[case::same_number(|c: &mut Clinic| patient(c, "P1").number = "00002".into(), code::PATIENT_DUPLICATE, "patients/P1")]
#[case::two_sets(|c: &mut Clinic| { let s = patient(c, "P1").sets[0].clone(); patient(c, "P1").sets.push(s); }, code::ID_DUPLICATE, "patients/P1/sets/S1")]
#[case::two_orders(|c: &mut Clinic| { let v = &mut patient(c, "P1").visits[0]; v.orders[1].id = "O1".into(); }, code::ID_DUPLICATE, "patients/P1/visits/V1/orders/O1")]
#[case::set_of_visit(|c: &mut Clinic| patient(c, "P1").visits[0].set_id = "S9".into(), code::REFERENCE_UNKNOWN, "patients/P1/visits/V1")]
#[case::set_of_order(|c: &mut Clinic| patient(c, "P1").visits[0].orders[0].set_id = Some("S9".into()), code::REFERENCE_UNKNOWN, "patients/P1/visits/V1/orders/1")]
#[case::coverage_of_set(|c: &mut Clinic| patient(c, "P1").sets[1].coverage_id = Some("C9".into()), code::REFERENCE_UNKNOWN, "patients/P1/sets/S2")]
#[case::subsidy_of_set(|c: &mut Clinic| patient(c, "P1").sets[0].subsidy_ids = vec!["K9".into()], code::REFERENCE_UNKNOWN, "patients/P1/sets/S1")]
#[case::same_start(|c: &mut Clinic| { let mut v = patient(c, "P1").visits[0].clone(); v.id = "V9".into(); patient(c, "P1").visits.push(v); }, code::VISIT_DUPLICATE, "patients/P1/visits")]
#[case::before_birth(|c: &mut Clinic| patient(c, "P1").birth_date = "2026-10-06".parse().unwrap(), code::VISIT_BEFORE_BIRTH, "patients/P1/visits/V1")]
#[case::insurance_ended(|c: &mut Clinic| patient(c, "P1").coverages[0].valid_to = "2026-10-12".parse().ok(), code::COVERAGE_NOT_VALID, "patients/P1/visits/V2")]
#[case::insurance_later(|c: &mut Clinic| patient(c, "P1").coverages[0].valid_from = "2026-10-06".parse().unwrap(), code::COVERAGE_NOT_VALID, "patients/P1/visits/V1/orders/2")]
#[case::subsidy_ended(|c: &mut Clinic| patient(c, "P1").subsidies[0].valid_to = "2026-10-12".parse().ok(), code::SUBSIDY_NOT_VALID, "patients/P1/visits/V2")]
#[case::chart_number(|c: &mut Clinic| patient(c, "P1").number = "１".into(), code::NUMBER_FORM, "patients/P1")]
#[case::long_symbol(|c: &mut Clinic| patient(c, "P1").coverages[0].symbol = Some(Personal::new("記".repeat(20))), code::NUMBER_FORM, "patients/P1/coverages/C1")]
#[case::branch(|c: &mut Clinic| patient(c, "P1").coverages[0].branch = Some("1".into()), code::NUMBER_FORM, "patients/P1/coverages/C1")]
#[case::certificate(|c: &mut Clinic| patient(c, "P1").coverages[0].certificate_number = Some("1234".into()), code::NUMBER_FORM, "patients/P1/coverages/C1")]
#[case::search_number(|c: &mut Clinic| patient(c, "P1").receipt_notes.push(reclaim("12a", &[])), code::NUMBER_FORM, "patients/P1/receiptNotes")]
#[case::no_code(|c: &mut Clinic| patient(c, "P1").visits[0].orders[0].code = None, code::ORDER_CODE_MISSING, "patients/P1/visits/V1/orders/1")]
#[case::self_pay_without_price(|c: &mut Clinic| patient(c, "P3").visits[2].orders[0].price_yen = None, code::ORDER_CODE_MISSING, "patients/P3/visits/V3/orders/1")]
#[case::drug_as_act(|c: &mut Clinic| patient(c, "P1").visits[0].orders[0].code = "620098801".parse().ok(), code::ORDER_KIND, "patients/P1/visits/V1/orders/1")]
#[case::no_days(|c: &mut Clinic| patient(c, "P3").visits[0].orders[0].days = Some(0), code::QUANTITY_RANGE, "patients/P3/visits/V1/orders/1")]
#[case::too_many_times(|c: &mut Clinic| patient(c, "P1").visits[0].orders[0].times = Some(1000), code::QUANTITY_RANGE, "patients/P1/visits/V1/orders/1")]
#[case::half_an_act(|c: &mut Clinic| patient(c, "P1").visits[0].orders[0].quantity = "0.5".parse().ok(), code::QUANTITY_RANGE, "patients/P1/visits/V1/orders/1")]
#[case::negative_price(|c: &mut Clinic| patient(c, "P3").visits[2].orders[0].price_yen = "-1".parse().ok(), code::QUANTITY_RANGE, "patients/P3/visits/V3/orders/1")]
#[case::many_visits(many_visits, code::BOUND_EXCEEDED, "patients/P1")]
#[case::many_orders(many_orders, code::BOUND_EXCEEDED, "patients/P1/visits/V1")]
#[case::many_subsidies(|c: &mut Clinic| patient(c, "P1").sets[0].subsidy_ids = vec!["K54".into(); 5], code::BOUND_EXCEEDED, "patients/P1/sets/S1")]
#[case::many_diagnoses(many_diagnoses, code::BOUND_EXCEEDED, "patients/P1")]
#[case::uncoded_without_text(|c: &mut Clinic| patient(c, "P2").diagnoses[1].text = None, code::DIAGNOSIS_FORM, "patients/P2/diagnoses/B2")]
#[case::coded_with_text(|c: &mut Clinic| patient(c, "P2").diagnoses[0].text = Some("架空病".into()), code::DIAGNOSIS_FORM, "patients/P2/diagnoses/B1")]
#[case::ends_before_start(|c: &mut Clinic| patient(c, "P2").diagnoses[0].ended_on = "2026-10-01".parse().ok(), code::DIAGNOSIS_FORM, "patients/P2/diagnoses/B1")]
#[case::outcome_without_day(|c: &mut Clinic| patient(c, "P2").diagnoses[0].ended_on = None, code::DIAGNOSIS_FORM, "patients/P2/diagnoses/B1")]
#[case::dental_institution(|c: &mut Clinic| c.institution.code = "1339999011".parse().unwrap(), code::INSTITUTION_FORM, "institution")]
#[case::no_department(|c: &mut Clinic| c.institution.departments.clear(), code::INSTITUTION_FORM, "institution")]
#[case::long_name(|c: &mut Clinic| c.institution.name = "架空".repeat(11), code::INSTITUTION_FORM, "institution")]
#[case::phone(|c: &mut Clinic| c.institution.phone = "０３".into(), code::INSTITUTION_FORM, "institution")]
#[case::empty_month(|c: &mut Clinic| c.patients.clear(), code::MONTH_EMPTY, "patients")]
fn a_document_that_contradicts_itself_is_stopped(
    #[case] change: fn(&mut Clinic),
    #[case] expected: &str,
    #[case] place: &str,
) {
    let mut clinic = small_clinic();
    change(&mut clinic);
    let encounters = encounter::requests(&clinic, month());
    let found = found(&encounters.findings, expected);
    assert!(found.contains(&(Severity::Stop, place)), "{:#?}", encounters.findings);
    let claims = claims(&clinic, &masters(), false);
    assert!(claims.files.iter().all(|file| file.state == FileState::Refused && file.bytes.is_empty()));
    // Everybody else still gets a request when the trouble is one patient's.
    if place.starts_with("patients/") && expected != code::PATIENT_DUPLICATE {
        assert_eq!(encounters.requests.len(), 2, "{:?}", encounters.refused);
    }
}

fn many_visits(clinic: &mut Clinic) {
    let visit = patient(clinic, "P1").visits[0].clone();
    for number in 0..calculation::VISITS_MAX {
        let started_at =
            calculation::TimeOfDay::new(10 + u16::try_from(number / 60).unwrap(), u16::try_from(number % 60).unwrap());
        patient(clinic, "P1").visits.push(billing::clinic::Visit {
            id: format!("W{number}"),
            started_at,
            ..visit.clone()
        });
    }
}

fn many_orders(clinic: &mut Clinic) {
    let order = patient(clinic, "P1").visits[0].orders[0].clone();
    for number in 0..calculation::ORDERS_MAX {
        patient(clinic, "P1").visits[0].orders.push(calculation::Order { id: format!("W{number}"), ..order.clone() });
    }
}

fn many_diagnoses(clinic: &mut Clinic) {
    let diagnosis = patient(clinic, "P1").diagnoses[0].clone();
    for number in 0..calculation::DIAGNOSES_MAX {
        patient(clinic, "P1")
            .diagnoses
            .push(billing::clinic::Diagnosis { id: format!("W{number}"), ..diagnosis.clone() });
    }
}

fn reclaim(search_number: &str, history: &[&[u8]]) -> ReceiptNote {
    let hex = |line: &&[u8]| line.iter().map(|byte| format!("{byte:02x}")).collect();
    ReceiptNote {
        month: month(),
        coverage_id: None,
        comments: Vec::new(),
        narratives: Vec::new(),
        hold: None,
        reclaim: Some(Reclaim { search_number: search_number.into(), history_hex: history.iter().map(hex).collect() }),
        claim_in: None,
    }
}

#[test]
fn visits_of_a_patient_nobody_carries_are_reported() {
    let visits = patient(&mut small_clinic(), "P1").visits.clone();
    let (clinic, findings) = small_clinic().merge(Vec::new(), vec![PatientVisits { patient_id: "P9".into(), visits }]);
    assert_eq!(clinic, small_clinic());
    assert_eq!(found(&findings, code::REFERENCE_UNKNOWN), [(Severity::Stop, "patients/P9")]);
}

#[test]
fn visits_of_other_months_are_noted_and_left_out() {
    let mut clinic = small_clinic();
    patient(&mut clinic, "P1").visits[1].date = "2026-09-13".parse().unwrap();
    let encounters = encounter::requests(&clinic, month());
    assert_eq!(found(&encounters.findings, code::VISIT_OUTSIDE_MONTH), [(Severity::Note, "patients/P1/visits/V2")]);
    assert_eq!(encounters.requests[0].request.visits.len(), 1);
}

#[rstest]
#[case::local_payer_number("83136018", Severity::Note)]
#[case::national_recipient("54139993", Severity::Confirm)]
fn doubtful_subsidy_numbers_are_noted(#[case] payer: &str, #[case] severity: Severity) {
    let mut clinic = small_clinic();
    let subsidy = &mut patient(&mut clinic, "P1").subsidies[0];
    subsidy.payer_number = payer.parse().unwrap();
    subsidy.recipient_number = "9100018".parse().ok();
    let encounters = encounter::requests(&clinic, month());
    assert_eq!(found(&encounters.findings, code::NUMBER_FORM), [(severity, "patients/P1/subsidies/K54")]);
    assert_eq!(encounters.refused, Vec::<String>::new());
}

/// Changes the result of a patient and says which finding must stop the receipt.
#[rstest]
#[case::points_of_insurance(|r: &mut Response| r.claims[0].insurance.as_mut().unwrap().points = Points::new(1), code::CLAIM_SUM)]
#[case::points_of_subsidy(|r: &mut Response| r.claims[0].subsidies[0].points += Points::new(1), code::CLAIM_SUM)]
#[case::points_of_line(|r: &mut Response| r.visits[0].lines[0].points += Points::new(1), code::CLAIM_SUM)]
#[case::times_of_line(|r: &mut Response| r.visits[0].lines[0].times = 2, code::CLAIM_SUM)]
#[case::days_of_insurance(|r: &mut Response| r.claims[0].insurance.as_mut().unwrap().days = 9, code::CLAIM_SUM)]
#[case::days_of_subsidy(|r: &mut Response| r.claims[0].subsidies[0].visit_days.clear(), code::CLAIM_SUM)]
#[case::receipt_type(|r: &mut Response| r.claims[0].type_code = Word::Borrowed("1112"), code::CLAIM_SUM)]
#[case::unlisted_type(|r: &mut Response| r.claims[0].type_code = Word::Borrowed("1999"), code::CLAIM_HEADER)]
#[case::unknown_coverage(|r: &mut Response| r.claims[0].coverage_id = Some("C9".into()), code::CLAIM_HEADER)]
#[case::no_values_of_insurance(|r: &mut Response| r.claims[0].insurance = None, code::CLAIM_HEADER)]
#[case::unknown_subsidy(|r: &mut Response| r.claims[0].subsidies[0].subsidy_id = "K9".into(), code::CLAIM_HEADER)]
#[case::burden_of_line(|r: &mut Response| r.visits[0].lines[0].burden_class = Some(Word::Borrowed("1")), code::CLAIM_BURDEN)]
#[case::payer_not_there(|r: &mut Response| r.claims[0].subsidies.clear(), code::CLAIM_BURDEN)]
#[case::letter_not_listed(|r: &mut Response| r.claims[0].sets[0].burden_class = Word::Borrowed("A"), code::CLAIM_BURDEN)]
#[case::set_on_no_receipt(|r: &mut Response| r.claims[0].sets.truncate(1), code::CLAIM_LINE_LOST)]
#[case::shikibetsu(|r: &mut Response| r.visits[0].lines[0].shikibetsu = Word::Borrowed("98"), code::CLAIM_LINE)]
#[case::no_items(|r: &mut Response| r.visits[0].lines[0].items.clear(), code::CLAIM_LINE)]
#[case::count_over_three_digits(|r: &mut Response| r.visits[0].lines[0].times = 1000, code::CLAIM_LINE)]
#[case::films_without_number(|r: &mut Response| r.visits[0].lines[0].items[0].code = "170000410".parse().unwrap(), code::CLAIM_LINE)]
#[case::half_a_film(half_a_film, code::CLAIM_LINE)]
fn a_result_that_does_not_add_up_is_stopped(#[case] change: fn(&mut Response), #[case] expected: &str) {
    let change = |result: &mut PatientResult| {
        if result.patient_id == "P1" {
            change(&mut result.response);
        }
    };
    let refused = claims_with(&small_clinic(), &masters(), false, change);
    assert!(refused.findings.iter().any(|f| f.is_stop() && f.code == expected), "{:#?}", refused.findings);
    assert_eq!(states(&refused), [FileState::Refused, FileState::Ready]);
    let held = claims_with(&small_clinic(), &masters(), true, change);
    assert_eq!(states(&held), [FileState::Empty, FileState::Ready]);
    assert_eq!(held.summary.held.len(), 1);
    assert_eq!(held.summary.held[0].patient_id, "P1");
    assert!(held.summary.held[0].reasons.iter().any(|reason| reason == expected));
}

fn half_a_film(response: &mut Response) {
    let item = &mut response.visits[0].lines[0].items[0];
    item.code = "170000410".parse().unwrap();
    item.quantity = "0.5".parse().ok();
}

fn states(claims: &Claims) -> [FileState; 2] {
    [claims.files[0].state, claims.files[1].state]
}

/// Changes the document so that the receipt of P1 is stopped or noted.
#[rstest]
#[case::no_diagnosis(|c: &mut Clinic| patient(c, "P1").diagnoses.clear(), code::DIAGNOSIS_MISSING, Severity::Stop)]
#[case::no_main(|c: &mut Clinic| patient(c, "P1").diagnoses[0].is_main = false, code::MAIN_DIAGNOSIS, Severity::Confirm)]
#[case::two_mains(|c: &mut Clinic| patient(c, "P1").diagnoses[1].is_main = true, code::MAIN_DIAGNOSIS, Severity::Confirm)]
#[case::unknown(|c: &mut Clinic| patient(c, "P1").diagnoses[0].code = "1234567".parse().unwrap(), code::DIAGNOSIS_UNKNOWN, Severity::Confirm)]
#[case::not_claimable(|c: &mut Clinic| patient(c, "P1").diagnoses[0].code = "3670000".parse().unwrap(), code::DIAGNOSIS_UNKNOWN, Severity::Confirm)]
#[case::needs_modifier(|c: &mut Clinic| patient(c, "P1").diagnoses[0].code = "7990000".parse().unwrap(), code::DIAGNOSIS_UNKNOWN, Severity::Confirm)]
#[case::modifier(|c: &mut Clinic| patient(c, "P1").diagnoses[1].modifiers = vec!["9999".parse().unwrap()], code::DIAGNOSIS_UNKNOWN, Severity::Confirm)]
#[case::long_name(|c: &mut Clinic| patient(c, "P1").name = Personal::new(format!("架空 {}", "一".repeat(20))), code::NAME_CUT, Severity::Note)]
#[case::gaiji(|c: &mut Clinic| patient(c, "P1").name = Personal::from("架空 髙郎"), code::NAME_KANA, Severity::Note)]
#[case::gaiji_everywhere(|c: &mut Clinic| { patient(c, "P1").name = Personal::from("髙"); patient(c, "P1").kana = Personal::from("髙"); }, code::CLAIM_HEADER, Severity::Stop)]
#[case::latin_kana(|c: &mut Clinic| patient(c, "P1").kana = Personal::from("KAKUU"), code::KANA_LEFT_OUT, Severity::Note)]
#[case::no_number(|c: &mut Clinic| patient(c, "P1").coverages[0].number = None, code::CLAIM_HEADER, Severity::Stop)]
#[case::no_recipient(|c: &mut Clinic| patient(c, "P1").subsidies[0].recipient_number = None, code::CLAIM_HEADER, Severity::Stop)]
#[case::long_recipient(|c: &mut Clinic| patient(c, "P1").subsidies[0].recipient_number = "12345678".parse().ok(), code::CLAIM_HEADER, Severity::Stop)]
#[case::held(|c: &mut Clinic| patient(c, "P1").receipt_notes.push(ReceiptNote { hold: Some("受給者証待ち".into()), ..reclaim("1", &[]) }), code::RECEIPT_HELD, Severity::Note)]
#[case::history_not_hexadecimal(|c: &mut Clinic| { let mut note = reclaim("1", &[]); note.reclaim.as_mut().unwrap().history_hex.push("x".into()); patient(c, "P1").receipt_notes.push(note); }, code::CLAIM_HEADER, Severity::Stop)]
#[case::history_of_another_form(|c: &mut Clinic| patient(c, "P1").receipt_notes.push(reclaim("1", &[b"RE,1"])), "history-form", Severity::Stop)]
fn findings_of_a_receipt(#[case] change: fn(&mut Clinic), #[case] expected: &str, #[case] severity: Severity) {
    let mut clinic = small_clinic();
    change(&mut clinic);
    let claims = claims(&clinic, &masters(), false);
    let found = found(&claims.findings, expected);
    assert!(
        found
            .iter()
            .any(|(s, place)| *s == severity && place.starts_with("patients/P1/receipts/00001-202610-01139997")),
        "{:#?}",
        claims.findings
    );
    assert_eq!(claims.files[0].state == FileState::Refused, severity == Severity::Stop);
}

#[rstest]
#[case(Outcome::NeedsConfirmation, Some(code::ORDER_WAITS))]
#[case(Outcome::Rejected, Some(code::ORDER_REJECTED))]
#[case(Outcome::Included, None)]
#[case(Outcome::Replaced, None)]
fn orders_that_are_not_charged_are_named(#[case] outcome: Outcome, #[case] expected: Option<&str>) {
    let reason = Reason {
        rule: Word::Borrowed("r"),
        basis: Word::Borrowed("A001"),
        masters: Vec::new(),
        caused_by: Vec::new(),
        is_verified: true,
        text: Word::Borrowed("理由"),
    };
    let claims = claims_with(&small_clinic(), &masters(), false, |result| {
        if result.patient_id == "P1" {
            result.response.visits[0].orders.push(OrderResult {
                order_id: "O2".into(),
                outcome,
                line_ids: Vec::new(),
                reasons: vec![reason.clone()],
                conditions: Vec::new(),
            });
        }
    });
    let orders: Vec<(&str, &str)> = claims
        .findings
        .iter()
        .filter(|f| f.code.starts_with("order-"))
        .map(|f| (f.code.as_ref(), f.place.as_str()))
        .collect();
    assert_eq!(orders, expected.map(|code| (code, "patients/P1/visits/V1/orders/2")).into_iter().collect::<Vec<_>>());
    assert_eq!(states(&claims), [FileState::Ready, FileState::Ready]);
}

#[test]
fn a_month_the_calculation_refuses_is_held() {
    let mut clinic = small_clinic();
    patient(&mut clinic, "P1").id = "REFUSED".into();
    let refused = claims(&clinic, &masters(), false);
    assert_eq!(found(&refused.findings, code::CALCULATION_REFUSED), [(Severity::Stop, "patients/REFUSED")]);
    assert_eq!(states(&refused), [FileState::Refused, FileState::Refused]);
    let held = claims(&clinic, &masters(), true);
    assert_eq!(states(&held), [FileState::Empty, FileState::Ready]);
    assert_eq!(held.summary.held[0].reasons, [code::CALCULATION_REFUSED]);
}

#[test]
fn a_result_of_a_stranger_refuses_everything() {
    let claims = claims_with(&small_clinic(), &masters(), false, |result| {
        if result.patient_id == "P1" {
            result.patient_id = "P9".into();
        }
    });
    assert_eq!(found(&claims.findings, code::RESULT_MISSING), [(Severity::Stop, "patients/P9")]);
    assert_eq!(states(&claims), [FileState::Refused, FileState::Refused]);
}

#[test]
fn a_stop_of_the_calculation_holds_the_patients_receipts() {
    let claims = claims_with(&small_clinic(), &masters(), true, |result| {
        if result.patient_id == "P1" {
            result.response.findings.push(Finding::stop("code-unknown", "visits/V1/orders/O1", "unknown"));
        }
    });
    assert_eq!(found(&claims.findings, "code-unknown"), [(Severity::Stop, "patients/P1/visits/V1/orders/O1")]);
    assert_eq!(states(&claims), [FileState::Empty, FileState::Ready]);
}

#[test]
fn with_hold_a_refused_patient_is_named_and_the_others_go_out() {
    let mut clinic = small_clinic();
    patient(&mut clinic, "P2").visits[0].set_id = "S9".into();
    let claims = claims(&clinic, &masters(), true);
    assert_eq!(states(&claims), [FileState::Ready, FileState::Ready]);
    let held = &claims.summary.held;
    assert_eq!((held.len(), held[0].patient_id.as_str(), &held[0].key), (1, "P2", &None));
    assert_eq!(held[0].reasons, [code::REFERENCE_UNKNOWN]);
}

#[test]
fn a_field_the_writer_refuses_stops_its_receipt_only() {
    let mut clinic = small_clinic();
    patient(&mut clinic, "P2").diagnoses[1].text = Some("架空①".into());
    let refused = claims(&clinic, &masters(), false);
    assert_eq!(states(&refused), [FileState::Ready, FileState::Refused]);
    let place = "patients/P2/receipts/00002-202610-139998";
    assert_eq!(found(&refused.findings, "character"), [(Severity::Stop, place)]);
    let held = claims(&clinic, &masters(), true);
    assert_eq!(states(&held), [FileState::Ready, FileState::Ready]);
    assert_eq!(held.summary.files[1].receipts, 1);
    assert_eq!(held.summary.held[0].body, Some(ReviewBody::Kokuhoren));
}
