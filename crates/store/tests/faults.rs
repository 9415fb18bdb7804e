//! PostgreSQL dies in the middle: nothing committed is lost, nothing uncommitted stays.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc;

use serde_json::json;
use store::cluster::{Cluster, Durability, Stop, checkout};
use store::idempotency::{Answer, KeyedRequest};
use store::{Database, StoreError, migration, outbox, tenants};
use support::{Once, a, at, once, run, stamp};

/// A cluster of this test alone, removed at its end.
struct Own(Cluster);

impl Own {
    fn new(name: &str) -> Self {
        let folder = checkout(&std::env::current_dir().unwrap()).join(format!(".tensu/{name}"));
        let cluster = Cluster::at(&folder).unwrap();
        cluster.remove().unwrap();
        cluster.start(Durability::Safe).unwrap();
        Self(cluster)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.0.remove().unwrap();
    }
}

fn prepared(cluster: &Cluster) -> Database {
    let administrator = cluster.administrator_url("postgres");
    migration::create_roles(&administrator).unwrap();
    assert!(migration::create_database(&administrator, "tensu").unwrap());
    assert!(!migration::create_database(&administrator, "tensu").unwrap());
    migration::migrate(&cluster.url("tensu_owner", "tensu")).unwrap();
    let database = Database::connect(&cluster.url("tensu_app", "tensu"), 8).unwrap();
    run(&database, a(), |tx| tenants::create(tx, "clinic-a", 1, &stamp()));
    database
}

/// One keyed effect; tried again until its outcome is known.
fn effect(database: &Database, key: &str) -> Once {
    for _ in 0..2_000 {
        let outcome: Result<Once, StoreError> = database.in_tenant(a(), |tx| {
            let request = KeyedRequest { route: "r", key, body: b"{}", at: at("2026-10-05T00:00:00Z") };
            once(tx, &request, |tx| {
                let seq = outbox::append(tx, "effect", key, &json!({}), &stamp())?;
                Ok(Answer { status: 201, body: json!(seq) })
            })
        });
        match outcome {
            Ok(once) => return once,
            Err(StoreError::Unavailable | StoreError::Timeout | StoreError::KeyInProgress) => {}
            Err(error) => panic!("{error:?}"),
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("the database did not come back");
}

#[test]
fn an_immediate_restart_in_the_middle_loses_and_doubles_nothing() {
    let own = Own::new("test-restart");
    let database = prepared(&own.0);
    let (done, is_over) = (AtomicI64::new(0), AtomicBool::new(false));
    let written: Vec<String> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (database, done, is_over) = (&database, &done, &is_over);
                scope.spawn(move || {
                    let mut keys = Vec::new();
                    while !is_over.load(Ordering::Relaxed) {
                        let key = format!("{writer}-{}", keys.len());
                        effect(database, &key);
                        done.fetch_add(1, Ordering::Relaxed);
                        keys.push(key);
                    }
                    keys
                })
            })
            .collect();
        for _ in 0..3 {
            let before = done.load(Ordering::Relaxed);
            while done.load(Ordering::Relaxed) < before + 25 {
                std::thread::yield_now();
            }
            own.0.crash_and_restart().unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let mut events = Vec::new();
    loop {
        let after = i64::try_from(events.len()).unwrap();
        let page = run(&database, a(), |tx| outbox::after(tx, after, 1_000));
        if page.is_empty() {
            break;
        }
        events.extend(page);
    }
    assert!(events.iter().zip(1..).all(|(event, number)| event.seq == number));
    let mut subjects: Vec<String> = events.into_iter().map(|event| event.subject).collect();
    let mut written = written;
    subjects.sort();
    written.sort();
    assert_eq!(subjects, written);
}

#[test]
fn an_open_transaction_is_undone_and_the_next_one_works() {
    let own = Own::new("test-open");
    let database = prepared(&own.0);
    effect(&database, "before");
    let (opened, is_open) = mpsc::channel();
    let (restarted, is_restarted) = mpsc::channel();
    let interrupted = std::thread::scope(|scope| {
        let open = scope.spawn(|| {
            database.in_tenant(a(), move |tx| {
                outbox::append(tx, "effect", "open", &json!({}), &stamp())?;
                opened.send(()).unwrap();
                is_restarted.recv().unwrap();
                outbox::append(tx, "effect", "open", &json!({}), &stamp())
            })
        });
        is_open.recv().unwrap();
        own.0.crash_and_restart().unwrap();
        restarted.send(()).unwrap();
        open.join().unwrap()
    });
    assert_eq!(interrupted, Err(StoreError::Unavailable));
    effect(&database, "after");
    let subjects: Vec<String> =
        run(&database, a(), |tx| outbox::after(tx, 0, 10)).into_iter().map(|event| event.subject).collect();
    assert_eq!(subjects, ["before", "after"]);
}

#[test]
fn a_stopped_database_is_unavailable_and_comes_back() {
    let own = Own::new("test-stopped");
    let database = prepared(&own.0);
    effect(&database, "before");
    assert!(own.0.stop(Stop::Fast).unwrap());
    assert!(!own.0.stop(Stop::Fast).unwrap());
    let outcome = database.in_tenant(a(), |tx| outbox::after(tx, 0, 10));
    assert!(matches!(outcome, Err(StoreError::Unavailable | StoreError::Timeout)), "{outcome:?}");
    assert!(own.0.start(Durability::Safe).unwrap());
    assert!(!own.0.start(Durability::Safe).unwrap());
    effect(&database, "after");
    assert_eq!(run(&database, a(), |tx| outbox::after(tx, 0, 10)).len(), 2);
}
