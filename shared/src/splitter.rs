//! Tells the fragments of a media segment apart while it arrives, so that a decoder can begin before its end.
//!
//! A fragment is what can be decoded by itself once everything before it was: in MP4 a `moof` with the `mdat` behind it
//! (a CMAF chunk, ISO/IEC 23000-19 7.3.2.3) and whatever stands before them (`styp`, `prft`, `emsg`, `sidx`, or `ftyp`
//! and `moov` of a self-initializing segment); in WebM a cluster and whatever stands before it. Only headers are looked
//! at: whether a fragment is what it claims to be is the question of [`crate::media::check`].
//!
//! ```
//! use shared::splitter::Splitter;
//!
//! let segment = b"\0\0\0\x08styp\0\0\0\x08moof\0\0\0\x0amdatab\0\0\0\x08moof\0\0\0\x09mdatc";
//! let mut splitter = Splitter::default();
//! let mut arrived = segment[..20].to_vec();
//! assert_eq!(splitter.complete(&arrived), None, "its `mdat` has not come");
//! arrived.extend(&segment[20..]);
//! let first = splitter.complete(&arrived).unwrap();
//! assert_eq!(arrived.drain(..first).count(), 26);
//! assert_eq!(splitter.complete(&arrived), Some(17));
//! ```

use crate::webm;
use crate::webm::ebml::{ElementHeader, LONGEST_HEADER, header, id};

/// Where the scan of one segment is. It holds no bytes: whoever receives them does. A call looks only at headers that no
/// earlier call has passed.
#[derive(Debug, Clone, Default)]
pub struct Splitter {
    /// Everything before this, counted from the start of the unfinished fragment, has been looked at.
    scanned: usize,
    container: Container,
    /// The media of the unfinished fragment have begun: a `moof` was seen, or a cluster of unknown size was entered.
    in_media: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Container {
    /// Nothing has come yet.
    #[default]
    Unknown,
    Mp4,
    WebM,
    /// The headers contradict themselves: no further fragment is told apart.
    Broken,
}

/// What the scan found at one box or element.
enum Scan {
    /// It goes on so many bytes later.
    Next(usize),
    /// The fragment ends so many bytes later.
    End(usize),
    /// More bytes must come.
    Wait,
    Broken,
}

impl Splitter {
    /// The length of the fragment with which `pending` begins, as soon as all of it is there. `pending` is what has
    /// arrived and was not yet taken off; the caller takes the fragment off and asks again. What is left when the
    /// segment has ended is no fragment of its own: trailing boxes, or a last WebM cluster of unknown size.
    pub fn complete(&mut self, pending: &[u8]) -> Option<usize> {
        loop {
            let found = self.look(pending.get(self.scanned..)?);
            match found {
                Scan::Next(length) => self.scanned += length,
                Scan::End(length) => {
                    let fragment = self.scanned + length;
                    self.scanned = 0;
                    self.in_media = false;
                    return Some(fragment);
                }
                Scan::Wait => return None,
                Scan::Broken => {
                    self.container = Container::Broken;
                    return None;
                }
            }
        }
    }

    fn look(&mut self, rest: &[u8]) -> Scan {
        if self.container == Container::Unknown {
            if rest.len() < 4 {
                return Scan::Wait;
            }
            self.container = if webm::is_media(rest) || webm::is_cues(rest) { Container::WebM } else { Container::Mp4 };
        }
        match self.container {
            Container::Mp4 => self.look_at_box(rest),
            Container::WebM => self.look_at_element(rest),
            Container::Unknown | Container::Broken => Scan::Wait,
        }
    }

    /// ISO/IEC 14496-12 4.2. A box of size 0 goes to the end of the segment, which only the end itself shows.
    fn look_at_box(&mut self, rest: &[u8]) -> Scan {
        let Some((short, after)) = rest.split_first_chunk::<4>() else { return Scan::Wait };
        let Some((kind, after)) = after.split_first_chunk::<4>() else { return Scan::Wait };
        let (size, header) = match u32::from_be_bytes(*short) {
            0 => return Scan::Wait,
            1 => match after.first_chunk::<8>() {
                Some(long) => (u64::from_be_bytes(*long), 16),
                None => return Scan::Wait,
            },
            short => (u64::from(short), 8),
        };
        let Some(size) = usize::try_from(size).ok().filter(|&size| size >= header) else { return Scan::Broken };
        if size > rest.len() {
            return Scan::Wait;
        }
        match kind {
            b"mdat" if self.in_media => Scan::End(size),
            b"moof" => {
                self.in_media = true;
                Scan::Next(size)
            }
            _ => Scan::Next(size),
        }
    }

    /// RFC 9559 5.1. The segment is entered, and so is a cluster of unknown size, which ends where an element begins that
    /// cannot be within one.
    fn look_at_element(&mut self, rest: &[u8]) -> Scan {
        let Some(ElementHeader { id, size, length }) = header(rest) else {
            return if rest.len() < LONGEST_HEADER { Scan::Wait } else { Scan::Broken };
        };
        if self.in_media && webm::is_outside_clusters(id) {
            return Scan::End(0);
        }
        let whole = size.and_then(|size| usize::try_from(size).ok()?.checked_add(length));
        match (id, whole) {
            (id::SEGMENT, _) => Scan::Next(length),
            (_, Some(whole)) if whole > rest.len() => Scan::Wait,
            (id::CLUSTER, Some(whole)) => Scan::End(whole),
            (id::CLUSTER, None) => {
                self.in_media = true;
                Scan::Next(length)
            }
            (_, Some(whole)) => Scan::Next(whole),
            (_, None) => Scan::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bmff::write::boxed;
    use proptest::prelude::*;

    /// The fragments of `segment` when it arrives in pieces that end at `cuts`, and what is left.
    fn split(segment: &[u8], cuts: &[usize]) -> (Vec<Vec<u8>>, Vec<u8>) {
        let mut splitter = Splitter::default();
        let mut pending = vec![];
        let mut fragments = vec![];
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (segment.len() + 1)).collect();
        cuts.push(segment.len());
        cuts.sort_unstable();
        let mut arrived = 0;
        for cut in cuts {
            pending.extend(&segment[arrived..cut]);
            arrived = cut;
            while let Some(length) = splitter.complete(&pending) {
                fragments.push(pending.drain(..length).collect());
            }
        }
        (fragments, pending)
    }

    fn plain(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut out = vec![];
        boxed(&mut out, kind, |out| out.extend(body));
        out
    }

    fn long(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&1_u32.to_be_bytes()[..], kind, &(body.len() as u64 + 16).to_be_bytes(), body].concat()
    }

    fn mp4() -> ([Vec<u8>; 3], Vec<u8>) {
        let first = [plain(b"styp", b"msdh"), plain(b"sidx", &[0; 32]), plain(b"moof", b"1"), plain(b"mdat", b"one")];
        let second = [plain(b"emsg", b"!"), plain(b"moof", b"2"), long(b"mdat", b"two")];
        let third = [plain(b"prft", &[7; 24]), plain(b"moof", b"3"), plain(b"free", b""), plain(b"mdat", b"")];
        ([first.concat(), second.concat(), third.concat()], plain(b"mfra", b"end"))
    }

    fn webm_element(id: u32, body: &[u8]) -> Vec<u8> {
        let id = id.to_be_bytes();
        let id = &id[id.iter().position(|byte| *byte != 0).unwrap()..];
        [id, &(0x4000 | body.len() as u16).to_be_bytes(), body].concat()
    }

    fn webm_open(id: u32) -> Vec<u8> {
        [&id.to_be_bytes()[..], &[0xFF]].concat()
    }

    const TAGS: u32 = 0x1254_C367;

    /// A whole file: a head, a cluster with a size, two without.
    fn web() -> ([Vec<u8>; 3], Vec<u8>) {
        let inside =
            |time: u8| [webm_element(id::TIMESTAMP, &[time]), webm_element(id::SIMPLE_BLOCK, b"block")].concat();
        let head = [webm_element(id::EBML, b""), webm_open(id::SEGMENT), webm_element(TAGS, b"x")].concat();
        let first = [head, webm_element(id::CLUSTER, &inside(1))].concat();
        let second = [webm_open(id::CLUSTER), inside(2)].concat();
        let third = [webm_open(id::CLUSTER), inside(3)].concat();
        ([first, second, third], webm_element(TAGS, b"y"))
    }

    #[test]
    fn fragments_end_with_their_media_and_keep_what_stands_before() {
        for (fragments, rest) in [mp4(), web()] {
            let whole = [fragments.concat(), rest.clone()].concat();
            assert_eq!(split(&whole, &[]), (fragments.to_vec(), rest));
        }
    }

    #[test]
    fn a_cluster_of_unknown_size_at_the_end_is_what_is_left() {
        let ([first, second, third], _) = web();
        let whole = [&first[..], &second, &third].concat();
        assert_eq!(split(&whole, &[]), (vec![first, second], third));
    }

    #[test]
    fn media_without_fragments_and_nonsense_are_left_whole() {
        let progressive = [plain(b"ftyp", b"isom"), plain(b"mdat", b"everything"), plain(b"moov", b"")].concat();
        let endless = [plain(b"moof", b""), b"\0\0\0\0mdatabc".to_vec()].concat();
        let smaller_than_its_header = [plain(b"moof", b""), b"\0\0\0\x04mdat".to_vec(), plain(b"mdat", b"")].concat();
        let unreadable = [webm_open(id::CLUSTER), vec![0; 40]].concat();
        for segment in [progressive, endless, smaller_than_its_header, unreadable] {
            assert_eq!(split(&segment, &[3, 9]), (vec![], segment));
        }
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_a_segment_is_cut(cuts in proptest::collection::vec(0usize..4096, 0..40)) {
            for (fragments, rest) in [mp4(), web()] {
                let whole = [fragments.concat(), rest.clone()].concat();
                prop_assert_eq!(split(&whole, &cuts), (fragments.to_vec(), rest));
            }
        }

        #[test]
        fn damage_loses_no_byte(at in 0usize..400, to: u8, cuts in proptest::collection::vec(0usize..4096, 0..8)) {
            for (fragments, rest) in [mp4(), web()] {
                let mut whole = [fragments.concat(), rest].concat();
                let index = at % whole.len();
                whole[index] = to;
                let (mut found, left) = split(&whole, &cuts);
                prop_assert!(found.iter().all(|fragment| !fragment.is_empty()));
                found.push(left);
                prop_assert_eq!(found.concat(), whole);
            }
        }
    }
}
