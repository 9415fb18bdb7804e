//! Official layouts: for every field its name and what it may hold.
//!
//! Source: レセプト電算処理システム マスターファイル仕様説明書 (令和6年度版) with the fields that 令和8 renamed,
//! 医科電子点数表の活用手引き, コメント関連テーブル ファイル仕様説明書.

mod act;
mod drug;
mod fee_table;
mod name;

use kernel::ServiceDate;

pub use act::ACT;
pub use drug::{DRUG, MATERIAL};
pub use fee_table::{COMMENT_RULE, EXCLUSION, FEE_TABLE, INCLUSION, LIMIT, STAY_ADD_ON};
pub use name::{COMMENT, DIAGNOSIS, MODIFIER};

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
pub enum Domain {
    /// One character of these.
    One(&'static str),
    /// One of these values, separated by blanks.
    Of(&'static str),
    /// Digits, at most so many.
    Digits(usize),
    /// Exactly so many digits.
    Fixed(usize),
    /// Amount: at most so many digits before the point, two after it.
    Amount(usize),
    /// Day YYYYMMDD, or 0, 00000000, 99999999.
    Date,
    /// Age bound: two digits or AA, AE, B3, B6, BF, BK, MG.
    Age,
    /// Nine digits, the first being this one.
    Code(char),
    /// Nine digits or 0.
    CodeOrZero,
    /// Letters and digits, at most so many.
    Alphanumeric(usize),
    /// Any text of at most so many bytes in Shift_JIS.
    Text(usize),
}

use Domain::{Age, Alphanumeric, Amount, Code, CodeOrZero, Date, Digits, Fixed, Of, One, Text};

const AGE_WORDS: [&str; 7] = ["AA", "AE", "B3", "B6", "BF", "BK", "MG"];

impl Domain {
    /// True when the text is allowed.
    pub fn allows(self, text: &str) -> bool {
        let digits = || text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            One(values) => text.chars().count() == 1 && values.contains(text),
            Of(values) => values.split(' ').any(|value| value == text),
            Digits(max) => (1..=max).contains(&text.len()) && digits(),
            Fixed(len) => text.len() == len && digits(),
            Amount(whole) => {
                super::record::hundredths(text).is_some_and(|_| text.find('.').unwrap_or(text.len()) <= whole)
            }
            Date => is_date(text),
            Age => (text.len() <= 2 && !text.is_empty() && digits()) || AGE_WORDS.contains(&text),
            Code(first) => text.len() == 9 && digits() && text.starts_with(first),
            CodeOrZero => digits() && (text.len() == 9 || text == "0"),
            Alphanumeric(max) => text.len() <= max && text.bytes().all(|byte| byte.is_ascii_graphic()),
            Text(max) => shift_jis_len(text) <= max && !text.contains('\u{fffd}'),
        }
    }

    /// The rule in words.
    pub fn allowed(self) -> String {
        match self {
            One(values) => format!("one of {}", values.chars().map(String::from).collect::<Vec<_>>().join(" ")),
            Of(values) => format!("one of {values}"),
            Digits(max) => format!("1 to {max} digits"),
            Fixed(len) => format!("{len} digits"),
            Amount(whole) => format!("an amount of at most {whole} digits and two decimals"),
            Date => "a day YYYYMMDD, 0, 00000000 or 99999999".to_owned(),
            Age => format!("two digits or one of {}", AGE_WORDS.join(" ")),
            Code(first) => format!("9 digits beginning with {first}"),
            CodeOrZero => "9 digits or 0".to_owned(),
            Alphanumeric(max) => format!("at most {max} letters and digits"),
            Text(max) => format!("text of at most {max} bytes in Shift_JIS"),
        }
    }
}

fn is_date(text: &str) -> bool {
    matches!(text, "0" | "00000000" | "99999999")
        || (text.len() == 8 && text.parse().is_ok_and(|day| ServiceDate::from_yyyymmdd(day).is_some()))
}

/// Bytes of a text in Shift_JIS: half-width characters one, all others two.
fn shift_jis_len(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() || ('\u{ff61}'..='\u{ff9f}').contains(&c) { 1 } else { 2 }).sum()
}

/// One field of a layout.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// 項目名.
    pub name: &'static str,
    /// What it may hold.
    pub domain: Domain,
    /// True when a complete row may leave it empty.
    pub is_optional: bool,
}

/// A field that every complete row fills.
const fn f(name: &'static str, domain: Domain) -> Field {
    Field { name, domain, is_optional: false }
}

/// A field that may be empty.
const fn o(name: &'static str, domain: Domain) -> Field {
    Field { name, domain, is_optional: true }
}

/// 予備: unused now, may be used by a later edition.
const fn spare() -> Field {
    o("予備", Text(1_000))
}

/// A layout: its fields and which of them name and date the row. Field numbers begin at 1.
#[derive(Debug)]
pub struct Layout {
    /// All fields in order.
    pub fields: &'static [Field],
    /// The fields that name the row.
    pub key: &'static [usize],
    /// 変更年月日 or 新設年月日: first day of the row's content.
    pub from: usize,
    /// 収載年月日 where the layout has one: first day of the code.
    pub listed: Option<usize>,
    /// 廃止年月日: last day.
    pub to: usize,
    /// Fields that say how the row differs from the preceding edition: no content of their own.
    pub ignored: &'static [usize],
    /// True when the first day is part of the row's name: the file holds its own history.
    pub is_dated: bool,
}

impl Layout {
    /// A field by its number from 1.
    pub fn field(&self, number: usize) -> Option<&'static Field> {
        self.fields.get(number.checked_sub(1)?)
    }
}
