//! SI 診療行為.

use kernel::{ActCode, Points};

use crate::spec::record;
use crate::table::LineClass;
use crate::value::{Burden, Comment, Days};

record! {
    /// Act record (診療行為レコード).
    Si "SI" "診療行為" 44 {
        2 class: Option<LineClass> = { "診療識別" Digits 2 Variable Conditional (in LINE_CLASS) : "On the head of a group only." };
        3 burden: Option<Burden> = { "負担区分" Payers 1 Fixed Always : "別表21." };
        4 code: Option<ActCode> = { "診療行為コード" Act 9 Fixed Always };
        5 quantity: Option<u32> = { "数量データ" Digits 8 Variable Conditional : "Only when the master counts in steps (きざみ値計算識別 1)." };
        6 points: Option<Points> = { "点数" Signed 7 Variable Conditional : "On the last record of a 点数・回数算定単位 only." };
        7 count: Option<u16> = { "回数" Digits 3 Variable Always : "The same on every record of the unit; Σ of the days." };
        8 comments: Vec<Comment> = { times 3; "コメントコード" Comment 9 Fixed Conditional, "文字データ" Kanji 100 Variable Conditional : "Up to three pairs." };
        14 days: Days = { times 31; "日の情報" Digits 3 Variable Conditional : "Count of each day." };
    }
}
