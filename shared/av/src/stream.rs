//! What a source says about itself and its streams. Plain values, read once when the source is opened.

use crate::pixel_format::Layout;
use crate::{AvError, AvStage, ChannelLayout, ColourDescription, PixelFormat, Programme, Rational, VideoSide};
use crate::{frame, sound, tags};
use ffmpeg_next::{self as ff, ffi};
use serde::{Deserialize, Serialize};
use shared::{time::PresentationTime, units::Bitrate};
use std::{ptr, time::Duration};

/// Bound on the number of streams against hostile files.
const MAX_STREAMS: usize = 256;
/// FFmpeg's name of Ogg.
const OGG: &str = "ogg";

/// A source as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceInfo {
    /// FFmpeg's name of the container, e.g. `mov,mp4,m4a,3gp,3g2,mj2`.
    pub container: String,
    /// The duration by the container. It may be missing, and it may be wrong. What FFmpeg estimates from bit rates or
    /// from the last packets is not the container's word, here and in the streams.
    pub duration: Option<Duration>,
    /// The earliest time of any stream.
    pub start: Option<PresentationTime>,
    /// Every stream in the container's order; its place here is its `index`.
    pub streams: Vec<StreamInfo>,
    /// The programmes of a transport stream.
    pub programmes: Vec<Programme>,
    /// How many chapters it has.
    pub chapters: usize,
    /// What it says of the film as a whole.
    pub about: About,
}

impl SourceInfo {
    /// Leaves nothing that it says of its length.
    pub(crate) fn forget_length(&mut self) {
        self.duration = None;
        for stream in &mut self.streams {
            stream.duration = None;
            stream.frames = None;
        }
    }

    /// The streams that are pictures over time (cover art is not), with their details.
    pub fn videos(&self) -> impl Iterator<Item = (&StreamInfo, &VideoInfo)> {
        self.streams.iter().filter(|s| !s.attached_picture).filter_map(|s| match &s.kind {
            StreamKind::Video(video) => Some((s, video)),
            _ => None,
        })
    }

    /// The streams that are sound, with their details.
    pub fn audios(&self) -> impl Iterator<Item = (&StreamInfo, &AudioInfo)> {
        self.streams.iter().filter_map(|s| match &s.kind {
            StreamKind::Audio(audio) => Some((s, audio)),
            _ => None,
        })
    }
}

/// What a container says of the film as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct About {
    /// What it is called.
    pub title: Option<String>,
    /// Who published it, or else who made it.
    pub source: Option<String>,
    /// Whose it is.
    pub copyright: Option<String>,
}

impl About {
    fn of(said: &ff::DictionaryRef<'_>) -> Self {
        Self {
            title: tags::text(said, c"title"),
            source: tags::text(said, c"publisher").or_else(|| tags::text(said, c"artist")),
            copyright: tags::text(said, c"copyright"),
        }
    }
}

/// One stream of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamInfo {
    /// Its number in the source.
    pub index: usize,
    /// The container's own number of it; 0 where it has none.
    pub id: i32,
    /// FFmpeg's name of the codec, e.g. `h264`; the four letters of the container where FFmpeg knows none.
    pub codec: String,
    /// Why nothing can be made of it, in words; `None` as long as nothing is known against it.
    pub fault: Option<String>,
    /// The language as the container spells it; "und" counts as not said.
    pub language: Option<String>,
    /// A title for people.
    pub title: Option<String>,
    /// What the program that wrote it calls it: seldom a title.
    pub handler: Option<String>,
    /// The container prefers it over others of its kind.
    pub default: bool,
    /// Cover art: one picture that belongs to the whole.
    pub attached_picture: bool,
    /// Its purpose.
    pub purpose: StreamPurpose,
    /// Subtitles that are to be shown to everybody who hears the language that they are in.
    pub forced: bool,
    /// Its first presentation time.
    pub start: Option<PresentationTime>,
    /// How long it says it lasts.
    pub duration: Option<Duration>,
    /// How many frames it says it has.
    pub frames: Option<u64>,
    /// The stream whose content goes on here. No container says that: who has read the packets may.
    pub continues: Option<usize>,
    /// Its average rate as the container says.
    pub bit_rate: Option<Bitrate>,
    /// What it is.
    pub kind: StreamKind,
}

/// The purpose of a stream, by the disposition flags of the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum StreamPurpose {
    /// The ordinary programme.
    #[default]
    Programme,
    /// A dubbed version in another language.
    Dub,
    /// A commentary on the film.
    Commentary,
    /// Audio description for the visually impaired.
    Description,
    /// Enhanced intelligibility of speech for the hard of hearing.
    Intelligibility,
}

/// What a stream is.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamKind {
    /// Pictures.
    Video(VideoInfo),
    /// Sound.
    Audio(AudioInfo),
    /// Subtitles.
    Subtitle,
    /// Time codes, metadata, fonts and the like.
    Data,
}

/// Details of pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoInfo {
    /// Coded samples in a row.
    pub width: u32,
    /// Coded rows.
    pub height: u32,
    /// The shape of one sample.
    pub sample_aspect: Rational,
    /// Degrees (0, 90, 180, 270) by which the picture is to be turned clockwise to stand upright.
    pub rotation: u16,
    /// The picture is to be mirrored left to right, before it is turned.
    pub mirrored: bool,
    /// The lowest rate on whose grid every timestamp lies, as FFmpeg guesses it.
    pub base_rate: Option<Rational>,
    /// Frames by duration.
    pub average_rate: Option<Rational>,
    /// The layout of samples.
    pub format: PixelFormat,
    /// Bits a sample.
    pub bit_depth: u8,
    /// What the samples mean.
    pub colour: ColourDescription,
    /// The container, or the headers of the bitstream, say that pictures are pairs of fields.
    pub fields: Option<FieldOrder>,
    /// They say that pictures are whole.
    pub is_progressive: bool,
    /// Pictures come field by field; this one comes first. Sizes, rates and shape here are those of both together. Who has
    /// decoded some may know that.
    pub single_fields: Option<FieldOrder>,
    /// Each of two fields is in the lines of the other. Who has decoded some may know that.
    pub are_exchanged: bool,
    /// The pixel format has an alpha component that may say something, or the container has one beside the pictures.
    pub transparent: bool,
    /// What else the container says of them.
    pub side: VideoSide,
}

/// Which of two fields is shown first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FieldOrder {
    /// The one with the first row.
    TopFirst,
    /// The other one.
    BottomFirst,
}

impl FieldOrder {
    /// Of `AVFieldOrder`, which names the field that is coded first and then the one that is shown first.
    fn of(order: i32) -> Option<Self> {
        use ffi::AVFieldOrder as F;
        if order == F::AV_FIELD_TT as i32 || order == F::AV_FIELD_BT as i32 {
            return Some(Self::TopFirst);
        }
        (order == F::AV_FIELD_BB as i32 || order == F::AV_FIELD_TB as i32).then_some(Self::BottomFirst)
    }
}

/// Details of sound.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioInfo {
    /// Samples a second.
    pub sample_rate: u32,
    /// The speakers.
    pub layout: ChannelLayout,
    /// The places of the speakers as bits (FFmpeg's `AV_CH_…`, those of `WAVEFORMATEXTENSIBLE`); 0 when it is not said.
    pub places: u64,
}

/// Reads everything about an open container.
pub(crate) fn read(input: &ff::format::context::Input, what: &str) -> Result<SourceInfo, AvError> {
    if input.nb_streams() as usize > MAX_STREAMS {
        return Err(AvError::new(AvStage::Probe, what, format!("it has more than {MAX_STREAMS} streams")));
    }
    let start = container_start(input);
    let is_told = is_duration_told(input);
    let about = about(input);
    // A stream that is called what the film is called has no title of its own.
    let own_title = |stream: StreamInfo| StreamInfo {
        title: stream.title.filter(|title| about.title.as_ref() != Some(title)),
        ..stream
    };
    Ok(SourceInfo {
        container: input.format().name().to_owned(),
        duration: u64::try_from(input.duration()).ok().filter(|d| *d > 0 && is_told).map(Duration::from_micros),
        start,
        streams: input.streams().map(|stream| own_title(stream_info(&stream, is_told))).collect(),
        programmes: tags::programmes(input),
        chapters: input.nb_chapters() as usize,
        about,
    })
}

/// Whether durations are those that the container states.
fn is_duration_told(input: &ff::format::context::Input) -> bool {
    // SAFETY: the wrapper owns a valid AVFormatContext. The C enum is read as the integer that it is.
    #[expect(unsafe_code, reason = "the method of estimation has no getter")]
    let method = unsafe { ptr::addr_of!((*input.as_ptr()).duration_estimation_method).cast::<i32>().read() };
    method == ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_STREAM as i32
}

/// Ogg has no words for the whole: its streams say what the film is called.
fn about(input: &ff::format::context::Input) -> About {
    let first = input.streams().next().filter(|_| input.format().name() == OGG);
    first.map_or_else(|| About::of(&input.metadata()), |stream| About::of(&stream.metadata()))
}

fn container_start(input: &ff::format::context::Input) -> Option<PresentationTime> {
    // SAFETY: the wrapper owns a valid AVFormatContext.
    #[expect(unsafe_code, reason = "the container's start has no getter")]
    let start = unsafe { (*input.as_ptr()).start_time };
    (start != ffi::AV_NOPTS_VALUE).then(|| PresentationTime::from_nanos(start.saturating_mul(1000)))
}

fn stream_info(stream: &ff::Stream<'_>, is_duration_told: bool) -> StreamInfo {
    use ff::format::stream::Disposition;
    let raw = RawParameters::of(stream);
    let metadata = stream.metadata();
    let said = |key| tags::text(&metadata, key);
    let codec = stream.parameters().id();
    let has_decoder = ff::decoder::find(codec).is_some();
    let base = stream.time_base();
    let time = |ticks: i64| (ticks != ffi::AV_NOPTS_VALUE).then(|| to_time(ticks, base));
    StreamInfo {
        index: stream.index(),
        id: stream.id(),
        codec: if codec == ff::codec::Id::None { four_letters(raw.tag) } else { codec.name().to_owned() },
        fault: if has_decoder { refused(stream, &raw) } else { Some("no decoder here knows its format".to_owned()) },
        language: said(c"language").filter(|language| language != "und"),
        title: said(c"title"),
        handler: said(c"handler_name").or_else(|| said(c"track_name")),
        default: stream.disposition().contains(Disposition::DEFAULT),
        attached_picture: stream.disposition().contains(Disposition::ATTACHED_PIC),
        purpose: StreamPurpose::of(stream.disposition()),
        forced: stream.disposition().contains(Disposition::FORCED),
        start: time(stream.start_time()),
        duration: time(stream.duration())
            .filter(|_| is_duration_told)
            .map(PresentationTime::since_start)
            .or_else(|| said(c"DURATION").as_deref().and_then(clock))
            .filter(|d| !d.is_zero()),
        frames: u64::try_from(stream.frames()).ok().filter(|n| *n > 0),
        continues: None,
        bit_rate: u64::try_from(raw.bit_rate).ok().filter(|r| *r > 0).map(Bitrate::from_bps),
        kind: kind_of(stream, &raw),
    }
}

/// Why the decoder of a sound stream does not begin, where everything is known of the sound.
fn refused(stream: &ff::Stream<'_>, raw: &RawParameters) -> Option<String> {
    if raw.sample_rate <= 0 || raw.layout.channels() == 0 || stream.parameters().medium() != ff::media::Type::Audio {
        return None;
    }
    let opened = ff::codec::Context::from_parameters(stream.parameters()).and_then(|context| context.decoder().audio());
    opened.err().map(|_| "its decoder does not take its configuration".to_owned())
}

impl StreamPurpose {
    /// Of several flags, the one that restricts the audience most.
    fn of(disposition: ff::format::stream::Disposition) -> Self {
        use ff::format::stream::Disposition as D;
        let purposes = [
            (D::VISUAL_IMPAIRED | D::DESCRIPTIONS, Self::Description),
            (D::COMMENT, Self::Commentary),
            (D::HEARING_IMPAIRED | D::CLEAN_EFFECTS | D::CAPTIONS, Self::Intelligibility),
            (D::DUB, Self::Dub),
        ];
        purposes.into_iter().find(|(flags, _)| disposition.intersects(*flags)).map_or(Self::Programme, |(_, one)| one)
    }
}

/// `01:02:03.5`, as Matroska's statistics tags have it.
fn clock(text: &str) -> Option<Duration> {
    let mut parts = text.splitn(3, ':');
    let (hours, minutes) = (parts.next()?.parse::<u32>().ok()?, parts.next()?.parse::<u32>().ok()?);
    let seconds: f64 = parts.next()?.parse().ok()?;
    Duration::try_from_secs_f64(f64::from(hours) * 3600.0 + f64::from(minutes) * 60.0 + seconds).ok()
}

fn kind_of(stream: &ff::Stream<'_>, raw: &RawParameters) -> StreamKind {
    match stream.parameters().medium() {
        ff::media::Type::Video => StreamKind::Video(video_info(stream, raw)),
        ff::media::Type::Audio => StreamKind::Audio(AudioInfo {
            sample_rate: u32::try_from(raw.sample_rate).unwrap_or(0),
            layout: raw.layout,
            places: raw.places,
        }),
        ff::media::Type::Subtitle => StreamKind::Subtitle,
        _ => StreamKind::Data,
    }
}

fn video_info(stream: &ff::Stream<'_>, raw: &RawParameters) -> VideoInfo {
    let (rotation, mirrored) = orientation(stream);
    VideoInfo {
        width: u32::try_from(raw.width).unwrap_or(0),
        height: u32::try_from(raw.height).unwrap_or(0),
        sample_aspect: Rational::from_ff(raw.sample_aspect).unwrap_or(Rational::ONE),
        rotation,
        mirrored,
        base_rate: Rational::from_ff(stream.rate()),
        average_rate: Rational::from_ff(stream.avg_frame_rate()),
        format: PixelFormat::from_raw(raw.format),
        bit_depth: raw.bit_depth,
        colour: frame::colour_from_raw(raw.colour, raw.format),
        fields: FieldOrder::of(raw.field_order),
        is_progressive: raw.field_order == ffi::AVFieldOrder::AV_FIELD_PROGRESSIVE as i32,
        single_fields: None,
        are_exchanged: false,
        // Matroska codes alpha as pictures of its own beside those of VP8 and VP9.
        transparent: raw.transparent || stream.metadata().get("alpha_mode") == Some("1"),
        side: VideoSide::of(stream),
    }
}

/// The numbers of AVCodecParameters that ffmpeg-next does not hand out.
struct RawParameters {
    width: i32,
    height: i32,
    format: i32,
    bit_depth: u8,
    sample_aspect: ff::Rational,
    colour: [i32; 4],
    field_order: i32,
    transparent: bool,
    sample_rate: i32,
    layout: ChannelLayout,
    places: u64,
    bit_rate: i64,
    tag: u32,
}

impl RawParameters {
    fn of(stream: &ff::Stream<'_>) -> Self {
        let parameters = stream.parameters();
        // SAFETY: `parameters` keeps the container alive, whose AVCodecParameters are valid and not written to while
        // we hold a shared borrow of it. C enums are read as the integers they are.
        #[expect(unsafe_code, reason = "these fields have no getters")]
        unsafe {
            let p = parameters.as_ptr();
            let int = |field: *const i32| field.read();
            let layout = Layout::of((*p).format);
            Self {
                width: (*p).width,
                height: (*p).height,
                format: (*p).format,
                bit_depth: bit_depth(layout, (*p).bits_per_raw_sample),
                transparent: layout.transparent && (!layout.has_palette || has_clear_colours(parameters.id())),
                sample_aspect: first_known((*p).sample_aspect_ratio, (*stream.as_ptr()).sample_aspect_ratio),
                colour: [
                    int(ptr::addr_of!((*p).color_primaries).cast()),
                    int(ptr::addr_of!((*p).color_trc).cast()),
                    int(ptr::addr_of!((*p).color_space).cast()),
                    int(ptr::addr_of!((*p).color_range).cast()),
                ],
                field_order: int(ptr::addr_of!((*p).field_order).cast()),
                sample_rate: (*p).sample_rate,
                layout: sound::layout_of(&(*p).ch_layout),
                places: sound::places_of(&(*p).ch_layout),
                bit_rate: (*p).bit_rate,
                tag: (*p).codec_tag,
            }
        }
    }
}

/// Palettes of these formats may have transparent colours; those of others are opaque, although FFmpeg has one pixel format
/// for all.
fn has_clear_colours(codec: ff::codec::Id) -> bool {
    use ff::codec::Id;
    matches!(codec, Id::GIF | Id::PNG | Id::APNG | Id::TARGA | Id::XPM)
}

/// The name that a container gives a format, if it looks like one.
fn four_letters(tag: u32) -> String {
    let letters = tag.to_le_bytes();
    let is_name = letters.iter().all(|letter| letter.is_ascii_alphanumeric() || b" -_.".contains(letter));
    if is_name { String::from_utf8_lossy(&letters).trim().to_owned() } else { "an unknown format".to_owned() }
}

/// The container's pixel aspect wins over the bitstream's (it is what an editor corrects).
fn first_known(bitstream: ffi::AVRational, container: ffi::AVRational) -> ff::Rational {
    if container.num > 0 && container.den > 0 { container.into() } else { bitstream.into() }
}

/// Of a format that libavutil does not know, what the decoder said; else the usual.
fn bit_depth(layout: Layout, bits_per_raw_sample: i32) -> u8 {
    let said = u8::try_from(bits_per_raw_sample).ok().filter(|depth| *depth > 0);
    layout.depth.or(said).unwrap_or(8)
}

/// Rotation and mirroring from the display matrix.
fn orientation(stream: &ff::Stream<'_>) -> (u16, bool) {
    use ff::packet::side_data::Type;
    let matrix = stream.side_data().find(|side| side.kind() == Type::DisplayMatrix);
    let Some(matrix) = matrix else { return (0, false) };
    let mut cells = [0.0; 9];
    for (cell, bytes) in cells.iter_mut().zip(matrix.data().chunks_exact(4)) {
        *cell = f64::from(bytes.try_into().map_or(0, i32::from_ne_bytes));
    }
    orientation_of(cells)
}

/// The upper left 2x2 cells of an ISO/IEC 14496-12 matrix `a b u c d v …` map (x, y) to (ax + cy, bx + dy) with y
/// pointing down, so a clockwise turn by t is a = cos t, b = sin t. A negative determinant is a mirror image.
fn orientation_of([a, b, _, c, d, ..]: [f64; 9]) -> (u16, bool) {
    let mirrored = a * d - b * c < 0.0;
    let a = if mirrored { -a } else { a };
    let b = if mirrored { -b } else { b };
    let quarter_turns = (b.atan2(a).to_degrees() / 90.0).round() as i32;
    ((quarter_turns.rem_euclid(4) * 90) as u16, mirrored)
}

/// Ticks of a time base as presentation time; absolute values are converted one by one.
pub(crate) fn to_time(ticks: i64, base: ff::Rational) -> PresentationTime {
    let den = i128::from(base.denominator().max(1));
    let nanos = i128::from(ticks) * i128::from(base.numerator()) * 1_000_000_000;
    let rounded = (nanos + if nanos < 0 { -den / 2 } else { den / 2 }) / den;
    PresentationTime::from_nanos(i64::try_from(rounded).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_matrices_become_quarter_turns() {
        let cases = [
            ([1.0, 0.0, 0.0, 1.0], (0, false)),
            ([0.0, 1.0, -1.0, 0.0], (90, false)),
            ([-1.0, 0.0, 0.0, -1.0], (180, false)),
            ([0.0, -1.0, 1.0, 0.0], (270, false)),
            ([-1.0, 0.0, 0.0, 1.0], (0, true)),
        ];
        for ([a, b, c, d], expected) in cases {
            assert_eq!(orientation_of([a, b, 0.0, c, d, 0.0, 0.0, 0.0, 1.0]), expected, "{a} {b} {c} {d}");
        }
    }

    #[test]
    fn the_depth_is_that_of_the_format_or_what_the_decoder_said() {
        let ten = Layout { depth: Some(10), ..Layout::default() };
        assert_eq!([bit_depth(ten, 8), bit_depth(Layout::default(), 12)], [10, 12]);
        assert_eq!([bit_depth(Layout::default(), 0), bit_depth(Layout::default(), -1)], [8, 8]);
    }

    #[test]
    fn the_field_that_is_shown_first_counts() {
        use ffi::AVFieldOrder as F;
        let orders = [F::AV_FIELD_TT, F::AV_FIELD_BT, F::AV_FIELD_BB, F::AV_FIELD_TB].map(|o| FieldOrder::of(o as i32));
        let (top, bottom) = (Some(FieldOrder::TopFirst), Some(FieldOrder::BottomFirst));
        assert_eq!(orders, [top, top, bottom, bottom]);
        let none = [F::AV_FIELD_UNKNOWN, F::AV_FIELD_PROGRESSIVE].map(|o| FieldOrder::of(o as i32));
        assert_eq!((none, FieldOrder::of(77)), ([None, None], None));
    }

    #[test]
    fn clocks_of_tags_are_read() {
        assert_eq!(clock("01:02:03.500000000"), Some(Duration::from_millis(3_723_500)));
        assert!(["", "1:2", "a:b:c", "0:0:-1", "0:0:nan"].iter().all(|bad| clock(bad).is_none()));
    }

    #[test]
    fn ticks_convert_exactly() {
        assert_eq!(to_time(30_000, ff::Rational::new(1001, 30_000)).nanos(), 1_001_000_000_000);
        assert_eq!(to_time(i64::MAX, ff::Rational::new(1, 1)), PresentationTime::MAX);
    }
}
