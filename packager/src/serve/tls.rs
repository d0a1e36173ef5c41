//! `--tls`: the same over TLS, with a certificate of the user's. Browsers decrypt only what came so, or from this machine.

use super::error::ServeError;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// More than any chain of certificates has.
const LARGEST: u64 = 1 << 20;

/// `CERT.pem,KEY.pem`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate and those that lead to a root.
    certificate: PathBuf,
    /// Its private key.
    key: PathBuf,
}

impl FromStr for TlsFiles {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(',') {
            Some((certificate, key)) if !certificate.is_empty() && !key.is_empty() => {
                Ok(Self { certificate: certificate.into(), key: key.into() })
            }
            _ => Err("expected two files, CERT.pem,KEY.pem"),
        }
    }
}

impl TlsFiles {
    /// What turns connections into those of TLS 1.2 and 1.3.
    pub(super) fn acceptor(&self) -> Result<TlsAcceptor, ServeError> {
        let certificates = self.certificates()?;
        let wrong = |problem: String| ServeError::Certificate { path: self.key.clone(), problem };
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?)
            .map_err(|_| wrong("it has no private key; expected PEM (BEGIN PRIVATE KEY)".to_owned()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
            .map_err(|error| wrong(format!("it does not fit {}: {error}", self.certificate.display())))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, ServeError> {
        let bytes = read(&self.certificate)?;
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
        all.ok().filter(|all| !all.is_empty()).ok_or_else(|| ServeError::Certificate {
            path: self.certificate.clone(),
            problem: "it has no certificate; expected PEM (BEGIN CERTIFICATE)".to_owned(),
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ServeError> {
    let unreadable = |problem| ServeError::CertificateFile { path: path.to_owned(), problem };
    if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
        return Err(unreadable(std::io::Error::other("larger than any certificate")));
    }
    std::fs::read(path).map_err(unreadable)
}
