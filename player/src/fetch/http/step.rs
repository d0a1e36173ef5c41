//! The steps of an HTTP request: the first goes to the URL that was asked for, each redirect leads to another one
//! (RFC 9110 15.4). What goes along with each step is decided here; sending it is not.

use crate::fetch::failure::FetchFailure;
use crate::fetch::request::FetchRequest;
use bytes::Bytes;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LOCATION, RANGE,
};
use reqwest::{Method, Response, StatusCode};
use shared::userinfo;
use url::Url;

/// What describes the wanted body or the one that is sent, and nothing about the viewer: it goes to every server that may
/// have the answer. Everything else in a request may be a secret of the origin that it was meant for.
const FOR_EVERY_ORIGIN: [HeaderName; 5] = [ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, IF_MODIFIED_SINCE, IF_NONE_MATCH];

/// One exchange with one server.
#[derive(Debug, Clone)]
pub(super) struct HttpStep {
    pub(super) url: Url,
    pub(super) method: Method,
    pub(super) body: Bytes,
}

impl HttpStep {
    /// The step to the URL that was asked for.
    pub(super) fn first(request: &FetchRequest) -> Self {
        Self { url: request.url.clone(), method: request.method.clone(), body: request.body.clone() }
    }

    /// The step to `url` after a redirect with `status`. After 303, and by custom after 301 and 302 to a POST, the answer
    /// is asked for with GET; 307 and 308 repeat the request (RFC 9110 15.4.2 to 15.4.9).
    pub(super) fn redirected(self, status: StatusCode, url: Url) -> Self {
        let moved = matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND);
        if status == StatusCode::SEE_OTHER || (moved && self.method == Method::POST) {
            return Self { url, method: Method::GET, body: Bytes::new() };
        }
        Self { url, ..self }
    }

    /// The header fields of `request` for this step.
    pub(super) fn fields(&self, request: &FetchRequest) -> HeaderMap {
        let at_home = self.url.origin() == request.url.origin();
        let meant = |name: &HeaderName| at_home || FOR_EVERY_ORIGIN.contains(name);
        let mut fields: HeaderMap = HeaderMap::new();
        for (name, value) in &request.headers {
            if meant(name) {
                fields.append(name, value.clone());
            }
        }
        if self.body.is_empty() {
            fields.remove(CONTENT_TYPE);
        }
        if let Some(range) = request.range.and_then(|range| HeaderValue::try_from(range.to_string()).ok()) {
            fields.insert(RANGE, range);
        }
        fields
    }
}

/// Where a response sends us on; `None` for one that does not.
pub(super) fn redirect(response: &Response) -> Result<Option<Url>, FetchFailure> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let refused = |why: String| FetchFailure {
        status: Some(response.status().as_u16()),
        ..FetchFailure::refused(format!("{}: redirected {why}", response.url()))
    };
    followed(response.url(), location).map(Some).map_err(refused)
}

/// Where `location` leads to, or why we do not go there. Addresses are judged when they are contacted.
fn followed(from: &Url, location: Option<&str>) -> Result<Url, String> {
    let to = location.and_then(|location| from.join(location).ok()).ok_or("to something that is no URL")?;
    // What a server says of user and password would stand in everything that names the URL.
    let to = userinfo::without(to);
    match (from.scheme(), to.scheme()) {
        ("https", "http") => Err("from https to http".to_owned()),
        (_, "http" | "https") => Ok(to),
        (_, scheme) => Err(format!("to a `{scheme}` URL")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_to_the_web_and_never_out_of_https() {
        let follow = |from: &str, to| followed(&from.parse().unwrap(), Some(to)).map(String::from);
        let (open, safe) = ("http://a.example/x/y", "https://a.example/x/y");
        assert_eq!(follow(open, "../z").as_deref(), Ok("http://a.example/z"));
        assert_eq!(follow(open, "https://b.example/").as_deref(), Ok("https://b.example/"));
        assert_eq!(follow(open, "//alice:secret@b.example/z").as_deref(), Ok("http://b.example/z"));
        assert_eq!(follow(safe, "//b.example/z").as_deref(), Ok("https://b.example/z"));
        for (from, to) in [(safe, "http://a.example/x/y"), (safe, "HTTP://b.example"), (open, "file:///etc/passwd")] {
            assert!(follow(from, to).is_err(), "{from} to {to}");
        }
        for to in ["ftp://a.example/", "data:,x", "javascript:1", "http://", "concat:a|b"] {
            assert!(follow(open, to).is_err(), "{to}");
        }
        assert!(followed(&open.parse().unwrap(), None).is_err());
    }

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn licence() -> FetchRequest {
        let mut request = FetchRequest::media(url("https://a.example/licence"), None);
        request.method = Method::POST;
        request.body = Bytes::from_static(b"{}");
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.headers.insert("x-token", HeaderValue::from_static("secret"));
        request
    }

    #[test]
    fn a_repeated_request_keeps_its_body_and_another_answer_is_read() {
        let after = |status: u16, request: &FetchRequest| {
            let step =
                HttpStep::first(request).redirected(StatusCode::from_u16(status).unwrap(), url("https://a.example/x"));
            (step.method, step.body.len())
        };
        for status in [307, 308] {
            assert_eq!(after(status, &licence()), (Method::POST, 2), "{status}");
        }
        for status in [301, 302, 303] {
            assert_eq!(after(status, &licence()), (Method::GET, 0), "{status}");
        }
    }

    #[test]
    fn only_what_describes_the_body_goes_to_another_origin() {
        let request = licence();
        let names = |to: &str| {
            let step = HttpStep::first(&request).redirected(StatusCode::TEMPORARY_REDIRECT, url(to));
            let fields = step.fields(&request);
            ["x-token", "content-type", "accept-encoding"].map(|name| fields.contains_key(name))
        };
        assert_eq!(names("https://a.example/elsewhere"), [true, true, true]);
        for other in ["https://b.example/licence", "https://a.example:444/licence", "http://a.example/licence"] {
            assert_eq!(names(other), [false, true, true], "{other}");
        }
        let read = HttpStep::first(&request).redirected(StatusCode::SEE_OTHER, url("https://a.example/x"));
        assert!(!read.fields(&request).contains_key(CONTENT_TYPE), "nothing is sent that it could describe");
    }
}
