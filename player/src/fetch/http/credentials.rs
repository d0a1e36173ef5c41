//! User and password that the viewer typed into a URL (RFC 3986 3.2.1, RFC 7617).

use percent_encoding::percent_decode_str;
use shared::userinfo;
use std::fmt;
use url::Url;

/// A secret: not to be seen in what is printed for debugging either.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub(super) user: String,
    pub(super) password: Option<String>,
}

impl Credentials {
    /// Takes them out of `url`, if it has any.
    pub(super) fn take(url: &mut Url) -> Option<Self> {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let credentials = Self { user: decoded(url.username()), password: url.password().map(decoded) };
        *url = userinfo::without(url.clone());
        (!credentials.user.is_empty() || credentials.password.is_some()).then_some(credentials)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_taken_out_of_the_url_and_not_shown() {
        let mut url: Url = "http://al%40ice:s%3Acret@a.example/m.mpd".parse().unwrap();
        let taken = Credentials::take(&mut url).unwrap();
        assert_eq!((taken.user.as_str(), taken.password.as_deref()), ("al@ice", Some("s:cret")));
        assert_eq!(url.as_str(), "http://a.example/m.mpd");
        assert!(!format!("{taken:?}").contains("cret"));
        assert_eq!(Credentials::take(&mut url), None);
    }
}
