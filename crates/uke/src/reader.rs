//! The reader: lenient, one receipt at a time.
//!
//! Nothing stops it but a bound, a file of another kind or the input itself: a line it does not understand is
//! kept as it is and reported.

use std::io::{self, Read};

use kernel::Finding;

use crate::cells::Cells;
use crate::encoder::Place;
use crate::inspect::{Leniency, inspect};
use crate::kind::{ForeignFile, RecordKind, Section};
use crate::lines::{Lines, Piece, content};
use crate::model::{Line, RawLine, Receipt};
use crate::record::{Go, Hg, Hi, Ir};
use crate::value::Record;

/// Most records of one receipt.
pub const RECORDS_PER_RECEIPT_MAX: usize = 20_000;
/// Most bytes of one receipt.
pub const RECEIPT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Why a file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is no 医科 claim file.
    #[error("line {line}: this is {file}, expected is a medical claim file (医科, RECEIPTC.UKE)", file = found.name())]
    NotMedical {
        /// Line, from 1.
        line: u64,
        /// What the file is.
        found: ForeignFile,
    },
    /// A line over [`crate::LINE_BYTES_MAX`].
    #[error("line {line}: the line is longer than {allowed} bytes")]
    LineTooLong {
        /// Line, from 1.
        line: u64,
        /// Most bytes.
        allowed: usize,
    },
    /// A receipt over [`RECORDS_PER_RECEIPT_MAX`] or [`RECEIPT_BYTES_MAX`].
    #[error("line {line}: the receipt has more than {RECORDS_PER_RECEIPT_MAX} records or {RECEIPT_BYTES_MAX} bytes")]
    ReceiptTooLarge {
        /// Line, from 1.
        line: u64,
    },
    /// The input failed.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
}

impl ReadError {
    /// Stable code for a public message.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotMedical { .. } => "uke-not-medical",
            Self::LineTooLong { .. } => "uke-line-too-long",
            Self::ReceiptTooLarge { .. } => "uke-receipt-too-large",
            Self::Io(_) => "uke-io",
        }
    }
}

/// A part of a file. The raw lines of all parts together are the whole file.
#[derive(Debug)]
pub enum Part<'a> {
    /// IR, HI, GO, HG, or a line before the first receipt.
    Record(&'a SingleRecord),
    /// RE and what follows it.
    Receipt(&'a ReadReceipt),
    /// The EOF byte 1A and what follows.
    Tail(&'a [u8]),
}

/// A record outside receipts.
#[derive(Debug)]
pub struct SingleRecord {
    /// Line of the file, from 1.
    pub line: u64,
    /// Which record.
    pub kind: RecordKind,
    /// The record as a value.
    pub value: SingleValue,
    /// What of the line could not be read into the value.
    pub findings: Vec<Finding>,
    raw: Vec<u8>,
}

/// The value of a record outside receipts.
#[derive(Debug)]
pub enum SingleValue {
    /// 医療機関情報.
    Ir(Ir),
    /// 返戻医療機関.
    Hi(Hi),
    /// 診療報酬請求書.
    Go(Go),
    /// 返戻合計.
    Hg(Hg),
    /// A line that belongs to no receipt.
    Other,
}

impl SingleRecord {
    /// The line with its line end.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }
}

/// A receipt as it was read: its value and its raw lines.
#[derive(Debug, Default)]
pub struct ReadReceipt {
    /// Which receipt of the file, from 1.
    pub order: u32,
    /// Line of its RE, from 1.
    pub first_line: u64,
    /// The receipt as a value.
    pub receipt: Receipt,
    /// What of its lines could not be read into the value.
    pub findings: Vec<Finding>,
    raw: Vec<u8>,
    spans: Vec<Span>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    /// End of the line in `raw`.
    end: usize,
    kind: RecordKind,
    section: Section,
}

/// A line of a receipt.
#[derive(Clone, Copy, Debug)]
pub struct RawRecord<'a> {
    /// Line of the file, from 1.
    pub line: u64,
    /// Which record.
    pub kind: RecordKind,
    /// Part of the receipt it was put into.
    pub section: Section,
    /// The line with its line end.
    pub raw: &'a [u8],
}

impl<'a> RawRecord<'a> {
    /// The line without its line end.
    pub fn content(&self) -> &'a [u8] {
        content(self.raw)
    }
}

impl ReadReceipt {
    /// The raw lines in file order.
    pub fn records(&self) -> impl Iterator<Item = RawRecord<'_>> {
        let mut start = 0;
        (self.first_line..).zip(&self.spans).map(move |(line, span)| {
            let raw = self.raw.get(start..span.end).unwrap_or_default();
            start = span.end;
            RawRecord { line, kind: span.kind, section: span.section, raw }
        })
    }

    /// All raw bytes of the receipt.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Line of the file of the `index`th record (from 0) of a section.
    pub fn line_of(&self, section: Section, index: usize) -> u64 {
        self.records().filter(|record| record.section == section).nth(index).map_or(0, |record| record.line)
    }

    fn clear(&mut self) {
        self.receipt.clear();
        self.findings.clear();
        self.raw.clear();
        self.spans.clear();
    }

    #[inline]
    fn push(&mut self, kind: RecordKind, line: &[u8]) {
        let content = content(line);
        let mut cells = Cells::after_id(content);
        let section = place(&mut self.receipt, kind, content, &mut cells);
        self.raw.extend_from_slice(line);
        self.spans.push(Span { end: self.raw.len(), kind, section });
        if cells.has_unread() {
            self.report(kind, content);
        }
    }

    #[cold]
    fn report(&mut self, kind: RecordKind, content: &[u8]) {
        let line = self.first_line + u64::try_from(self.spans.len()).unwrap_or(u64::MAX) - 1;
        let place = Place { receipt: self.order, line, field: 0 };
        inspect(kind, content, place, Leniency::Reader, &mut self.findings);
    }
}

/// Reads a record into its place of the receipt.
#[inline]
fn place(receipt: &mut Receipt, kind: RecordKind, content: &[u8], cells: &mut Cells<'_>) -> Section {
    match kind {
        RecordKind::Si => receipt.lines.push(Line::Si(Record::read(cells))),
        RecordKind::Iy => receipt.lines.push(Line::Iy(Record::read(cells))),
        RecordKind::To => receipt.lines.push(Line::To(Record::read(cells))),
        RecordKind::Co => receipt.lines.push(Line::Co(Record::read(cells))),
        RecordKind::Sy => {
            receipt.sy.push(Record::read(cells));
            return Section::Diagnoses;
        }
        _ => return place_rare(receipt, kind, content, cells),
    }
    Section::Lines
}

fn place_rare(receipt: &mut Receipt, kind: RecordKind, content: &[u8], cells: &mut Cells<'_>) -> Section {
    match kind {
        RecordKind::Re => {
            receipt.re = Record::read(cells);
            Section::Header
        }
        RecordKind::Ho if receipt.ho.is_none() => {
            receipt.ho = Some(Record::read(cells));
            Section::Insurer
        }
        RecordKind::Ko => {
            receipt.ko.push(Record::read(cells));
            Section::Subsidies
        }
        RecordKind::Sn => {
            receipt.sn.push(Record::read(cells));
            Section::Eligibility
        }
        RecordKind::Jd => {
            receipt.jd.push(Record::read(cells));
            Section::VisitDays
        }
        RecordKind::Mf if receipt.mf.is_none() => {
            receipt.mf = Some(Record::read(cells));
            Section::CounterCharge
        }
        RecordKind::Gr if receipt.gr.is_none() => {
            receipt.gr = Some(Record::read(cells));
            Section::FeeReason
        }
        RecordKind::Sj => {
            receipt.sj.push(Record::read(cells));
            Section::Narratives
        }
        RecordKind::Hr => {
            receipt.returns.push(Record::read(cells));
            Section::Returns
        }
        RecordKind::History => {
            receipt.history.push(RawLine::new(content));
            Section::History
        }
        _ => {
            receipt.others.push(RawLine::new(content));
            match kind {
                RecordKind::Ti | RecordKind::Tr | RecordKind::Ts => Section::OrganDonor,
                _ => Section::Others,
            }
        }
    }
}

/// Reads a claim file (RECEIPTC.UKE) or a returned file (RECEIPTC.HEN, RECEIPTC.SAH) part by part.
///
/// Memory is bounded: one buffer, one receipt ([`crate::LINE_BYTES_MAX`], [`RECORDS_PER_RECEIPT_MAX`],
/// [`RECEIPT_BYTES_MAX`]).
pub struct Reader<R> {
    lines: Lines<R>,
    receipt: ReadReceipt,
    single: SingleRecord,
    receipts: u32,
}

impl<R: Read> Reader<R> {
    /// A reader over a file. It keeps its own buffer.
    pub fn new(input: R) -> Self {
        Self {
            lines: Lines::new(input),
            receipt: ReadReceipt::default(),
            single: SingleRecord {
                line: 0,
                kind: RecordKind::Unknown,
                value: SingleValue::Other,
                findings: Vec::new(),
                raw: Vec::new(),
            },
            receipts: 0,
        }
    }

    /// The next part; `None` at the end of the file. The part lives until the next call.
    pub fn next_part(&mut self) -> Result<Option<Part<'_>>, ReadError> {
        let number = self.lines.number();
        let kind = match self.lines.peek()? {
            None => return Ok(None),
            Some(Piece::Line(line)) => {
                let kind = RecordKind::of(line);
                refuse_foreign(kind, line, number)?;
                Some(kind)
            }
            Some(Piece::Tail(_)) => None,
        };
        match kind {
            None => self.read_tail().map(Some),
            Some(RecordKind::Re) => {
                self.read_receipt(number)?;
                Ok(Some(Part::Receipt(&self.receipt)))
            }
            Some(kind) => {
                self.read_single(kind, number)?;
                Ok(Some(Part::Record(&self.single)))
            }
        }
    }

    /// Hands the tail out of the single record's memory, so that the buffer may go on.
    fn read_tail(&mut self) -> Result<Part<'_>, ReadError> {
        self.single.raw.clear();
        if let Some(Piece::Tail(bytes)) = self.lines.peek()? {
            self.single.raw.extend_from_slice(bytes);
        }
        self.lines.take();
        Ok(Part::Tail(&self.single.raw))
    }

    fn read_single(&mut self, kind: RecordKind, number: u64) -> Result<(), ReadError> {
        let single = &mut self.single;
        single.raw.clear();
        single.findings.clear();
        if let Some(Piece::Line(line)) = self.lines.peek()? {
            single.raw.extend_from_slice(line);
        }
        self.lines.take();
        let content = content(&single.raw);
        let mut cells = Cells::after_id(content);
        single.line = number;
        single.kind = kind;
        single.value = match kind {
            RecordKind::Ir => SingleValue::Ir(Record::read(&mut cells)),
            RecordKind::Hi => SingleValue::Hi(Record::read(&mut cells)),
            RecordKind::Go => SingleValue::Go(Record::read(&mut cells)),
            RecordKind::Hg => SingleValue::Hg(Record::read(&mut cells)),
            _ => SingleValue::Other,
        };
        if cells.has_unread() {
            let place = Place { receipt: 0, line: number, field: 0 };
            inspect(kind, content, place, Leniency::Reader, &mut single.findings);
        }
        Ok(())
    }

    fn read_receipt(&mut self, number: u64) -> Result<(), ReadError> {
        self.receipts = self.receipts.saturating_add(1);
        self.receipt.clear();
        self.receipt.order = self.receipts;
        self.receipt.first_line = number;
        loop {
            let number = self.lines.number();
            let Some(Piece::Line(line)) = self.lines.peek()? else { return Ok(()) };
            let kind = RecordKind::of(line);
            let is_over = kind == RecordKind::Re && !self.receipt.spans.is_empty();
            if is_over || kind.is_outside_receipt() {
                return Ok(());
            }
            refuse_foreign(kind, line, number)?;
            let is_too_large = self.receipt.spans.len() >= RECORDS_PER_RECEIPT_MAX
                || self.receipt.raw.len() + line.len() > RECEIPT_BYTES_MAX;
            if is_too_large {
                return Err(ReadError::ReceiptTooLarge { line: number });
            }
            self.receipt.push(kind, line);
            self.lines.take();
        }
    }
}

/// Refuses a file of another kind: by a record only such files have, or by 点数表 of IR.
fn refuse_foreign(kind: RecordKind, line: &[u8], number: u64) -> Result<(), ReadError> {
    let found = match kind {
        RecordKind::Foreign(found) => found,
        RecordKind::Ir => match content(line).split(|byte| *byte == b',').nth(3) {
            Some([b'1'] | []) | None => return Ok(()),
            Some([digit]) if digit.is_ascii_digit() => ForeignFile::of_fee_table(*digit),
            Some(_) => return Ok(()),
        },
        _ => return Ok(()),
    };
    Err(ReadError::NotMedical { line: number, found })
}
