//! Money at the desk over a real database: paid once, given back with a trail, never out of balance.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Barrier;

use billing::settlement::{Policy, Surplus};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use service::account::PaymentMethod;
use service::debts::{MarkDebt, OpeningDebt, TakeOff};
use service::documents::{self, DocumentKind};
use service::payments::{self, ApplyDeposit, MoneyMoved, Pay, Refund, TerminalRequest};
use service::{Problem, ProblemCode, account, debts};
use store::VisitId;
use store::debts::DebtQuery;
use store::ledger::Account;
use store::visits::VisitState;
use support::{Clinic, DAY, NUMBER, cash, clinic, code, date, yen};

fn refund(visit: Option<VisitId>) -> Refund {
    Refund {
        visit_id: visit, method: PaymentMethod::Cash, amount_yen: None, reason: "保険証の後日提示".to_owned()
    }
}

#[test]
fn exact_cash_pays_a_bill_with_its_receipt() {
    let clinic = clinic(2);
    let visit = clinic.billed(DAY, 2_940);
    let paid = clinic.pay(DAY, &cash(Some(visit))).unwrap();
    assert_eq!((paid.yen, paid.change_yen, paid.receipt_number), (yen(2_940), yen(0), Some(1)));
    assert_eq!(clinic.state(visit), VisitState::Paid);
    let receipt = clinic.run(|work| documents::read(work, 1)).unwrap();
    assert_eq!((receipt.kind, receipt.yen, receipt.issued_on), (DocumentKind::Receipt, yen(2_940), date(DAY)));
    let content = receipt.content;
    assert_eq!((content.patient_number.as_str(), content.method.as_deref()), (NUMBER, Some("cash")));
    assert_eq!((content.institution_name.as_str(), content.debt_yen), ("架空内科", yen(0)));
    let bill = content.bills.first().unwrap();
    assert_eq!((bill.due_yen, bill.received_yen, bill.open_yen), (yen(2_940), yen(2_940), yen(0)));
    assert!(content.adds_up());
    // Enter again: nothing is open any more.
    assert_eq!(code(clinic.pay(DAY, &cash(Some(visit)))), ProblemCode::StateConflict);
    clinic.assert_balanced();
}

#[test]
fn tendered_cash_gives_change_and_a_card_does_not() {
    let clinic = clinic(2);
    let visit = clinic.billed(DAY, 2_940);
    let card = Pay { method: PaymentMethod::Card, amount_yen: Some(yen(3_000)), ..cash(Some(visit)) };
    assert_eq!(code(clinic.pay(DAY, &card)), ProblemCode::AmountWrong);
    let named = Pay { amount_yen: Some(yen(3_000)), ..cash(Some(visit)) };
    assert_eq!(code(clinic.pay(DAY, &named)), ProblemCode::AmountWrong);
    let short = Pay { amount_yen: Some(yen(2_940)), tendered_yen: Some(yen(2_000)), ..cash(Some(visit)) };
    assert_eq!(code(clinic.pay(DAY, &short)), ProblemCode::AmountWrong);
    let paid = clinic.pay(DAY, &Pay { tendered_yen: Some(yen(10_000)), ..cash(Some(visit)) }).unwrap();
    assert_eq!((paid.yen, paid.change_yen), (yen(2_940), yen(7_060)));
    assert_eq!(clinic.balance(Account::Cash), yen(2_940));
    clinic.assert_balanced();
}

#[test]
fn nothing_paid_now_is_a_debt_and_a_late_payment_has_its_own_day() {
    let clinic = clinic(2);
    let visit = clinic.billed(DAY, 1_200);
    assert_eq!(code(clinic.pay(DAY, &Pay { amount_yen: Some(yen(0)), ..cash(Some(visit)) })), ProblemCode::MustConfirm);
    let later = clinic.pay(DAY, &Pay { later: true, ..cash(Some(visit)) }).unwrap();
    assert_eq!((later.receipt_number, later.account.debt_yen), (None, yen(1_200)));
    assert_eq!(clinic.state(visit), VisitState::PaidLater);
    let part = clinic.pay("2026-10-06", &Pay { amount_yen: Some(yen(500)), ..cash(Some(visit)) }).unwrap();
    assert_eq!((part.account.debt_yen, clinic.state(visit)), (yen(700), VisitState::PaidLater));
    let rest = clinic.pay("2026-10-07", &cash(Some(visit))).unwrap();
    assert_eq!((rest.yen, clinic.state(visit)), (yen(700), VisitState::Paid));
    let receipt = clinic.run(|work| documents::read(work, rest.receipt_number.unwrap())).unwrap();
    assert_eq!((receipt.issued_on, receipt.yen), (date("2026-10-07"), yen(700)));
    clinic.assert_balanced();
}

#[test]
fn a_bill_of_zero_is_settled_with_a_receipt() {
    let clinic = clinic(2);
    let visit = clinic.billed(DAY, 0);
    let paid = clinic.pay(DAY, &cash(Some(visit))).unwrap();
    assert_eq!((paid.payment_id, paid.receipt_number), (None, Some(1)));
    assert_eq!((clinic.state(visit), clinic.receipts()), (VisitState::Paid, vec![("receipt".to_owned(), 0)]));
    assert_eq!(code(clinic.pay(DAY, &cash(Some(visit)))), ProblemCode::StateConflict);
    clinic.assert_balanced();
}

#[test]
fn a_visit_without_a_bill_is_not_paid() {
    let clinic = clinic(2);
    let visit = clinic.visit(DAY);
    assert_eq!(code(clinic.pay(DAY, &cash(Some(visit)))), ProblemCode::StateConflict);
    assert_eq!(code(clinic.pay(DAY, &cash(Some(VisitId::new())))), ProblemCode::NotFound);
}

#[test]
fn one_payment_pays_old_debts_too() {
    let clinic = clinic(2);
    let old = clinic.billed("2026-10-01", 300);
    let newer = clinic.billed("2026-10-02", 500);
    let this = clinic.billed(DAY, 280);
    let pay = Pay { policy: Policy::ThisThenOldest, tendered_yen: Some(yen(1_000)), ..cash(Some(this)) };
    let paid = clinic.pay(DAY, &pay).unwrap();
    let parts: Vec<_> = paid.parts.iter().map(|part| (part.visit_id, part.yen.get())).collect();
    assert_eq!(parts, [(Some(this), 280), (Some(old), 300), (Some(newer), 420)]);
    assert_eq!((paid.change_yen, paid.account.debt_yen), (yen(0), yen(80)));
    assert_eq!(clinic.state(newer), VisitState::PaidLater);
    let receipt = clinic.run(|work| documents::read(work, 1)).unwrap();
    assert_eq!(receipt.content.bills.len(), 3);
    // `*`: everything.
    let all = clinic.pay(DAY, &Pay { policy: Policy::OldestFirst, ..cash(None) }).unwrap();
    assert_eq!((all.yen, all.account.debt_yen, clinic.state(newer)), (yen(80), yen(0), VisitState::Paid));
    clinic.assert_balanced();
}

#[test]
fn late_insurance_is_three_documents_that_add_up() {
    let clinic = clinic(2);
    let visit = clinic.billed(DAY, 9_800);
    clinic.pay(DAY, &cash(Some(visit))).unwrap();
    clinic.settle(visit, 1, DAY, 2_940).unwrap();
    let back = clinic.run(|work| payments::refund(work, NUMBER, None, &refund(Some(visit)))).unwrap();
    assert_eq!((back.yen, back.receipt_number, back.voided_receipts), (yen(-6_860), Some(3), vec![1]));
    let kinds = |clinic: &Clinic| -> Vec<(String, i64)> { clinic.receipts() };
    let trail = [("receipt", 9_800), ("void", -9_800), ("receipt", 2_940)];
    assert_eq!(kinds(&clinic), trail.map(|(kind, yen)| (kind.to_owned(), yen)));
    let receipt = clinic.run(|work| documents::read(work, 3)).unwrap();
    assert_eq!(receipt.content.replaces, [1]);
    let bill = receipt.content.bills.first().unwrap();
    assert_eq!(
        (bill.settlement_version, bill.due_yen, bill.received_yen, bill.open_yen),
        (2, yen(2_940), yen(2_940), yen(0))
    );
    assert_eq!((clinic.balance(Account::Cash), clinic.balance(Account::PatientReceivable)), (yen(2_940), yen(0)));
    assert_eq!(clinic.state(visit), VisitState::Paid);
    assert_eq!(
        code(clinic.run(|work| payments::refund(work, NUMBER, None, &refund(Some(visit))))),
        ProblemCode::AmountWrong
    );
    // The refund was a mistake: it is taken back, once; the receipt says 9,800 again.
    let id = back.payment_id.unwrap();
    let reversed = clinic.run(|work| payments::reverse(work, id, None, "誤操作")).unwrap();
    assert_eq!((reversed.yen, reversed.voided_receipts, reversed.receipt_number), (yen(6_860), vec![3], Some(5)));
    assert_eq!(code(clinic.run(|work| payments::reverse(work, id, None, "誤操作"))), ProblemCode::StateConflict);
    clinic.assert_balanced();
}

#[test]
fn a_bill_that_rose_after_payment_is_receipted_anew() {
    let clinic = clinic(2);
    let visit = clinic.billed(DAY, 410);
    clinic.pay(DAY, &cash(Some(visit))).unwrap();
    clinic.settle(visit, 1, DAY, 610).unwrap();
    let more = clinic.pay(DAY, &cash(Some(visit))).unwrap();
    assert_eq!((more.yen, more.voided_receipts, more.receipt_number), (yen(200), vec![1], Some(3)));
    let amounts: Vec<i64> = clinic.receipts().into_iter().map(|(_, yen)| yen).collect();
    assert_eq!(amounts, [410, -410, 610]);
    // A correction without money: taken back and issued again.
    let again = clinic.run(|work| documents::reissue(work, visit, "氏名の訂正")).unwrap();
    assert_eq!((again.number, again.yen, again.content.replaces), (5, yen(610), vec![3]));
    assert_eq!(code(clinic.run(|work| documents::reissue(work, visit, " "))), ProblemCode::ReasonMissing);
    clinic.assert_balanced();
}

#[test]
fn a_payment_taken_back_leaves_the_bill_open() {
    let clinic = clinic(2);
    let visit = clinic.billed(DAY, 1_000);
    let paid = clinic.pay(DAY, &cash(Some(visit))).unwrap();
    let id = paid.payment_id.unwrap();
    let reversed = clinic.run_as(1, "2026-10-06", |work| payments::reverse(work, id, None, "カードに変更")).unwrap();
    assert_eq!((reversed.yen, reversed.receipt_number, reversed.voided_receipts), (yen(-1_000), None, vec![1]));
    assert_eq!((clinic.state(visit), reversed.account.debt_yen), (VisitState::PaidLater, yen(1_000)));
    let reversal = reversed.payment_id.unwrap();
    assert_eq!(code(clinic.run(|work| payments::reverse(work, reversal, None, "x"))), ProblemCode::StateConflict);
    let card = Pay { method: PaymentMethod::Card, ..cash(Some(visit)) };
    clinic.pay("2026-10-06", &card).unwrap();
    let page = clinic.run(|work| payments::list(work, Some(NUMBER), None, None, 10)).unwrap();
    let lines: Vec<_> = page.payments.iter().map(|line| (line.kind.as_str(), line.yen.get())).collect();
    assert_eq!(lines, [("payment", 1_000), ("reversal", -1_000), ("payment", 1_000)]);
    assert_eq!(page.payments.first().unwrap().reversed_by, Some(reversal));
    let day = clinic.run(|work| payments::list(work, None, Some(date(DAY)), None, 10)).unwrap();
    assert_eq!(day.payments.len(), 1);
    clinic.assert_balanced();
}

#[test]
fn a_deposit_is_taken_applied_and_given_back() {
    let clinic = clinic(2);
    let deposit = Pay { amount_yen: Some(yen(5_000)), surplus: Some(Surplus::Deposit), ..cash(None) };
    let taken = clinic.pay(DAY, &deposit).unwrap();
    assert_eq!(taken.account.deposit_yen, yen(5_000));
    let visit = clinic.billed(DAY, 1_300);
    let apply = ApplyDeposit { visit_id: Some(visit), policy: Policy::ThisBill, amount_yen: None };
    let applied = clinic.run(|work| payments::apply_deposit(work, NUMBER, None, &apply)).unwrap();
    assert_eq!((applied.account.deposit_yen, applied.account.debt_yen), (yen(3_700), yen(0)));
    assert_eq!(clinic.state(visit), VisitState::Paid);
    let id = taken.payment_id.unwrap();
    let used = clinic.run(|work| payments::reverse(work, id, None, "誤操作"));
    assert_eq!(code(used), ProblemCode::StateConflict);
    let too_much = Refund { amount_yen: Some(yen(3_701)), ..refund(None) };
    assert_eq!(code(clinic.run(|work| payments::refund(work, NUMBER, None, &too_much))), ProblemCode::AmountWrong);
    let back = clinic.run(|work| payments::refund(work, NUMBER, None, &refund(None))).unwrap();
    assert_eq!((back.yen, back.account.deposit_yen), (yen(-3_700), yen(0)));
    let documents = [("deposit", 5_000), ("receipt", 0), ("refund", -3_700)];
    assert_eq!(clinic.receipts(), documents.map(|(kind, yen)| (kind.to_owned(), yen)));
    clinic.assert_balanced();
}

#[test]
fn nothing_is_booked_before_the_terminal_answers() {
    let clinic = clinic(2);
    let visit = clinic.billed(DAY, 2_000);
    let request = TerminalRequest {
        visit_id: Some(visit),
        method: PaymentMethod::Card,
        policy: Policy::ThisBill,
        amount_yen: None,
    };
    let ask = || clinic.run(|work| payments::request_terminal(work, NUMBER, None, &request));
    let asked = ask().unwrap();
    assert_eq!((asked.yen, asked.state.as_str()), (yen(2_000), "pending"));
    assert_eq!((clinic.balance(Account::Card), clinic.state(visit)), (yen(0), VisitState::AwaitingPayment));
    assert_eq!(code(clinic.pay(DAY, &cash(Some(visit)))), ProblemCode::StateConflict);
    assert_eq!(code(ask()), ProblemCode::StateConflict);
    let abandon = |reason: &str| clinic.run(|work| payments::abandon_terminal(work, asked.id, reason));
    assert_eq!(code(abandon("")), ProblemCode::ReasonMissing);
    assert_eq!(abandon("カードが読めない").unwrap().state, "abandoned");
    assert_eq!(clinic.balance(Account::Card), yen(0));
    let again = ask().unwrap();
    // While the card was read the bill fell: what no bill needs any more is a deposit, not lost.
    clinic.settle(visit, 1, DAY, 1_400).unwrap();
    let confirm = || clinic.run(|work| payments::confirm_terminal(work, again.id, Some("T-0042")));
    let paid = confirm().unwrap();
    assert_eq!((paid.yen, paid.account.deposit_yen, clinic.state(visit)), (yen(2_000), yen(600), VisitState::Paid));
    assert_eq!(code(confirm()), ProblemCode::StateConflict);
    let read = clinic.run(|work| payments::read_terminal(work, again.id)).unwrap();
    assert_eq!((read.state.as_str(), read.payment_id), ("confirmed", paid.payment_id));
    clinic.assert_balanced();
}

#[test]
fn a_write_off_needs_another_person() {
    let clinic = clinic(2);
    let visit = clinic.billed(DAY, 3_000);
    clinic.pay(DAY, &Pay { later: true, ..cash(Some(visit)) }).unwrap();
    let off = TakeOff { visit_id: visit, amount_yen: None, reason: "所在不明".to_owned() };
    let request = clinic.run(|work| debts::request_write_off(work, NUMBER, None, &off)).unwrap();
    assert_eq!(clinic.balance(Account::WriteOff), yen(0));
    let decide = |who| clinic.run_as(who, DAY, |work| debts::decide_write_off(work, request.id, true, None));
    assert_eq!(code(decide(1)), ProblemCode::SecondPerson);
    assert_eq!(clinic.run(debts::waiting_write_offs).unwrap().requests.len(), 1);
    assert_eq!(decide(2).unwrap().is_approved, Some(true));
    assert_eq!(code(decide(3)), ProblemCode::StateConflict);
    assert_eq!((clinic.balance(Account::WriteOff), clinic.state(visit)), (yen(3_000), VisitState::Paid));
    clinic.assert_balanced();
}

#[test]
fn debts_are_listed_marked_reduced_and_taken_over() {
    let clinic = clinic(2);
    let one = clinic.billed("2026-10-01", 1_000);
    let two = clinic.billed("2026-10-02", 700);
    clinic.pay("2026-10-02", &Pay { amount_yen: Some(yen(300)), ..cash(Some(two)) }).unwrap();
    let opening = OpeningDebt { reference: "旧-17".to_owned(), date: date("2026-09-01"), yen: yen(450) };
    for _ in 0..2 {
        let view = clinic.run(|work| debts::open_debt(work, NUMBER, &opening)).unwrap();
        assert_eq!(view.debt_yen, yen(1_850));
    }
    let query = |after: Option<String>, with_excluded, limit| DebtQuery { after, with_excluded, limit };
    let first = clinic.run(|work| debts::by_bill(work, &query(None, true, 2))).unwrap();
    let second = clinic.run(|work| debts::by_bill(work, &query(first.next.clone(), true, 2))).unwrap();
    let lines: Vec<_> = first
        .debts
        .iter()
        .chain(&second.debts)
        .map(|d| (d.due_yen.get(), d.covered_yen.get(), d.open_yen.get()))
        .collect();
    assert_eq!((lines, second.next), (vec![(450, 0, 450), (1_000, 0, 1_000), (700, 300, 400)], None));
    let mark = |is_excluded| MarkDebt { is_excluded, reason: "回収困難".to_owned() };
    clinic.run(|work| debts::mark(work, one, &mark(true))).unwrap();
    let patients = |with_excluded| {
        let page = clinic.run(|work| debts::by_patient(work, &query(None, with_excluded, 10))).unwrap();
        let line = page.debts.first().unwrap().clone();
        (line.debt_yen.get(), line.excluded_yen.get(), line.bills, line.last_payment_on, line.last_visit_on)
    };
    let (paid_on, visited_on) = (Some(date("2026-10-02")), Some(date("2026-10-02")));
    assert_eq!(patients(false), (850, 0, 2, paid_on, visited_on));
    assert_eq!(patients(true), (1_850, 1_000, 3, paid_on, visited_on));
    clinic.run(|work| debts::mark(work, one, &mark(false))).unwrap();
    assert_eq!(patients(false).0, 1_850);
    let off =
        |yen: i64| TakeOff { visit_id: one, amount_yen: Some(support::yen(yen)), reason: "職員減免".to_owned() };
    assert_eq!(code(clinic.run(|work| debts::reduce(work, NUMBER, None, &off(1_001)))), ProblemCode::AmountWrong);
    let reduced = clinic.run(|work| debts::reduce(work, NUMBER, None, &off(1_000))).unwrap();
    assert_eq!((reduced.debt_yen, clinic.balance(Account::Reduction)), (yen(850), yen(1_000)));
    // A debt of another system is paid like a bill.
    let all = clinic.pay(DAY, &Pay { policy: Policy::OldestFirst, ..cash(None) }).unwrap();
    assert_eq!((all.yen, all.account.debt_yen), (yen(850), yen(0)));
    clinic.assert_balanced();
}

#[test]
fn of_clerks_who_saw_the_same_account_one_pays() {
    const CLERKS: usize = 6;
    let clinic = clinic(8);
    for (round, sees) in [(1, true), (2, false)] {
        let visit = clinic.billed(DAY, 1_000);
        let seen = clinic.run(|work| account::read(work, NUMBER)).unwrap().version;
        let start = Barrier::new(CLERKS);
        let outcomes: Vec<Result<MoneyMoved, Problem>> = std::thread::scope(|scope| {
            let clerks: Vec<_> = (0..CLERKS)
                .map(|clerk| {
                    let (clinic, start) = (&clinic, &start);
                    scope.spawn(move || {
                        start.wait();
                        let seen = sees.then_some(seen);
                        let who = u128::try_from(clerk).unwrap();
                        clinic.run_as(who, DAY, |work| payments::pay(work, NUMBER, seen, &cash(Some(visit))))
                    })
                })
                .collect();
            clerks.into_iter().map(|clerk| clerk.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        let lost = if sees { ProblemCode::VersionConflict } else { ProblemCode::StateConflict };
        let is_known =
            |outcome: &Result<MoneyMoved, Problem>| outcome.as_ref().map_or_else(|e| e.code == lost, |_| true);
        assert!(outcomes.iter().all(is_known), "{outcomes:?}");
        assert_eq!(clinic.balance(Account::Cash), yen(1_000 * round));
    }
    clinic.assert_balanced();
}

/// One step of a random day at the desk.
#[derive(Clone, Debug)]
enum Step {
    Bill(i64),
    Correct(usize, i64),
    Pay(usize, i64, Policy, bool),
    PayAll,
    Deposit(i64),
    Apply,
    Refund(usize),
    RefundDeposit,
    Reverse(usize),
    Reduce(usize, i64),
}

fn step() -> impl Strategy<Value = Step> {
    let policy = proptest::sample::select(Policy::ALL.to_vec());
    prop_oneof![
        3 => (0_i64..4_000).prop_map(Step::Bill),
        2 => (0_usize..8, 0_i64..4_000).prop_map(|(visit, due)| Step::Correct(visit, due)),
        4 => (0_usize..8, 1_i64..5_000, policy, any::<bool>()).prop_map(|(v, y, p, d)| Step::Pay(v, y, p, d)),
        1 => Just(Step::PayAll),
        1 => (1_i64..3_000).prop_map(Step::Deposit),
        1 => Just(Step::Apply),
        2 => (0_usize..8).prop_map(Step::Refund),
        1 => Just(Step::RefundDeposit),
        2 => (0_usize..12).prop_map(Step::Reverse),
        1 => (0_usize..8, 1_i64..1_000).prop_map(|(visit, yen)| Step::Reduce(visit, yen)),
    ]
}

/// What the random day has made so far.
#[derive(Default)]
struct Made {
    visits: Vec<(VisitId, i32)>,
    payments: Vec<store::PaymentId>,
}

fn take(clinic: &Clinic, made: &mut Made, day: &str, step: &Step) {
    let visit = |made: &Made, place: usize| made.visits.get(place % made.visits.len().max(1)).copied();
    // Refusals are part of a day; what they may not do is leave something behind.
    let moved: Result<MoneyMoved, Problem> = match step {
        Step::Bill(due) => {
            made.visits.push((clinic.billed(day, *due), 1));
            return;
        }
        Step::Correct(place, due) => {
            let Some((id, version)) = visit(made, *place) else { return };
            let version = clinic.settle(id, version, day, *due).unwrap();
            made.visits.iter_mut().filter(|found| found.0 == id).for_each(|found| found.1 = version);
            return;
        }
        Step::Reduce(place, amount) => {
            let Some((id, _)) = visit(made, *place) else { return };
            let off = TakeOff { visit_id: id, amount_yen: Some(yen(*amount)), reason: "減免".to_owned() };
            let _ = clinic.run_as(1, day, |work| debts::reduce(work, NUMBER, None, &off));
            return;
        }
        Step::Pay(place, amount, policy, keeps) => {
            let surplus = keeps.then_some(Surplus::Deposit);
            let id = visit(made, *place).map(|(id, _)| id);
            clinic.pay(day, &Pay { policy: *policy, tendered_yen: Some(yen(*amount)), surplus, ..cash(id) })
        }
        Step::PayAll => clinic.pay(day, &Pay { policy: Policy::OldestFirst, ..cash(None) }),
        Step::Deposit(amount) => {
            let deposit = Pay { amount_yen: Some(yen(*amount)), surplus: Some(Surplus::Deposit), ..cash(None) };
            clinic.pay(day, &deposit)
        }
        Step::Apply => {
            let apply = ApplyDeposit { visit_id: None, policy: Policy::NewestFirst, amount_yen: None };
            clinic.run_as(1, day, |work| payments::apply_deposit(work, NUMBER, None, &apply))
        }
        Step::Refund(place) => {
            let Some((id, _)) = visit(made, *place) else { return };
            clinic.run_as(1, day, |work| payments::refund(work, NUMBER, None, &refund(Some(id))))
        }
        Step::RefundDeposit => clinic.run_as(1, day, |work| payments::refund(work, NUMBER, None, &refund(None))),
        Step::Reverse(place) => {
            let Some(id) = made.payments.get(place % made.payments.len().max(1)).copied() else { return };
            clinic.run_as(1, day, |work| payments::reverse(work, id, None, "取消"))
        }
    };
    match moved {
        Ok(moved) => made.payments.extend(moved.payment_id),
        Err(problem) => assert!(problem.code.status() < 500, "{step:?}: {problem:?}"),
    }
}

#[test]
fn whatever_happens_at_the_desk_the_books_agree() {
    let mut runner = TestRunner::new(ProptestConfig { cases: 6, max_shrink_iters: 30, ..ProptestConfig::default() });
    let days = ["2026-10-05", "2026-10-06", "2026-11-02"];
    runner
        .run(&proptest::collection::vec((step(), 0_usize..3), 10..45), |steps| {
            let clinic = clinic(2);
            let mut made = Made::default();
            let mut day = 0;
            for (step, later) in &steps {
                // Days only go on.
                day = day.max(*later * usize::from(made.payments.len() > 6));
                take(&clinic, &mut made, days.get(day).unwrap(), step);
            }
            clinic.assert_balanced();
            let view = clinic.run(|work| account::read(work, NUMBER)).unwrap();
            assert!(view.deposit_yen >= yen(0));
            Ok(())
        })
        .unwrap();
}
