//! The file as a whole: institution, order of records, numbering, totals.

use std::io::Read;

use kernel::{FacilityCode, Finding, Points, Severity};

use super::{FileFacts, KnownCodes, check_receipt};
use crate::encoder::Place;
use crate::inspect::{Leniency, inspect};
use crate::kind::{RecordKind, Section};
use crate::model::Receipt;
use crate::reader::{Part, ReadError, ReadReceipt, Reader, SingleRecord, SingleValue};
use crate::record::{Go, Ir};
use crate::unverified;
use crate::value::Dated;

/// Most findings a check hands back; further ones are counted only.
pub const FINDINGS_MAX: usize = 10_000;

/// L2 errors from which on a file is refused as a whole (L1920).
const RECEIPT_ERRORS_MAX: usize = 1_000;

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// Receipts checked.
    pub receipts: u32,
    /// The findings in file order, at most [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// Findings beyond [`FINDINGS_MAX`].
    pub suppressed: usize,
}

impl CheckReport {
    /// True when nothing stops the claim.
    pub fn is_submittable(&self) -> bool {
        self.suppressed == 0 && !self.findings.iter().any(Finding::is_stop)
    }
}

/// Count and points for GO.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct FileTotals {
    pub(crate) receipts: u32,
    /// 総件数: HO records plus KO records.
    pub(crate) count: u32,
    /// 総合計点数.
    pub(crate) points: i64,
}

impl FileTotals {
    pub(crate) fn add(&mut self, receipt: &Receipt) {
        let payers = receipt.ko.len() + usize::from(receipt.ho.is_some());
        self.receipts = self.receipts.saturating_add(1);
        self.count = self.count.saturating_add(u32::try_from(payers).unwrap_or(u32::MAX));
        self.points = self.points.saturating_add(receipt.total_points().map_or(0, Points::get));
    }
}

/// What is being walked through.
struct Checked<'a> {
    codes: &'a dyn KnownCodes,
    report: CheckReport,
    leniency: Leniency,
    ir: Option<Ir>,
    totals: FileTotals,
    receipt_errors: usize,
    last_single: Option<RecordKind>,
    scratch: Vec<Finding>,
}

/// Checks a claim file, or the form of a returned file, in one pass with bounded memory.
pub fn check(input: impl Read, codes: &dyn KnownCodes) -> Result<CheckReport, ReadError> {
    let mut reader = Reader::new(input);
    let mut checked = Checked {
        codes,
        report: CheckReport::default(),
        leniency: Leniency::Claim,
        ir: None,
        totals: FileTotals::default(),
        receipt_errors: 0,
        last_single: None,
        scratch: Vec::new(),
    };
    while let Some(part) = reader.next_part()? {
        match part {
            Part::Record(record) => checked.single(record),
            Part::Receipt(receipt) => checked.receipt(receipt),
            Part::Tail(_) => {}
        }
        checked.keep();
    }
    checked.end();
    Ok(checked.report)
}

impl Checked<'_> {
    fn stop(&mut self, code: &'static str, place: Place, message: impl Into<String>) {
        self.scratch.push(Finding::stop(code, place.to_string(), message));
    }

    /// Moves the findings of a part into the report.
    fn keep(&mut self) {
        for finding in self.scratch.drain(..) {
            self.receipt_errors += usize::from(finding.code.starts_with("L2"));
            if self.report.findings.len() < FINDINGS_MAX {
                self.report.findings.push(finding);
            } else {
                self.report.suppressed += 1;
            }
        }
    }

    fn single(&mut self, record: &SingleRecord) {
        let place = Place { receipt: 0, line: record.line, field: 0 };
        match &record.value {
            SingleValue::Ir(ir) => {
                self.leniency = leniency_of(ir);
                if record.line != 1 {
                    self.stop("record-order", place, "IR is not the first line");
                }
                check_institution(ir, record.line, &mut self.scratch);
                self.ir = Some(ir.clone());
            }
            SingleValue::Hi(_) => {
                self.leniency = Leniency::Returned;
                if record.line != 1 {
                    self.stop("record-order", place, "HI is not the first line");
                }
            }
            SingleValue::Go(go) => self.totals_of(go, record.line),
            SingleValue::Hg(_) => {}
            SingleValue::Other => self.stop("record-order", place, "the line belongs to no receipt"),
        }
        if matches!(self.last_single, Some(RecordKind::Go | RecordKind::Hg)) {
            self.stop("record-order", place, "the line follows the file total");
        }
        self.last_single = Some(record.kind);
        line_end(record.raw(), place, &mut self.scratch);
        inspect(record.kind, crate::lines::content(record.raw()), place, self.leniency, &mut self.scratch);
    }

    fn totals_of(&mut self, go: &Go, line: u64) {
        let count = self.totals.count;
        if go.count.is_some_and(|written| written != count) {
            let message = format!("GO 総件数 is not {count}, the number of HO and KO records");
            self.stop("total-count", Place { receipt: 0, line, field: 2 }, message);
        }
        let points = Points::new(self.totals.points);
        if go.points.is_some_and(|written| written != points) {
            let message = format!("GO 総合計点数 is not {points}, the sum of the receipts");
            self.stop("total-points", Place { receipt: 0, line, field: 3 }, message);
        }
    }

    fn receipt(&mut self, read: &ReadReceipt) {
        self.totals.add(&read.receipt);
        let place = Place { receipt: read.order, line: read.first_line, field: 0 };
        if self.last_single.is_none() {
            self.stop("record-order", place, "the file does not begin with IR");
            self.last_single = Some(RecordKind::Re);
        } else if matches!(self.last_single, Some(RecordKind::Go | RecordKind::Hg)) {
            self.stop("record-order", place, "the receipt follows the file total");
        }
        if self.leniency != Leniency::Returned && read.receipt.re.number.is_some_and(|number| number != read.order) {
            let place = Place { field: 2, ..place };
            self.stop("L1917", place, format!("レセプト番号 is not {}, the next in file order", read.order));
        }
        check_records(read, self.leniency, &mut self.scratch);
        if self.leniency == Leniency::Returned {
            check_returned(read, &mut self.scratch);
            return;
        }
        let facts = FileFacts {
            claim_month: self.ir.as_ref().and_then(|ir| ir.claim_month).map(Dated::get),
            body: self.ir.as_ref().and_then(|ir| ir.body),
            codes: Some(self.codes),
        };
        let line_of = |section, index| read.line_of(section, index);
        check_receipt(&read.receipt, read.order, facts, &line_of, &mut self.scratch);
    }

    fn end(&mut self) {
        self.report.receipts = self.totals.receipts;
        let file = Place::default();
        if self.last_single.is_none() {
            self.stop("record-order", file, "the file has no IR");
        }
        if !matches!(self.last_single, Some(RecordKind::Go | RecordKind::Hg)) {
            self.stop("record-order", file, "the file does not end with its total (GO)");
        }
        if self.totals.receipts == 0 {
            self.stop("receipts-missing", file, "the file has no receipt");
        }
        if self.receipt_errors >= RECEIPT_ERRORS_MAX {
            let message = format!("{} errors of level L2: the whole file is refused", self.receipt_errors);
            self.stop("L1920", file, message);
        }
        self.keep();
    }
}

/// Files for claim months up to 2020-04 write era dates.
fn leniency_of(ir: &Ir) -> Leniency {
    match ir.claim_month {
        Some(month) if month.get().yyyymm() < unverified::WESTERN_DATES_SINCE => Leniency::OldClaim,
        _ => Leniency::Claim,
    }
}

/// 医療機関コード with its check digit over 都道府県 and 点数表; one volume.
pub(crate) fn check_institution(ir: &Ir, line: u64, findings: &mut Vec<Finding>) {
    let place = |field| Place { receipt: 0, line, field }.to_string();
    if let (Some(prefecture), Some(table), false) = (ir.prefecture, ir.fee_table, ir.institution.is_empty()) {
        let code = format!("{prefecture}{}{}", table.get(), ir.institution);
        if let Err(error) = code.parse::<FacilityCode>() {
            findings.push(Finding::stop("L1912", place(5), format!("IR 医療機関コード: {error}")));
        }
    }
    if ir.volume.is_some_and(|volume| volume != unverified::FIRST_VOLUME) {
        findings.push(Finding::confirm("volume", place(9), "IR マルチボリューム識別情報 is not 00"));
    }
}

/// Order of the records, line ends, and every cell.
fn check_records(read: &ReadReceipt, leniency: Leniency, findings: &mut Vec<Finding>) {
    let mut highest = Section::Header;
    for record in read.records() {
        let place = Place { receipt: read.order, line: record.line, field: 0 };
        let content = record.content();
        match record.section {
            Section::Others => others(record.kind, content, place, findings),
            section if section < highest => {
                let message = format!("{} stands after a record it must come before", name(record.kind));
                findings.push(Finding::stop("record-order", place.to_string(), message));
            }
            section => highest = section,
        }
        line_end(record.raw, place, findings);
        inspect(record.kind, content, place, leniency, findings);
    }
}

fn name(kind: RecordKind) -> &'static str {
    if kind == RecordKind::History { "a history line" } else { kind.id() }
}

fn others(kind: RecordKind, content: &[u8], place: Place, findings: &mut Vec<Finding>) {
    let (severity, code, message) = match kind {
        RecordKind::Kh | RecordKind::Ni => (Severity::Note, "record-old", "a record of former editions".to_owned()),
        RecordKind::Unknown => {
            let id = String::from_utf8_lossy(content.get(..2).unwrap_or(content)).into_owned();
            (Severity::Stop, "record-unknown", format!("{id:?} is no record of the specification"))
        }
        _ => (Severity::Stop, "record-twice", format!("{} is in the receipt already", kind.id())),
    };
    findings.push(Finding::new(severity, code, place.to_string(), message));
}

fn line_end(raw: &[u8], place: Place, findings: &mut Vec<Finding>) {
    if !raw.ends_with(b"\r\n") {
        findings.push(Finding::stop("line-end", place.to_string(), "the line does not end with CR LF"));
    }
}

/// A valid return has a reason (HR) and an integrity record (RC) in its history.
fn check_returned(read: &ReadReceipt, findings: &mut Vec<Finding>) {
    let place = Place { receipt: read.order, line: read.first_line, field: 0 }.to_string();
    if read.receipt.returns.is_empty() {
        findings.push(Finding::confirm("return-reason-missing", place.clone(), "the returned receipt has no HR"));
    }
    let has_integrity = read.receipt.history.iter().any(|line| line.history().is_some_and(|line| line.record == "RC"));
    if !has_integrity {
        let message = "the history of the returned receipt has no RC line";
        findings.push(Finding::confirm("return-history-missing", place, message));
    }
}
