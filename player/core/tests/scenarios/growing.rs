//! A film that is watched while it is packaged: its manifest grows, nothing leaves it, and it says when it is complete.

use super::link;
use player_core::io::{Cause, Command, Content, Event, Failure, FailureKind, Input, Output, Request, Subject};
use player_core::session::{ClockSource, Config, Session};
use player_core::sim::{Answer, Observer, Server, World};
use player_core::snapshot::Awaited;
use shared::time::{PresentationTime, SessionTime};
use std::fmt::Write;
use std::time::Duration;

/// Seconds.
const SEGMENT: u64 = 2;

/// Makes a segment every so often, up to `length` seconds of film, and serves what there is.
#[derive(Clone, Copy)]
struct Packager {
    /// Seconds of film that are made in a second.
    speed: f64,
    /// Of the film.
    length: u64,
    /// It dies when it has made so much.
    dies_at: u64,
    /// Its server is gone between these seconds of the session.
    gone: (f64, f64),
}

const PACKAGER: Packager = Packager { speed: 1.0, length: 40, dies_at: u64::MAX, gone: (0.0, 0.0) };

impl Packager {
    /// Seconds of film that are there.
    fn made(&self, now: SessionTime) -> u64 {
        let made = (now.secs_f64() * self.speed) as u64 + SEGMENT;
        made.min(self.dies_at).min(self.length) / SEGMENT * SEGMENT
    }

    /// As `packager package --early` writes it; measured rates and other numbers come with the last one.
    fn manifest(&self, now: SessionTime) -> String {
        let made = self.made(now);
        let complete = made >= self.length;
        let kind = match complete {
            true => format!(r#"type="static" mediaPresentationDuration="PT{made}S""#),
            false => r#"type="dynamic" minimumUpdatePeriod="PT1S" suggestedPresentationDelay="PT86400S" availabilityStartTime="2026-03-01T12:00:00Z""#.to_owned(),
        };
        let mut text = format!(r#"<MPD minBufferTime="PT2S" {kind}><Period id="0" start="PT0S">"#);
        for (content, rungs) in [("video", &[300, 1000][..]), ("audio", &[64])] {
            write!(text, r#"<AdaptationSet contentType="{content}" mimeType="{content}/mp4">"#).unwrap();
            text.push_str(r#"<SegmentTemplate media="$RepresentationID$/$Number$" initialization="init""#);
            match complete {
                true => write!(text, r#" duration="{SEGMENT}"/>"#).unwrap(),
                false => {
                    let repeat = made / SEGMENT - 1;
                    write!(text, r#"><SegmentTimeline><S t="0" d="{SEGMENT}" r="{repeat}"/></SegmentTimeline>"#)
                        .unwrap();
                    text.push_str("</SegmentTemplate>");
                }
            }
            for kbps in rungs {
                let bps = kbps * if complete { 900 } else { 1000 };
                write!(text, r#"<Representation id="{}{kbps}" bandwidth="{bps}"/>"#, &content[..1]).unwrap();
            }
            text.push_str("</AdaptationSet>");
        }
        text + "</Period></MPD>"
    }
}

impl Server for Packager {
    fn answer(&mut self, now: SessionTime, request: &Request) -> Answer {
        if (self.gone.0..self.gone.1).contains(&now.secs_f64()) {
            let message = "connection refused".to_owned();
            let failure = Failure { kind: FailureKind::Connect, status: None, retry_after: None, message };
            return Answer::Failure { bits: 0.0, failure };
        }
        match &request.subject {
            Subject::Manifest => {
                let content = Content::Manifest { url: request.url.clone(), text: self.manifest(now) };
                Answer::Body { bits: 8000.0, content }
            }
            Subject::Media(segment) => {
                let there = PresentationTime::from_secs_f64(self.made(now) as f64);
                assert!(segment.time.end <= there, "{} was asked for at {now}", request.url);
                Answer::Body { bits: 300_000.0, content: Content::Media }
            }
            _ => Answer::Body { bits: 6400.0, content: Content::Media },
        }
    }
}

/// What was told, and how often the manifest was asked for.
#[derive(Default)]
struct Told {
    manifests: usize,
    stalls: usize,
    lines: Vec<String>,
}

impl Observer for Told {
    fn output(&mut self, now: SessionTime, output: &Output) {
        match output {
            Output::Fetch(Request { subject: Subject::Manifest, .. }) => self.manifests += 1,
            Output::Event(Event::StallBegan { .. }) => self.stalls += 1,
            Output::Event(event @ (Event::Skipped { .. } | Event::Notice(_) | Event::Sought { .. })) => {
                self.lines.push(format!("{:.1} {event:?}", now.secs_f64()));
            }
            _ => {}
        }
    }
}

/// How a session went.
struct Outcome {
    ended: Option<Cause>,
    played: f64,
    at: f64,
    told: Told,
}

/// Plays until it ends; hands the session to `look` at `look_at` seconds.
fn play(
    mut packager: Packager,
    commands: &[(f64, Command)],
    patience: Option<u64>,
    (look_at, look): (f64, &dyn Fn(&Session)),
) -> Outcome {
    let config = Config {
        policy: "throughput".to_owned(),
        clock: ClockSource::Virtual,
        outage_patience: patience.map_or(Duration::MAX, Duration::from_secs),
        ..Config::default()
    };
    let mut told = Told::default();
    let at = |secs: f64| SessionTime::from_millis_f64(secs * 1e3);
    let commands = commands.iter().map(|(secs, command)| (at(*secs), command.clone())).collect();
    let session = Session::new(config).unwrap();
    let mut world = World::new(session, link(&[(1.0, 8000.0)], 20.0), &mut packager, &mut told).with_commands(commands);
    world.input(Input::Start { url: "http://a.example/manifest.mpd".to_owned() });
    world.run(at(look_at)).unwrap();
    look(world.session());
    world.run(at(2000.0)).unwrap();
    let (ended, played) = (world.session().ended().cloned(), world.session().totals().played_seconds);
    let at = world.session().snapshot().at.secs_f64();
    drop(world);
    Outcome { ended, played, at, told }
}

#[test]
fn a_film_that_is_made_faster_than_it_is_watched_is_watched_to_its_end() {
    let grows = |session: &Session| {
        let snapshot = session.snapshot();
        assert!(session.presentation().grows());
        assert_eq!(snapshot.duration, Some(Duration::from_secs(20)), "as far as it is known at 9.5 s");
    };
    let outcome = play(Packager { speed: 2.0, ..PACKAGER }, &[], None, (9.5, &grows));
    assert_eq!((outcome.ended, outcome.told.stalls), (Some(Cause::End), 0));
    assert!((outcome.played - 40.0).abs() < 0.01, "{}", outcome.played);
    assert!(
        (18..=22).contains(&outcome.told.manifests),
        "once a second until it is complete: {}",
        outcome.told.manifests
    );
    assert!(
        outcome.told.lines.iter().any(|line| line.contains("the film is complete, 40.000 s long")),
        "{:?}",
        outcome.told.lines
    );
}

#[test]
fn who_has_seen_all_that_there_is_waits_for_more() {
    let outcome = play(Packager { speed: 0.5, ..PACKAGER }, &[], Some(30), (5.0, &|_| {}));
    assert_eq!(outcome.ended, Some(Cause::End));
    assert!(
        outcome.told.stalls > 3 && (outcome.played - 40.0).abs() < 0.01,
        "{} {}",
        outcome.told.stalls,
        outcome.played
    );
    assert!((76.0..82.0).contains(&outcome.at), "{}", outcome.at);
}

#[test]
fn a_seek_beyond_what_there_is_lands_where_it_ends() {
    let seek = Command::Seek(PresentationTime::from_millis(39_000));
    let lands = |session: &Session| assert!((9.0..12.0).contains(&session.snapshot().position.secs_f64()));
    let outcome = play(PACKAGER, &[(10.1, seek)], None, (10.2, &lands));
    assert_eq!(outcome.ended, Some(Cause::End));
    assert!(outcome.told.lines.iter().any(|line| line.contains("Sought")), "{:?}", outcome.told.lines);
}

#[test]
fn a_server_that_comes_back_is_waited_for() {
    let told = |session: &Session| {
        let outage = session.snapshot().outage.unwrap();
        assert_eq!((outage.awaited, outage.why.as_str()), (Awaited::Network, "connection refused"));
    };
    let outcome = play(Packager { gone: (6.0, 70.0), ..PACKAGER }, &[], None, (40.0, &told));
    assert_eq!(outcome.ended, Some(Cause::End));
    assert!((outcome.played - 40.0).abs() < 0.01, "{}", outcome.played);
}

#[test]
fn a_film_that_does_not_grow_any_more_is_waited_for_as_long_as_was_said() {
    let told = |session: &Session| {
        let outage = session.snapshot().outage.unwrap();
        assert_eq!((outage.awaited, outage.next_try.is_some()), (Awaited::More, true));
        assert_eq!(session.ended(), None);
    };
    let outcome = play(Packager { dies_at: 12, ..PACKAGER }, &[], Some(60), (50.0, &told));
    let Some(Cause::Failed { message, .. }) = outcome.ended else { panic!("{:?}", outcome.ended) };
    assert!(message.contains("more is being made"), "{message}");
    assert!(
        (outcome.played - 12.0).abs() < 0.01 && (65.0..75.0).contains(&outcome.at),
        "{} {}",
        outcome.played,
        outcome.at
    );
}
