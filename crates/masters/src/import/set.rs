//! All histories of a set and the way from them to the compiled tables.

use std::collections::HashSet;

use super::derived::carry_over;
use super::history::{DERIVED, End, FEE_REVISIONS, History, PRICE_REVISIONS, TIED, Version, day_after};
use super::own;
use super::read::{BadRow, Parsed};
use super::recognise::Kind;
use super::record::Record;
use super::subsidy::LocalMap;
use super::{rows, subsidy};
use crate::row::{EditionRow, OPEN_END, StandardRow, SubsidyRow, Validity};
use crate::tables::{Tables, Texts};

/// Kinds with a history of their own; 旧傷病名管理ファイル continues 傷病名.
const KINDS: [Kind; 15] = [
    Kind::Act,
    Kind::Drug,
    Kind::Material,
    Kind::Comment,
    Kind::Diagnosis,
    Kind::Modifier,
    Kind::CommentRule,
    Kind::FeeTable,
    Kind::Inclusion,
    Kind::ExclusionDay,
    Kind::ExclusionMonth,
    Kind::ExclusionSimultaneous,
    Kind::ExclusionWeek,
    Kind::StayAddOn,
    Kind::Limit,
];

/// Everything read so far.
pub struct Set {
    histories: Vec<(Kind, History)>,
    standards: Vec<StandardRow>,
    subsidies: Vec<SubsidyRow>,
    local_map: LocalMap,
    pub editions: Vec<EditionRow>,
    pub texts: Texts,
}

impl Default for Set {
    fn default() -> Self {
        let history = |kind: Kind| kind.layout().map(|layout| (kind, History::new(layout)));
        Self {
            histories: KINDS.into_iter().filter_map(history).collect(),
            standards: Vec::new(),
            subsidies: Vec::new(),
            local_map: LocalMap::default(),
            editions: Vec::new(),
            texts: Texts::default(),
        }
    }
}

impl Set {
    /// The history a kind of file belongs to.
    pub fn history(&mut self, kind: Kind) -> Option<&mut History> {
        let kind = if kind == Kind::OldDiagnosis { Kind::Diagnosis } else { kind };
        self.histories.iter_mut().find(|(own, _)| *own == kind).map(|(_, history)| history)
    }

    /// Notes a file as an edition; its number.
    pub fn edition(&mut self, name: &str, kind: &str, sha256: &str, row: EditionRow) -> u16 {
        let number = u16::try_from(self.editions.len()).unwrap_or(u16::MAX);
        self.editions.push(EditionRow {
            name: self.texts.place(name),
            kind: self.texts.place(kind),
            sha256: self.texts.place(sha256),
            ..row
        });
        number
    }

    /// Takes a file of an official layout or of a small table.
    pub fn take(&mut self, file: &Parsed, edition: u16) -> Vec<BadRow> {
        match file.kind {
            Kind::Standard => self.standards(file, edition),
            Kind::NationalSubsidy | Kind::LocalSubsidy => {
                let (rows, bad) = subsidy::rows(file, edition, &self.local_map, &mut self.texts);
                self.subsidies.extend(rows);
                bad
            }
            Kind::LocalColumns | Kind::LocalValues => self.local_map.apply(file),
            kind => self.history(kind).map(|history| history.apply(file, edition)).unwrap_or_default(),
        }
    }

    fn standards(&mut self, file: &Parsed, edition: u16) -> Vec<BadRow> {
        let mut bad = Vec::new();
        for (line, row) in &file.rows {
            let code = row.get(1);
            if code.len() > 4 || code.parse::<u16>().is_err() {
                bad.push(file.problem(*line, 1, code, "1 to 4 digits"));
                continue;
            }
            let validity = Validity { code: row.number(1), to: OPEN_END, edition, ..Validity::default() };
            self.standards.push(StandardRow { validity, name: self.texts.place(row.get(2)) });
        }
        bad
    }

    /// Tables of the edition of 2024 serve on days of the edition of 2026 until their own file is there; prices of
    /// 2024 until a list of 2025 is there. Both are marked.
    pub fn carry_over(&mut self) {
        let changed = self.changed_codes();
        let [_, fee_day] = FEE_REVISIONS;
        let [_, price_day, next_price_day] = PRICE_REVISIONS;
        for (kind, history) in &mut self.histories {
            let is_code_changed = |record: &Record| match kind {
                Kind::FeeTable | Kind::Limit => changed.contains(record.get(2)),
                Kind::Inclusion | Kind::StayAddOn => changed.contains(record.get(3)),
                Kind::CommentRule => changed.contains(record.get(6)),
                _ => changed.contains(record.get(2)) || changed.contains(record.get(4)),
            };
            match kind {
                Kind::Act => {}
                Kind::Drug => {
                    let has_list = history.editions.iter().any(|day| (price_day..next_price_day).contains(day));
                    if !has_list {
                        carry_over(history, price_day, TIED, |_| false);
                    }
                }
                _ if history.editions.iter().all(|day| *day < fee_day) => {
                    carry_over(history, fee_day, DERIVED, is_code_changed)
                }
                _ => {}
            }
        }
    }

    /// Acts whose 区分 changed, or that have no value, in the edition of 2026.
    fn changed_codes(&mut self) -> HashSet<String> {
        let Some(acts) = self.history(Kind::Act) else { return HashSet::new() };
        let is_changed = |versions: &Vec<Version>| versions.iter().any(|version| version.section_changed);
        let changed = acts.versions.iter().filter(|(_, versions)| is_changed(versions)).map(|(key, _)| key);
        changed.chain(acts.ends.keys()).map(|key| key.trim_end_matches('/').to_owned()).collect()
    }

    /// The compiled bytes.
    pub fn compile(mut self, own_edition: u16) -> Vec<u8> {
        let mut tables = Tables::default();
        let mut texts = std::mem::take(&mut self.texts);
        let (mut has_inclusions, mut has_exclusions) = (false, false);
        for (kind, history) in &self.histories {
            has_inclusions |= *kind == Kind::Inclusion && !history.is_empty();
            has_exclusions |= *kind == Kind::ExclusionDay && !history.is_empty();
            for version in history.versions.values().flatten() {
                push(&mut tables, *kind, version, &mut texts);
            }
            push_ends(&mut tables, *kind, history, &mut texts);
        }
        if !has_inclusions {
            own::add_inclusions(&mut tables.fee_table, &mut tables.inclusions, own_edition);
        }
        if !has_exclusions {
            tables.exclusions.extend(own::exclusions(own_edition));
        }
        tables.standards = self.standards;
        tables.subsidies = self.subsidies;
        tables.editions = self.editions;
        tables.texts = texts;
        tables.compile()
    }
}

fn push(tables: &mut Tables, kind: Kind, version: &Version, texts: &mut Texts) {
    match kind {
        Kind::Act => tables.acts.push(rows::act(version, texts)),
        Kind::Drug => tables.drugs.push(rows::drug(version, texts)),
        Kind::Material => tables.materials.push(rows::material(version, texts)),
        Kind::Comment => tables.comments.push(rows::comment(version, texts)),
        Kind::Diagnosis => tables.diagnoses.push(rows::diagnosis(version, texts)),
        Kind::Modifier => tables.modifiers.push(rows::modifier(version, texts)),
        Kind::CommentRule => tables.comment_rules.push(rows::comment_rule(version)),
        Kind::FeeTable => tables.fee_table.push(rows::fee_table(version)),
        Kind::Inclusion => tables.inclusions.push(rows::inclusion(version)),
        Kind::StayAddOn => tables.stay_add_ons.push(rows::stay_add_on(version)),
        Kind::Limit => tables.limits.push(rows::limit(version)),
        kind if kind.period() != 0 => tables.exclusions.push(rows::exclusion(version, kind.period())),
        _ => {}
    }
}

/// Why codes end: what an edition said, else the 廃止年月日 of the last version.
fn push_ends(tables: &mut Tables, kind: Kind, history: &History, texts: &mut Texts) {
    // Modifier codes have four digits, as facility standards have: they would stand for each other.
    if !matches!(kind, Kind::Act | Kind::Drug | Kind::Material | Kind::Comment | Kind::Diagnosis) {
        return;
    }
    for (key, versions) in &history.versions {
        let code = key.trim_end_matches('/').parse().unwrap_or_default();
        let last = versions.last();
        let by_date = last.filter(|last| last.to < OPEN_END).map(|last| End {
            from: day_after(last.to),
            reason: format!("廃止年月日 {}", last.to),
            is_abolished: true,
            edition: last.edition,
        });
        if let Some(end) = history.ends.get(key).cloned().or(by_date) {
            tables.ended.push(rows::ended(code, &end, texts));
        }
    }
}
