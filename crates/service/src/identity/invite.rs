//! Invitations: a one-time token by which a user sets the first or a new password.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use store::identity::invitations::{self, NewInvitation};
use store::identity::users;
use store::{InvitationId, UserId};

use super::confirm;
use super::token::{Token, TokenKind};
use crate::{Problem, ProblemCode, Work};

/// An invitation ends after this time.
pub const INVITATION_HOURS: i64 = 72;

/// An invitation that was made; the token is shown once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invited {
    /// Id.
    pub id: InvitationId,
    /// The token.
    pub token: Token,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// A second account holder must confirm it before it works.
    pub needs_confirmation: bool,
}

/// Invites a user to set a password, and to enrol the second factor again when it was lost. The password in force
/// holds until then.
///
/// For holders of a powerful role a second account holder confirms first.
///
/// # Errors
/// `not-found`, `state-conflict` for a disabled user, `forbidden` for one's own second factor, `reason-missing`.
pub fn invite(
    work: &mut Work<'_, '_>,
    user: UserId,
    resets_second_factor: bool,
    reason: &str,
) -> Result<Invited, Problem> {
    work.stamp = work.because(reason)?;
    let account = users::find(work.tx, user)?;
    if !account.is_active(work.stamp.at()) {
        return Err(Problem::new(ProblemCode::StateConflict).detail("停止中の利用者です"));
    }
    if resets_second_factor && confirm::is_actor(work, user) {
        return Err(Problem::new(ProblemCode::Forbidden).detail("自分の二要素認証は解除できません"));
    }
    let needs_confirmation = confirm::is_powerful(work, user)?;
    make(work, user, resets_second_factor, needs_confirmation)
}

/// Makes the invitation.
pub(crate) fn make(
    work: &mut Work<'_, '_>,
    user: UserId,
    resets_second_factor: bool,
    needs_confirmation: bool,
) -> Result<Invited, Problem> {
    let token = Token::new(work.tx.tenant(), TokenKind::Invitation)?;
    let expires_at = work.stamp.at() + TimeDelta::hours(INVITATION_HOURS);
    let id = InvitationId::new();
    let new = NewInvitation { id, token: token.hash(), user, resets_second_factor, needs_confirmation, expires_at };
    invitations::insert(work.tx, &new, &work.stamp)?;
    let after = json!({ "invitation": id, "resetsSecondFactor": resets_second_factor });
    work.audit_change("invitation.create", None, Some(user.to_string()), None, Some(after));
    Ok(Invited { id, token, expires_at, needs_confirmation })
}
