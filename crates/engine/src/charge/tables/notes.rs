//! 特記事項 (RE field 12) of the income classes, and the class that holds when none is shown.

use super::{IncomeClass, Months};
use kernel::{BurdenRate, ClaimMonth};

/// The 特記事項 of an income class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClassNote {
    /// The class.
    pub class: IncomeClass,
    /// Code of 別表 特記事項.
    pub code: &'static str,
    /// Months of care in which it is written.
    pub months: Months,
}

const fn note(class: IncomeClass, code: &'static str, from: u32) -> ClassNote {
    ClassNote { class, code, months: Months::since(from) }
}

use IncomeClass::{A, Active1, Active2, Active3, E, General, General1, General2, I, Low1, Low2, O, U};

/// 区ア–区オ (26–30) under 70 since 2015-01 and for 70 and over since 2018-08, 区カ・区キ (41, 42) since 2022-10.
/// Source: 診療報酬請求書等の記載要領 別表 特記事項; 高額療養費の区分の記載 (保険局通知 2014-12, 2018-06, 2022-08).
pub const CLASS_NOTES: &[ClassNote] = &[
    note(A, "26", 201_501),
    note(I, "27", 201_501),
    note(U, "28", 201_501),
    note(E, "29", 201_501),
    note(O, "30", 201_501),
    note(Active3, "26", 201_808),
    note(Active2, "27", 201_808),
    note(Active1, "28", 201_808),
    note(General, "29", 201_808),
    note(Low2, "30", 201_808),
    note(Low1, "30", 201_808),
    note(General2, "41", 202_210),
    note(General1, "42", 202_210),
];

/// The 特記事項 of a class in a month; `None` before the code existed.
pub fn class_note(class: IncomeClass, month: ClaimMonth) -> Option<&'static str> {
    CLASS_NOTES.iter().find(|row| row.class == class && row.months.contain(month)).map(|row| row.code)
}

/// The class of a person of 70 or over who shows none: 30 % counts as 現役並みⅢ, 20 and 10 % as 一般.
/// Source: 診療報酬請求書等の記載要領 別表 特記事項 (区ア, 区エ, 区カ, 区キ の説明).
pub const fn default_class(is_late_elderly: bool, ratio: BurdenRate) -> IncomeClass {
    match (ratio.percent(), is_late_elderly) {
        (30.., _) => Active3,
        (_, false) => General,
        (20..30, true) => General2,
        (_, true) => General1,
    }
}
