//! The bytes of a compiled file: mapped, or held in memory at the alignment the rows need.

use std::fs::File;
use std::io;
use std::ops::Deref;

use memmap2::Mmap;
use zerocopy::IntoBytes;

/// Bytes whose first byte lies at a multiple of eight.
pub enum Backing {
    Mapped(Mmap),
    /// Words instead of bytes: their allocation is aligned for every row type.
    Owned {
        words: Vec<u64>,
        len: usize,
    },
}

impl Backing {
    /// Maps a file read-only.
    // The mapping is sound while nobody shortens or rewrites the file. An import writes a new file and renames
    // it into place, so the mapped inode never changes; reading 25 MB instead would cost three times the open.
    #[allow(unsafe_code)]
    pub fn map(file: &File) -> io::Result<Self> {
        unsafe { Mmap::map(file) }.map(Self::Mapped)
    }

    /// Copies bytes to aligned memory.
    pub fn copy(bytes: &[u8]) -> Self {
        let mut words = vec![0_u64; bytes.len().div_ceil(8)];
        if let Some(place) = words.as_mut_bytes().get_mut(..bytes.len()) {
            place.copy_from_slice(bytes);
        }
        Self::Owned { words, len: bytes.len() }
    }
}

impl Deref for Backing {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned { words, len } => words.as_bytes().get(..*len).unwrap_or_default(),
        }
    }
}
