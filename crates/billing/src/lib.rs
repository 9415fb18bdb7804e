#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

pub mod balance;
pub mod claim;
pub mod clinic;
pub mod close;
pub mod code;
pub mod encounter;
pub mod payment_receipt;
pub mod programme;
pub mod push;
pub mod recompute;
pub mod settlement;
