//! The contract calc/1 as a service: any [`CalculationModule`] over HTTP.

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::web::{self, Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use calculation::{CalculationModule, Request};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::module::kept::{Kept, Known};
use crate::module::wire::{BODY_BYTES_MAX, ErrorPlace, ProblemBody};

/// Calculations under way or waiting at the same time; what comes beyond is told to come back.
const CALCULATIONS_MAX: usize = 64;
/// Time for the body of a request to arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);
/// Time for requests under way to end when the server stops, in seconds.
const SHUTDOWN_S: u64 = 10;
/// Characters of an idempotency key at most.
const KEY_CHARACTERS_MAX: usize = 255;
/// Media type of problems.
const PROBLEM_JSON: &str = "application/problem+json";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A module that a server may share between its threads.
pub type SharedModule = Arc<dyn CalculationModule + Send + Sync>;

/// How the server proves who it is, and whom it lets in.
#[derive(Clone, Copy)]
pub struct ServerTls<'a> {
    /// Certificate chain (PEM).
    pub chain_pem: &'a [u8],
    /// Private key (PEM).
    pub key_pem: &'a [u8],
    /// Roots that a caller's certificate must come from (PEM); none = everybody may call.
    pub client_roots_pem: Option<&'a [u8]>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The listener cannot be used.
    #[error("the address cannot be served: {0}")]
    Listen(#[from] io::Error),
    /// A certificate or key cannot be used.
    #[error("{what} cannot be used")]
    Certificate {
        /// Which.
        what: &'static str,
    },
}

struct Shared {
    module: SharedModule,
    kept: Mutex<Kept>,
    room: Semaphore,
}

impl Shared {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server on a listener; it runs while its future is awaited, and ends on SIGTERM, SIGINT or by its handle,
/// after the requests under way.
///
/// # Errors
/// When the listener or a certificate cannot be used.
pub fn serve(
    listener: TcpListener,
    module: SharedModule,
    tls: Option<ServerTls<'_>>,
    workers: NonZero<usize>,
) -> Result<Server, ServerError> {
    let shared = Data::new(Shared { module, kept: Mutex::default(), room: Semaphore::new(CALCULATIONS_MAX) });
    let server = HttpServer::new(move || App::new().app_data(shared.clone()).configure(routes))
        .workers(workers.get())
        .shutdown_timeout(SHUTDOWN_S);
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls_config(&tls)?)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}

/// As [`serve`], on this thread until the server ends.
///
/// # Errors
/// As [`serve`].
pub fn run(
    listener: TcpListener,
    module: SharedModule,
    tls: Option<ServerTls<'_>>,
    workers: NonZero<usize>,
) -> Result<(), ServerError> {
    actix_web::rt::System::new().block_on(async { Ok(serve(listener, module, tls, workers)?.await?) })
}

fn routes(config: &mut web::ServiceConfig) {
    let wrong_method = || web::to(|| async { problem_response(&refused(405, "method-not-allowed", "")) });
    config
        .service(web::resource("/calc/1/capabilities").get(capabilities).default_service(wrong_method()))
        .service(web::resource("/calc/1/health").get(health).default_service(wrong_method()))
        .service(web::resource("/calc/1/months").post(months).default_service(wrong_method()))
        .service(web::resource("/calc/1/months:preview").post(preview).default_service(wrong_method()))
        .service(web::resource("/calc/1/months/{result_id}").get(result).default_service(wrong_method()))
        .default_service(web::to(|| async { problem_response(&refused(404, "not-found", "no such path")) }));
}

async fn capabilities(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.module.capabilities())
}

async fn health() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "ok" }))
}

async fn result(shared: Data<Shared>, result_id: web::Path<String>) -> HttpResponse {
    match shared.kept().result(&result_id) {
        Some(answer) => json(&answer),
        None => problem_response(&refused(404, "not-found", "no result of this id is kept")),
    }
}

async fn preview(shared: Data<Shared>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let answer = match body(payload).await {
        Ok(body) => computed(&shared, body).await,
        Err(problem) => Err(problem),
    };
    let response = answer.map_or_else(|problem| problem_response(&problem), |answer| json(&answer.bytes));
    with_request_id(response, &request)
}

async fn months(shared: Data<Shared>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let answer = keyed(&shared, &request, payload).await;
    with_request_id(answer.unwrap_or_else(|problem| problem_response(&problem)), &request)
}

type Refused = Box<ProblemBody>;

/// The answer to a request with a key: the kept one to the same body, a refusal to another one.
async fn keyed(shared: &Data<Shared>, request: &HttpRequest, payload: Payload) -> Result<HttpResponse, Refused> {
    let key = key(request)?;
    let body = body(payload).await?;
    let hash: [u8; 32] = Sha256::digest(&body).into();
    let known = shared.kept().find(&key, &hash);
    match known {
        Known::Same(answer) => {
            let mut response = json(&answer);
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            return Ok(response);
        }
        Known::Other => return Err(refused(409, "idempotency-key-reuse", "the key came with another body")),
        Known::New => {}
    }
    let answer = computed(shared, body).await?;
    shared.kept().keep(key, answer.result_id, hash, Arc::clone(&answer.bytes));
    Ok(json(&answer.bytes))
}

fn key(request: &HttpRequest) -> Result<String, Refused> {
    let value = request.headers().get("idempotency-key").and_then(|value| value.to_str().ok());
    match value.map(str::trim) {
        Some(key) if (1..=KEY_CHARACTERS_MAX).contains(&key.len()) => Ok(key.to_owned()),
        _ => Err(refused(400, "syntax", "the header Idempotency-Key (a UUID) is needed")),
    }
}

async fn body(payload: Payload) -> Result<web::Bytes, Refused> {
    match within(BODY_TIME_MAX, payload.to_bytes_limited(BODY_BYTES_MAX)).await {
        None => Err(refused(408, "syntax", "the body did not arrive in time")),
        Some(Err(_)) => Err(refused(413, "too-large", &format!("the body may have {BODY_BYTES_MAX} bytes"))),
        Some(Ok(Err(_))) => Err(refused(400, "syntax", "the body ended early")),
        Some(Ok(Ok(bytes))) => Ok(bytes),
    }
}

async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(time, future).await.ok()
}

struct Computed {
    result_id: String,
    bytes: Arc<[u8]>,
}

/// Computes on a blocking thread. A panic there is an internal error of this one request.
async fn computed(shared: &Data<Shared>, body: web::Bytes) -> Result<Computed, Refused> {
    let Ok(_room) = shared.room.try_acquire() else {
        return Err(refused(429, "rate-limited", "too many calculations are under way"));
    };
    let module = Arc::clone(&shared.module);
    web::block(move || compute(module.as_ref(), &body)).await.unwrap_or_else(|_| {
        tracing::error!("A calculation ended without an answer");
        Err(refused(500, "internal-error", ""))
    })
}

fn compute(module: &(dyn CalculationModule + Send + Sync), body: &[u8]) -> Result<Computed, Refused> {
    let request = parse(body)?;
    let response = module.calculate(&request).map_err(|problem| {
        let code = problem.code.as_str();
        refused_at(problem.pointer, problem.code.status(), code, &problem.detail)
    })?;
    let bytes = serde_json::to_vec(&response).map_err(|_| refused(500, "internal-error", ""))?;
    Ok(Computed { result_id: response.result_id, bytes: bytes.into() })
}

/// Reads a request; what is wrong is told with its place, never with the value that was received.
fn parse(body: &[u8]) -> Result<Request, Refused> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let request: Request = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.inner();
        let (status, code) = match (inner.is_data(), inner.to_string()) {
            (false, _) => (400, "syntax"),
            (true, text) if text.starts_with("unknown field") => (400, "unknown-field"),
            (true, text) if FORM.iter().any(|start| text.starts_with(start)) => (400, "syntax"),
            (true, _) => (422, "number-invalid"),
        };
        let detail = format!("line {}, column {} is not of the form of a request", inner.line(), inner.column());
        refused_at(pointer, status, code, &detail)
    })?;
    deserializer.end().map_err(|_| refused(400, "syntax", "something follows the request"))?;
    Ok(request)
}

/// How serde begins to say that a value is not of its type; everything else comes from the codes themselves.
const FORM: [&str; 5] = ["missing field", "invalid type", "unknown variant", "duplicate field", "invalid length"];

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let segments = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    segments.collect()
}

fn json(bytes: &[u8]) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(bytes.to_vec())
}

fn refused(status: u16, code: &str, detail: &str) -> Refused {
    Box::new(ProblemBody {
        kind: "about:blank".to_owned(),
        title: code.replace('-', " "),
        status,
        code: code.to_owned(),
        detail: detail.to_owned(),
        errors: Vec::new(),
        retryable: status == 429 || status >= 500,
    })
}

fn refused_at(pointer: String, status: u16, code: &str, detail: &str) -> Refused {
    let mut refused = refused(status, code, detail);
    refused.errors.push(ErrorPlace { pointer, code: code.to_owned() });
    refused
}

fn problem_response(body: &ProblemBody) -> HttpResponse {
    let status = StatusCode::from_u16(body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.insert_header((RETRY_AFTER, "1"));
    }
    // Serialising plain data into memory does not fail.
    response.content_type(PROBLEM_JSON).body(serde_json::to_vec(body).unwrap_or_default())
}

/// Gives the caller's id of the request back.
fn with_request_id(mut response: HttpResponse, request: &HttpRequest) -> HttpResponse {
    if let Some(id) = request.headers().get(REQUEST_ID).filter(|id| id.len() <= KEY_CHARACTERS_MAX) {
        response.headers_mut().insert(REQUEST_ID, id.clone());
    }
    response
}

fn tls_config(tls: &ServerTls<'_>) -> Result<rustls::ServerConfig, ServerError> {
    let failed = |what| ServerError::Certificate { what };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|_| failed("TLS 1.3"))?;
    let builder = match tls.client_roots_pem {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            for root in certificates(pem).ok_or_else(|| failed("the roots of callers"))? {
                roots.add(root).map_err(|_| failed("the roots of callers"))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().map_err(|_| failed("the roots of callers"))?)
        }
    };
    let chain = certificates(tls.chain_pem).ok_or_else(|| failed("the certificate chain"))?;
    let key = PrivateKeyDer::from_pem_slice(tls.key_pem).map_err(|_| failed("the private key"))?;
    builder.with_single_cert(chain, key).map_err(|_| failed("the certificate with its private key"))
}

/// The certificates of a PEM text; none when it has none or one that cannot be read.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    all.ok().filter(|all| !all.is_empty())
}
