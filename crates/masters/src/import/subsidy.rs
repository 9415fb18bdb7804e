//! 国公費マスター and 地単公費マスター: the fields a program needs, by the column that holds them in each edition.

use super::read::{BadRow, Parsed};
use super::record::Record;
use crate::row::{OPEN_END, SubsidyRow, Validity};
use crate::tables::Texts;
use kernel::ServiceDate;

/// Stands between the columns of the official row.
pub const COLUMN_MARK: &str = "\u{1f}";
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
/// 地単公費マスター, item list of 2024, 99 columns.
const LOCAL_99: Columns = Columns { law: 0, payer: 8, name: [1, 2], rank: 93, prefecture: 3, from: [11, 11], to: 12 };
/// 地単公費マスター, file of 2026-08, 94 columns; the column of the rank is not published in words.
const LOCAL_94: Columns = Columns { law: 0, payer: 8, name: [1, 2], rank: 0, prefecture: 3, from: [10, 10], to: 11 };

const PREFECTURES: &str = "北海道 青森 岩手 宮城 秋田 山形 福島 茨城 栃木 群馬 埼玉 千葉 東京 神奈川 新潟 富山 石川 福井 \
     山梨 長野 岐阜 静岡 愛知 三重 滋賀 京都 大阪 兵庫 奈良 和歌山 鳥取 島根 岡山 広島 山口 徳島 香川 愛媛 高知 福岡 佐賀 \
     長崎 熊本 大分 宮崎 鹿児島 沖縄";

/// Rows of a file; rows whose days or law cannot be read come back.
pub fn rows(file: &Parsed, edition: u16, texts: &mut Texts) -> (Vec<SubsidyRow>, Vec<BadRow>) {
    let mut serials = std::collections::HashMap::<u16, u32>::new();
    let mut rows = Vec::new();
    let mut bad = Vec::new();
    for (line, record) in &file.rows {
        match row(record, edition, texts) {
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

fn row(record: &Record, edition: u16, texts: &mut Texts) -> Result<SubsidyRow, (usize, &'static str)> {
    let columns = match record.len() {
        99 => &LOCAL_99,
        94 => &LOCAL_94,
        _ => &NATIONAL,
    };
    let from = columns.from.iter().find_map(|field| day(record.get(*field)).filter(|day| *day != OPEN_END));
    let from = from.ok_or((columns.from.first().copied().unwrap_or_default(), "a day YYYYMMDD or YYYY-MM-DD"))?;
    let to = day(record.get(columns.to)).ok_or((columns.to, "a day, 99999999 or ー"))?;
    let name = columns.name.map(|field| record.get(field)).join(" ");
    let row = SubsidyRow {
        validity: Validity { code: 0, from, to, edition, ..Validity::default() },
        name: texts.place(&name),
        columns: texts.place(&record.fields().collect::<Vec<_>>().join(COLUMN_MARK)),
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
