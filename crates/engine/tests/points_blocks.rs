//! Fees that contain or forbid others by the words of the fee table: rule, outcome, period, dates, exceptions.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod points_support;

use calculation::Outcome;
use calculation::Outcome::{Accepted, Included, NeedsConfirmation, Rejected};
use masters::Tables;
use masters::row::ActRow;
use points_support::{act, month, order, outcome, plain, reason, visit};
use rstest::rstest;
use serde_json::json;

const DAY: &str = "2024-07-10";
const LATER: &str = "2024-07-17";
const R8: &str = "2026-07-10";

/// An act at a place of the fee table: letter, number, branch, item.
fn at(code: u32, (letter, number, branch, item): (u8, u16, u8, u16)) -> ActRow {
    ActRow { section_branch: branch, section_item: item, ..act(code, letter, number, 100) }
}

const LIFESTYLE_I: (u32, Place) = (113_041_910, (b'B', 1, 3, 0));
const LIFESTYLE_II: (u32, Place) = (113_707_110, (b'B', 1, 3, 0));
const HOME_MANAGEMENT: (u32, Place) = (114_000_002, (b'C', 2, 0, 0));
const HOME_VISIT: (u32, Place) = (114_000_001, (b'C', 1, 0, 0));
const OPERATION: (u32, Place) = (150_000_001, (b'K', 1, 0, 0));
const REHABILITATION: (u32, Place) = (180_000_002, (b'H', 2, 0, 0));
const FAMILY_DOCTOR: (u32, Place) = (113_000_019, (b'B', 1, 2, 19));
const COMPREHENSIVE: (u32, Place) = (113_000_012, (b'B', 1, 2, 12));
const EMERGENCY_TESTS: (u32, Place) = (160_000_210, (b'D', 0, 0, 0));
const GENERIC_NAMES_1: (u32, Place) = (120_004_270, (b'F', 400, 0, 0));

type Place = (u8, u16, u8, u16);

fn tables(winner: (u32, Place), loser: (u32, Place), points: i32) -> Tables {
    let loser = ActRow { points_e2: points * 100, ..at(loser.0, loser.1) };
    Tables { acts: vec![at(winner.0, winner.1), loser], ..Tables::default() }
}

/// Winner on the first day, loser on the second.
fn told(winner: (u32, Place), loser: (u32, Place), days: (&str, &str)) -> (Outcome, String) {
    let mut visits = [visit(1, days.0, vec![plain(1, winner.0)]), visit(2, days.1, vec![plain(1, loser.0)])];
    // Some of the fees are for the time outside the hours only.
    visits[0]["timeClass"] = json!("after_hours");
    let found = month(tables(winner, loser, 100), &visits, &[]);
    assert_eq!(outcome(&found, "V1", "O1"), Accepted, "the winner stands");
    let outcome = outcome(&found, "V2", "O1");
    if outcome == Accepted {
        return (outcome, String::new());
    }
    let why = reason(&found, "V2", "O1");
    assert_eq!(why.caused_by.len(), 1, "the winner is named as the cause");
    (outcome, why.rule.to_string())
}

#[rstest]
#[case::lifestyle_1(LIFESTYLE_I, (160_000_009, (b'D', 5, 0, 0)), NeedsConfirmation, "management/lifestyle-1")]
#[case::nicotine(LIFESTYLE_I, (113_008_310, (b'B', 1, 3, 0)), NeedsConfirmation, "management/lifestyle-1")]
#[case::lifestyle_2(LIFESTYLE_II, (113_000_009, (b'B', 12, 0, 0)), NeedsConfirmation, "management/lifestyle-2")]
#[case::home_management(HOME_MANAGEMENT, (120_000_009, (b'F', 400, 0, 0)), Included, "home/management-includes")]
#[case::comprehensive(COMPREHENSIVE, (130_000_009, (b'G', 0, 0, 0)), Included, "management/comprehensive-care")]
#[case::comprehensive_test(COMPREHENSIVE, (160_000_009, (b'D', 5, 0, 0)), Included, "management/comprehensive-care")]
fn rules_of_the_month(
    #[case] winner: (u32, Place),
    #[case] loser: (u32, Place),
    #[case] expected: Outcome,
    #[case] rule: &str,
) {
    assert_eq!(told(winner, loser, (DAY, LATER)), (expected, rule.to_owned()));
    assert_eq!(told(winner, loser, (DAY, DAY)), (expected, rule.to_owned()));
    // An earlier claim of the month holds the winner already; one of the month before does not count.
    let with = |history: &str| {
        let visits = [visit(1, DAY, vec![plain(1, loser.0)])];
        outcome(&month(tables(winner, loser, 100), &visits, &[(history, winner.0)]), "V1", "O1")
    };
    assert_eq!((with("2024-07-01"), with("2024-06-30")), (expected, Accepted));
}

/// 通院・在宅精神療法 in the month of 生活習慣病管理料(Ⅱ), since 2026-06.
#[rstest]
#[case::since_2026("2026-07-10", "2026-07-01", Rejected)]
#[case::month_before("2026-07-10", "2026-06-30", Accepted)]
#[case::before_the_revision("2026-05-10", "2026-05-01", Accepted)]
fn psychiatry_beside_lifestyle_management(#[case] on: &str, #[case] earlier: &str, #[case] expected: Outcome) {
    let therapy = (180_070_410, (b'I', 2, 0, 0));
    let visits = [visit(1, on, vec![plain(1, therapy.0)])];
    let found = month(tables(LIFESTYLE_II, therapy, 410), &visits, &[(earlier, LIFESTYLE_II.0)]);
    assert_eq!(outcome(&found, "V1", "O1"), expected);
    if expected == Rejected {
        assert_eq!(reason(&found, "V1", "O1").rule, "psychiatry/lifestyle-2");
    }
}

/// 電子的診療情報連携体制整備加算 and 在宅医療DX情報活用加算 of a month, since 2026-06.
#[rstest]
#[case::since_2026("2026-07-10", "2026-07-01", Rejected)]
#[case::month_before("2026-07-10", "2026-06-30", Accepted)]
#[case::before_the_revision("2026-05-10", "2026-05-01", Accepted)]
fn two_kinds_of_digital_coordination(#[case] on: &str, #[case] earlier: &str, #[case] expected: Outcome) {
    let winner = (112_709_570, (b'A', 1, 0, 0));
    let home = (114_746_310, (b'C', 1, 0, 9));
    let found = month(tables(winner, home, 11), &[visit(1, on, vec![plain(1, home.0)])], &[(earlier, winner.0)]);
    assert_eq!(outcome(&found, "V1", "O1"), expected);
    if expected == Rejected {
        assert_eq!(reason(&found, "V1", "O1").rule, "home/dx");
    }
}

#[rstest]
#[case::operation(OPERATION, (140_000_009, (b'J', 0, 0, 0)), NeedsConfirmation, "operation/same-day")]
#[case::rehabilitation(REHABILITATION, (140_000_009, (b'J', 119, 0, 0)), Included, "rehabilitation/same-day")]
#[case::emergency(EMERGENCY_TESTS, (160_177_770, (b'D', 0, 0, 0)), Rejected, "test/rapid-excluded")]
#[case::family_doctor(FAMILY_DOCTOR, (160_000_009, (b'D', 5, 0, 0)), Included, "management/family-doctor-child")]
fn rules_of_the_day(
    #[case] winner: (u32, Place),
    #[case] loser: (u32, Place),
    #[case] expected: Outcome,
    #[case] rule: &str,
) {
    assert_eq!(told(winner, loser, (DAY, DAY)), (expected, rule.to_owned()));
    assert_eq!(told(winner, loser, (DAY, LATER)).0, Accepted);
    let visits = [visit(1, DAY, vec![plain(1, loser.0)])];
    let history = month(tables(winner, loser, 100), &visits, &[("2024-07-01", winner.0)]);
    assert_eq!(outcome(&history, "V1", "O1"), Accepted);
}

#[test]
fn a_home_visit_excludes_a_house_call_of_the_day_unless_a_person_knows_better() {
    let house_call = (114_000_110, (b'C', 0, 0, 0));
    assert_eq!(told(HOME_VISIT, house_call, (DAY, DAY)), (NeedsConfirmation, "home/visit-day".to_owned()));
    assert_eq!(told(HOME_VISIT, house_call, (DAY, LATER)).0, Accepted);
    let no = json!({ "answers": [{ "condition": "exception", "value": "no" }] });
    let visits = [visit(1, DAY, vec![plain(1, HOME_VISIT.0), order(2, house_call.0, no)])];
    assert_eq!(outcome(&month(tables(HOME_VISIT, house_call, 100), &visits, &[]), "V1", "O2"), Rejected);
}

#[test]
fn one_generic_name_addition_belongs_to_one_prescription() {
    let other = (120_003_570, (b'F', 400, 0, 0));
    let prescription = 120_002_910;
    let with_prescription = || {
        let mut tables = tables(GENERIC_NAMES_1, other, 100);
        tables.acts.push(at(prescription, (b'F', 400, 0, 0)));
        tables
    };
    let together = [visit(1, DAY, vec![plain(1, prescription), plain(2, GENERIC_NAMES_1.0), plain(3, other.0)])];
    let found = month(with_prescription(), &together, &[]);
    assert_eq!((outcome(&found, "V1", "O2"), outcome(&found, "V1", "O3")), (Accepted, Rejected));
    assert_eq!(reason(&found, "V1", "O3").rule, "prescription/generic-name");
    let apart = [
        visit(1, DAY, vec![plain(1, prescription), plain(2, GENERIC_NAMES_1.0)]),
        visit(2, DAY, vec![plain(1, prescription), plain(2, other.0)]),
    ];
    let found = month(with_prescription(), &apart, &[]);
    assert_eq!((outcome(&found, "V1", "O2"), outcome(&found, "V2", "O2")), (Accepted, Accepted));
}

#[rstest]
#[case::stands_beside(LIFESTYLE_I, (b'B', 1, 0, 20), DAY, Accepted)]
#[case::in_2024(LIFESTYLE_II, (b'B', 1, 0, 2), DAY, NeedsConfirmation)]
#[case::since_2026(LIFESTYLE_II, (b'B', 1, 0, 2), R8, Accepted)]
#[case::in_both(LIFESTYLE_II, (b'B', 1, 0, 9), R8, Accepted)]
#[case::contained_since_2026_too(LIFESTYLE_II, (b'B', 1, 0, 1), R8, NeedsConfirmation)]
#[case::tests_are_not_contained(LIFESTYLE_II, (b'D', 5, 0, 0), R8, Accepted)]
#[case::beside_comprehensive(COMPREHENSIVE, (b'B', 10, 0, 0), DAY, Accepted)]
#[case::beside_family_doctor(FAMILY_DOCTOR, (b'B', 9, 0, 0), DAY, Accepted)]
fn what_stands_beside_a_fee_depends_on_the_date(
    #[case] winner: (u32, Place),
    #[case] place: Place,
    #[case] on: &str,
    #[case] expected: Outcome,
) {
    let other = (113_000_099, place);
    assert_eq!(told(winner, other, (on, on)).0, expected);
    if winner != FAMILY_DOCTOR {
        let claimed = month(tables(winner, other, 100), &[visit(1, on, vec![plain(1, other.0)])], &[(on, winner.0)]);
        assert_eq!(outcome(&claimed, "V1", "O1"), expected, "an earlier claim of the month holds the fee");
    }
}

#[test]
fn the_list_of_2026_holds_for_its_whole_month() {
    let contained = (113_000_099, (b'B', 1, 0, 1));
    let expected = (NeedsConfirmation, "management/lifestyle-2".to_owned());
    assert_eq!(told(LIFESTYLE_II, contained, (R8, "2026-07-31")), expected);
}

/// 検査, 画像診断, 処置 of an acute worsening are charged from 550 points on.
#[rstest]
#[case::below(549, Included)]
#[case::from(550, NeedsConfirmation)]
fn comprehensive_care_contains_tests_below_550_points(#[case] points: i32, #[case] expected: Outcome) {
    let test = (160_000_009, (b'D', 5, 0, 0));
    let visits = [visit(1, DAY, vec![plain(1, COMPREHENSIVE.0)]), visit(2, LATER, vec![plain(1, test.0)])];
    let found = month(tables(COMPREHENSIVE, test, points), &visits, &[]);
    assert_eq!(outcome(&found, "V2", "O1"), expected);
    assert_eq!(reason(&found, "V2", "O1").rule, "management/comprehensive-care");
}

#[test]
fn an_answer_decides_about_an_exception() {
    let test = (160_000_009, (b'D', 5, 0, 0));
    let answered = |value: &str| {
        let answers = json!([{ "condition": "exception", "value": value }]);
        let visits = [visit(1, DAY, vec![plain(1, LIFESTYLE_I.0), order(2, test.0, json!({ "answers": answers }))])];
        outcome(&month(tables(LIFESTYLE_I, test, 100), &visits, &[]), "V1", "O2")
    };
    assert_eq!((answered("yes"), answered("no")), (Accepted, Included));
}

/// 在宅自己注射指導管理料 of the month: no injections on the day of a home visit.
#[rstest]
#[case::with_it((b'C', 101, 0, 0), &[], Rejected)]
#[case::another_guidance_fee((b'C', 107, 0, 0), &[], Accepted)]
#[case::claimed_earlier_this_month((b'D', 5, 0, 0), &[("2024-07-01", 114_000_101)], Rejected)]
#[case::claimed_the_month_before((b'D', 5, 0, 0), &[("2024-06-30", 114_000_101)], Accepted)]
fn self_injection_leaves_no_injection_on_a_home_visit(
    #[case] companion: Place,
    #[case] history: &[(&str, u32)],
    #[case] expected: Outcome,
) {
    let injection = at(130_000_001, (b'G', 1, 0, 0));
    let guidance = at(114_000_101, (b'C', 101, 0, 0));
    let acts = vec![at(HOME_VISIT.0, HOME_VISIT.1), injection, at(160_000_007, companion), guidance];
    let visits = [
        visit(1, "2024-07-05", vec![plain(1, 160_000_007)]),
        visit(2, DAY, vec![plain(1, HOME_VISIT.0), plain(2, 130_000_001)]),
    ];
    let found = month(Tables { acts, ..Tables::default() }, &visits, history);
    assert_eq!(outcome(&found, "V2", "O2"), expected);
    if expected == Rejected {
        assert_eq!(reason(&found, "V2", "O2").rule, "injection/self-injection-visit");
    }
}

/// 小児科外来診療料 in person: what the visit holds beside it is contained in it, and it is named as the cause.
#[test]
fn the_pediatric_fee_is_the_cause_of_what_it_contains() {
    const PEDIATRIC_REVISIT: u32 = 113_003_810;
    let test = (160_000_009, (b'D', 5, 0, 0));
    let mut child = visit(1, DAY, vec![plain(1, test.0)]);
    child["kind"] = json!("revisit");
    let mut request = points_support::request(&[child], &[]);
    request.patient.birth_date = "2021-01-01".parse().unwrap();
    request.institution.facts = vec![calculation::InstitutionFact::PediatricOutpatientFee];
    request.institution.departments[0].is_pediatrics = true;
    let found = points_support::compute(tables((PEDIATRIC_REVISIT, (b'B', 1, 2, 1)), test, 100), &request);
    assert_eq!(outcome(&found, "V1", "O1"), Included);
    let why = reason(&found, "V1", "O1");
    assert_eq!(why.rule, "management/pediatric-outpatient-includes");
    let code = calculation::Cause::Item { date: DAY.parse().unwrap(), code: "113003810".parse().unwrap() };
    assert_eq!(why.caused_by, [code]);
}

/// 電話等再診: no 医学管理等 that day, but for a person's word about 診療情報提供料(Ⅰ).
#[rstest]
#[case::management((113_001_810, (b'B', 0, 0, 0)), "phone", Rejected)]
#[case::referral((180_016_110, (b'B', 9, 0, 0)), "phone", NeedsConfirmation)]
#[case::specimen_test((160_000_009, (b'D', 5, 0, 0)), "phone", Accepted)]
#[case::in_person((113_001_810, (b'B', 0, 0, 0)), "revisit", Accepted)]
fn no_management_by_telephone(#[case] act: (u32, Place), #[case] kind: &str, #[case] expected: Outcome) {
    let mut call = visit(1, DAY, vec![plain(1, act.0)]);
    call["kind"] = json!(kind);
    let found = month(Tables { acts: vec![at(act.0, act.1)], ..Tables::default() }, &[call], &[]);
    assert_eq!(outcome(&found, "V1", "O1"), expected);
    if expected != Accepted {
        assert_eq!(reason(&found, "V1", "O1").rule, "basic/phone-management");
    }
}

/// Operations of one field: the main one is named as the cause.
#[rstest]
#[case::one_field(None, Included)]
#[case::two_fields(Some("左"), Accepted)]
fn of_operations_in_one_field_the_main_one_stays(#[case] site: Option<&str>, #[case] expected: Outcome) {
    let main = ActRow { points_e2: 90_000, ..at(150_000_002, (b'K', 5, 0, 0)) };
    let tables = Tables { acts: vec![at(OPERATION.0, OPERATION.1), main], ..Tables::default() };
    let no = json!([{ "condition": "exception", "value": "no" }]);
    let mut first = order(1, OPERATION.0, json!({ "answers": no }));
    if let Some(site) = site {
        first["site"] = json!(site);
    }
    let found = month(tables, &[visit(1, DAY, vec![first, plain(2, 150_000_002)])], &[]);
    assert_eq!((outcome(&found, "V1", "O1"), outcome(&found, "V1", "O2")), (expected, Accepted));
    if expected == Included {
        let why = reason(&found, "V1", "O1");
        assert_eq!((why.rule.as_ref(), why.caused_by.len()), ("operation/same-field", 1));
    }
}

/// 看取り加算 stands with 往診料 as well: it is no 訪問診療料.
#[test]
fn an_addition_of_a_home_visit_leaves_the_house_call() {
    let house_call = at(114_000_110, (b'C', 0, 0, 0));
    let addition = ActRow { notice_role: 7, ..at(HOME_VISIT.0, HOME_VISIT.1) };
    let tables = Tables { acts: vec![house_call, addition], ..Tables::default() };
    let found = month(tables, &[visit(1, DAY, vec![plain(1, 114_000_110), plain(2, HOME_VISIT.0)])], &[]);
    assert_eq!((outcome(&found, "V1", "O1"), outcome(&found, "V1", "O2")), (Accepted, Accepted));
}
