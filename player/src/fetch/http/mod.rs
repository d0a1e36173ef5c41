//! The HTTP(S) leaf: reqwest, HTTP/1.1, through the proxy that it is given. Redirects are followed at most
//! [`MOST_REDIRECTS`] times, to http and https only and never from https to http.
//!
//! The extra headers of the viewer may be secrets: they go to the origin that the viewer named and to no other, whatever
//! a manifest or a redirect says. So are user and password of the URL that the viewer typed. Proxies of the environment
//! are not used: they would hide from the relay which address is contacted.
//!
//! * `step`: what goes along with the first request and with each redirect;
//! * `range`: cuts the requested range out of what comes; `open_bodies`: what can be read on behind it;
//! * `credentials`: user and password that the viewer typed;
//! * `jar`: the cookies that servers have set;
//! * `error`: failures in our kinds and words.

mod credentials;
mod error;
mod jar;
mod open_bodies;
mod range;
mod step;

use super::FetchError;
use super::event::{BodyOrigin, ResponseHead};
use super::failure::FetchFailure;
use super::reach::{ConnectFailure, Reach, Target};
use super::request::{FetchRequest, Trust};
use super::running::Sender;
use super::source::{Outcome, Source};
use bytes::Bytes;
pub use credentials::Credentials;
use jar::Jar;
use open_bodies::{Incoming, OpenBodies, OpenBody};
use range::Cut;
use reqwest::header::{
    AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, SET_COOKIE,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Proxy, RequestBuilder, Response, StatusCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use step::{HttpStep, redirect};
use tokio::time::timeout;
use url::{Origin, Url};

/// As many as content networks use to send a client to an edge and a bit more.
pub const MOST_REDIRECTS: usize = 5;

/// The body of a redirect is read to its end if it is no larger than this, because only then can its connection be used
/// again; a larger one costs more than a new connection.
const REDIRECT_BODY: u64 = 64 << 10;

/// What the viewer can set.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Sent to the origin that the viewer names.
    pub headers: HeaderMap,
    /// From looking up the name to the connection.
    pub connect_timeout: Duration,
    /// For the origin that the viewer names, unless `headers` have an `Authorization`.
    pub credentials: Option<Credentials>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { headers: HeaderMap::new(), connect_timeout: Duration::from_secs(10), credentials: None }
    }
}

impl HttpConfig {
    /// Takes user and password out of the URL that the viewer opens.
    pub fn sign_in(&mut self, url: &mut Url) {
        self.credentials = Credentials::take(url);
    }

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

/// The HTTP source.
#[derive(Debug)]
pub struct Http {
    client: Client,
    reach: Arc<Reach>,
    headers: HeaderMap,
    credentials: Option<Credentials>,
    cookies: Jar,
    open: OpenBodies,
    /// The origin that the viewer named last. Locked only to read or replace it.
    named: Mutex<Option<Origin>>,
    /// The viewer opened a manifest over https: nothing that it names is then fetched in the clear.
    https_only: AtomicBool,
}

impl Source for Http {
    async fn run(&self, request: &FetchRequest, events: Sender) -> Outcome {
        self.admit(request)?;
        if let Some((open, origin)) = self.still_open(request).await {
            return self.read_on(request, open, origin, &events).await;
        }
        let response = self.respond_in_time(request).await?;
        match response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => self.receive(request, response, &events).await,
            StatusCode::NOT_MODIFIED if is_conditional(request) => {
                events.head(head_of(&response, StatusCode::NOT_MODIFIED.as_u16(), Some(0))).await;
                Ok(())
            }
            _ => Err(error::status(&response)),
        }
    }
}

impl Http {
    /// Reaches the network through `proxy`, a SOCKS URL, whose decisions about hosts are in `reach`.
    pub(super) fn new(config: HttpConfig, reach: Arc<Reach>, proxy: &str) -> Result<Self, FetchError> {
        Ok(Self {
            client: client(proxy)?,
            reach,
            headers: config.headers,
            credentials: config.credentials,
            cookies: Jar::default(),
            open: OpenBodies::default(),
            named: Mutex::default(),
            https_only: AtomicBool::new(false),
        })
    }

    /// Notes what the viewer opens and refuses what a document may not name.
    fn admit(&self, request: &FetchRequest) -> Result<(), FetchFailure> {
        let https = request.url.scheme() == "https";
        match request.trust {
            Trust::Viewer => {
                self.https_only.store(https, Ordering::Relaxed);
                *self.named() = Some(request.url.origin());
                self.reach.vouch(Target::of(&request.url));
                Ok(())
            }
            Trust::Document if self.https_only.load(Ordering::Relaxed) && !https => {
                Err(FetchFailure::refused(format!("{}: a manifest from https cannot name http URLs", request.url)))
            }
            Trust::Document => Ok(()),
        }
    }

    fn named(&self) -> MutexGuard<'_, Option<Origin>> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The head of the last response, and where a document comes from that the viewer opens.
    async fn respond_in_time(&self, request: &FetchRequest) -> Result<Response, FetchFailure> {
        let response = match request.pace {
            Some(pace) => timeout(pace.within, self.respond(request)).await.map_err(|_| request.slow(pace))?,
            None => self.respond(request).await,
        }?;
        if let (Trust::Viewer, Some(from)) = (request.trust, Target::of(response.url())) {
            self.reach.opened(&from);
        }
        Ok(response)
    }

    /// Sends the request, follows redirects, each judged anew, and waits for the head of the last response.
    async fn respond(&self, request: &FetchRequest) -> Result<Response, FetchFailure> {
        let mut step = HttpStep::first(request);
        for _ in 0..=MOST_REDIRECTS {
            let response = self.ask(&step, request).await?;
            let Some(next) = redirect(&response)? else { return Ok(response) };
            step = step.redirected(response.status(), next);
            if response.content_length().is_some_and(|length| length <= REDIRECT_BODY) {
                // What it says does not matter: a failure shows again in the next step.
                let _ = timeout(request.silence, response.bytes()).await;
            }
        }
        let message = format!("{}: redirected more than {MOST_REDIRECTS} times", request.url);
        Err(FetchFailure::refused(message))
    }

    /// One step, and the cookies of its response.
    async fn ask(&self, step: &HttpStep, request: &FetchRequest) -> Result<Response, FetchFailure> {
        let response = self.send_in_time(self.prepare(step, request), &step.url, request).await?;
        self.cookies.keep(&step.url, response.headers());
        Ok(response)
    }

    /// What goes along with one step.
    fn prepare(&self, step: &HttpStep, request: &FetchRequest) -> RequestBuilder {
        let mut fields = step.fields(request);
        let named = self.named().as_ref() == Some(&step.url.origin());
        if named {
            fields.extend(self.headers.clone());
        }
        self.cookies.add_to(&mut fields, &step.url);
        let credentials = self.credentials.as_ref().filter(|_| named && !fields.contains_key(AUTHORIZATION));
        let mut builder = self.client.request(step.method.clone(), step.url.clone()).headers(fields);
        if let Some(Credentials { user, password }) = credentials {
            builder = builder.basic_auth(user, password.as_ref());
        }
        if !step.body.is_empty() {
            builder = builder.body(step.body.clone());
        }
        builder
    }

    /// Time spent on connecting is limited by the relay and is no silence.
    async fn send_in_time(
        &self,
        prepared: RequestBuilder,
        url: &Url,
        request: &FetchRequest,
    ) -> Result<Response, FetchFailure> {
        let mut sending = Box::pin(prepared.send());
        let target = Target::of(url);
        loop {
            match timeout(request.silence, &mut sending).await {
                Ok(result) => return result.map_err(|error| self.explain(request, &error)),
                Err(_) if target.as_ref().is_some_and(|target| self.reach.is_connecting(target)) => {}
                Err(_) => return Err(request.silent()),
            }
        }
    }

    async fn receive(&self, request: &FetchRequest, response: Response, events: &Sender) -> Outcome {
        if let Some(failure) = error::unread_coding(&response) {
            return Err(failure);
        }
        let cut = Cut::new(request, &response)?;
        let length = cut.length(response.content_length());
        if length.is_some_and(|length| length > request.max_bytes) {
            return Err(request.too_large());
        }
        let head = head_of(&response, cut.status(response.status()), length);
        events.head(ResponseHead { unasked: cut.before(), ..head }).await;
        self.pass_on(request, OpenBody::new(request.url.clone(), response), cut, events).await
    }

    /// A body that brings what is asked for and still does; and whether it measures the network.
    async fn still_open(&self, request: &FetchRequest) -> Option<(OpenBody, BodyOrigin)> {
        let mut body = self.open.take(request)?;
        let origin = body.origin();
        let next = timeout(request.silence, body.incoming.next()).await;
        body.incoming.rest = next.ok()?.ok()??;
        Some((body, origin))
    }

    /// What follows a range in a body that goes on behind it.
    async fn read_on(&self, request: &FetchRequest, body: OpenBody, origin: BodyOrigin, events: &Sender) -> Outcome {
        let response = &body.incoming.response;
        let cut = Cut::new(request, response)?;
        let length = cut.length(body.total);
        if length.is_some_and(|length| length > request.max_bytes) {
            return Err(request.too_large());
        }
        let cut = cut.read_on_from(body.at);
        let head = head_of(response, cut.status(response.status()), length);
        events.head(ResponseHead { unasked: cut.before(), origin, ..head }).await;
        self.pass_on(request, body, cut, events).await
    }

    /// Passes on what was asked for; what follows it can be read on.
    async fn pass_on(&self, request: &FetchRequest, mut body: OpenBody, mut cut: Cut, events: &Sender) -> Outcome {
        while !self.pass(request, &mut body.incoming, &mut cut, events).await? {}
        match cut.goes_on(body.total) {
            Some((at, rest)) => {
                body.incoming.rest = rest;
                self.open.keep(OpenBody { at, ..body });
            }
            None => events.unasked(cut.behind()).await,
        }
        cut.check_end(request)
    }

    /// Passes the body on; `true` at its end, `false` when as much has come as has to come in a time.
    async fn pass(
        &self,
        request: &FetchRequest,
        body: &mut Incoming,
        cut: &mut Cut,
        events: &Sender,
    ) -> Result<bool, FetchFailure> {
        let Some(pace) = request.pace else { return self.pass_until(u64::MAX, request, body, cut, events).await };
        let enough = cut.passed().saturating_add(pace.bytes);
        let passed = timeout(pace.within, self.pass_until(enough, request, body, cut, events)).await;
        passed.map_err(|_| request.slow(pace))?
    }

    async fn pass_until(
        &self,
        enough: u64,
        request: &FetchRequest,
        body: &mut Incoming,
        cut: &mut Cut,
        events: &Sender,
    ) -> Result<bool, FetchFailure> {
        while cut.passed() < enough {
            let Some(chunk) = self.next_chunk(request, body).await? else { return Ok(true) };
            let came = chunk.len() as u64;
            let chunk = cut.take(chunk);
            events.unasked(came - chunk.len() as u64 - cut.behind()).await;
            if cut.passed() > request.max_bytes {
                return Err(request.too_large());
            }
            events.chunk(chunk).await;
            if cut.is_complete() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn next_chunk(&self, request: &FetchRequest, body: &mut Incoming) -> Result<Option<Bytes>, FetchFailure> {
        let chunk = timeout(request.silence, body.next()).await;
        chunk.map_err(|_| request.silent())?.map_err(|error| self.explain(request, &error))
    }

    fn explain(&self, request: &FetchRequest, error: &reqwest::Error) -> FetchFailure {
        let url = error.url().unwrap_or(&request.url);
        let target = Target::of(url);
        let connecting = target.as_ref().filter(|_| error.is_connect());
        let cause: Option<ConnectFailure> = connecting.and_then(|target| self.reach.cause(target));
        error::explain(url, cause, error)
    }
}

/// Whether "not modified" is an answer to it.
fn is_conditional(request: &FetchRequest) -> bool {
    request.headers.contains_key(IF_NONE_MATCH) || request.headers.contains_key(IF_MODIFIED_SINCE)
}

/// Without the cookies, which are nobody else's business.
fn head_of(response: &Response, status: u16, length: Option<u64>) -> ResponseHead {
    let url = response.url().clone();
    let mut fields = response.headers().clone();
    fields.remove(SET_COOKIE);
    ResponseHead { status, length, unasked: 0, url, origin: BodyOrigin::Network, fields }
}

fn client(proxy: &str) -> Result<Client, FetchError> {
    // An error means that somebody installed one already: just as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || -> Result<_, FetchError> {
        Ok(Client::builder()
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .http1_only()
            .http1_title_case_headers() // as they are written everywhere: some servers compare letter by letter
            .tcp_nodelay(true)
            .redirect(Policy::none())
            .proxy(Proxy::all(proxy)?))
    };
    // A system without certificates can still play over http; https then fails with a reason.
    builder()?.build().or_else(|_| Ok(builder()?.tls_certs_only([]).build()?))
}
