//! Answers kept for a while: by key for a caller that asks again, by id for one that wants to see a result.
//!
//! A calculation is a pure function: an answer that was forgotten is computed again to the same bytes. So memory is
//! enough, and the oldest are forgotten when there are too many.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Answers kept at most.
pub(crate) const KEPT_MAX: usize = 10_000;
/// Bytes of answers kept at most.
pub(crate) const KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// SHA-256 of a body.
pub(crate) type BodyHash = [u8; 32];

/// What is known of a key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing.
    New,
    /// The answer to the same body.
    Same(Arc<[u8]>),
    /// The key came with another body.
    Other,
}

struct Entry {
    key: String,
    result_id: String,
    body: BodyHash,
    answer: Arc<[u8]>,
}

/// Answers, the oldest first.
pub(crate) struct Kept {
    entries_max: usize,
    bytes_max: usize,
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    by_key: HashMap<String, Arc<Entry>>,
    by_result: HashMap<String, Arc<Entry>>,
}

impl Default for Kept {
    fn default() -> Self {
        Self::bounded(KEPT_MAX, KEPT_BYTES_MAX)
    }
}

impl Kept {
    pub(crate) fn bounded(entries_max: usize, bytes_max: usize) -> Self {
        let (entries, by_key, by_result) = (VecDeque::new(), HashMap::new(), HashMap::new());
        Self { entries_max, bytes_max, entries, bytes: 0, by_key, by_result }
    }

    pub(crate) fn find(&self, key: &str, body: &BodyHash) -> Known {
        match self.by_key.get(key) {
            None => Known::New,
            Some(entry) if entry.body == *body => Known::Same(Arc::clone(&entry.answer)),
            Some(_) => Known::Other,
        }
    }

    pub(crate) fn result(&self, result_id: &str) -> Option<Arc<[u8]>> {
        self.by_result.get(result_id).map(|entry| Arc::clone(&entry.answer))
    }

    /// Keeps an answer; the first one of a key stays.
    pub(crate) fn keep(&mut self, key: String, result_id: String, body: BodyHash, answer: Arc<[u8]>) {
        if self.by_key.contains_key(&key) || answer.len() > self.bytes_max {
            return;
        }
        let entry = Arc::new(Entry { key, result_id, body, answer });
        self.bytes += entry.answer.len();
        self.by_key.insert(entry.key.clone(), Arc::clone(&entry));
        self.by_result.insert(entry.result_id.clone(), Arc::clone(&entry));
        self.entries.push_back(entry);
        while self.entries.len() > self.entries_max || self.bytes > self.bytes_max {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.bytes -= oldest.answer.len();
            self.by_key.remove(&oldest.key);
            // A later answer may have taken the same result over.
            if self.by_result.get(&oldest.result_id).is_some_and(|entry| Arc::ptr_eq(entry, &oldest)) {
                self.by_result.remove(&oldest.result_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(kept: &mut Kept, key: &str, result: &str, body: u8) {
        kept.keep(key.to_owned(), result.to_owned(), [body; 32], vec![body; 10].into());
    }

    #[test]
    fn the_first_answer_of_a_key_stays() {
        let mut kept = Kept::default();
        keep(&mut kept, "k", "r", 1);
        keep(&mut kept, "k", "r2", 2);
        assert_eq!(kept.find("k", &[1; 32]), Known::Same(vec![1; 10].into()));
        assert_eq!(kept.find("k", &[2; 32]), Known::Other);
        assert_eq!(kept.find("other", &[1; 32]), Known::New);
        assert!(kept.result("r2").is_none());
    }

    #[test]
    fn the_oldest_is_forgotten_by_count_and_by_bytes() {
        for mut kept in [Kept::bounded(2, 1_000), Kept::bounded(10, 25)] {
            keep(&mut kept, "a", "same", 1);
            keep(&mut kept, "b", "same", 2);
            keep(&mut kept, "c", "r", 3);
            assert_eq!(kept.find("a", &[1; 32]), Known::New);
            assert_eq!(kept.result("same").unwrap().first(), Some(&2));
            assert_eq!(kept.bytes, 20);
        }
    }

    #[test]
    fn an_answer_larger_than_all_room_is_not_kept() {
        let mut kept = Kept::bounded(10, 9);
        keep(&mut kept, "a", "r", 1);
        assert_eq!((kept.find("a", &[1; 32]), kept.bytes), (Known::New, 0));
    }
}
