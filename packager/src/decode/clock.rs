//! Repairs discontinuities of timestamps in recordings of broadcasts. Where a recording was cut, or two were joined,
//! the times of MPEG streams jump, although the pictures are to be shown one after the other.

use shared_av::Packet;
use std::collections::BTreeMap;

/// A jump forward up to this long is a gap in reception: the times are right.
const LONGEST_HOLE_NANOS: i64 = 10_000_000_000;
/// A longer time than this without a packet is a hole: something is missing.
const HOLE_NANOS: i64 = 500_000_000;
/// Of streams that are read together, one is no further than this behind the others.
const APART_NANOS: i64 = 1_500_000_000;
/// Times may step back by this: packets that have no decoding time come in another order than they are shown.
const STEP_BACK_NANOS: i64 = 200_000_000;

/// Makes the times of all streams continuous where they jump, shifting all streams by the same amount.
pub(crate) struct TimestampRepair {
    jumps_are_cuts: bool,
    streams: BTreeMap<usize, Stream>,
    /// The earliest time so far, after the repair.
    earliest: Option<i64>,
    jumps: u64,
}

#[derive(Clone, Copy)]
struct Stream {
    /// To be added to the times of its packets.
    offset: i64,
    /// The expected time of its next packet, after the repair.
    next: i64,
}

impl TimestampRepair {
    /// For a container by FFmpeg's name. Times are repaired in MPEG-TS and MPEG-PS alone; in other containers a jump is
    /// intended.
    pub(crate) fn new(container: &str) -> Self {
        let jumps_are_cuts = matches!(container, "mpegts" | "mpeg");
        Self { jumps_are_cuts, streams: BTreeMap::new(), earliest: None, jumps: 0 }
    }

    /// How often it jumped.
    pub(crate) fn jumps(&self) -> u64 {
        self.jumps
    }

    /// Sets the packet's times right; whether they jump, or leave a hole before it.
    pub(crate) fn mend(&mut self, packet: &mut Packet) -> bool {
        let Some(time) = packet.dts.or(packet.pts).filter(|_| self.jumps_are_cuts) else { return false };
        let before = self.streams.get(&packet.stream()).copied();
        let lasts = i64::try_from(packet.duration.as_nanos()).unwrap_or(0);
        let offset = self.offset(packet.stream(), time.nanos(), lasts);
        packet.pts = packet.pts.map(|pts| pts.offset_by_nanos(offset));
        packet.dts = packet.dts.map(|dts| dts.offset_by_nanos(offset));
        let hole = |known: Stream| time.nanos().saturating_add(offset).saturating_sub(known.next) > HOLE_NANOS;
        before.is_some_and(|known| known.offset != offset || hole(known))
    }

    /// What is to be added to `time`, in nanoseconds.
    fn offset(&mut self, stream: usize, time: i64, lasts: i64) -> i64 {
        let offset = match self.streams.get(&stream) {
            Some(known) => self.continuing(*known, time),
            None => self.beginning(time),
        };
        let at = time.saturating_add(offset);
        self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
        let next = at.saturating_add(lasts);
        self.streams.insert(stream, Stream { offset, next });
        offset
    }

    /// For the first packet of a stream. Streams of a recording share a clock, so one that is far from all that has been is
    /// wrong: then it begins where the others are. A picture that stands for hours may come behind their sound.
    fn beginning(&mut self, time: i64) -> i64 {
        let Some(latest) = self.streams.values().map(|other| other.next).max() else { return 0 };
        let earliest = self.earliest.unwrap_or(latest).min(latest);
        let off = |offset: &i64| {
            let at = time.saturating_add(*offset);
            at.abs_diff(at.clamp(earliest, latest))
        };
        let known = self.streams.values().map(|other| other.offset).chain([0]).min_by_key(off).unwrap_or(0);
        if off(&known) <= LONGEST_HOLE_NANOS.unsigned_abs() {
            return known;
        }
        self.jumps += 1;
        latest.saturating_sub(time)
    }

    /// Another stream of the same clock is there: one that has had nothing meanwhile (a slide, a pause) is not cut.
    fn has_come_to(&self, at: i64, offset: i64) -> bool {
        let same_clock = self.streams.values().filter(|other| other.offset == offset);
        let latest = same_clock.map(|other| other.next).max();
        latest.is_some_and(|latest| at.abs_diff(latest) <= LONGEST_HOLE_NANOS.unsigned_abs())
    }

    /// The stream's own offset while its times go on; else that of another stream which has jumped before it, so that
    /// sound and pictures stay together; else a new one.
    fn continuing(&mut self, known: Stream, time: i64) -> i64 {
        let goes_on = |offset: &i64| {
            let at = time.saturating_add(*offset);
            let step = at.saturating_sub(known.next);
            (-STEP_BACK_NANOS..=LONGEST_HOLE_NANOS).contains(&step) || (step > 0 && self.has_come_to(at, *offset))
        };
        let off = |offset: &i64| time.saturating_add(*offset).abs_diff(known.next);
        let others = self.streams.values().map(|other| other.offset).filter(goes_on).min_by_key(off);
        match [known.offset].into_iter().find(goes_on).or(others) {
            Some(offset) => offset,
            None => {
                self.jumps += 1;
                self.end_of(known).saturating_sub(time)
            }
        }
    }

    /// Where a stream ends; where it has paused, others have gone on instead of it.
    fn end_of(&self, known: Stream) -> i64 {
        let latest = self.streams.values().map(|other| other.next).max();
        latest.filter(|latest| latest.saturating_sub(known.next) > APART_NANOS).unwrap_or(known.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    /// Mended times in milliseconds of packets `(stream, time)` of 40 ms.
    fn mended(packets: &[(usize, i64)]) -> (Vec<i64>, u64) {
        let mut clock = TimestampRepair::new("mpegts");
        let times =
            packets.iter().map(|(stream, at)| at + clock.offset(*stream, at * MS, 40 * MS) / MS).collect::<Vec<_>>();
        (times, clock.jumps())
    }

    #[test]
    fn what_goes_on_is_left_alone() {
        let steady: Vec<(usize, i64)> = (0..50).map(|n| (n as usize % 2, n / 2 * 40)).collect();
        assert_eq!(mended(&steady).0, steady.iter().map(|(_, at)| *at).collect::<Vec<_>>());
        assert_eq!(mended(&[(0, 0), (0, 9_000)]), (vec![0, 9_000], 0), "reception failed for nine seconds");
        assert_eq!(mended(&[(0, 100), (0, 20), (0, 60)]), (vec![100, 20, 60], 0), "in the order of decoding");
    }

    #[test]
    fn a_cut_is_closed_for_all_streams_by_the_same_amount() {
        for start in [-5_000_000, 1_000, 7_200_000] {
            let (times, jumps) = mended(&[
                (0, 5_000),
                (1, 5_010),
                (0, start),
                (1, 5_050),
                (1, start + 30),
                (0, start + 40),
                (1, start + 70),
            ]);
            assert_eq!((times, jumps), (vec![5_000, 5_010, 5_040, 5_050, 5_070, 5_080, 5_110], 1), "to {start}");
        }
    }

    #[test]
    fn a_slide_that_stands_while_the_sound_goes_on_is_no_cut() {
        let sound = (0..900).map(|n| (1, n * 100));
        let slides: Vec<(usize, i64)> = std::iter::once((0, 0)).chain(sound).chain([(0, 90_000)]).collect();
        let (times, jumps) = mended(&slides);
        assert_eq!((times.last(), jumps), (Some(&90_000), 0));
    }

    #[test]
    fn what_comes_back_after_another_stream_follows_that_one() {
        let part = |stream, from: i64| (0..50).map(move |n| (stream, from + n * 40));
        let film: Vec<_> = part(0, 50_000).chain(part(1, 9_000)).chain(part(0, 50_000)).collect();
        let (times, jumps) = mended(&film);
        assert_eq!((times[50], times[100], times[149], jumps), (52_000, 54_000, 55_960, 2));
    }

    #[test]
    fn a_stream_whose_clock_is_far_from_the_others_begins_with_them() {
        let hour = 3_600_000;
        let (times, jumps) = mended(&[(0, hour), (1, 20), (0, hour + 40), (1, 60)]);
        assert_eq!((times, jumps), (vec![hour, hour + 40, hour + 40, hour + 80], 1));
        let sound = (0..60).map(|n| (1, 1_400 + n * 5_000));
        let (times, jumps) = mended(&sound.chain([(0, 1_464)]).collect::<Vec<_>>());
        assert_eq!((times.last(), jumps), (Some(&1_464), 0), "a picture that comes behind the sound");
        let late = mended(&[(0, 5_000), (0, hour), (1, hour + 30)]);
        assert_eq!(late, (vec![5_000, 5_040, 5_070], 1), "a stream that begins behind a jump");
    }

    #[test]
    fn other_containers_mean_what_they_say() {
        assert!(!TimestampRepair::new("matroska,webm").jumps_are_cuts);
    }
}
