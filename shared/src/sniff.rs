//! What bytes are that came in place of something else, told by how they begin (as in the WHATWG MIME Sniffing Standard),
//! so that people hear its name instead of the place at which a reader gave up. Not here: what follows from it.

use std::fmt;

/// So much of a document is looked at.
const BEGINNING: usize = 1024;

/// What bytes are, as far as their beginning tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// No bytes at all.
    Nothing,
    /// HTML.
    WebPage,
    /// A list of media of HTTP Live Streaming (RFC 8216).
    HlsPlaylist,
    /// An object or a list.
    Json,
    /// A manifest of Microsoft's Smooth Streaming.
    SmoothStreaming,
    /// Any other XML document.
    Xml,
    /// Letters of no known format.
    Text,
    /// A format that is told by its first bytes.
    Binary(&'static str),
}

impl Sniffed {
    /// Whether no container of media begins like that: it is nothing, or written for people or for other programs than a
    /// decoder.
    pub fn is_no_media(self) -> bool {
        !matches!(self, Self::Binary(_))
    }
}

/// With an article, to be put into a sentence.
impl fmt::Display for Sniffed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::WebPage => "a web page",
            Self::HlsPlaylist => "an HLS playlist (m3u8)",
            Self::Json => "a JSON document",
            Self::SmoothStreaming => "a Smooth Streaming manifest",
            Self::Xml => "an XML document",
            Self::Text => "a text",
            Self::Binary(name) => name,
        })
    }
}

/// What the bytes are; `None` for what is not recognised.
pub fn sniff(bytes: &[u8]) -> Option<Sniffed> {
    if bytes.is_empty() {
        return Some(Sniffed::Nothing);
    }
    let known = binary(bytes).map(Sniffed::Binary);
    known.or_else(|| beginning(bytes).map(|text| document(&text)))
}

/// Formats and the bytes that they begin with (RFC 8794 11.2, RFC 1952, RFC 1950, RFC 8878 and others).
const MAGIC: [(&[u8], &str); 18] = [
    (b"\x1A\x45\xDF\xA3", "a Matroska or WebM file"),
    (b"\x1F\x8B", "data packed with gzip"),
    (b"\x78\x01", "data packed with deflate"),
    (b"\x78\x5E", "data packed with deflate"),
    (b"\x78\x9C", "data packed with deflate"),
    (b"\x78\xDA", "data packed with deflate"),
    (b"\x28\xB5\x2F\xFD", "data packed with zstd"),
    (b"BZh", "data packed with bzip2"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xFF\xD8\xFF", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a RIFF file (AVI, WAV or WebP)"),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "a FLAC file"),
    (b"FLV\x01", "an FLV file"),
    (b"ID3", "an MP3 file"),
];

/// Boxes that a file or a segment begins with (ISO/IEC 14496-12 4.3, 8.16).
const FIRST_BOXES: [&[u8]; 8] = [b"ftyp", b"styp", b"sidx", b"moov", b"moof", b"mdat", b"emsg", b"prft"];

fn binary(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(4..8).is_some_and(|kind| FIRST_BOXES.contains(&kind)) {
        return Some("an MP4 file");
    }
    if is_transport_stream(bytes) {
        return Some("an MPEG transport stream (MPEG-TS)");
    }
    MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name)
}

/// Packets of 188 bytes, each of which begins with 0x47 (ISO/IEC 13818-1 2.4.3.2). One alone would be the letter `G`.
fn is_transport_stream(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x47) && bytes.get(188) == Some(&0x47)
}

/// How a text begins; `None` for what is none. UTF-16 is known by its mark.
fn beginning(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(BEGINNING)];
    let units = |unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = head[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    let text = match head {
        [0xFF, 0xFE, ..] => units(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => units(u16::from_be_bytes),
        _ => letters(head)?.trim_start_matches('\u{feff}').to_owned(),
    };
    let is_text = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}');
    text.chars().all(is_text).then_some(text)
}

/// The letters of a text in UTF-8, of which the last one may be cut off.
fn letters(head: &[u8]) -> Option<&str> {
    match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).ok(),
        Err(_) => None,
    }
}

/// Tags that stand at the beginning of a page. No element of an MPD is named like one of them.
const PAGE: [&str; 10] =
    ["<!doctype html", "<html", "<head", "<body", "<title>", "<script", "<meta ", "<h1", "<div", "<br"];

fn document(text: &str) -> Sniffed {
    let text = text.trim_start().to_ascii_lowercase();
    if text.starts_with("#extm3u") {
        Sniffed::HlsPlaylist
    } else if text.starts_with(['{', '[']) {
        Sniffed::Json
    } else if text.contains("<mpd") {
        Sniffed::Xml
    } else if text.contains("<smoothstreamingmedia") {
        Sniffed::SmoothStreaming
    } else if PAGE.iter().any(|tag| text.contains(tag)) {
        Sniffed::WebPage
    } else if text.starts_with('<') {
        Sniffed::Xml
    } else {
        Sniffed::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_place_of_a_manifest_or_of_media_has_a_name() {
        let cases: [(&[u8], Sniffed); 21] = [
            (b"", Sniffed::Nothing),
            (b"<!DOCTYPE html><html><body>Log in</body></html>", Sniffed::WebPage),
            (b"\xEF\xBB\xBF\n <!-- portal -->\n<HTML>", Sniffed::WebPage),
            (
                b"<?xml version='1.0'?><!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN'><html/>",
                Sniffed::WebPage,
            ),
            (b"<br />\n<b>Warning</b>: no database\n<html>", Sniffed::WebPage),
            (b"<h1>503 Service Unavailable</h1>", Sniffed::WebPage),
            (b"#EXTM3U\n#EXT-X-VERSION:3\n", Sniffed::HlsPlaylist),
            (b" {\"error\": \"quota\"}", Sniffed::Json),
            (b"[]", Sniffed::Json),
            (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", Sniffed::Xml),
            (b"<!-- <html> --><MPD/>", Sniffed::Xml),
            (b"<?xml version='1.0'?><SmoothStreamingMedia MajorVersion='2'/>", Sniffed::SmoothStreaming),
            (b"Too Many Requests", Sniffed::Text),
            (b"\xC3\xA4\xC3", Sniffed::Text),
            (b"\0\0\0\x18ftypiso6", Sniffed::Binary("an MP4 file")),
            (b"\0\0\0\x18stypmsdh", Sniffed::Binary("an MP4 file")),
            (b"\0\0\x04\0sidx\0\0\0\0", Sniffed::Binary("an MP4 file")),
            (b"\x1A\x45\xDF\xA3\x01", Sniffed::Binary("a Matroska or WebM file")),
            (b"\x1F\x8B\x08\0", Sniffed::Binary("data packed with gzip")),
            (b"\x78\x9C\xB3", Sniffed::Binary("data packed with deflate")),
            (b"\x89PNG\r\n\x1A\n", Sniffed::Binary("a picture")),
        ];
        for (bytes, expected) in cases {
            assert_eq!(sniff(bytes), Some(expected), "{}", String::from_utf8_lossy(bytes));
        }
        let packet: Vec<u8> = [&[0x47, 0x40, 0, 0x10][..], &[0xFF; 184]].concat();
        assert_eq!(sniff(&packet.repeat(3)), Some(Sniffed::Binary("an MPEG transport stream (MPEG-TS)")));
    }

    #[test]
    fn a_page_in_utf16_is_a_page() {
        let page: Vec<u16> = "\u{feff}<html>".encode_utf16().collect();
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes: Vec<u8> = page.iter().copied().flat_map(unit).collect();
            assert_eq!(sniff(&bytes), Some(Sniffed::WebPage));
        }
    }

    #[test]
    fn bytes_of_no_known_beginning_are_not_guessed_at() {
        for bytes in [&b"\0\0\0\x10abcd"[..], b"\xFF\xFB\x90", b"\x01", b"\xC3\x28 text"] {
            assert_eq!(sniff(bytes), None, "{bytes:?}");
        }
    }
}
