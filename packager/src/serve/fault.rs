//! Which requests go wrong, and how. Pure: a request's path in, the fault or none out.

use super::glob;
use axum::http::StatusCode;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is wrong with a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseFault {
    /// An error status instead of the file.
    Status(u16),
    /// After half of the body the connection is reset (RST).
    Reset,
    /// After half of the announced body the connection is closed (FIN).
    Truncate,
    /// The first half of the file, announced and sent as if it were the whole.
    WrongLength,
    /// No answer at all; the connection stays open.
    Silence,
    /// Single bytes at long intervals.
    Drip,
    /// Single bytes of the body are changed.
    Corrupt,
}

/// When.
#[derive(Debug, Clone, PartialEq, Eq)]
enum When {
    Every(NonZeroU64),
    Match(String),
}

/// `KIND@every=N` or `KIND@match=GLOB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    kind: ResponseFault,
    when: When,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "write it as KIND@every=N or KIND@match=GLOB";
        let (kind, when) = text.split_once('@').ok_or(form)?;
        let when = match when.split_once('=').ok_or(form)? {
            ("every", count) => When::Every(count.parse().map_err(|_| "N is a positive whole number")?),
            ("match", pattern) => When::Match(pattern.trim_start_matches('/').to_owned()),
            _ => return Err(form.to_owned()),
        };
        Ok(Self { kind: kind.parse()?, when })
    }
}

impl FromStr for ResponseFault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "503" | "500" | "404" | "403" => Self::Status(text.parse().map_err(|_| "not a status")?),
            "reset" => Self::Reset,
            "truncate" => Self::Truncate,
            "wrong-length" => Self::WrongLength,
            "silence" => Self::Silence,
            "drip" => Self::Drip,
            "corrupt" => Self::Corrupt,
            _ => {
                let known = "503 500 404 403 reset truncate wrong-length silence drip corrupt";
                return Err(format!("unknown kind `{text}`: one of {known}"));
            }
        })
    }
}

impl ResponseFault {
    /// The status of those that are one.
    pub(super) fn status(self) -> Option<StatusCode> {
        match self {
            Self::Status(code) => StatusCode::from_u16(code).ok(),
            _ => None,
        }
    }

    /// How much of a body of `length` bytes is sent.
    pub(super) fn sent_of(self, length: u64) -> u64 {
        match self {
            Self::Reset | Self::Truncate | Self::WrongLength => length / 2,
            _ => length,
        }
    }
}

/// All faults of a run, counting the requests.
#[derive(Debug)]
pub(super) struct FaultSchedule {
    faults: Vec<Fault>,
    requests: AtomicU64,
}

impl FaultSchedule {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self { faults, requests: AtomicU64::new(0) }
    }

    /// The first fault that applies to the next request, which is for `path`.
    pub(super) fn next(&self, path: &str) -> Option<ResponseFault> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let applies = |fault: &&Fault| match &fault.when {
            When::Every(count) => number.is_multiple_of(count.get()),
            When::Match(pattern) => glob::matches(pattern, path.trim_start_matches('/')),
        };
        self.faults.iter().find(applies).map(|fault| fault.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_applies() {
        let faults = ["reset@match=/v/*/2.m4s", "503@every=3"].map(|text| text.parse().unwrap());
        let faults = FaultSchedule::new(faults.into());
        let paths = ["/manifest.mpd", "/v/720/2.m4s", "/v/720/2.m4s", "/v/720/3.m4s", "/a", "/b"];
        let seen = paths.map(|path| faults.next(path));
        let (reset, busy) = (Some(ResponseFault::Reset), Some(ResponseFault::Status(503)));
        assert_eq!(seen, [None, reset, reset, None, None, busy]);
    }

    #[test]
    fn what_is_not_a_fault() {
        for text in ["503", "418@every=2", "503@every=0", "503@every=x", "503@sometimes=1", "@every=1"] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
