//! Media segments: clusters of blocks.

use super::WebmError;
use super::ebml::{EbmlElement, id, vint, walk};
use crate::bmff::{Sample, Track};
use crate::time::MediaTime;
use std::ops::Range;

/// The most samples that are read from one segment, as for MP4.
const MAX_SAMPLES: usize = 1 << 20;
const INSIDE: &[u32] = &[id::SEGMENT, id::CLUSTER];
const KEY: u8 = 0x80;
const LACING: u8 = 0x06;

/// The samples of `track` in `segment`, in the order of the file. A block that is cut off is left out.
///
/// # Errors
/// For laced blocks, and for more samples than a segment can have.
pub fn samples(track: &Track, segment: &[u8]) -> Result<Vec<Sample>, WebmError> {
    let mut found = vec![];
    let mut cluster = 0;
    for element in walk(segment, INSIDE) {
        let block = match element.id {
            id::TIMESTAMP => {
                cluster = i64::try_from(element.uint().unwrap_or(0)).unwrap_or(i64::MAX);
                None
            }
            id::SIMPLE_BLOCK => Block::read(&element, element.start, None)?,
            id::BLOCK_GROUP => group(&element)?,
            _ => None,
        };
        if let Some(block) = block.filter(|block| block.track == u64::from(track.id)) {
            if found.len() >= MAX_SAMPLES {
                return Err(WebmError::new(element.start, format!("more than {MAX_SAMPLES} blocks in one segment")));
            }
            found.push(block.sample(track, cluster));
        }
    }
    fill_durations(&mut found);
    Ok(found)
}

struct Block {
    track: u64,
    /// Relative to the cluster.
    time: i16,
    key: bool,
    duration: Option<u64>,
    range: Range<usize>,
}

impl Block {
    /// From the content of a SimpleBlock or Block that begins at `start` of the segment; `key` overrides its flag.
    fn read(block: &EbmlElement<'_>, start: usize, key: Option<bool>) -> Result<Option<Self>, WebmError> {
        let Some((track, length)) = vint(block.data, 8, false) else { return Ok(None) };
        let Some(&[high, low, flags]) = block.data.get(length..length + 3) else { return Ok(None) };
        if flags & LACING != 0 {
            return Err(WebmError::new(start, "several frames share a block (lacing), which is not read"));
        }
        let range = start + length + 3..start + block.data.len();
        let key = key.unwrap_or(flags & KEY != 0);
        Ok(Some(Self { track, time: i16::from_be_bytes([high, low]), key, duration: None, range }))
    }

    fn sample(self, track: &Track, cluster: i64) -> Sample {
        let time = track.presented(cluster.saturating_add(i64::from(self.time)));
        let stated = self.duration.unwrap_or(track.defaults.duration.into());
        let duration = MediaTime::new(i64::try_from(stated).unwrap_or(0), track.timescale);
        Sample { range: self.range, pts: time, dts: time, duration, key: self.key, entry: 0 }
    }
}

/// A block with what is said about it; a key frame when it refers to no other.
fn group(group: &EbmlElement<'_>) -> Result<Option<Block>, WebmError> {
    let find = |wanted| walk(group.data, &[]).find(|child| child.id == wanted);
    let Some(block) = find(id::BLOCK) else { return Ok(None) };
    let key = find(id::REFERENCE_BLOCK).is_none();
    let duration = find(id::BLOCK_DURATION).and_then(|element| element.uint());
    let read = Block::read(&block, group.start + block.start, Some(key))?;
    Ok(read.map(|block| Block { duration, ..block }))
}

/// What states no duration lasts until the next one; the last one as long as the one before.
fn fill_durations(samples: &mut [Sample]) {
    for index in 0..samples.len() {
        if samples[index].duration.ticks > 0 {
            continue;
        }
        let until_next = samples.get(index + 1).map(|next| next.pts.ticks.saturating_sub(samples[index].pts.ticks));
        let before = || index.checked_sub(1).map(|before| samples[before].duration.ticks);
        samples[index].duration.ticks = until_next.or_else(before).unwrap_or(0).max(0);
    }
}
