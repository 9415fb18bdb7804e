//! The columns of the 31 days (1日の情報 … 31日の情報).

use std::fmt;

use super::Value;
use crate::cells::Cells;
use crate::encoder::Encoder;
use crate::spec::Group;

/// Day columns of a record.
pub const DAYS_PER_MONTH: usize = 31;

/// What a record holds for each day of the month: counts (SI, IY, TO) or 受診等区分 (JD). 0 = empty.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Days {
    /// Bit `day - 1` is set for each day that is not empty: most lines have one to three days.
    set: u32,
    values: [u16; DAYS_PER_MONTH],
}

impl Days {
    /// No day.
    pub const NONE: Self = Self { set: 0, values: [0; DAYS_PER_MONTH] };

    /// From (day, value) pairs; a day outside 1 to 31 gives `None`. A day given twice adds up.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (u32, u16)>) -> Option<Self> {
        let mut days = Self::NONE;
        for (day, value) in pairs {
            let sum = days.get(day).checked_add(value)?;
            days.set(day, sum).then_some(())?;
        }
        Some(days)
    }

    /// The value of a day; 0 when empty or no day of a month.
    #[inline]
    pub fn get(&self, day: u32) -> u16 {
        index(day).and_then(|index| self.values.get(index)).copied().unwrap_or(0)
    }

    /// Sets the value of a day; false when there is no such day.
    #[inline]
    pub fn set(&mut self, day: u32, value: u16) -> bool {
        let Some(slot) = index(day).and_then(|index| self.values.get_mut(index)) else { return false };
        let bit = 1 << (day - 1);
        *slot = value;
        self.set = if value == 0 { self.set & !bit } else { self.set | bit };
        true
    }

    /// Σ of the days.
    #[inline]
    pub fn sum(&self) -> u32 {
        self.iter().map(|pair| u32::from(pair.1)).sum()
    }

    /// Number of days with exactly this value, which is not 0.
    pub fn count_of(&self, value: u16) -> usize {
        self.iter().filter(|pair| pair.1 == value).count()
    }

    /// The days that are not empty, with their values.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = (u32, u16)> + '_ {
        let mut set = self.set;
        std::iter::from_fn(move || {
            let day = (set != 0).then(|| set.trailing_zeros() + 1)?;
            set &= set - 1;
            Some((day, self.get(day)))
        })
    }

    /// The last day that is not empty; 0 without any.
    #[inline]
    pub fn last_day(&self) -> u32 {
        u32::BITS - self.set.leading_zeros()
    }

    /// True when no day is set.
    pub const fn is_empty(&self) -> bool {
        self.set == 0
    }
}

#[inline]
fn index(day: u32) -> Option<usize> {
    usize::try_from(day).ok()?.checked_sub(1)
}

impl fmt::Debug for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Value for Days {
    #[inline]
    fn read(cells: &mut Cells<'_>, _: &Group) -> Self {
        let mut days = Self::NONE;
        cells.read_days(&mut days);
        days
    }

    #[inline]
    fn write(&self, group: &Group, out: &mut Encoder) {
        if let Some(column) = group.columns.first() {
            out.days(column, self);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_set_and_summed() {
        let mut days = Days::from_pairs([(31, 2), (1, 1), (31, 3)]).unwrap();
        assert_eq!(days.iter().collect::<Vec<_>>(), [(1, 1), (31, 5)]);
        assert_eq!((days.sum(), days.last_day(), days.count_of(5), days.get(0), days.get(32)), (6, 31, 1, 0, 0));
        assert!(days.set(31, 0) && days.set(1, 0) && !days.set(32, 1) && !days.set(0, 1));
        assert_eq!(days, Days::NONE);
        assert!(days.is_empty() && days.last_day() == 0);
        assert_eq!(Days::from_pairs([(32, 1)]), None);
    }
}
