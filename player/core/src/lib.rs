//! The deciding half of the player. See the modules, listed in the order in which data passes through them.

pub mod abr;
pub mod estimate;
