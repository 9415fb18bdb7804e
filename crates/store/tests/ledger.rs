//! The ledger balances, receipts have no gap, money is neither lost nor doubled.

#![allow(clippy::unwrap_used)]

mod support;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use kernel::Yen;
use proptest::prelude::*;
use serde_json::json;
use store::ledger::{self, Account, Entry, EntryKind, Posting};
use store::payments::{self, Allocation, Method, NewPayment};
use store::receipts::{self, NewReceipt, ReceiptKind};
use store::settlements::{self, Amounts, NewSettlement};
use store::{EntryId, PatientId, PaymentId, StoreError, VisitId, visits};
use support::{Fixture, a, administrator, b, date, october, patient, run, stamp, twins};

fn yen(amount: i64) -> Yen {
    Yen::new(amount)
}

fn first_visit(fixture: &Fixture, patient: PatientId) -> VisitId {
    let (first, last) = (october().first_day(), october().last_day());
    let found = run(&fixture.database, a(), |tx| visits::between(tx, Some(&[patient]), first, last));
    found.first().unwrap().id
}

fn settlement(patient_id: PatientId, visit_id: VisitId, window: i64) -> NewSettlement {
    NewSettlement {
        visit_id,
        patient_id,
        month: october(),
        result_version: None,
        amounts: Amounts { window: yen(window), ..Amounts::default() },
        entry_id: EntryId::new(),
        settled_on: date("2026-10-05"),
    }
}

fn payment(patient_id: PatientId, allocations: &[(Option<VisitId>, i64)]) -> NewPayment {
    NewPayment {
        id: PaymentId::new(),
        entry_id: EntryId::new(),
        patient_id,
        method: Method::Cash,
        paid_on: date("2026-10-05"),
        allocations: allocations.iter().map(|(visit_id, y)| Allocation { visit_id: *visit_id, yen: yen(*y) }).collect(),
        terminal_reference: None,
    }
}

#[test]
fn a_bill_is_charged_corrected_paid_in_parts_and_refunded() {
    let fixture = twins(2);
    let id = patient(&fixture, a(), "00001");
    let visit = first_visit(&fixture, id);
    let debt = || run(&fixture.database, a(), |tx| ledger::patient_debt(tx, id));
    run(&fixture.database, a(), |tx| settlements::record(tx, 0, &settlement(id, visit, 9_800), &stamp()));
    assert_eq!(debt(), yen(9_800));
    run(&fixture.database, a(), |tx| payments::record(tx, &payment(id, &[(Some(visit), 9_800)]), &stamp()));
    assert_eq!(debt(), Yen::ZERO);
    // 10割預り → 3割: the difference is given back.
    run(&fixture.database, a(), |tx| settlements::record(tx, 1, &settlement(id, visit, 2_940), &stamp()));
    let open = run(&fixture.database, a(), |tx| settlements::open_bills(tx, id));
    assert_eq!(open.iter().map(|bill| (bill.visit_id, bill.open)).collect::<Vec<_>>(), [(visit, yen(-6_860))]);
    let refund = payment(id, &[(Some(visit), -6_860)]);
    run(&fixture.database, a(), |tx| payments::record(tx, &refund, &stamp()));
    assert_eq!(debt(), Yen::ZERO);
    assert_eq!(run(&fixture.database, a(), |tx| payments::collected(tx, &[visit])), [(visit, yen(2_940))]);
    // The refund was a mistake: it is taken back, once.
    let reverse = || {
        fixture.database.in_tenant(a(), |tx| {
            payments::reverse(tx, refund.id, PaymentId::new(), EntryId::new(), date("2026-10-06"), &stamp())
        })
    };
    assert_eq!(reverse(), Ok(()));
    assert_eq!(debt(), yen(-6_860));
    assert!(matches!(reverse(), Err(StoreError::Duplicate { .. })));
    assert_eq!(debt(), yen(-6_860));
    let october_cash = run(&fixture.database, a(), |tx| ledger::month_totals(tx, october()));
    let cash = october_cash.iter().find(|total| total.account == Account::Cash).unwrap();
    // P28 of the fixture paid 1,300 beside this.
    assert_eq!(cash.balance(), yen(9_800) + fixture_cash(&fixture));
    let twin = patient(&fixture, b(), "00001");
    assert_eq!(run(&fixture.database, b(), |tx| ledger::patient_debt(tx, twin)), Yen::ZERO);
}

/// Cash that the fixture itself brought, as clinic B still has it.
fn fixture_cash(fixture: &Fixture) -> Yen {
    let totals = run(&fixture.database, b(), |tx| ledger::month_totals(tx, october()));
    totals.iter().filter(|total| total.account == Account::Cash).map(ledger::AccountTotal::balance).sum()
}

#[test]
fn two_clerks_settle_one_visit_once() {
    let fixture = twins(8);
    let id = patient(&fixture, a(), "00001");
    let visit = first_visit(&fixture, id);
    let outcomes: Vec<Result<i32, StoreError>> = std::thread::scope(|scope| {
        let settle = || {
            fixture.database.in_tenant(a(), |tx| {
                let version = settlements::record(tx, 0, &settlement(id, visit, 1_000), &stamp())?;
                payments::record(tx, &payment(id, &[(Some(visit), 1_000)]), &stamp())?;
                Ok(version)
            })
        };
        let clerks: Vec<_> = (0..8).map(|_| scope.spawn(settle)).collect();
        clerks.into_iter().map(|clerk| clerk.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|o| matches!(o, Ok(1) | Err(StoreError::Conflict { .. }))), "{outcomes:?}");
    assert_eq!(run(&fixture.database, a(), |tx| payments::collected(tx, &[visit])), [(visit, yen(1_000))]);
}

#[test]
fn the_database_itself_refuses_what_does_not_balance() {
    let fixture = twins(1);
    let id = patient(&fixture, a(), "00001");
    let side = |account, amount| Posting { account, patient_id: Some(id), visit_id: None, yen: yen(amount) };
    let entry = Entry {
        id: EntryId::new(),
        kind: EntryKind::Opening,
        booked_on: date("2026-10-01"),
        approved_by: None,
        postings: vec![side(Account::PatientReceivable, 500), side(Account::Opening, -499)],
    };
    let unbalanced = fixture.database.in_tenant(a(), |tx| ledger::post(tx, &entry, &stamp()));
    assert_eq!(unbalanced, Err(StoreError::Unbalanced { sum_yen: 1 }));
    let even = Entry { postings: vec![side(Account::PatientReceivable, 500), side(Account::Opening, -500)], ..entry };
    run(&fixture.database, a(), |tx| ledger::post(tx, &even, &stamp()));

    // Past the code: another side, a pair that balances, an entry without sides.
    let mut raw = diesel::PgConnection::establish(&fixture.test.url()).unwrap();
    diesel::sql_query("SELECT set_config('app.tenant_id', '1', false)").execute(&mut raw).unwrap();
    let one = format!("INSERT INTO ledger_postings VALUES (1, '{}', 3, 'cash', NULL, NULL, 7)", even.id);
    let pair = format!("{one}, (1, '{}', 4, 'opening', NULL, NULL, -7)", even.id);
    let empty = "INSERT INTO ledger_entries VALUES (1, gen_random_uuid(), 'charge', '2026-10-05', 2, NULL, NULL, now(), 'x', NULL)";
    for statement in [one.as_str(), pair.as_str(), empty] {
        let error = diesel::sql_query(statement).execute(&mut raw).unwrap_err();
        let expected = StoreError::Violation { constraint: "ledger_entry_balances".to_owned() };
        assert_eq!(StoreError::from(error), expected, "{statement}");
    }
}

#[test]
fn a_write_off_needs_an_approval() {
    let fixture = twins(1);
    let id = patient(&fixture, a(), "00001");
    let side = |account, amount| Posting { account, patient_id: Some(id), visit_id: None, yen: yen(amount) };
    let entry = |approved_by: Option<&str>| Entry {
        id: EntryId::new(),
        kind: EntryKind::WriteOff,
        booked_on: date("2026-10-31"),
        approved_by: approved_by.map(str::to_owned),
        postings: vec![side(Account::WriteOff, 100), side(Account::PatientReceivable, -100)],
    };
    let post = |entry: &Entry| fixture.database.in_tenant(a(), |tx| ledger::post(tx, entry, &stamp()));
    assert!(matches!(post(&entry(None)), Err(StoreError::Violation { .. })));
    assert_eq!(post(&entry(Some("user:director"))), Ok(()));
}

#[derive(Clone, Debug)]
enum Step {
    Settle(i64),
    Pay(i64),
    Deposit(i64),
    ReverseLast,
    Fail,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0_i64..50_000).prop_map(Step::Settle),
        (-20_000_i64..20_000).prop_map(Step::Pay),
        (-20_000_i64..20_000).prop_map(Step::Deposit),
        Just(Step::ReverseLast),
        Just(Step::Fail),
    ];
    prop::collection::vec(step, 1..12)
}

#[test]
fn whatever_the_desk_does_the_ledger_balances() {
    let fixture = twins(2);
    let id = patient(&fixture, a(), "00001");
    let visit = first_visit(&fixture, id);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 24, ..ProptestConfig::default() });
    let outcome = runner.run(&steps(), |steps| {
        let mut last = None;
        for step in steps {
            let done: Result<(), StoreError> = fixture.database.in_tenant(a(), |tx| match &step {
                Step::Settle(due) => {
                    let base = settlements::current(tx, &[visit])?.pop().map_or(0, |settlement| settlement.version);
                    settlements::record(tx, base, &settlement(id, visit, *due), &stamp()).map(drop)
                }
                Step::Pay(amount) => {
                    let new = payment(id, &[(Some(visit), *amount)]);
                    last = Some(new.id);
                    payments::record(tx, &new, &stamp())
                }
                Step::Deposit(amount) => payments::record(tx, &payment(id, &[(None, *amount)]), &stamp()),
                Step::ReverseLast => match last {
                    Some(payment) => {
                        let (reversal, entry) = (PaymentId::new(), EntryId::new());
                        payments::reverse(tx, payment, reversal, entry, date("2026-10-06"), &stamp())
                    }
                    None => Ok(()),
                },
                Step::Fail => {
                    payments::record(tx, &payment(id, &[(Some(visit), 777)]), &stamp())?;
                    Err(StoreError::KeyReuse)
                }
            });
            let is_expected = matches!(
                done,
                Ok(())
                    | Err(StoreError::KeyReuse
                        | StoreError::Content { .. }
                        | StoreError::NotFound { .. }
                        | StoreError::Duplicate { .. })
            );
            prop_assert!(is_expected, "{step:?}: {done:?}");
        }
        let totals = run(&fixture.database, a(), |tx| ledger::month_totals(tx, october()));
        prop_assert_eq!(totals.iter().map(ledger::AccountTotal::balance).sum::<Yen>(), Yen::ZERO);
        let due = run(&fixture.database, a(), |tx| settlements::current(tx, &[visit]));
        let due: Yen = due.iter().map(|settlement| settlement.amounts.due()).sum();
        let paid: Yen =
            run(&fixture.database, a(), |tx| payments::collected(tx, &[visit])).iter().map(|(_, y)| *y).sum();
        let open: Yen = run(&fixture.database, a(), |tx| settlements::open_bills(tx, id)).iter().map(|b| b.open).sum();
        prop_assert_eq!(due - paid, open);
        Ok(())
    });
    outcome.unwrap();
}

fn receipt(patient_id: PatientId) -> NewReceipt {
    NewReceipt {
        kind: ReceiptKind::Receipt,
        patient_id,
        payment_id: None,
        visit_id: None,
        issued_on: date("2026-10-05"),
        yen: yen(100),
        content: json!({}),
    }
}

#[test]
fn receipt_numbers_have_no_gap_under_eight_writers_that_also_fail() {
    const WRITERS: i64 = 8;
    const EACH: i64 = 12;
    let fixture = twins(8);
    let patients = [a(), b()].map(|tenant| (tenant, patient(&fixture, tenant, "00001")));
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (fixture, patients) = (&fixture, &patients);
            scope.spawn(move || {
                for turn in 0..EACH {
                    // Every third transaction of a writer gives up after it took a number.
                    let gives_up = (writer + turn) % 3 == 0;
                    for (tenant, patient) in patients {
                        let outcome = fixture.database.in_tenant(*tenant, |tx| {
                            let number = receipts::issue(tx, &receipt(*patient), &stamp())?;
                            if gives_up { Err(StoreError::KeyReuse) } else { Ok(number) }
                        });
                        assert_eq!(outcome.is_err(), gives_up, "{outcome:?}");
                    }
                }
            });
        }
    });
    #[derive(QueryableByName)]
    struct Numbers {
        #[diesel(sql_type = BigInt)]
        first: i64,
        #[diesel(sql_type = BigInt)]
        last: i64,
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    for tenant in [a(), b()] {
        let query = "SELECT min(number) AS first, max(number) AS last, count(*) AS count FROM payment_receipts WHERE tenant_id = $1";
        let numbers: Numbers =
            diesel::sql_query(query).bind::<BigInt, _>(tenant.get()).get_result(&mut administrator(&fixture)).unwrap();
        let written = WRITERS * EACH * 2 / 3;
        assert_eq!((numbers.first, numbers.last, numbers.count), (1, written, written));
    }
}

#[test]
fn a_receipt_is_taken_back_once_by_another_number() {
    let fixture = twins(1);
    let id = patient(&fixture, a(), "00001");
    let number = run(&fixture.database, a(), |tx| receipts::issue(tx, &receipt(id), &stamp()));
    let void = || fixture.database.in_tenant(a(), |tx| receipts::void(tx, number, date("2026-10-13"), &stamp()));
    assert_eq!((number, void()), (1, Ok(2)));
    assert!(matches!(void(), Err(StoreError::Duplicate { .. })));
    let next = run(&fixture.database, a(), |tx| receipts::issue(tx, &receipt(id), &stamp()));
    assert_eq!(next, 3);
    let taken_back = run(&fixture.database, a(), |tx| receipts::find(tx, 2)).unwrap();
    assert_eq!(
        (taken_back.voids, taken_back.receipt.kind, taken_back.receipt.yen),
        (Some(1), ReceiptKind::Void, yen(-100))
    );
}
