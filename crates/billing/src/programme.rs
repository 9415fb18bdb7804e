//! Local programmes (地方単独公費): a row of the 地単公費マスター as the rule of a request.
//!
//! Plain: `(row, national flags) → LocalRule`. A value without known meaning, a field the edition has no known column
//! for, and a combination that no rule expresses are problems that name the field; nothing is guessed. Income, school
//! and household (項目26–35) are what the certificate proves, and are not looked at.

use std::collections::HashMap;

use calculation::{
    AgeBand, AgeBound, AgeDay, LocalMethod, LocalRule, LocalShare, LocalTargets, ProgrammeKey, Request, Subsidy,
};
use kernel::{CommentCode, Finding, ServiceDate, Yen};
use masters::{LocalField, LocalProgramme, Masters};

use crate::code;
use crate::encounter::Encounters;

/// Amounts of a month that stand for the proportional limit of classes ウ, イ and ア (項目71), and the cost above which
/// it grows by 1 %. Source: 健康保険法施行令 第42条 (until 2026-07, the figures that the amounts name).
const PROPORTIONAL_LIMITS: [(i64, i64); 3] = [(80_100, 267_000), (167_400, 558_000), (252_600, 842_000)];
/// Comments with fixed text: the only ones a programme can write by itself.
const FIXED_TEXT: u32 = 20;

/// Why a row makes no rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Field of the row, as `local_columns.csv` names it.
    pub field: &'static str,
    /// What was received and what is known.
    pub message: String,
}

/// The rule of a row.
///
/// # Errors
/// Every field whose value has no known meaning or place, and every combination that no rule expresses.
pub fn rule(row: &LocalProgramme<'_>, local_first_laws: &[&str]) -> Result<LocalRule, Vec<Problem>> {
    let mut fields = Fields { row, problems: Vec::new() };
    let name = [row.text("shortName"), row.text("officialName")].into_iter().find(|name| !name.is_empty());
    if fields.word("outpatient") != "yes" {
        fields.problem("outpatient", "the programme does not pay for outpatients (医科外来)");
    }
    let method = match fields.word("method") {
        "receipt" => LocalMethod::Receipt,
        "list" => LocalMethod::List,
        "refund" => LocalMethod::Refund,
        _ => {
            fields.missing("method");
            LocalMethod::Refund
        }
    };
    let Leaves { share, cap, grows_above, pays_most } = share(&mut fields);
    let from = bound(&mut fields, "ageFrom", "ageFromDay");
    let under = bound(&mut fields, "ageUnder", "ageUnderDay");
    let rule = LocalRule {
        name: name.map(str::to_owned),
        share: share.unwrap_or(LocalShare::RemainingCopay),
        monthly_cap_yen: cap,
        cap_grows_above_yen: grows_above,
        monthly_payment_max_yen: pays_most,
        method,
        priority: fields.number("priority").and_then(|priority| u16::try_from(priority).ok()),
        before_laws: local_first_laws.iter().map(|law| (*law).to_owned()).collect(),
        ages: (from.is_some() || under.is_some()).then_some(AgeBand { from, under }),
        requires_law: required_law(&mut fields),
        claimed_at: targets(&mut fields),
        keeps_total_across_insurance: fields.word("keepsTotal") == "yes",
        special_notes: special_notes(&mut fields),
        comments: comments(&mut fields),
        presumed: row.presumed().map(str::to_owned).collect(),
    };
    if fields.problems.is_empty() { Ok(rule) } else { Err(fields.problems) }
}

/// The fields of a row and what is wrong with them.
struct Fields<'m, 'r> {
    row: &'r LocalProgramme<'m>,
    problems: Vec<Problem>,
}

impl<'m> Fields<'m, '_> {
    fn problem(&mut self, field: &'static str, message: impl Into<String>) {
        let problem = Problem { field, message: message.into() };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Reports an empty field; an unknown one was reported when it was read.
    fn missing(&mut self, field: &'static str) {
        if self.row.get(field) == LocalField::Empty {
            self.problem(field, "no value");
        }
    }

    /// A value; empty when there is none or it has no known meaning, which is reported.
    fn word(&mut self, field: &'static str) -> &'m str {
        match self.row.get(field) {
            LocalField::Value(value) => value,
            LocalField::Empty => "",
            LocalField::Unknown(value) => {
                self.problem(field, format!("the meaning of {value:?} is not known"));
                ""
            }
            LocalField::Unmapped => {
                self.problem(field, "the column of the field in this edition is not known");
                ""
            }
        }
    }

    /// A whole number; empty and 0 are none.
    fn number(&mut self, field: &'static str) -> Option<i64> {
        let text = self.word(field);
        if text.is_empty() {
            return None;
        }
        match text.parse::<u32>() {
            Ok(0) => None,
            Ok(number) => Some(i64::from(number)),
            Err(_) => {
                self.problem(field, format!("received {text:?}, allowed is a whole number"));
                None
            }
        }
    }

    /// A number from 1 to 255.
    fn small(&mut self, field: &'static str) -> Option<u8> {
        let number = self.number(field)?;
        let small = u8::try_from(number).ok();
        if small.is_none() {
            self.problem(field, format!("received {number}, allowed is 1 to 255"));
        }
        small
    }

    fn yen(&mut self, field: &'static str) -> Option<Yen> {
        self.number(field).map(Yen::new)
    }

    fn unsupported(&mut self, field: &'static str) {
        let value = self.row.text(field);
        self.problem(field, format!("{value:?} together with the other fields is no rule that is known"));
    }
}

/// What the row leaves to the patient.
#[derive(Default)]
struct Leaves {
    share: Option<LocalShare>,
    /// Cap of the month on the patient's part, and the cost above which it grows.
    cap: Option<Yen>,
    grows_above: Option<Yen>,
    /// Cap of the month on the programme's part.
    pays_most: Option<Yen>,
}

/// An amount per visit or day with its count in the month.
type Times = Option<(Yen, Option<u8>)>;

fn share(fields: &mut Fields<'_, '_>) -> Leaves {
    for field in ["visitsNeeded", "weekYen", "yearYen"] {
        if fields.number(field).is_some() {
            fields.unsupported(field);
        }
    }
    if fields.word("paysOtherSubsidies") == "yes" && !matches!(fields.word("otherSubsidiesPattern"), "" | "all") {
        fields.unsupported("otherSubsidiesPattern");
    }
    let is_first_only = fields.word("firstVisitOnly") == "yes";
    let (month, grows_above) = month_cap(fields);
    let per_visit = fields.yen("visitYen").map(|yen| (yen, fields.small("visitsPerMonth")));
    let per_day = fields.yen("dayYen").map(|yen| (yen, fields.small("daysPerMonth")));
    if per_visit.is_some() && per_day.is_some() {
        fields.unsupported("dayYen");
    }
    let has_caps = month.is_some() || per_visit.is_some() || per_day.is_some();
    let of_subsidy = has_caps && fields.word("capOf") == "subsidy";
    let leaves = if of_subsidy {
        let share = (!is_first_only && grows_above.is_none()).then(|| payment(fields, per_visit, per_day)).flatten();
        Leaves { share, pays_most: month, ..Leaves::default() }
    } else {
        if has_caps && fields.word("capOf") != "patient" {
            fields.unsupported("capOf");
        }
        let share = patient_share(fields, is_first_only, month, per_visit, per_day);
        Leaves { share, cap: month, grows_above, pays_most: None }
    };
    if leaves.share.is_none() {
        fields.missing("pattern");
        if fields.problems.is_empty() {
            fields.unsupported(if of_subsidy { "capOf" } else { "pattern" });
        }
    }
    leaves
}

/// The amounts bound what the programme pays (項目54: 助成額): all up to them, the rest stays with the patient.
fn payment(fields: &mut Fields<'_, '_>, per_visit: Times, per_day: Times) -> Option<LocalShare> {
    match (fields.word("pattern"), per_visit, per_day) {
        ("all", Some((yen, max_visits_per_month)), None) => {
            Some(LocalShare::PaysPerVisitMax { yen, max_visits_per_month })
        }
        ("all", None, Some((yen, max_days_per_month))) => Some(LocalShare::PaysPerDayMax { yen, max_days_per_month }),
        ("all", None, None) => Some(LocalShare::Nothing),
        _ => None,
    }
}

/// The amounts bound the patient's part, or there are none.
fn patient_share(
    fields: &mut Fields<'_, '_>,
    is_first_only: bool,
    month: Option<Yen>,
    per_visit: Times,
    per_day: Times,
) -> Option<LocalShare> {
    let is_patients = fields.word("conditionOf") == "patient";
    let has_caps = month.is_some() || per_visit.is_some() || per_day.is_some();
    let limited = |percent| match (per_visit, per_day) {
        (Some((yen, max_visits_per_month)), _) => Some(LocalShare::PerVisitMax { yen, max_visits_per_month, percent }),
        (None, Some((yen, max_days_per_month))) => Some(LocalShare::PerDayMax { yen, max_days_per_month, percent }),
        (None, None) => None,
    };
    match fields.word("pattern") {
        "all" if !has_caps && !is_first_only => Some(LocalShare::Nothing),
        "fixed" if is_patients && per_visit.is_none() && per_day.is_none() => fixed(fields, is_first_only),
        "percentOfCost" if is_patients && !is_first_only => {
            let percent = percent(fields);
            percent.map(|percent| limited(Some(percent)).unwrap_or(LocalShare::PercentOfCost { percent }))
        }
        // What the programme pays is named, and nothing bounds the patient's part beside it.
        "percentOfCost" if !has_caps && !is_first_only => {
            percent(fields).map(|percent| LocalShare::LessPercentOfCost { percent })
        }
        "percentOfCopay" if per_visit.is_none() && per_day.is_none() && !is_first_only => {
            let percent = percent(fields);
            let left = |percent: u8| if is_patients { percent } else { 100 - percent };
            percent.map(|percent| LocalShare::PercentOfCopay { percent: left(percent) })
        }
        "rest" if is_first_only => match (per_visit, per_day) {
            (Some((yen, None)), None) => Some(LocalShare::FirstVisitFixed { yen }),
            _ => None,
        },
        "rest" => limited(None).or_else(|| month.is_some().then_some(LocalShare::RemainingCopay)),
        _ => None,
    }
}

fn fixed(fields: &mut Fields<'_, '_>, is_first_only: bool) -> Option<LocalShare> {
    let yen = fields.yen("fixedYen");
    if yen.is_none() {
        fields.missing("fixedYen");
    }
    let visits = fields.small("visitsPerMonth");
    yen.map(|yen| match is_first_only {
        true => LocalShare::FirstVisitFixed { yen },
        false => LocalShare::PerVisitMax { yen, max_visits_per_month: visits, percent: None },
    })
}

fn percent(fields: &mut Fields<'_, '_>) -> Option<u8> {
    let percent = fields.small("percent").filter(|percent| *percent <= 100);
    if percent.is_none() {
        fields.problem("percent", "a percentage from 1 to 100 is needed");
    }
    percent
}

/// The lowest of the caps for a receipt, a month and a book of the month; and the cost above which it grows, when the
/// amount of the month stands for a proportional limit and nothing else bounds the month.
fn month_cap(fields: &mut Fields<'_, '_>) -> (Option<Yen>, Option<Yen>) {
    let month = fields.yen("monthYen");
    let growing = PROPORTIONAL_LIMITS.iter().find(|(base, _)| month == Some(Yen::new(*base)));
    let grows_above = growing.map(|(_, above)| Yen::new(*above));
    let mut caps: Vec<Yen> = fields.yen("receiptYen").into_iter().collect();
    if fields.word("hasBook") == "yes" {
        if fields.word("bookUnit") != "month" {
            fields.unsupported("bookUnit");
        }
        if fields.word("bookOf") != "person" {
            fields.unsupported("bookOf");
        }
        caps.extend(fields.yen("bookYen"));
    }
    if grows_above.is_some() && !caps.is_empty() {
        fields.unsupported("monthYen");
    }
    caps.extend(month);
    (caps.into_iter().min(), grows_above)
}

fn bound(fields: &mut Fields<'_, '_>, age: &'static str, day: &'static str) -> Option<AgeBound> {
    let years = fields.small(age)?;
    let day = match fields.word(day) {
        "birthday" => AgeDay::Birthday,
        "dayBefore" => AgeDay::DayBefore,
        "monthStart" => AgeDay::MonthStart,
        "monthEnd" => AgeDay::MonthEnd,
        "fiscalYearStart" => AgeDay::FiscalYearStart,
        "fiscalYearEnd" => AgeDay::FiscalYearEnd,
        _ => {
            fields.missing(day);
            return None;
        }
    };
    Some(AgeBound { years, day })
}

fn required_law(fields: &mut Fields<'_, '_>) -> Option<String> {
    let law = fields.word("requiredLaw");
    let is_law = law.len() == 2 && law.bytes().all(|byte| byte.is_ascii_digit());
    if !law.is_empty() && !is_law {
        fields.problem("requiredLaw", format!("received {law:?}, allowed is one law number of two digits"));
    }
    is_law.then(|| law.to_owned())
}

/// Both bodies take it unless the row says otherwise.
fn targets(fields: &mut Fields<'_, '_>) -> Option<LocalTargets> {
    let is_commissioned = fields.word("isCommissioned");
    let (fund, kokuhoren) = (fields.word("toPaymentFund"), fields.word("toKokuhoren"));
    let takes = |word: &str| is_commissioned != "no" && word != "no";
    let targets = LocalTargets { payment_fund: takes(fund), kokuhoren: takes(kokuhoren) };
    (!targets.payment_fund || !targets.kokuhoren).then_some(targets)
}

fn special_notes(fields: &mut Fields<'_, '_>) -> Vec<String> {
    let note = fields.word("specialNote");
    let is_note = note.len() == 2 && note.bytes().all(|byte| byte.is_ascii_digit());
    if !note.is_empty() && !is_note {
        fields.problem("specialNote", format!("received {note:?}, allowed is a 特記事項 of two digits"));
    }
    if is_note { vec![note.to_owned()] } else { Vec::new() }
}

fn comments(fields: &mut Fields<'_, '_>) -> Vec<CommentCode> {
    let text = fields.word("commentCode");
    if text.is_empty() {
        return Vec::new();
    }
    match text.parse::<CommentCode>() {
        Ok(code) if code.pattern() == FIXED_TEXT => vec![code],
        Ok(_) => {
            fields.problem("commentCode", format!("comment {text} needs a text that the row does not have"));
            Vec::new()
        }
        Err(error) => {
            fields.problem("commentCode", error.to_string());
            Vec::new()
        }
    }
}

/// The programmes of the masters, by payer number.
struct Index<'m> {
    rows: HashMap<&'m str, Vec<LocalProgramme<'m>>>,
    /// Laws that let a local programme pay first.
    local_first: Vec<&'m str>,
}

impl<'m> Index<'m> {
    fn of(masters: &'m Masters) -> Self {
        let mut rows: HashMap<&str, Vec<LocalProgramme<'_>>> = HashMap::new();
        for row in masters.local_programmes() {
            for field in ["payerNumber", "otherNumber"] {
                let number = row.text(field);
                if !number.is_empty() {
                    rows.entry(number).or_default().push(row);
                }
            }
        }
        let mut local_first: Vec<&str> =
            masters.national_flags().filter(|flag| flag.is_local_first).map(|flag| flag.law).collect();
        local_first.sort_unstable();
        local_first.dedup();
        Self { rows, local_first }
    }
}

impl Encounters {
    /// Gives every local programme of the requests that has no rule the one of its row in the masters.
    ///
    /// The row is found by payer number, [`Subsidy::programme`] where it is given, day and age. None, several that
    /// differ, and a row that makes no rule are findings; such a subsidy stays without a rule.
    #[must_use]
    pub fn with_programmes(mut self, masters: &Masters) -> Self {
        let is_open = |subsidy: &Subsidy| subsidy.payer_number.is_local() && subsidy.local_rule.is_none();
        if !self.requests.iter().any(|patient| patient.request.subsidies.iter().any(is_open)) {
            return self;
        }
        let index = Index::of(masters);
        for patient in &mut self.requests {
            let found: Vec<_> = patient
                .request
                .subsidies
                .iter()
                .map(|subsidy| is_open(subsidy).then(|| find(&index, &patient.request, subsidy)).flatten())
                .collect();
            for (subsidy, found) in patient.request.subsidies.iter_mut().zip(found) {
                match found {
                    None => {}
                    Some(Ok(rule)) => {
                        self.findings.extend(unverified(&patient.patient_id, subsidy, &rule));
                        subsidy.local_rule = Some(rule);
                    }
                    Some(Err(problems)) => {
                        let place = format!("patients/{}/subsidies/{}", patient.patient_id, subsidy.id);
                        let finding = |(code, message)| Finding::confirm(code, place.as_str(), message);
                        self.findings.extend(problems.into_iter().map(finding));
                    }
                }
            }
        }
        self.findings.sort();
        self.findings.dedup();
        self
    }
}

/// A rule that rests on codes or columns that no official list states.
fn unverified(patient: &str, subsidy: &Subsidy, rule: &LocalRule) -> Option<Finding> {
    let message = format!(
        "{}: the meaning of {} is presumed: compare the rule with the item list of the edition",
        rule.name.as_deref().unwrap_or(subsidy.payer_number.as_str()),
        rule.presumed.join(", ")
    );
    let place = format!("patients/{patient}/subsidies/{}", subsidy.id);
    (!rule.presumed.is_empty()).then(|| Finding::note(code::PROGRAMME_UNVERIFIED, place, message))
}

type Problems = Vec<(&'static str, String)>;

/// The one rule that holds on every visit of the subsidy; `None` when it holds on none.
fn find(index: &Index<'_>, request: &Request, subsidy: &Subsidy) -> Option<Result<LocalRule, Problems>> {
    let holds = |day: ServiceDate| subsidy.valid_from <= day && subsidy.valid_to.is_none_or(|last| day <= last);
    let mut days: Vec<ServiceDate> = request.visits.iter().map(|visit| visit.date).filter(|day| holds(*day)).collect();
    days.sort_unstable();
    days.dedup();
    let mut found: Option<LocalRule> = None;
    for day in days {
        match on_day(index, request, subsidy, day) {
            Err(problems) => return Some(Err(problems)),
            Ok(rule) if found.as_ref().is_some_and(|known| *known != rule) => {
                let message = format!(
                    "{} has another rule from {day} on: end the certificate and enter it again",
                    subsidy.payer_number
                );
                return Some(Err(vec![(code::PROGRAMME_CHANGES, message)]));
            }
            Ok(rule) => found = Some(rule),
        }
    }
    found.map(Ok)
}

fn on_day(index: &Index<'_>, request: &Request, subsidy: &Subsidy, day: ServiceDate) -> Result<LocalRule, Problems> {
    let number = subsidy.payer_number.as_str();
    let key = match subsidy.programme.as_deref().map(str::parse::<ProgrammeKey>).transpose() {
        Ok(key) => key.map(|key| key.to_string()),
        Err(error) => return Err(vec![(code::PROGRAMME_UNKNOWN, error.to_string())]),
    };
    let rows = index.rows.get(number).map(Vec::as_slice).unwrap_or_default();
    let is_meant = |row: &&LocalProgramme<'_>| {
        row.text("outpatient") != "no"
            && row.row().validity.holds_on(day.yyyymmdd())
            && key.as_ref().is_none_or(|key| row.key() == *key)
    };
    let made: Vec<_> = rows.iter().filter(is_meant).map(|row| (row, rule(row, &index.local_first))).collect();
    if made.is_empty() {
        let named = key.as_ref().map_or_else(String::new, |key| format!(" ({key})"));
        let message = format!("no row of the 地単公費マスター for {number}{named} on {day}");
        return Err(vec![(code::PROGRAMME_UNKNOWN, message)]);
    }
    let is_of_age = |rule: &&LocalRule| rule.ages.is_none_or(|ages| ages.contains(request.patient.birth_date, day));
    let mut fitting: Vec<&LocalRule> =
        made.iter().filter_map(|(_, made)| made.as_ref().ok()).filter(is_of_age).collect();
    fitting.dedup();
    match (fitting.as_slice(), made.iter().all(|(_, made)| made.is_ok())) {
        ([only], true) => Ok((*only).clone()),
        ([], true) => Err(vec![(
            code::PROGRAMME_AGE,
            format!("no row of the 地単公費マスター for {number} pays at the patient's age on {day}"),
        )]),
        (_, false) => Err(made.iter().flat_map(|(row, made)| problems(row, made)).collect()),
        _ => {
            let keys: Vec<String> = made.iter().map(|(row, _)| row.key()).collect();
            let message = format!("{number} names several programmes: choose one of {}", keys.join(", "));
            Err(vec![(code::PROGRAMME_AMBIGUOUS, message)])
        }
    }
}

fn problems(row: &LocalProgramme<'_>, made: &Result<LocalRule, Vec<Problem>>) -> Problems {
    let problem = |problem: &Problem| {
        let message = format!("地単公費マスター {}: field {}: {}", row.key(), problem.field, problem.message);
        (code::PROGRAMME_UNSUPPORTED, message)
    };
    made.as_ref().err().into_iter().flatten().map(problem).collect()
}
