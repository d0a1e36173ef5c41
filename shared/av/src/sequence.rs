//! Films one after the other, read as one: where each begins in the time of the whole. All of them are coded alike, because a
//! decoder is set up by the first.

use crate::{AvError, SourceInfo, StreamKind};
use ffmpeg_next as ff;
use shared::time::PresentationTime;
use std::io::{self, Read, Seek};
use std::sync::Arc;
use std::time::Duration;

/// Bytes that can be read from any place.
pub trait SourceBytes: Read + Seek + Send {}

impl<T: Read + Seek + Send> SourceBytes for T {}

/// One of several films.
#[derive(Clone)]
pub struct SourcePart {
    /// For messages.
    pub name: String,
    /// How long it is, where that is not its own word.
    pub lasts: Option<Duration>,
    /// Opens it, as often as it is needed.
    pub open: Arc<dyn Fn() -> io::Result<Box<dyn SourceBytes>> + Send + Sync>,
}

impl SourcePart {
    pub(crate) fn bytes(&self) -> Result<Box<dyn SourceBytes>, AvError> {
        (self.open)().map_err(|e| AvError::open(&self.name, &e))
    }
}

/// The parts with their places in time; empty for a single film.
#[derive(Default)]
pub(crate) struct Sequence {
    places: Vec<Place>,
    current: usize,
}

struct Place {
    part: SourcePart,
    /// Where it begins in the time of the whole, in nanoseconds.
    begin: i64,
    /// What is to be added to its own times.
    shift: i64,
}

impl Sequence {
    /// Puts a film behind the others, which end at `end`; `start` is its own first time.
    pub(crate) fn push(&mut self, part: SourcePart, end: PresentationTime, start: PresentationTime) {
        let shift = end.nanos().saturating_sub(start.nanos());
        self.places.push(Place { part, begin: end.nanos(), shift });
    }

    /// What is to be added to the times of the film that is read, in nanoseconds.
    pub(crate) fn shift(&self) -> i64 {
        self.places.get(self.current).map_or(0, |place| place.shift)
    }

    /// How long the film that is read lasts, where that is not its own word.
    pub(crate) fn current_lasts(&self) -> Option<Duration> {
        self.places.get(self.current)?.part.lasts
    }

    /// The film behind the one that is read.
    pub(crate) fn next(&self) -> Option<usize> {
        Some(self.current + 1).filter(|next| *next < self.places.len())
    }

    /// The film that has this time, where it is another one than is read.
    pub(crate) fn other_at(&self, time: PresentationTime) -> Option<usize> {
        let behind = self.places.iter().position(|place| place.begin > time.nanos()).unwrap_or(self.places.len());
        Some(behind.saturating_sub(1)).filter(|place| *place != self.current && *place < self.places.len())
    }

    /// Goes to a film.
    pub(crate) fn go_to(&mut self, index: usize) -> Option<&SourcePart> {
        let place = self.places.get(index)?;
        self.current = index;
        Some(&place.part)
    }
}

/// Whether a decoder of a stream of `first` takes those of `other`.
pub(crate) fn are_alike(
    (first, first_input): (&SourceInfo, &ff::format::context::Input),
    (other, other_input): (&SourceInfo, &ff::format::context::Input),
) -> bool {
    let is_alike = |index: usize| {
        let (Some(a), Some(b)) = (first.streams.get(index), other.streams.get(index)) else { return false };
        let is_same_kind = match (&a.kind, &b.kind) {
            (StreamKind::Video(a), StreamKind::Video(b)) => {
                (a.width, a.height, a.format) == (b.width, b.height, b.format)
            }
            (StreamKind::Audio(a), StreamKind::Audio(b)) => (a.sample_rate, a.layout) == (b.sample_rate, b.layout),
            (StreamKind::Video(_) | StreamKind::Audio(_), _) => false,
            _ => return true,
        };
        is_same_kind && a.codec == b.codec && are_set_up_alike(&setup(first_input, index), &setup(other_input, index))
    };
    (0..first.streams.len()).all(is_alike)
}

/// Set-ups that begin as ISO/IEC 14496-10 Annex B streams do are repeated in the media.
fn are_set_up_alike(a: &[u8], b: &[u8]) -> bool {
    a == b || (a.starts_with(&[0, 0]) && b.starts_with(&[0, 0]))
}

fn setup(input: &ff::format::context::Input, index: usize) -> Vec<u8> {
    let Some(stream) = input.stream(index) else { return vec![] };
    let parameters = stream.parameters();
    // SAFETY: `parameters` keeps the container alive, whose AVCodecParameters own `extradata_size` bytes at `extradata`, or
    // none where it is null; they are copied here.
    #[expect(unsafe_code, reason = "the set-up of a decoder has no getter")]
    unsafe {
        let raw = parameters.as_ptr();
        let size = usize::try_from((*raw).extradata_size).unwrap_or(0);
        if (*raw).extradata.is_null() { vec![] } else { std::slice::from_raw_parts((*raw).extradata, size).to_vec() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> PresentationTime {
        PresentationTime::from_millis(seconds * 1000)
    }

    #[test]
    fn each_film_has_its_place_in_time() {
        let part =
            || SourcePart { name: "part".into(), lasts: None, open: Arc::new(|| Err(io::ErrorKind::NotFound.into())) };
        let mut sequence = Sequence::default();
        assert_eq!((sequence.shift(), sequence.next(), sequence.other_at(at(5))), (0, None, None));
        sequence.push(part(), at(2), at(2));
        sequence.push(part(), at(10), at(1));
        sequence.push(part(), at(20), at(0));
        assert_eq!((sequence.shift(), sequence.next()), (0, Some(1)));
        assert_eq!(
            [at(0), at(9), at(10), at(19), at(20), at(99)].map(|time| sequence.other_at(time)),
            [None, None, Some(1), Some(1), Some(2), Some(2)]
        );
        assert!(sequence.go_to(1).is_some() && sequence.shift() == 9_000_000_000 && sequence.next() == Some(2));
        assert!(sequence.go_to(2).is_some() && sequence.next().is_none() && sequence.go_to(3).is_none());
    }

    #[test]
    fn what_is_set_up_in_the_media_need_not_be_the_same() {
        assert!(are_set_up_alike(&[1, 2], &[1, 2]) && are_set_up_alike(&[0, 0, 1, 7], &[0, 0, 0, 1]));
        assert!(!are_set_up_alike(&[1, 2], &[1, 3]) && !are_set_up_alike(&[0, 0, 1], &[]));
    }
}
