//! A clinic with patients, two clerks and a clock that stands where a test puts it.

#![allow(dead_code, clippy::unwrap_used, clippy::missing_panics_doc)]

use std::collections::BTreeMap;
use std::sync::Arc;

use calculation::{CalculationModule, Capabilities, Problem as CalculationProblem, Request, Response};
use chrono::{DateTime, Utc};
use kernel::{ClaimMonth, ServiceDate, Yen};
use service::account::PaymentMethod;
use service::closes::CountShift;
use service::payments::{MoneyMoved, Pay};
use service::{Caller, Clock, Problem, ProblemCode, Service, Work};
use store::ledger::{self, Account};
use store::patients::{self, NewPatient, Profile};
use store::settlements::{self, Amounts, NewSettlement};
use store::testing::TestDatabase;
use store::visits::{self, NewVisit, VisitState};
use store::{Actor, EntryId, PatientId, Stamp, TenantId, VisitId, tenants};
use uuid::Uuid;

pub const NUMBER: &str = "00001";
pub const DAY: &str = "2026-10-05";

/// Settlements are written directly: nothing is to be calculated.
struct NoModule;

impl CalculationModule for NoModule {
    fn capabilities(&self) -> Capabilities {
        panic!("nothing is calculated here")
    }

    fn calculate(&self, _: &Request) -> Result<Response, CalculationProblem> {
        panic!("nothing is calculated here")
    }
}

pub struct Clinic {
    pub service: Service,
    pub patient: PatientId,
    pub test: TestDatabase,
}

pub fn yen(amount: i64) -> Yen {
    Yen::new(amount)
}

pub fn date(text: &str) -> ServiceDate {
    text.parse().unwrap()
}

/// Ten in the morning in Japan.
pub fn at(day: &str) -> DateTime<Utc> {
    format!("{day}T01:00:00Z").parse().unwrap()
}

pub fn tenant() -> TenantId {
    TenantId::new(1).unwrap()
}

/// One of the people of the clinic.
pub fn person(number: u128) -> Caller {
    Caller { tenant: tenant(), actor: Actor::User(Uuid::from_u128(number)), origin: Some("desk 1".to_owned()) }
}

pub fn stamp(day: &str) -> Stamp {
    Stamp::new(at(day), Actor::System("test"))
}

pub fn clinic(pool_size: u32) -> Clinic {
    let test = TestDatabase::new().unwrap_or_else(|error| panic!("{error}"));
    let database = test.connect(pool_size).unwrap();
    let patient = PatientId::new();
    database
        .in_tenant(tenant(), |tx| {
            tenants::create(tx, "clinic-a", 1, &stamp(DAY))?;
            let institution = serde_json::from_value(serde_json::json!({
                "code": "1312345679", "name": "架空内科", "address": "東京都架空区1-1", "phone": "03-0000-0000",
                "isDemo": true, "departments": [{ "code": "01" }],
            }));
            let institution = institution.unwrap_or_else(|error| panic!("{error}"));
            tenants::record_institution(tx, 0, &institution, &stamp(DAY))?;
            patients::insert(tx, &[new_patient(patient, NUMBER)], &stamp(DAY))
        })
        .unwrap();
    let service = Service::new(database, Arc::new(NoModule), Clock::Fixed(at(DAY)));
    Clinic { service, patient, test }
}

fn new_patient(id: PatientId, number: &str) -> (NewPatient, Profile) {
    let profile = Profile {
        name: "架空 花子".into(),
        kana: "カクウ ハナコ".into(),
        birth_date: date("1980-01-01"),
        sex: serde_json::from_value(serde_json::json!("2")).unwrap(),
        address: None,
        phone: Some("03-1111-1111".into()),
        allergies: Vec::new(),
        declines_statement: false,
        facts: Vec::new(),
    };
    (NewPatient { id, reference: id.to_string(), number: number.to_owned() }, profile)
}

impl Clinic {
    /// Runs a use case as person 1 on [`DAY`].
    pub fn run<T>(&self, use_case: impl Fn(&mut Work<'_, '_>) -> Result<T, Problem>) -> Result<T, Problem> {
        self.run_as(1, DAY, use_case)
    }

    pub fn run_as<T>(
        &self,
        who: u128,
        day: &str,
        use_case: impl Fn(&mut Work<'_, '_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        self.service.run_at(at(day), &person(who), use_case)
    }

    /// A visit that waits for its payment.
    pub fn visit(&self, day: &str) -> VisitId {
        let id = VisitId::new();
        let new = NewVisit {
            id,
            patient_id: self.patient,
            reference: id.to_string(),
            date: date(day),
            source: visits::DESK.to_owned(),
            source_visit_id: id.to_string(),
        };
        self.store(|tx| visits::record(tx, &new, VisitState::AwaitingPayment, &stamp(day)).map(drop));
        id
    }

    /// A visit with a bill.
    pub fn billed(&self, day: &str, due: i64) -> VisitId {
        let visit = self.visit(day);
        self.settle(visit, 0, day, due).unwrap();
        visit
    }

    /// The bill of a visit on top of version `base`.
    pub fn settle(&self, visit: VisitId, base: i32, day: &str, due: i64) -> Result<i32, Problem> {
        let new = NewSettlement {
            visit_id: visit,
            patient_id: self.patient,
            month: date(day).month_of(),
            result_version: None,
            amounts: Amounts { window: yen(due), ..Amounts::default() },
            entry_id: EntryId::new(),
            settled_on: date(day),
        };
        self.service.database().in_tenant(tenant(), |tx| Ok(settlements::record(tx, base, &new, &stamp(day))?))
    }

    pub fn store<T>(&self, work: impl FnOnce(&mut store::TenantTx<'_>) -> Result<T, store::StoreError>) -> T {
        self.service.database().in_tenant(tenant(), work).unwrap()
    }

    pub fn pay(&self, day: &str, pay: &Pay) -> Result<MoneyMoved, Problem> {
        self.run_as(1, day, |work| service::payments::pay(work, NUMBER, None, pay))
    }

    pub fn state(&self, visit: VisitId) -> VisitState {
        self.store(|tx| visits::current_state(tx, visit)).unwrap().1
    }

    /// Kinds and amounts of every receipt, by number.
    pub fn receipts(&self) -> Vec<(String, i64)> {
        let query = store::receipts::ReceiptQuery { limit: 200, ..Default::default() };
        let (lines, _) = self.store(|tx| store::receipts::list(tx, &query));
        lines.iter().map(|line| (line.kind.as_str().to_owned(), line.yen.get())).collect()
    }

    /// Σ of every account over two months is zero, and each day's sums agree.
    pub fn assert_balanced(&self) {
        let months: [ClaimMonth; 2] = ["2026-10".parse().unwrap(), "2026-11".parse().unwrap()];
        for month in months {
            let totals = self.store(|tx| ledger::month_totals(tx, month));
            assert_eq!(totals.iter().map(ledger::AccountTotal::balance).sum::<Yen>(), Yen::ZERO);
            let view = self.run(|work| service::closes::read_month(work, month)).unwrap();
            for day in &view.days {
                let proof = billing::close::prove(&day.figures);
                assert!(proof.is_proven, "{:?}\n{proof:?}", day.figures);
            }
        }
    }

    pub fn balance(&self, account: Account) -> Yen {
        let totals = self.store(|tx| ledger::month_totals(tx, "2026-10".parse().unwrap()));
        totals.iter().filter(|total| total.account == account).map(ledger::AccountTotal::balance).sum()
    }
}

pub fn cash(visit: Option<VisitId>) -> Pay {
    Pay {
        visit_id: visit,
        method: PaymentMethod::Cash,
        policy: Default::default(),
        amount_yen: None,
        tendered_yen: None,
        surplus: None,
        later: false,
    }
}

pub fn count(pieces: &[(i64, u32)], reason: Option<&str>) -> CountShift {
    let pieces: BTreeMap<String, u32> = pieces.iter().map(|(yen, count)| (yen.to_string(), *count)).collect();
    CountShift { pieces, reason: reason.map(str::to_owned) }
}

pub fn code<T: std::fmt::Debug>(outcome: Result<T, Problem>) -> ProblemCode {
    outcome.unwrap_err().code
}
