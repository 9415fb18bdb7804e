//! Schemes of medical insurance (保険種別) by the law number of the insurer.

use kernel::{InsurerNumber, ReviewBody};

use super::programmes::law_key;

/// Second digit of レセプト種別.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MainDigit {
    /// 1 医保・国保.
    Insurance,
    /// 2 公費.
    Subsidy,
    /// 3 後期.
    LateElderly,
    /// 4 退職.
    Retired,
}

impl MainDigit {
    /// The digit.
    pub const fn digit(self) -> u8 {
        match self {
            Self::Insurance => 1,
            Self::Subsidy => 2,
            Self::LateElderly => 3,
            Self::Retired => 4,
        }
    }
}

/// A scheme of medical insurance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InsurerLaw {
    /// 法別番号; `None` for the six-digit numbers of 国民健康保険.
    pub law: Option<&'static str>,
    /// Official name of the scheme.
    pub scheme: &'static str,
    /// Where its claims go (審査支払機関).
    pub submit_to: ReviewBody,
    /// Second digit of レセプト種別.
    pub main: MainDigit,
}

const fn shaho(law: &'static str, scheme: &'static str) -> InsurerLaw {
    InsurerLaw { law: Some(law), scheme, submit_to: ReviewBody::PaymentFund, main: MainDigit::Insurance }
}

const fn kokuhoren(law: Option<&'static str>, scheme: &'static str, main: MainDigit) -> InsurerLaw {
    InsurerLaw { law, scheme, submit_to: ReviewBody::Kokuhoren, main }
}

/// All schemes. Source: 記録条件仕様(医科用) 別表5, 別表13; 診療報酬請求書等の記載要領 別添2 法別番号.
pub const INSURER_LAWS: &[InsurerLaw] = &[
    kokuhoren(None, "国民健康保険", MainDigit::Insurance),
    shaho("01", "全国健康保険協会管掌健康保険"),
    shaho("02", "船員保険"),
    shaho("03", "日雇特例被保険者（一般）"),
    shaho("04", "日雇特例被保険者（特別療養費）"),
    shaho("06", "組合管掌健康保険"),
    shaho("07", "自衛官等"),
    shaho("31", "国家公務員共済組合"),
    shaho("32", "地方公務員等共済組合"),
    shaho("33", "警察共済組合"),
    shaho("34", "公立学校共済組合・日本私立学校振興・共済事業団"),
    kokuhoren(Some("39"), "後期高齢者医療", MainDigit::LateElderly),
    shaho("63", "特定健康保険組合（特例退職）"),
    kokuhoren(Some("67"), "国民健康保険 退職者医療", MainDigit::Retired),
    shaho("72", "国家公務員特定共済組合"),
    shaho("73", "地方公務員等特定共済組合"),
    shaho("74", "警察特定共済組合"),
    shaho("75", "公立学校・私学特定共済"),
];

/// The scheme of a law number; `None` asks for 国民健康保険, as does `00`, with which the eligibility check fills
/// its numbers up to eight digits.
pub fn insurer_law_of(law: Option<&str>) -> Option<&'static InsurerLaw> {
    let key = law.filter(|law| *law != "00").map(law_key);
    INSURER_LAWS.iter().find(|row| row.law.map(law_key) == key)
}

/// The scheme of an insurer; `None` when no scheme has its law number.
pub fn insurer_law(insurer: &InsurerNumber) -> Option<&'static InsurerLaw> {
    insurer_law_of(insurer.law())
}
