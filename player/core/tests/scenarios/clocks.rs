//! Media that lie elsewhere on the clock than the manifest says. All of the film is seen, nothing stands still, and what
//! was found stands among the messages. Segments are announced as four seconds each.

use super::film::{FILM, Fault, Film, Kind};
use super::{SCENARIO, Scenario, Wish, tell};
use player_core::kinds::TrackKind::{self, Audio, Video};
use player_core::report::Totals;
use std::ops::Range;

type Clock = fn(TrackKind, u64) -> Range<f64>;

fn film(clock: Clock) -> Film {
    Film { audio: &[64], video: &[300, 1000], clock: Some(clock), ..FILM }
}

/// The segment with this number from 1 on, in a film of segments that last so long.
fn lasting(number: u64, seconds: f64) -> Range<f64> {
    (number - 1) as f64 * seconds..number as f64 * seconds
}

fn moved(time: Range<f64>, by: f64) -> Range<f64> {
    time.start + by..time.end + by
}

/// Plays it with an output that has a clock of its own, and with the session's; all of it is seen, without a stop.
fn check_seen(clock: Clock, seconds: f64, commands: &'static [(f64, Wish)]) -> String {
    let told = [Some(60), None].map(|screen_ms| {
        let (text, totals) = tell(&Scenario { film: film(clock), screen_ms, commands, ..SCENARIO });
        let Totals { reached_end, played_seconds, stalls, .. } = &totals;
        assert!(*reached_end && stalls.is_empty() && totals.errors.is_empty(), "{totals:?}\n{text}");
        assert!(!commands.is_empty() || (played_seconds - seconds).abs() < 0.3, "played {played_seconds}\n{text}");
        text
    });
    told.into_iter().next().unwrap()
}

#[test]
fn durations_that_add_up_to_more_or_less_than_announced_are_followed() {
    let clocks: [(Clock, f64); 4] = [
        (|_, n| lasting(n, 3.96), 59.4),
        (|_, n| lasting(n, 3.0), 45.0),
        (|_, n| lasting(n, 2.6), 39.0),
        (|_, n| lasting(n, 5.0), 75.0),
    ];
    for (clock, seconds) in clocks {
        check_seen(clock, seconds, &[]);
    }
}

#[test]
fn a_seek_in_such_a_film_finds_the_place() {
    let text = check_seen(|_, n| lasting(n, 3.0), 0.0, &[(20.0, Wish::Seek(33.0)), (24.0, Wish::Seek(1.0))]);
    assert!(text.contains("does not last as long as the manifest says"), "{text}");
    assert!(!text.contains("timestamps of"), "nothing has to be moved\n{text}");
}

#[test]
fn clocks_that_are_off_are_moved_together() {
    for clock in [(|_, n| moved(lasting(n, 4.0), 3600.0)) as Clock, |_, n| moved(lasting(n, 4.0), -1_693_578_100.0)] {
        let text = check_seen(clock, 60.0, &[]);
        assert_eq!(text.matches("timestamps of").count(), 1, "the other track is moved by as much\n{text}");
        check_seen(clock, 60.0, &[(5.0, Wish::Seek(40.0)), (9.0, Wish::Seek(3.0))]);
    }
}

#[test]
fn one_track_that_is_off_is_moved_to_the_other() {
    for clock in [(|kind, n| moved(lasting(n, 4.0), if kind == Audio { 3600.0 } else { 0.0 })) as Clock, |kind, n| {
        moved(lasting(n, 4.0), if kind == Video { 20.0 } else { 0.0 })
    }] {
        check_seen(clock, 60.0, &[]);
    }
}

#[test]
fn a_few_segments_that_are_far_away_are_shown_where_they_are_announced() {
    let text = check_seen(|_, n| moved(lasting(n, 4.0), if n == 3 || n == 4 { 1e9 } else { 0.0 }), 60.0, &[]);
    assert!(text.contains("later than the manifest says"), "{text}");
}

#[test]
fn small_differences_are_nobodys_business() {
    let clock: Clock = |kind, n| moved(lasting(n, 4.0), if kind == Video { 0.083 } else { -0.021 });
    let text = check_seen(clock, 60.0, &[(10.0, Wish::Seek(30.0))]);
    assert!(!text.contains("Warning"), "{text}");
}

#[test]
fn what_reaches_a_little_beyond_the_end_is_fetched_once() {
    check_seen(|_, n| lasting(n, 4.0).start + 0.067..lasting(n, 4.0).end + 0.102, 60.0, &[]);
}

#[test]
fn a_gap_in_the_media_of_all_tracks_is_jumped() {
    let clock: Clock = |_, n| lasting(n, 4.0).start + if n == 5 { 1.8 } else { 0.0 }..lasting(n, 4.0).end;
    let text = check_seen(clock, 58.2, &[]);
    assert!(text.contains("the media have a gap here") && text.contains("going on at 17.800 s"), "{text}");
}

/// An end is an end only where the film ends.
#[test]
fn segments_that_are_missing_at_the_end_are_no_end() {
    let lost: [&'static [Fault]; 2] = [
        &[Fault { matching: "/15.m4s", from: 0.0, until: 1e9, kind: Kind::Status(404) }],
        &[
            Fault { matching: "/14.m4s", from: 0.0, until: 1e9, kind: Kind::Status(404) },
            Fault { matching: "/15.m4s", from: 0.0, until: 1e9, kind: Kind::Status(404) },
        ],
    ];
    for faults in lost {
        for screen_ms in [Some(60), None] {
            let film = Film { audio: &[64], video: &[300], faults, ..FILM };
            let (text, totals) = tell(&Scenario { film, screen_ms, ..SCENARIO });
            let ended = totals.ended.unwrap();
            assert!(!totals.reached_end && ended.starts_with("failed: the end is missing"), "{ended}\n{text}");
        }
    }
}

#[test]
fn a_rounded_duration_is_an_end() {
    let faults = &[Fault { matching: "/16.m4s", from: 0.0, until: 1e9, kind: Kind::Status(404) }];
    let film = Film { audio: &[64], video: &[300], seconds: 61, faults, ..FILM };
    let (text, totals) = tell(&Scenario { film, ..SCENARIO });
    assert!(totals.reached_end && totals.played_seconds > 59.99, "{totals:?}\n{text}");
}
