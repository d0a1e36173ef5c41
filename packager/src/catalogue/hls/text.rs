//! Texts in HLS: each a file of WebVTT, which is the one segment of its playlist (draft-pantos-hls-rfc8216bis 3.1.4). One
//! file plays in all players; `wvtt` in MP4 does not. They are offered when they are complete.

use super::segments::line;
use super::tags::{Attributes, head};
use super::{relative, text_file};
use crate::catalogue::collect::{CompletePackage, RenditionSegments};
use crate::catalogue::kind::{self, HlsRole};
use crate::catalogue::{DerivedFile, RenditionFacts, TextFacts};
use crate::layout;
use crate::text::{self, TextRole};
use shared::text::webvtt;
use shared::time::PresentationTime;
use std::time::Duration;

/// The one group of texts.
const GROUP: &str = "text";

/// The file and the playlist of each text of a complete package.
pub(super) fn files(complete: &CompletePackage<'_>) -> Vec<DerivedFile> {
    let duration = complete.duration();
    offered(complete).flat_map(|(one, facts)| of_text(complete, one.rendition, facts, duration)).collect()
}

fn offered<'a>(complete: &'a CompletePackage<'a>) -> impl Iterator<Item = (&'a RenditionSegments<'a>, &'a TextFacts)> {
    let texts = complete.renditions.iter().filter(|one| kind::row(one.rendition.kind).hls == HlsRole::Subtitles);
    texts.filter(|one| !one.grows).filter_map(|one| Some((one, one.rendition.text.as_ref()?)))
}

fn of_text(
    complete: &CompletePackage<'_>,
    rendition: &RenditionFacts,
    text: &TextFacts,
    duration: Duration,
) -> [DerivedFile; 2] {
    let generation = &complete.facts.generation;
    let path = layout::webvtt(generation, &rendition.id);
    let cues = text::until(&text.track, PresentationTime::ZERO + duration);
    let mut playlist = head();
    line(&mut playlist, format_args!("#EXT-X-TARGETDURATION:{}", (duration.as_secs_f64().round() as u64).max(1)));
    line(&mut playlist, format_args!("#EXT-X-PLAYLIST-TYPE:VOD"));
    line(&mut playlist, format_args!("#EXT-X-MEDIA-SEQUENCE:1"));
    line(&mut playlist, format_args!("#EXTINF:{:.6},", duration.as_secs_f64()));
    line(&mut playlist, format_args!("{}", relative(complete.facts, &path)));
    line(&mut playlist, format_args!("#EXT-X-ENDLIST"));
    [text_file(path, webvtt::write(&cues)), text_file(layout::playlist(generation, &rendition.id), playlist)]
}

/// The group that variants name; `None` where there are no texts.
pub(super) fn group(complete: &CompletePackage<'_>) -> Option<&'static str> {
    offered(complete).next().map(|_| GROUP)
}

/// A tag for each text. Of those that nothing tells apart a player may choose one by itself; none is shown unasked.
pub(super) fn tags(complete: &CompletePackage<'_>) -> String {
    let mut tags = String::new();
    let mut names: Vec<String> = vec![];
    let mut chosen: Vec<(Option<&str>, TextRole)> = vec![];
    for (one, text) in offered(complete) {
        let rendition = one.rendition;
        let alike = (rendition.language.as_deref(), text.role);
        let is_chosen = !chosen.contains(&alike);
        chosen.push(alike);
        let name = super::sound::unique(name(rendition, text.role), &names);
        let forced = text.role == TextRole::ForcedSubtitle;
        tags += &Attributes::default()
            .plain("TYPE", "SUBTITLES")
            .quoted("GROUP-ID", GROUP)
            .quoted("NAME", &name)
            .quoted_if("LANGUAGE", rendition.language.as_deref())
            .plain("DEFAULT", "NO")
            .plain("AUTOSELECT", if is_chosen { "YES" } else { "NO" })
            .plain("FORCED", if forced { "YES" } else { "NO" })
            .quoted_if("CHARACTERISTICS", characteristics(text.role))
            .quoted("URI", &layout::playlist(&complete.facts.generation, &rendition.id))
            .tag("EXT-X-MEDIA");
        names.push(name);
    }
    tags
}

fn name(rendition: &RenditionFacts, role: TextRole) -> String {
    if let Some(label) = &rendition.label {
        return label.clone();
    }
    let language = rendition.language.as_deref().unwrap_or("Text");
    match role {
        TextRole::Subtitle => language.to_owned(),
        TextRole::Caption => format!("{language} (captions)"),
        TextRole::ForcedSubtitle => format!("{language} (forced)"),
        TextRole::Description => format!("{language} (description)"),
    }
}

/// Of those of draft-pantos-hls-rfc8216bis 4.4.6.1.
fn characteristics(role: TextRole) -> Option<&'static str> {
    match role {
        TextRole::Caption => {
            Some("public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound")
        }
        TextRole::Description => Some("public.accessibility.describes-video"),
        TextRole::Subtitle | TextRole::ForcedSubtitle => None,
    }
}
