//! Request of calc/1: everything that the calculation of one patient's month needs.
//!
//! Unknown fields are refused. Absent = not known; never an empty string.

use std::borrow::Cow;

use kernel::{
    BurdenRate, ClaimMonth, DiagnosisCode, FacilityCode, InsurerNumber, ItemCode, ModifierCode, Quantity,
    RecipientNumber, ServiceDate, Sex, StandardCode, SubsidyPayerNumber, Yen,
};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::history::{Collected, History};
use crate::local::LocalRule;
use crate::options::Options;

/// Visits in one request at most.
pub const VISITS_MAX: usize = 100;
/// Orders of one visit at most.
pub const ORDERS_MAX: usize = 500;
/// History lines at most.
pub const HISTORY_MAX: usize = 5_000;
/// Diagnoses at most.
pub const DIAGNOSES_MAX: usize = 60;
/// Subsidies (公費) on one claim at most.
pub const SUBSIDIES_PER_SET_MAX: usize = 4;

/// One patient's month at one institution.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Request {
    /// The caller's id of this request (UUID).
    pub request_id: String,
    /// Month of care (診療年月).
    pub month: ClaimMonth,
    /// The caller's version of this patient-month, rising from 1.
    pub revision: u32,
    /// Compute with exactly this release of the masters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_release: Option<String>,
    /// The institution (医療機関).
    pub institution: Institution,
    /// The patient, without name.
    pub patient: Patient,
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
    /// Every visit of the month.
    pub visits: Vec<Visit>,
    /// What earlier months claimed here.
    #[serde(default)]
    pub history: History,
    /// What the patient was already charged.
    #[serde(default)]
    pub collected: Vec<Collected>,
    /// Which parts of the answer are wanted.
    #[serde(default)]
    pub options: Options,
}

/// The institution and what holds for it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Institution {
    /// Ten digits: 都道府県, 点数表, 医療機関コード.
    pub code: FacilityCode,
    /// 診療所 or 病院.
    #[serde(default)]
    pub kind: InstitutionKind,
    /// 許可病床数.
    #[serde(default)]
    pub beds: u16,
    /// 標榜科; the first is the default of a visit.
    pub departments: Vec<Department>,
    /// 施設基準 accepted, dated.
    #[serde(default)]
    pub standards: Vec<FiledStandard>,
    /// Posted hours (診療時間). Without any the time class of a visit must be given.
    #[serde(default)]
    pub opening_hours: Vec<OpeningHours>,
    /// Days closed beside the weekly hours and national holidays.
    #[serde(default)]
    pub closed_dates: Vec<ServiceDate>,
    /// Facts without a filing.
    #[serde(default)]
    pub facts: Vec<InstitutionFact>,
}

/// Kind of institution.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InstitutionKind {
    /// 診療所.
    #[default]
    Clinic,
    /// 病院.
    Hospital,
}

/// A department (標榜科).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Department {
    /// 診療科コード of 別表10, two digits.
    pub code: String,
    /// 小児科 (or 小児外科) is among its titles.
    #[serde(default)]
    pub is_pediatrics: bool,
}

/// A facility standard (施設基準) accepted for a time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FiledStandard {
    /// 施設基準コード.
    pub code: StandardCode,
    /// First day.
    pub from: ServiceDate,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<ServiceDate>,
}

/// Posted hours of one weekday.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OpeningHours {
    /// 0 Sunday … 6 Saturday.
    #[schemars(range(min = 0, max = 6))]
    pub weekday: u8,
    /// Opening time `HH:MM`.
    pub from: TimeOfDay,
    /// Closing time `HH:MM`.
    pub to: TimeOfDay,
    /// First day on which these hours hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<ServiceDate>,
}

/// Local time of day in minutes after midnight, written `HH:MM`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// From hour and minute; `None` when there is no such time.
    pub const fn new(hour: u16, minute: u16) -> Option<Self> {
        if hour < 24 && minute < 60 { Some(Self(hour * 60 + minute)) } else { None }
    }

    /// Minutes after midnight.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(input)?;
        let parts = text.split_once(':').filter(|(hour, minute)| hour.len() == 2 && minute.len() == 2);
        parts
            .and_then(|(hour, minute)| Self::new(hour.parse().ok()?, minute.parse().ok()?))
            .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a time HH:MM")))
    }
}

impl JsonSchema for TimeOfDay {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "TimeOfDay".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$" })
    }
}

/// Facts about an institution that no filing (届出) carries, or whose 令和8 code is not published.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum InstitutionFact {
    /// 専任の薬剤師が常勤 (調剤技術基本料).
    FullTimePharmacist,
    /// 明細書発行体制等加算 may be charged: statements are issued free of charge.
    ItemisedStatement,
    /// 夜間・早朝等加算 may be charged.
    NightEarlyHours,
    /// 小児科外来診療料 applies to every child under 6.
    PediatricOutpatientFee,
    /// 医療情報取得加算 (until 2026-05).
    MedicalInformation,
    /// 電子的診療情報連携体制整備加算 1 filed (from 2026-06).
    ElectronicCoordination1,
    /// 電子的診療情報連携体制整備加算 2 filed (from 2026-06).
    ElectronicCoordination2,
    /// 電子的診療情報連携体制整備加算 3 filed (from 2026-06).
    ElectronicCoordination3,
    /// ベースアップ評価料 注5: continued wage effort filed (from 2026-06).
    BaseUpContinued,
    /// 一般名処方加算: the conditions (stock information posted) are met.
    GenericNamePrescription,
    /// 常勤の病理医 (組織診断料 in place of 病理判断料).
    FullTimePathologist,
}

/// The patient, without name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Patient {
    /// Opaque reference, unique per tenant.
    #[serde(rename = "ref")]
    pub reference: String,
    /// 生年月日.
    pub birth_date: ServiceDate,
    /// 男女区分.
    pub sex: Sex,
    /// Dated facts.
    #[serde(default)]
    pub facts: Vec<PatientFact>,
}

/// A dated fact about a patient.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PatientFact {
    /// Which fact.
    pub kind: PatientFactKind,
    /// First day.
    pub from: ServiceDate,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<ServiceDate>,
}

/// Kinds of patient facts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PatientFactKind {
    /// 妊婦.
    Pregnant,
    /// 要介護・要支援認定.
    CertifiedCare,
    /// 第三者行為 (特記事項 10).
    ThirdParty,
    /// Dependant of a person who turned 75 this month (高半, 特記事項 21).
    DependantOfNewLateElderly,
    /// 災害による免除, whole receipt (特記事項 96).
    DisasterExempt,
    /// 災害による免除, part (特記事項 97).
    DisasterPartlyExempt,
}

/// A coverage (保険) for a time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Coverage {
    /// Id inside the request.
    pub id: String,
    /// 保険者番号.
    pub insurer_number: InsurerNumber,
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
    /// 減免.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduction: Option<Reduction>,
}

/// Relationship to the insured (本人・家族).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Relationship {
    /// 本人, 世帯主.
    #[serde(rename = "self")]
    Insured,
    /// 家族, その他.
    Family,
}

/// 減免 of the copay (HO fields 13–15).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Reduction {
    /// 減免区分, 別表16: 1 減額, 2 免除, 3 支払猶予.
    pub kind: u8,
    /// 減額割合, percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// 減額金額, yen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yen: Option<Yen>,
}

/// A public subsidy (公費) for a time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Subsidy {
    /// Id inside the request.
    pub id: String,
    /// 公費負担者番号.
    pub payer_number: SubsidyPayerNumber,
    /// 公費受給者番号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient_number: Option<RecipientNumber>,
    /// First day.
    pub valid_from: ServiceDate,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<ServiceDate>,
    /// 自己負担上限月額.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_cap_yen: Option<Yen>,
    /// 上限額管理票: what was paid elsewhere this month.
    #[serde(default)]
    pub paid_elsewhere: Vec<PaidElsewhere>,
    /// 本人支払額 of a 医療券, for the month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_payment_yen: Option<Yen>,
    /// Row of the 地単公費マスター when the payer number names several: `PP-MMM-S` (prefecture, municipality,
    /// 事業内区分), see [`crate::ProgrammeKey`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
    /// Rule of a local programme (地方単独).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_rule: Option<LocalRule>,
}

/// An entry of the 上限額管理票 made at another institution.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PaidElsewhere {
    /// Day.
    pub date: ServiceDate,
    /// Yen counted against the cap.
    pub yen: Yen,
}

/// Class for the monthly limit (限度額適用区分), dated.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LimitClass {
    /// Code of the eligibility check: A01–A06, B01–B10.
    pub code: LimitCode,
    /// First day.
    pub valid_from: ServiceDate,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<ServiceDate>,
    /// 多数回該当.
    #[serde(default)]
    pub is_multiple: bool,
}

/// 限度額適用認定証適用区分 of the online eligibility check.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
pub enum LimitCode {
    /// ア.
    A01,
    /// イ.
    A02,
    /// ウ.
    A03,
    /// エ.
    A04,
    /// オ.
    A05,
    /// オ（境）.
    A06,
    /// 現役並みⅢ.
    B01,
    /// 現役並みⅡ.
    B02,
    /// 現役並みⅠ.
    B03,
    /// 一般.
    B04,
    /// 低所得Ⅱ.
    B05,
    /// 低所得Ⅰ.
    B06,
    /// 低所得Ⅰ（老福）.
    B07,
    /// 低所得Ⅰ（境）.
    B08,
    /// 一般Ⅱ.
    B09,
    /// 一般Ⅰ.
    B10,
}

/// 特定疾病療養受療証 (マル長), dated.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SpecificDisease {
    /// Cap of the month: 10,000 or 20,000 yen.
    pub cap_yen: Yen,
    /// First day.
    pub valid_from: ServiceDate,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<ServiceDate>,
}

/// A usable payer set (保険組合せ). Neither coverage nor subsidies = 自費.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PayerSet {
    /// Id inside the request.
    pub id: String,
    /// The coverage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage_id: Option<String>,
    /// The subsidies, any order; the engine numbers 第1–第4公費 for the month.
    #[serde(default)]
    pub subsidy_ids: Vec<String>,
    /// What pays when neither coverage nor subsidy does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<OtherPayer>,
}

/// Payers outside health insurance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OtherPayer {
    /// 自費: the patient pays all.
    Private,
    /// 労災 (work accident): its own claim and unit price.
    WorkAccident,
    /// 自賠責 (traffic accident insurance).
    TrafficAccident,
}

/// A diagnosis (傷病名).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Diagnosis {
    /// Id inside the request.
    pub id: String,
    /// 傷病名コード.
    pub code: DiagnosisCode,
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
}

/// One visit (受診).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Visit {
    /// Id inside the request.
    pub id: String,
    /// Day.
    pub date: ServiceDate,
    /// Start, local time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<TimeOfDay>,
    /// 診療科; absent = the institution's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_code: Option<String>,
    /// Opaque reference of the doctor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doctor_ref: Option<String>,
    /// Kind of visit; `auto` lets the engine decide between 初診 and 再診.
    #[serde(default)]
    pub kind: VisitKind,
    /// Time class; `auto` derives it from the posted hours and the calendar.
    #[serde(default)]
    pub time_class: TimeClass,
    /// The payer set of its lines.
    pub set_id: String,
    /// Facts that only people know.
    #[serde(default)]
    pub facts: Vec<VisitFact>,
    /// Longest days of a prescription given out (処方箋); for 特定疾患処方管理加算.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prescription_days: Option<u16>,
    /// Automatic lines a clerk removed.
    #[serde(default)]
    pub struck: Vec<Struck>,
    /// What is asked to be charged.
    #[serde(default)]
    pub orders: Vec<Order>,
}

/// Kind of visit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisitKind {
    /// Decide from the history.
    #[default]
    Auto,
    /// 初診.
    Initial,
    /// 初診（情報通信機器）.
    InitialOnline,
    /// 再診.
    Revisit,
    /// 再診（情報通信機器）.
    RevisitOnline,
    /// 電話等再診.
    Phone,
    /// 往診.
    HouseCall,
    /// 訪問診療.
    HomeVisit,
    /// No basic fee (results only, medicine pick-up).
    None,
}

/// Time class of a visit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeClass {
    /// Derive from hours and calendar.
    #[default]
    Auto,
    /// 時間内.
    Regular,
    /// 時間外.
    AfterHours,
    /// 休日.
    Holiday,
    /// 深夜.
    LateNight,
    /// Inside the posted hours at a time of 夜間・早朝等.
    NightEarlyInHours,
}

/// Facts about a visit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum VisitFact {
    /// The doctor's explanation for 外来管理加算 was given.
    ExplanationDone,
    /// For another disease than the ongoing one.
    OtherDisease,
    /// The patient is under treatment here, so 初診 is not charged.
    OngoingTreatment,
    /// The patient stopped treatment by himself more than a month ago.
    TreatmentStopped,
    /// Health check of the same disease on this day: no basic fee.
    HealthCheckSameDay,
    /// 処置, 手術, 麻酔 of this visit began as urgent ones in its time class.
    Emergency,
    /// 緊急往診 during the hours of C000 注1.
    EmergencyDuringHours,
    /// 往診 to a patient 別に厚生労働大臣が定める.
    DesignatedHouseCallPatient,
    /// 往診 to another patient than those.
    OtherHouseCallPatient,
    /// All results were explained the same day with a document.
    SameDayResults,
    /// マイナ保険証 used with consent.
    OnlineQualificationWithConsent,
    /// The 往診 goes with 初診料 instead of 再診料.
    InitialAtHouseCall,
    /// The patient was seen in person by the doctor (not family only).
    Accompanied,
}

/// An automatic line a clerk removed, with the reason.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Struck {
    /// The code of the line.
    pub code: ItemCode,
    /// Why.
    pub reason: String,
}

/// An order (オーダー): one thing to be charged.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Order {
    /// Id inside the request.
    pub id: String,
    /// Position in the visit.
    pub no: u32,
    /// What it is.
    pub kind: OrderKind,
    /// The master code; absent for 自費.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ItemCode>,
    /// 数量: as the unit of the code says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// Times (回数): doses of 屯服, repetitions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u16>,
    /// Days of 内服.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
    /// 剤 number: orders of one group form one line. Absent = derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<u32>,
    /// Another payer set than the visit's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_id: Option<String>,
    /// Use of a drug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drug_use: Option<DrugUse>,
    /// 院内 or 院外.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispensing: Option<Dispensing>,
    /// 用法コード; drugs of one usage and number of days form one 剤.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_code: Option<String>,
    /// Why a brand with a generic was given (長期収載品).
    #[serde(default)]
    pub brand_choice: BrandChoice,
    /// 部位 in words; operations with different sites are different fields (手術野).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// 購入価格 per unit (materials, oxygen) or the price of 自費, yen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub price_yen: Option<Decimal>,
    /// Consumption tax of 自費, percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_percent: Option<u8>,
    /// The price contains the tax.
    #[serde(default)]
    pub is_tax_included: bool,
    /// Text of a comment or of 自費.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Answers to conditions.
    #[serde(default)]
    pub answers: Vec<Answer>,
}

/// Kind of order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// 診療行為.
    Act,
    /// 医薬品.
    Drug,
    /// 特定器材.
    Material,
    /// コメント.
    Comment,
    /// 自費.
    SelfPay,
}

/// Use of a drug.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DrugUse {
    /// 内服.
    Internal,
    /// 屯服.
    AsNeeded,
    /// 外用.
    External,
    /// 注射.
    Injection,
    /// With a procedure, test or operation.
    Procedure,
}

/// Where a drug is dispensed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dispensing {
    /// 院内.
    InHouse,
    /// 院外 (処方箋): not on the claim.
    Outside,
}

/// Why a brand drug with generics was chosen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BrandChoice {
    /// Not a matter.
    #[default]
    None,
    /// 患者希望: 選定療養.
    PatientWish,
    /// 医療上必要.
    MedicalNeed,
}

/// Side of the body.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// 右.
    Right,
    /// 左.
    Left,
    /// 両側.
    Both,
}

/// A person's answer to a condition that the masters cannot decide.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Answer {
    /// The condition's code, as the response named it; `*` answers every condition of the order.
    pub condition: String,
    /// `yes` or `no`: does the exception, or the condition, hold?
    pub value: AnswerValue,
}

/// Yes or no.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AnswerValue {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
}
