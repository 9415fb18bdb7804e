//! HI 返戻医療機関.

use kernel::{ClaimMonth, Prefecture, ReviewBody};

use crate::spec::record;
use crate::table::{FeeTable, Volume};
use crate::value::{Dated, Word};

record! {
    /// Institution record of a returned file (RECEIPTC.HEN, RECEIPTC.SAH); the order differs from IR.
    Hi "HI" "返戻医療機関" 8 {
        2 body: Option<ReviewBody> = { "審査支払機関" Digits 1 Fixed Always (in REVIEW_BODY) };
        3 claim_month: Option<Dated<ClaimMonth>> = { "請求年月" Month 6 Variable Always };
        4 prefecture: Option<Prefecture> = { "都道府県" Digits 2 Fixed Always (in PREFECTURE) };
        5 fee_table: Option<FeeTable> = { "点数表" Digits 1 Fixed Always (in FEE_TABLE) };
        6 institution: Word<7> = { "医療機関コード" Digits 7 Fixed Always };
        7 = { "予備" Digits 2 Variable Empty };
        8 volume: Option<Volume> = { "マルチボリューム識別情報" Digits 2 Fixed Always };
    }
}
