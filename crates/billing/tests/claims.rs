//! Claims of a small clinic: the bytes of both files.

#![allow(clippy::unwrap_used)]

mod support;

use billing::claim::FileState;
use support::{claims, codes, masters, small_clinic, text};

#[test]
fn files_of_a_small_clinic() {
    let claims = claims(&small_clinic(), &masters(), false);
    let [shaho, kokuho] = &claims.files;
    assert_eq!((shaho.state, kokuho.state), (FileState::Ready, FileState::Ready), "{:#?}", claims.findings);
    insta::assert_snapshot!("shaho", text(&shaho.bytes));
    insta::assert_snapshot!("kokuho", text(&kokuho.bytes));
    insta::assert_snapshot!("summary", serde_json::to_string_pretty(&claims.summary).unwrap());
    assert_eq!(codes(&claims.findings).into_iter().collect::<Vec<_>>(), [("basis-derived", 1), ("name-kana", 1)]);
}
