//! Which calculation module a clinic uses (算定モジュールの選択), in versions.

use diesel::prelude::*;

use crate::id::text_code;
use crate::schema::calculation_settings;
use crate::{Stamp, StoreError, TenantTx};

const WHAT: &str = "the choice of the calculation module";

text_code! {
    /// Who computes.
    CalculationMode {
        /// The embedded engine.
        Embedded = "embedded",
        /// The module outside; without its answer there is no amount.
        Module = "module",
        /// The module outside; without its answer the embedded engine, provisionally.
        ModuleWithFallback = "module_with_fallback",
    }
}

/// What holds for a clinic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CalculationSetting {
    /// Version, rising from 1; 0 = none recorded.
    pub version: i32,
    /// Who computes.
    pub mode: CalculationMode,
    /// The one that does not compute is asked afterwards and its answer compared.
    pub is_shadowed: bool,
}

impl CalculationSetting {
    /// What holds where nothing is recorded.
    pub const DEFAULT: Self = Self { version: 0, mode: CalculationMode::Embedded, is_shadowed: false };
}

/// What now holds.
///
/// # Errors
/// When the database cannot be asked.
pub fn current(tx: &mut TenantTx<'_>) -> Result<CalculationSetting, StoreError> {
    let row: Option<(i32, CalculationMode, bool)> = calculation_settings::table
        .filter(calculation_settings::tenant_id.eq(tx.tenant()))
        .order_by(calculation_settings::version.desc())
        .select((calculation_settings::version, calculation_settings::mode, calculation_settings::is_shadowed))
        .first(tx.connection())
        .optional()?;
    let setting = row.map(|(version, mode, is_shadowed)| CalculationSetting { version, mode, is_shadowed });
    Ok(setting.unwrap_or(CalculationSetting::DEFAULT))
}

/// Records a choice on top of version `base` (0 = none yet); answers its version.
///
/// # Errors
/// `Conflict` when somebody else recorded one first.
pub fn record(
    tx: &mut TenantTx<'_>,
    base: i32,
    mode: CalculationMode,
    is_shadowed: bool,
    stamp: &Stamp,
) -> Result<i32, StoreError> {
    let found = current(tx)?.version;
    if found != base {
        return Err(StoreError::Conflict { what: WHAT, expected: base, found });
    }
    let version = base.saturating_add(1);
    diesel::insert_into(calculation_settings::table)
        .values((
            calculation_settings::tenant_id.eq(tx.tenant()),
            calculation_settings::version.eq(version),
            calculation_settings::mode.eq(mode),
            calculation_settings::is_shadowed.eq(is_shadowed),
            calculation_settings::recorded_at.eq(stamp.at()),
            calculation_settings::recorded_by.eq(stamp.by()),
            calculation_settings::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())
        .map_err(|error| StoreError::from(error).into_conflict(WHAT, base))?;
    Ok(version)
}
