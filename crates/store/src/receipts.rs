//! Payment receipts (領収証): numbered per clinic without a gap, taken back only by another receipt.

use chrono::NaiveDate;
use diesel::prelude::*;
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
    let found = find(tx, number)?.filter(|receipt| receipt.voids.is_none());
    let receipt = found.ok_or(StoreError::NotFound { what: "the receipt" })?.receipt;
    let mirror = NewReceipt { kind: ReceiptKind::Void, issued_on, yen: -receipt.yen, ..receipt };
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
