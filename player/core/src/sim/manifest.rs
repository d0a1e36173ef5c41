//! A presentation as a manifest that lists each segment with its size (ISO/IEC 23009-1 5.3.9.3): so a session in virtual time
//! begins as a real one does, and its report replays without the files that it was made from.

use crate::presentation::{Period, Presentation, Rung, Track};
use shared::addressing::{ByteRange, Resource, SegmentNumber};
use shared::mpd::model::{self, Mpd, S, SegmentList, SegmentTimeline, SegmentUrl, SegmentUrlRange};
use shared::mpd::write;
use shared::time::PresentationTime;
use std::time::Duration;

/// Ticks of nanoseconds, so that any time is whole.
const TIMESCALE: u32 = 1_000_000_000;

/// The manifest. Segments whose size is not known are listed without one.
pub fn of(presentation: &Presentation) -> String {
    let periods = presentation.periods().iter().map(|period| period_of(presentation, period)).collect();
    write(&Mpd {
        profiles: Some("urn:mpeg:dash:profile:full:2011".to_owned()),
        presentation_type: Some("static".to_owned()),
        min_buffer_time: Some(Duration::ZERO.into()),
        media_presentation_duration: presentation.duration().map(Into::into),
        periods,
        ..Mpd::default()
    })
}

fn period_of(presentation: &Presentation, period: &Period) -> model::Period {
    let length = presentation.end_of(period.id).map(|end| end.since(period.start));
    model::Period {
        id: period.key.clone(),
        start: Some(period.start.since_start().into()),
        duration: length.map(Into::into),
        adaptation_sets: period.tracks.iter().map(|track| set_of(presentation, period, track)).collect(),
        ..model::Period::default()
    }
}

fn set_of(presentation: &Presentation, period: &Period, track: &Track) -> model::AdaptationSet {
    let kind = track.kind.to_string();
    model::AdaptationSet {
        id: track.key.clone(),
        lang: track.lang.clone(),
        common: model::Common { mime_type: Some(format!("{kind}/mp4")), ..model::Common::default() },
        content_type: Some(kind),
        representations: track.rungs.iter().map(|rung| representation_of(presentation, period, rung)).collect(),
        ..model::AdaptationSet::default()
    }
}

fn representation_of(presentation: &Presentation, period: &Period, rung: &Rung) -> model::Representation {
    let (width, height) = rung.size.unzip();
    let codecs = Some(rung.codecs.clone()).filter(|codecs| !codecs.is_empty());
    model::Representation {
        id: Some(rung.representation.clone()),
        bandwidth: Some(u32::try_from(rung.bandwidth.bps()).unwrap_or(u32::MAX)),
        common: model::Common { codecs, width, height, ..model::Common::default() },
        segment_list: Some(list_of(presentation, period, rung)),
        ..model::Representation::default()
    }
}

fn list_of(presentation: &Presentation, period: &Period, rung: &Rung) -> SegmentList {
    let numbers: Vec<SegmentNumber> =
        presentation.index(rung.id).into_iter().flat_map(|index| index.numbers()).collect();
    let index = presentation.index(rung.id);
    let times = numbers.iter().filter_map(|number| index?.time(*number));
    let entry = |time: std::ops::Range<PresentationTime>| (nanos(period.start, time.start), time.end.since(time.start));
    let times: Vec<(i128, Duration)> = times.map(entry).collect();
    // A first segment may begin before its Period: the offset keeps all ticks positive (5.3.9.6).
    let offset = times.first().map_or(0, |(first, _)| (-first).max(0));
    let mut list = SegmentList::default();
    list.multiple.start_number = numbers.first().and_then(|number| u32::try_from(number.0).ok());
    list.multiple.timeline = Some(SegmentTimeline { entries: runs(&times, offset) });
    list.multiple.base.timescale = Some(TIMESCALE);
    list.multiple.base.presentation_time_offset = u64::try_from(offset).ok().filter(|offset| *offset > 0);
    list.multiple.base.initialization = presentation.init(rung.id).map(part);
    list.urls = numbers
        .iter()
        .filter_map(|number| {
            let index = index?;
            Some(url(index.resource(*number)?, index.size(*number).map(|size| size.bytes())))
        })
        .collect();
    list
}

fn nanos(from: PresentationTime, to: PresentationTime) -> i128 {
    let distance =
        |a: PresentationTime, b: PresentationTime| i128::try_from(b.since(a).as_nanos()).unwrap_or(i128::MAX);
    if to >= from { distance(from, to) } else { -distance(to, from) }
}

/// Neighbours of the same length are one entry.
fn runs(times: &[(i128, Duration)], offset: i128) -> Vec<S> {
    let mut entries: Vec<S> = vec![];
    let mut end = None;
    for (start, length) in times {
        let (start, ticks) = (start + offset, length.as_nanos());
        let duration = u64::try_from(ticks).ok();
        match entries.last_mut() {
            Some(last) if last.d == duration && end == Some(start) => last.r = Some(last.r.unwrap_or(0) + 1),
            _ => entries.push(S { t: u64::try_from(start).ok(), d: duration, ..S::default() }),
        }
        end = i128::try_from(ticks).ok().map(|ticks| start + ticks);
    }
    entries
}

/// What is a file of its own has its size as the range that is all of it.
fn url(resource: Resource, size: Option<u64>) -> SegmentUrl {
    let whole = size.and_then(|size| ByteRange::of_length(0, size));
    SegmentUrl { media: Some(resource.path), media_range: resource.range.or(whole), ..SegmentUrl::default() }
}

fn part(resource: Resource) -> SegmentUrlRange {
    SegmentUrlRange { source_url: Some(resource.path), range: resource.range }
}
