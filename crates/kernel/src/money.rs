//! Points (点数), yen (円), shares (負担割合) and quantities (数量).
//!
//! Amounts are integers. Sums stay far below `i64`: a quantity is at most 99,999.99999, a point value
//! at most 9,999,999, a claim has at most some thousand lines; release builds keep overflow checks.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::text::text_value;

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
            schemars::JsonSchema,
        )]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(i64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// Wraps an integer amount.
            pub const fn new(amount: i64) -> Self {
                Self(amount)
            }

            /// The bare integer.
            pub const fn get(self) -> i64 {
                self.0
            }

            /// True for an amount of zero.
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// The amount taken `times` times.
            pub const fn times(self, times: i64) -> Self {
                Self(self.0 * times)
            }

            /// The amount as a decimal, for products with rates and prices.
            pub fn to_decimal(self) -> Decimal {
                Decimal::from(self.0)
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }

        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
                amounts.fold(Self::ZERO, Add::add)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

amount! {
    /// Fee points (診療報酬点数). 1 point = 10 yen. Reductions (逓減) are negative.
    Points
}

amount! {
    /// Yen (円).
    Yen
}

impl Points {
    /// The medical cost (医療費, 10割) of these points: 1 point = 10 yen.
    /// Source: 診療報酬の算定方法 第3号.
    pub const fn to_yen(self) -> Yen {
        Yen(self.0 * 10)
    }
}

/// Patient's share of the cost in whole percent (負担割合), 0 to 100.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct BurdenRate(#[schemars(range(min = 0, max = 100))] u8);

impl BurdenRate {
    /// 10 割: the patient pays all.
    pub const ALL: Self = Self(100);

    /// `None` above 100 percent.
    pub const fn from_percent(percent: u8) -> Option<Self> {
        if percent <= 100 { Some(Self(percent)) } else { None }
    }

    /// The share in percent.
    pub const fn percent(self) -> u8 {
        self.0
    }
}

impl<'de> Deserialize<'de> for BurdenRate {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let percent = u8::deserialize(input)?;
        Self::from_percent(percent)
            .ok_or_else(|| serde::de::Error::custom(format!("burden rate {percent} % is above 100")))
    }
}

/// Quantity of an order (数量, 使用量): above 0, at most 99,999.99999 (claim file: 5 digits, point, 5 digits).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Quantity(Decimal);

/// Why a number is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Not a decimal number.
    #[error("{0:?} is not a decimal number")]
    NotANumber(String),
    /// Zero, negative, above 99,999.99999, or more than five decimals.
    #[error("quantity {0} is out of range: above 0, at most 99999.99999, five decimals")]
    OutOfRange(Decimal),
}

impl Quantity {
    /// One.
    pub const ONE: Self = Self(Decimal::ONE);

    /// The number itself.
    pub const fn get(self) -> Decimal {
        self.0
    }
}

impl TryFrom<Decimal> for Quantity {
    type Error = QuantityError;

    fn try_from(value: Decimal) -> Result<Self, QuantityError> {
        let number = value.normalize();
        let is_in_range = number > Decimal::ZERO && number < Decimal::from(100_000) && number.scale() <= 5;
        if is_in_range { Ok(Self(number)) } else { Err(QuantityError::OutOfRange(number)) }
    }
}

impl From<u16> for Quantity {
    /// A count; zero becomes one, the smallest quantity there is.
    fn from(count: u16) -> Self {
        Self(Decimal::from(count.max(1)))
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let number = Decimal::from_str_exact(text).map_err(|_| QuantityError::NotANumber(text.to_owned()))?;
        Self::try_from(number)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_value!(Quantity, r"^\d{1,5}(\.\d{1,5})?$", "数量: decimal string above 0, at most 99999.99999");

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0")]
    #[case("-1")]
    #[case("100000")]
    #[case("0.000001")]
    #[case("1e3")]
    #[case("")]
    fn quantities_out_of_range_are_refused(#[case] text: &str) {
        assert!(text.parse::<Quantity>().is_err());
    }

    #[test]
    fn quantity_is_normalised() {
        assert_eq!("2.50".parse::<Quantity>().unwrap().to_string(), "2.5");
    }
}
