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

    /// The same for a media segment of which the boxes and the beginning of the media are of interest: the rest of the media
    /// may be zeros.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn read_structure(&self, url: &Url, range: Option<ByteRange>) -> io::Result<Vec<u8>> {
        self.read(url, range)
    }
}

/// The media at the beginning of an `mdat` that are read: a first picture tells its kind within these.
pub(super) const MEDIA_BEGINNING: usize = 1 << 14;

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

impl Disk {
    /// The file below the folder.
    fn open(&self, url: &Url) -> io::Result<File> {
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
        File::open(path)
    }
}

impl PackageFiles for Disk {
    fn read(&self, url: &Url, range: Option<ByteRange>) -> io::Result<Vec<u8>> {
        let mut file = self.open(url)?;
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

    fn read_structure(&self, url: &Url, range: Option<ByteRange>) -> io::Result<Vec<u8>> {
        let mut file = self.open(url)?;
        let length = file.metadata()?.len();
        let first = range.map_or(0, |range| range.first);
        let wanted = range.and_then(|range| range.length()).unwrap_or_else(|| length.saturating_sub(first));
        if first.saturating_add(wanted) > length || wanted > MAX_BYTES {
            return self.read(url, range);
        }
        let mut bytes = untouched(usize::try_from(wanted).unwrap_or(0));
        fill_boxes(&mut file, first, &mut bytes)?;
        Ok(bytes)
    }
}

/// Zeros. The allocator asks the system for so many bytes each time, which come without being written to; smaller ones it
/// would fill itself.
fn untouched(length: usize) -> Vec<u8> {
    const FROM_THE_SYSTEM: usize = (32 << 20) + 1;
    const WORTH_IT: usize = 1 << 18;
    let mut bytes = vec![0; if length < WORTH_IT { length } else { length.max(FROM_THE_SYSTEM) }];
    bytes.truncate(length);
    bytes
}

/// Reads the boxes that begin at `first`; of `mdat`, its header and its beginning. What is no box is read as it is. The pages of
/// `bytes` that stay untouched take no memory.
fn fill_boxes(file: &mut File, first: u64, bytes: &mut [u8]) -> io::Result<()> {
    let mut at = 0;
    while at < bytes.len() {
        let head = at..(at + 16).min(bytes.len());
        file.seek(SeekFrom::Start(first + at as u64))?;
        file.read_exact(&mut bytes[head.clone()])?;
        let size = box_size(&bytes[head.clone()]).filter(|size| *size >= 8).unwrap_or(u64::MAX);
        let end = usize::try_from(size).ok().and_then(|size| at.checked_add(size)).unwrap_or(bytes.len());
        let end = end.min(bytes.len());
        let is_media = bytes.get(at + 4..at + 8) == Some(b"mdat");
        let until = if is_media { end.min(head.end + MEDIA_BEGINNING) } else { end };
        // A box may be shorter than what was read of it.
        if let Some(rest) = bytes.get_mut(head.end..until) {
            file.read_exact(rest)?;
        }
        at = end;
    }
    Ok(())
}

/// By its header (ISO/IEC 14496-12 4.2); one of size 0 reaches to the end.
fn box_size(head: &[u8]) -> Option<u64> {
    let short = u32::from_be_bytes(head.get(..4)?.try_into().ok()?);
    match short {
        0 => None,
        1 => Some(u64::from_be_bytes(head.get(8..16)?.try_into().ok()?)),
        size => Some(size.into()),
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
    fn structure_is_all_but_the_rest_of_the_media() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("manifest");
        let media = vec![7; 3 * MEDIA_BEGINNING];
        let head = [&12u32.to_be_bytes()[..], b"moofabcd"].concat();
        let data = [&(8 + media.len() as u32).to_be_bytes()[..], b"mdat", &media].concat();
        std::fs::write(&manifest, [&head[..], &data, &head].concat()).unwrap();
        let (disk, url) = Disk::of(&manifest).unwrap();
        let (all, seen) = (disk.read(&url, None).unwrap(), disk.read_structure(&url, None).unwrap());
        assert_eq!((seen.len(), &seen[..MEDIA_BEGINNING]), (all.len(), &all[..MEDIA_BEGINNING]));
        assert_eq!(seen[all.len() - 12..], *head);
        assert!(seen[2 * MEDIA_BEGINNING..all.len() - 12].iter().all(|byte| *byte == 0));
        let range = ByteRange::of_length(12, 1000);
        assert_eq!(disk.read_structure(&url, range).unwrap(), disk.read(&url, range).unwrap());
        let beyond = ByteRange::of_length(12, 1 << 20);
        assert!(disk.read_structure(&url, beyond).is_err());
    }

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
