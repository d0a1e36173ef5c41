//! Puts single fields together, shows what is transparent over black, joins fields, crops, mirrors and rotates every picture once, before all renditions
//! share it.

use super::fields::Fields;
use super::weave::Weave;
use crate::probe::VideoTrack;
use shared_av::{AvError, Crop, Filter, VideoFrame};

/// Pictures as a viewer is to see them, in the master's own size.
pub(super) struct Upright {
    weave: Weave,
    /// For pictures with an alpha component; `None` where what is called so means nothing.
    over_black: Option<Filter>,
    fields: Fields,
    turn: Option<Filter>,
}

impl Upright {
    pub(super) fn new(track: &VideoTrack) -> Self {
        let turn = chain(track);
        Self {
            weave: Weave::default(),
            over_black: track.transparent.then(|| Filter::new(OVER_BLACK)),
            fields: Fields::new(track),
            turn: (!turn.is_empty()).then(|| Filter::new(turn.join(","))),
        }
    }

    pub(super) fn push(&mut self, frame: VideoFrame) -> Result<Vec<VideoFrame>, AvError> {
        let woven = self.weave.push(frame)?;
        self.all_shown(woven)
    }

    fn all_shown(&mut self, frames: Vec<VideoFrame>) -> Result<Vec<VideoFrame>, AvError> {
        let mut shown = Vec::with_capacity(frames.len());
        for frame in frames {
            shown.extend(self.shown(frame)?);
        }
        Ok(shown)
    }

    fn shown(&mut self, frame: VideoFrame) -> Result<Vec<VideoFrame>, AvError> {
        let frame = match &mut self.over_black {
            // One out for one in: it holds no picture back.
            Some(filter) if frame.is_transparent() => filter.push(&frame)?.pop().unwrap_or(frame),
            _ => frame,
        };
        let frames = self.fields.push(frame)?;
        self.turned(frames)
    }

    pub(super) fn finish(&mut self) -> Result<Vec<VideoFrame>, AvError> {
        let alone = self.weave.finish()?;
        let mut last = self.all_shown(alone)?;
        let frames = self.fields.finish()?;
        last.extend(self.turned(frames)?);
        if let Some(filter) = &mut self.turn {
            last.extend(filter.finish()?);
        }
        Ok(last)
    }

    fn turned(&mut self, frames: Vec<VideoFrame>) -> Result<Vec<VideoFrame>, AvError> {
        let Some(filter) = &mut self.turn else { return Ok(frames) };
        let mut turned = Vec::with_capacity(frames.len());
        for frame in frames {
            turned.extend(filter.push(&frame)?);
        }
        Ok(turned)
    }
}

/// Every sample times its alpha: what is invisible may have any colour (filter `premultiply` has these formats). The
/// component itself is left out by those who scale.
const OVER_BLACK: &str = "format=yuva444p|yuva444p9|yuva444p10|yuva444p16|gbrap|gbrap10|gbrap12|gbrap16,\
                          premultiply=inplace=1";

fn chain(track: &VideoTrack) -> Vec<String> {
    let Crop { left, top, right, bottom } = track.crop;
    let crop = format!("crop=iw-{left}-{right}:ih-{top}-{bottom}:{left}:{top}");
    let turn = match track.rotation {
        90 => Some("transpose=clock"),
        180 => Some("hflip,vflip"),
        270 => Some("transpose=cclock"),
        _ => None,
    };
    let crop = (track.crop != Crop::default()).then_some(crop);
    let mirror = track.mirrored.then(|| "hflip".to_owned());
    crop.into_iter().chain(mirror).chain(turn.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::tests::track;
    use shared_av::{ColourDescription, PixelFormat, Rational, Scaler, VideoFrameMut};

    #[test]
    fn an_ordinary_film_passes_untouched() {
        assert!(chain(&track(1920, 1080, 25)).is_empty());
    }

    #[test]
    fn turned_films_are_turned_back() {
        let turned = VideoTrack { rotation: 90, mirrored: true, ..track(1080, 1920, 25) };
        assert_eq!(chain(&turned), ["hflip", "transpose=clock"]);
        let crop = Crop { left: 40, top: 20, right: 42, bottom: 22 };
        let cropped = VideoTrack { crop, rotation: 180, ..track(238, 138, 25) };
        assert_eq!(chain(&cropped), ["crop=iw-40-42:ih-20-22:40:20", "hflip,vflip"]);
    }

    /// Luma of a picture that is white on the left and, in the colour `hidden` that nobody is to see, on the right.
    fn shown(hidden: u8, transparent: bool) -> (u8, u8) {
        let mut canvas = VideoFrameMut::new(PixelFormat::Rgba, 32, 32).unwrap();
        let plane = canvas.plane_mut(0).unwrap();
        for row in plane.data.chunks_mut(plane.stride) {
            for (x, sample) in row.chunks_mut(4).enumerate() {
                sample.copy_from_slice(&if x < 16 { [255; 4] } else { [hidden, hidden, hidden, 0] });
            }
        }
        let frame = canvas.finish(None, ColourDescription::SRGB, Rational::ONE);
        let mut upright = Upright::new(&VideoTrack { transparent, ..track(32, 32, 25) });
        let frame = upright.push(frame).unwrap().remove(0);
        let frame = Scaler::new(32, 32, PixelFormat::Yuv420p, ColourDescription::BT709).scale(&frame).unwrap();
        let luma = frame.plane(0).unwrap();
        (luma.data[8 * luma.stride + 4], luma.data[8 * luma.stride + 27])
    }

    #[test]
    fn what_is_transparent_is_black() {
        let (left, right) = shown(255, true);
        assert!(left.abs_diff(235) <= 1 && right.abs_diff(16) <= 1, "{left} {right}");
        let (_, kept) = shown(255, false);
        assert!(kept.abs_diff(235) <= 1, "{kept}: a fourth byte that means nothing");
    }
}
