//! One receipt after the other becomes lines: encoded, checked, refused as a whole or kept as a whole.

use kernel::{ClaimMonth, Finding, Points, ReviewBody};

use super::{RECEIPTS_MAX, WriteError};
use crate::check::{FileFacts, FileTotals, KnownCodes, check_institution, check_receipt};
use crate::encoder::Encoder;
use crate::kind::Section;
use crate::model::{Line, RawLine, Receipt};
use crate::record::{Go, Ir};
use crate::table::Volume;
use crate::unverified;
use crate::value::{Dated, Record};

/// Most HO and KO records of a file: 総件数 has six digits.
const COUNT_MAX: u32 = 999_999;
/// Most points of a file: 総合計点数 has ten digits.
const POINTS_MAX: i64 = 9_999_999_999;

/// Bytes a line carried unchanged must not have.
const LINE_BREAKS: &[u8] = b"\r\n\x1a";

pub(super) struct Desk {
    pub(super) encoder: Encoder,
    pub(super) totals: FileTotals,
    findings: Vec<Finding>,
    claim_month: Option<ClaimMonth>,
    body: Option<ReviewBody>,
}

impl Desk {
    pub(super) fn new(ir: &Ir, bytes: usize) -> Self {
        Self {
            encoder: Encoder::with_capacity(bytes),
            totals: FileTotals::default(),
            findings: Vec::new(),
            claim_month: ir.claim_month.map(Dated::get),
            body: ir.body,
        }
    }

    /// Another desk of the same file that begins where `totals` receipts and `lines` lines are done.
    pub(super) fn beside(&self, totals: FileTotals, lines: u64, bytes: usize) -> Self {
        let mut encoder = Encoder::with_capacity(bytes);
        encoder.place.line = lines;
        Self { encoder, totals, findings: Vec::new(), claim_month: self.claim_month, body: self.body }
    }

    /// IR.
    pub(super) fn institution(&mut self, ir: &Ir) -> Result<(), WriteError> {
        ir.write(&mut self.encoder);
        check_institution(ir, 1, &mut self.findings);
        if ir.volume.is_some_and(|volume| volume != unverified::FIRST_VOLUME) {
            let message = "IR マルチボリューム識別情報 must be 00: the file is one volume";
            self.findings.push(Finding::stop("volume", "line 1, field 9", message));
        }
        self.refuse_stops(0)
    }

    /// A receipt with all its records; nothing of it when it is refused.
    pub(super) fn receipt(&mut self, receipt: &Receipt) -> Result<(), WriteError> {
        let (start, place) = (self.encoder.bytes.len(), self.encoder.place);
        let order = self.totals.receipts + 1;
        self.examine(receipt, order, None);
        if let Err(error) = self.refuse_stops(order) {
            self.encoder.bytes.truncate(start);
            self.encoder.place = place;
            return Err(error);
        }
        self.totals.add(receipt);
        Ok(())
    }

    /// Encodes and checks a receipt; what was found is left on the desk.
    fn examine(&mut self, receipt: &Receipt, order: u32, codes: Option<&dyn KnownCodes>) {
        let first_line = self.encoder.place.line + 1;
        self.encoder.place.receipt = order;
        self.check_order(receipt, order, first_line);
        self.write_records(receipt, order);
        let line_of = |section, index| line_of(receipt, first_line, section, index);
        let facts = FileFacts { claim_month: self.claim_month, body: self.body, codes };
        check_receipt(receipt, order, facts, &line_of, &mut self.findings);
    }

    /// Everything found about a receipt, whether it stops it or not.
    pub(super) fn findings_of(mut self, receipt: &Receipt, codes: &dyn KnownCodes) -> Vec<Finding> {
        let order = receipt.re.number.unwrap_or(1).max(1);
        self.totals.receipts = order - 1;
        self.examine(receipt, order, Some(codes));
        self.encoder.refusals.drain(..).map(Finding::from).chain(self.findings).collect()
    }

    /// GO.
    pub(super) fn total(&mut self) -> Result<(), WriteError> {
        if self.totals.receipts == 0 {
            self.findings.push(Finding::stop("receipts-missing", "file", "a claim file has at least one receipt"));
        }
        self.encoder.place.receipt = 0;
        let go = Go {
            count: Some(self.totals.count),
            points: Some(Points::new(self.totals.points)),
            volume: Some(Volume::LAST),
        };
        go.write(&mut self.encoder);
        self.refuse_stops(0)
    }

    fn check_order(&mut self, receipt: &Receipt, order: u32, first_line: u64) {
        let mut stop = |code, message: String| {
            self.findings.push(Finding::stop(code, format!("receipt {order}, line {first_line}"), message));
        };
        if order > RECEIPTS_MAX {
            stop("L1910", format!("a file has at most {RECEIPTS_MAX} receipts"));
        }
        let mut totals = self.totals;
        totals.add(receipt);
        if totals.count > COUNT_MAX || totals.points > POINTS_MAX {
            stop(
                "total-too-large",
                format!("GO holds {COUNT_MAX} HO and KO records and {POINTS_MAX} points: begin another file"),
            );
        }
        if receipt.re.number.is_some_and(|number| number != order) {
            stop("L1917", format!("レセプト番号 is not {order}, the next in file order"));
        }
        if !receipt.returns.is_empty() {
            stop("record-returned", "HR is no record of a claim".to_owned());
        }
        if !receipt.others.is_empty() {
            stop("record-unknown", "records without a table are never written".to_owned());
        }
        let is_history =
            |line: &RawLine| line.history().is_some() && !line.bytes().iter().any(|byte| LINE_BREAKS.contains(byte));
        if !receipt.history.iter().all(is_history) {
            stop("history-form", "a history line is not one line that begins with its three numbers".to_owned());
        }
        if !receipt.history.is_empty() && receipt.re.search_number.is_empty() {
            stop("search-number-missing", "a receipt with history needs its 検索番号".to_owned());
        }
    }

    fn write_records(&mut self, receipt: &Receipt, order: u32) {
        let out = &mut self.encoder;
        if receipt.re.number.is_some() {
            receipt.re.write(out);
        } else {
            let mut re = receipt.re.clone();
            re.number = Some(order);
            re.write(out);
        }
        receipt.ho.iter().for_each(|record| record.write(out));
        receipt.ko.iter().for_each(|record| record.write(out));
        receipt.sn.iter().for_each(|record| record.write(out));
        receipt.jd.iter().for_each(|record| record.write(out));
        receipt.mf.iter().for_each(|record| record.write(out));
        receipt.gr.iter().for_each(|record| record.write(out));
        receipt.sy.iter().for_each(|record| record.write(out));
        for line in &receipt.lines {
            match line {
                Line::Si(si) => si.write(out),
                Line::Iy(iy) => iy.write(out),
                Line::To(to) => to.write(out),
                Line::Co(co) => co.write(out),
            }
        }
        receipt.sj.iter().for_each(|record| record.write(out));
        receipt.history.iter().for_each(|line| out.raw_line(line.bytes()));
    }

    /// Refuses when something stops the part just written.
    fn refuse_stops(&mut self, receipt: u32) -> Result<(), WriteError> {
        let refused = self.encoder.refusals.drain(..).map(Finding::from);
        let checked = self.findings.drain(..).filter(Finding::is_stop);
        let findings: Vec<Finding> = refused.chain(checked).collect();
        if findings.is_empty() { Ok(()) } else { Err(WriteError::Refused { receipt, findings }) }
    }
}

/// Parts of a receipt in file order, with their numbers of records.
fn sizes(receipt: &Receipt) -> [(Section, usize); 11] {
    [
        (Section::Header, 1),
        (Section::Insurer, usize::from(receipt.ho.is_some())),
        (Section::Subsidies, receipt.ko.len()),
        (Section::Eligibility, receipt.sn.len()),
        (Section::VisitDays, receipt.jd.len()),
        (Section::CounterCharge, usize::from(receipt.mf.is_some())),
        (Section::FeeReason, usize::from(receipt.gr.is_some())),
        (Section::Diagnoses, receipt.sy.len()),
        (Section::Lines, receipt.lines.len()),
        (Section::Narratives, receipt.sj.len()),
        (Section::History, receipt.history.len()),
    ]
}

/// Lines the receipt takes.
pub(super) fn lines(receipt: &Receipt) -> u64 {
    u64::try_from(sizes(receipt).iter().map(|size| size.1).sum::<usize>()).unwrap_or(u64::MAX)
}

/// Line of the `index`th record of a section of a receipt that begins on `first_line`.
fn line_of(receipt: &Receipt, first_line: u64, section: Section, index: usize) -> u64 {
    let before: usize = sizes(receipt).iter().take_while(|size| size.0 < section).map(|size| size.1).sum();
    first_line + u64::try_from(before + index).unwrap_or(0)
}
