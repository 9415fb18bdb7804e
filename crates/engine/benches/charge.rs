//! Time of one patient-month's charge: `cargo bench -p engine --bench charge`. `CHARGE_ROUNDS` makes it short enough for
//! an instruction count (`valgrind --tool=callgrind`), which other load does not disturb.

#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use calculation::Request;
use engine::charge::{Month, PricedLine, VisitFacts, charge, resolve};
use kernel::{Points, Yen};
use serde_json::json;

const ROUNDS: u32 = 100_000;

fn rounds() -> u32 {
    std::env::var("CHARGE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS)
}

fn main() {
    for visits in [2, 5, 20] {
        let request = request(visits);
        let (lines, facts) = lines(&request);
        let resolved = resolve(&request, &lines, &facts);
        let month = resolved.families.iter().find_map(|family| family.month.clone()).unwrap();
        report(&format!("core, {visits} visits"), || month_of(&month));
        report(&format!("resolve, {visits} visits"), || resolve(&request, &lines, &facts).families.len());
        report(&format!("request, {visits} visits"), || charge(&request, &lines, &facts).claims.len());
    }
}

fn month_of(month: &Month) -> usize {
    month.charge().map_or(0, |result| result.visits.len())
}

fn report(name: &str, mut run: impl FnMut() -> usize) {
    let rounds = rounds();
    let start = Instant::now();
    for _ in 0..rounds {
        black_box(run());
    }
    println!("{name:<20} {:>8} ns", start.elapsed().as_nanos() / u128::from(rounds.max(1)));
}

/// 協会けんぽ with 指定難病 and a local programme; each visit has lines with both and with insurance only.
fn request(visits: u32) -> Request {
    let visit = |n: u32| json!({ "id": format!("V{n}"), "date": format!("2026-10-{:02}", n + 1), "setId": "A" });
    serde_json::from_value(json!({
        "requestId": "R", "month": "2026-10", "revision": 1,
        "institution": { "code": "1319999015", "departments": [{ "code": "01" }] },
        "patient": { "ref": "P", "birthDate": "1981-03-10", "sex": "1" },
        "coverages": [{
            "id": "C1", "insurerNumber": "01139997", "relationship": "self", "burdenPercent": 30,
            "validFrom": "2020-04-01"
        }],
        "limits": [{ "code": "A03", "validFrom": "2026-08-01" }],
        "subsidies": [
            {
                "id": "S1", "payerNumber": "54139993", "recipientNumber": "9100017", "validFrom": "2026-04-01",
                "monthlyCapYen": 10_000
            },
            {
                "id": "S2", "payerNumber": "80139991", "validFrom": "2026-04-01",
                "localRule": { "share": { "kind": "percentOfCost", "percent": 10 } }
            }
        ],
        "sets": [
            { "id": "A", "coverageId": "C1", "subsidyIds": ["S1", "S2"] }, { "id": "B", "coverageId": "C1" }
        ],
        "visits": (0..visits).map(visit).collect::<Vec<_>>()
    }))
    .unwrap()
}

fn lines(request: &Request) -> (Vec<PricedLine>, Vec<VisitFacts>) {
    let line = |visit: &str, set: &str, points| PricedLine {
        visit_id: visit.to_owned(),
        set_id: set.to_owned(),
        points: Points::new(points),
    };
    let of_visit = |id: &str| [line(id, "A", 75), line(id, "A", 1_433), line(id, "B", 288), line(id, "B", 60)];
    let lines = request.visits.iter().flat_map(|visit| of_visit(&visit.id)).collect();
    let facts = request.visits.iter().map(|visit| VisitFacts {
        visit_id: visit.id.clone(),
        is_counted_day: true,
        is_first_visit: false,
        selection_fee: Yen::ZERO,
    });
    (lines, facts.collect())
}
