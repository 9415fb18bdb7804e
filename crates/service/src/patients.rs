//! Patients: register, change, find.

use billing::clinic::Personal;
use calculation::PatientFact;
use kernel::{ServiceDate, Sex};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::patients::{self, NewPatient, Patient, Profile, Search};
use store::{PatientId, TenantTx};

use crate::{Problem, ProblemCode, Work};

/// Characters of a name at most.
const NAME_MAX: usize = 100;
/// Characters of an address at most.
const ADDRESS_MAX: usize = 400;
/// Characters of a telephone number at most.
const PHONE_MAX: usize = 40;
/// Candidates named in an answer about a possible double registration.
const CANDIDATES_MAX: usize = 5;

/// What is known about a patient (患者).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PatientProfile {
    /// 氏名, 姓 and 名 separated by one space.
    pub name: Personal<String>,
    /// カタカナ氏名, separated alike.
    pub kana: Personal<String>,
    /// 生年月日.
    pub birth_date: ServiceDate,
    /// 男女区分.
    pub sex: Sex,
    /// 住所.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Personal<String>>,
    /// 電話番号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Personal<String>>,
    /// アレルギー.
    #[serde(default)]
    pub allergies: Vec<String>,
    /// The patient declined the 明細書.
    #[serde(default)]
    pub declines_statement: bool,
    /// Dated facts.
    #[serde(default)]
    pub facts: Vec<PatientFact>,
}

/// A patient to be registered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Registration {
    /// 患者番号; absent = the next one.
    #[serde(default)]
    pub number: Option<String>,
    /// Register even when another patient has the same kana and birth date.
    #[serde(default)]
    pub force: bool,
    /// What is known.
    pub profile: PatientProfile,
}

/// A patient as answered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatientView {
    /// 患者番号.
    pub number: String,
    /// Id.
    pub id: PatientId,
    /// Version of the profile, for `If-Match`.
    pub version: i32,
    /// What is known.
    pub profile: PatientProfile,
}

impl From<Patient> for PatientView {
    fn from(patient: Patient) -> Self {
        let Profile { name, kana, birth_date, sex, address, phone, allergies, declines_statement, facts } =
            patient.profile;
        let profile =
            PatientProfile { name, kana, birth_date, sex, address, phone, allergies, declines_statement, facts };
        Self { number: patient.number, id: patient.id, version: patient.version, profile }
    }
}

impl From<&PatientProfile> for Profile {
    fn from(profile: &PatientProfile) -> Self {
        let profile = profile.clone();
        Self {
            name: profile.name,
            kana: profile.kana,
            birth_date: profile.birth_date,
            sex: profile.sex,
            address: profile.address,
            phone: profile.phone,
            allergies: profile.allergies,
            declines_statement: profile.declines_statement,
            facts: profile.facts,
        }
    }
}

/// Registers a patient.
///
/// # Errors
/// `invalid` with every wrong field, `patient-duplicate` with the candidates unless forced, `duplicate` for a
/// number that is taken.
pub fn register(work: &mut Work<'_, '_>, new: &Registration) -> Result<PatientView, Problem> {
    check(&new.profile, work.today)?;
    if !new.force {
        refuse_double(work.tx, &new.profile)?;
    }
    let number = match &new.number {
        Some(number) => number.clone(),
        None => patients::next_number(work.tx)?,
    };
    if patients::find_by_number(work.tx, &number)?.is_some() {
        return Err(Problem::new(ProblemCode::PatientDuplicate).detail("この患者番号は使われています"));
    }
    let id = PatientId::new();
    let anchor = NewPatient { id, reference: id.to_string(), number: number.clone() };
    patients::insert(work.tx, &[(anchor, Profile::from(&new.profile))], &work.stamp)?;
    work.audit_change("patient.registered", Some(id), Some(number.clone()), None, Some(as_json(&new.profile)));
    work.tell("patient.created", id.to_string(), json!({ "patientNumber": number }));
    Ok(PatientView { number, id, version: 1, profile: new.profile.clone() })
}

/// Changes what is known about a patient, on top of the version the caller saw.
///
/// # Errors
/// `not-found`, `version-conflict`, `invalid`.
pub fn revise(
    work: &mut Work<'_, '_>,
    number: &str,
    version: i32,
    profile: &PatientProfile,
) -> Result<PatientView, Problem> {
    check(profile, work.today)?;
    let before = by_number(work.tx, number)?;
    let version = patients::revise(work.tx, before.id, version, &Profile::from(profile), &work.stamp)?;
    let id = before.id;
    let before = PatientView::from(before);
    work.audit_change(
        "patient.changed",
        Some(id),
        Some(number.to_owned()),
        Some(as_json(&before.profile)),
        Some(as_json(profile)),
    );
    work.tell("patient.updated", id.to_string(), json!({ "patientNumber": number }));
    Ok(PatientView { version, profile: profile.clone(), ..before })
}

/// The patient with a number, as read by a person or machine.
///
/// # Errors
/// `not-found`.
pub fn read(work: &mut Work<'_, '_>, number: &str) -> Result<PatientView, Problem> {
    let patient = by_number(work.tx, number)?;
    work.audit("patient.read", Some(patient.id), Some(number.to_owned()));
    Ok(patient.into())
}

/// The patient with a number, if there is one.
///
/// # Errors
/// When the database cannot be asked.
pub fn find(work: &mut Work<'_, '_>, number: &str) -> Result<Option<PatientView>, Problem> {
    let found = patients::find_by_number(work.tx, number)?;
    if let Some(patient) = &found {
        work.audit("patient.read", Some(patient.id), Some(number.to_owned()));
    }
    Ok(found.map(PatientView::from))
}

/// A page of patients by kana and birth date.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatientPage {
    /// The patients.
    pub patients: Vec<PatientView>,
    /// Give it as `cursor` for the next page; absent = this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<PatientId>,
}

/// Searches patients.
///
/// # Errors
/// `too-large` for a page too long.
pub fn search(work: &mut Work<'_, '_>, search: &Search) -> Result<PatientPage, Problem> {
    let page = patients::search(work.tx, search)?;
    let numbers: Vec<&str> = page.patients.iter().map(|patient| patient.number.as_str()).collect();
    // One row for the page: whom it showed, not what was typed.
    work.audit_change("patient.searched", None, None, None, Some(json!({ "numbers": numbers })));
    Ok(PatientPage { next: page.next, patients: page.patients.into_iter().map(PatientView::from).collect() })
}

/// The patient with a number.
///
/// # Errors
/// `not-found`.
pub fn by_number(tx: &mut TenantTx<'_>, number: &str) -> Result<Patient, Problem> {
    patients::find_by_number(tx, number)?
        .ok_or_else(|| Problem::new(ProblemCode::NotFound).detail("患者番号がありません"))
}

fn refuse_double(tx: &mut TenantTx<'_>, profile: &PatientProfile) -> Result<(), Problem> {
    let search = Search {
        kana_prefix: Some(profile.kana.clone()),
        birth_date: Some(profile.birth_date),
        after: None,
        limit: CANDIDATES_MAX,
    };
    let candidates = patients::search(tx, &search)?.patients;
    if candidates.is_empty() {
        return Ok(());
    }
    let numbers: Vec<Value> = candidates.into_iter().map(|patient| patient.number.into()).collect();
    Err(Problem::new(ProblemCode::PatientDuplicate).with("candidates", numbers))
}

fn check(profile: &PatientProfile, today: ServiceDate) -> Result<(), Problem> {
    let mut problem = Problem::new(ProblemCode::Invalid);
    let mut text = |pointer: &str, text: Option<&str>, most: usize, is_needed: bool| {
        let length = text.map_or(0, |text| text.trim().chars().count());
        if length > most || (is_needed && length == 0) {
            let message = format!("{length} 文字です。{} 文字から {most} 文字までです", u8::from(is_needed));
            problem.errors.push(crate::FieldError { pointer: pointer.to_owned(), code: "length".to_owned(), message });
        }
    };
    text("/profile/name", Some(profile.name.as_str()), NAME_MAX, true);
    text("/profile/kana", Some(profile.kana.as_str()), NAME_MAX, true);
    text("/profile/address", profile.address.as_ref().map(Personal::as_str), ADDRESS_MAX, false);
    text("/profile/phone", profile.phone.as_ref().map(Personal::as_str), PHONE_MAX, false);
    if profile.birth_date > today {
        problem = problem.field("/profile/birthDate", "future", "生年月日が未来の日です");
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(problem) }
}

fn as_json(profile: &PatientProfile) -> Value {
    serde_json::to_value(profile).unwrap_or_default()
}
