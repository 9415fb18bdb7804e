//! Payment receipts (領収証): what they say, how they are issued, taken back and issued again.
//!
//! Σ of the documents of a day = Σ of its money. A correction takes the old receipt back under a number of its own and
//! issues another one for what the clinic now holds: three documents that add up.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use billing::payment_receipt::{BillOnReceipt, EDITION, PayerOnReceipt, ReceiptContent};
use calculation::Response;
use kernel::{Points, ServiceDate, Yen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::accounts::{self, PatientAccount};
use store::patients::Patient;
use store::payers::{coverages, sets};
use store::receipts::{self, NewReceipt, ReceiptKind, ReceiptLine, ReceiptQuery};
use store::visits::NewVisit;
use store::{PatientId, PaymentId, VisitId, orders, results, settlements, tenants, visits};

use crate::account::{self, PartView, PaymentMethod};
use crate::{Problem, ProblemCode, Work};

/// What a receipt is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// 領収証.
    Receipt,
    /// 預り証.
    Deposit,
    /// 返金.
    Refund,
    /// 取消 of another one.
    Void,
}

impl From<ReceiptKind> for DocumentKind {
    fn from(kind: ReceiptKind) -> Self {
        match kind {
            ReceiptKind::Receipt => Self::Receipt,
            ReceiptKind::Deposit => Self::Deposit,
            ReceiptKind::Refund => Self::Refund,
            ReceiptKind::Void => Self::Void,
        }
    }
}

/// A receipt in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptSummary {
    /// 領収証番号.
    pub number: i64,
    /// What it is.
    pub kind: DocumentKind,
    /// Date on it.
    pub issued_on: ServiceDate,
    /// Amount on it; a void has the opposite one.
    pub yen: Yen,
    /// The patient.
    pub patient_id: PatientId,
    /// The payment it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<PaymentId>,
    /// The visit it is for, when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit_id: Option<VisitId>,
    /// The number it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voids: Option<i64>,
    /// The number that takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided_by: Option<i64>,
}

impl From<ReceiptLine> for ReceiptSummary {
    fn from(line: ReceiptLine) -> Self {
        Self {
            number: line.number,
            kind: line.kind.into(),
            issued_on: line.issued_on,
            yen: line.yen,
            patient_id: line.patient_id,
            payment_id: line.payment_id,
            visit_id: line.visit_id,
            voids: line.voids,
            voided_by: line.voided_by,
        }
    }
}

/// A page of receipts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptPage {
    /// The receipts, by number.
    pub receipts: Vec<ReceiptSummary>,
    /// Give it as `cursor` for the next page; absent = this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// A receipt with everything on it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptView {
    /// 領収証番号.
    pub number: i64,
    /// What it is.
    pub kind: DocumentKind,
    /// Date on it.
    pub issued_on: ServiceDate,
    /// Amount on it; a void has the opposite one.
    pub yen: Yen,
    /// The number it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voids: Option<i64>,
    /// What it says; a void says what the receipt it takes back said.
    pub content: ReceiptContent,
}

/// A receipt by its number.
///
/// # Errors
/// `not-found`.
pub fn read(work: &mut Work<'_, '_>, number: i64) -> Result<ReceiptView, Problem> {
    let receipt = receipts::find(work.tx, number)?.ok_or(ProblemCode::NotFound)?;
    work.audit("receipt.read", Some(receipt.receipt.patient_id), Some(number.to_string()));
    Ok(ReceiptView {
        number,
        kind: receipt.receipt.kind.into(),
        issued_on: receipt.receipt.issued_on,
        yen: receipt.receipt.yen,
        voids: receipt.voids,
        content: content_of(receipt.receipt.content)?,
    })
}

/// Receipts of a patient or a day.
///
/// # Errors
/// `not-found` for an unknown patient, `too-large` for a page too long.
pub fn list(
    work: &mut Work<'_, '_>,
    number: Option<&str>,
    day: Option<ServiceDate>,
    after: Option<i64>,
    limit: usize,
) -> Result<ReceiptPage, Problem> {
    let patient = number.map(|number| account::patient(work, number)).transpose()?.map(|patient| patient.id);
    let (lines, has_more) = receipts::list(work.tx, &ReceiptQuery { day, patient, after, limit })?;
    work.audit("receipt.listed", patient, number.map(str::to_owned));
    let next = lines.last().map(|line| line.number).filter(|_| has_more);
    Ok(ReceiptPage { receipts: lines.into_iter().map(ReceiptSummary::from).collect(), next })
}

/// Money that a document is about to be issued for.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Document<'a> {
    /// Whose.
    pub patient: &'a Patient,
    /// The payment, refund or reversal.
    pub payment: Option<PaymentId>,
    /// How.
    pub method: Option<PaymentMethod>,
    /// What it pays.
    pub parts: Vec<PartView>,
    /// お預り.
    pub tendered: Option<Yen>,
    /// お釣り.
    pub change: Yen,
    /// Receipts it stands for.
    pub replaces: Vec<i64>,
}

/// Issues the document of money that came or went, taking back what it replaces. Answers its number; none when nothing
/// is left to be certified.
///
/// Call it when everything else is booked: it holds the clinic's journal lock.
pub(crate) fn issue(work: &mut Work<'_, '_>, document: Document<'_>) -> Result<Option<i64>, Problem> {
    let replaces = document.replaces.clone();
    let is_reissue = document.parts.is_empty();
    let merged = merge(work, document)?;
    let content = content(work, &merged)?;
    if content.received_yen < Yen::ZERO && !replaces.is_empty() {
        return Err(
            Problem::new(ProblemCode::StateConflict).detail("領収額より多い取消です。先に返金を取り消してください")
        );
    }
    for number in &replaces {
        receipts::void_for(work.tx, *number, merged.payment, work.today, &work.stamp)?;
    }
    let is_nothing = merged.parts.iter().all(|part| part.yen.is_zero());
    if !is_reissue && !replaces.is_empty() && is_nothing {
        return Ok(None);
    }
    let all_deposit = !merged.parts.is_empty() && merged.parts.iter().all(|part| part.visit_id.is_none());
    let kind = match content.received_yen {
        yen if yen < Yen::ZERO => ReceiptKind::Refund,
        _ if all_deposit => ReceiptKind::Deposit,
        _ => ReceiptKind::Receipt,
    };
    assert!(content.adds_up(), "the parts of a receipt are its amount");
    let visit_id = match content.bills.as_slice() {
        [bill] => bill.visit_id.parse().ok().map(|id: uuid::Uuid| VisitId::from(id)),
        _ => None,
    };
    let new = NewReceipt {
        kind,
        patient_id: merged.patient.id,
        payment_id: merged.payment,
        visit_id,
        issued_on: work.today,
        yen: content.received_yen,
        content: serde_json::to_value(&content).map_err(|_| ProblemCode::Internal)?,
    };
    Ok(Some(receipts::issue(work.tx, &new, &work.stamp)?))
}

/// The document with what the replaced receipts certified added to it.
fn merge<'a>(work: &mut Work<'_, '_>, document: Document<'a>) -> Result<Document<'a>, Problem> {
    let mut sums: BTreeMap<Option<VisitId>, Yen> = BTreeMap::new();
    let mut merged = document;
    for part in &merged.parts {
        *sums.entry(part.visit_id).or_default() += part.yen;
    }
    for number in &merged.replaces {
        let receipt = receipts::find(work.tx, *number)?.ok_or(ProblemCode::NotFound)?.receipt;
        merged.payment = merged.payment.or(receipt.payment_id);
        let content = content_of(receipt.content)?;
        merged.method = merged.method.or_else(|| content.method.as_deref().and_then(method_of));
        *sums.entry(None).or_default() += content.deposit_yen;
        for bill in content.bills {
            let id = bill.visit_id.parse::<uuid::Uuid>().map_err(|_| ProblemCode::Internal)?;
            *sums.entry(Some(id.into())).or_default() += bill.received_yen;
        }
    }
    sums.retain(|visit, yen| visit.is_some() || !yen.is_zero());
    merged.parts = sums.into_iter().map(|(visit_id, yen)| PartView { visit_id, yen }).collect();
    Ok(merged)
}

fn method_of(text: &str) -> Option<PaymentMethod> {
    store::payments::Method::parse(text).map(PaymentMethod::from)
}

fn content_of(value: Value) -> Result<ReceiptContent, Problem> {
    serde_json::from_value(value).map_err(|_| {
        tracing::error!("A receipt's content is not of its form");
        ProblemCode::Internal.into()
    })
}

fn content(work: &mut Work<'_, '_>, document: &Document<'_>) -> Result<ReceiptContent, Problem> {
    let (_, institution) = tenants::institution(work.tx)?;
    let patient = document.patient;
    let account = accounts::find(work.tx, patient.id)?;
    let bills = bills(work, patient.id, &account, &document.parts)?;
    let deposit_yen = document.parts.iter().filter(|part| part.visit_id.is_none()).map(|part| part.yen).sum();
    Ok(ReceiptContent {
        edition: EDITION.to_owned(),
        institution_name: institution.name,
        institution_address: institution.address,
        institution_phone: institution.phone,
        patient_number: patient.number.clone(),
        patient_name: patient.profile.name.clone(),
        issued_on: work.today,
        method: document.method.map(|method| store::payments::Method::from(method).as_str().to_owned()),
        bills,
        deposit_yen,
        received_yen: document.parts.iter().map(|part| part.yen).sum(),
        tendered_yen: document.tendered,
        change_yen: document.change,
        debt_yen: account.debt(),
        deposit_left_yen: account.deposit,
        replaces: document.replaces.clone(),
    })
}

fn bills(
    work: &mut Work<'_, '_>,
    patient: PatientId,
    account: &PatientAccount,
    parts: &[PartView],
) -> Result<Vec<BillOnReceipt>, Problem> {
    let ids: Vec<VisitId> = parts.iter().filter_map(|part| part.visit_id).collect();
    let settled = settlements::current(work.tx, &ids)?;
    let reduced: BTreeMap<VisitId, Yen> = accounts::taken_off(work.tx, &ids)?.into_iter().collect();
    let mut responses = BTreeMap::new();
    let mut bills = Vec::with_capacity(ids.len());
    for part in parts {
        let Some(id) = part.visit_id else { continue };
        let visit = account::visit_of(work, id, patient)?;
        let settlement = settled.iter().find(|settlement| settlement.visit_id == id);
        let amounts = settlement.map(|settlement| settlement.amounts).unwrap_or_default();
        let open_yen = account.open_of(id);
        let reduced_yen = reduced.get(&id).copied().unwrap_or(Yen::ZERO);
        let due_yen = if settlement.is_some() { amounts.due() - reduced_yen } else { open_yen + part.yen };
        let order = orders::current(work.tx, &[id])?.pop().and_then(|order| order.content);
        let payer = match &order {
            Some(order) => payer(work, patient, &order.set_id)?,
            None => None,
        };
        let bill = BillOnReceipt {
            visit_id: id.to_string(),
            visit_date: visit.date,
            settlement_version: settlement.map_or(0, |settlement| settlement.version),
            department_code: order.and_then(|order| order.department_code),
            payer,
            sections: Vec::new(),
            points: Points::ZERO,
            window_yen: amounts.window,
            selection_fee_yen: amounts.selection_fee,
            self_pay_yen: amounts.self_pay,
            tax_yen: amounts.tax,
            reduced_yen,
            due_yen,
            received_yen: part.yen,
            open_yen,
        };
        let version = settlement.and_then(|settlement| settlement.result_version);
        bills.push(match version {
            Some(version) => with_result(work, bill, &visit, version, &mut responses)?,
            None => bill,
        });
    }
    bills.sort_by(|a, b| (a.visit_date, &a.visit_id).cmp(&(b.visit_date, &b.visit_id)));
    Ok(bills)
}

/// The bill with points and cells of the result it was made from; each result is read once.
fn with_result(
    work: &mut Work<'_, '_>,
    bill: BillOnReceipt,
    visit: &NewVisit,
    version: i32,
    responses: &mut BTreeMap<(u32, i32), Response>,
) -> Result<BillOnReceipt, Problem> {
    let month = visit.date.month_of();
    let response = match responses.entry((month.yyyymm(), version)) {
        Entry::Occupied(found) => found.into_mut(),
        Entry::Vacant(place) => place.insert(results::response(work.tx, visit.patient_id, month, version)?),
    };
    let found = response.visits.iter().find(|result| result.visit_id == visit.reference);
    Ok(match found {
        Some(result) => bill.with_result(result),
        None => bill,
    })
}

fn payer(work: &mut Work<'_, '_>, patient: PatientId, set: &str) -> Result<Option<PayerOnReceipt>, Problem> {
    let sets = sets::current(work.tx, &[patient])?;
    let Some(set) = sets.into_iter().map(|fact| fact.value).find(|found| found.id == set) else { return Ok(None) };
    let Some(coverage) = set.coverage_id else { return Ok(None) };
    let found = coverages::current(work.tx, &[patient])?.into_iter().find(|fact| fact.value.id == coverage);
    let subsidies = u8::try_from(set.subsidy_ids.len()).unwrap_or(u8::MAX);
    Ok(found.map(|fact| PayerOnReceipt {
        burden_percent: fact.value.burden_percent,
        relationship: fact.value.relationship,
        subsidies,
    }))
}

/// Receipts that hold for a visit and were made from an older settlement: a new document stands for them.
pub(crate) fn outdated(work: &mut Work<'_, '_>, patient: PatientId, visit: VisitId) -> Result<Vec<i64>, Problem> {
    let newest = settlements::current(work.tx, &[visit])?.pop().map_or(0, |settlement| settlement.version);
    let mut outdated = Vec::new();
    for number in receipts::valid_of_visits(work.tx, patient, &[visit])? {
        let receipt = receipts::find(work.tx, number)?.ok_or(ProblemCode::NotFound)?.receipt;
        let content = content_of(receipt.content)?;
        let text = visit.to_string();
        if content.bills.iter().any(|bill| bill.visit_id == text && bill.settlement_version < newest) {
            outdated.push(number);
        }
    }
    Ok(outdated)
}

/// Takes the receipts of a visit back and issues one in their place (取消・再発行), as the bill now is.
///
/// # Errors
/// `not-found`, `reason-missing`, `state-conflict` when none holds, `day-closed`.
pub fn reissue(work: &mut Work<'_, '_>, visit: VisitId, reason: &str) -> Result<ReceiptView, Problem> {
    work.stamp = account::because(work, "/reason", reason)?;
    let visit = visits::find(work.tx, visit)?.ok_or(ProblemCode::NotFound)?;
    account::locked(work, visit.patient_id, None)?;
    let patient = account::patient_of(work, visit.patient_id)?;
    let replaces = receipts::valid_of_visits(work.tx, visit.patient_id, &[visit.id])?;
    if replaces.is_empty() {
        return Err(Problem::new(ProblemCode::StateConflict).detail("有効な領収証がありません"));
    }
    let after = serde_json::json!({ "replaces": replaces, "reason": reason });
    let document = Document {
        patient: &patient,
        payment: None,
        method: None,
        parts: Vec::new(),
        tendered: None,
        change: Yen::ZERO,
        replaces,
    };
    let number = issue(work, document)?.ok_or(ProblemCode::StateConflict)?;
    work.audit_change("receipt.reissued", Some(visit.patient_id), Some(number.to_string()), None, Some(after));
    work.tell("receipt.reissued", number.to_string(), serde_json::json!({ "visitId": visit.id }));
    read(work, number)
}
