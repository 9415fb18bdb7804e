//! Tenants and the versions of their institution.

use billing::clinic::Institution;
use calculation::{FiledStandard, OpeningHours, TimeOfDay};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use kernel::ServiceDate;
use serde_json::Value;

use crate::convert::{code_text, code_value, day, day_or_none, from_json, parsed, small, to_json};
use crate::schema::{closed_days, facility_standards, institution_versions, opening_hours, tenants};
use crate::{Stamp, StoreError, TenantId, TenantTx, ledger};

/// Registers the tenant of this transaction, with the accounts of its ledger.
///
/// # Errors
/// `Duplicate` for a taken id or code, `Violation` for a code out of its form.
pub fn create(tx: &mut TenantTx<'_>, code: &str, first_receipt_number: i64, stamp: &Stamp) -> Result<(), StoreError> {
    diesel::insert_into(tenants::table)
        .values((
            tenants::tenant_id.eq(tx.tenant()),
            tenants::code.eq(code),
            tenants::first_receipt_number.eq(first_receipt_number),
            tenants::created_at.eq(stamp.at()),
            tenants::created_by.eq(stamp.by()),
        ))
        .execute(tx.connection())?;
    ledger::open_accounts(tx)
}

/// The code of the clinic, as a login names it.
///
/// # Errors
/// `NotFound` for a tenant that is not registered.
pub fn code(tx: &mut TenantTx<'_>) -> Result<String, StoreError> {
    let query = tenants::table.filter(tenants::tenant_id.eq(tx.tenant())).select(tenants::code);
    query.first(tx.connection()).optional()?.ok_or(StoreError::NotFound { what: "the tenant" })
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = institution_versions, check_for_backend(Pg))]
struct InstitutionRow {
    tenant_id: TenantId,
    version: i32,
    facility_code: String,
    name: String,
    address: String,
    phone: String,
    is_demo: bool,
    kind: String,
    beds: i32,
    departments: Value,
    facts: Value,
    claim_switches: Value,
    recorded_at: DateTime<Utc>,
    recorded_by: String,
    reason: Option<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = facility_standards, check_for_backend(Pg))]
struct StandardRow {
    tenant_id: TenantId,
    version: i32,
    position: i32,
    standard_code: String,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = opening_hours, check_for_backend(Pg))]
struct HoursRow {
    tenant_id: TenantId,
    version: i32,
    position: i32,
    weekday: i16,
    opens_minute: i16,
    closes_minute: i16,
    valid_from: Option<NaiveDate>,
}

/// Records the institution with its 施設基準, hours and closed days, on top of version `base` (0 = none yet).
///
/// # Errors
/// `Conflict` when somebody else recorded a version first.
pub fn record_institution(
    tx: &mut TenantTx<'_>,
    base: i32,
    institution: &Institution,
    stamp: &Stamp,
) -> Result<i32, StoreError> {
    const WHAT: &str = "the institution";
    let found = newest_version(tx)?.unwrap_or(0);
    if found != base {
        return Err(StoreError::Conflict { what: WHAT, expected: base, found });
    }
    let version = base.saturating_add(1);
    let row = InstitutionRow {
        tenant_id: tx.tenant(),
        version,
        facility_code: institution.code.to_string(),
        name: institution.name.clone(),
        address: institution.address.clone(),
        phone: institution.phone.clone(),
        is_demo: institution.is_demo,
        kind: code_text(&institution.kind, "kind of institution")?,
        beds: i32::from(institution.beds),
        departments: to_json(&institution.departments, "departments")?,
        facts: to_json(&institution.facts, "facts of the institution")?,
        claim_switches: to_json(&institution.claim_switches, "claim switches")?,
        recorded_at: stamp.at(),
        recorded_by: stamp.by(),
        reason: stamp.reason().map(str::to_owned),
    };
    diesel::insert_into(institution_versions::table)
        .values(&row)
        .execute(tx.connection())
        .map_err(|error| StoreError::from(error).into_conflict(WHAT, base))?;
    insert_standards(tx, version, &institution.standards)?;
    insert_hours(tx, version, &institution.opening_hours)?;
    insert_closed_days(tx, version, &institution.closed_dates)?;
    Ok(version)
}

fn insert_standards(tx: &mut TenantTx<'_>, version: i32, standards: &[FiledStandard]) -> Result<(), StoreError> {
    let tenant_id = tx.tenant();
    let rows: Vec<StandardRow> = standards
        .iter()
        .zip(0..)
        .map(|(standard, position)| StandardRow {
            tenant_id,
            version,
            position,
            standard_code: standard.code.to_string(),
            valid_from: standard.from.naive(),
            valid_to: standard.to.map(ServiceDate::naive),
        })
        .collect();
    diesel::insert_into(facility_standards::table).values(rows).execute(tx.connection())?;
    Ok(())
}

fn insert_hours(tx: &mut TenantTx<'_>, version: i32, hours: &[OpeningHours]) -> Result<(), StoreError> {
    let tenant_id = tx.tenant();
    let minute = |time: TimeOfDay| i16::try_from(time.minutes()).map_err(|_| StoreError::Content { what: "hours" });
    let rows: Result<Vec<HoursRow>, StoreError> = hours
        .iter()
        .zip(0..)
        .map(|(hours, position)| {
            Ok(HoursRow {
                tenant_id,
                version,
                position,
                weekday: i16::from(hours.weekday),
                opens_minute: minute(hours.from)?,
                closes_minute: minute(hours.to)?,
                valid_from: hours.valid_from.map(ServiceDate::naive),
            })
        })
        .collect();
    diesel::insert_into(opening_hours::table).values(rows?).execute(tx.connection())?;
    Ok(())
}

fn insert_closed_days(tx: &mut TenantTx<'_>, version: i32, days: &[ServiceDate]) -> Result<(), StoreError> {
    let tenant_id = tx.tenant();
    let rows: Vec<_> = days
        .iter()
        .map(|day| {
            (
                closed_days::tenant_id.eq(tenant_id),
                closed_days::version.eq(version),
                closed_days::closed_on.eq(day.naive()),
            )
        })
        .collect();
    diesel::insert_into(closed_days::table).values(rows).execute(tx.connection())?;
    Ok(())
}

fn newest_version(tx: &mut TenantTx<'_>) -> Result<Option<i32>, StoreError> {
    let query = institution_versions::table
        .filter(institution_versions::tenant_id.eq(tx.tenant()))
        .select(diesel::dsl::max(institution_versions::version));
    Ok(query.first(tx.connection())?)
}

/// The institution as now recorded, with its version.
///
/// # Errors
/// `NotFound` when none is recorded yet.
pub fn institution(tx: &mut TenantTx<'_>) -> Result<(i32, Institution), StoreError> {
    let row: InstitutionRow = institution_versions::table
        .filter(institution_versions::tenant_id.eq(tx.tenant()))
        .order_by(institution_versions::version.desc())
        .select(InstitutionRow::as_select())
        .first(tx.connection())
        .optional()?
        .ok_or(StoreError::NotFound { what: "the institution" })?;
    let version = row.version;
    let institution = Institution {
        code: parsed(&row.facility_code, "facility code")?,
        name: row.name,
        address: row.address,
        phone: row.phone,
        is_demo: row.is_demo,
        kind: code_value(&row.kind, "kind of institution")?,
        beds: u16::try_from(row.beds).map_err(|_| StoreError::Content { what: "beds" })?,
        departments: from_json(row.departments, "departments")?,
        standards: standards(tx, version)?,
        opening_hours: hours(tx, version)?,
        closed_dates: closed_dates(tx, version)?,
        facts: from_json(row.facts, "facts of the institution")?,
        claim_switches: from_json(row.claim_switches, "claim switches")?,
    };
    Ok((version, institution))
}

fn standards(tx: &mut TenantTx<'_>, version: i32) -> Result<Vec<FiledStandard>, StoreError> {
    let rows: Vec<StandardRow> = facility_standards::table
        .filter(facility_standards::tenant_id.eq(tx.tenant()))
        .filter(facility_standards::version.eq(version))
        .order_by(facility_standards::position)
        .select(StandardRow::as_select())
        .load(tx.connection())?;
    rows.into_iter()
        .map(|row| {
            let code = parsed(&row.standard_code, "facility standard")?;
            Ok(FiledStandard { code, from: day(row.valid_from)?, to: day_or_none(row.valid_to)? })
        })
        .collect()
}

fn hours(tx: &mut TenantTx<'_>, version: i32) -> Result<Vec<OpeningHours>, StoreError> {
    const WHAT: &str = "opening hours";
    let rows: Vec<HoursRow> = opening_hours::table
        .filter(opening_hours::tenant_id.eq(tx.tenant()))
        .filter(opening_hours::version.eq(version))
        .order_by(opening_hours::position)
        .select(HoursRow::as_select())
        .load(tx.connection())?;
    let time = |minute: i16| {
        let minute: u16 = small(minute, WHAT)?;
        TimeOfDay::new(minute / 60, minute % 60).ok_or(StoreError::Content { what: WHAT })
    };
    rows.into_iter()
        .map(|row| {
            Ok(OpeningHours {
                weekday: small(row.weekday, WHAT)?,
                from: time(row.opens_minute)?,
                to: time(row.closes_minute)?,
                valid_from: day_or_none(row.valid_from)?,
            })
        })
        .collect()
}

fn closed_dates(tx: &mut TenantTx<'_>, version: i32) -> Result<Vec<ServiceDate>, StoreError> {
    let days: Vec<NaiveDate> = closed_days::table
        .filter(closed_days::tenant_id.eq(tx.tenant()))
        .filter(closed_days::version.eq(version))
        .order_by(closed_days::closed_on)
        .select(closed_days::closed_on)
        .load(tx.connection())?;
    days.into_iter().map(day).collect()
}
