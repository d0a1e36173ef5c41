//! The third stage: the seam for encryption. A protector sees the samples of each segment as they will stand in the
//! file, before any box is written around them. It is a file of its own and a row in [`protector`].

use crate::mux::{MuxError, Samples, no_boxes};

/// Makes further boxes for the end of `traf`, as `senc`, `saiz` and `saio` (ISO/IEC 23001-7 clause 7). It is told where
/// they begin, counted from the start of `moof`.
pub type FragmentBoxes = Box<dyn FnOnce(usize) -> Vec<u8>>;

/// Protects the segments of one rendition.
pub trait Protector: Send {
    /// The initialization segment, with what tells a player how to undo the protection.
    ///
    /// # Errors
    /// When it lacks a box that must be changed.
    fn init(&self, init: Vec<u8>) -> Result<Vec<u8>, MuxError>;

    /// Changes the samples of segment `number` (from 1) in place, and tells what their fragment has to say of it.
    ///
    /// # Errors
    /// When the samples are not of the form that they should be.
    fn protect(&self, number: u64, samples: &mut Samples) -> Result<FragmentBoxes, MuxError>;
}

/// The protector of a rendition.
pub(super) fn protector() -> Box<dyn Protector> {
    Box::new(Clear)
}

/// Leaves everything as it is.
struct Clear;

impl Protector for Clear {
    fn init(&self, init: Vec<u8>) -> Result<Vec<u8>, MuxError> {
        Ok(init)
    }

    fn protect(&self, _number: u64, _samples: &mut Samples) -> Result<FragmentBoxes, MuxError> {
        Ok(Box::new(no_boxes))
    }
}
