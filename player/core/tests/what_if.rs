//! A session is played, and tried again from what its snapshot tells: the policy that was played must come close to
//! what was played, another one must do what it is known for.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests themselves")]

#[path = "scenarios/film.rs"]
#[expect(dead_code, reason = "the scenarios use more of it")]
mod film;

use film::{FILM, Film};
use player_core::io::{Command, Input};
use player_core::presentation::Rank;
use player_core::replay::{ReplayOutcome, replay};
use player_core::report::recording::Recording;
use player_core::session::{Config, Session};
use player_core::sim::what_if::{NoScenario, Scenario};
use player_core::sim::{VirtualScreen, World};
use player_core::snapshot::Snapshot;
use shared::time::SessionTime;
use shared::trace::{Interval, Trace};
use std::time::Duration;

/// Good, bad, good again, with sound beside.
const LINK: [(f64, f64); 3] = [(15.0, 3_000.0), (20.0, 500.0), (60.0, 4_000.0)];

fn secs(seconds: u64) -> SessionTime {
    Duration::from_secs(seconds).into()
}

fn watch(policy: &str, commands: Vec<(SessionTime, Command)>, until: u64) -> Snapshot {
    let row = |(seconds, kbps): (f64, f64)| Interval { duration_ms: seconds * 1e3, kbps, latency_ms: 40.0 };
    let trace = Trace::new("link", LINK.map(row).to_vec()).unwrap();
    let config = Config { policy: policy.to_owned(), ..Config::default() };
    let mut film = Film { seconds: 120, segment: 2, audio: &[128], sizes: true, ..FILM };
    let mut nobody = ();
    let world = World::new(Session::new(config).unwrap(), trace, &mut film, &mut nobody);
    let world = world.with_commands(commands).with_screen(VirtualScreen::new(Duration::from_millis(80)));
    let mut world = world.with_progress_every(Duration::from_millis(50));
    world.input(Input::Start { url: "http://a.example/film.mpd".to_owned() });
    world.run(secs(until)).unwrap();
    world.session().snapshot()
}

fn stalled(totals: &player_core::report::Totals) -> f64 {
    totals.stalls.iter().map(|stall| stall.seconds).sum()
}

#[test]
fn what_was_played_comes_out_again() {
    for policy in ["default", "throughput", "bba"] {
        let watched = watch(policy, vec![], 60);
        let again = Scenario::of(&watched).unwrap().run_as_played().unwrap();
        let (was, is) = (&watched.totals, &again.totals);
        eprintln!("{policy}: watched {:.0} kbit/s, again {:.0} kbit/s", was.mean_bitrate_kbps, is.mean_bitrate_kbps);
        let rate = is.mean_bitrate_kbps / was.mean_bitrate_kbps;
        assert!((0.9..1.1).contains(&rate), "{policy}: {} and {}", was.mean_bitrate_kbps, is.mean_bitrate_kbps);
        assert!((stalled(is) - stalled(was)).abs() < 1.0, "{policy}: {:?} and {:?}", was.stalls, is.stalls);
        assert!((is.played_seconds - was.played_seconds).abs() < 1.0, "{policy}");
        let startup = is.startup_seconds.unwrap() - was.startup_seconds.unwrap();
        assert!(startup.abs() < 0.3, "{policy}: {startup}");
    }
}

#[test]
fn pauses_and_rungs_by_hand_are_repeated_only_where_they_belong() {
    let wishes = vec![(secs(5), Command::Pause), (secs(15), Command::Play), (secs(20), Command::Rung(Rank(0)))];
    let watched = watch("default", wishes, 60);
    let scenario = Scenario::of(&watched).unwrap();
    let again = scenario.run_as_played().unwrap();
    assert!((again.totals.played_seconds - watched.totals.played_seconds).abs() < 1.0);
    assert!((again.totals.mean_bitrate_kbps / watched.totals.mean_bitrate_kbps - 1.0).abs() < 0.1);
    let free = scenario.run("default").unwrap();
    assert!(free.totals.mean_bitrate_kbps > again.totals.mean_bitrate_kbps, "nobody held the lowest rung");
    assert!((free.totals.played_seconds - watched.totals.played_seconds).abs() < 2.0, "the pause was made");
}

#[test]
fn the_top_rung_throughout_stalls_where_the_link_was_bad() {
    let watched = watch("default", vec![], 60);
    let top = Scenario::of(&watched).unwrap().run("fixed:4").unwrap();
    assert!(stalled(&top.totals) > stalled(&watched.totals) + 3.0, "{:?}", top.totals.stalls);
    let avoidable = |totals| Scenario::of(&watched).unwrap().avoidable_stall_seconds(totals).unwrap();
    assert_eq!(avoidable(&top.totals), stalled(&top.totals), "the lowest rung does not stall here");
    assert_eq!(avoidable(&watched.totals), 0.0);
}

#[test]
fn nothing_can_be_tried_before_anything_was_measured() {
    let nothing = Session::new(Config::default()).unwrap().snapshot();
    assert_eq!(Scenario::of(&nothing).unwrap_err(), NoScenario::NotOpened);
}

#[test]
fn a_try_can_be_written_down_and_replays_and_is_what_was_tried() {
    let watched = watch("default", vec![], 60);
    let scenario = Scenario::of(&watched).unwrap();
    for policy in ["bba", "throughput"] {
        let tried = scenario.run(policy).unwrap();
        let report = scenario.report(policy, "http://a.example/film.mpd").unwrap();
        let outcome = replay(report.lines()).unwrap();
        assert!(matches!(outcome, ReplayOutcome::Same { compared, .. } if compared > 30), "{policy}: {outcome:?}");
        let told = Recording::read(report.lines()).unwrap().snapshot.totals;
        let rate = told.mean_bitrate_kbps / tried.totals.mean_bitrate_kbps;
        assert!((0.98..1.02).contains(&rate), "{policy}: {rate}");
        assert!((stalled(&told) - stalled(&tried.totals)).abs() < 0.5, "{policy}");
        assert_eq!(told.policy, policy);
    }
}
