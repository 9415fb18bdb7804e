//! Opened masters: lookups by code and day of service.

use std::fs::File;
use std::path::Path;

use kernel::{ActCode, CommentCode, DiagnosisCode, DrugCode, MaterialCode, ModifierCode, ServiceDate, StandardCode};

use crate::compiled::{Directory, OpenError};
use crate::map::Backing;
use crate::row::{
    ActRow, CommentRow, CommentRuleRow, DiagnosisRow, DrugRow, EditionRow, EndedRow, ExclusionRow, FeeTableRow,
    InclusionRow, LimitRow, MaterialRow, ModifierRow, Row, StandardRow, StayAddOnRow, SubsidyRow, Text, Validity,
};

/// One set of masters (基本マスター, 医科電子点数表, 公費マスター), compiled and checked. Read-only, shared by threads.
///
/// Every lookup is a binary search over rows sorted by code and first day; nothing is allocated.
pub struct Masters {
    bytes: Backing,
    directory: Directory,
}

impl std::fmt::Debug for Masters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Masters({})", self.release())
    }
}

impl Masters {
    /// Maps a compiled file and checks all of it. Fails on anything that is not exactly what an import wrote.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let read = |source| OpenError::Read { path: path.display().to_string(), source };
        let file = File::open(path).map_err(read)?;
        Self::from_backing(Backing::map(&file).map_err(read)?)
    }

    /// Opens compiled bytes held in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, OpenError> {
        Self::from_backing(Backing::copy(&bytes))
    }

    fn from_backing(bytes: Backing) -> Result<Self, OpenError> {
        let directory = Directory::read(&bytes)?;
        Ok(Self { bytes, directory })
    }

    /// First 16 digits of the set's SHA-256 identity: equal for equal content on any machine.
    pub fn release(&self) -> &str {
        self.directory.identity().get(..16).unwrap_or_default()
    }

    /// The set's whole SHA-256 identity, 64 hexadecimal digits.
    pub fn identity(&self) -> &str {
        self.directory.identity()
    }

    /// A text of a row; empty for a place outside the text section.
    pub fn text(&self, place: Text) -> &str {
        let start = usize::try_from(place.offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(place.len).unwrap_or(usize::MAX));
        let bytes = self.directory.text_bytes(&self.bytes).get(start..end).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// All rows of a table, sorted by code, then first day.
    pub fn rows<R: Row>(&self) -> &[R] {
        self.directory.rows(&self.bytes)
    }

    /// All rows of a code in a table.
    pub fn versions<R: Keyed>(&self, code: u32) -> &[R] {
        let rows = self.rows::<R>();
        let start = rows.partition_point(|row| row.validity().code < code);
        let rest = rows.get(start..).unwrap_or_default();
        // Most codes have a few rows: steps that double find the end sooner than a search of the whole table.
        let mut bound = 1;
        while rest.get(bound).is_some_and(|row| row.validity().code <= code) {
            bound *= 2;
        }
        let near = rest.get(..bound).unwrap_or(rest);
        let len = near.partition_point(|row| row.validity().code <= code);
        near.get(..len).unwrap_or_default()
    }

    /// The row of a code that holds on a day; of several the one that began last.
    pub fn on<R: Keyed>(&self, code: u32, date: ServiceDate) -> Option<&R> {
        let day = date.yyyymmdd();
        self.versions::<R>(code).iter().rev().find(|row| row.validity().holds_on(day))
    }

    /// All rows of a code that hold on a day.
    pub fn all_on<R: Keyed>(&self, code: u32, date: ServiceDate) -> impl Iterator<Item = &R> + Clone {
        let day = date.yyyymmdd();
        self.versions::<R>(code).iter().filter(move |row| row.validity().holds_on(day))
    }

    /// The imported editions, in the order of the numbers in [`Validity::edition`].
    pub fn editions(&self) -> &[EditionRow] {
        self.rows()
    }

    /// File name of an edition.
    pub fn edition_name(&self, edition: u16) -> &str {
        self.editions().get(usize::from(edition)).map_or("", |row| self.text(row.name))
    }

    /// Why a code has no usable value on a day, when that is known.
    pub fn ended(&self, number: u32, date: ServiceDate) -> Option<&EndedRow> {
        self.on(number, date)
    }

    /// コメント関連テーブル: comments that an act or drug (its nine digits as a number) needs on a day.
    pub fn comment_rules(&self, number: u32, date: ServiceDate) -> impl Iterator<Item = &CommentRuleRow> + Clone {
        self.all_on(number, date)
    }

    /// 電子点数表 01: the row of an act.
    pub fn fee_table(&self, code: ActCode, date: ServiceDate) -> Option<&FeeTableRow> {
        self.on(code.number(), date)
    }

    /// 電子点数表 02: rows whose contained act is `child`; a parent contains it when it names the row's group.
    pub fn inclusions(&self, child: ActCode, date: ServiceDate) -> impl Iterator<Item = &InclusionRow> + Clone {
        self.all_on(child.number(), date)
    }

    /// 電子点数表 03: rows whose code ① is the act.
    pub fn exclusions(&self, code: ActCode, date: ServiceDate) -> impl Iterator<Item = &ExclusionRow> + Clone {
        self.all_on(code.number(), date)
    }

    /// 電子点数表 05: count limits of an act; all of them hold.
    pub fn limits(&self, code: ActCode, date: ServiceDate) -> impl Iterator<Item = &LimitRow> + Clone {
        self.all_on(code.number(), date)
    }

    /// 電子点数表 04: add-ons of 入院基本料, by the add-on's code.
    pub fn stay_add_ons(&self) -> &[StayAddOnRow] {
        self.rows()
    }

    /// 国公費 and 地単公費 programmes.
    pub fn subsidies(&self) -> &[SubsidyRow] {
        self.rows()
    }

    /// コメント関連テーブル, whole.
    pub fn all_comment_rules(&self) -> &[CommentRuleRow] {
        self.rows()
    }
}

macro_rules! lookups {
    ($($code:ident $row:ident, $about:literal: $one:ident $versions:ident $all:ident;)*) => {
        impl Masters {
            $(
                #[doc = concat!("The ", $about, " on a day of service.")]
                pub fn $one(&self, code: $code, date: ServiceDate) -> Option<&$row> {
                    self.on(code.number(), date)
                }

                #[doc = concat!("Every version of the ", $about, ".")]
                pub fn $versions(&self, code: $code) -> &[$row] {
                    self.versions(code.number())
                }

                #[doc = concat!("Whole table: ", $about, ".")]
                pub fn $all(&self) -> &[$row] {
                    self.rows()
                }
            )*
        }
    };
}

lookups! {
    ActCode ActRow, "act (診療行為)": act act_versions acts;
    DrugCode DrugRow, "drug (医薬品)": drug drug_versions drugs;
    MaterialCode MaterialRow, "material (特定器材)": material material_versions materials;
    CommentCode CommentRow, "comment (コメント)": comment comment_versions comments;
    DiagnosisCode DiagnosisRow, "diagnosis (傷病名)": diagnosis diagnosis_versions diagnoses;
    ModifierCode ModifierRow, "modifier (修飾語)": modifier modifier_versions modifiers;
    StandardCode StandardRow, "facility standard (施設基準)": standard standard_versions standards;
}

/// A row found by code and day.
pub trait Keyed: Row {
    /// Key and days of the row.
    fn validity(&self) -> &Validity;
}

macro_rules! keyed {
    ($($row:ident)*) => {
        $(impl Keyed for $row {
            fn validity(&self) -> &Validity {
                &self.validity
            }
        })*
    };
}

keyed! {
    ActRow DrugRow MaterialRow CommentRow DiagnosisRow ModifierRow CommentRuleRow FeeTableRow InclusionRow
    ExclusionRow StayAddOnRow LimitRow StandardRow EndedRow SubsidyRow
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::OPEN_END;
    use crate::tables::Tables;
    use proptest::prelude::*;

    fn sample() -> Vec<u8> {
        let mut tables = Tables::default();
        for (from, to, points) in [(20_260_601, 20_270_531, 7_600), (20_240_601, 20_260_531, 7_500)] {
            let name = tables.texts.place("再診料");
            let validity = Validity { code: 112_007_410, from, to, ..Validity::default() };
            tables.acts.push(ActRow { validity, name, points_e2: points, ..ActRow::default() });
        }
        tables.compile()
    }

    fn day(text: &str) -> ServiceDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_row_of_the_day_is_found() {
        let masters = Masters::from_bytes(sample()).unwrap();
        let code = "112007410".parse().unwrap();
        assert_eq!(masters.act(code, day("2026-05-31")).unwrap().points_e2, 7_500);
        assert_eq!(masters.act(code, day("2026-06-01")).unwrap().points_e2, 7_600);
        assert!(masters.act(code, day("2024-05-31")).is_none());
        assert!(masters.act(code, day("2027-06-01")).is_none());
        assert_eq!(masters.text(masters.acts()[0].name), "再診料");
        assert_eq!(masters.act_versions(code).len(), 2);
        assert_eq!(masters.release().len(), 16);
    }

    #[test]
    fn every_row_of_a_code_is_found_however_many() {
        let mut tables = Tables::default();
        for code in 1..=9 {
            for from in 1..=code {
                let validity = Validity { code: code * 2, from, to: OPEN_END, ..Validity::default() };
                tables.acts.push(ActRow { validity, ..ActRow::default() });
            }
        }
        let masters = Masters::from_bytes(tables.compile()).unwrap();
        for code in 0..=19 {
            let found = masters.versions::<ActRow>(code);
            assert!(found.iter().all(|row| row.validity.code == code));
            assert_eq!(found.len(), if code % 2 == 0 { (code / 2).try_into().unwrap() } else { 0 }, "code {code}");
        }
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let good = sample();
        for at in [0, 9, 13, 17, 25, 33, 65, 80, 200, good.len() - 1] {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            assert!(Masters::from_bytes(bytes).is_err(), "byte {at}");
        }
        for len in [0, 1, 71, 72, good.len() - 8, good.len() - 1] {
            assert!(Masters::from_bytes(good[..len].to_vec()).is_err(), "length {len}");
        }
        let mut longer = good;
        longer.push(0);
        assert!(matches!(Masters::from_bytes(longer), Err(OpenError::Length { .. })));
    }

    #[test]
    fn a_mapped_file_is_checked_as_well() {
        let path = std::env::temp_dir().join(format!("tensu-open-{}.bin", std::process::id()));
        assert!(matches!(Masters::open(&path), Err(OpenError::Read { .. })));
        std::fs::write(&path, b"").unwrap();
        assert!(Masters::open(&path).is_err());
        std::fs::write(&path, sample()).unwrap();
        assert_eq!(Masters::open(&path).unwrap().acts().len(), 2);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_place_outside_the_text_is_empty() {
        let masters = Masters::from_bytes(sample()).unwrap();
        assert_eq!(masters.text(Text { offset: u32::MAX, len: u32::MAX }), "");
        assert_eq!(masters.text(Text { offset: 1, len: 2 }), "", "not at a character's border");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(Masters::from_bytes(bytes).is_err());
        }
    }
}
