//! What the master is, as far as packaging is concerned: one picture stream, sound streams, what is left out.
//!
//! Pure: from [`SourceInfo`] to [`MasterInfo`]. Nothing is decoded here.

mod labels;
pub(crate) mod programme;

use crate::error::{Exit, PackagerError};
use crate::plan::MasterIdentity;
use crate::text::TextInfo;
use serde::{Deserialize, Serialize};
use shared::time::PresentationTime;
use shared_av::{
    About, AudioInfo, ChannelLayout, ColourDescription, Crop, DolbyVision, FieldOrder, Rational, SourceInfo, StaticHdr,
    StreamInfo, StreamKind, StreamPurpose, VideoInfo,
};
use std::time::Duration;

/// Decoders for still text screens: what FFmpeg finds in a text file.
const NOT_FILM: [&str; 3] = ["ansi", "xbin", "bintext"];
/// Formats of stills.
const STILLS: [&str; 8] = ["mjpeg", "png", "bmp", "tiff", "webp", "gif", "ljpeg", "jpegls"];
/// A stream of stills with no more than these is the covers of a film, not the film.
const MOST_COVERS: u64 = 10;
/// Formats whose every picture says whether it is two fields; what a container says of them is a guess from the first
/// headers.
const SAY_FIELDS: [&str; 9] = ["h264", "hevc", "av1", "vp9", "mpeg1video", "mpeg2video", "mpeg4", "vc1", "dvvideo"];
/// The largest side of a picture.
const LARGEST_SIDE: u32 = 16_384;
/// Pictures with a smaller side are enlarged: no format in use codes them.
const LEAST_SIDE: f64 = 16.0;

/// A master that can be packaged.
#[derive(Debug, Clone, PartialEq)]
pub struct MasterInfo {
    /// The time in the source at which the presentation begins: the earliest of the streams used.
    pub zero: PresentationTime,
    /// How long its pictures and sounds say that they last.
    pub duration: Option<Duration>,
    /// The pictures; `None` when there is sound alone.
    pub video: Option<VideoTrack>,
    /// The sound tracks, in the source's order.
    pub audios: Vec<AudioTrack>,
    /// The text tracks; none until somebody has read them ([`crate::text`]).
    pub texts: Vec<TextInfo>,
    /// What is said of the film as a whole.
    pub about: About,
    /// What the package will not have, in words.
    pub left_out: Vec<String>,
    /// What else is to be known of it.
    pub notes: Vec<String>,
}

/// The pictures of a master, as a viewer sees them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoTrack {
    /// Number of the stream in the source.
    pub stream: usize,
    /// Streams in which they go on, in the order of time: in recordings that were joined, they may move to another one.
    pub goes_on_in: Vec<usize>,
    /// Width in square samples, upright; even.
    pub width: u32,
    /// Height in square samples, upright; even.
    pub height: u32,
    /// The constant rate at which pictures will be coded.
    pub rate: Rational,
    /// What of the coded pictures is not to be seen, before they are turned.
    pub crop: Crop,
    /// Degrees to turn clockwise.
    pub rotation: u16,
    /// To be mirrored before it is turned.
    pub mirrored: bool,
    /// All pictures are pairs of fields by the word of the container, and do not say so themselves.
    pub fields: Option<FieldOrder>,
    /// Pictures come field by field, and are put together.
    pub single_fields: bool,
    /// Of pictures that are pairs of fields, each is in the lines of the other.
    pub are_exchanged: bool,
    /// Some pictures may have an alpha component that says what is to be seen of them.
    pub transparent: bool,
    /// What its samples mean, guesses included.
    pub colour: ColourDescription,
    /// What it was mastered on by the word of the container.
    pub hdr: StaticHdr,
    /// How long the stream itself says it lasts.
    pub duration: Option<Duration>,
}

/// One sound track of a master.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioTrack {
    /// Number of the stream in the source.
    pub stream: usize,
    /// Streams in which it goes on, in the order of time: in a recording, sound may move to another one.
    pub goes_on_in: Vec<usize>,
    /// As the container spells it.
    pub language: Option<String>,
    /// For people.
    pub title: Option<String>,
    /// Whom it is for.
    pub purpose: StreamPurpose,
    /// The one that is heard unless another is asked for.
    pub main: bool,
    /// Samples a second.
    pub sample_rate: u32,
    /// The speakers.
    pub layout: ChannelLayout,
    /// The file beside the film that it is in; `None` for the master.
    pub beside: Option<MasterIdentity>,
}

impl VideoTrack {
    /// The streams that it is in, in the order of time.
    pub fn streams(&self) -> impl Iterator<Item = usize> {
        std::iter::once(self.stream).chain(self.goes_on_in.iter().copied())
    }
}

impl AudioTrack {
    /// `sound stream 2`, or `the sound of dub.m4a`.
    pub fn in_words(&self) -> String {
        match &self.beside {
            Some(file) => format!("the sound of {}", file.name),
            None => format!("sound stream {}", self.stream),
        }
    }

    /// The streams that it is in, in the order of time.
    pub fn streams(&self) -> impl Iterator<Item = usize> {
        std::iter::once(self.stream).chain(self.goes_on_in.iter().copied())
    }
}

/// Decides what of the source becomes a package.
///
/// # Errors
/// 4 when there is neither a picture nor a sound stream that can be used. `name` is the file's name.
pub fn inspect(name: &str, info: &SourceInfo) -> Result<MasterInfo, PackagerError> {
    let refuse = |why: &str| PackagerError::new(Exit::NotMedia, format!("cannot package {name}: {why}"));
    let pictures = best_video(info);
    if let Some((_, video)) = pictures
        && !((1..=LARGEST_SIDE).contains(&video.width) && (1..=LARGEST_SIDE).contains(&video.height))
    {
        let (width, height) = (video.width, video.height);
        return Err(refuse(&format!("its pictures are {width}x{height}; each side must be 1 to {LARGEST_SIDE}")));
    }
    if let Some((stream, why)) = pictures.and_then(|(stream, _)| Some((stream, stream.fault.as_ref()?))) {
        return Err(refuse(&format!("of its pictures (stream {}, {}), {why}", stream.index, stream.codec)));
    }
    if let Some(dolby) = pictures.and_then(|(_, video)| video.side.dolby_vision)
        && !dolby.has_compatible_base()
    {
        return Err(refuse(&without_base(dolby)));
    }
    let foreign = programme::foreign(info);
    let is_own = |s: &StreamInfo| s.continues.is_none() && !is_empty(s) && !foreign.contains(&s.index);
    let audios: Vec<_> = info.audios().filter(|(s, audio)| is_usable(s, audio) && is_own(s)).collect();
    if pictures.is_none() && audios.is_empty() {
        return Err(refuse(&nothing(info)));
    }
    let used: Vec<usize> = audios.iter().map(|(s, _)| s.index).chain(pictures.map(|(s, _)| s.index)).collect();
    let earliest = audios.iter().filter_map(|(s, _)| s.start).min();
    let video = pictures.map(|(stream, video)| video_track(info, stream, video));
    let zero = zero(pictures.and_then(|(s, _)| s.start), earliest, video.as_ref().map(|v| v.rate));
    let video = video.map(|track| VideoTrack { duration: track.duration.map(|own| behind(own, zero, info)), ..track });
    let main = main_sound(&audios);
    Ok(MasterInfo {
        zero,
        duration: duration(info, &used).map(|lasts| behind(lasts, zero, info)),
        video,
        audios: audio_tracks(info, &audios, main),
        texts: vec![],
        about: info.about.clone(),
        left_out: left_out(info, &used, &foreign, pictures),
        notes: pictures.map_or(vec![], |(_, video)| notes(video)),
    })
}

/// Why there is nothing to package.
fn nothing(info: &SourceInfo) -> String {
    if info.streams.is_empty() {
        return "it is not media".to_owned();
    }
    let unusable = info.audios().find(|(stream, audio)| !is_usable(stream, audio)).map(|(stream, _)| {
        let why = stream.fault.as_deref().unwrap_or("nothing here knows its rate or its channels");
        format!("of its sound (stream {}, {}), {why}", stream.index, stream.codec)
    });
    unusable.unwrap_or_else(|| "it has neither pictures nor sound".to_owned())
}

/// The longest of the streams that are used; the container's word counts where none of the others can be meant by it.
fn duration(info: &SourceInfo, used: &[usize]) -> Option<Duration> {
    let (used, others): (Vec<_>, Vec<_>) = info.streams.iter().partition(|stream| used.contains(&stream.index));
    let own = used.iter().filter_map(|stream| stream.duration).max();
    own.or_else(|| info.duration.filter(|_| others.iter().all(|stream| stream.attached_picture)))
}

/// What is left of a duration behind `zero`: edit lists count what is empty before the first sample (ISO/IEC 14496-12
/// 8.6.6).
fn behind(lasts: Duration, zero: PresentationTime, info: &SourceInfo) -> Duration {
    let empty = if info.container.contains("mp4") { zero.since(PresentationTime::ZERO) } else { Duration::ZERO };
    lasts.checked_sub(empty).unwrap_or(lasts)
}

/// Sound that starts so much before the pictures is an encoder's priming, which nobody is to hear.
const PRIMING_NANOS: i64 = 25_000_000;

/// The instant that becomes 0: the start of the pictures, or so many whole frames before it that no sound is lost.
/// Whole ones, so that every picture keeps its place on the grid to the sample and times that are rounded to
/// milliseconds do not tip over to a neighbour's.
fn zero(
    pictures: Option<PresentationTime>,
    sound: Option<PresentationTime>,
    rate: Option<Rational>,
) -> PresentationTime {
    let (Some(pictures), Some(sound), Some(rate)) = (pictures, sound, rate) else {
        return pictures.or(sound).unwrap_or(PresentationTime::ZERO);
    };
    let early = pictures.offset_secs(sound.offset_by_nanos(PRIMING_NANOS));
    let frames = (early * rate.value()).ceil().max(0.0);
    pictures.offset_by_nanos(-((frames / rate.value() * 1e9).round() as i64))
}

/// Of those that can be decoded and move, or else of the stills: the container's default, else the largest, else the
/// first.
fn best_video(info: &SourceInfo) -> Option<(&StreamInfo, &VideoInfo)> {
    let rank = |(stream, video): &(&StreamInfo, &VideoInfo)| {
        let area = u64::from(video.width) * u64::from(video.height);
        (stream.fault.is_none(), moves(stream), stream.default, area, std::cmp::Reverse(stream.index))
    };
    let is_film = |stream: &StreamInfo| {
        !NOT_FILM.contains(&stream.codec.as_str()) && !is_empty(stream) && stream.continues.is_none()
    };
    info.videos().filter(|(stream, _)| is_film(stream)).max_by_key(rank)
}

/// It has more than a cover picture, or several of them, as far as is known.
fn moves(stream: &StreamInfo) -> bool {
    let covers = if STILLS.contains(&stream.codec.as_str()) { MOST_COVERS } else { 1 };
    stream.frames.is_none_or(|frames| frames > covers)
}

/// It is known to have nothing.
fn is_empty(stream: &StreamInfo) -> bool {
    stream.frames == Some(0)
}

fn without_base(dolby: DolbyVision) -> String {
    format!(
        "it is Dolby Vision of profile {}, whose pictures are right only with their enhancement data, which cannot be \
         applied here; get a version of it in HDR10, HLG or Dolby Vision of profile 8, or convert it with a program that \
         applies Dolby Vision",
        dolby.profile
    )
}

fn is_usable(stream: &StreamInfo, audio: &AudioInfo) -> bool {
    stream.fault.is_none() && audio.sample_rate > 0 && audio.layout.channels() > 0
}

fn video_track(info: &SourceInfo, stream: &StreamInfo, video: &VideoInfo) -> VideoTrack {
    let (width, height) = upright_size(video);
    VideoTrack {
        stream: stream.index,
        goes_on_in: later(info, stream),
        width,
        height,
        rate: constant_rate(video.base_rate, video.average_rate),
        crop: video.side.crop,
        rotation: video.rotation,
        mirrored: video.mirrored,
        fields: video.fields.filter(|_| !say_fields(stream)),
        single_fields: video.single_fields.is_some(),
        are_exchanged: video.are_exchanged,
        transparent: is_transparent(&info.container, stream, video),
        colour: video.colour.or_guess(video.height),
        hdr: video.side.hdr,
        duration: stream.duration,
    }
}

/// Its pictures say themselves whether they are two fields.
pub(crate) fn say_fields(stream: &StreamInfo) -> bool {
    SAY_FIELDS.contains(&stream.codec.as_str())
}

/// The streams in which another one goes on.
fn later(info: &SourceInfo, first: &StreamInfo) -> Vec<usize> {
    info.streams.iter().filter(|stream| stream.continues == Some(first.index)).map(|stream| stream.index).collect()
}

/// The container's default, else one that is for everybody, else the first.
fn main_sound(audios: &[(&StreamInfo, &AudioInfo)]) -> Option<usize> {
    let rank = |stream: &StreamInfo| {
        let ordinary = matches!(stream.purpose, StreamPurpose::Programme | StreamPurpose::Dub);
        (ordinary && stream.default, ordinary, std::cmp::Reverse(stream.index))
    };
    audios.iter().map(|(stream, _)| *stream).max_by_key(|stream| rank(stream)).map(|stream| stream.index)
}

fn audio_tracks(info: &SourceInfo, audios: &[(&StreamInfo, &AudioInfo)], main: Option<usize>) -> Vec<AudioTrack> {
    let track = |((stream, audio), title): (&(&StreamInfo, &AudioInfo), Option<String>)| AudioTrack {
        stream: stream.index,
        goes_on_in: later(info, stream),
        language: stream.language.clone(),
        title,
        purpose: stream.purpose,
        main: main == Some(stream.index),
        sample_rate: audio.sample_rate,
        layout: audio.layout,
        beside: None,
    };
    audios.iter().zip(labels::labels(audios)).map(track).collect()
}

/// The fourth byte of uncompressed pictures in AVI is unused (BITMAPINFOHEADER), whatever it is called.
fn is_transparent(container: &str, stream: &StreamInfo, video: &VideoInfo) -> bool {
    video.transparent && !(container == "avi" && stream.codec == "rawvideo")
}

/// Streams that are not used, and what is lost of those that are. What becomes of text is not known here
/// ([`crate::text`]).
fn left_out(
    info: &SourceInfo,
    used: &[usize],
    foreign: &[usize],
    pictures: Option<(&StreamInfo, &VideoInfo)>,
) -> Vec<String> {
    let lost = pictures.map_or(vec![], |(stream, video)| lost(&info.container, stream, video));
    let is_lost = |stream: &&StreamInfo| {
        !used.contains(&stream.index)
            && stream.continues.is_none()
            && !foreign.contains(&stream.index)
            && !matches!(stream.kind, StreamKind::Subtitle)
    };
    let streams = info.streams.iter().filter(is_lost).map(describe);
    let chapters = (info.chapters > 0).then(|| format!("its {} chapters", info.chapters));
    streams.chain(programme::left_out(info)).chain(lost).chain(chapters).collect()
}

/// What the pictures say that no rendition of them will.
fn lost(container: &str, stream: &StreamInfo, video: &VideoInfo) -> Vec<String> {
    let transparency = is_transparent(container, stream, video)
        .then(|| "the transparency of the pictures; they are shown over black".to_owned());
    let projection = video.side.projection.map(|how| format!("the projection of the pictures ({how}); they are flat"));
    let views = video.side.views.map(|how| format!("that the pictures have a view for each eye ({how})"));
    let hdr = (video.side.hdr != StaticHdr::default() && !video.colour.is_hdr()).then(|| {
        "its mastering display and light levels; nothing says that its pictures have a high dynamic range".to_owned()
    });
    transparency.into_iter().chain(projection).chain(views).chain(hdr).collect()
}

/// What else is to be known of the pictures.
fn notes(video: &VideoInfo) -> Vec<String> {
    let base = |dolby: DolbyVision| {
        format!("Dolby Vision of profile {}: its base layer is packaged, without the enhancement", dolby.profile)
    };
    enlarged(video).into_iter().chain(video.side.dolby_vision.map(base)).collect()
}

fn enlarged(video: &VideoInfo) -> Option<String> {
    let (width, height) = (video.width, video.height);
    (f64::from(width.min(height)) < LEAST_SIDE)
        .then(|| format!("pictures of {width}x{height} are enlarged: no format in use codes them"))
}

/// The size with square samples: the longer way is stretched, nothing is lost; then large enough, turned, and even.
fn upright_size(video: &VideoInfo) -> (u32, u32) {
    let aspect = video.sample_aspect.value().clamp(0.1, 10.0);
    let (width, height) = video.side.crop.left_of(video.width, video.height).unwrap_or((video.width, video.height));
    let (width, height) = (f64::from(width), f64::from(height));
    let (width, height) = if aspect >= 1.0 { (width * aspect, height) } else { (width, height / aspect) };
    let larger = (LEAST_SIDE / width.min(height).max(1.0)).max(1.0);
    let (width, height) = (width * larger, height * larger);
    let (width, height) = if video.rotation % 180 == 90 { (height, width) } else { (width, height) };
    (even(width), even(height))
}

/// The nearest even number, at least 2; odd sides lose a row rather than gain one.
pub(crate) fn even(side: f64) -> u32 {
    ((side / 2.0 + 0.4).floor() * 2.0).max(2.0) as u32
}

/// Rates that films are made at.
const USUAL: [(u32, u32); 15] = [
    (24_000, 1001),
    (24, 1),
    (25, 1),
    (30_000, 1001),
    (30, 1),
    (48, 1),
    (50, 1),
    (60_000, 1001),
    (60, 1),
    (120, 1),
    (5, 1),
    (10, 1),
    (12, 1),
    (15, 1),
    (20, 1),
];

/// Slow motion is packaged at a rate that players show.
const FASTEST: f64 = 120.5;

/// The rate, or half or a quarter of one that is too high; `None` for one that nobody films at.
fn sane(rate: Rational) -> Option<Rational> {
    let parts = [1, 2, 4].into_iter().filter_map(|part| Rational::new(rate.num(), rate.den().checked_mul(part)?));
    parts.into_iter().find(|part| (0.01..=FASTEST).contains(&part.value()))
}

/// The constant rate for a film: the grid on which all its timestamps lie where that is plausible (not much finer than
/// the frames come), else the usual rate next to the average.
fn constant_rate(base: Option<Rational>, average: Option<Rational>) -> Rational {
    let (base, average) = (base.and_then(sane), average.and_then(sane));
    match (base, average) {
        (Some(base), Some(average)) if base.value() <= 2.5 * average.value() => base,
        (Some(base), None) => base,
        (_, Some(average)) => usual(average, 0.04).unwrap_or(average),
        (None, None) => Rational::new(25, 1).unwrap_or(Rational::ONE),
    }
}

/// The usual rate nearest to another, when it is no more than a part `within` of it away.
pub(crate) fn usual(average: Rational, within: f64) -> Option<Rational> {
    let off = |rate: &Rational| (rate.value() / average.value() - 1.0).abs();
    USUAL
        .iter()
        .filter_map(|(num, den)| Rational::new(*num, *den))
        .filter(|rate| off(rate) < within)
        .min_by(|a, b| off(a).total_cmp(&off(b)))
}

fn describe(stream: &StreamInfo) -> String {
    let what = match &stream.kind {
        StreamKind::Video(_) if stream.attached_picture => "cover art",
        StreamKind::Video(_) if is_empty(stream) => "a video stream without pictures",
        StreamKind::Video(_) if !moves(stream) => "a still picture",
        StreamKind::Audio(_) if is_empty(stream) => "a sound stream without sound",
        StreamKind::Video(_) => "another video stream",
        StreamKind::Audio(audio) if is_usable(stream, audio) || stream.fault.is_some() => "a sound stream",
        StreamKind::Audio(_) => "a sound stream without rate or channels",
        StreamKind::Subtitle => "subtitles",
        StreamKind::Data => "a data stream",
    };
    let language = stream.language.as_deref().map(|l| format!(", {l}")).unwrap_or_default();
    let why = stream.fault.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{what} (stream {}, {}{language}){why}", stream.index, stream.codec)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use shared_av::{PixelFormat, VideoSide};

    pub(crate) fn video(width: u32, height: u32) -> VideoInfo {
        VideoInfo {
            width,
            height,
            sample_aspect: Rational::ONE,
            rotation: 0,
            mirrored: false,
            base_rate: Rational::new(25, 1),
            average_rate: Rational::new(25, 1),
            format: PixelFormat::Yuv420p,
            bit_depth: 8,
            colour: ColourDescription::UNSPECIFIED,
            fields: None,
            is_progressive: false,
            single_fields: None,
            are_exchanged: false,
            transparent: false,
            side: VideoSide::default(),
        }
    }

    pub(crate) fn stream(index: usize, kind: StreamKind) -> StreamInfo {
        StreamInfo {
            index,
            id: 0,
            codec: "h264".into(),
            fault: None,
            language: None,
            title: None,
            handler: None,
            default: false,
            attached_picture: false,
            purpose: StreamPurpose::Programme,
            forced: false,
            start: Some(PresentationTime::ZERO),
            duration: None,
            frames: None,
            continues: None,
            bit_rate: None,
            kind,
        }
    }

    pub(crate) fn source(streams: Vec<StreamInfo>) -> SourceInfo {
        SourceInfo {
            container: "mov".into(),
            duration: None,
            start: None,
            streams,
            programmes: vec![],
            chapters: 0,
            about: About::default(),
        }
    }

    #[test]
    fn sizes_are_upright_square_and_even() {
        let ratio = |n, d| Rational::new(n, d).unwrap();
        let cases = [
            (video(1920, 1080), (1920, 1080)),
            (VideoInfo { rotation: 90, ..video(1920, 1080) }, (1080, 1920)),
            (VideoInfo { sample_aspect: ratio(64, 45), ..video(720, 576) }, (1024, 576)),
            (VideoInfo { sample_aspect: ratio(8, 9), ..video(720, 480) }, (720, 540)),
            (VideoInfo { sample_aspect: ratio(4, 3), rotation: 270, ..video(1440, 1080) }, (1080, 1920)),
            (video(161, 121), (160, 120)),
            (video(2, 2), (16, 16)),
            (VideoInfo { rotation: 90, ..video(8, 240) }, (480, 16)),
        ];
        for (video, expected) in cases {
            assert_eq!(upright_size(&video), expected, "{video:?}");
        }
    }

    #[test]
    fn rates_are_exact_and_plausible() {
        let r = |n, d| Rational::new(n, d);
        let cases = [
            (r(24, 1), r(24, 1), (24, 1)),
            (r(30_000, 1001), r(243_090_000, 8_111_111), (30_000, 1001)),
            (r(30, 1), r(2500, 83), (30, 1)),
            (r(60, 1), r(1000, 1), (60, 1)),
            (r(90_000, 1), r(2398, 100), (24_000, 1001)),
            (r(60, 1), r(20, 1), (20, 1)),
            (r(30_000, 1001), r(51_600, 1841), (30_000, 1001)),
            (r(1, 4), r(1, 4), (1, 4)),
            (r(240, 1), r(240, 1), (120, 1)),
            (r(240_000, 1001), r(240_000, 1001), (120_000, 1001)),
            (r(90_000, 1), r(50, 1), (50, 1)),
            (None, None, (25, 1)),
        ];
        for (base, average, (num, den)) in cases {
            assert_eq!(constant_rate(base, average), Rational::new(num, den).unwrap(), "{base:?} {average:?}");
        }
    }

    #[test]
    fn what_is_not_used_is_named_and_time_starts_with_what_is() {
        let cover = StreamInfo { attached_picture: true, ..stream(0, StreamKind::Video(video(600, 600))) };
        let film = StreamInfo {
            start: Some(PresentationTime::from_millis(1525)),
            ..stream(1, StreamKind::Video(video(1920, 1080)))
        };
        let sound = AudioInfo { sample_rate: 48_000, layout: ChannelLayout::Stereo, places: 0 };
        let sound =
            StreamInfo { start: Some(PresentationTime::from_millis(1400)), ..stream(2, StreamKind::Audio(sound)) };
        let titles = StreamInfo { language: Some("fra".into()), ..stream(3, StreamKind::Subtitle) };
        let master = inspect("film.mkv", &source(vec![cover, film, sound, titles])).unwrap();
        assert_eq!((master.video.unwrap().stream, master.audios.len()), (1, 1));
        // Three frames of 25 a second: the least number that leaves no sound out.
        assert_eq!(master.zero, PresentationTime::from_millis(1525 - 3 * 40));
        assert_eq!(master.left_out, ["cover art (stream 0, h264)"], "of text others tell");
    }

    #[test]
    fn the_main_sound_is_the_default_that_is_for_everybody() {
        let sound = |index, purpose, default| {
            let kind = StreamKind::Audio(AudioInfo { sample_rate: 48_000, layout: ChannelLayout::Stereo, places: 0 });
            StreamInfo { purpose, default, ..stream(index, kind) }
        };
        let main = |streams| {
            let audios = inspect("film.mkv", &source(streams)).unwrap().audios;
            audios.iter().position(|track| track.main)
        };
        let (film, remarks) = (StreamPurpose::Programme, StreamPurpose::Commentary);
        assert_eq!(main(vec![sound(0, film, false), sound(1, film, true)]), Some(1));
        assert_eq!(main(vec![sound(0, film, true), sound(1, film, true)]), Some(0));
        assert_eq!(main(vec![sound(0, remarks, true), sound(1, film, false)]), Some(1));
        assert_eq!(main(vec![sound(0, remarks, false), sound(1, remarks, false)]), Some(0));
    }

    #[test]
    fn subtitles_do_not_make_a_film_longer() {
        let seconds = |n| Some(Duration::from_secs(n));
        let film = stream(0, StreamKind::Video(video(640, 360)));
        let titles = StreamInfo { duration: seconds(9), ..stream(1, StreamKind::Subtitle) };
        let told =
            |streams| inspect("film.mkv", &SourceInfo { duration: seconds(9), ..source(streams) }).unwrap().duration;
        assert_eq!(told(vec![film.clone()]), seconds(9));
        assert_eq!(told(vec![film.clone(), titles.clone()]), None);
        assert_eq!(told(vec![StreamInfo { duration: seconds(5), ..film }, titles]), seconds(5));
    }

    #[test]
    fn zero_lies_on_the_grid_of_the_pictures() {
        let at = |millis: i64| Some(PresentationTime::from_millis(millis));
        let cases = [
            ("pictures alone", at(40), None, 40),
            ("sound alone", None, at(70), 70),
            ("together", at(0), at(0), 0),
            ("sound later", at(0), at(700), 0),
            ("priming", at(0), at(-21), 0),
            ("priming of 44.1 kHz", at(0), at(-24), 0),
            ("a little more than priming", at(0), at(-30), -40),
            ("sound much earlier", at(1000), at(100), 120),
        ];
        for (name, pictures, sound, expected) in cases {
            let zero = zero(pictures, sound, Rational::new(25, 1));
            assert_eq!(zero, PresentationTime::from_millis(expected), "{name}");
        }
    }

    #[test]
    fn without_pictures_and_sound_there_is_a_reason() {
        let failure = inspect("notes.txt", &source(vec![])).unwrap_err();
        assert_eq!(
            (failure.exit, failure.message.as_str()),
            (Exit::NotMedia, "cannot package notes.txt: it is not media")
        );
    }
}
