#![doc = include_str!("../README.md")]
mod cells;
mod check;
pub mod comment;
mod copy;
mod diff;
mod encoder;
mod inspect;
mod kind;
mod lines;
mod model;
mod reader;
mod record;
mod shift_jis;
mod show;
mod spec;
mod summary;
pub mod table;
pub mod unverified;
mod value;
mod writer;

pub use check::{AnyCode, CheckReport, FINDINGS_MAX, KnownCodes, check};
pub use copy::{CopyError, CopyReport, copy};
pub use diff::{DIFF_BYTES_MAX, Diff, DiffError, FieldDiff, ReceiptDiff, RecordDiff, RecordText, diff};
pub use encoder::{FieldError, Place, Refusal};
pub use kind::{ForeignFile, RecordKind, Section};
pub use lines::LINE_BYTES_MAX;
pub use model::{ClaimFile, HistoryLine, Line, RawLine, Receipt};
pub use reader::{
    Part, RECEIPT_BYTES_MAX, RECORDS_PER_RECEIPT_MAX, RawRecord, ReadError, ReadReceipt, Reader, SingleRecord,
    SingleValue,
};
pub use record::*;
pub use show::show;
pub use spec::{Column, Group, Mode, Need, RecordSpec, Width};
pub use summary::{GoSummary, ReceiptSummary, RecordCounts, Summary, summarize};
pub use value::{Burden, Comment, DAYS_PER_MONTH, Dated, Days, DepartmentReport, Payer, Text, Word, WordError};
pub use writer::{ClaimWriter, RECEIPTS_MAX, WriteError, Written, check_receipt, write_claim_file};
