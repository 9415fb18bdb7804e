//! How much of the fee table the engine computes: every act a clinic outpatient may be charged is ordered
//! once, in circumstances that suit it, and its outcome is counted.

use std::collections::BTreeMap;

use calculation::{
    BrandChoice, Department, FiledStandard, History, Institution, InstitutionFact, InstitutionKind, Options, Order,
    OrderKind, Outcome, Patient, PayerSet, Request, TimeClass, Visit, VisitKind,
};
use kernel::{ActCode, AgeLimit, ClaimMonth, FacilityCode, ItemCode, Quantity, ServiceDate, Sex, StandardCode};
use masters::row::ActRow;
use rust_decimal::Decimal;

use crate::Engine;

/// Counts of one section letter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Computed as ordered, or replaced.
    pub computed: usize,
    /// Computed once a person confirms a condition.
    pub confirmed: usize,
    /// Refused, contained, or without a value.
    pub refused: usize,
}

impl Counts {
    /// All codes.
    pub const fn total(&self) -> usize {
        self.computed + self.confirmed + self.refused
    }
}

/// What the engine makes of every act.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coverage {
    /// By section letter; `*` for codes without a section.
    pub letters: BTreeMap<char, Counts>,
    /// Rule of refusal → codes.
    pub refusals: BTreeMap<String, Vec<u32>>,
    /// Codes without a usable value on the day (their official file is missing), not among the counts.
    pub without_value: usize,
}

impl Coverage {
    /// Σ of the letters.
    pub fn total(&self) -> Counts {
        self.letters.values().fold(Counts::default(), |sum, counts| Counts {
            computed: sum.computed + counts.computed,
            confirmed: sum.confirmed + counts.confirmed,
            refused: sum.refused + counts.refused,
        })
    }
}

/// Kinds of visit that are tried, the usual one first.
const KINDS: [VisitKind; 8] = [
    VisitKind::Revisit,
    VisitKind::Initial,
    VisitKind::HomeVisit,
    VisitKind::HouseCall,
    VisitKind::Phone,
    VisitKind::RevisitOnline,
    VisitKind::InitialOnline,
    VisitKind::None,
];

/// Orders every act of a clinic outpatient once and counts what becomes of it.
pub fn coverage(engine: &Engine, on: ServiceDate) -> Coverage {
    let masters = engine.masters();
    let mut coverage = Coverage::default();
    let Some(template) = request(on) else { return coverage };
    let mut codes: Vec<u32> = masters.acts().iter().map(|act| act.validity.code).collect();
    codes.dedup();
    for number in codes {
        let Some(code) = ActCode::from_number(number) else { continue };
        let Some(act) = masters.act(code, on) else {
            coverage.without_value += usize::from(is_missing_value(engine, code, on));
            continue;
        };
        if !is_clinic_outpatient(act) {
            continue;
        }
        let (outcome, rule) = best_outcome(engine, &template, act, on);
        let letter = if act.section_letter == b'*' { '*' } else { char::from(act.section_letter) };
        let counts = coverage.letters.entry(letter).or_default();
        match outcome {
            Outcome::Accepted | Outcome::Replaced => counts.computed += 1,
            Outcome::NeedsConfirmation => counts.confirmed += 1,
            Outcome::Included | Outcome::Rejected => {
                counts.refused += 1;
                coverage.refusals.entry(rule).or_default().push(number);
            }
        }
    }
    coverage
}

/// 入外適用 0/2, 病診区分 0/2, 点数欄集計先(入院外) not 0.
fn is_clinic_outpatient(act: &ActRow) -> bool {
    matches!(act.in_out, 0 | 2) && matches!(act.facility_kind, 0 | 2) && act.outpatient_bucket != 0
}

fn is_missing_value(engine: &Engine, code: ActCode, on: ServiceDate) -> bool {
    let masters = engine.masters();
    let is_unknown = masters.ended(code.number(), on).is_some_and(|row| row.is_abolished == 0);
    is_unknown && masters.act_versions(code).last().is_some_and(is_clinic_outpatient)
}

fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Accepted => 4,
        Outcome::Replaced => 3,
        Outcome::NeedsConfirmation => 2,
        Outcome::Included => 1,
        Outcome::Rejected => 0,
    }
}

/// The best outcome over the kinds of visit and the bases an add-on may have.
fn best_outcome(engine: &Engine, template: &Request, act: &ActRow, on: ServiceDate) -> (Outcome, String) {
    let mut best = (Outcome::Rejected, String::new());
    let bases = bases(engine, act, on);
    let circumstances = KINDS.iter().flat_map(|kind| times(act).iter().map(move |time| (*kind, *time)));
    for (kind, time) in circumstances {
        for base in &bases {
            let request = suited(template, act, *base, (kind, time), on);
            let month = engine.points(&request);
            let result = month.visits.iter().flat_map(|visit| &visit.orders).find(|order| order.order_id == "act");
            let Some(result) = result else { continue };
            let rule = result.reasons.last().map_or(String::new(), |reason| reason.rule.to_string());
            if best.1.is_empty() || rank(result.outcome) > rank(best.0) {
                best = (result.outcome, rule);
            }
            if rank(best.0) >= rank(Outcome::Replaced) {
                return best;
            }
        }
    }
    best
}

/// Time classes to try: any for an addition that depends on it.
fn times(act: &ActRow) -> &'static [TimeClass] {
    const ALL: [TimeClass; 5] = [
        TimeClass::Regular,
        TimeClass::AfterHours,
        TimeClass::Holiday,
        TimeClass::LateNight,
        TimeClass::NightEarlyInHours,
    ];
    let is_time_addition = act.time_add_on != 0 && act.record_role == 7;
    if is_time_addition { &ALL } else { ALL.get(..1).unwrap_or_default() }
}

/// Bases for an add-on: acts with its 注加算コード, else some of its section or letter; for a base none.
fn bases<'a>(engine: &'a Engine, act: &ActRow, on: ServiceDate) -> Vec<Option<&'a ActRow>> {
    const TRIED: usize = 6;
    let masters = engine.masters();
    if !matches!(act.record_role, 7 | 9) {
        // 一般名処方加算 and its kin stand on 処方箋料, though they are recorded by themselves.
        let is_of_prescription = act.section_letter == b'F' && act.notice_role == 7;
        let prescription = ActCode::from_number(120_002_910).and_then(|code| masters.act(code, on));
        return vec![prescription.filter(|_| is_of_prescription)];
    }
    let fits = |base: &&ActRow| {
        let is_base = matches!(base.record_role, 1 | 3 | 5) && is_clinic_outpatient(base);
        is_base
            && base.validity.holds_on(on.yyyymmdd())
            && if act.record_role == 7 && act.note_code != 0 {
                base.note_code == act.note_code
            } else {
                base.section_letter == act.section_letter
            }
    };
    let near = |base: &&ActRow| base.section_number.abs_diff(act.section_number);
    let mut found: Vec<&ActRow> = masters.acts().iter().filter(fits).collect();
    found.sort_by_key(near);
    let mut bases: Vec<Option<&ActRow>> = vec![None];
    bases.extend(found.into_iter().take(TRIED).map(Some));
    bases
}

/// A clinic that has filed nothing yet, a patient, one visit.
fn request(on: ServiceDate) -> Option<Request> {
    let code: FacilityCode = "1319999015".parse().ok()?;
    let month: ClaimMonth = on.month_of();
    Some(Request {
        request_id: String::new(),
        month,
        revision: 1,
        master_release: None,
        institution: Institution {
            code,
            kind: InstitutionKind::Clinic,
            beds: 0,
            departments: vec![Department { code: "01".into(), is_pediatrics: false }],
            standards: Vec::new(),
            opening_hours: Vec::new(),
            closed_dates: Vec::new(),
            facts: Vec::new(),
        },
        patient: Patient {
            reference: String::new(),
            birth_date: on.minus_days(40 * 366),
            sex: Sex::Female,
            facts: Vec::new(),
        },
        coverages: Vec::new(),
        subsidies: Vec::new(),
        limits: Vec::new(),
        specific_diseases: Vec::new(),
        sets: vec![PayerSet { id: "S".into(), coverage_id: None, subsidy_ids: Vec::new(), other: None }],
        diagnoses: Vec::new(),
        visits: Vec::new(),
        history: History::default(),
        collected: Vec::new(),
        options: Options::default(),
    })
}

/// The template with everything the act asks for: age, standards, quantity, price, base.
fn suited(
    template: &Request,
    act: &ActRow,
    base: Option<&ActRow>,
    (kind, time_class): (VisitKind, TimeClass),
    on: ServiceDate,
) -> Request {
    let mut request = template.clone();
    let is_of_children = act.section_letter == b'B' && act.section_number == 1 && act.section_branch == 2;
    if is_of_children || time_class == TimeClass::NightEarlyInHours {
        request.institution.departments = vec![Department { code: "09".into(), is_pediatrics: true }];
    }
    if is_of_children && act.note_code != 0 {
        request.institution.facts.push(InstitutionFact::PediatricOutpatientFee);
    }
    request.patient.birth_date = birth_date(act, on);
    let standards = act.standards.iter().chain(base.iter().flat_map(|base| &base.standards));
    let filed = |code: &u16| {
        let code = StandardCode::from_number(u32::from(*code)).filter(|_| *code != 0)?;
        Some(FiledStandard { code, from: on.minus_days(365), to: None })
    };
    request.institution.standards = standards.filter_map(filed).collect();
    // 情報通信機器 visits need their own standard.
    request.institution.standards.extend(filed(&3825));
    let mut orders = Vec::new();
    orders.extend(base.and_then(|base| order("base", 1, base)));
    orders.extend(order("act", 2, act));
    request.visits.push(Visit {
        id: "V".into(),
        date: on,
        started_at: None,
        department_code: None,
        doctor_ref: None,
        kind,
        time_class,
        set_id: "S".into(),
        facts: Vec::new(),
        prescription_days: Some(30),
        struck: Vec::new(),
        orders,
    });
    request
}

/// A birthday with an age the act allows: just inside its lower bound, or an adult.
fn birth_date(act: &ActRow, on: ServiceDate) -> ServiceDate {
    const YEAR: u32 = 366;
    let limit = |bytes: [u8; 2]| {
        std::str::from_utf8(&bytes).ok().and_then(|text| text.parse::<AgeLimit>().ok()).unwrap_or(AgeLimit::None)
    };
    let (low, high) = (limit(act.age_low), limit(act.age_high));
    // 2,200 days: six years old and not at school yet, on most days of the year.
    let ages = [40 * YEAR, 70 * YEAR, 80 * YEAR, 17 * YEAR, 10 * YEAR, 2_200, 5 * YEAR, 2 * YEAR, YEAR, 200, 60, 10];
    ages.iter()
        .map(|days| on.minus_days(*days))
        .find(|birth| low.is_reached(*birth, on) && high.is_below(*birth, on))
        .unwrap_or(on.minus_days(40 * YEAR))
}

fn order(id: &str, no: u32, act: &ActRow) -> Option<Order> {
    let code = ItemCode::Act(ActCode::from_number(act.validity.code)?);
    let quantity = (act.step_calc == 1).then(|| Quantity::try_from(Decimal::from(act.step_low.max(1))).ok()).flatten();
    let price_yen = matches!(act.point_kind, 4 | 7).then_some(Decimal::ONE_HUNDRED);
    Some(Order {
        id: id.into(),
        no,
        kind: OrderKind::Act,
        code: Some(code),
        quantity,
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
        price_yen,
        tax_percent: None,
        is_tax_included: false,
        text: None,
        answers: Vec::new(),
    })
}
