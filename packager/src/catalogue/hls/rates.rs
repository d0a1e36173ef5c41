//! What a playlist's segments take, by HLS's own measure (draft-pantos-hls-rfc8216bis 4.1): the peak is the largest rate of
//! any run of segments that lasts between half and one and a half target durations.

use shared::time::Timescale;

/// A segment, or the part of one that is a key frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) bytes: u64,
    /// How long it is shown.
    pub(super) ticks: u64,
}

/// In bit/s, rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rates {
    pub(super) peak: u64,
    pub(super) average: u64,
}

impl Rates {
    /// Of pieces with durations in ticks of `timescale`, in a playlist with this target duration in seconds.
    pub(super) fn of(pieces: &[Piece], timescale: Timescale, target: u64) -> Self {
        let average = rate(sum(pieces), timescale);
        let window = target.saturating_mul(timescale.get().into());
        let runs = (0..pieces.len()).filter_map(|first| fastest(&pieces[first..], timescale, window));
        // A film that is shorter than half a target duration has no such run.
        Self { peak: runs.max().unwrap_or(average), average }
    }
}

/// The largest rate of the runs from the first piece on that are neither too short nor too long.
fn fastest(pieces: &[Piece], timescale: Timescale, window: u64) -> Option<u64> {
    let totals = pieces.iter().scan(Piece { bytes: 0, ticks: 0 }, |total, piece| {
        *total = plus(*total, *piece);
        Some(*total)
    });
    let short = totals.take_while(|run| run.ticks.saturating_mul(2) <= window.saturating_mul(3));
    short.filter(|run| run.ticks.saturating_mul(2) >= window).map(|run| rate(run, timescale)).max()
}

fn sum(pieces: &[Piece]) -> Piece {
    pieces.iter().copied().fold(Piece { bytes: 0, ticks: 0 }, plus)
}

fn plus(a: Piece, b: Piece) -> Piece {
    Piece { bytes: a.bytes.saturating_add(b.bytes), ticks: a.ticks.saturating_add(b.ticks) }
}

/// Rounded up; at least 1, because 0 would say that nothing is known.
pub(super) fn rate(piece: Piece, timescale: Timescale) -> u64 {
    let bits = u128::from(piece.bytes) * 8 * u128::from(timescale.get());
    let rate = bits.div_ceil(u128::from(piece.ticks.max(1)));
    u64::try_from(rate).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(pieces: &[(u64, u64)], target: u64) -> (u64, u64) {
        let pieces: Vec<Piece> = pieces.iter().map(|&(bytes, ticks)| Piece { bytes, ticks }).collect();
        let Rates { peak, average } = Rates::of(&pieces, Timescale::new(10).unwrap(), target);
        (peak, average)
    }

    #[test]
    fn the_peak_is_that_of_the_worst_run_of_about_a_target_duration() {
        assert_eq!(rates(&[(100, 40), (300, 40), (100, 40)], 4), (600, 334));
        // The last segment alone is too short to count; with the one before it, it is a run of 5 s.
        assert_eq!(rates(&[(100, 40), (100, 40), (500, 10)], 4), (960, 623));
        // Runs of short segments: any three to eight of them.
        assert_eq!(rates(&[(10, 5), (90, 5), (90, 5), (90, 5), (10, 5)], 3), (1440, 928));
    }

    #[test]
    fn a_film_without_any_such_run_has_its_average() {
        assert_eq!(rates(&[(100, 1)], 1), (8000, 8000));
        assert_eq!(rates(&[], 1), (1, 1));
    }
}
