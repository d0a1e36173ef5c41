//! What will be done, as a value: the grid, the chunks, every rendition with its settings and its place.
//!
//! Pure, and complete: whoever has the plan and the master can do any chunk of any rendition, on this machine or
//! another, today or after an interruption. `--dry-run` prints it, the ledger keeps it.

use crate::failure::{Exit, Failure};
use crate::ladder::Rung;
use crate::manifest::Addressing;
use crate::probe::{AudioTrack, Master, VideoTrack};
use crate::segment::Grid;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::time::{PresentationTime, Timescale};
use shared::units::{Bitrate, ByteSize};
use shared_av::{AudioSettings, ChannelLayout, PixelFormat, Ratio, VideoSettings, X264Settings};
use std::time::Duration;

/// Seconds of film in a chunk: enough that a fresh encoder costs nothing, little enough to lose in a crash.
const CHUNK_SECONDS: f64 = 60.0;
/// Media timescales are at least this, so that other clocks can be expressed well.
const LEAST_TIMESCALE: u32 = 10_000;

/// What the command line asked for, apart from the ladder.
#[derive(Debug, Clone, PartialEq)]
pub struct Wishes {
    /// Nominal length of a segment in seconds.
    pub segment_seconds: f64,
    /// The encoder's preset.
    pub preset: String,
    /// How players find segments.
    pub addressing: Addressing,
    /// Encoder threads, 0 for automatic.
    pub threads: usize,
    /// The same input gives the same bytes.
    pub reproducible: bool,
    /// Told apart from other runs by this; `None` when reproducible.
    pub run: Option<u64>,
}

/// Which file the master is: a changed one must not be continued with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterIdentity {
    /// The file's name without folders.
    pub name: String,
    /// Its size.
    pub size: ByteSize,
    /// When it was changed, in nanoseconds since 1970, where the file system knows.
    pub modified: Option<u64>,
}

/// The whole job.
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
    /// The pictures of the master.
    pub source: VideoTrack,
    /// Frames of one segment.
    pub segment_frames: u32,
    /// Segments of one chunk.
    pub chunk_segments: u32,
    /// Ticks a second of all renditions of the pictures.
    pub timescale: Timescale,
    /// Ticks of one frame.
    pub frame_ticks: u32,
    /// Frames that the master's duration promises.
    pub expected_frames: Option<u64>,
    /// Renditions of the pictures, best first.
    pub video: Vec<VideoJob>,
    /// Renditions of the sound.
    pub audio: Vec<AudioJob>,
    /// Encoder threads, 0 for automatic.
    pub threads: usize,
}

/// One rendition of the pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoJob {
    /// `Representation@id` and the name of its folder.
    pub id: String,
    /// Size and rates.
    pub rung: Rung,
    /// The encoder's preset.
    pub preset: String,
}

/// One rendition of a sound track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioJob {
    /// `Representation@id` and the name of its folder.
    pub id: String,
    /// Where it comes from.
    pub track: AudioTrack,
    /// Samples a second, which are also its ticks.
    pub sample_rate: u32,
    /// The speakers.
    pub layout: ChannelLayout,
    /// Rate aimed at.
    pub rate: Bitrate,
    /// `main` for the first track, `alternate` for others.
    pub role: String,
}

/// Makes the plan.
///
/// # Errors
/// 2 when the wishes contradict each other.
pub fn plan(identity: MasterIdentity, master: &Master, rungs: &[Rung], wishes: &Wishes) -> Result<Plan, Failure> {
    let rate = master.video.rate;
    let (timescale, frame_ticks) = timescale(rate)?;
    let segment_frames = ((wishes.segment_seconds * rate.value()).round() as u32).max(1);
    let segment_seconds = f64::from(segment_frames) / rate.value();
    let mut plan = Plan {
        version: 1,
        master: identity,
        fingerprint: String::new(),
        generation: String::new(),
        addressing: wishes.addressing,
        zero: master.zero,
        source: master.video.clone(),
        segment_frames,
        chunk_segments: ((CHUNK_SECONDS / segment_seconds).round() as u32).max(1),
        timescale,
        frame_ticks,
        expected_frames: expected_frames(master),
        video: video_jobs(rungs, &wishes.preset),
        audio: audio_jobs(&master.audios),
        threads: if wishes.reproducible { 1 } else { wishes.threads },
    };
    plan.fingerprint = fingerprint(&plan)?;
    plan.generation = short_hash(&(&plan.fingerprint, wishes.run))?;
    Ok(plan)
}

impl Plan {
    /// The grid that every rendition is cut on.
    pub fn grid(&self) -> Grid {
        Grid { timescale: self.timescale, segment: self.segment_frames.saturating_mul(self.frame_ticks) }
    }

    /// The exact length of a segment.
    pub fn segment_duration(&self) -> Duration {
        self.time_of(u64::from(self.segment_frames)).since_start()
    }

    /// When frame `index` is shown.
    pub fn time_of(&self, index: u64) -> PresentationTime {
        let nanos = u128::from(index) * u128::from(self.source.rate.den()) * 1_000_000_000;
        let nanos = nanos / u128::from(self.source.rate.num());
        PresentationTime::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
    }

    /// Frames of one chunk.
    pub fn chunk_frames(&self) -> u64 {
        u64::from(self.segment_frames) * u64::from(self.chunk_segments)
    }

    /// The chunk that frame `index` belongs to. A rest that would not fill half a segment of its own stays with the
    /// chunk before, as the segment does that it joins.
    pub fn chunk_of(&self, index: u64) -> u64 {
        let chunk = index / self.chunk_frames();
        let rest = self.expected_frames.map_or(u64::MAX, |frames| frames.saturating_sub(chunk * self.chunk_frames()));
        if chunk > 0 && rest * 2 < u64::from(self.segment_frames) { chunk - 1 } else { chunk }
    }

    /// What the encoder of a rendition is told.
    pub fn video_settings(&self, job: &VideoJob) -> VideoSettings {
        let rung = &job.rung;
        VideoSettings {
            width: rung.width,
            height: rung.height,
            frame_rate: self.source.rate,
            colour: self.output_colour(),
            format: PixelFormat::Yuv420p,
            bit_rate: rung.rate,
            max_rate: rung.max_rate,
            buffer: ByteSize::from_bits((rung.rate.bps() as f64 * rung.buffer_seconds) as u64),
            gop: self.segment_frames,
            threads: self.threads,
        }
    }

    /// The colour of every rendition: that of the master in limited range, or BT.709 where high dynamic range had to
    /// be mapped down.
    pub fn output_colour(&self) -> shared_av::Colour {
        let colour = self.source.colour;
        if colour.is_hdr() { shared_av::Colour::BT709 } else { shared_av::Colour { full_range: false, ..colour } }
    }
}

impl VideoJob {
    /// What libx264 is told.
    pub fn x264(&self) -> X264Settings {
        X264Settings { preset: self.preset.clone(), profile: "high".into() }
    }
}

impl AudioJob {
    /// What the encoder is told.
    pub fn settings(&self) -> AudioSettings {
        AudioSettings { sample_rate: self.sample_rate, layout: self.layout, bit_rate: self.rate }
    }

    /// Its ticks.
    pub fn timescale(&self) -> Timescale {
        Timescale::new(self.sample_rate).unwrap_or(Timescale::ONE)
    }
}

/// A timescale in which a frame is a whole number of ticks: the rate's numerator, doubled until it is fine enough.
fn timescale(rate: Ratio) -> Result<(Timescale, u32), Failure> {
    let (mut scale, mut frame) = (rate.num(), rate.den());
    while scale < LEAST_TIMESCALE {
        (scale, frame) = (scale * 2, frame.saturating_mul(2));
    }
    Timescale::new(scale)
        .filter(|_| frame < u32::MAX / 1024)
        .map(|scale| (scale, frame))
        .ok_or_else(|| Failure::new(Exit::NotMedia, format!("a frame rate of {rate} cannot be expressed")))
}

fn expected_frames(master: &Master) -> Option<u64> {
    let seconds = master.video.duration.or(master.duration)?.as_secs_f64();
    Some((seconds * master.video.rate.value()).round() as u64)
}

fn video_jobs(rungs: &[Rung], preset: &str) -> Vec<VideoJob> {
    let mut jobs: Vec<VideoJob> = Vec::new();
    for rung in rungs {
        let id = format!("h264-{}x{}-{}k", rung.width, rung.height, rung.rate.bps() / 1000);
        let taken = jobs.iter().filter(|job| job.id == id || job.id.starts_with(&format!("{id}-"))).count();
        let id = if taken == 0 { id } else { format!("{id}-{}", taken + 1) };
        jobs.push(VideoJob { id, rung: rung.clone(), preset: rung.preset.clone().unwrap_or_else(|| preset.into()) });
    }
    jobs
}

/// Every track as it is up to stereo; one with more channels both mixed down to stereo and, for 5.1, as it is.
fn audio_jobs(tracks: &[AudioTrack]) -> Vec<AudioJob> {
    let mut jobs = Vec::new();
    for (place, track) in tracks.iter().enumerate() {
        for layout in layouts(track.layout) {
            let rate = audio_rate(layout);
            let language =
                track.language.as_deref().filter(|l| l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
            let id = format!(
                "aac-{}{}-{}ch-{}k",
                place + 1,
                language.map(|l| format!("-{l}")).unwrap_or_default(),
                layout.channels(),
                rate.bps() / 1000
            );
            jobs.push(AudioJob {
                id,
                track: track.clone(),
                sample_rate: sample_rate(track.sample_rate),
                layout,
                rate,
                role: if place == 0 { "main" } else { "alternate" }.into(),
            });
        }
    }
    jobs
}

fn layouts(source: ChannelLayout) -> Vec<ChannelLayout> {
    match source {
        ChannelLayout::Mono => vec![ChannelLayout::Mono],
        ChannelLayout::Surround51 => vec![ChannelLayout::Stereo, ChannelLayout::Surround51],
        _ => vec![ChannelLayout::Stereo],
    }
}

fn audio_rate(layout: ChannelLayout) -> Bitrate {
    Bitrate::from_kbps(match layout.channels() {
        1 => 64,
        2 => 128,
        _ => 320,
    })
}

/// The two rates that every player has; others are resampled to the larger.
fn sample_rate(source: u32) -> u32 {
    if source == 44_100 { 44_100 } else { 48_000 }
}

fn fingerprint(plan: &Plan) -> Result<String, Failure> {
    short_hash(&(plan, env!("CARGO_PKG_VERSION")))
}

/// Twelve hexadecimal digits over a value.
fn short_hash(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_vec(value)
        .map_err(|e| Failure::new(Exit::Codec, format!("the plan cannot be written down: {e}")))?;
    Ok(Sha256::digest(&text).iter().take(6).map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ladder::{self, tests::track};
    use proptest::prelude::*;

    pub(crate) fn wishes() -> Wishes {
        Wishes {
            segment_seconds: 4.0,
            preset: "veryfast".into(),
            addressing: Addressing::Timeline,
            threads: 0,
            reproducible: false,
            run: None,
        }
    }

    pub(crate) fn identity() -> MasterIdentity {
        MasterIdentity { name: "film.mp4".into(), size: ByteSize::from_bytes(1000), modified: None }
    }

    pub(crate) fn master(rate: Ratio, seconds: f64) -> Master {
        let audio = AudioTrack {
            stream: 1,
            language: Some("eng".into()),
            title: None,
            sample_rate: 22_050,
            layout: ChannelLayout::Surround51,
        };
        Master {
            zero: PresentationTime::ZERO,
            duration: Some(Duration::from_secs_f64(seconds)),
            video: VideoTrack { rate, ..track(1280, 720, 25) },
            audios: vec![audio],
            left_out: vec![],
        }
    }

    fn planned(rate: (u32, u32), seconds: f64, wishes: &Wishes) -> Plan {
        let master = master(Ratio::new(rate.0, rate.1).unwrap(), seconds);
        let (rungs, _) = ladder::Request::Automatic.rungs(&master.video).unwrap();
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
    fn names_are_unique_and_say_what_it_is() {
        let plan = planned((25, 1), 100.0, &wishes());
        let ids: Vec<&str> =
            plan.video.iter().map(|j| j.id.as_str()).chain(plan.audio.iter().map(|j| j.id.as_str())).collect();
        assert_eq!(
            ids,
            [
                "h264-1280x720-2340k",
                "h264-854x480-1230k",
                "h264-640x360-770k",
                "h264-426x240-400k",
                "aac-1-eng-2ch-128k",
                "aac-1-eng-6ch-320k"
            ]
        );
        let twice = video_jobs(&[plan.video[0].rung.clone(), plan.video[0].rung.clone()], "fast");
        assert_ne!(twice[0].id, twice[1].id);
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

    proptest! {
        /// A chunk is never shorter than half a segment, and chunks follow one another.
        #[test]
        fn chunks_have_no_crumbs(seconds in 1.0f64..400.0, segment in 0.5f64..10.0) {
            let plan = planned((25, 1), seconds, &Wishes { segment_seconds: segment, ..wishes() });
            let frames = plan.expected_frames.unwrap();
            let mut sizes = std::collections::BTreeMap::new();
            for frame in 0..frames {
                *sizes.entry(plan.chunk_of(frame)).or_insert(0u64) += 1;
            }
            prop_assert_eq!(sizes.keys().copied().collect::<Vec<_>>(), (0..sizes.len() as u64).collect::<Vec<_>>());
            if sizes.len() > 1 {
                prop_assert!(sizes.values().all(|n| n * 2 >= u64::from(plan.segment_frames)));
            }
        }
    }
}
