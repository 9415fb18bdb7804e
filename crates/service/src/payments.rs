//! Money that comes and goes: payments, terminal payments, refunds, reversals, deposits.
//!
//! Each locks the patient's account, looks at the version the caller saw, books, moves the visits to 会計済 or 未収, and
//! issues its document last.

use billing::settlement::{Allocated, Policy, Surplus, allocate, allocate_refund};
use kernel::{ServiceDate, Yen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::accounts::{self, PatientAccount};
use store::patients::Patient;
use store::payments::{self, Allocation, NewPayment, PaymentLine, PaymentQuery};
use store::terminal::{self, TerminalPayment, TerminalState};
use store::{EntryId, PaymentId, TerminalPaymentId, VisitId, receipts, settlements};

use crate::account::{self, AccountView, PartView, PaymentMethod, amount_wrong, because};
use crate::documents::{self, Document};
use crate::{Problem, ProblemCode, Work};

/// A payment at the desk (入金).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Pay {
    /// The visit at the desk; absent = a payment without visit.
    #[serde(default)]
    pub visit_id: Option<VisitId>,
    /// How.
    pub method: PaymentMethod,
    /// Which bills it pays.
    #[serde(default)]
    pub policy: Policy,
    /// How much; absent = what was tendered, else exactly what the bills of the policy need.
    #[serde(default)]
    pub amount_yen: Option<Yen>,
    /// お預り, cash only: above the amount it gives change.
    #[serde(default)]
    pub tendered_yen: Option<Yen>,
    /// Money above the bills; absent = change for cash, refused for everything else.
    #[serde(default)]
    pub surplus: Option<Surplus>,
    /// あとで支払う: nothing is paid now, the visit becomes 未収.
    #[serde(default)]
    pub later: bool,
}

/// What a payment, refund or reversal did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MoneyMoved {
    /// Its id; absent when no money moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<PaymentId>,
    /// What came (above zero) or went (below).
    pub yen: Yen,
    /// お釣り.
    pub change_yen: Yen,
    /// What it pays.
    pub parts: Vec<PartView>,
    /// 領収証番号 of its document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_number: Option<i64>,
    /// Receipts the document stands for: they are taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voided_receipts: Vec<i64>,
    /// The account afterwards.
    pub account: AccountView,
}

/// Takes a payment. `seen` = the version of the account the caller saw; none only inside a larger use case.
///
/// # Errors
/// `not-found`; `version-conflict`; `day-closed`; `amount-wrong` for money that does not fit; `must-confirm` for a
/// payment of nothing; `state-conflict` for a visit without a bill or while a terminal payment is 確認中.
pub fn pay(work: &mut Work<'_, '_>, number: &str, seen: Option<i32>, new: &Pay) -> Result<MoneyMoved, Problem> {
    let patient = account::patient(work, number)?;
    let account = account::locked(work, patient.id, seen)?;
    refuse_pending(work, &patient)?;
    if let Some(visit) = new.visit_id {
        refuse_unsettled(work, &patient, visit, &account)?;
    }
    let open = target(&account, new.visit_id, new.policy);
    if new.later {
        return pay_later(work, &patient, new.visit_id, &account);
    }
    if open.is_zero() && new.tendered_yen.is_none() && new.amount_yen.is_none_or(Yen::is_zero) {
        return pay_nothing(work, &patient, new.visit_id, &account);
    }
    let (amount, surplus) = amount(new, open)?;
    let allocated =
        allocate(&account::bills(&account), new.visit_id, new.policy, amount, surplus).map_err(amount_wrong)?;
    let change = new.tendered_yen.map_or(Yen::ZERO, |tendered| tendered - allocated.kept());
    let allocated = Allocated { change, ..allocated };
    let taken = Taken { method: new.method, tendered: new.tendered_yen, terminal_reference: None, visit: new.visit_id };
    book(work, &patient, &allocated, &taken)
}

/// How a payment was taken.
struct Taken {
    method: PaymentMethod,
    tendered: Option<Yen>,
    terminal_reference: Option<String>,
    visit: Option<VisitId>,
}

/// Σ open of the bills a policy pays.
fn target(account: &PatientAccount, visit: Option<VisitId>, policy: Policy) -> Yen {
    let is_of_policy = |id: VisitId| policy != Policy::ThisBill || Some(id) == visit;
    let open = account.bills.iter().filter(|bill| is_of_policy(bill.visit_id)).map(|bill| bill.open.max(Yen::ZERO));
    open.sum()
}

/// What is to be allocated, and what becomes of the rest.
fn amount(new: &Pay, open: Yen) -> Result<(Yen, Surplus), Problem> {
    let wrong = |detail: &str| Err(Problem::new(ProblemCode::AmountWrong).detail(detail));
    let is_cash = new.method == PaymentMethod::Cash;
    let surplus = new.surplus.unwrap_or(if is_cash { Surplus::Change } else { Surplus::Refuse });
    if !is_cash && new.tendered_yen.is_some() {
        return wrong("お預り金額は現金のときだけ入力できます");
    }
    if !is_cash && surplus == Surplus::Change {
        return wrong("お釣りを出せるのは現金だけです");
    }
    match (new.amount_yen, new.tendered_yen) {
        (Some(amount), _) if amount.is_zero() => Err(Problem::new(ProblemCode::MustConfirm)
            .detail("0 円です。あとで支払うときは later を指定してください")
            .with("openYen", open.get())),
        (Some(amount), Some(tendered)) if tendered < amount => wrong("お預り金額が足りません"),
        // An amount that was named is kept whole: what is above it is change, what is above the bills is not.
        (Some(amount), Some(_)) if surplus == Surplus::Change => Ok((amount, Surplus::Refuse)),
        (Some(amount), None) if surplus == Surplus::Change => Ok((amount, Surplus::Refuse)),
        (Some(amount), _) => Ok((amount, surplus)),
        (None, Some(tendered)) => Ok((tendered, surplus)),
        (None, None) => Ok((open, surplus)),
    }
}

fn refuse_pending(work: &mut Work<'_, '_>, patient: &Patient) -> Result<(), Problem> {
    match terminal::pending(work.tx, Some(patient.id))?.first() {
        None => Ok(()),
        Some(payment) => Err(Problem::new(ProblemCode::StateConflict)
            .detail("確認中の端末決済があります")
            .with("terminalPaymentId", payment.id.to_string())),
    }
}

fn refuse_unsettled(
    work: &mut Work<'_, '_>,
    patient: &Patient,
    visit: VisitId,
    account: &PatientAccount,
) -> Result<(), Problem> {
    account::visit_of(work, visit, patient.id)?;
    let is_settled = !settlements::current(work.tx, &[visit])?.is_empty();
    // A debt of another system has no settlement, and is open.
    if is_settled || !account.open_of(visit).is_zero() {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::StateConflict).detail("この受診はまだ会計されていません"))
}

/// The visit becomes 未収.
fn pay_later(
    work: &mut Work<'_, '_>,
    patient: &Patient,
    visit: Option<VisitId>,
    account: &PatientAccount,
) -> Result<MoneyMoved, Problem> {
    let visit = visit.ok_or_else(|| Problem::invalid("/visitId", "missing", "受診を指定してください"))?;
    let open = account.open_of(visit);
    if open <= Yen::ZERO {
        return Err(Problem::new(ProblemCode::AmountWrong).detail("支払う請求がありません"));
    }
    account::refresh_state(work, visit, open)?;
    let after = json!({ "openYen": open });
    work.audit_change("payment.later", Some(patient.id), Some(visit.to_string()), None, Some(after));
    let account = account::view(work, patient)?;
    Ok(MoneyMoved {
        payment_id: None,
        yen: Yen::ZERO,
        change_yen: Yen::ZERO,
        parts: Vec::new(),
        receipt_number: None,
        voided_receipts: Vec::new(),
        account,
    })
}

/// A bill of zero: the visit is 会計済, and the receipt says so.
fn pay_nothing(
    work: &mut Work<'_, '_>,
    patient: &Patient,
    visit: Option<VisitId>,
    account: &PatientAccount,
) -> Result<MoneyMoved, Problem> {
    let visit = visit.filter(|visit| account.open_of(*visit).is_zero());
    let Some(visit) = visit else {
        return Err(Problem::new(ProblemCode::AmountWrong).detail("支払う請求がありません"));
    };
    let replaces = documents::outdated(work, patient.id, visit)?;
    if replaces.is_empty() && !receipts::valid_of_visits(work.tx, patient.id, &[visit])?.is_empty() {
        return Err(Problem::new(ProblemCode::StateConflict).detail("この受診は会計済です"));
    }
    account::refresh_state(work, visit, Yen::ZERO)?;
    let parts = vec![PartView { visit_id: Some(visit), yen: Yen::ZERO }];
    let allocated = Booked { payment: None, yen: Yen::ZERO, change: Yen::ZERO, parts, replaces };
    conclude(work, patient, allocated, None, None)
}

/// Books a payment with its states and document.
fn book(
    work: &mut Work<'_, '_>,
    patient: &Patient,
    allocated: &Allocated<VisitId>,
    taken: &Taken,
) -> Result<MoneyMoved, Problem> {
    let parts = parts(allocated);
    let payment = record(work, patient, taken.method, &parts, taken.terminal_reference.clone())?;
    refresh(work, patient, &parts)?;
    let mut replaces = Vec::new();
    if let Some(visit) = taken.visit.filter(|visit| parts.iter().any(|part| part.visit_id == Some(*visit))) {
        replaces = documents::outdated(work, patient.id, visit)?;
    }
    let yen = allocated.kept();
    work.audit_change(
        "payment.recorded",
        Some(patient.id),
        Some(payment.to_string()),
        None,
        Some(json!({ "yen": yen, "method": taken.method, "parts": parts })),
    );
    let data = json!({ "patientNumber": patient.number, "yen": yen, "method": taken.method, "parts": parts });
    work.tell("payment.recorded", payment.to_string(), data);
    let booked = Booked { payment: Some(payment), yen, change: allocated.change, parts, replaces };
    conclude(work, patient, booked, Some(taken.method), taken.tendered)
}

/// What was booked, before its document.
struct Booked {
    payment: Option<PaymentId>,
    yen: Yen,
    change: Yen,
    parts: Vec<PartView>,
    replaces: Vec<i64>,
}

/// Reads the account and issues the document: the last thing a use case does.
fn conclude(
    work: &mut Work<'_, '_>,
    patient: &Patient,
    booked: Booked,
    method: Option<PaymentMethod>,
    tendered: Option<Yen>,
) -> Result<MoneyMoved, Problem> {
    let account = account::view(work, patient)?;
    let document = Document {
        patient,
        payment: booked.payment,
        method,
        parts: booked.parts.clone(),
        tendered,
        change: booked.change,
        replaces: booked.replaces.clone(),
    };
    let receipt_number = documents::issue(work, document)?;
    Ok(MoneyMoved {
        payment_id: booked.payment,
        yen: booked.yen,
        change_yen: booked.change,
        parts: booked.parts,
        receipt_number,
        voided_receipts: booked.replaces,
        account,
    })
}

fn parts(allocated: &Allocated<VisitId>) -> Vec<PartView> {
    let bills = allocated.parts.iter().map(|part| PartView { visit_id: Some(part.id), yen: part.yen });
    let deposit = PartView { visit_id: None, yen: allocated.deposit };
    bills.chain((!allocated.deposit.is_zero()).then_some(deposit)).collect()
}

fn record(
    work: &mut Work<'_, '_>,
    patient: &Patient,
    method: PaymentMethod,
    parts: &[PartView],
    terminal_reference: Option<String>,
) -> Result<PaymentId, Problem> {
    let new = NewPayment {
        id: PaymentId::new(),
        entry_id: EntryId::new(),
        patient_id: patient.id,
        method: method.into(),
        paid_on: work.today,
        allocations: parts.iter().map(|part| Allocation { visit_id: part.visit_id, yen: part.yen }).collect(),
        terminal_reference,
    };
    payments::record(work.tx, &new, &work.stamp)?;
    Ok(new.id)
}

fn refresh(work: &mut Work<'_, '_>, patient: &Patient, parts: &[PartView]) -> Result<(), Problem> {
    let account = accounts::find(work.tx, patient.id)?;
    for visit in parts.iter().filter_map(|part| part.visit_id) {
        account::refresh_state(work, visit, account.open_of(visit))?;
    }
    Ok(())
}

/// A refund (返金).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Refund {
    /// The visit whose bill was paid too much; absent = the deposit (預り金).
    #[serde(default)]
    pub visit_id: Option<VisitId>,
    /// How.
    pub method: PaymentMethod,
    /// How much; absent = all that is too much.
    #[serde(default)]
    pub amount_yen: Option<Yen>,
    /// Why.
    pub reason: String,
}

/// Gives back what was paid too much on a bill, or a deposit.
///
/// The receipts of the bill are taken back and one for the rest is issued; a deposit that goes gets a receipt of its own.
///
/// # Errors
/// `not-found`, `version-conflict`, `day-closed`, `reason-missing`, `amount-wrong` above what the clinic owes.
pub fn refund(work: &mut Work<'_, '_>, number: &str, seen: Option<i32>, new: &Refund) -> Result<MoneyMoved, Problem> {
    work.stamp = because(work, "/reason", &new.reason)?;
    let patient = account::patient(work, number)?;
    let account = account::locked(work, patient.id, seen)?;
    let (bills, deposit, credit) = match new.visit_id {
        Some(visit) => {
            account::visit_of(work, visit, patient.id)?;
            let bills = account::bills(&account).into_iter().filter(|bill| bill.id == visit).collect();
            (bills, Yen::ZERO, -account.open_of(visit))
        }
        None => (Vec::new(), account.deposit, account.deposit),
    };
    if credit <= Yen::ZERO {
        return Err(Problem::new(ProblemCode::AmountWrong).detail("返金する過入金・預り金がありません"));
    }
    let amount = new.amount_yen.unwrap_or(credit);
    let allocated = allocate_refund(&bills, new.visit_id, deposit, amount).map_err(amount_wrong)?;
    let parts = parts(&allocated);
    let payment = record(work, &patient, new.method, &parts, None)?;
    refresh(work, &patient, &parts)?;
    let replaces = match new.visit_id {
        Some(visit) => receipts::valid_of_visits(work.tx, patient.id, &[visit])?,
        None => Vec::new(),
    };
    let yen = allocated.kept();
    let after = json!({ "yen": yen, "method": new.method, "parts": parts, "reason": new.reason });
    work.audit_change("payment.refunded", Some(patient.id), Some(payment.to_string()), None, Some(after));
    let data = json!({ "patientNumber": patient.number, "yen": yen, "method": new.method, "parts": parts });
    work.tell("payment.refunded", payment.to_string(), data);
    let booked = Booked { payment: Some(payment), yen, change: Yen::ZERO, parts, replaces };
    conclude(work, &patient, booked, Some(new.method), None)
}

/// Takes a payment or refund back (取消), dated today; once.
///
/// # Errors
/// `not-found`, `version-conflict`, `day-closed`, `reason-missing`; `state-conflict` when it was taken back before, is
/// a reversal itself, or its money was used meanwhile.
pub fn reverse(
    work: &mut Work<'_, '_>,
    payment: PaymentId,
    seen: Option<i32>,
    reason: &str,
) -> Result<MoneyMoved, Problem> {
    let conflict = |detail: &str| Err(Problem::new(ProblemCode::StateConflict).detail(detail));
    work.stamp = because(work, "/reason", reason)?;
    let line = payments::find(work.tx, payment)?.ok_or(ProblemCode::NotFound)?;
    let patient = account::patient_of(work, line.patient_id)?;
    account::locked(work, patient.id, seen)?;
    // Read again under the lock.
    let line = payments::find(work.tx, payment)?.ok_or(ProblemCode::NotFound)?;
    if line.reverses.is_some() {
        return conflict("取消は取り消せません");
    }
    if line.reversed_by.is_some() {
        return conflict("すでに取り消されています");
    }
    let reversal = PaymentId::new();
    payments::reverse(work.tx, payment, reversal, EntryId::new(), work.today, &work.stamp)?;
    if accounts::find(work.tx, patient.id)?.deposit < Yen::ZERO {
        return conflict("預り金がすでに使われています。先に充当または返金を取り消してください");
    }
    let parts: Vec<PartView> =
        line.allocations.iter().map(|part| PartView { visit_id: part.visit_id, yen: -part.yen }).collect();
    refresh(work, &patient, &parts)?;
    let mut replaces = receipts::valid_of_payment(work.tx, payment)?;
    if replaces.is_empty() {
        let visits: Vec<VisitId> = parts.iter().filter_map(|part| part.visit_id).collect();
        replaces = receipts::valid_of_visits(work.tx, patient.id, &visits)?;
    }
    let method = PaymentMethod::from(line.method);
    let before = json!({ "paymentId": payment, "yen": line.yen, "method": method });
    let after = json!({ "reversalId": reversal, "reason": reason });
    work.audit_change("payment.reversed", Some(patient.id), Some(payment.to_string()), Some(before), Some(after));
    let data = json!({ "patientNumber": patient.number, "yen": -line.yen, "reversalId": reversal });
    work.tell("payment.reversed", payment.to_string(), data);
    let booked = Booked { payment: Some(reversal), yen: -line.yen, change: Yen::ZERO, parts, replaces };
    conclude(work, &patient, booked, None, None)
}

/// A deposit applied to bills (充当).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ApplyDeposit {
    /// The visit at the desk.
    #[serde(default)]
    pub visit_id: Option<VisitId>,
    /// Which bills it pays.
    #[serde(default)]
    pub policy: Policy,
    /// How much; absent = as much as bills and deposit allow.
    #[serde(default)]
    pub amount_yen: Option<Yen>,
}

/// Pays bills out of the deposit.
///
/// # Errors
/// `not-found`, `version-conflict`, `day-closed`, `amount-wrong` above deposit or bills.
pub fn apply_deposit(
    work: &mut Work<'_, '_>,
    number: &str,
    seen: Option<i32>,
    new: &ApplyDeposit,
) -> Result<MoneyMoved, Problem> {
    let patient = account::patient(work, number)?;
    let account = account::locked(work, patient.id, seen)?;
    if let Some(visit) = new.visit_id {
        account::visit_of(work, visit, patient.id)?;
    }
    let amount = new.amount_yen.unwrap_or_else(|| target(&account, new.visit_id, new.policy).min(account.deposit));
    if amount > account.deposit {
        let detail = format!("預り金は {} 円です", account.deposit);
        return Err(Problem::new(ProblemCode::AmountWrong).detail(detail));
    }
    let allocated = allocate(&account::bills(&account), new.visit_id, new.policy, amount, Surplus::Refuse);
    let allocated = allocated.map_err(amount_wrong)?;
    let applied: Vec<(VisitId, Yen)> = allocated.parts.iter().map(|part| (part.id, part.yen)).collect();
    accounts::apply_deposit(work.tx, patient.id, &applied, work.today, &work.stamp)?;
    let mut parts = parts(&allocated);
    parts.push(PartView { visit_id: None, yen: -amount });
    refresh(work, &patient, &parts)?;
    let after = json!({ "yen": amount, "parts": parts });
    work.audit_change("deposit.applied", Some(patient.id), Some(number.to_owned()), None, Some(after));
    work.tell("deposit.applied", patient.id.to_string(), json!({ "patientNumber": number, "yen": amount }));
    let booked = Booked { payment: None, yen: Yen::ZERO, change: Yen::ZERO, parts, replaces: Vec::new() };
    conclude(work, &patient, booked, None, None)
}

/// A payment the terminal is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TerminalRequest {
    /// The visit at the desk.
    #[serde(default)]
    pub visit_id: Option<VisitId>,
    /// `card`, `e_money` or `qr`.
    pub method: PaymentMethod,
    /// Which bills it pays.
    #[serde(default)]
    pub policy: Policy,
    /// How much; absent = exactly what the bills of the policy need.
    #[serde(default)]
    pub amount_yen: Option<Yen>,
}

/// A payment the terminal was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalView {
    /// Id: the terminal gets it as its reference.
    pub id: TerminalPaymentId,
    /// How much.
    pub yen: Yen,
    /// `pending` = 確認中, `confirmed`, `abandoned`.
    pub state: String,
    /// The payment, once confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<PaymentId>,
}

/// Records that the terminal was asked: 確認中. Nothing is booked before it answers.
///
/// # Errors
/// As [`pay`].
pub fn request_terminal(
    work: &mut Work<'_, '_>,
    number: &str,
    seen: Option<i32>,
    new: &TerminalRequest,
) -> Result<TerminalView, Problem> {
    if !matches!(new.method, PaymentMethod::Card | PaymentMethod::EMoney | PaymentMethod::Qr) {
        return Err(Problem::invalid("/method", "method", "端末で使えるのは card, e_money, qr です"));
    }
    let patient = account::patient(work, number)?;
    let account = account::locked(work, patient.id, seen)?;
    refuse_pending(work, &patient)?;
    if let Some(visit) = new.visit_id {
        refuse_unsettled(work, &patient, visit, &account)?;
    }
    let yen = new.amount_yen.unwrap_or_else(|| target(&account, new.visit_id, new.policy));
    allocate(&account::bills(&account), new.visit_id, new.policy, yen, Surplus::Refuse).map_err(amount_wrong)?;
    let asked = TerminalPayment {
        id: TerminalPaymentId::new(),
        patient_id: patient.id,
        visit_id: new.visit_id,
        method: new.method.into(),
        policy: new.policy,
        yen,
    };
    terminal::request(work.tx, &asked, &work.stamp)?;
    let after = json!({ "yen": yen, "method": new.method });
    work.audit_change("terminal.requested", Some(patient.id), Some(asked.id.to_string()), None, Some(after));
    work.tell("payment.pending", asked.id.to_string(), json!({ "patientNumber": number, "yen": yen }));
    Ok(TerminalView { id: asked.id, yen, state: "pending".to_owned(), payment_id: None })
}

/// A terminal payment and what became of it.
///
/// # Errors
/// `not-found`.
pub fn read_terminal(work: &mut Work<'_, '_>, id: TerminalPaymentId) -> Result<TerminalView, Problem> {
    let (asked, state) = terminal::find(work.tx, id)?.ok_or(ProblemCode::NotFound)?;
    work.audit("terminal.read", Some(asked.patient_id), Some(id.to_string()));
    let (state, payment_id) = match state {
        TerminalState::Pending => ("pending", None),
        TerminalState::Confirmed(payment) => ("confirmed", Some(payment)),
        TerminalState::Abandoned => ("abandoned", None),
    };
    Ok(TerminalView { id, yen: asked.yen, state: state.to_owned(), payment_id })
}

/// The terminal took the money: now it is booked. What no bill needs any more becomes a deposit.
///
/// # Errors
/// `not-found`, `day-closed`, `state-conflict` when it was answered before.
pub fn confirm_terminal(
    work: &mut Work<'_, '_>,
    id: TerminalPaymentId,
    reference: Option<&str>,
) -> Result<MoneyMoved, Problem> {
    let (asked, patient, account) = pending_terminal(work, id)?;
    let bills = account::bills(&account);
    let allocated = allocate(&bills, asked.visit_id, asked.policy, asked.yen, Surplus::Deposit);
    let allocated = allocated.map_err(amount_wrong)?;
    let taken = Taken {
        method: asked.method.into(),
        tendered: None,
        terminal_reference: Some(reference.map_or_else(|| id.to_string(), str::to_owned)),
        visit: asked.visit_id,
    };
    // The answer comes before the document, which comes last; its payment is known when it is booked.
    let parts = parts(&allocated);
    let payment = record(work, &patient, taken.method, &parts, taken.terminal_reference.clone())?;
    terminal::answer(work.tx, id, Some(payment), &work.stamp)?;
    refresh(work, &patient, &parts)?;
    let after = json!({ "paymentId": payment, "yen": asked.yen, "parts": parts });
    work.audit_change("terminal.confirmed", Some(patient.id), Some(id.to_string()), None, Some(after));
    let data = json!({ "patientNumber": patient.number, "yen": asked.yen, "method": taken.method, "parts": parts });
    work.tell("payment.recorded", payment.to_string(), data);
    let booked = Booked { payment: Some(payment), yen: asked.yen, change: Yen::ZERO, parts, replaces: Vec::new() };
    conclude(work, &patient, booked, Some(taken.method), None)
}

/// The terminal took nothing.
///
/// # Errors
/// `not-found`, `reason-missing`, `state-conflict` when it was answered before.
pub fn abandon_terminal(work: &mut Work<'_, '_>, id: TerminalPaymentId, reason: &str) -> Result<TerminalView, Problem> {
    work.stamp = because(work, "/reason", reason)?;
    let (asked, patient, _) = pending_terminal(work, id)?;
    terminal::answer(work.tx, id, None, &work.stamp)?;
    let after = json!({ "reason": reason });
    work.audit_change("terminal.abandoned", Some(patient.id), Some(id.to_string()), None, Some(after));
    work.tell("payment.abandoned", id.to_string(), json!({ "yen": asked.yen }));
    Ok(TerminalView { id, yen: asked.yen, state: "abandoned".to_owned(), payment_id: None })
}

fn pending_terminal(
    work: &mut Work<'_, '_>,
    id: TerminalPaymentId,
) -> Result<(TerminalPayment, Patient, PatientAccount), Problem> {
    let (asked, _) = terminal::find(work.tx, id)?.ok_or(ProblemCode::NotFound)?;
    let patient = account::patient_of(work, asked.patient_id)?;
    let account = account::locked(work, patient.id, None)?;
    match terminal::find(work.tx, id)? {
        Some((asked, TerminalState::Pending)) => Ok((asked, patient, account)),
        _ => Err(Problem::new(ProblemCode::StateConflict).detail("この端末決済はすでに終わっています")),
    }
}

/// A payment in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentSummary {
    /// Id.
    pub id: PaymentId,
    /// 患者番号.
    pub patient_number: String,
    /// `payment`, `refund`, `reversal`.
    pub kind: String,
    /// How.
    pub method: PaymentMethod,
    /// Above zero = came, below = went.
    pub yen: Yen,
    /// The business day.
    pub paid_on: ServiceDate,
    /// What it pays.
    pub parts: Vec<PartView>,
    /// Numbers of its receipts, voids too.
    pub receipts: Vec<i64>,
    /// What it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<PaymentId>,
    /// What takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversed_by: Option<PaymentId>,
    /// By whom.
    pub recorded_by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<PaymentLine> for PaymentSummary {
    fn from(line: PaymentLine) -> Self {
        let parts = line.allocations.iter().map(|part| PartView { visit_id: part.visit_id, yen: part.yen });
        Self {
            id: line.id,
            patient_number: line.number,
            kind: line.kind,
            method: line.method.into(),
            yen: line.yen,
            paid_on: line.paid_on,
            parts: parts.collect(),
            receipts: line.receipts,
            reverses: line.reverses,
            reversed_by: line.reversed_by,
            recorded_by: line.recorded_by,
            reason: line.reason,
        }
    }
}

/// A page of payments.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentPage {
    /// The payments, in the order in which they were recorded.
    pub payments: Vec<PaymentSummary>,
    /// Give it as `cursor` for the next page; absent = this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<PaymentId>,
}

/// Payments of a patient or a day.
///
/// # Errors
/// `not-found` for an unknown patient, `too-large` for a page too long.
pub fn list(
    work: &mut Work<'_, '_>,
    number: Option<&str>,
    day: Option<ServiceDate>,
    after: Option<PaymentId>,
    limit: usize,
) -> Result<PaymentPage, Problem> {
    let patient = number.map(|number| account::patient(work, number)).transpose()?.map(|patient| patient.id);
    let (lines, has_more) = payments::list(work.tx, &PaymentQuery { day, patient, id: None, after, limit })?;
    work.audit("payment.listed", patient, number.map(str::to_owned));
    let next = lines.last().map(|line| line.id).filter(|_| has_more);
    Ok(PaymentPage { payments: lines.into_iter().map(PaymentSummary::from).collect(), next })
}
