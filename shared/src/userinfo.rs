//! `user:password@` of a URL (RFC 3986 3.2.1): a secret between the viewer and one server, so it stands in no error, report
//! or title. Not here: sending it.

use std::borrow::Cow;
use url::Url;

/// The URL without user and password.
pub fn without(mut url: Url) -> Url {
    // Fails for URLs that can have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// A text that somebody typed as a URL, to be shown: without user and password, should it have any. It need not be a URL.
pub fn hidden(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("//") else { return Cow::Borrowed(text) };
    let authority = &rest[..rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())];
    match authority.rfind('@') {
        Some(end) => Cow::Owned(format!("{scheme}//{}", &rest[end + 1..])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_left_out_and_nothing_else() {
        let cases = [
            ("http://alice:secret@a.example/x?y@z", "http://a.example/x?y@z"),
            ("http://alice@a.example:81", "http://a.example:81"),
            ("http://:secret@a.example/", "http://a.example/"),
            ("http://al@ice:sec@ret@a.example/m", "http://a.example/m"),
            ("http://alice:secret@[", "http://["),
            ("http:\\\\alice", "http:\\\\alice"),
            ("//alice:secret@a.example/m", "//a.example/m"),
            ("http://a.example/x@y", "http://a.example/x@y"),
            ("films/a@b.mpd", "films/a@b.mpd"),
            ("", ""),
        ];
        for (typed, shown) in cases {
            assert_eq!(hidden(typed), shown);
        }
        let url: Url = "https://alice:secret@a.example/x".parse().unwrap();
        assert_eq!(without(url).as_str(), "https://a.example/x");
        assert_eq!(without("file:///a".parse().unwrap()).as_str(), "file:///a");
    }
}
