//! A claim file computed again: a read receipt (レセプト) becomes visits and orders of calc/1, and what the
//! calculation makes of them is compared with what was claimed, unit by unit.
//!
//! The file of any vendor will do. What a claim file does not carry is taken from what was claimed: the kind of
//! a visit from its basic fee, its time class from the time addition, the filed standards (施設基準) from the acts
//! that need them, and every condition that a person must confirm is taken as met. Who pays is not compared.
//! Pure: reading the file and the calculation are the caller's.
//!
//! Source of units and day columns: 記録条件仕様(医科用) 第2章 摘要情報.

mod compare;
mod fees;
mod request;
mod unit;

use std::fmt;

use kernel::{ClaimMonth, Finding, Points};
use serde::Serialize;

pub use compare::compare;
pub use request::{NotComputed, Rebuilt, rebuild};
pub use unit::{Unit, UnitItem};

/// First month of 令和6年度, the oldest edition the calculation rests on: older receipts have other values.
pub const EDITION_FROM: &str = "2024-06";

/// What became of one receipt.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptReport {
    /// Which receipt of the file, from 1.
    pub receipt: u32,
    /// Line of its RE, from 1.
    pub line: u64,
    /// Month of care as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<ClaimMonth>,
    /// The month it was computed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computed_as: Option<ClaimMonth>,
    /// Why it was not computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_computed: Option<NotComputed>,
    /// Σ points × count of the claimed units.
    pub claimed_points: Points,
    /// Σ points × times of the computed lines.
    pub computed_points: Points,
    /// Claimed units (点数・回数算定単位), equal ones counted once.
    pub units: usize,
    /// Units that agree in codes, points and count.
    pub agreeing: usize,
    /// What differs, and why.
    pub differences: Vec<Difference>,
    /// What of the receipt is not as the format wants it.
    pub oddities: Vec<Finding>,
}

impl ReceiptReport {
    /// True when everything claimed was computed, and nothing else.
    pub const fn is_agreeing(&self) -> bool {
        self.not_computed.is_none() && self.differences.is_empty()
    }

    /// True when it differs in the values of another edition only.
    pub fn is_agreeing_but_for_edition(&self) -> bool {
        !self.differences.is_empty() && self.differences.iter().all(|row| row.cause == Cause::Edition)
    }
}

/// One difference.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Why.
    pub cause: Cause,
    /// The claimed unit, or the computed line: codes, points × count.
    pub unit: String,
    /// Rule of the calculation behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Particulars.
    pub detail: String,
}

/// Why a unit and what was computed differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The masters have no row of that date, or the row of another edition has another value.
    Edition,
    /// The code ended before the date.
    NotValid,
    /// The code is in no master at hand.
    NotInMasters,
    /// The calculation adds what the file lacks.
    Derived,
    /// The calculation refuses what the file has.
    Refused,
    /// One point apart where drugs, materials or percentages are rounded.
    Rounding,
    /// Other points for the same codes of the same edition.
    Points,
    /// Another 回数.
    Count,
    /// The same codes in other units.
    Grouping,
    /// The unit contradicts the format: no points, a 回数 that is not the sum of its days, medicine of 0 points.
    Oddity,
}

impl Cause {
    /// Every cause, in the order of a summary.
    pub const ALL: [Self; 10] = [
        Self::Edition,
        Self::NotValid,
        Self::NotInMasters,
        Self::Derived,
        Self::Refused,
        Self::Rounding,
        Self::Points,
        Self::Count,
        Self::Grouping,
        Self::Oddity,
    ];

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Edition => "value of another edition",
            Self::NotValid => "code not valid on the date",
            Self::NotInMasters => "code in no master",
            Self::Derived => "derived, not in the file",
            Self::Refused => "refused",
            Self::Rounding => "rounding",
            Self::Points => "other points",
            Self::Count => "other count",
            Self::Grouping => "other units",
            Self::Oddity => "oddity of the file",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.cause.words(), self.unit, self.detail)?;
        match &self.rule {
            Some(rule) => write!(f, " [{rule}]"),
            None => Ok(()),
        }
    }
}

/// Counts over the receipts of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Receipts read.
    pub receipts: usize,
    /// Receipts that agree.
    pub agreeing: usize,
    /// Receipts that differ.
    pub differing: usize,
    /// Of these, receipts that differ in the values of another edition only.
    pub differing_in_edition: usize,
    /// Receipts that were not computed.
    pub not_computed: usize,
    /// Claimed units of the computed receipts.
    pub units: usize,
    /// Of these, units that agree.
    pub agreeing_units: usize,
    /// Receipts with oddities.
    pub odd: usize,
    /// Differences by cause, in the order of [`Cause::ALL`], those that occur.
    pub differences: Vec<CauseCount>,
}

/// How often a cause occurs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CauseCount {
    /// The cause.
    pub cause: Cause,
    /// Differences.
    pub count: usize,
    /// Receipts with one.
    pub receipts: usize,
}

impl Totals {
    /// Adds up the reports.
    pub fn of(reports: &[ReceiptReport]) -> Self {
        let count = |is: &dyn Fn(&ReceiptReport) -> bool| reports.iter().filter(|report| is(report)).count();
        let has = |report: &ReceiptReport, cause| report.differences.iter().filter(|row| row.cause == cause).count();
        let differences = Cause::ALL.into_iter().map(|cause| CauseCount {
            cause,
            count: reports.iter().map(|report| has(report, cause)).sum(),
            receipts: count(&|report| has(report, cause) > 0),
        });
        let not_computed = count(&|report| report.not_computed.is_some());
        let agreeing = count(&ReceiptReport::is_agreeing);
        Self {
            receipts: reports.len(),
            agreeing,
            differing: reports.len() - agreeing - not_computed,
            differing_in_edition: count(&ReceiptReport::is_agreeing_but_for_edition),
            not_computed,
            units: reports.iter().map(|report| report.units).sum(),
            agreeing_units: reports.iter().map(|report| report.agreeing).sum(),
            odd: count(&|report| !report.oddities.is_empty()),
            differences: differences.filter(|row| row.count > 0).collect(),
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} receipts: {} agree, {} differ ({} in values of another edition only), {} not computed, {} with \
             oddities; {} of {} units agree",
            self.receipts,
            self.agreeing,
            self.differing,
            self.differing_in_edition,
            self.not_computed,
            self.odd,
            self.agreeing_units,
            self.units
        )?;
        for row in &self.differences {
            write!(f, "; {} {} in {} receipts", row.cause.words(), row.count, row.receipts)?;
        }
        Ok(())
    }
}
