//! What only pictures can tell before a film is planned: which sizes they have. A few of them are decoded, for this and
//! for others who look at them.

use super::{Survey, pace};
use crate::decode::{larger, whole_size};
use crate::error::PackagerError;
use crate::probe::VideoTrack;
use shared::time::PresentationTime;
use shared_av::{AvError, MediaSource, Packet, SourceInfo, StreamKind, VideoDecoder, VideoFrame, VideoInfo};
use std::time::Duration;

/// As many as FFmpeg thinks best.
const DECODER_THREADS: usize = 0;
/// Packets that are read for a picture at most.
const PACKETS: usize = 25;

/// Some pictures of a stream from where `source` stands on, as many as there are up to `count`.
///
/// # Errors
/// When it cannot be read.
pub(super) fn pictures(
    source: &mut MediaSource,
    stream: usize,
    count: usize,
) -> Result<Vec<VideoFrame>, PackagerError> {
    source.keep_only(&[stream]);
    let mut pictures = Vec::new();
    let Ok(mut decoder) = VideoDecoder::of_stream(source, stream, DECODER_THREADS) else { return Ok(pictures) };
    for _ in 0..PACKETS * count {
        let packet = source.read()?;
        let is_end = packet.is_none();
        match packet {
            Some(packet) if packet.stream() != stream => continue,
            // What is damaged is for those to say who decode all of it.
            Some(packet) => drop(decoder.send_packet(packet)),
            None => decoder.finish(),
        }
        while let Ok(Some(frame)) = decoder.receive() {
            pictures.push(frame);
        }
        if is_end || pictures.len() >= count {
            break;
        }
    }
    pictures.truncate(count);
    Ok(pictures)
}

/// A size that lasts for less than this part of the film, or this time, is a moment's.
const LASTING_PART: u32 = 10;
const LASTING: Duration = Duration::from_secs(20);
/// Sizes of one shape differ by no more than this in it.
const SAME_SHAPE: f64 = 0.03;
/// So many pictures are looked at as they come, then one a second; after as many again half as many, and so on.
const THINNED_AFTER: usize = 32;

/// What is gathered of a stream of pictures while its packets are read.
pub(super) struct PictureWatch {
    stream: usize,
    times: Vec<PresentationTime>,
    /// `None` without a decoder.
    sizes: Option<SizeWatch>,
}

impl PictureWatch {
    /// Nothing is gathered of other streams.
    pub(super) fn new(info: &SourceInfo, source: &MediaSource, stream: usize) -> Option<Self> {
        info.videos().any(|(one, _)| one.index == stream).then(|| Self {
            stream,
            times: Vec::new(),
            sizes: SizeWatch::new(source, stream).ok(),
        })
    }

    /// What was gathered of the streams of one track.
    pub(super) fn of_track(watches: Vec<Self>, track: &VideoTrack) -> Option<Self> {
        let own = watches.into_iter().filter(|watch| track.streams().any(|stream| stream == watch.stream));
        let joined = own.reduce(Self::with)?;
        Some(Self { stream: track.stream, ..joined })
    }

    /// The earlier one's sizes come first. Within a stream they stay in the order of the file: at a joint, times overlap.
    fn with(mut self, other: Self) -> Self {
        self.times.extend(other.times);
        if let (Some(sizes), Some(mut more)) = (&mut self.sizes, other.sizes) {
            if more.seen.first().map(|(at, _)| *at) < sizes.seen.first().map(|(at, _)| *at) {
                std::mem::swap(&mut sizes.seen, &mut more.seen);
            }
            sizes.seen.extend(more.seen);
        }
        self
    }

    /// Looks at the next packet of the master.
    pub(super) fn packet(&mut self, packet: &Packet) {
        if packet.stream() != self.stream || packet.is_discarded() {
            return;
        }
        self.times.extend(packet.pts);
        if let Some(sizes) = &mut self.sizes {
            sizes.packet(packet);
        }
    }

    /// Sets pace and size of the pictures right; a note on what changes on the way.
    pub(super) fn settle(self, info: &mut SourceInfo, survey: &Survey) -> Option<String> {
        let StreamKind::Video(video) = &mut info.streams.get_mut(self.stream)?.kind else { return None };
        if let Some(pace) = pace::measured(self.times) {
            pace::settle(video, pace);
        }
        let end = survey.streams.get(&self.stream)?.end?;
        settle(video, &sizes(self.sizes?.seen, end))
    }
}

/// The sizes of a stream's pictures, from some of those at which decoding can begin.
struct SizeWatch {
    decoder: VideoDecoder,
    every: Duration,
    seen: Vec<(PresentationTime, (u32, u32))>,
}

impl SizeWatch {
    /// For a stream.
    ///
    /// # Errors
    /// When there is no decoder for it.
    fn new(source: &MediaSource, stream: usize) -> Result<Self, AvError> {
        let decoder = VideoDecoder::of_stream(source, stream, 1)?;
        Ok(Self { decoder, every: Duration::ZERO, seen: Vec::new() })
    }

    /// Looks at the next packet of the stream.
    fn packet(&mut self, packet: &Packet) {
        let Some(pts) = packet.pts.filter(|_| packet.is_key()) else { return };
        if self.seen.last().is_some_and(|(last, _)| pts.offset_secs(*last).abs() < self.every.as_secs_f64()) {
            return;
        }
        let Some(picture) = self.decoder.alone(packet) else { return };
        self.seen.push((pts, whole_size(&picture)));
        if self.seen.len().is_multiple_of(THINNED_AFTER) {
            self.every = (self.every * 2).max(Duration::from_secs(1));
        }
    }
}

/// The sizes that were seen in the order of the film, each once, and for how long, when the film ends at `end`.
fn sizes(seen: Vec<(PresentationTime, (u32, u32))>, end: PresentationTime) -> Vec<((u32, u32), Duration)> {
    let ends: Vec<PresentationTime> = seen.iter().skip(1).map(|(at, _)| *at).chain([end]).collect();
    let mut sizes: Vec<((u32, u32), Duration)> = Vec::new();
    for ((from, size), to) in seen.into_iter().zip(ends) {
        match sizes.iter_mut().find(|(known, _)| *known == size) {
            Some((_, lasts)) => *lasts += to.since(from),
            None => sizes.push((size, to.since(from))),
        }
    }
    sizes
}

/// Sets the size of pictures to the largest of the same shape that lasts; a note where there are several.
fn settle(video: &mut VideoInfo, sizes: &[((u32, u32), Duration)]) -> Option<String> {
    let told = (video.width, video.height);
    let whole: Duration = sizes.iter().map(|(_, lasts)| *lasts).sum();
    let shape = |(width, height): (u32, u32)| f64::from(width) / f64::from(height.max(1));
    let is_alike = |size: (u32, u32)| (shape(size) / shape(told) - 1.0).abs() <= SAME_SHAPE;
    let lasting = sizes.iter().filter(|(_, lasts)| *lasts >= LASTING.min(whole / LASTING_PART)).map(|(size, _)| *size);
    let best = lasting.filter(|size| is_alike(*size)).fold(told, larger);
    if best == told {
        return None;
    }
    (video.width, video.height) = best;
    let names: Vec<String> = sizes.iter().map(|((width, height), _)| format!("{width}x{height}")).collect();
    Some(format!("its pictures change their size ({}); the ladder is made for {}x{}", names.join(", "), best.0, best.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::tests::video;

    const SMALL: (u32, u32) = (640, 360);
    const LARGE: (u32, u32) = (1280, 720);

    fn at(seconds: i64) -> PresentationTime {
        PresentationTime::from_millis(seconds * 1000)
    }

    #[test]
    fn a_size_lasts_until_another_one_is_seen() {
        let seen = vec![(at(0), SMALL), (at(1), SMALL), (at(3), LARGE), (at(9), SMALL)];
        let seconds = Duration::from_secs;
        assert_eq!(sizes(seen, at(10)), [(SMALL, seconds(4)), (LARGE, seconds(6))]);
        assert_eq!(sizes(vec![], at(10)), []);
    }

    #[test]
    fn the_ladder_is_made_for_the_largest_size_that_lasts() {
        let settled = |sizes: &[((u32, u32), u64)]| {
            let mut told = video(640, 360);
            let sizes: Vec<_> = sizes.iter().map(|(size, lasts)| (*size, Duration::from_secs(*lasts))).collect();
            let note = settle(&mut told, &sizes);
            assert_eq!(note.is_some(), told.width != 640);
            (told.width, told.height)
        };
        assert_eq!(settled(&[(SMALL, 3), (LARGE, 5)]), LARGE);
        assert_eq!(settled(&[(SMALL, 300), (LARGE, 25)]), LARGE, "a long time in a longer film");
        assert_eq!(settled(&[(SMALL, 300), (LARGE, 5)]), SMALL, "a moment");
        assert_eq!(settled(&[(SMALL, 3), ((720, 1280), 5)]), SMALL, "another shape is shown between bars");
        assert_eq!(settled(&[((320, 180), 8)]), SMALL, "the word of the container stands");
        assert_eq!(settled(&[]), SMALL);
    }
}
