//! The cookies of a session (RFC 6265): what a server has set goes back to it, and to nobody else. Content networks sign
//! what they let through so. They are kept in memory, as long as the session lasts, and shown nowhere.

use cookie_store::{Cookie, CookieDomain, CookieStore};
use reqwest::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use std::cmp::Reverse;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use url::Url;

/// More than a presentation needs: RFC 6265 section 6.1 asks for 50 a domain. Further ones are not kept.
const MOST_COOKIES: usize = 200;
/// The longest `Set-Cookie` (RFC 6265 section 6.1).
const LONGEST: usize = 4096;

/// Locked for a look-up or an insertion, never while waiting.
#[derive(Default)]
pub(super) struct Jar(Mutex<CookieStore>);

impl Jar {
    /// Keeps what the head of a response from `url` sets, in so far as it may.
    pub(super) fn keep(&self, url: &Url, head: &HeaderMap) {
        let lines = head.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        for line in lines.filter(|line| line.len() <= LONGEST) {
            if let Some(cookie) = acceptable(line, url) {
                self.insert(cookie, url);
            }
        }
    }

    fn insert(&self, cookie: Cookie<'static>, url: &Url) {
        let mut store = self.store();
        let domain = String::from(&cookie.domain);
        if store.iter_any().count() < MOST_COOKIES || store.contains_any(&domain, &cookie.path, cookie.name()) {
            // An expired one removes its predecessor, which is told as a failure.
            let _ = store.insert(cookie, url);
        }
    }

    /// Adds what is to go to `url` to the header fields of a request: one field with what the viewer has typed and what
    /// servers have set (RFC 6265 section 5.4), which replaces what was typed under the same name.
    pub(super) fn add_to(&self, fields: &mut HeaderMap, url: &Url) {
        let held = self.held(url);
        if held.is_empty() {
            return;
        }
        let typed: Vec<String> =
            fields.get_all(COOKIE).iter().filter_map(|line| Some(line.to_str().ok()?.into())).collect();
        let typed = typed.iter().flat_map(|line| line.split(';')).map(str::trim);
        let kept = typed.filter(|pair| !held.iter().any(|(name, _)| Some(name.as_str()) == name_of(pair)));
        let pairs: Vec<String> =
            kept.map(str::to_owned).chain(held.iter().map(|(name, value)| format!("{name}={value}"))).collect();
        if let Ok(mut field) = HeaderValue::try_from(pairs.join("; ")) {
            field.set_sensitive(true);
            fields.insert(COOKIE, field);
        }
    }

    /// Names and values, those with the longer paths first.
    fn held(&self, url: &Url) -> Vec<(String, String)> {
        let store = self.store();
        let mut matching = store.matches(url);
        matching.sort_by_key(|cookie| (Reverse(cookie.path.len()), cookie.name().to_owned()));
        matching.iter().map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned())).collect()
    }

    fn store(&self) -> MutexGuard<'_, CookieStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cookies are secrets.
impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jar").finish_non_exhaustive()
    }
}

fn name_of(pair: &str) -> Option<&str> {
    pair.split_once('=').map(|(name, _)| name.trim())
}

/// What `line` sets for `url` or for the domain that it belongs to. A domain under which anybody can have a name is none
/// (RFC 6265 section 5.3, step 5): a cookie for `com` or for all customers of a content network would go to strangers.
fn acceptable(line: &str, url: &Url) -> Option<Cookie<'static>> {
    let mut cookie = Cookie::parse(line, url).ok()?.into_owned();
    if let CookieDomain::Suffix(domain) = &cookie.domain
        && is_public_suffix(domain)
    {
        if url.host_str() != Some(domain) {
            return None;
        }
        cookie.domain = CookieDomain::host_only(url).ok()?;
    }
    Some(cookie)
}

fn is_public_suffix(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.');
    psl::suffix(domain.as_bytes()).is_none_or(|suffix| suffix.as_bytes() == domain.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    /// What goes to `to` after `from` has set `lines`.
    fn sent(from: &str, lines: &[&str], to: &str) -> Option<String> {
        let jar = Jar::default();
        keep(&jar, from, lines);
        field(&jar, HeaderMap::new(), to)
    }

    fn keep(jar: &Jar, from: &str, lines: &[&str]) {
        let head = lines.iter().map(|line| (SET_COOKIE, HeaderValue::from_str(line).unwrap())).collect();
        jar.keep(&url(from), &head);
    }

    fn field(jar: &Jar, mut fields: HeaderMap, to: &str) -> Option<String> {
        jar.add_to(&mut fields, &url(to));
        assert!(fields.get_all(COOKIE).iter().count() <= 1, "one field");
        fields.get(COOKIE).map(|field| field.to_str().unwrap().to_owned())
    }

    const MANIFEST: &str = "https://www.film.example/vod/1/m.mpd";

    #[test]
    fn a_cookie_goes_back_to_its_host_and_path() {
        let to = |line: &str, to: &str| sent(MANIFEST, &[line], to).is_some();
        assert_eq!(
            sent(MANIFEST, &["token=abc; Path=/; HttpOnly"], "https://www.film.example/x").unwrap(),
            "token=abc"
        );
        assert!(to("t=1", "https://www.film.example/vod/1/v/2.m4s") && !to("t=1", "https://www.film.example/other"));
        assert!(
            to("t=1; Path=/vod", "https://www.film.example/vod/2")
                && !to("t=1; Path=/vod", "https://www.film.example/vodka")
        );
        for other in
            ["https://film.example/vod/1/x", "https://a.www.film.example/vod/1/x", "https://evil.example/vod/1/x"]
        {
            assert!(!to("t=1", other), "{other}");
        }
        assert!(!to("t=1; Secure; Path=/", "http://www.film.example/x"));
    }

    #[test]
    fn a_domain_reaches_its_own_hosts_and_no_strangers() {
        let signed = "CloudFront-Policy=eyJ_; Domain=.film.example; Path=/; Secure; HttpOnly";
        assert_eq!(sent(MANIFEST, &[signed], "https://cdn.film.example/v.mp4").unwrap(), "CloudFront-Policy=eyJ_");
        for (from, domain, to) in [
            ("https://evil.co.uk/", "co.uk", "https://bank.co.uk/"),
            ("https://evil.com/", "com", "https://bank.com/"),
            ("https://evil.com/", "bank.com", "https://bank.com/"),
            ("https://d1.cloudfront.net/", "cloudfront.net", "https://d2.cloudfront.net/"),
            ("http://nas.local/", "local", "http://router.local/"),
            ("http://10.0.0.1/", "0.0.1", "http://11.0.0.1/"),
        ] {
            assert_eq!(sent(from, &[&format!("t=1; Domain={domain}")], to), None, "{domain}");
        }
        assert!(sent("http://localhost/", &["t=1; Domain=localhost"], "http://localhost/x").is_some());
        assert_eq!(sent("http://[::1]:80/", &["t=1"], "http://[::1]:81/x").unwrap(), "t=1");
    }

    #[test]
    fn the_last_word_of_a_server_counts() {
        let to = "https://www.film.example/vod/1/v.mp4";
        assert_eq!(sent(MANIFEST, &["t=1", "t=2"], to).unwrap(), "t=2");
        for gone in ["t=1; Max-Age=0", "t=1; Max-Age=-1", "t=1; Expires=Thu, 01-Jan-1970 00:00:01 GMT"] {
            assert_eq!(sent(MANIFEST, &["t=1", gone], to), None, "{gone}");
        }
        assert!(sent(MANIFEST, &["t=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:01 GMT"], to).is_some());
        assert!(sent(MANIFEST, &["t=1; Expires=soon"], to).is_some());
        assert_eq!(sent(MANIFEST, &["a=1; Path=/", "b=2; Path=/vod"], to).unwrap(), "b=2; a=1");
    }

    #[test]
    fn what_the_viewer_typed_stays_unless_the_server_renews_it() {
        let jar = Jar::default();
        let typed = || HeaderMap::from_iter([(COOKIE, HeaderValue::from_static("user=me; t=old"))]);
        assert_eq!(field(&jar, typed(), MANIFEST).unwrap(), "user=me; t=old");
        keep(&jar, MANIFEST, &["t=new"]);
        assert_eq!(field(&jar, typed(), MANIFEST).unwrap(), "user=me; t=new");
    }

    #[test]
    fn a_jar_has_a_bottom_and_tells_nothing() {
        let jar = Jar::default();
        let long = format!("long={}", "x".repeat(LONGEST));
        keep(&jar, MANIFEST, &[&long, "", "=", ";", "no pair", "t\t=", "t=1; Domain=."]);
        for n in 0..2 * MOST_COOKIES {
            keep(&jar, MANIFEST, &[&format!("c{n}=secret")]);
        }
        keep(&jar, MANIFEST, &["c0=renewed"]);
        let sent = field(&jar, HeaderMap::new(), MANIFEST).unwrap();
        assert!(sent.split("; ").count() <= MOST_COOKIES && sent.contains("c0=renewed") && !sent.contains("long"));
        assert!(!format!("{jar:?}").contains("secret"));
    }
}
