//! Missed claims (算定もれ): fees the record shows to be due, with the condition a person must confirm.
//!
//! A suggestion is never added by itself. Each is tried: only what the rules would accept is told.

use calculation::{
    BrandChoice, DrugUse, Order, OrderKind, Outcome, Reason, Request, Suggestion, TimeClass, Visit, VisitFact,
    VisitKind, Word,
};
use kernel::{ActCode, ItemCode, Points, Quantity, ServiceDate};

use crate::Engine;
use crate::points::MonthPoints;

/// A fee that may be due at a visit.
struct Candidate {
    visit: usize,
    code: u32,
    quantity: Option<Quantity>,
    rule: &'static str,
    basis: &'static str,
    condition: &'static str,
}

/// Days that 特定疾患処方管理加算 needs.
const LONG_PRESCRIPTION_DAYS: u16 = 28;

/// The fees that the month's record shows to be due.
pub fn suggest(engine: &Engine, request: &Request, month: &MonthPoints) -> Vec<Suggestion> {
    let mut candidates = Vec::new();
    for (index, visit) in request.visits.iter().enumerate() {
        let charged = Charged::of(month, index);
        management(engine, request, index, visit, &charged, &mut candidates);
        tests(engine, index, visit, &charged, &mut candidates);
        medicines(engine, index, visit, &charged, &mut candidates);
    }
    let mut suggestions: Vec<Suggestion> = Vec::new();
    for candidate in candidates {
        let is_told = suggestions.iter().any(|told| told.code.number() == candidate.code);
        if !is_told && let Some(suggestion) = tried(engine, request, &candidate) {
            suggestions.push(suggestion);
        }
    }
    suggestions
}

/// Codes that a visit is charged with.
struct Charged(Vec<u32>);

impl Charged {
    fn of(month: &MonthPoints, visit: usize) -> Self {
        let lines = month.visits.get(visit).map(|visit| visit.lines.as_slice()).unwrap_or_default();
        Self(lines.iter().flat_map(|line| &line.items).map(|item| item.code.number()).collect())
    }

    fn has(&self, codes: &[u32]) -> bool {
        self.0.iter().any(|code| codes.contains(code))
    }

    fn acts<'a>(&'a self, engine: &'a Engine, on: ServiceDate) -> impl Iterator<Item = &'a masters::row::ActRow> {
        self.0.iter().filter_map(move |code| engine.masters().act(ActCode::from_number(*code)?, on))
    }
}

/// Open, claimable diagnoses of a day whose master row fits.
fn has_disease(
    engine: &Engine,
    request: &Request,
    on: ServiceDate,
    fits: impl Fn(&masters::row::DiagnosisRow) -> bool,
) -> bool {
    const SUSPECTED: u32 = 8002;
    request.diagnoses.iter().any(|disease| {
        disease.started_on <= on
            && disease.ended_on.is_none_or(|ended| ended >= on)
            && !disease.modifiers.iter().any(|modifier| modifier.number() == SUSPECTED)
            && engine.masters().diagnosis(disease.code, on).is_some_and(&fits)
    })
}

fn is_specific(row: &masters::row::DiagnosisRow) -> bool {
    matches!(row.specific_disease, 5 | 8)
}

fn management(
    engine: &Engine,
    request: &Request,
    visit: usize,
    source: &Visit,
    charged: &Charged,
    candidates: &mut Vec<Candidate>,
) {
    const REVISIT: [u32; 2] = [112_007_410, 112_008_350];
    const LIFESTYLE: [u32; 5] = [113_041_710, 113_041_810, 113_041_910, 113_707_110, 113_707_210];
    let on = source.date;
    let mut add = |code, rule, basis, condition| {
        candidates.push(Candidate { visit, code, quantity: None, rule, basis, condition });
    };
    let is_explained = source.facts.contains(&VisitFact::ExplanationDone) || charged.has(&[112_011_010]);
    if charged.has(&REVISIT) && !is_explained && source.kind != VisitKind::Phone {
        add(
            112_011_010,
            "suggestion/outpatient-management",
            "A001注8 外来管理加算",
            "医師が問診・身体診察を行い、療養上の説明をしましたか",
        );
    }
    if has_disease(engine, request, on, is_specific) && !charged.has(&[113_001_810]) {
        add(
            113_001_810,
            "suggestion/specific-disease",
            "B000 特定疾患療養管理料",
            "特定疾患を主病とし、計画的な療養上の管理を行って要点を記録しましたか",
        );
    }
    let is_lifestyle = |row: &masters::row::DiagnosisRow| {
        let icd = engine.masters().text(row.icd10_1);
        ["I10", "E78", "E11", "E14"].iter().any(|code| icd.starts_with(code))
    };
    if has_disease(engine, request, on, is_lifestyle) && !charged.has(&LIFESTYLE) {
        add(
            113_707_110,
            "suggestion/lifestyle-disease",
            "B001-3-3 生活習慣病管理料(Ⅱ)",
            "生活習慣病を主病とし、療養計画に基づく総合的な治療管理を行いましたか",
        );
    }
}

fn tests(engine: &Engine, visit: usize, source: &Visit, charged: &Charged, candidates: &mut Vec<Candidate>) {
    let on = source.date;
    let specimens = charged
        .acts(engine, on)
        .filter(|act| act.section_letter == b'D' && act.section_number <= 25 && act.exam_role == 1)
        .count();
    let mut add = |code, quantity, rule, basis, condition| {
        candidates.push(Candidate { visit, code, quantity, rule, basis, condition });
    };
    if specimens > 0 && !charged.has(&[160_177_770, 160_000_210]) {
        let count = u16::try_from(specimens.min(5)).unwrap_or(5);
        let is_outside_hours =
            matches!(source.time_class, TimeClass::AfterHours | TimeClass::Holiday | TimeClass::LateNight);
        if is_outside_hours {
            add(
                160_000_210,
                None,
                "suggestion/emergency-test",
                "D 第1部通則1 時間外緊急院内検査加算",
                "診療時間外に緊急のため院内で検査を行いましたか",
            );
        } else {
            add(
                160_177_770,
                Some(count.into()),
                "suggestion/rapid-test",
                "D 第1部通則3 外来迅速検体検査加算",
                "当日中に結果を文書で説明し、結果に基づく診療を行いましたか",
            );
        }
    }
    for (images, management, basis) in [
        (170_027_910, 170_000_210, "E 通則4 電子画像管理加算(単純撮影)"),
        (170_011_710, 170_028_810, "E 通則4 電子画像管理加算(コンピューター断層)"),
        (170_011_810, 170_028_810, "E 通則4 電子画像管理加算(コンピューター断層)"),
    ] {
        if charged.has(&[images]) && !charged.has(&[management]) {
            add(management, None, "suggestion/image-management", basis, "画像を電子化して管理・保存しましたか");
        }
    }
}

fn medicines(engine: &Engine, visit: usize, source: &Visit, charged: &Charged, candidates: &mut Vec<Candidate>) {
    let on = source.date;
    let mut add = |code, rule, basis, condition| {
        candidates.push(Candidate { visit, code, quantity: None, rule, basis, condition });
    };
    let days = source.orders.iter().filter_map(|order| order.days).chain(source.prescription_days).max().unwrap_or(0);
    let has_prescription = charged
        .acts(engine, on)
        .any(|act| act.section_letter == b'F' && act.section_number == 400 && act.notice_role == 1);
    let has_dispensing = charged.has(&[120_000_710, 120_001_010]);
    if has_dispensing && !charged.has(&[120_002_370]) {
        add(
            120_002_370,
            "suggestion/medicine-information",
            "B011-3 薬剤情報提供料",
            "薬剤の名称・用法・副作用等を文書で提供しましたか",
        );
    }
    for (is_given, code) in [(has_prescription, 120_005_710), (has_dispensing, 120_005_610)] {
        if is_given && days >= LONG_PRESCRIPTION_DAYS && !charged.has(&[code]) {
            add(
                code,
                "suggestion/specific-prescription",
                "F100注5・F400注4 特定疾患処方管理加算",
                "特定疾患を主病とし、その薬剤を28日以上処方しましたか",
            );
        }
    }
    if has_prescription && !charged.has(&[120_004_270, 120_003_570]) {
        add(
            120_003_570,
            "suggestion/generic-name",
            "F400注6 一般名処方加算2",
            "後発医薬品のある薬剤を1つ以上一般名で処方しましたか",
        );
    }
    let has_biologic = source.orders.iter().any(|order| {
        let is_injected = matches!(order.drug_use, Some(DrugUse::Injection));
        let drug = match order.code {
            Some(ItemCode::Drug(code)) => engine.masters().drug(code, on),
            _ => None,
        };
        is_injected && drug.is_some_and(|row| row.biologic == 1)
    });
    if has_biologic && !charged.has(&[130_000_110]) {
        add(130_000_110, "suggestion/biologic", "G 通則3 生物学的製剤注射加算", "生物学的製剤を注射しましたか");
    }
}

/// The candidate as a suggestion, if the month with it would accept it.
fn tried(engine: &Engine, request: &Request, candidate: &Candidate) -> Option<Suggestion> {
    let code = ItemCode::Act(ActCode::from_number(candidate.code)?);
    let mut with = request.clone();
    let visit = with.visits.get_mut(candidate.visit)?;
    let id = "suggestion".to_owned();
    visit.orders.push(Order {
        id: id.clone(),
        no: u32::MAX,
        kind: OrderKind::Act,
        code: Some(code),
        quantity: candidate.quantity,
        times: None,
        days: None,
        group: None,
        set_id: None,
        drug_use: None,
        dispensing: None,
        usage_code: None,
        brand_choice: BrandChoice::None,
        site: None,
        side: None,
        price_yen: None,
        tax_percent: None,
        is_tax_included: false,
        text: None,
        answers: Vec::new(),
    });
    let month = engine.points(&with);
    let result = month.visits.get(candidate.visit)?;
    let order = result.orders.iter().find(|order| order.order_id == id)?;
    if !matches!(order.outcome, Outcome::Accepted | Outcome::Replaced) {
        return None;
    }
    let before: Points = engine.points(request).visits.iter().map(|visit| visit.points).sum();
    let after: Points = month.visits.iter().map(|visit| visit.points).sum();
    let item = result.lines.iter().flat_map(|line| &line.items).find(|item| item.code == code)?;
    Some(Suggestion {
        visit_id: result.visit_id.clone(),
        code,
        name: item.name.clone(),
        points: after - before,
        condition: candidate.condition.to_owned(),
        reason: Reason {
            rule: Word::Borrowed(candidate.rule),
            basis: Word::Borrowed(candidate.basis),
            masters: Vec::new(),
            caused_by: Vec::new(),
            is_verified: true,
            text: Word::Borrowed("記録から算定できる可能性のある項目"),
        },
    })
    .filter(|suggestion| suggestion.points > Points::ZERO)
}
