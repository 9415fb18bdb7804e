//! Codes of the official masters (コード). Parsed once at the edge, then a number of fixed width.

use std::fmt;
use std::str::FromStr;

use crate::text::text_value;

/// Why a text is no code of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{received:?} is not {expected}")]
pub struct CodeError {
    /// The text as received.
    pub received: String,
    /// What is allowed.
    pub expected: &'static str,
}

fn digits(text: &str, width: usize) -> Option<u32> {
    let is_digits = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
    if is_digits { text.parse().ok() } else { None }
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $width:literal, $range:pat, $pattern:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// From the code's number; `None` outside its range.
            pub const fn from_number(number: u32) -> Option<Self> {
                match number {
                    $range => Some(Self(number)),
                    _ => None,
                }
            }

            /// The code as a number (leading zeros dropped).
            pub const fn number(self) -> u32 {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = CodeError;
            fn from_str(text: &str) -> Result<Self, CodeError> {
                digits(text, $width)
                    .and_then(Self::from_number)
                    .ok_or_else(|| CodeError { received: text.to_owned(), expected: $expected })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{:0", $width, "}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        text_value!($name, $pattern, $expected);
    };
}

code! {
    /// Act code (診療行為コード): 9 digits, first digit 1.
    ActCode, 9, 100_000_000..=199_999_999, r"^1\d{8}$", "an act code: 9 digits beginning with 1"
}
code! {
    /// Drug code (医薬品コード): 9 digits, first digit 6.
    DrugCode, 9, 600_000_000..=699_999_999, r"^6\d{8}$", "a drug code: 9 digits beginning with 6"
}
code! {
    /// Material code (特定器材コード): 9 digits, first digit 7.
    MaterialCode, 9, 700_000_000..=799_999_999, r"^7\d{8}$", "a material code: 9 digits beginning with 7"
}
code! {
    /// Comment code (コメントコード): 9 digits, first digit 8, then the pattern (2) and a serial (6).
    CommentCode, 9, 800_000_000..=899_999_999, r"^8\d{8}$", "a comment code: 9 digits beginning with 8"
}
code! {
    /// Diagnosis code (傷病名コード): 7 digits; `0000999` is an uncoded name.
    DiagnosisCode, 7, 0..=9_999_999, r"^\d{7}$", "a diagnosis code: 7 digits"
}
code! {
    /// Modifier code (修飾語コード): 4 digits; 8xxx are suffixes.
    ModifierCode, 4, 0..=9_999, r"^\d{4}$", "a modifier code: 4 digits"
}
code! {
    /// Facility standard code (施設基準コード): 4 digits.
    StandardCode, 4, 0..=9_999, r"^\d{4}$", "a facility standard code: 4 digits"
}

impl DiagnosisCode {
    /// 未コード化傷病名: the name is written as text.
    pub const UNCODED: Self = Self(999);
}

impl CommentCode {
    /// The pattern (パターン), digits 2 and 3: how the text of the comment is built.
    pub const fn pattern(self) -> u32 {
        self.0 / 1_000_000 % 100
    }
}

/// Any code of a claim line: act, drug, material or comment, told by its first digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ItemCode {
    /// 診療行為.
    Act(ActCode),
    /// 医薬品.
    Drug(DrugCode),
    /// 特定器材.
    Material(MaterialCode),
    /// コメント.
    Comment(CommentCode),
}

impl ItemCode {
    /// The nine digits as a number.
    pub const fn number(self) -> u32 {
        match self {
            Self::Act(code) => code.number(),
            Self::Drug(code) => code.number(),
            Self::Material(code) => code.number(),
            Self::Comment(code) => code.number(),
        }
    }

    /// The act code, if it is one.
    pub const fn act(self) -> Option<ActCode> {
        match self {
            Self::Act(code) => Some(code),
            _ => None,
        }
    }
}

impl FromStr for ItemCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        const EXPECTED: &str = "an item code: 9 digits beginning with 1, 6, 7 or 8";
        let wrong = || CodeError { received: text.to_owned(), expected: EXPECTED };
        match text.as_bytes().first() {
            Some(b'1') => text.parse().map(Self::Act).map_err(|_| wrong()),
            Some(b'6') => text.parse().map(Self::Drug).map_err(|_| wrong()),
            Some(b'7') => text.parse().map(Self::Material).map_err(|_| wrong()),
            Some(b'8') => text.parse().map(Self::Comment).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for ItemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}", self.number())
    }
}

text_value!(
    ItemCode,
    r"^[1678]\d{8}$",
    "an item code: 9 digits beginning with 1 (act), 6 (drug), 7 (material) or 8 (comment)"
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_keep_leading_zeros() {
        assert_eq!("0000999".parse::<DiagnosisCode>().unwrap(), DiagnosisCode::UNCODED);
        assert_eq!(DiagnosisCode::UNCODED.to_string(), "0000999");
        assert_eq!("850100186".parse::<CommentCode>().unwrap().pattern(), 50);
    }

    #[test]
    fn a_code_of_another_master_is_refused() {
        assert!("620098801".parse::<ActCode>().is_err());
        assert!("11100011".parse::<ActCode>().is_err());
        assert!("１１１００".parse::<ActCode>().is_err());
        assert!("+11000110".parse::<ItemCode>().is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".*") {
            let _ = text.parse::<ItemCode>();
            let _ = text.parse::<ModifierCode>();
        }
    }
}
