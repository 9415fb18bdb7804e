//! Comments by pattern, and codes by master.

use kernel::{CommentCode, ItemCode, ServiceDate};

use super::{FileFacts, Findings, KnownCodes, month_of};
use crate::comment::CommentForm;
use crate::kind::Section;
use crate::model::{Line, Receipt};
use crate::value::{Comment, Text};

pub(super) fn check(receipt: &Receipt, facts: FileFacts<'_>, findings: &mut Findings<'_>) {
    let month = month_of(receipt);
    for (index, line) in receipt.lines.iter().enumerate() {
        let (code, comments, first_field) = match line {
            Line::Si(si) => (si.code.map(ItemCode::Act), &si.comments[..], 8),
            Line::Iy(iy) => (iy.code.map(ItemCode::Drug), &iy.comments[..], 8),
            Line::To(to) => (to.code.map(ItemCode::Material), &to.comments[..], 12),
            Line::Co(co) => {
                if let Some(code) = co.code {
                    check_text(code, &co.text, (index, 4), findings);
                }
                (co.code.map(ItemCode::Comment), &[][..], 0)
            }
        };
        for (field, Comment { code, text }) in (first_field..).step_by(2).zip(comments) {
            if let Some(code) = code {
                check_text(*code, text, (index, field), findings);
            }
        }
        if let Some(codes) = facts.codes {
            let first = line.days().and_then(|days| days.iter().next()).map_or(1, |pair| pair.0);
            if let Some(day) = month.and_then(|month| month.day(first)) {
                check_known(code, comments, (index, first_field), day, codes, findings);
            }
        }
    }
}

fn check_text(code: CommentCode, text: &Text, (index, field): (usize, u8), findings: &mut Findings<'_>) {
    match CommentForm::of_pattern(code.pattern()) {
        None => {
            let message = format!("コメントコード {code}: pattern {:02} is not in the master", code.pattern());
            findings.confirm("comment-pattern", (Section::Lines, index, field), message);
        }
        Some(form) if !form.accepts(&text.decode()) => {
            let message = format!("文字データ of コメントコード {code} is not {}", form.name());
            findings.stop("comment-form", (Section::Lines, index, field.saturating_add(1)), message);
        }
        Some(_) => {}
    }
}

fn check_known(
    code: Option<ItemCode>,
    comments: &[Comment],
    (index, first_field): (usize, u8),
    day: ServiceDate,
    codes: &dyn KnownCodes,
    findings: &mut Findings<'_>,
) {
    let comments = (first_field..).step_by(2).zip(comments.iter().map(|comment| comment.code.map(ItemCode::Comment)));
    for (field, code) in std::iter::once((4, code)).chain(comments) {
        if let Some(code) = code.filter(|code| !codes.has_item(*code, day)) {
            let message = format!("code {code} is not in the master on {day}");
            findings.add("L3303", (Section::Lines, index, field), message);
        }
    }
}
