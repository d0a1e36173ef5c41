//! Where in a track of pictures decoding can begin: found sample by sample, in decoding order.

use super::picture::{Leading, PictureStart, Seen, UnitForm};

/// An instant at which a segment may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The number of its sample.
    pub sample: u32,
    /// When it is presented, or a picture that is decoded behind it and shown before it, in ticks.
    pub ticks: i64,
    /// The earliest presentation of all that is decoded behind it.
    pub earliest: i64,
    /// Nothing behind it refers to what is before it.
    pub is_closed: bool,
}

/// Collects them.
#[derive(Debug)]
pub(super) struct Starts {
    form: UnitForm,
    found: Vec<Start>,
    /// When the picture of the last start is shown itself.
    own: i64,
    /// Leading pictures of it may follow.
    is_leading: bool,
}

impl Starts {
    /// Of access units of this form.
    pub(super) fn of(form: UnitForm) -> Self {
        Self { form, found: vec![], own: 0, is_leading: false }
    }

    /// Whether anything is to be learned from the bytes of the next sample.
    pub(super) fn asks(&self, is_key: bool) -> bool {
        is_key || self.is_leading
    }

    /// The next sample, and what was seen of it if it was asked for.
    pub(super) fn sample(&mut self, number: u32, pts: i64, seen: Option<Seen>) {
        if let Some(Seen::Start(start @ (PictureStart::Closed | PictureStart::Open))) = seen {
            // Whether pictures of H.265 that cannot be decoded follow is seen from them.
            let is_closed = start == PictureStart::Closed || self.form.has_leading_types();
            self.found.push(Start { sample: number, ticks: pts, earliest: pts, is_closed });
            self.own = pts;
            self.is_leading = self.form.has_leading_types();
            return;
        }
        let Some(last) = self.found.last_mut() else { return };
        if pts < self.own {
            last.earliest = last.earliest.min(pts);
        }
        match seen.filter(|_| self.is_leading) {
            Some(Seen::Leading(Leading::Decodable)) => last.ticks = last.ticks.min(pts),
            Some(Seen::Leading(Leading::Skipped)) => last.is_closed = false,
            _ => self.is_leading = false,
        }
    }

    /// All of them.
    pub(super) fn finish(self) -> Vec<Start> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::codec::CodecKind;

    fn hevc(kinds: &[(u8, i64)]) -> Vec<(u32, i64, i64, bool)> {
        let mut starts = Starts::of(UnitForm { codec: CodecKind::Hevc, nal_length: 4 });
        for (number, (kind, pts)) in (0..).zip(kinds) {
            let bytes = [0, 0, 0, 2, kind << 1, 1];
            let is_key = (16..24).contains(kind);
            let seen = starts.asks(is_key).then(|| starts.form.look(&bytes, is_key).unwrap());
            starts.sample(number, *pts, seen);
        }
        starts.finish().iter().map(|start| (start.sample, start.ticks, start.earliest, start.is_closed)).collect()
    }

    #[test]
    fn a_cra_is_open_only_with_pictures_that_cannot_be_decoded_from_it() {
        let (idr, cra, rasl, radl, trail) = (19, 21, 8, 7, 1);
        assert_eq!(hevc(&[(idr, 0), (trail, 2), (trail, 1), (cra, 3), (trail, 4)]), [(0, 0, 0, true), (3, 3, 3, true)]);
        assert_eq!(hevc(&[(cra, 5), (rasl, 3), (rasl, 4), (trail, 6)]), [(0, 5, 3, false)]);
        assert_eq!(hevc(&[(idr, 5), (radl, 4), (trail, 6)]), [(0, 4, 4, true)]);
        assert_eq!(hevc(&[(trail, 0)]), []);
    }

    #[test]
    fn of_an_open_group_of_h264_the_earliest_picture_is_known() {
        let mut starts = Starts::of(UnitForm { codec: CodecKind::Avc, nal_length: 4 });
        starts.sample(0, 10, Some(Seen::Start(PictureStart::Open)));
        for (number, pts) in [(1, 8), (2, 9), (3, 11)] {
            assert!(!starts.asks(false));
            starts.sample(number, pts, None);
        }
        assert_eq!(starts.finish(), [Start { sample: 0, ticks: 10, earliest: 8, is_closed: false }]);
    }
}
