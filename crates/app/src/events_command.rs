//! `tensu events`: what late facts moved, for the desk to collect or pay back.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use billing::balance::{Balance, EventBalances, Moved, around_events};
use billing::clinic::Event;
use clap::Args;
use engine::Engine;
use kernel::Yen;

use crate::{clinic_file, masters_file};

/// Applies the events of a clinic document in order and shows the balances around each of them.
#[derive(Args)]
pub struct Command {
    /// Clinic document: a folder with clinic.json, patients/*.json and events/*.json.
    #[arg(long)]
    clinic: PathBuf,
    /// Compiled masters or folder of official files.
    #[arg(long)]
    masters: Option<PathBuf>,
    /// The balances as JSON.
    #[arg(long)]
    json: bool,
}

/// Prints the balances around each event.
pub fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let (clinic, mut events, findings) = clinic_file::opening(&command.clinic)?;
    for finding in &findings {
        eprintln!("{finding}");
    }
    let engine = Engine::new(masters_file::load(command.masters.as_deref())?);
    let balances = around_events(&engine, engine.masters(), &clinic, &events);
    if command.json {
        println!("{}", serde_json::to_string_pretty(&balances).context("writing JSON")?);
        return Ok(ExitCode::SUCCESS);
    }
    events.sort_by(|a, b| (a.moment(), &a.id).cmp(&(b.moment(), &b.id)));
    for (event, balances) in events.iter().zip(&balances) {
        print!("{}", text(event, balances));
    }
    Ok(ExitCode::SUCCESS)
}

fn text(event: &Event, balances: &EventBalances) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} {} {}  {}", event.id, event.on, event.at, event.title);
    for moved in &balances.moved {
        moved_text(&mut out, moved);
    }
    for finding in &balances.findings {
        let _ = writeln!(out, "    ! {finding}");
    }
    out
}

fn moved_text(out: &mut String, moved: &Moved) {
    let before = moved.before.map_or_else(|| "-".to_owned(), |balance| balance.due_yen.to_string());
    let _ = writeln!(
        out,
        "    {} {}: 窓口負担 {before} → {}円、領収済 {}円{}、差引残 {}円",
        moved.patient_id,
        moved.visit_id,
        moved.recomputed.due_yen,
        moved.recomputed.collected_yen,
        wording(moved.recomputed, moved.after),
        moved.after.open_yen()
    );
}

/// The 追加請求 or 返金 that the facts made, and the money of the event.
fn wording(recomputed: Balance, after: Balance) -> String {
    let mut words = String::new();
    let adjustment = recomputed.adjustment_yen;
    if adjustment > Yen::ZERO {
        let _ = write!(words, "、追加請求 {adjustment}円");
    }
    if adjustment < Yen::ZERO {
        let _ = write!(words, "、返金 {}円", -adjustment);
    }
    let paid = after.collected_yen - recomputed.collected_yen;
    if paid > Yen::ZERO {
        let _ = write!(words, "、入金 {paid}円");
    }
    if paid < Yen::ZERO {
        let _ = write!(words, "、払戻 {}円", -paid);
    }
    words
}
