//! Who claims where: 別表1 to 別表3, 別表6 and volumes.

use super::code_table;

/// 別表1 審査支払機関 as a table (its type is [`kernel::ReviewBody`]).
pub static REVIEW_BODY: super::CodeTable = super::CodeTable {
    name: "別表1 審査支払機関",
    width: 1,
    rows: &[(1, "社会保険診療報酬支払基金"), (2, "国民健康保険団体連合会")],
};

/// 別表6 男女区分 as a table (its type is [`kernel::Sex`]).
pub static SEX: super::CodeTable =
    super::CodeTable { name: "別表6 男女区分", width: 1, rows: &[(1, "男"), (2, "女")] };

/// 別表2 都道府県 as a table (its type is [`kernel::Prefecture`]).
pub static PREFECTURE: super::CodeTable = super::CodeTable {
    name: "別表2 都道府県",
    width: 2,
    rows: &[
        (1, "北海道"),
        (2, "青森"),
        (3, "岩手"),
        (4, "宮城"),
        (5, "秋田"),
        (6, "山形"),
        (7, "福島"),
        (8, "茨城"),
        (9, "栃木"),
        (10, "群馬"),
        (11, "埼玉"),
        (12, "千葉"),
        (13, "東京"),
        (14, "神奈川"),
        (15, "新潟"),
        (16, "富山"),
        (17, "石川"),
        (18, "福井"),
        (19, "山梨"),
        (20, "長野"),
        (21, "岐阜"),
        (22, "静岡"),
        (23, "愛知"),
        (24, "三重"),
        (25, "滋賀"),
        (26, "京都"),
        (27, "大阪"),
        (28, "兵庫"),
        (29, "奈良"),
        (30, "和歌山"),
        (31, "鳥取"),
        (32, "島根"),
        (33, "岡山"),
        (34, "広島"),
        (35, "山口"),
        (36, "徳島"),
        (37, "香川"),
        (38, "愛媛"),
        (39, "高知"),
        (40, "福岡"),
        (41, "佐賀"),
        (42, "長崎"),
        (43, "熊本"),
        (44, "大分"),
        (45, "宮崎"),
        (46, "鹿児島"),
        (47, "沖縄"),
    ],
};

code_table! {
    /// Fee table (点数表, 別表3).
    FeeTable FEE_TABLE "別表3 点数表" 1 { 1 "医科" }
}

impl FeeTable {
    /// 医科.
    pub const MEDICAL: Self = Self::new(1);
}

code_table! {
    /// Volume (マルチボリューム識別情報): `00` first, then 01, 02 …; `99` closes the last volume.
    Volume VOLUME "マルチボリューム識別情報" 2 { 0 "先頭", 99 "最終" }
}

impl Volume {
    /// `00`: the first, and for us the only one.
    pub const FIRST: Self = Self::new(0);
    /// `99`: the last, in GO.
    pub const LAST: Self = Self::new(99);
}
