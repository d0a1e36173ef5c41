//! What a container says in words, and which of its streams it counts to one programme. Read once, as plain values; what
//! is foreign becomes plain text here.

use ffmpeg_next::{self as ff, ffi};
use std::ffi::CStr;

/// Bound on the length of a text against hostile files: more is no title.
const LONGEST: usize = 300;
/// Bound on the number of programmes, and of the streams of one.
const MOST: usize = 256;

/// One service of a transport stream (ISO/IEC 13818-1 2.4.4.8): a television programme beside others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// Its number in the transport stream.
    pub number: i32,
    /// Of the service.
    pub name: Option<String>,
    /// The numbers of its streams in the source; one may belong to several programmes.
    pub streams: Vec<usize>,
}

/// The text of a key; `None` when there is none, or nothing in it. ffmpeg-next's getter takes any bytes for UTF-8.
pub(crate) fn text(tags: &ff::DictionaryRef<'_>, key: &CStr) -> Option<String> {
    // SAFETY: `tags` borrows the dictionary of an open container, `key` ends with a zero byte, and so does the value,
    // which belongs to the dictionary and is copied here.
    #[expect(unsafe_code, reason = "tags need not be UTF-8")]
    let value = unsafe {
        let entry = ffi::av_dict_get(tags.as_ptr(), key.as_ptr(), std::ptr::null(), 0);
        if entry.is_null() || (*entry).value.is_null() {
            return None;
        }
        CStr::from_ptr((*entry).value).to_string_lossy().into_owned()
    };
    plain(&value)
}

/// A text in one line, without control characters and blanks around it; `None` when nothing is left.
pub fn plain(text: &str) -> Option<String> {
    let visible: String = text.chars().filter(|c| c.is_whitespace() || !c.is_control()).take(LONGEST).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The programmes of a container; none but in transport streams.
pub(crate) fn programmes(input: &ff::format::context::Input) -> Vec<Programme> {
    // SAFETY: the wrapper owns a valid AVFormatContext. `programs` has `nb_programs` valid pointers, and `stream_index`
    // of each `nb_stream_indexes` numbers; where there are none, nothing is read. The metadata live as long.
    #[expect(unsafe_code, reason = "ffmpeg-next has no programmes")]
    unsafe {
        let context = input.as_ptr();
        let count = usize::try_from((*context).nb_programs).unwrap_or(0).min(MOST);
        let program = |place: usize| {
            let raw = *(*context).programs.add(place);
            let streams = usize::try_from((*raw).nb_stream_indexes).unwrap_or(0).min(MOST);
            let stream = |place: usize| *(*raw).stream_index.add(place) as usize;
            Programme {
                number: (*raw).id,
                name: text(&ff::DictionaryRef::wrap((*raw).metadata), c"service_name"),
                streams: (0..streams).map(stream).collect(),
            }
        };
        (0..count).map(program).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn foreign_text_is_one_line_of_visible_characters() {
        let cases = [
            ("Mix\u{5}down\u{1f}", Some("Mixdown")),
            (" A <b> & \"B\"\nline 2 \u{1f3a7}\t", Some("A <b> & \"B\" line 2 \u{1f3a7}")),
            ("\u{1b}[31mred\u{9b}0m", Some("[31mred0m")),
            (" \u{0}\n", None),
            ("", None),
        ];
        for (foreign, expected) in cases {
            assert_eq!(plain(foreign).as_deref(), expected, "{foreign:?}");
        }
        assert_eq!(plain(&"x".repeat(100_000)).map(|text| text.len()), Some(300));
    }
}
