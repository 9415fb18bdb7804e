//! Rows of the 地単公費マスター and flags of the 国公費マスター, read by field.

use crate::reader::Masters;
use crate::row::SubsidyRow;

/// Stands between the fields of a row.
pub(crate) const FIELD_MARK: &str = "\u{1f}";
/// Field that lists those the edition has no known column for.
pub(crate) const UNMAPPED: &str = "!";
/// Field that lists those whose code or column is presumed.
pub(crate) const PRESUMED: &str = "~";
/// Begins a code whose meaning is not known.
pub(crate) const UNKNOWN_VALUE: &str = "?";
/// Columns of the national row, 項番 from 1. Source: 国公費マスタ項目定義 (2024-03-29).
const LOCAL_FIRST_COLUMN: usize = 20;
const LAW_COLUMN: usize = 2;

/// A programme of the 地単公費マスター, field by field (`src/import/local_columns.csv`).
#[derive(Clone, Copy, Debug)]
pub struct LocalProgramme<'m> {
    row: &'m SubsidyRow,
    fields: &'m str,
}

/// A field of a programme.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LocalField<'m> {
    /// Nothing is written.
    Empty,
    /// The value; for codes their meaning (`src/import/local_values.csv`).
    Value(&'m str),
    /// A code without known meaning.
    Unknown(&'m str),
    /// The edition has no known column for it.
    Unmapped,
}

impl<'m> LocalProgramme<'m> {
    /// The row.
    pub const fn row(&self) -> &'m SubsidyRow {
        self.row
    }

    /// A field by its name.
    pub fn get(&self, field: &str) -> LocalField<'m> {
        let pairs = || self.fields.split(FIELD_MARK).filter_map(|pair| pair.split_once('='));
        let find = |name: &str| pairs().find(|(known, _)| *known == name).map(|(_, value)| value);
        match find(field) {
            Some(value) => match value.strip_prefix(UNKNOWN_VALUE) {
                Some(code) => LocalField::Unknown(code),
                None => LocalField::Value(value),
            },
            None if find(UNMAPPED).unwrap_or_default().split(' ').any(|name| name == field) => LocalField::Unmapped,
            None => LocalField::Empty,
        }
    }

    /// Fields with a value whose code or column no official item list states (unverified).
    pub fn presumed(&self) -> impl Iterator<Item = &'m str> {
        let pairs = self.fields.split(FIELD_MARK).filter_map(|pair| pair.split_once('='));
        let list = pairs.filter(|(name, _)| *name == PRESUMED).map(|(_, list)| list);
        list.flat_map(|list| list.split(' ')).filter(|name| !name.is_empty())
    }

    /// A field as text; empty when it is not there.
    pub fn text(&self, field: &str) -> &'m str {
        match self.get(field) {
            LocalField::Value(value) => value,
            _ => "",
        }
    }

    /// True when the programme has this payer number (公費負担者番号, 8 digits or another form).
    pub fn has_payer_number(&self, number: &str) -> bool {
        self.text("payerNumber") == number || self.text("otherNumber") == number
    }

    /// `13-999-1`: 都道府県, 市区町村, 事業内区分.
    pub fn key(&self) -> String {
        format!("{:02}-{}-{}", self.row.prefecture, self.text("municipality"), self.text("division"))
    }
}

/// A flag of a national programme.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NationalFlag<'m> {
    /// 法別番号.
    pub law: &'m str,
    /// 9-10: a local programme may pay first.
    pub is_local_first: bool,
}

impl Masters {
    /// Programmes of the 地単公費マスター.
    pub fn local_programmes(&self) -> impl Iterator<Item = LocalProgramme<'_>> {
        let local = self.subsidies().iter().filter(|row| row.prefecture != 0);
        local.map(|row| LocalProgramme { row, fields: self.text(row.columns) })
    }

    /// Columns of each national programme as the official row holds them, 項番 from 1 at index 0.
    pub fn national_programmes(&self) -> impl Iterator<Item = Vec<&str>> {
        let national = self.subsidies().iter().filter(|row| row.prefecture == 0 && row.law != 0);
        national.map(|row| self.text(row.columns).split(FIELD_MARK).collect())
    }

    /// Which national programmes let a local one pay first (国公費マスター 9-10).
    pub fn national_flags(&self) -> impl Iterator<Item = NationalFlag<'_>> {
        self.national_programmes().map(|columns| {
            let column = |number: usize| columns.get(number - 1).copied().unwrap_or_default();
            NationalFlag { law: column(LAW_COLUMN), is_local_first: column(LOCAL_FIRST_COLUMN) == "1" }
        })
    }
}
