//! 負担区分 of a line by its payers.

/// 負担区分コード. The index is a bit set: 1 医療保険, 2 第1公費, 4 第2公費, 8 第3公費, 16 第4公費.
/// Source: 記録条件仕様(医科用) 別表21 負担区分コード.
pub const BURDEN_CLASSES: [&str; 32] = [
    "", "1", "5", "2", "6", "3", "7", "4", "B", "E", "H", "M", "J", "O", "R", "V", "C", "G", "I", "N", "K", "P", "S",
    "W", "L", "Q", "T", "X", "U", "Y", "Z", "9",
];
