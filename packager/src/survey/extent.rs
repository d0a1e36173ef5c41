//! How far the grid of a plan reaches, from the times of packets alone: what
//! [`FrameGrid`] finds when it has been filled.

use super::Survey;
use crate::decode::{FrameGrid, hold};
use crate::plan::Plan;
use shared::time::PresentationTime;

/// What the grid of a plan will hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// Slots that will be filled.
    pub frames: u64,
    /// Where they end in the source.
    pub end: PresentationTime,
    /// Where the sound ends in the source.
    pub sound_end: Option<PresentationTime>,
}

impl Survey {
    /// What the grid of `plan` will hold; `None` when there are no pictures.
    pub fn extent(&self, plan: &Plan) -> Option<Extent> {
        let pictures = self.streams.get(&plan.source.as_ref()?.stream)?;
        let sound_end = plan
            .own_audio_encodings()
            .flat_map(|(_, encoding)| encoding.track.streams())
            .filter_map(|stream| self.streams.get(&stream)?.end)
            .max();
        let mut grid = FrameGrid::new(plan.zero, plan.rate, plan.limit);
        grid.skip_to(pictures.last?);
        let end = hold(pictures.end, sound_end, grid.is_full()).0;
        grid.skip_past(end);
        Some(Extent { frames: grid.frames(), end: grid.end(), sound_end })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{packet, pictures};
    use crate::plan::tests::{identity, master, wishes};
    use crate::plan::{Wishes, plan};
    use shared_av::Rational;
    use std::time::Duration;

    /// Frames on the grid, where they end and the sound ends in milliseconds, for packets of 40 ms.
    fn extent(last: i64, sound: Option<i64>, wishes: &Wishes) -> (u64, i64) {
        let plan = plan(identity(), &master(Rational::new(25, 1).unwrap(), 1.0), &[], wishes).unwrap();
        let mut survey = pictures(&(0..=last).map(|n| (n * 40, n == 0)).collect::<Vec<_>>());
        if let Some(millis) = sound {
            let stream = plan.audio_encodings().next().unwrap().1.track.stream;
            survey.packet(stream, packet(0, millis));
        }
        let extent = survey.extent(&plan).unwrap();
        (extent.frames, extent.end.nanos() / 1_000_000)
    }

    #[test]
    fn every_picture_has_a_slot_and_the_last_one_is_held_for_sound() {
        assert_eq!(extent(24, None, &wishes()), (25, 1000));
        assert_eq!(extent(24, Some(1040), &wishes()), (25, 1000), "the padding of an encoder");
        assert_eq!(extent(24, Some(1200), &wishes()), (30, 1200));
        assert_eq!(extent(0, None, &wishes()), (1, 40));
    }

    #[test]
    fn no_more_than_wanted() {
        let part = Wishes { duration: Some(Duration::from_millis(400)), ..wishes() };
        assert_eq!(extent(24, Some(1200), &part), (10, 400));
        let later = Wishes { start: Duration::from_millis(200), ..wishes() };
        assert_eq!(extent(24, None, &later), (20, 1000));
    }
}
