//! RE レセプト共通.

use kernel::{ClaimMonth, ServiceDate, Sex};

use crate::spec::record;
use crate::table::{LowIncome, PatientState, ReceiptType, SpecialNote, Ward};
use crate::value::{Dated, DepartmentReport, Text};

record! {
    /// Receipt header (レセプト共通レコード): one patient, one month, one combination of payers.
    Re "RE" "レセプト共通" 38 {
        2 number: Option<u32> = { "レセプト番号" Digits 6 Variable Always or "L1910" : "1, 2, 3 … in file order; the writer numbers when absent." };
        3 kind: Option<ReceiptType> = { "レセプト種別" Digits 4 Fixed Always or "L2900" : "別表5." };
        4 month: Option<Dated<ClaimMonth>> = { "診療年月" Month 6 Fixed Always or "L2951" : "The month of care." };
        5 name: Text = { "氏名" Either 40 Variable Always or "L3001" : "All full or all half width; one space between 姓 and 名." };
        6 sex: Option<Sex> = { "男女区分" Digits 1 Fixed Always (in SEX) };
        7 birth: Option<Dated<ServiceDate>> = { "生年月日" Day 8 Fixed Always or "L2133" };
        8 benefit_percent: Option<u16> = { "給付割合" Digits 3 Variable Conditional : "国保 only, percent." };
        9 admission: Option<Dated<ServiceDate>> = { "入院年月日" Day 8 Fixed Conditional : "Inpatient only." };
        10 wards: Vec<Ward> = { "病棟区分" Ascii 8 Variable Conditional (in WARD) };
        11 low_income: Option<LowIncome> = { "一部負担金・食事療養費・生活療養費標準負担額区分" Digits 1 Variable Conditional (in LOW_INCOME) };
        12 special_notes: Vec<SpecialNote> = { "レセプト特記事項" Ascii 10 Variable Conditional (in SPECIAL_NOTE) : "Up to 5." };
        13 beds: Option<u16> = { "病床数" Digits 4 Variable Conditional : "Hospitals only." };
        14 chart_number: Text = { "カルテ番号等" Ascii 20 Variable Optional : "Comes back unchanged in every result file: the patient number." };
        15 discount_unit_price: Option<u16> = { "割引点数単価" Digits 2 Variable Optional };
        16 = { times 3; "予備" Digits 1 Variable Empty };
        19 search_number: Text = { "検索番号" Digits 30 Variable Conditional : "Only when claimed again: copied from the returned file." };
        20 = { "予備" Digits 5 Variable Empty };
        21 claim_information: Text = { "請求情報" Either 40 Variable Optional : "Free for the institution, echoed in result files: our stable key." };
        22 departments: Vec<DepartmentReport> = { times 3;
            "診療科名" Digits 2 Variable Optional (in DEPARTMENT) or "L2102",
            "人体の部位等" Digits 3 Variable Optional (in BODY_PART),
            "性別等" Digits 3 Variable Optional (in PATIENT_GROUP),
            "医学的処置" Digits 3 Variable Optional (in TREATMENT),
            "特定疾病" Digits 3 Variable Optional (in DISEASE)
        };
        37 kana: Text = { "カタカナ(氏名)" Kanji 80 Variable Optional or "L4834" : "Full-width katakana without space." };
        38 states: Vec<PatientState> = { "患者の状態" Digits 60 Variable Optional (in PATIENT_STATE) : "Up to 20." };
    }
}
