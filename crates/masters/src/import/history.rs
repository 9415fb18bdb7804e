//! The history of one master: every code with its versions, built from full and difference files in order.
//!
//! A full file holds one version of each code, a difference file only what changed; 変更年月日 is the first day of
//! a row's content. A row whose 変更年月日 does not move is a correction of the version it belongs to.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};

use super::layout::Layout;
use super::read::{BadRow, Parsed, is_complete};
use super::record::Record;
use crate::row::OPEN_END;
use kernel::ServiceDate;

/// First days of the fee schedules (診療報酬改定) that this program knows.
pub const FEE_REVISIONS: [u32; 2] = [20_240_601, 20_260_601];
/// First days of the drug price lists (薬価改定).
pub const PRICE_REVISIONS: [u32; 3] = [20_240_401, 20_250_401, 20_260_401];

/// Trust in a version: see [`crate::row::Validity::basis`].
pub const OFFICIAL: u8 = 0;
pub const DERIVED: u8 = 1;
pub const TIED: u8 = 2;
pub const EARLIER: u8 = 3;

/// One content of a code with its days.
#[derive(Clone, Debug)]
pub struct Version {
    pub from: u32,
    pub to: u32,
    pub record: Record,
    pub edition: u16,
    pub basis: u8,
    pub section_changed: bool,
}

/// A code without a usable value from a day on.
#[derive(Clone, Debug)]
pub struct End {
    pub from: u32,
    pub reason: String,
    pub is_abolished: bool,
    pub edition: u16,
}

/// All versions of all codes of one master, by key.
pub struct History {
    pub layout: &'static Layout,
    pub versions: BTreeMap<String, Vec<Version>>,
    pub ends: BTreeMap<String, End>,
    /// Day of the newest file.
    pub newest: u32,
    /// First days of the editions whose full files were read.
    pub editions: Vec<u32>,
}

/// The day before, as a number.
pub fn day_before(day: u32) -> u32 {
    ServiceDate::from_yyyymmdd(day).map_or(0, |date| date.minus_days(1).yyyymmdd())
}

/// The day after, as a number; the open end stays open.
pub fn day_after(day: u32) -> u32 {
    ServiceDate::from_yyyymmdd(day).map_or(OPEN_END, |date| date.plus_days(1).yyyymmdd())
}

impl History {
    pub fn new(layout: &'static Layout) -> Self {
        Self { layout, versions: BTreeMap::new(), ends: BTreeMap::new(), newest: 0, editions: Vec::new() }
    }

    /// True when no file has been read.
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// Applies a file; rows that do not fit what is known come back.
    pub fn apply(&mut self, file: &Parsed, edition: u16) -> Vec<BadRow> {
        let bad = if file.is_difference {
            file.rows.iter().filter_map(|(line, row)| self.change(file, *line, row, edition)).collect()
        } else {
            self.editions.push(file.start);
            self.full(file, edition);
            Vec::new()
        };
        self.newest = self.newest.max(file.date);
        bad
    }

    fn full(&mut self, file: &Parsed, edition: u16) {
        let start = file.start;
        let is_first = self.is_empty();
        let keys: HashSet<String> =
            if is_first { Default::default() } else { file.rows.iter().map(|(_, row)| row.key(self.layout)).collect() };
        for (_, row) in &file.rows {
            let key = row.key(self.layout);
            match self.versions.get_mut(&key) {
                None => self.first_known(key, row, start, edition),
                Some(versions) => renew(self.layout, versions, row, start, edition),
            }
        }
        if !is_first {
            self.end_missing(file, &keys, edition);
        }
    }

    /// A code seen for the first time: its row, and before the row's first day the same content marked as such,
    /// unless the file says that the code is new.
    fn first_known(&mut self, key: String, row: &Record, start: u32, edition: u16) {
        let to = end_of(self.layout, row);
        let from = self.begin_of(row, to, start);
        let floor = match self.layout.listed {
            _ if row.get(1) == "3" || self.layout.is_dated => from,
            Some(listed) => row.number(listed),
            None => start,
        };
        let version =
            |from, to, basis| Version { from, to, record: row.clone(), edition, basis, section_changed: false };
        let mut versions = Vec::with_capacity(2);
        if floor < from {
            versions.push(version(floor, day_before(from), EARLIER));
        }
        versions.push(version(from, to, OFFICIAL));
        self.versions.insert(key, versions);
    }

    /// First day of a row; abolished rows carry the day after their end, which is no first day.
    fn begin_of(&self, row: &Record, to: u32, start: u32) -> u32 {
        let listed = self.layout.listed.map_or(start, |listed| row.number(listed));
        match row.number(self.layout.from) {
            0 => listed.min(to),
            from if from > to => listed.min(to),
            from => from,
        }
    }

    /// Codes that a later full file no longer has: they ended with the edition before.
    fn end_missing(&mut self, file: &Parsed, keys: &HashSet<String>, edition: u16) {
        let start = file.start;
        for (key, versions) in &mut self.versions {
            let Some(last) = versions.last_mut().filter(|last| last.to >= start && !keys.contains(key)) else {
                continue;
            };
            let first_without = if start > last.from { start } else { file.date.max(last.from) };
            last.to = day_before(first_without);
            let reason = format!("{} no longer has this code", file.name);
            self.ends.insert(key.clone(), End { from: first_without, reason, is_abolished: true, edition });
        }
    }

    /// One row of a difference file.
    fn change(&mut self, file: &Parsed, line: u64, row: &Record, edition: u16) -> Option<BadRow> {
        let key = row.key(self.layout);
        let entry = match (row.get(1), self.versions.entry(key)) {
            ("1", Entry::Occupied(entry)) => {
                entry.remove();
                return None;
            }
            (_, Entry::Occupied(entry)) => entry,
            (_, Entry::Vacant(entry)) => {
                let key = entry.into_key();
                if !is_complete(self.layout, row) {
                    let field = self.layout.key.first().copied().unwrap_or_default();
                    return Some(file.problem(
                        line,
                        field,
                        row.get(field),
                        "a code of the full file or of an earlier one",
                    ));
                }
                let start = row.number(self.layout.from);
                self.first_known(key, row, start, edition);
                return None;
            }
        };
        let versions = entry.into_mut();
        if row.get(1) == "9" {
            end_at(versions, end_of(self.layout, row));
            self.ends.remove(&row.key(self.layout));
            return None;
        }
        let last = versions.last().cloned()?;
        let record = last.record.overlaid(row);
        let from = match row.number(self.layout.from) {
            0 => last.from,
            day => day,
        };
        put(versions, Version { to: end_of(self.layout, &record), from, record, edition, ..last });
        None
    }
}

/// Last day of a row.
fn end_of(layout: &Layout, row: &Record) -> u32 {
    match row.number(layout.to) {
        0 => OPEN_END,
        day => day,
    }
}

/// A row of a later full file over what is known of its code.
fn renew(layout: &Layout, versions: &mut Vec<Version>, row: &Record, start: u32, edition: u16) {
    let to = end_of(layout, row);
    let Some(last) = versions.last_mut() else { return };
    let ignored = |number: usize| layout.ignored.contains(&number) || number == layout.from || number == layout.to;
    let is_same = (1..=row.len()).all(|number| ignored(number) || row.get(number) == last.record.get(number));
    let day = row.number(layout.from);
    if is_same && day <= last.from {
        last.to = to;
        return;
    }
    let from = if day > last.from { day } else { start.max(last.from) };
    put(versions, Version { from, to, record: row.clone(), edition, basis: OFFICIAL, section_changed: false });
}

/// Adds a version; what was known from its first day on gives way.
pub fn put(versions: &mut Vec<Version>, version: Version) {
    versions.retain(|old| old.from < version.from);
    if let Some(last) = versions.last_mut() {
        last.to = last.to.min(day_before(version.from));
    }
    versions.push(version);
}

/// Ends a code with the day that a row of 変更区分 9 names.
fn end_at(versions: &mut Vec<Version>, to: u32) {
    if versions.first().is_some_and(|first| first.from <= to) {
        versions.retain(|old| old.from <= to);
    }
    if let Some(last) = versions.last_mut() {
        last.to = to;
    }
}
