//! `tensu golden`: runs cases with known answers against the embedded engine.

mod calculation;
mod charges;
mod contract;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use engine::Engine;
use serde_json::Value;

use crate::masters_file;

/// Runs golden cases of every known schema.
#[derive(Args)]
pub struct Command {
    /// Compiled masters; default: $TENSU_MASTERS, else the `masters` folder beside the cases' folder.
    #[arg(long)]
    masters: Option<PathBuf>,
    /// Case files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Counts of a run.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

/// Runs the cases; exit code 1 when one fails.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    let mut tally = Tally::default();
    let mut engine: Option<(PathBuf, Engine)> = None;
    for path in &command.files {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let file: Value = serde_json::from_str(&text).with_context(|| format!("parsing {}", path.display()))?;
        let schema = file.get("schema").and_then(Value::as_str).unwrap_or_default();
        let cases = file.get("cases").and_then(Value::as_array);
        let cases = cases.with_context(|| format!("{}: no cases", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for case in cases {
            let result = match schema {
                "golden-calculation/1" if case.get("function").is_some() => calculation::run_function(case),
                "golden-calculation/1" | "calc-contract/1" => {
                    let source = masters_file::path_beside(command.masters.as_deref(), folder);
                    if engine.as_ref().is_none_or(|(loaded, _)| *loaded != source) {
                        engine = Some((source.clone(), Engine::new(masters_file::open(&source)?)));
                    }
                    let (_, engine) = engine.as_ref().context("masters were just loaded")?;
                    if schema == "calc-contract/1" {
                        contract::run_case(engine, case)
                    } else {
                        calculation::run_case(engine, case)
                    }
                }
                "charges-golden/1" => charges::run_case(case),
                "charges-rule-golden/1" => charges::run_rule_case(case, folder),
                other => bail!("{}: unknown schema {other:?}", path.display()),
            };
            report(&mut tally, case, result);
        }
    }
    println!("golden: {} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped);
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Prints what differs. A case of low confidence is reported, never counted as a failure.
fn report(tally: &mut Tally, case: &Value, result: Result<Vec<String>, String>) {
    let text = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default();
    let differences = match result {
        Ok(differences) => differences,
        Err(error) => vec![format!("cannot be run: {error}")],
    };
    if differences.is_empty() {
        tally.passed += 1;
        return;
    }
    let is_low = text("confidence") == "low";
    let word = if is_low { "DIFFERS (low confidence)" } else { "FAILED" };
    println!("{word} {} {}", text("id"), text("title"));
    for difference in differences {
        println!("    {difference}");
    }
    if is_low {
        tally.skipped += 1;
    } else {
        tally.failed += 1;
    }
}
