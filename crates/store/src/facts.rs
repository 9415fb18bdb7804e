//! Versions of what is known about patients: one shape for all tables of this kind.
//!
//! A fact is named by its reference inside the patient. A change is a new version; the highest holds; a
//! withdrawn one holds nothing. Two people who change the same version: the second gets a conflict.

use crate::PatientId;

/// Rows written by one statement.
pub(crate) const ROWS_PER_INSERT: usize = 500;
/// Patients read by one statement at most.
pub const PATIENTS_PER_READ: usize = 1_000;

/// A fact as it now holds.
#[derive(Clone, PartialEq, Debug)]
pub struct Fact<T> {
    /// The patient.
    pub patient_id: PatientId,
    /// Name of the fact inside the patient.
    pub reference: String,
    /// Version, rising from 1.
    pub version: i32,
    /// The fact.
    pub value: T,
}

/// A fact to be recorded for the first time.
#[derive(Clone, PartialEq, Debug)]
pub struct NewFact<T> {
    /// The patient.
    pub patient_id: PatientId,
    /// Name of the fact inside the patient.
    pub reference: String,
    /// The fact.
    pub value: T,
}

/// The functions of one table of facts: `insert`, `record`, `withdraw`, `current`.
///
/// The row type has `new(tenant, patient, reference, version, value, stamp)` and `value()`.
macro_rules! patient_fact_queries {
    ($table:ident, $reference:ident, $row:ident, $value:ty, $what:literal) => {
        /// Records facts for the first time, many in one statement.
        ///
        /// # Errors
        /// `Duplicate` when one is on record, `Violation` for an unknown patient or a value out of its form.
        pub fn insert(
            tx: &mut $crate::TenantTx<'_>,
            facts: &[$crate::facts::NewFact<$value>],
            stamp: &$crate::Stamp,
        ) -> Result<(), $crate::StoreError> {
            let tenant = tx.tenant();
            for chunk in facts.chunks($crate::facts::ROWS_PER_INSERT) {
                let rows: Result<Vec<$row>, $crate::StoreError> = chunk
                    .iter()
                    .map(|fact| $row::new(tenant, fact.patient_id, &fact.reference, 1, &fact.value, stamp))
                    .collect();
                diesel::insert_into($table::table).values(rows?).execute(tx.connection())?;
            }
            Ok(())
        }

        /// Records a fact on top of version `base` (0 = none yet); answers its version.
        ///
        /// # Errors
        /// `Conflict` when another version was recorded first.
        pub fn record(
            tx: &mut $crate::TenantTx<'_>,
            patient: $crate::PatientId,
            reference: &str,
            base: i32,
            value: &$value,
            stamp: &$crate::Stamp,
        ) -> Result<i32, $crate::StoreError> {
            let row = $row::new(tx.tenant(), patient, reference, base.saturating_add(1), value, stamp)?;
            append(tx, row, base)
        }

        /// Says that a fact never held: a new version that holds nothing; answers its version.
        ///
        /// # Errors
        /// `NotFound`, or `Conflict` when another version was recorded first.
        pub fn withdraw(
            tx: &mut $crate::TenantTx<'_>,
            patient: $crate::PatientId,
            reference: &str,
            base: i32,
            stamp: &$crate::Stamp,
        ) -> Result<i32, $crate::StoreError> {
            let row = newest(tx, patient, reference)?.ok_or($crate::StoreError::NotFound { what: $what })?;
            let row = $row {
                version: base.saturating_add(1),
                is_withdrawn: true,
                recorded_at: stamp.at(),
                recorded_by: stamp.by(),
                reason: stamp.reason().map(str::to_owned),
                ..row
            };
            append(tx, row, base)
        }

        /// What now holds for some patients, by patient and reference.
        ///
        /// # Errors
        /// `Bound` above the patients of one read; `Content` when a row is not of its form.
        pub fn current(
            tx: &mut $crate::TenantTx<'_>,
            patients: &[$crate::PatientId],
        ) -> Result<Vec<$crate::facts::Fact<$value>>, $crate::StoreError> {
            $crate::facts::check_count(patients)?;
            let rows: Vec<$row> = $table::table
                .filter($table::tenant_id.eq(tx.tenant()))
                .filter($table::patient_id.eq_any(patients))
                .distinct_on(($table::patient_id, $table::$reference))
                .order_by(($table::patient_id, $table::$reference, $table::version.desc()))
                .select($row::as_select())
                .load(tx.connection())?;
            let held = rows.into_iter().filter(|row| !row.is_withdrawn);
            held.map(|row| {
                let value = row.value()?;
                Ok($crate::facts::Fact {
                    patient_id: row.patient_id,
                    reference: row.$reference,
                    version: row.version,
                    value,
                })
            })
            .collect()
        }

        /// The newest version of a fact, withdrawn ones too; 0 = none.
        ///
        /// # Errors
        /// When the database cannot be asked.
        pub fn newest_version(
            tx: &mut $crate::TenantTx<'_>,
            patient: $crate::PatientId,
            reference: &str,
        ) -> Result<i32, $crate::StoreError> {
            Ok(newest(tx, patient, reference)?.map_or(0, |row| row.version))
        }

        fn newest(
            tx: &mut $crate::TenantTx<'_>,
            patient: $crate::PatientId,
            reference: &str,
        ) -> Result<Option<$row>, $crate::StoreError> {
            let query = $table::table
                .filter($table::tenant_id.eq(tx.tenant()))
                .filter($table::patient_id.eq(patient))
                .filter($table::$reference.eq(reference))
                .order_by($table::version.desc())
                .select($row::as_select());
            Ok(query.first(tx.connection()).optional()?)
        }

        fn append(tx: &mut $crate::TenantTx<'_>, row: $row, base: i32) -> Result<i32, $crate::StoreError> {
            let found = newest(tx, row.patient_id, &row.$reference)?.map_or(0, |newest| newest.version);
            if found != base {
                return Err($crate::StoreError::Conflict { what: $what, expected: base, found });
            }
            let version = row.version;
            diesel::insert_into($table::table)
                .values(&row)
                .execute(tx.connection())
                .map_err(|error| $crate::StoreError::from(error).into_conflict($what, base))?;
            Ok(version)
        }
    };
}

pub(crate) use patient_fact_queries;

pub(crate) fn check_count(patients: &[PatientId]) -> Result<(), crate::StoreError> {
    if patients.len() > PATIENTS_PER_READ {
        return Err(crate::StoreError::Bound {
            what: "patients of one read",
            received: patients.len(),
            allowed: PATIENTS_PER_READ,
        });
    }
    Ok(())
}
