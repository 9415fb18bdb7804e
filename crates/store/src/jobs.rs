//! Jobs: work after a commit, at least once, fair between tenants.
//!
//! A job is put into the queue by the transaction that needs it. A worker claims some jobs for a time (lease),
//! does each in a transaction of its tenant and ends it in that same transaction; a worker that lost its lease
//! cannot end it. What fails comes back later, and is dead after its last attempt, with the reason.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types;
use serde_json::Value;

use crate::convert::to_json;
use crate::schema::jobs;
use crate::{Database, JobId, StoreError, TenantId, TenantTx};

/// Jobs claimed at once at most.
pub const CLAIM_MAX: i32 = 100;
/// Attempts unless told otherwise.
pub const ATTEMPTS_DEFAULT: i32 = 8;
/// First pause after a failure; doubled each time.
pub const BACK_OFF_FIRST_S: i64 = 2;
/// Longest pause after a failure.
pub const BACK_OFF_MAX_S: i64 = 3_600;
/// Characters kept of an error.
pub const ERROR_CHARACTERS_MAX: usize = 1_000;

/// A job to be done.
#[derive(Clone, PartialEq, Debug)]
pub struct NewJob<'a> {
    /// Id.
    pub id: JobId,
    /// What to do.
    pub kind: &'a str,
    /// For what: one job of a kind and key waits at a time.
    pub key: &'a str,
    /// What the worker needs to know.
    pub payload: Value,
    /// 0 first … 9 last.
    pub priority: i16,
    /// Not before this instant.
    pub due_at: DateTime<Utc>,
    /// Attempts before it is dead.
    pub attempts_max: i32,
}

impl<'a> NewJob<'a> {
    /// A job for now.
    pub fn now(kind: &'a str, key: &'a str, payload: Value, at: DateTime<Utc>) -> Self {
        Self { id: JobId::new(), kind, key, payload, priority: 5, due_at: at, attempts_max: ATTEMPTS_DEFAULT }
    }
}

/// A claimed job: the worker's right to do it until the lease ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// The tenant.
    pub tenant: TenantId,
    /// The job.
    pub job_id: JobId,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    worker: String,
}

/// What a claimed job asks for.
#[derive(Clone, PartialEq, Debug, Queryable, Selectable)]
#[diesel(table_name = jobs, check_for_backend(Pg))]
pub struct Job {
    /// What to do.
    pub kind: String,
    /// For what.
    pub key: String,
    /// What the worker needs to know.
    pub payload: Value,
    /// Attempts before it is dead.
    pub attempts_max: i32,
}

/// A job that failed for good.
#[derive(Clone, PartialEq, Eq, Debug, Queryable, Selectable)]
#[diesel(table_name = jobs, check_for_backend(Pg))]
pub struct DeadJob {
    /// The job.
    pub job_id: JobId,
    /// What was to do.
    pub kind: String,
    /// For what.
    pub key: String,
    /// Attempts made.
    pub attempts: i32,
    /// Why it failed.
    pub last_error: Option<String>,
    /// When it was given up.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What became of a failed job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failed {
    /// It comes back at this instant.
    Again(DateTime<Utc>),
    /// It had its last attempt.
    Dead,
}

/// Puts a job into the queue, to be seen when this transaction commits. False: one of this kind and key waits.
///
/// # Errors
/// `Violation` for a value out of its form.
pub fn enqueue(tx: &mut TenantTx<'_>, new: &NewJob<'_>, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let inserted = diesel::insert_into(jobs::table)
        .values((
            jobs::tenant_id.eq(tx.tenant()),
            jobs::job_id.eq(new.id),
            jobs::kind.eq(new.kind),
            jobs::key.eq(new.key),
            jobs::payload.eq(&new.payload),
            jobs::state.eq("ready"),
            jobs::priority.eq(new.priority),
            jobs::due_at.eq(new.due_at),
            jobs::attempts.eq(0),
            jobs::attempts_max.eq(new.attempts_max),
            jobs::created_at.eq(at),
        ))
        .on_conflict_do_nothing()
        .execute(tx.connection())?;
    if inserted == 1 {
        tx.connection().batch_execute("NOTIFY tensu_jobs")?;
    }
    Ok(inserted == 1)
}

/// Claims due jobs of all tenants in turn, for the time of a lease.
///
/// # Errors
/// `Bound` above [`CLAIM_MAX`].
pub fn claim(
    database: &Database,
    worker: &str,
    at: DateTime<Utc>,
    lease: TimeDelta,
    limit: i32,
) -> Result<Vec<Claim>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::BigInt)]
        tenant_id: TenantId,
        #[diesel(sql_type = sql_types::Uuid)]
        job_id: JobId,
        #[diesel(sql_type = sql_types::Integer)]
        attempts: i32,
    }
    if !(1..=CLAIM_MAX).contains(&limit) {
        let received = usize::try_from(limit).unwrap_or_default();
        return Err(StoreError::Bound { what: "jobs of a claim", received, allowed: 100 });
    }
    let query = diesel::sql_query("SELECT tenant_id, job_id, attempts FROM gate_claim_jobs($1, $2, $3, $4)");
    let rows: Vec<Row> = query
        .bind::<sql_types::Text, _>(worker)
        .bind::<sql_types::Timestamptz, _>(at)
        .bind::<sql_types::Interval, _>(lease)
        .bind::<sql_types::Integer, _>(limit)
        .load(&mut *database.connection()?)?;
    let claim = |row: Row| Claim {
        tenant: row.tenant_id,
        job_id: row.job_id,
        attempt: row.attempts,
        worker: worker.to_owned(),
    };
    Ok(rows.into_iter().map(claim).collect())
}

/// What a claimed job asks for.
///
/// # Errors
/// `LeaseLost` when another worker has it.
pub fn load(tx: &mut TenantTx<'_>, claim: &Claim) -> Result<Job, StoreError> {
    let query = jobs::table
        .filter(jobs::tenant_id.eq(tx.tenant()))
        .filter(jobs::job_id.eq(claim.job_id))
        .filter(jobs::state.eq("running"))
        .filter(jobs::worker.eq(&claim.worker))
        .filter(jobs::attempts.eq(claim.attempt))
        .select(Job::as_select());
    query.first(tx.connection()).optional()?.ok_or(StoreError::LeaseLost)
}

/// Ends a job, in the transaction of its effect.
///
/// # Errors
/// `LeaseLost` when another worker has it: undo the effect.
pub fn complete(tx: &mut TenantTx<'_>, claim: &Claim, at: DateTime<Utc>) -> Result<(), StoreError> {
    let held = jobs::table
        .filter(jobs::tenant_id.eq(tx.tenant()))
        .filter(jobs::job_id.eq(claim.job_id))
        .filter(jobs::state.eq("running"))
        .filter(jobs::worker.eq(&claim.worker))
        .filter(jobs::attempts.eq(claim.attempt));
    let changed =
        diesel::update(held).set((jobs::state.eq("done"), jobs::finished_at.eq(at))).execute(tx.connection())?;
    if changed == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
}

/// Gives a job more time.
///
/// # Errors
/// `LeaseLost` when another worker has it.
pub fn extend(tx: &mut TenantTx<'_>, claim: &Claim, until: DateTime<Utc>) -> Result<(), StoreError> {
    let held = jobs::table
        .filter(jobs::tenant_id.eq(tx.tenant()))
        .filter(jobs::job_id.eq(claim.job_id))
        .filter(jobs::state.eq("running"))
        .filter(jobs::worker.eq(&claim.worker))
        .filter(jobs::attempts.eq(claim.attempt));
    let changed = diesel::update(held).set(jobs::due_at.eq(until)).execute(tx.connection())?;
    if changed == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
}

/// Says that an attempt failed: the job comes back after a pause, or is dead.
///
/// `error` is kept for operators: no name, number or diagnosis of a patient belongs into it.
///
/// # Errors
/// `LeaseLost` when another worker has it.
pub fn fail(tx: &mut TenantTx<'_>, claim: &Claim, error: &str, at: DateTime<Utc>) -> Result<Failed, StoreError> {
    let job = load(tx, claim)?;
    let error: String = error.chars().take(ERROR_CHARACTERS_MAX).collect();
    let is_last = claim.attempt >= job.attempts_max;
    let again = at + back_off(claim.attempt);
    let row = jobs::table.filter(jobs::tenant_id.eq(tx.tenant())).filter(jobs::job_id.eq(claim.job_id));
    // A job of the same kind and key that waits takes this one's place.
    let is_replaced = !is_last && has_waiting(tx, &job)?;
    if is_last || is_replaced {
        let error = if is_replaced { format!("replaced by a waiting job; {error}") } else { error };
        let error: String = error.chars().take(ERROR_CHARACTERS_MAX).collect();
        diesel::update(row)
            .set((jobs::state.eq("dead"), jobs::finished_at.eq(at), jobs::last_error.eq(error)))
            .execute(tx.connection())?;
        return Ok(Failed::Dead);
    }
    diesel::update(row)
        .set((
            jobs::state.eq("ready"),
            jobs::due_at.eq(again),
            jobs::last_error.eq(error),
            jobs::worker.eq(None::<String>),
        ))
        .execute(tx.connection())?;
    Ok(Failed::Again(again))
}

fn has_waiting(tx: &mut TenantTx<'_>, job: &Job) -> Result<bool, StoreError> {
    let waiting = jobs::table
        .filter(jobs::tenant_id.eq(tx.tenant()))
        .filter(jobs::kind.eq(&job.kind))
        .filter(jobs::key.eq(&job.key))
        .filter(jobs::state.eq("ready"));
    Ok(diesel::select(diesel::dsl::exists(waiting)).get_result(tx.connection())?)
}

/// The pause before the next attempt: 2 s, 4 s, 8 s … at most an hour.
pub fn back_off(attempt: i32) -> TimeDelta {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(20);
    TimeDelta::seconds(BACK_OFF_FIRST_S.saturating_mul(1_i64 << doublings).min(BACK_OFF_MAX_S))
}

/// Jobs that failed for good, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub fn dead(tx: &mut TenantTx<'_>, limit: i64) -> Result<Vec<DeadJob>, StoreError> {
    let query = jobs::table
        .filter(jobs::tenant_id.eq(tx.tenant()))
        .filter(jobs::state.eq("dead"))
        .order_by(jobs::finished_at.desc())
        .limit(limit)
        .select(DeadJob::as_select());
    Ok(query.load(tx.connection())?)
}

/// Forgets at most `limit` jobs done before an instant; dead ones stay. Answers how many.
///
/// # Errors
/// When the database cannot be asked.
pub fn forget_done_before(tx: &mut TenantTx<'_>, before: DateTime<Utc>, limit: i64) -> Result<usize, StoreError> {
    let query = diesel::sql_query(
        "DELETE FROM jobs WHERE tenant_id = $1 AND job_id IN (SELECT job_id FROM jobs \
         WHERE tenant_id = $1 AND state = 'done' AND finished_at < $2 ORDER BY finished_at LIMIT $3)",
    );
    let query = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Timestamptz, _>(before)
        .bind::<sql_types::BigInt, _>(limit);
    Ok(query.execute(tx.connection())?)
}

/// Payload of a job from a value.
///
/// # Errors
/// `Content` when it cannot be written.
pub fn payload<T: serde::Serialize>(value: &T) -> Result<Value, StoreError> {
    to_json(value, "payload")
}
