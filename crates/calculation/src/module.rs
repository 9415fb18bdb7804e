//! The trait that every calculation module fulfils: the embedded engine and the national one.

use std::borrow::Cow;
use std::fmt;

use kernel::ServiceDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Request, Response};

/// A calculation module (算定モジュール).
pub trait CalculationModule {
    /// What this module can do.
    fn capabilities(&self) -> Capabilities;

    /// Computes one patient's month.
    ///
    /// # Errors
    /// A [`Problem`] when the request contradicts itself. What is wrong with one order is no problem but
    /// its outcome.
    fn calculate(&self, request: &Request) -> Result<Response, Problem>;
}

/// What a module can do (`GET /calc/1/capabilities`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// `embedded` or `ccm`.
    pub implementation: Cow<'static, str>,
    /// Version of the implementation.
    pub version: Cow<'static, str>,
    /// First service date it can compute.
    pub covers_from: Option<ServiceDate>,
    /// Release of the masters.
    pub master_release: String,
    /// `points`, `charges`, `checks`, `suggestions`.
    pub functions: Vec<Cow<'static, str>>,
    /// Months of history wanted.
    pub history_months: u8,
}

/// Code of a problem with a whole request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// 413: a bound is exceeded.
    TooLarge,
    /// 422: an id that nothing carries.
    ReferenceUnknown,
    /// 422: a visit outside the month.
    DateOutsideMonth,
    /// 422: two things with one id.
    DuplicateId,
    /// 422: no rules for these days or this release.
    RulesetUnsupported,
}

impl ProblemCode {
    /// HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::TooLarge => 413,
            _ => 422,
        }
    }

    /// The code as written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::ReferenceUnknown => "reference-unknown",
            Self::DateOutsideMonth => "date-outside-month",
            Self::DuplicateId => "duplicate-id",
            Self::RulesetUnsupported => "ruleset-unsupported",
        }
    }
}

/// A request that contradicts itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Which rule of the contract it breaks.
    pub code: ProblemCode,
    /// JSON pointer to the place.
    pub pointer: String,
    /// What was received and what is allowed.
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.code.as_str(), self.pointer, self.detail)
    }
}
