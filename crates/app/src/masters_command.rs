use std::process::ExitCode;

use clap::Subcommand;

/// Commands of this group.
#[derive(Subcommand)]
pub enum Command {}

/// Runs one command. Exit code 0: done; 1: findings; errors become exit code 2.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {}
}
