//! Tests by number of items, their judgement fees and their 逓減, over masters made by hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod points_support;

use calculation::Outcome::{Accepted, NeedsConfirmation, Replaced};
use calculation::{Outcome, Request};
use masters::Tables;
use masters::row::ActRow;
use points_support::{act, compute, month, outcome, plain, request, shown, visit};
use rstest::rstest;
use serde_json::json;

const DAY: &str = "2024-07-10";
const TEST: u32 = 160_000_001;
const FILED: u16 = 817;

/// A test of 血液学的検査 (group 2).
fn test() -> ActRow {
    ActRow { exam_role: 1, exam_group: 2, ..act(TEST, b'D', 5, 21) }
}

/// A judgement fee of the group.
fn judgement(code: u32, points: i32) -> ActRow {
    ActRow { exam_role: 2, exam_group: 2, ..act(code, b'D', 26, points) }
}

fn with_standard(tables: Tables, standards: &[u16]) -> Vec<String> {
    let mut request: Request = request(&[visit(1, DAY, vec![plain(1, TEST)])], &[]);
    request.institution.standards = standards
        .iter()
        .map(|code| serde_json::from_value(json!({ "code": format!("{code:04}"), "from": "2024-06-01" })).unwrap())
        .collect();
    shown(&compute(tables, &request))
}

/// A dearer judgement fee that needs a filing.
#[rstest]
#[case::not_filed(&[], "60 160000125 125 x 1")]
#[case::another_one_filed(&[818], "60 160000125 125 x 1")]
#[case::filed(&[FILED], "60 160000200 200 x 1")]
fn a_judgement_fee_that_needs_a_filing_waits_for_it(#[case] filed: &[u16], #[case] expected: &str) {
    let mut dearer = judgement(160_000_200, 200);
    dearer.standards[0] = FILED;
    let tables = Tables { acts: vec![test(), judgement(160_000_125, 125), dearer], ..Tables::default() };
    assert_eq!(with_standard(tables, filed), ["60 160000001 21 x 1", expected]);
}

/// Judgement fees that are dearer, but not for this patient.
#[rstest]
#[case::of_hospitals(ActRow { facility_kind: 1, ..judgement(160_000_200, 200) })]
#[case::of_inpatients(ActRow { outpatient_bucket: 0, ..judgement(160_000_200, 200) })]
#[case::judged_elsewhere(judgement(160_207_710, 200))]
#[case::of_low_vision(judgement(160_199_510, 200))]
fn a_judgement_fee_of_others_is_not_derived(#[case] dearer: ActRow) {
    let tables = Tables { acts: vec![test(), judgement(160_000_125, 125), dearer], ..Tables::default() };
    assert_eq!(with_standard(tables, &[]), ["60 160000001 21 x 1", "60 160000125 125 x 1"]);
}

/// An act that counts for 逓減, one that only names the group, one that counts in no group.
const DEGRESSIVE: u32 = 160_000_010;
const GROUP_ONLY: u32 = 160_000_011;
const FLAG_ONLY: u32 = 160_000_012;

fn degressive() -> Tables {
    let row = |code, degression, degression_group| ActRow { degression, degression_group, ..act(code, b'D', 208, 130) };
    let reduction = ActRow { point_kind: 6, ..points_support::addition(160_000_190, b'D', 10, 0) };
    let acts = vec![row(DEGRESSIVE, 1, 34), row(GROUP_ONLY, 0, 34), row(FLAG_ONLY, 1, 0), reduction];
    Tables { acts, ..Tables::default() }
}

#[rstest]
#[case::same_month(DEGRESSIVE, "2024-07-01", true)]
#[case::month_before(DEGRESSIVE, "2024-06-30", false)]
#[case::an_act_that_does_not_count(GROUP_ONLY, "2024-07-01", false)]
#[case::an_act_of_no_group(FLAG_ONLY, "2024-07-01", false)]
fn an_earlier_claim_of_the_month_reduces_the_next(#[case] code: u32, #[case] on: &str, #[case] is_reduced: bool) {
    let found = month(degressive(), &[visit(1, DAY, vec![plain(1, DEGRESSIVE)])], &[(on, code)]);
    assert_eq!(outcome(&found, "V1", "O1") == Replaced, is_reduced);
    let points = if is_reduced { "60 160000010+160000190 117 x 1" } else { "60 160000010 130 x 1" };
    assert_eq!(shown(&found), [points]);
}

#[rstest]
#[case::itself(DEGRESSIVE, Replaced)]
#[case::an_act_that_does_not_count(GROUP_ONLY, Accepted)]
#[case::an_act_of_no_group(FLAG_ONLY, Accepted)]
fn a_second_act_of_the_group_is_reduced(#[case] code: u32, #[case] expected: Outcome) {
    let found = month(degressive(), &[visit(1, DAY, vec![plain(1, DEGRESSIVE), plain(2, code)])], &[]);
    assert_eq!((outcome(&found, "V1", "O1"), outcome(&found, "V1", "O2")), (Accepted, expected));
    let twice = month(degressive(), &[visit(1, DAY, vec![plain(1, code), plain(2, code)])], &[]);
    assert_eq!(outcome(&twice, "V1", "O2"), expected);
}

/// 外来迅速検体検査加算: five tests a day over its visits; another day counts by itself.
#[rstest]
#[case::another_day("2024-07-11", 3)]
#[case::the_same_day(DAY, 2)]
fn rapid_tests_are_counted_by_the_day(#[case] second: &str, #[case] counted: u32) {
    const RAPID: u32 = 160_177_770;
    let rapid = ActRow {
        step_calc: 1,
        step_unit: 1,
        step_low: 1,
        step_high: 5,
        step_points_e2: 1_000,
        ..act(RAPID, b'D', 0, 10)
    };
    let mut rows: Vec<ActRow> = (1..=3).map(|number| act(160_000_000 + number, b'D', 5, 20)).collect();
    rows.push(rapid);
    let with_results = |number, date| {
        let mut visit = visit(number, date, (1..=3).map(|no| plain(no, 160_000_000 + no)).collect());
        visit["facts"] = json!(["sameDayResults"]);
        visit
    };
    let visits = [with_results(1, DAY), with_results(2, second)];
    let found = month(Tables { acts: rows, ..Tables::default() }, &visits, &[]);
    let counts: Vec<String> = found
        .visits
        .iter()
        .flat_map(|visit| &visit.lines)
        .flat_map(|line| &line.items)
        .filter(|item| item.code.number() == RAPID)
        .map(|item| item.quantity.unwrap().to_string())
        .collect();
    assert_eq!(counts, ["3".to_owned(), counted.to_string()]);
}

/// 時間外緊急院内検査加算 of a visit in the daytime is a question; outside the hours it is not.
#[rstest]
#[case::daytime("regular", 160_000_210, NeedsConfirmation)]
#[case::after_hours("after_hours", 160_000_210, Accepted)]
#[case::inside_the_posted_hours("night_early_in_hours", 160_000_210, Accepted)]
#[case::image("regular", 170_016_010, NeedsConfirmation)]
#[case::another_code("regular", TEST, Accepted)]
fn what_is_for_the_time_outside_the_hours(#[case] time: &str, #[case] code: u32, #[case] expected: Outcome) {
    let mut day = visit(1, DAY, vec![plain(1, code)]);
    day["timeClass"] = json!(time);
    let found = month(Tables { acts: vec![act(code, b'D', 0, 200)], ..Tables::default() }, &[day], &[]);
    assert_eq!(outcome(&found, "V1", "O1"), expected);
    if expected == NeedsConfirmation {
        assert_eq!(points_support::reason(&found, "V1", "O1").rule, "test/outside-hours");
    }
}
