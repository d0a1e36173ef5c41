//! A package of tracks as they are: nothing is decoded, and nothing is encoded.

use super::each::each_with;
use super::interruption::{Interruption, Signals};
use super::{Claim, Options, Written, claim, finish, into_folder, protection_notes};
use crate::catalogue::Summary;
use crate::catalogue::hls::PlaylistType;
use crate::copy::{self, Composed, CopySource, Input, InputFacts};
use crate::error::PackagerError;
use crate::intake::Contents;
use crate::plan::{MasterIdentity, Plan};
use crate::produce::{Pass, PipelineEvent, RunContext};
use crate::progress::Progress;
use crate::survey::Master;
use crate::text::{FilmText, FilmTexts, TextInfo, TextSegments};
use shared::units::ByteSize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Packages the tracks of all `inputs`, which are one film.
///
/// # Errors
/// One sentence with its exit code; nothing that this run wrote is left, except after an interruption.
pub fn copy(options: &Options, inputs: &[PathBuf]) -> Result<(), PackagerError> {
    tracks(options, inputs, &Signals::default())
}

/// Packages each film, which is one file, by itself.
///
/// # Errors
/// As [`super::each()`].
pub fn copy_each(films: &[Options]) -> Result<(), PackagerError> {
    each_with(films, |film, signals| tracks(film, std::slice::from_ref(&film.input), signals))
}

fn tracks(options: &Options, inputs: &[PathBuf], signals: &Signals) -> Result<(), PackagerError> {
    if !options.sounds.is_empty() {
        let what = "--copy takes sound as it is: name its file as another INPUT in place of --sound";
        return Err(PackagerError::usage(what));
    }
    let interruption = Interruption::of(options, signals);
    let masters = masters(options, inputs, &interruption)?;
    let (masters, opened) = open(masters, options.allow_damaged)?;
    let facts: Vec<InputFacts> = opened.iter().map(Input::facts).collect::<Result<_, _>>()?;
    let composed = copy::compose(&facts, identity(&masters)?, &options.wishes, &|input, track| {
        opened.get(input).map_or(Ok(vec![]), |input| input.composed(track))
    })?;
    let Composed { plan, left_out, notes } = composed;
    let texts = texts(options, masters.iter().zip(&opened))?;
    let infos: Vec<TextInfo> = texts.tracks.iter().map(|text| text.info.clone()).collect();
    let plan = plan.with_texts(&infos, options.wishes.run)?;
    let text_notes = texts.notes.clone();
    let lasts = plan.expected_frames.map(|frames| plan.time_of(frames).since_start());
    let (texts, cut) = texts.packaged(Duration::ZERO, lasts);
    let progress = Progress::new(options.progress, &plan, line(&plan));
    for master in &masters {
        if let Some(note) = master.note() {
            progress.note(&note);
        }
    }
    for what in &left_out {
        progress.note(&format!("left out: {what}"));
    }
    for note in notes.iter().chain(&text_notes).chain(&cut).chain(&protection_notes(&plan, options.hls)) {
        progress.note(note);
    }
    if options.dry_run {
        return progress.plan(&plan);
    }
    let source = |(master, input)| CopySource { master, input };
    let sources: Vec<CopySource<'_>> = masters.iter().zip(&opened).map(source).collect();
    write(options, (plan, &texts), (&sources, &interruption), progress)
}

/// The texts of all inputs, each in its own time, and those beside them. A film begins with its pictures.
fn texts<'a>(
    options: &Options,
    inputs: impl Iterator<Item = (&'a Master, &'a Input)>,
) -> Result<FilmTexts, PackagerError> {
    let mut texts = FilmTexts::default();
    for (master, _) in inputs.filter(|(_, input)| input.may_have_text()) {
        let opened = master.open()?;
        let begins = opened.info().videos().find_map(|(stream, _)| stream.start).or(opened.info().start);
        texts.master((opened.name(), opened.info(), begins.unwrap_or_default()), || master.open())?;
    }
    texts.beside(&options.texts)?;
    Ok(texts)
}

fn masters(
    options: &Options,
    inputs: &[PathBuf],
    interruption: &Interruption<'_>,
) -> Result<Vec<Master>, PackagerError> {
    if let [_, _, ..] = inputs
        && let Some(pipe) = inputs.iter().find(|input| Master::is_read_once(input))
    {
        let name = Master::name_of(pipe);
        return Err(PackagerError::usage(format!(
            "{name} can be read once only; save it as a file to copy it with others"
        )));
    }
    if inputs.iter().any(|input| Master::is_read_once(input)) && !options.resume && !options.dry_run {
        claim::refuse_existing(options)?;
    }
    let master = |input: &PathBuf| Master::new(input, &options.output, options.resume, &|| interruption.check());
    inputs.iter().map(master).collect()
}

/// What names other files, or is locked as a whole, is told as such. Tables of streams that change are read as one.
fn open(masters: Vec<Master>, allow_damaged: bool) -> Result<(Vec<Master>, Vec<Input>), PackagerError> {
    let mut opened = (vec![], vec![]);
    for master in masters {
        let contents = Contents::of(master.path());
        contents.followed(None, master.name(), false)?;
        let master = master.as_recording(contents.recording());
        opened.1.push(Input::open(&master, contents.locks(), allow_damaged)?);
        opened.0.push(master);
    }
    Ok(opened)
}

/// All inputs as one.
fn identity(masters: &[Master]) -> Result<MasterIdentity, PackagerError> {
    let all: Vec<MasterIdentity> = masters.iter().map(Master::identity).collect::<Result<_, _>>()?;
    Ok(MasterIdentity {
        name: all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", "),
        size: all.iter().map(|one| one.size).sum(),
        modified: all.iter().filter_map(|one| one.modified).max(),
    })
}

/// The film in a line: how many tracks, how long, how large.
fn line(plan: &Plan) -> String {
    let seconds = plan.expected_frames.map_or(0.0, |frames| plan.time_of(frames).secs_f64());
    let size: ByteSize = plan.master.size;
    let tracks = plan.renditions.len();
    format!("{tracks} tracks as they are; {seconds:.1} s, {size}")
}

fn write(
    options: &Options,
    (plan, texts): (Plan, &[FilmText]),
    (sources, interruption): (&[CopySource<'_>], &Interruption<'_>),
    mut progress: Progress,
) -> Result<(), PackagerError> {
    if options.resume && claim::is_complete(&options.output) {
        progress.note(&format!("{} is complete, there is nothing to resume", options.output.display()));
        return Ok(());
    }
    let lasts = sources.iter().all(|source| source.master.lasts());
    into_folder(options, plan, (lasts, interruption), &mut progress, |plan, claim, progress| {
        make(options, (plan, texts), claim, (sources, interruption), progress)
    })
}

fn make(
    options: &Options,
    (plan, texts): (&Plan, &[FilmText]),
    claim: &mut Claim,
    (sources, interruption): (&[CopySource<'_>], &Interruption<'_>),
    progress: &mut Progress,
) -> Result<Summary, PackagerError> {
    let Claim { publisher, workspace, ledger, done, .. } = claim;
    let run = RunContext {
        plan,
        keys: options.wishes.protection.as_ref().map(|protection| &protection.keys),
        publisher,
        workspace,
        done,
        stop: interruption.flag(),
        allow_damaged: options.allow_damaged,
        pass: Pass::Last,
        quality: false,
    };
    let mut written = Written::new(None, TextSegments::begin(plan, publisher, texts)?, done)?;
    copy::run(&run, &copy::jobs(&run, sources), &mut |event| {
        if let PipelineEvent::Chunk(chunk) = &event {
            ledger.done(chunk.clone())?;
        }
        written.event(&event)?;
        progress.event(&event);
        Ok(())
    })?;
    let hls = options.hls.then_some(PlaylistType::Vod);
    let left = copy::left_in_inputs(&run, sources)?;
    let behind = |path: &str| left.parts(path);
    finish::finish((plan, texts), hls, (publisher, workspace), written.segments, &BTreeMap::new(), &behind)
}
