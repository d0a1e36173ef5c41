//! The fold that tells players the sizes of segments: an index file a Representation, or the single file that the
//! segments are put together to, with the index in front.

use super::collect::{CompletePackage, RenditionSegments};
use super::facts::Facts;
use super::kind;
use super::{DerivedFile, FilePart};
use crate::layout::{self, Addressing};
use crate::mux::{SegmentClosed, index_file, single_file_head};

/// One file a Representation.
pub(super) fn files(complete: &CompletePackage<'_>) -> Vec<DerivedFile> {
    let one = match complete.facts.addressing {
        Addressing::Timeline | Addressing::Number => index,
        Addressing::Base => single,
    };
    let media = complete.renditions.iter().filter(|segments| kind::row(segments.rendition.kind).is_media);
    media.map(|segments| one(complete.facts, segments)).collect()
}

fn index(facts: &Facts, segments: &RenditionSegments<'_>) -> DerivedFile {
    let rendition = segments.rendition;
    let bytes = index_file(rendition.timescale, &closed(segments));
    DerivedFile::of_bytes(layout::index(&facts.generation, &rendition.id), bytes)
}

/// Takes the place of the segments and of the initialization segment.
fn single(facts: &Facts, segments: &RenditionSegments<'_>) -> DerivedFile {
    let rendition = segments.rendition;
    let (generation, id) = (&facts.generation, &rendition.id);
    let init = rendition.init.as_ref();
    let init_bytes = init.map_or(&[][..], |init| &init.bytes);
    let head = single_file_head(init_bytes, rendition.timescale, &closed(segments)).head;
    let stored: Vec<String> = segments.closed.iter().map(|one| layout::segment(generation, id, one.number)).collect();
    let parts = [FilePart::Bytes(head)].into_iter().chain(stored.iter().cloned().map(FilePart::Stored)).collect();
    let replaces = stored.into_iter().chain(init.map(|_| layout::init(generation, id))).collect();
    DerivedFile { path: layout::single(generation, id), parts, replaces }
}

fn closed(segments: &RenditionSegments<'_>) -> Vec<SegmentClosed> {
    segments.closed.iter().map(|closed| (*closed).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, RenditionFacts};
    use crate::testing::{catalogue, facts, rendition_facts};

    fn paths(catalogue: &Catalogue) -> Vec<String> {
        files(&catalogue.complete().unwrap()).into_iter().map(|file| file.path).collect()
    }

    #[test]
    fn a_representation_has_an_index_or_is_one_file() {
        assert_eq!(paths(&catalogue(Addressing::Timeline, 2)), ["v1", "v2"].map(|id| layout::index("g", id)));
        assert_eq!(paths(&catalogue(Addressing::Base, 2)), ["v1", "v2"].map(|id| layout::single("g", id)));
    }

    #[test]
    fn a_single_file_takes_the_place_of_what_it_is_made_of() {
        let file = files(&catalogue(Addressing::Base, 2).complete().unwrap()).remove(0);
        let segments = [1, 2].map(|number| layout::segment("g", "v1", number));
        assert!(matches!(&file.parts[0], FilePart::Bytes(_)));
        assert_eq!(file.parts[1..], segments.clone().map(FilePart::Stored));
        assert_eq!(file.replaces, [&segments[..], &[layout::init("g", "v1")]].concat());
    }

    #[test]
    fn what_has_no_initialization_segment_replaces_none() {
        let bare = RenditionFacts { init: None, ..rendition_facts("v1") };
        let mut catalogue = Catalogue::new(facts(Addressing::Base, vec![bare]));
        catalogue.apply(crate::testing::closed("v1", 1));
        let file = files(&catalogue.complete().unwrap()).remove(0);
        assert_eq!(file.replaces, [layout::segment("g", "v1", 1)]);
    }
}
