//! Another speed at the same pitch: overlap-add of windows whose places in the input are chosen by similarity
//! (WSOLA: Verhelst and Roelands, ICASSP 1993).

use crate::output::audio::Format;
use std::f32::consts::PI;

/// Candidates and compared samples are thinned by this: similarity needs no more.
const THIN: usize = 4;

/// Stretches interleaved samples.
#[derive(Debug)]
pub struct Stretch {
    channels: usize,
    speed: f64,
    /// Frames between two windows of the output; a window has twice as many.
    hop: usize,
    /// How far a window may be moved for similarity, in frames.
    reach: usize,
    window: Vec<f32>,
    /// Input not used up yet, and where in it the next window is expected.
    input: Vec<f32>,
    place: f64,
    /// Where the window would go on that was used last: what the next one should be similar to.
    follow: Option<usize>,
    /// The fading half of the last window.
    tail: Vec<f32>,
}

impl Stretch {
    /// `speed` seconds of input a second of output, held within 0.1 to 10.
    pub fn new(format: Format, speed: f64) -> Self {
        let hop = (format.rate as usize / 50).max(THIN);
        let rising = |i: usize| 0.5 - 0.5 * (PI * (i as f32 + 0.5) / hop as f32).cos();
        Self {
            channels: usize::from(format.channels).max(1),
            speed: speed.clamp(0.1, 10.0),
            hop,
            reach: hop / 2,
            window: (0..hop).map(rising).collect(),
            input: vec![],
            place: 0.0,
            follow: None,
            tail: vec![],
        }
    }

    /// Takes interleaved samples and gives what is ready.
    pub fn push(&mut self, samples: &[f32]) -> Vec<f32> {
        self.input.extend_from_slice(samples);
        let mut out = vec![];
        while self.place as usize + self.reach + 2 * self.hop <= self.frames() {
            self.step(&mut out);
        }
        self.forget();
        out
    }

    /// What is still inside, roughly in proportion; the next samples start afresh.
    pub fn finish(&mut self) -> Vec<f32> {
        let mut out = std::mem::take(&mut self.tail);
        let from = self.follow.map_or(0, |follow| follow + self.hop).min(self.frames());
        let rest = ((self.frames() - from) as f64 / self.speed) as usize;
        let end = (from + rest).min(self.frames()) * self.channels;
        out.extend_from_slice(&self.input[from * self.channels..end]);
        self.input.clear();
        self.place = 0.0;
        self.follow = None;
        out
    }

    fn step(&mut self, out: &mut Vec<f32>) {
        let expected = self.place as usize;
        let chosen = self.follow.map_or(expected, |follow| self.most_similar(follow, expected));
        self.add(chosen, out);
        self.follow = Some(chosen + self.hop);
        self.place += self.hop as f64 * self.speed;
    }

    /// The place near `expected` whose samples are most like those at `follow`.
    fn most_similar(&self, follow: usize, expected: usize) -> usize {
        let candidates = (expected.saturating_sub(self.reach)..=expected + self.reach).step_by(THIN);
        let scored = candidates.map(|place| (self.likeness(follow, place), place));
        scored.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(expected, |(_, place)| place)
    }

    /// Normalised correlation of one hop of the first channel.
    fn likeness(&self, a: usize, b: usize) -> f32 {
        let (mut product, mut energy) = (0.0, 1e-9);
        for i in (0..self.hop).step_by(THIN) {
            let at = |place: usize| self.input.get((place + i) * self.channels).copied().unwrap_or(0.0);
            let (x, y) = (at(a), at(b));
            product += x * y;
            energy += y * y;
        }
        product / energy.sqrt()
    }

    /// Adds the window at `place`: its rising half over the last tail, its fading half becomes the next.
    fn add(&mut self, place: usize, out: &mut Vec<f32>) {
        let half = self.hop * self.channels;
        let start = place * self.channels;
        let (rising, fading) = self.input[start..start + 2 * half].split_at(half);
        let gain = |i: usize| self.window[i / self.channels];
        if self.tail.is_empty() {
            out.extend_from_slice(rising);
        } else {
            out.extend(rising.iter().zip(&self.tail).enumerate().map(|(i, (new, old))| new * gain(i) + old));
        }
        self.tail = fading.iter().enumerate().map(|(i, sample)| sample * (1.0 - gain(i))).collect();
    }

    /// Input before everything that can still be asked for.
    fn forget(&mut self) {
        let earliest = (self.place as usize).saturating_sub(self.reach);
        let drop = self.follow.map_or(earliest, |follow| follow.min(earliest)).min(self.frames());
        self.input.drain(..drop * self.channels);
        self.place -= drop as f64;
        self.follow = self.follow.map(|follow| follow - drop);
    }

    fn frames(&self) -> usize {
        self.input.len() / self.channels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format { rate: 48_000, channels: 2 };

    fn tone(seconds: f32) -> Vec<f32> {
        let frames = (seconds * FORMAT.rate as f32) as usize;
        (0..frames * 2).map(|i| (2.0 * PI * 440.0 * (i / 2) as f32 / FORMAT.rate as f32).sin()).collect()
    }

    fn crossings_a_second(samples: &[f32]) -> f64 {
        let left: Vec<f32> = samples.iter().step_by(2).copied().collect();
        let rising = left.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        rising as f64 * f64::from(FORMAT.rate) / left.len() as f64
    }

    #[test]
    fn the_length_changes_and_the_pitch_does_not() {
        for speed in [0.25, 0.5, 1.5, 2.0, 3.0] {
            let mut stretch = Stretch::new(FORMAT, speed);
            let mut out: Vec<f32> = tone(4.0).chunks(2048).flat_map(|part| stretch.push(part)).collect();
            out.extend(stretch.finish());
            let seconds = out.len() as f64 / 2.0 / f64::from(FORMAT.rate);
            assert!((seconds - 4.0 / speed).abs() < 0.05 + 0.04 / speed, "speed {speed}: {seconds} s");
            let pitch = crossings_a_second(&out);
            assert!((pitch - 440.0).abs() < 5.0, "speed {speed}: {pitch} Hz");
        }
    }

    #[test]
    fn what_is_pushed_in_odd_pieces_comes_out_as_from_one() {
        let input = tone(0.5);
        let stretched = |piece: usize| {
            let mut stretch = Stretch::new(FORMAT, 1.5);
            let mut out: Vec<f32> = input.chunks(piece).flat_map(|part| stretch.push(part)).collect();
            out.extend(stretch.finish());
            out
        };
        let whole = stretched(input.len());
        for piece in [2, 46, 2048] {
            assert_eq!(stretched(piece), whole, "pieces of {piece}");
        }
    }

    #[test]
    fn after_its_end_it_starts_afresh_and_extreme_speeds_are_held() {
        let mut stretch = Stretch::new(FORMAT, 1e9);
        assert_eq!(stretch.speed, 10.0);
        stretch.push(&tone(0.3));
        stretch.finish();
        assert_eq!((stretch.frames(), stretch.place, stretch.follow), (0, 0.0, None));
        assert!(stretch.finish().is_empty(), "nothing is inside");
    }
}
