//! A packager that is called as on the command line, and a server for what it makes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; clippy spares only the tests themselves")]

use clap::Parser;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

/// Runs the packager with these words.
pub(crate) fn packager(arguments: &[&str]) {
    let command = packager::cli::Cli::parse_from(std::iter::once(&"packager").chain(arguments));
    command.run().unwrap_or_else(|failure| panic!("packager {arguments:?}: {failure}"));
}

/// Serves `folder` on the loopback interface until the process ends; gives its address.
pub(crate) fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let accept = move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let folder = folder.clone();
            std::thread::Builder::new().spawn(move || answer(stream, &folder)).unwrap();
        }
    };
    std::thread::Builder::new().spawn(accept).unwrap();
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, folder: &Path) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines().map_while(Result::ok);
    let request = lines.next()?;
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let path = request.split(' ').nth(1)?.trim_start_matches('/').to_owned();
    let (status, body) = match std::fs::read(folder.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", vec![]),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).ok()
}
