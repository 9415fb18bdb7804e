//! The other commands of the binary: masters, uke, golden, explain, rules.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::fs;

use serde_json::Value;
use support::{code, fixture, reference, scratch, tensu, text};

#[test]
fn masters_are_imported_listed_and_looked_up() {
    let folder = scratch("masters_import");
    let file = folder.join("masters.tensu");
    let masters = fixture("masters");
    let import = ["masters".as_ref(), "import".as_ref(), masters.as_os_str(), "--out".as_ref(), file.as_os_str()];
    let output = tensu(import);
    assert_eq!(code(&output), 0, "{}", text(&output));
    let listed = tensu(["masters".as_ref(), "list".as_ref(), file.as_os_str()]);
    assert_eq!(code(&listed), 0);
    assert!(text(&listed).contains("医科診療行為マスター"), "{}", text(&listed));
    for (day, points) in [("2026-05-31", "75"), ("2026-06-01", "76")] {
        let show = ["masters", "show", "112007410", "--on", day, "--masters"];
        let mut arguments: Vec<&std::ffi::OsStr> = show.iter().map(std::ffi::OsStr::new).collect();
        arguments.push(file.as_os_str());
        let shown = tensu(arguments);
        assert_eq!(code(&shown), 0);
        assert!(text(&shown).contains(points), "{day}: {}", text(&shown));
    }
}

#[test]
fn a_corrupt_or_truncated_masters_file_is_refused() {
    let folder = scratch("masters_corrupt");
    let file = folder.join("masters.tensu");
    let masters = fixture("masters");
    tensu(["masters".as_ref(), "import".as_ref(), masters.as_os_str(), "--out".as_ref(), file.as_os_str()]);
    let whole = fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for (name, bytes) in [("flipped", flipped), ("short", whole[..whole.len() - 9].to_vec()), ("empty", Vec::new())] {
        let damaged = folder.join(name);
        fs::write(&damaged, bytes).unwrap();
        let output = tensu(["masters".as_ref(), "list".as_ref(), damaged.as_os_str()]);
        assert_eq!(code(&output), 2, "{name}: {}", text(&output));
    }
}

#[test]
fn a_golden_case_that_is_not_met_fails_the_run() {
    let folder = scratch("golden_fails");
    let path = folder.join("cases.json");
    let mut suite: Value = serde_json::from_slice(&fs::read(fixture("calc-1/suite.json")).unwrap()).unwrap();
    suite["cases"][0]["expect"]["visits"][0]["points"] = 261.into();
    fs::write(&path, serde_json::to_vec(&suite).unwrap()).unwrap();
    let masters = fixture("masters");
    let output = tensu(["golden".as_ref(), "--masters".as_ref(), masters.as_os_str(), path.as_os_str()]);
    assert_eq!(code(&output), 1);
    assert!(text(&output).contains("1 failed"), "{}", text(&output));
}

#[test]
fn the_contract_suite_and_the_own_golden_cases_pass() {
    let masters = fixture("masters");
    let output = tensu([
        "golden".as_ref(),
        "--masters".as_ref(),
        masters.as_os_str(),
        fixture("calc-1/suite.json").as_os_str(),
        fixture("golden/charges-own.json").as_os_str(),
    ]);
    assert_eq!(code(&output), 0, "{}", text(&output));
}

#[test]
fn every_medical_sample_file_is_copied_byte_for_byte_and_counted() {
    let Some(samples) = reference("every_medical_sample_file_is_copied_byte_for_byte_and_counted", "data/uke") else {
        return;
    };
    let folder = scratch("uke_samples");
    let mut copied = 0;
    for entry in fs::read_dir(samples).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with(".UKE") {
            continue;
        }
        let copy = folder.join(&name);
        let output = tensu(["uke".as_ref(), "copy".as_ref(), path.as_os_str(), copy.as_os_str()]);
        if name.contains("shika") {
            assert_eq!(code(&output), 2);
            assert!(text(&output).contains("歯科"), "{}", text(&output));
            continue;
        }
        assert_eq!(code(&output), 0, "{name}: {}", text(&output));
        assert_eq!(fs::read(&path).unwrap(), fs::read(&copy).unwrap(), "{name}");
        let shown = tensu(["uke".as_ref(), "show".as_ref(), "--json".as_ref(), path.as_os_str()]);
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        let expected: Value = serde_json::from_slice(&fs::read(path.with_extension("expected.json")).unwrap()).unwrap();
        assert_contains(&name, &expected, &shown);
        copied += 1;
    }
    assert!(copied >= 15, "{copied} files");
}

/// Every key of `expected` stands in `found` with its value.
fn assert_contains(place: &str, expected: &Value, found: &Value) {
    match (expected, found) {
        (Value::Object(wanted), Value::Object(_)) => {
            for (key, value) in wanted {
                assert_contains(&format!("{place}/{key}"), value, &found[key.as_str()]);
            }
        }
        (Value::Array(wanted), Value::Array(there)) => {
            assert_eq!(wanted.len(), there.len(), "{place}");
            for (index, (value, found)) in wanted.iter().zip(there).enumerate() {
                assert_contains(&format!("{place}/{index}"), value, found);
            }
        }
        _ => assert_eq!(expected, found, "{place}"),
    }
}

#[test]
fn a_visit_is_explained_with_its_legal_basis() {
    let clinic = fixture("demo-clinic/a");
    let output =
        tensu(["explain".as_ref(), "--clinic".as_ref(), clinic.as_os_str(), "--visit".as_ref(), "V43".as_ref()]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    for wanted in ["再診料", "A001", "高額療養費", "窓口負担"] {
        assert!(text(&output).contains(wanted), "{wanted}: {}", text(&output));
    }
    let unknown =
        tensu(["explain".as_ref(), "--clinic".as_ref(), clinic.as_os_str(), "--visit".as_ref(), "V99".as_ref()]);
    assert_eq!(code(&unknown), 2);
}

#[test]
fn unverified_rules_are_listed() {
    let output = tensu(["rules", "--unverified"]);
    assert_eq!(code(&output), 0);
    assert!(text(&output).contains("limit.part-general.2026-08"));
    assert!(!text(&output).contains("\n   basic/initial "), "verified rules stay out");
}

/// What late facts moved is told to the desk, and an earlier day can be asked for.
#[test]
fn events_show_what_is_collected_and_paid_back() {
    let clinic = fixture("demo-clinic/a");
    let output = tensu(["events".as_ref(), "--clinic".as_ref(), clinic.as_os_str()]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    for wanted in
        ["P29 V12: 窓口負担 8180 → 2450円、領収済 8180円、返金 5730円", "V60", "追加請求 2000円", "入金 2000円"]
    {
        assert!(text(&output).contains(wanted), "{wanted}: {}", text(&output));
    }
    let explain = |on: &str| {
        let arguments = ["explain", "--visit", "V12", "--known-on", on, "--clinic"];
        text(&tensu(arguments.iter().map(std::ffi::OsStr::new).chain([clinic.as_os_str()])))
    };
    assert!(explain("2026-10-12").contains("窓口負担 8180円"), "{}", explain("2026-10-12"));
    assert!(explain("2026-10-13").contains("窓口負担 2450円"), "{}", explain("2026-10-13"));
}
