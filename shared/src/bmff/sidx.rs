//! Segment index boxes (ISO/IEC 14496-12 8.16.3): what lies where in a file, how long it lasts, where one can start.

use super::write::{full, put_u16, put_u32, put_u64};
use super::{BmffError, BoxRef, walk};
use crate::time::Timescale;

/// One index: references to consecutive parts of the file that follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sidx {
    /// The track whose times these are.
    pub track: u32,
    /// The unit of the times.
    pub timescale: Timescale,
    /// Earliest presentation time of the first reference, in ticks.
    pub earliest: u64,
    /// Bytes between the end of this box and the first referenced byte.
    pub first_offset: u64,
    /// In the order of the file.
    pub references: Vec<Reference>,
}

/// A part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// It points to another index, not to media.
    pub to_index: bool,
    /// In bytes, below 2^31.
    pub size: u32,
    /// In ticks.
    pub duration: u32,
    /// It begins with a stream access point.
    pub starts_with_sap: bool,
    /// 1 or 2 for a key frame at the start; 0 is unknown.
    pub sap_type: u8,
}

impl Reference {
    /// Media that begins with a closed-GOP key frame, first in presentation order, too.
    pub fn closed(size: u32, duration: u32) -> Self {
        Self { to_index: false, size, duration, starts_with_sap: true, sap_type: 1 }
    }
}

impl Sidx {
    /// The first index of `data`, and where it ends; offsets of its references count from there.
    pub fn read(data: &[u8]) -> Result<(Self, usize), BmffError> {
        let found = walk::first(walk::boxes(data), b"sidx")?
            .ok_or_else(|| BmffError::new(walk::FourCc(*b"sidx"), 0, "there is no segment index"))?;
        Ok((Self::from_box(&found)?, found.range().end))
    }

    /// From the body of one box.
    pub fn from_box(found: &BoxRef<'_>) -> Result<Self, BmffError> {
        let mut fields = found.fields();
        let (version, _) = fields.full()?;
        let track = fields.u32()?;
        let timescale = Timescale::new(fields.u32()?).ok_or_else(|| found.error("has timescale 0"))?;
        let earliest = fields.sized(version)?;
        let first_offset = fields.sized(version)?;
        fields.skip(2)?;
        let count = fields.u16()?;
        let references = (0..count).map(|_| Self::reference(&mut fields)).collect::<Result<_, _>>()?;
        Ok(Self { track, timescale, earliest, first_offset, references })
    }

    fn reference(fields: &mut super::Fields<'_>) -> Result<Reference, BmffError> {
        let size = fields.u32()?;
        let duration = fields.u32()?;
        let sap = fields.u32()?;
        Ok(Reference {
            to_index: size >> 31 == 1,
            size: size & 0x7fff_ffff,
            duration,
            starts_with_sap: sap >> 31 == 1,
            sap_type: (sap >> 28 & 7) as u8,
        })
    }

    /// Appends the box, version 1 (64-bit times). Only the first 65535 references fit: see [`Sidx::fits`].
    pub fn write(&self, out: &mut Vec<u8>) {
        full(out, b"sidx", 1, 0, |out| {
            put_u32(out, self.track);
            put_u32(out, self.timescale.get());
            put_u64(out, self.earliest);
            put_u64(out, self.first_offset);
            put_u16(out, 0);
            let count = u16::try_from(self.references.len()).unwrap_or(u16::MAX);
            put_u16(out, count);
            for reference in self.references.iter().take(usize::from(count)) {
                reference.write(out);
            }
        });
    }

    /// Whether all references can be written: their count has 16 bits.
    pub fn fits(&self) -> bool {
        self.references.len() <= usize::from(u16::MAX)
    }

    /// Bytes of the written box with `references` references.
    pub fn written_size(references: usize) -> usize {
        8 + 4 + 4 + 4 + 8 + 8 + 4 + 12 * references
    }
}

impl Reference {
    fn write(&self, out: &mut Vec<u8>) {
        put_u32(out, u32::from(self.to_index) << 31 | self.size & 0x7fff_ffff);
        put_u32(out, self.duration);
        put_u32(out, u32::from(self.starts_with_sap) << 31 | u32::from(self.sap_type & 7) << 28);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Sidx {
        Sidx {
            track: 1,
            timescale: Timescale::new(90_000).unwrap(),
            earliest: 1 << 40,
            first_offset: 7,
            references: vec![
                Reference::closed(1000, 360_000),
                Reference { to_index: true, size: 5, duration: 6, starts_with_sap: false, sap_type: 0 },
            ],
        }
    }

    #[test]
    fn round_trip_behind_another_box() {
        let mut data = b"\0\0\0\x08free".to_vec();
        example().write(&mut data);
        assert_eq!(data.len(), 8 + Sidx::written_size(2));
        assert_eq!(Sidx::read(&data), Ok((example(), data.len())));
    }

    #[test]
    fn a_foreign_reader_agrees() {
        use mp4_atom::Decode;
        let mut data = vec![];
        example().write(&mut data);
        let theirs = mp4_atom::Sidx::decode(&mut &data[..]).unwrap();
        assert_eq!((theirs.earliest_presentation_time, theirs.first_offset), (1 << 40, 7));
        assert_eq!(theirs.references.len(), 2);
        assert_eq!((theirs.references[0].referenced_size, theirs.references[0].sap_type), (1000, 1));
        assert!(theirs.references[1].reference_type);
    }

    #[test]
    fn counts_and_timescales_are_checked() {
        let mut data = vec![];
        example().write(&mut data);
        assert!(Sidx::read(b"").unwrap_err().to_string().contains("no segment index"));
        let mut zero = data.clone();
        zero[16..20].fill(0);
        assert!(Sidx::read(&zero).unwrap_err().to_string().contains("timescale 0"));
        data[38..40].fill(0xff);
        assert!(Sidx::read(&data).unwrap_err().to_string().contains("ends too early"));
    }
}
