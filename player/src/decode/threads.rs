//! The two decoding threads and their bounded channels. When a channel is full its jobs wait in the session's thread:
//! the session feeds only a little ahead, so that is little.

use super::audio::AudioSink;
use super::codec::{Decode, PictureDecoder};
use super::line::{Job, Line, Live, Problem, Sink, Speed};
use super::video::VideoSink;
use crate::output::Mailbox;
use crate::output::audio::Writer;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use player_core::io::Epoch;
use player_core::kinds::{OutputSink, TrackKind};
use shared::time::PresentationTime;
use shared_av::{AudioDecoder, VideoFrame};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::JoinHandle;
use tokio::sync::mpsc;

/// Segments on their way to one decoder.
const JOBS: usize = 16;

/// What the decoders have to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeEvent {
    /// The first picture of an epoch is there.
    FirstPicture,
    /// A segment could not be used.
    Problem(Problem),
}

/// Both decoders.
pub struct Decoders {
    live: Live,
    speed: Speed,
    mailbox: Arc<Mailbox<VideoFrame>>,
    video: Queue,
    audio: Queue,
    threads: Vec<JoinHandle<()>>,
}

impl Decoders {
    /// Starts the threads. `events` is told; when it is full a message is lost, nothing else.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(
        mailbox: Arc<Mailbox<VideoFrame>>,
        writer: Writer,
        events: &mpsc::Sender<DecodeEvent>,
    ) -> std::io::Result<Self> {
        let (live, speed) = (Live::default(), Speed::default());
        let first = events.clone();
        let on_first = Box::new(move || {
            let _ = first.try_send(DecodeEvent::FirstPicture);
        });
        let picture = VideoSink::new(Arc::clone(&mailbox), on_first);
        let sound = AudioSink::new(live.clone(), speed.clone(), writer);
        let (video, video_thread) = start::<PictureDecoder, _>("video decode", &live, picture, events)?;
        let (audio, audio_thread) = start::<AudioDecoder, _>("audio decode", &live, sound, events)?;
        Ok(Self { live, speed, mailbox, video, audio, threads: vec![video_thread, audio_thread] })
    }

    /// Hands a job over; it waits here while the decoder is busy.
    pub fn send(&mut self, track: TrackKind, job: Job) {
        if let Some(queue) = self.queue(track.row().sink) {
            queue.send(job);
        }
    }

    /// The decoder whose output goes to a sink; none for sinks that this player does not have.
    fn queue(&mut self, sink: OutputSink) -> Option<&mut Queue> {
        match sink {
            OutputSink::Screen => Some(&mut self.video),
            OutputSink::Speakers => Some(&mut self.audio),
            OutputSink::Captions | OutputSink::Preview => None,
        }
    }

    /// Sound from now on at another speed; what is in the ring already keeps its own.
    pub fn set_speed(&self, speed: f64) {
        self.speed.set(speed);
    }

    /// A new epoch: everything on its way is dropped.
    pub fn flush(&mut self, epoch: Epoch, from: PresentationTime) {
        self.live.set(epoch);
        self.mailbox.flush(epoch);
        for queue in [&mut self.video, &mut self.audio] {
            queue.waiting.clear();
            queue.send(Job::Flush { epoch, from });
        }
    }

    /// Whether segments wait for the decoder of a sink or are in it.
    pub fn is_busy(&mut self, sink: OutputSink) -> bool {
        self.queue(sink).is_some_and(|queue| !queue.waiting.is_empty() || queue.outstanding.load(Relaxed) > 0)
    }

    /// Hands over what was waiting; `true` while something still is.
    pub fn pump(&mut self) -> bool {
        let video = self.video.pump();
        self.audio.pump() || video
    }
}

impl Drop for Decoders {
    fn drop(&mut self) {
        self.live.close();
        self.mailbox.close();
        (self.video, self.audio) = (Queue::closed(), Queue::closed());
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            let _ = thread.join(); // a panic there has been reported by then
        }
    }
}

struct Queue {
    jobs: Sender<Job>,
    waiting: VecDeque<Job>,
    /// Jobs in the channel or being done.
    outstanding: Arc<AtomicUsize>,
}

impl Queue {
    fn closed() -> Self {
        Self { jobs: bounded(0).0, waiting: VecDeque::new(), outstanding: Arc::default() }
    }

    fn send(&mut self, job: Job) {
        self.waiting.push_back(job);
        self.pump();
    }

    fn pump(&mut self) -> bool {
        while let Some(job) = self.waiting.pop_front() {
            self.outstanding.fetch_add(1, Relaxed);
            if let Err(TrySendError::Full(job)) = self.jobs.try_send(job) {
                self.outstanding.fetch_sub(1, Relaxed);
                self.waiting.push_front(job);
                return true;
            }
        }
        false
    }
}

fn start<D, S>(
    name: &str,
    live: &Live,
    sink: S,
    events: &mpsc::Sender<DecodeEvent>,
) -> std::io::Result<(Queue, JoinHandle<()>)>
where
    D: Decode + 'static,
    S: Sink<D::Frame> + Send + 'static,
{
    let (sender, jobs) = bounded(JOBS);
    let (live, events) = (live.clone(), events.clone());
    let outstanding = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&outstanding);
    let run = move || work(Line::<D, S>::new(live, sink), &jobs, &counted, &events);
    let thread = std::thread::Builder::new().name(name.into()).spawn(run)?;
    Ok((Queue { jobs: sender, waiting: VecDeque::new(), outstanding }, thread))
}

fn work<D: Decode, S: Sink<D::Frame>>(
    mut line: Line<D, S>,
    jobs: &Receiver<Job>,
    outstanding: &AtomicUsize,
    events: &mpsc::Sender<DecodeEvent>,
) {
    for job in jobs {
        if let Err(problem) = line.work(job) {
            let _ = events.try_send(DecodeEvent::Problem(problem));
        }
        if jobs.is_empty() {
            line.idle();
        }
        outstanding.fetch_sub(1, Relaxed);
    }
}
