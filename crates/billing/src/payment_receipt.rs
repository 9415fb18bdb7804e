//! What a payment receipt (領収証, 別紙様式1) says: kept with its number, so that it can be printed again as it was.
//!
//! Source: 保発0305第18号 (令和8年3月5日) 別紙様式1.

use calculation::{Line, Relationship, VisitResult};
use kernel::{BurdenRate, ItemCode, Points, ServiceDate, Yen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clinic::Personal;

/// Edition of the content: what a printed form is chosen by.
pub const EDITION: &str = "ryoushu-R8.6";

/// Cells of the receipt's point table (部).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// 初・再診料.
    Visit,
    /// 医学管理等.
    Management,
    /// 在宅医療.
    HomeCare,
    /// 検査.
    Examination,
    /// 画像診断.
    Imaging,
    /// 投薬.
    Medication,
    /// 注射.
    Injection,
    /// 処置.
    Treatment,
    /// 手術.
    Surgery,
    /// 麻酔.
    Anaesthesia,
    /// その他: リハビリテーション, 精神科専門療法, 放射線治療, 病理診断 as long as no master tells them apart; 第14部.
    Other,
}

impl Section {
    /// The cell of a line, by its 診療識別. A prescription fee stands under 80 and belongs to 投薬.
    pub fn of(line: &Line) -> Self {
        let is_prescription = || match line.items.first().map(|item| &item.code) {
            Some(ItemCode::Act(code)) => code.to_string().starts_with("120"),
            _ => false,
        };
        match line.shikibetsu.as_ref() {
            "11" | "12" => Self::Visit,
            "13" => Self::Management,
            "14" => Self::HomeCare,
            "60" => Self::Examination,
            "70" => Self::Imaging,
            text if text.starts_with('2') => Self::Medication,
            text if text.starts_with('3') => Self::Injection,
            "40" => Self::Treatment,
            "50" => Self::Surgery,
            "54" => Self::Anaesthesia,
            "80" if is_prescription() => Self::Medication,
            _ => Self::Other,
        }
    }
}

/// Points of one cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SectionPoints {
    /// The cell.
    pub section: Section,
    /// Σ points × times.
    pub points: Points,
}

/// What is printed of the payer (費用区分, 負担割合, 本・家).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PayerOnReceipt {
    /// Share of the patient.
    pub burden_percent: BurdenRate,
    /// 本人・家族.
    pub relationship: Relationship,
    /// Subsidies beside the insurance (公費).
    pub subsidies: u8,
}

/// One bill on a receipt; receipts over several visits have several.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct BillOnReceipt {
    /// The visit.
    pub visit_id: String,
    /// 受診日.
    pub visit_date: ServiceDate,
    /// Version of the settlement.
    pub settlement_version: i32,
    /// 診療科, by its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_code: Option<String>,
    /// Who pays beside the patient; none = 自費, or taken over from another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<PayerOnReceipt>,
    /// 保険 (点) by cell.
    pub sections: Vec<SectionPoints>,
    /// Σ points.
    pub points: Points,
    /// 負担額: 保険.
    pub window_yen: Yen,
    /// 評価療養・選定療養, with tax.
    pub selection_fee_yen: Yen,
    /// その他 (自費), without tax.
    pub self_pay_yen: Yen,
    /// 消費税 of 自費.
    pub tax_yen: Yen,
    /// 減免 and 貸倒 taken off.
    pub reduced_yen: Yen,
    /// 請求額.
    pub due_yen: Yen,
    /// Of this receipt's money, what pays this bill.
    pub received_yen: Yen,
    /// What is open of it afterwards; below zero = to be refunded.
    pub open_yen: Yen,
}

impl BillOnReceipt {
    /// Fills cells, points and 診療科 from the result of the visit.
    #[must_use]
    pub fn with_result(self, result: &VisitResult) -> Self {
        let mut sections: Vec<SectionPoints> = Vec::new();
        for line in &result.lines {
            let section = Section::of(line);
            let points = line.points.times(i64::from(line.times));
            match sections.iter_mut().find(|cell| cell.section == section) {
                Some(cell) => cell.points += points,
                None => sections.push(SectionPoints { section, points }),
            }
        }
        sections.retain(|cell| !cell.points.is_zero());
        sections.sort_by_key(|cell| cell.section);
        Self { sections, points: result.points, ..self }
    }
}

/// Everything on a receipt that may be printed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReceiptContent {
    /// [`EDITION`].
    pub edition: String,
    /// 医療機関名称.
    pub institution_name: String,
    /// 所在地.
    pub institution_address: String,
    /// 電話番号.
    pub institution_phone: String,
    /// 患者番号.
    pub patient_number: String,
    /// 氏名.
    pub patient_name: Personal<String>,
    /// 発行日.
    pub issued_on: ServiceDate,
    /// 入金方法 as the payment has it; none when nothing was paid now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Bills it is for, by date.
    pub bills: Vec<BillOnReceipt>,
    /// 預り金 in it; below zero = given back.
    pub deposit_yen: Yen,
    /// 領収額: Σ received of the bills + deposit.
    pub received_yen: Yen,
    /// お預り: tendered cash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tendered_yen: Option<Yen>,
    /// お釣り.
    #[serde(default)]
    pub change_yen: Yen,
    /// 未収残 of the patient afterwards, all bills; below zero = credit.
    pub debt_yen: Yen,
    /// 預り金 of the patient afterwards.
    pub deposit_left_yen: Yen,
    /// Numbers of the receipts this one stands for (取消して再発行).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<i64>,
}

impl ReceiptContent {
    /// The parts are the whole: Σ received of the bills + deposit = received.
    pub fn adds_up(&self) -> bool {
        self.bills.iter().map(|bill| bill.received_yen).sum::<Yen>() + self.deposit_yen == self.received_yen
    }
}
