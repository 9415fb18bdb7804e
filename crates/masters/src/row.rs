//! Rows of the compiled masters: fixed size, little endian, read in place from the mapped file.
//!
//! Field numbers (F1 …) are the 項番 of the official layouts: マスターファイル仕様説明書 (令和6年度版),
//! 医科電子点数表の活用手引き, コメント関連テーブル ファイル仕様説明書.
//! Amounts are hundredths (`…_e2`), dates are numbers `YYYYMMDD`, texts lie in the file's text section.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The number that stands for "no end" in every date field.
pub const OPEN_END: u32 = 99_999_999;

/// A place in the text section: offset and length in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Text {
    /// Offset in the text section.
    pub offset: u32,
    /// Length in bytes.
    pub len: u32,
}

/// When a version of a code holds, and how far it is to be trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Validity {
    /// The nine (seven, four) digits of the code as a number. First key of every table.
    pub code: u32,
    /// First day on which this content holds. Second key.
    pub from: u32,
    /// Last day on which this content holds; [`OPEN_END`] when open.
    pub to: u32,
    /// Index of the edition this version came from.
    pub edition: u16,
    /// 0 official; 1 derived value read from the notice without doubt (confidence M, A);
    /// 2 derived value tied by name, factor or reference (confidence B); 3 official row used before
    /// its 変更年月日 because no earlier edition is at hand.
    pub basis: u8,
    /// 1 when the 区分 of the code has changed points, is new or deleted in the newer notice, so that
    /// exclusion, inclusion and count rules of the older edition need confirmation.
    pub section_changed: u8,
}

/// Age add-on of a base act (F100–F111): bounds as written in the master, and the add-on's code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct AgeAddOn {
    /// 注加算診療行為コード; 0 when unused.
    pub code: u32,
    /// 下限年齢, two characters.
    pub low: [u8; 2],
    /// 上限年齢, two characters.
    pub high: [u8; 2],
}

/// 医科診療行為マスター (S): one version of an act.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ActRow {
    /// Key and validity (F3, F87, F88).
    pub validity: Validity,
    /// F5 省略漢字名称.
    pub name: Text,
    /// F7 省略カナ名称.
    pub kana: Text,
    /// F113 基本漢字名称.
    pub full_name: Text,
    /// F10 データ規格名.
    pub unit_name: Text,
    /// F12 新又は現点数, hundredths; a percentage when `point_kind` is 5 or 6.
    pub points_e2: i32,
    /// F34 きざみ点数, hundredths.
    pub step_points_e2: i32,
    /// F31 下限値.
    pub step_low: u32,
    /// F32 上限値; 99999999 none.
    pub step_high: u32,
    /// F33 きざみ値.
    pub step_unit: u32,
    /// F89 公表順序番号.
    pub publish_order: u32,
    /// F100–F111 年齢加算①–④.
    pub age_add_ons: [AgeAddOn; 4],
    /// F8 データ規格コード; 0 when no quantity is recorded.
    pub unit_code: u16,
    /// F15 点数欄集計先識別(入院外); 0 when not usable outpatient.
    pub outpatient_bucket: u16,
    /// F36 上限回数 per claim; 0 none.
    pub max_count: u16,
    /// F38 注加算コード.
    pub note_code: u16,
    /// F45 対象施設基準.
    pub conformity_standard: u16,
    /// F63 包括逓減区分.
    pub degression_group: u16,
    /// F66 点数欄集計先識別(入院).
    pub inpatient_bucket: u16,
    /// F72–F81 施設基準①–⑩; 0 unused.
    pub standards: [u16; 10],
    /// F92 区分番号.
    pub section_number: u16,
    /// F94 項番.
    pub section_item: u16,
    /// F85 コード表用番号(アルファベット部): the letter, `-` for －, `*` for ＊.
    pub section_letter: u8,
    /// F93 枝番.
    pub section_branch: u8,
    /// F90 章.
    pub chapter: u8,
    /// F91 部.
    pub part: u8,
    /// F11 点数識別: 1 yen, 3 points, 4 points typed, 5 +%, 6 −%, 7 typed deduction, 8 minus points.
    pub point_kind: u8,
    /// F13 入外適用区分: 0 both, 1 inpatient, 2 outpatient.
    pub in_out: u8,
    /// F14 後期高齢者医療適用区分.
    pub elderly_scope: u8,
    /// F16 包括対象検査 (まるめ group).
    pub bundle_group: u8,
    /// F18 DPC適用区分.
    pub dpc_scope: u8,
    /// F19 病院・診療所区分: 0 both, 1 hospital, 2 clinic.
    pub facility_kind: u8,
    /// F25 傷病名関連区分.
    pub disease_link: u8,
    /// F27 実日数.
    pub day_rule: u8,
    /// F28 日数・回数.
    pub day_rule_sub: u8,
    /// F29 医薬品関連区分.
    pub drug_link: u8,
    /// F30 きざみ値計算識別: 1 stepped.
    pub step_calc: u8,
    /// F35 上下限エラー処理, 0–3.
    pub step_error: u8,
    /// F37 上限回数エラー処理: 0 check, 1 cap.
    pub max_count_error: u8,
    /// F39 注加算通番: `0` base, `1`–`9`, `A`–`Z` (the ASCII character).
    pub note_serial: u8,
    /// F40 通則年齢.
    pub general_age: u8,
    /// F41 下限年齢, two characters.
    pub age_low: [u8; 2],
    /// F42 上限年齢, two characters.
    pub age_high: [u8; 2],
    /// F43 時間加算区分.
    pub time_add_on: u8,
    /// F44 適合区分.
    pub conformity: u8,
    /// F46 処置乳幼児加算区分.
    pub infant_treatment: u8,
    /// F47 極低出生体重児加算区分.
    pub low_birth_weight: u8,
    /// F50 検査等実施判断区分: 1 test, 2 judgement fee.
    pub exam_role: u8,
    /// F51 検査等実施判断グループ区分.
    pub exam_group: u8,
    /// F52 逓減対象区分.
    pub degression: u8,
    /// F56 外来管理加算区分: 1 blocks it, 2 is it.
    pub outpatient_management: u8,
    /// F61 検体検査コメント.
    pub specimen_comment: u8,
    /// F62 通則加算所定点数対象区分: 1 does not count into the base of general add-ons.
    pub outside_general_base: u8,
    /// F68 告示等識別区分(1): 1 base, 3 composite, 5 borrowed, 7 note add-on, 9 general add-on.
    pub record_role: u8,
    /// F69 告示等識別区分(2).
    pub notice_role: u8,
    /// F71 病床数区分.
    pub beds: u8,
    /// F23 麻酔識別区分.
    pub anesthesia_kind: u8,
    /// F20 画像等手術支援加算.
    pub image_surgery_support: u8,
    /// F53 脊髄誘発電位測定等加算区分.
    pub spinal_potential: u8,
    /// F54 頸部郭清術併施加算等区分.
    pub neck_dissection: u8,
    /// F55 自動縫合器加算区分.
    pub auto_suture: u8,
    /// F64 超音波内視鏡加算区分.
    pub endoscopic_ultrasound: u8,
    /// F67 自動吻合器加算区分.
    pub auto_anastomosis: u8,
    /// F82 超音波凝固切開装置等加算区分.
    pub ultrasonic_device: u8,
    /// F83 短期滞在手術.
    pub short_stay: u8,
    /// F114, F115, F116, F118–F123 and F127 as written (ASCII characters, `0` unused).
    pub surgery_flags: [u8; 10],
    /// F124 外来感染対策向上加算等 (ASCII character).
    pub infection_control: u8,
    /// F125 耳鼻咽喉科乳幼児処置加算.
    pub ent_infant_treatment: u8,
    /// F126 耳鼻咽喉科小児抗菌薬適正使用支援加算.
    pub ent_antibiotic_support: u8,
    /// F129 外来・在宅ベースアップ評価料(1).
    pub base_up_1: u8,
    /// F130 外来・在宅ベースアップ評価料(2).
    pub base_up_2: u8,
    /// F84 歯科適用区分.
    pub dental: u8,
    /// F21 医療観察法対象区分.
    pub forensic_scope: u8,
    /// Unused.
    pub reserved: [u8; 4],
}

/// 医薬品マスター (Y): one version of a drug.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct DrugRow {
    /// Key and validity (F3, F30, F31, F34).
    pub validity: Validity,
    /// F5 漢字名称.
    pub name: Text,
    /// F7 カナ名称.
    pub kana: Text,
    /// F35 基本漢字名称.
    pub full_name: Text,
    /// F10 単位 漢字名称.
    pub unit_name: Text,
    /// F32 薬価基準収載医薬品コード.
    pub price_list_code: Text,
    /// F37 一般名コード.
    pub generic_name_code: Text,
    /// F38 一般名処方の標準的な記載.
    pub generic_name: Text,
    /// F12 新又は現金額, hundredths of a yen per unit.
    pub price_e2: i64,
    /// F21 注射容量, mL.
    pub volume_ml: u32,
    /// F23 商品名等関連.
    pub generic_row: u32,
    /// F34 経過措置年月日又は商品名医薬品コード使用期限; 0 none.
    pub usable_until: u32,
    /// F36 薬価基準収載年月日; 0 unknown.
    pub listed_on: u32,
    /// F41 長期収載品関連.
    pub selection_pair: u32,
    /// F8 単位コード.
    pub unit_code: u16,
    /// F11 金額種別: 1 yen, 3 quantity omitted, 7 deduction typed.
    pub price_kind: u8,
    /// F14 麻薬・毒薬・覚醒剤原料・向精神薬: 0, 1, 2, 3, 5.
    pub controlled: u8,
    /// F15 神経破壊剤.
    pub neurolytic: u8,
    /// F16 生物学的製剤.
    pub biologic: u8,
    /// F17 後発品.
    pub generic: u8,
    /// F20 造影(補助)剤.
    pub contrast: u8,
    /// F22 収載方式等識別.
    pub listing: u8,
    /// F28 剤形: 1 内用, 3 その他, 4 注射, 6 外用, 8 歯科.
    pub form: u8,
    /// F39 一般名処方加算対象区分.
    pub generic_name_add_on: u8,
    /// F42 選定療養区分: 1 対象(医療上必要), 2 対象(患者希望).
    pub selection: u8,
}

/// 特定器材マスター (T): one version of a material.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct MaterialRow {
    /// Key and validity (F3, F28, F29, F30).
    pub validity: Validity,
    /// F5 漢字名称.
    pub name: Text,
    /// F7 カナ名称.
    pub kana: Text,
    /// F37 基本漢字名称.
    pub full_name: Text,
    /// F10 単位名.
    pub unit_name: Text,
    /// F12 新又は現金額, hundredths (yen, or percent).
    pub price_e2: i64,
    /// F24 上限点数.
    pub max_points: u32,
    /// F8 単位コード.
    pub unit_code: u16,
    /// F15 下限年齢, two characters.
    pub age_low: [u8; 2],
    /// F16 上限年齢, two characters.
    pub age_high: [u8; 2],
    /// F11 金額種別: 1 yen, 2 購入価格, 5 +%, 9 multiplier.
    pub price_kind: u8,
    /// F14 年齢加算区分.
    pub age_add_on: u8,
    /// F21 酸素等区分.
    pub gas_kind: u8,
    /// F22 特定器材種別: 0 yen/10, 2 gas, 3 yen/50, 4 yen/1000.
    pub material_kind: u8,
    /// F23 上限価格.
    pub has_price_cap: u8,
    /// F31 別表番号.
    pub table: u8,
}

/// コメントマスター (C).
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct CommentRow {
    /// Key and validity (F23, F21, F22).
    pub validity: Validity,
    /// F7 漢字名称.
    pub name: Text,
    /// F9 カナ名称.
    pub kana: Text,
    /// F10–F17 レセプト編集情報①–④: column and width, for pattern 40.
    pub slots: [[u8; 2]; 4],
    /// F20 選択式コメント識別.
    pub is_selective: u8,
    /// Unused.
    pub reserved: [u8; 3],
}

/// 傷病名マスター (B).
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct DiagnosisRow {
    /// Key and validity (F3, F22–F24).
    pub validity: Validity,
    /// F6 基本名称.
    pub name: Text,
    /// F8 省略名称.
    pub short_name: Text,
    /// F10 カナ.
    pub kana: Text,
    /// F16 ICD-10-1 (2013), without dot.
    pub icd10_1: Text,
    /// F17 ICD-10-2 (2013).
    pub icd10_2: Text,
    /// F4 移行先コード; equal to the code when there is none.
    pub successor: u32,
    /// F19 単独使用禁止区分.
    pub needs_modifier: u8,
    /// F20 保険請求外区分: 1 not claimable.
    pub not_claimable: u8,
    /// F21 特定疾患等対象区分.
    pub specific_disease: u8,
    /// F43 難病外来対象区分.
    pub intractable: u8,
}

/// 修飾語マスター (Z).
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ModifierRow {
    /// Key and validity (F3, F14–F16).
    pub validity: Validity,
    /// F7 名称.
    pub name: Text,
    /// F10 カナ.
    pub kana: Text,
    /// F19 修飾語区分 as a number.
    pub class: u32,
}

/// コメント関連テーブル (ck): a comment that an act or drug needs. `validity.code` is the act or drug.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct CommentRuleRow {
    /// Key (F6) and validity (F12, F13).
    pub validity: Validity,
    /// F9 コメントコード.
    pub comment: u32,
    /// F3 項番.
    pub item: u16,
    /// F17 算定回数.
    pub count: u16,
    /// F2 コメント記載通知等.
    pub notice: u8,
    /// F5 枝番.
    pub branch: u8,
    /// F14 条件区分.
    pub condition: u8,
    /// F15 非算定理由コメント.
    pub is_reason_for_absence: u8,
    /// F16 入外区分: 1 inpatient, 2 outpatient.
    pub in_out: u8,
    /// Unused.
    pub reserved: [u8; 3],
}

/// 電子点数表 01 補助マスターテーブル.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct FeeTableRow {
    /// Key (F2) and validity (F26, F27).
    pub validity: Validity,
    /// F5, F7, F9 グループ番号①–③ of 包括, as written (7 characters; zero bytes unused) and a zero byte.
    pub inclusion_groups: [[u8; 8]; 3],
    /// F4, F6, F8 包括単位①–③: 0 none, 1 day, 2 month, 3 simultaneous, 5 week before, 6 operation.
    pub inclusion_units: [u8; 3],
    /// F10–F13 背反 day, month, simultaneous, week: 1 when table 03-x has rows.
    pub exclusion_flags: [u8; 4],
    /// F21 算定回数関連.
    pub has_limits: u8,
    /// F20 入院基本料識別.
    pub stay_group: u16,
    /// Unused.
    pub reserved: [u8; 2],
}

/// 電子点数表 02 包括テーブル: an act contained in every parent that names the group.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct InclusionRow {
    /// Key (F3: the contained act) and validity (F6, F7).
    pub validity: Validity,
    /// F2 グループ番号, 7 characters and a zero byte.
    pub group: [u8; 8],
    /// F5 特例条件.
    pub has_exception: u8,
    /// 1 when the row was written from the fee table's notes because the official table is not at hand.
    pub is_own: u8,
    /// Unused.
    pub reserved: [u8; 2],
}

/// 電子点数表 03 背反テーブル. `validity.code` is code ①.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ExclusionRow {
    /// Key (F2: code ①) and validity (F9, F10).
    pub validity: Validity,
    /// F4 コード②.
    pub other: u32,
    /// 1 same day (03-1), 2 same month (03-2), 3 simultaneous (03-3), 4 week (03-4).
    pub period: u8,
    /// F6 背反区分: 1 bill ①, 2 bill ②, 3 either one.
    pub keep: u8,
    /// F7 特例条件.
    pub has_exception: u8,
    /// 1 when the row was written from the fee table's notes because the official table is not at hand.
    pub is_own: u8,
}

/// 電子点数表 04 入院基本料テーブル.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct StayAddOnRow {
    /// Key (F3: the add-on) and validity (F7, F8).
    pub validity: Validity,
    /// F2 グループ番号.
    pub group: u16,
    /// F5 加算識別.
    pub kind: u16,
}

/// 電子点数表 05 算定回数テーブル.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct LimitRow {
    /// Key (F2) and validity (F13, F14).
    pub validity: Validity,
    /// F4 算定単位コード: 121 day, 131 month, 138 week …
    pub unit: u16,
    /// F6 算定回数.
    pub count: u16,
    /// F7 特例条件.
    pub has_exception: u8,
    /// Unused.
    pub reserved: [u8; 3],
}

/// A facility standard code (施設基準コード) with its name.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct StandardRow {
    /// Key and validity.
    pub validity: Validity,
    /// 施設基準名称.
    pub name: Text,
}

/// A code that has no usable value from a day on (令和8 value unknown, 区分 deleted, item abolished).
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct EndedRow {
    /// Key; `from` is the first day without a value.
    pub validity: Validity,
    /// Why, for a person: names the missing official file or the legal reason.
    pub reason: Text,
    /// 1 when the code was abolished by law, 0 when only its value is not known here.
    pub is_abolished: u8,
    /// Unused.
    pub reserved: [u8; 3],
}

/// A programme of the 国公費 or 地単公費 master.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SubsidyRow {
    /// Key (law number × 100,000 + serial of the law's rows in the file: the local master has more than 20,000 rows) and validity.
    pub validity: Validity,
    /// Name of the programme (制度名).
    pub name: Text,
    /// 国公費: all columns of the official row as written, separated by U+001F. 地単公費: `field=value` pairs, read by
    /// [`crate::LocalProgramme`].
    pub columns: Text,
    /// 法別番号.
    pub law: u16,
    /// 公費適用順位; 0 none.
    pub rank: u16,
    /// Prefecture 1–47 of a local programme; 0 national.
    pub prefecture: u16,
    /// Unused.
    pub reserved: u16,
}

/// An imported edition (one official or derived file).
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct EditionRow {
    /// File name without folder.
    pub name: Text,
    /// Kind of master: 医科診療行為, 医薬品 … in the official words.
    pub kind: Text,
    /// SHA-256 of the file's bytes (after decompression), 64 hexadecimal characters.
    pub sha256: Text,
    /// Edition date YYYYMMDD from the file's name; 0 unknown.
    pub date: u32,
    /// Rows read.
    pub rows: u32,
    /// 0 official, 1 derived, 2 the project's own, 3 fictional.
    pub basis: u8,
    /// 1 for a difference file.
    pub is_difference: u8,
    /// Unused.
    pub reserved: [u8; 6],
}

impl Validity {
    /// True when the content holds on the day `YYYYMMDD`.
    pub const fn holds_on(&self, day: u32) -> bool {
        self.from <= day && day <= self.to
    }
}

/// A row type of the compiled file.
pub trait Row: FromBytes + IntoBytes + Immutable + KnownLayout + Copy + 'static {
    /// Number of the row's section.
    const KIND: u32;
}

macro_rules! kinds {
    ($($kind:literal $row:ident;)*) => {
        $(impl Row for $row {
            const KIND: u32 = $kind;
        })*

        /// Bytes of one row of a section.
        pub(crate) const fn row_size(kind: u32) -> Option<usize> {
            match kind {
                $($kind => Some(size_of::<$row>()),)*
                _ => None,
            }
        }
    };
}

kinds! {
    1 EditionRow;
    2 ActRow;
    3 DrugRow;
    4 MaterialRow;
    5 CommentRow;
    6 DiagnosisRow;
    7 ModifierRow;
    8 CommentRuleRow;
    9 FeeTableRow;
    10 InclusionRow;
    11 ExclusionRow;
    12 StayAddOnRow;
    13 LimitRow;
    14 StandardRow;
    15 EndedRow;
    16 SubsidyRow;
}
