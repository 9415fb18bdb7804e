//! The charge of calc/1 requests: claims, payers of the day, corrections, findings.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod charge_support;

use calculation::{AdjustmentKind, PayerKind};
use charge_support::{classes, codes, coverage, dues, request, run, set, subsidy, visit, with};
use engine::charge::{PricedLine, VisitFacts, charge};
use kernel::{Points, Yen};
use rstest::rstest;
use serde_json::{Value, json};

#[test]
fn a_change_of_insurer_makes_two_claims() {
    let request = request(json!({
        "coverages": [
            with(coverage("C1", "139998", 30), "validTo", json!("2026-10-15")),
            with(coverage("C2", "01139997", 30), "validFrom", json!("2026-10-16"))
        ],
        "sets": [set("A", Some("C1"), &[]), set("B", Some("C2"), &[])],
        "visits": [visit("V1", "2026-10-09"), visit("V2", "2026-10-16")]
    }));
    let outcome = run(&request, &[("V1", "A", 500), ("V2", "B", 600)]);
    let claims: Vec<_> = outcome.claims.iter().map(|c| (c.submit_to.code(), c.type_code.as_ref(), c.days)).collect();
    assert_eq!(claims, [("2", "1112", 1), ("1", "1112", 1)]);
    assert_eq!(outcome.claims[0].benefit_ratio.as_deref(), Some("70"));
    assert_eq!(dues(&outcome), [1500, 1800]);
    assert_eq!(codes(&outcome), []);
}

#[test]
fn the_month_of_the_75th_birthday_halves_both_limits() {
    let request = request(json!({
        "patient": { "ref": "P", "birthDate": "1951-10-14", "sex": "2" },
        "coverages": [
            with(coverage("C1", "139998", 20), "validTo", json!("2026-10-13")),
            with(coverage("C2", "39139993", 10), "validFrom", json!("2026-10-14"))
        ],
        "limits": [
            { "code": "B04", "validFrom": "2026-08-01", "validTo": "2026-10-13" },
            { "code": "B10", "validFrom": "2026-10-14" }
        ],
        "sets": [set("A", Some("C1"), &[]), set("B", Some("C2"), &[])],
        "visits": [visit("V1", "2026-10-09"), visit("V2", "2026-10-14")]
    }));
    let outcome = run(&request, &[("V1", "A", 6_000), ("V2", "B", 20_000)]);
    assert_eq!(dues(&outcome), [11_000, 11_000]);
    let notes: Vec<_> = outcome.claims.iter().map(|claim| claim.special_notes.join(",")).collect();
    assert_eq!(notes, ["29", "42"]);
    assert_eq!(outcome.claims[1].type_code, "1318");
}

#[test]
fn who_was_in_late_elderly_insurance_before_75_keeps_whole_limits() {
    let request = request(json!({
        "patient": { "ref": "P", "birthDate": "1951-10-14", "sex": "2" },
        "coverages": [coverage("C1", "39139993", 10)],
        "sets": [set("A", Some("C1"), &[])],
        "visits": [visit("V1", "2026-10-20")]
    }));
    assert_eq!(dues(&run(&request, &[("V1", "A", 30_000)])), [22_000]);
}

#[test]
fn a_subsidy_pays_only_on_the_days_it_holds() {
    let request = request(json!({
        "subsidies": [with(subsidy("S1", "54139993", Some(10_000)), "validTo", json!("2026-10-15"))],
        "sets": [set("A", Some("C1"), &["S1"])],
        "visits": [visit("V1", "2026-10-05"), visit("V2", "2026-10-20")]
    }));
    let outcome = run(&request, &[("V1", "A", 1_000), ("V2", "A", 1_000)]);
    assert_eq!(dues(&outcome), [2_000, 3_000]);
    assert_eq!(classes(&outcome), ["2", "1"]);
    assert_eq!(outcome.claims.len(), 1);
    assert_eq!(outcome.claims[0].subsidies[0].days, 1);
    assert_eq!(codes(&outcome), [("subsidy-ended", "visits/V2")]);
}

#[test]
fn without_valid_insurance_the_patient_pays_all() {
    let request = request(json!({
        "coverages": [with(coverage("C1", "01139997", 30), "validTo", json!("2026-09-30"))],
        "subsidies": [with(subsidy("S1", "88139993", None), "localRule", json!({ "share": { "kind": "nothing" } }))],
        "sets": [set("A", Some("C1"), &["S1"])],
        "visits": [visit("V1", "2026-10-05")]
    }));
    let outcome = run(&request, &[("V1", "A", 123)]);
    assert_eq!(dues(&outcome), [1_230]);
    assert_eq!(outcome.months[0].payer, PayerKind::Uncovered);
    assert!(outcome.claims.is_empty());
    assert_eq!(codes(&outcome), [("coverage-ended", "visits/V1")]);
    assert!(outcome.findings[0].is_stop());
}

#[test]
fn welfare_alone_and_with_a_priority_programme() {
    let request = request(json!({
        "coverages": [],
        "subsidies": [subsidy("S12", "12139994", None), subsidy("S21", "21139993", Some(2_500)), subsidy("S10", "10139996", None)],
        "sets": [set("A", None, &["S12"]), set("B", None, &["S21"]), set("C", None, &["S12", "S10"])],
        "visits": [visit("V1", "2026-10-05")]
    }));
    let outcome = run(&request, &[("V1", "A", 300), ("V1", "B", 500), ("V1", "C", 1_001)]);
    assert_eq!(dues(&outcome), [0]);
    let claim = &outcome.claims[0];
    assert_eq!(
        (claim.type_code.as_ref(), claim.insurance.is_none(), claim.coverage_id.is_none()),
        ("1232", true, true)
    );
    let order: Vec<_> = claim.subsidies.iter().map(|subsidy| subsidy.subsidy_id.as_str()).collect();
    assert_eq!(order, ["S10", "S21", "S12"]);
    assert_eq!(classes(&outcome), ["B", "6", "H"]);
    let paid: Vec<_> = outcome.months[0].subsidies.iter().map(|subsidy| subsidy.paid_yen.get()).collect();
    // 10,010 yen: 5 % = 500.5, half up 501 to law 12.
    assert_eq!(paid, [9_509, 5_000, 3_000 + 501]);
}

#[test]
fn an_insured_welfare_recipient_pays_nothing_for_psychiatric_care() {
    let request = request(json!({
        "subsidies": [subsidy("S21", "21139993", Some(0)), subsidy("S12", "12139994", None)],
        "sets": [set("A", Some("C1"), &["S21"]), set("B", Some("C1"), &["S12"])],
        "visits": [visit("V1", "2026-10-05")]
    }));
    let outcome = run(&request, &[("V1", "A", 500), ("V1", "B", 300)]);
    assert_eq!((dues(&outcome), classes(&outcome)), (vec![0], vec!["2", "3"]));
    assert_eq!(outcome.claims[0].type_code, "1132");
}

#[test]
fn a_priority_programme_pays_the_line_without_insurance() {
    let request = request(json!({
        "subsidies": [subsidy("S18", "18139998", None)],
        "sets": [set("A", Some("C1"), &["S18"]), set("B", Some("C1"), &[])],
        "visits": [visit("V1", "2026-10-05")]
    }));
    let outcome = run(&request, &[("V1", "A", 500), ("V1", "B", 300)]);
    assert_eq!((dues(&outcome), classes(&outcome)), (vec![900], vec!["5", "1"]));
    assert_eq!(outcome.claims[0].insurance.as_ref().unwrap().points, Points::new(300));
}

#[test]
fn a_fifth_subsidy_stops_the_claim() {
    let numbers = ["21139993", "54139993", "66139999", "80139991", "88139993"];
    let rule = json!({ "share": { "kind": "remainingCopay" } });
    let subsidies: Vec<_> = numbers
        .iter()
        .map(|number| {
            let own = subsidy(&format!("S{}", &number[..2]), number, Some(5_000));
            if number.starts_with('8') { with(own, "localRule", rule.clone()) } else { own }
        })
        .collect();
    let request = request(json!({
        "subsidies": subsidies,
        "sets": [set("A", Some("C1"), &["S21", "S54", "S66", "S80", "S88"])],
        "visits": [visit("V1", "2026-10-05")]
    }));
    let outcome = run(&request, &[("V1", "A", 500)]);
    assert_eq!(codes(&outcome), [("too-many-subsidies", "subsidies/S88")]);
    assert_eq!(outcome.claims[0].type_code, "1152");
    assert_eq!(classes(&outcome), ["9"]);
}

#[rstest]
#[case::on_the_receipt("receipt", 200, "1122", "2")]
#[case::list_form("list", 200, "1112", "1")]
#[case::refund("refund", 1_500, "1112", "1")]
fn methods_of_a_local_programme(#[case] method: &str, #[case] due: i64, #[case] type_code: &str, #[case] class: &str) {
    let rule = json!({ "share": { "kind": "perVisitMax", "yen": 200 }, "method": method });
    let request = request(json!({
        "subsidies": [with(subsidy("S1", "88139993", None), "localRule", rule)],
        "sets": [set("A", Some("C1"), &["S1"])],
        "visits": [visit("V1", "2026-10-05")]
    }));
    let outcome = run(&request, &[("V1", "A", 500)]);
    assert_eq!(dues(&outcome), [due]);
    assert_eq!(outcome.claims[0].type_code, type_code);
    assert_eq!(classes(&outcome), [class]);
}

#[test]
fn the_book_counts_what_other_institutions_wrote_by_date() {
    let book = json!([{ "date": "2026-10-01", "yen": 6_500 }, { "date": "2026-10-20", "yen": 1_000 }]);
    let request = request(json!({
        "subsidies": [with(subsidy("S1", "54139993", Some(10_000)), "paidElsewhere", book)],
        "sets": [set("A", Some("C1"), &["S1"])],
        "visits": [visit("V1", "2026-10-05"), visit("V2", "2026-10-25"), visit("V3", "2026-10-27")]
    }));
    let outcome = run(&request, &[("V1", "A", 1_000), ("V2", "A", 1_000), ("V3", "A", 1_000)]);
    // 10,000 − 6,500 = 3,500: 2,000; then 10,000 − 7,500 − 2,000 = 500.
    assert_eq!(dues(&outcome), [2_000, 500, 0]);
}

#[test]
fn a_cap_counts_whole_yen() {
    let request = request(json!({
        "subsidies": [subsidy("S10", "10139996", None), subsidy("S38", "38139994", Some(18_000))],
        "sets": [set("A", Some("C1"), &["S10", "S38"]), set("B", Some("C1"), &["S38"])],
        "visits": [visit("V1", "2026-10-05"), visit("V2", "2026-10-06")]
    }));
    // 5 % of 46,210 yen = 2,310.5: 2,311 in the book, so 15,689 are left.
    let outcome = run(&request, &[("V1", "A", 4_621), ("V2", "B", 5_300)]);
    let left: Vec<_> = outcome.months[0].subsidies.iter().map(|subsidy| subsidy.patient_yen.get()).collect();
    assert_eq!(left, [2_311, 18_000]);
    assert!(outcome.months[0].reasons.iter().any(|reason| reason.rule == "subsidy.fraction-half-up"));
}

#[test]
fn special_fees_stand_beside_the_copay() {
    let request = request(json!({ "sets": [set("A", Some("C1"), &[])], "visits": [visit("V1", "2026-10-05")] }));
    let line = PricedLine { visit_id: "V1".into(), set_id: "A".into(), points: Points::new(500) };
    let facts = VisitFacts {
        visit_id: "V1".into(),
        is_counted_day: false,
        is_first_visit: false,
        selection_fee: Yen::new(231),
    };
    let outcome = charge(&request, &[line], &[facts]);
    let charge = &outcome.visits[0].1;
    assert_eq!((charge.window_yen.get(), charge.selection_fee_yen.get(), charge.due_yen.get()), (1_500, 231, 1_731));
    assert_eq!((outcome.claims[0].days, outcome.claims[0].visit_days.len()), (0, 1));
}

#[test]
fn the_charge_of_a_day_is_rounded_once() {
    let request = request(json!({
        "sets": [set("A", Some("C1"), &[])],
        "visits": [visit("V1", "2026-10-05"), visit("V2", "2026-10-05")]
    }));
    // 75 points = 225 → 230; both: 450, not 230 + 230.
    let outcome = run(&request, &[("V1", "A", 75), ("V2", "A", 75)]);
    assert_eq!(dues(&outcome), [230, 220]);
    assert_eq!(outcome.claims[0].days, 1);
}

#[test]
fn what_was_collected_is_compared_with_what_is_due() {
    let request = request(json!({
        "sets": [set("A", Some("C1"), &[])],
        "visits": [visit("V1", "2026-10-05"), visit("V2", "2026-10-06"), visit("V3", "2026-10-07"), visit("V4", "2026-10-08")],
        "collected": [
            { "visitId": "V1", "yen": 5_000 }, { "visitId": "V2", "yen": 300 }, { "visitId": "V4", "yen": 800 },
            { "visitId": "gone", "yen": 100 }
        ]
    }));
    let outcome = run(&request, &[("V1", "A", 500), ("V2", "A", 200), ("V3", "A", 100)]);
    let month = &outcome.months[0];
    let adjustments: Vec<_> = month.adjustments.iter().map(|a| (a.visit_id.as_str(), a.kind, a.yen.get())).collect();
    assert_eq!(adjustments, [("V1", AdjustmentKind::Refund, 3_500), ("V2", AdjustmentKind::Additional, 300)]);
    assert_eq!((month.due_yen.get(), month.collected_yen.get()), (2_400, 5_300));
    // A visit without lines that was collected is settled with the uninsured.
    assert_eq!(outcome.months[1].payer, PayerKind::Private);
    assert_eq!(outcome.months[1].adjustments[0].yen.get(), 800);
    assert_eq!(codes(&outcome), [("collected-visit-unknown", "visits/gone")]);
}

#[rstest]
#[case::included(true, "11000", "down", 10_000, 1_000)]
#[case::excluded(false, "3335", "down", 3_335, 333)]
#[case::excluded_half_up(false, "3335", "halfUp", 3_335, 334)]
#[case::included_off_even(true, "3850", "down", 3_500, 350)]
fn consumption_tax(
    #[case] included: bool,
    #[case] price: &str,
    #[case] rounding: &str,
    #[case] net: i64,
    #[case] tax: i64,
) {
    let order = json!({
        "id": "O1", "no": 1, "kind": "self_pay", "priceYen": price, "taxPercent": 10, "isTaxIncluded": included
    });
    let request = request(json!({
        "coverages": [], "sets": [set("A", None, &[])],
        "visits": [with(visit("V1", "2026-10-05"), "orders", json!([order]))],
        "options": { "taxRounding": rounding }
    }));
    let outcome = run(&request, &[]);
    let charge = &outcome.visits[0].1;
    assert_eq!((charge.self_pay_yen.get(), charge.tax_yen.get(), charge.due_yen.get()), (net, tax, net + tax));
    assert_eq!(outcome.months[0].due_yen.get(), net + tax);
}

#[rstest]
#[case::private(json!("private"), 1_000)]
#[case::work_accident(json!("workAccident"), 0)]
#[case::traffic(json!("trafficAccident"), 1_000)]
fn payers_outside_health_insurance_make_no_claim(#[case] other: Value, #[case] due: i64) {
    let request = request(json!({
        "coverages": [],
        "sets": [with(set("A", None, &[]), "other", other)],
        "visits": [visit("V1", "2026-10-05")]
    }));
    let outcome = run(&request, &[("V1", "A", 100)]);
    assert_eq!((dues(&outcome), outcome.claims.len(), classes(&outcome)), (vec![due], 0, vec!["-"]));
}

#[rstest]
#[case::half_up("halfUp10", 85_950)]
#[case::exact("exact", 85_949)]
#[case::down("down10", 85_940)]
fn rounding_at_a_limit(#[case] rounding: &str, #[case] due: i64) {
    let request = request(json!({
        "limits": [{ "code": "A03", "validFrom": "2026-08-01" }],
        "sets": [set("A", Some("C1"), &[])],
        "visits": [visit("V1", "2026-10-05")],
        "options": { "limitRounding": rounding }
    }));
    // 300,900 yen: 85,800 + 149.
    let outcome = run(&request, &[("V1", "A", 30_090)]);
    assert_eq!(dues(&outcome), [due]);
    assert_eq!(outcome.months[0].limit.as_ref().unwrap().yen.get(), 85_949);
    assert!(outcome.visits[0].1.reasons.iter().any(|reason| !reason.is_verified));
}

#[test]
fn three_months_of_history_are_multiple() {
    let request = request(json!({
        "limits": [{ "code": "A03", "validFrom": "2026-08-01" }],
        "sets": [set("A", Some("C1"), &[])],
        "visits": [visit("V1", "2026-10-05")],
        "history": { "limitReachedMonths": ["2025-11", "2026-03", "2026-09", "2025-10"] }
    }));
    let outcome = run(&request, &[("V1", "A", 30_000)]);
    assert_eq!(dues(&outcome), [44_400]);
    assert_eq!(outcome.claims[0].window_burden_class, "02");
}

#[test]
fn facts_of_the_patient_write_notes() {
    let request = request(json!({
        "patient": {
            "ref": "P", "birthDate": "1960-03-10", "sex": "1",
            "facts": [
                { "kind": "thirdParty", "from": "2026-10-01" },
                { "kind": "dependantOfNewLateElderly", "from": "2026-10-10" },
                { "kind": "disasterPartlyExempt", "from": "2026-01-01", "to": "2026-12-31" }
            ]
        },
        "limits": [{ "code": "A05", "validFrom": "2026-08-01" }],
        "sets": [set("A", Some("C1"), &[])],
        "visits": [visit("V1", "2026-10-05")]
    }));
    let outcome = run(&request, &[("V1", "A", 10_000)]);
    assert_eq!(outcome.claims[0].special_notes, ["10", "21", "30", "97"]);
    // 36,900 halved.
    assert_eq!(dues(&outcome), [18_450]);
}

#[test]
fn findings_on_cards_are_located() {
    let request = request(json!({
        "patient": { "ref": "P", "birthDate": "1945-03-10", "sex": "1" },
        "coverages": [coverage("C1", "01139997", 30)],
        "limits": [{ "code": "A03", "validFrom": "2026-08-01" }],
        "subsidies": [
            with(subsidy("S1", "54139993", None), "recipientNumber", json!("9100018")),
            subsidy("S2", "88149992", None)
        ],
        "sets": [set("A", Some("C1"), &["S1", "S2"])],
        "visits": [visit("V1", "2026-10-05")]
    }));
    let outcome = run(&request, &[("V1", "A", 100), ("V9", "A", 100)]);
    let mut found = codes(&outcome);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("coverage-not-late-elderly", "coverages/C1"),
            ("limit-class-mismatch", "limits"),
            ("local-other-prefecture", "subsidies/S2"),
            ("local-rule-missing", "subsidies/S2"),
            ("recipient-number-check-digit", "subsidies/S1"),
            ("reference-unknown", "visits/V9"),
            ("subsidy-cap-missing", "subsidies/S1"),
        ]
    );
}

#[test]
fn an_unknown_class_is_told_where_it_matters() {
    let request = request(json!({
        "sets": [set("A", Some("C1"), &[])],
        "visits": [visit("V1", "2026-10-05")]
    }));
    assert_eq!(codes(&run(&request, &[("V1", "A", 12_000)])), []);
    assert_eq!(codes(&run(&request, &[("V1", "A", 13_000)])), [("limit-class-unknown", "coverages/C1")]);
}

#[test]
fn a_month_without_limits_is_refused() {
    let request = request(json!({
        "month": "2028-01",
        "sets": [set("A", Some("C1"), &[])],
        "visits": [visit("V1", "2028-01-05")]
    }));
    let outcome = run(&request, &[("V1", "A", 100)]);
    assert_eq!(codes(&outcome), [("month-unsupported", "month")]);
    assert!(outcome.claims.is_empty());
}

#[test]
fn late_knowledge_that_lowers_the_month_is_told() {
    // オ: 36,900. The 54 part counts from 21,000 yen copay on, and then lowers what insurance alone owes.
    let request = request(json!({
        "limits": [{ "code": "A05", "validFrom": "2026-08-01" }],
        "subsidies": [subsidy("S1", "54139993", Some(5_000))],
        "sets": [set("A", Some("C1"), &[]), set("B", Some("C1"), &["S1"])],
        "visits": [visit("V1", "2026-10-05"), visit("V2", "2026-10-25")]
    }));
    let outcome = run(&request, &[("V1", "A", 20_000), ("V1", "B", 6_900), ("V2", "B", 200)]);
    assert_eq!(dues(&outcome), [41_900, 0]);
    assert_eq!(outcome.months[0].patient_yen.get(), 36_900);
    assert_eq!(codes(&outcome), [("window-above-month", "coverages/C1")]);
}

#[test]
fn the_order_of_the_request_changes_nothing() {
    let local = json!({ "share": { "kind": "percentOfCost", "percent": 10 } });
    let request = request(json!({
        "limits": [{ "code": "A03", "validFrom": "2026-08-01" }],
        "subsidies": [
            with(subsidy("S80", "80139991", Some(3_000)), "localRule", local),
            subsidy("S54", "54139993", Some(5_000)), subsidy("S21", "21139993", Some(2_500))
        ],
        "sets": [
            set("A", Some("C1"), &["S80", "S54"]), set("B", Some("C1"), &["S21"]), set("C", Some("C1"), &[]),
            set("D", None, &[])
        ],
        "visits": [visit("V1", "2026-10-05"), visit("V2", "2026-10-05"), visit("V3", "2026-10-25")]
    }));
    let lines = [
        ("V1", "A", 811),
        ("V1", "B", 1_333),
        ("V2", "C", 75),
        ("V2", "A", 2_001),
        ("V3", "B", 3_000),
        ("V3", "D", 10),
    ];
    let first = run(&request, &lines);
    let mut turned = request.clone();
    turned.visits.reverse();
    turned.sets.reverse();
    turned.subsidies.rotate_left(1);
    for set in &mut turned.sets {
        set.subsidy_ids.reverse();
    }
    let mut backwards = lines;
    backwards.reverse();
    let mut second = run(&turned, &backwards);
    second.line_classes.reverse();
    assert_eq!(first, second);
}
