#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

pub mod charge;
mod module;
pub mod points;

pub use module::Engine;
