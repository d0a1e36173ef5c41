//! A machine that is too slow for the pictures: that is no stall of the network, and smaller pictures are taken for a while.

use super::film::{FILM, Film};
use super::story::Story;
use super::{check_replay, link};
use player_core::io::Input;
use player_core::report::Totals;
use player_core::session::{ClockSource, Config, Session};
use player_core::sim::World;
use shared::time::SessionTime;
use std::time::Duration;

fn at(secs: f64) -> SessionTime {
    SessionTime::from_millis_f64(secs * 1e3)
}

/// The picture is late all the time between these seconds.
fn play(late: &[(u32, u32)]) -> (String, Totals) {
    let config = Config { policy: "throughput".to_owned(), clock: ClockSource::Virtual, ..Config::default() };
    let mut film = Film { seconds: 240, segment: 2, video: &[300, 1000, 3500], ..FILM };
    let mut story = Story::new(&config, &film);
    let mut world = World::new(Session::new(config).unwrap(), link(&[(1.0, 20_000.0)], 40.0), &mut film, &mut story);
    world.input(Input::Start { url: "http://a.example/film.mpd".to_owned() });
    for quarter in late.iter().flat_map(|(from, until)| from * 4..until * 4) {
        world.run(at(f64::from(quarter) / 4.0)).unwrap();
        world.input(Input::Late { lasted: Duration::from_millis(250) });
    }
    world.run(at(1000.0)).unwrap();
    let totals = world.session().totals();
    drop(world);
    check_replay(&story.report.0);
    (story.text, totals)
}

/// The seconds at which another rate came to the screen, after the beginning.
fn shown(text: &str, rate: &str) -> Vec<f64> {
    let lines = text.lines().filter(|line| line.contains(&format!("shows video {rate}")));
    let at = lines.map(|line| line.split_whitespace().next().unwrap().parse().unwrap());
    at.filter(|at| *at > 1.0).collect()
}

#[test]
fn pictures_that_are_late_become_smaller_soon_and_are_tried_again_a_minute_later() {
    let (text, totals) = play(&[(20, 23)]);
    let (smaller, again) = (shown(&text, "1.0 Mbit/s")[0], shown(&text, "3.5 Mbit/s")[1]);
    assert!((22.0..30.0).contains(&smaller), "{smaller}\n{text}");
    assert!((82.0..115.0).contains(&again), "{again}\n{text}");
    assert!(totals.reached_end && totals.stalls.is_empty() && (totals.late_decoding - 3.0).abs() < 1e-6, "{text}");
}

#[test]
fn a_machine_that_stays_slow_is_tried_less_and_less_often() {
    let (text, totals) = play(&[(20, 23), (110, 113)]);
    assert_eq!(shown(&text, "3.5 Mbit/s").len(), 2, "{text}");
    assert_eq!(shown(&text, "1.0 Mbit/s").len(), 2, "{text}");
    assert!(totals.reached_end && totals.mean_bitrate_kbps < 2500.0, "{text}");
}

#[test]
fn a_moment_is_borne() {
    let (text, totals) = play(&[(20, 21), (60, 61)]);
    assert!(shown(&text, "1.0 Mbit/s").is_empty() && totals.late_decoding == 2.0, "{text}");
}
