//! The origin: serves a package over HTTP, with an emulated network and faults on demand.
//!
//! ```text
//! socket ─► listen ─► origin ─┬─ range, files: tower-http's ServeDir, regular files below the root alone
//!                             ├─ headers: MIME, caching, CORS
//!                             ├─ fault: which request goes wrong, and how
//!                             └─ body ─► link (the one bottleneck) ─► socket     access_log: one line a request
//! ```
//!
//! * [`args`]: the command line. [`error`]: why serving cannot start, with exit codes.
//! * `origin`: one request from head to body. `headers`, `range`, `fault`, `glob`, `body`, `link`, `access_log`: its parts.
//! * `clear_key`: the licence server. `tls`: certificates.
//! * `index`: the page at `/`, which lists the manifests.
//! * [`live`]: a package again and again, as a live service.
//! * `listen`: sockets that can be cut off, and how long a client may hold one. `addresses`: what to print at the start.
//!
//! No file server of our own, no state between requests but the link and the counters of faults.

mod access_log;
mod addresses;
pub mod args;
mod body;
mod clear_key;
pub mod error;
mod fault;
mod glob;
mod headers;
mod index;
mod link;
pub mod live;
mod listen;
mod origin;
mod range;
mod tls;

#[cfg(test)]
mod tests;

pub use args::ServeArgs;
pub use error::ServeError;
pub use tls::TlsFiles;

use crate::out;
use access_log::AccessLog;
use clear_key::KeyStore;
use link::ShapedLink;
use listen::Connections;
use live::LiveService;
use origin::OriginServer;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;

/// Serves until Ctrl-C or SIGTERM, which is a success.
///
/// # Errors
/// What keeps it from starting: the folder, the trace, the log, the port.
pub fn run(args: ServeArgs) -> Result<(), ServeError> {
    check_descriptors().map_err(ServeError::Runtime)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(ServeError::Runtime)?;
    let ended = runtime.block_on(async {
        let (server, address) = Server::bind(args).await?;
        server.announce(address)?;
        tokio::select! {
            () = server.serve() => Ok(()),
            stopped = stop_signal() => stopped,
        }
    });
    // A read of a file that does not end (a network file system that has gone) is not waited for.
    runtime.shutdown_background();
    ended
}

/// What the runtime, the log and the first connections take, and some to spare. A pipe takes two.
const PIPES: usize = 12;

/// The runtime takes a lack of file descriptors for a fault of the program, so it is looked for before.
fn check_descriptors() -> io::Result<()> {
    let taken: io::Result<Vec<_>> = (0..PIPES).map(|_| io::pipe()).collect();
    taken.map(drop)
}

/// Bound to its port, not yet serving.
struct Server {
    origin: Arc<OriginServer>,
    connections: Connections,
}

impl Server {
    async fn bind(args: ServeArgs) -> Result<(Self, SocketAddr), ServeError> {
        let root = args.root()?;
        let link = args.link()?;
        let log = AccessLog::open(args.access_log.as_deref())?;
        let keys = args.clearkey.as_deref().map(KeyStore::read).transpose()?;
        let tls = args.tls.as_ref().map(TlsFiles::acceptor).transpose()?;
        let connections = Connections::bind(args.listen, link.is_some(), tls)?;
        let address = connections.address().map_err(ServeError::Runtime)?;
        let (faults, live_faults) = args.faults();
        if !args.live.live && !live_faults.is_empty() {
            return Err(ServeError::NotLive);
        }
        let service = || LiveService::open(&root, connections.scheme(), &args.live, &live_faults, link::wall());
        let live = args.live.live.then(service).transpose()?;
        let origin = OriginServer::new(root, ShapedLink::new(link), faults, log).with_keys(keys).with_live(live);
        let origin = Arc::new(origin);
        Ok((Self { origin, connections }, address))
    }

    /// The addresses of the manifests, one a line, so that a script can read where to start.
    fn announce(&self, address: SocketAddr) -> Result<(), ServeError> {
        let scheme = self.connections.scheme();
        let lines = addresses::of(self.origin.root(), scheme, address);
        if lines.len() > 1 {
            out::remark(&format!("{} lists them", addresses::base(scheme, address)));
        }
        let mut out = std::io::stdout().lock();
        lines.iter().try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush()).map_err(ServeError::Stdout)
    }

    /// For ever.
    async fn serve(self) {
        self.connections.serve(&origin::router(self.origin)).await;
    }
}

#[cfg(unix)]
async fn stop_signal() -> Result<(), ServeError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Runtime)?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(ServeError::Runtime),
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn stop_signal() -> Result<(), ServeError> {
    tokio::signal::ctrl_c().await.map_err(ServeError::Runtime)
}
