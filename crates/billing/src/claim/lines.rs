//! 摘要: SI, IY, TO and CO records of a receipt.
//!
//! A charged line is one 点数・回数算定単位 and one group: 診療識別 stands on its first record, the points on its
//! last SI, IY or TO record, 回数 and day columns on all of them. Equal lines of the month are one unit with
//! their day columns added up; lines of different 負担区分 never are.
//! Source: 記録条件仕様(医科用) 第2章 摘要情報; 診療識別 別表20.

use std::collections::HashMap;

use calculation::{Item, Line};
use kernel::{ActCode, CommentCode, DrugCode, Finding, ItemCode, MaterialCode, Points, Quantity, ServiceDate};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use uke::table::LineClass;
use uke::{Burden, Co, Comment, Days, Iy, Si, To};

use super::receipt::Source;
use crate::clinic::ReceiptComment;
use crate::code;

/// Comments inside one SI, IY or TO record.
pub const PAIRED_COMMENTS_MAX: usize = 3;
/// Full-width characters of a comment inside a record (100 bytes).
pub const PAIRED_COMMENT_CHARACTERS_MAX: usize = 50;
/// Largest count of one day and largest 回数 (three digits).
pub const DAY_COUNT_MAX: u16 = 999;
/// Pattern of comments with fixed text: no 文字データ is recorded.
const FIXED_TEXT: u32 = 20;

/// A record before its day columns are known.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Part {
    Act(ActCode, Option<u32>),
    Drug(DrugCode, Option<Quantity>),
    Material(MaterialCode, Option<Quantity>, Option<Decimal>),
    Comment(CommentCode, String),
}

impl Part {
    const fn is_comment(&self) -> bool {
        matches!(self, Self::Comment(..))
    }
}

/// What makes two lines of the month one unit.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    class: u16,
    burden: Burden,
    parts: Vec<Part>,
    points: Points,
}

struct Unit {
    key: Key,
    days: Vec<(u32, u16)>,
}

/// The lines of a receipt, ascending by 診療識別, inside it in the order of first day and line.
pub(super) fn records(source: &Source<'_>, findings: &mut Vec<Finding>) -> Vec<uke::Line> {
    let mut units: Vec<Unit> = Vec::new();
    let mut places: HashMap<Key, usize> = HashMap::new();
    for visit in &source.response.visits {
        for line in &visit.lines {
            let Some((_, burden)) = source.sets.iter().find(|(set, _)| *set == line.set_id) else { continue };
            let place = format!("{}/visits/{}/lines/{}", source.place, visit.visit_id, line.id);
            let Some(key) = key(source, line, *burden, visit.date, &place, findings) else { continue };
            let at = *places.entry(key.clone()).or_insert_with(|| {
                units.push(Unit { key, days: Vec::new() });
                units.len() - 1
            });
            if let Some(unit) = units.get_mut(at) {
                unit.days.push((visit.date.day(), line.times));
            }
        }
    }
    // Stable: lines of one 診療識別 keep the order of the result (day, start, line).
    units.sort_by_key(|unit| unit.key.class);
    let mut records = whole_receipt(source, true);
    for unit in units {
        write_unit(unit, source, &mut records, findings);
    }
    records.extend(whole_receipt(source, false));
    records
}

/// 診療識別 39 薬剤料減点.
const MEDICINE_DEDUCTION: u16 = 39;

fn key(
    source: &Source<'_>,
    line: &Line,
    burden: Burden,
    day: ServiceDate,
    place: &str,
    findings: &mut Vec<Finding>,
) -> Option<Key> {
    let mut stop = |code: &'static str, message: String| findings.push(Finding::stop(code, place, message));
    let stated = line.burden_class.as_deref().and_then(|class| class.chars().next());
    if stated.is_some_and(|letter| letter != burden.letter()) {
        let message = format!("負担区分 {stated:?} of the line is not {burden} of its payer set");
        stop(code::CLAIM_BURDEN, message);
    }
    let class = line.shikibetsu.parse::<u16>().ok().filter(|class| LineClass::new(*class).label().is_some());
    let Some(class) = class else {
        stop(code::CLAIM_LINE, format!("診療識別 {:?} is not one of 別表20", line.shikibetsu));
        return None;
    };
    // 薬剤料逓減 and its kin are 薬剤料減点 on the claim (別表20: 39), whatever medicine they reduce.
    let class = if line.points < Points::ZERO { MEDICINE_DEDUCTION } else { class };
    let parts: Result<Vec<Part>, String> = line.items.iter().map(|item| part(source, item, day)).collect();
    match parts {
        Ok(parts) if !parts.is_empty() => Some(Key { class, burden, parts, points: line.points }),
        Ok(_) => {
            stop(code::CLAIM_LINE, "the line has no item".to_owned());
            None
        }
        Err(message) => {
            stop(code::CLAIM_LINE, message);
            None
        }
    }
}

fn part(source: &Source<'_>, item: &Item, day: ServiceDate) -> Result<Part, String> {
    let masters = source.input.masters;
    match item.code {
        ItemCode::Act(code) => {
            // 数量データ is recorded exactly when きざみ値計算識別 is 1.
            let is_stepped = masters.act(code, day).is_some_and(|row| row.step_calc == 1);
            let quantity = item.quantity.filter(|_| is_stepped).map(|quantity| whole(code, quantity)).transpose()?;
            if is_stepped && quantity.is_none() {
                return Err(format!("act {code} is counted in steps, its quantity is missing"));
            }
            Ok(Part::Act(code, quantity))
        }
        ItemCode::Drug(code) => Ok(Part::Drug(code, item.quantity)),
        ItemCode::Material(code) => {
            // 単価 is recorded only when the master has none (金額種別 2: 購入価格).
            let has_price = masters.material(code, day).is_some_and(|row| row.price_kind != 2 && row.price_e2 != 0);
            let price = item.unit_price_yen.filter(|_| !has_price).map(|price| price.normalize());
            Ok(Part::Material(code, item.quantity, price))
        }
        ItemCode::Comment(code) => {
            let text = item.text.clone().filter(|_| code.pattern() != FIXED_TEXT);
            Ok(Part::Comment(code, text.unwrap_or_default()))
        }
    }
}

fn whole(code: ActCode, quantity: Quantity) -> Result<u32, String> {
    let number = Some(quantity.get()).filter(Decimal::is_integer).and_then(|number| number.to_u32());
    number.ok_or_else(|| format!("quantity {quantity} of act {code} is not a whole number"))
}

/// Comments on the whole receipt: 診療識別 01 before, 99 after all lines.
fn whole_receipt(source: &Source<'_>, is_first: bool) -> Vec<uke::Line> {
    let class = LineClass::new(if is_first { 1 } else { 99 });
    let burden = source.sets.iter().map(|(_, burden)| *burden).min().unwrap_or(Burden::INSURANCE);
    let comments = source.notes.iter().flat_map(|note| &note.comments).filter(|comment| comment.is_first == is_first);
    let of_clerk = comments.flat_map(|comment: &ReceiptComment| {
        let text = comment.text.as_deref().filter(|_| comment.code.pattern() != FIXED_TEXT).unwrap_or_default();
        Co::split(Some(class), burden, comment.code, text)
    });
    // Comments of local programmes have fixed texts; they stand after all lines.
    let of_programmes = source.hint.comments.iter().filter(|_| !is_first);
    let of_programmes = of_programmes.flat_map(|code| Co::split(Some(class), burden, *code, ""));
    of_clerk.chain(of_programmes).map(uke::Line::Co).collect()
}

fn write_unit(unit: Unit, source: &Source<'_>, out: &mut Vec<uke::Line>, findings: &mut Vec<Finding>) {
    let Key { class, burden, parts, points } = unit.key;
    let class = LineClass::new(class);
    let mut days = Days::NONE;
    let mut total = 0_u32;
    for (day, times) in unit.days {
        total += u32::from(times);
        days.set(day, days.get(day).saturating_add(times));
    }
    let count = u16::try_from(total).unwrap_or(u16::MAX);
    let comments_only = parts.iter().all(Part::is_comment);
    if !comments_only && (count == 0 || count > DAY_COUNT_MAX) {
        let message =
            format!("回数 {total} of a line of 診療識別 {:02} is out of range: 1 to {DAY_COUNT_MAX}", class.get());
        findings.push(Finding::stop(code::CLAIM_LINE, source.place.as_str(), message));
    }
    let mut group = Group { class: Some(class), burden, count, days, heads: Vec::new(), records: Vec::new() };
    for part in parts {
        group.push(part);
    }
    group.finish(points, out);
}

/// The records of one unit while they are put together.
struct Group {
    class: Option<LineClass>,
    burden: Burden,
    count: u16,
    days: Days,
    heads: Vec<Co>,
    records: Vec<uke::Line>,
}

impl Group {
    fn push(&mut self, part: Part) {
        let (burden, days, count) = (Some(self.burden), self.days, Some(self.count));
        let record = match part {
            Part::Comment(code, text) => return self.comment(code, text),
            Part::Act(code, quantity) => {
                uke::Line::Si(Si { burden, code: Some(code), quantity, count, days, ..Si::default() })
            }
            Part::Drug(code, quantity) => {
                uke::Line::Iy(Iy { burden, code: Some(code), quantity, count, days, ..Iy::default() })
            }
            Part::Material(code, quantity, unit_price) => {
                uke::Line::To(To { burden, code: Some(code), quantity, unit_price, count, days, ..To::default() })
            }
        };
        self.records.push(record);
    }

    /// A comment goes into the record before it when there is room, else to the head of the group.
    fn comment(&mut self, code: CommentCode, text: String) {
        let is_short = text.chars().count() <= PAIRED_COMMENT_CHARACTERS_MAX;
        let pairs = self.records.last_mut().and_then(comments).filter(|pairs| pairs.len() < PAIRED_COMMENTS_MAX);
        match pairs.filter(|_| is_short) {
            Some(pairs) => pairs.push(Comment::new(code, text)),
            None => self.heads.extend(Co::split(None, self.burden, code, &text)),
        }
    }

    fn finish(mut self, points: Points, out: &mut Vec<uke::Line>) {
        if let Some(last) = self.records.last_mut() {
            set_points(last, points);
        }
        let heads = self.heads.into_iter().map(uke::Line::Co);
        for (place, mut record) in heads.chain(self.records).enumerate() {
            if place == 0 {
                set_class(&mut record, self.class);
            }
            out.push(record);
        }
    }
}

const fn comments(line: &mut uke::Line) -> Option<&mut Vec<Comment>> {
    match line {
        uke::Line::Si(si) => Some(&mut si.comments),
        uke::Line::Iy(iy) => Some(&mut iy.comments),
        uke::Line::To(to) => Some(&mut to.comments),
        uke::Line::Co(_) => None,
    }
}

const fn set_points(line: &mut uke::Line, points: Points) {
    match line {
        uke::Line::Si(si) => si.points = Some(points),
        uke::Line::Iy(iy) => iy.points = Some(points),
        uke::Line::To(to) => to.points = Some(points),
        uke::Line::Co(_) => {}
    }
}

const fn set_class(line: &mut uke::Line, class: Option<LineClass>) {
    match line {
        uke::Line::Si(si) => si.class = class,
        uke::Line::Iy(iy) => iy.class = class,
        uke::Line::To(to) => to.class = class,
        uke::Line::Co(co) => co.class = class,
    }
}
