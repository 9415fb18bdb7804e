//! Debts (未収金): lists, 減免, 貸倒 that another person approves, 回収対象外, 期首残高.

use billing::clinic::Personal;
use billing::settlement::AMOUNT_MAX;
use chrono::{DateTime, Utc};
use kernel::{ServiceDate, Yen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::accounts::{self, OPENING};
use store::debts::{self, DebtQuery, WriteOff};
use store::visits::NewVisit;
use store::{PatientId, VisitId, WriteOffId, visits};

use crate::account::{self, AccountView, because};
use crate::{Problem, ProblemCode, Work};

/// Characters of a reference of another system at most.
const REFERENCE_MAX: usize = 64;

/// One line of the list by patient.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatientDebtView {
    /// 患者番号.
    pub patient_number: String,
    /// 氏名.
    pub name: Personal<String>,
    /// 電話番号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Personal<String>>,
    /// 未収金額.
    pub debt_yen: Yen,
    /// Of it, 回収対象外.
    pub excluded_yen: Yen,
    /// Open bills.
    pub bills: i64,
    /// 最終入金日.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_payment_on: Option<ServiceDate>,
    /// 最終受診日.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_visit_on: Option<ServiceDate>,
}

/// Debts by patient (未収金一覧表).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatientDebtPage {
    /// The lines, by 患者番号.
    pub debts: Vec<PatientDebtView>,
    /// Give it as `cursor` for the next page; absent = this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One line of the list by bill.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillDebtView {
    /// The visit.
    pub visit_id: VisitId,
    /// 患者番号.
    pub patient_number: String,
    /// 氏名.
    pub name: Personal<String>,
    /// 診療日.
    pub visit_date: ServiceDate,
    /// 請求額.
    pub due_yen: Yen,
    /// 入金額, with 減免 and 充当.
    pub covered_yen: Yen,
    /// 未収額.
    pub open_yen: Yen,
    /// 回収対象外.
    pub is_excluded: bool,
}

/// Debts by bill.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillDebtPage {
    /// The lines, oldest visit first.
    pub debts: Vec<BillDebtView>,
    /// Give it as `cursor` for the next page; absent = this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Debts by patient.
///
/// # Errors
/// `too-large` for a page too long.
pub fn by_patient(work: &mut Work<'_, '_>, query: &DebtQuery) -> Result<PatientDebtPage, Problem> {
    let (lines, has_more) = debts::by_patient(work.tx, query)?;
    let numbers: Vec<&str> = lines.iter().map(|line| line.number.as_str()).collect();
    work.audit_change("debt.listed", None, None, None, Some(json!({ "numbers": numbers })));
    let next = lines.last().map(|line| line.number.clone()).filter(|_| has_more);
    let view = |line: debts::PatientDebt| PatientDebtView {
        patient_number: line.number,
        name: line.name,
        phone: line.phone,
        debt_yen: line.debt,
        excluded_yen: line.excluded,
        bills: line.bills,
        last_payment_on: line.last_payment,
        last_visit_on: line.last_visit,
    };
    Ok(PatientDebtPage { debts: lines.into_iter().map(view).collect(), next })
}

/// Debts by bill.
///
/// # Errors
/// `too-large` for a page too long, `invalid` for a cursor that is none.
pub fn by_bill(work: &mut Work<'_, '_>, query: &DebtQuery) -> Result<BillDebtPage, Problem> {
    let (lines, has_more) = debts::by_bill(work.tx, query)?;
    let numbers: Vec<&str> = lines.iter().map(|line| line.number.as_str()).collect();
    work.audit_change("debt.listed", None, None, None, Some(json!({ "numbers": numbers })));
    let next = lines.last().map(|line| line.visit_id.to_string()).filter(|_| has_more);
    let view = |line: debts::BillDebt| BillDebtView {
        visit_id: line.visit_id,
        patient_number: line.number,
        name: line.name,
        visit_date: line.date,
        due_yen: line.due,
        covered_yen: line.due - line.open,
        open_yen: line.open,
        is_excluded: line.is_excluded,
    };
    Ok(BillDebtPage { debts: lines.into_iter().map(view).collect(), next })
}

/// An amount taken off a bill.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TakeOff {
    /// The bill.
    pub visit_id: VisitId,
    /// How much; absent = all that is open.
    #[serde(default)]
    pub amount_yen: Option<Yen>,
    /// Why.
    pub reason: String,
}

/// Lowers a bill (減免).
///
/// # Errors
/// `not-found`, `version-conflict`, `day-closed`, `reason-missing`, `amount-wrong` above what is open.
pub fn reduce(work: &mut Work<'_, '_>, number: &str, seen: Option<i32>, new: &TakeOff) -> Result<AccountView, Problem> {
    work.stamp = because(work, "/reason", &new.reason)?;
    let patient = account::patient(work, number)?;
    let yen = open_amount(work, patient.id, seen, new)?;
    accounts::reduce(work.tx, patient.id, new.visit_id, yen, work.today, &work.stamp)?;
    let after = json!({ "visitId": new.visit_id, "yen": yen, "reason": new.reason });
    work.audit_change("bill.reduced", Some(patient.id), Some(new.visit_id.to_string()), None, Some(after));
    work.tell("bill.reduced", new.visit_id.to_string(), json!({ "patientNumber": number, "yen": yen }));
    settle_state(work, patient.id, new.visit_id)?;
    account::view(work, &patient)
}

/// What is to be taken off a bill, under the lock of the account: not more than is open.
fn open_amount(work: &mut Work<'_, '_>, patient: PatientId, seen: Option<i32>, new: &TakeOff) -> Result<Yen, Problem> {
    let account = account::locked(work, patient, seen)?;
    account::visit_of(work, new.visit_id, patient)?;
    let open = account.open_of(new.visit_id);
    let yen = new.amount_yen.unwrap_or(open);
    if yen <= Yen::ZERO || yen > open {
        let detail = format!("未収は {open} 円です({yen} 円が指定されました)");
        return Err(Problem::new(ProblemCode::AmountWrong).detail(detail).with("openYen", open.get()));
    }
    Ok(yen)
}

fn settle_state(work: &mut Work<'_, '_>, patient: PatientId, visit: VisitId) -> Result<(), Problem> {
    let open = accounts::find(work.tx, patient)?.open_of(visit);
    // A bill that still waits for its payment stays 会計待ち.
    if open > Yen::ZERO { Ok(()) } else { account::refresh_state(work, visit, open) }
}

/// A write-off that was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WriteOffView {
    /// Id.
    pub id: WriteOffId,
    /// The patient.
    pub patient_id: PatientId,
    /// The bill.
    pub visit_id: VisitId,
    /// How much.
    pub yen: Yen,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub requested_by: String,
    /// When.
    #[schemars(with = "String")]
    pub requested_at: DateTime<Utc>,
    /// What was decided; absent = it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_approved: Option<bool>,
}

impl From<WriteOff> for WriteOffView {
    fn from(request: WriteOff) -> Self {
        Self {
            id: request.id,
            patient_id: request.patient_id,
            visit_id: request.visit_id,
            yen: request.yen,
            reason: request.reason,
            requested_by: request.requested_by,
            requested_at: request.requested_at,
            is_approved: request.is_approved,
        }
    }
}

/// Asks for a write-off (貸倒): nothing is booked before somebody else approves it.
///
/// # Errors
/// As [`reduce`].
pub fn request_write_off(
    work: &mut Work<'_, '_>,
    number: &str,
    seen: Option<i32>,
    new: &TakeOff,
) -> Result<WriteOffView, Problem> {
    work.stamp = because(work, "/reason", &new.reason)?;
    let patient = account::patient(work, number)?;
    let yen = open_amount(work, patient.id, seen, new)?;
    let id = WriteOffId::new();
    debts::request_write_off(work.tx, id, patient.id, new.visit_id, yen, &work.stamp)?;
    let after = json!({ "visitId": new.visit_id, "yen": yen, "reason": new.reason });
    work.audit_change("writeoff.requested", Some(patient.id), Some(id.to_string()), None, Some(after));
    work.tell("writeoff.requested", id.to_string(), json!({ "visitId": new.visit_id, "yen": yen }));
    Ok(debts::find_write_off(work.tx, id)?.ok_or(ProblemCode::NotFound)?.into())
}

/// Write-offs that wait for a decision.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WriteOffs {
    /// Oldest first.
    pub requests: Vec<WriteOffView>,
}

/// Write-offs that wait for a decision.
///
/// # Errors
/// When the database cannot be asked.
pub fn waiting_write_offs(work: &mut Work<'_, '_>) -> Result<WriteOffs, Problem> {
    work.audit("writeoff.listed", None, None);
    let requests = debts::waiting_write_offs(work.tx)?.into_iter().map(WriteOffView::from).collect();
    Ok(WriteOffs { requests })
}

/// Approves or declines a write-off; never by who asked for it.
///
/// # Errors
/// `not-found`, `second-person`, `day-closed`, `state-conflict` when it was decided before or less is open by now.
pub fn decide_write_off(
    work: &mut Work<'_, '_>,
    id: WriteOffId,
    is_approved: bool,
    reason: Option<&str>,
) -> Result<WriteOffView, Problem> {
    if let Some(reason) = reason {
        work.stamp = because(work, "/reason", reason)?;
    }
    let request = debts::find_write_off(work.tx, id)?.ok_or(ProblemCode::NotFound)?;
    let account = account::locked(work, request.patient_id, None)?;
    let request = debts::find_write_off(work.tx, request.id)?.ok_or(ProblemCode::NotFound)?;
    if request.is_approved.is_some() {
        return Err(Problem::new(ProblemCode::StateConflict).detail("すでに決裁されています"));
    }
    if request.requested_by == work.stamp.by() {
        return Err(Problem::new(ProblemCode::SecondPerson).detail("申請した本人は承認できません"));
    }
    let open = account.open_of(request.visit_id);
    if is_approved && open < request.yen {
        let detail = format!("未収は {open} 円になっています。申請し直してください");
        return Err(Problem::new(ProblemCode::StateConflict).detail(detail).with("openYen", open.get()));
    }
    debts::decide_write_off(work.tx, &request, is_approved, work.today, &work.stamp)?;
    let action = if is_approved { "writeoff.approved" } else { "writeoff.declined" };
    let after = json!({ "visitId": request.visit_id, "yen": request.yen, "requestedBy": request.requested_by });
    work.audit_change(action, Some(request.patient_id), Some(id.to_string()), None, Some(after));
    work.tell(action, id.to_string(), json!({ "visitId": request.visit_id, "yen": request.yen }));
    settle_state(work, request.patient_id, request.visit_id)?;
    Ok(debts::find_write_off(work.tx, id)?.ok_or(ProblemCode::NotFound)?.into())
}

/// Marks a bill 回収対象外, or restores it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MarkDebt {
    /// True = 回収対象外, false = restored.
    pub is_excluded: bool,
    /// Why.
    pub reason: String,
}

/// Marks a bill 回収対象外, or restores it. The debt itself stays.
///
/// # Errors
/// `not-found`, `reason-missing`.
pub fn mark(work: &mut Work<'_, '_>, visit: VisitId, new: &MarkDebt) -> Result<AccountView, Problem> {
    work.stamp = because(work, "/reason", &new.reason)?;
    let visit = visits::find(work.tx, visit)?.ok_or(ProblemCode::NotFound)?;
    accounts::lock(work.tx, visit.patient_id)?;
    debts::mark(work.tx, visit.id, new.is_excluded, &work.stamp)?;
    let after = json!({ "isExcluded": new.is_excluded, "reason": new.reason });
    work.audit_change("debt.marked", Some(visit.patient_id), Some(visit.id.to_string()), None, Some(after));
    work.tell("debt.marked", visit.id.to_string(), json!({ "isExcluded": new.is_excluded }));
    let patient = account::patient_of(work, visit.patient_id)?;
    account::view(work, &patient)
}

/// A debt taken over from another system (期首残高).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OpeningDebt {
    /// Its id in the other system: the same one again changes nothing.
    pub reference: String,
    /// 診療日, or the day of taking over.
    pub date: ServiceDate,
    /// How much.
    pub yen: Yen,
}

/// Takes over a debt of another system.
///
/// # Errors
/// `not-found`, `day-closed`, `amount-wrong`, `invalid` for a reference or day out of its form.
pub fn open_debt(work: &mut Work<'_, '_>, number: &str, new: &OpeningDebt) -> Result<AccountView, Problem> {
    if new.yen <= Yen::ZERO || new.yen > AMOUNT_MAX {
        return Err(Problem::new(ProblemCode::AmountWrong).detail(format!("{} 円は扱えません", new.yen)));
    }
    let length = new.reference.trim().chars().count();
    if length == 0 || length > REFERENCE_MAX {
        let message = format!("{length} 文字です。1 文字から {REFERENCE_MAX} 文字までです");
        return Err(Problem::invalid("/reference", "length", message));
    }
    if new.date > work.today {
        return Err(Problem::invalid("/date", "future", "未来の日です"));
    }
    let patient = account::patient(work, number)?;
    account::locked(work, patient.id, None)?;
    let id = VisitId::new();
    let visit = NewVisit {
        id,
        patient_id: patient.id,
        reference: id.to_string(),
        date: new.date,
        source: OPENING.to_owned(),
        source_visit_id: new.reference.clone(),
    };
    if accounts::record_opening_debt(work.tx, &visit, new.yen, work.today, &work.stamp)?.is_some() {
        let after = json!({ "reference": new.reference, "yen": new.yen });
        work.audit_change("debt.opened", Some(patient.id), Some(id.to_string()), None, Some(after));
        work.tell("debt.opened", id.to_string(), json!({ "patientNumber": number, "yen": new.yen }));
    } else {
        work.audit("debt.opened-again", Some(patient.id), Some(new.reference.clone()));
    }
    account::view(work, &patient)
}
