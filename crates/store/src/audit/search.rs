//! Search of the audit trail: by who, whose data, what and when; page by page.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use kernel::ServiceDate;

use crate::convert::day;
use crate::schema::audit_events;
use crate::{PatientId, StoreError, TenantTx};

/// Events read at once at most.
pub const EVENTS_PER_READ: i64 = 1_000;

/// What is looked for. Everything that is named must hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Search {
    /// From this day on.
    pub from: ServiceDate,
    /// Up to this day.
    pub to: ServiceDate,
    /// Who, as recorded: `user:…`, `client:…`, `operator:…`, `system:…`.
    pub by: Option<String>,
    /// Whose data.
    pub patient: Option<PatientId>,
    /// What: `patient.read`, or `patient` for everything that begins so.
    pub action: Option<String>,
    /// In which order.
    pub order: Order,
    /// Behind this event, in the order.
    pub after: Option<Position>,
    /// Events at most.
    pub limit: i64,
}

/// Order of events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// The oldest first.
    OldestFirst,
    /// The newest first.
    NewestFirst,
}

/// The place of an event in the trail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// The day.
    pub day: ServiceDate,
    /// The number in the day.
    pub seq: i64,
}

/// An event as recorded. `before` and `after` may hold names: no `Debug` shows them.
#[derive(Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its place.
    pub position: Position,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// Who.
    pub recorded_by: String,
    /// What was done.
    pub action: String,
    /// Whose data.
    pub patient_id: Option<PatientId>,
    /// Which thing.
    pub subject: Option<String>,
    /// What was there before, as JSON.
    pub before: Option<String>,
    /// What is there after, as JSON.
    pub after: Option<String>,
    /// From where.
    pub origin: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl std::fmt::Debug for AuditEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditEvent")
            .field("position", &self.position)
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_events, check_for_backend(Pg))]
struct Row {
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
}

/// Events of the trail.
///
/// # Errors
/// When the database cannot be asked.
pub fn search(tx: &mut TenantTx<'_>, wanted: &Search) -> Result<Vec<AuditEvent>, StoreError> {
    let mut query = audit_events::table
        .filter(audit_events::tenant_id.eq(tx.tenant()))
        .filter(audit_events::day.between(wanted.from.naive(), wanted.to.naive()))
        .limit(wanted.limit.clamp(1, EVENTS_PER_READ))
        .select(Row::as_select())
        .into_boxed();
    if let Some(by) = &wanted.by {
        query = query.filter(audit_events::recorded_by.eq(by));
    }
    if let Some(patient) = wanted.patient {
        query = query.filter(audit_events::patient_id.eq(patient));
    }
    if let Some(action) = &wanted.action {
        // The dot ends the word; a pattern's signs in it mean themselves.
        let word = action.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let begins = audit_events::action.like(format!("{word}.%"));
        query = query.filter(audit_events::action.eq(action).or(begins));
    }
    let after = wanted.after.map(|position| (position.day.naive(), position.seq));
    query = match wanted.order {
        Order::OldestFirst => query.order_by((audit_events::day.asc(), audit_events::seq.asc())),
        Order::NewestFirst => query.order_by((audit_events::day.desc(), audit_events::seq.desc())),
    };
    query = match (after, wanted.order) {
        (None, _) => query,
        (Some((on, seq)), Order::OldestFirst) => {
            query.filter(audit_events::day.gt(on).or(audit_events::day.eq(on).and(audit_events::seq.gt(seq))))
        }
        (Some((on, seq)), Order::NewestFirst) => {
            query.filter(audit_events::day.lt(on).or(audit_events::day.eq(on).and(audit_events::seq.lt(seq))))
        }
    };
    query.load::<Row>(tx.connection())?.into_iter().map(event).collect()
}

fn event(row: Row) -> Result<AuditEvent, StoreError> {
    Ok(AuditEvent {
        position: Position { day: day(row.day)?, seq: row.seq },
        recorded_at: row.recorded_at,
        recorded_by: row.recorded_by,
        action: row.action,
        patient_id: row.patient_id,
        subject: row.subject,
        before: row.before_text,
        after: row.after_text,
        origin: row.origin,
        reason: row.reason,
    })
}
