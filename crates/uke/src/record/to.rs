//! TO 特定器材.

use kernel::{MaterialCode, Points, Quantity};
use rust_decimal::Decimal;

use crate::spec::record;
use crate::table::{LineClass, MaterialUnit};
use crate::value::{Burden, Comment, Days, Text};

record! {
    /// Material record (特定器材レコード).
    To "TO" "特定器材" 48 {
        2 class: Option<LineClass> = { "診療識別" Digits 2 Variable Conditional (in LINE_CLASS) : "On the head of a group only." };
        3 burden: Option<Burden> = { "負担区分" Payers 1 Fixed Always : "別表21." };
        4 code: Option<MaterialCode> = { "特定器材コード" Material 9 Fixed Always };
        5 quantity: Option<Quantity> = { "使用量" Decimal3 9 Variable Conditional };
        6 points: Option<Points> = { "点数" Signed 7 Variable Conditional : "On the last record of a 点数・回数算定単位 only." };
        7 count: Option<u16> = { "回数" Digits 3 Variable Always };
        8 unit: Option<MaterialUnit> = { "単位コード" Digits 3 Variable Conditional (in MATERIAL_UNIT) : "Only when the master has no unit." };
        9 unit_price: Option<Decimal> = { "単価" Price 11 Variable Conditional : "yen; only when the master has no price." };
        10 = { "予備" Kanji 40 Variable Empty or "L2349" };
        11 product: Text = { "商品名及び規格又はサイズ" Kanji 300 Variable Conditional };
        12 comments: Vec<Comment> = { times 3; "コメントコード" Comment 9 Fixed Conditional, "文字データ" Kanji 100 Variable Conditional : "Up to three pairs." };
        18 days: Days = { times 31; "日の情報" Digits 3 Variable Conditional : "Count of each day." };
    }
}
