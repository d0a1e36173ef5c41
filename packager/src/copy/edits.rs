//! Edit lists (ISO/IEC 14496-12 8.6.6): what of a track is presented, and when.

use shared::bmff::{BmffError, BoxRef};
use shared::time::{MediaTime, Timescale};

/// The part of a track that is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Presented {
    /// What is added to a composition time to make it a presentation time, in ticks of the track.
    pub shift: i64,
    /// The presentation time at which it begins.
    pub from: i64,
    /// The one at which it ends; `None` where the media end.
    pub until: Option<i64>,
}

/// What an edit list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edits {
    /// One piece of the media.
    One(Presented),
    /// Several pieces, the first of which ends at this presentation time.
    Several(i64),
}

/// Reads `elst` of a track with the timescale `media` in a movie with the timescale `movie`. An edit behind the first one is
/// the same piece where it goes on with the next sample.
///
/// # Errors
/// When it is cut off.
pub(super) fn read(elst: &BoxRef<'_>, movie: Timescale, media: Timescale) -> Result<Edits, BmffError> {
    let mut fields = elst.fields();
    let (version, _) = fields.full()?;
    // Nobody means more than that; sums of such numbers do not overflow.
    let bounded = |ticks: i64| ticks.clamp(-(1 << 58), 1 << 58);
    let mut at = 0i64;
    let mut piece: Option<(i64, i64, i64)> = None;
    for _ in 0..fields.u32()? {
        let length = i64::try_from(fields.sized(version)?).unwrap_or(i64::MAX);
        let start = if version == 0 { i64::from(fields.i32()?) } else { fields.i64()? };
        fields.skip(4)?;
        let start = bounded(start);
        let ticks = bounded(MediaTime::new(length, movie).rescaled(media).ticks);
        match (&mut piece, start) {
            (None, ..0) => at = bounded(at.saturating_add(ticks)),
            (None, _) => piece = Some((at, start, ticks)),
            // An empty edit behind the media shows nothing.
            (Some(_), ..0) => {}
            (Some((_, first, lasts)), _) if (first.saturating_add(*lasts)).abs_diff(start) <= 1 => {
                *lasts = bounded(lasts.saturating_add(ticks))
            }
            (Some((begin, _, lasts)), _) => return Ok(Edits::Several(begin.saturating_add(*lasts))),
        }
    }
    Ok(Edits::One(piece.map_or_else(Presented::default, |(from, start, lasts)| Presented {
        shift: from.saturating_sub(start),
        from,
        until: (lasts > 0).then(|| from.saturating_add(lasts)),
    })))
}

impl Presented {
    /// Everything, behind so many ticks of priming.
    pub fn behind(priming: i64) -> Self {
        Self { shift: -priming, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::bmff::walk;
    use shared::bmff::write::{full, put_u32, put_u64};

    fn of(edits: &[(u64, i64)]) -> Edits {
        let mut bytes = vec![];
        full(&mut bytes, b"elst", 1, 0, |out| {
            put_u32(out, edits.len() as u32);
            for (length, start) in edits {
                put_u64(out, *length);
                put_u64(out, start.cast_unsigned());
                put_u32(out, 0x0001_0000);
            }
        });
        let ts = |ticks| Timescale::new(ticks).unwrap();
        read(&walk::boxes(&bytes).next().unwrap().unwrap(), ts(1000), ts(48_000)).unwrap()
    }

    #[test]
    fn priming_delays_and_ends_are_told() {
        let one = |shift, from, until| Edits::One(Presented { shift, from, until });
        assert_eq!(of(&[]), one(0, 0, None));
        assert_eq!(of(&[(0, 1024)]), one(-1024, 0, None));
        assert_eq!(of(&[(2000, 1024)]), one(-1024, 0, Some(96_000)));
        assert_eq!(of(&[(500, -1), (1000, 0)]), one(24_000, 24_000, Some(72_000)));
    }

    #[test]
    fn pieces_that_follow_one_another_are_one() {
        assert_eq!(of(&[(1000, 0), (1000, 48_000)]), Edits::One(Presented { shift: 0, from: 0, until: Some(96_000) }));
        assert_eq!(of(&[(1000, 0), (1000, 96_000)]), Edits::Several(48_000));
        assert_eq!(of(&[(1000, 0), (1000, -1)]), Edits::One(Presented { shift: 0, from: 0, until: Some(48_000) }));
    }
}
