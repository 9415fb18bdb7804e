//! An EMR pushes, the desk settles: what holds at the end whatever happens on the way.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use serde_json::{Value, json};
use support::{Machine, answer, start};

fn push(revision: i32, codes: &[&str]) -> Value {
    let items: Vec<Value> = codes.iter().map(|code| json!({ "code": code })).collect();
    json!({
        "sourceVisitId": "emr-1", "revision": revision, "patientNumber": "00002", "visitDate": "2026-10-05",
        "startedAt": "09:10", "setting": "outpatient", "departmentCode": "01", "items": items
    })
}

/// Orders of the content that holds.
fn codes(visit: &Value) -> Vec<String> {
    let orders = visit["content"]["orders"].as_array().cloned().unwrap_or_default();
    orders.iter().map(|order| order["code"].as_str().unwrap().to_owned()).collect()
}

fn visit_id(machine: &Machine<'_>) -> String {
    let (status, answer) = machine.post("/v1/visits", &push(1, &["112011010"]));
    assert_eq!(status, 201, "{answer}");
    answer["visit"]["visitId"].as_str().unwrap().to_owned()
}

#[test]
fn a_pushed_order_is_ready_to_be_paid_at_once() {
    let running = start();
    let machine = running.everything();
    let (status, body) = machine.post("/v1/visits", &push(1, &["112011010"]));
    assert_eq!((status, body["delivery"].as_str()), (201, Some("current")), "{body}");
    let visit = &body["visit"];
    assert_eq!(visit["state"], "awaiting_payment", "{visit}");
    let due = visit["result"]["charge"]["dueYen"].as_i64().unwrap();
    assert!(due > 0);
    let (status, list) = machine.get("/v1/receptions?date=2026-10-05");
    assert_eq!((status, list["receptions"][0]["patientNumber"].as_str()), (200, Some("00002")), "{list}");

    let path = format!("/v1/visits/{}/settlement", visit["visitId"].as_str().unwrap());
    let (status, settled) = machine.post(&path, &json!({ "resultVersion": visit["resultVersion"] }));
    assert_eq!((status, settled["dueYen"].as_i64()), (201, Some(due)), "{settled}");
}

#[test]
fn the_highest_revision_holds_in_whatever_order_and_however_often_they_come() {
    let running = start();
    let machine = running.everything();
    let revisions: Vec<Value> =
        vec![push(1, &["112011010"]), push(2, &["112011010", "160000310"]), push(3, &["160000310"])];
    std::thread::scope(|scope| {
        for shift in 0..4 {
            let (machine, revisions) = (&machine, &revisions);
            scope.spawn(move || {
                for step in 0..9 {
                    let body = &revisions[(step * (shift + 1) + shift) % 3];
                    // Two deliveries at once may stand in each other's way; the sender tries again.
                    let statuses = (0..50).map(|_| machine.post("/v1/visits", body).0);
                    assert!(statuses.into_iter().any(|status| status == 201));
                }
            });
        }
    });
    let (_, list) = machine.get("/v1/receptions?date=2026-10-05");
    assert_eq!(list["receptions"].as_array().unwrap().len(), 1, "{list}");
    let id = list["receptions"][0]["visitId"].as_str().unwrap();
    let (_, visit) = machine.get(&format!("/v1/visits/{id}"));
    assert_eq!((visit["revision"].as_i64(), codes(&visit)), (Some(3), vec!["160000310".to_owned()]));
}

#[test]
fn a_revision_that_comes_again_with_another_content_is_refused() {
    let running = start();
    let machine = running.everything();
    visit_id(&machine);
    let (status, body) = machine.post("/v1/visits", &push(1, &["160000310"]));
    assert_eq!((status, body["code"].as_str()), (409, Some("revision-reuse")));
}

#[test]
fn the_same_key_has_one_effect_and_one_answer() {
    let running = start();
    let machine = running.everything();
    let send = |body: &Value| machine.request("POST", "/v1/visits").header("Idempotency-Key", "k-1").json(body).send();
    let first = send(&push(1, &["112011010"])).unwrap();
    assert!(first.headers().get("Idempotency-Replayed").is_none());
    let first: Value = first.json().unwrap();
    let again = send(&push(1, &["112011010"])).unwrap();
    assert_eq!(again.headers()["Idempotency-Replayed"], "true");
    assert_eq!(again.json::<Value>().unwrap(), first);
    let other = send(&push(2, &["112011010"])).unwrap();
    assert_eq!(other.status().as_u16(), 409);
    assert_eq!(other.json::<Value>().unwrap()["code"], "idempotency-key-reuse");
}

#[test]
fn what_the_calculation_does_not_know_puts_the_visit_on_hold_with_the_reason() {
    let running = start();
    let machine = running.everything();
    let (_, body) = machine.post("/v1/visits", &push(1, &["199999999"]));
    let visit = &body["visit"];
    assert_eq!(visit["state"], "on_hold", "{visit}");
    assert!(visit["reason"].as_str().unwrap().starts_with("code-unknown"), "{visit}");
    let path = format!("/v1/visits/{}/settlement", visit["visitId"].as_str().unwrap());
    let (status, problem) = machine.post(&path, &json!({ "resultVersion": visit["resultVersion"] }));
    assert_eq!((status, problem["code"].as_str()), (422, Some("must-confirm")));
    let (_, mended) = machine.post("/v1/visits", &push(2, &["112011010"]));
    assert_eq!(mended["visit"]["state"], "awaiting_payment", "{mended}");
}

#[test]
fn a_settled_visit_is_not_touched_by_the_emr_but_corrected_by_the_desk() {
    let running = start();
    let machine = running.everything();
    let id = visit_id(&machine);
    let (_, visit) = machine.get(&format!("/v1/visits/{id}"));
    let settle = json!({ "resultVersion": visit["resultVersion"] });
    let (status, settled) = machine.post(&format!("/v1/visits/{id}/settlement"), &settle);
    assert_eq!(status, 201);
    let (status, problem) = machine.post("/v1/visits", &push(2, &["160000310"]));
    assert_eq!((status, problem["code"].as_str()), (423, Some("visit-locked")));
    // The same revision again is no change.
    assert_eq!(machine.post("/v1/visits", &push(1, &["112011010"])).1["delivery"], "repeated");

    let mut content = visit["content"].clone();
    content["orders"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "id": "more", "no": 2, "kind": "act", "code": "160000310" }));
    let mut edit = json!({ "revision": 1, "edit": 0, "content": content });
    let (status, problem) = machine.send("PUT", &format!("/v1/visits/{id}/content"), &edit, None);
    assert_eq!((status, problem["code"].as_str()), (422, Some("reason-missing")));
    edit["reason"] = "検査の入力もれ".into();
    let (status, corrected) = machine.send("PUT", &format!("/v1/visits/{id}/content"), &edit, None);
    assert_eq!((status, corrected["settlementVersion"].as_i64()), (200, Some(2)), "{corrected}");
    let due = corrected["result"]["charge"]["dueYen"].as_i64().unwrap();
    assert!(due > settled["dueYen"].as_i64().unwrap());
    // Somebody else who still sees the first version.
    let (status, problem) = machine.send("PUT", &format!("/v1/visits/{id}/content"), &edit, None);
    assert_eq!((status, problem["code"].as_str()), (412, Some("version-conflict")));
}

#[test]
fn a_late_certificate_changes_what_was_settled() {
    let running = start();
    let machine = running.everything();
    let id = visit_id(&machine);
    let (_, visit) = machine.get(&format!("/v1/visits/{id}"));
    machine.post(&format!("/v1/visits/{id}/settlement"), &json!({ "resultVersion": visit["resultVersion"] }));
    let (_, list) = machine.get("/v1/patients/00002/coverages");
    let fact = &list["facts"][0];
    let mut coverage = fact["value"].clone();
    coverage["burdenPercent"] = json!(if coverage["burdenPercent"] == 20 { 30 } else { 20 });
    let path = format!("/v1/patients/00002/coverages/{}", fact["reference"].as_str().unwrap());
    let (status, answer) = machine.send("PUT", &path, &coverage, fact["version"].as_i64());
    assert_eq!((status, answer["recomputedVisits"][0].as_str()), (200, Some(id.as_str())), "{answer}");
    let (_, after) = machine.get(&format!("/v1/visits/{id}"));
    assert_eq!(after["settlementVersion"], 2, "{after}");
}

#[test]
fn an_order_comes_for_the_visit_the_desk_received() {
    let running = start();
    let machine = running.everything();
    let (status, received) = machine.post("/v1/receptions", &json!({ "patientNumber": "00002" }));
    assert_eq!((status, received["state"].as_str()), (201, Some("waiting")), "{received}");
    let (status, twice) = machine.post("/v1/receptions", &json!({ "patientNumber": "00002" }));
    assert_eq!((status, twice["code"].as_str()), (409, Some("visit-duplicate")));
    assert_eq!(visit_id(&machine), received["visitId"].as_str().unwrap());
}

#[test]
fn a_simulation_leaves_nothing_behind() {
    let running = start();
    let machine = running.everything();
    let (status, simulated) = machine.post("/v1/visits/simulate", &push(1, &["112011010"]));
    assert_eq!(status, 200, "{simulated}");
    assert!(simulated["result"]["visits"][0]["charge"]["dueYen"].as_i64().unwrap() > 0);
    let (_, list) = machine.get("/v1/receptions?date=2026-10-05");
    assert_eq!(list["receptions"], json!([]));
}

#[test]
fn events_tell_what_happened_in_order() {
    let running = start();
    let machine = running.everything();
    visit_id(&machine);
    let (_, page) = machine.get("/v1/events");
    let kinds: Vec<&str> =
        page["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["visit.received", "month.calculated"]);
    assert!(!page.to_string().contains("架空"), "names do not travel in events");
}

#[test]
fn a_stream_goes_on_where_it_was() {
    use std::io::{BufRead, BufReader};
    let running = start();
    let machine = running.everything();
    visit_id(&machine);
    let stream = machine
        .request("GET", "/v1/events")
        .header("Accept", "text/event-stream")
        .header("Last-Event-ID", "1")
        .send()
        .unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap).filter(|line| line.starts_with("id:"));
    assert_eq!(lines.next().unwrap(), "id: 2");
    machine.post("/v1/visits", &push(2, &["160000310"]));
    assert_eq!(lines.next().unwrap(), "id: 3");
}

#[test]
fn a_body_out_of_its_form_is_told_field_by_field() {
    let running = start();
    let machine = running.everything();
    let mut body = push(1, &["112011010"]);
    body["setting"] = "moon".into();
    let (status, problem) = machine.post("/v1/visits", &body);
    assert_eq!((status, problem["errors"][0]["pointer"].as_str()), (422, Some("/setting")), "{problem}");
    let request = machine.request("POST", "/v1/visits").json(&push(1, &[]));
    assert_eq!(answer(request).1["code"], "idempotency-key-missing");
}
