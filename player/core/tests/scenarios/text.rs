//! Words are played beside the film and never instead of it: whatever happens to them, picture and sound are what they
//! would be without them.

use super::film::{FILM, Fault, Film, Kind};
use super::story::Story;
use super::{check_replay, link};
use player_core::io::{Event, Input, Output};
use player_core::kinds::TrackKind;
use player_core::presentation::SegmentId;
use player_core::report::Totals;
use player_core::session::{ClockSource, Config, Session};
use player_core::sim::{Observer, World};
use shared::time::SessionTime;
use std::time::Duration;

/// A story, and apart from it what was decided about picture and sound.
struct Watch {
    story: Story,
    decided: Vec<(TrackKind, SegmentId)>,
    words_fed: usize,
}

impl Observer for Watch {
    fn input(&mut self, now: SessionTime, input: &Input) {
        self.story.input(now, input);
    }

    fn output(&mut self, now: SessionTime, output: &Output) {
        self.story.output(now, output);
        match output {
            Output::Event(Event::Decided(decision)) if decision.track != TrackKind::Text => {
                self.decided.extend(decision.action.segment().map(|segment| (decision.track, segment)));
            }
            Output::Feed(feed) if feed.track == TrackKind::Text => self.words_fed += 1,
            _ => {}
        }
    }
}

fn play(film: &Film, rows: &[(f64, f64)]) -> (Watch, Totals) {
    let kinds = [&TrackKind::blocking()[..], &[TrackKind::Text]].concat();
    let (policy, clock) = ("throughput".to_owned(), ClockSource::Virtual);
    let config = Config { policy, clock, kinds, ..Config::default() };
    let story = Story::new(&config, film);
    let mut watch = Watch { story, decided: vec![], words_fed: 0 };
    let mut film = film.clone();
    let mut world = World::new(Session::new(config).unwrap(), link(rows, 40.0), &mut film, &mut watch);
    world.input(Input::Start { url: "http://a.example/film.mpd".to_owned() });
    world.run(SessionTime::from(Duration::from_secs(1000))).unwrap();
    let totals = world.session().totals();
    drop(world);
    check_replay(&watch.story.report.0);
    (watch, totals)
}

fn without_words() -> Film {
    Film { audio: &[64, 128], ..FILM }
}

/// The film with words over a steady link: what is decided about the rest is the same, step by step. Tells how often the
/// words were fed.
fn check(text: &'static [u32], faults: &'static [Fault]) -> usize {
    let rows = &[(1.0, 4000.0)];
    let (alone, expected) = play(&without_words(), rows);
    let (beside, totals) = play(&Film { text, faults, ..without_words() }, rows);
    let what = format!("{faults:?}\n{}", beside.story.text);
    assert_eq!(beside.decided, alone.decided, "{what}");
    assert_same(&totals, &expected, 0.0, &what);
    beside.words_fed
}

/// Start-up, stalls and what was seen; a stall may be longer by the chance in the pauses between attempts.
fn assert_same(totals: &Totals, expected: &Totals, chance: f64, what: &str) {
    let (played, whole) = (totals.played_seconds, expected.played_seconds);
    assert!(totals.reached_end && (played - whole).abs() < 0.001, "{played} s of {whole} s played: {what}");
    let later = totals.startup_seconds.unwrap() - expected.startup_seconds.unwrap();
    assert!(later.abs() < 0.01, "{later} s later: {what}");
    assert_eq!(totals.stalls.len(), expected.stalls.len(), "{what}");
    for (stall, expected) in totals.stalls.iter().zip(&expected.stalls) {
        assert!((stall.seconds - expected.seconds).abs() <= chance && stall.at == expected.at, "{what}");
    }
}

/// All that can go wrong with words: all of them, only what the decoder needs first, one segment.
fn faults() -> impl Iterator<Item = &'static [Fault]> {
    let kinds = [Kind::Silence, Kind::Status(404), Kind::Status(503), Kind::Garbage, Kind::Refused];
    let of = |kind| ["/t1/", "/t1/init.mp4", "/t1/4.m4s"].map(|matching| (matching, kind));
    kinds.into_iter().flat_map(of).map(|(matching, kind)| {
        let fault: &[Fault] = vec![Fault { matching, from: 0.0, until: 1e9, kind }].leak();
        fault
    })
}

#[test]
fn words_come_with_the_film_and_change_nothing_of_it() {
    assert_eq!(check(&[1], &[]), 16, "an init segment and fifteen segments");
}

#[test]
fn a_stuck_text_track_neither_stalls_nor_delays_the_film() {
    for fault in faults() {
        check(&[1], fault);
    }
}

/// The link is away for so long that the film stops: words do not make it stop for longer, nor twice.
#[test]
fn words_do_not_make_an_outage_worse() {
    let rows = &[(20.0, 4000.0), (30.0, 0.0), (600.0, 4000.0)];
    let (_, expected) = play(&without_words(), rows);
    assert_eq!(expected.stalls.len(), 1);
    for faults in faults() {
        let (beside, totals) = play(&Film { text: &[1], faults, ..without_words() }, rows);
        assert_same(&totals, &expected, 1.0, &format!("{faults:?}\n{}", beside.story.text));
    }
}
