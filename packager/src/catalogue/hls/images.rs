//! Sheets of small pictures in HLS: image playlists, an extension that Roku wrote down and Shaka Player reads. Other players
//! step over it.

use super::segments::{line, seconds};
use super::tags::{Attributes, head};
use super::{relative, text_file};
use crate::catalogue::collect::{CompletePackage, RenditionSegments};
use crate::catalogue::{DerivedFile, TileFacts};
use crate::layout;
use shared::time::{MediaTime, Timescale};

/// A playlist for each rendition of a complete package.
pub(super) fn files(complete: &CompletePackage<'_>) -> Vec<DerivedFile> {
    offered(complete).map(|(one, tiles)| playlist(complete, one, tiles)).collect()
}

fn offered<'a>(complete: &'a CompletePackage<'a>) -> impl Iterator<Item = (&'a RenditionSegments<'a>, TileFacts)> {
    complete.renditions.iter().filter(|one| !one.grows).filter_map(|one| Some((one, one.rendition.tiles?)))
}

fn playlist(complete: &CompletePackage<'_>, one: &RenditionSegments<'_>, tiles: TileFacts) -> DerivedFile {
    let (generation, id) = (&complete.facts.generation, &one.rendition.id);
    let timescale = one.rendition.timescale;
    let whole = secs(tiles.duration, timescale);
    let TileFacts { sheets, .. } = tiles;
    let (width, height, columns, rows) = (sheets.width, sheets.height, sheets.columns, sheets.rows);
    let lasts = whole / f64::from(columns * rows);
    let mut text = head();
    line(&mut text, format_args!("#EXT-X-TARGETDURATION:{}", (whole.round() as u64).max(1)));
    line(&mut text, format_args!("#EXT-X-PLAYLIST-TYPE:VOD"));
    line(&mut text, format_args!("#EXT-X-MEDIA-SEQUENCE:1"));
    line(&mut text, format_args!("#EXT-X-IMAGES-ONLY"));
    for closed in &one.closed {
        line(&mut text, format_args!("#EXTINF:{},", seconds(closed.duration, timescale)));
        let layout = format!("RESOLUTION={width}x{height},LAYOUT={columns}x{rows},DURATION={lasts:.6}");
        line(&mut text, format_args!("#EXT-X-TILES:{layout}"));
        let path = layout::sheet(generation, id, closed.number);
        line(&mut text, format_args!("{}", relative(complete.facts, &path)));
    }
    line(&mut text, format_args!("#EXT-X-ENDLIST"));
    text_file(layout::playlist(generation, id), text)
}

fn secs(ticks: u64, timescale: Timescale) -> f64 {
    MediaTime::new(i64::try_from(ticks).unwrap_or(i64::MAX), timescale).duration().as_secs_f64()
}

/// What the multivariant playlist says of them. The size is that of a small picture.
pub(super) fn tags(complete: &CompletePackage<'_>) -> String {
    let tag = |(one, TileFacts { sheets, .. }): (&RenditionSegments<'_>, TileFacts)| {
        Attributes::default()
            .plain("BANDWIDTH", one.peak_rate().bps().max(1))
            .quoted("CODECS", "jpeg")
            .plain("RESOLUTION", format_args!("{}x{}", sheets.width, sheets.height))
            .quoted("URI", &layout::playlist(&complete.facts.generation, &one.rendition.id))
            .tag("EXT-X-IMAGE-STREAM-INF")
    };
    offered(complete).map(tag).collect()
}
