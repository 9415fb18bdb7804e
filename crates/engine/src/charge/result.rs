//! Result of the charge of one claim's month.

use kernel::{ClaimMonth, Points, ReviewBody, Yen};

use super::month::Payers;
use super::rules::Rule;

/// A month that the tables do not carry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no monthly limits (高額療養費) are known for {month}; supported: 2015-01 (70 and over 2018-08) to 2027-07")]
pub struct MonthUnsupported {
    /// The month.
    pub month: ClaimMonth,
}

/// Charge of the month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MonthResult {
    /// In the order of the input.
    pub visits: Vec<VisitResult>,
    /// Per combination of payers, in canonical order.
    pub groups: Vec<GroupAmount>,
    /// Per subsidy, in the order of the input.
    pub subsidies: Vec<SubsidyAmount>,
    /// The patient's share, 1-yen unit.
    pub patient: Yen,
    /// Insurance copay after limits and before subsidies; `None` without insurance.
    pub insurance_copay: Option<Yen>,
    /// What the insurer pays.
    pub insurer: Yen,
    /// 高額療養費 lowered the copay of at least one part by a yen or more.
    pub is_limit_reached: bool,
    /// The monthly limit of the insurance-only part, else of the first subsidised one.
    pub limit: Option<LimitFact>,
    /// Receipt header.
    pub receipt: Receipt,
    /// Why the month's amounts are as they are.
    pub steps: Vec<Step>,
}

/// A monthly limit and whether it was reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LimitFact {
    /// The row.
    pub rule: Rule,
    /// Its amount for the month's cost.
    pub yen: Yen,
    /// It lowered the copay.
    pub is_reached: bool,
}

/// Money of one visit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VisitResult {
    /// What the window collects for insured care (窓口負担).
    pub charge: Yen,
    /// What the visit adds to the patient's share of the month, 1-yen unit.
    pub share: Yen,
    /// The patient's share of the month up to this visit, 1-yen unit.
    pub share_to_date: Yen,
    /// What the visit adds to each combination of payers. A limit may lower a part without lines of this visit.
    pub groups: Vec<GroupAmount>,
    /// How the charge was found.
    pub window: WindowRule,
    /// What held the charge down up to this visit.
    pub bounds: Bounds,
}

/// How a window charge was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WindowRule {
    /// The visit's own share, rounded to 10 yen.
    Own,
    /// The month's share to date, rounded, less what was charged before (累計方式).
    RunningTotal,
    /// The visit's own share, rounded, but not more than what the cap or limit that holds it still allows.
    HeldToCap,
}

/// What held an amount down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bounds {
    /// Monthly limit of the insurance-only or a local part.
    pub own_limit: bool,
    /// Monthly limit of a subsidised part.
    pub part_limit: bool,
    /// マル長.
    pub specific_disease: bool,
    /// 配慮措置.
    pub relief: bool,
    /// Cap of a subsidy.
    pub subsidy_cap: bool,
}

impl Bounds {
    /// True when 高額療養費 applied.
    pub const fn is_limit_reached(self) -> bool {
        self.own_limit || self.part_limit || self.specific_disease || self.relief
    }

    /// Adds what held another part down.
    pub(super) const fn merge(&mut self, other: Self) {
        self.own_limit |= other.own_limit;
        self.part_limit |= other.part_limit;
        self.specific_disease |= other.specific_disease;
        self.relief |= other.relief;
        self.subsidy_cap |= other.subsidy_cap;
    }
}

/// Money of one combination of payers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupAmount {
    /// Who pays.
    pub payers: Payers,
    /// Points.
    pub points: Points,
    /// 医療費 (10割).
    pub cost: Yen,
    /// Insurance copay before limits; without insurance zero.
    pub copay: Yen,
    /// After limits, before subsidies; without insurance the cost.
    pub covered: Yen,
    /// Each subsidy of the combination.
    pub stages: Vec<StageAmount>,
    /// What is left to the patient.
    pub patient: Yen,
}

/// What a subsidy took of a combination.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StageAmount {
    /// Position of the subsidy.
    pub subsidy: usize,
    /// What the payers before left.
    pub before: Yen,
    /// What it leaves.
    pub after: Yen,
}

/// Month of one subsidy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SubsidyAmount {
    /// Days of its lines (KO field 5).
    pub days: u8,
    /// Points of its lines (KO field 6).
    pub points: Points,
    /// Σ of what stood before it.
    pub covered_copay: Yen,
    /// Σ of what it leaves.
    pub patient: Yen,
}

impl SubsidyAmount {
    /// What the subsidy pays.
    pub fn paid(&self) -> Yen {
        self.covered_copay - self.patient
    }
}

/// One step of the month, for the reasons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// The rule.
    pub rule: Rule,
    /// The combination of payers.
    pub payers: Payers,
    /// The subsidy that acted.
    pub subsidy: Option<usize>,
    /// Amount before; for the copay the cost.
    pub before: Yen,
    /// Amount after.
    pub after: Yen,
}

/// Receipt header (RE, HO, KO, MF).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// レセプト種別, RE field 3.
    pub type_code: String,
    /// 審査支払機関.
    pub submit_to: ReviewBody,
    /// 給付割合, RE field 8; `None` = blank.
    pub benefit_ratio: Option<u8>,
    /// 特記事項, RE field 12, ascending.
    pub special_notes: Vec<&'static str>,
    /// 負担区分 of each combination that occurs.
    pub burden_classes: Vec<(Payers, &'static str)>,
    /// Days with a counted visit.
    pub days: u8,
    /// HO; `None` = no HO record.
    pub insurance: Option<HoValues>,
    /// KO records.
    pub subsidies: Vec<KoValues>,
    /// 窓口負担額区分 (MF), as computed.
    pub window_burden_class: &'static str,
}

/// Values of the HO record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HoValues {
    /// Field 5 実日数.
    pub days: u8,
    /// Field 6 合計点数.
    pub points: Points,
    /// Field 12 負担金額; `None` = blank.
    pub copay: Option<Yen>,
}

/// Values of a KO record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KoValues {
    /// Position of the subsidy, 0 = 第1公費.
    pub subsidy: usize,
    /// Field 5 実日数.
    pub days: u8,
    /// Field 6 合計点数.
    pub points: Points,
    /// Field 7 負担金額; `None` = blank.
    pub copay: Option<Yen>,
    /// Field 8 公費給付対象外来一部負担金; `None` = blank.
    pub outpatient_copay: Option<Yen>,
}
