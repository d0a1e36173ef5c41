//! Bytes to the typed document: encoding, size, root. Not here: the walk itself ([`super::xml`]).

use super::model::Mpd;
use super::problem::{MpdError, Warning};
use super::xml::Cursor;
use crate::sniff::{Sniffed, sniff};
use std::borrow::Cow;

/// The longest document that is read, in bytes. Manifests are below 2 MiB; more than this is an attack on memory.
pub const MAX_DOCUMENT: usize = 16 << 20;

/// Takes the place of bytes that are no character: none of XML either, so that it is complained about.
const NO_CHARACTER: char = '\u{FFFE}';

/// So much of a document is searched for the name of its encoding.
const DECLARATION: usize = 200;

/// Reads an MPD. What is merely odd is put right and reported.
///
/// # Errors
/// Not XML, not an MPD, larger than [`MAX_DOCUMENT`], or with a document type declaration: with line and column, or with
/// what it is instead.
pub fn parse(bytes: &[u8]) -> Result<(Mpd, Vec<Warning>), MpdError> {
    let text = decode(bytes)?;
    document(&text).map_err(|error| instead(text.as_bytes()).unwrap_or(error))
}

fn document(text: &str) -> Result<(Mpd, Vec<Warning>), MpdError> {
    let mut cursor = Cursor::new(text);
    let root = cursor.root()?;
    if root.local_name() != "MPD" {
        return Err(cursor.error(root.offset, format!("the root element is <{}>, not <MPD>", root.name)));
    }
    let mpd = cursor.element(&root)?;
    cursor.finish();
    Ok((mpd, cursor.warnings.into_list()))
}

/// The text of a manifest: UTF-8 with or without mark, UTF-16 with one or with the `<` that every document begins with,
/// or, where the document says so, ISO 8859-1 (XML 1.0 4.3.3, appendix F). [`parse`] takes the text as well as the bytes,
/// and complains about what was no character.
///
/// # Errors
/// Larger than [`MAX_DOCUMENT`], or of a format that holds no text.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, MpdError> {
    if bytes.len() > MAX_DOCUMENT {
        let size = bytes.len();
        return Err(MpdError::of_all(&format!(
            "the document has {size} bytes, more than the {MAX_DOCUMENT} that are read"
        )));
    }
    Ok(match bytes {
        [0xFF, 0xFE, rest @ ..] | rest @ [b'<', 0, ..] => utf16(rest, u16::from_le_bytes).into(),
        [0xFE, 0xFF, rest @ ..] | rest @ [0, b'<', ..] => utf16(rest, u16::from_be_bytes).into(),
        [0xEF, 0xBB, 0xBF, rest @ ..] => eight_bit(rest)?,
        _ => eight_bit(bytes)?,
    })
}

fn eight_bit(bytes: &[u8]) -> Result<Cow<'_, str>, MpdError> {
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) if is_latin(bytes) => bytes.iter().copied().map(char::from).collect(),
        Err(_) => instead(bytes).map_or_else(|| Ok(patched(bytes)), Err)?.into(),
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(NO_CHARACTER)).collect()
}

/// Whether the XML declaration names ISO 8859-1, or the code page of Windows that is taken for it.
fn is_latin(bytes: &[u8]) -> bool {
    let declaration = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION)]).to_ascii_lowercase();
    let declaration = declaration.split("?>").next().unwrap_or_default();
    ["iso-8859-1", "windows-1252"].iter().any(|name| declaration.contains(name))
}

/// UTF-8 in which a few bytes are none.
fn patched(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(NO_CHARACTER);
        }
    }
    text
}

/// What a document is in place of a manifest, with what helps; `None` for XML and for what is not recognised.
fn instead(bytes: &[u8]) -> Option<MpdError> {
    let found = sniff(bytes).filter(|found| !matches!(found, Sniffed::Nothing | Sniffed::Xml | Sniffed::Text))?;
    let hint = match found {
        Sniffed::WebPage => "; does the address lead to a login page?",
        Sniffed::HlsPlaylist | Sniffed::SmoothStreaming => "; only DASH is played",
        Sniffed::Binary(name) if name.starts_with("data packed") => {
            "; it has to be unpacked, or sent with its Content-Encoding"
        }
        _ => "",
    };
    Some(MpdError::of_all(&format!("this is {found}, not an MPD{hint}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MPD: &str = "<MPD id='\u{e4}'/>";

    fn id(bytes: &[u8]) -> (Option<String>, usize) {
        let (mpd, warnings) = parse(bytes).unwrap();
        (mpd.id, warnings.len())
    }

    #[test]
    fn every_encoding_that_a_document_tells_is_read() {
        let little: Vec<u8> = MPD.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = MPD.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><MPD id='\xE4'/>".to_vec();
        let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
        let all = [
            MPD.as_bytes().to_vec(),
            marked(b"\xEF\xBB\xBF", MPD.as_bytes()),
            marked(b"\xFF\xFE", &little),
            marked(b"\xFE\xFF", &big),
            little,
            big,
            latin,
        ];
        for bytes in all {
            assert_eq!(id(&bytes), (Some("\u{e4}".to_owned()), 0), "{bytes:?}");
            assert_eq!(id(decode(&bytes).unwrap().as_bytes()), (Some("\u{e4}".to_owned()), 0), "its text: {bytes:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_character_cost_a_warning() {
        for bytes in [&b"<MPD id='a\xE4b'/>"[..], b"<MPD id='a\xF0\x9F'/>"] {
            let warnings = parse(bytes).unwrap().1;
            assert!(warnings[0].problem.contains("does not have the character"), "{warnings:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        let warnings = parse(b"\xEF\xBB\xBF<MPD>\xE4</MPD>").unwrap().1;
        assert!(warnings[0].place.to_string().contains("line 1, column 6"), "{warnings:?}");
        assert!(parse(b"\xEF\xBB\xBF<??\xD1?>").is_err(), "not within a character");
    }

    #[test]
    fn what_is_no_manifest_is_called_by_its_name() {
        let cases: [(&[u8], &str); 8] = [
            (b"<!DOCTYPE html><html>", "this is a web page, not an MPD"),
            (b"<html xmlns='http://www.w3.org/1999/xhtml'/>", "this is a web page"),
            (b"#EXTM3U\n", "this is an HLS playlist (m3u8)"),
            (b"{}", "this is a JSON document"),
            (b"\0\0\0\x18ftypiso6\xFF", "this is an MP4 file"),
            (b"\0\0\0\x18ftypiso6", "this is an MP4 file"),
            (b"\x78\x9C\xB3\xFF", "this is data packed with deflate"),
            (b"<MPD><html>", "<html> is never closed"),
        ];
        for (bytes, expected) in cases {
            let error = parse(bytes).unwrap_err();
            assert!(error.problem.contains(expected), "{error}");
        }
    }
}
