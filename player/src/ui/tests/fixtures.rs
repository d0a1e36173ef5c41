//! Snapshots of invented sessions, computed without a player, so that the charts show something plausible and every
//! picture is the same each time.

use player_core::abr::Rule;
use player_core::history::{Delivered, History, Point, ShownMark, StallMark, TransferMark, WishMark};
use player_core::io::{
    Action, Basis, Command, Decision, Epoch, Failure, FailureKind, LinkLimit, Notice, Phase, RequestId, RungRef,
    SegmentOf, Severity, Subject,
};
use player_core::kinds::{PerKind, TrackKind};
use player_core::presentation::{LeftOut, Naming, Presentation, Rank, RungId, SegmentId, TrackNumber};
use player_core::report::Stall;
use player_core::sim::Movie;
use player_core::snapshot::{
    Awaited, BufferedView, ManifestView, Mode, NoticeView, OutageView, RequestState, RequestView, RungView, Snapshot,
    TrackView,
};
use shared::addressing::SegmentNumber;
use shared::mpd;
use shared::time::{PresentationTime, SessionTime};
use shared::units::{Bitrate, ByteSize};
use std::sync::Arc;
use std::time::Duration;

const SEGMENT: f64 = 2.0;
const LENGTH: f64 = 180.0;
const TARGET: f64 = 25.0;
const LADDER: [(u32, u64); 6] = [(180, 250), (270, 450), (360, 800), (480, 1_400), (720, 2_500), (1080, 4_500)];

pub(crate) fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.max(0.0))
}

fn at(seconds: f64) -> SessionTime {
    SessionTime::from(secs(seconds))
}

fn media(seconds: f64) -> PresentationTime {
    PresentationTime::from_secs_f64(seconds)
}

/// The name of the rung with this rank in the film: a film names its rungs first, from the lowest on.
pub(crate) fn rung(rank: usize) -> RungId {
    let mut naming = Naming::default();
    for _ in 0..rank {
        naming.rung();
    }
    naming.rung()
}

/// A segment of the film, by how many come before it: people count from one.
pub(crate) fn segment_id(before: u64, rank: usize) -> SegmentId {
    SegmentId { rung: rung(rank), number: SegmentNumber(before + 1) }
}

/// A request for it.
pub(crate) fn segment(before: u64, rank: usize) -> Subject {
    let representation = format!("v{}", LADDER[rank].0);
    let of = RungRef { track: TrackKind::Video, rung: rung(rank), representation };
    let start = before as f64 * SEGMENT;
    let SegmentId { number, .. } = segment_id(before, rank);
    Subject::Media(SegmentOf { of, number, time: media(start)..media(start + SEGMENT) })
}

/// Good, bad from 20 s to 40 s, good again.
fn capacity(seconds: f64) -> Bitrate {
    Bitrate::from_kbps(if (20.0..40.0).contains(&(seconds % 60.0)) { 600 } else { 6_000 })
}

/// A session as far as it has come.
pub(crate) struct Story {
    now: f64,
    buffer: f64,
    position: f64,
    estimate: Option<f64>,
    history: History,
    decisions: Vec<Decision>,
    buffered: Vec<BufferedView>,
    last_rung: Option<usize>,
    last_transfer: Option<(f64, f64, usize)>,
    stalled: Option<f64>,
    stalls: Vec<Stall>,
    requests: Vec<RequestView>,
    delivered: Delivered,
}

impl Story {
    /// Everything that happened until `seconds`; `greedy` takes what it can and runs dry in the bad stretch.
    pub(crate) fn until(seconds: f64, greedy: bool) -> Self {
        let mut story = Self {
            now: 0.35,
            buffer: 0.0,
            position: 0.0,
            estimate: None,
            history: History::default(),
            decisions: vec![],
            buffered: vec![],
            last_rung: None,
            last_transfer: None,
            stalled: None,
            stalls: vec![],
            requests: vec![],
            delivered: Delivered::default(),
        };
        while story.now < seconds && story.buffered_until() < LENGTH {
            story.segment(seconds, greedy);
        }
        story.pass(seconds);
        story
    }

    fn buffered_until(&self) -> f64 {
        self.position + self.buffer
    }

    fn segment(&mut self, end: f64, greedy: bool) {
        while self.buffer > TARGET - SEGMENT && self.now < end {
            self.wait();
            self.pass((self.now + 0.5).min(end));
        }
        if self.now >= end {
            return;
        }
        let rung = self.choose(greedy);
        let position = (self.buffered_until() / SEGMENT).round() as u64;
        self.decide(Action::Fetch { segment: segment_id(position, rung) }, reason(rung, self.buffer, self.estimate));
        let from = self.now + 0.04;
        let to = self.transfer(from, LADDER[rung].1 as f64 * (0.8 + 0.05 * (position % 7) as f64) * SEGMENT);
        self.last_transfer = Some((from, to, rung));
        self.pass(to.min(end));
        if to <= end {
            self.arrived(from, to, rung);
        }
    }

    /// When `kilobits` have come that flow from `from` on.
    fn transfer(&self, from: f64, mut kilobits: f64) -> f64 {
        let mut now = from;
        while kilobits > 0.0 {
            kilobits -= capacity(now).kbps() * 0.92 * 0.02;
            now += 0.02;
        }
        now
    }

    fn choose(&self, greedy: bool) -> usize {
        let Some(estimate) = self.estimate else { return 1 };
        let safe = if greedy { 1.0 } else { 0.8 };
        let highest = LADDER.iter().rposition(|(_, kbps)| *kbps as f64 <= estimate * safe).unwrap_or(0);
        let last = self.last_rung.unwrap_or(0);
        if greedy { highest } else { highest.min(last + 1) }
    }

    fn wait(&mut self) {
        if !matches!(self.decisions.last(), Some(Decision { action: Action::Wait { .. }, .. })) {
            let reason = format!("buffer {:.1} s: waits, the buffer suffices", self.buffer);
            self.decide(Action::Wait { until: at(self.now + 1.0) }, reason);
        }
    }

    fn decide(&mut self, action: Action, reason: String) {
        let estimate = self.estimate.map(|kbps| Bitrate::from_bps_f64(kbps * 1e3));
        let basis = Basis {
            buffer: secs(self.buffer),
            capacity: secs(TARGET),
            estimate,
            last_rung: self.last_rung.map(self::rung),
            rule: Rule::HighestSafe,
            expected_stall: Duration::ZERO,
        };
        self.decisions.push(Decision { at: at(self.now), track: TrackKind::Video, action, reason, basis });
    }

    /// Time goes by: the buffer drains, points are recorded, stalls begin.
    fn pass(&mut self, until: f64) {
        while self.now < until {
            let step = (until - self.now).min(0.25);
            self.now += step;
            if self.history.shown.is_empty() {
                // Nothing to play yet: starting up.
            } else if self.buffer > step {
                self.end_stall();
                self.buffer -= step;
                self.position += step;
            } else if self.position + 1.0 > LENGTH {
                self.buffer = 0.0;
            } else if self.stalled.is_none() {
                self.stalled = Some(self.now);
                self.history.stall_began(at(self.now));
            }
            self.show();
            self.record();
        }
    }

    fn end_stall(&mut self) {
        if let Some(since) = self.stalled.take() {
            self.history.stall_ended(at(self.now));
            self.stalls.push(Stall { at: self.position, seconds: self.now - since });
        }
    }

    fn record(&mut self) {
        let estimate = self.estimate.map(|kbps| Bitrate::from_bps_f64(kbps * 1e3));
        let (video, audio) = (secs(self.buffer), secs((self.buffer + 1.5).min(TARGET)));
        let playing = !self.history.shown.is_empty();
        let mut ahead = PerKind::default();
        ahead[TrackKind::Video] = playing.then_some(video);
        ahead[TrackKind::Audio] = playing.then_some(audio);
        self.history.record(Point {
            at: at(self.now),
            position: media(self.position),
            ahead,
            estimate,
            capacity: Some(capacity(self.now)),
            target: secs(TARGET),
            delivered: self.delivered,
        });
    }

    fn arrived(&mut self, from: f64, to: f64, rung: usize) {
        let bits = LADDER[rung].1 as f64 * SEGMENT;
        let rate = (bits / (to - from)).min(capacity(to).kbps() * 0.95);
        self.estimate = Some(self.estimate.map_or(rate, |old| old * 0.6 + rate * 0.4));
        let rate = Some(Bitrate::from_bps_f64(rate * 1e3));
        self.history.transfer(TransferMark {
            track: TrackKind::Video,
            from: at(from),
            to: at(to),
            rate,
            rung: self::rung(rung),
            aborted: false,
        });
        let start = self.buffered_until();
        self.finished(from, to, rung, start);
        match self.buffered.last_mut() {
            Some(last) if last.rung == self::rung(rung) => last.time.end = media(start + SEGMENT),
            _ => {
                let time = media(start)..media(start + SEGMENT);
                self.buffered.push(BufferedView { time, rung: self::rung(rung) });
            }
        }
        self.buffer += SEGMENT;
        self.last_rung = Some(rung);
        if self.history.shown.is_empty() {
            self.shown_mark(self::rung(rung));
        }
    }

    fn finished(&mut self, from: f64, to: f64, rung: usize, start: f64) {
        let position = (start / SEGMENT).round() as u64;
        let size = ByteSize::from_bytes(segment_bytes(position, rung));
        self.delivered.bytes += size;
        self.delivered.busy += secs(to - from);
        let reason = self.decisions.iter().rfind(|decision| matches!(decision.action, Action::Fetch { .. }));
        self.requests.push(RequestView {
            id: RequestId(position),
            subject: segment(position, rung),
            url: format!("http://127.0.0.1:8080/4f1c/v{}/{position}.m4s", LADDER[rung].0).into(),
            requested: at(from - 0.04),
            ended: Some(at(to)),
            received: size,
            size: Some(size),
            state: RequestState::Done,
            reason: reason.map(|decision| decision.reason.as_str().into()),
            ..running(from, 0.0, rung)
        });
    }

    fn show(&mut self) {
        let Some(rung) = self.rung_at_playhead() else { return };
        if self.history.shown.last().is_some_and(|mark| mark.rung != rung) {
            self.shown_mark(rung);
        }
    }

    fn shown_mark(&mut self, rung: RungId) {
        let rank = (0..LADDER.len()).find(|rank| self::rung(*rank) == rung).unwrap();
        let bandwidth = Bitrate::from_kbps(LADDER[rank].1);
        self.history.shown(ShownMark { at: at(self.now), track: TrackKind::Video, rung, bandwidth });
    }

    fn rung_at_playhead(&self) -> Option<RungId> {
        let here = media(self.position);
        self.buffered.iter().find(|stretch| stretch.time.contains(&here)).map(|stretch| stretch.rung)
    }

    /// What the session would show of it.
    pub(crate) fn snapshot(self, phase: Phase) -> Snapshot {
        let shown = self.history.shown.last().map(|mark| mark.rung);
        let here = media(self.position - 0.5);
        let buffered = self.buffered.iter().filter(|stretch| stretch.time.end > here).cloned().collect();
        let request = self.last_transfer.filter(|(_, to, _)| *to > self.now);
        let mut snapshot = Snapshot {
            at: at(self.now),
            phase,
            ended: None,
            url: "http://127.0.0.1:8080/manifest.mpd".into(),
            position: media(self.position),
            duration: Some(secs(LENGTH)),
            rate: 1.0,
            epoch: Epoch(0),
            tracks: vec![video(shown, self.last_rung.map(rung), buffered, self.buffer), audio(self.buffer + 1.5)],
            estimate: self.estimate.map(|kbps| Bitrate::from_bps_f64(kbps * 1e3)),
            buffer_target: secs(TARGET),
            policy: "default".into(),
            begun_with: Arc::default(),
            manifest: Some(Arc::new(manifest())),
            presentation: Some(Arc::new(presentation())),
            requests: Arc::new(self.requests),
            outage: None,
            late: None,
            running: request
                .map(|(from, to, rung)| running(from, (self.now - from) / (to - from), rung))
                .into_iter()
                .collect(),
            decisions: Arc::new(self.decisions),
            notices: Arc::default(),
            history: Arc::new(self.history),
            totals: Default::default(),
        };
        snapshot.totals.stalls = self.stalls;
        totals(&mut snapshot, self.position);
        snapshot
    }
}

fn reason(rung: usize, buffer: f64, estimate: Option<f64>) -> String {
    let rate = format!("{}p ({})", LADDER[rung].0, Bitrate::from_kbps(LADDER[rung].1));
    match estimate {
        None => format!("buffer {buffer:.1} s: nothing known of the link, {rate} starts soonest"),
        Some(kbps) => {
            let estimate = Bitrate::from_bps_f64(kbps * 1e3);
            format!("buffer {buffer:.1} s, estimate {estimate}: {rate} is the highest that does not run dry")
        }
    }
}

fn totals(snapshot: &mut Snapshot, position: f64) {
    let totals = &mut snapshot.totals;
    totals.startup_seconds = snapshot.history.shown.first().map(|mark| mark.at.secs_f64());
    totals.played_seconds = position;
    totals.mean_bitrate_kbps = if position > 0.0 { 2_140.0 } else { 0.0 };
    totals.switches = snapshot.history.shown.len().saturating_sub(1) as u64;
    totals.qoe_lin = 1.62;
    totals.view = 31.0;
    totals.bytes_fetched = 13_400_000;
    totals.bytes_wasted = 260_000;
    totals.frames_shown = (position * 30.0) as u64;
    totals.frames_dropped = 3;
    totals.cpu_seconds = 11.4;
    let times = [("v180", 4.0), ("v270", 9.5), ("v720", 17.0), ("v1080", 6.1)];
    totals.time_by_representation = times.map(|(id, seconds)| (id.to_owned(), seconds)).into();
}

fn video(shown: Option<RungId>, loading: Option<RungId>, buffered: Vec<BufferedView>, ahead: f64) -> TrackView {
    let view = |(rank, (height, kbps)): (usize, (u32, u64))| RungView {
        id: rung(rank),
        label: format!("{height}p"),
        representation: format!("v{height}"),
        bandwidth: Bitrate::from_kbps(kbps),
        codecs: "avc1.64001f".into(),
        size: Some((height * 16 / 9, height)),
        frame_rate: Some(30.0),
        excluded: false,
    };
    track(TrackKind::Video, LADDER.into_iter().enumerate().map(view).collect(), shown, loading, buffered, ahead)
}

fn audio(ahead: f64) -> TrackView {
    // Behind those of the pictures.
    let id = rung(LADDER.len());
    let rung = RungView {
        id,
        label: "128k".into(),
        representation: "a128".into(),
        bandwidth: Bitrate::from_kbps(128),
        codecs: "mp4a.40.2".into(),
        size: None,
        frame_rate: None,
        excluded: false,
    };
    track(TrackKind::Audio, vec![rung], Some(id), Some(id), vec![], ahead)
}

fn track(
    kind: TrackKind,
    rungs: Vec<RungView>,
    shown: Option<RungId>,
    loading: Option<RungId>,
    buffered: Vec<BufferedView>,
    ahead: f64,
) -> TrackView {
    let segment = |position| media(position as f64 * SEGMENT)..media((position + 1) as f64 * SEGMENT);
    let segments = Arc::new((0..(LENGTH / SEGMENT) as u64).map(segment).collect());
    let (options, rungs) = (Arc::default(), Arc::new(rungs));
    TrackView {
        kind,
        number: TrackNumber(0),
        options,
        rungs,
        mode: Mode::Auto,
        shown,
        loading,
        buffered,
        blank: false,
        ahead: secs(ahead),
        segments,
    }
}

fn running(since: f64, share: f64, rung: usize) -> RequestView {
    let size = LADDER[rung].1 * 250;
    RequestView {
        id: RequestId(40),
        subject: segment(20, rung),
        url: "http://127.0.0.1:8080/v/20.m4s".into(),
        requested: at(since),
        first_byte: Some(at(since)),
        ended: None,
        received: ByteSize::from_bytes((size as f64 * share) as u64),
        size: Some(ByteSize::from_bytes(size)),
        state: RequestState::Running,
        attempt: 0,
        location: "http://127.0.0.1:8080".into(),
        failure: None,
        reason: None,
    }
}

/// Quiet and busy scenes take turns.
fn segment_bytes(position: u64, rung: usize) -> u64 {
    (LADDER[rung].1 as f64 * 125.0 * SEGMENT * (0.8 + 0.05 * (position % 7) as f64)) as u64
}

/// The film as it can be played, with its true sizes.
fn presentation() -> Presentation {
    let segments = (LENGTH / SEGMENT) as u64;
    let row = |position| (0..LADDER.len()).map(|rung| segment_bytes(position, rung) as f64 * 8.0).collect();
    let kbps = LADDER.iter().map(|(_, kbps)| *kbps as f64).collect();
    Movie { segment: secs(SEGMENT), kbps, sizes: (0..segments).map(row).collect(), names: vec![] }
        .presentation()
        .unwrap()
}

const MPD: &str = r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT4S"
  profiles="urn:mpeg:dash:profile:isoff-live:2011" mediaPresentationDuration="PT3M">
 <Period>
  <AdaptationSet contentType="video" mimeType="video/mp4" segmentAlignment="TRUE">
   <SegmentTemplate media="$RepresentationID$/$Number$.m4s" initialization="$RepresentationID$/init.mp4" duration="2"/>
   <Representation id="v270" codecs="avc1.64001f" width="480" height="270" frameRate="30" bandwidth="450000"/>
   <Representation id="v720" codecs="avc1.64001f" width="1280" height="720" frameRate="30" bandwidth="2500000"/>
  </AdaptationSet>
  <AdaptationSet contentType="audio" lang="en" mimeType="audio/mp4" codecs="mp4a.40.2">
   <SegmentTemplate media="$RepresentationID$/$Number$.m4s" initialization="$RepresentationID$/init.mp4" duration="2"/>
   <Representation id="a128" audioSamplingRate="48000" bandwidth="128000"/>
  </AdaptationSet>
 </Period>
</MPD>"#;

fn manifest() -> ManifestView {
    let url = "http://127.0.0.1:8080/manifest.mpd";
    let (presentation, warnings) = mpd::read(MPD.as_bytes(), &url.parse().unwrap()).unwrap();
    let what = "video `v2160`".to_owned();
    let left_out = vec![LeftOut { what, why: "cannot be decoded here: hev1.1.6.L153".to_owned() }];
    ManifestView { url: url.into(), presentation, warnings, left_out }
}

/// The manifest is there, the first segment is not.
pub(crate) fn loading() -> Snapshot {
    Story::until(0.75, false).snapshot(Phase::Loading)
}

/// In the second good stretch, with the dip in sight.
pub(crate) fn playing() -> Snapshot {
    Story::until(51.3, false).snapshot(Phase::Playing)
}

/// In the bad stretch, dry.
pub(crate) fn stalled() -> Snapshot {
    Story::until(33.4, true).snapshot(Phase::Stalled)
}

/// Dry, and nothing comes any more.
pub(crate) fn cut_off() -> Snapshot {
    let mut snapshot = stalled();
    let (since, next_try) = (at(21.4), Some(snapshot.at + secs(0.7)));
    let why = "no connection to media.example: connection refused".to_owned();
    snapshot.outage = Some(OutageView { awaited: Awaited::Network, since, why, next_try });
    snapshot.running.clear();
    snapshot
}

/// Played to the end.
pub(crate) fn ended() -> Snapshot {
    let mut snapshot = Story::until(190.0, false).snapshot(Phase::Ended);
    snapshot.position = media(LENGTH);
    snapshot.totals.reached_end = true;
    snapshot.running.clear();
    snapshot
}

/// Not reachable.
pub(crate) fn failed() -> Snapshot {
    let mut snapshot = super::super::reading::nothing();
    snapshot.at = at(2.0);
    snapshot.phase = Phase::Failed;
    snapshot.url = "http://127.0.0.1:9/manifest.mpd".into();
    let message = "http://127.0.0.1:9/manifest.mpd: connection refused. Is the server running? \
                   Start it with `packager serve DIR`, or check host and port.";
    snapshot.notices = Arc::new(vec![NoticeView {
        at: snapshot.at,
        notice: Notice { severity: Severity::Fatal, message: message.into() },
    }]);
    snapshot
}

/// After much meddling: policies and rungs changed by hand, a download given up, a segment replaced, a failure.
pub(crate) fn meddled() -> Snapshot {
    let mut snapshot = playing();
    let history = Arc::make_mut(&mut snapshot.history);
    let wishes = [
        (12.0, Command::Policy("bba".into())),
        (24.0, Command::BufferTarget(secs(12.0))),
        (31.0, Command::Throttle(LinkLimit::Rate(Bitrate::from_kbps(600)))),
        (44.0, Command::Rung(Rank(3))),
    ];
    for (second, command) in wishes {
        history.wished(WishMark { at: at(second), command });
    }
    let requests = Arc::make_mut(&mut snapshot.requests);
    let again = |index: usize, rank: usize, state| {
        let subject = segment(index as u64, rank);
        RequestView { subject, state, ..requests[index].clone() }
    };
    let message = "http://127.0.0.1:8080/4f1c/v720/30.m4s: 503 Service Unavailable";
    let failure = Failure { kind: FailureKind::Status, status: Some(503), retry_after: None, message: message.into() };
    let abandoned = again(26, 5, RequestState::Aborted);
    let better = again(24, 4, RequestState::Done);
    let failed = RequestView {
        failure: Some(Arc::new(failure)),
        received: ByteSize::ZERO,
        ..again(30, 4, RequestState::Failed)
    };
    requests.extend([abandoned, better, failed]);
    requests.sort_by_key(|request| request.requested);
    snapshot
}

/// Seventy times what [`playing`] has seen, one after the other: an hour with everything that is kept of it.
pub(crate) fn hour() -> Snapshot {
    const TIMES: usize = 70;
    let mut snapshot = playing();
    let one = snapshot.clone();
    let lasted = one.at.since(SessionTime::ZERO);
    let history = Arc::make_mut(&mut snapshot.history);
    let requests = Arc::make_mut(&mut snapshot.requests);
    for round in 1..TIMES as u32 {
        let shift = lasted * round;
        history.points.extend(one.history.points.iter().map(|point| Point { at: point.at + shift, ..*point }));
        let later = |mark: &TransferMark| TransferMark { from: mark.from + shift, to: mark.to + shift, ..*mark };
        history.transfers.extend(one.history.transfers.iter().map(later));
        history.shown.extend(one.history.shown.iter().map(|mark| ShownMark { at: mark.at + shift, ..*mark }));
        requests.extend(one.requests.iter().map(|request| {
            let mut later = RequestView { requested: request.requested + shift, ..request.clone() };
            if let Subject::Media(segment) = &mut later.subject {
                segment.time = segment.time.start + shift..segment.time.end + shift;
            }
            later
        }));
    }
    snapshot.at = snapshot.at + lasted * (TIMES as u32 - 1);
    snapshot.duration = Some(secs(3_600.0));
    let segment = |position| media(f64::from(position) * SEGMENT)..media(f64::from(position + 1) * SEGMENT);
    snapshot.tracks[0].segments = Arc::new((0..1_800).map(segment).collect());
    let decisions = Arc::make_mut(&mut snapshot.decisions);
    for _ in 0..10 {
        decisions.extend(one.decisions.iter().cloned());
    }
    snapshot
}

/// With a warning to be read.
pub(crate) fn warned() -> Snapshot {
    let mut snapshot = playing();
    let message = "AdaptationSet 3 is left out: its codec `hev1.1.6.L93` cannot be decoded here.";
    snapshot.notices = Arc::new(vec![NoticeView {
        at: snapshot.at,
        notice: Notice { severity: Severity::Warning, message: message.into() },
    }]);
    snapshot
}

/// Held at 480p by hand.
pub(crate) fn manual() -> Snapshot {
    let mut snapshot = playing();
    snapshot.tracks[0].mode = Mode::Manual(Rank(3));
    snapshot
}

/// The stand-still that is the last of the history, for tests about it.
pub(crate) fn last_stall(snapshot: &Snapshot) -> Option<StallMark> {
    snapshot.history.stalls.last().copied()
}
