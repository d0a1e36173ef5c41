//! Inputs that name other files: without leave they are called what they are, with it what lies in their folder becomes a film,
//! and nothing else is opened.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use shared::bmff::tree::{self, BoxContent, BoxNode};
use std::fs;

const OPTIONS: &str = "--preset ultrafast --ladder 64x64@50 --force --reproducible";

/// A film of two seconds, and a folder with another one.
fn prepared() -> Place {
    let place = Place::new();
    fs::create_dir(place.path("lists")).unwrap();
    fs::create_dir(place.path("lists/sub")).unwrap();
    place.succeed("sample secret.mp4 --size 64x64 --rate 10 --seconds 2");
    for name in ["lists/a.mp4", "lists/sub/b c.mp4"] {
        fs::copy(place.path("secret.mp4"), place.path(name)).unwrap();
    }
    place
}

fn write(place: &Place, name: &str, text: &str) {
    fs::write(place.path("lists").join(name), text).unwrap();
}

/// Packages a list with leave to open what it names; the duration in its manifest.
fn lasts(place: &Place, name: &str, more: &str) -> String {
    let (code, said) =
        verdict(&place.run(&format!("package lists/{name} --output out --allow-references {OPTIONS} {more}")));
    assert_eq!(code, Some(0), "{name}: {said}");
    assert!(said.contains("in its folder, which are read in its place"), "{name}: {said}");
    place.succeed("verify out/manifest.mpd --quick");
    let manifest = fs::read_to_string(place.path("out/manifest.mpd")).unwrap();
    manifest.split("mediaPresentationDuration=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn lists_of_films_become_one_film_however_it_is_cut() {
    let place = prepared();
    write(&place, "a.ffconcat", "ffconcat version 1.0\nfile 'sub/b c.mp4'\nfile a.mp4\nfile a.mp4\n");
    write(&place, "b.m3u", "#EXTM3U\na.mp4\nsub/b%20c.mp4\n");
    write(&place, "c.pls", "[playlist]\nFile2=a.mp4\nFile1=sub/b c.mp4\n");
    assert_eq!([lasts(&place, "b.m3u", ""), lasts(&place, "c.pls", "")], ["PT4S", "PT4S"]);
    assert_eq!(lasts(&place, "a.ffconcat", "--segment-seconds 1 --prune"), "PT6S");
    let contents = || {
        let read = |name: String| fs::read(place.path("out").join(name)).unwrap();
        place.list("out").into_iter().map(read).collect::<Vec<_>>()
    };
    let one = contents();
    lasts(&place, "a.ffconcat", "--segment-seconds 1 --jobs 3 --prune");
    assert!(contents() == one, "in three stretches");
}

#[test]
fn every_still_of_a_list_stands_as_long_as_the_list_says() {
    let place = prepared();
    for (name, at) in [("1.png", "0"), ("2.png", "1")] {
        let mut ffmpeg = std::process::Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-nostdin", "-ss", at, "-i", "a.mp4", "-frames:v", "1", name]);
        let Ok(status) = ffmpeg.current_dir(place.path("lists")).status() else {
            eprintln!("skipped: there is no ffmpeg to make pictures with");
            return;
        };
        assert!(status.success());
    }
    write(&place, "slides.ffconcat", "ffconcat version 1.0\nfile 1.png\nduration 2\nfile 2.png\nduration 3\n");
    assert_eq!(lasts(&place, "slides.ffconcat", ""), "PT5S");
}

#[test]
fn segments_of_a_playlist_are_the_film() {
    let place = prepared();
    place.succeed("package lists/a.mp4 --output lists/hls --ladder 64x64@50 --segment-seconds 1 --preset ultrafast");
    let files = place.list("lists/hls");
    let video: Vec<&String> = files.iter().filter(|name| name.contains("h264") && name.ends_with(".m4s")).collect();
    let folder = video[0].rsplit_once('/').unwrap().0;
    let segments: String = (1..=video.len()).map(|number| format!("#EXTINF:1,\n{number}.m4s\n")).collect();
    let media = format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI=\"init.mp4\"\n{segments}#EXT-X-ENDLIST\n");
    fs::write(place.path("lists/hls").join(folder).join("list.m3u8"), media).unwrap();
    write(&place, "a.m3u8", &format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\nhls/{folder}/list.m3u8\n"));
    assert_eq!(lasts(&place, "a.m3u8", ""), "PT2S");
}

#[test]
fn a_movie_whose_media_lie_beside_it_is_put_together() {
    let place = prepared();
    fs::rename(place.path("lists/a.mp4"), place.path("lists/media.bin")).unwrap();
    let film = fs::read(place.path("lists/media.bin")).unwrap();
    let mut boxes = tree::parse(&film).unwrap();
    boxes.retain(|node| node.kind != *b"mdat");
    let entry = BoxNode::leaf(b"url ", b"\0\0\0\0media.bin\0".to_vec());
    let reference = [&[0, 0, 0, 0, 0, 0, 0, 1][..], &tree::to_bytes(&[entry])].concat();
    for node in &mut boxes {
        replace(node, *b"dref", &reference);
    }
    fs::write(place.path("lists/reference.mov"), tree::to_bytes(&boxes)).unwrap();
    let (code, said) = verdict(&place.run("package lists/reference.mov --output out"));
    assert!(code == Some(4) && said.contains("it is a movie without its media"), "{said}");
    assert_eq!(lasts(&place, "reference.mov", ""), "PT2S");
    let of_reference = place.list("out").into_iter().filter(|name| name.ends_with("2.m4s") || name.ends_with("1.m4s"));
    let of_reference: Vec<_> = of_reference.map(|name| fs::read(place.path("out").join(name)).unwrap()).collect();
    place.succeed(&format!("package secret.mp4 --output whole {OPTIONS}"));
    let whole = place.list("whole").into_iter().filter(|name| name.ends_with("2.m4s") || name.ends_with("1.m4s"));
    let whole: Vec<_> = whole.map(|name| fs::read(place.path("whole").join(name)).unwrap()).collect();
    assert!(of_reference == whole && !whole.is_empty(), "the media are those of the whole film");
}

fn replace(node: &mut BoxNode, kind: [u8; 4], body: &[u8]) {
    match &mut node.content {
        BoxContent::Children(children) => {
            for child in children {
                replace(child, kind, body);
            }
        }
        BoxContent::Bytes(bytes) if node.kind == kind => *bytes = body.to_vec(),
        BoxContent::Bytes(_) => {}
    }
}

#[test]
fn nothing_outside_of_the_folder_is_opened() {
    let place = prepared();
    let secret = place.path("secret.mp4").display().to_string();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&secret, place.path("lists/link.mp4")).unwrap();
    write(&place, "list.m3u", "a.mp4\n");
    let cases = [
        ("../secret.mp4", "only files in its own folder and below are opened"),
        (&secret, "only files in its own folder and below are opened"),
        ("link.mp4", if cfg!(unix) { "a link leads out of its folder" } else { "there is no such file" }),
        ("http://127.0.0.1:9/a.mp4", "no addresses and protocols"),
        ("file:a.mp4", "no addresses and protocols"),
        ("sub", "it is no file"),
        ("missing.mp4", "there is no such file"),
        ("list.m3u", "a list of files itself"),
    ];
    for (name, why) in cases {
        let scripts = [
            ("bad.ffconcat", format!("ffconcat version 1.0\nfile '{name}'\n")),
            ("bad.m3u8", format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{name}\n")),
        ];
        for (list, text) in scripts {
            write(&place, list, &text);
            let output = place.run(&format!("package lists/{list} --output out --allow-references {OPTIONS}"));
            let (code, said) = verdict(&output);
            assert!(code == Some(4) && said.contains(why) && said.contains(list), "{list} {name}: {code:?} {said}");
            assert!(!place.path("out").exists());
        }
    }
}
