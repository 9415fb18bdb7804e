#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

mod compiled;
mod import;
mod local;
mod map;
mod reader;
pub mod row;
mod tables;

pub use compiled::{OpenError, sha256_hex};
pub use import::{
    BadRow, ExcerptError, ImportError, Imported, Left, Options, Report, SourceError, Taken, Written, excerpt, import,
    import_to_memory,
};
pub use local::{LocalField, LocalProgramme, NationalFlag};
pub use reader::{Keyed, Masters};
pub use tables::{Tables, Texts};
