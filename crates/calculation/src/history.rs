//! What the caller knows of earlier days: charged items and collected money.

use kernel::{ClaimMonth, ItemCode, ServiceDate, Yen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What earlier months claimed at this institution.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct History {
    /// Charged items.
    #[serde(default)]
    pub lines: Vec<HistoryLine>,
    /// Day of the last 初診.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_initial_on: Option<ServiceDate>,
    /// Day of the last visit of any kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_visit_on: Option<ServiceDate>,
    /// Months in which the monthly limit was reached (多数回該当).
    #[serde(default)]
    pub limit_reached_months: Vec<ClaimMonth>,
}

/// One charged item of an earlier day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HistoryLine {
    /// Day.
    pub date: ServiceDate,
    /// Code.
    pub code: ItemCode,
    /// Times.
    #[serde(default = "one")]
    pub times: u16,
}

fn one() -> u16 {
    1
}

/// What a patient was charged for a visit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Collected {
    /// The visit.
    pub visit_id: String,
    /// Yen collected.
    pub yen: Yen,
    /// The result it was collected on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_id: Option<String>,
    /// The visit was cancelled and is not in the request: what was collected for it is paid back (返金).
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_cancelled: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}
