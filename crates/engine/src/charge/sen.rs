//! 1/100 yen (銭): shares of the cost are exact in it, so that every rounding happens once and by name.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub, SubAssign};

use kernel::{Rounding, Yen};

/// An amount in 1/100 yen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Sen(i64);

impl Sen {
    pub(super) const ZERO: Self = Self(0);

    pub(super) const fn of(yen: Yen) -> Self {
        Self(yen.get() * 100)
    }

    /// A percentage of a cost.
    pub(super) fn percent(cost: Yen, percent: u8) -> Self {
        Self(cost.get() * i64::from(percent))
    }

    /// What is left after a reduction by whole percent; a copay of 10, 20 or 30 % stays exact.
    pub(super) fn less_percent(self, percent: u8) -> Self {
        Self(self.0 * (100 - i64::from(percent.min(100))) / 100)
    }

    /// Whole yen, half up.
    pub(super) const fn yen(self) -> Yen {
        Rounding::HalfUpYen.sen(self.0)
    }

    /// By another named rounding.
    pub(super) const fn rounded(self, rounding: Rounding) -> Yen {
        rounding.sen(self.0)
    }

    pub(super) const fn is_whole_yen(self) -> bool {
        self.0 % 100 == 0
    }

    pub(super) fn at_least_zero(self) -> Self {
        self.max(Self::ZERO)
    }
}

impl Add for Sen {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Sen {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Sen {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl SubAssign for Sen {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Sen {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}
