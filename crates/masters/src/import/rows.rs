//! Checked text rows → rows of the compiled file.

use super::history::{End, Version};
use super::record::Record;
use crate::row::{
    ActRow, AgeAddOn, CommentRow, CommentRuleRow, DiagnosisRow, DrugRow, EndedRow, ExclusionRow, FeeTableRow,
    InclusionRow, LimitRow, MaterialRow, ModifierRow, OPEN_END, StayAddOnRow, Validity,
};
use crate::tables::Texts;

/// Key and days of a version; `field` holds the code.
fn validity(version: &Version, field: usize) -> Validity {
    Validity {
        code: version.record.number(field),
        from: version.from,
        to: version.to,
        edition: version.edition,
        basis: version.basis,
        section_changed: u8::from(version.section_changed),
    }
}

/// Hundredths that fit 32 bits; a fee has at most seven digits before the point.
fn points(record: &Record, field: usize) -> i32 {
    i32::try_from(record.hundredths(field)).unwrap_or(i32::MAX)
}

/// Group number of seven characters and a zero byte; `0` is none.
pub fn group(text: &str) -> [u8; 8] {
    let mut group = [0; 8];
    let used = if text == "0" { "" } else { text };
    for (place, byte) in group.iter_mut().zip(used.bytes().take(7)) {
        *place = byte;
    }
    group
}

pub fn act(version: &Version, texts: &mut Texts) -> ActRow {
    let r = &version.record;
    let age_add_on = |at: usize| AgeAddOn { code: r.number(at + 2), low: r.age(at), high: r.age(at + 1) };
    let row = ActRow {
        validity: validity(version, 3),
        name: texts.place(r.get(5)),
        kana: texts.place(r.get(7)),
        full_name: texts.place(r.get(113)),
        unit_name: texts.place(r.get(10)),
        points_e2: points(r, 12),
        step_points_e2: points(r, 34),
        step_low: r.number(31),
        step_high: r.number(32),
        step_unit: r.number(33),
        publish_order: r.number(89),
        age_add_ons: [100, 103, 106, 109].map(age_add_on),
        standards: std::array::from_fn(|index| r.small(72 + index)),
        surgery_flags: [114, 115, 116, 118, 119, 120, 121, 122, 123, 127].map(|field| r.letter(field)),
        section_letter: section_letter(r),
        ..ActRow::default()
    };
    act_flags(r, act_places(r, row))
}

fn section_letter(record: &Record) -> u8 {
    match record.get(85) {
        "＊" => b'*',
        "－" => b'-',
        _ => record.letter(85),
    }
}

fn act_places(r: &Record, row: ActRow) -> ActRow {
    ActRow {
        unit_code: r.small(8),
        point_kind: r.small(11),
        in_out: r.small(13),
        elderly_scope: r.small(14),
        outpatient_bucket: r.small(15),
        bundle_group: r.small(16),
        dpc_scope: r.small(18),
        facility_kind: r.small(19),
        disease_link: r.small(25),
        day_rule: r.small(27),
        day_rule_sub: r.small(28),
        drug_link: r.small(29),
        step_calc: r.small(30),
        step_error: r.small(35),
        max_count: r.small(36),
        max_count_error: r.small(37),
        note_code: r.small(38),
        note_serial: r.letter(39),
        general_age: r.small(40),
        age_low: r.age(41),
        age_high: r.age(42),
        time_add_on: r.small(43),
        conformity: r.small(44),
        conformity_standard: r.small(45),
        degression_group: r.small(63),
        inpatient_bucket: r.small(66),
        record_role: r.small(68),
        notice_role: r.small(69),
        beds: r.small(71),
        chapter: r.small(90),
        part: r.small(91),
        section_number: r.small(92),
        section_branch: r.small(93),
        section_item: r.small(94),
        ..row
    }
}

fn act_flags(r: &Record, row: ActRow) -> ActRow {
    ActRow {
        image_surgery_support: r.small(20),
        forensic_scope: r.small(21),
        anesthesia_kind: r.small(23),
        infant_treatment: r.small(46),
        low_birth_weight: r.small(47),
        exam_role: r.small(50),
        exam_group: r.small(51),
        degression: r.small(52),
        spinal_potential: r.small(53),
        neck_dissection: r.small(54),
        auto_suture: r.small(55),
        outpatient_management: r.small(56),
        specimen_comment: r.small(61),
        outside_general_base: r.small(62),
        endoscopic_ultrasound: r.small(64),
        auto_anastomosis: r.small(67),
        ultrasonic_device: r.small(82),
        short_stay: r.small(83),
        dental: r.small(84),
        infection_control: r.letter(124),
        ent_infant_treatment: r.small(125),
        ent_antibiotic_support: r.small(126),
        base_up_1: r.small(129),
        base_up_2: r.small(130),
        ..row
    }
}

pub fn drug(version: &Version, texts: &mut Texts) -> DrugRow {
    let r = &version.record;
    DrugRow {
        validity: validity(version, 3),
        name: texts.place(r.get(5)),
        kana: texts.place(r.get(7)),
        full_name: texts.place(r.get(35)),
        unit_name: texts.place(r.get(10)),
        price_list_code: texts.place(r.get(32)),
        generic_name_code: texts.place(r.get(37)),
        generic_name: texts.place(r.get(38)),
        price_e2: r.hundredths(12),
        volume_ml: r.number(21),
        generic_row: r.number(23),
        usable_until: r.number(34),
        listed_on: r.number(36),
        selection_pair: r.number(41),
        unit_code: r.small(8),
        price_kind: r.small(11),
        controlled: r.small(14),
        neurolytic: r.small(15),
        biologic: r.small(16),
        generic: r.small(17),
        contrast: r.small(20),
        listing: r.small(22),
        form: r.small(28),
        generic_name_add_on: r.small(39),
        selection: r.small(42),
    }
}

pub fn material(version: &Version, texts: &mut Texts) -> MaterialRow {
    let r = &version.record;
    MaterialRow {
        validity: validity(version, 3),
        name: texts.place(r.get(5)),
        kana: texts.place(r.get(7)),
        full_name: texts.place(r.get(37)),
        unit_name: texts.place(r.get(10)),
        price_e2: r.hundredths(12),
        max_points: r.number(24),
        unit_code: r.small(8),
        age_low: r.age(15),
        age_high: r.age(16),
        price_kind: r.small(11),
        age_add_on: r.small(14),
        gas_kind: r.small(21),
        material_kind: r.small(22),
        has_price_cap: r.small(23),
        table: r.small(31),
    }
}

pub fn comment(version: &Version, texts: &mut Texts) -> CommentRow {
    let r = &version.record;
    CommentRow {
        validity: validity(version, 23),
        name: texts.place(r.get(7)),
        kana: texts.place(r.get(9)),
        slots: [10, 12, 14, 16].map(|at| [r.small(at), r.small(at + 1)]),
        is_selective: r.small(20),
        reserved: [0; 3],
    }
}

pub fn diagnosis(version: &Version, texts: &mut Texts) -> DiagnosisRow {
    let r = &version.record;
    DiagnosisRow {
        validity: validity(version, 3),
        name: texts.place(r.get(6)),
        short_name: texts.place(r.get(8)),
        kana: texts.place(r.get(10)),
        icd10_1: texts.place(r.get(16)),
        icd10_2: texts.place(r.get(17)),
        successor: if r.get(4).is_empty() { r.number(3) } else { r.number(4) },
        needs_modifier: r.small(19),
        not_claimable: r.small(20),
        specific_disease: r.small(21),
        intractable: r.small(43),
    }
}

pub fn modifier(version: &Version, texts: &mut Texts) -> ModifierRow {
    let r = &version.record;
    let class = r.get(19).get(1..2).unwrap_or_default().parse().unwrap_or_default();
    ModifierRow { validity: validity(version, 3), name: texts.place(r.get(7)), kana: texts.place(r.get(10)), class }
}

pub fn comment_rule(version: &Version) -> CommentRuleRow {
    let r = &version.record;
    CommentRuleRow {
        validity: validity(version, 6),
        comment: r.number(9),
        item: r.small(3),
        count: r.small(17),
        notice: r.small(2),
        branch: r.small(5),
        condition: r.small(14),
        is_reason_for_absence: r.small(15),
        in_out: r.small(16),
        reserved: [0; 3],
    }
}

pub fn fee_table(version: &Version) -> FeeTableRow {
    let r = &version.record;
    FeeTableRow {
        validity: validity(version, 2),
        inclusion_groups: [5, 7, 9].map(|field| group(r.get(field))),
        inclusion_units: [4, 6, 8].map(|field| r.small(field)),
        exclusion_flags: [10, 11, 12, 13].map(|field| r.small(field)),
        has_limits: r.small(21),
        stay_group: r.small(20),
        reserved: [0; 2],
    }
}

pub fn inclusion(version: &Version) -> InclusionRow {
    let r = &version.record;
    InclusionRow {
        validity: validity(version, 3),
        group: group(r.get(2)),
        has_exception: r.small(5),
        is_own: 0,
        reserved: [0; 2],
    }
}

pub fn exclusion(version: &Version, period: u8) -> ExclusionRow {
    let r = &version.record;
    ExclusionRow {
        validity: validity(version, 2),
        other: r.number(4),
        period,
        keep: r.small(6),
        has_exception: r.small(7),
        is_own: 0,
    }
}

pub fn stay_add_on(version: &Version) -> StayAddOnRow {
    let r = &version.record;
    StayAddOnRow { validity: validity(version, 3), group: r.small(2), kind: r.small(5) }
}

pub fn limit(version: &Version) -> LimitRow {
    let r = &version.record;
    LimitRow {
        validity: validity(version, 2),
        unit: r.small(4),
        count: r.small(6),
        has_exception: r.small(7),
        reserved: [0; 3],
    }
}

pub fn ended(code: u32, end: &End, texts: &mut Texts) -> EndedRow {
    let validity = Validity { code, from: end.from, to: OPEN_END, edition: end.edition, ..Validity::default() };
    let reason = texts.place(&end.reason);
    EndedRow { validity, reason, is_abolished: u8::from(end.is_abolished), reserved: [0; 3] }
}
