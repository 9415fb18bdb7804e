#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

mod canonical;
mod compare;
mod history;
mod local;
mod module;
mod options;
mod request;
mod response;
pub mod suite;
mod switches;

pub use canonical::result_id;
pub use compare::{Difference, DifferenceKind, compare};
pub use history::*;
pub use local::*;
pub use module::{CalculationModule, Capabilities, Problem, ProblemCode};
pub use options::*;
pub use request::*;
pub use response::*;
pub use switches::*;
