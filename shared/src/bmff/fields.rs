//! Big-endian fields one after the other, each read checked against the end of its box.

use super::{BmffError, BoxRef, FourCc};

/// A reading position within the body of a box.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    kind: FourCc,
    offset: usize,
    rest: &'a [u8],
}

macro_rules! integers {
    ($($name:ident),*) => {$(
        /// The next integer of this width.
        pub fn $name(&mut self) -> Result<$name, BmffError> {
            let bytes = self.bytes(size_of::<$name>())?;
            Ok(bytes.iter().fold(0, |value: u64, &byte| value << 8 | u64::from(byte)) as $name)
        }
    )*};
}

impl<'a> Fields<'a> {
    /// The fields of `bytes`, which lie at `offset` of the file in a box of `kind`.
    pub fn new(kind: FourCc, offset: usize, bytes: &'a [u8]) -> Self {
        Self { kind, offset, rest: bytes }
    }

    integers!(u8, u16, u32, u64, i16, i32, i64);

    /// The next `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], BmffError> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.error("ends too early"))?;
        self.rest = rest;
        self.offset += count;
        Ok(bytes)
    }

    /// Steps over `count` bytes.
    pub fn skip(&mut self, count: usize) -> Result<(), BmffError> {
        self.bytes(count).map(drop)
    }

    /// A four-character code.
    pub fn four_cc(&mut self) -> Result<FourCc, BmffError> {
        Ok(FourCc(self.u32()?.to_be_bytes()))
    }

    /// `version` and `flags` of a full box.
    pub fn full(&mut self) -> Result<(u8, u32), BmffError> {
        let word = self.u32()?;
        Ok(((word >> 24) as u8, word & 0x00ff_ffff))
    }

    /// 64 bits wide from version 1 on, 32 bits before.
    pub fn sized(&mut self, version: u8) -> Result<u64, BmffError> {
        if version == 0 { self.u32().map(u64::from) } else { self.u64() }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The boxes in what has not been read.
    pub fn boxes(&self) -> impl Iterator<Item = Result<BoxRef<'a>, BmffError>> + use<'a> {
        super::walk::Boxes::new(self.rest, self.offset)
    }

    /// `problem` here.
    pub fn error(&self, problem: impl Into<std::borrow::Cow<'static, str>>) -> BmffError {
        BmffError::new(self.kind, self.offset, problem)
    }
}
