//! What the boxes say of how samples are encrypted: of a whole track (`tenc`, ISO/IEC 23001-7 8.2) or of a group of samples
//! (`seig`, clause 6), which may be clear, or have another key.

use super::KeyId;
use crate::bmff::write::{full, put_u32};
use crate::bmff::{BmffError, BoxRef, Fields};

/// How the samples of a track, or of a group, are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encryption {
    /// Whether they are at all.
    pub protected: bool,
    /// Which blocks are.
    pub pattern: Pattern,
    /// Bytes of the initialization vector that each sample brings: 8, 16, or 0 where all have the same.
    pub iv_size: u8,
    /// With which key.
    pub key_id: KeyId,
    /// The vector that all have; zeros behind one of 8 bytes.
    pub constant_iv: Option<[u8; 16]>,
}

/// Of so many blocks of 16 bytes so many are encrypted, and so on to the end (9.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pattern {
    /// Encrypted ones at first,
    pub crypt: u8,
    /// then clear ones. With 0 of both everything is encrypted.
    pub skip: u8,
}

impl Pattern {
    /// One of ten: the pattern of pictures in `cbcs`.
    pub const ONE_OF_TEN: Self = Self { crypt: 1, skip: 9 };

    fn of_byte(byte: u8) -> Self {
        Self { crypt: byte >> 4, skip: byte & 15 }
    }

    fn byte(self) -> u8 {
        self.crypt << 4 | self.skip & 15
    }
}

impl Encryption {
    /// Reads a `tenc` box.
    ///
    /// # Errors
    /// When it is too short, or has a vector of another length than 8 and 16 bytes.
    pub fn from_tenc(tenc: &BoxRef<'_>) -> Result<Self, BmffError> {
        let mut fields = tenc.fields();
        let (version, _) = fields.full()?;
        let read = Self::read(&mut fields)?;
        // In version 0 the byte is reserved.
        Ok(if version == 0 { Self { pattern: Pattern::default(), ..read } } else { read })
    }

    /// Reads an entry of a `sgpd` of the type `seig`: the same fields without the head of a box.
    ///
    /// # Errors
    /// See [`from_tenc`](Self::from_tenc).
    pub fn read(fields: &mut Fields<'_>) -> Result<Self, BmffError> {
        fields.skip(1)?;
        let pattern = Pattern::of_byte(fields.u8()?);
        let protected = fields.u8()? != 0;
        let iv_size = fields.u8()?;
        let key_id = KeyId(fields.bytes(16)?.try_into().unwrap_or_default());
        if !matches!(iv_size, 0 | 8 | 16) {
            return Err(fields.error(format!("has initialization vectors of {iv_size} bytes")));
        }
        let constant_iv = if protected && iv_size == 0 { Some(constant(fields)?) } else { None };
        Ok(Self { protected, pattern, iv_size, key_id, constant_iv })
    }

    /// Appends a `tenc` box, of the lowest version that can say it. A constant vector is written with 16 bytes.
    pub fn write_tenc(&self, out: &mut Vec<u8>) {
        let version = u8::from(self.pattern != Pattern::default() || self.constant_iv.is_some());
        full(out, b"tenc", version, 0, |out| self.write(out));
    }

    /// Appends an entry of `seig`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let head = [0, self.pattern.byte(), u8::from(self.protected), self.iv_size];
        put_u32(out, u32::from_be_bytes(head));
        out.extend(self.key_id.0);
        if let Some(iv) = self.constant_iv {
            out.push(16);
            out.extend(iv);
        }
    }
}

fn constant(fields: &mut Fields<'_>) -> Result<[u8; 16], BmffError> {
    let size = usize::from(fields.u8()?);
    if !matches!(size, 8 | 16) {
        return Err(fields.error(format!("has a constant initialization vector of {size} bytes")));
    }
    Ok(padded(fields.bytes(size)?))
}

/// An initialization vector of at most 16 bytes, with zeros behind it (9.2, 9.3).
pub(super) fn padded(bytes: &[u8]) -> [u8; 16] {
    let mut iv = [0; 16];
    for (to, from) in iv.iter_mut().zip(bytes) {
        *to = *from;
    }
    iv
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bmff::walk;

    const CBCS: Encryption = Encryption {
        protected: true,
        pattern: Pattern::ONE_OF_TEN,
        iv_size: 0,
        key_id: KeyId([7; 16]),
        constant_iv: Some([9; 16]),
    };

    fn read(bytes: &[u8]) -> Result<Encryption, BmffError> {
        Encryption::from_tenc(&walk::boxes(bytes).next().unwrap()?)
    }

    #[test]
    fn a_tenc_reads_back_as_it_was_written() {
        let cenc = Encryption { pattern: Pattern::default(), iv_size: 8, constant_iv: None, ..CBCS };
        for (of, version, length) in [(CBCS, 1, 49), (cenc, 0, 32)] {
            let mut bytes = vec![];
            of.write_tenc(&mut bytes);
            assert_eq!((read(&bytes), bytes[8], bytes.len()), (Ok(of), version, length));
        }
    }

    #[test]
    fn what_the_standard_does_not_know_is_an_error() {
        let mut bytes = vec![];
        CBCS.write_tenc(&mut bytes);
        let changed = |at: usize, to: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = to;
            read(&bytes).map_err(|error| error.to_string())
        };
        assert!(changed(15, 7).unwrap_err().contains("7 bytes"));
        assert!(changed(32, 15).unwrap_err().contains("15 bytes"));
        assert!(changed(14, 0).is_ok_and(|read| !read.protected && read.constant_iv.is_none()));
        assert!(read(&[&[0, 0, 0, 20], &bytes[4..20]].concat()).is_err());
    }
}
