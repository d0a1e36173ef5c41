//! Whether pictures that nobody speaks for are two fields each. In those of several places of a film every other line is
//! compared with the pictures before and behind (FFmpeg's filter `idet`): of two fields, one is nearer to the picture
//! before, the other to the one behind, and always the same one. Stripes, noise and text are near to both.

use super::{Master, glimpse};
use crate::decode::EXCHANGE;
use crate::error::PackagerError;
use shared::time::PresentationTime;
use shared_av::{FieldOrder, Filter, PixelFormat, Plane, VideoFrame};
use std::time::Duration;

/// Places of a film that are looked at, no more than one a second.
const PLACES: u32 = 6;
/// Pictures of one place.
const PICTURES: usize = 12;
/// What the filter notes of a picture.
const NOTED: &str = "lavfi.idet.single.current_frame";
/// One field must be so many times nearer. Stripes that fade and diagonals that move come close to the first; the other
/// is enough where no picture contradicts it, as in noise.
const CLEARLY: &str = "idet=intl_thres=1.2";
/// See [`CLEARLY`].
const SLIGHTLY: &str = "idet=intl_thres=1.04";
/// So many pictures must be combed.
const LEAST: usize = 6;

/// Neighbouring lines are so many times further apart than those that would be neighbours.
const EXCHANGED: f64 = 1.1;
/// This part of a picture must stay as it is: what little of noise does says nothing.
const LEAST_STILL: u64 = 20;
/// Lines that differ less than so much of the range of [`sample`] on the average say nothing.
const LEAST_DETAIL: f64 = 0.02;

/// What pictures that are two fields are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Combing {
    /// The field that comes first.
    pub(super) order: FieldOrder,
    /// Each field is in the lines of the other.
    pub(super) are_exchanged: bool,
}

/// What the pictures of a stream of a master of this length are, where they are two fields; `may_be_exchanged` where it can
/// be that each is in the lines of the other.
///
/// # Errors
/// When the master cannot be opened or read.
pub(super) fn seen(
    input: &Master,
    stream: usize,
    lasts: Duration,
    may_be_exchanged: bool,
) -> Result<Option<Combing>, PackagerError> {
    let mut source = input.open()?;
    let start = source.info().start.unwrap_or(PresentationTime::ZERO);
    let places = u32::try_from(lasts.as_secs()).unwrap_or(PLACES).clamp(1, PLACES);
    let mut found = Found::default();
    for place in 0..places {
        if place > 0 {
            source.seek(start + lasts * place / places);
        }
        found.look_at(&glimpse::pictures(&mut source, stream, PICTURES)?, may_be_exchanged);
    }
    Ok(found.verdict())
}

/// What was found in all places.
#[derive(Debug, Default)]
struct Found {
    as_they_are: Ballot,
    exchanged: Ballot,
    lines: Lines,
}

impl Found {
    fn look_at(&mut self, pictures: &[VideoFrame], may_be_exchanged: bool) {
        self.as_they_are.add("", pictures);
        if may_be_exchanged {
            self.exchanged.add(&format!("{EXCHANGE},"), pictures);
            self.lines.add(pictures);
        }
    }

    /// Fields that are exchanged are two, however little moves.
    fn verdict(self) -> Option<Combing> {
        if self.lines.are_exchanged() {
            let order = self.exchanged.verdict().unwrap_or_else(|| self.exchanged.slightly.more().0);
            return Some(Combing { order, are_exchanged: true });
        }
        self.as_they_are.verdict().map(|order| Combing { order, are_exchanged: false })
    }
}

/// How far lines are apart that are neighbours, and those that would be if the fields changed places. What moves says nothing
/// about that: samples are looked at that stay the same from one picture to the next.
#[derive(Debug, Default)]
struct Lines {
    /// How many groups of four samples there are, and how many of them stay the same.
    all: u64,
    samples: u64,
    as_they_are: u64,
    exchanged: u64,
}

impl Lines {
    fn add(&mut self, pictures: &[VideoFrame]) {
        for pair in pictures.windows(2) {
            let Some((picture, next)) = luma(&pair[0]).zip(luma(&pair[1])) else { continue };
            for y in (0..picture.height.min(next.height).saturating_sub(3)).step_by(2) {
                for x in 0..picture.width.min(next.width) {
                    self.all += 1;
                    let [a, b, c, d] = [0, 1, 2, 3].map(|below| sample(&picture, x, y + below));
                    if [a, b, c, d] == [0, 1, 2, 3].map(|below| sample(&next, x, y + below)) {
                        self.samples += 1;
                        self.as_they_are += u64::from(b.abs_diff(c));
                        self.exchanged += u64::from(a.abs_diff(d));
                    }
                }
            }
        }
    }

    fn are_exchanged(&self) -> bool {
        let as_they_are = self.as_they_are as f64;
        let are_enough = self.samples * LEAST_STILL > self.all;
        are_enough
            && as_they_are > self.exchanged as f64 * EXCHANGED
            && as_they_are > self.samples as f64 * LEAST_DETAIL
    }
}

fn luma(picture: &VideoFrame) -> Option<Plane<'_>> {
    use PixelFormat::{Gray8, Yuv420p, Yuv422p, Yuv444p};
    picture.plane(0).filter(|_| matches!(picture.format(), Gray8 | Yuv420p | Yuv422p | Yuv444p))
}

/// Without the lowest bits, which coding changes: 0 to 31.
fn sample(plane: &Plane<'_>, x: usize, y: usize) -> u8 {
    plane.data[y * plane.stride + x] >> 3
}

/// What was found of pictures by either threshold.
#[derive(Debug, Clone, Copy, Default)]
struct Ballot {
    clearly: Votes,
    slightly: Votes,
}

impl Ballot {
    /// `first` is what is done to the pictures before.
    fn add(&mut self, first: &str, pictures: &[VideoFrame]) {
        self.clearly.add(format!("{first}{CLEARLY}"), pictures);
        self.slightly.add(format!("{first}{SLIGHTLY}"), pictures);
    }

    fn verdict(self) -> Option<FieldOrder> {
        verdict(self.clearly, self.slightly)
    }
}

/// What was found of pictures.
#[derive(Debug, Clone, Copy, Default)]
struct Votes {
    top: usize,
    bottom: usize,
    whole: usize,
    undecided: usize,
}

impl Votes {
    /// A filter that fails has no vote.
    fn add(&mut self, chain: String, pictures: &[VideoFrame]) {
        let mut filter = Filter::new(chain);
        let mut seen: Vec<VideoFrame> =
            pictures.iter().filter_map(|picture| filter.push(picture).ok()).flatten().collect();
        seen.extend(filter.finish().unwrap_or_default());
        for picture in seen {
            match picture.noted(NOTED).as_deref() {
                Some("tff") => self.top += 1,
                Some("bff") => self.bottom += 1,
                Some("progressive") => self.whole += 1,
                _ => self.undecided += 1,
            }
        }
    }

    /// The field that comes first in more pictures, in how many, and in how many the other one does.
    fn more(self) -> (FieldOrder, usize, usize) {
        if self.top >= self.bottom {
            (FieldOrder::TopFirst, self.top, self.bottom)
        } else {
            (FieldOrder::BottomFirst, self.bottom, self.top)
        }
    }
}

/// Clearly in a good part of the pictures that are decided, or slightly in nearly all.
fn verdict(clearly: Votes, slightly: Votes) -> Option<FieldOrder> {
    let (order, combed, otherwise) = clearly.more();
    if combed >= LEAST && otherwise * 8 <= combed && clearly.whole <= combed * 3 {
        return Some(order);
    }
    let (order, combed, otherwise) = slightly.more();
    let others = otherwise + slightly.whole;
    (combed >= LEAST && others == 0 && slightly.undecided * 8 <= combed).then_some(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_av::{ColourDescription, PixelFormat, Rational, VideoFrameMut};

    const SIDE: usize = 64;

    /// Pictures whose samples follow from column, row and time in fields.
    fn judged(
        sample: impl Fn(usize, usize, usize) -> usize,
        fields: Option<FieldOrder>,
        are_exchanged: bool,
    ) -> Option<Combing> {
        let picture = |number: usize| {
            let mut canvas = VideoFrameMut::new(PixelFormat::Gray8, SIDE as u32, SIDE as u32).unwrap();
            let plane = canvas.plane_mut(0).unwrap();
            for (place, row) in plane.data.chunks_mut(plane.stride).enumerate() {
                let y = if are_exchanged { place ^ 1 } else { place };
                let is_later = match fields {
                    None => false,
                    Some(FieldOrder::TopFirst) => y % 2 == 1,
                    Some(FieldOrder::BottomFirst) => y % 2 == 0,
                };
                for (x, value) in row.iter_mut().enumerate() {
                    *value = sample(x, y, 2 * number + usize::from(is_later)) as u8;
                }
            }
            canvas.finish(None, ColourDescription::BT601, Rational::ONE)
        };
        let pictures: Vec<VideoFrame> = (0..PICTURES).map(picture).collect();
        let mut found = Found::default();
        found.look_at(&pictures, true);
        found.verdict()
    }

    /// A soft blob that moves sideways, above one that does not.
    fn blob(x: usize, y: usize, time: usize) -> usize {
        let apart = |a: usize, b: usize| a.abs_diff(b) * a.abs_diff(b);
        let moving = 230_usize.saturating_sub(apart(x, 12 + 2 * time) / 2 + apart(y, 24) / 2);
        let still = 230_usize.saturating_sub(apart(x, 32) / 4 + apart(y, 56) * 3);
        moving.max(still).max(16)
    }

    fn noise(x: usize, y: usize, time: usize) -> usize {
        let seed = ((x * 31 + y) * 1009 + time) as u64;
        let mixed = (seed ^ 0x5DEE_CE66_D1CE_4E5B).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as usize % 24
    }

    #[test]
    fn moving_fields_are_found_and_their_order_too() {
        for (order, are_exchanged) in
            [(FieldOrder::TopFirst, false), (FieldOrder::BottomFirst, false), (FieldOrder::TopFirst, true)]
        {
            let expected = Some(Combing { order, are_exchanged });
            assert_eq!(judged(blob, Some(order), are_exchanged), expected);
            let noisy = |x, y, time| blob(x, y, time) + noise(x, y, time) / 2;
            assert_eq!(judged(noisy, Some(order), are_exchanged), expected);
        }
        let still = judged(|x, y, _| blob(x, y, 4), None, true).map(|combing| combing.are_exchanged);
        assert_eq!(still, Some(true), "what does not move");
    }

    #[test]
    fn whole_pictures_are_not_taken_for_fields() {
        type Sample = fn(usize, usize, usize) -> usize;
        let films: [(&str, Sample); 8] = [
            ("a blob", blob),
            ("a still", |x, y, _| blob(x, y, 4)),
            ("noise", |x, y, time| 100 + noise(x, y, time)),
            ("stripes", |_, y, _| y % 2 * 200),
            ("stripes that fade in", |_, y, time| y % 2 * (40 + 3 * time / 2)),
            ("stripes that fade out", |_, y, time| (1 - y % 2) * (200 - 3 * time / 2)),
            ("stripes that roll", |_, y, time| (y + time / 2) % 4 / 2 * 200),
            ("a blob behind stripes", |x, y, time| blob(x, y, time) * (1 + y % 2) / 2),
        ];
        for (name, sample) in films {
            assert_eq!(judged(sample, None, false), None, "{name}");
        }
    }
}
