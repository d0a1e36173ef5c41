//! The decoding threads, one for each sink that there is, and their bounded channels. When a channel is full its jobs wait in the session's thread:
//! the session feeds only a little ahead, so that is little.

use super::audio::AudioSink;
use super::codec::{Decode, PictureDecoder};
use super::gate::{EpochGate, Speed};
use super::job::{DecodeJob, Undecodable};
use super::key_ring::KeyRing;
use super::sink::FrameSink;
use super::track::TrackDecoder;
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

/// All decoders.
pub struct Decoders {
    gate: EpochGate,
    speed: Speed,
    mailbox: Arc<Mailbox<VideoFrame>>,
    lines: Vec<DecodeLine>,
}

/// The decoder of one sink.
struct DecodeLine {
    sink: OutputSink,
    queue: Queue,
    thread: JoinHandle<()>,
}

impl Decoders {
    /// Starts the threads. What cannot be decoded is told to `problems`; when that is full a message is lost, nothing else.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(
        mailbox: Arc<Mailbox<VideoFrame>>,
        writer: Writer,
        ring: &KeyRing,
        problems: &mpsc::Sender<Undecodable>,
    ) -> std::io::Result<Self> {
        let picture = VideoSink::new(Arc::clone(&mailbox));
        let mut decoders = Self { gate: EpochGate::default(), speed: Speed::default(), mailbox, lines: vec![] };
        let sound = AudioSink::new(decoders.gate.clone(), decoders.speed.clone(), writer);
        // A row a sink.
        decoders.add::<PictureDecoder, _>(OutputSink::Screen, "video decode", ring, picture, problems)?;
        decoders.add::<AudioDecoder, _>(OutputSink::Speakers, "audio decode", ring, sound, problems)?;
        Ok(decoders)
    }

    fn add<D, S>(
        &mut self,
        sink: OutputSink,
        name: &str,
        ring: &KeyRing,
        frames: S,
        problems: &mpsc::Sender<Undecodable>,
    ) -> std::io::Result<()>
    where
        D: Decode + 'static,
        S: FrameSink<D::Frame> + Send + 'static,
    {
        let (queue, thread) = start::<D, S>(name, &self.gate, ring, frames, problems)?;
        self.lines.push(DecodeLine { sink, queue, thread });
        Ok(())
    }

    /// Hands a job over; it waits here while the decoder is busy.
    pub fn send(&mut self, track: TrackKind, job: DecodeJob) {
        if let Some(queue) = self.queue(track.row().sink) {
            queue.send(job);
        }
    }

    /// The decoder whose output goes to a sink; none for sinks that this player does not have.
    fn queue(&mut self, sink: OutputSink) -> Option<&mut Queue> {
        self.lines.iter_mut().find(|line| line.sink == sink).map(|line| &mut line.queue)
    }

    /// Sound from now on at another speed; what is in the ring already keeps its own.
    pub fn set_speed(&self, speed: f64) {
        self.speed.set(speed);
    }

    /// A new epoch: everything on its way is dropped.
    pub fn flush(&mut self, epoch: Epoch, from: PresentationTime) {
        self.gate.set(epoch);
        self.mailbox.flush(epoch);
        for DecodeLine { queue, .. } in &mut self.lines {
            queue.waiting.clear();
            queue.send(DecodeJob::Flush { epoch, from });
        }
    }

    /// Whether segments wait for the decoder of a sink or are in it.
    pub fn is_busy(&mut self, sink: OutputSink) -> bool {
        self.queue(sink).is_some_and(|queue| !queue.waiting.is_empty() || queue.outstanding.load(Relaxed) > 0)
    }

    /// Hands over what was waiting; `true` while something still is.
    pub fn pump(&mut self) -> bool {
        let mut waits = false;
        for line in &mut self.lines {
            waits |= line.queue.pump();
        }
        waits
    }
}

impl Drop for Decoders {
    fn drop(&mut self) {
        self.gate.close();
        self.mailbox.close();
        for DecodeLine { queue, thread, .. } in self.lines.drain(..) {
            drop(queue); // the thread ends when nobody can send any more
            thread.thread().unpark();
            let _ = thread.join(); // a panic there has been reported by then
        }
    }
}

struct Queue {
    jobs: Sender<DecodeJob>,
    waiting: VecDeque<DecodeJob>,
    /// Jobs in the channel or being done.
    outstanding: Arc<AtomicUsize>,
}

impl Queue {
    fn send(&mut self, job: DecodeJob) {
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
    gate: &EpochGate,
    ring: &KeyRing,
    sink: S,
    problems: &mpsc::Sender<Undecodable>,
) -> std::io::Result<(Queue, JoinHandle<()>)>
where
    D: Decode + 'static,
    S: FrameSink<D::Frame> + Send + 'static,
{
    let (sender, jobs) = bounded(JOBS);
    let (gate, ring, problems) = (gate.clone(), ring.clone(), problems.clone());
    let outstanding = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&outstanding);
    let run = move || work(TrackDecoder::<D, S>::new(gate, ring, sink), &jobs, &counted, &problems);
    let thread = std::thread::Builder::new().name(name.into()).spawn(run)?;
    Ok((Queue { jobs: sender, waiting: VecDeque::new(), outstanding }, thread))
}

fn work<D: Decode, S: FrameSink<D::Frame>>(
    mut decoder: TrackDecoder<D, S>,
    jobs: &Receiver<DecodeJob>,
    outstanding: &AtomicUsize,
    problems: &mpsc::Sender<Undecodable>,
) {
    for job in jobs {
        if let Err(problem) = decoder.work(job) {
            let _ = problems.try_send(problem);
        }
        if jobs.is_empty() {
            decoder.idle();
        }
        outstanding.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{FedSegment, Piece};
    use crate::output::audio::{Format, pipe};
    use bytes::Bytes;
    use player_core::io::RequestId;
    use std::time::Duration;

    const EPOCH: Epoch = Epoch(1);

    fn end(epoch: u32) -> DecodeJob {
        DecodeJob::End { epoch: Epoch(epoch) }
    }

    #[test]
    fn jobs_that_find_no_room_wait_in_order() {
        let (jobs, received) = bounded(1);
        let mut queue = Queue { jobs, waiting: VecDeque::new(), outstanding: Arc::default() };
        for epoch in 1..=3 {
            queue.send(end(epoch));
        }
        assert!(queue.pump(), "two still wait");
        assert_eq!((queue.waiting.len(), queue.outstanding.load(Relaxed)), (2, 1));
        let mut order = vec![];
        while let Ok(job) = received.try_recv() {
            order.push(job);
            queue.pump();
        }
        assert_eq!(order, [end(1), end(2), end(3)]);
        assert!(!queue.pump());
    }

    #[test]
    fn both_decoders_tell_what_they_cannot_use_and_end_when_they_are_dropped() {
        let mailbox = Arc::new(Mailbox::new(2));
        let (writer, _renderer, _meter) = pipe(Format::DEFAULT, Duration::from_secs(1));
        let (problems, mut undecodable) = mpsc::channel(4);
        let mut decoders = Decoders::start(Arc::clone(&mailbox), writer, &KeyRing::default(), &problems).unwrap();
        decoders.flush(EPOCH, PresentationTime::ZERO);
        for (track, request) in [(TrackKind::Video, RequestId(1)), (TrackKind::Audio, RequestId(2))] {
            let time = PresentationTime::ZERO..PresentationTime::from_millis(40);
            let segment = FedSegment { epoch: EPOCH, request, offset_nanos: 0, time, until: None, origin: None };
            let piece = Piece { data: Bytes::new(), file_offset: 0, last: true };
            decoders.send(track, DecodeJob::Media { segment, piece });
            let problem = undecodable.blocking_recv().unwrap();
            assert_eq!(problem.request, request);
            assert!(problem.message.contains("initialization"), "{problem:?}");
        }
        drop(decoders);
        assert!(mailbox.is_closed(), "nobody waits for pictures any more");
    }
}
