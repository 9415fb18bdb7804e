//! Dated tables of the charge rules: facts with their sources, chosen by the month of care (診療年月).

mod burden;
mod insurers;
mod limits;
mod notes;
mod programmes;

pub use burden::BURDEN_CLASSES;
pub use insurers::{INSURER_LAWS, InsurerLaw, MainDigit, insurer_law, insurer_law_of};
pub use limits::{IncomeClass, LIMITS, LimitGroup, LimitRow, PART_LIMITS, PartLimitRow, RELIEF, ReliefRow};
pub use notes::{CLASS_NOTES, ClassNote, class_note, default_class};
pub use programmes::{
    LimitKind, NATIONAL_ORDER, PROGRAMMES, Programme, ProgrammeShare, legal_rank, programme, subsidy_order,
};

use kernel::ClaimMonth;

/// The months from `from` to `to` (`YYYYMM`, both included).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Months {
    /// First month.
    pub from: u32,
    /// Last month; `None` while no end is known.
    pub to: Option<u32>,
}

impl Months {
    const fn between(from: u32, to: u32) -> Self {
        Self { from, to: Some(to) }
    }

    const fn since(from: u32) -> Self {
        Self { from, to: None }
    }

    /// True when the month lies inside.
    pub fn contain(self, month: ClaimMonth) -> bool {
        let number = month.yyyymm();
        self.from <= number && self.to.is_none_or(|to| number <= to)
    }
}
