//! Text files of every format, and samples of text tracks.
#![no_main]

use shared::testkit::hostile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::text(bytes));
