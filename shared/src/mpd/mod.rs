//! The media presentation description of ISO/IEC 23009-1, read and written. In the order of the data:
//!
//! * [`datatype`] reads and writes the values of attributes;
//! * `xml` walks a document through the elements declared in [`model`];
//! * [`parse`] (`read`) and [`write()`] (`write`) are the two directions;
//! * `problem`: errors with line and column, warnings with their place.

pub mod datatype;
pub mod model;
mod problem;
mod read;
mod write;
mod xml;

pub use problem::{MpdError, Place, Warning};
pub use read::{MAX_DOCUMENT, parse};
pub use write::write;
