//! What is wrong with a document, by rules that are data. Reading goes on regardless; the packager's tests want none.

use super::model::{AdaptationSet, Mpd, Period, Representation};
use super::problem::{Warning, Warnings};

/// A complaint and the question whether it applies.
type Rule<T> = (&'static str, fn(&T) -> bool);

/// ISO/IEC 23009-1 table 3.
const MPD_RULES: [Rule<Mpd>; 8] = [
    ("has no @profiles", |mpd| mpd.profiles.is_none()),
    ("has no @minBufferTime", |mpd| mpd.min_buffer_time.is_none()),
    ("has no Period", |mpd| mpd.periods.is_empty()),
    ("has an unknown @type and is taken as static", |mpd| {
        mpd.presentation_type.as_deref().is_some_and(|kind| !matches!(kind, "static" | "dynamic"))
    }),
    ("is dynamic but has no @availabilityStartTime", |mpd| is_dynamic(mpd) && mpd.availability_start_time.is_none()),
    ("is dynamic but has no @publishTime", |mpd| is_dynamic(mpd) && mpd.publish_time.is_none()),
    ("is static but has @minimumUpdatePeriod", |mpd| !is_dynamic(mpd) && mpd.minimum_update_period.is_some()),
    ("states no duration: neither @mediaPresentationDuration nor that of its last Period", |mpd| {
        let last = mpd.periods.last().and_then(|period| period.duration);
        !is_dynamic(mpd) && mpd.media_presentation_duration.is_none() && last.is_none()
    }),
];

/// Tables 4 and 5.
const PERIOD_RULES: [Rule<Period>; 2] = [
    ("has no AdaptationSet", |period| period.adaptation_sets.is_empty()),
    ("has AdaptationSets with the same @id", |period| {
        duplicate(period.adaptation_sets.iter().map(|set| set.id.as_deref())).is_some()
    }),
];

/// Table 6.
const SET_RULES: [Rule<AdaptationSet>; 1] =
    [("has no Representation", |set| set.representations.is_empty() && set.href.is_none())];

/// Table 9.
const REPRESENTATION_RULES: [Rule<Representation>; 4] = [
    ("has no @id", |representation| representation.id.is_none()),
    ("has white space in its @id", |representation| {
        representation.id.as_deref().is_some_and(|id| id.contains(char::is_whitespace))
    }),
    ("has no @bandwidth", |representation| representation.bandwidth.is_none()),
    ("has @bandwidth 0", |representation| representation.bandwidth == Some(0)),
];

/// All complaints about a document, with the path of the element.
pub fn check(mpd: &Mpd) -> Vec<Warning> {
    let mut warnings = Warnings::default();
    apply(&MPD_RULES, mpd, "MPD", &mut warnings);
    for (index, period) in mpd.periods.iter().enumerate() {
        let path = format!("Period {}", index + 1);
        apply(&PERIOD_RULES, period, &path, &mut warnings);
        for (index, set) in period.adaptation_sets.iter().enumerate() {
            check_set(set, &format!("{path} / AdaptationSet {}", index + 1), &mut warnings);
        }
        let ids = period.adaptation_sets.iter().flat_map(|set| &set.representations);
        if let Some(id) = duplicate(ids.map(|representation| representation.id.as_deref())) {
            warnings.at(&path, format!("has two Representations with @id \"{id}\""));
        }
    }
    check_periods(mpd, &mut warnings);
    warnings.into_list()
}

fn check_set(set: &AdaptationSet, path: &str, warnings: &mut Warnings) {
    apply(&SET_RULES, set, path, warnings);
    for (index, representation) in set.representations.iter().enumerate() {
        let name = representation.id.clone().unwrap_or_else(|| (index + 1).to_string());
        apply(&REPRESENTATION_RULES, representation, &format!("{path} / Representation \"{name}\""), warnings);
    }
}

/// Gaps and overlaps: each Period against the next, the last one against the whole.
fn check_periods(mpd: &Mpd, warnings: &mut Warnings) {
    /// Below the rounding that packagers do.
    const TOLERANCE_NANOS: i64 = 100_000_000;
    let mut follow = Some(0_i64);
    for (index, period) in mpd.periods.iter().enumerate() {
        let start = period.start.map(|start| start.nanos()).or(follow);
        let difference = start.zip(follow).map_or(0, |(start, follow)| start.saturating_sub(follow));
        if difference.saturating_abs() > TOLERANCE_NANOS && (index > 0 || !is_dynamic(mpd)) {
            let what = if difference > 0 { "starts after a gap of" } else { "overlaps the Period before it, by" };
            let seconds = difference.unsigned_abs() as f64 / 1e9;
            warnings.at(&format!("Period {}", index + 1), format!("{what} {seconds:.3} s"));
        }
        follow = start.zip(period.duration).map(|(start, duration)| start.saturating_add(duration.nanos()));
    }
    let whole = mpd.media_presentation_duration.map(|duration| duration.nanos());
    if let Some((whole, end)) = whole.zip(follow).filter(|_| !mpd.periods.is_empty()) {
        let difference = whole.saturating_sub(end);
        if difference.saturating_abs() > TOLERANCE_NANOS {
            let whole = whole as f64 / 1e9;
            let end = end as f64 / 1e9;
            warnings
                .at("MPD", format!("@mediaPresentationDuration is {whole:.3} s, but the Periods end at {end:.3} s"));
        }
    }
}

fn apply<T>(rules: &[Rule<T>], element: &T, path: &str, warnings: &mut Warnings) {
    for (complaint, applies) in rules {
        if applies(element) {
            warnings.at(path, *complaint);
        }
    }
}

fn is_dynamic(mpd: &Mpd) -> bool {
    mpd.presentation_type.as_deref() == Some("dynamic")
}

/// The first id that occurs a second time.
fn duplicate<'a>(ids: impl Iterator<Item = Option<&'a str>>) -> Option<&'a str> {
    let mut seen = std::collections::HashSet::new();
    ids.flatten().find(|id| !seen.insert(*id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(document: &str) -> Vec<String> {
        let (mpd, _) = crate::mpd::parse(document.as_bytes()).unwrap();
        check(&mpd).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn gaps_and_overlaps_are_named() {
        let document = "<MPD profiles='p' minBufferTime='PT1S' mediaPresentationDuration='PT30S'>\
            <Period duration='PT10S'><AdaptationSet><Representation id='a' bandwidth='1'/></AdaptationSet></Period>\
            <Period start='PT12S' duration='PT4S'><AdaptationSet><Representation id='a' bandwidth='1'/></AdaptationSet></Period>\
            <Period start='PT15S' duration='PT9S'><AdaptationSet><Representation id='a' bandwidth='1'/></AdaptationSet></Period></MPD>";
        assert_eq!(
            complaints(document),
            [
                "Period 2: starts after a gap of 2.000 s",
                "Period 3: overlaps the Period before it, by 1.000 s",
                "MPD: @mediaPresentationDuration is 30.000 s, but the Periods end at 24.000 s",
            ]
        );
    }

    #[test]
    fn missing_and_doubled_things_are_named() {
        let document = "<MPD type='dynamic'><Period><AdaptationSet id='1'><Representation id='a b' bandwidth='0'/></AdaptationSet>\
            <AdaptationSet id='1'><Representation id='a b'/></AdaptationSet></Period></MPD>";
        let expected = [
            "MPD: has no @profiles",
            "MPD: has no @minBufferTime",
            "MPD: is dynamic but has no @availabilityStartTime",
            "MPD: is dynamic but has no @publishTime",
            "Period 1: has AdaptationSets with the same @id",
            "Period 1 / AdaptationSet 1 / Representation \"a b\": has white space in its @id",
            "Period 1 / AdaptationSet 1 / Representation \"a b\": has @bandwidth 0",
            "Period 1 / AdaptationSet 2 / Representation \"a b\": has white space in its @id",
            "Period 1 / AdaptationSet 2 / Representation \"a b\": has no @bandwidth",
            "Period 1: has two Representations with @id \"a b\"",
        ];
        assert_eq!(complaints(document), expected);
    }
}
