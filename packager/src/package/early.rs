//! Manifests from the first segments on: players can begin while the rest is coded. Their rates are the encoders' caps;
//! the final ones replace them with measured rates.

use super::{facts, finish};
use crate::catalogue::hls::PlaylistType;
use crate::catalogue::mpd::{EarlyTimes, early};
use crate::catalogue::{Catalogue, hls};
use crate::error::PackagerError;
use crate::layout;
use crate::mux::SegmentClosed;
use crate::plan::Plan;
use crate::publish::{Folder, Publisher};
use crate::text::FilmText;
use shared::mpd;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A film of unknown length is taken to be no longer than this.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The growing manifest of a run.
pub(super) struct Early<'a> {
    plan: &'a Plan,
    texts: &'a [FilmText],
    publisher: &'a Publisher<Folder>,
    /// Whether there are playlists beside the manifest.
    hls: bool,
    segments: Vec<SegmentClosed>,
    /// Segments that come before others of lower numbers: stretches of the film are made at the same time.
    waiting: BTreeMap<(String, u64), SegmentClosed>,
    /// Segments of each Representation, by number without a gap from 1 on.
    counts: BTreeMap<String, u64>,
    catalogue: Option<Catalogue>,
    /// Segments of every Representation that the manifest has.
    listed: u64,
    /// When the run began. Players count from it, so it stays the same from manifest to manifest.
    began: SystemTime,
}

impl<'a> Early<'a> {
    /// Nothing listed yet, at the time `began`.
    pub(super) fn new(
        (plan, texts): (&'a Plan, &'a [FilmText]),
        publisher: &'a Publisher<Folder>,
        hls: bool,
        began: SystemTime,
    ) -> Self {
        let counts = plan.renditions.iter().map(|rendition| (rendition.id.clone(), 0)).collect();
        Self {
            plan,
            texts,
            publisher,
            hls,
            segments: Vec::new(),
            waiting: BTreeMap::new(),
            counts,
            catalogue: None,
            listed: 0,
            began,
        }
    }

    /// Takes a segment; writes a manifest when all Representations have one more. `now` is asked for when it does.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn closed(
        &mut self,
        closed: &SegmentClosed,
        now: impl Fn() -> SystemTime,
    ) -> Result<bool, PackagerError> {
        let Some(count) = self.counts.get_mut(&closed.representation) else { return Ok(false) };
        self.waiting.insert((closed.representation.clone(), closed.number), closed.clone());
        while let Some(next) = self.waiting.remove(&(closed.representation.clone(), *count + 1)) {
            *count += 1;
            match &mut self.catalogue {
                Some(catalogue) => catalogue.apply(next),
                None => self.segments.push(next),
            }
        }
        let common = self.counts.values().min().copied().unwrap_or(0);
        if common <= self.listed {
            return Ok(false);
        }
        self.listed = common;
        self.write(now())?;
        Ok(true)
    }

    fn write(&mut self, now: SystemTime) -> Result<(), PackagerError> {
        let hls = self.hls.then_some(PlaylistType::Event);
        let catalogue = match &mut self.catalogue {
            Some(catalogue) => catalogue,
            empty => {
                let mut catalogue = Catalogue::new(facts::read(self.plan, self.texts, self.publisher.store(), hls)?);
                for closed in self.segments.drain(..) {
                    catalogue.apply(closed);
                }
                empty.insert(catalogue)
            }
        };
        let lasts = self.plan.expected_frames.map_or(LONGEST, |frames| self.plan.time_of(frames).since_start());
        let since_1970 = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let times = EarlyTimes { began: since_1970(self.began), published: since_1970(now), lasts };
        for playlist in hls::early(catalogue, self.listed)? {
            finish::put(self.publisher, &playlist)?;
        }
        let mpd = early(catalogue, self.listed, times)?;
        Ok(self.publisher.put(layout::MANIFEST, mpd::write(&mpd).as_bytes())?)
    }
}
