//! Choosing acts by code or by section (区分番号) of the fee table.

use masters::row::ActRow;

/// A range of section numbers under one letter, for example D000–D025.
#[derive(Clone, Copy, Debug)]
pub struct Sections {
    /// Letter of the section.
    pub letter: u8,
    /// First number.
    pub from: u16,
    /// Last number.
    pub to: u16,
}

/// All sections of a letter.
pub const fn letter(letter: u8) -> Sections {
    Sections { letter, from: 0, to: 999 }
}

/// The sections `from`–`to` of a letter.
pub const fn sections(letter: u8, from: u16, to: u16) -> Sections {
    Sections { letter, from, to }
}

/// One section with its branch, and the items of it (0 = all).
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Letter.
    pub letter: u8,
    /// Number.
    pub number: u16,
    /// Branch (枝番).
    pub branch: u8,
    /// Item (項番); 0 = all.
    pub item: u16,
}

/// A place in the fee table.
pub const fn place(letter: u8, number: u16, branch: u8, item: u16) -> Place {
    Place { letter, number, branch, item }
}

/// A set of acts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection {
    /// Single codes.
    pub codes: &'static [u32],
    /// Whole sections.
    pub sections: &'static [Sections],
    /// Places with branch and item.
    pub places: &'static [Place],
    /// Places that do not belong, though `sections` names them.
    pub except: &'static [Place],
}

impl Selection {
    /// Acts of these codes.
    pub const fn of_codes(codes: &'static [u32]) -> Self {
        Self { codes, sections: &[], places: &[], except: &[] }
    }

    /// Acts of these sections.
    pub const fn of_sections(sections: &'static [Sections]) -> Self {
        Self { codes: &[], sections, places: &[], except: &[] }
    }

    /// Acts of these places.
    pub const fn of_places(places: &'static [Place]) -> Self {
        Self { codes: &[], sections: &[], places, except: &[] }
    }

    /// True when the act belongs to the set.
    pub fn has(&self, act: &ActRow) -> bool {
        let is_place = |place: &Place| {
            place.letter == act.section_letter
                && place.number == act.section_number
                && place.branch == act.section_branch
                && (place.item == 0 || place.item == act.section_item)
        };
        let is_in = |range: &Sections| {
            range.letter == act.section_letter && (range.from..=range.to).contains(&act.section_number)
        };
        self.codes.contains(&act.validity.code)
            || self.places.iter().any(is_place)
            || (self.sections.iter().any(is_in) && !self.except.iter().any(is_place))
    }
}
