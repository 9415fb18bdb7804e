//! What a subsidy left to the patient in the month goes on counting when the insurance changes: the cap of a book
//! (上限額管理票) and the 本人支払額 of a 医療券 are the patient's; a local programme says so (地単公費マスター 項目47).

use std::borrow::Cow;

use calculation::{Reason, Request, Subsidy as RequestSubsidy};
use kernel::{ServiceDate, Yen};

use super::explain::{reason, yen};
use super::month::{Elsewhere, Month, Period, Share};
use super::resolve::{Family, is_same_record, programme_of};
use super::result::MonthResult;
use super::rules::{self, Rule};

/// What the claims charged so far left to the patient under such programmes.
#[derive(Default)]
pub(super) struct Carry {
    entries: Vec<Entry>,
}

struct Entry {
    /// Position of the subsidy in the request.
    subsidy: usize,
    date: ServiceDate,
    yen: Yen,
}

impl Carry {
    /// The month with what its programmes left in earlier claims of the month, and the reasons for it.
    pub(super) fn continued<'m>(
        &self,
        request: &Request,
        family: &Family,
        month: &'m Month,
    ) -> (Cow<'m, Month>, Vec<Reason>) {
        let mut month = Cow::Borrowed(month);
        let mut reasons = Vec::new();
        for (place, position) in family.subsidies.iter().enumerate() {
            let Some((own, rule)) = kept(request, *position) else { continue };
            let is_own =
                |entry: &&Entry| request.subsidies.get(entry.subsidy).is_some_and(|other| is_same_record(other, own));
            let entries: Vec<&Entry> = self.entries.iter().filter(is_own).collect();
            let Some(subsidy) = month.to_mut().subsidies.get_mut(place).filter(|_| !entries.is_empty()) else {
                continue;
            };
            subsidy.elsewhere.extend(entries.iter().map(|e| Elsewhere { date: Some(e.date), yen: e.yen }));
            subsidy.share = less(subsidy.share, &entries);
            let total = entries.iter().map(|entry| entry.yen).sum();
            let text = format!("保険変更前の患者負担 {} を累計に含める", yen(total));
            reasons.push(reason(rule, text, [own.id.clone()]));
        }
        (month, reasons)
    }

    /// Remembers what a claim left to the patient.
    pub(super) fn keep(&mut self, request: &Request, family: &Family, month: &Month, result: &MonthResult) {
        for (place, position) in family.subsidies.iter().enumerate() {
            if kept(request, *position).is_none() {
                continue;
            }
            for (visit, charged) in month.visits.iter().zip(&result.visits) {
                let stages = charged.groups.iter().flat_map(|group| &group.stages);
                let left: Yen = stages.filter(|stage| stage.subsidy == place).map(|stage| stage.after).sum();
                if left > Yen::ZERO {
                    self.entries.push(Entry { subsidy: *position, date: visit.date, yen: left });
                }
            }
        }
    }
}

/// A subsidy that goes on counting, and the rule that says so.
fn kept(request: &Request, position: usize) -> Option<(&RequestSubsidy, Rule)> {
    let subsidy = request.subsidies.get(position)?;
    if programme_of(subsidy).is_some() {
        let is_counted = subsidy.monthly_cap_yen.is_some() || subsidy.ticket_payment_yen.is_some();
        return is_counted.then_some((subsidy, rules::BOOK_KEEPS_TOTAL));
    }
    let is_kept = subsidy.local_rule.as_ref().is_some_and(|rule| rule.keeps_total_across_insurance);
    is_kept.then_some((subsidy, rules::LOCAL_KEEPS_TOTAL))
}

/// The share with the visits, days or ticket payment that were charged before taken off.
fn less(share: Share, entries: &[&Entry]) -> Share {
    let visits = u8::try_from(entries.len()).unwrap_or(u8::MAX);
    let left = |times: Option<u8>, used: u8| times.map(|times| times.saturating_sub(used));
    match share {
        Share::Ticket(yen) => {
            let paid = entries.iter().map(|entry| entry.yen).sum::<Yen>();
            Share::Ticket((yen - paid).max(Yen::ZERO))
        }
        Share::PerVisitMax { yen, visits: most } => Share::PerVisitMax { yen, visits: left(most, visits) },
        Share::Limited { per: Period::Visit, yen, times, percent } => {
            Share::Limited { per: Period::Visit, yen, times: left(times, visits), percent }
        }
        Share::Limited { per: Period::Day, yen, times, percent } => {
            let used = days(entries);
            Share::Limited { per: Period::Day, yen, times: left(times, used), percent }
        }
        other => other,
    }
}

/// Distinct days of the entries.
fn days(entries: &[&Entry]) -> u8 {
    let mut days: Vec<ServiceDate> = entries.iter().map(|entry| entry.date).collect();
    days.sort_unstable();
    days.dedup();
    u8::try_from(days.len()).unwrap_or(u8::MAX)
}
