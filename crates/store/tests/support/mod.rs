//! Two clinics in one database; every test works in the first, the second must stay invisible.

#![allow(dead_code, clippy::unwrap_used, clippy::missing_panics_doc)]

use std::fs;
use std::path::Path;

use billing::clinic::{Clinic, Event, Patient};
use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use kernel::{ClaimMonth, ServiceDate};
use store::idempotency::{self, Answer, KeyedRequest};
use store::testing::TestDatabase;
use store::{Actor, Database, PatientId, Stamp, StoreError, TenantId, TenantTx, document, patients, tenants};

pub struct Fixture {
    pub database: Database,
    pub test: TestDatabase,
}

/// Clinic A: the tenant of the tests.
pub fn a() -> TenantId {
    TenantId::new(1).unwrap()
}

/// Clinic B: what it holds must never be seen in A.
pub fn b() -> TenantId {
    TenantId::new(2).unwrap()
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn stamp() -> Stamp {
    Stamp::new(at("2026-10-05T00:00:00Z"), Actor::System("test"))
}

pub fn date(text: &str) -> ServiceDate {
    text.parse().unwrap()
}

pub fn october() -> ClaimMonth {
    "2026-10".parse().unwrap()
}

/// A migrated database with both tenants registered and nothing else.
pub fn registered(pool_size: u32) -> Fixture {
    let test = TestDatabase::new().unwrap_or_else(|error| panic!("{error}"));
    let database = test.connect(pool_size).unwrap();
    for (tenant, code) in [(a(), "clinic-a"), (b(), "clinic-b")] {
        run(&database, tenant, |tx| tenants::create(tx, code, 1, &stamp()));
    }
    Fixture { database, test }
}

/// Both tenants with the same demo patients: every reference of A exists in B too.
pub fn twins(pool_size: u32) -> Fixture {
    let fixture = registered(pool_size);
    for tenant in [a(), b()] {
        run(&fixture.database, tenant, |tx| document::load(tx, &few(), &stamp()).map(drop));
    }
    fixture
}

pub fn run<T>(
    database: &Database,
    tenant: TenantId,
    work: impl FnOnce(&mut TenantTx<'_>) -> Result<T, StoreError>,
) -> T {
    database.in_tenant(tenant, work).unwrap()
}

/// The month of the demo clinic of `fixtures/demo-clinic`, with everything known.
pub fn demo(name: &str) -> Clinic {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/demo-clinic").join(name);
    let document: Clinic = serde_json::from_str(&fs::read_to_string(folder.join("clinic.json")).unwrap()).unwrap();
    let (clinic, _) = document.merge(read_folder::<Patient>(&folder.join("patients")), Vec::new());
    let mut clinic = clinic.with_events(&read_folder::<Event>(&folder.join("events"))).0;
    for patient in &mut clinic.patients {
        patient.visits.retain(|visit| visit.date.month_of() == october());
    }
    clinic
}

fn read_folder<T: serde::de::DeserializeOwned>(folder: &Path) -> Vec<T> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| serde_json::from_str(&fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap()).collect()
}

/// Three patients of the demo clinic, of whom only P28 has paid.
pub fn few() -> Clinic {
    let mut clinic = demo("a");
    clinic.patients.retain(|patient| ["P01", "P08", "P28"].contains(&patient.id.as_str()));
    clinic.patients.sort_by(|a, b| a.id.cmp(&b.id));
    for patient in clinic.patients.iter_mut().filter(|patient| patient.id != "P28") {
        patient.visits.iter_mut().for_each(|visit| visit.collected_yen = None);
    }
    clinic
}

/// The patient with a カルテ番号.
pub fn patient(fixture: &Fixture, tenant: TenantId, number: &str) -> PatientId {
    run(&fixture.database, tenant, |tx| patients::find_by_number(tx, number)).unwrap().id
}

/// A connection past every policy.
pub fn administrator(fixture: &Fixture) -> PgConnection {
    PgConnection::establish(&fixture.test.administrator_url()).unwrap()
}

/// An answer, and whether it is a repeated one.
#[derive(Clone, PartialEq, Debug)]
pub enum Once {
    /// The effect happened now.
    Done(Answer),
    /// It happened before; this is what was answered then.
    Replayed(Answer),
}

/// A keyed request as a server handles it: asked, done, stored in one transaction.
pub fn once(
    tx: &mut TenantTx<'_>,
    request: &KeyedRequest<'_>,
    effect: impl FnOnce(&mut TenantTx<'_>) -> Result<Answer, StoreError>,
) -> Result<Once, StoreError> {
    if let Some(answer) = idempotency::begin(tx, request)? {
        return Ok(Once::Replayed(answer));
    }
    let answer = effect(tx)?;
    idempotency::finish(tx, request, &answer)?;
    Ok(Once::Done(answer))
}
