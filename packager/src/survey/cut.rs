//! Where a decoder begins, so that it gives the same pictures from a frame on as one that has read the whole film.

use super::Survey;
use crate::plan::Plan;
use shared::time::PresentationTime;

/// A decoder begins so many access points before the last one that would do. Pictures behind an open group's key picture
/// may refer to the group before, recovery points may take until the next one, and a deinterlacer looks at the picture
/// before.
const POINTS_BEFORE: usize = 2;

/// Why a film can be made in one piece only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnePiece {
    /// There are no pictures; sound is never cut.
    NoPictures,
    /// Times behind a jump depend on everything before it.
    Jumps,
    /// Pictures without a time are shown behind the one before.
    Untimed,
    /// Its edit list joins several parts, so that seeking does not lead where it should.
    Edited,
    /// Seeking finds the pictures of one stream alone.
    Moves,
    /// Two packets are one picture, so that half of the access points are none.
    SingleFields,
    /// What comes of damage depends on everything before it.
    Damaged,
    /// What a decoder has been told of high dynamic range holds until it is told something else.
    HighDynamicRange,
}

impl OnePiece {
    /// In words, for a note.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoPictures => "it has no pictures",
            Self::Jumps => "its clock jumps",
            Self::Untimed => "some of its pictures have no time",
            Self::Edited => "an edit list joins it from several parts",
            Self::Moves => "its pictures go on in another stream",
            Self::SingleFields => "its pictures come field by field",
            Self::Damaged => "some of its packets are damaged",
            Self::HighDynamicRange => "it has a high dynamic range",
        }
    }
}

impl Survey {
    /// Whether the film of `plan` can be made in stretches.
    ///
    /// # Errors
    /// Why not.
    pub fn can_be_cut(&self, plan: &Plan) -> Result<(), OnePiece> {
        let source = plan.source.as_ref().ok_or(OnePiece::NoPictures)?;
        let pictures = self.streams.get(&source.stream).ok_or(OnePiece::NoPictures)?;
        let reasons = [
            (self.jumps > 0, OnePiece::Jumps),
            (pictures.untimed > 0, OnePiece::Untimed),
            (pictures.is_edited, OnePiece::Edited),
            (!source.goes_on_in.is_empty(), OnePiece::Moves),
            (source.single_fields, OnePiece::SingleFields),
            (self.damaged > 0, OnePiece::Damaged),
            (source.colour.is_hdr(), OnePiece::HighDynamicRange),
        ];
        reasons.into_iter().find(|(holds, _)| *holds).map_or(Ok(()), |(_, why)| Err(why))
    }

    /// The access point from which a decoder reaches frame `index` of the plan; `None` for the beginning of the film.
    pub fn access_point(&self, plan: &Plan, index: u64) -> Option<PresentationTime> {
        let points = &self.streams.get(&plan.source.as_ref()?.stream)?.access_points;
        let wanted = plan.zero + plan.time_of(index).since_start();
        let suffice = points.iter().rposition(|point| *point <= wanted)?;
        suffice.checked_sub(POINTS_BEFORE).map(|place| points[place])
    }
}

#[cfg(test)]
mod tests {
    use super::super::PacketFacts;
    use super::super::tests::{packet, pictures};
    use super::*;
    use crate::plan::plan;
    use crate::plan::tests::{identity, master, wishes};
    use shared_av::{ColourDescription, Rational};

    fn film() -> Plan {
        plan(identity(), &master(Rational::new(25, 1).unwrap(), 4.0), &[], &wishes()).unwrap()
    }

    /// A group every ten pictures of 40 ms.
    fn groups() -> Survey {
        pictures(&(0..100).map(|n| (n * 40, n % 10 == 0)).collect::<Vec<_>>())
    }

    #[test]
    fn decoding_begins_two_groups_earlier_than_it_must() {
        let point = |index| groups().access_point(&film(), index).map(|point| point.nanos() / 40_000_000);
        let cases = [(0, None), (19, None), (20, Some(0)), (29, Some(0)), (30, Some(10)), (99, Some(70))];
        for (index, expected) in cases {
            assert_eq!(point(index), expected, "frame {index}");
        }
    }

    #[test]
    fn an_ordinary_film_can_be_cut_and_others_say_why_not() {
        let plan = film();
        assert_eq!(groups().can_be_cut(&plan), Ok(()));
        assert_eq!(Survey::default().can_be_cut(&plan), Err(OnePiece::NoPictures));
        assert_eq!(Survey { jumps: 1, ..groups() }.can_be_cut(&plan), Err(OnePiece::Jumps));
        assert_eq!(Survey { damaged: 1, ..groups() }.can_be_cut(&plan), Err(OnePiece::Damaged));
        let mut untimed = groups();
        untimed.packet(0, PacketFacts { pts: None, ..packet(0, 40) });
        assert_eq!(untimed.can_be_cut(&plan), Err(OnePiece::Untimed));
        let mut edited = groups();
        edited.packet(0, PacketFacts { is_discarded: true, ..packet(4000, 4040) });
        edited.packet(0, packet(4000, 4040));
        assert_eq!(edited.can_be_cut(&plan), Err(OnePiece::Edited));
        let mut bright = plan.clone();
        if let Some(source) = &mut bright.source {
            source.colour = ColourDescription { transfer: 16, ..ColourDescription::BT709 };
        }
        assert_eq!(groups().can_be_cut(&bright), Err(OnePiece::HighDynamicRange));
    }
}
