//! The server's half of a SOCKS5 greeting (RFC 1928), with the password that keeps other users of this machine out
//! (RFC 1929). Only CONNECT, only to the names and addresses that our own client sends.

use super::reach::{ConnectFailure, Target};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const VERSION: u8 = 5;
const BY_PASSWORD: u8 = 2;
const CONNECT: u8 = 1;

/// Greets the client, checks its password and reads where it wants to go.
pub(super) async fn accept(client: &mut TcpStream, password: &str) -> io::Result<Target> {
    let [version, methods] = take(client).await?;
    let mut offered = [0; 255];
    let offered = &mut offered[..usize::from(methods)];
    client.read_exact(offered).await?;
    if version != VERSION || !offered.contains(&BY_PASSWORD) {
        return Err(unexpected("greeting"));
    }
    client.write_all(&[VERSION, BY_PASSWORD]).await?;
    authenticate(client, password).await?;
    target(client).await
}

async fn authenticate(client: &mut TcpStream, password: &str) -> io::Result<()> {
    let [_version] = take(client).await?;
    let _user = text(client).await?;
    if text(client).await? != password {
        client.write_all(&[1, 1]).await?;
        return Err(unexpected("password"));
    }
    client.write_all(&[1, 0]).await
}

async fn target(client: &mut TcpStream) -> io::Result<Target> {
    let [version, command, _reserved, kind] = take(client).await?;
    if (version, command) != (VERSION, CONNECT) {
        return Err(unexpected("command"));
    }
    let host = match kind {
        1 => Ipv4Addr::from(take(client).await?).to_string(),
        4 => Ipv6Addr::from(take::<16>(client).await?).to_string(),
        // Some clients write IPv6 addresses as names, in the brackets of a URL.
        3 => text(client).await?,
        _ => return Err(unexpected("kind of address")),
    };
    Ok(Target::new(&host, u16::from_be_bytes(take(client).await?)))
}

/// Tells the client whether it is connected. The exact cause is kept in [`super::reach`]: the protocol has few codes.
pub(super) async fn answer(client: &mut TcpStream, result: Result<(), ConnectFailure>) -> io::Result<()> {
    let code = match result {
        Ok(()) => 0,
        Err(ConnectFailure::Forbidden(_)) => 2,
        Err(ConnectFailure::Name(_)) => 4,
        Err(ConnectFailure::Refused(_)) => 5,
        Err(ConnectFailure::Timeout) => 6,
    };
    client.write_all(&[VERSION, code, 0, 1, 0, 0, 0, 0, 0, 0]).await
}

async fn take<const N: usize>(client: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn text(client: &mut TcpStream) -> io::Result<String> {
    let [length] = take(client).await?;
    let mut bytes = vec![0; usize::from(length)];
    client.read_exact(&mut bytes).await?;
    String::from_utf8(bytes).map_err(|_| unexpected("text"))
}

fn unexpected(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("unexpected SOCKS {what}"))
}
