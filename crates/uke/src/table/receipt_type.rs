//! Receipt type (レセプト種別, 別表5): four digits, each with its meaning.

use std::fmt;

/// Receipt type (レセプト種別, 別表5), for example 1132: 医科, 医保・国保, with two 公費, 本人 outpatient.
///
/// Digits: 1 医科; payer (1 医保・国保, 2 公費, 3 後期, 4 退職); combination; person and in- or outpatient.
/// Any four digits can be held so that a foreign file can be read; see [`ReceiptType::is_listed`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReceiptType(u16);

/// Whose claim it is: the second digit of 別表5.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scheme {
    /// 1 医保・国保.
    Insurance,
    /// 2 公費.
    SubsidyOnly,
    /// 3 後期高齢者.
    LateElderly,
    /// 4 退職者 (ended).
    Retired,
}

/// Who the patient is: the last digit of 別表5 (outpatient form).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Person {
    /// 2 本人・世帯主.
    Insured,
    /// 4 未就学者.
    Preschool,
    /// 6 家族・その他.
    Family,
    /// 8 高齢受給者 一般・低所得; 後期 一般・低所得 (1割, 2割).
    Elderly,
    /// 0 高齢受給者 7割; 後期 7割.
    ElderlyHighIncome,
}

impl ReceiptType {
    /// The type of a number of four digits, listed or not.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// An outpatient type: `subsidies` = number of KO records (0 to 4; with `SubsidyOnly` 1 to 4).
    /// `None` when the combination does not exist.
    pub fn outpatient(scheme: Scheme, subsidies: u16, person: Person) -> Option<Self> {
        let (second, third) = match scheme {
            Scheme::Insurance => (1, subsidies + 1),
            Scheme::SubsidyOnly => (2, subsidies),
            Scheme::LateElderly => (3, subsidies + 1),
            Scheme::Retired => (4, subsidies + 1),
        };
        let last = match person {
            Person::Insured => 2,
            Person::Preschool => 4,
            Person::Family => 6,
            Person::Elderly => 8,
            Person::ElderlyHighIncome => 0,
        };
        Some(Self(1000 + second * 100 + third * 10 + last)).filter(|kind| third < 10 && kind.is_listed())
    }

    /// The four digits as a number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The second digit; `None` when 別表5 has no such one.
    pub const fn scheme(self) -> Option<Scheme> {
        match self.0 / 100 % 10 {
            1 => Some(Scheme::Insurance),
            2 => Some(Scheme::SubsidyOnly),
            3 => Some(Scheme::LateElderly),
            4 => Some(Scheme::Retired),
            _ => None,
        }
    }

    /// The number of KO records the third digit stands for.
    pub const fn subsidies(self) -> u16 {
        let third = self.0 / 10 % 10;
        if matches!(self.scheme(), Some(Scheme::SubsidyOnly)) { third } else { third.saturating_sub(1) }
    }

    /// 入院外: the last digit is even.
    pub const fn is_outpatient(self) -> bool {
        self.0.is_multiple_of(2)
    }

    /// The last digit; `None` for a combination 別表5 does not have.
    pub const fn person(self) -> Option<Person> {
        match self.0 % 10 {
            1 | 2 => Some(Person::Insured),
            3 | 4 => Some(Person::Preschool),
            5 | 6 => Some(Person::Family),
            7 | 8 => Some(Person::Elderly),
            0 | 9 => Some(Person::ElderlyHighIncome),
            _ => None,
        }
    }

    /// True for the types of 別表5.
    pub const fn is_listed(self) -> bool {
        let third = self.0 / 10 % 10;
        let last = self.0 % 10;
        let is_medical = self.0 / 1000 == 1;
        is_medical
            && match self.scheme() {
                Some(Scheme::Insurance | Scheme::Retired) => matches!(third, 1..=5),
                Some(Scheme::SubsidyOnly) => matches!(third, 1..=4) && matches!(last, 1 | 2),
                Some(Scheme::LateElderly) => matches!(third, 1..=5) && matches!(last, 0 | 7 | 8 | 9),
                None => false,
            }
    }
}

impl fmt::Display for ReceiptType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl super::Code for ReceiptType {
    const WIDTH: usize = 4;

    fn number(self) -> u32 {
        u32::from(self.0)
    }

    fn of(number: u32) -> Option<Self> {
        u16::try_from(number).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listed_outpatient_types_are_those_of_table_5() {
        let listed: Vec<u16> =
            (0..=9999).filter(|n| ReceiptType(*n).is_listed() && ReceiptType(*n).is_outpatient()).collect();
        assert_eq!(listed.len(), 25 + 4 + 10 + 25);
        for number in [1112, 1150, 1212, 1242, 1318, 1350, 1456] {
            assert!(listed.contains(&number), "{number}");
        }
        assert!(!listed.contains(&1252) && !listed.contains(&1312));
    }

    #[test]
    fn a_type_is_built_from_payers_and_person() {
        let kind = ReceiptType::outpatient(Scheme::Insurance, 2, Person::Insured).unwrap();
        assert_eq!((kind.to_string(), kind.subsidies()), ("1132".to_owned(), 2));
        assert_eq!(ReceiptType::outpatient(Scheme::SubsidyOnly, 1, Person::Insured).map(ReceiptType::get), Some(1212));
        assert_eq!(ReceiptType::outpatient(Scheme::SubsidyOnly, 0, Person::Insured), None);
        assert_eq!(ReceiptType::outpatient(Scheme::LateElderly, 1, Person::Family), None);
    }
}
