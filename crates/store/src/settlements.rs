//! Settlements (会計): what a visit costs the patient, in versions; the difference goes to the ledger.

use diesel::prelude::*;
use diesel::sql_types;
use kernel::{ClaimMonth, ServiceDate, Yen};

use crate::convert::{day, month_column};
use crate::ledger::{self, Account, Entry, EntryKind, Posting};
use crate::schema::settlements;
use crate::{EntryId, PatientId, Stamp, StoreError, TenantTx, VisitId};

const WHAT: &str = "the settlement";

/// What a visit costs the patient; due is the sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Amounts {
    /// 窓口負担.
    pub window: Yen,
    /// 選定療養の特別の料金.
    pub selection_fee: Yen,
    /// 自費 without tax.
    pub self_pay: Yen,
    /// 消費税.
    pub tax: Yen,
}

impl Amounts {
    /// What is due (請求額).
    pub fn due(&self) -> Yen {
        self.window + self.selection_fee + self.self_pay + self.tax
    }

    fn minus(&self, other: &Self) -> Self {
        Self {
            window: self.window - other.window,
            selection_fee: self.selection_fee - other.selection_fee,
            self_pay: self.self_pay - other.self_pay,
            tax: self.tax - other.tax,
        }
    }
}

/// A settlement to be recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSettlement {
    /// The visit.
    pub visit_id: VisitId,
    /// The patient.
    pub patient_id: PatientId,
    /// Month of care.
    pub month: ClaimMonth,
    /// The result it was made from; none for a visit taken over from another system.
    pub result_version: Option<i32>,
    /// The amounts.
    pub amounts: Amounts,
    /// Id of its ledger entry.
    pub entry_id: EntryId,
    /// 会計日.
    pub settled_on: ServiceDate,
}

/// A settlement as it now holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settlement {
    /// The visit.
    pub visit_id: VisitId,
    /// Version, rising from 1.
    pub version: i32,
    /// The result it was made from.
    pub result_version: Option<i32>,
    /// The amounts.
    pub amounts: Amounts,
    /// 会計日.
    pub settled_on: ServiceDate,
}

/// A bill that is not paid, or paid too much (未収・過入金).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenBill {
    /// The visit.
    pub visit_id: VisitId,
    /// 診療日.
    pub date: ServiceDate,
    /// Due − paid: above zero = the patient owes, below = a refund is due.
    pub open: Yen,
}

/// Records a settlement on top of version `base` (0 = the first) and posts the difference to the ledger.
/// Answers the version.
///
/// # Errors
/// `Conflict` when somebody else settled the visit first.
pub fn record(tx: &mut TenantTx<'_>, base: i32, new: &NewSettlement, stamp: &Stamp) -> Result<i32, StoreError> {
    let before = current(tx, &[new.visit_id])?.pop();
    let found = before.as_ref().map_or(0, |settlement| settlement.version);
    if found != base {
        return Err(StoreError::Conflict { what: WHAT, expected: base, found });
    }
    let difference = new.amounts.minus(&before.map(|settlement| settlement.amounts).unwrap_or_default());
    let entry = charge(new, &difference);
    if let Some(entry) = &entry {
        ledger::post(tx, entry, stamp)?;
    }
    let version = base.saturating_add(1);
    diesel::insert_into(settlements::table)
        .values((
            settlements::tenant_id.eq(tx.tenant()),
            settlements::visit_id.eq(new.visit_id),
            settlements::version.eq(version),
            settlements::patient_id.eq(new.patient_id),
            settlements::month.eq(month_column(new.month)),
            settlements::result_version.eq(new.result_version),
            settlements::due_yen.eq(new.amounts.due().get()),
            settlements::window_yen.eq(new.amounts.window.get()),
            settlements::selection_fee_yen.eq(new.amounts.selection_fee.get()),
            settlements::self_pay_yen.eq(new.amounts.self_pay.get()),
            settlements::tax_yen.eq(new.amounts.tax.get()),
            settlements::entry_id.eq(entry.map(|entry| entry.id.get())),
            settlements::settled_on.eq(new.settled_on.naive()),
            settlements::recorded_at.eq(stamp.at()),
            settlements::recorded_by.eq(stamp.by()),
            settlements::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())
        .map_err(|error| StoreError::from(error).into_conflict(WHAT, base))?;
    Ok(version)
}

/// The entry of a difference; none when nothing changed.
fn charge(new: &NewSettlement, difference: &Amounts) -> Option<Entry> {
    let side = |account, yen| Posting { account, patient_id: Some(new.patient_id), visit_id: Some(new.visit_id), yen };
    let sides = [
        side(Account::PatientReceivable, difference.due()),
        side(Account::InsuredRevenue, -difference.window),
        side(Account::SelectionFeeRevenue, -difference.selection_fee),
        side(Account::SelfPayRevenue, -difference.self_pay),
        side(Account::ConsumptionTax, -difference.tax),
    ];
    let postings: Vec<Posting> = sides.into_iter().filter(|posting| !posting.yen.is_zero()).collect();
    if postings.is_empty() {
        return None;
    }
    let (id, booked_on) = (new.entry_id, new.settled_on);
    Some(Entry { id, kind: EntryKind::Charge, booked_on, approved_by: None, postings })
}

/// The settlements of some visits as they now hold.
///
/// # Errors
/// When the database cannot be asked.
pub fn current(tx: &mut TenantTx<'_>, visits: &[VisitId]) -> Result<Vec<Settlement>, StoreError> {
    type Row = (VisitId, i32, Option<i32>, i64, i64, i64, i64, chrono::NaiveDate);
    let rows: Vec<Row> = settlements::table
        .filter(settlements::tenant_id.eq(tx.tenant()))
        .filter(settlements::visit_id.eq_any(visits))
        .distinct_on(settlements::visit_id)
        .order_by((settlements::visit_id, settlements::version.desc()))
        .select((
            settlements::visit_id,
            settlements::version,
            settlements::result_version,
            settlements::window_yen,
            settlements::selection_fee_yen,
            settlements::self_pay_yen,
            settlements::tax_yen,
            settlements::settled_on,
        ))
        .load(tx.connection())?;
    rows.into_iter()
        .map(|(visit_id, version, result_version, window, selection_fee, self_pay, tax, settled_on)| {
            let amounts = Amounts {
                window: Yen::new(window),
                selection_fee: Yen::new(selection_fee),
                self_pay: Yen::new(self_pay),
                tax: Yen::new(tax),
            };
            Ok(Settlement { visit_id, version, result_version, amounts, settled_on: day(settled_on)? })
        })
        .collect()
}

/// A patient's bills that are not even (未収・過入金), oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub fn open_bills(tx: &mut TenantTx<'_>, patient: PatientId) -> Result<Vec<OpenBill>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        visit_id: VisitId,
        #[diesel(sql_type = sql_types::Date)]
        visit_date: chrono::NaiveDate,
        #[diesel(sql_type = sql_types::BigInt)]
        open_yen: i64,
    }
    let query = diesel::sql_query(
        "SELECT v.visit_id, v.visit_date, sum(p.yen)::bigint AS open_yen \
         FROM ledger_postings p JOIN visits v ON v.tenant_id = p.tenant_id AND v.visit_id = p.visit_id \
         WHERE p.tenant_id = $1 AND p.patient_id = $2 AND p.account = 'patient_receivable' \
         GROUP BY v.visit_id, v.visit_date HAVING sum(p.yen) <> 0 ORDER BY v.visit_date, v.visit_id",
    );
    let rows: Vec<Row> =
        query.bind::<sql_types::BigInt, _>(tx.tenant()).bind::<sql_types::Uuid, _>(patient).load(tx.connection())?;
    rows.into_iter()
        .map(|row| Ok(OpenBill { visit_id: row.visit_id, date: day(row.visit_date)?, open: Yen::new(row.open_yen) }))
        .collect()
}
