//! Stretches of a sample in the form of `senc` (ISO/IEC 23001-7 7.2): clear bytes, and protected ones behind them.

use shared::protection::Subsample;

/// Bytes of a sample that stay clear, with bytes behind them that are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Stretch {
    clear: usize,
    protected: usize,
}

/// The most clear bytes of an entry.
const MOST_CLEAR: usize = u16::MAX as usize;

/// Stretches as they are found in a sample.
#[derive(Debug, Default)]
pub(super) struct Stretches {
    done: Vec<Stretch>,
    clear: usize,
}

impl Stretches {
    pub(super) fn clear(&mut self, bytes: usize) {
        self.clear += bytes;
    }

    pub(super) fn protected(&mut self, bytes: usize) {
        if bytes > 0 {
            self.done.push(Stretch { clear: std::mem::take(&mut self.clear), protected: bytes });
        }
    }

    /// All of the sample, as it is written. Where there are more entries than fit, the smallest protected parts stay clear: the size of what is
    /// said of a sample has 8 bits (ISO/IEC 14496-12 8.7.8).
    pub(super) fn finish(mut self, most_entries: usize) -> Vec<Subsample> {
        if self.clear > 0 {
            self.done.push(Stretch { clear: self.clear, protected: 0 });
        }
        while self.done.iter().map(entries).sum::<usize>() > most_entries && give_up_smallest(&mut self.done) {}
        subsamples(&self.done)
    }
}

/// How many entries a stretch takes.
fn entries(stretch: &Stretch) -> usize {
    stretch.clear.div_ceil(MOST_CLEAR).max(1)
}

/// Leaves the smallest protected part clear, together with the clear bytes behind it. False when none is left.
fn give_up_smallest(stretches: &mut Vec<Stretch>) -> bool {
    let protected = stretches.iter().enumerate().filter(|(_, stretch)| stretch.protected > 0);
    let Some(at) = protected.min_by_key(|(_, stretch)| stretch.protected).map(|(at, _)| at) else { return false };
    let given_up = stretches.remove(at);
    let clear = given_up.clear + given_up.protected;
    match stretches.get_mut(at) {
        Some(next) => next.clear += clear,
        None => stretches.push(Stretch { clear, protected: 0 }),
    }
    true
}

/// The entries: a long run of clear bytes needs several.
fn subsamples(stretches: &[Stretch]) -> Vec<Subsample> {
    let mut written = vec![];
    for stretch in stretches {
        let mut clear = stretch.clear;
        while clear > MOST_CLEAR {
            written.push(Subsample { clear: u16::MAX, protected: 0 });
            clear -= MOST_CLEAR;
        }
        let protected = u32::try_from(stretch.protected).unwrap_or(u32::MAX);
        written.push(Subsample { clear: clear as u16, protected });
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(parts: &[(usize, usize)], most: usize) -> Vec<(u16, u32)> {
        let mut stretches = Stretches::default();
        for &(clear, protected) in parts {
            stretches.clear(clear);
            stretches.protected(protected);
        }
        stretches.finish(most).iter().map(|one| (one.clear, one.protected)).collect()
    }

    #[test]
    fn clear_bytes_join_and_long_runs_are_split() {
        assert_eq!(written(&[(5, 0), (100, 32), (7, 0)], 40), [(105, 32), (7, 0)]);
        assert_eq!(written(&[(70_000, 16)], 40), [(65_535, 0), (4465, 16)]);
        assert_eq!(written(&[(65_535, 16)], 40), [(65_535, 16)]);
        assert_eq!(written(&[(131_070, 0)], 40), [(65_535, 0), (65_535, 0)]);
        assert_eq!(written(&[], 40), []);
    }

    #[test]
    fn where_there_are_too_many_the_smallest_stay_clear() {
        assert_eq!(written(&[(1, 64), (1, 16), (1, 32)], 2), [(1, 64), (18, 32)]);
        assert_eq!(written(&[(1, 64), (1, 16)], 1), [(82, 0)]);
    }

    proptest! {
        #[test]
        fn together_they_are_the_whole_sample_and_they_fit(
            parts in prop::collection::vec((0_usize..200_000, 0_usize..5000), 0..80),
        ) {
            let whole: usize = parts.iter().map(|(clear, protected)| clear + protected).sum();
            let most = whole / MOST_CLEAR + 10;
            let written = written(&parts, most);
            prop_assert!(written.len() <= most);
            let sum: usize = written.iter().map(|(clear, protected)| usize::from(*clear) + *protected as usize).sum();
            prop_assert_eq!(sum, whole);
        }
    }
}
