//! PSNR and SSIM of the luma of the coded pictures against the input of the encoder, in the size of the rendition. The
//! loss by scaling is not included.
//!
//! SSIM (Wang et al., 2004) over windows of 8x8 samples that overlap by half, as libx264 and FFmpeg count it.

use serde::{Deserialize, Serialize};
use shared_av::{AvError, CodecId, DecoderConfig, PixelFormat, VideoDecoder, VideoFrame};
use std::collections::VecDeque;

/// Sums over frames; those of chunks add up to those of a film.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct PictureQuality {
    /// Frames compared.
    pub frames: u64,
    /// Mean squared errors of the frames, white being 1.
    pub squared_error: f64,
    /// SSIM of the frames.
    pub ssim: f64,
}

impl PictureQuality {
    /// PSNR of the mean error in decibels; `None` without frames. Identical pictures count as 100 dB.
    pub fn psnr_db(&self) -> Option<f64> {
        let error = self.squared_error / self.frames as f64;
        (self.frames > 0).then(|| if error > 1e-10 { -10.0 * error.log10() } else { 100.0 })
    }

    /// Mean over the frames, 1 for the same picture; `None` without frames.
    pub fn mean_ssim(&self) -> Option<f64> {
        (self.frames > 0).then(|| self.ssim / self.frames as f64)
    }

    /// With the frames of another.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            frames: self.frames + other.frames,
            squared_error: self.squared_error + other.squared_error,
            ssim: self.ssim + other.ssim,
        }
    }

    fn of_frame(source: &LumaSamples, coded: &LumaSamples) -> Self {
        Self { frames: 1, squared_error: mean_squared_error(source, coded), ssim: ssim(source, coded) }
    }
}

/// Decodes what the encoder of one chunk makes and compares it with what it was given.
pub struct QualityMeter {
    decoder: VideoDecoder,
    /// What was given and has not come back yet; as many pictures as the encoder holds back.
    given: VecDeque<VideoFrame>,
    sum: PictureQuality,
}

impl QualityMeter {
    /// For a rendition of `codec` with the configuration of its initialization segment.
    ///
    /// # Errors
    /// When there is no decoder for it.
    pub fn new(codec: CodecId, config: Vec<u8>) -> Result<Self, AvError> {
        let decoder = VideoDecoder::new(&DecoderConfig::video(codec, config, 0, 0, 1))?;
        Ok(Self { decoder, given: VecDeque::new(), sum: PictureQuality::default() })
    }

    /// Notes a picture that is sent to the encoder.
    pub fn given(&mut self, frame: &VideoFrame) {
        self.given.push_back(frame.clone());
    }

    /// Decodes a packet, as it stands in the file, and compares the pictures that come out.
    ///
    /// # Errors
    /// When it cannot be decoded.
    pub fn coded(&mut self, data: &[u8]) -> Result<(), AvError> {
        self.decoder.send(data, None, None)?;
        self.compare()
    }

    /// The sums, after the last packet.
    ///
    /// # Errors
    /// When it cannot be decoded.
    pub fn finish(mut self) -> Result<PictureQuality, AvError> {
        self.decoder.finish();
        self.compare()?;
        Ok(self.sum)
    }

    fn compare(&mut self) -> Result<(), AvError> {
        while let Some(coded) = self.decoder.receive()? {
            if let Some(given) = self.given.pop_front()
                && let Some((given, coded)) = LumaSamples::of(&given).zip(LumaSamples::of(&coded))
            {
                self.sum = self.sum.with(PictureQuality::of_frame(&given, &coded));
            }
        }
        Ok(())
    }
}

/// The luma samples of a picture, without padding.
struct LumaSamples {
    samples: Vec<u16>,
    width: usize,
    height: usize,
    /// The value of white.
    peak: f64,
}

impl LumaSamples {
    fn of(frame: &VideoFrame) -> Option<Self> {
        let plane = frame.plane(0)?;
        let deep = frame.format() == PixelFormat::Yuv420p10;
        let bytes = plane.width * if deep { 2 } else { 1 };
        let rows = plane.data.chunks(plane.stride).map(|row| row.get(..bytes)).collect::<Option<Vec<_>>>()?;
        let samples = if deep {
            rows.iter().flat_map(|row| row.chunks_exact(2).map(|s| u16::from_le_bytes([s[0], s[1]]))).collect()
        } else {
            rows.iter().flat_map(|row| row.iter().map(|&sample| u16::from(sample))).collect()
        };
        Some(Self { samples, width: plane.width, height: plane.height, peak: if deep { 1023.0 } else { 255.0 } })
    }
}

fn mean_squared_error(a: &LumaSamples, b: &LumaSamples) -> f64 {
    let squares = a.samples.iter().zip(&b.samples).map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2));
    squares.sum::<u64>() as f64 / a.samples.len().max(1) as f64 / a.peak.powi(2)
}

/// Sums over 4x4 samples: of a, of b, of both squared, of their product.
type Block = [u64; 4];

fn ssim(a: &LumaSamples, b: &LumaSamples) -> f64 {
    let (columns, rows) = (a.width / 4, a.height / 4);
    if columns < 2 || rows < 2 || (a.width, a.height) != (b.width, b.height) {
        // Too small for a window: nothing structural to compare.
        return 1.0;
    }
    let (mut above, mut sum) = (blocks(a, b, 0, columns), 0.0);
    for row in 1..rows {
        let here = blocks(a, b, row, columns);
        for column in 1..columns {
            let four = [above[column - 1], above[column], here[column - 1], here[column]];
            sum += window(&four, a.peak);
        }
        above = here;
    }
    sum / ((columns - 1) * (rows - 1)) as f64
}

fn blocks(a: &LumaSamples, b: &LumaSamples, row: usize, columns: usize) -> Vec<Block> {
    let mut blocks = vec![[0; 4]; columns];
    for line in row * 4..row * 4 + 4 {
        let at = line * a.width..line * a.width + columns * 4;
        let pairs = a.samples[at.clone()].chunks_exact(4).zip(b.samples[at].chunks_exact(4));
        for (block, (a, b)) in blocks.iter_mut().zip(pairs) {
            for (&a, &b) in a.iter().zip(b) {
                let (a, b) = (u64::from(a), u64::from(b));
                block[0] += a;
                block[1] += b;
                block[2] += a * a + b * b;
                block[3] += a * b;
            }
        }
    }
    blocks
}

/// SSIM of the 64 samples of four blocks.
fn window(four: &[Block; 4], peak: f64) -> f64 {
    const SAMPLES: f64 = 64.0;
    let sum = |part: usize| four.iter().map(|block| block[part]).sum::<u64>() as f64;
    let (a, b, squares, products) = (sum(0), sum(1), sum(2), sum(3));
    let (c1, c2) = ((0.01 * peak).powi(2) * SAMPLES * SAMPLES, (0.03 * peak).powi(2) * SAMPLES * (SAMPLES - 1.0));
    let variances = squares * SAMPLES - a * a - b * b;
    let covariance = products * SAMPLES - a * b;
    (2.0 * a * b + c1) * (2.0 * covariance + c2) / ((a * a + b * b + c1) * (variances + c2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn luma(samples: impl Iterator<Item = u16>) -> LumaSamples {
        LumaSamples { samples: samples.collect(), width: 32, height: 16, peak: 255.0 }
    }

    fn noise(seed: u64) -> impl Iterator<Item = u16> {
        (0..512u64)
            .map(move |n| ((n + 1).wrapping_mul((2 * seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 56) as u16)
    }

    #[test]
    fn the_same_picture_is_perfect_and_another_is_not() {
        let of = |a, b| PictureQuality::of_frame(&luma(noise(a)), &luma(noise(b)));
        let same = of(1, 1);
        assert!((same.mean_ssim().unwrap() - 1.0).abs() < 1e-9);
        assert_eq!(same.psnr_db(), Some(100.0));
        assert!(of(1, 2).mean_ssim().unwrap() < 0.5);
        assert_eq!(PictureQuality::default().psnr_db(), None);
    }

    #[test]
    fn a_known_error_has_its_decibels() {
        let grey = PictureQuality::of_frame(&luma((0..512).map(|_| 100)), &luma((0..512).map(|_| 110)));
        assert!((grey.psnr_db().unwrap() - 20.0 * (255.0f64 / 10.0).log10()).abs() < 1e-9);
    }

    #[test]
    fn chunks_add_up() {
        let (one, two) = (
            PictureQuality { frames: 1, squared_error: 0.01, ssim: 0.9 },
            PictureQuality { frames: 3, squared_error: 0.03, ssim: 2.9 },
        );
        assert_eq!(one.with(two).mean_ssim(), Some((0.9 + 2.9) / 4.0));
    }

    proptest! {
        #[test]
        fn ssim_is_symmetric_and_at_most_one(seed in 0u64..1000, other in 0u64..1000) {
            let (a, b) = (luma(noise(seed)), luma(noise(other)));
            prop_assert!((ssim(&a, &b) - ssim(&b, &a)).abs() < 1e-9);
            prop_assert!(ssim(&a, &b) <= 1.0 + 1e-9);
        }
    }
}
