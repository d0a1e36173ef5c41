//! Frame headers (AV1 5.9): their length, and what the tiles behind them and later headers depend on.

use super::bits::HeaderBits;
use super::layout::TileLayout;
use super::sequence::Sequence;

/// Reference slots, and references of a frame.
const SLOTS: usize = 8;
const REFERENCES: usize = 7;
/// Segments; the first feature of each changes the quantiser.
const SEGMENTS: usize = 8;
const FEATURE_BITS: [(u32, bool); 8] =
    [(8, true), (6, true), (6, true), (6, true), (6, true), (3, false), (0, false), (0, false)];
/// Frames say it themselves.
const SELECT: u32 = 2;
const NO_REFERENCE: u32 = 7;

/// `frame_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum FrameType {
    #[default]
    Key,
    Inter,
    IntraOnly,
    Switch,
}

/// What comes of a header.
pub(super) enum Header {
    /// The frame in this slot is shown.
    Shown(usize),
    /// A frame is coded.
    Coded(Box<Frame>),
}

/// A coded frame.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    kind: FrameType,
    refresh: u32,
    upscaled_width: u32,
    width: u32,
    height: u32,
    order_hint: u32,
    quantisers: Quantisers,
    pub(super) tiles: TileLayout,
}

/// What each segment adds to the quantiser.
type Quantisers = [Option<i32>; SEGMENTS];

/// What is kept of a frame that others refer to.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    kind: FrameType,
    upscaled_width: u32,
    height: u32,
    order_hint: u32,
    quantisers: Quantisers,
}

/// The frames that others may refer to.
#[derive(Debug, Clone, Default)]
pub(super) struct References([Option<Slot>; SLOTS]);

impl References {
    /// The reference frame update process (7.20).
    pub(super) fn refresh(&mut self, frame: &Frame) {
        let &Frame { kind, upscaled_width, height, order_hint, quantisers, .. } = frame;
        self.put(frame.refresh, Slot { kind, upscaled_width, height, order_hint, quantisers });
    }

    /// A key frame that is shown again begins anew (7.21).
    pub(super) fn show(&mut self, slot: usize) {
        if let Some(Some(shown)) = self.0.get(slot).copied()
            && shown.kind == FrameType::Key
        {
            self.put(u32::MAX, shown);
        }
    }

    fn put(&mut self, refresh: u32, slot: Slot) {
        for (at, place) in self.0.iter_mut().enumerate() {
            if refresh >> at & 1 == 1 {
                *place = Some(slot);
            }
        }
    }
}

/// Reads one header.
pub(super) struct FrameReader<'a> {
    bits: HeaderBits<'a>,
    sequence: &'a Sequence,
    slots: [Option<Slot>; SLOTS],
    layers: Option<(u8, u8)>,
    frame: Frame,
    shown: bool,
    showable: bool,
    resilient: bool,
    screen_content: bool,
    integer_vectors: bool,
    precise_vectors: bool,
    intra_block_copy: bool,
    own_size: bool,
    primary: u32,
    references: [usize; REFERENCES],
    quantiser: i32,
    /// The quantisers of single planes are those of luma.
    plain_planes: bool,
    lossless: bool,
}

impl<'a> FrameReader<'a> {
    pub(super) fn new(
        bits: HeaderBits<'a>,
        sequence: &'a Sequence,
        references: &References,
        layers: Option<(u8, u8)>,
    ) -> Self {
        Self {
            bits,
            sequence,
            slots: references.0,
            layers,
            frame: Frame::default(),
            shown: true,
            showable: false,
            resilient: true,
            screen_content: false,
            integer_vectors: false,
            precise_vectors: false,
            intra_block_copy: false,
            own_size: false,
            primary: NO_REFERENCE,
            references: [0; REFERENCES],
            quantiser: 0,
            plain_planes: true,
            lossless: false,
        }
    }

    /// The header's length in whole bytes, and what it has made of the frames that others may refer to.
    pub(super) fn finish(self) -> (usize, References) {
        (self.bits.bytes(), References(self.slots))
    }

    fn is_intra(&self) -> bool {
        matches!(self.frame.kind, FrameType::Key | FrameType::IntraOnly)
    }

    /// `uncompressed_header` (5.9.2).
    pub(super) fn read(&mut self) -> Option<Header> {
        if !self.sequence.is_reduced
            && let Some(slot) = self.visibility()?
        {
            return Some(Header::Shown(slot));
        }
        let disables_update = self.bits.flag()?;
        self.vectors_of_screens()?;
        self.timing()?;
        self.refreshes()?;
        if self.is_intra() {
            self.size()?;
            let is_plain = self.screen_content && self.frame.upscaled_width == self.frame.width;
            self.intra_block_copy = is_plain && self.bits.flag()?;
        } else {
            self.references()?;
        }
        if !self.sequence.is_reduced && !disables_update {
            self.bits.skip(1)?; // disable_frame_end_update_cdf
        }
        let size = (self.frame.width, self.frame.height);
        self.frame.tiles = TileLayout::read(&mut self.bits, size, self.sequence.large_blocks)?;
        self.quantisation()?;
        self.segmentation()?;
        self.deltas()?;
        self.filters()?;
        self.modes()?;
        self.film_grain()?;
        Some(Header::Coded(Box::new(std::mem::take(&mut self.frame))))
    }

    /// What is shown, and when; the slot of a frame that is shown again.
    fn visibility(&mut self) -> Option<Option<usize>> {
        if self.bits.flag()? {
            let slot = self.bits.take(3)? as usize;
            self.presentation_time()?;
            if let Some((length, _)) = self.sequence.frame_ids {
                self.bits.skip(length)?;
            }
            return Some(Some(slot));
        }
        self.frame.kind = match self.bits.take(2)? {
            0 => FrameType::Key,
            1 => FrameType::Inter,
            2 => FrameType::IntraOnly,
            _ => FrameType::Switch,
        };
        self.shown = self.bits.flag()?;
        if self.shown {
            self.presentation_time()?;
            self.showable = self.frame.kind != FrameType::Key;
        } else {
            self.showable = self.bits.flag()?;
        }
        let begins_anew = self.frame.kind == FrameType::Key && self.shown;
        self.resilient = begins_anew || self.frame.kind == FrameType::Switch || self.bits.flag()?;
        if begins_anew {
            self.slots = [None; SLOTS];
        }
        Some(None)
    }

    fn presentation_time(&mut self) -> Option<()> {
        match self.sequence.decoder_model {
            Some(model) if !self.sequence.equal_interval => self.bits.skip(model.presentation_time),
            _ => Some(()),
        }
    }

    fn vectors_of_screens(&mut self) -> Option<()> {
        let sequence = self.sequence;
        let said = sequence.screen_content == SELECT;
        self.screen_content = if said { self.bits.flag()? } else { sequence.screen_content == 1 };
        if self.screen_content {
            let said = sequence.integer_vectors == SELECT;
            self.integer_vectors = if said { self.bits.flag()? } else { sequence.integer_vectors == 1 };
        }
        Some(())
    }

    fn timing(&mut self) -> Option<()> {
        let sequence = self.sequence;
        if let Some((length, _)) = sequence.frame_ids {
            self.bits.skip(length)?;
        }
        self.own_size = self.frame.kind == FrameType::Switch || (!sequence.is_reduced && self.bits.flag()?);
        self.frame.order_hint = self.bits.take(sequence.order_bits)?;
        if !self.is_intra() && !self.resilient {
            self.primary = self.bits.take(3)?;
        }
        let Some(model) = sequence.decoder_model else { return Some(()) };
        if self.bits.flag()? {
            for point in sequence.operating_points.iter().filter(|point| point.has_model) {
                let (temporal, spatial) = self.layers.unwrap_or_default();
                let is_in = point.idc >> temporal & 1 == 1 && point.idc >> (spatial + 8) & 1 == 1;
                if point.idc == 0 || is_in {
                    self.bits.skip(model.removal_time)?;
                }
            }
        }
        Some(())
    }

    fn refreshes(&mut self) -> Option<()> {
        const ALL: u32 = 0xff;
        let is_all = self.frame.kind == FrameType::Switch || (self.frame.kind == FrameType::Key && self.shown);
        self.frame.refresh = if is_all { ALL } else { self.bits.take(8)? };
        let has_hints = !self.is_intra() || self.frame.refresh != ALL;
        if has_hints && self.resilient && self.sequence.order_bits > 0 {
            for slot in &mut self.slots {
                let order_hint = self.bits.take(self.sequence.order_bits)?;
                if slot.is_none_or(|slot| slot.order_hint != order_hint) {
                    *slot = Some(Slot { order_hint, ..Slot::default() });
                }
            }
        }
        Some(())
    }

    /// `frame_size`, `superres_params` and `render_size`.
    fn size(&mut self) -> Option<()> {
        self.frame_size()?;
        self.render_size()
    }

    fn frame_size(&mut self) -> Option<()> {
        let sequence = self.sequence;
        let mut size = (sequence.width, sequence.height);
        if self.own_size {
            size = (self.bits.take(sequence.width_bits)? + 1, self.bits.take(sequence.height_bits)? + 1);
        }
        self.frame.upscaled_width = size.0;
        self.frame.height = size.1;
        self.superres()
    }

    fn superres(&mut self) -> Option<()> {
        self.frame.width = self.frame.upscaled_width;
        if self.sequence.superres && self.bits.flag()? {
            let denominator = self.bits.take(3)? + 9;
            self.frame.width = (self.frame.upscaled_width * 8 + denominator / 2) / denominator;
        }
        Some(())
    }

    fn render_size(&mut self) -> Option<()> {
        if self.bits.flag()? { self.bits.skip(32) } else { Some(()) }
    }

    fn references(&mut self) -> Option<()> {
        let sequence = self.sequence;
        // References that follow from two of them are not known here.
        if sequence.order_bits > 0 && self.bits.flag()? {
            return None;
        }
        for at in 0..REFERENCES {
            self.references[at] = self.bits.take(3)? as usize;
            if let Some((_, distance)) = sequence.frame_ids {
                self.bits.skip(distance)?;
            }
        }
        if self.own_size && !self.resilient {
            self.size_of_references()?
        } else {
            self.size()?
        }
        self.precise_vectors = !self.integer_vectors && self.bits.flag()?;
        if !self.bits.flag()? {
            self.bits.skip(2)?; // interpolation_filter
        }
        self.bits.skip(1)?; // is_motion_mode_switchable
        if !self.resilient && sequence.reference_vectors {
            self.bits.skip(1)?; // use_ref_frame_mvs
        }
        Some(())
    }

    fn size_of_references(&mut self) -> Option<()> {
        for at in 0..REFERENCES {
            if self.bits.flag()? {
                let slot = self.slot(at)?;
                self.frame.upscaled_width = slot.upscaled_width;
                self.frame.height = slot.height;
                return self.superres();
            }
        }
        self.size()
    }

    fn slot(&self, reference: usize) -> Option<Slot> {
        self.slots[self.references[reference]]
    }

    fn quantisation(&mut self) -> Option<()> {
        self.quantiser = self.bits.take(8)? as i32;
        let mut deltas = vec![self.delta()?];
        if !self.sequence.monochrome {
            let is_apart = self.sequence.separate_chroma && self.bits.flag()?;
            for _ in 0..if is_apart { 4 } else { 2 } {
                deltas.push(self.delta()?);
            }
        }
        self.plain_planes = deltas.iter().all(|delta| *delta == 0);
        if self.bits.flag()? {
            self.bits.skip(if self.sequence.separate_chroma { 12 } else { 8 })?; // matrices
        }
        Some(())
    }

    fn delta(&mut self) -> Option<i32> {
        if self.bits.flag()? { self.bits.signed(7) } else { Some(0) }
    }

    fn segmentation(&mut self) -> Option<()> {
        if !self.bits.flag()? {
            return Some(());
        }
        if self.primary < NO_REFERENCE {
            self.frame.quantisers = self.slot(self.primary as usize)?.quantisers;
            // segmentation_update_map, and segmentation_temporal_update with it
            if self.bits.flag()? {
                self.bits.skip(1)?;
            }
            if !self.bits.flag()? {
                return Some(());
            }
        }
        for segment in 0..SEGMENTS {
            self.frame.quantisers[segment] = None;
            for (feature, (length, is_signed)) in FEATURE_BITS.into_iter().enumerate() {
                if self.bits.flag()? {
                    let value = if is_signed { self.bits.signed(length + 1)? } else { self.bits.take(length)? as i32 };
                    if feature == 0 {
                        self.frame.quantisers[segment] = Some(value);
                    }
                }
            }
        }
        Some(())
    }

    /// Of the quantiser and of the loop filter; and whether nothing is lost.
    fn deltas(&mut self) -> Option<()> {
        if self.quantiser > 0 && self.bits.flag()? {
            self.bits.skip(2)?; // delta_q_res
            if !self.intra_block_copy && self.bits.flag()? {
                self.bits.skip(3)?; // delta_lf_res, delta_lf_multi
            }
        }
        let of_segment = |more: &Option<i32>| (self.quantiser + more.unwrap_or(0)).clamp(0, 255);
        self.lossless = self.plain_planes && self.frame.quantisers.iter().all(|more| of_segment(more) == 0);
        Some(())
    }

    fn filters(&mut self) -> Option<()> {
        let sequence = self.sequence;
        if !self.lossless && !self.intra_block_copy {
            self.loop_filter()?;
            if sequence.cdef {
                self.cdef()?;
            }
        }
        let is_all_lossless = self.lossless && self.frame.width == self.frame.upscaled_width;
        if sequence.restoration && !is_all_lossless && !self.intra_block_copy {
            self.restoration()?;
        }
        Some(())
    }

    fn loop_filter(&mut self) -> Option<()> {
        let levels = [self.bits.take(6)?, self.bits.take(6)?];
        if !self.sequence.monochrome && levels != [0, 0] {
            self.bits.skip(12)?; // levels of chroma
        }
        self.bits.skip(3)?; // sharpness
        // Deltas of eight references and two modes, where they are enabled and changed.
        if self.bits.flag()? && self.bits.flag()? {
            for _ in 0..8 + 2 {
                self.delta()?;
            }
        }
        Some(())
    }

    fn cdef(&mut self) -> Option<()> {
        self.bits.skip(2)?; // damping
        let count = 1 << self.bits.take(2)?;
        self.bits.skip(count * if self.sequence.monochrome { 6 } else { 12 })
    }

    fn restoration(&mut self) -> Option<()> {
        let (mut used, mut of_chroma) = (false, false);
        for plane in 0..if self.sequence.monochrome { 1 } else { 3 } {
            let is_used = self.bits.take(2)? != 0;
            used |= is_used;
            of_chroma |= is_used && plane > 0;
        }
        if used {
            let is_larger = self.bits.flag()?;
            if !self.sequence.large_blocks && is_larger {
                self.bits.skip(1)?;
            }
            if self.sequence.subsampling == (true, true) && of_chroma {
                self.bits.skip(1)?;
            }
        }
        Some(())
    }

    /// Transforms, references of blocks, warped and global motion.
    fn modes(&mut self) -> Option<()> {
        if !self.lossless {
            self.bits.skip(1)?; // tx_mode_select
        }
        if !self.is_intra() {
            let several = self.bits.flag()?;
            if several && self.may_skip() {
                self.bits.skip(1)?; // skip_mode_present
            }
            if !self.resilient && self.sequence.warped_motion {
                self.bits.skip(1)?; // allow_warped_motion
            }
        }
        self.bits.skip(1)?; // reduced_tx_set
        if self.is_intra() { Some(()) } else { self.global_motion() }
    }

    /// `skipModeAllowed` (5.9.22): there are references on both sides, or two before.
    fn may_skip(&self) -> bool {
        if self.sequence.order_bits == 0 {
            return false;
        }
        let hints: Vec<u32> = (0..REFERENCES).map(|at| self.slot(at).map_or(0, |slot| slot.order_hint)).collect();
        let distance = |a: u32, b: u32| self.distance(a, b);
        let before = hints.iter().copied().filter(|hint| distance(*hint, self.frame.order_hint) < 0);
        let nearest = before.reduce(|best, hint| if distance(hint, best) > 0 { hint } else { best });
        let Some(nearest) = nearest else { return false };
        let is_behind = hints.iter().any(|hint| distance(*hint, self.frame.order_hint) > 0);
        is_behind || hints.iter().any(|hint| distance(*hint, nearest) < 0)
    }

    /// `get_relative_dist` (5.9.3).
    fn distance(&self, a: u32, b: u32) -> i32 {
        let half = 1_i32 << (self.sequence.order_bits - 1);
        let difference = a as i32 - b as i32;
        (difference & (half - 1)) - (difference & half)
    }

    fn global_motion(&mut self) -> Option<()> {
        /// `GM_ABS_ALPHA_BITS` and `GM_ABS_TRANS_BITS`; and of a translation alone.
        const BITS: u32 = 12;
        const ALONE: u32 = 9;
        for _ in 0..REFERENCES {
            if !self.bits.flag()? {
                continue;
            }
            // Rotation and zoom have two numbers, affine motion four; both have a translation, too.
            let is_zoom = self.bits.flag()?;
            let is_translation = !is_zoom && self.bits.flag()?;
            let numbers = match (is_zoom, is_translation) {
                (true, _) => 2,
                (_, true) => 0,
                _ => 4,
            };
            for _ in 0..numbers {
                self.motion(BITS)?;
            }
            let length = if is_translation { ALONE - u32::from(!self.precise_vectors) } else { BITS };
            self.motion(length)?;
            self.motion(length)?;
        }
        Some(())
    }

    /// `decode_subexp` (5.9.27): its length does not depend on what the number refers to.
    fn motion(&mut self, length: u32) -> Option<()> {
        let count = 2 * (1_u32 << length) + 1;
        let (mut round, mut from) = (0, 0);
        loop {
            let bits = if round > 0 { 3 + round - 1 } else { 3 };
            let step = 1 << bits;
            if count <= from + 3 * step {
                return self.bits.one_of(count - from).map(drop);
            }
            if !self.bits.flag()? {
                return self.bits.skip(bits);
            }
            round += 1;
            from += step;
        }
    }

    fn film_grain(&mut self) -> Option<()> {
        if !self.sequence.film_grain || !(self.shown || self.showable) || !self.bits.flag()? {
            return Some(());
        }
        self.bits.skip(16)?; // grain_seed
        if self.frame.kind == FrameType::Inter && !self.bits.flag()? {
            return self.bits.skip(3); // those of a reference
        }
        let of_luma = self.points()?;
        let from_luma = !self.sequence.monochrome && self.bits.flag()?;
        let none = self.sequence.monochrome || from_luma || (self.sequence.subsampling == (true, true) && of_luma == 0);
        let chroma = if none { [0, 0] } else { [self.points()?, self.points()?] };
        self.bits.skip(2)?; // grain_scaling_minus_8
        let lag = self.bits.take(2)?;
        let of_plane = 2 * lag * (lag + 1);
        if of_luma > 0 {
            self.bits.skip(8 * of_plane)?;
        }
        for points in chroma {
            if from_luma || points > 0 {
                self.bits.skip(8 * (of_plane + u32::from(of_luma > 0)))?;
            }
        }
        self.bits.skip(4)?; // ar_coeff_shift_minus_6, grain_scale_shift
        for points in chroma {
            if points > 0 {
                self.bits.skip(8 + 8 + 9)?;
            }
        }
        self.bits.skip(2) // overlap_flag, clip_to_restricted_range
    }

    /// Pairs of a scaling function: how many.
    fn points(&mut self) -> Option<u32> {
        let count = self.bits.take(4)?;
        self.bits.skip(16 * count)?;
        Some(count)
    }
}
