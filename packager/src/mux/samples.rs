//! A group of packets as the samples of a segment: one run of bytes, as it will stand in `mdat`, and what `trun` says
//! of each sample. This is the form in which encryption sees media, and the only copy of coded bytes on their way from
//! the encoder to the store.

use super::{Bitstream, GROWTH, Packet};
use std::ops::Range;

/// The samples of one segment, in decoding order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Samples {
    /// The content of `mdat`.
    pub payload: Vec<u8>,
    /// What is in it, one behind the other and without gaps.
    pub entries: Vec<PackedSample>,
}

/// One sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedSample {
    /// Its bytes of the payload.
    pub range: Range<usize>,
    /// When it is presented, in ticks from the start of the film.
    pub pts: i64,
    /// How long it lasts, in ticks.
    pub duration: i64,
    /// A decoder can start here.
    pub key: bool,
}

impl Samples {
    /// Packets in the form in which they stand in a file.
    pub fn pack(bitstream: Bitstream, packets: &[Packet]) -> Self {
        let size = packets.iter().map(|packet| packet.data.len() + GROWTH).sum();
        let mut samples = Self { payload: Vec::with_capacity(size), entries: Vec::with_capacity(packets.len()) };
        for packet in packets {
            let start = samples.payload.len();
            bitstream.append(&packet.data, &mut samples.payload);
            let range = start..samples.payload.len();
            let Packet { pts, duration, key, .. } = *packet;
            samples.entries.push(PackedSample { range, pts, duration, key });
        }
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_lie_one_behind_the_other_as_they_stand_in_a_file() {
        let packet = |data: &'static [u8], pts| Packet { data: data.into(), pts, dts: pts, duration: 2, key: pts == 0 };
        let samples = Samples::pack(Bitstream::AnnexB, &[packet(&[0, 0, 1, 7, 8], 0), packet(&[0, 0, 0, 1, 9], 2)]);
        assert_eq!(samples.payload, [0, 0, 0, 2, 7, 8, 0, 0, 0, 1, 9]);
        let seen: Vec<_> = samples.entries.iter().map(|s| (s.range.clone(), s.pts, s.duration, s.key)).collect();
        assert_eq!(seen, [(0..6, 0, 2, true), (6..11, 2, 2, false)]);
        assert_eq!(Samples::pack(Bitstream::Plain, &[]), Samples::default());
    }
}
