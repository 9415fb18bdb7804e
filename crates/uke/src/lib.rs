#![doc = include_str!("../README.md")]
#![expect(dead_code, reason = "reader and writer follow")]

mod cells;
mod encoder;
mod model;
mod record;
mod shift_jis;
mod spec;
pub mod table;
mod value;

pub use encoder::{FieldError, Place, Refusal};
pub use model::{ClaimFile, Line, RawLine, Receipt};
pub use record::*;
pub use spec::{Column, Group, Mode, Need, RecordSpec, Width};
pub use value::{Burden, Comment, DAYS_PER_MONTH, Dated, Days, DepartmentReport, Payer, Text, Word, WordError};
