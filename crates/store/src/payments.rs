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
