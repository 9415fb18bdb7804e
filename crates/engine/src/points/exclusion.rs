//! What cannot stand beside what: the electronic fee table's 包括 (02) and 背反 (03-1 … 03-4).

use calculation::{Cause, Outcome};
use kernel::ServiceDate;
use masters::row::{ActRow, ExclusionRow};

use super::block::{Near, is_near};
use super::rules;
use super::work::{Charged, Entry, Why, Work};

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

/// 03-1 … 03-4 背反, pair by pair in order of time.
fn apply_exclusion_tables(work: &mut Work<'_>) {
    let masters = work.masters;
    let live = work.live_acts();
    let mut codes: Vec<u32> = live.iter().map(|(_, act)| act.validity.code).collect();
    codes.extend(work.request.history.lines.iter().map(|line| line.code.number()));
    codes.sort_unstable();
    codes.dedup();
    for (index, act) in live {
        let Some(code) = kernel::ActCode::from_number(act.validity.code) else { continue };
        let Some(on) = work.entries.get(index).map(|entry| work.date_of(entry)) else { continue };
        for row in masters.exclusions(code, on) {
            if codes.binary_search(&row.other).is_ok() {
                apply_exclusion(work, index, act, on, row);
            }
        }
    }
}

fn apply_exclusion(work: &mut Work<'_>, index: usize, act: &ActRow, on: ServiceDate, row: &ExclusionRow) {
    let others: Vec<usize> = work.with_code(row.other).map(|(other, _)| other).collect();
    for other in others {
        let (Some(a), Some(b)) = (work.entries.get(index), work.entries.get(other)) else { continue };
        let Some(other_act) = b.live_act() else { continue };
        if other == index || !a.is_live() {
            continue;
        }
        let other_on = work.date_of(b);
        let is_near = match row.period {
            1 => on == other_on,
            2 => on.month_of() == other_on.month_of(),
            3 => a.visit == b.visit,
            _ => on.week_start() == other_on.week_start(),
        };
        if !is_near {
            continue;
        }
        let first_stays = match row.keep {
            1 => true,
            2 => false,
            _ => {
                act.points_e2 > other_act.points_e2
                    || (act.points_e2 == other_act.points_e2 && (on, index) < (other_on, other))
            }
        };
        let (winner, loser) = if first_stays { (index, other) } else { (other, index) };
        let why = Why {
            cause: work.cause(winner),
            table: table_name(row),
            is_own_row: row.is_own == 1,
            ..Why::rule(&rules::EXCLUSION_TABLE)
        };
        work.end_or_ask(loser, Outcome::Rejected, has_exception(row, act), why);
    }
    apply_exclusion_of_history(work, (index, act), on, row);
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

/// An addition, and a comment, falls with its base.
pub fn drop_orphans(work: &mut Work<'_>) {
    drop_lonely_image_management(work);
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
