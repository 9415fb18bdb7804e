//! Money at the desk: accounts, payments, refunds, reversals, deposits, terminals, payment receipts.

use actix_web::http::StatusCode;
use kernel::ServiceDate;
use schemars::JsonSchema;
use serde::Deserialize;
use service::account::{self, AccountView};
use service::documents::{self, ReceiptPage, ReceiptView};
use service::payments::{self, ApplyDeposit, MoneyMoved, Pay, PaymentPage, Refund, TerminalRequest, TerminalView};
use service::{Problem, ProblemCode, Work};
use store::{PaymentId, TerminalPaymentId};

use super::visits::VisitPath;
use super::{Because, NoQuery, PatientPath};
use crate::{Call, Endpoint, Method, Registry, Reply, may};

/// Lines of a page unless told otherwise.
const PAGE: usize = 50;

pub(super) fn add(registry: &mut Registry) {
    registry.add::<ReadAccount>();
    registry.add::<TakePayment>();
    registry.add::<ListPatientPayments>();
    registry.add::<ListPayments>();
    registry.add::<GiveRefund>();
    registry.add::<ReversePayment>();
    registry.add::<ApplyDepositToBills>();
    registry.add::<AskTerminal>();
    registry.add::<ReadTerminalPayment>();
    registry.add::<ConfirmTerminalPayment>();
    registry.add::<AbandonTerminalPayment>();
    registry.add::<ListPatientReceipts>();
    registry.add::<ListReceipts>();
    registry.add::<ReadReceipt>();
    registry.add::<ReissueReceipt>();
}

/// Names in the path of routes about one payment.
#[derive(Debug, Deserialize, JsonSchema)]
struct PaymentPath {
    /// Id of the payment.
    id: PaymentId,
}

/// Names in the path of routes about one terminal payment.
#[derive(Debug, Deserialize, JsonSchema)]
struct TerminalPath {
    /// Id of the terminal payment.
    id: TerminalPaymentId,
}

/// Names in the path of routes about one receipt.
#[derive(Debug, Deserialize, JsonSchema)]
struct ReceiptPath {
    /// 領収証番号.
    number: i64,
}

/// Which payments of a patient.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PaymentCursor {
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<PaymentId>,
    /// Lines wanted, at most 200.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    limit: Option<usize>,
}

/// Which payments of a day.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DayPayments {
    /// The business day; absent = today.
    #[serde(default)]
    date: Option<ServiceDate>,
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<PaymentId>,
    /// Lines wanted, at most 200.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    limit: Option<usize>,
}

/// Which receipts of a patient.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReceiptCursor {
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<i64>,
    /// Lines wanted, at most 200.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    limit: Option<usize>,
}

/// Which receipts of a day.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DayReceipts {
    /// The day; absent = today.
    #[serde(default)]
    date: Option<ServiceDate>,
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<i64>,
    /// Lines wanted, at most 200.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    limit: Option<usize>,
}

/// What a terminal answered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TerminalAnswer {
    /// The terminal's own reference.
    #[serde(default)]
    #[schemars(length(min = 1, max = 100))]
    reference: Option<String>,
}

struct ReadAccount;

impl Endpoint for ReadAccount {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/patients/{number}/account";
    const ID: &'static str = "readAccount";
    const SUMMARY: &'static str = "A patient's open bills, debt and deposit";
    type Permission = may::BillRead;
    type Path = PatientPath;
    type Query = NoQuery;
    type Body = ();
    type Answer = AccountView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<AccountView>, Problem> {
        let account = account::read(work, &call.path.number)?;
        let version = account.version;
        Ok(Reply::versioned(account, version))
    }
}

struct TakePayment;

impl Endpoint for TakePayment {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/patients/{number}/payments";
    const ID: &'static str = "takePayment";
    const SUMMARY: &'static str = "Takes a payment; the receipt is issued with it";
    const STATUS: StatusCode = StatusCode::CREATED;
    const NEEDS_VERSION: bool = true;
    const PROBLEMS: &'static [ProblemCode] = &[
        ProblemCode::AmountWrong,
        ProblemCode::StateConflict,
        ProblemCode::DayClosed,
        ProblemCode::VersionConflict,
        ProblemCode::MustConfirm,
    ];
    type Permission = may::PaymentWrite;
    type Path = PatientPath;
    type Query = NoQuery;
    type Body = Pay;
    type Answer = MoneyMoved;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<MoneyMoved>, Problem> {
        let moved = payments::pay(work, &call.path.number, Some(call.version()?), call.body)?;
        let version = moved.account.version;
        Ok(Reply::versioned(moved, version))
    }
}

struct ListPatientPayments;

impl Endpoint for ListPatientPayments {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/patients/{number}/payments";
    const ID: &'static str = "listPatientPayments";
    const SUMMARY: &'static str = "A patient's payments, refunds and reversals";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::TooLarge];
    type Permission = may::BillRead;
    type Path = PatientPath;
    type Query = PaymentCursor;
    type Body = ();
    type Answer = PaymentPage;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<PaymentPage>, Problem> {
        let (after, limit) = (call.query.cursor, call.query.limit.unwrap_or(PAGE));
        Ok(Reply::plain(payments::list(work, Some(&call.path.number), None, after, limit)?))
    }
}

struct ListPayments;

impl Endpoint for ListPayments {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/payments";
    const ID: &'static str = "listPayments";
    const SUMMARY: &'static str = "Payments, refunds and reversals of a business day";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::TooLarge];
    type Permission = may::BillRead;
    type Path = ();
    type Query = DayPayments;
    type Body = ();
    type Answer = PaymentPage;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<PaymentPage>, Problem> {
        let day = call.query.date.unwrap_or(work.today);
        let (after, limit) = (call.query.cursor, call.query.limit.unwrap_or(PAGE));
        Ok(Reply::plain(payments::list(work, None, Some(day), after, limit)?))
    }
}

struct GiveRefund;

impl Endpoint for GiveRefund {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/patients/{number}/refunds";
    const ID: &'static str = "giveRefund";
    const SUMMARY: &'static str = "Gives back what was paid too much on a bill, or a deposit";
    const STATUS: StatusCode = StatusCode::CREATED;
    const NEEDS_VERSION: bool = true;
    const PROBLEMS: &'static [ProblemCode] = &[
        ProblemCode::AmountWrong,
        ProblemCode::StateConflict,
        ProblemCode::DayClosed,
        ProblemCode::VersionConflict,
        ProblemCode::ReasonMissing,
    ];
    type Permission = may::Refund;
    type Path = PatientPath;
    type Query = NoQuery;
    type Body = Refund;
    type Answer = MoneyMoved;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<MoneyMoved>, Problem> {
        let moved = payments::refund(work, &call.path.number, Some(call.version()?), call.body)?;
        let version = moved.account.version;
        Ok(Reply::versioned(moved, version))
    }
}

struct ReversePayment;

impl Endpoint for ReversePayment {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/payments/{id}/reversals";
    const ID: &'static str = "reversePayment";
    const SUMMARY: &'static str = "Takes a payment or refund back, dated today";
    const STATUS: StatusCode = StatusCode::CREATED;
    const NEEDS_VERSION: bool = true;
    const PROBLEMS: &'static [ProblemCode] = &[
        ProblemCode::AmountWrong,
        ProblemCode::StateConflict,
        ProblemCode::DayClosed,
        ProblemCode::VersionConflict,
        ProblemCode::ReasonMissing,
    ];
    type Permission = may::BillCorrect;
    type Path = PaymentPath;
    type Query = NoQuery;
    type Body = Because;
    type Answer = MoneyMoved;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<MoneyMoved>, Problem> {
        let moved = payments::reverse(work, call.path.id, Some(call.version()?), &call.body.reason)?;
        let version = moved.account.version;
        Ok(Reply::versioned(moved, version))
    }
}

struct ApplyDepositToBills;

impl Endpoint for ApplyDepositToBills {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/patients/{number}/deposit-applications";
    const ID: &'static str = "applyDeposit";
    const SUMMARY: &'static str = "Pays bills out of the deposit";
    const STATUS: StatusCode = StatusCode::CREATED;
    const NEEDS_VERSION: bool = true;
    const PROBLEMS: &'static [ProblemCode] =
        &[ProblemCode::AmountWrong, ProblemCode::StateConflict, ProblemCode::DayClosed, ProblemCode::VersionConflict];
    type Permission = may::PaymentWrite;
    type Path = PatientPath;
    type Query = NoQuery;
    type Body = ApplyDeposit;
    type Answer = MoneyMoved;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<MoneyMoved>, Problem> {
        let moved = payments::apply_deposit(work, &call.path.number, Some(call.version()?), call.body)?;
        let version = moved.account.version;
        Ok(Reply::versioned(moved, version))
    }
}

struct AskTerminal;

impl Endpoint for AskTerminal {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/patients/{number}/terminal-payments";
    const ID: &'static str = "askTerminal";
    const SUMMARY: &'static str = "A terminal is asked for a payment; nothing is booked before it answers";
    const STATUS: StatusCode = StatusCode::CREATED;
    const NEEDS_VERSION: bool = true;
    const PROBLEMS: &'static [ProblemCode] =
        &[ProblemCode::AmountWrong, ProblemCode::StateConflict, ProblemCode::DayClosed, ProblemCode::VersionConflict];
    type Permission = may::PaymentWrite;
    type Path = PatientPath;
    type Query = NoQuery;
    type Body = TerminalRequest;
    type Answer = TerminalView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<TerminalView>, Problem> {
        let seen = Some(call.version()?);
        Ok(Reply::plain(payments::request_terminal(work, &call.path.number, seen, call.body)?))
    }
}

struct ReadTerminalPayment;

impl Endpoint for ReadTerminalPayment {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/terminal-payments/{id}";
    const ID: &'static str = "readTerminalPayment";
    const SUMMARY: &'static str = "A terminal payment and what became of it";
    type Permission = may::BillRead;
    type Path = TerminalPath;
    type Query = NoQuery;
    type Body = ();
    type Answer = TerminalView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<TerminalView>, Problem> {
        Ok(Reply::plain(payments::read_terminal(work, call.path.id)?))
    }
}

struct ConfirmTerminalPayment;

impl Endpoint for ConfirmTerminalPayment {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/terminal-payments/{id}/confirmation";
    const ID: &'static str = "confirmTerminalPayment";
    const SUMMARY: &'static str = "The terminal took the money: it is booked";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::StateConflict, ProblemCode::DayClosed];
    type Permission = may::PaymentWrite;
    type Path = TerminalPath;
    type Query = NoQuery;
    type Body = TerminalAnswer;
    type Answer = MoneyMoved;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<MoneyMoved>, Problem> {
        let moved = payments::confirm_terminal(work, call.path.id, call.body.reference.as_deref())?;
        let version = moved.account.version;
        Ok(Reply::versioned(moved, version))
    }
}

struct AbandonTerminalPayment;

impl Endpoint for AbandonTerminalPayment {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/terminal-payments/{id}/abandonment";
    const ID: &'static str = "abandonTerminalPayment";
    const SUMMARY: &'static str = "The terminal took nothing";
    const PROBLEMS: &'static [ProblemCode] =
        &[ProblemCode::StateConflict, ProblemCode::DayClosed, ProblemCode::ReasonMissing];
    type Permission = may::PaymentWrite;
    type Path = TerminalPath;
    type Query = NoQuery;
    type Body = Because;
    type Answer = TerminalView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<TerminalView>, Problem> {
        Ok(Reply::plain(payments::abandon_terminal(work, call.path.id, &call.body.reason)?))
    }
}

struct ListPatientReceipts;

impl Endpoint for ListPatientReceipts {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/patients/{number}/receipts";
    const ID: &'static str = "listPatientReceipts";
    const SUMMARY: &'static str = "A patient's payment receipts, voids too";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::TooLarge];
    type Permission = may::BillRead;
    type Path = PatientPath;
    type Query = ReceiptCursor;
    type Body = ();
    type Answer = ReceiptPage;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<ReceiptPage>, Problem> {
        let (after, limit) = (call.query.cursor, call.query.limit.unwrap_or(PAGE));
        Ok(Reply::plain(documents::list(work, Some(&call.path.number), None, after, limit)?))
    }
}

struct ListReceipts;

impl Endpoint for ListReceipts {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/receipts";
    const ID: &'static str = "listReceipts";
    const SUMMARY: &'static str = "Payment receipts issued on a day";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::TooLarge];
    type Permission = may::BillRead;
    type Path = ();
    type Query = DayReceipts;
    type Body = ();
    type Answer = ReceiptPage;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<ReceiptPage>, Problem> {
        let day = call.query.date.unwrap_or(work.today);
        let (after, limit) = (call.query.cursor, call.query.limit.unwrap_or(PAGE));
        Ok(Reply::plain(documents::list(work, None, Some(day), after, limit)?))
    }
}

struct ReadReceipt;

impl Endpoint for ReadReceipt {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/receipts/{number}";
    const ID: &'static str = "readReceipt";
    const SUMMARY: &'static str = "A payment receipt with everything on it";
    type Permission = may::BillRead;
    type Path = ReceiptPath;
    type Query = NoQuery;
    type Body = ();
    type Answer = ReceiptView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<ReceiptView>, Problem> {
        Ok(Reply::plain(documents::read(work, call.path.number)?))
    }
}

struct ReissueReceipt;

impl Endpoint for ReissueReceipt {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/visits/{id}/receipt-reissues";
    const ID: &'static str = "reissueReceipt";
    const SUMMARY: &'static str = "Takes a visit's receipts back and issues one in their place";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] =
        &[ProblemCode::StateConflict, ProblemCode::DayClosed, ProblemCode::ReasonMissing];
    type Permission = may::BillCorrect;
    type Path = VisitPath;
    type Query = NoQuery;
    type Body = Because;
    type Answer = ReceiptView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<ReceiptView>, Problem> {
        Ok(Reply::plain(documents::reissue(work, call.path.id, &call.body.reason)?))
    }
}
