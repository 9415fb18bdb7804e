//! The institution's claim switches in the claim file, and comments of local programmes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use billing::clinic::Clinic;
use kernel::Yen;
use rstest::rstest;
use serde_json::{Value, json};
use support::{claims_with, masters, patient, small_clinic, text};

fn switched(switches: Value) -> Clinic {
    let mut clinic = small_clinic();
    let dated = json!([
        { "from": "2026-04", "switches": switches },
        { "from": "2026-11", "switches": { "windowBurden": "left" } }
    ]);
    clinic.institution.claim_switches = serde_json::from_value(dated).unwrap();
    clinic
}

/// Records of both files, the results changed as if the monthly limit had been reached.
fn records(clinic: &Clinic, id: &str) -> Vec<String> {
    let claims = claims_with(clinic, &masters(), false, |result| {
        for hint in &mut result.response.claims {
            hint.window_burden_class = "01".into();
            hint.comments = vec!["820100001".parse().unwrap()];
            if let Some(insurance) = &mut hint.insurance {
                insurance.copay_yen = Some(Yen::new(8_000));
            }
        }
    });
    let files: String = claims.files.iter().map(|file| text(&file.bytes)).collect();
    files.lines().filter(|line| line.starts_with(&format!("{id},"))).map(str::to_owned).collect()
}

#[rstest]
#[case::computed(json!({}), &["MF,01"])]
#[case::zero(json!({ "windowBurden": "zero" }), &["MF,00"])]
#[case::left(json!({ "windowBurden": "left" }), &[])]
fn window_burden(#[case] switches: Value, #[case] expected: &[&str]) {
    let mut found: Vec<String> = records(&switched(switches), "MF").iter().map(|line| line[..5].to_owned()).collect();
    found.dedup();
    assert_eq!(found, expected);
}

#[rstest]
#[case::blank(json!({}), "")]
#[case::written(json!({ "lowIncome": "written" }), "1")]
fn low_income_of_outpatients(#[case] switches: Value, #[case] expected: &str) {
    let mut clinic = switched(switches);
    let elderly: Vec<String> = clinic.patients.iter().map(|patient| patient.id.clone()).collect();
    for id in elderly {
        let own = patient(&mut clinic, &id);
        own.birth_date = "1945-11-03".parse().unwrap();
        own.limits = serde_json::from_value(json!([{ "code": "B05", "validFrom": "2026-08-01" }])).unwrap();
    }
    for record in records(&clinic, "RE") {
        assert_eq!(record.split(',').nth(10), Some(expected), "{record}");
    }
}

#[test]
fn comments_of_local_programmes_stand_after_all_lines() {
    let comments = records(&small_clinic(), "CO");
    let own: Vec<&String> = comments.iter().filter(|line| line.contains("820100001")).collect();
    assert!(!own.is_empty() && own.iter().all(|line| line.starts_with("CO,99,")), "{comments:?}");
}
