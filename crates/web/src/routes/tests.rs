//! Logins, machines and the audit trail over HTTP.

use std::path::Path;
use std::sync::Arc;

use actix_web::App;
use actix_web::body::to_bytes;
use actix_web::http::header;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use engine::Engine;
use serde_json::{Value, json};
use service::identity::{FirstUser, Keyring, NewClinic, RegisteredClinic, code_at, register_clinic};
use service::{Clock, Role, Service};
use store::testing::TestDatabase;
use store::{Actor, Secret};

use super::{oauth, registry};
use crate::auth::{REQUESTED_WITH, SESSION_COOKIE};
use crate::{RateLimit, State};

const PASSWORD: &str = "kettle drum over blue hills";

fn now() -> DateTime<Utc> {
    "2026-10-05T03:00:00Z".parse().unwrap()
}

/// A server's state over a clinic with one administrator, and the invitation.
fn state() -> (TestDatabase, Data<State>, RegisteredClinic) {
    let test = TestDatabase::new().unwrap_or_else(|error| panic!("{error}"));
    let masters = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/masters");
    let engine = Arc::new(Engine::new(masters::import_to_memory(&[masters]).unwrap()));
    let service = Service::new(test.connect(4).unwrap(), engine.clone(), Clock::Fixed(now()));
    let service = service.with_keyring(Keyring::parse(&Keyring::generate().unwrap()).unwrap());
    let user = FirstUser { login: "admin".into(), display_name: "管理 花子".into(), role: Role::Administrator };
    let new = NewClinic { code: "clinic-a".into(), first_receipt_number: 1, users: vec![user] };
    let clinic = register_clinic(&service, Actor::System("operator"), &new, None).unwrap();
    let limit = Arc::new(RateLimit::default());
    (test, Data::new(State { service, engine, limit, bell: None, is_demo: false }), clinic)
}

/// Status, body and new cookie of an answer to a request, sent as a page does. (The type of a test server has no
/// name, so this is no function.)
macro_rules! send {
    ($app:expr, $cookie:expr, $request:expr) => {{
        let request = $request
            .insert_header((header::COOKIE, format!("{SESSION_COOKIE}={}", $cookie)))
            .insert_header((REQUESTED_WITH, "tensu"))
            .insert_header(("Idempotency-Key", uuid::Uuid::now_v7().to_string()));
        let response = call_service(&$app, request.to_request()).await;
        if let Some(cookie) = response.response().cookies().find(|cookie| cookie.name() == SESSION_COOKIE) {
            assert!(cookie.http_only() == Some(true) && cookie.secure() == Some(true));
            $cookie = cookie.value().to_owned();
        }
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body()).await.unwrap_or_default();
        (status, serde_json::from_slice::<Value>(&bytes).unwrap_or_default())
    }};
}

fn post(path: &str, body: Value) -> TestRequest {
    TestRequest::post().uri(path).set_json(body)
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

fn form(body: String) -> TestRequest {
    TestRequest::post()
        .uri("/oauth/token")
        .insert_header((header::CONTENT_TYPE, "application/x-www-form-urlencoded"))
        .set_payload(body)
}

#[actix_web::test]
async fn a_person_logs_in_registers_a_machine_and_the_auditor_sees_it() {
    let (_test, state, clinic) = state();
    let app =
        init_service(App::new().app_data(state).configure(oauth::mount).configure(|config| registry().mount(config)))
            .await;
    let mut cookie = String::new();
    let invitation = clinic.invitations[0].1.token.reveal();
    let login = json!({ "clinic": "clinic-a", "login": "admin", "password": PASSWORD });
    let (status, body) = send!(app, cookie, post("/v1/session", login.clone()));
    assert_eq!((status, body["code"].as_str()), (401, Some("login-refused")), "no password yet");
    let short = json!({ "invitation": invitation, "password": "short" });
    let (status, body) = send!(app, cookie, post("/v1/invitation", short));
    assert_eq!((status, body["errors"][0]["code"].as_str()), (422, Some("too-short")));
    let accepted = json!({ "invitation": invitation, "password": PASSWORD });
    assert_eq!(send!(app, cookie, post("/v1/invitation", accepted)).0, 200);
    let (status, body) = send!(app, cookie, post("/v1/session", login));
    assert_eq!((status, body["next"].as_str()), (201, Some("enrol")));
    assert!(body.get("token").is_none() && cookie.starts_with("1.s"));
    let (status, body) = send!(app, cookie, get("/v1/users"));
    assert_eq!((status, body["next"].as_str()), (401, Some("enrol")), "not before the second factor");
    let (status, body) = send!(app, cookie, TestRequest::post().uri("/v1/session/enrolment"));
    assert_eq!(status, 201);
    let code = code_at(&Secret::from(body["secret"].as_str().unwrap()), now()).unwrap();
    let first = json!({ "code": code.reveal() });
    let (status, body) = send!(app, cookie, post("/v1/session/enrolment/confirmation", first));
    assert_eq!((status, body["recoveryCodes"].as_array().map(Vec::len)), (200, Some(10)));
    let (status, body) = send!(app, cookie, get("/v1/users"));
    assert_eq!((status, body["users"][0]["login"].as_str()), (200, Some("admin")));
    assert_eq!(send!(app, cookie, get("/v1/patients?number=1")).0, 403, "an administrator sees no patient");

    let machine = json!({ "name": "EMR", "scopes": ["order.write", "bill.read"] });
    let (status, body) = send!(app, cookie, post("/v1/api-clients", machine));
    assert_eq!(status, 201);
    let (id, secret) = (body["client"]["clientId"].as_str().unwrap(), body["clientSecret"].as_str().unwrap());
    let granted = format!("grant_type=client_credentials&client_id={}&client_secret={secret}", id.replace('/', "%2F"));
    let (status, body) = send!(app, cookie, form(format!("{granted}&scope=bill.read")));
    assert_eq!((status, body["token_type"].as_str(), body["expires_in"].as_i64()), (200, Some("Bearer"), Some(900)));
    assert_eq!(body["scope"].as_str(), Some("bill.read"));
    let (status, body) = send!(app, cookie, form(format!("{granted}&scope=account.write")));
    assert_eq!((status, body["error"].as_str()), (400, Some("invalid_scope")));
    let (status, body) = send!(app, cookie, form("grant_type=client_credentials&client_id=x&client_secret=y".into()));
    assert_eq!((status, body["error"].as_str()), (401, Some("invalid_client")));
    let (status, body) = send!(app, cookie, form("grant_type=password".into()));
    assert_eq!((status, body["error"].as_str()), (400, Some("unsupported_grant_type")));

    let (status, body) = send!(app, cookie, get("/v1/audit?from=2026-10-05&to=2026-10-05&action=client.create"));
    assert_eq!((status, body["events"].as_array().map(Vec::len)), (200, Some(1)));
    assert_eq!(body["events"][0]["after"]["name"], "EMR");
    let (status, body) = send!(app, cookie, get("/v1/audit/export?from=2026-10-05&to=2026-10-05&format=csv"));
    assert_eq!(status, 200);
    let content = body["content"].as_str().unwrap();
    assert!(content.contains("second_factor.enrol") && !content.contains(secret) && !content.contains(PASSWORD));

    assert_eq!(send!(app, cookie, post("/v1/session/lock", Value::Null)).0, 200);
    let (status, body) = send!(app, cookie, get("/v1/users"));
    assert_eq!((status, body["code"].as_str()), (401, Some("session-locked")));
    assert_eq!(send!(app, cookie, post("/v1/session/unlock", json!({ "password": PASSWORD }))).0, 200);
    assert_eq!(send!(app, cookie, TestRequest::delete().uri("/v1/session")).0, 200);
    assert_eq!(send!(app, cookie, get("/v1/session")).0, 401);
    assert!(cookie.starts_with("1.s"), "nobody opened another session");
}

#[actix_web::test]
async fn a_change_that_another_site_made_a_browser_send_is_refused() {
    let (_test, state, _) = state();
    let app = init_service(App::new().app_data(state).configure(|config| registry().mount(config))).await;
    let token = format!("1.s{}", "A".repeat(43));
    let request = TestRequest::post()
        .uri("/v1/session/enrolment")
        .insert_header((header::COOKIE, format!("{SESSION_COOKIE}={token}")));
    let response = call_service(&app, request.to_request()).await;
    assert_eq!(response.status().as_u16(), 403);
}
