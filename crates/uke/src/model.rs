//! A claim file as values: what the writer takes and what the reader gives.

use std::fmt;

use kernel::Points;

use crate::record::{Co, Gr, Ho, Hr, Ir, Iy, Jd, Ko, Mf, Re, Si, Sj, Sn, Sy, To};
use crate::table::LineClass;
use crate::value::{Burden, Days, Payer};

/// A claim file (RECEIPTC.UKE): one review body, one institution, one claim month. GO is made by the writer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClaimFile {
    /// 医療機関情報.
    pub ir: Ir,
    /// レセプト, in file order.
    pub receipts: Vec<Receipt>,
}

/// A receipt (レセプト): one patient, one month of care, one combination of payers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Receipt {
    /// レセプト共通.
    pub re: Re,
    /// 保険者; `None` in 公費単独 receipts.
    pub ho: Option<Ho>,
    /// 公費, 第1 to 第4 in order.
    pub ko: Vec<Ko>,
    /// 資格確認.
    pub sn: Vec<Sn>,
    /// 受診日等, one for each payer.
    pub jd: Vec<Jd>,
    /// 窓口負担額.
    pub mf: Option<Mf>,
    /// 包括評価対象外理由; inpatient only.
    pub gr: Option<Gr>,
    /// 傷病名.
    pub sy: Vec<Sy>,
    /// 摘要, ascending by 診療識別.
    pub lines: Vec<Line>,
    /// 症状詳記.
    pub sj: Vec<Sj>,
    /// 返戻理由, in returned files only; not part of a claim.
    pub returns: Vec<Hr>,
    /// 履歴管理ブロック of a returned receipt; a claim made again carries it unchanged.
    pub history: Vec<RawLine>,
    /// Records without a table (TI TR TS KH NI, unknown ids, a second HO …) as read; never written.
    pub others: Vec<RawLine>,
}

impl Receipt {
    /// Points of the receipt: of HO, else of the first KO (what GO adds up).
    pub fn total_points(&self) -> Option<Points> {
        match &self.ho {
            Some(ho) => ho.points,
            None => self.ko.first().and_then(|ko| ko.points),
        }
    }

    /// All payers of the receipt; `None` without any.
    pub fn payers(&self) -> Option<Burden> {
        let insurance = self.ho.iter().map(|_| Payer::Insurance);
        let subsidies = (1..=self.ko.len()).filter_map(Payer::subsidy);
        Burden::of(insurance.chain(subsidies))
    }

    /// Takes everything out and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.re = Re::default();
        self.ho = None;
        self.ko.clear();
        self.sn.clear();
        self.jd.clear();
        self.mf = None;
        self.gr = None;
        self.sy.clear();
        self.lines.clear();
        self.sj.clear();
        self.returns.clear();
        self.history.clear();
        self.others.clear();
    }
}

/// A record of the 摘要 part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// 診療行為.
    Si(Si),
    /// 医薬品.
    Iy(Iy),
    /// 特定器材.
    To(To),
    /// コメント.
    Co(Co),
}

impl Line {
    /// 診療識別, on the head of a group.
    pub const fn class(&self) -> Option<LineClass> {
        match self {
            Self::Si(si) => si.class,
            Self::Iy(iy) => iy.class,
            Self::To(to) => to.class,
            Self::Co(co) => co.class,
        }
    }

    /// 負担区分.
    pub const fn burden(&self) -> Option<Burden> {
        match self {
            Self::Si(si) => si.burden,
            Self::Iy(iy) => iy.burden,
            Self::To(to) => to.burden,
            Self::Co(co) => co.burden,
        }
    }

    /// 点数, on the last record of a unit; comments have none.
    pub const fn points(&self) -> Option<Points> {
        match self {
            Self::Si(si) => si.points,
            Self::Iy(iy) => iy.points,
            Self::To(to) => to.points,
            Self::Co(_) => None,
        }
    }

    /// 回数; comments have none.
    pub const fn count(&self) -> Option<u16> {
        match self {
            Self::Si(si) => si.count,
            Self::Iy(iy) => iy.count,
            Self::To(to) => to.count,
            Self::Co(_) => None,
        }
    }

    /// The day columns; comments have none.
    pub const fn days(&self) -> Option<&Days> {
        match self {
            Self::Si(si) => Some(&si.days),
            Self::Iy(iy) => Some(&iy.days),
            Self::To(to) => Some(&to.days),
            Self::Co(_) => None,
        }
    }

    /// 点数 × 回数, on the last record of a unit.
    pub fn amount(&self) -> Option<Points> {
        let count = i64::from(self.count()?);
        self.points()?.get().checked_mul(count).map(Points::new)
    }
}

/// A line kept as its bytes, without the line end.
#[derive(Clone, PartialEq, Eq)]
pub struct RawLine(Box<[u8]>);

impl RawLine {
    /// The line of some bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Box::from(bytes))
    }

    /// The bytes (Shift_JIS).
    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A line of the history of a returned receipt (履歴管理ブロック).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HistoryLine<'a> {
    /// データ識別, one or two digits.
    pub data: u8,
    /// 行番号.
    pub line: u32,
    /// 枝番号.
    pub branch: u16,
    /// レコード識別情報 of the record inside.
    pub record: &'a str,
    /// The fields of the record inside, as bytes.
    pub fields: &'a [u8],
}

impl RawLine {
    /// The line as a history line; `None` when it is none.
    pub fn history(&self) -> Option<HistoryLine<'_>> {
        let mut cells = self.0.splitn(5, |byte| *byte == b',');
        let mut number = || crate::value::digits(cells.next()?);
        let data = u8::try_from(number()?).ok()?;
        let line = u32::try_from(number()?).ok()?;
        let branch = u16::try_from(number()?).ok()?;
        let record = std::str::from_utf8(cells.next()?).ok()?;
        Some(HistoryLine { data, line, branch, record, fields: cells.next().unwrap_or_default() })
    }
}

impl fmt::Debug for RawLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawLine(*** {} bytes)", self.0.len())
    }
}
