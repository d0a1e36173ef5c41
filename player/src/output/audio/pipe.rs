//! The bounded ring between audio decoder and device, with its three ends.
//!
//! Frames are counted from the beginning. A flush does not touch the ring: it says up to which frame everything is
//! to be thrown away, and the next call of the device does so. So there is nothing to wait for and nothing to lock.

use super::Format;
use super::timeline::{Anchor, SampleTimeline};
use player_core::io::Epoch;
use shared::time::PresentationTime;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Beats between two looks at the clock: a device calls at most every few milliseconds, the clock is read often.
const BEATS: usize = 256;
/// How often a full ring is looked at again. The device must not wake anybody: that could make it wait.
const POLL: Duration = Duration::from_millis(5);

/// What the three ends share. The device touches the atomics only.
#[derive(Debug)]
struct Shared {
    format: Format,
    playing: AtomicBool,
    gain: AtomicU32,
    /// Frames written, thrown away or taken so far.
    written: AtomicU64,
    discard_until: AtomicU64,
    taken: AtomicU64,
    /// Frames that the device asked for, silence included.
    requested: AtomicU64,
    epoch: AtomicU32,
    timeline: Mutex<SampleTimeline>,
}

impl Shared {
    fn timeline(&self) -> MutexGuard<'_, SampleTimeline> {
        self.timeline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call of the device: what it took, and when that is heard.
#[derive(Debug, Clone, Copy)]
struct Beat {
    /// When the device says that the first frame is heard.
    at: Instant,
    /// When it really leaves the sink; the same but in tests of a sink that lies.
    leaves: Instant,
    first: u64,
    frames: u64,
}

/// A ring of `capacity` for `format`.
pub fn pipe(format: Format, capacity: Duration) -> (Writer, Renderer, Meter) {
    let (samples, queue) = rtrb::RingBuffer::new(format.samples(format.frames(capacity).max(1)));
    let (beats, heard) = rtrb::RingBuffer::new(BEATS);
    let shared = Arc::new(Shared {
        format,
        playing: AtomicBool::new(false),
        gain: AtomicU32::new(1_f32.to_bits()),
        written: AtomicU64::new(0),
        discard_until: AtomicU64::new(0),
        taken: AtomicU64::new(0),
        requested: AtomicU64::new(0),
        epoch: AtomicU32::new(0),
        timeline: Mutex::new(SampleTimeline::new(format)),
    });
    let writer = Writer { shared: Arc::clone(&shared), samples, speed: 1.0 };
    let renderer = Renderer { shared: Arc::clone(&shared), queue, beats, gain: 1.0 };
    (writer, renderer, Meter { shared, heard, recent: VecDeque::with_capacity(BEATS) })
}

/// The decoder's end.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    samples: rtrb::Producer<f32>,
    speed: f64,
}

impl Writer {
    /// How samples must lie.
    pub fn format(&self) -> Format {
        self.shared.format
    }

    /// Throws everything away; the next frame written is heard at `from`.
    pub fn begin(&mut self, epoch: Epoch, from: PresentationTime) {
        let frame = self.shared.written.load(Relaxed);
        self.shared.timeline().restart(Anchor { frame, pts: from, speed: self.speed });
        self.shared.discard_until.store(frame, Relaxed);
        self.shared.epoch.store(epoch.0, Relaxed);
    }

    /// What follows is sound at another speed: `speed` media seconds a second.
    pub fn set_speed(&mut self, speed: f64) {
        self.speed = speed;
        self.shared.timeline().set_speed(self.shared.written.load(Relaxed), speed);
    }

    /// Appends interleaved `samples`, waiting for room while `wanted` holds; `false` when it does not any more.
    pub fn write(&mut self, mut samples: &[f32], wanted: &dyn Fn() -> bool) -> bool {
        self.shared.timeline().end = None;
        let channels = usize::from(self.format().channels);
        while !samples.is_empty() {
            if !wanted() || self.samples.is_abandoned() {
                return false;
            }
            let room = self.samples.slots() / channels * channels;
            let (now, later) = samples.split_at(room.min(samples.len()));
            if now.is_empty() {
                std::thread::park_timeout(POLL);
                continue;
            }
            let _ = self.samples.push_entire_slice(now); // there is room: only this end writes
            self.shared.written.fetch_add((now.len() / channels) as u64, Relaxed);
            samples = later;
        }
        true
    }

    /// Nothing more comes in this epoch.
    pub fn finish(&mut self) {
        self.shared.timeline().end = Some(self.shared.written.load(Relaxed));
    }
}

/// The device's end. [`fill`](Renderer::fill) is real-time: it takes no lock and does not allocate.
#[derive(Debug)]
pub struct Renderer {
    shared: Arc<Shared>,
    queue: rtrb::Consumer<f32>,
    beats: rtrb::Producer<Beat>,
    gain: f32,
}

impl Renderer {
    /// How samples lie.
    pub fn format(&self) -> Format {
        self.shared.format
    }

    /// Fills `out` with what is to be heard from `at` on (and really leaves the sink at `leaves`); silence where there
    /// is nothing or playback is held. Returns the frames of sound in it.
    pub fn fill(&mut self, out: &mut [f32], at: Instant, leaves: Instant) -> u64 {
        let channels = usize::from(self.shared.format.channels);
        self.shared.requested.fetch_add((out.len() / channels) as u64, Relaxed);
        self.discard();
        let held = !self.shared.playing.load(Relaxed);
        let room = if held { 0 } else { (self.queue.slots().min(out.len())) / channels * channels };
        let (sound, rest) = out.split_at_mut(room);
        rest.fill(0.0);
        let _ = self.queue.pop_entire_slice(sound); // as many are there: only this end reads
        self.amplify(sound);
        let frames = (room / channels) as u64;
        if frames > 0 {
            let first = self.shared.taken.fetch_add(frames, Relaxed);
            // Full when nobody reads the clock: then nobody misses the beat.
            let _ = self.beats.push(Beat { at, leaves, first, frames });
        }
        frames
    }

    fn discard(&mut self) {
        let taken = self.shared.taken.load(Relaxed);
        let stale = self.shared.discard_until.load(Relaxed).saturating_sub(taken);
        let samples = self.shared.format.samples(stale).min(self.queue.slots());
        if let Ok(chunk) = self.queue.read_chunk(samples) {
            chunk.commit_all();
            let frames = samples / usize::from(self.shared.format.channels);
            self.shared.taken.fetch_add(frames as u64, Relaxed);
        }
    }

    /// Moves to the wished loudness within this buffer: a step would click.
    fn amplify(&mut self, sound: &mut [f32]) {
        let target = f32::from_bits(self.shared.gain.load(Relaxed));
        let step = (target - self.gain) / sound.len().max(1) as f32;
        if target == 1.0 && step == 0.0 {
            return;
        }
        for sample in sound {
            self.gain += step;
            *sample *= self.gain;
        }
        self.gain = target;
    }
}

/// The clock's end: knows what is heard now.
#[derive(Debug)]
pub struct Meter {
    shared: Arc<Shared>,
    heard: rtrb::Consumer<Beat>,
    recent: VecDeque<Beat>,
}

impl Meter {
    /// How samples lie.
    pub fn format(&self) -> Format {
        self.shared.format
    }

    /// Lets the device take samples, or holds them.
    pub fn set_playing(&self, playing: bool) {
        self.shared.playing.store(playing, Relaxed);
    }

    /// Loudness, 1 is as it was recorded.
    pub fn set_gain(&self, gain: f32) {
        self.shared.gain.store(gain.clamp(0.0, 4.0).to_bits(), Relaxed);
    }

    /// Presentation time of what is heard at `now`, according to the device.
    pub fn position(&mut self, now: Instant) -> PresentationTime {
        self.catch_up();
        let frame = frame_at(&self.recent, self.shared.format, now, |beat| beat.at);
        self.pts(frame.unwrap_or(0))
    }

    /// Presentation time of what really leaves the sink at `now`; `None` when nothing does.
    pub fn leaving(&mut self, now: Instant) -> Option<PresentationTime> {
        self.catch_up();
        let last = self.recent.back()?;
        let over = last.leaves + self.shared.format.time(last.frames);
        let frame = frame_at(&self.recent, self.shared.format, now, |beat| beat.leaves)?;
        (now <= over && frame >= self.shared.discard_until.load(Relaxed)).then(|| self.pts(frame))
    }

    /// Sound that waits in the ring.
    pub fn waiting(&self) -> Duration {
        self.shared.format.time(self.waiting_frames())
    }

    /// The writer has begun `epoch` and there is enough to start with, or all there will ever be.
    pub fn ready(&self, epoch: Epoch, enough: Duration) -> bool {
        self.begun(epoch) && (self.waiting() >= enough || self.shared.timeline().end.is_some())
    }

    /// There should be sound, and there is none.
    pub fn starved(&self, epoch: Epoch) -> bool {
        self.begun(epoch) && self.waiting_frames() == 0 && self.shared.timeline().end.is_none()
    }

    /// The end has been heard.
    pub fn played_out(&mut self, now: Instant) -> bool {
        self.catch_up();
        let Some(end) = self.shared.timeline().end else { return false };
        let heard = frame_at(&self.recent, self.shared.format, now, |beat| beat.at).unwrap_or(0);
        heard >= end || (self.waiting_frames() == 0 && self.shared.discard_until.load(Relaxed) >= end)
    }

    /// Sound that the device asked for since the beginning, silence included: what a guard compares with time.
    pub fn requested(&self) -> Duration {
        self.shared.format.time(self.shared.requested.load(Relaxed))
    }

    fn begun(&self, epoch: Epoch) -> bool {
        self.shared.epoch.load(Relaxed) == epoch.0
    }

    fn waiting_frames(&self) -> u64 {
        let gone = self.shared.taken.load(Relaxed).max(self.shared.discard_until.load(Relaxed));
        self.shared.written.load(Relaxed).saturating_sub(gone)
    }

    fn pts(&self, frame: u64) -> PresentationTime {
        self.shared.timeline().pts(frame)
    }

    fn catch_up(&mut self) {
        while let Ok(beat) = self.heard.pop() {
            if self.recent.len() == BEATS {
                self.recent.pop_front();
            }
            self.recent.push_back(beat);
        }
    }
}

/// The frame at `now`: within the last beat that began before, at most to its end.
fn frame_at(beats: &VecDeque<Beat>, format: Format, now: Instant, time: impl Fn(&Beat) -> Instant) -> Option<u64> {
    let begun = beats.iter().rev().find(|beat| time(beat) <= now);
    let within = |beat: &Beat| beat.first + format.frames(now.saturating_duration_since(time(beat))).min(beat.frames);
    begun.map(within).or(beats.front().map(|beat| beat.first))
}
