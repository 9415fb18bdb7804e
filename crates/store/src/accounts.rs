//! A patient's account: open bills, deposit, and what moves them without money (充当, 減免, 貸倒, 期首残高).
//!
//! Whoever is about to move money of a patient locks the account first and reads it then, so that two clerks never
//! pay the same bill.

use diesel::prelude::*;
use diesel::sql_types;
use kernel::{ServiceDate, Yen};

use crate::ledger::{self, Account, Entry, EntryKind, Posting};
use crate::settlements::{self, OpenBill};
use crate::visits::{self, NewVisit, VisitState};
use crate::{EntryId, PatientId, Stamp, StoreError, TenantTx, VisitId};

/// Source of visits that stand for debts of another system.
pub const OPENING: &str = "opening";

/// A patient's account as it now holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatientAccount {
    /// Rises with everything that is booked on it.
    pub version: i32,
    /// Bills that are not even, oldest first.
    pub bills: Vec<OpenBill>,
    /// 預り金.
    pub deposit: Yen,
}

impl PatientAccount {
    /// What the patient owes on all bills; below zero = credit. The deposit is not in it.
    pub fn debt(&self) -> Yen {
        self.bills.iter().map(|bill| bill.open).sum()
    }

    /// What is open on a bill.
    pub fn open_of(&self, visit: VisitId) -> Yen {
        self.bills.iter().filter(|bill| bill.visit_id == visit).map(|bill| bill.open).sum()
    }
}

/// Waits until nobody else moves money of the patient; until the transaction ends.
///
/// # Errors
/// `Timeout`.
pub fn lock(tx: &mut TenantTx<'_>, patient: PatientId) -> Result<(), StoreError> {
    tx.lock(&format!("account:{patient}"))
}

/// The account of a patient.
///
/// # Errors
/// When the database cannot be asked.
pub fn find(tx: &mut TenantTx<'_>, patient: PatientId) -> Result<PatientAccount, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::BigInt)]
        version: i64,
        #[diesel(sql_type = sql_types::BigInt)]
        deposit_yen: i64,
    }
    let query = diesel::sql_query(
        "SELECT count(*) AS version, coalesce(-sum(yen) FILTER (WHERE account = 'patient_deposit'), 0)::bigint \
         AS deposit_yen FROM ledger_postings \
         WHERE tenant_id = $1 AND patient_id = $2 AND account IN ('patient_receivable', 'patient_deposit')",
    );
    let row: Row = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Uuid, _>(patient)
        .get_result(tx.connection())?;
    let version = i32::try_from(row.version).map_err(|_| StoreError::Content { what: "the account" })?;
    let bills = settlements::open_bills(tx, patient)?;
    Ok(PatientAccount { version, bills, deposit: Yen::new(row.deposit_yen) })
}

/// 減免 and 貸倒 of some visits; visits without are left out.
///
/// # Errors
/// When the database cannot be asked.
pub fn taken_off(tx: &mut TenantTx<'_>, visits: &[VisitId]) -> Result<Vec<(VisitId, Yen)>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        visit_id: VisitId,
        #[diesel(sql_type = sql_types::BigInt)]
        yen: i64,
    }
    let query = diesel::sql_query(
        "SELECT visit_id, sum(yen)::bigint AS yen FROM ledger_postings WHERE tenant_id = $1 AND visit_id = ANY($2) \
         AND account IN ('reduction', 'write_off') GROUP BY visit_id HAVING sum(yen) <> 0",
    );
    let rows: Vec<Row> = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Array<sql_types::Uuid>, _>(visits)
        .load(tx.connection())?;
    Ok(rows.into_iter().map(|row| (row.visit_id, Yen::new(row.yen))).collect())
}

/// Pays bills out of the deposit (充当). Parts are above zero.
///
/// # Errors
/// `Content` for a part that is not above zero, `DayClosed`.
pub fn apply_deposit(
    tx: &mut TenantTx<'_>,
    patient: PatientId,
    parts: &[(VisitId, Yen)],
    on: ServiceDate,
    stamp: &Stamp,
) -> Result<EntryId, StoreError> {
    let applied: Yen = parts.iter().map(|(_, yen)| *yen).sum();
    if parts.iter().any(|(_, yen)| *yen <= Yen::ZERO) {
        return Err(StoreError::Content { what: "what is applied" });
    }
    let deposit = Posting { account: Account::PatientDeposit, patient_id: Some(patient), visit_id: None, yen: applied };
    let bills = parts.iter().map(|(visit, yen)| receivable(patient, *visit, -*yen));
    let postings = std::iter::once(deposit).chain(bills).collect();
    post(tx, EntryKind::Allocation, postings, None, on, stamp)
}

/// Lowers a bill (減免).
///
/// # Errors
/// `DayClosed`, `Violation` for an unknown visit.
pub fn reduce(
    tx: &mut TenantTx<'_>,
    patient: PatientId,
    visit: VisitId,
    yen: Yen,
    on: ServiceDate,
    stamp: &Stamp,
) -> Result<EntryId, StoreError> {
    let expense = Posting { account: Account::Reduction, patient_id: Some(patient), visit_id: Some(visit), yen };
    post(tx, EntryKind::Reduction, vec![expense, receivable(patient, visit, -yen)], None, on, stamp)
}

/// Writes a bill off (貸倒); `approved_by` = who decided.
///
/// # Errors
/// `DayClosed`, `Violation` for an unknown visit.
pub(crate) fn write_off(
    tx: &mut TenantTx<'_>,
    patient: PatientId,
    visit: VisitId,
    yen: Yen,
    on: ServiceDate,
    stamp: &Stamp,
) -> Result<EntryId, StoreError> {
    let expense = Posting { account: Account::WriteOff, patient_id: Some(patient), visit_id: Some(visit), yen };
    let postings = vec![expense, receivable(patient, visit, -yen)];
    post(tx, EntryKind::WriteOff, postings, Some(stamp.by()), on, stamp)
}

/// A debt of another system (期首残高): a visit that charges nothing stands for it, so that it is paid like a bill.
///
/// `visit.source` must be [`OPENING`]; the same visit again changes nothing and answers none.
///
/// # Errors
/// `Content` for another source or an amount not above zero, `Duplicate`, `DayClosed`.
pub fn record_opening_debt(
    tx: &mut TenantTx<'_>,
    visit: &NewVisit,
    yen: Yen,
    on: ServiceDate,
    stamp: &Stamp,
) -> Result<Option<EntryId>, StoreError> {
    if visit.source != OPENING || yen <= Yen::ZERO {
        return Err(StoreError::Content { what: "the opening debt" });
    }
    let (found, is_new) = visits::record(tx, visit, VisitState::PaidLater, stamp)?;
    if !is_new {
        return Ok(None);
    }
    let opening =
        Posting { account: Account::Opening, patient_id: Some(found.patient_id), visit_id: Some(found.id), yen: -yen };
    let postings = vec![receivable(found.patient_id, found.id, yen), opening];
    post(tx, EntryKind::Opening, postings, None, on, stamp).map(Some)
}

fn receivable(patient: PatientId, visit: VisitId, yen: Yen) -> Posting {
    Posting { account: Account::PatientReceivable, patient_id: Some(patient), visit_id: Some(visit), yen }
}

fn post(
    tx: &mut TenantTx<'_>,
    kind: EntryKind,
    postings: Vec<Posting>,
    approved_by: Option<String>,
    booked_on: ServiceDate,
    stamp: &Stamp,
) -> Result<EntryId, StoreError> {
    let id = EntryId::new();
    ledger::post(tx, &Entry { id, kind, booked_on, approved_by, postings }, stamp)?;
    Ok(id)
}
