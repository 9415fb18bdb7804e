//! Monthly limits (高額療養費算定基準額) by month of care.
//!
//! The next step announced for 2027-08 (thirteen classes) is not enacted; a month after 2027-07 has no row
//! and is refused, never taken as "no limit".

use kernel::{ClaimMonth, Rounding, Yen};

use super::Months;

/// Income class of the monthly limit (所得区分).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum IncomeClass {
    /// ア.
    A,
    /// イ.
    I,
    /// ウ.
    U,
    /// エ.
    E,
    /// オ.
    O,
    /// 現役並みⅢ.
    Active3,
    /// 現役並みⅡ.
    Active2,
    /// 現役並みⅠ.
    Active1,
    /// 一般 (70–74).
    General,
    /// 一般Ⅱ (後期 2割).
    General2,
    /// 一般Ⅰ (後期 1割).
    General1,
    /// 低所得Ⅱ.
    Low2,
    /// 低所得Ⅰ.
    Low1,
}

impl IncomeClass {
    /// Official name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "ア",
            Self::I => "イ",
            Self::U => "ウ",
            Self::E => "エ",
            Self::O => "オ",
            Self::Active3 => "現役並みⅢ",
            Self::Active2 => "現役並みⅡ",
            Self::Active1 => "現役並みⅠ",
            Self::General => "一般",
            Self::General2 => "一般Ⅱ",
            Self::General1 => "一般Ⅰ",
            Self::Low2 => "低所得Ⅱ",
            Self::Low1 => "低所得Ⅰ",
        }
    }

    /// True for the classes of people under 70.
    pub const fn is_under_70(self) -> bool {
        matches!(self, Self::A | Self::I | Self::U | Self::E | Self::O)
    }

    /// True for 現役並み所得者, who have no limit of their own for outpatients but use ア, イ, ウ.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Active1 | Self::Active2 | Self::Active3)
    }
}

/// Whose table a limit belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LimitGroup {
    /// Under 70, and 現役並み of 70 and over.
    Household,
    /// 70 and over, outpatient, per person (個人単位の外来).
    Outpatient70,
}

/// A monthly limit: `base + max(0, cost − threshold) × 1 %`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LimitRow {
    /// Rule id.
    pub id: &'static str,
    /// Months of care.
    pub months: Months,
    /// Table.
    pub group: LimitGroup,
    /// Classes that use it.
    pub classes: &'static [IncomeClass],
    /// Fixed part, yen.
    pub base: i64,
    /// Cost above which 1 % is added, yen; `None` = fixed limit.
    pub threshold: Option<i64>,
    /// 多数回該当, yen.
    pub multi: Option<i64>,
    /// Yearly cap (年間上限, 外来年間合算), settled by the insurer; never changes a window charge.
    pub yearly: Option<i64>,
    /// Source.
    pub source: &'static str,
    /// False while no official text was seen.
    pub is_verified: bool,
}

impl LimitRow {
    /// The row of a class in a month.
    pub fn find(month: ClaimMonth, class: IncomeClass) -> Option<&'static Self> {
        LIMITS.iter().find(|row| row.months.contain(month) && row.classes.contains(&class))
    }

    /// The limit for a cost. In the month of turning 75 base, threshold and 多数 are halved
    /// (高齢者の医療の確保に関する法律施行令 第15条, 健康保険法施行令 第42条: 75歳到達時特例).
    pub fn limit(&self, cost: Yen, is_multiple: bool, is_halved: bool) -> Yen {
        let part = if is_halved { 2 } else { 1 };
        if let Some(multi) = self.multi.filter(|_| is_multiple) {
            return Yen::new(multi / part);
        }
        let base = Yen::new(self.base / part);
        match self.threshold {
            // The cost in yen is the 1 % in 1/100 yen.
            Some(threshold) => base + Rounding::HalfUpYen.sen((cost.get() - threshold / part).max(0)),
            None => base,
        }
    }
}

const TO_2026_07: &str = "健康保険法施行令 第42条 (2015-01から2026-07)";
const FROM_2026_08: &str = "健康保険法施行令 第42条 (2026-08改正; 厚生労働省 001726232.pdf, 協会けんぽ 高額療養費 2026-08 を公開の計算表六つで照合)";
const ELDERLY_TO_2026_07: &str =
    "健康保険法施行令 第42条第3項以下, 高齢者の医療の確保に関する法律施行令 第15条 (2018-08から2026-07)";
const ELDERLY_FROM_2026_08: &str =
    "健康保険法施行令 第42条, 高齢者の医療の確保に関する法律施行令 第15条 (2026-08改正; 厚生労働省 001726232.pdf)";

use IncomeClass::{A, Active1, Active2, Active3, E, General, General1, General2, I, Low1, Low2, O, U};

const fn household(
    id: &'static str,
    months: Months,
    classes: &'static [IncomeClass],
    (base, threshold, multi): (i64, Option<i64>, i64),
    (yearly, source): (Option<i64>, &'static str),
) -> LimitRow {
    let group = LimitGroup::Household;
    LimitRow { id, months, group, classes, base, threshold, multi: Some(multi), yearly, source, is_verified: true }
}

const fn outpatient(
    id: &'static str,
    months: Months,
    classes: &'static [IncomeClass],
    (base, yearly): (i64, Option<i64>),
    source: &'static str,
) -> LimitRow {
    let group = LimitGroup::Outpatient70;
    LimitRow { id, months, group, classes, base, threshold: None, multi: None, yearly, source, is_verified: true }
}

const FIRST: Months = Months::between(201_501, 202_607);
const FIRST_70: Months = Months::between(201_808, 202_607);
const SECOND: Months = Months::between(202_608, 202_707);
const OLD: (Option<i64>, &str) = (None, TO_2026_07);

/// The limits. 現役並み used ア, イ, ウ since 2018-08; earlier months of 70 and over are not carried (claims
/// lapsed), which [`LimitRow::find`] cannot tell from the class alone: see `MonthLimits`.
pub const LIMITS: &[LimitRow] = &[
    household("limit.a.2015-01", FIRST, &[A, Active3], (252_600, Some(842_000), 140_100), OLD),
    household("limit.i.2015-01", FIRST, &[I, Active2], (167_400, Some(558_000), 93_000), OLD),
    household("limit.u.2015-01", FIRST, &[U, Active1], (80_100, Some(267_000), 44_400), OLD),
    household("limit.e.2015-01", FIRST, &[E], (57_600, None, 44_400), OLD),
    household("limit.o.2015-01", FIRST, &[O], (35_400, None, 24_600), OLD),
    household(
        "limit.a.2026-08",
        SECOND,
        &[A, Active3],
        (270_300, Some(901_000), 140_100),
        (Some(1_680_000), FROM_2026_08),
    ),
    household(
        "limit.i.2026-08",
        SECOND,
        &[I, Active2],
        (179_100, Some(597_000), 93_000),
        (Some(1_110_000), FROM_2026_08),
    ),
    household("limit.u.2026-08", SECOND, &[U, Active1], (85_800, Some(286_000), 44_400), (Some(530_000), FROM_2026_08)),
    household("limit.e.2026-08", SECOND, &[E], (61_500, None, 44_400), (Some(530_000), FROM_2026_08)),
    household("limit.o.2026-08", SECOND, &[O], (36_900, None, 24_600), (Some(290_000), FROM_2026_08)),
    outpatient(
        "limit.70-general.2018-08",
        FIRST_70,
        &[General, General2, General1],
        (18_000, Some(144_000)),
        ELDERLY_TO_2026_07,
    ),
    outpatient("limit.70-low.2018-08", FIRST_70, &[Low2, Low1], (8_000, None), ELDERLY_TO_2026_07),
    outpatient(
        "limit.70-general.2026-08",
        SECOND,
        &[General, General2, General1],
        (22_000, Some(216_000)),
        ELDERLY_FROM_2026_08,
    ),
    outpatient("limit.70-low2.2026-08", SECOND, &[Low2], (11_000, Some(96_000)), ELDERLY_FROM_2026_08),
    outpatient("limit.70-low1.2026-08", SECOND, &[Low1], (8_000, None), ELDERLY_FROM_2026_08),
];

/// Limits of a part combined with a national subsidy (公費併用分).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartLimitRow {
    /// 特定給付対象療養, under 70.
    pub general: LimitRow,
    /// 特定給付対象療養, 70 and over, outpatient; `None` = not carried.
    pub general_70: Option<LimitRow>,
    /// 生活保護・支援給付 with insurance, under 70.
    pub welfare: LimitRow,
    /// The same, 70 and over, outpatient.
    pub welfare_70: Option<LimitRow>,
}

impl PartLimitRow {
    /// The rows of a month.
    pub fn find(month: ClaimMonth) -> Option<&'static Self> {
        PART_LIMITS.iter().find(|row| row.general.months.contain(month))
    }
}

const fn part(
    id: &'static str,
    months: Months,
    (base, threshold): (i64, Option<i64>),
    (source, is_verified): (&'static str, bool),
) -> LimitRow {
    let group = LimitGroup::Household;
    LimitRow { id, months, group, classes: &[], base, threshold, multi: None, yearly: None, source, is_verified }
}

const PART_OLD: (&str, bool) =
    ("健康保険法施行令 第42条; 支払基金 計算事例 2015-01 (70歳未満), 2018-08 (70歳以上)", true);
const PART_NEW: (&str, bool) = ("2026-08の健康保険法施行令 第42条から推定; 公表資料なし", false);
const EARLY: Months = Months::between(201_501, 201_807);

/// The limits of subsidised parts.
pub const PART_LIMITS: &[PartLimitRow] = &[
    PartLimitRow {
        general: part("limit.part-general.2015-01", EARLY, (80_100, Some(267_000)), PART_OLD),
        general_70: None,
        welfare: part("limit.part-welfare.2015-01", EARLY, (35_400, None), PART_OLD),
        welfare_70: None,
    },
    PartLimitRow {
        general: part("limit.part-general.2018-08", FIRST_70, (80_100, Some(267_000)), PART_OLD),
        general_70: Some(part("limit.part-general-70.2018-08", FIRST_70, (18_000, None), PART_OLD)),
        welfare: part("limit.part-welfare.2018-08", FIRST_70, (35_400, None), PART_OLD),
        welfare_70: Some(part("limit.part-welfare-70.2018-08", FIRST_70, (8_000, None), PART_OLD)),
    },
    PartLimitRow {
        general: part("limit.part-general.2026-08", SECOND, (85_800, Some(286_000)), PART_NEW),
        general_70: Some(part("limit.part-general-70.2026-08", SECOND, (22_000, None), PART_NEW)),
        welfare: part("limit.part-welfare.2026-08", SECOND, (36_900, None), PART_NEW),
        welfare_70: Some(part("limit.part-welfare-70.2026-08", SECOND, (8_000, None), PART_NEW)),
    },
];

/// 配慮措置: relief of 後期 2割, outpatient.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReliefRow {
    /// Rule id.
    pub id: &'static str,
    /// Months of care.
    pub months: Months,
    /// Fixed part; not halved in the month of turning 75.
    pub base: i64,
    /// Cost above which 10 % is added; not halved.
    pub threshold: i64,
    /// Highest amount; halved in the month of turning 75.
    pub cap: i64,
    /// Source.
    pub source: &'static str,
}

impl ReliefRow {
    /// The highest share for a cost.
    pub fn limit(&self, cost: Yen, is_halved: bool) -> Yen {
        let cap = if is_halved { self.cap / 2 } else { self.cap };
        let over = (cost.get() - self.threshold).max(0);
        let relief = Yen::new(self.base) + Rounding::HalfUpYen.sen(over * 10);
        relief.min(Yen::new(cap))
    }
}

/// The relief. Ended; late claims of its months still need it.
pub const RELIEF: ReliefRow = ReliefRow {
    id: "limit.relief-late-elderly-20",
    months: Months::between(202_210, 202_509),
    base: 6_000,
    threshold: 30_000,
    cap: 18_000,
    source: "高齢者の医療の確保に関する法律施行令 附則 (令和4年10月1日から令和7年9月30日, 配慮措置); 支払基金 計算事例集 2023-04",
};
