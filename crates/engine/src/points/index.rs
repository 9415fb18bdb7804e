//! What the engine looks up in the masters once, when it is made.

use kernel::ServiceDate;
use masters::Masters;
use masters::row::ActRow;

/// Small tables read from the masters.
pub struct Index {
    /// Judgement fees (項番50 = 2): group and code.
    judgements: Vec<(u8, u32)>,
    /// General age add-ons (項番68 = 9, 項番40 = 1): section letter and code.
    general_ages: Vec<(u8, u32)>,
}

impl Index {
    /// Reads the tables.
    pub fn new(masters: &Masters) -> Self {
        let mut judgements = Vec::new();
        let mut general_ages = Vec::new();
        for act in masters.acts() {
            if act.exam_role == 2 && act.record_role == 1 {
                judgements.push((act.exam_group, act.validity.code));
            }
            if act.record_role == 9 && act.general_age == 1 {
                general_ages.push((act.section_letter, act.validity.code));
            }
        }
        for table in [&mut judgements, &mut general_ages] {
            table.sort_unstable();
            table.dedup();
        }
        Self { judgements, general_ages }
    }

    /// Judgement fees of a group on a day.
    pub fn judgements<'a>(
        &'a self,
        masters: &'a Masters,
        group: u8,
        on: ServiceDate,
    ) -> impl Iterator<Item = &'a ActRow> {
        by_key(&self.judgements, group, masters, on)
    }

    /// General age add-ons of a section letter on a day.
    pub fn general_ages<'a>(
        &'a self,
        masters: &'a Masters,
        letter: u8,
        on: ServiceDate,
    ) -> impl Iterator<Item = &'a ActRow> {
        by_key(&self.general_ages, letter, masters, on)
    }
}

fn by_key<'a>(
    table: &'a [(u8, u32)],
    key: u8,
    masters: &'a Masters,
    on: ServiceDate,
) -> impl Iterator<Item = &'a ActRow> {
    table
        .iter()
        .filter(move |row| row.0 == key)
        .filter_map(move |row| masters.act(kernel::ActCode::from_number(row.1)?, on))
}
