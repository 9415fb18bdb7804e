//! Golden cases of points: the project's own, and the published ones where they are at hand.
//!
//! The small excerpt of masters computes every case whose codes it holds; the others need the full masters
//! beside the project and are told by name when those are absent.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../../app/src/golden/calculation.rs"]
mod calculation_cases;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use engine::Engine;
use kernel::ItemCode;
use masters::Masters;
use serde_json::Value;

const PUBLISHED: &str = "../shared/data/golden";
const FULL_MASTERS: &str = "../shared/data/masters";

fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn engine_of(folder: &Path) -> Engine {
    Engine::new(masters::import_to_memory(&[folder.to_owned()]).unwrap())
}

fn excerpt() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| engine_of(&workspace("fixtures/masters")))
}

/// The engine over the full masters; `None` when they are absent.
fn full() -> Option<&'static Engine> {
    static ENGINE: OnceLock<Option<Engine>> = OnceLock::new();
    let load = || {
        let folder = workspace(FULL_MASTERS);
        folder.is_dir().then(|| engine_of(&folder))
    };
    ENGINE.get_or_init(load).as_ref()
}

/// The files `calculation-….json` of a folder, by name.
fn case_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("calculation-") && name.ends_with(".json")
    });
    files.sort();
    files
}

fn cases(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(file.get("schema").and_then(Value::as_str), Some("golden-calculation/1"), "{}", path.display());
    file.get("cases").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Every code that stands anywhere in a case.
fn codes(value: &Value, found: &mut Vec<ItemCode>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| codes(value, found)),
        Value::Object(members) => {
            let code = members.get("code").and_then(Value::as_str);
            found.extend(code.and_then(|code| code.parse::<ItemCode>().ok()));
            members.values().for_each(|value| codes(value, found));
        }
        _ => {}
    }
}

fn is_known(masters: &Masters, code: ItemCode) -> bool {
    match code {
        ItemCode::Act(code) => !masters.act_versions(code).is_empty(),
        ItemCode::Drug(code) => !masters.drug_versions(code).is_empty(),
        ItemCode::Material(code) => !masters.material_versions(code).is_empty(),
        ItemCode::Comment(code) => !masters.comment_versions(code).is_empty(),
    }
}

/// The engine whose masters hold every code of a case.
fn engine_for(case: &Value) -> Option<&'static Engine> {
    let mut found = Vec::new();
    codes(case, &mut found);
    if found.iter().all(|code| is_known(excerpt().masters(), *code)) { Some(excerpt()) } else { full() }
}

/// The differences of one case; `None` when it cannot be run here.
fn run_case(case: &Value) -> Option<Vec<String>> {
    let outcome = if case.get("function").is_some() {
        calculation_cases::run_function(case)
    } else {
        calculation_cases::run_case(engine_for(case)?, case)
    };
    Some(outcome.unwrap_or_else(|error| vec![format!("cannot be run: {error}")]))
}

/// Runs the cases of a file; the failures of those that are sure of their answer.
fn failures(path: &Path) -> Vec<String> {
    let cases = cases(path);
    assert!(!cases.is_empty(), "{}: no cases", path.display());
    let mut failures = Vec::new();
    for case in &cases {
        let name = format!("{} {}", text(case, "id"), text(case, "title"));
        match run_case(case) {
            None => println!("SKIPPED: {name}: ../shared is absent"),
            Some(differences) if differences.is_empty() => {}
            Some(differences) if text(case, "confidence") == "low" => println!("DIFFERS: {name}: {differences:?}"),
            Some(differences) => failures.push(format!("{name}\n    {}", differences.join("\n    "))),
        }
    }
    failures
}

fn run_folder(folder: &Path) -> usize {
    let files = case_files(folder);
    let failures: Vec<String> = files.iter().flat_map(|path| failures(path)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    files.len()
}

#[test]
fn own_cases() {
    assert!(run_folder(&workspace("fixtures/golden")) > 0);
}

#[test]
fn published_cases() {
    if run_folder(&workspace(PUBLISHED)) == 0 {
        println!("SKIPPED: published_cases: ../shared is absent");
    }
}
