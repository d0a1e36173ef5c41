//! What the default policy owes the viewer: no stall that could have been avoided, and a good picture soon.

use super::film::{FILM, Film};
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
    assert!(totals.stalls.is_empty());
}

#[test]
fn a_segment_that_was_given_up_is_not_tried_again_rung_by_rung() {
    let film = Film { seconds: 60, segment: 4, video: &[300, 1000, 2000, 4000, 8000], ..FILM };
    let link = &[(14.0, 20_000.0), (46.0, 350.0)];
    let (text, totals) = tell(&Scenario { film, link, policy: TUNED, ..SCENARIO });
    assert_eq!(text.matches("is to be taken in rung 0 instead").count() as u64, totals.segments_abandoned, "{text}");
    assert!((1..=2).contains(&totals.segments_abandoned) && totals.stalls.is_empty(), "{text}");
}
