//! The one call of the engine: a request's month charged and folded back into the parts of the response.

use std::borrow::Cow;
use std::collections::BTreeMap;

use calculation::{
    Adjustment, AdjustmentKind, ClaimHint, InsuranceHint, LimitApplied, MonthCharge, PayerKind, Request, SetCharge,
    SetClass, SubsidyHint, SubsidyMonth, SubsidyStep, VisitCharge, VisitDay, Word,
};
use kernel::{Finding, ReviewBody, Yen};

use super::carry::Carry;
use super::explain::{self, reason, yen};
use super::header;
use super::month::{Month, Payers};
use super::resolve::{Bundle, Family, PricedLine, Resolved, VisitFacts, resolve};
use super::result::{GroupAmount, KoValues, MonthResult};
use super::rules::{self, Rule};
use super::self_pay::self_pay;
use super::switch;
use super::tables::{IncomeClass, LimitRow};

/// The money of the month, in the parts of the response.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ChargeOutcome {
    /// Every visit of the request by date, start, id.
    pub visits: Vec<(String, VisitCharge)>,
    /// Per payer family.
    pub months: Vec<MonthCharge>,
    /// Per レセプト.
    pub claims: Vec<ClaimHint>,
    /// 負担区分 of each priced line, in the order given; `None` for payers without a claim.
    pub line_classes: Vec<Option<Word>>,
    /// What a person must know.
    pub findings: Vec<Finding>,
}

/// Charges one patient's month.
pub fn charge(request: &Request, lines: &[PricedLine], facts: &[VisitFacts]) -> ChargeOutcome {
    let resolved = resolve(request, lines, facts);
    let mut fold = Fold::new(request, &resolved, facts);
    let mut results = Vec::with_capacity(resolved.families.len());
    for (index, family) in resolved.families.iter().enumerate() {
        results.push(fold.family(index, family));
    }
    fold.settle();
    let on_receipt: Vec<Option<usize>> =
        resolved.families.iter().map(|family| family.month.as_ref().map(header::on_receipt)).collect();
    let class = |line: &Option<(usize, Payers)>| {
        let (family, payers) = (*line)?;
        let position = on_receipt.get(family).copied().flatten()?;
        payers.below(position).burden_class().map(Cow::Borrowed)
    };
    let line_classes = resolved.lines.iter().map(class).collect();
    let claims = results.into_iter().flatten().collect();
    let mut findings = fold.findings;
    findings.extend(resolved.findings.iter().cloned());
    findings.sort();
    ChargeOutcome { visits: fold.visits, months: fold.months, claims, line_classes, findings }
}

struct Fold<'a> {
    request: &'a Request,
    resolved: &'a Resolved<'a>,
    visits: Vec<(String, VisitCharge)>,
    /// Family in which each visit is settled.
    homes: Vec<Option<usize>>,
    months: Vec<MonthCharge>,
    /// Totals of local programmes that go on in the next claim of the month.
    carry: Carry,
    findings: Vec<Finding>,
}

impl<'a> Fold<'a> {
    fn new(request: &'a Request, resolved: &'a Resolved<'a>, facts: &[VisitFacts]) -> Self {
        let homes = (0..resolved.visits.len()).map(|visit| {
            resolved.families.iter().position(|family| family.bundles.iter().any(|bundle| bundle.visit == visit))
        });
        let mut fold = Self {
            request,
            resolved,
            visits: Vec::with_capacity(resolved.visits.len()),
            homes: homes.collect(),
            months: Vec::with_capacity(resolved.families.len()),
            carry: Carry::default(),
            findings: Vec::new(),
        };
        for visit in &resolved.visits {
            let own = self_pay(visit, request.options.tax_rounding);
            let fee = facts.iter().find(|fact| fact.visit_id == visit.id).map_or(Yen::ZERO, |fact| fact.selection_fee);
            let mut charge = VisitCharge {
                self_pay_yen: own.net,
                tax_yen: own.tax,
                selection_fee_yen: fee,
                due_yen: own.net + own.tax + fee,
                ..VisitCharge::default()
            };
            if !fee.is_zero() {
                let text = format!("長期収載品の特別の料金 {}", yen(fee));
                charge.reasons.push(reason(rules::SELECTION_FEE, text, None));
            }
            if !(own.net + own.tax).is_zero() {
                let text = format!("自費 {}、消費税 {}", yen(own.net), yen(own.tax));
                charge.reasons.push(reason(rules::SELF_PAY, text, None));
            }
            fold.visits.push((visit.id.clone(), charge));
        }
        fold
    }

    /// Charges a family; its receipt header when it is a claim.
    fn family(&mut self, index: usize, family: &Family) -> Option<ClaimHint> {
        let Some(month) = &family.month else {
            self.other_payer(family);
            return None;
        };
        let (month, carried) = self.carry.continued(self.request, family, month);
        let month = month.as_ref();
        let body = month.insurance.map_or(ReviewBody::PaymentFund, |insurance| insurance.law.submit_to);
        let result = match month.charge_with(self.request.options.claim_switches.specific_disease.of(body)) {
            Ok(result) => result,
            Err(unsupported) => {
                let finding = Finding::stop("month-unsupported", "month", unsupported.to_string());
                self.findings.push(finding);
                self.months.push(MonthCharge { payer: family.kind, ..MonthCharge::default() });
                return None;
            }
        };
        for (position, charged) in family.visits.iter().zip(&result.visits) {
            let sets = charged.groups.iter().map(|group| self.set_charge(family, *position, group)).collect::<Vec<_>>();
            let Some((_, visit)) = self.visits.get_mut(*position) else { continue };
            visit.sets.extend(sets);
            visit.window_yen += charged.charge;
            visit.due_yen += charged.charge;
            explain::window_reasons(month, charged, &mut visit.reasons);
        }
        self.check_class(index, month, &result);
        self.check_window(index, &result);
        let mut charged = self.month_charge(family, month, &result);
        charged.reasons.extend(carried);
        self.months.push(charged);
        self.carry.keep(self.request, family, month, &result);
        Some(self.claim(family, month, &result))
    }

    /// Lines that no claim holds: the patient pays the cost, except 労災.
    fn other_payer(&mut self, family: &Family) {
        let (rule, price, is_patient) = match family.kind {
            PayerKind::WorkAccident => (rules::WORK_ACCIDENT, 12, false),
            PayerKind::TrafficAccident => (rules::TRAFFIC_ACCIDENT, 10, true),
            PayerKind::Uncovered => (rules::UNCOVERED, 10, true),
            _ => (rules::PRIVATE, 10, true),
        };
        let mut charge = MonthCharge { payer: family.kind, ..MonthCharge::default() };
        for bundle in &family.bundles {
            let cost = Yen::new(bundle.points.get() * price);
            let patient = if is_patient { cost } else { Yen::ZERO };
            charge.cost_yen += cost;
            charge.patient_yen += patient;
            charge.window_yen += patient;
            let set_id = self.set_id(bundle);
            let Some((_, visit)) = self.visits.get_mut(bundle.visit) else { continue };
            visit.sets.push(SetCharge {
                set_id,
                points: bundle.points,
                cost_yen: cost,
                patient_yen: patient,
                ..SetCharge::default()
            });
            visit.window_yen += patient;
            visit.due_yen += patient;
            let text = format!("{}点 × {price}円 = {}、患者 {}", bundle.points, yen(cost), yen(patient));
            visit.reasons.push(reason(rule, text, None));
        }
        let text = format!("医療費 {}、患者 {}", yen(charge.cost_yen), yen(charge.patient_yen));
        charge.reasons.push(reason(rule, text, None));
        self.months.push(charge);
    }

    fn set_id(&self, bundle: &Bundle) -> String {
        self.request.sets.get(bundle.set).map_or_else(String::new, |set| set.id.clone())
    }

    /// Sets with the same payers stand under the first of them. A part that a later visit lowers keeps its set.
    fn set_charge(&self, family: &Family, visit: usize, group: &GroupAmount) -> SetCharge {
        let of_payers = || family.bundles.iter().filter(|bundle| bundle.payers == group.payers);
        let bundle = of_payers().find(|bundle| bundle.visit == visit).or_else(|| of_payers().next());
        let step = |stage: &super::result::StageAmount| SubsidyStep {
            subsidy_id: self.subsidy_id(family, stage.subsidy),
            before_yen: stage.before,
            after_yen: stage.after,
        };
        SetCharge {
            set_id: bundle.map_or_else(String::new, |bundle| self.set_id(bundle)),
            points: group.points,
            cost_yen: group.cost,
            copay_yen: group.copay,
            covered_copay_yen: group.covered,
            subsidies: group.stages.iter().map(step).collect(),
            patient_yen: group.patient,
        }
    }

    fn subsidy_id(&self, family: &Family, position: usize) -> String {
        let subsidy = family.subsidies.get(position).and_then(|place| self.request.subsidies.get(*place));
        subsidy.map_or_else(String::new, |subsidy| subsidy.id.clone())
    }

    fn coverage_id(&self, family: &Family) -> Option<String> {
        family.coverage.and_then(|place| self.request.coverages.get(place)).map(|coverage| coverage.id.clone())
    }

    fn month_charge(&self, family: &Family, month: &Month, result: &MonthResult) -> MonthCharge {
        let subsidies = result.subsidies.iter().enumerate().map(|(position, amount)| SubsidyMonth {
            subsidy_id: self.subsidy_id(family, position),
            no: u8::try_from(position + 1).unwrap_or(u8::MAX),
            points: amount.points,
            days: amount.days,
            covered_copay_yen: amount.covered_copay,
            patient_yen: amount.patient,
            paid_yen: amount.paid(),
        });
        let limit = result.limit.map(|limit| LimitApplied {
            kind: Cow::Borrowed(limit.rule.id),
            yen: limit.yen,
            reached: limit.is_reached,
        });
        MonthCharge {
            payer: family.kind,
            coverage_id: self.coverage_id(family),
            cost_yen: result.groups.iter().map(|group| group.cost).sum(),
            patient_yen: result.patient,
            window_yen: result.visits.iter().map(|visit| visit.charge).sum(),
            insurance_copay_yen: result.insurance_copay,
            limit,
            subsidies: subsidies.collect(),
            insurer_yen: result.insurer,
            reasons: explain::month_reasons(self.request, family, month, result),
            ..MonthCharge::default()
        }
    }

    fn claim(&self, family: &Family, month: &Month, result: &MonthResult) -> ClaimHint {
        let own = |position: usize| self.request.subsidies.get(*family.subsidies.get(position)?);
        let law = |position: usize| own(position).map(|subsidy| subsidy.payer_number.law());
        let receipt = &switch::written(month, result, &self.request.options.claim_switches, law);
        let rules = || receipt.subsidies.iter().filter_map(|values| own(values.subsidy)?.local_rule.as_ref());
        let special_notes = receipt.special_notes.iter().copied().map(Cow::Borrowed);
        let local_notes = rules().flat_map(|rule| &rule.special_notes).map(|note| Cow::Owned(note.clone()));
        let mut special_notes: Vec<Word> = special_notes.chain(local_notes).collect();
        special_notes.sort();
        special_notes.dedup();
        let on_receipt = header::on_receipt(month);
        let mut sets: Vec<SetClass> = Vec::new();
        for bundle in &family.bundles {
            let Some(class) = bundle.payers.below(on_receipt).burden_class() else { continue };
            let set = SetClass { set_id: self.set_id(bundle), burden_class: Cow::Borrowed(class) };
            if !sets.contains(&set) {
                sets.push(set);
            }
        }
        sets.sort_by(|a, b| (&a.set_id, &a.burden_class).cmp(&(&b.set_id, &b.burden_class)));
        let subsidy = |ko: &KoValues| SubsidyHint {
            subsidy_id: self.subsidy_id(family, ko.subsidy),
            days: ko.days,
            points: ko.points,
            copay_yen: ko.copay,
            outpatient_copay_yen: ko.outpatient_copay,
            visit_days: visit_days(month, |payers| payers.has_subsidy(ko.subsidy)),
        };
        ClaimHint {
            submit_to: receipt.submit_to,
            type_code: Cow::Owned(receipt.type_code.clone()),
            benefit_ratio: receipt.benefit_ratio.map(|ratio| Cow::Owned(ratio.to_string())),
            special_notes,
            coverage_id: self.coverage_id(family).filter(|_| receipt.insurance.is_some()),
            days: receipt.days,
            insurance: receipt.insurance.map(|ho| InsuranceHint {
                days: ho.days,
                points: ho.points,
                copay_yen: ho.copay,
            }),
            subsidies: receipt.subsidies.iter().map(subsidy).collect(),
            sets,
            window_burden_class: Cow::Borrowed(receipt.window_burden_class),
            visit_days: visit_days(month, |_| true),
            comments: rules().flat_map(|rule| rule.comments.iter().copied()).collect(),
        }
    }

    /// A class that nobody showed, in a month where it would have mattered.
    fn check_class(&mut self, index: usize, month: &Month, result: &MonthResult) {
        let Some(insurance) = month.insurance.filter(|_| month.class.is_none()) else { return };
        let is_elderly = insurance.band.is_70_or_over();
        let lowest = if is_elderly { IncomeClass::Low1 } else { IncomeClass::O };
        let copay: Yen = result.groups.iter().map(|group| group.copay).sum();
        let row = LimitRow::find(month.service_month, lowest);
        let Some(limit) = row.map(|row| row.limit(Yen::ZERO, false, month.halves.apply())) else { return };
        if copay <= limit {
            return;
        }
        let place = self.resolved.families.get(index).and_then(|family| self.coverage_id(family)).unwrap_or_default();
        let message = if is_elderly {
            "no class (限度額適用区分) is known: the default of the ratio applies; a low-income class would lower the charge"
        } else {
            "no class (限度額適用区分) is known: the window applies no monthly limit"
        };
        self.findings.push(Finding::note("limit-class-unknown", format!("coverages/{place}"), message));
    }

    /// Parts of 21,000 yen that come to count together late in the month may lower what was charged before.
    fn check_window(&mut self, index: usize, result: &MonthResult) {
        let charged: Yen = result.visits.iter().map(|visit| visit.charge).sum();
        let roundings = i64::try_from(result.visits.len()).unwrap_or(i64::MAX).saturating_mul(5);
        let above = charged - result.patient;
        if above.get() > roundings {
            let place = self.resolved.families.get(index).and_then(|family| self.coverage_id(family));
            let message =
                format!("the month's share is {}, the visits were charged {}", yen(result.patient), yen(charged));
            let place = format!("coverages/{}", place.unwrap_or_default());
            self.findings.push(Finding::confirm("window-above-month", place, message));
        }
    }

    /// Compares what is due with what was collected, visit by visit, in the family where the visit is settled.
    fn settle(&mut self) {
        for position in 0..self.visits.len() {
            let Some((id, charge)) = self.visits.get_mut(position) else { continue };
            let entries = || self.request.collected.iter().filter(|entry| entry.visit_id == *id);
            let is_collected = entries().next().is_some();
            charge.collected_yen = entries().map(|entry| entry.yen).sum();
            charge.difference_yen = charge.due_yen - charge.collected_yen;
            let adjustment = adjustment(id, charge, is_collected);
            let (id, due, collected) = (id.clone(), charge.due_yen, charge.collected_yen);
            let home = self.homes.get(position).copied().flatten();
            if home.is_none() && due.is_zero() && !is_collected {
                continue;
            }
            let place = home.unwrap_or_else(|| self.private_month());
            let Some(month) = self.months.get_mut(place) else { continue };
            month.visit_ids.push(id);
            month.due_yen += due;
            month.collected_yen += collected;
            month.adjustments.extend(adjustment);
        }
        self.pay_back_cancelled();
    }

    /// What was collected for cancelled visits is paid back. Money for a visit that is neither in the request nor
    /// cancelled is a matter for a person.
    fn pay_back_cancelled(&mut self) {
        let request = self.request;
        let is_unknown = |id: &str| self.resolved.visits.iter().all(|visit| visit.id != id);
        let unknown: Vec<_> = request.collected.iter().filter(|entry| is_unknown(&entry.visit_id)).collect();
        let mut cancelled: BTreeMap<&str, Yen> = BTreeMap::new();
        for entry in unknown {
            if entry.is_cancelled {
                *cancelled.entry(&entry.visit_id).or_default() += entry.yen;
                continue;
            }
            let message = format!("{} was collected for a visit that is not in the request", yen(entry.yen));
            let place = format!("visits/{}", entry.visit_id);
            self.findings.push(Finding::confirm("collected-visit-unknown", place, message));
        }
        for (id, collected) in cancelled {
            let charge = VisitCharge { collected_yen: collected, difference_yen: -collected, ..VisitCharge::default() };
            let Some(adjustment) = adjustment(id, &charge, true) else { continue };
            let place = self.private_month();
            let Some(month) = self.months.get_mut(place) else { continue };
            month.visit_ids.push(id.to_owned());
            month.collected_yen += collected;
            month.adjustments.push(adjustment);
        }
    }

    /// Visits without lines (自費 goods, cancelled ones) are settled with the 自費 family.
    fn private_month(&mut self) -> usize {
        let found = self.months.iter().position(|month| month.payer == PayerKind::Private);
        found.unwrap_or_else(|| {
            self.months.push(MonthCharge { payer: PayerKind::Private, ..MonthCharge::default() });
            self.months.len() - 1
        })
    }
}

/// 追加請求 or 返金 of a visit that was collected before.
fn adjustment(visit: &str, charge: &VisitCharge, is_collected: bool) -> Option<Adjustment> {
    let difference = charge.difference_yen;
    if !is_collected || difference.is_zero() {
        return None;
    }
    let (kind, amount) = if difference > Yen::ZERO {
        (AdjustmentKind::Additional, difference)
    } else {
        (AdjustmentKind::Refund, -difference)
    };
    let rule: Rule = rules::ADJUSTMENT;
    let text = format!("徴収済み {} → 正 {}", yen(charge.collected_yen), yen(charge.due_yen));
    Some(Adjustment { visit_id: visit.to_owned(), kind, yen: amount, reasons: vec![reason(rule, text, None)] })
}

/// Days with a matching line; a day counts when one of its visits does.
fn visit_days(month: &Month, is_meant: impl Fn(Payers) -> bool) -> Vec<VisitDay> {
    let mut days: Vec<VisitDay> = Vec::new();
    let has_lines = |points: &super::month::Visit| points.lines.iter().any(|line| is_meant(line.payers));
    for visit in month.visits.iter().filter(|visit| has_lines(visit)) {
        let day = u8::try_from(visit.date.day()).unwrap_or_default();
        match days.iter_mut().find(|known| known.day == day) {
            Some(known) => known.is_counted |= visit.is_counted_day,
            None => days.push(VisitDay { day, is_counted: visit.is_counted_day }),
        }
    }
    days
}
