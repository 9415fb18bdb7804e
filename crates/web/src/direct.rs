//! Routes that are not run in one transaction and whose answer is never kept: logins, whose passwords are hashed
//! between two transactions, and answers with a secret that is shown once.
//!
//! They take no `Idempotency-Key`: a kept answer would keep the secret.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Data, Path, Payload, ServiceConfig};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use service::identity::{Identity, Token, authenticate};
use service::{Caller, Permission, Problem, ProblemCode, Service, Work};
use store::Actor;

use crate::auth::{Credentials, SESSION_COOKIE};
use crate::limit::Key;
use crate::serve::{instant, trace_id};
use crate::{State, body, problem};

/// Bytes of a body at most: nothing here is long.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Who may call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Anybody; an address is limited to the attempts of a login.
    Open,
    /// Whoever has a session; the use case looks how far its login is.
    Session,
    /// Whoever is logged in with this permission.
    Permission(Permission),
}

impl Access {
    pub(crate) const fn permission(self) -> Option<Permission> {
        match self {
            Self::Permission(permission) => Some(permission),
            Self::Open | Self::Session => None,
        }
    }

    pub(crate) const fn is_open(self) -> bool {
        matches!(self, Self::Open)
    }
}

/// A route that runs on the service itself. Always `POST`.
pub trait Direct: 'static + Sized {
    /// Path with `{names}`.
    const PATH: &'static str;
    /// Id of the operation, camelCase.
    const ID: &'static str;
    /// One line about it.
    const SUMMARY: &'static str;
    /// Status of success.
    const STATUS: StatusCode = StatusCode::OK;
    /// Problems of its own, beside those of every route.
    const PROBLEMS: &'static [ProblemCode] = &[];
    /// Who may call it.
    const ACCESS: Access;
    /// Names in the path.
    type Path: DeserializeOwned + JsonSchema + Send + Sync;
    /// The body; `()` = none.
    type Body: DeserializeOwned + JsonSchema + Send + Sync;
    /// The answer.
    type Answer: Serialize + JsonSchema;

    /// Does it.
    ///
    /// # Errors
    /// Why not.
    fn run(call: &DirectCall<Self>) -> Result<Done<Self::Answer>, Problem>;
}

/// What came.
pub struct DirectCall<D: Direct> {
    /// The use cases, at the instant of the request.
    pub service: Service,
    /// From where.
    pub origin: Option<String>,
    /// Names in the path.
    pub path: D::Path,
    /// The body.
    pub body: D::Body,
    token: Option<Token>,
}

impl<D: Direct> DirectCall<D> {
    /// The caller's token.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn token(&self) -> Result<&Token, Problem> {
        self.token.as_ref().ok_or_else(|| ProblemCode::Unauthenticated.into())
    }

    /// Runs a use case in one transaction of the caller, who must have the permission of the route.
    ///
    /// # Errors
    /// What the use case answers, `forbidden`.
    pub fn run<T>(&self, use_case: impl Fn(&mut Work<'_, '_>, &Identity) -> Result<T, Problem>) -> Result<T, Problem> {
        let token = self.token()?;
        let caller = Caller { tenant: token.tenant, actor: Actor::System("http"), origin: self.origin.clone() };
        self.service.run(&caller, |work| {
            let identity = authenticate(work, token, None)?;
            identity.require(D::ACCESS.permission())?;
            use_case(work, &identity)
        })
    }
}

/// What is answered.
pub struct Done<T> {
    body: T,
    session: Option<Token>,
}

impl<T> Done<T> {
    /// An answer.
    pub const fn plain(body: T) -> Self {
        Self { body, session: None }
    }

    /// An answer that sets the session's cookie.
    pub const fn with_session(body: T, token: Token) -> Self {
        Self { body, session: Some(token) }
    }
}

pub(crate) fn mount<D: Direct>(config: &mut ServiceConfig) {
    config.route(D::PATH, web::post().to(serve::<D>));
}

async fn serve<D: Direct>(state: Data<State>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let trace_id = trace_id(&request);
    let mut response = match answer::<D>(&state, &request, payload).await {
        Ok(response) => response,
        Err(problem) => problem::respond(&problem, &trace_id),
    };
    let status = response.status().as_u16();
    metrics::counter!("tensu_requests_total", "route" => D::ID, "status" => status.to_string()).increment(1);
    tracing::info!(route = D::ID, trace.id = %trace_id, status, "{} {status}", D::ID);
    if let Ok(value) = header::HeaderValue::from_str(&trace_id) {
        response.headers_mut().insert(header::HeaderName::from_static("x-request-id"), value);
    }
    response
}

async fn answer<D: Direct>(
    state: &Data<State>,
    request: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let token = match D::ACCESS {
        Access::Open => {
            let address = request.peer_addr().map(|address| address.ip());
            if !state.limit.allows_login(address) {
                return Err(ProblemCode::TooMany.into());
            }
            None
        }
        Access::Session | Access::Permission(_) => {
            let token = Credentials::of(request)?.token;
            if !state.limit.allows(&Key::Token(token.hash())) {
                return Err(ProblemCode::TooMany.into());
            }
            Some(token)
        }
    };
    let path = Path::<D::Path>::extract(request).await.map_err(|_| Problem::new(ProblemCode::NotFound));
    let body = body::<D>(request, payload).await;
    let origin = request.connection_info().realip_remote_addr().map(str::to_owned);
    let service = state.service.standing_at(instant(state, request)?);
    let done = web::block(move || {
        if let Some(token) = &token {
            known::<D>(&service, token, origin.clone())?;
        }
        // What is wrong with the form is told after it is known who asks.
        let path = path?.into_inner();
        let done = D::run(&DirectCall::<D> { service, origin, path, body: body?, token })?;
        let body = serde_json::to_value(&done.body).map_err(|_| ProblemCode::Internal)?;
        Ok::<_, Problem>(Done { body, session: done.session })
    });
    let done = done.await.map_err(|_| Problem::new(ProblemCode::Unavailable))??;
    let mut response = HttpResponseBuilder::new(D::STATUS);
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(token) = &done.session {
        response.cookie(session_cookie(token));
    }
    Ok(response.json(&done.body))
}

/// Refuses a token that is none, and one without the permission of the route; the latter is on record.
fn known<D: Direct>(service: &Service, token: &Token, origin: Option<String>) -> Result<(), Problem> {
    let caller = Caller { tenant: token.tenant, actor: Actor::System("http"), origin };
    service.run(&caller, |work| {
        let identity = authenticate(work, token, None)?;
        let Some(permission) = D::ACCESS.permission() else { return Ok(Ok(())) };
        let outcome = identity.require(Some(permission));
        if outcome.as_ref().is_err_and(|problem| problem.code == ProblemCode::Forbidden) {
            work.audit("request.refused", None, Some(format!("POST {}", D::PATH)));
        }
        Ok(outcome)
    })?
}

async fn body<D: Direct>(request: &HttpRequest, payload: Payload) -> Result<D::Body, Problem> {
    if std::any::TypeId::of::<D::Body>() == std::any::TypeId::of::<()>() {
        return body::nothing();
    }
    if !request.content_type().eq_ignore_ascii_case("application/json") {
        return Err(ProblemCode::MediaType.into());
    }
    match payload.to_bytes_limited(BODY_BYTES_MAX).await {
        Ok(Ok(bytes)) => body::parse(&bytes),
        Ok(Err(_)) => Err(ProblemCode::BadRequest.into()),
        Err(_) => Err(ProblemCode::TooLarge.into()),
    }
}

/// The cookie of a session: kept to this host and TLS, unseen by scripts, not sent by other sites.
fn session_cookie(token: &Token) -> Cookie<'static> {
    Cookie::build(SESSION_COOKIE, token.reveal().to_owned())
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        // The server ends it earlier.
        .max_age(Duration::hours(24))
        .finish()
}
