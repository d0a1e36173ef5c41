//! The stages between a fake encoder and a folder, and whole renditions with true encoders.

use super::chunk::{Chunk, cutter};
use super::protect::Protector;
use super::put::{Destination, TrackForm};
use super::source::PacketSource;
use super::{FrameSink, Pass, PipelineEvent, RunContext, VideoProducer};
use crate::error::PackagerError;
use crate::ladder::LadderRequest;
use crate::mux::{Bitstream, FragmentExtras, MuxError, Packet, Samples, Timing};
use crate::plan::tests::{identity, master, wishes};
use crate::plan::{Plan, Wishes, plan};
use crate::publish::Store;
use crate::segment::CutRule;
use crate::testing::{Begun, packet};
use crate::workspace::ChunkDone;
use crossbeam_channel::{Receiver, Sender, bounded};
use shared::bmff::{self, Track, walk};
use shared::testkit::{FakeTrack, fake_header, fake_video};
use shared::time::{PresentationTime, Timescale};
use shared_av::{ColourDescription, PixelFormat, Rational, StaticHdr, VideoFrame, VideoFrameMut};
use std::collections::{BTreeMap, VecDeque};

/// Frames of a chunk of the plan below: a minute at one frame a second.
const CHUNK: u64 = 60;
/// Its segments of four frames.
const SEGMENTS: usize = 15;

/// One frame a second, so that chunks are small.
fn slow_plan() -> Plan {
    let ladder = LadderRequest::parse("64x48@50").unwrap();
    let wishes = Wishes { ladder, reproducible: true, preset: "ultrafast".into(), ..wishes() };
    let master = master(Rational::new(1, 1).unwrap(), 130.0);
    let (rungs, _) = wishes.ladder.rungs(master.video.as_ref().unwrap(), None, &wishes.codecs).unwrap();
    plan(identity(), &master, &rungs, &wishes).unwrap()
}

/// A run, and the events of its producers.
struct Site {
    begun: Begun,
    events: (Sender<PipelineEvent>, Receiver<PipelineEvent>),
}

impl Site {
    fn new() -> Self {
        Self { begun: Begun::new(slow_plan(), BTreeMap::new()), events: bounded(1000) }
    }

    fn run(&self) -> RunContext<'_> {
        self.begun.run(Pass::Last)
    }

    /// What has been written, by path.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let store = self.begun.publisher.store();
        store.list().unwrap().into_iter().map(|path| (path.clone(), store.get(&path).unwrap().unwrap())).collect()
    }

    /// The chunks that were finished since the last call.
    fn chunks(&self) -> Vec<ChunkDone> {
        let chunk = |event| if let PipelineEvent::Chunk(chunk) = event { Some(chunk) } else { None };
        self.events.1.try_iter().filter_map(chunk).collect()
    }

    fn names(&self) -> Vec<String> {
        self.files().into_keys().map(|path| path.rsplit('/').next().unwrap().to_owned()).collect()
    }
}

/// An encoder whose packets are there from the beginning.
struct Ready(VecDeque<Packet>);

impl Ready {
    /// `frames` of a chunk that begins with frame `first`, a group every four.
    fn video(plan: &Plan, first: u64, frames: u32) -> Self {
        let moved = |mut packet: Packet| {
            let offset = (first * u64::from(plan.frame_ticks)) as i64;
            packet.pts += offset;
            packet.dts += offset;
            packet
        };
        Self(fake_video(frames, plan.frame_ticks, 4, 1).into_iter().map(|coded| moved(packet(coded))).collect())
    }
}

impl PacketSource for Ready {
    fn timescale(&self) -> Timescale {
        slow_plan().timescale
    }

    fn header(&self) -> Result<Vec<u8>, PackagerError> {
        Ok(fake_header(FakeTrack::Video { width: 64, height: 48 }, self.timescale().get()))
    }

    fn receive(&mut self) -> Result<Option<Packet>, PackagerError> {
        Ok(self.0.pop_front())
    }

    fn finish(&mut self) -> Result<(), PackagerError> {
        Ok(())
    }
}

/// Makes chunk `number` of the fake rendition; gives its timing.
fn make(site: &Site, to: &Destination<'_>, number: u32, frames: u32, timing: Option<Timing>) -> Option<Timing> {
    let plan = &site.begun.plan;
    let source = Ready::video(plan, plan.first_frame(number.into()), frames);
    let track = bmff::init::read(&source.header().unwrap()).unwrap();
    let form = TrackForm { bitstream: Bitstream::AnnexB, language: None, hdr: StaticHdr::default(), track };
    let cutter = cutter(plan, CutRule::Exact, plan.segments_before(number.into()) + 1, plan.timescale);
    let mut chunk = Chunk::open(number, source, form, cutter, timing);
    chunk.drain(to).unwrap();
    chunk.close(to).unwrap()
}

#[test]
fn a_chunk_becomes_its_segments_and_the_first_one_the_initialization_segment() {
    let site = Site::new();
    let run = site.run();
    let to = Destination::new(&run, "v", site.events.0.clone());
    let timing = make(&site, &to, 0, CHUNK as u32, None);
    let first = site.chunks().pop().unwrap();
    assert_eq!((first.chunk, first.segments.len(), Some(first.timing)), (0, SEGMENTS, timing));
    assert!(site.names().contains(&"init.mp4".to_owned()));
    make(&site, &to, 1, 8, timing);
    let numbers: Vec<u64> = site.chunks()[0].segments.iter().map(|closed| closed.number).collect();
    assert_eq!(numbers, [16, 17], "the next chunk numbers on");
    for (path, bytes) in site.files().iter().filter(|(path, _)| path.ends_with(".m4s")) {
        let number: u64 = path.rsplit('/').next().unwrap().trim_end_matches(".m4s").parse().unwrap();
        assert!((1..=17).contains(&number) && bytes.len() > 100, "{path}");
    }
}

#[test]
fn a_later_chunk_alone_finds_the_same_timing_and_leaves_the_initialization_segment() {
    let site = Site::new();
    let run = site.run();
    let to = Destination::new(&run, "v", site.events.0.clone());
    let alone = make(&site, &to, 1, CHUNK as u32, None);
    assert!(!site.names().contains(&"init.mp4".to_owned()));
    assert_eq!(make(&site, &to, 0, CHUNK as u32, None), alone);
}

#[test]
fn the_order_of_chunks_is_of_no_consequence() {
    let files = |order: [u32; 3]| {
        let site = Site::new();
        let run = site.run();
        let to = Destination::new(&run, "v", site.events.0.clone());
        for number in order {
            make(&site, &to, number, CHUNK as u32, None);
        }
        site.files()
    };
    let straight = files([0, 1, 2]);
    assert_eq!(straight.len(), 3 * SEGMENTS + 1);
    assert!(files([2, 0, 1]) == straight);
}

#[test]
fn nothing_comes_of_nothing() {
    let site = Site::new();
    let run = site.run();
    let to = Destination::new(&run, "v", site.events.0.clone());
    assert_eq!(make(&site, &to, 0, 0, None), None);
    assert!(site.files().is_empty() && site.chunks().is_empty());
}

/// Inverts all bytes of a sample, marks the initialization segment, and adds a box to each fragment.
struct Inverted;

impl Protector for Inverted {
    fn init(&self, mut init: Vec<u8>) -> Result<Vec<u8>, MuxError> {
        init.extend_from_slice(b"\0\0\0\x08skip");
        Ok(init)
    }

    fn protect(&self, _number: u64, samples: &mut Samples, _track: &Track) -> Result<FragmentExtras, MuxError> {
        for sample in &samples.entries {
            for byte in &mut samples.payload[sample.range.clone()] {
                *byte = !*byte;
            }
        }
        let skip = |at| [&12u32.to_be_bytes()[..], b"skip", &u32::try_from(at).unwrap().to_be_bytes()].concat();
        Ok(FragmentExtras { boxes: Box::new(skip), ..FragmentExtras::default() })
    }
}

#[test]
fn a_protector_sees_everything_that_is_written() {
    let (clear, secret) = (Site::new(), Site::new());
    let (clear_run, secret_run) = (clear.run(), secret.run());
    let to = Destination::new(&clear_run, "v", clear.events.0.clone());
    make(&clear, &to, 0, 4, None);
    let to = Destination::new(&secret_run, "v", secret.events.0.clone()).protected_by(Box::new(Inverted));
    make(&secret, &to, 0, 4, None);
    let file = |site: &Site, name: &str| {
        let files = site.files();
        files.into_iter().find(|(path, _)| path.ends_with(name)).unwrap().1
    };
    assert!(file(&secret, "init.mp4").ends_with(b"skip"));
    let (plain, inverted) = (file(&clear, "1.m4s"), file(&secret, "1.m4s"));
    let last = |bytes: &[u8]| walk::boxes(bytes).last().unwrap().unwrap().range();
    let media = |bytes: &[u8]| bytes[last(bytes)][8..].to_vec();
    assert_eq!(media(&inverted), media(&plain).iter().map(|byte| !byte).collect::<Vec<_>>());
    // The box stands at the end of `traf`, and was told its place in `moof`.
    let moof = walk::boxes(&inverted).map(Result::unwrap).find(|found| found.kind == b"moof").unwrap().range();
    let own = &inverted[moof.end - 12..moof.end];
    assert_eq!((&own[4..8], u32::from_be_bytes(own[8..].try_into().unwrap())), (&b"skip"[..], moof.len() as u32 - 12));
}

/// A grey picture that changes with its number.
fn frame(number: u64) -> VideoFrame {
    let mut canvas = VideoFrameMut::new(PixelFormat::Yuv420p, 64, 48).unwrap();
    for plane in 0..3 {
        canvas.plane_mut(plane).unwrap().data.fill(40 + (number * 3 % 150) as u8);
    }
    let at = PresentationTime::from_millis(number as i64 * 1000);
    canvas.finish(Some(at), ColourDescription::BT709, Rational::ONE)
}

/// Has a producer of its own make each of the chunks, in this order.
fn produced(site: &Site, chunks: &[u64]) {
    let run = site.run();
    let (id, encoding) = run.pictures().next().unwrap();
    for chunk in chunks {
        let mut producer = VideoProducer::new(&run, id, encoding, site.events.0.clone());
        for index in chunk * CHUNK..(chunk + 1) * CHUNK {
            producer.frame(index, &frame(index)).unwrap();
        }
        producer.finish().unwrap();
    }
}

#[test]
fn true_encoders_make_the_same_of_a_chunk_wherever_they_begin() {
    let (straight, other) = (Site::new(), Site::new());
    produced(&straight, &[0, 1]);
    produced(&other, &[1, 0]);
    assert!(straight.files() == other.files());
    assert_eq!(straight.files().len(), 2 * SEGMENTS + 1);
}

#[test]
fn chunks_that_are_done_are_left_alone_wherever_they_lie() {
    let mut site = Site::new();
    produced(&site, &[1]);
    let done = site.chunks().pop().unwrap();
    let before = site.files();
    site.begun.done.insert(done.representation.clone(), vec![done]);
    let run = site.run();
    let (id, encoding) = run.pictures().next().unwrap();
    let mut producer = VideoProducer::new(&run, id, encoding, site.events.0.clone());
    for index in 0..2 * CHUNK {
        // Frames of the chunk that is done are others now, which nobody looks at.
        let shown = if index < CHUNK { frame(index) } else { frame(0) };
        producer.frame(index, &shown).unwrap();
    }
    producer.finish().unwrap();
    assert_eq!(site.chunks().iter().map(|chunk| chunk.chunk).collect::<Vec<_>>(), [0]);
    let after = site.files();
    assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)));
    assert_eq!(after.len(), 2 * SEGMENTS + 1);
}

#[test]
fn a_first_pass_leaves_no_file() {
    let site = Site::new();
    let run = RunContext { pass: Pass::First, ..site.run() };
    let (id, encoding) = site.begun.plan.video_encodings().next().unwrap();
    let mut producer = VideoProducer::new(&run, id, encoding, site.events.0.clone());
    for index in 0..CHUNK {
        producer.frame(index, &frame(index)).unwrap();
    }
    producer.finish().unwrap();
    assert!(site.files().is_empty() && site.chunks().is_empty());
}
