//! What cannot stand beside what: the electronic fee table's 包括 (02) and 背反 (03-1 … 03-4).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use calculation::{Cause, Outcome};
use kernel::ServiceDate;
use masters::row::{ActRow, ExclusionRow};

use super::block::{Near, is_near};
use super::rules;
use super::work::{Charged, Entry, Why, Work, is_exception_claimed};

/// Applies 02, then 03.
pub fn apply(work: &mut Work<'_>) {
    apply_inclusion_table(work);
    apply_exclusion_tables(work);
    drop_orphans(work);
}

/// 02 包括: an act contained in another one of the same day, month or visit.
fn apply_inclusion_table(work: &mut Work<'_>) {
    let masters = work.masters;
    let live = work.live_acts();
    let parents: Vec<_> = live
        .iter()
        .filter_map(|(index, act)| {
            let on = work.date_of(work.entries.get(*index)?);
            let row = masters.fee_table(kernel::ActCode::from_number(act.validity.code)?, on)?;
            row.inclusion_units.iter().any(|unit| *unit != 0).then_some((*index, row))
        })
        .collect();
    if parents.is_empty() {
        return;
    }
    for (child, act) in &live {
        let Some(code) = kernel::ActCode::from_number(act.validity.code) else { continue };
        let Some(entry) = work.entries.get(*child) else { continue };
        let on = work.date_of(entry);
        let found = masters.inclusions(code, on).find_map(|row| {
            parents.iter().find_map(|(parent, fee)| {
                let slot = fee.inclusion_groups.iter().position(|group| *group == row.group)?;
                let near = match fee.inclusion_units.get(slot)? {
                    1 => Near::Day,
                    2 => Near::Month,
                    3 => Near::Visit,
                    _ => return None,
                };
                let other = work.entries.get(*parent)?;
                let is_due = parent != child && other.is_live() && is_near(work, near, other, entry);
                is_due.then_some((*parent, row))
            })
        });
        if let Some((parent, row)) = found {
            let why = Why {
                cause: work.cause(parent),
                table: Some("02"),
                is_own_row: row.is_own == 1,
                ..Why::rule(&rules::INCLUDED_TABLE)
            };
            work.end_or_ask(*child, Outcome::Included, row.has_exception == 1, why);
        }
    }
}

/// Two acts that a row of 03 keeps apart, and which of them is billed.
struct Pair<'a> {
    winner: usize,
    loser: usize,
    row: &'a ExclusionRow,
    has_exception: bool,
}

/// Pairs looked at together: more than any month of a patient holds.
const PAIRS_MAX: usize = 100_000;

/// 03-1 … 03-4 背反. What an act loses to another counts only while that other one is billed itself: of three
/// acts in a chain the first and the last stay, in whatever order they were done.
fn apply_exclusion_tables(work: &mut Work<'_>) {
    apply_history_rows(work);
    loop {
        let pairs = pairs(work);
        if pairs.is_empty() {
            return;
        }
        settle(work, pairs);
    }
}

/// Ends every loser, beginning with what no act of the pairs beats.
fn settle<'a>(work: &mut Work<'a>, pairs: Vec<Pair<'a>>) {
    let mut beaten: HashMap<usize, usize> = HashMap::new();
    let mut of_winner: BTreeMap<usize, Vec<Pair<'a>>> = BTreeMap::new();
    for pair in pairs {
        *beaten.entry(pair.loser).or_default() += 1;
        of_winner.entry(pair.winner).or_default().push(pair);
    }
    let mut unbeaten: BTreeSet<usize> = of_winner.keys().copied().filter(|index| !beaten.contains_key(index)).collect();
    // Acts that exclude each other in a ring have no unbeaten one: the first decides.
    while let Some(winner) = unbeaten.pop_first().or_else(|| of_winner.keys().next().copied()) {
        for pair in of_winner.remove(&winner).unwrap_or_default() {
            if !work.entries.get(pair.loser).is_some_and(Entry::is_live) {
                continue;
            }
            let why = Why {
                cause: work.cause(winner),
                table: table_name(pair.row),
                is_own_row: pair.row.is_own == 1,
                ..Why::rule(&rules::EXCLUSION_TABLE)
            };
            work.end_or_ask(pair.loser, Outcome::Rejected, pair.has_exception, why);
            for freed in of_winner.remove(&pair.loser).unwrap_or_default() {
                let left = beaten.entry(freed.loser).or_default();
                *left = left.saturating_sub(1);
                if *left == 0 && of_winner.contains_key(&freed.loser) {
                    unbeaten.insert(freed.loser);
                }
            }
        }
    }
}

fn apply_history_rows(work: &mut Work<'_>) {
    if work.request.history.lines.is_empty() {
        return;
    }
    for (index, act) in work.live_acts() {
        let Some(on) = work.entries.get(index).map(|entry| work.date_of(entry)) else { continue };
        for row in rows(work, act, on) {
            apply_exclusion_of_history(work, (index, act), on, row);
        }
    }
}

/// Rows of 03 whose code ① is the act.
fn rows<'a>(work: &Work<'a>, act: &ActRow, on: ServiceDate) -> impl Iterator<Item = &'a ExclusionRow> + use<'a> {
    let masters = work.masters;
    kernel::ActCode::from_number(act.validity.code).into_iter().flat_map(move |code| masters.exclusions(code, on))
}

/// The pairs of live acts that a row keeps apart, in order of the acts.
fn pairs<'a>(work: &Work<'a>) -> Vec<Pair<'a>> {
    let live = work.live_acts();
    let mut codes: Vec<u32> = live.iter().map(|(_, act)| act.validity.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut pairs = Vec::new();
    for (index, act) in live {
        let Some(on) = work.entries.get(index).map(|entry| work.date_of(entry)) else { continue };
        for row in rows(work, act, on).filter(|row| codes.binary_search(&row.other).is_ok()) {
            let others = work.with_code(row.other).filter(|(other, _)| *other != index);
            pairs.extend(others.filter_map(|(other, _)| pair(work, (index, act), other, row)));
        }
        if pairs.len() >= PAIRS_MAX {
            break;
        }
    }
    pairs
}

/// The pair of two acts; `None` when the row does not reach, or a person has said that its exception holds.
fn pair<'a>(work: &Work<'a>, (index, act): (usize, &ActRow), other: usize, row: &'a ExclusionRow) -> Option<Pair<'a>> {
    let (a, b) = (work.entries.get(index)?, work.entries.get(other)?);
    let other_act = b.live_act()?;
    let (on, other_on) = (work.date_of(a), work.date_of(b));
    let is_near = match row.period {
        1 => on == other_on,
        2 => on.month_of() == other_on.month_of(),
        3 => a.visit == b.visit,
        _ => on.week_start() == other_on.week_start(),
    };
    // Of either one the higher is billed, at equal points the earlier.
    let rank = |act: &ActRow, on, index| (act.points_e2, Reverse((on, index)));
    let winner = match row.keep {
        1 => index,
        2 => other,
        _ if rank(act, on, index) > rank(other_act, other_on, other) => index,
        _ => other,
    };
    let loser = if winner == index { other } else { index };
    let has_exception = has_exception(row, act);
    let is_spared = has_exception && work.entries.get(loser).is_some_and(|entry| is_exception_claimed(work, entry));
    (is_near && !is_spared).then_some(Pair { winner, loser, row, has_exception })
}

/// What an earlier claim holds stays, unless the row says that this act is the one to bill.
fn apply_exclusion_of_history(
    work: &mut Work<'_>,
    (index, act): (usize, &ActRow),
    on: ServiceDate,
    row: &ExclusionRow,
) {
    let is_near = |date: ServiceDate| match row.period {
        1 => date == on,
        2 => date.month_of() == on.month_of(),
        4 => date.week_start() == on.week_start(),
        _ => false,
    };
    let line = work
        .request
        .history
        .lines
        .iter()
        .find(|line| row.keep != 1 && line.code.number() == row.other && is_near(line.date))
        .copied();
    let is_live = work.entries.get(index).is_some_and(Entry::is_live);
    if let Some(line) = line.filter(|_| is_live) {
        let cause = Cause::History { date: line.date, code: line.code };
        let why =
            Why { table: table_name(row), is_own_row: row.is_own == 1, ..Why::caused(&rules::EXCLUSION_TABLE, cause) };
        work.end_or_ask(index, Outcome::Rejected, has_exception(row, act), why);
    }
}

/// A row that knows an exception, or is older than the section it speaks of, leaves the word to a person.
const fn has_exception(row: &ExclusionRow, act: &ActRow) -> bool {
    row.has_exception == 1 || act.validity.section_changed == 1
}

/// Name of the table of an exclusion row.
fn table_name(row: &ExclusionRow) -> Option<&'static str> {
    ["03-1", "03-2", "03-3", "03-4"].get(usize::from(row.period).saturating_sub(1)).copied()
}

/// 電子画像管理加算 stands beside an image of the visit only (E 通則4).
fn drop_lonely_image_management(work: &mut Work<'_>) {
    for (index, act) in work.live_acts() {
        let is_management = act.section_letter == b'E' && act.section_number == 0 && act.notice_role == 7;
        let Some(visit) = work.entries.get(index).map(|entry| entry.visit).filter(|_| is_management) else { continue };
        let has_image =
            work.live_in_visit(visit).any(|(_, other)| other.section_letter == b'E' && other.section_number > 0);
        if !has_image {
            work.end(index, Outcome::Rejected, Why::rule(&rules::IMAGE_MANAGEMENT));
        }
    }
}

/// 注加算 recorded as a line of its own (項番68 = 1, 項番69 = 7) whose fee stands in the same 区分: 退院時共同指導料,
/// 診療情報提供料, 薬剤情報提供料, 往診料, 訪問診療料 (看取り加算 with 往診料), 在医総管, 在宅療養指導管理料, 通院・在宅精神療法.
fn is_own_line_of_a_fee(act: &ActRow) -> bool {
    let is_listed = match act.section_letter {
        b'B' => matches!(act.section_number, 4 | 7 | 9) || (act.section_number, act.section_branch) == (11, 3),
        b'C' => matches!(act.section_number, 0..=2 | 100..=121),
        b'I' => act.section_number == 2,
        _ => false,
    };
    act.record_role == 1 && act.notice_role == 7 && is_listed
}

/// An addition with a line of its own stands beside its fee in the same visit only.
fn drop_without_fee(work: &mut Work<'_>) {
    for (index, act) in work.live_acts() {
        let Some(visit) = work.entries.get(index).map(|entry| entry.visit).filter(|_| is_own_line_of_a_fee(act)) else {
            continue;
        };
        let is_fee = |other: &ActRow| {
            let is_same = other.section_number == act.section_number
                || (act.section_letter == b'C' && act.section_number == 1 && other.section_number == 0);
            other.notice_role == 1 && other.section_letter == act.section_letter && is_same
        };
        if work.live_in_visit(visit).any(|(_, other)| is_fee(other)) {
            continue;
        }
        // What became of an ordered fee becomes of its addition.
        let fee = work.in_visit(visit).find(|(_, entry)| entry.act().is_some_and(is_fee)).map(|(fee, _)| fee);
        let cause = fee.and_then(|fee| work.cause(fee));
        let is_asked =
            fee.and_then(|fee| work.entries.get(fee)).is_some_and(|fee| fee.outcome == Outcome::NeedsConfirmation);
        let outcome = if is_asked { Outcome::NeedsConfirmation } else { Outcome::Rejected };
        let rule = if fee.is_some() { &rules::BASE_REJECTED } else { &rules::NO_BASE };
        work.end(index, outcome, Why { cause, ..Why::rule(rule) });
    }
}

/// An addition, and a comment, falls with its base.
pub fn drop_orphans(work: &mut Work<'_>) {
    drop_lonely_image_management(work);
    drop_without_fee(work);
    for index in 0..work.entries.len() {
        let Some(entry) = work.entries.get(index) else { continue };
        let Some(base) = entry.base else { continue };
        let is_addition = matches!(entry.charged, Charged::Comment(_))
            || entry.act().is_some_and(|act| matches!(act.record_role, 7 | 9));
        let is_base_live = work.entries.get(base).is_some_and(Entry::is_live);
        if is_addition && entry.is_live() && !is_base_live {
            let cause = work.cause(base);
            let outcome = work.entries.get(base).map_or(Outcome::Rejected, |base| base.outcome);
            let outcome = if outcome == Outcome::NeedsConfirmation { outcome } else { Outcome::Rejected };
            work.end(index, outcome, Why { cause, ..Why::rule(&rules::BASE_REJECTED) });
        }
    }
}
