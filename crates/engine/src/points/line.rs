//! Entries become lines: what is recorded together, its points, its reasons.
//!
//! A line is a base with its additions and reductions, the tests that share an amount, a 剤, the drugs of one
//! injection, or a material. Points are rounded once, at the end of the line.

use std::borrow::Cow;

use calculation::{DrugUse, Item, Line, MasterRef, Origin, Outcome, Reason, Word};
use kernel::{ActCode, CommentCode, DrugCode, ItemCode, MaterialCode, Points, Quantity, Rounding};
use masters::row::{ActRow, MaterialRow, Validity};
use rust_decimal::Decimal;

use super::accept::{is_medicine, price_points};
use super::medication::{self, REDUCTION_90};
use super::rules;
use super::work::{Charged, Dose, Entry, Why, Work};

/// 点数欄集計先 of additions to any kind of injection (生物学的製剤, 精密持続点滴, 麻薬, 外来化学療法).
const ANY_INJECTION: u16 = 300;
/// 酸素補正率１．３（１気圧）.
const OXYGEN_CORRECTION: u32 = 770_020_070;

/// The lines of one visit, and for each entry the lines that contain it.
pub struct VisitLines {
    /// Lines by 診療識別, then as ordered.
    pub lines: Vec<Line>,
    /// Entry index → line id.
    pub of_entries: Vec<(usize, String)>,
}

/// Builds the lines of a visit. Drugs whose amount is not claimable are ended on the way.
pub fn build(work: &mut Work<'_>, visit: usize) -> VisitLines {
    let entries: Vec<usize> = work.in_visit(visit).map(|(index, _)| index).collect();
    let (lines, of_entries) = (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
    let mut builder = Builder { visit, lines, of_entries };
    for index in entries {
        let Some(entry) = work.entries.get(index).filter(|entry| entry.is_live()) else { continue };
        match entry.charged {
            Charged::Act(act) => builder.act(work, index, act),
            Charged::Drug(_) => builder.drug(work, index),
            Charged::Material(row) => builder.material(work, index, row),
            Charged::Comment(_) => builder.comment(work, index),
        }
    }
    builder.seven_kinds(work);
    builder.finish()
}

struct Builder {
    visit: usize,
    lines: Vec<Line>,
    of_entries: Vec<(usize, String)>,
}

/// 診療識別 of a column of the claim (点数欄集計先識別, 項番15).
pub fn shikibetsu(bucket: u16) -> &'static str {
    match bucket {
        110 => "11",
        120..=125 => "12",
        130 => "13",
        140 => "14",
        210 | 230 | 240 => "24",
        250 => "25",
        260 => "26",
        270 => "27",
        311 => "31",
        321 => "32",
        300 | 331 => "33",
        400 => "40",
        500 | 502 => "50",
        540 => "54",
        600 => "60",
        700 => "70",
        _ => "80",
    }
}

impl Builder {
    fn finish(mut self) -> VisitLines {
        self.lines.sort_by(|a, b| a.shikibetsu.cmp(&b.shikibetsu));
        VisitLines { lines: self.lines, of_entries: self.of_entries }
    }

    /// Adds a line of these entries.
    fn push(&mut self, work: &Work<'_>, entries: &[usize], shikibetsu: &'static str, points: Points, times: u16) {
        let id = format!("L{}", self.lines.len() + 1);
        let parts = || entries.iter().filter_map(|index| work.entries.get(*index));
        let line = Line {
            id: id.clone(),
            origin: if parts().any(|entry| entry.order.is_some()) { Origin::Ordered } else { Origin::Derived },
            shikibetsu: Word::Borrowed(shikibetsu),
            items: parts().filter_map(|entry| item(work, entry)).collect(),
            points,
            times,
            set_id: parts().next().map(|entry| work.set_of(entry).to_owned()).unwrap_or_default(),
            burden_class: None,
            order_ids: parts().filter_map(|entry| work.order_of(entry).map(|order| order.id.clone())).collect(),
            reasons: parts().flat_map(|entry| reasons(work, entry)).collect(),
        };
        self.lines.push(line);
        self.of_entries.extend(entries.iter().map(|index| (*index, id.clone())));
    }

    fn act(&mut self, work: &Work<'_>, index: usize, act: &ActRow) {
        let is_addition = matches!(act.record_role, 7 | 9);
        let has_base = work.entries.get(index).is_some_and(|entry| entry.base.is_some());
        if is_addition && has_base {
            return;
        }
        if let Some(bundle) = work.bundles.iter().find(|bundle| bundle.entries.contains(&index)) {
            if bundle.entries.first() == Some(&index) {
                let entries = with_additions(work, &bundle.entries);
                self.push(work, &entries, shikibetsu(act.outpatient_bucket), bundle.points, 1);
            }
            return;
        }
        let times = work.entries.get(index).map_or(1, |entry| entry.times);
        let points = act_points(work, index, act);
        let entries = with_additions(work, &[index]);
        let shikibetsu = match act.outpatient_bucket {
            ANY_INJECTION => self.injection(work, index),
            bucket => shikibetsu(bucket),
        };
        self.push(work, &entries, shikibetsu, points, times);
    }

    /// 診療識別 of the injection before an addition that goes with any kind of injection.
    fn injection(&self, work: &Work<'_>, index: usize) -> &'static str {
        let before = work.live_in_visit(self.visit).filter(|(other, act)| {
            *other < index && act.section_letter == b'G' && act.outpatient_bucket != ANY_INJECTION
        });
        before.last().map_or("33", |(_, act)| shikibetsu(act.outpatient_bucket))
    }

    fn drug(&mut self, work: &mut Work<'_>, index: usize) {
        if let Some(dose) = work.doses.iter().find(|dose| dose.entries.contains(&index)) {
            if dose.entries.first() == Some(&index) {
                self.dose(work, dose);
            }
            return;
        }
        let Some(entry) = work.entries.get(index) else { return };
        let is_outside = work.order_of(entry).is_none_or(|order| is_medicine(order, &entry.charged));
        let is_recorded = self.of_entries.iter().any(|(recorded, _)| *recorded == index);
        if !is_outside && !is_recorded {
            self.used_drugs(work, index);
        }
    }

    fn dose(&mut self, work: &Work<'_>, dose: &Dose) {
        let live: Vec<usize> =
            dose.entries.iter().copied().filter(|index| work.entries.get(*index).is_some_and(Entry::is_live)).collect();
        let shikibetsu = match dose.drug_use {
            DrugUse::Internal => "21",
            DrugUse::AsNeeded => "22",
            _ => "23",
        };
        let points = medication::dose_points(work, dose);
        self.push(work, &live, shikibetsu, points, dose.times);
    }

    /// Drugs of one injection (one group), or of a day's drip together (G004 ff.), or of a procedure.
    fn used_drugs(&mut self, work: &mut Work<'_>, index: usize) {
        let Some(entry) = work.entries.get(index) else { return };
        let base = entry.base.and_then(|base| work.entries.get(base)).and_then(Entry::act);
        let is_drip = base.is_some_and(|act| act.section_letter == b'G' && matches!(act.section_number, 4..=6));
        let group = work.order_of(entry).and_then(|order| order.group);
        let is_together = |other: &Entry<'_>| {
            let order = work.order_of(other);
            let is_used_drug = matches!(other.charged, Charged::Drug(_))
                && order.is_some_and(|order| !is_medicine(order, &other.charged));
            let is_same_group = order.and_then(|order| order.group) == group;
            other.is_live() && other.base == entry.base && is_used_drug && (is_drip || is_same_group)
        };
        let together: Vec<usize> = work
            .in_visit(self.visit)
            .filter(|(other, candidate)| *other == index || is_together(candidate))
            .map(|(other, _)| other)
            .collect();
        let yen: Decimal = together
            .iter()
            .filter_map(|index| work.entries.get(*index))
            .filter_map(|entry| match entry.charged {
                Charged::Drug(drug) => Some(medication::amount(drug, entry)),
                _ => None,
            })
            .sum();
        let is_injection = base.is_none_or(|act| act.section_letter == b'G');
        let least = if is_injection { Points::new(1) } else { Points::ZERO };
        let points = Rounding::drug_points(yen, least);
        if points.is_zero() {
            for index in together {
                work.end(index, Outcome::Included, Why::rule(&rules::DRUG_POINTS_OTHER));
            }
            return;
        }
        let shikibetsu = base.map_or("33", |act| shikibetsu(act.outpatient_bucket));
        let times = work.entries.get(index).map_or(1, |entry| entry.times);
        self.push(work, &together, shikibetsu, points, times);
    }

    fn material(&mut self, work: &Work<'_>, index: usize, row: &MaterialRow) {
        let Some(entry) = work.entries.get(index) else { return };
        let base = entry.base.and_then(|base| work.entries.get(base)).and_then(Entry::act);
        let shikibetsu = base.map_or("40", |act| shikibetsu(act.outpatient_bucket));
        let quantity = entry.quantity.map_or(Decimal::ONE, Quantity::get);
        let listed = Decimal::new(row.price_e2, 2);
        let typed = work.order_of(entry).and_then(|order| order.price_yen);
        let price = match (row.price_kind, typed) {
            (2, Some(typed)) => typed,
            // A gas costs what was paid, at most the ceiling of the notice.
            (_, Some(typed)) if row.gas_kind != 0 => typed.min(listed),
            _ => listed,
        };
        let is_oxygen = matches!(row.gas_kind, 2..=5);
        let correction = oxygen_correction(work, entry).filter(|_| is_oxygen);
        let points = material_points(row, price * quantity, correction);
        self.push(work, &[index], shikibetsu, points, entry.times);
        if is_oxygen
            && let Some(code) = MaterialCode::from_number(OXYGEN_CORRECTION)
            && let Some(line) = self.lines.last_mut()
        {
            let row = work.masters.material(code, work.date_of(entry));
            let name = row.map_or("", |row| work.masters.text(row.name)).to_owned();
            let code = ItemCode::Material(code);
            line.items.push(Item { code, name, quantity: None, unit_price_yen: None, text: None });
        }
    }

    /// A comment goes into the line of the entry before it, or stands alone at the end of the claim.
    fn comment(&mut self, work: &Work<'_>, index: usize) {
        let Some(entry) = work.entries.get(index) else { return };
        let line_id = entry
            .base
            .and_then(|base| self.of_entries.iter().find(|(recorded, _)| *recorded == base).map(|(_, id)| id.clone()));
        let line = line_id.and_then(|id| self.lines.iter_mut().find(|line| line.id == id));
        match (line, item(work, entry)) {
            (Some(line), Some(item)) => {
                line.items.push(item);
                if let Some(order) = work.order_of(entry) {
                    line.order_ids.push(order.id.clone());
                }
                self.of_entries.push((index, line.id.clone()));
            }
            _ => self.push(work, &[index], "99", Points::ZERO, 1),
        }
    }

    /// 薬剤料逓減（９０／１００）: a tenth of the internal medicines of the prescription, half up (unverified when
    /// it is no whole number), recorded as a deduction.
    fn seven_kinds(&mut self, work: &Work<'_>) {
        if !work.seven_kinds.contains(&self.visit) {
            return;
        }
        let doses = || self.lines.iter().filter(|line| line.shikibetsu == "21");
        let internal: i64 = doses().map(|line| line.points.get() * i64::from(line.times)).sum();
        let Some(set_id) = doses().next().map(|line| line.set_id.clone()) else { return };
        let Some(code) = DrugCode::from_number(REDUCTION_90) else { return };
        let Some(visit) = work.request.visits.get(self.visit) else { return };
        let row = work.masters.drug(code, visit.date);
        let tenth = Rounding::HalfUpPoint.points(Decimal::new(internal, 1));
        let name = row.map_or("薬剤料逓減（９０／１００）（内服薬）", |row| work.masters.text(row.name)).to_owned();
        let masters = row.map(|row| master_ref(work, "Y", &row.validity)).into_iter().collect();
        self.lines.push(Line {
            id: format!("L{}", self.lines.len() + 1),
            origin: Origin::Derived,
            shikibetsu: Word::Borrowed("21"),
            items: vec![Item { code: ItemCode::Drug(code), name, quantity: None, unit_price_yen: None, text: None }],
            points: -tenth,
            times: 1,
            set_id,
            burden_class: None,
            order_ids: Vec::new(),
            reasons: vec![reason(&Why::rule(&rules::SEVEN_REDUCTION), masters)],
        });
    }
}

/// A base with the live additions that stand on it, in order.
fn with_additions(work: &Work<'_>, bases: &[usize]) -> Vec<usize> {
    let mut all = Vec::with_capacity(bases.len() + 2);
    for base in bases {
        all.push(*base);
        let additions = work
            .added_to(*base)
            .filter(|(_, entry)| entry.live_act().is_some_and(|act| matches!(act.record_role, 7 | 9)));
        all.extend(additions.map(|(index, _)| index));
    }
    all
}

/// A stepped fee (きざみ, 項番12 and 30–35).
#[derive(Clone, Copy, Debug)]
pub struct Stepped {
    /// Points up to the lower bound.
    pub base: Decimal,
    /// 下限値.
    pub low: Decimal,
    /// 上限値.
    pub high: Decimal,
    /// きざみ値.
    pub unit: Decimal,
    /// きざみ点数.
    pub step_points: Decimal,
    /// 上下限エラー処理: 1 and 3 cap at the upper bound, 0 and 2 count on.
    pub is_capped: bool,
}

impl Stepped {
    /// The steps of an act; `None` for an act without.
    pub fn of(act: &ActRow) -> Option<Self> {
        (act.step_calc == 1 && act.step_unit != 0).then(|| Self {
            base: Decimal::new(i64::from(act.points_e2), 2),
            low: Decimal::from(act.step_low),
            high: Decimal::from(act.step_high),
            unit: Decimal::from(act.step_unit),
            step_points: Decimal::new(i64::from(act.step_points_e2), 2),
            is_capped: matches!(act.step_error, 1 | 3),
        })
    }

    /// Unrounded points of a quantity: the base, and each step begun beyond the lower bound.
    pub fn points(&self, quantity: Decimal) -> Decimal {
        let counted = if self.is_capped { quantity.min(self.high) } else { quantity };
        if counted <= self.low {
            return self.base;
        }
        self.base + ((counted - self.low) / self.unit).ceil() * self.step_points
    }
}

/// Points of one entry by itself, unrounded.
fn own_points(work: &Work<'_>, index: usize, act: &ActRow) -> Decimal {
    if matches!(act.point_kind, 4 | 7) {
        return price_points(work, index).unwrap_or_default();
    }
    let quantity = work.entries.get(index).and_then(|entry| entry.quantity).map_or(Decimal::ONE, Quantity::get);
    match Stepped::of(act) {
        Some(stepped) => stepped.points(quantity),
        None => Decimal::new(i64::from(act.points_e2), 2),
    }
}

/// Points of a base with its additions. 所定点数 = base + 注加算 with fixed points (not those of 項番62 = 1);
/// reductions multiply it, all % additions are computed on it and added (通則 additions do not multiply each
/// other), fixed 通則加算 come last; one 四捨五入 at the end.
fn act_points(work: &Work<'_>, index: usize, act: &ActRow) -> Points {
    let hundred = Decimal::ONE_HUNDRED;
    let mut base = own_points(work, index, act);
    if matches!(act.point_kind, 7 | 8) {
        base = -base;
    }
    let (mut outside, mut factor, mut percent) = (Decimal::ZERO, Decimal::ONE, Decimal::ZERO);
    for (position, entry) in work.added_to(index) {
        let Some(addition) = entry.live_act().filter(|row| matches!(row.record_role, 7 | 9)) else { continue };
        let value = own_points(work, position, addition) * Decimal::from(entry.times);
        match addition.point_kind {
            5 => percent += value,
            6 => factor *= (hundred - value) / hundred,
            7 | 8 => base -= value,
            _ if addition.outside_general_base == 1 || addition.record_role == 9 => outside += value,
            _ => base += value,
        }
    }
    let total = base * factor * (hundred + percent) / hundred + outside;
    Rounding::HalfUpPoint.points(total)
}

/// The correction factor of oxygen (補正率), 1.3 by the master.
fn oxygen_correction(work: &Work<'_>, entry: &Entry<'_>) -> Option<Decimal> {
    let row = work.masters.material(MaterialCode::from_number(OXYGEN_CORRECTION)?, work.date_of(entry))?;
    Some((Decimal::ONE_HUNDRED + Decimal::new(row.price_e2, 2)) / Decimal::ONE_HUNDRED)
}

/// Points of a material (特定器材種別, field 22). Gases are rounded to yen first, oxygen after its correction.
fn material_points(row: &MaterialRow, yen: Decimal, correction: Option<Decimal>) -> Points {
    let yen = match row.gas_kind {
        0 => yen,
        _ => Rounding::HalfUpYen.yen(yen * correction.unwrap_or(Decimal::ONE)).to_decimal(),
    };
    let points = match row.material_kind {
        3 => Rounding::HalfUpPoint.points(yen / Decimal::from(50)),
        4 => Rounding::HalfUpPoint.points(yen / Decimal::from(1_000)),
        _ => Rounding::material_points(yen),
    };
    match row.max_points {
        0 => points,
        max => points.min(Points::new(i64::from(max))),
    }
}

/// The record of an entry.
fn item(work: &Work<'_>, entry: &Entry<'_>) -> Option<Item> {
    let text = |place| work.masters.text(place).to_owned();
    let order = work.order_of(entry);
    let item = match entry.charged {
        Charged::Act(act) => Item {
            code: ItemCode::Act(ActCode::from_number(act.validity.code)?),
            name: text(act.name),
            quantity: (act.step_calc == 1).then(|| entry.quantity.unwrap_or(Quantity::ONE)),
            unit_price_yen: None,
            text: None,
        },
        Charged::Drug(drug) => Item {
            code: ItemCode::Drug(DrugCode::from_number(drug.validity.code)?),
            name: text(drug.name),
            quantity: Some(entry.quantity.unwrap_or(Quantity::ONE)),
            unit_price_yen: Some(Decimal::new(drug.price_e2, 2)),
            text: None,
        },
        Charged::Material(row) => Item {
            code: ItemCode::Material(MaterialCode::from_number(row.validity.code)?),
            name: text(row.name),
            quantity: Some(entry.quantity.unwrap_or(Quantity::ONE)),
            unit_price_yen: order
                .and_then(|order| order.price_yen)
                .or_else(|| (row.price_kind == 1).then(|| Decimal::new(row.price_e2, 2))),
            text: None,
        },
        Charged::Comment(row) => Item {
            code: ItemCode::Comment(CommentCode::from_number(row.validity.code)?),
            name: text(row.name),
            quantity: None,
            unit_price_yen: None,
            text: order.and_then(|order| order.text.clone()),
        },
    };
    Some(item)
}

fn master_ref(work: &Work<'_>, table: &'static str, validity: &Validity) -> MasterRef {
    MasterRef {
        table: Word::Borrowed(table),
        code: Word::Owned(nine_digits(validity.code)),
        edition: Word::Owned(work.masters.edition_name(validity.edition).to_owned()),
    }
}

/// A code as the masters write it. By hand, for it is written with every reason of every line.
fn nine_digits(code: u32) -> String {
    const PLACES: [u32; 9] = [100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    let mut text = String::with_capacity(PLACES.len());
    text.extend(PLACES.iter().filter_map(|place| char::from_digit(code / place % 10, 10)));
    text
}

/// The master row behind an entry.
pub fn entry_ref(work: &Work<'_>, entry: &Entry<'_>) -> MasterRef {
    match entry.charged {
        Charged::Act(row) => master_ref(work, "S", &row.validity),
        Charged::Drug(row) => master_ref(work, "Y", &row.validity),
        Charged::Material(row) => master_ref(work, "T", &row.validity),
        Charged::Comment(row) => master_ref(work, "C", &row.validity),
    }
}

/// Every reason of an entry; a plain order names its section and master row.
pub fn reasons(work: &Work<'_>, entry: &Entry<'_>) -> Vec<Reason> {
    if entry.why.is_empty() {
        let mut reason = reason(&Why::rule(&rules::ORDERED), vec![entry_ref(work, entry)]);
        if let Charged::Act(act) = entry.charged {
            reason.basis = Word::Owned(section(act));
        }
        return vec![reason];
    }
    entry.why.iter().map(|why| reason(why, vec![entry_ref(work, entry)])).collect()
}

/// 区分番号 of an act, `A001` or `B001-3`.
pub fn section(act: &ActRow) -> String {
    let (letter, number) = (char::from(act.section_letter), act.section_number);
    match act.section_branch {
        0 => format!("{letter}{number:03}"),
        branch => format!("{letter}{number:03}-{branch}"),
    }
}

/// A reason for the outside.
pub fn reason(why: &Why, mut masters: Vec<MasterRef>) -> Reason {
    if let Some(table) = why.table {
        let edition = if why.is_own_row { "own rows" } else { "医科電子点数表" };
        masters.push(MasterRef {
            table: Word::Borrowed(table),
            code: masters.first().map_or(Word::Borrowed(""), |own| own.code.clone()),
            edition: Word::Borrowed(edition),
        });
    }
    let text = match &why.detail {
        Some(detail) => Cow::Owned(format!("{} ({detail})", why.rule.text)),
        None => Cow::Borrowed(why.rule.text),
    };
    Reason {
        rule: Word::Borrowed(why.rule.id),
        basis: Word::Borrowed(why.rule.basis),
        masters,
        caused_by: why.cause.clone().into_iter().collect(),
        is_verified: why.rule.is_verified && !why.is_own_row,
        text,
    }
}
