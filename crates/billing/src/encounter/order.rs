//! Checks of one order.

use calculation::{Order, OrderKind};
use kernel::{Finding, ItemCode};

use crate::code;

/// Days of one order at most: 回数 has three digits. Source: 記録条件仕様(医科用) IY 7.
pub const DAYS_PER_ORDER_MAX: u16 = 999;
/// Times of one order at most: 回数 has three digits. Source: 記録条件仕様(医科用) SI 7.
pub const TIMES_MAX: u16 = 999;

pub(super) fn check(order: &Order, place: &str, findings: &mut Vec<Finding>) {
    let mut range = |name: &str, value: Option<u16>, allowed: u16| {
        if let Some(value) = value.filter(|value| *value == 0 || *value > allowed) {
            findings.push(Finding::stop(
                code::QUANTITY_RANGE,
                place,
                format!("{name} {value} is out of range: 1 to {allowed}"),
            ));
        }
    };
    range("days", order.days, DAYS_PER_ORDER_MAX);
    range("times", order.times, TIMES_MAX);
    if let Some(quantity) = order.quantity
        && order.kind == OrderKind::Act
        && !quantity.get().is_integer()
    {
        let message = format!("quantity {quantity} of an act is out of range: whole numbers");
        findings.push(Finding::stop(code::QUANTITY_RANGE, place, message));
    }
    if let Some(price) = order.price_yen.filter(|price| price.is_sign_negative()) {
        let message = format!("price {price} is out of range: 0 or more");
        findings.push(Finding::stop(code::QUANTITY_RANGE, place, message));
    }
    match (order.kind, order.code) {
        (OrderKind::SelfPay, None) if has_price_and_text(order) => {}
        (OrderKind::SelfPay, None) => {
            let message = "自費 without a master needs a text and a price";
            findings.push(Finding::stop(code::ORDER_CODE_MISSING, place, message));
        }
        (_, None) => {
            let message = "the order has no code; fees without a master code are 自費 only";
            findings.push(Finding::stop(code::ORDER_CODE_MISSING, place, message));
        }
        (kind, Some(code)) if !is_of_kind(kind, code) => {
            let message = format!("code {code} is not of the master that the kind of the order names");
            findings.push(Finding::stop(code::ORDER_KIND, place, message));
        }
        _ => {}
    }
}

fn has_price_and_text(order: &Order) -> bool {
    order.price_yen.is_some() && order.text.as_deref().is_some_and(|text| !text.trim().is_empty())
}

const fn is_of_kind(kind: OrderKind, code: ItemCode) -> bool {
    match kind {
        OrderKind::Act => matches!(code, ItemCode::Act(_)),
        OrderKind::Drug => matches!(code, ItemCode::Drug(_)),
        OrderKind::Material => matches!(code, ItemCode::Material(_)),
        OrderKind::Comment => matches!(code, ItemCode::Comment(_)),
        OrderKind::SelfPay => true,
    }
}
