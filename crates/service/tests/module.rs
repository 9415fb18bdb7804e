//! Each choice of the calculation module under each fault of the module, on a real database and a real socket.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::calculation::{
    CalculationModule, Capabilities, Problem as Refusal, ProblemCode as RefusalCode, Request, Response,
};
use billing::clinic::{Clinic, Patient};
use chrono::{DateTime, TimeDelta, Utc};
use engine::Engine;
use kernel::{ClaimMonth, Yen};
use national::module::{ModuleClient, ModuleSettings};
use national::testing::{Behaviour, FaultyPeer};
use rstest::rstest;
use service::calculation::{self, Choice, Comparison};
use service::month::{self, Month};
use service::worker::{Round, Worker};
use service::{Caller, Clock, Problem, ProblemCode, Service, Work};
use store::calculation_settings::CalculationMode::{self, Embedded, Module, ModuleWithFallback};
use store::comparisons::{Outcome, Purpose};
use store::results::StoredResult;
use store::testing::TestDatabase;
use store::{Actor, Database, PatientId, Stamp, TenantId, comparisons, document, outbox, patients, results, tenants};

/// Longer than any deadline of these tests.
const NEVER: Duration = Duration::from_secs(3_600);

struct Fixture {
    service: Service,
    database: Database,
    engine: Arc<Engine>,
    peer: FaultyPeer,
    patient: PatientId,
    _test: TestDatabase,
}

fn a() -> TenantId {
    TenantId::new(1).unwrap()
}

fn b() -> TenantId {
    TenantId::new(2).unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-10-31T03:00:00Z".parse().unwrap()
}

fn october() -> ClaimMonth {
    "2026-10".parse().unwrap()
}

fn caller(tenant: TenantId) -> Caller {
    Caller { tenant, actor: Actor::System("test"), origin: None }
}

fn engine() -> Arc<Engine> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/masters");
    Arc::new(Engine::new(masters::import_to_memory(&[folder]).unwrap()))
}

/// One patient of the demo clinic.
fn clinic() -> Clinic {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/demo-clinic/a");
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    let document: Clinic = serde_json::from_str(&read(&folder.join("clinic.json"))).unwrap();
    let patients = fs::read_dir(folder.join("patients")).unwrap().map(|entry| entry.unwrap().path());
    let patients = patients.map(|path| serde_json::from_str::<Patient>(&read(&path)).unwrap());
    document.merge(patients.filter(|patient| patient.id == "P01").collect(), Vec::new()).0
}

/// Two clinics with the same patient, and a module that both may use.
fn fixture() -> Fixture {
    let engine = engine();
    fixture_with(engine.clone(), engine)
}

fn fixture_with(engine: Arc<Engine>, module: Arc<dyn CalculationModule + Send + Sync>) -> Fixture {
    let test = TestDatabase::new().unwrap_or_else(|error| panic!("{error}"));
    let database = test.connect(2).unwrap();
    let stamp = Stamp::new(now(), Actor::System("test"));
    for (tenant, code) in [(a(), "clinic-a"), (b(), "clinic-b")] {
        let load = |tx: &mut store::TenantTx<'_>| {
            tenants::create(tx, code, 1, &stamp)?;
            document::load(tx, &clinic(), &stamp).map(drop)
        };
        database.in_tenant(tenant, load).unwrap();
    }
    let number = clinic().patients[0].number.clone();
    let patient = database.in_tenant(a(), |tx| patients::find_by_number(tx, &number)).unwrap().unwrap().id;
    let peer = FaultyPeer::start(module).unwrap();
    let service = asking(Service::new(database.clone(), engine.clone(), Clock::Fixed(now())), &peer);
    Fixture { service, database, engine, peer, patient, _test: test }
}

fn asking(service: Service, peer: &FaultyPeer) -> Service {
    let (deadline, pause) = (Duration::from_millis(600), Duration::from_millis(1));
    let settings = ModuleSettings { deadline, pause, ..ModuleSettings::at(peer.url()) };
    service.with_module(Arc::new(ModuleClient::new(settings).unwrap()))
}

impl Fixture {
    fn run<T>(&self, use_case: impl Fn(&mut Work<'_, '_>) -> Result<T, Problem>) -> Result<T, Problem> {
        self.service.run(&caller(a()), use_case)
    }

    fn choose(&self, mode: CalculationMode, is_shadowed: bool) {
        let choice = Choice { mode, is_shadowed };
        let chosen = self.run(|work| {
            let base = calculation::chosen(work)?.version;
            calculation::choose(work, base, choice, "試験")
        });
        chosen.unwrap();
    }

    fn recompute(&self) -> Result<Month, Problem> {
        self.run(|work| month::recompute(work, self.patient, october()))
    }

    fn stored(&self) -> Option<StoredResult> {
        self.database.in_tenant(a(), |tx| results::current(tx, &[self.patient], october())).unwrap().pop()
    }

    fn version(&self) -> i32 {
        self.stored().map_or(0, |stored| stored.version)
    }

    /// A worker at a later instant, when what failed before is due again.
    fn work_after(&self, seconds: i64) -> Round {
        let clock = Clock::Fixed(now() + TimeDelta::seconds(seconds));
        let service = Service::new(self.database.clone(), self.engine.clone(), clock);
        Worker::new(asking(service, &self.peer), format!("worker-{seconds}")).round().unwrap()
    }

    fn comparisons(&self) -> Vec<(i32, Purpose, Outcome)> {
        let long = TimeDelta::days(1);
        let rows = self.database.in_tenant(a(), |tx| comparisons::between(tx, now() - long, now() + long, 100));
        rows.unwrap().into_iter().map(|row| (row.version, row.purpose, row.outcome)).collect()
    }

    fn events(&self, kind: &str) -> usize {
        let events = self.database.in_tenant(a(), |tx| outbox::after(tx, 0, 1_000)).unwrap();
        events.into_iter().filter(|event| event.kind == kind).count()
    }

    /// What the embedded engine says to the facts on record.
    fn embedded(&self) -> Response {
        let request = self.database.in_tenant(a(), |tx| document::request(tx, self.patient, october())).unwrap().0;
        self.engine.calculate(&request.unwrap().request).unwrap()
    }
}

fn is_marked(response: &Response) -> bool {
    response.provisional && calculation::is_fallback(response)
}

fn due(response: &Response) -> Yen {
    response.month_charge.iter().map(|charge| charge.due_yen).sum()
}

/// The first visit costs ten yen more.
fn dearer() -> Behaviour {
    Behaviour::different(|response| {
        let ten = Yen::new(10);
        if let Some(charge) = response.visits[0].charge.as_mut() {
            charge.window_yen += ten;
            charge.due_yen += ten;
            charge.difference_yen += ten;
        }
        response.month_charge[0].due_yen += ten;
    })
}

#[rstest]
#[case::refused(Behaviour::Refuse, "connection-refused")]
#[case::hang(Behaviour::Hang, "timeout")]
#[case::drip(Behaviour::Drip(Duration::from_millis(20)), "timeout")]
#[case::late(Behaviour::Late(NEVER), "timeout")]
#[case::closed(Behaviour::Close, "cut")]
#[case::cut(Behaviour::Cut, "cut")]
#[case::wrong_json(Behaviour::WrongJson, "answer-malformed")]
#[case::maintenance(Behaviour::Status(503), "status-503")]
#[case::other_request(Behaviour::different(|response| response.request_id = "another".into()), "answer-of-another")]
fn every_fault_in_every_mode(#[case] fault: Behaviour, #[case] reason: &str) {
    let fixture = fixture();
    fixture.peer.set(fault);

    fixture.choose(Embedded, false);
    let (_, response) = fixture.recompute().unwrap().result.unwrap();
    assert!(!calculation::is_fallback(&response));
    assert_eq!(fixture.peer.requests(), 0, "the embedded engine asks nobody");
    let version = fixture.version();

    fixture.choose(Module, false);
    let problem = fixture.recompute().unwrap_err();
    assert_eq!(problem.code, ProblemCode::ModuleUnavailable);
    assert_eq!(problem.more.get("reason").unwrap(), reason);
    assert_eq!(fixture.version(), version, "nothing was stored");

    fixture.choose(ModuleWithFallback, false);
    let (provisional, response) = fixture.recompute().unwrap().result.unwrap();
    assert!(is_marked(&response) && provisional == version + 1);
    assert_eq!(fixture.stored().unwrap().response, response);
    assert_eq!(due(&response), due(&fixture.embedded()));

    // While the fault lasts the job comes back and changes nothing.
    let round = fixture.work_after(0);
    assert_eq!((round.again, round.dead, fixture.version()), (1, 0, provisional));
    assert_eq!(fixture.comparisons(), []);

    fixture.peer.set(Behaviour::Healthy);
    fixture.work_after(60);
    assert_eq!(fixture.comparisons(), [(provisional, Purpose::Provisional, Outcome::Same)]);
    let confirmed = fixture.stored().unwrap();
    assert_eq!((confirmed.version, due(&confirmed.response)), (provisional + 1, due(&response)));
    assert!(!calculation::is_fallback(&confirmed.response));
    assert_eq!((fixture.events("calculation.confirmed"), fixture.events("calculation.changed")), (1, 0));
    assert_eq!(fixture.work_after(120), Round::default(), "nothing is left to be done");
}

#[test]
fn a_module_that_differs_replaces_the_provisional_result_visibly() {
    let fixture = fixture();
    fixture.choose(ModuleWithFallback, false);
    fixture.peer.set(Behaviour::Refuse);
    let (version, provisional) = fixture.recompute().unwrap().result.unwrap();
    assert!(is_marked(&provisional));
    fixture.peer.set(dearer());
    fixture.work_after(60);
    assert_eq!(fixture.comparisons(), [(version, Purpose::Provisional, Outcome::Different)]);
    let changed = fixture.stored().unwrap();
    assert!(!calculation::is_fallback(&changed.response) && changed.version == version + 1);
    assert_eq!(due(&changed.response), due(&provisional) + Yen::new(10));
    assert_eq!((fixture.events("calculation.changed"), fixture.events("calculation.confirmed")), (1, 0));
    let listed = fixture.run(|work| calculation::differences_of_month(work, fixture.patient, october(), 100)).unwrap();
    let window = listed.iter().find(|row| row.subject == "windowYen").unwrap();
    assert_eq!((window.kind.as_str(), window.version), ("charge", version));
    assert!(window.said_embedded.is_some() && window.said_module.is_some() && window.visit_reference.is_some());
}

#[test]
fn a_healthy_module_computes_for_who_chose_it_and_for_nobody_else() {
    let fixture = fixture();
    fixture.choose(Module, false);
    fixture.peer.set(dearer());
    let before = due(&fixture.embedded());
    let (_, response) = fixture.recompute().unwrap().result.unwrap();
    assert_eq!(due(&response), before + Yen::new(10));
    assert!(!calculation::is_fallback(&response));
    assert_eq!((fixture.peer.requests(), fixture.version()), (1, 1));
    let number = clinic().patients[0].number.clone();
    let other = fixture.database.in_tenant(b(), |tx| patients::find_by_number(tx, &number)).unwrap().unwrap().id;
    let month = fixture.service.run(&caller(b()), |work| month::recompute(work, other, october())).unwrap();
    assert_eq!(due(&month.result.unwrap().1), before);
    assert_eq!(fixture.peer.requests(), 1, "the other clinic did not choose it");
    fixture.work_after(60);
    assert_eq!(fixture.comparisons(), [], "nothing is provisional, nothing is watched");
}

#[rstest]
#[case::embedded_computes(Embedded)]
#[case::the_module_computes(Module)]
fn the_shadow_lists_differences_and_changes_nothing(#[case] mode: CalculationMode) {
    let fixture = fixture();
    // What a module changes is settled once; then the facts stay as they are.
    fixture.choose(mode, false);
    fixture.peer.set(dearer());
    fixture.recompute().unwrap();
    fixture.recompute().unwrap();
    fixture.choose(mode, true);
    let (version, response) = fixture.recompute().unwrap().result.unwrap();
    assert_eq!(due(&response) == due(&fixture.embedded()), mode == Embedded);
    let stored = fixture.stored().unwrap();
    fixture.work_after(60);
    assert_eq!(fixture.comparisons(), [(version, Purpose::Shadow, Outcome::Different)]);
    assert_eq!(fixture.stored().unwrap(), stored);
    let long = TimeDelta::days(1);
    let rules = fixture.run(|work| calculation::differences_by_rule(work, now() - long, now() + long, 100)).unwrap();
    assert!(!rules.is_empty() && rules.iter().all(|rule| rule.count > 0 && rule.results == 1), "{rules:?}");
    assert_eq!(fixture.events("calculation.changed"), 0);
}

#[test]
fn a_shadow_that_agrees_is_recorded_and_one_out_of_reach_waits() {
    let fixture = fixture();
    fixture.choose(Embedded, true);
    fixture.peer.set(Behaviour::Refuse);
    fixture.recompute().unwrap();
    let (version, _) = fixture.recompute().unwrap().result.unwrap();
    assert!(fixture.work_after(0).again >= 1);
    fixture.peer.set(Behaviour::Healthy);
    fixture.work_after(60);
    assert_eq!(fixture.comparisons(), [(version, Purpose::Shadow, Outcome::Same)]);
    assert_eq!(fixture.version(), version);
}

#[test]
fn a_comparison_done_twice_or_too_late_changes_nothing() {
    let fixture = fixture();
    fixture.choose(ModuleWithFallback, false);
    fixture.peer.set(Behaviour::Refuse);
    let (version, _) = fixture.recompute().unwrap().result.unwrap();
    fixture.peer.set(Behaviour::Healthy);
    let job = calculation::CompareJob { patient_id: fixture.patient, month: october(), version, is_provisional: true };
    let payload = serde_json::to_value(job).unwrap();
    let compare = || fixture.run(|work| calculation::compare(work, &payload)).unwrap();
    assert_eq!(compare(), Comparison::Same);
    let after = fixture.version();
    assert_eq!((compare(), fixture.version()), (Comparison::Obsolete, after));
    fixture.work_after(60);
    assert_eq!((fixture.comparisons().len(), fixture.version()), (1, after));
}

#[test]
fn without_a_module_nobody_who_chose_it_gets_another_engine_unmarked() {
    let fixture = fixture();
    let service = Service::new(fixture.database.clone(), fixture.engine.clone(), Clock::Fixed(now()));
    let recompute = || service.run(&caller(a()), |work| month::recompute(work, fixture.patient, october()));
    fixture.choose(Module, false);
    let problem = recompute().unwrap_err();
    assert_eq!(
        (problem.code, problem.more["reason"].as_str()),
        (ProblemCode::ModuleUnavailable, Some("not-configured"))
    );
    fixture.choose(ModuleWithFallback, false);
    assert!(is_marked(&recompute().unwrap().result.unwrap().1));
    assert_eq!(fixture.peer.requests(), 0);
}

/// Refuses every month.
struct Refusing;

impl CalculationModule for Refusing {
    fn capabilities(&self) -> Capabilities {
        engine().capabilities()
    }

    fn calculate(&self, _: &Request) -> Result<Response, Refusal> {
        let (pointer, detail) = ("/month".to_owned(), "no rules".to_owned());
        Err(Refusal { code: RefusalCode::RulesetUnsupported, pointer, detail })
    }
}

#[test]
fn a_refusal_is_an_answer_and_no_outage() {
    let fixture = fixture_with(engine(), Arc::new(Refusing));
    for mode in [Module, ModuleWithFallback] {
        fixture.choose(mode, false);
        let month = fixture.recompute().unwrap();
        assert!(month.result.is_none() && !month.findings.is_empty(), "{mode:?}");
    }
    assert_eq!(fixture.version(), 0);
    fixture.choose(Embedded, true);
    fixture.recompute().unwrap();
    fixture.recompute().unwrap();
    fixture.work_after(60);
    let version = fixture.version();
    assert!(fixture.comparisons().contains(&(version, Purpose::Shadow, Outcome::Refused)));
}

#[test]
fn a_choice_needs_a_reason_and_the_version_that_was_seen() {
    let fixture = fixture();
    let choose = |base: i32, reason: &'static str| {
        let choice = Choice { mode: Module, is_shadowed: true };
        fixture.run(move |work| calculation::choose(work, base, choice, reason)).map_err(|problem| problem.code)
    };
    assert_eq!(choose(0, " "), Err(ProblemCode::ReasonMissing));
    assert_eq!(choose(0, "試験"), Ok(1));
    assert_eq!(choose(0, "試験"), Err(ProblemCode::VersionConflict));
    let setting = fixture.run(calculation::chosen).unwrap();
    assert_eq!((setting.version, setting.mode, setting.is_shadowed), (1, Module, true));
    let other = fixture.service.run(&caller(b()), calculation::chosen).unwrap();
    assert_eq!((other.version, other.mode, other.is_shadowed), (0, Embedded, false));
}
