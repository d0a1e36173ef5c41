//! Presentation times to slots of a constant rate: a slot shows the newest picture whose time has come.

use shared::time::PresentationTime;
use shared_av::{Rational, VideoFrame};

/// A longer time without a picture than this is an error in the times, not a still scene. Shorter ones are judged by
/// [`crate::survey::look`], which knows what the other tracks have there.
const MAX_GAP_SECONDS: u64 = 86_400;

/// Puts pictures on the grid: doubles one where the next is late, drops one whose slot the next one takes.
#[derive(Debug)]
pub struct FrameGrid {
    zero: PresentationTime,
    rate: Rational,
    /// Slots before this one are not given out: another reader gives them.
    first: u64,
    /// No slot from this one on is filled.
    limit: u64,
    /// The picture that is shown from `next` on until another comes.
    held: Option<VideoFrame>,
    /// The first slot that has not been given out.
    next: u64,
    doubled: u64,
    dropped: u64,
}

impl FrameGrid {
    /// A grid that begins at `zero` of the source and has at most `limit` slots.
    pub fn new(zero: PresentationTime, rate: Rational, limit: Option<u64>) -> Self {
        let limit = limit.unwrap_or(u64::MAX);
        Self { zero, rate, first: 0, limit, held: None, next: 0, doubled: 0, dropped: 0 }
    }

    /// The same grid, of which only the slots from `first` on are given out, as if all pictures had come. The pictures
    /// must begin with one that is shown no later than there.
    #[must_use]
    pub fn from_slot(self, first: u64) -> Self {
        Self { first, ..self }
    }

    /// All slots that are wanted are filled.
    pub fn is_full(&self) -> bool {
        self.next >= self.limit
    }

    /// Takes the next picture and gives the one before for as many slots as it is shown, usually one.
    ///
    /// # Errors
    /// The gap in seconds, when the pictures' clock jumps by more than `MAX_GAP_SECONDS`.
    pub fn push(&mut self, frame: VideoFrame) -> Result<impl Iterator<Item = VideoFrame> + use<>, u64> {
        let slot = self.slot(frame.pts()).min(self.limit);
        // Before the first picture there is nothing to show but that picture.
        let first = self.held.is_none();
        if first && self.first > 0 {
            self.next = slot.min(self.first);
        }
        let wanted = slot.saturating_sub(self.next);
        let gap = (wanted as f64 / self.rate.value()) as u64;
        if gap > MAX_GAP_SECONDS {
            return Err(gap);
        }
        let shown = if first { frame.clone() } else { self.held.clone().unwrap_or_else(|| frame.clone()) };
        // What is shown before the beginning is not wanted; that is no loss.
        let wanted_at_all = self.next >= self.first && !self.is_full() && frame.pts().is_none_or(|pts| pts > self.zero);
        self.dropped += u64::from(wanted == 0 && !first && wanted_at_all);
        let given = self.give(wanted, first);
        self.held = Some(frame);
        Ok(std::iter::repeat_n(shown, given))
    }

    /// The last picture, until `end` of the source and at least once.
    pub fn finish(&mut self, end: Option<PresentationTime>) -> impl Iterator<Item = VideoFrame> + use<> {
        let last = self.held.take();
        let wanted = if last.is_some() { self.left(end) } else { 0 };
        let given = self.give(wanted, false);
        last.into_iter().flat_map(move |frame| std::iter::repeat_n(frame, given))
    }

    /// Counts as if a picture of this time had come: for those who know the times alone.
    pub fn skip_to(&mut self, pts: PresentationTime) {
        self.next = self.next.max(self.slot(Some(pts)).min(self.limit));
    }

    /// Counts as if the last picture had been given until `end`.
    pub fn skip_past(&mut self, end: Option<PresentationTime>) {
        self.next += self.left(end);
    }

    /// Slots that the last picture has, when the film ends at `end`.
    fn left(&self, end: Option<PresentationTime>) -> u64 {
        let limit = self.next + (MAX_GAP_SECONDS as f64 * self.rate.value()) as u64 + 1;
        let end = end.map_or(0, |end| self.slot(Some(end))).clamp(self.next + 1, limit);
        end.min(self.limit).saturating_sub(self.next)
    }

    /// Goes on by `wanted` slots of one picture; gives how many of them go out. All but the first one repeat the
    /// picture, and so does that one before the first picture's own time.
    fn give(&mut self, wanted: u64, before_its_time: bool) -> usize {
        let skipped = self.first.saturating_sub(self.next).min(wanted);
        let given = wanted - skipped;
        self.doubled += given.saturating_sub(u64::from(skipped == 0 && !before_its_time));
        self.next += wanted;
        given as usize
    }

    /// Where the slots given out so far end in the source.
    pub fn end(&self) -> PresentationTime {
        let nanos = u128::from(self.next) * u128::from(self.rate.den()) * 1_000_000_000 / u128::from(self.rate.num());
        self.zero.offset_by_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
    }

    /// Slots given out so far.
    pub fn frames(&self) -> u64 {
        self.next.saturating_sub(self.first)
    }

    /// Slots that repeat the picture before.
    pub fn doubled(&self) -> u64 {
        self.doubled
    }

    /// Pictures that were not shown.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The slot nearest to a time; a picture without one follows the picture before.
    fn slot(&self, time: Option<PresentationTime>) -> u64 {
        let Some(time) = time else { return self.next + u64::from(self.held.is_some()) };
        let nanos = i128::from(time.nanos()) - i128::from(self.zero.nanos());
        let (num, den) = (i128::from(self.rate.num()), i128::from(self.rate.den()) * 1_000_000_000);
        u64::try_from((nanos * num + den / 2).div_euclid(den)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared_av::{ColourDescription, PixelFormat, VideoFrameMut};

    /// A picture that carries a number.
    fn picture(number: u8, millis: i64) -> VideoFrame {
        let mut canvas = VideoFrameMut::new(PixelFormat::Gray8, 16, 16).unwrap();
        canvas.plane_mut(0).unwrap().data.fill(number);
        canvas.finish(Some(PresentationTime::from_millis(millis)), ColourDescription::BT709, Rational::ONE)
    }

    fn number(frame: &VideoFrame) -> u8 {
        frame.plane(0).unwrap().data[0]
    }

    /// Which picture each slot shows at 10 frames a second.
    fn shown(zero: i64, times: &[i64], end: Option<i64>) -> Vec<u8> {
        let mut grid = FrameGrid::new(PresentationTime::from_millis(zero), Rational::new(10, 1).unwrap(), None);
        let mut out = Vec::new();
        for (n, time) in times.iter().enumerate() {
            out.extend(grid.push(picture(n as u8, *time)).unwrap().map(|f| number(&f)));
        }
        out.extend(grid.finish(end.map(PresentationTime::from_millis)).map(|f| number(&f)));
        assert_eq!(grid.frames(), out.len() as u64);
        out
    }

    #[test]
    fn pictures_go_where_their_time_is() {
        type Case<'a> = (&'a str, i64, &'a [i64], Option<i64>, &'a [u8]);
        let cases: [Case<'_>; 8] = [
            ("constant", 0, &[0, 100, 200], None, &[0, 1, 2]),
            ("a little off", 0, &[3, 96, 204], None, &[0, 1, 2]),
            ("starts late in the source", 3_600_000, &[3_600_000, 3_600_100], None, &[0, 1]),
            ("starts after the sound", 0, &[200, 300], None, &[0, 0, 0, 1]),
            ("a picture is missing", 0, &[0, 200, 300], None, &[0, 0, 1, 2]),
            ("too many pictures", 0, &[0, 40, 60, 100], None, &[1, 3]),
            ("before zero", 0, &[-200, -100, 0, 100], None, &[2, 3]),
            ("held to the end", 0, &[0, 100], Some(500), &[0, 1, 1, 1, 1]),
        ];
        for (name, zero, times, end, expected) in cases {
            assert_eq!(shown(zero, times, end), expected, "{name}");
        }
    }

    #[test]
    fn no_more_than_wanted_comes_out() {
        let mut grid = FrameGrid::new(PresentationTime::from_millis(100), Rational::new(10, 1).unwrap(), Some(3));
        let mut out = Vec::new();
        for n in 0..6 {
            out.extend(grid.push(picture(n, i64::from(n) * 100)).unwrap().map(|f| number(&f)));
        }
        out.extend(grid.finish(Some(PresentationTime::from_millis(900))).map(|f| number(&f)));
        assert_eq!((out, grid.frames(), grid.dropped()), (vec![1, 2, 3], 3, 0));
        assert!(grid.is_full());
    }

    #[test]
    fn a_clock_that_jumps_is_an_error_and_nothing_is_no_picture() {
        let mut grid = FrameGrid::new(PresentationTime::ZERO, Rational::new(10, 1).unwrap(), None);
        assert!(grid.push(picture(0, 0)).is_ok());
        assert!(grid.push(picture(1, 4_000_000)).is_ok(), "a slide may stand for an hour");
        assert_eq!(grid.push(picture(2, 94_000_000)).err(), Some(90_000));
        let mut empty = FrameGrid::new(PresentationTime::ZERO, Rational::ONE, None);
        assert_eq!(empty.finish(Some(PresentationTime::MAX)).count(), 0);
    }

    proptest! {
        /// A grid made in stretches, each of which begins with some picture before it, is the same as one in one piece.
        #[test]
        fn stretches_join(
            steps in prop::collection::vec(0i64..400, 2..40), cut in 1u64..60, early in 0usize..6, from in -200i64..200,
        ) {
            let mut at = from;
            let times: Vec<i64> = steps.iter().map(|step| { at += step; at }).collect();
            let run = |mut grid: FrameGrid, skipped: usize| {
                let mut out = Vec::new();
                for (n, time) in times.iter().enumerate().skip(skipped) {
                    out.extend(grid.push(picture(n as u8, *time)).unwrap().map(|f| number(&f)));
                }
                out.extend(grid.finish(None).map(|f| number(&f)));
                (out, grid.doubled(), grid.dropped(), grid.frames())
            };
            let grid = |limit| FrameGrid::new(PresentationTime::ZERO, Rational::new(10, 1).unwrap(), limit);
            let whole = run(grid(None), 0);
            prop_assume!(cut < whole.3);
            // The last picture that is due at the cut, and some before it.
            let due = times.iter().rposition(|time| (*time + 50).div_euclid(100) <= cut as i64);
            prop_assume!(due.is_some());
            let head = run(grid(Some(cut)), 0);
            let tail = run(grid(None).from_slot(cut), due.unwrap().saturating_sub(early));
            prop_assert_eq!([&head.0[..], &tail.0].concat(), whole.0);
            prop_assert_eq!(head.3 + tail.3, whole.3);
            prop_assert_eq!(head.1 + tail.1, whole.1);
        }

        /// However the times jitter, no slot is skipped or given twice, and pictures keep their order.
        #[test]
        fn order_is_kept(steps in prop::collection::vec(0i64..400, 1..60)) {
            let times: Vec<i64> = steps.iter().scan(0, |at, step| { *at += step; Some(*at) }).collect();
            let shown = shown(0, &times, None);
            prop_assert!(shown.windows(2).all(|w| w[0] <= w[1]));
            let last = *times.last().unwrap();
            prop_assert_eq!(shown.len() as i64, (last + 50) / 100 + 1);
        }
    }
}
