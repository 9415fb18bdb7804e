//! 国公費マスター and 地単公費マスター: the fields a program needs, by the column that holds them in each edition.
//!
//! The columns of the 地単公費マスター differ between editions and their item list is not always at hand, so that they
//! are data: `local_columns.csv` names the column of each field, `local_values.csv` the meaning of each code. Files
//! with the same header among the imported ones are laid over them.

use std::collections::HashMap;

use super::read::{BadRow, Parsed};
use super::recognise::Kind;
use super::record::Record;
use crate::local::{FIELD_MARK, PRESUMED, UNKNOWN_VALUE, UNMAPPED};
use crate::row::{OPEN_END, SubsidyRow, Validity};
use crate::tables::Texts;
use kernel::ServiceDate;

/// Key of a programme: law number × this + its serial in the file.
const SERIALS: u32 = 100_000;

/// Column numbers from 1; 0 where the edition has no such column.
struct Columns {
    law: usize,
    payer: usize,
    name: [usize; 2],
    rank: usize,
    prefecture: usize,
    from: [usize; 2],
    to: usize,
}

/// 国公費マスター, 56 columns.
const NATIONAL: Columns = Columns { law: 2, payer: 0, name: [9, 10], rank: 1, prefecture: 0, from: [7, 6], to: 8 };
const PREFECTURES: &str = "北海道 青森 岩手 宮城 秋田 山形 福島 茨城 栃木 群馬 埼玉 千葉 東京 神奈川 新潟 富山 石川 福井 \
     山梨 長野 岐阜 静岡 愛知 三重 滋賀 京都 大阪 兵庫 奈良 和歌山 鳥取 島根 岡山 広島 山口 徳島 香川 愛媛 高知 福岡 佐賀 \
     長崎 熊本 大分 宮崎 鹿児島 沖縄";

const COLUMNS: &str = include_str!("local_columns.csv");
const VALUES: &str = include_str!("local_values.csv");
/// Basis of a code in `local_values.csv` whose meaning no published list states.
const PRESUMED_CODE: &str = "presumed";
/// Editions of the 地単公費マスター by their number of columns, as the columns of `local_columns.csv` stand.
const EDITIONS: [usize; 2] = [99, 94];

/// Where each field of the 地単公費マスター stands, and what its codes mean.
#[derive(Clone)]
pub struct LocalMap {
    /// Field → column in each of [`EDITIONS`]; 0 = not known.
    columns: Vec<(String, [usize; 2])>,
    /// Field and code → meaning.
    values: HashMap<(String, String), String>,
    /// Fields whose codes are presumed: the item list names them without the meaning of their codes.
    presumed_codes: Vec<String>,
    /// Fields whose place in each of [`EDITIONS`] is presumed: it comes from no official item list.
    presumed_places: [Vec<String>; 2],
}

impl Default for LocalMap {
    fn default() -> Self {
        let mut map = Self {
            columns: Vec::new(),
            values: HashMap::new(),
            presumed_codes: Vec::new(),
            presumed_places: [Vec::new(), Vec::new()],
        };
        for line in COLUMNS.lines().skip(1) {
            let mut cells = line.split(',');
            map.column(cells.next().unwrap_or_default(), [cells.next(), cells.next()]);
        }
        for line in VALUES.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            if let [field, value, meaning, basis] = cells.as_slice() {
                map.values.insert(((*field).to_owned(), (*value).to_owned()), (*meaning).to_owned());
                if *basis == PRESUMED_CODE && !map.presumed_codes.iter().any(|known| known == field) {
                    map.presumed_codes.push((*field).to_owned());
                }
            }
        }
        // The places of the 94 columns are known from descriptions only.
        let [_, places] = &mut map.presumed_places;
        places.extend(map.columns.iter().filter(|(_, [_, place])| *place != 0).map(|(field, _)| field.clone()));
        map
    }
}

impl LocalMap {
    fn column(&mut self, field: &str, cells: [Option<&str>; 2]) {
        let columns = cells.map(|cell| cell.and_then(|cell| cell.parse().ok()).unwrap_or_default());
        match self.columns.iter_mut().find(|(known, _)| known == field) {
            Some((_, known)) => *known = columns,
            None => self.columns.push((field.to_owned(), columns)),
        }
    }

    /// Lays a file over the map; rows that name no field or no column come back.
    pub fn apply(&mut self, file: &Parsed) -> Vec<BadRow> {
        let mut bad = Vec::new();
        for (line, record) in &file.rows {
            let field = record.get(1);
            if self.columns.iter().all(|(known, _)| known != field) {
                bad.push(file.problem(*line, 1, field, "a field of local_columns.csv"));
                continue;
            }
            if file.kind == Kind::LocalValues {
                let key = (field.to_owned(), record.get(2).to_owned());
                self.values.insert(key, record.get(3).to_owned());
                // Who enters a code has the item list at hand.
                self.presumed_codes.retain(|known| known != field);
                continue;
            }
            let is_column = |(at, most): (usize, usize)| {
                let text = record.get(at);
                text.is_empty() || text.parse().is_ok_and(|column: usize| (1..=most).contains(&column))
            };
            match (2..).zip(EDITIONS).find(|place| !is_column(*place)) {
                Some((at, _)) => bad.push(file.problem(*line, at, record.get(at), "a column of the edition, or empty")),
                None => {
                    self.column(field, [Some(record.get(2)), Some(record.get(3))]);
                    self.presumed_places.iter_mut().for_each(|places| places.retain(|known| known != field));
                }
            }
        }
        bad
    }

    fn edition(columns: usize) -> Option<usize> {
        EDITIONS.iter().position(|known| *known == columns)
    }

    /// Column of a field in an edition; 0 = not known.
    fn place(&self, edition: usize, field: &str) -> usize {
        let found = self.columns.iter().find(|(known, _)| known == field);
        found.and_then(|(_, columns)| columns.get(edition)).copied().unwrap_or_default()
    }

    fn layout(&self, edition: usize) -> Columns {
        let of = |field: &str| self.place(edition, field);
        Columns {
            law: 0,
            payer: of("payerNumber"),
            name: [of("officialName"), of("shortName")],
            rank: of("priority"),
            prefecture: of("prefecture"),
            from: [of("from"), of("from")],
            to: of("to"),
        }
    }

    /// The fields of a row as `name=value`, empty ones left out; first the fields the edition has no column for.
    fn fields(&self, edition: usize, record: &Record) -> String {
        let missing: Vec<&str> = self
            .columns
            .iter()
            .filter(|(_, columns)| columns.get(edition).is_none_or(|column| *column == 0))
            .map(|(field, _)| field.as_str())
            .collect();
        let mut text = format!("{UNMAPPED}={}", missing.join(" "));
        let mut presumed: Vec<&str> = Vec::new();
        for (field, columns) in &self.columns {
            let value = columns.get(edition).map_or("", |column| record.get(*column)).trim();
            if matches!(value, "" | "ー" | "-") {
                continue;
            }
            text.push_str(FIELD_MARK);
            text.push_str(field);
            text.push('=');
            text.push_str(&self.meaning(field, value));
            if self.is_presumed(edition, field) {
                presumed.push(field);
            }
        }
        if !presumed.is_empty() {
            text.push_str(&format!("{FIELD_MARK}{PRESUMED}={}", presumed.join(" ")));
        }
        text
    }

    fn is_presumed(&self, edition: usize, field: &str) -> bool {
        let is_in = |fields: &[String]| fields.iter().any(|known| known == field);
        is_in(&self.presumed_codes) || self.presumed_places.get(edition).is_some_and(|places| is_in(places))
    }

    /// The meaning of a code; a code without one is marked. Fields without codes keep their value.
    fn meaning(&self, field: &str, value: &str) -> String {
        let key = (field.to_owned(), value.to_owned());
        let has_codes = || self.values.keys().any(|(known, _)| known == field);
        match self.values.get(&key) {
            Some(meaning) => meaning.clone(),
            None if has_codes() => format!("{UNKNOWN_VALUE}{value}"),
            None => value.to_owned(),
        }
    }
}

/// Rows of a file; rows whose days or law cannot be read come back.
pub fn rows(file: &Parsed, edition: u16, map: &LocalMap, texts: &mut Texts) -> (Vec<SubsidyRow>, Vec<BadRow>) {
    let mut serials = std::collections::HashMap::<u16, u32>::new();
    let mut rows = Vec::new();
    let mut bad = Vec::new();
    for (line, record) in &file.rows {
        match row(record, edition, map, texts) {
            Ok(mut row) => {
                let serial = serials.entry(row.law).or_default();
                *serial += 1;
                row.validity.code = u32::from(row.law) * SERIALS + *serial;
                rows.push(row);
            }
            Err((field, allowed)) => bad.push(file.problem(*line, field, record.get(field), allowed)),
        }
    }
    (rows, bad)
}

fn row(record: &Record, edition: u16, map: &LocalMap, texts: &mut Texts) -> Result<SubsidyRow, (usize, &'static str)> {
    let local = LocalMap::edition(record.len());
    let columns = &local.map_or(NATIONAL, |edition| map.layout(edition));
    let fields = match local {
        Some(edition) => map.fields(edition, record),
        None => record.fields().collect::<Vec<_>>().join(FIELD_MARK),
    };
    let from = columns.from.iter().find_map(|field| day(record.get(*field)).filter(|day| *day != OPEN_END));
    let from = from.ok_or((columns.from.first().copied().unwrap_or_default(), "a day YYYYMMDD or YYYY-MM-DD"))?;
    let to = day(record.get(columns.to)).ok_or((columns.to, "a day, 99999999 or ー"))?;
    let name = columns.name.map(|field| record.get(field)).join(" ");
    let row = SubsidyRow {
        validity: Validity { code: 0, from, to, edition, ..Validity::default() },
        name: texts.place(&name),
        columns: texts.place(&fields),
        law: law(record, columns)?,
        rank: record.small(columns.rank),
        prefecture: prefecture(record, columns)?,
        reserved: 0,
    };
    Ok(row)
}

fn law(record: &Record, columns: &Columns) -> Result<u16, (usize, &'static str)> {
    if columns.law != 0 {
        let law: Option<u16> = record.get(columns.law).parse().ok();
        return law.filter(|law| (10..100).contains(law)).ok_or((columns.law, "a law number of two digits"));
    }
    // Local programmes may have numbers of another shape (item 9): they have no law number.
    let payer = record.get(columns.payer);
    let is_number = payer.len() == 8 && payer.bytes().all(|byte| byte.is_ascii_digit());
    Ok(if is_number { payer.get(..2).and_then(|law| law.parse().ok()).unwrap_or_default() } else { 0 })
}

fn prefecture(record: &Record, columns: &Columns) -> Result<u16, (usize, &'static str)> {
    let text = record.get(columns.prefecture);
    if columns.prefecture == 0 {
        return Ok(0);
    }
    let named = || {
        let at = PREFECTURES.split(' ').position(|name| text.strip_suffix(['都', '府', '県']).unwrap_or(text) == name);
        at.and_then(|at| u16::try_from(at + 1).ok())
    };
    let number = text.parse().ok().or_else(named);
    number.filter(|number| (1..=47).contains(number)).ok_or((columns.prefecture, "a prefecture, 1 to 47 or its name"))
}

/// `2018-04-01`, `20180401`; empty and ー are the open end.
fn day(text: &str) -> Option<u32> {
    match text {
        "" | "ー" | "-" | "99999999" => Some(OPEN_END),
        _ => text.parse::<ServiceDate>().ok().map(ServiceDate::yyyymmdd),
    }
}
