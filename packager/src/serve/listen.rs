//! The listening socket and connections that can be cut off hard.

use super::error::ServeError;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Send buffer of throttled connections. For the link, bytes are sent when the kernel takes them; at low rates the
/// usual buffer of some megabytes would hold minutes.
const THROTTLED_BUFFER: u32 = 64 * 1024;
const BACKLOG: u32 = 1024;

/// Accepts connections, without Nagle's delay.
pub(super) struct Connections(TcpListener);

impl Connections {
    pub(super) fn bind(address: SocketAddr, throttled: bool) -> Result<Self, ServeError> {
        Self::open(address, throttled).map_err(|problem| match problem.kind() {
            io::ErrorKind::AddrInUse => ServeError::InUse(address),
            _ => ServeError::Listen { address, problem },
        })
    }

    fn open(address: SocketAddr, throttled: bool) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A server that was just stopped may start again at once; a running one still keeps its port to itself.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        if throttled {
            socket.set_send_buffer_size(THROTTLED_BUFFER)?;
        }
        socket.bind(address)?;
        Ok(Self(socket.listen(BACKLOG)?))
    }

    /// The real one, also for port 0.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Listener for Connections {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // Only a delay is lost if this fails.
        let _ = stream.set_nodelay(true);
        (Connection { stream, breaker: Breaker::default() }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.address()
    }
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

impl Connected<IncomingStream<'_, Connections>> for Breaker {
    fn connect_info(stream: IncomingStream<'_, Connections>) -> Self {
        stream.io().breaker.clone()
    }
}

/// A TCP connection that is reset instead of closed once its breaker has tripped.
pub(super) struct Connection {
    stream: TcpStream,
    breaker: Breaker,
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
        Pin::new(&mut self.stream).poll_write(cx, buf)
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
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
