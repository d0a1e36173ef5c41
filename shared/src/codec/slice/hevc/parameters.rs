//! Sequence and picture parameter sets of H.265 (7.3.2.2, 7.3.2.3), as far as slice segment headers depend on them.

use crate::codec::slice::unit::UnitBits;

/// The largest ids (7.4.3.2.1, 7.4.3.3.1), sets of references (7.4.3.2.1), and pictures of a set (7.4.8).
const MOST_SEQUENCES: u32 = 15;
const MOST_PICTURES: u32 = 63;
const MOST_SETS: u32 = 64;
pub(super) const MOST_REFERENCES: u32 = 16;
/// Sub-layers, and long-term pictures of a sequence.
const MOST_LAYERS: u32 = 6;
const MOST_LONG_TERM: u32 = 32;
/// Profiles of the screen content and multilayer extensions, whose headers have more fields.
const UNKNOWN_PROFILES: [u32; 5] = [6, 7, 8, 9, 11];

/// Of a sequence parameter set.
#[derive(Debug, Clone)]
pub(super) struct Sequence {
    pub(super) chroma_format: u32,
    pub(super) separate_planes: bool,
    /// `PicSizeInCtbsY`.
    pub(super) blocks: u32,
    /// Bits of `slice_pic_order_cnt_lsb`.
    pub(super) order_bits: u32,
    pub(super) adaptive_offset: bool,
    pub(super) reference_sets: Vec<ReferenceSet>,
    pub(super) long_term: bool,
    /// `used_by_curr_pic_lt_sps_flag` of each long-term picture that is listed.
    pub(super) long_term_used: Vec<bool>,
    pub(super) temporal_vectors: bool,
}

/// Of a picture parameter set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture {
    pub(super) sequence: u32,
    pub(super) dependent_segments: bool,
    pub(super) output_flag: bool,
    pub(super) extra_bits: u32,
    pub(super) cabac_init: bool,
    /// `num_ref_idx_default_active_minus1` of both lists.
    pub(super) references: [u32; 2],
    pub(super) chroma_offsets: bool,
    pub(super) weighted: bool,
    pub(super) weighted_both: bool,
    pub(super) tiles: bool,
    /// `entropy_coding_sync_enabled_flag`.
    pub(super) rows: bool,
    pub(super) across_slices: bool,
    pub(super) deblocking_override: bool,
    pub(super) deblocking_disabled: bool,
    pub(super) lists_modification: bool,
    pub(super) header_extension: bool,
    pub(super) chroma_offset_lists: bool,
}

/// Short-term references, by their distance in output order: those shown before the picture, nearest first, then those
/// shown behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ReferenceSet {
    pub(super) pictures: Vec<Reference>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) distance: i64,
    pub(super) is_used: bool,
}

impl Sequence {
    /// With its id.
    pub(super) fn read(mut bits: UnitBits<'_>) -> Option<(u32, Self)> {
        bits.skip(4)?; // sps_video_parameter_set_id
        let layers = bits.take(3).filter(|layers| *layers <= MOST_LAYERS)?;
        bits.skip(1)?; // sps_temporal_id_nesting_flag
        profile_tier_level(&mut bits, layers)?;
        let id = bits.up_to(MOST_SEQUENCES)?;
        let chroma_format = bits.up_to(3)?;
        let separate_planes = chroma_format == 3 && bits.flag()?;
        let size = [bits.unsigned()?, bits.unsigned()?];
        if bits.flag()? {
            for _ in 0..4 {
                bits.unsigned()?; // conformance window
            }
        }
        bits.unsigned()?; // bit_depth_luma_minus8
        bits.unsigned()?; // bit_depth_chroma_minus8
        let order_bits = bits.up_to(12)? + 4;
        let first = if bits.flag()? { 0 } else { layers };
        for _ in 0..3 * (layers - first + 1) {
            bits.unsigned()?; // buffering, reordering and latency of each layer
        }
        let blocks = coding_blocks(&mut bits, size)?;
        if bits.flag()? && bits.flag()? {
            scaling_lists(&mut bits)?;
        }
        bits.skip(1)?; // amp_enabled_flag
        let adaptive_offset = bits.flag()?;
        if bits.flag()? {
            bits.skip(8)?; // bit depths of PCM samples
            bits.unsigned()?;
            bits.unsigned()?;
            bits.skip(1)?;
        }
        let mut reference_sets = vec![];
        for _ in 0..bits.up_to(MOST_SETS)? {
            let set = reference_set(&mut bits, &reference_sets, false)?;
            reference_sets.push(set);
        }
        let long_term = bits.flag()?;
        let mut long_term_used = vec![];
        for _ in 0..if long_term { bits.up_to(MOST_LONG_TERM)? } else { 0 } {
            bits.skip(order_bits)?;
            long_term_used.push(bits.flag()?);
        }
        let temporal_vectors = bits.flag()?;
        let sequence = Self {
            chroma_format,
            separate_planes,
            blocks,
            order_bits,
            adaptive_offset,
            reference_sets,
            long_term,
            long_term_used,
            temporal_vectors,
        };
        Some((id, sequence))
    }

    /// `ChromaArrayType` is not 0.
    pub(super) fn has_chroma(&self) -> bool {
        self.chroma_format != 0 && !self.separate_planes
    }
}

/// 7.3.3. `None` for the profiles of extensions that are not known here.
fn profile_tier_level(bits: &mut UnitBits<'_>, layers: u32) -> Option<()> {
    bits.skip(3)?; // general_profile_space, general_tier_flag
    let profile = bits.take(5)?;
    if UNKNOWN_PROFILES.contains(&profile) {
        return None;
    }
    bits.skip(32 + 4 + 43 + 1 + 8)?; // compatibility, source and constraint flags, level
    let mut present = 0;
    for _ in 0..layers {
        let (profile, level) = (bits.flag()?, bits.flag()?);
        present += 88 * u32::from(profile) + 8 * u32::from(level);
    }
    if layers > 0 {
        bits.skip(2 * (8 - layers))?;
    }
    bits.skip(present)
}

/// From the sizes of coding and transform blocks: how many coding tree blocks a picture has.
fn coding_blocks(bits: &mut UnitBits<'_>, [width, height]: [u32; 2]) -> Option<u32> {
    let least = bits.up_to(3)? + 3;
    let log2 = least + bits.up_to(3)?;
    for _ in 0..4 {
        bits.unsigned()?; // transform blocks and their hierarchy
    }
    let count = |side: u32| side.div_ceil(1 << log2);
    count(width).checked_mul(count(height))
}

/// 7.3.4.
fn scaling_lists(bits: &mut UnitBits<'_>) -> Option<()> {
    for size in 0..4 {
        for _ in 0..if size == 3 { 2 } else { 6 } {
            if !bits.flag()? {
                bits.unsigned()?; // scaling_list_pred_matrix_id_delta
                continue;
            }
            if size > 1 {
                bits.signed()?; // scaling_list_dc_coef_minus8
            }
            for _ in 0..(1 << (4 + 2 * size)).min(64) {
                bits.signed()?;
            }
        }
    }
    Some(())
}

/// 7.3.7, of a sequence parameter set that has `before` already, or of a slice header, which may predict from any of them.
pub(super) fn reference_set(bits: &mut UnitBits<'_>, before: &[ReferenceSet], in_slice: bool) -> Option<ReferenceSet> {
    let is_predicted = !before.is_empty() && bits.flag()?;
    if is_predicted { predicted_set(bits, before, in_slice) } else { listed_set(bits) }
}

fn listed_set(bits: &mut UnitBits<'_>) -> Option<ReferenceSet> {
    let counts = [bits.up_to(MOST_REFERENCES)?, bits.up_to(MOST_REFERENCES)?];
    let mut pictures = vec![];
    for (count, sign) in counts.into_iter().zip([-1, 1]) {
        let mut distance = 0;
        for _ in 0..count {
            distance += i64::from(bits.up_to(0x7fff)?) + 1;
            pictures.push(Reference { distance: sign * distance, is_used: bits.flag()? });
        }
    }
    Some(ReferenceSet { pictures })
}

/// Distances of another set moved by that between the two pictures (7-61, 7-62).
fn predicted_set(bits: &mut UnitBits<'_>, before: &[ReferenceSet], in_slice: bool) -> Option<ReferenceSet> {
    let back = if in_slice { bits.up_to(before.len() as u32 - 1)? + 1 } else { 1 };
    let source = &before[before.len().checked_sub(back as usize)?];
    let is_negative = bits.flag()?;
    let moved = i64::from(bits.up_to(0x7fff)?) + 1;
    let moved = if is_negative { -moved } else { moved };
    let mut pictures = vec![];
    let own = source.pictures.iter().map(|picture| picture.distance).chain([0]);
    for distance in own {
        let is_used = bits.flag()?;
        let is_kept = is_used || bits.flag()?;
        if is_kept && distance + moved != 0 {
            pictures.push(Reference { distance: distance + moved, is_used });
        }
    }
    if pictures.len() > MOST_REFERENCES as usize {
        return None;
    }
    // Those before the picture come first, each side from the nearest on.
    pictures.sort_by_key(|picture| (picture.distance > 0, picture.distance.abs()));
    Some(ReferenceSet { pictures })
}

impl Picture {
    /// With its id.
    pub(super) fn read(mut bits: UnitBits<'_>) -> Option<(u32, Self)> {
        let id = bits.up_to(MOST_PICTURES)?;
        let sequence = bits.up_to(MOST_SEQUENCES)?;
        let dependent_segments = bits.flag()?;
        let output_flag = bits.flag()?;
        let extra_bits = bits.take(3)?;
        bits.skip(1)?; // sign_data_hiding_enabled_flag
        let cabac_init = bits.flag()?;
        let references = [bits.up_to(MOST_REFERENCES)?, bits.up_to(MOST_REFERENCES)?];
        bits.signed()?; // init_qp_minus26
        bits.skip(1)?; // constrained_intra_pred_flag
        let transform_skip = bits.flag()?;
        if bits.flag()? {
            bits.unsigned()?; // diff_cu_qp_delta_depth
        }
        bits.signed()?; // pps_cb_qp_offset
        bits.signed()?; // pps_cr_qp_offset
        let chroma_offsets = bits.flag()?;
        let weighted = bits.flag()?;
        let weighted_both = bits.flag()?;
        bits.skip(1)?; // transquant_bypass_enabled_flag
        let tiles = bits.flag()?;
        let rows = bits.flag()?;
        if tiles {
            tile_sizes(&mut bits)?;
        }
        let across_slices = bits.flag()?;
        let (deblocking_override, deblocking_disabled) = deblocking(&mut bits)?;
        if bits.flag()? {
            scaling_lists(&mut bits)?;
        }
        let lists_modification = bits.flag()?;
        bits.unsigned()?; // log2_parallel_merge_level_minus2
        let header_extension = bits.flag()?;
        let chroma_offset_lists = extensions(&mut bits, transform_skip)?;
        let picture = Self {
            sequence,
            dependent_segments,
            output_flag,
            extra_bits,
            cabac_init,
            references,
            chroma_offsets,
            weighted,
            weighted_both,
            tiles,
            rows,
            across_slices,
            deblocking_override,
            deblocking_disabled,
            lists_modification,
            header_extension,
            chroma_offset_lists,
        };
        Some((id, picture))
    }
}

fn tile_sizes(bits: &mut UnitBits<'_>) -> Option<()> {
    let boundaries = bits.up_to(19)? + bits.up_to(21)?;
    if !bits.flag()? {
        for _ in 0..boundaries {
            bits.unsigned()?;
        }
    }
    bits.skip(1) // loop_filter_across_tiles_enabled_flag
}

/// Whether slices may override it, and whether it is off.
fn deblocking(bits: &mut UnitBits<'_>) -> Option<(bool, bool)> {
    if !bits.flag()? {
        return Some((false, false));
    }
    let may_override = bits.flag()?;
    let is_disabled = bits.flag()?;
    if !is_disabled {
        bits.signed()?;
        bits.signed()?;
    }
    Some((may_override, is_disabled))
}

/// Whether slices switch offsets of chroma (7.3.2.3.2). `None` for extensions that change slice headers otherwise.
fn extensions(bits: &mut UnitBits<'_>, transform_skip: bool) -> Option<bool> {
    if !bits.flag()? {
        return Some(false);
    }
    let has_range = bits.flag()?;
    if bits.take(7)? != 0 {
        return None;
    }
    if !has_range {
        return Some(false);
    }
    if transform_skip {
        bits.unsigned()?;
    }
    bits.skip(1)?; // cross_component_prediction_enabled_flag
    bits.flag()
}
