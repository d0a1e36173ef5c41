//! One track from bytes to frames.

use super::codec::Decode;
use super::gate::EpochGate;
use super::job::{DecodeJob, FedSegment, Piece, Undecodable};
use super::key_ring::KeyRing;
use super::sample_clock::SampleClock;
use super::segment_progress::SegmentProgress;
use super::sink::{FrameSink, FrameTag};
use super::unlock::{Shut, Unlocker, unprotected};
use bytes::Bytes;
use player_core::io::{Epoch, RequestId};
use shared::bmff::{Sample, Track};
use shared::media;
use shared::time::PresentationTime;
use shared_av::AvError;
use std::borrow::Cow;
use std::ops::Range;

/// One track: the decoder of the moment and where its frames go.
pub struct TrackDecoder<D: Decode, S: FrameSink<D::Frame>> {
    gate: EpochGate,
    sink: S,
    unlocker: Unlocker,
    init: Bytes,
    track: Option<Track>,
    /// The sample entry of the track that the decoder was opened for.
    entry: u32,
    decoder: Option<D>,
    tag: FrameTag,
    /// Frames that came out damaged since the last look.
    damaged: usize,
    /// `None` between two segments.
    unfinished: Option<SegmentProgress>,
}

impl<D: Decode, S: FrameSink<D::Frame>> TrackDecoder<D, S> {
    /// Frames of the epoch in force go to `sink`; what is encrypted is opened with the keys of `ring`.
    pub fn new(gate: EpochGate, ring: KeyRing, sink: S) -> Self {
        Self {
            gate,
            sink,
            unlocker: Unlocker::new(ring),
            init: Bytes::new(),
            track: None,
            entry: 0,
            decoder: None,
            tag: FrameTag { epoch: Epoch::default(), until: None },
            damaged: 0,
            unfinished: None,
        }
    }

    /// Does one job. Jobs of epochs that are not in force are passed over.
    ///
    /// # Errors
    /// When a segment could not be used; the next one may be.
    pub fn work(&mut self, job: DecodeJob) -> Result<(), Undecodable> {
        match job {
            DecodeJob::Flush { epoch, from } => self.flush(epoch, from),
            DecodeJob::Init { epoch, request, data } if self.gate.lets_through(epoch) => {
                return self.init(request, data);
            }
            DecodeJob::Media { segment, piece } if self.gate.lets_through(segment.epoch) => {
                return self.media(&segment, &piece);
            }
            DecodeJob::Hole { epoch, time } if self.gate.lets_through(epoch) => self.hole(epoch, time),
            DecodeJob::End { epoch } if self.gate.lets_through(epoch) => {
                self.drain();
                self.sink.finish(epoch);
            }
            DecodeJob::Init { .. } | DecodeJob::Media { .. } | DecodeJob::Hole { .. } | DecodeJob::End { .. } => {}
        }
        Ok(())
    }

    /// Nothing is left to do although the end has not come. A decoder keeps its last frames back until it sees what
    /// follows them; without this, playback would stand still while they were still to be shown. Within a segment the
    /// decoder must stay: another one could not take over before the next key frame.
    pub fn idle(&mut self) {
        let between_segments = self.unfinished.is_none();
        if D::RESTARTS && between_segments && self.decoder.is_some() && self.gate.lets_through(self.tag.epoch) {
            self.drain();
        }
    }

    /// What is missing must not be waited for.
    fn hole(&mut self, epoch: Epoch, time: Range<PresentationTime>) {
        self.drain();
        self.sink.hole(epoch, time);
    }

    fn flush(&mut self, epoch: Epoch, from: PresentationTime) {
        self.decoder = None;
        self.track = None;
        self.unfinished = None;
        self.init = Bytes::new();
        self.sink.begin(epoch, from);
    }

    fn init(&mut self, request: RequestId, data: Bytes) -> Result<(), Undecodable> {
        if self.track.is_some() && data == self.init {
            return Ok(());
        }
        self.drain();
        let track = media::track(&data).map_err(|e| Undecodable::lost(request, e.to_string()))?;
        self.track = Some(track);
        self.init = data;
        Ok(())
    }

    fn media(&mut self, segment: &FedSegment, piece: &Piece) -> Result<(), Undecodable> {
        let request = segment.request;
        let goes_on = self.unfinished.take().filter(|unfinished| unfinished.request == request);
        let mut progress = goes_on.unwrap_or(SegmentProgress::new(request));
        let mut result = Ok(());
        if !progress.given_up {
            result = self.piece(segment, piece, &mut progress);
            if result.is_err() {
                progress.given_up = true;
                self.hole(segment.epoch, segment.time.clone());
            }
            progress.damaged += std::mem::take(&mut self.damaged);
            if let (Ok(()), true, Some(message)) = (&result, piece.last, progress.concealed()) {
                result = Err(Undecodable { concealed: true, ..Undecodable::lost(request, message) });
            }
        }
        self.unfinished = (!piece.last).then_some(progress);
        result
    }

    fn piece(
        &mut self,
        segment: &FedSegment,
        piece: &Piece,
        progress: &mut SegmentProgress,
    ) -> Result<(), Undecodable> {
        let undecodable = |message: String| Undecodable::lost(segment.request, message);
        let samples = self.listed(segment.request, piece)?;
        let data = self.opened(segment.request, piece, &samples)?;
        for run in samples.chunk_by(|one, next| one.entry == next.entry) {
            progress.sampled = true;
            self.open(segment, run[0].entry).map_err(undecodable)?;
            let clock = *progress.clock.get_or_insert_with(|| SampleClock::of(segment, &samples));
            let decoded = self.samples(run, &data, clock, progress);
            decoded.map_err(|e| undecodable(e.to_string()))?;
        }
        if piece.last { progress.verdict().map_err(undecodable) } else { Ok(()) }
    }

    /// What is in a piece of a segment.
    fn listed(&mut self, request: RequestId, piece: &Piece) -> Result<Vec<Sample>, Undecodable> {
        if media::is_self_initializing(&piece.data) {
            self.init(request, piece.data.clone())?;
        }
        let undecodable = |message: String| Undecodable::lost(request, message);
        let Some(track) = self.track.as_ref() else {
            return Err(undecodable("there is no usable initialization segment for it".into()));
        };
        media::samples(track, &piece.data, piece.file_offset).map_err(|e| undecodable(e.to_string()))
    }

    /// The bytes of a piece with its samples in the clear.
    fn opened<'p>(
        &mut self,
        request: RequestId,
        piece: &'p Piece,
        samples: &[Sample],
    ) -> Result<Cow<'p, [u8]>, Undecodable> {
        let Some(track) = &self.track else { return Ok(Cow::Borrowed(&piece.data)) };
        let opened = self.unlocker.open::<D>(track, &piece.data, piece.file_offset, samples);
        opened.map_err(|shut| match shut {
            Shut::Locked(locked) => Undecodable::lost(request, locked.to_string()),
            Shut::WrongKey(id, problem) => Undecodable { wrong_key: Some(id), ..Undecodable::lost(request, problem) },
        })
    }

    /// Sees to it that there is a decoder for samples of `segment` that this sample entry describes.
    fn open(&mut self, segment: &FedSegment, entry: u32) -> Result<(), String> {
        if segment.until != self.tag.until || (self.decoder.is_some() && entry != self.entry) {
            // Another Period, whose predecessor ends where that one does, or another coded form within one init segment.
            self.drain();
        }
        self.entry = entry;
        if let (None, Some(track)) = (&self.decoder, &self.track) {
            self.decoder = Some(D::open(&unprotected(&track.described(entry)))?);
        }
        self.tag = FrameTag { epoch: segment.epoch, until: segment.until };
        Ok(())
    }

    /// Fails when long stretches cannot be decoded.
    fn samples(
        &mut self,
        samples: &[Sample],
        data: &[u8],
        clock: SampleClock,
        progress: &mut SegmentProgress,
    ) -> Result<(), AvError> {
        progress.samples += samples.len();
        for sample in samples {
            if !self.gate.lets_through(self.tag.epoch) {
                progress.decoded(); // what it was does not matter any more
                return Ok(());
            }
            match self.sample(sample, data, clock) {
                Ok(true) => progress.decoded(),
                Ok(false) => {
                    progress.decoded();
                    return Ok(());
                }
                Err(error) if progress.failed(&error) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// `false` when frames are not wanted any more.
    fn sample(&mut self, sample: &Sample, data: &[u8], clock: SampleClock) -> Result<bool, AvError> {
        let Some(decoder) = &mut self.decoder else { return Ok(false) };
        let pts = clock.presentation(sample.pts);
        let dts = clock.presentation(sample.dts);
        self.sink.announce(pts, pts + sample.duration.duration());
        decoder.send(&data[sample.range.clone()], pts, dts)?;
        self.receive()
    }

    /// Everything the decoder has ready; `false` when it is not wanted any more.
    fn receive(&mut self) -> Result<bool, AvError> {
        while let Some(wanted) = self.next()? {
            if !wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Puts the next frame out and tells whether it was wanted; `None` when there is none yet.
    fn next(&mut self) -> Result<Option<bool>, AvError> {
        let Some(frame) = self.decoder.as_mut().map(D::receive).transpose()?.flatten() else { return Ok(None) };
        self.damaged += usize::from(D::is_damaged(&frame));
        let beyond = D::pts(&frame).zip(self.tag.until).is_some_and(|(pts, until)| pts >= until);
        Ok(Some(beyond || self.sink.put(frame, self.tag)))
    }

    /// Everything that is still in the decoder; then it is gone.
    fn drain(&mut self) {
        if let Some(decoder) = &mut self.decoder {
            decoder.finish();
            // A failure here concerns frames that were reported with their segment already.
            while matches!(self.next(), Ok(Some(true))) {}
        }
        self.decoder = None;
        self.sink.seam();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{fragment, fragments, init, sample};
    use proptest::prelude::*;
    use shared::protection::{ContentKey, Key, Scheme};
    use shared::testkit::FakeProtection;
    use shared_av::AvStage;
    use std::collections::VecDeque;

    /// Gives each access unit back as a frame, the last one only when the next comes or nothing follows, as real decoders
    /// do. One that ends in "bad", or is no text, cannot be decoded.
    #[derive(Default)]
    struct FakeDecoder {
        held: VecDeque<(PresentationTime, String)>,
        finished: bool,
    }

    impl Decode for FakeDecoder {
        type Frame = (PresentationTime, String);
        const RESTARTS: bool = true;

        fn open(_: &Track) -> Result<Self, String> {
            Ok(Self::default())
        }

        fn send(&mut self, data: &[u8], pts: PresentationTime, _: PresentationTime) -> Result<(), AvError> {
            let text = String::from_utf8_lossy(&data[4..]).into_owned();
            if text.ends_with("bad") || !text.is_ascii() {
                return Err(AvError::new(AvStage::Decode, "it", "it is bad"));
            }
            self.held.push_back((pts, text));
            Ok(())
        }

        fn receive(&mut self) -> Result<Option<Self::Frame>, AvError> {
            Ok(if self.finished || self.held.len() > 1 { self.held.pop_front() } else { None })
        }

        fn finish(&mut self) {
            self.finished = true;
        }

        fn pts(frame: &Self::Frame) -> Option<PresentationTime> {
            Some(frame.0)
        }
    }

    /// Writes down in words what it is told.
    #[derive(Default)]
    struct Log {
        lines: Vec<String>,
        full: bool,
    }

    impl FrameSink<(PresentationTime, String)> for Log {
        fn begin(&mut self, epoch: Epoch, from: PresentationTime) {
            self.lines.push(format!("begin {} at {from}", epoch.0));
        }

        fn announce(&mut self, _: PresentationTime, _: PresentationTime) {}

        fn put(&mut self, (pts, text): (PresentationTime, String), _: FrameTag) -> bool {
            self.lines.push(format!("{text} at {pts}"));
            !self.full
        }

        fn hole(&mut self, _: Epoch, time: Range<PresentationTime>) -> bool {
            self.lines.push(format!("hole {} to {}", time.start, time.end));
            true
        }

        fn seam(&mut self) {
            self.lines.push("seam".into());
        }

        fn finish(&mut self, epoch: Epoch) {
            self.lines.push(format!("finish {}", epoch.0));
        }
    }

    type Subject = TrackDecoder<FakeDecoder, Log>;

    const EPOCH: Epoch = Epoch(1);

    fn ms(millis: i64) -> PresentationTime {
        PresentationTime::from_millis(millis)
    }

    /// In epoch 1, with an initialization segment.
    fn subject() -> (EpochGate, Subject) {
        subject_with(KeyRing::default(), init())
    }

    fn subject_with(ring: KeyRing, init: Bytes) -> (EpochGate, Subject) {
        let gate = EpochGate::default();
        gate.set(EPOCH);
        let mut subject = Subject::new(gate.clone(), ring, Log::default());
        subject.work(DecodeJob::Flush { epoch: EPOCH, from: ms(0) }).unwrap();
        subject.work(DecodeJob::Init { epoch: EPOCH, request: RequestId(0), data: init }).unwrap();
        subject.sink.lines.clear();
        (gate, subject)
    }

    fn segment(request: u64) -> FedSegment {
        let time = ms(0)..ms(160);
        FedSegment { epoch: EPOCH, request: RequestId(request), offset_nanos: 0, time, until: None, origin: None }
    }

    fn whole(data: Bytes) -> Piece {
        Piece { data, file_offset: 0, last: true }
    }

    fn part(data: Bytes) -> Piece {
        Piece { last: false, ..whole(data) }
    }

    fn media(segment: FedSegment, piece: Piece) -> DecodeJob {
        DecodeJob::Media { segment, piece }
    }

    /// What came out since the last look.
    fn lines(subject: &mut Subject) -> Vec<String> {
        std::mem::take(&mut subject.sink.lines)
    }

    fn end(subject: &mut Subject) {
        subject.work(DecodeJob::End { epoch: EPOCH }).unwrap();
    }

    #[test]
    fn every_frame_comes_out_once_in_order_and_the_last_at_the_end() {
        let (_, mut subject) = subject();
        subject.work(media(segment(1), whole(fragments(0, 2).concat().into()))).unwrap();
        let expected = ["0", "40", "80"].map(|time| format!("{time} at 0.{:0>3} s", time));
        assert_eq!(lines(&mut subject), expected, "the decoder holds the last one back");
        end(&mut subject);
        assert_eq!(lines(&mut subject), ["120 at 0.120 s", "seam", "finish 1"]);
    }

    #[test]
    fn media_times_become_presentation_times() {
        let (_, mut subject) = subject();
        let segment = FedSegment { offset_nanos: 7_000_000_000, ..segment(1) };
        subject.work(media(segment, whole(fragments(0, 1).concat().into()))).unwrap();
        assert_eq!(lines(&mut subject), ["0 at 7.000 s"]);
    }

    #[test]
    fn jobs_of_another_epoch_are_passed_over() {
        let (gate, mut subject) = subject();
        gate.set(Epoch(2));
        subject.work(media(segment(1), whole(fragments(0, 2).concat().into()))).unwrap();
        subject.work(DecodeJob::Hole { epoch: EPOCH, time: ms(0)..ms(40) }).unwrap();
        end(&mut subject);
        assert_eq!(lines(&mut subject), [""; 0]);
        subject.work(DecodeJob::Flush { epoch: Epoch(2), from: ms(500) }).unwrap();
        let new = FedSegment { epoch: Epoch(2), ..segment(2) };
        let error = subject.work(media(new, whole(fragments(0, 1).concat().into()))).unwrap_err();
        assert!(error.message.contains("no usable initialization"), "a flush forgets the track: {error:?}");
        assert_eq!(lines(&mut subject), ["begin 2 at 0.500 s", "seam", "hole 0.000 s to 0.160 s"]);
    }

    #[test]
    fn a_sink_that_wants_no_more_ends_the_segment_without_a_fault() {
        let (_, mut subject) = subject();
        subject.sink.full = true;
        let bad = [fragments(0, 2).concat(), fragment(160, &[sample("bad")]).to_vec()].concat();
        assert_eq!(subject.work(media(segment(1), whole(bad.into()))), Ok(()));
        assert_eq!(lines(&mut subject).len(), 1);
    }

    #[test]
    fn what_lies_behind_the_end_of_its_period_is_not_put_out() {
        let (_, mut subject) = subject();
        let cut = FedSegment { until: Some(ms(80)), ..segment(1) };
        subject.work(media(cut, whole(fragments(0, 2).concat().into()))).unwrap();
        let next = FedSegment { offset_nanos: 80_000_000, ..segment(2) };
        subject.work(media(next, whole(fragments(0, 1).concat().into()))).unwrap();
        end(&mut subject);
        let expected = ["seam", "0 at 0.000", "40 at 0.040", "seam", "0 at 0.080", "40 at 0.120", "seam", "finish"];
        let seen = lines(&mut subject);
        assert_eq!(seen.len(), expected.len(), "{seen:?}");
        assert!(seen.iter().zip(expected).all(|(line, expected)| line.starts_with(expected)), "{seen:?}");
    }

    #[test]
    fn a_segment_may_belong_elsewhere_than_its_own_times_say() {
        let (_, mut subject) = subject();
        let moved = FedSegment { origin: Some(ms(500)), ..segment(1) };
        let at = |start| fragment(start, &[sample("a"), sample("b")]);
        subject.work(media(moved.clone(), part(at(1 << 62)))).unwrap();
        subject.work(media(moved, whole(at((1 << 62) + 80)))).unwrap();
        end(&mut subject);
        let times = ["a at 0.500 s", "b at 0.540 s", "a at 0.580 s", "b at 0.620 s"];
        assert_eq!(lines(&mut subject)[..4], times);
    }

    /// So long that enough of them is encrypted where a pattern leaves most of it clear.
    fn long() -> [String; 2] {
        ["the first of the encrypted pictures, ", "and one more, of another length, "].map(|text| text.repeat(30))
    }

    /// Samples long enough to have encrypted blocks, by this scheme, and what a decoder says that has `key` for them.
    fn encrypted(scheme: Scheme, key: Option<Key>) -> (Result<(), Undecodable>, Vec<String>) {
        let protection = FakeProtection::new(scheme);
        let id = protection.how.key_id;
        let ring = KeyRing::new(&key.map(|key| ContentKey { id, key, label: None }).into_iter().collect::<Vec<_>>());
        let (_, mut subject) = subject_with(ring, protection.header(&init()).into());
        let samples = long().map(|text| sample(&text));
        let done = subject.work(media(segment(1), whole(protection.fragment(0, 40, &samples).into())));
        end(&mut subject);
        (done, lines(&mut subject))
    }

    #[test]
    fn encrypted_samples_are_decoded_with_their_key() {
        for scheme in Scheme::ALL {
            let (done, lines) = encrypted(scheme, Some(FakeProtection::new(scheme).key));
            assert_eq!(done, Ok(()), "{scheme}");
            let [first, second] = long();
            let expected = [format!("{first} at 0.000 s"), format!("{second} at 0.040 s")];
            assert_eq!(lines[..2], expected, "{scheme}");
        }
    }

    #[test]
    fn a_key_that_is_missing_or_wrong_is_named_and_nothing_is_shown() {
        let id = FakeProtection::new(Scheme::Cenc).how.key_id;
        let (done, lines) = encrypted(Scheme::Cenc, None);
        let problem = done.unwrap_err();
        assert_eq!((problem.wrong_key, problem.message), (None, format!("the key {id} is missing")));
        assert_eq!(lines[..2], ["seam", "hole 0.000 s to 0.160 s"]);
        for scheme in Scheme::ALL {
            let (done, lines) = encrypted(scheme, Some(Key([0; 16])));
            assert_eq!(done.unwrap_err().wrong_key, Some(id), "{scheme}");
            assert_eq!(lines[..2], ["seam", "hole 0.000 s to 0.160 s"]);
        }
    }

    #[test]
    fn damage_that_people_notice_is_told_although_the_rest_is_shown() {
        let (_, mut subject) = subject();
        let samples = |bad: usize| -> Vec<Vec<u8>> {
            (0..10).map(|n| sample(if n >= 4 && n < 4 + bad { "bad" } else { "good" })).collect()
        };
        subject.work(media(segment(1), whole(fragment(0, &samples(2))))).unwrap();
        let problem = subject.work(media(segment(2), whole(fragment(400, &samples(3))))).unwrap_err();
        assert_eq!((problem.concealed, problem.message.as_str()), (true, "3 of 10 samples are damaged"));
        end(&mut subject);
        assert!(!lines(&mut subject).iter().any(|line| line.starts_with("hole")));
    }

    #[test]
    fn only_another_init_segment_changes_the_decoder() {
        let (_, mut subject) = subject();
        subject.work(media(segment(1), whole(fragments(0, 1).concat().into()))).unwrap();
        subject.work(DecodeJob::Init { epoch: EPOCH, request: RequestId(2), data: init() }).unwrap();
        assert_eq!(lines(&mut subject), ["0 at 0.000 s"]);
        let mut other = init().to_vec();
        other.extend(b"\0\0\0\x08free");
        subject.work(DecodeJob::Init { epoch: EPOCH, request: RequestId(3), data: other.into() }).unwrap();
        assert_eq!(lines(&mut subject), ["40 at 0.040 s", "seam"]);
        let none = DecodeJob::Init { epoch: EPOCH, request: RequestId(4), data: Bytes::from_static(b"nonsense") };
        assert_eq!(subject.work(none).unwrap_err().request, RequestId(4));
    }

    #[test]
    fn a_segment_that_cannot_be_read_leaves_a_hole_and_its_reason() {
        let (_, mut subject) = subject();
        for (data, reason) in [(Bytes::new(), "no samples"), (Bytes::from_static(b"\0\0\0\x40moofx"), "moof")] {
            let error = subject.work(media(segment(5), whole(data))).unwrap_err();
            assert!(error.request == RequestId(5) && error.message.contains(reason), "{error:?}");
            assert_eq!(lines(&mut subject), ["seam", "hole 0.000 s to 0.160 s"]);
        }
        subject.work(media(segment(6), whole(fragments(0, 1).concat().into()))).unwrap();
        assert_eq!(lines(&mut subject), ["0 at 0.000 s"], "the next one is none the worse");
    }

    #[test]
    fn a_few_damaged_frames_are_concealed_and_long_stretches_are_not() {
        let sampled = |bad: usize, good: usize| {
            let texts = (0..bad).map(|_| sample("bad")).chain((0..good).map(|_| sample("good")));
            fragment(0, &texts.collect::<Vec<_>>())
        };
        for (bad, good, usable) in [(1, 1, true), (24, 1, true), (25, 1, false), (1, 0, false)] {
            let (_, mut subject) = subject();
            let done = subject.work(media(segment(1), whole(sampled(bad, good))));
            let lost = done.as_ref().is_err_and(|problem| !problem.concealed);
            assert_eq!(!lost, usable, "{bad} bad, {good} good: {done:?}");
            assert_eq!(lines(&mut subject).iter().any(|line| line.starts_with("hole")), !usable);
        }
    }

    #[test]
    fn within_a_segment_an_idle_decoder_keeps_its_last_frames_and_between_two_it_gives_them() {
        let (_, mut subject) = subject();
        let all = fragments(0, 2);
        subject.work(media(segment(1), part(all[0].clone()))).unwrap();
        subject.idle();
        assert_eq!(lines(&mut subject), ["0 at 0.000 s"]);
        subject.work(media(segment(1), whole(all[1].clone()))).unwrap();
        subject.idle();
        let seen = lines(&mut subject);
        assert_eq!((seen.len(), seen.last().map(String::as_str)), (4, Some("seam")), "{seen:?}");
    }

    #[test]
    fn after_a_damaged_piece_the_rest_of_the_segment_is_passed_over() {
        let (_, mut subject) = subject();
        let all = fragments(0, 3);
        subject.work(media(segment(1), part(all[0].clone()))).unwrap();
        assert!(subject.work(media(segment(1), part(Bytes::from_static(b"\0\0\0\x40moofx")))).is_err());
        assert_eq!(subject.work(media(segment(1), whole(all[2].clone()))), Ok(()), "told once");
        assert_eq!(lines(&mut subject).last().unwrap(), "hole 0.000 s to 0.160 s");
        subject.work(media(segment(2), whole(all[0].clone()))).unwrap();
        assert_eq!(lines(&mut subject), ["0 at 0.000 s"]);
    }

    #[test]
    fn a_segment_whose_pieces_end_in_failures_is_reported_with_its_last_piece() {
        let (_, mut subject) = subject();
        let bad = fragment(0, &[sample("bad"), sample("bad")]);
        assert_eq!(subject.work(media(segment(1), part(bad))), Ok(()), "the next fragment may be good");
        let error = subject.work(media(segment(1), whole(Bytes::new()))).unwrap_err();
        assert!(error.message.contains("it is bad"), "{error:?}");
    }

    proptest! {
        /// Whatever fragments make a piece, and whether the last piece has any.
        #[test]
        fn a_segment_in_pieces_gives_what_the_whole_gives(cuts in proptest::collection::vec(0usize..=6, 0..5)) {
            let all = fragments(0, 6);
            let fed_whole = {
                let (_, mut subject) = subject();
                subject.work(media(segment(1), whole(all.concat().into()))).unwrap();
                end(&mut subject);
                lines(&mut subject)
            };
            let (_, mut subject) = subject();
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut from = 0;
            for cut in cuts {
                subject.work(media(segment(1), part(all[from..cut].concat().into()))).unwrap();
                subject.idle();
                from = cut;
            }
            subject.work(media(segment(1), whole(all[from..].concat().into()))).unwrap();
            end(&mut subject);
            prop_assert_eq!(lines(&mut subject), fed_whole);
        }
    }
}
