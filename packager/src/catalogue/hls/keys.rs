//! Tags that name keys (RFC 8216 4.3.2.4 and 4.3.4.5): the same attributes in a playlist of segments and, for players that
//! want to ask for licences early, in the one that lists the others.

use super::tags::Attributes;
use crate::catalogue::Facts;
use crate::catalogue::collect::RenditionSegments;
use crate::protection::{Protection, Scheme, System, playready};
use base64::prelude::{BASE64_STANDARD, Engine};
use shared::protection::{KeyId, SystemId};

const KEY: &str = "EXT-X-KEY";
const SESSION_KEY: &str = "EXT-X-SESSION-KEY";
const CLEAR_KEY_FORMAT: &str = "org.w3.clearkey";

/// What a playlist of a rendition's segments says before the first of them; nothing where nothing is encrypted. The tags hold for
/// all that follow. What stays clear at the beginning says so in its fragments: hls.js asks for no licence where tags come later.
pub(super) fn of_rendition(facts: &Facts, one: &RenditionSegments<'_>) -> String {
    let key_id = facts.protection.as_ref().zip(facts.key_id(one.rendition));
    let tags = key_id.into_iter().flat_map(|(protection, key_id)| attributes(protection, key_id));
    tags.map(|one| one.tag(KEY)).collect()
}

/// The keys of all renditions, each once.
pub(super) fn session_keys(facts: &Facts) -> String {
    let Some(protection) = &facts.protection else { return String::new() };
    let mut seen: Vec<KeyId> = vec![];
    for key_id in facts.renditions.iter().filter_map(|rendition| protection.key_id(&rendition.id)) {
        if !seen.contains(&key_id) {
            seen.push(key_id);
        }
    }
    let tags = seen.into_iter().flat_map(|key_id| attributes(protection, key_id));
    tags.map(|one| one.tag(SESSION_KEY)).collect()
}

/// ClearKey first, then the systems that were asked for.
fn attributes(protection: &Protection, key_id: KeyId) -> impl Iterator<Item = Attributes> {
    let clear_key = protection.names_clear_key() || protection.systems.contains(&System::Common);
    let clear_key = clear_key.then(|| clear_key_attributes(protection, key_id));
    let systems = protection.systems.iter().filter_map(move |system| asked_for(*system, protection, key_id));
    clear_key.into_iter().chain(systems)
}

fn method(scheme: Scheme) -> Attributes {
    let method = match scheme {
        Scheme::Cenc => "SAMPLE-AES-CTR",
        Scheme::Cbcs => "SAMPLE-AES",
    };
    Attributes::default().plain("METHOD", method)
}

/// A URI must be there. Where nobody was named who has the key, it holds the name of the key.
fn clear_key_attributes(protection: &Protection, key_id: KeyId) -> Attributes {
    let uri = protection.license_url.clone().unwrap_or_else(|| data("text/plain", &key_id.0));
    let attributes = method(protection.scheme).quoted("URI", &uri);
    named(attributes, key_id, CLEAR_KEY_FORMAT)
}

fn asked_for(system: System, protection: &Protection, key_id: KeyId) -> Option<Attributes> {
    let attributes = method(protection.scheme);
    match system {
        System::Widevine => {
            let mut pssh = vec![];
            system.pssh(key_id, protection.scheme)?.write(&mut pssh);
            let format = format!("urn:uuid:{}", SystemId::WIDEVINE);
            Some(named(attributes.quoted("URI", &data("text/plain", &pssh)), key_id, &format))
        }
        System::PlayReady => {
            let object = data("text/plain;charset=UTF-16", &playready(key_id, protection.scheme));
            Some(with_format(attributes.quoted("URI", &object), "com.microsoft.playready"))
        }
        System::FairPlay => {
            let uri = format!("skd://{key_id}");
            Some(with_format(attributes.quoted("URI", &uri), "com.apple.streamingkeydelivery"))
        }
        System::Common => None,
    }
}

fn named(attributes: Attributes, key_id: KeyId, format: &str) -> Attributes {
    with_format(attributes.plain("KEYID", format_args!("0x{}", key_id.to_string().to_uppercase())), format)
}

fn with_format(attributes: Attributes, format: &str) -> Attributes {
    attributes.quoted("KEYFORMAT", format).quoted("KEYFORMATVERSIONS", "1")
}

fn data(kind: &str, bytes: &[u8]) -> String {
    format!("data:{kind};base64,{}", BASE64_STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::protection;

    fn tags(scheme: Scheme, systems: &[System]) -> Vec<String> {
        let protection = Protection { scheme, systems: systems.to_vec(), ..protection(&[]) };
        attributes(&protection, KeyId([0xab; 16])).map(|one| one.tag(KEY)).collect()
    }

    #[test]
    fn clear_key_stands_alone_unless_another_system_is_asked_for() {
        let expected = format!(
            "#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI=\"data:text/plain;base64,q6urq6urq6urq6urq6urqw==\",KEYID=0x{},\
             KEYFORMAT=\"org.w3.clearkey\",KEYFORMATVERSIONS=\"1\"\n",
            "AB".repeat(16)
        );
        assert_eq!(
            (tags(Scheme::Cenc, &[]).len(), tags(Scheme::Cenc, &[])),
            (1, tags(Scheme::Cenc, &[System::Common]))
        );
        assert_eq!(tags(Scheme::Cenc, &[System::Common]), [expected]);
        let widevine = tags(Scheme::Cenc, &[System::Widevine]);
        assert!(widevine.len() == 1 && widevine[0].contains("KEYFORMAT=\"urn:uuid:edef8ba9-"), "{widevine:?}");
        assert_eq!(tags(Scheme::Cenc, &[System::Widevine, System::Common, System::PlayReady]).len(), 3);
    }

    #[test]
    fn fairplay_is_told_by_its_own_scheme_of_addresses() {
        let expected = format!(
            "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://{}\",KEYFORMAT=\"com.apple.streamingkeydelivery\",\
             KEYFORMATVERSIONS=\"1\"\n",
            "ab".repeat(16)
        );
        assert_eq!(tags(Scheme::Cbcs, &[System::FairPlay]), [expected]);
    }
}
