//! Shifts and days: counted, proven, closed by two people, closed for good, chained.

#![allow(clippy::unwrap_used)]

mod support;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use serde_json::json;
use service::closes::{self, ChangeDay, OpenShift};
use service::payments::{self, Pay};
use service::{Problem, ProblemCode};
use store::ledger::Account;
use support::{Clinic, DAY, NUMBER, cash, clinic, code, count, date, yen};

fn open(clinic: &Clinic, float: i64) -> Result<closes::ShiftView, Problem> {
    clinic.run(|work| closes::open_shift(work, &OpenShift { float_yen: yen(float) }))
}

fn close_day(clinic: &Clinic, reason: Option<&str>) -> Result<closes::DayView, Problem> {
    let change = ChangeDay { reason: reason.map(str::to_owned) };
    clinic.run(|work| closes::close_day(work, date(DAY), &change))
}

/// A float of 30,000, a bill of 2,940 paid in cash, a shift counted without a difference.
fn quiet_day() -> (Clinic, store::VisitId) {
    let clinic = clinic(4);
    open(&clinic, 30_000).unwrap();
    let visit = clinic.billed(DAY, 2_940);
    clinic.pay(DAY, &cash(Some(visit))).unwrap();
    let counted = count(&[(10_000, 3), (1_000, 2), (500, 1), (100, 4), (10, 4)], None);
    let shift = clinic.run(|work| closes::close_shift(work, date(DAY), 1, &counted)).unwrap();
    assert_eq!((shift.state.as_str(), shift.expected_yen, shift.difference_yen), ("closed", yen(32_940), Some(yen(0))));
    (clinic, visit)
}

#[test]
fn a_difference_of_a_hundred_yen_needs_a_reason_and_a_second_person() {
    let clinic = clinic(2);
    open(&clinic, 10_000).unwrap();
    assert_eq!(code(open(&clinic, 10_000)), ProblemCode::StateConflict);
    let visit = clinic.billed(DAY, 1_000);
    clinic.pay(DAY, &cash(Some(visit))).unwrap();
    let counting = |reason| {
        let counted = count(&[(10_000, 1), (500, 1), (100, 4)], reason);
        clinic.run(|work| closes::close_shift(work, date(DAY), 1, &counted))
    };
    let confirm = |who| clinic.run_as(who, DAY, |work| closes::confirm_shift(work, date(DAY), 1));
    assert_eq!(code(confirm(2)), ProblemCode::StateConflict);
    let refused = counting(Some("  ")).unwrap_err();
    assert_eq!((refused.code, refused.more.get("differenceYen")), (ProblemCode::ReasonMissing, Some(&json!(-100))));
    let shift = counting(Some("釣銭の渡し過ぎ")).unwrap();
    assert_eq!((shift.state.as_str(), shift.difference_yen), ("counted", Some(yen(-100))));
    assert_eq!(code(close_day(&clinic, None)), ProblemCode::StateConflict);
    assert_eq!(code(confirm(1)), ProblemCode::SecondPerson);
    // Cash that moved since the count: it must be counted again.
    let other = clinic.billed(DAY, 500);
    clinic.pay(DAY, &cash(Some(other))).unwrap();
    assert_eq!(code(confirm(2)), ProblemCode::VersionConflict);
    let counted = count(&[(10_000, 1), (500, 2), (100, 4)], Some("釣銭の渡し過ぎ"));
    clinic.run(|work| closes::close_shift(work, date(DAY), 1, &counted)).unwrap();
    assert_eq!(clinic.balance(Account::CashDifference), yen(0));
    let shift = confirm(2).unwrap();
    assert_eq!((shift.state.as_str(), shift.reason.as_deref()), ("closed", Some("釣銭の渡し過ぎ")));
    assert_eq!((clinic.balance(Account::CashDifference), clinic.balance(Account::Cash)), (yen(100), yen(1_400)));
    assert_eq!(code(confirm(2)), ProblemCode::StateConflict);
    let day = close_day(&clinic, None).unwrap();
    assert_eq!((day.state.as_str(), day.figures.cash_difference_yen, day.proof.is_proven), ("closed", yen(100), true));
    clinic.assert_balanced();
}

#[test]
fn nothing_is_booked_on_a_closed_day_until_it_is_reopened() {
    let (clinic, visit) = quiet_day();
    let open_bill = clinic.billed(DAY, 700);
    clinic.pay(DAY, &Pay { later: true, ..cash(Some(open_bill)) }).unwrap();
    let closed = close_day(&clinic, None).unwrap();
    assert_eq!((closed.state.as_str(), closed.step, closed.is_as_closed), ("closed", 1, Some(true)));
    assert_eq!(closed.not_even.len(), 1);
    assert_eq!(code(close_day(&clinic, None)), ProblemCode::DayClosed);
    assert_eq!(code(clinic.pay(DAY, &cash(Some(open_bill)))), ProblemCode::DayClosed);
    assert_eq!(code(clinic.settle(visit, 1, DAY, 100)), ProblemCode::DayClosed);
    assert_eq!(code(open(&clinic, 0)), ProblemCode::DayClosed);
    // A later correction is dated its own day.
    clinic.settle(visit, 1, "2026-10-06", 1_000).unwrap();
    let late = clinic.pay("2026-10-06", &cash(Some(open_bill))).unwrap();
    assert_eq!(late.yen, yen(700));
    let day = clinic.run(|work| closes::read_day(work, date(DAY))).unwrap();
    assert_eq!((day.is_as_closed, day.figures == closed.figures), (Some(true), true));
    let reopen = |reason: Option<&str>| {
        let change = ChangeDay { reason: reason.map(str::to_owned) };
        clinic.run(|work| closes::reopen_day(work, date(DAY), &change))
    };
    assert_eq!(code(reopen(None)), ProblemCode::ReasonMissing);
    assert_eq!(reopen(Some("入力もれ")).unwrap().state, "reopened");
    assert_eq!(code(reopen(Some("入力もれ"))), ProblemCode::StateConflict);
    let forgotten = clinic.billed(DAY, 300);
    clinic.pay(DAY, &Pay { later: true, ..cash(Some(forgotten)) }).unwrap();
    let again = close_day(&clinic, None).unwrap();
    assert_eq!((again.step, again.figures.bills_yen), (3, yen(3_940)));
    assert_ne!(again.hash, closed.hash);
    assert_eq!(clinic.run(closes::verify).unwrap().wrong, Vec::<i64>::new());
    clinic.assert_balanced();
}

#[test]
fn what_is_unfinished_is_named_and_needs_a_reason() {
    let (clinic, _) = quiet_day();
    let without_bill = clinic.visit(DAY);
    let refused = close_day(&clinic, None).unwrap_err();
    assert_eq!(refused.code, ProblemCode::MustConfirm);
    let named = refused.more.get("withoutBill").unwrap().as_array().unwrap();
    assert_eq!(named.first().unwrap().get("visitId"), Some(&json!(without_bill)));
    let closed = close_day(&clinic, Some("電話再診の算定は明日")).unwrap();
    assert_eq!(closed.reason.as_deref(), Some("電話再診の算定は明日"));
    let tomorrow = ChangeDay::default();
    assert_eq!(code(clinic.run(|work| closes::close_day(work, date("2026-10-06"), &tomorrow))), ProblemCode::Invalid);
}

#[test]
fn a_doubled_payment_keeps_the_day_from_closing() {
    let (clinic, visit) = quiet_day();
    // Past the use cases: a payment without its receipt under the receipt's name, as a fault would leave it.
    let mut administrator = PgConnection::establish(&clinic.test.administrator_url()).unwrap();
    let doubled = format!(
        "INSERT INTO payments SELECT tenant_id, gen_random_uuid(), patient_id, kind, method, yen, paid_on, entry_id, \
         NULL, NULL, recorded_at, recorded_by, NULL FROM payments WHERE tenant_id = 1 AND payment_id IN \
         (SELECT payment_id FROM payment_allocations WHERE visit_id = '{visit}')"
    );
    administrator.batch_execute(&doubled).unwrap();
    let refused = close_day(&clinic, None).unwrap_err();
    assert_eq!(refused.code, ProblemCode::AmountWrong);
    let checks = refused.more.get("checks").unwrap().as_array().unwrap().clone();
    let failed: Vec<_> = checks.iter().filter(|c| c["leftYen"] != c["rightYen"]).map(|c| c["name"].clone()).collect();
    assert_eq!(failed, [json!("balance"), json!("money")]);
}

#[test]
fn an_altered_closing_is_found() {
    let (clinic, _) = quiet_day();
    close_day(&clinic, None).unwrap();
    let mut administrator = PgConnection::establish(&clinic.test.administrator_url()).unwrap();
    administrator.batch_execute("UPDATE day_closes SET content = replace(content, '2940', '2930')").unwrap();
    assert_eq!(clinic.run(closes::verify).unwrap().wrong, [1]);
}

#[test]
fn a_payment_on_its_way_is_in_the_closing_or_refused() {
    for _ in 0..5 {
        let (clinic, _) = quiet_day();
        let visit = clinic.billed(DAY, 500);
        let reason = Some("未収あり");
        let card = Pay { method: service::account::PaymentMethod::Card, ..cash(Some(visit)) };
        let (paid, closed) = std::thread::scope(|scope| {
            let paying = scope.spawn(|| clinic.run_as(2, DAY, |work| payments::pay(work, NUMBER, None, &card)));
            let closing = scope.spawn(|| close_day(&clinic, reason));
            (paying.join().unwrap(), closing.join().unwrap().unwrap())
        });
        let expected = match paid {
            Ok(_) => Some(yen(500)),
            Err(problem) => {
                assert_eq!(problem.code, ProblemCode::DayClosed);
                None
            }
        };
        assert_eq!(closed.figures.money.get("card").copied(), expected);
        let day = clinic.run(|work| closes::read_day(work, date(DAY))).unwrap();
        assert_eq!(day.is_as_closed, Some(true));
    }
}
