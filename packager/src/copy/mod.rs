//! Packaging without encoding: the tracks of one or several inputs become renditions as they are.
//!
//! ```text
//! file ► movie: tracks, edits, sample tables, fragments ─► inspect: facts ─► compose: plan ─► job: segments
//!                                     starts: NAL units, OBUs ┘     └ family: may they be switched between?
//!                                                                   └ cuts: where all can be cut
//! ```
//! Inputs of other containers are read packet by packet (`streams`), once for their times (`timing`) and once for their
//! bytes (`conversion`).
//!
//! Of the media of movies, only the beginnings of pictures are read at which a segment may begin; their bytes are moved by
//! [`crate::produce::CopyProducer`] from file to file. Tables are kept compressed, and one at a time.

mod collector;
mod compose;
mod contents;
mod conversion;
mod cuts;
mod cutting;
mod dolby;
mod edits;
mod facts;
mod family;
mod file;
mod fragments;
mod header;
mod input;
mod inspect;
mod job;
mod left;
mod movie;
mod picture;
mod starts;
mod streams;
mod table;
#[cfg(test)]
mod tests;
mod timing;
mod track;
mod used;

pub use compose::{Composed, compose};
pub use facts::{InputFacts, Origin, TrackFacts};
pub use input::Input;
pub use job::{CopyJob, CopySource, jobs, run};
pub use left::{LeftMedia, left_in_inputs};
pub use table::{FileRuns, SampleTable, TableSample};
