#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

mod compiled;
mod map;
mod reader;
pub mod row;
mod tables;

pub use compiled::{OpenError, sha256_hex};
pub use reader::{Keyed, Masters};
pub use tables::{Tables, Texts};
