//! Password, second factor and lock-out of a user.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;

use crate::schema::{user_credentials, user_password_history, user_recovery_codes};
use crate::{Hash, Secret, StoreError, TenantTx, UserId};

/// What a login is checked against.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    /// Argon2id hash.
    pub password_hash: Secret<String>,
    /// When it was set.
    pub password_set_at: DateTime<Utc>,
    /// The second factor, enciphered.
    pub totp: Option<Vec<u8>>,
    /// A second factor that waits for its first code, enciphered.
    pub totp_pending: Option<Vec<u8>>,
    /// The newest time step whose code was used.
    pub totp_last_step: Option<i64>,
    /// Refused attempts in a row.
    pub failed_count: i32,
    /// Until when every attempt is refused.
    pub locked_until: Option<DateTime<Utc>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = user_credentials, check_for_backend(Pg))]
struct Row {
    password_hash: String,
    password_set_at: DateTime<Utc>,
    totp_secret_enciphered: Option<Vec<u8>>,
    totp_pending_enciphered: Option<Vec<u8>>,
    totp_last_step: Option<i64>,
    failed_count: i32,
    locked_until: Option<DateTime<Utc>>,
}

impl From<Row> for Credentials {
    fn from(row: Row) -> Self {
        Self {
            password_hash: Secret::new(row.password_hash),
            password_set_at: row.password_set_at,
            totp: row.totp_secret_enciphered,
            totp_pending: row.totp_pending_enciphered,
            totp_last_step: row.totp_last_step,
            failed_count: row.failed_count,
            locked_until: row.locked_until,
        }
    }
}

type Of = diesel::dsl::Eq<user_credentials::user_id, UserId>;
type OfTenant = diesel::dsl::Eq<user_credentials::tenant_id, crate::TenantId>;

fn of(tx: &TenantTx<'_>, user: UserId) -> diesel::dsl::And<OfTenant, Of> {
    user_credentials::tenant_id.eq(tx.tenant()).and(user_credentials::user_id.eq(user))
}

/// The credentials of a user; none before the first password.
///
/// # Errors
/// When the database cannot be asked.
pub fn find(tx: &mut TenantTx<'_>, user: UserId) -> Result<Option<Credentials>, StoreError> {
    let query = user_credentials::table.filter(of(tx, user)).select(Row::as_select());
    Ok(query.first(tx.connection()).optional()?.map(Credentials::from))
}

/// The same; whoever else wants to decide on them waits until this transaction ends.
///
/// # Errors
/// `Timeout`.
pub fn lock(tx: &mut TenantTx<'_>, user: UserId) -> Result<Option<Credentials>, StoreError> {
    let query = user_credentials::table.filter(of(tx, user)).select(Row::as_select()).for_update();
    Ok(query.first(tx.connection()).optional()?.map(Credentials::from))
}

/// Sets the password, ends a lock-out and keeps the hash so that the password is not used again.
///
/// # Errors
/// When the database cannot be asked.
pub fn set_password(
    tx: &mut TenantTx<'_>,
    user: UserId,
    hash: &Secret<String>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let new = (
        user_credentials::password_hash.eq(hash.reveal()),
        user_credentials::password_set_at.eq(at),
        user_credentials::failed_count.eq(0),
        user_credentials::locked_until.eq(None::<DateTime<Utc>>),
    );
    diesel::insert_into(user_credentials::table)
        .values((user_credentials::tenant_id.eq(tx.tenant()), user_credentials::user_id.eq(user), new.clone()))
        .on_conflict((user_credentials::tenant_id, user_credentials::user_id))
        .do_update()
        .set(new)
        .execute(tx.connection())?;
    diesel::insert_into(user_password_history::table)
        .values((
            user_password_history::tenant_id.eq(tx.tenant()),
            user_password_history::user_id.eq(user),
            user_password_history::set_at.eq(at),
            user_password_history::password_hash.eq(hash.reveal()),
        ))
        .execute(tx.connection())?;
    Ok(())
}

/// Hashes of the newest passwords of a user.
///
/// # Errors
/// When the database cannot be asked.
pub fn password_history(tx: &mut TenantTx<'_>, user: UserId, limit: i64) -> Result<Vec<Secret<String>>, StoreError> {
    let hashes: Vec<String> = user_password_history::table
        .filter(user_password_history::tenant_id.eq(tx.tenant()))
        .filter(user_password_history::user_id.eq(user))
        .order_by(user_password_history::set_at.desc())
        .limit(limit)
        .select(user_password_history::password_hash)
        .load(tx.connection())?;
    Ok(hashes.into_iter().map(Secret::new).collect())
}

/// Writes how many attempts were refused in a row, and until when all are.
///
/// # Errors
/// When the database cannot be asked.
pub fn record_failures(
    tx: &mut TenantTx<'_>,
    user: UserId,
    count: i32,
    locked_until: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let values = (user_credentials::failed_count.eq(count), user_credentials::locked_until.eq(locked_until));
    diesel::update(user_credentials::table.filter(of(tx, user))).set(values).execute(tx.connection())?;
    Ok(())
}

/// Keeps a second factor until its first code comes.
///
/// # Errors
/// When the database cannot be asked.
pub fn set_pending_totp(tx: &mut TenantTx<'_>, user: UserId, enciphered: &[u8]) -> Result<(), StoreError> {
    let value = user_credentials::totp_pending_enciphered.eq(enciphered);
    diesel::update(user_credentials::table.filter(of(tx, user))).set(value).execute(tx.connection())?;
    Ok(())
}

/// Puts the pending second factor in force; `step` is the time step of its first code.
///
/// # Errors
/// When the database cannot be asked.
pub fn confirm_totp(tx: &mut TenantTx<'_>, user: UserId, enciphered: &[u8], step: i64) -> Result<(), StoreError> {
    let values = (
        user_credentials::totp_secret_enciphered.eq(enciphered),
        user_credentials::totp_pending_enciphered.eq(None::<Vec<u8>>),
        user_credentials::totp_last_step.eq(step),
    );
    diesel::update(user_credentials::table.filter(of(tx, user))).set(values).execute(tx.connection())?;
    Ok(())
}

/// Takes the second factor and the recovery codes away: the user enrols again.
///
/// # Errors
/// When the database cannot be asked.
pub fn clear_totp(tx: &mut TenantTx<'_>, user: UserId) -> Result<(), StoreError> {
    let values = (
        user_credentials::totp_secret_enciphered.eq(None::<Vec<u8>>),
        user_credentials::totp_pending_enciphered.eq(None::<Vec<u8>>),
        user_credentials::totp_last_step.eq(None::<i64>),
    );
    diesel::update(user_credentials::table.filter(of(tx, user))).set(values).execute(tx.connection())?;
    replace_recovery_codes(tx, user, &[], DateTime::UNIX_EPOCH)
}

/// Says that the code of a time step was used; false when this step or a later one was before.
///
/// # Errors
/// When the database cannot be asked.
pub fn use_totp_step(tx: &mut TenantTx<'_>, user: UserId, step: i64) -> Result<bool, StoreError> {
    let is_new = user_credentials::totp_last_step.is_null().or(user_credentials::totp_last_step.lt(step));
    let target = user_credentials::table.filter(of(tx, user)).filter(is_new.assume_not_null());
    let rows = diesel::update(target).set(user_credentials::totp_last_step.eq(step)).execute(tx.connection())?;
    Ok(rows == 1)
}

/// Puts new recovery codes in the place of all earlier ones.
///
/// # Errors
/// When the database cannot be asked.
pub fn replace_recovery_codes(
    tx: &mut TenantTx<'_>,
    user: UserId,
    codes: &[Hash],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant();
    let earlier = user_recovery_codes::table
        .filter(user_recovery_codes::tenant_id.eq(tenant))
        .filter(user_recovery_codes::user_id.eq(user));
    diesel::delete(earlier).execute(tx.connection())?;
    let rows: Vec<_> = codes
        .iter()
        .map(|code| {
            (
                user_recovery_codes::tenant_id.eq(tenant),
                user_recovery_codes::user_id.eq(user),
                user_recovery_codes::code_hash.eq(code.to_vec()),
                user_recovery_codes::created_at.eq(at),
            )
        })
        .collect();
    diesel::insert_into(user_recovery_codes::table).values(rows).execute(tx.connection())?;
    Ok(())
}

/// Uses a recovery code; false when there is none such or it was used.
///
/// # Errors
/// When the database cannot be asked.
pub fn use_recovery_code(
    tx: &mut TenantTx<'_>,
    user: UserId,
    code: Hash,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let target = user_recovery_codes::table
        .filter(user_recovery_codes::tenant_id.eq(tx.tenant()))
        .filter(user_recovery_codes::user_id.eq(user))
        .filter(user_recovery_codes::code_hash.eq(code.to_vec()))
        .filter(user_recovery_codes::used_at.is_null());
    Ok(diesel::update(target).set(user_recovery_codes::used_at.eq(at)).execute(tx.connection())? == 1)
}

/// How many recovery codes are left.
///
/// # Errors
/// When the database cannot be asked.
pub fn recovery_codes_left(tx: &mut TenantTx<'_>, user: UserId) -> Result<i64, StoreError> {
    let query = user_recovery_codes::table
        .filter(user_recovery_codes::tenant_id.eq(tx.tenant()))
        .filter(user_recovery_codes::user_id.eq(user))
        .filter(user_recovery_codes::used_at.is_null());
    Ok(query.count().get_result(tx.connection())?)
}

/// What an administrator may know of a user's credentials.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CredentialState {
    /// Whose.
    pub user_id: UserId,
    /// A second factor is enrolled.
    pub is_enrolled: bool,
    /// Until when logins are refused after wrong attempts.
    pub locked_until: Option<DateTime<Utc>>,
}

/// The states of some users; none of a user without a password.
///
/// # Errors
/// When the database cannot be asked.
pub fn states(tx: &mut TenantTx<'_>, users: &[UserId]) -> Result<Vec<CredentialState>, StoreError> {
    let rows: Vec<(UserId, bool, Option<DateTime<Utc>>)> = user_credentials::table
        .filter(user_credentials::tenant_id.eq(tx.tenant()))
        .filter(user_credentials::user_id.eq_any(users))
        .select((
            user_credentials::user_id,
            user_credentials::totp_secret_enciphered.is_not_null(),
            user_credentials::locked_until,
        ))
        .load(tx.connection())?;
    let state = |(user_id, is_enrolled, locked_until)| CredentialState { user_id, is_enrolled, locked_until };
    Ok(rows.into_iter().map(state).collect())
}
