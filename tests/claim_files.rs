//! `tensu claim build`: the demo clinic's month to two claim files, and every bad input on the way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::{code, copy_folder, fixture, scratch, tensu, text};

fn build(clinic: &Path, out: &Path, more: &[&str]) -> std::process::Output {
    let mut arguments = vec![
        "claim".into(),
        "build".into(),
        "--clinic".into(),
        clinic.as_os_str().to_owned(),
        "--month".into(),
        "2026-10".into(),
        "--out".into(),
        out.as_os_str().to_owned(),
    ];
    arguments.extend(more.iter().map(|text| (*text).into()));
    tensu(arguments)
}

fn read(path: PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The demo clinic with one patient's document changed.
fn changed_clinic(test: &str, patient: &str, change: impl FnOnce(&mut Value)) -> PathBuf {
    let folder = scratch(test);
    let clinic = folder.join("clinic");
    copy_folder(&fixture("demo-clinic/a"), &clinic);
    let path = clinic.join("patients").join(format!("{patient}.json"));
    let mut document = read(path.clone());
    change(&mut document);
    fs::write(&path, serde_json::to_vec(&document).unwrap()).unwrap();
    clinic
}

fn codes(out: &Path) -> Vec<String> {
    let findings = read(out.join("findings.json"));
    findings.as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_demo_month_makes_two_files_that_pass_the_check() {
    let out = scratch("demo_month");
    let output = build(&fixture("demo-clinic/a"), &out, &[]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    let summary = read(out.join("summary.json"));
    let receipts: Vec<_> =
        summary["files"].as_array().unwrap().iter().map(|file| file["receipts"].as_u64().unwrap()).collect();
    // 18 and 12 of the month; two re-claims and a late receipt beside them.
    assert_eq!(receipts, [18 + 1, 12 + 2]);
    for folder in ["shaho", "kokuho"] {
        let path = out.join(folder).join("RECEIPTC.UKE");
        let check = tensu([
            "uke".as_ref(),
            "check".as_ref(),
            "--masters".as_ref(),
            fixture("masters").as_os_str(),
            path.as_os_str(),
        ]);
        assert_eq!(code(&check), 0, "{}", text(&check));
        let copy = out.join("copy.UKE");
        let copied = tensu(["uke".as_ref(), "copy".as_ref(), path.as_os_str(), copy.as_os_str()]);
        assert_eq!(code(&copied), 0, "{}", text(&copied));
        assert_eq!(fs::read(&path).unwrap(), fs::read(&copy).unwrap());
        assert!(fs::read(&path).unwrap().ends_with(b",99\r\n\x1a"));
    }
    let stray = ["shaho", "kokuho"].iter().flat_map(|folder| fs::read_dir(out.join(folder)).unwrap()).count();
    assert_eq!(stray, 2, "only the two files remain");
}

#[test]
fn the_same_documents_in_another_order_make_the_same_bytes() {
    let folder = scratch("same_bytes");
    let clinic = folder.join("clinic");
    copy_folder(&fixture("demo-clinic/a"), &clinic);
    for entry in fs::read_dir(clinic.join("patients")).unwrap() {
        let path = entry.unwrap().path();
        let mut document = read(path.clone());
        for key in ["coverages", "subsidies", "sets", "diagnoses", "visits"] {
            if let Some(array) = document.get_mut(key).and_then(Value::as_array_mut) {
                array.reverse();
            }
        }
        for visit in document["visits"].as_array_mut().unwrap() {
            if let Some(orders) = visit.get_mut("orders").and_then(Value::as_array_mut) {
                orders.reverse();
            }
        }
        // Files are read by name: another name is another place.
        let number = path.file_stem().unwrap().to_str().unwrap()[1..].parse::<u32>().unwrap();
        fs::remove_file(&path).unwrap();
        let renamed = clinic.join("patients").join(format!("{:03}.json", 999 - number));
        fs::write(renamed, serde_json::to_vec(&document).unwrap()).unwrap();
    }
    let (first, second) = (folder.join("first"), folder.join("second"));
    assert_eq!(code(&build(&fixture("demo-clinic/a"), &first, &[])), 0);
    assert_eq!(code(&build(&clinic, &second, &[])), 0);
    for file in ["shaho/RECEIPTC.UKE", "kokuho/RECEIPTC.UKE", "summary.json"] {
        assert_eq!(fs::read(first.join(file)).unwrap(), fs::read(second.join(file)).unwrap(), "{file}");
    }
}

#[test]
fn an_unknown_code_stops_its_file_and_hold_leaves_out_just_that_receipt() {
    let clinic = changed_clinic("unknown_code", "P02", |document| {
        document["visits"][0]["orders"][0]["code"] = json!("199999998");
    });
    let out = clinic.with_file_name("out");
    let output = build(&clinic, &out, &[]);
    assert_eq!(code(&output), 1, "{}", text(&output));
    assert!(codes(&out).contains(&"code-unknown".to_owned()));
    assert!(!out.join("kokuho/RECEIPTC.UKE").exists());
    assert!(out.join("shaho/RECEIPTC.UKE").exists());

    let held = build(&clinic, &out, &["--hold"]);
    assert_eq!(code(&held), 0, "{}", text(&held));
    let summary = read(out.join("summary.json"));
    let patients: Vec<_> = summary["held"].as_array().unwrap().iter().map(|row| row["patientId"].clone()).collect();
    assert_eq!(patients, [json!("P02")]);
    assert!(out.join("kokuho/RECEIPTC.UKE").exists());
}

#[test]
fn a_code_that_ended_before_the_day_stops_the_file() {
    // 医療DX推進体制整備加算 ended on 2026-05-31.
    let clinic = changed_clinic("ended_code", "P02", |document| {
        document["visits"][0]["orders"][0]["code"] = json!("111703370");
    });
    let out = clinic.with_file_name("out");
    assert_eq!(code(&build(&clinic, &out, &[])), 1);
    assert!(codes(&out).contains(&"code-not-valid".to_owned()), "{:?}", codes(&out));
}

#[test]
fn insurance_that_ended_before_the_visit_is_told() {
    let clinic = changed_clinic("ended_insurance", "P03", |document| {
        document["coverages"][0]["validTo"] = json!("2026-09-30");
    });
    let out = clinic.with_file_name("out");
    assert_eq!(code(&build(&clinic, &out, &[])), 1);
    let findings = read(out.join("findings.json"));
    let place = findings
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["severity"] == "stop")
        .map(|finding| finding["place"].as_str().unwrap().to_owned());
    assert!(place.as_deref().unwrap_or_default().starts_with("patients/P03"), "{place:?}");
}

#[test]
fn a_visit_entered_twice_is_told() {
    let clinic = changed_clinic("duplicate_visit", "P03", |document| {
        let mut twin = document["visits"][0].clone();
        twin["id"] = json!("V19-twin");
        document["visits"].as_array_mut().unwrap().push(twin);
    });
    let out = clinic.with_file_name("out");
    assert_eq!(code(&build(&clinic, &out, &[])), 1);
    assert!(codes(&out).iter().any(|code| code.contains("duplicate")), "{:?}", codes(&out));
}

#[test]
fn a_month_without_visits_is_told() {
    let out = scratch("empty_month");
    let arguments = ["claim", "build", "--clinic", "fixtures/demo-clinic/a", "--month", "2025-01", "--out"];
    let mut all: Vec<&std::ffi::OsStr> = arguments.iter().map(std::ffi::OsStr::new).collect();
    all.push(out.as_os_str());
    let output = tensu(all);
    assert_ne!(code(&output), 0);
    assert!(text(&output).contains("2025-01"), "{}", text(&output));
}

#[test]
fn malformed_documents_are_refused_with_their_place() {
    for (test, change) in
        [("bad_quantity", json!("0")), ("bad_quantity_size", json!("123456")), ("bad_quantity_text", json!("one"))]
    {
        let clinic = changed_clinic(test, "P02", |document| {
            document["visits"][0]["orders"][0]["quantity"] = change;
        });
        let out = clinic.with_file_name("out");
        let output = build(&clinic, &out, &[]);
        assert_eq!(code(&output), 2, "{}", text(&output));
        assert!(text(&output).contains("P02.json"), "{}", text(&output));
        assert!(!out.join("shaho/RECEIPTC.UKE").exists());
    }
    let clinic = changed_clinic("unknown_field", "P02", |document| {
        document["visits"][0]["freeLunch"] = json!(true);
    });
    let output = build(&clinic, &clinic.with_file_name("out"), &[]);
    assert_eq!(code(&output), 2);
    assert!(text(&output).contains("freeLunch"), "{}", text(&output));
}

#[test]
fn a_wrong_check_digit_is_refused() {
    let clinic = changed_clinic("check_digit", "P02", |document| {
        document["coverages"][0]["insurerNumber"] = json!("138999");
    });
    let output = build(&clinic, &clinic.with_file_name("out"), &[]);
    assert_eq!(code(&output), 2);
    assert!(text(&output).contains("check digit"), "{}", text(&output));
}

#[test]
fn seven_kinds_of_medicine_are_deducted_under_39() {
    let drugs = ["621951001", "622080801", "620003469", "622057301", "620002477", "622580101", "620007870"];
    let clinic = changed_clinic("seven_kinds", "P06", |document| {
        let visits = document["visits"].as_array_mut().unwrap();
        let visit = visits.iter_mut().find(|visit| visit["id"] == "V50").unwrap();
        let orders = drugs.iter().zip(1..).map(|(code, no)| {
            json!({
                "id": format!("D{no}"), "no": no, "kind": "drug", "code": code, "quantity": "1", "days": 30,
                "drugUse": "internal", "dispensing": "in_house", "group": 1
            })
        });
        visit["orders"] = orders.collect();
    });
    let out = clinic.with_file_name("out");
    let output = build(&clinic, &out, &[]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    let file = fs::read(out.join("kokuho/RECEIPTC.UKE")).unwrap();
    let line = file.split(|byte| *byte == b'\n').find(|line| line.starts_with(b"IY,39,")).expect("a line of class 39");
    assert!(String::from_utf8_lossy(line).contains(",630010002,"), "{}", String::from_utf8_lossy(line));
}
