//! What an EMR pushes for a visit (オーダー送信), read as a visit of the clinic.
//!
//! Acts, drugs and materials come as they were done, grouped (剤) or not; 診療識別 and the number of a 剤 are
//! derived by the calculation. Source of the names: the API's specification of the visit push.

use std::collections::BTreeSet;

use calculation::{
    BrandChoice, Dispensing, DrugUse, Order, OrderKind, Side, TimeClass, TimeOfDay, VisitFact, VisitKind,
};
use kernel::{DiagnosisCode, ItemCode, ModifierCode, Quantity, ServiceDate};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clinic::{Visit, VisitStatus};

/// Groups of a visit at most.
pub const GROUPS_MAX: usize = 200;
/// Lines of a visit at most.
pub const LINES_MAX: usize = 500;

/// A visit as an EMR pushes it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PushedVisit {
    /// The EMR's own id of the visit, unique for this client.
    #[schemars(length(min = 1, max = 64))]
    pub source_visit_id: String,
    /// Revision of the content, counted by the EMR from 1: the highest holds, in whatever order they come.
    #[serde(default = "first_revision")]
    #[schemars(range(min = 1))]
    pub revision: i32,
    /// 患者番号.
    #[schemars(length(min = 1, max = 20))]
    pub patient_number: String,
    /// 診療日.
    pub visit_date: ServiceDate,
    /// Start, local time of the clinic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<TimeOfDay>,
    /// Where and how the patient was seen.
    pub setting: Setting,
    /// 診療科; absent = the clinic's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_code: Option<String>,
    /// The doctor, as the EMR names him.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practitioner_code: Option<String>,
    /// 保険組合せ; absent = the one of the last visit that still holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage_set_number: Option<String>,
    /// 初診料・再診料 are found by the calculation.
    #[serde(default = "yes")]
    pub auto_consultation_fee: bool,
    /// Time class.
    #[serde(default)]
    pub time_class: TimeClass,
    /// Facts that only people know.
    #[serde(default)]
    pub facts: Vec<VisitFact>,
    /// Longest days of a prescription given out (処方箋).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prescription_days: Option<u16>,
    /// Lines by 剤.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub groups: Vec<PushedGroup>,
    /// Lines without a 剤.
    #[serde(default)]
    #[schemars(length(max = 500))]
    pub items: Vec<PushedLine>,
    /// 傷病名 to be recorded with the visit.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub diagnoses: Vec<PushedDiagnosis>,
    /// A word to the desk, never printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 400))]
    pub note: Option<String>,
}

const fn first_revision() -> i32 {
    1
}

const fn yes() -> bool {
    true
}

/// Where and how a patient was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Setting {
    /// 外来.
    Outpatient,
    /// 往診 or 訪問診療, as the ordered act says.
    Home,
    /// 電話.
    Telephone,
    /// 情報通信機器.
    Online,
}

/// Lines of one 剤.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PushedGroup {
    /// 診療種別区分 of the sender, three digits; the use of drugs is read from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 3))]
    pub class: Option<String>,
    /// Days of 内服, times of everything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 999))]
    pub count: Option<u16>,
    /// 院内 or 院外.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispensing: Option<Dispensing>,
    /// The lines.
    #[schemars(length(min = 1, max = 500))]
    pub lines: Vec<PushedLine>,
}

/// One line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PushedLine {
    /// レセ電算コード; absent = 自費 with `text` and `price`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ItemCode>,
    /// 数量.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// Times of a line without a 剤.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 999))]
    pub times: Option<u16>,
    /// Text of a comment or of 自費.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// 用法コード.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_code: Option<String>,
    /// Why a brand with a generic was chosen (長期収載品).
    #[serde(default)]
    pub brand_choice: BrandChoice,
    /// Price of 自費 or of a material, yen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub price: Option<Decimal>,
    /// Consumption tax of 自費, percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_percent: Option<u8>,
    /// 部位 in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// Another 保険組合せ than the visit's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage_set_number: Option<String>,
    /// The sender's id of the line, unique in the visit; outcomes are answered under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub source_line_id: Option<String>,
}

/// A diagnosis (傷病名) pushed with a visit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PushedDiagnosis {
    /// The sender's id; absent = code and start name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub id: Option<String>,
    /// 傷病名コード; `0000999` = uncoded.
    pub code: DiagnosisCode,
    /// Name of an uncoded diagnosis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// 修飾語.
    #[serde(default)]
    pub modifiers: Vec<ModifierCode>,
    /// 診療開始日.
    pub start_date: ServiceDate,
    /// 転帰日.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<ServiceDate>,
    /// 転帰区分.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<u8>,
    /// 主傷病.
    #[serde(default)]
    pub is_main: bool,
}

impl PushedDiagnosis {
    /// As the clinic keeps it.
    pub fn to_diagnosis(&self) -> crate::clinic::Diagnosis {
        let id = self.id.clone().unwrap_or_else(|| format!("{}-{}", self.code, self.start_date.yyyymmdd()));
        crate::clinic::Diagnosis {
            id,
            code: self.code,
            text: self.text.clone(),
            modifiers: self.modifiers.clone(),
            started_on: self.start_date,
            ended_on: self.end_date,
            outcome: self.outcome,
            is_main: self.is_main,
            comment: None,
            other_payer: None,
        }
    }
}

/// What the visit of a push depends on beside it.
pub struct Surroundings<'a> {
    /// Id of the visit inside the patient.
    pub reference: String,
    /// The payer set, chosen by the sender or the last one.
    pub set_id: String,
    /// The patient was here before.
    pub is_known_patient: bool,
    /// Section letter and number of an act on the day: `(b'C', 0)` = 往診料.
    pub section: &'a dyn Fn(ItemCode) -> Option<(u8, u16)>,
}

/// Fields that are wrong: JSON pointer, code, message.
pub type Wrong = (String, &'static str, String);

/// The visit of a push.
///
/// # Errors
/// Every wrong field.
pub fn visit(pushed: &PushedVisit, around: &Surroundings<'_>) -> Result<Visit, Vec<Wrong>> {
    let mut wrong = bounds(pushed);
    let mut orders = Vec::new();
    for (number, group) in (1_u32..).zip(&pushed.groups) {
        for (place, line) in group.lines.iter().enumerate() {
            let pointer = format!("/groups/{}/lines/{place}", number - 1);
            orders.push((pointer, order(line, Some((number, group)))));
        }
    }
    for (place, line) in pushed.items.iter().enumerate() {
        orders.push((format!("/items/{place}"), order(line, None)));
    }
    let orders = numbered(orders, &mut wrong);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(Visit {
        id: around.reference.clone(),
        status: VisitStatus::Active,
        date: pushed.visit_date,
        started_at: pushed.started_at,
        department_code: pushed.department_code.clone(),
        doctor_ref: pushed.practitioner_code.clone(),
        kind: kind(pushed, around),
        time_class: pushed.time_class,
        set_id: around.set_id.clone(),
        facts: pushed.facts.clone(),
        prescription_days: pushed.prescription_days,
        struck: Vec::new(),
        orders,
        collected_yen: None,
        memo: pushed.note.clone(),
    })
}

fn bounds(pushed: &PushedVisit) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let mut check = |pointer: &str, received: usize, least: usize, most: usize| {
        if !(least..=most).contains(&received) {
            let message = format!("{received} 件（文字）です。{least} から {most} までです");
            wrong.push((pointer.to_owned(), "length", message));
        }
    };
    check("/sourceVisitId", pushed.source_visit_id.chars().count(), 1, 64);
    check("/groups", pushed.groups.len(), 0, GROUPS_MAX);
    check("/items", pushed.items.len(), 0, LINES_MAX);
    let lines = pushed.groups.iter().map(|group| group.lines.len()).sum::<usize>() + pushed.items.len();
    check("/groups", lines, 0, LINES_MAX);
    for (place, group) in pushed.groups.iter().enumerate() {
        check(&format!("/groups/{place}/lines"), group.lines.len(), 1, LINES_MAX);
        if group.class.as_ref().is_some_and(|class| class.len() != 3 || !class.bytes().all(|b| b.is_ascii_digit())) {
            check(&format!("/groups/{place}/class"), 0, 3, 3);
        }
    }
    if pushed.revision < 1 {
        wrong.push(("/revision".to_owned(), "range", "1 以上です".to_owned()));
    }
    wrong
}

/// Orders with their place; the sender's ids must be unique.
fn numbered(orders: Vec<(String, Order)>, wrong: &mut Vec<Wrong>) -> Vec<Order> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::with_capacity(orders.len());
    for (no, (pointer, order)) in (1_u32..).zip(orders) {
        let id = if order.id.is_empty() { format!("L{no}") } else { order.id.clone() };
        if !seen.insert(id.clone()) {
            let message = format!("sourceLineId {id} が重複しています");
            wrong.push((format!("{pointer}/sourceLineId"), "duplicate", message));
        }
        all.push(Order { id, no, ..order });
    }
    all
}

fn order(line: &PushedLine, group: Option<(u32, &PushedGroup)>) -> Order {
    let drug_use = group.and_then(|(_, group)| group.class.as_deref()).and_then(drug_use);
    let kind = match line.code {
        None => OrderKind::SelfPay,
        Some(ItemCode::Act(_)) => OrderKind::Act,
        Some(ItemCode::Drug(_)) => OrderKind::Drug,
        Some(ItemCode::Material(_)) => OrderKind::Material,
        Some(ItemCode::Comment(_)) => OrderKind::Comment,
    };
    let count = group.and_then(|(_, group)| group.count);
    // Without a class the count of a 剤 of drugs is its days; the calculation reads it as times where the drug is
    // no oral one.
    let is_days = kind == OrderKind::Drug && matches!(drug_use, None | Some(DrugUse::Internal));
    Order {
        id: line.source_line_id.clone().unwrap_or_default(),
        no: 0,
        kind,
        code: line.code,
        quantity: line.quantity,
        times: line.times.or(count.filter(|_| !is_days && kind != OrderKind::Comment)),
        days: count.filter(|_| is_days),
        group: group.map(|(number, _)| number),
        set_id: line.coverage_set_number.clone(),
        drug_use: drug_use.filter(|_| kind == OrderKind::Drug),
        dispensing: group.and_then(|(_, group)| group.dispensing),
        usage_code: line.usage_code.clone(),
        brand_choice: line.brand_choice,
        site: line.site.clone(),
        side: line.side,
        price_yen: line.price,
        tax_percent: line.tax_percent,
        is_tax_included: false,
        text: line.text.clone(),
        answers: Vec::new(),
    }
}

/// Use of drugs of a 診療種別区分: 21x 内服, 22x 屯服, 23x 外用, 3xx 注射, 4xx–8xx with an act.
fn drug_use(class: &str) -> Option<DrugUse> {
    match class.as_bytes() {
        [b'2', b'1', _] => Some(DrugUse::Internal),
        [b'2', b'2', _] => Some(DrugUse::AsNeeded),
        [b'2', b'3', _] => Some(DrugUse::External),
        [b'3', _, _] => Some(DrugUse::Injection),
        [b'4'..=b'8', _, _] => Some(DrugUse::Procedure),
        _ => None,
    }
}

fn kind(pushed: &PushedVisit, around: &Surroundings<'_>) -> VisitKind {
    let lines = pushed.groups.iter().flat_map(|group| &group.lines).chain(&pushed.items);
    match pushed.setting {
        _ if !pushed.auto_consultation_fee => VisitKind::None,
        Setting::Outpatient => VisitKind::Auto,
        Setting::Telephone => VisitKind::Phone,
        Setting::Online if around.is_known_patient => VisitKind::RevisitOnline,
        Setting::Online => VisitKind::InitialOnline,
        Setting::Home => {
            let is_house_call =
                lines.filter_map(|line| line.code).any(|code| (around.section)(code) == Some((b'C', 0)));
            if is_house_call { VisitKind::HouseCall } else { VisitKind::HomeVisit }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(json: serde_json::Value) -> PushedVisit {
        let mut visit = serde_json::json!({
            "sourceVisitId": "emr-1", "patientNumber": "42", "visitDate": "2026-10-05", "setting": "outpatient"
        });
        for (name, value) in json.as_object().unwrap() {
            visit[name] = value.clone();
        }
        serde_json::from_value(visit).unwrap()
    }

    fn read(pushed: &PushedVisit) -> Result<Visit, Vec<Wrong>> {
        let section = |code: ItemCode| (code.number() == 114_000_110).then_some((b'C', 0));
        let around = Surroundings {
            reference: "v".to_owned(),
            set_id: "0001".to_owned(),
            is_known_patient: true,
            section: &section,
        };
        visit(pushed, &around)
    }

    #[test]
    fn a_prescription_keeps_its_days_and_an_act_its_times() {
        let visit = read(&pushed(serde_json::json!({
            "groups": [
                {"dispensing": "outside", "count": 14, "lines": [{"code": "620098801", "quantity": "3"}]},
                {"class": "400", "count": 2, "lines": [{"code": "140000610"}, {"code": "620098801", "quantity": "1"}]}
            ],
            "items": [{"code": "160000310", "sourceLineId": "lab1"}]
        })))
        .unwrap();
        let [oral, act, with_act, lab] = visit.orders.as_slice() else { panic!() };
        assert_eq!((oral.days, oral.times, oral.group, oral.drug_use), (Some(14), None, Some(1), None));
        assert_eq!((act.days, act.times, act.group), (None, Some(2), Some(2)));
        assert_eq!((with_act.times, with_act.drug_use), (Some(2), Some(DrugUse::Procedure)));
        assert_eq!((lab.id.as_str(), lab.group, lab.no), ("lab1", None, 4));
    }

    #[test]
    fn the_setting_decides_the_kind() {
        let kind = |json| read(&pushed(json)).unwrap().kind;
        assert_eq!(kind(serde_json::json!({})), VisitKind::Auto);
        assert_eq!(kind(serde_json::json!({"autoConsultationFee": false})), VisitKind::None);
        assert_eq!(kind(serde_json::json!({"setting": "online"})), VisitKind::RevisitOnline);
        assert_eq!(kind(serde_json::json!({"setting": "home"})), VisitKind::HomeVisit);
        let call = serde_json::json!({"setting": "home", "items": [{"code": "114000110"}]});
        assert_eq!(kind(call), VisitKind::HouseCall);
    }

    #[test]
    fn every_wrong_field_is_told() {
        let wrong = read(&pushed(serde_json::json!({
            "revision": 0,
            "groups": [{"class": "21", "lines": []}],
            "items": [{"code": "160000310", "sourceLineId": "x"}, {"code": "160000310", "sourceLineId": "x"}]
        })))
        .unwrap_err();
        let pointers: Vec<&str> = wrong.iter().map(|(pointer, ..)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/groups/0/lines", "/groups/0/class", "/revision", "/items/1/sourceLineId"]);
    }
}
