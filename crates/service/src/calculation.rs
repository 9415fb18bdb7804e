//! The choice of the calculation module, results in its place, and the comparison of both.
//!
//! A clinic computes by the embedded engine, by the module, or by the module with the embedded engine in its place
//! when it is out of reach. What the engine computed in its place is provisional: a job asks the module again,
//! lists the differences and computes the month anew. In the shadow the one that does not compute is asked
//! afterwards; that changes no result.

use ::calculation::{Difference, DifferenceKind, Request, Response, compare as differences_between};
use chrono::{DateTime, Utc};
use kernel::{ClaimMonth, Yen};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::calculation_settings::{self, CalculationMode, CalculationSetting};
use store::comparisons::{self, Outcome, Purpose, RuleCount, StoredDifference};
use store::{PatientId, document, results};

pub use crate::calculator::MODULE_UNREACHABLE;
use crate::{Problem, ProblemCode, Work, month};

/// Kind of the job that holds a stored result against the other module's answer.
pub const COMPARE: &str = "calculation.compare";

/// What a job of kind [`COMPARE`] is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompareJob {
    /// The patient.
    pub patient_id: PatientId,
    /// Month of care.
    pub month: ClaimMonth,
    /// Version of the stored result.
    pub version: i32,
    /// It is provisional; otherwise it is watched in the shadow.
    pub is_provisional: bool,
}

/// What became of a job of kind [`COMPARE`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// A newer result holds, or the facts changed: nothing to compare.
    Obsolete,
    /// Both say the same; a provisional result is now a plain one.
    Same,
    /// They differ: so many differences are listed; a provisional result was computed anew.
    Different(usize),
    /// The other module refused the month.
    Refused,
}

/// What a clinic chooses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Choice {
    /// Who computes.
    pub mode: CalculationMode,
    /// The one that does not compute is asked afterwards.
    pub is_shadowed: bool,
}

/// Records a choice on top of version `base`; answers the new version.
///
/// # Errors
/// `reason-missing`; `version-conflict` when somebody else chose meanwhile.
pub fn choose(work: &mut Work<'_, '_>, base: i32, choice: Choice, reason: &str) -> Result<i32, Problem> {
    let stamp = work.because(reason)?;
    let before = calculation_settings::current(work.tx)?;
    let version = calculation_settings::record(work.tx, base, choice.mode, choice.is_shadowed, &stamp)?;
    let text = |mode: CalculationMode, is_shadowed: bool| json!({ "mode": mode.as_str(), "isShadowed": is_shadowed });
    work.audit_change(
        "calculation.module.chosen",
        None,
        Some(version.to_string()),
        Some(text(before.mode, before.is_shadowed)),
        Some(text(choice.mode, choice.is_shadowed)),
    );
    work.forget_setting();
    Ok(version)
}

/// What the clinic chose.
///
/// # Errors
/// When the database cannot be asked.
pub fn chosen(work: &mut Work<'_, '_>) -> Result<CalculationSetting, Problem> {
    work.calculation_setting()
}

/// True for an answer of the embedded engine in place of the module.
pub fn is_fallback(response: &Response) -> bool {
    response.provisional_reasons.iter().any(|reason| reason == MODULE_UNREACHABLE)
}

/// Stores a result, and asks for its comparison where it is provisional or watched. Whoever stores a result does it
/// here. Answers the version.
///
/// # Errors
/// `version-conflict` when somebody else stored a result meanwhile.
pub fn record(
    work: &mut Work<'_, '_>,
    patient: PatientId,
    request: &Request,
    response: &Response,
) -> Result<i32, Problem> {
    let version = results::append(work.tx, patient, request, response, &work.stamp)?;
    let is_provisional = is_fallback(response);
    if is_provisional || work.calculation_setting()?.is_shadowed {
        let job = CompareJob { patient_id: patient, month: response.month, version, is_provisional };
        // One job for each version: one that waits for an older version must not stand for this one.
        let key = format!("{patient}/{}/{version}/{is_provisional}", response.month);
        work.later_patiently(COMPARE, key, store::jobs::payload(&job)?);
    }
    Ok(version)
}

/// Does a job of kind [`COMPARE`], in the transaction that ends it. Doing it twice changes nothing.
///
/// # Errors
/// `module-unavailable` while the module does not answer: nothing is changed, the job comes back. Otherwise, when
/// the module must be asked first, a problem that makes [`Service::run`](crate::Service::run) ask it and start over.
pub fn compare(work: &mut Work<'_, '_>, payload: &Value) -> Result<Comparison, Problem> {
    let job = CompareJob::deserialize(payload)
        .map_err(|_| Problem::new(ProblemCode::Internal).detail("the payload is of another kind of job"))?;
    let patient = job.patient_id;
    let purpose = if job.is_provisional { Purpose::Provisional } else { Purpose::Shadow };
    let compared = comparisons::Compared { patient_id: patient, month: job.month, version: job.version, purpose };
    let stored = results::current(work.tx, &[patient], job.month)?.pop();
    let Some(stored) = stored.filter(|stored| stored.version == job.version) else { return Ok(Comparison::Obsolete) };
    if comparisons::is_recorded(work.tx, compared)? {
        return Ok(Comparison::Obsolete);
    }
    let (request, _) = document::request(work.tx, patient, job.month)?;
    let Some(request) = request.map(|request| request.request) else { return Ok(Comparison::Obsolete) };
    let is_unchanged = results::request_hash(&request)? == stored.request_hash;
    if !job.is_provisional && !is_unchanged {
        return Ok(Comparison::Obsolete);
    }
    let module = answered(work.module_answer(&request))?;
    let embedded = answered(work.embedded_answer(&request))?;
    let differences = differences(&embedded, &module);
    let outcome = match (&embedded, &module) {
        _ if differences.is_empty() => Outcome::Same,
        (Ok(_), Ok(_)) => Outcome::Different,
        _ => Outcome::Refused,
    };
    let due_yen = (embedded.as_ref().ok().map(due), module.as_ref().ok().map(due));
    comparisons::record(work.tx, compared, outcome, &differences, due_yen, &work.stamp)?;
    let subject = format!("{} version {}", job.month, job.version);
    work.audit("calculation.compared", Some(patient), Some(subject));
    if job.is_provisional {
        compute_anew(work, &job, outcome, due_yen)?;
    }
    Ok(match outcome {
        Outcome::Same => Comparison::Same,
        Outcome::Different => Comparison::Different(differences.len()),
        Outcome::Refused => Comparison::Refused,
    })
}

/// The month by the answer that is now at hand: a new version of the result, visits and settlements in line with it.
fn compute_anew(
    work: &mut Work<'_, '_>,
    job: &CompareJob,
    outcome: Outcome,
    due_yen: (Option<i64>, Option<i64>),
) -> Result<(), Problem> {
    let patient = job.patient_id;
    let month = month::recompute(work, patient, job.month)?;
    let version = month.result.as_ref().map(|(version, _)| *version);
    let kind = if outcome == Outcome::Same { "calculation.confirmed" } else { "calculation.changed" };
    let data = json!({
        "month": job.month, "provisionalVersion": job.version, "version": version, "outcome": outcome.as_str(),
        "dueBeforeYen": due_yen.0, "dueYen": due_yen.1,
    });
    work.tell(kind, patient.to_string(), data);
    Ok(())
}

type Answered = Result<Response, String>;

/// A refusal is an answer; everything else that is no response ends the job's attempt.
fn answered(answer: Result<Response, Problem>) -> Result<Answered, Problem> {
    match answer {
        Ok(response) => Ok(Ok(response)),
        Err(problem) if problem.code == ProblemCode::CalculationRefused => {
            let code = problem.more.get("reason").and_then(Value::as_str).unwrap_or_default();
            Ok(Err(code.to_owned()))
        }
        Err(problem) => Err(problem),
    }
}

fn differences(embedded: &Answered, module: &Answered) -> Vec<Difference> {
    let refusal = |embedded: Option<&String>, module: Option<&String>| {
        let (embedded, module) = (embedded.cloned(), module.cloned());
        let subject = "month".to_owned();
        Difference { visit_id: None, kind: DifferenceKind::Refusal, subject, rules: Vec::new(), embedded, module }
    };
    match (embedded, module) {
        (Ok(embedded), Ok(module)) => differences_between(embedded, module),
        (Err(ours), Err(theirs)) if ours == theirs => Vec::new(),
        (ours, theirs) => vec![refusal(ours.as_ref().err(), theirs.as_ref().err())],
    }
}

fn due(response: &Response) -> i64 {
    response.month_charge.iter().map(|charge| charge.due_yen).sum::<Yen>().get()
}

/// How often each rule was behind a difference found in a time, the most frequent first.
///
/// # Errors
/// When the database cannot be asked.
pub fn differences_by_rule(
    work: &mut Work<'_, '_>,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<RuleCount>, Problem> {
    Ok(comparisons::by_rule(work.tx, from, before, limit)?)
}

/// The differences of a patient's month, newest result first.
///
/// # Errors
/// When the database cannot be asked.
pub fn differences_of_month(
    work: &mut Work<'_, '_>,
    patient: PatientId,
    month: ClaimMonth,
    limit: i64,
) -> Result<Vec<StoredDifference>, Problem> {
    work.audit("calculation.differences.read", Some(patient), Some(month.to_string()));
    Ok(comparisons::differences(work.tx, patient, month, limit)?)
}
