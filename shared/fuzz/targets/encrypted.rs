//! Media segments of an encrypted track, and what is said of its keys.
#![no_main]

use shared::testkit::hostile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::encrypted(bytes));
