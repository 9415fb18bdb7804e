//! Golden cases of patient charges: the published ones where they are at hand, and the project's own.

#[allow(dead_code)]
#[path = "../../app/src/golden/charges.rs"]
mod charges;

use std::path::{Path, PathBuf};

use serde_json::Value;

fn read(path: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// Runs every case of a file; panics with all differences.
fn run(path: &Path) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Some(file) = read(path) else {
        println!("SKIPPED: {name}: ../shared is absent");
        return;
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let member = |value: &Value, key: &str| value.get(key).cloned().unwrap_or_default();
    let text = |value: &Value, key: &str| member(value, key).as_str().unwrap_or("?").to_owned();
    let cases = member(&file, "cases");
    let cases = cases.as_array().map(Vec::as_slice).unwrap_or_default();
    assert!(!cases.is_empty(), "{name} has no cases");
    let mut failures = Vec::new();
    for case in cases {
        let outcome = match text(&file, "schema").as_str() {
            "charges-golden/1" => charges::run_case(case),
            "charges-rule-golden/1" => charges::run_rule_case(case, folder),
            other => panic!("unknown schema {other}"),
        };
        let (id, title) = (text(case, "id"), text(case, "title"));
        match outcome {
            Ok(diffs) if diffs.is_empty() => {}
            Ok(diffs) => failures.push(format!("{id} {title}\n  {}", diffs.join("\n  "))),
            Err(error) => failures.push(format!("{id} {title}\n  error: {error}")),
        }
    }
    println!("{name}: {} of {} cases pass", cases.len() - failures.len(), cases.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[test]
fn published_cases() {
    run(&workspace("../shared/data/golden/charges-published.json"));
}

#[test]
fn rule_cases() {
    run(&workspace("../shared/data/golden/charges-rules.json"));
}

#[test]
fn receipt_rule_cases() {
    run(&workspace("../shared/data/golden/charges-receipt-rules.json"));
}

#[test]
fn own_cases() {
    run(&workspace("fixtures/golden/charges-own.json"));
    run(&workspace("fixtures/golden/charges-own-caps.json"));
    run(&workspace("fixtures/golden/charges-own-rules.json"));
}

#[test]
fn an_unknown_key_is_an_error() {
    let case = serde_json::json!({ "id": "X", "surprise": 1 });
    assert!(charges::run_case(&case).unwrap_err().contains("surprise"));
    let rule = serde_json::json!({ "id": "X", "kind": "astrology", "input": {}, "expect": {} });
    assert!(charges::run_rule_case(&rule, Path::new(".")).unwrap_err().contains("astrology"));
}
