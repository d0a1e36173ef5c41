//! HLS playlists (RFC 8216), as far as they name the parts of one film: the segments of a media playlist, and the best
//! rendition of a multivariant one.

use crate::playlist::Attributes;

/// What a playlist is.
#[derive(Debug, PartialEq)]
pub(super) enum Playlist {
    /// It names segments.
    Media(Vec<Part>),
    /// It names media playlists; this one has the highest rate.
    Best(String),
}

/// A part of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) uri: String,
    /// First byte and length, where it is not all of it.
    pub(super) range: Option<(u64, u64)>,
}

/// # Errors
/// Why no film can be read from it, in words.
pub(super) fn read(text: &str) -> Result<Playlist, String> {
    if text.lines().any(|line| line.starts_with("#EXT-X-STREAM-INF")) { best(text) } else { media(text) }
}

fn best(text: &str) -> Result<Playlist, String> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut variants: Vec<(u64, Option<String>, &str)> = vec![];
    while let Some(line) = lines.next() {
        if let Some(attributes) = line.strip_prefix("#EXT-X-STREAM-INF:") {
            let rate = attribute(attributes, "BANDWIDTH").and_then(|rate| rate.parse().ok()).unwrap_or(0);
            let uri = lines.find(|line| !line.starts_with('#')).ok_or("its last rendition has no name")?;
            variants.push((rate, attribute(attributes, "AUDIO"), uri));
        }
    }
    let (_, group, uri) = variants.into_iter().max_by_key(|(rate, ..)| *rate).ok_or("it has no rendition")?;
    let media = || text.lines().filter_map(|line| line.trim().strip_prefix("#EXT-X-MEDIA:"));
    let has_own_list =
        |media: &str| group.is_some() && attribute(media, "GROUP-ID") == group && attribute(media, "URI").is_some();
    if media().any(has_own_list) {
        return Err("its pictures and its sound are in lists of their own; package the film that it was made of".into());
    }
    Ok(Playlist::Best(uri.to_owned()))
}

fn media(text: &str) -> Result<Playlist, String> {
    let mut parts: Vec<Part> = vec![];
    let mut map: Option<Part> = None;
    let mut range: Option<String> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (tag, value) = line.split_once(':').unwrap_or((line, ""));
        match tag {
            "#EXT-X-KEY" if attribute(value, "METHOD").as_deref() != Some("NONE") => {
                return Err("its segments are encrypted; package the film from before it was protected".into());
            }
            "#EXT-X-BYTERANGE" => range = Some(value.to_owned()),
            "#EXT-X-MAP" => {
                let uri = attribute(value, "URI").ok_or("it has a map without a name")?;
                let new = part(uri, attribute(value, "BYTERANGE").as_deref(), None)?;
                if map.as_ref().is_some_and(|map| *map != new) {
                    return Err("its segments are coded in several ways".into());
                }
                if map.is_none() {
                    parts.push(new.clone());
                }
                map = Some(new);
            }
            _ if line.starts_with('#') => {}
            _ => parts.push(part(line.to_owned(), range.take().as_deref(), parts.last())?),
        }
    }
    Ok(Playlist::Media(parts))
}

/// RFC 8216 4.3.2.2: without an offset a range begins where the one before it in the same resource ends.
fn part(uri: String, range: Option<&str>, before: Option<&Part>) -> Result<Part, String> {
    let Some(range) = range else { return Ok(Part { uri, range: None }) };
    let (length, from) = range.split_once('@').map_or((range, None), |(length, from)| (length, Some(from)));
    let follows = || before.filter(|before| before.uri == uri)?.range.map(|(from, length)| from.saturating_add(length));
    let from = from.map_or_else(|| Some(follows().unwrap_or(0)), |from| from.trim().parse().ok());
    let known = from.zip(length.trim().parse().ok());
    known.map(|range| Part { uri, range: Some(range) }).ok_or_else(|| format!("`{range}` is no range of bytes"))
}

/// The value of an attribute, without its quotes.
fn attribute(list: &str, name: &str) -> Option<String> {
    Attributes::read(list).get(name).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(String, Option<(u64, u64)>)> {
        match read(text) {
            Ok(Playlist::Media(parts)) => parts.into_iter().map(|part| (part.uri, part.range)).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn segments_with_their_map_and_ranges_are_the_film() {
        let text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\r\n#EXT-X-DISCONTINUITY\n#EXTINF:2,\nb.ts\n";
        assert_eq!(parts(text), [("a.ts".into(), None), ("b.ts".into(), None)]);
        let text = "#EXT-X-MAP:URI=\"f.mp4\",BYTERANGE=\"700@0\"\n#EXT-X-BYTERANGE:100@700\nf.mp4\n#EXT-X-BYTERANGE:50\nf.mp4\n";
        let ranges: Vec<_> = parts(text).into_iter().filter_map(|(_, range)| range).collect();
        assert_eq!(ranges, [(0, 700), (700, 100), (800, 50)]);
    }

    #[test]
    fn the_best_rendition_is_taken() {
        let text = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100\nlow.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=900,CODECS=\"a,b\"\nhigh.m3u8\n";
        assert_eq!(read(text), Ok(Playlist::Best("high.m3u8".into())));
        let apart = "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",URI=\"s.m3u8\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"g\"\nv.m3u8\n";
        assert!(read(apart).unwrap_err().contains("lists of their own"));
    }

    #[test]
    fn what_cannot_be_joined_is_refused() {
        for (text, why) in [
            ("#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\na.ts\n", "encrypted"),
            ("#EXT-X-MAP:URI=\"a\"\nx\n#EXT-X-MAP:URI=\"b\"\ny\n", "several ways"),
            ("#EXT-X-BYTERANGE:x@1\na.ts\n", "no range"),
            ("#EXT-X-STREAM-INF:BANDWIDTH=1\n", "no name"),
        ] {
            assert!(read(text).unwrap_err().contains(why), "{text}");
        }
        assert_eq!(parts("#EXT-X-KEY:METHOD=NONE\na.ts\n").len(), 1);
    }
}
