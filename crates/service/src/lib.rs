#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

pub mod calculation;
mod calculator;
mod clock;
pub mod identity;
pub mod month;
pub mod patients;
mod permission;
mod problem;
mod service;
pub mod settle;
pub mod visits;
mod work;
pub mod worker;

pub use clock::{Clock, japanese_day};
pub use permission::{Permission, Role};
pub use problem::{FieldError, Problem, ProblemCode};
pub use service::Service;
pub use work::{Caller, Journal, Work};
