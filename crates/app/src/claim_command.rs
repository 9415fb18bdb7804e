//! `tensu claim`: the claim files (RECEIPTC.UKE) of a month from a clinic document.

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use billing::claim::{self, Claims, FileState, FileSummary, Input, PatientResult, Summary};
use billing::clinic::{Clinic, Patient, PatientVisits};
use billing::encounter::{self, Encounters};
use calculation::CalculationModule;
use clap::Subcommand;
use engine::Engine;
use kernel::{ClaimMonth, DiagnosisCode, Finding, ItemCode, ModifierCode, ReviewBody, ServiceDate, Severity};
use masters::Masters;
use serde::de::DeserializeOwned;

use crate::masters_command;

/// Bytes of one document file at most.
const DOCUMENT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Files of a document folder at most.
const DOCUMENT_FILES_MAX: usize = 200_000;
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
        /// Leave out receipts that a finding stops instead of refusing their file.
        #[arg(long)]
        hold: bool,
    },
}

/// Runs one command. Exit code 0: done; 1: a file is refused; errors become exit code 2.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    let Command::Build { clinic, month, masters, out, hold } = command;
    let (clinic, mut findings) = read_clinic(&clinic)?;
    let engine = Engine::new(masters_command::load(masters.as_deref())?);
    let Encounters { requests, mut refused, findings: found } = encounter::requests(&clinic, month);
    findings.extend(found);
    let results = calculate(&engine, &requests, &mut refused, &mut findings);
    let input = Input {
        clinic: &clinic,
        claim_month: month.plus_months(1),
        results: &results,
        refused: &refused,
        findings: &findings,
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

/// Calculates every request. What the module refuses becomes a finding of the patient.
fn calculate(
    module: &impl CalculationModule,
    requests: &[encounter::PatientRequest],
    refused: &mut Vec<String>,
    findings: &mut Vec<Finding>,
) -> Vec<PatientResult> {
    let mut results = Vec::with_capacity(requests.len());
    for patient in requests {
        match module.calculate(&patient.request) {
            Ok(response) => results.push(PatientResult { patient_id: patient.patient_id.clone(), response }),
            Err(problem) => {
                refused.push(patient.patient_id.clone());
                let place = format!("patients/{}", patient.patient_id);
                findings.push(Finding::stop(billing::code::CALCULATION_REFUSED, place, problem.to_string()));
            }
        }
    }
    results
}

fn read_clinic(path: &Path) -> anyhow::Result<(Clinic, Vec<Finding>)> {
    if !path.is_dir() {
        return Ok((read_json(path)?, Vec::new()));
    }
    let clinic: Clinic = read_json(&path.join("clinic.json"))?;
    let patients: Vec<Patient> = read_folder(&path.join("patients"))?;
    let visits: Vec<PatientVisits> = read_folder(&path.join("visits"))?;
    Ok(clinic.merge(patients, visits))
}

/// Every `*.json` of a folder, by name; none when there is no such folder.
fn read_folder<T: DeserializeOwned>(folder: &Path) -> anyhow::Result<Vec<T>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("reading the folder {}", folder.display())),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("reading the folder {}", folder.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    if paths.len() > DOCUMENT_FILES_MAX {
        bail!("{} has {} files, allowed are {DOCUMENT_FILES_MAX}", folder.display(), paths.len());
    }
    paths.sort();
    paths.iter().map(|path| read_json(path)).collect()
}

fn read_json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let size = file.metadata().with_context(|| format!("looking at {}", path.display()))?.len();
    if size > DOCUMENT_BYTES_MAX {
        bail!("{} has {size} bytes, allowed are {DOCUMENT_BYTES_MAX}", path.display());
    }
    serde_json::from_reader(BufReader::new(file)).with_context(|| format!("{} is no clinic document", path.display()))
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

/// The masters as the self-check asks for them.
struct Known<'a>(&'a Masters);

impl uke::KnownCodes for Known<'_> {
    fn has_item(&self, code: ItemCode, day: ServiceDate) -> bool {
        match code {
            ItemCode::Act(code) => self.0.act(code, day).is_some(),
            ItemCode::Drug(code) => self.0.drug(code, day).is_some(),
            ItemCode::Material(code) => self.0.material(code, day).is_some(),
            ItemCode::Comment(code) => self.0.comment(code, day).is_some(),
        }
    }

    fn has_diagnosis(&self, code: DiagnosisCode, day: ServiceDate) -> bool {
        self.0.diagnosis(code, day).is_some()
    }

    fn has_modifier(&self, code: ModifierCode, day: ServiceDate) -> bool {
        self.0.modifier(code, day).is_some()
    }
}

fn self_check(path: &Path, masters: &Masters) -> anyhow::Result<Vec<Finding>> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let report = uke::check(file, &Known(masters)).with_context(|| format!("reading {} again", path.display()))?;
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
