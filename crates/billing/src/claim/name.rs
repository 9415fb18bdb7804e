//! Names as a claim file can carry them.
//!
//! Source: 記録条件仕様(医科用) 第1章 文字コード (JIS X 0201, JIS X 0208), RE 5 and RE 37.

use kernel::Finding;

use crate::clinic::Patient;
use crate::code;

/// Full-width characters of a name (RE field 5).
const NAME_CHARACTERS_MAX: usize = 20;
/// Half-width characters of a name (RE field 5).
const NAME_BYTES_MAX: usize = 40;
/// Full-width characters of the カタカナ氏名 (RE field 37).
const KANA_CHARACTERS_MAX: usize = 40;

/// 氏名 (RE field 5). A name that JIS X 0208 cannot write is written in 片仮名; a long one is cut.
pub(super) fn name(patient: &Patient, place: &str, findings: &mut Vec<Finding>) -> String {
    let mut text = one_space(patient.name.as_str());
    if let Some((character, position)) = unwritable(&text) {
        let message = format!(
            "character {position} of the name (U+{:04X}) is not in JIS X 0208; the name is written in 片仮名",
            u32::from(character)
        );
        findings
            .push(Finding::note(code::NAME_KANA, place, message).with_basis("記録条件仕様(医科用) 第1章 文字コード"));
        text = one_space(patient.kana.as_str());
    }
    if text.is_empty() || unwritable(&text).is_some() {
        let message = "neither 氏名 nor カタカナ氏名 can be written (L3001)";
        findings.push(Finding::stop(code::CLAIM_HEADER, place, message));
        return String::new();
    }
    let allowed = if text.is_ascii() { NAME_BYTES_MAX } else { NAME_CHARACTERS_MAX };
    let length = text.chars().count();
    if length > allowed {
        let message = format!("the name has {length} characters; it is cut at {allowed}");
        findings.push(Finding::note(code::NAME_CUT, place, message));
        text = text.chars().take(allowed).collect();
    }
    text
}

/// カタカナ氏名 (RE field 37): full-width katakana without space, else nothing.
pub(super) fn kana(patient: &Patient, place: &str, findings: &mut Vec<Finding>) -> String {
    let text: String = patient.kana.as_str().chars().filter(|character| !character.is_whitespace()).collect();
    let is_kana = |character: char| matches!(character, 'ァ'..='ヴ' | 'ー' | 'ヽ' | 'ヾ');
    if !text.is_empty() && text.chars().all(is_kana) && text.chars().count() <= KANA_CHARACTERS_MAX {
        return text;
    }
    let message = format!("カタカナ氏名 is not 1 to {KANA_CHARACTERS_MAX} full-width katakana; it is left out (L4834)");
    findings.push(Finding::note(code::KANA_LEFT_OUT, place, message));
    String::new()
}

/// One space between 姓 and 名, of the width of the name.
fn one_space(name: &str) -> String {
    let parts: Vec<&str> = name.split_whitespace().collect();
    let space = if name.chars().all(|character| character.is_ascii() || character == '\u{3000}') { " " } else { "　" };
    parts.join(space)
}

/// The first character that neither JIS X 0201 nor JIS X 0208 has, with its position from 1.
fn unwritable(text: &str) -> Option<(char, usize)> {
    text.chars().zip(1..).find(|(character, _)| !is_writable(*character))
}

/// Lead bytes 81–84, 88–9F and E0–EA are JIS X 0208; the others are extension rows.
fn is_writable(character: char) -> bool {
    let mut buffer = [0; 4];
    let text: &str = character.encode_utf8(&mut buffer);
    let (bytes, _, has_failed) = encoding_rs::SHIFT_JIS.encode(text);
    let is_known = matches!(bytes.as_ref(), [_] | [0x81..=0x84 | 0x88..=0x9f | 0xe0..=0xea, _]);
    !has_failed && is_known && !character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("架空　一郎", "架空　一郎")]
    #[case("架空 一郎", "架空　一郎")]
    #[case(" 架空   一郎 ", "架空　一郎")]
    #[case("SAMPLE　TAROU", "SAMPLE TAROU")]
    fn one_space_of_the_width_of_the_name(#[case] name: &str, #[case] written: &str) {
        assert_eq!(one_space(name), written);
    }

    #[rstest]
    #[case("髙﨑 見本子", Some(('髙', 1)))]
    #[case("宮﨑", Some(('﨑', 2)))]
    #[case("見本①", Some(('①', 3)))]
    #[case("𠮷田", Some(('𠮷', 1)))]
    #[case("見本 花子", None)]
    fn gaiji_are_found(#[case] name: &str, #[case] found: Option<(char, usize)>) {
        assert_eq!(unwritable(name), found);
    }
}
