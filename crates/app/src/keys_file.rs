//! The keys under which second factors are enciphered: a file only its owner reads.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use service::identity::Keyring;
use store::Secret;
use store::cluster::checkout;

/// The file of a checkout, for its private cluster.
const FILE: &str = ".tensu/keys";

/// Loads the keys: the named file, else `$TENSU_KEYS_FILE`, else the file of this checkout, made when missing.
pub fn load(path: Option<&Path>) -> anyhow::Result<Keyring> {
    let named = path.map(Path::to_owned).or_else(|| std::env::var_os("TENSU_KEYS_FILE").map(PathBuf::from));
    let path = match named {
        Some(path) => path,
        None => {
            let path = checkout(&std::env::current_dir()?).join(FILE);
            make(&path).with_context(|| format!("making keys in {}", path.display()))?;
            path
        }
    };
    let text = fs::read_to_string(&path).with_context(|| format!("reading keys from {}", path.display()))?;
    Keyring::parse(&Secret::new(text)).with_context(|| format!("keys in {}", path.display()))
}

/// Makes a file with a new key unless there is one.
fn make(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Whole or not at all: a second process that starts at the same time reads no half-written key.
    let unfinished = path.with_extension(format!("{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(Keyring::generate()?.reveal().as_bytes())?;
    file.sync_all()?;
    let outcome = fs::hard_link(&unfinished, path);
    fs::remove_file(&unfinished)?;
    match outcome {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}
