//! Events for EMRs and screens: written with what they tell of, numbered in the order of their commits.

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types;
use serde_json::Value;
use uuid::Uuid;

use crate::schema::{outbox_events, outbox_heads};
use crate::{Stamp, StoreError, TenantTx};

/// Events of one page at most.
pub const PAGE_MAX: i64 = 1_000;

/// An event.
#[derive(Clone, PartialEq, Debug, Queryable, Selectable)]
#[diesel(table_name = outbox_events, check_for_backend(Pg))]
pub struct Event {
    /// Number, rising by one.
    pub seq: i64,
    /// Id.
    pub event_id: Uuid,
    /// What happened, for example `visit.settled`.
    pub kind: String,
    /// To what, by its id.
    pub subject: String,
    /// More about it.
    pub data: Value,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// Writes an event; answers its number. Call it late in the transaction.
///
/// # Errors
/// `Violation` for a text out of its form, `Timeout`.
pub fn append(
    tx: &mut TenantTx<'_>,
    kind: &str,
    subject: &str,
    data: &Value,
    stamp: &Stamp,
) -> Result<i64, StoreError> {
    tx.lock_journal()?;
    let seq: i64 = diesel::insert_into(outbox_heads::table)
        .values((outbox_heads::tenant_id.eq(tx.tenant()), outbox_heads::last_seq.eq(1)))
        .on_conflict(outbox_heads::tenant_id)
        .do_update()
        .set(outbox_heads::last_seq.eq(outbox_heads::last_seq + 1))
        .returning(outbox_heads::last_seq)
        .get_result(tx.connection())?;
    diesel::insert_into(outbox_events::table)
        .values((
            outbox_events::tenant_id.eq(tx.tenant()),
            outbox_events::seq.eq(seq),
            outbox_events::event_id.eq(Uuid::now_v7()),
            outbox_events::kind.eq(kind),
            outbox_events::subject.eq(subject),
            outbox_events::data.eq(data),
            outbox_events::recorded_at.eq(stamp.at()),
        ))
        .execute(tx.connection())?;
    // One notice per transaction, however many events it has.
    tx.connection().batch_execute("NOTIFY tensu_events")?;
    Ok(seq)
}

/// Number of the newest event; 0 = none yet.
///
/// # Errors
/// When the database cannot be asked.
pub fn newest(tx: &mut TenantTx<'_>) -> Result<i64, StoreError> {
    let last: Option<i64> = outbox_heads::table
        .filter(outbox_heads::tenant_id.eq(tx.tenant()))
        .select(outbox_heads::last_seq)
        .first(tx.connection())
        .optional()?;
    Ok(last.unwrap_or(0))
}

/// Events after a number, ascending, at most `limit` and [`PAGE_MAX`].
///
/// # Errors
/// When the database cannot be asked.
pub fn after(tx: &mut TenantTx<'_>, seq: i64, limit: i64) -> Result<Vec<Event>, StoreError> {
    let query = outbox_events::table
        .filter(outbox_events::tenant_id.eq(tx.tenant()))
        .filter(outbox_events::seq.gt(seq))
        .order_by(outbox_events::seq)
        .limit(limit.clamp(0, PAGE_MAX))
        .select(Event::as_select());
    Ok(query.load(tx.connection())?)
}

/// Forgets at most `limit` events older than an instant; answers how many.
///
/// # Errors
/// When the database cannot be asked.
pub fn forget_before(tx: &mut TenantTx<'_>, before: DateTime<Utc>, limit: i64) -> Result<usize, StoreError> {
    let query = diesel::sql_query(
        "DELETE FROM outbox_events WHERE tenant_id = $1 AND seq IN (SELECT seq FROM outbox_events \
         WHERE tenant_id = $1 AND recorded_at < $2 ORDER BY seq LIMIT $3)",
    );
    let query = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Timestamptz, _>(before)
        .bind::<sql_types::BigInt, _>(limit);
    Ok(query.execute(tx.connection())?)
}
