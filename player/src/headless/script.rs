//! Commands with their times: lines `T command`, T in seconds since the first frame. Empty lines and those that begin
//! with `#` are left out.

use crate::cli::source::limit;
use player_core::io::Command;
use player_core::kinds::{OutputSink, TrackKind};
use player_core::presentation::{Rank, TrackNumber};
use shared::time::PresentationTime;
use std::collections::VecDeque;
use std::time::Duration;

/// Commands in the order of their times.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CommandScript(VecDeque<(Duration, Command)>);

impl CommandScript {
    /// Reads a script; the error names the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
        let wanted = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let parsed = wanted.map(|(number, line)| parse(line).map_err(|problem| format!("line {number}: {problem}")));
        let mut commands = parsed.collect::<Result<Vec<_>, _>>()?;
        commands.sort_by_key(|(at, _)| *at); // stable: those of the same time stay in order
        Ok(Self(commands.into()))
    }

    /// When the next command is due.
    pub fn next(&self) -> Option<Duration> {
        self.0.front().map(|(at, _)| *at)
    }

    /// The next command if it is due.
    pub fn due(&mut self, now: Duration) -> Option<Command> {
        self.next().filter(|at| *at <= now)?;
        self.0.pop_front().map(|(_, command)| command)
    }
}

fn parse(line: &str) -> Result<(Duration, Command), String> {
    let mut words = line.split_ascii_whitespace();
    let time = words.next().and_then(|word| word.parse::<f64>().ok());
    let at = time.and_then(|secs| Duration::try_from_secs_f64(secs).ok()).ok_or("expected a time in seconds")?;
    let name = words.next().ok_or("expected a command after the time")?;
    let argument = words.next();
    if words.next().is_some() {
        return Err(format!("too many words after `{name}`"));
    }
    let command = match (name, argument) {
        ("play", None) => Command::Play,
        ("pause", None) => Command::Pause,
        ("auto", None) => Command::Auto,
        ("quit", None) => Command::Quit,
        ("seek", Some(word)) => Command::Seek(PresentationTime::from_secs_f64(number(word)?)),
        ("rate", Some(word)) => Command::Rate(number(word)?),
        ("buffer", Some(word)) => Command::BufferTarget(seconds(word)?),
        ("repeat", Some("on")) => Command::Repeat(true),
        ("repeat", Some("off")) => Command::Repeat(false),
        ("audio", Some(word)) => {
            let kind = TrackKind::of_sink(OutputSink::Speakers);
            match word.parse() {
                Ok(number) => Command::Track { kind, number: TrackNumber(number) },
                Err(_) => Command::Language { kind, lang: word.to_owned() },
            }
        }
        ("rung", Some(word)) => Command::Rung(word.parse().map(Rank).map_err(|_| format!("`{word}` is no rung"))?),
        ("throttle", Some(word)) => Command::Throttle(limit(word)?),
        ("policy", Some(word)) => Command::Policy(word.to_owned()),
        _ => {
            return Err(format!(
                "expected play, pause, seek S, rate X, rung N, auto, audio LANG|N, buffer S, repeat on|off, throttle KBPS|2.5M, policy NAME or quit, not `{name}`"
            ));
        }
    };
    Ok((at, command))
}

fn seconds(word: &str) -> Result<Duration, String> {
    Duration::try_from_secs_f64(number(word)?).map_err(|_| format!("`{word}` is no number of seconds"))
}

fn number(word: &str) -> Result<f64, String> {
    word.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| format!("`{word}` is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_come_in_the_order_of_their_times() {
        let mut script =
            CommandScript::parse("# a comment\n\n2.5 seek 40\n1 rung 0\n1 pause\n3 buffer 12.5\n").unwrap();
        let second = Duration::from_secs(1);
        assert_eq!(script.due(Duration::from_millis(999)), None);
        assert_eq!(script.due(second), Some(Command::Rung(Rank(0))));
        assert_eq!(script.due(second), Some(Command::Pause));
        assert_eq!((script.due(second), script.next()), (None, Some(Duration::from_millis(2500))));
        assert_eq!(script.due(second * 3), Some(Command::Seek(PresentationTime::from_millis(40_000))));
        assert_eq!(script.due(second * 3), Some(Command::BufferTarget(Duration::from_millis(12_500))));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, problem) in [
            ("0 play\nx play", "line 2: expected a time"),
            ("1", "line 1: expected a command"),
            ("-1 play", "line 1: expected a time"),
            ("1 jump 3", "line 1: expected play"),
            ("1 seek", "line 1: expected play"),
            ("1 buffer -3", "line 1: `-3` is no number of seconds"),
            ("1 rate fast", "line 1: `fast` is no number"),
            ("1 pause now please", "line 1: too many words"),
        ] {
            let error = CommandScript::parse(text).unwrap_err();
            assert!(error.starts_with(problem), "{text}: {error}");
        }
    }
}
