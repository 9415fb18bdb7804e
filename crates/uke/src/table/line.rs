//! Codes of diagnoses and lines: 別表18 to 別表20, 22, 23.

use super::code_table;

code_table! {
    /// Outcome of a diagnosis (転帰区分, 別表18).
    Outcome OUTCOME "別表18 転帰区分" 1 { 1 "継続", 2 "治ゆ", 3 "死亡", 4 "中止" }
}

impl Outcome {
    /// 治ゆ、死亡、中止以外.
    pub const CONTINUES: Self = Self::new(1);
    /// 治ゆ.
    pub const CURED: Self = Self::new(2);
    /// 死亡.
    pub const DIED: Self = Self::new(3);
    /// 中止(転医).
    pub const STOPPED: Self = Self::new(4);
}

/// 別表19 主傷病 as a table (its type is `bool`).
pub static MAIN_DIAGNOSIS: super::CodeTable =
    super::CodeTable { name: "別表19 主傷病", width: 2, rows: &[(1, "主傷病")] };

code_table! {
    /// Class of acts a line belongs to (診療識別, 別表20).
    LineClass LINE_CLASS "別表20 診療識別" 2 {
        1 "全体に係る識別(先頭)", 11 "初診", 12 "再診", 13 "医学管理", 14 "在宅", 21 "内服", 22 "屯服", 23 "外用", 24 "調剤",
        25 "処方", 26 "麻毒", 27 "調基", 28 "投薬その他", 31 "皮下筋肉内", 32 "静脈内", 33 "注射その他",
        39 "薬剤料減点", 40 "処置", 50 "手術", 54 "麻酔", 60 "検査・病理", 70 "画像診断", 80 "その他", 90 "入院基本料",
        92 "特定入院料・その他", 97 "食事・生活療養", 99 "全体に係る識別(末尾)"
    }
}

impl LineClass {
    /// `97`: its lines carry yen, not points.
    pub const MEALS: Self = Self::new(97);

    /// `01` and `99`: comments on the whole receipt.
    pub const fn is_whole_receipt(self) -> bool {
        matches!(self.get(), 1 | 99)
    }
}

code_table! {
    /// Unit of a material without unit in the master (特定器材単位, 別表22).
    MaterialUnit MATERIAL_UNIT "別表22 特定器材単位" 3 {
        1 "分", 2 "回", 3 "種", 4 "箱", 5 "巻", 6 "枚", 7 "本", 8 "組", 9 "セット", 10 "個", 11 "裂", 12 "方向",
        13 "トローチ", 14 "アンプル", 15 "カプセル", 16 "錠", 17 "丸", 18 "包", 19 "瓶", 20 "袋", 21 "瓶(袋)", 22 "管",
        23 "シリンジ", 24 "回分", 25 "テスト分", 26 "ガラス筒", 27 "桿錠", 28 "単位", 29 "万単位", 30 "フィート", 31 "滴",
        32 "mg", 33 "g", 34 "kg", 35 "cc", 36 "mL", 37 "L", 38 "mLV", 39 "バイアル", 40 "cm", 41 "cm2", 42 "m",
        43 "μCi", 44 "mCi", 45 "μg", 46 "管(瓶)", 47 "筒", 48 "GBq", 49 "MBq", 50 "kBq", 51 "キット", 52 "国際単位",
        53 "患者当り", 54 "気圧", 55 "缶", 56 "手術当り", 57 "容器", 58 "mL(g)", 59 "ブリスター", 60 "シート", 61 "カセット"
    }
}

code_table! {
    /// Class of a narrative (症状詳記区分, 別表23).
    NarrativeClass NARRATIVE_CLASS "別表23 症状詳記区分" 2 {
        1 "主たる疾患の臨床症状", 2 "診察・検査所見", 3 "主な治療行為の必要性", 4 "主な治療行為の経過", 5 "100万点以上・薬剤",
        6 "100万点以上・処置", 7 "その他", 50 "治験概要", 51 "リハビリテーション継続の理由", 52 "廃用症候群の要因", 90 "上記以外"
    }
}
