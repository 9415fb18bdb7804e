//! The institution with its name and address.

use calculation::{
    ClaimSwitches, DatedSwitches, Department, FiledStandard, InstitutionFact, InstitutionKind, OpeningHours,
    switches_in,
};
use kernel::{ClaimMonth, FacilityCode, ServiceDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The institution (医療機関): what the calculation asks for, and what the claim file and forms print.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Institution {
    /// Ten digits: 都道府県, 点数表, 医療機関コード.
    pub code: FacilityCode,
    /// 医療機関名称 as notified to the 厚生局; at most 20 full-width characters (IR field 7).
    pub name: String,
    /// 所在地.
    pub address: String,
    /// 電話番号, at most 15 half-width characters (IR field 10).
    pub phone: String,
    /// A fictional clinic: its files must never reach a real endpoint.
    #[serde(default)]
    pub is_demo: bool,
    /// 診療所 or 病院.
    #[serde(default)]
    pub kind: InstitutionKind,
    /// 許可病床数.
    #[serde(default)]
    pub beds: u16,
    /// 標榜科; the first is the default of a visit.
    pub departments: Vec<Department>,
    /// 施設基準 accepted, dated.
    #[serde(default)]
    pub standards: Vec<FiledStandard>,
    /// Posted hours (診療時間).
    #[serde(default)]
    pub opening_hours: Vec<OpeningHours>,
    /// Days closed beside the weekly hours and national holidays.
    #[serde(default)]
    pub closed_dates: Vec<ServiceDate>,
    /// Facts without a filing.
    #[serde(default)]
    pub facts: Vec<InstitutionFact>,
    /// How claims are written where offices differ, from a month of care on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claim_switches: Vec<DatedSwitches>,
}

impl Institution {
    /// The switches of a month of care.
    pub fn switches(&self, month: ClaimMonth) -> ClaimSwitches {
        switches_in(&self.claim_switches, month)
    }

    /// What the calculation is told.
    pub fn for_calculation(&self) -> calculation::Institution {
        calculation::Institution {
            code: self.code.clone(),
            kind: self.kind,
            beds: self.beds,
            departments: self.departments.clone(),
            standards: self.standards.clone(),
            opening_hours: self.opening_hours.clone(),
            closed_dates: self.closed_dates.clone(),
            facts: self.facts.clone(),
        }
    }
}
