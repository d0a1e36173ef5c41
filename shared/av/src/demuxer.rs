//! Opens bytes as media. Where the first look tells too little, they are opened again, with more patience, without edit
//! lists or without a length. Nothing that they name is opened.

use crate::sequence::SourceBytes;
use crate::{AvError, AvStage, library, wav};
use ffmpeg_next::format::context::{Input, StreamIo};
use ffmpeg_next::{self as ff, ffi};

/// Bytes that libavformat asks of the file at once.
const READ_AHEAD: usize = 1 << 18;
/// Options for files of which the first seconds do not tell what they are: some minutes are looked at.
const PATIENT: [(&str, &str); 2] = [("analyzeduration", "14400000000"), ("probesize", "67108864")];
/// Options for movies whose edit lists are of no use.
const WITHOUT_EDITS: [(&str, &str); 1] = [("advanced_editlist", "0")];
/// Options for sound files that count fewer bytes than they have.
const WITHOUT_LENGTH: [(&str, &str); 1] = [("ignore_length", "1")];

/// The demuxer for the content that `bytes` opens, from its beginning.
pub(crate) fn open<B: SourceBytes + 'static>(
    bytes: impl Fn() -> Result<B, AvError>,
    name: &str,
) -> Result<Input, AvError> {
    library::ready();
    let mut input = with_options(bytes()?, name, &[])?;
    if lacks_size(&input) {
        input = with_options(bytes()?, name, &PATIENT)?;
    }
    if shows_nothing(&input) {
        input = with_options(bytes()?, name, &WITHOUT_EDITS)?;
    }
    if input.format().name() == "wav" && wav::goes_on(&mut bytes()?).unwrap_or(false) {
        input = with_options(bytes()?, name, &WITHOUT_LENGTH)?;
    }
    Ok(input)
}

fn with_options(bytes: impl SourceBytes + 'static, name: &str, options: &[(&str, &str)]) -> Result<Input, AvError> {
    let wrong = |e| AvError::library(AvStage::Probe, name, e);
    let io = StreamIo::from_read_seek_with_capacity(bytes, READ_AHEAD).map_err(wrong)?;
    let options = options.iter().copied().chain([("protocol_whitelist", "none")]);
    ff::format::input_from_stream(io, None, Some(ff::Dictionary::from_iter(options))).map_err(wrong)
}

/// Nothing is known of its pictures: they come late, or one of them stands for the whole film.
fn lacks_size(input: &Input) -> bool {
    input.streams().any(|stream| {
        // SAFETY: the wrapper owns the stream, whose AVCodecParameters are valid while it is borrowed.
        #[expect(unsafe_code, reason = "the size has no getter")]
        let width = unsafe { (*(*stream.as_ptr()).codecpar).width };
        let is_cover = stream.disposition().contains(ff::format::stream::Disposition::ATTACHED_PIC);
        let is_known = stream.parameters().id() != ff::codec::Id::None;
        stream.parameters().medium() == ff::media::Type::Video && is_known && !is_cover && width == 0
    })
}

/// A movie has a track whose edit list shows none of its samples: programs write edits of no length for "all of it"
/// (ISO/IEC 14496-12 8.6.6.3 has that for fragments).
fn shows_nothing(input: &Input) -> bool {
    let is_cut_away = |stream: ff::Stream<'_>| {
        // SAFETY: the wrapper owns the stream; its index has so many entries, and an entry is read before the next call.
        #[expect(unsafe_code, reason = "ffmpeg-next has no index")]
        unsafe {
            let raw = stream.as_ptr().cast_mut();
            (0..ffi::avformat_index_get_entries_count(raw)).all(|place| {
                let entry = ffi::avformat_index_get_entry(raw, place);
                entry.is_null() || (*entry).flags() & ffi::AVINDEX_DISCARD_FRAME != 0
            })
        }
    };
    let is_film = |medium| matches!(medium, ff::media::Type::Video | ff::media::Type::Audio);
    let mut films = input.streams().filter(|stream| is_film(stream.parameters().medium()) && stream.frames() > 0);
    input.format().name().contains("mp4") && films.any(is_cut_away)
}
