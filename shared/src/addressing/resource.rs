//! A thing to fetch, relative to a location that is chosen later.

use super::ByteRange;
use crate::userinfo;
use serde::{Deserialize, Serialize};
use url::{ParseError, Url};

/// A file or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// Relative or absolute reference; empty for the location itself.
    pub path: String,
    /// `None` for all of it.
    pub range: Option<ByteRange>,
}

impl Resource {
    /// A whole file.
    pub fn whole(path: impl Into<String>) -> Self {
        Self { path: path.into(), range: None }
    }

    /// Where it is when `base` is the chosen location (RFC 3986 5.2). An empty path is the base with its query. What a
    /// document says of user and password is left out.
    ///
    /// # Errors
    /// When path and base together are no URL.
    pub fn url(&self, base: &Url) -> Result<Url, ParseError> {
        if self.path.is_empty() { Ok(base.clone()) } else { base.join(&self.path).map(userinfo::without) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_resolve_against_the_chosen_location() {
        let base = Url::parse("https://a.example/x/y.mp4?token=1").unwrap();
        let cases = [
            ("", "https://a.example/x/y.mp4?token=1"),
            ("seg 1.m4s", "https://a.example/x/seg%201.m4s"),
            ("../up.m4s", "https://a.example/up.m4s"),
            ("/root.m4s", "https://a.example/root.m4s"),
            ("//b.example/z", "https://b.example/z"),
            ("//alice:secret@b.example/z", "https://b.example/z"),
        ];
        for (path, url) in cases {
            assert_eq!(Resource::whole(path).url(&base).unwrap().as_str(), url);
        }
        assert!(Resource::whole("http://[").url(&base).is_err());
    }
}
