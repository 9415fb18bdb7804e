//! Users of the clinic, their roles and invitations; the clinic's choices about sessions.

use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service::identity::{self, Invited, NewAccount, NewRole, UserView};
use service::{Permission, Problem, ProblemCode, Role, Work};
use store::identity::settings::SecuritySettings;
use store::{InvitationId, UserId};

use super::NoQuery;
use super::session::{Accomplished, SessionList};
use crate::direct::{Access, Direct, DirectCall, Done};
use crate::{Call, Endpoint, Method, Registry, Reply, may};

/// Users of a page unless told otherwise.
const PAGE: i64 = 50;

pub(super) fn add(registry: &mut Registry) {
    registry.add_direct::<CreateUser>();
    registry.add_direct::<InviteUser>();
    registry.add::<ListUsers>();
    registry.add::<GrantRole>();
    registry.add::<ConfirmRole>();
    registry.add::<RevokeRole>();
    registry.add::<DisableUser>();
    registry.add::<EnableUser>();
    registry.add::<SessionsOfUser>();
    registry.add::<CloseSessionsOfUser>();
    registry.add::<ListInvitations>();
    registry.add::<ConfirmInvitation>();
    registry.add::<ReadSecuritySettings>();
    registry.add::<ChangeSecuritySettings>();
}

/// A role to be given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RoleBody {
    /// Which.
    role: Role,
    /// Until when; the auditor's always ends.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    valid_until: Option<DateTime<Utc>>,
}

impl RoleBody {
    const fn new_role(&self) -> NewRole {
        NewRole { role: self.role, valid_until: self.valid_until }
    }
}

/// A user to be registered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewUserBody {
    /// Name at login.
    login: String,
    /// Name on screens.
    display_name: String,
    /// Roles; powerful ones wait for a second account holder.
    #[serde(default)]
    roles: Vec<RoleBody>,
    /// When the account ends.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    expires_at: Option<DateTime<Utc>>,
    /// An account for emergencies: it ends, every use is told.
    #[serde(default)]
    is_break_glass: bool,
}

/// A user with an invitation, whose token is shown once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct InvitedUser {
    /// The user.
    user_id: UserId,
    /// Id of the invitation.
    invitation_id: InvitationId,
    /// Token of the invitation.
    invitation: String,
    /// When it ends.
    #[schemars(with = "String")]
    expires_at: DateTime<Utc>,
    /// A second account holder must confirm it before it works.
    needs_confirmation: bool,
}

impl InvitedUser {
    fn of(user_id: UserId, invited: &Invited) -> Done<Self> {
        Done::plain(Self {
            user_id,
            invitation_id: invited.id,
            invitation: invited.token.reveal().to_owned(),
            expires_at: invited.expires_at,
            needs_confirmation: invited.needs_confirmation,
        })
    }
}

struct CreateUser;

impl Direct for CreateUser {
    const PATH: &'static str = "/v1/users";
    const ID: &'static str = "createUser";
    const SUMMARY: &'static str = "Register a user; answers an invitation to set a password";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::Duplicate];
    const ACCESS: Access = Access::Permission(Permission::AccountWrite);
    type Path = ();
    type Body = NewUserBody;
    type Answer = InvitedUser;

    fn run(call: &DirectCall<Self>) -> Result<Done<InvitedUser>, Problem> {
        let body = &call.body;
        let new = NewAccount {
            login: body.login.clone(),
            display_name: body.display_name.clone(),
            roles: body.roles.iter().map(RoleBody::new_role).collect(),
            expires_at: body.expires_at,
            is_break_glass: body.is_break_glass,
        };
        let (user, invited) = call.run(|work, _| identity::create_user(work, &new))?;
        Ok(InvitedUser::of(user, &invited))
    }
}

/// A user in a path.
#[derive(Debug, Deserialize, JsonSchema)]
struct UserPath {
    /// Id of the user.
    user: UserId,
}

/// An invitation to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct InvitationBody {
    /// The second factor is to be enrolled again: it was lost.
    #[serde(default)]
    resets_second_factor: bool,
    /// Why.
    reason: String,
}

struct InviteUser;

impl Direct for InviteUser {
    const PATH: &'static str = "/v1/users/{user}/invitations";
    const ID: &'static str = "inviteUser";
    const SUMMARY: &'static str = "Invite a user to set a new password, and to enrol a new second factor";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] =
        &[ProblemCode::NotFound, ProblemCode::StateConflict, ProblemCode::ReasonMissing];
    const ACCESS: Access = Access::Permission(Permission::AccountWrite);
    type Path = UserPath;
    type Body = InvitationBody;
    type Answer = InvitedUser;

    fn run(call: &DirectCall<Self>) -> Result<Done<InvitedUser>, Problem> {
        let (user, body) = (call.path.user, &call.body);
        let invited = call.run(|work, _| identity::invite(work, user, body.resets_second_factor, &body.reason))?;
        Ok(InvitedUser::of(user, &invited))
    }
}

/// A page of users.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct UserQuery {
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<String>,
    /// Users wanted, at most 200.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    limit: Option<i64>,
}

/// A role of a user.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RoleOfUser {
    /// Which.
    role: Role,
    /// It holds; otherwise it waits for a second account holder.
    is_effective: bool,
    /// Who gave it.
    granted_by: String,
    /// Who confirmed it.
    confirmed_by: Option<String>,
    /// Until when.
    #[schemars(with = "Option<String>")]
    valid_until: Option<DateTime<Utc>>,
}

/// A user.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UserLine {
    /// Id.
    user_id: UserId,
    /// Name at login.
    login: String,
    /// Name on screens.
    display_name: String,
    /// Roles held or waiting.
    roles: Vec<RoleOfUser>,
    /// An account for emergencies.
    is_break_glass: bool,
    /// When the account ends.
    #[schemars(with = "Option<String>")]
    expires_at: Option<DateTime<Utc>>,
    /// Since when nobody logs in with it.
    #[schemars(with = "Option<String>")]
    disabled_at: Option<DateTime<Utc>>,
    /// A password is set.
    has_password: bool,
    /// A second factor is enrolled.
    is_enrolled: bool,
    /// Until when logins are refused after wrong attempts.
    #[schemars(with = "Option<String>")]
    locked_until: Option<DateTime<Utc>>,
}

impl From<UserView> for UserLine {
    fn from(view: UserView) -> Self {
        let role = |held: identity::HeldRole| RoleOfUser {
            role: held.role,
            is_effective: held.is_effective,
            granted_by: held.granted_by,
            confirmed_by: held.confirmed_by,
            valid_until: held.valid_until,
        };
        Self {
            user_id: view.user.id,
            login: view.user.login,
            display_name: view.user.display_name,
            roles: view.roles.into_iter().map(role).collect(),
            is_break_glass: view.user.is_break_glass,
            expires_at: view.user.expires_at,
            disabled_at: view.user.disabled_at,
            has_password: view.has_password,
            is_enrolled: view.is_enrolled,
            locked_until: view.locked_until,
        }
    }
}

/// A page of users.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UserPage {
    /// By login.
    users: Vec<UserLine>,
    /// Where the next page begins.
    next: Option<String>,
}

struct ListUsers;

impl Endpoint for ListUsers {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/users";
    const ID: &'static str = "listUsers";
    const SUMMARY: &'static str = "Users by login, with their roles";
    type Permission = may::AccountWrite;
    type Path = ();
    type Query = UserQuery;
    type Body = ();
    type Answer = UserPage;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<UserPage>, Problem> {
        let limit = call.query.limit.unwrap_or(PAGE).clamp(1, 200);
        let users = identity::list_users(work, call.query.cursor.as_deref(), limit)?;
        let is_full = i64::try_from(users.len()).is_ok_and(|count| count == limit);
        let next = users.last().filter(|_| is_full).map(|view| view.user.login.clone());
        Ok(Reply::plain(UserPage { users: users.into_iter().map(UserLine::from).collect(), next }))
    }
}

/// A role to be given, with the reason.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct GrantBody {
    /// Which.
    role: Role,
    /// Until when; the auditor's always ends.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    valid_until: Option<DateTime<Utc>>,
    /// Why.
    reason: String,
}

/// A role of a user in a path.
#[derive(Debug, Deserialize, JsonSchema)]
struct RolePath {
    /// Id of the user.
    user: UserId,
    /// The role.
    role: Role,
}

/// Why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ReasonBody {
    /// Why.
    reason: String,
}

/// Routes of user administration that answer nothing but that it was done.
macro_rules! administration {
    ($($name:ident, $path:literal, $id:literal, $summary:literal, $path_type:ty, $body:ty, [$($problem:ident),*],
        |$call:ident, $work:ident| $run:expr;)+) => {
        $(
            struct $name;

            impl Endpoint for $name {
                const METHOD: Method = Method::Post;
                const PATH: &'static str = $path;
                const ID: &'static str = $id;
                const SUMMARY: &'static str = $summary;
                const PROBLEMS: &'static [ProblemCode] = &[$(ProblemCode::$problem),*];
                type Permission = may::AccountWrite;
                type Path = $path_type;
                type Query = NoQuery;
                type Body = $body;
                type Answer = Accomplished;

                fn run($call: &Call<'_, Self>, $work: &mut Work<'_, '_>) -> Result<Reply<Accomplished>, Problem> {
                    $run?;
                    Ok(Accomplished::reply())
                }
            }
        )+
    };
}

administration! {
    GrantRole, "/v1/users/{user}/roles", "grantRole",
        "Give a role; a powerful one waits for a second account holder",
        UserPath, GrantBody, [Duplicate, ReasonMissing], |call, work| {
            let role = NewRole { role: call.body.role, valid_until: call.body.valid_until };
            identity::grant_role(work, call.path.user, role, &call.body.reason)
        };
    RevokeRole, "/v1/users/{user}/roles/{role}/revocation", "revokeRole", "Take a role away",
        RolePath, ReasonBody, [ReasonMissing], |call, work|
            identity::revoke_role(work, call.path.user, call.path.role, &call.body.reason);
    DisableUser, "/v1/users/{user}/disablement", "disableUser", "Disable a user; its sessions end",
        UserPath, ReasonBody, [ReasonMissing], |call, work|
            identity::set_user_disabled(work, call.path.user, true, &call.body.reason);
    EnableUser, "/v1/users/{user}/enablement", "enableUser", "Let a disabled user log in again",
        UserPath, ReasonBody, [ReasonMissing], |call, work|
            identity::set_user_disabled(work, call.path.user, false, &call.body.reason);
    CloseSessionsOfUser, "/v1/users/{user}/sessions/closing", "closeSessionsOfUser", "End all sessions of a user",
        UserPath, (), [], |call, work| identity::close_sessions_of(work, call.path.user, None);
}

/// Confirmations: a director may be the second account holder and has no `account.write`; the use case looks.
struct ConfirmRole;

impl Endpoint for ConfirmRole {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/users/{user}/roles/{role}/confirmation";
    const ID: &'static str = "confirmRole";
    const SUMMARY: &'static str = "Confirm a powerful role that somebody else gave";
    type Permission = may::LoggedIn;
    type Path = RolePath;
    type Query = NoQuery;
    type Body = ();
    type Answer = Accomplished;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<Accomplished>, Problem> {
        identity::confirm_role(work, call.path.user, call.path.role)?;
        Ok(Accomplished::reply())
    }
}

/// An invitation in a path.
#[derive(Debug, Deserialize, JsonSchema)]
struct InvitationPath {
    /// Id of the invitation.
    invitation: InvitationId,
}

struct ConfirmInvitation;

impl Endpoint for ConfirmInvitation {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/invitations/{invitation}/confirmation";
    const ID: &'static str = "confirmInvitation";
    const SUMMARY: &'static str = "Confirm an invitation for a holder of a powerful role";
    type Permission = may::LoggedIn;
    type Path = InvitationPath;
    type Query = NoQuery;
    type Body = ();
    type Answer = Accomplished;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<Accomplished>, Problem> {
        identity::confirm_invitation(work, call.path.invitation)?;
        Ok(Accomplished::reply())
    }
}

struct SessionsOfUser;

impl Endpoint for SessionsOfUser {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/users/{user}/sessions";
    const ID: &'static str = "sessionsOfUser";
    const SUMMARY: &'static str = "Open sessions of a user";
    type Permission = may::AccountWrite;
    type Path = UserPath;
    type Query = NoQuery;
    type Body = ();
    type Answer = SessionList;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<SessionList>, Problem> {
        Ok(Reply::plain(SessionList::of(identity::open_sessions(work, call.path.user)?, None)))
    }
}

/// An open invitation.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct InvitationLine {
    /// Id.
    invitation_id: InvitationId,
    /// Who sets a password.
    user_id: UserId,
    /// The second factor is to be enrolled again.
    resets_second_factor: bool,
    /// A second account holder must still confirm it.
    is_waiting: bool,
    /// By whom it was made.
    created_by: String,
    /// When it ends.
    #[schemars(with = "String")]
    expires_at: DateTime<Utc>,
}

/// Open invitations.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct InvitationList {
    /// The newest first.
    invitations: Vec<InvitationLine>,
}

struct ListInvitations;

impl Endpoint for ListInvitations {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/invitations";
    const ID: &'static str = "listInvitations";
    const SUMMARY: &'static str = "Invitations that are open";
    type Permission = may::AccountWrite;
    type Path = ();
    type Query = NoQuery;
    type Body = ();
    type Answer = InvitationList;

    fn run(_call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<InvitationList>, Problem> {
        let open = identity::pending_invitations(work)?;
        let invitations = open.into_iter().map(|invitation| InvitationLine {
            invitation_id: invitation.id,
            user_id: invitation.user_id,
            resets_second_factor: invitation.resets_second_factor,
            is_waiting: invitation.needs_confirmation && invitation.confirmed_by.is_none(),
            created_by: invitation.created_by,
            expires_at: invitation.expires_at,
        });
        Ok(Reply::plain(InvitationList { invitations: invitations.collect() }))
    }
}

/// The clinic's choices about sessions and the audit trail.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SettingsView {
    /// Minutes without a request after which a session ends.
    session_idle_minutes: i32,
    /// Hours after which a session ends anyway.
    session_hours: i32,
    /// Years the audit trail is kept at least.
    audit_years: i32,
}

impl SettingsView {
    const fn of(settings: &SecuritySettings) -> Reply<Self> {
        let view = Self {
            session_idle_minutes: settings.session_idle_minutes,
            session_hours: settings.session_hours,
            audit_years: settings.audit_years,
        };
        Reply::versioned(view, settings.version)
    }
}

struct ReadSecuritySettings;

impl Endpoint for ReadSecuritySettings {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/security-settings";
    const ID: &'static str = "readSecuritySettings";
    const SUMMARY: &'static str = "Limits of sessions, years the audit trail is kept";
    type Permission = may::AccountWrite;
    type Path = ();
    type Query = NoQuery;
    type Body = ();
    type Answer = SettingsView;

    fn run(_call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<SettingsView>, Problem> {
        Ok(SettingsView::of(&identity::settings(work)?))
    }
}

/// The clinic's choices, to be changed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SettingsBody {
    /// Minutes without a request after which a session ends.
    #[schemars(range(min = 5, max = 240))]
    session_idle_minutes: i32,
    /// Hours after which a session ends anyway.
    #[schemars(range(min = 1, max = 24))]
    session_hours: i32,
    /// Years the audit trail is kept at least.
    #[schemars(range(min = 5, max = 100))]
    audit_years: i32,
    /// Why.
    reason: String,
}

struct ChangeSecuritySettings;

impl Endpoint for ChangeSecuritySettings {
    const METHOD: Method = Method::Put;
    const PATH: &'static str = "/v1/security-settings";
    const ID: &'static str = "changeSecuritySettings";
    const SUMMARY: &'static str = "Change limits of sessions and the years the audit trail is kept";
    const NEEDS_VERSION: bool = true;
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::ReasonMissing];
    type Permission = may::AccountWrite;
    type Path = ();
    type Query = NoQuery;
    type Body = SettingsBody;
    type Answer = SettingsView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<SettingsView>, Problem> {
        let new = SecuritySettings {
            version: call.version()?,
            session_idle_minutes: call.body.session_idle_minutes,
            session_hours: call.body.session_hours,
            audit_years: call.body.audit_years,
        };
        let version = identity::change_settings(work, &new, &call.body.reason)?;
        Ok(SettingsView::of(&SecuritySettings { version, ..new }))
    }
}
