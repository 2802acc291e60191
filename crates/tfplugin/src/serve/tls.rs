//! Both sides prove who they are: Terraform by the key of the certificate it gave us through the environment,
//! we by the key of the certificate that the handshake line carries. No authority is involved, so each side
//! accepts exactly one certificate.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use tokio_rustls::TlsAcceptor;

/// The name that clients of go-plugin expect on whatever address.
const SERVER_NAME: &str = "localhost";

/// TLS that admits only the holder of this certificate (in PEM), and our own certificate (in DER).
pub(super) fn secure(client_certificate: &str) -> Result<(TlsAcceptor, Vec<u8>), String> {
    let client = CertificateDer::from_pem_slice(client_certificate.as_bytes())
        .map_err(|error| format!("PLUGIN_CLIENT_CERT is not a certificate: {error}"))?;
    server_config(client).map_err(|error| format!("can't set up TLS: {error}"))
}

fn server_config(client: CertificateDer<'static>) -> Result<(TlsAcceptor, Vec<u8>), Box<dyn std::error::Error>> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let params = CertificateParams::new(vec![SERVER_NAME.to_owned()])?;
    let certificate = params.self_signed(&key)?;
    let der = certificate.der().to_vec();
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Pinned { certificate: client, provider: Arc::clone(&provider) });
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.der().clone()], key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok((TlsAcceptor::from(Arc::new(config)), der))
}

/// Accepts one certificate. Terraform's is a certificate authority and its own signer, which the usual checks
/// refuse; comparing every byte needs none of them. That the client has the key is still proven by its signature.
#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if end_entity.as_ref() == self.certificate.as_ref() {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(rustls::CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
