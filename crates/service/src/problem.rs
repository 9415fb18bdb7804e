//! The one table of errors: code, HTTP status, Japanese and English text.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::StoreError;

macro_rules! problems {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $japanese:literal, $english:literal;)+) => {
        /// Code of a public problem.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum ProblemCode { $($(#[$doc])* #[doc = $english] $variant,)+ }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// Title in Japanese.
            pub const fn japanese(self) -> &'static str {
                match self { $(Self::$variant => $japanese,)+ }
            }

            /// Title in English.
            pub const fn english(self) -> &'static str {
                match self { $(Self::$variant => $english,)+ }
            }
        }
    };
}

problems! {
    BadRequest = "bad-request", 400, "要求の形式が正しくありません", "the request is not of its form";
    KeyMissing = "idempotency-key-missing", 400, "Idempotency-Key ヘッダーが必要です", "the header Idempotency-Key is missing";
    Unauthenticated = "unauthenticated", 401, "ログインしていないか、期限が切れています", "no session or token, or it has ended";
    SecondFactorRequired = "second-factor-required", 401, "二要素目の認証が必要です", "the second factor is still to be given";
    LoginRefused = "login-refused", 401, "ログインできません。入力を確かめてください", "the login was refused";
    SessionLocked = "session-locked", 401, "画面がロックされています。パスワードを入力してください", "the session is locked";
    Forbidden = "forbidden", 403, "この操作の権限がありません", "the permission is missing";
    SecondPerson = "second-person", 403, "別の担当者が行ってください", "another person must do it";
    CrossSite = "cross-site", 403, "他のサイトからの要求は受け付けません", "a request from another site is refused";
    NotFound = "not-found", 404, "見つかりません", "nothing of this clinic has this id";
    MethodNotAllowed = "method-not-allowed", 405, "このメソッドは使えません", "the path does not know this method";
    Duplicate = "duplicate", 409, "すでに登録されています", "it is on record already";
    PatientDuplicate = "patient-duplicate", 409, "同じ患者がすでに登録されている可能性があります", "a patient with the same name or number is on record";
    VisitDuplicate = "visit-duplicate", 409, "同じ受診がすでに登録されています", "the visit is on record";
    RevisionReuse = "revision-reuse", 409, "同じ版が別の内容で届いています", "the revision is on record with another content";
    KeyReuse = "idempotency-key-reuse", 409, "同じキーが別の内容で使われています", "the idempotency key was used with another body";
    KeyInProgress = "idempotency-in-progress", 409, "最初の要求を処理中です", "the first request with this key is still running";
    StateConflict = "state-conflict", 409, "いまの状態ではこの操作はできません", "the present state does not allow it";
    DayClosed = "day-closed", 409, "締め済みの日です。医事主任が締めを解除してください", "the business day is closed";
    VersionConflict = "version-conflict", 412, "ほかの人が先に変更しました。内容を確かめてください", "somebody else changed it first";
    TooLarge = "too-large", 413, "大きすぎます", "the body or a list is too large";
    MediaType = "unsupported-media-type", 415, "Content-Type は application/json にしてください", "the body must be application/json";
    Invalid = "invalid", 422, "入力に誤りがあります", "a value is not allowed";
    MustConfirm = "must-confirm", 422, "確認が必要です", "a person must confirm it with a reason";
    ReasonMissing = "reason-missing", 422, "理由を入力してください", "a reason is needed";
    AmountWrong = "amount-wrong", 422, "金額が合いません", "the amount does not fit";
    CalculationRefused = "calculation-refused", 422, "算定できません", "the calculation module refused the month";
    VisitLocked = "visit-locked", 423, "窓口で会計中です", "the desk works on this visit";
    VersionMissing = "version-missing", 428, "If-Match ヘッダーが必要です", "the header If-Match is missing";
    TooMany = "too-many-requests", 429, "要求が多すぎます。しばらくお待ちください", "too many requests";
    Internal = "internal", 500, "内部エラーが起きました", "an internal error";
    ModuleUnavailable = "module-unavailable", 503, "共通算定モジュールに接続できません", "the calculation module does not answer";
    Unavailable = "unavailable", 503, "ただいま利用できません。しばらくお待ちください", "the service does not answer at the moment";
}

/// One wrong field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// JSON Pointer into the body, or `?name` for a query field.
    pub pointer: String,
    /// Stable code.
    pub code: String,
    /// What was received and what is allowed, for a person.
    pub message: String,
}

/// Why something was not done. Carries no personal data beyond what the caller sent.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("{}: {}", code.as_str(), detail.as_deref().unwrap_or(code.english()))]
pub struct Problem {
    /// Which.
    pub code: ProblemCode,
    /// More, for the operator of the caller's screen.
    pub detail: Option<String>,
    /// Wrong fields.
    pub errors: Vec<FieldError>,
    /// Further members of the problem document.
    pub more: Map<String, Value>,
    /// What may be done about it before it leaves the service.
    pub(crate) remedy: Remedy,
}

/// What may be done about a problem before it leaves the service.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) enum Remedy {
    /// Nothing.
    #[default]
    None,
    /// Two transactions stood in each other's way: run the use case again.
    Retry,
    /// Ask a calculation module this request, then run the use case again.
    Ask(Box<calculation::Request>),
}

impl Problem {
    /// A problem.
    pub fn new(code: ProblemCode) -> Self {
        Self { code, detail: None, errors: Vec::new(), more: Map::new(), remedy: Remedy::None }
    }

    /// The same with more about it, in Japanese.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same with a wrong field.
    #[must_use]
    pub fn field(mut self, pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        self.errors.push(FieldError { pointer: pointer.into(), code: code.to_owned(), message: message.into() });
        self
    }

    /// The same with a further member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// `invalid` with one wrong field.
    pub fn invalid(pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        Self::new(ProblemCode::Invalid).field(pointer, code, message)
    }

    /// Trying the same again later may do it.
    pub const fn is_passing(&self) -> bool {
        matches!(self.code, ProblemCode::Unavailable | ProblemCode::ModuleUnavailable | ProblemCode::KeyInProgress)
    }
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        Self::new(code)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Unavailable | StoreError::Timeout | StoreError::Retry => ProblemCode::Unavailable,
            StoreError::NotFound { .. } => ProblemCode::NotFound,
            StoreError::Conflict { .. } => ProblemCode::VersionConflict,
            StoreError::Duplicate { .. } => ProblemCode::Duplicate,
            StoreError::Violation { .. } | StoreError::Content { .. } => ProblemCode::Invalid,
            StoreError::DayClosed { .. } => ProblemCode::DayClosed,
            StoreError::KeyReuse => ProblemCode::KeyReuse,
            StoreError::KeyInProgress => ProblemCode::KeyInProgress,
            StoreError::RevisionReuse { .. } => ProblemCode::RevisionReuse,
            StoreError::Bound { .. } => ProblemCode::TooLarge,
            StoreError::Denied
            | StoreError::Unbalanced { .. }
            | StoreError::LeaseLost
            | StoreError::PrivilegedRole { .. }
            | StoreError::Migration { .. }
            | StoreError::Other { .. } => {
                tracing::error!(%error, "The store failed: {error}");
                return Self::new(ProblemCode::Internal);
            }
        };
        let problem = Self::new(code).detail(error.to_string());
        match error {
            StoreError::Conflict { expected, found, .. } => problem.with("expected", expected).with("found", found),
            StoreError::Retry => Self { remedy: Remedy::Retry, ..problem },
            _ => problem,
        }
    }
}
