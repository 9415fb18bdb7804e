//! Units (点数・回数算定単位) of a receipt.

use std::fmt;

use kernel::{ItemCode, Points, Quantity};
use rust_decimal::Decimal;
use uke::{Burden, Days, Line, Receipt};

/// A unit as it was claimed: SI, IY and TO records up to the one with the points.
#[derive(Clone, PartialEq, Debug)]
pub struct Unit {
    /// 診療識別 of its group.
    pub class: u16,
    /// 負担区分.
    pub burden: Option<Burden>,
    /// Its records.
    pub items: Vec<UnitItem>,
    /// Points of one time; `None` when no record of the unit has any.
    pub points: Option<Points>,
    /// 回数.
    pub count: u16,
    /// Day columns.
    pub days: Days,
    /// Records whose code could not be read.
    pub unreadable: usize,
}

/// A record of a unit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct UnitItem {
    /// Code.
    pub code: ItemCode,
    /// 数量データ, 使用量.
    pub quantity: Option<Quantity>,
    /// 単価 of a material without price in the master.
    pub unit_price: Option<Decimal>,
}

/// Codes with quantities in a form that can be compared: sorted, an absent quantity is one.
pub(super) type Key = Vec<(u32, Decimal)>;

pub(super) fn key(items: impl Iterator<Item = (ItemCode, Option<Quantity>)>) -> Key {
    let one = |quantity: Option<Quantity>| quantity.map_or(Decimal::ONE, |quantity| quantity.get().normalize());
    let is_counted = |code: &ItemCode| !matches!(code, ItemCode::Comment(_));
    let mut key: Key =
        items.filter(|(code, _)| is_counted(code)).map(|(code, quantity)| (code.number(), one(quantity))).collect();
    key.sort();
    key
}

/// Codes with quantities, points × count for a person.
pub(super) fn show(key: &Key, points: Points, count: u32) -> String {
    let item = |(code, quantity): &(u32, Decimal)| {
        if *quantity == Decimal::ONE { format!("{code:09}") } else { format!("{code:09}*{quantity}") }
    };
    let items: Vec<String> = key.iter().map(item).collect();
    format!("{} {points} x {count}", items.join("+"))
}

impl Unit {
    pub(super) fn key(&self) -> Key {
        key(self.items.iter().map(|item| (item.code, item.quantity)))
    }

    /// What of the unit contradicts the format.
    pub(super) fn oddity(&self) -> Option<Oddity> {
        if self.unreadable > 0 {
            Some(Oddity::Code)
        } else if self.points.is_none() {
            Some(Oddity::NoPoints)
        } else if u32::from(self.count) != self.days.sum() {
            Some(Oddity::Count { count: self.count, days: self.days.sum() })
        } else if self.is_outside_medicine() {
            Some(Oddity::OutsideMedicine)
        } else {
            None
        }
    }

    /// 内服, 屯服, 外用 of 0 points: some systems record the drugs of a prescription given out (院外処方) so.
    pub(super) fn is_outside_medicine(&self) -> bool {
        let is_drug = |item: &UnitItem| matches!(item.code, ItemCode::Drug(_));
        matches!(self.class, 21..=23) && self.points == Some(Points::ZERO) && self.items.iter().all(is_drug)
    }
}

/// How a unit contradicts the format.
pub(super) enum Oddity {
    Code,
    NoPoints,
    OutsideMedicine,
    Count { count: u16, days: u32 },
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code => write!(f, "a record of the unit has no readable code"),
            Self::NoPoints => write!(f, "no record of the unit has points"),
            Self::OutsideMedicine => write!(f, "medicine of 0 points: taken as 院外処方, which is not claimed"),
            Self::Count { count, days } => write!(f, "回数 {count} is not the sum {days} of its days"),
        }
    }
}

/// The units of a receipt in file order; comments are left out.
pub(super) fn units(receipt: &Receipt) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut open: Option<Unit> = None;
    let mut class = 0;
    for line in &receipt.lines {
        if let Some(head) = line.class() {
            units.extend(open.take());
            class = head.get();
        }
        let Some(item) = item(line) else { continue };
        let unit = open.get_or_insert_with(|| Unit {
            class,
            burden: line.burden(),
            items: Vec::new(),
            points: None,
            count: line.count().unwrap_or(0),
            days: line.days().copied().unwrap_or_default(),
            unreadable: 0,
        });
        match item {
            Some(item) => unit.items.push(item),
            None => unit.unreadable += 1,
        }
        if line.points().is_some() {
            unit.points = line.points();
            units.extend(open.take());
        }
    }
    units.extend(open);
    units
}

/// A charged record: `Some(None)` when its code could not be read; `None` for a comment.
fn item(line: &Line) -> Option<Option<UnitItem>> {
    let (code, quantity, unit_price) = match line {
        Line::Si(si) => (si.code.map(ItemCode::Act), si.quantity.and_then(whole), None),
        Line::Iy(iy) => (iy.code.map(ItemCode::Drug), iy.quantity, None),
        Line::To(to) => (to.code.map(ItemCode::Material), to.quantity, to.unit_price),
        Line::Co(_) => return None,
    };
    Some(code.map(|code| UnitItem { code, quantity, unit_price }))
}

fn whole(number: u32) -> Option<Quantity> {
    Quantity::try_from(Decimal::from(number)).ok()
}
