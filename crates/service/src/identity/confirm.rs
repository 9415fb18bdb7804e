//! The two-person rule (二人承認): what gives power over a clinic needs a second account holder.
//!
//! The second one holds a powerful role already, did not do the first step and gains nothing by it. An operator of
//! the service may be the second one: a clinic with one administrator has no other.

use store::identity::roles::{self, Grant};
use store::identity::{invitations, users};
use store::{Actor, InvitationId, UserId};

use super::authenticate::effective_roles;
use crate::{Problem, ProblemCode, Role, Work};

/// Confirms a role that somebody else gave.
///
/// # Errors
/// `not-found` when nothing waits, `forbidden` when the caller may not be the second one.
pub fn confirm_role(work: &mut Work<'_, '_>, user: UserId, role: Role) -> Result<(), Problem> {
    let held = roles::held(work.tx, Some(&[user]), work.stamp.at())?;
    let grant = held
        .into_iter()
        .find(|grant| grant.role == role.as_str() && grant.confirmed_by.is_none())
        .filter(|_| role.needs_confirmation())
        .ok_or(ProblemCode::NotFound)?;
    require_second(work, &grant.granted_by, user)?;
    roles::confirm(work.tx, &grant, &work.stamp)?;
    let after = serde_json::json!({ "role": role, "grantedBy": grant.granted_by });
    work.audit_change("role.confirm", None, Some(user.to_string()), None, Some(after));
    Ok(())
}

/// Confirms an invitation for the holder of a powerful role.
///
/// # Errors
/// `not-found` when nothing waits, `forbidden` when the caller may not be the second one.
pub fn confirm_invitation(work: &mut Work<'_, '_>, id: InvitationId) -> Result<(), Problem> {
    let invitation = invitations::find(work.tx, id)?;
    let is_waiting = invitation.needs_confirmation && invitation.confirmed_by.is_none();
    if !is_waiting || !invitation.is_open(work.stamp.at()) {
        return Err(ProblemCode::NotFound.into());
    }
    require_second(work, &invitation.created_by, invitation.user_id)?;
    invitations::confirm(work.tx, id, &work.stamp)?;
    work.audit("invitation.confirm", None, Some(id.to_string()));
    Ok(())
}

/// Refuses whoever may not be the second account holder.
fn require_second(work: &mut Work<'_, '_>, first: &str, gains: UserId) -> Result<(), Problem> {
    let refuse = || Err(Problem::new(ProblemCode::Forbidden).detail("別の管理者または院長の承認が必要です"));
    let actor = work.stamp.actor();
    let is_other = actor.to_string() != first && !is_actor(work, gains);
    let is_allowed = match actor {
        Actor::User(id) => is_powerful(work, UserId::from(id))?,
        Actor::Operator(_) | Actor::System(_) => true,
        Actor::Client(_) => false,
    };
    if is_other && is_allowed { Ok(()) } else { refuse() }
}

/// True when the caller is this user.
pub(crate) fn is_actor(work: &Work<'_, '_>, user: UserId) -> bool {
    work.stamp.actor() == Actor::User(user.get())
}

/// True when the user holds a role that needed confirmation.
pub(crate) fn is_powerful(work: &mut Work<'_, '_>, user: UserId) -> Result<bool, Problem> {
    let held = roles::held(work.tx, Some(&[user]), work.stamp.at())?;
    Ok(roles_of(&held).into_iter().any(Role::needs_confirmation))
}

/// Roles of grants that hold.
pub(crate) fn roles_of(held: &[Grant]) -> Vec<Role> {
    let words = |is_confirmed: bool| -> Vec<String> {
        let of = held.iter().filter(|grant| grant.confirmed_by.is_some() == is_confirmed);
        of.map(|grant| grant.role.clone()).collect()
    };
    effective_roles(&words(true), &words(false))
}

/// Refuses to leave a clinic without an administrator.
pub(crate) fn require_an_administrator(work: &mut Work<'_, '_>) -> Result<(), Problem> {
    let now = work.stamp.at();
    let held = roles::held(work.tx, None, now)?;
    let word = Role::Administrator.as_str();
    // A role that ends by itself does not count: the clinic would be without anybody one day.
    let lasting = |grant: &&Grant| grant.role == word && grant.confirmed_by.is_some() && grant.valid_until.is_none();
    for grant in held.iter().filter(lasting) {
        let user = users::find(work.tx, grant.user_id)?;
        if user.is_active(now) && !user.is_break_glass {
            return Ok(());
        }
    }
    Err(Problem::new(ProblemCode::StateConflict).detail("管理者が一人もいなくなります"))
}
