//! `tensu`, the one binary: parses arguments, reads and writes files, calls the crates below it.

mod audit_command;
mod claim_command;
mod clinic_file;
mod demo;
mod dev_db_command;
mod events_command;
mod explain_command;
mod golden;
mod keys_file;
mod masters_command;
mod masters_file;
mod module_command;
mod recompute_command;
mod rules_command;
mod serve_command;
mod tenant_command;
mod uke_command;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tensu (点数): receipt computer for Japanese medical clinics.
#[derive(Parser)]
#[command(name = "tensu", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Official code masters: import, look up, list.
    #[command(subcommand)]
    Masters(masters_command::Command),
    /// Electronic receipts (RECEIPTC.UKE): show, check, copy, compare.
    #[command(subcommand)]
    Uke(uke_command::Command),
    /// Claim files of a month.
    #[command(subcommand)]
    Claim(claim_command::Command),
    /// The private PostgreSQL of this checkout.
    #[command(subcommand)]
    DevDb(dev_db_command::Command),
    /// Bring a database up to this program.
    Migrate(dev_db_command::Migrate),
    /// The service over HTTP.
    Serve(serve_command::Serve),
    /// Play a clinic document against a running `serve --demo`, as an EMR and clerks would.
    Demo(demo::Demo),
    /// Jobs of all clinics.
    Worker(serve_command::Work),
    /// Clinics on the service and their first users.
    #[command(subcommand)]
    Tenant(tenant_command::Command),
    /// Operators of the service.
    #[command(subcommand)]
    Operator(tenant_command::OperatorCommand),
    /// The audit trail: verify it, keep its heads elsewhere.
    #[command(subcommand)]
    Audit(audit_command::Command),
    /// Why a visit costs what it costs.
    Explain(explain_command::Command),
    /// What late facts moved: 追加請求 and 返金 around each event of a clinic document.
    Events(events_command::Command),
    /// Rules of points and charges with their sources.
    Rules(rules_command::Command),
    /// The embedded engine as a calculation module (calc/1) for others.
    #[command(subcommand)]
    Module(module_command::Command),
    /// Cases with known answers against the embedded engine.
    Golden(golden::Command),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Masters(command) => masters_command::run(command),
        Command::Uke(command) => uke_command::run(command),
        Command::Claim(command) => claim_command::run(command),
        Command::DevDb(command) => dev_db_command::run(&command),
        Command::Migrate(command) => dev_db_command::migrate(&command),
        Command::Serve(command) => serve_command::serve(&command),
        Command::Demo(command) => demo::run(&command),
        Command::Worker(command) => serve_command::work(&command),
        Command::Tenant(command) => tenant_command::run(&command),
        Command::Operator(command) => tenant_command::run_operator(&command),
        Command::Audit(command) => audit_command::run(&command),
        Command::Explain(command) => explain_command::run(&command),
        Command::Events(command) => events_command::run(&command),
        Command::Rules(command) => Ok(rules_command::run(&command)),
        Command::Module(command) => module_command::run(&command),
        Command::Golden(command) => golden::run(command),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tensu: {error:#}");
            ExitCode::from(2)
        }
    }
}
