//! IR 医療機関情報.

use kernel::{ClaimMonth, FacilityCode, Prefecture, ReviewBody};

use crate::spec::record;
use crate::table::{FeeTable, Volume};
use crate::value::{Dated, Text, Word};

record! {
    /// Institution record (医療機関情報レコード): first line of a claim file.
    Ir "IR" "医療機関情報" 10 {
        2 body: Option<ReviewBody> = { "審査支払機関" Digits 1 Fixed Always (in REVIEW_BODY) };
        3 prefecture: Option<Prefecture> = { "都道府県" Digits 2 Fixed Always (in PREFECTURE) };
        4 fee_table: Option<FeeTable> = { "点数表" Digits 1 Fixed Always (in FEE_TABLE) };
        5 institution: Word<7> = { "医療機関コード" Digits 7 Fixed Always or "L1912" };
        6 = { "予備" Digits 2 Variable Empty or "L1011" };
        7 name: Text = { "医療機関名称" Kanji 40 Variable Always : "As notified; a mismatch is replaced (L4892)." };
        8 claim_month: Option<Dated<ClaimMonth>> = { "請求年月" Month 6 Fixed Always or "L1102" : "The month of claiming." };
        9 volume: Option<Volume> = { "マルチボリューム識別情報" Digits 2 Fixed Always };
        10 phone: Text = { "電話番号" Ascii 15 Variable Optional or "L1929" };
    }
}

impl Ir {
    /// The institution of a 医科 claim file in one volume, without telephone number.
    pub fn new(body: ReviewBody, facility: &FacilityCode, name: impl Into<Text>, claim_month: ClaimMonth) -> Self {
        Self {
            body: Some(body),
            prefecture: facility.prefecture().parse().ok(),
            fee_table: Some(FeeTable::MEDICAL),
            institution: facility.into(),
            name: name.into(),
            claim_month: Some(claim_month.into()),
            volume: Some(Volume::FIRST),
            phone: Text::default(),
        }
    }
}
