#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

mod calculator;
mod clock;
pub mod patients;
mod permission;
mod problem;
mod service;
mod work;

pub use clock::{Clock, japanese_day};
pub use permission::{Permission, Role};
pub use problem::{FieldError, Problem, ProblemCode};
pub use service::Service;
pub use work::{Caller, Journal, Work};
