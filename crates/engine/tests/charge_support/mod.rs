//! Requests and their charge, in short form.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing)]

use calculation::Request;
use engine::charge::{ChargeOutcome, PricedLine, VisitFacts, charge};
use kernel::{Points, Yen};
use serde_json::{Value, json};

/// A request of October 2026 at a clinic of Tokyo; `parts` replaces members of it.
pub fn request(parts: Value) -> Request {
    let mut request = json!({
        "requestId": "R", "month": "2026-10", "revision": 1,
        "institution": { "code": "1319999015", "departments": [{ "code": "01" }] },
        "patient": { "ref": "P", "birthDate": "1981-03-10", "sex": "1" },
        "coverages": [coverage("C1", "01139997", 30)],
        "visits": []
    });
    for (key, value) in parts.as_object().unwrap() {
        request[key] = value.clone();
    }
    serde_json::from_value(request).unwrap()
}

pub fn coverage(id: &str, insurer: &str, percent: u8) -> Value {
    json!({ "id": id, "insurerNumber": insurer, "relationship": "self", "burdenPercent": percent, "validFrom": "2020-04-01" })
}

pub fn subsidy(id: &str, payer: &str, cap: Option<i64>) -> Value {
    let mut subsidy =
        json!({ "id": id, "payerNumber": payer, "recipientNumber": "9100017", "validFrom": "2026-04-01" });
    if let Some(cap) = cap {
        subsidy["monthlyCapYen"] = json!(cap);
    }
    subsidy
}

pub fn set(id: &str, coverage: Option<&str>, subsidies: &[&str]) -> Value {
    let mut set = json!({ "id": id, "subsidyIds": subsidies });
    if let Some(coverage) = coverage {
        set["coverageId"] = json!(coverage);
    }
    set
}

pub fn visit(id: &str, date: &str) -> Value {
    json!({ "id": id, "date": date, "setId": "A" })
}

pub fn with(mut value: Value, key: &str, member: Value) -> Value {
    value[key] = member;
    value
}

/// Charges lines `(visit, set, points)`.
pub fn run(request: &Request, lines: &[(&str, &str, i64)]) -> ChargeOutcome {
    let line = |(visit, set, points): &(&str, &str, i64)| PricedLine {
        visit_id: (*visit).to_owned(),
        set_id: (*set).to_owned(),
        points: Points::new(*points),
    };
    let facts = request.visits.iter().map(|visit| VisitFacts {
        visit_id: visit.id.clone(),
        is_counted_day: true,
        is_first_visit: false,
        selection_fee: Yen::ZERO,
    });
    charge(request, &lines.iter().map(line).collect::<Vec<_>>(), &facts.collect::<Vec<_>>())
}

pub fn dues(outcome: &ChargeOutcome) -> Vec<i64> {
    outcome.visits.iter().map(|(_, charge)| charge.due_yen.get()).collect()
}

pub fn classes(outcome: &ChargeOutcome) -> Vec<&str> {
    outcome.line_classes.iter().map(|class| class.as_deref().unwrap_or("-")).collect()
}

pub fn codes(outcome: &ChargeOutcome) -> Vec<(&str, &str)> {
    outcome.findings.iter().map(|finding| (finding.code.as_ref(), finding.place.as_str())).collect()
}
