//! `tensu masters`: import the official files, look up a code, list a set, cut an excerpt.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use engine::Engine;
use engine::coverage::Counts;
use kernel::ServiceDate;
use masters::row::{ActRow, DrugRow, OPEN_END, Validity};
use masters::{ImportError, Imported, Masters, Options, Report};

use crate::masters_file;

/// Bad rows printed; the report file has more.
const BAD_ROWS_PRINTED: usize = 20;

/// Commands of this group.
#[derive(Subcommand)]
pub enum Command {
    /// Read official master files and write one compiled file.
    Import {
        /// Folders (or files) with official files: plain, .gz or .zip.
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        /// The compiled file to write.
        #[arg(long)]
        out: PathBuf,
        /// Write what was taken and left as JSON.
        #[arg(long)]
        report: Option<PathBuf>,
        /// Rows that may be dropped because their layout does not allow them.
        #[arg(long, default_value_t = 0)]
        allow_bad_rows: usize,
    },
    /// Show a code on a day: act, drug, material, comment, diagnosis, modifier or facility standard.
    Show {
        /// The code as the official file writes it.
        code: String,
        /// Day of service, YYYY-MM-DD.
        #[arg(long)]
        on: ServiceDate,
        /// Compiled file or folder of official files.
        #[arg(long)]
        masters: Option<PathBuf>,
    },
    /// List the editions of a compiled file.
    List {
        /// Compiled file or folder of official files.
        file: PathBuf,
    },
    /// Count how much of the fee table a clinic's outpatient acts are computed, by section letter.
    Coverage {
        /// Day of service, YYYY-MM-DD.
        #[arg(long)]
        on: ServiceDate,
        /// Compiled file or folder of official files.
        #[arg(long)]
        masters: Option<PathBuf>,
        /// Also print the refused codes.
        #[arg(long)]
        codes: bool,
    },
    /// Write the rows of some codes in the official layouts.
    Excerpt {
        /// Folders (or files) with official files.
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        /// Lists of codes: one a line, what follows `#` is a remark.
        #[arg(long, required = true, num_args = 1..)]
        codes: Vec<PathBuf>,
        /// Folder to write.
        #[arg(long)]
        out: PathBuf,
    },
}

/// Runs one command. Exit code 0: done; 1: findings; errors become exit code 2.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import { folders, out, report, allow_bad_rows } => {
            import(&folders, &out, report.as_deref(), Options { allow_bad_rows })
        }
        Command::Show { code, on, masters } => show(&code, on, masters.as_deref()),
        Command::List { file } => list(&file),
        Command::Coverage { on, masters, codes } => coverage(on, masters.as_deref(), codes),
        Command::Excerpt { folders, codes, out } => excerpt(&folders, &codes, &out),
    }
}

/// Prints; a reader that has seen enough (`| head`) is no failure.
fn say(text: &str) -> anyhow::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("writing to standard output"),
        _ => Ok(()),
    }
}

fn coverage(on: ServiceDate, masters: Option<&Path>, with_codes: bool) -> anyhow::Result<ExitCode> {
    let engine = Engine::new(masters_file::load(masters)?);
    let coverage = engine::coverage::coverage(&engine, on);
    println!("{:<8}{:>10}{:>10}{:>10}{:>10}", "letter", "computed", "confirm", "refused", "codes");
    let row = |name: &str, counts: &Counts| {
        println!(
            "{name:<8}{:>10}{:>10}{:>10}{:>10}",
            counts.computed,
            counts.confirmed,
            counts.refused,
            counts.total()
        );
    };
    for (letter, counts) in &coverage.letters {
        row(&letter.to_string(), counts);
    }
    let total = coverage.total();
    row("all", &total);
    let permille = (total.computed + total.confirmed) * 1000 / total.total().max(1);
    println!("computed or confirmed: {}.{} %", permille / 10, permille % 10);
    println!("without a value on {on} (official file missing): {}", coverage.without_value);
    for (rule, codes) in &coverage.refusals {
        println!("refused by {rule}: {}", codes.len());
        if with_codes {
            println!("    {}", codes.iter().map(|code| format!("{code:09}")).collect::<Vec<_>>().join(" "));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn import(folders: &[PathBuf], out: &Path, report: Option<&Path>, options: Options) -> anyhow::Result<ExitCode> {
    let imported = match masters::import(folders, options) {
        Ok(imported) => imported,
        Err(ImportError::BadRows { report: found, allowed }) => {
            write_report(report, &found)?;
            let dropped = found.bad_row_count;
            say(&report_text(&found))?;
            say(&format!("{dropped} rows are not as their layouts say, {allowed} are allowed: nothing was written\n"))?;
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => return Err(error).context("importing masters"),
    };
    write_whole(out, &imported.bytes)?;
    write_report(report, &imported.report)?;
    say(&report_text(&imported.report))?;
    let Imported { bytes, .. } = imported;
    let masters = Masters::from_bytes(bytes).context("opening what was written")?;
    say(&format!("{}: release {}\n{}", out.display(), masters.release(), tables_text(&masters)))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes beside the place and renames: a reader that has the old file mapped keeps it whole.
fn write_whole(out: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut beside = out.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    fs::write(&beside, bytes).with_context(|| format!("writing {}", beside.display()))?;
    fs::rename(&beside, out).with_context(|| format!("renaming {} to {}", beside.display(), out.display()))
}

fn write_report(path: Option<&Path>, report: &Report) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let text = serde_json::to_string_pretty(report).context("writing the report as JSON")?;
    fs::write(path, text + "\n").with_context(|| format!("writing {}", path.display()))
}

fn report_text(report: &Report) -> String {
    let mut text = String::from("taken:\n");
    for file in &report.taken {
        let form = if file.is_difference { "difference" } else { "full" };
        let (rows, kind, basis, path, date) = (file.rows, file.kind, file.basis, &file.path, day_text(file.date));
        let _ = writeln!(text, "  {rows:>7} rows  {date}  {basis} {form}  {kind}  {path}");
    }
    text.push_str("left:\n");
    for file in &report.left {
        let _ = writeln!(text, "  {}: {}", file.path, file.reason);
    }
    for row in report.bad_rows.iter().take(BAD_ROWS_PRINTED) {
        let _ = writeln!(text, "bad row: {row}");
    }
    text
}

fn tables_text(masters: &Masters) -> String {
    let counts = [
        ("診療行為", masters.acts().len()),
        ("医薬品", masters.drugs().len()),
        ("特定器材", masters.materials().len()),
        ("コメント", masters.comments().len()),
        ("傷病名", masters.diagnoses().len()),
        ("修飾語", masters.modifiers().len()),
        ("コメント関連", masters.all_comment_rules().len()),
        ("補助マスター", masters.rows::<masters::row::FeeTableRow>().len()),
        ("包括", masters.rows::<masters::row::InclusionRow>().len()),
        ("背反", masters.rows::<masters::row::ExclusionRow>().len()),
        ("入院基本料", masters.stay_add_ons().len()),
        ("算定回数", masters.rows::<masters::row::LimitRow>().len()),
        ("施設基準", masters.standards().len()),
        ("公費", masters.subsidies().len()),
    ];
    let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    format!("versions: {}\n", counts.join(", "))
}

fn list(file: &Path) -> anyhow::Result<ExitCode> {
    let masters = masters_file::load(Some(file))?;
    let mut text = format!("release {}  identity {}\n", masters.release(), masters.identity());
    for row in masters.editions() {
        let basis = basis_name(row.basis);
        let form = if row.is_difference == 1 { "difference" } else { "full" };
        let (name, kind, sha256) = (masters.text(row.name), masters.text(row.kind), masters.text(row.sha256));
        let (date, rows) = (day_text(row.date), row.rows);
        let _ = writeln!(text, "{date}  {rows:>7} rows  {basis} {form}  {kind}  {name}  {sha256}");
    }
    text.push_str(&tables_text(&masters));
    say(&text)?;
    Ok(ExitCode::SUCCESS)
}

const fn basis_name(basis: u8) -> &'static str {
    match basis {
        0 => "official",
        1 => "derived",
        2 => "own",
        _ => "fictional",
    }
}

fn show(code: &str, on: ServiceDate, given: Option<&Path>) -> anyhow::Result<ExitCode> {
    let masters = masters_file::load(given)?;
    let text = describe(&masters, code, on)?;
    if text.is_empty() {
        say(&format!("{code}: no such code in release {}\n", masters.release()))?;
        return Ok(ExitCode::FAILURE);
    }
    say(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Everything the masters say on a code, as text for a person.
fn describe(masters: &Masters, code: &str, on: ServiceDate) -> anyhow::Result<String> {
    let mut text = String::new();
    if !code.bytes().all(|byte| byte.is_ascii_digit()) {
        bail!("{code:?} is no code: digits only");
    }
    match (code.len(), code.as_bytes().first()) {
        (9, Some(b'1')) => {
            let act = code.parse()?;
            for row in masters.act_versions(act) {
                head(&mut text, masters, code, masters.text(row.name), &row.validity, on);
                text.push_str(&act_text(row));
            }
            if !text.is_empty() {
                text.push_str(&rules_text(masters, act, on));
            }
        }
        (9, Some(b'6')) => {
            for row in masters.drug_versions(code.parse()?) {
                head(&mut text, masters, code, masters.text(row.name), &row.validity, on);
                text.push_str(&drug_text(masters, row));
            }
        }
        (9, Some(b'7')) => {
            for row in masters.material_versions(code.parse()?) {
                head(&mut text, masters, code, masters.text(row.name), &row.validity, on);
                let _ = writeln!(text, "    {} per {}", hundredths(row.price_e2), masters.text(row.unit_name));
            }
        }
        (9, Some(b'8')) => {
            for row in masters.comment_versions(code.parse()?) {
                head(&mut text, masters, code, masters.text(row.name), &row.validity, on);
            }
        }
        (7, _) => {
            for row in masters.diagnosis_versions(code.parse()?) {
                head(&mut text, masters, code, masters.text(row.name), &row.validity, on);
                let _ = writeln!(text, "    ICD-10 {} {}", masters.text(row.icd10_1), masters.text(row.icd10_2));
            }
        }
        (1..=4, _) => short_code(&mut text, masters, code, on)?,
        _ => bail!("{code:?} is no code: 9 digits beginning with 1, 6, 7 or 8, 7 digits, or at most 4"),
    }
    if let Some(row) = code.parse().ok().filter(|_| code.len() > 4).and_then(|number| masters.ended(number, on)) {
        let _ = writeln!(text, "  ended on {}: {}", day_text(row.validity.from), masters.text(row.reason));
    }
    Ok(text)
}

/// Four digits are a modifier or a facility standard: both are shown.
fn short_code(text: &mut String, masters: &Masters, code: &str, on: ServiceDate) -> anyhow::Result<()> {
    let padded = format!("{code:0>4}");
    for row in masters.modifier_versions(padded.parse()?) {
        head(text, masters, "修飾語", masters.text(row.name), &row.validity, on);
    }
    for row in masters.standard_versions(padded.parse()?) {
        head(text, masters, "施設基準", masters.text(row.name), &row.validity, on);
    }
    Ok(())
}

fn head(text: &mut String, masters: &Masters, code: &str, name: &str, validity: &Validity, on: ServiceDate) {
    let mark = if validity.holds_on(on.yyyymmdd()) { '*' } else { ' ' };
    let trust = match validity.basis {
        0 => "official",
        1 => "derived",
        2 => "derived, tied",
        _ => "official, used before its first day",
    };
    let changed = if validity.section_changed == 1 { ", 区分 changed" } else { "" };
    let (from, to) = (day_text(validity.from), day_text(validity.to));
    let edition = masters.edition_name(validity.edition);
    let _ = writeln!(text, "{mark} {code} {name}  {from} – {to}  ({trust}{changed}; {edition})");
}

fn act_text(row: &ActRow) -> String {
    let letter = char::from(row.section_letter);
    let branch = if row.section_branch == 0 { String::new() } else { format!("-{}", row.section_branch) };
    let standards: Vec<String> = row.standards.iter().filter(|code| **code != 0).map(u16::to_string).collect();
    let note = format!("{}{}", row.note_code, char::from(row.note_serial));
    format!(
        "    points {}  点数識別 {}  区分 {letter}{:03}{branch}  集計先 {}/{}  識別 {}/{}  注加算 {note}  施設基準 [{}]\n",
        hundredths(row.points_e2.into()),
        row.point_kind,
        row.section_number,
        row.outpatient_bucket,
        row.inpatient_bucket,
        row.record_role,
        row.notice_role,
        standards.join(" "),
    )
}

fn drug_text(masters: &Masters, row: &DrugRow) -> String {
    let price = hundredths(row.price_e2);
    let (unit, list) = (masters.text(row.unit_name), masters.text(row.price_list_code));
    let until =
        if row.usable_until == 0 { String::new() } else { format!("  使用期限 {}", day_text(row.usable_until)) };
    format!("    {price} yen per {unit}  剤形 {}  後発品 {}  {list}{until}\n", row.form, row.generic)
}

/// Limits in full; inclusions, exclusions and comments counted.
fn rules_text(masters: &Masters, act: kernel::ActCode, on: ServiceDate) -> String {
    let mut text = String::new();
    for limit in masters.limits(act, on) {
        let exception = if limit.has_exception == 1 { " (特例)" } else { "" };
        let _ = writeln!(text, "  limit: {} per unit {}{exception}", limit.count, limit.unit);
    }
    let exclusions = [1, 2, 3, 4].map(|period| masters.exclusions(act, on).filter(|row| row.period == period).count());
    let [day, month, simultaneous, week] = exclusions;
    let included = masters.inclusions(act, on).count();
    let comments = masters.comment_rules(act.number(), on).count();
    let _ = writeln!(
        text,
        "  exclusions: day {day}, month {month}, simultaneous {simultaneous}, week {week}; included in {included} groups; comments {comments}"
    );
    text
}

fn hundredths(amount: i64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}

fn day_text(day: u32) -> String {
    match (day, ServiceDate::from_yyyymmdd(day)) {
        (OPEN_END, _) => "open".to_owned(),
        (_, Some(date)) => date.to_string(),
        _ => "–".to_owned(),
    }
}

fn excerpt(folders: &[PathBuf], lists: &[PathBuf], out: &Path) -> anyhow::Result<ExitCode> {
    let mut codes = BTreeSet::new();
    for list in lists {
        let text = fs::read_to_string(list).with_context(|| format!("reading {}", list.display()))?;
        codes.extend(text.lines().filter_map(first_word));
    }
    for file in masters::excerpt(folders, &codes, out).context("writing the excerpt")? {
        say(&format!("{:>7} rows  {}\n", file.rows, out.join(file.name).display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn first_word(line: &str) -> Option<String> {
    let word = line.split('#').next().unwrap_or_default().trim();
    (!word.is_empty()).then(|| word.to_owned())
}
