//! Users of a clinic and their roles.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use store::identity::invitations::Invitation;
use store::identity::roles::{self, Grant};
use store::identity::users::{self, NewUser, User};
use store::identity::{credentials, invitations};
use store::{StoreError, UserId};

use super::confirm::{self, require_an_administrator};
use super::invite::{self, Invited};
use super::login::is_word;
use super::screen::close_sessions_of;
use crate::{Problem, ProblemCode, Role, Work};

/// An emergency account ends after this time at the latest.
const BREAK_GLASS_DAYS_MAX: i64 = 366;
/// Characters of a name at most.
const NAME_CHARACTERS_MAX: usize = 100;

/// A role to be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewRole {
    /// Which.
    pub role: Role,
    /// Until when; the auditor's always ends.
    pub valid_until: Option<DateTime<Utc>>,
}

/// A user to be registered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAccount {
    /// Name at login: lower-case letters, digits, `.`, `_`, `-`.
    pub login: String,
    /// Name on screens.
    pub display_name: String,
    /// Roles. Powerful ones wait for a second account holder.
    pub roles: Vec<NewRole>,
    /// When the account ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// An account for emergencies (緊急時用): it ends, and every use is told.
    pub is_break_glass: bool,
}

/// A role of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldRole {
    /// Which.
    pub role: Role,
    /// It holds; otherwise it waits for a second account holder.
    pub is_effective: bool,
    /// Who gave it.
    pub granted_by: String,
    /// Who confirmed it.
    pub confirmed_by: Option<String>,
    /// Until when.
    pub valid_until: Option<DateTime<Utc>>,
}

/// A user as an administrator sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserView {
    /// The account.
    pub user: User,
    /// Roles held or waiting.
    pub roles: Vec<HeldRole>,
    /// A password is set.
    pub has_password: bool,
    /// A second factor is enrolled.
    pub is_enrolled: bool,
    /// Until when logins are refused after wrong attempts.
    pub locked_until: Option<DateTime<Utc>>,
}

/// Registers a user and invites it to set a password.
///
/// # Errors
/// `duplicate` for a taken login, `invalid` with the field.
pub fn create_user(work: &mut Work<'_, '_>, new: &NewAccount) -> Result<(UserId, Invited), Problem> {
    check(work, new)?;
    let id = insert(work, new)?;
    for role in &new.roles {
        give(work, id, *role, None)?;
    }
    // Nobody holds anything yet whom the invitation could take over from: powerful roles wait by themselves.
    let invited = invite::make(work, id, false, false)?;
    Ok((id, invited))
}

pub(crate) fn check(work: &Work<'_, '_>, new: &NewAccount) -> Result<(), Problem> {
    let now = work.stamp.at();
    if !is_word(&new.login) {
        return Err(Problem::invalid("/login", "not-allowed", "ログイン名は半角英小文字・数字・._- の64文字以内です"));
    }
    let length = new.display_name.trim().chars().count();
    if length == 0 || length > NAME_CHARACTERS_MAX {
        return Err(Problem::invalid("/displayName", "not-allowed", "表示名は1～100文字です"));
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(Problem::invalid("/expiresAt", "past", "終了日時は現在より後にしてください"));
    }
    let latest = now + TimeDelta::days(BREAK_GLASS_DAYS_MAX);
    if new.is_break_glass && new.expires_at.is_none_or(|end| end > latest) {
        return Err(Problem::invalid("/expiresAt", "missing", "緊急時用アカウントには1年以内の終了日時が必要です"));
    }
    let mut roles: Vec<Role> = new.roles.iter().map(|role| role.role).collect();
    roles.sort_unstable();
    if roles.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(Problem::invalid("/roles", "duplicate", "同じ役割が二度あります"));
    }
    new.roles.iter().try_for_each(|role| check_end(work, *role))
}

fn check_end(work: &Work<'_, '_>, role: NewRole) -> Result<(), Problem> {
    let is_past = role.valid_until.is_some_and(|end| end <= work.stamp.at());
    let is_missing = role.role.needs_end() && role.valid_until.is_none();
    if is_past || is_missing {
        return Err(Problem::invalid("/validUntil", "not-allowed", "役割の終了日時を現在より後で指定してください"));
    }
    Ok(())
}

/// Registers the account.
pub(crate) fn insert(work: &mut Work<'_, '_>, new: &NewAccount) -> Result<UserId, Problem> {
    let id = UserId::new();
    let row = NewUser {
        id,
        login: &new.login,
        display_name: new.display_name.trim(),
        is_break_glass: new.is_break_glass,
        expires_at: new.expires_at,
    };
    users::insert(work.tx, &row, &work.stamp)?;
    let after = json!({ "login": new.login, "isBreakGlass": new.is_break_glass, "expiresAt": new.expires_at });
    work.audit_change("user.create", None, Some(id.to_string()), None, Some(after));
    Ok(id)
}

/// Gives a role.
pub(crate) fn give(
    work: &mut Work<'_, '_>,
    user: UserId,
    role: NewRole,
    confirmed_by: Option<&str>,
) -> Result<(), Problem> {
    roles::grant(work.tx, user, role.role.as_str(), role.valid_until, confirmed_by, &work.stamp)?;
    let after = json!({ "role": role.role, "validUntil": role.valid_until, "confirmedBy": confirmed_by });
    work.audit_change("role.grant", None, Some(user.to_string()), None, Some(after));
    Ok(())
}

/// Gives a role. A powerful one waits for a second account holder.
///
/// # Errors
/// `duplicate` when the user holds it, `forbidden` for oneself, `invalid`, `reason-missing`.
pub fn grant_role(work: &mut Work<'_, '_>, user: UserId, role: NewRole, reason: &str) -> Result<(), Problem> {
    work.stamp = work.because(reason)?;
    check_end(work, role)?;
    users::find(work.tx, user)?;
    if confirm::is_actor(work, user) {
        return Err(Problem::new(ProblemCode::Forbidden).detail("自分に役割は付けられません"));
    }
    let held = roles::held(work.tx, Some(&[user]), work.stamp.at())?;
    if held.iter().any(|grant| grant.role == role.role.as_str()) {
        return Err(ProblemCode::Duplicate.into());
    }
    give(work, user, role, None)
}

/// Takes a role away, also one that waits. The last administrator stays.
///
/// # Errors
/// `not-found`, `state-conflict` for the last administrator, `reason-missing`.
pub fn revoke_role(work: &mut Work<'_, '_>, user: UserId, role: Role, reason: &str) -> Result<(), Problem> {
    work.stamp = work.because(reason)?;
    let held = roles::held(work.tx, Some(&[user]), work.stamp.at())?;
    if !held.iter().any(|grant| grant.role == role.as_str()) {
        return Err(ProblemCode::NotFound.into());
    }
    roles::revoke(work.tx, user, role.as_str(), &work.stamp)?;
    if role == Role::Administrator && confirm::roles_of(&held).contains(&role) {
        require_an_administrator(work)?;
    }
    work.audit_change("role.revoke", None, Some(user.to_string()), Some(json!({ "role": role })), None);
    Ok(())
}

/// Disables a user, whose sessions and invitations end; or lets it log in again.
///
/// # Errors
/// `not-found`, `state-conflict` for the last administrator, `reason-missing`.
pub fn set_user_disabled(
    work: &mut Work<'_, '_>,
    user: UserId,
    is_disabled: bool,
    reason: &str,
) -> Result<(), Problem> {
    work.stamp = work.because(reason)?;
    let at = work.stamp.at();
    let before = users::find(work.tx, user)?;
    if before.disabled_at.is_some() == is_disabled {
        return Ok(());
    }
    users::set_disabled(work.tx, user, is_disabled.then_some(at))?;
    let was_administrator = {
        let held = roles::held(work.tx, Some(&[user]), at)?;
        confirm::roles_of(&held).contains(&Role::Administrator)
    };
    if is_disabled {
        if was_administrator {
            require_an_administrator(work)?;
        }
        close_sessions_of(work, user, None)?;
        invitations::revoke_all(work.tx, user, at)?;
    }
    let action = if is_disabled { "user.disable" } else { "user.enable" };
    work.audit(action, None, Some(user.to_string()));
    Ok(())
}

/// Users by login, behind `after`, with their roles.
///
/// # Errors
/// When the database cannot be asked.
pub fn list_users(work: &mut Work<'_, '_>, after: Option<&str>, limit: i64) -> Result<Vec<UserView>, Problem> {
    let now = work.stamp.at();
    let list = users::list(work.tx, after, limit)?;
    let ids: Vec<UserId> = list.iter().map(|user| user.id).collect();
    let held = roles::held(work.tx, Some(&ids), now)?;
    let known = credentials::states(work.tx, &ids)?;
    let view = |user: User| {
        let state = known.iter().find(|state| state.user_id == user.id);
        let roles = held.iter().filter(|grant| grant.user_id == user.id).filter_map(held_role).collect();
        UserView {
            roles,
            has_password: state.is_some(),
            is_enrolled: state.is_some_and(|state| state.is_enrolled),
            locked_until: state.and_then(|state| state.locked_until).filter(|until| *until > now),
            user,
        }
    };
    Ok(list.into_iter().map(view).collect())
}

fn held_role(grant: &Grant) -> Option<HeldRole> {
    let role = Role::parse(&grant.role)?;
    Some(HeldRole {
        role,
        is_effective: !role.needs_confirmation() || grant.confirmed_by.is_some(),
        granted_by: grant.granted_by.clone(),
        confirmed_by: grant.confirmed_by.clone(),
        valid_until: grant.valid_until,
    })
}

/// Invitations that are open, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub fn pending_invitations(work: &mut Work<'_, '_>) -> Result<Vec<Invitation>, Problem> {
    invitations::open(work.tx, work.stamp.at()).map_err(|error: StoreError| error.into())
}
