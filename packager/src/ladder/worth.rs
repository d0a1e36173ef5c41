//! What the pictures of a master are worth: the rate beyond which the bits of a rendition would be wasted on them.

use super::LadderRung;
use crate::codec::VideoCodec;
use crate::probe::VideoTrack;
use shared::units::{Bitrate, ByteSize};
use shared_av::{SourceInfo, StreamInfo};

/// The rates of rungs are whole multiples of this.
const STEP: f64 = 10_000.0;
/// Below this nothing is worth saving, and key frames need it.
pub(super) const LEAST: Bitrate = Bitrate::from_kbps(50);

/// The rate that H.264 needs for what is in the pictures of `track`, of a file with so many bytes; `None` where nothing
/// tells it. It is an upper bound: what other streams take is left in it where they do not say how much it is.
pub fn worth(info: &SourceInfo, track: &VideoTrack, bytes: ByteSize) -> Option<Bitrate> {
    let stream = info.streams.get(track.stream)?;
    let whole = track.duration.or(stream.duration).or(info.duration).and_then(|lasts| bytes.per(lasts))?;
    let sound: u64 = info.audios().filter_map(|(stream, _)| stream.bit_rate).map(Bitrate::bps).sum();
    let rest = Bitrate::from_bps(whole.bps().saturating_sub(sound));
    let rate = measured(info, stream, track).map_or(rest, |own| own.min(rest));
    (rate > Bitrate::ZERO).then(|| rate.scaled(1.0 / efficiency(&stream.codec)))
}

/// A movie box with a table of all samples tells the rate of a stream.
fn measured(info: &SourceInfo, stream: &StreamInfo, track: &VideoTrack) -> Option<Bitrate> {
    let has_table = info.container.contains("mp4") && stream.frames.is_some() && track.goes_on_in.is_empty();
    stream.bit_rate.filter(|_| has_table)
}

/// Bits of a format for what H.264 needs one for. Older formats need more, but nobody knows how much.
fn efficiency(codec: &str) -> f64 {
    match codec {
        "hevc" | "vp9" => VideoCodec::Hevc.rate_factor(),
        "av1" | "vvc" => VideoCodec::Av1.rate_factor(),
        _ => 1.0,
    }
}

/// Rungs of one format, best first, of which none has more bits than its master is worth. Below a top that was lowered the
/// steps are half as steep (the square root of the usual ratio): the details that it lacks are not missing in small pictures.
pub(super) fn capped(rungs: Vec<LadderRung>, worth: Option<Bitrate>, peak: f64) -> Vec<LadderRung> {
    let Some((top, worth)) = rungs.first().cloned().zip(worth) else { return rungs };
    let most = worth.scaled(top.codec.rate_factor());
    if most >= top.rate {
        return rungs;
    }
    let lowered = |rung: LadderRung| {
        let steps = (rung.rate.bps() as f64 / top.rate.bps() as f64).sqrt();
        let rate = rung.rate.min(rounded(most.scaled(steps))).max(LEAST);
        LadderRung { rate, max_rate: rate.scaled(peak), ..rung }
    };
    let mut rungs: Vec<LadderRung> = rungs.into_iter().map(lowered).collect();
    rungs.dedup_by_key(|rung| rung.rate);
    rungs
}

fn rounded(rate: Bitrate) -> Bitrate {
    Bitrate::from_bps_f64((rate.bps() as f64 / STEP).floor() * STEP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::tests::track;
    use crate::probe::tests as probe;
    use shared_av::StreamKind;
    use std::time::Duration;

    /// Ten seconds.
    fn source(container: &str, codec: &str, bit_rate: Option<Bitrate>) -> SourceInfo {
        let stream =
            StreamInfo { codec: codec.into(), frames: Some(100), bit_rate, ..probe::stream(0, StreamKind::Data) };
        let duration = Some(Duration::from_secs(10));
        SourceInfo { container: container.into(), duration, ..probe::source(vec![stream]) }
    }

    #[test]
    fn the_rate_follows_from_the_table_or_the_size() {
        let film = track(1920, 1080, 25);
        let megabyte = ByteSize::from_bytes(1_000_000);
        let kbps = |container: &str, codec: &str, own: Option<u64>| {
            let source = source(container, codec, own.map(Bitrate::from_kbps));
            worth(&source, &film, megabyte).map(|rate| rate.bps() / 1000)
        };
        assert_eq!(kbps("matroska,webm", "h264", None), Some(800));
        assert_eq!(kbps("matroska,webm", "hevc", None), Some(1230));
        assert_eq!(kbps("mov,mp4", "h264", Some(600)), Some(600));
        assert_eq!(kbps("mpegts", "mpeg2video", Some(100)), Some(800), "what a header says of itself is no measure");
        let endless = SourceInfo { duration: None, ..source("mpegts", "h264", None) };
        assert_eq!(worth(&endless, &film, megabyte), None);
    }
}
