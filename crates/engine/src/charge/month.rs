//! Explicit input of the charge of one claim's month: everything the rules look at and nothing else.

use std::fmt;
use std::str::FromStr;

use kernel::{BurdenRate, ClaimMonth, Points, ServiceDate, Yen};

use super::tables::{BURDEN_CLASSES, IncomeClass, InsurerLaw, Programme};

/// Subsidies of one month at most: 第1–第4公費 of the receipt and local programmes beside it.
pub const SUBSIDIES_MAX: usize = 7;
/// Subsidies on a receipt at most (第1–第4公費). Source: 記録条件仕様(医科用) 公費レコード.
pub const RECEIPT_SUBSIDIES_MAX: usize = 4;

/// Who pays a line (併用の組合せ): insurance and subsidies by their number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Payers(u8);

impl Payers {
    /// Medical insurance alone.
    pub const INSURANCE: Self = Self(1);

    /// With the subsidy of a position, 0 = 第1公費.
    #[must_use]
    pub fn with_subsidy(self, position: usize) -> Self {
        let bit = u32::try_from(position + 1).ok().and_then(|shift| 1_u8.checked_shl(shift));
        Self(self.0 | bit.unwrap_or(0))
    }

    /// With medical insurance.
    #[must_use]
    pub const fn with_insurance(self) -> Self {
        Self(self.0 | 1)
    }

    /// True when medical insurance pays.
    pub const fn has_insurance(self) -> bool {
        self.0 & 1 == 1
    }

    /// True when the subsidy of a position pays.
    pub fn has_subsidy(self, position: usize) -> bool {
        Self::default().with_subsidy(position).0 & self.0 != 0
    }

    /// Positions of the subsidies, in order.
    pub fn subsidies(self) -> impl Iterator<Item = usize> {
        (0..SUBSIDIES_MAX).filter(move |position| self.has_subsidy(*position))
    }

    /// 0 for insurance, n for 第n公費, ascending: the canonical order of combinations compares these.
    pub(super) fn members(self) -> impl Iterator<Item = usize> {
        (0..=SUBSIDIES_MAX).filter(move |member| self.0 >> member & 1 == 1)
    }

    /// True when nobody pays.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Without the subsidies from a position on.
    #[must_use]
    pub fn below(self, position: usize) -> Self {
        let mask = (0..position).fold(Self::INSURANCE, Self::with_subsidy);
        Self(self.0 & mask.0)
    }

    /// 負担区分; `None` when nobody pays or more than four subsidies do.
    pub fn burden_class(self) -> Option<&'static str> {
        BURDEN_CLASSES.get(usize::from(self.0)).copied().filter(|code| !code.is_empty())
    }
}

impl fmt::Display for Payers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has_insurance() {
            f.write_str("H")?;
        }
        self.subsidies().try_for_each(|position| write!(f, "K{}", position + 1))
    }
}

/// The text names no combination of payers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayersError(pub String);

impl fmt::Display for PayersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no combination of payers: H, K1 to K4 in this order", self.0)
    }
}

impl std::error::Error for PayersError {}

impl FromStr for Payers {
    type Err = PayersError;

    fn from_str(text: &str) -> Result<Self, PayersError> {
        let (start, rest) = match text.strip_prefix('H') {
            Some(rest) => (Self::INSURANCE, rest),
            None => (Self::default(), text),
        };
        let payers = rest.split('K').skip(1).try_fold(start, |payers, number| {
            let number = number.parse::<usize>().ok().filter(|n| (1..=SUBSIDIES_MAX).contains(n))?;
            Some(payers.with_subsidy(number - 1))
        });
        payers
            .filter(|payers| payers.to_string() == text && !text.is_empty())
            .ok_or_else(|| PayersError(text.to_owned()))
    }
}

/// Band of age that fixes the table of limits and the last digit of レセプト種別.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Band {
    /// 未就学.
    Preschool,
    /// From school to 69.
    General,
    /// 高齢受給者, 70 to 74.
    Elderly70,
    /// 後期高齢者.
    LateElderly,
}

impl Band {
    /// True for the tables of 70 and over.
    pub const fn is_70_or_over(self) -> bool {
        matches!(self, Self::Elderly70 | Self::LateElderly)
    }
}

/// 減免 of the copay (HO fields 13–15).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relieved {
    /// 減額 by percent.
    Percent(u8),
    /// 減額 by yen a month.
    Yen(Yen),
    /// 免除: the insurer pays all.
    Exempt,
    /// 支払猶予: the insurer collects later.
    Deferred,
}

/// The medical insurance of the claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Insurance {
    /// Scheme of the insurer.
    pub law: &'static InsurerLaw,
    /// Band of age.
    pub band: Band,
    /// 家族 (被扶養者, other members of a 国保 household).
    pub is_family: bool,
    /// 負担割合.
    pub ratio: BurdenRate,
    /// 減免.
    pub relieved: Option<Relieved>,
}

/// What a subsidy leaves to the patient, before its monthly cap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Share {
    /// Nothing.
    Nothing,
    /// At most a percentage of the cost.
    PercentOfCost(u8),
    /// A percentage of what the payers before left.
    PercentOfCopay(u8),
    /// What the payers before left.
    RemainingCopay,
    /// At most an amount per visit.
    PerVisitMax {
        /// Yen per visit.
        yen: Yen,
        /// Visits of the month that are charged; later ones are free.
        visits: Option<u8>,
    },
    /// At most an amount per visit or day, and at most a percentage of what the visit costs.
    Limited {
        /// What the amount is for.
        per: Period,
        /// Yen.
        yen: Yen,
        /// Visits or days of the month that are charged; later ones are free.
        times: Option<u8>,
        /// Percent of the cost.
        percent: Option<u8>,
    },
    /// The subsidy pays a percentage of the cost, the patient the rest.
    LessPercentOfCost(u8),
    /// The subsidy pays at most an amount per visit or day, the patient the rest.
    PaysMax {
        /// What the amount is for.
        per: Period,
        /// Yen.
        yen: Yen,
        /// Visits or days of the month it pays for.
        times: Option<u8>,
    },
    /// An amount on visits with 初診, nothing otherwise.
    FirstVisitFixed(Yen),
    /// 本人支払額 of a 医療券, once a month.
    Ticket(Yen),
}

impl Share {
    /// True when two visits of one day share the amount.
    pub(super) const fn is_per_day(self) -> bool {
        matches!(self, Self::Limited { per: Period::Day, .. } | Self::PaysMax { per: Period::Day, .. })
    }
}

/// What an amount of a local programme is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Period {
    /// 1回当たり.
    Visit,
    /// 1日当たり.
    Day,
}

/// A subsidy (公費) of the claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subsidy {
    /// The national programme; `None` = local programme (地方単独).
    pub programme: Option<&'static Programme>,
    /// The patient's part.
    pub share: Share,
    /// 自己負担上限月額, over all lines of the subsidy.
    pub cap: Option<Yen>,
    /// The cap rises by 1 % of the cost above this.
    pub cap_grows_above: Option<Yen>,
    /// What the subsidy pays in the month at most.
    pub pays_most: Option<Yen>,
    /// What other institutions counted against the cap (自己負担上限額管理票).
    pub elsewhere: Vec<Elsewhere>,
    /// First and last day on which it leaves nothing, when 生活保護 begins or ends within the month.
    pub free: Option<(ServiceDate, ServiceDate)>,
    /// Written on the receipt. Programmes paid by a list form (連記式) are not; they stand after all others.
    pub is_on_receipt: bool,
}

/// An entry of the 自己負担上限額管理票 by another institution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Elsewhere {
    /// Day; `None` = before the month's first visit here.
    pub date: Option<ServiceDate>,
    /// Yen counted against the cap.
    pub yen: Yen,
}

/// Points of one visit with one combination of payers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// Points × times.
    pub points: Points,
    /// Who pays on that day.
    pub payers: Payers,
}

/// One visit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Visit {
    /// Day.
    pub date: ServiceDate,
    /// It has an 初診料.
    pub is_first_visit: bool,
    /// It counts as 診療実日数.
    pub is_counted_day: bool,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// Why every limit of the month is halved (75歳到達時特例).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Halves {
    /// Not halved.
    #[default]
    No,
    /// The patient turns 75 in the month, not on the 1st.
    TurnsSeventyFive,
    /// Dependant under 75 of a person who turned 75 (特記事項 21 高半).
    Dependant,
}

impl Halves {
    /// True when limits are halved.
    pub const fn apply(self) -> bool {
        !matches!(self, Self::No)
    }
}

/// 特記事項 that facts outside the charge decide.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoteFacts {
    /// 10 第三者行為.
    pub is_third_party: bool,
    /// 96 災１.
    pub is_disaster_exempt: bool,
    /// 97 災２.
    pub is_disaster_partly_exempt: bool,
    /// The patient is 75 or older (04 後保 on 公費単独).
    pub is_75_or_over: bool,
}

/// Rounding of a window charge that a monthly limit ended off a multiple of ten yen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LimitRounding {
    /// 10 yen, half up.
    #[default]
    HalfUp10,
    /// 1 yen.
    Exact,
    /// 10 yen, down.
    Down10,
}

/// The month of one claim (one patient, one clinic, one insurance, outpatient).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Month {
    /// Month of care.
    pub service_month: ClaimMonth,
    /// Medical insurance; `None` = 公費単独.
    pub insurance: Option<Insurance>,
    /// Income class shown at the window; `None` = nothing known.
    pub class: Option<IncomeClass>,
    /// 多数回該当.
    pub is_multiple: bool,
    /// 75歳到達時特例.
    pub halves: Halves,
    /// 特定疾病療養受療証 (マル長): full amount, 10,000 or 20,000 yen.
    pub specific_disease_cap: Option<Yen>,
    /// Subsidies in legal order, those on the receipt first. At most [`SUBSIDIES_MAX`].
    pub subsidies: Vec<Subsidy>,
    /// Visits in order of time.
    pub visits: Vec<Visit>,
    /// Further 特記事項.
    pub notes: NoteFacts,
    /// Window rounding at a limit.
    pub limit_rounding: LimitRounding,
}
