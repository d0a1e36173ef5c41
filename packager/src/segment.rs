//! Cuts packets into segments by arithmetic on their times alone. All Representations are therefore cut at the same
//! instants, although each is cut in a thread of its own.
//!
//! *Pictures*: every N frames exactly, N the same for the whole film. *Sound*: at the packet whose start is nearest to
//! the pictures' boundary, not to a multiple of the nominal length, so that 2.002 s stay 2.002 s. *The end*: a tail
//! too short to be worth a request joins the segment before it.

use crate::mux::Packet;
use shared::time::Timescale;

/// The instants at which segments begin: the end of the first one, then every so many ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Ticks a second of what follows.
    pub timescale: Timescale,
    /// Length of the first segment: as `segment`, or less where it is wanted soon.
    pub first: u32,
    /// Length of a segment in ticks of the pictures' timescale: a whole number of frames.
    pub segment: u32,
}

/// How packets are assigned to the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutRule {
    /// By their start: pictures, which lie on the grid.
    Exact,
    /// By their middle, so that the cut is at the start nearest to the boundary: sound.
    Nearest,
}

/// Consecutive packets that become one segment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// From 1.
    pub number: u64,
    /// In decoding order.
    pub packets: Vec<Packet>,
}

/// Cuts one Representation into segments. Buffers the packets of at most two segments.
#[derive(Debug)]
pub struct Cutter {
    grid: Grid,
    rule: CutRule,
    /// Ticks a second of the packets' times.
    timescale: Timescale,
    /// A last segment shorter than this, in ticks of the packets, joins the one before.
    least_tail: i64,
    /// Where the film is expected to end: segments well before it need not wait.
    expected_end: i64,
    /// A finished segment that a short tail may still join.
    held: Option<Group>,
    open: Group,
    /// Index on the grid of the open segment.
    slot: i64,
}

impl Grid {
    /// The segment that the instant `ticks` (of `timescale`) lies in, counted from 0; negative ones are in the first.
    pub fn slot(&self, ticks: i64, timescale: Timescale) -> i64 {
        let instant = i128::from(ticks.max(0)) * i128::from(self.timescale.get());
        let scale = i128::from(timescale.get());
        let missing = i128::from(self.segment.saturating_sub(self.first)) * scale;
        let length = i128::from(self.segment.max(1)) * scale;
        i64::try_from((instant + missing) / length).unwrap_or(i64::MAX)
    }

    /// The cut that lies within `reach` of a tick of the grid's own timescale, or else the tick.
    pub fn nearest_cut(&self, tick: i64, reach: i64) -> i64 {
        let (first, length) = (i64::from(self.first), i64::from(self.segment.max(1)));
        let cut = first + (tick - first + length / 2).div_euclid(length) * length;
        if (cut - tick).abs() <= reach && tick > 0 { cut } else { tick }
    }

    /// The length of `segments` segments, rounded to ticks of `timescale`.
    pub fn length(&self, segments: f64, timescale: Timescale) -> i64 {
        (segments * f64::from(self.segment) * f64::from(timescale.get()) / f64::from(self.timescale.get())).round()
            as i64
    }
}

impl Cutter {
    /// Cuts packets with times in `timescale`, the first of which opens segment `first` (1 at the start of the film,
    /// more after a resumed chunk). A last segment shorter than `least_tail` of a segment joins the one before; 0.5
    /// where the manifest lists every duration.
    pub fn new(grid: Grid, rule: CutRule, timescale: Timescale, first: u64, least_tail: f64) -> Self {
        let slot = i64::try_from(first).unwrap_or(1) - 1;
        Self {
            grid,
            rule,
            timescale,
            least_tail: grid.length(least_tail, timescale),
            expected_end: 0,
            held: None,
            open: Group { number: first, packets: vec![] },
            slot,
        }
    }

    /// Sets the expected end of the film in ticks. Segments that begin two segments or more before it are returned
    /// without waiting for a short tail that might join them. If the film ends earlier, its last segment may be short.
    pub fn expecting_end(mut self, ticks: i64) -> Self {
        self.expected_end = ticks;
        self
    }

    /// Takes the next packet in decoding order; gives the segment that is certain to be complete now.
    pub fn push(&mut self, packet: Packet) -> Option<Group> {
        let middle = match self.rule {
            CutRule::Exact => packet.pts,
            CutRule::Nearest => packet.pts.saturating_add(packet.duration / 2),
        };
        let slot = self.grid.slot(middle, self.timescale);
        if slot > self.slot && !self.open.packets.is_empty() {
            self.close();
        }
        self.slot = self.slot.max(slot);
        self.open.packets.push(packet);
        self.release()
    }

    /// The segments that are left, at most two.
    pub fn finish(mut self) -> Vec<Group> {
        if span(&self.open) < self.least_tail
            && let Some(held) = &mut self.held
        {
            held.packets.append(&mut self.open.packets);
        }
        self.held.into_iter().chain([self.open]).filter(|group| !group.packets.is_empty()).collect()
    }

    fn close(&mut self) {
        let number = self.open.number + 1;
        let closed = std::mem::replace(&mut self.open, Group { number, packets: vec![] });
        match &mut self.held {
            // Reached only where packets are longer than segments: two slots in a row are too short for a segment.
            Some(held) => {
                self.open.number = closed.number;
                held.packets.extend(closed.packets);
            }
            None => self.held = Some(closed),
        }
    }

    fn release(&mut self) -> Option<Group> {
        let open = self.open.packets.first()?.pts;
        let far = open.saturating_add(self.grid.length(2.0, self.timescale)) <= self.expected_end;
        if far || span(&self.open) >= self.least_tail { self.held.take() } else { None }
    }
}

/// From the first start to the last end of a group, in ticks.
fn span(group: &Group) -> i64 {
    let start = group.packets.iter().map(|packet| packet.pts).min();
    let end = group.packets.iter().map(|packet| packet.pts.saturating_add(packet.duration)).max();
    start.zip(end).map_or(0, |(start, end)| end.saturating_sub(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;

    fn ts(ticks: u32) -> Timescale {
        Timescale::new(ticks).unwrap()
    }

    fn grid(timescale: u32, segment: u32) -> Grid {
        Grid { timescale: ts(timescale), first: segment, segment }
    }

    fn packets(count: i64, duration: i64, start: i64) -> impl Iterator<Item = Packet> {
        (0..count).map(move |n| {
            let pts = start + n * duration;
            Packet { data: Bytes::new(), pts, dts: pts, duration, key: true }
        })
    }

    fn cut(mut cutter: Cutter, packets: impl Iterator<Item = Packet>) -> Vec<Group> {
        let mut groups: Vec<Group> = packets.filter_map(|packet| cutter.push(packet)).collect();
        groups.extend(cutter.finish());
        groups
    }

    /// Number, first start and length of each segment.
    fn shape(groups: &[Group]) -> Vec<(u64, i64, i64)> {
        groups.iter().map(|group| (group.number, group.packets[0].pts, span(group))).collect()
    }

    #[test]
    fn pictures_every_n_frames_and_a_short_tail_joins() {
        let grid = grid(24, 48);
        let cutter = || Cutter::new(grid, CutRule::Exact, ts(24), 1, 0.5);
        assert_eq!(shape(&cut(cutter(), packets(96 + 23, 1, 0))), [(1, 0, 48), (2, 48, 71)]);
        assert_eq!(shape(&cut(cutter(), packets(96 + 24, 1, 0))), [(1, 0, 48), (2, 48, 48), (3, 96, 24)]);
        assert_eq!(shape(&cut(cutter(), packets(5, 1, 0))), [(1, 0, 5)]);
        assert_eq!(shape(&cut(cutter(), packets(0, 1, 0))), []);
    }

    #[test]
    fn sound_is_cut_nearest_to_the_pictures_boundaries() {
        // 60 frames of 30000/1001: 2.002 s, not 2 s.
        let grid = grid(30_000, 60_060);
        let groups = cut(Cutter::new(grid, CutRule::Nearest, ts(48_000), 1, 0.5), packets(4 * 94, 1024, -1024));
        for (n, group) in groups.iter().enumerate().skip(1) {
            let boundary = 2.002 * n as f64;
            let start = group.packets[0].pts as f64 / 48e3;
            assert!((start - boundary).abs() <= 512.0 / 48e3, "{start} {boundary}");
        }
        assert_eq!(groups.len(), 4);
    }

    #[test]
    fn a_cut_is_found_where_it_is_near() {
        let grid = Grid { first: 10, ..grid(10, 20) };
        let near = |tick| grid.nearest_cut(tick, 2);
        assert_eq!([0, 9, 12, 13, 28, 30, 47].map(near), [0, 10, 10, 13, 30, 30, 47]);
    }

    #[test]
    fn a_shorter_first_segment_moves_all_others() {
        let grid = Grid { first: 10, ..grid(10, 20) };
        let pictures = cut(Cutter::new(grid, CutRule::Exact, ts(10), 1, 0.5), packets(50, 1, 0));
        assert_eq!(shape(&pictures), [(1, 0, 10), (2, 10, 20), (3, 30, 20)]);
        let sound = cut(Cutter::new(grid, CutRule::Nearest, ts(1000), 1, 0.5), packets(50, 100, -10));
        assert_eq!(shape(&sound), [(1, -10, 1000), (2, 990, 2000), (3, 2990, 2000)]);
    }

    #[test]
    fn segments_far_from_the_end_do_not_wait() {
        let grid = grid(10, 20);
        let mut waiting = Cutter::new(grid, CutRule::Exact, ts(10), 1, 0.5);
        let mut sure = Cutter::new(grid, CutRule::Exact, ts(10), 1, 0.5).expecting_end(100);
        let first = |cutter: &mut Cutter| packets(60, 1, 0).position(|packet| cutter.push(packet).is_some());
        assert_eq!((first(&mut waiting), first(&mut sure)), (Some(29), Some(20)));
    }

    #[test]
    fn a_resumed_run_numbers_on() {
        let grid = grid(10, 20);
        let groups = cut(Cutter::new(grid, CutRule::Exact, ts(10), 4, 0.5), packets(40, 1, 60));
        assert_eq!(shape(&groups), [(4, 60, 20), (5, 80, 20)]);
    }

    proptest! {
        /// Whatever the rates, all packets come out once and in order, and every sound cut lies within half a packet
        /// of the pictures' cut.
        #[test]
        fn nothing_is_lost_and_cuts_agree(
            fps in prop::sample::select(vec![(24_000u32, 1001u32), (25, 1), (30_000, 1001), (60, 1), (1, 4)]),
            frames in 1u32..300, rate in prop::sample::select(vec![44_100u32, 48_000, 22_050]), count in 1i64..4000,
        ) {
            let grid = grid(fps.0, frames * fps.1);
            let groups = cut(Cutter::new(grid, CutRule::Nearest, ts(rate), 1, 0.5), packets(count, 1024, -1024));
            let all: Vec<i64> = groups.iter().flat_map(|g| g.packets.iter().map(|p| p.pts)).collect();
            prop_assert_eq!(all, packets(count, 1024, -1024).map(|p| p.pts).collect::<Vec<_>>());
            let length = f64::from(frames * fps.1) / f64::from(fps.0);
            for group in groups.iter().skip(1) {
                let start = group.packets[0].pts as f64 / f64::from(rate);
                let off = start - (start / length).round() * length;
                prop_assert!(off.abs() <= 512.5 / f64::from(rate), "{} s off", off);
            }
        }
    }
}
