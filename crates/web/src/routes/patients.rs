//! Patients.

use actix_web::http::StatusCode;
use billing::clinic::Personal;
use kernel::ServiceDate;
use schemars::JsonSchema;
use serde::Deserialize;
use service::patients::{self, PatientPage, PatientProfile, PatientView, Registration};
use service::{Problem, ProblemCode, Work};
use store::PatientId;
use store::patients::Search;

use super::{NoQuery, PatientPath};
use crate::{Call, Endpoint, Method, Registry, Reply, may};

/// Patients of a page unless told otherwise.
const PAGE: usize = 50;

pub(super) fn add(registry: &mut Registry) {
    registry.add::<SearchPatients>();
    registry.add::<RegisterPatient>();
    registry.add::<ReadPatient>();
    registry.add::<RevisePatient>();
}

/// What patients are searched by; everything given must fit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PatientSearch {
    /// 患者番号, whole.
    #[serde(default)]
    number: Option<String>,
    /// How the name in kana begins; hiragana and half-width too.
    #[serde(default)]
    kana: Option<Personal<String>>,
    /// 生年月日.
    #[serde(default)]
    birth_date: Option<ServiceDate>,
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<PatientId>,
    /// Patients wanted, at most 200.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    limit: Option<usize>,
}

struct SearchPatients;

impl Endpoint for SearchPatients {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/patients";
    const ID: &'static str = "searchPatients";
    const SUMMARY: &'static str = "Patients by number, beginning of the kana, birth date";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::TooLarge];
    type Permission = may::PatientRead;
    type Path = ();
    type Query = PatientSearch;
    type Body = ();
    type Answer = PatientPage;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<PatientPage>, Problem> {
        let query = call.query;
        if let Some(number) = &query.number {
            let found = patients::find(work, number)?;
            return Ok(Reply::plain(PatientPage { patients: found.into_iter().collect(), next: None }));
        }
        let search = Search {
            kana_prefix: query.kana.clone(),
            birth_date: query.birth_date,
            after: query.cursor,
            limit: query.limit.unwrap_or(PAGE),
        };
        Ok(Reply::plain(patients::search(work, &search)?))
    }
}

struct RegisterPatient;

impl Endpoint for RegisterPatient {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/patients";
    const ID: &'static str = "registerPatient";
    const SUMMARY: &'static str = "Registers a patient";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::PatientDuplicate, ProblemCode::Duplicate];
    type Permission = may::PatientWrite;
    type Path = ();
    type Query = NoQuery;
    type Body = Registration;
    type Answer = PatientView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<PatientView>, Problem> {
        let patient = patients::register(work, call.body)?;
        let version = patient.version;
        Ok(Reply::versioned(patient, version))
    }
}

struct ReadPatient;

impl Endpoint for ReadPatient {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/patients/{number}";
    const ID: &'static str = "readPatient";
    const SUMMARY: &'static str = "A patient";
    type Permission = may::PatientRead;
    type Path = PatientPath;
    type Query = NoQuery;
    type Body = ();
    type Answer = PatientView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<PatientView>, Problem> {
        let patient = patients::read(work, &call.path.number)?;
        let version = patient.version;
        Ok(Reply::versioned(patient, version))
    }
}

struct RevisePatient;

impl Endpoint for RevisePatient {
    const METHOD: Method = Method::Put;
    const PATH: &'static str = "/v1/patients/{number}";
    const ID: &'static str = "revisePatient";
    const SUMMARY: &'static str = "Changes what is known about a patient";
    const NEEDS_VERSION: bool = true;
    type Permission = may::PatientWrite;
    type Path = PatientPath;
    type Query = NoQuery;
    type Body = PatientProfile;
    type Answer = PatientView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<PatientView>, Problem> {
        let patient = patients::revise(work, &call.path.number, call.version()?, call.body)?;
        let version = patient.version;
        Ok(Reply::versioned(patient, version))
    }
}
