//! Every rule of the charge with its source, for the reasons and for the list of unverified rules.

use super::tables::{LIMITS, LimitRow, Months, PART_LIMITS, PROGRAMMES, Programme, RELIEF};

/// A rule as a reason names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Stable id.
    pub id: &'static str,
    /// Legal or technical source.
    pub basis: &'static str,
    /// False for rules that no official text confirmed.
    pub is_verified: bool,
}

/// A rule with the months it holds for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuleEntry {
    /// Stable id.
    pub id: &'static str,
    /// First month of care, `YYYYMM`; `None` = since the tables begin.
    pub valid_from: Option<u32>,
    /// Last month of care, `YYYYMM`.
    pub valid_to: Option<u32>,
    /// Source.
    pub source: &'static str,
    /// False for rules that no official text confirmed.
    pub is_verified: bool,
}

const fn rule(id: &'static str, basis: &'static str) -> Rule {
    Rule { id, basis, is_verified: true }
}

const fn unverified(id: &'static str, basis: &'static str) -> Rule {
    Rule { id, basis, is_verified: false }
}

/// 一部負担金 by 負担割合.
pub const COPAY: Rule =
    rule("copay.ratio", "健康保険法 第74条・第110条, 国民健康保険法 第42条, 高齢者の医療の確保に関する法律 第67条");
/// 公費単独: no insurance, the whole cost goes to the subsidies.
pub const SUBSIDY_ONLY: Rule = rule("copay.subsidy-only", "診療報酬請求書等の記載要領 (公費負担医療単独)");
/// 減額, 免除, 支払猶予 of the copay.
pub const RELIEVED: Rule =
    unverified("copay.relieved", "健康保険法 第75条の2, 国民健康保険法 第44条; 記録条件仕様(医科用) 別表16 減免区分");
/// マル長.
pub const SPECIFIC_DISEASE: Rule =
    rule("limit.specific-disease", "健康保険法施行令 第41条・第42条 (特定疾病に係る高額療養費: 1万円, 2万円)");
/// マル長 over parts with and without a subsidy: one common amount.
pub const SPECIFIC_DISEASE_COMMON: Rule = unverified(
    "limit.specific-disease-common",
    "特定疾病の限度は月1医療機関で1つ (公費併用分と保険単独分の合算; 国保連により扱いが異なる)",
);
/// マル長 over the same parts, each with the amount for itself (switch).
pub const SPECIFIC_DISEASE_APART: Rule = unverified(
    "limit.specific-disease-apart",
    "特定疾病の限度を公費併用分と保険単独分で別に数える (審査支払機関ごとの設定)",
);
/// Parts of under 70 that count with the insurance-only part: 21,000 yen and over.
pub const COMBINATION: Rule =
    rule("limit.combination-21000", "健康保険法施行令 第41条第1項 (21,000円以上の一部負担金等の合算)");
/// The same bound in the month of a 75th birthday: 10,500 yen.
pub const COMBINATION_HALVED: Rule =
    unverified("limit.combination-10500", "健康保険法施行令 第41条第1項 (75歳到達時特例対象療養は10,500円)");
/// 10 yen, half up.
pub const WINDOW_ROUND: Rule =
    rule("window.round-10-yen", "健康保険法 第75条, 国民健康保険法 第42条の2 (10円未満四捨五入)");
/// 累計方式.
pub const WINDOW_RUNNING: Rule =
    rule("window.running-total", "厚生労働省 後期高齢者医療 配慮措置の窓口計算例 (月の累計から既徴収額を差し引く)");
/// A day ends at the cap that holds it, however its days were rounded.
pub const WINDOW_CAP: Rule = rule(
    "window.held-to-cap",
    "公費の自己負担上限月額・高額療養費算定基準額 (管理票には徴収額を記載し、その合計は上限を超えない)",
);
/// Rounding at a limit off ten yen.
pub const WINDOW_LIMIT_ROUNDING: Rule = unverified(
    "window.limit-rounding",
    "高額療養費算定基準額が10円単位でないときの窓口徴収額 (設定: 10円四捨五入, 1円, 10円切捨て)",
);
/// Difference between due and collected.
pub const ADJUSTMENT: Rule = rule("window.adjustment", "再計算による過不足 (領収済みの記録は書き換えない)");
/// Uninsured items.
pub const SELF_PAY: Rule = rule("self-pay.tax", "消費税法 第28条・第29条・第45条 (端数処理は設定)");
/// 長期収載品 at the patient's wish.
pub const SELECTION_FEE: Rule =
    rule("self-pay.selection-fee", "保険医療機関及び保険医療養担当規則 第5条の4 (長期収載品の特別の料金)");
/// No valid insurance on the day: the patient pays all.
pub const UNCOVERED: Rule = rule("copay.uncovered", "健康保険法 第87条 (療養費: 資格を確認できないときは10割)");
/// 自費 at 10 yen a point.
pub const PRIVATE: Rule =
    unverified("other.private-10-yen", "自由診療: 1点10円, 税は別に設定 (自費率は医療機関が定める)");
/// 労災.
pub const WORK_ACCIDENT: Rule =
    unverified("other.work-accident", "労災診療費算定基準 (1点12円, 非課税法人11.5円; 指定医療機関では患者負担なし)");
/// 自賠責.
pub const TRAFFIC_ACCIDENT: Rule =
    unverified("other.traffic-accident", "自動車損害賠償保障法 (単価と支払者は合意による)");
/// Local programme: nothing is left.
pub const LOCAL_NOTHING: Rule = rule("local.nothing", "地単公費マスター 項目51 (全額助成)");
/// Local programme: percentage of the cost.
pub const LOCAL_PERCENT: Rule = rule("local.percent-of-cost", "地単公費マスター 項目51–54 (割合)");
/// Local programme: what is left up to the cap.
pub const LOCAL_REMAINING: Rule = rule("local.remaining-copay", "地単公費マスター 項目71 (月の上限)");
/// Local programme: amount per visit.
pub const LOCAL_PER_VISIT: Rule = rule("local.per-visit", "地単公費マスター 項目65・66 (1回の上限, 月の回数)");
/// Local programme: percentage of what is left.
pub const LOCAL_PERCENT_OF_COPAY: Rule = rule("local.percent-of-copay", "地単公費マスター 項目51・53 (自己負担の割合)");
/// Local programme: amount per day.
pub const LOCAL_PER_DAY: Rule = rule("local.per-day", "地単公費マスター 項目67・68 (1日の上限, 月の日数)");
/// Local programme: bounds of what it pays itself.
pub const LOCAL_PAYMENT: Rule =
    rule("local.payment-max", "地単公費マスター 項目40・51–54・65–71 (助成額を対象とする割合・上限)");
/// Local programme: an amount that stands for a proportional limit.
pub const LOCAL_GROWING_CAP: Rule = unverified(
    "local.growing-cap",
    "地単公費マスター 項目71 (80100・167400・252600 は医療費に応じて増える限度額を表す; 令和8年8月以降も同じ式とする)",
);
/// Local programme: the month goes on when the insurance changes.
pub const LOCAL_KEEPS_TOTAL: Rule =
    rule("local.keeps-total", "地単公費マスター 項目47 (保険制度変更前の患者負担額の累計)");
/// A book's cap and a ticket's payment go on when the insurance changes.
pub const BOOK_KEEPS_TOTAL: Rule = rule(
    "subsidy.month-goes-on",
    "自己負担上限月額・医療券の本人支払額は受給者ごとに1月 (自己負担上限額管理票は保険の変更で改まらない)",
);
/// Local programme: pays before a national one.
pub const LOCAL_FIRST: Rule = rule("subsidy.local-first", "国公費マスター 9-10 (地単公費を優先して適用)");
/// Local programme: 特記事項 and comments on the receipt.
pub const LOCAL_NOTES: Rule =
    rule("receipt.local-notes", "地単公費マスター 項目96–98 (レセプト特記事項, コメントコード)");
/// Local programme: not for the patient's age, or without the subsidy it requires.
pub const LOCAL_CONDITIONS: Rule =
    rule("local.conditions", "地単公費マスター 項目13–16 (年齢基準), 項目25 (前提となる公費)");
/// Local programme: the review body that takes it.
pub const LOCAL_TARGET: Rule = rule("local.claim-target", "地単公費マスター 項目37–39 (委託の有無)");
/// Local programme: amount on 初診.
pub const LOCAL_FIRST_VISIT: Rule = rule("local.first-visit", "地単公費マスター 項目40–46 (初診時一部負担金)");
/// A local part has a limit of its own and stays outside the insurance-only part.
pub const LOCAL_PART: Rule =
    unverified("limit.local-part-apart", "地単公費マスター 項目92 (高額療養費への合算は制度による)");
/// 本人支払額 of a 医療券.
pub const TICKET: Rule = rule("subsidy.ticket", "生活保護法 第15条・第52条 (医療券の本人支払額)");
/// 5 % of an odd number of points.
pub const FRACTION: Rule = unverified("subsidy.fraction-half-up", "公費一部負担金の1円未満: 四捨五入");
/// Part payments where the fifth subsidy stands.
pub const FOUR_SUBSIDIES: Rule = rule("receipt.four-subsidies", "記録条件仕様(医科用) 公費レコード (4件まで)");
/// Type code.
pub const TYPE_CODE: Rule = rule("receipt.type-code", "記録条件仕様(医科用) 別表5 レセプト種別コード");
/// 給付割合 of 国保.
pub const BENEFIT_RATIO: Rule =
    unverified("receipt.benefit-ratio", "記録条件仕様(医科用) RE 8 給付割合 (国保のみ; 記録は県により異なる)");
/// 特記事項.
pub const NOTES: Rule = rule("receipt.special-notes", "診療報酬請求書等の記載要領 別表 特記事項");
/// HO field 12.
pub const HO_COPAY: Rule =
    rule("receipt.ho-copay", "診療報酬請求書等の記載要領 一部負担金額欄 (高額療養費が現物給付された者)");
/// KO field 7.
pub const KO_COPAY: Rule = rule("receipt.ko-copay", "診療報酬請求書等の記載要領 公費一部負担金額欄");
/// KO field 7 of law 10.
pub const KO_COPAY_TB: Rule =
    unverified("receipt.ko-copay-10", "公費10: 高額療養費のないとき空欄, あるとき当月の患者負担全額 (一資料)");
/// KO field 8.
pub const KO_OUTPATIENT: Rule =
    rule("receipt.ko-outpatient-copay", "記録条件仕様(医科用) KO 8 公費給付対象外来一部負担金");
/// KO field 7 of 0 yen by switch.
pub const KO_ZERO: Rule = unverified("receipt.ko-zero-blank", "公費一部負担金 0円の記録 (法別番号ごとの設定)");
/// HO field 12 without a limit reached, by switch.
pub const HO_LOCAL: Rule =
    unverified("receipt.ho-local-copay", "地方単独公費のみの併用で一部負担金額を常に記録 (国保連の取決めによる設定)");
/// 10-yen amounts under a limit, by switch.
pub const LIMIT_AMOUNTS: Rule =
    unverified("receipt.limit-amounts-10-yen", "高額療養費の現物給付時の負担金額を10円単位で記録 (設定)");
/// RE field 11, by switch.
pub const LOW_INCOME: Rule =
    unverified("receipt.low-income", "記録条件仕様(医科用) RE 11 別表8 (入院外での記録は設定)");
/// MF.
pub const MF: Rule = unverified(
    "receipt.window-burden-class",
    "記録条件仕様(医科用) 窓口負担額レコード (入院外の01・02は版により異なる)",
);

const ALL: &[Rule] = &[
    COPAY,
    SUBSIDY_ONLY,
    RELIEVED,
    SPECIFIC_DISEASE,
    SPECIFIC_DISEASE_COMMON,
    SPECIFIC_DISEASE_APART,
    COMBINATION,
    COMBINATION_HALVED,
    WINDOW_ROUND,
    WINDOW_RUNNING,
    WINDOW_CAP,
    WINDOW_LIMIT_ROUNDING,
    ADJUSTMENT,
    SELF_PAY,
    SELECTION_FEE,
    UNCOVERED,
    PRIVATE,
    WORK_ACCIDENT,
    TRAFFIC_ACCIDENT,
    LOCAL_NOTHING,
    LOCAL_PERCENT,
    LOCAL_REMAINING,
    LOCAL_PER_VISIT,
    LOCAL_PERCENT_OF_COPAY,
    LOCAL_PER_DAY,
    LOCAL_FIRST_VISIT,
    LOCAL_PAYMENT,
    LOCAL_GROWING_CAP,
    LOCAL_KEEPS_TOTAL,
    BOOK_KEEPS_TOTAL,
    LOCAL_FIRST,
    LOCAL_NOTES,
    LOCAL_CONDITIONS,
    LOCAL_TARGET,
    LOCAL_PART,
    TICKET,
    FRACTION,
    FOUR_SUBSIDIES,
    TYPE_CODE,
    BENEFIT_RATIO,
    NOTES,
    HO_COPAY,
    KO_COPAY,
    KO_COPAY_TB,
    KO_OUTPATIENT,
    KO_ZERO,
    HO_LOCAL,
    LIMIT_AMOUNTS,
    LOW_INCOME,
    MF,
];

const INSURERS: Rule = rule("insurer.laws", "診療報酬請求書等の記載要領 別添2 法別番号");
const ORDER: Rule =
    rule("subsidy.legal-order", "診療報酬請求書等の記載要領 (法別番号の順位), 国公費マスタ 公費適用順位");

impl From<&LimitRow> for Rule {
    fn from(row: &LimitRow) -> Self {
        Self { id: row.id, basis: row.source, is_verified: row.is_verified }
    }
}

impl From<&Programme> for Rule {
    fn from(row: &Programme) -> Self {
        Self { id: row.id, basis: row.source, is_verified: row.is_verified }
    }
}

/// 配慮措置 as a rule.
pub const RELIEF_RULE: Rule = rule(RELIEF.id, RELIEF.source);

fn entry(rule: Rule, months: Option<Months>) -> RuleEntry {
    RuleEntry {
        id: rule.id,
        valid_from: months.map(|months| months.from),
        valid_to: months.and_then(|months| months.to),
        source: rule.basis,
        is_verified: rule.is_verified,
    }
}

/// All rules of the charge, for `tensu rules`.
pub fn rules() -> Vec<RuleEntry> {
    let parts = PART_LIMITS
        .iter()
        .flat_map(|row| [Some(row.general), row.general_70, Some(row.welfare), row.welfare_70].into_iter().flatten());
    let limits = LIMITS.iter().copied().chain(parts).map(|row| entry(Rule::from(&row), Some(row.months)));

    ALL.iter()
        .map(|rule| entry(*rule, None))
        .chain([entry(INSURERS, None), entry(ORDER, None)])
        .chain(limits)
        .chain([entry(RELIEF_RULE, Some(RELIEF.months))])
        .chain(PROGRAMMES.iter().map(|row| entry(Rule::from(row), None)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_an_id_of_its_own_and_a_source() {
        let all = rules();
        let mut ids: Vec<_> = all.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        let before = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), before);
        assert!(all.iter().all(|rule| !rule.source.is_empty()));
    }

    #[test]
    fn limits_of_subsidised_parts_from_2026_08_are_unverified() {
        let all = rules();
        let is_presumed = |rule: &RuleEntry| rule.id.starts_with("limit.part-") && rule.valid_from == Some(202_608);
        let presumed: Vec<_> = all.iter().filter(|rule| is_presumed(rule)).collect();
        assert_eq!(presumed.len(), 4);
        assert!(presumed.iter().all(|rule| !rule.is_verified));
    }
}
