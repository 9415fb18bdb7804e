//! `tensu rules`: the rules of points and charges with their sources.

use std::process::ExitCode;

use clap::Args;

/// Lists the rules with their sources.
#[derive(Args)]
pub struct Command {
    /// Only rules that no official text confirmed: for a biller to check.
    #[arg(long)]
    unverified: bool,
}

/// Prints the rules.
pub fn run(command: &Command) -> ExitCode {
    let month = |bound: Option<u32>| bound.map_or("-".to_owned(), |month| month.to_string());
    for rule in engine::rules().iter().filter(|rule| !command.unverified || !rule.is_verified) {
        let mark = if rule.is_verified { "  " } else { "? " };
        println!("{mark}{:<44} {:>6}..{:<6} {}", rule.id, month(rule.valid_from), month(rule.valid_to), rule.source);
    }
    ExitCode::SUCCESS
}
