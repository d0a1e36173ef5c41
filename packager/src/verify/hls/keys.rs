//! Tags that say what is encrypted (RFC 8216 4.3.2.4 and 4.3.4.5): their text, and against what there is.

use super::media::Medium;
use super::multivariant::Multivariant;
use super::{Check, Finding};
use crate::playlist::Attributes;
use crate::verify::encryption::Described;
use crate::verify::media::Loaded;
use shared::protection::{KeyId, SystemId};
use url::Url;

const FAIRPLAY: &str = "com.apple.streamingkeydelivery";
const QUOTED: [&str; 3] = ["URI", "KEYFORMAT", "KEYFORMATVERSIONS"];

/// A tag that names a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyTag {
    line: usize,
    pub(super) method: String,
    uri: Option<String>,
    format: String,
    pub(super) has_format: bool,
    key_id: Option<KeyId>,
}

impl KeyTag {
    /// With what is wrong with its text.
    pub(super) fn read(line: usize, value: &str) -> (Self, Vec<String>) {
        let attributes = Attributes::read(value);
        let mut problems: Vec<String> = attributes.malformed().map(str::to_owned).into_iter().collect();
        for (name, text, is_quoted) in attributes.iter() {
            if QUOTED.contains(&name) && !is_quoted {
                problems.push(format!("{name}={text} is not quoted"));
            }
        }
        let key_id = attributes.get("KEYID").map(|text| (text, text.starts_with("0x").then(|| text.parse().ok())));
        if let Some((text, None | Some(None))) = key_id {
            problems.push(format!("KEYID is `{text}`, which is no key id behind 0x"));
        }
        let tag = Self {
            line,
            method: attributes.get("METHOD").unwrap_or_default().to_owned(),
            uri: attributes.get("URI").map(str::to_owned),
            format: attributes.get("KEYFORMAT").unwrap_or("identity").to_owned(),
            has_format: attributes.get("KEYFORMAT").is_some(),
            key_id: key_id.and_then(|(_, id)| id.flatten()),
        };
        problems.extend(tag.problem());
        (tag, problems)
    }

    fn problem(&self) -> Option<String> {
        let Self { method, uri, format, .. } = self;
        match method.as_str() {
            "NONE" => return None,
            "AES-128" | "AES-256" | "AES-256-GCM" | "SAMPLE-AES" | "SAMPLE-AES-CTR" => {}
            other => return Some(format!("METHOD is `{other}`")),
        }
        let Some(uri) = uri.as_deref().filter(|uri| !uri.is_empty()) else { return Some("URI is missing".into()) };
        if format == FAIRPLAY && (method != "SAMPLE-AES" || !uri.starts_with("skd://")) {
            return Some(format!(
                "FairPlay has METHOD=SAMPLE-AES and an address that begins with skd://, not {method} and `{uri}`"
            ));
        }
        None
    }

    /// The code of the scheme that it means for fragments.
    fn scheme(&self) -> Option<&'static str> {
        match self.method.as_str() {
            "SAMPLE-AES" => Some("cbcs"),
            "SAMPLE-AES-CTR" => Some("cenc"),
            _ => None,
        }
    }

    /// What must be different between two tags of a playlist.
    fn is_same(&self, other: &Self) -> bool {
        (&self.method, &self.uri, &self.format, self.key_id) == (&other.method, &other.uri, &other.format, other.key_id)
    }
}

/// What the tags of a playlist say.
pub(super) fn described(keys: &[KeyTag]) -> Described {
    let mut described = Described { is_encrypted: !keys.is_empty(), ..Described::default() };
    for key in keys {
        described.scheme = key.scheme().map(str::to_owned).or(described.scheme.take());
        if let Some(id) = key.key_id {
            described.name(id);
        }
        let of_widevine = SystemId::from_urn(&key.format).filter(|system| *system == SystemId::WIDEVINE);
        let data = key.uri.as_deref().and_then(|uri| uri.strip_prefix("data:")?.split_once(";base64,"));
        if let Some((system, (_, data))) = of_widevine.zip(data) {
            described.pssh(data, Some(system));
        }
    }
    described
}

/// Each segment that is encrypted stands behind a tag that says so.
pub(super) fn stand_before(medium: &Medium, loaded: &Loaded<'_>, findings: &mut Vec<Finding>) {
    let listed = |position: u64| medium.list.segments.get(usize::try_from(position).ok()?);
    let is_untold = |position: u64| listed(position).is_some_and(|listed| !listed.has_key);
    let untold = loaded.segments.iter().find(|segment| segment.is_encrypted && is_untold(segment.position));
    if let Some(segment) = untold.filter(|_| !medium.list.keys.is_empty()) {
        let place = format!("{} segment {}", medium.uri, segment.number);
        let problem = "is encrypted, and no EXT-X-KEY stands before it";
        findings.push(Finding::new(Check::Encryption, &segment.file, place, problem));
    }
}

/// Keys that players are told of early are those of the playlists, each once.
pub(super) fn session_keys(url: &Url, offered: &Multivariant<'_>, media: &[Medium], findings: &mut Vec<Finding>) {
    let mut seen: Vec<KeyTag> = vec![];
    for (line, value) in &offered.session_keys {
        let (tag, mut problems) = KeyTag::read(*line, value);
        if tag.method == "NONE" {
            problems.push("METHOD is NONE, which EXT-X-SESSION-KEY may not have".into());
        }
        if let Some(before) = seen.iter().find(|before| before.is_same(&tag)) {
            problems.push(format!("is the same as line {}", before.line));
        }
        if !media.iter().flat_map(|medium| &medium.list.keys).any(|key| key.is_same(&tag)) {
            problems.push("no playlist has this key".into());
        }
        for problem in problems {
            findings.push(Finding::new(Check::Encryption, url.as_str(), format!("line {line}"), problem));
        }
        seen.push(tag);
    }
}
