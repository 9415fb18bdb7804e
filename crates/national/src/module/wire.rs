//! What goes over the wire beside requests and responses.

use calculation::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};

/// Bytes of a request at most.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of an answer at most: a full month of 100 visits with every reason stays below.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Body of an answer that is no result (RFC 9457).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    /// `about:blank`: the code says it all.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The code in words.
    #[serde(default)]
    pub title: String,
    /// HTTP status.
    #[serde(default)]
    pub status: u16,
    /// Stable code.
    pub code: String,
    /// What was received and what is allowed.
    #[serde(default)]
    pub detail: String,
    /// Where.
    #[serde(default)]
    pub errors: Vec<ErrorPlace>,
    /// Asking again later may succeed.
    #[serde(default)]
    pub retryable: bool,
}

/// A place in the request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorPlace {
    /// JSON Pointer.
    pub pointer: String,
    /// Stable code.
    pub code: String,
}

impl ProblemBody {
    /// The problem of the contract it tells of, if it is one.
    pub(crate) fn problem(self) -> Option<Problem> {
        let code: ProblemCode = serde_json::from_value(serde_json::Value::String(self.code)).ok()?;
        let pointer = self.errors.into_iter().next().map(|place| place.pointer).unwrap_or_default();
        Some(Problem { code, pointer, detail: self.detail })
    }
}
