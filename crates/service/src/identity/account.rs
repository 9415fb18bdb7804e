//! Setting passwords: changing one's own, and accepting an invitation.

use store::identity::credentials;
use store::identity::invitations::{self, Invitation};
use store::identity::sessions;
use store::identity::users;
use store::{Actor, Secret, Stamp, StoreError, TenantTx, UserId, tenants};

use super::authenticate::authenticate;
use super::enrol::caller;
use super::login::{may_try, refuse};
use super::password::{self, Password};
use super::token::{Token, TokenKind};
use crate::{Problem, ProblemCode, Service, Work};

/// What a new password is held against.
struct Background {
    user: UserId,
    current: Option<Secret<String>>,
    earlier: Vec<Secret<String>>,
    names: Vec<String>,
}

fn background(tx: &mut TenantTx<'_>, id: UserId) -> Result<Background, Problem> {
    let user = users::find(tx, id)?;
    let mut names = vec![user.login, user.display_name, tenants::code(tx)?];
    match tenants::institution(tx) {
        Ok((_, institution)) => names.push(institution.name),
        Err(StoreError::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let current = credentials::find(tx, id)?.map(|credentials| credentials.password_hash);
    let earlier = credentials::password_history(tx, id, password::HISTORY)?;
    Ok(Background { user: id, current, earlier, names })
}

/// The hash of a new password, when it is allowed. Slow on purpose: outside every transaction.
fn allowed(background: &Background, new: &Secret<String>) -> Result<Secret<String>, Problem> {
    let names: Vec<&str> = background.names.iter().map(String::as_str).collect();
    let new: Password = password::check(new, &names)?;
    if background.earlier.iter().any(|hash| password::is_same(&new, hash)) {
        return Err(password::reused());
    }
    password::hash(&new)
}

/// Changes one's own password; other sessions of the user end.
///
/// # Errors
/// `login-refused` for a wrong current password (which counts as a refused login), `invalid` for a new one that is
/// not allowed, else as [`Identity::require`](super::Identity::require).
pub fn change_password(
    service: &Service,
    token: &Token,
    current: &Secret<String>,
    new: &Secret<String>,
    origin: Option<String>,
) -> Result<(), Problem> {
    let caller = caller(token, origin);
    let background = service.run(&caller, |work| {
        let identity = authenticate(work, token, None)?;
        identity.require(None)?;
        background(work.tx, identity.person()?.user)
    })?;
    let is_right = password::is_of(current, background.current.as_ref());
    // Whoever does not know the current password learns nothing of the earlier ones.
    let hash = if is_right { Some(allowed(&background, new)?) } else { None };
    let is_done = service.run(&caller, |work| {
        let identity = authenticate(work, token, None)?;
        let person = identity.person()?;
        let Some(credentials) = credentials::lock(work.tx, person.user)? else { return Ok(false) };
        let user = users::find(work.tx, person.user)?;
        let is_unchanged = Some(&credentials.password_hash) == background.current.as_ref();
        match &hash {
            Some(hash) if is_unchanged && may_try(work, &user, &credentials) => {
                credentials::set_password(work.tx, person.user, hash, work.stamp.at())?;
                sessions::revoke_all(work.tx, person.user, Some(person.session), work.stamp.at())?;
                work.audit("password.change", None, Some(person.user.to_string()));
                Ok(true)
            }
            _ => refuse(work, &user, &credentials, "password.refuse").map(|()| false),
        }
    })?;
    if is_done { Ok(()) } else { Err(ProblemCode::LoginRefused.into()) }
}

/// Sets the password of an invitation. A second factor is taken away when the invitation says so; every session of
/// the user ends.
///
/// # Errors
/// `login-refused` for an invitation that does not work (any more, or without its confirmation), `invalid` for a
/// password that is not allowed; the invitation may then be used again.
pub fn accept_invitation(
    service: &Service,
    token: &Token,
    new: &Secret<String>,
    origin: Option<String>,
) -> Result<(), Problem> {
    if token.kind != TokenKind::Invitation {
        return Err(ProblemCode::LoginRefused.into());
    }
    let caller = caller(token, origin);
    let background = service.run(&caller, |work| {
        let invitation = working(work, token)?;
        background(work.tx, invitation.user_id)
    })?;
    let hash = allowed(&background, new)?;
    service.run(&caller, |work| {
        let invitation = working(work, token)?;
        let user = background.user;
        let at = work.stamp.at();
        work.stamp = Stamp::new(at, Actor::User(user.get()));
        credentials::set_password(work.tx, user, &hash, at)?;
        if invitation.resets_second_factor {
            credentials::clear_totp(work.tx, user)?;
        }
        invitations::use_up(work.tx, invitation.id, at)?;
        sessions::revoke_all(work.tx, user, None, at)?;
        work.audit("invitation.accept", None, Some(invitation.id.to_string()));
        Ok(())
    })
}

fn working(work: &mut Work<'_, '_>, token: &Token) -> Result<Invitation, Problem> {
    let now = work.stamp.at();
    let invitation = invitations::of_token(work.tx, token.hash())?.ok_or(ProblemCode::LoginRefused)?;
    let user = users::find(work.tx, invitation.user_id)?;
    if invitation.works(now) && user.is_active(now) { Ok(invitation) } else { Err(ProblemCode::LoginRefused.into()) }
}
