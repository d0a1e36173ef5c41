//! What was typed after `packager serve`, and what it means.

use super::error::ServeError;
use super::fault::Fault;
use super::live::{LiveArgs, LiveFault};
use super::tls::TlsFiles;
use clap::Args;
use shared::trace::Trace;
use shared::units::{Bitrate, RateError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Far above what a loopback interface carries: the link of `--delay` without `--throttle`.
const UNLIMITED: Bitrate = Bitrate::from_bps(1_000_000_000_000);
/// More than any trace that is accepted needs.
const LARGEST_TRACE: u64 = 64 << 20;

/// Serve a folder over HTTP, as a network of choice would carry it
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// The folder; manifests in it are found and their URLs printed
    pub dir: PathBuf,
    /// Address and port; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// One bottleneck for all responses: a rate (`4000` in kbit/s, `2.5M`), a trace (CSV `duration_ms,kbps,latency_ms` or
    /// Mahimahi), or one that is built in: collapse, sawtooth, train
    #[arg(long, value_name = "KBPS|TRACE.csv")]
    pub throttle: Option<String>,
    /// Added to the time until each first byte
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=3_600_000))]
    pub delay: u64,
    /// Let requests go wrong: 503 500 404 403 reset truncate wrong-length silence drip corrupt, for every N-th request
    /// or for paths like `*/2.m4s`; with --live also ast-jump, late-segments, stale-mpd, encoder-pause=S and drift=PPM
    #[arg(long, value_name = "KIND@every=N|KIND@match=GLOB")]
    pub fault: Vec<ServeFault>,
    /// One line a request: time method path range status bytes milliseconds; `-` for stderr
    #[arg(long, value_name = "FILE|-")]
    pub access_log: Option<PathBuf>,
    /// Answer ClearKey licence requests at `/clearkey` with the keys of this file, lines `KID:KEY` in hex. Whoever can
    /// reach the server gets them
    #[arg(long, value_name = "KEYFILE")]
    pub clearkey: Option<PathBuf>,
    /// Serve over https, with a certificate and its private key
    #[arg(long, value_name = "CERT.pem,KEY.pem")]
    pub tls: Option<TlsFiles>,
    /// A live service
    #[command(flatten)]
    pub live: LiveArgs,
}

/// A fault of single responses, or of a live service.
#[derive(Debug, Clone)]
pub enum ServeFault {
    /// `KIND@…`.
    Response(Fault),
    /// Of all that is served.
    Live(LiveFault),
}

impl FromStr for ServeFault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<Fault>() {
            Ok(fault) => Ok(Self::Response(fault)),
            Err(_) if !text.contains('@') => text.parse().map(Self::Live),
            Err(problem) => Err(problem),
        }
    }
}

impl ServeArgs {
    /// The faults by their kind.
    pub(super) fn faults(&self) -> (Vec<Fault>, Vec<LiveFault>) {
        let responses = self.fault.iter().filter_map(|fault| match fault {
            ServeFault::Response(fault) => Some(fault.clone()),
            ServeFault::Live(_) => None,
        });
        let live = self.fault.iter().filter_map(|fault| match fault {
            ServeFault::Live(fault) => Some(*fault),
            ServeFault::Response(_) => None,
        });
        (responses.collect(), live.collect())
    }

    /// The folder, free of links, so that what lies below it can be told.
    pub(super) fn root(&self) -> Result<PathBuf, ServeError> {
        let folder = |problem: std::io::Error| ServeError::Folder { path: self.dir.clone(), problem };
        let root = self.dir.canonicalize().map_err(folder)?;
        std::fs::read_dir(&root).map_err(folder)?;
        Ok(root)
    }

    /// The link that `--throttle` and `--delay` describe.
    pub(super) fn link(&self) -> Result<Option<Trace>, ServeError> {
        let delay = Duration::from_millis(self.delay);
        match &self.throttle {
            Some(text) => Ok(Some(link(text)?.delayed(delay))),
            None if delay.is_zero() => Ok(None),
            None => Ok(Some(Trace::constant(UNLIMITED, delay))),
        }
    }
}

/// What begins like a rate and is no file that is there is a rate, everything else a file.
fn link(text: &str) -> Result<Trace, ServeError> {
    match text.parse::<Bitrate>() {
        Ok(rate) if rate > Bitrate::ZERO => Ok(Trace::constant(rate, Duration::ZERO)),
        Ok(_) => Err(ServeError::Rate("a rate is more than 0 kbit/s".to_owned())),
        Err(problem @ RateError::Unclear { .. }) if !Path::new(text).exists() => {
            Err(ServeError::Rate(problem.to_string()))
        }
        Err(_) => trace(Path::new(text)),
    }
}

/// A file of this name comes before a trace that is built in.
fn trace(path: &Path) -> Result<Trace, ServeError> {
    if let Some(trace) = path.to_str().filter(|_| !path.exists()).and_then(Trace::built_in) {
        return Ok(trace);
    }
    let unreadable = |problem| ServeError::TraceFile { path: path.to_owned(), problem };
    if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST_TRACE {
        return Err(unreadable(std::io::Error::other("larger than any trace")));
    }
    let text = std::fs::read(path).map_err(unreadable)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Trace::parse(&name, &String::from_utf8_lossy(&text))
        .map_err(|problem| ServeError::Trace { path: path.to_owned(), problem })
}
