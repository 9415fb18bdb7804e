//! `tensu claim`: the claim files (RECEIPTC.UKE) of a month from a clinic document.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use billing::claim::{self, Claims, FileState, FileSummary, Input, Summary};
use billing::encounter;
use clap::Subcommand;
use engine::Engine;
use kernel::{ClaimMonth, Finding, ReviewBody, ServiceDate, Severity};
use masters::Masters;

use crate::{clinic_file, masters_file};

/// Findings printed; `findings.json` has all.
const FINDINGS_PRINTED: usize = 50;

/// Commands of this group.
#[derive(Subcommand)]
pub enum Command {
    /// Make both claim files of a month, with summary and findings.
    Build {
        /// Clinic document: one file, or a folder with clinic.json, patients/*.json and visits/*.json.
        #[arg(long)]
        clinic: PathBuf,
        /// Month of care, YYYY-MM. It is claimed in the month after.
        #[arg(long)]
        month: ClaimMonth,
        /// Compiled masters or folder of official files.
        #[arg(long)]
        masters: Option<PathBuf>,
        /// Folder to write: shaho/RECEIPTC.UKE, kokuho/RECEIPTC.UKE, summary.json, findings.json.
        #[arg(long)]
        out: PathBuf,
        /// Only events and visits up to this day; all without it.
        #[arg(long)]
        known_on: Option<ServiceDate>,
        /// Leave out receipts that a finding stops instead of refusing their file.
        #[arg(long)]
        hold: bool,
    },
}

/// Runs one command. Exit code 0: done; 1: a file is refused; errors become exit code 2.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    let Command::Build { clinic, month, masters, out, known_on, hold } = command;
    let (clinic, findings) = clinic_file::read(&clinic, known_on)?;
    let engine = Engine::new(masters_file::load(masters.as_deref())?);
    let encounters = encounter::requests_with_late(&clinic, month).with_programmes(engine.masters());
    let mut calculated = claim::calculate(&engine, encounters);
    calculated.findings.extend(findings);
    let input = Input {
        clinic: &clinic,
        claim_month: month.plus_months(1),
        calculated: &calculated,
        masters: engine.masters(),
        hold,
    };
    let mut claims = claim::build(&input);
    let is_refused = write_files(&out, engine.masters(), &mut claims)?;
    write_whole(&out.join("summary.json"), json(&claims.summary)?.as_bytes())?;
    write_whole(&out.join("findings.json"), json(&claims.findings)?.as_bytes())?;
    print!("{}", report(&claims.summary, &claims.findings));
    Ok(if is_refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn json(value: &impl serde::Serialize) -> anyhow::Result<String> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").context("writing JSON")
}

const fn folder_of(body: ReviewBody) -> &'static str {
    match body {
        ReviewBody::PaymentFund => "shaho",
        ReviewBody::Kokuhoren => "kokuho",
    }
}

/// Writes the files that may go out and takes away older ones that may not. What was written is read again
/// and checked before it gets its name. True when a file is refused.
fn write_files(out: &Path, masters: &Masters, claims: &mut Claims) -> anyhow::Result<bool> {
    let mut is_refused = false;
    for file in &mut claims.files {
        let folder = out.join(folder_of(file.body));
        let path = folder.join("RECEIPTC.UKE");
        let beside = folder.join("RECEIPTC.UKE.part");
        fs::create_dir_all(&folder).with_context(|| format!("making the folder {}", folder.display()))?;
        if file.state == FileState::Ready {
            fs::write(&beside, &file.bytes).with_context(|| format!("writing {}", beside.display()))?;
            let found = self_check(&beside, masters)?;
            if found.iter().any(Finding::is_stop) {
                file.state = FileState::Refused;
            }
            let place = |finding: Finding| Finding {
                place: format!("{}/RECEIPTC.UKE {}", folder_of(file.body), finding.place),
                ..finding
            };
            claims.findings.extend(found.into_iter().map(place));
        }
        if file.state == FileState::Ready {
            fs::rename(&beside, &path).with_context(|| format!("renaming {}", beside.display()))?;
        } else {
            remove(&beside)?;
            remove(&path)?;
        }
        is_refused |= file.state == FileState::Refused;
        for summary in claims.summary.files.iter_mut().filter(|summary| summary.body == file.body) {
            summary.state = file.state;
        }
    }
    claims.findings.sort();
    claims.findings.dedup();
    claims.summary.count(&claims.findings);
    Ok(is_refused)
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let beside = path.with_extension("json.part");
    fs::write(&beside, bytes).with_context(|| format!("writing {}", beside.display()))?;
    fs::rename(&beside, path).with_context(|| format!("renaming {}", beside.display()))
}

fn self_check(path: &Path, masters: &Masters) -> anyhow::Result<Vec<Finding>> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let report =
        uke::check(file, &masters_file::Known(masters)).with_context(|| format!("reading {} again", path.display()))?;
    Ok(report.findings)
}

/// Counts, totals and findings for a person.
fn report(summary: &Summary, findings: &[Finding]) -> String {
    let mut lines = vec![format!("{} claim month {}", summary.institution, summary.claim_month)];
    if summary.is_demo {
        lines.push("demo clinic (見本): nothing of this may be sent".to_owned());
    }
    for file in &summary.files {
        lines.extend(file_lines(file));
    }
    for held in &summary.held {
        let key = held.key.as_deref().unwrap_or("whole month");
        lines.push(format!(
            "held: patient {} {key}, {} points: {}",
            held.patient_id,
            held.points,
            held.reasons.join(", ")
        ));
    }
    let window = &summary.window;
    lines.push(format!(
        "window: due {} yen, collected {} yen, difference {} yen",
        window.due_yen, window.collected_yen, window.difference_yen
    ));
    let others = &summary.other_payers;
    for (name, totals) in
        [("自費", &others.private), ("労災", &others.work_accident), ("自賠責", &others.traffic_accident)]
    {
        if totals.visits > 0 {
            lines.push(format!("{name}: {} visits, {} lines, {} points", totals.visits, totals.lines, totals.points));
        }
    }
    for masters in &summary.masters {
        let basis = match masters.basis {
            calculation::Basis::Official => "official",
            calculation::Basis::Derived => "derived",
        };
        lines.push(format!("masters: {} {} from {}, {basis}", masters.release, masters.ruleset, masters.from));
    }
    let counts = &summary.findings;
    lines.push(format!("findings: {} stop, {} confirm, {} note", counts.stop, counts.confirm, counts.note));
    let serious = findings.iter().filter(|finding| finding.severity != Severity::Note);
    lines.extend(serious.take(FINDINGS_PRINTED).map(|finding| format!("  {finding}")));
    lines.push(String::new());
    lines.join("\n")
}

fn file_lines(file: &FileSummary) -> Vec<String> {
    let state = match file.state {
        FileState::Ready => "written",
        FileState::Empty => "nothing to claim",
        FileState::Refused => "REFUSED",
    };
    let mut lines = vec![format!(
        "{}: {state}, {} receipts, {} payer records, {} points",
        folder_of(file.body),
        file.receipts,
        file.payer_records,
        file.points
    )];
    lines.extend(
        file.by_type
            .iter()
            .map(|(kind, totals)| format!("  {kind}: {} receipts, {} points", totals.receipts, totals.points)),
    );
    lines
}
