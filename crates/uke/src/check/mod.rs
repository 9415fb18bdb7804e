//! Self-check before submission: what can be told from the file itself, with official codes where one is
//! known.
//!
//! Source: 支払基金 受付・事務点検ASPに係るチェック一覧(医科); record rules of 記録条件仕様(医科用).

mod comments;
mod diagnoses;
mod file;
mod header;
mod payers;
mod units;

use kernel::{ClaimMonth, DiagnosisCode, Finding, ItemCode, ModifierCode, ReviewBody, ServiceDate};

use crate::encoder::Place;
use crate::inspect::severity_of;
use crate::kind::Section;
use crate::model::Receipt;

pub use file::{CheckReport, FINDINGS_MAX, check};
pub(crate) use file::{FileTotals, check_institution};

/// Which codes the masters have on a day. The masters themselves are no part of this crate.
pub trait KnownCodes {
    /// True when an act, drug, material or comment code is in its master on the day.
    fn has_item(&self, code: ItemCode, day: ServiceDate) -> bool;
    /// True when a diagnosis code is in the master on the day.
    fn has_diagnosis(&self, code: DiagnosisCode, day: ServiceDate) -> bool;
    /// True when a modifier code is in the master on the day.
    fn has_modifier(&self, code: ModifierCode, day: ServiceDate) -> bool;
}

/// Knows no master: every code passes.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyCode;

impl KnownCodes for AnyCode {
    fn has_item(&self, _: ItemCode, _: ServiceDate) -> bool {
        true
    }

    fn has_diagnosis(&self, _: DiagnosisCode, _: ServiceDate) -> bool {
        true
    }

    fn has_modifier(&self, _: ModifierCode, _: ServiceDate) -> bool {
        true
    }
}

/// The file a receipt stands in.
#[derive(Clone, Copy)]
pub(crate) struct FileFacts<'a> {
    pub(crate) claim_month: Option<ClaimMonth>,
    pub(crate) body: Option<ReviewBody>,
    /// The masters, when the caller has them.
    pub(crate) codes: Option<&'a dyn KnownCodes>,
}

/// Findings about one receipt.
pub(crate) struct Findings<'a> {
    order: u32,
    line_of: &'a dyn Fn(Section, usize) -> u64,
    list: &'a mut Vec<Finding>,
}

impl Findings<'_> {
    /// Adds a finding about field `field` of the `index`th record of a section.
    pub(crate) fn add(
        &mut self,
        code: &'static str,
        (section, index, field): (Section, usize, u8),
        message: impl Into<String>,
    ) {
        let place = Place { receipt: self.order, line: (self.line_of)(section, index), field };
        self.list.push(Finding::new(severity_of(code), code, place.to_string(), message));
    }

    /// The same for what a person has to look at.
    pub(crate) fn confirm(&mut self, code: &'static str, place: (Section, usize, u8), message: impl Into<String>) {
        self.add(code, place, message);
        if let Some(finding) = self.list.last_mut() {
            finding.severity = kernel::Severity::Confirm;
        }
    }

    /// The same for what must not go out, whatever the review body's level is.
    pub(crate) fn stop(&mut self, code: &'static str, place: (Section, usize, u8), message: impl Into<String>) {
        self.add(code, place, message);
        if let Some(finding) = self.list.last_mut() {
            finding.severity = kernel::Severity::Stop;
        }
    }
}

/// Checks a receipt as a value. `line_of` tells the line of the `index`th record of a section.
pub(crate) fn check_receipt(
    receipt: &Receipt,
    order: u32,
    facts: FileFacts<'_>,
    line_of: &dyn Fn(Section, usize) -> u64,
    list: &mut Vec<Finding>,
) {
    let mut findings = Findings { order, line_of, list };
    header::check(receipt, facts, &mut findings);
    payers::check(receipt, facts, &mut findings);
    diagnoses::check(receipt, facts, &mut findings);
    units::check(receipt, &mut findings);
    comments::check(receipt, facts, &mut findings);
}

/// The month of care, if the header has one.
pub(crate) fn month_of(receipt: &Receipt) -> Option<ClaimMonth> {
    receipt.re.month.map(crate::value::Dated::get)
}
