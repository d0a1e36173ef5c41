//! Tags and their attribute lists, as text (RFC 8216 4.1 and 4.2).

use std::fmt::{Display, Write};

/// An attribute list.
#[derive(Debug, Clone, Default)]
pub(super) struct Attributes(String);

impl Attributes {
    /// A number or an enumerated word.
    pub(super) fn plain(mut self, name: &str, value: impl Display) -> Self {
        let comma = if self.0.is_empty() { "" } else { "," };
        // Writing to a string does not fail.
        let _ = write!(self.0, "{comma}{name}={value}");
        self
    }

    /// A quoted string, in which neither quotes nor line breaks may stand.
    pub(super) fn quoted(self, name: &str, value: &str) -> Self {
        let allowed = |character: char| match character {
            '"' => '\'',
            other if other.is_control() => ' ',
            other => other,
        };
        let value: String = value.chars().map(allowed).collect();
        self.plain(name, format_args!("\"{value}\""))
    }

    /// The same, where there is a value.
    pub(super) fn quoted_if(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.quoted(name, value),
            None => self,
        }
    }

    /// A number or an enumerated word, where there is one.
    pub(super) fn plain_if(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.plain(name, value),
            None => self,
        }
    }

    /// A line of a playlist with these attributes.
    pub(super) fn tag(self, name: &str) -> String {
        format!("#{name}:{}\n", self.0)
    }
}

/// The first lines of a playlist. Version 6 is the least for a map in a playlist of segments (RFC 8216 7).
pub(super) fn head() -> String {
    "#EXTM3U\n#EXT-X-VERSION:6\n".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_leave_its_quotes() {
        let tag = Attributes::default().plain("A", 1).quoted("NAME", "the \"best\"\n#EXT-X").quoted_if("C", None);
        assert_eq!(tag.tag("EXT-X-MEDIA"), "#EXT-X-MEDIA:A=1,NAME=\"the 'best' #EXT-X\"\n");
    }
}
