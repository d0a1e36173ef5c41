//! A SOCKS5 server inside this process, on the loopback interface, through which all HTTP traffic goes and which only our
//! own HTTP client can use. Encryption stays end to end; the relay sees opaque bytes.
//!
//! Why a relay: the client's library can neither wrap its sockets nor limit their receive buffers, and an emulated
//! link that cannot push back at the server is no link. The relay resolves names, checks addresses ([`super::reach`]) and
//! lets responses through piece by piece at the rate of [`super::throttle`].
//!
//! Bytes from the client count as a new request when they follow bytes from the server, or are the first. With HTTP/1.1
//! without pipelining that is true; a TLS handshake counts as a request, because it costs a round trip as one does.

use super::race::{open_first, race};
use super::reach::{Admitted, ConnectFailure, Reach, Target};
use super::socks;
use super::throttle::Throttle;
use shared::pacer::Flow;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::timeout;

/// Receive buffer towards the server while a link is emulated: what has arrived in the kernel is beyond our control,
/// so a server must not be able to push much more than the link carries.
const THROTTLED_BUFFER: u32 = 32 * 1024;
/// Read size without a link.
const BUFFER: usize = 64 * 1024;
/// More connections than a player opens; further ones wait.
const MOST_CONNECTIONS: usize = 64;
/// More connections than a player opens at the same moment.
const MOST_GREETINGS: usize = 64;
/// How long a client may take to say who it is and where it wants to go.
const GREETING_TIMEOUT: Duration = Duration::from_secs(2);
/// Before the next attempt to accept, when the system refuses.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A running relay. It ends with this value.
#[derive(Debug)]
pub(super) struct Relay {
    address: SocketAddr,
    password: String,
    task: JoinHandle<()>,
}

/// What each connection needs.
#[derive(Debug, Clone)]
struct Way {
    reach: Arc<Reach>,
    throttle: Throttle,
    connect_timeout: Duration,
    password: String,
}

impl Relay {
    pub(super) async fn start(reach: Arc<Reach>, throttle: Throttle, connect_timeout: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let password = random_word();
        let way = Way { reach, throttle, connect_timeout, password: password.clone() };
        Ok(Self { address, password, task: tokio::spawn(serve(listener, way)) })
    }

    /// For the client: `h` leaves the resolution of names to the relay.
    pub(super) fn proxy_url(&self) -> String {
        format!("socks5h://player:{}@{}", self.password, self.address)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Unguessable enough for a local port: the standard library's hash keys come from the system's random source.
fn random_word() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}{:016x}", RandomState::new().hash_one(0), RandomState::new().hash_one(1))
}

async fn serve(listener: TcpListener, way: Way) {
    let mut greeting = Greetings::default();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            Some(greeted) = greeting.clients.join_next(), if connections.len() < MOST_CONNECTIONS => {
                if let Ok(Ok((client, target))) = greeted {
                    connections.spawn(way.clone().carry(client, target));
                }
            }
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => greeting.welcome(client, way.password.clone()),
                // No descriptors: they come back when connections end.
                Err(_) => drop(timeout(ACCEPT_PAUSE, std::future::pending::<()>()).await),
            }
        }
    }
}

/// Connections that have not said the password yet: anybody on this machine can open them. Ours says it at once.
#[derive(Default)]
struct Greetings {
    clients: JoinSet<io::Result<(TcpStream, Target)>>,
    /// In the order in which they came.
    order: VecDeque<AbortHandle>,
}

impl Greetings {
    /// Hears what the client has to say. When too many are silent, the oldest goes.
    fn welcome(&mut self, client: TcpStream, password: String) {
        self.order.retain(|earlier| !earlier.is_finished());
        if self.order.len() >= MOST_GREETINGS
            && let Some(oldest) = self.order.pop_front()
        {
            oldest.abort();
        }
        self.order.push_back(self.clients.spawn(greet(client, password)));
    }
}

async fn greet(mut client: TcpStream, password: String) -> io::Result<(TcpStream, Target)> {
    client.set_nodelay(true)?;
    let target = timeout(GREETING_TIMEOUT, socks::accept(&mut client, &password)).await??;
    Ok((client, target))
}

impl Way {
    /// One connection from its target to its end. Errors end it: the client sees its connection close.
    async fn carry(self, mut client: TcpStream, target: Target) -> io::Result<()> {
        let attempt = Attempt::begin(&self.reach, &target);
        let server = self.connect(&target).await;
        attempt.end(server.as_ref().err().cloned());
        socks::answer(&mut client, server.as_ref().map(|_| ()).map_err(Clone::clone)).await?;
        match server {
            Ok(server) => pump(client, server, &self.throttle).await,
            Err(_) => Ok(()),
        }
    }

    async fn connect(&self, target: &Target) -> Result<TcpStream, ConnectFailure> {
        timeout(self.connect_timeout, self.connect_any(target)).await.unwrap_or(Err(ConnectFailure::Timeout))
    }

    /// The admitted addresses in a race: where the last connection was, then the open network, then the private ones.
    async fn connect_any(&self, target: &Target) -> Result<TcpStream, ConnectFailure> {
        let addresses: Vec<_> = lookup_host((target.host.as_str(), target.port))
            .await
            .map_err(|error| ConnectFailure::Name(error.to_string()))?
            .collect();
        let Admitted { open, private } = self.reach.admit(target, &addresses)?;
        let worked = self.reach.worked(target);
        match race(open_first(&open, &private, worked), |address| self.connect_to(address)).await {
            Ok((address, server)) => self.reach.found(target, address.ip()).map(|()| server),
            Err(Some(error)) => Err(ConnectFailure::Refused(error.to_string())),
            Err(None) => Err(ConnectFailure::Name("it has no address".to_owned())),
        }
    }

    async fn connect_to(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if self.throttle.piece().is_some() {
            socket.set_recv_buffer_size(THROTTLED_BUFFER)?;
        }
        let server = socket.connect(address).await?;
        server.set_nodelay(true)?;
        Ok(server)
    }
}

/// Counts as being connected to until it ends, also when the relay is cut off in between.
struct Attempt<'a> {
    reach: &'a Reach,
    target: &'a Target,
    failed: Option<ConnectFailure>,
}

impl<'a> Attempt<'a> {
    fn begin(reach: &'a Reach, target: &'a Target) -> Self {
        reach.connecting(target);
        Self { reach, target, failed: None }
    }

    fn end(mut self, failed: Option<ConnectFailure>) {
        self.failed = failed;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.reach.connected(self.target, self.failed.take());
    }
}

/// What the two directions of a connection tell each other.
#[derive(Default)]
struct Exchange {
    /// A request is out and nothing of its response has come.
    waiting: AtomicBool,
    /// The response under way.
    flow: Mutex<Flow>,
}

impl Exchange {
    fn flow(&self) -> MutexGuard<'_, Flow> {
        self.flow.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how far the response is, unless the client has asked for something else meanwhile.
    fn advance(&self, flow: Flow) {
        if !self.waiting.load(Ordering::Relaxed) {
            *self.flow() = flow;
        }
    }
}

/// Both directions until one ends. A client that gives up thereby closes the connection to the server at once.
async fn pump(mut client: TcpStream, mut server: TcpStream, throttle: &Throttle) -> io::Result<()> {
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let exchange = Exchange::default();
    tokio::select! {
        ended = upward(from_client, to_server, throttle, &exchange) => ended,
        ended = downward(from_server, to_client, throttle, &exchange) => ended,
    }
}

async fn upward(
    mut client: ReadHalf<'_>,
    mut server: WriteHalf<'_>,
    throttle: &Throttle,
    exchange: &Exchange,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = client.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        server.write_all(&buffer[..read]).await?;
        if !exchange.waiting.swap(true, Ordering::Relaxed) {
            *exchange.flow() = throttle.request();
        }
    }
}

async fn downward(
    mut server: ReadHalf<'_>,
    mut client: WriteHalf<'_>,
    throttle: &Throttle,
    exchange: &Exchange,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let piece = throttle.piece().map_or(BUFFER, |piece| piece.min(BUFFER));
        let read = server.read(&mut buffer[..piece]).await?;
        if read == 0 {
            return client.shutdown().await;
        }
        exchange.waiting.store(false, Ordering::Relaxed);
        let mut flow = *exchange.flow();
        throttle.pass(&mut flow, read).await;
        exchange.advance(flow);
        client.write_all(&buffer[..read]).await?;
    }
}
