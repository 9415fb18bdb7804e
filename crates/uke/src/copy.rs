//! Reading a file and writing it back, byte for byte.

use std::io::{self, Read, Write};

use kernel::Finding;

use crate::cells::Cells;
use crate::check::FINDINGS_MAX;
use crate::encoder::{Encoder, Place};
use crate::kind::RecordKind;
use crate::lines::content;
use crate::reader::{Part, ReadError, Reader};
use crate::record::{Co, Go, Gr, Hg, Hi, Ho, Hr, Ir, Iy, Jd, Ko, Mf, Re, Si, Sj, Sn, Sy, To};
use crate::value::Record;

/// Why a copy failed.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The input cannot be read on.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The output failed.
    #[error("writing failed: {0}")]
    Write(#[source] io::Error),
}

/// What a copy saw.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CopyReport {
    /// Bytes copied.
    pub bytes: u64,
    /// Lines copied.
    pub lines: u64,
    /// Receipts copied.
    pub receipts: u32,
    /// Lines whose value, written again, is the line: nothing of them is lost in the model.
    pub from_model: u64,
    /// Lines the model would write differently (short lines, leading zeros, malformed fields, records without
    /// a table): kept as they were.
    pub kept_raw: u64,
    /// Fields that could not be read, located; at most [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
}

/// Copies a claim or returned file: the bytes written are the bytes read, whatever is in the lines, with the
/// ending the file had and everything after an EOF byte. The report tells how far the model holds the file.
pub fn copy(input: impl Read, mut output: impl Write) -> Result<CopyReport, CopyError> {
    let mut reader = Reader::new(input);
    let mut report = CopyReport::default();
    let mut scratch = Encoder::with_capacity(crate::LINE_BYTES_MAX);
    while let Some(part) = reader.next_part()? {
        let bytes = match part {
            Part::Record(record) => {
                report.line(record.kind, record.raw(), &mut scratch);
                report.take(&record.findings);
                record.raw()
            }
            Part::Receipt(receipt) => {
                report.receipts += 1;
                for record in receipt.records() {
                    report.line(record.kind, record.raw, &mut scratch);
                }
                report.take(&receipt.findings);
                receipt.raw()
            }
            Part::Tail(bytes) => bytes,
        };
        report.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        output.write_all(bytes).map_err(CopyError::Write)?;
    }
    output.flush().map_err(CopyError::Write)?;
    Ok(report)
}

impl CopyReport {
    fn line(&mut self, kind: RecordKind, line: &[u8], scratch: &mut Encoder) {
        self.lines += 1;
        if is_held(kind, line, scratch) {
            self.from_model += 1;
        } else {
            self.kept_raw += 1;
        }
    }

    fn take(&mut self, findings: &[Finding]) {
        let free = FINDINGS_MAX.saturating_sub(self.findings.len());
        self.findings.extend(findings.iter().take(free).cloned());
    }
}

/// True when the value of a line, written again, is the line.
fn is_held(kind: RecordKind, line: &[u8], scratch: &mut Encoder) -> bool {
    scratch.bytes.clear();
    scratch.refusals.clear();
    scratch.place = Place::default();
    let is_rewritten = rewrite(kind, content(line), scratch);
    is_rewritten && scratch.bytes == line
}

fn rewrite(kind: RecordKind, content: &[u8], out: &mut Encoder) -> bool {
    fn record<R: Record>(content: &[u8], out: &mut Encoder) -> bool {
        R::read(&mut Cells::after_id(content)).write(out);
        true
    }
    match kind {
        RecordKind::Ir => record::<Ir>(content, out),
        RecordKind::Re => record::<Re>(content, out),
        RecordKind::Ho => record::<Ho>(content, out),
        RecordKind::Ko => record::<Ko>(content, out),
        RecordKind::Sn => record::<Sn>(content, out),
        RecordKind::Jd => record::<Jd>(content, out),
        RecordKind::Mf => record::<Mf>(content, out),
        RecordKind::Gr => record::<Gr>(content, out),
        RecordKind::Sy => record::<Sy>(content, out),
        RecordKind::Si => record::<Si>(content, out),
        RecordKind::Iy => record::<Iy>(content, out),
        RecordKind::To => record::<To>(content, out),
        RecordKind::Co => record::<Co>(content, out),
        RecordKind::Sj => record::<Sj>(content, out),
        RecordKind::Go => record::<Go>(content, out),
        RecordKind::Hi => record::<Hi>(content, out),
        RecordKind::Hr => record::<Hr>(content, out),
        RecordKind::Hg => record::<Hg>(content, out),
        _ => false,
    }
}
