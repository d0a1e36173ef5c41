//! The manifest of a package that is still growing (ISO/IEC 23009-1 5.3.9.5 and 5.4): `dynamic`, with what is there.

use super::{profiles, program_information, sets};
use crate::catalogue::{Catalogue, Facts, Incomplete};
use crate::layout::Addressing;
use shared::mpd::datatype::XsDuration;
use shared::mpd::model::{Mpd, Period};
use shared::time::DateTime;
use std::time::Duration;

/// `minimumUpdatePeriod`: how often players load the manifest again.
const UPDATE: Duration = Duration::from_secs(1);

/// `suggestedPresentationDelay`: longer than any film, so that players begin at its start.
const FROM_THE_START: Duration = Duration::from_secs(24 * 3600);

/// Times that only the manifest of a growing package needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlyTimes {
    /// When the run began, since 1970; the same in all manifests of a run.
    pub began: Duration,
    /// When this manifest is written, since 1970.
    pub published: Duration,
    /// How long the film is expected to be.
    pub lasts: Duration,
}

/// The document with the first `count` segments of every Representation.
///
/// All segments that are listed must count as available, although encoding may be faster than real time. The
/// presentation is therefore said to have begun a film's length before the run, and the timeline alone says where it
/// ends. The suggested delay makes players begin at the start of the film.
///
/// # Errors
/// When segments are missing.
pub fn early(catalogue: &Catalogue, count: u64, times: EarlyTimes) -> Result<Mpd, Incomplete> {
    let complete = catalogue.growing(count)?;
    let facts = Facts { addressing: Addressing::Timeline, ..complete.facts.clone() };
    let period = Period {
        id: Some("0".into()),
        start: Some(XsDuration::from_nanos(0)),
        adaptation_sets: sets::adaptation_sets(&facts, &complete.renditions),
        ..Period::default()
    };
    Ok(Mpd {
        profiles: Some(profiles(facts.addressing).into()),
        presentation_type: Some("dynamic".into()),
        availability_start_time: Some(date_time(times.began.saturating_sub(times.lasts))),
        publish_time: Some(date_time(times.published)),
        minimum_update_period: Some(XsDuration::from(UPDATE)),
        suggested_presentation_delay: Some(XsDuration::from(FROM_THE_START)),
        min_buffer_time: Some(XsDuration::from(facts.min_buffer())),
        max_segment_duration: Some(XsDuration::from(complete.longest_segment())),
        program_information: program_information(&facts.about).into_iter().collect(),
        periods: vec![period],
        ..Mpd::default()
    })
}

/// Of a duration since 1970, in whole seconds.
fn date_time(since_1970: Duration) -> DateTime {
    DateTime::UNIX_EPOCH + Duration::from_secs(since_1970.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{catalogue, golden};

    #[test]
    fn a_growing_package_lists_what_all_have() {
        let mut growing = catalogue(Addressing::Number, 2);
        growing.apply(crate::testing::closed("v1", 3));
        let began = Duration::from_secs(951_782_400);
        let times = EarlyTimes { began, published: began + Duration::from_secs(7), lasts: Duration::from_secs(60) };
        let mpd = shared::mpd::write(&early(&growing, 2, times).unwrap());
        golden("early.mpd", &mpd);
        let url = url::Url::parse("file:///p/manifest.mpd").unwrap();
        assert_eq!(shared::mpd::read(mpd.as_bytes(), &url).unwrap().1, []);
    }
}
