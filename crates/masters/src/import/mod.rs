//! Import: official files in a folder tree → one compiled set.
//!
//! Strict: a row that its layout does not allow is reported with place, value and rule, and the set is refused
//! unless the caller bounds how many such rows may be dropped.

mod derived;
mod excerpt;
mod history;
mod layout;
mod own;
mod read;
mod recognise;
mod record;
mod rows;
mod select;
mod set;
mod source;
mod subsidy;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use excerpt::{ExcerptError, Written, excerpt};
pub use read::BadRow;
use read::{Parsed, read};
use recognise::Kind;
use select::select;
pub use source::{Left, SourceError};

use crate::compiled::{OpenError, sha256_hex};
use crate::reader::Masters;
use crate::row::EditionRow;
use derived::{Carrier, POINTS, PRICES};
use set::Set;

/// Bad rows kept for the report; all are counted.
const BAD_ROWS_SHOWN: usize = 1_000;

/// What the caller allows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Rows that may be dropped because their layout does not allow them.
    pub allow_bad_rows: usize,
}

/// A file that was taken.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Taken {
    /// Where it lies.
    pub path: String,
    /// Official name of its kind.
    pub kind: &'static str,
    /// Day of the edition, YYYYMMDD; 0 unknown.
    pub date: u32,
    /// Good rows.
    pub rows: usize,
    /// True for a difference file.
    pub is_difference: bool,
    /// `official`, `derived`, `own` or `fictional`.
    pub basis: &'static str,
    /// SHA-256 of the unpacked file.
    pub sha256: String,
}

/// What an import did.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Report {
    /// Files used, in the order they were applied.
    pub taken: Vec<Taken>,
    /// Files not used, and why.
    pub left: Vec<Left>,
    /// Rows dropped (the first 1,000).
    pub bad_rows: Vec<BadRow>,
    /// Number of rows dropped.
    pub bad_row_count: usize,
}

/// A compiled set and how it came about.
#[derive(Debug)]
pub struct Imported {
    /// The compiled file.
    pub bytes: Vec<u8>,
    /// What was taken and left.
    pub report: Report,
}

/// Why nothing was compiled.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file or folder cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Rows are not as their layouts say.
    #[error("{} rows are not as their layouts say, allowed are {allowed}; the first: {}", report.bad_row_count,
        report.bad_rows.first().map(ToString::to_string).unwrap_or_default())]
    BadRows {
        /// Everything that was found.
        report: Box<Report>,
        /// The caller's bound.
        allowed: usize,
    },
    /// No file was recognised.
    #[error("no master file was recognised")]
    Nothing {
        /// What was left and why.
        report: Box<Report>,
    },
    /// The compiled bytes do not open.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Imports everything below some folders to memory and opens it.
pub fn import_to_memory(folders: &[PathBuf]) -> Result<Masters, ImportError> {
    Ok(Masters::from_bytes(import(folders, Options::default())?.bytes)?)
}

/// Imports everything below some folders.
pub fn import(folders: &[PathBuf], options: Options) -> Result<Imported, ImportError> {
    let mut report = Report::default();
    let files = select(parse(folders, &mut report)?, &mut report);
    if files.is_empty() {
        return Err(ImportError::Nothing { report: Box::new(report) });
    }
    let mut set = Set::default();
    for file in files.iter().filter(|file| !is_overlay(file)) {
        take(&mut set, file, &mut report);
    }
    overlay(&mut set, &files, &mut report);
    let own_edition = add_own(&mut set, &mut report);
    set.carry_over();
    if report.bad_row_count > options.allow_bad_rows {
        return Err(ImportError::BadRows { report: Box::new(report), allowed: options.allow_bad_rows });
    }
    Ok(Imported { bytes: set.compile(own_edition), report })
}

impl Report {
    fn bad(&mut self, rows: Vec<BadRow>) {
        self.bad_row_count += rows.len();
        let room = BAD_ROWS_SHOWN.saturating_sub(self.bad_rows.len());
        self.bad_rows.extend(rows.into_iter().take(room));
    }

    fn leave(&mut self, path: &str, reason: impl Into<String>) {
        self.left.push(Left { path: path.to_owned(), reason: reason.into() });
    }
}

/// Reads and recognises all files; the same bytes are read once.
fn parse(folders: &[PathBuf], report: &mut Report) -> Result<Vec<Parsed>, SourceError> {
    let walk = source::walk(folders)?;
    report.left = walk.left;
    let mut files: Vec<Parsed> = Vec::new();
    for source in walk.sources {
        match read(&source) {
            Ok(file) => match files.iter().find(|known| known.sha256 == file.sha256) {
                Some(known) => report.leave(&file.path, format!("the same bytes as {}", known.path)),
                None => files.push(file),
            },
            Err(reason) => report.leave(&source.path, reason),
        }
    }
    Ok(files)
}

/// A file of local programmes that says of itself that they do not exist: samples for tests and demos.
fn is_fictional(file: &Parsed) -> bool {
    let is_sample = |record: &record::Record| record.fields().any(|field| field.contains("実在しない制度"));
    file.kind == Kind::LocalSubsidy && file.rows.iter().any(|(_, record)| is_sample(record))
}

/// Files that are laid over the official ones once all of these are known.
fn is_overlay(file: &Parsed) -> bool {
    let is_table = matches!(file.kind, Kind::DerivedPoints | Kind::DerivedPrices | Kind::SectionDiff);
    is_table || (file.is_derived() && !file.is_composite() && file.kind.layout().is_some())
}

fn take(set: &mut Set, file: &Parsed, report: &mut Report) {
    let edition = note(set, file, report);
    report.bad(file.bad.clone());
    report.bad(set.take(file, edition));
}

/// Enters a file into the editions and the report.
fn note(set: &mut Set, file: &Parsed, report: &mut Report) -> u16 {
    let is_difference = file.is_difference && file.kind != Kind::OldDiagnosis;
    let basis = match file.is_derived() || is_overlay(file) {
        true => 1,
        false if is_fictional(file) => 3,
        false => 0,
    };
    report.taken.push(Taken {
        path: file.path.clone(),
        kind: file.kind.name(),
        date: file.date,
        rows: file.rows.len(),
        is_difference,
        basis: match basis {
            1 => "derived",
            _ if is_fictional(file) => "fictional",
            _ => "official",
        },
        sha256: file.sha256.clone(),
    });
    let row = EditionRow {
        date: file.date,
        rows: u32::try_from(file.rows.len()).unwrap_or(u32::MAX),
        basis,
        is_difference: u8::from(is_difference),
        ..EditionRow::default()
    };
    set.edition(&file.name, file.kind.name(), &file.sha256, row)
}

/// Points and prices of 2026 for a set without the official files of 2026: what was derived, else their absence.
fn overlay(set: &mut Set, files: &[Parsed], report: &mut Report) {
    let sections = files.iter().find(|file| file.kind == Kind::SectionDiff);
    if let Some(file) = sections {
        note(set, file, report);
    }
    let sections = sections.map(derived::sections).unwrap_or_default();
    let points = |file: &Parsed| derived::points(file, &sections);
    overlay_kind(set, files, report, (Kind::Act, Kind::DerivedPoints), &POINTS, points);
    overlay_kind(set, files, report, (Kind::Drug, Kind::DerivedPrices), &PRICES, derived::prices);
}

fn overlay_kind(
    set: &mut Set,
    files: &[Parsed],
    report: &mut Report,
    (kind, table): (Kind, Kind),
    carrier: &Carrier,
    read_table: impl Fn(&Parsed) -> (derived::Outcomes, Vec<BadRow>),
) {
    let is_superseded = |set: &mut Set| match set.history(kind) {
        Some(history) => history.is_empty() || history.editions.iter().any(|day| *day >= carrier.day),
        None => true,
    };
    if is_superseded(set) {
        return;
    }
    let mut outcomes = derived::Outcomes::new();
    let mut edition = None;
    for file in files.iter().filter(|file| is_overlay(file) && (file.kind == table || file.kind == kind)) {
        edition = Some(note(set, file, report));
        report.bad(file.bad.clone());
        if file.kind == table {
            let (found, bad) = read_table(file);
            report.bad(bad);
            outcomes.extend(found);
        } else {
            outcomes.extend(derived::carried(file, carrier));
        }
    }
    if let Some(history) = set.history(kind) {
        let keeps = if kind == Kind::Drug { is_priced_at_entry } else { |_: &record::Record| false };
        derived::apply(history, &outcomes, carrier, edition, keeps);
    }
}

/// 金額種別 3 and 7: no price, or points typed at entry.
fn is_priced_at_entry(drug: &record::Record) -> bool {
    matches!(drug.get(11), "3" | "7") || drug.hundredths(12) == 0
}

/// The project's own supplement; the number of its edition.
fn add_own(set: &mut Set, report: &mut Report) -> u16 {
    let mut first = u16::MAX;
    for (name, text) in own::FILES {
        let rows = u32::try_from(text.lines().count().saturating_sub(1)).unwrap_or_default();
        let row = EditionRow { date: POINTS.day, rows, basis: 2, ..EditionRow::default() };
        let edition = set.edition(name, "補足（告示・通知から）", &sha256_hex(text.as_bytes()), row);
        first = first.min(edition);
    }
    if let Some(drugs) = set.history(Kind::Drug).filter(|drugs| !drugs.is_empty()) {
        let official_until = if drugs.editions.iter().any(|day| *day >= PRICES.day) { drugs.newest } else { 0 };
        own::add_selection_prices(drugs, official_until, first);
    }
    let Some(acts) = set.history(Kind::Act).filter(|acts| !acts.is_empty()) else { return first };
    let official_until = if acts.editions.iter().any(|day| *day >= POINTS.day) { acts.newest } else { 0 };
    for missing in own::add_acts(acts, official_until, first) {
        report.leave("r8_new_acts.csv", format!("{missing}: the code it is like is not among the files"));
    }
    first
}
