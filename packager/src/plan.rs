//! The plan of a package as a value: the segment grid, the chunks, every rendition with its settings and paths.
//!
//! Pure and complete: plan and master are enough to encode any chunk of any rendition, on any machine and after an
//! interruption. `--dry-run` prints it; the ledger keeps its fingerprint.

mod audio;
mod copied;
mod estimate;
mod rendition;
mod text;
mod tiles;
mod video;

pub use audio::AudioEncoding;
pub use copied::{CopiedSegment, CopiedTrack};
pub(crate) use rendition::with_unique_ids;
pub use rendition::{How, PlannedRendition, RenditionKind};
pub use tiles::TileSheets;
pub use video::{PictureFormat, VideoEncoding};

use crate::codec::{AudioCodec, VideoCodec};
use crate::error::{Exit, PackagerError};
use crate::ladder::{LadderRequest, LadderRung};
use crate::layout::Addressing;
use crate::probe::{MasterInfo, VideoTrack};
use crate::protection::{Protection, ProtectionWishes};
use crate::segment::Grid;
use crate::text::TextInfo;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::time::{PresentationTime, Timescale};
use shared::units::ByteSize;
use shared_av::{About, Rational};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Seconds of film in a chunk: long enough for the cost of a new encoder not to matter, short enough for little work to
/// be lost in a crash.
const CHUNK_SECONDS: f64 = 60.0;
/// Media timescales are at least this, so that times of other clocks are rounded little.
const LEAST_TIMESCALE: u32 = 10_000;
/// Seconds of film in the first segment where it is wanted as soon as can be.
const LEAD_SECONDS: f64 = 1.0;
/// Of the structure of a plan.
pub(crate) const VERSION: u32 = 7;

/// What is wished of the package: everything that decides what the plan is. The command line makes it, nothing copies it.
#[derive(Debug, Clone, PartialEq)]
pub struct Wishes {
    /// Which renditions of the pictures, and which rates of the sound.
    pub ladder: LadderRequest,
    /// Formats of the pictures.
    pub codecs: Vec<VideoCodec>,
    /// Nominal length of a segment in seconds.
    pub segment_seconds: f64,
    /// The encoder's preset.
    pub preset: String,
    /// Encode in two passes.
    pub two_pass: bool,
    /// Format of the sound.
    pub audio_codec: AudioCodec,
    /// Where in the film the package begins.
    pub start: Duration,
    /// How much of it is packaged; `None` for all.
    pub duration: Option<Duration>,
    /// How players find segments.
    pub addressing: Addressing,
    /// Encoder threads, 0 for automatic.
    pub threads: usize,
    /// The same input gives the same bytes.
    pub reproducible: bool,
    /// The first segment is wanted as soon as can be.
    pub early: bool,
    /// How it is encrypted, and with which keys.
    pub protection: Option<ProtectionWishes>,
    /// Small pictures for previews are wanted.
    pub thumbnails: bool,
    /// A random number that makes the generation unique to the run; `None` when reproducible.
    pub run: Option<u64>,
}

/// A number that tells one run from all others. The standard library seeds its hashers from the system's randomness.
pub fn unique_run() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Identifies the master file, so that a run is not resumed with a changed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterIdentity {
    /// The file's name without folders.
    pub name: String,
    /// Its size.
    pub size: ByteSize,
    /// When it was changed, in nanoseconds since 1970, where the file system knows.
    pub modified: Option<u64>,
}

/// Everything that is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Of this structure.
    pub version: u32,
    /// What it was made for.
    pub master: MasterIdentity,
    /// A hash of everything else here: a run may only be continued with the same.
    pub fingerprint: String,
    /// Folder of all segments: a short hash of the fingerprint and the run.
    pub generation: String,
    /// How players find segments.
    pub addressing: Addressing,
    /// The instant of the source that becomes 0.
    pub zero: PresentationTime,
    /// The package does not begin with the film.
    pub starts_within: bool,
    /// What the master says of the film.
    pub about: About,
    /// The pictures of the master; `None` when there is sound alone.
    pub source: Option<VideoTrack>,
    /// Frames a second: of the pictures, or packets of sound when there are none.
    pub rate: Rational,
    /// Frames of one segment.
    pub segment_frames: u32,
    /// Segments of one chunk.
    pub chunk_segments: u32,
    /// Frames of a chunk before all others, which is the first segment; 0 for none. Its encoder is emptied at its end,
    /// so that players need not wait until the look-ahead has seen the second segment.
    pub lead_frames: u32,
    /// Ticks a second of all renditions of the pictures.
    pub timescale: Timescale,
    /// Ticks of one frame.
    pub frame_ticks: u32,
    /// Frames that the master's duration promises, as far as they are wanted.
    pub expected_frames: Option<u64>,
    /// No more frames are wanted than these.
    pub limit: Option<u64>,
    /// Everything that is made, in the order of the manifest.
    pub renditions: Vec<PlannedRendition>,
    /// How it is encrypted; `None` for a clear package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
    /// Encoder threads, 0 for automatic.
    pub threads: usize,
}

/// Makes the plan.
///
/// # Errors
/// 2 when the wishes contradict each other or the film.
pub fn plan(
    identity: MasterIdentity,
    master: &MasterInfo,
    rungs: &[LadderRung],
    wishes: &Wishes,
) -> Result<Plan, PackagerError> {
    if let Some(lasts) = master.duration.filter(|lasts| *lasts <= wishes.start && !wishes.start.is_zero()) {
        let start = wishes.start.as_secs_f64();
        return Err(PackagerError::usage(format!(
            "the film lasts {:.3} s, --start is {start:.3} s",
            lasts.as_secs_f64()
        )));
    }
    let rate = master.video.as_ref().map_or_else(|| packet_rate(master, wishes.audio_codec), |video| video.rate);
    let (timescale, frame_ticks) = timescale(rate)?;
    let segment_frames = ((wishes.segment_seconds * rate.value()).round() as u32).max(1);
    let segment_seconds = f64::from(segment_frames) / rate.value();
    let limit = wishes.duration.map(|wanted| frames(wanted, rate).max(1));
    let promised = expected_frames(master, rate, wishes.start);
    let wanted = promised.map(|frames| limit.map_or(frames, |limit| limit.min(frames)));
    let mut plan = Plan {
        version: VERSION,
        master: identity,
        fingerprint: String::new(),
        generation: String::new(),
        addressing: wishes.addressing,
        zero: begin(master.zero, rate, wishes.start),
        starts_within: !wishes.start.is_zero(),
        about: master.about.clone(),
        source: master.video.clone(),
        rate,
        segment_frames,
        chunk_segments: ((CHUNK_SECONDS / segment_seconds).round() as u32).max(1),
        lead_frames: if wishes.early { lead_frames(rate, segment_frames, wishes.addressing, wanted) } else { 0 },
        timescale,
        frame_ticks,
        expected_frames: wanted,
        limit,
        renditions: renditions(master, rungs, wishes),
        protection: None,
        threads: if wishes.reproducible { 1 } else { wishes.threads },
    };
    if wishes.thumbnails {
        plan.renditions.extend(tiles::rendition(&plan));
    }
    plan.protected(wishes)?.sealed(wishes.run)
}

/// The pictures, best first, then the sound, then the texts.
fn renditions(master: &MasterInfo, rungs: &[LadderRung], wishes: &Wishes) -> Vec<PlannedRendition> {
    let videos = master.video.iter().flat_map(|track| video::renditions(track, rungs, wishes));
    let audios = audio::renditions(&master.audios, wishes);
    with_unique_ids(videos.chain(audios).chain(text::renditions(&master.texts)))
}

/// The rate of the packets of the first sound track: without pictures, segments are cut between these.
fn packet_rate(master: &MasterInfo, codec: AudioCodec) -> Rational {
    let rate = master
        .audios
        .iter()
        .find(|track| track.beside.is_none())
        .map_or(48_000, |track| audio::sample_rate(track.sample_rate, codec));
    Rational::new(rate, codec.packet_samples()).unwrap_or(Rational::ONE)
}

fn frames(length: Duration, rate: Rational) -> u64 {
    (length.as_secs_f64() * rate.value()).round() as u64
}

/// Of a film that is long enough for more than that. Where one duration holds for all segments, the first one has it,
/// too.
fn lead_frames(rate: Rational, segment: u32, addressing: Addressing, wanted: Option<u64>) -> u32 {
    let lead = match addressing {
        Addressing::Number => segment,
        Addressing::Timeline | Addressing::Base => ((LEAD_SECONDS * rate.value()).round() as u32).clamp(1, segment),
    };
    let more = u64::from(lead) + u64::from(segment);
    if wanted.is_none_or(|frames| frames >= more) { lead } else { 0 }
}

/// The frame of the master's grid at which the package begins.
fn begin(zero: PresentationTime, rate: Rational, start: Duration) -> PresentationTime {
    let seconds = frames(start, rate) as f64 / rate.value();
    zero.offset_by_nanos((seconds * 1e9).round() as i64)
}

impl Plan {
    /// With what is encrypted, and with which key.
    ///
    /// # Errors
    /// 2 for pictures of a format that cannot be encrypted, and when no key is for any rendition.
    pub(crate) fn protected(self, wishes: &Wishes) -> Result<Self, PackagerError> {
        let Some(wished) = &wishes.protection else { return Ok(self) };
        let labels = self.renditions.iter().map(|rendition| (rendition.id.as_str(), rendition.label()));
        let protection = wished.assign(labels, wishes.run.is_some())?;
        let refused =
            |rendition: &&PlannedRendition| protection.key_id(&rendition.id).is_some() && !rendition.can_be_encrypted();
        if let Some(rendition) = self.renditions.iter().find(refused) {
            let what =
                format!("pictures of this format are not encrypted here: {}; leave them out, or --key", rendition.id);
            return Err(PackagerError::usage(what));
        }
        Ok(Self { protection: Some(protection), ..self })
    }

    /// The grid that every rendition is cut on.
    pub fn grid(&self) -> Grid {
        let ticks = |frames: u32| frames.saturating_mul(self.frame_ticks);
        let first = if self.lead_frames > 0 { self.lead_frames } else { self.segment_frames };
        Grid { timescale: self.timescale, first: ticks(first), segment: ticks(self.segment_frames) }
    }

    /// The exact length of a segment.
    pub fn segment_duration(&self) -> Duration {
        self.time_of(u64::from(self.segment_frames)).since_start()
    }

    /// When frame `index` is shown.
    pub fn time_of(&self, index: u64) -> PresentationTime {
        let nanos = u128::from(index) * u128::from(self.rate.den()) * 1_000_000_000;
        let nanos = nanos / u128::from(self.rate.num());
        PresentationTime::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
    }

    /// Frames of one chunk behind the leading one.
    pub(crate) fn chunk_frames(&self) -> u64 {
        u64::from(self.segment_frames) * u64::from(self.chunk_segments)
    }

    /// Segments before chunk `chunk`.
    pub fn segments_before(&self, chunk: u64) -> u64 {
        let whole = |chunks: u64| chunks * u64::from(self.chunk_segments);
        if self.lead_frames == 0 || chunk == 0 { whole(chunk) } else { 1 + whole(chunk - 1) }
    }

    /// The first frame of chunk `chunk`.
    pub fn first_frame(&self, chunk: u64) -> u64 {
        let lead = u64::from(self.lead_frames);
        if lead == 0 || chunk == 0 { chunk * self.chunk_frames() } else { lead + (chunk - 1) * self.chunk_frames() }
    }

    /// The chunk that frame `index` belongs to. A rest that would not fill half a segment of its own stays with the
    /// chunk before, as the segment does that it joins. A film that goes on longer than it promised goes on being
    /// counted as if there had been no rest.
    pub fn chunk_of(&self, index: u64) -> u64 {
        let chunk = self.whole_chunk_of(index);
        let last = self.expected_frames.and_then(|frames| frames.checked_sub(1));
        let rest = self.expected_frames.map_or(0, |frames| frames.saturating_sub(self.first_frame(chunk)));
        let joins = last.is_some_and(|last| self.whole_chunk_of(last) == chunk)
            && chunk > 0
            && rest * 2 < u64::from(self.segment_frames);
        if joins { chunk - 1 } else { chunk }
    }

    fn whole_chunk_of(&self, index: u64) -> u64 {
        let leading = u64::from(self.lead_frames);
        match index.checked_sub(leading) {
            None => 0,
            Some(behind) => behind / self.chunk_frames() + u64::from(leading > 0),
        }
    }

    /// Where the package ends in the source, when that was asked for.
    pub fn wanted_end(&self) -> Option<PresentationTime> {
        self.limit.map(|limit| self.zero + self.time_of(limit).since_start())
    }
}

/// A timescale in which a frame is a whole number of ticks: the rate's numerator, doubled until it is fine enough.
fn timescale(rate: Rational) -> Result<(Timescale, u32), PackagerError> {
    let (mut scale, mut frame) = (rate.num(), rate.den());
    while scale < LEAST_TIMESCALE {
        scale *= 2;
        frame = frame.saturating_mul(2);
    }
    Timescale::new(scale)
        .filter(|_| frame < u32::MAX / 1024)
        .map(|scale| (scale, frame))
        .ok_or_else(|| PackagerError::new(Exit::NotMedia, format!("a frame rate of {rate} cannot be expressed")))
}

fn expected_frames(master: &MasterInfo, rate: Rational, start: Duration) -> Option<u64> {
    let own = master.video.as_ref().and_then(|video| video.duration);
    let lasts = own.or(master.duration)?;
    Some(frames(lasts, rate).saturating_sub(frames(start, rate)))
}

impl Plan {
    /// The plan with its fingerprint, and the generation of this run.
    /// With renditions of these texts, too.
    pub(crate) fn with_texts(mut self, texts: &[TextInfo], run: Option<u64>) -> Result<Self, PackagerError> {
        if texts.is_empty() {
            return Ok(self);
        }
        self.renditions = with_unique_ids(self.renditions.into_iter().chain(text::renditions(texts)));
        self.sealed(run)
    }

    pub(crate) fn sealed(mut self, run: Option<u64>) -> Result<Self, PackagerError> {
        self.fingerprint = fingerprint(&self)?;
        self.generation = short_hash(&(&self.fingerprint, run))?;
        Ok(self)
    }
}

fn fingerprint(plan: &Plan) -> Result<String, PackagerError> {
    short_hash(&(plan, env!("CARGO_PKG_VERSION")))
}

/// Twelve hexadecimal digits over a value.
fn short_hash(value: &impl Serialize) -> Result<String, PackagerError> {
    let text = serde_json::to_vec(value)
        .map_err(|e| PackagerError::new(Exit::Codec, format!("the plan cannot be written down: {e}")))?;
    Ok(Sha256::digest(&text).iter().take(6).map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ladder::{SoundWish, tests::track};
    use crate::probe::AudioTrack;
    use proptest::prelude::*;
    use shared_av::{ChannelLayout, ColourDescription, PixelFormat, StreamPurpose};

    pub(crate) fn wishes() -> Wishes {
        Wishes {
            ladder: LadderRequest::Automatic,
            codecs: vec![VideoCodec::H264],
            segment_seconds: 4.0,
            preset: "veryfast".into(),
            two_pass: false,
            audio_codec: AudioCodec::Aac,
            start: Duration::ZERO,
            duration: None,
            addressing: Addressing::Timeline,
            threads: 0,
            reproducible: false,
            early: false,
            protection: None,
            thumbnails: false,
            run: None,
        }
    }

    pub(crate) fn identity() -> MasterIdentity {
        MasterIdentity { name: "film.mp4".into(), size: ByteSize::from_bytes(1000), modified: None }
    }

    pub(crate) fn master(rate: Rational, seconds: f64) -> MasterInfo {
        let audio = AudioTrack {
            stream: 1,
            goes_on_in: vec![],
            language: Some("eng".into()),
            title: None,
            purpose: StreamPurpose::Programme,
            main: true,
            sample_rate: 22_050,
            layout: ChannelLayout::Surround51,
            beside: None,
        };
        MasterInfo {
            zero: PresentationTime::ZERO,
            duration: Some(Duration::from_secs_f64(seconds)),
            video: Some(VideoTrack { rate, ..track(1280, 720, 25) }),
            audios: vec![audio],
            texts: vec![],
            about: About::default(),
            left_out: vec![],
            notes: vec![],
        }
    }

    fn ids(plan: &Plan) -> Vec<&str> {
        plan.renditions.iter().map(|rendition| rendition.id.as_str()).collect()
    }

    fn planned(rate: (u32, u32), seconds: f64, wishes: &Wishes) -> Plan {
        let master = master(Rational::new(rate.0, rate.1).unwrap(), seconds);
        let video = master.video.as_ref().unwrap();
        let (rungs, _) = wishes.ladder.rungs(video, None, &wishes.codecs).unwrap();
        plan(identity(), &master, &rungs, wishes).unwrap()
    }

    #[test]
    fn the_grid_is_whole_frames_at_exact_rates() {
        let cases = [
            ((24, 1), 4.0, (96, 12_288, 512)),
            ((30_000, 1001), 4.0, (120, 30_000, 1001)),
            ((60, 1), 2.0, (120, 15_360, 256)),
            ((1, 4), 4.0, (1, 16_384, 65_536)),
            ((25, 1), 0.01, (1, 12_800, 512)),
        ];
        for (rate, segment_seconds, expected) in cases {
            let plan = planned(rate, 100.0, &Wishes { segment_seconds, ..wishes() });
            assert_eq!((plan.segment_frames, plan.timescale.get(), plan.frame_ticks), expected, "{rate:?}");
        }
        assert_eq!(planned((30_000, 1001), 100.0, &wishes()).segment_duration(), Duration::from_micros(4_004_000));
    }

    #[test]
    fn who_is_in_a_hurry_gets_a_second_first() {
        let early = |seconds, addressing| {
            let wishes = Wishes { early: true, segment_seconds: 2.0, addressing, ..wishes() };
            planned((30_000, 1001), seconds, &wishes).lead_frames
        };
        assert_eq!(early(100.0, Addressing::Timeline), 30);
        assert_eq!(early(100.0, Addressing::Number), 60);
        assert_eq!(early(2.9, Addressing::Timeline), 0);
        assert_eq!(planned((25, 1), 100.0, &wishes()).lead_frames, 0);
    }

    #[test]
    fn a_part_of_a_film_begins_and_ends_on_its_grid() {
        let part = Wishes { start: Duration::from_millis(9_990), duration: Some(Duration::from_secs(5)), ..wishes() };
        let plan = planned((25, 1), 12.0, &part);
        assert_eq!(
            (plan.zero, plan.limit, plan.expected_frames),
            (PresentationTime::from_millis(10_000), Some(125), Some(50))
        );
        assert_eq!(plan.wanted_end(), Some(PresentationTime::from_millis(15_000)));
        let late = Wishes { start: Duration::from_secs(12), ..wishes() };
        let master = master(Rational::new(25, 1).unwrap(), 12.0);
        assert_eq!(super::plan(identity(), &master, &[], &late).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn sound_alone_is_cut_between_its_packets() {
        let alone = MasterInfo { video: None, ..master(Rational::ONE, 100.0) };
        let plan = super::plan(identity(), &alone, &[], &wishes()).unwrap();
        assert_eq!((plan.rate, plan.segment_frames), (Rational::new(48_000, 1024).unwrap(), 188));
        let rates = SoundWish { stereo_kbps: vec![160, 48], ..SoundWish::default() };
        let opus = Wishes { audio_codec: AudioCodec::Opus, ladder: LadderRequest::Rungs(vec![], rates), ..wishes() };
        let plan = super::plan(identity(), &alone, &[], &opus).unwrap();
        assert_eq!(ids(&plan), ["opus-1-eng-2ch-160k", "opus-1-eng-2ch-48k", "opus-1-eng-6ch-320k"]);
    }

    #[test]
    fn only_formats_that_can_keep_high_dynamic_range_do() {
        let pq = ColourDescription { primaries: 9, transfer: 16, matrix: 9, full_range: false };
        let mut plan = planned((25, 1), 100.0, &wishes());
        plan.source.as_mut().unwrap().colour = pq;
        let format = |codec| {
            let encoding = plan.video_encodings().next().unwrap().1.clone();
            plan.picture_format(&VideoEncoding { rung: LadderRung { codec, ..encoding.rung.clone() }, ..encoding })
        };
        let (avc, hevc) = (format(VideoCodec::H264), format(VideoCodec::Hevc));
        assert_eq!(
            avc,
            PictureFormat { format: PixelFormat::Yuv420p, colour: ColourDescription::BT709, tone_map: true }
        );
        assert_eq!(hevc, PictureFormat { format: PixelFormat::Yuv420p10, colour: pq, tone_map: false });
    }

    #[test]
    fn names_are_unique_and_say_what_it_is() {
        let plan = planned((25, 1), 100.0, &wishes());
        assert_eq!(
            ids(&plan),
            [
                "h264-1280x720-2340k",
                "h264-854x480-1230k",
                "h264-640x360-770k",
                "h264-426x240-400k",
                "aac-1-eng-2ch-128k",
                "aac-1-eng-6ch-320k"
            ]
        );
        let rung = plan.video_encodings().next().unwrap().1.rung.clone();
        let master = master(Rational::new(25, 1).unwrap(), 100.0);
        let twice = super::plan(identity(), &master, &[rung.clone(), rung], &wishes()).unwrap();
        assert_eq!(ids(&twice)[..2], ["h264-1280x720-2340k", "h264-1280x720-2340k-2"]);
    }

    #[test]
    fn two_passes_are_planned_for_the_formats_that_have_them() {
        let wishes = Wishes { two_pass: true, codecs: vec![VideoCodec::H264, VideoCodec::Av1], ..wishes() };
        let plan = planned((25, 1), 100.0, &wishes);
        assert!(
            plan.video_encodings().all(|(_, encoding)| encoding.two_pass == (encoding.rung.codec == VideoCodec::H264))
        );
        assert!(
            plan.video_encodings().any(|(_, encoding)| encoding.two_pass)
                && plan.video_encodings().any(|(_, encoding)| !encoding.two_pass)
        );
    }

    #[test]
    fn a_rendition_says_what_it_holds_and_where_it_comes_from() {
        let plan = planned((25, 1), 100.0, &wishes());
        let said: Vec<_> = plan.renditions.iter().map(|one| (one.kind, one.from)).collect();
        assert_eq!(said[0], (RenditionKind::Video, 0));
        assert_eq!(said[5], (RenditionKind::Audio, 1));
        let timescales = [0, 5].map(|n| plan.timescale_of(&plan.renditions[n]).get());
        assert_eq!(timescales, [12_800, 48_000]);
    }

    #[test]
    fn a_generation_follows_from_plan_and_run() {
        let one = planned((25, 1), 100.0, &wishes());
        assert_eq!(one.generation, planned((25, 1), 100.0, &wishes()).generation);
        assert_ne!(one.generation, planned((25, 1), 100.0, &Wishes { preset: "slow".into(), ..wishes() }).generation);
        assert_ne!(one.generation, planned((25, 1), 100.0, &Wishes { run: Some(7), ..wishes() }).generation);
        assert_eq!(one.generation.len(), 12);
    }

    #[test]
    fn a_plan_survives_the_ledger() {
        let plan = planned((30_000, 1001), 100.0, &wishes());
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    }

    #[test]
    fn a_film_that_is_longer_than_it_promised_keeps_its_times() {
        let plan = planned((25, 1), 61.0, &wishes());
        let chunks: Vec<u64> = [59, 60, 61, 119, 120, 179, 180].map(|second| plan.chunk_of(second * 25)).to_vec();
        assert_eq!(chunks, [0, 0, 0, 0, 2, 2, 3]);
        assert_eq!((plan.first_frame(2), plan.segments_before(2)), (120 * 25, 30));
    }

    proptest! {
        /// A chunk is never shorter than half a segment, and chunks follow one another.
        #[test]
        fn chunks_have_no_crumbs(seconds in 1.0f64..400.0, segment in 0.5f64..10.0, early: bool) {
            let plan = planned((25, 1), seconds, &Wishes { segment_seconds: segment, early, ..wishes() });
            let frames = plan.expected_frames.unwrap();
            let mut sizes = std::collections::BTreeMap::new();
            for frame in 0..frames {
                *sizes.entry(plan.chunk_of(frame)).or_insert(0u64) += 1;
            }
            prop_assert_eq!(sizes.keys().copied().collect::<Vec<_>>(), (0..sizes.len() as u64).collect::<Vec<_>>());
            for (chunk, before) in sizes.iter().scan(0, |sum, (chunk, n)| { let before = *sum; *sum += n; Some((chunk, before)) }) {
                prop_assert_eq!(plan.first_frame(*chunk), before);
                let lead = if before > 0 { u64::from(plan.lead_frames) } else { 0 };
                prop_assert_eq!((before - lead) % u64::from(plan.segment_frames), 0);
            }
            if sizes.len() > 1 {
                let behind_the_lead = sizes.values().skip(usize::from(plan.lead_frames > 0));
                prop_assert!(behind_the_lead.copied().all(|n| n * 2 >= u64::from(plan.segment_frames)));
            }
        }
    }
}
