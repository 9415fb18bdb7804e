#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

mod canonical;
mod local;
mod module;
mod request;
mod response;
pub mod suite;
mod switches;

pub use canonical::result_id;
pub use local::*;
pub use module::{CalculationModule, Capabilities, Problem, ProblemCode};
pub use request::*;
pub use response::*;
pub use switches::*;
