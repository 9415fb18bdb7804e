//! One clinic never sees another's rows.

#![allow(clippy::unwrap_used)]

mod support;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::json;
use store::idempotency::{Answer, KeyedRequest};
use store::jobs::{self, NewJob};
use store::orders::{self, NewOrder, OrderVersion};
use store::patients::{self, Search};
use store::payers::{coverages, limits, sets, specific_diseases, subsidies};
use store::visits::{self, VisitState};
use store::{
    EntryId, PatientId, PaymentId, StoreError, TenantId, VisitId, audit, diagnoses, document, ledger, outbox, payments,
    receipt_notes, receipts, results, settlements, tenants,
};
use support::{Fixture, Once, a, administrator, at, b, date, demo, few, october, once, registered, run, stamp, twins};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn tables(fixture: &Fixture) -> Vec<String> {
    let query = "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public' \
        AND table_name <> '__diesel_schema_migrations' ORDER BY 1";
    let rows: Vec<Name> = diesel::sql_query(query).load(&mut administrator(fixture)).unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

#[test]
fn without_a_tenant_there_are_no_rows_and_none_can_be_written() {
    let fixture = twins(1);
    let mut raw = PgConnection::establish(&fixture.test.url()).unwrap();
    for setting in ["", "SELECT set_config('app.tenant_id', '', false)"] {
        if !setting.is_empty() {
            diesel::sql_query(setting).execute(&mut raw).unwrap();
        }
        for table in tables(&fixture) {
            let query = format!("SELECT count(*) AS count FROM {table}");
            assert_eq!(diesel::sql_query(query).get_result::<Count>(&mut raw).unwrap().count, 0, "{table}");
        }
        let insert = "INSERT INTO ledger_accounts VALUES (1, 'other', 'asset')";
        let error = diesel::sql_query(insert).execute(&mut raw).unwrap_err();
        assert_eq!(StoreError::from(error), StoreError::Denied);
    }
}

#[test]
fn a_row_of_another_tenant_cannot_be_written() {
    let fixture = twins(1);
    let mut raw = PgConnection::establish(&fixture.test.url()).unwrap();
    diesel::sql_query("SELECT set_config('app.tenant_id', '1', false)").execute(&mut raw).unwrap();
    let insert = "INSERT INTO ledger_accounts VALUES (2, 'other', 'asset')";
    assert_eq!(StoreError::from(diesel::sql_query(insert).execute(&mut raw).unwrap_err()), StoreError::Denied);
}

#[test]
fn a_pooled_connection_takes_nothing_along() {
    let fixture = registered(1);
    run(&fixture.database, a(), |tx| document::load(tx, &few(), &stamp()));
    let all = Search { limit: 10, ..Search::default() };
    for _ in 0..3 {
        let of_a = run(&fixture.database, a(), |tx| patients::search(tx, &all));
        assert_eq!(of_a.patients.len(), 3);
        let of_b = run(&fixture.database, b(), |tx| patients::search(tx, &all));
        assert_eq!(of_b.patients, Vec::new());
    }
    // Not after a failed transaction either, nor after a panic of the caller.
    let failed: Result<(), StoreError> = fixture.database.in_tenant(a(), |_| Err(StoreError::KeyReuse));
    assert_eq!(failed, Err(StoreError::KeyReuse));
    let database = fixture.database.clone();
    let panicked = std::thread::spawn(move || {
        let _: Result<(), StoreError> = database.in_tenant(a(), |_| panic!("the caller broke"));
    });
    assert!(panicked.join().is_err());
    assert_eq!(run(&fixture.database, b(), |tx| patients::search(tx, &all)).patients, Vec::new());
}

/// What a tenant's queries answer, as text: B's canary must never be in A's.
fn everything(fixture: &Fixture, tenant: TenantId, ids: &[PatientId], visits_seen: &[VisitId]) -> Vec<String> {
    let mut seen = Vec::new();
    run(&fixture.database, tenant, |tx| {
        let day = date("2026-10-05");
        let patient = ids.first().copied().unwrap();
        let visit = visits_seen.first().copied().unwrap();
        let mut say = |name: &str, value: &dyn std::fmt::Debug| seen.push(format!("{name}: {value:?}"));
        let search = Search { limit: 100, after: None, ..Search::default() };
        for patient in patients::search(tx, &search)?.patients {
            say("patients::search", &(patient.id, patient.profile.name.as_str()));
        }
        let after = patients::search(tx, &Search { limit: 100, after: Some(patient), ..Search::default() })?;
        say("patients::search after", &after.patients);
        say(
            "patients::find",
            &patients::find(tx, ids)?.iter().map(|p| p.profile.name.get().clone()).collect::<Vec<_>>(),
        );
        say("patients::histories", &patients::histories(tx, ids)?);
        say("coverages", &coverages::current(tx, ids)?);
        say("coverages::held_on", &coverages::held_on(tx, patient, day)?);
        say("subsidies", &subsidies::current(tx, ids)?);
        say("subsidies::held_on", &subsidies::held_on(tx, patient, day)?);
        say("limits", &limits::current(tx, ids)?);
        say("specific_diseases", &specific_diseases::current(tx, ids)?);
        say("sets", &sets::current(tx, ids)?);
        say("diagnoses", &diagnoses::current(tx, ids)?);
        say("diagnoses::active", &diagnoses::active(tx, patient, day, day)?);
        say("receipt_notes", &receipt_notes::current(tx, ids)?);
        say("visits::find", &visits::find(tx, visit)?);
        say("visits::between", &visits::between(tx, Some(ids), october().first_day(), october().last_day())?);
        say("visits::current_state", &visits::current_state(tx, visit)?);
        say(
            "visits::receptions",
            &visits::receptions(tx, day)?.iter().map(|r| r.name.get().clone()).collect::<Vec<_>>(),
        );
        say("orders::current", &orders::current(tx, visits_seen)?);
        say("results::current", &results::current(tx, ids, october())?);
        say("settlements::current", &settlements::current(tx, visits_seen)?);
        say("settlements::open_bills", &settlements::open_bills(tx, patient)?);
        say("payments::collected", &payments::collected(tx, visits_seen)?);
        say("ledger::patient_balances", &ledger::patient_balances(tx, patient)?);
        say("ledger::patient_debt", &ledger::patient_debt(tx, patient)?);
        say("ledger::day_totals", &ledger::day_totals(tx, day)?);
        say("ledger::month_totals", &ledger::month_totals(tx, october())?);
        say("receipts::find", &receipts::find(tx, 1)?);
        say("receipts::numbers_of_visit", &receipts::numbers_of_visit(tx, visit)?);
        say("jobs::dead", &jobs::dead(tx, 10)?);
        say("audit::heads", &audit::heads(tx)?);
        say("audit::verify", &audit::verify(tx, &[])?);
        say("outbox::after", &outbox::after(tx, 0, 100)?);
        say("tenants::institution", &tenants::institution(tx).map(|(_, institution)| institution));
        say("document::request", &document::request(tx, patient, october()).ok());
        Ok(())
    });
    seen
}

/// Fills clinic B with something in every table a query reads, under the name of a canary.
fn fill_with_canary(fixture: &Fixture) -> (Vec<PatientId>, Vec<VisitId>) {
    let mut clinic = demo("a");
    clinic.institution.name = "CANARY".to_owned();
    for patient in &mut clinic.patients {
        patient.name = "CANARY".into();
        patient.kana = "CANARY".into();
    }
    run(&fixture.database, b(), |tx| document::load(tx, &clinic, &stamp()));
    let all = Search { limit: 100, ..Search::default() };
    let ids: Vec<PatientId> =
        run(&fixture.database, b(), |tx| patients::search(tx, &all)).patients.iter().map(|p| p.id).collect();
    let (first, last) = (october().first_day(), october().last_day());
    let found = run(&fixture.database, b(), |tx| visits::between(tx, None, first, last));
    run(&fixture.database, b(), |tx| {
        let receipt = receipts::NewReceipt {
            kind: receipts::ReceiptKind::Receipt,
            patient_id: ids.first().copied().unwrap(),
            payment_id: None,
            visit_id: None,
            issued_on: first,
            yen: kernel::Yen::new(1),
            content: json!("CANARY"),
        };
        receipts::issue(tx, &receipt, &stamp())?;
        jobs::enqueue(tx, &NewJob::now("CANARY", "CANARY", json!("CANARY"), stamp().at()), stamp().at())?;
        outbox::append(tx, "CANARY", "CANARY", &json!("CANARY"), &stamp())?;
        let event = audit::NewEvent { action: "CANARY".to_owned(), ..audit::NewEvent::default() };
        audit::append(tx, first, &event, &stamp())
    });
    (ids, found.into_iter().map(|visit| visit.id).collect())
}

#[test]
fn queries_with_ids_of_another_tenant_answer_as_if_nobody_had_them() {
    let fixture = registered(2);
    run(&fixture.database, a(), |tx| document::load(tx, &few(), &stamp()));
    let (ids, visits_of_b) = fill_with_canary(&fixture);
    let of_b = everything(&fixture, b(), &ids, &visits_of_b).join("\n");
    assert!(of_b.contains("CANARY"));
    let of_a = everything(&fixture, a(), &ids, &visits_of_b);
    let leaks: Vec<&String> = of_a
        .iter()
        .filter(|line| line.contains("CANARY") || ids.iter().any(|id| line.contains(&id.to_string())))
        .collect();
    assert_eq!(leaks, Vec::<&String>::new());
    let empty = ["find: []", "current: []", "collected: []", "balances: []", "current_state: None", "bills: []"];
    for end in empty {
        assert!(of_a.iter().any(|line| line.ends_with(end)), "{end}");
    }
}

#[test]
fn writes_with_ids_of_another_tenant_are_refused() {
    let fixture = registered(2);
    run(&fixture.database, a(), |tx| document::load(tx, &few(), &stamp()));
    let (ids, visits_of_b) = fill_with_canary(&fixture);
    let (patient, visit) = (ids.first().copied().unwrap(), visits_of_b.first().copied().unwrap());
    let day = date("2026-10-05");
    let coverage = demo("a").patients.iter().find_map(|p| p.coverages.first().cloned()).unwrap();
    let refused = |name: &str, outcome: Result<(), StoreError>| {
        let is_refused = matches!(outcome, Err(StoreError::NotFound { .. } | StoreError::Violation { .. }));
        assert!(is_refused, "{name}: {outcome:?}");
    };
    let tx = |work: &dyn Fn(&mut store::TenantTx<'_>) -> Result<(), StoreError>| fixture.database.in_tenant(a(), work);
    refused("coverage", tx(&|tx| coverages::record(tx, patient, "X", 0, &coverage, &stamp()).map(drop)));
    refused("withdraw", tx(&|tx| coverages::withdraw(tx, patient, "C1", 1, &stamp()).map(drop)));
    refused("state", tx(&|tx| visits::move_to(tx, visit, 1, VisitState::Paid, &stamp()).map(drop)));
    let version = OrderVersion { revision: 9, edit: 0 };
    let order = NewOrder { visit_id: visit, version, source: "desk".to_owned(), content: None };
    refused("order", tx(&|tx| orders::deliver(tx, &order, &stamp()).map(drop)));
    let new_visit = visits::NewVisit {
        id: VisitId::new(),
        patient_id: patient,
        reference: "X".to_owned(),
        date: day,
        source: "desk".to_owned(),
        source_visit_id: "X".to_owned(),
    };
    refused("visit", tx(&|tx| visits::record(tx, &new_visit, VisitState::Waiting, &stamp()).map(drop)));
    let payment = payments::NewPayment {
        id: PaymentId::new(),
        entry_id: EntryId::new(),
        patient_id: patient,
        method: payments::Method::Cash,
        paid_on: day,
        allocations: vec![payments::Allocation { visit_id: Some(visit), yen: kernel::Yen::new(10) }],
        terminal_reference: None,
    };
    refused("payment", tx(&|tx| payments::record(tx, &payment, &stamp())));
    refused("receipt", tx(&|tx| receipts::void(tx, 1, day, &stamp()).map(drop)));
    let event = audit::NewEvent { action: "x".to_owned(), patient_id: Some(patient), ..audit::NewEvent::default() };
    refused("audit", tx(&|tx| audit::append(tx, day, &event, &stamp()).map(drop)));
}

#[test]
fn the_same_keys_and_numbers_belong_to_each_tenant() {
    let fixture = twins(2);
    for tenant in [a(), b()] {
        let request = KeyedRequest { route: "POST /x", key: "k", body: b"{}", at: at("2026-10-05T00:00:00Z") };
        let once = fixture.database.in_tenant(tenant, |tx| {
            once(tx, &request, |_| Ok::<_, StoreError>(Answer { status: 201, body: json!(1) }))
        });
        assert!(matches!(once, Ok(Once::Done(_))));
        assert_eq!(support::patient(&fixture, tenant, "00001"), support::patient(&fixture, tenant, "00001"));
    }
    assert_ne!(support::patient(&fixture, a(), "00001"), support::patient(&fixture, b(), "00001"));
}

#[test]
fn tenants_are_found_by_code_and_listed_by_id_only() {
    let fixture = registered(1);
    assert_eq!(fixture.database.tenant_of_code("clinic-b"), Ok(Some(b())));
    assert_eq!(fixture.database.tenant_of_code("clinic-c"), Ok(None));
    assert_eq!(fixture.database.tenants(None, 10), Ok(vec![a(), b()]));
    assert_eq!(fixture.database.tenants(Some(a()), 10), Ok(vec![b()]));
}

#[test]
fn errors_carry_no_values_of_rows() {
    let fixture = twins(1);
    let mut clinic = few();
    clinic.patients.truncate(1);
    let duplicate = fixture.database.in_tenant(a(), |tx| document::load_patients(tx, &clinic.patients, &stamp()));
    let text = format!("{duplicate:?} {}", duplicate.clone().unwrap_err());
    assert!(matches!(duplicate, Err(StoreError::Duplicate { .. })), "{text}");
    for value in ["00001", "架空", "カクウ", "P01"] {
        assert!(!text.contains(value), "{text}");
    }
}
