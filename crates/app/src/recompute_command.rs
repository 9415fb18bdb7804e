//! `tensu uke recompute`: a claim file of any vendor, computed again and compared unit by unit.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context;
use billing::recompute::{ReceiptReport, Totals, compare, rebuild};
use clap::Args;
use engine::Engine;
use kernel::{ClaimMonth, Finding, Points, Severity};
use serde::Serialize;
use uke::{AnyCode, Ir, Part, ReadReceipt, Reader, SingleRecord, SingleValue};

use crate::masters_file;

/// Options of the command.
#[derive(Args)]
pub struct Command {
    /// The file.
    file: PathBuf,
    /// Compiled masters or folder of official files.
    #[arg(long)]
    masters: Option<PathBuf>,
    /// Compute all visits as if they lay in this month (YYYY-MM): shows what another edition pays.
    #[arg(long)]
    as_of: Option<ClaimMonth>,
    /// The report as JSON.
    #[arg(long)]
    json: bool,
}

/// What the command found.
#[derive(Serialize)]
pub struct Report {
    totals: Totals,
    receipts: Vec<ReceiptReport>,
}

impl Report {
    /// True when every receipt agrees.
    pub const fn is_agreeing(&self) -> bool {
        self.totals.agreeing == self.totals.receipts
    }
}

/// Reads the file, computes every receipt and gives the report with its text.
pub fn run(command: &Command) -> anyhow::Result<(Report, String)> {
    let engine = Engine::new(masters_file::load(command.masters.as_deref())?);
    let receipts = receipts(&command.file, command.as_of, &engine)?;
    let report = Report { totals: Totals::of(&receipts), receipts };
    let text = if command.json {
        serde_json::to_string_pretty(&report).context("writing JSON")? + "\n"
    } else {
        text(&report)
    };
    Ok((report, text))
}

fn receipts(path: &Path, as_of: Option<ClaimMonth>, engine: &Engine) -> anyhow::Result<Vec<ReceiptReport>> {
    let reading = || format!("reading {}", path.display());
    let mut reader = Reader::new(File::open(path).with_context(|| format!("opening {}", path.display()))?);
    let mut reports = Vec::new();
    let mut ir = Ir::default();
    while let Some(part) = reader.next_part().with_context(reading)? {
        match part {
            Part::Record(SingleRecord { value: SingleValue::Ir(read), .. }) => ir = read.clone(),
            Part::Receipt(read) => {
                let mut report = recompute(read, as_of, engine);
                report.oddities = oddities(read, &ir);
                reports.push(report);
            }
            _ => {}
        }
    }
    Ok(reports)
}

/// What the reader could not hold, and what no claim may be written with.
fn oddities(read: &ReadReceipt, ir: &Ir) -> Vec<Finding> {
    let mut findings = read.findings.clone();
    let checked = uke::check_receipt(&read.receipt, ir, &AnyCode);
    findings.extend(checked.into_iter().filter(|finding| finding.severity == Severity::Stop));
    findings
}

fn recompute(read: &ReadReceipt, as_of: Option<ClaimMonth>, engine: &Engine) -> ReceiptReport {
    let report = match rebuild(&read.receipt, engine.masters(), as_of) {
        Ok(rebuilt) => compare(&rebuilt, &engine.points(&rebuilt.request).visits, engine.masters()),
        Err(reason) => ReceiptReport {
            receipt: read.order,
            line: read.first_line,
            month: read.receipt.re.month.map(uke::Dated::get),
            computed_as: None,
            not_computed: Some(reason),
            claimed_points: read.receipt.total_points().unwrap_or(Points::ZERO),
            computed_points: Points::ZERO,
            units: 0,
            agreeing: 0,
            differences: Vec::new(),
            oddities: Vec::new(),
        },
    };
    ReceiptReport { receipt: read.order, line: read.first_line, ..report }
}

fn text(report: &Report) -> String {
    let mut out = String::new();
    for receipt in &report.receipts {
        receipt_text(&mut out, receipt);
    }
    let _ = writeln!(out, "{}", report.totals);
    out
}

fn receipt_text(out: &mut String, receipt: &ReceiptReport) {
    let month = |month: Option<ClaimMonth>| month.map_or_else(|| "?".to_owned(), |month| month.to_string());
    let _ = write!(out, "receipt {} (line {}), {}", receipt.receipt, receipt.line, month(receipt.month));
    if receipt.computed_as.is_some_and(|computed| Some(computed) != receipt.month) {
        let _ = write!(out, " computed as {}", month(receipt.computed_as));
    }
    let _ = match (receipt.not_computed, receipt.is_agreeing()) {
        (Some(reason), _) => writeln!(out, ": not computed: {reason}"),
        (None, true) => writeln!(out, ": agrees, {} units, {} points", receipt.units, receipt.claimed_points),
        (None, false) => writeln!(
            out,
            ": differs, {} of {} units agree; claimed {}, computed {} points",
            receipt.agreeing, receipt.units, receipt.claimed_points, receipt.computed_points
        ),
    };
    for difference in &receipt.differences {
        let _ = writeln!(out, "    {difference}");
    }
    for oddity in &receipt.oddities {
        let _ = writeln!(out, "    oddity: {oddity}");
    }
}
