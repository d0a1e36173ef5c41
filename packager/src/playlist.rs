//! HLS playlists as text (RFC 8216 4.1 and 4.2): lines, tags and attribute lists, read with patience. What a tag means is
//! known to those who read it, and playlists are written elsewhere (`crate::catalogue::hls`).
//!
//! The crates that read playlists skip what they do not understand and keep no line numbers, so a report could not say
//! what is wrong, and where.

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind<'a> {
    /// Of HLS: what stands behind `#`, and behind the colon if there is one.
    Tag(&'a str, &'a str),
    /// A place.
    Uri(&'a str),
}

/// A line that says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1.
    pub number: usize,
    /// What it is.
    pub kind: LineKind<'a>,
}

/// The first line of every playlist.
pub const FIRST: &str = "#EXTM3U";

/// Whether the text says that it is one.
pub fn is_playlist(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with(FIRST)
}

/// Without comments and empty lines.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let trimmed = text.lines().map(|line| line.trim_start_matches('\u{feff}').trim());
    (1..).zip(trimmed).filter_map(|(number, line)| {
        let kind = match line.strip_prefix('#') {
            Some(tag) if tag.starts_with("EXT") => {
                let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
                LineKind::Tag(name, value)
            }
            Some(_) => return None,
            None if line.is_empty() => return None,
            None => LineKind::Uri(line),
        };
        Some(Line { number, kind })
    })
}

/// An attribute list `NAME=value,NAME="a,b"`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes<'a> {
    /// Names, values without their quotes, and whether they had any.
    list: Vec<(&'a str, &'a str, bool)>,
    /// Why reading ended before the end.
    malformed: Option<String>,
}

impl<'a> Attributes<'a> {
    /// As far as it can be read.
    pub fn read(text: &'a str) -> Self {
        let mut found = Self::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            match found.take(rest) {
                Ok(behind) => rest = behind,
                Err(problem) => {
                    found.malformed = Some(problem);
                    break;
                }
            }
        }
        found
    }

    /// Reads the first of them; gives the others.
    fn take(&mut self, text: &'a str) -> Result<&'a str, String> {
        let (name, behind) = text.split_once('=').ok_or_else(|| format!("`{text}` has no value"))?;
        let name = name.trim();
        let (value, behind) = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(|| format!("the quotes of {name} are not closed"))?,
            None => behind.split_at(behind.find(',').unwrap_or(behind.len())),
        };
        let is_quoted = text[name.len()..].trim_start().starts_with("=\"");
        self.list.push((name, value.trim(), is_quoted));
        let behind = behind.trim_start();
        match behind.strip_prefix(',') {
            Some(others) => Ok(others.trim_start()),
            None if behind.is_empty() => Ok(""),
            None => Err(format!("`{behind}` stands behind the value of {name}")),
        }
    }

    /// The value of the first attribute of this name, without its quotes.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.list.iter().find(|(other, ..)| *other == name).map(|(_, value, _)| *value)
    }

    /// Names, values without their quotes, and whether they had any.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str, bool)> {
        self.list.iter().copied()
    }

    /// Why reading ended before the end.
    pub fn malformed(&self) -> Option<&str> {
        self.malformed.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_tags_or_places() {
        let text = "\u{feff}#EXTM3U\r\n\n# a comment\n#EXTINF:4.0,a title\r\n 1.m4s \n#EXT-X-ENDLIST";
        assert!(is_playlist(text) && !is_playlist("#EXTINF:4\n"));
        let found: Vec<_> = lines(text).map(|line| (line.number, line.kind)).collect();
        let tag = LineKind::Tag;
        let expected = [
            (1, tag("EXTM3U", "")),
            (4, tag("EXTINF", "4.0,a title")),
            (5, LineKind::Uri("1.m4s")),
            (6, tag("EXT-X-ENDLIST", "")),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn attributes_are_found_among_others() {
        let list = "BANDWIDTH=800000,CODECS=\"avc1.4d401e,mp4a.40.2\",AUDIO=\"a=b\", RESOLUTION=640x360,VIDEO=\"\"";
        let found = Attributes::read(list);
        let values = ["BANDWIDTH", "CODECS", "AUDIO", "RESOLUTION", "VIDEO"].map(|name| found.get(name).unwrap());
        assert_eq!(values, ["800000", "avc1.4d401e,mp4a.40.2", "a=b", "640x360", ""]);
        assert_eq!((found.get("URI"), found.malformed()), (None, None));
        let quoted: Vec<bool> = found.iter().map(|(.., quoted)| quoted).collect();
        assert_eq!(quoted, [false, true, true, false, true]);
    }

    #[test]
    fn what_is_malformed_is_told_and_what_stands_before_it_is_kept() {
        for (list, problem) in [
            ("A=1,URI=\"open", "the quotes of URI are not closed"),
            ("A=1,B", "`B` has no value"),
            ("A=1,B=\"x\"y,C=2", "`y,C=2` stands behind the value of B"),
        ] {
            let found = Attributes::read(list);
            assert_eq!((found.get("A"), found.malformed()), (Some("1"), Some(problem)), "{list}");
        }
    }
}
