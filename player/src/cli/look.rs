//! `player inspect`: fetches a manifest and prints what it holds.

use super::{Code, Failure, source};
use crate::fetch::{self, FailureKind, FetchConfig, FetchRequest, Fetcher};
use crate::inspect;
use bytes::Bytes;
use shared::mpd;
use url::Url;

/// As a table or as JSON, on standard output.
///
/// # Errors
/// When the manifest cannot be had or is none.
pub fn run(name: &str, json: bool, config: FetchConfig) -> Result<(), Failure> {
    let (bytes, url) = fetch(source::url(name)?, config)?;
    let unreadable = |e| Failure::new(Code::Unsupported, format!("cannot make sense of {name}: {e}"));
    let (presentation, warnings) = mpd::read(&bytes, &url).map_err(unreadable)?;
    if json {
        println!("{:#}", inspect::json(&presentation, &warnings));
    } else {
        print!("{}", inspect::text(&presentation, &warnings));
    }
    Ok(())
}

fn fetch(url: Url, config: FetchConfig) -> Result<(Bytes, Url), Failure> {
    let no_runtime = |e| Failure::new(Code::Io, format!("cannot wait for the network: {e}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_runtime)?;
    runtime.block_on(async {
        let fetcher = Fetcher::new(config).await.map_err(|e| Failure::new(Code::Io, e.to_string()))?;
        fetcher.fetch(FetchRequest::open(url)).collect().await.map_err(failure)
    })
}

fn failure(failure: fetch::Failure) -> Failure {
    let code = if failure.kind == FailureKind::File { Code::Input } else { Code::Io };
    Failure::new(code, format!("cannot open it: {}", failure.message))
}
