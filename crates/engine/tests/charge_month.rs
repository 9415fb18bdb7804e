//! A month is a fold: late and corrected facts are just more facts, and what was collected is compared with what is due.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod charge_support;

use calculation::{AdjustmentKind, PayerKind};
use charge_support::{codes, coverage, dues, request, run, set, subsidy, visit, with};
use engine::charge::ChargeOutcome;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

fn collected(entries: &[(&str, i64)]) -> Value {
    entries.iter().map(|(visit, yen)| json!({ "visitId": visit, "yen": yen })).collect()
}

/// 追加請求 positive, 返金 negative, by visit.
fn adjustments(outcome: &ChargeOutcome) -> Vec<(String, i64)> {
    let of = |adjustment: &calculation::Adjustment| {
        assert!(adjustment.reasons.iter().all(|reason| !reason.basis.is_empty() && !reason.text.is_empty()));
        assert!(!adjustment.reasons.is_empty());
        let sign = if adjustment.kind == AdjustmentKind::Refund { -1 } else { 1 };
        (adjustment.visit_id.clone(), sign * adjustment.yen.get())
    };
    let mut all: Vec<_> = outcome.months.iter().flat_map(|month| &month.adjustments).map(of).collect();
    all.sort();
    all
}

fn to_pay_back(visit: &str, yen: i64) -> Vec<(String, i64)> {
    vec![(visit.to_owned(), -yen)]
}

#[test]
fn e4_late_insurance_refunds_seventy_percent_of_the_deposit() {
    let before = request(json!({
        "coverages": [], "sets": [set("A", None, &[])], "visits": [visit("V12", "2026-10-05")],
        "collected": collected(&[("V12", 5_820)])
    }));
    let deposit = run(&before, &[("V12", "A", 582)]);
    assert_eq!((dues(&deposit), adjustments(&deposit)), (vec![5_820], vec![]));
    let after = request(json!({
        "coverages": [coverage("C1", "06139992", 30)], "sets": [set("A", Some("C1"), &[])],
        "visits": [visit("V12", "2026-10-05"), visit("V34", "2026-10-13")],
        "collected": collected(&[("V12", 5_820)])
    }));
    let found = run(&after, &[("V12", "A", 582), ("V34", "A", 76)]);
    assert_eq!(dues(&found), [1_750, 230]);
    assert_eq!(adjustments(&found), to_pay_back("V12", 4_070));
    assert_eq!((found.claims.len(), found.claims[0].days), (1, 2));
}

#[test]
fn e5_the_75th_birthday_halves_what_both_insurances_leave() {
    let before_known = json!({
        "patient": { "ref": "P", "birthDate": "1951-10-14", "sex": "2" },
        "coverages": [coverage("C1", "139998", 20)],
        "limits": [{ "code": "B04", "validFrom": "2026-08-01" }],
        "sets": [set("A", Some("C1"), &[])], "visits": [visit("V28", "2026-10-09"), visit("V35", "2026-10-14")]
    });
    let lines = [("V28", "A", 7_000), ("V35", "A", 8_000)];
    let first = run(&request(before_known), &lines);
    // The old card alone: its limit is halved already, and it is told that 後期 is expected.
    assert_eq!(dues(&first), [11_000, 0]);
    assert!(codes(&first).contains(&("coverage-not-late-elderly", "coverages/C1")));
    let after = json!({
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
        "visits": [visit("V28", "2026-10-09"), visit("V35", "2026-10-14")],
        "collected": collected(&[("V28", 11_000), ("V35", 0)])
    });
    let outcome = run(&request(after), &[("V28", "A", 7_000), ("V35", "B", 8_000)]);
    assert_eq!(dues(&outcome), [11_000, 8_000]);
    assert_eq!(adjustments(&outcome), [("V35".to_owned(), 8_000)]);
    assert_eq!(outcome.claims.len(), 2);
}

#[test]
fn e6_a_new_insurer_found_late_moves_the_visit_to_its_own_claim() {
    let request = request(json!({
        "coverages": [
            with(coverage("C1", "139998", 30), "validTo", json!("2026-10-15")),
            with(coverage("C2", "01139997", 30), "validFrom", json!("2026-10-16"))
        ],
        "sets": [set("A", Some("C1"), &[]), set("B", Some("C2"), &[])],
        "visits": [visit("V26", "2026-10-09"), visit("V39", "2026-10-16")],
        "collected": collected(&[("V26", 1_500), ("V39", 1_800)])
    }));
    // Still on the old card: the desk is stopped, the day is charged in full until the new card is chosen.
    let old = run(&request, &[("V26", "A", 500), ("V39", "A", 600)]);
    assert_eq!((dues(&old), adjustments(&old)), (vec![1_500, 6_000], vec![("V39".to_owned(), 4_200)]));
    assert_eq!(codes(&old), [("coverage-ended", "visits/V39")]);
    let new = run(&request, &[("V26", "A", 500), ("V39", "B", 600)]);
    assert_eq!((dues(&new), adjustments(&new)), (vec![1_500, 1_800], vec![]));
    assert_eq!(new.claims.iter().map(|claim| claim.days).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn e9_a_cancelled_visit_is_paid_back_and_the_others_are_charged_without_it() {
    let month = |visits: Value, collected: Value| {
        request(json!({
            "limits": [{ "code": "A05", "validFrom": "2026-08-01" }],
            "sets": [set("A", Some("C1"), &[])], "visits": visits, "collected": collected
        }))
    };
    let both = month(json!([visit("V1", "2026-10-09"), visit("V2", "2026-10-30")]), json!([]));
    let lines = [("V1", "A", 10_000), ("V2", "A", 5_000)];
    assert_eq!(dues(&run(&both, &lines)), [30_000, 6_900]);
    let paid = collected(&[("V1", 30_000), ("V2", 6_900)]);
    let one = month(json!([visit("V2", "2026-10-30")]), paid);
    let outcome = run(&one, &lines[1..]);
    assert_eq!(dues(&outcome), [15_000]);
    assert_eq!(adjustments(&outcome), [("V2".to_owned(), 8_100)]);
    // A caller that does not say why the visit is gone gets no refund line: a person looks.
    assert_eq!(codes(&outcome), [("collected-visit-unknown", "visits/V1")]);
    let cancelled = json!([
        { "visitId": "V1", "yen": 30_000, "isCancelled": true }, { "visitId": "V2", "yen": 6_900 }
    ]);
    let told = run(&month(json!([visit("V2", "2026-10-30")]), cancelled), &lines[1..]);
    assert_eq!(adjustments(&told), [("V1".to_owned(), -30_000), ("V2".to_owned(), 8_100)]);
    assert!(codes(&told).is_empty());
    // Paid back since: nothing is left to say.
    let settled = json!([
        { "visitId": "V1", "yen": 30_000, "isCancelled": true }, { "visitId": "V1", "yen": -30_000, "isCancelled": true },
        { "visitId": "V2", "yen": 15_000 }
    ]);
    assert_eq!(adjustments(&run(&month(json!([visit("V2", "2026-10-30")]), settled), &lines[1..])), []);
}

#[test]
fn h1_a_certificate_brought_late_counts_from_its_first_day() {
    let month = |subsidies: Value, set: Value| {
        request(json!({
            "coverages": [coverage("C1", "139998", 30)], "subsidies": subsidies, "sets": [set],
            "visits": [visit("V27", "2026-10-09"), visit("V51", "2026-10-23")],
            "collected": collected(&[("V27", 9_000), ("V51", 12_000)])
        }))
    };
    let lines = [("V27", "A", 3_000), ("V51", "A", 4_000)];
    let without = run(&month(json!([]), set("A", Some("C1"), &[])), &lines);
    assert_eq!((dues(&without), adjustments(&without)), (vec![9_000, 12_000], vec![]));
    let with_it = month(json!([subsidy("S38", "38139994", Some(10_000))]), set("A", Some("C1"), &["S38"]));
    let outcome = run(&with_it, &lines);
    assert_eq!(dues(&outcome), [9_000, 1_000]);
    assert_eq!(adjustments(&outcome), to_pay_back("V51", 11_000));
    assert_eq!(outcome.claims[0].type_code, "1122");
}

#[test]
fn a_class_shown_late_pays_back_what_went_above_the_limit() {
    let month = |limits: Value| {
        request(json!({
            "limits": limits, "sets": [set("A", Some("C1"), &[])],
            "visits": [visit("V1", "2026-10-03"), visit("V2", "2026-10-17")],
            "collected": collected(&[("V1", 30_000), ("V2", 45_000)])
        }))
    };
    let lines = [("V1", "A", 10_000), ("V2", "A", 15_000)];
    let unknown = run(&month(json!([])), &lines);
    assert_eq!((dues(&unknown), adjustments(&unknown)), (vec![30_000, 45_000], vec![]));
    assert_eq!(codes(&unknown), [("limit-class-unknown", "coverages/C1")]);
    let shown = run(&month(json!([{ "code": "A04", "validFrom": "2026-10-01" }])), &lines);
    assert_eq!(dues(&shown), [30_000, 31_500]);
    assert_eq!(adjustments(&shown), to_pay_back("V2", 13_500));
    assert_eq!(shown.claims[0].insurance.as_ref().unwrap().copay_yen.unwrap().get(), 61_500);
}

#[test]
fn a_corrected_older_day_moves_the_later_ones() {
    let request = request(json!({
        "subsidies": [subsidy("S54", "54139993", Some(10_000))], "sets": [set("A", Some("C1"), &["S54"])],
        "visits": [visit("V1", "2026-10-05"), visit("V2", "2026-10-13"), visit("V3", "2026-10-27")],
        "collected": collected(&[("V1", 6_000), ("V2", 4_000), ("V3", 0)])
    }));
    let as_was = run(&request, &[("V1", "A", 3_000), ("V2", "A", 3_000), ("V3", "A", 500)]);
    assert_eq!((dues(&as_was), adjustments(&as_was)), (vec![6_000, 4_000, 0], vec![]));
    let corrected = run(&request, &[("V1", "A", 1_000), ("V2", "A", 3_000), ("V3", "A", 500)]);
    assert_eq!(dues(&corrected), [2_000, 6_000, 1_000]);
    let expected = [("V1".to_owned(), -4_000), ("V2".to_owned(), 2_000), ("V3".to_owned(), 1_000)];
    assert_eq!(adjustments(&corrected), expected);
}

#[rstest]
#[case::roundings_end_at_the_cap(&[1_335, 1_165], 2_500, &[1_340, 1_160])]
#[case::before_the_cap_is_reached(&[835, 835, 825], 2_500, &[840, 840, 820])]
#[case::and_a_later_visit_pays_the_rest(&[835, 835, 825, 400], 2_500, &[840, 840, 820, 0])]
#[case::roundings_downwards_stay(&[1_334, 1_164, 1_000], 2_500, &[1_330, 1_160, 10])]
#[case::a_cap_off_ten_yen_is_no_bound(&[1_335, 1_170], 2_505, &[1_340, 1_170])]
fn the_window_never_collects_more_than_the_cap(#[case] points: &[i64], #[case] cap: i64, #[case] charges: &[i64]) {
    let days = ["2026-10-01", "2026-10-08", "2026-10-15", "2026-10-22"];
    let visits: Vec<Value> = days.iter().take(points.len()).map(|day| visit(day, day)).collect();
    let request = request(json!({
        "subsidies": [subsidy("S21", "21139993", Some(cap))], "sets": [set("A", Some("C1"), &["S21"])],
        "visits": visits
    }));
    let lines: Vec<_> = days.iter().zip(points).map(|(day, points)| (*day, "A", *points)).collect();
    assert_eq!(dues(&run(&request, &lines)), charges);
}

#[test]
fn the_window_never_collects_more_than_the_monthly_limit() {
    let request = request(json!({
        "patient": { "ref": "P", "birthDate": "1945-11-03", "sex": "2" },
        "coverages": [coverage("C1", "39139993", 10)], "sets": [set("A", Some("C1"), &[])],
        "visits": [visit("V1", "2026-10-01"), visit("V2", "2026-10-08")]
    }));
    let outcome = run(&request, &[("V1", "A", 7_335), ("V2", "A", 14_665)]);
    assert_eq!(dues(&outcome), [7_340, 14_660]);
    let last = outcome.visits[1].1.reasons.iter().find(|reason| reason.rule == "window.held-to-cap");
    assert!(last.unwrap().is_verified);
}

/// A fact of a month that may come at any time.
fn facts() -> impl Strategy<Value = Vec<(u8, i64)>> {
    prop::collection::vec((0_u8..6, 1_i64..9_000), 2..9)
}

proptest! {
    #[test]
    fn the_order_in_which_facts_come_changes_no_balance(facts in facts(), seed in any::<prop::sample::Index>()) {
        let month = |order: &[usize]| {
            let mut visits = Vec::new();
            let mut lines = Vec::new();
            let mut paid = Vec::new();
            for place in order {
                let (set, points) = facts[*place];
                let (id, day) = (format!("V{place}"), format!("2026-10-{:02}", 1 + place * 3));
                visits.push(with(visit(&id, &day), "startedAt", json!("09:00")));
                let set = ["A", "B", "C", "A", "B", "D"][usize::from(set)];
                lines.push((id.clone(), set, points));
                paid.push(json!({ "visitId": id, "yen": points }));
            }
            let mut subsidies = vec![
                subsidy("S1", "54139993", Some(5_000)), subsidy("S2", "21139993", Some(2_500)),
                with(subsidy("S3", "88139910", None), "localRule", json!({ "share": { "kind": "perDayMax", "yen": 400, "maxDaysPerMonth": 3 } })),
            ];
            subsidies.rotate_left(order[0] % 3);
            let mut sets = vec![
                set("A", Some("C1"), &[]), set("B", Some("C1"), &["S1"]), set("C", Some("C1"), &["S2", "S3"]), set("D", Some("C1"), &["S3"]),
            ];
            sets.rotate_left(order[0] % 4);
            let request = request(json!({
                "limits": [{ "code": "A04", "validFrom": "2026-10-01" }],
                "subsidies": subsidies, "sets": sets, "visits": visits, "collected": paid
            }));
            let lines: Vec<_> = lines.iter().map(|(id, set, points)| (id.as_str(), *set, *points)).collect();
            let outcome = run(&request, &lines);
            let sum: i64 = outcome.months.iter().map(|month| month.due_yen.get() - month.collected_yen.get()).sum();
            (outcome.visits.clone(), adjustments(&outcome), outcome.claims.clone(), sum)
        };
        let straight: Vec<usize> = (0..facts.len()).collect();
        let mut turned = straight.clone();
        turned.rotate_left(seed.index(facts.len()));
        turned.reverse();
        prop_assert_eq!(month(&straight), month(&turned));
    }
}

#[test]
fn payers_outside_the_claim_keep_their_balance() {
    let request = request(json!({
        "sets": [set("A", Some("C1"), &[]), with(set("W", None, &[]), "other", json!("workAccident"))],
        "visits": [visit("V1", "2026-10-05"), visit("V2", "2026-10-06")],
        "collected": collected(&[("V1", 300), ("V2", 1_200)])
    }));
    let outcome = run(&request, &[("V1", "A", 100), ("V2", "W", 100)]);
    assert_eq!(adjustments(&outcome), to_pay_back("V2", 1_200));
    assert!(outcome.months.iter().any(|month| month.payer == PayerKind::WorkAccident));
}

/// The cap of the 上限額管理票 is the patient's, whoever insures him: a new insurer in the month does not begin it again.
#[test]
fn a_new_insurer_does_not_begin_the_cap_of_a_book_again() {
    let request = request(json!({
        "coverages": [
            with(coverage("C1", "139998", 30), "validTo", json!("2026-10-15")),
            with(coverage("C2", "01139997", 30), "validFrom", json!("2026-10-16"))
        ],
        "subsidies": [subsidy("S54", "54139993", Some(2_500))],
        "sets": [set("A", Some("C1"), &["S54"]), set("B", Some("C2"), &["S54"])],
        "visits": [visit("V1", "2026-10-09"), visit("V2", "2026-10-16"), visit("V3", "2026-10-23")]
    }));
    let outcome = run(&request, &[("V1", "A", 1_000), ("V2", "B", 1_000), ("V3", "B", 1_000)]);
    // 20 % of 10,000 = 2,000; of the second 2,000 the book leaves 500, then nothing.
    assert_eq!(dues(&outcome), [2_000, 500, 0]);
    let copays: Vec<Option<i64>> =
        outcome.claims.iter().map(|claim| claim.subsidies[0].copay_yen.map(kernel::Yen::get)).collect();
    assert_eq!(copays, [Some(2_000), Some(500)]);
}

/// 本人支払額 of the 医療券 is for the month.
#[test]
fn a_new_insurer_does_not_ask_the_ticket_payment_again() {
    let request = request(json!({
        "coverages": [
            with(coverage("C1", "06139992", 30), "validTo", json!("2026-10-15")),
            with(coverage("C2", "01139997", 30), "validFrom", json!("2026-10-16"))
        ],
        "subsidies": [with(subsidy("S12", "12139994", None), "ticketPaymentYen", json!(1_000))],
        "sets": [set("A", Some("C1"), &["S12"]), set("B", Some("C2"), &["S12"])],
        "visits": [visit("V1", "2026-10-09"), visit("V2", "2026-10-16")]
    }));
    assert_eq!(dues(&run(&request, &[("V1", "A", 200), ("V2", "B", 1_000)])), [600, 400]);
}

/// 生活保護 from the 16th: before, law 21 leaves its 10 %; from then on it pays the whole copay of its lines.
#[test]
fn welfare_that_begins_within_the_month_changes_only_its_days() {
    let request = request(json!({
        "coverages": [coverage("C1", "01139997", 30)],
        "subsidies": [
            subsidy("S21", "21139993", Some(5_000)),
            with(subsidy("S12", "12139994", None), "validFrom", json!("2026-10-16"))
        ],
        "sets": [set("A", Some("C1"), &["S21"]), set("B", Some("C1"), &["S12"])],
        "visits": [visit("V1", "2026-10-05"), visit("V2", "2026-10-20")]
    }));
    let outcome = run(&request, &[("V1", "A", 1_000), ("V2", "A", 1_000), ("V2", "B", 500)]);
    assert_eq!(dues(&outcome), [1_000, 0]);
    let copays: Vec<_> = outcome.claims[0].subsidies.iter().map(|ko| ko.copay_yen.map(kernel::Yen::get)).collect();
    assert_eq!(copays, [Some(1_000), Some(0)]);
}
