//! Reception, orders of an EMR, what the desk edits, what is to be paid.

use actix_web::http::StatusCode;
use billing::clinic::{Personal, Visit};
use billing::push::PushedVisit;
use calculation::Response;
use kernel::{Finding, ItemCode, ServiceDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service::payments::{self, MoneyMoved, Pay};
use service::settle::{self, SettlementView};
use service::visits::{self, CheckIn, PushAnswer, VisitView};
use service::{Problem, ProblemCode, Work};
use store::VisitId;
use store::orders::OrderVersion;
use store::visits::VisitState;

use super::NoQuery;
use crate::{Call, Endpoint, Method, Registry, Reply, State, may};

pub(super) fn add(registry: &mut Registry) {
    registry.add::<ListReceptions>();
    registry.add::<CheckInPatient>();
    registry.add::<MoveReception>();
    registry.add::<PushVisit>();
    registry.add::<SimulateVisit>();
    registry.add::<ReadVisit>();
    registry.add::<EditVisit>();
    registry.add::<CancelVisit>();
    registry.add::<RecalculateVisit>();
    registry.add::<SettleVisit>();
    registry.add::<CheckOutVisit>();
}

/// Names in the path of routes about one visit.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct VisitPath {
    /// Id of the visit.
    pub id: VisitId,
}

/// Section letter and number of an act, from the masters.
fn section(state: &State) -> impl Fn(ItemCode, ServiceDate) -> Option<(u8, u16)> {
    |code, day| {
        let ItemCode::Act(code) = code else { return None };
        let act = state.engine.masters().act(code, day)?;
        Some((act.section_letter, act.section_number))
    }
}

/// Which day.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DayQuery {
    /// 診療日; absent = today.
    #[serde(default)]
    date: Option<ServiceDate>,
}

/// The reception list of a day (受付一覧).
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ReceptionList {
    /// The day.
    date: ServiceDate,
    /// Its visits, in the order in which they were recorded.
    receptions: Vec<ReceptionLine>,
}

/// One line of the reception list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ReceptionLine {
    /// The visit.
    visit_id: VisitId,
    /// 患者番号.
    patient_number: String,
    /// 氏名.
    name: Personal<String>,
    /// カタカナ氏名.
    kana: Personal<String>,
    /// State.
    state: String,
    /// Step of the state.
    step: i32,
    /// Since when, UTC.
    since: String,
    /// Why it is on hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

struct ListReceptions;

impl Endpoint for ListReceptions {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/receptions";
    const ID: &'static str = "listReceptions";
    const SUMMARY: &'static str = "The reception list of a day";
    type Permission = may::ReceptionRead;
    type Path = ();
    type Query = DayQuery;
    type Body = ();
    type Answer = ReceptionList;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<ReceptionList>, Problem> {
        let date = call.query.date.unwrap_or(work.today);
        let receptions = store::visits::receptions(work.tx, date)?;
        work.audit("reception.listed", None, Some(date.to_string()));
        let lines = receptions.into_iter().map(|line| ReceptionLine {
            visit_id: line.visit_id,
            patient_number: line.number,
            name: line.name,
            kana: line.kana,
            state: line.state.as_str().to_owned(),
            step: line.step,
            since: line.since.to_rfc3339(),
            reason: line.reason,
        });
        Ok(Reply::plain(ReceptionList { date, receptions: lines.collect() }))
    }
}

struct CheckInPatient;

impl Endpoint for CheckInPatient {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/receptions";
    const ID: &'static str = "checkIn";
    const SUMMARY: &'static str = "Receives a patient";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::VisitDuplicate];
    type Permission = may::ReceptionWrite;
    type Path = ();
    type Query = NoQuery;
    type Body = CheckIn;
    type Answer = VisitView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<VisitView>, Problem> {
        let visit = visits::check_in(work, call.body)?;
        let step = visit.step;
        Ok(Reply::versioned(visit, step))
    }
}

/// States the desk moves a visit to by hand.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ReceptionState {
    /// 予約.
    Booked,
    /// 受付.
    Waiting,
    /// 診察中.
    InExam,
    /// 中止.
    Cancelled,
}

/// Where a visit goes on the list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewState {
    /// The state.
    state: ReceptionState,
}

struct MoveReception;

impl Endpoint for MoveReception {
    const METHOD: Method = Method::Patch;
    const PATH: &'static str = "/v1/receptions/{id}";
    const ID: &'static str = "moveReception";
    const SUMMARY: &'static str = "Moves a visit along the reception list; If-Match is its step";
    const NEEDS_VERSION: bool = true;
    type Permission = may::ReceptionWrite;
    type Path = VisitPath;
    type Query = NoQuery;
    type Body = NewState;
    type Answer = VisitView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<VisitView>, Problem> {
        let state = match call.body.state {
            ReceptionState::Booked => VisitState::Booked,
            ReceptionState::Waiting => VisitState::Waiting,
            ReceptionState::InExam => VisitState::InExam,
            ReceptionState::Cancelled => VisitState::Cancelled,
        };
        let visit = visits::move_to(work, call.path.id, call.version()?, state)?;
        let step = visit.step;
        Ok(Reply::versioned(visit, step))
    }
}

struct PushVisit;

impl Endpoint for PushVisit {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/visits";
    const ID: &'static str = "pushVisit";
    const SUMMARY: &'static str = "Takes what an EMR orders for a visit; the highest revision holds";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] = &[
        ProblemCode::VisitDuplicate,
        ProblemCode::VisitLocked,
        ProblemCode::RevisionReuse,
        ProblemCode::ModuleUnavailable,
    ];
    type Permission = may::OrderWrite;
    type Path = ();
    type Query = NoQuery;
    type Body = PushedVisit;
    type Answer = PushAnswer;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<PushAnswer>, Problem> {
        let section = section(call.state);
        Ok(Reply::plain(visits::push(work, &call.source(), call.body, &section)?))
    }
}

/// What a visit would cost.
#[derive(Debug, Serialize, JsonSchema)]
struct Simulation {
    /// The month with the visit in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Response>,
    /// What stops it, or what a person must know.
    findings: Vec<Finding>,
}

struct SimulateVisit;

impl Endpoint for SimulateVisit {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/visits/simulate";
    const ID: &'static str = "simulateVisit";
    const SUMMARY: &'static str = "Points and charge of a visit, stored nowhere";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::CalculationRefused, ProblemCode::ModuleUnavailable];
    type Permission = may::OrderRead;
    type Path = ();
    type Query = NoQuery;
    type Body = PushedVisit;
    type Answer = Simulation;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<Simulation>, Problem> {
        let section = section(call.state);
        let (result, findings) = visits::simulate(work, call.body, &section)?;
        Ok(Reply::plain(Simulation { result, findings }))
    }
}

struct ReadVisit;

impl Endpoint for ReadVisit {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/visits/{id}";
    const ID: &'static str = "readVisit";
    const SUMMARY: &'static str = "A visit with its content, lines, reasons and charge";
    type Permission = may::OrderRead;
    type Path = VisitPath;
    type Query = NoQuery;
    type Body = ();
    type Answer = VisitView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<VisitView>, Problem> {
        let visit = visits::read(work, call.path.id)?;
        let edit = visit.edit;
        Ok(Reply::versioned(visit, edit))
    }
}

/// What the desk makes of a visit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Edit {
    /// Revision of the source it is made on; 0 = the desk's own visit.
    revision: i32,
    /// Edit of the desk it is made on; 0 = none yet.
    edit: i32,
    /// The content; absent = the visit is cancelled.
    #[serde(default)]
    content: Option<Visit>,
    /// Why; needed when the visit is settled.
    #[serde(default)]
    reason: String,
}

struct EditVisit;

impl Endpoint for EditVisit {
    const METHOD: Method = Method::Put;
    const PATH: &'static str = "/v1/visits/{id}/content";
    const ID: &'static str = "editVisit";
    const SUMMARY: &'static str = "What the desk makes of a visit's content, on top of the version it saw";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::ReasonMissing, ProblemCode::ModuleUnavailable];
    type Permission = may::BillWrite;
    type Path = VisitPath;
    type Query = NoQuery;
    type Body = Edit;
    type Answer = VisitView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<VisitView>, Problem> {
        let Edit { revision, edit, content, reason } = call.body;
        let is_settled = !store::settlements::current(work.tx, &[call.path.id])?.is_empty();
        if is_settled && !call.caller.permissions.contains(&service::Permission::BillCorrect) {
            let needed = service::Permission::BillCorrect.as_str();
            return Err(Problem::new(ProblemCode::Forbidden).with("permission", needed));
        }
        let base = OrderVersion { revision: *revision, edit: *edit };
        let visit = visits::edit(work, call.path.id, base, content.as_ref(), reason)?;
        let edit = visit.edit;
        Ok(Reply::versioned(visit, edit))
    }
}

/// Which revision takes the visit back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CancelQuery {
    /// Revision of the cancellation, above the one it takes back.
    revision: i32,
}

struct CancelVisit;

impl Endpoint for CancelVisit {
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/v1/visits/{id}";
    const ID: &'static str = "cancelVisit";
    const SUMMARY: &'static str = "Takes an EMR's visit back";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::VisitLocked, ProblemCode::RevisionReuse];
    type Permission = may::OrderWrite;
    type Path = VisitPath;
    type Query = CancelQuery;
    type Body = ();
    type Answer = PushAnswer;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<PushAnswer>, Problem> {
        if call.query.revision < 1 {
            return Err(Problem::invalid("?revision", "range", "1 以上です"));
        }
        Ok(Reply::plain(visits::cancel(work, &call.source(), call.path.id, call.query.revision)?))
    }
}

struct RecalculateVisit;

impl Endpoint for RecalculateVisit {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/visits/{id}/recalculate";
    const ID: &'static str = "recalculateVisit";
    const SUMMARY: &'static str = "Computes the visit's month again from the facts that now hold";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::ModuleUnavailable];
    type Permission = may::BillWrite;
    type Path = VisitPath;
    type Query = NoQuery;
    type Body = ();
    type Answer = VisitView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<VisitView>, Problem> {
        let visit = visits::find(work, call.path.id)?;
        service::month::recompute(work, visit.patient_id, visit.date.month_of())?;
        Ok(Reply::plain(visits::read(work, call.path.id)?))
    }
}

/// On what a visit is settled.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SettleBody {
    /// Version of the result the clerk saw.
    result_version: i32,
    /// Why a visit on hold is settled all the same.
    #[serde(default)]
    reason: Option<String>,
}

struct SettleVisit;

impl Endpoint for SettleVisit {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/visits/{id}/settlement";
    const ID: &'static str = "settleVisit";
    const SUMMARY: &'static str = "Makes the amount of a visit the patient's debt";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] =
        &[ProblemCode::MustConfirm, ProblemCode::ReasonMissing, ProblemCode::DayClosed];
    type Permission = may::BillWrite;
    type Path = VisitPath;
    type Query = NoQuery;
    type Body = SettleBody;
    type Answer = SettlementView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<SettlementView>, Problem> {
        let body = call.body;
        let settled = settle::settle(work, call.path.id, body.result_version, body.reason.as_deref())?;
        let version = settled.version;
        Ok(Reply::versioned(settled, version))
    }
}

/// A settlement and its payment in one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct CheckOutBody {
    /// Version of the result the clerk saw.
    result_version: i32,
    /// Why a visit on hold is settled all the same.
    #[serde(default)]
    reason: Option<String>,
    /// The payment; its visit is this one.
    payment: Pay,
}

/// What a check-out did.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CheckedOut {
    /// The settlement.
    settlement: SettlementView,
    /// The money, the account and the receipt.
    payment: MoneyMoved,
}

struct CheckOutVisit;

impl Endpoint for CheckOutVisit {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/visits/{id}/checkout";
    const ID: &'static str = "checkOutVisit";
    const SUMMARY: &'static str = "Settles a visit and takes its payment in one; the receipt is issued with it";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] = &[
        ProblemCode::MustConfirm,
        ProblemCode::ReasonMissing,
        ProblemCode::DayClosed,
        ProblemCode::AmountWrong,
        ProblemCode::VersionConflict,
    ];
    type Permission = may::PaymentWrite;
    type Path = VisitPath;
    type Query = NoQuery;
    type Body = CheckOutBody;
    type Answer = CheckedOut;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<CheckedOut>, Problem> {
        call.caller.require(Some(service::Permission::BillWrite))?;
        let (id, body) = (call.path.id, call.body);
        let settlement = settle::settle(work, id, body.result_version, body.reason.as_deref())?;
        let number = visits::patient_number(work, id)?;
        let pay = Pay { visit_id: Some(id), ..body.payment.clone() };
        let payment = payments::pay(work, &number, None, &pay)?;
        let version = settlement.version;
        Ok(Reply::versioned(CheckedOut { settlement, payment }, version))
    }
}
