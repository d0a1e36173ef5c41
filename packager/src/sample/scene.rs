//! Which scene a frame belongs to, and what that scene looks like.

/// Scenes and their lengths in seconds: no two neighbours are alike, and no length divides a usual segment length, so
/// cuts fall at all places of a segment.
const CYCLE: [(SceneKind, u32); 5] =
    [(SceneKind::Calm, 5), (SceneKind::Grain, 3), (SceneKind::Drift, 5), (SceneKind::Still, 3), (SceneKind::Rush, 6)];

/// How a scene moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SceneKind {
    /// A slow gradient, which needs few bits.
    Calm,
    /// New noise in every frame, which needs as many bits as film grain.
    Grain,
    /// A texture that slides evenly, which motion compensation predicts.
    Drift,
    /// Nothing moves but the clock.
    Still,
    /// Textures that move fast in different directions.
    Rush,
}

/// A scene and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) kind: SceneKind,
    /// Counts scenes from the start of the film; picks colours.
    pub(super) scene: u32,
    /// Frames since the cut.
    pub(super) frame: u32,
}

/// The scene of frame `number` at `rate` frames a second.
pub(super) fn at(number: u32, rate: f64) -> Moment {
    let boundary = |seconds: u32| (f64::from(seconds) * rate).round() as u32;
    let mut start = 0;
    for (scene, (kind, seconds)) in (0..).zip(CYCLE.into_iter().cycle()) {
        let end = start + seconds;
        if number < boundary(end) {
            return Moment { kind, scene, frame: number - boundary(start) };
        }
        start = end;
    }
    Moment { kind: SceneKind::Still, scene: 0, frame: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_come_every_few_seconds_at_any_rate() {
        for rate in [24.0, 25.0, 30_000.0 / 1001.0, 60.0] {
            let frames = (44.0 * rate) as u32;
            let cuts: Vec<u32> = (1..frames).filter(|n| at(*n, rate).frame == 0).collect();
            assert_eq!(cuts.len(), 9, "at {rate}: {cuts:?}");
            assert!(cuts.iter().all(|n| at(*n, rate).kind != at(n - 1, rate).kind));
        }
    }
}
