//! A manifest from the first segments on: players can begin while the rest is coded. Its rates are the encoders' caps;
//! the final manifest replaces it with measured ones.

use super::finish;
use crate::error::PackagerError;
use crate::layout;
use crate::manifest::{EarlyTimes, Manifest};
use crate::mux::SegmentClosed;
use crate::plan::Plan;
use crate::publish::{Folder, Publisher};
use shared::mpd;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A film of unknown length is taken to be no longer than this.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The growing manifest of a run.
pub(super) struct Early<'a> {
    plan: &'a Plan,
    publisher: &'a Publisher<Folder>,
    segments: Vec<SegmentClosed>,
    /// Segments of each Representation, by number without a gap from 1 on.
    counts: BTreeMap<String, u64>,
    manifest: Option<Manifest>,
    /// Segments of every Representation that the manifest has.
    listed: u64,
    /// When the run began. Players count from it, so it stays the same from manifest to manifest.
    began: SystemTime,
}

impl<'a> Early<'a> {
    /// Nothing listed yet, at the time `began`.
    pub(super) fn new(plan: &'a Plan, publisher: &'a Publisher<Folder>, began: SystemTime) -> Self {
        let counts = finish::ids(plan).map(|id| (id.to_owned(), 0)).collect();
        Self { plan, publisher, segments: Vec::new(), counts, manifest: None, listed: 0, began }
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
        if let Some(count) = self.counts.get_mut(&closed.representation) {
            *count = (*count).max(closed.number);
        }
        match &mut self.manifest {
            Some(manifest) => manifest.apply(closed.clone()),
            None => self.segments.push(closed.clone()),
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
        let manifest = match &mut self.manifest {
            Some(manifest) => manifest,
            empty => {
                let mut manifest = Manifest::new(finish::facts(self.plan, &finish::inits(self.plan, self.publisher)?));
                for closed in self.segments.drain(..) {
                    manifest.apply(closed);
                }
                empty.insert(manifest)
            }
        };
        let lasts = self.plan.expected_frames.map_or(LONGEST, |frames| self.plan.time_of(frames).since_start());
        let since_1970 = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let times = EarlyTimes { began: since_1970(self.began), published: since_1970(now), lasts };
        let mpd = manifest.early(self.listed, times)?;
        Ok(self.publisher.put(layout::MANIFEST, mpd::write(&mpd).as_bytes())?)
    }
}
