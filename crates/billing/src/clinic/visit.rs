//! A visit with what the desk knows of it.

use calculation::{Order, Struck, TimeClass, TimeOfDay, VisitFact, VisitKind};
use kernel::{ServiceDate, Yen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A visit (受診).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Visit {
    /// Id inside the patient.
    pub id: String,
    /// A cancelled visit stays on record and is not charged.
    #[serde(default)]
    pub status: VisitStatus,
    /// Day.
    pub date: ServiceDate,
    /// Start, local time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<TimeOfDay>,
    /// 診療科; absent = the institution's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_code: Option<String>,
    /// Opaque reference of the doctor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doctor_ref: Option<String>,
    /// Kind of visit.
    #[serde(default)]
    pub kind: VisitKind,
    /// Time class.
    #[serde(default)]
    pub time_class: TimeClass,
    /// The payer set of its lines.
    pub set_id: String,
    /// Facts that only people know.
    #[serde(default)]
    pub facts: Vec<VisitFact>,
    /// Longest days of a prescription given out (処方箋).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prescription_days: Option<u16>,
    /// Automatic lines a clerk removed.
    #[serde(default)]
    pub struck: Vec<Struck>,
    /// What is asked to be charged.
    #[serde(default)]
    pub orders: Vec<Order>,
    /// What the patient paid for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected_yen: Option<Yen>,
    /// A remark of the desk, never printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
}

/// Whether a visit is charged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum VisitStatus {
    /// Charged.
    #[default]
    Active,
    /// 取消.
    Cancelled,
}

impl Visit {
    /// True unless cancelled.
    pub fn is_active(&self) -> bool {
        self.status == VisitStatus::Active
    }

    /// What the calculation is told.
    pub fn for_calculation(&self) -> calculation::Visit {
        calculation::Visit {
            id: self.id.clone(),
            date: self.date,
            started_at: self.started_at,
            department_code: self.department_code.clone(),
            doctor_ref: self.doctor_ref.clone(),
            kind: self.kind,
            time_class: self.time_class,
            set_id: self.set_id.clone(),
            facts: self.facts.clone(),
            prescription_days: self.prescription_days,
            struck: self.struck.clone(),
            orders: self.orders.clone(),
        }
    }
}
