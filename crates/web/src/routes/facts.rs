//! What is known about a patient in versions: 保険, 公費, 限度額, マル長, 保険組合せ, 傷病名; one shape for all.

use billing::clinic::{Coverage, Diagnosis};
use calculation::{History, LimitClass, PayerSet, SpecificDisease, Subsidy};
use kernel::ServiceDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::patients::by_number;
use service::{Problem, ProblemCode, Work, month};
use store::payers::{coverages, limits, sets, specific_diseases, subsidies};
use store::{Fact, VisitId, diagnoses};

use super::{NoQuery, PatientPath};
use crate::{Call, Endpoint, Method, Registry, Reply, may};

/// A fact with its version.
#[derive(Debug, Serialize, JsonSchema)]
struct FactView<T> {
    /// Name of the fact inside the patient.
    reference: String,
    /// Version, for `If-Match`.
    version: i32,
    /// The fact.
    value: T,
}

impl<T> From<Fact<T>> for FactView<T> {
    fn from(fact: Fact<T>) -> Self {
        Self { reference: fact.reference, version: fact.version, value: fact.value }
    }
}

/// The facts of a patient that now hold.
#[derive(Debug, Serialize, JsonSchema)]
struct FactList<T> {
    /// The facts, by reference.
    facts: Vec<FactView<T>>,
}

/// What a change of a fact led to.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FactAnswer {
    /// Version of the fact.
    version: i32,
    /// Visits that were computed again.
    recomputed_visits: Vec<VisitId>,
}

/// Names in the path of one fact.
#[derive(Debug, Deserialize, JsonSchema)]
struct FactPath {
    /// 患者番号.
    number: String,
    /// Name of the fact inside the patient, at most 64 characters.
    reference: String,
}

/// Which version is withdrawn.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReasonQuery {
    /// Why.
    reason: String,
}

/// From which day on a fact may change what was charged.
trait Since {
    fn since(&self) -> Option<ServiceDate>;
    /// The name the fact has inside itself, where it has one.
    fn own_id(&self) -> Option<&str>;
}

macro_rules! since {
    ($type:ty, |$fact:ident| $since:expr, $own_id:expr) => {
        impl Since for $type {
            fn since(&self) -> Option<ServiceDate> {
                let read: fn(&Self) -> Option<ServiceDate> = |$fact| $since;
                read(self)
            }
            fn own_id(&self) -> Option<&str> {
                let read: fn(&Self) -> Option<&str> = $own_id;
                read(self)
            }
        }
    };
}

since!(Coverage, |fact| Some(fact.valid_from), |fact| Some(&fact.id));
since!(Subsidy, |fact| Some(fact.valid_from), |fact| Some(&fact.id));
since!(LimitClass, |fact| Some(fact.valid_from), |_| None);
since!(SpecificDisease, |fact| Some(fact.valid_from), |_| None);
since!(PayerSet, |_fact| None, |fact| Some(&fact.id));
since!(Diagnosis, |fact| Some(fact.started_on), |fact| Some(&fact.id));

fn check_reference(path: &FactPath, own: Option<&str>) -> Result<(), Problem> {
    if own.is_some_and(|own| own != path.reference) {
        return Err(Problem::invalid("/id", "mismatch", "id がパスの名前と違います"));
    }
    if !(1..=64).contains(&path.reference.chars().count()) {
        return Err(Problem::new(ProblemCode::NotFound));
    }
    Ok(())
}

fn as_json<T: Serialize>(value: &T) -> Option<Value> {
    serde_json::to_value(value).ok()
}

macro_rules! fact_routes {
    ($module:ident, $type:ty, $name:literal, $title:literal, $id:literal, $read:ident, $write:ident,
     $list:ident, $record:ident, $withdraw:ident) => {
        struct $list;

        impl Endpoint for $list {
            const METHOD: Method = Method::Get;
            const PATH: &'static str = concat!("/v1/patients/{number}/", $name);
            const ID: &'static str = concat!("list", $id);
            const SUMMARY: &'static str = concat!($title, " of a patient");
            type Permission = may::$read;
            type Path = PatientPath;
            type Query = NoQuery;
            type Body = ();
            type Answer = FactList<$type>;

            fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<FactList<$type>>, Problem> {
                let patient = by_number(work.tx, &call.path.number)?.id;
                let facts = $module::current(work.tx, &[patient])?;
                work.audit(concat!($name, ".read"), Some(patient), None);
                Ok(Reply::plain(FactList { facts: facts.into_iter().map(FactView::from).collect() }))
            }
        }

        struct $record;

        impl Endpoint for $record {
            const METHOD: Method = Method::Put;
            const PATH: &'static str = concat!("/v1/patients/{number}/", $name, "/{reference}");
            const ID: &'static str = concat!("record", $id);
            const SUMMARY: &'static str =
                concat!("Records ", $title, " on top of the version the caller saw (0 = new); the months follow");
            const NEEDS_VERSION: bool = true;
            const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::ModuleUnavailable];
            type Permission = may::$write;
            type Path = FactPath;
            type Query = NoQuery;
            type Body = $type;
            type Answer = FactAnswer;

            fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<FactAnswer>, Problem> {
                check_reference(call.path, call.body.own_id())?;
                let patient = by_number(work.tx, &call.path.number)?.id;
                let reference = call.path.reference.as_str();
                let before = $module::current(work.tx, &[patient])?;
                let before = before.into_iter().find(|fact| fact.reference == reference).map(|fact| fact.value);
                let version = $module::record(work.tx, patient, reference, call.version()?, call.body, &work.stamp)?;
                let since = match &before {
                    Some(before) => before.since().min(call.body.since()),
                    None => call.body.since(),
                };
                work.audit_change(
                    concat!($name, ".recorded"),
                    Some(patient),
                    Some(reference.to_owned()),
                    before.as_ref().and_then(as_json),
                    as_json(call.body),
                );
                work.tell(concat!($name, ".changed"), patient.to_string(), json!({ "reference": reference }));
                let recomputed_visits = month::recompute_since(work, patient, since)?;
                Ok(Reply::versioned(FactAnswer { version, recomputed_visits }, version))
            }
        }

        struct $withdraw;

        impl Endpoint for $withdraw {
            const METHOD: Method = Method::Delete;
            const PATH: &'static str = concat!("/v1/patients/{number}/", $name, "/{reference}");
            const ID: &'static str = concat!("withdraw", $id);
            const SUMMARY: &'static str = concat!("Says that ", $title, " never held; the months follow");
            const NEEDS_VERSION: bool = true;
            const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::ReasonMissing, ProblemCode::ModuleUnavailable];
            type Permission = may::$write;
            type Path = FactPath;
            type Query = ReasonQuery;
            type Body = ();
            type Answer = FactAnswer;

            fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<FactAnswer>, Problem> {
                let patient = by_number(work.tx, &call.path.number)?.id;
                let reference = call.path.reference.as_str();
                let before = $module::current(work.tx, &[patient])?;
                let before = before.into_iter().find(|fact| fact.reference == reference).map(|fact| fact.value);
                let stamp = work.because(&call.query.reason)?;
                let version = $module::withdraw(work.tx, patient, reference, call.version()?, &stamp)?;
                work.audit_change(
                    concat!($name, ".withdrawn"),
                    Some(patient),
                    Some(reference.to_owned()),
                    before.as_ref().and_then(as_json),
                    None,
                );
                work.tell(concat!($name, ".changed"), patient.to_string(), json!({ "reference": reference }));
                let since = before.as_ref().and_then(Since::since);
                let recomputed_visits = month::recompute_since(work, patient, since)?;
                Ok(Reply::versioned(FactAnswer { version, recomputed_visits }, version))
            }
        }
    };
}

fact_routes!(
    coverages,
    Coverage,
    "coverages",
    "insurance (保険)",
    "Coverage",
    PatientRead,
    InsuranceWrite,
    ListCoverages,
    RecordCoverage,
    WithdrawCoverage
);
fact_routes!(
    subsidies,
    Subsidy,
    "subsidies",
    "a public subsidy (公費)",
    "Subsidy",
    PatientRead,
    InsuranceWrite,
    ListSubsidies,
    RecordSubsidy,
    WithdrawSubsidy
);
fact_routes!(
    limits,
    LimitClass,
    "limits",
    "a limit class (限度額適用区分)",
    "Limit",
    PatientRead,
    InsuranceWrite,
    ListLimits,
    RecordLimit,
    WithdrawLimit
);
fact_routes!(
    specific_diseases,
    SpecificDisease,
    "specific-diseases",
    "a certificate of マル長",
    "SpecificDisease",
    PatientRead,
    InsuranceWrite,
    ListSpecificDiseases,
    RecordSpecificDisease,
    WithdrawSpecificDisease
);
fact_routes!(
    sets,
    PayerSet,
    "coverage-sets",
    "a payer set (保険組合せ)",
    "CoverageSet",
    PatientRead,
    InsuranceWrite,
    ListSets,
    RecordSet,
    WithdrawSet
);
fact_routes!(
    diagnoses,
    Diagnosis,
    "diagnoses",
    "a diagnosis (傷病名)",
    "Diagnosis",
    PatientRead,
    DiagnosisWrite,
    ListDiagnoses,
    RecordDiagnosis,
    WithdrawDiagnosis
);

/// Version of what was recorded.
#[derive(Debug, Serialize, JsonSchema)]
struct Recorded {
    /// Version, for `If-Match`.
    version: i32,
}

struct RecordHistory;

impl Endpoint for RecordHistory {
    const METHOD: Method = Method::Put;
    const PATH: &'static str = "/v1/patients/{number}/history";
    const ID: &'static str = "recordHistory";
    const SUMMARY: &'static str =
        "Records what earlier months claimed here before Tensu (0 = first); the months follow";
    const NEEDS_VERSION: bool = true;
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::ModuleUnavailable];
    type Permission = may::BillCorrect;
    type Path = PatientPath;
    type Query = NoQuery;
    type Body = History;
    type Answer = Recorded;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<Recorded>, Problem> {
        let patient = by_number(work.tx, &call.path.number)?.id;
        let version = store::patients::record_history(work.tx, patient, call.version()?, call.body, &work.stamp)?;
        work.audit_change("history.recorded", Some(patient), None, None, as_json(call.body));
        month::recompute_since(work, patient, None)?;
        Ok(Reply::versioned(Recorded { version }, version))
    }
}

pub(super) fn add(registry: &mut Registry) {
    registry.add::<RecordHistory>();
    registry.add::<ListCoverages>();
    registry.add::<RecordCoverage>();
    registry.add::<WithdrawCoverage>();
    registry.add::<ListSubsidies>();
    registry.add::<RecordSubsidy>();
    registry.add::<WithdrawSubsidy>();
    registry.add::<ListLimits>();
    registry.add::<RecordLimit>();
    registry.add::<WithdrawLimit>();
    registry.add::<ListSpecificDiseases>();
    registry.add::<RecordSpecificDisease>();
    registry.add::<WithdrawSpecificDisease>();
    registry.add::<ListSets>();
    registry.add::<RecordSet>();
    registry.add::<WithdrawSet>();
    registry.add::<ListDiagnoses>();
    registry.add::<RecordDiagnosis>();
    registry.add::<WithdrawDiagnosis>();
}
