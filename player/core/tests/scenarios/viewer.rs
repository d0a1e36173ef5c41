//! What the default policy owes the viewer: no stall that could have been avoided, and a good picture soon.

use super::film::{FILM, Fault, Film, Kind};
use super::{SCENARIO, Scenario, TUNED, tell};

/// The link falls in steps of three seconds and is back at once.
const SAW_TOOTH: &[(f64, f64)] = &[(3.0, 3500.0), (3.0, 2775.0), (3.0, 2050.0), (3.0, 1325.0), (3.0, 600.0)];

#[test]
fn a_saw_tooth_under_a_short_buffer_is_no_reason_to_stall() {
    for audio in [&[][..], &[64]] {
        let film = Film { seconds: 240, segment: 2, video: &[300, 700, 1500, 2500], audio, sizes: true, ..FILM };
        let (text, totals) =
            tell(&Scenario { film, link: SAW_TOOTH, policy: TUNED, buffer_secs: 10, screen_ms: Some(60), ..SCENARIO });
        assert!(totals.reached_end && totals.stalls.is_empty(), "{:?}\n{text}", totals.stalls);
        assert!(totals.mean_bitrate_kbps > 800.0, "{}\n{text}", totals.mean_bitrate_kbps);
    }
}

#[test]
fn on_a_fast_link_the_second_segment_is_the_best() {
    let film = Film { seconds: 40, segment: 4, video: &[240, 1000, 4000, 8000], audio: &[128], ..FILM };
    let link = &[(1.0, 500_000.0)];
    let (text, totals) = tell(&Scenario { film, link, latency: 10.0, policy: TUNED, ..SCENARIO });
    assert!(text.contains("shows video 8.0 Mbit/s from 4.000 s"), "{text}");
    assert!(totals.stalls.is_empty() && totals.startup_seconds < Some(0.3), "{text}");
    assert!(!totals.time_by_representation.contains_key("v240"), "nor is the first one the lowest: {text}");
}

#[test]
fn a_segment_that_was_given_up_is_not_tried_again_rung_by_rung() {
    let film = Film { seconds: 60, segment: 4, video: &[300, 1000, 2000, 4000, 8000], ..FILM };
    let link = &[(14.0, 20_000.0), (46.0, 350.0)];
    let (text, totals) = tell(&Scenario { film, link, policy: TUNED, ..SCENARIO });
    assert_eq!(text.matches("is to be taken in rung 0 instead").count() as u64, totals.segments_abandoned, "{text}");
    assert!((1..=2).contains(&totals.segments_abandoned) && totals.stalls.is_empty(), "{text}");
}

/// What was remembered of the network is of no use today, which the manifest shows, or not even that.
#[test]
fn a_memory_that_is_wrong_costs_no_stall_and_next_to_no_time() {
    let film = Film { seconds: 40, segment: 4, video: &[240, 1000, 4000, 8000], audio: &[128], ..FILM };
    for (fast_secs, kbps) in [(0.0, 700.0), (0.0, 3000.0), (0.045, 700.0), (0.045, 1500.0), (0.045, 3000.0)] {
        let begin = |prior_kbps| {
            let rows = [(fast_secs, 100_000.0), (600.0, kbps)];
            let link = rows[usize::from(fast_secs == 0.0)..].to_vec().leak();
            tell(&Scenario { film: film.clone(), link, policy: TUNED, prior_kbps, ..SCENARIO })
        };
        let (_, unknown) = begin(None);
        let (text, wrong) = begin(Some(100_000));
        let later = wrong.startup_seconds.unwrap() - unknown.startup_seconds.unwrap();
        assert!(later < 0.35 && wrong.stalls.is_empty(), "{kbps} kbit/s: {later} s later\n{text}");
    }
}

/// Nothing comes for half a minute, and what comes then is slower by far, or as fast as ever.
#[test]
fn after_an_outage_nothing_is_known_of_the_link_and_the_buffer_comes_first() {
    let film = Film { seconds: 120, segment: 2, video: &[300, 1000, 2000, 4000], sizes: true, ..FILM };
    for kind in [Kind::Refused, Kind::Silence, Kind::Status(503)] {
        for slow in [700.0, 12_000.0] {
            let faults = vec![Fault { matching: "example", from: 30.0, until: 60.0, kind }].leak();
            let link = vec![(60.0, 12_000.0), (600.0, slow)].leak();
            let film = Film { faults, ..film.clone() };
            let (text, totals) = tell(&Scenario { film, link, policy: TUNED, buffer_secs: 12, ..SCENARIO });
            assert!(totals.reached_end && totals.stalls.len() == 1, "{kind:?}, {slow}: {:?}\n{text}", totals.stalls);
            let (_, after) = text.split_once("goes on after").unwrap();
            assert!(after.lines().nth(2).unwrap().contains("shows video 300 kbit/s"), "{kind:?}, {slow}: {text}");
            assert!(
                slow < 1000.0 || totals.mean_bitrate_kbps > 3500.0,
                "{kind:?}: {}\n{text}",
                totals.mean_bitrate_kbps
            );
        }
    }
}
