//! `--tls`: the same files over TLS.

use super::client::Answer;
use super::{Subject, package, run};
use crate::error::Exit;
use crate::serve::TlsFiles;
use std::path::Path;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// For localhost, signed by itself, for a hundred years; of no use anywhere else.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBmDCCAT6gAwIBAgIUVox+dfNIr1aYTOA9Qbf0AnOJn6YwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyOTE5NTY0MFoYDzIxMjYxMTA1
MTk1NjQwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASeLfSfXIWi2fqi1+t43E5oUbGCnv3keoSWlbY7PYv4Gg77I4Fns4C1
2/HMC2xtbuSKf6nP6hfd2y2zqwPspa8wo2wwajAdBgNVHQ4EFgQUSKeQ7urDU0GS
3H6E4bbRCckI2HowHwYDVR0jBBgwFoAUSKeQ7urDU0GS3H6E4bbRCckI2HowGgYD
VR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMAwGA1UdEwEB/wQCMAAwCgYIKoZIzj0E
AwIDSAAwRQIhAPEnGB+kOznuJVeFTyOANiLqyafVzDBfNstS8gvCuzwgAiByyPGb
xHDTRG/JqS88XwSrjcsrZwKEy5uJ3rT21fZ8AA==
-----END CERTIFICATE-----
";
const KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgrMr5TuIGcCl0sUgj
zoBfIrk5q0dBLfSfrRQjVAXFuSahRANCAASeLfSfXIWi2fqi1+t43E5oUbGCnv3k
eoSWlbY7PYv4Gg77I4Fns4C12/HMC2xtbuSKf6nP6hfd2y2zqwPspa8w
-----END PRIVATE KEY-----
";

fn files(folder: &Path, certificate: &str, key: &str) -> String {
    let (c, k) = (folder.join("c.pem"), folder.join("k.pem"));
    std::fs::write(&c, certificate).unwrap();
    std::fs::write(&k, key).unwrap();
    format!("{},{}", c.display(), k.display())
}

fn connector() -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    TlsConnector::from(Arc::new(config.with_no_client_auth()))
}

#[test]
fn a_package_is_served_over_tls() {
    run(async {
        let folder = tempfile::TempDir::new().unwrap();
        let pair = files(folder.path(), CERTIFICATE, KEY);
        let mut scheme = "";
        let subject =
            Subject::serving(package(), &["--tls", &pair], |server| scheme = server.connections.scheme()).await;
        assert_eq!(scheme, "https");
        let stream = TcpStream::connect(subject.client.0).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = connector().connect(name, stream).await.unwrap();
        let head = subject.client.head("GET", "/v/1.m4s", "Range: bytes=0-99\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = Answer::of(stream).await;
        assert_eq!((answer.status, answer.body.len()), (206, 100));
        // Who does not speak TLS gets no file, and does not disturb the others.
        let mut plain = subject.client.send("GET", "/manifest.mpd", "").await;
        let mut bytes = vec![];
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut plain, &mut bytes).await;
        assert!(!bytes.starts_with(b"HTTP"), "{bytes:?}");
    });
}

#[test]
fn files_that_do_not_do_are_named() {
    let folder = tempfile::TempDir::new().unwrap();
    let error = |certificate: &str, key: &str| {
        let pair: TlsFiles = files(folder.path(), certificate, key).parse().unwrap();
        let error = pair.acceptor().err().unwrap();
        assert_eq!(error.exit(), Exit::NotMedia);
        error.to_string()
    };
    assert!(error("nothing", KEY).contains("c.pem: it has no certificate"));
    assert!(error(CERTIFICATE, "nothing").contains("k.pem: it has no private key"));
    assert!(error(KEY, CERTIFICATE).contains("c.pem: it has no certificate"), "the wrong way round");
    let missing: TlsFiles = "/nowhere/c.pem,/nowhere/k.pem".parse().unwrap();
    let error = missing.acceptor().err().unwrap();
    assert!(error.exit() == Exit::Input && error.to_string().contains("CERT.pem,KEY.pem"), "{error}");
    assert!("c.pem".parse::<TlsFiles>().is_err() && ",k.pem".parse::<TlsFiles>().is_err());
}
