//! A clinic document goes into the database and gives the same requests when it comes out.

#![allow(clippy::unwrap_used)]

mod support;

use billing::encounter;
use rstest::rstest;
use store::document;
use support::{a, b, demo, october, registered, run, stamp};

#[rstest]
#[case("a")]
#[case("b")]
fn month_requests_are_those_of_the_document(#[case] name: &str) {
    let fixture = registered(2);
    let clinic = demo(name);
    let loaded = run(&fixture.database, a(), |tx| document::load(tx, &clinic, &stamp()));
    run(&fixture.database, b(), |tx| document::load(tx, &demo("b"), &stamp()));
    assert_eq!(loaded.patients, clinic.patients.len());
    assert_eq!(loaded.visits, clinic.patients.iter().map(|patient| patient.visits.len()).sum::<usize>());

    let expected = encounter::requests(&clinic, october());
    let stored = run(&fixture.database, a(), |tx| document::clinic(tx, october()));
    assert_eq!(encounter::requests(&stored, october()), expected);
    for request in &expected.requests {
        let number = &clinic.patients.iter().find(|patient| patient.id == request.patient_id).unwrap().number;
        let id = support::patient(&fixture, a(), number);
        let (one, _) = run(&fixture.database, a(), |tx| document::request(tx, id, october()));
        assert_eq!(one.as_ref(), Some(request));
    }
}

#[test]
fn the_whole_document_comes_back() {
    let fixture = registered(2);
    let mut clinic = demo("a");
    clinic.patients.sort_by(|a, b| a.id.cmp(&b.id));
    run(&fixture.database, a(), |tx| document::load(tx, &clinic, &stamp()));
    let stored = run(&fixture.database, a(), |tx| document::clinic(tx, october()));
    assert_eq!(stored.institution, clinic.institution);
    for (stored, given) in stored.patients.iter().zip(&clinic.patients) {
        let mut given = given.clone();
        given.visits.sort_by(|a, b| a.id.cmp(&b.id));
        let mut stored = stored.clone();
        stored.visits.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(serde_json::to_value(&stored).unwrap(), serde_json::to_value(&given).unwrap(), "{}", given.id);
    }
}
