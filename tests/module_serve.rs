//! `tensu module serve`: the built binary as a calculation module.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use calculation::Request;
use national::module::{ModuleClient, ModuleSettings};
use support::fixture;

#[test]
fn it_computes_over_http_and_ends_when_told_to() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tensu"))
        .args(["module", "serve", "--listen", "127.0.0.1:0", "--masters"])
        .arg(fixture("masters"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("tensu: calc/1 on ").expect("it says where it listens").to_owned();
    let client = ModuleClient::new(ModuleSettings::at(url)).unwrap();
    let suite: serde_json::Value =
        serde_json::from_slice(&std::fs::read(fixture("calc-1/suite.json")).unwrap()).unwrap();
    let request: Request = serde_json::from_value(suite["cases"][0]["request"].clone()).unwrap();
    let response = client.calculate(&request);
    let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let code = child.wait().unwrap();
    assert!(response.is_ok_and(|response| response.visits.len() == request.visits.len()));
    assert!(stopped.success() && code.success(), "{code}");
}
