//! Facility standards (施設基準): filed ones against the expression of an act (項番72–81).

use calculation::Institution;
use kernel::ServiceDate;
use masters::row::ActRow;

/// From this code on a number stands for a list of seven or more alternatives (名寄せ).
const FIRST_AGGREGATE: u16 = 8001;

/// Whether an act's standards are met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Met, or none needed.
    Met,
    /// A filing is missing.
    Missing,
    /// Only an aggregate code would allow it: a person must say whether one of its members was filed.
    Unclear,
}

/// True when the institution's filing of a standard holds on the day.
pub fn is_filed(institution: &Institution, code: u16, on: ServiceDate) -> bool {
    institution.standards.iter().any(|standard| {
        standard.code.number() == u32::from(code) && standard.from <= on && standard.to.is_none_or(|to| on <= to)
    })
}

/// Slots ①–⑥ are alternatives, so are ⑦–⑨; ⑩ stands alone; the three groups must all hold.
pub fn standing(institution: &Institution, act: &ActRow, on: ServiceDate) -> Standing {
    let [a, b, c, d, e, f, g, h, i, j] = act.standards;
    let groups: [&[u16]; 3] = [&[a, b, c, d, e, f], &[g, h, i], &[j]];
    let mut standing = Standing::Met;
    for group in groups {
        let mut codes = group.iter().filter(|code| **code != 0).peekable();
        if codes.peek().is_none() {
            continue;
        }
        let (mut is_met, mut has_aggregate) = (false, false);
        for code in codes {
            is_met |= is_filed(institution, *code, on);
            has_aggregate |= *code >= FIRST_AGGREGATE;
        }
        match (is_met, has_aggregate) {
            (true, _) => {}
            (false, true) => standing = Standing::Unclear,
            (false, false) => return Standing::Missing,
        }
    }
    standing
}
