//! The 摘要 lines: order, groups, 点数・回数算定単位, 負担区分, and the totals they make.
//!
//! A unit is a row of SI, IY and TO records up to and including the first one with 点数; all have the same
//! 回数 and days. Its amount is 点数 × 回数.

use kernel::{ClaimMonth, Points};

use super::{Findings, month_of};
use crate::kind::Section;
use crate::model::{Line, Receipt};
use crate::table::LineClass;
use crate::unverified;
use crate::value::{Burden, Payer};

/// Where the walk over the lines is.
#[derive(Default)]
struct Walk<'a> {
    class: Option<LineClass>,
    /// First record of the unit that has no 点数 yet.
    open: Option<&'a Line>,
    totals: [i64; 5],
}

const PAYERS: [Payer; 5] = [Payer::Insurance, Payer::Subsidy1, Payer::Subsidy2, Payer::Subsidy3, Payer::Subsidy4];

pub(super) fn check(receipt: &Receipt, findings: &mut Findings<'_>) {
    if !receipt.lines.iter().any(|line| !matches!(line, Line::Co(_))) {
        findings.stop("lines-missing", (Section::Header, 0, 0), "the receipt has no SI, IY or TO record");
    }
    let payers = receipt.payers();
    let month = month_of(receipt);
    let mut walk = Walk::default();
    for (index, line) in receipt.lines.iter().enumerate() {
        check_group(line, index, &mut walk, findings);
        check_burden(line, index, payers, findings);
        if !matches!(line, Line::Co(_)) {
            check_unit(line, index, &mut walk, findings);
            check_days(line, index, month, findings);
        }
    }
    if walk.open.is_some() {
        let last = receipt.lines.len().saturating_sub(1);
        findings.stop("unit-open", (Section::Lines, last, 6), "the last unit has no 点数");
    }
    check_totals(receipt, &walk.totals, findings);
}

/// 診療識別 stands on the head of each group and goes up.
fn check_group<'a>(line: &'a Line, index: usize, walk: &mut Walk<'a>, findings: &mut Findings<'_>) {
    let place = (Section::Lines, index, 2);
    match (line.class(), walk.class) {
        (Some(class), before) => {
            if let Some(before) = before.filter(|before| *before > class) {
                let message = format!("診療識別 {:02} after {:02}", class.get(), before.get());
                findings.stop("class-order", place, message);
            }
            if walk.open.take().is_some() {
                findings.stop("unit-open", place, "a group begins before the unit above has 点数");
            }
            walk.class = Some(class);
        }
        (None, None) => findings.stop("class-missing", place, "the first line has no 診療識別"),
        (None, Some(_)) => {}
    }
}

fn check_burden(line: &Line, index: usize, payers: Option<Burden>, findings: &mut Findings<'_>) {
    if let (Some(burden), Some(payers)) = (line.burden(), payers)
        && !burden.is_within(payers)
    {
        let message = format!("負担区分 {burden} names a payer without HO or KO record");
        findings.stop("burden-payer", (Section::Lines, index, 3), message);
    }
}

fn check_unit<'a>(line: &'a Line, index: usize, walk: &mut Walk<'a>, findings: &mut Findings<'_>) {
    if let Some(first) = walk.open {
        if first.count() != line.count() {
            findings.stop("unit-count", (Section::Lines, index, 7), "回数 differs within the unit");
        }
        if first.days() != line.days() {
            findings.stop("unit-days", (Section::Lines, index, 0), "the day columns differ within the unit");
        }
        if first.burden() != line.burden() {
            findings.confirm("unit-burden", (Section::Lines, index, 3), "負担区分 differs within the unit");
        }
    }
    let Some(points) = line.points() else {
        walk.open = walk.open.or(Some(line));
        return;
    };
    walk.open = None;
    if points.get() < 0 && !unverified::allows_negative_points(walk.class) {
        findings.stop("L3380", (Section::Lines, index, 6), format!("点数 {points} is negative"));
    }
    let (Some(amount), Some(burden)) = (line.amount(), line.burden()) else { return };
    if unverified::counts_as_points(walk.class) {
        for (total, payer) in walk.totals.iter_mut().zip(PAYERS) {
            if burden.includes(payer) {
                *total = total.saturating_add(amount.get());
            }
        }
    }
}

fn check_days(line: &Line, index: usize, month: Option<ClaimMonth>, findings: &mut Findings<'_>) {
    let (Some(days), Some(month)) = (line.days(), month) else { return };
    let is_due = month.yyyymm() >= unverified::DAY_COLUMNS_SINCE;
    if let Some(count) = line.count().filter(|count| is_due && u32::from(*count) != days.sum()) {
        let message = format!("回数 {count} is not the sum of the days, {}", days.sum());
        findings.stop("count-days", (Section::Lines, index, 7), message);
    }
    // Every month has 28 days; the calendar is asked only beyond.
    let day = days.last_day();
    if day > 28 && month.day(day).is_none() {
        findings.stop("day-beyond-month", (Section::Lines, index, 0), format!("the month has no day {day}"));
    }
    if let Line::Si(si) = line
        && si.quantity == Some(0)
    {
        findings.stop("quantity-zero", (Section::Lines, index, 5), "数量データ is 0");
    }
}

/// HO and KO points are the sums of the units each pays.
fn check_totals(receipt: &Receipt, totals: &[i64; 5], findings: &mut Findings<'_>) {
    let [insurance, subsidies @ ..] = totals;
    if let Some(points) = receipt.ho.as_ref().and_then(|ho| ho.points) {
        check_total((Section::Insurer, 0, 6), points, *insurance, findings);
    }
    for (index, (ko, total)) in receipt.ko.iter().zip(subsidies).enumerate() {
        if let Some(points) = ko.points {
            check_total((Section::Subsidies, index, 6), points, *total, findings);
        }
    }
}

fn check_total(place: (Section, usize, u8), points: Points, total: i64, findings: &mut Findings<'_>) {
    if points.get() != total {
        findings.stop("points-total", place, format!("合計点数 {points}, the lines add up to {total}"));
    }
}
