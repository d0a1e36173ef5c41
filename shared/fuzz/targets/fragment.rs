//! Media segments of a track that is as it should be.
#![no_main]

use shared::testkit::hostile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::fragment(bytes));
