//! A segment that is fed in fragments while it arrives gives the same pictures and the same sound as one that is fed
//! whole, through the real decoders.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; clippy spares only the tests themselves")]
#![expect(clippy::disallowed_methods, reason = "a ring must be emptied at some instant, whichever")]

use bytes::Bytes;
use clap::Parser;
use player::decode::audio::AudioSink;
use player::decode::codec::{Decode, PictureDecoder};
use player::decode::video::VideoSink;
use player::decode::{DecodeJob, EpochGate, FedSegment, FrameSink, KeyRing, Piece, Speed, TrackDecoder};
use player::output::Mailbox;
use player::output::audio::{Format, pipe};
use player_core::io::{Epoch, RequestId};
use shared::bmff::entry::MediaKind;
use shared::splitter::Splitter;
use shared::time::PresentationTime;
use shared_av::{AudioDecoder, VideoFrame};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SECONDS: usize = 4;
const RATE: usize = 25;
const EPOCH: Epoch = Epoch(1);

/// Four segments of a second.
static FILM: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let (master, package) = (folder.path().join("master.mp4"), folder.path().join("package"));
    let (master, package) = (master.to_str().unwrap(), package.to_str().unwrap());
    packager(&["sample", master, "--seconds", "4", "--size", "320x180", "--rate", "25"]);
    let how = ["--ladder", "320x180@300", "--segment-seconds", "1", "--preset", "ultrafast", "--progress", "none"];
    packager(&[&["package", master, "--output", package][..], &how].concat());
    folder
});

fn packager(arguments: &[&str]) {
    let command = packager::cli::Cli::parse_from(std::iter::once(&"packager").chain(arguments));
    command.run().unwrap_or_else(|failure| panic!("packager {arguments:?}: {failure}"));
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The init segment of the Representation with pictures, or with sound, and all its media as one segment.
fn track(wanted: fn(&MediaKind) -> bool) -> (Bytes, Bytes) {
    let generations = entries(&FILM.path().join("package")).into_iter().filter(|path| path.is_dir());
    let mut folders = generations.flat_map(|generation| entries(&generation)).filter(|path| path.is_dir());
    let is_wanted = |folder: &PathBuf| {
        let init = std::fs::read(folder.join("init.mp4"));
        init.is_ok_and(|init| wanted(&shared::media::track(&init).unwrap().kind))
    };
    let folder = folders.find(is_wanted).unwrap();
    let media = (1..=SECONDS).flat_map(|number| std::fs::read(folder.join(format!("{number}.m4s"))).unwrap());
    let media: Vec<u8> = media.collect();
    (std::fs::read(folder.join("init.mp4")).unwrap().into(), media.into())
}

/// The segment as it is fed: whole, or in fragments.
fn pieces(media: &Bytes, whole: bool) -> Vec<Piece> {
    let mut rest = media.clone();
    let mut pieces = vec![];
    let mut splitter = Splitter::default();
    while let Some(length) = splitter.complete(&rest).filter(|_| !whole) {
        let file_offset = (media.len() - rest.len()) as u64;
        pieces.push(Piece { data: rest.split_to(length), file_offset, last: false });
    }
    let file_offset = (media.len() - rest.len()) as u64;
    pieces.push(Piece { data: rest, file_offset, last: true });
    assert_eq!(pieces.len(), if whole { 1 } else { SECONDS + 1 });
    pieces
}

fn decode<D: Decode, S: FrameSink<D::Frame>>(gate: EpochGate, sink: S, (init, media): &(Bytes, Bytes), whole: bool) {
    gate.set(EPOCH);
    let mut decoder = TrackDecoder::<D, S>::new(gate, KeyRing::default(), sink);
    let request = RequestId(1);
    let time = PresentationTime::ZERO..PresentationTime::from_millis(4000);
    let segment = FedSegment { epoch: EPOCH, request, offset_nanos: 0, time, until: None, origin: None };
    decoder.work(DecodeJob::Flush { epoch: EPOCH, from: PresentationTime::ZERO }).unwrap();
    decoder.work(DecodeJob::Init { epoch: EPOCH, request: RequestId(0), data: init.clone() }).unwrap();
    for piece in pieces(media, whole) {
        decoder.work(DecodeJob::Media { segment: segment.clone(), piece }).unwrap();
        decoder.idle();
    }
    decoder.work(DecodeJob::End { epoch: EPOCH }).unwrap();
}

/// Start, end and brightness of all pictures.
fn pictures(track: &(Bytes, Bytes), whole: bool) -> Vec<(PresentationTime, PresentationTime, Vec<u8>)> {
    let mailbox: Arc<Mailbox<VideoFrame>> = Arc::new(Mailbox::new(SECONDS * RATE + 1));
    mailbox.flush(EPOCH);
    decode::<PictureDecoder, _>(EpochGate::default(), VideoSink::new(Arc::clone(&mailbox)), track, whole);
    assert!(mailbox.level().finished);
    let due = mailbox.take_due(PresentationTime::MAX);
    let all = due.skipped.into_iter().chain(due.shown);
    all.map(|frame| (frame.pts, frame.end, frame.picture.plane(0).unwrap().data.to_vec())).collect()
}

fn samples(track: &(Bytes, Bytes), whole: bool) -> Vec<f32> {
    let (writer, mut renderer, meter) = pipe(Format::DEFAULT, Duration::from_secs(SECONDS as u64 + 1));
    let gate = EpochGate::default();
    decode::<AudioDecoder, _>(gate.clone(), AudioSink::new(gate, Speed::default(), writer), track, whole);
    meter.set_playing(true);
    let mut heard = vec![0.0; Format::DEFAULT.samples(Format::DEFAULT.frames(Duration::from_secs(SECONDS as u64 + 1)))];
    let now = Instant::now();
    let frames = renderer.fill(&mut heard, now, now);
    heard.truncate(Format::DEFAULT.samples(frames));
    heard
}

#[test]
fn pictures_in_fragments_are_those_of_the_whole() {
    let track = track(|kind| matches!(kind, MediaKind::Video(_)));
    let whole = pictures(&track, true);
    assert_eq!(whole.len(), SECONDS * RATE);
    assert!(pictures(&track, false) == whole);
}

#[test]
fn sound_in_fragments_is_that_of_the_whole() {
    let track = track(|kind| matches!(kind, MediaKind::Audio(_)));
    let whole = samples(&track, true);
    let seconds = whole.len() as f64 / Format::DEFAULT.samples(u64::from(Format::DEFAULT.rate)) as f64;
    assert!((seconds - SECONDS as f64).abs() < 0.05, "{seconds} s");
    assert!(samples(&track, false) == whole);
}
