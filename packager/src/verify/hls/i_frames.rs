//! Playlists of key frames (RFC 8216 4.3.3.6): each range is a fragment that ends with its first sample, a key frame,
//! which is shown when the playlist says, counted from the first one.

use super::media::Medium;
use super::{Check, Finding};
use crate::verify::PackageFiles;
use crate::verify::bitstream::{Picture, picture};
use shared::bmff::{Sample, Track, fragment, walk};
use shared::mpd::Representation;
use shared::time::PresentationTime;

pub(super) fn check(
    medium: &Medium,
    representation: &Representation,
    track: &Track,
    files: &dyn PackageFiles,
    findings: &mut Vec<Finding>,
) {
    let Some(location) = representation.locations.first() else { return };
    let mut time = PresentationTime::ZERO;
    let mut origin = None;
    for (listed, number) in medium.list.segments.iter().zip(medium.list.first_number..) {
        let mut found = |check, file: &str, problem: String| {
            findings.push(Finding::new(check, file, format!("{} key frame {number}", medium.uri), problem));
        };
        let start = time;
        time = time.offset_by_nanos(i64::try_from(listed.micros).unwrap_or(i64::MAX).saturating_mul(1000));
        let Ok(url) = listed.place.url(&location.base) else {
            found(Check::Manifest, &listed.place.path, "is no URL".into());
            continue;
        };
        let read = files.read(&url, listed.place.range).map_err(|error| (Check::Missing, error.to_string()));
        let offset = listed.place.range.map_or(0, |range| range.first);
        let looked = read.and_then(|bytes| key_frame(track, &bytes, offset));
        let placed =
            looked.and_then(|sample| is_in_time(&sample, start, *origin.get_or_insert(sample.pts.presentation())));
        if let Err((check, problem)) = placed {
            found(check, url.as_str(), problem);
        }
    }
}

fn key_frame(track: &Track, bytes: &[u8], offset: u64) -> Result<Sample, (Check, String)> {
    let first = walk::boxes(bytes).next();
    if !first.is_some_and(|found| found.is_ok_and(|found| found.kind == b"moof")) {
        return Err((Check::IFrame, "does not begin with a fragment (`moof`)".into()));
    }
    let samples = fragment::samples_at(track, bytes, offset)
        .map_err(|error| (Check::IFrame, format!("does not hold its first sample: {error}")))?;
    let Some(sample) = samples.first() else {
        return Err((Check::IFrame, "has no samples of its track".into()));
    };
    if sample.range.end != bytes.len() {
        let (ends, has) = (sample.range.end, bytes.len());
        return Err((Check::IFrame, format!("has {has} bytes, its first sample ends at {ends}")));
    }
    let looked = picture(track, &bytes[sample.range.clone()]);
    if !sample.key || matches!(looked, Picture::Intra | Picture::Dependent) {
        return Err((Check::KeyFrame, "is no key frame".into()));
    }
    Ok(sample.clone())
}

/// `start` by the playlist, counted from the first key frame at `origin`.
fn is_in_time(sample: &Sample, start: PresentationTime, origin: PresentationTime) -> Result<(), (Check, String)> {
    let start = origin.offset_by_nanos(start.nanos());
    let late = sample.pts.presentation().offset_secs(start);
    if late.abs() > sample.duration.presentation().secs_f64().max(0.001) {
        let shown = sample.pts.presentation();
        return Err((Check::Time, format!("is presented at {shown}, the playlist says {start} ({late:+.4} s)")));
    }
    Ok(())
}
