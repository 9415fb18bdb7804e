//! Settlement (会計): the amount of a visit becomes the patient's debt.

use kernel::Yen;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::settlements::{self, NewSettlement};
use store::visits::{self, VisitState};
use store::{EntryId, VisitId};

use crate::month::{amounts, hold_reason};
use crate::visits::{find, stored_month};
use crate::{Problem, ProblemCode, Work};

/// A settled visit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettlementView {
    /// The visit.
    pub visit_id: VisitId,
    /// Version of the settlement.
    pub version: i32,
    /// The result it was made from.
    pub result_version: i32,
    /// 窓口負担.
    pub window_yen: Yen,
    /// 選定療養の特別の料金.
    pub selection_fee_yen: Yen,
    /// 自費 without tax.
    pub self_pay_yen: Yen,
    /// 消費税.
    pub tax_yen: Yen,
    /// 請求額.
    pub due_yen: Yen,
}

/// Settles a visit on the result the clerk saw.
///
/// # Errors
/// `not-found`, `version-conflict` when the month was computed again since, `must-confirm` for a visit on hold without
/// a reason, `state-conflict` for one that is settled or has nothing to be charged.
pub fn settle(
    work: &mut Work<'_, '_>,
    visit: VisitId,
    result_version: i32,
    reason: Option<&str>,
) -> Result<SettlementView, Problem> {
    let visit = find(work, visit)?;
    let (_, state) = visits::current_state(work.tx, visit.id)?.ok_or(ProblemCode::NotFound)?;
    if !matches!(state, VisitState::AwaitingPayment | VisitState::OnHold) {
        let detail = format!("状態 {} の受診は会計できません", state.as_str());
        return Err(Problem::new(ProblemCode::StateConflict).detail(detail));
    }
    let month = stored_month(work, &visit)?;
    let Some((found, _)) = month.result.as_ref() else {
        return Err(Problem::new(ProblemCode::StateConflict).detail("まだ算定されていません"));
    };
    let found = *found;
    if found != result_version {
        return Err(Problem::new(ProblemCode::VersionConflict).with("expected", result_version).with("found", found));
    }
    let Some(result) = month.visit(&visit).cloned() else {
        return Err(Problem::new(ProblemCode::StateConflict).detail("算定の対象がありません"));
    };
    if state == VisitState::OnHold || hold_reason(&visit, &month).is_some() {
        let held = hold_reason(&visit, &month).unwrap_or_default();
        match reason {
            Some(reason) => work.stamp = work.because(reason)?,
            None => return Err(Problem::new(ProblemCode::MustConfirm).detail(held)),
        }
    }
    let amounts = amounts(&result);
    let new = NewSettlement {
        visit_id: visit.id,
        patient_id: visit.patient_id,
        month: visit.date.month_of(),
        result_version: Some(found),
        amounts,
        entry_id: EntryId::new(),
        settled_on: work.today,
    };
    let version = settlements::record(work.tx, 0, &new, &work.stamp)?;
    let view = SettlementView {
        visit_id: visit.id,
        version,
        result_version: found,
        window_yen: amounts.window,
        selection_fee_yen: amounts.selection_fee,
        self_pay_yen: amounts.self_pay,
        tax_yen: amounts.tax,
        due_yen: amounts.due(),
    };
    let after = serde_json::to_value(&view).ok();
    work.audit_change("visit.settled", Some(visit.patient_id), Some(visit.id.to_string()), None, after);
    work.tell("visit.settled", visit.id.to_string(), json!({ "dueYen": view.due_yen, "version": version }));
    Ok(view)
}
