//! Users of a clinic (利用者).

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;

use crate::schema::users;
use crate::{Stamp, StoreError, TenantTx, UserId};

/// Users read at once at most.
pub const USERS_PER_READ: i64 = 200;

/// A user.
#[derive(Clone, PartialEq, Eq, Debug, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(Pg))]
pub struct User {
    /// Id.
    #[diesel(column_name = user_id)]
    pub id: UserId,
    /// Name at login, unique in the clinic.
    pub login: String,
    /// Name on screens.
    pub display_name: String,
    /// An account for emergencies (緊急時用).
    pub is_break_glass: bool,
    /// When the account ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// Since when nobody logs in with it.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: String,
}

impl User {
    /// True when somebody may log in with it.
    pub fn is_active(&self, now: DateTime<Utc>) -> bool {
        self.disabled_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }
}

/// A user to be registered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewUser<'a> {
    /// Id.
    pub id: UserId,
    /// Name at login.
    pub login: &'a str,
    /// Name on screens.
    pub display_name: &'a str,
    /// An account for emergencies; needs an end.
    pub is_break_glass: bool,
    /// When the account ends.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Registers a user without a password.
///
/// # Errors
/// `Duplicate` for a taken login, `Violation` for a login out of its form.
pub fn insert(tx: &mut TenantTx<'_>, user: &NewUser<'_>, stamp: &Stamp) -> Result<(), StoreError> {
    diesel::insert_into(users::table)
        .values((
            users::tenant_id.eq(tx.tenant()),
            users::user_id.eq(user.id),
            users::login.eq(user.login),
            users::display_name.eq(user.display_name),
            users::is_break_glass.eq(user.is_break_glass),
            users::expires_at.eq(user.expires_at),
            users::created_at.eq(stamp.at()),
            users::created_by.eq(stamp.by()),
        ))
        .execute(tx.connection())?;
    Ok(())
}

/// One user.
///
/// # Errors
/// `NotFound`.
pub fn find(tx: &mut TenantTx<'_>, id: UserId) -> Result<User, StoreError> {
    let query = users::table.filter(users::tenant_id.eq(tx.tenant())).filter(users::user_id.eq(id));
    let user = query.select(User::as_select()).first(tx.connection()).optional()?;
    user.ok_or(StoreError::NotFound { what: "the user" })
}

/// The user with a login.
///
/// # Errors
/// When the database cannot be asked.
pub fn find_by_login(tx: &mut TenantTx<'_>, login: &str) -> Result<Option<User>, StoreError> {
    let query = users::table.filter(users::tenant_id.eq(tx.tenant())).filter(users::login.eq(login));
    Ok(query.select(User::as_select()).first(tx.connection()).optional()?)
}

/// Users by login, behind `after`.
///
/// # Errors
/// When the database cannot be asked.
pub fn list(tx: &mut TenantTx<'_>, after: Option<&str>, limit: i64) -> Result<Vec<User>, StoreError> {
    let query = users::table
        .filter(users::tenant_id.eq(tx.tenant()))
        .filter(users::login.gt(after.unwrap_or_default()))
        .order_by(users::login)
        .limit(limit.clamp(1, USERS_PER_READ))
        .select(User::as_select());
    Ok(query.load(tx.connection())?)
}

/// Disables a user, or lets it log in again.
///
/// # Errors
/// `NotFound`.
pub fn set_disabled(tx: &mut TenantTx<'_>, id: UserId, at: Option<DateTime<Utc>>) -> Result<(), StoreError> {
    let target = users::table.filter(users::tenant_id.eq(tx.tenant())).filter(users::user_id.eq(id));
    found(diesel::update(target).set(users::disabled_at.eq(at)).execute(tx.connection())?)
}

/// Changes the name on screens and the end of the account.
///
/// # Errors
/// `NotFound`, `Violation` for an emergency account without an end.
pub fn change(
    tx: &mut TenantTx<'_>,
    id: UserId,
    display_name: &str,
    expires_at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let target = users::table.filter(users::tenant_id.eq(tx.tenant())).filter(users::user_id.eq(id));
    let values = (users::display_name.eq(display_name), users::expires_at.eq(expires_at));
    found(diesel::update(target).set(values).execute(tx.connection())?)
}

const fn found(rows: usize) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::NotFound { what: "the user" }) } else { Ok(()) }
}
