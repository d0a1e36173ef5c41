//! How far picture and sound are apart where they leave the player, and how many pictures were shown: measured from
//! what was delivered when, not from what the clock believes.

use player_core::io::Percentiles;
use shared::time::PresentationTime;
use std::time::Duration;

/// Offsets of an hour at 60 pictures a second; older ones make room.
const KEPT: usize = 216_000;

/// Figures of the pictures shown so far.
#[derive(Debug, Default)]
pub struct SyncLog {
    /// Pictures shown.
    pub shown: u64,
    /// Pictures that came too late.
    pub skipped: u64,
    /// For how long the glass has shown another picture than the one that was put out, since somebody last asked.
    pub unpainted: Duration,
    offsets_ms: Vec<f64>,
    next: usize,
}

impl SyncLog {
    /// A picture of `pts` went out while sound of `heard` left the sink. Positive: the picture is late.
    pub fn record(&mut self, pts: PresentationTime, heard: Option<PresentationTime>) {
        self.shown += 1;
        let Some(heard) = heard else { return };
        let offset = heard.offset_secs(pts) * 1e3;
        if self.offsets_ms.len() < KEPT {
            self.offsets_ms.push(offset);
        } else {
            self.offsets_ms[self.next] = offset;
            self.next = (self.next + 1) % KEPT;
        }
    }

    /// The distribution of the offsets' sizes in ms; `None` without sound.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let mut sizes: Vec<f64> = self.offsets_ms.iter().map(|offset| offset.abs()).collect();
        sizes.sort_by(f64::total_cmp);
        let at = |share: f64| sizes.get(((sizes.len() as f64 * share).ceil() as usize).saturating_sub(1)).copied();
        Some(Percentiles { p50: at(0.5)?, p95: at(0.95)?, max: at(1.0)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_in_both_directions() {
        let mut log = SyncLog::default();
        assert_eq!(log.percentiles(), None);
        for (pts, heard) in [(1000, 1004), (1040, 1030), (1080, 1080), (1120, 1180)] {
            log.record(PresentationTime::from_millis(pts), Some(PresentationTime::from_millis(heard)));
        }
        log.record(PresentationTime::from_millis(1160), None);
        assert_eq!(log.shown, 5);
        assert_eq!(log.percentiles(), Some(Percentiles { p50: 4.0, p95: 60.0, max: 60.0 }));
    }
}
