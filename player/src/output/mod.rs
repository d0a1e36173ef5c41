//! What the viewer sees and hears, and when.
//!
//! ```text
//! video decode ─► mailbox (frames, bounded) ─► presenter (headless) or window: "the frame due at t"
//!                                                   ▲ position
//!                                               clock ◄── meter (samples heard) ◄── beats
//! audio decode ─► pipe (f32 ring, bounded) ─► renderer ─► device (cpal) or null sink ─┘
//! ```
//!
//! * [`clock`]: the media clock; the sound's sample count drives it, time does where there is no sound.
//! * [`mailbox`]: decoded pictures waiting for their time.
//! * [`present`]: shows due pictures without a window.
//! * [`audio`]: the ring between decoder and device, the devices, and what to do when one is lost.
//! * [`sync`]: how far picture and sound are apart where they leave the player.
//!
//! Everything that was decoded before a seek carries an older [`Epoch`](player_core::io::Epoch) and is dropped at
//! each hop. No decoding and no decision here.

pub mod audio;
pub mod clock;
pub mod mailbox;
pub mod present;
pub mod sync;

pub use clock::OutputClock;
pub use mailbox::{Due, Mailbox, Timed};
