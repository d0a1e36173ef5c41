//! The command line: what was typed. What it means is decided by the command that it calls.

use crate::beside::NamedSound;
use crate::codec::{AudioCodec, VideoCodec};
use crate::error::PackagerError;
use crate::ladder;
use crate::layout::Addressing;
use crate::manual;
use crate::package;
use crate::plan::{self, Wishes};
use crate::progress::ProgressMode;
use crate::protection::args::{ProtectionArgs, read_keys};
use crate::sample::{self, SampleSpec};
use crate::serve::{self, ServeArgs};
use crate::text::SideFile;
use crate::verify::{self, Depth};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use shared_av::Rational;
use std::path::PathBuf;
use std::time::Duration;

/// Turns a master film into a DASH package, and serves it.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: PackagerCommand,
}

#[derive(Debug, Subcommand)]
enum PackagerCommand {
    /// Turn a film into a DASH package
    Package(PackageArgs),
    /// Make a synthetic master film: scenes, cuts, time code, machine-readable frame numbers, a flash and a beep
    Sample(SampleArgs),
    /// Serve a folder over HTTP, as a network of choice would carry it
    Serve(ServeArgs),
    /// Check that a package is what its manifest says
    Verify(VerifyArgs),
    /// Print what a shell needs to complete these commands
    Completions(CompletionsArgs),
    /// Write the manual pages
    Manual(ManualArgs),
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// The failure of the command.
    pub fn run(self) -> Result<(), PackagerError> {
        match self.command {
            PackagerCommand::Package(args) => args.run(),
            PackagerCommand::Sample(args) => args.run(),
            PackagerCommand::Serve(args) => Ok(serve::run(args)?),
            PackagerCommand::Verify(args) => args.run(),
            PackagerCommand::Completions(args) => manual::complete(Self::command(), args.shell),
            PackagerCommand::Manual(args) => manual::write(Self::command(), &args.folder),
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = PACKAGE_EXAMPLES)]
struct PackageArgs {
    /// The film: any file that FFmpeg reads, - for standard input. Several with --each, or with --copy
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
    /// The folder to write; the manifests are manifest.mpd and, for HLS, master.m3u8 in it
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    /// Package each film into a folder of its own below --output, which is called as the film without its ending
    #[arg(long)]
    each: bool,
    /// Encode nothing: the tracks of all inputs, which are one film, become renditions as they are
    #[arg(long, conflicts_with_all = ["two_pass", "quality", "start", "duration"])]
    copy: bool,
    /// Renditions: WxH@RATE,… (2500 in kbit/s, 2.5M) or a TOML file with every setting; without it they follow from the film
    #[arg(long, value_name = "FILE|WxH@KBPS,…")]
    ladder: Option<String>,
    /// Video formats; each gets the whole ladder
    #[arg(long, value_enum, value_delimiter = ',', default_value = "h264")]
    codec: Vec<VideoCodec>,
    /// Audio format
    #[arg(long, value_enum, default_value = "aac")]
    audio_codec: AudioCodec,
    /// Nominal length of a segment in seconds; it becomes a whole number of frames. 4, or 2 with --early
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = segment_seconds)]
    segment_seconds: Option<f64>,
    /// Preset of the encoders, from ultrafast to placebo
    #[arg(long, default_value = "veryfast", value_parser = PRESETS)]
    preset: String,
    /// Look at the film before coding it: better quality at the same size, nearly twice the time
    #[arg(long)]
    two_pass: bool,
    /// How players find segments
    #[arg(long, value_enum, default_value = "timeline")]
    addressing: AddressingArg,
    /// Measure PSNR and SSIM of every rendition
    #[arg(long)]
    quality: bool,
    /// Let players begin while the rest is still coded
    #[arg(long)]
    early: bool,
    /// Subtitles beside the film: SubRip, SubStation Alpha, WebVTT or TTML. ROLE is subtitle, caption, forced-subtitle or
    /// description
    #[arg(long, value_name = "FILE[:LANG[:ROLE]]", value_parser = SideFile::parse)]
    text: Vec<SideFile>,
    /// Sound beside the film: a dub or a description in a file of its own. ROLE is main, alternate, dub, commentary,
    /// description or enhanced-audio-intelligibility
    #[arg(long, value_name = "FILE[:LANG[:ROLE]]", value_parser = NamedSound::parse)]
    sound: Vec<NamedSound>,
    /// Write no HLS playlists beside the manifest
    #[arg(long)]
    no_hls: bool,
    /// Make no sheets of small pictures for previews above a seek bar. With --early there are none
    #[arg(long)]
    no_thumbnails: bool,
    /// Package a damaged film as it is
    #[arg(long)]
    allow_damaged: bool,
    /// Open the files that the film names, such as a playlist or a movie without its media; those in its folder alone
    #[arg(long)]
    allow_references: bool,
    /// The same film and options give the same bytes; slower
    #[arg(long)]
    reproducible: bool,
    /// Leave out so many seconds of the film's beginning
    #[arg(long, value_name = "S", default_value_t = 0.0, allow_negative_numbers = true, value_parser = start)]
    start: f64,
    /// Package so many seconds and no more
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = seconds)]
    duration: Option<f64>,
    /// Encoder threads of each rendition, 0 for automatic
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=64))]
    threads: u16,
    /// Make so many stretches of the film at the same time; with many cores faster than one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    #[command(flatten)]
    protection: ProtectionArgs,
    /// Go on with an interrupted run
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Replace a package; it stays playable until the new one is complete
    #[arg(long)]
    force: bool,
    /// Remove the media of replaced packages
    #[arg(long)]
    prune: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// How to show progress
    #[arg(long, value_enum, default_value = "auto")]
    progress: ProgressMode,
}

const PACKAGE_EXAMPLES: &str = "\
Examples:
  packager package film.mkv --output film                           renditions that suit the film
  packager package film.mkv -o film --codec h264,av1 --quality      two formats in one manifest, PSNR and SSIM of each
  packager package film.mkv -o film --ladder 1280x720@2500,640x360@800 --preset slow --two-pass
  packager package film.mkv -o film --start 60 --duration 30        half a minute of it
  packager package film.mkv -o film --resume                        go on after Ctrl-C, a crash or a full disk
  packager package *.mp4 --each -o films                            every film, to films/NAME
  packager package 1080.mp4 720.mp4 sound.mp4 --copy -o film        what is encoded already, as it is";

/// Without another wish; with an early manifest players should not wait so long for the first.
const SEGMENT_SECONDS: f64 = 4.0;
const EARLY_SEGMENT_SECONDS: f64 = 2.0;

const PRESETS: [&str; 10] =
    ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AddressingArg {
    /// One file a segment, every duration listed
    Timeline,
    /// One file a segment, one nominal duration
    Number,
    /// One file a rendition with an index in front
    Base,
}

impl From<AddressingArg> for Addressing {
    fn from(arg: AddressingArg) -> Self {
        match arg {
            AddressingArg::Timeline => Self::Timeline,
            AddressingArg::Number => Self::Number,
            AddressingArg::Base => Self::Base,
        }
    }
}

impl PackageArgs {
    fn run(self) -> Result<(), PackagerError> {
        let ladder =
            self.ladder.as_deref().map_or(Ok(ladder::LadderRequest::Automatic), ladder::LadderRequest::parse)?;
        if self.copy && self.ladder.is_some() {
            let what = "--copy encodes nothing, so there is no --ladder with it; leave one of them out";
            return Err(PackagerError::usage(what));
        }
        let wishes = self.wishes(ladder)?;
        if self.each {
            self.refuse_side_files()?;
            let folders = package::folders(&self.inputs, &self.output)?;
            let films = self.inputs.iter().zip(folders);
            let films: Vec<_> = films.map(|(input, output)| self.options(input.clone(), output, &wishes)).collect();
            return if self.copy { package::copy_each(&films) } else { package::each(&films) };
        }
        if let (true, [first, ..]) = (self.copy, &self.inputs[..]) {
            return package::copy(&self.options(first.clone(), self.output.clone(), &wishes), &self.inputs);
        }
        match &self.inputs[..] {
            [input] => package::run(&self.options(input.clone(), self.output.clone(), &wishes)),
            _ => Err(PackagerError::usage(
                "several films need --each, which gives each a folder of its own below --output; several files of one film \
                 need --copy",
            )),
        }
    }

    /// A text or a sound belongs to one film.
    fn refuse_side_files(&self) -> Result<(), PackagerError> {
        let named = [("--text", self.text.is_empty()), ("--sound", self.sound.is_empty())];
        match named.into_iter().find(|(_, is_empty)| !is_empty) {
            Some((option, _)) if self.inputs.len() > 1 => Err(PackagerError::usage(format!(
                "{option} belongs to one film, and --each was given several; package them one by one"
            ))),
            _ => Ok(()),
        }
    }

    fn options(&self, input: PathBuf, output: PathBuf, wishes: &Wishes) -> package::Options {
        package::Options {
            input,
            output,
            wishes: Wishes { run: self.run_number(), ..wishes.clone() },
            quality: self.quality,
            hls: !self.no_hls,
            texts: self.text.clone(),
            sounds: self.sound.clone(),
            allow_damaged: self.allow_damaged,
            allow_references: self.allow_references,
            jobs: self.jobs.into(),
            resume: self.resume,
            force: self.force,
            prune: self.prune,
            dry_run: self.dry_run,
            progress: self.progress,
        }
    }

    /// Makes each package different from all others.
    fn run_number(&self) -> Option<u64> {
        (!self.reproducible).then(plan::unique_run)
    }

    fn wishes(&self, ladder: ladder::LadderRequest) -> Result<Wishes, PackagerError> {
        let mut codecs = self.codec.clone();
        codecs.sort_unstable();
        codecs.dedup();
        let usual_seconds = if self.early && !self.copy { EARLY_SEGMENT_SECONDS } else { SEGMENT_SECONDS };
        Ok(Wishes {
            ladder,
            codecs,
            segment_seconds: self.segment_seconds.unwrap_or(usual_seconds),
            preset: self.preset.clone(),
            two_pass: self.two_pass,
            audio_codec: self.audio_codec,
            start: Duration::from_secs_f64(self.start),
            duration: self.duration.map(Duration::from_secs_f64),
            addressing: self.addressing.into(),
            threads: self.threads.into(),
            reproducible: self.reproducible,
            early: self.early,
            thumbnails: !self.no_thumbnails,
            protection: self.protection.wishes()?,
            run: None,
        })
    }
}

fn segment_seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.1..=60.0).contains(&seconds) { Ok(seconds) } else { Err("must be between 0.1 and 60".into()) }
}

#[derive(Debug, Args)]
struct SampleArgs {
    /// The MP4 file to write; an existing one is replaced when the new one is complete
    output: PathBuf,
    /// Length in seconds
    #[arg(long, default_value_t = 60.0, allow_negative_numbers = true, value_parser = seconds)]
    seconds: f64,
    /// Picture size, both even
    #[arg(long, default_value = "1920x1080", value_parser = size)]
    size: (u32, u32),
    /// Frames a second: 30, 29.97, 30000/1001, …
    #[arg(long, default_value = "30", value_parser = rate)]
    rate: Rational,
    /// Leave out the sound
    #[arg(long)]
    no_audio: bool,
}

impl SampleArgs {
    fn run(self) -> Result<(), PackagerError> {
        let (width, height) = self.size;
        let spec = SampleSpec { seconds: self.seconds, width, height, rate: self.rate, audio: !self.no_audio };
        sample::run(&spec, &self.output)
    }
}

#[derive(Debug, Args)]
struct VerifyArgs {
    /// Manifests or HLS playlists, or folders: of a package, or of packages, which are checked one after the other
    #[arg(value_name = "MPD|M3U8|DIR", required = true)]
    packages: Vec<PathBuf>,
    /// Do not decode: finds what is wrong with times, sizes and descriptions as fast as files are read
    #[arg(long)]
    quick: bool,
    /// Print the report as JSON, one object a package
    #[arg(long)]
    json: bool,
    /// Decrypt with this key, hexadecimal, to decode what is encrypted, too. @FILE has one a line
    #[arg(long, value_name = "KID:KEY|@FILE")]
    key: Vec<String>,
}

impl VerifyArgs {
    fn run(&self) -> Result<(), PackagerError> {
        verify::command::run(&self.packages, self.depth(), &read_keys(&self.key)?, self.json)
    }

    fn depth(&self) -> Depth {
        if self.quick { Depth::Structure } else { Depth::Samples }
    }
}

#[derive(Debug, Args)]
struct CompletionsArgs {
    /// Which shell
    shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
struct ManualArgs {
    /// The folder to write packager.1 and a page a command into
    folder: PathBuf,
}

/// Nothing to a day.
fn start(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=86_400.0).contains(&seconds) { Ok(seconds) } else { Err("must be between 0 and 86400".into()) }
}

/// A positive length of at most a day.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    let range = 0.001..=86_400.0;
    if range.contains(&seconds) { Ok(seconds) } else { Err("must be more than 0 and at most 86400".into()) }
}

/// `1920x1080`, both even.
fn size(text: &str) -> Result<(u32, u32), String> {
    let (width, height) = text.split_once('x').ok_or("write it as WIDTHxHEIGHT")?;
    let side = |side: &str| side.parse::<u32>().ok().filter(|n| (32..=8192).contains(n) && n % 2 == 0);
    side(width).zip(side(height)).ok_or_else(|| "both sides must be even and between 32 and 8192".into())
}

/// Whole, as a fraction, or one of the NTSC decimals.
fn rate(text: &str) -> Result<Rational, String> {
    let ntsc = [("23.976", 24), ("23.98", 24), ("29.97", 30), ("59.94", 60), ("119.88", 120)];
    let (num, den) = match (ntsc.iter().find(|(known, _)| *known == text), text.split_once('/')) {
        (Some((_, whole)), _) => (Some(whole * 1000), Some(1001)),
        (None, Some((num, den))) => (num.parse().ok(), den.parse().ok()),
        (None, None) => (text.parse().ok(), Some(1)),
    };
    num.zip(den)
        .and_then(|(num, den)| Rational::new(num, den))
        .filter(|rate| (0.1..=240.0).contains(&rate.value()))
        .ok_or_else(|| "write it as 25, 29.97 or 30000/1001; between 0.1 and 240".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    /// What scripts call; a renamed option breaks them.
    #[test]
    fn the_options_of_package_are_those_that_are_documented() {
        let package = Cli::command().find_subcommand("package").unwrap().clone();
        let names: Vec<&str> = package.get_arguments().filter_map(|arg| arg.get_long()).collect();
        let documented = "output each copy ladder codec audio-codec segment-seconds preset two-pass addressing quality early \
                          text sound no-hls no-thumbnails allow-damaged allow-references reproducible start duration threads jobs key scheme clear-lead license-url pssh \
                          resume force prune dry-run progress";
        assert_eq!(names, documented.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn manual_pages_and_completions_come_from_the_same_definition() {
        let folder = tempfile::tempdir().unwrap();
        manual::write(Cli::command(), folder.path()).unwrap();
        let page = std::fs::read_to_string(folder.path().join("packager-package.1")).unwrap();
        assert!(
            page.contains("two") && page.contains("pass") && page.contains("EXAMPLES") && page.contains("EXIT CODES"),
            "{page}"
        );
        let mut script = Vec::new();
        clap_complete::generate(clap_complete::Shell::Bash, &mut Cli::command(), "packager", &mut script);
        assert!(String::from_utf8(script).unwrap().contains("--two-pass"));
    }

    #[test]
    fn rates_are_exact() {
        assert_eq!(rate("29.97"), Ok(Rational::new(30_000, 1001).unwrap()));
        assert_eq!(rate("24000/1001"), Ok(Rational::new(24_000, 1001).unwrap()));
        assert_eq!(rate("25"), Ok(Rational::new(25, 1).unwrap()));
        assert!(["0", "x", "1/0", "1000", "-5"].iter().all(|bad| rate(bad).is_err()));
    }
}
