//! How large a package will be, by the rates that are aimed at.

use super::{How, Plan, PlannedRendition};
use shared::units::{Bitrate, ByteSize};

/// Of text, with the boxes around it.
const TEXT_RATE: Bitrate = Bitrate::from_bps(1000);

impl PlannedRendition {
    /// The average rate aimed at.
    pub fn rate(&self) -> Bitrate {
        match &self.how {
            How::EncodeVideo(encoding) => encoding.rung.rate,
            How::EncodeAudio(encoding) => encoding.rate,
            How::Copy(track) => track.bit_rate,
            // A few words a second.
            How::ConvertText(_) => TEXT_RATE,
            How::Tiles(sheets) => sheets.rate,
        }
    }
}

impl Plan {
    /// The size of all media; `None` where nobody knows how long the film is.
    pub fn expected_size(&self) -> Option<ByteSize> {
        let lasts = self.time_of(self.expected_frames?).since_start();
        Some(self.renditions.iter().map(|rendition| rendition.rate().over(lasts)).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::LadderRequest;
    use crate::plan::tests::{identity, master, wishes};
    use crate::plan::{Wishes, plan};
    use shared_av::Rational;

    #[test]
    fn the_size_is_rate_times_time() {
        let master = master(Rational::new(25, 1).unwrap(), 80.0);
        let wishes = Wishes { ladder: LadderRequest::parse("1280x720@1800,640x360@600").unwrap(), ..wishes() };
        let (rungs, _) = wishes.ladder.rungs(master.video.as_ref().unwrap(), None, &wishes.codecs).unwrap();
        let plan = plan(identity(), &master, &rungs, &wishes).unwrap();
        // Sound of 128 and 320 kbit/s.
        assert_eq!(plan.expected_size(), Some(ByteSize::from_bytes((1800 + 600 + 128 + 320) * 10_000)));
        assert_eq!(Plan { expected_frames: None, ..plan }.expected_size(), None);
    }
}
