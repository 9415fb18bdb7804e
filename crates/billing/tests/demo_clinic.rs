//! The demo clinic of `fixtures/demo-clinic`: its documents are whole and fictional.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use billing::claim::{self, Calculated, Claims, FileState, Input};
use billing::clinic::{Clinic, Event, Visit};
use billing::encounter;
use calculation::OtherPayer;
use engine::Engine;
use kernel::{ClaimMonth, Finding, ReviewBody, Severity, Yen};
use rstest::rstest;
use serde::de::DeserializeOwned;

/// Words that mark a fictional name.
const FICTIONAL: [&str; 6] = ["架空", "見本", "例示", "試料", "模擬", "SAMPLE"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/demo-clinic").join(name)
}

fn read<T: DeserializeOwned>(path: &Path) -> T {
    serde_json::from_str(&fs::read_to_string(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read_folder<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    fs::read_dir(path).unwrap().map(|entry| read(&entry.unwrap().path())).collect()
}

/// The documents before any event, and the events in no order.
fn opening(name: &str) -> (Clinic, Vec<Event>) {
    let folder = folder(name);
    let (clinic, findings) =
        read::<Clinic>(&folder.join("clinic.json")).merge(read_folder(&folder.join("patients")), Vec::new());
    assert_eq!(findings, Vec::new());
    (clinic, read_folder(&folder.join("events")))
}

/// The documents with all events.
fn clinic(name: &str) -> Clinic {
    let (clinic, events) = opening(name);
    let (clinic, findings) = clinic.with_events(&events);
    let unknown: Vec<&Finding> = findings.iter().filter(|finding| finding.is_stop()).collect();
    assert_eq!(unknown, Vec::<&Finding>::new());
    clinic
}

fn month() -> ClaimMonth {
    "2026-10".parse().unwrap()
}

#[test]
fn clinic_a_has_30_patients_and_60_visits() {
    let clinic = clinic("a");
    assert_eq!(clinic.patients.len(), 30);
    let of_month = |visit: &&Visit| visit.date.month_of() == month();
    let visits = || clinic.patients.iter().flat_map(|patient| &patient.visits).filter(of_month);
    assert_eq!(visits().filter(|visit| visit.is_active()).count(), 60);
    assert_eq!(visits().filter(|visit| !visit.is_active()).count(), 1);
    let ids: BTreeSet<&str> = visits().map(|visit| visit.id.as_str()).collect();
    assert_eq!(ids.len(), 61);
}

#[rstest]
#[case("a")]
#[case("b")]
fn documents_stop_nowhere(#[case] name: &str) {
    let clinic = clinic(name);
    let encounters = encounter::requests(&clinic, month());
    let serious: Vec<&Finding> = encounters.findings.iter().filter(|f| f.severity != Severity::Note).collect();
    assert_eq!(serious, Vec::<&Finding>::new());
    let has_paid = |visit: &Visit| visit.is_active() || visit.collected_yen.is_some();
    let visited = clinic.patients.iter().filter(|patient| patient.visits.iter().any(has_paid));
    assert_eq!(encounters.requests.len(), visited.count());
}

#[rstest]
#[case("a")]
#[case("b")]
fn names_are_visibly_fictional(#[case] name: &str) {
    let clinic = clinic(name);
    assert!(clinic.institution.is_demo);
    for patient in &clinic.patients {
        let name = patient.name.as_str();
        assert!(FICTIONAL.iter().any(|word| name.contains(word)), "{}", patient.id);
    }
    assert!(FICTIONAL.iter().any(|word| clinic.institution.name.contains(word)));
    assert!(clinic.institution.address.contains("架空"));
}

#[test]
fn every_payer_kind_of_the_outline_occurs() {
    let clinic = clinic("a");
    let laws: BTreeSet<String> = clinic
        .patients
        .iter()
        .flat_map(|patient| &patient.coverages)
        .map(|coverage| coverage.insurer_number.law().unwrap_or("国保").to_owned())
        .collect();
    let expected = ["01", "02", "03", "06", "07", "31", "32", "33", "34", "39", "63", "国保"];
    assert_eq!(laws.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let subsidies: BTreeSet<&str> =
        clinic.patients.iter().flat_map(|patient| &patient.subsidies).map(|s| s.payer_number.law()).collect();
    let expected = ["10", "12", "15", "16", "19", "21", "25", "38", "51", "52", "54", "66", "80", "81", "88"];
    assert_eq!(subsidies.into_iter().collect::<Vec<_>>(), expected);
    let others: BTreeSet<OtherPayer> =
        clinic.patients.iter().flat_map(|patient| &patient.sets).filter_map(|set| set.other).collect();
    assert_eq!(others.into_iter().collect::<Vec<_>>(), [OtherPayer::Private, OtherPayer::WorkAccident]);
}

/// The demo codes are listed for the excerpt of the masters.
#[test]
fn every_code_is_listed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/masters/codes-demo.txt");
    let text = fs::read_to_string(path).unwrap();
    let listed: BTreeSet<&str> = text.lines().filter_map(|line| line.split('#').next()).map(str::trim).collect();
    for patient in clinic("a").patients.iter().chain(&clinic("b").patients) {
        let orders = patient.visits.iter().flat_map(|visit| &visit.orders);
        for code in orders.filter_map(|order| order.code) {
            assert!(listed.contains(code.to_string().as_str()), "{code}");
        }
        for diagnosis in &patient.diagnoses {
            assert!(listed.contains(diagnosis.code.to_string().as_str()), "{}", diagnosis.code);
        }
    }
}

fn engine() -> Engine {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/masters");
    Engine::new(masters::import_to_memory(&[folder]).unwrap())
}

fn build(clinic: &Clinic, engine: &Engine) -> (Calculated, Claims) {
    let calculated = claim::calculate(engine, encounter::requests_with_late(clinic, month()));
    let input = Input {
        clinic,
        claim_month: month().plus_months(1),
        calculated: &calculated,
        masters: engine.masters(),
        hold: false,
    };
    let claims = claim::build(&input);
    (calculated, claims)
}

/// The month of clinic A as the outline of the demo clinic expects it: 社保 18 receipts, 国保 7, 後期 5; with them a
/// re-claim to each body (R1, R2) and a late receipt (L1).
#[test]
fn the_month_of_clinic_a_has_the_expected_shape() {
    let clinic = clinic("a");
    let (calculated, claims) = build(&clinic, &engine());
    let stops: Vec<&Finding> = claims.findings.iter().filter(|finding| finding.is_stop()).collect();
    assert_eq!(stops, Vec::<&Finding>::new());
    assert_eq!(claims.files.each_ref().map(|file| file.state), [FileState::Ready, FileState::Ready]);
    assert_eq!(claims.summary.files[0].receipts, 18 + 1);
    assert_eq!(claims.summary.files[1].receipts, 12 + 2);
    let of_month = || claims.claims.iter().filter(|claim| claim.month == month());
    let count = |body: ReviewBody| of_month().filter(|claim| claim.body == body).count();
    assert_eq!((count(ReviewBody::PaymentFund), count(ReviewBody::Kokuhoren)), (18, 12));
    let kind = |claim: &claim::Claim| claim.receipt.re.kind.map(|kind| kind.to_string()).unwrap();
    assert_eq!(of_month().filter(|claim| kind(claim).starts_with("13")).count(), 5);
    let late: Vec<String> = claims
        .claims
        .iter()
        .filter(|claim| claim.month != month())
        .map(|claim| {
            format!("{} {} {} {}", claim.patient_id, claim.month, kind(claim), claim.receipt.re.search_number.decode())
        })
        .collect();
    let (r1, r2) = ("990000000000000000000000000001", "990000000000000000000000000002");
    assert_eq!(
        late,
        ["P16 2026-07 1112 ".to_owned(), format!("P05 2026-08 1318 {r1}"), format!("P10 2026-09 1126 {r2}")]
    );
    let claimed: BTreeSet<&str> = claims.claims.iter().map(|claim| claim.patient_id.as_str()).collect();
    assert_eq!(claimed.len(), 28);
    assert!(!claimed.contains("P26") && !claimed.contains("P28"));
    for id in ["P04", "P06", "P08", "P11", "P17", "P18", "P19", "P24"] {
        let result = calculated.results.iter().find(|result| result.patient_id == id).unwrap();
        let due: Yen = result.response.visits.iter().filter_map(|v| v.charge.as_ref()).map(|c| c.due_yen).sum();
        assert_eq!(due, Yen::ZERO, "{id}");
    }
}

/// Caps with what was paid elsewhere, and the limit 区ウ.
#[rstest]
#[case("P01", "54", 3_500)]
#[case("P20", "52", 1_800)]
#[case("P22", "81", 1_000)]
#[case("P25", "38", 3_400)]
fn caps_of_subsidies_are_reached(#[case] patient: &str, #[case] law: &str, #[case] yen: i64) {
    let (_, claims) = build(&clinic("a"), &engine());
    let claim = claims.claims.iter().find(|claim| claim.patient_id == patient && claim.month == month()).unwrap();
    let ko = claim.receipt.ko.iter().find(|ko| ko.payer.as_str().starts_with(law)).unwrap();
    assert_eq!(ko.charge, Some(Yen::new(yen)));
}

#[test]
fn the_monthly_limit_is_crossed_by_p12() {
    let (_, claims) = build(&clinic("a"), &engine());
    let claim = claims.claims.iter().find(|claim| claim.patient_id == "P12").unwrap();
    let ho = claim.receipt.ho.as_ref().unwrap();
    // 85,800 + 1 % of what is above 286,000 yen.
    let over = ho.points.unwrap().to_yen().get() - 286_000;
    assert!(over > 0);
    assert_eq!(ho.charge, Some(Yen::new(85_800 + (over + 50) / 100)));
}

#[test]
fn another_order_of_entry_gives_the_same_files() {
    let (engine, clinic) = (engine(), clinic("a"));
    let mut turned = clinic.clone();
    turned.patients.reverse();
    for patient in &mut turned.patients {
        patient.visits.reverse();
        patient.visits.iter_mut().for_each(|visit| visit.orders.reverse());
        patient.sets.reverse();
        patient.subsidies.reverse();
    }
    let ((_, first), (_, again)) = (build(&clinic, &engine), build(&turned, &engine));
    assert_eq!(first.files, again.files);
    assert_eq!(first.summary, again.summary);
}

#[rstest]
#[case("a")]
#[case("b")]
fn files_of_the_demo_month_pass_the_self_check(#[case] name: &str) {
    for file in &build(&clinic(name), &engine()).1.files {
        let report = uke::check(file.bytes.as_slice(), &uke::AnyCode).unwrap();
        assert!(report.is_submittable(), "{:#?}", report.findings);
    }
}
