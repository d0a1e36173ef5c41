//! What a session's ending means for whoever started it: an exit code, and a sentence with a remedy.

use crate::cli::{Code, CommandFailure};
use player_core::io::{Blame, Cause};

/// How the command fails, if the session did. `local`: its manifest is on disk.
pub fn failure(ended: Option<&Cause>, local: bool) -> Option<CommandFailure> {
    let Cause::Failed { blame, message } = ended? else { return None };
    let code = match blame {
        Blame::Source if local => Code::Input,
        Blame::Source | Blame::Licence => Code::Io,
        Blame::Content => Code::Unsupported,
        Blame::Decoder => Code::Decode,
        Blame::Machine => Code::Io,
    };
    let remedy = if *blame == Blame::Machine { "; raise the limit (`ulimit -n`)" } else { remedy(code) };
    Some(CommandFailure::new(code, message.trim_end_matches('.').to_owned() + remedy))
}

fn remedy(code: Code) -> &'static str {
    match code {
        Code::Io => "; check the address and that its server runs",
        Code::Input => "; check the path and its permissions",
        Code::Unsupported => "; `player inspect` shows what is in a manifest",
        Code::Decode | Code::Usage | Code::Differs => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_tells_where_to_look() {
        let cases = [
            (Blame::Source, false, Code::Io),
            (Blame::Source, true, Code::Input),
            (Blame::Licence, true, Code::Io),
            (Blame::Content, false, Code::Unsupported),
            (Blame::Decoder, false, Code::Decode),
            (Blame::Machine, true, Code::Io),
        ];
        for (blame, local, code) in cases {
            let cause = Cause::Failed { blame, message: "cannot play it.".to_owned() };
            let failure = failure(Some(&cause), local).unwrap();
            assert_eq!((failure.code, &failure.message[..14]), (code, "cannot play it"));
        }
    }

    #[test]
    fn an_end_that_somebody_wanted_is_no_failure() {
        for cause in [None, Some(Cause::End), Some(Cause::Seconds), Some(Cause::Quit)] {
            assert_eq!(failure(cause.as_ref(), false), None, "{cause:?}");
        }
    }
}
