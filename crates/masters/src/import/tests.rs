//! Files of every layout, good and bad, through the whole import.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use kernel::{ActCode, ServiceDate};
use proptest::prelude::*;

use super::read::read;
use super::set::Set;
use super::source::Source;
use super::*;
use crate::row::{EditionRow, ExclusionRow, InclusionRow, OPEN_END};

/// A folder that is gone with its value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tensu-masters-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn with(files: &[(&str, String)]) -> Self {
        let folder = Self::new();
        for (name, text) in files {
            folder.write(name, &shift_jis(text));
        }
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).unwrap();
    }

    fn import(&self) -> Result<Imported, ImportError> {
        import(std::slice::from_ref(&self.0), Options::default())
    }

    fn masters(&self) -> Masters {
        Masters::from_bytes(self.import().unwrap().bytes).unwrap()
    }

    fn refusal(&self) -> Report {
        match self.import() {
            Err(ImportError::BadRows { report, .. }) => *report,
            other => panic!("not refused: {other:?}"),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn shift_jis(text: &str) -> Vec<u8> {
    encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/masters")
}

/// Rows of a fixture file as fields.
fn rows(name: &str) -> Vec<Vec<String>> {
    let bytes = fs::read(fixture().join(name)).unwrap();
    let text = encoding_rs::SHIFT_JIS.decode(&bytes).0.into_owned();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn act(code: &str) -> Vec<String> {
    rows("s_ALL20240531.csv").into_iter().find(|row| row[2] == code).unwrap()
}

/// A row with some fields (項番 from 1) replaced.
fn with(mut row: Vec<String>, changes: &[(usize, &str)]) -> Vec<String> {
    for (field, text) in changes {
        row[field - 1] = (*text).to_owned();
    }
    row
}

/// A row of a difference file: empty but for some fields.
fn change(columns: usize, changes: &[(usize, &str)]) -> Vec<String> {
    with(vec![String::new(); columns], changes)
}

fn csv(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| row.iter().map(|field| format!("\"{field}\"")).collect::<Vec<_>>().join(",");
    rows.iter().map(|row| line(row) + "\r\n").collect()
}

fn day(text: &str) -> ServiceDate {
    text.parse().unwrap()
}

fn revisit() -> ActCode {
    "112007410".parse().unwrap()
}

#[test]
fn the_fixture_imports_without_a_bad_row() {
    let imported = import(&[fixture()], Options::default()).unwrap();
    assert_eq!(imported.report.bad_row_count, 0);
    let masters = Masters::from_bytes(imported.bytes).unwrap();
    let act = |date: &str| masters.act(revisit(), day(date)).unwrap();
    assert_eq!(act("2026-05-31").points_e2, 7_500);
    assert_eq!(act("2026-06-01").points_e2, 7_600);
    assert_eq!(act("2026-06-01").validity.basis, 1);
    assert!(!masters.subsidies().is_empty() && !masters.standards().is_empty());
    let abolished = "111703370".parse::<ActCode>().unwrap();
    assert!(masters.act(abolished, day("2026-06-01")).is_none());
    assert_eq!(masters.ended(abolished.number(), day("2026-06-01")).unwrap().is_abolished, 1);
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let once = import(&[fixture()], Options::default()).unwrap().bytes;
    let again = import(&[fixture()], Options::default()).unwrap().bytes;
    assert!(once == again);
}

#[test]
fn fees_double_on_the_first_of_june_2027() {
    let masters = import_to_memory(&[fixture()]).unwrap();
    for (code, first, second) in [
        ("180819910", 200, 400),
        ("180820010", 200, 400),
        ("180820110", 300, 600),
        ("180853810", 2_300, 4_000),
        ("180853910", 600, 1_000),
        ("180725710", 1_700, 3_400),
        ("180725810", 400, 800),
        ("180725910", 7_900, 15_800),
        ("180726010", 1_900, 3_800),
    ] {
        let act = |date: &str| masters.act(code.parse().unwrap(), day(date)).unwrap().points_e2;
        assert_eq!((act("2027-05-31"), act("2027-06-01")), (first, second), "{code}");
    }
    assert_eq!(masters.act("180725710".parse().unwrap(), day("2026-05-31")).unwrap().points_e2, 600);
    assert!(masters.act("180819910".parse().unwrap(), day("2026-05-31")).is_none());
}

/// Every layout: file of the fixture, field of the first day.
const LAYOUTS: [(&str, usize); 12] = [
    ("s_ALL20240531.csv", 87),
    ("y_ALL20240321.csv", 30),
    ("t_20251128.csv", 28),
    ("c_20250715.csv", 21),
    ("b_20240601.txt", 24),
    ("z_20250601.txt", 16),
    ("ck_ALL_20250901.csv", 12),
    ("tensuhyo_01_hojo.csv", 26),
    ("tensuhyo_03-2_haihan_month.csv", 9),
    ("tensuhyo_03-3_haihan_simultaneous.csv", 9),
    ("tensuhyo_03-4_haihan_week.csv", 9),
    ("tensuhyo_05_kaisu.csv", 13),
];

#[test]
fn each_layout_refuses_a_row_it_does_not_allow() {
    for (name, day_field) in LAYOUTS {
        let good = rows(name);
        let last = good.last().unwrap().clone();
        let short = last[..last.len() - 1].to_vec();
        let wrong: [(Vec<String>, usize); 3] = [
            (short, 0),
            (with(last.clone(), &[(1, "7")]), 1),
            (with(last.clone(), &[(day_field, "20241340")]), day_field),
        ];
        for (row, field) in wrong {
            let mut file = good[..good.len() - 1].to_vec();
            file.push(row);
            let report = Folder::with(&[(name, csv(&file))]).refusal();
            assert_eq!(report.bad_row_count, 1, "{name}");
            let bad = &report.bad_rows[0];
            assert_eq!((bad.field, bad.line), (field, u64::try_from(good.len()).unwrap()), "{name}: {bad}");
            assert!(!bad.allowed.is_empty() && (field == 0 || !bad.name.is_empty()));
        }
        let folder = Folder::with(&[(name, csv(&good))]);
        assert!(folder.import().is_ok(), "{name}");
    }
}

#[test]
fn tables_that_the_fixture_lacks_are_read() {
    let inclusion = r#""0","B001031","160000310","尿一般","1","20240601","99999999""#;
    let same_day = r#""0","112007410","再診料","114001110","訪問診療料","2","0","0","20240601","99999999""#;
    let stay = r#""0","001","190076570","加算","15","0","20100401","99999999""#;
    let folder = Folder::with(&[
        ("02 包括テーブル.csv", inclusion.to_owned()),
        ("03-1 背反テーブル1.csv", same_day.to_owned()),
        ("04入院基本料テーブル.csv", stay.to_owned()),
    ]);
    let masters = folder.masters();
    let child = masters.inclusions("160000310".parse().unwrap(), day("2025-01-01")).next().unwrap();
    assert_eq!((&child.group, child.has_exception, child.is_own), (b"B001031\0", 1, 0));
    assert_eq!(masters.rows::<InclusionRow>().len(), 2, "own pairs are not used; the row serves 2026 as derived");
    let pair = masters.exclusions(revisit(), day("2025-01-01")).next().unwrap();
    assert_eq!((pair.other, pair.period, pair.keep, pair.is_own), (114_001_110, 1, 2, 0));
    assert!(masters.rows::<ExclusionRow>().iter().all(|row| row.is_own == 0));
    assert_eq!(masters.stay_add_ons().len(), 2);
    for (name, text) in
        [("02.csv", inclusion.replace("B001031", "B00103あ")), ("04.csv", stay.replace("\"15\"", "\"x\""))]
    {
        let second = if name == "02.csv" { inclusion } else { stay };
        let report = Folder::with(&[(name, format!("{second}\r\n{text}"))]).refusal();
        assert_eq!(report.bad_row_count, 1, "{name}");
    }
}

#[test]
fn own_pairs_stand_in_for_the_missing_tables() {
    let masters = import_to_memory(&[fixture()]).unwrap();
    let pairs: Vec<_> = masters.rows::<ExclusionRow>().iter().filter(|row| row.is_own == 1).collect();
    assert!(!pairs.is_empty());
    for pair in &pairs {
        let back = if pair.keep == 3 { 3 } else { 3 - pair.keep };
        let is_mirror = |row: &&ExclusionRow| row.other == pair.validity.code && row.keep == back;
        let other = ActCode::from_number(pair.other).unwrap();
        assert!(masters.exclusions(other, day("2026-06-01")).any(|row| is_mirror(&row)), "{pair:?}");
    }
    let management = masters.inclusions("112011010".parse().unwrap(), day("2026-06-01"));
    let parent = masters.fee_table("113707110".parse().unwrap(), day("2026-06-01")).unwrap();
    assert!(management.clone().any(|row| row.is_own == 1 && parent.inclusion_groups.contains(&row.group)));
}

#[test]
fn difference_files_change_only_what_they_name() {
    let full = vec![act("112007410"), act("112011010"), act("111000110")];
    let later = vec![
        change(150, &[(1, "5"), (2, "S"), (3, "112007410"), (12, "80.00"), (87, "20241001")]),
        change(150, &[(1, "1"), (2, "S"), (3, "111000110")]),
        change(150, &[(1, "9"), (2, "S"), (3, "112011010"), (87, "20250101"), (88, "20241231")]),
        with(act("112015770"), &[(1, "3"), (87, "20241001")]),
    ];
    let correction = vec![change(150, &[(1, "5"), (2, "S"), (3, "112007410"), (36, "31")])];
    let folder = Folder::with(&[
        ("s_ALL20240531.csv", csv(&full)),
        ("s_20240920.csv", csv(&later)),
        ("s_20241105.csv", csv(&correction)),
    ]);
    let masters = folder.masters();
    let act = |code: &str, date: &str| masters.act(code.parse().unwrap(), day(date));
    assert_eq!(act("112007410", "2024-09-30").unwrap().points_e2, 7_500);
    let changed = act("112007410", "2024-10-01").unwrap();
    assert_eq!((changed.points_e2, changed.max_count, masters.text(changed.name)), (8_000, 31, "再診料"));
    assert_eq!(act("112007410", "2024-09-30").unwrap().max_count, 0, "a correction is one of the latest content");
    assert!(act("111000110", "2024-07-01").is_none(), "抹消: as if it had never been");
    assert!(act("112011010", "2024-12-31").is_some() && act("112011010", "2025-01-01").is_none());
    assert_eq!(masters.ended(112_011_010, day("2025-01-01")).unwrap().is_abolished, 1);
    assert!(act("112015770", "2024-09-30").is_none() && act("112015770", "2024-10-01").is_some());
}

#[test]
fn a_change_of_an_unknown_code_is_a_bad_row() {
    let unknown = vec![change(150, &[(1, "5"), (2, "S"), (3, "112099910"), (12, "1.00")])];
    let folder = Folder::with(&[("s_ALL20240531.csv", csv(&[act("112007410")])), ("s_20240920.csv", csv(&unknown))]);
    let report = folder.refusal();
    assert_eq!((report.bad_rows[0].field, report.bad_rows[0].received.as_str()), (3, "112099910"));
    assert!(import(std::slice::from_ref(&folder.0), Options { allow_bad_rows: 1 }).is_ok());
}

#[test]
fn a_later_full_file_ends_what_it_lacks_and_keeps_what_is_the_same() {
    let first = vec![act("112007410"), act("112011010"), act("111000110")];
    let second = vec![
        with(act("112007410"), &[(12, "76.00"), (87, "20260601")]),
        with(act("111000110"), &[(57, "0"), (58, "0.00"), (87, "20260601")]),
        with(act("112015770"), &[(87, "20260601")]),
    ];
    let folder = Folder::with(&[("s_ALL20240531.csv", csv(&first)), ("s_ALL20260522.csv", csv(&second))]);
    let masters = folder.masters();
    assert_eq!(masters.act(revisit(), day("2026-06-01")).unwrap().validity.basis, 0);
    assert_eq!(masters.act(revisit(), day("2026-05-31")).unwrap().points_e2, 7_500);
    let gone = "112011010".parse().unwrap();
    assert!(masters.act(gone, day("2026-05-31")).is_some() && masters.act(gone, day("2026-06-01")).is_none());
    assert!(masters.act("111000110".parse().unwrap(), day("2026-06-01")).is_some());
}

#[test]
fn official_files_of_2026_replace_derived_ones() {
    let official = vec![
        with(act("112007410"), &[(12, "76.00"), (87, "20260601")]),
        with(act("180725710"), &[(12, "17.00"), (87, "20260601")]),
        with(act("180725810"), &[(3, "180820010"), (12, "9.00"), (87, "20260601")]),
    ];
    let first = vec![act("112007410"), act("180725710"), act("180725810")];
    let derived = vec![change(150, &[(1, "5"), (2, "S"), (3, "112007410"), (12, "99.00"), (87, "20260601")])];
    let folder = Folder::with(&[
        ("s_ALL20240531.csv", csv(&first)),
        ("s_ALL20260605.csv", csv(&official)),
        ("s_20260601_derived.csv", csv(&derived)),
    ]);
    let imported = folder.import().unwrap();
    assert!(imported.report.left.iter().any(|left| left.path.contains("derived")));
    let masters = Masters::from_bytes(imported.bytes).unwrap();
    let points = |code: &str, date: &str| masters.act(code.parse().unwrap(), day(date)).unwrap().points_e2;
    assert_eq!(points("112007410", "2026-06-01"), 7_600);
    assert_eq!(points("180820010", "2026-06-01"), 900, "the official row, not our own");
    assert_eq!(points("180725710", "2027-06-01"), 3_400, "the doubling of the notice is younger than the file");
}

#[test]
fn without_the_edition_of_2026_nothing_is_billed_in_it() {
    let masters = Folder::with(&[("s_ALL20240531.csv", csv(&[act("112007410")]))]).masters();
    assert!(masters.act(revisit(), day("2026-05-31")).is_some());
    assert!(masters.act(revisit(), day("2026-06-01")).is_none());
    let end = masters.ended(112_007_410, day("2026-06-01")).unwrap();
    assert_eq!(end.is_abolished, 0);
    assert!(masters.text(end.reason).contains("医科診療行為マスター"));
}

#[test]
fn drug_prices_follow_their_own_days() {
    let masters = import_to_memory(&[fixture()]).unwrap();
    let versions = masters.drug_versions("620098801".parse().unwrap());
    let spans: Vec<_> = versions.iter().map(|row| (row.validity.from, row.validity.to, row.validity.basis)).collect();
    assert_eq!(spans, [(20_240_401, 20_250_331, 0), (20_250_401, 20_260_331, 2), (20_260_401, OPEN_END, 1)]);
    assert_eq!(versions.iter().map(|row| row.price_e2).collect::<Vec<_>>(), [1_010, 1_010, 1_080]);
}

#[test]
fn old_names_are_diagnoses_with_an_end() {
    let row = rows("b_20240601.txt").into_iter().next().unwrap();
    let old = change(46, &[(1, "9"), (2, "B"), (3, "3489034"), (6, "古い名称"), (24, "20030531")]);
    let moved = change(46, &[(1, "9"), (2, "B"), (3, &row[2]), (6, "名称"), (24, "20251231")]);
    let folder =
        Folder::with(&[("b_20240601.txt", csv(std::slice::from_ref(&row))), ("hb_20260101.txt", csv(&[old, moved]))]);
    let masters = folder.masters();
    let old = "3489034".parse().unwrap();
    assert!(masters.diagnosis(old, day("2003-05-31")).is_some() && masters.diagnosis(old, day("2003-06-01")).is_none());
    let moved = row[2].parse().unwrap();
    assert!(
        masters.diagnosis(moved, day("2025-12-31")).is_some() && masters.diagnosis(moved, day("2026-01-01")).is_none()
    );
}

#[test]
fn a_row_younger_than_its_edition_serves_before_it_marked() {
    let rows = vec![act("111000110"), act("112011010"), with(act("112007410"), &[(87, "20241001")])];
    let masters = Folder::with(&[("s_ALL20250901_composite.csv", csv(&rows))]).masters();
    assert_eq!(masters.act(revisit(), day("2024-06-01")).unwrap().validity.basis, 3);
    assert_eq!(masters.act(revisit(), day("2024-10-01")).unwrap().validity.basis, 0);
}

#[test]
fn a_composite_stands_in_for_the_official_files() {
    let full = vec![act("112007410"), act("112011010")];
    let older = vec![change(150, &[(1, "5"), (2, "S"), (3, "112007410"), (12, "1.00"), (87, "20241001")])];
    let folder = Folder::with(&[("s_ALL20250901_composite.csv", csv(&full)), ("s_20240920.csv", csv(&older))]);
    let imported = folder.import().unwrap();
    assert!(imported.report.left.iter().any(|left| left.path.contains("s_20240920")));
    let masters = Masters::from_bytes(imported.bytes).unwrap();
    assert_eq!(masters.act(revisit(), day("2025-09-01")).unwrap().points_e2, 7_500);
    assert_eq!(masters.editions()[0].basis, 1);
}

#[test]
fn bytes_of_no_encoding_are_a_bad_row() {
    let folder = Folder::new();
    let mut bytes = shift_jis(&csv(&[act("112007410")]));
    let at = bytes.windows(2).position(|pair| pair == shift_jis("再")).unwrap();
    bytes[at..at + 2].copy_from_slice(b"\xfd\xff");
    folder.write("s_ALL20240531.csv", &bytes);
    assert_eq!(folder.refusal().bad_rows[0].field, 5);
}

#[test]
fn utf8_is_read_as_well() {
    let folder = Folder::new();
    folder.write("s_ALL20240531.csv", format!("\u{feff}{}", csv(&[act("112007410")])).as_bytes());
    let masters = folder.masters();
    assert_eq!(masters.text(masters.acts()[0].name), "再診料");
}

#[test]
fn local_subsidies_are_read_in_both_editions() {
    for (columns, from, to) in [(94, 10, 11), (99, 11, 12)] {
        let row =
            change(columns, &[(1, "子ども医療"), (3, "13"), (8, "88131234"), (from, "20260401"), (to, "99999999")]);
        let text = csv(&[row.clone(), with(row.clone(), &[(3, "東京都")]), with(row, &[(8, "町独自")])]);
        let folder = Folder::new();
        folder.write("m_regional_publicly_funded_all_20260803.csv", text.as_bytes());
        let masters = folder.masters();
        let laws: Vec<_> = masters.subsidies().iter().map(|row| (row.law, row.prefecture, row.validity.from)).collect();
        assert_eq!(laws, [(0, 13, 20_260_401), (88, 13, 20_260_401), (88, 13, 20_260_401)], "{columns}");
    }
    let folder = Folder::new();
    folder.write("m.csv", csv(&[change(94, &[(3, "48"), (8, "88131234"), (10, "20260401")])]).as_bytes());
    assert_eq!(folder.refusal().bad_rows[0].field, 3);
}

#[test]
fn archives_are_unpacked_and_bounded() {
    let folder = Folder::new();
    let text = shift_jis(&csv(&[act("112007410")]));
    let archive = |names: &[String]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in names {
            zip.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(&text).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    folder.write("s_ALL20240531.zip", &archive(&["s_ALL20240531.csv".to_owned(), "読んで.pdf".to_owned()]));
    assert_eq!(folder.masters().acts().len(), 1);
    folder.write("many.zip", &archive(&(0..101).map(|n| format!("{n}.csv")).collect::<Vec<_>>()));
    assert!(matches!(folder.import(), Err(ImportError::Source(SourceError::TooMuch { .. }))));
    folder.write("many.zip", b"PK\x03\x04 broken");
    assert!(matches!(folder.import(), Err(ImportError::Source(SourceError::Unpack { .. }))));
}

#[test]
fn files_that_are_not_masters_are_left_with_a_reason() {
    let folder = Folder::with(&[
        ("s_ALL20240531.csv", csv(&[act("112007410")])),
        ("copy.csv", csv(&[act("112007410")])),
        ("k.csv", csv(&[act("112011010")])),
        ("addresses.csv", "a,b,c\r\n1,2,3\r\n".to_owned()),
        ("empty.csv", String::new()),
        ("list.xlsx", "PK".to_owned()),
    ]);
    let left: Vec<_> = folder.import().unwrap().report.left;
    let reason =
        |name: &str| left.iter().find(|left| left.path.ends_with(name)).map(|left| left.reason.clone()).unwrap();
    assert!(reason("addresses.csv").contains("3 columns"));
    assert!(reason("k.csv").contains("病棟コード"));
    assert!(reason("empty.csv").contains("empty"));
    assert!(reason("list.xlsx").contains("workbook"));
    let copies = left.iter().filter(|left| left.reason.contains("the same bytes")).count();
    assert_eq!(copies, 1);
    let nothing = Folder::with(&[("notes.csv", "a,b".to_owned())]);
    assert!(matches!(nothing.import(), Err(ImportError::Nothing { .. })));
}

#[test]
fn an_excerpt_can_be_imported_and_refuses_unknown_codes() {
    let out = Folder::new();
    let codes = ["112007410".to_owned(), "113707110".to_owned()].into();
    let written = excerpt(&[fixture()], &codes, &out.0).unwrap();
    assert!(written.iter().any(|file| file.name == "s_ALL20240531.csv" && file.rows >= 2));
    let masters = out.masters();
    assert_eq!(masters.act(revisit(), day("2025-06-01")).unwrap().points_e2, 7_500);
    let unknown = ["199999910".to_owned()].into();
    assert!(matches!(excerpt(&[fixture()], &unknown, &out.0), Err(ExcerptError::Unknown { .. })));
}

/// The official files beside the workspace, where a developer has them.
fn shared(test: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/masters");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {test}: ../shared is absent");
    None
}

#[test]
fn official_files_arrive_whole() {
    let Some(folder) = shared("official_files_arrive_whole") else { return };
    let report = import(&[folder], Options::default()).unwrap().report;
    assert_eq!(report.bad_row_count, 0);
    let rows = |name: &str| {
        let file =
            report.taken.iter().find(|file| file.path.contains(name)).unwrap_or_else(|| panic!("{name} was left"));
        file.rows
    };
    for (name, expected) in [
        ("s_ALL20240531", 10_133),
        ("y_ALL20240321", 19_686),
        ("t_20251128", 1_364),
        ("c_20250715", 3_759),
        ("ck_ALL_20250901", 14_719),
        ("/b_20240601", 27_437),
        ("hb_20260101", 7_965),
        ("z_20250601", 2_375),
        ("tensuhyo_01", 10_178),
        ("tensuhyo_03-2", 21_918),
        ("tensuhyo_03-3", 17_136),
        ("tensuhyo_03-4", 350),
        ("tensuhyo_04", 6_084),
        ("tensuhyo_05", 5_343),
        ("facility_standard_codes", 1_363),
        ("s_r8_points_derived", 10_183),
        ("y_r8_prices_derived", 16_229),
        ("section_diff", 2_528),
    ] {
        assert_eq!(rows(name), expected, "{name}");
    }
    let differences = report.taken.iter().filter(|file| file.is_difference);
    assert_eq!((differences.clone().count(), differences.map(|file| file.rows).sum::<usize>()), (43, 5_799));
    assert_eq!(report.left.iter().filter(|left| left.path.contains("composite")).count(), 2);
}

#[test]
fn difference_files_lead_to_the_composites() {
    let Some(folder) = shared("difference_files_lead_to_the_composites") else { return };
    let mut report = Report::default();
    let files = parse(&[folder], &mut report).unwrap();
    let (composites, official): (Vec<_>, Vec<_>) = files.into_iter().partition(super::read::Parsed::is_composite);
    let mut set = Set::default();
    for file in select(official, &mut report).iter().filter(|file| !is_overlay(file)) {
        assert!(set.take(file, 0).is_empty());
    }
    for composite in composites {
        let until = composite.date;
        let history = set.history(composite.kind).unwrap();
        let in_force = history.versions.values().filter(|versions| versions.last().is_some_and(|last| last.to > until));
        assert_eq!(in_force.count(), composite.rows.len(), "{}", composite.name);
        let layout = history.layout;
        for (line, row) in &composite.rows {
            let last = &history.versions[&row.key(layout)].last().unwrap().record;
            for field in (2..=row.len()).filter(|field| !layout.ignored.contains(field)) {
                assert_eq!(last.get(field), row.get(field), "{} line {line} field {field}", composite.name);
            }
        }
    }
}

#[test]
fn the_fixture_says_what_the_official_files_say() {
    let Some(folder) = shared("the_fixture_says_what_the_official_files_say") else { return };
    let whole = import_to_memory(&[folder]).unwrap();
    let part = import_to_memory(&[fixture()]).unwrap();
    for row in part.acts() {
        let code = ActCode::from_number(row.validity.code).unwrap();
        let date = ServiceDate::from_yyyymmdd(row.validity.from).unwrap();
        let other = whole.act(code, date).unwrap_or_else(|| panic!("{code} on {date}"));
        assert_eq!((row.points_e2, row.validity.basis), (other.points_e2, other.validity.basis), "{code} {date}");
        assert_eq!(row.validity.section_changed, other.validity.section_changed, "{code} {date}");
        assert_eq!(part.text(row.name), whole.text(other.name));
        assert_eq!(part.limits(code, date).count(), whole.limits(code, date).count());
    }
    for row in part.drugs() {
        let code = kernel::DrugCode::from_number(row.validity.code).unwrap();
        let date = ServiceDate::from_yyyymmdd(row.validity.from).unwrap();
        let other = whole.drug(code, date).unwrap_or_else(|| panic!("{code} on {date}"));
        assert_eq!((row.price_e2, row.validity.basis), (other.price_e2, other.validity.basis), "{code} {date}");
    }
}

/// Reads bytes under a name, applies and compiles whatever came out.
fn digest(name: &str, bytes: Vec<u8>) {
    let source = Source { path: name.to_owned(), name: name.to_owned(), bytes };
    if let Ok(file) = read(&source) {
        let mut set = Set::default();
        let edition = set.edition(&file.name, file.kind.name(), &file.sha256, EditionRow::default());
        set.take(&file, edition);
        set.carry_over();
        assert!(Masters::from_bytes(set.compile(0)).is_ok());
    }
}

const NAMES: [&str; 5] = ["s_ALL20240531.csv", "03-1.csv", "hb_20260101.txt", "m.csv", "s_20260601_derived.csv"];

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000), at in 0..NAMES.len()) {
        digest(NAMES[at], bytes);
    }

    #[test]
    fn any_cells_are_read_without_panic(
        columns in prop::sample::select(vec![2_usize, 6, 7, 8, 10, 14, 19, 27, 30, 38, 40, 42, 46, 56, 94, 99, 150]),
        second in prop::sample::select(vec!["S", "Y", "T", "C", "B", "Z", "1", "B001031", "112007410"]),
        cells in proptest::collection::vec("[0-9A-Zあ\"\\r\\n,.－]{0,12}", 200),
    ) {
        let row = |skip: usize| {
            let mut row: Vec<String> = cells[skip..skip + columns].to_vec();
            row[0] = "0".to_owned();
            row[1] = second.to_owned();
            row
        };
        digest("03-1.csv", shift_jis(&csv(&[row(0), row(50)])));
    }

    #[test]
    fn a_damaged_official_file_is_read_without_panic(
        (name, at, byte) in (0..LAYOUTS.len(), any::<prop::sample::Index>(), any::<u8>()),
    ) {
        let (name, _) = LAYOUTS[name];
        let mut bytes = fs::read(fixture().join(name)).unwrap();
        bytes.truncate(20_000);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        digest(name, bytes);
    }
}
