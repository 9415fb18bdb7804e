//! The rules of the points engine: id, legal basis, dates. Every outcome and every derived line names one.
//!
//! Values that change by date are rows with dates, never `if year`. Sources: 診療報酬の算定方法 別表第一
//! (令和6年厚生労働省告示第57号, 令和8年厚生労働省告示第69号) and the 留意事項通知 of both editions.

/// A rule with its legal basis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Stable id.
    pub id: &'static str,
    /// 区分番号 with 告示 or 通知.
    pub basis: &'static str,
    /// For a clerk, in Japanese.
    pub text: &'static str,
    /// False when the source is weak: the result says so.
    pub is_verified: bool,
}

macro_rules! rules {
    ($($name:ident = $id:literal, $basis:literal, $text:literal $(, $unverified:ident)?;)*) => {
        $(
            #[doc = $text]
            pub const $name: Rule = Rule { id: $id, basis: $basis, text: $text, is_verified: rules!(@verified $($unverified)?) };
        )*
        /// Every rule, by id.
        pub const ALL: &[Rule] = &[$($name),*];
    };
    (@verified) => { true };
    (@verified unverified) => { false };
}

rules! {
    ORDERED = "order/accepted", "オーダー", "指示どおり算定";
    INITIAL = "basic/initial", "A000 初診料", "初診のため初診料を算定";
    REVISIT = "basic/revisit", "A001 再診料", "再診のため再診料を算定";
    ONGOING = "basic/ongoing", "A000 留意事項(診療継続中の新たな傷病)", "診療継続中のため初診料ではなく再診料を算定";
    SECOND_DEPARTMENT = "basic/second-department", "A000注5、A001注3 同一日複数科", "同一日の2科目のため2科目の点数を算定";
    THIRD_DEPARTMENT = "basic/third-department", "A000(13)、A001(4) 留意事項", "同一日の3つ目以降の診療科では初診料・再診料を算定できない";
    SAME_DAY = "basic/same-day-revisit", "A001 同日再診", "同じ日の2回目の受診のため同日再診料を算定";
    PHONE = "basic/phone", "A001注9 電話等再診", "電話等による再診";
    ONLINE = "basic/online", "A000・A001 情報通信機器", "情報通信機器を用いた診療";
    NO_BASIC_FEE = "basic/none", "第1章第1部 通則", "基本診療料を算定しない受診";
    INFANT = "basic/infant", "A000注6、A001注4 乳幼児加算", "6歳未満のため乳幼児加算を算定";
    TIME = "basic/time", "A000注7・8、A001注5・6 時間外・休日・深夜", "受診時刻により時間の加算を算定";
    NIGHT_EARLY = "basic/night-early", "A000注9、A001注7 夜間・早朝等加算", "診療時間内の夜間・早朝等のため算定";
    AFTER_HOURS_SYSTEM = "basic/after-hours-system", "A001注10 時間外対応(体制)加算", "届出により再診料に加算";
    ITEMISED_STATEMENT = "basic/itemised-statement", "A001注11 明細書発行体制等加算", "明細書を無料で発行する診療所のため加算";
    STATEMENT_OR_COORDINATION = "basic/statement-or-coordination", "A001(15) 留意事項(令和8年度)", "電子的診療情報連携体制整備加算の届出医療機関では明細書発行体制等加算を算定できない";
    FUNCTION_STRENGTHENING = "basic/function-strengthening", "A000注10 機能強化加算", "届出により初診料に加算";
    INFECTION_CONTROL = "basic/infection-control", "A000注11–14、A001注15–18 外来感染対策向上加算等", "届出により月1回加算";
    MEDICAL_DX = "basic/medical-dx", "A000注16 医療DX推進体制整備加算", "届出により月1回加算";
    MEDICAL_INFORMATION = "basic/medical-information", "A000注15、A001注18 医療情報取得加算", "医療情報取得加算";
    ELECTRONIC_COORDINATION = "basic/electronic-coordination", "A000注16、A001注19 電子的診療情報連携体制整備加算; 疑義解釈その4(令和8年4月21日)問4 初診と再診を合わせて月1回", "届出により月1回加算";
    PEDIATRIC_OUTPATIENT = "management/pediatric-outpatient", "B001-2 小児科外来診療料", "6歳未満の小児科外来のため小児科外来診療料を算定";
    PEDIATRIC_INCLUDED = "management/pediatric-outpatient-includes", "B001-2注3 小児科外来診療料", "小児科外来診療料に含まれる";
    OUTPATIENT_MANAGEMENT = "basic/outpatient-management", "A001注8 外来管理加算", "処置等がなく医師の説明があったため算定";
    OUTPATIENT_MANAGEMENT_BLOCKED = "basic/outpatient-management-blocked", "A001注8 外来管理加算 (マスター項番56)", "同じ日に外来管理加算を算定できない診療行為がある";
    OUTPATIENT_MANAGEMENT_NO_REVISIT = "basic/outpatient-management-no-revisit", "A001注8、注3、注9 外来管理加算", "外来管理加算を算定できる再診料がない";
    CODE_UNKNOWN = "order/code-unknown", "レセプト電算処理マスター", "マスターにないコード";
    CODE_NOT_VALID = "order/code-not-valid", "レセプト電算処理マスター", "診療日に使用できないコード";
    NO_VALUE = "order/no-value", "令和8年度 医科診療行為マスター(未入手)", "この日の点数が確認できないコード";
    NOT_OUTPATIENT = "order/not-outpatient", "マスター項番13・15", "外来では使用できない診療行為";
    NOT_CLINIC = "order/not-clinic", "マスター項番19", "診療所では使用できない診療行為";
    FORENSIC = "order/forensic", "医療観察法診療報酬 (マスター項番21・90)", "医療観察法(法別30)の患者だけに算定できる";
    AGE = "order/age", "マスター項番41・42", "年齢の条件に合わない";
    STANDARD = "order/standard", "マスター項番72–81 施設基準", "施設基準の届出がない";
    STANDARD_AGGREGATE = "order/standard-aggregate", "マスター項番72–81 施設基準(名寄せ)", "施設基準の届出を確認する";
    PRICE_MISSING = "order/price-missing", "マスター金額種別", "購入価格または点数の入力が必要";
    NO_BASE = "order/no-base", "マスター項番38・68 注加算", "加算の対象となる診療行為がない";
    BASE_REJECTED = "order/base-rejected", "マスター項番38・68 注加算", "加算の対象となる診療行為が算定されない";
    SAME_SERIAL = "order/same-serial", "マスター項番38・39 注加算通番", "同時に算定できない注加算がある";
    QUANTITY_BELOW = "order/quantity-below", "マスター項番30–35 きざみ", "数量が算定できる下限に満たない";
    KIND_MISMATCH = "order/kind-mismatch", "calc/1", "オーダーの種類とコードが合わない";
    STRUCK = "order/struck", "calc/1", "窓口で取り消された自動算定";
    DISEASE = "order/disease", "マスター項番25 傷病名関連", "対象となる傷病名の確認が必要";
    DERIVED_ORDERED = "order/derived", "算定規則", "自動算定と同じ項目";
    BASIC_REPLACED = "order/basic-replaced", "第1章第1部", "受診の種類に応じた基本診療料に置き換え";
    ADD_ON_AGE = "add-on/age", "マスター項番100–111 年齢加算", "年齢により加算";
    ADD_ON_GENERAL_AGE = "add-on/general-age", "第2章 手術・麻酔 通則 年齢加算", "年齢により所定点数に加算";
    ADD_ON_TIME = "add-on/time", "第2章 処置通則5、手術通則12、麻酔通則3", "緊急に行われた時間外等の加算";
    ADD_ON_ENT = "add-on/ent-infant", "J 通則6 耳鼻咽喉科乳幼児処置加算", "6歳未満の耳鼻咽喉科処置のため1日1回加算";
    ADD_ON_HOUSE_CALL = "add-on/house-call", "C000注1", "往診の時間・患者により加算";
    JUDGEMENT = "test/judgement", "D026、E203、N006・N007 (マスター項番50・51)", "検査等の判断料(月1回)";
    SPECIMEN_MANAGEMENT = "test/specimen-management", "D026注4 検体検査管理加算", "届出により判断料とともに月1回加算";
    RAPID = "test/rapid", "D 第1部通則3 外来迅速検体検査加算", "当日に結果を文書で説明したため加算(1日5項目まで)";
    RAPID_EXCLUDED = "test/rapid-excluded", "D 第1部通則3 留意事項", "時間外緊急院内検査加算を算定する日は算定できない";
    OUTSIDE_HOURS = "test/outside-hours", "D 第1節第1款 通則1、E 通則3 留意事項", "診療時間以外・休日・深夜に始めた緊急の検査・画像診断に限る";
    BUNDLE = "test/bundle", "D004-2・D006–D009・D013・D014 注", "項目数により包括点数を算定";
    LIPIDS = "test/lipids", "D007(5) 留意事項", "HDL・総・LDLコレステロールは主たるもの2つのみ";
    DEGRESSION = "degression/month", "D 第3節通則、E 第3節通則2 (マスター項番52・63)", "同一月2回目以降の逓減";
    INCLUDED_TABLE = "table/included", "医科電子点数表 包括テーブル", "他の診療行為に包括される";
    EXCLUSION_TABLE = "table/exclusion", "医科電子点数表 背反テーブル", "同時に算定できない診療行為がある";
    LIMIT_TABLE = "table/limit", "医科電子点数表 算定回数テーブル", "算定回数の上限を超える";
    LIMIT_MASTER = "table/max-count", "マスター項番36・37 上限回数", "算定回数の上限を超える";
    LIFESTYLE_I = "management/lifestyle-1", "B001-3注2 生活習慣病管理料(Ⅰ)", "生活習慣病管理料(Ⅰ)に含まれる";
    LIFESTYLE_II = "management/lifestyle-2", "B001-3-3注2 生活習慣病管理料(Ⅱ)", "生活習慣病管理料(Ⅱ)に含まれる";
    LIFESTYLE_INITIAL_MONTH = "management/lifestyle-initial-month", "B001-3、B001-3-3 留意事項", "初診料を算定した月は算定できない";
    LIFESTYLE_SIX_MONTHS = "management/lifestyle-six-months", "B001-3-3 留意事項", "生活習慣病管理料(Ⅰ)の算定月から6月以内は(Ⅱ)を算定できない";
    ONE_MONTH = "management/one-month", "B000注2、B001の6・7・8・21、C010 各注", "初診日またはその日から1月以内は算定できない";
    INITIAL_MONTH = "management/initial-month", "B001の5・18・30・32・33 注2", "初診日またはその日の同月内は算定できない";
    PHONE_MANAGEMENT = "basic/phone-management", "A001(8)オ 留意事項(電話等再診)", "電話等再診の日は医学管理等を算定できない";
    ONLINE_NOT_FILED = "basic/online-not-filed", "A000注1、A001注1 情報通信機器", "情報通信機器を用いた診療の届出がない";
    PRESCRIPTION_ONCE = "prescription/once", "F400 留意事項", "処方箋料は1回の受診につき1回";
    PRESCRIPTION_BASE = "prescription/base", "F400注4・6・7", "処方箋料を算定しない受診では加算できない";
    PRESCRIPTION_DAYS = "prescription/28-days", "F100注5、F400注4 特定疾患処方管理加算", "28日以上の処方でないため算定できない";
    FAMILY_DOCTOR_CHILD = "management/family-doctor-child", "B001-2-11注3 小児かかりつけ診療料", "小児かかりつけ診療料に含まれる";
    COMPREHENSIVE_CARE = "management/comprehensive-care", "B001-2-9注2 地域包括診療料", "地域包括診療料に含まれる";
    COMPREHENSIVE_INITIAL = "management/comprehensive-initial", "B001-2-9注1 地域包括診療料(初診の日を除く)", "初診の日は地域包括診療料を算定できない";
    LATER_DAYS_ONLY = "psychiatry/later-days", "I002注2、I004の2ロ", "初診の日は30分を超える通院・在宅精神療法、初診時の心身医学療法に限る";
    FIRST_DAY_ONLY = "psychiatry/first-day", "I002の1ロ・2ロ、I004の2イ", "初診料を算定する初診の日に限る";
    PSYCHIATRY_OR_LIFESTYLE = "psychiatry/lifestyle-2", "I002注1(令和8年度)", "生活習慣病管理料(Ⅱ)を算定している患者には算定できない";
    SELF_INJECTION_VISIT = "injection/self-injection-visit", "G000(3)・G001・G004 留意事項", "在宅自己注射等の患者に訪問診療の日に行った注射は算定できない";
    LIMIT_OWN = "limit/own", "別表第一 注(告示の回数制限)", "算定回数の上限を超える";
    HOME_MANAGEMENT = "home/management-includes", "C002注・C002-2注 在医総管・施医総管", "在宅時医学総合管理料等に含まれる";
    HOME_VISIT_DAY = "home/visit-day", "C001注 在宅患者訪問診療料", "訪問診療料を算定する日は算定できない";
    HOME_DX = "home/dx", "C001(26) 留意事項(令和8年度) 在宅医療DX情報活用加算", "電子的診療情報連携体制整備加算を算定した月は算定できない";
    HOME_VISIT_INITIAL = "home/visit-initial", "C001 留意事項", "初診料を算定する日は訪問診療料を算定できない";
    MAIN_INJECTION = "injection/main-only", "G001・G004・G005・G006 留意事項", "同一日は主たる注射のみ";
    OPERATION_DAY = "operation/same-day", "K 通則 留意事項4 手術当日", "手術当日に手術に関連して行う処置・注射は算定できない";
    SAME_FIELD = "operation/same-field", "K 通則14、留意事項19 同一手術野", "同一手術野の手術は主たるもののみ";
    REHABILITATION_DAY = "rehabilitation/same-day", "H 通則、J119 留意事項", "疾患別リハビリテーションと同一日は算定できない";
    IMAGE_MANAGEMENT = "imaging/management", "E 通則4 電子画像管理加算", "対象となる撮影がない";
    GENERIC_NAME_ONE = "prescription/generic-name", "F400注6 一般名処方加算", "一般名処方加算は1処方につき1つ";
    GENERIC_NAME_KINDS = "prescription/generic-name-kinds", "F400(12) 留意事項 一般名処方加算1", "一般名処方加算1は2品目以上の処方に限る";
    DISPENSING = "medication/dispensing", "F000 調剤料", "院内処方の調剤料";
    PRESCRIBING = "medication/prescribing", "F100 処方料", "院内処方の処方料";
    PRESCRIBING_SEVEN = "medication/seven-kinds", "F100・F200注3 7種類以上", "内服薬が7種類以上";
    CONTROLLED = "medication/controlled", "F000注1、F100注3 麻薬等加算", "麻薬・向精神薬等の加算";
    PHARMACIST = "medication/pharmacist", "F500 調剤技術基本料", "常勤薬剤師の管理による月1回の加算";
    GENERIC_SYSTEM = "medication/generic-system", "F100注8 外来後発医薬品使用体制加算等", "届出により処方料に加算";
    DRUG_POINTS = "medication/drug-points", "F200・G100 薬剤", "薬価×数量を五捨五超入";
    DRUG_POINTS_OTHER = "medication/drug-points-other", "C200・D500・E300・J300・K940・L200 薬剤", "薬価×数量を五捨五超入(15円以下は算定しない)";
    SEVEN_REDUCTION = "medication/seven-reduction", "F200注3 薬剤料逓減90/100 (端数は四捨五入とした)", "内服薬7種類以上のため薬剤料を10/100減算", unverified;
    COMPRESS = "medication/compress-63", "第5部通則5 湿布薬63枚 (超過分の数え方は63枚分の薬剤料とした)", "湿布薬は1処方63枚まで", unverified;
    SELECTION = "medication/selection", "保険外併用療養費 長期収載品の選定療養", "患者希望の長期収載品のため特別の料金";
    OUTSIDE = "medication/outside", "F400 処方箋", "院外処方の薬剤はレセプトに記録しない";
    MATERIAL = "material/points", "C300・D600・E401・F300・G200・J400・K950・L300", "特定保険医療材料は価格を10で除して四捨五入";
    OXYGEN = "material/oxygen", "J201 酸素加算、酸素及び窒素の価格", "単価×量×1.3を四捨五入し10で除して四捨五入";
    BASE_UP = "other/base-up", "O100(令和6)・O001(令和8) 外来・在宅ベースアップ評価料(Ⅰ)", "届出により基本診療料とともに算定";
    ONCE_A_DAY = "other/once-a-day", "O001・O100(令和8年度; 「1日につき」の文言はないが1日に1回とした)", "同じ日の2回目の受診ではベースアップ評価料・物価対応料を算定していない", unverified;
    PRICE_RESPONSE = "other/price-response", "O100 物価対応料(令和8年度)", "基本診療料とともに算定(届出不要)";
    COMMENT = "order/comment", "記載要領", "コメントとして記録";
    SELF_PAY = "order/self-pay", "自費", "保険外の費用";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_ids_are_unique() {
        let mut ids: Vec<_> = ALL.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ALL.len());
    }
}
