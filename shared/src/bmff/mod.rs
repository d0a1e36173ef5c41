//! ISO base media files (ISO/IEC 14496-12) as DASH and CMAF use them, read and written.
//!
//! Reading is bounded: every length is checked against the bytes that are there before anything is reserved, and
//! unknown boxes are stepped over. Nothing here decodes media or opens files; progressive files with sample tables
//! are not read.

mod error;
mod fields;
pub mod walk;

pub mod entry;
pub mod fragment;
pub mod init;
pub mod nal;
pub mod sidx;
pub mod tree;
pub mod write;

pub use error::BmffError;
pub use fields::Fields;
pub use fragment::Sample;
pub use init::Track;
pub use sidx::{Reference, Sidx};
pub use walk::{BoxRef, FourCc};

#[cfg(test)]
mod tests;
