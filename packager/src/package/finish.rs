//! The last files of a package: indexes or single files, then the manifest.

use crate::codec::VideoCodec;
use crate::error::{Exit, PackagerError};
use crate::language;
use crate::layout::{self, Addressing};
use crate::manifest::{Facts, Manifest, Rendition};
use crate::mux::{SegmentClosed, index_file, single_file_head};
use crate::plan::{How, Plan, PlannedRendition, VideoJob};
use crate::publish::{Folder, ObjectPart, Publisher, Store};
use crate::quality::PictureQuality;
use shared::bmff::{self, Track};
use shared::mpd;
use shared::mpd::datatype::FrameRate;
use shared::units::{Bitrate, ByteSize};
use shared_av::StreamPurpose;
use std::collections::BTreeMap;
use std::time::Duration;

/// What the package is, for the person who asked for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// How long it plays.
    pub duration: Duration,
    /// All its media.
    pub size: ByteSize,
    /// In the plan's order.
    pub renditions: Vec<Made>,
}

/// A rendition as it has become.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// `Representation@id`.
    pub id: String,
    /// All its segments.
    pub size: ByteSize,
    /// Over the whole film.
    pub average: Bitrate,
    /// Of its largest segment.
    pub peak: Bitrate,
    /// Of its pictures, when it was measured.
    pub quality: Option<PictureQuality>,
}

/// Packets of sound are of nearly the same size; containers add a little.
const SOUND_CAP: f64 = 1.2;
/// Factor on the average rate of AV1 for `bandwidth` before it is measured: libsvtav1 has no peak rate.
const UNCAPPED: f64 = 1.5;

/// Writes them. The manifest comes last: until then players see the package that was there before.
pub(super) fn finish(
    plan: &Plan,
    publisher: &Publisher<Folder>,
    segments: Vec<SegmentClosed>,
    qualities: &BTreeMap<String, PictureQuality>,
) -> Result<Summary, PackagerError> {
    let inits = inits(plan, publisher)?;
    let mut manifest = Manifest::new(facts(plan, &inits));
    for closed in segments {
        manifest.apply(closed);
    }
    let mpd = manifest.mpd()?;
    for (id, (init, track)) in ids(plan).zip(&inits) {
        complete(plan, publisher, id, init, track, &manifest.segments(id))?;
    }
    publisher.put(layout::MANIFEST, mpd::write(&mpd).as_bytes())?;
    Ok(summary(plan, &manifest, qualities))
}

/// The initialization segments of all Representations, which must have been written.
pub(super) fn inits(plan: &Plan, publisher: &Publisher<Folder>) -> Result<Vec<(Vec<u8>, Track)>, PackagerError> {
    ids(plan).map(|id| read_init(plan, publisher, id)).collect()
}

/// Every Representation, in the order of the manifest.
pub(super) fn ids(plan: &Plan) -> impl Iterator<Item = &str> {
    plan.renditions.iter().map(|rendition| rendition.id.as_str())
}

/// Read from the store, because an earlier run may have written it.
fn read_init(plan: &Plan, publisher: &Publisher<Folder>, id: &str) -> Result<(Vec<u8>, Track), PackagerError> {
    let path = layout::init(&plan.generation, id);
    let gone = || PackagerError::new(Exit::Output, format!("{path} is gone or damaged; start again with --force"));
    let init = publisher.store().get(&path)?.ok_or_else(gone)?;
    let track = bmff::init::read(&init).map_err(|_| gone())?;
    Ok((init, track))
}

/// What the manifest says of the package.
pub(super) fn facts(plan: &Plan, inits: &[(Vec<u8>, Track)]) -> Facts {
    Facts {
        generation: plan.generation.clone(),
        addressing: plan.addressing,
        segment: plan.segment_duration(),
        title: None,
        renditions: plan.renditions.iter().zip(inits).map(|(planned, init)| described(plan, planned, init)).collect(),
    }
}

fn described(plan: &Plan, planned: &PlannedRendition, (init, track): &(Vec<u8>, Track)) -> Rendition {
    let plain = Rendition {
        id: planned.id.clone(),
        track: track.clone(),
        init_size: init.len() as u64,
        frame_rate: None,
        language: None,
        label: None,
        main: true,
        purpose: StreamPurpose::Programme,
        cap: Bitrate::ZERO,
    };
    match &planned.how {
        How::EncodeVideo(job) => {
            Rendition { frame_rate: FrameRate::new(plan.rate.num(), plan.rate.den()), cap: early_cap(job), ..plain }
        }
        How::EncodeAudio(job) => Rendition {
            language: job.track.language.as_deref().and_then(language::tag),
            label: job.track.title.clone(),
            main: job.track.main,
            purpose: job.track.purpose,
            cap: job.rate.scaled(SOUND_CAP),
            ..plain
        },
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
) -> Result<(), PackagerError> {
    if plan.addressing != Addressing::Base {
        let index = index_file(track.timescale, segments);
        return Ok(publisher.put(&layout::index(&plan.generation, id), &index)?);
    }
    let head = single_file_head(init, track.timescale, segments).head;
    let stored: Vec<String> = segments.iter().map(|s| layout::segment(&plan.generation, id, s.number)).collect();
    let parts: Vec<ObjectPart<'_>> =
        [ObjectPart::Bytes(&head)].into_iter().chain(stored.iter().map(|path| ObjectPart::Stored(path))).collect();
    publisher.put_parts(&layout::single(&plan.generation, id), &parts)?;
    for path in stored.iter().chain([&layout::init(&plan.generation, id)]) {
        publisher.remove(path)?;
    }
    Ok(())
}

fn early_cap(job: &VideoJob) -> Bitrate {
    if job.rung.codec == VideoCodec::Av1 { job.rung.rate.scaled(UNCAPPED) } else { job.rung.max_rate }
}

fn summary(plan: &Plan, manifest: &Manifest, qualities: &BTreeMap<String, PictureQuality>) -> Summary {
    let one = |id: &str| {
        let (average, peak) = manifest.rates(id).unwrap_or_default();
        let size = manifest.segments(id).iter().map(|s| s.size).sum::<ByteSize>();
        Made { id: id.to_owned(), size, average, peak, quality: qualities.get(id).copied() }
    };
    let renditions: Vec<Made> = ids(plan).map(one).collect();
    let ticks = |id: &str| manifest.segments(id).last().map_or(0, |last| last.time + last.duration);
    let duration = plan.renditions.first().map_or(Duration::ZERO, |first| {
        Duration::from_secs_f64(ticks(&first.id) as f64 / f64::from(plan.timescale_of(first).get()))
    });
    Summary { duration, size: renditions.iter().map(|made| made.size).sum(), renditions }
}
