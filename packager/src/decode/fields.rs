//! Pictures of two fields become pictures of one instant, wherever in a film they come. All others pass untouched, and
//! a film without fields has no filter.

use crate::probe::VideoTrack;
use shared_av::{AvError, FieldOrder, Filter, VideoFrame};

/// Joins the fields of pictures that say that they are two.
pub(super) struct Fields {
    /// Of all pictures, where the container says it and pictures do not.
    order: Option<FieldOrder>,
    /// Each is in the lines of the other.
    are_exchanged: bool,
    /// There from the first picture of two fields on.
    filter: Option<Filter>,
    /// The picture before, which has gone out already.
    before: Option<VideoFrame>,
    /// Pictures in the filter that have gone out already.
    repeated: usize,
}

impl Fields {
    pub(super) fn new(track: &VideoTrack) -> Self {
        Self { order: track.fields, are_exchanged: track.are_exchanged, filter: None, before: None, repeated: 0 }
    }

    /// Takes a picture and gives those that are ready: the same one, or, where the next one decides about it, the one
    /// before.
    pub(super) fn push(&mut self, frame: VideoFrame) -> Result<Vec<VideoFrame>, AvError> {
        if self.filter.is_none() && self.order.is_none() && !frame.is_interlaced() {
            self.before = Some(frame.clone());
            return Ok(vec![frame]);
        }
        if self.filter.is_none() {
            self.begin(&frame)?;
        }
        let Some(filter) = &mut self.filter else { return Ok(vec![frame]) };
        let mut ready = filter.push(&frame)?;
        let again = self.repeated.min(ready.len());
        self.repeated -= again;
        ready.drain(..again);
        Ok(ready)
    }

    pub(super) fn finish(&mut self) -> Result<Vec<VideoFrame>, AvError> {
        self.filter.as_mut().map_or(Ok(vec![]), Filter::finish)
    }

    /// What becomes of a picture depends on its two neighbours. The one before is given to the filter, too, so that it
    /// does not depend on where decoding began.
    fn begin(&mut self, first: &VideoFrame) -> Result<(), AvError> {
        let mut filter = Filter::new(chain(self.order, self.are_exchanged));
        let is_alike = |before: &VideoFrame| (before.width(), before.height()) == (first.width(), first.height());
        if let Some(before) = self.before.take().filter(is_alike) {
            filter.push(&before)?;
            self.repeated = 1;
        }
        self.filter = Some(filter);
        Ok(())
    }
}

/// Puts each field in the lines of the other.
pub const EXCHANGE: &str = "il=luma_swap=1:chroma_swap=1";

/// A picture for a picture, so that the rate stays.
fn chain(order: Option<FieldOrder>, are_exchanged: bool) -> String {
    let exchange = if are_exchanged { format!("{EXCHANGE},") } else { String::new() };
    let deinterlace = match order {
        None => "yadif=mode=send_frame:deint=interlaced",
        Some(FieldOrder::TopFirst) => "yadif=mode=send_frame:deint=all:parity=tff",
        Some(FieldOrder::BottomFirst) => "yadif=mode=send_frame:deint=all:parity=bff",
    };
    exchange + deinterlace
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::tests::track;
    use shared::time::PresentationTime;
    use shared_av::{ColourDescription, PixelFormat, Rational, VideoFrameMut};

    const SIDE: u32 = 32;

    /// Picture `number` of a film in which a column moves by two samples a field.
    fn picture(number: u8, fields: bool) -> VideoFrame {
        let mut canvas = VideoFrameMut::new(PixelFormat::Gray8, SIDE, SIDE).unwrap();
        let plane = canvas.plane_mut(0).unwrap();
        for (y, row) in plane.data.chunks_mut(plane.stride).enumerate() {
            let later = if fields { y % 2 } else { 0 };
            let at = usize::from(number) * 4 + 2 * later;
            for (x, sample) in row.iter_mut().enumerate() {
                *sample = if (at..at + 4).contains(&x) { 235 } else { 16 };
            }
        }
        let time = Some(PresentationTime::from_millis(i64::from(number) * 40));
        let frame = canvas.finish(time, ColourDescription::BT601, Rational::ONE);
        if fields { Filter::new("setfield=tff").push(&frame).unwrap().remove(0) } else { frame }
    }

    fn joined(track: &VideoTrack, frames: &[VideoFrame]) -> Vec<VideoFrame> {
        let mut fields = Fields::new(track);
        let mut out: Vec<VideoFrame> = frames.iter().flat_map(|frame| fields.push(frame.clone()).unwrap()).collect();
        out.extend(fields.finish().unwrap());
        out
    }

    fn samples(frame: &VideoFrame) -> &[u8] {
        frame.plane(0).unwrap().data
    }

    /// Samples that are unlike both their neighbours above and below, which are alike.
    fn combed(frame: &VideoFrame) -> usize {
        let plane = frame.plane(0).unwrap();
        let at = |x: usize, y: usize| i32::from(plane.data[y * plane.stride + x]);
        let is_combed =
            |x: usize, y: usize| (at(x, y) - at(x, y - 1)).abs() > 50 && (at(x, y - 1) - at(x, y + 1)).abs() < 20;
        (0..plane.width)
            .flat_map(|x| (1..plane.height - 1).map(move |y| (x, y)))
            .filter(|(x, y)| is_combed(*x, *y))
            .count()
    }

    /// Three whole pictures, then three of fields, then a whole one.
    fn mixed() -> Vec<VideoFrame> {
        (0..7).map(|number| picture(number, (3..6).contains(&number))).collect()
    }

    #[test]
    fn only_fields_are_joined_wherever_they_come() {
        let film = mixed();
        let out = joined(&track(SIDE, SIDE, 25), &film);
        assert_eq!(
            out.iter().map(VideoFrame::pts).collect::<Vec<_>>(),
            film.iter().map(VideoFrame::pts).collect::<Vec<_>>()
        );
        for (n, (frame, original)) in out.iter().zip(&film).enumerate() {
            let is_whole = !(3..6).contains(&n);
            assert_eq!(samples(frame) == samples(original), is_whole, "picture {n}");
            assert!(combed(frame) * 8 <= combed(&film[4]), "picture {n}: {} of {}", combed(frame), combed(&film[4]));
        }
    }

    #[test]
    fn where_decoding_began_makes_no_difference() {
        let film = mixed();
        let whole = joined(&track(SIDE, SIDE, 25), &film);
        for from in 1..film.len() - 1 {
            let part = joined(&track(SIDE, SIDE, 25), &film[from..]);
            // The first one that is decoded is never wanted: its neighbour is not known.
            for (n, (frame, other)) in part.iter().zip(&whole[from..]).enumerate().skip(1) {
                assert!(samples(frame) == samples(other), "from {from}, picture {n}");
            }
        }
    }

    #[test]
    fn fields_that_are_in_each_others_lines_are_exchanged() {
        let exchanged: Vec<VideoFrame> =
            (0..4).map(|number| Filter::new(EXCHANGE).push(&picture(number, true)).unwrap().remove(0)).collect();
        let told = VideoTrack { fields: Some(FieldOrder::TopFirst), are_exchanged: true, ..track(SIDE, SIDE, 25) };
        let right: Vec<VideoFrame> = (0..4).map(|number| picture(number, true)).collect();
        let out = joined(&told, &exchanged);
        let wanted = joined(&VideoTrack { are_exchanged: false, ..told }, &right);
        assert!(out.iter().zip(&wanted).all(|(out, wanted)| samples(out) == samples(wanted)));
    }

    #[test]
    fn a_container_that_speaks_for_its_pictures_is_believed() {
        let unmarked: Vec<VideoFrame> =
            (0..4).map(|number| Filter::new("setfield=prog").push(&picture(number, true)).unwrap().remove(0)).collect();
        let told = VideoTrack { fields: Some(FieldOrder::TopFirst), ..track(SIDE, SIDE, 25) };
        assert!(joined(&told, &unmarked).iter().all(|frame| combed(frame) * 8 <= combed(&unmarked[1])));
        assert_eq!(chain(Some(FieldOrder::BottomFirst), false), "yadif=mode=send_frame:deint=all:parity=bff");
    }
}
