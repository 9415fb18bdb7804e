//! Cases of `calc-contract/1`: a request of calc/1, what the answer must contain, and the laws of the contract.

use calculation::suite::broken_laws;
use calculation::{CalculationModule, Request};
use engine::Engine;
use serde::Deserialize;
use serde_json::Value;

/// Runs one case; the differences, none when it passes.
///
/// # Errors
/// When the case cannot be read.
pub fn run_case(engine: &Engine, case: &Value) -> Result<Vec<String>, String> {
    let request = case.get("request").ok_or("no request")?;
    let request = Request::deserialize(request).map_err(|error| error.to_string())?;
    let expected = case.get("expect").ok_or("nothing expected")?;
    let mut differences = broken_laws(engine, &request);
    match engine.calculate(&request) {
        Ok(response) => {
            let actual = serde_json::to_value(&response).map_err(|error| error.to_string())?;
            contains("", expected, &actual, &mut differences);
        }
        Err(problem) => differences.push(problem.to_string()),
    }
    Ok(differences)
}

/// Everything expected stands in the answer; arrays place by place, objects key by key.
fn contains(place: &str, expected: &Value, actual: &Value, differences: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(_)) => {
            for (key, value) in wanted {
                let found = actual.get(key).unwrap_or(&Value::Null);
                contains(&format!("{place}/{key}"), value, found, differences);
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            for (position, (value, found)) in wanted.iter().zip(found).enumerate() {
                contains(&format!("{place}/{position}"), value, found, differences);
            }
        }
        _ if expected == actual => {}
        _ => differences.push(format!("{place}: expected {expected}, got {actual}")),
    }
}
