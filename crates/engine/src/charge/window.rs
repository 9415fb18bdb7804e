//! Window charges (窓口負担): rounded once per day, by the running total where a limit or cap acts.

use kernel::{Rounding, ServiceDate, Yen};

use super::compute::added;
use super::evaluate::{Evaluator, Held};
use super::month::{LimitRounding, Month};
use super::month_limits::MonthLimits;
use super::result::{Bounds, GroupAmount, VisitResult, WindowRule};
use super::sen::Sen;

/// The charge of each visit. Rounded once per day: a second visit of a day collects the difference.
///
/// The visit's own share is rounded when it adds exactly itself to the month. Otherwise a limit or cap acts,
/// and the visit collects the rounded month to date less what was charged before. Limits that grow with the
/// cost and the relief make the month be computed again at every visit. Where one cap or limit holds all that a
/// day is charged for, its days never collect more than it: roundings of 5 yen upwards end at the cap.
/// Source: 厚生労働省 後期高齢者医療 配慮措置 計算例; 健康保険法 第75条; 自己負担上限額管理票 (collected amounts are
/// entered, and their sum never exceeds the cap).
pub(super) fn window_charges(
    month: &Month,
    limits: Option<&MonthLimits>,
    running: &mut Evaluator<'_>,
) -> Vec<VisitResult> {
    let mut results = Vec::with_capacity(month.visits.len());
    let mut day = Day::default();
    let mut alone = Evaluator::new(month, limits);
    let mut groups_before: Vec<GroupAmount> = Vec::new();
    for visit in &month.visits {
        if day.date != Some(visit.date) {
            day.begin(visit.date, running);
            alone = Evaluator::new(month, limits);
        }
        let share_before = running.patient_yen();
        alone.add(visit);
        running.add(visit);
        let (due, window) = day.due(&alone, running, month.limit_rounding);
        let charge = (due - day.charged).max(Yen::ZERO);
        day.charged += charge;
        day.charged_month += charge;
        let groups = running.amounts();
        results.push(VisitResult {
            charge,
            share: running.patient_yen() - share_before,
            share_to_date: running.patient_yen(),
            groups: added(&groups, &groups_before),
            window,
            bounds: running.bounds,
        });
        groups_before = groups;
    }
    results
}

/// The day that is being charged.
#[derive(Default)]
struct Day {
    date: Option<ServiceDate>,
    /// The patient's share of the month before this day, exact.
    share_before: Sen,
    charged_before: Yen,
    /// Charged to earlier visits of this day.
    charged: Yen,
    charged_month: Yen,
    /// What caps and limits held before this day.
    held_before: Vec<Held>,
    /// What the days before collected for each of them.
    collected: Vec<(Option<usize>, Yen)>,
    /// The same with this day.
    collected_now: Vec<(Option<usize>, Yen)>,
}

impl Day {
    fn begin(&mut self, date: ServiceDate, running: &Evaluator<'_>) {
        self.date = Some(date);
        self.share_before = running.patient();
        self.charged_before = self.charged_month;
        self.charged = Yen::ZERO;
        self.held_before = running.held();
        self.collected.clone_from(&self.collected_now);
    }

    /// What the day owes up to now.
    fn due(&mut self, alone: &Evaluator<'_>, running: &Evaluator<'_>, setting: LimitRounding) -> (Yen, WindowRule) {
        let share = running.patient() - self.share_before;
        let (due, rule) = if share == alone.patient() {
            let due = round(alone.patient(), window_rounding(alone.bounds, setting));
            match self.room(running, share).filter(|room| *room < due) {
                Some(room) => (room, WindowRule::HeldToCap),
                None => (due, WindowRule::Own),
            }
        } else {
            let due = round(running.patient(), window_rounding(running.bounds, setting)) - self.charged_before;
            (due.max(Yen::ZERO), WindowRule::RunningTotal)
        };
        self.collect(running, share, due);
        (due, rule)
    }

    /// What the cap that holds the whole day still allows; only caps of whole 10 yen.
    fn room(&self, running: &Evaluator<'_>, share: Sen) -> Option<Yen> {
        let held = running.held().into_iter().find(|held| self.added(held) == share && share > Sen::ZERO)?;
        let most = held.most.yen();
        (most.get() % 10 == 0).then(|| (most - self.collected_by(held.by)).max(Yen::ZERO))
    }

    fn added(&self, held: &Held) -> Sen {
        let before = self.held_before.iter().find(|before| before.by == held.by).map(|before| before.share);
        held.share - before.unwrap_or_default()
    }

    fn collected_by(&self, by: Option<usize>) -> Yen {
        self.collected.iter().find(|(other, _)| *other == by).map(|(_, yen)| *yen).unwrap_or_default()
    }

    /// Enters the day: all of it where one cap holds it, else the rounded part of each.
    fn collect(&mut self, running: &Evaluator<'_>, share: Sen, due: Yen) {
        let held = running.held();
        let entry = |held: &Held| {
            let added = self.added(held);
            let of_day = if added == share { due } else { added.rounded(Rounding::HalfUp10Yen) };
            (held.by, (self.collected_by(held.by) + of_day).min(held.most.yen().max(Yen::ZERO)))
        };
        self.collected_now = held.iter().map(entry).collect();
    }
}

/// 10 yen half up, unless a monthly limit was reached and the clinic rounds those otherwise.
const fn window_rounding(bounds: Bounds, setting: LimitRounding) -> Option<Rounding> {
    match (bounds.is_limit_reached(), setting) {
        (false, _) | (true, LimitRounding::HalfUp10) => Some(Rounding::HalfUp10Yen),
        (true, LimitRounding::Down10) => Some(Rounding::Down10Yen),
        (true, LimitRounding::Exact) => None,
    }
}

fn round(amount: Sen, rounding: Option<Rounding>) -> Yen {
    rounding.map_or_else(|| amount.yen(), |rounding| amount.rounded(rounding))
}
