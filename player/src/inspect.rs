//! What a manifest holds, told to people ([`text`]) and to programs ([`json()`]). Pure: who fetched it is elsewhere.

use serde_json::{Value, json};
use shared::addressing::SegmentIndex;
use shared::mpd::{
    AdaptationSet, ContentType, Location, Period, Presentation, PresentationKind, Protection, Representation, Warning,
};
use shared::shown::{harmless, shortened};
use shared::time::PresentationTime;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Characters of a name, an address or a list of codecs that are shown.
const MOST_SHOWN: usize = 120;
/// Segments whose lengths are looked at one by one.
const MOST_MEASURED: u64 = 10_000;
/// Different lengths that are told one by one.
const MOST_LENGTHS: usize = 3;

/// Foreign text for a place within a line.
fn shown(text: &str) -> String {
    harmless(&shortened(text, MOST_SHOWN)).into_owned()
}

/// A short, aligned summary; one line a Representation.
pub fn text(presentation: &Presentation, warnings: &[Warning]) -> String {
    let mut out = headline(presentation);
    for (index, period) in presentation.periods.iter().enumerate() {
        out += &period_text(index + 1, period);
    }
    if !warnings.is_empty() {
        let _ = writeln!(out, "\n{}", counted(warnings.len(), "warning"));
        for warning in warnings {
            let _ = writeln!(out, "  {}", harmless(&warning.to_string()));
        }
    }
    out
}

/// The first line: what it is as a whole.
pub(crate) fn headline(presentation: &Presentation) -> String {
    let title = presentation.title.as_ref().map(|title| format!("\"{}\", ", shown(title))).unwrap_or_default();
    let kind = match presentation.kind {
        PresentationKind::Static => "on demand",
        PresentationKind::Dynamic(_) => "live",
    };
    let duration = presentation.duration.map_or("unknown duration".to_owned(), |d| format!("{:.3} s", d.as_secs_f64()));
    let periods = counted(presentation.periods.len(), "Period");
    let buffer = presentation.min_buffer.as_secs_f64();
    format!("{title}{kind}, {duration}, {periods}, buffer at least {buffer} s\n")
}

fn period_text(number: usize, period: &Period) -> String {
    let id = period.id.as_ref().map(|id| format!(" \"{}\"", shown(id))).unwrap_or_default();
    let end = period.end().map_or("?".to_owned(), |end| end.to_string());
    let mut out = format!("\nPeriod {number}{id}  {} to {end}\n", period.start);
    for set in &period.sets {
        let _ = writeln!(out, "  {}", set_text(set));
        let rows =
            set.representations.iter().map(|one| row(one, segments_text(&one.index, period.end()))).collect::<Vec<_>>();
        for line in aligned(&rows) {
            let _ = writeln!(out, "    {line}");
        }
        let locations = set.representations.first().map(|first| &*first.locations).unwrap_or_default();
        if locations.len() > 1 {
            for location in locations {
                let _ = writeln!(out, "    at {}", location_text(location));
            }
        }
    }
    out
}

/// A set in words.
pub(crate) fn set_text(set: &AdaptationSet) -> String {
    let mut words = vec![name(set.content).to_owned()];
    words.extend(set.lang.as_deref().map(shown));
    words.extend(set.label.as_ref().map(|label| format!("\"{}\"", shown(label))));
    words.extend(set.roles.iter().map(|role| shown(role)));
    let essential = set.essential.iter().filter_map(|property| property.scheme_id_uri.as_deref());
    words.extend(essential.map(|scheme| format!("needs {}", shown(scheme))));
    words.join(", ")
}

fn name(content: ContentType) -> &'static str {
    match content {
        ContentType::Video => "video",
        ContentType::Audio => "audio",
        ContentType::Text => "text",
        ContentType::Image => "image",
        ContentType::Other => "other",
    }
}

/// A Representation in cells, with what is to be said of its segments; empty where nothing is known.
pub(crate) fn row(representation: &Representation, segments: String) -> Vec<String> {
    let size = representation.width.zip(representation.height).map(|(width, height)| format!("{width}x{height}"));
    let rate = representation.frame_rate.map(|rate| rate.to_string());
    let sampling = representation.audio_sampling_rate.map(|hz| format!("{} kHz", f64::from(hz) / 1000.0));
    let channels = representation.channels.map(|channels| format!("{channels} ch"));
    let systems: Vec<&str> = representation.protection.iter().map(Protection::name).collect();
    let protection = (!systems.is_empty()).then(|| format!("encrypted ({})", shown(&systems.join(", "))));
    vec![
        shown(&representation.id),
        representation.bandwidth.to_string(),
        shown(if representation.codecs.is_empty() { &representation.mime } else { &representation.codecs }),
        size.or(sampling).unwrap_or_default(),
        rate.or(channels).unwrap_or_default(),
        segments,
        protection.unwrap_or_default(),
    ]
}

fn segments_text(index: &SegmentIndex, end: Option<PresentationTime>) -> String {
    lengths(index, end).map_or_else(|| segments_in_short(index), |lengths| format!("{lengths}, {}", index.kind()))
}

/// How many segments there are, and their mean length: what can be said of them in every frame.
pub(crate) fn segments_in_short(index: &SegmentIndex) -> String {
    mean_length(index).map_or_else(|| index.kind().to_owned(), |mean| format!("{mean}, {}", index.kind()))
}

/// How many segments there are of each length, `7 × 4 s, 1 × 2 s`; the shortest and the longest where there are many
/// lengths. The last one is as long as the Period goes on. `None` without an end, and for more segments than are worth a look.
fn lengths(index: &SegmentIndex, end: Option<PresentationTime>) -> Option<String> {
    let count = segment_count(index).filter(|count| (1..=MOST_MEASURED).contains(count))?;
    let numbers = std::iter::successors(index.first(), |number| Some(number.next())).take(count as usize);
    let mut times: BTreeMap<u64, usize> = BTreeMap::new();
    for number in numbers {
        let time = index.time(number)?;
        let until = end.map_or(time.end, |end| end.min(time.end));
        *times.entry((until.offset_secs(time.start) * 100.0).round() as u64).or_default() += 1;
    }
    let seconds = |hundredths: u64| hundredths as f64 / 100.0;
    if times.len() <= MOST_LENGTHS {
        let mut groups: Vec<(u64, usize)> = times.into_iter().collect();
        groups.sort_by_key(|(_, times)| Reverse(*times));
        let groups = groups.iter().map(|(length, times)| format!("{times} × {} s", seconds(*length)));
        return Some(groups.collect::<Vec<_>>().join(", "));
    }
    let (shortest, longest) = (times.first_key_value()?.0, times.last_key_value()?.0);
    Some(format!("{count} segments of {} to {} s", seconds(*shortest), seconds(*longest)))
}

/// The mean over all segments, or the length of the first one where there is no last.
fn mean_length(index: &SegmentIndex) -> Option<String> {
    let mean = mean_segment_secs(index)?;
    let count = match segment_count(index) {
        Some(1) => "1 segment".to_owned(),
        Some(count) => format!("{count} segments"),
        None => "segments".to_owned(),
    };
    Some(format!("{count} of {mean:.2} s"))
}

/// `None` while it is unknown or has no end.
fn segment_count(index: &SegmentIndex) -> Option<u64> {
    index.end().map(|_| index.len())
}

/// Over all segments, or the first one where there is no last.
fn mean_segment_secs(index: &SegmentIndex) -> Option<f64> {
    let first = index.time(index.first()?)?;
    let (end, count) = index.end().map_or((first.end, 1), |end| (end, index.len()));
    Some(end.offset_secs(first.start) / count as f64)
}

fn location_text(location: &Location) -> String {
    let name = location.service_location.as_ref().map(|name| format!(" ({})", shown(name))).unwrap_or_default();
    let base = shown(location.base.as_str());
    format!("{base}{name}, priority {}, weight {}", location.priority, location.weight)
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Columns as wide as their widest cell; cells of the same row number stand below each other.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).filter(|(_, width)| **width > 0);
        let padded = cells.map(|(cell, &width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// The same as an object, units in the names; unknown values are null.
pub fn json(presentation: &Presentation, warnings: &[Warning]) -> Value {
    json!({
        "version": 1,
        "type": if presentation.kind == PresentationKind::Static { "static" } else { "dynamic" },
        "title": presentation.title,
        "duration_seconds": presentation.duration.map(|duration| duration.as_secs_f64()),
        "min_buffer_seconds": presentation.min_buffer.as_secs_f64(),
        "periods": presentation.periods.iter().map(period_json).collect::<Vec<_>>(),
        "warnings": warnings.iter().map(warning_json).collect::<Vec<_>>(),
    })
}

fn period_json(period: &Period) -> Value {
    json!({
        "id": period.id,
        "start_seconds": period.start.secs_f64(),
        "duration_seconds": period.duration.map(|duration| duration.as_secs_f64()),
        "adaptation_sets": period.sets.iter().map(set_json).collect::<Vec<_>>(),
    })
}

fn set_json(set: &AdaptationSet) -> Value {
    json!({
        "id": set.id,
        "content": name(set.content),
        "lang": set.lang,
        "label": set.label,
        "roles": set.roles,
        "essential_properties": set.essential.iter().filter_map(|p| p.scheme_id_uri.as_ref()).collect::<Vec<_>>(),
        "representations": set.representations.iter().map(representation_json).collect::<Vec<_>>(),
    })
}

fn representation_json(representation: &Representation) -> Value {
    let index = &representation.index;
    let base = representation.locations.first().map(|location| &location.base);
    let url = |resource: &shared::addressing::Resource| resource.url(base?).ok().map(String::from);
    json!({
        "id": representation.id,
        "bandwidth_bps": representation.bandwidth.bps(),
        "codecs": &*representation.codecs,
        "mime": &*representation.mime,
        "width": representation.width,
        "height": representation.height,
        "frame_rate": representation.frame_rate.map(|rate| rate.fps()),
        "audio_sampling_rate_hz": representation.audio_sampling_rate,
        "channels": representation.channels,
        "protection": representation.protection.iter().map(|one| &one.scheme).collect::<Vec<_>>(),
        "key_id": representation.key_id(),
        "locations": representation.locations.iter().map(location_json).collect::<Vec<_>>(),
        "addressing": index.kind(),
        "segments": segment_count(index),
        "mean_segment_seconds": mean_segment_secs(index),
        "first_segment_url": index.first().and_then(|first| url(&index.resource(first)?)),
        "initialization_url": representation.init.as_ref().and_then(url),
        "size_index_url": representation.size_index.as_ref().and_then(url),
    })
}

fn location_json(location: &Location) -> Value {
    json!({
        "url": location.base.as_str(),
        "service_location": location.service_location,
        "priority": location.priority,
        "weight": location.weight,
    })
}

fn warning_json(warning: &Warning) -> Value {
    json!({ "place": warning.place.to_string(), "problem": warning.problem })
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    const FILM: &str = r#"<MPD profiles="p" type="static" minBufferTime="PT2S" mediaPresentationDuration="PT10S" surprise="1">
        <ProgramInformation><Title>A film</Title></ProgramInformation>
        <BaseURL serviceLocation="a">http://a.example/</BaseURL><BaseURL>http://b.example/</BaseURL>
        <Period id="one">
          <AdaptationSet mimeType="video/mp4" frameRate="30000/1001">
            <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
            <SegmentTemplate duration="4" media="$RepresentationID$/$Number$.m4s" initialization="$RepresentationID$/i.mp4"/>
            <Representation id="low" bandwidth="600000" codecs="avc1.64001e" width="640" height="360"/>
            <Representation id="highest" bandwidth="4000000" codecs="avc1.640028" width="1920" height="1080"/>
          </AdaptationSet>
          <AdaptationSet mimeType="audio/mp4" lang="en">
            <Label>English</Label>
            <ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc"/>
            <Representation id="a" bandwidth="fast" codecs="mp4a.40.2" audioSamplingRate="44100">
              <BaseURL>a.mp4</BaseURL><SegmentBase indexRange="800-900"/>
            </Representation>
          </AdaptationSet>
        </Period></MPD>"#;

    fn film() -> (Presentation, Vec<Warning>) {
        shared::mpd::read(FILM.as_bytes(), &Url::parse("http://o.example/x.mpd").unwrap()).unwrap()
    }

    #[test]
    fn people_see_a_table() {
        let (presentation, warnings) = film();
        let expected = r#""A film", on demand, 10.000 s, 1 Period, buffer at least 2 s

Period 1 "one"  0.000 s to 10.000 s
  video, main
    low      600 kbit/s  avc1.64001e  640x360    29.97 fps  2 × 4 s, 1 × 2 s, template
    highest  4.0 Mbit/s  avc1.640028  1920x1080  29.97 fps  2 × 4 s, 1 × 2 s, template
    at http://a.example/ (a), priority 1, weight 1
    at http://b.example/, priority 1, weight 1
  audio, en, "English"
    a  0 kbit/s  mp4a.40.2  44.1 kHz  index box, not loaded  encrypted (cenc)
    at http://a.example/a.mp4 (a), priority 1, weight 1
    at http://b.example/a.mp4, priority 1, weight 1

2 warnings
  line 14, column 36: Representation@bandwidth "fast" is not a whole number and is ignored
  Period 1 / AdaptationSet 2 / Representation "a": has no @bandwidth
"#;
        assert_eq!(text(&presentation, &warnings), expected);
    }

    #[test]
    fn programs_see_units_and_nulls() {
        let (presentation, warnings) = film();
        let object = json(&presentation, &warnings);
        let low = &object["periods"][0]["adaptation_sets"][0]["representations"][0];
        assert_eq!(low["bandwidth_bps"], 600_000);
        assert_eq!(low["first_segment_url"], "http://a.example/low/1.m4s");
        assert_eq!((&low["segments"], &low["channels"]), (&json!(3), &Value::Null));
        let audio = &object["periods"][0]["adaptation_sets"][1]["representations"][0];
        assert_eq!(audio["segments"], Value::Null);
        assert_eq!(audio["protection"][0], "urn:mpeg:dash:mp4protection:2011");
        assert_eq!(object["warnings"][0]["place"], "line 14, column 36");
    }
}
