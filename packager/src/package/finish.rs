//! The last files of a package: indexes or single files, then the manifest, when the package is what it says.

use super::facts;
use crate::catalogue::hls::PlaylistType;
use crate::catalogue::{self, Catalogue, DerivedFile, FilePart, Summary};
use crate::error::{Exit, PackagerError};
use crate::layout;
use crate::mux::SegmentClosed;
use crate::plan::Plan;
use crate::publish::{Folder, ObjectPart, Publisher, Store};
use crate::quality::PictureQuality;
use crate::text::FilmText;
use crate::verify::{Depth, Disk, Finding, Look, verify};
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;

/// Puts them. The manifests come last, that of HLS just before the other: until then players see the package that was
/// there before.
///
/// # Errors
/// 5 when the package is not what its manifest says: then there is no manifest, and all else stays for a report.
pub(super) fn finish(
    (plan, texts): (&Plan, &[FilmText]),
    hls: Option<PlaylistType>,
    (publisher, workspace): (&Publisher<Folder>, &Workspace),
    segments: Vec<SegmentClosed>,
    qualities: &BTreeMap<String, PictureQuality>,
    behind: &Behind<'_>,
) -> Result<Summary, PackagerError> {
    let mut catalogue = Catalogue::new(facts::read(plan, texts, publisher.store(), hls)?);
    for closed in segments {
        catalogue.apply(closed);
    }
    let (manifests, others): (Vec<_>, Vec<_>) =
        catalogue.files()?.into_iter().partition(|file| layout::is_manifest(&file.path));
    for file in &others {
        put_with(publisher, file, behind)?;
    }
    let candidate = |manifest: &DerivedFile| workspace.write_candidate(&manifest.path, &bytes_of(manifest));
    let candidates: Vec<PathBuf> = manifests.iter().rev().map(candidate).collect::<Result<_, _>>()?;
    examine_all(&candidates).inspect_err(|_| withdraw(plan, publisher))?;
    for manifest in &manifests {
        put(publisher, manifest)?;
    }
    workspace.remove_candidates();
    Ok(catalogue::summary(&catalogue, qualities)?)
}

/// Each on a thread of its own; the first one's fault is told first.
fn examine_all(candidates: &[PathBuf]) -> Result<(), PackagerError> {
    let lost = |_| PackagerError::new(Exit::Codec, "the examination of the package has ended early");
    thread::scope(|scope| {
        let examined: Vec<_> = candidates.iter().map(|candidate| scope.spawn(|| examine(candidate))).collect();
        examined.into_iter().try_for_each(|one| one.join().map_err(lost)?)
    })
}

/// Refuses what [`verify`] refuses, without decoding.
fn examine(candidate: &Path) -> Result<(), PackagerError> {
    let unread = |error: &dyn std::fmt::Display| fault(&error.to_string(), candidate);
    let (disk, url) = Disk::of(candidate).map_err(|e| unread(&e))?;
    let report = verify(&url, Look { files: &disk, depth: Depth::Structure, keys: &[] }).map_err(|e| unread(&e))?;
    match report.findings.split_first() {
        None => Ok(()),
        Some((first, others)) => Err(fault(&in_words(first, others.len()), candidate)),
    }
}

fn in_words(Finding { check, place, problem, .. }: &Finding, others: usize) -> String {
    let more = if others > 0 { format!(" (and {others} more)") } else { String::new() };
    format!("{check}: {place}: {problem}{more}")
}

fn fault(problem: &str, candidate: &Path) -> PackagerError {
    let place = candidate.display();
    let what = format!(
        "a fault of ours: the package is not what its manifest says, so no manifest is written: {problem}; please report \
         it with what `packager verify --quick {place}` prints; the folder stays for that, --force starts again"
    );
    PackagerError::new(Exit::Codec, what)
}

/// Early manifests of this run would keep players waiting for ever. Errors are ignored: the fault is the one to report.
fn withdraw(plan: &Plan, publisher: &Publisher<Folder>) {
    for path in layout::MANIFESTS {
        let early = publisher.store().get(path).ok().flatten().unwrap_or_default();
        if layout::is_named_in(&plan.generation, &String::from_utf8_lossy(&early)) {
            let _ = publisher.remove(path);
        }
    }
}

/// A manifest refers to files and has no part of one.
fn bytes_of(manifest: &DerivedFile) -> Vec<u8> {
    let bytes = manifest.parts.iter().filter_map(|part| match part {
        FilePart::Bytes(bytes) => Some(bytes.as_slice()),
        FilePart::Stored(_) => None,
    });
    bytes.collect::<Vec<_>>().concat()
}

/// What follows an object where that becomes a part of a file: media that were left in an input.
pub(super) type Behind<'a> = dyn Fn(&str) -> Vec<ObjectPart<'a>> + 'a;

/// What a file takes the place of is removed when the file is there.
pub(super) fn put(publisher: &Publisher<Folder>, file: &DerivedFile) -> Result<(), PackagerError> {
    put_with(publisher, file, &|_| vec![])
}

fn put_with(publisher: &Publisher<Folder>, file: &DerivedFile, behind: &Behind<'_>) -> Result<(), PackagerError> {
    let mut parts: Vec<ObjectPart<'_>> = vec![];
    for part in &file.parts {
        match part {
            FilePart::Bytes(bytes) => parts.push(ObjectPart::Bytes(bytes)),
            FilePart::Stored(path) => {
                parts.push(ObjectPart::Stored(path));
                parts.extend(behind(path));
            }
        }
    }
    publisher.put_parts(&file.path, &parts)?;
    for path in &file.replaces {
        publisher.remove(path)?;
    }
    Ok(())
}
