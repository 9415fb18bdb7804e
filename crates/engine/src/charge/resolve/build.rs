//! Families of lines and the month of each.

use std::cmp::Ordering;

use calculation::{
    Coverage, LimitClass, LimitCode, LimitRounding as RequestRounding, PatientFactKind, PayerKind, Reduction,
    Relationship, Request, SpecificDisease, Visit as RequestVisit,
};
use kernel::{Finding, ReviewBody, ServiceDate, reached_on};

use super::combine::{Combination, holds};
use super::{Bundle, Family, VisitFacts, subsidies};
use crate::charge::age;
use crate::charge::month::{Band, Halves, Insurance, LimitRounding, Line, Month, NoteFacts, Payers, Relieved, Visit};
use crate::charge::tables::{IncomeClass, insurer_law};

/// The bundles of one family with their combinations.
pub(super) type Members = Vec<(Bundle, Combination)>;

/// Groups the bundles: insurance by first visit, then 公費単独 and the other payers.
pub(super) fn families(
    request: &Request,
    visits: &[&RequestVisit],
    bundles: &[Bundle],
    combinations: Vec<Combination>,
) -> Vec<Members> {
    let mut families: Vec<Members> = Vec::new();
    let alone: Vec<usize> = combinations
        .iter()
        .filter(|combination| combination.kind == PayerKind::SubsidyOnly)
        .flat_map(|combination| combination.subsidies.iter().copied())
        .collect();
    for (bundle, combination) in bundles.iter().copied().zip(combinations) {
        let date = visits.get(bundle.visit).map(|visit| visit.date);
        let is_same = |family: &Members| {
            family.first().is_some_and(|(first, other)| {
                let other_date = visits.get(first.visit).map(|visit| visit.date);
                is_one_claim(request, &alone, (&combination, date), (other, other_date))
            })
        };
        match families.iter_mut().find(|family| is_same(family)) {
            Some(family) => family.push((bundle, combination)),
            None => families.push(vec![(bundle, combination)]),
        }
    }
    families.sort_by(order);
    families
}

/// By payer kind; the bundles stand by visit, so that the stable sort keeps the first visit first.
fn order(a: &Members, b: &Members) -> Ordering {
    let kind = |family: &Members| family.first().map(|(_, combination)| combination.kind);
    kind(a).cmp(&kind(b))
}

/// One receipt: same insurer, relationship and ratio; 公費単独: same payer and recipient numbers.
/// Source: 診療報酬請求書等の記載要領 第3の1 (月の途中の保険者番号等の変更).
fn is_one_claim(
    request: &Request,
    alone: &[usize],
    (a, a_date): (&Combination, Option<ServiceDate>),
    (b, b_date): (&Combination, Option<ServiceDate>),
) -> bool {
    if a.kind != b.kind {
        return false;
    }
    match a.kind {
        PayerKind::Insurance => {
            let key = |combination: &Combination| {
                let coverage = combination.coverage.and_then(|position| request.coverages.get(position))?;
                Some((&coverage.insurer_number, coverage.relationship, coverage.burden_percent))
            };
            key(a) == key(b)
        }
        PayerKind::SubsidyOnly => records(request, alone, a, a_date) == records(request, alone, b, b_date),
        _ => true,
    }
}

/// The 公費単独 records in force at a line, for the laws whose number changes in the month: the line's own, else
/// the one that holds on the day.
fn records(request: &Request, alone: &[usize], of: &Combination, date: Option<ServiceDate>) -> Vec<usize> {
    let get = |position: &usize| request.subsidies.get(*position);
    let law = |position: &usize| get(position).map(|subsidy| subsidy.payer_number.law());
    let is_same = |a: &usize, b: &usize| get(a).zip(get(b)).is_some_and(|(a, b)| subsidies::is_same_record(a, b));
    let mut found: Vec<usize> = Vec::new();
    for position in alone {
        let others = || alone.iter().filter(|other| law(other) == law(position));
        if others().all(|other| is_same(other, position)) {
            continue;
        }
        let own = of.subsidies.iter().find(|own| law(own) == law(position));
        let held = || {
            others().find(|other| {
                get(other).zip(date).is_some_and(|(subsidy, date)| holds(subsidy.valid_from, subsidy.valid_to, date))
            })
        };
        // Records are named by the first position that carries them.
        let name = own.or_else(held).and_then(|own| alone.iter().filter(|other| is_same(other, own)).min());
        found.extend(name.filter(|name| !found.contains(name)));
    }
    found.sort_unstable();
    found
}

/// The family with the input of its charge.
pub(super) fn family(
    request: &Request,
    visits: &[&RequestVisit],
    members: Members,
    facts: &[VisitFacts],
    findings: &mut Vec<Finding>,
) -> Family {
    let kind = members.first().map_or(PayerKind::Private, |(_, combination)| combination.kind);
    let mut used: Vec<usize> = members.iter().flat_map(|(_, combination)| combination.subsidies.clone()).collect();
    used.sort_unstable();
    used.dedup();
    for subsidy in used.iter().filter_map(|position| request.subsidies.get(*position)) {
        subsidies::check(request, subsidy, findings);
    }
    let coverage = latest_coverage(request, &members);
    let law = coverage.and_then(|place| request.coverages.get(place)).and_then(|c| insurer_law(&c.insurer_number));
    let body = law.map_or(ReviewBody::PaymentFund, |law| law.submit_to);
    let ordered = subsidies::in_order(request, &used, body, findings);
    let bundles: Vec<Bundle> = members
        .iter()
        .map(|(bundle, combination)| Bundle { payers: payers(request, combination, &ordered), ..*bundle })
        .collect();
    let mut positions: Vec<usize> = bundles.iter().map(|bundle| bundle.visit).collect();
    positions.dedup();
    let is_claim = matches!(kind, PayerKind::Insurance | PayerKind::SubsidyOnly);
    let month = is_claim.then(|| {
        let own: Vec<&RequestVisit> = positions.iter().filter_map(|position| visits.get(*position).copied()).collect();
        let span = Span::of(request, &own);
        let coverage = coverage.and_then(|position| request.coverages.get(position));
        let lines = |position: usize| bundles.iter().filter(move |bundle| bundle.visit == position);
        let visit = |(position, visit): (&usize, &&RequestVisit)| Visit {
            date: visit.date,
            is_first_visit: fact(facts, visit).is_some_and(|fact| fact.is_first_visit),
            is_counted_day: fact(facts, visit).is_none_or(|fact| fact.is_counted_day),
            lines: lines(*position).map(|b| Line { points: b.points, payers: b.payers }).collect(),
        };
        let charged = positions.iter().zip(&own).map(visit).collect();
        let welfare = subsidies::Welfare::of(request, &own);
        let mut month = month(request, coverage, span, findings);
        month.visits = charged;
        month.subsidies = ordered
            .iter()
            .filter_map(|(position, is_on_receipt)| Some((request.subsidies.get(*position)?, *is_on_receipt)))
            .map(|(subsidy, is_on_receipt)| subsidies::subsidy(subsidy, is_on_receipt, welfare))
            .collect();
        check_welfare(&month, coverage, findings);
        month
    });
    let subsidies = ordered.into_iter().map(|(position, _)| position).collect();
    Family { kind, coverage, subsidies, bundles, visits: positions, month }
}

fn fact<'f>(facts: &'f [VisitFacts], visit: &RequestVisit) -> Option<&'f VisitFacts> {
    facts.iter().find(|fact| fact.visit_id == visit.id)
}

fn latest_coverage(request: &Request, members: &Members) -> Option<usize> {
    let coverages = members.iter().filter_map(|(_, combination)| combination.coverage);
    coverages
        .max_by_key(|position| request.coverages.get(*position).map(|coverage| (coverage.valid_from, &coverage.id)))
}

fn payers(request: &Request, combination: &Combination, ordered: &[(usize, bool)]) -> Payers {
    let base = if combination.is_insurance_used { Payers::INSURANCE } else { Payers::default() };
    let place = |used: &usize| {
        let used = request.subsidies.get(*used)?;
        ordered.iter().position(|(other, _)| {
            request.subsidies.get(*other).is_some_and(|other| subsidies::is_same_record(other, used))
        })
    };
    combination.subsidies.iter().filter_map(place).fold(base, Payers::with_subsidy)
}

/// First and last day of the family's visits.
#[derive(Clone, Copy)]
struct Span {
    first: ServiceDate,
    last: ServiceDate,
}

impl Span {
    fn of(request: &Request, visits: &[&RequestVisit]) -> Self {
        let first = visits.first().map_or(request.month.first_day(), |visit| visit.date);
        Self { first, last: visits.last().map_or(first, |visit| visit.date) }
    }

    fn overlaps(self, from: ServiceDate, to: Option<ServiceDate>) -> bool {
        from <= self.last && to.is_none_or(|to| self.first <= to)
    }
}

/// The month without its visits and subsidies.
fn month(request: &Request, coverage: Option<&Coverage>, span: Span, findings: &mut Vec<Finding>) -> Month {
    let insurance = coverage.and_then(|coverage| insurance(request, coverage, span, findings));
    let limit = insurance.as_ref().and_then(|insurance| limit(request, insurance, span, findings));
    let class = limit.map(|limit| income_class(limit.code));
    let specific = insurance.as_ref().and_then(|_| specific_disease(request, span));
    let has = |kind| request.patient.facts.iter().any(|fact| fact.kind == kind && span.overlaps(fact.from, fact.to));
    Month {
        service_month: request.month,
        insurance,
        class,
        is_multiple: limit.is_some_and(|limit| limit.is_multiple || has_three_months(request, limit)),
        halves: halves(request, coverage, insurance.as_ref()),
        specific_disease_cap: specific.map(|disease| disease.cap_yen),
        subsidies: Vec::new(),
        visits: Vec::new(),
        notes: NoteFacts {
            is_third_party: has(PatientFactKind::ThirdParty),
            is_disaster_exempt: has(PatientFactKind::DisasterExempt),
            is_disaster_partly_exempt: has(PatientFactKind::DisasterPartlyExempt),
            is_75_or_over: age::band(request.patient.birth_date, span.last) == Band::LateElderly,
        },
        limit_rounding: match request.options.limit_rounding {
            RequestRounding::HalfUp10 => LimitRounding::HalfUp10,
            RequestRounding::Exact => LimitRounding::Exact,
            RequestRounding::Down10 => LimitRounding::Down10,
        },
    }
}

fn insurance(request: &Request, coverage: &Coverage, span: Span, findings: &mut Vec<Finding>) -> Option<Insurance> {
    let place = || format!("coverages/{}", coverage.id);
    let law = insurer_law(&coverage.insurer_number)?;
    let by_age = age::band(request.patient.birth_date, span.last);
    let band = match (coverage.insurer_number.is_late_elderly(), by_age) {
        (true, _) => Band::LateElderly,
        (false, Band::LateElderly) => {
            let message = "the patient is 75 or older: 後期高齢者医療 (law 39) is expected";
            findings.push(Finding::confirm("coverage-not-late-elderly", place(), message));
            Band::Elderly70
        }
        (false, band) => band,
    };
    let percent = coverage.burden_percent.percent();
    let is_usual = match band {
        Band::Preschool => percent == 20,
        Band::General => percent == 30,
        Band::Elderly70 => matches!(percent, 20 | 30),
        Band::LateElderly => matches!(percent, 10 | 20 | 30),
    };
    if !is_usual {
        let message = format!("負担割合 {percent} % is unusual for the patient's age; used as given");
        findings.push(Finding::confirm("ratio-unexpected", place(), message));
    }
    let is_family = coverage.relationship == Relationship::Family;
    if is_family && law.law == Some("07") {
        findings.push(Finding::confirm("insurer-self-only", place(), "law 07 insures the person himself only"));
    }
    let relieved = coverage.reduction.as_ref().and_then(|reduction| relieved(reduction, &place(), findings));
    Some(Insurance { law, band, is_family, ratio: coverage.burden_percent, relieved })
}

fn relieved(reduction: &Reduction, place: &str, findings: &mut Vec<Finding>) -> Option<Relieved> {
    match (reduction.kind, reduction.percent, reduction.yen) {
        (1, Some(percent), _) => Some(Relieved::Percent(percent)),
        (1, None, Some(yen)) => Some(Relieved::Yen(yen)),
        (2, ..) => Some(Relieved::Exempt),
        (3, ..) => Some(Relieved::Deferred),
        _ => {
            let message = "減免区分 is 1 (with percent or yen), 2 or 3; not applied";
            findings.push(Finding::stop("reduction-unknown", place.to_owned(), message));
            None
        }
    }
}

/// The class shown for the family's days: the one of its last day, else the latest that overlaps.
fn limit<'r>(
    request: &'r Request,
    insurance: &Insurance,
    span: Span,
    findings: &mut Vec<Finding>,
) -> Option<&'r LimitClass> {
    let of_days = || request.limits.iter().filter(|limit| span.overlaps(limit.valid_from, limit.valid_to));
    let fits = |limit: &&LimitClass| is_of_band(income_class(limit.code), insurance.band);
    let key = |limit: &&LimitClass| {
        (holds(limit.valid_from, limit.valid_to, span.last), limit.valid_from, std::cmp::Reverse(limit.code))
    };
    let found = of_days().filter(fits).max_by_key(key);
    if let (None, Some(other)) = (found, of_days().max_by_key(key)) {
        let message = format!("class {:?} does not belong to the patient's age or insurance: not used", other.code);
        findings.push(Finding::confirm("limit-class-mismatch", "limits", message));
    }
    found
}

fn is_of_band(class: IncomeClass, band: Band) -> bool {
    match class {
        IncomeClass::General => band == Band::Elderly70,
        IncomeClass::General1 | IncomeClass::General2 => band == Band::LateElderly,
        class => class.is_under_70() != band.is_70_or_over(),
    }
}

/// Class of a code of the eligibility check. Source: 限度額適用認定証適用区分 (オンライン資格確認).
pub(super) const fn income_class(code: LimitCode) -> IncomeClass {
    match code {
        LimitCode::A01 => IncomeClass::A,
        LimitCode::A02 => IncomeClass::I,
        LimitCode::A03 => IncomeClass::U,
        LimitCode::A04 => IncomeClass::E,
        LimitCode::A05 | LimitCode::A06 => IncomeClass::O,
        LimitCode::B01 => IncomeClass::Active3,
        LimitCode::B02 => IncomeClass::Active2,
        LimitCode::B03 => IncomeClass::Active1,
        LimitCode::B04 => IncomeClass::General,
        LimitCode::B05 => IncomeClass::Low2,
        LimitCode::B06 | LimitCode::B07 | LimitCode::B08 => IncomeClass::Low1,
        LimitCode::B09 => IncomeClass::General2,
        LimitCode::B10 => IncomeClass::General1,
    }
}

/// 多数回該当 from the institution's own history: three months of the eleven before. Outpatient limits of 70 and
/// over have none.
fn has_three_months(request: &Request, limit: &LimitClass) -> bool {
    let class = income_class(limit.code);
    let is_recent = |month: &&kernel::ClaimMonth| (1..=11).contains(&request.month.months_since(**month));
    let mut months: Vec<_> = request.history.limit_reached_months.iter().filter(is_recent).collect();
    months.sort_unstable();
    months.dedup();
    (class.is_under_70() || class.is_active()) && months.len() >= 3
}

fn specific_disease(request: &Request, span: Span) -> Option<&SpecificDisease> {
    let of_days = request.specific_diseases.iter().filter(|d| span.overlaps(d.valid_from, d.valid_to));
    of_days.max_by_key(|d| (holds(d.valid_from, d.valid_to, span.last), d.valid_from, std::cmp::Reverse(d.cap_yen)))
}

/// 75歳到達時特例. Who was in 後期 before the birthday (by disability) keeps whole limits.
fn halves(request: &Request, coverage: Option<&Coverage>, insurance: Option<&Insurance>) -> Halves {
    let birthday = reached_on(request.patient.birth_date, 75).plus_days(1);
    let is_turning = age::has_half_limits(request.patient.birth_date, request.month);
    let was_late = coverage.is_some_and(|c| c.insurer_number.is_late_elderly() && c.valid_from < birthday);
    let (first, last) = (request.month.first_day(), request.month.last_day());
    let is_dependant = request.patient.facts.iter().any(|fact| {
        fact.kind == PatientFactKind::DependantOfNewLateElderly
            && fact.from <= last
            && fact.to.is_none_or(|to| first <= to)
    });
    match insurance.map(|insurance| insurance.band) {
        Some(Band::Elderly70 | Band::LateElderly) if is_turning && !was_late => Halves::TurnsSeventyFive,
        Some(Band::Preschool | Band::General | Band::Elderly70) if is_dependant => Halves::Dependant,
        _ => Halves::No,
    }
}

/// 生活保護 households leave 国保 and 後期.
fn check_welfare(month: &Month, coverage: Option<&Coverage>, findings: &mut Vec<Finding>) {
    let has_welfare = month.subsidies.iter().any(|subsidy| subsidy.programme.is_some_and(|p| p.law == "12"));
    let Some(coverage) = coverage.filter(|coverage| {
        has_welfare && (coverage.insurer_number.is_national_health() || coverage.insurer_number.is_late_elderly())
    }) else {
        return;
    };
    let message =
        format!("生活保護 (12) does not go with insurer {}: 国保 and 後期 end with it", coverage.insurer_number);
    findings.push(Finding::confirm("welfare-with-kokuho", format!("coverages/{}", coverage.id), message));
}
