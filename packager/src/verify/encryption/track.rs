//! What an initialization segment says of encryption: by itself, and against the manifest.

use super::super::media::Loaded;
use super::super::{Check, Finding};
use super::described::{Described, shown};
use super::vector_sizes;
use shared::bmff::entry::MediaKind;
use shared::bmff::{Track, walk};
use shared::protection::{Encryption, KeyId, Pssh, Scheme, SystemId};

/// So many samples are not all too small to have a block that is encrypted.
const SOME_SAMPLES: usize = 24;

/// What there is beside the track.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::verify) struct TrackBoxes {
    /// In `moov`.
    pub(in crate::verify) pssh: Vec<Pssh>,
    /// What is wrong with it alone.
    pub(in crate::verify) problems: Vec<String>,
}

/// Looks at an initialization segment that holds `track`.
pub(in crate::verify) fn boxes(init: &[u8], track: &Track) -> TrackBoxes {
    let mut found = TrackBoxes::default();
    match moov_pssh(init) {
        Ok(pssh) => found.pssh = pssh,
        Err(problem) => found.problems.push(problem),
    }
    let Some(protection) = &track.protection else {
        if !found.pssh.is_empty() && track.more.iter().all(|entry| entry.protection.is_none()) {
            found.problems.push("has pssh boxes, and its track is clear".into());
        }
        return found;
    };
    match Scheme::from_code(protection.scheme) {
        None => found
            .problems
            .push(format!("is encrypted by `{}`, which is no scheme of common encryption", protection.scheme)),
        Some(scheme) => match protection.defaults {
            None => found.problems.push(unread_tenc(init)),
            Some(tenc) => {
                let is_video = matches!(track.kind, MediaKind::Video(_));
                found.problems.extend(defaults(scheme, &tenc, is_video));
                found.problems.extend(listed(&found.pssh, tenc.key_id));
            }
        },
    }
    found
}

fn moov_pssh(init: &[u8]) -> Result<Vec<Pssh>, String> {
    let moov = walk::first(walk::boxes(init), b"moov").map_err(|error| error.to_string())?;
    moov.map_or(Ok(vec![]), |moov| Pssh::all(moov.body))
        .map_err(|error| format!("has a pssh that cannot be read: {error}"))
}

/// Why there are no defaults.
fn unread_tenc(init: &[u8]) -> String {
    let start = init.windows(4).position(|kind| kind == b"tenc").and_then(|kind| kind.checked_sub(4));
    let tenc = start.and_then(|start| walk::boxes(&init[start..]).next());
    match tenc.map(|tenc| tenc.and_then(|tenc| Encryption::from_tenc(&tenc))) {
        Some(Err(error)) => format!("has a tenc that cannot be read: {error}"),
        _ => "has no tenc: nobody knows its key".into(),
    }
}

/// Clause 10: what each scheme has.
fn defaults(scheme: Scheme, tenc: &Encryption, is_video: bool) -> Vec<String> {
    let mut problems = vec![];
    if !tenc.protected {
        problems.push("its tenc says that samples are clear (default_isProtected is 0)".into());
    }
    if tenc.key_id == KeyId([0; 16]) {
        problems.push("its key id is 0".into());
    }
    if tenc.protected && !vector_sizes(scheme).contains(&tenc.iv_size) {
        problems.push(format!("has initialization vectors of {} bytes, which `{scheme}` does not have", tenc.iv_size));
    }
    let (crypt, skip) = (tenc.pattern.crypt, tenc.pattern.skip);
    match (scheme.has_pattern(), is_video) {
        (false, _) if (crypt, skip) != (0, 0) => {
            problems.push(format!("has a pattern of {crypt}:{skip}, and `{scheme}` has none"));
        }
        (true, true) if crypt == 0 || skip == 0 => {
            problems.push(format!("has a pattern of {crypt}:{skip}: pictures in `{scheme}` have one, as 1:9"));
        }
        (true, false) if crypt > 0 && skip > 0 => {
            problems.push(format!("has a pattern of {crypt}:{skip}: of sound, all blocks are encrypted"));
        }
        _ => {}
    }
    problems
}

/// Boxes that list keys list this one.
fn listed(pssh: &[Pssh], key_id: KeyId) -> Vec<String> {
    let lists_others = |one: &&Pssh| !one.key_ids.is_empty() && !one.key_ids.contains(&key_id);
    let named = pssh.iter().filter(lists_others);
    let mut problems: Vec<String> =
        named.map(|one| format!("the pssh of {} does not list its key {key_id}", shown(one.system))).collect();
    if pssh.iter().any(|one| one.system == SystemId::COMMON && one.key_ids.is_empty()) {
        problems.push("the pssh of W3C common lists no key".into());
    }
    problems
}

/// What was read of a Representation against what the manifest says of it.
pub(in crate::verify) fn against(described: &Described, loaded: &Loaded<'_>, findings: &mut Vec<Finding>) {
    let Some(track) = &loaded.track else { return };
    let nothing = (loaded.encrypted.samples >= SOME_SAMPLES && loaded.encrypted.protected == 0)
        .then(|| "its track is encrypted, and not a byte of its samples is".to_owned());
    for problem in differences(described, track, &loaded.boxes).into_iter().chain(nothing) {
        findings.push(Finding::new(Check::Encryption, "the manifest", &loaded.representation.id, problem));
    }
}

fn differences(described: &Described, track: &Track, boxes: &TrackBoxes) -> Vec<String> {
    let mut problems = described.problems.clone();
    let Some(protection) = &track.protection else {
        if described.is_encrypted {
            problems.push("the manifest says that it is encrypted, the track is clear".into());
        }
        return problems;
    };
    if !described.is_encrypted {
        problems.push(format!("the track is encrypted (`{}`), and the manifest does not say so", protection.scheme));
        return problems;
    }
    let code = protection.scheme.to_string();
    if let Some(said) = described.scheme.as_ref().filter(|said| **said != code) {
        problems.push(format!("the manifest says `{said}`, the track is encrypted by `{code}`"));
    }
    if let Some(id) = protection.key_id().filter(|id| !described.key_ids.is_empty() && !described.key_ids.contains(id))
    {
        let said: Vec<String> = described.key_ids.iter().map(KeyId::to_string).collect();
        problems.push(format!("the manifest names the key {}, the track needs {id}", said.join(" and ")));
    }
    for own in &boxes.pssh {
        if described.pssh.iter().any(|said| said.system == own.system) && !described.pssh.contains(own) {
            problems.push(format!("the pssh of {} is another one in the manifest", shown(own.system)));
        }
    }
    problems
}
