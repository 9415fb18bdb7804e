//! Debts (未収金): lists by patient and by bill, 回収対象外, and write-offs (貸倒) that another person approves.

use billing::clinic::Personal;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types;
use kernel::{ServiceDate, Yen};

use crate::convert::{day, day_or_none};
use crate::schema::{debt_marks, write_off_decisions, write_off_requests};
use crate::{EntryId, PatientId, Stamp, StoreError, TenantTx, VisitId, WriteOffId, accounts};

/// Lines of a page at most.
pub const PAGE_MAX: usize = 200;

/// One line of the list by patient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatientDebt {
    /// The patient.
    pub patient_id: PatientId,
    /// 患者番号.
    pub number: String,
    /// 氏名.
    pub name: Personal<String>,
    /// 電話番号.
    pub phone: Option<Personal<String>>,
    /// Σ open bills.
    pub debt: Yen,
    /// Of it, 回収対象外.
    pub excluded: Yen,
    /// Open bills.
    pub bills: i64,
    /// 最終入金日.
    pub last_payment: Option<ServiceDate>,
    /// 最終受診日.
    pub last_visit: Option<ServiceDate>,
}

/// One line of the list by bill.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BillDebt {
    /// The visit.
    pub visit_id: VisitId,
    /// The patient.
    pub patient_id: PatientId,
    /// 患者番号.
    pub number: String,
    /// 氏名.
    pub name: Personal<String>,
    /// 診療日.
    pub date: ServiceDate,
    /// 請求額: charges, or what another system left.
    pub due: Yen,
    /// 未収額.
    pub open: Yen,
    /// 回収対象外.
    pub is_excluded: bool,
}

/// Which lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DebtQuery {
    /// Only these: [`PatientDebt::number`] or [`BillDebt::visit_id`] of the last line of the page before.
    pub after: Option<String>,
    /// Bills marked 回収対象外 too.
    pub with_excluded: bool,
    /// Lines wanted, at most [`PAGE_MAX`].
    pub limit: usize,
}

impl DebtQuery {
    fn rows(&self) -> Result<i64, StoreError> {
        if self.limit == 0 || self.limit > PAGE_MAX {
            return Err(StoreError::Bound { what: "debts of a page", received: self.limit, allowed: PAGE_MAX });
        }
        Ok(i64::try_from(self.limit).unwrap_or(i64::MAX).saturating_add(1))
    }
}

/// Open bills with their marks: the part both lists begin with.
const OPEN: &str = "WITH open AS (\
    SELECT p.patient_id, p.visit_id, sum(p.yen)::bigint AS open_yen, \
      coalesce((SELECT m.is_excluded FROM debt_marks m WHERE m.tenant_id = p.tenant_id AND m.visit_id = p.visit_id \
        ORDER BY m.step DESC LIMIT 1), false) AS is_excluded \
    FROM ledger_postings p WHERE p.tenant_id = $1 AND p.account = 'patient_receivable' AND p.visit_id IS NOT NULL \
    GROUP BY p.tenant_id, p.patient_id, p.visit_id HAVING sum(p.yen) > 0) ";

#[derive(QueryableByName)]
struct PatientRow {
    #[diesel(sql_type = sql_types::Uuid)]
    patient_id: PatientId,
    #[diesel(sql_type = sql_types::Text)]
    number: String,
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    phone: Option<String>,
    #[diesel(sql_type = sql_types::BigInt)]
    debt_yen: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    excluded_yen: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    bills: i64,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Date>)]
    last_payment: Option<NaiveDate>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Date>)]
    last_visit: Option<NaiveDate>,
}

/// Debts by patient (未収金一覧表), by 患者番号; and whether there are more.
///
/// # Errors
/// `Bound` above [`PAGE_MAX`].
pub fn by_patient(tx: &mut TenantTx<'_>, query: &DebtQuery) -> Result<(Vec<PatientDebt>, bool), StoreError> {
    let limit = query.rows()?;
    let sql = format!(
        "{OPEN}, sums AS (SELECT o.patient_id, sum(o.open_yen)::bigint AS debt_yen, \
           coalesce(sum(o.open_yen) FILTER (WHERE o.is_excluded), 0)::bigint AS excluded_yen, count(*) AS bills \
           FROM open o WHERE $2 OR NOT o.is_excluded GROUP BY o.patient_id) \
         SELECT s.patient_id, t.number, n.name, n.phone, s.debt_yen, s.excluded_yen, s.bills, \
           (SELECT max(y.paid_on) FROM payments y WHERE y.tenant_id = $1 AND y.patient_id = s.patient_id \
             AND y.kind = 'payment') AS last_payment, \
           (SELECT max(v.visit_date) FROM visits v WHERE v.tenant_id = $1 AND v.patient_id = s.patient_id \
             AND v.source <> 'opening') AS last_visit \
         FROM sums s JOIN patients t ON t.tenant_id = $1 AND t.patient_id = s.patient_id \
         CROSS JOIN LATERAL (SELECT name, phone FROM patient_versions n WHERE n.tenant_id = $1 \
           AND n.patient_id = s.patient_id ORDER BY n.version DESC LIMIT 1) n \
         WHERE $3::text IS NULL OR t.number > $3 ORDER BY t.number LIMIT $4"
    );
    let rows: Vec<PatientRow> = diesel::sql_query(sql)
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Bool, _>(query.with_excluded)
        .bind::<sql_types::Nullable<sql_types::Text>, _>(&query.after)
        .bind::<sql_types::BigInt, _>(limit)
        .load(tx.connection())?;
    let has_more = rows.len() > query.limit;
    let lines: Result<Vec<PatientDebt>, StoreError> = rows
        .into_iter()
        .take(query.limit)
        .map(|row| {
            Ok(PatientDebt {
                patient_id: row.patient_id,
                number: row.number,
                name: Personal::new(row.name),
                phone: row.phone.map(Personal::new),
                debt: Yen::new(row.debt_yen),
                excluded: Yen::new(row.excluded_yen),
                bills: row.bills,
                last_payment: day_or_none(row.last_payment)?,
                last_visit: day_or_none(row.last_visit)?,
            })
        })
        .collect();
    Ok((lines?, has_more))
}

#[derive(QueryableByName)]
struct BillRow {
    #[diesel(sql_type = sql_types::Uuid)]
    visit_id: VisitId,
    #[diesel(sql_type = sql_types::Uuid)]
    patient_id: PatientId,
    #[diesel(sql_type = sql_types::Text)]
    number: String,
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::Date)]
    visit_date: NaiveDate,
    #[diesel(sql_type = sql_types::BigInt)]
    due_yen: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    open_yen: i64,
    #[diesel(sql_type = sql_types::Bool)]
    is_excluded: bool,
}

/// Debts by bill, oldest first; and whether there are more.
///
/// # Errors
/// `Bound` above [`PAGE_MAX`], `Content` for a cursor that is no visit's id.
pub fn by_bill(tx: &mut TenantTx<'_>, query: &DebtQuery) -> Result<(Vec<BillDebt>, bool), StoreError> {
    let limit = query.rows()?;
    let after: Option<uuid::Uuid> = query
        .after
        .as_ref()
        .map(|text| text.parse().map_err(|_| StoreError::Content { what: "the cursor" }))
        .transpose()?;
    let sql = format!(
        "{OPEN} SELECT o.visit_id, o.patient_id, t.number, n.name, v.visit_date, o.open_yen, o.is_excluded, \
           (SELECT coalesce(sum(p.yen), 0)::bigint FROM ledger_postings p \
             JOIN ledger_entries e ON e.tenant_id = p.tenant_id AND e.entry_id = p.entry_id \
             LEFT JOIN ledger_entries r ON r.tenant_id = e.tenant_id AND r.entry_id = e.reverses \
             WHERE p.tenant_id = $1 AND p.visit_id = o.visit_id AND p.account = 'patient_receivable' \
             AND coalesce(r.kind, e.kind) IN ('charge', 'opening')) AS due_yen \
         FROM open o JOIN visits v ON v.tenant_id = $1 AND v.visit_id = o.visit_id \
         JOIN patients t ON t.tenant_id = $1 AND t.patient_id = o.patient_id \
         CROSS JOIN LATERAL (SELECT name FROM patient_versions n WHERE n.tenant_id = $1 \
           AND n.patient_id = o.patient_id ORDER BY n.version DESC LIMIT 1) n \
         WHERE ($2 OR NOT o.is_excluded) AND ($3::uuid IS NULL OR (v.visit_date, v.visit_id) > \
           (SELECT a.visit_date, a.visit_id FROM visits a WHERE a.tenant_id = $1 AND a.visit_id = $3)) \
         ORDER BY v.visit_date, v.visit_id LIMIT $4"
    );
    let rows: Vec<BillRow> = diesel::sql_query(sql)
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Bool, _>(query.with_excluded)
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(after)
        .bind::<sql_types::BigInt, _>(limit)
        .load(tx.connection())?;
    let has_more = rows.len() > query.limit;
    let lines: Result<Vec<BillDebt>, StoreError> = rows
        .into_iter()
        .take(query.limit)
        .map(|row| {
            Ok(BillDebt {
                visit_id: row.visit_id,
                patient_id: row.patient_id,
                number: row.number,
                name: Personal::new(row.name),
                date: day(row.visit_date)?,
                due: Yen::new(row.due_yen),
                open: Yen::new(row.open_yen),
                is_excluded: row.is_excluded,
            })
        })
        .collect();
    Ok((lines?, has_more))
}

/// Marks a bill 回収対象外, or restores it. The stamp carries the reason. A mark that holds already is not repeated.
///
/// # Errors
/// `Violation` for an unknown visit or a missing reason, `Conflict` when somebody else marked it at once.
pub fn mark(tx: &mut TenantTx<'_>, visit: VisitId, is_excluded: bool, stamp: &Stamp) -> Result<(), StoreError> {
    let newest: Option<(i32, bool)> = debt_marks::table
        .filter(debt_marks::tenant_id.eq(tx.tenant()))
        .filter(debt_marks::visit_id.eq(visit))
        .order_by(debt_marks::step.desc())
        .select((debt_marks::step, debt_marks::is_excluded))
        .first(tx.connection())
        .optional()?;
    let (step, holds) = newest.unwrap_or((0, false));
    if holds == is_excluded {
        return Ok(());
    }
    diesel::insert_into(debt_marks::table)
        .values((
            debt_marks::tenant_id.eq(tx.tenant()),
            debt_marks::visit_id.eq(visit),
            debt_marks::step.eq(step.saturating_add(1)),
            debt_marks::is_excluded.eq(is_excluded),
            debt_marks::recorded_at.eq(stamp.at()),
            debt_marks::recorded_by.eq(stamp.by()),
            debt_marks::reason.eq(stamp.reason().unwrap_or_default()),
        ))
        .execute(tx.connection())
        .map_err(|error| StoreError::from(error).into_conflict("the mark", step))?;
    Ok(())
}

/// A write-off that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WriteOff {
    /// Id.
    pub id: WriteOffId,
    /// The patient.
    pub patient_id: PatientId,
    /// The bill.
    pub visit_id: VisitId,
    /// How much.
    pub yen: Yen,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub requested_by: String,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// What was decided; none = it waits.
    pub is_approved: Option<bool>,
}

/// Asks for a write-off. The stamp carries the reason.
///
/// # Errors
/// `Violation` without a reason, for an unknown visit or an amount not above zero.
pub fn request_write_off(
    tx: &mut TenantTx<'_>,
    id: WriteOffId,
    patient: PatientId,
    visit: VisitId,
    yen: Yen,
    stamp: &Stamp,
) -> Result<(), StoreError> {
    diesel::insert_into(write_off_requests::table)
        .values((
            write_off_requests::tenant_id.eq(tx.tenant()),
            write_off_requests::request_id.eq(id),
            write_off_requests::patient_id.eq(patient),
            write_off_requests::visit_id.eq(visit),
            write_off_requests::yen.eq(yen.get()),
            write_off_requests::recorded_at.eq(stamp.at()),
            write_off_requests::recorded_by.eq(stamp.by()),
            write_off_requests::reason.eq(stamp.reason().unwrap_or_default()),
        ))
        .execute(tx.connection())?;
    Ok(())
}

/// Decides about a write-off; once, and not by who asked. Approved, it is booked on `on`.
///
/// # Errors
/// `Duplicate` when it was decided before, `Violation` (`write_off_second_person`) for the person who asked, `DayClosed`.
pub fn decide_write_off(
    tx: &mut TenantTx<'_>,
    request: &WriteOff,
    is_approved: bool,
    on: ServiceDate,
    stamp: &Stamp,
) -> Result<(), StoreError> {
    let entry = match is_approved {
        true => Some(accounts::write_off(tx, request.patient_id, request.visit_id, request.yen, on, stamp)?),
        false => None,
    };
    diesel::insert_into(write_off_decisions::table)
        .values((
            write_off_decisions::tenant_id.eq(tx.tenant()),
            write_off_decisions::request_id.eq(request.id),
            write_off_decisions::requested_by.eq(&request.requested_by),
            write_off_decisions::is_approved.eq(is_approved),
            write_off_decisions::entry_id.eq(entry.map(EntryId::get)),
            write_off_decisions::recorded_at.eq(stamp.at()),
            write_off_decisions::recorded_by.eq(stamp.by()),
            write_off_decisions::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())?;
    Ok(())
}

/// A write-off by its id.
///
/// # Errors
/// When the database cannot be asked.
pub fn find_write_off(tx: &mut TenantTx<'_>, id: WriteOffId) -> Result<Option<WriteOff>, StoreError> {
    Ok(write_offs(tx, Some(id), true)?.pop())
}

/// Write-offs that wait for a decision, oldest first, at most [`PAGE_MAX`].
///
/// # Errors
/// When the database cannot be asked.
pub fn waiting_write_offs(tx: &mut TenantTx<'_>) -> Result<Vec<WriteOff>, StoreError> {
    write_offs(tx, None, false)
}

fn write_offs(tx: &mut TenantTx<'_>, id: Option<WriteOffId>, with_decided: bool) -> Result<Vec<WriteOff>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        request_id: WriteOffId,
        #[diesel(sql_type = sql_types::Uuid)]
        patient_id: PatientId,
        #[diesel(sql_type = sql_types::Uuid)]
        visit_id: VisitId,
        #[diesel(sql_type = sql_types::BigInt)]
        yen: i64,
        #[diesel(sql_type = sql_types::Text)]
        reason: String,
        #[diesel(sql_type = sql_types::Text)]
        recorded_by: String,
        #[diesel(sql_type = sql_types::Timestamptz)]
        recorded_at: DateTime<Utc>,
        #[diesel(sql_type = sql_types::Nullable<sql_types::Bool>)]
        is_approved: Option<bool>,
    }
    let query = diesel::sql_query(
        "SELECT w.request_id, w.patient_id, w.visit_id, w.yen, w.reason, w.recorded_by, w.recorded_at, d.is_approved \
         FROM write_off_requests w LEFT JOIN write_off_decisions d \
           ON d.tenant_id = w.tenant_id AND d.request_id = w.request_id \
         WHERE w.tenant_id = $1 AND ($2::uuid IS NULL OR w.request_id = $2) AND ($3 OR d.request_id IS NULL) \
         ORDER BY w.recorded_at, w.request_id LIMIT 200",
    );
    let rows: Vec<Row> = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(id.map(WriteOffId::get))
        .bind::<sql_types::Bool, _>(with_decided)
        .load(tx.connection())?;
    let request = |row: Row| WriteOff {
        id: row.request_id,
        patient_id: row.patient_id,
        visit_id: row.visit_id,
        yen: Yen::new(row.yen),
        reason: row.reason,
        requested_by: row.recorded_by,
        requested_at: row.recorded_at,
        is_approved: row.is_approved,
    };
    Ok(rows.into_iter().map(request).collect())
}
