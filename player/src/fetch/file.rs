//! Local files: the manifest that the viewer opens, and what lies below its folder. Nothing else on this machine,
//! whatever a manifest says and wherever a symbolic link points.

use super::event::{BodyOrigin, ResponseHead};
use super::failure::{FetchFailure, FetchFailureKind};
use super::request::{FetchRequest, Trust};
use super::running::Sender;
use super::source::{Outcome, Source};
use super::throttle::Throttle;
use bytes::BytesMut;
use reqwest::Method;
use shared::pacer::Flow;
use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

const CHUNK: usize = 256 * 1024;

/// Remembers which folder is open.
#[derive(Debug, Default)]
pub struct FileSource {
    /// What is read comes through the emulated link, as if a server far away had it.
    throttle: Throttle,
    /// Canonical folder of the manifest opened last. Locked only to read or replace the path.
    root: Mutex<Option<PathBuf>>,
}

impl Source for FileSource {
    async fn run(&self, request: &FetchRequest, events: Sender) -> Outcome {
        if request.method != Method::GET {
            return Err(FetchFailure::refused(format!("{}: a file can only be read", request.url)));
        }
        let path = self.resolve(request).await?;
        let unreadable = |error: std::io::Error| FetchFailure::unreadable(&path, &error);
        // Asked before opening: opening a pipe waits for somebody to write.
        let meta = tokio::fs::metadata(&path).await.map_err(unreadable)?;
        if !meta.is_file() {
            return Err(FetchFailure::new(FetchFailureKind::File, format!("{}: not a regular file", path.display())));
        }
        let (from, to) = request.window(meta.len())?;
        let mut file = File::open(&path).await.map_err(unreadable)?;
        file.seek(SeekFrom::Start(from)).await.map_err(unreadable)?;
        let ranged = request.range.is_some();
        let mut flow = self.throttle.request();
        // The head of the answer takes the way there and back.
        self.throttle.pass(&mut flow, 1).await;
        events.head(ResponseHead::local(request.url.clone(), ranged, to - from, BodyOrigin::File)).await;
        self.copy(&mut file, to - from, &path, flow, &events).await
    }
}

impl FileSource {
    /// Nothing is open yet; what is read comes through `throttle`.
    pub(super) fn new(throttle: Throttle) -> Self {
        Self { throttle, root: Mutex::default() }
    }

    /// Closes the folder when the viewer opens something that is not a file.
    pub(super) fn leave(&self, request: &FetchRequest) {
        if request.trust == Trust::Viewer {
            *self.root.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// The canonical path, if it may be read.
    async fn resolve(&self, request: &FetchRequest) -> Result<PathBuf, FetchFailure> {
        let asked = request
            .url
            .to_file_path()
            .map_err(|()| FetchFailure::refused(format!("{}: names no path on this machine", request.url)))?;
        let root = self.root.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if request.trust == Trust::Document && root.is_none() {
            return Err(FetchFailure::refused(format!(
                "{}: only a manifest opened from disk may name files",
                request.url
            )));
        }
        let path = tokio::fs::canonicalize(&asked).await.map_err(|error| FetchFailure::unreadable(&asked, &error))?;
        match request.trust {
            Trust::Viewer => self.enter(&asked).await,
            Trust::Document if root.is_some_and(|root| path.starts_with(root)) => {}
            Trust::Document => {
                let message = format!("{}: lies outside of the manifest's folder", asked.display());
                return Err(FetchFailure::refused(message));
            }
        }
        Ok(path)
    }

    /// Opens the folder in which the viewer found the manifest. A link to a manifest elsewhere opens the folder of
    /// the link: that is what its relative references are relative to.
    async fn enter(&self, manifest: &Path) {
        let folder = manifest.parent().unwrap_or(manifest);
        let root = tokio::fs::canonicalize(folder).await.ok();
        *self.root.lock().unwrap_or_else(PoisonError::into_inner) = root;
    }

    async fn copy(&self, file: &mut File, mut left: u64, path: &Path, mut flow: Flow, events: &Sender) -> Outcome {
        while left > 0 {
            let piece = self.throttle.piece().unwrap_or(CHUNK).min(CHUNK);
            let mut chunk = BytesMut::with_capacity(piece.min(left.try_into().unwrap_or(CHUNK)));
            let mut limited = file.take(left.min(piece as u64));
            let got = limited.read_buf(&mut chunk).await.map_err(|error| FetchFailure::unreadable(path, &error))?;
            if got == 0 {
                let message = format!("{}: became shorter while it was read", path.display());
                return Err(FetchFailure::new(FetchFailureKind::Truncated, message));
            }
            left -= got as u64;
            self.throttle.pass(&mut flow, got).await;
            events.chunk(chunk.freeze()).await;
        }
        Ok(())
    }
}
