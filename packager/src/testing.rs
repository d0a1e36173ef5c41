//! A whole package from the fake encoder: two picture rungs and one sound, in memory. The way of the bytes is the
//! real one (cut, mux, fold); only encoder and disk are missing.

use crate::catalogue::hls::PlaylistType;
use crate::catalogue::{Catalogue, Facts, FilePart, InitSegment, RenditionFacts};
use crate::layout::{self, Addressing};
use crate::mux::{self, Bitstream, FragmentWriter, Packet, SegmentClosed, Timing, Wrapping};
use crate::plan::{Plan, RenditionKind};
use crate::produce::{Pass, RunContext};
use crate::protection::{Protection, Scheme};
use crate::publish::{Folder, Publisher};
use crate::segment::{CutRule, Cutter, Grid, Group};
use crate::workspace::{ChunkDone, Workspace};
use shared::bmff::entry::{Audio, MediaKind};
use shared::bmff::init;
use shared::mpd::datatype::FrameRate;
use shared::protection::KeyId;
use shared::testkit::{Coded, FakeTrack, fake_audio, fake_header, fake_video};
use shared::time::Timescale;
use shared::units::{Bitrate, ByteSize};
use shared_av::{About, StreamPurpose};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Ten seconds and a bit at 24 frames a second, segments of two seconds.
pub(crate) const FRAMES: u32 = 250;
const FRAME_TICKS: u32 = 512;
const SEGMENT_FRAMES: u32 = 48;
const SEGMENT: Duration = Duration::from_secs(2);
/// Of [`good_package`].
const GENERATION: &str = "g1";

/// Files by path, the manifest among them.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// What is special about one Representation.
struct FakeRendition {
    id: &'static str,
    header: FakeTrack,
    timescale: u32,
    packets: Vec<Coded>,
    bitstream: Bitstream,
    rule: CutRule,
}

fn sources() -> [FakeRendition; 3] {
    let video = |id, width, height, scale| FakeRendition {
        id,
        header: FakeTrack::Video { width, height },
        timescale: 24 * FRAME_TICKS,
        packets: fake_video(FRAMES, FRAME_TICKS, SEGMENT_FRAMES, scale),
        bitstream: Bitstream::AnnexB,
        rule: CutRule::Exact,
    };
    let packets = (f64::from(FRAMES) / 24.0 * 48_000.0 / 1024.0).ceil() as u32 + 1;
    let audio = FakeRendition {
        id: "audio",
        header: FakeTrack::Audio,
        timescale: 48_000,
        packets: fake_audio(packets, 1024, 1024, 200),
        bitstream: Bitstream::Plain,
        rule: CutRule::Nearest,
    };
    [video("v360", 640, 360, 4), video("v180", 320, 180, 1), audio]
}

pub(crate) fn packet(coded: Coded) -> Packet {
    let Coded { data, pts, dts, duration, key } = coded;
    Packet { data: data.into(), pts, dts, duration, key }
}

fn cut(source: &FakeRendition, addressing: Addressing) -> Vec<Group> {
    let grid = Grid {
        timescale: ts(24 * FRAME_TICKS),
        first: SEGMENT_FRAMES * FRAME_TICKS,
        segment: SEGMENT_FRAMES * FRAME_TICKS,
    };
    let mut cutter = Cutter::new(grid, source.rule, ts(source.timescale), 1, addressing.least_tail(SEGMENT));
    let mut groups: Vec<Group> = source.packets.iter().filter_map(|coded| cutter.push(packet(coded.clone()))).collect();
    groups.extend(cutter.finish());
    groups
}

pub(crate) fn ts(ticks: u32) -> Timescale {
    Timescale::new(ticks).unwrap()
}

/// A package without any fault.
pub(crate) fn good_package(addressing: Addressing) -> Files {
    let mut files = Files::new();
    let mut renditions = vec![];
    let mut closed = vec![];
    for source in sources() {
        let (rendition, segments) = write(&source, addressing, &mut files);
        renditions.push(rendition);
        closed.extend(segments);
    }
    let about = About { title: Some("Fake & true".into()), ..About::default() };
    let hls = Some(PlaylistType::Vod);
    let generation = GENERATION.into();
    let facts = Facts { generation, addressing, segment: SEGMENT, hls, protection: None, about, renditions };
    let mut catalogue = Catalogue::new(facts);
    for closed in closed {
        catalogue.apply(closed);
    }
    for file in catalogue.files().unwrap() {
        let mut bytes = vec![];
        for part in file.parts {
            match part {
                FilePart::Bytes(more) => bytes.extend(more),
                FilePart::Stored(path) => bytes.extend_from_slice(&files[&path]),
            }
        }
        files.retain(|path, _| !file.replaces.contains(path));
        files.insert(file.path, bytes);
    }
    files
}

/// Puts the segments, as a run does before the last files.
fn write(source: &FakeRendition, addressing: Addressing, files: &mut Files) -> (RenditionFacts, Vec<SegmentClosed>) {
    let timing = Timing::from_first(ts(source.timescale), &packet(source.packets[0].clone()));
    let init = mux::cmaf_init(&fake_header(source.header, source.timescale), timing, Some("eng")).unwrap();
    let wrapping = if addressing == Addressing::Base { Wrapping::Bare } else { Wrapping::Segment };
    let writer = FragmentWriter::new(source.id, timing, source.bitstream, wrapping);
    files.insert(layout::init(GENERATION, source.id), init.clone());
    let mut segments = vec![];
    for group in cut(source, addressing) {
        let (bytes, closed) = writer.segment(group.number, &group.packets).unwrap();
        files.insert(layout::segment(GENERATION, source.id, closed.number), bytes);
        segments.push(closed);
    }
    let audio = source.header == FakeTrack::Audio;
    let rendition = RenditionFacts {
        id: source.id.into(),
        kind: if audio { RenditionKind::Audio } else { RenditionKind::Video },
        from: usize::from(audio),
        timescale: ts(source.timescale),
        init: Some(InitSegment { track: init::read(&init).unwrap(), bytes: init }),
        frame_rate: (!audio).then(|| FrameRate::new(24, 1).unwrap()),
        language: audio.then(|| "en".into()),
        label: None,
        main: true,
        purpose: StreamPurpose::Programme,
        access: 1,
        text: None,
        tiles: None,
        cap: Bitrate::from_kbps(500),
    };
    (rendition, segments)
}

/// In counter mode, with these keys for these Representations.
pub(crate) fn protection(keys: &[(&str, u8)]) -> Protection {
    Protection {
        scheme: Scheme::Cenc,
        clear_lead: Duration::ZERO,
        license_url: None,
        systems: vec![],
        vectors_by_content: false,
        key_ids: keys.iter().map(|(id, byte)| ((*id).to_owned(), KeyId([*byte; 16]))).collect(),
    }
}

/// What is known of a package of generation `g` with segments of two seconds.
pub(crate) fn facts(addressing: Addressing, renditions: Vec<RenditionFacts>) -> Facts {
    let (generation, about) = ("g".into(), About::default());
    Facts { generation, addressing, segment: SEGMENT, hls: None, protection: None, about, renditions }
}

/// A picture rung of 24 ticks a second.
pub(crate) fn rendition_facts(id: &str) -> RenditionFacts {
    let bytes = fake_header(FakeTrack::Video { width: 64, height: 36 }, 24);
    let track = init::read(&bytes).unwrap();
    RenditionFacts {
        id: id.into(),
        kind: RenditionKind::Video,
        from: 0,
        timescale: ts(24),
        init: Some(InitSegment { bytes, track }),
        frame_rate: FrameRate::new(24, 1),
        language: None,
        label: None,
        main: true,
        purpose: StreamPurpose::Programme,
        access: 1,
        text: None,
        tiles: None,
        cap: Bitrate::from_kbps(500),
    }
}

/// Sound of stream `from` with so many channels.
pub(crate) fn audio_facts(id: &str, from: usize, channels: u16) -> RenditionFacts {
    let bytes = fake_header(FakeTrack::Audio, 48_000);
    let mut track = init::read(&bytes).unwrap();
    track.kind = MediaKind::Audio(Audio { rate: 48_000, channels });
    RenditionFacts {
        kind: RenditionKind::Audio,
        from,
        timescale: ts(48_000),
        init: Some(InitSegment { bytes, track }),
        frame_rate: None,
        ..rendition_facts(id)
    }
}

/// Two picture rungs, `v1` and `v2`, each with its first `count` segments.
pub(crate) fn catalogue(addressing: Addressing, count: u64) -> Catalogue {
    let mut catalogue = Catalogue::new(facts(addressing, ["v1", "v2"].map(rendition_facts).into()));
    for number in 1..=count {
        catalogue.apply(closed("v1", number));
        catalogue.apply(closed("v2", number));
    }
    catalogue
}

/// A segment of 48 ticks and a thousand bytes.
pub(crate) fn closed(id: &str, number: u64) -> SegmentClosed {
    SegmentClosed {
        representation: id.into(),
        number,
        time: (number - 1) * 48,
        duration: 48,
        size: ByteSize::from_bytes(1000),
        first_sample: 84..300,
        demand: vec![],
    }
}

/// Compares with `goldens/<name>`; `UPDATE_GOLDENS=1` writes it instead.
pub(crate) fn golden(name: &str, actual: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens").join(name);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == actual, "{name} differs (UPDATE_GOLDENS=1 accepts it); now:\n{actual}");
}

/// A folder, and a run into it that has done `done` before.
pub(crate) struct Begun {
    pub(crate) plan: Plan,
    pub(crate) publisher: Publisher<Folder>,
    pub(crate) workspace: Workspace,
    pub(crate) done: BTreeMap<String, Vec<ChunkDone>>,
    pub(crate) stop: AtomicBool,
    _folder: tempfile::TempDir,
}

impl Begun {
    pub(crate) fn new(plan: Plan, done: BTreeMap<String, Vec<ChunkDone>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let publisher = Publisher::new(Folder::new(folder.path()));
        let workspace = Workspace::open(folder.path()).unwrap();
        Self { plan, publisher, workspace, done, stop: AtomicBool::new(false), _folder: folder }
    }

    pub(crate) fn run(&self, pass: Pass) -> RunContext<'_> {
        RunContext {
            plan: &self.plan,
            keys: None,
            publisher: &self.publisher,
            workspace: &self.workspace,
            done: &self.done,
            stop: &self.stop,
            allow_damaged: false,
            pass,
            quality: false,
        }
    }
}
