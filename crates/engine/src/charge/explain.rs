//! Reasons for a person: each yen with its rule, source and the amounts before and after.

use std::borrow::Cow;
use std::fmt;

use calculation::{Cause, Reason, Request};
use kernel::Yen;

use super::month::{Month, Period, Share};
use super::resolve::Family;
use super::result::{Bounds, LimitFact, MonthResult, Step, VisitResult, WindowRule};
use super::rules::{self, Rule};
use super::tables::RELIEF;

/// A reason with a text.
pub(super) fn reason(rule: Rule, text: String, payers: impl IntoIterator<Item = String>) -> Reason {
    Reason {
        rule: Cow::Borrowed(rule.id),
        basis: Cow::Borrowed(rule.basis),
        masters: Vec::new(),
        caused_by: payers.into_iter().map(|id| Cause::Payer { id }).collect(),
        is_verified: rule.is_verified,
        text: Cow::Owned(text),
    }
}

/// Shown as `12,345円`.
#[derive(Clone, Copy)]
pub(super) struct Shown(Yen);

/// An amount for a text.
pub(super) const fn yen(amount: Yen) -> Shown {
    Shown(amount)
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = self.0.get().unsigned_abs();
        let sign = if self.0 < Yen::ZERO { "-" } else { "" };
        match (amount / 1_000_000, amount / 1_000 % 1_000, amount % 1_000) {
            (0, 0, ones) => write!(f, "{sign}{ones}円"),
            (0, thousands, ones) => write!(f, "{sign}{thousands},{ones:03}円"),
            (millions, thousands, ones) => write!(f, "{sign}{millions},{thousands:03},{ones:03}円"),
        }
    }
}

/// Reasons of the month, step by step.
pub(super) fn month_reasons(request: &Request, family: &Family, month: &Month, result: &MonthResult) -> Vec<Reason> {
    result.steps.iter().map(|step| step_reason(request, family, month, result, step)).collect()
}

fn step_reason(request: &Request, family: &Family, month: &Month, result: &MonthResult, step: &Step) -> Reason {
    let (before, after) = (yen(step.before), yen(step.after));
    let subsidy = step.subsidy.and_then(|position| {
        Some((month.subsidies.get(position)?, request.subsidies.get(*family.subsidies.get(position)?)?))
    });
    let payer = match subsidy {
        Some((_, subsidy)) => Some(subsidy.id.clone()),
        None => family.coverage.and_then(|position| request.coverages.get(position)).map(|c| c.id.clone()),
    };
    let payers = step.payers;
    let text = match (subsidy, step.rule) {
        (None, rules::COPAY) => {
            let percent = month.insurance.map_or(0, |insurance| insurance.ratio.percent());
            format!("{payers}: 医療費 {before} の{percent}% = {after}")
        }
        (None, rules::SUBSIDY_ONLY) => format!("{payers}: 保険なし、医療費 {before} を公費が負担"),
        (None, _) => format!("{payers}: {} {before} → {after}", limit_words(step.rule, result.limit.as_ref())),
        (Some((subsidy, own)), _) => {
            let law = own.payer_number.law();
            let name = subsidy.programme.map_or("地方単独公費", |programme| programme.name);
            format!("{payers}: {name}({law}) {} {before} → {after}", share_words(subsidy.share, subsidy.cap))
        }
    };
    let is_presumed = subsidy
        .and_then(|(_, own)| own.local_rule.as_ref())
        .is_some_and(|rule| subsidy.is_some_and(|(s, _)| s.programme.is_none()) && !rule.presumed.is_empty());
    let reason = reason(step.rule, text, payer);
    Reason { is_verified: reason.is_verified && !is_presumed, ..reason }
}

fn limit_words(rule: Rule, limit: Option<&LimitFact>) -> String {
    match rule.id {
        "copay.relieved" => "減免".to_owned(),
        id if id == RELIEF.id => "配慮措置".to_owned(),
        "limit.specific-disease" => "特定疾病(マル長)".to_owned(),
        "limit.specific-disease-apart" => "特定疾病(マル長) 公費併用分と別".to_owned(),
        "limit.specific-disease-common" => "特定疾病(マル長) 公費併用分と合算".to_owned(),
        "limit.combination-21000" | "limit.combination-10500" => "公費併用分(21,000円以上)と合算".to_owned(),
        "limit.local-part-apart" => "地方単独公費分は合算しない".to_owned(),
        id => match limit.filter(|limit| limit.rule.id == id) {
            Some(limit) => format!("高額療養費の限度 {}", yen(limit.yen)),
            None => "高額療養費の限度".to_owned(),
        },
    }
}

fn share_words(share: Share, cap: Option<Yen>) -> String {
    let words = match share {
        Share::Nothing => "負担なし".to_owned(),
        Share::PercentOfCost(percent) => format!("医療費の{percent}%まで"),
        Share::RemainingCopay => "残りの自己負担".to_owned(),
        Share::PercentOfCopay(percent) => format!("自己負担の{percent}%"),
        Share::PerVisitMax { yen: most, .. } => format!("1回{}まで", yen(most)),
        Share::Limited { per, yen: most, percent, .. } => {
            let unit = if per == Period::Day { "1日" } else { "1回" };
            let percent = percent.map_or_else(String::new, |percent| format!("医療費の{percent}%、"));
            format!("{percent}{unit}{}まで", yen(most))
        }
        Share::LessPercentOfCost(percent) => format!("医療費の{percent}%を助成"),
        Share::PaysMax { per, yen: most, .. } => {
            format!("{}{}まで助成", if per == Period::Day { "1日" } else { "1回" }, yen(most))
        }
        Share::FirstVisitFixed(fixed) => format!("初診時{}", yen(fixed)),
        Share::Ticket(amount) => format!("本人支払額{}", yen(amount)),
    };
    match cap {
        Some(cap) => format!("{words}、月{}まで", yen(cap)),
        None => words,
    }
}

/// Reasons of a visit's window charge.
pub(super) fn window_reasons(month: &Month, visit: &VisitResult, reasons: &mut Vec<Reason>) {
    let charge = yen(visit.charge);
    match visit.window {
        WindowRule::Own => {
            let text = format!("当日の負担 {} → 窓口 {charge}", yen(visit.share));
            reasons.push(reason(rules::WINDOW_ROUND, text, None));
        }
        WindowRule::HeldToCap => {
            let text = format!("当日の負担 {}、上限までの残り 窓口 {charge}", yen(visit.share));
            reasons.push(reason(rules::WINDOW_CAP, text, None));
        }
        WindowRule::RunningTotal => {
            let held = held_words(visit.bounds);
            let text = format!("月の累計 {}{held}、既徴収額を差し引き 窓口 {charge}", yen(visit.share_to_date));
            reasons.push(reason(rules::WINDOW_RUNNING, text, None));
        }
    }
    let is_off_ten = visit.bounds.is_limit_reached() && visit.share_to_date.get() % 10 != 0;
    if is_off_ten {
        let text = format!("限度額到達時の端数処理: {:?}", month.limit_rounding);
        reasons.push(reason(rules::WINDOW_LIMIT_ROUNDING, text, None));
    }
}

fn held_words(bounds: Bounds) -> String {
    let words = [
        (bounds.own_limit, "高額療養費"),
        (bounds.part_limit, "公費併用分の高額療養費"),
        (bounds.specific_disease, "特定疾病"),
        (bounds.relief, "配慮措置"),
        (bounds.subsidy_cap, "公費の上限"),
    ];
    let held: Vec<&str> = words.into_iter().filter_map(|(holds, word)| holds.then_some(word)).collect();
    if held.is_empty() { String::new() } else { format!("（{}）", held.join("・")) }
}
