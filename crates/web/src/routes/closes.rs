//! Tills and business days: opened, counted, closed, reopened; balances of a day and a month.

use actix_web::http::StatusCode;
use kernel::{ClaimMonth, ServiceDate};
use schemars::JsonSchema;
use serde::Deserialize;
use service::closes::{self, ChainView, ChangeDay, CountShift, DayView, MonthView, OpenShift, ShiftView};
use service::{Problem, ProblemCode, Work};

use super::NoQuery;
use crate::{Call, Endpoint, Method, Registry, Reply, may};

pub(super) fn add(registry: &mut Registry) {
    registry.add::<OpenTill>();
    registry.add::<CountTill>();
    registry.add::<ConfirmTill>();
    registry.add::<ReadDay>();
    registry.add::<CloseBusinessDay>();
    registry.add::<ReopenBusinessDay>();
    registry.add::<ReadMonth>();
    registry.add::<VerifyClosings>();
}

/// Names in the path of routes about one shift.
#[derive(Debug, Deserialize, JsonSchema)]
struct ShiftPath {
    /// The business day.
    day: ServiceDate,
    /// Number of the shift on the day.
    number: i32,
}

/// Names in the path of routes about one business day.
#[derive(Debug, Deserialize, JsonSchema)]
struct DayPath {
    /// The business day.
    day: ServiceDate,
}

/// Names in the path of routes about one month.
#[derive(Debug, Deserialize, JsonSchema)]
struct MonthPath {
    /// The month.
    month: ClaimMonth,
}

struct OpenTill;

impl Endpoint for OpenTill {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/shifts";
    const ID: &'static str = "openShift";
    const SUMMARY: &'static str = "Opens the till with its float";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] =
        &[ProblemCode::AmountWrong, ProblemCode::StateConflict, ProblemCode::DayClosed];
    type Permission = may::CloseShift;
    type Path = ();
    type Query = NoQuery;
    type Body = OpenShift;
    type Answer = ShiftView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<ShiftView>, Problem> {
        Ok(Reply::plain(closes::open_shift(work, call.body)?))
    }
}

struct CountTill;

impl Endpoint for CountTill {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/shifts/{day}/{number}/counts";
    const ID: &'static str = "countShift";
    const SUMMARY: &'static str =
        "Counts a till; without a difference it is closed, with one it waits for another person";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] =
        &[ProblemCode::StateConflict, ProblemCode::DayClosed, ProblemCode::ReasonMissing];
    type Permission = may::CloseShift;
    type Path = ShiftPath;
    type Query = NoQuery;
    type Body = CountShift;
    type Answer = ShiftView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<ShiftView>, Problem> {
        Ok(Reply::plain(closes::close_shift(work, call.path.day, call.path.number, call.body)?))
    }
}

struct ConfirmTill;

impl Endpoint for ConfirmTill {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/shifts/{day}/{number}/confirmation";
    const ID: &'static str = "confirmShift";
    const SUMMARY: &'static str = "Another person confirms the difference of a count and closes the till";
    const PROBLEMS: &'static [ProblemCode] =
        &[ProblemCode::SecondPerson, ProblemCode::StateConflict, ProblemCode::DayClosed, ProblemCode::VersionConflict];
    type Permission = may::CloseShift;
    type Path = ShiftPath;
    type Query = NoQuery;
    type Body = ();
    type Answer = ShiftView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<ShiftView>, Problem> {
        Ok(Reply::plain(closes::confirm_shift(work, call.path.day, call.path.number)?))
    }
}

struct ReadDay;

impl Endpoint for ReadDay {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/days/{day}";
    const ID: &'static str = "readDay";
    const SUMMARY: &'static str = "A business day: sums, proof, tills, what is unfinished";
    type Permission = may::BillRead;
    type Path = DayPath;
    type Query = NoQuery;
    type Body = ();
    type Answer = DayView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<DayView>, Problem> {
        let day = closes::read_day(work, call.path.day)?;
        let version = day.step;
        Ok(Reply::versioned(day, version))
    }
}

struct CloseBusinessDay;

impl Endpoint for CloseBusinessDay {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/days/{day}/closing";
    const ID: &'static str = "closeDay";
    const SUMMARY: &'static str = "Closes a business day when its sums agree";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] = &[
        ProblemCode::AmountWrong,
        ProblemCode::MustConfirm,
        ProblemCode::StateConflict,
        ProblemCode::DayClosed,
        ProblemCode::ReasonMissing,
    ];
    type Permission = may::CloseDay;
    type Path = DayPath;
    type Query = NoQuery;
    type Body = ChangeDay;
    type Answer = DayView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<DayView>, Problem> {
        let day = closes::close_day(work, call.path.day, call.body)?;
        let version = day.step;
        Ok(Reply::versioned(day, version))
    }
}

struct ReopenBusinessDay;

impl Endpoint for ReopenBusinessDay {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/v1/days/{day}/reopening";
    const ID: &'static str = "reopenDay";
    const SUMMARY: &'static str = "Opens a closed business day again, with a reason";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::StateConflict, ProblemCode::ReasonMissing];
    type Permission = may::CloseDay;
    type Path = DayPath;
    type Query = NoQuery;
    type Body = ChangeDay;
    type Answer = DayView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<DayView>, Problem> {
        let day = closes::reopen_day(work, call.path.day, call.body)?;
        let version = day.step;
        Ok(Reply::versioned(day, version))
    }
}

struct ReadMonth;

impl Endpoint for ReadMonth {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/months/{month}";
    const ID: &'static str = "readMonth";
    const SUMMARY: &'static str = "A month's business days with their sums";
    type Permission = may::CloseDay;
    type Path = MonthPath;
    type Query = NoQuery;
    type Body = ();
    type Answer = MonthView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<MonthView>, Problem> {
        Ok(Reply::plain(closes::read_month(work, call.path.month)?))
    }
}

struct VerifyClosings;

impl Endpoint for VerifyClosings {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/closings/verification";
    const ID: &'static str = "verifyClosings";
    const SUMMARY: &'static str = "Whether the chain of closings is whole";
    type Permission = may::AuditRead;
    type Path = ();
    type Query = NoQuery;
    type Body = ();
    type Answer = ChainView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<ChainView>, Problem> {
        let _ = call;
        Ok(Reply::plain(closes::verify(work)?))
    }
}
