//! The writer: what it writes is read back, and what a review body would refuse it refuses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions, reason = "a test may panic")]

mod support;

use kernel::{ModifierCode, Points, ReviewBody, Yen};
use rstest::rstest;
use support::*;
use uke::table::*;
use uke::*;

#[test]
fn the_fixture_is_what_the_writer_writes() {
    let bytes = written(&claim_file());
    if std::env::var_os("UKE_WRITE_FIXTURE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mihon_202608.UKE"), &bytes).unwrap();
    }
    assert!(bytes == FIXTURE, "run once with UKE_WRITE_FIXTURE=1 after a wanted change");
}

#[test]
fn what_is_written_reads_back() {
    let mut file = claim_file();
    let read = read_back(&written(&file));
    for (number, receipt) in (1..).zip(&mut file.receipts) {
        receipt.re.number = Some(number);
    }
    assert_eq!(read, file);
}

#[test]
fn every_record_has_all_columns_and_the_file_ends_with_crlf_and_1a() {
    let bytes = written(&claim_file());
    assert!(bytes.ends_with(b",99\r\n\x1a"));
    for line in bytes.split(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\r")) {
        if let Some(spec) = RecordKind::of(line).spec() {
            let columns = line.iter().filter(|byte| **byte == b',').count() + 1;
            assert_eq!(columns, usize::from(spec.columns), "{}", spec.id);
        }
    }
}

#[test]
fn the_total_counts_payers_and_first_points() {
    let mut bytes = Vec::new();
    let result = write_claim_file(&claim_file(), &mut bytes).unwrap();
    assert_eq!((result.receipts, result.count, result.points), (3, 5, Points::new(433 + 351 + 75)));
    assert_eq!(result.bytes, bytes.len() as u64);
    assert!(bytes.windows(13).any(|part| part == b"GO,5,859,99\r\n"));
}

#[test]
fn a_file_it_writes_has_no_finding() {
    let report = check(&written(&claim_file())[..], &AnyCode).unwrap();
    assert_eq!(report.findings, []);
    assert!(report.is_submittable());
}

#[test]
fn a_receipt_is_checked_before_it_is_written() {
    let mut receipt = receipt_plain();
    receipt.re.number = Some(7);
    assert_eq!(check_receipt(&receipt, &institution(), &AnyCode), []);
    receipt.sy[0].is_main = false;
    receipt.re.name = "".into();
    let told: Vec<String> = check_receipt(&receipt, &institution(), &AnyCode)
        .iter()
        .map(|finding| format!("{:?} {} {}", finding.severity, finding.code, finding.place))
        .collect();
    assert_eq!(
        told,
        ["Stop L3001 receipt 7, line 1, field 5", "Confirm main-diagnosis-missing receipt 7, line 6, field 7"]
    );
}

#[test]
fn half_width_text_is_widened_and_short_insurers_are_filled() {
    let mut receipt = receipt_plain();
    receipt.re.name = "例示 ｲﾁﾛｳ".into();
    receipt.ho.as_mut().unwrap().symbol = "国1-2".into();
    receipt.ho.as_mut().unwrap().insurer = parse("138016");
    let mut ir = institution();
    ir.body = Some(ReviewBody::Kokuhoren);
    let read = read_back(&written(&ClaimFile { ir, receipts: vec![receipt.clone()] }));
    let mut bytes = Vec::new();
    let ho = &read.receipts[0].ho;
    assert_eq!(read.receipts[0].re.name.decode(), "例示　イチロウ");
    assert_eq!(ho.as_ref().unwrap().symbol.decode(), "国１－２");
    assert_eq!(ho.as_ref().unwrap().insurer.as_str(), "138016");
    let mut ir = institution();
    ir.body = Some(ReviewBody::Kokuhoren);
    write_claim_file(&ClaimFile { ir, receipts: vec![receipt] }, &mut bytes).unwrap();
    assert!(bytes.windows(12).any(|part| part == b"HO,  138016,"));
}

#[test]
fn a_refused_receipt_leaves_no_trace() {
    let mut bytes = Vec::new();
    let mut writer = ClaimWriter::new(&mut bytes, institution()).unwrap();
    let mut bad = receipt_plain();
    bad.re.name = "".into();
    assert!(matches!(writer.receipt(&bad), Err(WriteError::Refused { receipt: 1, .. })));
    writer.receipt(&receipt_plain()).unwrap();
    writer.finish().unwrap();
    assert_eq!(bytes, written(&ClaimFile { ir: institution(), receipts: vec![receipt_plain()] }));
}

fn refusal(file: &ClaimFile) -> (String, String) {
    let mut sink = std::io::sink();
    match write_claim_file(file, &mut sink) {
        Err(WriteError::Refused { findings, .. }) => (findings[0].code.to_string(), findings[0].place.clone()),
        other => panic!("not refused: {other:?}"),
    }
}

fn si(receipt: &mut Receipt, index: usize) -> &mut Si {
    match &mut receipt.lines[index] {
        Line::Si(si) => si,
        other => panic!("{other:?}"),
    }
}

type Change = fn(&mut Receipt);

#[rstest]
#[case::number_not_next("L1917", "receipt 1, line 2", |r: &mut Receipt| r.re.number = Some(2))]
#[case::name_missing("L3001", "receipt 1, line 2, field 5", |r: &mut Receipt| r.re.name = Text::default())]
#[case::name_blank("L3001", "receipt 1, line 2, field 5", |r: &mut Receipt| r.re.name = "　".into())]
#[case::name_too_long("field-form", "receipt 1, line 2, field 5", |r: &mut Receipt| r.re.name = "見".repeat(21).into())]
#[case::name_outside_jis_x_0208("character", "receipt 1, line 2, field 5", |r: &mut Receipt| r.re.name = "例示　髙".into())]
#[case::name_with_circled_digit("character", "receipt 1, line 2, field 5", |r: &mut Receipt| r.re.name = "例示①".into())]
#[case::name_with_emoji("character", "receipt 1, line 2, field 5", |r: &mut Receipt| r.re.name = "例示😷".into())]
#[case::name_with_comma_in_half_width("field-form", "receipt 1, line 2, field 5", |r: &mut Receipt| r.re.name = "REI,JI".into())]
#[case::kind_missing("L2900", "receipt 1, line 2, field 3", |r: &mut Receipt| r.re.kind = None)]
#[case::kind_unlisted("L2900", "receipt 1, line 2, field 3", |r: &mut Receipt| r.re.kind = Some(ReceiptType::new(1162)))]
#[case::kind_without_subsidies("L2900", "receipt 1, line 2, field 3", |r: &mut Receipt| r.re.kind = Some(ReceiptType::new(1126)))]
#[case::kind_late_elderly("type-insurer", "receipt 1, line 2, field 3", |r: &mut Receipt| r.re.kind = Some(ReceiptType::new(1318)))]
#[case::kind_preschool("L3129", "receipt 1, line 2, field 3", |r: &mut Receipt| r.re.kind = Some(ReceiptType::new(1114)))]
#[case::kind_elderly_without_class("L3006", "receipt 1, line 2, field 12", |r: &mut Receipt| {
    r.re.kind = Some(ReceiptType::new(1118));
    r.re.birth = Some(parse::<kernel::ServiceDate>("1954-01-01").into());
})]
#[case::month_missing("L2951", "receipt 1, line 2, field 4", |r: &mut Receipt| r.re.month = None)]
#[case::month_in_era_form("L4800", "receipt 1, line 2, field 4", |r: &mut Receipt| {
    r.re.month = Some(Dated::Era(parse("2026-07")));
})]
#[case::month_after_claim("month-after-claim", "receipt 1, line 2, field 4", |r: &mut Receipt| {
    r.re.month = Some(parse::<kernel::ClaimMonth>("2026-09").into());
})]
#[case::birth_missing("L2133", "receipt 1, line 2, field 7", |r: &mut Receipt| r.re.birth = None)]
#[case::birth_in_era_form("L4800", "receipt 1, line 2, field 7", |r: &mut Receipt| {
    r.re.birth = Some(Dated::Era(parse("2010-12-24")));
})]
#[case::birth_after_care("L2133", "receipt 1, line 2, field 7", |r: &mut Receipt| {
    r.re.birth = Some(parse::<kernel::ServiceDate>("2026-08-01").into());
})]
#[case::sex_missing("L2541", "receipt 1, line 2, field 6", |r: &mut Receipt| r.re.sex = None)]
#[case::note_unlisted("code-unlisted", "receipt 1, line 2, field 12", |r: &mut Receipt| {
    r.re.special_notes = vec![SpecialNote::new(99)];
})]
#[case::notes_six("field-form", "receipt 1, line 2, field 12", |r: &mut Receipt| {
    r.re.special_notes = [1, 2, 3, 4, 7, 8].map(SpecialNote::new).into();
})]
#[case::chart_number_full_width("field-form", "receipt 1, line 2, field 14", |r: &mut Receipt| r.re.chart_number = "カルテ".into())]
#[case::departments_four("field-form", "receipt 1, line 2, field 36", |r: &mut Receipt| {
    r.re.departments = vec![DepartmentReport { disease: Some(Disease::new(1)), ..DepartmentReport::default() }; 4];
})]
#[case::payer_missing("L2900", "receipt 1, line 2, field 3", |r: &mut Receipt| r.ho = None)]
#[case::insurer_missing("L2167", "receipt 1, line 3, field 2", |r: &mut Receipt| r.ho.as_mut().unwrap().insurer = Word::default())]
#[case::insurer_form("L2167", "receipt 1, line 3, field 2", |r: &mut Receipt| r.ho.as_mut().unwrap().insurer = parse("0113001"))]
#[case::insurer_check_digit("L3087", "receipt 1, line 3, field 2", |r: &mut Receipt| {
    r.ho.as_mut().unwrap().insurer = parse("01130013");
})]
#[case::insurer_of_the_other_body("review-body", "receipt 1, line 3, field 2", |r: &mut Receipt| {
    r.ho.as_mut().unwrap().insurer = parse("138016");
})]
#[case::insured_number_missing("L2162", "receipt 1, line 3, field 4", |r: &mut Receipt| {
    r.ho.as_mut().unwrap().number = Text::default();
})]
#[case::points_negative("field-form", "receipt 1, line 3, field 6", |r: &mut Receipt| {
    r.ho.as_mut().unwrap().points = Some(Points::new(-1));
})]
#[case::points_not_the_sum("points-total", "receipt 1, line 3, field 6", |r: &mut Receipt| {
    r.ho.as_mut().unwrap().points = Some(Points::new(350));
})]
#[case::charge_negative("L4516", "receipt 1, line 3, field 12", |r: &mut Receipt| r.ho.as_mut().unwrap().charge = Some(Yen::new(-1)))]
#[case::days_too_many("field-form", "receipt 1, line 3, field 5", |r: &mut Receipt| r.ho.as_mut().unwrap().days = Some(100))]
#[case::meals_over_days("L3531", "receipt 1, line 3, field 8", |r: &mut Receipt| r.ho.as_mut().unwrap().meals = Some(4))]
#[case::eligibility_of_no_payer("L2140", "receipt 1, line 4, field 2", |r: &mut Receipt| r.sn[0].payer = Some(PayerKind::subsidy(1)))]
#[case::eligibility_filled_by_us("field-not-empty", "receipt 1, line 4, field 4", |r: &mut Receipt| r.sn[0].insurer = parse("01130012"))]
#[case::eligibility_twice("payer-twice", "receipt 1, line 5, field 2", |r: &mut Receipt| r.sn.push(r.sn[0].clone()))]
#[case::visits_of_no_payer("L2140", "receipt 1, line 5, field 2", |r: &mut Receipt| r.jd[0].payer = Some(PayerKind::subsidy(2)))]
#[case::visits_not_the_days("visit-days", "receipt 1, line 5, field 2", |r: &mut Receipt| r.jd[0].days = days(&[(5, 1), (6, 1)]))]
#[case::visit_unlisted("code-unlisted", "receipt 1, line 5, field 8", |r: &mut Receipt| r.jd[0].days = days(&[(5, 1), (6, 3)]))]
#[case::counter_charge_unlisted("code-unlisted", "receipt 1, line 6, field 2", |r: &mut Receipt| {
    r.mf = Some(Mf { class: Some(CounterCharge::new(9)) });
})]
#[case::diagnosis_missing("L4222", "receipt 1, line 2", |r: &mut Receipt| r.sy.clear())]
#[case::diagnosis_code_missing("L2257", "receipt 1, line 7, field 2", |r: &mut Receipt| r.sy[0].code = None)]
#[case::diagnosis_start_late("diagnosis-start", "receipt 1, line 7, field 3", |r: &mut Receipt| {
    r.sy[0].start = Some(parse::<kernel::ServiceDate>("2026-08-01").into());
})]
#[case::diagnosis_outcome_unlisted("code-unlisted", "receipt 1, line 7, field 4", |r: &mut Receipt| r.sy[0].outcome = Some(Outcome::new(5)))]
#[case::modifiers_twenty_one("field-form", "receipt 1, line 7, field 5", |r: &mut Receipt| {
    r.sy[0].modifiers = vec![ModifierCode::from_number(8002).unwrap(); 21];
})]
#[case::uncoded_without_name("diagnosis-name-missing", "receipt 1, line 7, field 6", |r: &mut Receipt| {
    r.sy[0].code = Some(kernel::DiagnosisCode::UNCODED);
})]
#[case::lines_missing("lines-missing", "receipt 1, line 2", |r: &mut Receipt| r.lines.clear())]
#[case::class_missing("class-missing", "receipt 1, line 8, field 2", |r: &mut Receipt| si(r, 0).class = None)]
#[case::class_unlisted("code-unlisted", "receipt 1, line 8, field 2", |r: &mut Receipt| si(r, 0).class = Some(LineClass::new(15)))]
#[case::class_going_down("class-order", "receipt 1, line 9, field 2", |r: &mut Receipt| r.lines.reverse())]
#[case::burden_missing("L2541", "receipt 1, line 8, field 3", |r: &mut Receipt| si(r, 0).burden = None)]
#[case::burden_of_no_payer("burden-payer", "receipt 1, line 8, field 3", |r: &mut Receipt| si(r, 0).burden = letter('2'))]
#[case::code_missing("L2541", "receipt 1, line 8, field 4", |r: &mut Receipt| si(r, 0).code = None)]
#[case::quantity_zero("quantity-zero", "receipt 1, line 8, field 5", |r: &mut Receipt| si(r, 0).quantity = Some(0))]
#[case::quantity_too_long("field-form", "receipt 1, line 8, field 5", |r: &mut Receipt| si(r, 0).quantity = Some(123_456_789))]
#[case::points_missing("unit-open", "receipt 1, line 9, field 6", |r: &mut Receipt| si(r, 1).points = None)]
#[case::points_missing_before_a_group("unit-open", "receipt 1, line 9, field 2", |r: &mut Receipt| si(r, 0).points = None)]
#[case::points_negative_in_a_line("L3380", "receipt 1, line 8, field 6", |r: &mut Receipt| {
    si(r, 0).points = Some(Points::new(-1));
    r.ho.as_mut().unwrap().points = Some(Points::new(59));
})]
#[case::count_missing("L2541", "receipt 1, line 8, field 7", |r: &mut Receipt| si(r, 0).count = None)]
#[case::count_not_the_days("count-days", "receipt 1, line 8, field 7", |r: &mut Receipt| si(r, 0).days = days(&[(5, 2)]))]
#[case::count_over_999("field-form", "receipt 1, line 8, field 7", |r: &mut Receipt| si(r, 0).count = Some(1000))]
#[case::day_over_999("field-form", "receipt 1, line 8, field 18", |r: &mut Receipt| si(r, 0).days = days(&[(5, 1000)]))]
#[case::day_beyond_month("day-beyond-month", "receipt 1, line 8", |r: &mut Receipt| {
    r.re.month = Some(parse::<kernel::ClaimMonth>("2026-06").into());
    r.sy[0].start = Some(parse::<kernel::ServiceDate>("2026-06-05").into());
    si(r, 0).days = days(&[(31, 1)]);
})]
#[case::unit_of_two_counts("unit-count", "receipt 1, line 9, field 7", |r: &mut Receipt| {
    si(r, 0).points = None;
    si(r, 1).class = None;
    si(r, 1).count = Some(2);
    si(r, 1).days = days(&[(5, 2)]);
    r.ho.as_mut().unwrap().points = Some(Points::new(120));
})]
#[case::unit_of_two_days("unit-days", "receipt 1, line 9", |r: &mut Receipt| {
    si(r, 0).points = None;
    si(r, 1).class = None;
    si(r, 1).days = days(&[(6, 1)]);
    r.ho.as_mut().unwrap().points = Some(Points::new(60));
})]
#[case::comments_four("field-form", "receipt 1, line 8, field 13", |r: &mut Receipt| {
    si(r, 0).comments = vec![Comment::new(parse("820000001"), ""); 4];
})]
#[case::comment_without_code("L2541", "receipt 1, line 8, field 8", |r: &mut Receipt| {
    si(r, 0).comments = vec![Comment { code: None, text: Text::default() }];
})]
#[case::comment_of_pattern_50("comment-form", "receipt 1, line 8, field 9", |r: &mut Receipt| {
    si(r, 0).comments = vec![Comment::new(parse("850100186"), "５０８０７３２")];
})]
#[case::comment_of_pattern_20("comment-form", "receipt 1, line 8, field 9", |r: &mut Receipt| {
    si(r, 0).comments = vec![Comment::new(parse("820000001"), "余分")];
})]
#[case::comment_too_long("field-form", "receipt 1, line 8, field 9", |r: &mut Receipt| {
    si(r, 0).comments = vec![Comment::new(parse("810000001"), "見".repeat(51))];
})]
#[case::text_with_line_end("character", "receipt 1, line 7, field 8", |r: &mut Receipt| r.sy[0].note = "補足\r\n".into())]
#[case::narrative_empty("L2541", "receipt 1, line 10, field 3", |r: &mut Receipt| r.sj.push(Sj::default()))]
#[case::returned_receipt("record-returned", "receipt 1, line 2", |r: &mut Receipt| r.returns.push(Hr::default()))]
#[case::unknown_record("record-unknown", "receipt 1, line 2", |r: &mut Receipt| r.others.push(RawLine::new(b"NI,1")))]
#[case::history_form("history-form", "receipt 1, line 2", |r: &mut Receipt| {
    r.re.search_number = "1".into();
    r.history.push(RawLine::new(b"RE,1"));
})]
#[case::history_of_two_lines("history-form", "receipt 1, line 2", |r: &mut Receipt| {
    r.re.search_number = "1".into();
    r.history.push(RawLine::new(b"1,1,0,RC,x\r\nRE,9"));
})]
#[case::history_without_search_number("search-number-missing", "receipt 1, line 2", |r: &mut Receipt| {
    r.history.push(RawLine::new(b"1,1,0,RC,x"));
})]
fn receipts_are_refused_with_the_place(#[case] code: &str, #[case] place: &str, #[case] change: Change) {
    let mut receipt = receipt_plain();
    change(&mut receipt);
    let file = ClaimFile { ir: institution(), receipts: vec![receipt] };
    assert_eq!(refusal(&file), (code.to_owned(), place.to_owned()));
}

#[rstest]
#[case::subsidy_form("L2187", "receipt 1, line 4, field 2", |r: &mut Receipt| r.ko[0].payer = parse("5413601"))]
#[case::subsidy_check_digit("L3089", "receipt 1, line 4, field 2", |r: &mut Receipt| r.ko[0].payer = parse("54136014"))]
#[case::recipient_missing("recipient-missing", "receipt 1, line 4, field 3", |r: &mut Receipt| r.ko[0].recipient = Word::default())]
#[case::subsidy_points("points-total", "receipt 1, line 5, field 6", |r: &mut Receipt| r.ko[1].points = Some(Points::new(1)))]
#[case::comment_record_too_long("field-form", "receipt 1, line 14, field 5", |r: &mut Receipt| {
    if let Line::Co(co) = &mut r.lines[2] {
        co.text = "見".repeat(39).into();
    }
})]
#[case::price_decimals("field-form", "receipt 1, line 17, field 9", |r: &mut Receipt| {
    if let Line::To(to) = &mut r.lines[5] {
        to.unit_price = Some(parse("1.234"));
    }
})]
#[case::material_quantity_decimals("field-form", "receipt 1, line 17, field 5", |r: &mut Receipt| {
    if let Line::To(to) = &mut r.lines[5] {
        to.quantity = Some(parse("1.2345"));
    }
})]
#[case::voluntary_is_fine_but_fifth_subsidy_is_not("L2900", "receipt 1, line 2, field 3", |r: &mut Receipt| {
    for _ in 0..3 {
        r.ko.push(r.ko[1].clone());
    }
})]
fn receipts_with_subsidies_are_refused_with_the_place(#[case] code: &str, #[case] place: &str, #[case] change: Change) {
    let mut receipt = receipt_with_subsidies();
    change(&mut receipt);
    let file = ClaimFile { ir: institution(), receipts: vec![receipt] };
    assert_eq!(refusal(&file), (code.to_owned(), place.to_owned()));
}

#[rstest]
#[case::body_missing("L2541", "line 1, field 2", |ir: &mut Ir| ir.body = None)]
#[case::fee_table_of_dentists("code-unlisted", "line 1, field 4", |ir: &mut Ir| ir.fee_table = Some(FeeTable::new(3)))]
#[case::code_missing("L1912", "line 1, field 5", |ir: &mut Ir| ir.institution = Word::default())]
#[case::code_check_digit("L1912", "line 1, field 5", |ir: &mut Ir| ir.institution = parse("9999016"))]
#[case::name_missing("L2541", "line 1, field 7", |ir: &mut Ir| ir.name = Text::default())]
#[case::month_missing("L1102", "line 1, field 8", |ir: &mut Ir| ir.claim_month = None)]
#[case::month_in_era_form("L4800", "line 1, field 8", |ir: &mut Ir| ir.claim_month = Some(Dated::Era(parse("2026-08"))))]
#[case::second_volume("volume", "line 1, field 9", |ir: &mut Ir| ir.volume = Some(Volume::LAST))]
#[case::phone_full_width("L1929", "line 1, field 10", |ir: &mut Ir| ir.phone = "０３".into())]
#[case::phone_too_long("L1929", "line 1, field 10", |ir: &mut Ir| ir.phone = "03-0000-0000-000".into())]
fn institutions_are_refused_with_the_place(#[case] code: &str, #[case] place: &str, #[case] change: fn(&mut Ir)) {
    let mut ir = institution();
    change(&mut ir);
    let file = ClaimFile { ir, receipts: vec![receipt_plain()] };
    assert_eq!(refusal(&file), (code.to_owned(), place.to_owned()));
}

#[test]
fn a_file_without_receipts_is_refused() {
    let file = ClaimFile { ir: institution(), receipts: Vec::new() };
    assert_eq!(refusal(&file), ("receipts-missing".to_owned(), "file".to_owned()));
}

#[test]
fn a_batch_is_written_as_one_by_one() {
    let receipts: Vec<Receipt> = claim_file().receipts.into_iter().cycle().take(1_500).collect();
    let one_by_one = |receipts: &[Receipt]| {
        let mut bytes = Vec::new();
        let mut writer = ClaimWriter::new(&mut bytes, institution()).unwrap();
        let error = receipts.iter().try_for_each(|receipt| writer.receipt(receipt)).err();
        writer.finish().unwrap();
        (bytes, error.map(|error| error.to_string()))
    };
    let batch = |receipts: &[Receipt]| {
        let mut bytes = Vec::new();
        let mut writer = ClaimWriter::new(&mut bytes, institution()).unwrap();
        let error = writer.receipts(receipts).err();
        writer.finish().unwrap();
        (bytes, error.map(|error| error.to_string()))
    };
    assert!(one_by_one(&receipts) == batch(&receipts));

    let mut bad = receipts;
    bad[777].sy.clear();
    let (bytes, error) = batch(&bad);
    assert!((bytes, error.clone()) == one_by_one(&bad));
    assert!(error.unwrap().contains("receipt 778"));
}

#[test]
fn a_file_whose_total_would_not_fit_is_refused_at_the_receipt() {
    let mut receipt = receipt_plain();
    receipt.ho.as_mut().unwrap().points = Some(Points::new(99_999_999));
    si(&mut receipt, 0).points = Some(Points::new(9_999_999));
    si(&mut receipt, 0).count = Some(10);
    si(&mut receipt, 0).days = days(&[(5, 10)]);
    si(&mut receipt, 1).points = Some(Points::new(9));
    let mut writer = ClaimWriter::new(std::io::sink(), institution()).unwrap();
    for _ in 0..100 {
        writer.receipt(&receipt).unwrap();
    }
    let Err(WriteError::Refused { receipt: 101, findings }) = writer.receipt(&receipt) else { panic!("not refused") };
    assert_eq!(findings[0].code, "total-too-large");
    assert_eq!(writer.finish().unwrap().points, Points::new(9_999_999_900));
}

#[test]
fn a_failing_output_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    assert!(matches!(write_claim_file(&claim_file(), Full), Err(WriteError::Io(_))));
}
