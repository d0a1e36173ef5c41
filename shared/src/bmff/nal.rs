//! Samples of H.264 and H.265 as chains of NAL units, each after its length (ISO/IEC 14496-15 4.3.3). A damaged
//! length usually breaks the chain, which is found here without decoding anything.

use super::Track;
use crate::codec::CodecKind;

/// Whether the NAL units of a sample fill it exactly; of other codecs nothing is known.
pub fn fill(track: &Track, sample: &[u8]) -> bool {
    let Some(length_size) = length_size(track) else { return true };
    let mut rest = sample;
    while !rest.is_empty() {
        let Some((length, unit)) = rest.split_at_checked(length_size) else { return false };
        let length = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let Some(next) = unit.get(length..) else { return false };
        rest = next;
    }
    true
}

/// Bytes of a length, from `avcC` (5.3.3.1) or `hvcC` (8.3.3.1).
fn length_size(track: &Track) -> Option<usize> {
    let at = match track.codec.kind() {
        CodecKind::Avc => 4,
        CodecKind::Hevc => 21,
        _ => return None,
    };
    track.config.get(at).filter(|_| track.protection.is_none()).map(|byte| usize::from(byte & 3) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bmff::init;
    use crate::testkit::{FakeTrack, fake_header};

    fn filled(of: FakeTrack, sample: &[u8]) -> bool {
        fill(&init::read(&fake_header(of, 1000)).unwrap(), sample)
    }

    #[test]
    fn lengths_lead_from_one_unit_to_the_end() {
        let picture = |sample: &[u8]| filled(FakeTrack::Video { width: 64, height: 36 }, sample);
        assert!(picture(&[0, 0, 0, 2, 9, 9, 0, 0, 0, 1, 9]) && picture(&[]));
        assert!(!picture(&[0, 0, 0, 2, 9, 9, 0, 0, 0, 2, 9]), "beyond the end");
        assert!(!picture(&[0, 0, 0, 1, 9, 9]), "not to the end");
        assert!(!picture(&[0xff; 16]));
        assert!(filled(FakeTrack::Audio, &[0xff; 16]), "sound has no such units");
    }
}
