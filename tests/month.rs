//! The demo clinic's month through the engine: the reviewed figures, the contract's laws, the order of entry.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use billing::clinic::{Clinic, Event};
use billing::encounter::{PatientRequest, requests};
use calculation::suite::broken_laws;
use calculation::{CalculationModule, Request, Response};
use engine::Engine;
use proptest::prelude::*;
use proptest::sample::Index;
use support::fixture;

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(masters::import_to_memory(&[fixture("masters")]).unwrap()))
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read_folder<T: serde::de::DeserializeOwned>(folder: &Path) -> Vec<T> {
    fs::read_dir(folder).unwrap().map(|entry| read(&entry.unwrap().path())).collect()
}

fn month() -> &'static [PatientRequest] {
    static MONTH: OnceLock<Vec<PatientRequest>> = OnceLock::new();
    MONTH.get_or_init(|| {
        let folder = fixture("demo-clinic/a");
        let mut clinic: Clinic = read(&folder.join("clinic.json"));
        clinic.patients = read_folder(&folder.join("patients"));
        let (clinic, findings) = clinic.with_events(&read_folder::<Event>(&folder.join("events")));
        assert!(!findings.iter().any(kernel::Finding::is_stop), "{findings:#?}");
        requests(&clinic, "2026-10".parse().unwrap()).requests
    })
}

fn answer(request: &Request) -> Response {
    engine().calculate(request).unwrap()
}

#[test]
fn every_patient_month_keeps_the_laws_of_the_contract() {
    assert_eq!(month().len(), 30);
    for patient in month() {
        let broken = broken_laws(engine(), &patient.request);
        assert!(broken.is_empty(), "{}: {broken:#?}", patient.patient_id);
    }
}

#[test]
fn patients_whose_subsidies_pay_all_pay_nothing() {
    for patient in month() {
        let due: i64 = answer(&patient.request)
            .visits
            .iter()
            .filter_map(|visit| visit.charge.as_ref())
            .map(|charge| charge.due_yen.get())
            .sum();
        // Subsidies pay for the first eight; P26 is a work accident (労災), P30 a seaman within three months of
        // leaving the ship (船員保険 下船後3月).
        let is_free = ["P04", "P06", "P08", "P11", "P17", "P18", "P19", "P24", "P26", "P30"]
            .contains(&patient.patient_id.as_str());
        assert_eq!(is_free, due == 0, "{} pays {due}", patient.patient_id);
    }
}

#[test]
fn caps_of_subsidies_are_never_exceeded() {
    for patient in month() {
        let response = answer(&patient.request);
        for month in &response.month_charge {
            for row in &month.subsidies {
                let subsidy = patient.request.subsidies.iter().find(|subsidy| subsidy.id == row.subsidy_id).unwrap();
                if let Some(cap) = subsidy.monthly_cap_yen {
                    assert!(row.patient_yen <= cap, "{} {}", patient.patient_id, row.subsidy_id);
                }
            }
        }
    }
}

#[test]
fn the_payers_share_the_cost_of_each_claim_exactly() {
    for patient in month() {
        let response = answer(&patient.request);
        let cost: i64 = response
            .visits
            .iter()
            .filter_map(|visit| visit.charge.as_ref())
            .flat_map(|charge| &charge.sets)
            .filter(|set| {
                let set = patient.request.sets.iter().find(|row| row.id == set.set_id).unwrap();
                set.coverage_id.is_some() || !set.subsidy_ids.is_empty()
            })
            .map(|set| set.cost_yen.get())
            .sum();
        let paid: i64 = response
            .month_charge
            .iter()
            .filter(|month| month.coverage_id.is_some() || !month.subsidies.is_empty())
            .map(|month| {
                let subsidies: i64 = month.subsidies.iter().map(|row| row.paid_yen.get()).sum();
                month.patient_yen.get() + month.insurer_yen.get() + subsidies
            })
            .sum();
        assert_eq!(cost, paid, "{}", patient.patient_id);
    }
}

/// The reviewed figures of the month (fixtures/demo-clinic/review-2026-10.md).
#[test]
fn the_month_is_as_it_was_reviewed() {
    let path = fixture("demo-clinic/expected-2026-10.json");
    let expected: serde_json::Value = read(&path);
    let mut wrong = Vec::new();
    for patient in month() {
        for visit in answer(&patient.request).visits {
            let wanted = &expected["visits"][&visit.visit_id];
            let due = visit.charge.as_ref().map_or(0, |charge| charge.due_yen.get());
            let found = (Some(visit.points.get()), Some(due));
            if (wanted["points"].as_i64(), wanted["dueYen"].as_i64()) != found {
                wrong.push(format!("{}: reviewed {wanted}, computed {found:?}", visit.visit_id));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The reviewed claim headers: type, notes, days, points, amounts, subsidies.
#[test]
fn the_claims_are_as_they_were_reviewed() {
    let expected: serde_json::Value = read(&fixture("demo-clinic/expected-2026-10.json"));
    let mut reviewed: Vec<String> = expected["claims"].as_array().unwrap().iter().map(reviewed_claim).collect();
    let mut computed: Vec<String> = Vec::new();
    for patient in month() {
        let claims = answer(&patient.request).claims;
        computed.extend(claims.iter().map(|claim| computed_claim(patient, claim)));
    }
    reviewed.sort();
    computed.sort();
    assert_eq!(reviewed, computed);
}

fn or_blank(value: Option<i64>) -> String {
    value.map_or("-".to_owned(), |value| value.to_string())
}

fn reviewed_claim(claim: &serde_json::Value) -> String {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    let subsidies = claim["subsidies"].as_array().unwrap().iter().map(|row| {
        let copay = or_blank(row["copayYen"].as_i64());
        format!("{} {} {} {copay}", text(&row["payerNumber"]), row["days"], row["points"])
    });
    format!(
        "{} {} {} {} [{}] {} {} {} {:?}",
        text(&claim["patient"]),
        text(&claim["file"]),
        text(&claim["typeCode"]),
        text(&claim["benefitRatio"]),
        text(&claim["specialNotes"]),
        claim["days"],
        claim["points"],
        or_blank(claim["insuranceCopayYen"].as_i64()),
        subsidies.collect::<Vec<_>>()
    )
}

fn computed_claim(patient: &PatientRequest, claim: &calculation::ClaimHint) -> String {
    let file = if claim.submit_to == kernel::ReviewBody::PaymentFund { "shaho" } else { "kokuho" };
    let subsidies = claim.subsidies.iter().map(|row| {
        let subsidy = patient.request.subsidies.iter().find(|subsidy| subsidy.id == row.subsidy_id).unwrap();
        let copay = or_blank(row.copay_yen.map(kernel::Yen::get));
        format!("{} {} {} {copay}", subsidy.payer_number, row.days, row.points)
    });
    let points = claim.insurance.as_ref().map(|row| row.points).or(claim.subsidies.first().map(|row| row.points));
    format!(
        "{} {file} {} {} [{}] {} {} {} {:?}",
        patient.patient_id,
        claim.type_code,
        claim.benefit_ratio.as_deref().unwrap_or("-"),
        claim.special_notes.concat(),
        claim.insurance.as_ref().map_or(claim.days, |row| row.days),
        points.unwrap_or_default(),
        or_blank(claim.insurance.as_ref().and_then(|row| row.copay_yen).map(kernel::Yen::get)),
        subsidies.collect::<Vec<_>>()
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A patient's month does not depend on the order in which its facts were entered.
    #[test]
    fn the_order_of_entry_changes_nothing(patient in any::<Index>(), swaps in prop::collection::vec(any::<(Index, Index)>(), 1..20)) {
        let request = &patient.get(month()).request;
        let first = serde_json::to_string(&answer(request)).unwrap();
        let mut shuffled = request.clone();
        for (a, b) in swaps {
            let count = shuffled.visits.len();
            shuffled.visits.swap(a.index(count), b.index(count));
            for visit in &mut shuffled.visits {
                let count = visit.orders.len();
                if count > 1 {
                    visit.orders.swap(a.index(count), b.index(count));
                }
            }
            let count = shuffled.sets.len();
            shuffled.sets.swap(a.index(count), b.index(count));
            if shuffled.subsidies.len() > 1 {
                let count = shuffled.subsidies.len();
                shuffled.subsidies.swap(a.index(count), b.index(count));
            }
        }
        prop_assert_eq!(first, serde_json::to_string(&answer(&shuffled)).unwrap());
    }

    /// Leaving out one order never makes the engine fail, and every other order still has its one result.
    #[test]
    fn any_order_may_be_missing(patient in any::<Index>(), visit in any::<Index>(), order in any::<Index>()) {
        let mut request = patient.get(month()).request.clone();
        let position = visit.index(request.visits.len());
        if !request.visits[position].orders.is_empty() {
            let order = order.index(request.visits[position].orders.len());
            request.visits[position].orders.remove(order);
        }
        let response = answer(&request);
        for (asked, told) in request.visits.iter().zip(&response.visits) {
            prop_assert_eq!(asked.orders.len(), told.orders.len());
        }
    }
}
