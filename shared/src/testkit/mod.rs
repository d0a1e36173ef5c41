//! For the tests of all crates: track descriptions without an encoder, an encoder without pictures, and boxes as text.
//! Everything is the same in each run, to the byte. Nothing here is for production.

mod dump;
mod encoder;
mod header;
pub mod hostile;
mod protect;

pub use dump::dump;
pub use encoder::{Coded, fake_audio, fake_video};
pub use header::{FakeTrack, fake_header};
pub use protect::{FakeAux, FakeProtection};
