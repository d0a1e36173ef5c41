//! Whether the pictures of a master are fields: by their own word, else by that of the container, and where nobody says
//! it, by what they show. A few of them are decoded.

use super::combing::{self, Combing};
use super::{Master, glimpse};
use crate::decode::woven_aspect;
use crate::error::PackagerError;
use crate::probe::{MasterInfo, say_fields, usual};
use shared_av::{FieldOrder, Rational, SourceInfo, StreamInfo, StreamKind, VideoFrame, VideoInfo};

/// Pictures that are asked whether they are fields.
const PICTURES: usize = 8;
/// H.265, of whose pictures FFmpeg tells that they are one field, but not that they are two.
const HEVC: &str = "hevc";
/// Films with two fields a picture have so many lines, and no more pictures a second than [`FASTEST`].
const LINES: std::ops::RangeInclusive<u32> = 480..=1088;
/// A rate that a container rounds is off by no more than this part of it.
const ROUNDED: f64 = 0.0005;
/// See [`LINES`].
const FASTEST: f64 = 31.0;

/// The description with what is known of the fields of its pictures; a note where nobody said it.
///
/// # Errors
/// When the master cannot be opened or read.
pub(super) fn settled(
    mut info: SourceInfo,
    told: &MasterInfo,
    input: &Master,
) -> Result<(SourceInfo, Option<String>), PackagerError> {
    let Some(track) = &told.video else { return Ok((info, None)) };
    let lasts = info.duration.or(track.duration).unwrap_or_default();
    let Some(stream) = info.streams.get_mut(track.stream) else { return Ok((info, None)) };
    let may_be_combed = may_be_combed(stream);
    let is_single = stream.codec == HEVC;
    // FFmpeg puts the first of two fields in the second lines there, whatever their marker says.
    let may_be_exchanged = stream.codec == "mjpeg" && info.container == "avi";
    let StreamKind::Video(video) = &mut stream.kind else { return Ok((info, None)) };
    if !is_single && !may_be_combed && track.fields.is_none() {
        return Ok((info, None));
    }
    let first = glimpse::pictures(&mut input.open()?, track.stream, PICTURES)?;
    if let Some(note) = single_fields(video, &first) {
        return Ok((info, Some(note)));
    }
    if first.iter().any(VideoFrame::is_interlaced) {
        video.fields = None;
    } else if may_be_combed && let Some(combing) = combing::seen(input, track.stream, lasts, may_be_exchanged)? {
        video.fields = Some(combing.order);
        video.are_exchanged = combing.are_exchanged;
        return Ok((info, Some(combed(combing))));
    }
    Ok((info, None))
}

/// Nobody says whether its pictures are fields.
fn may_be_combed(stream: &StreamInfo) -> bool {
    let StreamKind::Video(video) = &stream.kind else { return false };
    let is_like_fields = LINES.contains(&video.height) && video.average_rate.is_none_or(|rate| rate.value() < FASTEST);
    let is_unsaid = !say_fields(stream) && !video.is_progressive;
    video.fields.is_none() && (is_unsaid || (stream.codec == HEVC && is_like_fields))
}

/// Makes the description that of two fields together, where each of its pictures is one.
fn single_fields(video: &mut VideoInfo, first: &[VideoFrame]) -> Option<String> {
    let picture = first.first()?;
    let order = picture.single_field()?;
    video.sample_aspect = woven_aspect((picture.width(), picture.height()), video.sample_aspect)?;
    video.height = video.height.saturating_mul(2);
    let half = |rate: Rational| {
        let half = Rational::new(rate.num(), rate.den().checked_mul(2)?)?;
        Some(usual(half, ROUNDED).unwrap_or(half))
    };
    video.base_rate = video.base_rate.and_then(half);
    video.average_rate = video.average_rate.and_then(half);
    video.fields = Some(order);
    video.single_fields = Some(order);
    Some("its pictures come field by field; two fields are put together".to_owned())
}

fn combed(combing: Combing) -> String {
    let first = match combing.order {
        FieldOrder::TopFirst => "top",
        FieldOrder::BottomFirst => "bottom",
    };
    let exchanged = if combing.are_exchanged { " (in each other's lines)" } else { "" };
    format!(
        "its pictures are combed although nothing says that they are two fields{exchanged}; they are deinterlaced, {first} \
         first"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::tests::{stream, video};
    use shared::time::PresentationTime;
    use shared_av::{ColourDescription, PixelFormat, VideoFrameMut};

    #[test]
    fn two_fields_have_twice_the_lines_and_half_the_rate() {
        let field = |width, height| {
            let canvas = VideoFrameMut::new(PixelFormat::Gray8, width, height).unwrap();
            let frame = canvas.finish(Some(PresentationTime::ZERO), ColourDescription::BT709, Rational::ONE);
            frame.with_field(Some(FieldOrder::TopFirst))
        };
        let mut told = video(1920, 540);
        told.base_rate = Rational::new(50, 1);
        assert!(single_fields(&mut told, &[field(1920, 540)]).is_some());
        assert_eq!(
            (told.height, told.base_rate, told.fields),
            (1080, Rational::new(25, 1), Some(FieldOrder::TopFirst))
        );
        told.base_rate = Rational::new(19_001, 317);
        single_fields(&mut told, &[field(1920, 540)]);
        assert_eq!(told.base_rate, Rational::new(30_000, 1001), "as Matroska rounds it");
        let mut marked = video(720, 576);
        assert_eq!(single_fields(&mut marked, &[field(720, 576)]), None, "whole pictures that are marked");
        assert_eq!((marked.height, single_fields(&mut marked, &[])), (576, None));
    }

    #[test]
    fn only_what_nobody_says_is_looked_at() {
        let looked_at = |codec: &str, video: VideoInfo| {
            let stream = StreamInfo { codec: codec.into(), ..stream(0, StreamKind::Video(video)) };
            may_be_combed(&stream)
        };
        assert!(looked_at("huffyuv", video(720, 576)) && looked_at("mjpeg", video(320, 240)));
        assert!(!looked_at("huffyuv", VideoInfo { is_progressive: true, ..video(720, 576) }));
        assert!(!looked_at("huffyuv", VideoInfo { fields: Some(FieldOrder::TopFirst), ..video(720, 576) }));
        assert!(!looked_at("h264", video(720, 576)) && !looked_at("mpeg2video", video(720, 576)));
        let as_said = VideoInfo { is_progressive: true, ..video(1920, 1080) };
        assert!(looked_at("hevc", as_said.clone()), "the word of its pictures does not reach us");
        assert!(!looked_at("hevc", VideoInfo { average_rate: Rational::new(50, 1), ..as_said }));
        assert!(!looked_at("hevc", video(3840, 2160)));
    }
}
