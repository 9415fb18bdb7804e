//! `tensu dev-db`: the private PostgreSQL of a checkout; `tensu migrate`: the schema of any database.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use store::cluster::{Cluster, Durability, Stop, checkout};
use store::migration;

/// Folder of the cluster inside the checkout.
const FOLDER: &str = ".tensu/pg";
/// Name of its database.
const DATABASE: &str = "tensu";

/// Commands of this group.
#[derive(Subcommand)]
pub enum Command {
    /// Make the cluster where there is none, start it, migrate its database, print its URL.
    Start {
        /// Faster, but a crash of the machine may lose data: for tests.
        #[arg(long)]
        fast: bool,
    },
    /// Stop it.
    Stop {
        /// Stop the cluster of the tests instead.
        #[arg(long)]
        tests: bool,
    },
    /// Throw everything away and start anew.
    Reset {
        /// Faster, but a crash of the machine may lose data: for tests.
        #[arg(long)]
        fast: bool,
    },
    /// Print the URL of the application role.
    Url {
        /// The role that owns the tables, for `tensu migrate`.
        #[arg(long)]
        owner: bool,
    },
}

/// Runs one command.
pub fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let cluster = cluster()?;
    match command {
        Command::Start { fast } => start(&cluster, *fast)?,
        Command::Stop { tests: false } => {
            let was_running = cluster.stop(Stop::Fast).context("stopping the database")?;
            println!("{}", if was_running { "stopped" } else { "was not running" });
        }
        Command::Stop { tests: true } => {
            store::testing::test_cluster()?.stop(Stop::Fast).context("stopping the database of the tests")?;
        }
        Command::Reset { fast } => {
            cluster.remove().context("removing the database")?;
            start(&cluster, *fast)?;
        }
        Command::Url { owner } => println!("{}", url(&cluster, *owner)),
    }
    Ok(ExitCode::SUCCESS)
}

/// URL of the application role of this checkout's private cluster.
pub fn application_url() -> anyhow::Result<String> {
    Ok(url(&cluster()?, false))
}

fn cluster() -> anyhow::Result<Cluster> {
    let here = std::env::current_dir().context("finding the current folder")?;
    let folder: PathBuf = checkout(&here).join(FOLDER);
    Ok(Cluster::at(&folder)?)
}

fn url(cluster: &Cluster, is_owner: bool) -> String {
    cluster.url(if is_owner { "tensu_owner" } else { "tensu_app" }, DATABASE)
}

fn start(cluster: &Cluster, is_fast: bool) -> anyhow::Result<()> {
    let durability = if is_fast { Durability::Fast } else { Durability::Safe };
    cluster.start(durability).context("starting the database")?;
    let administrator = cluster.administrator_url("postgres");
    migration::create_roles(&administrator).context("creating the roles")?;
    migration::create_database(&administrator, DATABASE).context("creating the database")?;
    migration::migrate(&url(cluster, true)).context("migrating the database")?;
    println!("{}", url(cluster, false));
    Ok(())
}

/// `tensu migrate`.
#[derive(Args)]
pub struct Migrate {
    /// URL of the database, as the role that owns it.
    #[arg(long)]
    database_url: String,
    /// Create the roles first; the login must be allowed to.
    #[arg(long)]
    create_roles: bool,
}

/// Brings a database up to this program; prints what ran.
pub fn migrate(command: &Migrate) -> anyhow::Result<ExitCode> {
    if command.create_roles {
        migration::create_roles(&command.database_url)?;
    }
    let done = migration::migrate(&command.database_url)?;
    for name in &done {
        println!("{name}");
    }
    println!("{} migrations ran; the database is at {}", done.len(), migration::newest());
    Ok(ExitCode::SUCCESS)
}
