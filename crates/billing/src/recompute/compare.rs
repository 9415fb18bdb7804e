//! Claimed units against computed lines.

use std::collections::BTreeSet;

use calculation::{Origin, Outcome, Reason, VisitResult};
use kernel::{ClaimMonth, ItemCode, Points, ServiceDate};
use masters::Masters;
use masters::row::Validity;

use super::fees::basic_fee;
use super::request::unit_of_order;
use super::unit::{Key, Oddity, Unit, key, show};
use super::{Cause, Difference, EDITION_FROM, Rebuilt, ReceiptReport};

/// What was claimed for equal units of the month.
struct Claimed<'a> {
    key: Key,
    points: Points,
    count: u32,
    /// Positions in the file.
    numbers: Vec<usize>,
    oddity: Option<Oddity>,
    first: &'a Unit,
}

/// What was computed for equal lines of the month.
struct Computed {
    key: Key,
    points: Points,
    count: u32,
    is_derived: bool,
    reasons: Vec<Reason>,
}

/// Compares what was claimed with what was computed from it.
pub fn compare(rebuilt: &Rebuilt, visits: &[VisitResult], masters: &Masters) -> ReceiptReport {
    let claimed = claimed(&rebuilt.units);
    let computed = computed(visits);
    let month = rebuilt.request.month;
    let comparison = Comparison {
        visits,
        masters,
        on: month.first_day(),
        last: month.last_day(),
        is_other_edition: month != rebuilt.month || is_before_editions(month),
    };
    let amount = |points: Points, count: u32| points.times(i64::from(count));
    let mut report = ReceiptReport {
        receipt: 0,
        line: 0,
        month: Some(rebuilt.month),
        computed_as: Some(month),
        not_computed: None,
        claimed_points: claimed.iter().map(|unit| amount(unit.points, unit.count)).sum(),
        computed_points: computed.iter().map(|line| amount(line.points, line.count)).sum(),
        units: claimed.len(),
        agreeing: 0,
        differences: Vec::new(),
        oddities: Vec::new(),
    };
    let mut rest: Vec<Computed> = computed;
    let mut open: Vec<Claimed<'_>> = Vec::new();
    for unit in claimed {
        let twin = rest.iter().position(|line| {
            unit.oddity.is_none() && line.key == unit.key && line.points == unit.points && line.count == unit.count
        });
        match twin {
            Some(twin) => {
                rest.remove(twin);
                report.agreeing += 1;
            }
            None => open.push(unit),
        }
    }
    for unit in &open {
        // Nothing was ordered for medicine given out by prescription: no line is its own.
        let is_ordered = !unit.first.is_outside_medicine();
        let line = if is_ordered { take_nearest(&mut rest, unit) } else { None };
        comparison.explain(unit, line.as_ref(), &mut report.differences);
    }
    for line in &rest {
        report.differences.push(leftover(line, &open));
    }
    report
}

fn is_before_editions(month: ClaimMonth) -> bool {
    EDITION_FROM.parse::<ClaimMonth>().is_ok_and(|from| month < from)
}

fn claimed(units: &[Unit]) -> Vec<Claimed<'_>> {
    let mut claimed: Vec<Claimed<'_>> = Vec::new();
    for (number, unit) in units.iter().enumerate() {
        let (key, points) = (unit.key(), unit.points.unwrap_or(Points::ZERO));
        let oddity = unit.oddity();
        let count = u32::from(unit.count);
        let is_plain = |other: &Claimed<'_>| oddity.is_none() && other.oddity.is_none();
        match claimed.iter_mut().find(|other| is_plain(other) && other.key == key && other.points == points) {
            Some(twin) => {
                twin.count = twin.count.saturating_add(count);
                twin.numbers.push(number);
            }
            None => claimed.push(Claimed { key, points, count, numbers: vec![number], oddity, first: unit }),
        }
    }
    claimed
}

fn computed(visits: &[VisitResult]) -> Vec<Computed> {
    let mut computed: Vec<Computed> = Vec::new();
    for line in visits.iter().flat_map(|visit| &visit.lines) {
        let key = key(line.items.iter().map(|item| (item.code, item.quantity)));
        if key.is_empty() {
            continue;
        }
        let count = u32::from(line.times);
        match computed.iter_mut().find(|other| other.key == key && other.points == line.points) {
            Some(twin) => twin.count = twin.count.saturating_add(count),
            None => computed.push(Computed {
                key,
                points: line.points,
                count,
                is_derived: line.origin == Origin::Derived,
                reasons: line.reasons.clone(),
            }),
        }
    }
    computed
}

fn codes(key: &Key) -> BTreeSet<u32> {
    key.iter().map(|(code, _)| *code).collect()
}

/// The line that shares most codes with a unit.
fn take_nearest(lines: &mut Vec<Computed>, unit: &Claimed<'_>) -> Option<Computed> {
    let wanted = codes(&unit.key);
    let shared = |line: &Computed| codes(&line.key).intersection(&wanted).count();
    let nearness = |line: &Computed| (shared(line), line.key == unit.key, line.points == unit.points);
    let best = (0..).zip(lines.iter()).max_by_key(|(place, line)| (nearness(line), std::cmp::Reverse(*place)));
    let place = best.filter(|(_, line)| shared(line) > 0).map(|(place, _): (usize, _)| place)?;
    Some(lines.remove(place))
}

/// A line that no claimed unit stands for.
fn leftover(line: &Computed, open: &[Claimed<'_>]) -> Difference {
    let unit = show(&line.key, line.points, line.count);
    let reason = line.reasons.first();
    let rule = reason.map(|reason| reason.rule.to_string());
    let is_claimed_elsewhere = open.iter().any(|unit| !codes(&unit.key).is_disjoint(&codes(&line.key)));
    if line.is_derived && !is_claimed_elsewhere {
        let detail = reason.map(|reason| reason.text.to_string()).unwrap_or_default();
        return Difference { cause: Cause::Derived, unit, rule, detail };
    }
    let detail = "computed as a line of its own".to_owned();
    Difference { cause: Cause::Grouping, unit, rule, detail }
}

/// Cause, rule, particulars.
type Why = (Cause, Option<String>, String);

struct Comparison<'a> {
    visits: &'a [VisitResult],
    masters: &'a Masters,
    on: ServiceDate,
    last: ServiceDate,
    is_other_edition: bool,
}

impl Comparison<'_> {
    fn explain(&self, unit: &Claimed<'_>, line: Option<&Computed>, out: &mut Vec<Difference>) {
        let text = show(&unit.key, unit.points, unit.count);
        let mut say = |cause, rule: Option<String>, detail: String| {
            out.push(Difference { cause, unit: text.clone(), rule, detail });
        };
        if let Some(oddity) = &unit.oddity {
            say(Cause::Oddity, None, oddity.to_string());
            return;
        }
        let here = line.map(|line| codes(&line.key)).unwrap_or_default();
        let claimed = codes(&unit.key);
        let mut is_explained = false;
        for (codes, (cause, rule, detail)) in self.whys_missing(claimed.difference(&here), unit) {
            say(cause, rule, format!("{codes} {detail}"));
            is_explained = true;
        }
        let Some(line) = line else { return };
        for code in here.difference(&claimed) {
            let (cause, rule) = self.why_added(*code, line);
            say(cause, rule, format!("{code:09} is in the computed line"));
            is_explained = true;
        }
        if is_explained {
            return;
        }
        let told = show(&line.key, line.points, line.count);
        if line.key == unit.key && line.points == unit.points {
            let refusal = unit.key.iter().find_map(|(code, _)| self.refusal(*code, unit));
            let cause = if refusal.is_some() { Cause::Refused } else { Cause::Count };
            say(cause, refusal.map(|reason| reason.rule.to_string()), format!("computed {told}"));
        } else if line.key != unit.key {
            let rule = line.reasons.last().map(|reason| reason.rule.to_string());
            say(Cause::Refused, rule, format!("computed {told}"));
        } else {
            let cause = self.why_other_points(unit, line);
            say(cause, None, format!("computed {told} {}", self.editions(unit)));
        }
    }

    /// Why claimed codes are not in the computed line; codes of one reason together.
    fn whys_missing<'c>(&self, codes: impl Iterator<Item = &'c u32>, unit: &Claimed<'_>) -> Vec<(String, Why)> {
        let mut whys: Vec<(String, Why)> = Vec::new();
        for code in codes {
            let why = self.why_missing(*code, unit);
            match whys.iter_mut().find(|(_, other)| *other == why) {
                Some((codes, _)) => codes.push_str(&format!("+{code:09}")),
                None => whys.push((format!("{code:09}"), why)),
            }
        }
        whys
    }

    fn why_missing(&self, code: u32, unit: &Claimed<'_>) -> Why {
        let versions = self.versions(code);
        let (first, last) = (self.on.yyyymmdd(), self.last.yyyymmdd());
        let is_valid = versions.iter().any(|row| row.from <= last && first <= row.to);
        if versions.is_empty() {
            return (Cause::NotInMasters, None, "is in no master at hand".to_owned());
        }
        if !is_valid {
            return match versions.iter().filter(|row| row.from > last).map(|row| row.from).min() {
                Some(from) => (Cause::Edition, None, format!("has no row on the date; the first begins {from}")),
                None => {
                    let to = versions.iter().map(|row| row.to).max().unwrap_or_default();
                    (Cause::NotValid, None, format!("ended on {to}"))
                }
            };
        }
        match self.refusal(code, unit) {
            Some(reason) => (Cause::Refused, Some(reason.rule.to_string()), reason.text.to_string()),
            None if self.is_charged(code) => (Cause::Grouping, None, "is in another computed line".to_owned()),
            None if basic_fee(code).is_some() => (Cause::Refused, None, "gives way to another basic fee".to_owned()),
            None => (Cause::Refused, None, "is not charged".to_owned()),
        }
    }

    fn why_added(&self, code: u32, line: &Computed) -> (Cause, Option<String>) {
        let name = format!("{code:09}");
        let reason = line.reasons.iter().find(|reason| reason.masters.iter().any(|row| row.code == name));
        let is_ordered = self.visits.iter().flat_map(|visit| &visit.lines).any(|other| {
            other.origin == Origin::Ordered
                && other.items.len() == 1
                && other.items.iter().any(|item| item.code.number() == code)
        });
        let cause = if is_ordered { Cause::Grouping } else { Cause::Derived };
        (cause, reason.map(|reason| reason.rule.to_string()))
    }

    fn why_other_points(&self, unit: &Claimed<'_>, line: &Computed) -> Cause {
        let apart = (unit.points.get() - line.points.get()).abs();
        let is_rounded = unit.key.len() > 1 || unit.first.items.iter().any(|item| item.code.act().is_none());
        match apart {
            _ if self.is_other_edition => Cause::Edition,
            1 if is_rounded => Cause::Rounding,
            _ => Cause::Points,
        }
    }

    /// Why an order of the code was not charged.
    fn refusal(&self, code: u32, unit: &Claimed<'_>) -> Option<&Reason> {
        let orders = self.visits.iter().flat_map(|visit| &visit.orders);
        let mut refused = orders.filter(|order| {
            let is_charged = matches!(order.outcome, Outcome::Accepted | Outcome::Replaced);
            let place = unit_of_order(&order.order_id).filter(|number| unit.numbers.contains(number));
            !is_charged && place.is_some() && self.is_order_of(&order.order_id, code, unit)
        });
        refused.next().and_then(|order| order.reasons.last())
    }

    /// `U003-02-…` is the third record of its unit.
    fn is_order_of(&self, order_id: &str, code: u32, unit: &Claimed<'_>) -> bool {
        let place = order_id.split('-').nth(1).and_then(|place| place.parse::<usize>().ok());
        let item = place.and_then(|place| unit.first.items.get(place));
        item.is_some_and(|item| item.code.number() == code)
    }

    fn is_charged(&self, code: u32) -> bool {
        let lines = self.visits.iter().flat_map(|visit| &visit.lines);
        lines.flat_map(|line| &line.items).any(|item| item.code.number() == code)
    }

    fn versions(&self, number: u32) -> Vec<Validity> {
        let code: Option<ItemCode> = format!("{number:09}").parse().ok();
        match code {
            Some(ItemCode::Act(code)) => self.masters.act_versions(code).iter().map(|row| row.validity).collect(),
            Some(ItemCode::Drug(code)) => self.masters.drug_versions(code).iter().map(|row| row.validity).collect(),
            Some(ItemCode::Material(code)) => {
                self.masters.material_versions(code).iter().map(|row| row.validity).collect()
            }
            Some(ItemCode::Comment(_)) | None => Vec::new(),
        }
    }

    /// The files the values of a unit come from.
    fn editions(&self, unit: &Claimed<'_>) -> String {
        let day = self.on.yyyymmdd();
        let rows = unit.key.iter().flat_map(|(code, _)| self.versions(*code));
        let names: BTreeSet<&str> =
            rows.filter(|row| row.holds_on(day)).map(|row| self.masters.edition_name(row.edition)).collect();
        let names: Vec<&str> = names.into_iter().collect();
        format!("({})", names.join(", "))
    }
}
