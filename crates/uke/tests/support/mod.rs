//! A claim file of visibly fictional people, and the way to the shared samples.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use kernel::{Points, ReviewBody, Yen};
use uke::table::{
    Confirmation, CounterCharge, LineClass, NarrativeClass, Outcome, PayerKind, ReceiptType, SpecialNote,
};
use uke::*;

/// The bytes of the crate's own fixture.
pub const FIXTURE: &[u8] = include_bytes!("../../fixtures/mihon_202608.UKE");

/// `../shared/data/uke` beside the workspace; `None` (and a line on stderr) when it is absent.
pub fn shared_samples(test: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/uke");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {test}: ../shared is absent");
    None
}

pub fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub fn letter(letter: char) -> Option<Burden> {
    Burden::from_letter(letter)
}

pub fn days(pairs: &[(u32, u16)]) -> Days {
    Days::from_pairs(pairs.iter().copied()).unwrap()
}

pub fn institution() -> Ir {
    let mut ir = Ir::new(ReviewBody::PaymentFund, &parse("1319999015"), "見本診療所", parse("2026-08"));
    ir.phone = "03-0000-0000".into();
    ir
}

pub fn act(class: Option<u16>, burden: char, code: &str, points: i64, on: &[(u32, u16)]) -> Line {
    let days = days(on);
    Line::Si(Si {
        class: class.map(LineClass::new),
        burden: letter(burden),
        code: Some(parse(code)),
        points: Some(Points::new(points)),
        count: u16::try_from(days.sum()).ok(),
        days,
        ..Si::default()
    })
}

fn visits(payer: PayerKind, on: &[u32]) -> Jd {
    Jd { payer: Some(payer), days: Days::from_pairs(on.iter().map(|day| (*day, 1))).unwrap() }
}

fn header(kind: u16, name: &str, kana: &str, sex: kernel::Sex, birth: &str, chart: &str) -> Re {
    Re {
        kind: Some(ReceiptType::new(kind)),
        month: Some(parse::<kernel::ClaimMonth>("2026-07").into()),
        name: name.into(),
        sex: Some(sex),
        birth: Some(parse::<kernel::ServiceDate>(birth).into()),
        chart_number: chart.into(),
        claim_information: format!("{chart}-202607").into(),
        kana: kana.into(),
        ..Re::default()
    }
}

fn diagnosis(code: &str, start: &str) -> Sy {
    Sy {
        code: Some(parse(code)),
        start: Some(parse::<kernel::ServiceDate>(start).into()),
        outcome: Some(Outcome::CONTINUES),
        ..Sy::default()
    }
}

fn confirmed(branch: &str) -> Sn {
    Sn {
        payer: Some(PayerKind::INSURANCE),
        confirmation: Some(Confirmation::AT_COUNTER),
        branch: parse(branch),
        ..Sn::default()
    }
}

fn drug() -> Line {
    Line::Iy(Iy {
        burden: letter('4'),
        code: Some(parse("620098801")),
        quantity: Some(parse("0.5")),
        points: Some(Points::new(3)),
        count: Some(14),
        days: days(&[(3, 14)]),
        ..Iy::default()
    })
}

fn material() -> Line {
    Line::To(To {
        class: Some(LineClass::new(40)),
        burden: letter('4'),
        code: Some(parse("710010159")),
        quantity: Some(parse("1.125")),
        points: Some(Points::new(56)),
        count: Some(1),
        unit: Some(table::MaterialUnit::new(10)),
        unit_price: Some(parse("560.5")),
        product: "見本の材料　ＡＢＣ".into(),
        days: days(&[(17, 1)]),
        ..To::default()
    })
}

/// 医保 with two 公費: every kind of line, narrative, two days.
pub fn receipt_with_subsidies() -> Receipt {
    let mut re = header(1132, "架空　花子", "カクウハナコ", kernel::Sex::Female, "1979-04-12", "A-0001");
    re.special_notes = vec![SpecialNote::new(28)];
    let subsidy = |payer: &str, recipient: &str, charge: i64| Ko {
        payer: parse(payer),
        recipient: parse(recipient),
        days: Some(2),
        points: Some(Points::new(373)),
        charge: Some(Yen::new(charge)),
        ..Ko::default()
    };
    let mut pair = act(Some(60), '4', "160008010", 21, &[(3, 1)]);
    if let Line::Si(si) = &mut pair {
        si.comments = vec![Comment::new(parse("850100186"), comment::day(parse("2026-07-03")).unwrap())];
    }
    let mut lines = vec![
        act(Some(12), '4', "112007410", 75, &[(3, 1), (17, 1)]),
        act(Some(12), '4', "112011010", 52, &[(17, 1)]),
        Line::Co(Co {
            class: Some(LineClass::new(21)),
            burden: letter('4'),
            code: Some(parse("810000001")),
            text: "毎食後".into(),
        }),
        drug(),
        act(Some(40), '4', "140000610", 52, &[(17, 1)]),
        material(),
        pair,
        act(Some(80), '1', "120002910", 60, &[(17, 1)]),
    ];
    lines.extend(
        Co::split(
            Some(LineClass::new(99)),
            Burden::INSURANCE,
            parse("810000001"),
            &"全体に係る見本のコメント".repeat(5),
        )
        .into_iter()
        .map(Line::Co),
    );
    Receipt {
        re,
        ho: Some(Ho {
            insurer: (&parse::<kernel::InsurerNumber>("01130012")).into(),
            symbol: "１１０２".into(),
            number: "１２３".into(),
            days: Some(2),
            points: Some(Points::new(433)),
            ..Ho::default()
        }),
        ko: vec![subsidy("54136015", "1234566", 746), subsidy("83136010", "7654320", 0)],
        sn: vec![confirmed("00")],
        jd: [PayerKind::INSURANCE, PayerKind::subsidy(1), PayerKind::subsidy(2)].map(|p| visits(p, &[3, 17])).into(),
        mf: Some(Mf { class: Some(CounterCharge::new(0)) }),
        sy: vec![Sy { is_main: true, name: "見本病".into(), ..diagnosis("0000999", "2024-01-15") }],
        lines,
        sj: Sj::split(NarrativeClass::new(1), "見本の症状詳記。\n次の段落。"),
        ..Receipt::default()
    }
}

/// 医保 alone: first visit, a suspected diagnosis.
pub fn receipt_plain() -> Receipt {
    let mut sy = diagnosis("4659007", "2026-07-05");
    sy.is_main = true;
    sy.modifiers = vec![parse("8002")];
    sy.note = "補足".into();
    Receipt {
        re: header(1116, "例示　一郎", "レイジイチロウ", kernel::Sex::Male, "2010-12-24", "A-0002"),
        ho: Some(Ho {
            insurer: parse("01130012"),
            number: "0000012".into(),
            days: Some(1),
            points: Some(Points::new(351)),
            ..Ho::default()
        }),
        sn: vec![confirmed("02")],
        jd: vec![visits(PayerKind::INSURANCE, &[5])],
        mf: Some(Mf { class: Some(CounterCharge::new(0)) }),
        sy: vec![sy],
        lines: vec![act(Some(11), '1', "111000110", 291, &[(5, 1)]), act(Some(80), '1', "120002910", 60, &[(5, 1)])],
        ..Receipt::default()
    }
}

/// 公費単独, claimed again after a return: 検索番号 and history.
pub fn receipt_claimed_again() -> Receipt {
    let mut re = header(1212, "試料　次郎", "シリョウジロウ", kernel::Sex::Male, "1950-01-31", "A-0003");
    re.month = Some(parse::<kernel::ClaimMonth>("2026-05").into());
    re.search_number = "000000100120260500001".into();
    Receipt {
        re,
        ko: vec![Ko {
            payer: parse("12131017"),
            recipient: parse("1234566"),
            days: Some(1),
            points: Some(Points::new(75)),
            ..Ko::default()
        }],
        jd: vec![visits(PayerKind::subsidy(1), &[7])],
        mf: Some(Mf { class: Some(CounterCharge::new(0)) }),
        sy: vec![Sy { is_main: true, ..diagnosis("8830417", "2026-05-07") }],
        lines: vec![act(Some(12), '5', "112007410", 75, &[(7, 1)])],
        history: vec![RawLine::new(b"1,1,0,RC,0123456789ABCDEF"), RawLine::new(b"10,2,0,MN,123456789,,")],
        ..Receipt::default()
    }
}

pub fn claim_file() -> ClaimFile {
    ClaimFile { ir: institution(), receipts: vec![receipt_with_subsidies(), receipt_plain(), receipt_claimed_again()] }
}

pub fn written(file: &ClaimFile) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_claim_file(file, &mut bytes).unwrap_or_else(|error| panic!("{error:#?}"));
    bytes
}

/// Reads a whole file into the model; panics when a field cannot be held.
pub fn read_back(bytes: &[u8]) -> ClaimFile {
    let mut reader = Reader::new(bytes);
    let mut file = ClaimFile::default();
    while let Some(part) = reader.next_part().unwrap() {
        match part {
            Part::Record(SingleRecord { value: SingleValue::Ir(ir), findings, .. }) => {
                assert_eq!(findings, &[]);
                file.ir = ir.clone();
            }
            Part::Receipt(receipt) => {
                assert_eq!(receipt.findings, []);
                file.receipts.push(receipt.receipt.clone());
            }
            _ => {}
        }
    }
    file
}
