//! What a clinic chose about sessions and the time its audit trail is kept.

use diesel::pg::Pg;
use diesel::prelude::*;

use crate::schema::security_settings;
use crate::{Stamp, StoreError, TenantTx};

/// The settings; the default holds until a clinic chooses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Queryable, Selectable)]
#[diesel(table_name = security_settings, check_for_backend(Pg))]
pub struct SecuritySettings {
    /// Version, rising from 1; 0 = the clinic chose nothing yet.
    pub version: i32,
    /// Minutes without a request after which a session ends, 5 to 240.
    pub session_idle_minutes: i32,
    /// Hours after which a session ends anyway, 1 to 24.
    pub session_hours: i32,
    /// Years the audit trail is kept at least, 5 to 100.
    pub audit_years: i32,
}

impl Default for SecuritySettings {
    fn default() -> Self {
        Self { version: 0, session_idle_minutes: 30, session_hours: 12, audit_years: 10 }
    }
}

/// What holds now.
///
/// # Errors
/// When the database cannot be asked.
pub fn current(tx: &mut TenantTx<'_>) -> Result<SecuritySettings, StoreError> {
    let query = security_settings::table
        .filter(security_settings::tenant_id.eq(tx.tenant()))
        .order_by(security_settings::version.desc())
        .select(SecuritySettings::as_select());
    Ok(query.first(tx.connection()).optional()?.unwrap_or_default())
}

/// Records settings on top of the version they name; answers theirs.
///
/// # Errors
/// `Conflict` when somebody else was first, `Violation` for a value out of its bounds.
pub fn record(tx: &mut TenantTx<'_>, new: &SecuritySettings, stamp: &Stamp) -> Result<i32, StoreError> {
    const WHAT: &str = "the security settings";
    let found = current(tx)?.version;
    if found != new.version {
        return Err(StoreError::Conflict { what: WHAT, expected: new.version, found });
    }
    let version = found.saturating_add(1);
    diesel::insert_into(security_settings::table)
        .values((
            security_settings::tenant_id.eq(tx.tenant()),
            security_settings::version.eq(version),
            security_settings::session_idle_minutes.eq(new.session_idle_minutes),
            security_settings::session_hours.eq(new.session_hours),
            security_settings::audit_years.eq(new.audit_years),
            security_settings::recorded_at.eq(stamp.at()),
            security_settings::recorded_by.eq(stamp.by()),
            security_settings::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())
        .map_err(|error| StoreError::from(error).into_conflict(WHAT, found))?;
    Ok(version)
}
