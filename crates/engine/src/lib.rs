#![cfg_attr(test, allow(clippy::as_conversions))]

pub mod charge;
pub mod points;
