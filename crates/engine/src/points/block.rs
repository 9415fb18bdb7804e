//! What one fee contains or forbids, by words of the fee table.
//!
//! The rows here are those that no official table expresses, or whose table (02 包括, 03-1 同日背反) may be missing;
//! they name sections instead of thousands of code pairs.

use calculation::{Cause, Outcome};
use masters::row::ActRow;

use super::basic::{self, OUTPATIENT_MANAGEMENT};
use super::rules::{self, Rule};
use super::select::{Place, Sections, Selection, letter, place, sections};
use super::work::{Entry, Why, Work};

/// How near two acts must be for a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Near {
    /// The same visit.
    Visit,
    /// The same day.
    Day,
    /// The same calendar month.
    Month,
}

/// A dated rule: while one of `winners` is charged, `losers` near it are not.
struct Block {
    rule: &'static Rule,
    from: u32,
    to: u32,
    winners: Selection,
    losers: Selection,
    near: Near,
    outcome: Outcome,
    /// The notice knows an exception: a person is asked.
    has_exception: bool,
    /// Points of one loser that the rule holds below.
    below_points_e2: i32,
    /// The rule holds only while one of these is charged in the month.
    only_with: Option<Selection>,
}

/// A rule for losers of any points and without a further condition.
const PLAIN: Block = Block {
    rule: &rules::INCLUDED_TABLE,
    from: 20_240_601,
    to: OPEN,
    winners: Selection::of_codes(&[]),
    losers: Selection::of_codes(&[]),
    near: Near::Day,
    outcome: Outcome::Included,
    has_exception: false,
    below_points_e2: i32::MAX,
    only_with: None,
};

const OPEN: u32 = 99_999_999;

/// 生活習慣病管理料(Ⅰ) by main disease.
pub const LIFESTYLE_I: &[u32] = &[113_041_710, 113_041_810, 113_041_910];
/// 生活習慣病管理料(Ⅱ), in person and by 情報通信機器.
pub const LIFESTYLE_II: &[u32] = &[113_707_110, 113_707_210];

/// 在宅医療DX情報活用加算 of 訪問診療料 and 在宅がん医療総合診療料, both levels.
const HOME_DX: &[u32] = &[114_706_510, 114_746_310, 114_740_410, 114_746_410];

/// ニコチン依存症管理料 (B001-3-2), which shares section and branch with 生活習慣病管理料 in the master.
const NICOTINE: &[u32] = &[113_008_310, 113_008_410, 113_008_510, 113_031_610, 113_031_710];

/// 医学管理等 that stand beside 生活習慣病管理料(Ⅰ) (B001-3 注2): 糖尿病合併症, がん性疼痛緩和, 外来緩和ケア,
/// 糖尿病透析予防, 慢性腎臓病透析予防, and its own additions.
const BESIDE_LIFESTYLE_I: &[Place] = &[
    place(b'B', 1, 0, 20),
    place(b'B', 1, 0, 22),
    place(b'B', 1, 0, 24),
    place(b'B', 1, 0, 27),
    place(b'B', 1, 0, 37),
    place(b'B', 1, 3, 0),
];

/// 医学管理等 that stand beside 生活習慣病管理料(Ⅱ) in 令和6 (B001-3-3 注2).
const BESIDE_LIFESTYLE_II_R6: &[Place] = &[
    place(b'B', 1, 0, 9),
    place(b'B', 1, 0, 11),
    place(b'B', 1, 0, 20),
    place(b'B', 1, 0, 22),
    place(b'B', 1, 0, 24),
    place(b'B', 1, 0, 27),
    place(b'B', 1, 0, 37),
    place(b'B', 1, 3, 0),
    place(b'B', 1, 9, 0),
    place(b'B', 5, 14, 0),
    place(b'B', 9, 0, 0),
    place(b'B', 9, 2, 0),
    place(b'B', 10, 0, 0),
    place(b'B', 10, 2, 0),
    place(b'B', 11, 0, 0),
    place(b'B', 11, 3, 0),
];

/// The longer list of 令和8 (B001-3-3 注2, 令和8年告示第69号).
const BESIDE_LIFESTYLE_II_R8: &[Place] = &[
    place(b'B', 1, 0, 2),
    place(b'B', 1, 0, 3),
    place(b'B', 1, 0, 9),
    place(b'B', 1, 0, 11),
    place(b'B', 1, 0, 14),
    place(b'B', 1, 0, 16),
    place(b'B', 1, 0, 20),
    place(b'B', 1, 0, 22),
    place(b'B', 1, 0, 23),
    place(b'B', 1, 0, 24),
    place(b'B', 1, 0, 26),
    place(b'B', 1, 0, 27),
    place(b'B', 1, 0, 29),
    place(b'B', 1, 0, 34),
    place(b'B', 1, 0, 36),
    place(b'B', 1, 0, 37),
    place(b'B', 1, 2, 7),
    place(b'B', 1, 2, 9),
    place(b'B', 1, 2, 11),
    place(b'B', 1, 2, 22),
    place(b'B', 1, 3, 0),
    place(b'B', 1, 9, 0),
    place(b'B', 5, 6, 0),
    place(b'B', 5, 7, 0),
    place(b'B', 5, 8, 0),
    place(b'B', 5, 14, 0),
    place(b'B', 6, 0, 0),
    place(b'B', 9, 0, 0),
    place(b'B', 9, 2, 0),
    place(b'B', 10, 0, 0),
    place(b'B', 10, 2, 0),
    place(b'B', 11, 0, 0),
    place(b'B', 11, 3, 0),
    place(b'B', 12, 0, 0),
    place(b'B', 13, 0, 0),
];

/// What 小児科外来診療料 does not contain (B001-2 注3): its own time additions, 小児抗菌薬適正使用支援加算, 地域連携小児
/// 夜間・休日診療料, 院内トリアージ実施料 (令和6), 救急の医学管理料, 診療情報提供料(Ⅱ), 連携強化診療情報提供料, 往診料, 第14部.
const BESIDE_PEDIATRIC: Selection = Selection {
    codes: &[],
    sections: &[letter(b'O')],
    places: &[
        place(b'B', 1, 2, 1),
        place(b'B', 1, 2, 2),
        place(b'B', 1, 2, 3),
        place(b'B', 1, 2, 4),
        place(b'B', 1, 2, 5),
        place(b'B', 1, 2, 8),
        place(b'B', 1, 2, 9),
        place(b'B', 10, 0, 0),
        place(b'B', 11, 0, 0),
        place(b'C', 0, 0, 0),
    ],
    except: &[],
};

/// Every part of the fee table but 第14部.
const ALL_CARE: &[Sections] = &[
    letter(b'A'),
    letter(b'B'),
    letter(b'C'),
    letter(b'D'),
    letter(b'E'),
    letter(b'F'),
    letter(b'G'),
    letter(b'H'),
    letter(b'I'),
    letter(b'J'),
    letter(b'K'),
    letter(b'L'),
    letter(b'M'),
    letter(b'N'),
];

/// What 小児かかりつけ診療料 does not contain (B001-2-11 注3): itself and its additions, 地域連携小児夜間・休日診療料,
/// 院内トリアージ実施料 (令和6), 救急の医学管理料, 診療情報提供料(Ⅰ)(Ⅱ), 電子的診療情報評価料, 連携強化診療情報提供料, 往診料.
const BESIDE_FAMILY_DOCTOR: &[Place] = &[
    place(b'B', 1, 2, 5),
    place(b'B', 1, 2, 8),
    place(b'B', 1, 2, 9),
    place(b'B', 1, 2, 19),
    place(b'B', 1, 2, 20),
    place(b'B', 1, 2, 21),
    place(b'B', 9, 0, 0),
    place(b'B', 9, 2, 0),
    place(b'B', 10, 0, 0),
    place(b'B', 11, 0, 0),
    place(b'C', 0, 0, 0),
];

/// 地域包括診療料 and (令和6) 認知症地域包括診療料.
const COMPREHENSIVE: Selection = Selection::of_places(&[place(b'B', 1, 2, 12), place(b'B', 1, 2, 15)]);

/// What 地域包括診療料 contains whatever its points (B001-2-9 注2): 再診, 医学管理, 訪問診療料, 在医総管, 処方料, 処方箋料, 注射,
/// リハビリ, 精神, 手術, 麻酔, 放射線, 病理.
const CARE_OF_COMPREHENSIVE: &[Sections] = &[
    sections(b'A', 1, 1),
    letter(b'B'),
    sections(b'C', 1, 2),
    sections(b'F', 100, 100),
    sections(b'F', 400, 400),
    letter(b'G'),
    letter(b'H'),
    letter(b'I'),
    letter(b'K'),
    letter(b'L'),
    letter(b'M'),
    letter(b'N'),
];

/// 検査, 画像診断, 処置 of an acute worsening: contained below 550 points, charged from there on.
const ACUTE_CARE: &[Sections] = &[letter(b'D'), letter(b'E'), letter(b'J')];
const ACUTE_POINTS_E2: i32 = 55_000;

/// Beside 地域包括診療料: its own additions, 地域連携小児夜間・休日診療料, 診療情報提供料(Ⅱ), 連携強化診療情報提供料.
const BESIDE_COMPREHENSIVE: &[Place] = &[
    place(b'B', 1, 2, 5),
    place(b'B', 1, 2, 13),
    place(b'B', 1, 2, 14),
    place(b'B', 1, 2, 16),
    place(b'B', 1, 2, 17),
    place(b'B', 10, 0, 0),
    place(b'B', 11, 0, 0),
];

const BLOCKS: &[Block] = &[
    Block {
        rule: &rules::LIFESTYLE_I,
        winners: Selection::of_codes(LIFESTYLE_I),
        losers: Selection {
            codes: NICOTINE,
            sections: &[letter(b'B'), letter(b'D'), letter(b'G'), letter(b'N')],
            places: &[],
            except: BESIDE_LIFESTYLE_I,
        },
        near: Near::Month,
        has_exception: true,
        ..PLAIN
    },
    Block {
        rule: &rules::LIFESTYLE_II,
        to: 20_260_531,
        winners: Selection::of_codes(LIFESTYLE_II),
        losers: Selection { codes: &[], sections: &[letter(b'B')], places: &[], except: BESIDE_LIFESTYLE_II_R6 },
        near: Near::Month,
        has_exception: true,
        ..PLAIN
    },
    Block {
        rule: &rules::LIFESTYLE_II,
        from: 20_260_601,
        winners: Selection::of_codes(LIFESTYLE_II),
        losers: Selection { codes: &[], sections: &[letter(b'B')], places: &[], except: BESIDE_LIFESTYLE_II_R8 },
        near: Near::Month,
        has_exception: true,
        ..PLAIN
    },
    Block {
        rule: &rules::HOME_MANAGEMENT,
        winners: Selection::of_places(&[place(b'C', 2, 0, 0), place(b'C', 2, 2, 0)]),
        losers: Selection { codes: &[113_001_810, 113_034_010], sections: &[letter(b'F')], places: &[], except: &[] },
        near: Near::Month,
        ..PLAIN
    },
    Block {
        rule: &rules::HOME_VISIT_DAY,
        winners: Selection::of_places(&[place(b'C', 1, 0, 0), place(b'C', 1, 2, 0)]),
        losers: Selection {
            codes: &[OUTPATIENT_MANAGEMENT],
            sections: &[sections(b'A', 1, 1)],
            places: &[place(b'C', 0, 0, 0)],
            except: &[],
        },
        outcome: Outcome::Rejected,
        has_exception: true,
        ..PLAIN
    },
    Block {
        rule: &rules::OPERATION_DAY,
        winners: Selection::of_sections(&[letter(b'K')]),
        losers: Selection::of_sections(&[letter(b'J'), sections(b'G', 0, 20)]),
        has_exception: true,
        ..PLAIN
    },
    Block {
        rule: &rules::REHABILITATION_DAY,
        winners: Selection::of_sections(&[sections(b'H', 0, 2), sections(b'H', 7, 8)]),
        losers: Selection::of_sections(&[sections(b'J', 117, 119)]),
        ..PLAIN
    },
    Block {
        rule: &rules::RAPID_EXCLUDED,
        winners: Selection::of_codes(&[160_000_210]),
        losers: Selection::of_codes(&[160_177_770]),
        outcome: Outcome::Rejected,
        ..PLAIN
    },
    Block {
        rule: &rules::PSYCHIATRY_OR_LIFESTYLE,
        from: 20_260_601,
        winners: Selection::of_codes(LIFESTYLE_II),
        losers: Selection::of_places(&[place(b'I', 2, 0, 0)]),
        near: Near::Month,
        outcome: Outcome::Rejected,
        ..PLAIN
    },
    Block {
        rule: &rules::HOME_DX,
        from: 20_260_601,
        winners: Selection::of_codes(basic::COORDINATION),
        losers: Selection::of_codes(HOME_DX),
        near: Near::Month,
        outcome: Outcome::Rejected,
        ..PLAIN
    },
    Block {
        rule: &rules::GENERIC_NAME_ONE,
        winners: Selection::of_codes(&[120_004_270]),
        losers: Selection::of_codes(&[120_003_570]),
        near: Near::Visit,
        outcome: Outcome::Rejected,
        ..PLAIN
    },
    Block {
        rule: &rules::FAMILY_DOCTOR_CHILD,
        winners: Selection::of_places(&[place(b'B', 1, 2, 19)]),
        losers: Selection { except: BESIDE_FAMILY_DOCTOR, ..Selection::of_sections(ALL_CARE) },
        ..PLAIN
    },
    Block {
        rule: &rules::COMPREHENSIVE_CARE,
        winners: COMPREHENSIVE,
        losers: Selection { except: BESIDE_COMPREHENSIVE, ..Selection::of_sections(CARE_OF_COMPREHENSIVE) },
        near: Near::Month,
        ..PLAIN
    },
    Block {
        rule: &rules::COMPREHENSIVE_CARE,
        winners: COMPREHENSIVE,
        losers: Selection::of_sections(ACUTE_CARE),
        near: Near::Month,
        below_points_e2: ACUTE_POINTS_E2,
        ..PLAIN
    },
    // What is left has as many points or more: a person is asked whether it was an acute worsening.
    Block {
        rule: &rules::COMPREHENSIVE_CARE,
        winners: COMPREHENSIVE,
        losers: Selection::of_sections(ACUTE_CARE),
        near: Near::Month,
        has_exception: true,
        ..PLAIN
    },
    Block {
        rule: &rules::SELF_INJECTION_VISIT,
        winners: Selection::of_places(&[place(b'C', 1, 0, 0), place(b'C', 1, 2, 0)]),
        losers: Selection::of_sections(&[sections(b'G', 0, 1), sections(b'G', 4, 4)]),
        outcome: Outcome::Rejected,
        only_with: Some(Selection::of_sections(&[
            sections(b'C', 101, 101),
            sections(b'C', 104, 104),
            sections(b'C', 108, 108),
        ])),
        ..PLAIN
    },
];

/// Applies every row, then what a phone visit and 小児科外来診療料 leave out.
pub fn apply(work: &mut Work<'_>) {
    include_in_pediatric(work);
    reject_on_phone(work);
    for block in BLOCKS {
        apply_block(work, block);
        apply_block_of_history(work, block);
    }
}

/// True when two entries lie in the same visit, day or month.
pub fn is_near(work: &Work<'_>, near: Near, a: &Entry<'_>, b: &Entry<'_>) -> bool {
    match near {
        Near::Visit => a.visit == b.visit,
        Near::Day => work.date_of(a) == work.date_of(b),
        Near::Month => work.date_of(a).month_of() == work.date_of(b).month_of(),
    }
}

impl Block {
    /// An addition (看取り加算 beside 往診料) wins only where it is named by its code.
    fn has_winner(&self, act: &ActRow) -> bool {
        self.winners.has(act) && (act.notice_role != 7 || self.winners.codes.contains(&act.validity.code))
    }

    fn has_loser(&self, act: &ActRow) -> bool {
        self.losers.has(act) && !self.winners.has(act) && act.points_e2.abs() < self.below_points_e2
    }
}

/// True when the act that the rule needs is charged in the month of an entry, now or by an earlier claim.
fn is_companion_charged(work: &Work<'_>, block: &Block, entry: &Entry<'_>) -> bool {
    let Some(companion) = &block.only_with else { return true };
    let month = work.date_of(entry).month_of();
    let is_in_month = work
        .entries
        .iter()
        .any(|other| other.live_act().is_some_and(|act| companion.has(act)) && work.date_of(other).month_of() == month);
    is_in_month
        || work.request.history.lines.iter().any(|line| {
            line.date.month_of() == month
                && line
                    .code
                    .act()
                    .and_then(|code| work.masters.act(code, line.date))
                    .is_some_and(|act| companion.has(act))
        })
}

fn apply_block(work: &mut Work<'_>, block: &Block) {
    // Most months hold no winner of most rules.
    if !work.entries.iter().any(|entry| entry.live_act().is_some_and(|act| block.has_winner(act))) {
        return;
    }
    let live = work.live_acts();
    for (winner, winner_act) in &live {
        if !block.has_winner(winner_act) {
            continue;
        }
        for (loser, loser_act) in &live {
            if winner == loser || !block.has_loser(loser_act) {
                continue;
            }
            let (Some(a), Some(b)) = (work.entries.get(*winner), work.entries.get(*loser)) else { continue };
            let on = work.date_of(b).yyyymmdd();
            let is_due = a.is_live()
                && b.is_live()
                && (block.from..=block.to).contains(&on)
                && is_near(work, block.near, a, b)
                && !is_for_other_disease(work, block, b)
                && !is_other_field(work, block, a, b)
                && is_companion_charged(work, block, b);
            if is_due {
                let why = Why { cause: work.cause(*winner), ..Why::rule(block.rule) };
                work.end_or_ask(*loser, block.outcome, block.has_exception, why);
            }
        }
    }
}

/// A winner that an earlier claim of this month already holds.
fn apply_block_of_history(work: &mut Work<'_>, block: &Block) {
    if block.near != Near::Month || work.request.history.lines.is_empty() {
        return;
    }
    for (loser, act) in work.live_acts() {
        let Some(entry) = work.entries.get(loser) else { continue };
        let on = work.date_of(entry);
        let is_due = block.has_loser(act)
            && (block.from..=block.to).contains(&on.yyyymmdd())
            && !is_for_other_disease(work, block, entry);
        let line = work.request.history.lines.iter().find(|line| {
            is_due
                && line.date.month_of() == on.month_of()
                && line
                    .code
                    .act()
                    .and_then(|code| work.masters.act(code, line.date))
                    .is_some_and(|act| block.has_winner(act))
        });
        if let Some(line) = line.copied() {
            let cause = Cause::History { date: line.date, code: line.code };
            work.end_or_ask(loser, block.outcome, block.has_exception, Why::caused(block.rule, cause));
        }
    }
}

/// 電話等再診: no 医学管理等 that day, but 診療情報提供料(Ⅰ) for an emergency referral (A001 留意事項).
fn reject_on_phone(work: &mut Work<'_>) {
    const REFERRAL: Place = place(b'B', 9, 0, 0);
    for (index, act) in work.live_acts() {
        let is_phone = work
            .entries
            .get(index)
            .and_then(|entry| work.visit_of(entry))
            .is_some_and(|visit| visit.kind == calculation::VisitKind::Phone);
        if !is_phone || act.section_letter != b'B' {
            continue;
        }
        let is_referral = Selection::of_places(&[REFERRAL]).has(act);
        work.end_or_ask(index, Outcome::Rejected, is_referral, Why::rule(&rules::PHONE_MANAGEMENT));
    }
}

/// On other days of the month only what is done for the same disease is contained.
fn is_for_other_disease(work: &Work<'_>, block: &Block, loser: &Entry<'_>) -> bool {
    block.near == Near::Month
        && matches!(block.rule.id, "management/lifestyle-1" | "management/lifestyle-2")
        && work.visit_of(loser).is_some_and(|visit| visit.has(calculation::VisitFact::OtherDisease))
}

/// A treatment at another site than the operation's is not related to it.
fn is_other_field(work: &Work<'_>, block: &Block, winner: &Entry<'_>, loser: &Entry<'_>) -> bool {
    let site = |entry: &Entry<'_>| work.order_of(entry).and_then(|order| order.site.clone());
    block.rule.id == rules::OPERATION_DAY.id && matches!((site(winner), site(loser)), (Some(a), Some(b)) if a != b)
}

/// 小児科外来診療料 contains everything of the day but what its notes name.
fn include_in_pediatric(work: &mut Work<'_>) {
    for index in 0..work.entries.len() {
        let Some(entry) = work.entries.get(index) else { continue };
        let Some(act) = entry.live_act() else { continue };
        let is_child_visit = work.visit_of(entry).is_some_and(|visit| visit.is_pediatric_fee);
        let stands_beside = BESIDE_PEDIATRIC.has(act);
        if !is_child_visit || stands_beside || basic::PEDIATRIC_FEES.contains(&act.validity.code) {
            continue;
        }
        let cause = work.visit_of(entry).and_then(|visit| visit.basic).and_then(|basic| work.cause(basic));
        work.end(index, Outcome::Included, Why { cause, ..Why::rule(&rules::PEDIATRIC_INCLUDED) });
    }
}
