//! An imported local programme (地方単独公費) from its master row to the window and the claim file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::{code, fixture, scratch, tensu, text};

/// Compiles the fictional masters; what the import printed, and its report.
fn masters(folder: &Path) -> (PathBuf, String, Value) {
    let (out, report) = (folder.join("masters.tensu"), folder.join("report.json"));
    let source = fixture("masters");
    let arguments = ["masters".as_ref(), "import".as_ref(), source.as_os_str(), "--out".as_ref(), out.as_os_str()];
    let output = tensu(arguments.into_iter().chain(["--report".as_ref(), report.as_os_str()]));
    assert_eq!(code(&output), 0, "{}", text(&output));
    (out, text(&output), serde_json::from_slice(&fs::read(report).unwrap()).unwrap())
}

/// A clinic with one patient who holds a certificate of a programme; `points` of 再診 on two days.
fn clinic(folder: &Path, payer: &str, birth: &str) -> PathBuf {
    let visit = |id: &str, day: &str, kind: &str| {
        json!({
            "id": id, "date": day, "startedAt": "10:00", "kind": kind, "setId": "A", "collectedYen": 0,
            "orders": [{ "id": format!("{id}-1"), "no": 1, "kind": "act", "code": "160008010" }]
        })
    };
    let document = json!({
        "institution": {
            "code": "1319999015", "name": "架空みほんクリニック", "address": "東京都架空区", "phone": "03-0000-0000",
            "isDemo": true, "departments": [{ "code": "01" }],
            "openingHours": [{ "weekday": 1, "from": "09:00", "to": "17:00" }]
        },
        "patients": [{
            "id": "P1", "number": "00001", "name": "見本 助成", "kana": "ミホン ジョセイ", "birthDate": birth, "sex": "2",
            "coverages": [{
                "id": "C1", "insurerNumber": "01139997", "symbol": "1234", "number": "101", "branch": "02",
                "relationship": "family", "burdenPercent": 30, "validFrom": "2020-04-01"
            }],
            "subsidies": [{
                "id": "K1", "payerNumber": payer, "recipientNumber": "9100082", "validFrom": "2026-04-01"
            }],
            "sets": [{ "id": "A", "coverageId": "C1", "subsidyIds": ["K1"] }],
            "diagnoses": [{ "id": "B1", "code": "2809009", "startedOn": "2026-10-05", "isMain": true }],
            "visits": [visit("V1", "2026-10-05", "initial"), visit("V2", "2026-10-19", "revisit")]
        }]
    });
    let path = folder.join("clinic.json");
    fs::write(&path, serde_json::to_vec(&document).unwrap()).unwrap();
    path
}

fn build(folder: &Path, payer: &str, birth: &str) -> (PathBuf, std::process::Output, Value) {
    let (masters, _, _) = masters(folder);
    let (clinic, out) = (clinic(folder, payer, birth), folder.join("out"));
    let arguments = ["claim".as_ref(), "build".as_ref(), "--month".as_ref(), "2026-10".as_ref()];
    let paths = ["--clinic".as_ref(), clinic.as_os_str(), "--masters".as_ref(), masters.as_os_str()];
    let output = tensu(arguments.into_iter().chain(paths).chain(["--out".as_ref(), out.as_os_str()]));
    let summary = serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap();
    (out, output, summary)
}

fn explain(folder: &Path, visit: &str) -> String {
    let (clinic, masters) = (folder.join("clinic.json"), folder.join("masters.tensu"));
    let arguments = ["explain".as_ref(), "--visit".as_ref(), visit.as_ref(), "--clinic".as_ref(), clinic.as_os_str()];
    text(&tensu(arguments.into_iter().chain(["--masters".as_ref(), masters.as_os_str()])))
}

#[test]
fn a_file_of_programmes_that_do_not_exist_is_not_called_official() {
    let (_, printed, report) = masters(&scratch("local_report"));
    let line = printed.lines().find(|line| line.contains("地単公費マスター")).unwrap().to_owned();
    assert!(line.contains("fictional") && !line.contains("official"), "{line}");
    let taken = report["taken"].as_array().unwrap();
    let local: Vec<&Value> = taken.iter().filter(|file| file["kind"] == "地単公費マスター").collect();
    assert_eq!(local.iter().map(|file| file["basis"].as_str().unwrap()).collect::<Vec<_>>(), ["fictional"]);
}

/// 200 yen a visit for a child at school; the receipt names the programme and what it leaves.
#[test]
fn a_cap_per_visit_comes_from_the_imported_row() {
    let folder = scratch("local_per_visit");
    let (out, output, summary) = build(&folder, "88139910", "2017-07-07");
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!(summary["window"]["dueYen"], 400);
    assert_eq!(summary["files"][0]["byType"]["1126"]["receipts"], 1);
    let bytes = fs::read(out.join("shaho/RECEIPTC.UKE")).unwrap();
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"KO,")).collect();
    assert_eq!(lines.len(), 1);
    let record = String::from_utf8_lossy(lines[0]).into_owned();
    assert!(record.starts_with("KO,88139910,9100082,,2,") && record.contains(",400,"), "{record}");
    let told = explain(&folder, "V1");
    for wanted in ["地方単独公費(88) 1回200円まで", "項目65・66", "[未確認]", "窓口負担 200円"] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    let findings: Value = serde_json::from_slice(&fs::read(out.join("findings.json")).unwrap()).unwrap();
    let is_told = |finding: &Value| finding["code"] == "programme-unverified" && finding["severity"] == "note";
    assert!(findings.as_array().unwrap().iter().any(is_told), "{findings:#}");
}

/// The same number pays everything before school, and the month's cap of another programme holds.
#[test]
fn age_and_month_decide_by_the_imported_rows() {
    let folder = scratch("local_preschool");
    let (_, output, summary) = build(&folder, "88139910", "2021-07-07");
    assert_eq!((code(&output), &summary["window"]["dueYen"]), (0, &json!(0)), "{}", text(&output));
    let folder = scratch("local_month");
    let (_, output, summary) = build(&folder, "83139915", "2024-07-07");
    assert_eq!((code(&output), &summary["window"]["dueYen"]), (0, &json!(1_000)), "{}", text(&output));
    assert!(explain(&folder, "V2").contains("月1,000円まで"), "{}", explain(&folder, "V2"));
}

/// A row that makes no rule stops its file and names the field.
#[test]
fn a_row_that_makes_no_rule_stops_the_claim() {
    let (out, output, _) = build(&scratch("local_refused"), "85139921", "2017-07-07");
    assert_eq!(code(&output), 1, "{}", text(&output));
    let findings = fs::read_to_string(out.join("findings.json")).unwrap();
    for wanted in ["programme-unsupported", "yearYen", "local-rule-missing"] {
        assert!(findings.contains(wanted), "{wanted}: {findings}");
    }
    assert!(!out.join("shaho/RECEIPTC.UKE").exists());
}
