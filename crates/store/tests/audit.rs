//! The audit trail finds every row that was altered or is missing.

#![allow(clippy::unwrap_used)]

mod support;

use diesel::prelude::*;
use rstest::rstest;
use serde_json::json;
use store::audit::{self, Fault, FaultKind, Head, NewEvent, Order, Position, Search};
use support::{Fixture, a, administrator, b, date, patient, run, stamp, twins};

/// Three days of four events each, in both clinics.
fn filled() -> Fixture {
    let fixture = twins(2);
    for tenant in [a(), b()] {
        let id = patient(&fixture, tenant, "00001");
        for day in ["2026-10-05", "2026-10-06", "2026-10-07"] {
            for number in 0..4 {
                let event = NewEvent {
                    action: "patient.update".to_owned(),
                    patient_id: Some(id),
                    subject: Some(format!("subject {number}")),
                    before: Some(json!({ "b": 1, "a": [1, 2] })),
                    after: (number % 2 == 0).then(|| json!("after")),
                    origin: Some("desk 1".to_owned()),
                };
                run(&fixture.database, tenant, |tx| audit::append(tx, date(day), &event, &stamp().because("why")));
            }
        }
    }
    fixture
}

fn verify(fixture: &Fixture, kept: &[Head]) -> Vec<(String, i64, FaultKind)> {
    let faults = run(&fixture.database, a(), |tx| audit::verify(tx, kept));
    faults.into_iter().map(|Fault { day, seq, kind }| (day.to_string(), seq, kind)).collect()
}

#[test]
fn an_untouched_trail_has_no_fault() {
    let fixture = filled();
    let heads = run(&fixture.database, a(), audit::heads);
    assert_eq!(heads.iter().map(|head| head.last_seq).collect::<Vec<_>>(), [4, 4, 4]);
    assert_eq!(verify(&fixture, &heads), []);
}

#[rstest]
#[case("UPDATE audit_events SET recorded_by = 'user:other' WHERE seq = 2", FaultKind::Altered)]
#[case("UPDATE audit_events SET action = 'patient.read' WHERE seq = 2", FaultKind::Altered)]
#[case("UPDATE audit_events SET before_text = '{}' WHERE seq = 2", FaultKind::Altered)]
#[case("UPDATE audit_events SET after_text = 'x' WHERE seq = 2", FaultKind::Altered)]
#[case("UPDATE audit_events SET after_text = '' WHERE seq = 2", FaultKind::Altered)]
#[case("UPDATE audit_events SET subject = NULL WHERE seq = 2", FaultKind::Altered)]
#[case("UPDATE audit_events SET patient_id = NULL WHERE seq = 2", FaultKind::Altered)]
#[case("UPDATE audit_events SET reason = 'other' WHERE seq = 2", FaultKind::Altered)]
#[case("UPDATE audit_events SET origin = subject, subject = origin WHERE seq = 2", FaultKind::Altered)]
#[case(
    "UPDATE audit_events SET recorded_at = recorded_at + interval '1 microsecond' WHERE seq = 2",
    FaultKind::Altered
)]
#[case("UPDATE audit_events SET hash = previous_hash WHERE seq = 2", FaultKind::Altered)]
#[case("DELETE FROM audit_events WHERE seq = 2", FaultKind::Missing)]
#[case("DELETE FROM audit_events WHERE seq = 1", FaultKind::Missing)]
fn a_touched_row_is_found(#[case] statement: &str, #[case] kind: FaultKind) {
    let fixture = filled();
    let statement = format!("{statement} AND tenant_id = 1 AND day = '2026-10-06'");
    assert_eq!(diesel::sql_query(&statement).execute(&mut administrator(&fixture)).unwrap(), 1);
    let faults = verify(&fixture, &[]);
    let seq = if statement.contains("seq = 1") { 1 } else { 2 };
    assert!(faults.contains(&("2026-10-06".to_owned(), seq, kind)), "{faults:?}");
    assert!(faults.iter().all(|(day, ..)| day == "2026-10-06"), "{faults:?}");
    assert_eq!(run(&fixture.database, b(), |tx| audit::verify(tx, &[])), []);
}

#[rstest]
#[case::end_of_a_day("DELETE FROM audit_events WHERE tenant_id = 1 AND day = '2026-10-06' AND seq = 4")]
#[case::newest_row("DELETE FROM audit_events WHERE tenant_id = 1 AND day = '2026-10-07' AND seq = 4")]
#[case::a_whole_day("DELETE FROM audit_events WHERE tenant_id = 1 AND day = '2026-10-06'")]
#[case::the_newest_day("DELETE FROM audit_events WHERE tenant_id = 1 AND day = '2026-10-07'")]
#[case::everything("DELETE FROM audit_events WHERE tenant_id = 1")]
#[case::a_head("DELETE FROM audit_heads WHERE tenant_id = 1 AND day = '2026-10-07'")]
fn a_cut_trail_is_found(#[case] statement: &str) {
    let fixture = filled();
    diesel::sql_query(statement).execute(&mut administrator(&fixture)).unwrap();
    let faults = verify(&fixture, &[]);
    assert!(faults.iter().any(|(_, _, kind)| *kind == FaultKind::Head), "{faults:?}");
}

#[test]
fn a_day_that_is_gone_with_its_head_is_found() {
    let fixture = filled();
    let kept = run(&fixture.database, a(), audit::heads);
    let mut administrator = administrator(&fixture);
    for table in ["audit_events", "audit_heads"] {
        let statement = format!("DELETE FROM {table} WHERE tenant_id = 1 AND day = '2026-10-06'");
        diesel::sql_query(statement).execute(&mut administrator).unwrap();
    }
    assert!(verify(&fixture, &[]).contains(&("2026-10-07".to_owned(), 1, FaultKind::Unchained)));
    for table in ["audit_events", "audit_heads"] {
        let statement = format!("DELETE FROM {table} WHERE tenant_id = 1 AND day = '2026-10-07'");
        diesel::sql_query(statement).execute(&mut administrator).unwrap();
    }
    assert_eq!(verify(&fixture, &[]), [], "nothing inside the database tells of it");
    let expected = [("2026-10-06".to_owned(), 4, FaultKind::Head), ("2026-10-07".to_owned(), 4, FaultKind::Head)];
    assert_eq!(verify(&fixture, &kept), expected);
}

fn wanted() -> Search {
    Search {
        from: date("2026-10-05"),
        to: date("2026-10-07"),
        by: None,
        patient: None,
        action: None,
        order: Order::NewestFirst,
        after: None,
        limit: 100,
    }
}

fn places(fixture: &Fixture, search: &Search) -> Vec<(String, i64)> {
    let events = run(&fixture.database, a(), |tx| audit::search(tx, search));
    events.into_iter().map(|event| (event.position.day.to_string(), event.position.seq)).collect()
}

#[test]
fn a_search_sees_its_clinic_only_and_is_read_page_by_page() {
    let fixture = filled();
    let all = places(&fixture, &wanted());
    assert_eq!(all.len(), 12, "twelve of clinic A");
    assert_eq!(all.first(), Some(&("2026-10-07".to_owned(), 4)));
    for order in [Order::NewestFirst, Order::OldestFirst] {
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let page = Search { order, after, limit: 5, ..wanted() };
            let events = run(&fixture.database, a(), |tx| audit::search(tx, &page));
            let Some(last) = events.last() else { break };
            after = Some(last.position);
            pages.extend(events.into_iter().map(|event| event.position));
        }
        assert_eq!(pages.len(), 12, "{order:?}");
        let key = |position: &Position| (position.day, position.seq);
        assert!(match order {
            Order::OldestFirst => pages.is_sorted_by_key(key),
            Order::NewestFirst => pages.iter().rev().is_sorted_by_key(key),
        });
    }
}

#[test]
fn a_search_goes_by_day_person_patient_and_action() {
    let fixture = filled();
    let one_day = Search { from: date("2026-10-06"), to: date("2026-10-06"), ..wanted() };
    assert_eq!(places(&fixture, &one_day).len(), 4);
    let count = |search: Search| places(&fixture, &search).len();
    assert_eq!(count(Search { by: Some("system:test".into()), ..wanted() }), 12);
    assert_eq!(count(Search { by: Some("user:x".into()), ..wanted() }), 0);
    assert_eq!(count(Search { patient: Some(patient(&fixture, a(), "00001")), ..wanted() }), 12);
    assert_eq!(count(Search { patient: Some(patient(&fixture, b(), "00001")), ..wanted() }), 0);
    for (action, expected) in
        [("patient.update", 12), ("patient", 12), ("patien", 0), ("pat%", 0), ("patient_update", 0)]
    {
        assert_eq!(count(Search { action: Some(action.into()), ..wanted() }), expected, "{action}");
    }
}

#[test]
fn eight_writers_make_one_chain() {
    let fixture = twins(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let event = NewEvent { action: "visit.read".to_owned(), ..NewEvent::default() };
                    run(&fixture.database, a(), |tx| audit::append(tx, date("2026-10-05"), &event, &stamp()));
                }
            });
        }
    });
    assert_eq!(verify(&fixture, &[]), []);
    assert_eq!(run(&fixture.database, a(), audit::heads).first().map(|head| head.last_seq), Some(80));
}
