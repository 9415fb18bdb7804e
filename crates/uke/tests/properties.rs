//! Any bytes and any model: nothing panics, nothing is lost.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions, reason = "a test may panic")]

mod support;

use kernel::{CommentCode, DrugCode, Points};
use proptest::collection::vec;
use proptest::prelude::*;
use support::*;
use uke::table::{LineClass, Outcome};
use uke::*;

/// The one property of bytes: a file is refused, or copied as it is; every other reading ends too.
fn no_byte_is_lost(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut out = Vec::new();
    match copy(bytes, &mut out) {
        Ok(report) => {
            prop_assert!(out == bytes);
            prop_assert_eq!(report.lines, report.from_model + report.kept_raw);
            prop_assert!(check(bytes, &AnyCode).is_ok());
            prop_assert!(show(bytes, std::io::sink()).is_ok());
            prop_assert!(diff(bytes, bytes).unwrap().is_empty());
        }
        Err(CopyError::Read(ReadError::NotMedical { .. })) => prop_assert!(check(bytes, &AnyCode).is_err()),
        Err(error) => prop_assert!(false, "{error}"),
    }
    Ok(())
}

/// Lines of the fixture with a few cells and bytes changed, doubled, dropped, cut.
fn mutated_sample() -> impl Strategy<Value = Vec<u8>> {
    let lines: Vec<Vec<u8>> = FIXTURE.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let count = lines.len();
    let order = vec(0..count, 0..count * 2);
    let byte = prop_oneof![
        Just(b','),
        Just(b'\r'),
        Just(b'\n'),
        Just(0x1a),
        Just(b'0'),
        Just(b'9'),
        Just(b'-'),
        Just(b'.'),
        Just(b' '),
        Just(0x81),
        any::<u8>()
    ];
    (any::<bool>(), order, vec((any::<prop::sample::Index>(), byte, 0..3_u8), 0..12)).prop_map(
        move |(keep, order, changes)| {
            let mut bytes =
                if keep { FIXTURE.to_vec() } else { order.iter().flat_map(|at| lines[*at].clone()).collect() };
            for (at, byte, how) in changes {
                if bytes.is_empty() {
                    break;
                }
                let at = at.index(bytes.len());
                match how {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    _ => drop(bytes.remove(at)),
                }
            }
            bytes
        },
    )
}

/// Lines made of record ids and cells of the right and the wrong form.
fn made_lines() -> impl Strategy<Value = Vec<u8>> {
    let id = prop::sample::select(vec![
        "IR", "RE", "HO", "KO", "SN", "JD", "MF", "GR", "SY", "SI", "IY", "TO", "CO", "SJ", "GO", "HI", "HR", "HG",
        "TI", "KH", "NI", "1", "12", "", "ZZ",
    ]);
    let cell = prop_oneof![
        4 => Just(Vec::new()),
        2 => "[0-9]{1,20}".prop_map(String::into_bytes),
        1 => "-?[0-9]{0,12}(\\.[0-9]{0,7})?".prop_map(String::into_bytes),
        1 => prop::sample::select(vec!["202607", "50807", "20260705", "5080705", "01", "1", "9", "111000110", "620098801",
            "710010159", "810000001", "850100186", "80028070"]).prop_map(|cell| cell.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..8),
    ];
    let end = prop::sample::select(vec!["\r\n", "\r\n", "\r\n", "\n", "\r", "\x1a"]);
    vec((id, vec(cell, 0..50), end), 0..20).prop_map(|lines| {
        lines
            .into_iter()
            .flat_map(|(id, cells, end)| {
                let mut line = vec![id.as_bytes().to_vec()];
                line.extend(cells);
                [line.join(&b','), end.as_bytes().to_vec()].concat()
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn any_bytes_are_copied(bytes in vec(any::<u8>(), 0..600)) {
        no_byte_is_lost(&bytes)?;
    }

    #[test]
    fn any_change_of_a_file_is_copied(bytes in mutated_sample()) {
        no_byte_is_lost(&bytes)?;
    }

    #[test]
    fn any_lines_are_copied(bytes in made_lines()) {
        no_byte_is_lost(&bytes)?;
    }
}

fn wide_text(most: usize) -> impl Strategy<Value = String> {
    format!("[ぁ-んァ-ヶー０-９Ａ-Ｚ亜-腕　、。]{{1,{most}}}").as_str().prop_map_strategy()
}

/// Text of characters JIS X 0208 has: others of the ranges are left out.
trait Writable {
    fn prop_map_strategy(&self) -> BoxedStrategy<String>;
}

impl Writable for str {
    fn prop_map_strategy(&self) -> BoxedStrategy<String> {
        let is_writable = |character: &char| {
            let text = character.to_string();
            let (bytes, _, has_errors) = encoding_rs::SHIFT_JIS.encode(&text);
            !has_errors && bytes.len() == 2 && matches!(bytes[0], 0x81..=0x84 | 0x88..=0x9f | 0xe0..=0xea)
        };
        proptest::string::string_regex(self)
            .unwrap()
            .prop_map(move |text| text.chars().filter(is_writable).collect::<String>())
            .prop_filter("empty", |text: &String| !text.trim().is_empty())
            .boxed()
    }
}

fn comment() -> impl Strategy<Value = Comment> {
    prop_oneof![
        wide_text(50).prop_map(|text| Comment::new(parse("810000001"), text)),
        Just(Comment::new(parse("820000001"), "")),
        (2019..2030_i32, 1..=12_u32, 1..=28_u32).prop_map(|(year, month, day)| {
            let date = kernel::ServiceDate::from_ymd(year, month, day).unwrap();
            Comment::new(parse("850100186"), comment::day(date).unwrap())
        }),
        (0..100_000_u32).prop_map(|count| Comment::new(parse("852100004"), comment::minutes(count).unwrap())),
    ]
}

fn line(class: u16) -> impl Strategy<Value = Line> {
    let days = vec((1..=31_u32, 1..=9_u16), 1..4).prop_map(|pairs| Days::from_pairs(pairs).unwrap());
    let common = (days, 0..100_000_i64, vec(comment(), 0..4)).boxed();
    let act = (common.clone(), 0..9_999_999_u32, proptest::option::of(1..99_999_999_u32)).prop_map(
        move |((days, points, comments), code, quantity)| {
            Line::Si(Si {
                class: Some(LineClass::new(class)),
                burden: Some(Burden::INSURANCE),
                code: kernel::ActCode::from_number(100_000_000 + code),
                quantity,
                points: Some(Points::new(points)),
                count: u16::try_from(days.sum()).ok(),
                comments,
                days,
            })
        },
    );
    let drug = (common, 0..9_999_999_u32, 1..9_999_999_999_i64, 0..=5_u32).prop_map(
        move |((days, points, comments), code, amount, scale)| {
            let amount = rust_decimal::Decimal::new(amount % 99_999, scale) + rust_decimal::Decimal::ONE;
            Line::Iy(Iy {
                class: Some(LineClass::new(class)),
                burden: Some(Burden::INSURANCE),
                code: DrugCode::from_number(600_000_000 + code),
                quantity: kernel::Quantity::try_from(amount).ok(),
                points: Some(Points::new(points)),
                count: u16::try_from(days.sum()).ok(),
                comments,
                days,
            })
        },
    );
    let note = wide_text(38).prop_map(move |text| {
        Line::Co(Co {
            class: Some(LineClass::new(class)),
            burden: Some(Burden::INSURANCE),
            code: CommentCode::from_number(810_000_001),
            text: text.into(),
        })
    });
    prop_oneof![3 => act, 2 => drug, 1 => note]
}

fn receipt() -> impl Strategy<Value = Receipt> {
    let classes = vec(prop::sample::select(vec![11_u16, 12, 13, 21, 23, 31, 40, 50, 60, 70, 80]), 1..8);
    let lines = classes.prop_flat_map(|mut classes| {
        classes.sort_unstable();
        classes.into_iter().map(line).collect::<Vec<_>>()
    });
    let diagnosis = (wide_text(20), proptest::option::of(wide_text(20)), 1..=4_u16, vec(0..9_999_u32, 0..20));
    (wide_text(18), "[ァ-ヶー]{0,40}", lines, vec(diagnosis, 1..5), "[0-9A-Za-z-]{0,20}").prop_map(
        |(name, kana, mut lines, diagnoses, chart)| {
            let mut receipt = receipt_plain();
            lines.insert(0, act(Some(11), '1', "111000110", 291, &[(5, 1)]));
            let points = lines.iter().filter_map(Line::amount).sum();
            receipt.re.name = format!("見本{name}").into();
            receipt.re.kana = kana.chars().filter(|c| !matches!(c, 'ヷ'..='ヺ')).collect::<String>().into();
            receipt.re.chart_number = chart.as_str().into();
            receipt.ho.as_mut().unwrap().points = Some(points);
            receipt.sy = diagnoses
                .into_iter()
                .map(|(name, note, outcome, modifiers)| {
                    let is_coded = !modifiers.is_empty();
                    Sy {
                        code: Some(if is_coded { parse("8830417") } else { kernel::DiagnosisCode::UNCODED }),
                        start: Some(parse::<kernel::ServiceDate>("2026-07-05").into()),
                        outcome: Some(Outcome::new(outcome)),
                        modifiers: modifiers.into_iter().filter_map(kernel::ModifierCode::from_number).collect(),
                        name: if is_coded { Text::default() } else { name.into() },
                        is_main: true,
                        note: note.unwrap_or_default().into(),
                    }
                })
                .collect();
            receipt.lines = lines;
            receipt
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_the_model_says_is_written_and_read_back(receipts in vec(receipt(), 1..4)) {
        let mut file = ClaimFile { ir: institution(), receipts };
        let bytes = written(&file);
        for (number, receipt) in (1..).zip(&mut file.receipts) {
            receipt.re.number = Some(number);
        }
        let read = read_back(&bytes);
        prop_assert_eq!(&read, &file);
        // Written again from what was read, the bytes are the same.
        prop_assert!(written(&read) == bytes);
        let report = copy(&bytes[..], std::io::sink()).unwrap();
        prop_assert_eq!(report.kept_raw, 0);
        prop_assert!(check(&bytes[..], &AnyCode).unwrap().is_submittable());
    }
}
