//! The common calculation module (共通算定モジュール): the contract calc/1 over HTTP, both ends.

mod answer;
mod breaker;
mod client;
mod error;
#[cfg(feature = "server")]
mod kept;
#[cfg(feature = "server")]
pub mod server;
mod settings;
mod wire;

pub use breaker::{BreakerSettings, BreakerState, MonotonicClock};
pub use calculation::{Difference, DifferenceKind, compare};
pub use client::ModuleClient;
pub use error::{ModuleError, Reason};
pub use settings::{ModuleSettings, SettingsError};
pub use wire::{ANSWER_BYTES_MAX, BODY_BYTES_MAX, ErrorPlace, ProblemBody};
