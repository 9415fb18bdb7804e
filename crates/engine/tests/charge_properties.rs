//! Laws of the charge that hold for every month.

#![allow(clippy::unwrap_used)]

use engine::charge::{
    Band, Elsewhere, Halves, IncomeClass, Insurance, LimitRounding, Line, Month, NoteFacts, Payers, Share, Subsidy,
    Visit, insurer_law_of, national_share, programme,
};
use kernel::{BurdenRate, ClaimMonth, Points, ServiceDate, Yen};
use proptest::prelude::*;

/// Laws that go with insurance, in legal order; `80` and `88` are local.
const LAWS: [&str; 10] = ["10", "21", "15", "19", "52", "54", "38", "66", "80", "88"];

fn day(month: ClaimMonth, day: u32) -> ServiceDate {
    month.day(day).unwrap_or_else(|| month.first_day())
}

fn subsidy(law: &str, (cap, elsewhere, local): (Option<i64>, i64, u8)) -> Subsidy {
    let national = programme(law, None);
    let cap = cap.map(|cap| Yen::new(cap * 500));
    let share = match (national, local) {
        (Some(programme), _) => national_share(programme, cap, None, false),
        (None, 0) => Share::Nothing,
        (None, 1) => Share::PercentOfCost(10),
        (None, 2) => Share::RemainingCopay,
        (None, 3) => Share::FirstVisitFixed(Yen::new(580)),
        (None, _) => Share::PerVisitMax { yen: Yen::new(500), visits: Some(2) },
    };
    let elsewhere = vec![Elsewhere { date: None, yen: Yen::new(elsewhere * 10) }];
    Subsidy {
        programme: national,
        share,
        cap,
        elsewhere,
        free: None,
        cap_grows_above: None,
        pays_most: None,
        is_on_receipt: true,
    }
}

fn insurance() -> impl Strategy<Value = (Insurance, Option<IncomeClass>)> {
    use IncomeClass::{A, Active1, E, General, General1, General2, Low2, O, U};
    let under = (prop_oneof![Just(None), Just(Some(A)), Just(Some(U)), Just(Some(E)), Just(Some(O))], any::<bool>())
        .prop_map(|(class, is_child)| if is_child { (Band::Preschool, 20, class) } else { (Band::General, 30, class) });
    let over = prop_oneof![
        Just((Band::Elderly70, 20, Some(General))),
        Just((Band::Elderly70, 20, Some(Low2))),
        Just((Band::Elderly70, 30, Some(Active1))),
        Just((Band::LateElderly, 10, Some(General1))),
        Just((Band::LateElderly, 20, Some(General2))),
        Just((Band::LateElderly, 10, None)),
    ];
    prop_oneof![under, over].prop_map(|(band, percent, class)| {
        let law = if band == Band::LateElderly { Some("39") } else { Some("01") };
        let law = insurer_law_of(law).unwrap();
        let ratio = BurdenRate::from_percent(percent).unwrap();
        (Insurance { law, band, is_family: false, ratio, relieved: None }, class)
    })
}

fn month() -> impl Strategy<Value = Month> {
    let months = prop_oneof![Just("2023-04"), Just("2026-07"), Just("2026-10")];
    let subsidies = prop::sample::subsequence(LAWS.to_vec(), 0..=4).prop_flat_map(|laws| {
        let facts = (prop::option::of(0i64..40), 0i64..300, 0u8..5);
        prop::collection::vec(facts, laws.len())
            .prop_map(move |facts| laws.iter().zip(facts).map(|(law, facts)| subsidy(law, facts)).collect::<Vec<_>>())
    });
    let line = (1i64..30_000, prop::collection::vec(any::<bool>(), 4));
    let visit = (prop::collection::vec(line, 1..4), any::<bool>());
    let visits = prop::collection::btree_map(1u32..28, visit, 1..6);
    let flags = (any::<bool>(), any::<bool>(), prop_oneof![4 => Just(None), 1 => Just(Some(Yen::new(10_000)))]);
    (months, insurance(), subsidies, visits, flags).prop_map(
        |(name, (insurance, class), subsidies, visits, (is_multiple, is_halved, specific_disease_cap))| {
            let service_month: ClaimMonth = name.parse().unwrap();
            let payers = |bits: &[bool]| {
                let chosen = (0..subsidies.len()).filter(|position| bits.get(*position) == Some(&true));
                chosen.fold(Payers::INSURANCE, Payers::with_subsidy)
            };
            let visits = visits.iter().map(|(date, (lines, is_first_visit))| Visit {
                date: day(service_month, *date),
                is_first_visit: *is_first_visit,
                is_counted_day: true,
                lines: lines.iter().map(|(p, bits)| Line { points: Points::new(*p), payers: payers(bits) }).collect(),
            });
            Month {
                service_month,
                insurance: Some(insurance),
                class,
                is_multiple,
                halves: if is_halved { Halves::TurnsSeventyFive } else { Halves::No },
                specific_disease_cap,
                visits: visits.collect(),
                subsidies,
                notes: NoteFacts::default(),
                limit_rounding: LimitRounding::HalfUp10,
            }
        },
    )
}

proptest! {
    #[test]
    fn the_payers_pay_the_cost(month in month()) {
        let result = month.charge().unwrap();
        let cost: Yen = result.groups.iter().map(|group| group.cost).sum();
        let paid: Yen = result.subsidies.iter().map(|subsidy| subsidy.paid()).sum();
        prop_assert_eq!(result.insurer + paid + result.patient, cost);
        for group in &result.groups {
            let mut before = group.covered;
            for stage in &group.stages {
                prop_assert_eq!(stage.before, before);
                prop_assert!(stage.after <= stage.before && stage.after >= Yen::ZERO);
                before = stage.after;
            }
            prop_assert_eq!(group.patient, before);
            prop_assert!(group.covered <= group.copay);
        }
    }

    #[test]
    fn no_charge_is_negative_and_no_cap_is_exceeded(month in month()) {
        let result = month.charge().unwrap();
        for visit in &result.visits {
            prop_assert!(visit.charge >= Yen::ZERO);
            prop_assert_eq!(visit.charge.get() % 10, 0);
        }
        for (subsidy, amount) in month.subsidies.iter().zip(&result.subsidies) {
            let elsewhere: Yen = subsidy.elsewhere.iter().map(|entry| entry.yen).sum();
            if let Some(cap) = subsidy.cap {
                prop_assert!(amount.patient <= (cap - elsewhere).max(Yen::ZERO));
            }
        }
    }

    #[test]
    fn the_visits_add_up_to_the_month(month in month()) {
        let result = month.charge().unwrap();
        let share: Yen = result.visits.iter().map(|visit| visit.share).sum();
        prop_assert_eq!(share, result.patient);
        for group in &result.groups {
            let of_visits = result.visits.iter().flat_map(|visit| &visit.groups).filter(|g| g.payers == group.payers);
            let (patient, covered) = of_visits.fold((Yen::ZERO, Yen::ZERO), |(patient, covered), g| {
                (patient + g.patient, covered + g.covered)
            });
            prop_assert_eq!((patient, covered), (group.patient, group.covered));
        }
    }

    #[test]
    fn the_charges_follow_the_month_to_date(month in month()) {
        // Each visit rounds by at most 5 yen; only a share that fell can leave more collected than due.
        let result = month.charge().unwrap();
        let mut charged = Yen::ZERO;
        let mut highest = Yen::ZERO;
        for (place, visit) in (1_i64..).zip(&result.visits) {
            charged += visit.charge;
            highest = highest.max(visit.share_to_date);
            prop_assert!((charged - visit.share_to_date).get() >= -5 * place);
            prop_assert!((charged - highest).get() <= 5 * place);
        }
    }

    #[test]
    fn the_order_of_lines_changes_nothing(month in month(), seed in any::<u64>()) {
        let mut turned = month.clone();
        for visit in &mut turned.visits {
            let count = visit.lines.len().max(1);
            visit.lines.rotate_left(usize::try_from(seed).unwrap_or(1) % count);
            visit.lines.reverse();
        }
        prop_assert_eq!(month.charge(), turned.charge());
    }

    #[test]
    fn splitting_a_visit_never_lowers_what_payers_owe(month in month()) {
        let mut split = month.clone();
        let Some(visit) = split.visits.first_mut() else { return Ok(()) };
        let mut second = visit.clone();
        visit.lines.truncate(1);
        second.lines.remove(0);
        if second.lines.is_empty() {
            return Ok(());
        }
        split.visits.insert(1, second);
        let (whole, parts) = (month.charge().unwrap(), split.charge().unwrap());
        let paid = |result: &engine::charge::MonthResult| {
            result.insurer + result.subsidies.iter().map(|subsidy| subsidy.paid()).sum()
        };
        prop_assert_eq!(paid(&whole) + whole.patient, paid(&parts) + parts.patient);
        // An amount per visit is owed by the patient for each visit, and a cap that several combinations share is
        // used up in the order of visits: only there may subsidies pay another amount.
        let is_by_visit =
            |subsidy: &Subsidy| matches!(subsidy.share, Share::PerVisitMax { .. } | Share::FirstVisitFixed(_));
        let is_shared = month.subsidies.len() > 1 && month.subsidies.iter().any(|subsidy| subsidy.cap.is_some());
        if !is_shared && !month.subsidies.iter().any(is_by_visit) {
            // 5 % of an odd number of points: a cap counts whole yen, visit by visit.
            prop_assert!((whole.insurer - parts.insurer).get().abs() <= 1);
            prop_assert!((paid(&whole) - paid(&parts)).get().abs() <= 1);
        }
        prop_assert_eq!(&whole.receipt.insurance.map(|ho| (ho.days, ho.points)), &parts.receipt.insurance.map(|ho| (ho.days, ho.points)));
    }

    #[test]
    fn one_cap_over_all_lines_is_never_collected_beyond(
        cap in 1i64..400, points in prop::collection::vec(1i64..3_000, 1..8), elsewhere in 0i64..100
    ) {
        let base: ClaimMonth = "2026-10".parse().unwrap();
        let mut own = subsidy("21", (None, elsewhere, 0));
        own.cap = Some(Yen::new(cap * 10));
        let payers = Payers::INSURANCE.with_subsidy(0);
        let visits = (1u32..).zip(&points).map(|(date, points)| Visit {
            date: day(base, date),
            is_first_visit: false,
            is_counted_day: true,
            lines: vec![Line { points: Points::new(*points), payers }],
        });
        let month = Month {
            service_month: base,
            insurance: Some(Insurance {
                law: insurer_law_of(Some("01")).unwrap(),
                band: Band::General,
                is_family: false,
                ratio: BurdenRate::from_percent(30).unwrap(),
                relieved: None,
            }),
            class: None,
            is_multiple: false,
            halves: Halves::No,
            specific_disease_cap: None,
            subsidies: vec![own],
            visits: visits.collect(),
            notes: NoteFacts::default(),
            limit_rounding: LimitRounding::HalfUp10,
        };
        let result = month.charge().unwrap();
        let charged: i64 = result.visits.iter().map(|visit| visit.charge.get()).sum();
        prop_assert!(charged <= (cap * 10 - elsewhere * 10).max(0));
        if result.patient.get() == cap * 10 - elsewhere * 10 {
            prop_assert_eq!(charged, result.patient.get());
        }
    }

    #[test]
    fn insurance_only_stays_within_the_limit(month in month()) {
        let alone = Month {
            subsidies: vec![],
            visits: month.visits.iter().map(|visit| Visit {
                lines: visit.lines.iter().map(|line| Line { payers: Payers::INSURANCE, ..*line }).collect(),
                ..visit.clone()
            }).collect(),
            ..month
        };
        let result = alone.charge().unwrap();
        if let Some(limit) = result.limit {
            prop_assert!(result.patient <= limit.yen);
        }
        prop_assert_eq!(Some(result.patient), result.insurance_copay);
    }

    #[test]
    fn every_amount_has_a_reason_with_a_source(month in month()) {
        let result = month.charge().unwrap();
        for group in &result.groups {
            let of_group = || result.steps.iter().filter(|step| step.payers == group.payers);
            prop_assert!(of_group().count() > group.stages.len());
            prop_assert!(of_group().all(|step| !step.rule.basis.is_empty()));
            prop_assert_eq!(group.covered != group.copay, of_group().any(|step| step.rule.id.starts_with("limit.")));
        }
    }
}
