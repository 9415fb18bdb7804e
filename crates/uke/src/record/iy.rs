//! IY 医薬品.

use kernel::{DrugCode, Points, Quantity};

use crate::spec::record;
use crate::table::LineClass;
use crate::value::{Burden, Comment, Days};

record! {
    /// Drug record (医薬品レコード).
    Iy "IY" "医薬品" 44 {
        2 class: Option<LineClass> = { "診療識別" Digits 2 Variable Conditional (in LINE_CLASS) : "On the head of a group only." };
        3 burden: Option<Burden> = { "負担区分" Payers 1 Fixed Always : "別表21." };
        4 code: Option<DrugCode> = { "医薬品コード" Drug 9 Fixed Always or "L2361" };
        5 quantity: Option<Quantity> = { "使用量" Decimal5 11 Variable Conditional };
        6 points: Option<Points> = { "点数" Signed 7 Variable Conditional : "On the last record of a 点数・回数算定単位 only." };
        7 count: Option<u16> = { "回数" Digits 3 Variable Always : "The same on every record of the unit; Σ of the days." };
        8 comments: Vec<Comment> = { times 3; "コメントコード" Comment 9 Fixed Conditional, "文字データ" Kanji 100 Variable Conditional : "Up to three pairs." };
        14 days: Days = { times 31; "日の情報" Digits 3 Variable Conditional : "Count of each day." };
    }
}
