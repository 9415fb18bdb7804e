//! Facts of the file format known from one source or from practice only, each in one place.
//!
//! A fact that turns out to be different is changed here and nowhere else.

use kernel::ClaimMonth;

use crate::record::Ho;
use crate::table::{LineClass, Volume};

/// Byte written after the last line. The specification has it; daily systems leave it out, and whether the
/// reception checks it is not known.
pub const END_OF_FILE: &[u8] = b"\x1a";

/// Volume of a file in one piece.
pub const FIRST_VOLUME: Volume = Volume::FIRST;

/// Points may be negative in lines of 薬剤料減点 only; the specification known to us does not say how a
/// reduction is recorded elsewhere.
pub fn allows_negative_points(class: Option<LineClass>) -> bool {
    class == Some(LineClass::new(39))
}

/// First month of care in which a receipt of 高齢受給者 must carry an income class (L3006): the classes 区ア to
/// 区オ of people of 70 and over began in 2018-08.
pub fn needs_income_class(month: ClaimMonth) -> bool {
    month.yyyymm() >= 201_808
}

/// Care from this month has SN, JD and MF records (L4835 before).
pub const ELIGIBILITY_RECORDS_SINCE: u32 = 202_109;

/// Claim months from this one write western dates (L4800 else).
pub const WESTERN_DATES_SINCE: u32 = 202_005;

/// Care from this month must have day columns.
pub const DAY_COLUMNS_SINCE: u32 = 201_204;

/// Months after which the right to claim is gone (L2100): 5 years for care from 2020-04 (民法), 3 before.
pub fn claim_expires_after_months(month: ClaimMonth) -> i32 {
    if month.yyyymm() >= 202_004 { 60 } else { 36 }
}

/// 給付割合 is expected for 国保 only; elsewhere it is ignored with a notice (L4801).
pub fn takes_benefit_percent(ho: &Ho) -> bool {
    ho.insurer.as_str().len() == 6
}

/// L3140 (本人 under 15) is taken to be meant for employees' insurance, where the insured works.
pub fn insured_must_be_fifteen(ho: &Ho) -> bool {
    ho.insurer.as_str().len() == 8
}

/// Laws of 公費 without recipient number: 30 医療観察法.
pub fn has_no_recipient(law: &str) -> bool {
    law == "30"
}

/// Priority of the national 公費 among each other, by law number; local ones (not listed) come last.
/// One source, a working clinic's generator.
pub const SUBSIDY_ORDER: [&str; 27] = [
    "13", "14", "18", "29", "30", "10", "11", "20", "21", "15", "16", "24", "22", "28", "17", "79", "19", "23", "52",
    "54", "51", "38", "53", "66", "62", "25", "12",
];

/// Lines of 97 carry yen and are not part of the points.
pub fn counts_as_points(class: Option<LineClass>) -> bool {
    class != Some(LineClass::MEALS)
}
