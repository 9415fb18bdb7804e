//! Two files compared: receipts are matched by patient, month and payer, then record by record.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io::Read;

use serde::Serialize;

use crate::kind::RecordKind;
use crate::lines::content;
use crate::reader::{Part, ReadError, ReadReceipt, Reader};
use crate::show::{cell_text, record_text};
use crate::summary::header_cell;

/// Most bytes of a file that is compared: both are held in memory.
pub const DIFF_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Most cells of the table that aligns two rows of records; beyond, records are paired by position.
const ALIGNMENT_CELLS_MAX: usize = 4_000_000;

/// Why two files cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// One of the files cannot be read.
    #[error("{side} file: {source}")]
    Read {
        /// `left` or `right`.
        side: &'static str,
        /// Why.
        #[source]
        source: ReadError,
    },
    /// One of the files is too large to compare.
    #[error("{side} file: larger than {DIFF_BYTES_MAX} bytes")]
    TooLarge {
        /// `left` or `right`.
        side: &'static str,
    },
}

/// What differs between two files. Empty when nothing does.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Diff {
    /// Records outside receipts that differ.
    pub records: Vec<RecordDiff>,
    /// Receipts that differ.
    pub receipts: Vec<ReceiptDiff>,
}

impl Diff {
    /// True when the files say the same.
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty() && self.receipts.is_empty()
    }
}

/// A receipt that differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReceiptDiff {
    /// Which receipt of the left file, from 1; `None` when only the right file has it.
    pub left: Option<u32>,
    /// Which receipt of the right file, from 1; `None` when only the left file has it.
    pub right: Option<u32>,
    /// カルテ番号 (empty when none) and 診療年月.
    pub chart_number: String,
    /// 診療年月 as written.
    pub month: String,
    /// Its records that differ; empty when the receipt is in one file only.
    pub records: Vec<RecordDiff>,
}

/// A record that differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RecordDiff {
    /// In the left file.
    pub left: Option<RecordText>,
    /// In the right file.
    pub right: Option<RecordText>,
    /// The fields that differ, when both files have the record.
    pub fields: Vec<FieldDiff>,
}

/// A record with its line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RecordText {
    /// Line of the file, from 1.
    pub line: u64,
    /// The record as text.
    pub text: String,
}

/// A field that differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FieldDiff {
    /// Column, the record id being 1.
    pub field: usize,
    /// 項目名; empty for records without a table.
    pub name: String,
    /// Value in the left file.
    pub left: String,
    /// Value in the right file.
    pub right: String,
}

/// A line held for comparing.
struct Held {
    line: u64,
    kind: RecordKind,
    content: Box<[u8]>,
}

struct HeldReceipt {
    order: u32,
    key: Key,
    number: Option<u32>,
    lines: Vec<Held>,
}

/// What tells a receipt from the others of a file: patient, month and payer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    month: String,
    chart_number: String,
    patient: String,
    payer: String,
}

#[derive(Default)]
struct HeldFile {
    singles: Vec<Held>,
    receipts: Vec<HeldReceipt>,
}

/// Compares two files.
pub fn diff(left: impl Read, right: impl Read) -> Result<Diff, DiffError> {
    let left = hold(left, "left")?;
    let right = hold(right, "right")?;
    let mut diff = Diff { records: compare(&left.singles, &right.singles), receipts: Vec::new() };
    for (left, right) in pair(&left.receipts, &right.receipts) {
        let records = match (left, right) {
            (Some(left), Some(right)) => compare(&left.lines, &right.lines),
            _ => Vec::new(),
        };
        if left.is_some() && right.is_some() && records.is_empty() {
            continue;
        }
        let key = left.or(right).map(|receipt| receipt.key.clone());
        let (chart_number, month) = key.map(|key| (key.chart_number, key.month)).unwrap_or_default();
        let order = |receipt: Option<&HeldReceipt>| receipt.map(|receipt| receipt.order);
        diff.receipts.push(ReceiptDiff { left: order(left), right: order(right), chart_number, month, records });
    }
    Ok(diff)
}

fn hold(input: impl Read, side: &'static str) -> Result<HeldFile, DiffError> {
    let mut reader = Reader::new(input);
    let mut file = HeldFile::default();
    let mut bytes = 0_usize;
    while let Some(part) = reader.next_part().map_err(|source| DiffError::Read { side, source })? {
        match part {
            Part::Record(record) => {
                bytes += record.raw().len();
                let content = Box::from(content(record.raw()));
                file.singles.push(Held { line: record.line, kind: record.kind, content });
            }
            Part::Receipt(receipt) => {
                bytes += receipt.raw().len();
                file.receipts.push(hold_receipt(receipt));
            }
            Part::Tail(_) => {}
        }
        if bytes > DIFF_BYTES_MAX {
            return Err(DiffError::TooLarge { side });
        }
    }
    Ok(file)
}

fn hold_receipt(read: &ReadReceipt) -> HeldReceipt {
    let payer = match (&read.receipt.ho, read.receipt.ko.first()) {
        (Some(ho), _) => ho.insurer.to_string(),
        (None, Some(ko)) => ko.payer.to_string(),
        (None, None) => String::new(),
    };
    let chart_number = header_cell(read, 14);
    let patient = if chart_number.is_empty() { header_cell(read, 5) + &header_cell(read, 7) } else { String::new() };
    let held = |record: crate::reader::RawRecord<'_>| Held {
        line: record.line,
        kind: record.kind,
        content: Box::from(record.content()),
    };
    HeldReceipt {
        order: read.order,
        key: Key { month: header_cell(read, 4), chart_number, patient, payer },
        number: read.receipt.re.number,
        lines: read.records().map(held).collect(),
    }
}

type Pair<'a> = (Option<&'a HeldReceipt>, Option<&'a HeldReceipt>);

/// Pairs receipts by key, those left over by レセプト番号; in the order of the left file, then the right.
fn pair<'a>(left: &'a [HeldReceipt], right: &'a [HeldReceipt]) -> Vec<Pair<'a>> {
    let mut by_key: BTreeMap<&Key, VecDeque<&HeldReceipt>> = BTreeMap::new();
    for receipt in right {
        by_key.entry(&receipt.key).or_default().push_back(receipt);
    }
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    for receipt in left {
        let partner = by_key.get_mut(&receipt.key).and_then(VecDeque::pop_front);
        pairs.push((Some(receipt), partner));
    }
    let mut rest: Vec<&HeldReceipt> = by_key.into_values().flatten().collect();
    rest.sort_by_key(|receipt| receipt.order);
    for (receipt, partner) in &mut pairs {
        let number = receipt.and_then(|receipt| receipt.number);
        if partner.is_none() && number.is_some() {
            *partner = rest.iter().position(|other| other.number == number).map(|at| rest.remove(at));
        }
    }
    pairs.extend(rest.into_iter().map(|receipt| (None, Some(receipt))));
    pairs
}

/// The records that differ between two rows of records.
fn compare(left: &[Held], right: &[Held]) -> Vec<RecordDiff> {
    let is_same = |(a, b): &(&Held, &Held)| a.content == b.content;
    let head = left.iter().zip(right).take_while(is_same).count();
    let (left, right) = (left.get(head..).unwrap_or_default(), right.get(head..).unwrap_or_default());
    let tail = left.iter().rev().zip(right.iter().rev()).take_while(is_same).count();
    let left = left.get(..left.len() - tail).unwrap_or_default();
    let right = right.get(..right.len() - tail).unwrap_or_default();
    let mut diffs = Vec::new();
    let (mut from_left, mut from_right) = (0, 0);
    for (common_left, common_right) in align(left, right) {
        let removed = left.get(from_left..common_left).unwrap_or_default();
        let added = right.get(from_right..common_right).unwrap_or_default();
        push_run(removed, added, &mut diffs);
        (from_left, from_right) = (common_left + 1, common_right + 1);
    }
    push_run(left.get(from_left..).unwrap_or_default(), right.get(from_right..).unwrap_or_default(), &mut diffs);
    diffs
}

/// Positions of a longest common row of records.
fn align(left: &[Held], right: &[Held]) -> Vec<(usize, usize)> {
    let width = right.len() + 1;
    if (left.len() + 1).saturating_mul(width) > ALIGNMENT_CELLS_MAX {
        let same = left.iter().zip(right).enumerate().filter(|(_, (a, b))| a.content == b.content);
        return same.map(|(at, _)| (at, at)).collect();
    }
    // lengths[i][j]: longest common row of left[i..] and right[j..].
    let mut lengths: Vec<Vec<u32>> = vec![vec![0; width]];
    for a in left.iter().rev() {
        let below = lengths.last().map(Vec::as_slice).unwrap_or_default();
        let mut row = vec![0; width];
        let mut after = 0;
        for (j, b) in right.iter().enumerate().rev() {
            let at = |j: usize| below.get(j).copied().unwrap_or(0);
            after = if a.content == b.content { at(j + 1) + 1 } else { at(j).max(after) };
            if let Some(cell) = row.get_mut(j) {
                *cell = after;
            }
        }
        lengths.push(row);
    }
    lengths.reverse();
    let at = |i: usize, j: usize| lengths.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    let (mut i, mut j, mut common) = (0, 0, Vec::new());
    while let (Some(a), Some(b)) = (left.get(i), right.get(j)) {
        if a.content == b.content {
            common.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if at(i + 1, j) >= at(i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    common
}

/// Records between two common ones: those of one kind are paired in order.
fn push_run(removed: &[Held], added: &[Held], diffs: &mut Vec<RecordDiff>) {
    let mut added: Vec<&Held> = added.iter().collect();
    for left in removed {
        let right = added.iter().position(|right| right.kind == left.kind).map(|at| added.remove(at));
        diffs.push(RecordDiff {
            left: Some(text_of(left)),
            right: right.map(text_of),
            fields: right.map(|right| fields(left, right)).unwrap_or_default(),
        });
    }
    let only_right = |right: &Held| RecordDiff { left: None, right: Some(text_of(right)), fields: Vec::new() };
    diffs.extend(added.into_iter().map(only_right));
}

fn text_of(held: &Held) -> RecordText {
    RecordText { line: held.line, text: record_text(held.kind, &held.content) }
}

fn fields(left: &Held, right: &Held) -> Vec<FieldDiff> {
    let cells =
        |held: &Held| -> Vec<Vec<u8>> { held.content.split(|byte| *byte == b',').map(<[u8]>::to_vec).collect() };
    let (left_cells, right_cells) = (cells(left), cells(right));
    let count = left_cells.len().max(right_cells.len());
    let mut fields = Vec::new();
    for index in 0..count {
        let cell = |cells: &[Vec<u8>]| cells.get(index).cloned().unwrap_or_default();
        let (a, b) = (cell(&left_cells), cell(&right_cells));
        if a == b {
            continue;
        }
        let number = u8::try_from(index + 1).unwrap_or(u8::MAX);
        let column = left.kind.spec().and_then(|spec| spec.column(number));
        let name = column.map_or("", |column| column.name);
        let shown = |cell: &[u8]| match column {
            Some(column) if !cell.is_empty() => {
                let text = cell_text(column, cell);
                text.strip_prefix(name).unwrap_or(&text).trim_start().to_owned()
            }
            _ => crate::shift_jis::decode(cell).into_owned(),
        };
        fields.push(FieldDiff { field: index + 1, name: name.to_owned(), left: shown(&a), right: shown(&b) });
    }
    fields
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "no difference");
        }
        for record in &self.records {
            write!(f, "{record}")?;
        }
        for receipt in &self.receipts {
            write!(f, "{receipt}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ReceiptDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chart = format!("カルテ番号等 {}, 診療年月 {}", self.chart_number, self.month);
        match (self.left, self.right) {
            (Some(left), Some(right)) => writeln!(f, "receipt {left} | {right} ({chart})")?,
            (Some(left), None) => writeln!(f, "- receipt {left} ({chart}) is in the left file only")?,
            (None, Some(right)) => writeln!(f, "+ receipt {right} ({chart}) is in the right file only")?,
            (None, None) => {}
        }
        self.records.iter().try_for_each(|record| write!(f, "{record}"))
    }
}

impl fmt::Display for RecordDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.left, &self.right) {
            (Some(left), Some(right)) => {
                writeln!(
                    f,
                    "~ line {} | {} {}",
                    left.line,
                    right.line,
                    left.text.split(':').next().unwrap_or_default()
                )?;
                for field in &self.fields {
                    let FieldDiff { field: number, name, left, right } = field;
                    writeln!(f, "    field {number} {name}: {left:?} | {right:?}")?;
                }
                Ok(())
            }
            (Some(left), None) => writeln!(f, "- line {} {}", left.line, left.text),
            (None, Some(right)) => writeln!(f, "+ line {} {}", right.line, right.text),
            (None, None) => Ok(()),
        }
    }
}
