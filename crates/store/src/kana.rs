//! Search keys of names in kana.

/// Half-width katakana in the order of their code points from U+FF66, full-width.
const FULL_WIDTH: &str =
    "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

/// The key a name in kana is searched by: full-width katakana and capital letters, without spaces.
///
/// Hiragana and half-width katakana become full-width katakana, sound marks join their letter.
pub fn search_key(kana: &str) -> String {
    let mut key = String::with_capacity(kana.len());
    for letter in kana.chars() {
        match letter {
            ' ' | '\u{3000}' => {}
            'ﾞ' | '\u{3099}' | '゛' => join(&mut key, voiced),
            'ﾟ' | '\u{309A}' | '゜' => join(&mut key, semi_voiced),
            '\u{FF66}'..='\u{FF9D}' => key.push(full_width(letter)),
            'ぁ'..='ゖ' => key.push(shifted(letter, 0x60)),
            '！'..='～' => key.extend(char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter).to_uppercase()),
            other => key.extend(other.to_uppercase()),
        }
    }
    key
}

fn full_width(letter: char) -> char {
    let place = u32::from(letter).saturating_sub(0xFF66);
    usize::try_from(place).ok().and_then(|place| FULL_WIDTH.chars().nth(place)).unwrap_or(letter)
}

fn shifted(letter: char, by: u32) -> char {
    char::from_u32(u32::from(letter) + by).unwrap_or(letter)
}

/// Replaces the last letter by the one with its mark; a mark that fits nothing is dropped.
fn join(key: &mut String, marked: fn(char) -> Option<char>) {
    if let Some(letter) = key.chars().last().and_then(marked) {
        key.pop();
        key.push(letter);
    }
}

fn voiced(letter: char) -> Option<char> {
    match letter {
        'ウ' => Some('ヴ'),
        'カ' | 'キ' | 'ク' | 'ケ' | 'コ' | 'サ' | 'シ' | 'ス' | 'セ' | 'ソ' | 'タ' | 'チ' | 'ツ' | 'テ' | 'ト'
        | 'ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ' => Some(shifted(letter, 1)),
        _ => None,
    }
}

fn semi_voiced(letter: char) -> Option<char> {
    matches!(letter, 'ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ').then(|| shifted(letter, 2))
}

#[cfg(test)]
mod tests {
    use super::search_key;
    use rstest::rstest;

    #[rstest]
    #[case("カクウ イチロウ", "カクウイチロウ")]
    #[case("かくう　いちろう", "カクウイチロウ")]
    #[case("ｶﾞﾊﾟｳﾞｰ ﾝ", "ガパヴーン")]
    #[case("sample Tarou", "SAMPLETAROU")]
    #[case("ＳＡＭＰＬＥ", "SAMPLE")]
    #[case("ﾞ", "")]
    fn keys(#[case] kana: &str, #[case] key: &str) {
        assert_eq!(search_key(kana), key);
        assert_eq!(search_key(key), key);
    }
}
