//! What a clerk adds to receipts (レセプト) of a patient: comments, 症状詳記, 保留, 再請求.

use billing::clinic::ReceiptNote;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use serde_json::Value;

use crate::convert::{from_json, month_column, to_json};
use crate::schema::receipt_notes;
use crate::{PatientId, Stamp, StoreError, TenantId};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = receipt_notes, check_for_backend(Pg))]
struct Row {
    tenant_id: TenantId,
    patient_id: PatientId,
    note_ref: String,
    version: i32,
    is_withdrawn: bool,
    month: NaiveDate,
    content: Value,
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
        note: &ReceiptNote,
        stamp: &Stamp,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            tenant_id,
            patient_id,
            note_ref: reference.to_owned(),
            version,
            is_withdrawn: false,
            month: month_column(note.month),
            content: to_json(note, "receipt note")?,
            recorded_at: stamp.at(),
            recorded_by: stamp.by(),
            reason: stamp.reason().map(str::to_owned),
        })
    }

    fn value(&self) -> Result<ReceiptNote, StoreError> {
        from_json(self.content.clone(), "receipt note")
    }
}

crate::facts::patient_fact_queries!(receipt_notes, note_ref, Row, ReceiptNote, "the receipt note");
