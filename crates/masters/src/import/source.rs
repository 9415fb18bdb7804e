//! Files of a folder tree, unpacked, with a bound on everything.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

/// Folders below the given one.
const DEPTH_MAX: usize = 8;
/// Files looked at in one import.
const FILES_MAX: usize = 2_000;
/// Bytes of one file after unpacking: the largest official file (包括テーブル) has about 25 MB.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// Bytes of all files together after unpacking.
const TOTAL_BYTES_MAX: u64 = 1 << 30;
/// Members of one zip archive.
const ZIP_MEMBERS_MAX: usize = 100;
/// Endings that are read; everything else is left.
const READABLE: [&str; 2] = ["csv", "txt"];

/// A file ready to be recognised.
pub struct Source {
    /// Where it lies, with the member of an archive behind `!`.
    pub path: String,
    /// Name without folder and without `.gz`.
    pub name: String,
    /// Bytes after unpacking.
    pub bytes: Vec<u8>,
}

/// A file that was not used, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Left {
    /// Where it lies.
    pub path: String,
    /// Why it was not used.
    pub reason: String,
}

/// Why the files cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The system refused.
    #[error("cannot read {path}: {source}")]
    Read {
        /// File or folder.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// An archive is broken.
    #[error("cannot unpack {path}: {problem}")]
    Unpack {
        /// The archive.
        path: String,
        /// What the unpacker said.
        problem: String,
    },
    /// A bound is exceeded.
    #[error("{path}: more than {max} {what}")]
    TooMuch {
        /// Where.
        path: String,
        /// The bound.
        max: u64,
        /// What is bounded.
        what: &'static str,
    },
}

/// What a walk found.
#[derive(Default)]
pub struct Walk {
    /// Files to recognise, in the order of their paths.
    pub sources: Vec<Source>,
    /// Files left because of their ending.
    pub left: Vec<Left>,
    files: usize,
    bytes: u64,
}

/// Reads all files below the given folders (or the given files themselves).
pub fn walk(roots: &[PathBuf]) -> Result<Walk, SourceError> {
    let mut walk = Walk::default();
    for root in roots {
        walk.enter(root, 0)?;
    }
    Ok(walk)
}

fn text_of(path: &Path) -> String {
    path.display().to_string()
}

fn ending(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

impl Walk {
    fn enter(&mut self, path: &Path, depth: usize) -> Result<(), SourceError> {
        let failed = |source| SourceError::Read { path: text_of(path), source };
        if !fs::metadata(path).map_err(failed)?.is_dir() {
            return self.file(path);
        }
        if depth > DEPTH_MAX {
            return Err(too_much(path, DEPTH_MAX, "folders inside each other"));
        }
        let mut entries: Vec<PathBuf> = fs::read_dir(path)
            .map_err(failed)?
            .map(|entry| entry.map(|e| e.path()))
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        entries.sort();
        entries.iter().try_for_each(|entry| self.enter(entry, depth + 1))
    }

    fn file(&mut self, path: &Path) -> Result<(), SourceError> {
        self.files += 1;
        if self.files > FILES_MAX {
            return Err(too_much(path, FILES_MAX, "files"));
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let open = || fs::File::open(path).map_err(|source| SourceError::Read { path: text_of(path), source });
        match ending(&name).as_str() {
            "gz" => {
                let inner = name.get(..name.len() - 3).unwrap_or_default().to_owned();
                self.take(path.display().to_string(), inner, MultiGzDecoder::new(open()?))
            }
            "zip" => self.archive(path, open()?),
            _ => self.take(path.display().to_string(), name, open()?),
        }
    }

    fn archive(&mut self, path: &Path, file: fs::File) -> Result<(), SourceError> {
        let broken =
            |error: zip::result::ZipError| SourceError::Unpack { path: text_of(path), problem: error.to_string() };
        let mut archive = zip::ZipArchive::new(file).map_err(broken)?;
        if archive.len() > ZIP_MEMBERS_MAX {
            return Err(too_much(path, ZIP_MEMBERS_MAX, "members of an archive"));
        }
        for index in 0..archive.len() {
            let member = archive.by_index(index).map_err(broken)?;
            if member.is_dir() {
                continue;
            }
            // Names inside official archives are Shift_JIS; the leading numbers we need are ASCII in any case.
            let (decoded, _, _) = encoding_rs::SHIFT_JIS.decode(member.name_raw());
            let whole = if member.name().is_ascii() { member.name().to_owned() } else { decoded.into_owned() };
            let name = whole.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            self.take(format!("{}!{whole}", path.display()), name, member)?;
        }
        Ok(())
    }

    fn take(&mut self, path: String, name: String, reader: impl Read) -> Result<(), SourceError> {
        if !READABLE.contains(&ending(&name).as_str()) {
            self.left.push(Left { reason: left_by_name(&name), path });
            return Ok(());
        }
        let mut bytes = Vec::new();
        let read = reader.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes);
        let len = read.map_err(|source| SourceError::Read { path: path.clone(), source })?;
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(len);
        if len > FILE_BYTES_MAX {
            return Err(SourceError::TooMuch { path, max: FILE_BYTES_MAX, what: "bytes in one file after unpacking" });
        }
        if self.bytes > TOTAL_BYTES_MAX {
            return Err(SourceError::TooMuch {
                path,
                max: TOTAL_BYTES_MAX,
                what: "bytes in all files after unpacking",
            });
        }
        self.sources.push(Source { path, name, bytes });
        Ok(())
    }
}

fn too_much(path: &Path, max: usize, what: &'static str) -> SourceError {
    SourceError::TooMuch { path: text_of(path), max: u64::try_from(max).unwrap_or(u64::MAX), what }
}

fn left_by_name(name: &str) -> String {
    let reason = match ending(name).as_str() {
        "xlsx" | "xls" => "a workbook: import the CSV file of the same edition",
        "md" | "pdf" => "a text for people",
        _ => "not a .csv or .txt file, plain, in .gz or in .zip",
    };
    reason.to_owned()
}
