//! How media are encrypted, by the `ContentProtection` of a Representation and of its set (ISO/IEC 23009-1 5.8.4.1, ISO/IEC
//! 23001-7 11.2).

use super::describe::named;
use crate::mpd::model::{Common, ContentProtection};
use crate::mpd::presentation::Protection;
use std::sync::Arc;

/// Schemes that are kept of one element.
const MAX_SCHEMES: usize = 32;
/// Longer than any address of a licence server; in bytes.
const MAX_URL: usize = 2048;

/// How many bytes its texts have.
pub(super) fn weight(protection: &Protection) -> usize {
    let texts = [&protection.value, &protection.license_url];
    protection.scheme.len() + texts.into_iter().flatten().map(String::len).sum::<usize>()
}

/// What a Representation and its set say.
pub(super) fn both(own: &Arc<[Protection]>, set: &Arc<[Protection]>) -> Arc<[Protection]> {
    if own.is_empty() {
        return Arc::clone(set);
    }
    let more = set.iter().filter(|other| !own.iter().any(|known| known.scheme == other.scheme));
    own.iter().chain(more).take(MAX_SCHEMES).cloned().collect()
}

/// What an element says.
pub(super) fn of(common: &Common) -> Arc<[Protection]> {
    let mut all: Vec<Protection> = Vec::new();
    for protection in common.content_protections.iter().filter_map(one) {
        if all.len() < MAX_SCHEMES && !all.iter().any(|known| known.scheme == protection.scheme) {
            all.push(protection);
        }
    }
    all.into()
}

/// `default_KID` may list several keys (ISO/IEC 23001-7 11.2); the first is that of the samples in no group.
fn one(source: &ContentProtection) -> Option<Protection> {
    let scheme = named(source.scheme_id_uri.as_deref()?);
    let value = source.value.as_deref().map(|value| named(value.trim()));
    let key_id = source.default_kid.as_deref().and_then(|ids| ids.split_whitespace().next()?.parse().ok());
    Some(Protection { scheme, value, key_id, license_url: license_url(source) })
}

/// The first that is not empty, in whatever way it is written.
fn license_url(source: &ContentProtection) -> Option<String> {
    let older = source.other_license_urls.iter().flat_map(|url| [url.license_url.as_ref(), Some(&url.text)]).flatten();
    let written = source.license_urls.iter().chain(older).map(|url| url.trim());
    written.into_iter().find(|url| !url.is_empty() && url.len() <= MAX_URL).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::mpd;
    use crate::mpd::Representation;
    use crate::protection::KeyId;

    const MP4: &str = r#"<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cbcs"
        cenc:default_KID="9EB4050D-E44B-4802-932E-27D75083E266 00000000-0000-0000-0000-000000000000"/>"#;
    const KEY: KeyId = KeyId(0x9eb4050d_e44b_4802_932e_27d75083e266_u128.to_be_bytes());

    /// The only Representation of a film whose set and whose Representation say this.
    fn read(set: &str, own: &str) -> Representation {
        let text = format!(
            r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT2S"><Period duration="PT4S">
            <AdaptationSet mimeType="video/mp4">{set}<SegmentTemplate media="$Number$" duration="2"/>
            <Representation id="v" bandwidth="1">{own}</Representation></AdaptationSet></Period></MPD>"#
        );
        let (film, _) = mpd::read(text.as_bytes(), &"http://a.example/x.mpd".parse().unwrap()).unwrap();
        film.periods[0].sets[0].representations[0].clone()
    }

    fn clear_key(inside: &str) -> String {
        format!(
            r#"<ContentProtection schemeIdUri="urn:uuid:E2719D58-A985-B3C9-781A-B030AF78D30E">{inside}</ContentProtection>"#
        )
    }

    #[test]
    fn the_key_and_the_licence_are_found_wherever_they_stand() {
        let url = "https://l.example/k";
        let forms = [
            format!("<dashif:Laurl> {url} </dashif:Laurl>"),
            format!(r#"<clearkey:Laurl Lic_type="EME-1.0">{url}</clearkey:Laurl>"#),
            format!(r#"<ms:laurl licenseUrl="{url}"/>"#),
            format!("<dashif:laurl>{url}</dashif:laurl>"),
            format!("<dashif:Laurl/><dashif:Laurl>{url}</dashif:Laurl>"),
        ];
        for inside in &forms {
            for (set, own) in [(MP4, clear_key(inside)), ("", clear_key(inside) + MP4)] {
                let read = read(set, &own);
                assert_eq!((read.key_id(), read.clear_key_url()), (Some(KEY), Some(url)), "{inside}");
            }
        }
    }

    #[test]
    fn the_licence_of_another_system_is_not_for_us() {
        let widevine = r#"<ContentProtection schemeIdUri="urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"
            cenc:default_KID="nonsense"><dashif:Laurl>https://w.example/</dashif:Laurl></ContentProtection>"#;
        let read = read(widevine, MP4);
        let names: Vec<&str> = read.protection.iter().map(|one| one.name()).collect();
        assert_eq!((read.clear_key_url(), read.key_id(), names), (None, Some(KEY), vec!["cbcs", "Widevine"]));
    }
}
