//! What cannot stand beside what: rules by words of the fee table, then the electronic fee table.
//!
//! The rule rows here are those that no official table expresses, or whose table (02 包括, 03-1 同日背反) may be
//! missing; they name sections instead of thousands of code pairs. Sources stand with the rules.

use calculation::{Cause, Outcome};
use kernel::{ItemCode, ServiceDate};
use masters::row::{ActRow, ExclusionRow};

use super::basic::{self, OUTPATIENT_MANAGEMENT};
use super::context::{is_closed, same_day_next_month};
use super::rules::{self, Rule};
use super::select::{Place, Selection, letter, place, sections};
use super::work::{Entry, Why, Work};

/// How near two acts must be for a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Near {
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
}

const OPEN: u32 = 99_999_999;

/// 生活習慣病管理料(Ⅰ) by main disease.
const LIFESTYLE_I: &[u32] = &[113_041_710, 113_041_810, 113_041_910];
/// 生活習慣病管理料(Ⅱ), in person and by 情報通信機器.
const LIFESTYLE_II: &[u32] = &[113_707_110, 113_707_210];

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

const BLOCKS: &[Block] = &[
    Block {
        rule: &rules::LIFESTYLE_I,
        from: 20_240_601,
        to: OPEN,
        winners: Selection::of_codes(LIFESTYLE_I),
        losers: Selection {
            codes: NICOTINE,
            sections: &[letter(b'B'), letter(b'D'), letter(b'G'), letter(b'N')],
            places: &[],
            except: BESIDE_LIFESTYLE_I,
        },
        near: Near::Month,
        outcome: Outcome::Included,
        has_exception: true,
    },
    Block {
        rule: &rules::LIFESTYLE_II,
        from: 20_240_601,
        to: 20_260_531,
        winners: Selection::of_codes(LIFESTYLE_II),
        losers: Selection { codes: &[], sections: &[letter(b'B')], places: &[], except: BESIDE_LIFESTYLE_II_R6 },
        near: Near::Month,
        outcome: Outcome::Included,
        has_exception: true,
    },
    Block {
        rule: &rules::LIFESTYLE_II,
        from: 20_260_601,
        to: OPEN,
        winners: Selection::of_codes(LIFESTYLE_II),
        losers: Selection { codes: &[], sections: &[letter(b'B')], places: &[], except: BESIDE_LIFESTYLE_II_R8 },
        near: Near::Month,
        outcome: Outcome::Included,
        has_exception: true,
    },
    Block {
        rule: &rules::HOME_MANAGEMENT,
        from: 20_240_601,
        to: OPEN,
        winners: Selection {
            codes: &[],
            sections: &[],
            places: &[place(b'C', 2, 0, 0), place(b'C', 2, 2, 0)],
            except: &[],
        },
        losers: Selection { codes: &[113_001_810, 113_034_010], sections: &[letter(b'F')], places: &[], except: &[] },
        near: Near::Month,
        outcome: Outcome::Included,
        has_exception: false,
    },
    Block {
        rule: &rules::HOME_VISIT_DAY,
        from: 20_240_601,
        to: OPEN,
        winners: Selection {
            codes: &[],
            sections: &[],
            places: &[place(b'C', 1, 0, 0), place(b'C', 1, 2, 0)],
            except: &[],
        },
        losers: Selection {
            codes: &[OUTPATIENT_MANAGEMENT],
            sections: &[sections(b'A', 1, 1)],
            places: &[place(b'C', 0, 0, 0)],
            except: &[],
        },
        near: Near::Day,
        outcome: Outcome::Rejected,
        has_exception: true,
    },
    Block {
        rule: &rules::OPERATION_DAY,
        from: 20_240_601,
        to: OPEN,
        winners: Selection::of_sections(&[letter(b'K')]),
        losers: Selection::of_sections(&[letter(b'J'), sections(b'G', 0, 20)]),
        near: Near::Day,
        outcome: Outcome::Included,
        has_exception: true,
    },
    Block {
        rule: &rules::REHABILITATION_DAY,
        from: 20_240_601,
        to: OPEN,
        winners: Selection::of_sections(&[sections(b'H', 0, 2), sections(b'H', 7, 8)]),
        losers: Selection::of_sections(&[sections(b'J', 117, 119)]),
        near: Near::Day,
        outcome: Outcome::Included,
        has_exception: false,
    },
    Block {
        rule: &rules::RAPID_EXCLUDED,
        from: 20_240_601,
        to: OPEN,
        winners: Selection::of_codes(&[160_000_210]),
        losers: Selection::of_codes(&[160_177_770]),
        near: Near::Day,
        outcome: Outcome::Rejected,
        has_exception: false,
    },
    Block {
        rule: &rules::GENERIC_NAME_ONE,
        from: 20_240_601,
        to: OPEN,
        winners: Selection::of_codes(&[120_004_270]),
        losers: Selection::of_codes(&[120_003_570]),
        near: Near::Visit,
        outcome: Outcome::Rejected,
        has_exception: false,
    },
];

/// Fees that cannot be charged on the day of 初診 or within a month of it (each named so in its 注).
const NOT_WITHIN_ONE_MONTH: Selection = Selection {
    codes: &[],
    sections: &[],
    places: &[
        // 特定疾患療養管理料; 皮膚科特定疾患指導管理料, 小児科療養指導料, てんかん指導料, 難病外来指導管理料,
        // 耳鼻咽喉科特定疾患指導管理料 (B000; B001の5–8, 14).
        place(b'B', 0, 0, 0),
        place(b'B', 1, 0, 5),
        place(b'B', 1, 0, 6),
        place(b'B', 1, 0, 7),
        place(b'B', 1, 0, 8),
        place(b'B', 1, 0, 14),
    ],
    except: &[],
};

/// Applies every rule of exclusion, in the order of the pipeline.
pub fn apply(work: &mut Work<'_>) {
    reject_by_first_visit(work);
    include_in_pediatric(work);
    reject_on_phone(work);
    for block in BLOCKS {
        apply_block(work, block);
        apply_block_of_history(work, block);
    }
    super::prescription::check(work);
    apply_inclusion_table(work);
    keep_main_injection(work);
    keep_two_lipids(work);
    keep_main_operation(work);
    apply_exclusion_tables(work);
    drop_orphans(work);
}

fn is_near(work: &Work<'_>, near: Near, a: &Entry<'_>, b: &Entry<'_>) -> bool {
    match near {
        Near::Visit => a.visit == b.visit,
        Near::Day => work.date_of(a) == work.date_of(b),
        Near::Month => work.date_of(a).month_of() == work.date_of(b).month_of(),
    }
}

fn apply_block(work: &mut Work<'_>, block: &Block) {
    let live = work.live_acts();
    for (winner, winner_act) in &live {
        if !block.winners.has(winner_act) {
            continue;
        }
        for (loser, loser_act) in &live {
            let is_pair = winner != loser && block.losers.has(loser_act) && !block.winners.has(loser_act);
            if !is_pair {
                continue;
            }
            let (Some(a), Some(b)) = (work.entries.get(*winner), work.entries.get(*loser)) else { continue };
            let on = work.date_of(b).yyyymmdd();
            let is_due = a.is_live()
                && b.is_live()
                && (block.from..=block.to).contains(&on)
                && is_near(work, block.near, a, b)
                && !is_for_other_disease(work, block, b)
                && !is_other_field(work, block, a, b);
            if is_due {
                let why = Why { cause: work.cause(*winner), ..Why::rule(block.rule) };
                work.end_or_ask(*loser, block.outcome, block.has_exception, why);
            }
        }
    }
}

/// A winner that an earlier claim of this month already holds.
fn apply_block_of_history(work: &mut Work<'_>, block: &Block) {
    if block.near != Near::Month {
        return;
    }
    for (loser, act) in work.live_acts() {
        let Some(entry) = work.entries.get(loser) else { continue };
        let on = work.date_of(entry);
        let is_due = block.losers.has(act)
            && !block.winners.has(act)
            && (block.from..=block.to).contains(&on.yyyymmdd())
            && !is_for_other_disease(work, block, entry);
        let line = work.request.history.lines.iter().find(|line| {
            is_due
                && line.date.month_of() == on.month_of()
                && line
                    .code
                    .act()
                    .and_then(|code| work.masters.act(code, line.date))
                    .is_some_and(|act| block.winners.has(act))
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
        let is_referral = Selection { places: &[REFERRAL], ..Selection::of_codes(&[]) }.has(act);
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

/// Rules bound to the day of 初診: within one month, in its month; and (Ⅱ) after (Ⅰ).
fn reject_by_first_visit(work: &mut Work<'_>) {
    for (index, act) in work.live_acts() {
        let Some(entry) = work.entries.get(index) else { continue };
        let on = work.date_of(entry);
        let code = act.validity.code;
        let first = last_initial(work, on);
        if NOT_WITHIN_ONE_MONTH.has(act) {
            if let Some(first) = first.filter(|first| on < one_month_after(work, *first)) {
                work.end(index, Outcome::Rejected, Why { cause: first_visit(first), ..Why::rule(&rules::ONE_MONTH) });
            }
        } else if LIFESTYLE_I.contains(&code) || LIFESTYLE_II.contains(&code) {
            if let Some(first) = first.filter(|first| first.month_of() == on.month_of()) {
                work.end(
                    index,
                    Outcome::Rejected,
                    Why { cause: first_visit(first), ..Why::rule(&rules::LIFESTYLE_INITIAL_MONTH) },
                );
            } else if LIFESTYLE_II.contains(&code) {
                reject_after_lifestyle_i(work, index, on);
            }
        } else if act.section_letter == b'C' && act.section_number == 1 && first == Some(on) {
            work.end(index, Outcome::Rejected, Why { cause: first_visit(on), ..Why::rule(&rules::HOME_VISIT_INITIAL) });
        }
    }
}

/// 初診料 as a cause.
fn first_visit(date: ServiceDate) -> Option<Cause> {
    let code = ItemCode::Act(kernel::ActCode::from_number(111_000_110)?);
    Some(Cause::Item { date, code })
}

/// The newest day of 初診 up to a day, of this month or the history.
fn last_initial(work: &Work<'_>, on: ServiceDate) -> Option<ServiceDate> {
    let in_month = work.entries.iter().filter_map(|entry| {
        let is_initial = entry.live_act().is_some_and(|act| act.day_rule == 2 && act.day_rule_sub == 1);
        is_initial.then(|| work.date_of(entry))
    });
    let history = &work.request.history;
    let in_history = history
        .lines
        .iter()
        .filter(|line| {
            line.code
                .act()
                .and_then(|code| work.masters.act(code, line.date))
                .is_some_and(|act| act.day_rule == 2 && act.day_rule_sub == 1)
        })
        .map(|line| line.date);
    in_month.chain(in_history).chain(history.last_initial_on).filter(|date| *date <= on).max()
}

/// The first day on which a fee bound to "one month after 初診" may be charged: the same day of the next
/// month; the open day before it when that day is closed; the last day of the next month when there is no
/// such day (B000 留意事項).
fn one_month_after(work: &Work<'_>, first: ServiceDate) -> ServiceDate {
    let next = first.month_of().plus_months(1);
    let Some(mut day) = next.day(first.day()) else { return next.last_day() };
    while is_closed(&work.request.institution, day) && day > first {
        day = day.minus_days(1);
    }
    day.min(same_day_next_month(first))
}

/// (Ⅱ) cannot be charged within six months counted from the month in which (Ⅰ) was charged.
fn reject_after_lifestyle_i(work: &mut Work<'_>, index: usize, on: ServiceDate) {
    let earliest = on.month_of().plus_months(-5);
    let line =
        work.request.history.lines.iter().find(|line| {
            LIFESTYLE_I.contains(&line.code.number()) && line.date.month_of() >= earliest && line.date < on
        });
    if let Some(line) = line.copied() {
        let cause = Cause::History { date: line.date, code: line.code };
        work.used.push(super::work::Used { date: line.date, code: line.code, rule: &rules::LIFESTYLE_SIX_MONTHS });
        work.end(index, Outcome::Rejected, Why::caused(&rules::LIFESTYLE_SIX_MONTHS, cause));
    }
}

/// G001, G004, G005, G006 of one day: only the main one. The higher stays; at equal points the earlier.
fn keep_main_injection(work: &mut Work<'_>) {
    const GROUP: Selection = Selection {
        codes: &[],
        sections: &[],
        places: &[place(b'G', 1, 0, 0), place(b'G', 4, 0, 0), place(b'G', 5, 0, 0), place(b'G', 6, 0, 0)],
        except: &[],
    };
    let members: Vec<_> = work
        .live_acts()
        .into_iter()
        .filter(|(_, act)| GROUP.has(act) && matches!(act.record_role, 1 | 3 | 5) && act.notice_role == 1)
        .collect();
    keep_highest(work, &members, &rules::MAIN_INJECTION, Outcome::Rejected, |work, a, b| {
        work.date_of(a) == work.date_of(b)
    });
}

/// Of acts that are alike by `same`, keeps the one with most points, the earlier at equal points.
fn keep_highest(
    work: &mut Work<'_>,
    members: &[(usize, &ActRow)],
    rule: &'static Rule,
    outcome: Outcome,
    same: impl Fn(&Work<'_>, &Entry<'_>, &Entry<'_>) -> bool,
) {
    for (loser, loser_act) in members {
        let winner = members.iter().find(|(other, other_act)| {
            let (Some(a), Some(b)) = (work.entries.get(*other), work.entries.get(*loser)) else { return false };
            let is_higher = other_act.points_e2 > loser_act.points_e2
                || (other_act.points_e2 == loser_act.points_e2 && other < loser);
            other != loser && is_higher && same(work, a, b)
        });
        if let Some((winner, _)) = winner {
            let why = Why { cause: work.cause(*winner), ..Why::rule(rule) };
            work.end(*loser, outcome, why);
        }
    }
}

/// HDL, 総, LDL コレステロール of one occasion: the two main ones (D007 留意事項).
fn keep_two_lipids(work: &mut Work<'_>) {
    const LIPIDS: [u32; 3] = [160_022_410, 160_023_410, 160_167_250];
    for visit in 0..work.visits.len() {
        let mut members: Vec<_> = work
            .live_acts()
            .into_iter()
            .filter(|(index, act)| {
                LIPIDS.contains(&act.validity.code)
                    && work.entries.get(*index).is_some_and(|entry| entry.visit == visit)
            })
            .collect();
        if members.len() < 3 {
            continue;
        }
        members.sort_by_key(|(index, act)| (-act.points_e2, *index));
        for (index, _) in members.split_off(2) {
            work.end(index, Outcome::Rejected, Why::rule(&rules::LIPIDS));
        }
    }
}

/// Operations of one day in the same field: only the main one, unless a person says that an exception of
/// K 通則14 holds.
fn keep_main_operation(work: &mut Work<'_>) {
    let members: Vec<_> = work
        .live_acts()
        .into_iter()
        .filter(|(_, act)| act.section_letter == b'K' && matches!(act.record_role, 1 | 3 | 5) && act.notice_role == 1)
        .collect();
    for (loser, loser_act) in &members {
        let winner = members.iter().find(|(other, other_act)| {
            let (Some(a), Some(b)) = (work.entries.get(*other), work.entries.get(*loser)) else { return false };
            let site = |entry: &Entry<'_>| work.order_of(entry).map(|order| (order.site.clone(), order.side));
            let is_higher = other_act.points_e2 > loser_act.points_e2
                || (other_act.points_e2 == loser_act.points_e2 && other < loser);
            other != loser && is_higher && a.is_live() && work.date_of(a) == work.date_of(b) && site(a) == site(b)
        });
        if let Some((winner, _)) = winner {
            let why = Why { cause: work.cause(*winner), ..Why::rule(&rules::SAME_FIELD) };
            work.end_or_ask(*loser, Outcome::Included, true, why);
        }
    }
}

/// 02 包括: an act contained in another one of the same day, month or visit.
fn apply_inclusion_table(work: &mut Work<'_>) {
    let masters = work.masters;
    let live = work.live_acts();
    let parents: Vec<_> = live
        .iter()
        .filter_map(|(index, act)| {
            let on = work.date_of(work.entries.get(*index)?);
            let row = masters.fee_table(kernel::ActCode::from_number(act.validity.code)?, on)?;
            row.inclusion_units.iter().any(|unit| *unit != 0).then_some((*index, row))
        })
        .collect();
    if parents.is_empty() {
        return;
    }
    for (child, act) in &live {
        let Some(code) = kernel::ActCode::from_number(act.validity.code) else { continue };
        let Some(entry) = work.entries.get(*child) else { continue };
        let on = work.date_of(entry);
        let found = masters.inclusions(code, on).find_map(|row| {
            parents.iter().find_map(|(parent, fee)| {
                let slot = fee.inclusion_groups.iter().position(|group| *group == row.group)?;
                let near = match fee.inclusion_units.get(slot)? {
                    1 => Near::Day,
                    2 => Near::Month,
                    3 => Near::Visit,
                    _ => return None,
                };
                let other = work.entries.get(*parent)?;
                let is_due = parent != child && other.is_live() && is_near(work, near, other, entry);
                is_due.then_some((*parent, row))
            })
        });
        if let Some((parent, row)) = found {
            let why = Why {
                cause: work.cause(parent),
                table: Some("02"),
                is_own_row: row.is_own == 1,
                ..Why::rule(&rules::INCLUDED_TABLE)
            };
            work.end_or_ask(*child, Outcome::Included, row.has_exception == 1, why);
        }
    }
}

/// 03-1 … 03-4 背反, pair by pair in order of time.
fn apply_exclusion_tables(work: &mut Work<'_>) {
    let masters = work.masters;
    let mut codes: Vec<u32> = work.live_acts().iter().map(|(_, act)| act.validity.code).collect();
    codes.extend(work.request.history.lines.iter().map(|line| line.code.number()));
    codes.sort_unstable();
    codes.dedup();
    for (index, act) in work.live_acts() {
        let Some(code) = kernel::ActCode::from_number(act.validity.code) else { continue };
        let Some(on) = work.entries.get(index).map(|entry| work.date_of(entry)) else { continue };
        for row in masters.exclusions(code, on) {
            if codes.binary_search(&row.other).is_ok() {
                apply_exclusion(work, index, act, on, row);
            }
        }
    }
}

fn apply_exclusion(work: &mut Work<'_>, index: usize, act: &ActRow, on: ServiceDate, row: &ExclusionRow) {
    for other in 0..work.entries.len() {
        let (Some(a), Some(b)) = (work.entries.get(index), work.entries.get(other)) else { continue };
        let Some(other_act) = b.live_act() else { continue };
        if other == index || other_act.validity.code != row.other || !a.is_live() {
            continue;
        }
        let other_on = work.date_of(b);
        let is_near = match row.period {
            1 => on == other_on,
            2 => on.month_of() == other_on.month_of(),
            3 => a.visit == b.visit,
            _ => on.week_start() == other_on.week_start(),
        };
        if !is_near {
            continue;
        }
        let first_stays = match row.keep {
            1 => true,
            2 => false,
            _ => {
                act.points_e2 > other_act.points_e2
                    || (act.points_e2 == other_act.points_e2 && (on, index) < (other_on, other))
            }
        };
        let (winner, loser) = if first_stays { (index, other) } else { (other, index) };
        let why = Why {
            cause: work.cause(winner),
            table: table_name(row),
            is_own_row: row.is_own == 1,
            ..Why::rule(&rules::EXCLUSION_TABLE)
        };
        let has_exception = row.has_exception == 1 || act.validity.section_changed == 1;
        work.end_or_ask(loser, Outcome::Rejected, has_exception, why);
    }
    apply_exclusion_of_history(work, index, on, row);
}

/// What an earlier claim holds stays, unless the row says that this act is the one to bill.
fn apply_exclusion_of_history(work: &mut Work<'_>, index: usize, on: ServiceDate, row: &ExclusionRow) {
    let is_near = |date: ServiceDate| match row.period {
        1 => date == on,
        2 => date.month_of() == on.month_of(),
        4 => date.week_start() == on.week_start(),
        _ => false,
    };
    let line = work
        .request
        .history
        .lines
        .iter()
        .find(|line| row.keep != 1 && line.code.number() == row.other && is_near(line.date))
        .copied();
    let is_live = work.entries.get(index).is_some_and(Entry::is_live);
    if let Some(line) = line.filter(|_| is_live) {
        let cause = Cause::History { date: line.date, code: line.code };
        let why = Why { table: table_name(row), ..Why::caused(&rules::EXCLUSION_TABLE, cause) };
        work.end_or_ask(index, Outcome::Rejected, row.has_exception == 1, why);
    }
}

/// Name of the table of an exclusion row.
fn table_name(row: &ExclusionRow) -> Option<&'static str> {
    ["03-1", "03-2", "03-3", "03-4"].get(usize::from(row.period).saturating_sub(1)).copied()
}

/// An addition falls with its base.
pub fn drop_orphans(work: &mut Work<'_>) {
    for index in 0..work.entries.len() {
        let Some(entry) = work.entries.get(index) else { continue };
        let Some(base) = entry.base else { continue };
        let is_addition = entry.act().is_some_and(|act| matches!(act.record_role, 7 | 9));
        let is_base_live = work.entries.get(base).is_some_and(Entry::is_live);
        if is_addition && entry.is_live() && !is_base_live {
            let cause = work.cause(base);
            let outcome = work.entries.get(base).map_or(Outcome::Rejected, |base| base.outcome);
            let outcome = if outcome == Outcome::NeedsConfirmation { outcome } else { Outcome::Rejected };
            work.end(index, outcome, Why { cause, ..Why::rule(&rules::BASE_REJECTED) });
        }
    }
}

/// 外来管理加算: only beside 再診料 in person, and on a day without any act that blocks it (項番56 = 1).
pub fn decide_outpatient_management(work: &mut Work<'_>) {
    for visit in 0..work.visits.len() {
        let ordered = work.entries.iter().position(|entry| {
            entry.visit == visit && entry.live_act().is_some_and(|act| act.validity.code == OUTPATIENT_MANAGEMENT)
        });
        let is_explained =
            work.visits.get(visit).is_some_and(|current| current.has(calculation::VisitFact::ExplanationDone));
        if ordered.is_none() && !is_explained {
            continue;
        }
        let why = why_blocked(work, visit);
        match (ordered, why) {
            (Some(index), Some(why)) => work.end(index, Outcome::Rejected, why),
            (None, None) => {
                work.derive(visit, OUTPATIENT_MANAGEMENT, &rules::OUTPATIENT_MANAGEMENT);
            }
            _ => {}
        }
    }
}

fn why_blocked(work: &Work<'_>, visit: usize) -> Option<Why> {
    let current = work.visits.get(visit)?;
    let has_revisit = current
        .basic
        .and_then(|basic| work.entries.get(basic))
        .and_then(Entry::live_act)
        .is_some_and(|act| basic::allows_outpatient_management(act.validity.code));
    if !has_revisit {
        return Some(Why::rule(&rules::OUTPATIENT_MANAGEMENT_NO_REVISIT));
    }
    let blocker = work.entries.iter().position(|entry| {
        work.date_of(entry) == current.date()
            && entry
                .live_act()
                .is_some_and(|act| act.outpatient_management == 1 && !basic::is_basic_fee(act.validity.code))
    })?;
    Some(Why { cause: work.cause(blocker), ..Why::rule(&rules::OUTPATIENT_MANAGEMENT_BLOCKED) })
}
