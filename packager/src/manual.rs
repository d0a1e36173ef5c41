//! `packager manual` and `packager completions`: pages and shell scripts, both from the definition of the command line.

use crate::error::PackagerError;
use crate::out;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use std::io;
use std::path::Path;

/// What follows the sections that clap knows, on every page.
const EXIT_CODES: &str = r#".SH "EXIT CODES"
.TP
\fB0\fR
good
.TP
\fB2\fR
the command line makes no sense
.TP
\fB3\fR
an input cannot be opened or read
.TP
\fB4\fR
it was read, but it is not media or not a manifest that is taken here
.TP
\fB5\fR
decoding or encoding failed
.TP
\fB6\fR
an output or the network failed
.TP
\fB7\fR
verify found something
.TP
\fB75\fR
interrupted; --resume continues
.SH "SEE ALSO"
.BR player (1)
"#;

/// Writes a page for `command` and each of its own commands into `folder`.
///
/// # Errors
/// 6 when they cannot be written.
pub fn write(mut command: Command, folder: &Path) -> Result<(), PackagerError> {
    command = command.disable_help_subcommand(true);
    command.build();
    let failed = |e| PackagerError::output(folder, &e);
    std::fs::create_dir_all(folder).and_then(|()| pages(command, folder)).map_err(failed)
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

/// Prints what a shell needs to complete the words of `command`.
///
/// # Errors
/// 6 when it cannot be written.
pub fn complete(mut command: Command, shell: Shell) -> Result<(), PackagerError> {
    let mut script = vec![];
    clap_complete::generate(shell, &mut command, "packager", &mut script);
    out::result(&String::from_utf8_lossy(&script))
}
