//! Files that a manifest points to and without which it is not complete: indexes and true sizes. What they say is kept
//! beside the document, by rung. Sessions fetch them one by one; those who have no session, such as a simulation of a
//! package, ask for what is wanted until there is nothing more.

use super::{Presentation, Rung, RungId};
use shared::addressing::Resource;
use shared::addressing::sidx::SidxError;

/// A file that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedFile {
    /// For which rung.
    pub rung: RungId,
    /// Absolute URL, at the rung's first location.
    pub url: String,
    /// Which file, with its range.
    pub resource: Resource,
}

impl Presentation {
    /// The next file that is wanted, until there is none: fetch it, [`Presentation::supply`] it, ask again.
    pub fn wanted(&self) -> Option<WantedFile> {
        self.tracks().flat_map(|track| &track.rungs).find_map(|rung| self.wanted_by(rung))
    }

    fn wanted_by(&self, rung: &Rung) -> Option<WantedFile> {
        let resource = rung.index_in(self).pending().or(rung.size_index.as_ref())?.clone();
        let url = resource.url(&rung.locations.first()?.base).ok()?.into();
        Some(WantedFile { rung: rung.id, url, resource })
    }

    /// Hands in the bytes of a wanted file. A list of sizes that cannot be read is not wanted again.
    ///
    /// # Errors
    /// When the bytes are of no use.
    pub fn supply(&mut self, rung: RungId, bytes: &[u8]) -> Result<(), SidxError> {
        if !self.is_indexed(rung) {
            return self.supply_index(rung, bytes);
        }
        if let Some(rung) = self.rung_mut(rung) {
            rung.size_index = None;
        }
        self.supply_sizes(rung, bytes)
    }

    /// Takes the bytes that the pending index of a rung waits for.
    ///
    /// # Errors
    /// When the bytes are of no use.
    pub fn supply_index(&mut self, rung: RungId, bytes: &[u8]) -> Result<(), SidxError> {
        if let Some(index) = self.index(rung) {
            let index = index.with_sidx(bytes)?;
            self.fetched.insert(rung, index);
        }
        Ok(())
    }

    /// Takes a file with the true sizes of a rung's segments.
    ///
    /// # Errors
    /// When the bytes are of no use.
    pub fn supply_sizes(&mut self, rung: RungId, bytes: &[u8]) -> Result<(), SidxError> {
        if let Some(index) = self.index(rung) {
            let index = index.with_sizes(bytes)?;
            self.fetched.insert(rung, index);
        }
        Ok(())
    }

    /// All sizes are known as far as they ever will be: no file is wanted for them any more.
    pub fn without_size_files(mut self) -> Self {
        for rung in self.periods.iter_mut().flat_map(|period| &mut period.tracks).flat_map(|track| &mut track.rungs) {
            rung.size_index = None;
        }
        self
    }

    fn rung_mut(&mut self, id: RungId) -> Option<&mut Rung> {
        let (period, track, rung) = *self.places.rungs.get(&id)?;
        self.periods.get_mut(period)?.tracks.get_mut(track)?.rungs.get_mut(rung)
    }
}

#[cfg(test)]
mod tests {
    use crate::kinds::TrackKind;
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
        presentation.supply(wanted.rung, &bytes).unwrap();
        assert_eq!(presentation.wanted(), None);
        assert_eq!(Movie::from_presentation(&presentation).unwrap().sizes, [[8000.0], [24000.0]]);
    }
}
