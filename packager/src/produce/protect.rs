//! The third stage: the seam for encryption. A protector sees the samples of each segment as they will stand in the
//! file, before any box is written around them. It is a file of its own and a row in [`protector`].

use super::RunContext;
use super::encryptor::Encryptor;
use crate::mux::{FragmentExtras, MuxError, Samples};
use shared::bmff::Track;

/// Protects the segments of one rendition.
pub trait Protector: Send {
    /// The initialization segment, with what tells a player how to undo the protection.
    ///
    /// # Errors
    /// When it lacks a box that must be changed.
    fn init(&self, init: Vec<u8>) -> Result<Vec<u8>, MuxError>;

    /// Changes the samples of segment `number` (from 1) of `track` in place, and tells what their fragment has to say of it.
    ///
    /// # Errors
    /// When the samples are not of the form that they should be.
    fn protect(&self, number: u64, samples: &mut Samples, track: &Track) -> Result<FragmentExtras, MuxError>;
}

/// The protector of a rendition; `None` for one that stays as it is.
pub(super) fn protector(run: &RunContext<'_>, representation: &str) -> Option<Box<dyn Protector>> {
    let encryptor = Encryptor::of(run, representation)?;
    Some(Box::new(encryptor))
}
