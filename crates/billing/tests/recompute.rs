//! Receipts computed again: each cause of a difference, and what a file tells about visits.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;
use std::sync::OnceLock;

use billing::recompute::{Cause, NotComputed, ReceiptReport, Totals, compare, rebuild};
use calculation::{TimeClass, VisitKind};
use engine::Engine;
use kernel::{ClaimMonth, Points, ServiceDate};
use uke::table::{LineClass, Person, ReceiptType, Scheme};
use uke::{Burden, Days, Iy, Line, Re, Receipt, Si};

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/masters");
    ENGINE.get_or_init(|| Engine::new(masters::import_to_memory(&[folder]).unwrap()))
}

/// A receipt of 見本　太郎, born 1970, in a month.
fn receipt(month: &str, lines: Vec<Line>) -> Receipt {
    let month: ClaimMonth = month.parse().unwrap();
    let birth: ServiceDate = "1970-04-10".parse().unwrap();
    Receipt {
        re: Re {
            number: Some(1),
            kind: ReceiptType::outpatient(Scheme::Insurance, 0, Person::Insured),
            month: Some(month.into()),
            name: "見本　太郎".into(),
            birth: Some(birth.into()),
            ..Re::default()
        },
        lines,
        ..Receipt::default()
    }
}

fn act(class: u16, code: &str, points: Option<i64>, days: &[(u32, u16)]) -> Line {
    let days = Days::from_pairs(days.iter().copied()).unwrap();
    Line::Si(Si {
        class: (class > 0).then(|| LineClass::new(class)),
        burden: Some(Burden::INSURANCE),
        code: Some(code.parse().unwrap()),
        points: points.map(Points::new),
        count: Some(u16::try_from(days.sum()).unwrap()),
        days,
        ..Si::default()
    })
}

fn drug(class: u16, code: &str, quantity: &str, points: Option<i64>, days: &[(u32, u16)]) -> Line {
    let days = Days::from_pairs(days.iter().copied()).unwrap();
    Line::Iy(Iy {
        class: (class > 0).then(|| LineClass::new(class)),
        burden: Some(Burden::INSURANCE),
        code: Some(code.parse().unwrap()),
        quantity: Some(quantity.parse().unwrap()),
        points: points.map(Points::new),
        count: Some(u16::try_from(days.sum()).unwrap()),
        days,
        ..Iy::default()
    })
}

fn computed(receipt: &Receipt, as_of: Option<&str>) -> ReceiptReport {
    let engine = engine();
    let as_of = as_of.map(|month| month.parse().unwrap());
    let rebuilt = rebuild(receipt, engine.masters(), as_of).unwrap();
    compare(&rebuilt, &engine.points(&rebuilt.request).visits, engine.masters())
}

fn causes(report: &ReceiptReport) -> Vec<Cause> {
    report.differences.iter().map(|difference| difference.cause).collect()
}

#[test]
fn a_plain_receipt_agrees() {
    let lines = vec![
        act(11, "111000110", Some(291), &[(3, 1)]),
        act(12, "112007410", Some(75), &[(10, 1)]),
        act(0, "112011010", Some(52), &[(10, 1)]),
        act(80, "120002910", Some(60), &[(3, 1), (10, 1)]),
    ];
    let report = computed(&receipt("2024-07", lines), None);
    assert!(report.is_agreeing(), "{:#?}", report.differences);
    assert_eq!((report.units, report.agreeing), (4, 4));
    assert_eq!((report.claimed_points.get(), report.computed_points.get()), (538, 538));
}

#[test]
fn values_of_another_edition_are_told_as_such() {
    let lines = vec![act(12, "112007410", Some(73), &[(10, 1)])];
    let old = receipt("2021-10", lines);
    let without_rows = computed(&old, None);
    assert_eq!(causes(&without_rows), [Cause::Edition]);
    assert!(without_rows.differences[0].detail.contains("20240601"), "{:?}", without_rows.differences);
    let as_of = computed(&old, Some("2024-07"));
    assert_eq!(causes(&as_of), [Cause::Edition]);
    assert!(as_of.differences[0].detail.contains("112007410 75 x 1"), "{:?}", as_of.differences);
    assert!(as_of.is_agreeing_but_for_edition());
    assert_eq!(as_of.computed_as, Some("2024-07".parse().unwrap()));
    let of_the_day = computed(&receipt("2024-07", vec![act(12, "112007410", Some(73), &[(10, 1)])]), None);
    assert_eq!(causes(&of_the_day), [Cause::Points]);
}

#[test]
fn a_child_is_as_old_in_the_other_month() {
    let mut child = receipt("2021-10", vec![act(11, "111000110", Some(288), &[(5, 1)])]);
    let birth: ServiceDate = "2018-01-31".parse().unwrap();
    child.re.birth = Some(birth.into());
    let rebuilt = rebuild(&child, engine().masters(), Some("2024-06".parse().unwrap())).unwrap();
    assert_eq!(rebuilt.request.patient.birth_date.to_string(), "2020-09-30");
    let report = computed(&child, Some("2024-06"));
    // 乳幼児加算 is not in the file.
    assert_eq!(causes(&report), [Cause::Derived]);
    assert_eq!(report.differences[0].rule.as_deref(), Some("basic/infant"));
}

#[test]
fn codes_that_ended_or_are_unknown_are_told_apart() {
    let ended = computed(&receipt("2026-07", vec![act(11, "111703370", Some(8), &[(5, 1)])]), None);
    assert!(causes(&ended).contains(&Cause::NotValid), "{:?}", ended.differences);
    let unknown = computed(&receipt("2026-07", vec![act(60, "199999998", Some(8), &[(5, 1)])]), None);
    assert_eq!(causes(&unknown), [Cause::NotInMasters]);
}

#[test]
fn what_the_rules_refuse_names_the_rule() {
    let lines = vec![
        act(12, "112007410", Some(75), &[(10, 1)]),
        act(12, "112011010", Some(52), &[(10, 1)]),
        act(40, "140000610", Some(52), &[(10, 1)]),
    ];
    let report = computed(&receipt("2024-07", lines), None);
    assert_eq!(causes(&report), [Cause::Refused]);
    assert_eq!(report.differences[0].rule.as_deref(), Some("basic/outpatient-management-blocked"));
    let totals = Totals::of(&[report]);
    assert_eq!((totals.receipts, totals.agreeing, totals.differing, totals.agreeing_units), (1, 0, 1, 2));
    assert!(totals.to_string().ends_with("2 of 3 units agree; refused 1 in 1 receipts"), "{totals}");
}

#[test]
fn what_the_rules_add_is_told() {
    let lines = vec![act(12, "112007410", Some(75), &[(10, 1)]), drug(21, "620098801", "3", Some(3), &[(10, 14)])];
    let report = computed(&receipt("2024-07", lines), None);
    assert_eq!(causes(&report), [Cause::Derived, Cause::Derived]);
    let rules: Vec<&str> = report.differences.iter().filter_map(|row| row.rule.as_deref()).collect();
    assert_eq!(rules, ["medication/dispensing", "medication/prescribing"]);
}

#[test]
fn medicine_one_point_apart_is_rounding() {
    let lines = vec![
        act(12, "112007410", Some(75), &[(10, 1)]),
        drug(21, "620098801", "3", Some(4), &[(10, 14)]),
        act(24, "120000710", Some(11), &[(10, 1)]),
        act(25, "120001210", Some(42), &[(10, 1)]),
    ];
    let report = computed(&receipt("2024-07", lines), None);
    assert_eq!(causes(&report), [Cause::Rounding]);
}

#[test]
fn medicine_without_points_is_a_prescription_given_out() {
    let lines = vec![
        act(12, "112007410", Some(75), &[(10, 1)]),
        drug(21, "620098801", "3", Some(0), &[(10, 14)]),
        act(80, "120002910", Some(60), &[(10, 1)]),
    ];
    let report = computed(&receipt("2024-07", lines), None);
    assert_eq!(causes(&report), [Cause::Oddity]);
    assert_eq!(report.computed_points.get(), 135);
}

#[test]
fn medicine_given_out_by_prescription_hides_no_medicine_given_in_house() {
    let lines = vec![
        act(12, "112007410", Some(75), &[(10, 1)]),
        drug(21, "620098801", "3", Some(0), &[(10, 14)]),
        drug(22, "620098801", "1", Some(2), &[(10, 5)]),
        act(24, "120000710", Some(11), &[(10, 1)]),
        act(25, "120001210", Some(42), &[(10, 1)]),
    ];
    let report = computed(&receipt("2024-07", lines), None);
    assert_eq!(causes(&report), [Cause::Oddity, Cause::Rounding]);
}

#[test]
fn a_count_that_is_not_the_sum_of_its_days_is_odd() {
    let mut line = act(12, "112007410", Some(75), &[(10, 1)]);
    if let Line::Si(si) = &mut line {
        si.count = Some(2);
    }
    let report = computed(&receipt("2024-07", vec![line]), None);
    assert_eq!(causes(&report)[0], Cause::Oddity);
}

#[test]
fn the_same_codes_in_other_units_are_told() {
    let split = vec![act(11, "111000110", Some(291), &[(3, 1)]), act(0, "111012470", Some(50), &[(3, 1)])];
    let report = computed(&receipt("2024-07", split), None);
    assert!(!report.is_agreeing());
    assert!(causes(&report).iter().all(|cause| matches!(cause, Cause::Grouping | Cause::Derived)), "{report:#?}");
    assert_eq!(report.claimed_points, report.computed_points);
}

#[test]
fn two_basic_fees_of_a_day_are_two_visits() {
    let lines = vec![
        act(11, "111000110", Some(291), &[(3, 1)]),
        act(12, "112008350", Some(75), &[(3, 1)]),
        act(0, "112001110", Some(65), &[(3, 1)]),
    ];
    let rebuilt = rebuild(&receipt("2024-07", lines.clone()), engine().masters(), None).unwrap();
    let kinds: Vec<_> = rebuilt.request.visits.iter().map(|visit| (visit.kind, visit.time_class)).collect();
    assert_eq!(kinds, [(VisitKind::Initial, TimeClass::Regular), (VisitKind::Revisit, TimeClass::AfterHours)]);
    let report = computed(&receipt("2024-07", lines), None);
    assert!(report.is_agreeing(), "{:#?}", report.differences);
}

#[test]
fn what_cannot_be_computed_says_why() {
    let masters = engine().masters();
    let of = |receipt: &Receipt| rebuild(receipt, masters, None).map(|_| ()).unwrap_err();
    let mut inpatient = receipt("2024-07", Vec::new());
    inpatient.re.kind = Some(ReceiptType::new(1111));
    assert_eq!(of(&inpatient), NotComputed::Inpatient);
    assert_eq!(of(&receipt("2024-07", Vec::new())), NotComputed::Days);
    let mut unreadable = receipt("2024-07", Vec::new());
    unreadable.re.birth = None;
    assert_eq!(of(&unreadable), NotComputed::Birth);
    unreadable.re.month = None;
    assert_eq!(of(&unreadable), NotComputed::Month);
}
