//! How a frame is divided into tiles (AV1 5.9.15).

use super::bits::HeaderBits;

/// Bounds of 6.10.4 and annex A, in luma samples.
const MOST_WIDTH: u32 = 4096;
const MOST_AREA: u32 = 4096 * 2304;
const MOST_ROWS_AND_COLUMNS: u32 = 64;

/// The tiles of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct TileLayout {
    columns: u32,
    rows: u32,
    columns_log2: u32,
    rows_log2: u32,
    /// Bytes of a tile's size.
    pub(super) size_bytes: usize,
}

impl TileLayout {
    /// Of a frame with this size.
    pub(super) fn read(bits: &mut HeaderBits<'_>, (width, height): (u32, u32), large_blocks: bool) -> Option<Self> {
        let block_log2 = if large_blocks { 7 } else { 6 };
        // In units of 4 samples, rounded to those of 8.
        let blocks = |side: u32| (2 * ((side + 7) >> 3)).div_ceil(1 << (block_log2 - 2));
        let (across, down) = (blocks(width), blocks(height));
        let most_width = MOST_WIDTH >> block_log2;
        let most_area = MOST_AREA >> (2 * block_log2);
        let least_columns = log2(most_width, across);
        let least_tiles = least_columns.max(log2(most_area, across.checked_mul(down)?));
        let mut layout = Self::default();
        if bits.flag()? {
            layout.columns_log2 = more(bits, least_columns, log2(1, across.min(MOST_ROWS_AND_COLUMNS)))?;
            layout.columns = uniform(across, layout.columns_log2);
            let least_rows = least_tiles.saturating_sub(layout.columns_log2);
            layout.rows_log2 = more(bits, least_rows, log2(1, down.min(MOST_ROWS_AND_COLUMNS)))?;
            layout.rows = uniform(down, layout.rows_log2);
        } else {
            let (columns, widest) = explicit(bits, across, most_width)?;
            let area = if least_tiles > 0 { (across * down) >> (least_tiles + 1) } else { across * down };
            let (rows, _) = explicit(bits, down, (area / widest).max(1))?;
            layout = Self { columns, rows, columns_log2: log2(1, columns), rows_log2: log2(1, rows), size_bytes: 0 };
        }
        if layout.number_bits() > 0 {
            bits.skip(layout.number_bits())?; // context_update_tile_id
            layout.size_bytes = bits.take(2)? as usize + 1;
        }
        Some(layout)
    }

    pub(super) fn count(&self) -> u32 {
        self.columns * self.rows
    }

    /// Bits of a tile's number.
    pub(super) fn number_bits(&self) -> u32 {
        self.columns_log2 + self.rows_log2
    }
}

/// `tile_log2`: the least k with `size` << k >= `target`.
fn log2(size: u32, target: u32) -> u32 {
    (0..32).find(|k| u64::from(size) << k >= u64::from(target)).unwrap_or(0)
}

/// `least` and one for each flag that is set, up to `most`.
fn more(bits: &mut HeaderBits<'_>, least: u32, most: u32) -> Option<u32> {
    let mut value = least;
    while value < most && bits.flag()? {
        value += 1;
    }
    Some(value)
}

/// How many parts of equal size there are.
fn uniform(blocks: u32, log2: u32) -> u32 {
    let size = (blocks + (1 << log2) - 1) >> log2;
    blocks.div_ceil(size.max(1))
}

/// Parts whose sizes are said: how many, and the largest.
fn explicit(bits: &mut HeaderBits<'_>, blocks: u32, most: u32) -> Option<(u32, u32)> {
    let (mut start, mut count, mut widest) = (0, 0, 0);
    while start < blocks {
        let size = bits.one_of((blocks - start).min(most))? + 1;
        widest = widest.max(size);
        start += size;
        count += 1;
    }
    (count <= MOST_ROWS_AND_COLUMNS && widest > 0).then_some((count, widest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(header: &[u8], size: (u32, u32)) -> Option<(u32, u32, usize)> {
        let read = TileLayout::read(&mut HeaderBits::new(header), size, false)?;
        Some((read.columns, read.rows, read.size_bytes))
    }

    #[test]
    fn small_frames_have_one_tile_and_large_ones_several() {
        assert_eq!(layout(&[0b1000_0000], (640, 360)), Some((1, 1, 0)));
        // Two columns and two rows; the number of a tile, and sizes of two bytes.
        assert_eq!(layout(&[0b1101_0000, 0b1000_0000], (640, 360)), Some((2, 2, 2)));
        // Wider than a tile may be: at least two columns.
        assert_eq!(layout(&[0b1000_0000], (8192, 720)), Some((2, 1, 1)));
    }

    #[test]
    fn sizes_that_are_said_fill_the_frame() {
        // Ten blocks of 64 across are 4 (as 3 of ten) and 6 (as 5 of six), six down are 6; then the number of a tile, and sizes
        // of four bytes.
        assert_eq!(layout(&[0b0011_1111, 0b1101_1000], (640, 360)), Some((2, 1, 4)));
    }
}
