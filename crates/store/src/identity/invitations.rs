//! One-time tokens by which a user sets the first or a new password.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;

use crate::schema::user_invitations;
use crate::{Hash, InvitationId, Stamp, StoreError, TenantTx, UserId};

/// Invitations read at once at most.
const INVITATIONS_PER_READ: i64 = 200;

/// An invitation.
#[derive(Clone, PartialEq, Eq, Debug, Queryable, Selectable)]
#[diesel(table_name = user_invitations, check_for_backend(Pg))]
pub struct Invitation {
    /// Id that may be shown.
    #[diesel(column_name = invitation_id)]
    pub id: InvitationId,
    /// Who sets the password.
    pub user_id: UserId,
    /// The second factor is to be enrolled again.
    pub resets_second_factor: bool,
    /// A second account holder must confirm it before it works.
    pub needs_confirmation: bool,
    /// Who did.
    pub confirmed_by: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Invitation {
    /// True when its token sets a password.
    pub fn works(&self, now: DateTime<Utc>) -> bool {
        let is_confirmed = !self.needs_confirmation || self.confirmed_by.is_some();
        self.is_open(now) && is_confirmed
    }

    /// True when it is neither used, taken back nor over.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.used_at.is_none() && self.revoked_at.is_none() && self.expires_at > now
    }
}

/// An invitation to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewInvitation {
    /// Id that may be shown.
    pub id: InvitationId,
    /// Hash of the token.
    pub token: Hash,
    /// Who sets the password.
    pub user: UserId,
    /// The second factor is to be enrolled again.
    pub resets_second_factor: bool,
    /// A second account holder must confirm it first.
    pub needs_confirmation: bool,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Makes an invitation; earlier ones of the user are taken back.
///
/// # Errors
/// `Violation` for an unknown user.
pub fn insert(tx: &mut TenantTx<'_>, new: &NewInvitation, stamp: &Stamp) -> Result<(), StoreError> {
    revoke_all(tx, new.user, stamp.at())?;
    diesel::insert_into(user_invitations::table)
        .values((
            user_invitations::tenant_id.eq(tx.tenant()),
            user_invitations::token_hash.eq(new.token.to_vec()),
            user_invitations::invitation_id.eq(new.id),
            user_invitations::user_id.eq(new.user),
            user_invitations::resets_second_factor.eq(new.resets_second_factor),
            user_invitations::needs_confirmation.eq(new.needs_confirmation),
            user_invitations::created_at.eq(stamp.at()),
            user_invitations::created_by.eq(stamp.by()),
            user_invitations::expires_at.eq(new.expires_at),
        ))
        .execute(tx.connection())?;
    Ok(())
}

/// Takes back what is open of a user.
///
/// # Errors
/// When the database cannot be asked.
pub fn revoke_all(tx: &mut TenantTx<'_>, user: UserId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let target = user_invitations::table
        .filter(user_invitations::tenant_id.eq(tx.tenant()))
        .filter(user_invitations::user_id.eq(user))
        .filter(user_invitations::used_at.is_null())
        .filter(user_invitations::revoked_at.is_null());
    diesel::update(target).set(user_invitations::revoked_at.eq(at)).execute(tx.connection())?;
    Ok(())
}

/// The invitation of a token; locked until the transaction ends.
///
/// # Errors
/// When the database cannot be asked.
pub fn of_token(tx: &mut TenantTx<'_>, token: Hash) -> Result<Option<Invitation>, StoreError> {
    let query = user_invitations::table
        .filter(user_invitations::tenant_id.eq(tx.tenant()))
        .filter(user_invitations::token_hash.eq(token.to_vec()))
        .select(Invitation::as_select())
        .for_update();
    Ok(query.first(tx.connection()).optional()?)
}

/// One invitation; locked until the transaction ends.
///
/// # Errors
/// `NotFound`.
pub fn find(tx: &mut TenantTx<'_>, id: InvitationId) -> Result<Invitation, StoreError> {
    let query = user_invitations::table
        .filter(user_invitations::tenant_id.eq(tx.tenant()))
        .filter(user_invitations::invitation_id.eq(id))
        .select(Invitation::as_select())
        .for_update();
    let row = query.first(tx.connection()).optional()?;
    row.ok_or(StoreError::NotFound { what: "the invitation" })
}

/// What is open now, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub fn open(tx: &mut TenantTx<'_>, now: DateTime<Utc>) -> Result<Vec<Invitation>, StoreError> {
    let query = user_invitations::table
        .filter(user_invitations::tenant_id.eq(tx.tenant()))
        .filter(user_invitations::used_at.is_null())
        .filter(user_invitations::revoked_at.is_null())
        .filter(user_invitations::expires_at.gt(now))
        .order_by(user_invitations::created_at.desc())
        .limit(INVITATIONS_PER_READ)
        .select(Invitation::as_select());
    Ok(query.load(tx.connection())?)
}

/// Confirms an invitation.
///
/// # Errors
/// When the database cannot be asked.
pub fn confirm(tx: &mut TenantTx<'_>, id: InvitationId, stamp: &Stamp) -> Result<(), StoreError> {
    let target = user_invitations::table
        .filter(user_invitations::tenant_id.eq(tx.tenant()))
        .filter(user_invitations::invitation_id.eq(id));
    diesel::update(target).set(user_invitations::confirmed_by.eq(stamp.by())).execute(tx.connection())?;
    Ok(())
}

/// Says that an invitation was used.
///
/// # Errors
/// When the database cannot be asked.
pub fn use_up(tx: &mut TenantTx<'_>, id: InvitationId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let target = user_invitations::table
        .filter(user_invitations::tenant_id.eq(tx.tenant()))
        .filter(user_invitations::invitation_id.eq(id));
    diesel::update(target).set(user_invitations::used_at.eq(at)).execute(tx.connection())?;
    Ok(())
}
