//! Orders (オーダー): what is to be charged for a visit, in versions.
//!
//! A document is named by its revision, which the source counts, and by its edit, which counts what the desk
//! changed on top of that revision. The highest (revision, edit) holds, so that documents which come twice or
//! in any order end in the same state. A cancelled one holds nothing until a higher one comes.

use billing::clinic::{Visit, VisitStatus};
use diesel::prelude::*;
use diesel::sql_types;
use kernel::ServiceDate;
use serde_json::Value;

use crate::convert::{from_json, json_hash, to_json};
use crate::schema::order_documents;
use crate::visits::DESK;
use crate::{PatientId, Stamp, StoreError, TenantTx, VisitId};

/// Visits read by one statement at most.
pub const VISITS_PER_READ: usize = 5_000;

/// Which version of an order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct OrderVersion {
    /// Revision of the source, from 1; 0 = the desk made the visit.
    pub revision: i32,
    /// Edit of the desk on top of the revision; 0 = as the source sent it.
    pub edit: i32,
}

/// A document to be recorded.
#[derive(Clone, PartialEq, Debug)]
pub struct NewOrder {
    /// The visit.
    pub visit_id: VisitId,
    /// Which version.
    pub version: OrderVersion,
    /// Who sent it: an API client or the desk.
    pub source: String,
    /// What is ordered; none = the order is cancelled (取消).
    pub content: Option<Visit>,
}

/// What a delivery changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// It now holds.
    Current,
    /// It is kept, but a higher version was there before it.
    Late,
    /// It was on record.
    Repeated,
}

/// What now holds for a visit.
#[derive(Clone, PartialEq, Debug)]
pub struct Order {
    /// The visit.
    pub visit_id: VisitId,
    /// Which version holds.
    pub version: OrderVersion,
    /// Cancelled: kept for the record, not charged.
    pub is_cancelled: bool,
    /// What is ordered; what was ordered when it is cancelled; none when nothing but the cancellation came.
    pub content: Option<Visit>,
}

/// Records a document, in whatever order it comes.
///
/// # Errors
/// `RevisionReuse` for the same version with another content, `Violation` for an unknown visit.
pub fn deliver(tx: &mut TenantTx<'_>, order: &NewOrder, stamp: &Stamp) -> Result<Delivery, StoreError> {
    let content = order.content.as_ref().map(stored).transpose()?;
    let hash = json_hash(content.as_ref().unwrap_or(&Value::Null));
    let version = order.version;
    let before = newest(tx, order.visit_id)?;
    let superseded = before.filter(|before| *before < version);
    let inserted = diesel::insert_into(order_documents::table)
        .values((
            order_documents::tenant_id.eq(tx.tenant()),
            order_documents::visit_id.eq(order.visit_id),
            order_documents::revision.eq(version.revision),
            order_documents::edit.eq(version.edit),
            order_documents::source.eq(&order.source),
            order_documents::is_cancelled.eq(content.is_none()),
            order_documents::content.eq(&content),
            order_documents::content_hash.eq(&hash),
            order_documents::supersedes_revision.eq(superseded.map(|version| version.revision)),
            order_documents::supersedes_edit.eq(superseded.map(|version| version.edit)),
            order_documents::received_at.eq(stamp.at()),
            order_documents::recorded_by.eq(stamp.by()),
            order_documents::reason.eq(stamp.reason()),
        ))
        .on_conflict_do_nothing()
        .execute(tx.connection())?;
    if inserted == 1 {
        return Ok(if before > Some(version) { Delivery::Late } else { Delivery::Current });
    }
    if content_hash(tx, order.visit_id, version)? == hash {
        Ok(Delivery::Repeated)
    } else {
        Err(StoreError::RevisionReuse { revision: version.revision, edit: version.edit })
    }
}

/// Records what the desk changed on top of `base`; none = cancelled. Answers the new version.
///
/// # Errors
/// `Conflict` when `base` no longer holds.
pub fn edit(
    tx: &mut TenantTx<'_>,
    visit: VisitId,
    base: OrderVersion,
    content: Option<&Visit>,
    stamp: &Stamp,
) -> Result<OrderVersion, StoreError> {
    let found = newest(tx, visit)?.unwrap_or_default();
    let conflict = |found: OrderVersion| {
        let (expected, found) =
            if found.revision == base.revision { (base.edit, found.edit) } else { (base.revision, found.revision) };
        StoreError::Conflict { what: "the order", expected, found }
    };
    if found != base {
        return Err(conflict(found));
    }
    let version = OrderVersion { edit: base.edit.saturating_add(1), ..base };
    let order = NewOrder { visit_id: visit, version, source: DESK.to_owned(), content: content.cloned() };
    match deliver(tx, &order, stamp) {
        Ok(Delivery::Current) => Ok(version),
        Ok(_) | Err(StoreError::RevisionReuse { .. }) => Err(conflict(version)),
        Err(error) => Err(error),
    }
}

/// What now holds for some visits.
///
/// # Errors
/// `Bound` above [`VISITS_PER_READ`]; `Content` for a document that is not of its form.
pub fn current(tx: &mut TenantTx<'_>, visits: &[VisitId]) -> Result<Vec<Order>, StoreError> {
    if visits.len() > VISITS_PER_READ {
        let (received, allowed) = (visits.len(), VISITS_PER_READ);
        return Err(StoreError::Bound { what: "visits of one read", received, allowed });
    }
    let heads: Vec<(VisitId, i32, i32, bool)> = order_documents::table
        .filter(order_documents::tenant_id.eq(tx.tenant()))
        .filter(order_documents::visit_id.eq_any(visits))
        .distinct_on(order_documents::visit_id)
        .order_by((order_documents::visit_id, order_documents::revision.desc(), order_documents::edit.desc()))
        .select((
            order_documents::visit_id,
            order_documents::revision,
            order_documents::edit,
            order_documents::is_cancelled,
        ))
        .load(tx.connection())?;
    let contents: Vec<(VisitId, Option<Value>)> = order_documents::table
        .filter(order_documents::tenant_id.eq(tx.tenant()))
        .filter(order_documents::visit_id.eq_any(visits))
        .filter(order_documents::is_cancelled.eq(false))
        .distinct_on(order_documents::visit_id)
        .order_by((order_documents::visit_id, order_documents::revision.desc(), order_documents::edit.desc()))
        .select((order_documents::visit_id, order_documents::content))
        .load(tx.connection())?;
    let mut contents = contents.into_iter().peekable();
    heads
        .into_iter()
        .map(|(visit_id, revision, edit, is_cancelled)| {
            // Both lists are sorted by visit.
            let content = contents.next_if(|(id, _)| *id == visit_id).and_then(|(_, content)| content);
            let content = content.map(|content| from_json(content, "order document")).transpose()?;
            Ok(Order { visit_id, version: OrderVersion { revision, edit }, is_cancelled, content })
        })
        .collect()
}

/// The payer set of the patient's last ordered visit up to a day.
///
/// # Errors
/// When the database cannot be asked.
pub fn last_set(tx: &mut TenantTx<'_>, patient: PatientId, day: ServiceDate) -> Result<Option<String>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
        set_id: Option<String>,
    }
    let query = diesel::sql_query(
        "SELECT o.content->>'setId' AS set_id FROM visits v \
         JOIN order_documents o ON o.tenant_id = v.tenant_id AND o.visit_id = v.visit_id \
         WHERE v.tenant_id = $1 AND v.patient_id = $2 AND v.visit_date <= $3 AND o.content IS NOT NULL \
         ORDER BY v.visit_date DESC, v.visit_id DESC, o.revision DESC, o.edit DESC LIMIT 1",
    );
    let row: Option<Row> = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Uuid, _>(patient)
        .bind::<sql_types::Date, _>(day.naive())
        .get_result(tx.connection())
        .optional()?;
    Ok(row.and_then(|row| row.set_id))
}

/// The document as stored: without what other tables know (state, payments).
fn stored(visit: &Visit) -> Result<Value, StoreError> {
    let plain = Visit { status: VisitStatus::Active, collected_yen: None, ..visit.clone() };
    to_json(&plain, "order document")
}

fn newest(tx: &mut TenantTx<'_>, visit: VisitId) -> Result<Option<OrderVersion>, StoreError> {
    let found: Option<(i32, i32)> = order_documents::table
        .filter(order_documents::tenant_id.eq(tx.tenant()))
        .filter(order_documents::visit_id.eq(visit))
        .order_by((order_documents::revision.desc(), order_documents::edit.desc()))
        .select((order_documents::revision, order_documents::edit))
        .first(tx.connection())
        .optional()?;
    Ok(found.map(|(revision, edit)| OrderVersion { revision, edit }))
}

fn content_hash(tx: &mut TenantTx<'_>, visit: VisitId, version: OrderVersion) -> Result<Vec<u8>, StoreError> {
    let hash: Option<Vec<u8>> = order_documents::table
        .filter(order_documents::tenant_id.eq(tx.tenant()))
        .filter(order_documents::visit_id.eq(visit))
        .filter(order_documents::revision.eq(version.revision))
        .filter(order_documents::edit.eq(version.edit))
        .select(order_documents::content_hash)
        .first(tx.connection())
        .optional()?;
    hash.ok_or(StoreError::NotFound { what: "the order" })
}
