//! Events (出来事): facts that became known after a document was written, in order of time.
//!
//! A clinic document with its events is a history: [`Clinic::known_at`] gives the document as the desk knew it at a
//! moment. An event only adds facts or new versions of facts; nothing is computed here.

use calculation::{LimitClass, PaidElsewhere, PayerSet, Subsidy, TimeOfDay};
use kernel::{ActCode, ClaimMonth, Finding, ItemCode, Points, ServiceDate, Yen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Clinic, Coverage, Diagnosis, Patient, ReceiptNote, Visit, VisitStatus};
use crate::code;

/// Something that became known or happened at a moment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Event {
    /// Id inside the clinic.
    pub id: String,
    /// Day.
    pub on: ServiceDate,
    /// Local time.
    pub at: TimeOfDay,
    /// What it is, in a few words.
    pub title: String,
    /// Facts it brings, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Money that changed hands because of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<Payment>,
    /// What the desk notes of it; no charge or claim depends on these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<Record>,
}

/// A moment of local time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Moment {
    /// Day.
    pub on: ServiceDate,
    /// Local time.
    pub at: TimeOfDay,
}

impl Event {
    /// When it happened.
    pub const fn moment(&self) -> Moment {
        Moment { on: self.on, at: self.at }
    }

    /// Patients whose facts or money it touches, each once.
    pub fn patients(&self) -> Vec<&str> {
        let changed = self.changes.iter().map(|change| change.patient_id());
        let paid = self.payments.iter().map(|payment| payment.patient_id.as_str());
        let mut ids: Vec<&str> = changed.chain(paid).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// A fact of one patient. A fact with the id of an earlier one is its new version.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Change {
    /// 保険: a new one, or a new version.
    Coverage {
        /// The patient.
        patient_id: String,
        /// The coverage.
        coverage: Coverage,
    },
    /// 公費: a new one, or a new version.
    Subsidy {
        /// The patient.
        patient_id: String,
        /// The subsidy.
        subsidy: Subsidy,
    },
    /// 限度額適用区分: a new one, or a new version of the one with the same first day.
    Limit {
        /// The patient.
        patient_id: String,
        /// The class.
        limit: LimitClass,
    },
    /// An entry another institution made in the 上限額管理票.
    PaidElsewhere {
        /// The patient.
        patient_id: String,
        /// The subsidy of the book.
        subsidy_id: String,
        /// The entry.
        entry: PaidElsewhere,
    },
    /// 保険組合せ: a new one, or a new version.
    Set {
        /// The patient.
        patient_id: String,
        /// The payer set.
        set: PayerSet,
    },
    /// 傷病名: a new one, or a new version.
    Diagnosis {
        /// The patient.
        patient_id: String,
        /// The diagnosis.
        diagnosis: Diagnosis,
    },
    /// A visit entered later, or a new version of one (corrected day). What was collected for it stays.
    Visit {
        /// The patient.
        patient_id: String,
        /// The visit.
        visit: Box<Visit>,
    },
    /// A visit is charged to another payer set.
    VisitSet {
        /// The patient.
        patient_id: String,
        /// The visit.
        visit_id: String,
        /// Its payer set from now on.
        set_id: String,
    },
    /// A visit is cancelled (取消).
    CancelVisit {
        /// The patient.
        patient_id: String,
        /// The visit.
        visit_id: String,
    },
    /// What a clerk adds to a receipt; replaces what was added before to the same month and coverage.
    ReceiptNote {
        /// The patient.
        patient_id: String,
        /// The note.
        note: ReceiptNote,
    },
}

/// Money at the counter.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Payment {
    /// The patient.
    pub patient_id: String,
    /// The visit it is for.
    pub visit_id: String,
    /// Received; paid back when negative.
    pub yen: Yen,
    /// Date on the payment receipt (領収証); absent = the day of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_on: Option<ServiceDate>,
}

/// What the desk notes of an event.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Record {
    /// Answer of the online eligibility check (オンライン資格確認).
    Eligibility {
        /// The patient.
        patient_id: String,
        /// The answer.
        answer: EligibilityAnswer,
        /// In words.
        text: String,
    },
    /// Cash counted (レジ締め).
    CashCount {
        /// What the payments add up to.
        expected_yen: Yen,
        /// What lay in the till.
        counted_yen: Yen,
        /// Why they differ.
        reason: String,
        /// Who counted: the first and the second person.
        counted_by: [String; 2],
    },
    /// The network was gone.
    Outage {
        /// From.
        from: TimeOfDay,
        /// Until.
        until: TimeOfDay,
        /// Visits whose bills were ready.
        visit_ids: Vec<String>,
        /// Those of them that were paid offline, with a printed receipt.
        paid_offline: Vec<String>,
    },
    /// A new master ends a code.
    CodeEnds {
        /// The code.
        code: ItemCode,
        /// Its last day.
        last_on: ServiceDate,
        /// The visit that ordered it.
        visit_id: String,
    },
    /// The national calculation module answered late or otherwise than the embedded one.
    ModuleAnswer {
        /// The bill.
        visit_id: String,
        /// Tries that ended without an answer.
        timeouts: u8,
        /// Its points for the visit.
        points: Points,
    },
    /// A returned receipt (返戻).
    Returned {
        /// Month of care.
        month: ClaimMonth,
        /// カルテ番号 on the receipt.
        patient_number: String,
        /// 検索番号.
        search_number: String,
        /// 返戻事由.
        reason: String,
    },
    /// A claimed line that the review lowered (増減点).
    Assessed {
        /// The patient.
        patient_id: String,
        /// The visit.
        visit_id: String,
        /// The act.
        code: ActCode,
        /// Points claimed.
        claimed: Points,
        /// Points taken off.
        reduced: Points,
        /// 事由.
        reason: String,
    },
}

/// Answer of the online eligibility check.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EligibilityAnswer {
    /// It holds as registered.
    Valid,
    /// Something differs from what is registered.
    Differs,
    /// 資格喪失.
    Lost,
    /// Nobody was found.
    NotFound,
}

impl Change {
    /// The patient.
    pub fn patient_id(&self) -> &str {
        match self {
            Self::Coverage { patient_id, .. }
            | Self::Subsidy { patient_id, .. }
            | Self::Limit { patient_id, .. }
            | Self::PaidElsewhere { patient_id, .. }
            | Self::Set { patient_id, .. }
            | Self::Diagnosis { patient_id, .. }
            | Self::Visit { patient_id, .. }
            | Self::VisitSet { patient_id, .. }
            | Self::CancelVisit { patient_id, .. }
            | Self::ReceiptNote { patient_id, .. } => patient_id,
        }
    }

    /// Brings the fact to its patient; the id of what it refers to when that is unknown.
    fn apply(&self, patient: &mut Patient) -> Result<(), String> {
        match self {
            Self::Coverage { coverage, .. } => put(&mut patient.coverages, coverage, |a, b| a.id == b.id),
            Self::Subsidy { subsidy, .. } => put(&mut patient.subsidies, subsidy, |a, b| a.id == b.id),
            Self::Limit { limit, .. } => put(&mut patient.limits, limit, |a, b| a.valid_from == b.valid_from),
            Self::PaidElsewhere { subsidy_id, entry, .. } => {
                let subsidy = patient.subsidies.iter_mut().find(|subsidy| subsidy.id == *subsidy_id);
                subsidy.ok_or_else(|| format!("subsidies/{subsidy_id}"))?.paid_elsewhere.push(entry.clone());
            }
            Self::Set { set, .. } => put(&mut patient.sets, set, |a, b| a.id == b.id),
            Self::Diagnosis { diagnosis, .. } => put(&mut patient.diagnoses, diagnosis, |a, b| a.id == b.id),
            Self::Visit { visit, .. } => {
                let mut visit = visit.as_ref().clone();
                let before = patient.visits.iter().find(|known| known.id == visit.id);
                visit.collected_yen = before.and_then(|known| known.collected_yen).or(visit.collected_yen);
                put(&mut patient.visits, &visit, |a, b| a.id == b.id);
            }
            Self::VisitSet { visit_id, set_id, .. } => visit_of(patient, visit_id)?.set_id.clone_from(set_id),
            Self::CancelVisit { visit_id, .. } => visit_of(patient, visit_id)?.status = VisitStatus::Cancelled,
            Self::ReceiptNote { note, .. } => {
                let is_same = |a: &ReceiptNote, b: &ReceiptNote| a.month == b.month && a.coverage_id == b.coverage_id;
                put(&mut patient.receipt_notes, note, is_same);
            }
        }
        Ok(())
    }
}

impl Payment {
    fn apply(&self, patient: &mut Patient) -> Result<(), String> {
        let visit = visit_of(patient, &self.visit_id)?;
        visit.collected_yen = Some(visit.collected_yen.unwrap_or_default() + self.yen);
        Ok(())
    }
}

fn visit_of<'p>(patient: &'p mut Patient, id: &str) -> Result<&'p mut Visit, String> {
    patient.visits.iter_mut().find(|visit| visit.id == id).ok_or_else(|| format!("visits/{id}"))
}

fn put<T: Clone>(facts: &mut Vec<T>, fact: &T, is_same: impl Fn(&T, &T) -> bool) {
    match facts.iter_mut().find(|known| is_same(known, fact)) {
        Some(known) => *known = fact.clone(),
        None => facts.push(fact.clone()),
    }
}

impl Clinic {
    /// The document with all its events.
    pub fn with_events(self, events: &[Event]) -> (Self, Vec<Finding>) {
        let mut clinic = self;
        let mut findings = Vec::new();
        for event in in_order(events) {
            clinic.apply(event, &mut findings);
        }
        (clinic, findings)
    }

    /// The document as it was known at a moment: with the events and visits up to it.
    ///
    /// A reference that nothing has is reported (`reference-unknown`), and that fact is left out.
    pub fn known_at(self, events: &[Event], moment: Moment) -> (Self, Vec<Finding>) {
        let known: Vec<Event> = events.iter().filter(|event| event.moment() <= moment).cloned().collect();
        let (mut clinic, findings) = self.with_events(&known);
        clinic.keep_visits_until(moment);
        (clinic, findings)
    }

    /// Leaves out the visits that begin after a moment.
    pub(crate) fn keep_visits_until(&mut self, moment: Moment) {
        for patient in &mut self.patients {
            patient.visits.retain(|visit| {
                visit.date < moment.on
                    || (visit.date == moment.on && visit.started_at.is_none_or(|start| start <= moment.at))
            });
        }
    }

    /// Applies one event: its facts, then its money.
    pub(crate) fn apply(&mut self, event: &Event, findings: &mut Vec<Finding>) {
        for change in &event.changes {
            self.with_patient(event, change.patient_id(), findings, |patient| change.apply(patient));
        }
        for payment in &event.payments {
            self.with_patient(event, &payment.patient_id, findings, |patient| payment.apply(patient));
        }
        findings.extend(event.records.iter().filter_map(|record| self.unknown_return(event, record)));
    }

    /// A returned receipt of nobody is listed with its reason; it must not get lost.
    fn unknown_return(&self, event: &Event, record: &Record) -> Option<Finding> {
        let Record::Returned { month, patient_number, search_number, reason } = record else { return None };
        if self.patients.iter().any(|patient| patient.number == *patient_number) {
            return None;
        }
        let message =
            format!("検索番号 {search_number}, {month}: nobody has the カルテ番号 {patient_number}; {reason}");
        Some(Finding::confirm(code::RETURN_PATIENT_UNKNOWN, format!("events/{}", event.id), message))
    }

    fn with_patient(
        &mut self,
        event: &Event,
        id: &str,
        findings: &mut Vec<Finding>,
        apply: impl FnOnce(&mut Patient) -> Result<(), String>,
    ) {
        let applied = match self.patients.iter_mut().find(|patient| patient.id == id) {
            Some(patient) => apply(patient).map_err(|what| format!("patients/{id}/{what}")),
            None => Err(format!("patients/{id}")),
        };
        if let Err(what) = applied {
            let message = format!("the event refers to {what}, which nothing has");
            findings.push(Finding::stop(code::REFERENCE_UNKNOWN, format!("events/{}", event.id), message));
        }
    }
}

/// Events in order of time, those of one moment by id.
pub(crate) fn in_order(events: &[Event]) -> Vec<&Event> {
    let mut ordered: Vec<&Event> = events.iter().collect();
    ordered.sort_by(|a, b| (a.moment(), &a.id).cmp(&(b.moment(), &b.id)));
    ordered
}
