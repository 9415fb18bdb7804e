//! Sessions of users. The token is never stored, only its hash.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types;

use crate::schema::sessions;
use crate::{Hash, SessionId, StoreError, TenantTx, UserId};

/// Sessions read at once at most.
pub const SESSIONS_PER_READ: i64 = 200;

/// A session to be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewSession<'a> {
    /// Id that may be shown.
    pub id: SessionId,
    /// Hash of the token.
    pub token: Hash,
    /// Whose.
    pub user: UserId,
    /// When it is opened.
    pub at: DateTime<Utc>,
    /// When it ends at the latest.
    pub expires_at: DateTime<Utc>,
    /// Seconds without a request after which it ends.
    pub idle_seconds: i32,
    /// From where.
    pub origin: Option<&'a str>,
}

/// What a request needs to know of its session, its user and the user's roles.
#[derive(Clone, PartialEq, Eq, Debug, QueryableByName)]
pub struct Presented {
    /// The session.
    #[diesel(sql_type = sql_types::Uuid)]
    pub session_id: SessionId,
    /// Its user.
    #[diesel(sql_type = sql_types::Uuid)]
    pub user_id: UserId,
    /// Name on screens.
    #[diesel(sql_type = sql_types::Text)]
    pub display_name: String,
    /// An account for emergencies.
    #[diesel(sql_type = sql_types::Bool)]
    pub is_break_glass: bool,
    /// When the account ends.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    pub user_expires_at: Option<DateTime<Utc>>,
    /// Since when nobody may log in with it.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    pub user_disabled_at: Option<DateTime<Utc>>,
    /// When the newest request came, to the minute.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub last_seen_at: DateTime<Utc>,
    /// When the session ends at the latest.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub expires_at: DateTime<Utc>,
    /// Seconds without a request after which it ends.
    #[diesel(sql_type = sql_types::Integer)]
    pub idle_seconds: i32,
    /// When the second factor was given.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    pub second_factor_at: Option<DateTime<Utc>>,
    /// Since when the screen is locked.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    pub locked_at: Option<DateTime<Utc>>,
    /// When the session was ended.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    pub revoked_at: Option<DateTime<Utc>>,
    /// The user has a second factor.
    #[diesel(sql_type = sql_types::Bool)]
    pub is_enrolled: bool,
    /// Roles held now that a second account holder confirmed.
    #[diesel(sql_type = sql_types::Array<sql_types::Text>)]
    pub confirmed_roles: Vec<String>,
    /// Roles held now that nobody confirmed.
    #[diesel(sql_type = sql_types::Array<sql_types::Text>)]
    pub unconfirmed_roles: Vec<String>,
}

/// A session as its user or an administrator sees it.
#[derive(Clone, PartialEq, Eq, Debug, Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(Pg))]
pub struct Session {
    /// Id.
    #[diesel(column_name = session_id)]
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When the newest request came, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends at the latest.
    pub expires_at: DateTime<Utc>,
    /// Seconds without a request after which it ends.
    pub idle_seconds: i32,
    /// Since when the screen is locked.
    pub locked_at: Option<DateTime<Utc>>,
    /// From where it was opened.
    pub origin: Option<String>,
}

/// Opens a session.
///
/// # Errors
/// `Violation` for an unknown user.
pub fn insert(tx: &mut TenantTx<'_>, session: &NewSession<'_>) -> Result<(), StoreError> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::tenant_id.eq(tx.tenant()),
            sessions::session_id.eq(session.id),
            sessions::token_hash.eq(session.token.to_vec()),
            sessions::user_id.eq(session.user),
            sessions::created_at.eq(session.at),
            sessions::last_seen_at.eq(session.at),
            sessions::expires_at.eq(session.expires_at),
            sessions::idle_seconds.eq(session.idle_seconds),
            sessions::origin.eq(session.origin),
        ))
        .execute(tx.connection())?;
    Ok(())
}

/// The session of a token with its user and roles: one read by primary keys.
///
/// # Errors
/// When the database cannot be asked.
pub fn present(tx: &mut TenantTx<'_>, token: Hash, now: DateTime<Utc>) -> Result<Option<Presented>, StoreError> {
    const QUERY: &str = "SELECT s.session_id, s.user_id, u.display_name, u.is_break_glass, \
        u.expires_at AS user_expires_at, u.disabled_at AS user_disabled_at, s.last_seen_at, s.expires_at, \
        s.idle_seconds, s.second_factor_at, s.locked_at, s.revoked_at, \
        COALESCE((SELECT c.totp_secret_enciphered IS NOT NULL FROM user_credentials c \
            WHERE c.tenant_id = s.tenant_id AND c.user_id = s.user_id), false) AS is_enrolled, \
        COALESCE(r.confirmed, '{}') AS confirmed_roles, COALESCE(r.unconfirmed, '{}') AS unconfirmed_roles \
        FROM sessions s JOIN users u ON u.tenant_id = s.tenant_id AND u.user_id = s.user_id \
        LEFT JOIN LATERAL (SELECT \
            array_agg(g.role ORDER BY g.role) FILTER (WHERE g.confirmed_by IS NOT NULL) AS confirmed, \
            array_agg(g.role ORDER BY g.role) FILTER (WHERE g.confirmed_by IS NULL) AS unconfirmed \
            FROM user_roles g WHERE g.tenant_id = s.tenant_id AND g.user_id = s.user_id \
            AND g.revoked_at IS NULL AND (g.valid_until IS NULL OR g.valid_until > $3)) r ON true \
        WHERE s.tenant_id = $1 AND s.token_hash = $2";
    let query = diesel::sql_query(QUERY)
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Binary, _>(token.to_vec())
        .bind::<sql_types::Timestamptz, _>(now);
    Ok(query.get_result(tx.connection()).optional()?)
}

/// What may change about a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// A request came.
    Seen,
    /// The second factor was given.
    SecondFactor,
    /// The screen is locked.
    Locked,
    /// The screen is open again.
    Unlocked,
    /// The session is ended.
    Revoked,
}

/// Changes a session.
///
/// # Errors
/// When the database cannot be asked.
pub fn change(tx: &mut TenantTx<'_>, id: SessionId, change: Change, at: DateTime<Utc>) -> Result<(), StoreError> {
    let target =
        diesel::update(sessions::table.filter(sessions::tenant_id.eq(tx.tenant())).filter(sessions::session_id.eq(id)));
    let connection = tx.connection();
    match change {
        Change::Seen => target.set(sessions::last_seen_at.eq(at)).execute(connection),
        Change::SecondFactor => target.set(sessions::second_factor_at.eq(at)).execute(connection),
        Change::Locked => target.set(sessions::locked_at.eq(at)).execute(connection),
        Change::Unlocked => target.set(sessions::locked_at.eq(None::<DateTime<Utc>>)).execute(connection),
        Change::Revoked => target.set(sessions::revoked_at.eq(at)).execute(connection),
    }?;
    Ok(())
}

/// Ends the sessions of a user, but for one; answers how many.
///
/// # Errors
/// When the database cannot be asked.
pub fn revoke_all(
    tx: &mut TenantTx<'_>,
    user: UserId,
    but: Option<SessionId>,
    at: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let mut ids: Vec<SessionId> = sessions::table
        .filter(sessions::tenant_id.eq(tx.tenant()))
        .filter(sessions::user_id.eq(user))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(at))
        .select(sessions::session_id)
        .load(tx.connection())?;
    ids.retain(|id| Some(*id) != but);
    let target = sessions::table.filter(sessions::tenant_id.eq(tx.tenant())).filter(sessions::session_id.eq_any(ids));
    Ok(diesel::update(target).set(sessions::revoked_at.eq(at)).execute(tx.connection())?)
}

/// Sessions of a user that are neither ended nor over, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub fn open(tx: &mut TenantTx<'_>, user: UserId, now: DateTime<Utc>) -> Result<Vec<Session>, StoreError> {
    let rows: Vec<Session> = sessions::table
        .filter(sessions::tenant_id.eq(tx.tenant()))
        .filter(sessions::user_id.eq(user))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .order_by(sessions::created_at.desc())
        .limit(SESSIONS_PER_READ)
        .select(Session::as_select())
        .load(tx.connection())?;
    let is_open =
        |session: &Session| session.last_seen_at + chrono::TimeDelta::seconds(i64::from(session.idle_seconds)) > now;
    Ok(rows.into_iter().filter(is_open).collect())
}

/// Removes sessions that ended before `before`, at most `limit`; answers how many.
///
/// # Errors
/// When the database cannot be asked.
pub fn remove_ended(tx: &mut TenantTx<'_>, before: DateTime<Utc>, limit: i64) -> Result<usize, StoreError> {
    let ids: Vec<SessionId> = sessions::table
        .filter(sessions::tenant_id.eq(tx.tenant()))
        .filter(sessions::expires_at.lt(before))
        .limit(limit)
        .select(sessions::session_id)
        .load(tx.connection())?;
    let target = sessions::table.filter(sessions::tenant_id.eq(tx.tenant())).filter(sessions::session_id.eq_any(ids));
    Ok(diesel::delete(target).execute(tx.connection())?)
}
