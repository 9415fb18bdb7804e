//! A patient's account as shown: open bills, deposit, version.

use billing::settlement::{AllocationError, Bill};
use kernel::{ServiceDate, Yen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::accounts::{self, PatientAccount};
use store::patients::Patient;
use store::payments::Method;
use store::visits::{self, VisitState};
use store::{PatientId, Stamp, StoreError, VisitId, closes, patients, settlements};

use crate::{Problem, ProblemCode, Work};

/// Characters of a reason at most.
const REASON_MAX: usize = 400;

/// How money comes or goes (入金方法).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// 現金.
    Cash,
    /// カード.
    Card,
    /// 電子マネー.
    EMoney,
    /// QR決済.
    Qr,
    /// 振込.
    Transfer,
}

impl From<PaymentMethod> for Method {
    fn from(method: PaymentMethod) -> Self {
        match method {
            PaymentMethod::Cash => Self::Cash,
            PaymentMethod::Card => Self::Card,
            PaymentMethod::EMoney => Self::EMoney,
            PaymentMethod::Qr => Self::Qr,
            PaymentMethod::Transfer => Self::Transfer,
        }
    }
}

impl From<Method> for PaymentMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Cash => Self::Cash,
            Method::Card => Self::Card,
            Method::EMoney => Self::EMoney,
            Method::Qr => Self::Qr,
            Method::Transfer => Self::Transfer,
        }
    }
}

/// A bill that is not even.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenBillView {
    /// The visit.
    pub visit_id: VisitId,
    /// 診療日.
    pub visit_date: ServiceDate,
    /// Above zero = the patient owes, below = a refund is due.
    pub open_yen: Yen,
}

/// A patient's account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    /// 患者番号.
    pub patient_number: String,
    /// Rises with everything booked on it, for `If-Match`.
    pub version: i32,
    /// Bills that are not even, oldest first.
    pub bills: Vec<OpenBillView>,
    /// 未収: Σ of the bills; below zero = credit.
    pub debt_yen: Yen,
    /// 預り金.
    pub deposit_yen: Yen,
    /// Terminal payments whose end nobody knows (確認中).
    pub pending_terminal_payments: Vec<store::TerminalPaymentId>,
}

/// A part of a payment: which bill, how much; without a visit it is a deposit (預り金).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartView {
    /// The visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit_id: Option<VisitId>,
    /// Yen, of the payment's sign.
    pub yen: Yen,
}

/// The account of a patient, as read by a person or machine.
///
/// # Errors
/// `not-found`.
pub fn read(work: &mut Work<'_, '_>, number: &str) -> Result<AccountView, Problem> {
    let patient = crate::patients::by_number(work.tx, number)?;
    work.audit("account.read", Some(patient.id), Some(number.to_owned()));
    view(work, &patient)
}

pub(crate) fn view(work: &mut Work<'_, '_>, patient: &Patient) -> Result<AccountView, Problem> {
    let account = accounts::find(work.tx, patient.id)?;
    let pending = store::terminal::pending(work.tx, Some(patient.id))?;
    let bills = account.bills.iter().map(|bill| OpenBillView {
        visit_id: bill.visit_id,
        visit_date: bill.date,
        open_yen: bill.open,
    });
    Ok(AccountView {
        patient_number: patient.number.clone(),
        version: account.version,
        bills: bills.collect(),
        debt_yen: account.debt(),
        deposit_yen: account.deposit,
        pending_terminal_payments: pending.iter().map(|payment| payment.id).collect(),
    })
}

/// The account, locked until the transaction ends, on an open day; `seen` = the version the caller saw, none when the
/// caller holds the lock already.
pub(crate) fn locked(
    work: &mut Work<'_, '_>,
    patient: PatientId,
    seen: Option<i32>,
) -> Result<PatientAccount, Problem> {
    accounts::lock(work.tx, patient)?;
    closes::ensure_open(work.tx, work.today)?;
    let account = accounts::find(work.tx, patient)?;
    match seen {
        Some(expected) if expected != account.version => {
            Err(StoreError::Conflict { what: "the account", expected, found: account.version }.into())
        }
        _ => Ok(account),
    }
}

/// The bills of an account as the allocation sees them.
pub(crate) fn bills(account: &PatientAccount) -> Vec<Bill<VisitId>> {
    account.bills.iter().map(|bill| Bill { id: bill.visit_id, date: bill.date, open: bill.open }).collect()
}

/// A patient by number.
pub(crate) fn patient(work: &mut Work<'_, '_>, number: &str) -> Result<Patient, Problem> {
    crate::patients::by_number(work.tx, number)
}

/// A patient by id.
pub(crate) fn patient_of(work: &mut Work<'_, '_>, id: PatientId) -> Result<Patient, Problem> {
    patients::find(work.tx, &[id])?.pop().ok_or_else(|| ProblemCode::NotFound.into())
}

/// Refuses a visit of another patient.
pub(crate) fn visit_of(
    work: &mut Work<'_, '_>,
    visit: VisitId,
    patient: PatientId,
) -> Result<visits::NewVisit, Problem> {
    let found = visits::find(work.tx, visit)?.filter(|visit| visit.patient_id == patient);
    found.ok_or_else(|| Problem::new(ProblemCode::NotFound).detail("この患者の受診ではありません"))
}

/// A settled visit becomes 会計済 or 未収 by what is open on it.
///
/// # Errors
/// `version-conflict` when somebody else moved it at once.
pub fn refresh_state(work: &mut Work<'_, '_>, visit: VisitId, open: Yen) -> Result<(), Problem> {
    let Some((step, state)) = visits::current_state(work.tx, visit)? else { return Ok(()) };
    let is_settled = !settlements::current(work.tx, &[visit])?.is_empty() || state == VisitState::PaidLater;
    let is_at_desk =
        matches!(state, VisitState::AwaitingPayment | VisitState::OnHold | VisitState::PaidLater | VisitState::Paid);
    let target = if open > Yen::ZERO { VisitState::PaidLater } else { VisitState::Paid };
    if !is_settled || !is_at_desk || state == target {
        return Ok(());
    }
    visits::move_to(work.tx, visit, step, target, &work.stamp)?;
    let kind = if target == VisitState::Paid { "visit.paid" } else { "visit.paid_later" };
    work.tell(kind, visit.to_string(), serde_json::json!({ "state": target.as_str(), "openYen": open }));
    Ok(())
}

/// The stamp with a reason that says something and fits.
pub(crate) fn because(work: &Work<'_, '_>, pointer: &str, reason: &str) -> Result<Stamp, Problem> {
    let length = reason.chars().count();
    if length > REASON_MAX {
        let message = format!("{length} 文字です。{REASON_MAX} 文字までです");
        return Err(Problem::invalid(pointer, "length", message));
    }
    work.because(reason)
}

/// Money that does not fit, told to a clerk.
pub(crate) fn amount_wrong(error: AllocationError) -> Problem {
    let problem = Problem::new(ProblemCode::AmountWrong);
    match error {
        AllocationError::Amount { yen } => problem.detail(format!("{yen} 円は扱えません")).with("yen", yen.get()),
        AllocationError::NothingOpen => problem.detail("支払う請求がありません"),
        AllocationError::Surplus { surplus } => {
            problem.detail(format!("請求より {surplus} 円多くなっています")).with("surplusYen", surplus.get())
        }
        AllocationError::Credit { wanted, credit } => problem
            .detail(format!("返金できるのは {credit} 円までです({wanted} 円が指定されました)"))
            .with("creditYen", credit.get()),
    }
}
