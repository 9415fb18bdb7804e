//! The events of the demo clinic: what each of them moves, what the month owes before and after, what is claimed.
//!
//! The figures are those of `fixtures/demo-clinic/expected-2026-10.json`, reviewed by hand in `review-2026-10.md`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use billing::balance::{Balance, around_events, balances};
use billing::claim::{self, Claims, Input};
use billing::clinic::{Clinic, Event, Moment, Record, VisitStatus};
use billing::encounter;
use calculation::TimeOfDay;
use engine::Engine;
use kernel::{ClaimMonth, Finding, ReviewBody, ServiceDate, Yen};
use proptest::prelude::*;
use rstest::rstest;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name)
}

fn read<T: DeserializeOwned>(path: &Path) -> T {
    serde_json::from_str(&fs::read_to_string(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read_folder<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    fs::read_dir(path).unwrap().map(|entry| read(&entry.unwrap().path())).collect()
}

/// The documents before any event, and the events in no order.
fn opening(name: &str) -> (Clinic, Vec<Event>) {
    let folder = fixture("demo-clinic").join(name);
    let clinic: Clinic = read(&folder.join("clinic.json"));
    let clinic = clinic.merge(read_folder(&folder.join("patients")), Vec::new()).0;
    (clinic, read_folder(&folder.join("events")))
}

fn expected() -> Value {
    read(&fixture("demo-clinic/expected-2026-10.json"))
}

fn engine() -> Engine {
    Engine::new(masters::import_to_memory(&[fixture("masters")]).unwrap())
}

fn month() -> ClaimMonth {
    "2026-10".parse().unwrap()
}

fn moment(text: &str) -> Moment {
    let (on, at) = text.split_once(' ').unwrap();
    let (hour, minute) = at.split_once(':').unwrap();
    Moment {
        on: on.parse::<ServiceDate>().unwrap(),
        at: TimeOfDay::new(hour.parse().unwrap(), minute.parse().unwrap()).unwrap(),
    }
}

fn all_balances(engine: &Engine, clinic: &Clinic) -> BTreeMap<String, Balance> {
    let mut findings = Vec::new();
    let balances = balances(engine, engine.masters(), clinic, &mut findings);
    assert_eq!(findings, Vec::new());
    balances.into_iter().map(|((_, visit), balance)| (visit, balance)).collect()
}

fn claims(engine: &Engine, clinic: &Clinic) -> Claims {
    let encounters = encounter::requests_with_late(clinic, month()).with_programmes(engine.masters());
    let calculated = claim::calculate(engine, encounters);
    claim::build(&Input {
        clinic,
        claim_month: month().plus_months(1),
        calculated: &calculated,
        masters: engine.masters(),
        hold: false,
    })
}

#[rstest]
#[case("a")]
#[case("b")]
fn every_event_moves_what_was_reviewed(#[case] name: &str) {
    let engine = engine();
    let (clinic, events) = opening(name);
    let mut found = Vec::new();
    for balances in around_events(&engine, engine.masters(), &clinic, &events) {
        let unknown = usize::from(balances.event_id == "E11");
        assert_eq!(balances.findings.len(), unknown, "only a return of nobody is told: {:#?}", balances.findings);
        found.extend(balances.moved.iter().map(|moved| {
            json!({
                "event": balances.event_id, "patient": moved.patient_id, "visit": moved.visit_id,
                "dueBefore": moved.before.map(|balance| balance.due_yen), "due": moved.recomputed.due_yen,
                "adjustment": moved.recomputed.adjustment_yen,
                "paid": moved.after.collected_yen - moved.recomputed.collected_yen, "open": moved.after.open_yen()
            })
        }));
    }
    assert_eq!(json!(found), expected()["events"][name]);
}

/// At the end of October one visit is open: the 2,000 yen of P28. In the end none is.
#[test]
fn one_debt_is_open_until_it_is_paid() {
    let engine = engine();
    for (at, open) in [("2026-10-30 23:59", Some(("V60", 2_000))), ("2026-11-04 10:00", None)] {
        let (clinic, events) = opening("a");
        let (known, findings) = clinic.known_at(&events, moment(at));
        assert_eq!(findings, Vec::new());
        let balances = all_balances(&engine, &known);
        let still: Vec<(&str, i64)> = balances
            .iter()
            .filter(|(_, balance)| !balance.open_yen().is_zero())
            .map(|(visit, balance)| (visit.as_str(), balance.open_yen().get()))
            .collect();
        assert_eq!(still, open.into_iter().collect::<Vec<_>>(), "{at}");
    }
    let (clinic, events) = opening("b");
    let balances = all_balances(&engine, &clinic.with_events(&events).0);
    assert!(balances.values().all(|balance| balance.open_yen().is_zero()), "{balances:#?}");
}

/// What the desk knew at each visit is what it charged: nobody was asked for money later without an event.
#[test]
fn each_visit_was_collected_as_it_was_known() {
    let engine = engine();
    for name in ["a", "b"] {
        let (clinic, events) = opening(name);
        let visits =
            clinic.patients.iter().flat_map(|p| p.visits.iter().map(move |visit| (p.id.clone(), visit.clone())));
        for (patient, visit) in visits.collect::<Vec<_>>() {
            let at = Moment { on: visit.date, at: visit.started_at.unwrap() };
            let mut own = clinic.clone();
            own.patients.retain(|other| other.id == patient);
            let theirs: Vec<Event> =
                events.iter().filter(|event| event.patients() == [patient.as_str()]).cloned().collect();
            let balances = all_balances(&engine, &own.known_at(&theirs, at).0);
            let balance = balances[&visit.id];
            // Taken later by an event, or only in part.
            let is_later = ["V26", "V27", "V28", "V35", "V60"].contains(&visit.id.as_str());
            assert!(is_later || balance.open_yen().is_zero(), "{}: {balance:?}", visit.id);
        }
    }
}

#[test]
fn the_new_insurer_of_p16_is_undone_and_redone() {
    let engine = engine();
    let insurers = |at: &str| {
        let (clinic, events) = opening("a");
        let claims = claims(&engine, &clinic.known_at(&events, moment(at)).0).claims;
        let own = claims.iter().filter(|claim| claim.patient_id == "P16" && claim.month == month());
        own.map(|claim| (claim.body, claim.points().get())).collect::<Vec<_>>()
    };
    let (fund, kokuhoren) = (ReviewBody::PaymentFund, ReviewBody::Kokuhoren);
    assert_eq!(insurers("2026-10-16 09:05"), [(kokuhoren, 422)]);
    assert_eq!(insurers("2026-10-16 09:10"), [(fund, 207), (kokuhoren, 215)]);
    assert_eq!(insurers("2026-10-16 09:15"), [(kokuhoren, 422)]);
    assert_eq!(insurers("2026-10-16 09:30"), [(fund, 207), (kokuhoren, 215)]);
}

/// 国保 7 receipts, 6 while P25 is held; the re-claims and the late receipt join when they are entered.
#[rstest]
#[case::before_the_claim("2026-10-31 23:59", [18, 12], &[])]
#[case::held_and_late("2026-11-02 23:59", [18, 12], &["P25"])]
#[case::returned_receipts_go_out_again("2026-11-08 23:59", [19, 13], &["P25"])]
#[case::released("2026-11-09 23:59", [19, 14], &[])]
fn the_claim_grows_with_what_is_known(#[case] at: &str, #[case] receipts: [usize; 2], #[case] held: &[&str]) {
    let (clinic, events) = opening("a");
    let claims = claims(&engine(), &clinic.known_at(&events, moment(at)).0);
    let stops: Vec<&Finding> = claims.findings.iter().filter(|finding| finding.is_stop()).collect();
    assert_eq!(stops, Vec::<&Finding>::new());
    assert_eq!(claims.summary.files.iter().map(|file| file.receipts).collect::<Vec<_>>(), receipts);
    assert_eq!(claims.summary.held.iter().map(|held| held.patient_id.as_str()).collect::<Vec<_>>(), held);
}

#[rstest]
#[case::late_receipts("a", "late")]
#[case::clinic_b("b", "branch")]
fn further_receipts_are_as_they_were_reviewed(#[case] name: &str, #[case] part: &str) {
    let engine = engine();
    let expected = &expected()[part];
    let (clinic, events) = opening(name);
    let (clinic, _) = clinic.with_events(&events);
    let balances = all_balances(&engine, &clinic);
    for (visit, wanted) in expected["visits"].as_object().unwrap() {
        assert_eq!(json!(balances[visit].due_yen), wanted["dueYen"], "{visit}");
    }
    let claims = claims(&engine, &clinic);
    let late_only = part == "late";
    let mut found: Vec<Value> =
        claims.claims.iter().filter(|claim| !late_only || claim.month != month()).map(header).collect();
    found.sort_by_key(|claim| (claim["month"].to_string(), claim["patient"].to_string()));
    assert_eq!(json!(found), expected["claims"]);
}

fn header(claim: &claim::Claim) -> Value {
    let receipt = &claim.receipt;
    let subsidies = receipt.ko.iter().map(
        |ko| json!({ "payerNumber": ko.payer.as_str(), "days": ko.days, "points": ko.points, "copayYen": ko.charge }),
    );
    json!({
        "month": claim.month, "patient": claim.patient_id,
        "file": if claim.body == ReviewBody::PaymentFund { "shaho" } else { "kokuho" },
        "typeCode": receipt.re.kind.map(|kind| kind.to_string()),
        "benefitRatio": receipt.re.benefit_percent.map(|percent| percent.to_string()),
        "specialNotes": receipt.re.special_notes.iter().map(|note| format!("{:02}", note.get())).collect::<String>(),
        "days": receipt.ho.as_ref().and_then(|ho| ho.days), "points": claim.points(),
        "insuranceCopayYen": receipt.ho.as_ref().and_then(|ho| ho.charge), "subsidies": subsidies.collect::<Vec<_>>()
    })
}

/// The notes of the desk fit the visits and the money they speak of.
#[test]
fn records_fit_the_month() {
    let engine = engine();
    let (clinic, events) = opening("a");
    let (closing, findings) = clinic.clone().with_events(&events);
    let unknown: Vec<&str> = findings.iter().map(|finding| finding.code.as_ref()).collect();
    assert_eq!(unknown, [billing::code::RETURN_PATIENT_UNKNOWN]);
    assert!(findings[0].message.contains("資格喪失後の受診") && findings[0].place == "events/E11");
    let responses = claim::calculate(&engine, encounter::requests(&closing, month())).results;
    let visit = |id: &str| responses.iter().flat_map(|r| &r.response.visits).find(|v| v.visit_id == id).unwrap();
    for event in &events {
        for record in &event.records {
            match record {
                Record::CashCount { expected_yen, counted_yen, .. } => {
                    let known = clinic.clone().known_at(&events, event.moment()).0;
                    let of_day = known.patients.iter().flat_map(|p| &p.visits).filter(|visit| visit.date == event.on);
                    assert_eq!(of_day.filter_map(|visit| visit.collected_yen).sum::<Yen>(), *expected_yen);
                    assert_eq!(*expected_yen - *counted_yen, Yen::new(100));
                }
                Record::Outage { visit_ids, paid_offline, .. } => {
                    let paid: Vec<&String> = event.payments.iter().map(|payment| &payment.visit_id).collect();
                    assert!(visit_ids.iter().chain(paid_offline).all(|id| paid.contains(&id)));
                }
                Record::CodeEnds { code, visit_id, .. } => {
                    let mut orders = closing.patients.iter().flat_map(|p| &p.visits).filter(|v| v.id == *visit_id);
                    assert!(orders.next().unwrap().orders.iter().any(|order| order.code == Some(*code)));
                }
                Record::ModuleAnswer { visit_id, points, .. } => {
                    assert_eq!((*points - visit(visit_id).points).get(), 1);
                }
                Record::Assessed { visit_id, code, claimed, reduced, .. } => {
                    let lines = &visit(visit_id).lines;
                    let is_it =
                        |line: &&calculation::Line| line.items.iter().any(|i| i.code.to_string() == code.to_string());
                    assert_eq!(lines.iter().find(is_it).unwrap().points, *claimed);
                    assert!(reduced <= claimed);
                }
                Record::Eligibility { patient_id, .. } => assert!(event.patients().contains(&patient_id.as_str())),
                Record::Returned { .. } => {}
            }
        }
    }
}

#[test]
fn a_cancelled_visit_that_was_paid_leaves_a_refund_and_no_claim() {
    let engine = engine();
    let (clinic, events) = opening("b");
    let before_money = events.iter().cloned().map(|event| match event.id.as_str() {
        "EB2" => Event { payments: Vec::new(), ..event },
        _ => event,
    });
    let (clinic, _) = clinic.with_events(&before_money.collect::<Vec<_>>());
    let visit = clinic.patients.iter().flat_map(|p| &p.visits).find(|visit| visit.id == "VQ07").unwrap();
    assert_eq!(visit.status, VisitStatus::Cancelled);
    let balance = all_balances(&engine, &clinic)["VQ07"];
    assert_eq!((balance.due_yen, balance.adjustment_yen), (Yen::ZERO, Yen::new(-600)));
    let claims = claims(&engine, &clinic);
    assert!(claims.claims.iter().all(|claim| claim.patient_id != "Q05"));
    assert_eq!(claims.summary.window.difference_yen, Yen::new(-600));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Facts of different patients may come in any order, and files may lie in any order.
    #[test]
    fn the_order_of_entry_changes_no_balance(seed in prop::collection::vec(any::<u16>(), 40)) {
        let engine = engine();
        let (clinic, mut events) = opening("a");
        let straight = clinic.clone().with_events(&events).0;
        events.sort_by_key(|event| (event.moment(), event.id.clone()));
        // Each patient's events keep their own order; between patients the seed decides.
        let weight = |event: &Event| {
            let patient = event.patients().first().map_or(0, |id| id[1..].parse::<usize>().unwrap());
            seed[patient % seed.len()]
        };
        events.sort_by_key(weight);
        let mut turned = clinic;
        for event in &events {
            turned = turned.with_events(std::slice::from_ref(event)).0;
        }
        turned.patients.reverse();
        for patient in &mut turned.patients {
            patient.visits.reverse();
            patient.coverages.reverse();
            patient.sets.reverse();
        }
        prop_assert_eq!(all_balances(&engine, &straight), all_balances(&engine, &turned));
        let (first, second) = (claims(&engine, &straight), claims(&engine, &turned));
        prop_assert_eq!(first.files, second.files);
    }
}
