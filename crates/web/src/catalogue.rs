//! Codes found by their beginning, name or kana.

use kernel::ServiceDate;
use masters::Masters;
use masters::row::{
    ActRow, CommentRow, DiagnosisRow, DrugRow, MaterialRow, ModifierRow, OPEN_END, StandardRow, Text, Validity,
};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::search_key;

/// Entries of a page at most.
pub const PAGE_MAX: usize = 200;

/// Which master.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// 診療行為.
    Procedures,
    /// 医薬品.
    Drugs,
    /// 特定器材.
    Materials,
    /// コメント.
    Comments,
    /// 傷病名.
    Diseases,
    /// 修飾語.
    Modifiers,
    /// 施設基準.
    Standards,
}

/// A code as it holds on a day.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Code.
    pub code: String,
    /// 名称.
    pub name: String,
    /// カナ.
    pub kana: String,
    /// Unit of the quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Points of an act, yen of a drug or material; two decimals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// First day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<ServiceDate>,
    /// Last day; absent = open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<ServiceDate>,
}

/// What codes are searched by.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Which master.
    pub kind: Kind,
    /// Beginning of the code, part of the name, or beginning of the kana.
    pub text: &'a str,
    /// The day.
    pub on: ServiceDate,
    /// The code the page before ended with.
    pub after: Option<u32>,
    /// Entries wanted.
    pub limit: usize,
}

/// The entries of a page, by code, and the code to go on behind.
pub fn search(masters: &Masters, query: &Query<'_>) -> (Vec<Entry>, Option<u32>) {
    match query.kind {
        Kind::Procedures => rows(masters, query, masters.acts()),
        Kind::Drugs => rows(masters, query, masters.drugs()),
        Kind::Materials => rows(masters, query, masters.materials()),
        Kind::Comments => rows(masters, query, masters.comments()),
        Kind::Diseases => rows(masters, query, masters.diagnoses()),
        Kind::Modifiers => rows(masters, query, masters.modifiers()),
        Kind::Standards => rows(masters, query, masters.standards()),
    }
}

/// A row that has a code, a name and perhaps more.
trait Named {
    const DIGITS: usize;
    fn validity(&self) -> &Validity;
    fn name(&self) -> Text;
    fn kana(&self) -> Text;
    fn unit(&self) -> Option<Text> {
        None
    }
    fn value_e2(&self) -> Option<i64> {
        None
    }
}

macro_rules! named {
    ($($row:ty, $digits:literal { $($rest:tt)* })+) => {
        $(impl Named for $row {
            const DIGITS: usize = $digits;
            fn validity(&self) -> &Validity {
                &self.validity
            }
            fn name(&self) -> Text {
                self.name
            }
            $($rest)*
        })+
    };
}

named! {
    ActRow, 9 {
        fn kana(&self) -> Text { self.kana }
        fn unit(&self) -> Option<Text> { Some(self.unit_name) }
        fn value_e2(&self) -> Option<i64> { Some(i64::from(self.points_e2)) }
    }
    DrugRow, 9 {
        fn kana(&self) -> Text { self.kana }
        fn unit(&self) -> Option<Text> { Some(self.unit_name) }
        fn value_e2(&self) -> Option<i64> { Some(self.price_e2) }
    }
    MaterialRow, 9 {
        fn kana(&self) -> Text { self.kana }
        fn unit(&self) -> Option<Text> { Some(self.unit_name) }
        fn value_e2(&self) -> Option<i64> { Some(self.price_e2) }
    }
    CommentRow, 9 {
        fn kana(&self) -> Text { self.kana }
    }
    DiagnosisRow, 7 {
        fn kana(&self) -> Text { self.kana }
    }
    ModifierRow, 4 {
        fn kana(&self) -> Text { self.kana }
    }
    StandardRow, 4 {
        fn kana(&self) -> Text { Text::default() }
    }
}

fn rows<R: Named>(masters: &Masters, query: &Query<'_>, rows: &[R]) -> (Vec<Entry>, Option<u32>) {
    let day = query.on.yyyymmdd();
    let text = query.text.trim();
    let key = search_key(text);
    let is_code = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = |row: &&R| {
        if text.is_empty() {
            return true;
        }
        if is_code {
            return format!("{:0digits$}", row.validity().code, digits = R::DIGITS).starts_with(text);
        }
        masters.text(row.name()).contains(text) || search_key(masters.text(row.kana())).starts_with(&key)
    };
    let mut found = rows
        .iter()
        .filter(|row| row.validity().holds_on(day))
        .filter(|row| query.after.is_none_or(|after| row.validity().code > after))
        .filter(fits);
    let page: Vec<&R> = found.by_ref().take(query.limit).collect();
    let has_more = found.next().is_some();
    let next = page.last().filter(|_| has_more).map(|row| row.validity().code);
    (page.into_iter().map(|row| entry(masters, row)).collect(), next)
}

fn entry<R: Named>(masters: &Masters, row: &R) -> Entry {
    let validity = row.validity();
    let text = |place: Text| masters.text(place).to_owned();
    let value = row.value_e2().map(|value| Decimal::new(value, 2).to_string());
    Entry {
        code: format!("{:0digits$}", validity.code, digits = R::DIGITS),
        name: text(row.name()),
        kana: text(row.kana()),
        unit: row.unit().map(text).filter(|unit| !unit.is_empty()),
        value,
        valid_from: ServiceDate::from_yyyymmdd(validity.from),
        valid_to: Some(validity.to).filter(|to| *to != OPEN_END).and_then(ServiceDate::from_yyyymmdd),
    }
}
