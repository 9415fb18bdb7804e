//! Business days: their sums, each from its own record, and their closing (本締め) as a chain of states.
//!
//! Whoever books shares the lock of the day, whoever closes or counts holds it alone: what is read then is all there
//! is, and nothing is booked on a closed day.

use std::collections::BTreeMap;

use billing::close::{BEGINNING, DayFigures, chain_hash};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types;
use kernel::{ServiceDate, Yen};

use crate::convert::day;
use crate::id::text_code;
use crate::schema::day_closes;
use crate::visits::VisitState;
use crate::{PatientId, Stamp, StoreError, TenantTx, VisitId};

/// Visits listed at most.
const OPEN_VISITS_MAX: i64 = 500;
/// Closings verified by one read.
const CLOSINGS_MAX: i64 = 20_000;

text_code! {
    /// State of a business day.
    DayState {
        /// 締め済み.
        Closed = "closed",
        /// 締め解除.
        Reopened = "reopened",
    }
}

/// A closing or reopening of a day.
#[derive(Clone, PartialEq, Eq, Debug, Queryable, Selectable)]
#[diesel(table_name = day_closes, check_for_backend(Pg))]
struct Row {
    seq: i64,
    booked_on: NaiveDate,
    step: i32,
    state: DayState,
    content: String,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
    recorded_at: DateTime<Utc>,
    recorded_by: String,
    reason: Option<String>,
}

/// The newest state of a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayClose {
    /// Place in the clinic's chain.
    pub seq: i64,
    /// The day.
    pub day: ServiceDate,
    /// Closings and reopenings of the day so far.
    pub step: i32,
    /// Closed or reopened.
    pub state: DayState,
    /// What was hashed.
    pub content: String,
    /// Hash over the closing before it and the content.
    pub hash: Vec<u8>,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: String,
    /// Why it was reopened.
    pub reason: Option<String>,
}

impl Row {
    fn into_close(self) -> Result<DayClose, StoreError> {
        Ok(DayClose {
            seq: self.seq,
            day: day(self.booked_on)?,
            step: self.step,
            state: self.state,
            content: self.content,
            hash: self.hash,
            recorded_at: self.recorded_at,
            recorded_by: self.recorded_by,
            reason: self.reason,
        })
    }
}

fn lock_name(on: ServiceDate) -> String {
    format!("day:{}", on.yyyymmdd())
}

/// Refuses a closed day; an open one stays open until the transaction ends.
///
/// # Errors
/// `DayClosed`, `Timeout`.
pub fn ensure_open(tx: &mut TenantTx<'_>, on: ServiceDate) -> Result<(), StoreError> {
    tx.lock_shared(&lock_name(on))?;
    // A statement of its own: its snapshot is younger than the lock.
    match find(tx, on)? {
        Some(DayClose { state: DayState::Closed, .. }) => Err(StoreError::DayClosed { day: on }),
        _ => Ok(()),
    }
}

/// Waits until nobody books on the day; until the transaction ends. Take it before anything is booked.
///
/// # Errors
/// `Timeout`.
pub fn lock_day(tx: &mut TenantTx<'_>, on: ServiceDate) -> Result<(), StoreError> {
    tx.lock(&lock_name(on))
}

/// The newest state of a day; none = it was never closed.
///
/// # Errors
/// When the database cannot be asked.
pub fn find(tx: &mut TenantTx<'_>, on: ServiceDate) -> Result<Option<DayClose>, StoreError> {
    let row: Option<Row> = day_closes::table
        .filter(day_closes::tenant_id.eq(tx.tenant()))
        .filter(day_closes::booked_on.eq(on.naive()))
        .order_by(day_closes::step.desc())
        .select(Row::as_select())
        .first(tx.connection())
        .optional()?;
    row.map(Row::into_close).transpose()
}

/// Appends a state of a day to the clinic's chain. Hold [`lock_day`].
///
/// # Errors
/// `Conflict` when the day is in that state already or another closing was appended at once, `Violation` for a
/// reopening without a reason.
pub fn append(
    tx: &mut TenantTx<'_>,
    on: ServiceDate,
    state: DayState,
    content: &str,
    stamp: &Stamp,
) -> Result<DayClose, StoreError> {
    const WHAT: &str = "the day";
    let newest = find(tx, on)?;
    let step = newest.as_ref().map_or(0, |close| close.step);
    if newest.map_or(DayState::Reopened, |close| close.state) == state {
        return Err(StoreError::Conflict { what: WHAT, expected: step.saturating_sub(1), found: step });
    }
    let last: Option<(i64, Vec<u8>)> = day_closes::table
        .filter(day_closes::tenant_id.eq(tx.tenant()))
        .order_by(day_closes::seq.desc())
        .select((day_closes::seq, day_closes::hash))
        .first(tx.connection())
        .optional()?;
    let (seq, previous) = last.unwrap_or((0, BEGINNING.to_vec()));
    let hash = chain_hash(&hash_of(&previous)?, content);
    diesel::insert_into(day_closes::table)
        .values((
            day_closes::tenant_id.eq(tx.tenant()),
            day_closes::seq.eq(seq.saturating_add(1)),
            day_closes::booked_on.eq(on.naive()),
            day_closes::step.eq(step.saturating_add(1)),
            day_closes::state.eq(state),
            day_closes::content.eq(content),
            day_closes::previous_hash.eq(previous),
            day_closes::hash.eq(hash.as_slice()),
            day_closes::recorded_at.eq(stamp.at()),
            day_closes::recorded_by.eq(stamp.by()),
            day_closes::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())
        .map_err(|error| StoreError::from(error).into_conflict(WHAT, step))?;
    find(tx, on)?.ok_or(StoreError::NotFound { what: WHAT })
}

fn hash_of(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Content { what: "a hash" })
}

/// Places in the chain that do not hold what they were written with, or do not follow the place before.
///
/// # Errors
/// When the database cannot be asked.
pub fn verify(tx: &mut TenantTx<'_>) -> Result<Vec<i64>, StoreError> {
    let rows: Vec<Row> = day_closes::table
        .filter(day_closes::tenant_id.eq(tx.tenant()))
        .order_by(day_closes::seq)
        .limit(CLOSINGS_MAX)
        .select(Row::as_select())
        .load(tx.connection())?;
    let mut wrong = Vec::new();
    let (mut before, mut expected) = (BEGINNING.to_vec(), 1);
    for row in rows {
        let hash = chain_hash(&hash_of(&row.previous_hash)?, &row.content);
        if row.seq != expected || row.previous_hash != before || row.hash != hash {
            wrong.push(row.seq);
        }
        expected = row.seq.saturating_add(1);
        before = row.hash;
    }
    Ok(wrong)
}

/// A sum of a day under a name.
#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = sql_types::Date)]
    day: NaiveDate,
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::BigInt)]
    yen: i64,
}

/// Every sum but the ledger's, named; each day and name once.
const SUMS: &str = "\
    SELECT s.settled_on AS day, 'bills' AS name, sum(s.due_yen - coalesce(b.due_yen, 0))::bigint AS yen \
      FROM settlements s LEFT JOIN settlements b \
        ON b.tenant_id = s.tenant_id AND b.visit_id = s.visit_id AND b.version = s.version - 1 \
      WHERE s.tenant_id = $1 AND s.settled_on BETWEEN $2 AND $3 GROUP BY 1 \
    UNION ALL SELECT paid_on, 'money ' || method, sum(yen)::bigint FROM payments \
      WHERE tenant_id = $1 AND paid_on BETWEEN $2 AND $3 GROUP BY 1, 2 \
    UNION ALL SELECT issued_on, 'receipts', sum(yen)::bigint FROM payment_receipts \
      WHERE tenant_id = $1 AND issued_on BETWEEN $2 AND $3 GROUP BY 1 \
    UNION ALL SELECT y.paid_on, 'without_receipt', sum(y.yen)::bigint FROM payments y \
      WHERE y.tenant_id = $1 AND y.paid_on BETWEEN $2 AND $3 AND NOT EXISTS (SELECT FROM payment_receipts r \
        WHERE r.tenant_id = y.tenant_id AND r.payment_id = y.payment_id) GROUP BY 1 \
    UNION ALL SELECT moved.day, CASE WHEN moved.yen > 0 THEN 'new_debts' ELSE 'debts_paid' END, \
        sum(abs(moved.yen))::bigint \
      FROM (SELECT e.booked_on AS day, sum(p.yen)::bigint AS yen \
        FROM ledger_entries e JOIN ledger_postings p ON p.tenant_id = e.tenant_id AND p.entry_id = e.entry_id \
        WHERE e.tenant_id = $1 AND e.booked_on BETWEEN $2 AND $3 AND p.account = 'patient_receivable' \
        GROUP BY e.booked_on, p.patient_id, p.visit_id HAVING sum(p.yen) <> 0) moved GROUP BY 1, 2";

/// The ledger's sums by what an entry is (a reversal is what it reverses) and account.
const LEDGER: &str = "\
    SELECT e.booked_on AS day, coalesce(r.kind, e.kind) || ' ' || p.account AS name, sum(p.yen)::bigint AS yen \
    FROM ledger_entries e JOIN ledger_postings p ON p.tenant_id = e.tenant_id AND p.entry_id = e.entry_id \
    LEFT JOIN ledger_entries r ON r.tenant_id = e.tenant_id AND r.entry_id = e.reverses \
    WHERE e.tenant_id = $1 AND e.booked_on BETWEEN $2 AND $3 GROUP BY 1, 2";

/// The sums of every day of a span on which something happened, ascending.
///
/// # Errors
/// When the database cannot be asked.
pub fn figures(tx: &mut TenantTx<'_>, first: ServiceDate, last: ServiceDate) -> Result<Vec<DayFigures>, StoreError> {
    let mut days: BTreeMap<NaiveDate, DayFigures> = BTreeMap::new();
    for row in sums(tx, SUMS, first, last)? {
        let figures = entry(&mut days, row.day)?;
        let yen = Yen::new(row.yen);
        match row.name.as_str() {
            "bills" => figures.bills_yen = yen,
            "receipts" => figures.receipts_yen = yen,
            "without_receipt" => figures.without_receipt_yen = yen,
            "new_debts" => figures.new_debts_yen = yen,
            "debts_paid" => figures.debts_paid_yen = yen,
            name => {
                let method = name.trim_start_matches("money ").to_owned();
                figures.money.insert(method, yen);
            }
        }
    }
    for row in sums(tx, LEDGER, first, last)? {
        let figures = entry(&mut days, row.day)?;
        let yen = Yen::new(row.yen);
        let (kind, account) = row.name.split_once(' ').unwrap_or_default();
        *figures.ledger.entry(account.to_owned()).or_default() += yen;
        match (kind, account) {
            ("reduction", "patient_receivable") => figures.reduced_yen -= yen,
            ("write_off", "patient_receivable") => figures.written_off_yen -= yen,
            ("allocation", "patient_receivable") => figures.deposits_applied_yen -= yen,
            ("opening", "patient_receivable") => figures.opening_yen += yen,
            ("payment" | "deposit" | "refund", "patient_deposit") => figures.deposits_yen -= yen,
            (_, "cash_difference") => figures.cash_difference_yen += yen,
            _ => {}
        }
    }
    Ok(days.into_values().collect())
}

/// The sums of one day; all zero when nothing happened.
///
/// # Errors
/// When the database cannot be asked.
pub fn figures_of(tx: &mut TenantTx<'_>, on: ServiceDate) -> Result<DayFigures, StoreError> {
    Ok(figures(tx, on, on)?.pop().unwrap_or_else(|| nothing(on)))
}

fn sums(tx: &mut TenantTx<'_>, query: &str, first: ServiceDate, last: ServiceDate) -> Result<Vec<SumRow>, StoreError> {
    let query = diesel::sql_query(query)
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Date, _>(first.naive())
        .bind::<sql_types::Date, _>(last.naive());
    Ok(query.load(tx.connection())?)
}

fn entry(days: &mut BTreeMap<NaiveDate, DayFigures>, on: NaiveDate) -> Result<&mut DayFigures, StoreError> {
    let of = day(on)?;
    Ok(days.entry(on).or_insert_with(|| nothing(of)))
}

fn nothing(day: ServiceDate) -> DayFigures {
    DayFigures {
        day,
        bills_yen: Yen::ZERO,
        money: BTreeMap::new(),
        receipts_yen: Yen::ZERO,
        without_receipt_yen: Yen::ZERO,
        new_debts_yen: Yen::ZERO,
        debts_paid_yen: Yen::ZERO,
        reduced_yen: Yen::ZERO,
        written_off_yen: Yen::ZERO,
        deposits_yen: Yen::ZERO,
        deposits_applied_yen: Yen::ZERO,
        opening_yen: Yen::ZERO,
        cash_difference_yen: Yen::ZERO,
        ledger: BTreeMap::new(),
    }
}

/// A visit of a day that is not finished: without a bill, or with one that is not even.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenVisit {
    /// The visit.
    pub visit_id: VisitId,
    /// The patient.
    pub patient_id: PatientId,
    /// 患者番号.
    pub number: String,
    /// Its state.
    pub state: VisitState,
    /// It has a bill.
    pub is_settled: bool,
    /// What is open on the bill.
    pub open: Yen,
}

/// Visits of a day that are not finished; cancelled ones without money are.
///
/// # Errors
/// When the database cannot be asked.
pub fn open_visits(tx: &mut TenantTx<'_>, on: ServiceDate) -> Result<Vec<OpenVisit>, StoreError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = sql_types::Uuid)]
        visit_id: VisitId,
        #[diesel(sql_type = sql_types::Uuid)]
        patient_id: PatientId,
        #[diesel(sql_type = sql_types::Text)]
        number: String,
        #[diesel(sql_type = sql_types::Text)]
        state: VisitState,
        #[diesel(sql_type = sql_types::Bool)]
        is_settled: bool,
        #[diesel(sql_type = sql_types::BigInt)]
        open_yen: i64,
    }
    let query = diesel::sql_query(
        "SELECT * FROM (SELECT v.visit_id, v.patient_id, t.number, s.state, v.created_at, \
           EXISTS (SELECT FROM settlements b WHERE b.tenant_id = v.tenant_id AND b.visit_id = v.visit_id) \
             AS is_settled, \
           coalesce((SELECT sum(p.yen) FROM ledger_postings p WHERE p.tenant_id = v.tenant_id \
             AND p.visit_id = v.visit_id AND p.account = 'patient_receivable'), 0)::bigint AS open_yen \
         FROM visits v JOIN patients t ON t.tenant_id = v.tenant_id AND t.patient_id = v.patient_id \
         CROSS JOIN LATERAL (SELECT state FROM visit_states s WHERE s.tenant_id = v.tenant_id \
           AND s.visit_id = v.visit_id ORDER BY s.step DESC LIMIT 1) s \
         WHERE v.tenant_id = $1 AND v.visit_date = $2 AND v.source <> 'opening') found \
         WHERE open_yen <> 0 OR (NOT is_settled AND state <> 'cancelled') ORDER BY created_at, visit_id LIMIT $3",
    );
    let rows: Vec<Found> = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Date, _>(on.naive())
        .bind::<sql_types::BigInt, _>(OPEN_VISITS_MAX)
        .load(tx.connection())?;
    let visit = |row: Found| OpenVisit {
        visit_id: row.visit_id,
        patient_id: row.patient_id,
        number: row.number,
        state: row.state,
        is_settled: row.is_settled,
        open: Yen::new(row.open_yen),
    };
    Ok(rows.into_iter().map(visit).collect())
}
