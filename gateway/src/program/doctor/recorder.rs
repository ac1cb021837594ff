//! A TLS client that takes any certificate and keeps it, so that it can be looked at; and the judgement a
//! browser would come to. Nothing secret may be sent on such a connection.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use gateway_rt::Rt;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Takes and keeps the certificates of one connection.
#[derive(Debug)]
pub(super) struct Recorder {
    crypto: Arc<CryptoProvider>,
    chain: Mutex<Vec<CertificateDer<'static>>>,
}

impl Recorder {
    pub(super) fn over(rt: &Rt) -> Arc<Self> {
        Arc::new(Self { crypto: rt.crypto.clone(), chain: Mutex::default() })
    }

    /// The configuration of a client that records here.
    pub(super) fn client_config(self: &Arc<Self>) -> Result<Arc<ClientConfig>, Error> {
        let builder = ClientConfig::builder_with_provider(self.crypto.clone());
        let builder = builder.with_safe_default_protocol_versions()?;
        let builder = builder.dangerous().with_custom_certificate_verifier(self.clone());
        Ok(Arc::new(builder.with_no_client_auth()))
    }

    /// The certificates that were shown, the gateway's own first.
    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = std::iter::once(end_entity).chain(intermediates);
        let shown = shown.map(|certificate| certificate.clone().into_owned()).collect();
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = shown;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.crypto.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.crypto.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}

/// Whether a client that trusts `roots` believes `chain` for `host`; if not, why.
pub(super) fn believed(
    rt: &Rt,
    chain: &[CertificateDer<'static>],
    roots: RootCertStore,
    host: &str,
    now: SystemTime,
) -> Result<(), String> {
    let Some((own, rest)) = chain.split_first() else { return Err("there is none".to_owned()) };
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), rt.crypto.clone()).build();
    let verifier = verifier.map_err(|_| "this machine has no list of authorities".to_owned())?;
    let name = ServerName::try_from(host).map_err(|_| format!("{host} is no server name"))?;
    let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap_or_default());
    verifier.verify_server_cert(own, rest, &name, &[], now).map(drop).map_err(|error| error.to_string())
}
