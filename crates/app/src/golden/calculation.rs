//! Cases of `golden-calculation/1`: facility, patient, visits and orders in; lines, refusals and totals out.

use std::collections::BTreeSet;

use calculation::{
    Answer, AnswerValue, BrandChoice, CalculationModule, Department, DrugUse, FiledStandard, History, HistoryLine,
    Institution, InstitutionFact, InstitutionKind, Options, Order, OrderKind, Outcome, Patient, PayerSet, Request,
    Response, TimeClass, Visit, VisitFact, VisitKind,
};
use engine::Engine;
use engine::points::Stepped;
use kernel::{ClaimMonth, ItemCode, Points, Quantity, Rounding, ServiceDate, Sex};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for people")]
    title: Value,
    #[serde(default)]
    #[expect(dead_code, reason = "the engine decides by date")]
    edition: Value,
    #[serde(default)]
    #[expect(dead_code, reason = "read by the report")]
    confidence: Value,
    facility: Facility,
    patient: CasePatient,
    #[serde(default)]
    history: Vec<CaseHistory>,
    visits: Vec<CaseVisit>,
    expect: Expect,
    #[serde(default)]
    #[expect(dead_code, reason = "for people")]
    source: Value,
    #[serde(default)]
    #[expect(dead_code, reason = "for people")]
    why: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facility {
    kind: InstitutionKind,
    #[serde(default)]
    beds: u16,
    departments: Vec<String>,
    #[serde(default)]
    standards: Vec<String>,
    #[serde(default)]
    standard_codes: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CasePatient {
    birth_date: ServiceDate,
}

#[derive(Deserialize)]
struct CaseHistory {
    date: ServiceDate,
    code: ItemCode,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseVisit {
    date: ServiceDate,
    time_class: TimeClass,
    kind: VisitKind,
    #[serde(default)]
    basic_fee: Option<String>,
    #[serde(default)]
    orders: Vec<CaseOrder>,
    #[serde(default)]
    department: Option<String>,
    #[serde(default)]
    other_disease: bool,
    #[serde(default)]
    ongoing_treatment: bool,
    #[serde(default)]
    emergency: bool,
    #[serde(default)]
    emergency_during_hours: bool,
    #[serde(default)]
    designated_house_call_patient: Option<bool>,
    #[serde(default)]
    same_day_results: bool,
    #[serde(default)]
    online_qualification: Option<String>,
    #[serde(default)]
    prescription_days: Option<u16>,
    #[serde(default)]
    patient_requested_brand: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseOrder {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    code: Option<ItemCode>,
    #[serde(default)]
    #[expect(dead_code, reason = "for people")]
    name: Value,
    #[serde(default)]
    qty: Option<Value>,
    #[serde(default)]
    surgical_field: Option<String>,
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    items: Vec<CaseItem>,
    #[serde(default)]
    days: Option<u16>,
    #[serde(default)]
    count: Option<u16>,
    #[serde(default)]
    unit_price_yen: Option<Value>,
    #[serde(default)]
    liters: Option<Value>,
}

#[derive(Deserialize)]
struct CaseItem {
    code: ItemCode,
    #[serde(default)]
    qty: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    lines: Vec<ExpectedLine>,
    total_points: i64,
    #[serde(default)]
    rejected: Vec<Coded>,
    #[serde(default)]
    not_billed: Vec<Coded>,
    #[serde(default)]
    #[expect(dead_code, reason = "not asserted")]
    warnings: Value,
    #[serde(default)]
    actual_days: Option<usize>,
    #[serde(default)]
    claim_months: Option<Vec<ClaimMonth>>,
    #[serde(default)]
    selective_charge_yen: Option<i64>,
}

#[derive(Deserialize)]
struct ExpectedLine {
    shikibetsu: String,
    items: Vec<CaseItem>,
    points: i64,
    count: i64,
    #[serde(default)]
    date: Option<ServiceDate>,
}

#[derive(Deserialize)]
struct Coded {
    code: ItemCode,
}

/// A line in the form that is compared: items in order of their codes.
struct Compared {
    date: Option<ServiceDate>,
    shikibetsu: String,
    items: Vec<(u32, Option<Decimal>)>,
    points: i64,
    count: i64,
}

impl Compared {
    fn show(&self) -> String {
        let items: Vec<String> = self
            .items
            .iter()
            .map(|(code, quantity)| quantity.map_or(format!("{code:09}"), |quantity| format!("{code:09}*{quantity}")))
            .collect();
        format!("[{}] {} {} x {}", self.shikibetsu, items.join("+"), self.points, self.count)
    }

    /// True when a computed line is one of those that this line expects.
    fn expects(&self, actual: &Self) -> bool {
        self.shikibetsu == actual.shikibetsu
            && self.points == actual.points
            && self.date.is_none_or(|date| actual.date == Some(date))
            && self.items.len() == actual.items.len()
            && self
                .items
                .iter()
                .zip(&actual.items)
                .all(|(a, b)| a.0 == b.0 && a.1.is_none_or(|quantity| b.1.unwrap_or(Decimal::ONE) == quantity))
    }

    /// How much of a line is fixed: those with more are matched first.
    fn sharpness(&self) -> (bool, usize) {
        (self.date.is_some(), self.items.iter().filter(|(_, quantity)| quantity.is_some()).count())
    }
}

fn decimal(value: &Value) -> Result<Decimal, String> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        other => return Err(format!("{other} is no number")),
    };
    Decimal::from_str_exact(&text).map(|number| number.normalize()).map_err(|error| format!("{text}: {error}"))
}

/// Runs one claim case; the differences, none when it passes.
///
/// # Errors
/// When the case cannot be read.
pub fn run_case(engine: &Engine, case: &Value) -> Result<Vec<String>, String> {
    let case: Case = Case::deserialize(case).map_err(|error| error.to_string())?;
    let mut requests = requests(&case)?;
    let mut responses: Vec<Response> = Vec::new();
    for request in &mut requests {
        request.history.lines.extend(responses.iter().flat_map(claimed));
        responses.push(engine.calculate(request).map_err(|problem| problem.to_string())?);
    }
    compare(&case.expect, &requests, &responses)
}

/// What a month has claimed, for the months after it.
fn claimed(response: &Response) -> impl Iterator<Item = HistoryLine> {
    response.visits.iter().flat_map(|visit| {
        let lines = visit.lines.iter().flat_map(|line| line.items.iter().map(|item| (item.code, line.times)));
        lines.map(|(code, times)| HistoryLine { date: visit.date, code, times })
    })
}

/// Departments by their names, 別表10. A name that stands in no table gets a code of its own.
const DEPARTMENTS: &[(&str, &str)] = &[
    ("内科", "01"),
    ("精神科", "02"),
    ("神経科", "03"),
    ("神経内科", "04"),
    ("脳神経内科", "04"),
    ("呼吸器科", "05"),
    ("呼吸器内科", "05"),
    ("消化器科", "06"),
    ("消化器内科", "06"),
    ("胃腸科", "07"),
    ("循環器科", "08"),
    ("循環器内科", "08"),
    ("小児科", "09"),
    ("外科", "10"),
    ("整形外科", "11"),
    ("形成外科", "12"),
    ("美容外科", "13"),
    ("脳神経外科", "14"),
    ("呼吸器外科", "15"),
    ("心臓血管外科", "16"),
    ("小児外科", "17"),
    ("皮膚泌尿器科", "18"),
    ("皮膚科", "19"),
    ("泌尿器科", "20"),
    ("性病科", "21"),
    ("肛門科", "22"),
    ("産婦人科", "23"),
    ("産科", "24"),
    ("婦人科", "25"),
    ("眼科", "26"),
    ("耳鼻咽喉科", "27"),
    ("耳鼻いんこう科", "27"),
    ("気管食道科", "28"),
    ("放射線科", "30"),
    ("麻酔科", "31"),
    ("ペインクリニック内科", "31"),
    ("心療内科", "33"),
    ("アレルギー科", "34"),
    ("リウマチ科", "35"),
    ("リハビリテーション科", "36"),
];

/// The code of a department of a facility.
fn department_code(name: &str, facility: &Facility) -> Result<String, String> {
    if let Some((_, code)) = DEPARTMENTS.iter().find(|(known, _)| *known == name) {
        return Ok((*code).to_owned());
    }
    let position = facility.departments.iter().position(|department| department == name);
    let position = position.ok_or_else(|| format!("{name:?} is not among the departments"))?;
    Ok(format!("{}", UNKNOWN_DEPARTMENTS + position))
}

/// Codes from here on stand in no table.
const UNKNOWN_DEPARTMENTS: usize = 80;

fn institution(facility: &Facility) -> Result<Institution, String> {
    let mut facts = Vec::new();
    let mut codes = Vec::new();
    for name in &facility.standards {
        match name.as_str() {
            "meisaisho" => facts.push(InstitutionFact::ItemisedStatement),
            "jikangai_taiou_1" => codes.push(3001),
            "yakan_souchou" => facts.push(InstitutionFact::NightEarlyHours),
            "joho_tsushin" => codes.push(3825),
            "iryo_dx" => codes.push(4035),
            "iryo_joho_shutoku" => facts.push(InstitutionFact::MedicalInformation),
            "denshi_renkei_1" => facts.push(InstitutionFact::ElectronicCoordination1),
            "denshi_renkei_2" => facts.push(InstitutionFact::ElectronicCoordination2),
            "denshi_renkei_3" => facts.push(InstitutionFact::ElectronicCoordination3),
            "baseup_1" => codes.push(4307),
            "baseup_1_continued" => {
                codes.push(4307);
                facts.push(InstitutionFact::BaseUpContinued);
            }
            "kentai_kanri_1" => codes.push(817),
            "full_time_pharmacist" => facts.push(InstitutionFact::FullTimePharmacist),
            "kohatsu_1" => codes.push(3487),
            "shouni_gairai" => facts.push(InstitutionFact::PediatricOutpatientFee),
            "zaiisoukan" => codes.push(721),
            other => return Err(format!("unknown standard {other:?}")),
        }
    }
    for code in &facility.standard_codes {
        let text = code.as_str().map_or_else(|| code.to_string(), str::to_owned);
        codes.push(text.parse().map_err(|_| format!("{text:?} is no standard code"))?);
    }
    codes.sort_unstable();
    codes.dedup();
    let first_day = ClaimMonth::new(2000, 1).map(ClaimMonth::first_day).ok_or("no such day")?;
    let standards = codes
        .into_iter()
        .map(|code| {
            let code = kernel::StandardCode::from_number(code).ok_or_else(|| format!("standard {code}"))?;
            Ok(FiledStandard { code, from: first_day, to: None })
        })
        .collect::<Result<_, String>>()?;
    let departments = facility
        .departments
        .iter()
        .map(|name| {
            let is_pediatrics = name.starts_with("小児");
            Ok(Department { code: department_code(name, facility)?, is_pediatrics })
        })
        .collect::<Result<_, String>>()?;
    Ok(Institution {
        code: "1319999015".parse().map_err(|error| format!("{error}"))?,
        kind: facility.kind,
        beds: facility.beds,
        departments,
        standards,
        opening_hours: Vec::new(),
        closed_dates: Vec::new(),
        facts,
    })
}

/// One request per month of the case; an earlier month is history for the later one.
fn requests(case: &Case) -> Result<Vec<Request>, String> {
    let institution = institution(&case.facility)?;
    let months: BTreeSet<ClaimMonth> = case.visits.iter().map(|visit| visit.date.month_of()).collect();
    let mut requests: Vec<Request> = Vec::new();
    for month in months {
        let mut visits = Vec::new();
        for (position, visit) in case.visits.iter().enumerate() {
            if visit.date.month_of() == month {
                visits.push(self::visit(position, visit, &case.facility)?);
            }
        }
        let lines = case.history.iter().map(|line| HistoryLine { date: line.date, code: line.code, times: 1 });
        requests.push(Request {
            request_id: case.id.clone(),
            month,
            revision: 1,
            master_release: None,
            institution: institution.clone(),
            patient: Patient {
                reference: case.id.clone(),
                birth_date: case.patient.birth_date,
                sex: Sex::Female,
                facts: Vec::new(),
            },
            coverages: Vec::new(),
            subsidies: Vec::new(),
            limits: Vec::new(),
            specific_diseases: Vec::new(),
            sets: vec![PayerSet { id: "S".into(), coverage_id: None, subsidy_ids: Vec::new(), other: None }],
            diagnoses: Vec::new(),
            visits,
            history: History { lines: lines.collect(), ..History::default() },
            collected: Vec::new(),
            options: Options::default(),
        });
    }
    Ok(requests)
}

fn visit(position: usize, visit: &CaseVisit, facility: &Facility) -> Result<Visit, String> {
    let mut facts = Vec::new();
    let flags = [
        (visit.other_disease, VisitFact::OtherDisease),
        (visit.ongoing_treatment, VisitFact::OngoingTreatment),
        (visit.emergency, VisitFact::Emergency),
        (visit.emergency_during_hours, VisitFact::EmergencyDuringHours),
        (visit.designated_house_call_patient == Some(true), VisitFact::DesignatedHouseCallPatient),
        (visit.designated_house_call_patient == Some(false), VisitFact::OtherHouseCallPatient),
        (visit.same_day_results, VisitFact::SameDayResults),
        (visit.online_qualification.as_deref() == Some("with_consent_myna"), VisitFact::OnlineQualificationWithConsent),
        (visit.basic_fee.as_deref() == Some("initial"), VisitFact::InitialAtHouseCall),
    ];
    facts.extend(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, fact)| fact));
    let mut orders = Vec::new();
    for (number, order) in visit.orders.iter().enumerate() {
        add_orders(&mut orders, number, order, visit.patient_requested_brand)?;
    }
    Ok(Visit {
        // Visits stand in order of time; the id breaks the tie of one date.
        id: format!("V{position:03}"),
        date: visit.date,
        started_at: None,
        department_code: visit.department.as_deref().map(|name| department_code(name, facility)).transpose()?,
        doctor_ref: None,
        kind: visit.kind,
        time_class: visit.time_class,
        set_id: "S".into(),
        facts,
        prescription_days: visit.prescription_days,
        struck: Vec::new(),
        orders,
    })
}

fn quantity(value: Option<&Value>) -> Result<Option<Quantity>, String> {
    value.map(|value| Quantity::try_from(decimal(value)?).map_err(|error| error.to_string())).transpose()
}

fn add_orders(
    orders: &mut Vec<Order>,
    number: usize,
    case: &CaseOrder,
    wishes_brand: Option<bool>,
) -> Result<(), String> {
    let group = u32::try_from(number).map_err(|error| error.to_string())? + 1;
    let no = |orders: &Vec<Order>| u32::try_from(orders.len()).unwrap_or(u32::MAX) + 1;
    let answers = || {
        let answer = |condition: &str, value| Answer { condition: condition.into(), value };
        vec![answer("exception", AnswerValue::No), answer("requirement", AnswerValue::Yes)]
    };
    let order = |no, kind, code, quantity| Order {
        id: format!("{number:03}-{no:03}"),
        no,
        kind,
        code,
        quantity,
        times: None,
        days: None,
        group: None,
        set_id: None,
        drug_use: None,
        dispensing: None,
        usage_code: None,
        brand_choice: BrandChoice::None,
        site: case.surgical_field.clone(),
        side: None,
        price_yen: None,
        tax_percent: None,
        is_tax_included: false,
        text: None,
        answers: answers(),
    };
    match case.kind.as_deref() {
        None => {
            let next = no(orders);
            orders.push(order(next, OrderKind::Act, case.code, quantity(case.qty.as_ref())?));
        }
        Some("drug") => {
            let drug_use = match case.class.as_deref() {
                Some("内服") => DrugUse::Internal,
                Some("屯服") => DrugUse::AsNeeded,
                Some("外用") => DrugUse::External,
                Some("注射") => DrugUse::Injection,
                Some("手術薬剤") => DrugUse::Procedure,
                other => return Err(format!("unknown drug class {other:?}")),
            };
            for item in &case.items {
                let next = no(orders);
                let brand_choice = match wishes_brand {
                    Some(true) => BrandChoice::PatientWish,
                    Some(false) => BrandChoice::MedicalNeed,
                    None => BrandChoice::None,
                };
                orders.push(Order {
                    days: case.days,
                    times: case.count,
                    group: Some(group),
                    drug_use: Some(drug_use),
                    brand_choice,
                    ..order(next, OrderKind::Drug, Some(item.code), quantity(item.qty.as_ref())?)
                });
            }
        }
        Some("oxygen") => {
            let next = no(orders);
            orders.push(Order {
                price_yen: case.unit_price_yen.as_ref().map(decimal).transpose()?,
                ..order(next, OrderKind::Material, case.code, quantity(case.liters.as_ref())?)
            });
        }
        Some("material") => {
            let next = no(orders);
            orders.push(order(next, OrderKind::Material, case.code, quantity(case.qty.as_ref())?));
        }
        Some(other) => return Err(format!("unknown order kind {other:?}")),
    }
    Ok(())
}

fn actual_lines(responses: &[Response]) -> Vec<Compared> {
    let mut lines = Vec::new();
    for visit in responses.iter().flat_map(|response| &response.visits) {
        for line in &visit.lines {
            let quantity = |item: &calculation::Item| item.quantity.map(|quantity| quantity.get().normalize());
            let mut items: Vec<_> = line.items.iter().map(|item| (item.code.number(), quantity(item))).collect();
            items.sort();
            lines.push(Compared {
                date: Some(visit.date),
                shikibetsu: line.shikibetsu.to_string(),
                items,
                points: line.points.get(),
                count: i64::from(line.times),
            });
        }
    }
    lines
}

fn expected_lines(expect: &Expect) -> Result<Vec<Compared>, String> {
    let mut lines = Vec::new();
    for line in &expect.lines {
        let mut items = Vec::new();
        for item in &line.items {
            items.push((item.code.number(), item.qty.as_ref().map(decimal).transpose()?));
        }
        items.sort();
        let shikibetsu = line.shikibetsu.clone();
        lines.push(Compared { date: line.date, shikibetsu, items, points: line.points, count: line.count });
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.sharpness()));
    Ok(lines)
}

/// Expected lines that are missing and computed ones that nobody expects. Equal lines count together, so that
/// it does not matter how a case has merged them.
fn line_differences(expect: &Expect, responses: &[Response]) -> Result<Vec<String>, String> {
    let mut actual = actual_lines(responses);
    let mut differences = Vec::new();
    for expected in expected_lines(expect)? {
        let mut missing = expected.count;
        for line in actual.iter_mut().filter(|line| expected.expects(line)) {
            let taken = missing.min(line.count);
            missing -= taken;
            line.count -= taken;
        }
        if missing != 0 {
            differences.push(format!("missing line {}", expected.show()));
        }
    }
    actual.retain(|line| line.count != 0);
    differences.extend(actual.iter().map(|line| format!("unexpected line {}", line.show())));
    Ok(differences)
}

fn compare(expect: &Expect, requests: &[Request], responses: &[Response]) -> Result<Vec<String>, String> {
    let mut differences = line_differences(expect, responses)?;
    let total: Points = responses.iter().flat_map(|response| &response.visits).map(|visit| visit.points).sum();
    let mut check = |what: &str, expected: String, actual: String| {
        if expected != actual {
            differences.push(format!("{what}: expected {expected}, got {actual}"));
        }
    };
    check("total points", expect.total_points.to_string(), total.to_string());
    let mut wanted: Vec<String> = expect.rejected.iter().map(|coded| coded.code.to_string()).collect();
    wanted.sort();
    check("rejected", wanted.join(" "), rejected(requests, responses).join(" "));
    if let Some(days) = expect.actual_days {
        let dates: BTreeSet<_> = responses
            .iter()
            .flat_map(|response| &response.visits)
            .filter(|visit| visit.is_counted_day)
            .map(|visit| visit.date)
            .collect();
        check("actual days", days.to_string(), dates.len().to_string());
    }
    if let Some(months) = &expect.claim_months {
        let actual: Vec<_> = responses.iter().map(|response| response.month).collect();
        check("claim months", format!("{months:?}"), format!("{actual:?}"));
    }
    if let Some(yen) = expect.selective_charge_yen {
        let actual: i64 = responses
            .iter()
            .flat_map(|response| &response.visits)
            .filter_map(|visit| visit.charge.as_ref())
            .map(|charge| charge.selection_fee_yen.get())
            .sum();
        check("selective charge", yen.to_string(), actual.to_string());
    }
    for coded in &expect.not_billed {
        let is_billed = responses
            .iter()
            .flat_map(|response| &response.visits)
            .flat_map(|visit| &visit.lines)
            .flat_map(|line| &line.items)
            .any(|item| item.code == coded.code);
        if is_billed {
            differences.push(format!("{} must not be billed", coded.code));
        }
    }
    Ok(differences)
}

/// Codes of the orders that are not charged; drugs of one group count once.
fn rejected(requests: &[Request], responses: &[Response]) -> Vec<String> {
    let mut codes = Vec::new();
    for (request, response) in requests.iter().zip(responses) {
        for result in &response.visits {
            let Some(visit) = request.visits.iter().find(|visit| visit.id == result.visit_id) else { continue };
            let mut groups = BTreeSet::new();
            for order in &result.orders {
                let is_charged = matches!(order.outcome, Outcome::Accepted | Outcome::Replaced);
                let Some(source) = visit.orders.iter().find(|source| source.id == order.order_id) else { continue };
                let is_new = source.group.is_none_or(|group| groups.insert(group));
                if let Some(code) = source.code.filter(|_| !is_charged && is_new) {
                    codes.push(code.to_string());
                }
            }
        }
    }
    codes.sort();
    codes
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, untagged)]
enum Arguments {
    Drug {
        section: String,
        amount_yen: Value,
    },
    Stepped {
        base: Value,
        lower: Value,
        upper: Value,
        step: Value,
        step_points: Value,
        quantity: Value,
        over_under_rule: String,
    },
    Material {
        amount_yen: Value,
    },
}

/// Runs one rounding case.
///
/// # Errors
/// When the case cannot be read.
pub fn run_function(case: &Value) -> Result<Vec<String>, String> {
    let function = case.get("function").and_then(Value::as_str).unwrap_or_default();
    let arguments = case.get("args").ok_or("no args")?;
    let arguments = Arguments::deserialize(arguments).map_err(|error| error.to_string())?;
    let expected = case.get("expect").and_then(Value::as_i64).ok_or("no expected integer")?;
    let points = match (function, arguments) {
        ("drug_points", Arguments::Drug { section, amount_yen }) => {
            let least = match section.as_str() {
                "F_or_G" => Points::new(1),
                "C_D_E_H_I_J_K_L" => Points::ZERO,
                other => return Err(format!("unknown section {other:?}")),
            };
            Rounding::drug_points(decimal(&amount_yen)?, least)
        }
        ("material_points", Arguments::Material { amount_yen }) => Rounding::material_points(decimal(&amount_yen)?),
        ("kizami_points", Arguments::Stepped { base, lower, upper, step, step_points, quantity, over_under_rule }) => {
            let stepped = Stepped {
                base: decimal(&base)?,
                low: decimal(&lower)?,
                high: decimal(&upper)?,
                unit: decimal(&step)?,
                step_points: decimal(&step_points)?,
                is_capped: matches!(over_under_rule.as_str(), "1" | "3"),
            };
            Rounding::HalfUpPoint.points(stepped.points(decimal(&quantity)?))
        }
        (other, _) => return Err(format!("unknown function {other:?}")),
    };
    if points.get() == expected { Ok(Vec::new()) } else { Ok(vec![format!("expected {expected}, got {points}")]) }
}
