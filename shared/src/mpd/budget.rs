//! How much memory a document may cost: counted before it is used, so that the cost follows what the document says and
//! never the product of its parts. Not here: who counts what.

/// What is left of an allowance.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
    spent: bool,
}

impl Budget {
    /// For the elements of a document as they stand there. An ordinary manifest of a day has some ten MiB of them.
    pub(super) const ELEMENTS: usize = 192 << 20;
    /// For what they come to once every Representation has all that it inherits.
    pub(super) const UNFOLDED: usize = 128 << 20;

    pub(super) const fn new(bytes: usize) -> Self {
        Self { left: bytes, spent: false }
    }

    /// Whether there is enough for so many bytes more; once there was not, there never is.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes);
        self.spent |= left.is_none();
        self.left = left.unwrap_or(0);
        !self.spent
    }

    /// Whether more was wanted than there was.
    pub(super) fn is_spent(&self) -> bool {
        self.spent
    }
}

/// In words, for the refusal.
pub(super) fn mebibytes(bytes: usize) -> usize {
    bytes >> 20
}
