//! What the words of a command line stand for: URLs and links.

use super::{Code, CommandFailure, folder};
use crate::fetch::{FetchConfig, Throttle};
use player_core::io::LinkLimit;
use shared::units::{Bitrate, RateError};
use shared::userinfo;
use std::path::Path;
use url::Url;

/// In front of the address in links that open in the player, as on the page of `packager serve`.
const LINK: &str = "dash-player:";

/// An http(s) URL, a file URL, or the path of a manifest or of the folder of a package. A path must exist. What is typed
/// may hold a password, which [`userinfo::hidden`] keeps out of sentences.
pub fn url(source: &str) -> Result<Url, CommandFailure> {
    if let Some(address) = source.strip_prefix(LINK) {
        return linked(address);
    }
    if let Some((scheme, _)) = source.split_once("://") {
        let url = Url::parse(source)
            .map_err(|e| CommandFailure::new(Code::Usage, format!("`{}` is no URL: {e}", userinfo::hidden(source))))?;
        return match url.scheme() {
            "http" | "https" | "file" => Ok(url),
            _ => Err(CommandFailure::new(
                Code::Usage,
                format!("`{scheme}` URLs are not played; use http, https or a file"),
            )),
        };
    }
    let path = Path::new(source);
    let absolute = std::path::absolute(path).map_err(|e| CommandFailure::unreadable(source, &e))?;
    let meta = std::fs::metadata(&absolute).map_err(|e| CommandFailure::unreadable(source, &e))?;
    let file = if meta.is_dir() { folder::manifest(&absolute, source)? } else { absolute };
    Url::from_file_path(&file).map_err(|()| CommandFailure::new(Code::Input, format!("{source} is no path to a file")))
}

/// What a web page links to: it may name a server, but no file of the viewer's.
fn linked(address: &str) -> Result<Url, CommandFailure> {
    let is_remote = |url: &Url| matches!(url.scheme(), "http" | "https");
    Url::parse(address).ok().filter(is_remote).ok_or_else(|| {
        let message = format!("`{}` is no http or https URL; {LINK} opens nothing else", userinfo::hidden(address));
        CommandFailure::new(Code::Usage, message)
    })
}

/// A rate, `off`, or a trace: what begins like a rate and is no file that is there is a rate.
///
/// # Errors
/// A sentence for people, when it could be meant in several ways.
pub fn limit(text: &str) -> Result<LinkLimit, String> {
    match text.parse::<Bitrate>() {
        Ok(rate) => Ok(LinkLimit::Rate(rate)),
        Err(problem @ RateError::Unclear { .. }) if !Path::new(text).exists() => Err(problem.to_string()),
        Err(_) if text == "off" => Ok(LinkLimit::Off),
        Err(_) => Ok(LinkLimit::Trace(text.to_owned())),
    }
}

/// Headers, reach and link.
pub fn fetching(
    headers: &[String],
    allow_private: bool,
    throttle: Option<&LinkLimit>,
) -> Result<FetchConfig, CommandFailure> {
    let mut config = FetchConfig { allow_private, ..FetchConfig::default() };
    for line in headers {
        config.http.add_header(line).map_err(|e| CommandFailure::new(Code::Usage, e.to_string()))?;
    }
    if let Some(limit) = throttle {
        let link = crate::drive::link(limit).map_err(|problem| {
            let is_missing = matches!(limit, LinkLimit::Trace(name) if !Path::new(name).exists());
            CommandFailure::new(if is_missing { Code::Input } else { Code::Unsupported }, problem)
        })?;
        config.throttle = Throttle::new(link);
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        assert_eq!(url("https://example.org/a.mpd").unwrap().scheme(), "https");
        assert_eq!(url("ftp://example.org/a.mpd").unwrap_err().code, Code::Usage);
        assert_eq!(url("dash-player:http://example.org/a.mpd").unwrap().as_str(), "http://example.org/a.mpd");
        assert_eq!(url("dash-player:file:///etc/passwd").unwrap_err().code, Code::Usage);
        assert_eq!(url("/nowhere/a.mpd").unwrap_err().code, Code::Input);
        let folder = tempfile::tempdir().unwrap();
        let error = url(folder.path().to_str().unwrap()).unwrap_err();
        assert!(error.code == Code::Input && error.message.contains("manifest.mpd"), "{error}");
        let file = folder.path().join("a film.mpd");
        std::fs::write(&file, "").unwrap();
        assert!(url(file.to_str().unwrap()).unwrap().as_str().ends_with("a%20film.mpd"));
    }

    #[test]
    fn links() {
        assert_eq!(limit("800"), Ok(LinkLimit::Rate(Bitrate::from_kbps(800))));
        assert_eq!(limit("4Mbps"), Ok(LinkLimit::Rate(Bitrate::from_kbps(4000))));
        assert_eq!(limit("off"), Ok(LinkLimit::Off));
        assert_eq!(limit("fall.csv"), Ok(LinkLimit::Trace("fall.csv".into())));
        assert!(limit("4MB/s").unwrap_err().contains("bytes"));
        let missing = fetching(&[], false, Some(&LinkLimit::Trace("/nowhere/trace.csv".into()))).unwrap_err();
        assert_eq!(missing.code, Code::Input);
        assert_eq!(fetching(&["no colon".into()], false, None).unwrap_err().code, Code::Usage);
    }
}
