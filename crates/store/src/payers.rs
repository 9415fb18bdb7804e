//! Payers of a patient: 保険, 公費, 限度額適用区分, 特定疾病療養受療証, 保険組合せ.

/// 保険.
pub mod coverages {
    use billing::clinic::{Coverage, Personal};
    use calculation::Reduction;
    use chrono::{DateTime, NaiveDate, Utc};
    use diesel::pg::Pg;
    use diesel::prelude::*;
    use kernel::{BurdenRate, ServiceDate, Yen};

    use crate::convert::{code_text, code_value, day, day_or_none, parsed, small};
    use crate::schema::coverages;
    use crate::{PatientId, Stamp, StoreError, TenantId, TenantTx};

    #[derive(Queryable, Selectable, Insertable)]
    #[diesel(table_name = coverages, check_for_backend(Pg))]
    struct Row {
        tenant_id: TenantId,
        patient_id: PatientId,
        coverage_ref: String,
        version: i32,
        is_withdrawn: bool,
        insurer_number: String,
        symbol: Option<String>,
        number: Option<String>,
        branch: Option<String>,
        relationship: String,
        burden_percent: i16,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
        on_duty_reason: Option<i16>,
        certificate_number: Option<String>,
        reduction_kind: Option<i16>,
        reduction_percent: Option<i16>,
        reduction_yen: Option<i64>,
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
            coverage: &Coverage,
            stamp: &Stamp,
        ) -> Result<Self, StoreError> {
            let reduction = coverage.reduction.as_ref();
            Ok(Self {
                tenant_id,
                patient_id,
                coverage_ref: reference.to_owned(),
                version,
                is_withdrawn: false,
                insurer_number: coverage.insurer_number.to_string(),
                symbol: coverage.symbol.as_ref().map(|text| text.get().clone()),
                number: coverage.number.as_ref().map(|text| text.get().clone()),
                branch: coverage.branch.clone(),
                relationship: code_text(&coverage.relationship, "relationship")?,
                burden_percent: i16::from(coverage.burden_percent.percent()),
                valid_from: coverage.valid_from.naive(),
                valid_to: coverage.valid_to.map(ServiceDate::naive),
                on_duty_reason: coverage.on_duty_reason.map(i16::from),
                certificate_number: coverage.certificate_number.clone(),
                reduction_kind: reduction.map(|reduction| i16::from(reduction.kind)),
                reduction_percent: reduction.and_then(|reduction| reduction.percent).map(i16::from),
                reduction_yen: reduction.and_then(|reduction| reduction.yen).map(Yen::get),
                recorded_at: stamp.at(),
                recorded_by: stamp.by(),
                reason: stamp.reason().map(str::to_owned),
            })
        }

        fn value(&self) -> Result<Coverage, StoreError> {
            let percent: u8 = small(self.burden_percent, "burden rate")?;
            Ok(Coverage {
                id: self.coverage_ref.clone(),
                insurer_number: parsed(&self.insurer_number, "insurer number")?,
                symbol: self.symbol.clone().map(Personal::new),
                number: self.number.clone().map(Personal::new),
                branch: self.branch.clone(),
                relationship: code_value(&self.relationship, "relationship")?,
                burden_percent: BurdenRate::from_percent(percent).ok_or(StoreError::Content { what: "burden rate" })?,
                valid_from: day(self.valid_from)?,
                valid_to: day_or_none(self.valid_to)?,
                on_duty_reason: self.on_duty_reason.map(|n| small(n, "on-duty reason")).transpose()?,
                certificate_number: self.certificate_number.clone(),
                reduction: self.reduction()?,
            })
        }

        fn reduction(&self) -> Result<Option<Reduction>, StoreError> {
            let Some(kind) = self.reduction_kind else { return Ok(None) };
            Ok(Some(Reduction {
                kind: small(kind, "reduction")?,
                percent: self.reduction_percent.map(|n| small(n, "reduction")).transpose()?,
                yen: self.reduction_yen.map(Yen::new),
            }))
        }
    }

    crate::facts::patient_fact_queries!(coverages, coverage_ref, Row, Coverage, "the coverage");

    /// Coverages of a patient that hold on a day.
    ///
    /// # Errors
    /// As [`current`].
    pub fn held_on(
        tx: &mut TenantTx<'_>,
        patient: PatientId,
        on: ServiceDate,
    ) -> Result<Vec<crate::Fact<Coverage>>, StoreError> {
        let mut facts = current(tx, &[patient])?;
        facts.retain(|fact| fact.value.holds_on(on));
        Ok(facts)
    }
}

/// 公費.
pub mod subsidies {
    use calculation::Subsidy;
    use chrono::{DateTime, NaiveDate, Utc};
    use diesel::pg::Pg;
    use diesel::prelude::*;
    use kernel::{ServiceDate, SubsidyPayerNumber, Yen};
    use serde_json::Value;

    use crate::convert::{day, day_or_none, from_json, parsed, to_json};
    use crate::schema::subsidies;
    use crate::{PatientId, Stamp, StoreError, TenantId, TenantTx};

    #[derive(Queryable, Selectable, Insertable)]
    #[diesel(table_name = subsidies, check_for_backend(Pg))]
    struct Row {
        tenant_id: TenantId,
        patient_id: PatientId,
        subsidy_ref: String,
        version: i32,
        is_withdrawn: bool,
        payer_number: String,
        recipient_number: Option<String>,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
        monthly_cap_yen: Option<i64>,
        ticket_payment_yen: Option<i64>,
        programme: Option<String>,
        local_rule: Option<Value>,
        paid_elsewhere: Value,
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
            subsidy: &Subsidy,
            stamp: &Stamp,
        ) -> Result<Self, StoreError> {
            let rule = subsidy.local_rule.as_ref();
            Ok(Self {
                tenant_id,
                patient_id,
                subsidy_ref: reference.to_owned(),
                version,
                is_withdrawn: false,
                payer_number: subsidy.payer_number.to_string(),
                recipient_number: subsidy.recipient_number.as_ref().map(ToString::to_string),
                valid_from: subsidy.valid_from.naive(),
                valid_to: subsidy.valid_to.map(ServiceDate::naive),
                monthly_cap_yen: subsidy.monthly_cap_yen.map(Yen::get),
                ticket_payment_yen: subsidy.ticket_payment_yen.map(Yen::get),
                programme: subsidy.programme.clone(),
                local_rule: rule.map(|rule| to_json(rule, "local rule")).transpose()?,
                paid_elsewhere: to_json(&subsidy.paid_elsewhere, "payments elsewhere")?,
                recorded_at: stamp.at(),
                recorded_by: stamp.by(),
                reason: stamp.reason().map(str::to_owned),
            })
        }

        fn value(&self) -> Result<Subsidy, StoreError> {
            let payer_number = SubsidyPayerNumber::lenient(&self.payer_number);
            let recipient = self.recipient_number.as_deref();
            Ok(Subsidy {
                id: self.subsidy_ref.clone(),
                payer_number: payer_number.map_err(|_| StoreError::Content { what: "payer number" })?,
                recipient_number: recipient.map(|number| parsed(number, "recipient number")).transpose()?,
                valid_from: day(self.valid_from)?,
                valid_to: day_or_none(self.valid_to)?,
                monthly_cap_yen: self.monthly_cap_yen.map(Yen::new),
                paid_elsewhere: from_json(self.paid_elsewhere.clone(), "payments elsewhere")?,
                ticket_payment_yen: self.ticket_payment_yen.map(Yen::new),
                programme: self.programme.clone(),
                local_rule: self.local_rule.clone().map(|rule| from_json(rule, "local rule")).transpose()?,
            })
        }
    }

    crate::facts::patient_fact_queries!(subsidies, subsidy_ref, Row, Subsidy, "the subsidy");

    /// Subsidies of a patient that hold on a day.
    ///
    /// # Errors
    /// As [`current`].
    pub fn held_on(
        tx: &mut TenantTx<'_>,
        patient: PatientId,
        on: ServiceDate,
    ) -> Result<Vec<crate::Fact<Subsidy>>, StoreError> {
        let mut facts = current(tx, &[patient])?;
        facts.retain(|fact| fact.value.valid_from <= on && fact.value.valid_to.is_none_or(|last| on <= last));
        Ok(facts)
    }
}

/// 限度額適用区分.
pub mod limits {
    use calculation::LimitClass;
    use chrono::{DateTime, NaiveDate, Utc};
    use diesel::pg::Pg;
    use diesel::prelude::*;
    use kernel::ServiceDate;

    use crate::convert::{code_text, code_value, day, day_or_none};
    use crate::schema::limit_classes;
    use crate::{PatientId, Stamp, StoreError, TenantId};

    #[derive(Queryable, Selectable, Insertable)]
    #[diesel(table_name = limit_classes, check_for_backend(Pg))]
    struct Row {
        tenant_id: TenantId,
        patient_id: PatientId,
        limit_ref: String,
        version: i32,
        is_withdrawn: bool,
        code: String,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
        is_multiple: bool,
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
            limit: &LimitClass,
            stamp: &Stamp,
        ) -> Result<Self, StoreError> {
            Ok(Self {
                tenant_id,
                patient_id,
                limit_ref: reference.to_owned(),
                version,
                is_withdrawn: false,
                code: code_text(&limit.code, "limit class")?,
                valid_from: limit.valid_from.naive(),
                valid_to: limit.valid_to.map(ServiceDate::naive),
                is_multiple: limit.is_multiple,
                recorded_at: stamp.at(),
                recorded_by: stamp.by(),
                reason: stamp.reason().map(str::to_owned),
            })
        }

        fn value(&self) -> Result<LimitClass, StoreError> {
            Ok(LimitClass {
                code: code_value(&self.code, "limit class")?,
                valid_from: day(self.valid_from)?,
                valid_to: day_or_none(self.valid_to)?,
                is_multiple: self.is_multiple,
            })
        }
    }

    crate::facts::patient_fact_queries!(limit_classes, limit_ref, Row, LimitClass, "the limit class");
}

/// 特定疾病療養受療証 (マル長).
pub mod specific_diseases {
    use calculation::SpecificDisease;
    use chrono::{DateTime, NaiveDate, Utc};
    use diesel::pg::Pg;
    use diesel::prelude::*;
    use kernel::{ServiceDate, Yen};

    use crate::convert::{day, day_or_none};
    use crate::schema::specific_diseases;
    use crate::{PatientId, Stamp, StoreError, TenantId};

    #[derive(Queryable, Selectable, Insertable)]
    #[diesel(table_name = specific_diseases, check_for_backend(Pg))]
    struct Row {
        tenant_id: TenantId,
        patient_id: PatientId,
        disease_ref: String,
        version: i32,
        is_withdrawn: bool,
        cap_yen: i64,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
        recorded_at: DateTime<Utc>,
        recorded_by: String,
        reason: Option<String>,
    }

    impl Row {
        #[allow(clippy::unnecessary_wraps, reason = "one shape for all tables of facts")]
        fn new(
            tenant_id: TenantId,
            patient_id: PatientId,
            reference: &str,
            version: i32,
            disease: &SpecificDisease,
            stamp: &Stamp,
        ) -> Result<Self, StoreError> {
            Ok(Self {
                tenant_id,
                patient_id,
                disease_ref: reference.to_owned(),
                version,
                is_withdrawn: false,
                cap_yen: disease.cap_yen.get(),
                valid_from: disease.valid_from.naive(),
                valid_to: disease.valid_to.map(ServiceDate::naive),
                recorded_at: stamp.at(),
                recorded_by: stamp.by(),
                reason: stamp.reason().map(str::to_owned),
            })
        }

        fn value(&self) -> Result<SpecificDisease, StoreError> {
            Ok(SpecificDisease {
                cap_yen: Yen::new(self.cap_yen),
                valid_from: day(self.valid_from)?,
                valid_to: day_or_none(self.valid_to)?,
            })
        }
    }

    crate::facts::patient_fact_queries!(
        specific_diseases,
        disease_ref,
        Row,
        SpecificDisease,
        "the certificate of a specific disease"
    );
}

/// 保険組合せ.
pub mod sets {
    use calculation::PayerSet;
    use chrono::{DateTime, Utc};
    use diesel::pg::Pg;
    use diesel::prelude::*;

    use crate::convert::{code_text, code_value};
    use crate::schema::payer_sets;
    use crate::{PatientId, Stamp, StoreError, TenantId};

    #[derive(Queryable, Selectable, Insertable)]
    #[diesel(table_name = payer_sets, check_for_backend(Pg))]
    struct Row {
        tenant_id: TenantId,
        patient_id: PatientId,
        set_ref: String,
        version: i32,
        is_withdrawn: bool,
        coverage_ref: Option<String>,
        subsidy_refs: Vec<String>,
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
            set: &PayerSet,
            stamp: &Stamp,
        ) -> Result<Self, StoreError> {
            Ok(Self {
                tenant_id,
                patient_id,
                set_ref: reference.to_owned(),
                version,
                is_withdrawn: false,
                coverage_ref: set.coverage_id.clone(),
                subsidy_refs: set.subsidy_ids.clone(),
                other_payer: set.other.map(|other| code_text(&other, "other payer")).transpose()?,
                recorded_at: stamp.at(),
                recorded_by: stamp.by(),
                reason: stamp.reason().map(str::to_owned),
            })
        }

        fn value(&self) -> Result<PayerSet, StoreError> {
            let other = self.other_payer.as_deref();
            Ok(PayerSet {
                id: self.set_ref.clone(),
                coverage_id: self.coverage_ref.clone(),
                subsidy_ids: self.subsidy_refs.clone(),
                other: other.map(|other| code_value(other, "other payer")).transpose()?,
            })
        }
    }

    crate::facts::patient_fact_queries!(payer_sets, set_ref, Row, PayerSet, "the payer set");
}
