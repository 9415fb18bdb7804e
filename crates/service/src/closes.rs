//! Shifts of the till and business days: opened, counted, proven, closed, reopened.

use std::collections::BTreeMap;

use billing::close::{self, CountedCash, DayFigures, Proof};
use chrono::{DateTime, Utc};
use kernel::{ClaimMonth, ServiceDate, Yen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::closes::{self, DayClose, DayState, OpenVisit};
use store::tills::{self, Shift};
use store::{StoreError, VisitId, terminal};

use crate::account::because;
use crate::{Problem, ProblemCode, Work};

/// A shift of the till.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShiftView {
    /// The business day.
    pub day: ServiceDate,
    /// Its number on the day.
    pub number: i32,
    /// `open`, `counted` = waits for a second person, `closed`.
    pub state: String,
    /// 釣銭準備金.
    pub float_yen: Yen,
    /// What should be in the till: now, or as it was counted.
    pub expected_yen: Yen,
    /// What was counted last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_yen: Option<Yen>,
    /// Counted − expected; below zero = cash is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference_yen: Option<Yen>,
    /// Pieces by denomination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pieces: Option<CountedCash>,
    /// Why they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who opened it.
    pub opened_by: String,
    /// Who counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_by: Option<String>,
    /// Who closed it: with a difference, another person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<String>,
}

/// A shift to be opened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OpenShift {
    /// 釣銭準備金.
    pub float_yen: Yen,
}

/// A till as counted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CountShift {
    /// Pieces by denomination: `{"10000": 3, "100": 12}`.
    pub pieces: BTreeMap<String, u32>,
    /// Why it differs from what should be there.
    #[serde(default)]
    pub reason: Option<String>,
}

impl CountShift {
    fn cash(&self) -> Result<CountedCash, Problem> {
        let mut pieces = BTreeMap::new();
        for (yen, count) in &self.pieces {
            let pointer = format!("/pieces/{yen}");
            let yen = yen.parse().map_err(|_| Problem::invalid(pointer, "denomination", "金種は円の整数です"))?;
            pieces.insert(yen, *count);
        }
        CountedCash::new(pieces).map_err(|error| Problem::invalid("/pieces", "denomination", error.to_string()))
    }
}

/// Opens the till with its float, on today.
///
/// # Errors
/// `state-conflict` when a shift is open, `day-closed`, `amount-wrong` for a float below zero.
pub fn open_shift(work: &mut Work<'_, '_>, new: &OpenShift) -> Result<ShiftView, Problem> {
    if new.float_yen < Yen::ZERO || new.float_yen > billing::settlement::AMOUNT_MAX {
        return Err(Problem::new(ProblemCode::AmountWrong).detail(format!("{} 円は扱えません", new.float_yen)));
    }
    let number = tills::open(work.tx, work.today, new.float_yen, &work.stamp).map_err(|error| match error {
        StoreError::Conflict { .. } => Problem::new(ProblemCode::StateConflict).detail("レジがすでに開いています"),
        error => error.into(),
    })?;
    let subject = shift_subject(work.today, number);
    work.audit_change("shift.opened", None, Some(subject.clone()), None, Some(json!({ "floatYen": new.float_yen })));
    work.tell("shift.opened", subject, json!({ "floatYen": new.float_yen }));
    find_shift(work, work.today, number).and_then(|shift| shift_view(work, &shift))
}

/// Counts the open shift (仮締め). Without a difference it is closed at once; with one it needs a reason and waits for
/// another person.
///
/// # Errors
/// `not-found`, `state-conflict` for a closed shift, `reason-missing` with the difference, `invalid` for a count that
/// is none, `day-closed`.
pub fn close_shift(
    work: &mut Work<'_, '_>,
    day: ServiceDate,
    number: i32,
    new: &CountShift,
) -> Result<ShiftView, Problem> {
    let cash = new.cash()?;
    closes::lock_day(work.tx, day)?;
    closes::ensure_open(work.tx, day)?;
    let shift = open_shift_of(work, day, number)?;
    let expected = tills::expected(work.tx, &shift)?;
    let check = close::CashCheck { expected, counted: cash.total() };
    let reason = new.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    if check.needs_reason() && reason.is_none() {
        return Err(Problem::new(ProblemCode::ReasonMissing)
            .detail(format!("現金が {} 円合いません。理由を入力してください", check.difference()))
            .with("expectedYen", expected.get())
            .with("countedYen", check.counted.get())
            .with("differenceYen", check.difference().get()));
    }
    let stamp = match reason {
        Some(reason) => because(work, "/reason", reason)?,
        None => work.stamp.clone(),
    };
    let count = tills::count(work.tx, &shift, &cash, expected, &stamp)?;
    let subject = shift_subject(day, number);
    let after = json!({
        "expectedYen": expected, "countedYen": check.counted, "differenceYen": check.difference(), "reason": reason,
    });
    work.audit_change("shift.counted", None, Some(subject.clone()), None, Some(after.clone()));
    if check.needs_reason() {
        work.tell("shift.counted", subject, after);
    } else {
        tills::close(work.tx, &shift, &count, &work.stamp)?;
        work.tell("shift.closed", subject, after);
    }
    find_shift(work, day, number).and_then(|shift| shift_view(work, &shift))
}

/// Confirms the count of another person: the difference is booked to 現金過不足 and the shift closed.
///
/// # Errors
/// `not-found`, `second-person` for who counted, `state-conflict` without a count, `version-conflict` when cash moved
/// since the count, `day-closed`.
pub fn confirm_shift(work: &mut Work<'_, '_>, day: ServiceDate, number: i32) -> Result<ShiftView, Problem> {
    closes::lock_day(work.tx, day)?;
    closes::ensure_open(work.tx, day)?;
    let shift = open_shift_of(work, day, number)?;
    let Some(count) = shift.count.clone() else {
        return Err(Problem::new(ProblemCode::StateConflict).detail("まだ数えられていません"));
    };
    if count.counted_by == work.stamp.by() {
        return Err(Problem::new(ProblemCode::SecondPerson).detail("数えた本人は確認できません"));
    }
    let expected = tills::expected(work.tx, &shift)?;
    if expected != count.check.expected {
        return Err(Problem::new(ProblemCode::VersionConflict)
            .detail("数えたあとに現金が動きました。数え直してください")
            .with("expected", expected.get())
            .with("found", count.check.expected.get()));
    }
    tills::close(work.tx, &shift, &count, &work.stamp)?;
    let subject = shift_subject(day, number);
    let after = json!({ "differenceYen": count.check.difference(), "countedBy": count.counted_by });
    work.audit_change("shift.closed", None, Some(subject.clone()), None, Some(after.clone()));
    work.tell("shift.closed", subject, after);
    find_shift(work, day, number).and_then(|shift| shift_view(work, &shift))
}

fn shift_subject(day: ServiceDate, number: i32) -> String {
    format!("{day}/{number}")
}

fn find_shift(work: &mut Work<'_, '_>, day: ServiceDate, number: i32) -> Result<Shift, Problem> {
    let shifts = tills::of_day(work.tx, day)?;
    shifts.into_iter().find(|shift| shift.number == number).ok_or_else(|| ProblemCode::NotFound.into())
}

fn open_shift_of(work: &mut Work<'_, '_>, day: ServiceDate, number: i32) -> Result<Shift, Problem> {
    let shift = find_shift(work, day, number)?;
    if shift.closed_by.is_some() {
        return Err(Problem::new(ProblemCode::StateConflict).detail("このレジは締め済みです"));
    }
    Ok(shift)
}

fn shift_view(work: &mut Work<'_, '_>, shift: &Shift) -> Result<ShiftView, Problem> {
    let count = shift.count.as_ref();
    let (state, expected_yen) = match (&shift.closed_by, count) {
        (Some(_), Some(count)) => ("closed", count.check.expected),
        (None, Some(count)) if count.check.needs_reason() => ("counted", tills::expected(work.tx, shift)?),
        _ => ("open", tills::expected(work.tx, shift)?),
    };
    Ok(ShiftView {
        day: shift.day,
        number: shift.number,
        state: state.to_owned(),
        float_yen: shift.float,
        expected_yen,
        counted_yen: count.map(|count| count.check.counted),
        difference_yen: count.map(|count| count.check.difference()),
        pieces: count.map(|count| count.cash.clone()),
        reason: count.and_then(|count| count.reason.clone()),
        opened_by: shift.opened_by.clone(),
        counted_by: count.map(|count| count.counted_by.clone()),
        closed_by: shift.closed_by.clone(),
    })
}

/// A visit that is not finished.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenVisitView {
    /// The visit.
    pub visit_id: VisitId,
    /// 患者番号.
    pub patient_number: String,
    /// Its state.
    pub state: String,
    /// It has a bill.
    pub is_settled: bool,
    /// What is open on it.
    pub open_yen: Yen,
}

impl From<OpenVisit> for OpenVisitView {
    fn from(visit: OpenVisit) -> Self {
        Self {
            visit_id: visit.visit_id,
            patient_number: visit.number,
            state: visit.state.as_str().to_owned(),
            is_settled: visit.is_settled,
            open_yen: visit.open,
        }
    }
}

/// A business day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DayView {
    /// The day.
    pub day: ServiceDate,
    /// `open`, `closed`, `reopened`.
    pub state: String,
    /// Closings and reopenings so far, for `If-Match`.
    pub step: i32,
    /// Its sums.
    pub figures: DayFigures,
    /// Σ 入金.
    pub money_yen: Yen,
    /// Σ 調整.
    pub adjustments_yen: Yen,
    /// Whether they agree.
    pub proof: Proof,
    /// Shifts of the till.
    pub shifts: Vec<ShiftView>,
    /// 診療行為未入力: visits without a bill.
    pub without_bill: Vec<OpenVisitView>,
    /// 未収・過入金: bills that are not even.
    pub not_even: Vec<OpenVisitView>,
    /// Terminal payments whose end nobody knows (確認中), of all days.
    pub pending_terminal_payments: Vec<store::TerminalPaymentId>,
    /// Cash was booked, and no shift counts it.
    pub has_uncounted_cash: bool,
    /// Hash of the closing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// The sums are those it was closed with; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_as_closed: Option<bool>,
    /// When it was closed or reopened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub changed_at: Option<DateTime<Utc>>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
    /// Why it was closed with something unfinished, or reopened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What is hashed when a day is closed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Closing {
    day: ServiceDate,
    state: String,
    at: DateTime<Utc>,
    by: String,
    reason: Option<String>,
    figures: Option<DayFigures>,
    proof: Option<Proof>,
    shifts: Vec<ShiftView>,
    without_bill: Vec<VisitId>,
}

/// A business day as it stands.
///
/// # Errors
/// When the database cannot be asked.
pub fn read_day(work: &mut Work<'_, '_>, day: ServiceDate) -> Result<DayView, Problem> {
    work.audit("day.read", None, Some(day.to_string()));
    day_view(work, day)
}

fn day_view(work: &mut Work<'_, '_>, day: ServiceDate) -> Result<DayView, Problem> {
    let figures = closes::figures_of(work.tx, day)?;
    let mut shifts = Vec::new();
    for shift in tills::of_day(work.tx, day)? {
        shifts.push(shift_view(work, &shift)?);
    }
    let visits = closes::open_visits(work.tx, day)?;
    let (settled, unsettled): (Vec<OpenVisit>, Vec<OpenVisit>) = visits.into_iter().partition(|visit| visit.is_settled);
    let pending = terminal::pending(work.tx, None)?;
    let state = closes::find(work.tx, day)?;
    let closed = state.as_ref().filter(|close| close.state == DayState::Closed);
    let is_as_closed = closed.map(closing_of).transpose()?.map(|closing| closing.figures.as_ref() == Some(&figures));
    let has_cash = figures.money.get("cash").is_some_and(|yen| !yen.is_zero());
    Ok(DayView {
        day,
        state: state.as_ref().map_or("open", |close| close.state.as_str()).to_owned(),
        step: state.as_ref().map_or(0, |close| close.step),
        money_yen: figures.money_yen(),
        adjustments_yen: figures.adjustments_yen(),
        proof: close::prove(&figures),
        has_uncounted_cash: has_cash && shifts.is_empty(),
        shifts,
        without_bill: unsettled.into_iter().map(OpenVisitView::from).collect(),
        not_even: settled.into_iter().map(OpenVisitView::from).collect(),
        pending_terminal_payments: pending.iter().map(|payment| payment.id).collect(),
        hash: closed.map(|close| hex(&close.hash)),
        is_as_closed,
        changed_at: state.as_ref().map(|close| close.recorded_at),
        changed_by: state.as_ref().map(|close| close.recorded_by.clone()),
        reason: state.and_then(|close| close.reason),
        figures,
    })
}

fn closing_of(close: &DayClose) -> Result<Closing, Problem> {
    serde_json::from_str(&close.content).map_err(|_| {
        tracing::error!("A closing's content is not of its form");
        ProblemCode::Internal.into()
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A day to be closed or reopened.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChangeDay {
    /// Why: needed to reopen a day, and to close one that is not finished.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Closes a business day (本締め): nothing is booked on it any more.
///
/// # Errors
/// `day-closed` when it is; `invalid` for a day to come; `state-conflict` while a shift is open; `amount-wrong` with
/// the checks when the sums do not agree; `must-confirm` with the list when something is unfinished and no reason is
/// given.
pub fn close_day(work: &mut Work<'_, '_>, day: ServiceDate, new: &ChangeDay) -> Result<DayView, Problem> {
    if day > work.today {
        return Err(Problem::invalid("?day", "future", "未来の日は締められません"));
    }
    closes::lock_day(work.tx, day)?;
    closes::ensure_open(work.tx, day)?;
    let view = day_view(work, day)?;
    if let Some(shift) = view.shifts.iter().find(|shift| shift.state != "closed") {
        let detail = format!("レジ {} が締められていません", shift.number);
        return Err(Problem::new(ProblemCode::StateConflict).detail(detail).with("shift", shift.number));
    }
    if !view.proof.is_proven {
        let checks = serde_json::to_value(&view.proof.checks).unwrap_or_default();
        return Err(Problem::new(ProblemCode::AmountWrong).detail("日計が合いません").with("checks", checks));
    }
    let stamp = match new.reason.as_deref() {
        Some(reason) => because(work, "/reason", reason)?,
        None if is_finished(&view) => work.stamp.clone(),
        None => return Err(unfinished(&view)),
    };
    let closing = Closing {
        day,
        state: DayState::Closed.as_str().to_owned(),
        at: stamp.at(),
        by: stamp.by(),
        reason: stamp.reason().map(str::to_owned),
        figures: Some(view.figures),
        proof: Some(view.proof),
        shifts: view.shifts,
        without_bill: view.without_bill.iter().map(|visit| visit.visit_id).collect(),
    };
    append(work, &closing, DayState::Closed, &stamp)
}

fn is_finished(view: &DayView) -> bool {
    let waits = |visit: &OpenVisitView| matches!(visit.state.as_str(), "awaiting_payment" | "on_hold");
    view.without_bill.is_empty()
        && !view.not_even.iter().any(waits)
        && view.pending_terminal_payments.is_empty()
        && !view.has_uncounted_cash
}

fn unfinished(view: &DayView) -> Problem {
    let list = |visits: &[OpenVisitView]| serde_json::to_value(visits).unwrap_or_default();
    Problem::new(ProblemCode::MustConfirm)
        .detail("終わっていないものがあります。理由を付けると締められます")
        .with("withoutBill", list(&view.without_bill))
        .with("notEven", list(&view.not_even))
        .with("pendingTerminalPayments", view.pending_terminal_payments.len())
        .with("hasUncountedCash", view.has_uncounted_cash)
}

/// Opens a closed day again (締め解除). What was booked stays; the closing stays on record.
///
/// # Errors
/// `reason-missing`, `state-conflict` for a day that is not closed.
pub fn reopen_day(work: &mut Work<'_, '_>, day: ServiceDate, new: &ChangeDay) -> Result<DayView, Problem> {
    let stamp = because(work, "/reason", new.reason.as_deref().unwrap_or_default())?;
    closes::lock_day(work.tx, day)?;
    let closed = closes::find(work.tx, day)?.filter(|close| close.state == DayState::Closed);
    if closed.is_none() {
        return Err(Problem::new(ProblemCode::StateConflict).detail("締められていない日です"));
    }
    let closing = Closing {
        day,
        state: DayState::Reopened.as_str().to_owned(),
        at: stamp.at(),
        by: stamp.by(),
        reason: stamp.reason().map(str::to_owned),
        figures: None,
        proof: None,
        shifts: Vec::new(),
        without_bill: Vec::new(),
    };
    append(work, &closing, DayState::Reopened, &stamp)
}

fn append(
    work: &mut Work<'_, '_>,
    closing: &Closing,
    state: DayState,
    stamp: &store::Stamp,
) -> Result<DayView, Problem> {
    let content = serde_json::to_string(closing).map_err(|_| ProblemCode::Internal)?;
    let close = closes::append(work.tx, closing.day, state, &content, stamp)?;
    let (action, subject) = match state {
        DayState::Closed => ("day.closed", closing.day.to_string()),
        DayState::Reopened => ("day.reopened", closing.day.to_string()),
    };
    let after = json!({ "hash": hex(&close.hash), "step": close.step, "reason": closing.reason });
    work.audit_change(action, None, Some(subject.clone()), None, Some(after));
    work.tell(action, subject, json!({ "hash": hex(&close.hash), "step": close.step }));
    day_view(work, closing.day)
}

/// A day of a month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonthDay {
    /// Its sums.
    pub figures: DayFigures,
    /// Σ 入金.
    pub money_yen: Yen,
    /// The sums agree.
    pub is_proven: bool,
    /// `open`, `closed`, `reopened`.
    pub state: String,
}

/// A month's days (月計表).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonthView {
    /// The month.
    pub month: ClaimMonth,
    /// Days on which something happened.
    pub days: Vec<MonthDay>,
    /// Σ 請求.
    pub bills_yen: Yen,
    /// Σ 入金 by method.
    pub money: BTreeMap<String, Yen>,
    /// Σ 未収発生.
    pub new_debts_yen: Yen,
    /// Σ 未収回収.
    pub debts_paid_yen: Yen,
    /// Every day's sums agree.
    pub is_proven: bool,
}

/// The days of a month with their sums.
///
/// # Errors
/// When the database cannot be asked.
pub fn read_month(work: &mut Work<'_, '_>, month: ClaimMonth) -> Result<MonthView, Problem> {
    work.audit("month.read", None, Some(month.to_string()));
    let mut days = Vec::new();
    let mut money: BTreeMap<String, Yen> = BTreeMap::new();
    for figures in closes::figures(work.tx, month.first_day(), month.last_day())? {
        for (method, yen) in &figures.money {
            *money.entry(method.clone()).or_default() += *yen;
        }
        let state = closes::find(work.tx, figures.day)?.map_or("open", |close| close.state.as_str()).to_owned();
        let is_proven = close::prove(&figures).is_proven;
        days.push(MonthDay { money_yen: figures.money_yen(), is_proven, state, figures });
    }
    Ok(MonthView {
        month,
        bills_yen: days.iter().map(|day| day.figures.bills_yen).sum(),
        new_debts_yen: days.iter().map(|day| day.figures.new_debts_yen).sum(),
        debts_paid_yen: days.iter().map(|day| day.figures.debts_paid_yen).sum(),
        is_proven: days.iter().all(|day| day.is_proven),
        money,
        days,
    })
}

/// Whether the chain of closings is whole.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChainView {
    /// Places that were altered, or that do not follow the place before; none = the chain is whole.
    pub wrong: Vec<i64>,
}

/// Verifies the chain of closings.
///
/// # Errors
/// When the database cannot be asked.
pub fn verify(work: &mut Work<'_, '_>) -> Result<ChainView, Problem> {
    work.audit("day.verified", None, None);
    Ok(ChainView { wrong: closes::verify(work.tx)? })
}
