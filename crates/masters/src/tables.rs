//! Rows on the way into a compiled file.

use std::collections::HashMap;

use crate::compiled::Writer;
use crate::reader::Keyed;
use crate::row::{
    ActRow, CommentRow, CommentRuleRow, DiagnosisRow, DrugRow, EditionRow, EndedRow, ExclusionRow, FeeTableRow,
    InclusionRow, LimitRow, MaterialRow, ModifierRow, StandardRow, StayAddOnRow, SubsidyRow, Text,
};

/// All tables of a set. Order of rows does not matter: [`Tables::compile`] sorts.
#[derive(Default)]
#[allow(missing_docs)]
pub struct Tables {
    pub editions: Vec<EditionRow>,
    pub acts: Vec<ActRow>,
    pub drugs: Vec<DrugRow>,
    pub materials: Vec<MaterialRow>,
    pub comments: Vec<CommentRow>,
    pub diagnoses: Vec<DiagnosisRow>,
    pub modifiers: Vec<ModifierRow>,
    pub comment_rules: Vec<CommentRuleRow>,
    pub fee_table: Vec<FeeTableRow>,
    pub inclusions: Vec<InclusionRow>,
    pub exclusions: Vec<ExclusionRow>,
    pub stay_add_ons: Vec<StayAddOnRow>,
    pub limits: Vec<LimitRow>,
    pub standards: Vec<StandardRow>,
    pub ended: Vec<EndedRow>,
    pub subsidies: Vec<SubsidyRow>,
    pub texts: Texts,
}

/// The text section while it grows; equal texts are kept once.
#[derive(Default)]
pub struct Texts {
    text: String,
    places: HashMap<String, Text>,
}

impl Texts {
    /// The place of a text; adds it when it is new.
    pub fn place(&mut self, text: &str) -> Text {
        if text.is_empty() {
            return Text::default();
        }
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = Text {
            offset: u32::try_from(self.text.len()).unwrap_or(u32::MAX),
            len: u32::try_from(text.len()).unwrap_or_default(),
        };
        self.text.push_str(text);
        self.places.insert(text.to_owned(), place);
        place
    }
}

impl Tables {
    /// The bytes of the compiled file: the same tables give the same bytes.
    pub fn compile(mut self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.rows(&self.editions);
        write_sorted(&mut writer, &mut self.acts);
        write_sorted(&mut writer, &mut self.drugs);
        write_sorted(&mut writer, &mut self.materials);
        write_sorted(&mut writer, &mut self.comments);
        write_sorted(&mut writer, &mut self.diagnoses);
        write_sorted(&mut writer, &mut self.modifiers);
        write_sorted(&mut writer, &mut self.comment_rules);
        write_sorted(&mut writer, &mut self.fee_table);
        write_sorted(&mut writer, &mut self.inclusions);
        write_sorted(&mut writer, &mut self.exclusions);
        write_sorted(&mut writer, &mut self.stay_add_ons);
        write_sorted(&mut writer, &mut self.limits);
        write_sorted(&mut writer, &mut self.standards);
        write_sorted(&mut writer, &mut self.ended);
        write_sorted(&mut writer, &mut self.subsidies);
        writer.finish(&self.texts.text)
    }
}

fn write_sorted<R: Keyed>(writer: &mut Writer, rows: &mut [R]) {
    rows.sort_unstable_by(|a, b| {
        let key = |row: &R| (row.validity().code, row.validity().from, row.validity().to);
        key(a).cmp(&key(b)).then_with(|| a.as_bytes().cmp(b.as_bytes()))
    });
    writer.rows(rows);
}
