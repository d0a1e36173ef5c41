//! Which movie a simulation plays: a description in JSON, or a package, whose true segment sizes are in index files.

use crate::cli::{Code, CommandFailure, load, source};
use crate::fetch::{FetchConfig, FetchRequest, Fetcher, Range};
use player_core::abr;
use player_core::presentation::{Presentation, WantedFile, select};
use player_core::session::Config;
use player_core::sim::Movie;
use shared::{mpd, userinfo};
use std::time::Duration;
use url::Url;

/// Reads what `name` names: a file, or a manifest at an http(s) URL.
///
/// # Errors
/// When it cannot be had, or is neither a movie description nor a manifest with video.
pub(crate) fn read(name: &str) -> Result<Movie, CommandFailure> {
    let mut url = source::url(name)?;
    let mut config = FetchConfig::default();
    config.http.sign_in(&mut url);
    load::with_fetcher(config, async |fetcher| movie(fetcher, &userinfo::hidden(name), url).await)
}

async fn movie(fetcher: &Fetcher, name: &str, url: Url) -> Result<Movie, CommandFailure> {
    let unusable = |why: String| CommandFailure::new(Code::Unsupported, format!("{name}: {why}"));
    let (bytes, url) = load::get(fetcher, name, FetchRequest::open(url)).await?;
    if bytes.trim_ascii_start().starts_with(b"{") {
        return Movie::parse(&String::from_utf8_lossy(&bytes)).map_err(|e| unusable(e.to_string()));
    }
    let (manifest, _) = mpd::read(&bytes, &url).map_err(|e| unusable(e.to_string()))?;
    if matches!(manifest.kind, mpd::PresentationKind::Dynamic(_)) {
        return Err(unusable("a live presentation has no end that could be simulated".to_owned()));
    }
    let everything = Config::simulated(Duration::ZERO, abr::DEFAULT);
    let playable = select(&manifest, &everything.kinds, &everything.decodable).map_err(|e| unusable(e.to_string()))?;
    let presentation = complete(fetcher, name, playable.presentation).await?;
    Movie::from_presentation(&presentation).map_err(|e| unusable(e.to_string()))
}

/// With all its indexes.
async fn complete(
    fetcher: &Fetcher,
    name: &str,
    mut presentation: Presentation,
) -> Result<Presentation, CommandFailure> {
    while let Some(WantedFile { rung, url, resource }) = presentation.wanted() {
        let unusable = |why: String| CommandFailure::new(Code::Unsupported, format!("{name}: its index {url}: {why}"));
        let target = Url::parse(&url).map_err(|e| unusable(e.to_string()))?;
        let range = resource.range.map(|range| Range { first: range.first, last: range.last });
        let (bytes, _) = load::get(fetcher, name, FetchRequest::media(target, range)).await?;
        presentation.supply(rung, &bytes).map_err(|e| unusable(e.to_string()))?;
    }
    Ok(presentation)
}
