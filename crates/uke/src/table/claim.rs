//! Codes of returned files (返戻).

use super::code_table;

code_table! {
    /// Kind of return (返戻区分).
    ReturnKind RETURN_KIND "返戻区分" 1 {
        1 "事務上", 2 "審査上", 3 "特別審査上", 4 "再審査等(資格)", 5 "再審査等(診療内容)", 6 "再審査等(事務上)", 7 "突合再審査",
        8 "再審査等(特別審査)", 9 "取下げ"
    }
}
