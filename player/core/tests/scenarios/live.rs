//! A presentation that grows while it is played, and whose beginning disappears: the window slides, names stay.

use super::link;
use player_core::io::{Cause, Command, Content, Event, Input, Output, Request};
use player_core::presentation::{Presentation, RungId, select};
use player_core::session::{ClockSource, Config, Session};
use player_core::sim::{Answer, Observer, Server, World};
use shared::mpd;
use shared::time::{DateTime, PresentationTime, SessionTime};
use std::fmt::Write;
use std::time::Duration;

/// How long a segment lasts, how much is kept, how often there is a newer manifest, and how long it had been going on
/// when the viewer came; in seconds.
const SEGMENT: u64 = 2;
const KEPT: u64 = 20;
const RENEWED_EVERY: u64 = 4;
const JOINED_AT: u64 = 10;

fn wall(secs: u64) -> DateTime {
    "2026-03-01T12:00:00Z".parse::<DateTime>().unwrap() + Duration::from_secs(secs)
}

/// The manifest when the presentation has gone on for so long; the last one says where it ends.
fn manifest(secs: u64, last: bool) -> String {
    let first = secs.saturating_sub(KEPT) / SEGMENT;
    let repeat = secs / SEGMENT - first - 1;
    let kind = if last {
        format!(r#"type="static" mediaPresentationDuration="PT{secs}S""#)
    } else {
        format!(
            r#"type="dynamic" availabilityStartTime="{}" timeShiftBufferDepth="PT{KEPT}S" minimumUpdatePeriod="PT4S""#,
            wall(0)
        )
    };
    let mut text = format!(r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" minBufferTime="PT2S" {kind}>"#);
    text.push_str(r#"<BaseURL>http://a.example/</BaseURL><Period id="p" start="PT0S">"#);
    for (content, rungs) in [("video", &[300, 1000][..]), ("audio", &[64])] {
        write!(text, r#"<AdaptationSet contentType="{content}" mimeType="{content}/mp4">"#).unwrap();
        let (start, media) = (first * SEGMENT, r#"media="$RepresentationID$/$Time$" initialization="init""#);
        write!(text, r#"<SegmentTemplate {media}><SegmentTimeline>"#).unwrap();
        write!(text, r#"<S t="{start}" d="{SEGMENT}" r="{repeat}"/></SegmentTimeline></SegmentTemplate>"#).unwrap();
        for kbps in rungs {
            let id = format!("{}{kbps}", &content[..1]);
            write!(text, r#"<Representation id="{id}" bandwidth="{}"/>"#, kbps * 1000).unwrap();
        }
        text.push_str("</AdaptationSet>");
    }
    text + "</Period></MPD>"
}

fn presentation(secs: u64, last: bool) -> Presentation {
    let url = "http://a.example/live.mpd".parse().unwrap();
    let config = config();
    let (source, _) = mpd::read(manifest(secs, last).as_bytes(), &url).unwrap();
    select(&source, &config.kinds, &config.decodable).unwrap().presentation
}

fn config() -> Config {
    Config { policy: "throughput".to_owned(), clock: ClockSource::Virtual, ..Config::default() }
}

/// Has what the window holds by the wall clock, and complains about any other request.
struct Origin;

impl Server for Origin {
    fn answer(&mut self, now: SessionTime, request: &Request) -> Answer {
        let bits = match request.subject.media() {
            Some(segment) => {
                let edge = PresentationTime::from_secs_f64(now.secs_f64() + JOINED_AT as f64);
                let oldest = edge - Duration::from_secs(KEPT);
                assert!(segment.time.end <= edge, "{} is not there yet at {edge}", request.url);
                assert!(segment.time.end > oldest, "{} has left the window at {edge}", request.url);
                300_000.0
            }
            None => 6400.0,
        };
        Answer::Body { bits, content: Content::Media }
    }
}

/// What went wrong for the viewer.
#[derive(Default)]
struct Trouble(Vec<String>);

impl Observer for Trouble {
    fn output(&mut self, now: SessionTime, output: &Output) {
        if let Output::Event(event @ (Event::StallBegan { .. } | Event::Skipped { .. } | Event::Notice(_))) = output {
            self.0.push(format!("{:.1} s: {event:?}", now.secs_f64()));
        }
    }
}

/// Rungs with their names, of all tracks.
fn names(presentation: &Presentation) -> Vec<(String, RungId)> {
    let rungs = presentation.tracks().flat_map(|track| &track.rungs);
    rungs.map(|rung| (rung.representation.clone(), rung.id)).collect()
}

/// Plays from second 10 of the presentation to its end at second `whole`. Tells how much was played, and what went wrong.
fn play(whole: u64, commands: &[(u64, Command)]) -> (f64, Vec<String>) {
    let mut session = Session::new(config()).unwrap();
    let first = presentation(JOINED_AT, false);
    let expected = names(&first);
    session.begin_with(first);
    let (mut origin, mut trouble) = (Origin, Trouble::default());
    let at = |secs: u64| SessionTime::from(Duration::from_secs(secs));
    let commands = commands.iter().map(|(secs, command)| (at(*secs), command.clone())).collect();
    let mut world =
        World::new(session, link(&[(1.0, 4000.0)], 40.0), &mut origin, &mut trouble).with_commands(commands);
    world.input(Input::WallClock { wall: wall(JOINED_AT) });
    for secs in (JOINED_AT + RENEWED_EVERY..=whole).step_by(RENEWED_EVERY as usize) {
        world.run(at(secs - JOINED_AT)).unwrap();
        let changes = world.renew(presentation(secs, secs == whole));
        assert_eq!((changes.gone, changes.grown, changes.ended), (vec![], true, secs == whole), "at {secs} s");
        assert_eq!(names(world.session().presentation()), expected, "at {secs} s");
    }
    world.run(at(1000)).unwrap();
    assert_eq!(world.session().ended(), Some(&Cause::End));
    let totals = world.session().totals();
    drop(world);
    (totals.played_seconds, trouble.0)
}

#[test]
fn the_window_slides_while_playing() {
    let (played, trouble) = play(90, &[]);
    assert!((played - 90.0).abs() < 0.01 && trouble.is_empty(), "{played} s played, {trouble:#?}");
}

/// Held for so long that what follows the buffer has left the window: what is buffered is played, then the film goes on
/// where the window begins by then.
#[test]
fn who_pauses_for_too_long_goes_on_at_the_beginning_of_the_window() {
    let (played, trouble) = play(122, &[(5, Command::Pause), (65, Command::Play)]);
    assert!((60.0..100.0).contains(&played), "{played} s played, {trouble:#?}");
    assert!(trouble.iter().any(|line| line.contains("going on at")), "{trouble:#?}");
    let others = trouble.iter().filter(|line| !line.contains("it has left the time shift window"));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&String>::new());
}
