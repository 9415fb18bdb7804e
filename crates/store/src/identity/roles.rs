//! Roles given to users. Giving a role again is a new row.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;

use crate::schema::user_roles;
use crate::{Stamp, StoreError, TenantTx, UserId};

/// A role given to a user.
#[derive(Clone, PartialEq, Eq, Debug, Queryable, Selectable)]
#[diesel(table_name = user_roles, check_for_backend(Pg))]
pub struct Grant {
    /// To whom.
    pub user_id: UserId,
    /// Which role.
    pub role: String,
    /// When.
    pub granted_at: DateTime<Utc>,
    /// By whom.
    pub granted_by: String,
    /// The second account holder who confirmed it.
    pub confirmed_by: Option<String>,
    /// Until when it holds.
    pub valid_until: Option<DateTime<Utc>>,
    /// When it was taken away.
    pub revoked_at: Option<DateTime<Utc>>,
    /// By whom.
    pub revoked_by: Option<String>,
}

/// Grants that are neither revoked nor over, of some users or of all.
///
/// # Errors
/// When the database cannot be asked.
pub fn held(tx: &mut TenantTx<'_>, users: Option<&[UserId]>, now: DateTime<Utc>) -> Result<Vec<Grant>, StoreError> {
    let mut query = user_roles::table
        .filter(user_roles::tenant_id.eq(tx.tenant()))
        .filter(user_roles::revoked_at.is_null())
        .filter(user_roles::valid_until.is_null().or(user_roles::valid_until.gt(now).assume_not_null()))
        .order_by((user_roles::user_id, user_roles::role, user_roles::granted_at))
        .select(Grant::as_select())
        .into_boxed();
    if let Some(users) = users {
        query = query.filter(user_roles::user_id.eq_any(users));
    }
    Ok(query.load(tx.connection())?)
}

/// Gives a role.
///
/// # Errors
/// `Violation` for an unknown user or role.
pub fn grant(
    tx: &mut TenantTx<'_>,
    user: UserId,
    role: &str,
    valid_until: Option<DateTime<Utc>>,
    confirmed_by: Option<&str>,
    stamp: &Stamp,
) -> Result<(), StoreError> {
    diesel::insert_into(user_roles::table)
        .values((
            user_roles::tenant_id.eq(tx.tenant()),
            user_roles::user_id.eq(user),
            user_roles::role.eq(role),
            user_roles::granted_at.eq(stamp.at()),
            user_roles::granted_by.eq(stamp.by()),
            user_roles::confirmed_by.eq(confirmed_by),
            user_roles::valid_until.eq(valid_until),
        ))
        .execute(tx.connection())?;
    Ok(())
}

/// Confirms a grant that nobody confirmed yet.
///
/// # Errors
/// `NotFound` when there is none.
pub fn confirm(tx: &mut TenantTx<'_>, grant: &Grant, stamp: &Stamp) -> Result<(), StoreError> {
    let target = user_roles::table
        .filter(user_roles::tenant_id.eq(tx.tenant()))
        .filter(user_roles::user_id.eq(grant.user_id))
        .filter(user_roles::role.eq(&grant.role))
        .filter(user_roles::granted_at.eq(grant.granted_at))
        .filter(user_roles::confirmed_by.is_null())
        .filter(user_roles::revoked_at.is_null());
    found(diesel::update(target).set(user_roles::confirmed_by.eq(stamp.by())).execute(tx.connection())?)
}

/// Takes a role away.
///
/// # Errors
/// `NotFound` when the user does not hold it.
pub fn revoke(tx: &mut TenantTx<'_>, user: UserId, role: &str, stamp: &Stamp) -> Result<(), StoreError> {
    let target = user_roles::table
        .filter(user_roles::tenant_id.eq(tx.tenant()))
        .filter(user_roles::user_id.eq(user))
        .filter(user_roles::role.eq(role))
        .filter(user_roles::revoked_at.is_null());
    let values = (user_roles::revoked_at.eq(stamp.at()), user_roles::revoked_by.eq(stamp.by()));
    found(diesel::update(target).set(values).execute(tx.connection())?)
}

const fn found(rows: usize) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::NotFound { what: "the role of the user" }) } else { Ok(()) }
}
