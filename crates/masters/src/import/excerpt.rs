//! Excerpt: the rows of some codes, and of the codes these need, written in the official layouts.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::derived::{self, Carrier, Outcome, Outcomes, POINTS, PRICES};
use super::history::{TIED, day_before};
use super::read::Parsed;
use super::recognise::Kind;
use super::record::Record;
use super::{ImportError, Report, SourceError, parse, select};

/// Steps in which needed codes may need further codes.
const STEPS_MAX: usize = 8;

/// Why no excerpt was written.
#[derive(Debug, thiserror::Error)]
pub enum ExcerptError {
    /// The files cannot be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The files cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Codes of the list are in none of the files.
    #[error("codes in none of the files: {}", codes.join(" "))]
    Unknown {
        /// The codes.
        codes: Vec<String>,
    },
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its name in the folder.
    pub name: String,
    /// Its rows.
    pub rows: usize,
}

/// Writes the rows of `codes`, of their age add-ons, judgement fees and comments, and every rule among them.
/// The same files and codes give the same bytes.
pub fn excerpt(folders: &[PathBuf], codes: &BTreeSet<String>, out: &Path) -> Result<Vec<Written>, ExcerptError> {
    let mut report = Report::default();
    let files = select(parse(folders, &mut report)?, &mut report);
    let wanted = closure(&files, codes);
    refuse_unknown(&files, codes)?;
    let mut written = Vec::new();
    for file in files.iter().filter(|file| file.kind.layout().is_some()) {
        let rows: Vec<&Record> =
            file.rows.iter().map(|(_, row)| row).filter(|row| is_wanted(file.kind, row, &wanted)).collect();
        write(&mut written, out, &file.name, "", rows.into_iter(), true)?;
    }
    write_small(&mut written, &files, &wanted, out)?;
    write_derived(&mut written, &files, &wanted, out)?;
    written.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(written)
}

fn refuse_unknown(files: &[Parsed], codes: &BTreeSet<String>) -> Result<(), ExcerptError> {
    let code = |file: &Parsed, row: &Record| match file.kind {
        Kind::Comment => row.get(23).to_owned(),
        _ => row.get(3).to_owned(),
    };
    let masters =
        [Kind::Act, Kind::Drug, Kind::Material, Kind::Comment, Kind::Diagnosis, Kind::OldDiagnosis, Kind::Modifier];
    let masters = files.iter().filter(|file| masters.contains(&file.kind));
    let mut known: HashSet<String> = super::own::codes().into_iter().collect();
    known.extend(masters.flat_map(|file| file.rows.iter().map(move |(_, row)| code(file, row))));
    let unknown: Vec<String> = codes.iter().filter(|code| !known.contains(*code)).cloned().collect();
    if unknown.is_empty() { Ok(()) } else { Err(ExcerptError::Unknown { codes: unknown }) }
}

/// The codes and those they need: age add-ons, judgement fees of their test groups, comments, twin rows of drugs.
fn closure(files: &[Parsed], codes: &BTreeSet<String>) -> HashSet<String> {
    let mut needs: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    let judgement = judgement_fees(files);
    for file in files {
        for (_, row) in &file.rows {
            let code = row.get(3);
            let needed: Vec<&str> = match file.kind {
                Kind::Act => {
                    let fee = judgement.get(row.get(51)).copied().filter(|_| row.get(50) == "1");
                    [102, 105, 108, 111].map(|field| row.get(field)).into_iter().chain(fee).collect()
                }
                Kind::Drug => vec![row.get(23), row.get(41)],
                Kind::CommentRule => {
                    needs.entry(row.get(6)).or_default().insert(row.get(9));
                    continue;
                }
                _ => continue,
            };
            needs.entry(code).or_default().extend(needed.into_iter().filter(|code| code.len() == 9));
        }
    }
    let mut wanted: HashSet<String> = codes.iter().cloned().collect();
    for _ in 0..STEPS_MAX {
        let more: Vec<String> = wanted
            .iter()
            .filter_map(|code| needs.get(code.as_str()))
            .flatten()
            .map(|code| (*code).to_owned())
            .collect();
        let before = wanted.len();
        wanted.extend(more);
        if wanted.len() == before {
            break;
        }
    }
    wanted
}

/// Test group (F51) → its judgement fee (F50 = 2): the one of lowest code.
fn judgement_fees(files: &[Parsed]) -> HashMap<&str, &str> {
    let mut fees: HashMap<&str, &str> = HashMap::new();
    for (_, row) in files.iter().filter(|file| file.kind == Kind::Act).flat_map(|file| &file.rows) {
        if row.get(50) == "2" && !row.get(51).is_empty() {
            let fee = fees.entry(row.get(51)).or_insert(row.get(3));
            *fee = (*fee).min(row.get(3));
        }
    }
    fees
}

fn is_wanted(kind: Kind, row: &Record, wanted: &HashSet<String>) -> bool {
    let has = |field: usize| wanted.contains(row.get(field));
    match kind {
        Kind::Comment => has(23),
        Kind::CommentRule => has(6),
        Kind::FeeTable | Kind::Limit => has(2),
        kind if kind.period() != 0 => has(2) && has(4),
        _ => has(3),
    }
}

/// Tables without official layout: facility standards that the acts name, all subsidy programmes.
fn write_small(
    written: &mut Vec<Written>,
    files: &[Parsed],
    wanted: &HashSet<String>,
    out: &Path,
) -> Result<(), ExcerptError> {
    let acts = files.iter().filter(|file| file.kind == Kind::Act).flat_map(|file| &file.rows);
    let acts = acts.map(|(_, row)| row).filter(|row| is_wanted(Kind::Act, row, wanted));
    let used: HashSet<&str> = acts.flat_map(|row| (72..=81).chain([45]).map(move |field| row.get(field))).collect();
    for file in files {
        let rows = file.rows.iter().map(|(_, row)| row);
        match file.kind {
            Kind::Standard => {
                let rows = rows.filter(|row| used.contains(row.get(1)));
                write(written, out, &file.name, "code,name\n", rows, false)?;
            }
            Kind::NationalSubsidy => write(written, out, &file.name, "", rows, false)?,
            _ => {}
        }
    }
    Ok(())
}

/// Derived values as difference files of the official layouts.
fn write_derived(
    written: &mut Vec<Written>,
    files: &[Parsed],
    wanted: &HashSet<String>,
    out: &Path,
) -> Result<(), ExcerptError> {
    let sections = files.iter().find(|file| file.kind == Kind::SectionDiff).map(derived::sections).unwrap_or_default();
    for file in files {
        let (outcomes, carrier, name, columns, letter) = match file.kind {
            Kind::DerivedPoints => (derived::points(file, &sections).0, &POINTS, "s_20260601_derived.csv", 150, "S"),
            Kind::DerivedPrices => (derived::prices(file).0, &PRICES, "y_20260401_derived.csv", 42, "Y"),
            _ => continue,
        };
        let known = known_codes(files, letter);
        let is_used = |code: &str| wanted.contains(code) && known.contains(code);
        let rows = carried(&outcomes, carrier, columns, letter, is_used);
        write(written, out, name, "", rows.iter(), true)?;
    }
    Ok(())
}

fn known_codes<'a>(files: &'a [Parsed], letter: &str) -> HashSet<&'a str> {
    let official = files.iter().filter(|file| file.kind.layout().is_some());
    official.flat_map(|file| &file.rows).filter(|(_, row)| row.get(2) == letter).map(|(_, row)| row.get(3)).collect()
}

fn carried(
    outcomes: &Outcomes,
    carrier: &Carrier,
    columns: usize,
    letter: &str,
    is_used: impl Fn(&str) -> bool,
) -> Vec<Record> {
    let empty = Record::new(std::iter::repeat_n("", columns));
    let (from, to) = if letter == "S" { (87, 88) } else { (30, 31) };
    let first_day = carrier.day.to_string();
    let last_day = day_before(carrier.day).to_string();
    let row = |(code, outcome): (&String, &Outcome)| {
        let named = empty.as_ref()?.with(&[(2, letter), (3, code)]);
        Some(match outcome {
            Outcome::Value { amount, basis, section_changed } => named.with(&[
                (1, "5"),
                (carrier.amount, amount),
                (carrier.basis, if *basis == TIED { "2" } else { "1" }),
                (carrier.section, if *section_changed { "1" } else { "" }),
                (from, &first_day),
            ]),
            Outcome::End { reason, is_abolished } => {
                let reason = format!("{} {reason}", u8::from(*is_abolished));
                named.with(&[(1, "9"), (to, &last_day), (carrier.reason, &reason)])
            }
        })
    };
    outcomes.iter().filter(|(code, _)| is_used(code)).filter_map(row).collect()
}

fn write<'a>(
    written: &mut Vec<Written>,
    out: &Path,
    name: &str,
    header: &str,
    rows: impl Iterator<Item = &'a Record>,
    is_shift_jis: bool,
) -> Result<(), ExcerptError> {
    let mut text = header.to_owned();
    let mut count = 0;
    let end = if is_shift_jis { "\r\n" } else { "\n" };
    for row in rows {
        let cells: Vec<String> = row.fields().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
        text.push_str(&cells.join(","));
        text.push_str(end);
        count += 1;
    }
    if count == 0 {
        return Ok(());
    }
    let path = out.join(name);
    let failed = |source| ExcerptError::Write { path: path.display().to_string(), source };
    fs::create_dir_all(out).map_err(failed)?;
    let shift_jis = encoding_rs::SHIFT_JIS.encode(&text).0;
    fs::write(&path, if is_shift_jis { &shift_jis } else { text.as_bytes() }).map_err(failed)?;
    written.push(Written { name: name.to_owned(), rows: count });
    Ok(())
}
