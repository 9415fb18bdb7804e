//! Idempotency: a keyed request has one effect, and the same answer each time it comes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types;
use serde_json::Value;

use crate::convert::sha256;
use crate::schema::idempotency_keys;
use crate::{StoreError, TenantTx};

/// Characters of a key at most.
pub const KEY_CHARACTERS_MAX: usize = 255;
/// How long an answer is kept: longer than a claim month.
pub const KEPT_DAYS: i64 = 40;

/// What was answered.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: i16,
    /// Body.
    pub body: Value,
}

/// A keyed request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyedRequest<'a> {
    /// Method and path pattern, for example `POST /v1/visits`.
    pub route: &'a str,
    /// The caller's key.
    pub key: &'a str,
    /// The body as it came.
    pub body: &'a [u8],
    /// When it came.
    pub at: DateTime<Utc>,
}

/// What was answered to this key before; none = do it now, then [`finish`] in the same transaction.
///
/// # Errors
/// `KeyReuse` for the same key with another body, `KeyInProgress` while the first one runs, `Bound` for a key
/// too long.
pub fn begin(tx: &mut TenantTx<'_>, request: &KeyedRequest<'_>) -> Result<Option<Answer>, StoreError> {
    let length = request.key.chars().count();
    if length == 0 || length > KEY_CHARACTERS_MAX {
        let allowed = KEY_CHARACTERS_MAX;
        return Err(StoreError::Bound { what: "characters of the idempotency key", received: length, allowed });
    }
    if !tx.try_lock(&format!("idempotency\n{}\n{}", request.route, request.key))? {
        return Err(StoreError::KeyInProgress);
    }
    let stored: Option<(Vec<u8>, i16, Value)> = idempotency_keys::table
        .filter(idempotency_keys::tenant_id.eq(tx.tenant()))
        .filter(idempotency_keys::route.eq(request.route))
        .filter(idempotency_keys::key.eq(request.key))
        .select((idempotency_keys::body_hash, idempotency_keys::status, idempotency_keys::answer))
        .first(tx.connection())
        .optional()?;
    match stored {
        None => Ok(None),
        Some((hash, status, body)) if hash == sha256(request.body) => Ok(Some(Answer { status, body })),
        Some(_) => Err(StoreError::KeyReuse),
    }
}

/// Stores the answer, in the transaction of its effect: when that is undone, the key is free again.
///
/// # Errors
/// When the database cannot be asked.
pub fn finish(tx: &mut TenantTx<'_>, request: &KeyedRequest<'_>, answer: &Answer) -> Result<(), StoreError> {
    diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::tenant_id.eq(tx.tenant()),
            idempotency_keys::route.eq(request.route),
            idempotency_keys::key.eq(request.key),
            idempotency_keys::body_hash.eq(sha256(request.body)),
            idempotency_keys::status.eq(answer.status),
            idempotency_keys::answer.eq(&answer.body),
            idempotency_keys::recorded_at.eq(request.at),
        ))
        .execute(tx.connection())?;
    Ok(())
}

/// Forgets at most `limit` answers older than an instant; answers how many.
///
/// # Errors
/// When the database cannot be asked.
pub fn forget_before(tx: &mut TenantTx<'_>, before: DateTime<Utc>, limit: i64) -> Result<usize, StoreError> {
    let query = diesel::sql_query(
        "DELETE FROM idempotency_keys WHERE tenant_id = $1 AND (route, key) IN (\
         SELECT route, key FROM idempotency_keys WHERE tenant_id = $1 AND recorded_at < $2 \
         ORDER BY recorded_at LIMIT $3)",
    );
    let query = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Timestamptz, _>(before)
        .bind::<sql_types::BigInt, _>(limit);
    Ok(query.execute(tx.connection())?)
}
