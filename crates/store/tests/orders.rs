//! Orders that come twice, late and from four connections end in the same state.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Mutex;

use billing::clinic::Visit;
use proptest::prelude::*;
use store::orders::{self, Delivery, NewOrder, OrderVersion};
use store::visits::{self, NewVisit, VisitState};
use store::{PatientId, StoreError, TenantTx, VisitId, results};
use support::{Fixture, a, b, date, few, patient, run, stamp, twins};

/// Revisions of one visit: 1, 2, 3 cancelled, 4, 5.
const REVISIONS: [i32; 5] = [1, 2, 3, 4, 5];

fn content(revision: i32) -> Option<Visit> {
    let mut visit = few().patients.first().unwrap().visits.first().unwrap().clone();
    visit.memo = Some(format!("revision {revision}"));
    (revision != 3).then_some(visit)
}

fn visit(patient_id: PatientId, name: &str) -> NewVisit {
    NewVisit {
        id: VisitId::new(),
        patient_id,
        reference: name.to_owned(),
        date: date("2026-10-20"),
        source: "client".to_owned(),
        source_visit_id: name.to_owned(),
    }
}

/// The visit if it is new, and its document.
fn deliver_order(
    tx: &mut TenantTx<'_>,
    visit: &NewVisit,
    revision: i32,
    content: Option<&Visit>,
) -> Result<(VisitId, Delivery), StoreError> {
    let (recorded, _) = visits::record(tx, visit, VisitState::AwaitingPayment, &stamp())?;
    let order = NewOrder {
        visit_id: recorded.id,
        version: OrderVersion { revision, edit: 0 },
        source: visit.source.clone(),
        content: content.cloned(),
    };
    Ok((recorded.id, orders::deliver(tx, &order, &stamp())?))
}

fn deliver(
    fixture: &Fixture,
    name: &str,
    patient: PatientId,
    revision: i32,
) -> Result<(VisitId, Delivery), StoreError> {
    let content = content(revision);
    fixture.database.in_tenant(a(), |tx| deliver_order(tx, &visit(patient, name), revision, content.as_ref()))
}

fn held(fixture: &Fixture, visit: VisitId) -> (OrderVersion, bool, Option<String>) {
    let order = run(&fixture.database, a(), |tx| orders::current(tx, &[visit])).pop().unwrap();
    (order.version, order.is_cancelled, order.content.and_then(|visit| visit.memo))
}

#[test]
fn a_newer_revision_replaces_an_older_one_is_kept_a_repeated_one_changes_nothing() {
    let fixture = twins(1);
    let id = patient(&fixture, a(), "00001");
    let (visit, delivery) = deliver(&fixture, "v", id, 2).unwrap();
    assert_eq!(delivery, Delivery::Current);
    assert_eq!(deliver(&fixture, "v", id, 1), Ok((visit, Delivery::Late)));
    assert_eq!(deliver(&fixture, "v", id, 2), Ok((visit, Delivery::Repeated)));
    assert_eq!(held(&fixture, visit), (OrderVersion { revision: 2, edit: 0 }, false, Some("revision 2".to_owned())));
    assert_eq!(deliver(&fixture, "v", id, 3), Ok((visit, Delivery::Current)));
    assert_eq!(held(&fixture, visit), (OrderVersion { revision: 3, edit: 0 }, true, Some("revision 2".to_owned())));
    let other = content(5);
    let reused = fixture.database.in_tenant(a(), |tx| deliver_order(tx, &support_visit(id), 2, other.as_ref()));
    assert_eq!(reused, Err(StoreError::RevisionReuse { revision: 2, edit: 0 }));
}

fn support_visit(patient: PatientId) -> NewVisit {
    visit(patient, "v")
}

#[test]
fn the_desk_edits_on_top_of_what_holds() {
    let fixture = twins(2);
    let id = patient(&fixture, a(), "00001");
    let (visit, _) = deliver(&fixture, "v", id, 1).unwrap();
    let base = OrderVersion { revision: 1, edit: 0 };
    let edited = content(9);
    let edit = |base| fixture.database.in_tenant(a(), |tx| orders::edit(tx, visit, base, edited.as_ref(), &stamp()));
    assert_eq!(edit(base), Ok(OrderVersion { revision: 1, edit: 1 }));
    assert_eq!(edit(base), Err(StoreError::Conflict { what: "the order", expected: 0, found: 1 }));
    assert_eq!(held(&fixture, visit).2.as_deref(), Some("revision 9"));
    deliver(&fixture, "v", id, 2).unwrap();
    assert_eq!(held(&fixture, visit).2.as_deref(), Some("revision 2"));
    let late = OrderVersion { revision: 1, edit: 1 };
    assert_eq!(edit(late), Err(StoreError::Conflict { what: "the order", expected: 1, found: 2 }));
}

#[test]
fn four_connections_in_any_order_end_in_the_same_state() {
    let fixture = twins(4);
    let id = patient(&fixture, a(), "00001");
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 12, ..ProptestConfig::default() });
    let twice: Vec<i32> = REVISIONS.iter().chain(&REVISIONS).copied().collect();
    let number = std::sync::atomic::AtomicU32::new(0);
    let outcome = runner.run(&Just(twice).prop_shuffle(), |shuffled| {
        let name = format!("shuffled-{}", number.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let queue = Mutex::new(shuffled.into_iter());
        let delivered: Mutex<Vec<(VisitId, Delivery)>> = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let Some(revision) = queue.lock().unwrap().next() else { break };
                        delivered.lock().unwrap().push(deliver(&fixture, &name, id, revision).unwrap());
                    }
                });
            }
        });
        let delivered = delivered.into_inner().unwrap();
        let visit = delivered.first().unwrap().0;
        prop_assert!(delivered.iter().all(|(id, _)| *id == visit));
        let repeated = delivered.iter().filter(|(_, delivery)| *delivery == Delivery::Repeated).count();
        prop_assert_eq!(repeated, REVISIONS.len());
        let expected = (OrderVersion { revision: 5, edit: 0 }, false, Some("revision 5".to_owned()));
        prop_assert_eq!(held(&fixture, visit), expected);
        Ok(())
    });
    outcome.unwrap();
    assert_eq!(run(&fixture.database, b(), |tx| store::visits::find_by_source(tx, "client", "shuffled-0")), None);
}

#[test]
fn results_are_kept_in_versions_and_not_twice() {
    let fixture = twins(1);
    let id = patient(&fixture, a(), "00001");
    let month = support::october();
    let (request, _) = run(&fixture.database, a(), |tx| store::document::request(tx, id, month));
    let request = request.unwrap().request;
    let response: calculation::Response = serde_json::from_value(serde_json::json!({
        "resultId": "r1", "requestId": request.request_id, "revision": 1, "month": "2026-10",
        "engine": { "name": "embedded", "version": "1", "rulesets": [
            { "from": "2026-06-01", "rulesetId": "R8", "masterRelease": "m1", "basis": "official" } ] },
        "provisional": true, "status": "complete", "visits": [],
        "monthCharge": [ { "payer": "insurance", "costYen": 1000, "patientYen": 300, "windowYen": 300,
            "insurerYen": 700, "dueYen": 300, "collectedYen": 0 } ]
    }))
    .unwrap();
    let append = |response: &calculation::Response| {
        run(&fixture.database, a(), |tx| results::append(tx, id, &request, response, &stamp()))
    };
    assert_eq!(append(&response), 1);
    assert_eq!(append(&response), 1);
    let second = calculation::Response { result_id: "r2".to_owned(), provisional: false, ..response };
    assert_eq!(append(&second), 2);
    let stored = run(&fixture.database, a(), |tx| results::current(tx, &[id], month)).pop().unwrap();
    assert_eq!((stored.version, &stored.response), (2, &second));
    assert_eq!(stored.request_hash, results::request_hash(&request).unwrap());
    let twin = patient(&fixture, b(), "00001");
    assert_eq!(run(&fixture.database, b(), |tx| results::current(tx, &[twin], month)), Vec::new());
}
