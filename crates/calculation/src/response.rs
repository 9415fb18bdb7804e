//! Response of calc/1: the whole month, every line and every yen with its reasons.

use std::borrow::Cow;

use kernel::{ClaimMonth, CommentCode, Finding, ItemCode, Points, Quantity, ReviewBody, ServiceDate, Yen};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::request::{TimeClass, VisitKind};

/// A word that is a constant in the engine and owned text after reading it back.
pub type Word = Cow<'static, str>;

/// The month's result.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// SHA-256 over the canonical request, engine version and master release.
    pub result_id: String,
    /// Copied from the request.
    pub request_id: String,
    /// Copied from the request.
    pub revision: u32,
    /// Copied from the request.
    pub month: ClaimMonth,
    /// Who computed, with which masters.
    pub engine: EngineInfo,
    /// True for a fallback answer, a derived edition or missing history.
    pub provisional: bool,
    /// Why it is provisional.
    #[serde(default)]
    pub provisional_reasons: Vec<Word>,
    /// Complete, or open because something waits for a person.
    pub status: Status,
    /// The visits, by date, start, id.
    pub visits: Vec<VisitResult>,
    /// Charges of the month, per payer family (claim).
    #[serde(default)]
    pub month_charge: Vec<MonthCharge>,
    /// Hints for each レセプト the month makes.
    #[serde(default)]
    pub claims: Vec<ClaimHint>,
    /// What a person must know.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// 算定もれ.
    #[serde(default)]
    pub suggestions: Vec<Suggestion>,
    /// History that changed something.
    #[serde(default)]
    pub used_history: Vec<UsedHistory>,
}

/// Who computed, with which masters.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EngineInfo {
    /// `embedded` or the module's name.
    pub name: Word,
    /// Version.
    pub version: Word,
    /// Rule sets used, by service date.
    pub rulesets: Vec<Ruleset>,
}

/// A rule set and the days it holds for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ruleset {
    /// First day.
    pub from: ServiceDate,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<ServiceDate>,
    /// For example `R8`.
    pub ruleset_id: Word,
    /// Release of the masters.
    pub master_release: String,
    /// Official files, or values derived from the notices.
    pub basis: Basis,
}

/// Where values come from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Official file.
    Official,
    /// Read from the notices; trial use.
    Derived,
}

/// Whether the month waits for somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing waits.
    Complete,
    /// An order waits for confirmation, or a finding stops.
    Open,
}

/// One visit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VisitResult {
    /// The visit's id.
    pub visit_id: String,
    /// Day.
    pub date: ServiceDate,
    /// As decided.
    pub kind: VisitKind,
    /// As decided.
    pub time_class: TimeClass,
    /// Counts as 診療実日数.
    pub is_counted_day: bool,
    /// Exactly one per submitted order.
    pub orders: Vec<OrderResult>,
    /// The charged lines.
    pub lines: Vec<Line>,
    /// Σ points × times.
    pub points: Points,
    /// What the patient pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<VisitCharge>,
}

/// What became of an order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderResult {
    /// The order's id.
    pub order_id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Lines that contain it.
    #[serde(default)]
    pub line_ids: Vec<String>,
    /// Why; at least one unless plainly accepted.
    #[serde(default)]
    pub reasons: Vec<Reason>,
    /// What a person must answer.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// Outcome of an order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Charged as ordered.
    Accepted,
    /// Charged as another code or amount.
    Replaced,
    /// Contained in another fee (包括), 0 points.
    Included,
    /// Not chargeable.
    Rejected,
    /// A fact is missing; not charged until answered.
    NeedsConfirmation,
}

/// A question that only a person can answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Name it in `answers[].condition`.
    pub code: Word,
    /// The question, in Japanese.
    pub question: String,
    /// Possible answers.
    pub choices: Vec<Word>,
}

/// One charged line (剤).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Id inside the visit.
    pub id: String,
    /// Ordered, or added by the engine.
    pub origin: Origin,
    /// 診療識別, two digits.
    pub shikibetsu: Word,
    /// The records of the line.
    pub items: Vec<Item>,
    /// Points of one time.
    pub points: Points,
    /// 回数.
    pub times: u16,
    /// The payer set.
    pub set_id: String,
    /// 負担区分; absent for 自費 and other payers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burden_class: Option<Word>,
    /// Orders in it.
    #[serde(default)]
    pub order_ids: Vec<String>,
    /// Why.
    #[serde(default)]
    pub reasons: Vec<Reason>,
}

/// Ordered or derived.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// By an order.
    Ordered,
    /// By the engine.
    Derived,
}

/// A record of a line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Code.
    pub code: ItemCode,
    /// Name on the day of service.
    pub name: String,
    /// 数量, 使用量.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// Unit price, yen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub unit_price_yen: Option<Decimal>,
    /// 文字データ of a comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Why a line, an outcome or a yen is as it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// Rule id.
    pub rule: Word,
    /// Legal basis: 区分番号 with 告示 or 通知.
    pub basis: Word,
    /// Master rows.
    #[serde(default)]
    pub masters: Vec<MasterRef>,
    /// What caused it.
    #[serde(default)]
    pub caused_by: Vec<Cause>,
    /// False for rules marked unverified.
    #[serde(default = "yes")]
    pub is_verified: bool,
    /// For a person, in Japanese.
    #[serde(default)]
    pub text: Word,
}

fn yes() -> bool {
    true
}

/// A master row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MasterRef {
    /// Table: `S`, `Y`, `T`, `02`, `03-1` …
    pub table: Word,
    /// Code.
    pub code: Word,
    /// Edition (file).
    pub edition: Word,
}

/// What caused a reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Cause {
    /// An order.
    #[serde(rename_all = "camelCase")]
    Order {
        /// Its visit.
        visit_id: String,
        /// Its id.
        order_id: String,
    },
    /// An item charged on a day.
    #[serde(rename_all = "camelCase")]
    Item {
        /// Day.
        date: ServiceDate,
        /// Code.
        code: ItemCode,
    },
    /// An item of the history.
    #[serde(rename_all = "camelCase")]
    History {
        /// Day.
        date: ServiceDate,
        /// Code.
        code: ItemCode,
    },
    /// A coverage or subsidy.
    #[serde(rename_all = "camelCase")]
    Payer {
        /// Its id.
        id: String,
    },
}

/// Money of one visit.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VisitCharge {
    /// Per payer set.
    pub sets: Vec<SetCharge>,
    /// 窓口負担 of all claims, 自費 care by points and care without valid insurance; rounded.
    pub window_yen: Yen,
    /// 選定療養 special fee, with tax.
    pub selection_fee_yen: Yen,
    /// 自費, without tax.
    pub self_pay_yen: Yen,
    /// Consumption tax of 自費.
    pub tax_yen: Yen,
    /// What the patient owes for the visit, rounded.
    pub due_yen: Yen,
    /// What was collected.
    pub collected_yen: Yen,
    /// due − collected.
    pub difference_yen: Yen,
    /// Why.
    #[serde(default)]
    pub reasons: Vec<Reason>,
}

/// Money of one payer set at one visit.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetCharge {
    /// The set.
    pub set_id: String,
    /// Points.
    pub points: Points,
    /// 医療費 (10割).
    pub cost_yen: Yen,
    /// Insurance share of the patient before limits and subsidies.
    pub copay_yen: Yen,
    /// The same after 減免 and limits; for 公費単独 the cost. What stands before the first subsidy.
    pub covered_copay_yen: Yen,
    /// Each subsidy: before → after.
    #[serde(default)]
    pub subsidies: Vec<SubsidyStep>,
    /// What is left to the patient, before rounding.
    pub patient_yen: Yen,
}

/// What a subsidy took.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubsidyStep {
    /// The subsidy's id.
    pub subsidy_id: String,
    /// What the payers before left.
    pub before_yen: Yen,
    /// What this one leaves.
    pub after_yen: Yen,
}

/// Money of the month for one claim (payer family).
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonthCharge {
    /// Who pays.
    pub payer: PayerKind,
    /// The coverage; absent for 公費単独 and other payers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage_id: Option<String>,
    /// 医療費 (10割).
    pub cost_yen: Yen,
    /// The patient's share, 1-yen unit.
    pub patient_yen: Yen,
    /// Σ of the visits' window charges for this claim.
    pub window_yen: Yen,
    /// Insurance copay after limits, before subsidies; absent without insurance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insurance_copay_yen: Option<Yen>,
    /// The monthly limit that applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitApplied>,
    /// Per subsidy, by number.
    #[serde(default)]
    pub subsidies: Vec<SubsidyMonth>,
    /// What the insurer pays.
    pub insurer_yen: Yen,
    /// Visits that are settled here: each visit of the month in exactly one entry.
    #[serde(default)]
    pub visit_ids: Vec<String>,
    /// Σ due of those visits, with 自費 and special fees.
    pub due_yen: Yen,
    /// Σ collected for them.
    pub collected_yen: Yen,
    /// 追加請求 and 返金.
    #[serde(default)]
    pub adjustments: Vec<Adjustment>,
    /// Why.
    #[serde(default)]
    pub reasons: Vec<Reason>,
}

/// Who pays a group of lines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PayerKind {
    /// Medical insurance, with or without subsidies: one レセプト.
    #[default]
    Insurance,
    /// 公費単独: one レセプト.
    SubsidyOnly,
    /// No insurance or subsidy held on the day: the patient pays all until it is known.
    Uncovered,
    /// 自費.
    Private,
    /// 労災.
    WorkAccident,
    /// 自賠責.
    TrafficAccident,
}

/// The monthly limit (高額療養費).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LimitApplied {
    /// Class and table.
    pub kind: Word,
    /// The limit.
    pub yen: Yen,
    /// It lowered the copay.
    pub reached: bool,
}

/// A subsidy's month.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubsidyMonth {
    /// Its id.
    pub subsidy_id: String,
    /// 第n公費.
    pub no: u8,
    /// Points of its lines.
    pub points: Points,
    /// Days of its lines.
    pub days: u8,
    /// What stood before it.
    pub covered_copay_yen: Yen,
    /// What it leaves.
    pub patient_yen: Yen,
    /// What it pays.
    pub paid_yen: Yen,
}

/// A difference between what is due and what was collected.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Adjustment {
    /// The visit.
    pub visit_id: String,
    /// 追加請求 or 返金.
    pub kind: AdjustmentKind,
    /// Always positive.
    pub yen: Yen,
    /// Why.
    #[serde(default)]
    pub reasons: Vec<Reason>,
}

/// Direction of an adjustment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AdjustmentKind {
    /// 追加請求.
    Additional,
    /// 返金.
    Refund,
}

/// What the header of one レセプト carries.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimHint {
    /// 支払基金 or 国保連.
    pub submit_to: ReviewBody,
    /// レセプト種別, RE field 3.
    pub type_code: Word,
    /// 給付割合, RE field 8; absent = blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benefit_ratio: Option<Word>,
    /// 特記事項, RE field 12, ascending.
    #[serde(default)]
    pub special_notes: Vec<Word>,
    /// The coverage; absent = no HO.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage_id: Option<String>,
    /// Days counted, of all lines.
    pub days: u8,
    /// HO values; absent = no HO.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insurance: Option<InsuranceHint>,
    /// KO values, 第1–第4公費.
    #[serde(default)]
    pub subsidies: Vec<SubsidyHint>,
    /// The sets whose lines belong here, with their 負担区分.
    pub sets: Vec<SetClass>,
    /// 窓口負担額区分 (MF).
    pub window_burden_class: Word,
    /// Visit days: day number and whether it counts as 実日数 (JD).
    pub visit_days: Vec<VisitDay>,
    /// Comments that local programmes want on the receipt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<CommentCode>,
}

/// HO values.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InsuranceHint {
    /// HO field 5.
    pub days: u8,
    /// HO field 6.
    pub points: Points,
    /// HO field 12; absent = blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copay_yen: Option<Yen>,
}

/// KO values.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubsidyHint {
    /// The subsidy.
    pub subsidy_id: String,
    /// KO field 5.
    pub days: u8,
    /// KO field 6.
    pub points: Points,
    /// KO field 7; absent = blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copay_yen: Option<Yen>,
    /// KO field 8; absent = blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outpatient_copay_yen: Option<Yen>,
    /// Days of its lines, for JD.
    #[serde(default)]
    pub visit_days: Vec<VisitDay>,
}

/// The 負担区分 of a set on a claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetClass {
    /// The set.
    pub set_id: String,
    /// One character of 別表21.
    pub burden_class: Word,
}

/// A day of the month with care.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VisitDay {
    /// Day of the month.
    pub day: u8,
    /// Counts as 実日数.
    pub is_counted: bool,
}

/// A fee that the record shows to be due (算定もれ). Never added by itself.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Suggestion {
    /// The visit.
    pub visit_id: String,
    /// The code.
    pub code: ItemCode,
    /// Its name.
    pub name: String,
    /// Its points.
    pub points: Points,
    /// What a person must confirm, in Japanese.
    pub condition: String,
    /// Why.
    pub reason: Reason,
}

/// A history line that changed something.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsedHistory {
    /// Day.
    pub date: ServiceDate,
    /// Code.
    pub code: ItemCode,
    /// The rule that looked at it.
    pub rule: Word,
}
