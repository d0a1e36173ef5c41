//! `player inspect`: fetches a manifest and prints what it holds.

use super::{Code, CommandFailure, load, out, source};
use crate::fetch::{FetchConfig, FetchRequest};
use crate::inspect;
use shared::{mpd, userinfo};

/// As a table or as JSON, on standard output.
///
/// # Errors
/// When the manifest cannot be had or is none.
pub fn run(name: &str, json: bool, mut config: FetchConfig) -> Result<(), CommandFailure> {
    let mut url = source::url(name)?;
    config.http.sign_in(&mut url);
    let name = &*userinfo::hidden(name);
    let request = FetchRequest::open(url);
    let (bytes, url) = load::with_fetcher(config, async |fetcher| load::get(fetcher, name, request).await)?;
    let unreadable = |e| CommandFailure::new(Code::Unsupported, format!("cannot make sense of {name}: {e}"));
    let (presentation, warnings) = mpd::read(&bytes, &url).map_err(unreadable)?;
    if json {
        out::json(&inspect::json(&presentation, &warnings))
    } else {
        out::result(&inspect::text(&presentation, &warnings))
    }
}
