//! The last files of a package: indexes or single files, then the manifest.

use super::facts;
use crate::catalogue::{self, Catalogue, DerivedFile, FilePart, Summary};
use crate::error::PackagerError;
use crate::mux::SegmentClosed;
use crate::plan::Plan;
use crate::publish::{Folder, ObjectPart, Publisher};
use crate::quality::PictureQuality;
use std::collections::BTreeMap;

/// Puts them. The manifest comes last: until then players see the package that was there before.
pub(super) fn finish(
    plan: &Plan,
    publisher: &Publisher<Folder>,
    segments: Vec<SegmentClosed>,
    qualities: &BTreeMap<String, PictureQuality>,
) -> Result<Summary, PackagerError> {
    let mut catalogue = Catalogue::new(facts::read(plan, publisher.store())?);
    for closed in segments {
        catalogue.apply(closed);
    }
    for file in catalogue.files()? {
        put(publisher, &file)?;
    }
    Ok(catalogue::summary(&catalogue, qualities)?)
}

/// What a file takes the place of is removed when the file is there.
fn put(publisher: &Publisher<Folder>, file: &DerivedFile) -> Result<(), PackagerError> {
    let parts: Vec<ObjectPart<'_>> = file.parts.iter().map(object_part).collect();
    publisher.put_parts(&file.path, &parts)?;
    for path in &file.replaces {
        publisher.remove(path)?;
    }
    Ok(())
}

fn object_part(part: &FilePart) -> ObjectPart<'_> {
    match part {
        FilePart::Bytes(bytes) => ObjectPart::Bytes(bytes),
        FilePart::Stored(path) => ObjectPart::Stored(path),
    }
}
