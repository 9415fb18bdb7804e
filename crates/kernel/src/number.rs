//! Numbers of payers and institutions with their check digits (検証番号).
//!
//! Source: 厚生労働省 保険者番号等設定要領. From the digit next to the check digit going left, multiply by
//! 2, 1, 2, 1 …; add the digits of the products; check = (10 − sum mod 10) mod 10.

use std::fmt;
use std::str::FromStr;

use crate::text::text_value;

/// Why a text is no number of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Wrong length or a character that is no digit.
    #[error("{received:?} is not {expected}")]
    Form {
        /// The text as received.
        received: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// The last digit is not the check digit of the others.
    #[error("{received:?} has a wrong check digit, {expected} would fit")]
    CheckDigit {
        /// The text as received.
        received: String,
        /// The digit that fits.
        expected: u32,
    },
}

/// The check digit over a row of digits (characters that are no digits count as 0).
pub fn check_digit(body: &str) -> u32 {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0').min(9));
            let product = if place % 2 == 0 { digit * 2 } else { digit };
            product / 10 + product % 10
        })
        .sum();
    (10 - sum % 10) % 10
}

/// True when the last digit of `number` is the check digit of `prefix` followed by the other digits.
fn fits(prefix: &str, number: &str) -> Result<(), NumberError> {
    let (body, last) = number.split_at(number.len().saturating_sub(1));
    let expected = check_digit(&format!("{prefix}{body}"));
    if last == expected.to_string() {
        Ok(())
    } else {
        Err(NumberError::CheckDigit { received: number.to_owned(), expected })
    }
}

fn only_digits(text: &str, widths: &[usize], expected: &'static str) -> Result<(), NumberError> {
    let is_right = widths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if is_right { Ok(()) } else { Err(NumberError::Form { received: text.to_owned(), expected }) }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $size:literal, $pattern:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(String);

        impl $name {
            /// The digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            fn part(&self, from: usize, to: usize) -> &str {
                self.0.get(from..to).unwrap_or_default()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        text_value!($name, $pattern, $expected);
    };
}

number! {
    /// Insurer number (保険者番号): 8 digits (law 2, prefecture 2, insurer 3, check 1) or 6 digits for
    /// 国民健康保険 (prefecture 2, insurer 3, check 1); check digit verified.
    InsurerNumber, 8, r"^(\d{6}|\d{8})$", "an insurer number (保険者番号): 6 or 8 digits with a check digit"
}

impl FromStr for InsurerNumber {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        only_digits(text, &[6, 8], "an insurer number: 6 or 8 digits")?;
        fits("", text)?;
        Ok(Self(text.to_owned()))
    }
}

impl InsurerNumber {
    /// The law number (法別番号); `None` for 国民健康保険.
    pub fn law(&self) -> Option<&str> {
        (self.0.len() == 8).then(|| self.part(0, 2))
    }

    /// 国民健康保険: 6 digits.
    pub fn is_national_health(&self) -> bool {
        self.0.len() == 6
    }

    /// 後期高齢者医療: law 39.
    pub fn is_late_elderly(&self) -> bool {
        self.law() == Some("39")
    }

    /// Prefecture of the insurer.
    pub fn prefecture(&self) -> &str {
        if self.is_national_health() { self.part(0, 2) } else { self.part(2, 4) }
    }

    /// Where its claims go: 国保連 for 国保, 退職者 (67) and 後期高齢者 (39), else 支払基金.
    pub fn review_body(&self) -> ReviewBody {
        match self.law() {
            None | Some("39" | "67") => ReviewBody::Kokuhoren,
            Some(_) => ReviewBody::PaymentFund,
        }
    }
}

number! {
    /// Payer number of a public subsidy (公費負担者番号): 8 digits (law 2, prefecture 2, body 3, check 1),
    /// check digit verified. Use [`SubsidyPayerNumber::lenient`] for local programmes.
    SubsidyPayerNumber, 8, r"^\d{8}$", "a subsidy payer number (公費負担者番号): 8 digits with a check digit"
}

impl FromStr for SubsidyPayerNumber {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        let number = Self::lenient(text)?;
        if number.is_local() { Ok(number) } else { fits("", text).map(|()| number) }
    }
}

impl SubsidyPayerNumber {
    /// A number whose check digit is not verified: some local programmes have numbers that do not fit.
    pub fn lenient(text: &str) -> Result<Self, NumberError> {
        only_digits(text, &[8], "a subsidy payer number: 8 digits")?;
        Ok(Self(text.to_owned()))
    }

    /// True when the check digit fits.
    pub fn has_valid_check_digit(&self) -> bool {
        fits("", &self.0).is_ok()
    }

    /// The law number (法別番号).
    pub fn law(&self) -> &str {
        self.part(0, 2)
    }

    /// True for a local programme (地方単独): laws 41–48 and 80–99, except 86 (被爆体験者, a national one).
    pub fn is_local(&self) -> bool {
        matches!(self.law().parse::<u32>(), Ok(41..=48 | 80..=85 | 87..=99))
    }
}

number! {
    /// Recipient number of a public subsidy (公費受給者番号): 7 digits for national programmes; local
    /// programmes may use up to 30 characters, and their check digit is not verified.
    RecipientNumber, 30, r"^[0-9A-Za-z-]{1,30}$", "a recipient number (公費受給者番号): 7 digits, or up to 30 characters for local programmes"
}

impl FromStr for RecipientNumber {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        let is_word = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if (1..=30).contains(&text.len()) && is_word {
            Ok(Self(text.to_owned()))
        } else {
            let expected = "a recipient number: up to 30 letters and digits";
            Err(NumberError::Form { received: text.to_owned(), expected })
        }
    }
}

impl RecipientNumber {
    /// True for 7 digits whose last is the check digit of the others.
    pub fn has_valid_check_digit(&self) -> bool {
        only_digits(&self.0, &[7], "7 digits").is_ok() && fits("", &self.0).is_ok()
    }

    /// True when the first digits are known to be a zero-fillable number of at most 7 digits.
    pub fn is_writable(&self) -> bool {
        self.0.len() <= 7 && self.part(0, self.0.len()).bytes().all(|b| b.is_ascii_digit())
    }
}

number! {
    /// Institution code, ten digits (医療機関コード with 都道府県 2 and 点数表 1 before the 7 digits). The
    /// check digit of the 7 digits runs over all nine digits before it.
    FacilityCode, 10, r"^\d{10}$", "an institution code (医療機関コード): 都道府県 2, 点数表 1, code 7 digits"
}

impl FromStr for FacilityCode {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        only_digits(text, &[10], "an institution code: 10 digits")?;
        text.get(0..2).unwrap_or_default().parse::<Prefecture>()?;
        fits("", text)?;
        Ok(Self(text.to_owned()))
    }
}

impl FacilityCode {
    /// 都道府県, `01`–`47`.
    pub fn prefecture(&self) -> &str {
        self.part(0, 2)
    }

    /// 点数表: `1` 医科, `3` 歯科, `4` 調剤, `6` 訪問看護.
    pub fn fee_table(&self) -> &str {
        self.part(2, 3)
    }

    /// The seven digits of 医療機関コード.
    pub fn local_code(&self) -> &str {
        self.part(3, 10)
    }
}

/// Prefecture (都道府県), `01` 北海道 to `47` 沖縄県 (JIS X 0401).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Prefecture(u8);

impl FromStr for Prefecture {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        const EXPECTED: &str = "a prefecture: 01 to 47";
        only_digits(text, &[2], EXPECTED)?;
        match text.parse() {
            Ok(number @ 1..=47) => Ok(Self(number)),
            _ => Err(NumberError::Form { received: text.to_owned(), expected: EXPECTED }),
        }
    }
}

impl fmt::Display for Prefecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

text_value!(Prefecture, r"^(0[1-9]|[1-3]\d|4[0-7])$", "a prefecture (都道府県): 01 to 47");

/// Review and payment body (審査支払機関, 別表1).
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[schemars(inline)]
pub enum ReviewBody {
    /// 1 社会保険診療報酬支払基金.
    #[serde(rename = "1")]
    PaymentFund,
    /// 2 国民健康保険団体連合会.
    #[serde(rename = "2")]
    Kokuhoren,
}

impl ReviewBody {
    /// The digit of 別表1.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PaymentFund => "1",
            Self::Kokuhoren => "2",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("33120015")]
    #[case("54016027")]
    #[case("01130012")]
    #[case("01010016")]
    #[case("138131")]
    #[case("138016")]
    #[case("34130021")]
    #[case("39131016")]
    fn published_payer_numbers_fit(#[case] number: &str) {
        let (body, last) = number.split_at(number.len() - 1);
        assert_eq!(check_digit(body).to_string(), last);
    }

    #[rstest]
    #[case("0110113719")]
    #[case("3618010015")]
    #[case("1319999015")]
    #[case("1319999023")]
    fn published_institution_codes_fit_over_nine_digits(#[case] code: &str) {
        assert_eq!(code.parse::<FacilityCode>().unwrap().to_string(), code);
    }

    #[test]
    fn the_last_digit_plus_one_is_refused() {
        let error = "01130013".parse::<InsurerNumber>().unwrap_err();
        assert_eq!(error, NumberError::CheckDigit { received: "01130013".into(), expected: 2 });
        assert!("1319999016".parse::<FacilityCode>().is_err());
        assert!("54139994".parse::<SubsidyPayerNumber>().is_err());
    }

    #[test]
    fn a_local_programme_with_a_wrong_check_digit_is_taken_and_says_so() {
        let number: SubsidyPayerNumber = "83136018".parse().unwrap();
        assert!(number.is_local() && !number.has_valid_check_digit());
    }

    #[test]
    fn claims_of_kokuho_and_late_elderly_go_to_kokuhoren() {
        let body = |number: &str| number.parse::<InsurerNumber>().unwrap().review_body();
        assert_eq!(body("138016"), ReviewBody::Kokuhoren);
        assert_eq!(body("39131016"), ReviewBody::Kokuhoren);
        assert_eq!(body("01130012"), ReviewBody::PaymentFund);
    }
}
