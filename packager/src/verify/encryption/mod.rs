//! What is said of encryption, by manifests and in files, against what there is (ISO/IEC 23001-7, ISO/IEC 23009-1 5.8.4.1,
//! CMAF 8.2). None of it needs a key. How a segment is decrypted is in [`super::media`].
//!
//! `described` is what a manifest says, `track` what an initialization segment does, `fragment` the boxes of a segment,
//! `vectors` looks for those that are used twice.

mod described;
mod fragment;
mod track;
mod vectors;

pub(super) use described::{Described, of_mpd};
pub(super) use fragment::{Seen, look};
pub(super) use track::{TrackBoxes, against, boxes};
pub(super) use vectors::{Vectors, reused};

use shared::protection::{Cipher, Scheme};

/// Bytes of the vectors that samples of a scheme may bring (10.1 to 10.4).
fn vector_sizes(scheme: Scheme) -> &'static [u8] {
    match scheme {
        Scheme::Cbcs => &[0],
        _ if scheme.cipher() == Cipher::Ctr => &[8, 16],
        _ => &[16],
    }
}
