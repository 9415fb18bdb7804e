//! The contract through client and server, and what the server does with requests that are not of the contract.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};

use calculation::suite::broken_laws;
use calculation::{CalculationModule, Capabilities, Problem, ProblemCode, Request, Response};
use national::module::{ModuleClient, ModuleError, compare};
use national::testing::TestServer;
use serde_json::Value;
use support::{OverHttp, engine, exchange, request, settings};

fn client(server: &TestServer) -> ModuleClient {
    let url = format!("http://{}", server.authority());
    let patient = national::module::ModuleSettings::at(url);
    ModuleClient::new(patient).unwrap()
}

#[test]
fn every_law_of_the_contract_holds_over_http() {
    let engine = engine();
    let server = TestServer::start(engine.clone(), None).unwrap();
    let module = OverHttp(client(&server));
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/calc-1/suite.json");
    let suite: Value = serde_json::from_slice(&std::fs::read(suite).unwrap()).unwrap();
    let mut requests = vec![request()];
    for case in suite["cases"].as_array().unwrap() {
        requests.push(serde_json::from_value(case["request"].clone()).unwrap());
    }
    for request in &requests {
        assert_eq!(broken_laws(&module, request), Vec::<String>::new());
        let here = engine.calculate(request).unwrap();
        let there = module.calculate(request).unwrap();
        assert_eq!(serde_json::to_string(&here).unwrap(), serde_json::to_string(&there).unwrap());
        assert_eq!(compare(&here, &there), []);
    }
    assert_eq!(module.capabilities(), engine.capabilities());
    assert_eq!(module.0.health(), Ok(()));
}

#[test]
fn a_refusal_keeps_its_code_and_place() {
    let server = TestServer::start(engine(), None).unwrap();
    let mut unknown = request();
    unknown.visits[0].set_id = "none".to_owned();
    let Err(ModuleError::Refused(problem)) = client(&server).calculate(&unknown) else { panic!("no refusal") };
    assert_eq!(problem.code, ProblemCode::ReferenceUnknown);
    assert_eq!(Err(problem), engine().calculate(&unknown));
}

#[test]
fn a_request_larger_than_a_month_is_not_sent() {
    let client = ModuleClient::new(settings("http://127.0.0.1:9")).unwrap();
    let mut large = request();
    let visit = large.visits[0].clone();
    large.visits = vec![visit; 20_000];
    let Err(ModuleError::Refused(problem)) = client.calculate(&large) else { panic!("no refusal") };
    assert_eq!(problem.code, ProblemCode::TooLarge);
}

const KEY: &str = "idempotency-key: 7d7a3a4e-0000-4000-8000-000000000001\r\n";

#[test]
fn a_key_stands_for_one_body() {
    let server = TestServer::start(engine(), None).unwrap();
    let at = server.authority();
    let body = serde_json::to_vec(&request()).unwrap();
    let (status, head, first) = exchange(&at, "POST", "/calc/1/months", &format!("{KEY}x-request-id: abc\r\n"), &body);
    assert_eq!((status, head.contains("x-request-id: abc")), (200, true), "{head}");
    let (status, head, again) = exchange(&at, "POST", "/calc/1/months", KEY, &body);
    assert_eq!((status, again == first, head.contains("idempotency-replayed: true")), (200, true, true));
    let other = serde_json::to_vec(&Request { revision: 2, ..request() }).unwrap();
    let (status, head, problem) = exchange(&at, "POST", "/calc/1/months", KEY, &other);
    assert_eq!((status, head.contains("application/problem+json")), (409, true));
    assert!(problem.contains("idempotency-key-reuse"), "{problem}");
    let (status, _, problem) = exchange(&at, "POST", "/calc/1/months", "", &body);
    assert_eq!((status, problem.contains("Idempotency-Key")), (400, true));
    let id: Response = serde_json::from_str(&first).unwrap();
    let path = format!("/calc/1/months/{}", id.result_id);
    assert_eq!(exchange(&at, "GET", &path, "", b"").2, first);
}

#[test]
fn a_preview_needs_no_key_and_leaves_nothing() {
    let server = TestServer::start(engine(), None).unwrap();
    let at = server.authority();
    let (status, _, answer) =
        exchange(&at, "POST", "/calc/1/months:preview", "", &serde_json::to_vec(&request()).unwrap());
    assert_eq!(status, 200);
    let id: Response = serde_json::from_str(&answer).unwrap();
    assert_eq!(exchange(&at, "GET", &format!("/calc/1/months/{}", id.result_id), "", b"").0, 404);
}

#[test]
fn what_is_not_of_the_contract_is_located_and_refused() {
    let server = TestServer::start(engine(), None).unwrap();
    let at = server.authority();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut value = serde_json::to_value(request()).unwrap();
        change(&mut value);
        serde_json::to_vec(&value).unwrap()
    };
    let cases: [(&[u8], u16, &str, &str); 7] = [
        (b"{", 400, "syntax", ""),
        (b"[]", 400, "syntax", ""),
        (&with(&|value| value["visits"][0]["colour"] = "red".into()), 400, "unknown-field", "/visits/0/colour"),
        (&with(&|value| drop(value.as_object_mut().unwrap().remove("month"))), 400, "syntax", ""),
        (
            &with(&|value| value["coverages"][0]["insurerNumber"] = "01139998".into()),
            422,
            "number-invalid",
            "/coverages/0/insurerNumber",
        ),
        (&[&with(&|_| {})[..], b"{}"].concat(), 400, "syntax", ""),
        (&vec![b' '; 2 * 1024 * 1024 + 1], 413, "too-large", ""),
    ];
    for (body, status, code, pointer) in cases {
        let (found, _, problem) = exchange(&at, "POST", "/calc/1/months:preview", "", body);
        let problem: Value = serde_json::from_str(&problem).unwrap();
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{problem}");
        assert_eq!(problem["errors"][0]["pointer"].as_str().unwrap_or_default(), pointer, "{problem}");
        // A value that was sent may be a patient's: it does not come back.
        assert!(!problem.to_string().contains("01139998"), "{problem}");
    }
    assert_eq!(exchange(&at, "DELETE", "/calc/1/months", "", b"").0, 405);
    assert_eq!(exchange(&at, "GET", "/", "", b"").0, 404);
}

/// Panics in the first calculation, then answers as the engine does.
struct Panicking(Mutex<bool>, Arc<engine::Engine>);

impl CalculationModule for Panicking {
    fn capabilities(&self) -> Capabilities {
        self.1.capabilities()
    }

    fn calculate(&self, request: &Request) -> Result<Response, Problem> {
        let has_panicked = std::mem::replace(&mut *self.0.lock().unwrap(), true);
        assert!(has_panicked, "the first calculation of this test ends so");
        self.1.calculate(request)
    }
}

#[test]
fn a_panic_is_an_internal_error_of_one_request() {
    let server = TestServer::start(Arc::new(Panicking(Mutex::new(false), engine())), None).unwrap();
    let body = serde_json::to_vec(&request()).unwrap();
    let preview = || exchange(&server.authority(), "POST", "/calc/1/months:preview", "", &body);
    let (status, _, problem) = preview();
    assert_eq!((status, problem.contains("internal-error"), problem.contains("panic")), (500, true, false));
    assert_eq!(preview().0, 200);
}

/// Tells when it is asked and waits to be let go.
struct Waiting(Mutex<(mpsc::Sender<()>, mpsc::Receiver<()>)>, Arc<engine::Engine>);

impl CalculationModule for Waiting {
    fn capabilities(&self) -> Capabilities {
        self.1.capabilities()
    }

    fn calculate(&self, request: &Request) -> Result<Response, Problem> {
        let channel = self.0.lock().unwrap();
        channel.0.send(()).unwrap();
        channel.1.recv().unwrap();
        self.1.calculate(request)
    }
}

#[test]
fn a_server_that_stops_answers_what_is_under_way() {
    let ((asked, is_asked), (go, may_go)) = (mpsc::channel(), mpsc::channel());
    let module = Arc::new(Waiting(Mutex::new((asked, may_go)), engine()));
    let server = TestServer::start(module, None).unwrap();
    let client = client(&server);
    let caller = std::thread::spawn(move || client.calculate(&request()).map(|response| response.month));
    is_asked.recv().unwrap();
    let stopping = server.stop_gracefully();
    go.send(()).unwrap();
    stopping.join().unwrap();
    assert_eq!(caller.join().unwrap(), Ok(request().month));
}
