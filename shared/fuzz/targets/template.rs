//! URL templates and codecs strings.
#![no_main]

use shared::testkit::hostile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::template(bytes));
