//! Texts come out as they went in: by the segments of the MPD and by the files of HLS, whatever file they came in.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "common/media.rs"]
mod media;

use common::{Place, verdict};
use media::load;
use shared::mpd::ContentType;
use shared::text::{Cue, markup, webvtt, wvtt};
use shared::time::PresentationTime;
use std::fs;
use std::process::{Command, Stdio};

const FILM: &str = "sample film.mp4 --size 160x90 --rate 25 --seconds 12";
const OPTIONS: &str = "--segment-seconds 2 --preset ultrafast --ladder 160x90@60";

/// Start and end in milliseconds, settings, and text with its bold, italic and underlined parts.
type Shown = (i64, i64, String, String);

fn shown(cue: &Cue) -> Shown {
    let millis = |time: PresentationTime| (time.nanos() + 500_000) / 1_000_000;
    (millis(cue.start), millis(cue.end), cue.settings.to_string(), markup::payload(&markup::runs(&cue.payload)))
}

/// The cues of each text of a package as its segments have them.
fn of_segments(place: &Place, folder: &str) -> Vec<Vec<Shown>> {
    let one = |media: media::Media| {
        let mut joiner = wvtt::Joiner::default();
        for (sample, time) in media.timed_samples() {
            let (cues, problems) = wvtt::read_sample(sample);
            assert!(problems.is_empty(), "{problems:?}");
            joiner.push(time.start, time.end, cues);
        }
        joiner.finish().iter().map(shown).collect()
    };
    load(&place.path(folder), ContentType::Text).into_iter().map(one).collect()
}

/// The same as HLS has them.
fn of_files(place: &Place, folder: &str) -> Vec<Vec<Shown>> {
    let names: Vec<String> = place.list(folder).into_iter().filter(|name| name.ends_with(".vtt")).collect();
    let one = |name: &String| {
        let (track, warnings) = webvtt::read(&fs::read_to_string(place.path(folder).join(name)).unwrap());
        assert!(warnings.is_empty(), "{warnings:?}");
        track.cues.iter().map(shown).collect()
    };
    names.iter().map(one).collect()
}

/// What both say; the package is good.
fn texts(place: &Place, folder: &str) -> Vec<Vec<Shown>> {
    place.succeed(&format!("verify {folder}/manifest.mpd {folder}/master.m3u8"));
    let (segments, files) = (of_segments(place, folder), of_files(place, folder));
    assert_eq!(segments, files, "{folder}");
    files
}

fn cue(start: i64, end: i64, settings: &str, text: &str) -> Shown {
    (start, end, settings.into(), text.into())
}

/// A file by its name and its bytes, and the cues that it must give.
fn nasty_files() -> Vec<(&'static str, Vec<u8>, Vec<Shown>)> {
    let srt = "1\n00:00:01,001 --> 00:00:02,999\nGrüße\n\n2\n00:00:04,000 --> 00:00:05,500\nzwei\nZeilen\n";
    let plain = || vec![cue(1001, 2999, "", "Grüße"), cue(4000, 5500, "", "zwei\nZeilen")];
    let utf_16 =
        |unit: fn(u16) -> [u8; 2]| "\u{feff}".encode_utf16().chain(srt.encode_utf16()).flat_map(unit).collect();
    let windows: Vec<u8> = srt.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("plain.srt", text(srt), plain()),
        ("bom.srt", text(&format!("\u{feff}{srt}")), plain()),
        ("crlf.srt", text(&srt.replace('\n', "\r\n")), plain()),
        ("cr.srt", text(&srt.replace('\n', "\r")), plain()),
        ("utf-16le.srt", utf_16(u16::to_le_bytes), plain()),
        ("utf-16be.srt", utf_16(u16::to_be_bytes), plain()),
        ("windows-1252.srt", windows, plain()),
        ("no-last-line-end.srt", text(srt.trim_end()), plain()),
        ("no-numbers.srt", text(&srt.replace("1\n00", "00").replace("2\n00", "00")), plain()),
        ("no-empty-lines.srt", text(&srt.replace("\n\n", "\n")), {
            // Nobody can tell whether the 2 is a number or a text.
            vec![cue(1001, 2999, "", "Grüße\n2"), cue(4000, 5500, "", "zwei\nZeilen")]
        }),
        ("many-empty-lines.srt", text(&format!("\n\n{}\n\n\n", srt.replace("\n\n", "\n\n\n\n"))), plain()),
        ("dots.srt", text(&srt.replace(',', ".")), plain()),
        (
            "unsorted-and-overlapping.srt",
            text(
                "1\n00:00:05,000 --> 00:00:09,000\nlate\n\n2\n00:00:01,000 --> 00:00:08,000\nlong\n\n\
                  3\n00:00:02,000 --> 00:00:03,000\nshort\n\n4\n00:00:03,000 --> 00:00:04,000\nshort\n",
            ),
            vec![
                cue(1000, 8000, "", "long"),
                cue(2000, 3000, "", "short"),
                cue(3000, 4000, "", "short"),
                cue(5000, 9000, "", "late"),
            ],
        ),
        (
            "looks.srt",
            text(
                "1\n00:00:01,000 --> 00:00:02,000\n<i>i</i> <b>b</b> <u>u</u> <i><b>both</i></b> <font color=red>r</font>\n\n\
                  2\n00:00:02,000 --> 00:00:03,000\n{\\an8}{\\i1}top{\\i0} & <3\n",
            ),
            vec![
                cue(1000, 2000, "", "<i>i</i> <b>b</b> <u>u</u> <b><i>both</i></b> <c.red>r</c>"),
                cue(2000, 3000, "line:0", "<i>top</i> &amp; &lt;3"),
            ],
        ),
        (
            "scripts.srt",
            text(
                "1\n00:00:01,000 --> 00:00:02,000\nשלום, עולם!\n\n2\n00:00:02,000 --> 00:00:03,000\n\u{200f}مرحبا (1)\n\n\
                  3\n00:00:03,000 --> 00:00:04,000\n日本語\u{3000}字幕\n\n4\n00:00:04,000 --> 00:00:05,000\n👩‍👩‍👧 é e\u{301}\n",
            ),
            vec![
                cue(1000, 2000, "", "שלום, עולם!"),
                cue(2000, 3000, "", "\u{200f}مرحبا (1)"),
                cue(3000, 4000, "", "日本語\u{3000}字幕"),
                cue(4000, 5000, "", "👩‍👩‍👧 é e\u{301}"),
            ],
        ),
        (
            "empty-and-backwards.srt",
            text(
                "1\n00:00:01,000 --> 00:00:02,000\n\n\n2\n00:00:04,000 --> 00:00:03,000\nbackwards\n\n\
                  3\n00:00:05,000 --> 00:00:06,000\nkept\n\n4\n00:00:11,000 --> 00:00:20,000\nto the end\n\n\
                  5\n00:01:00,000 --> 00:01:01,000\nbehind the end\n",
            ),
            vec![cue(5000, 6000, "", "kept"), cue(11_000, 12_000, "", "to the end")],
        ),
        (
            "places.vtt",
            text(
                "WEBVTT\n\nNOTE a remark\n\nSTYLE\n::cue { color: lime }\n\n\
                  one\n00:01.000 --> 00:02.000 line:10% position:20%,line-left size:40% align:left\n<v Fred>hi &amp; <i>ho</i>\n\n\
                  00:00:02.000 --> 00:00:03.000 vertical:rl\n縦書き\n",
            ),
            vec![
                cue(1000, 2000, "line:10% position:20%,line-left size:40% align:left", "hi &amp; <i>ho</i>"),
                cue(2000, 3000, "vertical:rl", "縦書き"),
            ],
        ),
        (
            "script.ass",
            text(
                "[Script Info]\nPlayResX: 200\nPlayResY: 100\n[V4+ Styles]\nFormat: Name, Bold, Italic, Underline, Alignment\n\
                  Style: Default,0,-1,0,2\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
                  Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,one, two\\N{\\i0\\an5}three\n\
                  Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\pos(100,20)\\b1}there\n",
            ),
            vec![
                cue(1000, 2500, "line:50%,center", "<i>one, two\n</i>three"),
                cue(3000, 4000, "line:20%,end position:50%,center", "<b><i>there</i></b>"),
            ],
        ),
        (
            "document.ttml",
            text(
                "<tt xmlns=\"http://www.w3.org/ns/ttml\" xmlns:tts=\"http://www.w3.org/ns/ttml#styling\"><body><div>\
                  <p begin=\"1s\" end=\"2.5s\">one<br/><span tts:fontWeight=\"bold\">two</span></p>\
                  <p begin=\"00:00:03.000\" dur=\"00:00:01.000\" tts:textAlign=\"right\">3 &lt; 4</p></div></body></tt>",
            ),
            vec![cue(1000, 2500, "", "one\n<b>two</b>"), cue(3000, 4000, "align:right", "3 &lt; 4")],
        ),
    ]
}

#[test]
fn every_cue_of_a_nasty_file_comes_out_as_it_went_in() {
    let place = Place::new();
    place.succeed(FILM);
    let files = nasty_files();
    let mut command = place.command(&format!("package film.mp4 --output out {OPTIONS}"));
    for (name, bytes, _) in &files {
        fs::write(place.path(name), bytes).unwrap();
        command.arg("--text").arg(format!("{name}:de"));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for words in ["empty-and-backwards.srt: line 6: ends at 3.000 s", "1 cues begin behind the end"] {
        assert!(said.contains(words), "{said}");
    }
    place.succeed("verify out/manifest.mpd out/master.m3u8");
    let segments = of_segments(&place, "out");
    assert_eq!(segments.len(), files.len());
    let names: Vec<String> = place.list("out").into_iter().filter(|name| name.ends_with(".vtt")).collect();
    for (number, (name, _, expected)) in files.iter().enumerate() {
        assert_eq!(&segments[number], expected, "{name}");
        let file = names.iter().find(|other| other.ends_with(&format!("/text-{}-de.vtt", number + 1))).unwrap();
        let (track, _) = webvtt::read(&fs::read_to_string(place.path("out").join(file)).unwrap());
        assert_eq!(track.cues.iter().map(shown).collect::<Vec<_>>(), *expected, "{name}");
    }
}

const SRT: &str = "1\n00:00:01,000 --> 00:00:03,000\none\n\n2\n00:00:05,000 --> 00:00:07,500\ntwo\n";

#[test]
fn texts_are_offered_with_their_language_and_role() {
    let place = Place::new();
    place.succeed(FILM);
    fs::write(place.path("a.srt"), SRT).unwrap();
    let line = format!("package film.mp4 --output out {OPTIONS} --text a.srt:deu --text a.srt:pt-br:caption");
    place.succeed(&format!("{line} --text a.srt:en:forced-subtitle --text a.srt::description --text a.srt:de"));
    assert!(
        texts(&place, "out").iter().all(|cues| cues[..] == [cue(1000, 3000, "", "one"), cue(5000, 7500, "", "two")])
    );
    let manifest = fs::read_to_string(place.path("out/manifest.mpd")).unwrap();
    for words in ["lang=\"de\"", "lang=\"pt-BR\"", "codecs=\"wvtt\"", "mimeType=\"application/mp4\""] {
        assert!(manifest.contains(words), "{manifest}");
    }
    for role in ["subtitle", "caption", "forced-subtitle", "description"] {
        assert!(
            manifest.contains(&format!("<Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"{role}\"/>")),
            "{role}"
        );
    }
    let master = fs::read_to_string(place.path("out/master.m3u8")).unwrap();
    let media: Vec<&str> = master.lines().filter(|line| line.contains("TYPE=SUBTITLES")).collect();
    let said = [
        "NAME=\"de\",LANGUAGE=\"de\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO",
        "transcribes-spoken-dialog",
        "NAME=\"en (forced)\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES",
        "NAME=\"Text (description)\"",
        "NAME=\"de 2\",LANGUAGE=\"de\",DEFAULT=NO,AUTOSELECT=NO",
    ];
    assert!(media.iter().zip(said).all(|(line, words)| line.contains(words)), "{master}");
    assert!(master.contains("SUBTITLES=\"text\""), "{master}");
}

#[test]
fn a_part_of_a_film_has_its_part_of_the_text_in_every_addressing() {
    let place = Place::new();
    place.succeed(FILM);
    fs::write(place.path("a.srt"), SRT).unwrap();
    for addressing in ["timeline", "number", "base"] {
        let line = format!("package film.mp4 --output {addressing} --addressing {addressing} {OPTIONS} --text a.srt");
        place.succeed(&format!("{line} --start 2 --duration 5"));
        assert_eq!(texts(&place, addressing), [[cue(0, 1000, "", "one"), cue(3000, 5000, "", "two")]], "{addressing}");
    }
    place.succeed(&format!("package film.mp4 --output early --early {OPTIONS} --text a.srt"));
    assert_eq!(texts(&place, "early"), [[cue(1000, 3000, "", "one"), cue(5000, 7500, "", "two")]]);
}

#[test]
fn what_is_no_text_is_refused_before_any_work() {
    let place = Place::new();
    place.succeed(FILM);
    fs::write(place.path("a.srt"), SRT).unwrap();
    fs::write(place.path("empty.srt"), "\u{feff}\r\n").unwrap();
    let said = |options: &str| verdict(&place.run(&format!("package film.mp4 --output out {OPTIONS} {options}")));
    for (options, code, words) in [
        ("--text missing.srt", 3, "missing.srt"),
        ("--text film.mp4", 4, "neither SubRip"),
        ("--text a.srt:de:shouting", 2, "the roles are subtitle, caption"),
        ("--text a.srt:12345", 2, "no language"),
    ] {
        let (exit, sentence) = said(options);
        assert!(exit == Some(code) && sentence.contains(words), "{options}: {exit:?} {sentence}");
    }
    let (exit, sentence) = verdict(&place.run("package film.mp4 film.mp4 --each --output out --text a.srt"));
    assert!(exit == Some(2) && sentence.contains("--text"), "{sentence}");
    assert!(!place.path("out").exists());
    let (exit, sentence) = said("--text empty.srt --text a.srt");
    assert!(exit == Some(0) && sentence.contains("empty.srt: a text track without a cue left out"), "{sentence}");
    assert_eq!(texts(&place, "out").len(), 1);
}

fn has_ffmpeg() -> bool {
    let found = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    if !found {
        eprintln!("SKIPPED: there is no ffmpeg to make masters with");
    }
    found
}

#[test]
fn the_texts_of_the_master_come_along() {
    if !has_ffmpeg() {
        return;
    }
    let place = Place::new();
    place.succeed(FILM);
    fs::write(place.path("a.srt"), SRT.replace("two", "<i>two</i> & more")).unwrap();
    let expected = [cue(1000, 3000, "", "one"), cue(5000, 7500, "", "<i>two</i> &amp; more")];
    for (name, codecs) in [
        ("film.mkv", "-c:s:0 srt -c:s:1 ass -c:s:2 webvtt"),
        ("film.mov.mp4", "-c:s mov_text"),
        ("film.webm.mkv", "-c:s webvtt"),
    ] {
        let mut command = Command::new("ffmpeg");
        command
            .current_dir(place.path(""))
            .args(["-v", "error", "-y", "-i", "film.mp4"])
            .args(["-i", "a.srt"].repeat(3));
        command.args("-map 0 -map 1 -map 2 -map 3 -c:v copy -c:a copy".split(' ')).args(codecs.split(' '));
        command.args([
            "-metadata:s:s:0",
            "language=ger",
            "-disposition:s:1",
            "forced",
            "-disposition:s:2",
            "hearing_impaired",
        ]);
        assert!(command.arg(name).status().unwrap().success(), "{name}");
        place.succeed(&format!("package {name} --output out-{name} {OPTIONS}"));
        let texts = texts(&place, &format!("out-{name}"));
        assert_eq!(texts.len(), 3, "{name}");
        for cues in &texts {
            assert_eq!(cues[..], expected, "{name}");
        }
        let manifest = fs::read_to_string(place.path(&format!("out-{name}/manifest.mpd"))).unwrap();
        assert!(manifest.contains("lang=\"de\"") && manifest.contains("forced-subtitle"), "{name}: {manifest}");
    }
}

/// A run that is continued writes the text again, and stretches come in any order.
#[test]
fn neither_stretches_nor_an_interruption_change_the_text() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 80x60 --rate 5 --seconds 130");
    fs::write(place.path("a.srt"), SRT.replace("00:00:07,500", "00:02:00,000")).unwrap();
    let options = "--reproducible --preset ultrafast --ladder 80x60@30 --text a.srt:de";
    place.succeed(&format!("package film.mp4 --output one {options}"));
    place.succeed(&format!("package film.mp4 --output three {options} --jobs 3"));
    // A folder in the place of the manifest fails its put, which comes last.
    fs::create_dir_all(place.path("out/manifest.mpd/in the way")).unwrap();
    assert_eq!(place.run(&format!("package film.mp4 --output out {options} --force")).status.code(), Some(6));
    fs::remove_dir_all(place.path("out/manifest.mpd")).unwrap();
    place.succeed(&format!("package film.mp4 --output out {options} --resume"));
    let names = place.list("one");
    let read = |folder: &str, name: &String| fs::read(place.path(folder).join(name)).unwrap();
    for folder in ["three", "out"] {
        assert_eq!(place.list(folder), names, "{folder}");
        let different: Vec<&String> = names.iter().filter(|name| read("one", name) != read(folder, name)).collect();
        assert!(different.is_empty(), "{folder}: {different:?}");
    }
    fs::write(place.path("a.srt"), SRT).unwrap();
    assert_eq!(texts(&place, "one"), [[cue(1000, 3000, "", "one"), cue(5000, 120_000, "", "two")]]);
}

#[test]
fn sound_alone_may_have_text() {
    if !has_ffmpeg() {
        return;
    }
    let place = Place::new();
    place.succeed(FILM);
    fs::write(place.path("a.srt"), SRT).unwrap();
    let mut command = Command::new("ffmpeg");
    command.current_dir(place.path("")).args("-v error -i film.mp4 -vn -c copy sound.m4a".split(' '));
    assert!(command.status().unwrap().success());
    for addressing in ["timeline", "number"] {
        place.succeed(&format!(
            "package sound.m4a --output {addressing} --addressing {addressing} --segment-seconds 2 --text a.srt"
        ));
        assert_eq!(
            texts(&place, addressing),
            [[cue(1000, 3000, "", "one"), cue(5000, 7500, "", "two")]],
            "{addressing}"
        );
    }
}
