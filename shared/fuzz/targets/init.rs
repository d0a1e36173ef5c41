//! Initialization segments, and what may follow them in one file.
#![no_main]

use shared::testkit::hostile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::init(bytes, bytes));
