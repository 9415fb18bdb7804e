//! The client of calc/1.

use std::error::Error as StdError;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use calculation::{Capabilities, Problem, ProblemCode, Request, Response};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, Identity, Method, Url, redirect, tls};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use crate::module::answer::{self, Answer};
use crate::module::breaker::Breaker;
use crate::module::settings::ATTEMPTS_MAX;
use crate::module::wire::{ANSWER_BYTES_MAX, BODY_BYTES_MAX};
use crate::module::{BreakerState, ModuleError, ModuleSettings, MonotonicClock, Reason, SettingsError};

/// Idle connections kept.
const IDLE_MAX: usize = 4;
/// How long a caller waits beyond the deadline for its own runtime, which keeps the deadline itself.
const GRACE: Duration = Duration::from_secs(1);

/// A calculation module at the other end of HTTP.
///
/// Synchronous, for blocking threads; a runtime of its own moves the bytes. Never call it inside a transaction.
pub struct ModuleClient {
    base: Url,
    http: Client,
    settings: ModuleSettings,
    breaker: Breaker,
    calls: AtomicUsize,
    /// None only while it is dropped.
    runtime: Option<Runtime>,
}

impl fmt::Debug for ModuleClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (settings, breaker) = (&self.settings, &self.breaker);
        f.debug_struct("ModuleClient").field("settings", settings).field("breaker", breaker).finish_non_exhaustive()
    }
}

/// One exchange, to be tried more than once.
#[derive(Clone)]
struct Exchange {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl ModuleClient {
    /// A client.
    ///
    /// # Errors
    /// When an address, a certificate or a bound cannot be used.
    pub fn new(settings: ModuleSettings) -> Result<Self, SettingsError> {
        Self::with_clock(settings, Arc::new(Instant::now))
    }

    /// A client whose breaker takes the time from elsewhere.
    ///
    /// # Errors
    /// As [`ModuleClient::new`].
    pub fn with_clock(settings: ModuleSettings, clock: MonotonicClock) -> Result<Self, SettingsError> {
        let is_bounded = !settings.deadline.is_zero()
            && (1..=ATTEMPTS_MAX).contains(&settings.attempts_max)
            && settings.calls_max > 0
            && settings.breaker.failures_max > 0;
        if !is_bounded {
            return Err(SettingsError::Bounds);
        }
        let base = settings.base()?;
        let http = http_client(&settings)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("module-client")
            .enable_all()
            .build()
            .map_err(|_| SettingsError::Start)?;
        let breaker = Breaker::new(settings.breaker, clock);
        Ok(Self { base, http, settings, breaker, calls: AtomicUsize::new(0), runtime: Some(runtime) })
    }

    /// Time for a whole call.
    pub const fn deadline(&self) -> Duration {
        self.settings.deadline
    }

    /// Whether the module is asked at the moment.
    pub fn breaker_state(&self) -> BreakerState {
        self.breaker.state()
    }

    /// Asks the module for a month.
    ///
    /// # Errors
    /// `Refused` when the month contradicts itself, `Unavailable` when there is no answer to rely on.
    pub fn calculate(&self, request: &Request) -> Result<Response, ModuleError> {
        // Serialising plain data into memory does not fail.
        let body = serde_json::to_vec(request).unwrap_or_default();
        if body.len() > BODY_BYTES_MAX {
            let detail = format!("{} bytes, at most {BODY_BYTES_MAX} are allowed", body.len());
            return Err(ModuleError::Refused(Problem { code: ProblemCode::TooLarge, pointer: String::new(), detail }));
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // The same key for all attempts: the module may answer the second one from what it kept.
        if let Ok(key) = HeaderValue::from_str(&Uuid::now_v7().to_string()) {
            headers.insert("idempotency-key", key.clone());
            headers.insert("x-request-id", key);
        }
        let exchange = Exchange { method: Method::POST, url: self.url("calc/1/months")?, headers, body };
        self.ask(exchange, |answer| answer::read(request, answer))
    }

    /// What the module can do.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn capabilities(&self) -> Result<Capabilities, ModuleError> {
        let url = self.url("calc/1/capabilities")?;
        let exchange = Exchange { method: Method::GET, url, headers: HeaderMap::new(), body: Vec::new() };
        self.ask(exchange, |answer| match answer.status {
            200 => serde_json::from_slice(&answer.body).map_err(|_| Reason::AnswerMalformed.into()),
            status => Err(Reason::Status(status).into()),
        })
    }

    /// Whether the module says that it works. Asked even while the breaker is open, and no news to it.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn health(&self) -> Result<(), ModuleError> {
        let url = self.url("calc/1/health")?;
        let exchange = Exchange { method: Method::GET, url, headers: HeaderMap::new(), body: Vec::new() };
        match self.exchange(exchange)?.status {
            200 => Ok(()),
            status => Err(Reason::Status(status).into()),
        }
    }

    fn url(&self, path: &str) -> Result<Url, Reason> {
        self.base.join(path).map_err(|_| Reason::NoConnection)
    }

    /// One call under the breaker.
    fn ask<T>(
        &self,
        exchange: Exchange,
        read: impl FnOnce(&Answer) -> Result<T, ModuleError>,
    ) -> Result<T, ModuleError> {
        let _call = Call::begin(&self.calls, self.settings.calls_max)?;
        let permit = self.breaker.admit()?;
        let outcome = self.exchange(exchange).map_err(ModuleError::from).and_then(|answer| read(&answer));
        match &outcome {
            Err(ModuleError::Unavailable { reason }) if reason.is_outage() => drop(permit),
            _ => permit.succeed(),
        }
        outcome
    }

    /// Attempts within the deadline, on the runtime; this thread waits.
    fn exchange(&self, exchange: Exchange) -> Result<Answer, Reason> {
        let Some(runtime) = &self.runtime else { return Err(Reason::Cut) };
        let (sender, receiver) = mpsc::sync_channel(1);
        let (http, deadline) = (self.http.clone(), self.settings.deadline);
        let (attempts_max, pause) = (self.settings.attempts_max, self.settings.pause);
        runtime.spawn(async move {
            let attempts = attempts(&http, &exchange, attempts_max, pause);
            let answer = tokio::time::timeout(deadline, attempts).await.unwrap_or(Err(Reason::Timeout));
            // A caller that gave up waiting needs no answer.
            let _ = sender.send(answer);
        });
        receiver.recv_timeout(deadline.saturating_add(GRACE)).unwrap_or(Err(Reason::Timeout))
    }
}

impl Drop for ModuleClient {
    fn drop(&mut self) {
        // Waiting for the runtime's threads is forbidden where async code runs.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A call under way.
struct Call<'a>(&'a AtomicUsize);

impl<'a> Call<'a> {
    fn begin(calls: &'a AtomicUsize, calls_max: usize) -> Result<Self, Reason> {
        let under_way = calls.fetch_add(1, Ordering::AcqRel);
        let call = Self(calls);
        if under_way < calls_max { Ok(call) } else { Err(Reason::Busy) }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn http_client(settings: &ModuleSettings) -> Result<Client, SettingsError> {
    let mut builder = Client::builder()
        .tls_version_min(tls::Version::TLS_1_3)
        .redirect(redirect::Policy::none())
        // The way to the module is a setting, not a variable of the environment.
        .no_proxy()
        .pool_max_idle_per_host(IDLE_MAX)
        .connect_timeout(settings.deadline)
        .user_agent(concat!("tensu/", env!("CARGO_PKG_VERSION")));
    if let Some(pem) = &settings.roots_pem {
        let roots = Certificate::from_pem_bundle(pem).map_err(|_| SettingsError::Roots)?;
        if roots.is_empty() {
            return Err(SettingsError::Roots);
        }
        builder = builder.tls_certs_only(roots);
    }
    if let Some(pem) = &settings.identity_pem {
        builder = builder.identity(Identity::from_pem(pem).map_err(|_| SettingsError::Identity)?);
    }
    builder.build().map_err(|_| SettingsError::Start)
}

async fn attempts(http: &Client, exchange: &Exchange, attempts_max: u32, pause: Duration) -> Result<Answer, Reason> {
    let mut attempt = 1;
    loop {
        let reason = match once(http, exchange).await {
            Ok(answer) if !Reason::Status(answer.status).is_passing() => return Ok(answer),
            Ok(answer) => Reason::Status(answer.status),
            Err(reason) => reason,
        };
        if attempt >= attempts_max || !reason.is_passing() {
            return Err(reason);
        }
        tokio::time::sleep(pause_before(attempt, pause)).await;
        attempt += 1;
    }
}

/// The pause after an attempt: doubled each time, between a half and three halves of it, so that callers that
/// failed together do not come back together.
fn pause_before(attempt: u32, pause: Duration) -> Duration {
    let whole = pause.saturating_mul(1 << attempt.saturating_sub(1).min(8));
    let chance = std::hash::RandomState::new().build_hasher().finish() % 1_024;
    let chance = u32::try_from(chance).unwrap_or(0);
    (whole / 2).saturating_add(whole.saturating_mul(chance) / 1_024)
}

async fn once(http: &Client, exchange: &Exchange) -> Result<Answer, Reason> {
    let request = http
        .request(exchange.method.clone(), exchange.url.clone())
        .headers(exchange.headers.clone())
        .header(ACCEPT, "application/json, application/problem+json")
        .body(exchange.body.clone());
    let mut response = request.send().await.map_err(|error| reason_of(&error))?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reason_of(&error))? {
        if body.len().saturating_add(chunk.len()) > ANSWER_BYTES_MAX {
            return Err(Reason::AnswerTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}

fn reason_of(error: &reqwest::Error) -> Reason {
    if error.is_timeout() {
        return Reason::Timeout;
    }
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(current) = cause {
        let root = unwrapped(current);
        // A connection cut inside TLS is a cut: only what the TLS library itself refuses is a matter of TLS.
        if root.downcast_ref::<rustls::Error>().is_some() {
            return Reason::Tls;
        }
        if root.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            return Reason::ConnectionRefused;
        }
        cause = current.source();
    }
    if error.is_connect() { Reason::NoConnection } else { Reason::Cut }
}

/// What an input/output error was made of: it is not among its sources.
fn unwrapped<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    inner.map_or(error, |inner| unwrapped(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_keep_their_bounds() {
        let base = Duration::from_millis(100);
        for (attempt, whole) in [(1, 100), (2, 200), (3, 400)] {
            for _ in 0..50 {
                let pause = pause_before(attempt, base).as_millis();
                assert!((whole / 2..whole * 3 / 2).contains(&pause), "{pause}");
            }
        }
    }

    #[test]
    fn calls_at_the_same_time_are_bounded() {
        let calls = AtomicUsize::new(0);
        let first = Call::begin(&calls, 1).unwrap();
        assert_eq!(Call::begin(&calls, 1).map(drop), Err(Reason::Busy));
        drop(first);
        assert_eq!(Call::begin(&calls, 1).map(drop), Ok(()));
    }

    #[test]
    fn bounds_of_zero_are_refused() {
        let usual = ModuleSettings::at("https://module.example");
        for settings in [
            ModuleSettings { deadline: Duration::ZERO, ..usual.clone() },
            ModuleSettings { attempts_max: 0, ..usual.clone() },
            ModuleSettings { attempts_max: 6, ..usual.clone() },
            ModuleSettings { calls_max: 0, ..usual.clone() },
        ] {
            assert_eq!(ModuleClient::new(settings).map(drop), Err(SettingsError::Bounds));
        }
        let roots = ModuleSettings { roots_pem: Some(b"none".to_vec()), ..usual.clone() };
        assert_eq!(ModuleClient::new(roots).map(drop), Err(SettingsError::Roots));
        let identity = ModuleSettings { identity_pem: Some(b"none".to_vec()), ..usual };
        assert_eq!(ModuleClient::new(identity).map(drop), Err(SettingsError::Identity));
    }
}
