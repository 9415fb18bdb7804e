//! A finding: something a person must know about an input or a result.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// How serious a finding is (停止・要確認・注意).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// 停止: the claim or the amount must not go out.
    Stop,
    /// 要確認: a person decides.
    Confirm,
    /// 注意: worth knowing.
    Note,
}

/// A coded, located message about business data. Refusals are values, not errors.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How serious it is.
    pub severity: Severity,
    /// Stable code, for example `code-unknown` or an official `L2162`.
    pub code: Cow<'static, str>,
    /// Where: `patients/P01/visits/V01/orders/3`, `line 12, field 5`, `receipt 3`.
    pub place: String,
    /// What was received and what is allowed, for a person. Never a patient's name.
    pub message: String,
    /// Legal or technical source, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Cow<'static, str>>,
}

impl Finding {
    /// A finding of any severity.
    pub fn new(severity: Severity, code: &'static str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity, code: Cow::Borrowed(code), place: place.into(), message: message.into(), basis: None }
    }

    /// 停止.
    pub fn stop(code: &'static str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Stop, code, place, message)
    }

    /// 要確認.
    pub fn confirm(code: &'static str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Confirm, code, place, message)
    }

    /// 注意.
    pub fn note(code: &'static str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, place, message)
    }

    /// The same finding with its source.
    #[must_use]
    pub fn with_basis(mut self, basis: &'static str) -> Self {
        self.basis = Some(Cow::Borrowed(basis));
        self
    }

    /// True when the finding stops a claim.
    pub const fn is_stop(&self) -> bool {
        matches!(self.severity, Severity::Stop)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Stop => "stop",
            Severity::Confirm => "confirm",
            Severity::Note => "note",
        };
        write!(f, "{severity:<7} {} {}: {}", self.code, self.place, self.message)
    }
}
