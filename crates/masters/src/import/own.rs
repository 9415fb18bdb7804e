//! The project's own supplement: fees of 令和8 that no file at hand holds, and the pairs of the missing tables
//! 02 包括 and 03-1 背反 (同一日). Every row names its legal source.

use super::history::{DERIVED, History, OFFICIAL, TIED, Version, put};
use super::record::Record;
use super::rows::group;
use crate::row::{ExclusionRow, FeeTableRow, InclusionRow, Validity};

const NEW_ACTS: &str = include_str!("../../../../fixtures/rules/r8_new_acts.csv");
const SELECTION_PRICES: &str = include_str!("../../../../fixtures/rules/r8_selection_prices.csv");
const INCLUSIONS: &str = include_str!("../../../../fixtures/rules/own_inclusions.csv");
const EXCLUSIONS: &str = include_str!("../../../../fixtures/rules/own_exclusions_day.csv");

/// Name and bytes of the supplement's files, for the list of editions.
pub const FILES: [(&str, &str); 4] = [
    ("r8_new_acts.csv", NEW_ACTS),
    ("r8_selection_prices.csv", SELECTION_PRICES),
    ("own_inclusions.csv", INCLUSIONS),
    ("own_exclusions_day.csv", EXCLUSIONS),
];

/// Columns of `r8_new_acts.csv` and the field of 医科診療行為マスター that each fills; an empty cell keeps the value
/// of the code in `like`.
const ACT_COLUMNS: [(&str, &[usize]); 16] = [
    ("code", &[3]),
    ("name", &[5, 113]),
    ("points", &[12]),
    ("from", &[87]),
    ("to", &[88]),
    ("in_out", &[13]),
    ("outpatient_bucket", &[15]),
    ("inpatient_bucket", &[66]),
    ("record_role", &[68]),
    ("notice_role", &[69]),
    ("note_code", &[38]),
    ("note_serial", &[39]),
    ("max_count", &[36]),
    ("max_count_error", &[37]),
    ("base_up_1", &[129]),
    ("section", &[]),
];

/// Codes of the own acts.
pub fn codes() -> Vec<String> {
    let sheet = Sheet::read(NEW_ACTS);
    sheet.rows.iter().map(|row| sheet.cell(row, "code").to_owned()).collect()
}

/// A table with a header, its rows as cells by column name.
struct Sheet {
    header: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Sheet {
    fn read(text: &str) -> Self {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().map(|row| row.iter().map(str::to_owned).collect()).unwrap_or_default();
        Self { header, rows: reader.records().filter_map(Result::ok).collect() }
    }

    fn cell<'a>(&self, row: &'a csv::StringRecord, name: &str) -> &'a str {
        let at = self.header.iter().position(|column| column == name);
        at.and_then(|at| row.get(at)).unwrap_or_default()
    }

    fn number(&self, row: &csv::StringRecord, name: &str) -> u32 {
        self.cell(row, name).parse().unwrap_or_default()
    }

    fn validity(&self, row: &csv::StringRecord, code: &str, edition: u16) -> Validity {
        Validity {
            code: self.number(row, code),
            from: self.number(row, "from"),
            to: self.number(row, "to"),
            edition,
            basis: DERIVED,
            section_changed: 0,
        }
    }
}

/// Adds the own acts to the history. `official_until` is the day of the newest official file of 令和8, 0 without one:
/// a row is used only when no official file of its first day or later exists. Returns codes whose pattern is missing.
pub fn add_acts(history: &mut History, official_until: u32, edition: u16) -> Vec<String> {
    let sheet = Sheet::read(NEW_ACTS);
    let mut missing = Vec::new();
    for row in &sheet.rows {
        let (code, from) = (sheet.cell(row, "code"), sheet.number(row, "from"));
        if has_official(history, code, from, official_until) {
            continue;
        }
        match pattern(history, sheet.cell(row, "like"), from).and_then(|like| act_record(&sheet, row, &like)) {
            Some(record) => {
                let to = sheet.number(row, "to");
                let version = Version { from, to, record, edition, basis: DERIVED, section_changed: true };
                history.ends.remove(&format!("{code}/"));
                put(history.versions.entry(format!("{code}/")).or_default(), version);
            }
            None => missing.push(format!("{code} (like {})", sheet.cell(row, "like"))),
        }
    }
    missing
}

/// True when an official file of the day or later holds the code.
fn has_official(history: &History, code: &str, from: u32, official_until: u32) -> bool {
    history.versions.get(&format!("{code}/")).is_some_and(|versions| {
        versions
            .iter()
            .any(|old| old.basis == OFFICIAL && (old.from >= from || official_until >= from && old.to >= from))
    })
}

/// Adds prices of （選） rows, which the price list does not print: brand price less the patient's share of the
/// difference to the dearest generic.
pub fn add_selection_prices(history: &mut History, official_until: u32, edition: u16) {
    const PRICE: usize = 12;
    let sheet = Sheet::read(SELECTION_PRICES);
    for row in &sheet.rows {
        let (code, from) = (sheet.cell(row, "code"), sheet.number(row, "from"));
        if has_official(history, code, from, official_until) {
            continue;
        }
        let Some(record) = pattern(history, code, from).map(|like| like.with(&[(PRICE, sheet.cell(row, "price"))]))
        else {
            continue;
        };
        let to = sheet.number(row, "to");
        history.ends.remove(&format!("{code}/"));
        let version = Version { from, to, record, edition, basis: TIED, section_changed: false };
        put(history.versions.entry(format!("{code}/")).or_default(), version);
    }
}

/// The record whose fields are copied: the code's version of the day, else its last one.
fn pattern(history: &History, like: &str, day: u32) -> Option<Record> {
    let versions = history.versions.get(&format!("{like}/"))?;
    let on_day = versions.iter().rev().find(|version| version.from <= day && day <= version.to);
    on_day.or(versions.last()).map(|version| version.record.clone())
}

fn act_record(sheet: &Sheet, row: &csv::StringRecord, like: &Record) -> Option<Record> {
    let mut changes: Vec<(usize, String)> = vec![(1, "3".to_owned())];
    for (column, fields) in ACT_COLUMNS {
        let cell = sheet.cell(row, column);
        if !cell.is_empty() {
            changes.extend(fields.iter().map(|field| (*field, cell.to_owned())));
        }
    }
    let standards = sheet.cell(row, "standards");
    if !standards.is_empty() {
        let mut given = standards.split(' ');
        changes.extend((72..=81).map(|field| (field, given.next().unwrap_or("0").to_owned())));
    }
    changes.extend(section_fields(sheet.cell(row, "section"))?);
    let changes: Vec<(usize, &str)> = changes.iter().map(|(field, text)| (*field, text.as_str())).collect();
    Some(like.with(&changes))
}

/// `O100` → letter, number, branch of コード表用番号; nothing for an empty cell.
fn section_fields(section: &str) -> Option<Vec<(usize, String)>> {
    if section.is_empty() {
        return Some(Vec::new());
    }
    let (main, branch) = section.split_once('-').unwrap_or((section, "00"));
    let (letter, number) = main.split_at_checked(1)?;
    Some(vec![(85, letter.to_owned()), (92, number.to_owned()), (93, format!("{branch:0>2}"))])
}

/// Adds the own pairs of 包括: a row with a parent gives its act the group, a row with a child puts the act in it.
pub fn add_inclusions(parents: &mut Vec<FeeTableRow>, children: &mut Vec<InclusionRow>, edition: u16) {
    let sheet = Sheet::read(INCLUSIONS);
    for row in &sheet.rows {
        let name = group(sheet.cell(row, "group"));
        let unit = u8::try_from(sheet.number(row, "unit")).unwrap_or_default();
        if !sheet.cell(row, "parent").is_empty() {
            add_parent(parents, sheet.validity(row, "parent", edition), name, unit);
        }
        if !sheet.cell(row, "child").is_empty() {
            let has_exception = u8::from(sheet.cell(row, "has_exception") == "1");
            let validity = sheet.validity(row, "child", edition);
            children.push(InclusionRow { validity, group: name, has_exception, is_own: 1, reserved: [0; 2] });
        }
    }
}

fn add_parent(parents: &mut Vec<FeeTableRow>, validity: Validity, name: [u8; 8], unit: u8) {
    let mut is_known = false;
    for row in parents.iter_mut().filter(|row| row.validity.code == validity.code) {
        is_known = true;
        let has_it = row.inclusion_groups.contains(&name);
        let free =
            row.inclusion_groups.iter_mut().zip(row.inclusion_units.iter_mut()).find(|(group, _)| **group == [0; 8]);
        if let Some((group, slot)) = free.filter(|_| !has_it) {
            *group = name;
            *slot = unit;
        }
    }
    if !is_known {
        let mut row = FeeTableRow { validity, ..FeeTableRow::default() };
        row.inclusion_groups = [name, [0; 8], [0; 8]];
        row.inclusion_units = [unit, 0, 0];
        parents.push(row);
    }
}

/// Own pairs of 背反 on one day, both ways as the official table has them.
pub fn exclusions(edition: u16) -> Vec<ExclusionRow> {
    let sheet = Sheet::read(EXCLUSIONS);
    let pair = |row: &csv::StringRecord, code: &str, other: &str, keep: u8| ExclusionRow {
        validity: sheet.validity(row, code, edition),
        other: sheet.number(row, other),
        period: 1,
        keep,
        has_exception: u8::from(sheet.cell(row, "has_exception") == "1"),
        is_own: 1,
    };
    let both = |row: &csv::StringRecord| {
        let (keep, back) = match sheet.cell(row, "keep") {
            "1" => (1, 2),
            "2" => (2, 1),
            _ => (3, 3),
        };
        [pair(row, "code1", "code2", keep), pair(row, "code2", "code1", back)]
    };
    sheet.rows.iter().flat_map(both).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::OPEN_END;
    use kernel::ServiceDate;

    const NEW_ACT_HEADER: &str = "code,name,points,from,to,like,in_out,outpatient_bucket,inpatient_bucket,record_role,\
         notice_role,note_code,note_serial,max_count,max_count_error,standards,section,base_up_1,source";

    fn is_allowed(column: &str, cell: &str) -> bool {
        let is_act = |text: &str| text.parse::<kernel::ActCode>().is_ok();
        match column {
            "from" | "to" => cell.parse().is_ok_and(|day| day == OPEN_END || ServiceDate::from_yyyymmdd(day).is_some()),
            "code" => cell.parse::<kernel::ItemCode>().is_ok(),
            "like" | "code1" | "code2" => is_act(cell),
            "parent" | "child" => cell.is_empty() || is_act(cell),
            "group" => cell.len() == 7,
            "unit" => matches!(cell, "" | "1" | "2" | "3" | "5" | "6"),
            "keep" => matches!(cell, "1" | "2" | "3"),
            "has_exception" => matches!(cell, "" | "0" | "1"),
            _ => true,
        }
    }

    #[test]
    fn no_own_group_finds_its_parent_full() {
        let sheet = Sheet::read(INCLUSIONS);
        let mut groups = std::collections::HashMap::<&str, std::collections::HashSet<&str>>::new();
        for row in &sheet.rows {
            let (parent, child) = (sheet.cell(row, "parent"), sheet.cell(row, "child"));
            assert!(!parent.is_empty() || !child.is_empty(), "{row:?} names no act");
            assert_eq!(parent.is_empty(), sheet.cell(row, "unit").is_empty(), "{row:?}: a unit belongs to a parent");
            groups.entry(parent).or_default().insert(sheet.cell(row, "group"));
        }
        // An act has at most two official groups of three places.
        let fullest = groups.iter().filter(|(parent, _)| !parent.is_empty()).map(|(_, names)| names.len()).max();
        assert!(fullest.is_none_or(|count| count <= 1));
    }

    #[test]
    fn every_own_row_is_whole() {
        for (name, text) in FILES {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let header = reader.headers().unwrap().clone();
            if name == "r8_new_acts.csv" {
                assert_eq!(header.iter().collect::<Vec<_>>().join(","), NEW_ACT_HEADER);
            }
            for row in reader.records() {
                let row = row.unwrap();
                assert!(
                    row.iter().next_back().is_some_and(|source| !source.is_empty()),
                    "{name}: {row:?} names no source"
                );
                for (column, cell) in header.iter().zip(&row) {
                    assert!(is_allowed(column, cell), "{name}: {column} {cell:?}");
                }
            }
        }
    }
}
