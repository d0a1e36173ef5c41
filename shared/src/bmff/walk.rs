//! The boxes of a byte string, one after the other, without copying and without descending by itself.

use super::{BmffError, Fields};
use std::fmt;
use std::ops::Range;

/// A four-character code: the type of a box, a brand, a handler.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FourCc(pub [u8; 4]);

impl fmt::Display for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Debug for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq<[u8; 4]> for FourCc {
    fn eq(&self, other: &[u8; 4]) -> bool {
        self.0 == *other
    }
}

impl PartialEq<&[u8; 4]> for FourCc {
    fn eq(&self, other: &&[u8; 4]) -> bool {
        self.0 == **other
    }
}

/// One box: its type, where it lies and its body.
#[derive(Clone, Copy)]
pub struct BoxRef<'a> {
    /// The type.
    pub kind: FourCc,
    /// Where its header begins.
    pub offset: usize,
    /// Bytes of the header: 8, or 16 with a long size.
    pub header: usize,
    /// What follows the header.
    pub body: &'a [u8],
}

impl<'a> BoxRef<'a> {
    /// Where body lies.
    pub fn body_range(&self) -> Range<usize> {
        let start = self.offset + self.header;
        start..start + self.body.len()
    }

    /// Where the whole box lies.
    pub fn range(&self) -> Range<usize> {
        self.offset..self.body_range().end
    }

    /// Its body as fields.
    pub fn fields(&self) -> Fields<'a> {
        Fields::new(self.kind, self.offset + self.header, self.body)
    }

    /// The boxes of its body, when it holds nothing else.
    pub fn children(&self) -> Boxes<'a> {
        Boxes::new(self.body, self.offset + self.header)
    }

    /// The first child of `kind`.
    pub fn child(&self, kind: &[u8; 4]) -> Result<Option<BoxRef<'a>>, BmffError> {
        first(self.children(), kind)
    }

    /// The first box at the end of `path`, each step the first child of its kind.
    pub fn descend(&self, path: &[&[u8; 4]]) -> Result<Option<BoxRef<'a>>, BmffError> {
        let mut found = Some(*self);
        for kind in path {
            let Some(parent) = found else { return Ok(None) };
            found = parent.child(kind)?;
        }
        Ok(found)
    }

    /// Like [`descend`](Self::descend), for what must be there.
    pub fn require(&self, path: &[&[u8; 4]]) -> Result<BoxRef<'a>, BmffError> {
        self.descend(path)?.ok_or_else(|| {
            let name: Vec<_> = path.iter().map(|kind| kind.escape_ascii().to_string()).collect();
            self.error(format!("has no `{}`", name.join("/")))
        })
    }

    /// `problem` in this box.
    pub fn error(&self, problem: impl Into<std::borrow::Cow<'static, str>>) -> BmffError {
        BmffError::new(self.kind, self.offset, problem)
    }
}

/// The boxes of `data`, at top level.
pub fn boxes(data: &[u8]) -> Boxes<'_> {
    Boxes::new(data, 0)
}

/// The first box of `kind` among `boxes`.
pub fn first<'a>(
    boxes: impl Iterator<Item = Result<BoxRef<'a>, BmffError>>,
    kind: &[u8; 4],
) -> Result<Option<BoxRef<'a>>, BmffError> {
    for found in boxes {
        let found = found?;
        if found.kind == *kind {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Iterator over boxes. After an error it ends.
#[derive(Clone)]
pub struct Boxes<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Boxes<'a> {
    /// The boxes of `data`, which begins at `offset`.
    pub fn new(data: &'a [u8], offset: usize) -> Self {
        Self { rest: data, offset }
    }

    fn take(&mut self) -> Result<BoxRef<'a>, BmffError> {
        let mut fields = Fields::new(FourCc(*b"file"), self.offset, self.rest);
        let short = u64::from(fields.u32()?);
        let kind = fields.four_cc()?;
        let (size, header) = match short {
            0 => (self.rest.len() as u64, 8),
            1 => (fields.u64()?, 16),
            size => (size, 8),
        };
        let whole = usize::try_from(size).ok().filter(|&size| size >= header).and_then(|size| self.rest.get(..size));
        let whole = whole.ok_or_else(|| {
            let left = self.rest.len();
            BmffError::new(kind, self.offset, format!("claims {size} bytes where {left} are left"))
        })?;
        let found = BoxRef { kind, offset: self.offset, header, body: &whole[header..] };
        self.rest = &self.rest[whole.len()..];
        self.offset += whole.len();
        Ok(found)
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<BoxRef<'a>, BmffError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let next = self.take();
        if next.is_err() {
            self.rest = &[];
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_short_long_and_to_the_end() {
        let data = [&b"\0\0\0\x09free!"[..], b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x12ab", b"\0\0\0\0mdatxyz"].concat();
        let found: Vec<_> = boxes(&data).map(|b| b.map(|b| (b.kind.to_string(), b.range(), b.body)).unwrap()).collect();
        assert_eq!(
            found,
            [
                ("free".to_owned(), 0..9, &b"!"[..]),
                ("mdat".to_owned(), 9..27, b"ab"),
                ("mdat".to_owned(), 27..38, b"xyz")
            ]
        );
    }

    #[test]
    fn sizes_beyond_the_end_or_smaller_than_the_header_end_the_walk() {
        for bad in
            [&b"\0\0\0\x20moov"[..], b"\0\0\0\x07moov", b"\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff", b"\0\0"]
        {
            let mut walk = boxes(bad);
            assert!(walk.next().unwrap().is_err());
            assert!(walk.next().is_none());
        }
    }
}
