//! The command `package`: writes a package, or fails with one sentence and leaves the folder as it was.
//!
//! `each` packages several films one after the other, `source` says what a film is in a line.
//! `claim` decides whether the folder may be written to and what of an earlier run is kept, `early` keeps a manifest of
//! what is there already, `interruption` watches for Ctrl-C, `facts` tells the catalogue what is known of the package, and `finish` puts the files that
//! follow from what the run has put, the manifest when [`crate::verify`] has found nothing wrong with it. Decoding, encoding and writing are in [`crate::work`] and [`crate::produce`].

mod claim;
mod copied;
mod each;
mod early;
mod facts;
mod finish;
mod interruption;
mod source;

use crate::beside::{NamedSound, SoundBeside};
use crate::catalogue::Summary;
use crate::catalogue::hls::PlaylistType;
use crate::error::{Exit, PackagerError};
use crate::intake::Contents;
use crate::ladder;
use crate::layout::Addressing;
use crate::mux::SegmentClosed;
use crate::plan::{self, AudioEncoding, Plan, PlannedRendition, Wishes};
use crate::probe;
use crate::produce::{Pass, PipelineEvent, RunContext};
use crate::progress::{self, Progress, ProgressMode};
use crate::protection::System;
use crate::quality::PictureQuality;
use crate::survey::{self, Master, Survey};
use crate::text::{FilmText, FilmTexts, SideFile, TextSegments};
use crate::work::{self, Division};
use crate::workspace::ChunkDone;
pub use copied::{copy, copy_each};
pub use each::{each, folders};

use claim::Claim;
use early::Early;
use interruption::{Interruption, Signals};
use shared::time::PresentationTime;
use shared_av::ChannelLayout;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The options of the command.
#[derive(Debug, Clone)]
pub struct Options {
    /// The master.
    pub input: PathBuf,
    /// The folder.
    pub output: PathBuf,
    /// What the package is to be.
    pub wishes: Wishes,
    /// Pictures are decoded again and compared.
    pub quality: bool,
    /// Package a damaged master as it is.
    pub allow_damaged: bool,
    /// Open what the master names, in its own folder.
    pub allow_references: bool,
    /// Write HLS playlists beside the manifest.
    pub hls: bool,
    /// Texts beside the film.
    pub texts: Vec<SideFile>,
    /// Sound beside it.
    pub sounds: Vec<NamedSound>,
    /// Stretches of the film that are made at the same time.
    pub jobs: usize,
    /// Go on with an interrupted run.
    pub resume: bool,
    /// Replace a package.
    pub force: bool,
    /// Remove what belongs to no manifest any more.
    pub prune: bool,
    /// Only say what would be done.
    pub dry_run: bool,
    /// How to show what happens.
    pub progress: ProgressMode,
}

impl Options {
    /// The playlists of the complete package.
    fn playlists(&self) -> Option<PlaylistType> {
        let kind = if self.wishes.early { PlaylistType::Event } else { PlaylistType::Vod };
        self.hls.then_some(kind)
    }
}

/// What comes with the film from other files.
#[derive(Clone, Copy)]
struct Beside<'a> {
    texts: &'a [FilmText],
    sounds: &'a [SoundBeside],
    /// Where the film begins in its source, whatever part of it is packaged.
    zero: PresentationTime,
}

/// Makes the package.
///
/// # Errors
/// One sentence with its exit code; nothing that this run wrote is left, except after an interruption.
pub fn run(options: &Options) -> Result<(), PackagerError> {
    one(options, &Signals::default())
}

fn one(options: &Options, signals: &Signals) -> Result<(), PackagerError> {
    let wishes = &options.wishes;
    if wishes.early && !options.sounds.is_empty() {
        let what =
            "--early cannot wait for --sound, which is coded when the film's end is known; leave one of them out";
        return Err(PackagerError::usage(what));
    }
    if wishes.early && wishes.addressing == Addressing::Base {
        let what = "--early needs segments that are files: use --addressing timeline or number";
        return Err(PackagerError::usage(what));
    }
    if Master::is_read_once(&options.input) && !options.resume && !options.dry_run {
        claim::refuse_existing(options)?;
    }
    let interruption = Interruption::of(options, signals);
    let input = Master::new(&options.input, &options.output, options.resume, &|| interruption.check())?;
    let contents = Contents::of(input.path());
    let followed = contents.followed(input.lasts().then(|| input.path()), input.name(), options.allow_references)?;
    let input = input.following(followed).as_recording(contents.recording());
    let opened = input.open().map_err(|failure| contents.locks().explain(input.name(), failure))?;
    let info = contents.described(contents.locks().marked(input.name(), opened.info())?);
    let seen = survey::look(&info, &input, options.allow_damaged)?;
    let mut master = probe::inspect(opened.name(), &seen.info)?;
    let mut texts = FilmTexts::default();
    texts.master((opened.name(), &seen.info, master.zero), || input.open())?;
    texts.beside(&options.texts)?;
    master.texts = texts.tracks.iter().map(|text| text.info.clone()).collect();
    let identity = input.identity()?;
    let numbers = texts.numbers()..;
    let sounds = options.sounds.iter().zip(numbers).map(|(named, number)| SoundBeside::open(named, number));
    let sounds: Vec<SoundBeside> = sounds.collect::<Result<_, _>>()?;
    let (rungs, too_large) = match &master.video {
        Some(video) => wishes.ladder.rungs(video, ladder::worth(&seen.info, video, identity.size), &wishes.codecs)?,
        None => (vec![], vec![]),
    };
    let source = source::line(&seen.info, &master, identity.size);
    master.audios.extend(sounds.iter().map(|sound| sound.track.clone()));
    let plan = plan::plan(identity, &master, &rungs, wishes)?;
    let progress = Progress::new(options.progress, &plan, source);
    if let Some(note) = input.note() {
        progress.note(&note);
    }
    for left_out in master.left_out.iter().chain(&too_large) {
        progress.note(&format!("left out: {left_out}"));
    }
    let lasts = plan.expected_frames.map(|frames| plan.time_of(frames).since_start());
    let text_notes = texts.notes.clone();
    let (texts, cut) = texts.packaged(plan.zero.since(master.zero), lasts);
    for note in seen.notes.into_iter().chain(master.notes).chain(told(&plan)).chain(text_notes).chain(cut) {
        progress.note(&note);
    }
    for note in protection_notes(&plan, options.hls) {
        progress.note(&note);
    }
    if wishes.two_pass && wishes.codecs.iter().any(|codec| !codec.has_two_passes()) {
        progress.note("AV1 is coded in one pass: libsvtav1 has no second one here");
    }
    if options.dry_run {
        progress.plan(&plan)?;
        return Ok(());
    }
    let beside = Beside { texts: &texts, sounds: &sounds, zero: master.zero };
    write(options, (plan, beside), (&input, &interruption), seen.survey, progress)
}

/// Notes on what all renditions lack of the master.
fn told(plan: &Plan) -> Vec<String> {
    let mapped = plan.video_encodings().any(|(_, encoding)| plan.picture_format(encoding).tone_map);
    let mapped = mapped.then(|| "high dynamic range is mapped down to BT.709 for H.264".to_owned());
    let mixed = plan.audio_encodings().filter_map(|(_, encoding)| mixed_down(plan, encoding));
    let mut told: Vec<String> = mapped.into_iter().chain(mixed).collect();
    told.dedup();
    told
}

/// Notes on what stays clear, and on what one player needs.
fn protection_notes(plan: &Plan, hls: bool) -> Vec<String> {
    let Some(protection) = &plan.protection else { return vec![] };
    let clear = plan.renditions.iter().filter(|rendition| protection.key_id(&rendition.id).is_none());
    let no_key = |rendition: &PlannedRendition| {
        Some(format!("{} stays clear: no key is for {}", rendition.id, rendition.label()?))
    };
    let lacks_common = hls && protection.names_clear_key() && !protection.systems.contains(&System::Common);
    let lacks_common = lacks_common.then(|| "hls.js asks for ClearKey licences only with --pssh common".to_owned());
    clear.filter_map(no_key).chain(lacks_common).collect()
}

/// A note when no rendition of this track has all of its channels.
fn mixed_down(plan: &Plan, encoding: &AudioEncoding) -> Option<String> {
    let (stream, layout) = (encoding.track.stream, encoding.track.layout);
    let name = encoding.track.in_words();
    let of_stream = plan.audio_encodings().filter(|(_, other)| other.track.stream == stream);
    let kept: Vec<ChannelLayout> = of_stream.map(|(_, other)| other.layout).collect();
    let to = if kept.contains(&ChannelLayout::Surround51) { "5.1 and stereo" } else { "stereo" };
    if let ChannelLayout::Ambisonic(channels) = layout {
        return Some(format!("{name}: its sound field of {channels} channels is folded down to stereo"));
    }
    let channels = layout.channels();
    (!kept.contains(&layout)).then(|| format!("{name}: its {channels} channels are mixed down to {to}"))
}

fn write(
    options: &Options,
    (plan, beside): (Plan, Beside<'_>),
    (input, interruption): (&Master, &Interruption<'_>),
    survey: Option<Survey>,
    mut progress: Progress,
) -> Result<(), PackagerError> {
    if options.resume && claim::is_complete(&options.output) {
        progress.note(&format!("{} is complete, there is nothing to resume", options.output.display()));
        return Ok(());
    }
    let lasts = input.lasts();
    into_folder(options, plan, (lasts, interruption), &mut progress, |plan, claim, progress| {
        code(options, (plan, beside), claim, (input, interruption), survey, progress)
    })
}

/// Claims the folder for what `make` puts into it, and decides what is left there when that fails. `lasts` when the input can
/// be read again in another run.
fn into_folder(
    options: &Options,
    mut plan: Plan,
    (lasts, interruption): (bool, &Interruption<'_>),
    progress: &mut Progress,
    make: impl FnOnce(&Plan, &mut Claim, &mut Progress) -> Result<Summary, PackagerError>,
) -> Result<(), PackagerError> {
    let mut claim = Claim::new(options, &mut plan)?;
    progress.started(&claim.done);
    match make(&plan, &mut claim, progress) {
        Ok(summary) => {
            claim.complete(&plan, options.prune)?;
            progress.finished(&plan, &options.output, &summary)?;
            Ok(())
        }
        Err(failure) if failure.exit == Exit::Interrupted && lasts => Err(failure),
        Err(failure) if failure.exit == Exit::Interrupted => {
            claim.give_up();
            Err(interruption.error())
        }
        // A failure of the output may be temporary (a full disk, a lost network), so finished chunks are kept.
        Err(failure) if failure.exit == Exit::Output && lasts && claim.has_chunks() => Err(PackagerError {
            message: format!("{failure}; what is finished stays, --resume continues it"),
            ..failure
        }),
        Err(failure) => {
            claim.give_up();
            Err(failure)
        }
    }
}

/// All passes over the film, and the last files.
fn code(
    options: &Options,
    (plan, beside): (&Plan, Beside<'_>),
    claim: &mut Claim,
    (input, interruption): (&Master, &Interruption<'_>),
    survey: Option<Survey>,
    progress: &mut Progress,
) -> Result<Summary, PackagerError> {
    let division = Division::new(plan, input, options.jobs, survey)?;
    if let Some(note) = division.note() {
        progress.note(&note);
    }
    let runner = division.runner();
    let Claim { publisher, workspace, ledger, done, .. } = claim;
    let run = |pass| RunContext {
        plan,
        keys: options.wishes.protection.as_ref().map(|protection| &protection.keys),
        publisher,
        workspace,
        done,
        stop: interruption.flag(),
        allow_damaged: options.allow_damaged,
        pass,
        quality: options.quality,
    };
    if plan.video_encodings().any(|(_, encoding)| encoding.two_pass) {
        workspace.make_room_for_statistics()?;
        progress.first_pass();
        work::run(&division.work(&run(Pass::First), input), &*runner, &mut |event| {
            progress.coded(&event);
            Ok(())
        })?;
        progress.last_pass();
    }
    let early =
        options.wishes.early.then(|| Early::new((plan, beside.texts), publisher, options.hls, progress::wall_clock()));
    let mut written = Written::new(early, TextSegments::begin(plan, publisher, beside.texts)?, done)?;
    let film_end = Cell::new(None);
    let mut on_event = |event: PipelineEvent| {
        match &event {
            PipelineEvent::Chunk(chunk) => ledger.done(chunk.clone())?,
            PipelineEvent::Read(counts) => film_end.set(Some(counts.end)),
            _ => {}
        }
        let playable = written.event(&event)?;
        // After the ledger: a reader of the events may rely on it that a chunk is recorded.
        progress.event(&event);
        if playable {
            progress.playable();
        }
        Ok(())
    };
    let last = run(Pass::Last);
    work::run(&division.work(&last, input), &*runner, &mut on_event)?;
    let end = division.film_end(plan).or(film_end.get()).unwrap_or(plan.zero);
    work::sounds(&last, beside.sounds, (beside.zero, end), &mut on_event)?;
    let qualities = written.qualities();
    let behind = |_: &str| vec![];
    finish::finish(
        (plan, beside.texts),
        options.playlists(),
        (publisher, workspace),
        written.segments,
        &qualities,
        &behind,
    )
}

/// What has been written so far, by this run and the one that it continues.
struct Written<'a> {
    segments: Vec<SegmentClosed>,
    /// By Representation and chunk: of a chunk that is made twice, the last one counts.
    qualities: BTreeMap<(String, u32), PictureQuality>,
    early: Option<Early<'a>>,
    texts: TextSegments<'a>,
}

impl<'a> Written<'a> {
    fn new(
        early: Option<Early<'a>>,
        texts: TextSegments<'a>,
        done: &BTreeMap<String, Vec<ChunkDone>>,
    ) -> Result<Self, PackagerError> {
        let mut written = Self { segments: Vec::new(), qualities: BTreeMap::new(), early, texts };
        for chunk in done.values().flatten() {
            written.chunk(chunk);
            for closed in &chunk.segments {
                written.closed(closed)?;
            }
        }
        Ok(written)
    }

    /// Whether the package is now playable as far as it goes.
    fn event(&mut self, event: &PipelineEvent) -> Result<bool, PackagerError> {
        match event {
            PipelineEvent::Closed(closed) => return self.closed(closed),
            PipelineEvent::Chunk(chunk) => self.chunk(chunk),
            _ => {}
        }
        Ok(false)
    }

    fn closed(&mut self, closed: &SegmentClosed) -> Result<bool, PackagerError> {
        let mut is_playable = false;
        for one in [closed.clone()].into_iter().chain(self.texts.closed(closed)?) {
            is_playable |= self.early.as_mut().map_or(Ok(false), |early| early.closed(&one, progress::wall_clock))?;
            self.segments.push(one);
        }
        Ok(is_playable)
    }

    fn chunk(&mut self, chunk: &ChunkDone) {
        if let Some(quality) = chunk.quality {
            self.qualities.insert((chunk.representation.clone(), chunk.chunk), quality);
        }
    }

    /// The quality of each Representation that was measured.
    fn qualities(&self) -> BTreeMap<String, PictureQuality> {
        let mut sums: BTreeMap<String, PictureQuality> = BTreeMap::new();
        for ((representation, _), quality) in &self.qualities {
            let sum = sums.entry(representation.clone()).or_default();
            *sum = sum.with(*quality);
        }
        sums
    }
}
