//! Where a command finds its masters: a compiled file, or a folder of official files compiled in memory.

use std::path::{Path, PathBuf};

use anyhow::Context;
use masters::Masters;

/// The masters given, those of `$TENSU_MASTERS`, or the folder `fixtures/masters` of the project.
pub fn default(given: Option<&Path>) -> PathBuf {
    given.map(Path::to_owned).or_else(from_environment).unwrap_or_else(|| PathBuf::from("fixtures/masters"))
}

/// As [`default`], but without a word from the user the folder `masters` beside `folder` if there is one.
pub fn beside(given: Option<&Path>, folder: &Path) -> PathBuf {
    let neighbour = folder.join("..").join("masters");
    match given.map(Path::to_owned).or_else(from_environment) {
        Some(path) => path,
        None if neighbour.is_dir() => neighbour,
        None => default(None),
    }
}

fn from_environment() -> Option<PathBuf> {
    std::env::var_os("TENSU_MASTERS").map(PathBuf::from)
}

/// Opens a compiled file, or compiles a folder.
pub fn open(path: &Path) -> anyhow::Result<Masters> {
    if path.is_dir() {
        return masters::import_to_memory(&[path.to_owned()])
            .with_context(|| format!("importing the masters of {}", path.display()));
    }
    Masters::open(path).with_context(|| format!("opening the masters {}", path.display()))
}
