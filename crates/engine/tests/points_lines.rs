//! How entries become lines: additions, steps, drugs of a drip, materials, comments, medicine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod points_support;

use calculation::Outcome::{self, Accepted, Included, Rejected, Replaced};
use masters::Tables;
use masters::row::{ActRow, CommentRow, DrugRow, MaterialRow};
use points_support::{
    act, addition, compute, drug, lines, month, order, outcome, plain, reason, request, shown, validity, visit,
};
use rstest::rstest;
use serde_json::{Value, json};

const DAY: &str = "2024-07-10";
const BASE: u32 = 160_000_001;
const DRUG: u32 = 620_000_001;
const OTHER_DRUG: u32 = 620_000_002;

fn one_day(tables: Tables, orders: Vec<Value>) -> Vec<String> {
    shown(&month(tables, &[visit(1, DAY, orders)], &[]))
}

fn acts(rows: Vec<ActRow>) -> Tables {
    Tables { acts: rows, ..Tables::default() }
}

#[test]
fn an_ordered_line_names_its_section_and_master_row() {
    let mut row = act(BASE, b'D', 7, 100);
    row.section_branch = 2;
    let mut tables = acts(vec![row]);
    tables.acts.push(act(160_000_002, b'D', 26, 10));
    let found = month(tables, &[visit(1, DAY, vec![plain(1, BASE), plain(2, 160_000_002)])], &[]);
    let reasons: Vec<_> = lines(&found).iter().map(|line| line.reasons[0].clone()).collect();
    assert_eq!((reasons[0].basis.as_ref(), reasons[1].basis.as_ref()), ("D007-2", "D026"));
    assert_eq!(reasons[0].rule, "order/accepted");
    assert_eq!((reasons[0].masters[0].table.as_ref(), reasons[0].masters[0].code.as_ref()), ("S", "160000001"));
}

/// A base of 100 points with an addition of 20.
#[rstest]
#[case::fixed(3, 0, 120)]
#[case::percent(5, 0, 120)]
#[case::reduction(6, 0, 80)]
#[case::minus_points(8, 0, 80)]
#[case::outside_of_percentages(3, 1, 120)]
fn additions_change_the_points_of_their_base(#[case] kind: u8, #[case] outside: u8, #[case] points: i64) {
    let base = ActRow { note_code: 7, ..act(BASE, b'D', 7, 100) };
    let row = ActRow { point_kind: kind, outside_general_base: outside, ..addition(160_000_070, b'D', 20, 7) };
    let told = one_day(acts(vec![base, row]), vec![plain(1, BASE), plain(2, 160_000_070)]);
    assert_eq!(told, [format!("60 160000001+160000070 {points} x 1")]);
}

#[rstest]
#[case::inside(0, 180)]
#[case::outside(1, 170)]
fn a_percentage_is_of_the_fixed_additions_inside_it(#[case] outside: u8, #[case] points: i64) {
    let base = ActRow { note_code: 7, ..act(BASE, b'D', 7, 100) };
    let fixed = ActRow { outside_general_base: outside, ..addition(160_000_070, b'D', 20, 7) };
    let half = ActRow { point_kind: 5, note_serial: b'2', ..addition(160_000_071, b'D', 50, 7) };
    let orders = vec![plain(1, BASE), plain(2, 160_000_070), plain(3, 160_000_071)];
    let told = one_day(acts(vec![base, fixed, half]), orders);
    assert_eq!(told, [format!("60 160000001+160000070+160000071 {points} x 1")]);
}

#[rstest]
#[case::stepped(1, 10, 130)]
#[case::not_stepped(0, 10, 100)]
#[case::without_a_step(1, 0, 100)]
fn steps_count_only_where_the_master_says_so(#[case] calc: u8, #[case] unit: u32, #[case] points: i64) {
    let row = ActRow {
        step_calc: calc,
        step_unit: unit,
        step_low: 30,
        step_high: 99_999_999,
        step_points_e2: 1_000,
        ..act(BASE, b'D', 7, 100)
    };
    let told = one_day(acts(vec![row]), vec![order(1, BASE, json!({ "quantity": "55" }))]);
    assert_eq!(told, [format!("60 160000001 {points} x 1")]);
}

/// An addition to any kind of injection stands under the injection before it.
#[test]
fn an_addition_to_any_injection_takes_the_class_of_the_one_before() {
    let any = ActRow { outpatient_bucket: 300, ..act(130_000_300, b'G', 0, 15) };
    let intramuscular = ActRow { outpatient_bucket: 311, ..act(130_000_311, b'G', 0, 25) };
    let intravenous = ActRow { outpatient_bucket: 321, ..act(130_000_321, b'G', 1, 37) };
    let treatment = ActRow { outpatient_bucket: 400, ..act(140_000_001, b'J', 0, 52) };
    let rows = || acts(vec![any, intramuscular, intravenous, treatment]);
    let after = one_day(rows(), vec![plain(1, 130_000_321), plain(2, 140_000_001), plain(3, 130_000_300)]);
    assert_eq!(after[1], "32 130000300 15 x 1");
    let before = one_day(rows(), vec![plain(1, 130_000_300), plain(2, 130_000_311)]);
    assert_eq!(before, ["31 130000311 25 x 1", "33 130000300 15 x 1"]);
    let twice = one_day(rows(), vec![plain(1, 130_000_311), plain(2, 130_000_300), plain(3, 130_000_300)]);
    assert_eq!(twice.iter().filter(|line| line.starts_with("31 130000300")).count(), 2);
}

fn used(no: u32, code: u32, group: u32, drug_use: &str) -> Value {
    order(no, code, json!({ "kind": "drug", "drugUse": drug_use, "quantity": "1", "group": group }))
}

/// Two drugs of 100 yen in two groups: one line of a drip, two lines of anything else.
#[rstest]
#[case::drip(b'G', 4, &["33 620000001+620000002 20 x 1"])]
#[case::one_shot(b'G', 1, &["33 620000001 10 x 1", "33 620000002 10 x 1"])]
#[case::specimen_test(b'D', 5, &["33 620000001 10 x 1", "33 620000002 10 x 1"])]
fn drugs_of_a_drip_are_one_amount(#[case] letter: u8, #[case] number: u16, #[case] expected: &[&str]) {
    let base = ActRow { outpatient_bucket: 331, ..act(130_000_001, letter, number, 99) };
    let drugs = vec![drug(DRUG, 4, 10_000), drug(OTHER_DRUG, 4, 10_000)];
    let tables = Tables { acts: vec![base], drugs, ..Tables::default() };
    let orders = vec![plain(1, 130_000_001), used(2, DRUG, 2, "injection"), used(3, OTHER_DRUG, 3, "injection")];
    assert_eq!(one_day(tables, orders)[1..], *expected);
}

#[test]
fn drugs_of_one_group_are_one_amount_and_those_of_another_base_are_not() {
    let base = |code| ActRow { outpatient_bucket: 331, ..act(code, b'G', 1, 37) };
    let drugs = || vec![drug(DRUG, 4, 10_000), drug(OTHER_DRUG, 4, 10_000)];
    let tables = Tables { acts: vec![base(130_000_001)], drugs: drugs(), ..Tables::default() };
    let orders = vec![plain(1, 130_000_001), used(2, DRUG, 2, "injection"), used(3, OTHER_DRUG, 2, "injection")];
    assert_eq!(one_day(tables, orders)[1], "33 620000001+620000002 20 x 1");
    let second = ActRow { outpatient_bucket: 400, ..act(140_000_001, b'J', 0, 52) };
    let tables = Tables { acts: vec![base(130_000_001), second], drugs: drugs(), ..Tables::default() };
    let orders = vec![
        plain(1, 130_000_001),
        used(2, DRUG, 2, "injection"),
        plain(3, 140_000_001),
        used(4, OTHER_DRUG, 2, "procedure"),
    ];
    let told = one_day(tables, orders);
    assert!(told.contains(&"33 620000001 10 x 1".to_owned()), "{told:?}");
    assert!(told.contains(&"40 620000002 10 x 1".to_owned()), "{told:?}");
}

fn material(kind: u8, gas: u8, price_e2: i64) -> MaterialRow {
    MaterialRow {
        validity: validity(710_000_001),
        material_kind: kind,
        gas_kind: gas,
        price_e2,
        price_kind: 1,
        ..MaterialRow::default()
    }
}

/// 12,340 yen of the master, another price typed at entry.
#[rstest]
#[case::by_ten(0, 0, None, 1_234)]
#[case::by_fifty(3, 0, None, 247)]
#[case::by_thousand(4, 0, None, 12)]
#[case::typed_price_of_a_listed_material(0, 0, Some("100"), 1_234)]
#[case::gas_for_less_than_its_ceiling(0, 1, Some("100"), 10)]
#[case::gas_at_its_ceiling(0, 1, Some("99999"), 1_234)]
fn materials_have_the_points_of_their_kind(
    #[case] kind: u8,
    #[case] gas: u8,
    #[case] typed: Option<&str>,
    #[case] points: i64,
) {
    let tables = Tables { materials: vec![material(kind, gas, 1_234_000)], ..Tables::default() };
    let mut more = json!({ "kind": "material" });
    if let Some(price) = typed {
        more["priceYen"] = price.into();
    }
    assert_eq!(one_day(tables, vec![order(1, 710_000_001, more)]), [format!("40 710000001 {points} x 1")]);
}

#[test]
fn a_comment_goes_into_the_line_before_it() {
    let comment = CommentRow { validity: validity(810_000_001), ..CommentRow::default() };
    let rows = vec![act(BASE, b'D', 7, 100), act(160_000_002, b'D', 8, 50)];
    let tables = || Tables { acts: rows.clone(), comments: vec![comment], ..Tables::default() };
    let text = |no| order(no, 810_000_001, json!({ "kind": "comment", "text": "見本" }));
    let found = month(tables(), &[visit(1, DAY, vec![plain(1, BASE), plain(2, 160_000_002), text(3)])], &[]);
    assert_eq!(shown(&found), ["60 160000001 100 x 1", "60 160000002+810000001 50 x 1"]);
    assert_eq!(lines(&found)[1].order_ids, ["O2", "O3"]);
    assert_eq!(lines(&found)[1].items[1].text.as_deref(), Some("見本"));
    let alone = one_day(tables(), vec![text(1)]);
    assert_eq!(alone, ["99 810000001 0 x 1"]);
}

fn medicine(no: u32, code: u32, more: Value) -> Value {
    let mut order = order(no, code, json!({ "kind": "drug", "quantity": "1" }));
    order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    order
}

#[rstest]
#[case::internal(1, json!({ "days": 3 }), "21 620000001 10 x 3")]
#[case::as_needed(1, json!({ "times": 3 }), "22 620000001 10 x 3")]
#[case::external(6, json!({}), "23 620000001 10 x 1")]
#[case::external_with_days(6, json!({ "days": 3 }), "23 620000001 10 x 1")]
fn the_use_of_a_medicine_follows_from_its_form(#[case] form: u8, #[case] more: Value, #[case] line: &str) {
    let tables = Tables { drugs: vec![drug(DRUG, form, 10_000)], ..Tables::default() };
    assert_eq!(one_day(tables, vec![medicine(1, DRUG, more)]), [line]);
}

/// 処方料 of few and of seven kinds, and 乳幼児加算（処方料）.
fn fees() -> Vec<ActRow> {
    let fee = |code, points| ActRow { outpatient_bucket: 250, ..act(code, b'F', 100, points) };
    let infant = ActRow { record_role: 7, ..fee(120_002_170, 3) };
    vec![fee(120_001_210, 42), fee(120_002_610, 29), infant]
}

/// Seven drugs of 300 yen in doses of their own.
#[rstest]
#[case::two_weeks(14, "25 120001210 42 x 1")]
#[case::beyond_two_weeks(15, "25 120002610 29 x 1")]
fn seven_kinds_count_beyond_two_weeks(#[case] days: u32, #[case] fee: &str) {
    let drugs: Vec<DrugRow> = (1..=7).map(|number| drug(620_000_000 + number, 1, 30_000)).collect();
    let orders = (1..=7).map(|no| medicine(no, 620_000_000 + no, json!({ "days": days }))).collect();
    let told = one_day(Tables { acts: fees(), drugs, ..Tables::default() }, orders);
    assert!(told.contains(&fee.to_owned()), "{told:?}");
}

#[rstest]
#[case::the_day_before_the_third_birthday("2021-07-11", "25 120001210+120002170 45 x 1")]
#[case::the_third_birthday("2021-07-10", "25 120001210 42 x 1")]
#[case::younger("2024-01-01", "25 120001210+120002170 45 x 1")]
fn infants_are_under_three(#[case] birth: &str, #[case] fee: &str) {
    let tables = Tables { acts: fees(), drugs: vec![drug(DRUG, 1, 10_000)], ..Tables::default() };
    let mut request = request(&[visit(1, DAY, vec![medicine(1, DRUG, json!({ "days": 3 }))])], &[]);
    request.patient.birth_date = birth.parse().unwrap();
    let told = shown(&compute(tables, &request));
    assert!(told.contains(&fee.to_owned()), "{told:?}");
}

/// A sheet of 10 yen: unit and price list code make it a 湿布薬.
#[rstest]
#[case::compress(6, "2649735S1010", "23 620000001 63 x 1")]
#[case::another_unit(33, "2649735S1010", "23 620000001 70 x 1")]
#[case::another_class(6, "3339735S1010", "23 620000001 70 x 1")]
#[case::another_form(6, "2649735M1010", "23 620000001 70 x 1")]
fn compresses_end_at_63_sheets(#[case] unit: u16, #[case] list_code: &str, #[case] line: &str) {
    let mut tables = Tables::default();
    let price_list_code = tables.texts.place(list_code);
    tables.drugs.push(DrugRow { unit_code: unit, price_list_code, ..drug(DRUG, 6, 1_000) });
    assert_eq!(one_day(tables, vec![medicine(1, DRUG, json!({ "quantity": "70" }))]), [line]);
}

#[test]
fn compresses_of_one_prescription_count_together() {
    let mut tables = Tables::default();
    let price_list_code = tables.texts.place("2649735S1010");
    for code in [DRUG, OTHER_DRUG, 620_000_003] {
        tables.drugs.push(DrugRow { unit_code: 6, price_list_code, ..drug(code, 6, 1_000) });
    }
    let sheets = |no, code, quantity: &str| medicine(no, code, json!({ "quantity": quantity }));
    let orders = vec![sheets(1, DRUG, "42"), sheets(2, OTHER_DRUG, "42"), sheets(3, 620_000_003, "7")];
    let found = month(tables, &[visit(1, DAY, orders)], &[]);
    assert_eq!(shown(&found), ["23 620000001 42 x 1", "23 620000002 21 x 1"]);
    let outcomes = ["O1", "O2", "O3"].map(|order| outcome(&found, "V1", order));
    assert_eq!(outcomes, [Accepted, Replaced, Rejected]);
}

#[test]
fn exactly_63_sheets_are_charged_with_the_fees() {
    let mut tables = Tables { acts: fees(), ..Tables::default() };
    let price_list_code = tables.texts.place("2649735S1010");
    tables.drugs.push(DrugRow { unit_code: 6, price_list_code, ..drug(DRUG, 6, 1_000) });
    let told = one_day(tables, vec![medicine(1, DRUG, json!({ "quantity": "63" }))]);
    assert_eq!(told, ["23 620000001 63 x 1", "25 120001210 42 x 1"]);
}

/// Two injections of a day: the drugs of the one that is not charged go with the other.
#[test]
fn drugs_follow_the_main_injection_and_fall_with_anything_else() {
    let injection = |code, number, points| ActRow { outpatient_bucket: 321, ..act(code, b'G', number, points) };
    let rows = vec![injection(130_000_001, 1, 37), injection(130_000_004, 4, 102)];
    let tables = Tables { acts: rows, drugs: vec![drug(DRUG, 4, 10_000)], ..Tables::default() };
    let orders = vec![plain(1, 130_000_001), used(2, DRUG, 1, "injection"), plain(3, 130_000_004)];
    let found = month(tables, &[visit(1, DAY, orders)], &[]);
    assert_eq!((outcome(&found, "V1", "O1"), outcome(&found, "V1", "O2")), (Rejected, Accepted));
    let why = reason(&found, "V1", "O1");
    assert_eq!((why.rule.as_ref(), why.caused_by.len()), ("injection/main-only", 1));
    assert_eq!(shown(&found), ["32 620000001 10 x 1", "32 130000004 102 x 1"]);

    let operation = ActRow { outpatient_bucket: 500, ..act(150_000_001, b'K', 1, 900) };
    let treatment = ActRow { outpatient_bucket: 400, ..act(140_000_001, b'J', 0, 52) };
    let tables = Tables {
        acts: vec![operation, treatment, injection(130_000_001, 1, 37)],
        drugs: vec![drug(DRUG, 4, 10_000)],
        exclusions: vec![points_support::exclusion(150_000_001, 140_000_001, 1, 1)],
        ..Tables::default()
    };
    let no = json!([{ "condition": "exception", "value": "no" }]);
    let orders = vec![
        plain(1, 150_000_001),
        order(2, 140_000_001, json!({ "answers": no })),
        used(3, DRUG, 1, "procedure"),
        order(4, 130_000_001, json!({ "answers": [{ "condition": "exception", "value": "yes" }] })),
    ];
    let found = month(tables, &[visit(1, DAY, orders)], &[]);
    assert_eq!((outcome(&found, "V1", "O2"), outcome(&found, "V1", "O3")), (Included, Included));
    let why = reason(&found, "V1", "O3");
    assert_eq!((why.rule.as_ref(), why.caused_by.len()), ("order/base-rejected", 1));
    assert_eq!(shown(&found), ["32 130000001 37 x 1", "50 150000001 900 x 1"]);
}

/// A drug without a procedure is a line of its own: beside a medicine and an act that share its number.
#[test]
fn a_used_drug_takes_no_medicine_and_no_act_into_its_line() {
    let tables = || Tables {
        acts: vec![act(BASE, b'D', 7, 100)],
        drugs: vec![drug(DRUG, 4, 10_000), drug(OTHER_DRUG, 1, 10_000)],
        ..Tables::default()
    };
    let orders = vec![used(1, DRUG, 1, "injection"), medicine(2, OTHER_DRUG, json!({ "days": 3, "group": 1 }))];
    assert_eq!(one_day(tables(), orders), ["21 620000002 10 x 3", "33 620000001 10 x 1"]);
    let orders = vec![used(1, DRUG, 1, "injection"), order(2, BASE, json!({ "group": 1 }))];
    assert_eq!(one_day(tables(), orders), ["33 620000001 10 x 1", "60 160000001 100 x 1"]);
}

/// The main injection of the visit takes the drug, not another act whose section has its letter or its number.
#[test]
fn a_drug_follows_the_injection_that_stands_for_its_own() {
    let row = |code, letter, number, points, bucket| ActRow {
        outpatient_bucket: bucket,
        ..act(code, letter, number, points)
    };
    let acts = vec![
        row(BASE, b'D', 5, 21, 600),
        row(130_000_000, b'G', 0, 25, 311),
        row(130_000_001, b'G', 1, 37, 321),
        row(130_000_004, b'G', 4, 102, 331),
    ];
    let tables = Tables { acts, drugs: vec![drug(DRUG, 4, 10_000)], ..Tables::default() };
    let orders = vec![
        plain(1, BASE),
        plain(2, 130_000_000),
        plain(3, 130_000_001),
        used(4, DRUG, 1, "injection"),
        plain(5, 130_000_004),
    ];
    let told = one_day(tables, orders);
    assert!(told.contains(&"33 620000001 10 x 1".to_owned()), "{told:?}");
}

/// A drug past its use that belongs to a procedure which falls as well keeps its own reason.
#[test]
fn a_refused_drug_is_not_refused_again_with_its_procedure() {
    let refused = DrugRow { usable_until: 20_240_630, ..drug(DRUG, 4, 10_000) };
    let tables = Tables {
        acts: vec![act(BASE, b'D', 7, 100), act(160_000_002, b'D', 8, 80)],
        drugs: vec![refused, drug(OTHER_DRUG, 4, 10_000)],
        exclusions: vec![points_support::exclusion(BASE, 160_000_002, 1, 1)],
        ..Tables::default()
    };
    let orders =
        vec![plain(1, BASE), plain(2, 160_000_002), used(3, DRUG, 1, "procedure"), used(4, OTHER_DRUG, 2, "procedure")];
    let found = month(tables, &[visit(1, DAY, orders)], &[]);
    let rules = |order: &str| -> Vec<String> {
        let result = points_support::result(&found, "V1", order);
        result.reasons.iter().map(|reason| reason.rule.to_string()).collect()
    };
    assert_eq!(rules("O3"), ["order/code-not-valid"]);
    assert_eq!(rules("O4"), ["order/base-rejected"]);
}

#[test]
fn a_stepped_act_shows_its_quantity_and_another_does_not() {
    let stepped = ActRow { step_calc: 1, step_unit: 1, step_low: 1, step_high: 9, ..act(BASE, b'D', 7, 100) };
    let tables = acts(vec![stepped, act(160_000_002, b'D', 8, 50)]);
    let found = month(tables, &[visit(1, DAY, vec![plain(1, BASE), plain(2, 160_000_002)])], &[]);
    let quantities: Vec<_> = lines(&found).iter().map(|line| line.items[0].quantity.is_some()).collect();
    assert_eq!(quantities, [true, false]);
}

/// An act of minus points (点数識別 8) by itself.
#[test]
fn minus_points_lower_the_claim() {
    let row = ActRow { point_kind: 8, ..act(BASE, b'D', 7, 100) };
    assert_eq!(one_day(acts(vec![row]), vec![plain(1, BASE)]), ["60 160000001 -100 x 1"]);
}

#[test]
fn an_addition_counts_as_often_as_it_is_ordered() {
    let base = ActRow { note_code: 7, ..act(BASE, b'D', 7, 100) };
    let tables = acts(vec![base, addition(160_000_070, b'D', 20, 7)]);
    let orders = vec![plain(1, BASE), order(2, 160_000_070, json!({ "times": 3 }))];
    assert_eq!(one_day(tables, orders), ["60 160000001+160000070 160 x 1"]);
}

/// A price of the clinic's own purchase (金額種別 2), and yen that only a gas is rounded to.
#[rstest]
#[case::purchase(2, 0, 0, Some("123.4"), 12)]
#[case::listed(1, 0, 1_496, None, 1)]
#[case::listed_gas(1, 1, 1_496, None, 2)]
fn a_material_costs_what_its_kind_of_price_says(
    #[case] price_kind: u8,
    #[case] gas: u8,
    #[case] price_e2: i64,
    #[case] typed: Option<&str>,
    #[case] points: i64,
) {
    let row = MaterialRow { price_kind, ..material(0, gas, price_e2) };
    let mut more = json!({ "kind": "material" });
    if let Some(price) = typed {
        more["priceYen"] = price.into();
    }
    let told = one_day(Tables { materials: vec![row], ..Tables::default() }, vec![order(1, 710_000_001, more)]);
    assert_eq!(told, [format!("40 710000001 {points} x 1")]);
}

/// 投薬 is contained in 在医総管 of the month, in no other fee of 在宅.
#[rstest]
#[case::home_management(b'C', 2, Included)]
#[case::home_guidance(b'C', 101, Accepted)]
#[case::a_test_of_that_number(b'D', 2, Accepted)]
fn medicines_are_contained_in_home_management(#[case] letter: u8, #[case] number: u16, #[case] expected: Outcome) {
    let tables =
        Tables { acts: vec![act(BASE, letter, number, 100)], drugs: vec![drug(DRUG, 1, 10_000)], ..Tables::default() };
    let visits =
        [visit(1, DAY, vec![medicine(1, DRUG, json!({ "days": 3 }))]), visit(2, "2024-07-20", vec![plain(1, BASE)])];
    assert_eq!(outcome(&month(tables, &visits, &[]), "V1", "O1"), expected);
}

/// The （選） row of a brand at 139.20 yen for ten days; without the choice it would be 152.00 yen.
#[rstest]
#[case::chosen_by_the_patient(2, "patient_wish", 11 * 10)]
#[case::nothing_said(2, "none", 11 * 10)]
#[case::medical_need(2, "medical_need", 0)]
#[case::another_row(1, "patient_wish", 0)]
fn a_brand_of_choice_costs_its_difference(#[case] selection: u8, #[case] choice: &str, #[case] yen: i64) {
    let chosen = DrugRow { selection, selection_pair: OTHER_DRUG, ..drug(DRUG, 1, 13_920) };
    let tables = Tables { drugs: vec![chosen, drug(OTHER_DRUG, 1, 15_200)], ..Tables::default() };
    let orders = vec![medicine(1, DRUG, json!({ "days": 10, "brandChoice": choice }))];
    let found = month(tables, &[visit(1, DAY, orders)], &[]);
    assert_eq!(found.facts[0].selection_fee.get(), yen);
}
