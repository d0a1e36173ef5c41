//! What a manifest says of the encryption of a Representation, and what is wrong with that alone.

use base64::prelude::{BASE64_STANDARD, Engine};
use shared::mpd::model::{ContentProtection, Mpd, Representation};
use shared::protection::{KeyId, Pssh, SystemId};

const COMMON_ENCRYPTION: &str = "urn:mpeg:dash:mp4protection:2011";

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::verify) struct Described {
    /// It is encrypted.
    pub(in crate::verify) is_encrypted: bool,
    /// The code of the scheme, as it is written.
    pub(in crate::verify) scheme: Option<String>,
    /// Keys that are named.
    pub(in crate::verify) key_ids: Vec<KeyId>,
    /// Boxes for licence systems.
    pub(in crate::verify) pssh: Vec<Pssh>,
    /// What is wrong with what is said.
    pub(in crate::verify) problems: Vec<String>,
}

/// Of the Representation with this id, in one of the Periods: by itself and by its set.
pub(in crate::verify) fn of_mpd(mpd: &Mpd, period: usize, id: &str) -> Described {
    let sets = mpd.periods.get(period).map(|period| period.adaptation_sets.as_slice()).unwrap_or_default();
    let is_named = |one: &Representation| one.id.as_deref() == Some(id);
    for set in sets {
        if let Some(own) = set.representations.iter().find(|one| is_named(one)) {
            let all = own.common.content_protections.iter().chain(&set.common.content_protections);
            return Described::of(all.collect());
        }
    }
    Described::default()
}

impl Described {
    fn of(descriptors: Vec<&ContentProtection>) -> Self {
        let mut described = Self { is_encrypted: !descriptors.is_empty(), ..Self::default() };
        for one in &descriptors {
            described.descriptor(one);
        }
        if described.is_encrypted && described.scheme.is_none() {
            described.problems.push(format!("no ContentProtection says which scheme it is ({COMMON_ENCRYPTION})"));
        }
        described
    }

    fn descriptor(&mut self, one: &ContentProtection) {
        let urn = one.scheme_id_uri.as_deref().unwrap_or_default();
        let is_common = urn.eq_ignore_ascii_case(COMMON_ENCRYPTION);
        if is_common {
            self.scheme = one.value.clone().or(self.scheme.take());
        }
        for text in one.default_kid.iter().flat_map(|text| text.split_whitespace()) {
            match text.parse::<KeyId>() {
                Ok(id) if text.contains('-') => self.name(id),
                _ => self.problems.push(format!("cenc:default_KID is `{text}`, which is no UUID")),
            }
        }
        if is_common && one.default_kid.is_none() {
            self.problems.push("its mp4protection has no cenc:default_KID".into());
        }
        for text in &one.pssh {
            self.pssh(text, SystemId::from_urn(urn));
        }
    }

    pub(in crate::verify) fn name(&mut self, id: KeyId) {
        if !self.key_ids.contains(&id) {
            self.key_ids.push(id);
        }
    }

    /// A `pssh` in base64, of the system that it stands under.
    pub(in crate::verify) fn pssh(&mut self, text: &str, system: Option<SystemId>) {
        let compact: String = text.split_whitespace().collect();
        let boxes = BASE64_STANDARD.decode(compact).map_err(|error| error.to_string());
        match boxes.and_then(|boxes| Pssh::all(&boxes).map_err(|error| error.to_string())) {
            Err(problem) => self.problems.push(format!("a pssh of the manifest cannot be read: {problem}")),
            Ok(found) if found.is_empty() => self.problems.push("a pssh of the manifest is none".into()),
            Ok(found) => {
                for one in found {
                    if system.is_some_and(|system| system != one.system) {
                        let problem = format!(
                            "a pssh of {} stands under {}",
                            shown(one.system),
                            system.map_or_else(String::new, shown)
                        );
                        self.problems.push(problem);
                    }
                    self.pssh.push(one);
                }
            }
        }
    }
}

pub(super) fn shown(system: SystemId) -> String {
    system.name().map_or_else(|| system.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(inside: &str) -> Described {
        let text = format!(
            "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" xmlns:cenc=\"urn:mpeg:cenc:2013\"><Period><AdaptationSet>{inside}\
             <Representation id=\"v\"/></AdaptationSet></Period></MPD>"
        );
        of_mpd(&shared::mpd::parse(text.as_bytes()).unwrap().0, 0, "v")
    }

    const COMMON: &str = "<ContentProtection schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\" value=\"cenc\" \
                          cenc:default_KID=\"00112233-4455-6677-8899-aabbccddeeff\"/>";
    /// Of the W3C's example, under its own number.
    const PSSH: &str = "AAAARHBzc2gBAAAAEHfv7MCyTQKs4zweUuL7SwAAAAIwMTIzNDU2Nzg5MDEyMzQ1QUJDREVGR0hJSktMTU5PUAAAAAA=";

    #[test]
    fn what_is_good_is_read_without_complaint() {
        let system = "<ContentProtection schemeIdUri=\"urn:uuid:1077efec-c0b2-4d02-ace3-3c1e52e2fb4b\">";
        let said = described(&format!("{COMMON}{system}<cenc:pssh>\n{PSSH}\n</cenc:pssh></ContentProtection>"));
        assert_eq!((said.problems.len(), said.scheme.as_deref()), (0, Some("cenc")), "{said:?}");
        assert_eq!((said.key_ids.len(), said.pssh.len(), said.pssh[0].key_ids.len()), (1, 1, 2));
        assert_eq!(described(""), Described::default());
    }

    #[test]
    fn what_is_wrong_is_told() {
        let widevine = "<ContentProtection schemeIdUri=\"urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\">";
        for (inside, problem) in [
            (
                COMMON.replace(" cenc:default_KID=\"00112233-4455-6677-8899-aabbccddeeff\"", ""),
                "has no cenc:default_KID",
            ),
            (COMMON.replace("eeff\"", "eef\""), "which is no UUID"),
            (
                COMMON.replace("mpeg:dash:mp4protection:2011", "uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"),
                "which scheme",
            ),
            (
                format!("{COMMON}{widevine}<cenc:pssh>{PSSH}</cenc:pssh></ContentProtection>"),
                "W3C common stands under Widevine",
            ),
            (format!("{COMMON}{widevine}<cenc:pssh>{}</cenc:pssh></ContentProtection>", &PSSH[..40]), "cannot be read"),
            (format!("{COMMON}{widevine}<cenc:pssh>%%</cenc:pssh></ContentProtection>"), "cannot be read"),
            (format!("{COMMON}{widevine}<cenc:pssh></cenc:pssh></ContentProtection>"), "is none"),
        ] {
            let said = described(&inside);
            assert!(said.problems.iter().any(|one| one.contains(problem)), "{problem}: {said:?}");
        }
    }
}
