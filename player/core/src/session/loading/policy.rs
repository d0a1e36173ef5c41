//! Questions to the policy: what it may look at is put together here, and its answers, which are indexes into the list
//! of choices, become names of rungs again.

use super::lane::LaneId;
use super::{Desk, Loading};
use crate::abr::{self, Context, Download, Policy, Standing};
use crate::estimate::Transfer;
use crate::kinds::ChosenBy;
use crate::presentation::{Presentation, Rank, RungId, SegmentId};
use crate::snapshot::Mode;
use shared::units::{Bitrate, ByteSize};
use std::time::Duration;

/// The rungs of a lane that may be chosen now, by rising rate.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Choices {
    pub(super) rungs: Vec<RungId>,
    pub(super) bandwidths: Vec<Bitrate>,
}

impl Choices {
    /// Index among the choices of a rung.
    pub(super) fn index_of(&self, rung: RungId) -> Option<usize> {
        self.rungs.iter().position(|&choice| choice == rung)
    }

    /// The rung at an index that a policy named, held within the choices.
    pub(super) fn rung(&self, choice: usize) -> Option<RungId> {
        self.rungs.get(choice).or(self.rungs.last()).copied()
    }

    /// The highest choice up to a rank in the whole ladder, else the lowest.
    pub(super) fn nearest(&self, rank: Rank, presentation: &Presentation) -> usize {
        let up_to = |rung: &RungId| presentation.rank(*rung).is_some_and(|other| other <= rank);
        self.rungs.partition_point(up_to).saturating_sub(1)
    }
}

/// A track's segments as a policy sees them.
struct OfferedSegments<'a> {
    presentation: &'a Presentation,
    choices: &'a Choices,
}

impl OfferedSegments<'_> {
    fn segment(&self, choice: usize, ordinal: u64) -> Option<SegmentId> {
        self.presentation.nth_segment(*self.choices.rungs.get(choice)?, ordinal)
    }
}

impl abr::Segments for OfferedSegments<'_> {
    fn count(&self) -> Option<u64> {
        Some(self.presentation.index(*self.choices.rungs.first()?)?.len())
    }

    fn duration(&self, ordinal: u64) -> Duration {
        let segment = self.segment(0, ordinal).and_then(|id| self.presentation.segment(id));
        segment.map(|segment| segment.duration()).unwrap_or_default().max(Duration::from_millis(1))
    }

    fn size(&self, ordinal: u64, choice: usize) -> Option<ByteSize> {
        self.presentation.size(self.segment(choice, ordinal)?)
    }
}

impl Loading {
    /// Another policy is in charge; nobody waits for what the former one said.
    pub(in crate::session) fn set_policy(&mut self, policy: Box<dyn Policy>, desk: &Desk<'_>) {
        self.policy = policy;
        for lane in self.lanes.iter_mut().filter(|lane| lane.trouble.attempts == 0) {
            lane.not_before = desk.out.now();
        }
    }

    /// Who chooses the rungs of the lane that adapts.
    pub(in crate::session) fn set_mode(&mut self, mode: Mode) {
        for lane in self.lanes.iter_mut().filter(|lane| lane.kind.row().chosen_by == ChosenBy::Policy) {
            lane.mode = mode;
        }
    }

    /// Rungs of the present track that are not left alone for failures, nor too much for this machine.
    pub(super) fn usable(&self, lane: LaneId, desk: &Desk<'_>) -> Choices {
        self.choices_where(lane, desk, |_| true)
    }

    /// Rungs that the next segment may be fetched in: usable, their segments known, and not given up for it.
    pub(super) fn choices(&self, lane: LaneId, desk: &Desk<'_>) -> Choices {
        let given_up = &self.lanes[lane].trouble.given_up;
        self.choices_where(lane, desk, |rung| !given_up.contains(&rung) && self.presentation.is_indexed(rung))
    }

    fn choices_where(&self, lane: LaneId, desk: &Desk<'_>, accept: impl Fn(RungId) -> bool) -> Choices {
        let mut choices = Choices::default();
        let ladder = self.lanes[lane].track_in(&self.presentation).map(|track| track.rungs.as_slice());
        for rung in ladder.unwrap_or_default() {
            let left_alone = desk.network.exclusions.excluded(rung.id, desk.out.now()) || self.keys.lock(rung.id);
            if !left_alone && accept(rung.id) {
                choices.rungs.push(rung.id);
                choices.bandwidths.push(rung.bandwidth);
            }
        }
        self.lighten(lane, choices, desk.out.now())
    }

    /// Puts a question about a segment to the policy; `None` where the lane has no track.
    pub(super) fn ask<R>(
        &mut self,
        lane: LaneId,
        segment: SegmentId,
        choices: &Choices,
        desk: &Desk<'_>,
        question: impl FnOnce(&mut dyn Policy, &Context<'_>) -> R,
    ) -> Option<R> {
        let beside = self.beside(lane);
        self.lanes[lane].track_in(&self.presentation)?;
        let segments = OfferedSegments { presentation: &self.presentation, choices };
        let ordinal = self.presentation.ordinal(segment);
        let context = Context {
            now: desk.out.now(),
            buffer: self.lanes[lane].ahead(desk.at.position),
            capacity: capacity(desk, abr::Segments::duration(&segments, ordinal)),
            ordinal,
            segments: &segments,
            ladder: &choices.bandwidths,
            last: self.lanes[lane].last_rung.and_then(|rung| choices.index_of(rung)),
            estimate: &desk.network.estimator,
            beside,
            phase: standing(desk),
            playback_rate: desk.at.clock.rate(),
        };
        Some(question(self.policy.as_mut(), &context))
    }

    /// Lets the policy know of a download that has ended, if it is one that it decided on.
    pub(super) fn tell_policy(&mut self, lane: LaneId, segment: SegmentId, transfer: &Transfer, desk: &Desk<'_>) {
        if self.lanes[lane].kind.row().chosen_by != ChosenBy::Policy {
            return;
        }
        let choices = self.choices(lane, desk);
        let Some(choice) = choices.index_of(segment.rung) else { return };
        let download = Download { ordinal: self.presentation.ordinal(segment), choice, transfer: *transfer };
        self.ask(lane, segment, &choices, desk, |policy, context| policy.on_download(context, &download));
    }

    /// The rates of what the other lanes fetch beside this one.
    fn beside(&self, lane: LaneId) -> Bitrate {
        let rate = |other: &super::Lane| {
            let lowest = || Some(other.track_in(&self.presentation)?.rungs.first()?.id);
            Some(self.presentation.rung(other.last_rung.or_else(lowest)?)?.bandwidth.bps())
        };
        let others = self.lanes.others(lane).filter(|other| !other.complete);
        Bitrate::from_bps(others.filter_map(rate).fold(0, u64::saturating_add))
    }
}

/// The most media ahead of the playhead: what was asked for, but two segments at least.
pub(super) fn capacity(desk: &Desk<'_>, segment: Duration) -> Duration {
    desk.config.buffer_target.max(segment * 2)
}

fn standing(desk: &Desk<'_>) -> Standing {
    if !desk.at.started {
        Standing::Start
    } else if desk.at.seeking {
        Standing::Seek
    } else if desk.at.stalled {
        Standing::Stalled
    } else {
        Standing::Playing
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Audio, Bench, Video, config};
    use super::*;
    use crate::kinds::TrackKind;
    use crate::presentation::testing::{AUDIO, SetText, TEXT, VIDEO, film};
    use crate::session::Config;

    /// What a policy would see now of the next segment of a kind, in one line.
    fn seen(bench: &mut Bench, kind: TrackKind, words: fn(&Context<'_>) -> String) -> String {
        let lane = bench.loading.lanes.of(kind).unwrap();
        let (loading, mut desk) = bench.desk();
        let segment = loading.next_segment(lane, &mut desk).unwrap();
        let choices = loading.choices(lane, &desk);
        loading.ask(lane, segment.id, &choices, &desk, |_, context| words(context)).unwrap()
    }

    #[test]
    fn a_policy_sees_the_buffer_the_rungs_that_may_be_chosen_and_where_it_stands_among_them() {
        let words = |c: &Context<'_>| {
            let ladder: Vec<_> = c.ladder.iter().map(|rate| rate.kbps()).collect();
            format!(
                "segment {} of {:?}, {:?} of {:?} ahead, {ladder:?}, last {:?}",
                c.ordinal,
                c.segments.count(),
                c.buffer,
                c.capacity,
                c.last
            )
        };
        let mut bench = Bench::new(film(20, &[VIDEO.kbps(&[300, 1000, 2000])]));
        assert_eq!(
            seen(&mut bench, Video, words),
            "segment 0 of Some(10), 0ns of 25s ahead, [300.0, 1000.0, 2000.0], last None"
        );
        bench.run(2);
        bench.play(1.0);
        let lowest = bench.rung("v300");
        assert_eq!(
            seen(&mut bench, Video, words),
            "segment 2 of Some(10), 3s of 25s ahead, [300.0, 1000.0, 2000.0], last Some(0)"
        );
        bench.network.exclusions.exclude(lowest, bench.out.now());
        assert_eq!(
            seen(&mut bench, Video, words),
            "segment 2 of Some(10), 3s of 25s ahead, [1000.0, 2000.0], last None"
        );
    }

    #[test]
    fn the_least_capacity_is_two_segments() {
        let mut bench = Bench::with(Config { buffer_target: Duration::from_secs(1), ..config() }, film(20, &[VIDEO]));
        assert_eq!(seen(&mut bench, Video, |c| format!("{:?}", c.capacity)), "4s");
    }

    #[test]
    fn what_other_tracks_take_is_theirs_until_they_are_complete() {
        let beside = |c: &Context<'_>| c.beside.kbps().to_string();
        let mut bench = Bench::new(film(20, &[VIDEO, AUDIO, TEXT]));
        assert_eq!(seen(&mut bench, Video, beside), "65", "the lowest of each before anything was fetched");
        assert_eq!(seen(&mut bench, Audio, beside), "301");
        bench.run(1);
        bench.expect_rate(10_000);
        bench.run(1);
        assert_eq!(seen(&mut bench, Video, beside), "129", "what is fetched now");
        let lane = bench.loading.lanes.of(Audio).unwrap();
        bench.loading.lanes[lane].complete = true;
        assert_eq!(seen(&mut bench, Video, beside), "1");
    }

    #[test]
    fn a_policy_knows_why_the_picture_stands() {
        let phase = |bench: &mut Bench| seen(bench, Video, |c| format!("{:?}", c.phase));
        let mut bench = Bench::new(film(20, &[VIDEO]));
        assert_eq!(phase(&mut bench), "Start");
        bench.at.seeking = true;
        assert_eq!(phase(&mut bench), "Start", "nothing was seen yet");
        bench.at.started = true;
        assert_eq!(phase(&mut bench), "Seek");
        bench.at.seeking = false;
        assert_eq!(phase(&mut bench), "Playing");
        bench.at.stalled = true;
        assert_eq!(phase(&mut bench), "Stalled");
    }

    #[test]
    fn true_sizes_are_seen_where_an_index_tells_them() {
        let sizes = r#"<SupplementalProperty schemeIdUri="tag:dash-packager,2026:segment-index" value="sizes"/>"#;
        let words =
            |c: &Context<'_>| format!("{:?} {:?}", c.segments.size(1, 0).map(ByteSize::bytes), c.size(1, 1).bytes());
        let mut bench = Bench::new(film(10, &[SetText { each: sizes, ..VIDEO }]));
        assert_eq!(seen(&mut bench, Video, words), "None 250000", "as the rate promises");
        bench.run(3);
        assert_eq!(seen(&mut bench, Video, words), "Some(1001) 1001");
    }

    #[test]
    fn a_choice_beyond_the_ladder_is_its_top() {
        let mut bench = Bench::new(film(10, &[VIDEO]));
        let lane = bench.loading.lanes.of(Video).unwrap();
        let (low, high) = (bench.rung("v300"), bench.rung("v1000"));
        let (loading, desk) = bench.desk();
        let choices = loading.choices(lane, &desk);
        assert_eq!([0, 1, 99].map(|choice| choices.rung(choice)), [Some(low), Some(high), Some(high)]);
        assert_eq!(Choices::default().rung(0), None);
    }
}
