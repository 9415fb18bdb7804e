//! Which of the recognised files are used, and in which order.

use std::collections::HashMap;

use super::Report;
use super::derived::{POINTS, PRICES};
use super::read::Parsed;
use super::recognise::Kind;

/// The full files of a kind.
#[derive(Default)]
struct Bases {
    /// Day of the earliest: difference files up to it are contained in it.
    earliest: Option<u32>,
    /// First day of the newest edition, official files only.
    newest_start: u32,
    /// False when only a composite is here: it stands in for the official file.
    has_official: bool,
}

/// Leaves files that others make needless and puts the rest into the order of their days.
pub fn select(files: Vec<Parsed>, report: &mut Report) -> Vec<Parsed> {
    let bases = bases(&files);
    let mut kept = Vec::with_capacity(files.len());
    for file in files {
        match needless(&file, &bases) {
            Some(reason) => report.leave(&file.path, reason),
            None => kept.push(file),
        }
    }
    kept.sort_by(|a, b| {
        let key = |file: &Parsed| (file.date, file.is_difference, file.kind, file.name.clone());
        key(a).cmp(&key(b))
    });
    kept
}

fn bases(files: &[Parsed]) -> HashMap<Kind, Bases> {
    let mut bases: HashMap<Kind, Bases> = HashMap::new();
    let full = || files.iter().filter(|file| !file.is_difference);
    for file in full().filter(|file| !file.is_derived()).chain(full().filter(|file| file.is_composite())) {
        let base = bases.entry(file.kind).or_default();
        if file.is_composite() && base.has_official {
            continue;
        }
        base.has_official = !file.is_composite();
        base.earliest = Some(base.earliest.map_or(file.date, |day| day.min(file.date)));
        if base.has_official {
            base.newest_start = base.newest_start.max(file.start);
        }
    }
    bases
}

/// Why a file is not used, if it is not.
fn needless(file: &Parsed, bases: &HashMap<Kind, Bases>) -> Option<String> {
    let base = bases.get(&file.kind);
    let official_from = |kind: Kind, day: u32| {
        let is_here = bases.get(&kind).is_some_and(|base| base.newest_start >= day);
        is_here.then(|| format!("the official {} of 令和8年度 is here", kind.name()))
    };
    match file.kind {
        _ if file.is_composite() => {
            let is_needless = base.is_some_and(|base| base.has_official);
            is_needless.then(|| "put together from official files that are here themselves".to_owned())
        }
        Kind::DerivedPoints => official_from(Kind::Act, POINTS.day),
        Kind::DerivedPrices => official_from(Kind::Drug, PRICES.day),
        Kind::Act if file.is_derived() => official_from(Kind::Act, POINTS.day),
        Kind::Drug if file.is_derived() => official_from(Kind::Drug, PRICES.day),
        Kind::OldDiagnosis => None,
        _ if file.is_difference && base.and_then(|base| base.earliest).is_some_and(|day| file.date <= day) => {
            Some("a difference file that the full file already contains".to_owned())
        }
        _ => None,
    }
}
