//! One use case in one transaction.

use calculation::{Request, Response};
use kernel::ServiceDate;
use serde_json::Value;
use store::audit::NewEvent;
use store::calculation_settings::{self, CalculationSetting};
use store::jobs::{ATTEMPTS_DEFAULT, NewJob};
use store::{Actor, PatientId, Stamp, TenantId, TenantTx, audit, jobs, outbox};

use crate::calculator::Calculator;
use crate::{Problem, ProblemCode};

/// Attempts of a job that waits for somebody else to be back: some days.
const ATTEMPTS_PATIENT: i32 = 100;

/// Who asks, from where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The clinic.
    pub tenant: TenantId,
    /// The person or machine.
    pub actor: Actor,
    /// Address or terminal.
    pub origin: Option<String>,
}

/// What is to be written last: the audit trail, events for EMRs and screens, jobs.
#[derive(Debug, Default)]
pub struct Journal {
    audit: Vec<NewEvent>,
    events: Vec<(&'static str, String, Value)>,
    jobs: Vec<(&'static str, String, Value, i32)>,
}

/// An open transaction with who, when, from where, and what is to be put on record.
pub struct Work<'w, 't> {
    /// The transaction.
    pub tx: &'w mut TenantTx<'t>,
    /// When and by whom.
    pub stamp: Stamp,
    /// The clinic's calendar day (Japan).
    pub today: ServiceDate,
    origin: Option<String>,
    calculator: &'w Calculator<'w>,
    /// Read when the first calculation needs it.
    setting: Option<CalculationSetting>,
    journal: Journal,
}

impl<'w, 't> Work<'w, 't> {
    pub(crate) fn new(
        tx: &'w mut TenantTx<'t>,
        caller: &Caller,
        stamp: Stamp,
        today: ServiceDate,
        calculator: &'w Calculator<'w>,
    ) -> Self {
        let (origin, journal) = (caller.origin.clone(), Journal::default());
        Self { tx, stamp, today, origin, calculator, setting: None, journal }
    }

    /// Puts an access or a change on the audit trail. Every use case that shows or changes data of a patient does.
    pub fn audit(&mut self, action: &str, patient_id: Option<PatientId>, subject: Option<String>) {
        self.audit_change(action, patient_id, subject, None, None);
    }

    /// Puts a change on the audit trail, with what was there before and is there after.
    pub fn audit_change(
        &mut self,
        action: &str,
        patient_id: Option<PatientId>,
        subject: Option<String>,
        before: Option<Value>,
        after: Option<Value>,
    ) {
        let origin = self.origin.clone();
        self.journal.audit.push(NewEvent { action: action.to_owned(), patient_id, subject, before, after, origin });
    }

    /// True when the use case put something on the audit trail.
    pub fn is_audited(&self) -> bool {
        !self.journal.audit.is_empty()
    }

    /// Tells EMRs and screens that something happened: `visit.settled`. `data` holds ids, states and amounts, no
    /// names.
    pub fn tell(&mut self, kind: &'static str, subject: impl Into<String>, data: Value) {
        self.journal.events.push((kind, subject.into(), data));
    }

    /// Asks for work after the commit.
    pub fn later(&mut self, kind: &'static str, key: impl Into<String>, payload: Value) {
        self.journal.jobs.push((kind, key.into(), payload, ATTEMPTS_DEFAULT));
    }

    /// Asks for work after the commit that may have to wait for days until somebody else is back.
    pub fn later_patiently(&mut self, kind: &'static str, key: impl Into<String>, payload: Value) {
        self.journal.jobs.push((kind, key.into(), payload, ATTEMPTS_PATIENT));
    }

    /// What the clinic chose to compute with; asked once.
    pub(crate) fn calculation_setting(&mut self) -> Result<CalculationSetting, Problem> {
        match self.setting {
            Some(setting) => Ok(setting),
            None => Ok(*self.setting.insert(calculation_settings::current(self.tx)?)),
        }
    }

    /// What was chosen has changed.
    pub(crate) fn forget_setting(&mut self) {
        self.setting = None;
    }

    /// The answer to a request by whom the clinic chose: the embedded engine or the module outside.
    ///
    /// # Errors
    /// `calculation-refused`; `module-unavailable`; or, when a module outside must be asked first, a problem that
    /// makes [`Service::run`](crate::Service::run) ask it and start over.
    pub fn calculate(&mut self, request: &Request) -> Result<Response, Problem> {
        let mode = self.calculation_setting()?.mode;
        self.calculator.calculate(mode, request)
    }

    /// The answer of the module outside, whoever computes for the clinic.
    pub(crate) fn module_answer(&self, request: &Request) -> Result<Response, Problem> {
        self.calculator.module(request)
    }

    /// The answer of the embedded engine, whoever computes for the clinic.
    pub(crate) fn embedded_answer(&self, request: &Request) -> Result<Response, Problem> {
        self.calculator.embedded(request)
    }

    /// Writes the journal; nothing is done after it.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let Self { tx, stamp, today, journal, .. } = self;
        for (kind, key, payload, attempts_max) in journal.jobs {
            let job = NewJob { attempts_max, ..NewJob::now(kind, &key, payload, stamp.at()) };
            jobs::enqueue(tx, &job, stamp.at())?;
        }
        for (kind, subject, data) in &journal.events {
            outbox::append(tx, kind, subject, data, &stamp)?;
        }
        for event in &journal.audit {
            audit::append(tx, today, event, &stamp)?;
        }
        Ok(())
    }

    /// The stamp with a reason, which must say something.
    ///
    /// # Errors
    /// `reason-missing` for a blank one.
    pub fn because(&self, reason: &str) -> Result<Stamp, Problem> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(ProblemCode::ReasonMissing.into());
        }
        Ok(self.stamp.because(reason))
    }
}
