//! What the words of a command line stand for: manifests and links.

use super::target::{self, Target};
use super::{Code, CommandFailure};
use crate::fetch::{FetchConfig, Throttle};
use player_core::io::LinkLimit;
use shared::units::{Bitrate, RateError};
use std::path::Path;
use url::Url;

/// The URL of the manifest that `named` stands for (see [`target::of`]).
///
/// # Errors
/// When nothing is there, or something that is no manifest.
pub fn url(named: &str) -> Result<Url, CommandFailure> {
    match target::of(named)? {
        Target::Manifest(url) => Ok(url),
        Target::Film(film) => Err(target::film_is_no_manifest(&film)),
        Target::Report(report) => {
            let report = report.display();
            let message = format!("{report} is the report of a session; open it with: player {report}");
            Err(CommandFailure::new(Code::Unsupported, message))
        }
    }
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
