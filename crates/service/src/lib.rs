#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

pub mod account;
pub mod calculation;
mod calculator;
mod clock;
pub mod closes;
pub mod debts;
pub mod documents;
pub mod identity;
pub mod month;
pub mod patients;
pub mod payments;
mod permission;
mod problem;
mod service;
pub mod settle;
pub mod trail;
pub mod visits;
mod work;
pub mod worker;

pub use clock::{Clock, japanese_day};
pub use permission::{Permission, Role};
pub use problem::{FieldError, Problem, ProblemCode};
pub use service::Service;
pub use work::{Caller, Journal, Work};
