//! Payment receipts (領収証): numbered per clinic without a gap, taken back only by another receipt.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types;
use kernel::{ServiceDate, Yen};
use serde_json::Value;

use crate::convert::day;
use crate::id::text_code;
use crate::schema::{payment_receipts, tenants};
use crate::{PatientId, PaymentId, Stamp, StoreError, TenantTx, VisitId};

text_code! {
    /// What a receipt is.
    ReceiptKind {
        /// 領収証.
        Receipt = "receipt",
        /// 預り証.
        Deposit = "deposit",
        /// 返金.
        Refund = "refund",
        /// 取消 of another receipt.
        Void = "void",
    }
}

/// A receipt to be issued.
#[derive(Clone, PartialEq, Debug)]
pub struct NewReceipt {
    /// What it is.
    pub kind: ReceiptKind,
    /// The patient.
    pub patient_id: PatientId,
    /// The payment it is for.
    pub payment_id: Option<PaymentId>,
    /// The visit it is for.
    pub visit_id: Option<VisitId>,
    /// Date on it.
    pub issued_on: ServiceDate,
    /// Amount on it.
    pub yen: Yen,
    /// Everything printed on it.
    pub content: Value,
}

/// An issued receipt.
#[derive(Clone, PartialEq, Debug)]
pub struct Receipt {
    /// 領収証番号.
    pub number: i64,
    /// What it says.
    pub receipt: NewReceipt,
    /// The number it takes back.
    pub voids: Option<i64>,
}

/// Issues a receipt under the clinic's next number.
///
/// The number is taken at the end of the line: whoever issues waits until the one before has committed or
/// given up, so that no number is lost or doubled. Call it late in the transaction.
///
/// # Errors
/// `NotFound` for an unregistered tenant, `Violation` for an unknown patient, visit or payment, `Timeout`.
pub fn issue(tx: &mut TenantTx<'_>, new: &NewReceipt, stamp: &Stamp) -> Result<i64, StoreError> {
    insert(tx, new, None, stamp)
}

/// Takes a receipt back (取消): a receipt of the opposite amount under the next number; once only.
///
/// # Errors
/// `NotFound`, or `Duplicate` when it was taken back before.
pub fn void(tx: &mut TenantTx<'_>, number: i64, issued_on: ServiceDate, stamp: &Stamp) -> Result<i64, StoreError> {
    void_for(tx, number, None, issued_on, stamp)
}

/// As [`void`], naming the reversal or refund for which it is taken back; none = the receipt's own payment.
///
/// # Errors
/// As [`void`].
pub fn void_for(
    tx: &mut TenantTx<'_>,
    number: i64,
    payment: Option<PaymentId>,
    issued_on: ServiceDate,
    stamp: &Stamp,
) -> Result<i64, StoreError> {
    let found = find(tx, number)?.filter(|receipt| receipt.voids.is_none());
    let receipt = found.ok_or(StoreError::NotFound { what: "the receipt" })?.receipt;
    let payment_id = payment.or(receipt.payment_id);
    let mirror = NewReceipt { kind: ReceiptKind::Void, issued_on, yen: -receipt.yen, payment_id, ..receipt };
    insert(tx, &mirror, Some(number), stamp)
}

fn insert(tx: &mut TenantTx<'_>, new: &NewReceipt, voids: Option<i64>, stamp: &Stamp) -> Result<i64, StoreError> {
    tx.lock_journal()?;
    // A statement of its own: its snapshot is younger than the lock.
    let last: Option<i64> = payment_receipts::table
        .filter(payment_receipts::tenant_id.eq(tx.tenant()))
        .select(diesel::dsl::max(payment_receipts::number))
        .first(tx.connection())?;
    let number = match last {
        Some(last) => last.saturating_add(1),
        None => tenants::table
            .filter(tenants::tenant_id.eq(tx.tenant()))
            .select(tenants::first_receipt_number)
            .first(tx.connection())
            .optional()?
            .ok_or(StoreError::NotFound { what: "the tenant" })?,
    };
    diesel::insert_into(payment_receipts::table)
        .values((
            payment_receipts::tenant_id.eq(tx.tenant()),
            payment_receipts::number.eq(number),
            payment_receipts::kind.eq(new.kind.as_str()),
            payment_receipts::patient_id.eq(new.patient_id),
            payment_receipts::payment_id.eq(new.payment_id.map(PaymentId::get)),
            payment_receipts::visit_id.eq(new.visit_id.map(VisitId::get)),
            payment_receipts::voids.eq(voids),
            payment_receipts::issued_on.eq(new.issued_on.naive()),
            payment_receipts::yen.eq(new.yen.get()),
            payment_receipts::content.eq(&new.content),
            payment_receipts::recorded_at.eq(stamp.at()),
            payment_receipts::recorded_by.eq(stamp.by()),
            payment_receipts::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())?;
    Ok(number)
}

/// The receipt with a number.
///
/// # Errors
/// When the database cannot be asked.
pub fn find(tx: &mut TenantTx<'_>, number: i64) -> Result<Option<Receipt>, StoreError> {
    type Row = (ReceiptKind, PatientId, Option<PaymentId>, Option<VisitId>, Option<i64>, NaiveDate, i64, Value);
    let row: Option<Row> = payment_receipts::table
        .filter(payment_receipts::tenant_id.eq(tx.tenant()))
        .filter(payment_receipts::number.eq(number))
        .select((
            payment_receipts::kind,
            payment_receipts::patient_id,
            payment_receipts::payment_id,
            payment_receipts::visit_id,
            payment_receipts::voids,
            payment_receipts::issued_on,
            payment_receipts::yen,
            payment_receipts::content,
        ))
        .first(tx.connection())
        .optional()?;
    row.map(|(kind, patient_id, payment_id, visit_id, voids, issued_on, yen, content)| {
        let receipt = NewReceipt {
            kind,
            patient_id,
            payment_id,
            visit_id,
            issued_on: day(issued_on)?,
            yen: Yen::new(yen),
            content,
        };
        Ok(Receipt { number, receipt, voids })
    })
    .transpose()
}

/// Numbers of the receipts of a visit, ascending.
///
/// # Errors
/// When the database cannot be asked.
pub fn numbers_of_visit(tx: &mut TenantTx<'_>, visit: VisitId) -> Result<Vec<i64>, StoreError> {
    let query = payment_receipts::table
        .filter(payment_receipts::tenant_id.eq(tx.tenant()))
        .filter(payment_receipts::visit_id.eq(visit))
        .order_by(payment_receipts::number)
        .select(payment_receipts::number);
    Ok(query.load(tx.connection())?)
}

/// Receipts of a page at most.
pub const PAGE_MAX: usize = 200;

/// Which receipts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReceiptQuery {
    /// Issued on this day.
    pub day: Option<ServiceDate>,
    /// Of this patient.
    pub patient: Option<PatientId>,
    /// Numbers above this one.
    pub after: Option<i64>,
    /// Lines wanted, at most [`PAGE_MAX`].
    pub limit: usize,
}

/// A receipt in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceiptLine {
    /// 領収証番号.
    pub number: i64,
    /// What it is.
    pub kind: ReceiptKind,
    /// The patient.
    pub patient_id: PatientId,
    /// The payment it is for.
    pub payment_id: Option<PaymentId>,
    /// The visit it is for.
    pub visit_id: Option<VisitId>,
    /// Date on it.
    pub issued_on: ServiceDate,
    /// Amount on it.
    pub yen: Yen,
    /// The number it takes back.
    pub voids: Option<i64>,
    /// The number that takes it back.
    pub voided_by: Option<i64>,
}

#[derive(QueryableByName)]
struct LineRow {
    #[diesel(sql_type = sql_types::BigInt)]
    number: i64,
    #[diesel(sql_type = sql_types::Text)]
    kind: ReceiptKind,
    #[diesel(sql_type = sql_types::Uuid)]
    patient_id: PatientId,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    payment_id: Option<PaymentId>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    visit_id: Option<VisitId>,
    #[diesel(sql_type = sql_types::Date)]
    issued_on: NaiveDate,
    #[diesel(sql_type = sql_types::BigInt)]
    yen: i64,
    #[diesel(sql_type = sql_types::Nullable<sql_types::BigInt>)]
    voids: Option<i64>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::BigInt>)]
    voided_by: Option<i64>,
}

/// Receipts by number; and whether there are more.
///
/// # Errors
/// `Bound` above [`PAGE_MAX`].
pub fn list(tx: &mut TenantTx<'_>, wanted: &ReceiptQuery) -> Result<(Vec<ReceiptLine>, bool), StoreError> {
    if wanted.limit == 0 || wanted.limit > PAGE_MAX {
        return Err(StoreError::Bound { what: "receipts of a page", received: wanted.limit, allowed: PAGE_MAX });
    }
    let query = diesel::sql_query(
        "SELECT r.number, r.kind, r.patient_id, r.payment_id, r.visit_id, r.issued_on, r.yen, r.voids, \
           (SELECT v.number FROM payment_receipts v WHERE v.tenant_id = r.tenant_id AND v.voids = r.number) \
             AS voided_by \
         FROM payment_receipts r WHERE r.tenant_id = $1 AND ($2::date IS NULL OR r.issued_on = $2) \
           AND ($3::uuid IS NULL OR r.patient_id = $3) AND r.number > $4 ORDER BY r.number LIMIT $5",
    );
    let limit = i64::try_from(wanted.limit).unwrap_or(i64::MAX).saturating_add(1);
    let rows: Vec<LineRow> = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Nullable<sql_types::Date>, _>(wanted.day.map(ServiceDate::naive))
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(wanted.patient.map(PatientId::get))
        .bind::<sql_types::BigInt, _>(wanted.after.unwrap_or(0))
        .bind::<sql_types::BigInt, _>(limit)
        .load(tx.connection())?;
    let has_more = rows.len() > wanted.limit;
    let line = |row: LineRow| -> Result<ReceiptLine, StoreError> {
        Ok(ReceiptLine {
            number: row.number,
            kind: row.kind,
            patient_id: row.patient_id,
            payment_id: row.payment_id,
            visit_id: row.visit_id,
            issued_on: day(row.issued_on)?,
            yen: Yen::new(row.yen),
            voids: row.voids,
            voided_by: row.voided_by,
        })
    };
    let lines: Result<Vec<ReceiptLine>, StoreError> = rows.into_iter().take(wanted.limit).map(line).collect();
    Ok((lines?, has_more))
}

/// Numbers of a patient's receipts that hold (neither void nor taken back) and are for one of some visits.
///
/// # Errors
/// When the database cannot be asked.
pub fn valid_of_visits(tx: &mut TenantTx<'_>, patient: PatientId, visits: &[VisitId]) -> Result<Vec<i64>, StoreError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = sql_types::BigInt)]
        number: i64,
    }
    let query = diesel::sql_query(
        "SELECT r.number FROM payment_receipts r WHERE r.tenant_id = $1 AND r.patient_id = $2 AND r.kind <> 'void' \
           AND NOT EXISTS (SELECT FROM payment_receipts v WHERE v.tenant_id = r.tenant_id AND v.voids = r.number) \
           AND (r.visit_id = ANY($3) OR EXISTS (SELECT FROM \
             jsonb_array_elements(coalesce(r.content -> 'bills', '[]'::jsonb)) bill \
             WHERE bill ->> 'visitId' = ANY($3::text[]))) ORDER BY r.number",
    );
    let rows: Vec<Found> = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Uuid, _>(patient)
        .bind::<sql_types::Array<sql_types::Uuid>, _>(visits)
        .load(tx.connection())?;
    Ok(rows.into_iter().map(|row| row.number).collect())
}

/// Numbers of a payment's receipts that hold.
///
/// # Errors
/// When the database cannot be asked.
pub fn valid_of_payment(tx: &mut TenantTx<'_>, payment: PaymentId) -> Result<Vec<i64>, StoreError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = sql_types::BigInt)]
        number: i64,
    }
    let query = diesel::sql_query(
        "SELECT r.number FROM payment_receipts r WHERE r.tenant_id = $1 AND r.payment_id = $2 AND r.kind <> 'void' \
           AND NOT EXISTS (SELECT FROM payment_receipts v WHERE v.tenant_id = r.tenant_id AND v.voids = r.number) \
         ORDER BY r.number",
    );
    let rows: Vec<Found> =
        query.bind::<sql_types::BigInt, _>(tx.tenant()).bind::<sql_types::Uuid, _>(payment).load(tx.connection())?;
    Ok(rows.into_iter().map(|row| row.number).collect())
}
