//! Servers and networks that fail. With ten seconds buffered the viewer must not notice anything that passes.

use super::film::{Delay, Every, FILM, Fault, Film, Kind};
use super::{SCENARIO, Scenario, Wish, tell};
use player_core::report::{LocationTotals, Totals};

const KINDS: [Kind; 9] = [
    Kind::Status(503),
    Kind::Status(500),
    Kind::Status(404),
    Kind::Status(403),
    Kind::Broken(0.5),
    Kind::Silence,
    Kind::Garbage,
    Kind::Refused,
    Kind::Busy(30),
];

/// To the end, all of it, without a stop.
fn check_unnoticed(film: Film, what: &str) -> Totals {
    let seconds = f64::from(film.seconds);
    let (text, totals) = tell(&Scenario { film, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty(), "{what}\n{text}");
    assert!((totals.played_seconds - seconds).abs() < 0.01 && totals.errors.is_empty(), "{what}\n{text}");
    totals
}

#[test]
fn a_server_that_fails_every_so_many_requests_is_not_noticed() {
    let one_rung = Film { video: &[300], ..FILM };
    let films = [
        one_rung.clone(),
        Film { audio: &[64], ..one_rung },
        Film { video: &[300, 1000], audio: &[64, 128], single_file: true, ..FILM },
        Film { audio: &[64], sizes: true, ..FILM },
    ];
    for film in films {
        for (kind, nth) in faults() {
            let every = Some(Every { nth, from: 12.0, kind });
            check_unnoticed(Film { every, ..film.clone() }, &format!("{kind:?} every {nth}"));
        }
    }
}

fn faults() -> impl Iterator<Item = (Kind, u64)> {
    KINDS.into_iter().flat_map(|kind| [2, 3, 4, 5, 7].map(|nth| (kind, nth)))
}

/// From the first request on: that may cost a stop while nothing is buffered, but nothing of the film.
#[test]
fn a_server_that_fails_from_the_beginning_costs_nothing_of_the_film() {
    for (kind, nth) in faults() {
        let every = Some(Every { nth, from: 0.0, kind });
        let film = Film { video: &[300, 1000], audio: &[64, 128], sizes: true, every, ..FILM };
        let (text, totals) = tell(&Scenario { film, ..SCENARIO });
        assert!(totals.reached_end && (totals.played_seconds - 60.0).abs() < 0.01, "{kind:?} every {nth}\n{text}");
    }
}

/// Away for eight seconds: refused, unknown, silent, or with errors, and whatever the server asks for meanwhile.
#[test]
fn a_server_that_is_away_for_less_than_the_buffer_is_not_noticed() {
    for kind in KINDS {
        let faults: &[Fault] = &[Fault { matching: "", from: 16.0, until: 24.0, kind }];
        check_unnoticed(Film { faults: faults.to_vec().leak(), audio: &[64], ..FILM }, &format!("{kind:?} for 8 s"));
    }
}

/// Longer than any buffer: one stop, and it goes on by itself soon after.
#[test]
fn after_half_a_minute_of_outage_it_goes_on_by_itself() {
    for kind in KINDS {
        let faults: &[Fault] = &[Fault { matching: "", from: 14.0, until: 44.0, kind }];
        let film = Film { faults: faults.to_vec().leak(), audio: &[64], ..FILM };
        let (text, totals) = tell(&Scenario { film, ..SCENARIO });
        let stalled: f64 = totals.stalls.iter().map(|stall| stall.seconds).sum();
        // Servers that say they do not have the rest are believed, and what is missing is no end.
        let believed = matches!(kind, Kind::Status(404));
        assert_eq!(totals.reached_end, !believed, "{kind:?}\n{text}");
        assert_eq!(totals.ended.is_some_and(|why| why.contains("the end is missing")), believed, "{text}");
        assert!(totals.stalls.len() <= 1 && stalled < 22.0, "{kind:?}\n{text}");
    }
}

/// Also at the very beginning: a manifest that is late, not there yet, or half written.
#[test]
fn a_manifest_that_comes_late_is_waited_for() {
    for kind in KINDS {
        let faults: &[Fault] = &[Fault { matching: "film.mpd", from: 0.0, until: 0.4, kind }];
        let film = Film { faults: faults.to_vec().leak(), ..FILM };
        check_unnoticed(film, &format!("{kind:?} for the manifest"));
    }
}

/// Of two places the one that dies is left at once, whatever it dies of; the other one carries on.
#[test]
fn of_two_locations_one_may_die_of_anything() {
    for kind in KINDS {
        let faults: &[Fault] = &[Fault { matching: "a.example", from: 12.0, until: 1e9, kind }];
        let locations = &["http://a.example/", "http://b.example/"];
        let film = Film { faults: faults.to_vec().leak(), locations, audio: &[64], ..FILM };
        check_unnoticed(film, &format!("{kind:?} of the first location"));
    }
}

const FAR_AND_NEAR: &[&str] = &["http://far.example/", "http://near.example/"];

/// What came from each of two locations.
fn far_and_near(delays: &[Delay], faults: &[Fault], seconds: u32) -> (String, [LocationTotals; 2]) {
    let (delays, faults) = (delays.to_vec().leak(), faults.to_vec().leak());
    let film = Film { locations: FAR_AND_NEAR, delays, faults, seconds, audio: &[64], ..FILM };
    let (text, totals) = tell(&Scenario { film, latency: 15.0, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty() && totals.errors.is_empty(), "{text}");
    (text, totals.locations.try_into().unwrap())
}

fn delay(matching: &'static str, from: f64, millis: u64) -> Delay {
    Delay { matching, from, millis }
}

#[test]
fn of_two_equal_locations_the_nearer_one_is_found_and_kept() {
    let (text, [far, near]) = far_and_near(&[delay("far.", 0.0, 165)], &[], 60);
    assert_eq!([&far.name, &near.name], ["far.example", "near.example"]);
    // What the film begins with: an init and a segment or two of picture and sound; and a look later.
    assert!(far.requests <= 6 && near.requests > 4 * far.requests, "{far:?} {near:?}\n{text}");
    let millis = |location: &LocationTotals| location.first_byte_ms.unwrap();
    assert!((millis(&far) - 180.0).abs() < 1.0 && (millis(&near) - 15.0).abs() < 1.0, "{far:?} {near:?}");
    assert!(near.chosen_seconds > 10.0 * far.chosen_seconds && near.bytes > 10 * far.bytes, "{far:?} {near:?}");
    assert!(text.contains("from far.example to near.example: it has answered first"), "{text}");
}

#[test]
fn a_location_that_becomes_slow_is_left() {
    let delays = [delay("far.", 0.0, 165), delay("near.", 40.0, 1200)];
    let (text, [far, near]) = far_and_near(&delays, &[], 120);
    assert!(text.contains("from near.example to far.example: it answers sooner or faster"), "{text}");
    assert!(far.requests > near.requests, "{far:?} {near:?}\n{text}");
}

/// Refused, silent or with errors for half a minute: what is nearer is used again about a minute after it is back.
#[test]
fn a_location_that_is_back_is_used_again() {
    for kind in KINDS {
        let fault = Fault { matching: "near.", from: 20.0, until: 50.0, kind };
        let (text, [_, near]) = far_and_near(&[delay("far.", 0.0, 165)], &[fault], 240);
        let back = text.lines().rfind(|line| line.contains("from far.example to near.example")).unwrap();
        let at: f64 = back.split_whitespace().next().unwrap().parse().unwrap();
        assert!((50.0..120.0).contains(&at), "{kind:?}: {back}\n{text}");
        assert!(near.failures > 0 && near.chosen_seconds > 120.0, "{kind:?}: {near:?}\n{text}");
    }
}

/// A seek is a moment without a buffer: it may cost a wait, but no segment.
#[test]
fn seeking_at_a_faulty_server_loses_nothing() {
    for (kind, nth) in faults().filter(|(_, nth)| *nth > 2) {
        let every = Some(Every { nth, from: 5.0, kind });
        let commands = &[(8.0, Wish::Seek(40.0)), (10.0, Wish::Seek(12.0))];
        let film = Film { every, audio: &[64], ..FILM };
        let (text, totals) = tell(&Scenario { film, commands, ..SCENARIO });
        assert!(totals.reached_end && !text.contains("skipped"), "{kind:?} every {nth}\n{text}");
    }
}

/// Whatever is under way when a server goes for longer than the buffer lasts, and whoever notices first: the viewer
/// waits once, loses nothing of the film, and is back soon after the server is.
#[test]
fn a_long_outage_stops_the_viewer_once_whenever_it_begins() {
    let kinds = [(Kind::Refused, 1.5), (Kind::Silence, 9.5), (Kind::Status(503), 1.5), (Kind::Busy(30), 1.5)];
    let half_seconds = (10..32).map(|n| f64::from(n) / 2.0);
    for (from, (kind, soon)) in half_seconds.flat_map(|from| kinds.map(|kind| (from, kind))) {
        for first in ["", "v", "a128/"] {
            check_outage(Fault { matching: first, from, until: from + 25.0, kind }, soon);
        }
    }
}

/// `first` is what fails already while the rest still comes for a moment.
fn check_outage(first: Fault, soon: f64) {
    let all = Fault { matching: "", from: first.from + 0.6, ..first };
    let film = Film { seconds: 24, segment: 2, video: &[150, 300], audio: &[128], ..FILM };
    let film = Film { faults: vec![first, all].leak(), ..film };
    let commands = &[(0.01, Wish::Pause), (4.0, Wish::Play)];
    let (text, totals) = tell(&Scenario { film, commands, buffer_secs: 10, screen_ms: Some(60), ..SCENARIO });
    let whole = totals.reached_end && (totals.played_seconds - 24.0).abs() < 0.01 && totals.errors.is_empty();
    let late = totals.stalls.first().map_or(0.0, |stall| 4.0 + stall.at + stall.seconds - first.until);
    assert!(whole && totals.stalls.len() <= 1 && late < soon, "{first:?}, {late:.1} s late\n{text}");
}

/// Where nothing comes at all the reason is told instead of a black picture; where only the beginning is missing, the
/// film begins behind it.
#[test]
fn a_film_does_not_begin_with_nothing() {
    for (missing, plays) in [(&["m4s"][..], false), (&["/1.m4s", "/2.m4s"][..], true)] {
        let fault = |matching: &&'static str| Fault { matching, from: 0.0, until: 1e9, kind: Kind::Status(404) };
        for seconds in [12, 60] {
            let faults: Vec<_> = missing.iter().map(fault).collect();
            let film = Film { seconds, faults: faults.leak(), audio: &[64], ..FILM };
            let (text, totals) = tell(&Scenario { film, screen_ms: Some(60), ..SCENARIO });
            let expected = if plays { f64::from(seconds) - 8.0 } else { 0.0 };
            assert!((totals.played_seconds - expected).abs() < 0.01, "{text}");
            assert_eq!((totals.reached_end, totals.startup_seconds.is_some()), (plays, plays), "{text}");
            let told = totals.errors.iter().any(|error| error.contains("nothing"));
            assert_eq!(told, !plays, "{text}");
        }
    }
}

/// What neither picture nor sound has is not looked at: the film goes on behind it. What only one of them lacks is played
/// through.
#[test]
fn a_hole_of_all_tracks_is_jumped_over() {
    // What is missing, what the viewer sees of a minute, how long that takes.
    let cases: [(&[&str], f64, f64); 4] = [
        (&["/7.m4s"], 56.0, 56.0),
        (&["/7.m4s", "/8.m4s", "/9.m4s", "/10.m4s"], 44.0, 44.0),
        (&["/7.m4s", "/10.m4s"], 52.0, 52.0),
        (&["v300/7.m4s"], 56.0, 60.0),
    ];
    for (missing, played, lasts) in cases {
        let fault = |matching: &&'static str| Fault { matching, from: 0.0, until: 1e9, kind: Kind::Status(404) };
        for (buffer_secs, screen_ms) in [(20, None), (20, Some(60)), (8, None), (8, Some(60))] {
            let faults: Vec<_> = missing.iter().map(fault).collect();
            let film = Film { video: &[300], faults: faults.leak(), audio: &[64], ..FILM };
            let (text, totals) = tell(&Scenario { film, screen_ms, buffer_secs, ..SCENARIO });
            assert!(totals.reached_end && (totals.played_seconds - played).abs() < 0.01, "{text}");
            let ended = text.lines().find(|line| line.ends_with("the end")).unwrap();
            let ended: f64 = ended.split_whitespace().next().unwrap().parse().unwrap();
            assert!((0.0..3.0).contains(&(ended - lasts)), "{text}");
            let jumps = matches!(missing, ["/7.m4s"] | ["/7.m4s", "/10.m4s"]);
            assert_eq!(text.contains("going on at 28.000 s: from 24."), jumps, "{text}");
        }
    }
}
