//! The limits that hold for one claim's month, looked up once.

use calculation::SpecificDiseaseSum;
use kernel::Yen;

use super::month::{Band, Insurance, Month};
use super::result::MonthUnsupported;
use super::tables::{IncomeClass, LimitKind, LimitRow, PartLimitRow, RELIEF, ReliefRow, default_class};

/// A limit row and whether 多数回該当 applies to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) row: &'static LimitRow,
    is_multiple: bool,
    is_halved: bool,
}

impl Limit {
    pub(super) fn of(self, cost: Yen) -> Yen {
        self.row.limit(cost, self.is_multiple, self.is_halved)
    }
}

/// All limits of the month.
#[derive(Clone, Copy, Debug)]
pub(super) struct MonthLimits {
    /// Of the patient's class; `None` under 70 when no class was shown: the window applies no limit.
    pub(super) own: Option<Limit>,
    /// The same without 多数回該当, for 51, 52, 54.
    own_single: Option<Limit>,
    general: Limit,
    welfare: Limit,
    /// マル長, halved where the month is.
    pub(super) specific_disease: Option<Yen>,
    /// マル長 counts for each part alone.
    pub(super) is_specific_disease_apart: bool,
    /// 配慮措置; not with マル長.
    pub(super) relief: Option<&'static ReliefRow>,
    pub(super) is_halved: bool,
    pub(super) is_70_or_over: bool,
    /// Parts of under 70 that count with the insurance-only part.
    pub(super) combined_from: Yen,
}

/// The class that applies: the one shown, or for 70 and over the one the ratio stands for.
pub(super) fn effective_class(month: &Month, insurance: &Insurance) -> Option<IncomeClass> {
    let default = || default_class(insurance.band == Band::LateElderly, insurance.ratio);
    month.class.or_else(|| insurance.band.is_70_or_over().then(default))
}

/// True in the months of 配慮措置 for 後期 2割.
pub(super) fn is_relief_month(month: &Month, insurance: &Insurance) -> bool {
    insurance.band == Band::LateElderly && insurance.ratio.percent() == 20 && RELIEF.months.contain(month.service_month)
}

impl MonthLimits {
    pub(super) fn of(
        month: &Month,
        insurance: &Insurance,
        specific_disease: SpecificDiseaseSum,
    ) -> Result<Self, MonthUnsupported> {
        let unsupported = MonthUnsupported { month: month.service_month };
        let is_halved = month.halves.apply();
        let is_70_or_over = insurance.band.is_70_or_over();
        let part = PartLimitRow::find(month.service_month).ok_or(unsupported)?;
        let (general, welfare) = if is_70_or_over {
            (part.general_70.as_ref(), part.welfare_70.as_ref())
        } else {
            (Some(&part.general), Some(&part.welfare))
        };
        let limit = |row, is_multiple| Limit { row, is_multiple, is_halved };
        let own_row = match effective_class(month, insurance) {
            Some(class) => Some(LimitRow::find(month.service_month, class).ok_or(unsupported)?),
            None => None,
        };
        Ok(Self {
            own: own_row.map(|row| limit(row, month.is_multiple)),
            own_single: own_row.map(|row| limit(row, false)),
            general: limit(general.ok_or(unsupported)?, false),
            welfare: limit(welfare.ok_or(unsupported)?, false),
            specific_disease: month.specific_disease_cap.map(|cap| half(cap, is_halved)),
            is_specific_disease_apart: specific_disease == SpecificDiseaseSum::Apart,
            relief: (month.specific_disease_cap.is_none() && is_relief_month(month, insurance)).then_some(&RELIEF),
            is_halved,
            is_70_or_over,
            combined_from: half(Yen::new(21_000), is_halved),
        })
    }

    /// The limit of a part combined with a national subsidy.
    pub(super) const fn of_part(&self, kind: LimitKind) -> Option<Limit> {
        match kind {
            LimitKind::SubsidyFirst => None,
            LimitKind::General => Some(self.general),
            LimitKind::OwnClass => self.own_single,
            LimitKind::Welfare => Some(self.welfare),
            LimitKind::LikeInsurance => self.own,
        }
    }
}

fn half(yen: Yen, is_halved: bool) -> Yen {
    if is_halved { Yen::new(yen.get() / 2) } else { yen }
}
