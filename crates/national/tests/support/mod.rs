//! The embedded engine over the small masters, and a request for it.

#![allow(dead_code, clippy::unwrap_used, clippy::missing_panics_doc)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use calculation::{CalculationModule, Capabilities, Problem, Request, Response};
use engine::Engine;
use national::module::{ModuleClient, ModuleError, ModuleSettings, Reason};

pub fn engine() -> Arc<Engine> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/masters");
    Arc::new(Engine::new(masters::import_to_memory(&[folder]).unwrap()))
}

pub fn request() -> Request {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../calculation/fixtures/request.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Settings of an impatient caller.
pub fn settings(url: &str) -> ModuleSettings {
    let (deadline, pause) = (Duration::from_millis(400), Duration::from_millis(1));
    ModuleSettings { deadline, pause, ..ModuleSettings::at(url) }
}

pub fn unavailable<T>(outcome: Result<T, ModuleError>) -> Reason {
    match outcome {
        Err(ModuleError::Unavailable { reason }) => reason,
        Err(ModuleError::Refused(problem)) => panic!("refused: {problem}"),
        Ok(_) => panic!("there was an answer"),
    }
}

/// A module at the other end of HTTP, as the contract suite asks for one.
pub struct OverHttp(pub ModuleClient);

impl CalculationModule for OverHttp {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities().unwrap()
    }

    fn calculate(&self, request: &Request) -> Result<Response, Problem> {
        match self.0.calculate(request) {
            Ok(response) => Ok(response),
            Err(ModuleError::Refused(problem)) => Err(problem),
            Err(error) => panic!("{error}"),
        }
    }
}

/// One exchange in plain HTTP: status, head, body.
pub fn exchange(authority: &str, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, String, String) {
    let mut stream = TcpStream::connect(authority.replace("localhost", "127.0.0.1")).unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // A server that refuses a body early may close before all of it is sent.
    let _ = stream.write_all(body);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_ascii_lowercase(), body.to_owned())
}
