//! Many receipts at once: encoded on all processors, written in order.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::desk::{Desk, lines};
use super::{ClaimWriter, WriteError};
use crate::check::FileTotals;
use crate::encoder::Place;
use crate::model::Receipt;

/// Receipts a worker encodes at a time.
const CHUNK_RECEIPTS: usize = 256;
/// Bytes a worker begins with for a chunk.
const CHUNK_BYTES: usize = CHUNK_RECEIPTS * 1_024;
/// Most workers.
const WORKERS_MAX: usize = 8;
/// Chunks a worker may be ahead of the output.
const AHEAD_MAX: usize = 2;

/// A chunk of receipts as lines.
struct Block {
    bytes: Vec<u8>,
    totals: FileTotals,
    place: Place,
    refused: Option<WriteError>,
}

/// Where a chunk begins.
#[derive(Clone, Copy)]
struct Start {
    totals: FileTotals,
    lines: u64,
}

impl<W: Write> ClaimWriter<W> {
    /// Adds receipts in order, as [`ClaimWriter::receipt`] would one by one, encoding them on all processors.
    /// Stops at the first that is refused: those before it are written, those after it are not.
    pub fn receipts(&mut self, receipts: &[Receipt]) -> Result<(), WriteError> {
        let workers = thread::available_parallelism().map_or(1, usize::from).min(WORKERS_MAX);
        if workers == 1 || receipts.len() <= CHUNK_RECEIPTS {
            return receipts.iter().try_for_each(|receipt| self.receipt(receipt));
        }
        self.flush()?;
        let starts = starts(receipts, Start { totals: self.desk.totals, lines: self.desk.encoder.place.line });
        let blocks = starts.len();
        let Self { output, desk, flushed } = self;
        thread::scope(|scope| {
            let mut receivers: Vec<Receiver<Block>> = Vec::new();
            for worker in 0..workers {
                let (sender, receiver) = sync_channel(AHEAD_MAX);
                let chunks = receipts.chunks(CHUNK_RECEIPTS).zip(&starts).skip(worker).step_by(workers);
                let template = desk.beside(FileTotals::default(), 0, 0);
                scope.spawn(move || {
                    for (chunk, start) in chunks {
                        let block = encode(chunk, template.beside(start.totals, start.lines, CHUNK_BYTES));
                        let is_last = block.refused.is_some();
                        if sender.send(block).is_err() || is_last {
                            return;
                        }
                    }
                });
                receivers.push(receiver);
            }
            for receiver in receivers.iter().cycle().take(blocks) {
                let block = receiver.recv().map_err(|_| io::Error::other("a worker ended early"))?;
                output.write_all(&block.bytes)?;
                *flushed += u64::try_from(block.bytes.len()).unwrap_or(u64::MAX);
                desk.totals = block.totals;
                desk.encoder.place = block.place;
                if let Some(error) = block.refused {
                    return Err(error);
                }
            }
            Ok(())
        })
    }
}

fn starts(receipts: &[Receipt], first: Start) -> Vec<Start> {
    let mut starts = Vec::with_capacity(receipts.len() / CHUNK_RECEIPTS + 1);
    let mut next = first;
    for chunk in receipts.chunks(CHUNK_RECEIPTS) {
        starts.push(next);
        for receipt in chunk {
            next.totals.add(receipt);
            next.lines = next.lines.saturating_add(lines(receipt));
        }
    }
    starts
}

fn encode(chunk: &[Receipt], mut desk: Desk) -> Block {
    let refused = chunk.iter().try_for_each(|receipt| desk.receipt(receipt)).err();
    Block { bytes: desk.encoder.bytes, totals: desk.totals, place: desk.encoder.place, refused }
}
