//! `player manual` and `player completions`: pages and shell scripts, both from the definition of the command line.

use super::{Args, CommandFailure, out};
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use std::io;
use std::path::Path;

/// What follows the sections that clap knows, on every page.
const EXIT_CODES: &str = r#".SH "EXIT CODES"
.TP
\fB0\fR
the end, or the wanted part of it, was reached
.TP
\fB2\fR
the command line makes no sense
.TP
\fB3\fR
a local file or folder cannot be read
.TP
\fB4\fR
it was read, but it is not a manifest, a report or a film that is played here
.TP
\fB5\fR
nothing of it can be decoded
.TP
\fB6\fR
the network or an output failed, or more than half a segment is missing at the end
.TP
\fB7\fR
a replay does something else than its report says
.SH "SEE ALSO"
.BR packager (1)
"#;

/// Writes player.1 and a page a command into `folder`.
///
/// # Errors
/// When they cannot be written.
pub fn write(folder: &Path) -> Result<(), CommandFailure> {
    let mut command = Args::command();
    command.build();
    let unwritable = |e| CommandFailure::unwritable(folder.display(), &e);
    std::fs::create_dir_all(folder).and_then(|()| pages(command, folder)).map_err(unwritable)
}

fn pages(command: Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        pages(below.clone(), folder)?;
    }
    let page = Man::new(command).manual("DASH packager and player");
    let mut text = vec![];
    page.render(&mut text)?;
    let text = String::from_utf8_lossy(&text).replace(".SH EXTRA", ".SH EXAMPLES");
    std::fs::write(folder.join(page.get_filename()), text + EXIT_CODES)
}

/// Prints what a shell needs.
///
/// # Errors
/// When it cannot be written.
pub fn complete(shell: Shell) -> Result<(), CommandFailure> {
    let mut script = vec![];
    clap_complete::generate(shell, &mut Args::command(), "player", &mut script);
    out::result(&String::from_utf8_lossy(&script))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_exit_codes() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        for (name, word) in [("player.1", "throttle"), ("player-inspect.1", "json"), ("player-simulate.1", "trace")] {
            let page = std::fs::read_to_string(folder.path().join(name)).unwrap();
            assert!(page.contains(word) && page.contains("EXIT CODES"), "{name}: {page}");
        }
        let file = folder.path().join("player.1");
        assert!(write(&file).unwrap_err().message.contains("cannot write"));
    }
}
