//! The picture on the screen as a PNG, in the pixels of the film: into the desktop's folder for pictures, else into the
//! home folder.

use super::format;
use super::surface;
use super::task::Task;
use crate::base_folder;
use eframe::egui::Context;
use shared::time::PresentationTime;
use shared_av::VideoFrame;
use std::fs;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

/// Names that are tried for a free one.
const MOST_NAMES: u32 = 10_000;

/// A screenshot on its way, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Screenshot(Option<Task<String>>);

/// What is to be written.
pub(crate) struct Shot {
    /// The picture.
    pub frame: VideoFrame,
    /// What the film is called.
    pub title: String,
    /// Where in the film it is.
    pub at: PresentationTime,
}

impl Screenshot {
    /// Begins, unless one is under way.
    pub(crate) fn begin(&mut self, ctx: &Context, shot: Shot) {
        if self.0.is_none() {
            self.0 = Task::start(ctx, "screenshot", move || match written(&shot) {
                Ok(path) => format!("Screenshot: {}", path.display()),
                Err(problem) => format!("There is no screenshot: {problem}."),
            });
        }
    }

    /// When it is through, a sentence for people.
    pub(crate) fn look(&mut self) -> Option<String> {
        let told = self.0.as_ref()?.poll()?;
        self.0 = None;
        Some(told)
    }
}

fn written(shot: &Shot) -> Result<PathBuf, String> {
    let folder = folder().ok_or("there is neither a folder for pictures nor a home folder")?;
    let image = surface::as_image(&shot.frame).ok_or("the picture cannot be converted")?;
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let (path, file) = create(&folder, &stem(&shot.title, shot.at))
        .map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
    image.write_png(BufWriter::new(file)).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(path)
}

/// `Spring 0.42.033`: no sign that a file system does not take.
fn stem(title: &str, at: PresentationTime) -> String {
    let clock = format::precise(at.secs_f64()).replace(':', ".");
    let allowed = |c: char| if c.is_alphanumeric() || " -_.,()".contains(c) { c } else { '-' };
    let name: String = title.trim_start_matches('.').chars().map(allowed).take(80).collect();
    if name.trim().is_empty() { clock } else { format!("{} {clock}", name.trim()) }
}

/// A file of this name, or of this name with a number, that was not there before.
fn create(folder: &Path, stem: &str) -> io::Result<(PathBuf, fs::File)> {
    for number in 1..MOST_NAMES {
        let number = if number == 1 { String::new() } else { format!(" ({number})") };
        let path = folder.join(format!("{stem}{number}.png"));
        match fs::File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (path, file)),
        }
    }
    Err(io::Error::other("too many screenshots of this moment"))
}

/// The desktop's folder for pictures (xdg-user-dirs), else the home folder.
fn folder() -> Option<PathBuf> {
    let home = base_folder::named("HOME");
    let config = base_folder::named_or("XDG_CONFIG_HOME", ".config");
    let named = config.and_then(|config| fs::read_to_string(config.join("user-dirs.dirs")).ok());
    let named = named.and_then(|text| pictures(&text, home.as_deref()));
    base_folder::named("XDG_PICTURES_DIR").or(named).or(home)
}

/// `XDG_PICTURES_DIR="$HOME/Pictures"`: absolute, or below the home folder; nothing else is allowed there.
fn pictures(user_dirs: &str, home: Option<&Path>) -> Option<PathBuf> {
    let line = user_dirs.lines().rev().find_map(|line| line.trim().strip_prefix("XDG_PICTURES_DIR="))?;
    let value = line.trim().trim_matches('"');
    let path = match value.strip_prefix("$HOME") {
        Some(below) => home?.join(below.trim_start_matches('/')),
        None => PathBuf::from(value),
    };
    path.is_absolute().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_for_pictures_is_the_desktops() {
        let home = Some(Path::new("/home/me"));
        let of = |text: &str| pictures(text, home).map(|path| path.display().to_string());
        let text = "# generated\nXDG_MUSIC_DIR=\"$HOME/Music\"\nXDG_PICTURES_DIR=\"$HOME/My Pictures\"\n";
        assert_eq!(of(text).as_deref(), Some("/home/me/My Pictures"));
        assert_eq!(of("XDG_PICTURES_DIR=\"/data/pictures\"").as_deref(), Some("/data/pictures"));
        assert_eq!(of("XDG_PICTURES_DIR=\"pictures\""), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn a_name_holds_title_and_place_and_no_path() {
        let at = PresentationTime::from_millis(42_033);
        assert_eq!(stem("Spring", at), "Spring 0.42.033");
        assert_eq!(stem("../a/b: c", at), "-a-b- c 0.42.033");
        assert_eq!(stem(" ", at), "0.42.033");
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let names = [0, 1].map(|_| create(folder.path(), "a").unwrap().0);
        assert_eq!(names.map(|path| path.file_name().unwrap().to_owned()), ["a.png", "a (2).png"]);
    }

    #[test]
    fn the_file_has_the_pixels_of_the_film() {
        let folder = tempfile::tempdir().unwrap();
        let (path, file) = create(folder.path(), "a").unwrap();
        let image = surface::as_image(&crate::ui::tests::stage::picture()).unwrap();
        image.write_png(BufWriter::new(file)).unwrap();
        let reader = png::Decoder::new(io::BufReader::new(fs::File::open(path).unwrap())).read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), (320, 180));
    }
}
