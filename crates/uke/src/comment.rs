//! Texts of comments (文字データ) by pattern: how each is built and checked. All are written full width.
//!
//! Source: マスターファイル仕様説明書 別紙6-1 コメント関連テーブル, パターン 10 to 90.

use kernel::{ModifierCode, ServiceDate, Wareki};

use crate::shift_jis::widen;

/// What the text of a pattern must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CommentForm {
    /// 10: free text, never empty.
    FreeText,
    /// 20: none, the fixed text says it all.
    Nothing,
    /// 30: free text added to the fixed text.
    AddedText,
    /// 31: a 診療行為コード, nine digits.
    ActCode,
    /// 40: digits for the slots of the fixed text.
    Slots,
    /// 42: a number, with a decimal point where needed.
    Number,
    /// 50: a day, 和暦 `GYYMMDD`.
    Day,
    /// 51: a time, `HHMM`.
    Time,
    /// 52: minutes, five digits.
    Minutes,
    /// 53: day of the month and time, `DDHHMM`.
    DayAndTime,
    /// 80: a day `GYYMMDD` and a value of eight characters.
    DayAndValue,
    /// 90: modifier codes, four digits each.
    Modifiers,
}

/// Characters of the value of pattern 80.
const VALUE_CHARACTERS: usize = 8;

impl CommentForm {
    /// The form of a pattern (digits 2 and 3 of a comment code); `None` for patterns the master does not have.
    pub const fn of_pattern(pattern: u32) -> Option<Self> {
        Some(match pattern {
            10 => Self::FreeText,
            20 => Self::Nothing,
            30 => Self::AddedText,
            31 => Self::ActCode,
            40 => Self::Slots,
            42 => Self::Number,
            50 => Self::Day,
            51 => Self::Time,
            52 => Self::Minutes,
            53 => Self::DayAndTime,
            80 => Self::DayAndValue,
            90 => Self::Modifiers,
            _ => return None,
        })
    }

    /// The form as a message names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FreeText => "a text",
            Self::Nothing => "no text",
            Self::AddedText => "a text added to the fixed one",
            Self::ActCode => "an act code of 9 full-width digits",
            Self::Slots => "full-width digits for the slots",
            Self::Number => "a full-width number",
            Self::Day => "a day GYYMMDD in full-width digits",
            Self::Time => "a time HHMM in full-width digits",
            Self::Minutes => "minutes in 5 full-width digits",
            Self::DayAndTime => "day and time DDHHMM in full-width digits",
            Self::DayAndValue => "a day GYYMMDD and a value of 8 characters, full width",
            Self::Modifiers => "modifier codes of 4 full-width digits each",
        }
    }

    /// True when a text (of any width) is of this form.
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Self::FreeText | Self::AddedText => !text.is_empty(),
            Self::Nothing => text.is_empty(),
            _ => self.accepts_coded(&narrow(text)),
        }
    }

    /// The same for the forms of digits, in half width.
    fn accepts_coded(self, narrow: &str) -> bool {
        let digits = |length: usize| narrow.len() == length && narrow.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::FreeText | Self::AddedText | Self::Nothing => false,
            Self::ActCode => digits(9) && narrow.starts_with('1'),
            Self::Slots => !narrow.is_empty() && narrow.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Number => is_number(narrow),
            Self::Day => Wareki::from_gyymmdd(narrow).is_some(),
            Self::Time => digits(4) && is_time(narrow),
            Self::Minutes => digits(5),
            Self::DayAndTime => digits(6) && is_day_and_time(narrow),
            Self::DayAndValue => narrow
                .split_at_checked(7)
                .is_some_and(|(day, value)| Wareki::from_gyymmdd(day).is_some() && is_value(value)),
            Self::Modifiers => {
                !narrow.is_empty() && narrow.len().is_multiple_of(4) && narrow.bytes().all(|byte| byte.is_ascii_digit())
            }
        }
    }
}

/// Full-width digits and points as half-width ones; other characters stay.
fn narrow(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '０'..='９' | '．' | '－' => {
                char::from_u32(u32::from(character) - u32::from('！') + u32::from('!')).unwrap_or(character)
            }
            _ => character,
        })
        .collect()
}

fn is_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_value(text: &str) -> bool {
    text.len() == VALUE_CHARACTERS && is_number(text)
}

fn is_time(hhmm: &str) -> bool {
    hhmm.parse::<u32>().is_ok_and(|number| number / 100 < 24 && number % 100 < 60)
}

fn is_day_and_time(ddhhmm: &str) -> bool {
    ddhhmm.split_at_checked(2).is_some_and(|(day, time)| matches!(day.parse::<u32>(), Ok(1..=31)) && is_time(time))
}

/// Pattern 50: `５０２０９１１`; `None` for days before 明治.
pub fn day(date: ServiceDate) -> Option<String> {
    Wareki::of(date).map(|wareki| widen(&wareki.gyymmdd()))
}

/// Pattern 51: `０５４５`; `None` when there is no such time.
pub fn time(hour: u32, minute: u32) -> Option<String> {
    (hour < 24 && minute < 60).then(|| widen(&format!("{hour:02}{minute:02}")))
}

/// Pattern 52: `０００７５`; `None` above 99,999 minutes.
pub fn minutes(count: u32) -> Option<String> {
    (count < 100_000).then(|| widen(&format!("{count:05}")))
}

/// Pattern 53: `０１１１１１`; `None` when there is no such day or time.
pub fn day_and_time(day: u32, hour: u32, minute: u32) -> Option<String> {
    time(hour, minute).filter(|_| (1..=31).contains(&day)).map(|time| widen(&format!("{day:02}")) + &time)
}

/// Pattern 80: `５０４１１０１００００１０．５`, the value filled with zeros to eight characters; `None` when
/// the value is no plain number or too long.
pub fn day_and_value(date: ServiceDate, value: &str) -> Option<String> {
    let filled = format!("{value:0>VALUE_CHARACTERS$}");
    day(date).filter(|_| is_value(&filled)).map(|day| day + &widen(&filled))
}

/// Pattern 90: `２０５６１０６６`.
pub fn modifiers(codes: &[ModifierCode]) -> String {
    codes.iter().map(|code| widen(&code.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(10, "疼痛時", true)]
    #[case(10, "", false)]
    #[case(20, "", true)]
    #[case(20, "余分", false)]
    #[case(30, "右", true)]
    #[case(31, "１４０００５６１０", true)]
    #[case(31, "１４０００５６１", false)]
    #[case(40, "０６", true)]
    #[case(42, "３", true)]
    #[case(42, "３．５", true)]
    #[case(42, "３．", false)]
    #[case(50, "５０２０９１１", true)]
    #[case(50, "５０２０９３１", false)]
    #[case(50, "５０１１２２５／第１回", false)]
    #[case(51, "０５４５", true)]
    #[case(51, "２４００", false)]
    #[case(52, "０００７５", true)]
    #[case(52, "７５", false)]
    #[case(53, "０１１１１１", true)]
    #[case(53, "３２１１１１", false)]
    #[case(80, "５０４１１０１００００１０．５", true)]
    #[case(80, "５０４１１０１１０．５", false)]
    #[case(90, "２０５６１０６６", true)]
    #[case(90, "２０５６１", false)]
    fn forms_of_the_patterns(#[case] pattern: u32, #[case] text: &str, #[case] is_accepted: bool) {
        assert_eq!(CommentForm::of_pattern(pattern).unwrap().accepts(text), is_accepted);
    }

    #[test]
    fn texts_are_built_as_the_master_shows_them() {
        let date: ServiceDate = "2020-09-11".parse().unwrap();
        assert_eq!(day(date).unwrap(), "５０２０９１１");
        assert_eq!(time(5, 45).unwrap(), "０５４５");
        assert_eq!(minutes(75).unwrap(), "０００７５");
        assert_eq!(day_and_time(1, 11, 11).unwrap(), "０１１１１１");
        let date: ServiceDate = "2022-11-01".parse().unwrap();
        assert_eq!(day_and_value(date, "10.5").unwrap(), "５０４１１０１００００１０．５");
        assert_eq!(modifiers(&["2056".parse().unwrap(), "1066".parse().unwrap()]), "２０５６１０６６");
        assert_eq!((time(24, 0), minutes(100_000), day_and_value(date, "-1")), (None, None, None));
    }
}
