//! The frame rate, from the times of all pictures: the finest steady rate that lasts more than a moment. The average of
//! a recording of a screen that mostly stands still says nothing of the film that was played on it.

use crate::probe;
use shared::time::PresentationTime;
use shared_av::{Rational, VideoInfo};

/// What lasts shorter is a moment: a stutter, pictures that come late and all at once.
const MOMENT_NANOS: i64 = 1_000_000_000;
/// With fewer steps nothing is measured.
const LEAST: usize = 8;
/// Times are rounded to milliseconds by some containers.
const ROUNDING_NANOS: u64 = 2_000_000;
/// A step this many times the mean one is a picture that is missing, or another pace.
const LONGEST_STEP: f64 = 1.8;
/// A rate must be so much finer to count as another one: more than steps that are out of step can make of it.
const FINER: f64 = 1.18;
/// A moment's rate and that of all that goes on like it may differ by this: times that jitter make a moment seem finer.
const JITTER: f64 = 0.06;

/// A rate that was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    rate: Rational,
    /// Nine of ten steps are the same but for rounding.
    is_exact: bool,
}

/// Sets the rates in `video` right, where the pictures' pace contradicts them.
pub fn settle(video: &mut VideoInfo, pace: Pace) {
    let of = |rate: Option<Rational>| rate.map_or(0.0, |rate| rate.value() / pace.rate.value());
    let (base, average) = (of(video.base_rate), of(video.average_rate));
    let are_right = (base / average - 1.0).abs() < 0.02 && (0.98..1.2).contains(&base);
    let are_fields = video.fields.is_some() && (1.9..2.1).contains(&(1.0 / average));
    if are_fields {
        video.base_rate = video.average_rate;
    }
    if are_right || are_fields {
        return;
    }
    // All times lie on the base rate's grid: pictures that are missing from it leave no other pace.
    let is_grid = (0.98..1.2).contains(&base) || (!pace.is_exact && (0.98..2.5).contains(&base));
    let rate = video.base_rate.filter(|_| is_grid).unwrap_or(pace.rate);
    video.base_rate = Some(rate);
    video.average_rate = Some(rate);
}

/// The pace of pictures that are shown at these times, in any order.
pub fn measured(mut times: Vec<PresentationTime>) -> Option<Pace> {
    times.sort_unstable();
    times.dedup();
    let nanos: Vec<i64> = times.into_iter().map(PresentationTime::nanos).collect();
    let found = finest_moment(&nanos)?;
    // The pace may have become finer within that moment: then the next one has it alone.
    let moment = found.next().filter(|next| next.rate() > found.rate()).unwrap_or(found);
    let (finest, all) = (moment.rate(), moment.extended());
    let is_same = (all.rate() / finest - 1.0).abs() < JITTER;
    Some(if is_same { all.pace() } else { moment.pace() }).filter(|_| finest > 0.0)
}

/// Pictures that follow each other: the first and the last.
#[derive(Clone, Copy)]
struct Run<'a> {
    times: &'a [i64],
    first: usize,
    last: usize,
}

/// The moment in which steady pictures come fastest.
fn finest_moment(times: &[i64]) -> Option<Run<'_>> {
    let whole = Run { times, first: 0, last: times.len().checked_sub(1)? };
    if whole.steps() < LEAST {
        return None;
    }
    let moment = MOMENT_NANOS.min(whole.span());
    let mut best: Option<Run<'_>> = None;
    let mut first = 0;
    for last in LEAST..times.len() {
        while first + 1 + LEAST <= last && times[last].saturating_sub(times[first + 1]) >= moment {
            first += 1;
        }
        let run = Run { times, first, last };
        let is_finer = best.is_none_or(|best| run.rate() > best.rate() * FINER);
        if run.span() >= moment && is_finer && run.is_steady() {
            best = Some(run);
        }
    }
    best
}

impl Run<'_> {
    fn steps(self) -> usize {
        self.last - self.first
    }

    fn span(self) -> i64 {
        self.times[self.last].saturating_sub(self.times[self.first])
    }

    /// Pictures a second.
    fn rate(self) -> f64 {
        self.steps() as f64 * 1e9 / (self.span().max(1) as f64)
    }

    fn each(self) -> impl Iterator<Item = i64> {
        self.times[self.first..=self.last].windows(2).map(|pair| pair[1].saturating_sub(pair[0]))
    }

    /// Seven of eight steps are about the mean one, and the pace does not change.
    fn is_steady(self) -> bool {
        let mean = self.span() as f64 / self.steps() as f64;
        let near = self.each().filter(|step| (0.5..1.6).contains(&(*step as f64 / mean))).count();
        near * 8 >= self.steps() * 7 && self.change() < FINER
    }

    /// By how much one half of it is finer than the other.
    fn change(self) -> f64 {
        let middle = self.first + self.steps() / 2;
        let halves = [Self { last: middle, ..self }.rate(), Self { first: middle, ..self }.rate()];
        halves[0].max(halves[1]) / halves[0].min(halves[1])
    }

    /// As long a run of pictures behind it, if they are steady.
    fn next(self) -> Option<Self> {
        let end = self.times[self.last].saturating_add(self.span());
        let last = (self.last + LEAST..self.times.len()).find(|at| self.times[*at] >= end)?;
        Some(Self { first: self.last, last, ..self }).filter(|next| next.is_steady())
    }

    /// As far as it goes on like that.
    fn extended(self) -> Self {
        let longest = (self.span() as f64 / self.steps() as f64 * LONGEST_STEP) as i64;
        let goes_on = |at: usize| self.times[at + 1].saturating_sub(self.times[at]) <= longest;
        let first = (0..self.first).rev().take_while(|at| goes_on(*at)).last().unwrap_or(self.first);
        let last =
            (self.last..self.times.len() - 1).take_while(|at| goes_on(*at)).last().map_or(self.last, |at| at + 1);
        Self { first, last, ..self }
    }

    /// The usual rate next to it, a whole number before others, if it is not known better.
    fn pace(self) -> Pace {
        let mut steps: Vec<i64> = self.each().collect();
        steps.sort_unstable();
        let median = steps[steps.len() / 2];
        let same = steps.iter().filter(|step| step.abs_diff(median) <= ROUNDING_NANOS).count();
        let widest = steps.iter().map(|step| step.abs_diff(median)).max().unwrap_or(0);
        let uncertain = (widest as f64 / self.span().max(1) as f64).clamp(0.0005, 0.01);
        let milli = Rational::new((self.rate() * 1000.0).round() as u32, 1000).unwrap_or(Rational::ONE);
        let whole = Rational::new(self.rate().round() as u32, 1).and_then(|whole| probe::usual(whole, f64::EPSILON));
        let whole = whole.filter(|whole| (whole.value() / self.rate() - 1.0).abs() < uncertain);
        let rate = whole.or_else(|| probe::usual(milli, uncertain)).unwrap_or(milli);
        Pace { rate, is_exact: same * 10 >= steps.len() * 9 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::tests::video;

    fn rate(millis: impl IntoIterator<Item = i64>) -> Option<(u32, u32)> {
        let pace = measured(millis.into_iter().map(PresentationTime::from_millis).collect())?;
        Some((pace.rate.num(), pace.rate.den()))
    }

    /// Times of a rate, rounded to so many milliseconds.
    fn at(rate: f64, range: std::ops::Range<i64>, rounding: i64) -> impl Iterator<Item = i64> {
        range.map(move |n| (n as f64 * 1000.0 / rate / rounding as f64).round() as i64 * rounding)
    }

    #[test]
    fn steady_pictures_have_a_rate_however_their_times_are_rounded() {
        assert_eq!(rate(at(30.0, 0..200, 1)), Some((30, 1)));
        assert_eq!(rate(at(30_000.0 / 1001.0, 0..2000, 1)), Some((30_000, 1001)));
        assert_eq!(rate(at(9.99, 0..200, 1)), Some((999, 100)));
        assert_eq!(rate(at(30.0, 0..60, 10)), Some((30, 1)), "hundredths, as GIF has them");
        assert_eq!(rate(at(25.0, 0..200, 1).filter(|at| !(1000..2000).contains(at))), Some((25, 1)));
        assert_eq!(rate(at(60.0, 0..20, 1)), Some((60, 1)), "a third of a second is all there is");
    }

    #[test]
    fn motion_counts_however_long_the_pictures_stand_still() {
        let still = |range: std::ops::Range<i64>| range.map(|second| second * 1000);
        let motion = |from: i64, seconds: i64| at(30.0, 1..seconds * 30, 1).map(move |time| from * 1000 + time);
        assert_eq!(rate(still(0..30).chain(motion(29, 4)).chain(still(34..64))), Some((30, 1)));
        assert_eq!(rate(still(0..3600).chain(motion(3599, 2))), Some((30, 1)));
        assert_eq!(rate(still(0..100)), Some((1, 1)));
        assert_eq!(rate(still(0..100).chain((0..8).map(|n| 50_000 + n * 20))), Some((1, 1)), "a stutter is none");
    }

    #[test]
    fn of_several_rates_the_finest_counts() {
        for (first, then) in [(24.0, 60.0), (60.0, 24.0), (25.0, 50.0), (30.0, 48.0), (12.0, 15.0)] {
            let behind = at(then, 1..then as i64 * 6, 1).map(|time| 6000 + time);
            let finest = f64::max(first, then) as u32;
            assert_eq!(rate(at(first, 0..first as i64 * 6, 1).chain(behind)), Some((finest, 1)), "{first}, {then}");
        }
    }

    #[test]
    fn times_that_jitter_have_their_mean_rate() {
        for (fps, jitter) in [(30, 12), (60, 7), (15, 40), (25, 15)] {
            let times = (0..fps * 20).map(|n| n * 1000 / fps + n * 7919 % 1009 * jitter / 1009);
            assert_eq!(rate(times), Some((fps as u32, 1)), "{fps} with {jitter} ms");
        }
    }

    #[test]
    fn others_have_none() {
        assert_eq!(rate((0..5).map(|n| n * 40)), None);
        assert_eq!(rate((0..50).map(|_| 0)), None);
        assert_eq!(rate([]), None);
    }

    #[test]
    fn the_container_is_right_where_the_pace_does_not_contradict_it() {
        let r = |num, den| Rational::new(num, den).unwrap();
        let settled = |base, average, pace, is_exact| {
            let mut video = VideoInfo { base_rate: Some(base), average_rate: Some(average), ..video(64, 64) };
            settle(&mut video, Pace { rate: pace, is_exact });
            video.base_rate.unwrap()
        };
        assert_eq!(settled(r(2997, 100), r(2997, 100), r(30_000, 1001), true), r(2997, 100));
        assert_eq!(settled(r(30_000, 1001), r(51_600, 1841), r(29_200, 1000), false), r(30_000, 1001));
        assert_eq!(settled(r(60, 1), r(1000, 1), r(30, 1), true), r(30, 1));
        assert_eq!(settled(r(30, 1), r(3, 1), r(30, 1), true), r(30, 1));
        assert_eq!(settled(r(1, 1), r(1, 1), r(30, 1), true), r(30, 1));
        assert_eq!(settled(r(30, 1), r(20, 1), r(24, 1), false), r(30, 1));
        let mut fields = VideoInfo { fields: Some(shared_av::FieldOrder::TopFirst), ..video(64, 64) };
        settle(&mut fields, Pace { rate: r(50, 1), is_exact: true });
        assert_eq!(fields.base_rate, Some(r(25, 1)));
        fields.base_rate = Some(r(50, 1));
        settle(&mut fields, Pace { rate: r(50, 1), is_exact: true });
        assert_eq!(fields.base_rate, Some(r(25, 1)), "a packet for each field");
    }
}
