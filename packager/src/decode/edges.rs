//! Where a recording is torn: broadcasts are recorded from anywhere to anywhere, and joined anywhere. What is damaged there
//! is no fault of the file's; elsewhere it is.

use shared::time::PresentationTime;
use shared_av::{AvError, Packet};
use std::collections::BTreeSet;

/// Damage this near to an edge belongs to it: decoders tell of it a few pictures late.
const NEAR_NANOS: i64 = 1_000_000_000;
/// Behind an edge pictures may refer to what is not there, until the next key picture; but no longer than this.
const LONGEST_NANOS: i64 = 15_000_000_000;
/// Places of damage that are remembered.
const PLACES: usize = 10_000;

/// Streams of packets that anybody may cut anywhere, by FFmpeg's names of containers.
const CUT_ANYWHERE: [&str; 14] =
    ["mpegts", "mpeg", "mpegvideo", "h264", "hevc", "aac", "loas", "mp3", "ac3", "eac3", "dts", "truehd", "flv", "ogg"];

/// Whether a container by FFmpeg's name may begin and end anywhere.
pub fn is_cut_anywhere(container: &str) -> bool {
    CUT_ANYWHERE.contains(&container)
}

/// Times at which damage is to be expected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edges(Vec<(PresentationTime, PresentationTime)>);

impl Edges {
    fn has(&self, at: PresentationTime) -> bool {
        self.0.iter().any(|(from, to)| (*from..=*to).contains(&at))
    }
}

/// Finds the edges while packets are read.
#[derive(Debug, Default)]
pub(super) struct EdgeFinder {
    is_cut_anywhere: bool,
    edges: Edges,
    /// The edge behind which no key picture has come yet.
    open: Option<PresentationTime>,
    /// Those that have come: one more begins a part of its own.
    streams: BTreeSet<usize>,
    latest: Option<PresentationTime>,
    /// The time of the last packet, when that is not whole, or nothing is that follows.
    torn: Option<PresentationTime>,
}

impl EdgeFinder {
    /// For a container by FFmpeg's name.
    pub(super) fn new(container: &str) -> Self {
        Self { is_cut_anywhere: is_cut_anywhere(container), ..Self::default() }
    }

    /// A packet that is marked as not whole is damaged. Marks of packets that may be lost at any seam are none: whether
    /// something is missing is for the decoder to say.
    pub(super) fn is_mark_believed(&self) -> bool {
        !self.is_cut_anywhere
    }

    /// Notes the next packet; `can_begin` when nothing before it is needed, `is_joint` when the clock jumps to it.
    pub(super) fn packet(&mut self, packet: &Packet, can_begin: bool, is_joint: bool) {
        self.torn = packet.pts.filter(|_| packet.is_corrupt());
        let is_new = self.streams.insert(packet.stream());
        if let Some(at) = packet.pts {
            self.at(at, can_begin, is_joint || is_new);
        }
    }

    /// Something behind the last packet could not be read.
    pub(super) fn unreadable(&mut self) {
        self.torn = self.torn.or(self.latest);
    }

    /// `is_seam`: nothing says that what was before goes on here.
    fn at(&mut self, at: PresentationTime, can_begin: bool, is_seam: bool) {
        self.latest = self.latest.max(Some(at));
        if !self.is_cut_anywhere {
            return;
        }
        if is_seam {
            self.open.get_or_insert(at);
        }
        if let Some(open) = self.open.filter(|open| can_begin || at.nanos() - open.nanos() > LONGEST_NANOS) {
            self.open = None;
            self.add(open, at);
        }
    }

    /// All edges, when everything has been read.
    pub(super) fn finish(mut self) -> Edges {
        if let Some(open) = self.open.take() {
            self.add(open, open);
        }
        if let Some(latest) = self.latest.filter(|_| self.is_cut_anywhere || self.torn.is_some()) {
            self.add(self.torn.map_or(latest, |torn| torn.min(latest)), PresentationTime::MAX);
        }
        self.edges
    }

    fn add(&mut self, from: PresentationTime, to: PresentationTime) {
        self.edges.0.push((from.offset_by_nanos(-NEAR_NANOS), to.offset_by_nanos(NEAR_NANOS)));
    }
}

/// What could not be read or decoded, and where.
#[derive(Debug, Default)]
pub struct Damage {
    places: Vec<PresentationTime>,
    /// Damage whose place is not known, or was not remembered.
    elsewhere: u64,
    first: Option<AvError>,
}

impl Damage {
    /// Something is damaged.
    pub fn note(&mut self, at: Option<PresentationTime>, error: Option<AvError>) {
        match at.filter(|_| self.places.len() < PLACES) {
            Some(at) => self.places.push(at),
            None => self.elsewhere += 1,
        }
        self.first = self.first.take().or(error);
    }

    /// The first error, in words.
    pub fn first(&self) -> Option<&AvError> {
        self.first.as_ref()
    }

    /// How much is damaged in the midst of the film, and how much at its edges.
    pub fn counts(&self, edges: &Edges) -> (u64, u64) {
        let torn = self.places.iter().filter(|at| edges.has(**at)).count() as u64;
        (self.elsewhere + self.places.len() as u64 - torn, torn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<PresentationTime> {
        Some(PresentationTime::from_millis(seconds * 1000))
    }

    /// The edges of a picture a second from 0 to 40; key pictures at 3, 20 and 26, a joint at 24.
    fn edges(container: &str, torn: bool) -> Edges {
        let mut finder = EdgeFinder::new(container);
        for second in 0..=40 {
            finder.at(at(second).unwrap(), [3, 20, 26].contains(&second), [0, 24].contains(&second));
        }
        finder.torn = torn.then(|| at(40)).flatten();
        finder.finish()
    }

    #[test]
    fn a_recording_is_torn_at_its_ends_and_joints() {
        let damaged = |edges: &Edges, second: i64| {
            let mut damage = Damage::default();
            damage.note(at(second), None);
            damage.counts(edges) == (1, 0)
        };
        let found = edges("mpegts", false);
        let inside: Vec<i64> = (0..=40).filter(|second| damaged(&found, *second)).collect();
        assert_eq!(inside, [(5..23).collect::<Vec<_>>(), (28..39).collect()].concat());
        let file = edges("mov,mp4,m4a,3gp,3g2,mj2", false);
        assert!((0..=40).all(|second| damaged(&file, second)));
        assert!(!damaged(&edges("matroska,webm", true), 40), "it ends in the middle of a packet");
    }

    #[test]
    fn damage_is_remembered_within_bounds() {
        let mut damage = Damage::default();
        for _ in 0..PLACES + 5 {
            damage.note(at(10), None);
        }
        assert_eq!(damage.counts(&Edges::default()), (PLACES as u64 + 5, 0));
    }
}
