//! What the files of a Representation must be, given what the manifest says. Tolerances: one sample for times, 0.1 s
//! for ends, as no player notices less.

use super::bitstream::Picture;
use super::media::{Loaded, Segment};
use super::{Check, Finding, text};
use shared::bmff::Track;
use shared::bmff::entry::{Audio, MediaKind, Video};
use shared::codec;
use shared::mpd::{Period, Presentation, Representation};
use shared::time::{MediaTime, PresentationTime};
use std::time::Duration;

/// The type of stream access points behind which pictures may follow that cannot be decoded (ISO/IEC 14496-12 Annex I).
const OPEN: u32 = 3;
/// Ends may differ by this.
const END_SECS: f64 = 0.1;
/// `maxSegmentDuration` may be rounded.
const ROUNDING: Duration = Duration::from_millis(500);

/// All rules that concern one Representation.
pub(super) fn representation(
    presentation: &Presentation,
    period: &Period,
    longest: Option<Duration>,
    loaded: &Loaded<'_>,
    findings: &mut Vec<Finding>,
) {
    let Some(track) = &loaded.track else { return };
    let mut rules = RuleChecker { loaded, track, findings };
    rules.codecs();
    rules.description();
    rules.segments(longest, Durations::Nominal);
    rules.start(period);
    rules.end(period);
    rules.bandwidth(presentation.min_buffer);
}

/// The rules that concern the segments of a playlist, which is not where they are described.
pub(super) fn segments(loaded: &Loaded<'_>, findings: &mut Vec<Finding>) {
    let Some(track) = &loaded.track else { return };
    RuleChecker { loaded, track, findings }.segments(None, Durations::Listed);
}

/// Whether both strings name the same codec. Optional tails of AV1 and VP9 may be said by one side alone.
pub(super) fn is_same_codec(one: &str, other: &str) -> bool {
    let tail = |long: &str, short: &str| {
        (short.starts_with("av01.") || short.starts_with("vp09.")) && long.starts_with(&format!("{short}."))
    };
    one == other || tail(one, other) || tail(other, one)
}

/// What the durations of sound are that are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durations {
    /// May be one for all segments: which way a manifest has is not told.
    Nominal,
    /// Each segment's own.
    Listed,
}

struct RuleChecker<'a, 'f> {
    loaded: &'a Loaded<'a>,
    track: &'a Track,
    findings: &'f mut Vec<Finding>,
}

impl RuleChecker<'_, '_> {
    fn declared(&self) -> &Representation {
        self.loaded.representation
    }

    fn found(&mut self, check: Check, segment: Option<&Segment>, problem: String) {
        let id = &self.loaded.representation.id;
        let (file, place) = match segment {
            Some(segment) => (segment.file.clone(), format!("{id} segment {}", segment.number)),
            None => ("the manifest".to_owned(), id.clone()),
        };
        self.findings.push(Finding::new(check, file, place, problem));
    }

    fn at(&self, ticks: i64) -> PresentationTime {
        MediaTime::new(ticks, self.track.timescale).presentation()
    }

    fn secs(&self, ticks: i64) -> f64 {
        self.at(ticks).secs_f64()
    }

    /// The longest sample of all: what "one frame" means. Samples of text may last for minutes, and can be cut anywhere.
    fn frame(&self) -> i64 {
        if text::is_text(self.track) {
            return 0;
        }
        self.loaded.segments.iter().map(|segment| segment.longest_sample).max().unwrap_or(0)
    }

    fn segments(&mut self, longest: Option<Duration>, durations: Durations) {
        let loaded = self.loaded;
        for (index, segment) in loaded.segments.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| loaded.segments.get(before));
            self.key_frame(segment);
            self.gap(before, segment);
            self.time(segment, longest, durations);
            self.index(segment);
        }
    }

    fn codecs(&mut self) {
        let (said, real) = (codec::parse(&self.declared().codecs).to_string(), self.track.codec.to_string());
        if !is_same_codec(&said, &real) {
            self.found(Check::Codecs, None, format!("the manifest says `{said}`, the configuration `{real}`"));
        }
    }

    fn description(&mut self) {
        let problems = match &self.track.kind {
            MediaKind::Video(video) => self.video(video),
            MediaKind::Audio(audio) => self.audio(audio),
            MediaKind::Other(_) => text::description(self.track),
        };
        for problem in problems {
            self.found(Check::Description, None, problem);
        }
    }

    fn video(&self, video: &Video) -> Vec<String> {
        let said = self.declared();
        let mut problems = vec![];
        differs(&mut problems, "width", said.width, video.width.into());
        differs(&mut problems, "height", said.height, video.height.into());
        let (x, y) = video.sar.unwrap_or((1, 1));
        let sar = said.sar.map_or((1, 1), |sar| (sar.x, sar.y));
        if u64::from(sar.0) * u64::from(y) != u64::from(sar.1) * u64::from(x) {
            problems.push(format!("sar is {}:{} in the manifest and {x}:{y} in the track", sar.0, sar.1));
        }
        let samples: usize = self.loaded.segments.iter().map(|segment| segment.needs.len()).sum();
        let ticks: i64 = self.loaded.segments.iter().map(|segment| segment.decoded.end - segment.decoded.start).sum();
        if let Some(rate) = said.frame_rate
            && ticks > 0
            && samples > 5
        {
            let measured = samples as f64 / self.secs(ticks);
            if (rate.fps() / measured - 1.0).abs() > 0.01 {
                problems.push(format!("frameRate is {:.3} in the manifest and {measured:.3} in the media", rate.fps()));
            }
        }
        problems
    }

    fn audio(&self, audio: &Audio) -> Vec<String> {
        let mut problems = vec![];
        differs(&mut problems, "audioSamplingRate", self.declared().audio_sampling_rate, audio.rate);
        differs(&mut problems, "number of channels", self.declared().channels, audio.channels.into());
        problems
    }

    fn key_frame(&mut self, segment: &Segment) {
        if !matches!(self.track.kind, MediaKind::Video(_)) {
            return;
        }
        let may_be_open = self.declared().starts_with_sap.is_some_and(|access| access >= OPEN);
        let problem = match (segment.key_flag, segment.picture) {
            (true, Picture::Open | Picture::Intra) if may_be_open => return,
            (_, Picture::Dependent | Picture::Intra) => "does not begin with a key frame in the bitstream",
            (false, _) => "begins with a sample that is not flagged as a key frame",
            (_, Picture::Open) if segment.leading => {
                "begins with an open group: pictures are shown before its key frame"
            }
            _ => return,
        };
        self.found(Check::KeyFrame, Some(segment), problem.to_owned());
    }

    fn gap(&mut self, before: Option<&Segment>, segment: &Segment) {
        let Some(before) = before.filter(|before| before.position + 1 == segment.position) else { return };
        let (expected, seen) = (before.decoded.end, segment.decoded.start);
        if expected != seen {
            let apart = self.secs(seen.saturating_sub(expected));
            let problem =
                format!("decoding starts at tick {seen}, the segment before ended at {expected} ({apart:+.4} s)");
            self.found(Check::Gap, Some(segment), problem);
        }
    }

    /// With one duration for all, segments may be off by half of it (ISO/IEC 23009-1 7.2.1); with exact times by less
    /// than a sample. Which of both holds is seen from the segment itself: the manifest's reader does not tell.
    fn time(&mut self, segment: &Segment, longest: Option<Duration>, durations: Durations) {
        let (start, end) = (segment.start(self.track.timescale), segment.presented.end);
        let declared = &segment.declared;
        let length = declared.end.offset_secs(declared.start);
        let frame = self.secs(self.frame()).max(0.001);
        let is_nominal = durations == Durations::Nominal && matches!(self.track.kind, MediaKind::Audio(_));
        let tolerance = if is_nominal { (length / 2.0).max(frame) } else { frame };
        let late = self.at(start).offset_secs(declared.start);
        if late.abs() > tolerance {
            let problem =
                format!("is presented at {}, the manifest says {} ({late:+.4} s)", self.at(start), declared.start);
            self.found(Check::Time, Some(segment), problem);
        }
        let lasts = self.secs(end.saturating_sub(start));
        let last = segment.position + 1 == self.loaded.declared;
        // The last one may be shorter than all others, and longer by what is too short to stand alone.
        let fits = if last { lasts - length <= tolerance.max(END_SECS) } else { (lasts - length).abs() <= tolerance };
        if !fits {
            let problem = format!("lasts {lasts:.4} s, the manifest says {length:.4} s");
            self.found(Check::Duration, Some(segment), problem);
        }
        if longest.is_some_and(|longest| lasts > (longest + ROUNDING).as_secs_f64()) {
            self.found(Check::Duration, Some(segment), format!("lasts {lasts:.3} s, longer than maxSegmentDuration"));
        }
    }

    fn index(&mut self, segment: &Segment) {
        let stated = self.loaded.index.as_ref().and_then(|index| index.size(segment.number));
        if let Some(stated) = stated.map(|size| size.bytes())
            && stated != segment.size
        {
            let problem = format!("has {} bytes, the index file says {stated}", segment.size);
            self.found(Check::Index, Some(segment), problem);
        }
    }

    fn start(&mut self, period: &Period) {
        let Some(first) = self.loaded.segments.first().filter(|first| first.position == 0) else { return };
        let start = self.at(first.start(self.track.timescale));
        let begins = self.loaded.extent.as_ref().map_or(0.0, |extent| extent.start);
        let late = start.offset_secs(period.start) - begins;
        // Strictly less than a frame for pictures: a whole one is what a missing edit list looks like.
        let allowed = match self.track.kind {
            MediaKind::Video(_) => self.secs(first.longest_sample) / 2.0,
            MediaKind::Other(_) => END_SECS,
            MediaKind::Audio(_) => self.secs(first.longest_sample),
        };
        if late.abs() > allowed {
            self.found(
                Check::Start,
                Some(first),
                format!("the first sample is presented at {start}, the Period starts at {}", period.start),
            );
        }
    }

    fn end(&mut self, period: &Period) {
        let said = self
            .loaded
            .extent
            .as_ref()
            .map(|extent| period.start + PresentationTime::from_secs_f64(extent.end).since_start());
        let (Some(end), Some(last)) = (said.or(period.end()), self.loaded.segments.last()) else { return };
        if last.position + 1 != self.loaded.declared {
            return;
        }
        let real = self.at(last.presented.end);
        let tolerance = END_SECS.max(2.0 * self.secs(self.frame()));
        if real.offset_secs(end).abs() > tolerance {
            self.found(Check::End, Some(last), format!("the media end at {real}, the Period at {end}"));
        }
    }

    /// By the definition (ISO/IEC 23009-1 5.3.5.2), every start against every later sample; and no whole segment
    /// above the rate.
    fn bandwidth(&mut self, min_buffer: Duration) {
        let said = self.declared().bandwidth.bps() as f64;
        let overruns = self.overruns(said * 1.001, min_buffer).then(|| self.buffer_model(min_buffer));
        if let Some((needed, at)) = overruns.filter(|(needed, _)| *needed > said * 1.001) {
            let problem = format!(
                "bandwidth is {said} bit/s, starting at {at} takes {needed:.0} bit/s with minBufferTime {min_buffer:?}"
            );
            self.found(Check::Bandwidth, None, problem);
        }
        // Where pictures have times of their own, the last one is shown until the next segment begins.
        let declared = |segment: &Segment| {
            let time = &segment.declared;
            self.track.timescale.ticks_at(time.end) - self.track.timescale.ticks_at(time.start)
        };
        let length = |segment: &Segment| {
            let own = segment.presented.end - segment.start(self.track.timescale);
            let is_last = segment.position + 1 == self.loaded.declared;
            if is_last { own } else { own.max(declared(segment)) }
        };
        let lengths = || self.loaded.segments.iter().map(length);
        let mut sorted: Vec<i64> = lengths().collect();
        sorted.sort_unstable();
        let usual = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
        let whole =
            self.loaded.segments.iter().zip(lengths()).filter(|(_, length)| *length > 0 && *length * 2 >= usual);
        let rates = whole.map(|(segment, length)| (segment.size as f64 * 8.0 / self.secs(length), segment));
        let largest = rates.max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((rate, segment)) = largest.filter(|(rate, _)| *rate > said * 1.001) {
            self.found(Check::Bandwidth, Some(segment), format!("takes {rate:.0} bit/s, bandwidth is {said} bit/s"));
        }
    }

    /// Whether somebody who starts at some segment waits for a sample at this rate: one pass over all samples. Bits by
    /// the end of a sample less what the rate has carried by its time may exceed those by an earlier start by no more
    /// than what it carries in `min_buffer`.
    fn overruns(&self, rate: f64, min_buffer: Duration) -> bool {
        let a_tick = rate / f64::from(self.track.timescale.get());
        let (mut before, mut least) = (0, f64::INFINITY);
        for segment in &self.loaded.segments {
            let ahead = |bytes: u64, time: i64| bytes as f64 * 8.0 - time as f64 * a_tick;
            least = least.min(ahead(before, segment.start(self.track.timescale)));
            let late =
                |(time, bytes): (i64, u64)| ahead(before + bytes, time) - least > rate * min_buffer.as_secs_f64();
            if segment.needs.iter().any(late) {
                return true;
            }
            before += segment.size;
        }
        false
    }

    /// The least rate that suffices, and the start that needs it.
    fn buffer_model(&self, min_buffer: Duration) -> (f64, PresentationTime) {
        let ticks = f64::from(self.track.timescale.get());
        let patience = min_buffer.as_secs_f64() * ticks;
        let segments = &self.loaded.segments;
        let mut need = (0.0, PresentationTime::ZERO);
        for (first, start) in segments.iter().enumerate() {
            let opens = start.start(self.track.timescale);
            let mut before = 0;
            for segment in &segments[first..] {
                for (time, bytes) in segment.needs.iter() {
                    let length = (time.saturating_sub(opens)) as f64 + patience;
                    let rate = (before + bytes) as f64 * 8.0 * ticks / length;
                    if length > 0.0 && rate > need.0 {
                        need = (rate, self.at(opens));
                    }
                }
                before += segment.size;
            }
        }
        need
    }
}

fn differs(problems: &mut Vec<String>, name: &str, said: Option<u32>, real: u32) {
    match said {
        Some(said) if said == real => {}
        Some(said) => problems.push(format!("{name} is {said} in the manifest and {real} in the track")),
        None => problems.push(format!("{name} is not in the manifest; it is {real}")),
    }
}

/// Representations of a set are cut at the same times: exactly for pictures, within a packet for sound.
pub(super) fn aligned(loaded: &[&Loaded<'_>], findings: &mut Vec<Finding>) {
    let Some((first, rest)) = loaded.split_first() else { return };
    // Media that begin or end at another time have other segments.
    for other in rest.iter().filter(|other| other.extent == first.extent) {
        let id = &other.representation.id;
        let against = &first.representation.id;
        if first.declared != other.declared {
            let problem = format!("has {} segments, {against} has {}", other.declared, first.declared);
            findings.push(Finding::new(Check::Alignment, "the manifest", id, problem));
            continue;
        }
        let pairs = first.segments.iter().zip(&other.segments).filter(|(a, b)| a.position == b.position);
        let (mut apart, tolerance) =
            (pairs.filter_map(|(a, b)| Some((distance(first, a, other, b)?, b))), tolerance(first));
        if let Some((secs, segment)) = apart.find(|(secs, _)| secs.abs() > tolerance) {
            let problem = format!("is cut {secs:+.4} s from {against}");
            let place = format!("{id} segment {}", segment.number);
            findings.push(Finding::new(Check::Alignment, &segment.file, place, problem));
        }
    }
}

fn start_of(loaded: &Loaded<'_>, segment: &Segment) -> Option<PresentationTime> {
    let timescale = loaded.track.as_ref()?.timescale;
    Some(MediaTime::new(segment.start(timescale), timescale).presentation())
}

fn distance(a: &Loaded<'_>, segment_a: &Segment, b: &Loaded<'_>, segment_b: &Segment) -> Option<f64> {
    Some(start_of(b, segment_b)?.offset_secs(start_of(a, segment_a)?))
}

fn tolerance(loaded: &Loaded<'_>) -> f64 {
    let Some(Track { kind: MediaKind::Audio(_), timescale, .. }) = &loaded.track else { return 0.001 };
    let longest = loaded.segments.iter().map(|segment| segment.longest_sample).max().unwrap_or(0);
    MediaTime::new(longest, *timescale).presentation().secs_f64()
}

/// Picture, sound and text end together.
pub(super) fn together(all: &[&Loaded<'_>], findings: &mut Vec<Finding>) {
    let end = |loaded: &Loaded<'_>| {
        let last = loaded.segments.last().filter(|last| last.position + 1 == loaded.declared)?;
        Some(MediaTime::new(last.presented.end, loaded.track.as_ref()?.timescale).presentation())
    };
    let picture = all.iter().copied().filter(|one| is_video(one)).filter_map(end).max();
    for other in all.iter().copied().filter(|one| !is_video(one) && one.extent.is_none()) {
        let (Some(picture), Some(ends)) = (picture, end(other)) else { continue };
        let apart = ends.offset_secs(picture);
        if apart.abs() > END_SECS {
            let is_text = other.track.as_ref().is_some_and(text::is_text);
            let what = if is_text { "text" } else { "sound" };
            let problem = format!("{what} ends at {ends}, the picture at {picture}");
            findings.push(Finding::new(Check::End, "the manifest", &other.representation.id, problem));
        }
    }
}

fn is_video(loaded: &Loaded<'_>) -> bool {
    matches!(loaded.track, Some(Track { kind: MediaKind::Video(_), .. }))
}
