//! Patients (患者): who they are, in versions, and how they are found.

use billing::clinic::Personal;
use calculation::{History, PatientFact};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types;
use kernel::{ServiceDate, Sex};
use serde_json::Value;

use crate::convert::{code_text, code_value, day, from_json, to_json};
use crate::facts::{ROWS_PER_INSERT, check_count};
use crate::kana::search_key;
use crate::schema::{patient_histories, patient_versions, patients};
use crate::{PatientId, Stamp, StoreError, TenantId, TenantTx};

/// Patients of one page at most.
pub const PAGE_MAX: usize = 200;

/// What never changes about a patient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPatient {
    /// Id.
    pub id: PatientId,
    /// The id that the calculation and clinic documents use.
    pub reference: String,
    /// カルテ番号.
    pub number: String,
}

/// What is known about a patient (氏名 and so on), one version.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// 氏名.
    pub name: Personal<String>,
    /// カタカナ氏名.
    pub kana: Personal<String>,
    /// 生年月日.
    pub birth_date: ServiceDate,
    /// 男女区分.
    pub sex: Sex,
    /// 住所.
    pub address: Option<Personal<String>>,
    /// 電話番号.
    pub phone: Option<Personal<String>>,
    /// アレルギー.
    pub allergies: Vec<String>,
    /// The patient declined the 明細書.
    pub declines_statement: bool,
    /// Dated facts.
    pub facts: Vec<PatientFact>,
}

/// A patient as now known.
#[derive(Clone, PartialEq, Debug)]
pub struct Patient {
    /// Id.
    pub id: PatientId,
    /// The id that the calculation and clinic documents use.
    pub reference: String,
    /// カルテ番号.
    pub number: String,
    /// Version of the profile, rising from 1.
    pub version: i32,
    /// The profile.
    pub profile: Profile,
}

/// What a clerk searches by. Everything given must fit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Search {
    /// How the name in kana begins; any width, hiragana too.
    pub kana_prefix: Option<Personal<String>>,
    /// 生年月日.
    pub birth_date: Option<ServiceDate>,
    /// The last patient of the page before.
    pub after: Option<PatientId>,
    /// Patients wanted, at most [`PAGE_MAX`].
    pub limit: usize,
}

/// A page of patients by kana.
#[derive(Clone, PartialEq, Debug)]
pub struct Page {
    /// The patients.
    pub patients: Vec<Patient>,
    /// Give it as `after` for the next page; none = this is the last.
    pub next: Option<PatientId>,
}

#[derive(Insertable)]
#[diesel(table_name = patients, check_for_backend(Pg))]
struct AnchorRow {
    tenant_id: TenantId,
    patient_id: PatientId,
    reference: String,
    number: String,
    created_at: DateTime<Utc>,
    created_by: String,
}

#[derive(Queryable, Selectable, Insertable, QueryableByName)]
#[diesel(table_name = patient_versions, check_for_backend(Pg))]
struct VersionRow {
    tenant_id: TenantId,
    patient_id: PatientId,
    version: i32,
    name: String,
    kana: String,
    kana_key: String,
    birth_date: NaiveDate,
    sex: String,
    address: Option<String>,
    phone: Option<String>,
    allergies: Vec<String>,
    declines_statement: bool,
    facts: Value,
    recorded_at: DateTime<Utc>,
    recorded_by: String,
    reason: Option<String>,
}

impl VersionRow {
    fn new(
        tenant_id: TenantId,
        patient_id: PatientId,
        version: i32,
        profile: &Profile,
        stamp: &Stamp,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            tenant_id,
            patient_id,
            version,
            name: profile.name.get().clone(),
            kana: profile.kana.get().clone(),
            kana_key: search_key(profile.kana.as_str()),
            birth_date: profile.birth_date.naive(),
            sex: code_text(&profile.sex, "sex")?,
            address: profile.address.as_ref().map(|text| text.get().clone()),
            phone: profile.phone.as_ref().map(|text| text.get().clone()),
            allergies: profile.allergies.clone(),
            declines_statement: profile.declines_statement,
            facts: to_json(&profile.facts, "patient facts")?,
            recorded_at: stamp.at(),
            recorded_by: stamp.by(),
            reason: stamp.reason().map(str::to_owned),
        })
    }

    fn into_patient(self, reference: String, number: String) -> Result<Patient, StoreError> {
        Ok(Patient {
            id: self.patient_id,
            reference,
            number,
            version: self.version,
            profile: Profile {
                name: Personal::new(self.name),
                kana: Personal::new(self.kana),
                birth_date: day(self.birth_date)?,
                sex: code_value(&self.sex, "sex")?,
                address: self.address.map(Personal::new),
                phone: self.phone.map(Personal::new),
                allergies: self.allergies,
                declines_statement: self.declines_statement,
                facts: from_json(self.facts, "patient facts")?,
            },
        })
    }
}

/// Records new patients with their first profile.
///
/// # Errors
/// `Duplicate` for an id, reference or number that is taken.
pub fn insert(tx: &mut TenantTx<'_>, new: &[(NewPatient, Profile)], stamp: &Stamp) -> Result<(), StoreError> {
    let tenant_id = tx.tenant();
    for chunk in new.chunks(ROWS_PER_INSERT) {
        let anchors: Vec<AnchorRow> = chunk
            .iter()
            .map(|(patient, _)| AnchorRow {
                tenant_id,
                patient_id: patient.id,
                reference: patient.reference.clone(),
                number: patient.number.clone(),
                created_at: stamp.at(),
                created_by: stamp.by(),
            })
            .collect();
        let versions: Result<Vec<VersionRow>, StoreError> =
            chunk.iter().map(|(patient, profile)| VersionRow::new(tenant_id, patient.id, 1, profile, stamp)).collect();
        diesel::insert_into(patients::table).values(anchors).execute(tx.connection())?;
        diesel::insert_into(patient_versions::table).values(versions?).execute(tx.connection())?;
    }
    Ok(())
}

/// Records what is now known about a patient, on top of version `base`; answers the new version.
///
/// # Errors
/// `NotFound`, or `Conflict` when somebody else recorded a version first.
pub fn revise(
    tx: &mut TenantTx<'_>,
    patient: PatientId,
    base: i32,
    profile: &Profile,
    stamp: &Stamp,
) -> Result<i32, StoreError> {
    const WHAT: &str = "the patient";
    let found: Option<i32> = patient_versions::table
        .filter(patient_versions::tenant_id.eq(tx.tenant()))
        .filter(patient_versions::patient_id.eq(patient))
        .select(diesel::dsl::max(patient_versions::version))
        .first(tx.connection())?;
    let found = found.ok_or(StoreError::NotFound { what: WHAT })?;
    if found != base {
        return Err(StoreError::Conflict { what: WHAT, expected: base, found });
    }
    let version = base.saturating_add(1);
    let row = VersionRow::new(tx.tenant(), patient, version, profile, stamp)?;
    diesel::insert_into(patient_versions::table)
        .values(&row)
        .execute(tx.connection())
        .map_err(|error| StoreError::from(error).into_conflict(WHAT, base))?;
    Ok(version)
}

/// The patients with these ids, by reference; ids of nobody are left out.
///
/// # Errors
/// `Bound` above the patients of one read.
pub fn find(tx: &mut TenantTx<'_>, ids: &[PatientId]) -> Result<Vec<Patient>, StoreError> {
    check_count(ids)?;
    let rows: Vec<(String, String, VersionRow)> = patient_versions::table
        .inner_join(
            patients::table.on(patients::tenant_id
                .eq(patient_versions::tenant_id)
                .and(patients::patient_id.eq(patient_versions::patient_id))),
        )
        .filter(patients::tenant_id.eq(tx.tenant()))
        .filter(patients::patient_id.eq_any(ids))
        .distinct_on(patients::reference)
        .order_by((patients::reference, patient_versions::version.desc()))
        .select((patients::reference, patients::number, VersionRow::as_select()))
        .load(tx.connection())?;
    rows.into_iter().map(|(reference, number, row)| row.into_patient(reference, number)).collect()
}

/// The patient with a カルテ番号.
///
/// # Errors
/// When the database cannot be asked.
pub fn find_by_number(tx: &mut TenantTx<'_>, number: &str) -> Result<Option<Patient>, StoreError> {
    let id: Option<PatientId> = patients::table
        .filter(patients::tenant_id.eq(tx.tenant()))
        .filter(patients::number.eq(number))
        .select(patients::patient_id)
        .first(tx.connection())
        .optional()?;
    match id {
        Some(id) => Ok(find(tx, &[id])?.pop()),
        None => Ok(None),
    }
}

/// The number after the highest one that is all digits, five digits at least.
///
/// # Errors
/// When the database cannot be asked.
pub fn next_number(tx: &mut TenantTx<'_>) -> Result<String, StoreError> {
    #[derive(QueryableByName)]
    struct Next {
        #[diesel(sql_type = sql_types::BigInt)]
        next: i64,
    }
    let query = diesel::sql_query(
        "SELECT coalesce(max(number::bigint), 0) + 1 AS next FROM patients \
         WHERE tenant_id = $1 AND number ~ '^[0-9]{1,12}$'",
    );
    let row: Next = query.bind::<sql_types::BigInt, _>(tx.tenant()).get_result(tx.connection())?;
    Ok(format!("{:05}", row.next))
}

/// One page of patients by kana prefix and birth date.
///
/// # Errors
/// `Bound` above [`PAGE_MAX`].
pub fn search(tx: &mut TenantTx<'_>, search: &Search) -> Result<Page, StoreError> {
    if search.limit == 0 || search.limit > PAGE_MAX {
        return Err(StoreError::Bound { what: "patients of a page", received: search.limit, allowed: PAGE_MAX });
    }
    let ids = search_ids(tx, search)?;
    let wanted: Vec<PatientId> = ids.iter().take(search.limit).copied().collect();
    let mut patients = find(tx, &wanted)?;
    patients.sort_by_key(|patient| wanted.iter().position(|id| *id == patient.id));
    let next = if ids.len() > search.limit { wanted.last().copied() } else { None };
    Ok(Page { patients, next })
}

/// Ids in the order of kana, one more than the page has.
fn search_ids(tx: &mut TenantTx<'_>, search: &Search) -> Result<Vec<PatientId>, StoreError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = sql_types::Uuid)]
        patient_id: PatientId,
    }
    let mut query = diesel::sql_query(
        "SELECT p.patient_id FROM patient_versions p WHERE p.tenant_id = $1 AND NOT EXISTS (\
         SELECT FROM patient_versions n WHERE n.tenant_id = p.tenant_id AND n.patient_id = p.patient_id \
         AND n.version > p.version)",
    )
    .into_boxed::<Pg>()
    .bind::<sql_types::BigInt, _>(tx.tenant());
    let mut place = 1;
    let mut next_place = || {
        place += 1;
        place
    };
    if let Some(prefix) = &search.kana_prefix {
        let key = search_key(prefix.as_str());
        let (from, to) = (next_place(), next_place());
        query = query
            .sql(format!(" AND p.kana_key >= ${from} AND p.kana_key < ${to}"))
            .bind::<sql_types::Text, _>(key.clone())
            .bind::<sql_types::Text, _>(format!("{key}\u{10FFFF}"));
    }
    if let Some(birth_date) = search.birth_date {
        let day = next_place();
        query = query.sql(format!(" AND p.birth_date = ${day}")).bind::<sql_types::Date, _>(birth_date.naive());
    }
    if let Some(after) = search.after {
        let id = next_place();
        query = query
            .sql(format!(
                " AND (p.kana_key, p.patient_id) > (SELECT a.kana_key, a.patient_id FROM patient_versions a \
                 WHERE a.tenant_id = p.tenant_id AND a.patient_id = ${id} ORDER BY a.version DESC LIMIT 1)"
            ))
            .bind::<sql_types::Uuid, _>(after);
    }
    let limit = i64::try_from(search.limit).unwrap_or(i64::MAX).saturating_add(1);
    let last = next_place();
    let query =
        query.sql(format!(" ORDER BY p.kana_key, p.patient_id LIMIT ${last}")).bind::<sql_types::BigInt, _>(limit);
    let rows: Vec<Found> = query.load(tx.connection())?;
    Ok(rows.into_iter().map(|row| row.patient_id).collect())
}

/// Records what earlier months claimed here before Tensu (移行した算定履歴), on top of version `base`.
///
/// # Errors
/// `Conflict` when somebody else recorded a version first.
pub fn record_history(
    tx: &mut TenantTx<'_>,
    patient: PatientId,
    base: i32,
    history: &History,
    stamp: &Stamp,
) -> Result<i32, StoreError> {
    const WHAT: &str = "the imported history";
    let found: Option<i32> = patient_histories::table
        .filter(patient_histories::tenant_id.eq(tx.tenant()))
        .filter(patient_histories::patient_id.eq(patient))
        .select(diesel::dsl::max(patient_histories::version))
        .first(tx.connection())?;
    let found = found.unwrap_or(0);
    if found != base {
        return Err(StoreError::Conflict { what: WHAT, expected: base, found });
    }
    let version = base.saturating_add(1);
    diesel::insert_into(patient_histories::table)
        .values((
            patient_histories::tenant_id.eq(tx.tenant()),
            patient_histories::patient_id.eq(patient),
            patient_histories::version.eq(version),
            patient_histories::content.eq(to_json(history, "history")?),
            patient_histories::recorded_at.eq(stamp.at()),
            patient_histories::recorded_by.eq(stamp.by()),
            patient_histories::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())
        .map_err(|error| StoreError::from(error).into_conflict(WHAT, base))?;
    Ok(version)
}

/// Imported histories of some patients.
///
/// # Errors
/// `Bound` above the patients of one read.
pub fn histories(tx: &mut TenantTx<'_>, ids: &[PatientId]) -> Result<Vec<(PatientId, History)>, StoreError> {
    check_count(ids)?;
    let rows: Vec<(PatientId, Value)> = patient_histories::table
        .filter(patient_histories::tenant_id.eq(tx.tenant()))
        .filter(patient_histories::patient_id.eq_any(ids))
        .distinct_on(patient_histories::patient_id)
        .order_by((patient_histories::patient_id, patient_histories::version.desc()))
        .select((patient_histories::patient_id, patient_histories::content))
        .load(tx.connection())?;
    rows.into_iter().map(|(id, content)| Ok((id, from_json(content, "history")?))).collect()
}
