//! Results of the calculation (算定結果): one patient's month, in versions.

use std::collections::BTreeSet;

use billing::encounter::history;
use calculation::{History, Request, Response, Status};
use diesel::prelude::*;
use kernel::{ClaimMonth, Points, Yen};
use serde_json::Value;

use crate::convert::{from_json, json_hash, month_column, to_json};
use crate::facts::check_count;
use crate::schema::results;
use crate::{PatientId, Stamp, StoreError, TenantTx};

const WHAT: &str = "the result of the month";

/// A stored result.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredResult {
    /// The patient.
    pub patient_id: PatientId,
    /// Version, rising from 1.
    pub version: i32,
    /// SHA-256 over the facts it was computed from.
    pub request_hash: Vec<u8>,
    /// The response with every reason.
    pub response: Response,
}

/// SHA-256 over the facts of a request: without its id, its revision and the order of arrays.
///
/// # Errors
/// `Content` when the request cannot be written.
pub fn request_hash(request: &Request) -> Result<Vec<u8>, StoreError> {
    let mut facts = request.clone();
    facts.request_id.clear();
    facts.revision = 0;
    facts.sort();
    Ok(json_hash(&to_json(&facts, "request")?))
}

/// Records what was computed; the same answer to the same facts is not recorded twice. Answers the version.
///
/// # Errors
/// `Conflict` when somebody else recorded a result meanwhile.
pub fn append(
    tx: &mut TenantTx<'_>,
    patient: PatientId,
    request: &Request,
    response: &Response,
    stamp: &Stamp,
) -> Result<i32, StoreError> {
    let hash = request_hash(request)?;
    let newest = head(tx, patient, response.month)?;
    let base = newest.as_ref().map_or(0, |(version, ..)| *version);
    // A provisional result that the module confirms is recorded again, even when both are the same program.
    if let Some((version, result_id, newest_hash, reasons)) = newest
        && (result_id.as_str(), &newest_hash) == (response.result_id.as_str(), &hash)
        && reasons == to_json(&response.provisional_reasons, "response")?
    {
        return Ok(version);
    }
    let releases: BTreeSet<&str> =
        response.engine.rulesets.iter().map(|ruleset| ruleset.master_release.as_str()).collect();
    let points: Points = response.visits.iter().map(|visit| visit.points).sum();
    let due: Yen = response.month_charge.iter().map(|charge| charge.due_yen).sum();
    let version = base.saturating_add(1);
    diesel::insert_into(results::table)
        .values((
            results::tenant_id.eq(tx.tenant()),
            results::patient_id.eq(patient),
            results::month.eq(month_column(response.month)),
            results::version.eq(version),
            results::result_id.eq(&response.result_id),
            results::engine.eq(response.engine.name.as_ref()),
            results::engine_version.eq(response.engine.version.as_ref()),
            results::master_release.eq(releases.into_iter().collect::<Vec<_>>().join(" ")),
            results::is_provisional.eq(response.provisional),
            results::is_open.eq(response.status == Status::Open),
            results::request_hash.eq(&hash),
            results::points.eq(points.get()),
            results::due_yen.eq(due.get()),
            results::response.eq(to_json(response, "response")?),
            results::history.eq(to_json(&history::of_month(response), "history")?),
            results::recorded_at.eq(stamp.at()),
            results::recorded_by.eq(stamp.by()),
            results::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())
        .map_err(|error| StoreError::from(error).into_conflict(WHAT, base))?;
    Ok(version)
}

/// The newest results of some patients for a month.
///
/// # Errors
/// `Bound` above the patients of one read.
pub fn current(
    tx: &mut TenantTx<'_>,
    patients: &[PatientId],
    month: ClaimMonth,
) -> Result<Vec<StoredResult>, StoreError> {
    check_count(patients)?;
    let rows: Vec<(PatientId, i32, Vec<u8>, Value)> = results::table
        .filter(results::tenant_id.eq(tx.tenant()))
        .filter(results::patient_id.eq_any(patients))
        .filter(results::month.eq(month_column(month)))
        .distinct_on(results::patient_id)
        .order_by((results::patient_id, results::version.desc()))
        .select((results::patient_id, results::version, results::request_hash, results::response))
        .load(tx.connection())?;
    rows.into_iter()
        .map(|(patient_id, version, request_hash, response)| {
            Ok(StoredResult { patient_id, version, request_hash, response: from_json(response, "response")? })
        })
        .collect()
}

/// The response of one version of a result.
///
/// # Errors
/// `NotFound`.
pub fn response(
    tx: &mut TenantTx<'_>,
    patient: PatientId,
    month: ClaimMonth,
    version: i32,
) -> Result<Response, StoreError> {
    let row: Option<Value> = results::table
        .filter(results::tenant_id.eq(tx.tenant()))
        .filter(results::patient_id.eq(patient))
        .filter(results::month.eq(month_column(month)))
        .filter(results::version.eq(version))
        .select(results::response)
        .first(tx.connection())
        .optional()?;
    from_json(row.ok_or(StoreError::NotFound { what: WHAT })?, "response")
}

/// What the months before `month` add to the history, of some patients; at most `months` of them.
///
/// # Errors
/// `Bound` above the patients of one read.
pub fn histories(
    tx: &mut TenantTx<'_>,
    patients: &[PatientId],
    month: ClaimMonth,
    months: i32,
) -> Result<Vec<(PatientId, History)>, StoreError> {
    check_count(patients)?;
    let rows: Vec<(PatientId, Option<Value>)> = results::table
        .filter(results::tenant_id.eq(tx.tenant()))
        .filter(results::patient_id.eq_any(patients))
        .filter(results::month.ge(month_column(month.plus_months(-months))))
        .filter(results::month.lt(month_column(month)))
        .distinct_on((results::patient_id, results::month))
        .order_by((results::patient_id, results::month, results::version.desc()))
        .select((results::patient_id, results::history))
        .load(tx.connection())?;
    let held = rows.into_iter().filter_map(|(patient, history)| history.map(|history| (patient, history)));
    held.map(|(patient, history)| Ok((patient, from_json(history, "history")?))).collect()
}

/// Version, id of the result, hash of the facts, reasons for being provisional.
type Head = (i32, String, Vec<u8>, Value);

fn head(tx: &mut TenantTx<'_>, patient: PatientId, month: ClaimMonth) -> Result<Option<Head>, StoreError> {
    let reasons = diesel::dsl::sql::<diesel::sql_types::Jsonb>("coalesce(response->'provisionalReasons', '[]')");
    let query = results::table
        .filter(results::tenant_id.eq(tx.tenant()))
        .filter(results::patient_id.eq(patient))
        .filter(results::month.eq(month_column(month)))
        .order_by(results::version.desc())
        .select((results::version, results::result_id, results::request_hash, reasons));
    Ok(query.first(tx.connection()).optional()?)
}
