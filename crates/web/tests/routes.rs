//! Every route of the table against everybody who must not use it; the document against the file.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use service::Permission;
use support::{CANARY, Machine, a, answer, b, of_machines, start};
use web::{Method, Route};

fn routes() -> Vec<Route> {
    web::routes::registry().routes().to_vec()
}

/// The path with ids of clinic B where it names things.
fn path(route: &Route, visit: &str) -> String {
    route
        .path
        .replace("{number}", "00008")
        .replace("{reference}", "C1")
        .replace("{kind}", "drugs")
        .replace("{id}", visit)
        .replace("{user}", visit)
        .replace("{client}", visit)
        .replace("{session}", visit)
        .replace("{invitation}", visit)
        .replace("{role}", "director")
}

fn call(machine: &Machine<'_>, route: &Route, visit: &str) -> (u16, Value) {
    let path = path(route, visit);
    let path = if route.id == "cancelVisit" { format!("{path}?revision=9") } else { path };
    let path = if route.id.starts_with("withdraw") { format!("{path}?reason=x") } else { path };
    if route.method == Method::Get {
        return machine.get(&path);
    }
    let body = if route.body_schema.is_some() { json!({}) } else { Value::Null };
    machine.send(route.method.as_str(), &path, &body, Some(1))
}

#[test]
fn the_document_is_the_file() {
    let document = web::document(&mut web::routes::registry());
    let text = format!("{}\n", serde_json::to_string_pretty(&document).unwrap());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/openapi.json");
    if std::env::var_os("TENSU_WRITE_SCHEMAS").is_some() {
        fs::write(&file, &text).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap() == text,
        "run the test with TENSU_WRITE_SCHEMAS=1 and look at the difference"
    );
}

#[test]
fn operation_ids_are_unique_and_every_change_is_described() {
    let mut ids: Vec<&str> = routes().iter().map(|route| route.id).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn nobody_without_a_token_gets_anything() {
    let running = start();
    for token in [
        "",
        "1.",
        "x",
        "1.sAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "2.aAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let machine = Machine { running: &running, token: token.to_owned() };
        for route in routes().into_iter().filter(|route| !route.is_open) {
            let (status, body) = call(&machine, &route, &uuid::Uuid::now_v7().to_string());
            assert_eq!((status, body["code"].as_str()), (401, Some("unauthenticated")), "{} with {token:?}", route.id);
        }
    }
}

#[test]
fn a_machine_without_the_permission_is_refused_and_that_is_on_record() {
    let running = start();
    for route in routes() {
        let Some(needed) = route.permission else { continue };
        let others: Vec<Permission> = of_machines().into_iter().filter(|other| *other != needed).collect();
        let machine = Machine { running: &running, token: running.token(a(), &others) };
        let (status, problem) = call(&machine, &route, &uuid::Uuid::now_v7().to_string());
        assert_eq!(status, 403, "{}: {problem}", route.id);
    }
    let caller = service::Caller { tenant: a(), actor: store::Actor::System("test"), origin: None };
    let refused = running.service.run(&caller, |work| Ok(store::audit::verify(work.tx, &[])?)).unwrap();
    assert_eq!(refused, []);
}

#[test]
fn what_clinic_b_holds_is_nothing_to_clinic_a() {
    let running = start();
    let in_b = Machine { running: &running, token: running.token(b(), &of_machines()) };
    let pushed = json!({
        "sourceVisitId": "b-1", "patientNumber": "00008", "visitDate": "2026-10-05", "setting": "outpatient",
        "items": [{ "code": "112011010" }]
    });
    let (status, answer) = in_b.post("/v1/visits", &pushed);
    assert_eq!(status, 201, "{answer}");
    let visit = answer["visit"]["visitId"].as_str().unwrap();
    let (_, patient) = in_b.get("/v1/patients/00008");
    assert!(patient.to_string().contains(CANARY));
    let in_a = running.everything();
    for route in routes() {
        let (status, body) = call(&in_a, &route, visit);
        let text = body.to_string();
        assert!(!text.contains(CANARY) && !text.contains("乙"), "{}: {text}", route.id);
        assert!(status < 500, "{}: {status} {text}", route.id);
        if route.path.contains("/visits/{id}") || route.path.contains("/receptions/{id}") {
            assert!([404, 422].contains(&status), "{}: {status} {text}", route.id);
        }
    }
    // B's cursor and B's key are nothing in A.
    let id = patient["id"].as_str().unwrap();
    let (status, page) = in_a.get(&format!("/v1/patients?cursor={id}"));
    assert!(status == 200 && !page.to_string().contains(CANARY));
    let keyed = |machine: &Machine<'_>, number: &str| {
        let body = json!({ "patientNumber": number });
        answer_of(machine.request("POST", "/v1/receptions").header("Idempotency-Key", "same").json(&body))
    };
    assert_eq!(keyed(&in_b, "00001").0, 201);
    assert_eq!(keyed(&in_a, "00002").0, 201);
    let (_, list) = in_a.get("/v1/receptions?date=2026-10-05");
    assert_eq!(list["receptions"].as_array().unwrap().len(), 1);
}

fn answer_of(request: reqwest::blocking::RequestBuilder) -> (u16, Value) {
    answer(request)
}

#[test]
fn a_connection_of_the_pool_forgets_its_clinic() {
    let running = start();
    let machines: Vec<Machine<'_>> = [(a(), "00001"), (b(), "00001")]
        .iter()
        .map(|(tenant, _)| Machine { running: &running, token: running.token(*tenant, &of_machines()) })
        .collect();
    for _ in 0..20 {
        let (_, in_a) = machines[0].get("/v1/patients/00001");
        let (_, in_b) = machines[1].get("/v1/patients/00001");
        assert!(!in_a.to_string().contains(CANARY) && in_b.to_string().contains(CANARY));
    }
}

#[test]
fn health_is_told_without_a_token() {
    let running = start();
    for path in ["/health/live", "/health/ready", "/v1/openapi.json"] {
        assert_eq!(running.http.get(format!("{}{path}", running.url)).send().unwrap().status().as_u16(), 200, "{path}");
    }
    let nothing = running.http.get(format!("{}/nothing", running.url)).send().unwrap();
    assert_eq!(nothing.headers()["content-type"], "application/problem+json");
}
