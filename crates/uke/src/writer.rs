//! The writer: strict. It refuses, with the place, what a review body would refuse.

mod batch;
mod desk;

use std::io::{self, Write};

use kernel::{Finding, Points};

use crate::check::KnownCodes;
use crate::model::{ClaimFile, Receipt};
use crate::record::Ir;
use crate::unverified;
use desk::Desk;

/// Most receipts of a file: レセプト番号 has six digits.
pub const RECEIPTS_MAX: u32 = 999_999;

/// Bytes most receipts fit in.
const RECEIPT_BYTES: usize = 4_096;

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
    desk: Desk,
    flushed: u64,
}

impl<W: Write> ClaimWriter<W> {
    /// Begins a file with its IR.
    pub fn new(output: W, ir: Ir) -> Result<Self, WriteError> {
        let mut desk = Desk::new(&ir, FLUSH_BYTES * 2);
        desk.institution(&ir)?;
        Ok(Self { output, desk, flushed: 0 })
    }

    /// Adds a receipt. Without レセプト番号 it gets the next one. A refused receipt leaves no trace.
    pub fn receipt(&mut self, receipt: &Receipt) -> Result<(), WriteError> {
        self.desk.receipt(receipt)?;
        if self.desk.encoder.bytes.len() >= FLUSH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Ends the file with GO and the EOF byte, and flushes the output.
    pub fn finish(mut self) -> Result<Written, WriteError> {
        self.desk.total()?;
        self.desk.encoder.bytes.extend_from_slice(unverified::END_OF_FILE);
        self.flush()?;
        self.output.flush()?;
        let totals = self.desk.totals;
        Ok(Written {
            bytes: self.flushed,
            receipts: totals.receipts,
            count: totals.count,
            points: Points::new(totals.points),
        })
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        self.output.write_all(&self.desk.encoder.bytes)?;
        self.flushed += u64::try_from(self.desk.encoder.bytes.len()).unwrap_or(u64::MAX);
        self.desk.encoder.bytes.clear();
        Ok(())
    }
}

/// Writes a whole claim file.
pub fn write_claim_file(file: &ClaimFile, output: impl Write) -> Result<Written, WriteError> {
    let mut writer = ClaimWriter::new(output, file.ir.clone())?;
    writer.receipts(&file.receipts)?;
    writer.finish()
}

/// Checks a receipt before it is written: what the writer would refuse and what a person should look at, codes
/// of the masters included. Lines are counted from the receipt's RE as line 1.
pub fn check_receipt(receipt: &Receipt, ir: &Ir, codes: &dyn KnownCodes) -> Vec<Finding> {
    Desk::new(ir, RECEIPT_BYTES).findings_of(receipt, codes)
}
