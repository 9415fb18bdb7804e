//! Codes of the receipt header and its payers: 別表8, 9, 15, 16, 28 to 31 and the patient's state.

use super::code_table;

code_table! {
    /// Low-income class (一部負担金・食事療養費・生活療養費標準負担額区分, 別表8). Outpatient: 1 and 3 only.
    LowIncome LOW_INCOME "別表8 一部負担金等区分" 1 {
        1 "低所得II", 2 "低所得II 90日超", 3 "低所得I", 4 "低所得I 老齢福祉年金"
    }
}

code_table! {
    /// Special note of a receipt (レセプト特記事項, 別表9).
    SpecialNote SPECIAL_NOTE "別表9 レセプト特記事項" 2 {
        1 "公", 2 "長", 3 "長処", 4 "後保", 7 "老併", 8 "老健", 9 "施", 10 "第三", 11 "薬治", 12 "器治", 13 "先進",
        14 "制超", 16 "長2", 17 "上位", 18 "一般", 19 "低所", 20 "二割", 21 "高半", 22 "多上", 23 "多一", 24 "多低",
        25 "出産", 26 "区ア", 27 "区イ", 28 "区ウ", 29 "区エ", 30 "区オ", 31 "多ア", 32 "多イ", 33 "多ウ", 34 "多エ",
        35 "多オ", 36 "加治", 37 "申出", 38 "医併", 39 "医療", 40 "加算", 41 "区カ", 42 "区キ", 43 "多カ", 44 "多キ",
        96 "災1", 97 "災2"
    }
}

impl SpecialNote {
    /// Income classes of 高額療養費: 26–35 and, since 2022-10, 41–44.
    pub const fn is_income_class(self) -> bool {
        matches!(self.get(), 26..=35 | 41..=44)
    }
}

code_table! {
    /// Reason connected with duty (職務上の事由, 別表15); 船員保険 only.
    OnDuty ON_DUTY "別表15 職務上の事由" 1 { 1 "職務上", 2 "下船後3月以内", 3 "通勤災害" }
}

/// 任意給付区分 as a table (its type is `bool`).
pub static VOLUNTARY: super::CodeTable =
    super::CodeTable { name: "任意給付区分", width: 1, rows: &[(1, "任意給付")] };

code_table! {
    /// Reduction of the patient's charge (減免区分, 別表16).
    Reduction REDUCTION "別表16 減免区分" 1 { 1 "減額", 2 "免除", 3 "支払猶予" }
}

code_table! {
    /// Kind of payer of an SN or JD record (負担者種別, 別表28).
    PayerKind PAYER_KIND "別表28 負担者種別" 1 {
        1 "医保・国保・退職・後期", 2 "第1公費", 3 "第2公費", 4 "第3公費", 5 "第4公費"
    }
}

impl PayerKind {
    /// 医療保険.
    pub const INSURANCE: Self = Self::new(1);

    /// 第`order`公費, order 1 to 4.
    pub const fn subsidy(order: u16) -> Self {
        Self::new(1 + order)
    }
}

code_table! {
    /// How eligibility was confirmed (確認区分, 別表29). Institutions write `01`.
    Confirmation CONFIRMATION "別表29 確認区分" 2 {
        1 "医療機関・薬局窓口等", 2 "変更なし", 3 "確認不能", 4 "振替", 5 "分割", 6 "資格喪失(記載保険者へ請求)",
        7 "資格喪失(証回収後)", 8 "資格喪失(死亡)", 9 "枝番特定", 11 "振替(保険者)", 12 "分割(保険者)",
        13 "変更不能(保険者)", 14 "枝番特定(保険者)"
    }
}

impl Confirmation {
    /// `01`: at the counter of the institution.
    pub const AT_COUNTER: Self = Self::new(1);
}

code_table! {
    /// What a day of a JD record counts (受診等区分, 別表30).
    VisitDay VISIT_DAY "別表30 受診等区分" 1 { 1 "実日数に含める", 2 "実日数に含めない", 9 "日の情報と不一致" }
}

code_table! {
    /// Class of the counter charge (窓口負担額区分, 別表31).
    CounterCharge COUNTER_CHARGE "別表31 窓口負担額区分" 2 {
        0 "高額療養費の現物給付なし", 1 "高額療養費の現物給付あり(多数回該当を除く)", 2 "高額療養費の現物給付あり(多数回該当)",
        3 "食事・生活療養の標準負担額", 4 "特別の費用の額"
    }
}

code_table! {
    /// State of the patient (患者の状態).
    PatientState PATIENT_STATE "患者の状態" 3 { 1 "妊婦" }
}
