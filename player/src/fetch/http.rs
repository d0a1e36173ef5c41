//! HTTP(S): one GET a request over reqwest, HTTP/1.1, through the `relay`. Redirects are followed at most
//! [`MOST_REDIRECTS`] times, to http and https only and never from https to http.
//!
//! The extra headers of the viewer may be secrets: they go to the origin that the viewer named and to no other, whatever
//! a manifest or a redirect says. Proxies of the environment are not used: they would hide
//! from the relay which address is contacted.

use super::cache::{Cache, Entry};
use super::reach::{Cause, Reach, Target};
use super::relay::Relay;
use super::request::{Failure, FailureKind, FetchEvent, FetchRequest, Range, Sender, Trust, too_large};
use super::throttle::Throttle;
use super::{FetchError, http_error};
use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_RANGE, HeaderMap, HeaderName, HeaderValue, LOCATION, RANGE};
use reqwest::redirect::Policy;
use reqwest::{Client, Proxy, Response, StatusCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout;
use url::{Origin, Url};

/// As many as content networks use to send a client to an edge and a bit more.
pub const MOST_REDIRECTS: usize = 5;

/// Longer words of parting than these are not listened to.
const REDIRECT_BODY: u64 = 64 << 10;

/// What the viewer can set.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Sent to the origin that the viewer names.
    pub headers: HeaderMap,
    /// From looking up the name to the connection.
    pub connect_timeout: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { headers: HeaderMap::new(), connect_timeout: Duration::from_secs(10) }
    }
}

impl HttpConfig {
    /// Adds a header written as `Name: value`.
    pub fn add_header(&mut self, line: &str) -> Result<(), FetchError> {
        let wrong = || FetchError::Header(line.to_owned());
        let (name, value) = line.split_once(':').ok_or_else(wrong)?;
        let name: HeaderName = name.trim().parse().map_err(|_| wrong())?;
        let value: HeaderValue = value.trim().parse().map_err(|_| wrong())?;
        self.headers.append(name, value);
        Ok(())
    }
}

/// The HTTP source. Cheap to clone; clones share connections and cache.
#[derive(Debug, Clone)]
pub struct Http(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    reach: Arc<Reach>,
    cache: Cache,
    headers: HeaderMap,
    /// The origin that the viewer named last. Locked only to read or replace it.
    named: Mutex<Option<Origin>>,
    /// The viewer opened a manifest over https: nothing that it names is then fetched in the clear.
    https_only: AtomicBool,
    /// Lives as long as the client that goes through it.
    _relay: Relay,
}

impl Http {
    /// Starts the relay on the current tokio runtime.
    pub async fn new(config: HttpConfig, allow_private: bool, throttle: Throttle) -> Result<Self, FetchError> {
        let reach = Arc::new(Reach::new(allow_private));
        let relay = Relay::start(reach.clone(), throttle, config.connect_timeout).await?;
        let client = client(&relay.proxy_url())?;
        let inner = Inner {
            client,
            reach,
            cache: Cache::default(),
            headers: config.headers,
            named: Mutex::default(),
            https_only: AtomicBool::new(false),
            _relay: relay,
        };
        Ok(Self(Arc::new(inner)))
    }

    pub(super) async fn run(&self, request: &FetchRequest, events: &Sender) -> Result<FetchEvent, Failure> {
        self.admit(request)?;
        let cached = request.cached && request.range.is_none();
        let held = if cached { self.0.cache.get(&request.url) } else { None };
        let response = self.respond(request, held.as_ref()).await?;
        match (response.status(), held) {
            (StatusCode::NOT_MODIFIED, Some(entry)) => confirm(entry, events).await,
            (StatusCode::OK | StatusCode::PARTIAL_CONTENT, _) => self.receive(request, response, cached, events).await,
            _ => Err(http_error::status(&response)),
        }
    }

    /// Notes what the viewer opens and refuses what a document may not name.
    fn admit(&self, request: &FetchRequest) -> Result<(), Failure> {
        let https = request.url.scheme() == "https";
        match request.trust {
            Trust::Viewer => {
                self.0.https_only.store(https, Ordering::Relaxed);
                *self.named() = Some(request.url.origin());
                Target::of(&request.url).into_iter().for_each(|target| self.0.reach.vouch(target));
                Ok(())
            }
            Trust::Document if self.0.https_only.load(Ordering::Relaxed) && !https => {
                Err(Failure::refused(format!("{}: a manifest from https cannot name http URLs", request.url)))
            }
            Trust::Document => Ok(()),
        }
    }

    fn named(&self) -> MutexGuard<'_, Option<Origin>> {
        self.0.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the request, follows redirects, each judged anew, and waits for the head of the last response.
    async fn respond(&self, request: &FetchRequest, held: Option<&Entry>) -> Result<Response, Failure> {
        let mut url = request.url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let response = self.ask(&url, request, held).await?;
            let Some(next) = redirected(&response)? else { return Ok(response) };
            url = next;
            if response.content_length().is_some_and(|length| length <= REDIRECT_BODY) {
                // Read to its end a connection can be used again. What it says does not matter.
                let _ = timeout(request.silence, response.bytes()).await;
            }
        }
        let message = format!("{}: redirected more than {MOST_REDIRECTS} times", request.url);
        Err(Failure::refused(message))
    }

    /// One step. Time spent on connecting is limited by the relay and is no silence.
    async fn ask(&self, url: &Url, request: &FetchRequest, held: Option<&Entry>) -> Result<Response, Failure> {
        let mut fields = fields(request, held);
        if self.named().as_ref() == Some(&url.origin()) {
            fields.extend(self.0.headers.clone());
        }
        let mut sending = Box::pin(self.0.client.get(url.clone()).headers(fields).send());
        let target = Target::of(url);
        loop {
            match timeout(request.silence, &mut sending).await {
                Ok(result) => return result.map_err(|error| self.explain(request, &error)),
                Err(_) if target.as_ref().is_some_and(|target| self.0.reach.is_connecting(target)) => {}
                Err(_) => return Err(http_error::silence(request)),
            }
        }
    }

    async fn receive(
        &self,
        request: &FetchRequest,
        mut response: Response,
        cached: bool,
        events: &Sender,
    ) -> Result<FetchEvent, Failure> {
        let (status, headers, found) = (response.status(), response.headers().clone(), response.url().clone());
        let mut cut = Cut::new(request, &response)?;
        let length = cut.length(response.content_length());
        if length.is_some_and(|length| length > request.max_bytes) {
            return Err(too_large(request));
        }
        events.send(FetchEvent::Headers { status: cut.status(status), length, url: found.clone() }).await;
        let mut kept = BytesMut::new();
        while let Some(chunk) = self.next_chunk(request, &mut response).await? {
            let chunk = cut.take(chunk);
            if cut.passed > request.max_bytes {
                return Err(too_large(request));
            }
            if cached {
                kept.extend_from_slice(&chunk);
            }
            events.chunk(chunk).await;
            if cut.is_complete() {
                break;
            }
        }
        cut.check_end(request)?;
        if cached {
            self.0.cache.put(&request.url, &found, &headers, kept.freeze());
        }
        Ok(FetchEvent::Done { status: cut.status(status), from_cache: false })
    }

    async fn next_chunk(&self, request: &FetchRequest, response: &mut Response) -> Result<Option<Bytes>, Failure> {
        let chunk = timeout(request.silence, response.chunk()).await;
        chunk.map_err(|_| http_error::silence(request))?.map_err(|error| self.explain(request, &error))
    }

    fn explain(&self, request: &FetchRequest, error: &reqwest::Error) -> Failure {
        let url = error.url().unwrap_or(&request.url);
        let target = Target::of(url);
        let cause: Option<Cause> = target.as_ref().filter(|_| error.is_connect()).and_then(|t| self.0.reach.cause(t));
        http_error::explain(url, cause, error)
    }
}

fn fields(request: &FetchRequest, held: Option<&Entry>) -> HeaderMap {
    let mut fields = held.map(Entry::conditions).unwrap_or_default();
    if let Some(range) = request.range.and_then(|range| HeaderValue::try_from(range.to_string()).ok()) {
        fields.insert(RANGE, range);
    }
    if !request.cached {
        // Media does not shrink, and a coded body has neither the length nor the byte positions that were asked for.
        fields.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    fields
}

async fn confirm(entry: Entry, events: &Sender) -> Result<FetchEvent, Failure> {
    let length = Some(entry.body.len() as u64);
    events.send(FetchEvent::Headers { status: 304, length, url: entry.found }).await;
    events.chunk(entry.body).await;
    Ok(FetchEvent::Done { status: 304, from_cache: true })
}

/// Cuts the requested range out of what comes: servers may ignore `Range` and send everything (RFC 9110 14.2).
struct Cut {
    skip: u64,
    left: Option<u64>,
    passed: u64,
    ranged: bool,
}

impl Cut {
    fn new(request: &FetchRequest, response: &Response) -> Result<Self, Failure> {
        let whole = Self { skip: 0, left: None, passed: 0, ranged: request.range.is_some() };
        match (request.range, response.status()) {
            (Some(range), StatusCode::OK) => Ok(Self { skip: range.first, left: range.length(), ..whole }),
            (Some(range), _) if !starts_right(range, response) => {
                let message = format!("{}: asked for {range}, got another range", request.url);
                Err(Failure::new(FailureKind::Protocol, message))
            }
            (Some(range), _) => Ok(Self { left: range.length(), ..whole }),
            (None, _) => Ok(whole),
        }
    }

    /// How much will pass, given the length of the whole body.
    fn length(&self, body: Option<u64>) -> Option<u64> {
        let rest = body.map(|body| body.saturating_sub(self.skip));
        match (rest, self.left) {
            (Some(rest), Some(left)) => Some(rest.min(left)),
            (rest, left) => rest.or(left),
        }
    }

    /// The reader asked for a range and gets one.
    fn status(&self, status: StatusCode) -> u16 {
        if self.ranged { 206 } else { status.as_u16() }
    }

    fn take(&mut self, mut chunk: Bytes) -> Bytes {
        let skipped = self.skip.min(chunk.len() as u64);
        self.skip -= skipped;
        let mut chunk = chunk.split_off(skipped as usize);
        if let Some(left) = &mut self.left {
            chunk.truncate((*left).min(chunk.len() as u64) as usize);
            *left -= chunk.len() as u64;
        }
        self.passed += chunk.len() as u64;
        chunk
    }

    fn is_complete(&self) -> bool {
        self.left == Some(0)
    }

    /// A range that lies behind the end of the whole body, for servers that do not look at ranges.
    fn check_end(&self, request: &FetchRequest) -> Result<(), Failure> {
        if self.ranged && self.passed == 0 {
            let message = format!("{}: the range lies behind its end", request.url);
            return Err(Failure { status: Some(416), ..Failure::new(FailureKind::Status, message) });
        }
        Ok(())
    }
}

/// `Content-Range: bytes 10-19/100` begins where `range` does. A server that does not say is believed.
fn starts_right(range: Range, response: &Response) -> bool {
    let said = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    said.is_none_or(|said| {
        let first = said.strip_prefix("bytes ").and_then(|rest| rest.split('-').next());
        first.and_then(|first| first.parse().ok()) == Some(range.first)
    })
}

fn client(proxy: &str) -> Result<Client, FetchError> {
    // An error means that somebody installed one already: just as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || -> Result<_, FetchError> {
        Ok(Client::builder()
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .http1_only()
            .tcp_nodelay(true)
            .redirect(Policy::none())
            .proxy(Proxy::all(proxy)?))
    };
    // A system without certificates can still play over http; https then fails with a reason.
    builder()?.build().or_else(|_| Ok(builder()?.tls_certs_only([]).build()?))
}

/// Where a response sends us on (RFC 9110 15.4); `None` for one that does not.
fn redirected(response: &Response) -> Result<Option<Url>, Failure> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let refused = |why: String| Failure {
        status: Some(response.status().as_u16()),
        ..Failure::refused(format!("{}: redirected {why}", response.url()))
    };
    followed(response.url(), location).map(Some).map_err(refused)
}

/// Where `location` leads to, or why we do not go there. Addresses are judged when they are contacted.
fn followed(from: &Url, location: Option<&str>) -> Result<Url, String> {
    let to = location.and_then(|location| from.join(location).ok()).ok_or("to something that is no URL")?;
    match (from.scheme(), to.scheme()) {
        ("https", "http") => Err("from https to http".to_owned()),
        (_, "http" | "https") => Ok(to),
        (_, scheme) => Err(format!("to a `{scheme}` URL")),
    }
}

#[cfg(test)]
mod tests {
    use super::followed;

    #[test]
    fn redirects_lead_to_the_web_and_never_out_of_https() {
        let follow = |from: &str, to| followed(&from.parse().unwrap(), Some(to)).map(String::from);
        let (open, safe) = ("http://a.example/x/y", "https://a.example/x/y");
        assert_eq!(follow(open, "../z").as_deref(), Ok("http://a.example/z"));
        assert_eq!(follow(open, "https://b.example/").as_deref(), Ok("https://b.example/"));
        assert_eq!(follow(safe, "//b.example/z").as_deref(), Ok("https://b.example/z"));
        for (from, to) in [(safe, "http://a.example/x/y"), (safe, "HTTP://b.example"), (open, "file:///etc/passwd")] {
            assert!(follow(from, to).is_err(), "{from} to {to}");
        }
        for to in ["ftp://a.example/", "data:,x", "javascript:1", "http://", "concat:a|b"] {
            assert!(follow(open, to).is_err(), "{to}");
        }
        assert!(followed(&open.parse().unwrap(), None).is_err());
    }
}
