//! Stored results held against the answer of the other calculation module, with the differences by rule.

use calculation::Difference;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types;
use kernel::ClaimMonth;

use crate::convert::month_column;
use crate::id::text_code;
use crate::schema::{calculation_comparisons, calculation_differences};
use crate::{PatientId, Stamp, StoreError, TenantTx};

/// Differences kept of one comparison.
pub const DIFFERENCES_MAX: usize = 1_000;
/// Rows of one page at most.
pub const PAGE_MAX: i64 = 1_000;
/// Characters kept of a subject or of what a side said.
const CHARACTERS_MAX: usize = 400;

text_code! {
    /// Why two answers were compared.
    Purpose {
        /// The embedded engine had answered in place of the module.
        Provisional = "provisional",
        /// Both are watched.
        Shadow = "shadow",
    }
}

text_code! {
    /// What came of it.
    Outcome {
        /// The same lines, charges, claims and findings.
        Same = "same",
        /// Something differs.
        Different = "different",
        /// The other module refused the month.
        Refused = "refused",
    }
}

/// The result that was compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Compared {
    /// The patient.
    pub patient_id: PatientId,
    /// Month of care.
    pub month: ClaimMonth,
    /// Version of the stored result.
    pub version: i32,
    /// Why.
    pub purpose: Purpose,
}

/// What is known of a comparison.
#[derive(Clone, PartialEq, Eq, Debug, Queryable, Selectable)]
#[diesel(table_name = calculation_comparisons, check_for_backend(Pg))]
pub struct Comparison {
    /// The patient.
    pub patient_id: PatientId,
    /// First day of the month of care.
    pub month: NaiveDate,
    /// Version of the stored result.
    pub version: i32,
    /// Why.
    pub purpose: Purpose,
    /// What came of it.
    pub outcome: Outcome,
    /// Differences found.
    pub difference_count: i32,
    /// What the patient owes by the embedded engine.
    pub due_embedded_yen: Option<i64>,
    /// What the patient owes by the module.
    pub due_module_yen: Option<i64>,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// How often a rule was behind a difference.
#[derive(Clone, PartialEq, Eq, Debug, QueryableByName)]
pub struct RuleCount {
    /// The rule; empty where no side named one.
    #[diesel(sql_type = sql_types::Text)]
    pub rule: String,
    /// What differed.
    #[diesel(sql_type = sql_types::Text)]
    pub kind: String,
    /// How often.
    #[diesel(sql_type = sql_types::BigInt)]
    pub count: i64,
    /// Results with such a difference.
    #[diesel(sql_type = sql_types::BigInt)]
    pub results: i64,
}

/// One difference on record.
#[derive(Clone, PartialEq, Eq, Debug, Queryable, Selectable)]
#[diesel(table_name = calculation_differences, check_for_backend(Pg))]
pub struct StoredDifference {
    /// The patient.
    pub patient_id: PatientId,
    /// First day of the month of care.
    pub month: NaiveDate,
    /// Version of the stored result.
    pub version: i32,
    /// Why it was compared.
    pub purpose: Purpose,
    /// Place in the list.
    pub position: i32,
    /// What differs.
    pub kind: String,
    /// The visit.
    pub visit_reference: Option<String>,
    /// Which order, line or amount.
    pub subject: String,
    /// Rules behind it.
    pub rules: Vec<String>,
    /// What the embedded engine says.
    pub said_embedded: Option<String>,
    /// What the module says.
    pub said_module: Option<String>,
}

/// True when this comparison is on record.
///
/// # Errors
/// When the database cannot be asked.
pub fn is_recorded(tx: &mut TenantTx<'_>, compared: Compared) -> Result<bool, StoreError> {
    let row = calculation_comparisons::table
        .filter(calculation_comparisons::tenant_id.eq(tx.tenant()))
        .filter(calculation_comparisons::patient_id.eq(compared.patient_id))
        .filter(calculation_comparisons::month.eq(month_column(compared.month)))
        .filter(calculation_comparisons::version.eq(compared.version))
        .filter(calculation_comparisons::purpose.eq(compared.purpose));
    Ok(diesel::select(diesel::dsl::exists(row)).get_result(tx.connection())?)
}

/// Records what a comparison found; `due_yen` is what each side says the patient owes.
///
/// # Errors
/// `Duplicate` when it is on record, `Violation` when the result is not.
pub fn record(
    tx: &mut TenantTx<'_>,
    compared: Compared,
    outcome: Outcome,
    differences: &[Difference],
    due_yen: (Option<i64>, Option<i64>),
    stamp: &Stamp,
) -> Result<(), StoreError> {
    let count = i32::try_from(differences.len()).map_err(|_| StoreError::Content { what: "differences" })?;
    let Compared { patient_id, month, version, purpose } = compared;
    diesel::insert_into(calculation_comparisons::table)
        .values((
            calculation_comparisons::tenant_id.eq(tx.tenant()),
            calculation_comparisons::patient_id.eq(patient_id),
            calculation_comparisons::month.eq(month_column(month)),
            calculation_comparisons::version.eq(version),
            calculation_comparisons::purpose.eq(purpose),
            calculation_comparisons::outcome.eq(outcome),
            calculation_comparisons::difference_count.eq(count),
            calculation_comparisons::due_embedded_yen.eq(due_yen.0),
            calculation_comparisons::due_module_yen.eq(due_yen.1),
            calculation_comparisons::recorded_at.eq(stamp.at()),
            calculation_comparisons::recorded_by.eq(stamp.by()),
            calculation_comparisons::reason.eq(stamp.reason()),
        ))
        .execute(tx.connection())?;
    let tenant_id = tx.tenant();
    let kept: Vec<_> = differences
        .iter()
        .take(DIFFERENCES_MAX)
        .zip(0_i32..)
        .map(|(difference, position)| {
            (
                calculation_differences::tenant_id.eq(tenant_id),
                calculation_differences::patient_id.eq(patient_id),
                calculation_differences::month.eq(month_column(month)),
                calculation_differences::version.eq(version),
                calculation_differences::purpose.eq(purpose),
                calculation_differences::position.eq(position),
                calculation_differences::kind.eq(difference.kind.as_str()),
                calculation_differences::visit_reference.eq(difference.visit_id.clone()),
                calculation_differences::subject.eq(cut(&difference.subject)),
                calculation_differences::rules.eq(&difference.rules),
                calculation_differences::said_embedded.eq(difference.embedded.as_deref().map(cut)),
                calculation_differences::said_module.eq(difference.module.as_deref().map(cut)),
            )
        })
        .collect();
    diesel::insert_into(calculation_differences::table).values(kept).execute(tx.connection())?;
    Ok(())
}

fn cut(text: &str) -> String {
    text.chars().take(CHARACTERS_MAX).collect()
}

/// Comparisons recorded in a time, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub fn between(
    tx: &mut TenantTx<'_>,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Comparison>, StoreError> {
    let query = calculation_comparisons::table
        .filter(calculation_comparisons::tenant_id.eq(tx.tenant()))
        .filter(calculation_comparisons::recorded_at.ge(from))
        .filter(calculation_comparisons::recorded_at.lt(before))
        .order_by((calculation_comparisons::recorded_at.desc(), calculation_comparisons::patient_id))
        .limit(limit.clamp(0, PAGE_MAX))
        .select(Comparison::as_select());
    Ok(query.load(tx.connection())?)
}

/// How often each rule was behind a difference recorded in a time, the most frequent first.
///
/// # Errors
/// When the database cannot be asked.
pub fn by_rule(
    tx: &mut TenantTx<'_>,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<RuleCount>, StoreError> {
    let query = diesel::sql_query(
        "SELECT coalesce(rule, '') AS rule, d.kind AS kind, count(*) AS count, \
         count(DISTINCT (d.patient_id, d.month, d.version)) AS results \
         FROM calculation_comparisons c \
         JOIN calculation_differences d USING (tenant_id, patient_id, month, version, purpose) \
         LEFT JOIN LATERAL unnest(d.rules) AS rule ON true \
         WHERE c.tenant_id = $1 AND c.recorded_at >= $2 AND c.recorded_at < $3 \
         GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT $4",
    );
    let query = query
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Timestamptz, _>(from)
        .bind::<sql_types::Timestamptz, _>(before)
        .bind::<sql_types::BigInt, _>(limit.clamp(0, PAGE_MAX));
    Ok(query.load(tx.connection())?)
}

/// Differences of a patient's month, newest result first.
///
/// # Errors
/// When the database cannot be asked.
pub fn differences(
    tx: &mut TenantTx<'_>,
    patient: PatientId,
    month: ClaimMonth,
    limit: i64,
) -> Result<Vec<StoredDifference>, StoreError> {
    let query = calculation_differences::table
        .filter(calculation_differences::tenant_id.eq(tx.tenant()))
        .filter(calculation_differences::patient_id.eq(patient))
        .filter(calculation_differences::month.eq(month_column(month)))
        .order_by((
            calculation_differences::version.desc(),
            calculation_differences::purpose,
            calculation_differences::position,
        ))
        .limit(limit.clamp(0, PAGE_MAX))
        .select(StoredDifference::as_select());
    Ok(query.load(tx.connection())?)
}
