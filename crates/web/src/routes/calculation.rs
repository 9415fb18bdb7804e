//! Which module computes for the clinic, and what a comparison of two modules found.

use chrono::{DateTime, Utc};
use kernel::ClaimMonth;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service::calculation::{self, Choice};
use service::patients::by_number;
use service::{Problem, ProblemCode, Work};
use store::calculation_settings::{CalculationMode, CalculationSetting};

use super::{NoQuery, PatientPath};
use crate::{Call, Endpoint, Method, Registry, Reply, may};

/// Lines of an answer at most.
const LINES_MAX: i64 = 500;

pub(super) fn add(registry: &mut Registry) {
    registry.add::<ReadCalculationSetting>();
    registry.add::<ChooseCalculation>();
    registry.add::<CountDifferences>();
    registry.add::<ListDifferences>();
}

/// Who computes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// The embedded engine.
    Embedded,
    /// The common calculation module; without its answer nothing is computed.
    Module,
    /// The module; the embedded engine when it does not answer, marked provisional and compared later.
    ModuleWithFallback,
}

impl From<Mode> for CalculationMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Embedded => Self::Embedded,
            Mode::Module => Self::Module,
            Mode::ModuleWithFallback => Self::ModuleWithFallback,
        }
    }
}

impl From<CalculationMode> for Mode {
    fn from(mode: CalculationMode) -> Self {
        match mode {
            CalculationMode::Embedded => Self::Embedded,
            CalculationMode::Module => Self::Module,
            CalculationMode::ModuleWithFallback => Self::ModuleWithFallback,
        }
    }
}

/// The clinic's choice.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SettingView {
    /// Version, for `If-Match`; 0 = nothing chosen yet.
    version: i32,
    /// Who computes.
    mode: Mode,
    /// The other one is asked afterwards and its answer compared.
    is_shadowed: bool,
}

impl From<CalculationSetting> for SettingView {
    fn from(setting: CalculationSetting) -> Self {
        Self { version: setting.version, mode: setting.mode.into(), is_shadowed: setting.is_shadowed }
    }
}

struct ReadCalculationSetting;

impl Endpoint for ReadCalculationSetting {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/calculation-setting";
    const ID: &'static str = "readCalculationSetting";
    const SUMMARY: &'static str = "Which module computes for the clinic";
    type Permission = may::MasterRead;
    type Path = ();
    type Query = NoQuery;
    type Body = ();
    type Answer = SettingView;

    fn run(_: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<SettingView>, Problem> {
        let setting = SettingView::from(calculation::chosen(work)?);
        let version = setting.version;
        Ok(Reply::versioned(setting, version))
    }
}

/// A new choice.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewChoice {
    /// Who computes.
    mode: Mode,
    /// The other one is asked afterwards and its answer compared.
    #[serde(default)]
    is_shadowed: bool,
    /// Why.
    reason: String,
}

struct ChooseCalculation;

impl Endpoint for ChooseCalculation {
    const METHOD: Method = Method::Put;
    const PATH: &'static str = "/v1/calculation-setting";
    const ID: &'static str = "chooseCalculation";
    const SUMMARY: &'static str = "Chooses which module computes, from the next calculation on";
    const NEEDS_VERSION: bool = true;
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::ReasonMissing];
    type Permission = may::MasterWrite;
    type Path = ();
    type Query = NoQuery;
    type Body = NewChoice;
    type Answer = SettingView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<SettingView>, Problem> {
        let body = call.body;
        let choice = Choice { mode: body.mode.into(), is_shadowed: body.is_shadowed };
        let version = calculation::choose(work, call.version()?, choice, &body.reason)?;
        Ok(Reply::versioned(SettingView { version, mode: body.mode, is_shadowed: body.is_shadowed }, version))
    }
}

/// Which comparisons.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Span {
    /// Compared from this instant on, RFC 3339; absent = a month ago.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    from: Option<DateTime<Utc>>,
}

/// Differences of one kind under one rule.
#[derive(Debug, Serialize, JsonSchema)]
struct RuleLine {
    /// The rule; empty where no side named one.
    rule: String,
    /// What differed.
    kind: String,
    /// How often.
    count: i64,
    /// Results with such a difference.
    results: i64,
}

/// Differences by rule.
#[derive(Debug, Serialize, JsonSchema)]
struct RuleList {
    /// The most frequent first.
    rules: Vec<RuleLine>,
}

struct CountDifferences;

impl Endpoint for CountDifferences {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/calculation-differences";
    const ID: &'static str = "countDifferences";
    const SUMMARY: &'static str = "Where the two modules differ, by rule";
    type Permission = may::ReportAll;
    type Path = ();
    type Query = Span;
    type Body = ();
    type Answer = RuleList;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<RuleList>, Problem> {
        let now = work.stamp.at();
        let from = call.query.from.unwrap_or(now - chrono::TimeDelta::days(31));
        let before = now + chrono::TimeDelta::seconds(1);
        let counts = calculation::differences_by_rule(work, from, before, LINES_MAX)?;
        let rules = counts.into_iter().map(|line| RuleLine {
            rule: line.rule,
            kind: line.kind,
            count: line.count,
            results: line.results,
        });
        Ok(Reply::plain(RuleList { rules: rules.collect() }))
    }
}

/// Which month.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MonthQuery {
    /// Month of care.
    month: ClaimMonth,
}

/// One difference.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DifferenceLine {
    /// Version of the stored result.
    version: i32,
    /// What differs.
    kind: String,
    /// The visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    visit: Option<String>,
    /// Which order, line or amount.
    subject: String,
    /// Rules behind it.
    rules: Vec<String>,
    /// What the embedded engine says.
    #[serde(skip_serializing_if = "Option::is_none")]
    said_embedded: Option<String>,
    /// What the module says.
    #[serde(skip_serializing_if = "Option::is_none")]
    said_module: Option<String>,
}

/// Differences of a patient's month.
#[derive(Debug, Serialize, JsonSchema)]
struct DifferenceList {
    /// The differences.
    differences: Vec<DifferenceLine>,
}

struct ListDifferences;

impl Endpoint for ListDifferences {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/patients/{number}/calculation-differences";
    const ID: &'static str = "listDifferences";
    const SUMMARY: &'static str = "Where the two modules differ in a patient's month";
    type Permission = may::BillRead;
    type Path = PatientPath;
    type Query = MonthQuery;
    type Body = ();
    type Answer = DifferenceList;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<DifferenceList>, Problem> {
        let patient = by_number(work.tx, &call.path.number)?.id;
        let found = calculation::differences_of_month(work, patient, call.query.month, LINES_MAX)?;
        let differences = found.into_iter().map(|difference| DifferenceLine {
            version: difference.version,
            kind: difference.kind,
            visit: difference.visit_reference,
            subject: difference.subject,
            rules: difference.rules,
            said_embedded: difference.said_embedded,
            said_module: difference.said_module,
        });
        Ok(Reply::plain(DifferenceList { differences: differences.collect() }))
    }
}
