//! The table of national programmes against the official 国公費マスター: every difference with the reason for ours.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use engine::charge::{LimitKind, Programme, Share, national_share, programme, tables::legal_rank};
use kernel::Yen;
use masters::import_to_memory;

/// Differences: law with 実施機関, what, the master, the table, why the table stands.
const DIFFERENCES: &[(&str, &str, &str, &str, &str)] = &[
    ("10", "患者負担 30%", "0", "[5, 5]", OKINAWA),
    ("10", "患者負担 20%", "0", "[5, 5]", OKINAWA),
    ("10", "患者負担 10%", "0", "[5, 5]", OKINAWA),
    ("10", "生活保護", "1", "0", OKINAWA),
    ("21 601", "患者負担 30%", "0", "[10, 10]", OKINAWA),
    ("21 601", "患者負担 20%", "0", "[10, 10]", OKINAWA),
    ("21 601", "患者負担 10%", "0", "[10, 10]", OKINAWA),
    (
        "12",
        "高額療養費",
        "公費優先",
        "生活保護",
        "支払基金 計算事例 2018-08 事例56: 医療保険を先に適用し 35,400円 (70歳以上 8,000円)",
    ),
    ("25", "高額療養費", "公費優先", "生活保護", "12 と同じ取扱い (2015-01 改定対応)"),
    ("51 701", "高額療養費", "通常", "特定給付", "マル長の者の行: マル長の1万円が特定給付の限度より低く、結果は同じ"),
    ("15 21", "順位", "15, 21", "21, 15", "記載要領の法別番号の順位; 15 と 21 は同じ診療に重ならず、番号だけが異なる"),
];

const OKINAWA: &str = "第2の行 (患者負担なし) は受給者証の上限月額 0円で同じ結果になる";

/// Columns of the official row (国公費マスタ項目定義 2024-03-29), from 1.
struct Official<'m>(Vec<&'m str>);

impl Official<'_> {
    fn get(&self, column: usize) -> &str {
        self.0.get(column - 1).copied().unwrap_or_default().trim()
    }

    fn is(&self, column: usize) -> bool {
        self.get(column).starts_with(['1', '１'])
    }

    /// 実施機関番号 the row names; one empty one when the prefecture assigns them.
    fn bodies(&self) -> Vec<String> {
        let text = self.get(4);
        let bodies: Vec<String> = text
            .split(|character: char| !character.is_ascii_digit())
            .filter(|body| body.len() == 3)
            .map(str::to_owned)
            .collect();
        if bodies.is_empty() { vec![String::new()] } else { bodies }
    }

    fn limit(&self) -> &'static str {
        match (self.is(53), self.is(54), self.is(55), self.is(56)) {
            (true, ..) => "公費優先",
            (_, true, ..) => "特定給付",
            (_, _, true, false) => "特定疾病",
            // 38 (602): 1（入院） in the one column, １（外来） in the other.
            _ => "通常",
        }
    }

    /// The patient's percent at 30, 20 and 10 %.
    fn shares(&self) -> [&str; 3] {
        [26, 29, 32].map(|column| self.get(column))
    }
}

const fn limit_name(limit: LimitKind) -> &'static str {
    match limit {
        LimitKind::SubsidyFirst => "公費優先",
        LimitKind::General => "特定給付",
        LimitKind::OwnClass => "特定疾病",
        LimitKind::Welfare => "生活保護",
        LimitKind::LikeInsurance => "通常",
    }
}

/// What the table leaves of a cost of 100 at a ratio, without and with an amount on the certificate.
fn percents(programme: &Programme, ratio: i64) -> [i64; 2] {
    let of = |cap: Option<Yen>| match national_share(programme, cap, None, false) {
        Share::PercentOfCost(percent) => ratio.min(i64::from(percent)),
        Share::RemainingCopay => ratio,
        _ => 0,
    };
    // Before insurance nothing is taken off: a subsidy that pays first leaves all or nothing.
    let ratio_of = |amount: i64| if programme.limit == LimitKind::SubsidyFirst && amount > 0 { 100 } else { amount };
    [ratio_of(of(None)), ratio_of(of(Some(Yen::new(1))))]
}

fn compare(row: &Official<'_>, place: &str, programme: &Programme, found: &mut Vec<[String; 4]>) {
    let mut differ = |what: &str, official: &str, ours: &str| {
        if official != ours {
            found.push([place.to_owned(), what.to_owned(), official.to_owned(), ours.to_owned()]);
        }
    };
    let word = |flag: bool| if flag { "1" } else { "0" };
    differ("高額療養費", row.limit(), limit_name(programme.limit));
    differ("管理票", word(row.is(44)), word(programme.has_book));
    differ("地単公費優先", word(row.is(20)), word(programme.is_local_first));
    if row.get(33) != "ー" && !matches!(row.get(35), "ー") {
        differ("生活保護", word(row.get(35) == "100"), word(programme.is_free_with_welfare));
    }
    for (ratio, official) in [30, 20, 10].into_iter().zip(row.shares()) {
        let Ok(official) = official.parse::<i64>() else { continue };
        let ours = percents(programme, ratio);
        if !ours.contains(&official) {
            differ(&format!("患者負担 {ratio}%"), &official.to_string(), &format!("{ours:?}"));
        }
    }
}

#[test]
fn every_difference_from_the_official_master_has_a_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/masters");
    let masters = import_to_memory(&[folder.join("kokkouhi_master_R06_provisional_20240401.csv")]).unwrap();
    let rows: Vec<Official<'_>> = masters.national_programmes().map(Official).collect();
    assert!(rows.len() > 40);
    let mut found: Vec<[String; 4]> = Vec::new();
    for row in &rows {
        for body in row.bodies() {
            let place = format!("{} {body}", row.get(2)).trim().to_owned();
            match programme(row.get(2), Some(body.as_str()).filter(|body| !body.is_empty())) {
                Some(programme) => compare(row, &place, programme, &mut found),
                None => found.push([place, "法別".into(), "あり".into(), "なし".into()]),
            }
        }
    }
    for row in &rows {
        let of_law = || rows.iter().filter(|other| other.get(2) == row.get(2));
        let ours = programme(row.get(2), None).is_some_and(|programme| programme.is_outpatient);
        if of_law().any(|other| !other.is(12)) != ours {
            found.push([row.get(2).into(), "外来".into(), (!ours).to_string(), ours.to_string()]);
        }
    }
    let mut order: Vec<(u32, &str)> = rows.iter().map(|row| (row.get(1).parse().unwrap(), row.get(2))).collect();
    order.sort_unstable();
    order.dedup_by_key(|(_, law)| *law);
    for pair in order.windows(2) {
        let [(_, before), (_, after)] = pair else { continue };
        if before != after && legal_rank(before) > legal_rank(after) {
            found.push([
                format!("{before} {after}"),
                "順位".into(),
                format!("{before}, {after}"),
                format!("{after}, {before}"),
            ]);
        }
    }
    found.sort_unstable();
    found.dedup();
    let mut expected: Vec<[String; 4]> = DIFFERENCES
        .iter()
        .map(|(place, what, official, ours, reason)| {
            assert!(!reason.is_empty());
            [place, what, official, ours].map(|text| (*text).to_owned())
        })
        .collect();
    expected.sort_unstable();
    let show = |list: &[[String; 4]]| list.iter().map(|row| row.join(" | ")).collect::<Vec<_>>().join("\n");
    assert_eq!(found, expected, "found:\n{}\nexpected:\n{}", show(&found), show(&expected));
}
