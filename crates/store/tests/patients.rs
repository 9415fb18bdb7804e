//! Patients, payers, visits: versions, validity, search.

#![allow(clippy::unwrap_used)]

mod support;

use billing::clinic::Personal;
use rstest::rstest;
use store::patients::{self, NewPatient, PAGE_MAX, Profile, Search};
use store::payers::{coverages, subsidies};
use store::visits::{self, NewVisit, VisitState};
use store::{Fact, PatientId, StoreError, VisitId, diagnoses, document, tenants};
use support::{a, b, date, demo, patient, registered, run, stamp, twins};

#[test]
fn a_profile_changes_by_a_new_version() {
    let fixture = twins(1);
    let id = patient(&fixture, a(), "00001");
    let before = run(&fixture.database, a(), |tx| patients::find(tx, &[id])).pop().unwrap();
    let profile = Profile { phone: Some("03-0000-9999".into()), ..before.profile.clone() };
    let revised = run(&fixture.database, a(), |tx| patients::revise(tx, id, 1, &profile, &stamp().because("moved")));
    assert_eq!(revised, 2);
    let after = run(&fixture.database, a(), |tx| patients::find(tx, &[id])).pop().unwrap();
    assert_eq!((after.version, &after.profile), (2, &profile));
    let late = fixture.database.in_tenant(a(), |tx| patients::revise(tx, id, 1, &profile, &stamp()));
    assert_eq!(late, Err(StoreError::Conflict { what: "the patient", expected: 1, found: 2 }));
    let twin = patient(&fixture, b(), "00001");
    assert_eq!(run(&fixture.database, b(), |tx| patients::find(tx, &[twin])).pop().unwrap().version, 1);
}

#[test]
fn two_clerks_who_change_one_version_do_not_overwrite_each_other() {
    let fixture = twins(8);
    let id = patient(&fixture, a(), "00001");
    let profile = run(&fixture.database, a(), |tx| patients::find(tx, &[id])).pop().unwrap().profile;
    let outcomes: Vec<Result<i32, StoreError>> = std::thread::scope(|scope| {
        let write = || fixture.database.in_tenant(a(), |tx| patients::revise(tx, id, 1, &profile, &stamp()));
        let writers: Vec<_> = (0..8).map(|_| scope.spawn(write)).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(2)).count(), 1);
    assert_eq!(outcomes.iter().filter(|o| matches!(o, Err(StoreError::Conflict { .. }))).count(), 7);
}

fn found(fixture: &support::Fixture, search: &Search) -> (Vec<String>, Option<PatientId>) {
    let page = run(&fixture.database, a(), |tx| patients::search(tx, search));
    (page.patients.into_iter().map(|patient| patient.reference).collect(), page.next)
}

#[rstest]
#[case("カクウ", &["P01", "P30", "P16", "P27", "P22", "P20", "P10"])]
#[case("かくう　い", &["P01", "P30"])]
#[case("ｶｸｳ ｲﾁ", &["P01", "P30"])]
#[case("sample", &[])]
#[case("ンン", &[])]
fn search_by_kana_prefix(#[case] prefix: &str, #[case] expected: &[&str]) {
    let fixture = registered(1);
    let clinic = demo("a");
    run(&fixture.database, a(), |tx| document::load(tx, &clinic, &stamp()));
    run(&fixture.database, b(), |tx| document::load(tx, &clinic, &stamp()));
    let search = Search { kana_prefix: Some(prefix.into()), limit: 50, ..Search::default() };
    let (references, next) = found(&fixture, &search);
    let mut wanted: Vec<(String, String)> = clinic
        .patients
        .iter()
        .filter(|patient| store::search_key(patient.kana.as_str()).starts_with(&store::search_key(prefix)))
        .map(|patient| (store::search_key(patient.kana.as_str()), patient.id.clone()))
        .collect();
    wanted.sort();
    let mut by_kana = references.clone();
    by_kana.sort();
    let mut by_id: Vec<String> = wanted.into_iter().map(|(_, id)| id).collect();
    by_id.sort();
    assert_eq!((&by_kana, next), (&by_id, None));
    for id in expected {
        assert!(prefix == "カクウ" || references.iter().any(|reference| reference == id), "{id}");
    }
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let fixture = registered(1);
    for tenant in [a(), b()] {
        run(&fixture.database, tenant, |tx| document::load(tx, &demo("a"), &stamp()));
    }
    let (all, _) = found(&fixture, &Search { limit: PAGE_MAX, ..Search::default() });
    assert_eq!(all.len(), 30);
    let (mut walked, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = found(&fixture, &Search { limit: 7, after, ..Search::default() });
        walked.extend(page);
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(walked, all);
    let born = Search { birth_date: Some(date("1979-12-01")), limit: 5, ..Search::default() };
    assert_eq!(found(&fixture, &born).0, ["P30"]);
    let too_many = fixture
        .database
        .in_tenant(a(), |tx| patients::search(tx, &Search { limit: PAGE_MAX + 1, ..Search::default() }));
    assert!(matches!(too_many, Err(StoreError::Bound { .. })));
}

#[test]
fn a_search_sees_the_newest_name_only() {
    let fixture = twins(1);
    let id = patient(&fixture, a(), "00001");
    let profile = run(&fixture.database, a(), |tx| patients::find(tx, &[id])).pop().unwrap().profile;
    let renamed = Profile { kana: Personal::from("ミホン イチロウ"), ..profile };
    run(&fixture.database, a(), |tx| patients::revise(tx, id, 1, &renamed, &stamp()));
    let by =
        |prefix: &str| found(&fixture, &Search { kana_prefix: Some(prefix.into()), limit: 5, ..Search::default() }).0;
    assert_eq!(by("カクウ"), Vec::<String>::new());
    assert_eq!(by("ミホン"), ["P01"]);
}

#[test]
fn numbers_and_references_are_taken_once() {
    let fixture = twins(1);
    let id = patient(&fixture, a(), "00001");
    let profile = run(&fixture.database, a(), |tx| patients::find(tx, &[id])).pop().unwrap().profile;
    let again = NewPatient { id: PatientId::new(), reference: "new".to_owned(), number: "00001".to_owned() };
    let outcome = fixture.database.in_tenant(a(), |tx| patients::insert(tx, &[(again, profile)], &stamp()));
    assert_eq!(outcome, Err(StoreError::Duplicate { constraint: "patients_tenant_id_number_key".to_owned() }));
}

#[test]
fn coverages_hold_for_a_time_and_are_withdrawn_by_a_version() {
    let fixture = twins(1);
    let id = patient(&fixture, a(), "00001");
    let on = |day: &str| {
        let facts = run(&fixture.database, a(), |tx| coverages::held_on(tx, id, date(day)));
        facts.into_iter().map(|fact| (fact.reference, fact.version)).collect::<Vec<_>>()
    };
    assert_eq!(on("2025-03-31"), []);
    assert_eq!(on("2026-10-05"), [("C1".to_owned(), 1)]);
    let Fact { value, .. } = run(&fixture.database, a(), |tx| coverages::current(tx, &[id])).pop().unwrap();
    let ended = billing::clinic::Coverage { valid_to: Some(date("2026-10-04")), ..value };
    run(&fixture.database, a(), |tx| coverages::record(tx, id, "C1", 1, &ended, &stamp()));
    assert_eq!(on("2026-10-04"), [("C1".to_owned(), 2)]);
    assert_eq!(on("2026-10-05"), []);
    run(&fixture.database, a(), |tx| coverages::withdraw(tx, id, "C1", 2, &stamp().because("wrong patient")));
    assert_eq!(on("2026-10-04"), []);
    let late = fixture.database.in_tenant(a(), |tx| coverages::record(tx, id, "C1", 2, &ended, &stamp()));
    assert_eq!(late, Err(StoreError::Conflict { what: "the coverage", expected: 2, found: 3 }));
    let twin = patient(&fixture, b(), "00001");
    assert_eq!(run(&fixture.database, b(), |tx| coverages::current(tx, &[twin])).len(), 1);
}

#[test]
fn impossible_values_are_refused_by_the_schema() {
    let fixture = twins(1);
    let id = patient(&fixture, a(), "00001");
    let value = run(&fixture.database, a(), |tx| coverages::current(tx, &[id])).pop().unwrap().value;
    let backwards = billing::clinic::Coverage { valid_to: Some(date("2025-03-31")), ..value.clone() };
    let outcome = fixture.database.in_tenant(a(), |tx| coverages::record(tx, id, "C9", 0, &backwards, &stamp()));
    assert!(matches!(outcome, Err(StoreError::Violation { .. })));
    let unknown = PatientId::new();
    let outcome = fixture.database.in_tenant(a(), |tx| coverages::record(tx, unknown, "C1", 0, &value, &stamp()));
    assert!(matches!(outcome, Err(StoreError::Violation { .. })));
}

#[test]
fn subsidies_and_diagnoses_hold_for_a_time() {
    let fixture = twins(1);
    let id = patient(&fixture, a(), "00001");
    let subsidies = |day: &str| run(&fixture.database, a(), |tx| subsidies::held_on(tx, id, date(day))).len();
    assert_eq!((subsidies("2025-12-31"), subsidies("2026-01-01"), subsidies("2027-01-01")), (0, 1, 0));
    let active = |day: &str| run(&fixture.database, a(), |tx| diagnoses::active(tx, id, date(day), date(day))).len();
    assert_eq!((active("2021-06-13"), active("2026-10-12"), active("2026-10-13")), (0, 1, 2));
}

#[test]
fn the_reception_list_follows_the_states() {
    let fixture = twins(2);
    let list = |tenant| run(&fixture.database, tenant, |tx| visits::receptions(tx, date("2026-10-05")));
    let before = list(a());
    assert_eq!(before.iter().map(|line| line.number.as_str()).collect::<Vec<_>>(), ["00001", "00028"]);
    let first = before.first().unwrap();
    assert_eq!((first.state, first.step), (VisitState::AwaitingPayment, 1));
    let hold = stamp().because("insurance unknown");
    run(&fixture.database, a(), |tx| visits::move_to(tx, first.visit_id, 1, VisitState::OnHold, &hold));
    let late = fixture.database.in_tenant(a(), |tx| visits::move_to(tx, first.visit_id, 1, VisitState::Paid, &stamp()));
    assert!(matches!(late, Err(StoreError::Conflict { expected: 1, found: 2, .. })));
    let after = list(a());
    assert_eq!(
        after.first().map(|line| (line.state, line.reason.as_deref())),
        Some((VisitState::OnHold, Some("insurance unknown")))
    );
    assert!(list(b()).iter().all(|line| line.step == 1));
}

#[test]
fn a_visit_comes_once_from_its_source() {
    let fixture = twins(2);
    let id = patient(&fixture, a(), "00001");
    let visit = NewVisit {
        id: VisitId::new(),
        patient_id: id,
        reference: "emr-1".to_owned(),
        date: date("2026-10-20"),
        source: "client".to_owned(),
        source_visit_id: "emr-1".to_owned(),
    };
    let record = |visit: &NewVisit| {
        fixture.database.in_tenant(a(), |tx| visits::record(tx, visit, VisitState::Waiting, &stamp()))
    };
    assert_eq!(record(&visit), Ok((visit.clone(), true)));
    let again = NewVisit { id: VisitId::new(), ..visit.clone() };
    assert_eq!(record(&again), Ok((visit.clone(), false)));
    let other_day = NewVisit { date: date("2026-10-21"), ..again };
    assert!(matches!(record(&other_day), Err(StoreError::Duplicate { .. })));
}

#[test]
fn institutions_are_recorded_in_versions() {
    let fixture = twins(1);
    let (version, mut institution) = run(&fixture.database, a(), tenants::institution);
    institution.closed_dates = vec![date("2026-12-29"), date("2026-12-30")];
    institution.standards.truncate(1);
    run(&fixture.database, a(), |tx| tenants::record_institution(tx, version, &institution, &stamp()));
    assert_eq!(run(&fixture.database, a(), tenants::institution), (version + 1, institution.clone()));
    let late = fixture.database.in_tenant(a(), |tx| tenants::record_institution(tx, version, &institution, &stamp()));
    assert!(matches!(late, Err(StoreError::Conflict { .. })));
    assert_eq!(run(&fixture.database, b(), tenants::institution).0, 1);
}
