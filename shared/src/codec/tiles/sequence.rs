//! The sequence header (AV1 5.5), as far as frame headers depend on it.

use super::bits::HeaderBits;

/// Of a sequence header.
#[derive(Debug, Clone, Default)]
pub(super) struct Sequence {
    /// A still picture with the shortest header.
    pub(super) is_reduced: bool,
    pub(super) decoder_model: Option<DecoderModel>,
    pub(super) equal_interval: bool,
    pub(super) operating_points: Vec<OperatingPoint>,
    pub(super) width_bits: u32,
    pub(super) height_bits: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Lengths of a frame's id, and of the distance to that of a reference.
    pub(super) frame_ids: Option<(u32, u32)>,
    pub(super) large_blocks: bool,
    /// Both are 2 where frames say it themselves.
    pub(super) screen_content: u32,
    pub(super) integer_vectors: u32,
    pub(super) order_bits: u32,
    pub(super) reference_vectors: bool,
    pub(super) warped_motion: bool,
    pub(super) superres: bool,
    pub(super) cdef: bool,
    pub(super) restoration: bool,
    pub(super) monochrome: bool,
    /// Chroma has half of the samples in x, and in y.
    pub(super) subsampling: (bool, bool),
    pub(super) separate_chroma: bool,
    pub(super) film_grain: bool,
}

/// Lengths of fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct DecoderModel {
    pub(super) buffer_delay: u32,
    pub(super) removal_time: u32,
    pub(super) presentation_time: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct OperatingPoint {
    pub(super) idc: u32,
    pub(super) has_model: bool,
}

/// What frames say themselves.
const SELECT: u32 = 2;

impl Sequence {
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        let mut bits = HeaderBits::new(payload);
        let bits = &mut bits;
        let profile = bits.take(3)?;
        bits.skip(1)?; // still_picture
        let mut sequence = Self { is_reduced: bits.flag()?, ..Self::default() };
        if sequence.is_reduced {
            bits.skip(5)?;
        } else {
            sequence.operation(bits)?;
        }
        sequence.size(bits)?;
        sequence.large_blocks = bits.flag()?;
        bits.skip(2)?; // enable_filter_intra, enable_intra_edge_filter
        sequence.screen_content = SELECT;
        sequence.integer_vectors = SELECT;
        if !sequence.is_reduced {
            sequence.tools(bits)?;
        }
        sequence.superres = bits.flag()?;
        sequence.cdef = bits.flag()?;
        sequence.restoration = bits.flag()?;
        sequence.colour(bits, profile)?;
        sequence.film_grain = bits.flag()?;
        Some(sequence)
    }

    fn operation(&mut self, bits: &mut HeaderBits<'_>) -> Option<()> {
        if bits.flag()? {
            bits.skip(64)?; // num_units_in_display_tick, time_scale
            self.equal_interval = bits.flag()?;
            if self.equal_interval {
                bits.uvlc()?;
            }
            if bits.flag()? {
                self.decoder_model = Some(decoder_model(bits)?);
            }
        }
        let has_delays = bits.flag()?;
        for _ in 0..=bits.take(5)? {
            let idc = bits.take(12)?;
            if bits.take(5)? > 7 {
                bits.skip(1)?; // seq_tier
            }
            let mut has_model = false;
            if let Some(model) = self.decoder_model {
                has_model = bits.flag()?;
                if has_model {
                    bits.skip(2 * model.buffer_delay + 1)?;
                }
            }
            if has_delays && bits.flag()? {
                bits.skip(4)?;
            }
            self.operating_points.push(OperatingPoint { idc, has_model });
        }
        Some(())
    }

    fn size(&mut self, bits: &mut HeaderBits<'_>) -> Option<()> {
        self.width_bits = bits.take(4)? + 1;
        self.height_bits = bits.take(4)? + 1;
        self.width = bits.take(self.width_bits)? + 1;
        self.height = bits.take(self.height_bits)? + 1;
        if !self.is_reduced && bits.flag()? {
            let distance = bits.take(4)? + 2;
            self.frame_ids = Some((bits.take(3)? + distance + 1, distance));
        }
        Some(())
    }

    fn tools(&mut self, bits: &mut HeaderBits<'_>) -> Option<()> {
        bits.skip(2)?; // enable_interintra_compound, enable_masked_compound
        self.warped_motion = bits.flag()?;
        bits.skip(1)?; // enable_dual_filter
        let has_order = bits.flag()?;
        if has_order {
            bits.skip(1)?; // enable_jnt_comp
            self.reference_vectors = bits.flag()?;
        }
        self.screen_content = if bits.flag()? { SELECT } else { bits.take(1)? };
        if self.screen_content > 0 && !bits.flag()? {
            self.integer_vectors = bits.take(1)?;
        }
        if has_order {
            self.order_bits = bits.take(3)? + 1;
        }
        Some(())
    }

    fn colour(&mut self, bits: &mut HeaderBits<'_>, profile: u32) -> Option<()> {
        let is_high = bits.flag()?;
        let is_twelve = profile == 2 && is_high && bits.flag()?;
        self.monochrome = profile != 1 && bits.flag()?;
        let mut description = [2; 3];
        if bits.flag()? {
            description = [bits.take(8)?, bits.take(8)?, bits.take(8)?];
        }
        self.subsampling = (true, true);
        if self.monochrome {
            return bits.skip(1);
        }
        // BT.709, sRGB, identity.
        if description == [1, 13, 0] {
            self.subsampling = (false, false);
        } else {
            bits.skip(1)?; // color_range
            self.subsampling = match (profile, is_twelve) {
                (0, _) => (true, true),
                (1, _) => (false, false),
                (_, false) => (true, false),
                (_, true) => {
                    let x = bits.flag()?;
                    (x, x && bits.flag()?)
                }
            };
            if self.subsampling == (true, true) {
                bits.skip(2)?; // chroma_sample_position
            }
        }
        self.separate_chroma = bits.flag()?;
        Some(())
    }
}

fn decoder_model(bits: &mut HeaderBits<'_>) -> Option<DecoderModel> {
    let buffer_delay = bits.take(5)? + 1;
    bits.skip(32)?; // num_units_in_decoding_tick
    Some(DecoderModel { buffer_delay, removal_time: bits.take(5)? + 1, presentation_time: bits.take(5)? + 1 })
}
