//! Initialization vectors that are used twice with one key: whoever has both samples has the difference of their contents
//! (ISO/IEC 23001-7 9.3).

use super::super::media::Loaded;
use super::super::{Check, Finding};
use shared::addressing::SegmentNumber;
use shared::protection::{KeyId, SampleEncryption};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The vectors of the samples of a Representation, each with the segment that has it.
#[derive(Debug, Default)]
pub(in crate::verify) struct Vectors(Vec<(u64, SegmentNumber)>);

impl Vectors {
    /// Takes those of a segment. A hash of key and vector is enough to find the same ones among millions.
    pub(in crate::verify) fn take(&mut self, number: SegmentNumber, samples: &[SampleEncryption]) {
        self.0.extend(samples.iter().map(|sample| (hash(sample.key_id, sample.iv), number)));
    }
}

fn hash(key_id: KeyId, vector: [u8; 16]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (key_id, vector).hash(&mut hasher);
    hasher.finish()
}

/// One finding a Representation tells of all.
pub(in crate::verify) fn reused(loaded: &[&Loaded<'_>], findings: &mut Vec<Finding>) {
    let mut all: Vec<(u64, usize, SegmentNumber)> = vec![];
    for (at, one) in loaded.iter().enumerate() {
        all.extend(one.encrypted.vectors.0.iter().map(|(hash, number)| (*hash, at, *number)));
    }
    all.sort_unstable();
    let mut told = vec![];
    for pair in all.windows(2) {
        let [(first, earlier, before), (second, at, number)] = pair else { continue };
        let place = |at: usize, number| {
            let segment = loaded[at].segments.iter().find(|segment| segment.number == number);
            segment.map_or("", |segment| segment.file.as_str())
        };
        let (file, other_file) = (place(*at, *number), place(*earlier, *before));
        // Two Representations may share a file.
        let is_same = at != earlier && file == other_file;
        if first == second && !is_same && !told.contains(at) {
            told.push(*at);
            let (id, other) = (&loaded[*at].representation.id, &loaded[*earlier].representation.id);
            let problem =
                format!("has an initialization vector that segment {before} of {other} has, too, with the same key");
            findings.push(Finding::new(Check::Encryption, file, format!("{id} segment {number}"), problem));
        }
    }
}
