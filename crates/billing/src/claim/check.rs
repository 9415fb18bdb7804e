//! Identities of a receipt, asserted before it is written.
//!
//! Source: 記録条件仕様(医科用); 支払基金 受付・事務点検 (L2900, L4636): HO and KO 合計点数 = Σ 点数 × 回数 of the
//! lines whose 負担区分 names the payer; 診療実日数 = days of JD; レセプト種別 = HO and KO records present.

use std::collections::BTreeSet;

use calculation::{Response, VisitDay};
use kernel::{Finding, Points};
use uke::{Burden, Payer};

use super::receipt::Source;
use crate::clinic::Patient;
use crate::code;

/// Everything that does not add up, each as a *stop* finding.
pub(super) fn identities(source: &Source<'_>, receipt: &uke::Receipt, findings: &mut Vec<Finding>) {
    let mut stop = |code: &'static str, message: String| {
        findings.push(Finding::stop(code, source.place.as_str(), message).with_basis("記録条件仕様(医科用) 第2章"));
    };
    for message in sums(receipt).into_iter().chain(days(source, receipt)).chain(counts(receipt)) {
        stop(code::CLAIM_SUM, message);
    }
    if let Some(message) = kind(receipt) {
        stop(code::CLAIM_SUM, message);
    }
    let foreign = receipt.lines.iter().filter_map(uke::Line::burden).find(|burden| !is_within(*burden, receipt));
    if let Some(burden) = foreign {
        stop(code::CLAIM_BURDEN, format!("負担区分 {burden} names a payer that the receipt does not have"));
    }
    if source.sets.len() != source.hint.sets.len() {
        stop(code::CLAIM_BURDEN, "a payer set has a 負担区分 that 別表21 does not have".to_owned());
    }
}

fn is_within(burden: Burden, receipt: &uke::Receipt) -> bool {
    receipt.payers().is_some_and(|all| burden.is_within(all))
}

/// Σ 点数 × 回数 of each payer against HO and KO.
fn sums(receipt: &uke::Receipt) -> Vec<String> {
    let stated = receipt.ho.iter().map(|ho| (Payer::Insurance, "HO".to_owned(), ho.points));
    let subsidies = (1..)
        .zip(&receipt.ko)
        .filter_map(|(order, ko)| Payer::subsidy(order).map(|payer| (payer, format!("第{order}公費 KO"), ko.points)));
    stated
        .chain(subsidies)
        .filter_map(|(payer, name, points)| {
            let of_payer = receipt.lines.iter().filter(|line| line.burden().is_some_and(|b| b.includes(payer)));
            let sum: Points = of_payer.filter_map(uke::Line::amount).sum();
            let points = points.unwrap_or_default();
            (points != sum).then(|| format!("{name} has {points} points, its lines add up to {sum}"))
        })
        .collect()
}

/// 診療実日数 against the days of JD.
fn days(source: &Source<'_>, receipt: &uke::Receipt) -> Vec<String> {
    let counted = |days: &[VisitDay]| -> usize {
        days.iter().filter(|day| day.is_counted).map(|day| day.day).collect::<BTreeSet<_>>().len()
    };
    let mut messages = Vec::new();
    let mut compare = |name: String, stated: Option<u16>, days: &[VisitDay]| {
        let count = counted(days);
        if stated.map(usize::from) != Some(count) {
            messages.push(format!("{name} has 診療実日数 {}, {count} days count", stated.unwrap_or_default()));
        }
    };
    if let Some(ho) = &receipt.ho {
        compare("HO".to_owned(), ho.days, &source.hint.visit_days);
    }
    for ((order, ko), values) in (1..).zip(&receipt.ko).zip(&source.hint.subsidies) {
        compare(format!("第{order}公費 KO"), ko.days, &values.visit_days);
    }
    messages
}

/// 回数 against the day columns.
fn counts(receipt: &uke::Receipt) -> Vec<String> {
    let is_off = |line: &&uke::Line| match (line.count(), line.days()) {
        (Some(count), Some(days)) => u32::from(count) != days.sum(),
        _ => false,
    };
    let count = receipt.lines.iter().filter(is_off).count();
    if count == 0 { Vec::new() } else { vec![format!("回数 of {count} lines is not the sum of their days")] }
}

/// レセプト種別 against HO and KO (L2900).
fn kind(receipt: &uke::Receipt) -> Option<String> {
    let kind = receipt.re.kind?;
    let is_single = receipt.ho.is_none();
    let is_subsidy_only = kind.scheme() == Some(uke::table::Scheme::SubsidyOnly);
    let is_right = usize::from(kind.subsidies()) == receipt.ko.len() && is_single == is_subsidy_only;
    let ho = usize::from(!is_single);
    let message = || format!("レセプト種別 {kind} disagrees with {ho} HO and {} KO records (L2900)", receipt.ko.len());
    (!is_right).then(message)
}

/// Lines of a payer set with insurance or subsidy that no receipt of the result takes up.
pub(super) fn lost_lines(patient: &Patient, response: &Response, place: &str) -> Vec<Finding> {
    let is_claimed = |set_id: &str| response.claims.iter().any(|hint| hint.sets.iter().any(|set| set.set_id == set_id));
    let pays_by_claim = |set_id: &str| {
        patient.sets.iter().any(|set| {
            set.id == set_id && (set.coverage_id.is_some() || !set.subsidy_ids.is_empty()) && set.other.is_none()
        })
    };
    let mut findings = Vec::new();
    for visit in &response.visits {
        for line in &visit.lines {
            if pays_by_claim(&line.set_id) && !is_claimed(&line.set_id) {
                findings.push(Finding::stop(
                    code::CLAIM_LINE_LOST,
                    format!("{place}/visits/{}/lines/{}", visit.visit_id, line.id),
                    format!(
                        "{} points of payer set {:?} are on no receipt",
                        line.points.times(i64::from(line.times)),
                        line.set_id
                    ),
                ));
            }
        }
    }
    findings
}
