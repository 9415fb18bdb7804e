//! The double-entry ledger (複式簿記): entries that sum to zero, appended and only reversed.
//!
//! Debit (借方) is above zero, credit (貸方) below. The database refuses an entry that does not balance.

use chrono::NaiveDate;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types;
use kernel::{ClaimMonth, ServiceDate, Yen};

use crate::id::text_code;
use crate::schema::{ledger_accounts, ledger_entries, ledger_postings};
use crate::{EntryId, PatientId, Stamp, StoreError, TenantId, TenantTx, VisitId, closes};

/// Postings of one entry at most.
pub const POSTINGS_MAX: usize = 100;

text_code! {
    /// Accounts (勘定科目).
    Account {
        /// 現金.
        Cash = "cash",
        /// カード未収.
        Card = "card",
        /// 電子マネー未収.
        EMoney = "e_money",
        /// QR決済未収.
        Qr = "qr",
        /// 振込.
        Transfer = "transfer",
        /// 患者未収金: what patients owe.
        PatientReceivable = "patient_receivable",
        /// 預り金: what patients gave without a bill.
        PatientDeposit = "patient_deposit",
        /// 窓口負担 of insured care.
        InsuredRevenue = "insured_revenue",
        /// 選定療養の特別の料金.
        SelectionFeeRevenue = "selection_fee_revenue",
        /// 自費.
        SelfPayRevenue = "self_pay_revenue",
        /// 仮受消費税.
        ConsumptionTax = "consumption_tax",
        /// 減免.
        Reduction = "reduction",
        /// 貸倒.
        WriteOff = "write_off",
        /// 現金過不足.
        CashDifference = "cash_difference",
        /// 期首残高 taken over from another system.
        Opening = "opening",
    }
}

impl Account {
    const fn kind(self) -> &'static str {
        match self {
            Self::Cash | Self::Card | Self::EMoney | Self::Qr | Self::Transfer | Self::PatientReceivable => "asset",
            Self::PatientDeposit | Self::ConsumptionTax | Self::Opening => "liability",
            Self::InsuredRevenue | Self::SelectionFeeRevenue | Self::SelfPayRevenue => "revenue",
            Self::Reduction | Self::WriteOff | Self::CashDifference => "expense",
        }
    }
}

text_code! {
    /// What an entry is.
    EntryKind {
        /// 会計: a bill or its difference.
        Charge = "charge",
        /// 入金.
        Payment = "payment",
        /// 預り.
        Deposit = "deposit",
        /// 充当 of a deposit.
        Allocation = "allocation",
        /// 返金.
        Refund = "refund",
        /// 減免.
        Reduction = "reduction",
        /// 貸倒, with approval.
        WriteOff = "write_off",
        /// 現金過不足.
        CashDifference = "cash_difference",
        /// Taken over from another system.
        Opening = "opening",
        /// 取消 of another entry.
        Reversal = "reversal",
    }
}

/// One side of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Posting {
    /// The account.
    pub account: Account,
    /// Whose.
    pub patient_id: Option<PatientId>,
    /// For which visit.
    pub visit_id: Option<VisitId>,
    /// Debit above zero, credit below.
    pub yen: Yen,
}

/// An entry (仕訳).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Id.
    pub id: EntryId,
    /// What it is.
    pub kind: EntryKind,
    /// The business day it counts for.
    pub booked_on: ServiceDate,
    /// Who approved it; needed for a write-off.
    pub approved_by: Option<String>,
    /// Its sides: two or more, none of zero, Σ zero.
    pub postings: Vec<Posting>,
}

/// Sums of an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, QueryableByName)]
pub struct AccountTotal {
    /// The account.
    #[diesel(sql_type = sql_types::Text)]
    pub account: Account,
    /// Σ debit.
    #[diesel(sql_type = sql_types::BigInt)]
    debit_yen: i64,
    /// Σ credit, as a positive number.
    #[diesel(sql_type = sql_types::BigInt)]
    credit_yen: i64,
}

impl AccountTotal {
    /// Σ debit.
    pub const fn debit(&self) -> Yen {
        Yen::new(self.debit_yen)
    }

    /// Σ credit, as a positive number.
    pub const fn credit(&self) -> Yen {
        Yen::new(self.credit_yen)
    }

    /// Debit − credit.
    pub fn balance(&self) -> Yen {
        self.debit() - self.credit()
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_postings, check_for_backend(Pg))]
struct PostingRow {
    tenant_id: TenantId,
    entry_id: EntryId,
    line: i16,
    account: Account,
    patient_id: Option<PatientId>,
    visit_id: Option<VisitId>,
    yen: i64,
}

/// Opens every account for the tenant.
pub(crate) fn open_accounts(tx: &mut TenantTx<'_>) -> Result<(), StoreError> {
    let tenant_id = tx.tenant();
    let rows: Vec<_> = Account::ALL
        .iter()
        .map(|account| {
            (
                ledger_accounts::tenant_id.eq(tenant_id),
                ledger_accounts::account.eq(account.as_str()),
                ledger_accounts::kind.eq(account.kind()),
            )
        })
        .collect();
    diesel::insert_into(ledger_accounts::table).values(rows).execute(tx.connection())?;
    Ok(())
}

/// Posts an entry.
///
/// # Errors
/// `DayClosed`, `Unbalanced`, `Bound`, `Duplicate` for a taken id, `Violation` for an unknown patient, visit or a zero side.
pub fn post(tx: &mut TenantTx<'_>, entry: &Entry, stamp: &Stamp) -> Result<(), StoreError> {
    insert(tx, entry, None, stamp)
}

/// Takes an entry back by its mirror image, booked on another day; once only.
///
/// # Errors
/// `NotFound`, or `Duplicate` when it was taken back before.
pub fn reverse(
    tx: &mut TenantTx<'_>,
    entry: EntryId,
    reversal: EntryId,
    booked_on: ServiceDate,
    stamp: &Stamp,
) -> Result<(), StoreError> {
    let postings = postings(tx, entry)?;
    if postings.is_empty() {
        return Err(StoreError::NotFound { what: "the ledger entry" });
    }
    let mirrored = postings.iter().map(|posting| Posting { yen: -posting.yen, ..*posting }).collect();
    let mirror = Entry { id: reversal, kind: EntryKind::Reversal, booked_on, approved_by: None, postings: mirrored };
    insert(tx, &mirror, Some(entry), stamp)
}

fn insert(tx: &mut TenantTx<'_>, entry: &Entry, reverses: Option<EntryId>, stamp: &Stamp) -> Result<(), StoreError> {
    let sum = entry.postings.iter().try_fold(0_i64, |sum, posting| sum.checked_add(posting.yen.get()));
    match sum {
        Some(0) => {}
        sum => return Err(StoreError::Unbalanced { sum_yen: sum.unwrap_or(i64::MAX) }),
    }
    let count = entry.postings.len();
    if !(2..=POSTINGS_MAX).contains(&count) {
        return Err(StoreError::Bound { what: "postings of an entry", received: count, allowed: POSTINGS_MAX });
    }
    let count = i16::try_from(count).map_err(|_| StoreError::Content { what: "postings" })?;
    closes::ensure_open(tx, entry.booked_on)?;
    diesel::insert_into(ledger_entries::table)
        .values((
            ledger_entries::tenant_id.eq(tx.tenant()),
            ledger_entries::entry_id.eq(entry.id),
            ledger_entries::kind.eq(entry.kind.as_str()),
            ledger_entries::booked_on.eq(entry.booked_on.naive()),
            ledger_entries::posting_count.eq(count),
            ledger_entries::reverses.eq(reverses.map(EntryId::get)),
            ledger_entries::approved_by.eq(&entry.approved_by),
            ledger_entries::recorded_at.eq(stamp.at()),
            ledger_entries::recorded_by.eq(stamp.by()),
            ledger_entries::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())?;
    let tenant_id = tx.tenant();
    let rows: Vec<PostingRow> = entry
        .postings
        .iter()
        .zip(1..)
        .map(|(posting, line)| PostingRow {
            tenant_id,
            entry_id: entry.id,
            line,
            account: posting.account,
            patient_id: posting.patient_id,
            visit_id: posting.visit_id,
            yen: posting.yen.get(),
        })
        .collect();
    diesel::insert_into(ledger_postings::table).values(rows).execute(tx.connection())?;
    Ok(())
}

/// The sides of an entry, in their order; none for an unknown one.
///
/// # Errors
/// When the database cannot be asked.
pub fn postings(tx: &mut TenantTx<'_>, entry: EntryId) -> Result<Vec<Posting>, StoreError> {
    let rows: Vec<PostingRow> = ledger_postings::table
        .filter(ledger_postings::tenant_id.eq(tx.tenant()))
        .filter(ledger_postings::entry_id.eq(entry))
        .order_by(ledger_postings::line)
        .select(PostingRow::as_select())
        .load(tx.connection())?;
    let side = |row: PostingRow| Posting {
        account: row.account,
        patient_id: row.patient_id,
        visit_id: row.visit_id,
        yen: Yen::new(row.yen),
    };
    Ok(rows.into_iter().map(side).collect())
}

/// What a patient's accounts hold: receivable (未収) above zero, deposit (預り) below.
///
/// # Errors
/// When the database cannot be asked.
pub fn patient_balances(tx: &mut TenantTx<'_>, patient: PatientId) -> Result<Vec<AccountTotal>, StoreError> {
    let query = diesel::sql_query(
        "SELECT account, coalesce(sum(yen) FILTER (WHERE yen > 0), 0)::bigint AS debit_yen, \
         coalesce(-sum(yen) FILTER (WHERE yen < 0), 0)::bigint AS credit_yen \
         FROM ledger_postings WHERE tenant_id = $1 AND patient_id = $2 GROUP BY account ORDER BY account",
    );
    Ok(query.bind::<sql_types::BigInt, _>(tx.tenant()).bind::<sql_types::Uuid, _>(patient).load(tx.connection())?)
}

/// What a patient owes (above zero) or has to his credit (below): receivable and deposit together.
///
/// # Errors
/// When the database cannot be asked.
pub fn patient_debt(tx: &mut TenantTx<'_>, patient: PatientId) -> Result<Yen, StoreError> {
    let totals = patient_balances(tx, patient)?;
    let own = |total: &&AccountTotal| matches!(total.account, Account::PatientReceivable | Account::PatientDeposit);
    Ok(totals.iter().filter(own).map(AccountTotal::balance).sum())
}

/// Sums of every account booked on a day (日計).
///
/// # Errors
/// When the database cannot be asked.
pub fn day_totals(tx: &mut TenantTx<'_>, on: ServiceDate) -> Result<Vec<AccountTotal>, StoreError> {
    totals_between(tx, on.naive(), on.naive())
}

/// Sums of every account booked in a month (月計).
///
/// # Errors
/// When the database cannot be asked.
pub fn month_totals(tx: &mut TenantTx<'_>, month: ClaimMonth) -> Result<Vec<AccountTotal>, StoreError> {
    totals_between(tx, month.first_day().naive(), month.last_day().naive())
}

fn totals_between(tx: &mut TenantTx<'_>, first: NaiveDate, last: NaiveDate) -> Result<Vec<AccountTotal>, StoreError> {
    let query = diesel::sql_query(
        "SELECT p.account, coalesce(sum(p.yen) FILTER (WHERE p.yen > 0), 0)::bigint AS debit_yen, \
         coalesce(-sum(p.yen) FILTER (WHERE p.yen < 0), 0)::bigint AS credit_yen \
         FROM ledger_entries e JOIN ledger_postings p ON p.tenant_id = e.tenant_id AND p.entry_id = e.entry_id \
         WHERE e.tenant_id = $1 AND e.booked_on BETWEEN $2 AND $3 GROUP BY p.account ORDER BY p.account",
    );
    let query = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Date, _>(first)
        .bind::<sql_types::Date, _>(last);
    Ok(query.load(tx.connection())?)
}
