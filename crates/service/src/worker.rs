//! The worker: does the jobs of all clinics in turn, each in a transaction of its clinic that also ends the job.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use kernel::ClaimMonth;
use serde::Deserialize;
use serde_json::Value;
use store::jobs::{self, Claim, Failed};
use store::{Actor, Channel, Listener, PatientId, StoreError};

use crate::month::{self, RECOMPUTE_MONTHS};
use crate::{Caller, Problem, ProblemCode, Service, Work, calculation};

/// Time a claimed job has before another worker may take it.
const LEASE_S: i64 = 60;
/// Jobs claimed at once.
const CLAIM: i32 = 20;
/// How long a worker waits for a notice before it looks by itself.
const POLL: Duration = Duration::from_secs(2);

/// What a round of the worker did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Round {
    /// Jobs done.
    pub done: usize,
    /// Jobs that failed and come again.
    pub again: usize,
    /// Jobs that failed for good.
    pub dead: usize,
}

/// Does jobs.
pub struct Worker {
    service: Service,
    name: String,
}

impl Worker {
    /// A worker under a name that no other one has.
    pub const fn new(service: Service, name: String) -> Self {
        Self { service, name }
    }

    /// Does what is due until told to stop. A broken connection is tried again.
    pub fn run(&self, database_url: &str, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let Ok(mut listener) = Listener::connect(database_url, Channel::Jobs) else {
                std::thread::sleep(POLL);
                continue;
            };
            while !stop.load(Ordering::Relaxed) {
                match self.round() {
                    Ok(round) if round != Round::default() => {}
                    // Nothing was due, or the database does not answer: wait.
                    _ => {
                        if listener.wait(POLL).is_err() {
                            break;
                        }
                    }
                }
            }
        }
    }

    /// Claims some jobs and does them.
    ///
    /// # Errors
    /// When the database cannot be asked for jobs.
    pub fn round(&self) -> Result<Round, StoreError> {
        let lease = TimeDelta::seconds(LEASE_S);
        let claims = jobs::claim(self.service.database(), &self.name, self.service.now(), lease, CLAIM)?;
        let mut round = Round::default();
        for claim in claims {
            match self.work_on(&claim) {
                Ok(()) => round.done += 1,
                Err(problem) => self.give_back(&claim, &problem, &mut round),
            }
        }
        Ok(round)
    }

    fn work_on(&self, claim: &Claim) -> Result<(), Problem> {
        let caller = Caller { tenant: claim.tenant, actor: Actor::System("worker"), origin: None };
        self.service.run(&caller, |work| {
            let job = jobs::load(work.tx, claim)?;
            handle(work, &job.kind, &job.payload)?;
            jobs::complete(work.tx, claim, work.stamp.at())?;
            Ok(())
        })
    }

    fn give_back(&self, claim: &Claim, problem: &Problem, round: &mut Round) {
        let caller = Caller { tenant: claim.tenant, actor: Actor::System("worker"), origin: None };
        let text = problem.to_string();
        let failed = self.service.run(&caller, |work| Ok(jobs::fail(work.tx, claim, &text, work.stamp.at())?));
        match failed {
            Ok(Failed::Again(_)) => round.again += 1,
            Ok(Failed::Dead) => {
                round.dead += 1;
                tracing::error!(job.id = %claim.job_id, "Job {} failed for good: {text}", claim.job_id);
            }
            // Another worker has it, or the lease will end by itself.
            Err(problem) => tracing::warn!(job.id = %claim.job_id, "Job {} was left: {problem}", claim.job_id),
        }
    }
}

/// Payload of [`RECOMPUTE_MONTHS`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecomputeMonths {
    patient_id: PatientId,
    from: ClaimMonth,
}

fn handle(work: &mut Work<'_, '_>, kind: &str, payload: &Value) -> Result<(), Problem> {
    match kind {
        RECOMPUTE_MONTHS => {
            let what: RecomputeMonths = read(payload)?;
            let months = store::visits::months_since(work.tx, what.patient_id, Some(what.from.first_day()))?;
            for month in months {
                month::recompute(work, what.patient_id, month)?;
            }
            Ok(())
        }
        calculation::COMPARE => calculation::compare(work, payload).map(drop),
        _ => Err(Problem::new(ProblemCode::Internal).detail(format!("no worker knows the job {kind}"))),
    }
}

fn read<T: serde::de::DeserializeOwned>(payload: &Value) -> Result<T, Problem> {
    T::deserialize(payload).map_err(|error| Problem::new(ProblemCode::Internal).detail(error.to_string()))
}
