//! `ContentProtection`: how a set is encrypted, and what each licence system is told (ISO/IEC 23009-1 5.8.4.1,
//! ISO/IEC 23001-7 11.2).

use crate::protection::{Protection, System, playready};
use base64::prelude::{BASE64_STANDARD, Engine};
use shared::mpd::model::ContentProtection;
use shared::protection::{KeyId, SystemId};

const COMMON_ENCRYPTION: &str = "urn:mpeg:dash:mp4protection:2011";
const CLEAR_KEY: &str = "ClearKey1.0";

/// Of Representations with this key: the scheme first, then ClearKey, then the systems that were asked for.
pub(super) fn descriptors(protection: &Protection, key_id: KeyId) -> Vec<ContentProtection> {
    let common = ContentProtection {
        scheme_id_uri: Some(COMMON_ENCRYPTION.into()),
        value: Some(protection.scheme.name().into()),
        default_kid: Some(key_id.uuid()),
        ..ContentProtection::default()
    };
    let clear_key = protection.names_clear_key().then(|| clear_key(protection));
    let systems = protection.systems.iter().filter_map(|system| asked_for(*system, protection, key_id));
    [common].into_iter().chain(clear_key).chain(systems).collect()
}

fn clear_key(protection: &Protection) -> ContentProtection {
    ContentProtection {
        value: Some(CLEAR_KEY.into()),
        license_urls: protection.license_url.iter().cloned().collect(),
        ..of_system(SystemId::CLEARKEY)
    }
}

fn asked_for(system: System, protection: &Protection, key_id: KeyId) -> Option<ContentProtection> {
    let mut pssh = vec![];
    system.pssh(key_id, protection.scheme)?.write(&mut pssh);
    let object = (system == System::PlayReady).then(|| BASE64_STANDARD.encode(playready(key_id, protection.scheme)));
    Some(ContentProtection {
        pssh: vec![BASE64_STANDARD.encode(pssh)],
        playready: object.into_iter().collect(),
        ..of_system(system.id()?)
    })
}

fn of_system(id: SystemId) -> ContentProtection {
    let value = id.name().map(str::to_owned);
    ContentProtection { scheme_id_uri: Some(format!("urn:uuid:{id}")), value, ..ContentProtection::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::protection;

    fn said(systems: &[System], license_url: Option<&str>) -> Vec<String> {
        let license_url = license_url.map(str::to_owned);
        let protection = Protection { systems: systems.to_vec(), license_url, ..protection(&[]) };
        let all = descriptors(&protection, KeyId([0xab; 16]));
        all.into_iter().map(|one| one.value.unwrap_or_default()).collect()
    }

    #[test]
    fn each_system_has_its_own() {
        assert_eq!(said(&[], None), ["cenc", "ClearKey1.0"]);
        assert_eq!(said(&[System::Common], None), ["cenc", "ClearKey1.0", "W3C common"]);
        assert_eq!(said(&[System::Widevine, System::PlayReady], None), ["cenc", "Widevine", "PlayReady"]);
        assert_eq!(said(&[System::FairPlay], None), ["cenc"], "FairPlay is not of DASH");
        let all = said(&[System::Widevine], Some("https://licences.example/"));
        assert_eq!(all, ["cenc", "ClearKey1.0", "Widevine"]);
    }

    #[test]
    fn the_key_is_named_and_its_boxes_are_there() {
        let systems = vec![System::PlayReady];
        let url = "https://licences.example/?a=1&b=2";
        let protection = Protection { systems, license_url: Some(url.into()), ..protection(&[]) };
        let [common, clear_key, playready] = &descriptors(&protection, KeyId([0xab; 16]))[..] else { panic!() };
        assert_eq!(common.default_kid.as_deref(), Some("abababab-abab-abab-abab-abababababab"));
        assert_eq!(clear_key.license_urls, [url]);
        assert!(playready.pssh[0].len() > playready.playready[0].len());
    }
}
