//! `verify` of encrypted packages: with the key they are decoded, and whatever is wrong with what they say of encryption is
//! named, with a key or without.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use std::fs;
use std::path::PathBuf;

const FILM: &str = "sample film.mp4 --size 320x180 --rate 25 --seconds 5";
const OPTIONS: &str = "--preset ultrafast --segment-seconds 2 --ladder 320x180@300 --progress none";
const KID: &str = "00112233445566778899aabbccddeeff";
const KEY: &str = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";
const WRONG: &str = "b0a1a2a3a4a5a6a7a8a9aaabacadaeaf";
const UUID: &str = "00112233-4455-6677-8899-aabbccddeeff";
/// Bytes from a box's type to the first of a field.
const TENC_PATTERN: usize = 9;
const TENC_PROTECTED: usize = 10;
const TENC_VECTOR_SIZE: usize = 11;
const TENC_KEY: usize = 12;
const SCHEME: usize = 8;
const SENC_COUNT: usize = 8;
const SENC_ENTRIES: usize = 12;

fn package(place: &Place, options: &str) {
    place.succeed(FILM);
    place.succeed(&format!("package film.mp4 --output out {OPTIONS} --key {KID}:{KEY} {options}"));
}

/// The file of the package whose path contains this.
fn file(place: &Place, part: &str) -> PathBuf {
    let names = place.list("out");
    place.path("out").join(names.iter().find(|name| name.contains(part)).unwrap())
}

/// What is changed.
enum Change {
    /// Bytes behind the first box of this type: so many, and what they become.
    Box(&'static str, &'static [u8; 4], usize, &'static [u8]),
    /// A file's text, everywhere.
    Text(&'static str, &'static str, &'static str),
    /// The first bytes of the first entry of `senc`, without its vector: count, clear and protected.
    Subsample(i32, i32),
    /// Nothing of the first sample of segment 2 is clear; in block chaining mode `senc` has no vectors.
    Uncleared,
    /// Of a picture in segment 2, a protected byte.
    Media,
    /// The vector of a sample of segment 2 becomes that of segment 1.
    Vector,
}

/// Changes the package, has it verified, and changes it back.
fn findings(place: &Place, change: &Change, manifest: &str, options: &str) -> (Option<i32>, String) {
    let path = match change {
        Change::Box(part, ..) | Change::Text(part, ..) => file(place, part),
        Change::Subsample(..) | Change::Uncleared | Change::Media | Change::Vector => video(place, "2.m4s"),
    };
    let before = fs::read(&path).unwrap();
    fs::write(&path, changed(place, &before, change)).unwrap();
    let output = place.run(&format!("verify out/{manifest} {options}"));
    fs::write(&path, before).unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn video(place: &Place, name: &str) -> PathBuf {
    file(place, &format!("300k/{name}"))
}

fn changed(place: &Place, before: &[u8], change: &Change) -> Vec<u8> {
    let mut bytes = before.to_vec();
    match change {
        Change::Box(_, kind, behind, new) => {
            let at = position(&bytes, kind) + behind;
            bytes[at..at + new.len()].copy_from_slice(new);
        }
        Change::Text(_, from, to) => {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(from), "{from} is not in {text}");
            bytes = text.replace(from, to).into_bytes();
        }
        Change::Subsample(clear, protected) => {
            // Behind the vector of eight bytes and the count of two.
            let at = position(&bytes, b"senc") + SENC_ENTRIES + 8 + 2;
            let was = u16::from_be_bytes(bytes[at..at + 2].try_into().unwrap());
            bytes[at..at + 2].copy_from_slice(&((i32::from(was) + clear) as u16).to_be_bytes());
            let was = u32::from_be_bytes(bytes[at + 2..at + 6].try_into().unwrap());
            bytes[at + 2..at + 6].copy_from_slice(&((was as i32 + protected) as u32).to_be_bytes());
        }
        Change::Uncleared => {
            let at = position(&bytes, b"senc") + SENC_ENTRIES + 2;
            let clear = u16::from_be_bytes(bytes[at..at + 2].try_into().unwrap());
            let protected = u32::from_be_bytes(bytes[at + 2..at + 6].try_into().unwrap());
            bytes[at..at + 2].fill(0);
            bytes[at + 2..at + 6].copy_from_slice(&(protected + u32::from(clear)).to_be_bytes());
        }
        Change::Media => {
            let at = position(&bytes, b"mdat") + 2000;
            for byte in &mut bytes[at..at + 200] {
                *byte = !*byte;
            }
        }
        Change::Vector => {
            let first = fs::read(video(place, "1.m4s")).unwrap();
            let (from, to) = (position(&first, b"senc") + SENC_ENTRIES, position(&bytes, b"senc") + SENC_ENTRIES);
            bytes[to..to + 8].copy_from_slice(&first[from..from + 8]);
        }
    }
    bytes
}

fn position(bytes: &[u8], kind: &[u8; 4]) -> usize {
    bytes.windows(4).position(|found| found == kind).unwrap()
}

fn all_are_found(place: &Place, manifest: &str, cases: &[(Change, &str)]) {
    let mut unfound = vec![];
    for (number, (change, expected)) in cases.iter().enumerate() {
        let (code, said) = findings(place, change, manifest, "--quick");
        let found = said.lines().any(|line| line.starts_with("encryption: ") && line.contains(expected));
        if code != Some(7) || !found {
            unfound.push(format!("{number}, {expected}: {code:?} {said}"));
        }
    }
    assert!(unfound.is_empty(), "{}", unfound.join("\n"));
}

#[test]
fn what_is_wrong_in_counter_mode_is_named() {
    let place = Place::new();
    package(&place, "--pssh common,widevine,playready --license-url http://127.0.0.1:9/clearkey");
    place.succeed("verify out/manifest.mpd out/master.m3u8 --quick");
    all_are_found(
        &place,
        "manifest.mpd",
        &[
            (Change::Box("300k/init.mp4", b"tenc", TENC_KEY, &[0xee]), "the track needs ee112233"),
            (Change::Box("300k/init.mp4", b"tenc", TENC_VECTOR_SIZE, &[16]), "its senc"),
            (Change::Box("300k/init.mp4", b"tenc", TENC_VECTOR_SIZE, &[4]), "a tenc that cannot be read"),
            (Change::Box("300k/init.mp4", b"tenc", TENC_PROTECTED, &[0]), "default_isProtected is 0"),
            (Change::Box("300k/init.mp4", b"tenc", 0, b"free"), "has no tenc"),
            (
                Change::Box("300k/init.mp4", b"schm", SCHEME, b"cbcs"),
                "the manifest says `cenc`, the track is encrypted by `cbcs`",
            ),
            (Change::Box("300k/init.mp4", b"schm", SCHEME, b"cbcs"), "initialization vectors of 8 bytes"),
            (Change::Box("300k/init.mp4", b"schm", SCHEME, b"abcd"), "no scheme of common encryption"),
            (Change::Box("300k/init.mp4", b"pssh", 28, &[0xee]), "does not list its key"),
            (Change::Box("300k/init.mp4", b"pssh", 24, &[0xff]), "a pssh that cannot be read"),
            (Change::Box("300k/init.mp4", b"pssh", 28, &[0xee]), "pssh of W3C common is another one"),
            (
                Change::Text("manifest.mpd", UUID, "01112233-4455-6677-8899-aabbccddeeff"),
                "the manifest names the key 0111",
            ),
            (Change::Text("manifest.mpd", UUID, "00112233-4455"), "which is no UUID"),
            (Change::Text("manifest.mpd", "cenc:default_KID", "default_kid"), "has no cenc:default_KID"),
            (Change::Text("manifest.mpd", "value=\"cenc\"", "value=\"cbcs\""), "the manifest says `cbcs`"),
            (Change::Text("manifest.mpd", "ContentProtection", "SomethingElse"), "the manifest does not say so"),
            (Change::Text("manifest.mpd", "mp4protection", "mp5protection"), "which scheme it is"),
            (
                Change::Text("manifest.mpd", "<cenc:pssh>AAAA", "<cenc:pssh>BAAA"),
                "a pssh of the manifest cannot be read",
            ),
            (Change::Text("manifest.mpd", "edef8ba9-79d6", "edef8ba9-79d7"), "a pssh of Widevine stands under"),
            (Change::Box("300k/2.m4s", b"senc", SENC_COUNT, &[0, 0, 0, 49]), "senc"),
            (Change::Box("300k/2.m4s", b"saiz", SENC_COUNT + 1, &[0, 0, 0, 49]), "saiz speaks of 49 samples"),
            (Change::Box("300k/2.m4s", b"saiz", SENC_COUNT, &[99]), "saiz gives sample 1 99 bytes"),
            (Change::Box("300k/2.m4s", b"saiz", 0, b"free"), "has senc and no saiz"),
            (Change::Box("300k/2.m4s", b"saio", 14, &[0x7f]), "saio leads to byte"),
            (Change::Box("300k/2.m4s", b"saio", 0, b"free"), "has senc and no saio"),
            (Change::Subsample(1, 0), "its subsamples cover"),
            (Change::Subsample(1, -1), "which are no whole blocks"),
            (Change::Vector, "has an initialization vector that segment 1 of"),
        ],
    );
}

#[test]
fn what_is_wrong_with_the_tags_of_keys_is_named() {
    let place = Place::new();
    package(&place, "--pssh common,widevine");
    let tag = "METHOD=SAMPLE-AES-CTR";
    all_are_found(
        &place,
        "master.m3u8",
        &[
            (
                Change::Text("300k.m3u8", tag, "METHOD=SAMPLE-AES"),
                "the manifest says `cbcs`, the track is encrypted by `cenc`",
            ),
            (Change::Text("300k.m3u8", tag, "METHOD=SAMPLE-XYZ"), "METHOD is `SAMPLE-XYZ`"),
            (Change::Text("300k.m3u8", "EXT-X-KEY", "X-KEY"), "the manifest does not say so"),
            (Change::Text("300k.iframes.m3u8", "EXT-X-KEY", "X-KEY"), "the manifest does not say so"),
            (Change::Text("300k.m3u8", "KEYID=0x0011", "KEYID=0xEE11"), "the manifest names the key ee11"),
            (Change::Text("300k.m3u8", "KEYID=0x", "KEYID="), "no key id behind 0x"),
            (Change::Text("300k.m3u8", "URI=\"data", "URN=\"data"), "URI is missing"),
            (Change::Text("300k.m3u8", "KEYFORMAT=\"org.w3.clearkey\"", "KEYFORMAT=org.w3.clearkey"), "is not quoted"),
            (Change::Text("300k.m3u8", "base64,AAAA", "base64,BAAA"), "a pssh of the manifest cannot be read"),
            (Change::Text("master.m3u8", "KEYID=0x0011", "KEYID=0xEE11"), "no playlist has this key"),
            (Change::Text("master.m3u8", tag, "METHOD=NONE"), "METHOD is NONE"),
        ],
    );
    let late = fs::read_to_string(file(&place, "300k.m3u8")).unwrap();
    let (tags, rest): (Vec<&str>, Vec<&str>) = late.lines().partition(|line| line.starts_with("#EXT-X-KEY"));
    let second = rest.iter().position(|line| line.ends_with("1.m4s")).unwrap() + 1;
    let moved = [&rest[..second], &tags, &rest[second..]].concat().join("\n");
    fs::write(file(&place, "300k.m3u8"), moved + "\n").unwrap();
    let (code, said) = verdict(&place.run("verify out/master.m3u8 --quick"));
    let printed = String::from_utf8(place.run("verify out/master.m3u8 --quick").stdout).unwrap();
    assert!(code == Some(7) && printed.contains("no EXT-X-KEY stands before it"), "{said} {printed}");
}

#[test]
fn what_is_wrong_in_block_chaining_mode_is_named() {
    let place = Place::new();
    package(&place, "--scheme cbcs --pssh fairplay");
    place.succeed("verify out/manifest.mpd out/master.m3u8 --quick");
    all_are_found(
        &place,
        "manifest.mpd",
        &[
            (
                Change::Box("300k/init.mp4", b"tenc", TENC_PATTERN, &[0]),
                "a pattern of 0:0: pictures in `cbcs` have one",
            ),
            (Change::Box("128k/init.mp4", b"tenc", TENC_PATTERN, &[0x19]), "of sound, all blocks"),
            (
                Change::Box("300k/init.mp4", b"tenc", TENC_VECTOR_SIZE, &[8]),
                "vectors of 8 bytes, which `cbcs` does not have",
            ),
            (Change::Box("300k/init.mp4", b"tenc", TENC_KEY + 16, &[7]), "a constant initialization vector of 7 bytes"),
            (Change::Box("300k/2.m4s", b"saio", 0, b"free"), "has senc and no saio"),
            (Change::Uncleared, "do not lie within one unit"),
        ],
    );
    let fairplay = [(Change::Text("300k.m3u8", "skd://", "https://"), "an address that begins with skd://")];
    all_are_found(&place, "master.m3u8", &fairplay);
}

#[test]
fn with_the_key_a_package_is_decoded_and_without_it_is_said_what_was_not() {
    for scheme in ["cenc", "cbcs"] {
        let place = Place::new();
        package(&place, &format!("--scheme {scheme}"));
        let locked = place.succeed("verify out/manifest.mpd");
        assert_eq!(locked.matches("its samples are not decoded (--key").count(), 2, "{locked}");
        let opened = place.succeed(&format!("verify out/manifest.mpd out/master.m3u8 --key {KID}:{KEY}"));
        assert!(!opened.contains("not decoded"), "{opened}");
        let keys = [(KEY, "samples are damaged"), (WRONG, "after decryption: is the key the right one?")];
        for (key, expected) in keys {
            let options = format!("--key {KID}:{key}");
            let (code, said) = findings(&place, &Change::Media, "manifest.mpd", &options);
            assert!(code == Some(7) && said.contains(expected) && !said.contains(&key[4..]), "{scheme}: {said}");
        }
        let json = place.run("verify out/manifest.mpd --json").stdout;
        let report: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(report["locked"][0]["key_id"], KID, "{report}");
    }
    let place = Place::new();
    place.succeed(FILM);
    place.succeed(&format!("package film.mp4 --output out {OPTIONS}"));
    assert_eq!(verdict(&place.run("verify out --key nonsense")).0, Some(2));
}
