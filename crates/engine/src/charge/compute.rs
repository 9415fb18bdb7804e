//! Month totals and the steps that explain them.

use calculation::SpecificDiseaseSum;
use kernel::Yen;

use super::evaluate::{Evaluator, Part, PartKind};
use super::header;
use super::month::{Month, Period, Share, Subsidy};
use super::month_limits::MonthLimits;
use super::result::{GroupAmount, LimitFact, MonthResult, MonthUnsupported, StageAmount, Step, SubsidyAmount};
use super::rules::{self, Rule};
use super::window::window_charges;

impl Month {
    /// Charges the month with one common マル長. Visits must stand in order of time, subsidies in legal order.
    ///
    /// # Errors
    /// [`MonthUnsupported`] when the insurance has no limits for the month.
    pub fn charge(&self) -> Result<MonthResult, MonthUnsupported> {
        self.charge_with(SpecificDiseaseSum::Common)
    }

    /// The same with マル長 as its switch says.
    ///
    /// # Errors
    /// As [`Month::charge`].
    pub fn charge_with(&self, specific_disease: SpecificDiseaseSum) -> Result<MonthResult, MonthUnsupported> {
        let limits = match &self.insurance {
            Some(insurance) => Some(MonthLimits::of(self, insurance, specific_disease)?),
            None => None,
        };
        let mut running = Evaluator::new(self, limits.as_ref());
        let visits = window_charges(self, limits.as_ref(), &mut running);
        let groups = running.amounts();
        let insured = || groups.iter().filter(|group| group.payers.has_insurance());
        let insurance_copay = self.insurance.map(|_| insured().map(|group| group.covered).sum::<Yen>());
        let insurer = insured().map(|group| group.cost).sum::<Yen>() - insurance_copay.unwrap_or_default();
        let subsidies = subsidy_amounts(self, &groups);
        let steps = steps(self, &running, limits.as_ref());
        let mut result = MonthResult {
            visits,
            subsidies,
            patient: running.patient_yen(),
            insurance_copay,
            insurer,
            is_limit_reached: running.bounds.is_limit_reached(),
            limit: limit_fact(&running, limits.as_ref()),
            receipt: header::empty(),
            steps,
            groups,
        };
        result.receipt = header::receipt(self, &result, running.bounds);
        Ok(result)
    }
}

/// What a visit added to each part.
pub(super) fn added(now: &[GroupAmount], before: &[GroupAmount]) -> Vec<GroupAmount> {
    let difference = |group: &GroupAmount| {
        let old = before.iter().find(|old| old.payers == group.payers);
        old.map_or_else(|| group.clone(), |old| group.less(old))
    };
    now.iter().map(difference).filter(|group| !group.is_nothing()).collect()
}

impl GroupAmount {
    fn less(&self, old: &Self) -> Self {
        let stage = |(now, old): (&StageAmount, &StageAmount)| StageAmount {
            subsidy: now.subsidy,
            before: now.before - old.before,
            after: now.after - old.after,
        };
        Self {
            payers: self.payers,
            points: self.points - old.points,
            cost: self.cost - old.cost,
            copay: self.copay - old.copay,
            covered: self.covered - old.covered,
            stages: self.stages.iter().zip(&old.stages).map(stage).collect(),
            patient: self.patient - old.patient,
        }
    }

    fn is_nothing(&self) -> bool {
        self.points.is_zero() && self.covered.is_zero() && self.patient.is_zero()
    }
}

fn subsidy_amounts(month: &Month, groups: &[GroupAmount]) -> Vec<SubsidyAmount> {
    let amount = |position: usize| {
        let of_subsidy = || groups.iter().filter(move |group| group.payers.has_subsidy(position));
        let stages = || of_subsidy().flat_map(|group| &group.stages).filter(move |stage| stage.subsidy == position);
        SubsidyAmount {
            days: header::days(month, |line| line.payers.has_subsidy(position)),
            points: of_subsidy().map(|group| group.points).sum(),
            covered_copay: stages().map(|stage| stage.before).sum(),
            patient: stages().map(|stage| stage.after).sum(),
        }
    };
    (0..month.subsidies.len()).map(amount).collect()
}

fn limit_fact(running: &Evaluator<'_>, limits: Option<&MonthLimits>) -> Option<LimitFact> {
    let limits = limits?;
    let alone = running.parts.iter().find(|part| part.kind == PartKind::InsuranceOnly);
    let part = alone.or_else(|| running.parts.iter().find(|part| part.payers.has_insurance()))?;
    let eligible = running.parts.iter().filter(|other| alone.is_some() && is_counted_with(other, limits));
    let cost = part.cost() + eligible.map(Part::cost).sum();
    let own = limit_of(part, limits).map(|limit| (Rule::from(limit.row), limit.of(cost)));
    let specific = limits.specific_disease.map(|cap| (rules::SPECIFIC_DISEASE, cap));
    let (rule, yen) = own.into_iter().chain(specific).min_by_key(|(_, yen)| *yen)?;
    Some(LimitFact { rule, yen, is_reached: running.bounds.is_limit_reached() })
}

fn is_counted_with(part: &Part, limits: &MonthLimits) -> bool {
    matches!(part.kind, PartKind::National(_)) && limits.is_eligible(part)
}

fn limit_of(part: &Part, limits: &MonthLimits) -> Option<super::month_limits::Limit> {
    match part.kind {
        PartKind::NoInsurance => None,
        PartKind::National(kind) => limits.of_part(kind),
        PartKind::Local | PartKind::InsuranceOnly => limits.own,
    }
}

/// The steps that made the month, part by part.
fn steps(month: &Month, running: &Evaluator<'_>, limits: Option<&MonthLimits>) -> Vec<Step> {
    let mut steps = Vec::with_capacity(running.parts.len() * 3);
    for part in &running.parts {
        let mut step = |rule, subsidy, before, after| {
            steps.push(Step { rule, payers: part.payers, subsidy, before, after });
        };
        let copay = if part.payers.has_insurance() { part.copay.yen() } else { part.cost() };
        let rule = if part.payers.has_insurance() { rules::COPAY } else { rules::SUBSIDY_ONLY };
        step(rule, None, part.cost(), copay);
        if part.relieved != part.copay {
            step(rules::RELIEVED, None, copay, part.relieved.yen());
        }
        if let Some(limits) = limits.filter(|_| part.bounds.is_limit_reached()) {
            for rule in limit_rules(part, running, limits) {
                step(rule, None, part.relieved.yen(), part.covered.yen());
            }
        }
        for stage in &part.stages {
            let Some(subsidy) = month.subsidies.get(stage.subsidy) else { continue };
            step(share_rule(subsidy), Some(stage.subsidy), stage.before.yen(), stage.after.yen());
            if !stage.after.is_whole_yen() {
                step(rules::FRACTION, Some(stage.subsidy), stage.after.yen(), stage.after.yen());
            }
        }
    }
    steps
}

/// The rule that lowered a part, and those that decided what counts with it.
fn limit_rules(part: &Part, running: &Evaluator<'_>, limits: &MonthLimits) -> impl Iterator<Item = Rule> {
    let is_alone = part.kind == PartKind::InsuranceOnly;
    let has_eligible = || running.parts.iter().any(|other| is_counted_with(other, limits));
    let main = if part.bounds.relief {
        Some(rules::RELIEF_RULE)
    } else if part.bounds.specific_disease {
        Some(rules::SPECIFIC_DISEASE)
    } else {
        limit_of(part, limits).map(|limit| Rule::from(limit.row))
    };
    let combination = if limits.is_halved { rules::COMBINATION_HALVED } else { rules::COMBINATION };
    let with_national = running.parts.iter().any(|other| matches!(other.kind, PartKind::National(_)));
    let is_combined = is_alone && !limits.is_70_or_over && part.bounds.own_limit && has_eligible();
    let is_beside = is_alone && part.bounds.specific_disease && with_national;
    let sum =
        if limits.is_specific_disease_apart { rules::SPECIFIC_DISEASE_APART } else { rules::SPECIFIC_DISEASE_COMMON };
    let is_local = part.kind == PartKind::Local && running.parts.len() > 1;
    main.into_iter()
        .chain(is_combined.then_some(combination))
        .chain(is_beside.then_some(sum))
        .chain(is_local.then_some(rules::LOCAL_PART))
}

fn share_rule(subsidy: &Subsidy) -> Rule {
    match (subsidy.programme, subsidy.share) {
        (_, Share::Ticket(_)) => rules::TICKET,
        (Some(programme), _) => Rule::from(programme),
        (None, _) if subsidy.cap_grows_above.is_some() => rules::LOCAL_GROWING_CAP,
        (None, Share::LessPercentOfCost(_) | Share::PaysMax { .. }) => rules::LOCAL_PAYMENT,
        (None, _) if subsidy.pays_most.is_some() => rules::LOCAL_PAYMENT,
        (None, Share::Nothing) => rules::LOCAL_NOTHING,
        (None, Share::PercentOfCost(_)) => rules::LOCAL_PERCENT,
        (None, Share::RemainingCopay) => rules::LOCAL_REMAINING,
        (None, Share::PercentOfCopay(_)) => rules::LOCAL_PERCENT_OF_COPAY,
        (None, Share::PerVisitMax { .. } | Share::Limited { per: Period::Visit, .. }) => rules::LOCAL_PER_VISIT,
        (None, Share::Limited { per: Period::Day, .. }) => rules::LOCAL_PER_DAY,
        (None, Share::FirstVisitFixed(_)) => rules::LOCAL_FIRST_VISIT,
    }
}
