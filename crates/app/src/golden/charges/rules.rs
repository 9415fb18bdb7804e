//! Golden cases of small rules: schema `charges-rule-golden/1`.

use std::path::Path;

use calculation::{
    Coverage, Institution, Patient, PayerSet, Relationship, Request, Subsidy as RequestSubsidy, Visit as RequestVisit,
};
use engine::charge::{
    Band, Family, MainDigit, Payers, PersonDigit, PricedLine, VisitFacts, band, charge, has_half_limits,
    insurer_law_of, receipt_type, resolve, standard_ratio, subsidy_order,
};
use kernel::{BurdenRate, Points, ServiceDate, Sex, Yen};
use serde_json::Value;

use super::{Object, boolean, field, integer, known, list, object, optional, parsed, rate, text};

/// Runs a case of `charges-rule-golden/1`. `folder` holds the case file; claim files lie in `../uke` of it.
///
/// # Errors
/// A kind, key or value that the schema does not know, or a claim file that cannot be read.
pub fn run_rule_case(case: &Value, folder: &Path) -> Result<Vec<String>, String> {
    let case = object(case, "case")?;
    known(case, &["id", "title", "tags", "kind", "input", "expect", "why", "source", "confidence"], "case")?;
    let input = object(field(case, "input")?, "input")?;
    let expect = field(case, "expect")?;
    let ours = match text(case, "kind")? {
        "age_ratio" => age_ratio(input)?,
        "receipt_type" => type_code(input)?,
        "subsidy_order" => order(input)?,
        "burden_class" => burden_class(input)?,
        "insurer_classify" => classify(input)?,
        "file_total" => file_total(input)?,
        "file_total_real" => file_total_real(input, folder)?,
        "split" => split(input)?,
        other => return Err(format!("unknown kind {other:?}")),
    };
    let (Value::Object(expected), Value::Object(ours)) = (expect, &ours) else {
        return Ok(if *expect == ours { vec![] } else { vec![format!("expected {expect}, got {ours}")] });
    };
    let mut diffs = Vec::new();
    for (key, value) in expected {
        let got = ours.get(key).ok_or_else(|| format!("unknown key expect.{key}"))?;
        if got != value {
            diffs.push(format!("{key}: expected {value}, got {got}"));
        }
    }
    Ok(diffs)
}

fn age_ratio(input: &Object) -> Result<Value, String> {
    known(input, &["birth_date", "date", "relationship", "working_income", "late_elderly_ratio"], "input")?;
    let birth: ServiceDate = parsed(field(input, "birth_date")?, "birth_date")?;
    let date: ServiceDate = parsed(field(input, "date")?, "date")?;
    if let Some(relationship) = input.get("relationship")
        && !matches!(relationship.as_str(), Some("self" | "family"))
    {
        return Err(format!("unknown relationship {relationship}"));
    }
    let has_income = input.get("working_income").map_or(Ok(false), |value| boolean(value, "working_income"))?;
    let late = input.get("late_elderly_ratio").map(|value| rate(integer(value, "late_elderly_ratio")?)).transpose()?;
    let band = band(birth, date);
    let name = match band {
        Band::Preschool => "preschool",
        Band::General => "general",
        Band::Elderly70 => "elderly70",
        Band::LateElderly => "late_elderly",
    };
    let ratio = standard_ratio(band, has_income, late).map(BurdenRate::percent);
    let half = has_half_limits(birth, date.month_of());
    Ok(serde_json::json!({ "band": name, "ratio": ratio, "half_limits": half }))
}

fn type_code(input: &Object) -> Result<Value, String> {
    known(input, &["main", "person", "ratio", "subsidies"], "input")?;
    let main = match optional(input, "main").map(|main| main.as_str()) {
        None => MainDigit::Subsidy,
        Some(Some("shaho" | "kokuho")) => MainDigit::Insurance,
        Some(Some("kouki")) => MainDigit::LateElderly,
        Some(Some("taishoku")) => MainDigit::Retired,
        other => return Err(format!("unknown main {other:?}")),
    };
    let ratio = input.get("ratio").map_or(Ok(30), |ratio| integer(ratio, "ratio"))?;
    let ratio = u8::try_from(ratio).map_err(|_| format!("ratio {ratio}"))?;
    let (band, is_family) = match optional(input, "person").and_then(Value::as_str) {
        None if main == MainDigit::LateElderly => (Band::LateElderly, false),
        None if main == MainDigit::Subsidy => (Band::General, false),
        Some("self") => (Band::General, false),
        Some("family") => (Band::General, true),
        Some("preschool") => (Band::Preschool, true),
        Some("elderly") => (Band::Elderly70, false),
        other => return Err(format!("unknown person {other:?}")),
    };
    let subsidies = integer(field(input, "subsidies")?, "subsidies")?;
    let subsidies = usize::try_from(subsidies).map_err(|_| format!("subsidies {subsidies}"))?;
    Ok(Value::from(receipt_type(main, subsidies, PersonDigit::of(band, is_family, ratio))))
}

fn order(input: &Object) -> Result<Value, String> {
    known(input, &["laws"], "input")?;
    let mut laws: Vec<&str> = list(input, "laws")?.iter().filter_map(Value::as_str).collect();
    subsidy_order(&mut laws);
    Ok(Value::from(laws))
}

fn burden_class(input: &Object) -> Result<Value, String> {
    known(input, &["combination"], "input")?;
    let payers: Payers = text(input, "combination")?.parse().map_err(|error| format!("combination: {error}"))?;
    payers.burden_class().map(Value::from).ok_or_else(|| format!("{payers} has no burden class"))
}

fn classify(input: &Object) -> Result<Value, String> {
    known(input, &["insurer_number"], "input")?;
    let number = text(input, "insurer_number")?;
    let law = if number.len() == 6 { None } else { number.get(0..2) };
    let row = insurer_law_of(law).ok_or_else(|| format!("no scheme has the law of {number}"))?;
    Ok(serde_json::json!({
        "law": row.law,
        "kind": row.scheme,
        "submit_to": row.submit_to.code(),
        "check_digit_ok": number.parse::<kernel::InsurerNumber>().is_ok(),
    }))
}

/// GO: number of HO and KO records; points of HO, or of the first KO where there is no HO.
#[derive(Default)]
struct Total {
    count: usize,
    points: i64,
    receipts: usize,
}

impl Total {
    fn add(&mut self, insurance: Option<i64>, subsidies: &[i64]) {
        self.receipts += 1;
        self.count += usize::from(insurance.is_some()) + subsidies.len();
        self.points += insurance.or_else(|| subsidies.first().copied()).unwrap_or_default();
    }
}

fn file_total(input: &Object) -> Result<Value, String> {
    known(input, &["receipts"], "input")?;
    let mut total = Total::default();
    for receipt in list(input, "receipts")? {
        let receipt = object(receipt, "receipt")?;
        known(receipt, &["HO_points", "KO_points"], "receipts[]")?;
        let insurance = optional(receipt, "HO_points").map(|points| integer(points, "HO_points")).transpose()?;
        let subsidies = list(receipt, "KO_points")?.iter().map(|points| integer(points, "KO_points"));
        total.add(insurance, &subsidies.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(serde_json::json!({ "count": total.count, "points": total.points }))
}

fn file_total_real(input: &Object, folder: &Path) -> Result<Value, String> {
    known(input, &["file", "receipts"], "input")?;
    let path = folder.join("../uke").join(text(input, "file")?);
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (total, written) = read_totals(&bytes)?;
    if integer(field(input, "receipts")?, "receipts")? != i64::try_from(total.receipts).unwrap_or_default() {
        return Err(format!("{} holds {} receipts", path.display(), total.receipts));
    }
    let (count, points) = (i64::try_from(total.count).unwrap_or_default(), total.points);
    if written != Some((count, points)) {
        return Err(format!("GO of {} holds {written:?}, counted ({count}, {points})", path.display()));
    }
    Ok(serde_json::json!({ "count": count, "points": points }))
}

/// Counts the heads of the receipts of a claim file and reads its GO record.
fn read_totals(bytes: &[u8]) -> Result<(Total, Option<(i64, i64)>), String> {
    let mut total = Total::default();
    let mut open: Option<(Option<i64>, Vec<i64>)> = None;
    let mut written = None;
    for line in bytes.split(|byte| *byte == b'\n') {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b',').collect();
        let number = |index: usize| {
            let text = fields.get(index).and_then(|field| std::str::from_utf8(field).ok()).unwrap_or_default();
            text.trim().parse::<i64>().map_err(|_| format!("field {} of {text:?} is no number", index + 1))
        };
        match (fields.first().copied(), open.as_mut()) {
            (Some(b"RE" | b"GO"), _) => {
                if let Some((insurance, subsidies)) = open.take() {
                    total.add(insurance, &subsidies);
                }
                if fields.first().copied() == Some(b"RE") {
                    open = Some((None, Vec::new()));
                } else {
                    written = Some((number(1)?, number(2)?));
                }
            }
            (Some(b"HO"), Some((insurance, _))) => *insurance = Some(number(5)?),
            (Some(b"KO"), Some((_, subsidies))) => subsidies.push(number(5)?),
            _ => {}
        }
    }
    Ok((total, written))
}

/// A month of two visits, before and after the change; what the engine makes of it is compared.
fn split(input: &Object) -> Result<Value, String> {
    known(input, &["change", "from", "to", "insurer_number", "insurer_number_same", "subsidy_only"], "input")?;
    let number = |key: &str| input.get(key).and_then(Value::as_str).unwrap_or("01130012");
    let own = |id: &str, insurer: &str| coverage(id, insurer, Relationship::Insured);
    let mut request = two_visits()?;
    match text(input, "change")? {
        "insurer_number" => request.coverages = vec![own("C1", number("from"))?, own("C2", number("to"))?],
        "card_symbol_number_only" => {
            request.coverages = vec![own("C1", number("insurer_number"))?, own("C2", number("insurer_number"))?];
        }
        "self_to_family" => {
            let family = coverage("C2", number("insurer_number"), Relationship::Family)?;
            request.coverages = vec![own("C1", number("insurer_number"))?, family];
        }
        "subsidy_payer_number" => {
            request.subsidies = vec![subsidy_of("S1", "12131017", None)?, subsidy_of("S2", "12136016", None)?];
        }
        "age75_mid_month" => {
            request.patient.birth_date = parsed(&Value::from("1951-09-15"), "birth_date")?;
            let rate = BurdenRate::from_percent(20).ok_or("rate")?;
            let elderly = |id, insurer| Ok::<_, String>(Coverage { burden_percent: rate, ..own(id, insurer)? });
            request.coverages = vec![elderly("C1", "01130012")?, elderly("C2", "39131057")?];
        }
        "subsidy_added_mid_month" => {
            request.coverages = vec![own("C1", number("insurer_number"))?];
            request.subsidies = vec![subsidy_of("S1", "54136015", Some(10_000))?];
        }
        other => return Err(format!("unknown change {other:?}")),
    }
    bound_to_visits(&mut request)?;
    Ok(split_outcome(&request))
}

fn split_outcome(request: &Request) -> Value {
    let priced = |visit: &RequestVisit| PricedLine {
        visit_id: visit.id.clone(),
        set_id: visit.set_id.clone(),
        points: Points::new(1_000),
    };
    let lines: Vec<_> = request.visits.iter().map(priced).collect();
    let facts = |visit: &RequestVisit| VisitFacts {
        visit_id: visit.id.clone(),
        is_counted_day: true,
        is_first_visit: false,
        selection_fee: Yen::ZERO,
    };
    let visits: Vec<_> = request.visits.iter().map(facts).collect();
    let outcome = charge(request, &lines, &visits);
    let claims = &outcome.claims;
    let is_latest = claims.len() == 1 && claims.iter().all(|claim| claim.coverage_id.as_deref() == Some("C2"));
    let is_halved = |family: &Family| family.month.as_ref().is_some_and(|month| month.halves.apply());
    let classes: Vec<_> = outcome.line_classes.iter().flatten().map(|class| class.to_string()).collect();
    serde_json::json!({
        "receipts": claims.len(),
        "files": claims.iter().map(|claim| claim.submit_to.code()).collect::<Vec<_>>(),
        "days_counted_separately": claims.len() == 2 && claims.iter().all(|claim| claim.days == 1),
        "use": is_latest.then_some("latest symbol and number"),
        "half_limits": resolve(request, &lines, &visits).families.iter().all(is_halved),
        "burden_class_before": classes.first(),
        "burden_class_after": classes.last(),
    })
}

fn two_visits() -> Result<Request, String> {
    let day = |text: &str| parsed::<ServiceDate>(&Value::from(text), "date");
    let visit = |id: &str, date: &str, set: &str| {
        let visit = serde_json::json!({ "id": id, "date": date, "setId": set });
        serde_json::from_value::<RequestVisit>(visit).map_err(|error| error.to_string())
    };
    Ok(Request {
        request_id: "split".into(),
        month: parsed(&Value::from("2026-09"), "month")?,
        revision: 1,
        master_release: None,
        institution: Institution {
            code: parsed(&Value::from("1319999015"), "code")?,
            kind: Default::default(),
            beds: 0,
            departments: vec![],
            standards: vec![],
            opening_hours: vec![],
            closed_dates: vec![],
            facts: vec![],
        },
        patient: Patient { reference: "P".into(), birth_date: day("1980-05-05")?, sex: Sex::Male, facts: vec![] },
        coverages: vec![],
        subsidies: vec![],
        limits: vec![],
        specific_diseases: vec![],
        sets: vec![],
        diagnoses: vec![],
        visits: vec![visit("V1", "2026-09-03", "before")?, visit("V2", "2026-09-20", "after")?],
        history: Default::default(),
        collected: vec![],
        options: Default::default(),
    })
}

fn coverage(id: &str, insurer: &str, relationship: Relationship) -> Result<Coverage, String> {
    Ok(Coverage {
        id: id.into(),
        insurer_number: parsed(&Value::from(insurer), "insurer_number")?,
        relationship,
        burden_percent: BurdenRate::from_percent(30).ok_or("rate")?,
        valid_from: parsed(&Value::from("2020-01-01"), "date")?,
        valid_to: None,
        on_duty_reason: None,
        reduction: None,
    })
}

fn subsidy_of(id: &str, payer: &str, cap: Option<i64>) -> Result<RequestSubsidy, String> {
    Ok(RequestSubsidy {
        id: id.into(),
        payer_number: parsed(&Value::from(payer), "payer_number")?,
        recipient_number: Some(parsed(&Value::from("9100017"), "recipient_number")?),
        valid_from: parsed(&Value::from("2020-01-01"), "date")?,
        valid_to: None,
        monthly_cap_yen: cap.map(Yen::new),
        paid_elsewhere: vec![],
        ticket_payment_yen: None,
        programme: None,
        local_rule: None,
    })
}

/// Two coverages or two 公費単独 subsidies follow each other; a single coverage stays and the subsidy joins.
fn bound_to_visits(request: &mut Request) -> Result<(), String> {
    let (end, start): (ServiceDate, ServiceDate) =
        (parsed(&Value::from("2026-09-14"), "date")?, parsed(&Value::from("2026-09-15"), "date")?);
    if let [before, after] = request.coverages.as_mut_slice() {
        (before.valid_to, after.valid_from) = (Some(end), start);
    }
    match request.subsidies.as_mut_slice() {
        [before, after] => (before.valid_to, after.valid_from) = (Some(end), start),
        [added] => added.valid_from = start,
        _ => {}
    }
    let nth = |ids: Vec<String>, last: bool| if last { ids.last().cloned() } else { ids.first().cloned() };
    for (name, is_after) in [("before", false), ("after", true)] {
        let coverages = request.coverages.iter().map(|coverage| coverage.id.clone()).collect();
        let subsidies: Vec<String> = request.subsidies.iter().map(|subsidy| subsidy.id.clone()).collect();
        let joins = is_after || subsidies.len() > 1;
        request.sets.push(PayerSet {
            id: name.into(),
            coverage_id: nth(coverages, is_after),
            subsidy_ids: nth(subsidies, is_after).filter(|_| joins).into_iter().collect(),
            other: None,
        });
    }
    Ok(())
}
