//! What can go wrong, without names, numbers or values of rows: an error may be logged.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

/// Why the store did not do what was asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StoreError {
    /// PostgreSQL does not answer, or the connection broke; whether a commit happened may be unknown.
    #[error("the database does not answer")]
    Unavailable,
    /// A lock, a statement or a free connection was not had in time.
    #[error("the database did not answer in time")]
    Timeout,
    /// Two transactions stood in each other's way; the whole transaction may be tried again.
    #[error("two transactions stood in each other's way")]
    Retry,
    /// Nothing of this tenant has this id.
    #[error("{what} is not on record")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// Somebody else recorded a version first.
    #[error("{what} was changed meanwhile: version {expected} was expected, the newest is {found}")]
    Conflict {
        /// What was to be changed.
        what: &'static str,
        /// The version the caller knew; 0 = none.
        expected: i32,
        /// The newest version.
        found: i32,
    },
    /// A thing with this key exists.
    #[error("a row with this key exists (constraint {constraint})")]
    Duplicate {
        /// The unique constraint.
        constraint: String,
    },
    /// A value or reference the schema does not allow.
    #[error("a value is not allowed (constraint {constraint})")]
    Violation {
        /// The constraint.
        constraint: String,
    },
    /// Row-level security or a missing privilege refused it.
    #[error("the database refused access")]
    Denied,
    /// The sides of a ledger entry do not sum to zero.
    #[error("the postings of the entry sum to {sum_yen} yen instead of zero")]
    Unbalanced {
        /// Σ of the postings.
        sum_yen: i64,
    },
    /// The business day is closed: nothing may be booked on it.
    #[error("the business day {day} is closed")]
    DayClosed {
        /// The day.
        day: kernel::ServiceDate,
    },
    /// The same idempotency key with another body.
    #[error("the idempotency key was used with another body")]
    KeyReuse,
    /// The first request with this key is still running.
    #[error("the first request with this idempotency key is still running")]
    KeyInProgress,
    /// A revision of an order came again with another content.
    #[error("revision {revision} (edit {edit}) of the order is on record with another content")]
    RevisionReuse {
        /// Revision of the source.
        revision: i32,
        /// Edit of the desk on top of it.
        edit: i32,
    },
    /// The worker no longer holds the job.
    #[error("the lease of the job ended")]
    LeaseLost,
    /// A content that is not of its form.
    #[error("{what} is not of its form")]
    Content {
        /// What was read or given.
        what: &'static str,
    },
    /// More than a bound allows.
    #[error("{what}: {received} is more than {allowed}")]
    Bound {
        /// What is bounded.
        what: &'static str,
        /// What came.
        received: usize,
        /// The most there may be.
        allowed: usize,
    },
    /// The login could pass over row-level security.
    #[error("the database role {role} is a superuser, bypasses row security or owns tables; log in as tensu_app")]
    PrivilegedRole {
        /// The role.
        role: String,
    },
    /// The migrations of the database and of this program differ.
    #[error("the database is migrated to {found}, this program needs {expected}")]
    Migration {
        /// Newest migration of the database.
        found: String,
        /// Newest migration of the program.
        expected: String,
    },
    /// Anything else; the server's log has the text.
    #[error("the database refused the statement ({kind}, table {table})")]
    Other {
        /// Kind of error.
        kind: String,
        /// The table, if the server named one.
        table: String,
    },
}

impl StoreError {
    /// A taken key read as a version that somebody else recorded.
    pub(crate) fn into_conflict(self, what: &'static str, expected: i32) -> Self {
        match self {
            Self::Duplicate { .. } => Self::Conflict { what, expected, found: expected.saturating_add(1) },
            other => other,
        }
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::NotFound => Self::NotFound { what: "the row" },
            DieselError::DatabaseError(kind, info) => from_database(&kind, info.as_ref()),
            DieselError::BrokenTransactionManager => Self::Unavailable,
            DieselError::DeserializationError(_) | DieselError::SerializationError(_) => {
                Self::Content { what: "a value" }
            }
            DieselError::RollbackErrorOnCommit { rollback_error, .. } => Self::from(*rollback_error),
            _ => Self::Other { kind: "client".to_owned(), table: String::new() },
        }
    }
}

fn from_database(kind: &DatabaseErrorKind, info: &(dyn DatabaseErrorInformation + Send + Sync)) -> StoreError {
    let constraint = || info.constraint_name().unwrap_or_default().to_owned();
    match kind {
        DatabaseErrorKind::UniqueViolation => StoreError::Duplicate { constraint: constraint() },
        DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::CheckViolation
        | DatabaseErrorKind::NotNullViolation
        | DatabaseErrorKind::RestrictViolation
        | DatabaseErrorKind::ExclusionViolation => StoreError::Violation { constraint: constraint() },
        DatabaseErrorKind::SerializationFailure => StoreError::Retry,
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => StoreError::Unavailable,
        _ => from_message(kind, info),
    }
}

/// diesel carries no SQLSTATE; the server speaks English (`lc_messages = C`).
fn from_message(kind: &DatabaseErrorKind, info: &(dyn DatabaseErrorInformation + Send + Sync)) -> StoreError {
    const DENIED: [&str; 2] = ["permission denied", "row-level security"];
    const TIMEOUT: [&str; 2] = ["canceling statement due to", "due to lock timeout"];
    const GONE: [&str; 5] = [
        "server closed the connection",
        "terminating connection",
        "no connection to the server",
        "the database system is",
        "could not receive data",
    ];
    let message = info.message();
    let is_one_of = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    if is_one_of(&DENIED) {
        StoreError::Denied
    } else if message.contains("deadlock detected") {
        StoreError::Retry
    } else if is_one_of(&TIMEOUT) {
        StoreError::Timeout
    } else if is_one_of(&GONE) {
        StoreError::Unavailable
    } else {
        StoreError::Other { kind: format!("{kind:?}"), table: info.table_name().unwrap_or_default().to_owned() }
    }
}
