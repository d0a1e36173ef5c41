//! Manifests, and the segments they lead to.
#![no_main]

use shared::testkit::hostile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::manifest(bytes));
