//! A receipt as a request of calc/1.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use calculation::{
    Answer, AnswerValue, BrandChoice, Department, DrugUse, FiledStandard, History, Institution, InstitutionFact,
    InstitutionKind, Options, Order, OrderKind, Patient, PayerSet, Request, TimeClass, Visit, VisitFact, VisitKind,
};
use kernel::{ClaimMonth, FacilityCode, ItemCode, Quantity, ServiceDate, Sex, StandardCode};
use masters::Masters;
use masters::row::ActRow;
use rust_decimal::Decimal;
use serde::Serialize;
use uke::Receipt;

use super::fees::{self, BasicFee, Turn};
use super::unit::{Unit, UnitItem, units};

/// Departments the visits are given: claim files name none. The second is for 同一日の2科目.
const DEPARTMENTS: [&str; 2] = ["01", "10"];
/// 小児科.
const PEDIATRICS: &str = "09";
/// From this code on a number stands for a list of standards (名寄せ).
const FIRST_AGGREGATE: u16 = 8001;
/// Visits of one day at most.
const VISITS_PER_DAY_MAX: u16 = 9;

/// Why a receipt is not computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum NotComputed {
    /// 入院.
    Inpatient,
    /// 診療年月 cannot be read.
    Month,
    /// 生年月日 cannot be read.
    Birth,
    /// No unit has a day column.
    Days,
}

impl fmt::Display for NotComputed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inpatient => "an inpatient receipt (入院)",
            Self::Month => "no readable month of care (診療年月)",
            Self::Birth => "no readable date of birth (生年月日)",
            Self::Days => "no day columns",
        })
    }
}

/// A receipt taken apart: what was claimed, and the request that asks for the same.
#[derive(Clone, PartialEq, Debug)]
pub struct Rebuilt {
    /// The patient's month, sorted.
    pub request: Request,
    /// What was claimed, in file order.
    pub units: Vec<Unit>,
    /// Month of care as written.
    pub month: ClaimMonth,
}

/// Rebuilds the month of a receipt. With `as_of` all visits lie in that month, and the patient is as old as he was.
///
/// # Errors
/// When the receipt is none of an outpatient, or lacks what a month needs.
pub fn rebuild(receipt: &Receipt, masters: &Masters, as_of: Option<ClaimMonth>) -> Result<Rebuilt, NotComputed> {
    if receipt.re.kind.is_some_and(|kind| !kind.is_outpatient()) {
        return Err(NotComputed::Inpatient);
    }
    let month = receipt.re.month.map(uke::Dated::get).ok_or(NotComputed::Month)?;
    let birth = receipt.re.birth.map(uke::Dated::get).ok_or(NotComputed::Birth)?;
    let units = units(receipt);
    let computed = as_of.unwrap_or(month);
    let builder = Builder { units: &units, masters, month: computed };
    let visits = builder.visits();
    if visits.is_empty() {
        return Err(NotComputed::Days);
    }
    let letters: BTreeSet<String> = units.iter().filter_map(|unit| Some(unit.burden?.to_string())).collect();
    let mut request = Request {
        request_id: format!("receipt-{}", receipt.re.number.unwrap_or(0)),
        month: computed,
        revision: 1,
        master_release: None,
        institution: builder.institution().ok_or(NotComputed::Month)?,
        patient: Patient {
            reference: "receipt".to_owned(),
            birth_date: moved(birth, computed.months_since(month)),
            sex: receipt.re.sex.unwrap_or(Sex::Female),
            facts: Vec::new(),
        },
        coverages: Vec::new(),
        subsidies: Vec::new(),
        limits: Vec::new(),
        specific_diseases: Vec::new(),
        sets: letters
            .into_iter()
            .map(|id| PayerSet { id, coverage_id: None, subsidy_ids: Vec::new(), other: None })
            .collect(),
        diagnoses: Vec::new(),
        visits,
        history: History::default(),
        collected: Vec::new(),
        options: Options::default(),
    };
    request.sort();
    Ok(Rebuilt { request, units, month })
}

/// A day some months later: the same number, or the last day of the month.
fn moved(day: ServiceDate, months: i32) -> ServiceDate {
    let month = day.month_of().plus_months(months);
    month.day(day.day()).unwrap_or_else(|| month.last_day())
}

/// Where the orders of a unit were put: `U003-02` is the third record of the fourth unit.
pub(super) fn unit_of_order(order_id: &str) -> Option<usize> {
    order_id.strip_prefix('U')?.split('-').next()?.parse().ok()
}

struct Builder<'a> {
    units: &'a [Unit],
    masters: &'a Masters,
    month: ClaimMonth,
}

/// A unit on a day.
#[derive(Clone, Copy)]
struct OnDay<'a> {
    number: usize,
    unit: &'a Unit,
    times: u16,
}

impl<'a> Builder<'a> {
    /// The row of an act on a day, else its newest: facts about an act outlive its points.
    fn act(&self, code: ItemCode, on: ServiceDate) -> Option<&'a ActRow> {
        let code = code.act()?;
        self.masters.act(code, on).or_else(|| self.masters.act_versions(code).last())
    }

    fn codes(&self) -> impl Iterator<Item = u32> {
        self.units.iter().flat_map(|unit| &unit.items).map(|item| item.code.number())
    }

    fn institution(&self) -> Option<Institution> {
        let mut facts = Vec::new();
        let is_child_fee = self.codes().any(|code| fees::basic_fee(code).is_some_and(|fee| fee.pediatric.is_some()));
        if is_child_fee {
            facts.push(InstitutionFact::PediatricOutpatientFee);
        }
        if self.codes().any(|code| fees::time_class(code) == Some(TimeClass::NightEarlyInHours)) {
            facts.push(InstitutionFact::NightEarlyHours);
        }
        let department = |code: &str| Department { code: code.to_owned(), is_pediatrics: code == PEDIATRICS };
        Some(Institution {
            // The number of the file may be wrong or missing; nothing computed depends on it.
            code: "1319999015".parse::<FacilityCode>().ok()?,
            kind: InstitutionKind::Clinic,
            beds: 0,
            departments: DEPARTMENTS.into_iter().chain([PEDIATRICS]).map(department).collect(),
            standards: self.standards(),
            opening_hours: Vec::new(),
            closed_dates: Vec::new(),
            facts,
        })
    }

    /// What was claimed was filed: of each group of alternatives (①–⑥, ⑦–⑨, ⑩) one standard.
    fn standards(&self) -> Vec<FiledStandard> {
        let first = self.month.first_day();
        let mut filed: BTreeSet<u16> = BTreeSet::new();
        for item in self.units.iter().flat_map(|unit| &unit.items) {
            let Some(act) = self.act(item.code, first) else { continue };
            let [a, b, c, d, e, f, g, h, i, j] = act.standards;
            for group in [[a, b, c, d, e, f].as_slice(), &[g, h, i], &[j]] {
                let mut usable = group.iter().filter(|code| (1..FIRST_AGGREGATE).contains(*code));
                if !group.iter().any(|code| filed.contains(code)) {
                    filed.extend(usable.next());
                }
            }
        }
        let standard = |code| StandardCode::from_number(u32::from(code));
        let codes = filed.into_iter().filter_map(standard);
        codes.map(|code| FiledStandard { code, from: first, to: None }).collect()
    }

    fn visits(&self) -> Vec<Visit> {
        let mut by_day: BTreeMap<u32, Vec<OnDay<'a>>> = BTreeMap::new();
        for (number, unit) in self.units.iter().enumerate().filter(|(_, unit)| !unit.is_outside_medicine()) {
            for (day, times) in unit.days.iter() {
                by_day.entry(day).or_default().push(OnDay { number, unit, times });
            }
        }
        let on = |day| self.month.day(day).unwrap_or_else(|| self.month.last_day());
        by_day.into_iter().flat_map(|(day, units)| self.visits_of_day(day, on(day), &units)).collect()
    }

    /// One visit for each basic fee of the day, else one.
    fn visits_of_day(&self, day: u32, on: ServiceDate, units: &[OnDay<'a>]) -> Vec<Visit> {
        let mut fees: Vec<BasicFee> = Vec::new();
        for on_day in units {
            let basic = on_day.unit.items.iter().filter_map(|item| fees::basic_fee(item.code.number()));
            fees.extend(basic.flat_map(|fee| (0..on_day.times.min(VISITS_PER_DAY_MAX)).map(move |_| fee)));
        }
        fees.sort_by_key(|fee| fee.turn);
        let mut visits: Vec<Visit> = match fees.is_empty() {
            true => vec![self.visit((day, 0), on, units, None)],
            false => (0..).zip(&fees).map(|(turn, fee)| self.visit((day, turn), on, units, Some(*fee))).collect(),
        };
        if let Some(first) = visits.first_mut()
            && fees.iter().any(|fee| fee.pediatric == Some(true))
            && let Ok(code) = format!("{:09}", fees::PRESCRIPTION_FEE).parse()
        {
            first.orders.push(order("prescription".to_owned(), 1, OrderKind::Act, code));
        }
        for on_day in in_order(units) {
            self.order_unit(&mut visits, on, on_day);
        }
        visits
    }

    fn visit(&self, (day, turn): (u32, u32), on: ServiceDate, units: &[OnDay<'a>], fee: Option<BasicFee>) -> Visit {
        let codes = || units.iter().flat_map(|on_day| &on_day.unit.items).map(|item| item.code);
        let has_section = |letter: u8, number: u16| {
            codes().any(|code| {
                self.act(code, on).is_some_and(|act| act.section_letter == letter && act.section_number == number)
            })
        };
        let is_child_fee = fee.is_some_and(|fee| fee.pediatric.is_some())
            || codes().any(|code| fees::is_pediatric_in_hours(code.number()));
        let is_second = fee.is_some_and(|fee| fee.turn == Turn::SecondDepartment);
        let mut facts = Vec::new();
        if is_second {
            facts.push(VisitFact::OtherDisease);
        }
        let is_house_call = has_section(b'C', 0) && turn == 0;
        let kind = match fee.map(|fee| fee.kind) {
            Some(VisitKind::Initial) if is_house_call => {
                facts.push(VisitFact::InitialAtHouseCall);
                VisitKind::HouseCall
            }
            Some(VisitKind::Revisit) if is_house_call => VisitKind::HouseCall,
            Some(kind) => kind,
            None if has_section(b'C', 1) => VisitKind::HomeVisit,
            // 地域包括診療料 and the like contain the basic fee.
            None if codes().any(|code| self.act(code, on).is_some_and(|act| act.day_rule == 2)) => VisitKind::Revisit,
            None => VisitKind::None,
        };
        let department = match (is_child_fee, is_second) {
            (true, _) => Some(PEDIATRICS),
            (_, true) => DEPARTMENTS.last().copied(),
            _ => DEPARTMENTS.first().copied(),
        };
        let burden = units.iter().find_map(|on_day| on_day.unit.burden);
        Visit {
            id: format!("D{day:02}-{turn}"),
            date: on,
            started_at: None,
            department_code: department.map(str::to_owned),
            doctor_ref: None,
            kind,
            time_class: codes()
                .find_map(|code| fees::time_class_beside(code.number(), fee))
                .unwrap_or(TimeClass::Regular),
            set_id: burden.map(|burden| burden.to_string()).unwrap_or_default(),
            facts,
            prescription_days: None,
            struck: Vec::new(),
            orders: Vec::new(),
        }
    }

    /// Orders a unit on its day: what goes with a basic fee once in each visit of its kind, all else in the first.
    fn order_unit(&self, visits: &mut [Visit], on: ServiceDate, on_day: OnDay<'_>) {
        let codes = || on_day.unit.items.iter().map(|item| item.code);
        let beside = codes().find(|code| {
            fees::basic_fee(code.number()).is_some()
                || self.act(*code, on).is_some_and(|act| act.section_letter == b'A')
        });
        let fits = |visit: &Visit| beside.is_none_or(|code| fees::is_of_kind(code.number(), visit.kind));
        let has_fitting = visits.iter().any(fits);
        let fitting = visits.iter_mut().filter(|visit| !has_fitting || fits(visit));
        let spread = if beside.is_some() { usize::from(on_day.times) } else { 1 };
        for visit in fitting.take(spread) {
            let times = if beside.is_some() { 1 } else { on_day.times };
            for (place, item) in on_day.unit.items.iter().enumerate() {
                let code = item.code.number();
                if fees::basic_fee(code).is_some() || fees::is_written_by_rule(code) {
                    continue;
                }
                let no = u32::try_from(visit.orders.len()).unwrap_or(u32::MAX).saturating_add(1);
                let id = format!("U{:03}-{place:02}-{no:03}", on_day.number);
                visit.orders.push(self.order_of(id, no, item, on, OnDay { times, ..on_day }));
            }
        }
    }

    fn order_of(&self, id: String, no: u32, item: &UnitItem, on: ServiceDate, on_day: OnDay<'_>) -> Order {
        let OnDay { number, unit, times } = on_day;
        let group = u32::try_from(number).ok().map(|number| number.saturating_add(1));
        let set_id = unit.burden.map(|burden| burden.to_string());
        match item.code {
            ItemCode::Act(_) => {
                let act = self.act(item.code, on);
                let is_addition = act.is_some_and(|act| matches!(act.record_role, 7 | 9));
                let is_alone = unit.items.len() == 1;
                let is_typed = act.is_some_and(|act| matches!(act.point_kind, 4 | 7));
                let typed = unit.points.map(|points| Decimal::from(points.get().abs()));
                Order {
                    quantity: item.quantity,
                    times: Some(if is_addition && !is_alone { 1 } else { times }),
                    price_yen: typed.filter(|_| is_typed),
                    set_id,
                    ..order(id, no, OrderKind::Act, item.code)
                }
            }
            ItemCode::Drug(_) => {
                let drug_use = drug_use(unit.class);
                let is_internal = drug_use == DrugUse::Internal;
                Order {
                    quantity: Some(item.quantity.unwrap_or(Quantity::ONE)),
                    days: is_internal.then_some(times),
                    times: (!is_internal).then_some(times),
                    group,
                    drug_use: Some(drug_use),
                    set_id,
                    ..order(id, no, OrderKind::Drug, item.code)
                }
            }
            _ => Order {
                quantity: item.quantity,
                times: Some(times),
                price_yen: item.unit_price,
                set_id,
                ..order(id, no, OrderKind::Material, item.code)
            },
        }
    }
}

/// 診療識別 21 内服, 22 屯服, 23 外用, 31–33 注射; elsewhere a drug goes with its procedure.
const fn drug_use(class: u16) -> DrugUse {
    match class {
        21 => DrugUse::Internal,
        22 => DrugUse::AsNeeded,
        23 => DrugUse::External,
        31..=33 => DrugUse::Injection,
        _ => DrugUse::Procedure,
    }
}

fn order(id: String, no: u32, kind: OrderKind, code: ItemCode) -> Order {
    Order {
        id,
        no,
        kind,
        code: Some(code),
        quantity: None,
        times: None,
        days: None,
        group: None,
        set_id: None,
        drug_use: None,
        dispensing: None,
        usage_code: None,
        brand_choice: BrandChoice::None,
        site: None,
        side: None,
        price_yen: None,
        tax_percent: None,
        is_tax_included: false,
        text: None,
        // What was claimed was right: every condition is taken as met.
        answers: vec![Answer { condition: "*".to_owned(), value: AnswerValue::Yes }],
    }
}

/// The units of a day in file order; drugs and materials written before the first act of their 診療識別 (a unit
/// of several days stands where its first day put it) come after that act.
fn in_order<'a>(units: &[OnDay<'a>]) -> Vec<OnDay<'a>> {
    let has_act = |on_day: &OnDay<'_>| on_day.unit.items.iter().any(|item| matches!(item.code, ItemCode::Act(_)));
    let first_act = |class: u16| units.iter().position(|other| other.unit.class == class && has_act(other));
    let mut keyed: Vec<((usize, bool), OnDay<'a>)> = Vec::new();
    for (place, on_day) in units.iter().enumerate() {
        let act = first_act(on_day.unit.class).filter(|act| *act > place && !has_act(on_day));
        keyed.push(((act.unwrap_or(place), act.is_some()), *on_day));
    }
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, on_day)| on_day).collect()
}
