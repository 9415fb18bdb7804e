//! Who holds a token: the first query of a request's transaction.

use chrono::{DateTime, TimeDelta, Utc};
use store::identity::clients;
use store::identity::sessions::{self, Change, Presented};
use store::{Actor, ClientId, Hash, SessionId, Stamp, UserId};

use super::token::{Token, TokenKind};
use crate::{Permission, Problem, ProblemCode, Role, Work};

/// The time of the newest request is written at most this often.
const SEEN_EVERY_S: i64 = 60;

/// Who calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The person, machine or operator.
    pub actor: Actor,
    /// Name on screens.
    pub name: String,
    /// What it may do once it is fully logged in.
    pub permissions: Vec<Permission>,
    /// The session of a person; none for machines and operators.
    pub person: Option<Person>,
}

/// A person's session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// Roles that hold now.
    pub roles: Vec<Role>,
    /// How far the login is.
    pub second_factor: SecondFactor,
    /// The screen is locked.
    pub is_locked: bool,
    /// The account is one for emergencies.
    pub is_break_glass: bool,
    /// When the session ends at the latest.
    pub expires_at: DateTime<Utc>,
    /// Seconds without a request after which it ends.
    pub idle_seconds: i32,
}

/// How far a login is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecondFactor {
    /// Both factors were given.
    Given,
    /// The second one is still to be given.
    Missing,
    /// The user has none yet and must enrol.
    NotEnrolled,
}

impl Identity {
    /// Refuses a login that is not complete, and one without the permission.
    ///
    /// # Errors
    /// `session-locked`, `second-factor-required`, `forbidden`.
    pub fn require(&self, permission: Option<Permission>) -> Result<(), Problem> {
        if let Some(person) = &self.person {
            if person.second_factor != SecondFactor::Given {
                let next = if person.second_factor == SecondFactor::Missing { "code" } else { "enrol" };
                return Err(Problem::new(ProblemCode::SecondFactorRequired).with("next", next));
            }
            if person.is_locked {
                return Err(ProblemCode::SessionLocked.into());
            }
        }
        match permission {
            Some(permission) if !self.permissions.contains(&permission) => {
                Err(Problem::new(ProblemCode::Forbidden).with("permission", permission.as_str()))
            }
            _ => Ok(()),
        }
    }

    /// The person of a session.
    ///
    /// # Errors
    /// `forbidden` for a machine or an operator.
    pub fn person(&self) -> Result<&Person, Problem> {
        self.person.as_ref().ok_or_else(|| ProblemCode::Forbidden.into())
    }
}

/// Who holds the token. From here on the transaction is stamped with them.
///
/// One read by primary keys; a session's newest request is written once a minute. `certificate` is the hash of the
/// client certificate the connection showed. The caller still asks [`Identity::require`].
///
/// # Errors
/// `unauthenticated`: a token of another clinic, unknown, ended, over, or without its certificate.
pub fn authenticate(work: &mut Work<'_, '_>, token: &Token, certificate: Option<Hash>) -> Result<Identity, Problem> {
    if token.tenant != work.tx.tenant() {
        return Err(ProblemCode::Unauthenticated.into());
    }
    let identity = match token.kind {
        TokenKind::Session => person(work, token)?,
        TokenKind::Access => machine(work, token, certificate)?,
        TokenKind::Invitation => return Err(ProblemCode::Unauthenticated.into()),
    };
    work.stamp = Stamp::new(work.stamp.at(), identity.actor);
    Ok(identity)
}

fn person(work: &mut Work<'_, '_>, token: &Token) -> Result<Identity, Problem> {
    let now = work.stamp.at();
    let row = sessions::present(work.tx, token.hash(), now)?.ok_or(ProblemCode::Unauthenticated)?;
    if !is_alive(&row, now) {
        return Err(ProblemCode::Unauthenticated.into());
    }
    if now - row.last_seen_at >= TimeDelta::seconds(SEEN_EVERY_S) {
        sessions::change(work.tx, row.session_id, Change::Seen, now)?;
    }
    let roles = effective_roles(&row.confirmed_roles, &row.unconfirmed_roles);
    let person = Person {
        user: row.user_id,
        session: row.session_id,
        second_factor: match (row.is_enrolled, row.second_factor_at) {
            (_, Some(_)) => SecondFactor::Given,
            (true, None) => SecondFactor::Missing,
            (false, None) => SecondFactor::NotEnrolled,
        },
        is_locked: row.locked_at.is_some(),
        is_break_glass: row.is_break_glass,
        expires_at: row.expires_at,
        idle_seconds: row.idle_seconds,
        roles,
    };
    let permissions = permissions_of(&person.roles);
    let actor = Actor::User(row.user_id.get());
    Ok(Identity { actor, name: row.display_name, permissions, person: Some(person) })
}

fn is_alive(row: &Presented, now: DateTime<Utc>) -> bool {
    let is_idle = now - row.last_seen_at >= TimeDelta::seconds(i64::from(row.idle_seconds));
    let is_over = row.expires_at <= now || row.revoked_at.is_some();
    let is_user_gone = row.user_disabled_at.is_some() || row.user_expires_at.is_some_and(|end| end <= now);
    !(is_idle || is_over || is_user_gone)
}

/// Roles that hold: powerful ones only when a second account holder confirmed them.
pub(crate) fn effective_roles(confirmed: &[String], unconfirmed: &[String]) -> Vec<Role> {
    let confirmed = confirmed.iter().filter_map(|word| Role::parse(word));
    let plain = unconfirmed.iter().filter_map(|word| Role::parse(word)).filter(|role| !role.needs_confirmation());
    let mut roles: Vec<Role> = confirmed.chain(plain).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

fn permissions_of(roles: &[Role]) -> Vec<Permission> {
    let mut permissions: Vec<Permission> = roles.iter().flat_map(|role| role.permissions()).collect();
    permissions.sort_unstable();
    permissions.dedup();
    permissions
}

fn machine(work: &mut Work<'_, '_>, token: &Token, certificate: Option<Hash>) -> Result<Identity, Problem> {
    let row = clients::present(work.tx, token.hash(), work.stamp.at())?.ok_or(ProblemCode::Unauthenticated)?;
    if row.certificate.is_some() && row.certificate != certificate {
        return Err(ProblemCode::Unauthenticated.into());
    }
    let permissions: Vec<Permission> = row.scopes.iter().filter_map(|word| Permission::parse(word)).collect();
    Ok(Identity { actor: actor_of(row.client), name: row.name, permissions, person: None })
}

/// The actor a machine is recorded as.
pub(crate) fn actor_of(client: ClientId) -> Actor {
    Actor::Client(client.get())
}
