//! H.264: what slice headers depend on in parameter sets (7.3.2.1, 7.3.2.2), and their length (7.3.3).

use super::unit::UnitBits;
use super::{NalRole, take_unit};
use std::collections::BTreeMap;

/// Types of NAL units (table 7-1).
const SLICE: u8 = 1;
const IDR_SLICE: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;
/// The largest ids (7.4.2.1.1, 7.4.2.2), references of a list (7.4.3), and operations on references that are read.
const MOST_SEQUENCES: u32 = 31;
const MOST_PICTURES: u32 = 255;
const MOST_REFERENCES: u32 = 31;
const MOST_OPERATIONS: usize = 66;

/// Parameter sets by id.
#[derive(Debug, Clone, Default)]
pub struct AvcParameters {
    sequences: BTreeMap<u32, Sequence>,
    pictures: BTreeMap<u32, Picture>,
}

/// Of a sequence parameter set.
#[derive(Debug, Clone, Copy)]
struct Sequence {
    chroma_array_type: u32,
    separate_planes: bool,
    frame_num_bits: u32,
    order: PictureOrder,
    frames_only: bool,
}

/// How the order of output is coded (`pic_order_cnt_type`).
#[derive(Debug, Clone, Copy)]
enum PictureOrder {
    /// Type 0, with the length of its field.
    Lsb(u32),
    /// Type 1 with deltas in slice headers.
    Deltas,
    /// Nothing stands in slice headers.
    Implied,
}

/// Of a picture parameter set.
#[derive(Debug, Clone, Copy)]
struct Picture {
    sequence: u32,
    cabac: bool,
    order_of_fields: bool,
    /// `num_ref_idx_default_active_minus1` of both lists.
    references: [u32; 2],
    weighted: bool,
    weighted_both: u32,
    deblocking: bool,
    redundant: bool,
}

/// `slice_type` modulo 5 (table 7-6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SliceType {
    P,
    B,
    I,
    SwitchingP,
    SwitchingI,
}

impl AvcParameters {
    pub(super) fn of_config(record: &[u8]) -> Self {
        let mut parameters = Self::default();
        // Nothing more is kept of a record that is cut off.
        let _ = parameters.read_config(record);
        parameters
    }

    /// ISO/IEC 14496-15 5.3.3.1.2.
    fn read_config(&mut self, record: &[u8]) -> Option<()> {
        let (&count, mut rest) = record.get(5..)?.split_first()?;
        for _ in 0..count & 0x1f {
            self.see(take_unit(&mut rest)?);
        }
        let (&count, mut rest) = rest.split_first()?;
        for _ in 0..count {
            self.see(take_unit(&mut rest)?);
        }
        Some(())
    }

    pub(super) fn see(&mut self, nal: &[u8]) -> NalRole {
        let Some(header) = nal.first() else { return NalRole::Other };
        match header & 0x1f {
            SLICE | IDR_SLICE => return NalRole::Slice(self.slice_header(nal)),
            SEQUENCE_PARAMETERS => self.sequences.extend(sequence(nal)),
            PICTURE_PARAMETERS => self.pictures.extend(picture(nal)),
            _ => {}
        }
        NalRole::Other
    }

    /// Bytes up to the end of the one that the slice header ends in.
    fn slice_header(&self, nal: &[u8]) -> Option<usize> {
        let header = *nal.first()?;
        let is_idr = header & 0x1f == IDR_SLICE;
        let mut bits = UnitBits::new(nal, 1);
        bits.unsigned()?; // first_mb_in_slice
        let slice = SliceType::of(bits.up_to(9)?);
        let picture = self.pictures.get(&bits.up_to(MOST_PICTURES)?)?;
        let sequence = self.sequences.get(&picture.sequence)?;
        if sequence.separate_planes {
            bits.skip(2)?;
        }
        bits.skip(sequence.frame_num_bits)?;
        let is_field = !sequence.frames_only && bits.flag()?;
        if is_field {
            bits.skip(1)?; // bottom_field_flag
        }
        if is_idr {
            bits.unsigned()?; // idr_pic_id
        }
        picture_order(&mut bits, sequence.order, picture.order_of_fields && !is_field)?;
        if picture.redundant {
            bits.unsigned()?;
        }
        references(&mut bits, slice, picture, sequence)?;
        if header >> 5 & 3 != 0 {
            reference_marking(&mut bits, is_idr)?;
        }
        quantisation(&mut bits, slice, picture)?;
        let (left, value) = bits.rest_of_byte();
        // `cabac_alignment_one_bit` (7.3.4): where there is another bit, something was misread.
        let is_aligned = !picture.cabac || value.count_ones() == left;
        is_aligned.then(|| bits.bytes_begun())
    }
}

impl SliceType {
    fn of(code: u32) -> Self {
        match code % 5 {
            0 => Self::P,
            1 => Self::B,
            2 => Self::I,
            3 => Self::SwitchingP,
            _ => Self::SwitchingI,
        }
    }

    fn is_intra(self) -> bool {
        matches!(self, Self::I | Self::SwitchingI)
    }

    /// How many lists of references it has.
    fn lists(self) -> usize {
        match self {
            Self::I | Self::SwitchingI => 0,
            Self::P | Self::SwitchingP => 1,
            Self::B => 2,
        }
    }
}

fn sequence(nal: &[u8]) -> Option<(u32, Sequence)> {
    let mut bits = UnitBits::new(nal, 1);
    let profile = bits.take(8)?;
    bits.skip(16)?;
    let id = bits.up_to(MOST_SEQUENCES)?;
    let (mut chroma, mut separate_planes) = (1, false);
    if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
        chroma = bits.up_to(3)?;
        separate_planes = chroma == 3 && bits.flag()?;
        bits.unsigned()?; // bit_depth_luma_minus8
        bits.unsigned()?; // bit_depth_chroma_minus8
        bits.skip(1)?; // qpprime_y_zero_transform_bypass_flag
        if bits.flag()? {
            scaling_lists(&mut bits, if chroma == 3 { 12 } else { 8 })?;
        }
    }
    let frame_num_bits = bits.up_to(12)? + 4;
    let order = coded_order(&mut bits)?;
    bits.unsigned()?; // max_num_ref_frames
    bits.skip(1)?; // gaps_in_frame_num_value_allowed_flag
    bits.unsigned()?; // pic_width_in_mbs_minus1
    bits.unsigned()?; // pic_height_in_map_units_minus1
    let frames_only = bits.flag()?;
    let chroma_array_type = if separate_planes { 0 } else { chroma };
    Some((id, Sequence { chroma_array_type, separate_planes, frame_num_bits, order, frames_only }))
}

/// 7.3.2.1.1.1: deltas until the scale becomes zero.
fn scaling_lists(bits: &mut UnitBits<'_>, count: u32) -> Option<()> {
    for list in 0..count {
        if !bits.flag()? {
            continue;
        }
        let mut scale = 8;
        for _ in 0..if list < 6 { 16 } else { 64 } {
            scale = (scale + bits.signed()?).rem_euclid(256);
            if scale == 0 {
                break;
            }
        }
    }
    Some(())
}

fn coded_order(bits: &mut UnitBits<'_>) -> Option<PictureOrder> {
    match bits.up_to(2)? {
        0 => Some(PictureOrder::Lsb(bits.up_to(12)? + 4)),
        1 => {
            let always_zero = bits.flag()?;
            bits.signed()?; // offset_for_non_ref_pic
            bits.signed()?; // offset_for_top_to_bottom_field
            for _ in 0..bits.up_to(255)? {
                bits.signed()?;
            }
            Some(if always_zero { PictureOrder::Implied } else { PictureOrder::Deltas })
        }
        _ => Some(PictureOrder::Implied),
    }
}

fn picture(nal: &[u8]) -> Option<(u32, Picture)> {
    let mut bits = UnitBits::new(nal, 1);
    let id = bits.up_to(MOST_PICTURES)?;
    let sequence = bits.up_to(MOST_SEQUENCES)?;
    let cabac = bits.flag()?;
    let order_of_fields = bits.flag()?;
    // Slice groups, which only Baseline and Extended know, are not read.
    bits.up_to(0)?;
    let references = [bits.up_to(MOST_REFERENCES)?, bits.up_to(MOST_REFERENCES)?];
    let weighted = bits.flag()?;
    let weighted_both = bits.take(2)?;
    bits.signed()?; // pic_init_qp_minus26
    bits.signed()?; // pic_init_qs_minus26
    bits.signed()?; // chroma_qp_index_offset
    let deblocking = bits.flag()?;
    bits.skip(1)?; // constrained_intra_pred_flag
    let redundant = bits.flag()?;
    Some((id, Picture { sequence, cabac, order_of_fields, references, weighted, weighted_both, deblocking, redundant }))
}

fn picture_order(bits: &mut UnitBits<'_>, order: PictureOrder, of_both_fields: bool) -> Option<()> {
    match order {
        PictureOrder::Lsb(length) => bits.skip(length)?,
        PictureOrder::Deltas => drop(bits.signed()?),
        PictureOrder::Implied => return Some(()),
    }
    if of_both_fields {
        bits.signed()?;
    }
    Some(())
}

/// From `direct_spatial_mv_pred_flag` to the table of weights.
fn references(bits: &mut UnitBits<'_>, slice: SliceType, picture: &Picture, sequence: &Sequence) -> Option<()> {
    if slice == SliceType::B {
        bits.skip(1)?; // direct_spatial_mv_pred_flag
    }
    let mut counts = picture.references;
    if !slice.is_intra() && bits.flag()? {
        for count in counts.iter_mut().take(slice.lists()) {
            *count = bits.up_to(MOST_REFERENCES)?;
        }
    }
    for _ in 0..slice.lists() {
        if bits.flag()? {
            until(bits, 3, |_| 1)?;
        }
    }
    let is_weighted = match slice {
        SliceType::P | SliceType::SwitchingP => picture.weighted,
        SliceType::B => picture.weighted_both == 1,
        SliceType::I | SliceType::SwitchingI => false,
    };
    if is_weighted {
        weights(bits, &counts[..slice.lists()], sequence.chroma_array_type != 0)?;
    }
    Some(())
}

/// Operations, each with as many numbers as `operands` says, up to the one with number `end`.
fn until(bits: &mut UnitBits<'_>, end: u32, operands: impl Fn(u32) -> usize) -> Option<()> {
    for _ in 0..MOST_OPERATIONS {
        let operation = bits.unsigned()?;
        if operation == end {
            return Some(());
        }
        for _ in 0..operands(operation) {
            bits.unsigned()?;
        }
    }
    None
}

/// 7.3.3.2.
fn weights(bits: &mut UnitBits<'_>, counts: &[u32], has_chroma: bool) -> Option<()> {
    bits.unsigned()?; // luma_log2_weight_denom
    if has_chroma {
        bits.unsigned()?;
    }
    for _ in counts.iter().flat_map(|count| 0..=*count) {
        for values in [2, 4].into_iter().take(if has_chroma { 2 } else { 1 }) {
            if bits.flag()? {
                for _ in 0..values {
                    bits.signed()?;
                }
            }
        }
    }
    Some(())
}

/// 7.3.3.3.
fn reference_marking(bits: &mut UnitBits<'_>, is_idr: bool) -> Option<()> {
    if is_idr {
        return bits.skip(2);
    }
    if bits.flag()? {
        until(bits, 0, |operation| match operation {
            3 => 2,
            5 => 0,
            _ => 1,
        })?;
    }
    Some(())
}

/// From `cabac_init_idc` to the end.
fn quantisation(bits: &mut UnitBits<'_>, slice: SliceType, picture: &Picture) -> Option<()> {
    if picture.cabac && !slice.is_intra() {
        bits.unsigned()?;
    }
    bits.signed()?; // slice_qp_delta
    if slice == SliceType::SwitchingP {
        bits.skip(1)?; // sp_for_switch_flag
    }
    if matches!(slice, SliceType::SwitchingP | SliceType::SwitchingI) {
        bits.signed()?; // slice_qs_delta
    }
    if picture.deblocking && bits.unsigned()? != 1 {
        bits.signed()?;
        bits.signed()?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::bytes;
    use super::*;

    /// Of x264 with weights, B pictures and CABAC.
    const CONFIG: &str = "0164000affe100186764000aacd98426c044000003000400000300c83c48966801000668e978f2c8b0fdf8f800";
    /// Of its slices so much is clear as Shaka Packager leaves: the unit's header and that of the slice.
    const HEADERS: [&str; 12] = [
        "658884002bff",
        "419a216e1201fe42ff",
        "419a4349e1084321b016c0ee40080900203016c0f408ff",
        "019e622a4dff",
        "419a653c2108790e780d20ac06a00a901a4029603482e0117f",
        "419aab4de10843f21cf017c3602f80fa0203017c3c00bf",
        "419ec96494544c67",
        "019ee86911df",
        "419b734fe10843a5a21cf01347809a06a028808b013424002bff",
        "419f916494445c21ff",
        "419bfa4da842105b521cf010ce021868080c04314009bf",
        "419a3c4da842105b52081101d4a03b02803983501d50053cdf",
    ];

    #[test]
    fn headers_end_where_another_packager_says() {
        let mut parameters = AvcParameters::of_config(&bytes(CONFIG));
        for header in HEADERS {
            let header = bytes(header);
            let slice = [&header[..], &[0x5a; 20]].concat();
            assert_eq!(parameters.see(&slice), NalRole::Slice(Some(header.len())), "{header:02x?}");
            assert_eq!(parameters.see(&header[..header.len() - 2]), NalRole::Slice(None), "cut off");
        }
    }

    #[test]
    fn what_does_not_align_was_misread() {
        let mut parameters = AvcParameters::of_config(&bytes(CONFIG));
        assert_eq!(parameters.see(&bytes("658884002bfe5a5a")), NalRole::Slice(None));
    }

    #[test]
    fn parameter_sets_may_come_within_the_samples() {
        let mut parameters = AvcParameters::default();
        let config = bytes(CONFIG);
        assert_eq!(parameters.see(&config[8..32]), NalRole::Other);
        assert_eq!(parameters.see(&bytes(HEADERS[0])), NalRole::Slice(None), "one is missing");
        assert_eq!(parameters.see(&config[35..41]), NalRole::Other);
        assert_eq!(parameters.see(&bytes(HEADERS[0])), NalRole::Slice(Some(6)));
    }
}
