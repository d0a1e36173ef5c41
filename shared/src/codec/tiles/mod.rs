//! Where the data of AV1's tiles lie in a temporal unit: encryption covers `decode_tile` and nothing else (AV1 Codec ISO Media
//! File Format Binding, 4). The headers before them have to be read for that (AV1 5.9), and they depend on those of
//! earlier frames. Nothing is decoded here.

mod bits;
mod frame;
mod layout;
mod sequence;

use bits::HeaderBits;
use frame::{FrameReader, Header, References};
use layout::TileLayout;
use sequence::Sequence;
use std::ops::Range;

/// Types of open bitstream units (6.2.2).
const SEQUENCE_HEADER: u8 = 1;
const FRAME_HEADER: u8 = 3;
const TILE_GROUP: u8 = 4;
const FRAME: u8 = 6;
const REDUNDANT_FRAME_HEADER: u8 = 7;

/// What is known of a stream so far.
#[derive(Debug, Clone, Default)]
pub struct TileFinder {
    sequence: Option<Sequence>,
    references: References,
    /// The frame whose tiles come.
    open: Option<OpenFrame>,
}

#[derive(Debug, Clone)]
struct OpenFrame {
    tiles: TileLayout,
    /// Tiles that have come.
    seen: u32,
}

/// An open bitstream unit within its bytes.
struct Unit<'a> {
    kind: u8,
    /// `temporal_id` and `spatial_id`, where it has them.
    layers: Option<(u8, u8)>,
    payload: &'a [u8],
    /// Where the payload begins.
    at: usize,
}

impl TileFinder {
    /// With the sequence header of `config`, the body of `av1C`.
    pub fn of_config(config: &[u8]) -> Self {
        let mut finder = Self::default();
        // Most streams repeat the header with every key frame.
        let _ = finder.find(config.get(4..).unwrap_or_default());
        finder
    }

    /// The data of the tiles of the next sample, in their order. `None` when a header cannot be read.
    pub fn find(&mut self, sample: &[u8]) -> Option<Vec<Range<usize>>> {
        let mut tiles = vec![];
        let mut at = 0;
        // Whatever a sample before may have lacked.
        self.open = None;
        while at < sample.len() {
            let unit = unit(sample, at)?;
            at = unit.at + unit.payload.len();
            self.unit(&unit, &mut tiles)?;
        }
        Some(tiles)
    }

    fn unit(&mut self, unit: &Unit<'_>, tiles: &mut Vec<Range<usize>>) -> Option<()> {
        match unit.kind {
            SEQUENCE_HEADER => self.sequence = Some(Sequence::read(unit.payload)?),
            FRAME_HEADER => drop(self.header(unit)?),
            // A copy of the header that came.
            REDUNDANT_FRAME_HEADER => {}
            FRAME => {
                let length = self.header(unit)?;
                self.tile_group(unit, length, tiles)?;
            }
            TILE_GROUP => self.tile_group(unit, 0, tiles)?,
            _ => {}
        }
        Some(())
    }

    /// Reads a frame header; gives its length in whole bytes. One that only shows an earlier frame has no tiles.
    fn header(&mut self, unit: &Unit<'_>) -> Option<usize> {
        if self.open.is_some() {
            // Copied from the one before until all tiles have come (5.9.1).
            return Some(0);
        }
        let sequence = self.sequence.as_ref()?;
        let mut reader = FrameReader::new(HeaderBits::new(unit.payload), sequence, &self.references, unit.layers);
        let header = reader.read()?;
        let (length, references) = reader.finish();
        self.references = references;
        match header {
            Header::Shown(slot) => self.references.show(slot),
            Header::Coded(frame) => {
                self.references.refresh(&frame);
                self.open = Some(OpenFrame { tiles: frame.tiles, seen: 0 });
            }
        }
        Some(length)
    }

    /// `tile_group_obu` (5.11.1) from byte `from` of its unit on.
    fn tile_group(&mut self, unit: &Unit<'_>, from: usize, tiles: &mut Vec<Range<usize>>) -> Option<()> {
        let open = self.open.as_mut()?;
        let layout = open.tiles;
        let mut bits = HeaderBits::new(unit.payload.get(from..)?);
        let (mut first, mut last) = (0, layout.count() - 1);
        if layout.count() > 1 && bits.flag()? {
            first = bits.take(layout.number_bits())?;
            last = bits.take(layout.number_bits())?;
        }
        if first > last || last >= layout.count() || first != open.seen {
            return None;
        }
        let mut at = from + bits.bytes();
        for tile in first..=last {
            let length = if tile == last {
                unit.payload.len().checked_sub(at)?
            } else {
                let size = unit.payload.get(at..at + layout.size_bytes)?;
                at += layout.size_bytes;
                size.iter().rev().fold(0_usize, |size, byte| size << 8 | usize::from(*byte)) + 1
            };
            let end = at.checked_add(length).filter(|end| *end <= unit.payload.len())?;
            tiles.push(unit.at + at..unit.at + end);
            at = end;
        }
        open.seen = last + 1;
        if open.seen == layout.count() {
            self.open = None;
        }
        Some(())
    }
}

/// The unit that begins at `at` (5.3.2).
fn unit(sample: &[u8], at: usize) -> Option<Unit<'_>> {
    let header = *sample.get(at)?;
    let mut start = at + 1;
    let mut layers = None;
    if header & 4 != 0 {
        let extension = *sample.get(start)?;
        layers = Some((extension >> 5, extension >> 3 & 3));
        start += 1;
    }
    let mut length = sample.len().checked_sub(start)?;
    if header & 2 != 0 {
        length = 0;
        for place in 0..8 {
            let byte = *sample.get(start)?;
            start += 1;
            length |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    let payload = sample.get(start..start.checked_add(length)?)?;
    Some(Unit { kind: header >> 3 & 15, layers, payload, at: start })
}
