//! Golden cases of patient charges: schema `charges-golden/1`; the small rules stand in `rules`.
//!
//! A key, kind or value that the schema does not know is an error, never a skip. An absent key of `expect`
//! is not asserted, `null` asserts a blank.

#[path = "charges/rules.rs"]
mod rules;

use std::fmt::Display;

use engine::charge::{
    Band, Elsewhere, Halves, IncomeClass, Insurance, LimitRounding, Line, Month, MonthResult, NoteFacts, Payers, Share,
    Subsidy, Visit, band, insurer_law_of, national_share, programme,
};
use kernel::{BurdenRate, ClaimMonth, Points, ServiceDate, Yen};
use serde_json::{Map, Value};

pub use rules::run_rule_case;

type Object = Map<String, Value>;

/// Runs a case of `charges-golden/1`: the differences, none when it passes.
///
/// # Errors
/// A key or value that the schema does not know.
pub fn run_case(case: &Value) -> Result<Vec<String>, String> {
    let case = object(case, "case")?;
    known(
        case,
        &[
            "id",
            "title",
            "tags",
            "why",
            "source",
            "confidence",
            "service_month",
            "patient",
            "insurance",
            "income_class",
            "age_75_reached_mid_month",
            "specific_disease_cap_yen",
            "transition_relief_until_2025_09",
            "subsidies",
            "visits",
            "expect",
        ],
        "case",
    )?;
    let month = month(case)?;
    let result = month.charge().map_err(|error| error.to_string())?;
    let mut diffs = cross_checks(case, &month)?;
    compare(object(field(case, "expect")?, "expect")?, case, &month, &result, &mut diffs)?;
    Ok(diffs)
}

fn month(case: &Object) -> Result<Month, String> {
    let service_month: ClaimMonth = parsed(field(case, "service_month")?, "service_month")?;
    let patient = object(field(case, "patient")?, "patient")?;
    known(patient, &["birth_date"], "patient")?;
    let insurance = optional(case, "insurance").map(insurance).transpose()?;
    let subsidies = list(case, "subsidies")?;
    let laws: Vec<&str> = subsidies.iter().filter_map(|subsidy| subsidy.get("law")?.as_str()).collect();
    let subsidies =
        subsidies.iter().enumerate().map(|(index, value)| subsidy(value, index)).collect::<Result<_, _>>()?;
    let visits =
        list(case, "visits")?.iter().map(|visit| self::visit(visit, laws.len())).collect::<Result<Vec<_>, _>>()?;
    let (class, is_multiple) = income_class(case)?;
    let birth = patient.get("birth_date").map(|birth| parsed::<ServiceDate>(birth, "birth_date")).transpose()?;
    let last = visits.iter().map(|visit| visit.date).max();
    let is_75_or_over = birth.zip(last).is_some_and(|(birth, last)| band(birth, last) == Band::LateElderly);
    Ok(Month {
        service_month,
        insurance,
        class,
        is_multiple,
        halves: if flag(case, "age_75_reached_mid_month")? { Halves::TurnsSeventyFive } else { Halves::No },
        specific_disease_cap: optional(case, "specific_disease_cap_yen").map(|cap| yen(cap, "cap")).transpose()?,
        subsidies,
        visits,
        notes: NoteFacts { is_75_or_over, ..NoteFacts::default() },
        limit_rounding: LimitRounding::HalfUp10,
    })
}

fn insurance(value: &Value) -> Result<Insurance, String> {
    let insurance = object(value, "insurance")?;
    known(insurance, &["kind", "insurer_number", "relationship", "burden_ratio_percent"], "insurance")?;
    let number = text(insurance, "insurer_number")?;
    let law = match number.len() {
        6 => insurer_law_of(None),
        _ => insurer_law_of(number.get(0..2)),
    };
    let law = law.ok_or_else(|| format!("insurer_number {number:?} has no known law"))?;
    let is_of_kind = match text(insurance, "kind")? {
        "kyokai" => law.law == Some("01"),
        "kumiai" => law.law == Some("06"),
        "kyosai" => matches!(law.law, Some("31" | "32" | "33" | "34")),
        "kokuho" => law.law.is_none(),
        "kouki" => law.law == Some("39"),
        other => return Err(format!("unknown insurance.kind {other:?}")),
    };
    if !is_of_kind {
        return Err(format!("insurance.kind contradicts insurer_number {number}"));
    }
    let percent = integer(field(insurance, "burden_ratio_percent")?, "burden_ratio_percent")?;
    let is_late = law.law == Some("39");
    let elderly = if is_late { Band::LateElderly } else { Band::Elderly70 };
    let (band, is_family) = match text(insurance, "relationship")? {
        "self" => (Band::General, false),
        "family" => (Band::General, true),
        "preschool" => (Band::Preschool, true),
        "e70" | "e70-30" => (elderly, false),
        other => return Err(format!("unknown insurance.relationship {other:?}")),
    };
    let ratio = rate(percent)?;
    Ok(Insurance { law, band, is_family, ratio, relieved: None })
}

fn income_class(case: &Object) -> Result<(Option<IncomeClass>, bool), String> {
    let Some(value) = optional(case, "income_class") else { return Ok((None, false)) };
    let class = object(value, "income_class")?;
    known(class, &["online_code", "label", "presented", "multi_count_applies"], "income_class")?;
    let code = text(class, "online_code")?;
    let engine_class = match code {
        "A01" => IncomeClass::A,
        "A02" => IncomeClass::I,
        "A03" => IncomeClass::U,
        "A04" => IncomeClass::E,
        "A05" | "A06" => IncomeClass::O,
        "B01" => IncomeClass::Active3,
        "B02" => IncomeClass::Active2,
        "B03" => IncomeClass::Active1,
        "B04" => IncomeClass::General,
        "B05" => IncomeClass::Low2,
        "B06" | "B07" | "B08" => IncomeClass::Low1,
        "B09" => IncomeClass::General2,
        "B10" => IncomeClass::General1,
        other => return Err(format!("unknown online_code {other:?}")),
    };
    let is_multiple = flag(class, "multi_count_applies")?;
    Ok(if flag(class, "presented")? { (Some(engine_class), is_multiple) } else { (None, false) })
}

fn subsidy(value: &Value, index: usize) -> Result<Subsidy, String> {
    let subsidy = object(value, "subsidy")?;
    known(
        subsidy,
        &[
            "no",
            "law",
            "payer_number",
            "share",
            "monthly_cap",
            "month_to_date_elsewhere",
            "patient_payment_on_ticket",
            "rule",
        ],
        "subsidies[]",
    )?;
    if integer(field(subsidy, "no")?, "no")? != i64::try_from(index + 1).unwrap_or_default() {
        return Err(format!("subsidies[{index}].no is not in order"));
    }
    let body = subsidy.get("payer_number").and_then(Value::as_str).and_then(|number| number.get(4..7));
    let amount = |key: &str| subsidy.get(key).map(|value| yen(value, key)).transpose();
    let elsewhere = amount("month_to_date_elsewhere")?.map(|yen| Elsewhere { date: None, yen });
    Ok(Subsidy {
        free: None,
        cap_grows_above: None,
        pays_most: None,
        programme: programme(text(subsidy, "law")?, body),
        share: share(object(field(subsidy, "share")?, "share")?, amount("patient_payment_on_ticket")?)?,
        cap: amount("monthly_cap")?,
        elsewhere: elsewhere.into_iter().collect(),
        is_on_receipt: true,
    })
}

fn share(share: &Object, ticket: Option<Yen>) -> Result<Share, String> {
    let kind = text(share, "kind")?;
    let keys: &[&str] = match kind {
        "percent_of_cost" => &["kind", "percent"],
        "per_visit_max" => &["kind", "yen", "max_visits_per_month"],
        "first_visit_fixed" => &["kind", "yen"],
        _ => &["kind"],
    };
    known(share, keys, "share")?;
    let amount = || yen(field(share, "yen")?, "share.yen");
    match kind {
        "nothing" => Ok(Share::Nothing),
        "percent_of_cost" => {
            let percent = integer(field(share, "percent")?, "share.percent")?;
            u8::try_from(percent).map(Share::PercentOfCost).map_err(|_| format!("share.percent {percent}"))
        }
        "remaining_copay" => Ok(Share::RemainingCopay),
        "per_visit_max" => {
            let visits =
                optional(share, "max_visits_per_month").map(|count| integer(count, "max_visits")).transpose()?;
            let visits = visits.map(|count| u8::try_from(count).map_err(|_| "max_visits_per_month".to_owned()));
            Ok(Share::PerVisitMax { yen: amount()?, visits: visits.transpose()? })
        }
        "first_visit_fixed" => Ok(Share::FirstVisitFixed(amount()?)),
        "ticket_amount" => ticket.map(Share::Ticket).ok_or_else(|| "ticket_amount without an amount".to_owned()),
        other => Err(format!("unknown share.kind {other:?}")),
    }
}

fn visit(value: &Value, subsidies: usize) -> Result<Visit, String> {
    let visit = object(value, "visit")?;
    known(visit, &["date", "first_visit", "lines"], "visits[]")?;
    let line = |value: &Value| {
        let line = object(value, "line")?;
        known(line, &["points", "payers"], "lines[]")?;
        let names: Vec<&str> = list(line, "payers")?.iter().filter_map(Value::as_str).collect();
        let payers: Payers = names.concat().parse().map_err(|error| format!("payers {names:?}: {error}"))?;
        if payers.subsidies().any(|position| position >= subsidies) {
            return Err(format!("payers {payers}: no such subsidy"));
        }
        Ok(Line { points: Points::new(integer(field(line, "points")?, "points")?), payers })
    };
    Ok(Visit {
        date: parsed(field(visit, "date")?, "date")?,
        is_first_visit: visit.get("first_visit").map_or(Ok(false), |value| boolean(value, "first_visit"))?,
        is_counted_day: true,
        lines: list(visit, "lines")?.iter().map(line).collect::<Result<_, String>>()?,
    })
}

/// The relief flag is derived, and a national subsidy's share comes from the law table: the case must agree.
fn cross_checks(case: &Object, month: &Month) -> Result<Vec<String>, String> {
    let mut diffs = Vec::new();
    let is_relief = month.insurance.is_some_and(|insurance| {
        let number = month.service_month.yyyymm();
        insurance.band == Band::LateElderly && insurance.ratio.percent() == 20 && (202_210..=202_509).contains(&number)
    });
    differ(&mut diffs, "transition_relief_until_2025_09", flag(case, "transition_relief_until_2025_09")?, is_relief);
    let has_welfare =
        month.subsidies.iter().any(|subsidy| subsidy.programme.is_some_and(|p| matches!(p.law, "12" | "25")));
    for (index, subsidy) in month.subsidies.iter().enumerate() {
        let Some(programme) = subsidy.programme else { continue };
        let ticket = match subsidy.share {
            Share::Ticket(yen) => Some(yen),
            _ => None,
        };
        let leaves_nothing = |share: Share| share == Share::Nothing || subsidy.cap == Some(Yen::ZERO);
        let agrees = |welfare: bool| {
            let table = national_share(programme, subsidy.cap, ticket, welfare);
            table == subsidy.share || (leaves_nothing(table) && leaves_nothing(subsidy.share))
        };
        if !agrees(false) && !agrees(has_welfare) {
            let table = national_share(programme, subsidy.cap, ticket, has_welfare);
            diffs.push(format!("subsidies[{index}].share: case {:?}, law table {table:?}", subsidy.share));
        }
    }
    Ok(diffs)
}

fn compare(
    expect: &Object,
    case: &Object,
    month: &Month,
    result: &MonthResult,
    diffs: &mut Vec<String>,
) -> Result<(), String> {
    known(expect, &["visits", "month", "receipt"], "expect")?;
    if let Some(visits) = expect.get("visits") {
        compare_visits(visits, month, result, diffs)?;
    }
    if let Some(totals) = expect.get("month") {
        compare_month(object(totals, "expect.month")?, result, diffs)?;
    }
    if let Some(receipt) = expect.get("receipt") {
        compare_receipt(object(receipt, "expect.receipt")?, case, result, diffs)?;
    }
    Ok(())
}

fn compare_visits(value: &Value, month: &Month, result: &MonthResult, diffs: &mut Vec<String>) -> Result<(), String> {
    let visits = value.as_array().ok_or("expect.visits is no array")?;
    differ(diffs, "visits", visits.len(), result.visits.len());
    for (index, (expected, (visit, charged))) in visits.iter().zip(month.visits.iter().zip(&result.visits)).enumerate()
    {
        let expected = object(expected, "expect.visits[]")?;
        known(expected, &["date", "patient_charge"], "expect.visits[]")?;
        assert_text(diffs, expected, "date", &format!("visits[{index}].date"), Some(visit.date.to_string()));
        let place = format!("visits[{index}].patient_charge");
        assert_number(diffs, expected, "patient_charge", &place, Some(charged.charge.get()))?;
    }
    Ok(())
}

fn compare_month(expected: &Object, result: &MonthResult, diffs: &mut Vec<String>) -> Result<(), String> {
    known(expected, &["patient_share_unrounded", "insurance_copay", "limit_reached", "subsidies"], "expect.month")?;
    let patient = Some(result.patient.get());
    assert_number(diffs, expected, "patient_share_unrounded", "month.patient_share_unrounded", patient)?;
    let copay = result.insurance_copay.map(Yen::get);
    assert_number(diffs, expected, "insurance_copay", "month.insurance_copay", copay)?;
    if let Some(reached) = expected.get("limit_reached") {
        differ(diffs, "month.limit_reached", boolean(reached, "limit_reached")?, result.is_limit_reached);
    }
    let Some(subsidies) = expected.get("subsidies") else { return Ok(()) };
    let subsidies = subsidies.as_array().ok_or("month.subsidies is no array")?;
    differ(diffs, "month.subsidies", subsidies.len(), result.subsidies.len());
    for (index, (expected, amount)) in subsidies.iter().zip(&result.subsidies).enumerate() {
        let expected = object(expected, "month.subsidies[]")?;
        known(expected, &["no", "covered_copay", "patient_share", "paid_by_subsidy"], "month.subsidies[]")?;
        let no = i64::try_from(index + 1).unwrap_or_default();
        let place = |key: &str| format!("month.subsidies[{index}].{key}");
        assert_number(diffs, expected, "no", &place("no"), Some(no))?;
        let covered = Some(amount.covered_copay.get());
        assert_number(diffs, expected, "covered_copay", &place("covered_copay"), covered)?;
        assert_number(diffs, expected, "patient_share", &place("patient_share"), Some(amount.patient.get()))?;
        assert_number(diffs, expected, "paid_by_subsidy", &place("paid_by_subsidy"), Some(amount.paid().get()))?;
    }
    Ok(())
}

fn compare_receipt(
    expected: &Object,
    case: &Object,
    result: &MonthResult,
    diffs: &mut Vec<String>,
) -> Result<(), String> {
    known(
        expected,
        &[
            "type_code",
            "submit_to",
            "benefit_ratio",
            "special_notes",
            "burden_class_by_combination",
            "HO",
            "KO",
            "window_burden_class_MF",
        ],
        "expect.receipt",
    )?;
    let receipt = &result.receipt;
    assert_text(diffs, expected, "type_code", "receipt.type_code", Some(receipt.type_code.clone()));
    assert_text(diffs, expected, "submit_to", "receipt.submit_to", Some(receipt.submit_to.code().to_owned()));
    let ratio = receipt.benefit_ratio.map_or(String::new(), |ratio| ratio.to_string());
    assert_text(diffs, expected, "benefit_ratio", "receipt.benefit_ratio", Some(ratio));
    let class = receipt.window_burden_class.to_owned();
    assert_text(diffs, expected, "window_burden_class_MF", "receipt.MF", Some(class));
    if let Some(notes) = expected.get("special_notes") {
        differ(
            diffs,
            "receipt.special_notes",
            notes.to_string(),
            Value::from(receipt.special_notes.clone()).to_string(),
        );
    }
    if let Some(classes) = expected.get("burden_class_by_combination") {
        let ours = receipt.burden_classes.iter().map(|(payers, class)| (payers.to_string(), Value::from(*class)));
        let ours = Value::Object(ours.collect());
        if *classes != ours {
            diffs.push(format!("receipt.burden_class_by_combination: expected {classes}, got {ours}"));
        }
    }
    compare_insurance(expected, result, diffs)?;
    compare_subsidies(expected, case, result, diffs)
}

fn compare_insurance(expected: &Object, result: &MonthResult, diffs: &mut Vec<String>) -> Result<(), String> {
    let (Some(value), ours) = (expected.get("HO"), result.receipt.insurance) else { return Ok(()) };
    differ(diffs, "receipt.HO exists", !value.is_null(), ours.is_some());
    let (false, Some(ours)) = (value.is_null(), ours) else { return Ok(()) };
    let expected = object(value, "receipt.HO")?;
    known(expected, &["days", "points", "copay"], "receipt.HO")?;
    assert_number(diffs, expected, "days", "receipt.HO.days", Some(i64::from(ours.days)))?;
    assert_number(diffs, expected, "points", "receipt.HO.points", Some(ours.points.get()))?;
    assert_number(diffs, expected, "copay", "receipt.HO.copay", ours.copay.map(Yen::get))
}

fn compare_subsidies(
    expected: &Object,
    case: &Object,
    result: &MonthResult,
    diffs: &mut Vec<String>,
) -> Result<(), String> {
    let Some(value) = expected.get("KO") else { return Ok(()) };
    let records = value.as_array().ok_or("receipt.KO is no array")?;
    differ(diffs, "receipt.KO", records.len(), result.receipt.subsidies.len());
    let numbers = list(case, "subsidies")?;
    for (index, (expected, ours)) in records.iter().zip(&result.receipt.subsidies).enumerate() {
        let expected = object(expected, "receipt.KO[]")?;
        let keys = ["no", "payer_number", "days", "points", "copay", "outpatient_copay_subject"];
        known(expected, &keys, "receipt.KO[]")?;
        let place = |key: &str| format!("receipt.KO[{index}].{key}");
        let no = i64::try_from(ours.subsidy + 1).unwrap_or_default();
        assert_number(diffs, expected, "no", &place("no"), Some(no))?;
        let number = numbers.get(ours.subsidy).and_then(|subsidy| subsidy.get("payer_number")?.as_str());
        assert_text(diffs, expected, "payer_number", &place("payer_number"), number.map(str::to_owned));
        assert_number(diffs, expected, "days", &place("days"), Some(i64::from(ours.days)))?;
        assert_number(diffs, expected, "points", &place("points"), Some(ours.points.get()))?;
        let is_zero = expected.get("copay").and_then(Value::as_i64) == Some(0);
        if !(is_zero && ours.copay.is_none()) {
            assert_number(diffs, expected, "copay", &place("copay"), ours.copay.map(Yen::get))?;
        }
        let subject = ours.outpatient_copay.map(Yen::get);
        assert_number(diffs, expected, "outpatient_copay_subject", &place("outpatient_copay_subject"), subject)?;
    }
    Ok(())
}

fn differ<T: PartialEq + Display>(diffs: &mut Vec<String>, place: &str, expected: T, got: T) {
    if expected != got {
        diffs.push(format!("{place}: expected {expected}, got {got}"));
    }
}

fn assert_number(diffs: &mut Vec<String>, of: &Object, key: &str, place: &str, got: Option<i64>) -> Result<(), String> {
    let Some(value) = of.get(key) else { return Ok(()) };
    let expected = if value.is_null() { None } else { Some(integer(value, place)?) };
    if expected != got {
        let shown = |number: Option<i64>| number.map_or("blank".to_owned(), |number| number.to_string());
        diffs.push(format!("{place}: expected {}, got {}", shown(expected), shown(got)));
    }
    Ok(())
}

fn assert_text(diffs: &mut Vec<String>, of: &Object, key: &str, place: &str, got: Option<String>) {
    let Some(value) = of.get(key) else { return };
    let got = got.map_or(Value::Null, Value::from);
    if *value != got {
        diffs.push(format!("{place}: expected {value}, got {got}"));
    }
}

fn object<'a>(value: &'a Value, place: &str) -> Result<&'a Object, String> {
    value.as_object().ok_or_else(|| format!("{place} is no object: {value}"))
}

fn known(object: &Object, keys: &[&str], place: &str) -> Result<(), String> {
    match object.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown key {place}.{key}")),
        None => Ok(()),
    }
}

fn field<'a>(object: &'a Object, key: &str) -> Result<&'a Value, String> {
    object.get(key).ok_or_else(|| format!("{key} is missing"))
}

fn optional<'a>(object: &'a Object, key: &str) -> Option<&'a Value> {
    object.get(key).filter(|value| !value.is_null())
}

fn list<'a>(object: &'a Object, key: &str) -> Result<&'a [Value], String> {
    field(object, key)?.as_array().map(Vec::as_slice).ok_or_else(|| format!("{key} is no array"))
}

fn text<'a>(object: &'a Object, key: &str) -> Result<&'a str, String> {
    field(object, key)?.as_str().ok_or_else(|| format!("{key} is no text"))
}

fn boolean(value: &Value, place: &str) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("{place} is neither true nor false: {value}"))
}

fn flag(object: &Object, key: &str) -> Result<bool, String> {
    boolean(field(object, key)?, key)
}

fn integer(value: &Value, place: &str) -> Result<i64, String> {
    value.as_i64().ok_or_else(|| format!("{place} is no whole number: {value}"))
}

fn yen(value: &Value, place: &str) -> Result<Yen, String> {
    integer(value, place).map(Yen::new)
}

fn rate(percent: i64) -> Result<BurdenRate, String> {
    let percent = u8::try_from(percent).ok().and_then(BurdenRate::from_percent);
    percent.ok_or_else(|| "a ratio is 0 to 100 percent".to_owned())
}

fn parsed<T: std::str::FromStr<Err: Display>>(value: &Value, place: &str) -> Result<T, String> {
    let text = value.as_str().ok_or_else(|| format!("{place} is no text: {value}"))?;
    text.parse().map_err(|error| format!("{place}: {error}"))
}
