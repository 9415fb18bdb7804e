//! 自費 items and their consumption tax.

use calculation::{Order, OrderKind, TaxRounding, Visit};
use kernel::{Rounding, Yen};
use rust_decimal::Decimal;

/// Uninsured items of a visit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct SelfPay {
    /// Without tax.
    pub(super) net: Yen,
    /// Consumption tax.
    pub(super) tax: Yen,
}

/// Sums the 自費 orders of a visit. The tax is rounded once per visit and rate, apart for prices with and without
/// tax. Source: 消費税法施行令 第70条の10 (適格請求書: 税率ごとに1回の端数処理).
pub(super) fn self_pay(visit: &Visit, rounding: TaxRounding) -> SelfPay {
    let mut sums: Vec<Sum> = Vec::new();
    for order in visit.orders.iter().filter(|order| order.kind == OrderKind::SelfPay) {
        let key = (order.tax_percent.unwrap_or(0), order.is_tax_included);
        match sums.iter_mut().find(|sum| sum.key == key) {
            Some(sum) => sum.amount += amount(order),
            None => sums.push(Sum { key, amount: amount(order) }),
        }
    }
    let rounding = match rounding {
        TaxRounding::Down => Rounding::DownYen,
        TaxRounding::HalfUp => Rounding::HalfUpYen,
    };
    sums.iter().fold(SelfPay::default(), |total, sum| {
        let SelfPay { net, tax } = sum.taxed(rounding);
        SelfPay { net: total.net + net, tax: total.tax + tax }
    })
}

/// Price × quantity × times.
fn amount(order: &Order) -> Decimal {
    let quantity = order.quantity.map_or(Decimal::ONE, |quantity| quantity.get());
    order.price_yen.unwrap_or_default() * quantity * Decimal::from(order.times.unwrap_or(1))
}

/// Amounts of one rate and kind of price.
struct Sum {
    /// Percent, and whether the price contains the tax.
    key: (u8, bool),
    amount: Decimal,
}

impl Sum {
    fn taxed(&self, rounding: Rounding) -> SelfPay {
        let (percent, is_included) = self.key;
        let rate = Decimal::from(percent);
        let hundred = Decimal::ONE_HUNDRED;
        if is_included {
            let gross = rounding.yen(self.amount);
            let tax = rounding.yen(gross.to_decimal() * rate / (hundred + rate));
            return SelfPay { net: gross - tax, tax };
        }
        SelfPay { net: rounding.yen(self.amount), tax: rounding.yen(self.amount * rate / hundred) }
    }
}
