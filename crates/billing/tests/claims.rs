//! Claims of a small clinic: the bytes of both files, and what must never change them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use billing::claim::{Claims, FileState};
use billing::clinic::{Clinic, Narrative, Personal, ReceiptComment, ReceiptNote, Reclaim};
use calculation::{Item, Relationship, VisitDay};
use kernel::{Points, ReviewBody};
use proptest::prelude::*;
use support::{claims, claims_with, codes, masters, month, patient, small_clinic, text};

fn shaho(claims: &Claims) -> String {
    assert_eq!(claims.files[0].state, FileState::Ready, "{:#?}", claims.findings);
    text(&claims.files[0].bytes)
}

fn records(text: &str, id: &str) -> Vec<String> {
    text.lines().filter(|line| line.starts_with(&format!("{id},"))).map(str::to_owned).collect()
}

#[test]
fn files_of_a_small_clinic() {
    let claims = claims(&small_clinic(), &masters(), false);
    let [shaho, kokuho] = &claims.files;
    assert_eq!((shaho.state, kokuho.state), (FileState::Ready, FileState::Ready), "{:#?}", claims.findings);
    insta::assert_snapshot!("shaho", text(&shaho.bytes));
    insta::assert_snapshot!("kokuho", text(&kokuho.bytes));
    insta::assert_snapshot!("summary", serde_json::to_string_pretty(&claims.summary).unwrap());
    assert_eq!(codes(&claims.findings).into_iter().collect::<Vec<_>>(), [("basis-derived", 1), ("name-kana", 1)]);
}

#[test]
fn written_files_pass_the_self_check() {
    for file in &claims(&small_clinic(), &masters(), false).files {
        let report = uke::check(file.bytes.as_slice(), &uke::AnyCode).unwrap();
        assert!(report.is_submittable(), "{:#?}", report.findings);
    }
}

/// Reverses and turns every list of the document by the numbers given.
fn shuffled(mut clinic: Clinic, turns: &[usize]) -> Clinic {
    let mut turns = turns.iter().copied().cycle();
    let mut turn = |length: usize| if length == 0 { 0 } else { turns.next().unwrap_or(0) % length };
    let patients = turn(clinic.patients.len());
    clinic.patients.rotate_left(patients);
    for patient in &mut clinic.patients {
        let visits = turn(patient.visits.len());
        patient.visits.rotate_left(visits);
        patient.visits.reverse();
        for visit in &mut patient.visits {
            let orders = turn(visit.orders.len());
            visit.orders.rotate_left(orders);
            visit.orders.reverse();
        }
        let diagnoses = turn(patient.diagnoses.len());
        patient.diagnoses.rotate_left(diagnoses);
        patient.sets.reverse();
        patient.coverages.reverse();
        patient.subsidies.reverse();
    }
    clinic
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn order_of_the_document_changes_no_byte(turns in prop::collection::vec(0..7_usize, 1..12)) {
        let masters = masters();
        let first = claims(&small_clinic(), &masters, false);
        let again = claims(&shuffled(small_clinic(), &turns), &masters, false);
        prop_assert_eq!(&first.files, &again.files);
        prop_assert_eq!(&first.summary, &again.summary);
        prop_assert_eq!(&first.findings, &again.findings);
    }

    #[test]
    fn points_of_the_file_are_those_of_the_lines(days in prop::collection::btree_set(1..31_u32, 1..20)) {
        let mut clinic = small_clinic();
        let visit = patient(&mut clinic, "P1").visits[0].clone();
        patient(&mut clinic, "P1").visits = days
            .iter()
            .map(|day| billing::clinic::Visit {
                id: format!("D{day}"),
                date: month().day(*day).unwrap(),
                ..visit.clone()
            })
            .collect();
        let claims = claims(&clinic, &masters(), false);
        // 76 + 24 of the set with the subsidy, 12 of the insurance alone, each day.
        let count = i64::try_from(days.len()).unwrap();
        prop_assert_eq!(claims.summary.files[0].points, Points::new(112 * count));
        let text = shaho(&claims);
        prop_assert_eq!(records(&text, "SI").len(), 3);
        let total = format!("GO,2,{},99", 112 * count);
        prop_assert!(text.contains(&total));
    }
}

#[test]
fn lines_of_another_burden_never_merge() {
    let mut clinic = small_clinic();
    patient(&mut clinic, "P1").visits[1].orders[0].set_id = Some("S2".into());
    let text = shaho(&claims(&clinic, &masters(), false));
    let draws: Vec<String> = records(&text, "SI").into_iter().filter(|line| line.contains("160095710")).collect();
    assert_eq!(draws.len(), 2);
    assert!(draws[0].starts_with("SI,60,2,") && draws[1].starts_with("SI,60,1,"));
}

#[test]
fn comments_that_do_not_fit_go_to_the_head_of_the_group() {
    let comment = |code: &str, text: &str| Item {
        code: code.parse().unwrap(),
        name: String::new(),
        quantity: None,
        unit_price_yen: None,
        text: Some(text.to_owned()).filter(|text| !text.is_empty()),
    };
    let long = "あ".repeat(51);
    let claims = claims_with(&small_clinic(), &masters(), false, |result| {
        if result.patient_id == "P1" {
            let items = &mut result.response.visits[0].lines[1].items;
            items.push(comment("810000001", &long));
            items.extend((0..4).map(|_| comment("830100080", "架空病院")));
        }
    });
    let text = shaho(&claims);
    let at = text.lines().position(|line| line.starts_with("CO,60,2,810000001")).unwrap();
    let lines: Vec<&str> = text.lines().skip(at).take(4).collect();
    assert_eq!(lines[0], format!("CO,60,2,810000001,{}", "あ".repeat(38)));
    assert_eq!(lines[1], format!("CO,,2,810000001,{}", "あ".repeat(13)));
    assert_eq!(lines[2], "CO,,2,830100080,架空病院");
    assert!(lines[3].starts_with("SI,,2,160095710,,24,1,830100080,架空病院,830100080,架空病院,830100080,架空病院,"));
}

fn note() -> ReceiptNote {
    ReceiptNote {
        month: month(),
        coverage_id: Some("C1".into()),
        comments: Vec::new(),
        narratives: Vec::new(),
        hold: None,
        reclaim: None,
        claim_in: None,
    }
}

#[test]
fn a_receipt_note_adds_comments_narrative_and_history() {
    let mut clinic = small_clinic();
    let hex = b"1,1,0,RC,0001".iter().map(|byte| format!("{byte:02x}")).collect();
    patient(&mut clinic, "P1").receipt_notes = vec![ReceiptNote {
        comments: vec![
            ReceiptComment { code: "810000001".parse().unwrap(), text: Some("先頭".into()), is_first: true },
            ReceiptComment { code: "820000001".parse().unwrap(), text: Some("no".into()), is_first: false },
        ],
        narratives: vec![Narrative { class: 1, text: Personal::from("一行目\n二行目") }],
        reclaim: Some(Reclaim { search_number: "123456".into(), history_hex: vec![hex] }),
        ..note()
    }];
    let text = shaho(&claims(&clinic, &masters(), false));
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].contains(",00001,,,,,123456,,00001-202610-01139997,"), "{}", lines[1]);
    let first = lines.iter().position(|line| line.starts_with("CO,")).unwrap();
    assert_eq!(lines[first], "CO,01,1,810000001,先頭");
    let tail: Vec<&str> = lines[lines.len() - 6..].to_vec();
    assert_eq!(tail[0], "CO,99,1,820000001,");
    assert_eq!(tail[1..4], ["SJ,01,一行目", "SJ,,二行目", "1,1,0,RC,0001"]);
}

#[test]
fn a_held_receipt_is_named_and_left_out_without_refusing_the_file() {
    let mut clinic = small_clinic();
    patient(&mut clinic, "P2").receipt_notes = vec![ReceiptNote { hold: Some("受給者証待ち".into()), ..note() }];
    let claims = claims(&clinic, &masters(), false);
    assert_eq!(claims.files[1].state, FileState::Ready);
    assert_eq!(claims.summary.files[1].receipts, 1);
    assert_eq!(claims.summary.held[0].key.as_deref(), Some("00002-202610-139998"));
    assert_eq!(claims.summary.held[0].reasons, ["受給者証待ち"]);
}

#[test]
fn results_of_an_earlier_month_are_late_claims_of_the_same_file() {
    let claims = claims_with(&small_clinic(), &masters(), false, |result| {
        if result.patient_id == "P1" {
            result.response.month = "2026-07".parse().unwrap();
        }
    });
    let text = shaho(&claims);
    assert!(text.contains("IR,1,13,1,9999015,,架空みほんクリニック,202611,"));
    assert!(records(&text, "RE")[0].starts_with("RE,1,1122,202607,"));
    assert!(records(&text, "RE")[0].contains("00001-202607-01139997"));
}

#[test]
fn before_2021_09_there_are_no_eligibility_records() {
    let claims = claims_with(&small_clinic(), &masters(), false, |result| {
        if result.patient_id == "P1" {
            result.response.month = "2021-08".parse().unwrap();
        }
    });
    // The diagnosis of 2021-06 is the only one of that month.
    let text = shaho(&claims);
    assert_eq!((records(&text, "SN").len(), records(&text, "JD").len(), records(&text, "MF").len()), (0, 0, 0));
    assert_eq!(records(&text, "SY").len(), 1);
}

/// 本人 until the 9th, 家族 from the 10th at one insurer: two receipts, two keys.
#[test]
fn one_insurer_twice_in_a_month_gives_two_keys() {
    let mut clinic = small_clinic();
    let p1 = patient(&mut clinic, "P1");
    let mut family = p1.coverages[0].clone();
    p1.coverages[0].valid_to = "2026-10-09".parse().ok();
    family.id = "C0".into();
    family.relationship = Relationship::Family;
    family.valid_from = "2026-10-10".parse().unwrap();
    p1.coverages.push(family);
    p1.sets.push(calculation::PayerSet {
        id: "S3".into(),
        coverage_id: Some("C0".into()),
        subsidy_ids: Vec::new(),
        other: None,
    });
    p1.visits[1].set_id = "S3".into();
    let text = shaho(&claims(&clinic, &masters(), false));
    let receipts = records(&text, "RE");
    assert!(receipts[0].contains(",00001-202610-01139997,"), "{receipts:#?}");
    assert!(receipts[1].contains(",00001-202610-01139997-2,"), "{receipts:#?}");
    // The diagnosis of the 13th is not under treatment while the first insurance holds.
    assert_eq!(records(&text, "SY").len(), 3);
}

#[test]
fn subsidies_alone_make_a_receipt_of_the_payment_fund() {
    let mut clinic = small_clinic();
    let p1 = patient(&mut clinic, "P1");
    p1.coverages.clear();
    p1.sets = vec![calculation::PayerSet {
        id: "S1".into(),
        coverage_id: None,
        subsidy_ids: vec!["K54".into()],
        other: None,
    }];
    p1.visits[0].orders.truncate(1);
    let claims = claims(&clinic, &masters(), false);
    let text = shaho(&claims);
    assert_eq!(records(&text, "HO"), Vec::<String>::new());
    assert!(records(&text, "RE")[0].starts_with("RE,1,1212,202610,"));
    assert!(records(&text, "RE")[0].contains("00001-202610-54139993"));
    assert!(text.contains("GO,1,200,99"));
    assert_eq!(claims.claims.iter().find(|claim| claim.patient_id == "P1").unwrap().body, ReviewBody::PaymentFund);
}

/// A day with care that is no 実日数 is 2 in JD.
#[test]
fn days_that_do_not_count_are_written_as_2() {
    let claims = claims_with(&small_clinic(), &masters(), false, |result| {
        if result.patient_id == "P1" {
            let hint = &mut result.response.claims[0];
            hint.visit_days[1].is_counted = false;
            hint.visit_days.push(VisitDay { day: 5, is_counted: false });
            hint.insurance.as_mut().unwrap().days = 1;
        }
    });
    let text = shaho(&claims);
    assert!(records(&text, "JD")[0].starts_with("JD,1,,,,,1,,,,,,,,2,"));
    assert!(records(&text, "HO")[0].starts_with("HO,01139997,１２３４０００１,１０１,1,"));
}

#[test]
fn work_accident_and_private_visits_are_counted_apart() {
    let summary = claims(&small_clinic(), &masters(), false).summary;
    assert_eq!((summary.other_payers.work_accident.visits, summary.other_payers.work_accident.lines), (1, 1));
    assert_eq!((summary.other_payers.private.visits, summary.other_payers.private.lines), (1, 0));
}
