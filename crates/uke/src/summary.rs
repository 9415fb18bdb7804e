//! The counts of a file, as data.

use std::io::Read;

use kernel::{Finding, Points};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::check::FINDINGS_MAX;
use crate::kind::{RecordKind, Section};
use crate::reader::{Part, ReadError, ReadReceipt, Reader, SingleRecord, SingleValue};

/// Counts of a claim or returned file.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Summary {
    /// Lines, without what follows an EOF byte.
    pub lines: u64,
    /// Lines by record.
    pub records: RecordCounts,
    /// RE records.
    pub receipts: u32,
    /// 総件数 as it should be: HO records plus KO records.
    #[serde(rename = "claims_HO_plus_KO")]
    pub claims: u32,
    /// 総合計点数 as it should be: points of HO, or of the first KO without HO.
    pub points_total: i64,
    /// What GO (or HG) says; `None` without one.
    #[serde(rename = "GO")]
    pub go: Option<GoSummary>,
    /// True when an EOF byte 1A follows the last line.
    pub ends_with_eof_1a: bool,
    /// The receipts in file order.
    pub per_receipt: Vec<ReceiptSummary>,
    /// Fields that could not be read, located; at most [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
}

/// The file total as written.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct GoSummary {
    /// 総件数.
    pub count: Option<u32>,
    /// 総合計点数.
    pub points: Option<Points>,
    /// マルチボリューム識別情報.
    pub volume: String,
}

/// Counts of a receipt.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct ReceiptSummary {
    /// レセプト番号.
    pub no: Option<u32>,
    /// レセプト種別 as written.
    #[serde(rename = "type")]
    pub kind: String,
    /// 診療年月 as written: `YYYYMM`, in older files era `GYYMM`.
    pub month: String,
    /// HO records.
    pub ho: u32,
    /// KO records.
    pub ko: u32,
    /// 合計点数 of HO, or of the first KO without HO.
    pub points: Option<Points>,
    /// Σ 点数×回数 of all lines.
    pub sum_of_points_x_count: i64,
    /// Lines by record.
    pub records: RecordCounts,
}

/// Lines by record, in the order they were first seen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecordCounts(Vec<(RecordKind, u32)>);

impl RecordCounts {
    /// Lines of a record.
    pub fn get(&self, kind: RecordKind) -> u32 {
        self.0.iter().find(|entry| entry.0 == kind).map_or(0, |entry| entry.1)
    }

    fn add(&mut self, kind: RecordKind) {
        match self.0.iter_mut().find(|entry| entry.0 == kind) {
            Some(entry) => entry.1 = entry.1.saturating_add(1),
            None => self.0.push((kind, 1)),
        }
    }
}

impl Serialize for RecordCounts {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(self.0.len()))?;
        for (kind, count) in &self.0 {
            let key = match kind {
                RecordKind::History => "history",
                RecordKind::Unknown => "unknown",
                _ => kind.id(),
            };
            map.serialize_entry(key, count)?;
        }
        map.end()
    }
}

/// Counts a file in one pass. Memory grows with the number of receipts (some hundred bytes each).
pub fn summarize(input: impl Read) -> Result<Summary, ReadError> {
    let mut reader = Reader::new(input);
    let mut summary = Summary::default();
    while let Some(part) = reader.next_part()? {
        match part {
            Part::Record(record) => summary.single(record),
            Part::Receipt(receipt) => summary.receipt(receipt),
            Part::Tail(_) => summary.ends_with_eof_1a = true,
        }
    }
    Ok(summary)
}

impl Summary {
    pub(crate) fn single(&mut self, record: &SingleRecord) {
        self.lines += 1;
        self.records.add(record.kind);
        self.take(&record.findings);
        let volume =
            |volume: Option<crate::table::Volume>| volume.map(|v| format!("{:02}", v.get())).unwrap_or_default();
        self.go = match &record.value {
            SingleValue::Go(go) => Some(GoSummary { count: go.count, points: go.points, volume: volume(go.volume) }),
            SingleValue::Hg(hg) => Some(GoSummary { count: hg.count, points: hg.points, volume: volume(hg.volume) }),
            _ => return,
        };
    }

    pub(crate) fn receipt(&mut self, read: &ReadReceipt) {
        let receipt = &read.receipt;
        let mut records = RecordCounts::default();
        for record in read.records() {
            self.lines += 1;
            self.records.add(record.kind);
            records.add(record.kind);
        }
        self.take(&read.findings);
        let (ho, ko) = (records.get(RecordKind::Ho), records.get(RecordKind::Ko));
        let points = receipt.total_points();
        self.receipts += 1;
        self.claims = self.claims.saturating_add(ho).saturating_add(ko);
        self.points_total = self.points_total.saturating_add(points.map_or(0, Points::get));
        let amounts = receipt.lines.iter().filter_map(crate::model::Line::amount);
        self.per_receipt.push(ReceiptSummary {
            no: receipt.re.number,
            kind: header_cell(read, 3),
            month: header_cell(read, 4),
            ho,
            ko,
            points,
            sum_of_points_x_count: amounts.fold(0, |sum, amount| sum.saturating_add(amount.get())),
            records,
        });
    }

    fn take(&mut self, findings: &[Finding]) {
        let free = FINDINGS_MAX.saturating_sub(self.findings.len());
        self.findings.extend(findings.iter().take(free).cloned());
    }
}

/// A cell of RE as written.
pub(crate) fn header_cell(read: &ReadReceipt, number: usize) -> String {
    let header = read.records().find(|record| record.section == Section::Header);
    let content = header.map(|record| record.content()).unwrap_or_default();
    let cell = content.split(|byte| *byte == b',').nth(number - 1).unwrap_or_default();
    crate::shift_jis::decode(cell).into_owned()
}
