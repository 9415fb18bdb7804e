//! What a basic fee or a time addition in a claim file tells about the visit.
//!
//! Source: A000, A001, B001-2 of 別表第一; codes of the 医科診療行為マスター.

use calculation::{TimeClass, VisitKind};

/// Which visit of a day a basic fee stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Turn {
    /// The first visit.
    First,
    /// 同日再診.
    SameDay,
    /// 同一日の2科目.
    SecondDepartment,
}

/// A basic fee.
#[derive(Clone, Copy, Debug)]
pub(super) struct BasicFee {
    code: u32,
    pub kind: VisitKind,
    pub turn: Turn,
    /// 小児科外来診療料: `Some(true)` where a prescription is given out.
    pub pediatric: Option<bool>,
}

const fn fee(code: u32, kind: VisitKind, turn: Turn) -> BasicFee {
    BasicFee { code, kind, turn, pediatric: None }
}

const fn pediatric(code: u32, kind: VisitKind, has_prescription: bool) -> BasicFee {
    BasicFee { code, kind, turn: Turn::First, pediatric: Some(has_prescription) }
}

const BASIC_FEES: [BasicFee; 15] = [
    fee(111_000_110, VisitKind::Initial, Turn::First),
    fee(111_014_210, VisitKind::InitialOnline, Turn::First),
    fee(111_011_810, VisitKind::Initial, Turn::SecondDepartment),
    fee(111_014_510, VisitKind::InitialOnline, Turn::SecondDepartment),
    fee(112_007_410, VisitKind::Revisit, Turn::First),
    fee(112_024_210, VisitKind::RevisitOnline, Turn::First),
    fee(112_007_950, VisitKind::Phone, Turn::First),
    fee(112_008_350, VisitKind::Revisit, Turn::SameDay),
    fee(112_024_950, VisitKind::RevisitOnline, Turn::SameDay),
    fee(112_008_850, VisitKind::Phone, Turn::SameDay),
    fee(112_015_810, VisitKind::Revisit, Turn::SecondDepartment),
    pediatric(113_003_510, VisitKind::Initial, true),
    pediatric(113_003_610, VisitKind::Revisit, true),
    pediatric(113_003_710, VisitKind::Initial, false),
    pediatric(113_003_810, VisitKind::Revisit, false),
];

/// 処方箋料, which 小児科外来診療料 with a prescription contains.
pub(super) const PRESCRIPTION_FEE: u32 = 120_002_910;
/// Records the calculation writes by itself: 薬剤料逓減（９０／１００） and 酸素補正率.
const WRITTEN_BY_RULE: [u32; 2] = [630_010_002, 770_020_070];

/// The basic fee of a code.
pub(super) fn basic_fee(code: u32) -> Option<BasicFee> {
    BASIC_FEES.iter().find(|fee| fee.code == code).copied()
}

/// True when the calculation writes the record by itself and no order asks for it.
pub(super) fn is_written_by_rule(code: u32) -> bool {
    WRITTEN_BY_RULE.contains(&code)
}

const AFTER_HOURS: [u32; 6] = [111_000_570, 111_011_970, 112_001_110, 112_014_770, 113_009_670, 113_009_770];
const HOLIDAY: [u32; 6] = [111_000_670, 111_012_070, 112_001_210, 112_014_870, 113_007_170, 113_007_470];
const LATE_NIGHT: [u32; 6] = [111_000_770, 111_012_170, 112_001_310, 112_014_970, 113_007_270, 113_007_570];
/// 夜間・早朝等加算 and 小児科 in posted hours at such a time.
const NIGHT_EARLY: [u32; 4] = [111_012_470, 112_015_570, 113_007_070, 113_007_370];
/// 小児科標榜 in posted hours: 夜間, 休日, 深夜.
const PEDIATRIC_IN_HOURS: [u32; 6] = [111_011_570, 111_011_670, 111_011_770, 112_014_170, 112_014_270, 112_014_370];

/// The time class an addition stands for.
pub(super) fn time_class(code: u32) -> Option<TimeClass> {
    let classes = [
        (AFTER_HOURS.as_slice(), TimeClass::AfterHours),
        (&HOLIDAY, TimeClass::Holiday),
        (&LATE_NIGHT, TimeClass::LateNight),
        (&NIGHT_EARLY, TimeClass::NightEarlyInHours),
        (&PEDIATRIC_IN_HOURS, TimeClass::NightEarlyInHours),
    ];
    classes.into_iter().find(|(codes, _)| codes.contains(&code)).map(|(_, class)| class)
}

/// The time class an addition gives to the visit of a basic fee: additions of 初診, 再診 and 小児科外来診療料 are
/// codes of their own.
pub(super) fn time_class_beside(code: u32, fee: Option<BasicFee>) -> Option<TimeClass> {
    let family = |code: u32| code / 1_000_000;
    time_class(code).filter(|_| fee.is_none_or(|fee| family(fee.code) == family(code)))
}

/// True when an act of 初・再診料 may go with a visit of this kind: 初診 has the codes 111…, 再診 112….
pub(super) fn is_of_kind(code: u32, kind: VisitKind) -> bool {
    match code / 1_000_000 {
        111 => matches!(kind, VisitKind::Initial | VisitKind::InitialOnline | VisitKind::HouseCall),
        112 => matches!(kind, VisitKind::Revisit | VisitKind::RevisitOnline | VisitKind::Phone | VisitKind::HouseCall),
        _ => true,
    }
}

/// True for the additions only a 小児科 charges in its posted hours.
pub(super) fn is_pediatric_in_hours(code: u32) -> bool {
    PEDIATRIC_IN_HOURS.contains(&code)
}
