//! Record ids (レコード識別情報): which record a line is, and where it stands in a receipt.

use crate::record::{Co, Go, Gr, Hg, Hi, Ho, Hr, Ir, Iy, Jd, Ko, Mf, Re, Si, Sj, Sn, Sy, To};
use crate::spec::RecordSpec;

/// Record ids as numbers, so that a line is told by one comparison.
mod id {
    macro_rules! ids {
        ($($id:ident)*) => { $( pub(super) const $id: u16 = number(stringify!($id)); )* };
    }

    const fn number(id: &str) -> u16 {
        match id.as_bytes() {
            [a, b] => u16::from_be_bytes([*a, *b]),
            _ => 0,
        }
    }

    ids!(SI IY SY CO RE HO KO SN JD MF TO SJ IR GR GO TI TR TS KH NI HI HR HG UK HS SS BU SB KK SK GA HH GT CD SH CZ);
}

/// Which record a line is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RecordKind {
    /// 医療機関情報.
    Ir,
    /// レセプト共通.
    Re,
    /// 保険者.
    Ho,
    /// 公費.
    Ko,
    /// 資格確認.
    Sn,
    /// 受診日等.
    Jd,
    /// 窓口負担額.
    Mf,
    /// 包括評価対象外理由.
    Gr,
    /// 傷病名.
    Sy,
    /// 診療行為.
    Si,
    /// 医薬品.
    Iy,
    /// 特定器材.
    To,
    /// コメント.
    Co,
    /// 臓器提供医療機関; opaque.
    Ti,
    /// 臓器提供者レセプト; opaque.
    Tr,
    /// 臓器提供者請求情報; opaque.
    Ts,
    /// 症状詳記.
    Sj,
    /// 診療報酬請求書.
    Go,
    /// 国保連固有情報; opaque.
    Kh,
    /// 日計表 of files before 2012; opaque.
    Ni,
    /// 返戻医療機関.
    Hi,
    /// 返戻理由.
    Hr,
    /// 返戻合計.
    Hg,
    /// 履歴管理ブロック: a line whose first field is a number.
    History,
    /// A record of a claim file of another kind.
    Foreign(ForeignFile),
    /// Anything else.
    Unknown,
}

/// A claim file that is not 医科.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ForeignFile {
    /// 歯科, RECEIPTS.UKE.
    Dental,
    /// DPC, RECEIPTD.UKE.
    Dpc,
    /// 調剤, RECEIPTY.UKE.
    Dispensing,
    /// 訪問看護.
    HomeNursing,
    /// A fee table (点数表) we do not know.
    OtherFeeTable,
}

impl ForeignFile {
    /// The kind of file as a message names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dental => "a dental claim file (歯科, RECEIPTS.UKE)",
            Self::Dpc => "a DPC claim file (RECEIPTD.UKE)",
            Self::Dispensing => "a dispensing claim file (調剤, RECEIPTY.UKE)",
            Self::HomeNursing => "a home nursing claim file (訪問看護)",
            Self::OtherFeeTable => "a claim file of another fee table (点数表)",
        }
    }

    /// The kind of file of a fee table (点数表, 別表3) that is not 医科.
    pub(crate) const fn of_fee_table(digit: u8) -> Self {
        match digit {
            b'3' => Self::Dental,
            b'4' => Self::Dispensing,
            b'6' => Self::HomeNursing,
            _ => Self::OtherFeeTable,
        }
    }
}

/// Part of a receipt, in the order a claim file has them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Section {
    /// RE.
    Header,
    /// HO.
    Insurer,
    /// KO.
    Subsidies,
    /// SN.
    Eligibility,
    /// JD.
    VisitDays,
    /// MF.
    CounterCharge,
    /// GR.
    FeeReason,
    /// SY.
    Diagnoses,
    /// SI, IY, TO, CO.
    Lines,
    /// TI, TR, TS.
    OrganDonor,
    /// SJ.
    Narratives,
    /// HR.
    Returns,
    /// Numeric-prefixed lines.
    History,
    /// KH, NI, unknown records, a second HO, MF or GR.
    Others,
}

impl RecordKind {
    /// The record of a line (with or without its line end).
    #[inline]
    pub fn of(line: &[u8]) -> Self {
        match line {
            [a, b, b',' | b'\r' | b'\n', ..] | [a, b] => Self::of_id([*a, *b]).unwrap_or_else(|| Self::of_other(line)),
            _ => Self::of_other(line),
        }
    }

    #[inline]
    fn of_id(id: [u8; 2]) -> Option<Self> {
        Some(match u16::from_be_bytes(id) {
            id::SI => Self::Si,
            id::IY => Self::Iy,
            id::SY => Self::Sy,
            id::CO => Self::Co,
            id::RE => Self::Re,
            id::HO => Self::Ho,
            id::KO => Self::Ko,
            id::SN => Self::Sn,
            id::JD => Self::Jd,
            id::MF => Self::Mf,
            id::TO => Self::To,
            id::SJ => Self::Sj,
            id::IR => Self::Ir,
            id::GR => Self::Gr,
            id::GO => Self::Go,
            id::TI => Self::Ti,
            id::TR => Self::Tr,
            id::TS => Self::Ts,
            id::KH => Self::Kh,
            id::NI => Self::Ni,
            id::HI => Self::Hi,
            id::HR => Self::Hr,
            id::HG => Self::Hg,
            id::UK | id::HS | id::SS => Self::Foreign(ForeignFile::Dental),
            id::BU | id::SB | id::KK | id::SK | id::GA | id::HH | id::GT | id::CD => Self::Foreign(ForeignFile::Dpc),
            id::SH | id::CZ => Self::Foreign(ForeignFile::Dispensing),
            _ => return None,
        })
    }

    /// データ識別 of a history line: one or two digits.
    fn of_other(line: &[u8]) -> Self {
        let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_history = matches!(digits, 1 | 2) && line.get(digits) == Some(&b',');
        if is_history { Self::History } else { Self::Unknown }
    }

    /// レコード識別情報; empty for history lines and unknown records.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Ti => "TI",
            Self::Tr => "TR",
            Self::Ts => "TS",
            Self::Kh => "KH",
            Self::Ni => "NI",
            _ => match self.spec() {
                Some(spec) => spec.id,
                None => "",
            },
        }
    }

    /// The field table, for records that have one.
    pub const fn spec(self) -> Option<&'static RecordSpec> {
        Some(match self {
            Self::Ir => Ir::SPEC,
            Self::Re => Re::SPEC,
            Self::Ho => Ho::SPEC,
            Self::Ko => Ko::SPEC,
            Self::Sn => Sn::SPEC,
            Self::Jd => Jd::SPEC,
            Self::Mf => Mf::SPEC,
            Self::Gr => Gr::SPEC,
            Self::Sy => Sy::SPEC,
            Self::Si => Si::SPEC,
            Self::Iy => Iy::SPEC,
            Self::To => To::SPEC,
            Self::Co => Co::SPEC,
            Self::Sj => Sj::SPEC,
            Self::Go => Go::SPEC,
            Self::Hi => Hi::SPEC,
            Self::Hr => Hr::SPEC,
            Self::Hg => Hg::SPEC,
            _ => return None,
        })
    }

    /// True for records that stand outside receipts.
    pub(crate) const fn is_outside_receipt(self) -> bool {
        matches!(self, Self::Ir | Self::Hi | Self::Go | Self::Hg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(b"SI,12,1", RecordKind::Si)]
    #[case(b"MF\r\n", RecordKind::Mf)]
    #[case(b"GO", RecordKind::Go)]
    #[case(b"11,00001,0,RC,x", RecordKind::History)]
    #[case(b"3,1,0,RE", RecordKind::History)]
    #[case(b"123,1", RecordKind::Unknown)]
    #[case(b"11", RecordKind::Unknown)]
    #[case(b"SIX,1", RecordKind::Unknown)]
    #[case(b"si,1", RecordKind::Unknown)]
    #[case(b"", RecordKind::Unknown)]
    #[case(b"UK,1,13,3", RecordKind::Foreign(ForeignFile::Dental))]
    #[case(b"BU,1", RecordKind::Foreign(ForeignFile::Dpc))]
    fn ids_are_told_apart(#[case] line: &[u8], #[case] kind: RecordKind) {
        assert_eq!(RecordKind::of(line), kind);
    }
}
