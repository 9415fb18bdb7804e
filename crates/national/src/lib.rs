#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

pub mod module;
pub mod testing;
