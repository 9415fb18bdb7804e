//! The month as a fold over its visits: after each visit every part stands at its amount to date.
//!
//! Parts = lines with the same payers. Order: parts with national subsidies, parts with local ones only,
//! then the insurance-only part, which sees what the others left (合算). A cap of a subsidy counts over all its
//! parts: by visit, within a visit in the order H·K1, H·K1·K2, H·K2 ….

use kernel::{Points, ServiceDate, Yen};

use super::month::{Month, Payers, Relieved, Share, Subsidy, Visit};
use super::month_limits::MonthLimits;
use super::result::{Bounds, GroupAmount, StageAmount};
use super::sen::Sen;
use super::tables::LimitKind;

/// How a part is limited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PartKind {
    /// Subsidies without insurance.
    NoInsurance,
    /// Insurance with at least one national subsidy; the first decides the limit.
    National(LimitKind),
    /// Insurance with local programmes only.
    Local,
    /// Insurance only.
    InsuranceOnly,
}

/// A part of the month.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) payers: Payers,
    pub(super) kind: PartKind,
    pub(super) points: Points,
    /// Insurance share before everything.
    pub(super) copay: Sen,
    /// After 減免.
    pub(super) relieved: Sen,
    /// After limits.
    pub(super) covered: Sen,
    /// What held it down.
    pub(super) bounds: Bounds,
    pub(super) stages: Vec<Stage>,
    pub(super) patient: Sen,
}

/// A subsidy of a part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stage {
    pub(super) subsidy: usize,
    pub(super) before: Sen,
    pub(super) after: Sen,
    /// As they stood after the visit before.
    settled_before: Sen,
    settled_after: Sen,
    settled_cost: Yen,
}

impl Stage {
    /// A percentage of the cost up to the visit before.
    fn settled_percent(self, percent: u8) -> Sen {
        Sen::percent(self.settled_cost, percent)
    }
}

/// A subsidy over all its parts.
#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    /// The cap less what other institutions counted; `None` = no cap.
    most: Option<Sen>,
    /// Left of the cap.
    left: Option<Sen>,
    /// Counted so far in the month.
    used: Sen,
    /// Left of this visit's amount.
    visit_left: Sen,
    /// Left of what the subsidy pays in the month; `None` = no bound.
    pays_left: Option<Sen>,
    /// What it paid up to the visit before.
    paid: Sen,
    /// Visits (days, where the amount is for a day) charged before this one.
    visits: u8,
    /// Day of the last visit.
    date: Option<ServiceDate>,
    is_charged_now: bool,
}

/// The fold.
#[derive(Clone, Debug)]
pub(super) struct Evaluator<'m> {
    month: &'m Month,
    limits: Option<&'m MonthLimits>,
    pub(super) parts: Vec<Part>,
    usage: Vec<Usage>,
    /// The most that the insurance-only part may leave to the patient.
    alone_most: Option<Sen>,
    pub(super) bounds: Bounds,
}

/// What a cap or limit holds of the month.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    /// The subsidy; `None` = the monthly limit of the insurance-only part.
    pub(super) by: Option<usize>,
    /// The patient's share to date.
    pub(super) share: Sen,
    /// The most it may come to.
    pub(super) most: Sen,
}

impl<'m> Evaluator<'m> {
    pub(super) fn new(month: &'m Month, limits: Option<&'m MonthLimits>) -> Self {
        let usage = vec![Usage::default(); month.subsidies.len()];
        Self { month, limits, parts: Vec::new(), usage, alone_most: None, bounds: Bounds::default() }
    }

    /// Adds a visit and brings every part up to date.
    pub(super) fn add(&mut self, visit: &Visit) {
        for line in &visit.lines {
            self.add_points(line.payers, line.points);
        }
        let cost = |position: usize| {
            self.parts.iter().filter(|part| part.payers.has_subsidy(position)).map(Part::cost).sum::<Yen>()
        };
        for (position, (usage, subsidy)) in self.usage.iter_mut().zip(&self.month.subsidies).enumerate() {
            let growth = subsidy.cap_grows_above.map(|above| growth(cost(position), above));
            usage.begin(subsidy, visit, growth.unwrap_or_default());
        }
        self.bounds = Bounds::default();
        self.recompute();
        for part in &mut self.parts {
            let cost = part.cost();
            for stage in &mut part.stages {
                stage.settled_before = stage.before;
                stage.settled_after = stage.after;
                stage.settled_cost = cost;
            }
        }
    }

    /// The patient's share of all parts, exact.
    pub(super) fn patient(&self) -> Sen {
        self.parts.iter().map(|part| part.patient).sum()
    }

    /// The same as the receipt holds it: whole yen per part.
    pub(super) fn patient_yen(&self) -> Yen {
        self.parts.iter().map(|part| part.patient.yen()).sum()
    }

    /// What each cap and limit holds of the month.
    pub(super) fn held(&self) -> Vec<Held> {
        let mut held: Vec<Held> = Vec::new();
        for part in &self.parts {
            let capped = part.stages.iter().rev().find_map(|stage| {
                let most = self.usage.get(stage.subsidy)?.most?;
                Some((Some(stage.subsidy), most))
            });
            let alone = || self.alone_most.filter(|_| part.kind == PartKind::InsuranceOnly).map(|most| (None, most));
            let Some((by, most)) = capped.or_else(alone) else { continue };
            match held.iter_mut().find(|held| held.by == by) {
                Some(held) => held.share += part.patient,
                None => held.push(Held { by, share: part.patient, most }),
            }
        }
        held
    }

    /// Amounts to date in whole yen.
    pub(super) fn amounts(&self) -> Vec<GroupAmount> {
        self.parts.iter().map(Part::amount).collect()
    }

    fn add_points(&mut self, payers: Payers, points: Points) {
        if let Some(part) = self.parts.iter_mut().find(|part| part.payers == payers) {
            part.points += points;
            return;
        }
        let place = self.parts.partition_point(|part| part.payers.members().lt(payers.members()));
        self.parts.insert(place, Part { points, ..Part::new(payers, self.month) });
    }

    fn recompute(&mut self) {
        let mut relief_left = self.relief_yen();
        let mut parts = std::mem::take(&mut self.parts);
        for part in &mut parts {
            part.relieved = self.relieved(part, &mut relief_left);
            if part.kind != PartKind::InsuranceOnly {
                self.limit_part(part);
                self.subsidise(part);
            }
        }
        let split = parts.iter().position(|part| part.kind == PartKind::InsuranceOnly);
        if let Some(mut alone) = split.map(|place| parts.remove(place)) {
            self.limit_alone(&mut alone, &parts);
            // Insurance only sorts first of all parts.
            parts.insert(split.unwrap_or_default(), alone);
        }
        for part in &parts {
            self.bounds.merge(part.bounds);
        }
        self.parts = parts;
    }

    fn relief_yen(&self) -> Sen {
        match self.month.insurance.and_then(|insurance| insurance.relieved) {
            Some(Relieved::Yen(yen)) => Sen::of(yen),
            _ => Sen::ZERO,
        }
    }

    /// The copay, and what 減免 leaves of it. Source: 記録条件仕様(医科用) 別表16.
    fn relieved(&self, part: &mut Part, relief_left: &mut Sen) -> Sen {
        let Some(insurance) = self.month.insurance.filter(|_| part.payers.has_insurance()) else {
            return Sen::ZERO;
        };
        part.copay = Sen::percent(part.cost(), insurance.ratio.percent()).at_least_zero();
        match insurance.relieved {
            None => part.copay,
            Some(Relieved::Exempt | Relieved::Deferred) => Sen::ZERO,
            Some(Relieved::Percent(percent)) => part.copay.less_percent(percent),
            Some(Relieved::Yen(_)) => {
                let taken = part.copay.min(*relief_left);
                *relief_left -= taken;
                part.copay - taken
            }
        }
    }

    /// Limits of a part with subsidies, on its own cost.
    fn limit_part(&self, part: &mut Part) {
        part.bounds = Bounds::default();
        let limit = match part.kind {
            PartKind::NoInsurance => {
                part.covered = Sen::of(part.cost());
                return;
            }
            PartKind::National(kind) => self.limits.and_then(|limits| limits.of_part(kind)),
            PartKind::Local | PartKind::InsuranceOnly => self.limits.and_then(|limits| limits.own),
        };
        part.covered = part.relieved;
        if let Some(limit) = limit.map(|limit| Sen::of(limit.of(part.cost()))) {
            let is_lower = limit < part.covered;
            part.bounds.part_limit = is_lower && part.kind != PartKind::Local;
            part.bounds.own_limit = is_lower && part.kind == PartKind::Local;
            part.covered = part.covered.min(limit);
        }
        if let Some(cap) = self.limits.and_then(|limits| limits.specific_disease).map(Sen::of) {
            part.hold_to_specific_disease(cap);
        }
    }

    fn subsidise(&mut self, part: &mut Part) {
        let cost = part.cost();
        let mut amount = part.covered;
        for stage in &mut part.stages {
            stage.before = amount;
            let subsidy = self.month.subsidies.get(stage.subsidy);
            if let Some((subsidy, usage)) = subsidy.zip(self.usage.get_mut(stage.subsidy)) {
                amount = usage.leave(subsidy, *stage, cost);
                part.bounds.subsidy_cap |= usage.left == Some(Sen::ZERO);
            }
            stage.after = amount;
        }
        part.patient = amount;
    }

    /// The insurance-only part: the month's limit less what the eligible parts left to the patient.
    /// Source: 健康保険法施行令 第41条, 第42条; 支払基金 計算事例.
    fn limit_alone(&mut self, alone: &mut Part, others: &[Part]) {
        alone.bounds = Bounds::default();
        alone.covered = alone.relieved;
        let mut most: Option<Sen> = None;
        let mut hold = |limit: Sen| most = Some(most.map_or(limit, |most| most.min(limit)));
        if let Some(limits) = self.limits {
            let national = || others.iter().filter(|part| matches!(part.kind, PartKind::National(_)));
            if let Some(own) = limits.own {
                let eligible = || national().filter(|part| limits.is_eligible(part));
                let cost = alone.cost() + eligible().map(Part::cost).sum();
                let taken = eligible().map(Part::patient_yen).sum();
                let left = (Sen::of(own.of(cost)) - taken).at_least_zero();
                alone.bounds.own_limit = left < alone.covered;
                alone.covered = alone.covered.min(left);
                hold(left);
            }
            if let Some(cap) = limits.specific_disease {
                let counted = || national().filter(|_| !limits.is_specific_disease_apart);
                let taken = counted().map(Part::patient_yen).sum();
                let left = (Sen::of(cap) - taken).at_least_zero();
                alone.hold_to_specific_disease(left);
                hold(left);
            }
            let relief = limits.relief.map(|relief| Sen::of(relief.limit(alone.cost(), limits.is_halved)));
            if let Some(relief) = relief.filter(|relief| *relief < alone.covered) {
                alone.bounds = Bounds { relief: true, ..Bounds::default() };
                alone.covered = relief;
                hold(relief);
            }
        }
        self.alone_most = most;
        alone.patient = alone.covered;
    }
}

impl MonthLimits {
    /// 70 and over: all parts; under 70: those of 21,000 yen and over.
    pub(super) fn is_eligible(&self, part: &Part) -> bool {
        self.is_70_or_over || part.covered >= Sen::of(self.combined_from)
    }
}

impl Part {
    fn new(payers: Payers, month: &Month) -> Self {
        let programmes = payers.subsidies().filter_map(|position| month.subsidies.get(position)?.programme);
        let first = programmes.map(|programme| programme.limit).next();
        let kind = match (payers.has_insurance(), first) {
            (false, _) => PartKind::NoInsurance,
            (true, Some(limit)) => PartKind::National(limit),
            (true, None) if payers == Payers::INSURANCE => PartKind::InsuranceOnly,
            (true, None) => PartKind::Local,
        };
        let stage = |subsidy| Stage {
            subsidy,
            before: Sen::ZERO,
            after: Sen::ZERO,
            settled_before: Sen::ZERO,
            settled_after: Sen::ZERO,
            settled_cost: Yen::ZERO,
        };
        Self {
            payers,
            kind,
            points: Points::ZERO,
            copay: Sen::ZERO,
            relieved: Sen::ZERO,
            covered: Sen::ZERO,
            bounds: Bounds::default(),
            stages: payers.subsidies().map(stage).collect(),
            patient: Sen::ZERO,
        }
    }

    pub(super) const fn cost(&self) -> Yen {
        self.points.to_yen()
    }

    /// What the part leaves to the patient as the receipt holds it: a limit of the month is kept in these amounts.
    fn patient_yen(&self) -> Sen {
        Sen::of(self.patient.yen())
    }

    fn hold_to_specific_disease(&mut self, cap: Sen) {
        if cap < self.covered {
            self.bounds = Bounds { specific_disease: true, ..Bounds::default() };
            self.covered = cap;
        }
    }

    fn amount(&self) -> GroupAmount {
        let stage = |stage: &Stage| StageAmount {
            subsidy: stage.subsidy,
            before: stage.before.yen(),
            after: stage.after.yen(),
        };
        GroupAmount {
            payers: self.payers,
            points: self.points,
            cost: self.cost(),
            copay: self.copay.yen(),
            covered: self.covered.yen(),
            stages: self.stages.iter().map(stage).collect(),
            patient: self.patient.yen(),
        }
    }
}

impl Usage {
    fn begin(&mut self, subsidy: &Subsidy, visit: &Visit, growth: Yen) {
        let is_same_day = self.date == Some(visit.date);
        let goes_on = is_same_day && subsidy.share.is_per_day();
        if !goes_on {
            self.visits = self.visits.saturating_add(u8::from(self.is_charged_now));
            self.is_charged_now = false;
        }
        self.date = Some(visit.date);
        self.pays_left = subsidy.pays_most.map(|most| (Sen::of(most) - self.paid).at_least_zero());
        let cap = subsidy.cap.map(|cap| Sen::of(cap + growth) - elsewhere(subsidy, visit.date));
        let ticket = match subsidy.share {
            Share::Ticket(yen) => Some(Sen::of(yen)),
            _ => None,
        };
        // A book that contradicts what was paid here never takes back what is settled.
        self.most = [cap, ticket].into_iter().flatten().min().map(Sen::at_least_zero);
        self.left = self.most.map(|most| (most - self.used).at_least_zero());
        let allowed = |yen: Yen, times: Option<u8>| {
            if times.is_none_or(|times| self.visits < times) { Sen::of(yen) } else { Sen::ZERO }
        };
        self.visit_left = match subsidy.share {
            Share::PerVisitMax { yen, visits } => allowed(yen, visits),
            Share::Limited { .. } | Share::PaysMax { .. } if goes_on => self.visit_left,
            Share::Limited { yen, times, .. } | Share::PaysMax { yen, times, .. } => allowed(yen, times),
            Share::FirstVisitFixed(yen) if visit.is_first_visit => Sen::of(yen),
            _ => Sen::ZERO,
        };
    }

    /// What the subsidy leaves of a part: what it left up to the visit before, and of this visit's what the cap
    /// still allows (自己負担上限額管理票 is kept by date).
    fn leave(&mut self, subsidy: &Subsidy, stage: Stage, cost: Yen) -> Sen {
        let before = stage.before;
        let is_free = subsidy.free.zip(self.date).is_some_and(|((first, last), date)| (first..=last).contains(&date));
        let share = match subsidy.share {
            _ if is_free => stage.settled_after.min(before),
            Share::Nothing => Sen::ZERO,
            Share::PercentOfCost(percent) => before.min(Sen::percent(cost, percent)),
            Share::PercentOfCopay(percent) => before.less_percent(100_u8.saturating_sub(percent)),
            Share::RemainingCopay | Share::Ticket(_) => before,
            Share::LessPercentOfCost(percent) => (before - Sen::percent(cost, percent)).at_least_zero(),
            Share::PaysMax { .. } => {
                let of_visit = (before - stage.settled_before).at_least_zero();
                let paid = of_visit.min(self.visit_left);
                self.visit_left -= paid;
                self.is_charged_now |= paid > Sen::ZERO;
                (stage.settled_after + of_visit - paid).min(before)
            }
            Share::PerVisitMax { .. } | Share::Limited { .. } | Share::FirstVisitFixed(_) => {
                let of_visit = (before - stage.settled_before).at_least_zero();
                let most = match subsidy.share {
                    Share::Limited { percent: Some(percent), .. } => {
                        (Sen::percent(cost, percent) - stage.settled_percent(percent)).at_least_zero()
                    }
                    _ => of_visit,
                };
                let added = of_visit.min(most).min(self.visit_left);
                self.visit_left -= added;
                self.is_charged_now |= added > Sen::ZERO;
                (stage.settled_after + added).min(before)
            }
        };
        let share = self.hold_payment(share, stage);
        let added = share - stage.settled_after;
        let after = stage.settled_after + self.left.map_or(added, |left| added.min(left));
        // The book counts whole yen, as the receipt does.
        let counted = Sen::of(after.yen()) - Sen::of(stage.settled_after.yen());
        self.left = self.left.map(|left| (left - counted).at_least_zero());
        self.used += counted;
        after
    }
}

impl Usage {
    /// What the subsidy may not pay any more in the month stays with the patient.
    fn hold_payment(&mut self, share: Sen, stage: Stage) -> Sen {
        let Some(left) = self.pays_left else { return share };
        let settled = stage.settled_before - stage.settled_after;
        let paid = (stage.before - share).min(settled + left);
        self.pays_left = Some((left - (paid - settled)).at_least_zero());
        self.paid += paid - settled;
        stage.before - paid
    }
}

/// 1 % of what the cost is above an amount, half up. Source: 健康保険法施行令 第42条 (the form of the formula).
fn growth(cost: Yen, above: Yen) -> Yen {
    Sen::percent((cost - above).max(Yen::ZERO), 1).yen()
}

fn elsewhere(subsidy: &Subsidy, until: ServiceDate) -> Sen {
    let counted = subsidy.elsewhere.iter().filter(|entry| entry.date.is_none_or(|date| date <= until));
    counted.map(|entry| Sen::of(entry.yen)).sum()
}
