//! `tensu demo`: a clinic's month played against a running server, as an EMR and clerks would.

#![allow(clippy::indexing_slicing, reason = "a JSON value without the member reads as null")]

mod client;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use billing::clinic::{Clinic, Patient, Visit};
use billing::push::PushedVisit;
use calculation::{Order, OrderKind, VisitKind};
use chrono::NaiveDate;
use clap::Args;
use client::{Caller, PASSWORD, Server};
use kernel::ServiceDate;
use serde_json::{Value, json};
use service::identity::{FirstUser, NewClinic, code_at, register_clinic};
use service::{Permission, Role};
use store::{Actor, Secret};

use crate::clinic_file;
use crate::serve_command::{Common, service};

/// 釣銭準備金 of every demo day.
const FLOAT_YEN: i64 = 30_000;
/// Denominations of cash, from the largest.
const DENOMINATIONS: [i64; 10] = [10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10, 5, 1];
/// Logins with their roles.
const PEOPLE: [(&str, Role, &str); 4] = [
    ("kanri", Role::Administrator, "架空 管理"),
    ("incho", Role::Director, "見本 院長"),
    ("shunin", Role::BillingLead, "架空 主任"),
    ("kaikei", Role::Cashier, "見本 会計"),
];

/// `tensu demo`.
#[derive(Args)]
pub struct Demo {
    /// The server; it must run with `--demo`.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Clinic document.
    #[arg(long)]
    clinic: PathBuf,
    /// Code of the new clinic on the server.
    #[arg(long)]
    code: String,
    #[command(flatten)]
    common: Common,
}

/// A clinic on the server with who works there.
struct Staff {
    code: String,
    /// Secret of the second factor by login.
    secrets: BTreeMap<&'static str, String>,
    client_id: String,
    client_secret: String,
}

/// What a day or the month came to.
#[derive(Default)]
struct Tally {
    visits: usize,
    on_hold: usize,
    due_yen: i64,
    days: usize,
}

pub fn run(command: &Demo) -> anyhow::Result<ExitCode> {
    let (mut clinic, findings) = clinic_file::read(&command.clinic, None)?;
    if let Some(finding) = findings.iter().find(|finding| finding.is_stop()) {
        bail!("{}: {}", finding.place, finding.message);
    }
    clinic.patients.sort_by(|a, b| a.number.cmp(&b.number));
    let days = days(&clinic);
    let first = days.keys().next().context("the clinic has no visit")?.naive();
    let server = Server::new(&command.url, first)?;
    let staff = open_clinic(command, &server)?;
    register(&clinic, &staff, &server)?;
    let mut tally = Tally::default();
    for (day, visits) in &days {
        play(*day, visits, &staff, &server, &mut tally)?;
    }
    println!(
        "{}: {} patients, {} visits settled ({} on hold), {} yen due, {} days closed and balanced",
        staff.code,
        clinic.patients.len(),
        tally.visits,
        tally.on_hold,
        tally.due_yen,
        tally.days
    );
    print_logins(&staff)?;
    Ok(ExitCode::SUCCESS)
}

/// Visits that are not cancelled, by day and start.
fn days(clinic: &Clinic) -> BTreeMap<ServiceDate, Vec<(&Patient, &Visit)>> {
    let mut days: BTreeMap<ServiceDate, Vec<(&Patient, &Visit)>> = BTreeMap::new();
    for patient in &clinic.patients {
        for visit in patient.visits.iter().filter(|visit| visit.is_active()) {
            days.entry(visit.date).or_default().push((patient, visit));
        }
    }
    for visits in days.values_mut() {
        visits.sort_by_key(|(patient, visit)| (visit.started_at, patient.number.clone(), visit.id.clone()));
    }
    days
}

/// Registers the clinic and its people; all of them get a second factor; the administrator registers the EMR.
fn open_clinic(command: &Demo, server: &Server) -> anyhow::Result<Staff> {
    let service = service(&command.common)?.0.standing_at(server.now().to_utc());
    let users = PEOPLE
        .iter()
        .map(|(login, role, name)| FirstUser {
            login: (*login).to_owned(),
            display_name: (*name).to_owned(),
            role: *role,
        })
        .collect();
    let new = NewClinic { code: command.code.clone(), first_receipt_number: 1, users };
    let registered = register_clinic(&service, Actor::System("operator"), &new, None)
        .map_err(|problem| anyhow::anyhow!("registering {}: {problem}", command.code))?;
    let mut secrets = BTreeMap::new();
    for (login, ..) in PEOPLE {
        let invited = registered.invitations.iter().find(|(name, _)| name == login).context("no invitation")?;
        secrets.insert(login, server.enrol(&command.code, login, invited.1.token.reveal())?);
    }
    // A code is used once; the next one comes half a minute later.
    let later = server.at(server.now().date_naive(), 8, 10)?;
    let administrator = later.person(&command.code, "kanri", secrets.get("kanri").map(String::as_str))?;
    let scopes: Vec<&str> = [
        Permission::PatientRead,
        Permission::PatientWrite,
        Permission::InsuranceWrite,
        Permission::DiagnosisWrite,
        Permission::OrderRead,
        Permission::OrderWrite,
        Permission::EventRead,
        Permission::MasterRead,
    ]
    .iter()
    .map(|scope| scope.as_str())
    .collect();
    let made = administrator.post("/v1/api-clients", &json!({ "name": "架空電子カルテ", "scopes": scopes }))?;
    let text = |value: &Value, name: &str| value.as_str().map(str::to_owned).with_context(|| name.to_owned());
    Ok(Staff {
        code: command.code.clone(),
        secrets,
        client_id: text(&made["client"]["clientId"], "clientId")?,
        client_secret: text(&made["clientSecret"], "clientSecret")?,
    })
}

impl Staff {
    fn person(&self, server: &Server, login: &str) -> anyhow::Result<Caller> {
        server.person(&self.code, login, self.secrets.get(login).map(String::as_str))
    }

    fn emr(&self, server: &Server) -> anyhow::Result<Caller> {
        server.machine(&self.client_id, &self.client_secret)
    }
}

/// The institution by the administrator; patients with payers and diagnoses by the EMR; histories by the billing lead.
fn register(clinic: &Clinic, staff: &Staff, server: &Server) -> anyhow::Result<()> {
    let day = server.now().date_naive();
    let morning = server.at(day, 8, 20)?;
    staff.person(&morning, "kanri")?.put("/v1/institution", &serde_json::to_value(&clinic.institution)?, 0)?;
    let lead = staff.person(&morning, "shunin")?;
    let emr = staff.emr(&morning)?;
    for patient in &clinic.patients {
        let profile = json!({
            "name": patient.name, "kana": patient.kana, "birthDate": patient.birth_date, "sex": patient.sex,
            "address": patient.address, "phone": patient.phone, "allergies": patient.allergies,
            "declinesStatement": patient.declines_statement, "facts": patient.facts
        });
        emr.post("/v1/patients", &json!({ "number": patient.number, "force": true, "profile": profile }))?;
        let put = |kind: &str, reference: &str, value: Value| {
            emr.put(&format!("/v1/patients/{}/{kind}/{reference}", patient.number), &value, 0)
        };
        for coverage in &patient.coverages {
            put("coverages", &coverage.id, serde_json::to_value(coverage)?)?;
        }
        for subsidy in &patient.subsidies {
            put("subsidies", &subsidy.id, serde_json::to_value(subsidy)?)?;
        }
        for (place, limit) in (1..).zip(&patient.limits) {
            put("limits", &format!("L{place:03}"), serde_json::to_value(limit)?)?;
        }
        for (place, disease) in (1..).zip(&patient.specific_diseases) {
            put("specific-diseases", &format!("D{place:03}"), serde_json::to_value(disease)?)?;
        }
        for set in &patient.sets {
            put("coverage-sets", &set.id, serde_json::to_value(set)?)?;
        }
        for diagnosis in &patient.diagnoses {
            put("diagnoses", &diagnosis.id, serde_json::to_value(diagnosis)?)?;
        }
        let history = serde_json::to_value(&patient.history)?;
        lead.put(&format!("/v1/patients/{}/history", patient.number), &history, 0)?;
    }
    Ok(())
}

/// One day: the till is opened, orders come, the desk settles and takes the money, the day is closed.
fn play(
    day: ServiceDate,
    visits: &[(&Patient, &Visit)],
    staff: &Staff,
    server: &Server,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let date = day.naive();
    let open = server.at(date, 8, 40)?;
    let cashier = staff.person(&open, "kaikei")?;
    let lead = staff.person(&open, "shunin")?;
    let emr = staff.emr(&open)?;
    let shift = cashier.post("/v1/shifts", &json!({ "floatYen": FLOAT_YEN }))?;
    for (patient, visit) in visits {
        settle(patient, visit, &emr, &cashier, tally)
            .with_context(|| format!("visit {} of patient {}", visit.id, patient.number))?;
    }
    close(date, &shift, &cashier, &lead)?;
    tally.days += 1;
    Ok(())
}

fn settle(patient: &Patient, visit: &Visit, emr: &Caller, cashier: &Caller, tally: &mut Tally) -> anyhow::Result<()> {
    let pushed = emr.post("/v1/visits", &serde_json::to_value(pushed(patient, visit)?)?)?;
    let mut view = pushed["visit"].clone();
    let id = view["visitId"].as_str().context("visitId")?.to_owned();
    // What only the desk knows: answers to conditions, struck lines, kinds of visit the EMR has no word for.
    let content = Visit { id: id.clone(), collected_yen: None, ..(*visit).clone() };
    let content = serde_json::to_value(&content)?;
    if view["content"] != content {
        let edit = json!({ "revision": view["revision"], "edit": view["edit"], "content": content });
        view = cashier.put(&format!("/v1/visits/{id}/content"), &edit, 0)?;
    }
    let mut body = json!({ "resultVersion": view["resultVersion"], "payment": { "method": "cash" } });
    if view["state"] == "on_hold" {
        tally.on_hold += 1;
        body["reason"] = "見本の受診のため、指摘を確かめたうえで会計".into();
    }
    let paid = cashier.post(&format!("/v1/visits/{id}/checkout"), &body)?;
    let due = paid["settlement"]["dueYen"].as_i64().context("dueYen")?;
    tally.visits += 1;
    tally.due_yen += due;
    Ok(())
}

/// What an EMR knows of a visit.
fn pushed(patient: &Patient, visit: &Visit) -> anyhow::Result<PushedVisit> {
    let setting = match visit.kind {
        VisitKind::Phone => "telephone",
        VisitKind::InitialOnline | VisitKind::RevisitOnline => "online",
        VisitKind::HouseCall | VisitKind::HomeVisit => "home",
        _ => "outpatient",
    };
    let items: Vec<Value> = visit.orders.iter().filter(|order| order.kind != OrderKind::SelfPay).map(line).collect();
    let value = json!({
        "sourceVisitId": format!("{}-{}", patient.number, visit.id), "patientNumber": patient.number,
        "visitDate": visit.date, "startedAt": visit.started_at, "setting": setting,
        "departmentCode": visit.department_code, "practitionerCode": visit.doctor_ref,
        "coverageSetNumber": visit.set_id, "autoConsultationFee": visit.kind != VisitKind::None, "items": items
    });
    Ok(serde_json::from_value(value)?)
}

fn line(order: &Order) -> Value {
    json!({ "code": order.code, "quantity": order.quantity, "times": order.times, "sourceLineId": order.id })
}

/// The till is counted to the yen, the billing lead closes the day.
fn close(date: NaiveDate, shift: &Value, cashier: &Caller, lead: &Caller) -> anyhow::Result<()> {
    let number = shift["number"].as_i64().context("number of the shift")?;
    let day = cashier.get(&format!("/v1/days/{date}"))?;
    let expected = day["shifts"][0]["expectedYen"].as_i64().context("expectedYen")?;
    let counts = json!({ "pieces": pieces(expected) });
    let counted = cashier.post(&format!("/v1/shifts/{date}/{number}/counts"), &counts)?;
    if counted["state"] != "closed" {
        lead.post(&format!("/v1/shifts/{date}/{number}/confirmation"), &Value::Null)?;
    }
    let step = day["step"].as_i64().context("step")?;
    let body = json!({ "reason": "見本の日の締め" });
    let closed = lead.send("POST", &format!("/v1/days/{date}/closing"), &body, Some(step))?;
    ensure!(closed["state"] == "closed" && closed["proof"]["isProven"] == true, "{date} is not closed: {closed}");
    Ok(())
}

/// An amount in as few pieces as possible.
fn pieces(mut yen: i64) -> BTreeMap<String, i64> {
    let mut pieces = BTreeMap::new();
    for denomination in DENOMINATIONS {
        let count = yen / denomination;
        if count > 0 {
            pieces.insert(denomination.to_string(), count);
            yen -= count * denomination;
        }
    }
    pieces
}

fn print_logins(staff: &Staff) -> anyhow::Result<()> {
    println!("  Logins of clinic {} (password {PASSWORD}; demo only):", staff.code);
    for (login, role, name) in PEOPLE {
        let secret = staff.secrets.get(login).context("secret")?;
        let code = code_at(&Secret::new(secret.clone()), chrono::Utc::now()).context("code")?;
        println!("  {login:<8} {:<14} {name}  TOTP secret {secret}, code now {}", role.as_str(), code.reveal());
    }
    println!("  EMR: client_id {}, client_secret {}", staff.client_id, staff.client_secret);
    Ok(())
}
