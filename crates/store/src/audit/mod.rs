//! The audit trail (監査証跡): who did or saw what, hash-chained per tenant and day.
//!
//! Each row's hash covers the row and the hash before it; the first row of a day follows the last of the day
//! before. A head per day tells where its chain ends. Whoever keeps heads elsewhere also finds that the newest
//! rows are gone together with their heads.
//!
//! Nothing is ever deleted: the application role has no right to, and there is no function for it. The time a clinic
//! chose ([`settings`](crate::identity::settings)) is what it may rely on at least; so the chain always verifies from
//! its first row.

mod search;

pub use search::{AuditEvent, EVENTS_PER_READ, Order, Position, Search, search};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use kernel::ServiceDate;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::convert::day;
use crate::schema::{audit_events, audit_heads};
use crate::{PatientId, Stamp, StoreError, TenantId, TenantTx};

/// Rows read at once by [`verify`].
const ROWS_PER_READ: i64 = 1_000;
/// What the first row of a clinic follows.
const BEGINNING: [u8; 32] = [0; 32];

/// Something to be put on record.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct NewEvent {
    /// What was done, for example `patient.read`.
    pub action: String,
    /// Whose data.
    pub patient_id: Option<PatientId>,
    /// Which thing, by its id.
    pub subject: Option<String>,
    /// What was there before a change.
    pub before: Option<Value>,
    /// What is there after it.
    pub after: Option<Value>,
    /// From where: address, terminal.
    pub origin: Option<String>,
}

/// Where the chain of a day ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// The day.
    pub day: ServiceDate,
    /// Rows of the day.
    pub last_seq: i64,
    /// Hash of the last one.
    pub last_hash: Vec<u8>,
}

/// What is wrong with the trail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The day.
    pub day: ServiceDate,
    /// The row.
    pub seq: i64,
    /// What is wrong.
    pub kind: FaultKind,
}

/// Kinds of faults.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// The row does not have the content it was written with.
    Altered,
    /// The row is gone.
    Missing,
    /// The row does not follow the one before it.
    Unchained,
    /// The day does not end where its head, or a head kept elsewhere, says.
    Head,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_events, check_for_backend(Pg))]
struct Row {
    tenant_id: TenantId,
    day: NaiveDate,
    seq: i64,
    recorded_at: DateTime<Utc>,
    recorded_by: String,
    action: String,
    patient_id: Option<PatientId>,
    subject: Option<String>,
    before_text: Option<String>,
    after_text: Option<String>,
    origin: Option<String>,
    reason: Option<String>,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl Row {
    /// Every field with its length, so that no two rows are the same bytes.
    fn computed_hash(&self) -> Vec<u8> {
        let mut hasher = Sha256::new();
        let mut field = |bytes: Option<&[u8]>| {
            hasher.update([u8::from(bytes.is_some())]);
            let bytes = bytes.unwrap_or_default();
            hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(bytes);
        };
        field(Some(&self.previous_hash));
        field(Some(&self.tenant_id.get().to_le_bytes()));
        field(Some(self.day.to_string().as_bytes()));
        field(Some(&self.seq.to_le_bytes()));
        field(Some(&self.recorded_at.timestamp_micros().to_le_bytes()));
        field(Some(self.recorded_by.as_bytes()));
        field(Some(self.action.as_bytes()));
        field(self.patient_id.map(|id| *id.get().as_bytes()).as_ref().map(<[u8; 16]>::as_slice));
        field(self.subject.as_deref().map(str::as_bytes));
        field(self.before_text.as_deref().map(str::as_bytes));
        field(self.after_text.as_deref().map(str::as_bytes));
        field(self.origin.as_deref().map(str::as_bytes));
        field(self.reason.as_deref().map(str::as_bytes));
        hasher.finalize().to_vec()
    }
}

/// Puts something on record; answers its number in the day. Call it last in the transaction.
///
/// `day` is the clinic's calendar day; it never goes back behind the newest day of the trail.
///
/// # Errors
/// `Violation` for an unknown patient or a text too long, `Timeout`.
pub fn append(tx: &mut TenantTx<'_>, on: ServiceDate, event: &NewEvent, stamp: &Stamp) -> Result<i64, StoreError> {
    tx.lock_journal()?;
    let newest: Option<(NaiveDate, i64, Vec<u8>)> = audit_heads::table
        .filter(audit_heads::tenant_id.eq(tx.tenant()))
        .order_by(audit_heads::day.desc())
        .select((audit_heads::day, audit_heads::last_seq, audit_heads::last_hash))
        .first(tx.connection())
        .optional()?;
    let (day, seq, previous_hash) = match newest {
        Some((newest_day, last_seq, hash)) if newest_day >= on.naive() => (newest_day, last_seq + 1, hash),
        Some((_, _, hash)) => (on.naive(), 1, hash),
        None => (on.naive(), 1, BEGINNING.to_vec()),
    };
    let mut row = Row {
        tenant_id: tx.tenant(),
        day,
        seq,
        recorded_at: stamp.at(),
        recorded_by: stamp.by(),
        action: event.action.clone(),
        patient_id: event.patient_id,
        subject: event.subject.clone(),
        before_text: event.before.as_ref().map(Value::to_string),
        after_text: event.after.as_ref().map(Value::to_string),
        origin: event.origin.clone(),
        reason: stamp.reason().map(str::to_owned),
        previous_hash,
        hash: Vec::new(),
    };
    row.hash = row.computed_hash();
    diesel::insert_into(audit_events::table).values(&row).execute(tx.connection())?;
    diesel::insert_into(audit_heads::table)
        .values((
            audit_heads::tenant_id.eq(tx.tenant()),
            audit_heads::day.eq(day),
            audit_heads::last_seq.eq(seq),
            audit_heads::last_hash.eq(&row.hash),
        ))
        .on_conflict((audit_heads::tenant_id, audit_heads::day))
        .do_update()
        .set((audit_heads::last_seq.eq(seq), audit_heads::last_hash.eq(&row.hash)))
        .execute(tx.connection())?;
    Ok(seq)
}

/// The heads of all days: keep them elsewhere and give them to [`verify`].
///
/// # Errors
/// When the database cannot be asked.
pub fn heads(tx: &mut TenantTx<'_>) -> Result<Vec<Head>, StoreError> {
    let rows: Vec<(NaiveDate, i64, Vec<u8>)> = audit_heads::table
        .filter(audit_heads::tenant_id.eq(tx.tenant()))
        .order_by(audit_heads::day)
        .select((audit_heads::day, audit_heads::last_seq, audit_heads::last_hash))
        .load(tx.connection())?;
    rows.into_iter().map(|(on, last_seq, last_hash)| Ok(Head { day: day(on)?, last_seq, last_hash })).collect()
}

/// Reads the whole trail and answers everything that is wrong with it. `kept` are heads kept elsewhere.
///
/// # Errors
/// When the database cannot be asked.
pub fn verify(tx: &mut TenantTx<'_>, kept: &[Head]) -> Result<Vec<Fault>, StoreError> {
    let heads = heads(tx)?;
    let mut check = Check::default();
    let mut after: Option<(NaiveDate, i64)> = None;
    loop {
        let rows = read(tx, after)?;
        let Some(last) = rows.last() else { break };
        after = Some((last.day, last.seq));
        for row in &rows {
            check.row(row, kept)?;
        }
    }
    check.end_of_day();
    check.heads(&heads);
    for head in kept.iter().filter(|head| !check.seen_kept.contains(&(head.day, head.last_seq))) {
        check.faults.push(Fault { day: head.day, seq: head.last_seq, kind: FaultKind::Head });
    }
    Ok(check.faults)
}

fn read(tx: &mut TenantTx<'_>, after: Option<(NaiveDate, i64)>) -> Result<Vec<Row>, StoreError> {
    let mut query = audit_events::table
        .filter(audit_events::tenant_id.eq(tx.tenant()))
        .order_by((audit_events::day, audit_events::seq))
        .limit(ROWS_PER_READ)
        .select(Row::as_select())
        .into_boxed();
    if let Some((day, seq)) = after {
        query = query.filter(audit_events::day.gt(day).or(audit_events::day.eq(day).and(audit_events::seq.gt(seq))));
    }
    Ok(query.load(tx.connection())?)
}

/// The walk along the chain.
#[derive(Default)]
struct Check {
    faults: Vec<Fault>,
    ends: Vec<Head>,
    current: Option<Head>,
    seen_kept: Vec<(ServiceDate, i64)>,
}

impl Check {
    fn row(&mut self, row: &Row, kept: &[Head]) -> Result<(), StoreError> {
        let on = day(row.day)?;
        let mut fault = |kind| self.faults.push(Fault { day: on, seq: row.seq, kind });
        if row.computed_hash() != row.hash {
            fault(FaultKind::Altered);
        }
        let before = self.current.as_ref();
        let expected_seq = before.filter(|head| head.day == on).map_or(1, |head| head.last_seq + 1);
        let expected_hash = before.map_or(BEGINNING.as_slice(), |head| head.last_hash.as_slice());
        if row.seq == expected_seq && row.previous_hash != expected_hash {
            fault(FaultKind::Unchained);
        }
        for seq in expected_seq..row.seq {
            self.faults.push(Fault { day: on, seq, kind: FaultKind::Missing });
        }
        if kept.iter().any(|head| (head.day, head.last_seq, &head.last_hash) == (on, row.seq, &row.hash)) {
            self.seen_kept.push((on, row.seq));
        }
        if before.is_some_and(|head| head.day != on) {
            self.end_of_day();
        }
        self.current = Some(Head { day: on, last_seq: row.seq, last_hash: row.hash.clone() });
        Ok(())
    }

    fn end_of_day(&mut self) {
        self.ends.extend(self.current.take());
    }

    fn heads(&mut self, heads: &[Head]) {
        let wrong = heads.iter().filter(|head| !self.ends.contains(head));
        let headless = self.ends.iter().filter(|end| !heads.iter().any(|head| head.day == end.day));
        let faults: Vec<Fault> = wrong
            .chain(headless)
            .map(|head| Fault { day: head.day, seq: head.last_seq, kind: FaultKind::Head })
            .collect();
        self.faults.extend(faults);
    }
}
