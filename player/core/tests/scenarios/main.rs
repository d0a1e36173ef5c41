//! Stories in virtual time: an imagined film over a changing link, with whatever goes wrong. Each is data; what
//! happened is compared with a text beside this file, which `UPDATE_GOLDENS=1` writes anew. Every story is also
//! replayed from its own report, and must keep the rules that shells rely on.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests, too, fail by panicking")]

mod chaos;
mod clocks;
mod faults;
mod film;
mod growing;
mod late;
mod live;
mod losses;
mod story;
mod text;
mod viewer;

use film::{FILM, Fault, Film, Kind};
use player_core::io::{Command, Input, Notice, Severity};
use player_core::presentation::Rank;
use player_core::replay::{ReplayOutcome, replay};
use player_core::report::Totals;
use player_core::session::{ClockSource, Config, Session};
use player_core::sim::{VirtualScreen, World};
use shared::time::{PresentationTime, SessionTime};
use shared::trace::{Interval, Trace};
use shared::units::Bitrate;
use std::path::Path;
use std::time::Duration;
use story::Story;

/// Conditions of a story.
struct Scenario {
    name: &'static str,
    film: Film,
    /// Seconds and kbit/s; repeats.
    link: &'static [(f64, f64)],
    /// Of the link, in ms.
    latency: f64,
    policy: &'static str,
    buffer_secs: u64,
    /// Second of the session and wish.
    commands: &'static [(f64, Wish)],
    /// An output with a clock of its own, which needs this many ms to start.
    screen_ms: Option<u64>,
    /// What an earlier session measured.
    prior_kbps: Option<u64>,
    /// How long an outage may last.
    patience_secs: Option<u64>,
}

/// This policy is tuned now and then; its stories are held to what they promise, not to a text.
const TUNED: &str = "default";

#[derive(Clone, Copy)]
enum Wish {
    Seek(f64),
    Pause,
    Play,
    Rung(usize),
    Auto,
    Repeat(bool),
    Retry,
}

const SCENARIO: Scenario = Scenario {
    name: "",
    film: FILM,
    link: &[(1.0, 4000.0)],
    latency: 40.0,
    policy: "throughput",
    buffer_secs: 20,
    commands: &[],
    screen_ms: None,
    prior_kbps: None,
    patience_secs: None,
};

/// Plays it, compares with the golden text, replays it, and hands out the totals.
fn play(scenario: &Scenario) -> Totals {
    let (text, totals) = tell(scenario);
    if scenario.policy != TUNED {
        compare(scenario.name, &text);
    }
    totals
}

/// Plays it, replays it, and hands out what happened.
fn tell(scenario: &Scenario) -> (String, Totals) {
    let seconds = Duration::from_secs(scenario.buffer_secs);
    let config = Config {
        policy: scenario.policy.to_owned(),
        buffer_target: seconds,
        prior_estimate: scenario.prior_kbps.map(Bitrate::from_kbps),
        outage_patience: scenario.patience_secs.map_or(Duration::MAX, Duration::from_secs),
        clock: if scenario.screen_ms.is_some() { ClockSource::Reported } else { ClockSource::Virtual },
        ..Config::default()
    };
    let mut story = Story::new(&config, &scenario.film);
    let mut film = scenario.film.clone();
    let mut world =
        World::new(Session::new(config).unwrap(), link(scenario.link, scenario.latency), &mut film, &mut story)
            .with_commands(scenario.commands.iter().map(command).collect());
    if let Some(delay) = scenario.screen_ms {
        world = world.with_screen(VirtualScreen::new(Duration::from_millis(delay)));
    }
    world.input(Input::Start { url: "http://a.example/film.mpd".to_owned() });
    let ended = world.run(SessionTime::from(Duration::from_secs(10_000)));
    let totals = world.session().totals();
    drop(world);
    ended.unwrap_or_else(|problem| panic!("{problem}\n{}", story.text));
    story.totals(&totals);
    check_replay(&story.report.0);
    (story.text, totals)
}

fn link(rows: &[(f64, f64)], latency_ms: f64) -> Trace {
    let row = |&(secs, kbps): &(f64, f64)| Interval { duration_ms: secs * 1e3, kbps, latency_ms };
    Trace::new("scenario", rows.iter().map(row).collect()).unwrap()
}

fn command(&(at, wish): &(f64, Wish)) -> (SessionTime, Command) {
    let command = match wish {
        Wish::Seek(secs) => Command::Seek(PresentationTime::from_secs_f64(secs)),
        Wish::Pause => Command::Pause,
        Wish::Play => Command::Play,
        Wish::Rung(rung) => Command::Rung(Rank(rung)),
        Wish::Auto => Command::Auto,
        Wish::Repeat(repeat) => Command::Repeat(repeat),
        Wish::Retry => Command::Retry,
    };
    (SessionTime::from_millis_f64(at * 1e3), command)
}

fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/golden").join(name).with_extension("txt");
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let difference = golden.lines().zip(text.lines()).enumerate().find(|(_, (old, new))| old != new);
    let difference = difference.map(|(n, (old, new))| format!("line {}\n  golden: {old}\n  now:    {new}", n + 1));
    assert!(
        golden == text,
        "{name} differs from its golden text (UPDATE_GOLDENS=1 writes it anew): {difference:?}\n{text}"
    );
}

fn check_replay(report: &[String]) {
    match replay(report.iter().map(String::as_str)).unwrap() {
        ReplayOutcome::Same { compared, .. } => assert!(compared > 0),
        ReplayOutcome::Differs(difference) => panic!("{difference}"),
    }
}

fn wasted_share(totals: &Totals) -> f64 {
    totals.bytes_wasted as f64 / totals.bytes_fetched as f64
}

#[test]
fn the_rate_falls_and_recovers() {
    let link = &[(30.0, 8000.0), (30.0, 600.0), (600.0, 8000.0)];
    let film = Film { seconds: 120, segment: 2, ..FILM };
    let totals = play(&Scenario { name: "falls_and_recovers", film, link, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty());
    assert!(totals.mean_bitrate_kbps > 1300.0 && wasted_share(&totals) < 0.1);
}

#[test]
fn the_default_policy_holds_through_a_dip() {
    let link = &[(30.0, 8000.0), (30.0, 600.0), (600.0, 8000.0)];
    let film = Film { seconds: 120, segment: 2, sizes: true, ..FILM };
    let totals = play(&Scenario { name: "default_policy_through_a_dip", film, link, policy: TUNED, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty() && wasted_share(&totals) < 0.1);
}

#[test]
fn a_large_segment_under_way_is_given_up_when_the_link_collapses() {
    let link = &[(19.0, 4200.0), (40.0, 420.0), (600.0, 4200.0)];
    let film = Film { seconds: 120, sizes: true, ..FILM };
    let totals = play(&Scenario { name: "collapse", film, link, policy: TUNED, ..SCENARIO });
    let stalled: f64 = totals.stalls.iter().map(|stall| stall.seconds).sum();
    assert!(totals.reached_end && totals.segments_abandoned >= 1, "{totals:?}");
    assert!(stalled < 0.5 && wasted_share(&totals) < 0.1, "{totals:?}");
    // And it is back at the top soon after: 40 of 120 seconds pass over the slow link.
    assert!(totals.time_by_representation["v3500"] > 45.0, "{totals:?}");
}

#[test]
fn low_segments_in_the_buffer_are_replaced_when_there_is_time_for_it() {
    let link = &[(12.0, 500.0), (600.0, 20_000.0)];
    let film = Film { seconds: 60, segment: 2, sizes: true, ..FILM };
    let totals = play(&Scenario { name: "replacing", film, link, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty(), "{totals:?}");
    assert!(totals.segments_replaced >= 1 && wasted_share(&totals) < 0.1, "{totals:?}");
}

#[test]
fn the_last_sessions_rate_is_where_it_starts() {
    let first = |name, prior_kbps| {
        let film = Film { seconds: 20, segment: 2, sizes: true, ..FILM };
        let totals = play(&Scenario { name, film, policy: TUNED, prior_kbps, ..SCENARIO });
        totals.time_by_representation.get("v300").copied().unwrap_or_default()
    };
    assert_eq!((first("without_prior", None) > 0.0, first("with_prior", Some(4000))), (true, 0.0));
}

#[test]
fn an_outage_longer_than_the_buffer_stalls_once() {
    let link = &[(20.0, 4000.0), (30.0, 0.0), (600.0, 4000.0)];
    let film = Film { audio: &[64, 128], ..FILM };
    let totals = play(&Scenario { name: "outage", film, link, ..SCENARIO });
    assert!(totals.reached_end);
    assert_eq!(totals.stalls.len(), 1);
}

#[test]
fn a_server_that_answers_503_for_a_while_stalls_nobody() {
    let faults = &[Fault { matching: ".m4s", from: 12.0, until: 19.0, kind: Kind::Status(503) }];
    let totals = play(&Scenario { name: "status_503", film: Film { faults, ..FILM }, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty());
}

#[test]
fn a_rung_that_is_not_there_is_left_alone() {
    let faults = &[Fault { matching: "v2000/", from: 0.0, until: 1e9, kind: Kind::Status(404) }];
    let totals =
        play(&Scenario { name: "rung_missing", film: Film { faults, ..FILM }, link: &[(1.0, 2900.0)], ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty());
    assert!(!totals.time_by_representation.contains_key("v2000"));
}

#[test]
fn a_segment_that_is_nowhere_is_passed_over() {
    let faults = &[Fault { matching: "/7.m4s", from: 0.0, until: 1e9, kind: Kind::Status(404) }];
    let film = Film { audio: &[64], faults, ..FILM };
    let totals = play(&Scenario { name: "segment_missing", film, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty() && !totals.errors.is_empty());
}

/// The server answers everything else: the segment is given up before the viewer has to wait for it.
#[test]
fn a_segment_that_no_rendition_delivers_is_skipped_in_time() {
    let faults = &[Fault { matching: "00/10.m4s", from: 0.0, until: 1e9, kind: Kind::Silence }];
    let film = Film { faults, audio: &[64], ..FILM };
    let totals = play(&Scenario { name: "segment_silent", film, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty() && !totals.errors.is_empty());
    assert!((totals.played_seconds - 56.0).abs() < 0.01, "{}", totals.played_seconds);
}

#[test]
fn the_second_location_takes_over_at_once() {
    let faults = &[Fault { matching: "a.example/v", from: 10.0, until: 1e9, kind: Kind::Silence }];
    let film = Film { locations: &["http://a.example/", "http://b.example/"], faults, ..FILM };
    let totals = play(&Scenario { name: "second_location", film, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty());
}

#[test]
fn a_broken_connection_costs_its_bytes_and_nothing_else() {
    let faults = &[Fault { matching: ".m4s", from: 4.0, until: 6.0, kind: Kind::Broken(0.5) }];
    let totals = play(&Scenario {
        name: "broken_connection",
        film: Film { faults, ..FILM },
        link: &[(1.0, 20_000.0)],
        ..SCENARIO
    });
    assert!(totals.reached_end && totals.stalls.is_empty() && totals.bytes_wasted > 0);
}

#[test]
fn an_index_of_sizes_that_is_nonsense_does_no_harm() {
    let faults = &[Fault { matching: "sizes", from: 0.0, until: 1e9, kind: Kind::Garbage }];
    let totals = play(&Scenario { name: "sizes_garbage", film: Film { faults, sizes: true, ..FILM }, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty());
}

#[test]
fn a_manifest_that_is_gone_ends_with_a_reason() {
    let faults = &[Fault { matching: "film.mpd", from: 0.0, until: 1e9, kind: Kind::Status(404) }];
    let totals = play_to_failure("manifest_missing", faults);
    assert!(totals.errors[0].contains("film.mpd") && totals.errors[0].contains("404"), "{:?}", totals.errors);
}

#[test]
fn without_any_init_segment_the_session_ends_with_a_reason() {
    let faults = &[Fault { matching: "init.mp4", from: 0.0, until: 1e9, kind: Kind::Status(404) }];
    let totals = play_to_failure("init_missing", faults);
    assert!(!totals.errors.is_empty());
}

fn play_to_failure(name: &'static str, faults: &'static [Fault]) -> Totals {
    let totals = play(&Scenario { name, film: Film { faults, ..FILM }, ..SCENARIO });
    assert!(!totals.reached_end && totals.startup_seconds.is_none());
    totals
}

#[test]
fn a_ladder_with_one_rung_plays() {
    let film = Film { video: &[1000], ..FILM };
    let totals = play(&Scenario { name: "one_rung", film, ..SCENARIO });
    assert!(totals.reached_end && totals.switches == 0);
}

#[test]
fn segments_of_ten_seconds() {
    let film = Film { segment: 10, seconds: 100, ..FILM };
    let link = &[(30.0, 3000.0), (20.0, 800.0)];
    let totals = play(&Scenario { name: "ten_second_segments", film, link, ..SCENARIO });
    assert!(totals.reached_end);
}

#[test]
fn sound_and_picture_share_the_link_and_neither_runs_dry_alone() {
    let film = Film { audio: &[64, 128, 256], ..FILM };
    let link = &[(1.0, 900.0)];
    let totals = play(&Scenario { name: "sound_and_picture", film, link, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty());
}

#[test]
fn seeks_inside_and_outside_of_the_buffer() {
    let commands =
        &[(10.0, Wish::Seek(14.0)), (12.0, Wish::Seek(41.5)), (14.0, Wish::Seek(42.5)), (16.0, Wish::Seek(3.0))];
    let film = Film { audio: &[64], ..FILM };
    let totals = play(&Scenario { name: "seeks", film, commands, link: &[(1.0, 20_000.0)], ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty());
}

/// A hand that drags over the whole film for two seconds: a few segments are asked for, not one a place.
#[test]
fn dragging_does_not_flood_the_server() {
    let drag: Vec<_> = (0..100).map(|n| (10.0 + f64::from(n) * 0.02, Wish::Seek(f64::from(n * 37 % 56)))).collect();
    let film = Film { audio: &[64], ..FILM };
    let link = &[(1.0, 20_000.0)];
    let totals = play(&Scenario { name: "dragging", film, link, commands: drag.leak(), ..SCENARIO });
    assert!(totals.reached_end && totals.bytes_wasted < 10_000_000, "{} bytes wasted", totals.bytes_wasted);
}

/// A hand that wanders through ten minutes in three seconds, never leaving what is buffered by far: the buffer does not
/// follow it at its speed.
#[test]
fn dragging_does_not_fetch_the_whole_film() {
    let drag: Vec<_> = (0..75).map(|n| (10.0 + f64::from(n) * 0.04, Wish::Seek(f64::from(n) * 7.5))).collect();
    let film = Film { seconds: 600, audio: &[64], ..FILM };
    let link = &[(1.0, 500_000.0)];
    let commands = [&drag[..], &[(13.5, Wish::Seek(575.0))]].concat().leak();
    let totals = play(&Scenario { name: "wandering", film, link, commands, ..SCENARIO });
    // What a buffer holds, at the beginning, during the drag and at its end.
    assert!(totals.reached_end && totals.bytes_fetched < 40_000_000, "{} bytes", totals.bytes_fetched);
}

#[test]
fn a_seek_while_the_first_segment_is_under_way() {
    let commands = &[(0.3, Wish::Seek(30.0))];
    let link = &[(1.0, 700.0)];
    let totals = play(&Scenario { name: "seek_while_downloading", link, commands, ..SCENARIO });
    assert!(totals.reached_end && (totals.played_seconds - 30.0).abs() < 0.01);
}

#[test]
fn pause_fills_the_buffer_and_no_more() {
    let commands = &[(5.0, Wish::Pause), (65.0, Wish::Play)];
    let totals = play(&Scenario { name: "pause", commands, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty());
}

/// Three times through, the last one to its end; what was fetched and is still there is not fetched again.
#[test]
fn a_film_that_repeats_begins_again_by_itself() {
    let commands = &[(1.0, Wish::Repeat(true)), (50.0, Wish::Repeat(false))];
    let film = Film { seconds: 20, audio: &[64], ..FILM };
    let totals = play(&Scenario { name: "repeat", film, commands, link: &[(1.0, 20_000.0)], ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty());
    assert!((totals.played_seconds - 60.0).abs() < 0.1, "{}", totals.played_seconds);
}

#[test]
fn a_choice_by_hand_acts_at_once_and_auto_comes_back() {
    let commands = &[(10.0, Wish::Rung(0)), (25.0, Wish::Auto)];
    let totals = play(&Scenario { name: "by_hand", commands, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty());
}

#[test]
fn single_files_with_an_index_box() {
    let film = Film { single_file: true, audio: &[64, 128], ..FILM };
    let totals = play(&Scenario { name: "single_files", film, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty() && totals.switches > 0);
}

#[test]
fn periods_follow_each_other_without_a_stop() {
    let film = Film { period: Some(20), audio: &[64, 128], ..FILM };
    let totals = play(&Scenario { name: "periods", film, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty());
    assert!((totals.played_seconds - 60.0).abs() < 0.001, "{}", totals.played_seconds);
}

/// Nobody looks at twenty seconds of nothing.
#[test]
fn an_encrypted_period_in_the_middle_is_passed_over() {
    let film = Film { period: Some(20), locked: Some(1), audio: &[64], ..FILM };
    let totals = play(&Scenario { name: "period_locked", film, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty());
    assert!((totals.played_seconds - 40.0).abs() < 0.01, "{}", totals.played_seconds);
}

#[test]
fn an_encrypted_end_is_named_when_it_is_reached() {
    let film = Film { period: Some(20), locked: Some(2), ..FILM };
    let totals = play(&Scenario { name: "end_locked", film, ..SCENARIO });
    assert!(!totals.reached_end && totals.errors.iter().any(|error| error.contains("encrypted")));
    assert!((totals.played_seconds - 40.0).abs() < 0.01, "{}", totals.played_seconds);
}

/// Each Period begins and ends within a segment; its neighbours are not played twice.
#[test]
fn periods_that_cut_segments_of_one_file() {
    let film = Film { period: Some(10), segment: 4, seconds: 40, single_file: true, ..FILM };
    let totals = play(&Scenario { name: "periods_of_one_file", film, ..SCENARIO });
    assert!(totals.reached_end && totals.stalls.is_empty());
    assert!((totals.played_seconds - 40.0).abs() < 0.001, "{}", totals.played_seconds);
}

#[test]
fn an_output_with_its_own_clock_is_followed() {
    let film = Film { audio: &[64], ..FILM };
    let link = &[(20.0, 4000.0), (25.0, 0.0), (600.0, 4000.0)];
    let commands = &[(5.0, Wish::Pause), (7.0, Wish::Play), (60.0, Wish::Seek(20.0))];
    let screen_ms = Some(60);
    let totals = play(&Scenario { name: "reported_clock", film, link, commands, screen_ms, ..SCENARIO });
    assert!(totals.reached_end);
    assert_eq!(totals.stalls.len(), 1, "the outage, and nothing else");
}

/// A replay must notice when an input is not what it was.
#[test]
fn a_changed_report_is_found_out() {
    let config = Config { clock: ClockSource::Virtual, ..Config::default() };
    let mut story = Story::new(&config, &FILM);
    let mut film = FILM;
    let mut world = World::new(Session::new(config).unwrap(), link(&[(1.0, 4000.0)], 40.0), &mut film, &mut story);
    world.input(Input::Start { url: "http://a.example/film.mpd".to_owned() });
    world.run(SessionTime::from(Duration::from_secs(100))).unwrap();
    drop(world);
    let mut report = story.report.0;
    let done = report.iter().position(|line| line.contains("\"input\"") && line.contains("\"media\"")).unwrap();
    report[done] = report[done].replace("\"received\":", "\"received\":1");
    let ReplayOutcome::Differs(difference) = replay(report.iter().map(String::as_str)).unwrap() else {
        panic!("the change went unnoticed");
    };
    assert!(difference.line > done && difference.to_string().contains("recorded"), "{difference}");
}

/// That there is no sound device is told by the shells: it belongs to the session like everything that is told.
#[test]
fn what_the_shells_have_to_say_is_in_the_report_and_replayed() {
    let config = Config { clock: ClockSource::Virtual, ..Config::default() };
    let mut story = Story::new(&config, &FILM);
    let mut film = FILM;
    let mut world = World::new(Session::new(config).unwrap(), link(&[(1.0, 4000.0)], 40.0), &mut film, &mut story);
    world.input(Input::Start { url: "http://a.example/film.mpd".to_owned() });
    let notice = Notice { severity: Severity::Info, message: "Playing without sound: there is no device.".to_owned() };
    world.input(Input::Notice(notice.clone()));
    world.run(SessionTime::from(Duration::from_secs(100))).unwrap();
    assert!(world.session().snapshot().notices.iter().any(|view| view.notice == notice));
    drop(world);
    assert_eq!(story.report.0.iter().filter(|line| line.contains(&notice.message)).count(), 2, "as input and as event");
    check_replay(&story.report.0);
}

/// A report that was written before rungs and segments had names that last.
#[test]
fn a_report_of_the_first_version_still_replays() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports/v1.jsonl");
    let report = std::fs::read_to_string(path).unwrap();
    match replay(report.lines()).unwrap() {
        ReplayOutcome::Same { inputs, compared } => assert!(inputs > 600 && compared > 100, "{inputs}, {compared}"),
        ReplayOutcome::Differs(difference) => panic!("{difference}"),
    }
}
