//! Deinterlaces, mirrors and rotates every picture once, before all renditions share it.

use crate::probe::VideoTrack;
use shared_av::{AvError, Filter, VideoFrame};

/// Pictures as a viewer is to see them, in the master's own size.
pub(super) struct Upright(Option<Filter>);

impl Upright {
    pub(super) fn new(track: &VideoTrack) -> Self {
        let chain = chain(track);
        Self((!chain.is_empty()).then(|| Filter::new(chain.join(","))))
    }

    pub(super) fn push(&mut self, frame: VideoFrame) -> Result<Vec<VideoFrame>, AvError> {
        match &mut self.0 {
            Some(filter) => filter.push(&frame),
            None => Ok(vec![frame]),
        }
    }

    pub(super) fn finish(&mut self) -> Result<Vec<VideoFrame>, AvError> {
        self.0.as_mut().map_or(Ok(vec![]), Filter::finish)
    }
}

fn chain(track: &VideoTrack) -> Vec<&'static str> {
    let mut chain = Vec::new();
    if track.interlaced {
        // Only frames that are marked as interlaced; one frame out for one in.
        chain.push("yadif=mode=send_frame:deint=interlaced");
    }
    if track.mirrored {
        chain.push("hflip");
    }
    chain.extend(match track.rotation {
        90 => Some("transpose=clock"),
        180 => Some("hflip,vflip"),
        270 => Some("transpose=cclock"),
        _ => None,
    });
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::tests::track;

    #[test]
    fn an_ordinary_film_passes_untouched() {
        assert!(chain(&track(1920, 1080, 25)).is_empty());
    }

    #[test]
    fn turned_films_are_turned_back() {
        let turned = VideoTrack { rotation: 90, interlaced: true, ..track(1080, 1920, 25) };
        assert_eq!(chain(&turned), ["yadif=mode=send_frame:deint=interlaced", "transpose=clock"]);
    }
}
