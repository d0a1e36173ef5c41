//! One frame of the film, painted.

use super::{
    font,
    scene::{self, Moment, SceneKind},
};
use crate::error::PackagerError;
use shared::testcard::{self, LumaPlaneMut};
use shared_av::frame::PlaneMut;
use shared_av::{ColourDescription, PixelFormat, Rational, VideoFrame, VideoFrameMut};

/// The side of the noise tile, a power of two.
const TILE: usize = 512;

/// Paints frames of one size and rate.
pub(super) struct Painter {
    width: u32,
    height: u32,
    rate: Rational,
    /// Noise of 0..64, twice as wide as the tile so that any window of one row is one slice.
    noise: Vec<u8>,
}

impl Painter {
    pub(super) fn new(width: u32, height: u32, rate: Rational) -> Self {
        Self { width, height, rate, noise: noise() }
    }

    /// Frame `number`; `lit` when the flash is on.
    pub(super) fn paint(&self, number: u32, lit: bool) -> Result<VideoFrame, PackagerError> {
        let mut canvas = VideoFrameMut::new(PixelFormat::Yuv420p, self.width, self.height)?;
        let moment = scene::at(number, self.rate.value());
        if let Some(mut luma) = canvas.plane_mut(0) {
            self.scenery(&mut luma, moment);
            let mut luma =
                LumaPlaneMut { data: luma.data, stride: luma.stride, width: luma.width, height: luma.height };
            self.time_code(&mut luma, number);
            testcard::write_number(&mut luma, number);
            testcard::write_flash(&mut luma, lit);
        }
        for (index, shade) in [(1, moment.scene * 37), (2, moment.scene * 61 + 90)] {
            if let Some(mut chroma) = canvas.plane_mut(index) {
                tint(&mut chroma, shade, moment.frame);
            }
        }
        Ok(canvas.finish(None, ColourDescription::BT709, Rational::ONE))
    }

    fn scenery(&self, luma: &mut PlaneMut<'_>, moment: Moment) {
        let slide = moment.frame as usize;
        let ramp = ramp(luma.width, moment);
        for y in 0..luma.height {
            let shade = row_shade(moment, y * 256 / luma.height.max(1));
            let row = &mut luma.data[y * luma.stride..][..luma.width];
            match moment.kind {
                SceneKind::Calm | SceneKind::Still => add(row, &ramp, shade),
                SceneKind::Grain => self.texture(row, shade, y + hash(slide), hash(slide * 7 + 1)),
                SceneKind::Drift => self.texture(row, shade, y / 4 + slide, slide * 2),
                SceneKind::Rush => self.texture(row, shade, y + slide * 5, slide * (3 + y / 64 % 5)),
            }
        }
    }

    /// A row of noise from `(x, y)` of the tile on.
    fn texture(&self, row: &mut [u8], shade: u8, y: usize, x: usize) {
        let tile_row = &self.noise[y % TILE * TILE * 2..][..TILE * 2];
        for part in row.chunks_mut(TILE) {
            add(part, &tile_row[x % TILE..], shade);
        }
    }

    /// `HH:MM:SS:FF` and the frame number, white on a black plate.
    fn time_code(&self, luma: &mut LumaPlaneMut<'_>, number: u32) {
        let text = [time_code(number, self.rate.value()), format!("{number:>11}")];
        let dot = (luma.height / 60).min(luma.width / 90).max(1);
        let plate = (text[0].len() * (font::WIDTH + 1) * dot, text.len() * (font::HEIGHT + 2) * dot);
        let origin = ((luma.width.saturating_sub(plate.0)) / 2, (luma.height.saturating_sub(plate.1)) / 2);
        for y in 0..plate.1 {
            for x in 0..plate.0 {
                let (column, line) = (x / dot / (font::WIDTH + 1), y / dot / (font::HEIGHT + 2));
                let letter = text.get(line).and_then(|t| t.as_bytes().get(column)).map_or(' ', |b| char::from(*b));
                let ink =
                    font::inked(letter, x / dot % (font::WIDTH + 1), (y / dot % (font::HEIGHT + 2)).wrapping_sub(1));
                if let Some(sample) = luma.data.get_mut((origin.1 + y) * luma.stride + origin.0 + x) {
                    *sample = if ink { 235 } else { 16 };
                }
            }
        }
    }
}

/// Non-drop time code: frames are counted, not time.
fn time_code(number: u32, rate: f64) -> String {
    let base = (rate.round() as u32).max(1);
    let seconds = number / base;
    format!("{:02}:{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60, number % base)
}

/// Rows differ in brightness by scene, so that a cut changes the whole picture. Leaves room for 64 of noise.
fn row_shade(moment: Moment, y: usize) -> u8 {
    let tone = (moment.scene as usize * 53) % 96;
    (30 + (tone + y / 2) % 128) as u8
}

/// Left to right by 64, sliding slowly where something moves.
fn ramp(width: usize, moment: Moment) -> Vec<u8> {
    let slide = if moment.kind == SceneKind::Still { 0 } else { moment.frame as usize };
    (0..width).map(|x| ((x * 64 / width.max(1) + slide / 4) % 64) as u8).collect()
}

/// `target = texture + shade`, eight samples at a time: nearly all of the time to paint a frame is spent here. Shades
/// and textures are small enough that no lane runs over.
fn add(target: &mut [u8], texture: &[u8], shade: u8) {
    let lanes = u64::from(shade) * 0x0101_0101_0101_0101;
    let whole = target.len() / 8 * 8;
    for (to, from) in target.chunks_exact_mut(8).zip(texture.chunks_exact(8)) {
        let eight = u64::from_ne_bytes(from.try_into().unwrap_or_default());
        to.copy_from_slice(&eight.wrapping_add(lanes).to_ne_bytes());
    }
    for (to, from) in target.iter_mut().zip(texture).skip(whole) {
        *to = from.wrapping_add(shade);
    }
}

/// Flat colour with a slow drift; neutral where the marks are, since strong chroma leaks into luma when RGB is shown.
fn tint(chroma: &mut PlaneMut<'_>, shade: u32, frame: u32) {
    let value = (96 + (shade + frame / 8) % 64) as u8;
    let neutral = testcard::number_rows(chroma.height).end;
    let (flash_x, flash_y) = testcard::flash_area(chroma.width, chroma.height);
    for (y, row) in chroma.data.chunks_mut(chroma.stride).enumerate() {
        row.fill(if y < neutral { 128 } else { value });
        if flash_y.contains(&y) {
            row[flash_x.clone()].fill(128);
        }
    }
}

fn noise() -> Vec<u8> {
    let mut tile = Vec::with_capacity(TILE * TILE * 2);
    for y in 0..TILE {
        let row: Vec<u8> = (0..TILE).map(|x| (hash(y * TILE + x) >> 7 & 63) as u8).collect();
        tile.extend_from_slice(&row);
        tile.extend_from_slice(&row);
    }
    tile
}

/// The finaliser of splitmix64: neighbours come out unrelated.
fn hash(n: usize) -> usize {
    let mut z = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (z ^ z >> 27) as usize & 0xFFFF_FFFF
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::testcard::LumaPlane;

    #[test]
    fn every_scene_carries_the_marks() {
        let painter = Painter::new(426, 240, Rational::new(25, 1).unwrap());
        for number in (0..25 * 22).step_by(37) {
            let frame = painter.paint(number, number % 2 == 0).unwrap();
            let plane = frame.plane(0).unwrap();
            let luma = LumaPlane { data: plane.data, stride: plane.stride, width: plane.width, height: plane.height };
            assert_eq!(testcard::read_number(luma), Some(number));
            assert_eq!(testcard::read_flash(luma), Some(number % 2 == 0));
        }
    }

    #[test]
    fn time_code_counts_frames() {
        assert_eq!(time_code(0, 30.0), "00:00:00:00");
        assert_eq!(time_code(25 * 3661 + 7, 25.0), "01:01:01:07");
        assert_eq!(time_code(30, 30_000.0 / 1001.0), "00:00:01:00");
    }

    #[test]
    fn the_same_number_gives_the_same_picture_and_the_next_another() {
        let painter = Painter::new(320, 180, Rational::new(30, 1).unwrap());
        let luma = |n| painter.paint(n, false).unwrap().plane(0).unwrap().data.to_vec();
        assert!(luma(100) == luma(100) && luma(100) != luma(101));
    }
}
