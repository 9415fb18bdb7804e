//! Local programmes (地方単独公費) and the switches of the claim, through requests.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod charge_support;

use charge_support::{classes, codes, coverage, dues, request, run, set, subsidy, visit, with};
use engine::charge::ChargeOutcome;
use rstest::rstest;
use serde_json::{Value, json};

const DAYS: [(&str, &str); 5] =
    [("V1", "2026-10-02"), ("V2", "2026-10-02"), ("V3", "2026-10-09"), ("V4", "2026-10-16"), ("V5", "2026-10-23")];

fn local(payer: &str, rule: Value) -> Value {
    with(subsidy("L", payer, None), "localRule", rule)
}

/// Five visits, two of them on one day, of 400 points each (1,200 yen copay).
fn five_visits(rule: Value) -> ChargeOutcome {
    let visits: Vec<Value> = DAYS.iter().map(|(id, day)| visit(id, day)).collect();
    let request = request(json!({
        "subsidies": [local("80139918", rule)], "sets": [set("A", Some("C1"), &["L"])], "visits": visits
    }));
    run(&request, &DAYS.map(|(id, _)| (id, "A", 400)))
}

#[rstest]
#[case::nothing(json!({ "share": { "kind": "nothing" } }), [0, 0, 0, 0, 0])]
#[case::percent_of_cost(json!({ "share": { "kind": "percentOfCost", "percent": 10 } }), [400, 400, 400, 400, 400])]
#[case::percent_of_copay(json!({ "share": { "kind": "percentOfCopay", "percent": 50 } }), [600, 600, 600, 600, 600])]
#[case::per_visit(json!({ "share": { "kind": "perVisitMax", "yen": 500 } }), [500, 500, 500, 500, 500])]
#[case::per_visit_with_count(json!({ "share": { "kind": "perVisitMax", "yen": 500, "maxVisitsPerMonth": 3 } }), [500, 500, 500, 0, 0])]
#[case::percent_per_visit(json!({ "share": { "kind": "perVisitMax", "yen": 300, "percent": 10 } }), [300, 300, 300, 300, 300])]
#[case::percent_below_the_amount(json!({ "share": { "kind": "perVisitMax", "yen": 800, "percent": 10 } }), [400, 400, 400, 400, 400])]
#[case::per_day(json!({ "share": { "kind": "perDayMax", "yen": 1500 } }), [1200, 300, 1200, 1200, 1200])]
#[case::per_day_with_days(json!({ "share": { "kind": "perDayMax", "yen": 400, "maxDaysPerMonth": 3 } }), [400, 0, 400, 400, 0])]
#[case::per_month(json!({ "share": { "kind": "remainingCopay" }, "monthlyCapYen": 3000 }), [1200, 1200, 600, 0, 0])]
#[case::percent_and_month(json!({ "share": { "kind": "percentOfCost", "percent": 10 }, "monthlyCapYen": 1000 }), [400, 400, 200, 0, 0])]
fn kinds_of_local_rules(#[case] rule: Value, #[case] due: [i64; 5]) {
    let outcome = five_visits(rule);
    assert_eq!(dues(&outcome), due);
    assert_eq!(codes(&outcome), []);
    assert!(outcome.months[0].reasons.iter().any(|reason| reason.rule.starts_with("local.")));
}

#[rstest]
#[case::before_the_day("2020-10-10", [600, 0])]
#[case::the_day_itself("2020-10-09", [600, 600])]
fn a_rule_holds_for_its_ages(#[case] birth: &str, #[case] due: [i64; 2]) {
    let rule = json!({
        "share": { "kind": "nothing" }, "ages": { "from": { "years": 6, "day": "birthday" } }
    });
    let rule = with(rule, "ages", json!({ "under": { "years": 6, "day": "birthday" } }));
    let request = request(json!({
        "patient": { "ref": "P", "birthDate": birth, "sex": "1" },
        "coverages": [coverage("C1", "01139997", 20)],
        "subsidies": [local("88139910", rule)], "sets": [set("A", Some("C1"), &["L"])],
        "visits": [visit("V1", "2026-10-08"), visit("V2", "2026-10-09")]
    }));
    let outcome = run(&request, &[("V1", "A", 300), ("V2", "A", 300)]);
    let expected = if due[1] == 0 { vec![0, 0] } else { vec![0, 600] };
    assert_eq!(dues(&outcome), expected);
    let is_told = codes(&outcome).contains(&("local-age-outside", "visits/V2"));
    assert_eq!(is_told, due[1] != 0);
}

#[test]
fn a_rule_may_require_another_subsidy() {
    let rule = json!({ "share": { "kind": "nothing" }, "requiresLaw": "54" });
    let month = |subsidies: Value| {
        let request = request(json!({
            "subsidies": subsidies, "sets": [set("A", Some("C1"), &["L"])], "visits": [visit("V1", "2026-10-08")]
        }));
        run(&request, &[("V1", "A", 300)])
    };
    let without = month(json!([local("89139919", rule.clone())]));
    assert_eq!((dues(&without), codes(&without)), (vec![900], vec![("local-subsidy-required", "visits/V1")]));
    let with_it = month(json!([local("89139919", rule), subsidy("S54", "54139993", Some(5_000))]));
    assert_eq!((dues(&with_it), codes(&with_it)), (vec![0], vec![]));
}

#[rstest]
#[case::social_insurance("01139997", "1112", "1")]
#[case::national_health("139998", "1122", "2")]
fn a_programme_stands_on_the_receipts_of_its_body(#[case] insurer: &str, #[case] kind: &str, #[case] class: &str) {
    let rule = json!({
        "share": { "kind": "perVisitMax", "yen": 200 }, "claimedAt": { "paymentFund": false, "kokuhoren": true }
    });
    let request = request(json!({
        "coverages": [coverage("C1", insurer, 30)], "subsidies": [local("82139924", rule)],
        "sets": [set("A", Some("C1"), &["L"])], "visits": [visit("V1", "2026-10-08")]
    }));
    let outcome = run(&request, &[("V1", "A", 300)]);
    assert_eq!((dues(&outcome), classes(&outcome)), (vec![200], vec![class]));
    assert_eq!(outcome.claims[0].type_code, kind);
    assert_eq!(codes(&outcome).iter().any(|(code, _)| *code == "local-claim-target"), class == "1");
}

#[rstest]
#[case::law_51_minamata("51136018", &["L", "N"])]
#[case::welfare("12139994", &["L", "N"])]
#[case::law_51_smon_keeps_its_place("51136018x", &["N", "L"])]
#[case::not_named("19139997", &["N", "L"])]
fn a_local_programme_may_pay_first(#[case] payer: &str, #[case] order: &[&str]) {
    let payer = match payer {
        "51136018" => check("5113301"),
        "51136018x" => check("5113601"),
        other => other.to_owned(),
    };
    let rule = json!({ "share": { "kind": "nothing" }, "beforeLaws": ["12", "51"] });
    let request = request(json!({
        "subsidies": [local("80139918", rule), subsidy("N", &payer, None)],
        "sets": [set("A", Some("C1"), &["L", "N"])], "visits": [visit("V1", "2026-10-08")]
    }));
    let outcome = run(&request, &[("V1", "A", 300)]);
    let ids: Vec<_> = outcome.claims[0].subsidies.iter().map(|subsidy| subsidy.subsidy_id.as_str()).collect();
    assert_eq!(ids, order);
    assert_eq!(outcome.months[0].subsidies[0].paid_yen.get(), 900);
}

fn check(body: &str) -> String {
    format!("{body}{}", kernel::check_digit(body))
}

#[test]
fn a_total_goes_on_when_the_insurance_changes() {
    let month = |keeps: bool, share: Value, cap: Option<i64>| {
        let mut rule = json!({ "share": share, "keepsTotalAcrossInsurance": keeps });
        if let Some(cap) = cap {
            rule["monthlyCapYen"] = json!(cap);
        }
        let request = request(json!({
            "coverages": [
                with(coverage("C1", "139998", 30), "validTo", json!("2026-10-15")),
                with(coverage("C2", "01139997", 30), "validFrom", json!("2026-10-16"))
            ],
            "subsidies": [local("82139924", rule)],
            "sets": [set("A", Some("C1"), &["L"]), set("B", Some("C2"), &["L"])],
            "visits": [visit("V1", "2026-10-09"), visit("V2", "2026-10-16"), visit("V3", "2026-10-20")]
        }));
        run(&request, &[("V1", "A", 500), ("V2", "B", 500), ("V3", "B", 500)])
    };
    let rest = || json!({ "kind": "remainingCopay" });
    assert_eq!(dues(&month(false, rest(), Some(2_000))), [1_500, 1_500, 500]);
    let kept = month(true, rest(), Some(2_000));
    assert_eq!(dues(&kept), [1_500, 500, 0]);
    assert!(kept.months[1].reasons.iter().any(|reason| reason.rule == "local.keeps-total"));
    let twice = || json!({ "kind": "perVisitMax", "yen": 500, "maxVisitsPerMonth": 2 });
    assert_eq!(dues(&month(false, twice(), None)), [500, 500, 500]);
    assert_eq!(dues(&month(true, twice(), None)), [500, 500, 0]);
}

#[test]
fn a_rule_writes_its_notes_and_comments() {
    let rule = json!({
        "share": { "kind": "nothing" }, "specialNotes": ["01"], "comments": ["820100001"]
    });
    let request = request(json!({
        "limits": [{ "code": "A03", "validFrom": "2026-10-01" }],
        "subsidies": [local("80139926", rule)], "sets": [set("A", Some("C1"), &["L"])],
        "visits": [visit("V1", "2026-10-08")]
    }));
    let claim = &run(&request, &[("V1", "A", 300)]).claims[0];
    assert_eq!(claim.special_notes, ["01", "28"]);
    assert_eq!(claim.comments, ["820100001".parse().unwrap()]);
}

/// A month of 国保 with a local programme on one of two parts, under switches.
fn switched(switches: Value, insurer: &str, limits: Value, points: i64) -> ChargeOutcome {
    let rule = json!({ "share": { "kind": "perVisitMax", "yen": 500 } });
    let request = request(json!({
        "coverages": [coverage("C1", insurer, 30)], "limits": limits,
        "subsidies": [local("80139918", rule)],
        "sets": [set("A", Some("C1"), &["L"]), set("B", Some("C1"), &[])], "visits": [visit("V1", "2026-10-08")],
        "options": { "claimSwitches": switches }
    }));
    run(&request, &[("V1", "A", points), ("V1", "B", 100)])
}

fn copays(outcome: &ChargeOutcome) -> (Option<i64>, Option<i64>, Option<i64>) {
    let claim = &outcome.claims[0];
    let yen = |amount: Option<kernel::Yen>| amount.map(|amount| amount.get());
    let ko = &claim.subsidies[0];
    (yen(claim.insurance.as_ref().unwrap().copay_yen), yen(ko.copay_yen), yen(ko.outpatient_copay_yen))
}

#[rstest]
#[case::default(json!({}), "139998", (None, Some(500), None))]
#[case::kokuhoren(json!({ "localCopay": "alwaysToKokuhoren" }), "139998", (Some(1_200), Some(500), Some(900)))]
#[case::not_the_other_body(json!({ "localCopay": "alwaysToKokuhoren" }), "01139997", (None, Some(500), None))]
#[case::everywhere(json!({ "localCopay": "always" }), "01139997", (Some(1_200), Some(500), Some(900)))]
fn the_copay_of_local_combinations(
    #[case] switches: Value,
    #[case] insurer: &str,
    #[case] expected: (Option<i64>, Option<i64>, Option<i64>),
) {
    assert_eq!(copays(&switched(switches, insurer, json!([]), 300)), expected);
}

#[test]
fn the_benefit_ratio_may_stay_blank() {
    let ratio = |switches: Value| switched(switches, "139998", json!([]), 300).claims[0].benefit_ratio.clone();
    assert_eq!(ratio(json!({})).as_deref(), Some("70"));
    assert_eq!(ratio(json!({ "benefitRatio": "blank" })), None);
}

#[rstest]
#[case::one_yen(json!({}), (Some(22_007), Some(7)))]
#[case::ten_yen(json!({ "limitAmounts": "tenYen" }), (Some(22_010), Some(10)))]
fn amounts_under_a_limit(#[case] switches: Value, #[case] expected: (Option<i64>, Option<i64>)) {
    let request = request(json!({
        "patient": { "ref": "P", "birthDate": "1945-11-03", "sex": "2" },
        "coverages": [coverage("C1", "39139993", 10)],
        "subsidies": [local("82139916", json!({ "share": { "kind": "remainingCopay" } }))],
        "sets": [set("A", Some("C1"), &[]), set("B", Some("C1"), &["L"])], "visits": [visit("V1", "2026-10-08")],
        "options": { "claimSwitches": switches }
    }));
    let outcome = run(&request, &[("V1", "A", 30_000), ("V1", "B", 7)]);
    let (ho, ko, _) = copays(&outcome);
    assert_eq!((ho, ko), expected);
    assert_eq!(dues(&outcome), [22_010]);
}

#[rstest]
#[case::zero(json!({}), Some(0))]
#[case::blank(json!({ "blankZeroCopayLaws": ["12"] }), None)]
#[case::of_another_law(json!({ "blankZeroCopayLaws": ["16"] }), Some(0))]
fn a_zero_of_a_programme_may_stay_blank(#[case] switches: Value, #[case] copay: Option<i64>) {
    let request = request(json!({
        "subsidies": [subsidy("S12", "12139994", None)], "sets": [set("A", Some("C1"), &["S12"])],
        "visits": [visit("V1", "2026-10-08")], "options": { "claimSwitches": switches }
    }));
    assert_eq!(run(&request, &[("V1", "A", 300)]).claims[0].subsidies[0].copay_yen.map(|yen| yen.get()), copay);
}

#[rstest]
#[case::common(json!({}), "01139997", 10_000)]
#[case::apart(json!({ "specificDisease": { "paymentFund": "apart" } }), "01139997", 14_000)]
#[case::only_its_body(json!({ "specificDisease": { "paymentFund": "apart" } }), "139998", 10_000)]
fn specific_disease_over_parts(#[case] switches: Value, #[case] insurer: &str, #[case] due: i64) {
    let request = request(json!({
        "coverages": [coverage("C1", insurer, 30)],
        "limits": [{ "code": "A03", "validFrom": "2026-10-01" }],
        "specificDiseases": [{ "capYen": 10_000, "validFrom": "2026-04-01" }],
        "subsidies": [subsidy("S15", "15139991", Some(5_000))],
        "sets": [set("A", Some("C1"), &["S15"]), set("B", Some("C1"), &[])], "visits": [visit("V1", "2026-10-08")],
        "options": { "claimSwitches": switches }
    }));
    let outcome = run(&request, &[("V1", "A", 4_000), ("V1", "B", 20_000)]);
    assert_eq!(dues(&outcome), [due]);
    let rule = if due > 10_000 { "limit.specific-disease-apart" } else { "limit.specific-disease-common" };
    let reason = outcome.months[0].reasons.iter().find(|reason| reason.rule == rule).unwrap();
    assert!(!reason.is_verified);
}

fn shared(share: Value, more: Value) -> Value {
    let mut rule = json!({ "share": share });
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    with(subsidy("S80", "80139918", None), "localRule", rule)
}

fn month_of(subsidy: Value, points: &[i64]) -> Vec<i64> {
    let days = ["2026-10-05", "2026-10-12", "2026-10-19"];
    let visits: Vec<Value> = days.iter().take(points.len()).map(|day| visit(day, day)).collect();
    let request = request(json!({
        "subsidies": [subsidy], "sets": [set("A", Some("C1"), &["S80"])], "visits": visits
    }));
    let lines: Vec<_> = days.iter().zip(points).map(|(day, points)| (*day, "A", *points)).collect();
    dues(&run(&request, &lines))
}

/// Bounds of what the programme pays leave the rest with the patient.
#[test]
fn bounds_of_the_payment_leave_the_rest() {
    // 3割: 1,500 and 3,000; it pays 3,000 of the month: 1,500 all, then 1,500 of 3,000, then nothing of 600.
    let month = shared(json!({ "kind": "nothing" }), json!({ "monthlyPaymentMaxYen": 3_000 }));
    assert_eq!(month_of(month, &[500, 1_000, 200]), [0, 1_500, 600]);
    // 500 of each of two visits: 1,500 − 500, 3,000 − 500, 600.
    let visits = json!({ "kind": "paysPerVisitMax", "yen": 500, "maxVisitsPerMonth": 2 });
    assert_eq!(month_of(shared(visits, json!({})), &[500, 1_000, 200]), [1_000, 2_500, 600]);
    let days = json!({ "kind": "paysPerDayMax", "yen": 2_000 });
    assert_eq!(month_of(shared(days, json!({})), &[500, 1_000, 200]), [0, 1_000, 0]);
    // 20 % of the cost: a tenth stays with the patient.
    let percent = json!({ "kind": "lessPercentOfCost", "percent": 20 });
    assert_eq!(month_of(shared(percent, json!({})), &[500, 1_000]), [500, 1_000]);
}

/// 80,100 yen + 1 % of the cost above 267,000.
#[test]
fn a_cap_that_stands_for_a_limit_grows_with_the_cost() {
    let rule = shared(
        json!({ "kind": "remainingCopay" }),
        json!({ "monthlyCapYen": 80_100, "capGrowsAboveYen": 267_000, "presumed": ["conditionOf"] }),
    );
    // Cost 200,000: 60,000. Cost 300,000: 90,000, capped at 80,100 + 330 = 80,430. Cost 400,000: 81,430.
    assert_eq!(month_of(rule, &[20_000, 10_000, 10_000]), [60_000, 20_430, 1_000]);
}
