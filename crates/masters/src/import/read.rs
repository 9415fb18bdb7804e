//! Bytes of one file → checked rows.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::history::FEE_REVISIONS;
use super::layout::Layout;
use super::recognise::{Kind, LOCAL_COLUMNS, NATIONAL_COLUMNS, date_in_name, recognise};
use super::record::Record;
use super::source::Source;
use crate::compiled::sha256_hex;

/// Rows of one file.
const ROWS_MAX: usize = 1_000_000;
/// Bytes of a received value shown in a report.
const SHOWN_MAX: usize = 60;

/// A row that its layout does not allow.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BadRow {
    /// File, with the member of an archive.
    pub file: String,
    /// Line in the file, from 1.
    pub line: u64,
    /// 項番 from 1; 0 for the row as a whole.
    pub field: usize,
    /// 項目名.
    pub name: String,
    /// Value as received, cut to 60 bytes.
    pub received: String,
    /// What is allowed.
    pub allowed: String,
}

impl std::fmt::Display for BadRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, line, field, name, received, allowed } = self;
        write!(f, "{file}, line {line}, field {field} {name}: received {received:?}, allowed is {allowed}")
    }
}

/// A recognised file with its good rows.
pub struct Parsed {
    pub path: String,
    pub name: String,
    pub kind: Kind,
    /// Day of the edition: from the name, else the latest day of its rows; 0 unknown.
    pub date: u32,
    /// First day of the edition: the day most of its rows began.
    pub start: u32,
    /// True when it holds changes only (変更区分 without 0).
    pub is_difference: bool,
    pub sha256: String,
    pub rows: Vec<(u64, Record)>,
    pub bad: Vec<BadRow>,
}

impl Parsed {
    /// True when the name says that the file was derived from legal texts, not published.
    pub fn is_derived(&self) -> bool {
        self.name.contains("derived") || self.is_composite()
    }

    /// True when the name says that the file was put together from official files.
    pub fn is_composite(&self) -> bool {
        self.name.contains("composite")
    }

    /// A finding on one of the file's rows.
    pub fn problem(&self, line: u64, field: usize, received: &str, allowed: &str) -> BadRow {
        let name = self.kind.layout().and_then(|layout| layout.field(field)).map_or("", |field| field.name);
        bad_row(&self.path, line, field, name, received, allowed)
    }
}

fn bad_row(file: &str, line: u64, field: usize, name: &str, received: &str, allowed: &str) -> BadRow {
    let cut = received.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= SHOWN_MAX).last();
    BadRow {
        file: file.to_owned(),
        line,
        field,
        name: name.to_owned(),
        received: received.get(..cut.unwrap_or(0)).unwrap_or_default().to_owned(),
        allowed: allowed.to_owned(),
    }
}

/// Reads a file, or says why it is left.
pub fn read(source: &Source) -> Result<Parsed, String> {
    let text = decode(&source.bytes);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut raw = csv::StringRecord::new();
    let mut next = |raw: &mut csv::StringRecord| reader.read_record(raw).unwrap_or(false);
    if !next(&mut raw) {
        return Err("empty".to_owned());
    }
    let kind = recognise(&source.name, &raw.iter().collect::<Vec<_>>())?;
    let mut parsed = Parsed {
        path: source.path.clone(),
        name: source.name.clone(),
        kind,
        date: date_in_name(&source.name).unwrap_or_default(),
        start: 0,
        is_difference: false,
        sha256: sha256_hex(&source.bytes),
        rows: Vec::new(),
        bad: Vec::new(),
    };
    let mut is_header = has_header(kind, &raw);
    let mut reader = Checker { columns: raw.len(), keys: HashSet::new() };
    loop {
        let line = raw.position().map_or(0, |position| line_of(&text, position));
        if parsed.rows.len() >= ROWS_MAX {
            return Err(format!("more than {ROWS_MAX} rows"));
        }
        if !is_header {
            reader.row(&mut parsed, line, &raw);
        }
        is_header = false;
        if !next(&mut raw) {
            break;
        }
    }
    finish(&mut parsed);
    Ok(parsed)
}

/// The line a row begins on. The reader leaves the second byte of a CRLF to the next row and counts it there.
fn line_of(text: &str, position: &csv::Position) -> u64 {
    let at = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    position.line() + u64::from(text.as_bytes().get(at) == Some(&b'\n'))
}

fn has_header(kind: Kind, first: &csv::StringRecord) -> bool {
    match kind {
        Kind::Standard
        | Kind::LocalColumns
        | Kind::LocalValues
        | Kind::DerivedPoints
        | Kind::DerivedPrices
        | Kind::SectionDiff => true,
        Kind::NationalSubsidy => first.get(0) == Some("priority"),
        _ => false,
    }
}

fn finish(parsed: &mut Parsed) {
    let Some(layout) = parsed.kind.layout() else { return };
    let is_unchanged = |(_, row): &(u64, Record)| row.get(1) == "0";
    parsed.is_difference = !layout.is_dated && !parsed.rows.iter().any(is_unchanged);
    if parsed.date == 0 {
        let days = parsed.rows.iter().map(|(_, row)| row.number(layout.from)).filter(|day| *day < 99_999_999);
        parsed.date = days.max().unwrap_or_default();
    }
    parsed.start = edition_start(layout, parsed);
}

/// First day of the edition a file belongs to: the day most of its rows began. Tables that hold their own history
/// belong to the fee schedule of their latest rows, files without days to their own day.
fn edition_start(layout: &Layout, parsed: &Parsed) -> u32 {
    if layout.is_dated {
        return FEE_REVISIONS.iter().rev().find(|day| **day <= parsed.date).copied().unwrap_or(parsed.date);
    }
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for (_, row) in &parsed.rows {
        *counts.entry(row.number(layout.from)).or_default() += 1;
    }
    let most = counts.iter().max_by_key(|(day, count)| (**count, **day)).map(|(day, _)| *day);
    most.filter(|day| *day != 0).unwrap_or(parsed.date)
}

/// UTF-8 if it is, else Shift_JIS; bytes that are neither become U+FFFD, which no field allows.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::SHIFT_JIS.decode_without_bom_handling(bytes).0,
    }
}

struct Checker {
    columns: usize,
    keys: HashSet<String>,
}

impl Checker {
    fn row(&mut self, parsed: &mut Parsed, line: u64, raw: &csv::StringRecord) {
        let path = parsed.path.clone();
        let expected = expected_columns(parsed.kind, self.columns);
        if raw.len() != self.columns || !expected.contains(&raw.len()) {
            let allowed = expected.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
            let received = format!("{} columns", raw.len());
            parsed.bad.push(bad_row(&path, line, 0, "", &received, &format!("{allowed} columns in every row")));
            return;
        }
        let Some(record) = normal(parsed.kind, raw) else {
            parsed.bad.push(bad_row(&path, line, 0, "", "a row", "at most 65535 bytes of text"));
            return;
        };
        if let Some(layout) = parsed.kind.layout() {
            if let Some((field, allowed)) = fault(layout, &record) {
                let bad = parsed.problem(line, field, record.get(field), &allowed);
                parsed.bad.push(bad);
                return;
            }
            if !self.keys.insert(record.key(layout)) {
                let field = layout.key.first().copied().unwrap_or_default();
                let bad = parsed.problem(line, field, record.get(field), "one row for each code");
                parsed.bad.push(bad);
                return;
            }
        } else if raw.iter().any(|field| field.contains('\u{fffd}')) {
            parsed.bad.push(bad_row(&path, line, 0, "", "undecodable bytes", "UTF-8 or Shift_JIS"));
            return;
        }
        parsed.rows.push((line, record));
    }
}

fn expected_columns(kind: Kind, first: usize) -> Vec<usize> {
    match kind {
        Kind::Drug => vec![40, 42],
        Kind::LocalSubsidy => LOCAL_COLUMNS.to_vec(),
        Kind::NationalSubsidy => vec![NATIONAL_COLUMNS],
        _ => kind.layout().map_or_else(|| vec![first], |layout| vec![layout.fields.len()]),
    }
}

/// Drug rows of before 2024-09 get the two later fields, empty.
fn normal(kind: Kind, raw: &csv::StringRecord) -> Option<Record> {
    let missing = kind.layout().map_or(0, |layout| layout.fields.len().saturating_sub(raw.len()));
    Record::new(raw.iter().chain(std::iter::repeat_n("", missing)))
}

/// The first field that its layout does not allow. Rows of 変更区分 1, 2, 5 and 9 may hold only what changed.
fn fault(layout: &Layout, record: &Record) -> Option<(usize, String)> {
    let is_partial = matches!(record.get(1), "1" | "2" | "5" | "9");
    layout.fields.iter().zip(record.fields()).enumerate().find_map(|(index, (field, text))| {
        let number = index + 1;
        let may_be_empty = field.is_optional || (is_partial && number > 1 && !layout.key.contains(&number));
        if text.is_empty() && may_be_empty || !text.is_empty() && field.domain.allows(text) {
            return None;
        }
        Some((number, field.domain.allowed()))
    })
}

/// True when the row fills every field that a new row needs.
pub fn is_complete(layout: &Layout, record: &Record) -> bool {
    layout.fields.iter().zip(record.fields()).all(|(field, text)| field.is_optional || !text.is_empty())
}
