//! Reading what a manifest refers to: nothing but files below the manifest's own folder.

use shared::addressing::ByteRange;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use url::Url;

/// Bound on the bytes of one read.
const MAX_BYTES: u64 = 1 << 31;

/// The source of the files of a package.
pub trait PackageFiles {
    /// The bytes of `url`, or those in `range`.
    ///
    /// # Errors
    /// When it is not there, not allowed, or shorter than the range.
    fn read(&self, url: &Url, range: Option<ByteRange>) -> io::Result<Vec<u8>>;
}

/// The folder of one manifest.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// Files in and below the folder of the manifest at `manifest`; also its URL.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn of(manifest: &std::path::Path) -> io::Result<(Self, Url)> {
        let manifest = manifest.canonicalize()?;
        let bad = || io::Error::new(io::ErrorKind::InvalidInput, "not a path to a file");
        let root = manifest.parent().ok_or_else(bad)?.to_owned();
        Ok((Self { root }, Url::from_file_path(&manifest).map_err(|()| bad())?))
    }
}

impl PackageFiles for Disk {
    fn read(&self, url: &Url, range: Option<ByteRange>) -> io::Result<Vec<u8>> {
        let refused = || io::Error::new(io::ErrorKind::PermissionDenied, "not a file below the manifest's folder");
        let path = (url.scheme() == "file").then(|| url.to_file_path().ok()).flatten().ok_or_else(refused)?;
        let path = path.canonicalize()?;
        if !path.starts_with(&self.root) {
            return Err(refused());
        }
        // Reading a pipe or a device could last for ever.
        if !path.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let mut file = File::open(path)?;
        let Some(range) = range else { return read_at_most(file, MAX_BYTES) };
        file.seek(SeekFrom::Start(range.first))?;
        let wanted = range.length().unwrap_or(MAX_BYTES).min(MAX_BYTES);
        let bytes = read_at_most(file, wanted)?;
        if range.last.is_some() && (bytes.len() as u64) < wanted {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("ends before byte {}", range.first + wanted),
            ));
        }
        Ok(bytes)
    }
}

fn read_at_most(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_no_file_of_a_package() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("manifest");
        std::fs::write(&manifest, "<MPD/>").unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let (disk, url) = Disk::of(&manifest).unwrap();
        assert_eq!(disk.read(&url, None).unwrap(), b"<MPD/>");
        let (disk, url) = Disk::of(&pipe).unwrap();
        assert!(disk.read(&url, None).unwrap_err().to_string().contains("not a regular file"));
    }
}
