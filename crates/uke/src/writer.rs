//! The writer: strict. It refuses, with the place, what a review body would refuse.

use std::io::{self, Write};

use kernel::{Finding, Points};

use crate::check::{FileFacts, FileTotals, check_institution, check_receipt};
use crate::encoder::Encoder;
use crate::kind::Section;
use crate::model::{ClaimFile, Line, Receipt};
use crate::record::{Go, Ir};
use crate::table::Volume;
use crate::unverified;
use crate::value::{Dated, Record};

/// Most receipts of a file: レセプト番号 has six digits.
pub const RECEIPTS_MAX: u32 = 999_999;

/// Most HO and KO records of a file: 総件数 has six digits.
const COUNT_MAX: u32 = 999_999;
/// Most points of a file: 総合計点数 has ten digits.
const POINTS_MAX: i64 = 9_999_999_999;

/// Bytes gathered before they are handed to the output.
const FLUSH_BYTES: usize = 131_072;

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A receipt (or, with `receipt` 0, the institution or the total) a review body would refuse. Nothing of
    /// it was written; the writer can go on with other receipts.
    #[error("{} findings stop the file, the first: {}", findings.len(), findings.first().map(ToString::to_string).unwrap_or_default())]
    Refused {
        /// Which receipt of the file it would have been, from 1.
        receipt: u32,
        /// All that stops it.
        findings: Vec<Finding>,
    },
    /// The output failed.
    #[error("writing failed: {0}")]
    Io(#[from] io::Error),
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// Bytes, the EOF byte included.
    pub bytes: u64,
    /// Receipts.
    pub receipts: u32,
    /// 総件数 of GO.
    pub count: u32,
    /// 総合計点数 of GO.
    pub points: Points,
}

/// Writes a claim file receipt by receipt.
///
/// Every record has its full number of columns, every line ends with CR LF, and the file ends with 1A.
pub struct ClaimWriter<W: Write> {
    output: W,
    encoder: Encoder,
    ir: Ir,
    totals: FileTotals,
    flushed: u64,
    findings: Vec<Finding>,
}

impl<W: Write> ClaimWriter<W> {
    /// Begins a file with its IR.
    pub fn new(output: W, ir: Ir) -> Result<Self, WriteError> {
        let mut writer = Self {
            output,
            encoder: Encoder::with_capacity(FLUSH_BYTES * 2),
            ir,
            totals: FileTotals::default(),
            flushed: 0,
            findings: Vec::new(),
        };
        writer.ir.write(&mut writer.encoder);
        check_institution(&writer.ir, 1, &mut writer.findings);
        if writer.ir.volume.is_some_and(|volume| volume != unverified::FIRST_VOLUME) {
            let message = "IR マルチボリューム識別情報 must be 00: the file is one volume";
            writer.findings.push(Finding::stop("volume", "line 1, field 9", message));
        }
        writer.refuse_stops(0)?;
        Ok(writer)
    }

    /// Adds a receipt. Without レセプト番号 it gets the next one.
    pub fn receipt(&mut self, receipt: &Receipt) -> Result<(), WriteError> {
        let (start, place) = (self.encoder.bytes.len(), self.encoder.place);
        let order = self.totals.receipts + 1;
        self.encoder.place.receipt = order;
        let first_line = place.line + 1;
        self.check_order(receipt, order, first_line);
        self.write_records(receipt, order);
        let line_of = |section, index| line_of(receipt, first_line, section, index);
        let facts = FileFacts { claim_month: self.ir.claim_month.map(Dated::get), body: self.ir.body, codes: None };
        check_receipt(receipt, order, facts, &line_of, &mut self.findings);
        if let Err(error) = self.refuse_stops(order) {
            self.encoder.bytes.truncate(start);
            self.encoder.place = place;
            return Err(error);
        }
        self.totals.add(receipt);
        if self.encoder.bytes.len() >= FLUSH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Ends the file with GO and the EOF byte, and flushes the output.
    pub fn finish(mut self) -> Result<Written, WriteError> {
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
        self.refuse_stops(0)?;
        self.encoder.bytes.extend_from_slice(unverified::END_OF_FILE);
        self.flush()?;
        self.output.flush()?;
        Ok(Written {
            bytes: self.flushed,
            receipts: self.totals.receipts,
            count: self.totals.count,
            points: Points::new(self.totals.points),
        })
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
        if receipt.history.iter().any(|line| line.history().is_none()) {
            stop("history-form", "a history line does not begin with its three numbers".to_owned());
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

    fn flush(&mut self) -> Result<(), WriteError> {
        self.output.write_all(&self.encoder.bytes)?;
        self.flushed += u64::try_from(self.encoder.bytes.len()).unwrap_or(u64::MAX);
        self.encoder.bytes.clear();
        Ok(())
    }
}

/// Line of the `index`th record of a section of a receipt that begins on `first_line`.
fn line_of(receipt: &Receipt, first_line: u64, section: Section, index: usize) -> u64 {
    let sizes = [
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
    ];
    let before: usize = sizes.iter().take_while(|size| size.0 < section).map(|size| size.1).sum();
    first_line + u64::try_from(before + index).unwrap_or(0)
}

/// Writes a whole claim file.
pub fn write_claim_file(file: &ClaimFile, output: impl Write) -> Result<Written, WriteError> {
    let mut writer = ClaimWriter::new(output, file.ir.clone())?;
    for receipt in &file.receipts {
        writer.receipt(receipt)?;
    }
    writer.finish()
}
