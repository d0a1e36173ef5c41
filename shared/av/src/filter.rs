//! A chain of libavfilter's filters over pictures, in its own notation (`transpose=clock`, `yadif`, `zscale=…`).

use crate::{AvError, AvStage, VideoFrame, frame, library};
use ffmpeg_next as ff;
use shared::time::PresentationTime;

/// A filter chain for frames of one shape; follows when the shape changes.
pub struct Filter {
    chain: String,
    graph: Option<(FilterInput, ff::filter::Graph)>,
}

#[derive(Clone, Copy, PartialEq)]
struct FilterInput {
    width: u32,
    height: u32,
    format: i32,
}

impl Filter {
    /// A chain in libavfilter's notation, one input, one output. It is checked when the first frame comes.
    pub fn new(chain: impl Into<String>) -> Self {
        library::ready();
        Self { chain: chain.into(), graph: None }
    }

    /// Puts one frame in and takes out what is ready, usually one.
    ///
    /// # Errors
    /// [`AvStage::Convert`] when the chain cannot be built for these frames or fails on one.
    pub fn push(&mut self, frame: &VideoFrame) -> Result<Vec<VideoFrame>, AvError> {
        let shape =
            FilterInput { width: frame.width(), height: frame.height(), format: frame::raw_format(frame.raw()) };
        let mut out = Vec::new();
        if self.graph.as_ref().is_some_and(|(known, _)| *known != shape) {
            out = self.finish()?;
        }
        let failed = |e| AvError::library(AvStage::Convert, format!("with filter {}", self.chain), e).at(frame.pts());
        let graph = match &mut self.graph {
            Some((_, graph)) => graph,
            None => &mut self.graph.insert((shape, open(&self.chain, frame, shape).map_err(failed)?)).1,
        };
        let mut input = frame::reference(frame.raw()).map_err(failed)?;
        input.set_pts(frame.pts().map(PresentationTime::nanos));
        graph.get("in").ok_or(ff::Error::Bug).and_then(|mut i| i.source().add(&input)).map_err(failed)?;
        drain(graph, &mut out).map_err(failed)?;
        Ok(out)
    }

    /// Takes out what is still inside.
    ///
    /// # Errors
    /// [`AvStage::Convert`] when the chain fails.
    pub fn finish(&mut self) -> Result<Vec<VideoFrame>, AvError> {
        let mut out = Vec::new();
        let Some((_, mut graph)) = self.graph.take() else { return Ok(out) };
        graph
            .get("in")
            .ok_or(ff::Error::Bug)
            .and_then(|mut input| input.source().flush())
            .and_then(|()| drain(&mut graph, &mut out))
            .map_err(|e| AvError::library(AvStage::Convert, format!("with filter {}", self.chain), e))?;
        Ok(out)
    }
}

fn open(chain: &str, frame: &VideoFrame, shape: FilterInput) -> Result<ff::filter::Graph, ff::Error> {
    let aspect = frame.sample_aspect();
    let input = format!(
        "video_size={}x{}:pix_fmt={}:time_base=1/1000000000:pixel_aspect={}/{}",
        shape.width,
        shape.height,
        shape.format,
        aspect.num(),
        aspect.den()
    );
    let find = |name| ff::filter::find(name).ok_or(ff::Error::FilterNotFound);
    let mut graph = ff::filter::Graph::new();
    graph.add(&find("buffer")?, "in", &input)?;
    graph.add(&find("buffersink")?, "out", "")?;
    graph.output("in", 0)?.input("out", 0)?.parse(chain)?;
    graph.validate()?;
    Ok(graph)
}

fn drain(graph: &mut ff::filter::Graph, out: &mut Vec<VideoFrame>) -> Result<(), ff::Error> {
    let mut sink = graph.get("out").ok_or(ff::Error::Bug)?;
    let base = sink.sink().time_base();
    loop {
        let mut frame = ff::frame::Video::empty();
        match sink.sink().frame(&mut frame) {
            Ok(()) => {
                let pts = frame.pts().map(|ticks| crate::stream::to_time(ticks, base));
                out.push(VideoFrame::share(frame, pts));
            }
            Err(ff::Error::Eof | ff::Error::Other { errno: ff::error::EAGAIN }) => return Ok(()),
            Err(e) => return Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ColourDescription, PixelFormat, Rational, VideoFrameMut};

    #[test]
    fn a_turned_picture_swaps_its_sides_and_keeps_its_time() {
        let mut canvas = VideoFrameMut::new(PixelFormat::Yuv420p, 64, 32).unwrap();
        let luma = canvas.plane_mut(0).unwrap();
        luma.data.fill(16);
        luma.data[0] = 235; // top left
        let time = Some(PresentationTime::from_millis(120));
        let frame = canvas.finish(time, ColourDescription::BT709, Rational::ONE);
        let mut filter = Filter::new("transpose=clock");
        let mut out = filter.push(&frame).unwrap();
        out.extend(filter.finish().unwrap());
        assert_eq!(out.len(), 1);
        let turned = out[0].plane(0).unwrap();
        assert_eq!((turned.width, turned.height, out[0].pts()), (32, 64, time));
        assert_eq!(turned.data[31], 235, "top left went to top right");
    }

    #[test]
    fn an_unknown_filter_is_an_error() {
        let frame = VideoFrameMut::new(PixelFormat::Gray8, 16, 16).unwrap().finish(
            None,
            ColourDescription::BT709,
            Rational::ONE,
        );
        let error = Filter::new("no_such_filter").push(&frame).unwrap_err();
        assert!(error.to_string().contains("no_such_filter"), "{error}");
    }
}
