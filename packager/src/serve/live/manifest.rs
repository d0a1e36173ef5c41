//! The manifest of the service at an instant (ISO/IEC 23009-1 5.3.9.5.3 and 5.4): `dynamic`, one Period from the availability
//! start time on. Pure.

use super::film::{Film, template};
use super::schedule::{Edition, Schedule};
use super::track::Track;
use shared::mpd::datatype::XsDuration;
use shared::mpd::model::{Descriptor, Latency, Mpd, S, SegmentTemplate, SegmentTimeline, ServiceDescription};
use shared::time::DateTime;
use std::time::Duration;

/// How clients learn the time (5.8.4.11).
const XS_DATE: &str = "urn:mpeg:dash:utc:http-xsdate:2014";

/// The document that lists an edition; `time` is where the server tells the time.
pub(super) fn document(film: &Film, schedule: &Schedule, edition: &Edition, time: &str) -> Mpd {
    let mut mpd = film.document.clone();
    mpd.presentation_type = Some("dynamic".into());
    mpd.availability_start_time = Some(schedule.start + schedule.faults.told_later);
    mpd.publish_time = Some(published(film, schedule, edition));
    mpd.minimum_update_period = Some(XsDuration::from(schedule.update));
    mpd.time_shift_buffer_depth = Some(XsDuration::from(schedule.window));
    mpd.suggested_presentation_delay = Some(XsDuration::from(schedule.delay));
    mpd.media_presentation_duration = None;
    mpd.utc_timings = vec![Descriptor::new(XS_DATE, time)];
    mpd.service_descriptions = schedule.latency.map(service).into_iter().collect();
    for period in &mut mpd.periods {
        period.start = Some(XsDuration::from_nanos(0));
        period.duration = None;
        for (set, repeated) in period.adaptation_sets.iter_mut().zip(&film.sets) {
            let own: Vec<_> = set.representations.iter().map(|one| template(set, one)).collect();
            if let Some(written) = &mut set.segment_template {
                list(written, film, schedule, &repeated.track, edition);
            }
            for (one, own) in set.representations.iter_mut().zip(own) {
                if let Some(written) =
                    one.segment_template.as_mut().filter(|written| written.multiple.timeline.is_some())
                {
                    written.multiple.base.timescale = own.multiple.base.timescale;
                    list(written, film, schedule, &repeated.track, edition);
                }
            }
        }
    }
    mpd
}

/// A manifest that lists nothing never changes.
fn published(film: &Film, schedule: &Schedule, edition: &Edition) -> DateTime {
    if film.steady { schedule.start } else { schedule.wall(edition.until) }
}

fn service(latency: Duration) -> ServiceDescription {
    let target = u32::try_from(latency.as_millis()).unwrap_or(u32::MAX);
    let latencies = vec![Latency { target: Some(target), reference_id: Some(0), ..Latency::default() }];
    ServiceDescription { id: Some(0), latencies, ..ServiceDescription::default() }
}

/// Lists the segments of an edition. What is addressed by a duration alone lists nothing: its numbers go on for ever.
fn list(written: &mut SegmentTemplate, film: &Film, schedule: &Schedule, track: &Track, edition: &Edition) {
    written.multiple.end_number = None;
    written.multiple.base.presentation_duration = None;
    if written.multiple.timeline.is_none() {
        return;
    }
    let mut listed = edition.listed(track).filter(|index| !schedule.misses(film, *index)).peekable();
    let first = listed.peek().copied().unwrap_or(edition.listed(track).start);
    written.multiple.start_number = u32::try_from(schedule.number(film, track, first)).ok();
    let mut entries: Vec<S> = vec![];
    let mut reached = None;
    for index in listed {
        let (start, end) = (track.start(index), track.end(index));
        let follows = reached == Some(start);
        match entries.last_mut() {
            Some(run) if follows && run.d == Some(end - start) => run.r = Some(run.r.unwrap_or(0) + 1),
            _ => {
                let t = (!follows).then_some(start + track.offset);
                entries.push(S { t, d: Some(end - start), ..S::default() });
            }
        }
        reached = Some(end);
    }
    written.multiple.timeline = Some(SegmentTimeline { entries });
}
