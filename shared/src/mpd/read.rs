//! Bytes to the typed document: encoding, size, root. Not here: the walk itself ([`super::xml`]).

use super::model::Mpd;
use super::problem::{MpdError, Warning};
use super::xml::Cursor;
use std::borrow::Cow;

/// The longest document that is read, in bytes. Manifests are below 2 MiB; more than this is an attack on memory.
pub const MAX_DOCUMENT: usize = 16 << 20;

/// Takes the place of half a surrogate pair: no character of XML either, so that it is complained about.
const NO_CHARACTER: char = '\u{FFFE}';

/// Reads an MPD. What is merely odd is put right and reported.
///
/// # Errors
/// Not XML, not an MPD, larger than [`MAX_DOCUMENT`], or with a document type declaration: with line and column.
pub fn parse(bytes: &[u8]) -> Result<(Mpd, Vec<Warning>), MpdError> {
    let text = decode(bytes)?;
    let mut cursor = Cursor::new(&text);
    let root = cursor.root()?;
    if root.local_name() != "MPD" {
        return Err(cursor.error(root.offset, format!("the root element is <{}>, not <MPD>", root.name)));
    }
    let mpd = cursor.element(&root)?;
    cursor.finish();
    Ok((mpd, cursor.warnings.into_list()))
}

/// UTF-8 with or without mark, or UTF-16 with one.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, MpdError> {
    let refuse = |problem: String| Err(MpdError::of_all(&problem));
    if bytes.len() > MAX_DOCUMENT {
        return refuse(format!("the document has {} bytes, more than the {MAX_DOCUMENT} that are read", bytes.len()));
    }
    let utf16 = |little: bool| {
        let units = bytes[2..].chunks_exact(2).map(|pair| {
            let pair = [pair[0], pair[1]];
            if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
        });
        char::decode_utf16(units).map(|c| c.unwrap_or(NO_CHARACTER)).collect()
    };
    match bytes {
        [0xFF, 0xFE, ..] => Ok(Cow::Owned(utf16(true))),
        [0xFE, 0xFF, ..] => Ok(Cow::Owned(utf16(false))),
        _ => match std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => refuse(format!("neither UTF-8 nor UTF-16 (byte {})", error.valid_up_to())),
        },
    }
}
