//! A package as a live service: what a client sees, at whatever time of day the test runs.

#![expect(clippy::disallowed_methods, reason = "a live service is compared with the clock that it follows")]

use super::{Line, Subject, run};
use crate::serve::{ServeError, Server};
use clap::Parser;
use shared::mpd::model::Mpd;
use shared::mpd::{self, datatype::XsDuration};
use shared::time::DateTime;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// A film of 12 s in segments of 4 s, the sound cut at its own packets; a segment is a fragment with its number as media.
fn package(addressing: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let times = |each: &str| if addressing == "timeline" { each.to_owned() } else { String::new() };
    let duration = |ticks: u32| if addressing == "number" { format!(" duration=\"{ticks}\"") } else { String::new() };
    let video = times("<SegmentTimeline><S t=\"0\" d=\"4000\" r=\"2\"/></SegmentTimeline>");
    let sound = times(
        "<SegmentTimeline><S t=\"0\" d=\"191488\"/><S d=\"192512\"/><S d=\"191488\"/><S d=\"512\"/></SegmentTimeline>",
    );
    let set = |kind: &str, id: &str, timescale: u32, codecs: &str, lasts: String, timeline: String| {
        format!(
            "<AdaptationSet contentType=\"{kind}\" mimeType=\"{kind}/mp4\"><SegmentTemplate timescale=\"{timescale}\" \
             startNumber=\"1\"{lasts} media=\"g/$RepresentationID$/$Number$.m4s\" \
             initialization=\"g/$RepresentationID$/init.mp4\">{timeline}</SegmentTemplate>\
             <Representation id=\"{id}\" bandwidth=\"1000\" codecs=\"{codecs}\"/></AdaptationSet>"
        )
    };
    let manifest = format!(
        "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" type=\"static\" \
         mediaPresentationDuration=\"PT12S\" minBufferTime=\"PT4S\"><Period id=\"0\">{}{}</Period></MPD>",
        set("video", "v", 1000, "avc1.42c01e", duration(4000), video),
        set("audio", "a", 48_000, "mp4a.40.2", duration(192_000), sound),
    );
    std::fs::write(folder.path().join("manifest.mpd"), manifest).unwrap();
    std::fs::write(folder.path().join("master.m3u8"), MASTER).unwrap();
    for (id, timescale) in [("v", 1000u64), ("a", 48_000)] {
        let place = folder.path().join("g").join(id);
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("init.mp4"), "init").unwrap();
        std::fs::write(folder.path().join(format!("g/{id}.m3u8")), media_playlist(id)).unwrap();
        for number in 1..=4u64 {
            let fragment = fragment((number - 1) * 4 * timescale, number as u8);
            std::fs::write(place.join(format!("{number}.m4s")), fragment).unwrap();
        }
    }
    folder
}

const MASTER: &str = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Sound\",URI=\"g/a.m3u8\"\n\
                      #EXT-X-STREAM-INF:BANDWIDTH=2000,AUDIO=\"a\"\ng/v.m3u8\n";

fn media_playlist(id: &str) -> String {
    let segments: String = (1..=3).map(|number| format!("#EXTINF:4,\n{id}/{number}.m4s\n")).collect();
    format!(
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n\
         #EXT-X-MAP:URI=\"{id}/init.mp4\"\n{segments}#EXT-X-ENDLIST\n"
    )
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = (8 + body.len()) as u32;
    [&size.to_be_bytes()[..], kind, body].concat()
}

fn fragment(time: u64, media: u8) -> Vec<u8> {
    let tfdt = boxed(b"tfdt", &[&[1, 0, 0, 0][..], &time.to_be_bytes()].concat());
    let traf = boxed(b"traf", &[boxed(b"tfhd", &[0, 2, 0, 0, 0, 0, 0, 1]), tfdt].concat());
    let moof = boxed(b"moof", &[boxed(b"mfhd", &[0; 8]), traf].concat());
    [moof, boxed(b"mdat", &[media])].concat()
}

/// Decode time and media of a segment that was sent.
fn read(segment: &[u8]) -> (u64, u8) {
    let at = segment.windows(4).position(|window| window == b"tfdt").unwrap();
    (u64::from_be_bytes(segment[at + 8..at + 16].try_into().unwrap()), *segment.last().unwrap())
}

fn now() -> DateTime {
    SystemTime::now().into()
}

async fn manifest(subject: &Subject) -> Mpd {
    let answer = subject.client.get("/manifest.mpd").await;
    assert_eq!(answer.status, 200);
    mpd::parse(&answer.body).unwrap().0
}

/// Number and start of the last segment that a set lists, and how long it lasts.
fn last(mpd: &Mpd, set: usize) -> (u64, u64, u64) {
    let multiple = &mpd.periods[0].adaptation_sets[set].segment_template.as_ref().unwrap().multiple;
    let mut number = u64::from(multiple.start_number.unwrap());
    let mut time = 0;
    let mut lasts = 0;
    for entry in &multiple.timeline.as_ref().unwrap().entries {
        time = entry.t.unwrap_or(time);
        lasts = entry.d.unwrap();
        let count = entry.r.unwrap_or(0) as u64 + 1;
        number += count;
        time += count * lasts;
    }
    (number - 1, time - lasts, lasts)
}

#[test]
fn the_manifest_lists_what_ended_in_the_window_and_no_more() {
    run(async {
        let subject = Subject::serving(package("timeline"), &["--live", "--window", "30"], |_| {}).await;
        let before = now();
        let mpd = manifest(&subject).await;
        let after = now();
        assert_eq!(mpd.presentation_type.as_deref(), Some("dynamic"));
        assert_eq!(mpd.availability_start_time, Some(DateTime::UNIX_EPOCH));
        assert_eq!(mpd.time_shift_buffer_depth, Some(XsDuration::from_nanos(30_000_000_000)));
        assert_eq!(mpd.minimum_update_period, Some(XsDuration::from_nanos(4_000_000_000)));
        assert_eq!((mpd.media_presentation_duration, mpd.periods[0].duration), (None, None));
        assert!(mpd.utc_timings[0].value.as_deref().unwrap().ends_with("/time"));
        let (number, start, lasts) = last(&mpd, 0);
        assert_eq!((start, lasts), ((number - 1) * 4000, 4000), "numbers go on as time does");
        let end = Duration::from_millis(start + lasts);
        let age = |at: DateTime| at.since(DateTime::UNIX_EPOCH + end);
        assert!(DateTime::UNIX_EPOCH + end <= after, "nothing is listed before it has ended");
        assert!(age(before) < Duration::from_millis(4100), "nothing that has ended is missing: {:?}", age(before));
        assert_eq!(last(&mpd, 1).0, number, "the sound that is cut at the same place");
        let published = mpd.publish_time.unwrap();
        assert!(published <= after && published.since(DateTime::UNIX_EPOCH + end) < Duration::from_millis(100));
    });
}

#[test]
fn a_segment_is_the_films_at_its_time_and_only_within_the_window() {
    run(async {
        let subject = Subject::serving(package("timeline"), &["--live", "--window", "30"], |_| {}).await;
        let (number, start, _) = last(&manifest(&subject).await, 0);
        let answer = subject.client.get(&format!("/g/v/{number}.m4s")).await;
        assert_eq!((answer.status, answer.field("content-type")), (200, "video/iso.segment"));
        assert_eq!(read(&answer.body), (start, ((number - 1) % 3 + 1) as u8));
        let again = subject.client.get(&format!("/g/v/{number}.m4s")).await;
        assert_eq!(answer.body, again.body);
        let (sound, begins, _) = last(&manifest(&subject).await, 1);
        let heard = read(&subject.client.get(&format!("/g/a/{sound}.m4s")).await.body).0;
        let lap = (sound - 1) / 3 * 12 * 48_000;
        assert_eq!(
            (heard, begins),
            (lap + (sound - 1) % 3 * 192_000, lap + [0, 191_488, 384_000][((sound - 1) % 3) as usize])
        );
        for gone in [1, number - 20, number + 2] {
            let answer = subject.client.get(&format!("/g/v/{gone}.m4s")).await;
            assert_eq!((answer.status, answer.field("cache-control")), (404, "public, max-age=1"), "{gone}");
        }
        assert_eq!(subject.client.get("/g/v/init.mp4").await.body, b"init");
    });
}

#[test]
fn what_is_addressed_by_number_alone_never_changes() {
    run(async {
        let subject =
            Subject::serving(package("number"), &["--live", "--start-at", "2026-01-01T00:00:00Z"], |_| {}).await;
        let mpd = manifest(&subject).await;
        let begun = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!((mpd.availability_start_time, mpd.publish_time), (Some(begun), Some(begun)));
        let multiple = &mpd.periods[0].adaptation_sets[0].segment_template.as_ref().unwrap().multiple;
        assert_eq!((multiple.start_number, multiple.duration, &multiple.timeline), (Some(1), Some(4000), &None));
        let complete = now().since(begun).as_secs() / 4;
        let answer = subject.client.get(&format!("/g/v/{complete}.m4s")).await;
        assert_eq!((answer.status, read(&answer.body).0), (200, (complete - 1) * 4000));
        let future = subject.client.get(&format!("/g/v/{}.m4s", complete + 2)).await.status;
        assert_eq!(future, 404);
    });
}

#[test]
fn a_manifest_is_asked_for_again_in_vain_until_it_changes() {
    run(async {
        let subject = Subject::serving(package("number"), &["--live"], |_| {}).await;
        let first = subject.client.get("/manifest.mpd").await;
        assert_eq!(first.field("cache-control"), "public, max-age=1");
        let held = format!("If-None-Match: {}\r\n", first.field("etag"));
        let again = subject.client.ask("GET", "/manifest.mpd", &held).await;
        assert_eq!((again.status, again.body.len()), (304, 0));
        let time = subject.client.get("/time").await;
        assert_eq!(time.field("cache-control"), "no-store");
        let told: DateTime = String::from_utf8(time.body).unwrap().parse().unwrap();
        assert!(now().since(told) < Duration::from_secs(20));
    });
}

#[test]
fn playlists_slide_with_the_window() {
    run(async {
        let subject = Subject::serving(package("timeline"), &["--live", "--window", "20"], |_| {}).await;
        assert_eq!(subject.client.get("/master.m3u8").await.body, MASTER.as_bytes());
        let answer = subject.client.get("/g/v.m3u8").await;
        let text = String::from_utf8(answer.body).unwrap();
        let segments: Vec<&str> = text.lines().filter(|line| line.ends_with(".m4s")).collect();
        assert!(!text.contains("ENDLIST") && !text.contains("PLAYLIST-TYPE"), "{text}");
        assert!((4..=5).contains(&segments.len()), "{text}");
        let first = text.lines().find_map(|line| line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:")).unwrap();
        assert_eq!(segments[0], format!("v/{first}.m4s"));
        assert!(text.contains("#EXT-X-MAP:URI=\"v/init.mp4\"") && text.contains("#EXT-X-PROGRAM-DATE-TIME:"), "{text}");
        assert_eq!(subject.client.get(&format!("/g/{}", segments[segments.len() - 1])).await.status, 200);
    });
}

#[test]
fn faults_of_a_live_service_are_told_apart() {
    run(async {
        let faults = ["--live", "--fault", "ast-jump", "--fault", "late-segments", "--fault", "503@match=*/9.m4s"];
        let subject = Subject::serving(package("timeline"), &faults, |_| {}).await;
        let mpd = manifest(&subject).await;
        assert_eq!(mpd.availability_start_time, Some(DateTime::UNIX_EPOCH + Duration::from_secs(30)));
    });
}

#[test]
fn what_an_encoder_missed_is_neither_listed_nor_numbered() {
    run(async {
        let options = ["--live", "--window", "118", "--fault", "encoder-pause=10"];
        let subject = Subject::serving(package("timeline"), &options, |_| {}).await;
        let mpd = manifest(&subject).await;
        for (set, id, ticks) in [(0, "v", 1000), (1, "a", 48_000)] {
            let multiple = &mpd.periods[0].adaptation_sets[set].segment_template.as_ref().unwrap().multiple;
            let entries = &multiple.timeline.as_ref().unwrap().entries;
            let minutes = entries.iter().filter_map(|entry| entry.t).skip(1);
            assert!(minutes.clone().count() >= 1, "a window of two minutes has a pause");
            assert!(minutes.clone().all(|start| (start / ticks) % 60 >= 11), "{entries:?}");
            let (number, start, _) = last(&mpd, set);
            let answer = subject.client.get(&format!("/g/{id}/{number}.m4s")).await;
            assert_eq!(answer.status, 200);
            let apart = read(&answer.body).0.abs_diff(start);
            assert!(apart * 10 < ticks, "number {number} of {id} is {apart} ticks from where the manifest says");
        }
    });
}

fn refusal(folder: &TempDir, options: &[&str]) -> ServeError {
    let line = ["serve", folder.path().to_str().unwrap(), "--listen", "127.0.0.1:0"];
    let args = Line::parse_from(line.iter().chain(options)).serve;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Server::bind(args)).err().unwrap()
}

#[test]
fn what_cannot_be_live_is_refused_with_the_reason() {
    let single = TempDir::new().unwrap();
    let manifest = "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"p\" type=\"static\" \
                    mediaPresentationDuration=\"PT4S\" minBufferTime=\"PT1S\"><Period><AdaptationSet mimeType=\"video/mp4\">\
                    <Representation id=\"v\" bandwidth=\"1\" codecs=\"avc1.42c01e\"><BaseURL>v.mp4</BaseURL>\
                    <SegmentBase indexRange=\"100-200\"/></Representation></AdaptationSet></Period></MPD>";
    std::fs::write(single.path().join("manifest.mpd"), manifest).unwrap();
    let error = refusal(&single, &["--live"]);
    assert_eq!(error.exit() as u8, 4);
    assert!(error.to_string().contains("--addressing timeline or number"), "{error}");
    let growing = package("timeline");
    let path = growing.path().join("manifest.mpd");
    let text = std::fs::read_to_string(&path).unwrap().replace("static", "dynamic");
    std::fs::write(&path, text.replace(" mediaPresentationDuration=\"PT12S\"", "")).unwrap();
    assert!(refusal(&growing, &["--live"]).to_string().contains("still growing"));
    assert_eq!(refusal(&TempDir::new().unwrap(), &["--live"]).exit() as u8, 4);
    assert_eq!(refusal(&package("timeline"), &["--fault", "ast-jump"]).exit() as u8, 2);
}
