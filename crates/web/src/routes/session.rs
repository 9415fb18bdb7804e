//! Logging in, the second factor, the lock screen, one's own password and sessions.

use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service::identity::{
    self, Enrolment, Identity, Login, SecondFactor, SecondFactorCode, Token, accept_invitation, begin_enrolment,
    change_password, confirm_enrolment, give_second_factor, log_in, renew_recovery_codes, unlock_screen,
};
use service::{Permission, Problem, ProblemCode, Role, Work};
use store::identity::sessions::Session;
use store::{Secret, SessionId, UserId};

use super::NoQuery;
use crate::direct::{Access, Direct, DirectCall, Done};
use crate::{Call, Endpoint, Method, Registry, Reply, may};

pub(super) fn add(registry: &mut Registry) {
    registry.add_direct::<OpenSession>();
    registry.add_direct::<GiveSecondFactor>();
    registry.add_direct::<UnlockSession>();
    registry.add_direct::<BeginEnrolment>();
    registry.add_direct::<ConfirmEnrolment>();
    registry.add_direct::<RenewRecoveryCodes>();
    registry.add_direct::<ChangePassword>();
    registry.add_direct::<AcceptInvitation>();
    registry.add::<ReadSession>();
    registry.add::<CloseSession>();
    registry.add::<LockSession>();
    registry.add::<OwnSessions>();
    registry.add::<CloseOwnSession>();
}

/// An answer that says nothing but that it was done.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accomplished {
    /// Always true.
    pub is_done: bool,
}

impl Accomplished {
    pub(super) const fn done() -> Done<Self> {
        Done::plain(Self { is_done: true })
    }

    pub(super) const fn reply() -> Reply<Self> {
        Reply::plain(Self { is_done: true })
    }
}

/// What comes next in a login.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Next {
    /// Nothing: logged in.
    None,
    /// The code of the second factor.
    Code,
    /// The second factor is to be enrolled.
    Enrol,
}

impl From<SecondFactor> for Next {
    fn from(second_factor: SecondFactor) -> Self {
        match second_factor {
            SecondFactor::Given => Self::None,
            SecondFactor::Missing => Self::Code,
            SecondFactor::NotEnrolled => Self::Enrol,
        }
    }
}

/// A login.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LoginBody {
    /// Code of the clinic.
    clinic: String,
    /// Login of the user.
    login: String,
    /// Password.
    password: String,
    /// Why, for an emergency account.
    #[serde(default)]
    reason: Option<String>,
}

/// A session that was opened; its token is in the cookie.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OpenedSession {
    /// The session.
    session_id: SessionId,
    /// What comes next.
    next: Next,
    /// When it ends at the latest.
    #[schemars(with = "String")]
    expires_at: DateTime<Utc>,
}

struct OpenSession;

impl Direct for OpenSession {
    const PATH: &'static str = "/v1/session";
    const ID: &'static str = "openSession";
    const SUMMARY: &'static str = "Log in with clinic, login and password";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::LoginRefused, ProblemCode::ReasonMissing];
    const ACCESS: Access = Access::Open;
    type Path = ();
    type Body = LoginBody;
    type Answer = OpenedSession;

    fn run(call: &DirectCall<Self>) -> Result<Done<OpenedSession>, Problem> {
        let body = &call.body;
        let login = Login {
            clinic: body.clinic.clone(),
            login: body.login.clone(),
            password: Secret::new(body.password.clone()),
            reason: body.reason.clone(),
        };
        let opened = log_in(&call.service, &login, call.origin.clone())?;
        let answer = OpenedSession {
            session_id: opened.session,
            next: opened.second_factor.into(),
            expires_at: opened.expires_at,
        };
        Ok(Done::with_session(answer, opened.token))
    }
}

/// A code from the authenticator, or a recovery code.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct CodeBody {
    /// Six digits of the authenticator.
    #[serde(default)]
    code: Option<String>,
    /// A recovery code, used once.
    #[serde(default)]
    recovery_code: Option<String>,
}

struct GiveSecondFactor;

impl Direct for GiveSecondFactor {
    const PATH: &'static str = "/v1/session/second-factor";
    const ID: &'static str = "giveSecondFactor";
    const SUMMARY: &'static str = "Give the second factor of a session";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::LoginRefused, ProblemCode::StateConflict];
    const ACCESS: Access = Access::Session;
    type Path = ();
    type Body = CodeBody;
    type Answer = SessionView;

    fn run(call: &DirectCall<Self>) -> Result<Done<SessionView>, Problem> {
        let code = match (&call.body.code, &call.body.recovery_code) {
            (Some(code), None) => SecondFactorCode::Totp(Secret::new(code.clone())),
            (None, Some(code)) => SecondFactorCode::Recovery(Secret::new(code.clone())),
            _ => return Err(Problem::invalid("/code", "missing", "code か recoveryCode の一方を指定してください")),
        };
        let identity = give_second_factor(&call.service, call.token()?, &code, call.origin.clone())?;
        Ok(Done::plain(SessionView::of(&identity)?))
    }
}

/// A password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PasswordBody {
    /// Password.
    password: String,
}

struct UnlockSession;

impl Direct for UnlockSession {
    const PATH: &'static str = "/v1/session/unlock";
    const ID: &'static str = "unlockSession";
    const SUMMARY: &'static str = "Unlock the screen with the password";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::LoginRefused, ProblemCode::SecondFactorRequired];
    const ACCESS: Access = Access::Session;
    type Path = ();
    type Body = PasswordBody;
    type Answer = Accomplished;

    fn run(call: &DirectCall<Self>) -> Result<Done<Accomplished>, Problem> {
        let password = Secret::new(call.body.password.clone());
        unlock_screen(&call.service, call.token()?, &password, call.origin.clone())?;
        Ok(Accomplished::done())
    }
}

/// A second factor, shown once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct EnrolmentView {
    /// To be typed into an authenticator, base32.
    secret: String,
    /// The same as an `otpauth:` address for a QR code.
    address: String,
}

struct BeginEnrolment;

impl Direct for BeginEnrolment {
    const PATH: &'static str = "/v1/session/enrolment";
    const ID: &'static str = "beginEnrolment";
    const SUMMARY: &'static str = "A new second factor, shown once; it holds after its first code";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::SecondFactorRequired, ProblemCode::SessionLocked];
    const ACCESS: Access = Access::Session;
    type Path = ();
    type Body = ();
    type Answer = EnrolmentView;

    fn run(call: &DirectCall<Self>) -> Result<Done<EnrolmentView>, Problem> {
        let Enrolment { secret, address } = begin_enrolment(&call.service, call.token()?, call.origin.clone())?;
        let view = EnrolmentView { secret: secret.into_revealed(), address: address.into_revealed() };
        Ok(Done::plain(view))
    }
}

/// A code of the authenticator.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FirstCode {
    /// Six digits.
    code: String,
}

/// Recovery codes, shown once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RecoveryCodes {
    /// Each is used once.
    recovery_codes: Vec<String>,
}

impl RecoveryCodes {
    fn of(codes: Vec<Secret<String>>) -> Done<Self> {
        Done::plain(Self { recovery_codes: codes.into_iter().map(Secret::into_revealed).collect() })
    }
}

struct ConfirmEnrolment;

impl Direct for ConfirmEnrolment {
    const PATH: &'static str = "/v1/session/enrolment/confirmation";
    const ID: &'static str = "confirmEnrolment";
    const SUMMARY: &'static str = "Put a new second factor in force with its first code; answers recovery codes";
    const PROBLEMS: &'static [ProblemCode] =
        &[ProblemCode::SecondFactorRequired, ProblemCode::SessionLocked, ProblemCode::StateConflict];
    const ACCESS: Access = Access::Session;
    type Path = ();
    type Body = FirstCode;
    type Answer = RecoveryCodes;

    fn run(call: &DirectCall<Self>) -> Result<Done<RecoveryCodes>, Problem> {
        let code = Secret::new(call.body.code.clone());
        confirm_enrolment(&call.service, call.token()?, &code, call.origin.clone()).map(RecoveryCodes::of)
    }
}

struct RenewRecoveryCodes;

impl Direct for RenewRecoveryCodes {
    const PATH: &'static str = "/v1/session/recovery-codes";
    const ID: &'static str = "renewRecoveryCodes";
    const SUMMARY: &'static str = "New recovery codes in the place of the earlier ones, shown once";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::SecondFactorRequired, ProblemCode::SessionLocked];
    const ACCESS: Access = Access::Session;
    type Path = ();
    type Body = ();
    type Answer = RecoveryCodes;

    fn run(call: &DirectCall<Self>) -> Result<Done<RecoveryCodes>, Problem> {
        renew_recovery_codes(&call.service, call.token()?, call.origin.clone()).map(RecoveryCodes::of)
    }
}

/// A change of one's own password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewPassword {
    /// The password now.
    current: String,
    /// The new one.
    password: String,
}

struct ChangePassword;

impl Direct for ChangePassword {
    const PATH: &'static str = "/v1/session/password";
    const ID: &'static str = "changePassword";
    const SUMMARY: &'static str = "Change one's own password; other sessions end";
    const PROBLEMS: &'static [ProblemCode] =
        &[ProblemCode::LoginRefused, ProblemCode::SecondFactorRequired, ProblemCode::SessionLocked];
    const ACCESS: Access = Access::Session;
    type Path = ();
    type Body = NewPassword;
    type Answer = Accomplished;

    fn run(call: &DirectCall<Self>) -> Result<Done<Accomplished>, Problem> {
        let (current, new) = (Secret::new(call.body.current.clone()), Secret::new(call.body.password.clone()));
        change_password(&call.service, call.token()?, &current, &new, call.origin.clone())?;
        Ok(Accomplished::done())
    }
}

/// An invitation that is accepted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Acceptance {
    /// The token of the invitation.
    invitation: String,
    /// The new password.
    password: String,
}

struct AcceptInvitation;

impl Direct for AcceptInvitation {
    const PATH: &'static str = "/v1/invitation";
    const ID: &'static str = "acceptInvitation";
    const SUMMARY: &'static str = "Set a password with the token of an invitation";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::LoginRefused];
    const ACCESS: Access = Access::Open;
    type Path = ();
    type Body = Acceptance;
    type Answer = Accomplished;

    fn run(call: &DirectCall<Self>) -> Result<Done<Accomplished>, Problem> {
        let token = Token::parse(call.body.invitation.trim()).ok_or(ProblemCode::LoginRefused)?;
        accept_invitation(&call.service, &token, &Secret::new(call.body.password.clone()), call.origin.clone())?;
        Ok(Accomplished::done())
    }
}

/// The caller's session.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SessionView {
    /// The session.
    session_id: SessionId,
    /// The user.
    user_id: UserId,
    /// Name on screens.
    display_name: String,
    /// Roles that hold now.
    roles: Vec<Role>,
    /// What they allow.
    permissions: Vec<Permission>,
    /// What comes next in the login.
    next: Next,
    /// The screen is locked.
    is_locked: bool,
    /// An account for emergencies.
    is_break_glass: bool,
    /// Seconds without a request after which it ends.
    idle_seconds: i32,
    /// When it ends at the latest.
    #[schemars(with = "String")]
    expires_at: DateTime<Utc>,
}

impl SessionView {
    fn of(identity: &Identity) -> Result<Self, Problem> {
        let person = identity.person()?;
        Ok(Self {
            session_id: person.session,
            user_id: person.user,
            display_name: identity.name.clone(),
            roles: person.roles.clone(),
            permissions: identity.permissions.clone(),
            next: person.second_factor.into(),
            is_locked: person.is_locked,
            is_break_glass: person.is_break_glass,
            idle_seconds: person.idle_seconds,
            expires_at: person.expires_at,
        })
    }
}

struct ReadSession;

impl Endpoint for ReadSession {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/session";
    const ID: &'static str = "readSession";
    const SUMMARY: &'static str = "The caller's session, roles and permissions";
    type Permission = may::HalfLoggedIn;
    type Path = ();
    type Query = NoQuery;
    type Body = ();
    type Answer = SessionView;

    fn run(call: &Call<'_, Self>, _work: &mut Work<'_, '_>) -> Result<Reply<SessionView>, Problem> {
        Ok(Reply::plain(SessionView::of(call.caller)?))
    }
}

struct CloseSession;

impl Endpoint for CloseSession {
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/v1/session";
    const ID: &'static str = "closeSession";
    const SUMMARY: &'static str = "Log out";
    type Permission = may::HalfLoggedIn;
    type Path = ();
    type Query = NoQuery;
    type Body = ();
    type Answer = Accomplished;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<Accomplished>, Problem> {
        let person = call.caller.person()?;
        identity::close_session(work, person.user, person.session)?;
        Ok(Accomplished::reply())
    }
}

struct LockSession;

impl Endpoint for LockSession {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/session/lock";
    const ID: &'static str = "lockSession";
    const SUMMARY: &'static str = "Lock the screen";
    type Permission = may::HalfLoggedIn;
    type Path = ();
    type Query = NoQuery;
    type Body = ();
    type Answer = Accomplished;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<Accomplished>, Problem> {
        identity::lock_screen(work, call.caller)?;
        Ok(Accomplished::reply())
    }
}

/// A session.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenSessionView {
    /// Id.
    session_id: SessionId,
    /// When it was opened.
    #[schemars(with = "String")]
    created_at: DateTime<Utc>,
    /// When the newest request came, to the minute.
    #[schemars(with = "String")]
    last_seen_at: DateTime<Utc>,
    /// The screen is locked.
    is_locked: bool,
    /// From where it was opened.
    origin: Option<String>,
    /// It is the one that asks.
    is_own: bool,
}

/// Sessions.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionList {
    /// The newest first.
    sessions: Vec<OpenSessionView>,
}

impl SessionList {
    pub(super) fn of(sessions: Vec<Session>, own: Option<SessionId>) -> Self {
        let view = |session: Session| OpenSessionView {
            session_id: session.id,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            is_locked: session.locked_at.is_some(),
            is_own: Some(session.id) == own,
            origin: session.origin,
        };
        Self { sessions: sessions.into_iter().map(view).collect() }
    }
}

struct OwnSessions;

impl Endpoint for OwnSessions {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/sessions";
    const ID: &'static str = "ownSessions";
    const SUMMARY: &'static str = "The caller's open sessions";
    type Permission = may::LoggedIn;
    type Path = ();
    type Query = NoQuery;
    type Body = ();
    type Answer = SessionList;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<SessionList>, Problem> {
        let person = call.caller.person()?;
        let sessions = identity::open_sessions(work, person.user)?;
        Ok(Reply::plain(SessionList::of(sessions, Some(person.session))))
    }
}

/// A session in a path.
#[derive(Debug, Deserialize, JsonSchema)]
struct SessionPath {
    /// Id of the session.
    session: SessionId,
}

struct CloseOwnSession;

impl Endpoint for CloseOwnSession {
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/v1/sessions/{session}";
    const ID: &'static str = "closeOwnSession";
    const SUMMARY: &'static str = "End one of the caller's sessions";
    type Permission = may::LoggedIn;
    type Path = SessionPath;
    type Query = NoQuery;
    type Body = ();
    type Answer = Accomplished;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<Accomplished>, Problem> {
        let user: UserId = call.caller.person()?.user;
        identity::close_session(work, user, call.path.session)?;
        Ok(Accomplished::reply())
    }
}
