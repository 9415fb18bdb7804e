//! Visits (受診) and their state at the desk.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types;
use kernel::{ClaimMonth, ServiceDate};

use crate::convert::day;
use crate::id::text_code;
use crate::schema::{visit_sources, visit_states, visits};
use crate::{PatientId, Stamp, StoreError, TenantId, TenantTx, VisitId};

/// Visits of one day at most.
pub const DAY_MAX: i64 = 2_000;
/// Source of a visit that a clerk made.
pub const DESK: &str = "desk";

text_code! {
    /// State of a visit (受付から会計まで).
    VisitState {
        /// 予約.
        Booked = "booked",
        /// 受付.
        Waiting = "waiting",
        /// 診察中.
        InExam = "in_exam",
        /// 会計待ち.
        AwaitingPayment = "awaiting_payment",
        /// 保留.
        OnHold = "on_hold",
        /// 会計済.
        Paid = "paid",
        /// 未収.
        PaidLater = "paid_later",
        /// 中止.
        Cancelled = "cancelled",
    }
}

/// A visit to be recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewVisit {
    /// Id.
    pub id: VisitId,
    /// The patient.
    pub patient_id: PatientId,
    /// Id inside the patient, as the calculation and clinic documents use it.
    pub reference: String,
    /// 診療日.
    pub date: ServiceDate,
    /// [`DESK`], or the API client that sent it.
    pub source: String,
    /// The source's own id.
    pub source_visit_id: String,
}

/// A visit.
#[derive(Clone, PartialEq, Eq, Debug, Queryable, Selectable)]
#[diesel(table_name = visits, check_for_backend(Pg))]
struct VisitRow {
    visit_id: VisitId,
    patient_id: PatientId,
    reference: String,
    visit_date: NaiveDate,
    source: String,
    source_visit_id: String,
}

impl VisitRow {
    fn into_visit(self) -> Result<NewVisit, StoreError> {
        Ok(NewVisit {
            id: self.visit_id,
            patient_id: self.patient_id,
            reference: self.reference,
            date: day(self.visit_date)?,
            source: self.source,
            source_visit_id: self.source_visit_id,
        })
    }
}

/// One line of the reception list (受付一覧).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reception {
    /// The visit.
    pub visit_id: VisitId,
    /// The patient.
    pub patient_id: PatientId,
    /// カルテ番号.
    pub number: String,
    /// 氏名.
    pub name: billing::clinic::Personal<String>,
    /// カタカナ氏名.
    pub kana: billing::clinic::Personal<String>,
    /// State.
    pub state: VisitState,
    /// Step of the state: give it back to change the state.
    pub step: i32,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why: what a visit on hold waits for.
    pub reason: Option<String>,
}

/// Records a visit in its first state; a second delivery of the same visit changes nothing.
///
/// Answers the visit as recorded, and whether it is new.
///
/// # Errors
/// `Duplicate` when the source's id belongs to another patient or day, or the reference is taken.
pub fn record(
    tx: &mut TenantTx<'_>,
    new: &NewVisit,
    state: VisitState,
    stamp: &Stamp,
) -> Result<(NewVisit, bool), StoreError> {
    if let Some(found) = find_by_further_source(tx, &new.source, &new.source_visit_id)? {
        return same_visit(found, new);
    }
    let inserted = diesel::insert_into(visits::table)
        .values((
            visits::tenant_id.eq(tx.tenant()),
            visits::visit_id.eq(new.id),
            visits::patient_id.eq(new.patient_id),
            visits::reference.eq(&new.reference),
            visits::visit_date.eq(new.date.naive()),
            visits::source.eq(&new.source),
            visits::source_visit_id.eq(&new.source_visit_id),
            visits::created_at.eq(stamp.at()),
            visits::created_by.eq(stamp.by()),
        ))
        .on_conflict_do_nothing()
        .execute(tx.connection())?;
    if inserted == 1 {
        insert_state(tx, new.id, 1, state, stamp)?;
        return Ok((new.clone(), true));
    }
    let found = find_by_source(tx, &new.source, &new.source_visit_id)?
        .ok_or_else(|| StoreError::Duplicate { constraint: "visits_reference".to_owned() })?;
    same_visit(found, new)
}

fn same_visit(found: NewVisit, new: &NewVisit) -> Result<(NewVisit, bool), StoreError> {
    if (found.patient_id, found.date) != (new.patient_id, new.date) {
        return Err(StoreError::Duplicate { constraint: "visits_source_visit_id".to_owned() });
    }
    Ok((found, false))
}

/// Gives a visit a further id: the order of an EMR came for a visit that the desk had received.
///
/// # Errors
/// `Duplicate` when the source used the id for another visit.
pub fn name_further(
    tx: &mut TenantTx<'_>,
    visit: VisitId,
    source: &str,
    source_visit_id: &str,
    stamp: &Stamp,
) -> Result<(), StoreError> {
    diesel::insert_into(visit_sources::table)
        .values((
            visit_sources::tenant_id.eq(tx.tenant()),
            visit_sources::source.eq(source),
            visit_sources::source_visit_id.eq(source_visit_id),
            visit_sources::visit_id.eq(visit),
            visit_sources::recorded_at.eq(stamp.at()),
            visit_sources::recorded_by.eq(stamp.by()),
        ))
        .execute(tx.connection())?;
    Ok(())
}

fn find_by_further_source(tx: &mut TenantTx<'_>, source: &str, id: &str) -> Result<Option<NewVisit>, StoreError> {
    let row: Option<VisitRow> = visit_sources::table
        .inner_join(
            visits::table
                .on(visits::tenant_id.eq(visit_sources::tenant_id).and(visits::visit_id.eq(visit_sources::visit_id))),
        )
        .filter(visit_sources::tenant_id.eq(tx.tenant()))
        .filter(visit_sources::source.eq(source))
        .filter(visit_sources::source_visit_id.eq(id))
        .select(VisitRow::as_select())
        .first(tx.connection())
        .optional()?;
    row.map(VisitRow::into_visit).transpose()
}

/// The visit with an id.
///
/// # Errors
/// When the database cannot be asked.
pub fn find(tx: &mut TenantTx<'_>, id: VisitId) -> Result<Option<NewVisit>, StoreError> {
    let row: Option<VisitRow> = visits::table
        .filter(visits::tenant_id.eq(tx.tenant()))
        .filter(visits::visit_id.eq(id))
        .select(VisitRow::as_select())
        .first(tx.connection())
        .optional()?;
    row.map(VisitRow::into_visit).transpose()
}

/// The visit that a source sent under its own id.
///
/// # Errors
/// When the database cannot be asked.
pub fn find_by_source(tx: &mut TenantTx<'_>, source: &str, id: &str) -> Result<Option<NewVisit>, StoreError> {
    let row: Option<VisitRow> = visits::table
        .filter(visits::tenant_id.eq(tx.tenant()))
        .filter(visits::source.eq(source))
        .filter(visits::source_visit_id.eq(id))
        .select(VisitRow::as_select())
        .first(tx.connection())
        .optional()?;
    match row {
        Some(row) => row.into_visit().map(Some),
        None => find_by_further_source(tx, source, id),
    }
}

/// Visits of a span of days, all patients or some.
///
/// # Errors
/// When the database cannot be asked.
pub fn between(
    tx: &mut TenantTx<'_>,
    patients: Option<&[PatientId]>,
    first: ServiceDate,
    last: ServiceDate,
) -> Result<Vec<NewVisit>, StoreError> {
    let mut query = visits::table
        .filter(visits::tenant_id.eq(tx.tenant()))
        .filter(visits::visit_date.between(first.naive(), last.naive()))
        .order_by((visits::visit_date, visits::visit_id))
        .select(VisitRow::as_select())
        .into_boxed();
    if let Some(patients) = patients {
        crate::facts::check_count(patients)?;
        query = query.filter(visits::patient_id.eq_any(patients));
    }
    let rows: Vec<VisitRow> = query.load(tx.connection())?;
    rows.into_iter().map(VisitRow::into_visit).collect()
}

/// Months with visits of a patient, from the month of a day on; ascending.
///
/// # Errors
/// `Content` when a day is out of range.
pub fn months_since(
    tx: &mut TenantTx<'_>,
    patient: PatientId,
    since: Option<ServiceDate>,
) -> Result<Vec<ClaimMonth>, StoreError> {
    let mut query = visits::table
        .filter(visits::tenant_id.eq(tx.tenant()))
        .filter(visits::patient_id.eq(patient))
        .order_by(visits::visit_date)
        .select(visits::visit_date)
        .distinct()
        .into_boxed();
    if let Some(since) = since {
        query = query.filter(visits::visit_date.ge(since.month_of().first_day().naive()));
    }
    let days: Vec<NaiveDate> = query.load(tx.connection())?;
    let mut months = days.into_iter().map(|date| Ok(day(date)?.month_of())).collect::<Result<Vec<_>, StoreError>>()?;
    months.dedup();
    Ok(months)
}

/// Moves a visit to another state; `step` is the step of the state the caller saw. Answers the new step.
///
/// # Errors
/// `NotFound`, or `Conflict` when somebody else moved it first.
pub fn move_to(
    tx: &mut TenantTx<'_>,
    visit: VisitId,
    step: i32,
    state: VisitState,
    stamp: &Stamp,
) -> Result<i32, StoreError> {
    const WHAT: &str = "the state of the visit";
    let (found, _) = current_state(tx, visit)?.ok_or(StoreError::NotFound { what: "the visit" })?;
    if found != step {
        return Err(StoreError::Conflict { what: WHAT, expected: step, found });
    }
    let next = step.saturating_add(1);
    insert_state(tx, visit, next, state, stamp).map_err(|error| error.into_conflict(WHAT, step))?;
    Ok(next)
}

/// Step and state of a visit.
///
/// # Errors
/// When the database cannot be asked.
pub fn current_state(tx: &mut TenantTx<'_>, visit: VisitId) -> Result<Option<(i32, VisitState)>, StoreError> {
    let query = visit_states::table
        .filter(visit_states::tenant_id.eq(tx.tenant()))
        .filter(visit_states::visit_id.eq(visit))
        .order_by(visit_states::step.desc())
        .select((visit_states::step, visit_states::state));
    Ok(query.first(tx.connection()).optional()?)
}

/// Why a visit is in its state: what one on hold waits for.
///
/// # Errors
/// When the database cannot be asked.
pub fn current_reason(tx: &mut TenantTx<'_>, visit: VisitId) -> Result<Option<String>, StoreError> {
    let query = visit_states::table
        .filter(visit_states::tenant_id.eq(tx.tenant()))
        .filter(visit_states::visit_id.eq(visit))
        .order_by(visit_states::step.desc())
        .select(visit_states::reason);
    Ok(query.first(tx.connection()).optional()?.flatten())
}

/// True when the patient has a visit before a day.
///
/// # Errors
/// When the database cannot be asked.
pub fn has_earlier(tx: &mut TenantTx<'_>, patient: PatientId, day: ServiceDate) -> Result<bool, StoreError> {
    let earlier = visits::table
        .filter(visits::tenant_id.eq(tx.tenant()))
        .filter(visits::patient_id.eq(patient))
        .filter(visits::visit_date.lt(day.naive()));
    Ok(diesel::select(diesel::dsl::exists(earlier)).get_result(tx.connection())?)
}

fn insert_state(
    tx: &mut TenantTx<'_>,
    visit: VisitId,
    step: i32,
    state: VisitState,
    stamp: &Stamp,
) -> Result<(), StoreError> {
    diesel::insert_into(visit_states::table)
        .values((
            visit_states::tenant_id.eq(tx.tenant()),
            visit_states::visit_id.eq(visit),
            visit_states::step.eq(step),
            visit_states::state.eq(state),
            visit_states::recorded_at.eq(stamp.at()),
            visit_states::recorded_by.eq(stamp.by()),
            visit_states::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())?;
    Ok(())
}

#[derive(QueryableByName)]
struct ReceptionRow {
    #[diesel(sql_type = sql_types::Uuid)]
    visit_id: VisitId,
    #[diesel(sql_type = sql_types::Uuid)]
    patient_id: PatientId,
    #[diesel(sql_type = sql_types::Text)]
    number: String,
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::Text)]
    kana: String,
    #[diesel(sql_type = sql_types::Text)]
    state: VisitState,
    #[diesel(sql_type = sql_types::Integer)]
    step: i32,
    #[diesel(sql_type = sql_types::Timestamptz)]
    since: DateTime<Utc>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    reason: Option<String>,
}

/// The reception list (受付一覧) of a day, in the order in which the visits were recorded.
///
/// # Errors
/// When the database cannot be asked.
pub fn receptions(tx: &mut TenantTx<'_>, on: ServiceDate) -> Result<Vec<Reception>, StoreError> {
    let query = diesel::sql_query(
        "SELECT v.visit_id, v.patient_id, p.number, n.name, n.kana, s.state, s.step, s.recorded_at AS since, s.reason \
         FROM visits v \
         JOIN patients p ON p.tenant_id = v.tenant_id AND p.patient_id = v.patient_id \
         CROSS JOIN LATERAL (SELECT name, kana FROM patient_versions n WHERE n.tenant_id = v.tenant_id \
             AND n.patient_id = v.patient_id ORDER BY n.version DESC LIMIT 1) n \
         CROSS JOIN LATERAL (SELECT state, step, recorded_at, reason FROM visit_states s \
             WHERE s.tenant_id = v.tenant_id AND s.visit_id = v.visit_id ORDER BY s.step DESC LIMIT 1) s \
         WHERE v.tenant_id = $1 AND v.visit_date = $2 ORDER BY v.created_at, v.visit_id LIMIT $3",
    );
    let rows: Vec<ReceptionRow> = query
        .bind::<sql_types::BigInt, TenantId>(tx.tenant())
        .bind::<sql_types::Date, _>(on.naive())
        .bind::<sql_types::BigInt, _>(DAY_MAX)
        .load(tx.connection())?;
    let lines = rows.into_iter().map(|row| Reception {
        visit_id: row.visit_id,
        patient_id: row.patient_id,
        number: row.number,
        name: billing::clinic::Personal::new(row.name),
        kana: billing::clinic::Personal::new(row.kana),
        state: row.state,
        step: row.step,
        since: row.since,
        reason: row.reason,
    });
    Ok(lines.collect())
}
