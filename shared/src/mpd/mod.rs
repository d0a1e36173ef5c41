//! The media presentation description of ISO/IEC 23009-1, read and written. In the order of the data:
//!
//! * [`datatype`] reads and writes the values of attributes;
//! * `xml` walks a document through the elements declared in [`model`], `well_formed` finds what other readers refuse;
//! * [`decode`], [`parse`] (`read`) and [`write()`] (`write`) are the ways from bytes to the document and back;
//! * [`check()`] (`check`) finds what is wrong with a document, by rules that are data;
//! * [`read()`] and [`resolve()`] (`resolve`) turn a document into a [`Presentation`] (`presentation`);
//! * `problem`: errors with line and column, warnings with their place; `budget`: what a document may cost.

mod budget;
mod check;
pub mod datatype;
pub mod model;
mod presentation;
mod problem;
mod read;
mod resolve;
mod well_formed;
mod write;
mod xml;

pub use check::check;
pub use presentation::{
    AdaptationSet, ContentType, Live, Location, Period, Presentation, PresentationKind, Protection, Representation,
};
pub use problem::{DocumentPlace, MpdError, Warning};
pub use read::{MAX_DOCUMENT, decode, parse};
pub use resolve::{EXTENT_SCHEME, SEGMENT_INDEX_SCHEME, codec_content, read, resolve};
pub use write::write;
