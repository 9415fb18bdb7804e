//! Where a command finds its masters: a compiled file, or a folder of official files compiled in memory.

use std::path::{Path, PathBuf};

use anyhow::Context;
use kernel::{DiagnosisCode, ItemCode, ModifierCode, ServiceDate};
use masters::Masters;

/// Where masters are looked for when no file is named: official layouts, compiled in memory.
const FIXTURES: &str = "fixtures/masters";
/// Names the compiled file when no option does.
const VARIABLE: &str = "TENSU_MASTERS";

/// The masters given, those of `$TENSU_MASTERS`, or the fixture.
pub fn path(given: Option<&Path>) -> PathBuf {
    named(given).unwrap_or_else(|| PathBuf::from(FIXTURES))
}

/// As [`path`], but without a word from the user the folder `masters` beside `folder` if there is one.
pub fn path_beside(given: Option<&Path>, folder: &Path) -> PathBuf {
    let neighbour = folder.join("..").join("masters");
    match named(given) {
        Some(path) => path,
        None if neighbour.is_dir() => neighbour,
        None => path(None),
    }
}

fn named(given: Option<&Path>) -> Option<PathBuf> {
    given.map(Path::to_owned).or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from))
}

/// Opens a compiled file, or compiles a folder.
pub fn open(path: &Path) -> anyhow::Result<Masters> {
    if path.is_dir() {
        return masters::import_to_memory(&[path.to_owned()])
            .with_context(|| format!("importing the masters of {}", path.display()));
    }
    Masters::open(path).with_context(|| format!("opening the masters {}", path.display()))
}

/// The masters to work with.
pub fn load(given: Option<&Path>) -> anyhow::Result<Masters> {
    open(&path(given))
}

/// The masters as the self-check asks for them.
pub struct Known<'a>(pub &'a Masters);

impl uke::KnownCodes for Known<'_> {
    fn has_item(&self, code: ItemCode, day: ServiceDate) -> bool {
        match code {
            ItemCode::Act(code) => self.0.act(code, day).is_some(),
            ItemCode::Drug(code) => self.0.drug(code, day).is_some(),
            ItemCode::Material(code) => self.0.material(code, day).is_some(),
            ItemCode::Comment(code) => self.0.comment(code, day).is_some(),
        }
    }

    fn has_diagnosis(&self, code: DiagnosisCode, day: ServiceDate) -> bool {
        self.0.diagnosis(code, day).is_some()
    }

    fn has_modifier(&self, code: ModifierCode, day: ServiceDate) -> bool {
        self.0.modifier(code, day).is_some()
    }
}
