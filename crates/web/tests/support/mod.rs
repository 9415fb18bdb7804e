//! Two clinics on one running server; machines and people of both.

#![allow(dead_code, clippy::unwrap_used, clippy::missing_panics_doc)]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use billing::clinic::{Clinic, Patient};
use chrono::{DateTime, TimeDelta, Utc};
use engine::Engine;
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::Value;
use service::identity::{self, NewClient, Token, TokenKind};
use service::{Caller, Clock, Permission, Role, Service};
use store::identity::roles;
use store::identity::sessions::{self, Change, NewSession};
use store::identity::users::{self, NewUser};
use store::testing::TestDatabase;
use store::{Actor, SessionId, Stamp, TenantId, UserId, document, tenants};
use web::{Bell, Options, RateLimit, State};

/// Patients both clinics hold; in clinic B every one of them bears [`CANARY`].
pub const PATIENTS: [&str; 4] = ["P01", "P02", "P08", "P28"];
/// A name that must never be seen outside clinic B.
pub const CANARY: &str = "秘密乙";

pub struct Running {
    pub service: Service,
    pub url: String,
    pub test: TestDatabase,
    pub http: Client,
}

pub fn a() -> TenantId {
    TenantId::new(1).unwrap()
}

pub fn b() -> TenantId {
    TenantId::new(2).unwrap()
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Where the fixtures lie.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

pub fn engine() -> Engine {
    Engine::new(masters::import_to_memory(&[fixtures().join("masters")]).unwrap())
}

/// The demo clinic without visits.
pub fn clinic(name: Option<&str>) -> Clinic {
    let folder = fixtures().join("demo-clinic/a");
    let mut clinic: Clinic = serde_json::from_str(&fs::read_to_string(folder.join("clinic.json")).unwrap()).unwrap();
    for id in PATIENTS {
        let text = fs::read_to_string(folder.join(format!("patients/{id}.json"))).unwrap();
        let mut patient: Patient = serde_json::from_str(&text).unwrap();
        patient.visits.clear();
        if let Some(name) = name {
            patient.name = name.into();
        }
        clinic.patients.push(patient);
    }
    clinic
}

/// A server over a new database with both clinics; it ends with the process of the test. Its clock stands at
/// nine o'clock of 2026-10-05 in Japan.
pub fn start() -> Running {
    let test = TestDatabase::new().unwrap_or_else(|error| panic!("{error}"));
    let database = test.connect(8).unwrap();
    let now = at("2026-10-05T00:00:00Z");
    let stamp = Stamp::new(now, Actor::System("test"));
    for (tenant, code, name) in [(a(), "clinic-a", None), (b(), "clinic-b", Some(CANARY))] {
        database
            .in_tenant(tenant, |tx| {
                tenants::create(tx, code, 1, &stamp)?;
                document::load(tx, &clinic(name), &stamp)
            })
            .unwrap();
    }
    let engine = Arc::new(engine());
    let service = Service::new(database, engine.clone(), Clock::Fixed(now));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let state = State {
        service: service.clone(),
        engine,
        limit: Arc::new(RateLimit::default()),
        bell: Some(Bell::start(test.url()).unwrap()),
        is_demo: false,
    };
    std::thread::spawn(move || {
        web::run(state, Options { listener, tls: None, workers: 2, blocking_threads: 8, metrics: None }).unwrap();
    });
    Running { service, url, test, http: Client::new() }
}

impl Running {
    /// The token of a new machine with these permissions.
    pub fn token(&self, tenant: TenantId, scopes: &[Permission]) -> String {
        let caller = Caller { tenant, actor: Actor::System("test"), origin: None };
        let new = NewClient { name: uuid::Uuid::now_v7().to_string(), scopes: scopes.to_vec(), certificate: None };
        let client = self.service.run(&caller, |work| identity::register_client(work, &new)).unwrap();
        let id = &client.client.client_id;
        let access = identity::issue_access_token(&self.service, id, &client.secret, None, None, None).unwrap();
        access.token.reveal().to_owned()
    }

    /// A machine of clinic A that may do all a machine may.
    pub fn everything(&self) -> Machine<'_> {
        Machine { running: self, token: self.token(a(), &of_machines()) }
    }

    /// A person of a clinic with these roles, wholly logged in.
    pub fn person(&self, tenant: TenantId, roles: &[Role]) -> Machine<'_> {
        let caller = Caller { tenant, actor: Actor::System("test"), origin: None };
        let token = Token::new(tenant, TokenKind::Session).unwrap();
        self.service
            .run(&caller, |work| {
                let (user, session, at) = (UserId::new(), SessionId::new(), work.stamp.at());
                let login = format!("u{}", user.get().simple());
                let new = NewUser {
                    id: user,
                    login: &login,
                    display_name: "試験 者",
                    is_break_glass: false,
                    expires_at: None,
                };
                users::insert(work.tx, &new, &work.stamp)?;
                for role in roles {
                    roles::grant(work.tx, user, role.as_str(), None, Some("system:test"), &work.stamp)?;
                }
                let new = NewSession {
                    id: session,
                    token: token.hash(),
                    user,
                    at,
                    expires_at: at + TimeDelta::hours(12),
                    idle_seconds: 1_800,
                    origin: None,
                };
                sessions::insert(work.tx, &new)?;
                sessions::change(work.tx, session, Change::SecondFactor, at)?;
                Ok(())
            })
            .unwrap();
        Machine { running: self, token: token.reveal().to_owned() }
    }
}

/// Every permission a machine may have.
pub fn of_machines() -> Vec<Permission> {
    Permission::ALL.iter().copied().filter(|permission| permission.is_for_machines()).collect()
}

/// A caller with a token.
pub struct Machine<'a> {
    pub running: &'a Running,
    pub token: String,
}

/// Status and body of an answer.
pub type Answer = (u16, Value);

impl Machine<'_> {
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}{path}", self.running.url);
        self.running.http.request(method, url).bearer_auth(&self.token)
    }

    pub fn get(&self, path: &str) -> Answer {
        answer(self.request("GET", path))
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, body, None)
    }

    /// A change with a key of its own, on top of a version.
    pub fn send(&self, method: &str, path: &str, body: &Value, version: Option<i64>) -> Answer {
        let key = uuid::Uuid::now_v7().to_string();
        let mut request = self.request(method, path).header("Idempotency-Key", key);
        if let Some(version) = version {
            request = request.header("If-Match", format!("\"{version}\""));
        }
        answer(if body.is_null() { request } else { request.json(body) })
    }
}

pub fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().unwrap();
    let status = response.status().as_u16();
    (status, response.json().unwrap_or(Value::Null))
}
