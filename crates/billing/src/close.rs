//! Closing a till and a day (仮締め・本締め): counted cash against expected cash, and the proof that a day's sums agree.
//!
//! Pure. The proof compares sums that come from different records: bills from the settlements, money from the
//! payments, documents from the receipts, debts from the ledger bill by bill. If one of them was lost or doubled,
//! they do not agree.

use std::collections::BTreeMap;

use kernel::{ServiceDate, Yen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Notes and coins (金種), highest first.
pub const DENOMINATIONS: [i64; 10] = [10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10, 5, 1];
/// Pieces of one denomination at most.
pub const PIECES_MAX: u32 = 100_000;
/// What the first closing of a clinic follows.
pub const BEGINNING: [u8; 32] = [0; 32];

/// Counted cash: pieces per denomination.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct CountedCash(BTreeMap<i64, u32>);

/// Why a count is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CountError {
    /// No note or coin of this worth.
    #[error("there is no note or coin of {yen} yen")]
    Denomination {
        /// What came.
        yen: i64,
    },
    /// Above [`PIECES_MAX`].
    #[error("{pieces} pieces are more than {PIECES_MAX}")]
    Pieces {
        /// What came.
        pieces: u32,
    },
}

impl CountedCash {
    /// A count.
    ///
    /// # Errors
    /// For a denomination that does not exist, and above [`PIECES_MAX`].
    pub fn new(pieces: BTreeMap<i64, u32>) -> Result<Self, CountError> {
        for (yen, count) in &pieces {
            if !DENOMINATIONS.contains(yen) {
                return Err(CountError::Denomination { yen: *yen });
            }
            if *count > PIECES_MAX {
                return Err(CountError::Pieces { pieces: *count });
            }
        }
        Ok(Self(pieces))
    }

    /// What was counted.
    pub fn total(&self) -> Yen {
        // At most 18,668 yen × PIECES_MAX: far from the end of i64.
        self.0.iter().map(|(yen, pieces)| Yen::new(*yen).times(i64::from(*pieces))).sum()
    }
}

/// A till's count against its books.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CashCheck {
    /// Float + cash that came − cash that went.
    pub expected: Yen,
    /// What was counted.
    pub counted: Yen,
}

impl CashCheck {
    /// Counted − expected (現金過不足): below zero = cash is missing.
    pub fn difference(&self) -> Yen {
        self.counted - self.expected
    }

    /// A difference needs a reason and a second person.
    pub fn needs_reason(&self) -> bool {
        !self.difference().is_zero()
    }
}

/// The sums of a business day, each from its own record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DayFigures {
    /// The day.
    pub day: ServiceDate,
    /// Σ 請求: differences of the settlements of the day.
    pub bills_yen: Yen,
    /// Σ 入金 by method, refunds and reversals taken off.
    pub money: BTreeMap<String, Yen>,
    /// Σ of the receipts issued on the day.
    pub receipts_yen: Yen,
    /// Σ of payments of the day that no receipt names: taken over from another system.
    pub without_receipt_yen: Yen,
    /// Σ 未収発生: bills whose open amount rose, by how much.
    pub new_debts_yen: Yen,
    /// Σ 未収回収: bills whose open amount fell, by how much.
    pub debts_paid_yen: Yen,
    /// Σ 減免.
    pub reduced_yen: Yen,
    /// Σ 貸倒.
    pub written_off_yen: Yen,
    /// 預り金 taken − given back, without what was applied to bills.
    pub deposits_yen: Yen,
    /// 預り金 applied to bills (充当).
    pub deposits_applied_yen: Yen,
    /// Debts taken over from another system (期首残高).
    pub opening_yen: Yen,
    /// 現金過不足, above zero = missing.
    pub cash_difference_yen: Yen,
    /// Debit − credit of each account of the ledger.
    pub ledger: BTreeMap<String, Yen>,
}

impl DayFigures {
    /// Σ 入金.
    pub fn money_yen(&self) -> Yen {
        self.money.values().copied().sum()
    }

    /// Σ 調整: what moves debts without a bill and without money, and money that pays no bill.
    pub fn adjustments_yen(&self) -> Yen {
        self.written_off_yen + self.deposits_applied_yen - self.opening_yen - self.deposits_yen
    }

    fn account(&self, name: &str) -> Yen {
        self.ledger.get(name).copied().unwrap_or(Yen::ZERO)
    }
}

/// One sum that must agree with another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// `balance`, `money`, `receipts`, `bills`, `cash`, `ledger`.
    pub name: String,
    /// One side.
    pub left_yen: Yen,
    /// The other.
    pub right_yen: Yen,
}

impl Check {
    /// Both are the same.
    pub fn holds(&self) -> bool {
        self.left_yen == self.right_yen
    }
}

/// Every check of a day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// The checks.
    pub checks: Vec<Check>,
    /// All hold.
    pub is_proven: bool,
}

/// Accounts that money comes to.
const MONEY_ACCOUNTS: [&str; 5] = ["cash", "card", "e_money", "qr", "transfer"];
/// Accounts that a bill goes to.
const BILL_ACCOUNTS: [&str; 4] = ["insured_revenue", "selection_fee_revenue", "self_pay_revenue", "consumption_tax"];

/// Proves a day: Σ bills = Σ money by method + Σ new debts − Σ debts paid + Σ 減免 + Σ 調整, and each sum is the ledger's.
pub fn prove(figures: &DayFigures) -> Proof {
    let check = |name: &str, left_yen, right_yen| Check { name: name.to_owned(), left_yen, right_yen };
    let money = figures.money_yen();
    let debts = figures.new_debts_yen - figures.debts_paid_yen;
    let of_ledger = |names: &[&str]| names.iter().map(|name| figures.account(name)).sum::<Yen>();
    let checks = vec![
        check("balance", figures.bills_yen, money + debts + figures.reduced_yen + figures.adjustments_yen()),
        check("bills", figures.bills_yen, -of_ledger(&BILL_ACCOUNTS)),
        check("debts", debts, figures.account("patient_receivable")),
        check("money", money - figures.cash_difference_yen, of_ledger(&MONEY_ACCOUNTS)),
        check("receipts", money, figures.receipts_yen + figures.without_receipt_yen),
        check("ledger", figures.ledger.values().copied().sum(), Yen::ZERO),
    ];
    let is_proven = checks.iter().all(Check::holds);
    Proof { checks, is_proven }
}

/// Hash of a closing: SHA-256 over the closing before it and its own text, so that none can be changed or taken out.
pub fn chain_hash(previous: &[u8; 32], content: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(content.as_bytes());
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn count(pieces: &[(i64, u32)]) -> Result<CountedCash, CountError> {
        CountedCash::new(pieces.iter().copied().collect())
    }

    #[test]
    fn cash_is_counted_by_its_pieces() {
        assert_eq!(count(&[(10_000, 3), (500, 2), (1, 7)]).unwrap().total(), Yen::new(31_007));
        assert_eq!(count(&[(25, 1)]), Err(CountError::Denomination { yen: 25 }));
        assert_eq!(count(&[(1, PIECES_MAX + 1)]), Err(CountError::Pieces { pieces: PIECES_MAX + 1 }));
    }

    #[test]
    fn a_difference_of_a_hundred_yen_needs_a_reason() {
        let check = CashCheck { expected: Yen::new(43_210), counted: Yen::new(43_110) };
        assert_eq!((check.difference(), check.needs_reason()), (Yen::new(-100), true));
    }

    /// Bills of 1,000; 600 in cash; 300 of an old debt by card; 400 stay open.
    fn day() -> DayFigures {
        let yen = |pairs: &[(&str, i64)]| pairs.iter().map(|(name, y)| ((*name).to_owned(), Yen::new(*y))).collect();
        DayFigures {
            day: ServiceDate::from_ymd(2026, 10, 5).unwrap(),
            bills_yen: Yen::new(1_000),
            money: yen(&[("cash", 600), ("card", 300)]),
            receipts_yen: Yen::new(900),
            without_receipt_yen: Yen::ZERO,
            new_debts_yen: Yen::new(400),
            debts_paid_yen: Yen::new(300),
            reduced_yen: Yen::ZERO,
            written_off_yen: Yen::ZERO,
            deposits_yen: Yen::ZERO,
            deposits_applied_yen: Yen::ZERO,
            opening_yen: Yen::ZERO,
            cash_difference_yen: Yen::ZERO,
            ledger: yen(&[("cash", 600), ("card", 300), ("patient_receivable", 100), ("insured_revenue", -1_000)]),
        }
    }

    #[test]
    fn a_day_is_proven() {
        assert!(prove(&day()).is_proven, "{:?}", prove(&day()));
    }

    #[test]
    fn a_lost_receipt_and_a_doubled_payment_are_found() {
        let failed = |figures: &DayFigures| -> Vec<String> {
            prove(figures).checks.into_iter().filter(|check| !check.holds()).map(|check| check.name).collect()
        };
        let lost = DayFigures { receipts_yen: Yen::new(600), ..day() };
        assert_eq!(failed(&lost), ["receipts"]);
        let mut doubled = day();
        doubled.money.insert("cash".to_owned(), Yen::new(1_200));
        assert_eq!(failed(&doubled), ["balance", "money", "receipts"]);
    }

    proptest! {
        #[test]
        fn a_changed_text_or_predecessor_changes_the_hash(text in ".{0,40}", other in ".{0,40}", before: [u8; 32]) {
            prop_assert_eq!(chain_hash(&before, &text), chain_hash(&before, &text));
            if text != other {
                prop_assert_ne!(chain_hash(&before, &text), chain_hash(&before, &other));
            }
            if before != BEGINNING {
                prop_assert_ne!(chain_hash(&before, &text), chain_hash(&BEGINNING, &text));
            }
        }
    }
}
