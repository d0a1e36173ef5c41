//! What is encrypted, and whether its key can be had: it was given, or ClearKey licences are offered. Not here: fetching them.

use super::Lock;
use shared::mpd::{Protection, Representation};
use shared::protection::KeyId;
use url::Url;

/// What it takes to decrypt a Representation; none for one that is clear.
pub(super) fn of(source: &Representation) -> Option<Lock> {
    let encrypted = !source.protection.is_empty();
    encrypted.then(|| Lock { key_id: source.key_id(), licence: licence(source).map(String::from) })
}

/// Licence servers are asked over http(s) alone. What is no whole URL counts from the place of the media.
fn licence(source: &Representation) -> Option<Url> {
    let written = source.clear_key_url()?;
    let url = source.locations.first().map_or_else(|| Url::parse(written), |location| location.base.join(written));
    url.ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// Why a Representation cannot be decrypted, if so.
pub(super) fn shut(source: &Representation, given: &[KeyId]) -> Option<String> {
    let lock = of(source)?;
    let has_key = lock.key_id.map_or(!given.is_empty(), |id| given.contains(&id));
    (!has_key && lock.licence.is_none()).then(|| why(source, lock.key_id))
}

fn why(source: &Representation, key_id: Option<KeyId>) -> String {
    let mut systems: Vec<&str> =
        source.protection.iter().filter(|one| one.system().is_some()).map(Protection::name).collect();
    let known = systems.iter().any(|name| !name.starts_with("urn:"));
    if systems.is_empty() {
        systems = source.protection.first().map(Protection::name).into_iter().collect();
    }
    let by = systems.join(", ");
    let Some(id) = key_id else { return format!("is encrypted ({by})") };
    let player = if known { ", since this player knows ClearKey licences alone" } else { "" };
    format!("is encrypted ({by}): its key {id} is missing; give it with --key {id}:KEY{player}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::mpd;

    const ID: KeyId = KeyId([0x11; 16]);
    const CENC: &str = r#"<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc"
        cenc:default_KID="11111111-1111-1111-1111-111111111111"/>"#;
    const WIDEVINE: &str = r#"<ContentProtection schemeIdUri="urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"/>"#;

    fn source(protection: &str) -> Representation {
        let text = format!(
            r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT2S"><Period duration="PT4S">
            <AdaptationSet mimeType="video/mp4">{protection}<SegmentTemplate media="$Number$" duration="2"/>
            <Representation id="v" bandwidth="1"/></AdaptationSet></Period></MPD>"#
        );
        let url = "http://a.example/film/x.mpd".parse().unwrap();
        mpd::read(text.as_bytes(), &url).unwrap().0.periods[0].sets[0].representations[0].clone()
    }

    fn clear_key(url: &str) -> String {
        let system = r#"schemeIdUri="urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e""#;
        format!("{CENC}<ContentProtection {system}><dashif:Laurl>{url}</dashif:Laurl></ContentProtection>")
    }

    #[test]
    fn what_is_clear_has_no_lock() {
        assert_eq!((of(&source("")), shut(&source(""), &[])), (None, None));
    }

    #[test]
    fn a_given_key_or_a_licence_opens() {
        let locked = source(CENC);
        assert_eq!(shut(&locked, &[ID]), None);
        assert!(shut(&locked, &[KeyId([2; 16])]).is_some(), "another key does not");
        assert_eq!(shut(&source(&clear_key("https://l.example/k")), &[]), None);
        let unnamed = source(r#"<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc"/>"#);
        assert_eq!(shut(&unnamed, &[ID]), None, "which key it is its segments say");
    }

    #[test]
    fn licence_servers_are_absolute_or_beside_the_media_and_no_files() {
        let url = |written: &str| of(&source(&clear_key(written))).unwrap().licence;
        assert_eq!(url("https://l.example/k").as_deref(), Some("https://l.example/k"));
        assert_eq!(url("/clearkey").as_deref(), Some("http://a.example/clearkey"));
        assert_eq!((url("file:///etc/passwd"), url("")), (None, None));
    }

    #[test]
    fn the_reason_names_systems_key_and_remedy() {
        let id = ID.to_string();
        let why = shut(&source(&(CENC.to_owned() + WIDEVINE)), &[]).unwrap();
        let expected = format!(
            "is encrypted (Widevine): its key {id} is missing; give it with --key {id}:KEY, since this player knows ClearKey \
             licences alone"
        );
        assert_eq!(why, expected);
        assert!(
            shut(&source(CENC), &[]).unwrap().starts_with(&format!("is encrypted (cenc): its key {id} is missing"))
        );
    }
}
