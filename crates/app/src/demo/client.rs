//! Callers of the demo: people and a machine, over HTTP, at an instant of the demo's time.

use anyhow::{Context, bail};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};
use service::identity::code_at;
use store::Secret;

/// Password of every demo user; printed, worth nothing.
pub const PASSWORD: &str = "demo-kakuu-mihon-2026";
/// Hours Japan is ahead of UTC.
const JAPAN_H: i32 = 9;

/// A server and the demo's present instant.
#[derive(Clone)]
pub struct Server {
    http: Client,
    url: String,
    now: DateTime<FixedOffset>,
}

impl Server {
    pub fn new(url: &str, day: NaiveDate) -> anyhow::Result<Self> {
        let http = Client::builder().timeout(std::time::Duration::from_secs(30)).build()?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), now: instant(day, 8, 0)? })
    }

    pub const fn now(&self) -> DateTime<FixedOffset> {
        self.now
    }

    /// The same at another time.
    pub fn at(&self, day: NaiveDate, hour: u32, minute: u32) -> anyhow::Result<Self> {
        Ok(Self { now: instant(day, hour, minute)?, ..self.clone() })
    }

    fn request(&self, method: &str, path: &str) -> anyhow::Result<RequestBuilder> {
        let method = reqwest::Method::from_bytes(method.as_bytes())?;
        Ok(self
            .http
            .request(method, format!("{}{path}", self.url))
            .header("Demo-Now", self.now.to_rfc3339())
            .header("X-Requested-With", "tensu-demo")
            .header("Idempotency-Key", uuid::Uuid::now_v7().to_string()))
    }

    /// A call nobody is logged in for.
    pub fn open(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        read(self.request("POST", path)?.json(body).send()?, path)
    }

    /// A machine's token for fifteen minutes of the demo's time.
    pub fn machine(&self, client_id: &str, secret: &str) -> anyhow::Result<Caller> {
        let form = [("grant_type", "client_credentials"), ("client_id", client_id), ("client_secret", secret)];
        let body: String =
            form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
        let request = self.request("POST", "/oauth/token")?;
        let response = request.header("Content-Type", "application/x-www-form-urlencoded").body(body).send()?;
        let answer = read(response, "/oauth/token")?;
        let token = answer["access_token"].as_str().context("access_token")?.to_owned();
        Ok(Caller { server: self.clone(), header: ("Authorization", format!("Bearer {token}")) })
    }

    /// Logs a person in with both factors. Without a second factor yet the session is half open.
    pub fn person(&self, clinic: &str, login: &str, totp: Option<&str>) -> anyhow::Result<Caller> {
        let body = json!({ "clinic": clinic, "login": login, "password": PASSWORD });
        let response = self.request("POST", "/v1/session")?.json(&body).send()?;
        let cookie = response.headers().get(SET_COOKIE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        read(response, "/v1/session")?;
        let cookie = cookie.context("no session cookie")?;
        let pair = cookie.split(';').next().unwrap_or_default().to_owned();
        let caller = Caller { server: self.clone(), header: ("Cookie", pair) };
        if let Some(secret) = totp {
            let code = code_at(&Secret::new(secret.to_owned()), self.now.to_utc()).context("no code")?;
            caller.post("/v1/session/second-factor", &json!({ "code": code.reveal() }))?;
        }
        Ok(caller)
    }

    /// First login of an invited person: password, second factor. Answers its secret.
    pub fn enrol(&self, clinic: &str, login: &str, invitation: &str) -> anyhow::Result<String> {
        self.open("/v1/invitation", &json!({ "invitation": invitation, "password": PASSWORD }))?;
        let caller = self.person(clinic, login, None)?;
        let enrolment = caller.post("/v1/session/enrolment", &Value::Null)?;
        let secret = enrolment["secret"].as_str().context("secret")?.to_owned();
        let code = code_at(&Secret::new(secret.clone()), self.now.to_utc()).context("no code")?;
        caller.post("/v1/session/enrolment/confirmation", &json!({ "code": code.reveal() }))?;
        Ok(secret)
    }
}

/// Somebody with a token.
#[derive(Clone)]
pub struct Caller {
    server: Server,
    header: (&'static str, String),
}

impl Caller {
    pub fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send("GET", path, &Value::Null, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.send("POST", path, body, None)
    }

    pub fn put(&self, path: &str, body: &Value, version: i64) -> anyhow::Result<Value> {
        self.send("PUT", path, body, Some(version))
    }

    /// A call on top of a version.
    pub fn send(&self, method: &str, path: &str, body: &Value, version: Option<i64>) -> anyhow::Result<Value> {
        let (name, value) = &self.header;
        let mut request = self.server.request(method, path)?.header(*name, value);
        if let Some(version) = version {
            request = request.header("If-Match", format!("\"{version}\""));
        }
        if !body.is_null() {
            request = request.json(body);
        }
        read(request.send()?, path)
    }
}

fn read(response: Response, path: &str) -> anyhow::Result<Value> {
    let status = response.status();
    let text = response.text()?;
    if !status.is_success() {
        bail!("{path} answered {status}: {text}");
    }
    if text.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(&text)?) }
}

/// Percent-encoding of RFC 3986: everything but unreserved letters.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn instant(day: NaiveDate, hour: u32, minute: u32) -> anyhow::Result<DateTime<FixedOffset>> {
    let time = NaiveTime::from_hms_opt(hour, minute, 0).context("no such time")?;
    let japan = FixedOffset::east_opt(JAPAN_H * 3_600).context("no such offset")?;
    day.and_time(time).and_local_timezone(japan).single().context("no such instant")
}
