//! National subsidies (国公費): what each leaves to the patient, its limit, its place on the receipt.

/// Which monthly limit the part of a subsidy uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LimitKind {
    /// 公費優先: insurance is not used.
    SubsidyFirst,
    /// 特定給付対象療養: the general limit whatever the class.
    General,
    /// 特定疾病給付対象療養: the patient's own class, no 多数回該当.
    OwnClass,
    /// 生活保護・支援給付 with insurance.
    Welfare,
    /// No limit of its own: like insurance only.
    LikeInsurance,
}

/// What a national subsidy leaves to the patient.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProgrammeShare {
    /// Nothing; with an amount on the certificate what is left up to it (20,000 yen above an income bound).
    NothingOrCap,
    /// A percentage of the cost, up to the certificate's cap.
    PercentOfCost(u8),
    /// What the payers before left, up to the certificate's cap.
    RemainingCopay,
    /// Nothing, or 本人支払額 of the 医療券.
    NothingOrTicket,
}

/// A programme.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Programme {
    /// Rule id.
    pub id: &'static str,
    /// 法別番号.
    pub law: &'static str,
    /// 実施機関番号 that belong to it; empty = all of the law that no other row names.
    pub bodies: &'static [&'static str],
    /// Name.
    pub name: &'static str,
    /// The patient's part.
    pub share: ProgrammeShare,
    /// Monthly limit of its part.
    pub limit: LimitKind,
    /// A welfare recipient (生活保護, 支援給付) pays nothing: this programme pays all its lines.
    pub is_free_with_welfare: bool,
    /// A monthly cap belongs to its certificate (自己負担上限額管理票).
    pub has_book: bool,
    /// It pays for outpatients.
    pub is_outpatient: bool,
    /// It pays in kind (現物給付); otherwise the patient applies for a refund.
    pub is_in_kind: bool,
    /// A local programme may pay first (国公費マスター 9-10).
    pub is_local_first: bool,
    /// Source.
    pub source: &'static str,
    /// False while the programme has no row in the master.
    pub is_verified: bool,
}

impl Programme {
    /// The patient's share as certificates of the programme say it: outpatient, in kind, no book.
    const fn new(
        id: &'static str,
        law: &'static str,
        name: &'static str,
        share: ProgrammeShare,
        limit: LimitKind,
    ) -> Self {
        Self {
            id,
            law,
            bodies: &[],
            name,
            share,
            limit,
            is_free_with_welfare: true,
            has_book: false,
            is_outpatient: true,
            is_in_kind: true,
            is_local_first: false,
            source: MASTER,
            is_verified: true,
        }
    }

    const fn of(mut self, bodies: &'static [&'static str]) -> Self {
        self.bodies = bodies;
        self
    }

    const fn with_book(mut self) -> Self {
        self.has_book = true;
        self
    }

    const fn inpatient(mut self) -> Self {
        self.is_outpatient = false;
        self
    }

    const fn welfare_pays(mut self) -> Self {
        self.is_free_with_welfare = false;
        self
    }

    const fn refund_only(mut self) -> Self {
        self.is_in_kind = false;
        self
    }

    const fn after_local(mut self) -> Self {
        self.is_local_first = true;
        self
    }

    const fn not_in_master(mut self) -> Self {
        self.source = "診療報酬請求書等の記載要領 法別番号; 国公費マスタ令和6年4月版に行なし";
        self.is_verified = false;
        self
    }

    const fn cases(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }
}

const MASTER: &str = "暫定版-国公費マスタ（令和6年4月1日版）";
const WELFARE_CASES: &str =
    "支払基金 計算事例 2018-08 事例56 (国公費マスタ 18-1 の公費優先とは異なる), 2015-01改定対応";

use LimitKind::{General, OwnClass, SubsidyFirst, Welfare};
use ProgrammeShare::{NothingOrCap, NothingOrTicket, PercentOfCost, RemainingCopay};

/// The programmes, in the order of the receipt.
pub const PROGRAMMES: &[Programme] = &[
    Programme::new("subsidy.13", "13", "戦傷病者 療養の給付", NothingOrCap, SubsidyFirst),
    Programme::new("subsidy.14", "14", "戦傷病者 更生医療", NothingOrCap, SubsidyFirst).not_in_master(),
    Programme::new("subsidy.18", "18", "被爆者 認定疾病医療", NothingOrCap, SubsidyFirst),
    Programme::new("subsidy.29", "29", "新感染症", NothingOrCap, SubsidyFirst),
    Programme::new("subsidy.30", "30", "医療観察法", NothingOrCap, SubsidyFirst),
    Programme::new("subsidy.10", "10", "結核 適正医療", PercentOfCost(5), General).welfare_pays(),
    Programme::new("subsidy.11", "11", "結核 入院", NothingOrCap, General).inpatient(),
    Programme::new("subsidy.20", "20", "措置入院", NothingOrCap, General).inpatient(),
    Programme::new("subsidy.21", "21", "精神通院医療", PercentOfCost(10), General).with_book(),
    Programme::new("subsidy.15", "15", "更生医療", PercentOfCost(10), General).with_book(),
    Programme::new("subsidy.16", "16", "育成医療", PercentOfCost(10), General).with_book(),
    Programme::new("subsidy.24", "24", "療養介護医療", PercentOfCost(10), General).with_book(),
    Programme::new("subsidy.22", "22", "麻薬 措置入院", NothingOrCap, General).inpatient().not_in_master(),
    Programme::new("subsidy.28", "28", "一類感染症等", NothingOrCap, General),
    Programme::new("subsidy.17", "17", "療育の給付", NothingOrCap, General).inpatient(),
    Programme::new("subsidy.79", "79", "障害児入所・通所医療", PercentOfCost(10), General).after_local(),
    Programme::new("subsidy.19", "19", "被爆者 一般疾病医療", NothingOrCap, General),
    Programme::new("subsidy.23", "23", "養育医療", NothingOrCap, General).inpatient(),
    Programme::new("subsidy.52", "52", "小児慢性特定疾病医療", PercentOfCost(20), OwnClass).with_book(),
    Programme::new("subsidy.54", "54", "特定医療費（指定難病）", PercentOfCost(20), OwnClass).with_book(),
    Programme::new("subsidy.51-701", "51", "先天性血液凝固因子障害等治療研究", NothingOrCap, General)
        .of(&["701"])
        .welfare_pays(),
    Programme::new("subsidy.51-minamata", "51", "水俣病関係", NothingOrCap, General)
        .of(&["101", "301", "302", "303", "304"])
        .welfare_pays()
        .after_local(),
    Programme::new("subsidy.51-601", "51", "特定疾患治療研究", NothingOrCap, OwnClass).welfare_pays(),
    Programme::new("subsidy.38-602", "38", "肝がん・重度肝硬変治療研究", RemainingCopay, LimitKind::LikeInsurance)
        .of(&["602"])
        .with_book()
        .welfare_pays()
        .refund_only(),
    Programme::new("subsidy.38-601", "38", "肝炎治療特別促進", RemainingCopay, General).with_book().welfare_pays(),
    Programme::new("subsidy.53", "53", "児童福祉 措置等", NothingOrCap, General).after_local(),
    Programme::new("subsidy.66", "66", "石綿健康被害救済", NothingOrCap, General).after_local(),
    Programme::new("subsidy.62", "62", "特定B型肝炎 定期検査等", NothingOrCap, General),
    Programme::new("subsidy.86", "86", "被爆体験者 精神影響等", NothingOrCap, General),
    Programme::new("subsidy.25", "25", "中国残留邦人等 支援給付", NothingOrTicket, Welfare)
        .cases(WELFARE_CASES)
        .after_local(),
    Programme::new("subsidy.12", "12", "生活保護 医療扶助", NothingOrTicket, Welfare)
        .cases(WELFARE_CASES)
        .after_local(),
];

/// Legal order of the national laws on a receipt (第1公費 …). The 2024 master puts 15 before 21; they never
/// share a line, so only the numbering differs. Source: 診療報酬請求書等の記載要領 (法別番号の順位), 国公費マスタ 公費適用順位.
pub const NATIONAL_ORDER: [&str; 28] = [
    "13", "14", "18", "29", "30", "10", "11", "20", "21", "15", "16", "24", "22", "28", "17", "79", "19", "23", "52",
    "54", "51", "38", "53", "66", "62", "86", "25", "12",
];

/// Two digits compare as one number; the tables are searched for every line.
pub(super) fn law_key(law: &str) -> Option<[u8; 2]> {
    law.as_bytes().try_into().ok()
}

/// First and one past the last row of each law in [`PROGRAMMES`]: rows of one law stand together. The programme is
/// looked up for every line of a month.
#[allow(clippy::indexing_slicing, reason = "evaluated while compiling: a place outside the tables does not compile")]
const ROWS_OF_LAW: [(usize, usize); 100] = {
    let mut rows = [(0, 0); 100];
    let mut place = 0;
    while place < PROGRAMMES.len() {
        let number = law_number(PROGRAMMES[place].law);
        if rows[number].1 == 0 {
            rows[number].0 = place;
        }
        rows[number].1 = place + 1;
        place += 1;
    }
    rows
};

/// Place of each law in [`NATIONAL_ORDER`].
#[allow(clippy::indexing_slicing, reason = "evaluated while compiling: a place outside the tables does not compile")]
const RANK_OF_LAW: [usize; 100] = {
    let mut ranks = [NATIONAL_ORDER.len(); 100];
    let mut place = 0;
    while place < NATIONAL_ORDER.len() {
        ranks[law_number(NATIONAL_ORDER[place])] = place;
        place += 1;
    }
    ranks
};

/// Two digits as a number; 0, which is no law, for anything else.
#[allow(clippy::as_conversions, reason = "a digit widened in a const function")]
const fn law_number(law: &str) -> usize {
    match law.as_bytes() {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => ((*tens - b'0') * 10 + (*ones - b'0')) as usize,
        _ => 0,
    }
}

/// The programme of a law and 実施機関番号 (digits 5 to 7 of the payer number); `None` = local programme.
pub fn programme(law: &str, body: Option<&str>) -> Option<&'static Programme> {
    let (first, end) = ROWS_OF_LAW.get(law_number(law)).copied()?;
    let of_law = PROGRAMMES.get(first..end)?;
    of_law
        .iter()
        .find(|row| body.is_some_and(|body| row.bodies.contains(&body)))
        .or_else(|| of_law.iter().find(|row| row.bodies.is_empty()))
}

/// Place of a law in the legal order; local programmes come after all national ones.
pub fn legal_rank(law: &str) -> usize {
    RANK_OF_LAW.get(law_number(law)).map_or(NATIONAL_ORDER.len(), |rank| *rank)
}

/// Laws in the order of the receipt; local ones keep the order given.
pub fn subsidy_order(laws: &mut [&str]) {
    laws.sort_by_key(|law| legal_rank(law));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The compiled index finds what a search of the tables finds.
    #[test]
    fn rows_of_a_law_stand_together() {
        for law in 0..100 {
            let law = format!("{law:02}");
            let rows: Vec<&Programme> = PROGRAMMES.iter().filter(|row| row.law == law).collect();
            assert_eq!(programme(&law, None), rows.iter().find(|row| row.bodies.is_empty()).copied(), "{law}");
            for row in &rows {
                for body in row.bodies {
                    assert_eq!(programme(&law, Some(body)), Some(*row), "{law} {body}");
                }
            }
            let rank = NATIONAL_ORDER.iter().position(|national| *national == law);
            assert_eq!(legal_rank(&law), rank.unwrap_or(NATIONAL_ORDER.len()));
        }
        assert_eq!(programme("6A", None), None);
    }
}
