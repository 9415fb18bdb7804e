//! Payments (入金) and refunds (返金), what they pay, and their reversal.

use diesel::prelude::*;
use diesel::sql_types;
use kernel::{ServiceDate, Yen};

use crate::id::text_code;
use crate::ledger::{self, Account, Entry, EntryKind, Posting};
use crate::schema::{payment_allocations, payments};
use crate::{EntryId, PatientId, PaymentId, Stamp, StoreError, TenantTx, VisitId};

/// Visits one payment pays at most.
pub const ALLOCATIONS_MAX: usize = 90;

text_code! {
    /// How money came (入金方法).
    Method {
        /// 現金.
        Cash = "cash",
        /// カード.
        Card = "card",
        /// 電子マネー.
        EMoney = "e_money",
        /// QR決済.
        Qr = "qr",
        /// 振込.
        Transfer = "transfer",
    }
}

impl Method {
    /// The one that is written so.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.as_str() == text)
    }

    const fn account(self) -> Account {
        match self {
            Self::Cash => Account::Cash,
            Self::Card => Account::Card,
            Self::EMoney => Account::EMoney,
            Self::Qr => Account::Qr,
            Self::Transfer => Account::Transfer,
        }
    }
}

/// What a part of a payment pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allocation {
    /// The visit; none = a deposit (預り金).
    pub visit_id: Option<VisitId>,
    /// Yen: of the payment's sign.
    pub yen: Yen,
}

/// A payment (above zero) or refund (below zero) to be recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPayment {
    /// Id.
    pub id: PaymentId,
    /// Id of its ledger entry.
    pub entry_id: EntryId,
    /// The patient.
    pub patient_id: PatientId,
    /// How.
    pub method: Method,
    /// The business day.
    pub paid_on: ServiceDate,
    /// What it pays.
    pub allocations: Vec<Allocation>,
    /// The card terminal's reference.
    pub terminal_reference: Option<String>,
}

impl NewPayment {
    /// Σ of its parts.
    pub fn yen(&self) -> Yen {
        self.allocations.iter().map(|allocation| allocation.yen).sum()
    }
}

/// Records money that came or went, with its ledger entry.
///
/// # Errors
/// `Content` when the parts are not all of one sign, `Bound` above [`ALLOCATIONS_MAX`], `Duplicate` for a taken id.
pub fn record(tx: &mut TenantTx<'_>, new: &NewPayment, stamp: &Stamp) -> Result<(), StoreError> {
    if new.allocations.len() > ALLOCATIONS_MAX {
        let received = new.allocations.len();
        return Err(StoreError::Bound { what: "visits of a payment", received, allowed: ALLOCATIONS_MAX });
    }
    let is_refund = new.yen() < Yen::ZERO;
    let is_of_sign = |part: &Allocation| !part.yen.is_zero() && (part.yen < Yen::ZERO) == is_refund;
    if new.allocations.is_empty() || !new.allocations.iter().all(is_of_sign) {
        return Err(StoreError::Content { what: "the payment" });
    }
    ledger::post(tx, &entry(new, is_refund), stamp)?;
    let kind = if is_refund { "refund" } else { "payment" };
    insert(tx, new, kind, None, stamp)
}

fn entry(new: &NewPayment, is_refund: bool) -> Entry {
    let money =
        Posting { account: new.method.account(), patient_id: Some(new.patient_id), visit_id: None, yen: new.yen() };
    let parts = new.allocations.iter().map(|part| Posting {
        account: if part.visit_id.is_some() { Account::PatientReceivable } else { Account::PatientDeposit },
        patient_id: Some(new.patient_id),
        visit_id: part.visit_id,
        yen: -part.yen,
    });
    let is_deposit = new.allocations.iter().all(|part| part.visit_id.is_none());
    let kind = match (is_refund, is_deposit) {
        (true, _) => EntryKind::Refund,
        (false, true) => EntryKind::Deposit,
        (false, false) => EntryKind::Payment,
    };
    let postings = std::iter::once(money).chain(parts).collect();
    Entry { id: new.entry_id, kind, booked_on: new.paid_on, approved_by: None, postings }
}

fn insert(
    tx: &mut TenantTx<'_>,
    new: &NewPayment,
    kind: &str,
    reverses: Option<PaymentId>,
    stamp: &Stamp,
) -> Result<(), StoreError> {
    let tenant_id = tx.tenant();
    diesel::insert_into(payments::table)
        .values((
            payments::tenant_id.eq(tenant_id),
            payments::payment_id.eq(new.id),
            payments::patient_id.eq(new.patient_id),
            payments::kind.eq(kind),
            payments::method.eq(new.method.as_str()),
            payments::yen.eq(new.yen().get()),
            payments::paid_on.eq(new.paid_on.naive()),
            payments::entry_id.eq(new.entry_id),
            payments::reverses.eq(reverses.map(PaymentId::get)),
            payments::terminal_reference.eq(&new.terminal_reference),
            payments::recorded_at.eq(stamp.at()),
            payments::recorded_by.eq(stamp.by()),
            payments::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())?;
    let parts: Vec<_> = new
        .allocations
        .iter()
        .zip(1_i16..)
        .map(|(part, line)| {
            (
                payment_allocations::tenant_id.eq(tenant_id),
                payment_allocations::payment_id.eq(new.id),
                payment_allocations::line.eq(line),
                payment_allocations::visit_id.eq(part.visit_id.map(VisitId::get)),
                payment_allocations::yen.eq(part.yen.get()),
            )
        })
        .collect();
    diesel::insert_into(payment_allocations::table).values(parts).execute(tx.connection())?;
    Ok(())
}

/// Takes a payment or refund back (取消), booked on another day; once only.
///
/// # Errors
/// `NotFound`, or `Duplicate` when it was taken back before.
pub fn reverse(
    tx: &mut TenantTx<'_>,
    payment: PaymentId,
    reversal: PaymentId,
    reversal_entry: EntryId,
    booked_on: ServiceDate,
    stamp: &Stamp,
) -> Result<(), StoreError> {
    let found: Option<(PatientId, Method, EntryId)> = payments::table
        .filter(payments::tenant_id.eq(tx.tenant()))
        .filter(payments::payment_id.eq(payment))
        .filter(payments::kind.ne("reversal"))
        .select((payments::patient_id, payments::method, payments::entry_id))
        .first(tx.connection())
        .optional()?;
    let (patient_id, method, entry_id) = found.ok_or(StoreError::NotFound { what: "the payment" })?;
    let parts: Vec<(Option<VisitId>, i64)> = payment_allocations::table
        .filter(payment_allocations::tenant_id.eq(tx.tenant()))
        .filter(payment_allocations::payment_id.eq(payment))
        .order_by(payment_allocations::line)
        .select((payment_allocations::visit_id.nullable(), payment_allocations::yen))
        .load(tx.connection())?;
    let allocations = parts.into_iter().map(|(visit_id, yen)| Allocation { visit_id, yen: Yen::new(-yen) }).collect();
    ledger::reverse(tx, entry_id, reversal_entry, booked_on, stamp)?;
    let mirror = NewPayment {
        id: reversal,
        entry_id: reversal_entry,
        patient_id,
        method,
        paid_on: booked_on,
        allocations,
        terminal_reference: None,
    };
    insert(tx, &mirror, "reversal", Some(payment), stamp)
}

/// What was paid for some visits, refunds and reversals taken off; visits without a payment are left out.
///
/// # Errors
/// When the database cannot be asked.
pub fn collected(tx: &mut TenantTx<'_>, visits: &[VisitId]) -> Result<Vec<(VisitId, Yen)>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        visit_id: VisitId,
        #[diesel(sql_type = sql_types::BigInt)]
        yen: i64,
    }
    let query = diesel::sql_query(
        "SELECT visit_id, sum(yen)::bigint AS yen FROM payment_allocations \
         WHERE tenant_id = $1 AND visit_id = ANY($2) GROUP BY visit_id",
    );
    let rows: Vec<Row> = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Array<sql_types::Uuid>, _>(visits)
        .load(tx.connection())?;
    Ok(rows.into_iter().map(|row| (row.visit_id, Yen::new(row.yen))).collect())
}

/// Lines of a page at most.
pub const PAGE_MAX: usize = 200;

/// Which payments.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PaymentQuery {
    /// Of this day.
    pub day: Option<ServiceDate>,
    /// Of this patient.
    pub patient: Option<PatientId>,
    /// Only this one.
    pub id: Option<PaymentId>,
    /// The last one of the page before.
    pub after: Option<PaymentId>,
    /// Lines wanted, at most [`PAGE_MAX`].
    pub limit: usize,
}

/// A payment, refund or reversal as recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentLine {
    /// Id.
    pub id: PaymentId,
    /// The patient.
    pub patient_id: PatientId,
    /// 患者番号.
    pub number: String,
    /// `payment`, `refund`, `reversal`.
    pub kind: String,
    /// How.
    pub method: Method,
    /// Above zero = came, below = went.
    pub yen: Yen,
    /// The business day.
    pub paid_on: ServiceDate,
    /// What it takes back.
    pub reverses: Option<PaymentId>,
    /// What takes it back.
    pub reversed_by: Option<PaymentId>,
    /// What it pays.
    pub allocations: Vec<Allocation>,
    /// Numbers of its receipts.
    pub receipts: Vec<i64>,
    /// By whom.
    pub recorded_by: String,
    /// Why.
    pub reason: Option<String>,
}

#[derive(QueryableByName)]
struct LineRow {
    #[diesel(sql_type = sql_types::Uuid)]
    payment_id: PaymentId,
    #[diesel(sql_type = sql_types::Uuid)]
    patient_id: PatientId,
    #[diesel(sql_type = sql_types::Text)]
    number: String,
    #[diesel(sql_type = sql_types::Text)]
    kind: String,
    #[diesel(sql_type = sql_types::Text)]
    method: Method,
    #[diesel(sql_type = sql_types::BigInt)]
    yen: i64,
    #[diesel(sql_type = sql_types::Date)]
    paid_on: chrono::NaiveDate,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    reverses: Option<PaymentId>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    reversed_by: Option<PaymentId>,
    #[diesel(sql_type = sql_types::Array<sql_types::Nullable<sql_types::Uuid>>)]
    visits: Vec<Option<uuid::Uuid>>,
    #[diesel(sql_type = sql_types::Array<sql_types::BigInt>)]
    parts: Vec<i64>,
    #[diesel(sql_type = sql_types::Array<sql_types::BigInt>)]
    receipts: Vec<i64>,
    #[diesel(sql_type = sql_types::Text)]
    recorded_by: String,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    reason: Option<String>,
}

/// Payments in the order in which they were recorded; and whether there are more.
///
/// # Errors
/// `Bound` above [`PAGE_MAX`].
pub fn list(tx: &mut TenantTx<'_>, wanted: &PaymentQuery) -> Result<(Vec<PaymentLine>, bool), StoreError> {
    if wanted.limit == 0 || wanted.limit > PAGE_MAX {
        return Err(StoreError::Bound { what: "payments of a page", received: wanted.limit, allowed: PAGE_MAX });
    }
    let query = diesel::sql_query(
        "SELECT y.payment_id, y.patient_id, t.number, y.kind, y.method, y.yen, y.paid_on, y.reverses, \
           (SELECT b.payment_id FROM payments b WHERE b.tenant_id = y.tenant_id AND b.reverses = y.payment_id) \
             AS reversed_by, \
           ARRAY(SELECT a.visit_id FROM payment_allocations a WHERE a.tenant_id = y.tenant_id \
             AND a.payment_id = y.payment_id ORDER BY a.line) AS visits, \
           ARRAY(SELECT a.yen FROM payment_allocations a WHERE a.tenant_id = y.tenant_id \
             AND a.payment_id = y.payment_id ORDER BY a.line) AS parts, \
           ARRAY(SELECT r.number FROM payment_receipts r WHERE r.tenant_id = y.tenant_id \
             AND r.payment_id = y.payment_id ORDER BY r.number) AS receipts, \
           y.recorded_by, y.reason \
         FROM payments y JOIN patients t ON t.tenant_id = y.tenant_id AND t.patient_id = y.patient_id \
         WHERE y.tenant_id = $1 AND ($2::date IS NULL OR y.paid_on = $2) \
           AND ($3::uuid IS NULL OR y.patient_id = $3) AND ($4::uuid IS NULL OR y.payment_id = $4) \
           AND ($5::uuid IS NULL OR (y.recorded_at, y.payment_id) > (SELECT a.recorded_at, a.payment_id \
             FROM payments a WHERE a.tenant_id = $1 AND a.payment_id = $5)) \
         ORDER BY y.recorded_at, y.payment_id LIMIT $6",
    );
    let limit = i64::try_from(wanted.limit).unwrap_or(i64::MAX).saturating_add(1);
    let rows: Vec<LineRow> = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Nullable<sql_types::Date>, _>(wanted.day.map(ServiceDate::naive))
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(wanted.patient.map(PatientId::get))
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(wanted.id.map(PaymentId::get))
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(wanted.after.map(PaymentId::get))
        .bind::<sql_types::BigInt, _>(limit)
        .load(tx.connection())?;
    let has_more = rows.len() > wanted.limit;
    let lines: Result<Vec<PaymentLine>, StoreError> = rows.into_iter().take(wanted.limit).map(line).collect();
    Ok((lines?, has_more))
}

/// A payment by its id.
///
/// # Errors
/// When the database cannot be asked.
pub fn find(tx: &mut TenantTx<'_>, id: PaymentId) -> Result<Option<PaymentLine>, StoreError> {
    let wanted = PaymentQuery { id: Some(id), limit: 1, ..PaymentQuery::default() };
    Ok(list(tx, &wanted)?.0.pop())
}

fn line(row: LineRow) -> Result<PaymentLine, StoreError> {
    let parts = row.visits.into_iter().zip(row.parts);
    let allocations =
        parts.map(|(visit, yen)| Allocation { visit_id: visit.map(VisitId::from), yen: Yen::new(yen) }).collect();
    Ok(PaymentLine {
        id: row.payment_id,
        patient_id: row.patient_id,
        number: row.number,
        kind: row.kind,
        method: row.method,
        yen: Yen::new(row.yen),
        paid_on: crate::convert::day(row.paid_on)?,
        reverses: row.reverses,
        reversed_by: row.reversed_by,
        allocations,
        receipts: row.receipts,
        recorded_by: row.recorded_by,
        reason: row.reason,
    })
}
