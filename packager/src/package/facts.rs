//! What the catalogue is told of a package: from the plan, and from the initialization segments in the store.

use crate::catalogue::hls::PlaylistType;
use crate::catalogue::{Facts, InitSegment, RenditionFacts, TextFacts, TileFacts, has_init};
use crate::codec::VideoCodec;
use crate::error::{Exit, PackagerError};
use crate::plan::{How, Plan, PlannedRendition, VideoEncoding};
use crate::publish::Store;
use crate::text::{FilmText, TextInfo};
use crate::{language, layout};
use shared::bmff;
use shared::mpd::datatype::FrameRate;
use shared::units::Bitrate;
use shared_av::StreamPurpose;

/// Packets of sound are of nearly the same size; containers add a little.
const SOUND_CAP: f64 = 1.2;
/// Factor on the average rate of AV1 for `bandwidth` before it is measured: libsvtav1 has no peak rate.
const UNCAPPED: f64 = 1.5;

/// Of a run that has put all of its initialization segments, and is to have these playlists.
pub(super) fn read(
    plan: &Plan,
    texts: &[FilmText],
    store: &dyn Store,
    hls: Option<PlaylistType>,
) -> Result<Facts, PackagerError> {
    let renditions = plan.renditions.iter().map(|planned| rendition(plan, planned, texts, store));
    Ok(Facts {
        generation: plan.generation.clone(),
        addressing: plan.addressing,
        segment: plan.segment_duration(),
        hls,
        protection: plan.protection.clone(),
        about: plan.about.clone(),
        renditions: renditions.collect::<Result<_, _>>()?,
    })
}

fn rendition(
    plan: &Plan,
    planned: &PlannedRendition,
    texts: &[FilmText],
    store: &dyn Store,
) -> Result<RenditionFacts, PackagerError> {
    let init = if has_init(planned.kind) { Some(read_init(plan, &planned.id, store)?) } else { None };
    let plain = RenditionFacts {
        id: planned.id.clone(),
        kind: planned.kind,
        from: planned.from,
        timescale: plan.timescale_of(planned),
        init,
        frame_rate: None,
        language: None,
        label: None,
        main: true,
        purpose: StreamPurpose::Programme,
        access: 1,
        text: None,
        tiles: None,
        cap: Bitrate::ZERO,
    };
    Ok(match &planned.how {
        How::EncodeVideo(encoding) => RenditionFacts {
            frame_rate: FrameRate::new(plan.rate.num(), plan.rate.den()),
            cap: early_cap(encoding),
            ..plain
        },
        How::EncodeAudio(encoding) => RenditionFacts {
            language: encoding.track.language.as_deref().and_then(language::tag),
            label: encoding.track.title.clone(),
            main: encoding.track.main,
            purpose: encoding.track.purpose,
            cap: encoding.rate.scaled(SOUND_CAP),
            ..plain
        },
        How::Copy(track) => RenditionFacts {
            frame_rate: track.rate.and_then(|rate| FrameRate::new(rate.num(), rate.den())),
            language: track.language.as_deref().and_then(language::tag),
            label: track.title.clone(),
            main: track.main,
            purpose: track.purpose,
            access: track.access,
            cap: track.bit_rate,
            ..plain
        },
        How::ConvertText(info) => RenditionFacts {
            language: info.language.as_deref().and_then(language::tag),
            label: info.title.clone(),
            text: text_facts(texts, info),
            ..plain
        },
        How::Tiles(sheets) => {
            let duration = sheets.frames * u64::from(plan.frame_ticks);
            RenditionFacts { tiles: Some(TileFacts { sheets: *sheets, duration }), ..plain }
        }
    })
}

fn text_facts(texts: &[FilmText], info: &TextInfo) -> Option<TextFacts> {
    let text = texts.iter().find(|text| text.info.from == info.from)?;
    Some(TextFacts { role: info.role, track: text.track.clone() })
}

/// Read from the store, because an earlier run may have written it.
fn read_init(plan: &Plan, id: &str, store: &dyn Store) -> Result<InitSegment, PackagerError> {
    let path = layout::init(&plan.generation, id);
    let gone = || PackagerError::new(Exit::Output, format!("{path} is gone or damaged; start again with --force"));
    let bytes = store.get(&path)?.ok_or_else(gone)?;
    let track = bmff::init::read(&bytes).map_err(|_| gone())?;
    Ok(InitSegment { bytes, track })
}

fn early_cap(encoding: &VideoEncoding) -> Bitrate {
    if encoding.rung.codec == VideoCodec::Av1 { encoding.rung.rate.scaled(UNCAPPED) } else { encoding.rung.max_rate }
}
