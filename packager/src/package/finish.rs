//! The last files of a package: indexes or single files, then the manifest.

use super::paths;
use crate::failure::{Exit, Failure};
use crate::language;
use crate::manifest::{Addressing, Facts, Manifest, Rendition};
use crate::mux::{SegmentClosed, index_file, single_file_head};
use crate::plan::Plan;
use crate::publish::{Folder, Part, Publisher, Store};
use shared::bmff::{self, Track};
use shared::mpd;
use shared::mpd::datatype::FrameRate;
use shared::units::ByteSize;
use std::time::Duration;

/// What the package is, for the person who asked for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// How long it plays.
    pub duration: Duration,
    /// All its media.
    pub size: ByteSize,
    /// Renditions with their sizes, in the plan's order.
    pub renditions: Vec<(String, ByteSize)>,
}

/// Writes them. The manifest comes last: until then players see the package that was there before.
pub(super) fn finish(
    plan: &Plan,
    publisher: &Publisher<Folder>,
    segments: Vec<SegmentClosed>,
) -> Result<Summary, Failure> {
    let mut inits = Vec::new();
    for id in ids(plan) {
        inits.push(read_init(plan, publisher, id)?);
    }
    let mut manifest = Manifest::new(facts(plan, &inits));
    for closed in segments {
        manifest.apply(closed);
    }
    let mpd = manifest.mpd()?;
    for (id, (init, track)) in ids(plan).zip(&inits) {
        complete(plan, publisher, id, init, track, &manifest.segments(id))?;
    }
    publisher.put(paths::MANIFEST, mpd::write(&mpd).as_bytes())?;
    Ok(summary(plan, &manifest))
}

fn ids(plan: &Plan) -> impl Iterator<Item = &str> {
    plan.video.iter().map(|job| job.id.as_str()).chain(plan.audio.iter().map(|job| job.id.as_str()))
}

/// Read back rather than remembered: an earlier run may have written it.
fn read_init(plan: &Plan, publisher: &Publisher<Folder>, id: &str) -> Result<(Vec<u8>, Track), Failure> {
    let path = paths::init(&plan.generation, id);
    let gone = || Failure::new(Exit::Output, format!("{path} is gone or damaged; start again with --force"));
    let init = publisher.store().get(&path)?.ok_or_else(gone)?;
    let track = bmff::init::read(&init).map_err(|_| gone())?;
    Ok((init, track))
}

fn facts(plan: &Plan, inits: &[(Vec<u8>, Track)]) -> Facts {
    let frame_rate = FrameRate::new(plan.source.rate.num(), plan.source.rate.den());
    let described = |id: &str, (init, track): &(Vec<u8>, Track)| Rendition {
        id: id.to_owned(),
        track: track.clone(),
        init_size: init.len() as u64,
        frame_rate: None,
        language: None,
        label: None,
        role: "main".into(),
    };
    let (pictures, sounds) = inits.split_at(plan.video.len().min(inits.len()));
    let videos =
        plan.video.iter().zip(pictures).map(|(job, init)| Rendition { frame_rate, ..described(&job.id, init) });
    let audios = plan.audio.iter().zip(sounds).map(|(job, init)| Rendition {
        language: job.track.language.as_deref().and_then(language::tag),
        label: job.track.title.clone(),
        role: job.role.clone(),
        ..described(&job.id, init)
    });
    Facts {
        generation: plan.generation.clone(),
        addressing: plan.addressing,
        segment: plan.segment_duration(),
        title: None,
        renditions: videos.chain(audios).collect(),
    }
}

/// The index file, or the single file in place of the many.
fn complete(
    plan: &Plan,
    publisher: &Publisher<Folder>,
    id: &str,
    init: &[u8],
    track: &Track,
    segments: &[SegmentClosed],
) -> Result<(), Failure> {
    if plan.addressing != Addressing::Base {
        let index = index_file(track.timescale, segments);
        return Ok(publisher.put(&paths::index(&plan.generation, id), &index)?);
    }
    let head = single_file_head(init, track.timescale, segments).head;
    let stored: Vec<String> = segments.iter().map(|s| paths::segment(&plan.generation, id, s.number)).collect();
    let parts: Vec<Part<'_>> =
        [Part::Bytes(&head)].into_iter().chain(stored.iter().map(|path| Part::Stored(path))).collect();
    publisher.put_parts(&paths::single(&plan.generation, id), &parts)?;
    for path in stored.iter().chain([&paths::init(&plan.generation, id)]) {
        publisher.remove(path)?;
    }
    Ok(())
}

fn summary(plan: &Plan, manifest: &Manifest) -> Summary {
    let size = |id: &str| manifest.segments(id).iter().map(|s| s.size).sum::<ByteSize>();
    let renditions: Vec<_> = ids(plan).map(|id| (id.to_owned(), size(id))).collect();
    let first = plan.video.first().map(|job| manifest.segments(&job.id)).unwrap_or_default();
    let ticks = first.last().map_or(0, |last| last.time + last.duration);
    let duration = Duration::from_secs_f64(ticks as f64 / f64::from(plan.timescale.get()));
    Summary { duration, size: renditions.iter().map(|(_, size)| *size).sum(), renditions }
}
