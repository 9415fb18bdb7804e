//! The server: routes mounted, TLS, bounds, graceful end.

use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use metrics_exporter_prometheus::PrometheusHandle;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use service::{Problem, ProblemCode};

use crate::serve::trace_id;
use crate::{State, openapi, problem, routes};

/// Seconds running requests get when the server is told to end.
const GRACE_S: u64 = 20;

/// How a server runs.
pub struct Options {
    /// Where it listens.
    pub listener: TcpListener,
    /// TLS; none = a proxy in front ends it.
    pub tls: Option<rustls::ServerConfig>,
    /// Worker threads.
    pub workers: usize,
    /// Blocking threads of all workers together: at most the connections of the pool.
    pub blocking_threads: usize,
    /// Figures for `/metrics` of the administration address.
    pub metrics: Option<(TcpListener, PrometheusHandle)>,
}

/// Makes the server; it runs when awaited.
///
/// # Errors
/// When an address cannot be listened on.
pub fn server(state: State, options: Options) -> io::Result<Server> {
    let workers = options.workers.max(1);
    let blocking = (options.blocking_threads / workers).max(1);
    let document: Arc<str> = openapi::document(&mut routes::registry()).to_string().into();
    let data = Data::new(state);
    let http = HttpServer::new(move || {
        let document = document.clone();
        App::new()
            .app_data(data.clone())
            .wrap(
                DefaultHeaders::new()
                    .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                    .add((header::REFERRER_POLICY, "no-referrer"))
                    .add((header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'")),
            )
            .route("/health/live", web::get().to(live))
            .route("/health/ready", web::get().to(ready))
            .route("/v1/openapi.json", web::get().to(move || answer_document(document.clone())))
            .configure(crate::stream::mount)
            .configure(|config| routes::registry().mount(config))
            .default_service(web::to(nothing_here))
    })
    .workers(workers)
    .worker_max_blocking_threads(blocking)
    .shutdown_timeout(GRACE_S);
    let http = match options.tls {
        Some(tls) => http.listen_rustls_0_23(options.listener, tls)?,
        None => http.listen(options.listener)?,
    };
    if let Some((listener, handle)) = options.metrics {
        let administration = HttpServer::new(move || {
            let handle = handle.clone();
            App::new().route("/metrics", web::get().to(move || figures(handle.clone())))
        });
        actix_web::rt::spawn(administration.workers(1).disable_signals().listen(listener)?.run());
    }
    Ok(http.run())
}

/// TLS 1.3 with a certificate chain and its key, both PEM.
///
/// # Errors
/// When a file cannot be read or does not hold what it should.
pub fn tls(certificate: &Path, key: &Path) -> io::Result<rustls::ServerConfig> {
    let wrong = |error: String| io::Error::new(io::ErrorKind::InvalidData, error);
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(certificate).map_err(|error| wrong(error.to_string()))?.collect();
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(error.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| wrong(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain.map_err(|error| wrong(error.to_string()))?, key)
        .map_err(|error| wrong(error.to_string()))
}

/// Starts to record figures; answers what renders them.
///
/// # Errors
/// When figures are recorded already.
pub fn record_metrics() -> io::Result<PrometheusHandle> {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(io::Error::other)?;
    Ok(handle)
}

/// Runs the server until it is told to end.
///
/// # Errors
/// When an address cannot be listened on.
pub fn run(state: State, options: Options) -> io::Result<()> {
    actix_web::rt::System::new().block_on(async move { server(state, options)?.await })
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "ok" }))
}

/// Ready when the database answers and has the schema of this program.
async fn ready(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let database = state.service.database().clone();
    match web::block(move || database.check_migrations()).await {
        Ok(Ok(())) => HttpResponse::Ok().json(serde_json::json!({ "status": "ready" })),
        Ok(Err(error)) => {
            let problem = Problem::new(ProblemCode::Unavailable).detail(error.to_string());
            problem::respond(&problem, &trace_id(&request))
        }
        Err(_) => problem::respond(&ProblemCode::Unavailable.into(), &trace_id(&request)),
    }
}

async fn figures(handle: PrometheusHandle) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(handle.render())
}

async fn answer_document(document: Arc<str>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document.to_string())
}

async fn nothing_here(request: HttpRequest) -> HttpResponse {
    problem::respond(&ProblemCode::NotFound.into(), &trace_id(&request))
}
