//! The month under work: visits, entries and what became of them.

use std::collections::HashMap;

use calculation::{AnswerValue, Cause, Condition, Order, Outcome, Request, TimeClass, Visit, VisitFact, VisitKind};
use kernel::{Finding, ItemCode, Quantity, ServiceDate};
use masters::Masters;
use masters::row::{ActRow, CommentRow, DrugRow, MaterialRow};

use super::index::Index;
use super::rules::Rule;

/// What an entry charges.
#[derive(Clone, Copy)]
pub enum Charged<'a> {
    /// 診療行為.
    Act(&'a ActRow),
    /// 医薬品.
    Drug(&'a DrugRow),
    /// 特定器材.
    Material(&'a MaterialRow),
    /// コメント.
    Comment(&'a CommentRow),
}

/// Why something is as it is, before it is told to the outside.
#[derive(Clone)]
pub struct Why {
    /// The rule.
    pub rule: &'static Rule,
    /// What caused it.
    pub cause: Option<Cause>,
    /// Master table the rule read (`03-2`, `05` …).
    pub table: Option<&'static str>,
    /// True when a row of our own making stands in for the official table.
    pub is_own_row: bool,
    /// A particular of this case, for a person.
    pub detail: Option<String>,
}

impl Why {
    /// A rule without particulars.
    pub const fn rule(rule: &'static Rule) -> Self {
        Self { rule, cause: None, table: None, is_own_row: false, detail: None }
    }

    /// A rule caused by something.
    pub const fn caused(rule: &'static Rule, cause: Cause) -> Self {
        Self { rule, cause: Some(cause), table: None, is_own_row: false, detail: None }
    }

    /// With a particular.
    pub fn detail(rule: &'static Rule, detail: String) -> Self {
        Self { rule, cause: None, table: None, is_own_row: false, detail: Some(detail) }
    }
}

/// One thing to be charged: an order, or something the rules add.
pub struct Entry<'a> {
    /// Index of the visit.
    pub visit: usize,
    /// Index of the order in the visit; `None` = derived.
    pub order: Option<usize>,
    /// What it charges.
    pub charged: Charged<'a>,
    /// 数量.
    pub quantity: Option<Quantity>,
    /// 回数.
    pub times: u16,
    /// Index of the entry this one is added to (注加算, 通則加算, material, comment).
    pub base: Option<usize>,
    /// Index of the entry whose payer set a derived fee shares: the test of a judgement fee, the medicine of
    /// a dispensing fee.
    pub follows: Option<usize>,
    /// What became of it; live while accepted or replaced.
    pub outcome: Outcome,
    /// Why.
    pub why: Vec<Why>,
    /// What a person must answer.
    pub conditions: Vec<Condition>,
}

impl<'a> Entry<'a> {
    /// True while it is charged.
    pub fn is_live(&self) -> bool {
        matches!(self.outcome, Outcome::Accepted | Outcome::Replaced)
    }

    /// The act, if it is one.
    pub fn act(&self) -> Option<&'a ActRow> {
        match self.charged {
            Charged::Act(act) => Some(act),
            _ => None,
        }
    }

    /// The live act, if it is one.
    pub fn live_act(&self) -> Option<&'a ActRow> {
        if self.is_live() { self.act() } else { None }
    }
}

/// A visit with what was decided about it.
pub struct VisitWork<'a> {
    /// The visit as received.
    pub visit: &'a Visit,
    /// 初診, 再診 …
    pub kind: VisitKind,
    /// 時間内, 時間外 …
    pub time: TimeClass,
    /// Department code.
    pub department: &'a str,
    /// A child under 6 charged by 小児科外来診療料.
    pub is_pediatric_fee: bool,
    /// Codes of basic fees that the engine decides by itself and an order may name.
    pub basic: Option<usize>,
}

impl VisitWork<'_> {
    /// Day of the visit.
    pub fn date(&self) -> ServiceDate {
        self.visit.date
    }

    /// True when the visit carries the fact.
    pub fn has(&self, fact: VisitFact) -> bool {
        self.visit.facts.contains(&fact)
    }
}

/// A history line that a rule looked at.
pub struct Used {
    /// Day.
    pub date: ServiceDate,
    /// Code.
    pub code: ItemCode,
    /// The rule.
    pub rule: &'static Rule,
}

/// Orders that no master row stands behind.
pub struct Refused {
    /// Index of the visit.
    pub visit: usize,
    /// Index of the order.
    pub order: usize,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub why: Why,
}

/// Tests of one visit that share an amount (まるめ).
pub struct Bundle {
    /// The tests.
    pub entries: Vec<usize>,
    /// Points of them together.
    pub points: kernel::Points,
}

/// One 剤 of medicines.
pub struct Dose {
    /// Index of the visit.
    pub visit: usize,
    /// 内服, 屯服, 外用.
    pub drug_use: calculation::DrugUse,
    /// Days, doses or 1.
    pub times: u16,
    /// The drugs.
    pub entries: Vec<usize>,
}

/// The month under work.
pub struct Work<'a> {
    /// The masters.
    pub masters: &'a Masters,
    /// What was found in the masters once.
    pub index: &'a Index,
    /// The request, sorted.
    pub request: &'a Request,
    /// Visits in order of time.
    pub visits: Vec<VisitWork<'a>>,
    /// Entries in order of visit, then as they came; added by [`Work::push`] only.
    pub entries: Vec<Entry<'a>>,
    /// Entry indices of each visit.
    of_visit: Vec<Vec<usize>>,
    /// Entry indices of each act code.
    of_code: HashMap<u32, Vec<usize>>,
    /// Entry indices that stand on each entry.
    additions: Vec<Vec<usize>>,
    /// まるめ.
    pub bundles: Vec<Bundle>,
    /// 剤.
    pub doses: Vec<Dose>,
    /// Visits whose internal medicines are seven kinds or more.
    pub seven_kinds: Vec<usize>,
    /// Orders without an entry.
    pub refused: Vec<Refused>,
    /// Findings.
    pub findings: Vec<Finding>,
    /// History that mattered.
    pub used: Vec<Used>,
}

impl<'a> Work<'a> {
    /// A month without entries yet.
    pub fn new(
        masters: &'a Masters,
        index: &'a Index,
        request: &'a Request,
        visits: Vec<VisitWork<'a>>,
        findings: Vec<Finding>,
    ) -> Self {
        // Room for every order and what a visit usually earns beside them.
        const DERIVED_PER_VISIT: usize = 8;
        let room = |visit: &VisitWork<'_>| visit.visit.orders.len() + DERIVED_PER_VISIT;
        let of_visit = visits.iter().map(|visit| Vec::with_capacity(room(visit))).collect();
        let capacity = visits.iter().map(room).sum();
        Self {
            masters,
            index,
            request,
            visits,
            entries: Vec::with_capacity(capacity),
            of_visit,
            of_code: HashMap::with_capacity(capacity),
            additions: Vec::with_capacity(capacity),
            bundles: Vec::new(),
            doses: Vec::new(),
            seven_kinds: Vec::new(),
            refused: Vec::new(),
            findings,
            used: Vec::new(),
        }
    }

    /// The order of an entry.
    pub fn order_of(&self, entry: &Entry<'a>) -> Option<&'a Order> {
        let visit = self.request.visits.get(entry.visit)?;
        visit.orders.get(entry.order?)
    }

    /// The payer set of an entry: its order's, that of what it follows, else its visit's.
    pub fn set_of(&self, entry: &Entry<'a>) -> &'a str {
        let visit = self.request.visits.get(entry.visit).map_or("", |visit| visit.set_id.as_str());
        let own = self.order_of(entry).and_then(|order| order.set_id.as_deref());
        // An addition follows its base, and the base may itself follow a test or a medicine.
        let mut followed = entry.follows.and_then(|index| self.entries.get(index));
        let mut theirs = None;
        for _ in 0..2 {
            let Some(other) = followed.filter(|_| theirs.is_none()) else { break };
            theirs = self.order_of(other).and_then(|order| order.set_id.as_deref());
            followed = other.follows.and_then(|index| self.entries.get(index));
        }
        own.or(theirs).unwrap_or(visit)
    }

    /// Day of an entry.
    pub fn date_of(&self, entry: &Entry<'a>) -> ServiceDate {
        self.date_of_visit(entry.visit)
    }

    /// Day of a visit.
    pub fn date_of_visit(&self, visit: usize) -> ServiceDate {
        self.request.visits.get(visit).map_or_else(|| self.request.month.first_day(), |visit| visit.date)
    }

    /// The visit work of an entry.
    pub fn visit_of(&self, entry: &Entry<'a>) -> Option<&VisitWork<'a>> {
        self.visits.get(entry.visit)
    }

    /// Adds a derived act; returns its index, or `None` when the code has no row on the day, or a clerk
    /// struck it out.
    pub fn derive(&mut self, visit: usize, code: u32, rule: &'static Rule) -> Option<usize> {
        self.derive_added(visit, code, None, rule)
    }

    /// Adds a derived act to a base entry.
    pub fn derive_added(&mut self, visit: usize, code: u32, base: Option<usize>, rule: &'static Rule) -> Option<usize> {
        let source = self.request.visits.get(visit)?;
        let act_code = kernel::ActCode::from_number(code)?;
        let act = self.masters.act(act_code, source.date)?;
        let is_struck = source.struck.iter().any(|struck| struck.code == ItemCode::Act(act_code));
        if is_struck {
            let place = format!("visits/{}", source.id);
            self.findings.push(Finding::note("line-struck", place, format!("{code:09} was struck out by a clerk")));
            return None;
        }
        Some(self.push(Entry {
            visit,
            order: None,
            charged: Charged::Act(act),
            quantity: None,
            times: 1,
            base,
            follows: base,
            outcome: Outcome::Accepted,
            why: vec![Why::rule(rule)],
            conditions: Vec::new(),
        }))
    }

    /// Adds a derived act that is paid by whoever pays another entry.
    pub fn derive_following(
        &mut self,
        visit: usize,
        code: u32,
        follows: Option<usize>,
        rule: &'static Rule,
    ) -> Option<usize> {
        let index = self.derive(visit, code, rule)?;
        if let Some(entry) = self.entries.get_mut(index) {
            entry.follows = follows;
        }
        Some(index)
    }

    /// Adds an entry; returns its index.
    pub fn push(&mut self, entry: Entry<'a>) -> usize {
        let index = self.entries.len();
        if let Some(list) = self.of_visit.get_mut(entry.visit) {
            list.push(index);
        }
        if let Some(act) = entry.act() {
            self.of_code.entry(act.validity.code).or_default().push(index);
        }
        self.additions.push(Vec::new());
        if let Some(list) = entry.base.and_then(|base| self.additions.get_mut(base)) {
            list.push(index);
        }
        self.entries.push(entry);
        index
    }

    /// Gives an entry another base.
    pub fn rebase(&mut self, index: usize, base: usize) {
        let Some(entry) = self.entries.get_mut(index) else { return };
        let former = entry.base.replace(base);
        if let Some(list) = former.and_then(|former| self.additions.get_mut(former)) {
            list.retain(|other| *other != index);
        }
        if let Some(list) = self.additions.get_mut(base) {
            list.push(index);
            list.sort_unstable();
        }
    }

    /// Entries of a visit with their indices, as they came.
    pub fn in_visit(&self, visit: usize) -> impl DoubleEndedIterator<Item = (usize, &Entry<'a>)> {
        let list = self.of_visit.get(visit).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|index| Some((*index, self.entries.get(*index)?)))
    }

    /// Live acts of a visit with their indices.
    pub fn live_in_visit(&self, visit: usize) -> impl Iterator<Item = (usize, &'a ActRow)> {
        self.in_visit(visit).filter_map(|(index, entry)| entry.live_act().map(|act| (index, act)))
    }

    /// Entries of an act code with their indices.
    pub fn with_code(&self, code: u32) -> impl Iterator<Item = (usize, &Entry<'a>)> {
        let list = self.of_code.get(&code).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|index| Some((*index, self.entries.get(*index)?)))
    }

    /// Entries that stand on a base, with their indices.
    pub fn added_to(&self, base: usize) -> impl Iterator<Item = (usize, &Entry<'a>)> {
        let list = self.additions.get(base).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|index| Some((*index, self.entries.get(*index)?)))
    }

    /// Ends an entry: it is not charged.
    pub fn end(&mut self, index: usize, outcome: Outcome, why: Why) {
        if let Some(entry) = self.entries.get_mut(index) {
            entry.outcome = outcome;
            entry.why.push(why);
        }
    }

    /// Ends an entry unless the rule knows an exception: then a person is asked, and what the person has
    /// answered decides.
    pub fn end_or_ask(&mut self, index: usize, outcome: Outcome, has_exception: bool, why: Why) {
        let Some(entry) = self.entries.get(index) else { return };
        let answer = self.order_of(entry).and_then(|order| answer(order, EXCEPTION));
        match (has_exception, answer) {
            (true, Some(AnswerValue::Yes)) => {}
            (true, None) if entry.order.is_some() => self.ask(index, EXCEPTION, exception_question(&why), why),
            _ => self.end(index, outcome, why),
        }
    }

    /// Leaves an entry open until a person answers.
    pub fn ask(&mut self, index: usize, condition: &'static str, question: String, why: Why) {
        if let Some(entry) = self.entries.get_mut(index) {
            entry.outcome = Outcome::NeedsConfirmation;
            entry.why.push(why);
            let choices = vec!["yes".into(), "no".into()];
            entry.conditions.push(Condition { code: condition.into(), question, choices });
        }
    }

    /// Asks for a condition that must hold; an answer decides at once.
    pub fn require(&mut self, index: usize, question: String, why: Why) {
        let Some(entry) = self.entries.get(index) else { return };
        match self.order_of(entry).and_then(|order| answer(order, REQUIREMENT)) {
            Some(AnswerValue::Yes) => {}
            Some(AnswerValue::No) => self.end(index, Outcome::Rejected, why),
            None => self.ask(index, REQUIREMENT, question, why),
        }
    }

    /// Indices of live act entries, in order of time.
    pub fn live_acts(&self) -> Vec<(usize, &'a ActRow)> {
        self.entries.iter().enumerate().filter_map(|(index, entry)| entry.live_act().map(|act| (index, act))).collect()
    }

    /// The cause that an entry is for others.
    pub fn cause(&self, index: usize) -> Option<Cause> {
        let entry = self.entries.get(index)?;
        let code = match entry.charged {
            Charged::Act(row) => ItemCode::Act(kernel::ActCode::from_number(row.validity.code)?),
            Charged::Drug(row) => ItemCode::Drug(kernel::DrugCode::from_number(row.validity.code)?),
            Charged::Material(row) => ItemCode::Material(kernel::MaterialCode::from_number(row.validity.code)?),
            Charged::Comment(row) => ItemCode::Comment(kernel::CommentCode::from_number(row.validity.code)?),
        };
        match self.order_of(entry) {
            Some(order) => {
                let visit_id = self.request.visits.get(entry.visit)?.id.clone();
                Some(Cause::Order { visit_id, order_id: order.id.clone() })
            }
            None => Some(Cause::Item { date: self.date_of(entry), code }),
        }
    }
}

/// Condition code: does the exception that the rule knows apply?
pub const EXCEPTION: &str = "exception";
/// Condition code: is the requirement met?
pub const REQUIREMENT: &str = "requirement";

fn exception_question(why: &Why) -> String {
    format!("{}: 例外の要件に該当しますか", why.rule.text)
}

/// True when a person has said that the exception which a rule knows holds for an entry's order.
pub fn is_exception_claimed(work: &Work<'_>, entry: &Entry<'_>) -> bool {
    work.order_of(entry).and_then(|order| answer(order, EXCEPTION)) == Some(AnswerValue::Yes)
}

/// A person's answer to a condition of an order.
pub fn answer(order: &Order, condition: &str) -> Option<AnswerValue> {
    order
        .answers
        .iter()
        .find(|answer| answer.condition == condition || answer.condition == "*")
        .map(|answer| answer.value)
}
