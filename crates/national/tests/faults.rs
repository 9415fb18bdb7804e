//! Every way a module can fail, on a real socket; the breaker with a clock turned by hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use calculation::CalculationModule;
use national::module::{BreakerSettings, BreakerState, ModuleClient, ModuleError, ModuleSettings, Reason};
use national::testing::{Behaviour, FaultyPeer, ManualClock};
use rstest::rstest;
use support::{engine, request, settings, unavailable};

/// Longer than any deadline of these tests.
const NEVER: Duration = Duration::from_secs(3_600);

fn other_revision() -> Behaviour {
    Behaviour::different(|response| response.revision += 1)
}

fn other_month() -> Behaviour {
    Behaviour::different(|response| response.month = "2026-09".parse().unwrap())
}

fn other_request() -> Behaviour {
    Behaviour::different(|response| response.request_id = "another".to_owned())
}

fn lost_order() -> Behaviour {
    Behaviour::different(|response| drop(response.visits[0].orders.pop()))
}

fn doubled_visit() -> Behaviour {
    Behaviour::different(|response| response.visits[1] = response.visits[0].clone())
}

#[rstest]
#[case::refused(Behaviour::Refuse, Reason::ConnectionRefused)]
#[case::hang(Behaviour::Hang, Reason::Timeout)]
#[case::drip(Behaviour::Drip(Duration::from_millis(20)), Reason::Timeout)]
#[case::late(Behaviour::Late(NEVER), Reason::Timeout)]
#[case::closed(Behaviour::Close, Reason::Cut)]
#[case::cut(Behaviour::Cut, Reason::Cut)]
#[case::wrong_json(Behaviour::WrongJson, Reason::AnswerMalformed)]
#[case::maintenance(Behaviour::Status(503), Reason::Status(503))]
#[case::forbidden(Behaviour::Status(403), Reason::Status(403))]
#[case::moved(Behaviour::Status(307), Reason::Status(307))]
#[case::no_problem_of_the_contract(Behaviour::Status(422), Reason::Status(422))]
#[case::other_request(other_request(), Reason::AnswerOfAnother)]
#[case::other_revision(other_revision(), Reason::AnswerOfAnother)]
#[case::other_month(other_month(), Reason::AnswerOfAnother)]
#[case::lost_order(lost_order(), Reason::AnswerOfAnother)]
#[case::doubled_visit(doubled_visit(), Reason::AnswerOfAnother)]
fn a_fault_is_told_apart_and_ends_with_it(#[case] behaviour: Behaviour, #[case] reason: Reason) {
    let engine = engine();
    let peer = FaultyPeer::start(engine.clone()).unwrap();
    let client = ModuleClient::new(settings(&peer.url())).unwrap();
    peer.set(behaviour);
    let began = Instant::now();
    assert_eq!(unavailable(client.calculate(&request())), reason);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    peer.set(Behaviour::Healthy);
    assert_eq!(client.calculate(&request()), Ok(engine.calculate(&request()).unwrap()));
}

#[test]
fn an_answer_without_an_end_is_cut_off() {
    let peer = FaultyPeer::start(engine()).unwrap();
    let patient = ModuleSettings { deadline: Duration::from_secs(60), ..settings(&peer.url()) };
    peer.set(Behaviour::Endless);
    assert_eq!(unavailable(ModuleClient::new(patient).unwrap().calculate(&request())), Reason::AnswerTooLarge);
}

#[rstest]
#[case::cut(Behaviour::Cut, 2)]
#[case::closed(Behaviour::Close, 2)]
#[case::maintenance(Behaviour::Status(502), 2)]
fn what_passes_is_tried_again_at_once(#[case] behaviour: Behaviour, #[case] requests: u32) {
    let peer = FaultyPeer::start(engine()).unwrap();
    let client = ModuleClient::new(ModuleSettings::at(peer.url())).unwrap();
    peer.script([behaviour]);
    assert!(client.calculate(&request()).is_ok());
    assert_eq!(peer.requests(), requests);
}

#[rstest]
#[case::forbidden(Behaviour::Status(403))]
#[case::too_many(Behaviour::Status(429))]
#[case::wrong_json(Behaviour::WrongJson)]
#[case::other_request(other_request())]
fn what_does_not_pass_is_asked_once(#[case] behaviour: Behaviour) {
    let peer = FaultyPeer::start(engine()).unwrap();
    peer.set(behaviour);
    unavailable(ModuleClient::new(settings(&peer.url())).unwrap().calculate(&request()));
    assert_eq!(peer.requests(), 1);
}

#[test]
fn attempts_are_bounded() {
    let peer = FaultyPeer::start(engine()).unwrap();
    peer.set(Behaviour::Close);
    let stubborn = ModuleSettings { attempts_max: 3, deadline: Duration::from_secs(30), ..settings(&peer.url()) };
    assert_eq!(unavailable(ModuleClient::new(stubborn).unwrap().calculate(&request())), Reason::Cut);
    assert_eq!(peer.requests(), 3);
}

#[test]
fn the_breaker_opens_probes_and_closes() {
    let (peer, clock) = (FaultyPeer::start(engine()).unwrap(), ManualClock::new());
    let breaker = BreakerSettings { failures_max: 3, open_for: Duration::from_secs(30) };
    let settings = ModuleSettings { attempts_max: 1, breaker, ..ModuleSettings::at(peer.url()) };
    let client = ModuleClient::with_clock(settings, clock.source()).unwrap();
    peer.set(Behaviour::Close);
    for _ in 0..3 {
        assert_eq!(unavailable(client.calculate(&request())), Reason::Cut);
    }
    assert_eq!(client.breaker_state(), BreakerState::Open);
    peer.set(Behaviour::Healthy);
    assert_eq!(unavailable(client.calculate(&request())), Reason::BreakerOpen);
    assert_eq!(peer.requests(), 3);
    assert_eq!(client.health(), Ok(()), "the health of the module may always be asked");

    clock.advance(Duration::from_secs(30));
    peer.set(Behaviour::Refuse);
    assert_eq!(unavailable(client.calculate(&request())), Reason::ConnectionRefused);
    assert_eq!(client.breaker_state(), BreakerState::Open);

    clock.advance(Duration::from_secs(30));
    peer.set(Behaviour::Healthy);
    assert_eq!(client.breaker_state(), BreakerState::HalfOpen);
    assert!(client.calculate(&request()).is_ok());
    assert_eq!(client.breaker_state(), BreakerState::Closed);
}

#[test]
fn refusals_and_wrong_answers_to_one_request_open_nothing() {
    let peer = FaultyPeer::start(engine()).unwrap();
    let breaker = BreakerSettings { failures_max: 1, open_for: NEVER };
    let client = ModuleClient::new(ModuleSettings { breaker, ..ModuleSettings::at(peer.url()) }).unwrap();
    let mut contradiction = request();
    contradiction.visits[0].set_id = "none".to_owned();
    assert!(matches!(client.calculate(&contradiction), Err(ModuleError::Refused(_))));
    for behaviour in [other_request(), Behaviour::Status(403)] {
        peer.set(behaviour);
        unavailable(client.calculate(&request()));
        assert_eq!(client.breaker_state(), BreakerState::Closed);
    }
}

#[test]
fn a_client_may_be_used_and_dropped_where_async_code_runs() {
    let peer = FaultyPeer::start(engine()).unwrap();
    let client = Arc::new(ModuleClient::new(ModuleSettings::at(peer.url())).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let shared = Arc::clone(&client);
        assert!(tokio::task::spawn_blocking(move || shared.calculate(&request()).is_ok()).await.unwrap());
        drop(client);
    });
}
