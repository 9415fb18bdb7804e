//! The compiled file: header, section table, sections of rows, one section of text.
//!
//! | bytes | content |
//! | --- | --- |
//! | 0–7 | magic `TENSUMST` |
//! | 8–11 | format number |
//! | 12–15 | byte order mark 0x01020304, as the writing machine lays it out |
//! | 16–23 | XXH3-64 of every byte from 24 to the end |
//! | 24–31 | length of the file |
//! | 32–63 | SHA-256 identity of the set: over the sections as laid out here |
//! | 64–71 | number of sections, unused |
//! | 72– | section table: kind, row size, offset, number of rows (24 bytes each) |
//!
//! Sections begin at multiples of eight. The checksum is proof of everything the writer guarantees (order of rows,
//! places of texts), so that opening a file looks at each byte once and at no row.

use std::ops::Range;

use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::xxh3_64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::row::Row;

const MAGIC: [u8; 8] = *b"TENSUMST";
/// Raised with every change of a row's meaning; a file of another format is compiled anew, never migrated.
pub const FORMAT: u32 = 1;
const ORDER_MARK: u32 = 0x0102_0304;
const CHECKED_FROM: usize = 24;
/// One slot per kind number.
const SECTIONS_MAX: u32 = 64;
/// Kind number of the text section; row kinds are smaller.
const TEXT: u32 = 63;
const ALIGNMENT: usize = 8;

#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Header {
    magic: [u8; 8],
    format: u32,
    order_mark: u32,
    checksum: u64,
    file_len: u64,
    identity: [u8; 32],
    sections: u32,
    unused: u32,
}

#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct SectionEntry {
    kind: u32,
    row_size: u32,
    offset: u64,
    count: u64,
}

/// Why a file is not opened as compiled masters.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// File as given.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The first bytes are not those of a compiled file.
    #[error("this is no file of compiled masters (its first bytes are not TENSUMST)")]
    NotCompiled,
    /// Written by another version of this program.
    #[error("format {received}, this program reads format {expected}: import the official files again")]
    Format {
        /// Format number of the file.
        received: u32,
        /// Format number of this program.
        expected: u32,
    },
    /// Written on a machine of the other byte order.
    #[error("the file was compiled on a machine of another byte order: import the official files again")]
    ByteOrder,
    /// Cut off or longer than it was written.
    #[error("the file has {received} bytes, it was written with {expected}")]
    Length {
        /// Bytes found.
        received: u64,
        /// Bytes the header names.
        expected: u64,
    },
    /// A byte has changed since the file was written.
    #[error("the file is damaged: checksum {received:016x}, written {expected:016x}")]
    Checksum {
        /// Checksum of the bytes found.
        received: u64,
        /// Checksum of the header.
        expected: u64,
    },
    /// A section does not fit the file or this program's row.
    #[error("section {kind}: {problem}")]
    Section {
        /// Kind number of the section.
        kind: u32,
        /// What does not fit.
        problem: &'static str,
    },
    /// The text section is not UTF-8.
    #[error("the text section is not UTF-8")]
    Text,
}

/// The places of the sections in a checked file.
#[derive(Clone, Debug)]
pub struct Directory {
    places: [Range<usize>; 64],
    identity: String,
}

impl Directory {
    /// Checks a whole file: every byte is read once.
    pub fn read(bytes: &[u8]) -> Result<Self, OpenError> {
        let (header, rest) = Header::read_from_prefix(bytes).map_err(|_| OpenError::NotCompiled)?;
        check_header(&header, bytes)?;
        let mut places: [Range<usize>; 64] = std::array::from_fn(|_| 0..0);
        if header.sections > SECTIONS_MAX {
            return Err(OpenError::Section { kind: 0, problem: "too many sections" });
        }
        let count = usize::try_from(header.sections).unwrap_or_default();
        let (entries, _) = <[SectionEntry]>::ref_from_prefix_with_elems(rest, count)
            .map_err(|_| OpenError::Section { kind: 0, problem: "the section table is cut off" })?;
        for entry in entries {
            let kind = entry.kind;
            let place = section_place(entry, bytes.len())?;
            let slot = usize::try_from(kind).ok().and_then(|index| places.get_mut(index));
            *slot.ok_or(OpenError::Section { kind, problem: "unknown kind" })? = place;
        }
        let directory = Self { places, identity: hexadecimal(&header.identity) };
        simdutf8::basic::from_utf8(directory.text_bytes(bytes)).map_err(|_| OpenError::Text)?;
        Ok(directory)
    }

    /// The rows of a kind; none when the file has no such section.
    pub fn rows<'a, R: Row>(&self, bytes: &'a [u8]) -> &'a [R] {
        let slice = self.place(R::KIND).and_then(|place| bytes.get(place)).unwrap_or_default();
        <[R]>::ref_from_bytes(slice).unwrap_or_default()
    }

    /// The text section.
    pub fn text_bytes<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        self.place(TEXT).and_then(|place| bytes.get(place)).unwrap_or_default()
    }

    /// Identity of the set, 64 hexadecimal digits.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    fn place(&self, kind: u32) -> Option<Range<usize>> {
        self.places.get(usize::try_from(kind).ok()?).cloned()
    }
}

fn check_header(header: &Header, bytes: &[u8]) -> Result<(), OpenError> {
    if header.magic != MAGIC {
        return Err(OpenError::NotCompiled);
    }
    if header.order_mark != ORDER_MARK {
        return Err(OpenError::ByteOrder);
    }
    if header.format != FORMAT {
        return Err(OpenError::Format { received: header.format, expected: FORMAT });
    }
    let received = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if header.file_len != received {
        return Err(OpenError::Length { received, expected: header.file_len });
    }
    let received = xxh3_64(bytes.get(CHECKED_FROM..).unwrap_or_default());
    if header.checksum != received {
        return Err(OpenError::Checksum { received, expected: header.checksum });
    }
    Ok(())
}

fn section_place(entry: &SectionEntry, file_len: usize) -> Result<Range<usize>, OpenError> {
    let wrong = |problem| OpenError::Section { kind: entry.kind, problem };
    let expected = row_size(entry.kind).ok_or(wrong("unknown kind"))?;
    let size = usize::try_from(entry.row_size).map_err(|_| wrong("row size"))?;
    if size != expected {
        return Err(wrong("the rows have another size than this program's"));
    }
    let offset = usize::try_from(entry.offset).map_err(|_| wrong("offset"))?;
    let count = usize::try_from(entry.count).map_err(|_| wrong("count"))?;
    let end = count.checked_mul(size).and_then(|len| offset.checked_add(len)).ok_or(wrong("length"))?;
    if offset % ALIGNMENT != 0 || end > file_len {
        return Err(wrong("the section lies outside the file"));
    }
    Ok(offset..end)
}

fn row_size(kind: u32) -> Option<usize> {
    if kind == TEXT { Some(1) } else { crate::row::row_size(kind) }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of some bytes as 64 hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Lays sections out behind a header.
#[derive(Default)]
pub struct Writer {
    entries: Vec<SectionEntry>,
    body: Vec<u8>,
}

impl Writer {
    /// Adds the rows of a kind; the caller has sorted them.
    pub fn rows<R: Row>(&mut self, rows: &[R]) {
        self.section(R::KIND, size_of::<R>(), rows.len(), rows.as_bytes());
    }

    /// Adds the text section and ends the file.
    pub fn finish(mut self, text: &str) -> Vec<u8> {
        self.section(TEXT, 1, text.len(), text.as_bytes());
        let sections = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let start = size_of::<Header>() + size_of_val(self.entries.as_slice());
        for entry in &mut self.entries {
            entry.offset += u64::try_from(start).unwrap_or(u64::MAX);
        }
        let mut hash = Sha256::new();
        hash.update(self.entries.as_bytes());
        hash.update(&self.body);
        let file_len = u64::try_from(start + self.body.len()).unwrap_or(u64::MAX);
        let mut header = Header {
            magic: MAGIC,
            format: FORMAT,
            order_mark: ORDER_MARK,
            checksum: 0,
            file_len,
            identity: hash.finalize().into(),
            sections,
            unused: 0,
        };
        let mut file = Vec::with_capacity(start + self.body.len());
        file.extend_from_slice(header.as_bytes());
        file.extend_from_slice(self.entries.as_bytes());
        file.extend_from_slice(&self.body);
        header.checksum = xxh3_64(file.get(CHECKED_FROM..).unwrap_or_default());
        if let Some(place) = file.get_mut(..size_of::<Header>()) {
            place.copy_from_slice(header.as_bytes());
        }
        file
    }

    fn section(&mut self, kind: u32, row_size: usize, count: usize, bytes: &[u8]) {
        let entry = SectionEntry {
            kind,
            row_size: u32::try_from(row_size).unwrap_or(u32::MAX),
            offset: u64::try_from(self.body.len()).unwrap_or(u64::MAX),
            count: u64::try_from(count).unwrap_or(u64::MAX),
        };
        self.entries.push(entry);
        self.body.extend_from_slice(bytes);
        self.body.resize(self.body.len().next_multiple_of(ALIGNMENT), 0);
    }
}
