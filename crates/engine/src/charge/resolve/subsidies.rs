//! Subsidies of a claim: order, share, cap, and what a person must check on them.

use calculation::{LocalMethod, LocalRule, LocalShare, Request, Subsidy as RequestSubsidy, Visit as RequestVisit};
use kernel::{Finding, ReviewBody, ServiceDate, Yen};

use super::combine::{holds, programme_of, rank};
use crate::charge::month::{Elsewhere, Period, RECEIPT_SUBSIDIES_MAX, SUBSIDIES_MAX, Share, Subsidy};
use crate::charge::tables::{Programme, ProgrammeShare};

/// What a national subsidy leaves to the patient. A welfare recipient (生活保護, 支援給付) pays nothing where the
/// programme pays all of its lines for him. Source: 国公費マスタ 患者負担・生活保護受給者の場合.
pub fn national_share(programme: &Programme, cap: Option<Yen>, ticket: Option<Yen>, has_welfare: bool) -> Share {
    match programme.share {
        _ if has_welfare && programme.is_free_with_welfare && !is_welfare_law(programme.law) => Share::Nothing,
        ProgrammeShare::NothingOrCap if cap.is_some_and(|cap| cap > Yen::ZERO) => Share::RemainingCopay,
        ProgrammeShare::NothingOrCap => Share::Nothing,
        ProgrammeShare::PercentOfCost(percent) => Share::PercentOfCost(percent),
        ProgrammeShare::RemainingCopay => Share::RemainingCopay,
        ProgrammeShare::NothingOrTicket => ticket.map_or(Share::Nothing, Share::Ticket),
    }
}

pub(super) fn is_welfare_law(law: &str) -> bool {
    matches!(law, "12" | "25")
}

/// When 生活保護 or 支援給付 holds on the visits of a claim.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Welfare {
    /// On none.
    None,
    /// On all.
    Whole,
    /// From one to another of them.
    Part(ServiceDate, ServiceDate),
}

impl Welfare {
    /// Of visits in order of time.
    pub(super) fn of(request: &Request, visits: &[&RequestVisit]) -> Self {
        let mut held = visits.iter().map(|visit| visit.date).filter(|date| has_welfare(request, *date));
        match (held.next(), visits.iter().all(|visit| has_welfare(request, visit.date))) {
            (None, _) => Self::None,
            (Some(_), true) => Self::Whole,
            (Some(first), false) => Self::Part(first, held.next_back().unwrap_or(first)),
        }
    }
}

/// True when 生活保護 or 支援給付 holds on a day.
fn has_welfare(request: &Request, on: ServiceDate) -> bool {
    let is_welfare = |subsidy: &RequestSubsidy| is_welfare_law(subsidy.payer_number.law());
    request.subsidies.iter().any(|subsidy| is_welfare(subsidy) && holds(subsidy.valid_from, subsidy.valid_to, on))
}

/// One KO record: same payer and recipient number.
pub(in crate::charge) fn is_same_record(a: &RequestSubsidy, b: &RequestSubsidy) -> bool {
    a.payer_number == b.payer_number && a.recipient_number == b.recipient_number
}

/// Not by list form (連記式), and taken by the review body of the claim.
fn is_on_receipt(subsidy: &RequestSubsidy, body: ReviewBody) -> bool {
    let is_left = |rule: &LocalRule| rule.method == LocalMethod::List || !is_taken(rule, body);
    programme_of(subsidy).is_some() || !subsidy.local_rule.as_ref().is_some_and(is_left)
}

fn is_taken(rule: &LocalRule, body: ReviewBody) -> bool {
    rule.claimed_at.is_none_or(|targets| match body {
        ReviewBody::PaymentFund => targets.payment_fund,
        ReviewBody::Kokuhoren => targets.kokuhoren,
    })
}

/// The subsidies of a claim in legal order, list-form programmes last, a renewed certificate once (its latest).
/// The flag says whether it stands on the receipt: at most four do.
pub(super) fn in_order(
    request: &Request,
    used: &[usize],
    body: ReviewBody,
    findings: &mut Vec<Finding>,
) -> Vec<(usize, bool)> {
    let mut ordered: Vec<(usize, &RequestSubsidy)> =
        used.iter().filter_map(|position| Some((*position, request.subsidies.get(*position)?))).collect();
    let priority = |s: &RequestSubsidy| s.local_rule.as_ref().and_then(|rule| rule.priority).unwrap_or(u16::MAX);
    ordered.sort_by(|(a_place, a), (b_place, b)| {
        let key = |place: usize, s: &RequestSubsidy| (!is_on_receipt(s, body), rank(request, place), priority(s));
        let law = |s: &RequestSubsidy| s.payer_number.law().to_owned();
        key(*a_place, a)
            .cmp(&key(*b_place, b))
            .then_with(|| law(a).cmp(&law(b)))
            .then_with(|| (a.valid_from, &a.payer_number, &a.id).cmp(&(b.valid_from, &b.payer_number, &b.id)))
    });
    put_local_first(&mut ordered);
    let mut records: Vec<(usize, bool)> = Vec::new();
    for (place, subsidy) in ordered {
        if let Some(rule) = subsidy.local_rule.as_ref().filter(|rule| !is_taken(rule, body)) {
            let message = format!(
                "{} is not claimed at {body:?}: it pays beside the receipt",
                rule.name.as_deref().unwrap_or(subsidy.payer_number.as_str())
            );
            let finding = Finding::note("local-claim-target", format!("subsidies/{}", subsidy.id), message);
            findings.push(finding.with_basis(crate::charge::rules::LOCAL_TARGET.basis));
        }
        let known = records
            .iter_mut()
            .find(|(other, _)| request.subsidies.get(*other).is_some_and(|other| is_same_record(other, subsidy)));
        match known {
            Some((latest, _)) => *latest = place,
            None => records.push((place, is_on_receipt(subsidy, body))),
        }
    }
    refuse_fifth(request, &mut records, findings);
    records
}

/// A local programme that pays before the laws it names goes up past them, as far as only such laws follow.
/// Source: 国公費マスター 9-10.
fn put_local_first(ordered: &mut Vec<(usize, &RequestSubsidy)>) {
    for from in 0..ordered.len() {
        let Some((_, local)) = ordered.get(from) else { continue };
        let Some(rule) = local.local_rule.as_ref().filter(|rule| !rule.before_laws.is_empty()) else { continue };
        let is_passed = |(_, other): &(usize, &RequestSubsidy)| {
            programme_of(other).is_some_and(|programme| programme.is_local_first)
                && rule.before_laws.iter().any(|law| law == other.payer_number.law())
        };
        let kept = ordered.iter().take(from).rposition(|other| !is_passed(other)).map_or(0, |last| last + 1);
        let moved = ordered.remove(from);
        ordered.insert(kept, moved);
    }
}

/// A fifth subsidy cannot be coded: the clerk decides.
fn refuse_fifth(request: &Request, records: &mut Vec<(usize, bool)>, findings: &mut Vec<Finding>) {
    for (position, is_written) in records.iter_mut().skip(RECEIPT_SUBSIDIES_MAX) {
        if let Some(subsidy) = request.subsidies.get(*position).filter(|_| *is_written) {
            let message = format!("subsidy {:?} would be the fifth: a receipt holds four", subsidy.id);
            let place = format!("subsidies/{}", subsidy.id);
            let basis = crate::charge::rules::FOUR_SUBSIDIES.basis;
            findings.push(Finding::stop("too-many-subsidies", place, message).with_basis(basis));
        }
        *is_written = false;
    }
    records.truncate(SUBSIDIES_MAX);
}

/// Input of the charge for a subsidy of the request.
pub(super) fn subsidy(subsidy: &RequestSubsidy, is_on_receipt: bool, welfare: Welfare) -> Subsidy {
    let programme = programme_of(subsidy);
    let has_welfare = welfare == Welfare::Whole;
    let local = subsidy.local_rule.as_ref();
    let local_cap = local.and_then(|rule| rule.monthly_cap_yen).filter(|_| programme.is_none());
    let cap = local_cap.or(subsidy.monthly_cap_yen);
    let share = match programme {
        Some(programme) => national_share(programme, cap, subsidy.ticket_payment_yen, has_welfare),
        // Without its rule a local programme takes nothing: the finding stops the claim.
        None => local.map_or(Share::RemainingCopay, |rule| local_share(&rule.share)),
    };
    let free = match (welfare, programme) {
        (Welfare::Part(first, last), Some(programme))
            if programme.is_free_with_welfare && !is_welfare_law(programme.law) =>
        {
            Some((first, last))
        }
        _ => None,
    };
    let elsewhere = subsidy.paid_elsewhere.iter().map(|entry| Elsewhere { date: Some(entry.date), yen: entry.yen });
    let rule = local.filter(|_| programme.is_none());
    Subsidy {
        programme,
        share,
        cap,
        cap_grows_above: rule.and_then(|rule| rule.cap_grows_above_yen),
        pays_most: rule.and_then(|rule| rule.monthly_payment_max_yen),
        elsewhere: elsewhere.collect(),
        free,
        is_on_receipt,
    }
}

const fn local_share(share: &LocalShare) -> Share {
    match share {
        LocalShare::Nothing => Share::Nothing,
        LocalShare::PercentOfCost { percent } => Share::PercentOfCost(*percent),
        LocalShare::PercentOfCopay { percent } => Share::PercentOfCopay(*percent),
        LocalShare::RemainingCopay => Share::RemainingCopay,
        LocalShare::LessPercentOfCost { percent } => Share::LessPercentOfCost(*percent),
        LocalShare::PaysPerVisitMax { yen, max_visits_per_month } => {
            Share::PaysMax { per: Period::Visit, yen: *yen, times: *max_visits_per_month }
        }
        LocalShare::PaysPerDayMax { yen, max_days_per_month } => {
            Share::PaysMax { per: Period::Day, yen: *yen, times: *max_days_per_month }
        }
        LocalShare::PerVisitMax { yen, max_visits_per_month, percent: None } => {
            Share::PerVisitMax { yen: *yen, visits: *max_visits_per_month }
        }
        LocalShare::PerVisitMax { yen, max_visits_per_month, percent } => {
            Share::Limited { per: Period::Visit, yen: *yen, times: *max_visits_per_month, percent: *percent }
        }
        LocalShare::PerDayMax { yen, max_days_per_month, percent } => {
            Share::Limited { per: Period::Day, yen: *yen, times: *max_days_per_month, percent: *percent }
        }
        LocalShare::FirstVisitFixed { yen } => Share::FirstVisitFixed(*yen),
    }
}

/// What a person must check on a used subsidy.
pub(super) fn check(request: &Request, subsidy: &RequestSubsidy, findings: &mut Vec<Finding>) {
    let place = || format!("subsidies/{}", subsidy.id);
    let number = &subsidy.payer_number;
    let law = number.law();
    match programme_of(subsidy) {
        Some(programme) => check_national(subsidy, programme, findings),
        None => {
            if !number.is_local() {
                let message = format!("law {law} is neither a national programme nor a local one");
                findings.push(Finding::stop("subsidy-law-unknown", place(), message));
            }
            if subsidy.local_rule.is_none() {
                let message = format!("the local programme {number} has no rule: charged as if it paid nothing");
                findings.push(Finding::stop("local-rule-missing", place(), message));
            }
            if !number.has_valid_check_digit() {
                let message =
                    format!("the check digit of {number} does not fit; some local programmes have such numbers");
                findings.push(Finding::note("payer-number-check-digit", place(), message));
            }
            let prefecture = number.as_str().get(2..4).unwrap_or_default();
            if prefecture != request.institution.code.prefecture() {
                let message =
                    format!("{number} is a programme of prefecture {prefecture}: usually a refund (償還払い)");
                findings.push(Finding::confirm("local-other-prefecture", place(), message));
            }
        }
    }
}

fn check_national(subsidy: &RequestSubsidy, programme: &Programme, findings: &mut Vec<Finding>) {
    let place = || format!("subsidies/{}", subsidy.id);
    let (number, name) = (&subsidy.payer_number, programme.name);
    if !number.has_valid_check_digit() {
        let message = format!("the check digit of {number} ({name}) does not fit");
        findings.push(Finding::stop("payer-number-check-digit", place(), message));
    }
    match &subsidy.recipient_number {
        None => {
            let message = format!("{number} ({name}) has no recipient number (受給者番号)");
            findings.push(Finding::confirm("recipient-number-missing", place(), message));
        }
        Some(recipient) if !recipient.has_valid_check_digit() => {
            let message = format!("recipient number {recipient} of {number} ({name}): 7 digits with a check digit");
            findings.push(Finding::confirm("recipient-number-check-digit", place(), message));
        }
        Some(_) => {}
    }
    if programme.has_book && subsidy.monthly_cap_yen.is_none() {
        let message = format!("{number} ({name}) has no monthly cap (自己負担上限月額): charged without one");
        findings.push(Finding::confirm("subsidy-cap-missing", place(), message));
    }
    if !programme.is_outpatient {
        let message = format!("{number} ({name}) pays for inpatients");
        findings.push(Finding::confirm("subsidy-inpatient-only", place(), message));
    }
}
