//! Every rounding of the fee schedule by its name. No other place of Tensu rounds money.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::{Points, Yen};

/// The named roundings (端数処理).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// 四捨五入 to a whole point: % additions and reductions, stepped fees, materials.
    /// Source: 診療報酬の算定方法 別表第一 通則; マスターファイル仕様説明書 別紙7-1.
    HalfUpPoint,
    /// 四捨五入 to a whole yen: the 1 % part of a monthly limit (健康保険法施行令42条), oxygen.
    HalfUpYen,
    /// 窓口負担: under 5 yen dropped, 5 and over raised to 10. Source: 健康保険法75条.
    HalfUp10Yen,
    /// Down to 10 yen: a setting for limits that are no multiple of 10.
    Down10Yen,
    /// Down to a whole yen: default for the consumption tax on uninsured items.
    DownYen,
}

impl Rounding {
    /// Rounds to an integer in the unit the rule names (points or yen). `None` when the number does
    /// not fit an `i64`.
    pub fn apply(self, amount: Decimal) -> Option<i64> {
        let half_up = RoundingStrategy::MidpointAwayFromZero;
        let ten = Decimal::TEN;
        let whole = match self {
            Self::HalfUpPoint | Self::HalfUpYen => amount.round_dp_with_strategy(0, half_up),
            Self::HalfUp10Yen => (amount / ten).round_dp_with_strategy(0, half_up) * ten,
            Self::Down10Yen => (amount / ten).floor() * ten,
            Self::DownYen => amount.floor(),
        };
        whole.to_i64()
    }

    /// The same rounding on a whole number of 1/100 yen (銭), for the hot loop of patient charges, whose
    /// amounts are exact in it. Saturates nowhere: the input is far below `i64`.
    pub const fn sen(self, amount: i64) -> Yen {
        let yen = match self {
            Self::HalfUpPoint | Self::HalfUpYen => half_away_from_zero(amount, 100),
            Self::HalfUp10Yen => half_away_from_zero(amount, 1_000) * 10,
            Self::Down10Yen => amount.div_euclid(1_000) * 10,
            Self::DownYen => amount.div_euclid(100),
        };
        Yen::new(yen)
    }

    /// A decimal number of points as [`Points`]; saturates at zero only for numbers beyond `i64`.
    pub fn points(self, amount: Decimal) -> Points {
        Points::new(self.apply(amount).unwrap_or_default())
    }

    /// A decimal number of yen as [`Yen`].
    pub fn yen(self, amount: Decimal) -> Yen {
        Yen::new(self.apply(amount).unwrap_or_default())
    }

    /// Drug points (薬剤料) by 五捨五超入: 15 yen or less is `at_most_15_yen`, above it one point for
    /// each further 10 yen or part of it. Source: F200, G100 and C200, D500, E300, H100, I100, J300,
    /// K940, L200 of 別表第一.
    pub fn drug_points(amount_yen: Decimal, at_most_15_yen: Points) -> Points {
        let fifteen = Decimal::from(15);
        if amount_yen <= fifteen {
            return at_most_15_yen;
        }
        let over = ((amount_yen - fifteen) / Decimal::TEN).ceil() + Decimal::ONE;
        Points::new(over.to_i64().unwrap_or_default())
    }

    /// Material points (特定保険医療材料料): yen divided by 10, half up.
    /// Source: 特定器材マスター field 22 = 0 or 2.
    pub fn material_points(amount_yen: Decimal) -> Points {
        Self::HalfUpPoint.points(amount_yen / Decimal::TEN)
    }
}

const fn half_away_from_zero(amount: i64, unit: i64) -> i64 {
    (amount.abs() + unit / 2) / unit * amount.signum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[rstest]
    #[case::exactly_fifteen("15.00", 1)]
    #[case::just_over_fifteen("15.01", 2)]
    #[case::twenty_five("25.00", 2)]
    #[case::just_over_twenty_five("25.01", 3)]
    #[case::thirty_five("35.0", 3)]
    #[case::over_thirty_five("35.1", 4)]
    #[case::large("675.5", 68)]
    fn drug_points_examples(#[case] yen: &str, #[case] points: i64) {
        assert_eq!(Rounding::drug_points(decimal(yen), Points::new(1)), Points::new(points));
    }

    #[rstest]
    #[case("873", 870)]
    #[case("735", 740)]
    #[case("1364", 1360)]
    fn window_charge_examples(#[case] yen: &str, #[case] rounded: i64) {
        assert_eq!(Rounding::HalfUp10Yen.yen(decimal(yen)), Yen::new(rounded));
    }

    #[rstest]
    #[case("163.8", 164)]
    #[case("122.4", 122)]
    #[case("2.5", 3)]
    #[case("-2.5", -3)]
    fn half_up_point_examples(#[case] amount: &str, #[case] points: i64) {
        assert_eq!(Rounding::HalfUpPoint.points(decimal(amount)), Points::new(points));
    }

    proptest::proptest! {
        #[test]
        fn rounding_hundredths_is_rounding_the_decimal(sen in -10_000_000i64..10_000_000) {
            use Rounding::{Down10Yen, DownYen, HalfUp10Yen, HalfUpPoint, HalfUpYen};
            for rule in [HalfUpPoint, HalfUpYen, HalfUp10Yen, Down10Yen, DownYen] {
                proptest::prop_assert_eq!(rule.sen(sen), rule.yen(Decimal::new(sen, 2)), "{:?}", rule);
            }
        }
    }

    #[test]
    fn nothing_rounds_to_nothing() {
        use Rounding::{Down10Yen, DownYen, HalfUp10Yen, HalfUpPoint, HalfUpYen};
        for rule in [HalfUpPoint, HalfUpYen, HalfUp10Yen, Down10Yen, DownYen] {
            assert_eq!(rule.sen(0), Yen::ZERO, "{rule:?}");
            assert_eq!(rule.yen(Decimal::ZERO), Yen::ZERO, "{rule:?}");
        }
    }

    #[test]
    fn materials_466_yen_are_47_points() {
        assert_eq!(Rounding::material_points(decimal("466")), Points::new(47));
    }
}
