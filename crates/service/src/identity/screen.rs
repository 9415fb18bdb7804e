//! The lock screen, and ending sessions.

use serde_json::json;
use store::identity::credentials;
use store::identity::sessions::{self, Change, Session};
use store::identity::users;
use store::{Secret, SessionId, UserId};

use super::authenticate::{Identity, SecondFactor, authenticate};
use super::enrol::caller;
use super::login::{may_try, refuse};
use super::password;
use super::token::Token;
use crate::{Problem, ProblemCode, Service, Work};

/// Locks the screen of a session (離席).
///
/// # Errors
/// `forbidden` for a machine.
pub fn lock_screen(work: &mut Work<'_, '_>, identity: &Identity) -> Result<(), Problem> {
    let person = identity.person()?;
    if !person.is_locked {
        sessions::change(work.tx, person.session, Change::Locked, work.stamp.at())?;
        work.audit("session.lock", None, Some(person.session.to_string()));
    }
    Ok(())
}

/// Unlocks the screen with the password. Refused attempts count as those of a login.
///
/// # Errors
/// `login-refused`, `unauthenticated`, `second-factor-required`.
pub fn unlock_screen(
    service: &Service,
    token: &Token,
    password: &Secret<String>,
    origin: Option<String>,
) -> Result<(), Problem> {
    let caller = caller(token, origin);
    let (user, hash) = service.run(&caller, |work| {
        let identity = authenticate(work, token, None)?;
        let person = identity.person()?;
        if person.second_factor != SecondFactor::Given {
            return Err(ProblemCode::SecondFactorRequired.into());
        }
        let credentials = credentials::find(work.tx, person.user)?;
        Ok((person.user, credentials.map(|credentials| credentials.password_hash)))
    })?;
    let is_right = password::is_of(password, hash.as_ref());
    let is_open = service.run(&caller, |work| {
        let identity = authenticate(work, token, None)?;
        let person = identity.person()?;
        let Some(credentials) = credentials::lock(work.tx, user)? else { return Ok(false) };
        let account = users::find(work.tx, user)?;
        let is_unchanged = Some(&credentials.password_hash) == hash.as_ref();
        if !(is_right && is_unchanged && may_try(work, &account, &credentials)) {
            return refuse(work, &account, &credentials, "session.refuse").map(|()| false);
        }
        credentials::record_failures(work.tx, user, 0, None)?;
        sessions::change(work.tx, person.session, Change::Unlocked, work.stamp.at())?;
        work.audit("session.unlock", None, Some(person.session.to_string()));
        Ok(true)
    })?;
    if is_open { Ok(()) } else { Err(ProblemCode::LoginRefused.into()) }
}

/// Open sessions of a user, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub fn open_sessions(work: &mut Work<'_, '_>, user: UserId) -> Result<Vec<Session>, Problem> {
    Ok(sessions::open(work.tx, user, work.stamp.at())?)
}

/// Ends one session of a user.
///
/// # Errors
/// `not-found` when the user has no such session.
pub fn close_session(work: &mut Work<'_, '_>, user: UserId, session: SessionId) -> Result<(), Problem> {
    let now = work.stamp.at();
    if !sessions::open(work.tx, user, now)?.iter().any(|open| open.id == session) {
        return Err(ProblemCode::NotFound.into());
    }
    sessions::change(work.tx, session, Change::Revoked, now)?;
    work.audit("session.close", None, Some(session.to_string()));
    Ok(())
}

/// Ends all sessions of a user, but for one; answers how many.
///
/// # Errors
/// When the database cannot be asked.
pub fn close_sessions_of(work: &mut Work<'_, '_>, user: UserId, but: Option<SessionId>) -> Result<usize, Problem> {
    let count = sessions::revoke_all(work.tx, user, but, work.stamp.at())?;
    work.audit_change("session.close_all", None, Some(user.to_string()), None, Some(json!({ "count": count })));
    Ok(count)
}
