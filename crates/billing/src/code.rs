//! Codes of the findings of this crate.

/// Stop: two patients with one id or one カルテ番号.
pub const PATIENT_DUPLICATE: &str = "patient-duplicate";
/// Stop: two things of one patient with one id.
pub const ID_DUPLICATE: &str = "id-duplicate";
/// Stop: an id that nothing carries.
pub const REFERENCE_UNKNOWN: &str = "reference-unknown";
/// Confirm: a returned receipt of a カルテ番号 that nobody has.
pub const RETURN_PATIENT_UNKNOWN: &str = "return-patient-unknown";
/// Stop: two visits of one patient, day, department and start.
pub const VISIT_DUPLICATE: &str = "visit-duplicate";
/// Note: a visit of another month, not in this month's claim.
pub const VISIT_OUTSIDE_MONTH: &str = "visit-outside-month";
/// Stop: a visit before birth.
pub const VISIT_BEFORE_BIRTH: &str = "visit-before-birth";
/// Stop: the insurance of a payer set does not hold on the day.
pub const COVERAGE_NOT_VALID: &str = "coverage-not-valid";
/// Stop: a subsidy of a payer set does not hold on the day.
pub const SUBSIDY_NOT_VALID: &str = "subsidy-not-valid";
/// Stop or confirm: a number or text is not of its form.
pub const NUMBER_FORM: &str = "number-form";
/// Stop: an order has no master code although it is no 自費.
pub const ORDER_CODE_MISSING: &str = "order-code-missing";
/// Stop: the master of an order's code is not the one of its kind.
pub const ORDER_KIND: &str = "order-kind";
/// Stop: a quantity, count or number of days outside its range.
pub const QUANTITY_RANGE: &str = "quantity-range";
/// Stop: more entries than a bound allows.
pub const BOUND_EXCEEDED: &str = "bound-exceeded";
/// Stop: no visit to be charged in the month.
pub const MONTH_EMPTY: &str = "month-empty";
/// Stop: a diagnosis contradicts itself.
pub const DIAGNOSIS_FORM: &str = "diagnosis-form";
/// Stop: the institution is no 医科 institution or cannot be written.
pub const INSTITUTION_FORM: &str = "institution-form";

/// Confirm: the 地単公費マスター has no row for a local programme.
pub const PROGRAMME_UNKNOWN: &str = "programme-unknown";
/// Confirm: it has several rows that differ; the certificate must name one.
pub const PROGRAMME_AMBIGUOUS: &str = "programme-ambiguous";
/// Confirm: none of its rows pays at the patient's age.
pub const PROGRAMME_AGE: &str = "programme-age";
/// Confirm: another rule holds later in the month.
pub const PROGRAMME_CHANGES: &str = "programme-changes";
/// Confirm: a field of its row has a value, or stands in a column, that is not known.
pub const PROGRAMME_UNSUPPORTED: &str = "programme-unsupported";
/// Note: a rule made of a row whose codes or columns are presumed.
pub const PROGRAMME_UNVERIFIED: &str = "programme-unverified";

/// Stop: the calculation refused a patient's month.
pub const CALCULATION_REFUSED: &str = "calculation-refused";
/// Stop: a patient of the month has no result, or a result is of another month.
pub const RESULT_MISSING: &str = "result-missing";
/// Confirm: an order waits for a person's answer and is not charged.
pub const ORDER_WAITS: &str = "order-waits";
/// Confirm: an order is not charged.
pub const ORDER_REJECTED: &str = "order-rejected";
/// Note: values are derived from the notices, the official master is missing.
pub const BASIS_DERIVED: &str = "basis-derived";

/// Stop: sums of the lines differ from HO, KO, JD or the receipt type.
pub const CLAIM_SUM: &str = "claim-sum";
/// Stop: a charged line belongs to no receipt.
pub const CLAIM_LINE_LOST: &str = "claim-line-lost";
/// Stop: a line's 負担区分 is not the one of its payer set, or names a payer the receipt does not have.
pub const CLAIM_BURDEN: &str = "claim-burden";
/// Stop: the header of a receipt cannot be made.
pub const CLAIM_HEADER: &str = "claim-header";
/// Stop: a line cannot be written.
pub const CLAIM_LINE: &str = "claim-line";
/// Stop: a receipt without a diagnosis (L4222).
pub const DIAGNOSIS_MISSING: &str = "diagnosis-missing";
/// Confirm: none or several 主傷病.
pub const MAIN_DIAGNOSIS: &str = "main-diagnosis";
/// Confirm: a diagnosis code or modifier the masters do not know on the day.
pub const DIAGNOSIS_UNKNOWN: &str = "diagnosis-unknown";
/// Note: the name is written in 片仮名.
pub const NAME_KANA: &str = "name-kana";
/// Note: the name is cut at 20 characters.
pub const NAME_CUT: &str = "name-cut";
/// Note: the カタカナ氏名 is left out.
pub const KANA_LEFT_OUT: &str = "kana-left-out";
/// Note: a clerk holds the receipt back.
pub const RECEIPT_HELD: &str = "receipt-held";
