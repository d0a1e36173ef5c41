//! Marks in a test film that a program reads back: the frame number, the flash, the beep.
//!
//! Writing and reading work on one plane of luma and on samples of sound. The marks survive scaling down to 240 lines and
//! strong compression, because every cell is large and a bit is the *difference* of two cells.
//!
//! ```text
//! +------------------------------------------------+
//! | 24 cells: the bits, most significant first     |  1/16 of the height
//! | 24 cells: their complement                     |  1/16 of the height
//! |                                                |
//! |                  the picture          +--------|
//! |                                       | flash  |  1/8 x 1/8
//! +---------------------------------------+--------+
//! ```
//!
//! Not here: scenes, fonts, codecs.

use std::ops::Range;
use std::time::Duration;

/// Bits of a frame number: 155 hours at 30 frames a second.
const BITS: usize = 24;
/// Luma of black and white in limited range.
const BLACK: u8 = 16;
const WHITE: u8 = 235;
/// The least difference of luma between a bit and its complement; below it there is no mark.
const CLEAR: u32 = 60;

/// How long flash and beep last, from each whole second on.
pub const SIGNAL: Duration = Duration::from_millis(100);
/// The pitch of the beep in Hz.
pub const BEEP_HZ: u32 = 1000;
/// Peak of the beep; between beeps there is silence.
pub const BEEP_AMPLITUDE: f32 = 0.5;

/// One plane of 8-bit luma to read.
#[derive(Debug, Clone, Copy)]
pub struct LumaPlane<'a> {
    /// At least `stride * (height - 1) + width` bytes.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
    /// Samples in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// One plane of 8-bit luma to paint on; fields as in [`LumaPlane`].
#[derive(Debug)]
pub struct LumaPlaneMut<'a> {
    /// See [`LumaPlane`].
    pub data: &'a mut [u8],
    /// See [`LumaPlane`].
    pub stride: usize,
    /// See [`LumaPlane`].
    pub width: usize,
    /// See [`LumaPlane`].
    pub height: usize,
}

struct CellArea {
    x: Range<usize>,
    y: Range<usize>,
}

/// The `index`th of 24 cells in row 0 (bits) or 1 (complement).
fn cell(width: usize, height: usize, row: usize, index: usize) -> CellArea {
    CellArea { x: index * width / BITS..(index + 1) * width / BITS, y: row * height / 16..(row + 1) * height / 16 }
}

fn flash_cell(width: usize, height: usize) -> CellArea {
    CellArea { x: width * 7 / 8..width, y: height * 7 / 8..height }
}

/// The rows that the frame number covers, for who paints around it (chroma must be neutral there).
pub fn number_rows(height: usize) -> Range<usize> {
    0..2 * height / 16
}

/// The columns and rows that the flash covers.
pub fn flash_area(width: usize, height: usize) -> (Range<usize>, Range<usize>) {
    let cell = flash_cell(width, height);
    (cell.x, cell.y)
}

impl LumaPlaneMut<'_> {
    fn fill(&mut self, cell: &CellArea, value: u8) {
        for y in cell.y.clone() {
            let row = y * self.stride;
            if let Some(span) = self.data.get_mut(row + cell.x.start..row + cell.x.end) {
                span.fill(value);
            }
        }
    }
}

impl LumaPlane<'_> {
    /// Mean of the inner half of a cell each way, where neighbours do not bleed in.
    fn mean(&self, cell: &CellArea) -> Option<u32> {
        let inner = |r: &Range<usize>| r.start + r.len() / 4..r.end - r.len() / 4;
        let xs = inner(&cell.x);
        let ys = inner(&cell.y);
        let count = (xs.len() * ys.len()) as u64;
        let mut sum = 0u64;
        for y in ys {
            let row = y * self.stride;
            sum += self.data.get(row + xs.start..row + xs.end)?.iter().map(|v| u64::from(*v)).sum::<u64>();
        }
        (count > 0).then(|| (sum / count) as u32)
    }
}

/// Paints the low 24 bits of a frame number.
pub fn write_number(luma: &mut LumaPlaneMut<'_>, number: u32) {
    for index in 0..BITS {
        let bit = number >> (BITS - 1 - index) & 1 == 1;
        for (row, white) in [(0, bit), (1, !bit)] {
            let cell = cell(luma.width, luma.height, row, index);
            luma.fill(&cell, if white { WHITE } else { BLACK });
        }
    }
}

/// The frame number in a decoded picture; `None` when the marks are not there or too damaged to be sure.
pub fn read_number(luma: LumaPlane<'_>) -> Option<u32> {
    (0..BITS).try_fold(0, |number, index| {
        let mean = |row| luma.mean(&cell(luma.width, luma.height, row, index));
        let bit = mean(0)?;
        let complement = mean(1)?;
        (bit.abs_diff(complement) >= CLEAR).then_some(number << 1 | u32::from(bit > complement))
    })
}

/// Paints the flash patch, lit or dark.
pub fn write_flash(luma: &mut LumaPlaneMut<'_>, lit: bool) {
    let cell = flash_cell(luma.width, luma.height);
    luma.fill(&cell, if lit { WHITE } else { BLACK });
}

/// Whether the flash is lit; `None` when it is neither clearly lit nor clearly dark.
pub fn read_flash(luma: LumaPlane<'_>) -> Option<bool> {
    match luma.mean(&flash_cell(luma.width, luma.height))? {
        0..=80 => Some(false),
        170.. => Some(true),
        _ => None,
    }
}

/// The beep, `index` samples after its first one; silence once it is over.
pub fn beep(index: u64, sample_rate: u32) -> f32 {
    let seconds = index as f64 / f64::from(sample_rate.max(1));
    if seconds >= SIGNAL.as_secs_f64() {
        return 0.0;
    }
    BEEP_AMPLITUDE * (std::f64::consts::TAU * f64::from(BEEP_HZ) * seconds).sin() as f32
}

/// Where the beeps begin in decoded sound of one channel: the first loud sample after silence of at least 50 ms.
pub fn beep_onsets(samples: impl IntoIterator<Item = f32>, sample_rate: u32) -> Vec<usize> {
    let gap = sample_rate as usize / 20;
    let mut quiet = gap;
    let mut onsets = Vec::new();
    for (index, sample) in samples.into_iter().enumerate() {
        if sample.abs() < BEEP_AMPLITUDE / 5.0 {
            quiet += 1;
        } else {
            if quiet >= gap {
                onsets.push(index);
            }
            quiet = 0;
        }
    }
    onsets
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Picture {
        data: Vec<u8>,
        width: usize,
        height: usize,
    }

    impl Picture {
        fn new(width: usize, height: usize) -> Self {
            let data = (0..width * height).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
            Self { data, width, height }
        }

        fn marked(width: usize, height: usize, number: u32, lit: bool) -> Self {
            let mut picture = Self::new(width, height);
            let mut luma = LumaPlaneMut { data: &mut picture.data, stride: width, width, height };
            write_number(&mut luma, number);
            write_flash(&mut luma, lit);
            picture
        }

        fn luma(&self) -> LumaPlane<'_> {
            LumaPlane { data: &self.data, stride: self.width, width: self.width, height: self.height }
        }

        /// Every sample the mean of those it covers, then coarsely quantised.
        fn shrunk(&self, width: usize, height: usize) -> Self {
            let sample = |n: usize| {
                let x = n % width;
                let y = n / width;
                let xs = x * self.width / width..((x + 1) * self.width / width);
                let ys = y * self.height / height..((y + 1) * self.height / height);
                let count = (xs.len() * ys.len()) as u32;
                let sum: u32 = ys
                    .flat_map(|y| xs.clone().map(move |x| (x, y)))
                    .map(|(x, y)| u32::from(self.data[y * self.width + x]))
                    .sum();
                (sum / count / 24 * 24) as u8
            };
            Self { data: (0..width * height).map(sample).collect(), width, height }
        }
    }

    #[test]
    fn marks_survive_the_way_down_to_240_lines() {
        for (number, lit) in [(0, false), (1, true), (0xA5_5A3C, false), (0xFF_FFFF, true)] {
            let full = Picture::marked(1920, 1080, number, lit);
            for (width, height) in [(1920, 1080), (1280, 720), (854, 480), (426, 240), (320, 180)] {
                let small = full.shrunk(width, height);
                assert_eq!(read_number(small.luma()), Some(number), "{width}x{height}");
                assert_eq!(read_flash(small.luma()), Some(lit), "{width}x{height}");
            }
        }
    }

    #[test]
    fn a_picture_without_marks_has_no_number() {
        assert_eq!(read_number(Picture::new(640, 360).luma()), None);
        let empty = LumaPlane { data: &[], stride: 0, width: 0, height: 0 };
        assert_eq!((read_number(empty), read_flash(empty)), (None, None));
        let lying = LumaPlane { data: &[0; 10], stride: 4000, width: 4000, height: 4000 };
        assert_eq!((read_number(lying), read_flash(lying)), (None, None));
    }

    #[test]
    fn a_blend_of_two_frames_is_not_taken_for_either() {
        let a = Picture::marked(640, 360, 7, false);
        let b = Picture::marked(640, 360, 8, false);
        let data = a.data.iter().zip(&b.data).map(|(a, b)| a / 2 + b / 2).collect();
        assert_eq!(read_number(Picture { data, ..a }.luma()), None);
    }

    #[test]
    fn beeps_are_found_where_they_begin() {
        let rate = 48_000u32;
        let samples = (0..rate as u64 * 3).map(|n| beep(n % u64::from(rate), rate));
        let onsets = beep_onsets(samples, rate);
        // A sine begins at zero: it takes two samples to be loud.
        assert_eq!(onsets.len(), 3);
        assert!(onsets.iter().enumerate().all(|(s, at)| at - s * rate as usize <= 4), "{onsets:?}");
    }

    proptest! {
        #[test]
        fn every_number_reads_back(number in 0u32..1 << 24, width in 200usize..500, height in 64usize..300) {
            prop_assert_eq!(read_number(Picture::marked(width, height, number, false).luma()), Some(number));
        }
    }
}
