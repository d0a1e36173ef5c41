//! Playlists of segments, read; and what must hold of their text alone.

use super::keys::KeyTag;
use super::{Check, Complaints};
use crate::playlist::{Attributes, Line, LineKind, lines};
use shared::addressing::{ByteRange, Resource};

/// A playlist of segments.
#[derive(Debug, Default)]
pub(super) struct SegmentList {
    version: Option<u64>,
    /// In seconds.
    pub(super) target: Option<u64>,
    kind: Option<String>,
    /// There will be no more segments.
    pub(super) is_ended: bool,
    pub(super) is_i_frames: bool,
    /// Every segment can be decoded by itself.
    pub(super) is_independent: bool,
    /// `EXT-X-MEDIA-SEQUENCE`.
    pub(super) first_number: u64,
    pub(super) map: Option<Resource>,
    /// Another map on the way, or segments that are encrypted as a whole: their samples are not read.
    pub(super) is_closed_to_us: bool,
    pub(super) keys: Vec<KeyTag>,
    pub(super) segments: Vec<Listed>,
}

/// A segment as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) line: usize,
    pub(super) place: Resource,
    /// `EXTINF`.
    pub(super) micros: u64,
    /// `EXT-X-BITRATE`.
    pub(super) kbps: Option<u64>,
    /// A tag says that it is encrypted.
    pub(super) has_key: bool,
}

/// The longest segment that is believed: an hour.
const LONGEST: f64 = 3600.0;

pub(super) fn read(text: &str, complaints: &mut Complaints<'_>) -> SegmentList {
    let mut reader = Reader {
        complaints,
        list: SegmentList::default(),
        micros: None,
        range: None,
        kbps: None,
        has_key: false,
        needs: (1, ""),
    };
    for line in lines(text) {
        match line.kind {
            LineKind::Tag(name, value) => reader.tag(&line, name, value),
            LineKind::Uri(uri) => reader.segment(line.number, uri),
        }
    }
    reader.finish()
}

struct Reader<'a, 'c> {
    complaints: &'a mut Complaints<'c>,
    list: SegmentList,
    /// Of the next segment.
    micros: Option<u64>,
    range: Option<String>,
    kbps: Option<u64>,
    has_key: bool,
    /// The version that is needed, and what needs it.
    needs: (u64, &'static str),
}

impl Reader<'_, '_> {
    fn wrong(&mut self, line: usize, problem: impl Into<String>) {
        self.complaints.at_line(Check::Manifest, line, problem);
    }

    fn number(&mut self, line: &Line<'_>, name: &str, value: &str) -> Option<u64> {
        let number = value.trim().parse().ok();
        if number.is_none() {
            self.wrong(line.number, format!("{name} is `{value}`, which is no whole number"));
        }
        number
    }

    fn tag(&mut self, line: &Line<'_>, name: &str, value: &str) {
        match name {
            "EXT-X-VERSION" | "EXT-X-TARGETDURATION" | "EXT-X-MEDIA-SEQUENCE" => self.head(line, name, value),
            "EXT-X-PLAYLIST-TYPE" if ["VOD", "EVENT"].contains(&value) => self.list.kind = Some(value.to_owned()),
            "EXT-X-PLAYLIST-TYPE" => self.wrong(line.number, format!("{name} is `{value}`, neither VOD nor EVENT")),
            "EXT-X-ENDLIST" => self.list.is_ended = true,
            "EXT-X-INDEPENDENT-SEGMENTS" => self.list.is_independent = true,
            "EXT-X-I-FRAMES-ONLY" => {
                self.list.is_i_frames = true;
                self.needs(4, "EXT-X-I-FRAMES-ONLY");
            }
            "EXTINF" => self.duration(line, value),
            "EXT-X-BITRATE" => self.kbps = self.number(line, name, value),
            "EXT-X-BYTERANGE" => {
                self.needs(4, "EXT-X-BYTERANGE");
                self.range = Some(value.to_owned());
            }
            "EXT-X-MAP" => self.map(line, value),
            "EXT-X-KEY" => self.key(line, value),
            _ => {}
        }
    }

    fn head(&mut self, line: &Line<'_>, name: &str, value: &str) {
        let Some(number) = self.number(line, name, value) else { return };
        let is_late = !self.list.segments.is_empty();
        let said_before = match name {
            "EXT-X-VERSION" => self.list.version.replace(number).is_some(),
            "EXT-X-TARGETDURATION" => self.list.target.replace(number).is_some(),
            _ => std::mem::replace(&mut self.list.first_number, number) != 0,
        };
        if said_before || is_late {
            self.wrong(line.number, format!("{name} stands twice, or behind segments"));
        }
    }

    fn needs(&mut self, version: u64, what: &'static str) {
        if version > self.needs.0 {
            self.needs = (version, what);
        }
    }

    fn duration(&mut self, line: &Line<'_>, value: &str) {
        let seconds = value.split(',').next().unwrap_or_default().trim();
        if !value.contains(',') {
            self.wrong(line.number, "EXTINF has no comma behind its duration");
        }
        if seconds.contains('.') {
            self.needs(3, "a fraction in EXTINF");
        }
        match seconds.parse::<f64>().ok().filter(|seconds| (1e-6..=LONGEST).contains(seconds)) {
            Some(seconds) => self.micros = Some((seconds * 1e6).round() as u64),
            None => self.wrong(line.number, format!("EXTINF is `{seconds}`, which is no duration")),
        }
    }

    fn map(&mut self, line: &Line<'_>, value: &str) {
        let attributes = Attributes::read(value);
        let malformed = attributes.malformed().map(str::to_owned);
        let missing = attributes.get("URI").is_none().then(|| "EXT-X-MAP has no URI".to_owned());
        for problem in malformed.into_iter().chain(missing) {
            self.wrong(line.number, problem);
        }
        for (name, text, is_quoted) in attributes.iter() {
            if !is_quoted && ["URI", "BYTERANGE"].contains(&name) {
                self.wrong(line.number, format!("{name}={text} is not quoted"));
            }
        }
        let Some(uri) = attributes.get("URI") else { return };
        let Some(range) = self.byte_range(line.number, attributes.get("BYTERANGE"), Some(0)) else { return };
        let map = Resource { path: uri.to_owned(), range };
        self.list.is_closed_to_us |= self.list.map.as_ref().is_some_and(|before| *before != map);
        self.list.map.get_or_insert(map);
    }

    /// Samples that are encrypted one by one are told by the initialization segment.
    fn key(&mut self, line: &Line<'_>, value: &str) {
        let (tag, problems) = KeyTag::read(line.number, value);
        for problem in problems {
            self.complaints.at_line(Check::Encryption, line.number, problem);
        }
        if tag.has_format {
            self.needs(5, "KEYFORMAT");
        }
        self.list.is_closed_to_us |= tag.method.starts_with("AES-");
        self.has_key = tag.method != "NONE";
        if self.has_key {
            self.list.keys.push(tag);
        }
    }

    fn segment(&mut self, line: usize, uri: &str) {
        let Some(micros) = self.micros.take() else {
            self.range = None;
            return self.wrong(line, format!("`{uri}` has no EXTINF"));
        };
        let follows = self.list.segments.last().filter(|before| before.place.path == uri);
        let follows = follows.and_then(|before| before.place.range?.last?.checked_add(1));
        let stated = self.range.take();
        let kbps = self.kbps.filter(|_| stated.is_none());
        let Some(range) = self.byte_range(line, stated.as_deref(), follows) else { return };
        let place = Resource { path: uri.to_owned(), range };
        self.list.segments.push(Listed { line, place, micros, kbps, has_key: self.has_key });
    }

    /// `length[@first]` (RFC 8216 4.3.2.2); `follows` is where a range begins that does not say it. `None` when it
    /// cannot be read.
    fn byte_range(&mut self, line: usize, stated: Option<&str>, follows: Option<u64>) -> Option<Option<ByteRange>> {
        let Some(stated) = stated else { return Some(None) };
        let (length, first) = match stated.split_once('@') {
            Some((length, first)) => (length, first.trim().parse().ok()),
            None => (stated, follows),
        };
        let length = length.trim().parse().ok();
        let range = first.zip(length).and_then(|(first, length)| ByteRange::of_length(first, length));
        if range.is_none() {
            self.wrong(line, format!("`{stated}` is no range of bytes here"));
        }
        range.map(Some)
    }

    fn finish(mut self) -> SegmentList {
        if self.list.map.is_some() {
            let version = if self.list.is_i_frames { 5 } else { 6 };
            self.needs(version, "EXT-X-MAP");
        }
        let version = self.list.version.unwrap_or(1);
        if version < self.needs.0 {
            let (needed, what) = self.needs;
            self.wrong(1, format!("its version is {version}, {what} needs {needed}"));
        }
        if self.list.target.is_none() {
            self.wrong(1, "EXT-X-TARGETDURATION is missing");
        }
        if self.list.segments.is_empty() {
            self.complaints.at_line(Check::Empty, 1, "has no segments");
        }
        if self.list.kind.as_deref() == Some("VOD") && !self.list.is_ended {
            self.wrong(1, "is of type VOD and has no EXT-X-ENDLIST");
        }
        self.too_long();
        self.list
    }

    /// RFC 8216 4.3.3.1: rounded to whole seconds, no segment is longer than the target. One finding tells of all.
    fn too_long(&mut self) {
        let Some(target) = self.list.target else { return };
        let is_too_long = |listed: &&Listed| (listed.micros + 500_000) / 1_000_000 > target;
        if let Some(Listed { line, micros, .. }) = self.list.segments.iter().find(is_too_long) {
            let problem = format!("lasts {:.3} s, EXT-X-TARGETDURATION is {target}", *micros as f64 / 1e6);
            self.complaints.at_line(Check::Duration, *line, problem);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> (SegmentList, Vec<String>) {
        let mut findings = vec![];
        let list = read(text, &mut Complaints { findings: &mut findings, file: "p" });
        (list, findings.into_iter().map(|one| format!("{}: {}: {}", one.check, one.place, one.problem)).collect())
    }

    const GOOD: &str = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n\
        #EXT-X-MAP:URI=\"f.mp4\",BYTERANGE=\"700@0\"\n#EXTINF:4.0,\n#EXT-X-BYTERANGE:100@700\nf.mp4\n#EXTINF:4.4,\n\
        #EXT-X-BYTERANGE:50\nf.mp4\n#EXT-X-ENDLIST\n";

    #[test]
    fn what_is_listed_is_read() {
        let (list, problems) = read_all(GOOD);
        assert_eq!(problems, Vec::<String>::new());
        let ranges: Vec<_> = list.segments.iter().map(|one| (one.place.range.unwrap().first, one.micros)).collect();
        assert_eq!(ranges, [(700, 4_000_000), (800, 4_400_000)]);
        assert_eq!(list.map.unwrap().range.unwrap().length(), Some(700));
    }

    #[test]
    fn what_is_wrong_with_the_text_is_told_with_its_line() {
        for (from, to, problem) in [
            ("VERSION:6", "VERSION:3", "manifest: line 1: its version is 3, EXT-X-MAP needs 6"),
            ("#EXT-X-TARGETDURATION:4\n", "", "manifest: line 1: EXT-X-TARGETDURATION is missing"),
            ("#EXTINF:4.4,\n", "", "manifest: line 10: `f.mp4` has no EXTINF"),
            ("#EXTINF:4.4,", "#EXTINF:4.5,", "duration: line 11: lasts 4.500 s, EXT-X-TARGETDURATION is 4"),
            ("#EXTINF:4.4,", "#EXTINF:4.4", "manifest: line 9: EXTINF has no comma behind its duration"),
            ("#EXTINF:4.4,", "#EXTINF:-1,", "manifest: line 9: EXTINF is `-1`, which is no duration"),
            ("#EXTINF:4.4,", "#EXTINF:NaN,", "manifest: line 9: EXTINF is `NaN`, which is no duration"),
            ("100@700", "100", "manifest: line 8: `100` is no range of bytes here"),
            ("\"700@0\"", "700@0", "manifest: line 5: BYTERANGE=700@0 is not quoted"),
            ("TYPE:VOD", "TYPE:LIVE", "manifest: line 4: EXT-X-PLAYLIST-TYPE is `LIVE`, neither VOD nor EVENT"),
            ("#EXT-X-ENDLIST\n", "", "manifest: line 1: is of type VOD and has no EXT-X-ENDLIST"),
            (
                "TARGETDURATION:4",
                "TARGETDURATION:4.0",
                "manifest: line 3: EXT-X-TARGETDURATION is `4.0`, which is no whole number",
            ),
        ] {
            let (_, problems) = read_all(&GOOD.replacen(from, to, 1));
            assert!(problems.iter().any(|found| found == problem), "{to}: {problems:?}");
        }
        let (_, problems) = read_all("#EXTM3U\n#EXT-X-TARGETDURATION:4\n");
        assert_eq!(problems, ["empty: line 1: has no segments"]);
    }
}
