//! Payments a terminal was asked for (端末決済, 確認中): nothing is booked before the terminal answers.

use billing::settlement::Policy;
use diesel::prelude::*;
use diesel::sql_types;
use kernel::Yen;

use crate::payments::Method;
use crate::schema::{terminal_outcomes, terminal_payments};
use crate::{PatientId, PaymentId, Stamp, StoreError, TenantTx, TerminalPaymentId, VisitId};

/// A payment the terminal was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TerminalPayment {
    /// Id.
    pub id: TerminalPaymentId,
    /// The patient.
    pub patient_id: PatientId,
    /// The visit at the desk.
    pub visit_id: Option<VisitId>,
    /// How: never cash or transfer.
    pub method: Method,
    /// Which bills it pays.
    pub policy: Policy,
    /// How much.
    pub yen: Yen,
}

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TerminalState {
    /// 確認中.
    Pending,
    /// The terminal took the money; the payment is booked.
    Confirmed(PaymentId),
    /// The terminal took nothing.
    Abandoned,
}

/// Records that a terminal was asked.
///
/// # Errors
/// `Duplicate` for a taken id, `Violation` for cash, transfer or an amount not above zero.
pub fn request(tx: &mut TenantTx<'_>, new: &TerminalPayment, stamp: &Stamp) -> Result<(), StoreError> {
    diesel::insert_into(terminal_payments::table)
        .values((
            terminal_payments::tenant_id.eq(tx.tenant()),
            terminal_payments::terminal_payment_id.eq(new.id),
            terminal_payments::patient_id.eq(new.patient_id),
            terminal_payments::visit_id.eq(new.visit_id.map(VisitId::get)),
            terminal_payments::method.eq(new.method.as_str()),
            terminal_payments::policy.eq(new.policy.as_str()),
            terminal_payments::yen.eq(new.yen.get()),
            terminal_payments::recorded_at.eq(stamp.at()),
            terminal_payments::recorded_by.eq(stamp.by()),
            terminal_payments::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())?;
    Ok(())
}

/// Records the terminal's answer: the payment that was booked for it, or none when it took nothing; once.
///
/// # Errors
/// `Duplicate` when it was answered before, `Violation` for an unknown one or one abandoned without a reason.
pub fn answer(
    tx: &mut TenantTx<'_>,
    id: TerminalPaymentId,
    payment: Option<PaymentId>,
    stamp: &Stamp,
) -> Result<(), StoreError> {
    diesel::insert_into(terminal_outcomes::table)
        .values((
            terminal_outcomes::tenant_id.eq(tx.tenant()),
            terminal_outcomes::terminal_payment_id.eq(id),
            terminal_outcomes::outcome.eq(if payment.is_some() { "confirmed" } else { "abandoned" }),
            terminal_outcomes::payment_id.eq(payment.map(PaymentId::get)),
            terminal_outcomes::recorded_at.eq(stamp.at()),
            terminal_outcomes::recorded_by.eq(stamp.by()),
            terminal_outcomes::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())?;
    Ok(())
}

/// A terminal payment and what became of it.
///
/// # Errors
/// When the database cannot be asked.
pub fn find(
    tx: &mut TenantTx<'_>,
    id: TerminalPaymentId,
) -> Result<Option<(TerminalPayment, TerminalState)>, StoreError> {
    Ok(rows(tx, Some(id), None)?.pop())
}

/// Terminal payments that nobody knows the end of, of one patient or all.
///
/// # Errors
/// When the database cannot be asked.
pub fn pending(tx: &mut TenantTx<'_>, patient: Option<PatientId>) -> Result<Vec<TerminalPayment>, StoreError> {
    let found = rows(tx, None, patient)?;
    Ok(found.into_iter().map(|(payment, _)| payment).collect())
}

/// By id in any state, else those that are pending.
fn rows(
    tx: &mut TenantTx<'_>,
    id: Option<TerminalPaymentId>,
    patient: Option<PatientId>,
) -> Result<Vec<(TerminalPayment, TerminalState)>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        terminal_payment_id: TerminalPaymentId,
        #[diesel(sql_type = sql_types::Uuid)]
        patient_id: PatientId,
        #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
        visit_id: Option<VisitId>,
        #[diesel(sql_type = sql_types::Text)]
        method: Method,
        #[diesel(sql_type = sql_types::Text)]
        policy: String,
        #[diesel(sql_type = sql_types::BigInt)]
        yen: i64,
        #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
        outcome: Option<String>,
        #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
        payment_id: Option<PaymentId>,
    }
    let query = diesel::sql_query(
        "SELECT t.terminal_payment_id, t.patient_id, t.visit_id, t.method, t.policy, t.yen, o.outcome, o.payment_id \
         FROM terminal_payments t LEFT JOIN terminal_outcomes o \
           ON o.tenant_id = t.tenant_id AND o.terminal_payment_id = t.terminal_payment_id \
         WHERE t.tenant_id = $1 AND ($3::uuid IS NULL OR t.patient_id = $3) \
           AND (t.terminal_payment_id = $2 OR ($2::uuid IS NULL AND o.outcome IS NULL)) \
         ORDER BY t.recorded_at, t.terminal_payment_id LIMIT 200",
    );
    let rows: Vec<Row> = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(id.map(TerminalPaymentId::get))
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(patient.map(PatientId::get))
        .load(tx.connection())?;
    rows.into_iter()
        .map(|row| {
            let payment = TerminalPayment {
                id: row.terminal_payment_id,
                patient_id: row.patient_id,
                visit_id: row.visit_id,
                method: row.method,
                policy: Policy::parse(&row.policy).ok_or(StoreError::Content { what: "the policy" })?,
                yen: Yen::new(row.yen),
            };
            let state = match (row.outcome, row.payment_id) {
                (None, _) => TerminalState::Pending,
                (Some(_), Some(payment)) => TerminalState::Confirmed(payment),
                (Some(_), None) => TerminalState::Abandoned,
            };
            Ok((payment, state))
        })
        .collect()
}
