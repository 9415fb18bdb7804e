//! Shift_JIS of claim files: JIS X 0201 and JIS X 0208, nothing else.
//!
//! `encoding_rs` reads; it does not write here, because it lets NEC and IBM extension characters (①, ㈱, 髙)
//! pass, which the review bodies refuse. The writing table is what `encoding_rs` decodes from the allowed
//! part of the code, turned round.
//! Source: 記録条件仕様(医科用) 第1章, 文字コード; allowed lead bytes 81–84, 88–9F, E0–EA.

use std::borrow::Cow;
use std::sync::LazyLock;

/// `？`, what the review bodies put in place of a character that is not allowed.
const REPLACEMENT: [u8; 2] = [0x81, 0x48];

/// A character that cannot be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unwritable {
    pub(crate) character: char,
    /// Which character of the text, from 1.
    pub(crate) position: usize,
}

/// What kinds of characters some bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Widths {
    pub(crate) has_narrow: bool,
    pub(crate) has_wide: bool,
}

struct Table {
    /// Double-byte code by character of the basic plane; 0 = none.
    codes: Vec<u16>,
    /// True for each double-byte code that is assigned.
    is_assigned: Vec<bool>,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::from_encoding_rs);

impl Table {
    fn from_encoding_rs() -> Self {
        let mut table = Self { codes: vec![0; 1 << 16], is_assigned: vec![false; 1 << 16] };
        for lead in (0x81..=0x84_u8).chain(0x88..=0x9f).chain(0xe0..=0xea) {
            for trail in (0x40..=0x7e_u8).chain(0x80..=0xfc) {
                let bytes = [lead, trail];
                let text = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&bytes);
                let character = text.as_deref().and_then(|text| text.chars().next());
                let code = u16::from_be_bytes(bytes);
                if let Some(slot) = character.and_then(|c| table.codes.get_mut(plane_index(c)?)) {
                    *slot = code;
                    if let Some(is_assigned) = table.is_assigned.get_mut(usize::from(code)) {
                        *is_assigned = true;
                    }
                }
            }
        }
        table
    }

    #[inline]
    fn code(&self, character: char) -> u16 {
        plane_index(character).and_then(|index| self.codes.get(index)).copied().unwrap_or(0)
    }
}

#[inline]
fn plane_index(character: char) -> Option<usize> {
    u16::try_from(u32::from(character)).ok().map(usize::from)
}

/// Appends a text in full width. Half-width characters are widened and variants folded (see [`widen`]); a
/// character that cannot be written becomes `？` and the first such one is returned.
#[inline]
pub(crate) fn encode_wide(text: &str, out: &mut Vec<u8>) -> Option<Unwritable> {
    let start = out.len();
    let table = &*TABLE;
    for character in text.chars() {
        let code = table.code(character);
        if code == 0 {
            out.truncate(start);
            return encode_folded(&widen(text), out);
        }
        out.extend_from_slice(&code.to_be_bytes());
    }
    None
}

fn encode_folded(text: &str, out: &mut Vec<u8>) -> Option<Unwritable> {
    let mut unwritable = None;
    for (index, character) in text.chars().enumerate() {
        match TABLE.code(character) {
            0 => {
                unwritable = unwritable.or(Some(Unwritable { character, position: index + 1 }));
                out.extend_from_slice(&REPLACEMENT);
            }
            code => out.extend_from_slice(&code.to_be_bytes()),
        }
    }
    unwritable
}

/// The text for a person.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    encoding_rs::SHIFT_JIS.decode_without_bom_handling(bytes).0
}

/// The widths of some bytes; `Err` with the first byte (from 1) that is no allowed character.
pub(crate) fn widths(bytes: &[u8]) -> Result<Widths, usize> {
    let mut widths = Widths::default();
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return Ok(widths),
            [0x20..=0x7e | 0xa1..=0xdf, tail @ ..] => {
                widths.has_narrow = true;
                tail
            }
            [lead, trail, tail @ ..] if is_assigned(*lead, *trail) => {
                widths.has_wide = true;
                tail
            }
            _ => return Err(bytes.len() - rest.len() + 1),
        }
    }
}

fn is_assigned(lead: u8, trail: u8) -> bool {
    TABLE.is_assigned.get(usize::from(u16::from_be_bytes([lead, trail]))).copied().unwrap_or(false)
}

/// True for text that is half width as it stands: letters, digits, signs; no kana.
pub(crate) fn is_narrow(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// The text in full width: half-width letters, digits, signs and kana widened, sound marks composed,
/// super- and subscript digits flattened, and characters that Unicode has twice folded to the one Shift_JIS
/// has (`〜` → `～`, `−` → `－`, `—` → `―`, `‖` → `∥`). What has no full-width form stays.
pub(crate) fn widen(text: &str) -> String {
    let mut wide = String::with_capacity(text.len() * 3);
    for character in text.chars() {
        let folded = fold(character);
        let is_mark = matches!(character, '\u{3099}' | '\u{309a}' | 'ﾞ' | 'ﾟ');
        match wide.chars().next_back().filter(|_| is_mark).and_then(|last| voiced(last, folded)) {
            Some(composed) => {
                wide.pop();
                wide.push(composed);
            }
            None => wide.push(folded),
        }
    }
    wide
}

const HALF_WIDTH_KANA: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜";

fn fold(character: char) -> char {
    let shifted = |base: u32, target: char| char::from_u32(u32::from(character) - base + u32::from(target));
    match character {
        ' ' => '\u{3000}',
        '"' | '＂' => '”',
        '\'' | '＇' => '’',
        '!'..='~' => shifted(0x21, '！').unwrap_or(character),
        '\u{301c}' => '～',
        '\u{2212}' => '－',
        '\u{2014}' => '―',
        '\u{2016}' => '∥',
        '\u{a2}' => '￠',
        '\u{a3}' => '￡',
        '\u{a5}' => '￥',
        '\u{ac}' => '￢',
        '\u{203e}' => '￣',
        '\u{b9}' => '１',
        '\u{b2}' => '２',
        '\u{b3}' => '３',
        '\u{2070}' => '０',
        '\u{2074}'..='\u{2079}' => shifted(0x2074, '４').unwrap_or(character),
        '\u{2080}'..='\u{2089}' => shifted(0x2080, '０').unwrap_or(character),
        '\u{3099}' => '゛',
        '\u{309a}' => '゜',
        '｡'..='ﾟ' => {
            let index = usize::try_from(u32::from(character) - u32::from('｡')).unwrap_or_default();
            HALF_WIDTH_KANA.chars().nth(index).unwrap_or(character)
        }
        _ => character,
    }
}

/// The kana with a sound mark (゛ or ゜), when there is one.
fn voiced(kana: char, mark: char) -> Option<char> {
    let step = match (kana, mark) {
        ('ウ', '゛') => return Some('ヴ'),
        ('か' | 'き' | 'く' | 'け' | 'こ' | 'さ' | 'し' | 'す' | 'せ' | 'そ', '゛') => 1,
        ('た' | 'ち' | 'つ' | 'て' | 'と' | 'は' | 'ひ' | 'ふ' | 'へ' | 'ほ', '゛') => 1,
        ('カ' | 'キ' | 'ク' | 'ケ' | 'コ' | 'サ' | 'シ' | 'ス' | 'セ' | 'ソ', '゛') => 1,
        ('タ' | 'チ' | 'ツ' | 'テ' | 'ト' | 'ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ', '゛') => 1,
        ('は' | 'ひ' | 'ふ' | 'へ' | 'ほ' | 'ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ', '゜') => 2,
        _ => return None,
    };
    char::from_u32(u32::from(kana) + step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn encode(text: &str) -> (Vec<u8>, Option<Unwritable>) {
        let mut bytes = Vec::new();
        let unwritable = encode_wide(text, &mut bytes);
        (bytes, unwritable)
    }

    /// Every character: what we write in two bytes is what encoding_rs writes, and what we do not write
    /// encoding_rs cannot write either, writes in one byte, or writes outside JIS X 0208.
    #[test]
    fn the_table_equals_encoding_rs_within_jis_x_0208() {
        let mut written = 0;
        for character in (0..=0xffff_u32).filter_map(char::from_u32) {
            let mut buffer = [0; 4];
            let text: &str = character.encode_utf8(&mut buffer);
            let (theirs, _, had_errors) = encoding_rs::SHIFT_JIS.encode(text);
            let is_allowed = matches!(theirs[0], 0x81..=0x84 | 0x88..=0x9f | 0xe0..=0xea);
            match TABLE.code(character) {
                0 if character == '\u{2212}' => assert_eq!(*theirs, [0x81, 0x7c]),
                0 => assert!(had_errors || theirs.len() == 1 || !is_allowed, "{character:?} {theirs:x?}"),
                code => {
                    written += 1;
                    assert_eq!(*theirs, code.to_be_bytes(), "{character:?}");
                    assert!(is_allowed);
                }
            }
        }
        assert_eq!(written, 6_879, "characters of JIS X 0208");
    }

    #[rstest]
    #[case("〜−—‖¢£¬", "～－―∥￠￡￢")]
    #[case("10²₃", "１０２３")]
    #[case("か\u{3099}は\u{309a}ウ\u{3099}", "がぱヴ")]
    #[case("ｶﾞｷﾟﾊﾟｰ｡", "ガキ゜パー。")]
    #[case("A-1, \"x\"", "Ａ－１，　”ｘ”")]
    fn variants_are_folded(#[case] text: &str, #[case] wide: &str) {
        assert_eq!(widen(text), wide);
        let (bytes, unwritable) = encode(text);
        assert_eq!(unwritable, None);
        assert_eq!(decode(&bytes), wide);
    }

    #[rstest]
    #[case("山髙", '髙', 2)]
    #[case("①", '①', 1)]
    #[case("㈱", '㈱', 1)]
    #[case("宮﨑", '﨑', 2)]
    #[case("Ⅲ度", 'Ⅲ', 1)]
    #[case("風邪😷", '😷', 3)]
    #[case("𠮷田", '𠮷', 1)]
    #[case("行\n末", '\n', 2)]
    fn characters_outside_are_located(#[case] text: &str, #[case] character: char, #[case] position: usize) {
        let (bytes, unwritable) = encode(text);
        assert_eq!(unwritable, Some(Unwritable { character, position }));
        assert!(bytes.windows(2).any(|pair| pair == REPLACEMENT));
    }

    #[rstest]
    #[case(b"A1", Ok(Widths { has_narrow: true, has_wide: false }))]
    #[case(&[0x88, 0x9f], Ok(Widths { has_narrow: false, has_wide: true }))]
    #[case(&[0x41, 0x87, 0x40], Err(2))] // ① of NEC row 13
    #[case(&[0xfa, 0x40], Err(1))]
    #[case(&[0x88], Err(1))]
    #[case(&[0x85, 0x40], Err(1))]
    fn bytes_outside_are_located(#[case] bytes: &[u8], #[case] expected: Result<Widths, usize>) {
        assert_eq!(widths(bytes), expected);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(text in ".*") {
            let (bytes, unwritable) = encode(&text);
            if unwritable.is_none() {
                prop_assert_eq!(decode(&bytes), widen(&text));
                prop_assert!(widths(&bytes).is_ok_and(|widths| !widths.has_narrow));
            }
        }
    }
}
