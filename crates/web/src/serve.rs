//! One handler for every route: who, what, once, in one transaction, on record.

use std::time::Instant;

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path, Payload, Query};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use serde_json::{Value, json};
use service::{Caller, Permission, Problem, ProblemCode, Work, identity};
use store::idempotency::{self, Answer, KeyedRequest};
use store::{Actor, TenantId};
use tracing::Instrument;
use uuid::Uuid;

use crate::auth::Credentials;
use crate::body::{self, BODY_BYTES_MAX};
use crate::endpoint::{Call, Endpoint, Permit};
use crate::limit::Key;
use crate::{State, problem};

/// Answers one request of route `E`.
pub async fn serve<E: Endpoint>(state: Data<State>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let trace_id = trace_id(&request);
    let span = tracing::info_span!("request", route = E::ID, trace.id = %trace_id, tenant = tracing::field::Empty);
    let began = Instant::now();
    let outcome = answer::<E>(&state, &request, payload).instrument(span.clone()).await;
    let mut response = match outcome {
        Ok(response) => response,
        Err(problem) => problem::respond(&problem, &trace_id),
    };
    let status = response.status().as_u16();
    let seconds = began.elapsed();
    metrics::counter!("tensu_requests_total", "route" => E::ID, "status" => status.to_string()).increment(1);
    metrics::histogram!("tensu_request_seconds", "route" => E::ID).record(seconds);
    span.in_scope(|| tracing::info!(status, micros = seconds.as_micros(), "{} {status}", E::ID));
    if let Ok(value) = header::HeaderValue::from_str(&trace_id) {
        response.headers_mut().insert(header::HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// The trace id of `traceparent` if one came, else a new one.
pub fn trace_id(request: &HttpRequest) -> String {
    let parent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    let id = parent.and_then(|parent| parent.split('-').nth(1));
    match id.filter(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        Some(id) => id.to_ascii_lowercase(),
        None => Uuid::now_v7().simple().to_string(),
    }
}

/// What a route needs of a request, owned, to be moved to a blocking thread.
struct Incoming<E: Endpoint> {
    credentials: Credentials,
    origin: Option<String>,
    key: Option<String>,
    if_match: Option<i32>,
    /// What is wrong with the form is told after it is known who asks.
    content: Result<Content<E>, Problem>,
    /// What a key belongs to: path, query and body.
    bytes: Vec<u8>,
    at: chrono::DateTime<chrono::Utc>,
}

/// Names in the path, behind the question mark, and the body.
struct Content<E: Endpoint> {
    path: E::Path,
    query: E::Query,
    body: E::Body,
}

/// What a route answered.
struct Outgoing {
    status: StatusCode,
    body: Value,
    version: Option<i32>,
    is_replayed: bool,
}

async fn answer<E: Endpoint>(
    state: &Data<State>,
    request: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let incoming = incoming::<E>(state, request, payload).await?;
    tracing::Span::current().record("tenant", incoming.credentials.token.tenant.get());
    let state = state.clone();
    let current = tracing::Span::current();
    let outgoing = web::block(move || current.in_scope(|| run(&state, &incoming)))
        .await
        .map_err(|_| Problem::new(ProblemCode::Unavailable))??;
    Ok(response(&outgoing))
}

async fn incoming<E: Endpoint>(state: &State, request: &HttpRequest, payload: Payload) -> Result<Incoming<E>, Problem> {
    let credentials = Credentials::of(request)?;
    if !state.limit.allows(&Key::Token(credentials.token.hash())) {
        return Err(ProblemCode::TooMany.into());
    }
    let body = bytes::<E>(request, payload).await;
    // A key belongs to one thing: the same key for another path is another request.
    let sent = body.as_deref().unwrap_or_default();
    let bytes = [request.path().as_bytes(), b"\n", request.query_string().as_bytes(), b"\n", sent].concat();
    let path = Path::<E::Path>::extract(request).await.map_err(|_| Problem::new(ProblemCode::NotFound));
    let content = body.and_then(|body| content::<E>(request, path?.into_inner(), &body));
    let key = if E::METHOD.is_mutation() { Some(idempotency_key(request)) } else { None };
    let origin = request.connection_info().realip_remote_addr().map(str::to_owned);
    let at = instant(state, request)?;
    Ok(Incoming { credentials, origin, key: key.transpose()?, if_match: if_match(request)?, content, bytes, at })
}

fn content<E: Endpoint>(request: &HttpRequest, path: E::Path, bytes: &[u8]) -> Result<Content<E>, Problem> {
    let query = Query::<E::Query>::from_query(request.query_string());
    let query = query.map_err(|error| Problem::invalid("?", "not-allowed", error.to_string()))?.into_inner();
    let body = if has_body::<E>() { body::parse(bytes)? } else { body::nothing()? };
    Ok(Content { path, query, body })
}

fn has_body<E: Endpoint>() -> bool {
    std::any::TypeId::of::<E::Body>() != std::any::TypeId::of::<()>()
}

/// Now; a demo server takes the instant of the request, so that a demo day can be played.
pub(crate) fn instant(state: &State, request: &HttpRequest) -> Result<chrono::DateTime<chrono::Utc>, Problem> {
    match request.headers().get("Demo-Now").filter(|_| state.is_demo) {
        None => Ok(state.service.now()),
        Some(value) => {
            let text = value.to_str().unwrap_or_default();
            let instant = chrono::DateTime::parse_from_rfc3339(text)
                .map_err(|_| Problem::new(ProblemCode::BadRequest).detail("Demo-Now は RFC 3339 の日時です"))?;
            Ok(instant.to_utc())
        }
    }
}

fn idempotency_key(request: &HttpRequest) -> Result<String, Problem> {
    let key = request.headers().get("Idempotency-Key").and_then(|value| value.to_str().ok()).map(str::trim);
    match key {
        Some(key) if (1..=idempotency::KEY_CHARACTERS_MAX).contains(&key.len()) => Ok(key.to_owned()),
        _ => Err(ProblemCode::KeyMissing.into()),
    }
}

fn if_match(request: &HttpRequest) -> Result<Option<i32>, Problem> {
    let Some(value) = request.headers().get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
    let version = text.parse().map_err(|_| {
        Problem::new(ProblemCode::BadRequest).detail("If-Match は ETag の値（\"3\" など）を指定してください")
    })?;
    Ok(Some(version))
}

async fn bytes<E: Endpoint>(request: &HttpRequest, payload: Payload) -> Result<Vec<u8>, Problem> {
    if !has_body::<E>() {
        return Ok(Vec::new());
    }
    let is_json = request.content_type().eq_ignore_ascii_case("application/json");
    if !is_json {
        return Err(ProblemCode::MediaType.into());
    }
    match payload.to_bytes_limited(BODY_BYTES_MAX).await {
        Ok(Ok(bytes)) => Ok(bytes.to_vec()),
        Ok(Err(_)) => Err(ProblemCode::BadRequest.into()),
        Err(_) => Err(Problem::new(ProblemCode::TooLarge).detail(format!("本文は {BODY_BYTES_MAX} バイトまでです"))),
    }
}

fn run<E: Endpoint>(state: &State, incoming: &Incoming<E>) -> Result<Outgoing, Problem> {
    let tenant = incoming.credentials.token.tenant;
    let caller = Caller { tenant, actor: Actor::System("http"), origin: incoming.origin.clone() };
    let outcome = state.service.run_at(incoming.at, &caller, |work| work_on(state, incoming, work));
    if let Err(problem) = &outcome
        && problem.code == ProblemCode::Forbidden
    {
        record_refusal::<E>(state, incoming, tenant)?;
    }
    outcome
}

fn work_on<E: Endpoint>(state: &State, incoming: &Incoming<E>, work: &mut Work<'_, '_>) -> Result<Outgoing, Problem> {
    let caller = identity::authenticate(work, &incoming.credentials.token, None)?;
    if E::Permission::NEEDS_WHOLE_LOGIN {
        caller.require(E::Permission::PERMISSION)?;
    }
    if E::NEEDS_VERSION && incoming.if_match.is_none() {
        return Err(ProblemCode::VersionMissing.into());
    }
    let content = incoming.content.as_ref().map_err(Clone::clone)?;
    let route = route_name::<E>();
    let keyed = incoming.key.as_deref().map(|key| KeyedRequest {
        route: &route,
        key,
        body: &incoming.bytes,
        at: state.service.now(),
    });
    if let Some(keyed) = &keyed
        && let Some(answer) = idempotency::begin(work.tx, keyed)?
    {
        work.audit("request.replayed", None, Some(route.clone()));
        return replayed(&answer);
    }
    let call = Call {
        state,
        caller: &caller,
        path: &content.path,
        query: &content.query,
        body: &content.body,
        if_match: incoming.if_match,
    };
    let reply = E::run(&call, work)?;
    if !work.is_audited() && is_on_record::<E>() {
        work.audit(E::ID, None, None);
    }
    let body = serde_json::to_value(&reply.body).map_err(|_| ProblemCode::Internal)?;
    if let Some(keyed) = &keyed {
        let status = i16::try_from(E::STATUS.as_u16()).unwrap_or(200);
        let answer = Answer { status, body: json!({ "body": body, "version": reply.version }) };
        idempotency::finish(work.tx, keyed, &answer)?;
    }
    Ok(Outgoing { status: E::STATUS, body, version: reply.version, is_replayed: false })
}

/// True unless the route only shows what holds nothing of a patient: codes, events, the caller's own session.
fn is_on_record<E: Endpoint>() -> bool {
    E::METHOD.is_mutation()
        || !matches!(E::Permission::PERMISSION, None | Some(Permission::MasterRead | Permission::EventRead))
}

/// A route by method and path, as idempotency keys are kept under it.
fn route_name<E: Endpoint>() -> String {
    format!("{} {}", E::METHOD.as_str(), E::PATH)
}

fn replayed(answer: &Answer) -> Result<Outgoing, Problem> {
    let status = u16::try_from(answer.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let version = answer.body.get("version").and_then(Value::as_i64).and_then(|version| i32::try_from(version).ok());
    Ok(Outgoing {
        status: status.ok_or(ProblemCode::Internal)?,
        body: answer.body.get("body").cloned().unwrap_or_default(),
        version,
        is_replayed: true,
    })
}

/// A refused access is on record too.
fn record_refusal<E: Endpoint>(state: &State, incoming: &Incoming<E>, tenant: TenantId) -> Result<(), Problem> {
    let caller = Caller { tenant, actor: Actor::System("http"), origin: incoming.origin.clone() };
    state.service.run_at(incoming.at, &caller, |work| {
        identity::authenticate(work, &incoming.credentials.token, None)?;
        work.audit("request.refused", None, Some(route_name::<E>()));
        Ok(())
    })
}

fn response(outgoing: &Outgoing) -> HttpResponse {
    let mut response = HttpResponseBuilder::new(outgoing.status);
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(version) = outgoing.version {
        response.insert_header((header::ETAG, format!("\"{version}\"")));
    }
    if outgoing.is_replayed {
        response.insert_header(("Idempotency-Replayed", "true"));
    }
    if outgoing.status == StatusCode::NO_CONTENT { response.finish() } else { response.json(&outgoing.body) }
}
