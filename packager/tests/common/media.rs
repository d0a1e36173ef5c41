//! A package as a player would read it, with the readers that packager and player have in common.

use shared::bmff;
use shared::codec::CodecKind;
use shared::mpd::{self, ContentType};
use shared::testcard::LumaPlane;
use shared::time::{MediaTime, PresentationTime};
use shared_av::{AudioDecoder, ChannelLayout, CodecId, DecoderConfig, Resampler, VideoDecoder, VideoFrame};
use std::fs;
use std::ops::Range;
use std::path::Path;

/// One Representation as a player would read it.
pub(crate) struct Media {
    pub(crate) track: bmff::Track,
    segments: Vec<Vec<u8>>,
    pub(crate) starts: Vec<PresentationTime>,
}

/// The Representations of one kind in a package, best first.
pub(crate) fn load(folder: &Path, content: ContentType) -> Vec<Media> {
    let manifest = folder.join("manifest.mpd").canonicalize().unwrap();
    let url = url::Url::from_file_path(&manifest).unwrap();
    let (presentation, warnings) = mpd::read(&fs::read(&manifest).unwrap(), &url).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let sets = presentation.periods[0].sets.iter().filter(|set| set.content == content);
    let read = |resource: &shared::addressing::Resource, base| {
        let whole = fs::read(resource.url(base).unwrap().to_file_path().unwrap()).unwrap();
        let Some(range) = resource.range else { return whole };
        whole[range.first as usize..range.last.map_or(whole.len(), |last| last as usize + 1)].to_vec()
    };
    sets.flat_map(|set| &set.representations)
        .map(|representation| {
            let base = &representation.locations[0].base;
            let init = read(representation.init.as_ref().unwrap(), base);
            let mut index = representation.index.clone();
            while let Some(resource) = index.pending().cloned() {
                index = index.with_sidx(&read(&resource, base)).unwrap();
            }
            Media {
                track: bmff::init::read(&init).unwrap(),
                segments: index.numbers().map(|n| read(&index.resource(n).unwrap(), base)).collect(),
                starts: index.numbers().map(|n| index.time(n).unwrap().start).collect(),
            }
        })
        .collect()
}

impl Media {
    /// Access units in decoding order with their presentation times.
    fn samples(&self) -> Vec<(&[u8], PresentationTime)> {
        self.timed_samples().into_iter().map(|(data, time)| (data, time.start.presentation())).collect()
    }

    /// Samples in the order of the file with the time that each is shown.
    pub(crate) fn timed_samples(&self) -> Vec<(&[u8], Range<MediaTime>)> {
        let mut all = vec![];
        for segment in &self.segments {
            for sample in bmff::fragment::samples(&self.track, segment).unwrap() {
                let end = MediaTime { ticks: sample.pts.ticks + sample.duration.ticks, ..sample.pts };
                all.push((&segment[sample.range], sample.pts..end));
            }
        }
        all
    }

    pub(crate) fn pictures(&self) -> Vec<VideoFrame> {
        let codec = CodecId::of(self.track.codec.kind()).unwrap();
        let config = DecoderConfig::video(codec, self.track.config.clone(), 0, 0, 1);
        let mut decoder = VideoDecoder::new(&config).unwrap();
        let mut frames = Vec::new();
        for (data, pts) in self.samples() {
            decoder.send(data, Some(pts), None).unwrap();
            while let Some(frame) = decoder.receive().unwrap() {
                frames.push(frame);
            }
        }
        decoder.finish();
        while let Some(frame) = decoder.receive().unwrap() {
            frames.push(frame);
        }
        frames
    }

    /// One channel of sound at 48 kHz from presentation time 0 on.
    pub(crate) fn sound(&self) -> Vec<f32> {
        let codec = if self.track.codec.kind() == CodecKind::Opus { CodecId::Opus } else { CodecId::Aac };
        let config = DecoderConfig::audio(codec, self.track.config.clone(), 48_000, 2);
        let mut decoder = AudioDecoder::new(&config).unwrap();
        let mut resampler = Resampler::new(48_000, ChannelLayout::Mono);
        let (mut sound, mut first) = (Vec::new(), None);
        for (data, pts) in self.samples() {
            decoder.send(data, Some(pts)).unwrap();
            while let Some(frame) = decoder.receive().unwrap() {
                first = first.or(frame.pts());
                resampler.convert(&frame, &mut sound).unwrap();
            }
        }
        let before_zero = first.unwrap().nanos().min(0).unsigned_abs() * 48_000 / 1_000_000_000;
        sound.split_off(before_zero as usize)
    }
}

pub(crate) fn with_luma<T>(frame: &VideoFrame, read: impl FnOnce(LumaPlane<'_>) -> T) -> T {
    let plane = frame.plane(0).unwrap();
    read(LumaPlane { data: plane.data, stride: plane.stride, width: plane.width, height: plane.height })
}
