//! `tensu uke`: look at electronic receipts, check them, copy them, compare them.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use kernel::Finding;

use crate::{masters_file, recompute_command};

/// Commands of this group.
#[derive(Subcommand)]
pub enum Command {
    /// Show a claim file or a returned file, readable for a person.
    Show {
        /// The file.
        file: PathBuf,
        /// Counts and totals as JSON instead.
        #[arg(long)]
        json: bool,
    },
    /// Check a file as a review body would; exit code 1 when something stops it.
    Check {
        /// The file.
        file: PathBuf,
        /// Compiled masters or folder of official files; without it codes are not looked up.
        #[arg(long)]
        masters: Option<PathBuf>,
        /// Findings as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Read a file and write it back, byte for byte; report what the model does not hold.
    Copy {
        /// The file to read.
        input: PathBuf,
        /// The file to write.
        output: PathBuf,
    },
    /// Compare two files by receipt, record and field; exit code 1 when they differ.
    Diff {
        /// One file.
        left: PathBuf,
        /// The other file.
        right: PathBuf,
        /// The differences as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Compute the receipts of any vendor's claim file again and compare; exit code 1 when one differs.
    Recompute(recompute_command::Command),
}

/// Runs one command. Exit code 0: done; 1: findings or differences; errors become exit code 2.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Show { file, json } => show(&file, json),
        Command::Check { file, masters, json } => check(&file, masters.as_deref(), json),
        Command::Copy { input, output } => copy(&input, &output),
        Command::Diff { left, right, json } => diff(&left, &right, json),
        Command::Recompute(command) => recompute(&command),
    }
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("opening {}", path.display()))
}

/// Writes to standard output; a reader that stopped listening is no error.
fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("writing to standard output"),
        _ => Ok(()),
    }
}

fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print(&(serde_json::to_string_pretty(value).context("writing JSON")? + "\n"))
}

fn show(path: &Path, as_json: bool) -> anyhow::Result<ExitCode> {
    let reading = || format!("reading {}", path.display());
    if as_json {
        print_json(&uke::summarize(open(path)?).with_context(reading)?)?;
    } else {
        let mut text = Vec::new();
        uke::show(open(path)?, &mut text).with_context(reading)?;
        print(&String::from_utf8_lossy(&text))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn check(path: &Path, masters: Option<&Path>, as_json: bool) -> anyhow::Result<ExitCode> {
    let reading = || format!("reading {}", path.display());
    let report = match masters {
        Some(masters) => {
            let masters = masters_file::load(Some(masters))?;
            uke::check(open(path)?, &masters_file::Known(&masters)).with_context(reading)?
        }
        None => uke::check(open(path)?, &uke::AnyCode).with_context(reading)?,
    };
    if as_json {
        print_json(&report)?;
    } else {
        let mut text: String = report.findings.iter().map(|finding| format!("{finding}\n")).collect();
        if report.suppressed > 0 {
            text += &format!("… and {} more findings\n", report.suppressed);
        }
        let stops = report.findings.iter().filter(|finding| finding.is_stop()).count();
        text += &format!(
            "{}: {} receipts, {} findings, {stops} of them stop the file\n",
            path.display(),
            report.receipts,
            report.findings.len() + report.suppressed
        );
        print(&text)?;
    }
    Ok(if report.is_submittable() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn copy(input: &Path, output: &Path) -> anyhow::Result<ExitCode> {
    let same = fs::canonicalize(input).ok().zip(fs::canonicalize(output).ok()).is_some_and(|(a, b)| a == b);
    if same {
        bail!("{} would be written over itself", input.display());
    }
    let beside = output.with_extension("part");
    let file = File::create(&beside).with_context(|| format!("writing {}", beside.display()))?;
    let mut writer = BufWriter::new(file);
    let copied = uke::copy(open(input)?, &mut writer);
    let report = match copied {
        Ok(report) => report,
        Err(error) => {
            fs::remove_file(&beside).with_context(|| format!("removing {}", beside.display()))?;
            return Err(error).with_context(|| format!("copying {}", input.display()));
        }
    };
    let file = writer.into_inner().map_err(io::IntoInnerError::into_error).context("writing the copy")?;
    file.sync_all().context("writing the copy to disk")?;
    fs::rename(&beside, output).with_context(|| format!("renaming {}", beside.display()))?;
    let mut text: String = report.findings.iter().map(|finding: &Finding| format!("{finding}\n")).collect();
    text += &format!(
        "{} bytes, {} lines, {} receipts; {} lines as the model writes them, {} kept as they were\n",
        report.bytes, report.lines, report.receipts, report.from_model, report.kept_raw
    );
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn diff(left: &Path, right: &Path, as_json: bool) -> anyhow::Result<ExitCode> {
    let comparing = || format!("comparing {} with {}", left.display(), right.display());
    let difference = uke::diff(open(left)?, open(right)?).with_context(comparing)?;
    if as_json {
        print_json(&difference)?;
    } else {
        print(&difference.to_string())?;
    }
    Ok(if difference.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn recompute(command: &recompute_command::Command) -> anyhow::Result<ExitCode> {
    let (report, text) = recompute_command::run(command)?;
    print(&text)?;
    Ok(if report.is_agreeing() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
