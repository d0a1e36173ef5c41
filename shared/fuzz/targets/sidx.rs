//! Index boxes and WebM cues, and the segments they lead to.
#![no_main]

use shared::testkit::hostile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::index(bytes));
