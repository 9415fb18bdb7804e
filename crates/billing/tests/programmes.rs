//! Local programmes from the masters: fictional rows of the official shape as rules of requests.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::OnceLock;

use billing::clinic::Clinic;
use billing::encounter::{self, Encounters};
use billing::programme::rule;
use calculation::{AgeDay, LocalMethod, LocalRule, LocalShare, LocalTargets};
use kernel::Yen;
use masters::{Masters, import_to_memory};
use rstest::rstest;
use serde_json::{Value, json};

fn masters() -> &'static Masters {
    static MASTERS: OnceLock<Masters> = OnceLock::new();
    MASTERS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/masters");
        import_to_memory(&[
            folder.join("m_regional_publicly_funded_mihon_20260803.csv"),
            folder.join("kokkouhi_master_R06_provisional_20240401.csv"),
        ])
        .unwrap()
    })
}

fn made(number: &str, division: &str) -> Result<LocalRule, Vec<String>> {
    let row = masters().local_programmes().find(|row| row.has_payer_number(number) && row.text("division") == division);
    rule(&row.unwrap(), &["12"]).map_err(|problems| problems.iter().map(|problem| problem.field.to_owned()).collect())
}

const fn yen(yen: i64) -> Yen {
    Yen::new(yen)
}

#[rstest]
#[case::nothing("88139910", "1", LocalShare::Nothing, None)]
#[case::cap_per_visit("88139910", "2", LocalShare::PerVisitMax { yen: yen(200), max_visits_per_month: None, percent: None }, None)]
#[case::with_count("80139918", "1", LocalShare::PerVisitMax { yen: yen(500), max_visits_per_month: Some(2), percent: None }, None)]
#[case::percent_with_month("81139917", "1", LocalShare::PercentOfCost { percent: 10 }, Some(18_000))]
#[case::per_day_with_days("82139916", "1", LocalShare::PerDayMax { yen: yen(400), max_days_per_month: Some(4), percent: None }, None)]
#[case::per_month("83139915", "1", LocalShare::RemainingCopay, Some(1_000))]
#[case::first_visit("84139914", "1", LocalShare::FirstVisitFixed { yen: yen(580) }, None)]
#[case::percent_of_copay("89139919", "1", LocalShare::PercentOfCopay { percent: 50 }, None)]
#[case::percent_and_day("80139926", "1", LocalShare::PerDayMax { yen: yen(800), max_days_per_month: None, percent: Some(10) }, None)]
#[case::limit_that_grows("84139922", "1", LocalShare::RemainingCopay, Some(80_100))]
#[case::payment_of_the_month("80139942", "1", LocalShare::Nothing, None)]
#[case::payment_of_a_visit("81139941", "1", LocalShare::PaysPerVisitMax { yen: yen(500), max_visits_per_month: Some(4) }, None)]
#[case::percent_that_it_pays("82139940", "1", LocalShare::LessPercentOfCost { percent: 20 }, None)]
#[case::book_of_the_month("83139923", "1", LocalShare::PerVisitMax { yen: yen(300), max_visits_per_month: None, percent: None }, Some(5_000))]
fn kinds_of_share(#[case] number: &str, #[case] division: &str, #[case] share: LocalShare, #[case] cap: Option<i64>) {
    let rule = made(number, division).unwrap();
    assert_eq!((rule.share, rule.monthly_cap_yen), (share, cap.map(Yen::new)));
    assert_eq!(rule.before_laws, ["12"]);
}

#[test]
fn conditions_and_marks_of_a_rule() {
    let school = made("88139910", "2").unwrap().ages.unwrap();
    assert_eq!(school.from.unwrap().years, 6);
    assert_eq!(school.under.map(|bound| (bound.years, bound.day)), Some((18, AgeDay::FiscalYearEnd)));
    assert_eq!(made("85139913", "1").unwrap().method, LocalMethod::List);
    assert_eq!(made("87139911", "1").unwrap().method, LocalMethod::Refund);
    let rare = made("89139919", "1").unwrap();
    assert_eq!((rare.requires_law.as_deref(), rare.priority), (Some("54"), Some(1)));
    let old = made("82139924", "1").unwrap();
    assert_eq!(old.claimed_at, Some(LocalTargets { payment_fund: false, kokuhoren: true }));
    assert!(old.keeps_total_across_insurance);
    let marked = made("80139926", "1").unwrap();
    assert_eq!(marked.special_notes, ["01"]);
    assert_eq!(marked.comments, ["820100001".parse().unwrap()]);
}

#[rstest]
#[case::cap_of_the_week("88139944", &["weekYen"])]
#[case::cap_of_the_year("85139921", &["yearYen"])]
#[case::unknown_code("87139929", &["pattern"])]
fn what_no_rule_expresses_names_its_field(#[case] number: &str, #[case] fields: &[&str]) {
    assert_eq!(made(number, "1").unwrap_err(), fields);
}

#[test]
fn bounds_of_the_month_beside_the_share() {
    let growing = made("84139922", "1").unwrap();
    assert_eq!(growing.cap_grows_above_yen, Some(yen(267_000)));
    let payment = made("80139942", "1").unwrap();
    assert_eq!((payment.monthly_payment_max_yen, payment.cap_grows_above_yen), (Some(yen(3_000)), None));
}

/// Codes that no published list states are used, and said to be presumed.
#[test]
fn presumed_codes_are_told() {
    let school = made("88139910", "2").unwrap();
    let presumed = ["ageFromDay", "ageUnderDay", "isCommissioned", "toPaymentFund", "toKokuhoren", "conditionOf"];
    assert_eq!(school.presumed.iter().filter(|field| presumed.contains(&field.as_str())).count(), presumed.len());
    assert!(!school.presumed.iter().any(|field| field == "pattern" || field == "method"));
    let encounters = encounters("2020-04-01", json!({ "payerNumber": "88139910" }), "2026-10-05");
    let found: Vec<_> = encounters.findings.iter().map(|finding| (finding.code.as_ref(), finding.severity)).collect();
    assert_eq!(found, [("programme-unverified", kernel::Severity::Note)]);
}

/// The requests of a patient with one subsidy and one visit.
fn encounters(birth: &str, subsidy: Value, day: &str) -> Encounters {
    let mut own = json!({ "id": "S", "recipientNumber": "9100017", "validFrom": "2026-04-01" });
    own.as_object_mut().unwrap().extend(subsidy.as_object().unwrap().clone());
    let document = json!({
        "institution": {
            "code": "1319999015", "name": "架空みほんクリニック", "address": "東京都架空区", "phone": "03-0000-0000",
            "departments": [{ "code": "01" }]
        },
        "patients": [{
            "id": "P", "number": "1", "name": "見本 花子", "kana": "ミホン ハナコ", "birthDate": birth, "sex": "2",
            "coverages": [{
                "id": "C", "insurerNumber": "01139997", "number": "1", "relationship": "family", "burdenPercent": 30,
                "validFrom": "2020-04-01"
            }],
            "subsidies": [own],
            "sets": [{ "id": "A", "coverageId": "C", "subsidyIds": ["S"] }],
            "visits": [{ "id": "V", "date": day, "setId": "A" }]
        }]
    });
    let clinic: Clinic = serde_json::from_value(document).unwrap();
    encounter::requests(&clinic, day.get(..7).unwrap().parse().unwrap()).with_programmes(masters())
}

fn resolved(encounters: &Encounters) -> Option<&LocalRule> {
    encounters.requests.first().unwrap().request.subsidies.first().unwrap().local_rule.as_ref()
}

#[rstest]
#[case::born_on_1_april_is_in_school("2020-04-01", "2026-04-15", Some(200))]
#[case::born_on_2_april_is_not("2020-04-02", "2027-03-31", None)]
#[case::and_is_a_day_later("2020-04-02", "2027-04-01", Some(200))]
fn the_row_is_chosen_by_age(#[case] birth: &str, #[case] day: &str, #[case] visit_yen: Option<i64>) {
    let encounters = encounters(birth, json!({ "payerNumber": "88139910" }), day);
    let share = &resolved(&encounters).unwrap().share;
    match visit_yen {
        Some(amount) => assert!(matches!(share, LocalShare::PerVisitMax { yen, .. } if yen.get() == amount)),
        None => assert_eq!(*share, LocalShare::Nothing),
    }
    let laws = &resolved(&encounters).unwrap().before_laws;
    assert_eq!(*laws, ["12", "25", "51", "53", "66", "79"]);
}

#[rstest]
#[case::no_row("88139928", json!({}), "1999-04-30", "programme-unknown")]
#[case::no_row_at_this_age("88139910", json!({}), "1999-04-30", "programme-age")]
#[case::key_of_another_row("88139910", json!({ "programme": "13-991-1" }), "2020-04-02", "programme-unknown")]
#[case::no_key("88139910", json!({ "programme": "見本市" }), "2020-04-02", "programme-unknown")]
#[case::unsupported("85139921", json!({}), "1999-04-30", "programme-unsupported")]
fn what_is_not_found_is_told(#[case] number: &str, #[case] more: Value, #[case] birth: &str, #[case] code: &str) {
    let mut subsidy = more;
    subsidy.as_object_mut().unwrap().insert("payerNumber".into(), json!(number));
    let encounters = encounters(birth, subsidy, "2026-10-05");
    assert_eq!(resolved(&encounters), None);
    let is_told = |code: &str| code.starts_with("programme-") && code != "programme-unverified";
    let found: Vec<_> = encounters.findings.iter().filter(|f| is_told(&f.code)).collect();
    assert_eq!(found.iter().map(|f| f.code.as_ref()).collect::<Vec<_>>(), [code]);
    assert_eq!(found.first().unwrap().place, "patients/P/subsidies/S");
}

#[test]
fn a_rule_of_the_document_stays() {
    let subsidy = json!({ "payerNumber": "88139910", "localRule": { "share": { "kind": "remainingCopay" } } });
    let encounters = encounters("2020-04-02", subsidy, "2026-10-05");
    assert_eq!(resolved(&encounters).unwrap().share, LocalShare::RemainingCopay);
    assert_eq!(encounters.findings, []);
}
