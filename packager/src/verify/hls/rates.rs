//! What a playlist's segments take, measured by HLS's own definition (draft-pantos-hls-rfc8216bis 4.1).

/// In bit/s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rates {
    /// The largest of any run of segments that lasts between half and one and a half target durations.
    pub(super) peak: f64,
    pub(super) average: f64,
}

/// Of segments with these bytes and microseconds; `target` in seconds. `None` without any.
pub(super) fn measured(segments: &[(u64, u64)], target: u64) -> Option<Rates> {
    let (shortest, longest) = (target as f64 * 0.5e6, target as f64 * 1.5e6);
    let mut peak: Option<f64> = None;
    for first in 0..segments.len() {
        let (mut bytes, mut micros) = (0_u64, 0_u64);
        for (more_bytes, more_micros) in &segments[first..] {
            bytes = bytes.saturating_add(*more_bytes);
            micros = micros.saturating_add(*more_micros);
            if micros as f64 > longest {
                break;
            }
            if micros as f64 >= shortest {
                peak = Some(peak.unwrap_or(0.0).max(rate(bytes, micros)));
            }
        }
    }
    let bytes = segments.iter().map(|(bytes, _)| bytes).sum();
    let micros: u64 = segments.iter().map(|(_, micros)| micros).sum();
    let average = rate(bytes, micros);
    // What is shorter than half a target duration has no such run.
    (micros > 0).then(|| Rates { peak: peak.unwrap_or(average), average })
}

/// In bit/s.
pub(super) fn rate(bytes: u64, micros: u64) -> f64 {
    bytes as f64 * 8e6 / micros.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_neither_much_shorter_nor_much_longer_than_a_segment() {
        let of = |segments: &[(u64, u64)]| measured(segments, 4).map(|rates| (rates.peak, rates.average.round()));
        let (second, four) = (1_000_000, 4_000_000);
        assert_eq!(of(&[(1000, four), (3000, four), (1000, four)]), Some((6000.0, 3333.0)));
        assert_eq!(of(&[(1000, four), (5000, second)]), Some((9600.0, 9600.0)), "the last one alone is too short");
        assert_eq!(of(&[(1000, second)]), Some((8000.0, 8000.0)));
        assert_eq!(of(&[]), None);
    }
}
