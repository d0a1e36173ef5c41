//! One track from bytes to frames.

use super::codec::Decode;
use bytes::Bytes;
use player_core::io::{Epoch, RequestId};
use shared::bmff::{Sample, Track};
use shared::media;
use shared::time::PresentationTime;
use shared_av::AvError;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// After so many failures in a row the rest of a segment is given up.
const MOST_FAILURES: usize = 25;

/// Something for a decoder to do.
#[derive(Debug)]
pub enum Job {
    /// Forget everything; nothing before `from` is put out.
    Flush {
        /// The new epoch.
        epoch: Epoch,
        /// The exact place at which output begins.
        from: PresentationTime,
    },
    /// An init segment: what follows is of this kind.
    Init {
        /// Of which epoch.
        epoch: Epoch,
        /// For messages.
        request: RequestId,
        /// The bytes.
        data: Bytes,
    },
    /// A media segment.
    Media {
        /// Of which epoch.
        epoch: Epoch,
        /// For messages.
        request: RequestId,
        /// What media times need to become presentation times, in ns.
        offset_nanos: i64,
        /// Where in its file the segment begins.
        file_offset: u64,
        /// What it is to cover.
        time: Range<PresentationTime>,
        /// What lies behind it is not put out.
        until: Option<PresentationTime>,
        /// The bytes.
        data: Bytes,
    },
    /// Here is nothing, and nothing will come.
    Hole {
        /// Of which epoch.
        epoch: Epoch,
        /// What is missing.
        time: Range<PresentationTime>,
    },
    /// Nothing more in this epoch.
    End {
        /// Of which epoch.
        epoch: Epoch,
    },
}

/// A segment that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whose bytes.
    pub request: RequestId,
    /// Why, for people.
    pub message: String,
}

/// The epoch in force, shared by everybody on the way of the media.
#[derive(Debug, Clone, Default)]
pub struct Live(Arc<AtomicU32>);

impl Live {
    /// Nothing of older epochs is wanted any more.
    pub fn set(&self, epoch: Epoch) {
        self.0.store(epoch.0, Relaxed);
    }

    /// Nothing is wanted any more.
    pub fn close(&self) {
        self.0.store(u32::MAX, Relaxed);
    }

    /// Whether `epoch` is in force.
    pub fn is(&self, epoch: Epoch) -> bool {
        self.0.load(Relaxed) == epoch.0
    }
}

/// How fast sound is to be played, media seconds a second. It does not wait in line with the segments: those fed ahead
/// are longer than a viewer would wait for the change.
#[derive(Debug, Clone)]
pub struct Speed(Arc<AtomicU64>);

impl Default for Speed {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(1.0_f64.to_bits())))
    }
}

impl Speed {
    /// What is decoded from now on.
    pub fn set(&self, speed: f64) {
        self.0.store(speed.to_bits(), Relaxed);
    }

    /// The present one.
    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }
}

/// What a frame is put out with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Of which epoch.
    pub epoch: Epoch,
    /// What lies behind it is not put out.
    pub until: Option<PresentationTime>,
}

/// Where frames go.
pub trait Sink<F> {
    /// A new epoch begins at `from`.
    fn begin(&mut self, epoch: Epoch, from: PresentationTime);
    /// An access unit of this time and length is about to be decoded.
    fn announce(&mut self, pts: PresentationTime, end: PresentationTime);
    /// The next frame; waits for room. `false`: it is not wanted any more.
    fn put(&mut self, frame: F, place: Place) -> bool;
    /// Nothing at `time`.
    fn hole(&mut self, epoch: Epoch, time: Range<PresentationTime>) -> bool;
    /// The decoder is another one from here on.
    fn seam(&mut self);
    /// Nothing more in `epoch`.
    fn finish(&mut self, epoch: Epoch);
}

/// One track: the decoder of the moment and where its frames go.
pub struct Line<D: Decode, S: Sink<D::Frame>> {
    live: Live,
    sink: S,
    init: Bytes,
    track: Option<Track>,
    decoder: Option<D>,
    place: Place,
}

impl<D: Decode, S: Sink<D::Frame>> Line<D, S> {
    /// Frames of the epoch in force go to `sink`.
    pub fn new(live: Live, sink: S) -> Self {
        let place = Place { epoch: Epoch::default(), until: None };
        Self { live, sink, init: Bytes::new(), track: None, decoder: None, place }
    }

    /// Does one job. The error tells which segment could not be used.
    pub fn work(&mut self, job: Job) -> Result<(), Problem> {
        match job {
            Job::Flush { epoch, from } => self.flush(epoch, from),
            Job::Init { epoch, request, data } if self.live.is(epoch) => return self.init(request, data),
            Job::Media { epoch, request, offset_nanos, file_offset, time, until, data } if self.live.is(epoch) => {
                let place = Place { epoch, until };
                let samples = self.listed(request, file_offset, &data);
                let done = samples.and_then(|samples| self.media(place, request, offset_nanos, &samples, &data));
                if done.is_err() {
                    self.hole(epoch, time);
                }
                return done;
            }
            Job::Hole { epoch, time } if self.live.is(epoch) => self.hole(epoch, time),
            Job::End { epoch } if self.live.is(epoch) => {
                self.drain();
                self.sink.finish(epoch);
            }
            Job::Init { .. } | Job::Media { .. } | Job::Hole { .. } | Job::End { .. } => {}
        }
        Ok(())
    }

    /// Nothing is left to do although the end has not come. A decoder keeps its last frames back until it sees what
    /// follows them; without this, playback would stand still while they were still to be shown.
    pub fn idle(&mut self) {
        if D::RESTARTS && self.decoder.is_some() && self.live.is(self.place.epoch) {
            self.drain();
        }
    }

    /// What is missing must not be waited for.
    fn hole(&mut self, epoch: Epoch, time: Range<PresentationTime>) {
        self.drain();
        self.sink.hole(epoch, time);
    }

    fn flush(&mut self, epoch: Epoch, from: PresentationTime) {
        (self.decoder, self.track) = (None, None);
        self.init = Bytes::new();
        self.sink.begin(epoch, from);
    }

    fn init(&mut self, request: RequestId, data: Bytes) -> Result<(), Problem> {
        if self.track.is_some() && data == self.init {
            return Ok(());
        }
        self.drain();
        let problem = |message: String| Problem { request, message };
        self.track = Some(media::track(&data).map_err(|e| problem(e.to_string()))?);
        self.init = data;
        Ok(())
    }

    /// What is in a segment.
    fn listed(&mut self, request: RequestId, file_offset: u64, data: &Bytes) -> Result<Vec<Sample>, Problem> {
        if media::is_self_initializing(data) {
            self.init(request, data.clone())?;
        }
        let problem = |message: String| Problem { request, message };
        let Some(track) = self.track.as_ref() else {
            return Err(problem("there is no usable initialization segment for it".into()));
        };
        let samples = media::samples(track, data, file_offset).map_err(|e| problem(e.to_string()))?;
        if samples.is_empty() { Err(problem("the segment has no samples".into())) } else { Ok(samples) }
    }

    fn media(
        &mut self,
        place: Place,
        request: RequestId,
        offset_nanos: i64,
        samples: &[Sample],
        data: &[u8],
    ) -> Result<(), Problem> {
        let problem = |message: String| Problem { request, message };
        if place.until != self.place.until {
            // Another Period. What the decoder still holds of the last one ends where that one does.
            self.drain();
        }
        if let (None, Some(track)) = (&self.decoder, &self.track) {
            self.decoder = Some(D::open(track).map_err(problem)?);
        }
        self.place = place;
        self.samples(samples, data, offset_nanos).map_err(|e| problem(e.to_string()))
    }

    /// Fails when nothing or long stretches cannot be decoded; a single damaged frame is concealed by the next.
    fn samples(&mut self, samples: &[Sample], data: &[u8], offset_nanos: i64) -> Result<(), AvError> {
        let mut in_a_row = 0;
        for (done, sample) in samples.iter().enumerate() {
            if !self.live.is(self.place.epoch) {
                return Ok(());
            }
            match self.sample(sample, data, offset_nanos) {
                Ok(true) => in_a_row = 0,
                Ok(false) => return Ok(()),
                Err(error) => {
                    in_a_row += 1;
                    if in_a_row >= MOST_FAILURES || in_a_row == samples.len() || done + 1 == samples.len() {
                        return Err(error);
                    }
                }
            }
        }
        Ok(())
    }

    /// `false` when frames are not wanted any more.
    fn sample(&mut self, sample: &Sample, data: &[u8], offset_nanos: i64) -> Result<bool, AvError> {
        let Some(decoder) = &mut self.decoder else { return Ok(false) };
        let pts = sample.pts.presentation().offset_by_nanos(offset_nanos);
        let dts = sample.dts.presentation().offset_by_nanos(offset_nanos);
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
        let beyond = D::pts(&frame).zip(self.place.until).is_some_and(|(pts, until)| pts >= until);
        Ok(Some(beyond || self.sink.put(frame, self.place)))
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
