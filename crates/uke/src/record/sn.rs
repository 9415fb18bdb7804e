//! SN 資格確認.

use crate::spec::record;
use crate::table::{Confirmation, PayerKind};
use crate::value::{Text, Word};

record! {
    /// Eligibility record (資格確認レコード), since care of 2021-09.
    Sn "SN" "資格確認" 9 {
        2 payer: Option<PayerKind> = { "負担者種別" Digits 1 Fixed Always (in PAYER_KIND) or "L2140" };
        3 confirmation: Option<Confirmation> = { "確認区分" Digits 2 Fixed Always (in CONFIRMATION) : "Institutions write 01." };
        4 insurer: Word<8> = { "保険者番号等(資格確認)" Ascii 8 Variable Empty : "Filled by the review body." };
        5 symbol: Text = { "被保険者資格に係る記号(資格確認)" Either 38 Variable Empty : "Filled by the review body." };
        6 number: Text = { "被保険者資格に係る番号(資格確認)" Either 38 Variable Empty : "Filled by the review body." };
        7 branch: Word<2> = { "枝番" Ascii 2 Variable Conditional : "Two digits; none for 後期 and 公費." };
        8 recipient: Word<7> = { "受給者番号" Digits 7 Variable Empty : "Filled by the review body." };
        9 = { "予備" Digits 1 Variable Empty };
    }
}
