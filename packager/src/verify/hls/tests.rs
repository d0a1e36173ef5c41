//! Good playlists have no findings; each of these mutations of them is found, under its own name.

use crate::layout::Addressing;
use crate::testing::{Files as Package, good_package};
use crate::verify::tests::{Memory, file, halve, swap};
use crate::verify::{Check, Depth, Finding, Look, verify};
use url::Url;

fn findings_of(package: Package, playlist: &str) -> Vec<Finding> {
    let url = Url::parse("file:///p/").unwrap().join(playlist).unwrap();
    // What the fake encoder makes cannot be decoded.
    verify(&url, Look { files: &Memory(package), depth: Depth::Structure, keys: &[] }).unwrap().findings
}

#[test]
fn good_playlists_have_no_findings() {
    for addressing in [Addressing::Timeline, Addressing::Number, Addressing::Base] {
        let package = good_package(addressing);
        let playlists: Vec<_> = package.keys().filter(|path| path.ends_with(".m3u8")).cloned().collect();
        assert_eq!(playlists.len(), 6);
        for playlist in playlists {
            assert_eq!(findings_of(package.clone(), &playlist), [], "{addressing:?} {playlist}");
        }
    }
}

const MASTER: &str = "master.m3u8";
const TOP: &str = "g1/v360.m3u8";
const LOW: &str = "g1/v180.m3u8";
const SOUND: &str = "g1/audio.m3u8";
const KEYS: &str = "g1/v360.iframes.m3u8";

/// Replaces the first occurrence, which must be there.
fn replace(files: &mut Package, path: &str, from: &str, to: &str) {
    let text = String::from_utf8(files[path].clone()).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    files.insert(path.into(), text.replacen(from, to, 1).into_bytes());
}

/// What is done to a package, and the finding that must come of it: check, place, and words of the problem.
type Mutation = (fn(&mut Package), (Check, &'static str, &'static str));

const MUTATIONS: &[Mutation] = &[
    // What a player is offered.
    (|f| replace(f, MASTER, "BANDWIDTH=1", "BANDWIDTH=9"), (Check::Bandwidth, "line 5 g1/v360.m3u8", "BANDWIDTH is 9")),
    (|f| replace(f, MASTER, "BANDWIDTH=14", "BANDWIDTH=12"), (Check::Bandwidth, "line 5", "measured 143")),
    (|f| replace(f, MASTER, "AVERAGE-BANDWIDTH=", "AVERAGE-BANDWIDTH=9"), (Check::Bandwidth, "line 5", "AVERAGE")),
    (
        |f| replace(f, MASTER, "AVERAGE-BANDWIDTH=139454,", ""),
        (Check::Manifest, "line 5", "AVERAGE-BANDWIDTH is missing"),
    ),
    (|f| replace(f, MASTER, "avc1.64001f,", "avc1.42e01e,"), (Check::Codecs, "line 5", "CODECS lacks `avc1.64001f`")),
    (|f| replace(f, MASTER, ",mp4a.40.2", ""), (Check::Codecs, "line 5", "CODECS lacks `mp4a.40.2`")),
    (|f| replace(f, MASTER, ",mp4a.40.2", ",mp4a.40.2,ec-3"), (Check::Codecs, "line 5", "names `ec-3`")),
    (|f| replace(f, MASTER, "=640x360", "=640x480"), (Check::Description, "line 5", "the track has 640x360")),
    (|f| replace(f, MASTER, "RESOLUTION=640x360,", ""), (Check::Description, "line 5", "RESOLUTION is missing")),
    (|f| replace(f, MASTER, "=24.000", "=23.976"), (Check::Description, "line 5", "the media have 24.000")),
    (|f| replace(f, MASTER, "FRAME-RATE=24.000,", ""), (Check::Description, "line 5", "FRAME-RATE is missing")),
    (|f| replace(f, MASTER, "RANGE=SDR", "RANGE=PQ"), (Check::Description, "line 5", "VIDEO-RANGE is PQ")),
    (|f| replace(f, MASTER, "CHANNELS=\"2\"", "CHANNELS=\"6\""), (Check::Description, "line 4", "the track has 2")),
    (|f| replace(f, MASTER, ",CHANNELS=\"2\"", ""), (Check::Manifest, "line 4", "CHANNELS is missing")),
    (|f| replace(f, MASTER, "NAME=\"en\"", "NAME=en"), (Check::Manifest, "line 4", "NAME=en must be quoted")),
    (|f| replace(f, MASTER, "NAME=\"en\",", ""), (Check::Manifest, "line 4", "NAME is missing")),
    (|f| replace(f, MASTER, "AUTOSELECT=YES", "AUTOSELECT=NO"), (Check::Manifest, "line 4", "AUTOSELECT is NO")),
    (
        |f| replace(f, MASTER, ",AUDIO=\"audio\"", ",AUDIO=\"none\""),
        (Check::Manifest, "line 5", "no group AUDIO=\"none\""),
    ),
    (|f| replace(f, MASTER, ",AUDIO=\"audio\"", ""), (Check::Manifest, "line 7", "not offered with the same groups")),
    (|f| replace(f, MASTER, "\ng1/v360.m3u8", ""), (Check::Manifest, "line 5", "no playlist follows")),
    (|f| twice(f, "#EXT-X-MEDIA"), (Check::Manifest, "line 5", "another one of group audio has the NAME \"en\"")),
    (|f| twice(f, "#EXT-X-MEDIA"), (Check::Manifest, "line 5", "second default of group audio")),
    (|f| without(f, MASTER, "#EXT-X-I-FRAME"), (Check::Manifest, "line 1", "no EXT-X-I-FRAME-STREAM-INF")),
    (
        |f| replace(f, MASTER, "URI=\"g1/v360.iframes", "FRAME-RATE=24.000,URI=\"g1/v360.iframes"),
        (Check::Manifest, "line 9", "FRAME-RATE is not for"),
    ),
    (|f| replace(f, MASTER, "v360.iframes", "v360"), (Check::Manifest, "line 9", "has no EXT-X-I-FRAMES-ONLY")),
    (|f| replace(f, MASTER, "BANDWIDTH=8368", "BANDWIDTH=0"), (Check::Manifest, "line 9", "which is no rate")),
    (|f| replace(f, MASTER, "BANDWIDTH=8368", "BANDWIDTH=836"), (Check::Bandwidth, "line 9", "measured 8368")),
    // The text of a playlist of segments.
    (|f| drop(f.remove(LOW)), (Check::Missing, "line 7", "not found")),
    (|f| f.insert(LOW.into(), b"404".to_vec()).map_or((), drop), (Check::Structure, "line 7", "#EXTM3U")),
    (|f| replace(f, TOP, "VERSION:6", "VERSION:3"), (Check::Manifest, "line 1", "EXT-X-MAP needs 6")),
    (|f| replace(f, TOP, "DURATION:2", "DURATION:1"), (Check::Duration, "line 10", "EXT-X-TARGETDURATION is 1")),
    (|f| replace(f, SOUND, "DURATION:2", "DURATION:3"), (Check::Manifest, "line 1", "EXT-X-TARGETDURATION is 3")),
    (|f| replace(f, TOP, "BITRATE:61", "BITRATE:50"), (Check::Bandwidth, "v360.m3u8 segment 1", "EXT-X-BITRATE is 50")),
    (|f| without(f, TOP, "#EXT-X-MAP"), (Check::Manifest, "g1/v360.m3u8", "no initialization segment")),
    (|f| without(f, TOP, "#EXT-X-ENDLIST"), (Check::Manifest, "line 1", "no EXT-X-ENDLIST")),
    (
        |f| replace(f, TOP, "#EXTINF:2.000000,", "#EXTINF:1.8,"),
        (Check::Time, "v360.m3u8 segment 2", "presented at 2.000"),
    ),
    (|f| replace(f, TOP, "#EXTINF:2.4", "#EXTINF:2.2"), (Check::Duration, "v360.m3u8 segment 5", "lasts 2.4167 s")),
    (
        |f| replace(f, SOUND, "#EXTINF:2.005333,", "#EXTINF:2.1,"),
        (Check::Duration, "audio.m3u8 segment 1", "lasts 2.0053 s"),
    ),
    // The media.
    (|f| drop(f.remove("g1/v360/3.m4s")), (Check::Missing, "v360.m3u8 segment 3", "not found")),
    (|f| halve(file(f, "g1/v180/2.m4s")), (Check::Structure, "v180.m3u8 segment 2", "bytes where")),
    (|f| swap(f, "g1/v360/2.m4s", "g1/v360/3.m4s"), (Check::Time, "v360.m3u8 segment 2", "presented at 4.000 s")),
    (|f| drop(f.remove("g1/audio/init.mp4")), (Check::Missing, "audio.m3u8 initialization", "not found")),
    // Key frames.
    (|f| replace(f, KEYS, "2092@84", "2000@84"), (Check::IFrame, "v360.iframes.m3u8 key frame 1", "first sample")),
    (|f| replace(f, KEYS, "2092@84", "2093@84"), (Check::IFrame, "key frame 1", "its first sample ends at 2092")),
    (|f| replace(f, KEYS, "2092@84", "2176@0"), (Check::IFrame, "key frame 1", "does not begin with a fragment")),
    (|f| replace(f, KEYS, "v360/2.m4s", "v360/3.m4s"), (Check::Time, "key frame 2", "the playlist says 2.000 s")),
];

fn without(files: &mut Package, path: &str, beginning: &str) {
    let text = String::from_utf8(files[path].clone()).unwrap();
    let kept: String = text.split_inclusive('\n').filter(|line| !line.starts_with(beginning)).collect();
    files.insert(path.into(), kept.into_bytes());
}

fn twice(files: &mut Package, beginning: &str) {
    let text = String::from_utf8(files[MASTER].clone()).unwrap();
    let line = text.lines().find(|line| line.starts_with(beginning)).unwrap();
    replace(files, MASTER, line, &format!("{line}\n{line}"));
}

#[test]
fn each_mutation_is_found_and_named() {
    let mut missed = vec![];
    for (apply, (check, place, words)) in MUTATIONS {
        let good = good_package(Addressing::Timeline);
        let mut package = good.clone();
        apply(&mut package);
        assert!(package != good, "`{words}` changes nothing");
        let found = findings_of(package, MASTER);
        if !found.iter().any(|f| f.check == *check && f.place.contains(place) && f.problem.contains(words)) {
            missed.push(format!("{check} {place} {words}: {found:#?}"));
        }
        assert!(found.iter().all(|f| !f.file.is_empty()), "`{words}` has a finding without a file");
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn groups_have_the_same_members() {
    let two = |second: &str| {
        let mut package = good_package(Addressing::Timeline);
        let group = |id: &str, rest: &str| {
            format!("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{id}\",NAME=\"en\",CHANNELS=\"2\",{rest}URI=\"{SOUND}\"\n")
        };
        let text = group("audio", "") + &group("b", second);
        let line = String::from_utf8(package[MASTER].clone()).unwrap();
        let line = line.lines().find(|line| line.starts_with("#EXT-X-MEDIA")).unwrap().to_owned() + "\n";
        replace(&mut package, MASTER, &line, &text);
        findings_of(package, MASTER)
    };
    assert_eq!(two(""), []);
    let found = two("LANGUAGE=\"en\",");
    assert!(found.iter().any(|f| f.problem.contains("group b has other members than group audio")), "{found:#?}");
}

#[test]
fn what_is_called_a_playlist_and_is_none_is_an_error() {
    let url = Url::parse("file:///p/master.m3u8").unwrap();
    let package = [("master.m3u8".into(), b"hello".to_vec())].into();
    let error =
        verify(&url, Look { files: &Memory(package), depth: Depth::Samples, keys: &[] }).unwrap_err().to_string();
    assert!(error.contains("not a playlist"), "{error}");
}

#[test]
fn nothing_that_is_read_from_outside_can_panic() {
    for text in [
        "",
        "#EXT-X-STREAM-INF",
        "#EXT-X-MEDIA:\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\"",
        "#EXTINF:1e300,\nx",
        "#EXTINF:5,\n#EXT-X-BYTERANGE:18446744073709551615@18446744073709551615\nx",
        "#EXT-X-MAP:URI=\"\",BYTERANGE=\"0@0\"",
        "#EXT-X-STREAM-INF:BANDWIDTH=1\nmaster.m3u8",
        "#EXTINF:0.0000001,\nx\n#EXT-X-TARGETDURATION:18446744073709551615\n",
    ] {
        let package = [("master.m3u8".into(), format!("#EXTM3U\n{text}\n").into_bytes())].into();
        assert!(!findings_of(package, MASTER).is_empty(), "{text}");
    }
}
