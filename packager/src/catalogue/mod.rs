//! What follows from what was put: pure folds over the facts of the plan and the [`crate::mux::SegmentClosed`] of every
//! segment, which may come in any order. Nothing here reads or writes files.
//!
//! A fold turns a complete package into files. `FOLDS` lists them in the order in which the files are put, so that the
//! manifest comes last: until then players see the package that was there before. A further one (another manifest, a
//! list) is a new module and a row.
//!
//! ```text
//! Facts, SegmentClosed… ► Catalogue ► CompletePackage ─┬► sizes: index files, or the single files in place of the many
//!                                                      ├► hls: the playlists, the one that names the others last
//!                                                      └► mpd: the manifest
//! ```

mod bandwidth;
mod collect;
mod facts;
pub mod hls;
mod kind;
pub mod mpd;
mod sizes;
mod summary;

pub use bandwidth::{buffer_model_rate, peak_rate};
pub use collect::{Catalogue, Incomplete};
pub use facts::{Facts, InitSegment, RenditionFacts, TextFacts, TileFacts};
pub use kind::has_init;
pub use summary::{Made, Summary, summary};

use collect::CompletePackage;

/// A file of the package that follows from what was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedFile {
    /// Where it goes.
    pub path: String,
    /// What it consists of, in order.
    pub parts: Vec<FilePart>,
    /// The objects that it takes the place of: removed when it is there.
    pub replaces: Vec<String>,
}

/// A part of such a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilePart {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The whole content of the object at this path.
    Stored(String),
}

impl DerivedFile {
    fn of_bytes(path: String, bytes: Vec<u8>) -> Self {
        Self { path, parts: vec![FilePart::Bytes(bytes)], replaces: vec![] }
    }
}

/// Turns a complete package into files.
type Fold = fn(&CompletePackage<'_>) -> Vec<DerivedFile>;

/// In the order in which the files are put.
const FOLDS: [Fold; 3] = [sizes::files, hls::files, mpd::files];

impl Catalogue {
    /// The last files of the package, in the order in which they are to be put.
    ///
    /// # Errors
    /// When segments are missing.
    pub fn files(&self) -> Result<Vec<DerivedFile>, Incomplete> {
        let complete = self.complete()?;
        Ok(FOLDS.iter().flat_map(|fold| fold(&complete)).collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::layout::{self, Addressing};
    use crate::testing::catalogue;

    #[test]
    fn the_manifest_comes_last() {
        for addressing in [Addressing::Timeline, Addressing::Number, Addressing::Base] {
            let files = catalogue(addressing, 2).files().unwrap();
            let manifests: Vec<usize> =
                (0..files.len()).filter(|place| files[*place].path == layout::MANIFEST).collect();
            assert_eq!(manifests, [files.len() - 1], "{addressing:?}");
        }
    }

    #[test]
    fn what_is_put_last_follows_from_the_segments_in_any_order() {
        let mut reversed = catalogue(Addressing::Timeline, 0);
        for number in (1..=3).rev() {
            for id in ["v2", "v1"] {
                reversed.apply(crate::testing::closed(id, number));
            }
        }
        assert_eq!(reversed.files(), catalogue(Addressing::Timeline, 3).files());
    }
}
