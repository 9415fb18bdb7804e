//! Options of a request: what is wanted, and the institution's settings of money.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::switches::ClaimSwitches;

/// Which parts of the answer are wanted.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Options {
    /// Checks.
    #[serde(default)]
    pub checks: ChecksWanted,
    /// 算定もれ.
    #[serde(default)]
    pub suggestions: bool,
    /// Rounding of a window charge that a monthly limit ended off a multiple of ten.
    #[serde(default)]
    pub limit_rounding: LimitRounding,
    /// Consumption tax rounding of 自費.
    #[serde(default)]
    pub tax_rounding: TaxRounding,
    /// How the claim is written where offices differ.
    #[serde(default)]
    pub claim_switches: ClaimSwitches,
}

/// Depth of the checks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChecksWanted {
    /// None beside what stops the calculation.
    None,
    /// Form and coverage.
    #[default]
    Basic,
    /// All.
    Full,
}

/// Window rounding at a limit that is no multiple of ten yen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LimitRounding {
    /// 10 yen, half up.
    #[default]
    HalfUp10,
    /// 1 yen.
    Exact,
    /// 10 yen, down.
    Down10,
}

/// Rounding of the consumption tax.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TaxRounding {
    /// Down to a yen.
    #[default]
    Down,
    /// Half up to a yen.
    HalfUp,
}
