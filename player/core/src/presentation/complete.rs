//! Files that a manifest points to and without which it is not complete: indexes and true sizes. For those who have
//! no session to fetch them, such as a simulation of a package.

use super::{Place, Presentation, Rung};
use shared::addressing::Resource;
use shared::addressing::sidx::SidxError;

/// A file that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// For which rung.
    pub place: Place,
    /// Absolute URL, at the rung's first location.
    pub url: String,
    /// Which file, with its range.
    pub resource: Resource,
}

impl Presentation {
    /// The next file that is wanted, until there is none: fetch it, [`Presentation::supply`] it, ask again.
    pub fn wanted(&self) -> Option<Wanted> {
        let places = self.periods.iter().enumerate().flat_map(|(period, p)| {
            let sets = p.sets.iter().enumerate();
            sets.flat_map(move |(set, s)| (0..s.rungs.len()).map(move |rung| Place { period, set, rung }))
        });
        places.filter_map(|place| self.rung(place).and_then(|rung| rung.wanted(place))).next()
    }

    /// Hands in the bytes of a wanted file. A list of sizes that cannot be read is not wanted again.
    ///
    /// # Errors
    /// When the bytes are of no use.
    pub fn supply(&mut self, place: Place, bytes: &[u8]) -> Result<(), SidxError> {
        let Some(rung) = self.rung_mut(place) else { return Ok(()) };
        if rung.index.pending().is_some() {
            rung.index = rung.index.with_sidx(bytes)?;
            return Ok(());
        }
        rung.size_index = None;
        rung.index = rung.index.with_sizes(bytes)?;
        Ok(())
    }
}

impl Rung {
    fn wanted(&self, place: Place) -> Option<Wanted> {
        let resource = self.index.pending().or(self.size_index.as_ref())?.clone();
        let url = resource.url(&self.locations.first()?.base).ok()?.into();
        Some(Wanted { place, url, resource })
    }
}

#[cfg(test)]
mod tests {
    use crate::io::TrackKind;
    use crate::presentation::select;
    use crate::session::Decodable;
    use crate::sim::Movie;
    use shared::bmff::{Reference, Sidx};
    use shared::mpd;
    use shared::time::Timescale;

    const MPD: &str = r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT2S"
        profiles="urn:mpeg:dash:profile:isoff-live:2011" mediaPresentationDuration="PT4S"><Period>
        <AdaptationSet contentType="video" mimeType="video/mp4"><SegmentTemplate media="$Number$.m4s" duration="2"/>
        <Representation id="v" bandwidth="800000"><SupplementalProperty
        schemeIdUri="tag:dash-packager,2026:segment-index" value="sizes.bin"/></Representation></AdaptationSet>
        </Period></MPD>"#;

    #[test]
    fn a_package_becomes_a_movie_with_true_sizes() {
        let url = "http://a.example/film/manifest.mpd".parse().unwrap();
        let (presentation, _) = mpd::read(MPD.as_bytes(), &url).unwrap();
        let mut presentation = select(&presentation, &[TrackKind::Video], &Decodable::default()).unwrap().presentation;
        let wanted = presentation.wanted().unwrap();
        assert_eq!(wanted.url, "http://a.example/film/sizes.bin");
        let references = vec![Reference::closed(1000, 2), Reference::closed(3000, 2)];
        let mut bytes = vec![];
        let timescale = Timescale::ONE;
        Sidx { track: 1, timescale, earliest: 0, first_offset: 0, references }.write(&mut bytes);
        presentation.supply(wanted.place, &bytes).unwrap();
        assert_eq!(presentation.wanted(), None);
        assert_eq!(Movie::from_presentation(&presentation).unwrap().sizes, [[8000.0], [24000.0]]);
    }
}
