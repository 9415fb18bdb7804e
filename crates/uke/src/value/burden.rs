//! Who pays a line (負担区分, 別表21).

use std::fmt;

use super::Cell;
use crate::encoder::Encoder;
use crate::spec::Column;

/// A payer of a receipt (負担者).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Payer {
    /// 医療保険 (HO).
    Insurance,
    /// 第1公費.
    Subsidy1,
    /// 第2公費.
    Subsidy2,
    /// 第3公費.
    Subsidy3,
    /// 第4公費.
    Subsidy4,
}

impl Payer {
    /// 第`order`公費, order 1 to 4.
    pub const fn subsidy(order: usize) -> Option<Self> {
        match order {
            1 => Some(Self::Subsidy1),
            2 => Some(Self::Subsidy2),
            3 => Some(Self::Subsidy3),
            4 => Some(Self::Subsidy4),
            _ => None,
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Insurance => 1,
            Self::Subsidy1 => 2,
            Self::Subsidy2 => 4,
            Self::Subsidy3 => 8,
            Self::Subsidy4 => 16,
        }
    }
}

/// The payers of a line (負担区分, 別表21): any set of 医保 and 第1–第4公費 but the empty one has a letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Burden(u8);

/// Letter by payer set: bit 0 医保, bits 1–4 第1–第4公費. The empty set has none.
/// Source: 記録条件仕様(医科用) 別表21 負担区分コード.
const LETTERS: &[u8; 32] = b" 1526374BEHMJORVCGINKPSWLQTXUYZ9";

impl Burden {
    /// 医保 alone: letter `1`.
    pub const INSURANCE: Self = Self(1);

    /// The set of some payers; `None` for no payer.
    pub fn of(payers: impl IntoIterator<Item = Payer>) -> Option<Self> {
        let set = payers.into_iter().fold(0, |set, payer| set | payer.bit());
        (set != 0).then_some(Self(set))
    }

    /// True when the payer is in the set.
    pub const fn includes(self, payer: Payer) -> bool {
        self.0 & payer.bit() != 0
    }

    /// True when every payer of this set is in `all`.
    pub const fn is_within(self, all: Self) -> bool {
        self.0 & !all.0 == 0
    }

    /// The letter of 別表21.
    pub fn letter(self) -> char {
        char::from(self.byte())
    }

    fn byte(self) -> u8 {
        LETTERS.get(usize::from(self.0)).copied().unwrap_or(b' ')
    }

    /// The set of a letter; `None` for letters 別表21 does not have.
    pub fn from_letter(letter: char) -> Option<Self> {
        u8::try_from(letter).ok().and_then(Self::from_byte)
    }

    fn from_byte(byte: u8) -> Option<Self> {
        let set = LETTERS.iter().position(|letter| *letter == byte)?;
        u8::try_from(set).ok().filter(|set| *set != 0).map(Self)
    }
}

impl fmt::Display for Burden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

impl fmt::Debug for Burden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Cell for Burden {
    #[inline]
    fn parse(cell: &[u8]) -> Option<Self> {
        match cell {
            [byte] => Self::from_byte(*byte),
            _ => None,
        }
    }

    #[inline]
    fn print(&self, column: &Column, out: &mut Encoder) {
        out.checked(column, &[self.byte()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Payer::{Insurance as H, Subsidy1 as K1, Subsidy2 as K2, Subsidy3 as K3, Subsidy4 as K4};
    use rstest::rstest;

    #[rstest]
    #[case('1', &[H])]
    #[case('5', &[K1])]
    #[case('6', &[K2])]
    #[case('B', &[K3])]
    #[case('C', &[K4])]
    #[case('2', &[H, K1])]
    #[case('3', &[H, K2])]
    #[case('E', &[H, K3])]
    #[case('G', &[H, K4])]
    #[case('7', &[K1, K2])]
    #[case('H', &[K1, K3])]
    #[case('I', &[K1, K4])]
    #[case('J', &[K2, K3])]
    #[case('K', &[K2, K4])]
    #[case('L', &[K3, K4])]
    #[case('4', &[H, K1, K2])]
    #[case('M', &[H, K1, K3])]
    #[case('N', &[H, K1, K4])]
    #[case('O', &[H, K2, K3])]
    #[case('P', &[H, K2, K4])]
    #[case('Q', &[H, K3, K4])]
    #[case('R', &[K1, K2, K3])]
    #[case('S', &[K1, K2, K4])]
    #[case('T', &[K1, K3, K4])]
    #[case('U', &[K2, K3, K4])]
    #[case('V', &[H, K1, K2, K3])]
    #[case('W', &[H, K1, K2, K4])]
    #[case('X', &[H, K1, K3, K4])]
    #[case('Y', &[H, K2, K3, K4])]
    #[case('Z', &[K1, K2, K3, K4])]
    #[case('9', &[H, K1, K2, K3, K4])]
    fn letters_of_table_21(#[case] letter: char, #[case] payers: &[Payer]) {
        let burden = Burden::of(payers.iter().copied()).unwrap();
        assert_eq!(burden.letter(), letter);
        assert_eq!(Burden::from_letter(letter), Some(burden));
    }

    #[rstest]
    #[case('A')]
    #[case('D')]
    #[case('F')]
    #[case('8')]
    #[case('0')]
    #[case(' ')]
    #[case('漢')]
    fn letters_of_no_set_are_refused(#[case] letter: char) {
        assert_eq!(Burden::from_letter(letter), None);
    }
}
