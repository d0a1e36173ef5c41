//! One programme of a transport stream is one film (ISO/IEC 13818-1 2.4.4.8): what belongs to other services that were
//! recorded with it is left out, and its clock counts for nothing.

use super::{best_video, is_empty, is_usable};
use shared_av::{Programme, SourceInfo};

/// The streams that belong to other programmes than the film alone.
pub(crate) fn foreign(info: &SourceInfo) -> Vec<usize> {
    let Some(film) = film(info) else { return vec![] };
    let is_ours =
        |stream: usize| info.programmes.iter().any(|one| one.streams.contains(&film) && one.streams.contains(&stream));
    let all = info.programmes.iter().flat_map(|one| &one.streams).copied();
    all.filter(|stream| !is_ours(*stream)).collect()
}

/// The other programmes, for people. Those that bring nothing are not worth a word.
pub(super) fn left_out(info: &SourceInfo) -> Vec<String> {
    let foreign = foreign(info);
    let others = info.programmes.iter().filter(|one| one.streams.iter().any(|stream| foreign.contains(stream)));
    others.map(describe).collect()
}

/// The stream that makes a programme the film: of the pictures, or of the first sound.
fn film(info: &SourceInfo) -> Option<usize> {
    let pictures = best_video(info).map(|(stream, _)| stream.index);
    let sound = || info.audios().find(|(stream, audio)| is_usable(stream, audio) && !is_empty(stream));
    pictures.or_else(|| sound().map(|(stream, _)| stream.index))
}

fn describe(programme: &Programme) -> String {
    let name = programme.name.as_deref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
    let streams: Vec<String> = programme.streams.iter().map(usize::to_string).collect();
    format!("another programme (number {}{name}, streams {})", programme.number, streams.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{source, stream, video};
    use super::*;
    use shared_av::{AudioInfo, ChannelLayout, StreamKind};

    fn programme(number: i32, streams: &[usize]) -> Programme {
        Programme { number, name: (number == 2).then(|| "Two".to_owned()), streams: streams.to_vec() }
    }

    #[test]
    fn what_only_other_programmes_have_is_foreign() {
        let pictures = |index, width| stream(index, StreamKind::Video(video(width, 360)));
        let sound = AudioInfo { sample_rate: 48_000, layout: ChannelLayout::Stereo, places: 0 };
        let heard = |index| stream(index, StreamKind::Audio(sound.clone()));
        let mut mux = source(vec![pictures(0, 320), heard(1), pictures(2, 640), heard(3), heard(4), heard(5)]);
        mux.programmes = vec![programme(1, &[0, 1, 4]), programme(2, &[2, 3, 4])];
        assert_eq!(foreign(&mux), [0, 1], "the larger picture is the film; 4 is shared, and 5 in no programme");
        assert_eq!(left_out(&mux), ["another programme (number 1, streams 0, 1, 4)"]);
        mux.streams.retain(|stream| stream.index == 1 || stream.index > 2);
        assert_eq!(foreign(&mux), [2, 3], "of radio, the first one");
        assert_eq!(left_out(&mux), ["another programme (number 2 \"Two\", streams 2, 3, 4)"]);
        mux.programmes.clear();
        assert_eq!(foreign(&mux), [0; 0]);
    }
}
