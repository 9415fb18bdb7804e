//! 医科電子点数表 (01 補助マスター, 02 包括, 03 背反, 04 入院基本料, 05 算定回数) and コメント関連テーブル (ck).

use super::{Alphanumeric, Code, Date, Digits, Field, Fixed, Layout, Of, One, Text, f, o, spare};

const FLAG: super::Domain = One("01");
const CLASS: Field = f("変更区分", One("01359"));
const UNIT: super::Domain = Of("0 1 2 3 5 6 00 01 02 03 05 06");
const GROUP: super::Domain = Alphanumeric(7);

/// 01 補助マスターテーブル, 27 fields.
pub const FEE_TABLE: Layout =
    Layout { fields: FEE_TABLE_FIELDS, key: &[2, 26], from: 26, listed: None, to: 27, ignored: &[1], is_dated: true };

const FEE_TABLE_FIELDS: &[Field] = &[
    CLASS,
    f("診療行為コード", Code('1')),
    f("診療行為省略名称", Text(64)),
    f("包括単位①", UNIT),
    f("包括グループ番号①", GROUP),
    f("包括単位②", UNIT),
    f("包括グループ番号②", GROUP),
    f("包括単位③", UNIT),
    f("包括グループ番号③", GROUP),
    f("背反関連 1日につき", FLAG),
    f("背反関連 同一月内", FLAG),
    f("背反関連 同時", FLAG),
    f("背反関連 1週間につき", FLAG),
    spare(),
    spare(),
    spare(),
    spare(),
    spare(),
    spare(),
    f("入院基本料識別", Digits(3)),
    f("算定回数関連", FLAG),
    spare(),
    spare(),
    spare(),
    spare(),
    f("新設年月日", Date),
    f("廃止年月日", Date),
];

/// 02 包括テーブル, 7 fields.
pub const INCLUSION: Layout =
    Layout { fields: INCLUSION_FIELDS, key: &[2, 3, 6], from: 6, listed: None, to: 7, ignored: &[1], is_dated: true };

const INCLUSION_FIELDS: &[Field] = &[
    CLASS,
    f("グループ番号", GROUP),
    f("診療行為コード", Code('1')),
    f("診療行為省略名称", Text(64)),
    f("特例条件", FLAG),
    f("新設年月日", Date),
    f("廃止年月日", Date),
];

/// 03-1 … 03-4 背反テーブル, 10 fields.
pub const EXCLUSION: Layout =
    Layout { fields: EXCLUSION_FIELDS, key: &[2, 4, 9], from: 9, listed: None, to: 10, ignored: &[1], is_dated: true };

const EXCLUSION_FIELDS: &[Field] = &[
    CLASS,
    f("診療行為コード①", Code('1')),
    f("診療行為省略名称①", Text(64)),
    f("診療行為コード②", Code('1')),
    f("診療行為省略名称②", Text(64)),
    f("背反区分", One("123")),
    f("特例条件", FLAG),
    spare(),
    f("新設年月日", Date),
    f("廃止年月日", Date),
];

/// 04 入院基本料テーブル, 8 fields.
pub const STAY_ADD_ON: Layout =
    Layout { fields: STAY_FIELDS, key: &[2, 3, 5, 7], from: 7, listed: None, to: 8, ignored: &[1], is_dated: true };

const STAY_FIELDS: &[Field] = &[
    CLASS,
    f("グループ番号", Digits(3)),
    f("診療行為コード", Code('1')),
    f("診療行為省略名称", Text(64)),
    f("加算識別", Digits(2)),
    spare(),
    f("新設年月日", Date),
    f("廃止年月日", Date),
];

/// 05 算定回数テーブル, 14 fields.
pub const LIMIT: Layout =
    Layout { fields: LIMIT_FIELDS, key: &[2, 4, 13], from: 13, listed: None, to: 14, ignored: &[1], is_dated: true };

const LIMIT_FIELDS: &[Field] = &[
    CLASS,
    f("診療行為コード", Code('1')),
    f("診療行為省略名称", Text(64)),
    f("算定単位コード", Digits(3)),
    f("算定単位名称", Text(12)),
    f("算定回数", Digits(3)),
    f("特例条件", FLAG),
    spare(),
    spare(),
    spare(),
    spare(),
    spare(),
    f("新設年月日", Date),
    f("廃止年月日", Date),
];

/// コメント関連テーブル, 30 fields.
pub const COMMENT_RULE: Layout = Layout {
    fields: COMMENT_RULE_FIELDS,
    key: &[2, 3, 5, 6, 7, 9],
    from: 12,
    // A rule did not hold before its own first day.
    listed: Some(12),
    to: 13,
    ignored: &[1, 18],
    is_dated: false,
};

const COMMENT_RULE_FIELDS: &[Field] = &[
    f("変更区分", One("012359")),
    f("コメント記載通知等", One("0134567")),
    f("項番", Digits(4)),
    f("区分", Text(64)),
    f("枝番", Digits(2)),
    f("診療(調剤)行為コード", Fixed(9)),
    o("加算コード", Alphanumeric(5)),
    o("診療(調剤)行為省略漢字名称", Text(64)),
    f("コメントコード", Code('8')),
    o("患者の状態コード", Alphanumeric(3)),
    o("コメント文", Text(300)),
    f("変更年月日", Date),
    f("廃止年月日", Date),
    f("条件区分", Of("00 01 02 03 10 11 12 13 20")),
    f("非算定理由コメント", FLAG),
    f("入外区分", One("012")),
    f("算定回数", Digits(3)),
    o("公表順序番号", Digits(9)),
    spare(),
    spare(),
    spare(),
    spare(),
    spare(),
    spare(),
    spare(),
    spare(),
    spare(),
    spare(),
    spare(),
    spare(),
];
