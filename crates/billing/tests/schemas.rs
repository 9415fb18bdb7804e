//! The schemas of `schemas/` equal the types. `UPDATE_SCHEMAS=1` writes them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use rstest::rstest;
use schemars::{Schema, schema_for};

#[rstest]
#[case("clinic.schema.json", billing::clinic::schema())]
#[case("clinic-event.schema.json", billing::clinic::event_schema())]
#[case("claim-summary.schema.json", schema_for!(billing::claim::Summary))]
#[case("calc-1-request.schema.json", schema_for!(calculation::Request))]
#[case("calc-1-response.schema.json", schema_for!(calculation::Response))]
fn schema_files_equal_the_types(#[case] name: &str, #[case] schema: Schema) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas").join(name);
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let held = fs::read_to_string(&path).unwrap_or_default();
    assert!(held == text, "{name} differs from the types: run with UPDATE_SCHEMAS=1 and review");
}
