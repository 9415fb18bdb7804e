//! Debts: lists, reductions, write-offs by two people, marks, opening balances.

use actix_web::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use service::account::AccountView;
use service::debts::{self, BillDebtPage, OpeningDebt, PatientDebtPage, TakeOff, WriteOffView, WriteOffs};
use service::{Problem, ProblemCode, Work};
use store::WriteOffId;
use store::debts::DebtQuery;

use super::visits::VisitPath;
use super::{NoQuery, PatientPath};
use crate::{Call, Endpoint, Method, Registry, Reply, may};

/// Lines of a page unless told otherwise.
const PAGE: usize = 50;

pub(super) fn add(registry: &mut Registry) {
    registry.add::<ListPatientDebts>();
    registry.add::<ListBillDebts>();
    registry.add::<ReduceBill>();
    registry.add::<RequestWriteOff>();
    registry.add::<ListWriteOffs>();
    registry.add::<DecideWriteOff>();
    registry.add::<MarkDebt>();
    registry.add::<OpenDebt>();
}

/// Which debts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DebtsQuery {
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<String>,
    /// Bills marked 回収対象外 too.
    #[serde(default)]
    with_excluded: bool,
    /// Lines wanted, at most 200.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    limit: Option<usize>,
}

impl DebtsQuery {
    fn query(&self) -> DebtQuery {
        let limit = self.limit.unwrap_or(PAGE);
        DebtQuery { after: self.cursor.clone(), with_excluded: self.with_excluded, limit }
    }
}

/// Names in the path of routes about one write-off.
#[derive(Debug, Deserialize, JsonSchema)]
struct WriteOffPath {
    /// Id of the request.
    id: WriteOffId,
}

/// A decision about a write-off.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Decision {
    /// True = approved, false = declined.
    is_approved: bool,
    /// Why.
    #[serde(default)]
    reason: Option<String>,
}

struct ListPatientDebts;

impl Endpoint for ListPatientDebts {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/debts/patients";
    const ID: &'static str = "listPatientDebts";
    const SUMMARY: &'static str = "Debts by patient, with last payment and last visit";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::TooLarge];
    type Permission = may::BillRead;
    type Path = ();
    type Query = DebtsQuery;
    type Body = ();
    type Answer = PatientDebtPage;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<PatientDebtPage>, Problem> {
        Ok(Reply::plain(debts::by_patient(work, &call.query.query())?))
    }
}

struct ListBillDebts;

impl Endpoint for ListBillDebts {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/debts/bills";
    const ID: &'static str = "listBillDebts";
    const SUMMARY: &'static str = "Debts by bill";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::TooLarge];
    type Permission = may::BillRead;
    type Path = ();
    type Query = DebtsQuery;
    type Body = ();
    type Answer = BillDebtPage;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<BillDebtPage>, Problem> {
        Ok(Reply::plain(debts::by_bill(work, &call.query.query())?))
    }
}

struct ReduceBill;

impl Endpoint for ReduceBill {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/patients/{number}/reductions";
    const ID: &'static str = "reduceBill";
    const SUMMARY: &'static str = "Lowers a bill";
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
    type Path = PatientPath;
    type Query = NoQuery;
    type Body = TakeOff;
    type Answer = AccountView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<AccountView>, Problem> {
        let account = debts::reduce(work, &call.path.number, Some(call.version()?), call.body)?;
        let version = account.version;
        Ok(Reply::versioned(account, version))
    }
}

struct RequestWriteOff;

impl Endpoint for RequestWriteOff {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/patients/{number}/write-offs";
    const ID: &'static str = "requestWriteOff";
    const SUMMARY: &'static str = "Asks for a write-off; another person decides";
    const STATUS: StatusCode = StatusCode::CREATED;
    const NEEDS_VERSION: bool = true;
    const PROBLEMS: &'static [ProblemCode] = &[
        ProblemCode::AmountWrong,
        ProblemCode::StateConflict,
        ProblemCode::DayClosed,
        ProblemCode::VersionConflict,
        ProblemCode::ReasonMissing,
    ];
    type Permission = may::WriteOffRequest;
    type Path = PatientPath;
    type Query = NoQuery;
    type Body = TakeOff;
    type Answer = WriteOffView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<WriteOffView>, Problem> {
        let seen = Some(call.version()?);
        Ok(Reply::plain(debts::request_write_off(work, &call.path.number, seen, call.body)?))
    }
}

struct ListWriteOffs;

impl Endpoint for ListWriteOffs {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/write-offs";
    const ID: &'static str = "listWriteOffs";
    const SUMMARY: &'static str = "Write-offs that wait for a decision";
    type Permission = may::BillRead;
    type Path = ();
    type Query = NoQuery;
    type Body = ();
    type Answer = WriteOffs;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<WriteOffs>, Problem> {
        let _ = call;
        Ok(Reply::plain(debts::waiting_write_offs(work)?))
    }
}

struct DecideWriteOff;

impl Endpoint for DecideWriteOff {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/write-offs/{id}/decision";
    const ID: &'static str = "decideWriteOff";
    const SUMMARY: &'static str = "Approves or declines a write-off; never by who asked";
    const PROBLEMS: &'static [ProblemCode] =
        &[ProblemCode::SecondPerson, ProblemCode::StateConflict, ProblemCode::DayClosed, ProblemCode::ReasonMissing];
    type Permission = may::WriteOffApprove;
    type Path = WriteOffPath;
    type Query = NoQuery;
    type Body = Decision;
    type Answer = WriteOffView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<WriteOffView>, Problem> {
        let (is_approved, reason) = (call.body.is_approved, call.body.reason.as_deref());
        Ok(Reply::plain(debts::decide_write_off(work, call.path.id, is_approved, reason)?))
    }
}

struct MarkDebt;

impl Endpoint for MarkDebt {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/visits/{id}/debt-marks";
    const ID: &'static str = "markDebt";
    const SUMMARY: &'static str = "Marks a bill as not to be collected, or restores it";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::VersionConflict, ProblemCode::ReasonMissing];
    type Permission = may::BillCorrect;
    type Path = VisitPath;
    type Query = NoQuery;
    type Body = debts::MarkDebt;
    type Answer = AccountView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<AccountView>, Problem> {
        let account = debts::mark(work, call.path.id, call.body)?;
        let version = account.version;
        Ok(Reply::versioned(account, version))
    }
}

struct OpenDebt;

impl Endpoint for OpenDebt {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/patients/{number}/opening-debts";
    const ID: &'static str = "openDebt";
    const SUMMARY: &'static str = "Takes over a debt of another system; the same reference again changes nothing";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] =
        &[ProblemCode::AmountWrong, ProblemCode::Duplicate, ProblemCode::DayClosed];
    type Permission = may::BillCorrect;
    type Path = PatientPath;
    type Query = NoQuery;
    type Body = OpeningDebt;
    type Answer = AccountView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<AccountView>, Problem> {
        let account = debts::open_debt(work, &call.path.number, call.body)?;
        let version = account.version;
        Ok(Reply::versioned(account, version))
    }
}
