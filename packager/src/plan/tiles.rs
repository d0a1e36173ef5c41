//! Sheets of small pictures, by which players show what is where in a film (DASH-IF Interoperability Points 6.2.6). A
//! sheet covers as much time as a chunk, so that each chunk makes its own; how many pictures it has and how large they
//! are follows from what they may cost.

use super::{How, Plan, PlannedRendition, RenditionKind};
use crate::probe::even;
use serde::{Deserialize, Serialize};
use shared::units::Bitrate;

/// Columns and rows of a sheet, most pictures first.
const GRIDS: [(u32, u32); 5] = [(5, 3), (4, 3), (5, 2), (4, 2), (3, 2)];
/// Samples of a small picture, largest first: of 16:9 those of 160x90, 128x72 and 96x54.
const AREAS: [f64; 3] = [14_400.0, 9216.0, 5184.0];
/// Bits of a sample of a small picture, at most: of JPEG at the quality that is used here.
const BITS_A_SAMPLE: f64 = 3.0;
/// The part of a package that small pictures may be.
const SHARE: f64 = 0.01;
/// How long a small picture may stand for the film, in seconds.
const SHORTEST: f64 = 1.0;
const LONGEST: f64 = 10.0;
/// A side of a small picture at most.
const LONGEST_SIDE: f64 = 480.0;

/// What sheets are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileSheets {
    /// Of a small picture, in samples.
    pub width: u32,
    /// Of a small picture, in rows.
    pub height: u32,
    /// Pictures side by side.
    pub columns: u32,
    /// Pictures one above the other.
    pub rows: u32,
    /// Frames of the film that a sheet covers.
    pub frames: u64,
    /// What it is expected to need.
    pub rate: Bitrate,
}

impl TileSheets {
    /// Pictures of a sheet.
    pub fn count(&self) -> u64 {
        u64::from(self.columns) * u64::from(self.rows)
    }

    /// The small picture that stands for frame `index`, counted over all sheets from 0.
    pub fn tile_of(&self, index: u64) -> u64 {
        let (sheet, within) = (index / self.frames.max(1), index % self.frames.max(1));
        sheet * self.count() + within * self.count() / self.frames.max(1)
    }
}

/// The small pictures of a plan; `None` where there are no pictures. Chunks that do not begin at multiples of their length
/// have none: the one that leads.
pub(super) fn rendition(plan: &Plan) -> Option<PlannedRendition> {
    let source = plan.source.as_ref().filter(|_| plan.lead_frames == 0)?;
    let frames = plan.chunk_frames();
    let seconds = frames as f64 / plan.rate.value();
    let planned: u64 = plan.renditions.iter().map(|rendition| rendition.rate().bps()).sum();
    let made = |area: f64, (columns, rows): (u32, u32)| {
        let (width, height) = size(area, source.width, source.height);
        let lasts = seconds / f64::from(columns * rows);
        let bits = f64::from(width * height) * BITS_A_SAMPLE;
        let rate = Bitrate::from_bps_f64(bits / lasts);
        (lasts, TileSheets { width, height, columns, rows, frames, rate })
    };
    let possible = || AREAS.iter().flat_map(|area| GRIDS.iter().map(|grid| made(*area, *grid)));
    let fits = |(lasts, _): &(f64, TileSheets)| (SHORTEST..=LONGEST).contains(lasts);
    let is_cheap = |(_, sheets): &(f64, TileSheets)| sheets.rate.bps() as f64 <= planned as f64 * SHARE;
    let sheets = possible().find(|one| fits(one) && is_cheap(one)).or_else(|| possible().rfind(fits))?.1;
    let id = format!("tiles-{}x{}", sheets.width, sheets.height);
    Some(PlannedRendition { id, kind: RenditionKind::Image, from: source.stream, how: How::Tiles(sheets) })
}

/// So many samples in the shape of the film, and not more than it has.
fn size(area: f64, width: u32, height: u32) -> (u32, u32) {
    let (across, down) = (f64::from(width.max(1)), f64::from(height.max(1)));
    let scale = (area / (across * down)).sqrt().min(LONGEST_SIDE / across.max(down)).min(1.0);
    (even(across * scale), even(down * scale))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::LadderRequest;
    use crate::plan::tests::{identity, master, wishes};
    use crate::plan::{Wishes, plan};
    use shared_av::Rational;

    fn sheets(rate: (u32, u32), ladder: &str, wishes: Wishes) -> Option<TileSheets> {
        let mut master = master(Rational::new(rate.0, rate.1).unwrap(), 200.0);
        // The rates of sound would count, too.
        master.audios.clear();
        let wishes = Wishes { ladder: LadderRequest::parse(ladder).unwrap(), thumbnails: true, ..wishes };
        let (rungs, _) = wishes.ladder.rungs(master.video.as_ref().unwrap(), None, &wishes.codecs).unwrap();
        let plan = plan(identity(), &master, &rungs, &wishes).unwrap();
        plan.tile_sheets().next().map(|(_, sheets)| *sheets)
    }

    #[test]
    fn a_rich_ladder_has_many_pictures_and_a_poor_one_few_small_ones() {
        let of = |ladder| sheets((25, 1), ladder, wishes()).unwrap();
        let (rich, poor) = (of("1280x720@4000"), of("320x180@100"));
        assert_eq!((rich.width, rich.height, rich.columns, rich.rows, rich.frames), (160, 90, 5, 3, 1500));
        assert!(poor.width < rich.width && poor.count() < rich.count(), "{poor:?}");
    }

    #[test]
    fn a_picture_stands_for_one_to_ten_seconds_at_any_rate_and_length_of_segments() {
        for rate in [(25, 1), (30_000, 1001), (60, 1), (1, 1), (1, 4)] {
            for segment_seconds in [0.1, 1.0, 4.0, 7.3, 30.0, 41.0, 60.0] {
                let Some(sheets) = sheets(rate, "640x360@300", Wishes { segment_seconds, ..wishes() }) else {
                    panic!("{rate:?} {segment_seconds}");
                };
                let seconds = sheets.frames as f64 * f64::from(rate.1) / f64::from(rate.0) / sheets.count() as f64;
                assert!((1.0..=10.0).contains(&seconds), "{rate:?} {segment_seconds}: {seconds}");
            }
        }
    }

    #[test]
    fn a_frame_belongs_to_the_picture_of_its_time() {
        let sheets = TileSheets { width: 2, height: 2, columns: 2, rows: 2, frames: 10, rate: Bitrate::ZERO };
        let tiles: Vec<u64> = (0..12).map(|frame| sheets.tile_of(frame)).collect();
        assert_eq!(tiles, [0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4]);
    }

    #[test]
    fn the_shape_is_that_of_the_film() {
        assert_eq!(size(14_400.0, 1920, 1080), (160, 90));
        assert_eq!(size(14_400.0, 1080, 1920), (90, 160));
        assert_eq!(size(14_400.0, 64, 48), (64, 48), "not more than there is");
        assert_eq!(size(14_400.0, 16, 16_000), (2, 480));
    }

    #[test]
    fn a_package_that_is_wanted_early_has_none() {
        assert_eq!(sheets((25, 1), "640x360@300", Wishes { early: true, ..wishes() }), None);
    }
}
