//! H.265: the length of slice segment headers (7.3.6.1). What they depend on in parameter sets is read beside
//! ([`parameters`]).

mod parameters;

use super::unit::UnitBits;
use super::{NalRole, bits_for, take_unit};
use parameters::{MOST_REFERENCES, Picture, ReferenceSet, Sequence, reference_set};
use std::collections::BTreeMap;

/// Types of NAL units (table 7-1).
const SLICES: std::ops::RangeInclusive<u8> = 0..=31;
const SEQUENCE_PARAMETERS: u8 = 33;
const PICTURE_PARAMETERS: u8 = 34;
/// Pictures at which decoding can begin, and the two of them that refer to nothing at all.
const RANDOM_ACCESS: std::ops::RangeInclusive<u8> = 16..=23;
const IDR: std::ops::RangeInclusive<u8> = 19..=20;
/// Bytes of the header of a NAL unit.
const HEADER: usize = 2;
/// Fields of a configuration before its parameter sets (ISO/IEC 14496-15 8.3.3.1.2).
const CONFIG_FIELDS: usize = 22;
/// Entry points of a slice segment (7.4.7.1): 440 rows of 20 tiles.
const MOST_ENTRY_POINTS: u32 = 440 * 20;

/// Parameter sets by id.
#[derive(Debug, Clone, Default)]
pub struct HevcParameters {
    sequences: BTreeMap<u32, Sequence>,
    pictures: BTreeMap<u32, Picture>,
}

/// `slice_type` (table 7-7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SliceType {
    B,
    P,
    I,
}

/// What the part of a header before the lists of references says of them.
#[derive(Debug, Clone, Copy, Default)]
struct References {
    /// `NumPicTotalCurr`.
    total: u32,
    temporal_vectors: bool,
}

impl HevcParameters {
    pub(super) fn of_config(record: &[u8]) -> Self {
        let mut parameters = Self::default();
        // Nothing more is kept of a record that is cut off.
        let _ = parameters.read_config(record);
        parameters
    }

    fn read_config(&mut self, record: &[u8]) -> Option<()> {
        let (&arrays, mut rest) = record.get(CONFIG_FIELDS..)?.split_first()?;
        for _ in 0..arrays {
            let (fields, behind) = rest.split_first_chunk::<3>()?;
            rest = behind;
            for _ in 0..u16::from_be_bytes([fields[1], fields[2]]) {
                self.see(take_unit(&mut rest)?);
            }
        }
        Some(())
    }

    pub(super) fn see(&mut self, nal: &[u8]) -> NalRole {
        let Some(header) = nal.first() else { return NalRole::Other };
        match header >> 1 & 0x3f {
            kind if SLICES.contains(&kind) => return NalRole::Slice(self.slice_header(kind, nal)),
            SEQUENCE_PARAMETERS => self.sequences.extend(Sequence::read(UnitBits::new(nal, HEADER))),
            PICTURE_PARAMETERS => self.pictures.extend(Picture::read(UnitBits::new(nal, HEADER))),
            _ => {}
        }
        NalRole::Other
    }

    /// Bytes up to the end of the one that the alignment behind the header ends in.
    fn slice_header(&self, kind: u8, nal: &[u8]) -> Option<usize> {
        let mut bits = UnitBits::new(nal, HEADER);
        let is_first = bits.flag()?;
        if RANDOM_ACCESS.contains(&kind) {
            bits.skip(1)?; // no_output_of_prior_pics_flag
        }
        let picture = self.pictures.get(&bits.unsigned()?)?;
        let sequence = self.sequences.get(&picture.sequence)?;
        let mut is_dependent = false;
        if !is_first {
            is_dependent = picture.dependent_segments && bits.flag()?;
            bits.skip(bits_for(sequence.blocks))?; // slice_segment_address
        }
        if !is_dependent {
            let mut header = SliceHeader { bits, kind, picture, sequence };
            header.read()?;
            bits = header.bits;
        }
        entry_points(&mut bits, picture)?;
        if picture.header_extension {
            let length = bits.unsigned()?.checked_mul(8)?;
            bits.skip(length)?;
        }
        // byte_alignment() (7.3.2.12): a one and zeros up to the end of the byte. Otherwise something was misread.
        let is_aligned = bits.flag()? && bits.rest_of_byte().1 == 0;
        is_aligned.then(|| bits.bytes_begun())
    }
}

/// The offsets at which rows of blocks or tiles begin.
fn entry_points(bits: &mut UnitBits<'_>, picture: &Picture) -> Option<()> {
    if !picture.tiles && !picture.rows {
        return Some(());
    }
    let count = bits.up_to(MOST_ENTRY_POINTS)?;
    if count > 0 {
        let length = bits.up_to(31)? + 1;
        for _ in 0..count {
            bits.skip(length)?;
        }
    }
    Some(())
}

/// The header of an independent slice segment, from `slice_reserved_flag` on.
struct SliceHeader<'a, 'n> {
    bits: UnitBits<'n>,
    kind: u8,
    picture: &'a Picture,
    sequence: &'a Sequence,
}

impl SliceHeader<'_, '_> {
    fn read(&mut self) -> Option<()> {
        self.bits.skip(self.picture.extra_bits)?;
        let slice = match self.bits.up_to(2)? {
            0 => SliceType::B,
            1 => SliceType::P,
            _ => SliceType::I,
        };
        if self.picture.output_flag {
            self.bits.skip(1)?;
        }
        if self.sequence.separate_planes {
            self.bits.skip(2)?;
        }
        let references = if IDR.contains(&self.kind) { References::default() } else { self.reference_sets()? };
        let offsets = self.adaptive_offset()?;
        if slice != SliceType::I {
            self.prediction(slice, references)?;
        }
        self.quantisation()?;
        self.loop_filters(offsets)
    }

    /// The order of output and which pictures may be referred to.
    fn reference_sets(&mut self) -> Option<References> {
        let (bits, sequence) = (&mut self.bits, self.sequence);
        bits.skip(sequence.order_bits)?;
        let sets = &sequence.reference_sets;
        let short_term = if bits.flag()? {
            let index = bits.take(bits_for(sets.len() as u32))?;
            sets.get(index as usize)?.used()
        } else {
            reference_set(bits, sets, true)?.used()
        };
        let long_term = if sequence.long_term { self.long_term()? } else { 0 };
        let temporal_vectors = self.sequence.temporal_vectors && self.bits.flag()?;
        Some(References { total: short_term + long_term, temporal_vectors })
    }

    /// How many long-term references the picture uses.
    fn long_term(&mut self) -> Option<u32> {
        let (bits, sequence) = (&mut self.bits, self.sequence);
        let listed = &sequence.long_term_used;
        let chosen = if listed.is_empty() { 0 } else { bits.up_to(MOST_REFERENCES)? };
        let own = bits.up_to(MOST_REFERENCES)?;
        let mut used = 0;
        for number in 0..chosen + own {
            let is_used = if number < chosen {
                let index = bits.take(bits_for(listed.len() as u32))?;
                *listed.get(index as usize)?
            } else {
                bits.skip(sequence.order_bits)?;
                bits.flag()?
            };
            used += u32::from(is_used);
            if bits.flag()? {
                bits.unsigned()?; // delta_poc_msb_cycle_lt
            }
        }
        Some(used)
    }

    /// Whether sample adaptive offset is on for luma or chroma.
    fn adaptive_offset(&mut self) -> Option<bool> {
        if !self.sequence.adaptive_offset {
            return Some(false);
        }
        let luma = self.bits.flag()?;
        let chroma = self.sequence.has_chroma() && self.bits.flag()?;
        Some(luma || chroma)
    }

    fn prediction(&mut self, slice: SliceType, references: References) -> Option<()> {
        let picture = self.picture;
        let lists = if slice == SliceType::B { 2 } else { 1 };
        let mut counts = picture.references;
        if self.bits.flag()? {
            for count in counts.iter_mut().take(lists) {
                *count = self.bits.up_to(MOST_REFERENCES)?;
            }
        }
        let counts = &counts[..lists];
        if picture.lists_modification && references.total > 1 {
            self.modifications(counts, references.total)?;
        }
        if slice == SliceType::B {
            self.bits.skip(1)?; // mvd_l1_zero_flag
        }
        if picture.cabac_init {
            self.bits.skip(1)?;
        }
        if references.temporal_vectors {
            self.collocated(counts)?;
        }
        let is_weighted = if slice == SliceType::B { picture.weighted_both } else { picture.weighted };
        if is_weighted {
            self.weights(counts)?;
        }
        self.bits.unsigned().map(drop) // five_minus_max_num_merge_cand
    }

    /// 7.3.6.2.
    fn modifications(&mut self, counts: &[u32], total: u32) -> Option<()> {
        for count in counts {
            if self.bits.flag()? {
                for _ in 0..=*count {
                    self.bits.skip(bits_for(total))?;
                }
            }
        }
        Some(())
    }

    fn collocated(&mut self, counts: &[u32]) -> Option<()> {
        let from_first = counts.len() < 2 || self.bits.flag()?;
        let count = if from_first { counts.first() } else { counts.get(1) };
        if count.is_some_and(|count| *count > 0) {
            self.bits.unsigned()?;
        }
        Some(())
    }

    /// 7.3.6.3. With one layer and without the current picture among its own references, each entry has its flags.
    fn weights(&mut self, counts: &[u32]) -> Option<()> {
        let has_chroma = self.sequence.has_chroma();
        let bits = &mut self.bits;
        bits.unsigned()?; // luma_log2_weight_denom
        if has_chroma {
            bits.signed()?; // delta_chroma_log2_weight_denom
        }
        for count in counts {
            let entries = count + 1;
            let luma = flags(bits, entries)?;
            let chroma = if has_chroma { flags(bits, entries)? } else { 0 };
            for _ in 0..2 * luma + 4 * chroma {
                bits.signed()?;
            }
        }
        Some(())
    }

    fn quantisation(&mut self) -> Option<()> {
        self.bits.signed()?; // slice_qp_delta
        if self.picture.chroma_offsets {
            self.bits.signed()?;
            self.bits.signed()?;
        }
        if self.picture.chroma_offset_lists {
            self.bits.skip(1)?; // cu_chroma_qp_offset_enabled_flag
        }
        Some(())
    }

    fn loop_filters(&mut self, offsets: bool) -> Option<()> {
        let (bits, picture) = (&mut self.bits, self.picture);
        let mut is_disabled = picture.deblocking_disabled;
        if picture.deblocking_override && bits.flag()? {
            is_disabled = bits.flag()?;
            if !is_disabled {
                bits.signed()?;
                bits.signed()?;
            }
        }
        if picture.across_slices && (offsets || !is_disabled) {
            bits.skip(1)?; // slice_loop_filter_across_slices_enabled_flag
        }
        Some(())
    }
}

/// How many of the next flags are set.
fn flags(bits: &mut UnitBits<'_>, count: u32) -> Option<u32> {
    (0..count).try_fold(0, |sum, _| Some(sum + u32::from(bits.flag()?)))
}

impl ReferenceSet {
    /// References that the current picture itself uses.
    fn used(&self) -> u32 {
        self.pictures.iter().filter(|picture| picture.is_used).count() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::super::bytes;
    use super::*;

    /// Of x265 with weights of both kinds, rows in parallel and B pictures.
    const SEQUENCE: &str = "42010101600000030090000003000003001ea0102020596565924caf016808000003000800000300c840";
    const PICTURE: &str = "4401c172b62240";
    /// Of its slices so much is clear as Shaka Packager leaves: the unit's header and that of the slice.
    const HEADERS: [&str; 12] = [
        "2801af1d80",
        "0201d0097ee0800ff63b",
        "0201d029c9fd441c18e4",
        "0201e066975f50da03b03b0204081c3230370dd849",
        "0001e046ff5f489550783e0ea0fb42c505e15b0a20",
        "0001e0822d7fdc32902c341341771e20370dd853",
        "0201d048b2557f73e403306c0cd03358ec",
        "0001e0c6f5d7d227d058a1687343504e11b0a6",
        "0201d050bd557dc8691146421639",
        "0001e2222d7fdc29244c4447684c4d8530",
        "0201e2a225d7f70ca4331d19dcf3d849",
        "0001e346ff5f489894e362f0ac2980",
    ];

    /// An `hvcC` with both parameter sets.
    fn config() -> Vec<u8> {
        let array = |kind: u8, unit: &[u8]| [&[kind, 0, 1, 0, unit.len() as u8], unit].concat();
        let sets = [array(0xa1, &bytes(SEQUENCE)), array(0xa2, &bytes(PICTURE))].concat();
        [vec![0; CONFIG_FIELDS], vec![2], sets].concat()
    }

    #[test]
    fn headers_end_where_another_packager_says() {
        let mut parameters = HevcParameters::of_config(&config());
        for header in HEADERS {
            let header = bytes(header);
            let slice = [&header[..], &[0x5a; 20]].concat();
            assert_eq!(parameters.see(&slice), NalRole::Slice(Some(header.len())), "{header:02x?}");
            assert_eq!(parameters.see(&header[..header.len() - 1]), NalRole::Slice(None), "cut off");
        }
    }

    #[test]
    fn what_does_not_align_was_misread() {
        let mut parameters = HevcParameters::of_config(&config());
        assert_eq!(parameters.see(&bytes("2801af1d815a5a")), NalRole::Slice(None));
        assert_eq!(HevcParameters::of_config(&config()[..40]).see(&bytes(HEADERS[0])), NalRole::Slice(None));
    }

    #[test]
    fn tools_of_screens_and_layers_are_not_known() {
        let mut sequence = bytes(SEQUENCE);
        sequence[3] = 9; // the profile of screen content
        assert!(Sequence::read(UnitBits::new(&sequence, HEADER)).is_none());
    }
}
