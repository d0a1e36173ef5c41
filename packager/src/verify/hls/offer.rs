//! What a player is offered against what there is: rates, codecs, sizes, ranges, channels.

use super::media::ReadMedium;
use super::multivariant::{Entry, Multivariant};
use super::rates::Rates;
use super::{Check, Finding, rules};
use crate::verify::bitstream::Picture;
use crate::verify::media::Segment;
use shared::bmff::Track;
use shared::bmff::entry::{MediaKind, Video};
use url::Url;

/// Apple's authoring specification: what is said and what is measured may differ by so much.
const A_TENTH: f64 = 1.1;
/// Rates are whole numbers, and durations are rounded.
const ROUNDING: f64 = 0.999;

pub(super) fn check(url: &Url, offered: &Multivariant<'_>, read: &[ReadMedium<'_>], findings: &mut Vec<Finding>) {
    let mut checker = Checker { url, offered, read, findings };
    for variant in &offered.variants {
        checker.variant(variant);
    }
    for rendition in &offered.media {
        checker.rendition(rendition);
    }
    for stream in &offered.i_frames {
        checker.i_frames(stream);
    }
    checker.together();
}

struct Checker<'a, 'f> {
    url: &'a Url,
    offered: &'a Multivariant<'a>,
    read: &'a [ReadMedium<'a>],
    findings: &'f mut Vec<Finding>,
}

impl<'a> Checker<'a, '_> {
    fn found(&mut self, check: Check, entry: &Entry<'_>, problem: String) {
        let name = entry.uri.unwrap_or_default();
        let place = format!("line {} {name}", entry.line);
        self.findings.push(Finding::new(check, self.url.as_str(), place.trim_end(), problem));
    }

    fn find(&self, uri: Option<&str>) -> Option<&'a ReadMedium<'a>> {
        let uri = uri?;
        self.read.iter().find(|one| one.medium.uri == uri)
    }

    fn variant(&mut self, variant: &Entry<'_>) {
        let Some(one) = self.find(variant.uri) else { return };
        if !one.is_segments() {
            return self.found(Check::Manifest, variant, "is a playlist of key frames alone".into());
        }
        let id = variant.get("AUDIO").unwrap_or_default();
        let apart: Vec<_> = self.offered.group("AUDIO", id).filter(|member| member.uri.is_some()).collect();
        let members: Option<Vec<_>> = apart.iter().map(|member| self.find(member.uri)).collect();
        // What could not be read has its own finding, or is in a form that is not read.
        let Some(members) = members else { return };
        self.codecs(variant, &[&[one], &members[..]].concat());
        if let Some((video, track)) = one.loaded.track.as_ref().and_then(|track| Some((video(track)?, track))) {
            self.pictures(variant, video);
            self.frame_rate(variant, one.fps);
            self.range(variant, track);
        }
        let sound = members.iter().map(|member| member.rates).collect::<Option<Vec<_>>>();
        if let Some((own, sound)) = one.rates.zip(sound) {
            let is_ended = one.medium.list.is_ended;
            self.rates(variant, if one.is_video() { sum(own, &sound) } else { largest(own, &sound) }, is_ended);
        }
    }

    fn rendition(&mut self, rendition: &Entry<'_>) {
        let Some(one) = self.find(rendition.uri) else { return };
        if !one.is_segments() {
            self.found(Check::Manifest, rendition, "is a playlist of key frames alone".into());
        }
        let Some(MediaKind::Audio(audio)) = one.loaded.track.as_ref().map(|track| &track.kind) else { return };
        let said = rendition.get("CHANNELS").and_then(|said| said.split('/').next());
        if let Some(said) = said.filter(|said| *said != audio.channels.to_string()) {
            let problem = format!("CHANNELS is {said}, the track has {}", audio.channels);
            self.found(Check::Description, rendition, problem);
        }
    }

    fn i_frames(&mut self, stream: &Entry<'_>) {
        let Some(one) = self.find(stream.uri) else { return };
        if one.is_segments() {
            return self.found(Check::Manifest, stream, "has no EXT-X-I-FRAMES-ONLY".into());
        }
        self.codecs(stream, &[one]);
        if let Some(track) = &one.loaded.track {
            if let Some(video) = video(track) {
                self.pictures(stream, video);
            }
            self.range(stream, track);
        }
        if let Some(rates) = one.rates {
            self.rates(stream, rates, one.medium.list.is_ended);
        }
    }

    /// The codec of everything that belongs to a variant, and of nothing else.
    fn codecs(&mut self, entry: &Entry<'_>, members: &[&ReadMedium<'_>]) {
        let Some(said) = entry.get("CODECS") else { return };
        let said: Vec<String> = said.split(',').map(|one| shared::codec::parse(one).to_string()).collect();
        let tracks = || members.iter().filter_map(|member| member.loaded.track.as_ref());
        let real: Vec<String> = tracks().map(|track| track.codec.to_string()).collect();
        if real.len() != members.len() {
            return;
        }
        if let Some(lacking) = real.iter().find(|real| !said.iter().any(|said| rules::is_same_codec(said, real))) {
            self.found(Check::Codecs, entry, format!("CODECS lacks `{lacking}`"));
        }
        if let Some(extra) = said.iter().find(|said| !real.iter().any(|real| rules::is_same_codec(said, real))) {
            self.found(Check::Codecs, entry, format!("CODECS names `{extra}`, which is not there"));
        }
    }

    fn pictures(&mut self, entry: &Entry<'_>, video: &Video) {
        let (x, y) = video.sar.filter(|(_, y)| *y > 0).unwrap_or((1, 1));
        let width = f64::from(video.width) * f64::from(x) / f64::from(y);
        let Some(said) = entry.get("RESOLUTION") else {
            return self.found(Check::Description, entry, "RESOLUTION is missing".into());
        };
        let size = said.split_once('x').and_then(|(x, y)| Some((x.parse::<u32>().ok()?, y.parse::<u32>().ok()?)));
        // Coded and shown width are both in use, and either may be rounded.
        let fits = |(across, down): (u32, u32)| {
            let is_width = |width: f64| (f64::from(across) - width).abs() <= 1.0;
            down == u32::from(video.height) && (is_width(width) || is_width(video.width.into()))
        };
        if !size.is_some_and(fits) {
            let problem = format!("RESOLUTION is {said}, the track has {width:.0}x{}", video.height);
            self.found(Check::Description, entry, problem);
        }
    }

    /// Three decimals.
    fn frame_rate(&mut self, entry: &Entry<'_>, measured: Option<f64>) {
        let Some(said) = entry.get("FRAME-RATE") else {
            return self.found(Check::Description, entry, "FRAME-RATE is missing".into());
        };
        let rate = said.parse::<f64>().ok();
        let is_off = |rate: f64| measured.is_some_and(|measured| (rate - measured).abs() > 0.0006 + measured * 1e-5);
        if rate.is_none_or(is_off) {
            let measured = measured.map_or_else(String::new, |measured| format!(", the media have {measured:.3}"));
            self.found(Check::Description, entry, format!("FRAME-RATE is {said}{measured}"));
        }
    }

    fn range(&mut self, entry: &Entry<'_>, track: &Track) {
        let transfer = video(track).and_then(|video| video.colour).map(|colour| colour.transfer);
        let real = match transfer {
            Some(16) => "PQ",
            Some(18) => "HLG",
            _ => "SDR",
        };
        let said = entry.get("VIDEO-RANGE").unwrap_or("SDR");
        if said != real {
            self.found(Check::Description, entry, format!("VIDEO-RANGE is {said}, the track is {real}"));
        }
    }

    /// Nothing is above what is said; and what is said is not far above, where there will be no more segments.
    fn rates(&mut self, entry: &Entry<'_>, measured: Rates, is_ended: bool) {
        for (name, measured) in [("BANDWIDTH", measured.peak), ("AVERAGE-BANDWIDTH", measured.average)] {
            let Some(said) = entry.get(name).and_then(|said| said.parse::<f64>().ok()) else { continue };
            if said < measured * ROUNDING - 1.0 || (is_ended && said > measured * A_TENTH + 1.0) {
                self.found(Check::Bandwidth, entry, format!("{name} is {said}, measured {measured:.0}"));
            }
        }
    }

    /// Of the whole offer.
    fn together(&mut self) {
        let mut streams = self.read.iter().filter(|one| one.is_segments());
        if let Some(first) = streams.next() {
            for other in streams.filter(|other| other.medium.list.target != first.medium.list.target) {
                let target = |one: &ReadMedium<'_>| one.medium.list.target.unwrap_or_default();
                let (here, there) = (target(other), target(first));
                let problem = format!("EXT-X-TARGETDURATION is {here}, that of {} is {there}", first.medium.uri);
                self.findings.push(Finding::new(Check::Manifest, &other.medium.uri, "line 1", problem));
            }
        }
        // Key frames of open groups are none that a decoder could begin with.
        let is_open = |one: &ReadMedium<'_>| {
            let open = |segment: &Segment| matches!(segment.picture, Picture::Open | Picture::Intra);
            one.loaded.segments.iter().any(open)
        };
        let is_ended =
            |one: &ReadMedium<'_>| one.is_segments() && one.is_video() && one.medium.list.is_ended && !is_open(one);
        if self.offered.i_frames.is_empty() && self.read.iter().any(is_ended) {
            let problem = "has no EXT-X-I-FRAME-STREAM-INF";
            self.findings.push(Finding::new(Check::Manifest, self.url.as_str(), "line 1", problem));
        }
    }
}

fn video(track: &Track) -> Option<&Video> {
    match &track.kind {
        MediaKind::Video(video) => Some(video),
        MediaKind::Audio(_) | MediaKind::Other(_) => None,
    }
}

/// Pictures with the sound that takes most.
fn sum(own: Rates, sound: &[Rates]) -> Rates {
    let most = largest(Rates { peak: 0.0, average: 0.0 }, sound);
    Rates { peak: own.peak + most.peak, average: own.average + most.average }
}

fn largest(own: Rates, others: &[Rates]) -> Rates {
    let larger = |a: Rates, b: &Rates| Rates { peak: a.peak.max(b.peak), average: a.average.max(b.average) };
    others.iter().fold(own, larger)
}
