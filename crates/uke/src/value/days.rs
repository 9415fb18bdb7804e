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
pub struct Days([u16; DAYS_PER_MONTH]);

impl Days {
    /// No day.
    pub const NONE: Self = Self([0; DAYS_PER_MONTH]);

    /// From (day, value) pairs; a day outside 1 to 31 gives `None`. A day given twice adds up.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (u32, u16)>) -> Option<Self> {
        let mut days = Self::NONE;
        for (day, value) in pairs {
            let slot = days.slot(day)?;
            *slot = slot.checked_add(value)?;
        }
        Some(days)
    }

    /// The value of a day; 0 when empty or no day of a month.
    pub fn get(&self, day: u32) -> u16 {
        let index = usize::try_from(day).ok().and_then(|day| day.checked_sub(1));
        index.and_then(|index| self.0.get(index)).copied().unwrap_or(0)
    }

    /// Sets the value of a day; false when there is no such day.
    pub fn set(&mut self, day: u32, value: u16) -> bool {
        match self.slot(day) {
            Some(slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    fn slot(&mut self, day: u32) -> Option<&mut u16> {
        let index = usize::try_from(day).ok()?.checked_sub(1)?;
        self.0.get_mut(index)
    }

    /// Σ of the days.
    pub fn sum(&self) -> u32 {
        self.0.iter().map(|value| u32::from(*value)).sum()
    }

    /// Number of days with exactly this value.
    pub fn count_of(&self, value: u16) -> usize {
        self.0.iter().filter(|day| **day == value).count()
    }

    /// The days that are not empty, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u16)> + '_ {
        (1..).zip(self.0.iter().copied()).filter(|pair| pair.1 != 0)
    }

    /// True when no day is set.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; DAYS_PER_MONTH]
    }
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
        cells.read_days(&mut days.0);
        days
    }

    #[inline]
    fn write(&self, group: &Group, out: &mut Encoder) {
        if let Some(column) = group.columns.first() {
            out.days(column, &self.0);
        }
    }
}
