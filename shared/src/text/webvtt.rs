//! WebVTT files (W3C WebVTT 1): read by the rules of its clause 6, with patience for commas and odd times; written.

use super::lines::{Line, lines};
use super::settings::CueSettings;
use super::{Cue, TextTrack, TextWarning, TrackBuilder};
use crate::time::PresentationTime;
use std::fmt::Write;

/// The first characters of a file.
pub const SIGNATURE: &str = "WEBVTT";

/// Reads a file. What stands before the first empty line is the signature with its remarks.
pub fn read(text: &str) -> (TextTrack, Vec<TextWarning>) {
    let lines = lines(text);
    let mut builder = TrackBuilder::default();
    if !lines.first().is_some_and(|(_, line)| line.starts_with(SIGNATURE)) {
        builder.warn(1, "does not begin with WEBVTT");
    }
    let mut rest = &lines[..];
    // A head without an empty line behind it ends where the times of a cue stand.
    while let Some(((_, line), others)) = rest.split_first().filter(|((_, line), _)| !line.is_empty()) {
        if line.contains("-->") {
            break;
        }
        rest = others;
    }
    let mut has_cues = false;
    while let Some((block, others)) = next_block(rest) {
        rest = others;
        has_cues |= self::block(block, has_cues, &mut builder);
    }
    builder.finish()
}

/// The lines up to the next empty one, or to the times of another cue; `None` at the end.
fn next_block<'a, 't>(lines: &'a [Line<'t>]) -> Option<(&'a [Line<'t>], &'a [Line<'t>])> {
    let first = lines.iter().position(|(_, line)| !line.is_empty())?;
    let lines = &lines[first..];
    let mut seen_times = false;
    for (at, (_, line)) in lines.iter().enumerate() {
        let is_timing = line.contains("-->");
        if line.is_empty() || (is_timing && seen_times) {
            return Some(lines.split_at(at));
        }
        seen_times |= is_timing;
    }
    Some((lines, &[]))
}

/// Takes a block; whether it is a cue.
fn block(lines: &[Line<'_>], has_cues: bool, builder: &mut TrackBuilder) -> bool {
    let Some(at) = lines.iter().take(2).position(|(_, line)| line.contains("-->")) else {
        other_block(lines, has_cues, builder);
        return false;
    };
    let (number, timing) = lines[at];
    let Some((start, end, settings)) = times(timing) else {
        builder.warn(number, format!("`{timing}` are no times; the cue is left out"));
        return true;
    };
    let id = lines.first().filter(|_| at == 1).map_or(String::new(), |(_, id)| (*id).to_owned());
    let text: Vec<&str> = lines[at + 1..].iter().map(|(_, line)| *line).collect();
    let payload = text.join("\n").replace('\0', "\u{fffd}");
    builder.push(number, Cue { start, end, id, settings: CueSettings::read(settings), payload });
    true
}

/// Styles and regions hold for all cues behind them, so they stand before the first. A remark is nothing.
fn other_block(lines: &[Line<'_>], has_cues: bool, builder: &mut TrackBuilder) {
    let Some((number, first)) = lines.first() else { return };
    let is = |name: &str| first.trim_end() == name || first.starts_with(&format!("{name} "));
    if is("NOTE") {
        return;
    }
    if (is("STYLE") || is("REGION")) && !has_cues {
        let text: Vec<&str> = lines.iter().map(|(_, line)| *line).collect();
        return builder.header(&text.join("\n"));
    }
    builder.warn(*number, "is no cue; left out");
}

/// Start, end and what stands behind.
fn times(line: &str) -> Option<(PresentationTime, PresentationTime, &str)> {
    let (start, behind) = line.split_once("-->")?;
    let behind = behind.trim_start();
    let (end, settings) = behind.split_once([' ', '\t']).unwrap_or((behind, ""));
    Some((time(start.trim())?, time(end.trim())?, settings))
}

/// `[hh:]mm:ss.ttt`.
pub fn time(text: &str) -> Option<PresentationTime> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let parts: Vec<u32> = whole.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match parts[..] {
        [minutes, seconds] => (0, minutes, seconds),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let is_number = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let nanos: i64 = format!("{fraction:0<9}").parse().ok().filter(|_| is_number && minutes < 60 && seconds < 60)?;
    let whole = i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(seconds);
    Some(PresentationTime::from_nanos(whole * 1_000_000_000 + nanos))
}

/// The file of a track.
pub fn write(track: &TextTrack) -> String {
    let mut text = head(&track.header);
    for cue in &track.cues {
        text.push('\n');
        if !cue.id.is_empty() {
            text += &cue.id;
            text.push('\n');
        }
        let blank = if cue.settings.is_default() { "" } else { " " };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{} --> {}{blank}{}", stamp(cue.start), stamp(cue.end), cue.settings);
        text += &cue.payload;
        text.push('\n');
    }
    text
}

/// The signature and what belongs before the cues.
pub fn head(header: &str) -> String {
    if header.is_empty() { format!("{SIGNATURE}\n") } else { format!("{SIGNATURE}\n\n{header}\n") }
}

/// To the nearest millisecond; times before 0 are 0.
fn stamp(time: PresentationTime) -> String {
    let millis = (time.nanos().max(0) + 500_000) / 1_000_000;
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{:03}", millis / 1000 % 60, millis % 1000)
}
