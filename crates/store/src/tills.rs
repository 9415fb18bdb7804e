//! Shifts of the till (レジ): opened with a float, counted, closed (仮締め). One is open at a time.
//!
//! What should be in the till = float + cash booked on the shift's day since it opened. Opening and counting hold the
//! lock of the day, so that no booking is under way.

use billing::close::{CashCheck, CountedCash};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use kernel::{ServiceDate, Yen};
use serde_json::Value;

use crate::convert::{day, from_json, to_json};
use crate::ledger::{self, Account, Entry, EntryKind, Posting};
use crate::schema::{till_closings, till_counts, till_shifts};
use crate::{EntryId, Stamp, StoreError, TenantTx, closes};

/// A shift.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shift {
    /// The business day.
    pub day: ServiceDate,
    /// Its number on the day, from 1.
    pub number: i32,
    /// 釣銭準備金.
    pub float: Yen,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened_at: DateTime<Utc>,
    /// The newest count.
    pub count: Option<Count>,
    /// Who closed it; none = it is open.
    pub closed_by: Option<String>,
    /// Cash booked on the day before it opened.
    base: Yen,
}

/// A count of a shift's cash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Count {
    /// Rises with every count of the shift.
    pub step: i32,
    /// Pieces.
    pub cash: CountedCash,
    /// Counted against expected.
    pub check: CashCheck,
    /// Why they differ.
    pub reason: Option<String>,
    /// Who counted.
    pub counted_by: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = till_shifts, check_for_backend(Pg))]
struct ShiftRow {
    booked_on: NaiveDate,
    shift: i32,
    float_yen: i64,
    cash_base_yen: i64,
    recorded_at: DateTime<Utc>,
    recorded_by: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = till_counts, check_for_backend(Pg))]
struct CountRow {
    step: i32,
    pieces: Value,
    counted_yen: i64,
    expected_yen: i64,
    recorded_by: String,
    reason: Option<String>,
}

/// Opens the next shift of a day. Answers its number.
///
/// # Errors
/// `Conflict` when a shift is open, of this day or another; `DayClosed`; `Violation` for a float below zero.
pub fn open(tx: &mut TenantTx<'_>, on: ServiceDate, float: Yen, stamp: &Stamp) -> Result<i32, StoreError> {
    tx.lock("till")?;
    closes::lock_day(tx, on)?;
    closes::ensure_open(tx, on)?;
    let shifts = of_day(tx, on)?;
    if let Some(open) = find_open(tx)? {
        return Err(StoreError::Conflict { what: "the till", expected: 0, found: open.number });
    }
    let number = shifts.last().map_or(0, |shift| shift.number).saturating_add(1);
    let base = cash_of(tx, on)?;
    diesel::insert_into(till_shifts::table)
        .values((
            till_shifts::tenant_id.eq(tx.tenant()),
            till_shifts::booked_on.eq(on.naive()),
            till_shifts::shift.eq(number),
            till_shifts::float_yen.eq(float.get()),
            till_shifts::cash_base_yen.eq(base.get()),
            till_shifts::recorded_at.eq(stamp.at()),
            till_shifts::recorded_by.eq(stamp.by()),
        ))
        .execute(tx.connection())?;
    Ok(number)
}

/// What should be in the till of a shift now. Hold [`closes::lock_day`] where nothing may come in between.
///
/// # Errors
/// When the database cannot be asked.
pub fn expected(tx: &mut TenantTx<'_>, shift: &Shift) -> Result<Yen, StoreError> {
    Ok(shift.float + cash_of(tx, shift.day)? - shift.base)
}

/// Cash booked on a day.
fn cash_of(tx: &mut TenantTx<'_>, on: ServiceDate) -> Result<Yen, StoreError> {
    let totals = ledger::day_totals(tx, on)?;
    Ok(totals.iter().filter(|total| total.account == Account::Cash).map(ledger::AccountTotal::balance).sum())
}

/// Records a count of an open shift. The stamp carries the reason of a difference.
///
/// # Errors
/// `Violation` (`till_count_reason`) for a difference without a reason, `Conflict` for two counts at once.
pub fn count(
    tx: &mut TenantTx<'_>,
    shift: &Shift,
    cash: &CountedCash,
    expected: Yen,
    stamp: &Stamp,
) -> Result<Count, StoreError> {
    let before = shift.count.as_ref().map_or(0, |count| count.step);
    let (step, check) = (before.saturating_add(1), CashCheck { expected, counted: cash.total() });
    diesel::insert_into(till_counts::table)
        .values((
            till_counts::tenant_id.eq(tx.tenant()),
            till_counts::booked_on.eq(shift.day.naive()),
            till_counts::shift.eq(shift.number),
            till_counts::step.eq(step),
            till_counts::pieces.eq(to_json(cash, "the count")?),
            till_counts::counted_yen.eq(check.counted.get()),
            till_counts::expected_yen.eq(expected.get()),
            till_counts::recorded_at.eq(stamp.at()),
            till_counts::recorded_by.eq(stamp.by()),
            till_counts::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())
        .map_err(|error| StoreError::from(error).into_conflict("the count", before))?;
    let (reason, counted_by) = (stamp.reason().map(str::to_owned), stamp.by());
    Ok(Count { step, cash: cash.clone(), check, reason, counted_by })
}

/// Closes a shift by a count; a difference is booked to 現金過不足, and wants another person than who counted.
///
/// # Errors
/// `Duplicate` when it is closed, `Violation` (`till_second_person`) for who counted, `DayClosed`.
pub fn close(tx: &mut TenantTx<'_>, shift: &Shift, count: &Count, stamp: &Stamp) -> Result<(), StoreError> {
    let difference = count.check.difference();
    let entry = match difference.is_zero() {
        true => None,
        false => Some(book_difference(tx, shift.day, difference, count, stamp)?),
    };
    diesel::insert_into(till_closings::table)
        .values((
            till_closings::tenant_id.eq(tx.tenant()),
            till_closings::booked_on.eq(shift.day.naive()),
            till_closings::shift.eq(shift.number),
            till_closings::step.eq(count.step),
            till_closings::counted_by.eq(&count.counted_by),
            till_closings::difference_yen.eq(difference.get()),
            till_closings::entry_id.eq(entry.map(EntryId::get)),
            till_closings::recorded_at.eq(stamp.at()),
            till_closings::recorded_by.eq(stamp.by()),
        ))
        .execute(tx.connection())?;
    Ok(())
}

fn book_difference(
    tx: &mut TenantTx<'_>,
    booked_on: ServiceDate,
    difference: Yen,
    count: &Count,
    stamp: &Stamp,
) -> Result<EntryId, StoreError> {
    let side = |account, yen| Posting { account, patient_id: None, visit_id: None, yen };
    let postings = vec![side(Account::Cash, difference), side(Account::CashDifference, -difference)];
    let (id, kind, approved_by) = (EntryId::new(), EntryKind::CashDifference, Some(stamp.by()));
    let stamp = count.reason.as_deref().map_or_else(|| stamp.clone(), |reason| stamp.because(reason));
    ledger::post(tx, &Entry { id, kind, booked_on, approved_by, postings }, &stamp)?;
    Ok(id)
}

/// Shifts of a day, by number.
///
/// # Errors
/// `Content` for a row that is not of its form.
pub fn of_day(tx: &mut TenantTx<'_>, on: ServiceDate) -> Result<Vec<Shift>, StoreError> {
    let rows: Vec<ShiftRow> = till_shifts::table
        .filter(till_shifts::tenant_id.eq(tx.tenant()))
        .filter(till_shifts::booked_on.eq(on.naive()))
        .order_by(till_shifts::shift)
        .select(ShiftRow::as_select())
        .load(tx.connection())?;
    rows.into_iter().map(|row| with_count(tx, row)).collect()
}

/// The open shift of the clinic.
///
/// # Errors
/// `Content` for a row that is not of its form.
pub fn find_open(tx: &mut TenantTx<'_>) -> Result<Option<Shift>, StoreError> {
    let closed = till_closings::table
        .filter(till_closings::tenant_id.eq(till_shifts::tenant_id))
        .filter(till_closings::booked_on.eq(till_shifts::booked_on))
        .filter(till_closings::shift.eq(till_shifts::shift));
    let row: Option<ShiftRow> = till_shifts::table
        .filter(till_shifts::tenant_id.eq(tx.tenant()))
        .filter(diesel::dsl::not(diesel::dsl::exists(closed)))
        .order_by((till_shifts::booked_on, till_shifts::shift))
        .select(ShiftRow::as_select())
        .first(tx.connection())
        .optional()?;
    row.map(|row| with_count(tx, row)).transpose()
}

fn with_count(tx: &mut TenantTx<'_>, row: ShiftRow) -> Result<Shift, StoreError> {
    let count: Option<CountRow> = till_counts::table
        .filter(till_counts::tenant_id.eq(tx.tenant()))
        .filter(till_counts::booked_on.eq(row.booked_on))
        .filter(till_counts::shift.eq(row.shift))
        .order_by(till_counts::step.desc())
        .select(CountRow::as_select())
        .first(tx.connection())
        .optional()?;
    let closed_by: Option<String> = till_closings::table
        .filter(till_closings::tenant_id.eq(tx.tenant()))
        .filter(till_closings::booked_on.eq(row.booked_on))
        .filter(till_closings::shift.eq(row.shift))
        .select(till_closings::recorded_by)
        .first(tx.connection())
        .optional()?;
    let count = count.map(|count| -> Result<Count, StoreError> {
        let check = CashCheck { expected: Yen::new(count.expected_yen), counted: Yen::new(count.counted_yen) };
        let cash = from_json(count.pieces, "the count")?;
        Ok(Count { step: count.step, cash, check, reason: count.reason, counted_by: count.recorded_by })
    });
    Ok(Shift {
        day: day(row.booked_on)?,
        number: row.shift,
        float: Yen::new(row.float_yen),
        opened_by: row.recorded_by,
        opened_at: row.recorded_at,
        count: count.transpose()?,
        closed_by,
        base: Yen::new(row.cash_base_yen),
    })
}
