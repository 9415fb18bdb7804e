//! The 地単公費マスター through its map of fields: fictional programmes, both editions, an operator's own map.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use masters::{LocalField, Masters, import_to_memory};

const FICTIONAL: &str = "../../fixtures/masters/m_regional_publicly_funded_mihon_20260803.csv";

fn import(name: &str, files: &[(&str, &str)]) -> Result<Masters, masters::ImportError> {
    let folder: PathBuf = std::env::temp_dir().join(format!("tensu-local-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    let masters = import_to_memory(std::slice::from_ref(&folder));
    fs::remove_dir_all(&folder).unwrap();
    masters
}

fn fictional() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(FICTIONAL)).unwrap()
}

/// A row of an edition with some columns filled.
fn row(columns: usize, values: &[(usize, &str)]) -> String {
    let cell = |number: usize| values.iter().find(|(at, _)| *at == number).map_or("", |(_, value)| *value);
    (1..=columns).map(|number| format!("\"{}\"", cell(number))).collect::<Vec<_>>().join(",") + "\n"
}

fn row_94() -> String {
    let shared = [(1, "架空県見本市助成"), (3, "13"), (4, "990"), (8, "88139910"), (9, "1"), (10, "20240401")];
    let rest =
        [(11, "99999999"), (12, "6"), (13, "0"), (14, "6"), (15, "18"), (17, "2"), (35, "1"), (50, "5"), (71, "200")];
    row(94, &[shared.as_slice(), rest.as_slice()].concat())
}

#[test]
fn codes_are_read_as_their_meaning() {
    let masters = import("codes", &[("m_20260803.csv", &fictional())]).unwrap();
    let of = |key: &str| masters.local_programmes().find(|row| row.key() == key).unwrap();
    let school = masters.local_programmes().find(|row| row.key() == "13-990-2").unwrap();
    assert!(school.has_payer_number("88139910") && !school.has_payer_number("88139911"));
    assert_eq!(school.text("ageUnderDay"), "fiscalYearEnd");
    assert_eq!((school.text("pattern"), school.text("visitYen")), ("rest", "200"));
    assert_eq!(school.get("dayYen"), LocalField::Empty);
    assert_eq!(of("13-991-1").row().prefecture, 13);
    let unknown = masters.local_programmes().find(|row| row.has_payer_number("87139929")).unwrap();
    assert_eq!(unknown.get("pattern"), LocalField::Unknown("9"));
}

#[test]
fn an_edition_without_its_item_list_says_what_it_does_not_know() {
    let masters = import("plain94", &[("m_20260803.csv", &row_94())]).unwrap();
    let row = masters.local_programmes().next().unwrap();
    assert_eq!((row.key().as_str(), row.text("method")), ("13-990-1", "receipt"));
    assert_eq!(row.get("pattern"), LocalField::Unmapped);
    assert_eq!(row.get("visitYen"), LocalField::Unmapped);
}

#[test]
fn an_operator_s_map_is_laid_over() {
    let columns = "field,columns_99,columns_94\npattern,51,50\nvisitYen,65,71\n";
    let values = "field,value,meaning\npattern,5,all\n";
    let files = [("m_20260803.csv", row_94()), ("columns.csv", columns.to_owned()), ("values.csv", values.to_owned())];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let masters = import("map", &files).unwrap();
    let row = masters.local_programmes().next().unwrap();
    assert_eq!((row.text("pattern"), row.text("visitYen")), ("all", "200"));
    assert_eq!(row.get("dayYen"), LocalField::Unmapped);
}

#[test]
fn a_map_that_names_no_field_or_column_is_refused() {
    for columns in ["field,columns_99,columns_94\nsurprise,1,1\n", "field,columns_99,columns_94\npattern,100,\n"] {
        let error = import("bad", &[("m_20260803.csv", &row_94()), ("columns.csv", columns)]).unwrap_err();
        assert!(error.to_string().contains("local_columns.csv") || error.to_string().contains("a column"), "{error}");
    }
}

#[test]
fn national_programmes_say_whether_a_local_one_may_pay_first() {
    let national = "../../fixtures/masters/kokkouhi_master_R06_provisional_20240401.csv";
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(national)).unwrap();
    let masters = import("national", &[("kokkouhi.csv", &text)]).unwrap();
    let mut laws: Vec<&str> =
        masters.national_flags().filter(|flag| flag.is_local_first).map(|flag| flag.law).collect();
    laws.sort_unstable();
    laws.dedup();
    assert_eq!(laws, ["12", "25", "51", "53", "66", "79"]);
}
