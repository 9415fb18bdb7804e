//! Logging in: password, then the second factor.
//!
//! Whatever is wrong, the answer is the same `login-refused` after the same work. Refused attempts are counted for
//! accounts that exist; from the fifth on the account is locked for a time that doubles.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use store::identity::credentials::{self, Credentials};
use store::identity::sessions::{self, Change, NewSession};
use store::identity::settings;
use store::identity::users::{self, User};
use store::{Actor, Secret, SessionId, TenantId, UserId};

use super::authenticate::{Identity, SecondFactor, authenticate};
use super::token::{Token, TokenKind};
use super::totp::{self, SecondFactorCode};
use super::{enrol, password};
use crate::{Caller, Problem, ProblemCode, Service, Work};

/// Refused attempts in a row from which on an account is locked.
const FAILURES_UNTIL_LOCK: i32 = 5;
/// The first lock-out lasts this long; each further refused attempt doubles it.
const LOCK_FIRST_MINUTES: i64 = 1;
/// No lock-out is longer.
const LOCK_MINUTES_MAX: i64 = 60;
/// Sessions of a user at once; a further login ends the oldest.
const SESSIONS_MAX: usize = 20;
/// Ended sessions are removed after this time.
const ENDED_KEPT_DAYS: i64 = 30;
/// Ended sessions removed by one login at most.
const REMOVED_PER_LOGIN: i64 = 100;

/// What a person types to log in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Login {
    /// Code of the clinic.
    pub clinic: String,
    /// Login of the user.
    pub login: String,
    /// Password.
    pub password: Secret<String>,
    /// Why, for an emergency account.
    pub reason: Option<String>,
}

/// A session that was opened; the token is shown once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// The token.
    pub token: Token,
    /// The session.
    pub session: SessionId,
    /// The user.
    pub user: UserId,
    /// What comes next.
    pub second_factor: SecondFactor,
    /// When the session ends at the latest.
    pub expires_at: DateTime<Utc>,
}

/// What the password is checked against.
struct Known {
    user: UserId,
    hash: Secret<String>,
}

/// Opens a session with a password. Until the second factor is given, it opens nothing else.
///
/// # Errors
/// `login-refused` for whatever is wrong; `reason-missing` for an emergency account without a reason.
pub fn log_in(service: &Service, login: &Login, origin: Option<String>) -> Result<Opened, Problem> {
    let tenant = if is_word(&login.clinic) { service.database().tenant_of_code(&login.clinic)? } else { None };
    let known = match tenant {
        Some(tenant) if is_word(&login.login) => known(service, tenant, &login.login)?,
        _ => None,
    };
    let is_right = password::is_of(&login.password, known.as_ref().map(|known| &known.hash));
    let tenant = tenant.ok_or(ProblemCode::LoginRefused)?;
    let actor = known.as_ref().map_or(Actor::System("login"), |known| Actor::User(known.user.get()));
    let caller = Caller { tenant, actor, origin };
    let opened = service.run(&caller, |work| match &known {
        Some(known) => settle(work, known, is_right, login.reason.as_deref(), caller.origin.as_deref()),
        None => {
            // What was typed is not kept: it may be a password in the wrong field.
            work.audit("session.refuse", None, None);
            Ok(None)
        }
    })?;
    opened.ok_or_else(|| ProblemCode::LoginRefused.into())
}

/// Words a code or a login may be; anything else is not looked up.
pub(crate) fn is_word(text: &str) -> bool {
    let is_of = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    !text.is_empty() && text.len() <= 64 && text.chars().all(is_of)
}

fn known(service: &Service, tenant: TenantId, login: &str) -> Result<Option<Known>, Problem> {
    service.database().in_tenant(tenant, |tx| {
        let Some(user) = users::find_by_login(tx, login)? else { return Ok(None) };
        let credentials = credentials::find(tx, user.id)?;
        Ok(credentials.map(|credentials| Known { user: user.id, hash: credentials.password_hash }))
    })
}

/// Decides on the password and writes what came of it.
fn settle(
    work: &mut Work<'_, '_>,
    known: &Known,
    is_right: bool,
    reason: Option<&str>,
    origin: Option<&str>,
) -> Result<Option<Opened>, Problem> {
    let Some(credentials) = credentials::lock(work.tx, known.user)? else { return Ok(None) };
    let user = users::find(work.tx, known.user)?;
    let is_same = credentials.password_hash == known.hash;
    if !(is_right && is_same && may_try(work, &user, &credentials)) {
        refuse(work, &user, &credentials, "session.refuse")?;
        return Ok(None);
    }
    if user.is_break_glass {
        work.stamp = work.because(reason.unwrap_or_default())?;
        let end = user.expires_at.map(|end| end.to_rfc3339());
        work.audit_change("account.break_glass", None, Some(user.id.to_string()), None, Some(json!({ "end": end })));
        work.tell("account.break_glass", user.id.to_string(), json!({ "userId": user.id, "until": end }));
    }
    let second_factor = if credentials.totp.is_some() { SecondFactor::Missing } else { SecondFactor::NotEnrolled };
    if second_factor == SecondFactor::NotEnrolled {
        credentials::record_failures(work.tx, user.id, 0, None)?;
    }
    open(work, &user, second_factor, origin).map(Some)
}

/// True when the account takes a login now.
pub(crate) fn may_try(work: &Work<'_, '_>, user: &User, credentials: &Credentials) -> bool {
    let now = work.stamp.at();
    user.is_active(now) && credentials.locked_until.is_none_or(|until| until <= now)
}

/// Counts a refused attempt and locks the account from the fifth on. Attempts during a lock-out do not count:
/// otherwise anybody could keep an account locked for good.
pub(crate) fn refuse(
    work: &mut Work<'_, '_>,
    user: &User,
    credentials: &Credentials,
    action: &str,
) -> Result<(), Problem> {
    let now = work.stamp.at();
    let is_locked = credentials.locked_until.is_some_and(|until| until > now);
    if !is_locked {
        let (count, until) = after_failure(credentials.failed_count, now);
        credentials::record_failures(work.tx, user.id, count, until)?;
    }
    work.audit_change(action, None, Some(user.id.to_string()), None, Some(json!({ "isLocked": is_locked })));
    Ok(())
}

/// Refused attempts in a row after one more, and until when the account is locked.
pub(crate) fn after_failure(before: i32, now: DateTime<Utc>) -> (i32, Option<DateTime<Utc>>) {
    let count = before.saturating_add(1);
    if count < FAILURES_UNTIL_LOCK {
        return (count, None);
    }
    let doublings = u32::try_from(count - FAILURES_UNTIL_LOCK).unwrap_or(u32::MAX).min(10);
    let minutes = (LOCK_FIRST_MINUTES << doublings).min(LOCK_MINUTES_MAX);
    (count, Some(now + TimeDelta::minutes(minutes)))
}

fn open(
    work: &mut Work<'_, '_>,
    user: &User,
    second_factor: SecondFactor,
    origin: Option<&str>,
) -> Result<Opened, Problem> {
    let now = work.stamp.at();
    let chosen = settings::current(work.tx)?;
    let latest = now + TimeDelta::hours(i64::from(chosen.session_hours));
    let expires_at = user.expires_at.map_or(latest, |end| end.min(latest));
    sessions::remove_ended(work.tx, now - TimeDelta::days(ENDED_KEPT_DAYS), REMOVED_PER_LOGIN)?;
    for oldest in sessions::open(work.tx, user.id, now)?.iter().skip(SESSIONS_MAX - 1) {
        sessions::change(work.tx, oldest.id, Change::Revoked, now)?;
    }
    let token = Token::new(work.tx.tenant(), TokenKind::Session)?;
    let session = SessionId::new();
    let new = NewSession {
        id: session,
        token: token.hash(),
        user: user.id,
        at: now,
        expires_at,
        idle_seconds: chosen.session_idle_minutes.saturating_mul(60),
        origin,
    };
    sessions::insert(work.tx, &new)?;
    work.audit("session.open", None, Some(session.to_string()));
    Ok(Opened { token, session, user: user.id, second_factor, expires_at })
}

/// Gives the second factor of a session.
///
/// # Errors
/// `login-refused` for a wrong or used code and during a lock-out, `state-conflict` before enrolment,
/// `unauthenticated`.
pub fn give_second_factor(
    service: &Service,
    token: &Token,
    code: &SecondFactorCode,
    origin: Option<String>,
) -> Result<Identity, Problem> {
    let caller = Caller { tenant: token.tenant, actor: Actor::System("login"), origin };
    let given = service.run(&caller, |work| {
        let mut identity = authenticate(work, token, None)?;
        let person = identity.person()?.clone();
        let Some(credentials) = credentials::lock(work.tx, person.user)? else { return Ok(None) };
        let Some(sealed) = credentials.totp.as_deref() else { return Err(ProblemCode::StateConflict.into()) };
        let user = users::find(work.tx, person.user)?;
        let is_right = may_try(work, &user, &credentials) && is_right(service, work, person.user, sealed, code)?;
        if !is_right {
            refuse(work, &user, &credentials, "second_factor.refuse")?;
            return Ok(None);
        }
        credentials::record_failures(work.tx, person.user, 0, None)?;
        sessions::change(work.tx, person.session, Change::SecondFactor, work.stamp.at())?;
        let action = match code {
            SecondFactorCode::Totp(_) => "second_factor.give",
            SecondFactorCode::Recovery(_) => "second_factor.recover",
        };
        work.audit(action, None, Some(person.session.to_string()));
        identity.person = Some(super::Person { second_factor: SecondFactor::Given, ..person });
        Ok(Some(identity))
    })?;
    given.ok_or_else(|| ProblemCode::LoginRefused.into())
}

/// Checks a code and uses it up.
fn is_right(
    service: &Service,
    work: &mut Work<'_, '_>,
    user: UserId,
    sealed: &[u8],
    code: &SecondFactorCode,
) -> Result<bool, Problem> {
    let context = enrol::context(work.tx.tenant(), user);
    let now = work.stamp.at();
    match code {
        SecondFactorCode::Totp(code) => {
            let secret = service.keyring()?.open(&context, sealed).ok_or_else(enrol::unreadable)?;
            match totp::matching_step(&secret, code, now) {
                Some(step) => Ok(credentials::use_totp_step(work.tx, user, step)?),
                None => Ok(false),
            }
        }
        SecondFactorCode::Recovery(code) => match totp::typed_recovery_hash(&context, code) {
            Some(hash) => Ok(credentials::use_recovery_code(work.tx, user, hash, now)?),
            None => Ok(false),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_out_doubles_up_to_an_hour() {
        let now = DateTime::UNIX_EPOCH;
        let minutes = |before| after_failure(before, now).1.map(|until| (until - now).num_minutes());
        assert_eq!(
            [0, 3, 4, 5, 6, 9, 10, 11, 1_000].map(minutes),
            [None, None, Some(1), Some(2), Some(4), Some(32), Some(60), Some(60), Some(60)]
        );
        assert_eq!(after_failure(i32::MAX, now).0, i32::MAX);
    }

    #[test]
    fn what_no_code_can_be_is_not_looked_up() {
        assert!(is_word("clinic-a") && is_word("hanako.s_1"));
        for text in ["", "Clinic", "a\0b", "クリニック", "a b", &"a".repeat(65)] {
            assert!(!is_word(text), "{text}");
        }
    }
}
