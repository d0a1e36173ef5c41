//! The name of a segment within its Representation and Period.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A segment's number as the MPD counts: @startNumber for the first one of the Period's list or timeline, then one more
/// each (ISO/IEC 23009-1 5.3.9.2); lists and index boxes without numbers count from 1. It stays with the segment when a
/// newer MPD lists fewer or more segments before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentNumber(pub u64);

impl SegmentNumber {
    /// The number after this one, saturating.
    #[must_use]
    pub const fn next(self) -> Self {
        self.saturating_add(1)
    }

    /// The number `count` segments later; `None` when there is none.
    pub fn checked_add(self, count: u64) -> Option<Self> {
        self.0.checked_add(count).map(Self)
    }

    /// The number `count` segments earlier; `None` below zero.
    pub fn checked_sub(self, count: u64) -> Option<Self> {
        self.0.checked_sub(count).map(Self)
    }

    /// The number `count` segments later, saturating.
    #[must_use]
    pub const fn saturating_add(self, count: u64) -> Self {
        Self(self.0.saturating_add(count))
    }

    /// The number `count` segments earlier, not below zero.
    #[must_use]
    pub const fn saturating_sub(self, count: u64) -> Self {
        Self(self.0.saturating_sub(count))
    }

    /// How many segments this lies behind `earlier`; zero when it lies before it.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This number and all after it, `end` excluded.
    pub fn until(self, end: Self) -> impl DoubleEndedIterator<Item = Self> + Clone {
        (self.0..end.0).map(Self)
    }
}

impl fmt::Display for SegmentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_and_stop_at_their_ends() {
        let last = SegmentNumber(u64::MAX);
        assert_eq!((SegmentNumber(4).next(), last.next(), last.checked_add(1)), (SegmentNumber(5), last, None));
        assert_eq!((SegmentNumber(4).checked_sub(5), SegmentNumber(4).saturating_sub(5)), (None, SegmentNumber(0)));
        assert_eq!((SegmentNumber(7).since(SegmentNumber(4)), SegmentNumber(4).since(SegmentNumber(7))), (3, 0));
        assert_eq!(SegmentNumber(4).until(SegmentNumber(6)).map(|n| n.to_string()).collect::<Vec<_>>(), ["4", "5"]);
        assert_eq!(serde_json::to_string(&SegmentNumber(4)).unwrap(), "4");
    }
}
