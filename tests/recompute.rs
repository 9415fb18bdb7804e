//! `tensu uke recompute`: our own files agree; what was changed in one is found.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{code, fixture, reference, scratch, tensu, text};

/// The claim files of the demo clinic's month: 社保, 国保.
fn demo_files(test: &str) -> [PathBuf; 2] {
    let out = scratch(test);
    let clinic = fixture("demo-clinic/a");
    let mut arguments: Vec<&std::ffi::OsStr> =
        ["claim", "build", "--month", "2026-10", "--clinic"].iter().map(std::ffi::OsStr::new).collect();
    arguments.extend([clinic.as_os_str(), "--out".as_ref(), out.as_os_str()]);
    let built = tensu(arguments);
    assert_eq!(code(&built), 0, "{}", text(&built));
    ["shaho", "kokuho"].map(|body| out.join(body).join("RECEIPTC.UKE"))
}

fn recompute(file: &Path, more: &[&str]) -> std::process::Output {
    let masters = fixture("masters");
    let mut arguments: Vec<&std::ffi::OsStr> = vec!["uke".as_ref(), "recompute".as_ref(), file.as_os_str()];
    arguments.extend(["--masters".as_ref(), masters.as_os_str()]);
    arguments.extend(more.iter().map(std::ffi::OsStr::new));
    tensu(arguments)
}

/// A copy of a file with one text replaced, as often as it stands there.
fn changed(file: &Path, from: &str, to: &str) -> PathBuf {
    let (from, to) = (from.as_bytes(), to.as_bytes());
    let mut bytes = fs::read(file).unwrap();
    let mut place = 0;
    let mut count = 0;
    while let Some(found) = bytes[place..].windows(from.len()).position(|window| window == from) {
        place += found;
        bytes.splice(place..place + from.len(), to.iter().copied());
        place += to.len();
        count += 1;
    }
    assert!(count > 0, "nothing to replace");
    let path = file.with_file_name("changed.UKE");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn files_of_the_demo_month_agree_completely() {
    for (file, receipts) in demo_files("recompute_demo").iter().zip([19, 14]) {
        let output = recompute(file, &["--json"]);
        assert_eq!(code(&output), 0, "{}", text(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["totals"]["receipts"], receipts);
        assert_eq!(report["totals"]["agreeing"], receipts);
        assert_eq!(report["totals"]["units"], report["totals"]["agreeingUnits"]);
        assert_eq!(report["totals"]["odd"], 0);
    }
}

#[test]
fn changed_points_are_found() {
    let [shaho, _] = demo_files("recompute_points");
    let untouched = recompute(&shaho, &[]);
    assert!(text(&untouched).contains("19 receipts: 19 agree, 0 differ"), "{}", text(&untouched));
    // 処方箋料 is 60 points since 2024-06; it was 68.
    let output = recompute(&changed(&shaho, "120002910,,60,", "120002910,,68,"), &[]);
    assert_eq!(code(&output), 1);
    assert!(text(&output).contains("other points: 120002910 68 x 1: computed 120002910 60 x 1"), "{}", text(&output));
}

#[test]
fn another_month_shows_what_another_edition_pays() {
    let [shaho, _] = demo_files("recompute_as_of");
    let output = recompute(&shaho, &["--as-of", "2024-07"]);
    assert_eq!(code(&output), 1);
    let told = text(&output);
    assert!(told.contains("2026-10 computed as 2024-07: differs"), "{told}");
    assert!(told.contains("value of another edition: "), "{told}");
}

#[test]
fn what_is_no_claim_file_of_a_doctor_is_refused() {
    let file = scratch("recompute_dental").join("RECEIPTS.UKE");
    fs::write(&file, b"UK,1\r\n").unwrap();
    let output = recompute(&file, &[]);
    assert_eq!(code(&output), 2);
    assert!(text(&output).contains("expected is a medical claim file"), "{}", text(&output));
    assert_eq!(code(&recompute(&file, &["--as-of", "2024-7"])), 2);
}

#[test]
fn the_public_month_of_another_system_is_read_whole() {
    let Some(file) = reference("the_public_month_of_another_system_is_read_whole", "data/uke/gairai_202110.UKE") else {
        return;
    };
    let output = recompute(&file, &["--as-of", "2024-07", "--json"]);
    assert_eq!(code(&output), 1, "{}", text(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["totals"]["receipts"], 75);
    assert_eq!(report["totals"]["notComputed"], 0);
    for receipt in report["receipts"].as_array().unwrap() {
        let is_told = !receipt["differences"].as_array().unwrap().is_empty();
        assert!(is_told || receipt["agreeing"] == receipt["units"], "{receipt}");
    }
}
