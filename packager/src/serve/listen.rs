//! The listening socket, and connections that can be cut off hard. Clients are strangers: how many there are, how long they
//! may take to say what they want, and how long they may leave a response unread, has a bound.
#![expect(
    clippy::disallowed_methods,
    reason = "how long a stranger may hold a connection is measured by the real clock"
)]

use super::error::ServeError;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// Send buffer of throttled connections. For the link, bytes are sent when the kernel takes them; at low rates the
/// usual buffer of some megabytes would hold minutes.
const THROTTLED_BUFFER: u32 = 64 * 1024;
const BACKLOG: u32 = 1024;

/// Connections that are open at the same time; further ones wait. With a file each they stay below the usual limit of
/// descriptors (1024).
const MOST_CONNECTIONS: usize = 400;
/// How long the head of a request may take, and how long a connection may lie idle before it.
const HEAD_LIMIT: Duration = Duration::from_secs(30);
/// How long a client may take nothing of a response.
const UNREAD_LIMIT: Duration = Duration::from_secs(300);
/// Before the next attempt to accept, when the system refuses (no descriptors).
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Accepts connections, without Nagle's delay.
pub(super) struct Connections {
    listener: TcpListener,
    /// Over TLS with it.
    tls: Option<TlsAcceptor>,
    head_limit: Duration,
    unread_limit: Duration,
}

impl Connections {
    pub(super) fn bind(address: SocketAddr, throttled: bool, tls: Option<TlsAcceptor>) -> Result<Self, ServeError> {
        let listener = listen(address, throttled).map_err(|problem| match problem.kind() {
            io::ErrorKind::AddrInUse => ServeError::InUse(address),
            _ => ServeError::Listen { address, problem },
        })?;
        Ok(Self { listener, tls, head_limit: HEAD_LIMIT, unread_limit: UNREAD_LIMIT })
    }

    /// The real one, also for port 0.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Of its URLs.
    pub(super) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    #[cfg(test)]
    pub(super) fn limit(&mut self, head: Duration, unread: Duration) {
        self.head_limit = head;
        self.unread_limit = unread;
    }

    /// Lets `router` answer what comes, for ever. Dropping the future closes all connections.
    pub(super) async fn serve(self, router: &Router) {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                Some(_) = open.join_next() => {}
                connection = self.accept(), if open.len() < MOST_CONNECTIONS => {
                    open.spawn(greet(connection, self.tls.clone(), router.clone(), self.head_limit));
                }
            }
        }
    }

    async fn accept(&self) -> Connection {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return Connection::new(stream, self.unread_limit),
                // Broken off before it was accepted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}

fn listen(address: SocketAddr, throttled: bool) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that was just stopped may start again at once; a running one still keeps its port to itself.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    if throttled {
        socket.set_send_buffer_size(THROTTLED_BUFFER)?;
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// One connection, over TLS if there is an acceptor. The handshake has as long as the head of a request.
async fn greet(connection: Connection, tls: Option<TlsAcceptor>, router: Router, head_limit: Duration) {
    let breaker = connection.breaker.clone();
    match tls {
        None => converse(connection, breaker, router, head_limit).await,
        Some(tls) => {
            if let Ok(Ok(secured)) = timeout(head_limit, tls.accept(connection)).await {
                converse(secured, breaker, router, head_limit).await;
            }
        }
    }
}

/// Request after request. An error ends the connection, and the client sees that.
async fn converse<S>(stream: S, breaker: Breaker, router: Router, head_limit: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(breaker.clone());
        router.clone().oneshot(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_limit);
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

/// Lets a response decide that its connection ends with a reset.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaker(Arc<AtomicBool>);

impl Breaker {
    pub(super) fn trip(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_tripped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A TCP connection that is reset instead of closed once its breaker has tripped, and that fails when its client takes
/// nothing for too long.
struct Connection {
    stream: TcpStream,
    breaker: Breaker,
    unread_limit: Duration,
    /// Runs while the system takes no more bytes for the client.
    unread: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    fn new(stream: TcpStream, unread_limit: Duration) -> Self {
        // Only a delay is lost if this fails.
        let _ = stream.set_nodelay(true);
        Self { stream, breaker: Breaker::default(), unread_limit, unread: None }
    }

    fn within_limit(&mut self, cx: &mut Context<'_>, sent: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if sent.is_ready() {
            self.unread = None;
            return sent;
        }
        let limit = self.unread_limit;
        let unread = self.unread.get_or_insert_with(|| Box::pin(sleep(limit)));
        unread.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.breaker.is_tripped() {
            // Closing with a linger of zero sends RST; failing that the peer sees FIN.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.within_limit(cx, sent)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.breaker.is_tripped() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.within_limit(cx, sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
