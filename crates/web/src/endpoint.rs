//! A route as a type: method, path, permission, what comes, what is answered, what is done.

use actix_web::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use service::identity::Identity;
use service::{Permission, Problem, ProblemCode, Work};
use store::Actor;
use store::visits::DESK;

use crate::State;

/// HTTP method of a route.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or does; needs an `Idempotency-Key`.
    Post,
    /// Replaces; needs an `Idempotency-Key`.
    Put,
    /// Changes; needs an `Idempotency-Key`.
    Patch,
    /// Withdraws; needs an `Idempotency-Key`.
    Delete,
}

impl Method {
    /// As written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// True when it changes something.
    pub const fn is_mutation(self) -> bool {
        !matches!(self, Self::Get)
    }
}

/// Who may call a route, as a type in its signature.
pub trait Permit: 'static {
    /// The permission; none = whoever is logged in.
    const PERMISSION: Option<Permission>;
    /// False for what a login needs before its second factor is given, and behind a locked screen.
    const NEEDS_WHOLE_LOGIN: bool = true;
}

/// Permits, one type for each permission.
pub mod may {
    use super::{Permission, Permit};

    macro_rules! permits {
        ($($name:ident,)+) => {
            $(
                /// Callers with this permission.
                #[derive(Debug)]
                pub enum $name {}
                impl Permit for $name {
                    const PERMISSION: Option<Permission> = Some(Permission::$name);
                }
            )+
        };
    }

    permits! {
        PatientRead, PatientWrite, InsuranceWrite, DiagnosisWrite, ReceptionRead, ReceptionWrite, OrderRead,
        OrderWrite, BillRead, BillWrite, BillCorrect, PaymentWrite, Refund, Print, CloseShift, CloseDay,
        WriteOffRequest, WriteOffApprove, CheckRule, ClaimWrite, ClaimApprove, ReportAll, MasterRead, MasterWrite,
        AccountWrite, AuditRead, EventRead,
    }

    /// Whoever is logged in.
    #[derive(Debug)]
    pub enum LoggedIn {}
    impl Permit for LoggedIn {
        const PERMISSION: Option<Permission> = None;
    }

    /// Whoever gave a password, whole login or not.
    #[derive(Debug)]
    pub enum HalfLoggedIn {}
    impl Permit for HalfLoggedIn {
        const PERMISSION: Option<Permission> = None;
        const NEEDS_WHOLE_LOGIN: bool = false;
    }
}

/// A route of the JSON API.
pub trait Endpoint: 'static + Sized {
    /// Method.
    const METHOD: Method;
    /// Path with `{names}`.
    const PATH: &'static str;
    /// Id of the operation, camelCase.
    const ID: &'static str;
    /// One line about it.
    const SUMMARY: &'static str;
    /// Status of success.
    const STATUS: StatusCode = StatusCode::OK;
    /// The caller must say in `If-Match` which version it changes.
    const NEEDS_VERSION: bool = false;
    /// Problems of its own, beside those of every route.
    const PROBLEMS: &'static [ProblemCode] = &[];
    /// Who may call it.
    type Permission: Permit;
    /// Names in the path.
    type Path: DeserializeOwned + JsonSchema + Send + Sync;
    /// Names behind the question mark.
    type Query: DeserializeOwned + JsonSchema + Send + Sync;
    /// The body; `()` = none.
    type Body: DeserializeOwned + JsonSchema + Send + Sync;
    /// The answer.
    type Answer: Serialize + JsonSchema;

    /// Does it, inside the transaction of `work`. It may run more than once.
    ///
    /// # Errors
    /// Why not; then nothing stays.
    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<Self::Answer>, Problem>;
}

/// What came.
pub struct Call<'a, E: Endpoint> {
    /// What every route may use.
    pub state: &'a State,
    /// Who calls.
    pub caller: &'a Identity,
    /// Names in the path.
    pub path: &'a E::Path,
    /// Names behind the question mark.
    pub query: &'a E::Query,
    /// The body.
    pub body: &'a E::Body,
    /// `If-Match`: the version the caller saw.
    pub(crate) if_match: Option<i32>,
}

impl<E: Endpoint> Call<'_, E> {
    /// Name of the source the caller's orders are recorded under: the machine's id, or the desk.
    pub fn source(&self) -> String {
        match self.caller.actor {
            Actor::Client(id) => id.to_string(),
            _ => DESK.to_owned(),
        }
    }

    /// The version the caller saw.
    ///
    /// # Errors
    /// `version-missing`.
    pub fn version(&self) -> Result<i32, Problem> {
        self.if_match.ok_or_else(|| ProblemCode::VersionMissing.into())
    }
}

/// What is answered.
#[derive(Debug)]
pub struct Reply<T> {
    /// The body.
    pub body: T,
    /// Version of what is answered, for `ETag`.
    pub version: Option<i32>,
}

impl<T> Reply<T> {
    /// An answer without a version.
    pub const fn plain(body: T) -> Self {
        Self { body, version: None }
    }

    /// An answer with its version.
    pub const fn versioned(body: T, version: i32) -> Self {
        Self { body, version: Some(version) }
    }
}
