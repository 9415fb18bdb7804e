//! Idempotency, jobs, events.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Barrier;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use store::idempotency::{self, Answer, KeyedRequest};
use store::jobs::{self, Failed, NewJob};
use store::{Channel, Listener, StoreError, TenantId, outbox};
use support::{Fixture, Once, a, at, b, once, registered, run, stamp};

fn request<'a>(key: &'a str, body: &'a [u8]) -> KeyedRequest<'a> {
    KeyedRequest { route: "POST /v1/visits", key, body, at: at("2026-10-05T00:00:00Z") }
}

fn keyed(fixture: &Fixture, tenant: TenantId, key: &str, body: &[u8]) -> Result<Once, StoreError> {
    fixture.database.in_tenant(tenant, |tx| {
        once(tx, &request(key, body), |tx| {
            let seq = outbox::append(tx, "effect", key, &json!({}), &stamp())?;
            Ok(Answer { status: 201, body: json!({ "seq": seq }) })
        })
    })
}

fn effects(fixture: &Fixture, tenant: TenantId) -> usize {
    run(&fixture.database, tenant, |tx| outbox::after(tx, 0, 1_000)).len()
}

#[test]
fn a_key_has_one_effect_and_one_answer() {
    let fixture = registered(2);
    let first = Answer { status: 201, body: json!({ "seq": 1 }) };
    assert_eq!(keyed(&fixture, a(), "k", b"{}"), Ok(Once::Done(first.clone())));
    assert_eq!(keyed(&fixture, a(), "k", b"{}"), Ok(Once::Replayed(first)));
    assert_eq!(keyed(&fixture, a(), "k", b"{ }"), Err(StoreError::KeyReuse));
    assert_eq!(effects(&fixture, a()), 1);
    assert!(matches!(keyed(&fixture, b(), "k", b"other"), Ok(Once::Done(_))));
    assert!(matches!(keyed(&fixture, a(), "", b"{}"), Err(StoreError::Bound { .. })));
}

#[test]
fn a_failed_effect_leaves_the_key_free() {
    let fixture = registered(1);
    let failed: Result<Once, StoreError> =
        fixture.database.in_tenant(a(), |tx| once(tx, &request("k", b"{}"), |_| Err(StoreError::LeaseLost)));
    assert_eq!(failed, Err(StoreError::LeaseLost));
    assert!(matches!(keyed(&fixture, a(), "k", b"{}"), Ok(Once::Done(_))));
}

#[test]
fn racing_requests_with_one_key_have_one_effect() {
    let fixture = registered(8);
    for round in 0..10 {
        let key = format!("k{round}");
        let start = Barrier::new(8);
        let outcomes: Vec<Result<Once, StoreError>> = std::thread::scope(|scope| {
            let send = || {
                start.wait();
                keyed(&fixture, a(), &key, b"{}")
            };
            let senders: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
            senders.into_iter().map(|sender| sender.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|o| matches!(o, Ok(Once::Done(_)))).count(), 1, "{outcomes:?}");
        let is_known = |o: &&Result<Once, StoreError>| matches!(o, Ok(_) | Err(StoreError::KeyInProgress));
        assert!(outcomes.iter().all(|o| is_known(&o)), "{outcomes:?}");
        assert!(matches!(keyed(&fixture, a(), &key, b"{}"), Ok(Once::Replayed(_))));
    }
    assert_eq!(effects(&fixture, a()), 10);
    assert_eq!(effects(&fixture, b()), 0);
}

#[test]
fn old_answers_are_forgotten_and_only_old_ones() {
    let fixture = registered(1);
    keyed(&fixture, a(), "k", b"{}").unwrap();
    keyed(&fixture, b(), "k", b"{}").unwrap();
    let forget = |instant: &str| run(&fixture.database, a(), |tx| idempotency::forget_before(tx, at(instant), 100));
    assert_eq!(forget("2026-10-05T00:00:00Z"), 0);
    assert_eq!(forget("2026-11-15T00:00:00Z"), 1);
    assert!(matches!(keyed(&fixture, b(), "k", b"{}"), Ok(Once::Replayed(_))));
}

fn enqueue(fixture: &Fixture, tenant: TenantId, key: &str, attempts_max: i32) -> bool {
    let now = stamp().at();
    let job = NewJob { attempts_max, ..NewJob::now("calculate", key, json!({ "key": key }), now) };
    run(&fixture.database, tenant, |tx| jobs::enqueue(tx, &job, now))
}

fn claim(fixture: &Fixture, worker: &str, seconds: i64, limit: i32) -> Vec<jobs::Claim> {
    let now = stamp().at() + TimeDelta::seconds(seconds);
    jobs::claim(&fixture.database, worker, now, TimeDelta::seconds(60), limit).unwrap()
}

#[test]
fn a_job_is_seen_when_its_transaction_commits_and_only_then() {
    let fixture = registered(2);
    let now = stamp().at();
    let undone: Result<(), StoreError> = fixture.database.in_tenant(a(), |tx| {
        jobs::enqueue(tx, &NewJob::now("calculate", "x", json!(null), now), now)?;
        Err(StoreError::KeyReuse)
    });
    assert!(undone.is_err());
    assert_eq!(claim(&fixture, "w", 0, 10), []);
    assert!(enqueue(&fixture, a(), "x", 3));
    assert!(!enqueue(&fixture, a(), "x", 3), "one of a kind and key waits at a time");
    let claims = claim(&fixture, "w", 0, 10);
    assert_eq!(claims.len(), 1);
    assert!(enqueue(&fixture, a(), "x", 3), "what changed while it runs makes another");
    let first = claims.first().unwrap();
    let job = run(&fixture.database, a(), |tx| jobs::load(tx, first));
    assert_eq!((job.kind.as_str(), job.payload), ("calculate", json!({ "key": "x" })));
    run(&fixture.database, a(), |tx| jobs::complete(tx, first, now));
    let again = fixture.database.in_tenant(a(), |tx| jobs::complete(tx, first, now));
    assert_eq!(again, Err(StoreError::LeaseLost));
    let other_tenant = fixture.database.in_tenant(b(), |tx| jobs::load(tx, first));
    assert_eq!(other_tenant, Err(StoreError::LeaseLost));
}

#[test]
fn tenants_take_turns() {
    let fixture = registered(2);
    for number in 0..50 {
        enqueue(&fixture, a(), &format!("{number:02}"), 3);
    }
    enqueue(&fixture, b(), "only", 3);
    let tenants: Vec<TenantId> = claim(&fixture, "w", 0, 4).iter().map(|claim| claim.tenant).collect();
    assert_eq!(tenants.iter().filter(|tenant| **tenant == b()).count(), 1, "{tenants:?}");
    assert_eq!(tenants.len(), 4);
}

#[test]
fn workers_share_the_queue_and_do_everything_once() {
    let fixture = registered(8);
    for number in 0..60 {
        enqueue(&fixture, if number % 2 == 0 { a() } else { b() }, &format!("{number}"), 3);
    }
    std::thread::scope(|scope| {
        for worker in 0..6 {
            let fixture = &fixture;
            scope.spawn(move || {
                let mut idle = 0;
                while idle < 20 {
                    let claims = claim(fixture, &format!("w{worker}"), 0, 3);
                    idle = if claims.is_empty() { idle + 1 } else { 0 };
                    for claim in claims {
                        run(&fixture.database, claim.tenant, |tx| {
                            let job = jobs::load(tx, &claim)?;
                            outbox::append(tx, "done", &job.key, &job.payload, &stamp())?;
                            jobs::complete(tx, &claim, stamp().at())
                        });
                    }
                }
            });
        }
    });
    assert_eq!((effects(&fixture, a()), effects(&fixture, b())), (30, 30));
}

#[test]
fn a_job_of_a_killed_worker_is_claimed_again_and_the_dead_hand_cannot_end_it() {
    let fixture = registered(2);
    enqueue(&fixture, a(), "x", 2);
    let killed = claim(&fixture, "killed", 0, 1).pop().unwrap();
    assert_eq!(claim(&fixture, "next", 59, 1), []);
    let next = claim(&fixture, "next", 60, 1).pop().unwrap();
    assert_eq!((next.job_id, next.attempt), (killed.job_id, 2));
    let late = fixture.database.in_tenant(a(), |tx| {
        outbox::append(tx, "effect", "x", &json!({}), &stamp())?;
        jobs::complete(tx, &killed, stamp().at())
    });
    assert_eq!(late, Err(StoreError::LeaseLost));
    assert_eq!(effects(&fixture, a()), 0);
    let until = stamp().at() + TimeDelta::seconds(600);
    run(&fixture.database, a(), |tx| jobs::extend(tx, &next, until));
    assert_eq!(claim(&fixture, "third", 599, 1), []);
    // The second worker dies too: no attempt is left.
    assert_eq!(claim(&fixture, "third", 600, 1), []);
    let dead = run(&fixture.database, a(), |tx| jobs::dead(tx, 10));
    assert_eq!(
        dead.first().map(|job| (job.attempts, job.last_error.as_deref())),
        Some((2, Some("lease ended, no attempt left")))
    );
    assert_eq!(run(&fixture.database, b(), |tx| jobs::dead(tx, 10)), Vec::new());
}

#[test]
fn a_failing_job_comes_back_later_and_dies_with_its_reason() {
    let fixture = registered(1);
    enqueue(&fixture, a(), "x", 2);
    let first = claim(&fixture, "w", 0, 1).pop().unwrap();
    let again = run(&fixture.database, a(), |tx| jobs::fail(tx, &first, "module: refused", stamp().at()));
    assert_eq!(again, Failed::Again(stamp().at() + TimeDelta::seconds(2)));
    assert_eq!(claim(&fixture, "w", 1, 1), []);
    let second = claim(&fixture, "w", 2, 1).pop().unwrap();
    let dead = run(&fixture.database, a(), |tx| jobs::fail(tx, &second, "module: hung", stamp().at()));
    assert_eq!(dead, Failed::Dead);
    let reasons: Vec<_> =
        run(&fixture.database, a(), |tx| jobs::dead(tx, 10)).into_iter().map(|j| j.last_error).collect();
    assert_eq!(reasons, [Some("module: hung".to_owned())]);
    assert_eq!(jobs::back_off(3), TimeDelta::seconds(8));
    assert_eq!(jobs::back_off(60), TimeDelta::seconds(jobs::BACK_OFF_MAX_S));
}

#[test]
fn a_failing_job_gives_way_to_one_that_waits() {
    let fixture = registered(1);
    enqueue(&fixture, a(), "x", 5);
    let first = claim(&fixture, "w", 0, 1).pop().unwrap();
    assert!(enqueue(&fixture, a(), "x", 5));
    assert_eq!(run(&fixture.database, a(), |tx| jobs::fail(tx, &first, "e", stamp().at())), Failed::Dead);
    assert_eq!(claim(&fixture, "w", 0, 5).len(), 1);
}

#[test]
fn a_waiting_worker_hears_of_a_job() {
    let fixture = registered(1);
    let mut listener = Listener::connect(&fixture.test.url(), Channel::Jobs).unwrap();
    assert_eq!(listener.wait(Duration::ZERO), Ok(false));
    enqueue(&fixture, a(), "x", 1);
    assert_eq!(listener.wait(Duration::from_secs(5)), Ok(true));
    assert_eq!(listener.wait(Duration::ZERO), Ok(false));
}

#[test]
fn done_jobs_and_old_events_are_forgotten() {
    let fixture = registered(1);
    enqueue(&fixture, a(), "x", 1);
    let job = claim(&fixture, "w", 0, 1).pop().unwrap();
    run(&fixture.database, a(), |tx| jobs::complete(tx, &job, stamp().at()));
    let later = stamp().at() + TimeDelta::days(40);
    assert_eq!(run(&fixture.database, a(), |tx| jobs::forget_done_before(tx, later, 10)), 1);
    for _ in 0..3 {
        run(&fixture.database, a(), |tx| outbox::append(tx, "e", "s", &json!({}), &stamp()));
    }
    assert_eq!(run(&fixture.database, a(), |tx| outbox::forget_before(tx, later, 10)), 3);
    assert_eq!(run(&fixture.database, a(), |tx| outbox::append(tx, "e", "s", &json!({}), &stamp())), 4);
}

#[test]
fn events_are_numbered_in_the_order_of_commits() {
    let fixture = registered(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    run(&fixture.database, a(), |tx| outbox::append(tx, "e", "s", &json!({}), &stamp()));
                    // Whatever is visible has no hole: a reader that follows the numbers misses nothing.
                    let seen = run(&fixture.database, a(), |tx| outbox::after(tx, 0, 1_000));
                    assert!(seen.iter().zip(1..).all(|(event, number)| event.seq == number));
                }
            });
        }
    });
    assert_eq!(effects(&fixture, a()), 80);
}
