//! What came of asking a module.

use std::fmt;

/// Why there is no result.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ModuleError {
    /// The module answered: the month contradicts itself. Asking again changes nothing.
    #[error("the module refused the month: {0}")]
    Refused(calculation::Problem),
    /// There is no answer to rely on.
    #[error("the module is not available: {reason}")]
    Unavailable {
        /// Why.
        reason: Reason,
    },
}

impl From<Reason> for ModuleError {
    fn from(reason: Reason) -> Self {
        Self::Unavailable { reason }
    }
}

/// Why there is no answer to rely on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// It failed so often lately that it is not asked for a while.
    BreakerOpen,
    /// As many calls as are allowed are under way.
    Busy,
    /// Nothing listens there.
    ConnectionRefused,
    /// No connection for another reason: no such host, no route.
    NoConnection,
    /// Certificates of one side do not satisfy the other.
    Tls,
    /// No whole answer within the deadline.
    Timeout,
    /// The connection ended before the answer did.
    Cut,
    /// The answer is larger than a month can be.
    AnswerTooLarge,
    /// The answer is not of the contract's form.
    AnswerMalformed,
    /// The answer is of the contract's form, but not to what was asked.
    AnswerOfAnother,
    /// An HTTP status the contract knows no result for.
    Status(u16),
}

impl Reason {
    /// Whether it speaks of the module as a whole, not of one request: counted by the breaker.
    pub const fn is_outage(self) -> bool {
        match self {
            Self::BreakerOpen | Self::Busy | Self::AnswerOfAnother => false,
            Self::Status(status) => status >= 500 || status == 429,
            _ => true,
        }
    }

    /// Whether another attempt at once may succeed.
    pub(crate) const fn is_passing(self) -> bool {
        match self {
            Self::ConnectionRefused | Self::NoConnection | Self::Cut => true,
            Self::Status(status) => matches!(status, 500 | 502 | 503 | 504),
            _ => false,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::BreakerOpen => "breaker-open",
            Self::Busy => "busy",
            Self::ConnectionRefused => "connection-refused",
            Self::NoConnection => "no-connection",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Cut => "cut",
            Self::AnswerTooLarge => "answer-too-large",
            Self::AnswerMalformed => "answer-malformed",
            Self::AnswerOfAnother => "answer-of-another",
            Self::Status(status) => return write!(f, "status-{status}"),
        };
        f.write_str(word)
    }
}
