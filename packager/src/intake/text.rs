//! Texts that stand for media: playlists, manifests, scripts, session descriptions. They are told by what they say, because
//! names of files mean nothing.

use super::{Named, Names};

/// More of a list is not looked at.
const LINES: usize = 50;
/// Ends of names of media files, in a list that has no header.
const MEDIA: [&str; 18] = [
    ".mp4", ".m4a", ".m4v", ".mov", ".mkv", ".webm", ".ts", ".m2ts", ".mts", ".mpg", ".avi", ".mp3", ".aac", ".wav",
    ".flac", ".ogg", ".wmv", ".m3u8",
];
const CONCAT: Named = ("a concat script", Names::Concat);
/// First words of texts, in small letters.
const BEGINNINGS: [(&str, &str); 6] = [
    ("[reference]", "an ASX playlist"),
    ("[internetshortcut]", "a link to a web page"),
    ("rtsptext", "a link to a stream"),
    ("rtsp://", "a link to a stream"),
    ("smiltext", "a SMIL presentation"),
    ("v=0", "a session description (SDP)"),
];
/// Roots of XML documents, in small letters.
const ROOTS: [(&str, &str); 9] = [
    ("mpd", "a DASH manifest"),
    ("smil", "a SMIL presentation"),
    ("smoothstreamingmedia", "a Smooth Streaming manifest"),
    ("manifest", "an HDS manifest"),
    ("playlist", "an XSPF playlist"),
    ("asx", "an ASX playlist"),
    ("compositionplaylist", "a composition playlist (IMF, DCP)"),
    ("assetmap", "an asset map (IMF, DCP)"),
    ("packinglist", "a packing list (IMF, DCP)"),
];

/// What a file that begins with `head` is, if it is a text that names files.
pub(super) fn names_files(head: &[u8]) -> Option<Named> {
    let text = decoded(head)?;
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let small = text.get(..64.min(text.len())).unwrap_or(text).to_ascii_lowercase();
    if small.starts_with("#extm3u") {
        let is_hls = text.contains("#EXT-X-");
        return Some(if is_hls { ("an HLS playlist", Names::Hls) } else { ("an M3U playlist", Names::Plain) });
    }
    if small.starts_with("ffconcat version") {
        return Some(CONCAT);
    }
    if small.starts_with("[playlist]") {
        return Some(("a PLS playlist", Names::Pls));
    }
    if let Some((_, what)) = BEGINNINGS.iter().find(|(beginning, _)| small.starts_with(beginning)) {
        return Some((what, Names::Other));
    }
    match root(text) {
        Some(root) => ROOTS.iter().find(|(name, _)| *name == root).map(|(_, what)| (*what, Names::Other)),
        None => list(text),
    }
}

/// UTF-8 or, with its mark, UTF-16; `None` for what is no text.
pub(super) fn decoded(head: &[u8]) -> Option<String> {
    let wide = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = head[2..].chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect();
        Some(String::from_utf16_lossy(&units))
    };
    match head {
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes),
        _ if head.contains(&0) => None,
        _ => Some(String::from_utf8_lossy(head).into_owned()),
    }
}

/// The local name of an XML document's root, in small letters.
fn root(text: &str) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start().strip_prefix('<')?;
        let end = if rest.starts_with("!--") { "-->" } else { ">" };
        if !rest.starts_with(['?', '!']) {
            let name = rest.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next()?;
            return Some(name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase());
        }
        rest = &rest[rest.find(end)? + end.len()..];
    }
}

/// A list without a header: of a concat script, a cue sheet, or names alone.
fn list(text: &str) -> Option<Named> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).take(LINES);
    let first = lines().next()?;
    if first.starts_with("file ") {
        return Some(CONCAT);
    }
    if first.starts_with("FILE \"") || lines().any(|line| line.starts_with("TRACK 01 ")) {
        return Some(("a cue sheet", Names::Other));
    }
    // The last line may be cut off by the end of what was read.
    let whole = lines().count().saturating_sub(1).max(1);
    lines().take(whole).all(is_name_of_media).then_some(("a list of files", Names::Plain))
}

fn is_name_of_media(line: &str) -> bool {
    let small = line.to_ascii_lowercase();
    let is_address = small.starts_with("http://") || small.starts_with("https://") || small.starts_with("file:");
    !small.contains(char::is_control) && (is_address || MEDIA.iter().any(|end| small.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_name_files_are_called_what_they_are() {
        let cases = [
            ("#EXTM3U\n#EXT-X-TARGETDURATION:2\n", "an HLS playlist"),
            ("\u{feff}#EXTM3U\r\n#EXTINF:1,a\r\na.mp4\r\n", "an M3U playlist"),
            ("ffconcat version 1.0\nfile a.mp4\n", "a concat script"),
            ("# ours\n\nfile 'a b.mp4'\nfile c.mp4\n", "a concat script"),
            ("[playlist]\nFile1=a.mp3\n", "a PLS playlist"),
            ("<?xml version=\"1.0\"?>\n<!-- <x> --><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\">", "a DASH manifest"),
            ("<!DOCTYPE smil PUBLIC \"a\" \"b\">\n<smil><body/></smil>", "a SMIL presentation"),
            ("<d:CompositionPlaylist xmlns:d='x'>", "a composition playlist (IMF, DCP)"),
            ("<SmoothStreamingMedia MajorVersion=\"2\">", "a Smooth Streaming manifest"),
            ("<ASX version=\"3.0\">", "an ASX playlist"),
            ("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", "a session description (SDP)"),
            ("FILE \"a.wav\" WAVE\n  TRACK 01 AUDIO\n", "a cue sheet"),
            ("clips/a.mp4\nclips/b.MP4\n", "a list of files"),
            ("https://example.org/a\n", "a list of files"),
        ];
        for (text, what) in cases {
            assert_eq!(names_files(text.as_bytes()).map(|named| named.0), Some(what), "{text}");
        }
        let wide: Vec<u8> = "\u{feff}<asx>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(names_files(&wide), Some(("an ASX playlist", Names::Other)));
    }

    #[test]
    fn other_texts_and_media_do_not() {
        for text in
            ["", "Dear diary,\ntoday I saw a.mp4\n", "<html>", "<tt xmlns='x'/>", "<", "<!--", "WEBVTT\n", "\n\n"]
        {
            assert_eq!(names_files(text.as_bytes()), None, "{text}");
        }
        assert_eq!(names_files(b"\0\0\0\x18ftypisom#EXTM3U"), None);
        assert_eq!(names_files(&[0x47; 300]), None);
        assert_eq!(names_files(&[0xFF, 0xFE]), None);
        assert_eq!(names_files("é".repeat(40).as_bytes()), None);
    }
}
