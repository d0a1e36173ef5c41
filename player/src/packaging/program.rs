//! Where the packager is: beside the player, as a release puts it, or on the PATH.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

const NAME: &str = "packager";

/// Why a film cannot be packaged here, and what helps.
pub const MISSING: &str = "the program `packager` is neither beside the player nor on the PATH; install it, or package \
                           the film elsewhere: packager package FILM --output FOLDER";

/// The program; `None` when there is none.
pub fn packager() -> Option<PathBuf> {
    let own = env::current_exe().ok();
    find(own.as_deref().and_then(Path::parent), env::var_os("PATH").as_deref())
}

fn find(beside: Option<&Path>, path: Option<&OsStr>) -> Option<PathBuf> {
    let listed = path.map(env::split_paths).into_iter().flatten().filter(|folder| folder.is_absolute());
    let folders = beside.map(Path::to_owned).into_iter().chain(listed);
    folders.map(|folder| folder.join(NAME).with_extension(env::consts::EXE_EXTENSION)).find(|program| runs(program))
}

#[cfg(unix)]
fn runs(program: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(program).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn runs(program: &Path) -> bool {
    program.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_one_beside_the_player_comes_first_and_a_file_that_cannot_run_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let program = |name: &str, mode: u32| {
            let place = folder.path().join(name);
            fs::create_dir(&place).unwrap();
            fs::write(place.join(NAME), "#!/bin/sh\n").unwrap();
            fs::set_permissions(place.join(NAME), fs::Permissions::from_mode(mode)).unwrap();
            place
        };
        let [beside, listed, dead] =
            [("beside", 0o755), ("listed", 0o755), ("dead", 0o644)].map(|(n, m)| program(n, m));
        let path = env::join_paths([&dead, &listed]).unwrap();
        assert_eq!(find(Some(&beside), Some(&path)), Some(beside.join(NAME)));
        assert_eq!(find(Some(&dead), Some(&path)), Some(listed.join(NAME)));
        assert_eq!(find(Some(&dead), None), None);
    }
}
