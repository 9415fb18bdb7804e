//! The electronic fee table at work: 包括 (02), 背反 (03-1 … 03-4), 算定回数 (05), 上限回数.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod points_support;

use calculation::Outcome::{Accepted, Included, NeedsConfirmation, Rejected, Replaced};
use calculation::{Cause, Outcome};
use masters::Tables;
use masters::row::{ActRow, ExclusionRow, InclusionRow, LimitRow};
use points_support::{
    act, addition, child, exclusion, limit, month, order, outcome, parent, plain, reason, result, shown, visit,
};
use rstest::rstest;
use serde_json::json;

const A: u32 = 160_000_001;
const B: u32 = 160_000_002;
const DAY: &str = "2024-07-10";

fn two_acts() -> Tables {
    Tables { acts: vec![act(A, b'D', 7, 100), act(B, b'D', 8, 80)], ..Tables::default() }
}

fn excluding(row: ExclusionRow) -> Tables {
    Tables { exclusions: vec![row], ..two_acts() }
}

fn both_on(tables: Tables, first: &str, second: &str) -> (Outcome, Outcome) {
    let found = month(tables, &[visit(1, first, vec![plain(1, A)]), visit(2, second, vec![plain(1, B)])], &[]);
    (outcome(&found, "V1", "O1"), outcome(&found, "V2", "O1"))
}

fn cause_of(reason: &calculation::Reason) -> String {
    match reason.caused_by.first() {
        Some(Cause::Order { visit_id, order_id }) => format!("{visit_id}/{order_id}"),
        Some(Cause::History { date, code }) => format!("{date} {code}"),
        other => format!("{other:?}"),
    }
}

#[rstest]
#[case::the_first_code_is_billed(1, (Accepted, Rejected))]
#[case::the_second_code_is_billed(2, (Rejected, Accepted))]
#[case::either_one_the_higher(3, (Accepted, Rejected))]
fn an_exclusion_says_which_is_billed(#[case] keep: u8, #[case] expected: (Outcome, Outcome)) {
    assert_eq!(both_on(excluding(exclusion(A, B, 1, keep)), DAY, DAY), expected);
}

#[test]
fn of_either_one_the_higher_is_billed_though_it_comes_later() {
    let mut tables = excluding(exclusion(A, B, 1, 3));
    tables.acts[0].points_e2 = 7_900;
    assert_eq!(both_on(tables, DAY, DAY), (Rejected, Accepted));
    let mut equal = excluding(exclusion(A, B, 1, 3));
    equal.acts[0].points_e2 = 8_000;
    assert_eq!(both_on(equal, DAY, DAY), (Accepted, Rejected));
    let mut turned = excluding(exclusion(B, A, 1, 3));
    turned.acts[0].points_e2 = 8_000;
    assert_eq!(both_on(turned, DAY, DAY), (Accepted, Rejected));
}

const C: u32 = 160_000_003;

/// A excludes B, B excludes C: while A is billed, B is not, so C is.
#[rstest]
#[case::as_named([A, B, C])]
#[case::backwards([C, B, A])]
#[case::the_last_first([C, A, B])]
#[case::the_middle_first([B, C, A])]
fn what_is_not_billed_excludes_nothing(#[case] order: [u32; 3]) {
    let mut tables = excluding(exclusion(A, B, 1, 3));
    tables.acts.push(act(C, b'D', 9, 60));
    tables.exclusions.extend([exclusion(B, A, 1, 3), exclusion(B, C, 1, 3), exclusion(C, B, 1, 3)]);
    let orders = (1..).zip(order).map(|(no, code)| plain(no, code)).collect();
    let found = month(tables, &[visit(1, DAY, orders)], &[]);
    let told = |code| {
        let position = order.iter().position(|other| *other == code).unwrap();
        outcome(&found, "V1", &format!("O{}", position + 1))
    };
    assert_eq!([told(A), told(B), told(C)], [Accepted, Rejected, Accepted]);
    let cause = order.iter().position(|other| *other == A).unwrap() + 1;
    let loser = order.iter().position(|other| *other == B).unwrap() + 1;
    assert_eq!(cause_of(reason(&found, "V1", &format!("O{loser}"))), format!("V1/O{cause}"));
}

/// D loses to B and to E; B falls to A, E stays: D falls all the same, and what D excludes stays.
#[test]
fn an_act_falls_while_one_of_its_rivals_is_billed() {
    let [d, e, f] = [160_000_004, 160_000_005, 160_000_006];
    let acts = [A, B, d, e, f].map(|code| act(code, b'D', 7, 100)).to_vec();
    let exclusions = vec![exclusion(A, B, 1, 1), exclusion(B, d, 1, 1), exclusion(e, d, 1, 1), exclusion(d, f, 1, 1)];
    let orders = (1..).zip([A, B, d, e, f]).map(|(no, code)| plain(no, code)).collect();
    let found = month(Tables { acts, exclusions, ..Tables::default() }, &[visit(1, DAY, orders)], &[]);
    let told = ["O1", "O2", "O3", "O4", "O5"].map(|order| outcome(&found, "V1", order));
    assert_eq!(told, [Accepted, Rejected, Rejected, Accepted, Accepted]);
}

/// Each of three excludes the next one: the pair that comes first decides, and the third act is free.
#[test]
fn a_ring_of_exclusions_ends() {
    let mut tables = excluding(exclusion(A, B, 1, 1));
    tables.acts.push(act(C, b'D', 9, 60));
    tables.exclusions.extend([exclusion(B, C, 1, 1), exclusion(C, A, 1, 1)]);
    let found = month(tables, &[visit(1, DAY, vec![plain(1, A), plain(2, B), plain(3, C)])], &[]);
    assert_eq!(["O1", "O2", "O3"].map(|order| outcome(&found, "V1", order)), [Rejected, Rejected, Accepted]);
}

/// An act whose row names itself is excluded by another one of the same code only.
#[test]
fn an_act_does_not_exclude_itself() {
    let tables = || excluding(exclusion(A, A, 1, 3));
    assert_eq!(outcome(&month(tables(), &[visit(1, DAY, vec![plain(1, A)])], &[]), "V1", "O1"), Accepted);
    let found = month(tables(), &[visit(1, DAY, vec![plain(1, A), plain(2, A)])], &[]);
    assert_eq!((outcome(&found, "V1", "O1"), outcome(&found, "V1", "O2")), (Accepted, Rejected));
}

/// A person says that the exception holds: both are billed, and the one spared still excludes others.
#[test]
fn a_spared_act_still_excludes() {
    let mut tables = excluding(ExclusionRow { has_exception: 1, ..exclusion(A, B, 1, 1) });
    tables.acts.push(act(C, b'D', 9, 60));
    tables.exclusions.push(exclusion(B, C, 1, 1));
    let yes = json!({ "answers": [{ "condition": "exception", "value": "yes" }] });
    let orders = vec![plain(1, A), order(2, B, yes), plain(3, C)];
    let found = month(tables, &[visit(1, DAY, orders)], &[]);
    assert_eq!(["O1", "O2", "O3"].map(|order| outcome(&found, "V1", order)), [Accepted, Accepted, Rejected]);
}

#[rstest]
#[case::day(1, DAY, DAY, true, "03-1")]
#[case::next_day(1, DAY, "2024-07-11", false, "")]
#[case::month(2, "2024-07-01", "2024-07-31", true, "03-2")]
#[case::two_visits_of_a_day(3, DAY, DAY, false, "")]
#[case::week(4, "2024-07-07", "2024-07-13", true, "03-4")]
#[case::next_week(4, "2024-07-13", "2024-07-14", false, "")]
fn an_exclusion_holds_in_its_period(
    #[case] period: u8,
    #[case] first: &str,
    #[case] second: &str,
    #[case] is_excluded: bool,
    #[case] table: &str,
) {
    let visits = [visit(1, first, vec![plain(1, A)]), visit(2, second, vec![plain(1, B)])];
    let found = month(excluding(exclusion(A, B, period, 1)), &visits, &[]);
    assert_eq!(outcome(&found, "V2", "O1") == Rejected, is_excluded);
    if is_excluded {
        let why = reason(&found, "V2", "O1");
        assert_eq!((why.rule.as_ref(), why.masters[1].table.as_ref()), ("table/exclusion", table));
        assert_eq!(why.masters[1].edition, "医科電子点数表");
        assert!(why.is_verified);
        assert_eq!(cause_of(why), "V1/O1");
    }
}

#[test]
fn simultaneous_means_the_same_visit() {
    let found = month(excluding(exclusion(A, B, 3, 1)), &[visit(1, DAY, vec![plain(1, A), plain(2, B)])], &[]);
    assert_eq!(outcome(&found, "V1", "O2"), Rejected);
    assert_eq!(reason(&found, "V1", "O2").masters[1].table, "03-3");
}

#[test]
fn an_exception_or_a_changed_section_asks_a_person() {
    let asked = excluding(ExclusionRow { has_exception: 1, ..exclusion(A, B, 1, 1) });
    assert_eq!(both_on(asked, DAY, DAY), (Accepted, NeedsConfirmation));
    let mut changed = excluding(exclusion(A, B, 1, 1));
    changed.acts[0].validity.section_changed = 1;
    assert_eq!(both_on(changed, DAY, DAY), (Accepted, NeedsConfirmation));
}

#[test]
fn a_row_of_our_own_says_so() {
    let own = excluding(ExclusionRow { is_own: 1, ..exclusion(A, B, 1, 1) });
    let found = month(own, &[visit(1, DAY, vec![plain(1, A), plain(2, B)])], &[]);
    let why = reason(&found, "V1", "O2");
    assert!(!why.is_verified);
    assert_eq!(why.masters[1].edition, "own rows");
}

#[rstest]
#[case::same_day(1, 2, "2024-07-10", Rejected)]
#[case::another_day(1, 2, "2024-07-09", Accepted)]
#[case::same_month(2, 2, "2024-07-01", Rejected)]
#[case::earlier_month(2, 2, "2024-06-30", Accepted)]
#[case::same_week(4, 3, "2024-07-07", Rejected)]
#[case::week_before(4, 3, "2024-07-06", Accepted)]
#[case::this_act_is_the_one_to_bill(1, 1, "2024-07-10", Accepted)]
#[case::another_visit(3, 2, "2024-07-10", Accepted)]
fn what_was_claimed_before_excludes_too(
    #[case] period: u8,
    #[case] keep: u8,
    #[case] earlier: &str,
    #[case] expected: Outcome,
) {
    let found = month(excluding(exclusion(A, B, period, keep)), &[visit(1, DAY, vec![plain(1, A)])], &[(earlier, B)]);
    assert_eq!(outcome(&found, "V1", "O1"), expected);
    if expected == Rejected {
        let why = reason(&found, "V1", "O1");
        assert_eq!(cause_of(why), format!("{earlier} {B}"));
        let table = ["03-1", "03-2", "03-3", "03-4"][usize::from(period) - 1];
        assert_eq!((why.masters[1].table.as_ref(), why.masters[1].edition.as_ref()), (table, "医科電子点数表"));
        let asked = excluding(ExclusionRow { has_exception: 1, ..exclusion(A, B, period, keep) });
        let found = month(asked, &[visit(1, DAY, vec![plain(1, A)])], &[(earlier, B)]);
        assert_eq!(outcome(&found, "V1", "O1"), NeedsConfirmation);
    }
}

/// A row of our own, and one whose section has changed since, say so about an earlier claim too.
#[test]
fn an_earlier_claim_excludes_by_a_row_of_our_own_or_of_an_older_section() {
    let visits = [visit(1, DAY, vec![plain(1, A)])];
    let own = excluding(ExclusionRow { is_own: 1, ..exclusion(A, B, 2, 2) });
    let found = month(own, &visits, &[("2024-07-01", B)]);
    let why = reason(&found, "V1", "O1");
    assert_eq!((outcome(&found, "V1", "O1"), why.is_verified), (Rejected, false));
    assert_eq!(why.masters[1].edition, "own rows");
    let mut changed = excluding(exclusion(A, B, 2, 2));
    changed.acts[0].validity.section_changed = 1;
    assert_eq!(outcome(&month(changed, &visits, &[("2024-07-01", B)]), "V1", "O1"), NeedsConfirmation);
}

#[test]
fn an_addition_falls_with_its_excluded_base() {
    let mut tables = excluding(exclusion(A, B, 1, 1));
    tables.acts[1].note_code = 7;
    tables.acts.push(addition(160_000_070, b'D', 20, 7));
    let visits = [visit(1, DAY, vec![plain(1, A), plain(2, B), plain(3, 160_000_070)])];
    let found = month(tables, &visits, &[]);
    assert_eq!(outcome(&found, "V1", "O3"), Rejected);
    let why = reason(&found, "V1", "O3");
    assert_eq!((why.rule.as_ref(), cause_of(why)), ("order/base-rejected", "V1/O2".to_owned()));
    assert_eq!(shown(&found), ["60 160000001 100 x 1"]);
}

#[test]
fn an_addition_waits_with_its_base() {
    let mut tables = excluding(ExclusionRow { has_exception: 1, ..exclusion(A, B, 1, 1) });
    tables.acts[1].note_code = 7;
    tables.acts.push(addition(160_000_070, b'D', 20, 7));
    let visits = [visit(1, DAY, vec![plain(1, A), plain(2, B), plain(3, 160_000_070)])];
    assert_eq!(outcome(&month(tables, &visits, &[]), "V1", "O3"), NeedsConfirmation);
}

/// 電子画像管理加算 as an act of its own beside an image, a test, nothing.
#[rstest]
#[case::image(b'E', 2, Accepted)]
#[case::another_general_part(b'E', 0, Rejected)]
#[case::specimen_test(b'D', 7, Rejected)]
fn image_management_stands_beside_an_image(#[case] letter: u8, #[case] number: u16, #[case] expected: Outcome) {
    let management = ActRow { notice_role: 7, ..act(170_000_001, b'E', 0, 57) };
    let tables = Tables { acts: vec![management, act(B, letter, number, 80)], ..Tables::default() };
    let found = month(tables, &[visit(1, DAY, vec![plain(1, 170_000_001), plain(2, B)])], &[]);
    assert_eq!(outcome(&found, "V1", "O1"), expected);
    assert_eq!(outcome(&found, "V1", "O2"), Accepted);
    if expected == Rejected {
        assert_eq!(reason(&found, "V1", "O1").rule, "imaging/management");
    }
}

fn including(unit: u8, row: InclusionRow) -> Tables {
    Tables { fee_table: vec![parent(A, unit)], inclusions: vec![row], ..two_acts() }
}

#[rstest]
#[case::day(1, DAY, DAY, Included)]
#[case::another_day(1, DAY, "2024-07-11", Accepted)]
#[case::month(2, DAY, "2024-07-31", Included)]
#[case::another_visit(3, DAY, DAY, Accepted)]
#[case::no_unit(0, DAY, DAY, Accepted)]
#[case::unit_for_hospitals(6, DAY, DAY, Accepted)]
fn a_fee_contains_what_its_group_names(
    #[case] unit: u8,
    #[case] first: &str,
    #[case] second: &str,
    #[case] expected: Outcome,
) {
    let visits = [visit(1, first, vec![plain(1, A)]), visit(2, second, vec![plain(1, B)])];
    let found = month(including(unit, child(B)), &visits, &[]);
    assert_eq!((outcome(&found, "V1", "O1"), outcome(&found, "V2", "O1")), (Accepted, expected));
    if expected == Included {
        let why = reason(&found, "V2", "O1");
        assert_eq!((why.rule.as_ref(), why.masters[1].table.as_ref()), ("table/included", "02"));
        assert!(why.is_verified);
        assert_eq!(cause_of(why), "V1/O1");
    }
}

#[test]
fn a_contained_act_may_know_an_exception_or_be_our_own_row() {
    let visits = [visit(1, DAY, vec![plain(1, A), plain(2, B)])];
    let asked = month(including(1, InclusionRow { has_exception: 1, ..child(B) }), &visits, &[]);
    assert_eq!(outcome(&asked, "V1", "O2"), NeedsConfirmation);
    let own = month(including(1, InclusionRow { is_own: 1, ..child(B) }), &visits, &[]);
    assert!(!reason(&own, "V1", "O2").is_verified);
    let itself = month(including(1, child(A)), &visits, &[]);
    assert_eq!(outcome(&itself, "V1", "O1"), Accepted);
}

#[test]
fn a_parent_may_name_three_groups() {
    let mut tables = including(1, child(B));
    tables.fee_table[0].inclusion_units = [1, 1, 1];
    let found = month(tables, &[visit(1, DAY, vec![plain(1, A), plain(2, B)])], &[]);
    assert_eq!(outcome(&found, "V1", "O2"), Included);
}

fn limited(row: LimitRow) -> Tables {
    Tables { limits: vec![row], ..two_acts() }
}

#[rstest]
#[case::day(121, DAY, "2024-07-10", "2024-07-09")]
#[case::week(138, DAY, "2024-07-07", "2024-07-06")]
#[case::two_weeks(142, DAY, "2024-06-30", "2024-06-29")]
#[case::month(131, DAY, "2024-07-01", "2024-06-30")]
#[case::two_months(143, DAY, "2024-06-01", "2024-05-31")]
#[case::three_months(144, DAY, "2024-05-01", "2024-04-30")]
#[case::four_months(145, DAY, "2024-04-01", "2024-03-31")]
#[case::six_months(146, DAY, "2024-02-01", "2024-01-31")]
#[case::year(147, DAY, "2023-08-01", "2023-07-31")]
#[case::two_years(161, DAY, "2022-08-01", "2022-07-31")]
#[case::five_years(148, DAY, "2019-08-01", "2019-07-31")]
#[case::fiscal_year(162, "2025-03-31", "2024-04-01", "2024-03-31")]
#[case::fiscal_year_begins(162, "2025-04-01", "2025-04-01", "2025-03-31")]
#[case::patient(53, DAY, "2010-01-01", "1800-01-01")]
fn a_limit_counts_from_the_first_day_of_its_window(
    #[case] unit: u16,
    #[case] on: &str,
    #[case] first: &str,
    #[case] before: &str,
) {
    let with = |history: &[(&str, u32)]| month(limited(limit(A, unit, 1)), &[visit(1, on, vec![plain(1, A)])], history);
    let refused = with(&[(first, A)]);
    assert_eq!(outcome(&refused, "V1", "O1"), Rejected);
    let why = reason(&refused, "V1", "O1");
    assert_eq!((why.rule.as_ref(), why.masters[1].table.as_ref()), ("table/limit", "05"));
    assert_eq!(cause_of(why), format!("{first} {A}"));
    assert_eq!(refused.used_history.len(), 1);
    if before > "1900" {
        assert_eq!(outcome(&with(&[(before, A)]), "V1", "O1"), Accepted);
    }
    assert_eq!(outcome(&with(&[(first, B)]), "V1", "O1"), Accepted);
}

#[test]
fn times_beyond_a_limit_are_cut_or_asked_for() {
    let visits = [visit(1, DAY, vec![order(1, A, json!({ "times": 3 }))])];
    let cut = month(limited(limit(A, 121, 2)), &visits, &[]);
    assert_eq!((outcome(&cut, "V1", "O1"), shown(&cut)), (Replaced, vec!["60 160000001 100 x 2".to_owned()]));
    let asked = month(limited(LimitRow { has_exception: 1, ..limit(A, 121, 2) }), &visits, &[]);
    assert_eq!(outcome(&asked, "V1", "O1"), NeedsConfirmation);
    let enough = month(limited(limit(A, 121, 3)), &visits, &[]);
    assert_eq!(outcome(&enough, "V1", "O1"), Accepted);
    let mut changed = limited(limit(A, 121, 2));
    changed.acts[0].validity.section_changed = 1;
    assert_eq!(outcome(&month(changed, &visits, &[]), "V1", "O1"), NeedsConfirmation);
}

#[rstest]
#[case::general_part_of_imaging(b'E', 0, Accepted)]
#[case::imaging(b'E', 2, NeedsConfirmation)]
#[case::general_part_of_another_letter(b'D', 0, NeedsConfirmation)]
fn a_series_is_asked_for(#[case] letter: u8, #[case] number: u16, #[case] expected: Outcome) {
    let tables =
        Tables { acts: vec![act(A, letter, number, 100)], limits: vec![limit(A, 141, 1)], ..Tables::default() };
    let found = month(tables, &[visit(1, DAY, vec![plain(1, A), plain(2, A)])], &[]);
    assert_eq!((outcome(&found, "V1", "O1"), outcome(&found, "V1", "O2")), (Accepted, expected));
}

fn at_most(count: u16, error: u8) -> Tables {
    let mut tables = two_acts();
    tables.acts[0].max_count = count;
    tables.acts[0].max_count_error = error;
    tables
}

#[test]
fn the_maximum_of_a_claim_cuts_then_refuses_or_asks() {
    let three = [visit(1, DAY, vec![order(1, A, json!({ "times": 3 }))])];
    let cut = month(at_most(2, 1), &three, &[]);
    assert_eq!((outcome(&cut, "V1", "O1"), shown(&cut)), (Replaced, vec!["60 160000001 100 x 2".to_owned()]));
    assert_eq!(outcome(&month(at_most(3, 1), &three, &[]), "V1", "O1"), Accepted);
    let twice = [visit(1, "2024-07-01", vec![plain(1, A)]), visit(2, "2024-07-31", vec![plain(1, A)])];
    let refused = month(at_most(1, 1), &twice, &[]);
    assert_eq!(outcome(&refused, "V2", "O1"), Rejected);
    let why = reason(&refused, "V2", "O1");
    assert_eq!((why.rule.as_ref(), cause_of(why)), ("table/max-count", "V1/O1".to_owned()));
    assert_eq!(outcome(&month(at_most(1, 0), &twice, &[]), "V2", "O1"), NeedsConfirmation);
    let earlier = month(at_most(1, 1), &[visit(1, DAY, vec![plain(1, A)])], &[("2024-06-30", A)]);
    assert_eq!(outcome(&earlier, "V1", "O1"), Accepted);
    let both = Tables { limits: vec![limit(A, 131, 3)], ..at_most(1, 1) };
    assert_eq!(result(&month(both, &twice, &[]), "V2", "O1").outcome, Accepted);
}

/// 骨塩定量検査 (D217) in 令和8: once in twelve months, whatever the kind.
#[rstest]
#[case::eleven_months_before("2026-07-10", "2025-08-01", NeedsConfirmation)]
#[case::a_year_before("2026-07-10", "2025-07-31", Accepted)]
#[case::before_the_revision("2026-05-10", "2025-08-01", Accepted)]
fn a_limit_of_the_notice_names_what_used_it(#[case] on: &str, #[case] earlier: &str, #[case] expected: Outcome) {
    let tables = Tables { acts: vec![act(A, b'D', 217, 360), act(B, b'D', 217, 140)], ..Tables::default() };
    let found = month(tables, &[visit(1, on, vec![plain(1, A)])], &[(earlier, B)]);
    assert_eq!(outcome(&found, "V1", "O1"), expected);
    if expected == NeedsConfirmation {
        let why = reason(&found, "V1", "O1");
        assert_eq!((why.rule.as_ref(), cause_of(why)), ("limit/own", format!("{earlier} {B}")));
    }
}

/// Neither an addition of the section nor what another rule has refused is asked about.
#[test]
fn a_limit_of_the_notice_is_for_the_fee_itself_while_it_is_billed() {
    let on = "2026-07-10";
    let part = ActRow { notice_role: 7, ..act(A, b'D', 217, 55) };
    let tables = Tables { acts: vec![part, act(B, b'D', 217, 360)], ..Tables::default() };
    let found = month(tables, &[visit(1, on, vec![plain(1, A)])], &[("2026-06-01", B), ("2026-06-01", A)]);
    assert_eq!(outcome(&found, "V1", "O1"), Accepted);
    let tables = Tables {
        acts: vec![act(A, b'D', 217, 360), act(C, b'D', 5, 21)],
        exclusions: vec![exclusion(C, A, 1, 1)],
        ..Tables::default()
    };
    let found = month(tables, &[visit(1, on, vec![plain(1, A), plain(2, C)])], &[("2026-06-01", A)]);
    assert_eq!((outcome(&found, "V1", "O1"), result(&found, "V1", "O1").reasons.len()), (Rejected, 1));
}

/// Units of rehabilitation are counted by quantity, everything else by times.
#[rstest]
#[case::units_of_twenty_minutes(1, 28, Replaced)]
#[case::steps_of_something_else(1, 33, Accepted)]
#[case::units_without_steps(0, 28, Accepted)]
fn a_limit_counts_units_where_the_master_does(#[case] calc: u8, #[case] unit: u16, #[case] expected: Outcome) {
    let mut tables = limited(limit(A, 121, 2));
    let row = &mut tables.acts[0];
    (row.step_calc, row.unit_code, row.step_unit, row.step_low, row.step_high) = (calc, unit, 1, 1, 9);
    row.step_points_e2 = 10_000;
    let found = month(tables, &[visit(1, DAY, vec![order(1, A, json!({ "quantity": "3" }))])], &[]);
    assert_eq!(outcome(&found, "V1", "O1"), expected);
}

/// An addition with a line of its own, and what stands beside it in the visit: letter, number, branch, 識別2.
#[rstest]
#[case::its_fee((b'B', 9, 0), (b'B', 9, 0, 1), Accepted, "")]
#[case::nothing_of_the_kind((b'B', 9, 0), (b'D', 9, 0, 1), Rejected, "order/no-base")]
#[case::another_number((b'B', 9, 0), (b'B', 10, 0, 1), Rejected, "order/no-base")]
#[case::another_addition((b'B', 9, 0), (b'B', 9, 0, 7), Rejected, "order/no-base")]
#[case::a_fee_of_number_0((b'B', 9, 0), (b'B', 0, 0, 1), Rejected, "order/no-base")]
#[case::a_house_call((b'C', 101, 0), (b'C', 0, 0, 1), Rejected, "order/no-base")]
#[case::fees_of_one_number((b'C', 2, 2), (b'C', 2, 0, 1), Accepted, "")]
#[case::at_the_end_of_life((b'C', 1, 0), (b'C', 0, 0, 1), Accepted, "")]
#[case::house_call_alone((b'C', 0, 0), (b'C', 1, 0, 7), Rejected, "order/no-base")]
#[case::home_guidance((b'C', 101, 0), (b'C', 103, 0, 1), Rejected, "order/no-base")]
#[case::materials_stand_alone((b'C', 150, 0), (b'D', 9, 0, 1), Accepted, "")]
#[case::nursing_order((b'C', 7, 0), (b'D', 9, 0, 1), Accepted, "")]
#[case::drug_information((b'B', 11, 3), (b'D', 9, 0, 1), Rejected, "order/no-base")]
#[case::another_branch_of_11((b'B', 11, 5), (b'D', 9, 0, 1), Accepted, "")]
#[case::psychiatry((b'I', 2, 0), (b'I', 1, 0, 1), Rejected, "order/no-base")]
#[case::general_part_of_tests((b'D', 0, 0), (b'J', 9, 0, 1), Accepted, "")]
fn an_addition_of_its_own_line_needs_its_fee(
    #[case] (letter, number, branch): (u8, u16, u8),
    #[case] beside: (u8, u16, u8, u8),
    #[case] expected: Outcome,
    #[case] rule: &str,
) {
    let addition = ActRow { notice_role: 7, section_branch: branch, ..act(A, letter, number, 100) };
    let other = ActRow { notice_role: beside.3, section_branch: beside.2, ..act(B, beside.0, beside.1, 50) };
    let tables = Tables { acts: vec![addition, other], ..Tables::default() };
    let found = month(tables, &[visit(1, DAY, vec![plain(1, A), plain(2, B)])], &[]);
    assert_eq!(outcome(&found, "V1", "O1"), expected);
    if expected == Rejected {
        assert_eq!(reason(&found, "V1", "O1").rule, rule);
    }
}

/// It falls with its fee, and waits with it.
#[rstest]
#[case::falls(0, Rejected)]
#[case::waits(1, NeedsConfirmation)]
fn an_addition_of_its_own_line_goes_with_its_fee(#[case] has_exception: u8, #[case] expected: Outcome) {
    let addition = ActRow { notice_role: 7, ..act(C, b'B', 9, 100) };
    let tables = Tables {
        acts: vec![act(A, b'D', 7, 100), act(B, b'B', 9, 250), addition],
        exclusions: vec![ExclusionRow { has_exception, ..exclusion(A, B, 1, 1) }],
        ..Tables::default()
    };
    let found = month(tables, &[visit(1, DAY, vec![plain(1, A), plain(2, B), plain(3, C)])], &[]);
    assert_eq!((outcome(&found, "V1", "O2"), outcome(&found, "V1", "O3")), (expected, expected));
    let why = reason(&found, "V1", "O3");
    assert_eq!((why.rule.as_ref(), cause_of(why)), ("order/base-rejected", "V1/O2".to_owned()));
}
