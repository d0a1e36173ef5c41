//! Pictures of which a part is not to be seen. Matroska says so in its header, which FFmpeg 5 does not pass on.

use super::whole::HEAD;
use shared::webm::{self, Cropping};
use shared_av::{Crop, Rational, SourceInfo, StreamKind, VideoInfo, bytes_at};
use std::fs::File;
use std::path::Path;

/// The description of a file with what its header says of the edges of its pictures.
pub(super) fn marked(info: &SourceInfo, path: &Path) -> SourceInfo {
    let mut info = info.clone();
    let head = File::open(path).and_then(|mut file| bytes_at(&mut file, 0, HEAD)).unwrap_or_default();
    if webm::is_head(&head) {
        for cropping in webm::cropped_tracks(&head) {
            if let Some(StreamKind::Video(video)) = info.streams.get_mut(cropping.place).map(|stream| &mut stream.kind)
            {
                crop(video, cropping);
            }
        }
    }
    info
}

/// A crop that leaves nothing is none.
fn crop(video: &mut VideoInfo, cropping: Cropping) {
    let [left, top, right, bottom] = cropping.edges;
    let crop = Crop { left, top, right, bottom };
    let Some((width, height)) = crop.left_of(video.width, video.height) else { return };
    video.side.crop = crop;
    // The displayed size is that of what is left (RFC 9559 5.1.4.1.28.12); FFmpeg takes it for that of all.
    let shape = |(wide, high): (u32, u32)| Rational::new(wide.checked_mul(height)?, high.checked_mul(width)?);
    video.sample_aspect = cropping.display.and_then(shape).unwrap_or(video.sample_aspect);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::tests::video;

    #[test]
    fn what_is_left_has_the_shape_that_is_stated() {
        let cropped = |edges, display| {
            let mut video = video(320, 180);
            crop(&mut video, Cropping { place: 0, edges, display });
            (video.side.crop, video.sample_aspect.value())
        };
        let crop = Crop { left: 40, top: 20, right: 40, bottom: 20 };
        assert_eq!(cropped([40, 20, 40, 20], None), (crop, 1.0));
        assert_eq!(cropped([40, 20, 40, 20], Some((240, 140))), (crop, 1.0), "square samples");
        assert_eq!(cropped([40, 20, 40, 20], Some((480, 140))), (crop, 2.0));
        assert_eq!(cropped([200, 0, 200, 0], None), (Crop::default(), 1.0));
    }
}
