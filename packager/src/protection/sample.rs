//! Which bytes of a sample are protected (ISO/IEC 23001-7 9.5 and 10).

use super::Scheme;
use super::subsamples::Stretches;
use shared::bmff::Track;
use shared::bmff::entry::MediaKind;
use shared::codec::CodecKind;
use shared::codec::slice::{NalRole, SliceHeaders};
use shared::codec::tiles::TileFinder;
use shared::protection::Subsample;
use std::ops::Range;

/// The cipher's block.
const BLOCK: usize = 16;
/// Bytes of a coded slice that stay clear in counter mode in any case, as other packagers have it: some players look into
/// slice headers before they decrypt.
const SLICE_HEAD: usize = 96;
/// Entries that fit into 255 bytes behind an initialization vector of 8 bytes and their count of 2.
const MOST_ENTRIES: usize = (255 - 8 - 2) / 6;

/// Why a sample cannot be protected as its scheme wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unprotectable {
    /// Lengths of NAL units lead out of it.
    #[error("it is no chain of NAL units")]
    NoUnits,
    /// The scheme begins behind it.
    #[error("the header of a slice cannot be read")]
    SliceHeader,
    /// The data of tiles begin behind it.
    #[error("the header of a frame cannot be read")]
    FrameHeader,
    /// A fault of ours.
    #[error("its key is not there")]
    NoKey,
    /// There is no rule for it here.
    #[error("there is no way to encrypt this format here")]
    Format,
}

/// How the samples of a track are divided into clear and protected bytes.
pub(crate) enum Coding {
    /// H.264 and H.265: slices, but for their beginnings.
    Units {
        /// What is known of the stream's parameter sets so far.
        headers: SliceHeaders,
        /// Bytes of a unit's length.
        length: usize,
    },
    /// AV1: the data of tiles.
    Tiles(Box<TileFinder>),
    /// Sound: everything.
    Whole,
}

impl Coding {
    /// Of the samples of this track.
    pub(crate) fn of(track: &Track) -> Result<Self, Unprotectable> {
        let MediaKind::Video(video) = &track.kind else { return Ok(Self::Whole) };
        let length = usize::from(video.nal_length.unwrap_or(4));
        if track.codec.kind() == CodecKind::Av1 {
            return Ok(Self::Tiles(Box::new(TileFinder::of_config(&track.config))));
        }
        match SliceHeaders::of_config(track.codec.kind(), &track.config) {
            Some(headers) => Ok(Self::Units { headers, length }),
            None => Err(Unprotectable::Format),
        }
    }

    pub(crate) fn is_video(&self) -> bool {
        !matches!(self, Self::Whole)
    }

    /// The subsamples of the next sample; none where all of it is protected.
    pub(crate) fn subsamples(&mut self, sample: &[u8], scheme: Scheme) -> Result<Vec<Subsample>, Unprotectable> {
        match self {
            Self::Whole => Ok(vec![]),
            Self::Units { headers, length } => units(headers, *length, sample, scheme),
            Self::Tiles(finder) => tiles(&finder.find(sample).ok_or(Unprotectable::FrameHeader)?, sample.len(), scheme),
        }
    }
}

fn units(
    headers: &mut SliceHeaders,
    length: usize,
    sample: &[u8],
    scheme: Scheme,
) -> Result<Vec<Subsample>, Unprotectable> {
    let mut stretches = Stretches::default();
    let mut rest = sample;
    while !rest.is_empty() {
        let (nal, behind) = next_unit(rest, length).ok_or(Unprotectable::NoUnits)?;
        let protected = match headers.see(nal) {
            NalRole::Slice(header) => protected_end(nal.len(), header, scheme)?,
            NalRole::Other => 0,
        };
        stretches.clear(length + nal.len() - protected);
        stretches.protected(protected);
        rest = behind;
    }
    Ok(stretches.finish(MOST_ENTRIES))
}

/// In counter mode the protected blocks end with the tile, in block chaining mode they begin with it (AV1 Codec ISO Media File
/// Format Binding, 4).
fn tiles(tiles: &[Range<usize>], size: usize, scheme: Scheme) -> Result<Vec<Subsample>, Unprotectable> {
    let mut stretches = Stretches::default();
    let mut end = 0;
    for tile in tiles {
        let protected = match scheme {
            Scheme::Cenc => tile.len() / BLOCK * BLOCK,
            Scheme::Cbcs if tile.len() < BLOCK => 0,
            Scheme::Cbcs => tile.len(),
        };
        stretches.clear(tile.end - protected - end);
        stretches.protected(protected);
        end = tile.end;
    }
    stretches.clear(size - end);
    Ok(stretches.finish(MOST_ENTRIES))
}

fn next_unit(bytes: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let (size, behind) = bytes.split_at_checked(length)?;
    let size = size.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    behind.split_at_checked(size)
}

/// Bytes at the end of a slice of `size` bytes that are protected. In counter mode they are whole blocks
/// (9.5.2.3); in block chaining mode all that is behind the header, of which the last blocks may stay clear (10.4.2).
fn protected_end(size: usize, header: Option<usize>, scheme: Scheme) -> Result<usize, Unprotectable> {
    Ok(match scheme {
        Scheme::Cenc => size.saturating_sub(SLICE_HEAD.max(header.unwrap_or(0))) / BLOCK * BLOCK,
        Scheme::Cbcs => {
            let protected = size.saturating_sub(header.ok_or(Unprotectable::SliceHeader)?);
            if protected < BLOCK { 0 } else { protected }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(units: &[(u8, usize)]) -> Vec<u8> {
        let unit = |&(header, length): &(u8, usize)| {
            let mut bytes = (length as u32).to_be_bytes().to_vec();
            bytes.push(header);
            bytes.resize(4 + length, 0);
            bytes
        };
        units.iter().flat_map(unit).collect()
    }

    fn counter_mode(sample: &[u8]) -> Result<Vec<(u16, u32)>, Unprotectable> {
        let mut headers = SliceHeaders::of_config(CodecKind::Avc, &[]).unwrap();
        let found = units(&mut headers, 4, sample, Scheme::Cenc)?;
        Ok(found.into_iter().map(|one| (one.clear, one.protected)).collect())
    }

    #[test]
    fn in_counter_mode_whole_blocks_at_the_end_of_slices_are_protected() {
        let of = |units: &[(u8, usize)]| counter_mode(&sample(units)).unwrap();
        assert_eq!(of(&[(0x65, 200)]), [(4 + 104, 96)]);
        assert_eq!(of(&[(0x65, 111)]), [(115, 0)], "less than a block is left");
        assert_eq!(of(&[(0x67, 300), (0x68, 10), (0x65, 112)]), [(304 + 14 + 4 + 96, 16)]);
        assert_eq!(of(&[(0x41, 200), (0x41, 200)]), [(108, 96), (108, 96)]);
        assert_eq!(of(&[]), []);
    }

    #[test]
    fn of_tiles_whole_blocks_at_the_end_or_everything() {
        let of = |scheme| {
            let found = tiles(&[10..50, 52..60, 62..100], 101, scheme).unwrap();
            found.into_iter().map(|one| (one.clear, one.protected)).collect::<Vec<_>>()
        };
        assert_eq!(of(Scheme::Cenc), [(18, 32), (18, 32), (1, 0)]);
        assert_eq!(of(Scheme::Cbcs), [(10, 40), (12, 38), (1, 0)]);
    }

    #[test]
    fn what_is_no_chain_of_units_is_refused() {
        for broken in [&[0, 0, 0, 9, 1][..], &[0, 0]] {
            assert_eq!(counter_mode(broken), Err(Unprotectable::NoUnits), "{broken:?}");
        }
    }

    #[test]
    fn block_chaining_begins_behind_the_header() {
        let of = |size, header| protected_end(size, header, Scheme::Cbcs);
        assert_eq!((of(100, Some(7)), of(22, Some(7)), of(23, Some(7))), (Ok(93), Ok(0), Ok(16)));
        assert_eq!(of(100, None), Err(Unprotectable::SliceHeader));
        assert_eq!(protected_end(300, Some(200), Scheme::Cenc), Ok(96), "a long header stays clear, too");
    }
}
