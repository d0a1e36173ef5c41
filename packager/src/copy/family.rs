//! What renditions of the same content must have in common, so that players may switch between them. Pure.

use super::facts::{TrackFacts, codec_name};
use super::file::{instant, refused};
use crate::error::PackagerError;
use shared::time::PresentationTime;

/// A track with the name of its input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    /// As messages have it.
    pub name: &'a str,
    /// What is known of it.
    pub track: &'a TrackFacts,
    /// When its presentation begins on the axis of the package.
    pub begins: PresentationTime,
}

/// Rates that differ by less are the same: written as a decimal, or in a coarse timescale.
const SAME_RATE: f64 = 2e-4;
/// Pictures whose times differ by less are shown at the same time.
const SAME_TIME: f64 = 0.001;
/// Ends may differ by this, or by two pictures.
const SAME_END: f64 = 0.1;

/// Whether players can switch between pictures of `first` and `other`, which are those of the same film.
///
/// # Errors
/// 4 with what is different, in which file and where.
pub(super) fn check(first: Named<'_>, other: Named<'_>) -> Result<(), PackagerError> {
    let is_same_codec = first.track.codec.kind() == other.track.codec.kind();
    if is_same_codec {
        depth(first, other)?;
        rate(first, other)?;
    }
    begin(first, other)?;
    end(first, other)
}

fn depth(first: Named<'_>, other: Named<'_>) -> Result<(), PackagerError> {
    let bits = |one: Named<'_>| one.track.codec.bit_depth();
    let Some((a, b)) = bits(first).zip(bits(other)).filter(|(a, b)| a != b) else { return Ok(()) };
    let codec = codec_name(&first.track.codec).unwrap_or_default();
    let why = format!(
        "from {} on its pictures have {b} bits a sample, those of {} {a}; decoders of {codec} do not switch between them. \
         Package them apart",
        instant(other.begins),
        first.name
    );
    Err(refused(other.name, why))
}

/// The rate of one must be a multiple of the other's, where both are constant.
fn rate(first: Named<'_>, other: Named<'_>) -> Result<(), PackagerError> {
    let (a, b) = (first.track.sample_secs(), other.track.sample_secs());
    let is_constant = first.track.usual.1 && other.track.usual.1;
    let times = a.max(b) / a.min(b).max(1e-9);
    if !is_constant || (times - times.round()).abs() <= SAME_RATE * times {
        return Ok(());
    }
    let why = format!(
        "from {} on it has {:.3} pictures a second, {} has {:.3}; none is a multiple of the other, so they cannot be one \
         set to switch in",
        instant(other.begins),
        1.0 / b,
        first.name,
        1.0 / a
    );
    Err(refused(other.name, why))
}

fn begin(first: Named<'_>, other: Named<'_>) -> Result<(), PackagerError> {
    let late = other.begins.offset_secs(first.begins);
    if late.abs() <= SAME_TIME {
        return Ok(());
    }
    let why = format!(
        "its pictures begin at {}, those of {} at {}: shown one beside the other they would be {:.3} s apart",
        instant(other.begins),
        first.name,
        instant(first.begins),
        late.abs()
    );
    Err(refused(other.name, why))
}

fn end(first: Named<'_>, other: Named<'_>) -> Result<(), PackagerError> {
    let end = |one: Named<'_>| one.begins.secs_f64() + one.track.secs();
    let frames = 2.0 * first.track.sample_secs().max(other.track.sample_secs());
    if (end(first) - end(other)).abs() <= SAME_END.max(frames) {
        return Ok(());
    }
    let (shorter, longer) = if end(other) < end(first) { (other, first) } else { (first, other) };
    let at = |one| instant(PresentationTime::from_secs_f64(end(one)));
    let why = format!("its pictures end at {}, those of {} at {}", at(shorter), longer.name, at(longer));
    Err(refused(shorter.name, why))
}
