//! Converts pictures of the grid to size, pixel format and colour of a rendition.
//!
//! Tone mapping comes after scaling, so that its cost depends on the size of the rendition, and runs in the thread of
//! the rendition.

use crate::plan::{PictureFormat, Plan, VideoEncoding};
use shared_av::{AvError, ColourDescription, Filter, PixelFormat, Scaler, VideoFrame};

/// Linear light at a nominal 100 cd/m2, BT.709 primaries, highlights rolled off, back to BT.709.
const TONE_MAP: &str = "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,\
                        zscale=t=bt709:m=bt709:r=limited,format=yuv420p";

/// The conversion for one rendition. Belongs to the thread that made it.
pub struct Shaper {
    scaler: Scaler,
    tone_map: Option<Filter>,
}

impl Shaper {
    /// For a rendition.
    pub fn new(plan: &Plan, encoding: &VideoEncoding) -> Self {
        let rung = &encoding.rung;
        Self::to(plan, plan.picture_format(encoding), (rung.width, rung.height))
    }

    /// For small pictures in the colours of an ordinary screen.
    pub fn preview(plan: &Plan, width: u32, height: u32) -> Self {
        Self::to(plan, plan.ordinary_format(), (width, height))
    }

    fn to(plan: &Plan, to: PictureFormat, (width, height): (u32, u32)) -> Self {
        if to.tone_map {
            let full = plan.source.as_ref().map_or(ColourDescription::BT709, |source| source.colour);
            let kept = ColourDescription { full_range: false, ..full };
            let scaler = Scaler::new(width, height, PixelFormat::Yuv420p10, kept);
            return Self { scaler, tone_map: Some(Filter::new(TONE_MAP)) };
        }
        Self { scaler: Scaler::new(width, height, to.format, to.colour), tone_map: None }
    }

    /// The picture of the rendition, the same one for the same one where nothing is to be done.
    ///
    /// # Errors
    /// When FFmpeg cannot convert it.
    pub fn shape(&mut self, frame: &VideoFrame) -> Result<VideoFrame, AvError> {
        let scaled = self.scaler.scale(frame)?;
        let Some(filter) = &mut self.tone_map else { return Ok(scaled) };
        // One out for one in: none of these filters holds a picture back.
        Ok(filter.push(&scaled)?.pop().unwrap_or(scaled))
    }
}
