//! The origin over real sockets: what a client sees. Nothing here depends on how fast the machine is.

mod client;
mod faults;
mod files;
mod licences;
mod live;
mod shaped;
mod strangers;
mod tls;

use super::access_log::AccessLog;
use super::{ServeArgs, Server};
use clap::Parser;
use client::Client;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    serve: ServeArgs,
}

/// A package folder, served with `options`.
struct Subject {
    folder: TempDir,
    client: Client,
    log: Arc<Mutex<Vec<u8>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Subject {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Subject {
    async fn start(options: &[&str]) -> Self {
        Self::serving(package(), options, |_| {}).await
    }

    /// As `start`, with what `change` does to the server before it serves.
    async fn serving(folder: TempDir, options: &[&str], change: impl FnOnce(&mut Server)) -> Self {
        let log = Arc::new(Mutex::new(vec![]));
        let line = ["serve", folder.path().to_str().unwrap(), "--listen", "127.0.0.1:0"];
        let args = Line::parse_from(line.iter().chain(options)).serve;
        let (mut server, address) = Server::bind(args).await.unwrap();
        Arc::get_mut(&mut server.origin).unwrap().replace_log(AccessLog::to(log.clone()));
        change(&mut server);
        let task = tokio::spawn(server.serve());
        Self { folder, client: Client(address), log, task }
    }

    fn log(&self) -> String {
        String::from_utf8(self.log.lock().unwrap().clone()).unwrap()
    }
}

fn package() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("v")).unwrap();
    std::fs::write(folder.path().join("manifest.mpd"), "<MPD/>").unwrap();
    std::fs::write(folder.path().join("v/1.m4s"), media()).unwrap();
    folder
}

/// A segment, different everywhere.
fn media() -> Vec<u8> {
    (0..50_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), test).await.expect("ends by itself") });
}
