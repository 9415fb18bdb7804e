//! The demo clinic of `fixtures/demo-clinic`: its documents are whole and fictional.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use billing::clinic::{Clinic, Patient};
use billing::encounter;
use calculation::OtherPayer;
use kernel::{ClaimMonth, Finding, Severity};
use rstest::rstest;

/// Words that mark a fictional name.
const FICTIONAL: [&str; 6] = ["架空", "見本", "例示", "試料", "模擬", "SAMPLE"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/demo-clinic").join(name)
}

fn clinic(name: &str) -> Clinic {
    let folder = folder(name);
    let document: Clinic = serde_json::from_str(&fs::read_to_string(folder.join("clinic.json")).unwrap()).unwrap();
    let patients = fs::read_dir(folder.join("patients")).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        serde_json::from_str::<Patient>(&fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    });
    let (clinic, findings) = document.merge(patients.collect(), Vec::new());
    assert_eq!(findings, Vec::new());
    clinic
}

fn month() -> ClaimMonth {
    "2026-10".parse().unwrap()
}

#[test]
fn clinic_a_has_30_patients_and_60_visits() {
    let clinic = clinic("a");
    assert_eq!(clinic.patients.len(), 30);
    let visits = || clinic.patients.iter().flat_map(|patient| &patient.visits);
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
    assert_eq!(encounters.requests.len(), clinic.patients.len());
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
