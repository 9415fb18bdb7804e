//! A patient with payers, diagnoses, history and visits.

use calculation::{
    History, LimitClass, OtherPayer, PatientFact, PayerSet, Reduction, Relationship, SpecificDisease, Subsidy,
};
use kernel::{BurdenRate, ClaimMonth, CommentCode, DiagnosisCode, InsurerNumber, ModifierCode, ServiceDate, Sex};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Personal, Visit};

/// A patient (患者).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Patient {
    /// Id inside the document; the opaque reference of the calculation.
    pub id: String,
    /// カルテ番号, at most 20 half-width letters, digits or hyphens (RE field 14).
    pub number: String,
    /// 氏名, 姓 and 名 separated by one space.
    pub name: Personal<String>,
    /// カタカナ氏名, separated alike.
    pub kana: Personal<String>,
    /// 生年月日.
    pub birth_date: ServiceDate,
    /// 男女区分.
    pub sex: Sex,
    /// 住所.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Personal<String>>,
    /// 電話番号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Personal<String>>,
    /// アレルギー.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allergies: Vec<String>,
    /// The patient declined the 明細書.
    #[serde(default, skip_serializing_if = "is_false")]
    pub declines_statement: bool,
    /// Dated facts.
    #[serde(default)]
    pub facts: Vec<PatientFact>,
    /// 保険, dated.
    #[serde(default)]
    pub coverages: Vec<Coverage>,
    /// 公費, dated.
    #[serde(default)]
    pub subsidies: Vec<Subsidy>,
    /// 限度額適用区分, dated.
    #[serde(default)]
    pub limits: Vec<LimitClass>,
    /// 特定疾病療養受療証 (マル長), dated.
    #[serde(default)]
    pub specific_diseases: Vec<SpecificDisease>,
    /// Usable payer sets (保険組合せ).
    #[serde(default)]
    pub sets: Vec<PayerSet>,
    /// 傷病名.
    #[serde(default)]
    pub diagnoses: Vec<Diagnosis>,
    /// What earlier months claimed here.
    #[serde(default)]
    pub history: History,
    /// 受診, cancelled ones too.
    #[serde(default)]
    pub visits: Vec<Visit>,
    /// What a clerk adds to the receipts of the patient.
    #[serde(default)]
    pub receipt_notes: Vec<ReceiptNote>,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// A coverage (保険) for a time, with what only the claim file carries.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Coverage {
    /// Id inside the patient.
    pub id: String,
    /// 保険者番号.
    pub insurer_number: InsurerNumber,
    /// 被保険者資格に係る記号 (HO field 3); none for 後期高齢者.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<Personal<String>>,
    /// 被保険者資格に係る番号 (HO field 4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Personal<String>>,
    /// 枝番, two digits (SN field 7); none for 後期高齢者.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// 本人・家族.
    pub relationship: Relationship,
    /// 負担割合, from the certificate or the eligibility answer.
    pub burden_percent: BurdenRate,
    /// First day.
    pub valid_from: ServiceDate,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<ServiceDate>,
    /// 職務上の事由 (船員保険), 別表15: 1–3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_duty_reason: Option<u8>,
    /// 証明書番号 (船員保険 下船後), at most 3 digits (HO field 11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_number: Option<String>,
    /// 減免.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduction: Option<Reduction>,
}

impl Coverage {
    /// What the calculation is told.
    pub fn for_calculation(&self) -> calculation::Coverage {
        calculation::Coverage {
            id: self.id.clone(),
            insurer_number: self.insurer_number.clone(),
            relationship: self.relationship,
            burden_percent: self.burden_percent,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            on_duty_reason: self.on_duty_reason,
            reduction: self.reduction.clone(),
        }
    }

    /// True when the coverage holds on a day.
    pub fn holds_on(&self, day: ServiceDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}

/// A diagnosis (傷病名).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Diagnosis {
    /// Id inside the patient.
    pub id: String,
    /// 傷病名コード; `0000999` = uncoded, named by `text`.
    pub code: DiagnosisCode,
    /// 傷病名称 of an uncoded diagnosis, at most 20 full-width characters (SY field 6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// 修飾語, prefixes then suffixes.
    #[serde(default)]
    pub modifiers: Vec<ModifierCode>,
    /// 診療開始日.
    pub started_on: ServiceDate,
    /// 転帰日.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_on: Option<ServiceDate>,
    /// 転帰区分, 別表18: 1–4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<u8>,
    /// 主傷病.
    #[serde(default)]
    pub is_main: bool,
    /// 補足コメント, at most 20 full-width characters (SY field 8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Treated at the cost of another payer only (労災, 自賠責, 自費): never on a receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_payer: Option<OtherPayer>,
}

impl Diagnosis {
    /// What the calculation is told.
    pub fn for_calculation(&self) -> calculation::Diagnosis {
        calculation::Diagnosis {
            id: self.id.clone(),
            code: self.code,
            modifiers: self.modifiers.clone(),
            started_on: self.started_on,
            ended_on: self.ended_on,
            outcome: self.outcome,
            is_main: self.is_main,
        }
    }

    /// True when the diagnosis is under treatment on some day of a span.
    pub fn is_active(&self, first: ServiceDate, last: ServiceDate) -> bool {
        self.started_on <= last && self.ended_on.is_none_or(|end| first <= end)
    }
}

/// What a clerk adds to one receipt (レセプト) of a patient.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReceiptNote {
    /// Month of care of the receipt.
    pub month: ClaimMonth,
    /// The coverage of the receipt; absent = every receipt of the month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage_id: Option<String>,
    /// Comments before (診療識別 01) and after (99) all lines.
    #[serde(default)]
    pub comments: Vec<ReceiptComment>,
    /// 症状詳記.
    #[serde(default)]
    pub narratives: Vec<Narrative>,
    /// The receipt waits for this reason and is left out of the file (保留).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    /// The receipt comes again after a return (再請求).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reclaim: Option<Reclaim>,
    /// Month of claiming when it is not the month after the month of care (月遅れ, 再請求).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_in: Option<ClaimMonth>,
}

/// A comment on the whole receipt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReceiptComment {
    /// コメントコード.
    pub code: CommentCode,
    /// 文字データ in the form of the code's pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Before all lines (診療識別 01) instead of after them (99).
    #[serde(default)]
    pub is_first: bool,
}

/// A narrative (症状詳記).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Narrative {
    /// 症状詳記区分, 別表23.
    pub class: u16,
    /// Paragraphs, separated by line ends.
    pub text: Personal<String>,
}

/// What a returned receipt brings into its next claim (再請求).
///
/// Source: 記録条件仕様(医科用), 返戻レセプトの再請求: 検索番号 and 履歴管理ブロック unchanged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Reclaim {
    /// 検索番号 of the returned file (RE field 19), at most 30 digits.
    pub search_number: String,
    /// Lines of the 履歴管理ブロック as hexadecimal of their bytes (Shift_JIS), in their order.
    #[serde(default)]
    pub history_hex: Vec<String>,
}
