//! Where two answers to the same request differ: per visit, order, line, charge, claim and finding, with the rules
//! that one side names and the other does not.
//!
//! Who computed, ids of results and of lines, and the words of reasons are no difference: only what is charged, to
//! whom, and what a person is told.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ClaimHint, Line, MonthCharge, OrderResult, Reason, Response, VisitResult};

/// What differs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// A visit that only one side answers.
    Visit,
    /// Kind, time class or 実日数 of a visit.
    Decision,
    /// What became of an order.
    Order,
    /// A charged line.
    Line,
    /// Points of a visit.
    Points,
    /// Money of a visit.
    Charge,
    /// Money of the month.
    Month,
    /// What the header of a レセプト carries.
    Claim,
    /// A finding of one side.
    Finding,
    /// Complete or open.
    Status,
    /// One side refused the month.
    Refusal,
}

impl DifferenceKind {
    /// As written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Decision => "decision",
            Self::Order => "order",
            Self::Line => "line",
            Self::Points => "points",
            Self::Charge => "charge",
            Self::Month => "month",
            Self::Claim => "claim",
            Self::Finding => "finding",
            Self::Status => "status",
            Self::Refusal => "refusal",
        }
    }
}

/// One difference between the embedded engine and the module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The visit; absent for what belongs to the month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit_id: Option<String>,
    /// What differs.
    pub kind: DifferenceKind,
    /// Which: an order, the codes of a line, the name of an amount.
    pub subject: String,
    /// Rules that only one side names; when both name the same ones, all of them.
    #[serde(default)]
    pub rules: Vec<String>,
    /// What the embedded engine says; absent = nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedded: Option<String>,
    /// What the module says; absent = nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
}

/// Lists the differences between two answers to the same request, in a fixed order; none when they agree.
pub fn compare(embedded: &Response, module: &Response) -> Vec<Difference> {
    let mut differences = Vec::new();
    let ids: BTreeSet<&str> = visit_ids(embedded).chain(visit_ids(module)).collect();
    for id in ids {
        let of = |response| visits_of(response, id);
        match (of(embedded), of(module)) {
            (Some(ours), Some(theirs)) => visit(ours, theirs, &mut differences),
            (ours, theirs) => {
                let points = |visit: &VisitResult| visit.points.to_string();
                let said = (ours.map(points), theirs.map(points));
                differences.push(difference(Some(id), DifferenceKind::Visit, id.to_owned(), Vec::new(), said));
            }
        }
    }
    month(embedded, module, &mut differences);
    differences.sort();
    differences
}

fn visit_ids(response: &Response) -> impl Iterator<Item = &str> {
    response.visits.iter().map(|visit| visit.visit_id.as_str())
}

fn visits_of<'a>(response: &'a Response, id: &str) -> Option<&'a VisitResult> {
    response.visits.iter().find(|visit| visit.visit_id == id)
}

type Said = (Option<String>, Option<String>);

fn difference(
    visit: Option<&str>,
    kind: DifferenceKind,
    subject: String,
    rules: Vec<String>,
    said: Said,
) -> Difference {
    Difference { visit_id: visit.map(str::to_owned), kind, subject, rules, embedded: said.0, module: said.1 }
}

/// Rules of one side only; when both name the same ones, all of them.
fn rules<'a>(ours: impl IntoIterator<Item = &'a Reason>, theirs: impl IntoIterator<Item = &'a Reason>) -> Vec<String> {
    let names = |reasons: Vec<&'a Reason>| -> BTreeSet<&'a str> {
        reasons.into_iter().map(|reason| reason.rule.as_ref()).collect()
    };
    let (ours, theirs) = (names(ours.into_iter().collect()), names(theirs.into_iter().collect()));
    let lone: Vec<String> = ours.symmetric_difference(&theirs).map(|rule| (*rule).to_owned()).collect();
    if lone.is_empty() { ours.into_iter().map(str::to_owned).collect() } else { lone }
}

fn visit(ours: &VisitResult, theirs: &VisitResult, differences: &mut Vec<Difference>) {
    let id = Some(ours.visit_id.as_str());
    let lines =
        || rules(ours.lines.iter().flat_map(|line| &line.reasons), theirs.lines.iter().flat_map(|line| &line.reasons));
    let decisions = [
        ("kind", code_text(&ours.kind), code_text(&theirs.kind)),
        ("timeClass", code_text(&ours.time_class), code_text(&theirs.time_class)),
        ("isCountedDay", ours.is_counted_day.to_string(), theirs.is_counted_day.to_string()),
    ];
    for (name, ours, theirs) in decisions.into_iter().filter(|(_, ours, theirs)| ours != theirs) {
        let said = (Some(ours), Some(theirs));
        differences.push(difference(id, DifferenceKind::Decision, name.to_owned(), lines(), said));
    }
    orders(id, &ours.orders, &theirs.orders, differences);
    charged_lines(id, &ours.lines, &theirs.lines, differences);
    if ours.points != theirs.points {
        let said = (Some(ours.points.to_string()), Some(theirs.points.to_string()));
        differences.push(difference(id, DifferenceKind::Points, "points".to_owned(), lines(), said));
    }
    let reasons = |visit: &'_ VisitResult| visit.charge.iter().flat_map(|charge| charge.reasons.clone()).collect();
    let (our_reasons, their_reasons): (Vec<Reason>, Vec<Reason>) = (reasons(ours), reasons(theirs));
    for (path, said) in leaf_differences(&ours.charge, &theirs.charge) {
        let rules = rules(&our_reasons, &their_reasons);
        differences.push(difference(id, DifferenceKind::Charge, path, rules, said));
    }
}

fn orders(visit: Option<&str>, ours: &[OrderResult], theirs: &[OrderResult], differences: &mut Vec<Difference>) {
    let ids: BTreeSet<&str> = ours.iter().chain(theirs).map(|order| order.order_id.as_str()).collect();
    for id in ids {
        let of = |orders: &'_ [OrderResult]| orders.iter().find(|order| order.order_id == id).cloned();
        let (ours, theirs) = (of(ours), of(theirs));
        let outcome = |order: &Option<OrderResult>| order.as_ref().map(|order| code_text(&order.outcome));
        let said = (outcome(&ours), outcome(&theirs));
        if said.0 != said.1 {
            let reasons = |order: Option<OrderResult>| order.map(|order| order.reasons).unwrap_or_default();
            let rules = rules(&reasons(ours), &reasons(theirs));
            differences.push(difference(visit, DifferenceKind::Order, id.to_owned(), rules, said));
        }
    }
}

/// Lines are known by their codes, their set and 診療識別: each side numbers its own.
fn charged_lines(visit: Option<&str>, ours: &[Line], theirs: &[Line], differences: &mut Vec<Difference>) {
    let mut known: BTreeMap<String, (Vec<&Line>, Vec<&Line>)> = BTreeMap::new();
    for line in ours {
        known.entry(line_key(line)).or_default().0.push(line);
    }
    for line in theirs {
        known.entry(line_key(line)).or_default().1.push(line);
    }
    for (key, (ours, theirs)) in known {
        let said = (line_text(&ours), line_text(&theirs));
        if said.0 != said.1 {
            let reasons = |lines: &[&Line]| -> Vec<Reason> {
                lines.iter().flat_map(|line| line.reasons.iter().cloned()).collect()
            };
            let rules = rules(&reasons(&ours), &reasons(&theirs));
            differences.push(difference(visit, DifferenceKind::Line, key, rules, said));
        }
    }
}

fn line_key(line: &Line) -> String {
    let codes: Vec<String> = line.items.iter().map(|item| item.code.to_string()).collect();
    format!("{} {} {}", line.set_id, line.shikibetsu, codes.join("+"))
}

/// Points × times and quantities of lines with the same codes, in a fixed order.
fn line_text(lines: &[&Line]) -> Option<String> {
    let mut texts: Vec<String> = lines
        .iter()
        .map(|line| {
            let quantities = line.items.iter().filter_map(|item| item.quantity.as_ref().map(ToString::to_string));
            let quantities: Vec<String> = quantities.collect();
            let class = line.burden_class.as_deref().unwrap_or("-");
            format!("{}×{} [{}] {class}", line.points, line.times, quantities.join(","))
        })
        .collect();
    texts.sort();
    (!texts.is_empty()).then(|| texts.join("; "))
}

fn month(ours: &Response, theirs: &Response, differences: &mut Vec<Difference>) {
    let reasons = |response: &Response| -> Vec<Reason> {
        response.month_charge.iter().flat_map(|charge| charge.reasons.iter().cloned()).collect()
    };
    let month_rules = rules(&reasons(ours), &reasons(theirs));
    let charges = (keyed(&ours.month_charge, charge_key), keyed(&theirs.month_charge, charge_key));
    for (path, said) in leaf_differences(&charges.0, &charges.1) {
        differences.push(difference(None, DifferenceKind::Month, path, month_rules.clone(), said));
    }
    let claims = (keyed(&ours.claims, claim_key), keyed(&theirs.claims, claim_key));
    for (path, said) in leaf_differences(&claims.0, &claims.1) {
        differences.push(difference(None, DifferenceKind::Claim, path, month_rules.clone(), said));
    }
    let codes = |response: &Response| -> BTreeSet<(String, String)> {
        response.findings.iter().map(|finding| (finding.code.to_string(), finding.place.clone())).collect()
    };
    let (our_codes, their_codes) = (codes(ours), codes(theirs));
    for (code, place) in our_codes.symmetric_difference(&their_codes) {
        let is_ours = our_codes.contains(&(code.clone(), place.clone()));
        let said = if is_ours { (Some(code.clone()), None) } else { (None, Some(code.clone())) };
        differences.push(difference(None, DifferenceKind::Finding, place.clone(), vec![code.clone()], said));
    }
    if ours.status != theirs.status {
        let said = (Some(code_text(&ours.status)), Some(code_text(&theirs.status)));
        differences.push(difference(None, DifferenceKind::Status, "status".to_owned(), Vec::new(), said));
    }
}

fn charge_key(charge: &MonthCharge) -> String {
    format!("{} {}", code_text(&charge.payer), charge.coverage_id.as_deref().unwrap_or("-"))
}

fn claim_key(claim: &ClaimHint) -> String {
    format!("{} {}", claim.type_code, claim.coverage_id.as_deref().unwrap_or("-"))
}

/// By key; a second one of the same key gets a number.
fn keyed<T>(values: &[T], key: impl Fn(&T) -> String) -> BTreeMap<String, &T> {
    let mut known = BTreeMap::new();
    for value in values {
        let base = key(value);
        let mut name = base.clone();
        for number in 2..=values.len() {
            if !known.contains_key(&name) {
                break;
            }
            name = format!("{base} {number}");
        }
        known.insert(name, value);
    }
    known
}

/// The single values that differ, by their path; reasons are left out.
fn leaf_differences<T: Serialize>(ours: &T, theirs: &T) -> Vec<(String, Said)> {
    let leaves = |value: &T| {
        let mut leaves = BTreeMap::new();
        // Serialising plain data does not fail.
        collect_leaves(String::new(), &serde_json::to_value(value).unwrap_or_default(), &mut leaves);
        leaves
    };
    let (ours, theirs) = (leaves(ours), leaves(theirs));
    let paths: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let pairs = paths.into_iter().map(|path| (path.clone(), (ours.get(path).cloned(), theirs.get(path).cloned())));
    pairs.filter(|(_, (ours, theirs))| ours != theirs).collect()
}

fn collect_leaves(path: String, value: &Value, leaves: &mut BTreeMap<String, String>) {
    let step = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(name, _)| *name != "reasons") {
                collect_leaves(step(name), member, leaves);
            }
        }
        Value::Array(members) => {
            for (place, member) in members.iter().enumerate() {
                collect_leaves(step(&place.to_string()), member, leaves);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            leaves.insert(path, text.clone());
        }
        other => {
            leaves.insert(path, other.to_string());
        }
    }
}

fn code_text<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        // Serialising a unit variant gives a text.
        _ => String::new(),
    }
}
