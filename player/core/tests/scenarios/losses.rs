//! What is lost, and what is not: an outage of everything is waited for, whatever it is and however long; what fails alone
//! is given up before the viewer has to wait for it, and tried again; what cannot be had at the end is no end.

use super::film::{FILM, Fault, Film, Kind};
use super::{SCENARIO, Scenario, Wish, tell};
use player_core::report::Totals;

/// Everything that says nothing about what is there.
const PASSING: [Kind; 12] = [
    Kind::Page,
    Kind::Refused,
    Kind::Silence,
    Kind::Broken(0.5),
    Kind::Status(500),
    Kind::Status(503),
    Kind::Status(429),
    Kind::Status(401),
    Kind::Status(403),
    Kind::Status(407),
    Kind::Status(451),
    Kind::Status(511),
];

const EVER: f64 = 1e9;

fn with(film: Film, faults: &[Fault]) -> Film {
    Film { faults: faults.to_vec().leak(), ..film }
}

fn sound() -> Film {
    Film { video: &[300], audio: &[64], ..FILM }
}

fn stalled(totals: &Totals) -> f64 {
    totals.stalls.iter().map(|stall| stall.seconds).sum()
}

/// The second of the session at which it was over, and with which words.
fn end(text: &str) -> (f64, String) {
    let line = text.lines().rfind(|line| line.contains("Fatal") || line.ends_with("the end"));
    let line = line.unwrap_or_else(|| panic!("it does not end\n{text}"));
    let (at, words) = line.trim_start().split_once(' ').unwrap();
    (at.parse().unwrap(), words.trim().to_owned())
}

#[test]
fn an_outage_of_any_length_ends_by_itself_and_costs_nothing_of_the_film() {
    let films = [
        sound(),
        Film { video: &[300], ..FILM },
        Film { audio: &[64, 128], sizes: true, ..FILM },
        Film { audio: &[64], single_file: true, ..FILM },
        Film { audio: &[64], period: Some(20), ..FILM },
    ];
    for kind in PASSING {
        for (film, from) in films.iter().zip([3.0, 14.0, 33.0, 5.0, 12.0]) {
            let outage = Fault { matching: "", from, until: from + 40.0, kind };
            check_waited_for(with(film.clone(), &[outage]), outage);
        }
    }
    for kind in [Kind::Refused, Kind::Silence, Kind::Status(403)] {
        let outage = Fault { matching: "", from: 14.0, until: 1000.0, kind };
        check_waited_for(with(sound(), &[outage]), outage);
    }
}

fn check_waited_for(film: Film, outage: Fault) {
    for screen_ms in [None, Some(60)] {
        let film = film.clone();
        let (text, totals) = tell(&Scenario { film, screen_ms, buffer_secs: 10, ..SCENARIO });
        assert!(totals.reached_end && totals.errors.is_empty() && totals.mended.is_empty(), "{outage:?}\n{text}");
        assert!((totals.played_seconds - 60.0).abs() < 0.01 && totals.stalls.len() <= 1, "{outage:?}\n{text}");
        let (ended, _) = end(&text);
        assert!(ended - outage.until < 60.0 + 15.0, "{outage:?}, over at {ended}\n{text}");
        let late = totals.stalls.first().map_or(0.0, |stall| stall.at + stall.seconds - outage.until);
        assert!(late < 15.0, "{late:.1} s late after {outage:?}\n{text}");
    }
}

#[test]
fn who_was_told_to_loses_the_patience_once_nothing_is_left_to_play() {
    for kind in PASSING {
        let outage = Fault { matching: "", from: 14.0, until: EVER, kind };
        let film = with(sound(), &[outage]);
        let (text, totals) = tell(&Scenario { film, patience_secs: Some(60), ..SCENARIO });
        let (ended, words) = end(&text);
        assert!((70.0..90.0).contains(&ended) && words.contains("nothing has come for"), "{kind:?}\n{text}");
        // What was there when it began has been seen.
        assert!(!totals.reached_end && totals.played_seconds > 25.0, "{kind:?}\n{text}");
    }
}

/// What is lacking on this machine does not come back by waiting, but for a moment it may.
#[test]
fn a_machine_that_opens_no_more_files_is_waited_for_a_little() {
    for (until, well) in [(20.0, true), (EVER, false)] {
        let fault = Fault { matching: "", from: 14.0, until, kind: Kind::Exhausted };
        let film = with(sound(), &[fault]);
        let (text, totals) = tell(&Scenario { film, patience_secs: Some(300), buffer_secs: 10, ..SCENARIO });
        let (ended, words) = end(&text);
        assert_eq!(totals.reached_end, well, "{text}");
        assert!(well || (ended < 45.0 && words.contains("too many open files")), "{text}");
    }
}

#[test]
fn who_has_paused_waits_for_nothing() {
    let outage = Fault { matching: "", from: 14.0, until: 400.0, kind: Kind::Refused };
    let commands = &[(15.0, Wish::Pause), (410.0, Wish::Play)];
    let film = with(sound(), &[outage]);
    let (text, totals) = tell(&Scenario { film, commands, patience_secs: Some(60), ..SCENARIO });
    assert!(totals.reached_end && (totals.played_seconds - 60.0).abs() < 0.01, "{text}");
}

#[test]
fn before_the_first_picture_the_cause_is_told_within_a_quarter_of_a_minute() {
    let films = [sound(), FILM, Film { audio: &[64], single_file: true, ..FILM }];
    for kind in PASSING.into_iter().filter(|kind| !matches!(kind, Kind::Broken(_))) {
        for matching in ["", ".m4s", "init"] {
            let fault = Fault { matching, from: 0.043, until: EVER, kind };
            for film in &films {
                if film.single_file && !matching.is_empty() {
                    continue;
                }
                let (text, totals) = tell(&Scenario { film: with(film.clone(), &[fault]), ..SCENARIO });
                let (ended, words) = end(&text);
                assert!(ended <= 15.0 && words.starts_with("Fatal"), "{kind:?} for {matching}\n{text}");
                assert_eq!(totals.startup_seconds, None, "{text}");
            }
        }
    }
}

/// A link that brings next to nothing is told from one that is only slow.
#[test]
fn a_drip_is_no_beginning_and_a_slow_link_is() {
    let play = |kbps: f64| {
        let link = vec![(0.05, 4000.0), (1000.0, kbps)].leak();
        let film = Film { video: &[300], seconds: 8, ..FILM };
        tell(&Scenario { film, link, ..SCENARIO })
    };
    let (text, _) = play(4.0);
    let (ended, words) = end(&text);
    assert!(ended <= 30.0 && words.contains("cannot begin to play"), "{text}");
    let (text, totals) = play(40.0);
    assert!(totals.reached_end, "{text}");
    assert!(text.contains("the first picture is still being waited for"), "{text}");
}

/// From the beginning, in the middle, at a second Period, with the picture complete.
#[test]
fn nobody_waits_for_sound_that_fails_alone() {
    let periods = Film { period: Some(20), ..sound() };
    let cases: [(&str, Film, f64, u64); 5] = [
        ("a64", sound(), 0.043, 20),
        ("a64/", sound(), 14.0, 10),
        ("a64/", sound(), 2.0, 60),
        ("a64/", Film { segment: 1, seconds: 20, ..sound() }, 2.0, 60),
        ("a64/", periods, 5.0, 10),
    ];
    for kind in PASSING {
        for (matching, film, from, buffer_secs) in &cases {
            let fault = Fault { matching, from: *from, until: EVER, kind };
            let scenario = Scenario { film: with(film.clone(), &[fault]), buffer_secs: *buffer_secs, ..SCENARIO };
            for screen_ms in [None, Some(60)] {
                let (text, totals) = tell(&Scenario { film: scenario.film.clone(), screen_ms, ..scenario });
                let seconds = f64::from(film.seconds);
                assert!(totals.reached_end && (totals.played_seconds - seconds).abs() < 0.01, "{fault:?}\n{text}");
                assert!(stalled(&totals) <= 3.0, "stands still for {:.1} s, {fault:?}\n{text}", stalled(&totals));
                assert!(totals.startup_seconds.is_some_and(|at| at < 8.0), "{fault:?}\n{text}");
                let lost = |mended: &player_core::report::Mended| mended.what.starts_with("audio");
                assert!(totals.mended.iter().any(lost), "{fault:?}\n{:?}\n{text}", totals.mended);
                assert!(totals.errors.iter().any(|error| error.contains("without audio")), "{text}");
            }
        }
    }
}

#[test]
fn sound_that_failed_alone_is_heard_again_soon_after_it_comes_back() {
    for kind in PASSING {
        let fault = Fault { matching: "a64/", from: 10.0, until: 40.0, kind };
        let film = Film { seconds: 120, segment: 2, ..sound() };
        let (text, totals) = tell(&Scenario { film: with(film, &[fault]), buffer_secs: 10, ..SCENARIO });
        let last = totals.mended.last().map(|mended| mended.what.clone()).unwrap_or_default();
        let until: f64 = last.split("up to ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap();
        assert!(totals.reached_end && totals.stalls.is_empty() && (30.0..55.0).contains(&until), "{last}\n{text}");
    }
}

/// Nine segments that the server does not have are no reason to be silent for the rest.
#[test]
fn sound_that_was_missing_for_long_is_heard_again_soon_after_it_is_there() {
    for screen_ms in [None, Some(60)] {
        let fault = Fault { matching: "a64/", from: 10.0, until: 90.0, kind: Kind::Status(404) };
        let film = Film { seconds: 200, segment: 2, ..sound() };
        let (text, totals) = tell(&Scenario { film: with(film, &[fault]), screen_ms, ..SCENARIO });
        let last = totals.mended.last().map(|mended| mended.what.clone()).unwrap_or_default();
        let until: f64 = last.split("up to ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap();
        assert!(totals.reached_end && totals.stalls.is_empty() && (90.0..112.0).contains(&until), "{last}\n{text}");
        assert!(
            (totals.played_seconds - 200.0).abs() < 0.01 && totals.errors.len() <= 12,
            "{:?}\n{text}",
            totals.errors
        );
    }
}

/// One segment that fails for ever, whatever with, while what is before and behind it comes: it is skipped like one that is
/// missing, also where no other track tells that the server is well.
#[test]
fn a_segment_that_fails_for_ever_between_its_neighbours_is_skipped() {
    let films = [Film { video: &[300], ..FILM }, FILM, sound(), Film { video: &[300], segment: 2, ..FILM }];
    // Connections are refused for no single file.
    for kind in PASSING.into_iter().filter(|kind| !matches!(kind, Kind::Refused)) {
        for film in &films {
            let fault = Fault { matching: "/7.m4s", from: 0.0, until: EVER, kind };
            let length = f64::from(film.segment);
            let (text, totals) = tell(&Scenario { film: with(film.clone(), &[fault]), ..SCENARIO });
            assert!(totals.reached_end && (totals.played_seconds - 60.0 + length).abs() < 0.01, "{kind:?}\n{text}");
            assert!(!totals.mended.is_empty() && totals.stalls.len() <= 1, "{kind:?} {:?}\n{text}", totals.mended);
            assert!(stalled(&totals) < 40.0, "{:.1} s, {kind:?}\n{text}", stalled(&totals));
        }
    }
}

/// A viewer who asks is not told to wait for the end of a pause, nor for an answer that does not come.
#[test]
fn in_an_outage_a_try_follows_at_once_when_the_viewer_asks_for_it() {
    for kind in PASSING {
        let outage = Fault { matching: "", from: 6.0, until: 14.2, kind };
        let film = with(Film { video: &[300], ..FILM }, &[outage]);
        let played = |commands: &'static [(f64, Wish)]| {
            let (text, totals) = tell(&Scenario { film: film.clone(), commands, buffer_secs: 40, ..SCENARIO });
            assert!(totals.reached_end && totals.errors.is_empty(), "{kind:?}\n{text}");
            text
        };
        let text = played(&[(14.3, Wish::Retry)]);
        let tries =
            |line: &&str| line.starts_with("  14.300") && line.contains(" fetches v300 ") && line.contains("attempt");
        assert_eq!(text.lines().filter(tries).count(), 1, "{kind:?}\n{text}");
    }
}

/// The sound plays on, the picture is asked for again and again; a film whose picture does not come back has not ended well.
#[test]
fn a_picture_that_fails_alone_stands_still_and_comes_back() {
    for (until, well) in [(60.0, true), (EVER, false)] {
        let fault = Fault { matching: "v300/", from: 10.0, until, kind: Kind::Status(503) };
        let film = Film { seconds: 120, segment: 2, ..sound() };
        let (text, totals) = tell(&Scenario { film: with(film, &[fault]), buffer_secs: 10, ..SCENARIO });
        assert_eq!(totals.reached_end, well, "{text}");
        assert!(stalled(&totals) < 6.0 && !totals.mended.is_empty(), "{text}");
        assert_eq!(end(&text).1.contains("the end is missing"), !well, "{text}");
    }
}

/// Half a segment is a rounded duration; more is none, whatever the server says.
#[test]
fn what_is_refused_at_the_end_is_no_end() {
    for kind in [Kind::Status(401), Kind::Status(403), Kind::Status(407), Kind::Status(451), Kind::Status(511)] {
        for from in [13, 14, 15] {
            let names: Vec<String> = (from..=15).map(|n| format!("/{n}.m4s")).collect();
            let faults: Vec<Fault> =
                names.into_iter().map(|n| Fault { matching: n.leak(), from: 0.0, until: EVER, kind }).collect();
            let film = with(Film { audio: &[64], ..FILM }, &faults);
            let (text, totals) = tell(&Scenario { film, patience_secs: Some(60), ..SCENARIO });
            assert!(!totals.reached_end && end(&text).1.starts_with("Fatal"), "{kind:?} from {from}\n{text}");
        }
    }
}
