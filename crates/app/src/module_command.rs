//! `tensu module`: the embedded engine as a calculation module for others; and how `serve` and `worker` reach one.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand};
use engine::Engine;
use national::module::server::{self, ServerTls};
use national::module::{ModuleClient, ModuleSettings};

use crate::masters_file;

/// Commands of this group.
#[derive(Subcommand)]
pub enum Command {
    /// Serve the contract calc/1 until told to stop.
    Serve(Serve),
}

/// `tensu module serve`.
#[derive(Args)]
pub struct Serve {
    /// Address; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Compiled masters.
    #[arg(long)]
    masters: Option<PathBuf>,
    /// Certificate chain (PEM); without it only this machine or a proxy should reach the address.
    #[arg(long, requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Private key (PEM).
    #[arg(long, requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Only callers with a certificate of these roots (PEM).
    #[arg(long, requires = "tls_certificate")]
    client_roots: Option<PathBuf>,
}

/// Where the calculation module is, for the clinics that chose it.
#[derive(Args)]
pub struct ModuleOptions {
    /// Address of the calculation module, `https://…`.
    #[arg(long)]
    module_url: Option<String>,
    /// Roots of its certificate (PEM); those of the machine when absent.
    #[arg(long, requires = "module_url")]
    module_roots: Option<PathBuf>,
    /// Certificate and private key to show it (PEM).
    #[arg(long, requires = "module_url")]
    module_identity: Option<PathBuf>,
    /// Time for one calculation, in milliseconds.
    #[arg(long, requires = "module_url", default_value_t = 3_000)]
    module_deadline_ms: u64,
    /// Ask it over plain http on another machine.
    #[arg(long, requires = "module_url")]
    module_plain: bool,
}

impl ModuleOptions {
    /// The client, where a module is named.
    pub fn client(&self) -> anyhow::Result<Option<Arc<ModuleClient>>> {
        let Some(url) = &self.module_url else { return Ok(None) };
        let settings = ModuleSettings {
            roots_pem: read_some(self.module_roots.as_deref())?,
            identity_pem: read_some(self.module_identity.as_deref())?,
            is_plain_allowed: self.module_plain,
            deadline: Duration::from_millis(self.module_deadline_ms),
            ..ModuleSettings::at(url)
        };
        Ok(Some(Arc::new(ModuleClient::new(settings).context("the calculation module")?)))
    }
}

/// Runs one command.
pub fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Serve(command) = command;
    let engine = Arc::new(Engine::new(masters_file::load(command.masters.as_deref())?));
    let chain = read_some(command.tls_certificate.as_deref())?;
    let key = read_some(command.tls_key.as_deref())?;
    let client_roots = read_some(command.client_roots.as_deref())?;
    let tls = chain.as_deref().zip(key.as_deref()).map(|(chain_pem, key_pem)| ServerTls {
        chain_pem,
        key_pem,
        client_roots_pem: client_roots.as_deref(),
    });
    let listener = TcpListener::bind(command.listen).with_context(|| format!("listening on {}", command.listen))?;
    let address = listener.local_addr()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let workers = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    println!("tensu: calc/1 on {scheme}://{address}");
    server::run(listener, engine, tls, workers).context("serving calc/1")?;
    Ok(ExitCode::SUCCESS)
}

fn read_some(path: Option<&Path>) -> anyhow::Result<Option<Vec<u8>>> {
    path.map(|path| fs::read(path).with_context(|| format!("reading {}", path.display()))).transpose()
}
