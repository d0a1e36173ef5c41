//! Chooses the leaf by the scheme of the URL. Schemes that are not listed here are refused.

use super::failure::FetchFailure;
use super::file::FileSource;
use super::http::Http;
use super::request::FetchRequest;
use super::running::Sender;
use super::source::{Outcome, Source};
use super::throttle::Throttle;

/// The network for http and https, the disk for file.
#[derive(Debug)]
pub struct ByScheme {
    http: Http,
    files: FileSource,
}

impl ByScheme {
    /// No manifest is open yet; files come through `throttle`, as the network does through its relay.
    pub(super) fn new(http: Http, throttle: Throttle) -> Self {
        Self { http, files: FileSource::new(throttle) }
    }
}

impl Source for ByScheme {
    async fn run(&self, request: &FetchRequest, events: Sender) -> Outcome {
        match request.url.scheme() {
            "file" => self.files.run(request, events).await,
            "http" | "https" => {
                self.files.leave(request);
                self.http.run(request, events).await
            }
            scheme => Err(FetchFailure::refused(format!("{}: `{scheme}` URLs are not fetched", request.url))),
        }
    }
}
