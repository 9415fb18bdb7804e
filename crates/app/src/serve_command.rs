//! `tensu serve` and `tensu worker`.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use clap::Args;
use engine::Engine;
use service::worker::Worker;
use service::{Clock, Service};
use store::{Database, POOL_SIZE_DEFAULT};
use web::{Bell, Options, RateLimit, State};

use crate::module_command::ModuleOptions;
use crate::{keys_file, masters_file};

/// Worker threads of a server: what they do is hand requests to blocking threads.
const WORKERS: usize = 2;

#[derive(Args)]
pub struct Common {
    /// PostgreSQL, as the role tensu_app; `$TENSU_DATABASE_URL` when absent, else the private cluster of this checkout.
    #[arg(long)]
    database_url: Option<String>,
    /// Compiled masters.
    #[arg(long)]
    masters: Option<PathBuf>,
    /// File with the keys of second factors; `$TENSU_KEYS_FILE` when absent, else a file of this checkout.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Connections to the database.
    #[arg(long, default_value_t = POOL_SIZE_DEFAULT)]
    pool: u32,
    #[command(flatten)]
    module: ModuleOptions,
}

#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    common: Common,
    /// Address; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
    /// Address of `/metrics`, for the operator only.
    #[arg(long)]
    metrics_listen: Option<String>,
    /// Certificate chain (PEM); without it a proxy in front must end TLS.
    #[arg(long, requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Private key (PEM).
    #[arg(long, requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Takes the instant of a request from its header Demo-Now. Only for trials: clinics on it are fictional.
    #[arg(long)]
    demo: bool,
}

#[derive(Args)]
pub struct Work {
    #[command(flatten)]
    common: Common,
    /// Does what is due and ends.
    #[arg(long)]
    once: bool,
}

pub fn serve(command: &Serve) -> anyhow::Result<ExitCode> {
    log_as_json();
    let (service, engine, url) = service(&command.common)?;
    service.database().check_migrations().context("run `tensu migrate` first")?;
    let listener = TcpListener::bind(&command.listen).with_context(|| format!("listening on {}", command.listen))?;
    let address = listener.local_addr()?;
    let tls = match (&command.tls_certificate, &command.tls_key) {
        (Some(certificate), Some(key)) => Some(web::tls(certificate, key)?),
        _ => None,
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    let metrics = match &command.metrics_listen {
        Some(address) => {
            let listener = TcpListener::bind(address).with_context(|| format!("listening on {address}"))?;
            Some((listener, web::record_metrics()?))
        }
        None => None,
    };
    let state = State {
        service,
        engine,
        limit: Arc::new(if command.demo { RateLimit::of_demo() } else { RateLimit::default() }),
        bell: Some(Bell::start(url)?),
        is_demo: command.demo,
    };
    let blocking_threads = usize::try_from(command.common.pool).unwrap_or(1);
    println!("tensu: listening on {scheme}://{address}");
    web::run(state, Options { listener, tls, workers: WORKERS, blocking_threads, metrics })?;
    Ok(ExitCode::SUCCESS)
}

pub fn work(command: &Work) -> anyhow::Result<ExitCode> {
    log_as_json();
    let (service, _, url) = service(&command.common)?;
    service.database().check_migrations().context("run `tensu migrate` first")?;
    let worker = Worker::new(service, format!("{}-{}", std::process::id(), store::JobId::new()));
    if command.once {
        while worker.round()? != service::worker::Round::default() {}
        return Ok(ExitCode::SUCCESS);
    }
    let stop = Arc::new(AtomicBool::new(false));
    stop_on_signal(stop.clone())?;
    println!("tensu: worker ready");
    worker.run(&url, &stop);
    Ok(ExitCode::SUCCESS)
}

/// The URL that was given, else the environment's, else that of the private cluster.
pub fn database_url(given: Option<&str>) -> anyhow::Result<String> {
    match given {
        Some(url) => Ok(url.to_owned()),
        None => std::env::var("TENSU_DATABASE_URL").or_else(|_| crate::dev_db_command::application_url()),
    }
}

/// The service over the database, with its engine, and the URL.
pub fn service(common: &Common) -> anyhow::Result<(Service, Arc<Engine>, String)> {
    let url = database_url(common.database_url.as_deref())?;
    let database = Database::connect(&url, common.pool).context("opening the database")?;
    let engine = Arc::new(Engine::new(masters_file::load(common.masters.as_deref())?));
    let keyring = keys_file::load(common.keys.as_deref())?;
    let service = Service::new(database, engine.clone(), Clock::System).with_keyring(keyring);
    let service = match common.module.client()? {
        Some(module) => service.with_module(module),
        None => service,
    };
    Ok((service, engine, url))
}

/// One JSON object per line on standard error; `RUST_LOG` says how much.
fn log_as_json() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,service=info,web=info"));
    let subscriber = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr);
    // A second subscriber in one process is a test's business.
    let _ = subscriber.try_init();
}

/// SIGTERM and SIGINT end the worker after its present job.
fn stop_on_signal(stop: Arc<AtomicBool>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
            match terminate {
                Ok(mut terminate) => tokio::select! {
                    _ = terminate.recv() => {}
                    _ = tokio::signal::ctrl_c() => {}
                },
                Err(_) => drop(tokio::signal::ctrl_c().await),
            }
        });
        stop.store(true, Ordering::Relaxed);
    })?;
    Ok(())
}
