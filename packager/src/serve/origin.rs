//! Answers one request: log, fault, file, headers, body.

use super::access_log::AccessLog;
use super::body::Outgoing;
use super::clear_key::KeyStore;
use super::fault::{Fault, FaultSchedule, ResponseFault};
use super::link::ShapedLink;
use super::listen::Breaker;
use super::live::{Caching, LiveService};
use super::range::{Wanted, wanted};
use super::{addresses, clear_key, headers, index, link};
use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, ETAG, IF_RANGE, LAST_MODIFIED, RANGE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tower::ServiceExt;
use tower_http::services::ServeDir;

/// Read size of files. The file service's own default makes it several times slower on segments.
const CHUNK: usize = 256 * 1024;

/// The root element of a manifest has begun and ended within so many bytes, whatever comments stand before it.
const ROOT_ELEMENT: u64 = 16 * 1024;
/// The last line of a playlist lies in so many bytes.
const LAST_LINE: u64 = 64;

/// What all requests share.
pub(super) struct OriginServer {
    /// Canonical.
    root: PathBuf,
    files: ServeDir,
    link: ShapedLink,
    faults: FaultSchedule,
    log: AccessLog,
    /// Without them no licences are given.
    keys: Option<KeyStore>,
    /// Without it packages are served as they are.
    service: Option<LiveService>,
}

/// The service: every path is a file, but for the page that lists the manifests and the one of licences.
pub(super) fn router(origin: Arc<OriginServer>) -> Router {
    Router::new().fallback(answer).with_state(origin).layer(headers::cors())
}

async fn answer(
    State(origin): State<Arc<OriginServer>>,
    Extension(breaker): Extension<Breaker>,
    request: Request,
) -> Response {
    let mut record = origin.log.begin(&request, &origin.link);
    let path = request.uri().path().to_owned();
    let fault = origin.faults.next(&path);
    let flow = origin.link.request().await;
    if fault == Some(ResponseFault::Silence) {
        // Ends when the client gives up: then this future is dropped, and with it the record, which writes its line.
        std::future::pending::<()>().await;
    }
    let head = request.method() == Method::HEAD;
    let mut response = match fault.and_then(ResponseFault::status) {
        Some(status) => failed(status),
        None => origin.respond(request).await,
    };
    let live = headers::may_be_live(&path, response.status()) && origin.is_live(&path).await;
    headers::describe(&path, response.status(), live, response.headers_mut());
    if let Some(Caching(policy)) = response.extensions_mut().remove() {
        response.headers_mut().insert(CACHE_CONTROL, policy);
    }
    record.status = response.status().as_u16();
    if head || !response.status().is_success() {
        return response;
    }
    let out = Outgoing { link: origin.link.clone(), flow, fault, left: u64::MAX, breaker, record };
    carry(response, out)
}

impl OriginServer {
    pub(super) fn new(root: PathBuf, link: ShapedLink, faults: Vec<Fault>, log: AccessLog) -> Self {
        let files = ServeDir::new(&root).append_index_html_on_directories(false).with_buf_chunk_size(CHUNK);
        Self { root, files, link, faults: FaultSchedule::new(faults), log, keys: None, service: None }
    }

    /// With a licence server that gives out these keys.
    pub(super) fn with_keys(self, keys: Option<KeyStore>) -> Self {
        Self { keys, ..self }
    }

    /// With packages as live services.
    pub(super) fn with_live(self, service: Option<LiveService>) -> Self {
        Self { service, ..self }
    }

    #[cfg(test)]
    pub(super) fn replace_log(&mut self, log: AccessLog) {
        self.log = log;
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    async fn respond(&self, request: Request) -> Response {
        match &self.keys {
            Some(keys) if request.uri().path() == clear_key::PATH => {
                let method = request.method().clone();
                keys.answer(&method, request.into_body()).await
            }
            _ => self.file(request).await,
        }
    }

    async fn file(&self, mut request: Request) -> Response {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD, OPTIONS")]).into_response();
        }
        if request.uri().path() == "/" {
            return self.index().await;
        }
        if let Some(response) = self.live(request.uri(), request.headers()).await {
            return response;
        }
        let Some(length) = self.length(request.uri().path()).await else {
            return failed(StatusCode::NOT_FOUND);
        };
        if request.headers().contains_key(RANGE) {
            let part = self.part(request.method(), request.uri(), request.headers(), length).await;
            request.headers_mut().remove(RANGE);
            request.headers_mut().extend(part.map(|part| (RANGE, part)));
        }
        serve(&self.files, request).await
    }

    /// What a live service answers; none for files.
    async fn live(&self, uri: &Uri, asked: &HeaderMap) -> Option<Response> {
        let service = self.service.as_ref()?;
        let path = percent_decode_str(uri.path()).decode_utf8_lossy();
        let now = link::wall();
        service.answer(path.trim_start_matches('/'), asked, now).await
    }

    /// The page that lists the manifests. Looking for them waits for the disk.
    async fn index(&self) -> Response {
        let root = self.root.clone();
        let found = tokio::task::spawn_blocking(move || addresses::manifests(&root)).await;
        found.map_or_else(|_| failed(StatusCode::INTERNAL_SERVER_ERROR), |manifests| index::response(&manifests))
    }

    /// The length of a file that may be served: a regular one, which does not lie outside of the folder over a symbolic
    /// link. Reading a pipe or a device could last for ever.
    async fn length(&self, path: &str) -> Option<u64> {
        let real = self.real(path).await.ok().filter(|real| real.starts_with(&self.root))?;
        let facts = tokio::fs::metadata(real).await.ok()?;
        facts.is_file().then_some(facts.len())
    }

    /// The `Range` that the file service is asked for, in a form that it understands; none for the whole file. Ranges are
    /// for GET alone (RFC 9110 14.2).
    async fn part(&self, method: &Method, uri: &Uri, asked: &HeaderMap, length: u64) -> Option<HeaderValue> {
        let mut ranges = asked.get_all(RANGE).iter();
        let (Some(range), None) = (ranges.next(), ranges.next()) else { return None };
        if *method != Method::GET || !self.range_holds(uri, asked).await {
            return None;
        }
        let part = match wanted(range.to_str().ok()?, length) {
            Wanted::Whole => return None,
            Wanted::Part(first, last) => format!("bytes={first}-{last}"),
            Wanted::Nothing => format!("bytes={length}-"),
        };
        HeaderValue::try_from(part).ok()
    }

    /// The file behind a path, links followed.
    async fn real(&self, path: &str) -> std::io::Result<PathBuf> {
        let path = percent_decode_str(path).decode_utf8_lossy();
        tokio::fs::canonicalize(self.root.join(path.trim_start_matches('/'))).await
    }

    /// Whether the path is a manifest that changes. A file that cannot be read is none.
    async fn is_live(&self, path: &str) -> bool {
        let Ok(real) = self.real(path).await else { return false };
        let ends = ends(&real).await;
        ends.is_ok_and(|(beginning, end)| headers::is_live(&beginning, &end))
    }

    /// `If-Range` (RFC 9110 13.1.5): a part of the file is only wanted if it is still the one that the client has the
    /// other parts of.
    async fn range_holds(&self, uri: &Uri, asked: &HeaderMap) -> bool {
        let Some(held) = asked.get(IF_RANGE) else { return true };
        let mut probe = Request::new(Body::empty());
        *probe.method_mut() = Method::HEAD;
        *probe.uri_mut() = uri.clone();
        let current = serve(&self.files, probe).await;
        is_current(held, current.headers())
    }
}

/// The first and the last bytes of a file.
async fn ends(path: &Path) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    let mut file = tokio::fs::File::open(path).await?;
    let (mut beginning, mut end) = (vec![], vec![]);
    (&mut file).take(ROOT_ELEMENT).read_to_end(&mut beginning).await?;
    let length = file.metadata().await?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LAST_LINE))).await?;
    file.take(LAST_LINE).read_to_end(&mut end).await?;
    Ok((beginning, end))
}

/// The response with its body sent through fault and link.
fn carry(response: Response, mut out: Outgoing) -> Response {
    let (mut parts, body) = response.into_parts();
    let length: Option<u64> = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if let Some((fault, length)) = out.fault.zip(length) {
        out.left = fault.sent_of(length);
    }
    if out.fault == Some(ResponseFault::WrongLength) {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(out.left));
    }
    Response::from_parts(parts, out.carry(body))
}

async fn serve(files: &ServeDir, request: Request) -> Response {
    match files.clone().oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

/// A strong entity tag or the exact date of the last change; weak tags never hold.
fn is_current(held: &HeaderValue, current: &HeaderMap) -> bool {
    let weak = held.as_bytes().starts_with(b"W/");
    !weak && [ETAG, LAST_MODIFIED].iter().any(|name| current.get(name) == Some(held))
}

fn failed(status: StatusCode) -> Response {
    let mut response = (status, format!("{status}\n")).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
