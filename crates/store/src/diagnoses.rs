//! 傷病名 of patients.

use billing::clinic::Diagnosis;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use kernel::ServiceDate;

use crate::convert::{code_text, code_value, day, day_or_none, parsed, small};
use crate::schema::diagnoses;
use crate::{Fact, PatientId, Stamp, StoreError, TenantId, TenantTx};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = diagnoses, check_for_backend(Pg))]
struct Row {
    tenant_id: TenantId,
    patient_id: PatientId,
    diagnosis_ref: String,
    version: i32,
    is_withdrawn: bool,
    code: String,
    uncoded_text: Option<String>,
    modifiers: Vec<String>,
    started_on: NaiveDate,
    ended_on: Option<NaiveDate>,
    outcome: Option<i16>,
    is_main: bool,
    remark: Option<String>,
    other_payer: Option<String>,
    recorded_at: DateTime<Utc>,
    recorded_by: String,
    reason: Option<String>,
}

impl Row {
    fn new(
        tenant_id: TenantId,
        patient_id: PatientId,
        reference: &str,
        version: i32,
        diagnosis: &Diagnosis,
        stamp: &Stamp,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            tenant_id,
            patient_id,
            diagnosis_ref: reference.to_owned(),
            version,
            is_withdrawn: false,
            code: diagnosis.code.to_string(),
            uncoded_text: diagnosis.text.clone(),
            modifiers: diagnosis.modifiers.iter().map(ToString::to_string).collect(),
            started_on: diagnosis.started_on.naive(),
            ended_on: diagnosis.ended_on.map(ServiceDate::naive),
            outcome: diagnosis.outcome.map(i16::from),
            is_main: diagnosis.is_main,
            remark: diagnosis.comment.clone(),
            other_payer: diagnosis.other_payer.map(|other| code_text(&other, "other payer")).transpose()?,
            recorded_at: stamp.at(),
            recorded_by: stamp.by(),
            reason: stamp.reason().map(str::to_owned),
        })
    }

    fn value(&self) -> Result<Diagnosis, StoreError> {
        let modifiers: Result<_, _> = self.modifiers.iter().map(|code| parsed(code, "modifier")).collect();
        let other = self.other_payer.as_deref();
        Ok(Diagnosis {
            id: self.diagnosis_ref.clone(),
            code: parsed(&self.code, "diagnosis code")?,
            text: self.uncoded_text.clone(),
            modifiers: modifiers?,
            started_on: day(self.started_on)?,
            ended_on: day_or_none(self.ended_on)?,
            outcome: self.outcome.map(|outcome| small(outcome, "outcome")).transpose()?,
            is_main: self.is_main,
            comment: self.remark.clone(),
            other_payer: other.map(|other| code_value(other, "other payer")).transpose()?,
        })
    }
}

crate::facts::patient_fact_queries!(diagnoses, diagnosis_ref, Row, Diagnosis, "the diagnosis");

/// Diagnoses of a patient under treatment on some day of a span.
///
/// # Errors
/// As [`current`].
pub fn active(
    tx: &mut TenantTx<'_>,
    patient: PatientId,
    first: ServiceDate,
    last: ServiceDate,
) -> Result<Vec<Fact<Diagnosis>>, StoreError> {
    let mut facts = current(tx, &[patient])?;
    facts.retain(|fact| fact.value.is_active(first, last));
    Ok(facts)
}
