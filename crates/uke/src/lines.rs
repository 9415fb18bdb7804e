//! The lines of a file, one at a time from a reused buffer.

use std::io::Read;

use memchr::memchr2;

use crate::reader::ReadError;

/// Longest line read, with its end. The longest record of the specification has about 2,500 bytes.
pub const LINE_BYTES_MAX: usize = 65_536;

/// Bytes asked from the input at once.
const CHUNK_BYTES: usize = 262_144;

/// EOF byte after the last line.
const EOF: u8 = 0x1a;

/// A piece of a file. All pieces together are the whole file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Piece<'a> {
    /// A line with its line end (CR LF, LF or none).
    Line(&'a [u8]),
    /// The EOF byte 1A and what follows, in pieces.
    Tail(&'a [u8]),
}

pub(crate) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Length of the piece at `start`, once found.
    found: Option<usize>,
    is_input_over: bool,
    is_in_tail: bool,
    /// Lines taken so far.
    taken: u64,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; CHUNK_BYTES + LINE_BYTES_MAX],
            start: 0,
            end: 0,
            found: None,
            is_input_over: false,
            is_in_tail: false,
            taken: 0,
        }
    }

    /// Number of the piece seen next by [`Lines::peek`], from 1.
    pub(crate) const fn number(&self) -> u64 {
        self.taken + 1
    }

    /// The next piece without taking it; `None` at the end of the file.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<Option<Piece<'_>>, ReadError> {
        let length = match self.found {
            Some(length) => length,
            None => self.find()?,
        };
        self.found = Some(length);
        let piece = self.buffer.get(self.start..self.start + length).unwrap_or_default();
        Ok(match (length, self.is_in_tail) {
            (0, _) => None,
            (_, false) => Some(Piece::Line(piece)),
            (_, true) => Some(Piece::Tail(piece)),
        })
    }

    /// Takes the piece seen by [`Lines::peek`].
    #[inline]
    pub(crate) fn take(&mut self) {
        self.start += self.found.take().unwrap_or(0);
        self.taken += 1;
    }

    fn find(&mut self) -> Result<usize, ReadError> {
        let mut searched = 0;
        loop {
            let window = self.buffer.get(self.start..self.end).unwrap_or_default();
            if self.is_in_tail && !window.is_empty() {
                return Ok(window.len());
            }
            let unsearched = window.get(searched..).unwrap_or_default();
            if let Some(at) = memchr2(b'\n', EOF, unsearched) {
                let length = searched + at;
                let is_eof = unsearched.get(at) == Some(&EOF);
                if is_eof && length == 0 {
                    self.is_in_tail = true;
                    continue;
                }
                let length = if is_eof { length } else { length + 1 };
                return if length > LINE_BYTES_MAX { Err(self.too_long()) } else { Ok(length) };
            }
            searched = window.len();
            if searched > LINE_BYTES_MAX {
                return Err(self.too_long());
            }
            if self.is_input_over {
                return Ok(searched);
            }
            self.fill()?;
        }
    }

    fn too_long(&self) -> ReadError {
        ReadError::LineTooLong { line: self.number(), allowed: LINE_BYTES_MAX }
    }

    fn fill(&mut self) -> Result<(), ReadError> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        loop {
            match self.input.read(free) {
                Ok(0) => self.is_input_over = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ReadError::Io(error)),
            }
            return Ok(());
        }
    }
}

/// A line without its line end.
#[inline]
pub(crate) fn content(line: &[u8]) -> &[u8] {
    match line {
        [content @ .., b'\r', b'\n'] | [content @ .., b'\n'] => content,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives one to three bytes at a time.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = buffer.len().min(self.0.len()).min(1 + self.0.len() % 3);
            let (now, later) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn pieces(input: impl Read) -> Result<(Vec<Vec<u8>>, Vec<u8>), ReadError> {
        let mut lines = Lines::new(input);
        let (mut whole, mut tail) = (Vec::new(), Vec::new());
        while let Some(piece) = lines.peek()? {
            match piece {
                Piece::Line(line) => whole.push(line.to_vec()),
                Piece::Tail(bytes) => tail.extend_from_slice(bytes),
            }
            lines.take();
        }
        Ok((whole, tail))
    }

    #[test]
    fn lines_end_at_lf_or_eof() {
        let (lines, tail) = pieces(&b"IR,1\r\nRE\n\nGO\x1arest\r\n\x1a"[..]).unwrap();
        assert_eq!(lines, [&b"IR,1\r\n"[..], b"RE\n", b"\n", b"GO"]);
        assert_eq!(tail, b"\x1arest\r\n\x1a");
    }

    #[test]
    fn a_line_over_the_bound_is_refused() {
        let bytes = [b"IR\r\n".to_vec(), vec![b'x'; LINE_BYTES_MAX + 1]].concat();
        assert!(matches!(pieces(&bytes[..]), Err(ReadError::LineTooLong { line: 2, .. })));
        let bytes = [vec![b'x'; LINE_BYTES_MAX - 1], b"\n".to_vec()].concat();
        assert_eq!(pieces(&bytes[..]).unwrap().0.len(), 1);
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_file_however_it_arrives(bytes in proptest::collection::vec(
            prop_oneof![Just(b'\n'), Just(b'\r'), Just(0x1a), any::<u8>()], 0..300)) {
            let (lines, tail) = pieces(&bytes[..]).unwrap();
            prop_assert_eq!([lines.concat(), tail.clone()].concat(), bytes.clone());
            prop_assert_eq!(pieces(Drops(&bytes)).unwrap(), (lines, tail));
        }
    }
}
