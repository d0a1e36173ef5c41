//! WebM files: head, track and clusters.
#![no_main]

use shared::testkit::hostile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::init(bytes, bytes));
