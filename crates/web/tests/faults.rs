//! The database falls under the desk's hands: what was answered holds, nothing happens twice.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions)]

mod support;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use billing::clinic::Patient;
use reqwest::blocking::Client;
use serde_json::{Value, json};
use service::identity::{self, NewClient};
use service::{Caller, Clock, Service};
use store::cluster::{Cluster, Durability};
use store::{Actor, Database, Stamp, document, migration, tenants};
use support::{a, at, clinic, engine, of_machines};
use web::{Options, RateLimit, State};

/// Visits checked out while the database falls.
const VISITS: usize = 90;
/// Callers at once.
const CALLERS: usize = 6;
/// Times a caller tries the same request.
const TRIES: usize = 400;

struct Desk {
    http: Client,
    url: String,
    token: String,
}

impl Desk {
    /// A change under a key, tried until it is answered for good.
    fn surely(&self, path: &str, key: &str, body: &Value) -> Value {
        for _ in 0..TRIES {
            let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.token);
            let Ok(answer) = request.header("Idempotency-Key", key).json(body).send() else { continue };
            let status = answer.status().as_u16();
            let value: Value = answer.json().unwrap_or_default();
            match status {
                200 | 201 => return value,
                503 => std::thread::sleep(Duration::from_millis(25)),
                _ if value["code"] == "idempotency-in-progress" => {}
                _ => panic!("{path}: {status} {value}"),
            }
        }
        panic!("{path} was never answered");
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().unwrap()
    }
}

fn start(cluster: &Cluster) -> (Desk, Service) {
    migration::create_roles(&cluster.administrator_url("postgres")).unwrap();
    migration::create_database(&cluster.administrator_url("postgres"), "tensu").unwrap();
    migration::migrate(&cluster.url("tensu_owner", "tensu")).unwrap();
    let database = Database::connect(&cluster.url("tensu_app", "tensu"), 8).unwrap();
    let now = at("2026-10-05T00:00:00Z");
    let stamp = Stamp::new(now, Actor::System("test"));
    let mut document = clinic(None);
    let model = document.patients.iter().find(|patient| patient.id == "P02").unwrap().clone();
    let copy = |place: usize| {
        let number = format!("{place:05}");
        Patient { id: number.clone(), number, ..model.clone() }
    };
    document.patients = (0..VISITS).map(copy).collect();
    database
        .in_tenant(a(), |tx| {
            tenants::create(tx, "clinic-a", 1, &stamp)?;
            document::load(tx, &document, &stamp)
        })
        .unwrap();
    let engine = Arc::new(engine());
    let service = Service::new(database, engine.clone(), Clock::Fixed(now));
    let caller = Caller { tenant: a(), actor: Actor::System("test"), origin: None };
    let new = NewClient { name: "test".to_owned(), scopes: of_machines(), certificate: None };
    let client = service.run(&caller, |work| identity::register_client(work, &new)).unwrap();
    let id = &client.client.client_id;
    let access = identity::issue_access_token(&service, id, &client.secret, None, None, None).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let limit = Arc::new(RateLimit::default());
    let state = State { service: service.clone(), engine, limit, bell: None, is_demo: false };
    std::thread::spawn(move || {
        let options = Options { listener, tls: None, workers: 2, blocking_threads: 8, metrics: None };
        web::run(state, options).unwrap();
    });
    (Desk { http: Client::new(), url, token: access.token.reveal().to_owned() }, service)
}

#[test]
fn a_crash_of_the_database_under_checkouts_loses_and_doubles_nothing() {
    let folder = store::cluster::checkout(&std::env::current_dir().unwrap()).join(".tensu/fault-pg");
    let cluster = Cluster::at(&folder).unwrap();
    cluster.remove().unwrap();
    cluster.start(Durability::Safe).unwrap();
    let (desk, _) = start(&cluster);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let due: Vec<i64> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (desk, next, done) = (&desk, &next, &done);
                scope.spawn(move || {
                    let mut due = 0;
                    loop {
                        let place = next.fetch_add(1, Ordering::Relaxed);
                        if place >= VISITS {
                            return due;
                        }
                        due += check_out(desk, place);
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        // Two crashes, each while work is under way.
        for share in [VISITS / 4, VISITS / 2] {
            while done.load(Ordering::Relaxed) < share {
                std::thread::yield_now();
            }
            cluster.crash_and_restart().unwrap();
        }
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });

    let receipts = desk.get("/v1/receipts?date=2026-10-05&limit=200");
    let mut numbers: Vec<i64> =
        receipts["receipts"].as_array().unwrap().iter().map(|receipt| receipt["number"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=VISITS as i64).collect::<Vec<_>>(), "one receipt for each visit, no number lost");
    let day = desk.get("/v1/days/2026-10-05");
    assert_eq!(day["proof"]["isProven"], true, "{day}");
    assert_eq!(day["moneyYen"].as_i64(), Some(due.iter().sum()), "{day}");
    let list = desk.get("/v1/receptions?date=2026-10-05");
    let states: Vec<&str> =
        list["receptions"].as_array().unwrap().iter().map(|line| line["state"].as_str().unwrap()).collect();
    assert_eq!(states, vec!["paid"; VISITS]);
    cluster.remove().unwrap();
}

/// One visit from order to receipt; answers what was due.
fn check_out(desk: &Desk, place: usize) -> i64 {
    let pushed = json!({
        "sourceVisitId": format!("v{place}"), "patientNumber": format!("{place:05}"), "visitDate": "2026-10-05",
        "setting": "outpatient", "items": [{ "code": "112011010" }]
    });
    let visit = desk.surely("/v1/visits", &format!("push-{place}"), &pushed)["visit"].clone();
    let path = format!("/v1/visits/{}/checkout", visit["visitId"].as_str().unwrap());
    let body = json!({ "resultVersion": visit["resultVersion"], "payment": { "method": "cash" } });
    let paid = desk.surely(&path, &format!("pay-{place}"), &body);
    paid["settlement"]["dueYen"].as_i64().unwrap()
}
