//! Which bills a payment pays (入金の配分), what remains of it, and where a refund comes from.
//!
//! Pure: bills, amount and policy in, parts out. The ledger posts what this module says.

use std::cmp::Reverse;

use kernel::{ServiceDate, Yen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Yen of one payment, refund, reduction or write-off at most.
pub const AMOUNT_MAX: Yen = Yen::new(100_000_000);

/// Which bills a payment pays first (入金の取扱い).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// 今回のみ.
    #[default]
    ThisBill,
    /// 今回、残りは古い順.
    ThisThenOldest,
    /// 今回、残りは新しい順.
    ThisThenNewest,
    /// 古い順.
    OldestFirst,
    /// 新しい順.
    NewestFirst,
}

impl Policy {
    /// Every one.
    pub const ALL: &'static [Self] =
        &[Self::ThisBill, Self::ThisThenOldest, Self::ThisThenNewest, Self::OldestFirst, Self::NewestFirst];

    /// As stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ThisBill => "this_bill",
            Self::ThisThenOldest => "this_then_oldest",
            Self::ThisThenNewest => "this_then_newest",
            Self::OldestFirst => "oldest_first",
            Self::NewestFirst => "newest_first",
        }
    }

    /// The one that is written so.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|policy| policy.as_str() == text)
    }
}

/// What becomes of money above the bills (過入金).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Surplus {
    /// 釣り: given back at once; only cash can.
    #[default]
    Change,
    /// 預り金.
    Deposit,
    /// The payment is refused.
    Refuse,
}

/// A bill with what is open of it: above zero = the patient owes, below = a refund is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bill<Id> {
    /// The visit.
    pub id: Id,
    /// 診療日.
    pub date: ServiceDate,
    /// Due − paid.
    pub open: Yen,
}

/// A part of a payment or refund; of its sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part<Id> {
    /// The visit.
    pub id: Id,
    /// Yen.
    pub yen: Yen,
}

/// What a payment pays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allocated<Id> {
    /// Bills, in the order in which they are paid.
    pub parts: Vec<Part<Id>>,
    /// 預り金.
    pub deposit: Yen,
    /// 釣り.
    pub change: Yen,
}

impl<Id> Allocated<Id> {
    /// What stays at the clinic: parts and deposit.
    pub fn kept(&self) -> Yen {
        self.parts.iter().map(|part| part.yen).sum::<Yen>() + self.deposit
    }
}

/// Why money cannot be allocated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AllocationError {
    /// Not above zero, or above [`AMOUNT_MAX`].
    #[error("an amount of {yen} yen is out of its range")]
    Amount {
        /// What came.
        yen: Yen,
    },
    /// The bill that is to be paid has nothing open.
    #[error("nothing is open on the bill")]
    NothingOpen,
    /// More than the bills, and the rest may not be kept.
    #[error("{surplus} yen are more than the bills")]
    Surplus {
        /// What is too much.
        surplus: Yen,
    },
    /// A refund above what the clinic owes.
    #[error("{wanted} yen are more than the credit of {credit} yen")]
    Credit {
        /// What was asked for.
        wanted: Yen,
        /// What the clinic owes.
        credit: Yen,
    },
}

/// Allocates `amount` over the open bills. `this` is the bill at the desk; none = no visit is at the desk.
///
/// Without a bill at the desk, [`Policy::ThisBill`] pays none: all of it is surplus.
///
/// # Errors
/// `Amount`, `NothingOpen` when no bill of the policy is open and the surplus may not become a deposit, `Surplus`.
pub fn allocate<Id: Copy + Ord>(
    bills: &[Bill<Id>],
    this: Option<Id>,
    policy: Policy,
    amount: Yen,
    surplus: Surplus,
) -> Result<Allocated<Id>, AllocationError> {
    check_amount(amount)?;
    let mut parts = Vec::new();
    let mut left = amount;
    for bill in in_order(bills, this, policy) {
        let yen = bill.open.min(left);
        if yen > Yen::ZERO {
            parts.push(Part { id: bill.id, yen });
            left -= yen;
        }
    }
    let (deposit, change) = match surplus {
        _ if left.is_zero() => (Yen::ZERO, Yen::ZERO),
        Surplus::Deposit => (left, Yen::ZERO),
        _ if parts.is_empty() => return Err(AllocationError::NothingOpen),
        Surplus::Change => (Yen::ZERO, left),
        Surplus::Refuse => return Err(AllocationError::Surplus { surplus: left }),
    };
    let allocated = Allocated { parts, deposit, change };
    assert_eq!(allocated.kept() + allocated.change, amount, "parts, deposit and change are the payment");
    Ok(allocated)
}

/// Where a refund of `amount` comes from: over-paid bills, this one first, then the oldest; at last the deposit.
///
/// Parts and deposit of the answer are below zero.
///
/// # Errors
/// `Amount`, `Credit` when the clinic owes less.
pub fn allocate_refund<Id: Copy + Ord>(
    bills: &[Bill<Id>],
    this: Option<Id>,
    deposit: Yen,
    amount: Yen,
) -> Result<Allocated<Id>, AllocationError> {
    check_amount(amount)?;
    let credits: Vec<Bill<Id>> = bills.iter().map(|bill| Bill { open: -bill.open, ..*bill }).collect();
    let mut parts = Vec::new();
    let mut left = amount;
    for bill in in_order(&credits, this, Policy::ThisThenOldest) {
        let yen = bill.open.min(left);
        if yen > Yen::ZERO {
            parts.push(Part { id: bill.id, yen: -yen });
            left -= yen;
        }
    }
    let of_deposit = left.min(deposit.max(Yen::ZERO));
    left -= of_deposit;
    if left > Yen::ZERO {
        return Err(AllocationError::Credit { wanted: amount, credit: amount - left });
    }
    Ok(Allocated { parts, deposit: -of_deposit, change: Yen::ZERO })
}

fn check_amount(yen: Yen) -> Result<(), AllocationError> {
    if yen <= Yen::ZERO || yen > AMOUNT_MAX { Err(AllocationError::Amount { yen }) } else { Ok(()) }
}

/// Bills the policy pays, first to last. Bills of one day are paid by id, so that their order given does not matter.
fn in_order<Id: Copy + Ord>(bills: &[Bill<Id>], this: Option<Id>, policy: Policy) -> Vec<Bill<Id>> {
    let mut ordered: Vec<Bill<Id>> = bills.iter().filter(|bill| bill.open > Yen::ZERO).copied().collect();
    let is_other = |bill: &Bill<Id>| Some(bill.id) != this;
    match policy {
        Policy::ThisBill => ordered.retain(|bill| !is_other(bill)),
        Policy::ThisThenOldest => ordered.sort_by_key(|bill| (is_other(bill), bill.date, bill.id)),
        Policy::ThisThenNewest => ordered.sort_by_key(|bill| (is_other(bill), Reverse((bill.date, bill.id)))),
        Policy::OldestFirst => ordered.sort_by_key(|bill| (bill.date, bill.id)),
        Policy::NewestFirst => ordered.sort_by_key(|bill| Reverse((bill.date, bill.id))),
    }
    ordered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn bill(id: u8, day: u32, open: i64) -> Bill<u8> {
        Bill { id, date: ServiceDate::from_ymd(2026, 10, day).unwrap(), open: Yen::new(open) }
    }

    fn three() -> Vec<Bill<u8>> {
        vec![bill(1, 1, 300), bill(2, 9, 500), bill(3, 20, 280)]
    }

    fn parts(allocated: &Allocated<u8>) -> Vec<(u8, i64)> {
        allocated.parts.iter().map(|part| (part.id, part.yen.get())).collect()
    }

    #[rstest]
    #[case::this_bill(Policy::ThisBill, &[(3, 280)], 520)]
    #[case::this_then_oldest(Policy::ThisThenOldest, &[(3, 280), (1, 300), (2, 220)], 0)]
    #[case::this_then_newest(Policy::ThisThenNewest, &[(3, 280), (2, 500), (1, 20)], 0)]
    #[case::oldest_first(Policy::OldestFirst, &[(1, 300), (2, 500)], 0)]
    #[case::newest_first(Policy::NewestFirst, &[(3, 280), (2, 500), (1, 20)], 0)]
    fn eight_hundred_yen(#[case] policy: Policy, #[case] expected: &[(u8, i64)], #[case] change: i64) {
        let allocated = allocate(&three(), Some(3), policy, Yen::new(800), Surplus::Change).unwrap();
        assert_eq!((parts(&allocated).as_slice(), allocated.change.get()), (expected, change));
    }

    #[test]
    fn a_card_takes_nothing_above_the_bills() {
        let refused = allocate(&three(), Some(3), Policy::ThisBill, Yen::new(281), Surplus::Refuse);
        assert_eq!(refused, Err(AllocationError::Surplus { surplus: Yen::new(1) }));
    }

    #[test]
    fn a_deposit_needs_no_bill_and_change_does() {
        let deposit = allocate::<u8>(&[], None, Policy::ThisBill, Yen::new(5_000), Surplus::Deposit).unwrap();
        assert_eq!((deposit.parts.len(), deposit.deposit.get()), (0, 5_000));
        let change = allocate::<u8>(&[], None, Policy::ThisBill, Yen::new(5_000), Surplus::Change);
        assert_eq!(change, Err(AllocationError::NothingOpen));
    }

    #[test]
    fn a_refund_takes_this_bill_then_the_oldest_then_the_deposit() {
        let bills = [bill(1, 1, -100), bill(2, 9, 700), bill(3, 20, -6_860)];
        let refund = allocate_refund(&bills, Some(3), Yen::new(50), Yen::new(7_000)).unwrap();
        assert_eq!((parts(&refund), refund.deposit.get()), (vec![(3, -6_860), (1, -100)], -40));
        let too_much = allocate_refund(&bills, Some(3), Yen::new(50), Yen::new(7_011));
        assert_eq!(too_much, Err(AllocationError::Credit { wanted: Yen::new(7_011), credit: Yen::new(7_010) }));
    }

    #[test]
    fn policies_read_back() {
        assert!(Policy::ALL.iter().all(|policy| Policy::parse(policy.as_str()) == Some(*policy)));
    }

    fn any_bills() -> impl Strategy<Value = Vec<Bill<u8>>> {
        let one = (1_u32..=28, -2_000_i64..5_000);
        proptest::collection::vec(one, 0..12)
            .prop_map(|found| found.into_iter().zip(0_u8..).map(|((day, open), id)| bill(id, day, open)).collect())
    }

    fn any_policy() -> impl Strategy<Value = Policy> {
        proptest::sample::select(Policy::ALL.to_vec())
    }

    fn any_surplus() -> impl Strategy<Value = Surplus> {
        proptest::sample::select(vec![Surplus::Change, Surplus::Deposit, Surplus::Refuse])
    }

    proptest! {
        #[test]
        fn parts_deposit_and_change_are_the_payment_and_no_bill_is_over_paid(
            bills in any_bills(), policy in any_policy(), surplus in any_surplus(), yen in 1_i64..20_000, this in 0_u8..12,
        ) {
            let Ok(allocated) = allocate(&bills, Some(this), policy, Yen::new(yen), surplus) else { return Ok(()) };
            prop_assert_eq!(allocated.kept() + allocated.change, Yen::new(yen));
            for part in &allocated.parts {
                let open = bills.iter().find(|bill| bill.id == part.id).unwrap().open;
                prop_assert!(part.yen > Yen::ZERO && part.yen <= open);
            }
            // Money is left over only when every bill of the policy is even.
            let is_left = !(allocated.deposit + allocated.change).is_zero();
            let mut ids: Vec<u8> = allocated.parts.iter().map(|part| part.id).collect();
            if is_left && policy != Policy::ThisBill {
                let open: Yen = bills.iter().map(|bill| bill.open.max(Yen::ZERO)).sum();
                prop_assert_eq!(allocated.parts.iter().map(|part| part.yen).sum::<Yen>(), open);
            }
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), allocated.parts.len());
        }

        #[test]
        fn the_order_in_which_bills_are_listed_does_not_matter(
            bills in any_bills(), policy in any_policy(), surplus in any_surplus(), yen in 1_i64..20_000, this in 0_u8..12,
            turn in 0_usize..12,
        ) {
            let mut turned = bills.clone();
            turned.rotate_left(turn.min(bills.len()));
            turned.reverse();
            let one = allocate(&bills, Some(this), policy, Yen::new(yen), surplus);
            prop_assert_eq!(one, allocate(&turned, Some(this), policy, Yen::new(yen), surplus));
        }

        #[test]
        fn two_payments_of_one_policy_pay_what_one_of_their_sum_pays(
            bills in any_bills(), first in 1_i64..9_000, second in 1_i64..9_000,
        ) {
            let pay = |bills: &[Bill<u8>], yen| {
                allocate(bills, None, Policy::OldestFirst, Yen::new(yen), Surplus::Deposit).unwrap()
            };
            let after = |bills: &[Bill<u8>], paid: &Allocated<u8>| -> Vec<Bill<u8>> {
                let part = |id| paid.parts.iter().filter(|part| part.id == id).map(|part| part.yen).sum::<Yen>();
                bills.iter().map(|bill| Bill { open: bill.open - part(bill.id), ..*bill }).collect()
            };
            let once = pay(&bills, first + second);
            let one = pay(&bills, first);
            let rest = after(&bills, &one);
            let two = pay(&rest, second);
            prop_assert_eq!(after(&rest, &two), after(&bills, &once));
            prop_assert_eq!(one.deposit + two.deposit, once.deposit);
        }

        #[test]
        fn a_refund_never_leaves_a_debt(
            bills in any_bills(), deposit in 0_i64..3_000, yen in 1_i64..20_000, this in 0_u8..12,
        ) {
            let credit: Yen = bills.iter().map(|bill| (-bill.open).max(Yen::ZERO)).sum::<Yen>() + Yen::new(deposit);
            match allocate_refund(&bills, Some(this), Yen::new(deposit), Yen::new(yen)) {
                Ok(refund) => {
                    prop_assert_eq!(refund.kept(), Yen::new(-yen));
                    prop_assert!(refund.deposit >= Yen::new(-deposit));
                    for part in &refund.parts {
                        let open = bills.iter().find(|bill| bill.id == part.id).unwrap().open;
                        prop_assert!(part.yen < Yen::ZERO && part.yen >= open);
                    }
                }
                Err(error) => {
                    prop_assert_eq!(error, AllocationError::Credit { wanted: Yen::new(yen), credit });
                    prop_assert!(Yen::new(yen) > credit);
                }
            }
        }
    }
}
