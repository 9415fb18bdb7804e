//! What a clinic chooses about its sessions and the time its audit trail is kept.

use serde_json::{Value, json};
use store::identity::settings::{self as stored, SecuritySettings};

use crate::{Problem, Work};

/// What holds now.
///
/// # Errors
/// When the database cannot be asked.
pub fn settings(work: &mut Work<'_, '_>) -> Result<SecuritySettings, Problem> {
    Ok(stored::current(work.tx)?)
}

/// Changes the settings on top of the version they name; answers theirs. Open sessions keep their limits.
///
/// # Errors
/// `invalid` with the field, `version-conflict`, `reason-missing`.
pub fn change_settings(work: &mut Work<'_, '_>, new: &SecuritySettings, reason: &str) -> Result<i32, Problem> {
    work.stamp = work.because(reason)?;
    let bounds = [
        ("/sessionIdleMinutes", new.session_idle_minutes, 5, 240),
        ("/sessionHours", new.session_hours, 1, 24),
        // Access logs: five years at least for an EMR (標準仕様書), ours as long as medical records and longer.
        ("/auditYears", new.audit_years, 5, 100),
    ];
    for (pointer, received, least, most) in bounds {
        if !(least..=most).contains(&received) {
            let message = format!("{received} は使えません。{least}～{most} にしてください");
            return Err(Problem::invalid(pointer, "out-of-range", message));
        }
    }
    let before = stored::current(work.tx)?;
    let version = stored::record(work.tx, new, &work.stamp)?;
    work.audit_change("security_settings.change", None, None, Some(say(&before)), Some(say(new)));
    Ok(version)
}

fn say(settings: &SecuritySettings) -> Value {
    json!({
        "sessionIdleMinutes": settings.session_idle_minutes,
        "sessionHours": settings.session_hours,
        "auditYears": settings.audit_years,
    })
}
