//! Management fees that 初診料 contains: within one month of 初診, or in its calendar month.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod points_support;

use calculation::Cause;
use calculation::Outcome::{self, Accepted, Rejected};
use masters::Tables;
use masters::row::ActRow;
use points_support::{act, month, outcome, plain, reason, visit};
use rstest::rstest;

const INITIAL: u32 = 111_000_110;
const FEE: u32 = 113_000_001;

/// Each fee by its letter, number and item; the day of 初診 and of the fee.
#[rstest]
#[case::specific_disease((b'B', 0, 0), "2024-06-20", "2024-07-19", Rejected)]
#[case::a_month_later((b'B', 0, 0), "2024-06-20", "2024-07-20", Accepted)]
#[case::epilepsy((b'B', 1, 6), "2024-06-20", "2024-07-19", Rejected)]
#[case::intractable_disease((b'B', 1, 7), "2024-06-20", "2024-07-19", Rejected)]
#[case::dermatology((b'B', 1, 8), "2024-06-20", "2024-07-19", Rejected)]
#[case::otorhinolaryngology((b'B', 1, 21), "2024-06-20", "2024-07-19", Rejected)]
#[case::cooperation_at_home((b'C', 10, 0), "2024-06-20", "2024-07-19", Rejected)]
#[case::hearing_has_no_such_rule((b'B', 1, 14), "2024-07-01", "2024-07-10", Accepted)]
#[case::children_in_the_month((b'B', 1, 5), "2024-07-01", "2024-07-31", Rejected)]
#[case::children_in_the_next_month((b'B', 1, 5), "2024-06-30", "2024-07-01", Accepted)]
#[case::childhood_tumour((b'B', 1, 18), "2024-07-01", "2024-07-31", Rejected)]
#[case::gynaecology((b'B', 1, 30), "2024-07-01", "2024-07-31", Rejected)]
#[case::infertility((b'B', 1, 32), "2024-07-01", "2024-07-31", Rejected)]
#[case::assisted_reproduction((b'B', 1, 33), "2024-07-01", "2024-07-31", Rejected)]
fn fees_that_the_first_visit_contains(
    #[case] (letter, number, item): (u8, u16, u16),
    #[case] first: &str,
    #[case] on: &str,
    #[case] expected: Outcome,
) {
    let initial = ActRow { day_rule: 2, day_rule_sub: 1, ..act(INITIAL, b'A', 0, 291) };
    let fee = ActRow { section_item: item, ..act(FEE, letter, number, 225) };
    let tables = Tables { acts: vec![initial, fee], ..Tables::default() };
    let found = month(tables, &[visit(1, on, vec![plain(1, FEE)])], &[(first, INITIAL)]);
    assert_eq!(outcome(&found, "V1", "O1"), expected);
    if expected == Rejected {
        let code = "111000110".parse().unwrap();
        assert_eq!(reason(&found, "V1", "O1").caused_by, [Cause::Item { date: first.parse().unwrap(), code }]);
    }
}

/// A fee that stands for 再診料 does not replace 初診料: the first visit is charged, the fee is not.
#[rstest]
#[case::home_visit((b'C', 1, 0), "home/visit-initial")]
#[case::comprehensive_care((b'B', 1, 12), "management/comprehensive-initial")]
fn fees_that_are_not_for_the_first_day(#[case] (letter, number, item): (u8, u16, u16), #[case] rule: &str) {
    let initial = ActRow { day_rule: 2, day_rule_sub: 1, ..act(INITIAL, b'A', 0, 291) };
    let branch = if letter == b'B' { 2 } else { 0 };
    let fee = act(FEE, letter, number, 888);
    let fee = ActRow { day_rule: 2, day_rule_sub: 2, section_item: item, section_branch: branch, ..fee };
    let mut first = visit(1, "2024-07-10", vec![plain(1, FEE)]);
    first["kind"] = "initial".into();
    let found = month(Tables { acts: vec![initial, fee], ..Tables::default() }, &[first], &[]);
    assert_eq!(outcome(&found, "V1", "O1"), Rejected);
    assert_eq!(reason(&found, "V1", "O1").rule, rule);
    assert_eq!(points_support::shown(&found), ["60 111000110 291 x 1"]);
}

/// 通院精神療法 and 心身医学療法 by the day of 初診: as that day's visit, and after one of the month before.
#[rstest]
#[case::short_session_on_the_day(180_070_510, true, Rejected, "psychiatry/later-days")]
#[case::short_session_later(180_070_510, false, Accepted, "")]
#[case::long_session_on_the_day(180_070_310, true, Accepted, "")]
#[case::long_session_later(180_070_310, false, Rejected, "psychiatry/first-day")]
#[case::half_an_hour_on_the_day(180_070_410, true, Accepted, "")]
#[case::psychosomatic_of_a_revisit_on_the_day(180_020_010, true, Rejected, "psychiatry/later-days")]
#[case::psychosomatic_of_a_first_visit_later(180_020_610, false, Rejected, "psychiatry/first-day")]
fn psychiatry_by_the_day_of_the_first_visit(
    #[case] code: u32,
    #[case] is_first_day: bool,
    #[case] expected: Outcome,
    #[case] rule: &str,
) {
    let initial = ActRow { day_rule: 2, day_rule_sub: 1, ..act(INITIAL, b'A', 0, 291) };
    let mut day = visit(1, "2024-07-10", vec![plain(1, code)]);
    day["kind"] = if is_first_day { "initial".into() } else { "none".into() };
    let tables = Tables { acts: vec![initial, act(code, b'I', 2, 315)], ..Tables::default() };
    let found = month(tables, &[day], &[("2024-06-10", INITIAL)]);
    assert_eq!(outcome(&found, "V1", "O1"), expected);
    if expected == Rejected {
        assert_eq!(reason(&found, "V1", "O1").rule, rule);
    }
}
