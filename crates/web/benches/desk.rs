//! The desk's speed over HTTP, with the limit of the same database measured in the same run.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions, clippy::float_arithmetic)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use billing::clinic::Patient;
use reqwest::blocking::Client;
use serde_json::{Value, json};
use service::identity::{self, NewClient};
use service::{Caller, Clock, Service};
use store::cluster::{Cluster, Durability};
use store::{Actor, Database, Stamp, TenantId, document, migration, outbox, tenants};
use support::{at, clinic, engine, of_machines};
use web::{Options, RateLimit, State};

/// Clinics that work at once.
const CLINICS: i64 = 4;
/// Patients of each, one visit a day.
const PATIENTS: usize = 300;
/// Check-outs per second at the fixed rate.
const RATE: f64 = 130.0;
/// Patients of the clinic that is searched.
const SEARCHED: usize = 30_000;
/// Connections of the server.
const POOL: u32 = 8;
/// Callers at once.
const CALLERS: usize = 8;

struct Bench {
    url: String,
    http: Client,
    tokens: Vec<String>,
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tensu/bench-pg");
    let cluster = Cluster::at(&folder).unwrap();
    cluster.remove().unwrap();
    cluster.start(Durability::Safe).unwrap();
    migration::create_roles(&cluster.administrator_url("postgres")).unwrap();
    migration::create_database(&cluster.administrator_url("postgres"), "tensu").unwrap();
    migration::migrate(&cluster.url("tensu_owner", "tensu")).unwrap();
    run(&cluster.url("tensu_app", "tensu"));
    cluster.remove().unwrap();
}

fn run(url: &str) {
    let database = Database::connect(url, POOL).unwrap();
    let now = at("2026-10-05T00:00:00Z");
    let service = Service::new(database.clone(), Arc::new(engine()), Clock::Fixed(now));
    let tokens = (1..=CLINICS).map(|id| open(&service, id, PATIENTS)).collect();
    let searched = open(&service, CLINICS + 1, SEARCHED);
    let began = Instant::now();
    let bench = Bench { url: serve(&service), http: Client::new(), tokens };
    while bench
        .http
        .get(format!("{}/health/ready", bench.url))
        .send()
        .map_or(true, |answer| !answer.status().is_success())
    {}
    println!("server start (masters in memory) to the first 200: {:.0} ms (aim 300)", millis(began.elapsed()));
    let limit = limit(&database);
    println!("limit: {limit:.0} transactions/s of one event each, {CLINICS} clinics, {CALLERS} connections");

    let pushed = bench.all("2026-10-05", |bench, clinic, number| bench.push(clinic, number, "2026-10-05"));
    show("order push to amount ready, as fast as it goes", &pushed.1, "aim p95 200 ms");
    let visits: Vec<(usize, Value)> = pushed.0;
    let paced = bench.check_out(&visits, Some(RATE));
    show("check-out at 130/s", &paced.0, "aims p50 10 ms, p99 30 ms");
    let (more, _) = bench.all("2026-10-06", |bench, clinic, number| bench.push(clinic, number, "2026-10-06"));
    let (times, rate) = bench.check_out(&more, None);
    show("check-out as fast as it goes", &times, "");
    println!("  {rate:.0}/s = {:.2} of the limit (aim 400/s)", rate / limit);
    search(&bench, &searched);
    let memory = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = memory.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    println!("memory of this process, clients in it: {resident} (aim 300 MB, with the excerpt of the masters)");
}

/// A clinic with so many patients; the token of its machine.
fn open(service: &Service, id: i64, patients: usize) -> String {
    let tenant = TenantId::new(id).unwrap();
    let stamp = Stamp::new(service.now(), Actor::System("bench"));
    let mut document = clinic(None);
    let model = document.patients.iter().find(|patient| patient.id == "P02").unwrap().clone();
    document.patients.clear();
    let copies: Vec<Patient> = (0..patients).map(|place| copy(&model, place)).collect();
    let database = service.database();
    database
        .in_tenant(tenant, |tx| {
            tenants::create(tx, &format!("clinic-{id}"), 1, &stamp)?;
            document::load(tx, &document, &stamp)
        })
        .unwrap();
    for chunk in copies.chunks(1_000) {
        database.in_tenant(tenant, |tx| document::load_patients(tx, chunk, &stamp)).unwrap();
    }
    let caller = Caller { tenant, actor: Actor::System("bench"), origin: None };
    let new = NewClient { name: "bench".to_owned(), scopes: of_machines(), certificate: None };
    let client = service.run(&caller, |work| identity::register_client(work, &new)).unwrap();
    let id = &client.client.client_id;
    let access = identity::issue_access_token(service, id, &client.secret, None, None, None).unwrap();
    access.token.reveal().to_owned()
}

fn copy(model: &Patient, place: usize) -> Patient {
    const KANA: [&str; 10] = ["ア", "カ", "サ", "タ", "ナ", "ハ", "マ", "ヤ", "ラ", "ワ"];
    let kana: String = [1_000, 100, 10, 1].iter().map(|unit| KANA[place / unit % 10]).collect();
    let number = format!("{place:05}");
    Patient { id: number.clone(), number, kana: kana.as_str().into(), ..model.clone() }
}

fn serve(service: &Service) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let state = State {
        service: service.clone(),
        engine: Arc::new(engine()),
        limit: Arc::new(RateLimit::default()),
        bell: None,
        is_demo: false,
    };
    std::thread::spawn(move || {
        let options = Options { listener, tls: None, workers: 2, blocking_threads: 8, metrics: None };
        web::run(state, options).unwrap();
    });
    url
}

/// Transactions per second of a tenant's transaction that writes one event: what no request can beat.
fn limit(database: &Database) -> f64 {
    let stamp = Stamp::new(at("2026-10-05T00:00:00Z"), Actor::System("bench"));
    let (count, began) = (AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (count, stamp) = (&count, &stamp);
            scope.spawn(move || {
                let tenant = TenantId::new(caller as i64 % CLINICS + 1).unwrap();
                while began.elapsed() < Duration::from_secs(3) {
                    database.in_tenant(tenant, |tx| outbox::append(tx, "bench", "x", &Value::Null, stamp)).unwrap();
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    count.into_inner() as f64 / began.elapsed().as_secs_f64()
}

impl Bench {
    fn post(&self, clinic: usize, path: &str, body: &Value) -> Value {
        let answer = self
            .http
            .post(format!("{}{path}", self.url))
            .bearer_auth(&self.tokens[clinic])
            .header("Idempotency-Key", uuid::Uuid::now_v7().to_string())
            .json(body)
            .send()
            .unwrap();
        let status = answer.status();
        let value: Value = answer.json().unwrap();
        assert!(status.is_success(), "{path}: {status} {value}");
        value
    }

    fn push(&self, clinic: usize, number: usize, day: &str) -> Value {
        let body = json!({
            "sourceVisitId": format!("{day}-{number}"), "patientNumber": format!("{number:05}"), "visitDate": day,
            "startedAt": "09:10", "setting": "outpatient", "departmentCode": "01",
            "items": [{ "code": "112011010" }, { "code": "160000310" }]
        });
        self.post(clinic, "/v1/visits", &body)["visit"].clone()
    }

    /// Something for every patient of every clinic, by as many callers as clinics.
    fn all(
        &self,
        _day: &str,
        each: impl Fn(&Self, usize, usize) -> Value + Sync,
    ) -> (Vec<(usize, Value)>, Vec<Duration>) {
        let parts: Vec<Vec<(usize, Value, Duration)>> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..self.tokens.len())
                .map(|clinic| {
                    let each = &each;
                    scope.spawn(move || {
                        let timed = |number| {
                            let began = Instant::now();
                            (clinic, each(self, clinic, number), began.elapsed())
                        };
                        (0..PATIENTS).map(timed).collect()
                    })
                })
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        let times = parts.iter().flatten().map(|(_, _, time)| *time).collect();
        // Clinics take turns.
        let turns =
            (0..PATIENTS).flat_map(|number| parts.iter().map(move |part| (part[number].0, part[number].1.clone())));
        (turns.collect(), times)
    }

    /// Checks visits out, at a rate or as fast as it goes; times and the rate reached.
    fn check_out(&self, visits: &[(usize, Value)], rate: Option<f64>) -> (Vec<Duration>, f64) {
        let (next, began) = (AtomicUsize::new(0), Instant::now());
        let times: Vec<Vec<Duration>> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS)
                .map(|_| {
                    let next = &next;
                    scope.spawn(move || {
                        let mut times = Vec::new();
                        loop {
                            let place = next.fetch_add(1, Ordering::Relaxed);
                            let Some((clinic, visit)) = visits.get(place) else { return times };
                            let due = rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(place as f64 / rate));
                            std::thread::sleep(due.saturating_sub(began.elapsed()));
                            let path = format!("/v1/visits/{}/checkout", visit["visitId"].as_str().unwrap());
                            // Late starts count: a caller that waits for another one waits too.
                            let start = rate.map_or_else(Instant::now, |_| began + due);
                            let body =
                                json!({ "resultVersion": visit["resultVersion"], "payment": { "method": "cash" } });
                            self.post(*clinic, &path, &body);
                            times.push(start.elapsed());
                        }
                    })
                })
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        let reached = visits.len() as f64 / began.elapsed().as_secs_f64();
        (times.into_iter().flatten().collect(), reached)
    }
}

fn search(bench: &Bench, token: &str) {
    let times: Vec<Duration> = (0..400)
        .map(|round: usize| {
            let prefix = ["あか", "ｶｻ", "サ", "ナハマ", "ワラ"][round % 5];
            let began = Instant::now();
            let encoded: String = prefix.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let url = format!("{}/v1/patients?limit=20&kana={encoded}", bench.url);
            let answer = bench.http.get(url).bearer_auth(token).send().unwrap();
            assert!(answer.status().is_success());
            answer.bytes().unwrap();
            began.elapsed()
        })
        .collect();
    show("patient search by kana, 30,000 patients", &times, "aim p99 10 ms");
}

fn show(what: &str, times: &[Duration], aim: &str) {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = |share: f64| millis(sorted[((sorted.len() - 1) as f64 * share) as usize]);
    println!("{what}: p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms ({aim})", at(0.5), at(0.95), at(0.99));
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
