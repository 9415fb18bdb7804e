//! What a file is: told by the number of its columns, the master type in its second field and its name.

use super::layout::{self, Layout};

/// A kind of file that an import can take.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Kind {
    Act,
    Drug,
    Material,
    Comment,
    Diagnosis,
    OldDiagnosis,
    Modifier,
    CommentRule,
    FeeTable,
    Inclusion,
    ExclusionDay,
    ExclusionMonth,
    ExclusionSimultaneous,
    ExclusionWeek,
    StayAddOn,
    Limit,
    Standard,
    LocalColumns,
    LocalValues,
    NationalSubsidy,
    LocalSubsidy,
    DerivedPoints,
    DerivedPrices,
    SectionDiff,
}

impl Kind {
    /// Official name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Act => "医科診療行為マスター",
            Self::Drug => "医薬品マスター",
            Self::Material => "特定器材マスター",
            Self::Comment => "コメントマスター",
            Self::Diagnosis => "傷病名マスター",
            Self::OldDiagnosis => "旧傷病名管理ファイル",
            Self::Modifier => "修飾語マスター",
            Self::CommentRule => "コメント関連テーブル",
            Self::FeeTable => "医科電子点数表 01 補助マスターテーブル",
            Self::Inclusion => "医科電子点数表 02 包括テーブル",
            Self::ExclusionDay => "医科電子点数表 03-1 背反テーブル（1日につき）",
            Self::ExclusionMonth => "医科電子点数表 03-2 背反テーブル（同一月内）",
            Self::ExclusionSimultaneous => "医科電子点数表 03-3 背反テーブル（同時）",
            Self::ExclusionWeek => "医科電子点数表 03-4 背反テーブル（1週間につき）",
            Self::StayAddOn => "医科電子点数表 04 入院基本料テーブル",
            Self::Limit => "医科電子点数表 05 算定回数テーブル",
            Self::Standard => "施設基準コード",
            Self::NationalSubsidy => "国公費マスター",
            Self::LocalSubsidy => "地単公費マスター",
            Self::LocalColumns => "地単公費マスター 項目と列",
            Self::LocalValues => "地単公費マスター 項目の値",
            Self::DerivedPoints => "令和8年度 点数（告示から導出）",
            Self::DerivedPrices => "令和8年度 薬価（告示から導出）",
            Self::SectionDiff => "区分番号の新旧比較（令和6・令和8）",
        }
    }

    /// The official layout; `None` for the other tables.
    pub const fn layout(self) -> Option<&'static Layout> {
        match self {
            Self::Act => Some(&layout::ACT),
            Self::Drug => Some(&layout::DRUG),
            Self::Material => Some(&layout::MATERIAL),
            Self::Comment => Some(&layout::COMMENT),
            Self::Diagnosis | Self::OldDiagnosis => Some(&layout::DIAGNOSIS),
            Self::Modifier => Some(&layout::MODIFIER),
            Self::CommentRule => Some(&layout::COMMENT_RULE),
            Self::FeeTable => Some(&layout::FEE_TABLE),
            Self::Inclusion => Some(&layout::INCLUSION),
            Self::ExclusionDay | Self::ExclusionMonth | Self::ExclusionSimultaneous | Self::ExclusionWeek => {
                Some(&layout::EXCLUSION)
            }
            Self::StayAddOn => Some(&layout::STAY_ADD_ON),
            Self::Limit => Some(&layout::LIMIT),
            _ => None,
        }
    }

    /// 背反テーブル: the number of its period, 1 day, 2 month, 3 simultaneous, 4 week.
    pub const fn period(self) -> u8 {
        match self {
            Self::ExclusionDay => 1,
            Self::ExclusionMonth => 2,
            Self::ExclusionSimultaneous => 3,
            Self::ExclusionWeek => 4,
            _ => 0,
        }
    }
}

/// Header lines of the tables that have one.
pub const STANDARD_HEADER: [&str; 2] = ["code", "name"];
/// First columns of the derived points.
pub const POINTS_HEADER: [&str; 10] = [
    "code",
    "name",
    "kubun",
    "tensu_shikibetsu",
    "r6_points_20250901",
    "r8_points",
    "basis",
    "source",
    "confidence",
    "reason",
];
/// Columns of the derived prices.
pub const PRICES_HEADER: [&str; 8] =
    ["drug_code", "name", "yakka_code", "unit", "price_in_r6_composite", "r8_price_20260401", "match", "check"];
/// Columns of the comparison of 区分.
pub const SECTIONS_HEADER: [&str; 6] =
    ["kubun", "status", "r6_heading", "r8_heading", "points_only_in_r6", "points_only_in_r8"];
/// Columns of a map of the 地単公費 master's fields.
pub const LOCAL_COLUMNS_HEADER: [&str; 3] = ["field", "columns_99", "columns_94"];
/// Columns of the meanings of its codes.
pub const LOCAL_VALUES_HEADER: [&str; 3] = ["field", "value", "meaning"];
/// First columns of a 国公費 master that was given English column names.
const SUBSIDY_HEADER: [&str; 2] = ["priority", "law"];
/// Columns of the 国公費 master (暫定版, 令和6年4月1日).
pub const NATIONAL_COLUMNS: usize = 56;
/// Columns of the 地単公費 master: item list of 2024, file of 2026-08.
pub const LOCAL_COLUMNS: [usize; 2] = [99, 94];

/// The kind of a file, or why it is left.
pub fn recognise(name: &str, first: &[&str]) -> Result<Kind, String> {
    let lower = name.to_lowercase();
    if lower == "k.csv" || lower.starts_with("k_") {
        return Err("病床機能報告用 病棟コード: codes of hospital wards, of no use to a clinic's claims".to_owned());
    }
    by_header(first).or_else(|| by_columns(&lower, first)).ok_or_else(|| unknown(first))
}

fn unknown(first: &[&str]) -> String {
    let start: String = first.first().copied().unwrap_or_default().chars().take(20).collect();
    format!("not recognised: {} columns, the first holds {start:?}", first.len())
}

fn by_header(first: &[&str]) -> Option<Kind> {
    let starts = |header: &[&str]| first.get(..header.len()).is_some_and(|part| part == header);
    match first.len() {
        2 if starts(&STANDARD_HEADER) => Some(Kind::Standard),
        3 if starts(&LOCAL_COLUMNS_HEADER) => Some(Kind::LocalColumns),
        3 if starts(&LOCAL_VALUES_HEADER) => Some(Kind::LocalValues),
        10 if starts(&POINTS_HEADER) => Some(Kind::DerivedPoints),
        8 if starts(&PRICES_HEADER) => Some(Kind::DerivedPrices),
        6 if starts(&SECTIONS_HEADER) => Some(Kind::SectionDiff),
        NATIONAL_COLUMNS if starts(&SUBSIDY_HEADER) => Some(Kind::NationalSubsidy),
        _ => None,
    }
}

fn by_columns(lower: &str, first: &[&str]) -> Option<Kind> {
    let second = first.get(1).copied().unwrap_or_default();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match (first.len(), second) {
        (150, "S") => Some(Kind::Act),
        (40 | 42, "Y") => Some(Kind::Drug),
        (38, "T") => Some(Kind::Material),
        (30, "C") => Some(Kind::Comment),
        (46, "B") if lower.starts_with("hb") => Some(Kind::OldDiagnosis),
        (46, "B") => Some(Kind::Diagnosis),
        (19, "Z") => Some(Kind::Modifier),
        (30, _) if is_digits(second) => Some(Kind::CommentRule),
        (27, _) if is_digits(second) => Some(Kind::FeeTable),
        (10, _) if is_digits(second) => exclusion(lower),
        (8, _) if is_digits(second) => Some(Kind::StayAddOn),
        (14, _) if is_digits(second) => Some(Kind::Limit),
        (7, _) if second.len() == 7 => Some(Kind::Inclusion),
        (NATIONAL_COLUMNS, _) if is_digits(second) => Some(Kind::NationalSubsidy),
        (columns, _) if LOCAL_COLUMNS.contains(&columns) => Some(Kind::LocalSubsidy),
        _ => None,
    }
}

/// The four 背反 tables have one layout: only the number in the name tells them apart.
fn exclusion(lower: &str) -> Option<Kind> {
    let numbers = [
        ("03-1", Kind::ExclusionDay),
        ("03-2", Kind::ExclusionMonth),
        ("03-3", Kind::ExclusionSimultaneous),
        ("03-4", Kind::ExclusionWeek),
    ];
    let plain = lower.replace('－', "-").replace("０", "0").replace(['_', ' '], "-");
    numbers.iter().find(|(number, _)| plain.contains(number)).map(|(_, kind)| *kind)
}

/// The day in a file's name (`s_ALL20240531.csv`), if there is one.
pub fn date_in_name(name: &str) -> Option<u32> {
    let digits = |part: &str| part.len() == 8 && part.starts_with("20");
    name.split(|c: char| !c.is_ascii_digit())
        .find(|part| digits(part))
        .and_then(|part| part.parse().ok())
        .filter(|day| kernel::ServiceDate::from_yyyymmdd(*day).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_found_in_names() {
        assert_eq!(date_in_name("ck_ALL_20250901.csv"), Some(20_250_901));
        assert_eq!(date_in_name("s_ALL20240531.csv"), Some(20_240_531));
        assert_eq!(date_in_name("tensuhyo_02.csv"), None);
        assert_eq!(date_in_name("s_20261331.csv"), None);
    }

    #[test]
    fn exclusion_tables_are_told_by_their_number() {
        let row = ["0", "111000110", "", "113010370", "", "1", "0", "0", "20120401", "99999999"];
        assert_eq!(recognise("03-1 背反テーブル1.csv", &row), Ok(Kind::ExclusionDay));
        assert_eq!(recognise("tensuhyo_03-4_haihan_week.csv", &row), Ok(Kind::ExclusionWeek));
        assert!(recognise("背反.csv", &row).is_err());
    }
}
