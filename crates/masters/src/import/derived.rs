//! The 令和8 edition as far as it is known without the official files: points and prices read from the legal texts.
//!
//! Two forms are read: the tables of the reading (`code,name,kubun,…`) and difference files of the official layouts
//! with `derived` in their name, where three 予備 fields say how far a row is to be trusted.

use std::collections::{BTreeMap, HashMap};

use super::history::{DERIVED, End, History, TIED, Version, day_before, put};
use super::read::{BadRow, Parsed};
use super::record::{Record, hundredths};

/// What is known of a code from the first day of an edition on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A value, as written, and how far it is to be trusted.
    Value { amount: String, basis: u8, section_changed: bool },
    /// No value.
    End { reason: String, is_abolished: bool },
}

/// How an official layout carries derived values.
pub struct Carrier {
    /// First day of the derived edition.
    pub day: u32,
    /// The field of the value.
    pub amount: usize,
    /// 予備: trust, `1` or `2`.
    pub basis: usize,
    /// 予備: `1` when the 区分 changed.
    pub section: usize,
    /// 予備: why a code ended, `0` or `1` before it (abolished), then the reason.
    pub reason: usize,
    /// 経過措置年月日 where the layout has one, else 0: last day of a code that needs no value after it.
    pub lapses: usize,
    /// What is missing, for a person.
    pub missing: &'static str,
}

/// 医科診療行為: F12, F148–F150.
pub const POINTS: Carrier = Carrier {
    day: 20_260_601,
    amount: 12,
    basis: 150,
    section: 149,
    reason: 148,
    lapses: 0,
    missing: "no 令和8 points are known: import the official 医科診療行為マスター of 2026-06 (s_ALL2026….csv)",
};

/// 医薬品: F12, F29 (49 bytes of 予備), F18, F13.
pub const PRICES: Carrier = Carrier {
    day: 20_260_401,
    amount: 12,
    basis: 18,
    section: 13,
    reason: 29,
    lapses: 34,
    missing: "no price of 2026-04-01 is known: import the official 医薬品マスター of 2026 (y_ALL2026….csv)",
};

/// Outcomes by code.
pub type Outcomes = BTreeMap<String, Outcome>;

/// 区分番号 (`A000`, `B001-2`) → true when its points changed, it is new or deleted.
pub fn sections(file: &Parsed) -> HashMap<String, bool> {
    let changed = |row: &Record| matches!(row.get(2), "points_changed" | "new" | "deleted");
    file.rows.iter().map(|(_, row)| (row.get(1).to_owned(), changed(row))).collect()
}

/// Outcomes of the table of points.
pub fn points(file: &Parsed, sections: &HashMap<String, bool>) -> (Outcomes, Vec<BadRow>) {
    let mut outcomes = Outcomes::new();
    let mut bad = Vec::new();
    for (line, row) in &file.rows {
        let (amount, basis, trust) = (row.get(6), row.get(7), row.get(9));
        let section_changed = sections.get(row.get(3)).copied().unwrap_or(false);
        let outcome = match (amount, trust) {
            ("", _) => Outcome::End { reason: point_reason(basis, row.get(10)), is_abolished: is_abolished(basis) },
            (_, "M" | "A") => Outcome::Value { amount: amount.to_owned(), basis: DERIVED, section_changed },
            (_, "B") => Outcome::Value { amount: amount.to_owned(), basis: TIED, section_changed },
            _ => {
                bad.push(file.problem(*line, 9, trust, "M, A or B where there is a value"));
                continue;
            }
        };
        check(file, *line, row, amount, &outcome, &mut bad);
        outcomes.insert(row.get(1).to_owned(), outcome);
    }
    (outcomes, bad)
}

fn check(file: &Parsed, line: u64, row: &Record, amount: &str, outcome: &Outcome, bad: &mut Vec<BadRow>) {
    if row.get(1).len() != 9 || row.number(1) == 0 {
        bad.push(file.problem(line, 1, row.get(1), "9 digits"));
    }
    if matches!(outcome, Outcome::Value { .. }) && hundredths(amount).is_none() {
        bad.push(file.problem(line, 6, amount, "an amount with at most two decimals"));
    }
}

fn is_abolished(basis: &str) -> bool {
    matches!(basis, "SECTION_DELETED" | "ITEM_ABOLISHED")
}

fn point_reason(basis: &str, reason: &str) -> String {
    if is_abolished(basis) {
        return format!("abolished on 2026-05-31 ({reason})");
    }
    let why = if reason.is_empty() { basis } else { reason };
    format!("{} ({why})", POINTS.missing)
}

/// Outcomes of the table of prices: only rows that its check calls ok have a value.
pub fn prices(file: &Parsed) -> (Outcomes, Vec<BadRow>) {
    let mut outcomes = Outcomes::new();
    let mut bad = Vec::new();
    for (line, row) in &file.rows {
        let outcome = match (row.get(8), row.get(7)) {
            // The list of prices knows no （選） rows: a match by code is the brand's full price.
            _ if row.get(2).ends_with("（選）") => Outcome::End {
                reason: format!("{} (a （選） row is not in the price list)", PRICES.missing),
                is_abolished: false,
            },
            ("ok", found) => Outcome::Value {
                amount: row.get(6).to_owned(),
                basis: if found == "exact" { DERIVED } else { TIED },
                section_changed: false,
            },
            (doubt, _) => Outcome::End { reason: format!("{} ({doubt})", PRICES.missing), is_abolished: false },
        };
        check(file, *line, row, row.get(6), &outcome, &mut bad);
        outcomes.insert(row.get(1).to_owned(), outcome);
    }
    (outcomes, bad)
}

/// Outcomes of a difference file of an official layout.
pub fn carried(file: &Parsed, carrier: &Carrier) -> Outcomes {
    let outcome = |row: &Record| match row.get(1) {
        "9" => {
            let (abolished, reason) = row.get(carrier.reason).split_once(' ').unwrap_or_default();
            Outcome::End { reason: reason.to_owned(), is_abolished: abolished == "1" }
        }
        _ => Outcome::Value {
            amount: row.get(carrier.amount).to_owned(),
            basis: if row.get(carrier.basis) == "2" { TIED } else { DERIVED },
            section_changed: row.get(carrier.section) == "1",
        },
    };
    file.rows.iter().map(|(_, row)| (row.get(3).to_owned(), outcome(row))).collect()
}

/// Lays outcomes over a history: from the day on, a code has the value found or ends the day before.
/// `keeps` says which records need no value (amount typed at entry); `edition` is that of the outcomes, if any.
pub fn apply(
    history: &mut History,
    outcomes: &Outcomes,
    carrier: &Carrier,
    edition: Option<u16>,
    keeps: fn(&Record) -> bool,
) {
    let (from_field, amount_field) = (history.layout.from, carrier.amount);
    let first_day = carrier.day.to_string();
    for (key, versions) in &mut history.versions {
        let code = key.trim_end_matches('/');
        let Some(last) = versions.last().filter(|last| last.to >= carrier.day && last.from < carrier.day).cloned()
        else {
            continue;
        };
        let (from, edition) = (carrier.day, edition.unwrap_or(last.edition));
        match outcomes.get(code) {
            Some(Outcome::Value { amount, basis, section_changed }) => {
                let record = last.record.with(&[(amount_field, amount), (from_field, &first_day)]);
                let next = Version { from, record, edition, basis: *basis, section_changed: *section_changed, ..last };
                put(versions, next);
            }
            None if keeps(&last.record) => put(versions, Version { from, edition, basis: DERIVED, ..last }),
            found => {
                let lapses = last.record.number(carrier.lapses);
                let (reason, is_abolished) = match found {
                    _ if (1..carrier.day).contains(&lapses) => (format!("経過措置年月日 {lapses}"), true),
                    Some(Outcome::End { reason, is_abolished }) => (reason.clone(), *is_abolished),
                    _ => (carrier.missing.to_owned(), false),
                };
                close(versions, carrier.day);
                history.ends.insert(key.clone(), End { from: carrier.day, reason, is_abolished, edition });
            }
        }
    }
}

fn close(versions: &mut Vec<Version>, day: u32) {
    versions.retain(|version| version.from < day);
    if let Some(last) = versions.last_mut() {
        last.to = last.to.min(day_before(day));
    }
}

/// Marks rows that serve on days of an edition whose own file is not at hand: the part from the day on becomes a
/// version of its own with the given trust.
pub fn carry_over(history: &mut History, day: u32, basis: u8, is_changed: impl Fn(&Record) -> bool) {
    for versions in history.versions.values_mut() {
        let Some(at) = versions.iter().position(|version| version.from < day && version.to >= day) else { continue };
        let Some(old) = versions.get_mut(at) else { continue };
        let section_changed = is_changed(&old.record);
        let rest = Version { from: day, basis, section_changed, ..old.clone() };
        old.to = day_before(day);
        versions.insert(at + 1, rest);
    }
}
